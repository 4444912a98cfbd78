//! Who reports, and how good their reports are: whether they come whole, in time, as the standards have them, and whether
//! what they say follows from what they saw.

use std::collections::BTreeMap;

use feedback::archive::{CountQuery, DocumentLine, DocumentQuery, Kind, ReporterLine, SourceLine, Status};
use feedback::{Archive as _, Deviation};
use insight::alignment::Aligner;
use insight::quality::{Grade, quality};
use mailtext::Domain;
use maud::{Markup, html};
use report::query::Reach;
use serde_json::{Value, json};
use words::Language;

use super::report::contact;
use crate::ask::{Period, Query, View, Visit, day_text};
use crate::data::{Cell, Column, Table};
use crate::documents::find;
use crate::letter::{Fault, Letter, about_reporter, objects, section};
use crate::limits::SCAN_ROW_COUNT_MAX;
use crate::page::Page;
use crate::parts::{Tone, days, downloads, field, filter, safe, state};
use crate::screen::{Fresh, Screen};
use crate::sources::Sources;
use crate::trouble::Trouble;

/// The screen.
pub(crate) struct Reporters;

/// What it shows.
pub(crate) struct Data {
    period: Period,
    names: Vec<String>,
    is_one: bool,
    reporters: Vec<One>,
}

/// A reporter.
struct One {
    line: ReporterLine,
    grade: Grade,
    remarks: Vec<(&'static str, String)>,
    delay_s: Option<u64>,
    silent_days: u64,
    /// To the one that was asked for, where something is wrong with its reports.
    letters: Vec<Letter>,
}

type Places = [Option<(Domain, Reach)>];
type Key = (Box<str>, Box<str>);

impl Screen for Reporters {
    type Data = Data;

    const FRESH: Fresh = Fresh::Reports;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let period = visit.period()?;
        let own = visit.own_domains().await?;
        let places = visit.who.places(visit.query.domain("domain")?.as_ref());
        let wanted: Option<Box<str>> = visit.query.get("reporter").map(Into::into);
        let lines = lines(visit, period, wanted.clone(), &places).await?;
        let documents = documents(visit, period, wanted.clone(), &places).await?;
        // What they saw is looked at for one of them alone: there may be much of it.
        let mut seen: BTreeMap<Box<str>, Vec<SourceLine>> = BTreeMap::new();
        for place in places.iter().filter(|_| wanted.is_some()) {
            let lines = visit.archive()?.sources(count_query(period, wanted.clone(), place)).await?;
            lines.into_iter().for_each(|line| seen.entry(line.domain.clone()).or_default().push(line));
        }
        let policies = own.iter().filter_map(|line| Some((&line.policy, seen.get(&line.domain)?.as_slice())));
        let seen: Vec<_> = policies.collect();
        let (aligner, now_s) = (Aligner::default(), visit.now_ms / 1000);
        let reporters = lines.into_iter().map(|((organization, reporter), line)| {
            let documents = documents.get(&(organization, reporter)).map_or(&[][..], Vec::as_slice);
            let found = quality(&line, documents, &seen, &aligner);
            let remarks = found.remarks.iter().map(|remark| (remark.grade().as_str(), visit.explain(remark)));
            let (grade, remarks, delay_s) = (found.grade, remarks.collect(), found.delay_s);
            let silent_days = now_s.saturating_sub(line.last_s) / 86_400;
            One { silent_days, grade, remarks, delay_s, line, letters: Vec::new() }
        });
        let mut reporters: Vec<_> = reporters.collect();
        reporters.sort_by_key(|one| std::cmp::Reverse(one.line.message_count));
        reporters.truncate(visit.row_count());
        for one in reporters.iter_mut().filter(|_| wanted.is_some()).take(LETTER_REPORTER_COUNT) {
            let key = (one.line.organization.clone(), one.line.reporter.clone());
            let documents = documents.get(&key).map_or(&[][..], Vec::as_slice);
            one.letters = letters(visit, &one.line, documents, period).await?;
        }
        let names = own.iter().map(|line| line.domain.to_string()).collect();
        Ok(Data { period, names, is_one: wanted.is_some(), reporters })
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let tables = Self::tables(data, view);
        let body = html! {
            (filter(view, &data.names, &field(view, "reporter", &view.word("page-inbox-label-reporter"))))
            @if !data.is_one { p { (view.word("page-inbox-reporters-choose")) } }
            @for table in &tables { (table.markup(&view.word("page-nothing"))) }
            @for one in &data.reporters { (section(&one.letters, None, view)) }
            (downloads(view, &tables))
        };
        Page::new(view.word("page-inbox-label-reporters"), body).lead(days(data.period))
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        let reporters = data.reporters.iter().map(|one| {
            let deviations = one.line.deviations.iter().map(|deviation| {
                let text = view.say(&deviation.id, &deviation.arguments());
                json!({ "id": deviation.id, "reports": deviation.count, "text": text })
            });
            json!({
                "reporter": one.line.organization,
                "domain": one.line.reporter,
                "grade": one.grade.as_str(),
                "reports": one.line.report_count,
                "salvaged": one.line.salvaged_count,
                "refused": one.line.refused_count,
                "records": one.line.record_count,
                "messages": one.line.message_count,
                "first": (one.line.first_s > 0).then(|| day(one.line.first_s)),
                "last": (one.line.last_s > 0).then(|| day(one.line.last_s)),
                "silent_days": one.silent_days,
                "delay_seconds": one.delay_s,
                "remarks": one.remarks.iter().map(|(_, text)| text).collect::<Vec<_>>(),
                "deviations": deviations.collect::<Vec<_>>(),
                "letters": objects(&one.letters),
            })
        });
        json!({ "reporters": reporters.collect::<Vec<_>>() })
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        let label = |id: &str| view.word(id);
        let columns = vec![
            Column::text("reporter", label("page-inbox-label-reporter")),
            Column::hidden("domain"),
            Column::text("grade", label("page-inbox-label-grade")),
            Column::number("reports", label("page-inbox-label-reports-counted")),
            Column::number("salvaged", label("page-inbox-label-salvaged")),
            Column::number("refused", label("page-inbox-label-refused")),
            Column::number("messages", label("page-inbox-label-counted")),
            Column::number("delay_hours", label("page-inbox-label-delay-hours")),
            Column::text("first", label("page-inbox-label-first")),
            Column::text("last", label("page-inbox-label-last")),
            Column::number("silent_days", label("page-inbox-label-silent-days")),
            Column::text("remarks", label("page-inbox-label-remarks")),
        ];
        let mut all = Table::new("reporters", label("page-inbox-label-reporters"), columns);
        all.rows.extend(data.reporters.iter().map(|one| row(one, view)));
        let columns = vec![
            Column::text("reporter", label("page-inbox-label-reporter")),
            Column::text("deviation", label("page-inbox-label-deviations")),
            Column::number("reports", label("page-inbox-label-reports-counted")),
        ];
        let mut deviations = Table::new("deviations", label("page-inbox-label-deviations"), columns);
        for one in data.reporters.iter().filter(|_| data.is_one) {
            for deviation in &one.line.deviations {
                let sentence = view.say(&deviation.id, &deviation.arguments());
                deviations.rows.push(vec![
                    Cell::text(name(&one.line)).head(),
                    Cell::text(&*deviation.id).showing(safe(&sentence)),
                    Cell::number(deviation.count),
                ]);
            }
        }
        if data.is_one { vec![all, deviations] } else { vec![all] }
    }
}

