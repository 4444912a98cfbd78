//! `stats --sources`: where mail came from, week by week, by the operator's files of countries and networks.

use std::fmt::Write as _;
use std::net::IpAddr;

use report::Ledger as _;
use report::sources::{self, Origin, Sum, Week};
use serde_json::{Value, json};

use super::{Format, day_text, print};
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::reports::table::{csv, grouped, percent};
use crate::say::Say;
use crate::study::{Last, Section, Sheet, Study};
use crate::{hosts, ledger};

/// A line: of what, of whom, how many.
type Line = (&'static str, String, Sum);

/// Tells it.
///
/// # Errors
/// There is no ledger, a file of places cannot be used, or the output cannot be written.
pub(super) fn run(common: &Common, format: Format, from_day: u32, until_day: u32) -> Result<ExitCode, Failure> {
    let weeks = ledger::with(common, async |store| {
        let mut weeks: Vec<Week> = Vec::new();
        for week in sources::weeks(from_day, until_day, usize::MAX) {
            weeks.push(sources::of(week, &store.tally(sources::query(week)).await?));
        }
        Ok(weeks)
    })?;
    let mut told = Vec::new();
    for week in weeks {
        let addresses: Vec<IpAddr> = week.addresses.iter().map(|(ip, _)| *ip).collect();
        let places = hosts::find_all(&common.config().places, &addresses)?;
        told.push(week.origin(places.as_deref(), PLACE_COUNT, ADDRESS_COUNT));
    }
    let say = common.say();
    let text = match format {
        Format::Text => study(&told, say).text(),
        Format::Markdown => study(&told, say).markdown(),
        Format::Html => study(&told, say).html(say),
        Format::Json => objects(&told, say),
        Format::Csv => table(&told, say),
        // There is no picture of it.
        Format::Svg => return Err(Failure::option("cli-bad-value", "--format", "svg")),
    };
    print(&text)?;
    Ok(ExitCode::Done)
}

/// The lines of a week: countries, networks, addresses, those with most messages of each.
fn lines(told: &Origin) -> Vec<Line> {
    let places = [("country", &told.countries), ("network", &told.networks)];
    let places = places.into_iter().flat_map(|(kind, lines)| lines.iter().flatten().map(move |line| (kind, line)));
    let mut lines: Vec<Line> = places.map(|(kind, (name, sum))| (kind, name.to_string(), *sum)).collect();
    lines.extend(told.addresses.iter().map(|(ip, sum)| ("address", ip.to_string(), *sum)));
    lines
}

fn study(told: &[Origin], say: &Say) -> Study {
    let word = |id: &str| say.word(id);
    let header = [
        word("page-mail-label-by-week"),
        String::new(),
        String::new(),
        word("page-label-messages"),
        word("page-mail-label-share"),
        word("page-label-passed"),
        word("page-mail-label-kept-away-count"),
    ];
    let rows = told.iter().flat_map(|one| lines(one).into_iter().map(move |line| (one, line)));
    let rows = rows.map(|(one, (kind, name, sum))| {
        let label = match kind {
            "country" => word("page-mail-label-country"),
            "network" => word("page-mail-label-network"),
            _ => word("page-mail-label-client"),
        };
        vec![
            day_text(one.from_day),
            label,
            if name.is_empty() { word("page-mail-label-not-known") } else { shown(&name) },
            grouped(sum.messages),
            percent(sum.messages, one.total.messages),
            grouped(sum.passed),
            grouped(sum.kept_away),
        ]
    });
    let sheet = Sheet { header: header.into(), rows: rows.collect(), names: 3, last: Last::Row };
    let cut = left_out(told).into_iter();
    let cut =
        cut.map(|(day, count)| say.say("page-mail-places-left-out", &[("day", day.into()), ("count", count.into())]));
    let notes = notes(told).into_iter().map(word).chain(cut).collect();
    let title = word("page-mail-label-origin");
    let section = Section { title: title.clone(), sheet: Some(sheet), notes };
    Study { title, method: Vec::new(), figures: Vec::new(), sections: vec![section] }
}

/// The name of a network comes from a file: nothing in it may speak to the terminal.
fn shown(name: &str) -> String {
    mailtext::encoded_word::display_safe(name).into_owned()
}

/// How it is counted, or why it is not.
fn notes(told: &[Origin]) -> Vec<&'static str> {
    let is_known = told.iter().any(|one| one.countries.is_some());
    vec![if is_known { "page-mail-places-counted" } else { "page-mail-places-unknown" }]
}

/// The weeks in which there were too many addresses, and how many messages are in no line.
fn left_out(told: &[Origin]) -> Vec<(String, u64)> {
    let cut = told.iter().filter(|one| one.omitted.count > 0);
    cut.map(|one| (day_text(one.from_day), one.omitted.count)).collect()
}

/// An object for each week.
fn objects(told: &[Origin], say: &Say) -> String {
    let mut out = String::new();
    for one in told {
        let all = lines(one);
        let of = |wanted: &str, is_kept: bool| -> Value {
            let these = all.iter().filter(|(kind, ..)| *kind == wanted);
            let these = these.map(|(kind, name, sum)| {
                let name = Some(name).filter(|name| !name.is_empty());
                json!({ *kind: name, "messages": sum.messages, "dmarc_pass": sum.passed, "kept_away": sum.kept_away,
                        "addresses": sum.addresses })
            });
            if is_kept { these.collect() } else { Value::Null }
        };
        let object = json!({
            "by": "week",
            "from": day_text(one.from_day),
            "to": day_text(one.until_day.saturating_sub(1)),
            "messages": one.total.messages,
            "left_out": one.omitted.count,
            "countries": of("country", one.countries.is_some()),
            "networks": of("network", one.countries.is_some()),
            "addresses": of("address", true),
            "definition": say.word("page-mail-places-counted"),
        });
        let _ = writeln!(out, "{object}");
    }
    out
}

/// A line for each week and place.
fn table(told: &[Origin], say: &Say) -> String {
    let heads = ["week", "kind", "name", "messages", "percent", "dmarc_pass", "kept_away", "addresses", "definition"];
    let mut out = csv(&heads);
    for one in told {
        for (kind, name, sum) in lines(one) {
            let share = percent(sum.messages, one.total.messages);
            out.push_str(&csv(&[
                day_text(one.from_day),
                kind.to_owned(),
                name,
                sum.messages.to_string(),
                share.trim_end_matches(" %").to_owned(),
                sum.passed.to_string(),
                sum.kept_away.to_string(),
                sum.addresses.to_string(),
                say.word("page-mail-places-counted"),
            ]));
        }
    }
    out
}

/// Countries, and networks, that are told of a week.
const PLACE_COUNT: usize = 30;
/// Addresses that are told of a week.
const ADDRESS_COUNT: usize = 50;
