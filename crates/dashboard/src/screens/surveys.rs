//! Surveys of many domains: which are kept, what became of adoption from one to the next, and each with its tables.

use audit::survey::columns::{COLUMNS, position};
use audit::survey::kept::{Kept, Made};
use audit::survey::tally::in_tenths;
use audit::survey::{Share, Table as Counts, Tally};
use mailtext::encoded_word::display_safe;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::ask::{View, Visit, time_text};
use crate::data::{Cell, Column, Table, grouped};
use crate::page::Page;
use crate::parts::{choice, code, downloads, facts, figure, onward, safe, time};
use crate::screen::{Kind, Parameter, Screen};
use crate::sources::{Sources, Survey};
use crate::surveyed::{ALL, SECTIONS, figures, group_name, through_time};
use crate::trouble::Trouble;
use crate::who::Scope;

/// The screen of all surveys.
pub(crate) struct Surveys;

/// What it shows.
pub(crate) struct List {
    /// Newest first, of the study that is asked for.
    surveys: Vec<Survey>,
    /// All studies, by name.
    studies: Vec<String>,
    skip: usize,
}

/// What it may be asked.
pub(crate) const LIST_PARAMETERS: &[Parameter] =
    &[Parameter { name: "study", kind: Kind::Text }, Parameter { name: "skip", kind: Kind::Number }];

/// The screen of one.
pub(crate) struct OneSurvey;

/// What it shows.
pub(crate) struct One {
    id: u64,
    kept: Kept,
    /// Which of its tables.
    place: usize,
    skip: usize,
    /// The one that it is held against: the one before, or the one that is asked for.
    other: Option<(u64, Kept)>,
    /// The others of the same study, newest first.
    others: Vec<(u64, u64)>,
}

/// What it may be asked.
pub(crate) const ONE_PARAMETERS: &[Parameter] = &[
    Parameter { name: "by", kind: Kind::Text },
    Parameter { name: "with", kind: Kind::Number },
    Parameter { name: "skip", kind: Kind::Number },
];

/// Surveys are of the whole house: their lists name domains of strangers, whoever these are.
fn allowed<S: Sources>(visit: &Visit<'_, S>) -> Result<(), Trouble> {
    if visit.who.scope == Scope::All { Ok(()) } else { Err(Trouble::Forbidden) }
}

/// The surveys, with names that may be shown: they are the operator's own, but came from files.
async fn all<S: Sources>(visit: &Visit<'_, S>) -> Result<Vec<Survey>, Trouble> {
    let mut surveys = visit.sources.surveys().await?;
    surveys.iter_mut().for_each(|survey| survey.made.study = shown(&survey.made.study));
    Ok(surveys)
}

/// One of them, likewise.
async fn one<S: Sources>(visit: &Visit<'_, S>, id: u64) -> Result<Option<Kept>, Trouble> {
    let mut kept = visit.sources.survey(id).await?;
    if let Some(kept) = &mut kept {
        kept.made.study = shown(&kept.made.study);
        kept.tables.iter_mut().for_each(|table| table.by = shown(&table.by));
    }
    Ok(kept)
}

fn shown(text: &str) -> Box<str> {
    display_safe(text).into()
}

fn skip<S: Sources>(visit: &Visit<'_, S>) -> Result<usize, Trouble> {
    let skip = visit.query.number("skip")?.unwrap_or_default();
    Ok(usize::try_from(skip).unwrap_or(usize::MAX))
}

impl Screen for Surveys {
    type Data = List;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<List, Trouble> {
        allowed(visit)?;
        let mut surveys = all(visit).await?;
        surveys.sort_by_key(|survey| std::cmp::Reverse((survey.made.begun_s, survey.id)));
        let mut studies: Vec<String> = surveys.iter().map(|survey| survey.made.study.to_string()).collect();
        studies.sort_unstable();
        studies.dedup();
        if let Some(study) = visit.query.get("study").filter(|study| !study.is_empty()) {
            surveys.retain(|survey| &*survey.made.study == study);
        }
        Ok(List { surveys, studies, skip: skip(visit)? })
    }

