//! The log as objects, one a line: for programs that collect logs.

use std::fmt;

use auth::Facts;
use mailtext::Explain as _;
use mailtext::encoded_word::display_safe;
use mailtext::path::ReversePath;
use serde_json::{Map, Value, json};
use service::world::Moment;
use service::{Receipt, Sent};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::{LOGGED_SIGNATURE_COUNT_MAX, LOGGED_VALUE_CHARACTERS_MAX, decisive};
use crate::serve::results;

/// Writes events as objects: `time`, `level`, `event`, and what belongs to the event.
pub(super) struct Lines;

/// The field whose value is an object already.
const OBJECT: &str = "object";

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        let head = json!({ "time": format!("{:.3}", jiff::Timestamp::now()), "level": level, "event": fields.event });
        write!(out, "{}", line(&head, &fields))
    }
}

/// One object of several, on one line.
fn line(head: &Value, fields: &Fields) -> String {
    let more = Value::Object(fields.more.clone()).to_string();
    let objects = [head.to_string(), more, fields.object.clone()];
    let inner = objects.iter().filter_map(|object| object.strip_prefix('{')?.strip_suffix('}'));
    let inner: Vec<_> = inner.filter(|inner| !inner.is_empty()).collect();
    format!("{{{}}}\n", inner.join(","))
}

#[derive(Default)]
struct Fields {
    event: String,
    more: Map<String, Value>,
    object: String,
}

impl Fields {
    fn put(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.event = value,
            OBJECT => self.object = value,
            name => drop(self.more.insert(name.to_owned(), value.into())),
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}

/// One message, one object.
pub(super) fn message(receipt: &Receipt<'_>, reason: &str) {
    let object = of(receipt, reason);
    match receipt.cleaned.and(receipt.labelled).and(receipt.held.unwrap_or(Ok(()))) {
        Ok(()) if receipt.moment == Moment::Recipient => tracing::info!(object = %object, "recipient"),
        Ok(()) => tracing::info!(object = %object, "message"),
        Err(_) => tracing::warn!(object = %object, "message"),
    }
}

fn of(receipt: &Receipt<'_>, reason: &str) -> Value {
    let Receipt { facts, verdict, .. } = receipt;
    let envelope = &facts.envelope;
    let mail_from = match &envelope.mail_from {
        Some(Ok(ReversePath::Null)) => Some("<>".to_owned()),
        Some(Ok(path)) => Some(safe(&path.to_string())),
        _ => None,
    };
    let evaluation = &facts.dmarc.result;
    let mut object = json!({
        "queue_id": receipt.queue_id.map(safe),
        "client": safe(receipt.client_name),
        "ip": envelope.ip.map(|ip| ip.to_string()),
        "helo": envelope.helo.as_deref().map(safe),
        "mail_from": mail_from,
        "from": facts.from.addresses.mailboxes().take(LOGGED_SIGNATURE_COUNT_MAX).map(|author| safe(&author.to_string()))
            .collect::<Vec<_>>(),
        "policy": evaluation.policy.map(|policy| policy.to_apply().as_str()),
        "author_domain": decisive(facts).map(|one| one.discovery.author_domain.to_string()),
        "results": methods(facts),
        "action": verdict.action.as_str(),
        "wanted": verdict.wanted.as_str(),
        "rule": service::decisive(verdict).map(mailtext::Explain::id),
        "overrides": verdict.overrides.iter().map(|one| one.kind.as_str()).collect::<Vec<_>>(),
        "dsn": receipt.dsn.word(),
        "forged": receipt.forged_count,
        "taken_in": receipt.way_in.map(mailtext::Explain::id),
        "row": receipt.row.map(|row| row.to_string()),
        "reason": safe(reason),
    });
    for (key, failed) in [
        ("not_removed", receipt.cleaned.err()),
        ("not_labelled", receipt.labelled.err()),
        ("not_held", receipt.held.and_then(Result::err)),
    ] {
        if let Some(error) = failed {
            object[key] = error.to_string().into();
        }
    }
    object
}

/// One outgoing message, one object.
pub(super) fn sent(sent: &Sent<'_>, reason: &str) {
    let mail_from = match sent.mail_from {
        Ok(ReversePath::Null) => Some("<>".to_owned()),
        Ok(path) => Some(safe(&path.to_string())),
        Err(_) => None,
    };
    let signatures = sent.signed.signatures.iter();
    let mut object = json!({
        "direction": "out",
        "queue_id": sent.queue_id.map(safe),
        "client": safe(&sent.client.name),
        "ip": sent.client.ip.map(|ip| ip.to_string()),
        "helo": sent.client.helo.as_deref().map(safe),
        "user": sent.user.map(safe),
        "mail_from": mail_from,
        "rule": outgoing::Step::Outgoing(sent.origin.clone()).id(),
        "signed": signatures.map(|one| format!("{}:{}", one.domain, one.selector)).collect::<Vec<_>>(),
        "action": sent.action.as_str(),
        "forged": sent.forged_count,
        "row": sent.row.map(|row| row.to_string()),
        "reason": safe(reason),
    });
    for (key, failed) in [("not_removed", sent.cleaned.err()), ("not_signed", sent.inserted.err())] {
        if let Some(error) = failed {
            object[key] = error.to_string().into();
        }
    }
    match sent.cleaned.and(sent.inserted) {
        Ok(()) => tracing::info!(object = %object, "message"),
        Err(_) => tracing::warn!(object = %object, "message"),
    }
}

/// `{"spf": [{"result": "pass"}], "dkim": [{"result": "pass", "of": "example.jp"}], …}`
fn methods(facts: &Facts) -> Map<String, Value> {
    let mut methods = Map::new();
    for found in results::main(facts).into_iter().chain(results::others(facts)) {
        let of_method = methods.entry(found.method).or_insert_with(|| json!([]));
        let Some(list) = of_method.as_array_mut().filter(|list| list.len() < LOGGED_SIGNATURE_COUNT_MAX) else {
            continue;
        };
        list.push(match found.of {
            Some(of) => json!({ "result": found.result, "of": of }),
            None => json!({ "result": found.result }),
        });
    }
    methods
}

/// What came from outside: nothing in it steers a terminal, and it is not too long.
fn safe(text: &str) -> String {
    let text = display_safe(text);
    match text.char_indices().nth(LOGGED_VALUE_CHARACTERS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_become_one_line() {
        let mut fields = Fields { object: "{\"queue_id\":\"4bQ7\"}".to_owned(), ..Fields::default() };
        fields.more.insert("reason".to_owned(), "a\nb\"".into());
        let line = line(&json!({ "event": "message" }), &fields);
        assert_eq!(line, "{\"event\":\"message\",\"reason\":\"a\\nb\\\"\",\"queue_id\":\"4bQ7\"}\n");
        let parsed: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(parsed["queue_id"], "4bQ7");
        assert_eq!(super::line(&json!({}), &Fields::default()), "{}\n");
    }

    #[test]
    fn long_values_at_below_and_above_the_limit() {
        for characters in
            [LOGGED_VALUE_CHARACTERS_MAX - 1, LOGGED_VALUE_CHARACTERS_MAX, LOGGED_VALUE_CHARACTERS_MAX + 1]
        {
            let shown = safe(&"あ".repeat(characters));
            assert_eq!(shown.ends_with('…'), characters > LOGGED_VALUE_CHARACTERS_MAX);
        }
        assert!(!safe("a\u{1b}[31m\u{202e}").contains(['\u{1b}', '\u{202e}']));
    }
}
