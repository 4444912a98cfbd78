//! Chapter 3: who sends for others.

use mailtext::Value;

use super::{Judged, Met, View};
use crate::known::Provider;

/// All of them, some, none; nothing of which nothing is known.
fn share(part: u64, whole: u64) -> Met {
    match (part, whole) {
        (_, 0) => Met::Unknown,
        (0, _) => Met::NotMet,
        (part, whole) if part >= whole => Met::Met,
        _ => Met::Partial,
    }
}

fn of<'a>(view: &View<'a>) -> Result<&'a Provider, Judged> {
    view.desk.known.provider.as_ref().ok_or_else(|| Judged::unknown("audit-shown-no-provider"))
}

fn counted(met: Met, sentence: &'static str, part: u64, whole: u64) -> Judged {
    Judged::new(met).shown(sentence, vec![("count", part.into()), ("total", whole.into())])
}

pub(super) fn mail_passes_for_clients(view: &View<'_>) -> Judged {
    match of(view) {
        Err(judged) => judged.mend("audit-mend-3-1"),
        Ok(known) => {
            let met = share(known.aligned, known.messages);
            counted(met, "audit-shown-aligned", known.aligned, known.messages).mend("audit-mend-3-1")
        }
    }
}

pub(super) fn a_record_to_include(view: &View<'_>) -> Judged {
    match of(view) {
        Err(judged) => judged.mend("audit-mend-3-2"),
        Ok(known) => match &known.include {
            Some(name) => Judged::new(Met::Met).shown("audit-shown-include", vec![("name", name.as_str().into())]),
            None => Judged::new(Met::NotMet).shown("audit-shown-no-include", Vec::new()).mend("audit-mend-3-2"),
        },
    }
}

pub(super) fn keys_for_clients(view: &View<'_>) -> Judged {
    match of(view) {
        Err(judged) => judged.mend("audit-mend-3-3"),
        Ok(known) => {
            let met = share(known.delegated, known.clients);
            counted(met, "audit-shown-delegated", known.delegated, known.clients).mend("audit-mend-3-3")
        }
    }
}

pub(super) fn clients_publish(view: &View<'_>) -> Judged {
    match of(view) {
        Err(judged) => judged.mend("audit-mend-3-4"),
        Ok(known) => {
            let judged = counted(share(known.ready, known.clients), "audit-shown-ready", known.ready, known.clients);
            let names: Vec<_> = known.not_ready.iter().map(mailtext::Domain::as_str).collect();
            let judged = if names.is_empty() {
                judged
            } else {
                judged.shown("audit-shown-not-ready", vec![("domains", Value::Text(names.join(", ")))])
            };
            judged.mend("audit-mend-3-4")
        }
    }
}