    fn page(data: &List, view: &View<'_>) -> Page {
        let tables = Self::tables(data, view);
        let options: Vec<(&str, String)> = data.studies.iter().map(|study| (study.as_str(), study.clone())).collect();
        let body = html! {
            @if data.studies.len() > 1 {
                form .filter method="get" action=(view.path) role="search" aria-label=(view.word("page-label-filter")) {
                    (choice(view, "study", &view.word("page-survey-label-study"), &options))
                    button { (view.word("page-label-show")) }
                }
            }
            @for (number, study) in data.studies.iter().enumerate() {
                @let points = data.points(study);
                @if points.len() > 1 && number < FIGURE_COUNT_MAX {
                    h2 { (safe(study)) }
                    (figure(&format!("study-{number}"), &through_time(&points, &|id| view.word(id)), view))
                }
            }
            @for table in &tables { (table.markup(&view.word("page-survey-none"))) }
            @if data.surveys.is_empty() {
                p { (view.word("page-survey-how")) }
                pre tabindex="0" { code { "sekisho survey LIST --out DIRECTORY --store" } }
            }
            (onward(view, "skip", next(data.skip, data.surveys.len(), view).as_deref()))
            (downloads(view, &tables))
        };
        Page::new(view.word("page-survey-label-surveys"), body).lead(html! { (view.word("page-survey-about")) })
    }

    fn json(data: &List, view: &View<'_>) -> Value {
        let surveys = data.shown(view).map(|survey| {
            let mut value = made_value(&survey.made);
            value["id"] = survey.id.into();
            value["figures"] = tally_value(&survey.made.all);
            value
        });
        json!({ "studies": data.studies, "surveys": surveys.collect::<Vec<_>>(),
                "next": next(data.skip, data.surveys.len(), view) })
    }

    fn tables(data: &List, view: &View<'_>) -> Vec<Table> {
        let mut columns = vec![
            Column::text("begun", view.word("survey-label-day")),
            Column::text("study", view.word("page-survey-label-study")),
            Column::number("names", view.word("survey-label-total")),
            Column::number("unanswered", view.word("survey-label-unanswered")),
        ];
        let places: Vec<usize> = LISTED.iter().filter_map(|id| position(id)).collect();
        columns.extend(
            places
                .iter()
                .filter_map(|place| COLUMNS.get(*place))
                .map(|column| Column::number(column.id, view.word(column.sentence))),
        );
        let mut table = Table::new("surveys", view.word("page-survey-label-surveys"), columns);
        table.rows = data
            .shown(view)
            .map(|Survey { id, made }| {
                let begun =
                    Cell::text(moment(made.begun_s)).showing(html! { (time(made.begun_s.saturating_mul(1000), view)) });
                let mut cells = vec![
                    begun.link(&format!("/surveys/{id}")).head(),
                    Cell::text(&*made.study).showing(html! { span .nowrap { (safe(&made.study)) } }),
                    Cell::number(made.all.total()),
                    Cell::number(made.unanswered),
                ];
                cells.extend(places.iter().map(|place| share_cell(&made.all, *place)));
                cells
            })
            .collect();
        vec![table]
    }
}

impl List {
    /// The surveys of this page.
    fn shown<'l>(&'l self, view: &View<'_>) -> impl Iterator<Item = &'l Survey> + use<'l> {
        self.surveys.iter().skip(self.skip).take(view.row_count())
    }

    /// The surveys of a study, oldest first.
    fn points(&self, study: &str) -> Vec<(String, Tally)> {
        let its = self.surveys.iter().rev().filter(|survey| &*survey.made.study == study);
        its.map(|survey| (day(survey.made.begun_s), survey.made.all.clone())).collect()
    }
}

