//! Mail that passes here: how much, what was done with it, what each method said day by day; and the messages.

mod search;

use std::collections::BTreeMap;

use chart::{Figure, Scale, Series, Shape};
use mailtext::Domain;
use maud::{Markup, html};
use report::tally::{Measure, MeasureKind, Step, TallyLine, TallyQuery};
use report::vocabulary::{Action, Direction, Disposition, Method, MethodResult};
use report::{Row, statistics};
use serde_json::{Value, json};

use crate::ask::{View, Visit, day_text};
use crate::data::{Cell, Column, Table};
use crate::limits::PERIOD_DAYS_DEFAULT;
use crate::page::Page;
use crate::parts::{Tone, choice, code, days, downloads, figure, figure_of, filter, notice, onward, safe, time};
use crate::screen::{Fresh, Kind, Parameter, Screen};
use crate::sources::Sources;
use crate::trouble::Trouble;
use crate::who::Scope;

use super::passing::{
    Span, action, action_label, address, address_text, counted_domains, counted_from, counted_text, direction_label,
    method_name, recipients, result, row_value, slot, span_text, to_mail, utc_text,
};
use search::{Found, Search};

/// The screen.
pub(crate) struct Mail;

/// What it shows.
pub(crate) struct Data {
    span: Span,
    /// The domains that the person is limited to.
    names: Vec<String>,
    search: Search,
    figures: Option<Figures>,
    found: Found,
}

/// What is counted of the period.
struct Figures {
    /// Incoming messages by what was done with them.
    actions: BTreeMap<Action, u64>,
    received: u64,
    sent: u64,
    signed: u64,
    /// The domains whose messages these are; `None`: of the whole house.
    domains: Option<Box<[Domain]>>,
    /// From when on they are counted, in milliseconds since 1970.
    whole_from_ms: u64,
    /// Below which time half of the answers were given, and 95 of 100, in microseconds.
    median_us: Option<u64>,
    late_us: Option<u64>,
    /// Incoming messages, day by day.
    daily: statistics::Statistics,
}

/// What it may be asked.
pub(crate) const PARAMETERS: &[Parameter] = &[
    Parameter::FROM,
    Parameter::TO,
    Parameter::DAYS,
    Parameter::DOMAIN,
    Parameter { name: "from_time", kind: Kind::Text },
    Parameter { name: "to_time", kind: Kind::Text },
    Parameter { name: "queue", kind: Kind::Text },
    Parameter { name: "sender", kind: Kind::Text },
    Parameter { name: "author", kind: Kind::Domain },
    Parameter { name: "recipient", kind: Kind::Domain },
    Parameter { name: "client", kind: Kind::Text },
    Parameter { name: "method", kind: Kind::Word(METHODS) },
    Parameter { name: "result", kind: Kind::Word(RESULTS) },
    Parameter { name: "disposition", kind: Kind::Word(&["none", "pass", "quarantine", "reject"]) },
    Parameter { name: "action", kind: Kind::Word(&["accept", "label", "quarantine", "reject", "tempfail", "discard"]) },
    Parameter { name: "direction", kind: Kind::Word(&["in", "out"]) },
    Parameter { name: "after", kind: Kind::Text },
    Parameter { name: "limit", kind: Kind::Number },
];

impl Screen for Mail {
    type Data = Data;

