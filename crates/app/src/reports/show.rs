//! `report show`: one report, as it was read or as it came.

use std::io::{Read as _, Write as _};

use clap::{Args, ValueEnum};
use feedback::Archive as _;
use feedback::archive::DocumentId;

use super::ask::{open_existing, wait};
use super::list::{Object, shown};
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;

/// `report show`
#[derive(Args, Debug)]
pub(super) struct ShowArguments {
    /// The number of the report in `report list`
    #[arg(value_name = "ID")]
    id: u64,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ShowFormat,
}

/// The forms of one report.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum ShowFormat {
    /// For people
    Text,
    /// One JSON object
    Json,
    /// The report as it came, decompressed
    Raw,
}

/// Runs the verb.
///
/// # Errors
/// There is no such report, or the store cannot answer.
pub(super) fn run(common: &Common, arguments: &ShowArguments) -> Result<ExitCode, Failure> {
    let store = open_existing(common)?;
    let found = wait(common, store.document(DocumentId(arguments.id)))?;
    let missing = |id| Failure::new(ExitCode::Input, id).with("id", arguments.id.to_string());
    let (line, raw) = found.ok_or_else(|| missing("reports-no-such-report"))?;
    let say = common.say();
    let mut out = std::io::stdout().lock();
    match arguments.format {
        ShowFormat::Json => out.write_all(Object::of(&line, say).line().as_bytes())?,
        ShowFormat::Raw => {
            if raw.is_empty() {
                return Err(missing("reports-no-raw"));
            }
            let mut text = Vec::new();
            let reader = flate2::read::MultiGzDecoder::new(&raw[..]);
            // What the store keeps has passed the limits of reading.
            let read = reader.take(feedback::limits::REPORT_BYTES_MAX).read_to_end(&mut text);
            read.map_err(|_| missing("reports-no-raw"))?;
            out.write_all(&text)?;
        }
        ShowFormat::Text => {
            let object = serde_json::to_value(Object::of(&line, say)).unwrap_or_default();
            let told = NAMES.iter().filter_map(|name| Some((name, object.get(name)?)));
            for (name, value) in told {
                match value {
                    serde_json::Value::Null => {}
                    serde_json::Value::String(text) if text.is_empty() => {}
                    serde_json::Value::String(text) => writeln!(out, "{name:<16} {}", shown(text))?,
                    other => writeln!(out, "{name:<16} {other}")?,
                }
            }
            for error in &line.errors {
                writeln!(out, "{}", say.say("reports-error-told", &[("text", error.as_ref().into())]))?;
            }
            for deviation in &line.deviations {
                writeln!(out, "· {}", say.say(&deviation.id, &deviation.arguments()))?;
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::Done)
}

/// What is told of a report, in this order; lists are told in sentences.
const NAMES: [&str; 18] = [
    "id",
    "kind",
    "status",
    "reason",
    "reporter",
    "reporter_domain",
    "report_id",
    "domain",
    "begin",
    "end",
    "records",
    "messages",
    "conflict",
    "overlap",
    "received",
    "path",
    "member",
    "trust",
];