impl Screen for OneSurvey {
    type Data = One;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<One, Trouble> {
        allowed(visit)?;
        let id = visit.object.and_then(|text| text.parse::<u64>().ok()).ok_or(Trouble::NotFound)?;
        let kept = one(visit, id).await?.ok_or(Trouble::NotFound)?;
        let by = visit.query.get("by").filter(|by| !by.is_empty());
        let place = by.map(|by| kept.tables.iter().position(|table| &*table.by == by));
        let place = place.map(|place| place.ok_or_else(|| unknown("by", by.unwrap_or_default()))).transpose()?;
        let mut others: Vec<(u64, u64)> = all(visit)
            .await?
            .into_iter()
            .filter(|other| other.made.study == kept.made.study && other.id != id)
            .map(|other| (other.id, other.made.begun_s))
            .collect();
        others.sort_unstable_by_key(|(id, begun_s)| std::cmp::Reverse((*begun_s, *id)));
        let before = others.iter().find(|(_, begun_s)| *begun_s <= kept.made.begun_s).map(|(id, _)| *id);
        let wanted = visit.query.get("with").filter(|text| !text.is_empty());
        let other = match wanted {
            Some(text) => {
                let other = others.iter().map(|(id, _)| *id).find(|id| id.to_string() == text);
                Some(other.ok_or_else(|| unknown("with", text))?)
            }
            None => before,
        };
        let other = match other {
            Some(other) => one(visit, other).await?.map(|kept| (other, kept)),
            None => None,
        };
        Ok(One { id, kept, place: place.unwrap_or_default(), skip: skip(visit)?, other, others })
    }

    fn page(data: &One, view: &View<'_>) -> Page {
        let made = &data.kept.made;
        let tables = Self::tables(data, view);
        let drawn = data.counts().map(|counts| figures(counts, &|id| view.word(id))).unwrap_or_default();
        let group_count = data.counts().map_or(0, |counts| counts.groups().count());
        let shown = |table: &&Table| table.name != COUNTS;
        let body = html! {
            (facts_of(made, view))
            (data.choices(view))
            @for (number, drawn) in drawn.iter().enumerate() {
                h2 { (drawn.title) }
                (figure(&format!("figure-{number}"), drawn, view))
            }
            @if let Some(beyond) = data.counts().map(Counts::beyond).filter(|beyond| *beyond > 0) {
                p { (view.say("page-survey-beyond", &[("count", beyond.into())])) }
            }
            p { (view.word("survey-how-counted")) }
            h2 { (view.word("page-survey-label-tables")) }
            @for table in tables.iter().filter(shown) {
                (table.markup(&view.word("survey-residue-none")))
            }
            (onward(view, "skip", next(data.skip, group_count, view).as_deref()))
            (downloads(view, &tables))
        };
        let lead = html! { (time(made.begun_s.saturating_mul(1000), view)) " · " (safe(&made.study)) };
        Page::new(view.word("survey-label-title"), body).lead(lead)
    }

    fn json(data: &One, view: &View<'_>) -> Value {
        let table = |counts: &Counts| {
            let groups = data
                .groups(counts, view)
                .map(|(group, tally)| json!({ "group": group, "names": tally.total(), "figures": tally_value(tally) }));
            json!({ "by": &*counts.by, "groups": groups.collect::<Vec<_>>(), "names": counts.all().total(),
                    "figures": tally_value(counts.all()), "beyond": counts.beyond() })
        };
        let mut value = made_value(&data.kept.made);
        value["id"] = data.id.into();
        value["tables"] = data.kept.tables.iter().map(|counts| Value::from(&*counts.by)).collect();
        value["table"] = data.counts().map(table).unwrap_or_default();
        value["compared_with"] = data.other.as_ref().map(|(id, other)| {
            json!({ "id": id, "begun": moment(other.made.begun_s), "figures": tally_value(&other.made.all) })
        }).unwrap_or_default();
        value["next"] = next(data.skip, data.counts().map_or(0, |counts| counts.groups().count()), view).into();
        value
    }

