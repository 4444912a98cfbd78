//! `user log`.

use std::fmt::Write as _;

use mailtext::encoded_word::display_safe;
use people::log::Broken;
use people::{Chain, LogLine, LogOrder, LogQuery, Registry, RegistryError};
use serde_json::json;

use super::arguments::LogArguments;
use super::{print, with};
use crate::cli::SpfFormat;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::time;

pub(super) fn run(common: &Common, arguments: &LogArguments) -> Result<ExitCode, Failure> {
    if arguments.check {
        return check(common, arguments.format);
    }
    let moment = |option, text: &Option<String>| {
        let read =
            |text: &String| time::parse_or_day(text).ok_or_else(|| Failure::option("cli-bad-time", option, text));
        text.as_ref().map(read).transpose().map(|moment| moment.map(|moment_s| moment_s.saturating_mul(1_000)))
    };
    let boxed = |text: &Option<String>| text.as_deref().map(Box::<str>::from);
    let mut query = LogQuery {
        who: boxed(&arguments.by),
        verb: boxed(&arguments.verb),
        object: boxed(&arguments.object),
        from_ms: moment("--from", &arguments.from)?,
        until_ms: moment("--to", &arguments.to)?,
        ..LogQuery::default()
    };
    let mut left = usize::try_from(arguments.limit).unwrap_or(usize::MAX);
    let text = with(common, async |store| {
        let mut text = String::new();
        while left > 0 {
            let page = store.log(LogQuery { limit: left, ..query.clone() }).await?;
            left -= page.lines.len();
            page.lines.iter().for_each(|line| write(&mut text, line, arguments.format));
            let Some(next) = page.next else { break };
            query.after = Some(next);
        }
        Ok::<_, RegistryError>(text)
    })?;
    if text.is_empty() && arguments.format == SpfFormat::Text {
        return print(&(common.say().word("people-log-empty") + "\n"));
    }
    print(&text)
}

/// Goes over the whole log.
fn check(common: &Common, format: SpfFormat) -> Result<ExitCode, Failure> {
    let checked = with(common, async |store| {
        let mut chain = Chain::START;
        let mut query = LogQuery { order: LogOrder::OldestFirst, ..LogQuery::default() };
        loop {
            let page = store.log(query.clone()).await?;
            if let Err(broken) = page.lines.iter().try_for_each(|line| chain.take(line)) {
                return Ok::<_, RegistryError>(Err(broken));
            }
            let Some(next) = page.next else { return Ok(Ok(chain)) };
            query.after = Some(next);
        }
    })?;
    let (code, value, sentence) = match checked {
        Ok(chain) => {
            let (count, digest) = (chain.number, chain.digest.to_hex());
            let told = [("count", mailtext::Value::Number(count)), ("digest", digest.as_str().into())];
            let sentence = common.say().say("people-log-holds", &told);
            (ExitCode::Done, json!({ "holds": true, "lines": count, "digest": digest }), sentence)
        }
        Err(Broken::Missing { wanted: number, .. } | Broken::Changed { number }) => {
            let sentence = common.say().say("people-log-broken", &[("number", mailtext::Value::Number(number))]);
            (ExitCode::DoesNotHold, json!({ "holds": false, "line": number }), sentence)
        }
    };
    match format {
        SpfFormat::Json => print(&format!("{value}\n"))?,
        SpfFormat::Text => print(&format!("{sentence}\n"))?,
    };
    Ok(code)
}

fn write(text: &mut String, line: &LogLine, format: SpfFormat) {
    let (number, line, at) = (line.number, &line.line, time::rfc3339(line.line.at_ms / 1_000));
    let address = line.address.map(|address| address.to_string());
    let _ = match format {
        SpfFormat::Json => {
            let value = json!({
                "number": number, "at": at, "who": line.who, "address": address, "verb": line.verb,
                "object": line.object, "note": line.note, "outcome": line.outcome.word(),
            });
            writeln!(text, "{value}")
        }
        SpfFormat::Text => {
            // Names come from strangers who tried to sign in.
            let safe = |text: &str| display_safe(text).into_owned();
            let (who, object, note) = (safe(&line.who), safe(&line.object), safe(&line.note));
            let (from, outcome) = (address.unwrap_or_else(|| "-".to_owned()), line.outcome.word());
            writeln!(text, "{at}  {who}  {from}  {}  {outcome}  {object}  {note}", safe(&line.verb))
        }
    };
}
