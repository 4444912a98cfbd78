//! Who sends in our domains' names, of each domain: services, hosts, networks, with class, reasons, and the owner's word.

use std::collections::{BTreeMap, BTreeSet};

use chart::{Figure, Scale, Series, Shape};
use feedback::Archive as _;
use feedback::archive::{Class, CountQuery, DomainLine, Mark, Sender, Standing};
use insight::group::class_word;
use insight::marks::standing_word;
use insight::{Tally, groups};
use mailtext::{Domain, Network};
use maud::{Markup, html};
use report::query::Reach;
use serde_json::{Value, json};

use super::source::{CLASS, Source, class_choice, id_of, line_texts, parse_class, parse_id, wanted_words};
use crate::ask::{Period, View, Visit, day_text};
use crate::data::{Cell, Column, Table, grouped};
use crate::judged::{Judged, Spread};
use crate::limits::{DOWNLOAD_ROW_COUNT_MAX, NOTE_CHARACTERS_MAX, SOURCE_ROW_COUNT};
use crate::page::Page;
use crate::parts::{day, days, downloads, field, filter, left, onward, safe, slot, spark_line};
use crate::screen::{Done, Fresh, Kind, Parameter, Screen};
use crate::sources::Sources;
use crate::trouble::Trouble;
use crate::who::Role;

/// The screen.
pub(crate) struct Senders;

/// What it shows.
pub(crate) struct Data {
    period: Period,
    names: Vec<String>,
    /// All that are asked for: of the domain with the most messages first, in it of the source with the most.
    sources: Vec<Source>,
    /// Messages of sources too small to be told apart.
    left: u64,
    spread: BTreeMap<(String, String), Vec<u64>>,
    spread_days: Vec<u32>,
    offset: usize,
}

impl Data {
    /// The sources of this page, with their places.
    fn page(&self) -> &[Source] {
        let until = self.sources.len().min(self.offset + SOURCE_ROW_COUNT);
        self.sources.get(self.offset..until).unwrap_or_default()
    }

    /// Where the next page begins.
    fn next(&self) -> Option<usize> {
        Some(self.offset + SOURCE_ROW_COUNT).filter(|next| *next < self.sources.len())
    }

    fn message_count(&self) -> u64 {
        self.sources.iter().fold(0, |sum, source| sum.saturating_add(source.tally.total()))
    }
}

impl Screen for Senders {
    type Data = Data;