    fn tables(data: &One, view: &View<'_>) -> Vec<Table> {
        let Some(counts) = data.counts() else { return Vec::new() };
        let rows: Vec<(String, &Tally)> = data.rows(counts, view);
        let mut tables = vec![all_counts(&rows, view)];
        for section in SECTIONS {
            let places: Vec<usize> = section.columns.iter().filter_map(|id| position(id)).collect();
            tables.push(counted(section.name, view.word(section.title), &rows, &places, (counts, view)));
        }
        tables.push(residue(&rows, (counts, view)));
        tables.extend(data.difference(counts, view));
        tables
    }
}

impl One {
    fn counts(&self) -> Option<&Counts> {
        self.kept.tables.get(self.place)
    }

    /// The groups of this page.
    fn groups<'c>(&self, counts: &'c Counts, view: &View<'_>) -> impl Iterator<Item = (&'c str, &'c Tally)> + use<'c> {
        let count = if &*counts.by == ALL { 0 } else { view.row_count() };
        counts.groups().skip(self.skip).take(count)
    }

    /// The groups of this page, and all names behind them.
    fn rows<'c>(&self, counts: &'c Counts, view: &View<'_>) -> Vec<(String, &'c Tally)> {
        let groups = self.groups(counts, view).map(|(group, tally)| (group_name(group, &|id| view.word(id)), tally));
        groups.chain([(view.word("survey-label-all"), counts.all())]).collect()
    }

    /// By what it is shown, and what it is held against.
    fn choices(&self, view: &View<'_>) -> Markup {
        let by: Vec<(&str, String)> = self.kept.tables.iter().map(|table| (&*table.by, table.by.to_string())).collect();
        let others: Vec<(String, String)> =
            self.others.iter().take(view.row_count()).map(|(id, begun_s)| (id.to_string(), day(*begun_s))).collect();
        let others: Vec<(&str, String)> = others.iter().map(|(id, day)| (id.as_str(), day.clone())).collect();
        html! {
            @if by.len() > 1 || !others.is_empty() {
                form .filter method="get" action=(view.path) role="search" aria-label=(view.word("page-label-filter")) {
                    @if by.len() > 1 { (choice(view, "by", &view.word("page-survey-label-by"), &by)) }
                    @if !others.is_empty() { (choice(view, "with", &view.word("page-survey-label-with"), &others)) }
                    button { (view.word("page-label-show")) }
                }
            }
        }
    }

    /// What became of it since the other: each figure of all names, and adoption in each group.
    fn difference(&self, counts: &Counts, view: &View<'_>) -> Option<Table> {
        let (other_id, other) = self.other.as_ref()?;
        let label = |begun_s: u64| day(begun_s);
        let columns = vec![
            Column::text("group", heading(counts, view)),
            Column::text("figure", view.word("page-survey-label-figure")),
            Column::number("before_pct", label(other.made.begun_s)),
            Column::number("after_pct", label(self.kept.made.begun_s)),
            Column::number("points", view.word("page-survey-label-points")),
        ];
        let mut table = Table::new("difference", view.word("page-survey-label-difference"), columns);
        let line = |group: &str, place: usize, before: &Tally, after: &Tally| {
            let (was, is) = (before.share(place), after.share(place));
            let name = COLUMNS.get(place).map(|column| view.word(column.sentence)).unwrap_or_default();
            let id = COLUMNS.get(place).map(|column| column.id).unwrap_or_default();
            let before_cell = share_cell(before, place).link(&format!("/surveys/{other_id}"));
            vec![
                Cell::text(group).head(),
                Cell::word(id, &name),
                before_cell,
                share_cell(after, place),
                points(was, is),
            ]
        };
        let all = view.word("survey-label-all");
        for place in 0..COLUMNS.len() {
            if self.kept.made.all.share(place).part + other.made.all.share(place).part > 0 {
                table.rows.push(line(&all, place, &other.made.all, &self.kept.made.all));
            }
        }
        let theirs = other.tables.iter().find(|table| table.by == counts.by);
        for (group, after) in self.groups(counts, view) {
            let before = theirs.and_then(|table| table.groups().find(|(name, _)| *name == group));
            let Some((_, before)) = before else { continue };
            let group = group_name(group, &|id| view.word(id));
            let places = COMPARED.iter().filter_map(|id| position(id));
            table.rows.extend(places.map(|place| line(&group, place, before, after)));
        }
        Some(table)
    }
}

