//! `report summary`: how much mail in our name there was, and what became of it; how sessions with our mail servers
//! began; which messages failed. Each kind of report has its own lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::Args;
use feedback::Archive as _;
use feedback::archive::Kind;
use feedback::summary::{AggregateSum, FailureSum, Place, Spread, Summary, TlsSum};
use insight::Tally;
use insight::group::{class_label, class_word};
use report::vocabulary::Disposition;
use serde_json::{Map, Value, json};

use super::ask::{Days, Format, Selection, day_text, with};
use super::list::{KindName, kind_word};
use super::print;
use super::table::{Column, aligned, csv, grouped, percent};
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::say::Say;

/// `report summary`
#[derive(Args, Debug)]
pub(super) struct SummaryArguments {
    #[command(flatten)]
    selection: Selection,
    /// A line for each day, too
    #[arg(long)]
    by_day: bool,
    /// Only reports of this kind [default: all; as CSV, aggregate]
    #[arg(long, value_name = "KIND")]
    kind: Option<KindName>,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// Runs the verb.
///
/// # Errors
/// An option is wrong, or the store cannot answer.
pub(super) fn run(common: &Common, arguments: &SummaryArguments) -> Result<ExitCode, Failure> {
    let days = arguments.selection.days(common)?;
    let query = arguments.selection.query(common)?;
    let spread = if arguments.by_day { Spread::Daily } else { Spread::Whole };
    let mut summary = with(common, async |store| store.summary(query, spread).await)?;
    let kind = arguments.kind.map(KindName::kind);
    keep(&mut summary, kind);
    let text = match arguments.format {
        Format::Text => text(&summary, days, common.say()),
        Format::Json => lines(&summary, days),
        // Kinds have columns of their own: a table is of one of them.
        Format::Csv => match kind {
            None | Some(Kind::Aggregate) => table(&summary.aggregate, AGGREGATE_COLUMNS, aggregate_cells),
            Some(Kind::Tls) => table(&summary.tls, TLS_COLUMNS, tls_cells),
            Some(Kind::Failure) => table(&summary.failure, FAILURE_COLUMNS, failure_cells),
        },
    };
    print(&text)?;
    Ok(ExitCode::Done)
}

/// Leaves out the kinds that are not wanted.
fn keep(summary: &mut Summary, kind: Option<Kind>) {
    let is_wanted = |its: Kind| kind.is_none_or(|kind| kind == its);
    if !is_wanted(Kind::Aggregate) {
        summary.aggregate.clear();
    }
    if !is_wanted(Kind::Tls) {
        summary.tls.clear();
    }
    if !is_wanted(Kind::Failure) {
        summary.failure.clear();
    }
}

/// Lines of JSON: of each kind the domains, then their days.
fn lines(summary: &Summary, days: Days) -> String {
    let aggregate = objects(&summary.aggregate, Kind::Aggregate, days, aggregate_object);
    let tls = objects(&summary.tls, Kind::Tls, days, tls_object);
    aggregate + &tls + &objects(&summary.failure, Kind::Failure, days, failure_object)
}

fn objects<T>(
    sums: &BTreeMap<Place, T>,
    kind: Kind,
    span: Days,
    counts: fn(&T) -> (Map<String, Value>, u64),
) -> String {
    let (whole, daily): (Vec<_>, Vec<_>) = sums.iter().partition(|((_, day), _)| day.is_none());
    let line = |((domain, day), sum): (&Place, &T)| {
        let (counts, reporters) = counts(sum);
        let mut object = Map::new();
        object.insert("kind".into(), kind_word(kind).into());
        object.insert("domain".into(), (&**domain).into());
        match day {
            Some(day) => drop(object.insert("day".into(), day_text(*day).into())),
            None => {
                object.insert("from".into(), day_text(span.from).into());
                object.insert("to".into(), day_text(span.until).into());
                object.insert("reporters".into(), reporters.into());
            }
        }
        object.extend(counts);
        format!("{}\n", Value::Object(object))
    };
    whole.into_iter().chain(daily).map(line).collect()
}

fn aggregate_object(sum: &AggregateSum) -> (Map<String, Value>, u64) {
    let classes: BTreeMap<&str, u64> = Tally::CLASSES.map(|class| (class_word(class), sum.class(class))).into();
    let met = DISPOSITIONS.iter().filter(|(_, disposition)| sum.disposition(*disposition) > 0);
    let dispositions: BTreeMap<&str, u64> = met.map(|(word, which)| (*word, sum.disposition(*which))).collect();
    let counts = json!({
        "messages": sum.message_count,
        "pass": sum.passed_count,
        "fail": failed(sum),
        "dkim_aligned": sum.dkim_aligned_count,
        "spf_aligned": sum.spf_aligned_count,
        "classes": classes,
        "dispositions": dispositions,
    });
    (members(counts), sum.reporter_count)
}

fn tls_object(sum: &TlsSum) -> (Map<String, Value>, u64) {
    let counts = json!({
        "policies": sum.policy_count,
        "sessions": sessions(sum),
        "successful": sum.successful_count,
        "failed": sum.failed_count,
        "results": sum.results,
    });
    (members(counts), sum.reporter_count)
}

fn failure_object(sum: &FailureSum) -> (Map<String, Value>, u64) {
    let counts = json!({ "reports": sum.report_count, "incidents": sum.incident_count, "failures": sum.kinds });
    (members(counts), sum.reporter_count)
}

fn members(value: Value) -> Map<String, Value> {
    if let Value::Object(members) = value { members } else { Map::new() }
}

/// A table of one kind: the days where days are wanted, else the domains.
fn table<T>(sums: &BTreeMap<Place, T>, columns: &[&str], cells: fn(&T) -> Vec<u64>) -> String {
    let has_days = sums.keys().any(|(_, day)| day.is_some());
    let head: Vec<&str> = ["domain", "day"].iter().chain(columns).copied().collect();
    let shown = sums.iter().filter(|((_, day), _)| day.is_some() == has_days);
    let rows = shown.map(|((domain, day), sum)| {
        let place = [domain.to_string(), day.map(day_text).unwrap_or_default()];
        let numbers = cells(sum).into_iter().map(|number| number.to_string());
        csv(&place.into_iter().chain(numbers).collect::<Vec<_>>())
    });
    csv(&head) + &rows.collect::<String>()
}

fn aggregate_cells(sum: &AggregateSum) -> Vec<u64> {
    let counts = [sum.message_count, sum.passed_count, failed(sum), sum.dkim_aligned_count, sum.spf_aligned_count];
    let classes = Tally::CLASSES.map(|class| sum.class(class));
    let dispositions = DISPOSITIONS.map(|(_, disposition)| sum.disposition(disposition));
    [&counts[..], &classes, &dispositions].concat()
}

fn tls_cells(sum: &TlsSum) -> Vec<u64> {
    vec![sum.policy_count, sessions(sum), sum.successful_count, sum.failed_count]
}

fn failure_cells(sum: &FailureSum) -> Vec<u64> {
    vec![sum.report_count, sum.incident_count]
}

fn text(summary: &Summary, span: Days, say: &Say) -> String {
    let parts = [
        paragraphs(&summary.aggregate, |place, sum| aggregate_text(place, sum, &summary.aggregate, span, say)),
        paragraphs(&summary.tls, |place, sum| tls_text(place, sum, span, say)),
        paragraphs(&summary.failure, |place, sum| failure_text(place, sum, span, say)),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { say.word("reports-no-messages") + "\n" } else { parts.join("\n") }
}

/// A paragraph for each domain.
fn paragraphs<T>(sums: &BTreeMap<Place, T>, text: impl Fn(&Place, &T) -> String) -> Vec<String> {
    sums.iter().filter(|((_, day), _)| day.is_none()).map(|(place, sum)| text(place, sum)).collect()
}

/// The first line: the domain, and a sentence about the span.
fn head((domain, _): &Place, span: Days, id: &'static str, counts: &[(&'static str, u64)], say: &Say) -> String {
    let days = [("from", day_text(span.from)), ("to", day_text(span.until.saturating_sub(1)))];
    let days = days.into_iter().map(|(name, day)| (name, mailtext::Value::from(day)));
    let counts = counts.iter().map(|(name, count)| (*name, mailtext::Value::from(*count)));
    let name = if domain.is_empty() { "–" } else { &**domain };
    format!("{name}   {}\n", say.say(id, &days.chain(counts).collect::<Vec<_>>()))
}