/// Who reported about the places, their counts added up.
async fn lines<S: Sources>(
    visit: &Visit<'_, S>,
    period: Period,
    wanted: Option<Box<str>>,
    places: &Places,
) -> Result<BTreeMap<Key, ReporterLine>, Trouble> {
    let mut all: BTreeMap<Key, ReporterLine> = BTreeMap::new();
    for place in places {
        for line in visit.archive()?.reporters(count_query(period, wanted.clone(), place)).await? {
            match all.get_mut(&(line.organization.clone(), line.reporter.clone())) {
                Some(there) => add(there, line),
                None => drop(all.insert((line.organization.clone(), line.reporter.clone()), line)),
            }
        }
    }
    Ok(all)
}

fn add(sum: &mut ReporterLine, line: ReporterLine) {
    for (sum, count) in [
        (&mut sum.report_count, line.report_count),
        (&mut sum.salvaged_count, line.salvaged_count),
        (&mut sum.refused_count, line.refused_count),
        (&mut sum.record_count, line.record_count),
        (&mut sum.message_count, line.message_count),
    ] {
        *sum = sum.saturating_add(count);
    }
    sum.first_s = sum.first_s.min(line.first_s);
    sum.last_s = sum.last_s.max(line.last_s);
    for deviation in line.deviations {
        match sum.deviations.iter_mut().find(|other| other.id == deviation.id) {
            Some(other) => other.count = other.count.saturating_add(deviation.count),
            None => sum.deviations.push(deviation),
        }
    }
}

