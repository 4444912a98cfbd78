//! `report export`: every record, for other programs.

use clap::{Args, ValueEnum};
use feedback::Archive as _;
use feedback::aggregate::{AlignedPass, Circumstances};
use feedback::archive::SourceLine;
use feedback::word::Word;
use insight::group::class_word;
use report::vocabulary::{Disposition, MethodResult, OverrideKind};
use serde_json::{Value, json};

use super::ask::{Selection, day_text, open_existing, wait};
use super::print;
use super::table::csv;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;

/// `report export`
#[derive(Args, Debug)]
pub(super) struct ExportArguments {
    #[command(flatten)]
    selection: Selection,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    format: ExportFormat,
}

/// The forms of records.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum ExportFormat {
    /// One JSON object per line
    Json,
    /// Comma-separated values, with a header line
    Csv,
}

/// Runs the verb.
///
/// # Errors
/// An option is wrong, or the store cannot answer.
pub(super) fn run(common: &Common, arguments: &ExportArguments) -> Result<ExitCode, Failure> {
    let store = open_existing(common)?;
    // Day after day: what is held in memory does not grow with the time that is asked for.
    let days = arguments.selection.days(common)?;
    if arguments.format == ExportFormat::Csv {
        print(&csv(&HEAD))?;
    }
    for day in days.from..days.until {
        let mut query = arguments.selection.query(common)?;
        (query.from_day, query.until_day) = (Some(day), Some(day + 1));
        let lines = wait(common, store.sources(query))?;
        let text: String = lines
            .iter()
            .map(|line| match arguments.format {
                ExportFormat::Json => format!("{}\n", object(day, line)),
                ExportFormat::Csv => csv(&cells(day, line)),
            })
            .collect();
        if !text.is_empty() {
            print(&text)?;
        }
    }
    Ok(ExitCode::Done)
}

fn object(day: u32, line: &SourceLine) -> Value {
    let Circumstances { dkim, spf, reasons, .. } = &line.circumstances;
    let dkim =
        dkim.iter().map(|one| json!({"domain": one.domain, "selector": one.selector, "result": result(&one.result)}));
    let spf = spf.iter().map(|one| json!({"domain": one.domain, "result": result(&one.result)}));
    let reasons = reasons.iter().map(|one| json!({"type": reason(&one.kind), "comment": one.comment}));
    json!({
        "day": day_text(day),
        "domain": line.domain,
        "source_ip": line.source.map(|address| address.to_string()),
        "count": line.count,
        "class": class_word(line.class),
        "disposition": disposition(&line.circumstances.disposition),
        "dkim_aligned": aligned(&line.circumstances.dkim_aligned),
        "spf_aligned": aligned(&line.circumstances.spf_aligned),
        "header_from": line.circumstances.header_from,
        "envelope_from": line.circumstances.envelope_from,
        "envelope_to": line.circumstances.envelope_to,
        "dkim": dkim.collect::<Vec<_>>(),
        "spf": spf.collect::<Vec<_>>(),
        "reasons": reasons.collect::<Vec<_>>(),
    })
}

fn cells(day: u32, line: &SourceLine) -> Vec<String> {
    let Circumstances { dkim, spf, reasons, header_from, envelope_from, envelope_to, .. } = &line.circumstances;
    let joined = |texts: Vec<String>| texts.join(" ");
    let text = |text: &Option<Box<str>>| text.as_deref().unwrap_or_default().to_owned();
    vec![
        day_text(day),
        line.domain.to_string(),
        line.source.map(|address| address.to_string()).unwrap_or_default(),
        line.count.to_string(),
        class_word(line.class).to_owned(),
        disposition(&line.circumstances.disposition),
        aligned(&line.circumstances.dkim_aligned),
        aligned(&line.circumstances.spf_aligned),
        header_from.to_string(),
        text(envelope_from),
        text(envelope_to),
        joined(
            dkim.iter()
                .map(|one| {
                    format!("{}:{}={}", one.domain, one.selector.as_deref().unwrap_or_default(), result(&one.result))
                })
                .collect(),
        ),
        joined(spf.iter().map(|one| format!("{}={}", one.domain, result(&one.result))).collect()),
        joined(reasons.iter().map(|one| reason(&one.kind)).collect()),
    ]
}

/// A word as the standards have it, or as it stood in the report.
fn word<T: Copy>(word: &Word<T>, known: impl Fn(T) -> &'static str) -> String {
    match word {
        Word::Known(one) => known(*one).to_owned(),
        Word::Missing => String::new(),
        Word::Other(text) => text.to_string(),
    }
}

fn result(result: &Word<MethodResult>) -> String {
    word(result, MethodResult::as_str)
}

fn disposition(disposition: &Word<Disposition>) -> String {
    word(disposition, Disposition::as_str)
}

fn reason(kind: &Word<OverrideKind>) -> String {
    word(kind, OverrideKind::as_str)
}

fn aligned(pass: &Word<AlignedPass>) -> String {
    word(pass, AlignedPass::as_str)
}

const HEAD: [&str; 14] = [
    "day",
    "domain",
    "source_ip",
    "count",
    "class",
    "disposition",
    "dkim_aligned",
    "spf_aligned",
    "header_from",
    "envelope_from",
    "envelope_to",
    "dkim",
    "spf",
    "reasons",
];
