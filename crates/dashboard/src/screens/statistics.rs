//! Traffic as ministries and carriers publish it: shares of results by volume, of mail kept away and of spam, and the
//! addresses that mail came from; each with its definition.

use std::net::IpAddr;
use std::sync::Arc;

use chart::{Figure, Scale, Series, Shape};
use mailtext::Domain;
use maud::html;
use report::Ledger as _;
use report::sources::{Origin, Sum};
use report::statistics::{self, By, Part, Statistics as Counted};
use report::tally::TallyQuery;
use report::vocabulary::Method;
use serde_json::{Value, json};

use crate::ask::{Period, View, Visit, day_text};
use crate::data::{Cell, Column, Table};
use crate::limits::{ORIGIN_MS, PLACE_COUNT, SOURCE_COUNT, SOURCE_WEEK_COUNT, STATISTICS_DAYS};
use crate::origins;
use crate::page::Page;
use crate::parts::{Tone, choice, code, days, downloads, figure, filter, notice, safe};
use crate::screen::{Fresh, Kind, Parameter, Screen};
use crate::sources::Sources;
use crate::trouble::Trouble;
use crate::who::Scope;

use super::passing::{Span, counted_domains, counted_from, counted_text, method_name, slot, to_mail, utc_text};

/// The screen.
pub(crate) struct Statistics;

/// What it shows.
pub(crate) struct Data {
    span: Span,
    counted: Counted,
    /// The same by weeks, which is how shares of spam are published.
    weekly: Counted,
    /// The last seven days of the period, with the addresses most mail came from in them; none where [`Data::domains`] are
    /// named.
    last: Option<Arc<Origin>>,
    /// Where mail came from, week by week; without countries and networks where no files tell them.
    weeks: Vec<Arc<Origin>>,
    /// When the oldest of that was counted, in milliseconds since 1970.
    counted_at_ms: u64,
    /// The domains whose messages are counted; `None`: of the whole house. Addresses are not counted by domain.
    domains: Option<Box<[Domain]>>,
    /// From when on they are counted, in milliseconds since 1970.
    whole_from_ms: u64,
}

/// What it may be asked.
pub(crate) const PARAMETERS: &[Parameter] = &[
    Parameter::FROM,
    Parameter::TO,
    Parameter::DAYS,
    Parameter::DOMAIN,
    Parameter { name: "by", kind: Kind::Word(&["month", "week", "day"]) },
];

impl Screen for Statistics {
    type Data = Data;