/// A letter in each language to a reporter, about what is wrong with its reports of these days.
async fn letters<S: Sources>(
    visit: &Visit<'_, S>,
    line: &ReporterLine,
    documents: &[DocumentLine],
    period: Period,
) -> Result<Vec<Letter>, Trouble> {
    let mut faults: Vec<Fault> = Vec::new();
    for document in documents {
        for deviation in &document.deviations {
            match faults.iter_mut().find(|fault| fault.is_like(document.kind, &deviation.id)) {
                Some(fault) => fault.add(),
                None => faults.push(Fault::new(document.kind, Deviation { count: 1, ..deviation.clone() })),
            }
        }
    }
    // The newest that was read tells whom to write to.
    let newest = documents.iter().find(|one| one.status != Status::Refused && one.kind != Some(Kind::Failure));
    let content = match newest {
        Some(one) => visit.archive()?.content(one.id).await?,
        None => None,
    };
    let of = (name(line), &*line.reporter, contact(content.as_ref()));
    let unread_count = line.salvaged_count.saturating_add(line.refused_count);
    let (first, last) = (day_text(period.from_day), day_text(period.until_day.saturating_sub(1)));
    let days = format!("{first} – {last}");
    let all =
        Language::ALL.map(|language| about_reporter(of, &faults, unread_count, &days, visit.sources.voice(language)));
    Ok(all.into_iter().flatten().collect())
}

/// The newest reports of each.
async fn documents<S: Sources>(
    visit: &Visit<'_, S>,
    period: Period,
    reporter: Option<Box<str>>,
    places: &Places,
) -> Result<BTreeMap<Key, Vec<DocumentLine>>, Trouble> {
    let (from_s, until_s) = (Some(period.from_ms() / 1000), Some(period.until_ms() / 1000));
    let query = DocumentQuery { reporter, from_s, until_s, ..DocumentQuery::default() };
    let mut of_each: BTreeMap<Key, Vec<DocumentLine>> = BTreeMap::new();
    for line in find(visit, query, places, None, SCAN_ROW_COUNT_MAX).await?.lines {
        of_each.entry((line.organization.clone(), line.reporter.clone())).or_default().push(line);
    }
    Ok(of_each)
}

fn count_query(period: Period, reporter: Option<Box<str>>, place: &Option<(Domain, Reach)>) -> CountQuery {
    CountQuery {
        domain: place.clone(),
        from_day: Some(period.from_day),
        until_day: Some(period.until_day),
        reporter,
        ..CountQuery::default()
    }
}

fn row(one: &One, view: &View<'_>) -> Vec<Cell> {
    let line = &one.line;
    let (label, tone) = grade(one.grade);
    let own = |path: &str, more: &[(&str, &str)]| {
        let mut query = Query::of(&[("reporter", name(line))]);
        for name in ["from", "to", "days", "domain"] {
            query = query.with(name, view.query.get(name));
        }
        let query = more.iter().fold(query, |query, (name, value)| query.with(name, Some(value)));
        format!("{path}{}", query.to_text())
    };
    let plain: Vec<&str> = one.remarks.iter().map(|(_, text)| text.as_str()).collect();
    let silent = Cell::number(one.silent_days);
    let is_silent = one.silent_days >= SILENT_DAYS;
    let shown = state(Tone::Warning, &one.silent_days.to_string());
    vec![
        match name(line) {
            // A report that could not be read may not even say whose it is.
            "" => Cell::word("", &view.word("page-inbox-label-nameless")).head(),
            name => Cell::text(name).link(&own("/reporters", &[])).head(),
        },
        Cell::text(&*line.reporter),
        Cell::text(one.grade.as_str()).showing(state(tone, &view.word(label))),
        Cell::number(line.report_count).link(&own("/reports", &[])),
        Cell::number(line.salvaged_count).link(&own("/reports", &[("status", "salvaged")])),
        Cell::number(line.refused_count).link(&own("/reports", &[("status", "refused")])),
        Cell::number(line.message_count).link(&own("/reports", &[])),
        one.delay_s.map_or_else(Cell::default, |delay_s| Cell::number(delay_s / 3600)),
        Cell::text(day(line.first_s)),
        Cell::text(day(line.last_s)),
        if is_silent { silent.showing(shown) } else { silent },
        Cell::text(plain.join(" ")).showing(remarks(&plain)),
    ]
}

fn remarks(texts: &[&str]) -> Markup {
    html! { ul .plain { @for text in texts { li { (safe(text)) } } } }
}

/// The name under which reports are asked for.
fn name(line: &ReporterLine) -> &str {
    if line.organization.is_empty() { &line.reporter } else { &line.organization }
}

fn grade(grade: Grade) -> (&'static str, Tone) {
    match grade {
        Grade::Good => ("page-inbox-label-grade-good", Tone::Good),
        Grade::Fair => ("page-inbox-label-grade-fair", Tone::Warning),
        Grade::Poor => ("page-inbox-label-grade-poor", Tone::Bad),
    }
}

fn day(at_s: u64) -> String {
    if at_s == 0 { String::new() } else { day_text(u32::try_from(at_s / 86_400).unwrap_or(u32::MAX)) }
}

/// So many days without a report are worth a mark: reports come daily, and a day or two late.
const SILENT_DAYS: u64 = 3;
/// Most reporters of one name that a letter is written to.
const LETTER_REPORTER_COUNT: usize = 4;