    const FRESH: Fresh = Fresh::Mail;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let span = Span::of(&visit.view, PERIOD_DAYS_DEFAULT)?;
        let ledger = visit.ledger()?;
        let search = Search::of(visit, span)?;
        let found = search.find(ledger, &visit.who.scope).await?;
        let is_of_all = !search.is_narrow && visit.query.get("after").is_none();
        let figures = match is_of_all {
            true => Some(Figures::of(ledger, span, counted_domains(visit)?).await?),
            false => None,
        };
        let names = match &visit.who.scope {
            Scope::All => Vec::new(),
            Scope::Domains(domains) => domains.iter().map(ToString::to_string).collect(),
        };
        Ok(Data { span, names, search, figures, found })
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let tables = Self::tables(data, view);
        let next = data.found.next.map(|id| id.to_string());
        let body = html! {
            (filter(view, &data.names, &fields(data, view)))
            @if data.search.is_withheld { (notice(Tone::Warning, &html! { (view.word("page-mail-addresses-withheld")) })) }
            @if !data.names.is_empty() { (notice(Tone::Plain, &html! { (view.word("page-mail-of-your-domains")) })) }
            @if let Some(figures) = &data.figures { (counted(figures, data.span, view)) }
            h2 { (view.word("page-mail-label-newest")) }
            @if data.found.damaged > 0 {
                (notice(Tone::Bad, &html! { (view.say("page-mail-damaged", &[("count", data.found.damaged.into())])) }))
            }
            @if let Some(table) = tables.first() { (table.markup(&view.word("page-mail-none"))) }
            @if data.found.rows.is_empty() && next.is_some() { p { (view.word("page-mail-look-on")) } }
            (onward(view, "after", next.as_deref()))
            (downloads(view, &tables))
        };
        Page::new(view.word("page-mail-label-flow"), body).lead(days(data.span.period))
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        let rows = data.found.rows.iter().map(|row| row_value(row, &view.who.scope));
        json!({
            "from": utc_text(data.span.from_ms),
            "until": utc_text(data.span.until_ms),
            "figures": data.figures.as_ref().map(Figures::value),
            "messages": rows.collect::<Vec<_>>(),
            "next": data.found.next.map(|id| id.to_string()),
        })
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        let mut tables = vec![messages(&data.found.rows, view)];
        tables.extend(data.figures.as_ref().map(|figures| daily(figures, view)));
        tables
    }
}

impl Figures {
    async fn of<L: report::Ledger>(ledger: &L, span: Span, domains: Option<Box<[Domain]>>) -> Result<Self, Trouble> {
        let whole = |kind, direction| {
            let query = TallyQuery::new(kind, span.from_ms, span.until_ms, Step::Whole);
            ledger.tally(TallyQuery { direction: Some(direction), domains: domains.clone(), ..query })
        };
        let sum = |lines: &[TallyLine]| lines.iter().fold(0, |sum: u64, line| sum.saturating_add(line.count));
        let sent = sum(&whole(MeasureKind::Messages, Direction::Out).await?.lines);
        let signed = sum(&whole(MeasureKind::Signed, Direction::Out).await?.lines);
        let latency = whole(MeasureKind::Latency, Direction::In).await?.lines;
        let (from_day, until_day) = (span.period.from_day, span.period.until_day);
        let (mut lines, mut whole_from_ms) = (Vec::new(), 0);
        for kind in [MeasureKind::Messages, MeasureKind::Result, MeasureKind::Action] {
            let query = statistics::query(kind, from_day, until_day, span.ahead_h);
            let tally = ledger.tally(TallyQuery { domains: domains.clone(), ..query }).await?;
            whole_from_ms = tally.whole_from_ms.max(whole_from_ms);
            lines.extend(tally.lines);
        }
        let mut actions = BTreeMap::new();
        for line in &lines {
            if let Measure::Action(action) = line.measure {
                *actions.entry(action).or_default() += line.count;
            }
        }
        Ok(Self {
            received: actions.values().sum(),
            actions,
            sent,
            signed,
            domains,
            whole_from_ms,
            median_us: statistics::latency_below_us(500, &latency),
            late_us: statistics::latency_below_us(950, &latency),
            daily: statistics::of(statistics::By::Day, from_day, until_day, span.ahead_h, &lines),
        })
    }

    fn action(&self, action: Action) -> u64 {
        self.actions.get(&action).copied().unwrap_or(0)
    }

    fn value(&self) -> Value {
        let actions = Action::ALL.iter().map(|action| (action.as_str().to_owned(), self.action(*action).into()));
        let daily = self.daily.parts.iter().map(|part| {
            let results = part.results.iter().map(|((method, result), count)| {
                json!({ "method": method.as_str(), "result": result.as_str(), "messages": count })
            });
            json!({ "day": day_text(part.from_day), "messages": part.messages, "results": results.collect::<Vec<_>>() })
        });
        json!({
            "received": self.received,
            "sent": self.sent,
            "signed": self.signed,
            "actions": Value::Object(actions.collect()),
            "latency_median_below_us": self.median_us,
            "latency_p95_below_us": self.late_us,
            "domains": self.domains.as_ref().map(|domains| domains.iter().map(ToString::to_string).collect::<Vec<_>>()),
            "whole_from": (self.whole_from_ms > 0).then(|| utc_text(self.whole_from_ms)),
            "daily": daily.collect::<Vec<_>>(),
        })
    }
}