    const FRESH: Fresh = Fresh::Mail;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let span = Span::of(&visit.view, STATISTICS_DAYS)?;
        let by = visit.query.read("by", By::parse)?.unwrap_or(By::Month);
        let ledger = visit.ledger()?;
        let (from_day, until_day) = (span.period.from_day, span.period.until_day);
        let domains = counted_domains(visit)?;
        let (mut lines, mut whole_from_ms) = (Vec::new(), 0);
        for kind in statistics::KINDS {
            let query = statistics::query(kind, from_day, until_day, span.ahead_h);
            let tally = ledger.tally(TallyQuery { domains: domains.clone(), ..query }).await?;
            whole_from_ms = tally.whole_from_ms.max(whole_from_ms);
            lines.extend(tally.lines);
        }
        let counted = statistics::of(by, from_day, until_day, span.ahead_h, &lines);
        let weekly = statistics::of(By::Week, from_day, until_day, span.ahead_h, &lines);
        let (mut last, mut weeks, mut counted_at_ms) = (None, Vec::new(), visit.now_ms);
        if domains.is_none() {
            let (all, latest) = origins::asked((from_day, until_day));
            for days in all.into_iter().chain([latest]) {
                let (at_ms, origin) = visit.sources.origin(days, visit.now_ms).await?;
                counted_at_ms = counted_at_ms.min(at_ms);
                weeks.push(origin);
            }
            last = weeks.pop();
        }
        Ok(Data { span, counted, weekly, last, weeks, counted_at_ms, domains, whole_from_ms })
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let tables = Self::tables(data, view);
        let nothing = view.word("page-nothing");
        let by = [
            ("month", view.word("page-mail-label-by-month")),
            ("week", view.word("page-mail-label-by-week")),
            ("day", view.word("page-mail-label-by-day")),
        ];
        let fields = html! {
            @if view.who.scope == Scope::All {
                label { span { (view.word("page-label-domain")) }
                    input name="domain" value=(view.query.get("domain").unwrap_or_default());
                }
            }
            (choice(view, "by", &view.word("page-mail-label-by"), &by))
        };
        let table = |name: &str| tables.iter().find(|table| table.name == name).map(|table| table.markup(&nothing));
        let body = html! {
            (filter(view, &names(view), &fields))
            @if let Some(domains) = &data.domains { p { (counted_text(domains, view)) } }
            @if let Some(text) = counted_from(data.whole_from_ms, data.span, view) { (notice(Tone::Plain, &html! { (text) })) }
            h2 { (view.word("page-mail-label-shares")) }
            p { (view.word("page-mail-shares-defined")) }
            @for method in statistics::METHODS { @if !data.counted.results_of(method).is_empty() {
                h3 { (method_name(method)) }
                (figure(method.as_str(), &shares(&data.counted, method, view), view))
            } }
            (table("shares").unwrap_or_default())
            h2 { (view.word("page-mail-label-kept-away")) }
            p { (view.word("page-mail-kept-away-defined")) }
            (figure("kept-away", &kept_away(&data.weekly, view), view))
            @if data.weekly.parts.iter().any(|part| part.spam_share().is_some()) {
                h3 { (view.word("page-mail-label-spam")) }
                p { (view.word("page-mail-spam-defined")) }
                (figure("spam", &spam(&data.weekly, view), view))
            } @else {
                p { (view.word("page-mail-spam-unknown")) }
            }
            @if let Some(last) = &data.last {
                h2 { (view.word("page-mail-label-sources")) }
                p { (days(Period { from_day: last.from_day, until_day: last.until_day })) }
                p { (defined(view)) " " (counted_at(data, view)) }
                (table("sources").unwrap_or_default())
                h2 { (view.word("page-mail-label-countries")) }
                @if data.weeks.iter().any(|week| week.countries.is_some()) {
                    p { (places_defined(view)) }
                    @for text in left_out(data, view) { (notice(Tone::Warning, &html! { (text) })) }
                    (table("countries").unwrap_or_default())
                    h2 { (view.word("page-mail-label-networks")) }
                    (table("networks").unwrap_or_default())
                } @else {
                    p { (view.word("page-mail-places-unknown")) }
                }
            }
            (downloads(view, &tables))
        };
        Page::new(view.word("page-mail-label-statistics"), body).lead(days(data.span.period))
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        let shares = data.counted.parts.iter().map(|part| {
            let results = part.results.iter().filter(|((method, _), _)| statistics::METHODS.contains(method));
            let results = results.map(|((method, result), count)| {
                json!({ "method": method.as_str(), "result": result.as_str(), "messages": count,
                        "evaluated": part.evaluated(*method) })
            });
            json!({
                "from": day_text(part.from_day),
                "to": day_text(part.until_day.saturating_sub(1)),
                "messages": part.messages,
                "results": results.collect::<Vec<_>>(),
            })
        });
        let weekly = data.weekly.parts.iter().map(|part| {
            let spam = part.spam_share();
            json!({
                "from": day_text(part.from_day),
                "to": day_text(part.until_day.saturating_sub(1)),
                "messages": part.messages,
                "kept_away": part.kept_away(),
                "spam": spam.map(|(spam, _)| spam),
                "judged_by_filter": spam.map(|(_, judged)| judged),
            })
        });
        let address = |(ip, sum): &(IpAddr, Sum)| json!({ "ip": ip.to_string(), "messages": sum.messages, "dmarc_pass": sum.passed, "kept_away": sum.kept_away });
        let counted_at = utc_text(data.counted_at_ms);
        json!({
            "by": data.counted.by.as_str(),
            "domains": data.domains.as_ref().map(|domains| domains.iter().map(ToString::to_string).collect::<Vec<_>>()),
            "domains_definition": data.domains.as_ref().map(|domains| counted_text(domains, view)),
            "whole_from": (data.whole_from_ms > 0).then(|| utc_text(data.whole_from_ms)),
            "shares": { "definition": view.word("page-mail-shares-defined"), "parts": shares.collect::<Vec<_>>() },
            "weekly": {
                "definition": view.word("page-mail-kept-away-defined"),
                "spam_definition": view.word("page-mail-spam-defined"),
                "parts": weekly.collect::<Vec<_>>(),
            },
            "weekly_sources": data.domains.is_none().then(|| json!({
                "definition": places_defined(view),
                "counted_at": counted_at,
                "weeks": data.weeks.iter().map(week_value).collect::<Vec<_>>(),
            })),
            "sources": data.last.as_ref().map(|last| json!({
                "definition": defined(view),
                "counted_at": counted_at,
                "from": day_text(last.from_day),
                "to": day_text(last.until_day.saturating_sub(1)),
                "addresses": last.addresses.iter().map(address).collect::<Vec<_>>(),
            })),
        })
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        let mut tables = vec![shares_table(data, view), weekly_table(data, view)];
        if let Some(last) = &data.last {
            let named = ("countries", "page-mail-label-countries", "page-mail-label-country");
            tables.extend([sources_table(last, view), places_table(data, named, &|week| &week.countries, view)]);
            let named = ("networks", "page-mail-label-networks", "page-mail-label-network");
            tables.push(places_table(data, named, &|week| &week.networks, view));
        }
        tables
    }
}