    const FRESH: Fresh = Fresh::Reports;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let class = visit.query.read("class", parse_class)?;
        let offset = usize::try_from(visit.query.number("after")?.unwrap_or(0)).unwrap_or(usize::MAX);
        let count = |sum: &mut u64, _, count: u64| *sum = sum.saturating_add(count);
        let (judged, spread) = Judged::with_spread(visit, count).await?;
        let untold = judged.domains.iter().fold(0_u64, |sum, line| sum.saturating_add(judged.left(line)));
        let words = wanted_words(visit);
        let mut of_domains: Vec<Vec<Source>> = Vec::with_capacity(judged.domains.len());
        for line in &judged.domains {
            let mut sources = of_domain(&judged, line, class, &words);
            let may_mark = may_mark(visit, &line.domain);
            sources.iter_mut().for_each(|source| source.is_markable &= may_mark);
            of_domains.push(sources);
        }
        let total =
            |sources: &Vec<Source>| sources.iter().fold(0_u64, |sum, source| sum.saturating_add(source.tally.total()));
        of_domains.sort_by_key(|sources| std::cmp::Reverse(total(sources)));
        let sources: Vec<Source> = of_domains.into_iter().flatten().collect();
        let Spread { days, sums } = spread;
        // Where nothing is shown there are no lines beside it.
        let spread_days = if sources.is_empty() { Vec::new() } else { days };
        let spread = sums
            .into_iter()
            .filter(|_| !sources.is_empty())
            .map(|((domain, sender), sums)| ((domain.into_string(), id_of(&sender)), sums));
        let spread = spread.collect();
        Ok(Data {
            period: judged.period,
            names: judged.names,
            sources,
            left: untold,
            spread,
            spread_days,
            offset: offset.min(DOWNLOAD_ROW_COUNT_MAX),
        })
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let more = html! { (class_choice(view)) (field(view, "q", &view.word("page-reports-label-search"))) };
        let can_mark = data.page().iter().any(|source| source.is_markable);
        let mut shown: Vec<&str> = Vec::new();
        for source in data.page() {
            if shown.last() != Some(&source.domain.as_str()) {
                shown.push(&source.domain);
            }
        }
        let body = html! {
            (filter(view, &data.names, &more))
            p { (view.say("page-senders-counted", &[("count", data.sources.len().into()), ("messages", grouped(data.message_count()).into())])) }
            (left(data.left, view))
            @if data.sources.is_empty() { p .nothing { (view.word("page-nothing")) } }
            @if can_mark { (bulk(view)) }
            @for domain in shown {
                h2 { (safe(domain)) }
                (table(data, domain, can_mark, view).markup(&view.word("page-nothing")))
            }
            (onward(view, "after", data.next().map(|next| next.to_string()).as_deref()))
            (downloads(view, &Self::tables(data, view)))
        };
        Page::new(view.word("page-reports-label-senders"), body).lead(days(data.period))
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        let sources = data.page().iter().map(|source| {
            let mut value = source.json(view);
            if let (Some(days), Some(object)) = (spread(data, source), value.as_object_mut()) {
                object.insert("spread".to_owned(), json!(days));
            }
            value
        });
        json!({
            "from": day_text(data.period.from_day),
            "to": day_text(data.period.until_day.saturating_sub(1)),
            "count": data.sources.len(),
            "messages": data.message_count(),
            "spread_days": data.spread_days.iter().map(|day| day_text(*day)).collect::<Vec<_>>(),
            "sources": sources.collect::<Vec<_>>(),
            "next": data.next(),
        })
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        let text = |name| Column::hidden(name);
        let mut columns = ["domain", "source", "id", "class", "reasons"].map(text).to_vec();
        columns.extend(["messages", "pass", "dkim_aligned", "spf_aligned"].map(text));
        columns.extend(Tally::CLASSES.map(|class| Column::hidden(class_word(class))));
        columns.extend(["first", "last", "addresses", "selectors", "countries", "autonomous_systems"].map(text));
        columns.extend(["standing", "note"].map(text));
        let mut table = Table::new("senders", view.word("page-reports-label-senders"), columns);
        table.rows = data.sources.iter().take(DOWNLOAD_ROW_COUNT_MAX).map(file_row).collect();
        vec![table]
    }
}

fn of_domain(judged: &Judged, line: &DomainLine, class: Option<Class>, words: &[String]) -> Vec<Source> {
    let lines = judged.lines(line);
    let groups = groups(lines, &line.policy, &judged.classifier);
    let meant = groups.iter().filter(|group| class.is_none_or(|class| group.tally.of(class) > 0));
    let mut sources = Vec::new();
    for group in meant {
        let source = Source::of(line, group, lines, &judged.classifier);
        let texts = if words.is_empty() { Vec::new() } else { line_texts(group, lines) };
        let is_found = |word: &String| source.has(word) || texts.iter().any(|text| text.contains(word));
        if words.iter().all(is_found) {
            sources.push(source);
        }
    }
    if let Some(class) = class {
        sources.sort_by_key(|source| std::cmp::Reverse(source.tally.of(class)));
    }
    sources
}

/// Whether the person may say something of a domain's sources.
pub(crate) fn may_mark(view: &View<'_>, domain: &str) -> bool {
    view.who.role >= Some(Role::Operator) && view.who.clone().before(Some(Role::Operator)).scope.has_name(domain)
}