fn unknown(name: &'static str, value: &str) -> Trouble {
    Trouble::Parameter { name, value: value.to_owned() }
}

/// Where the next page of a list begins.
fn next(skip: usize, count: usize, view: &View<'_>) -> Option<String> {
    let next = skip.saturating_add(view.row_count());
    (next < count).then(|| next.to_string())
}

fn heading(counts: &Counts, view: &View<'_>) -> String {
    if &*counts.by == ALL { view.word("survey-label-group") } else { counts.by.to_string() }
}

/// How it was made.
fn facts_of(made: &Made, view: &View<'_>) -> Markup {
    let count = |count: u64| Some(html! { (grouped(count)) });
    let moment = |at_s: u64| Some(time(at_s.saturating_mul(1000), view));
    let resolvers = html! { @for resolver in &made.resolvers { (code(resolver)) " " } };
    let sample = made.sample.map(|sample| {
        let share = in_tenths(u64::from(sample.per_million) / 1_000);
        html! { (share) " % (" (sample.seed) ")" }
    });
    facts(&[
        (view.word("page-survey-label-list"), Some(html! { (safe(&made.list)) " " (code(&made.list_hash)) })),
        (view.word("page-survey-label-begun"), moment(made.begun_s)),
        (view.word("page-survey-label-ended"), moment(made.ended_s)),
        (view.word("survey-label-total"), count(made.all.total())),
        (view.word("survey-label-unanswered"), count(made.unanswered)),
        (view.word("page-survey-label-refused"), count(made.refused)),
        (view.word("page-survey-label-opted-out"), count(made.opted_out)),
        (view.word("page-survey-label-sample"), sample),
        (view.word("page-survey-label-resolvers"), Some(resolvers)),
        (view.word("page-survey-label-version"), Some(safe(&made.version))),
    ])
}