/// How countries and networks are counted.
fn places_defined(view: &View<'_>) -> String {
    let counts = [("weeks", SOURCE_WEEK_COUNT.into()), ("count", PLACE_COUNT.into())];
    view.say("page-mail-places-defined", &counts)
}

/// What is not in the counts of a week, in a sentence for each.
fn left_out(data: &Data, view: &View<'_>) -> Vec<String> {
    let cut = data.weeks.iter().filter(|week| week.omitted.count > 0);
    cut.map(|week| {
        let counts = [("day", day_text(week.from_day).into()), ("count", week.omitted.count.into())];
        view.say("page-mail-places-left-out", &counts)
    })
    .collect()
}

/// When it was counted, and when it will be again.
fn counted_at(data: &Data, view: &View<'_>) -> String {
    let time = crate::ask::time_text(data.counted_at_ms, view.ahead_s);
    view.say("page-mail-origins-counted", &[("time", time.into()), ("minutes", (ORIGIN_MS / 60_000).into())])
}

/// A week for programs.
fn week_value(week: &Arc<Origin>) -> Value {
    let sums = |name: &str, lines: &Lines| {
        let line = |(key, sum): &(Box<str>, Sum)| {
            let key = Some(key).filter(|key| !key.is_empty());
            json!({ name: key, "messages": sum.messages, "dmarc_pass": sum.passed, "kept_away": sum.kept_away,
                    "addresses": sum.addresses })
        };
        lines.as_ref().map(|lines| lines.iter().map(line).collect::<Vec<_>>())
    };
    json!({
        "from": day_text(week.from_day),
        "to": day_text(week.until_day.saturating_sub(1)),
        "messages": week.total.messages,
        "addresses": week.total.addresses,
        "left_out": week.omitted.count,
        "countries": sums("country", &week.countries),
        "networks": sums("network", &week.networks),
    })
}