fn file_row(source: &Source) -> Vec<Cell> {
    let reasons: Vec<_> = source.reasons.iter().map(|reason| reason.id).collect();
    let mut row = vec![
        Cell::text(&source.domain),
        Cell::text(&source.name),
        Cell::text(&source.id),
        Cell::text(class_word(source.class)),
        Cell::text(reasons.join(" ")),
    ];
    let counts = [source.tally.total(), source.pass_count, source.dkim_count, source.spf_count];
    row.extend(counts.map(Cell::number));
    row.extend(Tally::CLASSES.map(|class| Cell::number(source.tally.of(class))));
    row.extend([
        Cell::text(day_text(source.first_day)),
        Cell::text(day_text(source.last_day)),
        Cell::number(source.address_count as u64),
        Cell::text(source.selectors.join(" ")),
        Cell::text(source.countries.join(" ")),
        Cell::text(source.networks.join("; ")),
        Cell::text(source.standing.map_or("", standing_word)),
        Cell::text(&source.note),
    ]);
    row
}

/// The sources of a domain that stand on this page.
fn table(data: &Data, domain: &str, can_mark: bool, view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let mut columns = vec![
        Column::text("source", label("page-reports-label-sender")),
        Column::text("class", label("page-reports-label-class")),
        Column::number("messages", label("page-label-messages")),
        Column::text("spread", label("page-reports-label-trend")),
        Column::number("dkim_aligned", label("page-reports-label-dkim-aligned")),
        Column::number("spf_aligned", label("page-reports-label-spf-aligned")),
        Column::number("pass", label("page-label-passed")),
        Column::text("days", label("page-reports-label-seen")),
        Column::text("standing", label("page-reports-label-standing")),
    ];
    if can_mark {
        columns.insert(0, Column::text("mark", label("page-reports-label-tick")));
    }
    let mut table =
        Table::new("sources", view.say("page-reports-label-senders-of", &[("domain", domain.into())]), columns);
    for (place, source) in data.page().iter().enumerate().filter(|(_, source)| source.domain == domain) {
        table.rows.push(row(data, place, source, can_mark, view));
    }
    table
}

fn row(data: &Data, place: usize, source: &Source, can_mark: bool, view: &View<'_>) -> Vec<Cell> {
    let total = source.tally.total();
    let service = source.id.strip_prefix("service:").unwrap_or_default();
    let selectors = some(&source.selectors, SELECTOR_COUNT_SHOWN);
    let selectors = if selectors.is_empty() { selectors } else { format!("s={selectors}") };
    let name = html! {
        a href=(source.address(view)) { (safe(&source.name)) }
        @for line in [service, &selectors, &source.place()] { @if !line.is_empty() { br; small { (safe(line)) } } }
    };
    let reasons = html! {
        (source.classes(view))
        ul .plain.reasons { @for reason in source.reasons.iter().take(REASON_COUNT_SHOWN) { li { small { (reason.text(view)) } } } }
    };
    let line = spread(data, source).map(|values| spark(source, values, data, view));
    let line = html! { @if let Some(line) = &line { (spark_line(&format!("spark-{place}"), line, view)) } };
    let mut row = vec![
        Cell::text(&source.name).showing(name).head(),
        Cell::text(class_word(source.class)).showing(reasons),
        Cell::number(total).link(&explored(source, view)),
        Cell::text("").showing(line),
        Cell::percent(source.dkim_count, total),
        Cell::percent(source.spf_count, total),
        Cell::percent(source.pass_count, total),
        Cell::text("").showing(html! { (day(source.first_day)) " – " (day(source.last_day)) }),
        Cell::text("").showing(source.said(view)),
    ];
    if can_mark {
        let value = format!("{} {}", source.domain, source.id);
        let name = view.say("page-reports-label-tick-sender", &[("name", source.name.as_str().into())]);
        let tick = html! {
            @if source.is_markable { input type="checkbox" name="source" value=(value) form="marks" aria-label=(name); }
        };
        row.insert(0, Cell::text("").showing(tick));
    }
    row
}