/// Columns of groups, each with its share.
fn counted(
    name: &'static str,
    caption: String,
    rows: &[(String, &Tally)],
    places: &[usize],
    (counts, view): (&Counts, &View<'_>),
) -> Table {
    let mut columns = vec![Column::text("group", heading(counts, view))];
    columns.extend(
        places
            .iter()
            .filter_map(|place| COLUMNS.get(*place))
            .map(|column| Column::number(column.id, view.word(column.sentence))),
    );
    let mut table = Table::new(name, caption, columns);
    table.rows = rows
        .iter()
        .map(|(group, tally)| {
            let head = Cell::text(group.as_str()).head();
            std::iter::once(head).chain(places.iter().map(|place| share_cell(tally, *place))).collect()
        })
        .collect();
    table
}

/// Of how many names it is not known; without rows where nothing is left open.
fn residue(rows: &[(String, &Tally)], (counts, view): (&Counts, &View<'_>)) -> Table {
    let open: Vec<usize> = (0..COLUMNS.len()).filter(|place| counts.all().unknown(*place) > 0).collect();
    let mut columns = vec![Column::text("group", heading(counts, view))];
    columns.extend(
        open.iter()
            .filter_map(|place| COLUMNS.get(*place))
            .map(|column| Column::number(column.id, view.word(column.sentence))),
    );
    let mut table = Table::new("residue", view.word("survey-label-section-residue"), columns);
    if !open.is_empty() {
        table.rows = rows
            .iter()
            .map(|(group, tally)| {
                let head = Cell::text(group.as_str()).head();
                std::iter::once(head).chain(open.iter().map(|place| Cell::number(tally.unknown(*place)))).collect()
            })
            .collect();
    }
    table
}

/// Everything, a line for each group and figure: for files.
fn all_counts(rows: &[(String, &Tally)], view: &View<'_>) -> Table {
    let columns = ["group", "figure", "names", "total", "percent", "unknown"].map(Column::hidden).into();
    let mut table = Table::new(COUNTS, view.word("page-survey-label-counts"), columns);
    for (group, tally) in rows {
        for (place, column) in COLUMNS.iter().enumerate() {
            let share = tally.share(place);
            let texts = [
                group.clone(),
                column.id.to_owned(),
                share.part.to_string(),
                share.whole.to_string(),
                share.percent(),
                tally.unknown(place).to_string(),
            ];
            table.rows.push(texts.into_iter().map(Cell::text).collect());
        }
    }
    table
}

/// A share as it is published: `78.4 (1402/1788)`; per cent alone in a file.
fn share_cell(tally: &Tally, place: usize) -> Cell {
    let share = tally.share(place);
    if share.whole > 0 && tally.unknown(place) == share.whole {
        return Cell::text("").showing(html! { "–" });
    }
    let shown = html! { span .nowrap { (share.percent()) " (" (share.part) "/" (share.whole) ")" } };
    Cell::text(share.percent()).showing(shown)
}

/// By how many points of a hundred a share changed: `+1.2`; in a file `1.2`.
fn points(was: Share, is: Share) -> Cell {
    let (Some(was), Some(is)) = (was.tenths(), is.tenths()) else { return Cell::text("") };
    let (sign, plain) = match is.cmp(&was) {
        std::cmp::Ordering::Less => ("−", "-"),
        std::cmp::Ordering::Equal => ("±", ""),
        std::cmp::Ordering::Greater => ("+", ""),
    };
    let points = in_tenths(is.abs_diff(was));
    Cell::text(format!("{plain}{points}")).showing(html! { (sign) (points) })
}

fn made_value(made: &Made) -> Value {
    json!({
        "study": &*made.study,
        "begun": moment(made.begun_s),
        "ended": moment(made.ended_s),
        "names": made.all.total(),
        "unanswered": made.unanswered,
        "list": { "name": &*made.list, "sha256": &*made.list_hash, "names": made.listed, "refused": made.refused,
                  "opted_out": made.opted_out },
        "resolvers": made.resolvers.iter().map(|resolver| &**resolver).collect::<Vec<&str>>(),
        "sample": made.sample.map(|sample| json!({ "per_million": sample.per_million, "seed": sample.seed })),
        "version": &*made.version,
    })
}

fn tally_value(tally: &Tally) -> Value {
    let figures = COLUMNS.iter().enumerate().map(|(place, column)| {
        let share = tally.share(place);
        let value = json!({ "names": share.part, "percent": share.percent(), "unknown": tally.unknown(place) });
        (column.id.to_owned(), value)
    });
    Value::Object(figures.collect())
}

fn day(at_s: u64) -> String {
    let mut text = time_text(at_s.saturating_mul(1000), 0);
    text.truncate(DAY_BYTES);
    text
}

/// A moment for programs.
fn moment(at_s: u64) -> String {
    crate::examined::moment(at_s)
}

/// What the list shows of each survey.
const LISTED: [&str; 5] = ["spf", "dmarc", "dmarc_quarantine", "dmarc_reject", "mta_sts"];
/// What is compared in each group.
const COMPARED: [&str; 2] = ["spf", "dmarc"];
/// The table for files.
const COUNTS: &str = "counts";
/// Studies that are drawn on the page of all.
const FIGURE_COUNT_MAX: usize = 10;
/// `2026-11-23`.
const DAY_BYTES: usize = 10;