/// Names, shares and counts.
fn shares(all: u64, counts: &[(String, u64)]) -> String {
    let line = |(name, count): &(String, u64)| vec![name.clone(), percent(*count, all), grouped(*count)];
    aligned("  ", &[Column::Left, Column::Right, Column::Right], &counts.iter().map(line).collect::<Vec<_>>())
}

fn aggregate_text(
    place: &Place,
    sum: &AggregateSum,
    all: &BTreeMap<Place, AggregateSum>,
    span: Days,
    say: &Say,
) -> String {
    let counts = [("reporters", sum.reporter_count), ("messages", sum.message_count)];
    let mut out = head(place, span, "reports-label-summary", &counts, say);
    let mut counts = vec![
        (say.word("reports-label-pass"), sum.passed_count),
        (say.word("reports-label-dkim-aligned"), sum.dkim_aligned_count),
        (say.word("reports-label-spf-aligned"), sum.spf_aligned_count),
    ];
    let shown = Tally::CLASSES.into_iter().filter(|class| sum.class(*class) > 0);
    counts.extend(shown.map(|class| (say.word(class_label(class)), sum.class(class))));
    let shown = DISPOSITIONS.iter().filter(|(_, disposition)| sum.disposition(*disposition) > 0);
    counts.extend(shown.map(|(word, which)| (format!("disposition={word}"), sum.disposition(*which))));
    out.push_str(&shares(sum.message_count, &counts));
    let of_domain = all.range((place.0.clone(), Some(0))..=(place.0.clone(), Some(u32::MAX)));
    let lines: Vec<Vec<String>> = of_domain.map(|((_, day), sum)| day_line(day.unwrap_or_default(), sum)).collect();
    if !lines.is_empty() {
        let names = ["reports-label-day", "reports-label-messages", "reports-label-pass"].map(|id| say.word(id));
        let classes = Tally::CLASSES.iter().map(|class| say.word(class_label(*class)));
        let names = names.into_iter().chain(classes).collect();
        let form = [&[Column::Left][..], &[Column::Right; 7]].concat();
        out.push('\n');
        out.push_str(&aligned("  ", &form, &[vec![names], lines].concat()));
    }
    out
}