/// Where the messages of a source are counted: on its own page.
fn explored(source: &Source, view: &View<'_>) -> String {
    format!("{}#circumstances", source.address(view))
}

fn some(texts: &[String], count: usize) -> String {
    let more = texts.len().saturating_sub(count);
    let some = texts.iter().take(count).map(String::as_str).collect::<Vec<_>>().join(" ");
    if more > 0 { format!("{some} +{more}") } else { some }
}

fn spread<'d>(data: &'d Data, source: &Source) -> Option<&'d [u64]> {
    data.spread.get(&(source.domain.clone(), source.id.clone())).map(Vec::as_slice)
}

fn spark(source: &Source, values: &[u64], data: &Data, view: &View<'_>) -> Figure {
    Figure {
        shape: Shape::SparkLine,
        title: view.say("page-reports-label-trend-of", &[("name", source.name.as_str().into())]),
        description: view.say(
            "page-reports-label-trend-told",
            &[("most", values.iter().copied().max().unwrap_or(0).into()), ("name", source.name.as_str().into())],
        ),
        unit: String::new(),
        absent: view.word("page-label-no-data"),
        category_name: view.word("page-label-day"),
        categories: data.spread_days.iter().map(|day| day_text(*day)).collect(),
        scale: Scale::Count,
        series: vec![Series {
            name: view.word("page-label-messages"),
            slot: slot(source.class),
            values: values.iter().map(|value| Some(*value)).collect(),
        }],
    }
}

/// The form to which the ticks of the tables belong.
fn bulk(view: &View<'_>) -> Markup {
    html! {
        form #marks .fields method="post" action="/senders/mark" {
            input type="hidden" name="csrf" value=(view.csrf);
            input type="hidden" name="back" value={ (view.path) (view.query.with("done", None).to_text()) };
            (mark_fields("", view))
            p { (view.word("page-senders-tick")) }
        }
    }
}

/// The note, and what can be said.
pub(crate) fn mark_fields(note: &str, view: &View<'_>) -> Markup {
    html! {
        label { span { (view.word("page-reports-label-note")) } input name="note" value=(note) maxlength=(NOTE_CHARACTERS_MAX); }
        button name="standing" value="approved" { (view.word("page-reports-label-approve")) }
        button name="standing" value="forwarder" { (view.word("page-reports-label-is-forwarder")) }
        button name="standing" value="denied" { (view.word("page-reports-label-deny")) }
        button name="standing" value="forgotten" { (view.word("page-reports-label-forget")) }
    }
}