/// The fields of the search.
fn fields(data: &Data, view: &View<'_>) -> Markup {
    let text = |name: &str, label: &str| {
        html! { label { span { (label) } input name=(name) value=(view.query.get(name).unwrap_or_default()); } }
    };
    let clock = |name: &str, label: &str| {
        let value = view.query.get(name).unwrap_or_default();
        html! { label { span { (label) } input type="time" name=(name) value=(value); } }
    };
    let plain = |words: &[&'static str]| words.iter().map(|word| (*word, (*word).to_owned())).collect::<Vec<_>>();
    let methods: Vec<_> = Method::ALL.iter().map(|one| (one.as_str(), method_name(*one).to_owned())).collect();
    let actions: Vec<_> = Action::ALL.iter().map(|one| (one.as_str(), view.word(action_label(*one)))).collect();
    let directions: Vec<_> =
        [Direction::In, Direction::Out].map(|one| (one.as_str(), view.word(direction_label(one)))).into();
    let dispositions: Vec<_> = Disposition::ALL.iter().map(|one| one.as_str()).collect();
    html! {
        (clock("from_time", &view.word("page-mail-label-from-time")))
        (clock("to_time", &view.word("page-mail-label-to-time")))
        @if data.names.is_empty() { (text("domain", &view.word("page-label-domain"))) }
        (text("queue", &view.word("page-mail-label-queue")))
        (text("sender", &view.word("page-mail-label-sender")))
        (text("author", &view.word("page-mail-label-author")))
        (text("recipient", &view.word("page-mail-label-recipient")))
        (text("client", &view.word("page-mail-label-client")))
        (choice(view, "method", &view.word("page-mail-label-method"), &methods))
        (choice(view, "result", &view.word("page-mail-label-result"), &plain(RESULTS)))
        (choice(view, "disposition", &view.word("page-mail-label-disposition"), &plain(&dispositions)))
        (choice(view, "action", &view.word("page-mail-label-action"), &actions))
        (choice(view, "direction", &view.word("page-mail-label-direction"), &directions))
    }
}

/// What is counted, in numbers and figures.
fn counted(figures: &Figures, span: Span, view: &View<'_>) -> Markup {
    let to = |pairs: &[(&str, &str)]| {
        let mut query = view.query.clone();
        for (name, value) in pairs {
            query = query.with(name, Some(value));
        }
        format!("/mail{}", query.to_text())
    };
    let of = |action: Action| {
        let address = to(&[("action", action.as_str()), ("direction", "in")]);
        figure_of(figures.action(action), &view.word(action_label(action)), Some(&address))
    };
    let below =
        |time_us: Option<u64>| time_us.map_or_else(|| "–".to_owned(), |time_us| format!("< {}", span_text(time_us)));
    html! {
        h2 { (view.word("page-mail-label-figures")) }
        @if let Some(domains) = &figures.domains { p { (counted_text(domains, view)) } }
        @if let Some(text) = counted_from(figures.whole_from_ms, span, view) { (notice(Tone::Plain, &html! { (text) })) }
        div .keys {
            (figure_of(figures.received, &view.word("page-mail-label-received"), Some(&to(&[("direction", "in")]))))
            @for action in [Action::Accept, Action::Label, Action::Quarantine, Action::Reject] { (of(action)) }
            @for action in [Action::TempFail, Action::Discard] { @if figures.action(action) > 0 { (of(action)) } }
            (figure_of(figures.sent, &view.word("page-mail-label-sent"), Some(&to(&[("direction", "out")]))))
            (figure_of(figures.signed, &view.word("page-mail-label-signed"), None))
        }
        @if figures.domains.is_none() {
            div .keys {
                div .key { span .value { (below(figures.median_us)) } span .label { (view.word("page-mail-label-median")) } }
                div .key { span .value { (below(figures.late_us)) } span .label { (view.word("page-mail-label-late")) } }
            }
            p { (view.word("page-mail-latency")) }
        }
        h2 { (view.word("page-mail-label-results")) }
        (figure("passes", &passes(figures, view), view))
        @for method in statistics::METHODS {
            @let results = figures.daily.results_of(method);
            @if !results.is_empty() {
                details open[method == Method::Dmarc] {
                    summary { (method_name(method)) }
                    (figure(method.as_str(), &by_result(figures, method, &results, view), view))
                }
            }
        }
    }
}

/// How many of the messages received pass each method, day by day.
fn passes(figures: &Figures, view: &View<'_>) -> Figure {
    let parts = &figures.daily.parts;
    let slots = [0, 1, 2, 3].map(chart::Slot::Other);
    // A line at the bottom for what was never looked at would say that it failed.
    let methods = statistics::METHODS.iter().zip(slots);
    let seen = methods.filter(|(method, _)| parts.iter().any(|part| part.evaluated(**method) > 0));
    let series = seen.map(|(method, slot)| Series {
        name: method_name(*method).to_owned(),
        slot,
        values: parts
            .iter()
            .map(|part| (part.messages > 0).then(|| part.result(*method, MethodResult::Pass).min(part.messages)))
            .collect(),
    });
    let wholes = parts.iter().map(|part| part.messages).collect();
    Figure {
        shape: Shape::Lines,
        title: view.word("page-mail-label-passes"),
        description: view.word("page-mail-passes-described"),
        scale: Scale::Share { name: view.word("page-mail-label-received"), wholes },
        series: series.collect(),
        ..empty_figure(figures, view)
    }
}

/// The results of a method, day by day.
fn by_result(figures: &Figures, method: Method, results: &[MethodResult], view: &View<'_>) -> Figure {
    let series = results.iter().map(|result| Series {
        name: result.as_str().to_owned(),
        slot: slot(*result),
        values: figures.daily.parts.iter().map(|part| Some(part.result(method, *result))).collect(),
    });
    Figure {
        title: view.say("page-mail-label-results-of", &[("method", method_name(method).into())]),
        description: view.say("page-mail-results-described", &[("method", method_name(method).into())]),
        series: series.collect(),
        ..empty_figure(figures, view)
    }
}

fn empty_figure(figures: &Figures, view: &View<'_>) -> Figure {
    Figure {
        shape: Shape::StackedBars,
        title: String::new(),
        description: String::new(),
        unit: String::new(),
        absent: view.word("page-label-no-data"),
        category_name: view.word("page-label-day"),
        categories: figures.daily.parts.iter().map(|part| day_text(part.from_day)).collect(),
        scale: Scale::Count,
        series: Vec::new(),
    }
}

/// The messages.
fn messages(rows: &[Row], view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let columns = vec![
        Column::text("time", label("page-mail-label-time")),
        Column::hidden("id"),
        Column::text("action", label("page-mail-label-action")),
        Column::text("from", label("page-mail-label-from-header")),
        Column::text("mail_from", label("page-mail-label-from-envelope")),
        Column::hidden("mail_from_domain"),
        Column::text("ip", label("page-mail-label-from-client")),
        Column::hidden("client"),
        Column::hidden("helo"),
        Column::text("spf", "SPF".to_owned()),
        Column::text("dkim", "DKIM".to_owned()),
        Column::text("dmarc", "DMARC".to_owned()),
        Column::hidden("arc"),
        Column::hidden("disposition"),
        Column::text("recipient_domains", label("page-mail-label-recipients")),
        Column::text("queue_id", label("page-mail-label-queue")),
        Column::text("direction", label("page-mail-label-direction")),
        Column::hidden("size_bytes"),
        Column::hidden("latency_us"),
    ];
    let mut table = Table::new("messages", label("page-mail-label-messages"), columns);
    table.rows = rows.iter().map(|row| message(row, view)).collect();
    table
}

fn message(row: &Row, view: &View<'_>) -> Vec<Cell> {
    let text = |text: Option<String>| Cell::text(text.unwrap_or_default());
    let of = |method: Method| match row.result(method) {
        Some(found) => Cell::text(found.as_str()).showing(result(found)),
        None => Cell::text(""),
    };
    let id = row.id.to_string();
    let at = Cell::text(utc_text(row.time_ms())).showing(time(row.time_ms(), view));
    let client = row.client.ip.map_or_else(
        || Cell::text(""),
        |ip| {
            let ip = ip.to_string();
            let name = row.client.name.as_deref();
            Cell::text(&ip).showing(html! {
                a href=(to_mail("client", &ip)) { (code(&ip)) } @if let Some(name) = name { br; (safe(name)) }
            })
        },
    );
    let sender = match &row.envelope.mail_from {
        Some(kept) => {
            let domain =
                row.envelope.mail_from_domain.as_ref().filter(|_| !matches!(kept, report::row::Address::Text(_)));
            Cell::text(address_text(kept)).showing(html! {
                (address(kept, view)) @if let Some(domain) = domain { br; (safe(domain.as_str())) }
            })
        }
        None => Cell::text("<>"),
    };
    let authors: Vec<String> = row.dmarc.authors.iter().map(|one| one.author.to_string()).collect();
    let shown = html! { @for author in &authors { a href=(to_mail("domain", author)) { (safe(author)) } " " } };
    let (seen, beside) = recipients(row, &view.who.scope);
    let names: Vec<String> = seen.iter().map(ToString::to_string).collect();
    let beside = (beside > 0).then(|| view.say("page-mail-label-beside", &[("count", beside.into())]));
    let to = html! { @for name in &names { (safe(name)) " " } @if let Some(beside) = &beside { (beside) } };
    let queue = row.queue_id.as_deref().unwrap_or_default();
    vec![
        at.link(&format!("/mail/{id}")).head(),
        Cell::text(id),
        Cell::text(row.verdict.action.as_str()).showing(action(row.verdict.action, view)),
        Cell::text(authors.join(" ")).showing(shown),
        sender,
        text(row.envelope.mail_from_domain.as_ref().map(ToString::to_string)),
        client,
        text(row.client.name.as_deref().map(str::to_owned)),
        text(row.client.helo.as_deref().map(str::to_owned)),
        of(Method::Spf),
        of(Method::Dkim),
        of(Method::Dmarc),
        of(Method::Arc),
        Cell::text(row.verdict.disposition.as_str()),
        Cell::text(names.join(" ")).showing(to),
        Cell::text(queue).showing(html! { span .nowrap { (safe(queue)) } }),
        Cell::word(row.direction.as_str(), &view.word(direction_label(row.direction))),
        Cell::number(row.message.size_bytes),
        Cell::number(row.latency_us),
    ]
}

/// Results day by day: a line for each day, method and result.
fn daily(figures: &Figures, view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let columns = vec![
        Column::text("day", label("page-label-day")),
        Column::text("method", label("page-mail-label-method")),
        Column::text("result", label("page-mail-label-result")),
        Column::number("messages", label("page-label-messages")),
    ];
    let mut table = Table::new("results", label("page-mail-label-results"), columns);
    for part in &figures.daily.parts {
        for ((method, result), count) in &part.results {
            let day = Cell::text(day_text(part.from_day)).head();
            table.rows.push(vec![day, Cell::text(method.as_str()), Cell::text(result.as_str()), Cell::number(*count)]);
        }
    }
    table
}

/// The words of methods, as [`Method::as_str`] has them.
const METHODS: &[&str] = &[
    "spf",
    "spf-helo",
    "dkim",
    "dmarc",
    "arc",
    "sender-id",
    "domainkeys",
    "dkim-adsp",
    "dkim-atps",
    "iprev",
    "bimi",
    "auth",
    "nullmx",
    "dnsbl",
    "dnswl",
];

/// The words of results, as [`MethodResult::as_str`] has them.
const RESULTS: &[&str] = &[
    "none",
    "pass",
    "fail",
    "softfail",
    "neutral",
    "policy",
    "temperror",
    "permerror",
    "unknown",
    "discard",
    "nxdomain",
    "hardfail",
    "declined",
    "skipped",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_ledger() {
        assert_eq!(METHODS, Method::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>());
        assert_eq!(RESULTS, MethodResult::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>());
    }
}