fn day_line(day: u32, sum: &AggregateSum) -> Vec<String> {
    let numbers = [grouped(sum.message_count), percent(sum.passed_count, sum.message_count)];
    let classes = Tally::CLASSES.map(|class| grouped(sum.class(class)));
    [day_text(day)].into_iter().chain(numbers).chain(classes).collect()
}

fn tls_text(place: &Place, sum: &TlsSum, span: Days, say: &Say) -> String {
    let counts = [("reporters", sum.reporter_count), ("sessions", sessions(sum))];
    let mut out = head(place, span, "reports-label-summary-tls", &counts, say);
    let mut counts = vec![
        (say.word("reports-label-sessions-successful"), sum.successful_count),
        (say.word("reports-label-sessions-failed"), sum.failed_count),
    ];
    counts.extend(sum.results.iter().map(|(word, count)| ((*word).to_owned(), *count)));
    out.push_str(&shares(sessions(sum), &counts));
    out
}

fn failure_text(place: &Place, sum: &FailureSum, span: Days, say: &Say) -> String {
    let counts = [("reporters", sum.reporter_count), ("reports", sum.report_count), ("incidents", sum.incident_count)];
    let mut out = head(place, span, "reports-label-summary-failure", &counts, say);
    for (word, count) in &sum.kinds {
        let _ = writeln!(out, "  {word}  {}", grouped(*count));
    }
    out
}

fn failed(sum: &AggregateSum) -> u64 {
    sum.message_count.saturating_sub(sum.passed_count)
}

fn sessions(sum: &TlsSum) -> u64 {
    sum.successful_count.saturating_add(sum.failed_count)
}

/// The dispositions, in the order in which they are shown; the last stands for words of reports that nobody knows.
const DISPOSITIONS: [(&str, Option<Disposition>); 5] = [
    ("none", Some(Disposition::None)),
    ("pass", Some(Disposition::Pass)),
    ("quarantine", Some(Disposition::Quarantine)),
    ("reject", Some(Disposition::Reject)),
    ("other", None),
];

const AGGREGATE_COLUMNS: &[&str] = &[
    "messages",
    "pass",
    "fail",
    "dkim_aligned",
    "spf_aligned",
    "legitimate",
    "forwarded",
    "misconfigured",
    "suspected",
    "undecidable",
    "none",
    "pass",
    "quarantine",
    "reject",
    "other",
];
const TLS_COLUMNS: &[&str] = &["policies", "sessions", "successful", "failed"];
const FAILURE_COLUMNS: &[&str] = &["reports", "incidents"];