/// Marks sources.
///
/// # Errors
/// A field is wrong, the person may not, or the store cannot do it.
pub(crate) async fn mark<S: Sources>(visit: &Visit<'_, S>) -> Result<Done, Trouble> {
    let standing = visit.query.read("standing", parse_standing)?;
    let standing = standing.ok_or(Trouble::Parameter { name: "standing", value: String::new() })?;
    let note = visit.query.get("note").unwrap_or_default().trim();
    if note.chars().count() > NOTE_CHARACTERS_MAX {
        return Err(Trouble::TooLarge);
    }
    let archive = visit.archive()?;
    let domains = visit.own_domains().await?;
    // Everything is read before anything is done.
    let mut wanted: Vec<(&DomainLine, Domain, Sender)> = Vec::new();
    for text in visit.query.all("source") {
        let wrong = || Trouble::Parameter { name: "source", value: text.to_owned() };
        let (name, id) = text.split_once(' ').ok_or_else(wrong)?;
        let domain = Domain::parse(name).map_err(|_| wrong())?;
        if !visit.who.scope.has(Some(&domain)) {
            return Err(Trouble::Forbidden);
        }
        let line = domains.iter().find(|line| *line.domain == *domain.as_str()).ok_or_else(wrong)?;
        let classifier = visit.sources.classifier(&line.tenant, &[]).await?;
        let sender = parse_id(id).and_then(|sender| whole(sender, &classifier)).ok_or_else(wrong)?;
        wanted.push((line, domain, sender));
    }
    if wanted.is_empty() {
        return Err(Trouble::Failed { sentence: "page-senders-none-ticked", arguments: Vec::new() });
    }
    let mut told = Vec::with_capacity(wanted.len());
    for (line, domain, sender) in &wanted {
        told.push(format!("{domain} {}", id_of(sender)));
        let mark = Mark {
            tenant: line.tenant.clone(),
            domain: domain.clone(),
            sender: sender.clone(),
            standing: standing.unwrap_or(Standing::Approved),
            note: note.into(),
            at_s: visit.now_ms / 1000,
        };
        archive.set_mark(mark, standing).await?;
    }
    let mut changed: u64 = 0;
    let mut judged = BTreeSet::new();
    for (line, domain, _) in &wanted {
        if judged.insert((&line.tenant, domain.as_str())) {
            changed = changed.saturating_add(judge_anew(visit, line, domain).await?);
        }
    }
    let word = standing.map_or("forgotten", standing_word);
    Ok(Done {
        told: "page-done-marked",
        object: format!("{word}: {}", told.join(", ")),
        value: json!({ "standing": word, "sources": told, "changed_records": changed }),
        ..Done::default()
    })
}

/// Judges what is kept of a domain by what is known now: the marks, and the names of the addresses.
async fn judge_anew<S: Sources>(visit: &Visit<'_, S>, line: &DomainLine, domain: &Domain) -> Result<u64, Trouble> {
    let archive = visit.archive()?;
    let query = CountQuery {
        tenant: Some(line.tenant.clone()),
        domain: Some((domain.clone(), Reach::Name)),
        // What nobody vouches for is judged, too.
        with_unauthenticated: true,
        ..CountQuery::default()
    };
    let lines = archive.sources(query).await?;
    let classifier = visit.sources.classifier(&line.tenant, &lines).await?;
    Ok(archive.judge_anew(&line.tenant, domain, classifier.into_judge()).await?)
}

/// A sender that can be marked, as it is kept.
fn whole(sender: Sender, classifier: &insight::Classifier) -> Option<Sender> {
    Some(match sender {
        Sender::Service(id) => Sender::Service((*classifier.map.entry(&id)?.id).into()),
        Sender::Hosts(name) => Sender::Hosts(Domain::parse(&name).ok()?.as_str().into()),
        Sender::Network(text) => Sender::Network(text.parse::<Network>().ok()?.to_string().into()),
    })
}

/// What is said: a standing, or that nothing is said any more.
#[allow(clippy::option_option)] // reason: no standing is one of the answers
fn parse_standing(text: &str) -> Option<Option<Standing>> {
    let all = [Standing::Approved, Standing::Forwarder, Standing::Denied];
    match text {
        "forgotten" => Some(None),
        _ => all.into_iter().find(|standing| standing_word(*standing) == text).map(Some),
    }
}

/// Reasons of a source that the list shows; its page shows all.
const REASON_COUNT_SHOWN: usize = 2;
/// Selectors of a source that the list shows.
const SELECTOR_COUNT_SHOWN: usize = 4;
/// What the list knows.
pub(crate) const PARAMETERS: &[Parameter] = &[
    Parameter::DOMAIN,
    Parameter::FROM,
    Parameter::TO,
    Parameter::DAYS,
    CLASS,
    Parameter { name: "q", kind: Kind::Text },
    Parameter { name: "after", kind: Kind::Number },
];
/// What a mark knows.
pub(crate) const MARK_PARAMETERS: &[Parameter] = &[
    Parameter { name: "source", kind: Kind::Text },
    Parameter { name: "standing", kind: Kind::Word(&["approved", "forwarder", "denied", "forgotten"]) },
    Parameter { name: "note", kind: Kind::Text },
];