/// A line for each week and place, those with most messages.
fn places_table(
    data: &Data,
    (name, caption, label): (&'static str, &str, &str),
    lines: &dyn Fn(&Origin) -> &Lines,
    view: &View<'_>,
) -> Table {
    let columns = vec![
        Column::text("week", view.word("page-mail-label-by-week")),
        Column::text(if name == "countries" { "country" } else { "network" }, view.word(label)),
        Column::number("messages", view.word("page-label-messages")),
        Column::number("percent", view.word("page-mail-label-share")),
        Column::number("dmarc_pass", view.word("page-label-passed")),
        Column::number("kept_away", view.word("page-mail-label-kept-away-count")),
        Column::number("addresses", view.word("page-mail-label-addresses")),
        Column::hidden("definition"),
    ];
    let mut table = Table::new(name, view.word(caption), columns);
    for week in &data.weeks {
        for (place, sum) in lines(week).iter().flatten() {
            let unknown = || view.word("page-mail-label-not-known");
            let shown = if place.is_empty() {
                html! { (unknown()) }
            } else {
                html! { (safe(place)) }
            };
            table.rows.push(vec![
                Cell::text(day_text(week.from_day)).head(),
                Cell::text(&**place).showing(shown),
                Cell::number(sum.messages),
                Cell::percent(sum.messages, week.total.messages),
                Cell::number(sum.passed),
                Cell::number(sum.kept_away),
                Cell::number(sum.addresses),
                Cell::text(places_defined(view)),
            ]);
        }
    }
    table
}

/// The domains that somebody who may not see all can choose among.
fn names(view: &View<'_>) -> Vec<String> {
    match &view.who.scope {
        Scope::All => Vec::new(),
        Scope::Domains(domains) => domains.iter().map(ToString::to_string).collect(),
    }
}

/// How something is counted, and of which messages.
fn definition(id: &str, data: &Data, view: &View<'_>) -> String {
    let of = data.domains.as_ref().map(|domains| counted_text(domains, view));
    of.map_or_else(|| view.word(id), |of| format!("{} {of}", view.word(id)))
}

/// How the addresses are counted.
fn defined(view: &View<'_>) -> String {
    view.say("page-mail-sources-defined", &[("count", SOURCE_COUNT.into())])
}

/// The name of a part of time: 2026-11, or its first day.
fn part_name(by: By, part: &Part) -> String {
    let day = day_text(part.from_day);
    match by {
        By::Month => day.get(..7).unwrap_or(&day).to_owned(),
        By::Week | By::Day => day,
    }
}

/// The shares of a method's results.
fn shares(counted: &Counted, method: Method, view: &View<'_>) -> Figure {
    let series = counted.results_of(method).into_iter().map(|result| Series {
        name: result.as_str().to_owned(),
        slot: slot(result),
        values: counted.parts.iter().map(|part| Some(part.result(method, result))).collect(),
    });
    let named = [("method", method_name(method).into())];
    Figure {
        shape: Shape::Shares,
        title: view.say("page-mail-label-shares-of", &named),
        description: view.say("page-mail-shares-described", &named),
        series: series.collect(),
        ..empty(counted, view)
    }
}

/// The share that was kept away, week by week.
fn kept_away(weekly: &Counted, view: &View<'_>) -> Figure {
    let of = |part: &Part| (part.messages > 0).then(|| part.kept_away().min(part.messages));
    lines(weekly, "page-mail-label-kept-away", &of, &|part| part.messages, view)
}

/// The share that another filter called spam, week by week.
fn spam(weekly: &Counted, view: &View<'_>) -> Figure {
    let of = |part: &Part| part.spam_share().map(|(spam, _)| spam);
    lines(weekly, "page-mail-label-spam", &of, &|part| part.spam_share().map_or(0, |(_, judged)| judged), view)
}

fn lines(
    weekly: &Counted,
    label: &str,
    of: &dyn Fn(&Part) -> Option<u64>,
    whole: &dyn Fn(&Part) -> u64,
    view: &View<'_>,
) -> Figure {
    let values = weekly.parts.iter().map(of).collect();
    Figure {
        shape: Shape::Lines,
        title: view.word(label),
        description: view.word("page-mail-weekly-described"),
        scale: Scale::Share {
            name: view.word("page-label-messages"),
            wholes: weekly.parts.iter().map(whole).collect(),
        },
        series: vec![Series { name: view.word(label), slot: chart::Slot::Other(1), values }],
        ..empty(weekly, view)
    }
}

fn empty(counted: &Counted, view: &View<'_>) -> Figure {
    Figure {
        shape: Shape::Shares,
        title: String::new(),
        description: String::new(),
        unit: String::new(),
        absent: view.word("page-label-no-data"),
        category_name: view.word("page-mail-label-part"),
        categories: counted.parts.iter().map(|part| part_name(counted.by, part)).collect(),
        scale: Scale::Count,
        series: Vec::new(),
    }
}

/// A line for each part of time, method and result.
fn shares_table(data: &Data, view: &View<'_>) -> Table {
    let counted = &data.counted;
    let label = |id: &str| view.word(id);
    let columns = vec![
        Column::text("part", label("page-mail-label-part")),
        Column::text("method", label("page-mail-label-method")),
        Column::text("result", label("page-mail-label-result")),
        Column::number("messages", label("page-label-messages")),
        Column::number("evaluated", label("page-mail-label-evaluated")),
        Column::number("percent", label("page-mail-label-share")),
        Column::hidden("definition"),
    ];
    let mut table = Table::new("shares", label("page-mail-label-shares"), columns);
    let definition = definition("page-mail-shares-defined", data, view);
    for part in &counted.parts {
        for ((method, result), count) in &part.results {
            if !statistics::METHODS.contains(method) {
                continue;
            }
            let evaluated = part.evaluated(*method);
            table.rows.push(vec![
                Cell::text(part_name(counted.by, part)).head(),
                Cell::text(method.as_str()).showing(html! { (method_name(*method)) }),
                Cell::text(result.as_str()),
                Cell::number(*count),
                Cell::number(evaluated),
                Cell::percent(*count, evaluated),
                Cell::text(&*definition),
            ]);
        }
    }
    table
}

/// A line for each week.
fn weekly_table(data: &Data, view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let columns = vec![
        Column::text("week", label("page-mail-label-by-week")),
        Column::number("messages", label("page-label-messages")),
        Column::number("kept_away", label("page-mail-label-kept-away-count")),
        Column::number("percent", label("page-mail-label-share")),
        Column::number("spam", label("page-mail-label-spam")),
        Column::number("judged_by_filter", label("page-mail-label-evaluated")),
        Column::hidden("definition"),
    ];
    let mut table = Table::new("weekly", label("page-mail-label-kept-away"), columns);
    let definition = definition("page-mail-kept-away-defined", data, view);
    for part in &data.weekly.parts {
        let spam = |of: fn((u64, u64)) -> u64| {
            part.spam_share().map_or_else(|| Cell::text(""), |share| Cell::number(of(share)))
        };
        table.rows.push(vec![
            Cell::text(day_text(part.from_day)).head(),
            Cell::number(part.messages),
            Cell::number(part.kept_away()),
            Cell::percent(part.kept_away(), part.messages),
            spam(|(spam, _)| spam),
            spam(|(_, judged)| judged),
            Cell::text(&*definition),
        ]);
    }
    table
}

/// A line for each address.
fn sources_table(last: &Origin, view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let columns = vec![
        Column::text("ip", label("page-mail-label-client")),
        Column::number("messages", label("page-label-messages")),
        Column::number("dmarc_pass", label("page-label-passed")),
        Column::number("kept_away", label("page-mail-label-kept-away-count")),
        Column::number("percent", label("page-mail-label-share")),
        Column::hidden("definition"),
    ];
    let mut table = Table::new("sources", label("page-mail-label-sources"), columns);
    for (ip, sum) in &last.addresses {
        let ip = ip.to_string();
        table.rows.push(vec![
            Cell::text(&*ip).showing(code(&ip)).link(&to_mail("client", &ip)).head(),
            Cell::number(sum.messages),
            Cell::number(sum.passed),
            Cell::number(sum.kept_away),
            Cell::percent(sum.kept_away, sum.messages),
            Cell::text(defined(view)),
        ]);
    }
    table
}

/// The first lines of countries, or of networks.
type Lines = Option<Vec<(Box<str>, Sum)>>;
