//! Chapter 3: who sends for others.

use mailtext::Value;

use super::{Judged, Met, View};
use crate::known::Provider;

/// All of them, some, none; nothing of which nothing is known. `open` are those of whom it is not known: they leave open what
/// only they keep from being met.
fn share(part: u64, open: u64, whole: u64) -> Met {
    match (part, open, whole.saturating_sub(part).saturating_sub(open)) {
        _ if whole == 0 => Met::Unknown,
        (_, 0, 0) => Met::Met,
        (_, _, 0) => Met::Unknown,
        (0, ..) => Met::NotMet,
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
            let met = share(known.aligned, 0, known.messages);
            counted(met, "audit-shown-aligned", known.aligned, known.messages).mend("audit-mend-3-1")
        }
    }
}

pub(super) fn a_record_to_include(view: &View<'_>) -> Judged {
    match of(view) {
        Err(judged) => judged.mend("audit-mend-3-2"),
        Ok(known) => match &known.include {
            Some(name) => Judged::new(Met::Met).shown("audit-shown-include", vec![("name", name.as_str().into())]),
            // Whoever was not answered about may include it.
            None if known.unanswered.include > 0 => shown_unanswered(Judged::new(Met::Unknown), known),
            None => Judged::new(Met::NotMet).shown("audit-shown-no-include", Vec::new()).mend("audit-mend-3-2"),
        },
    }
}

pub(super) fn keys_for_clients(view: &View<'_>) -> Judged {
    match of(view) {
        Err(judged) => judged.mend("audit-mend-3-3"),
        Ok(known) => {
            let open = known.unanswered.delegated;
            let met = share(known.delegated, open, known.clients);
            let judged = counted(met, "audit-shown-delegated", known.delegated, known.clients);
            let judged = if open > 0 { shown_unanswered(judged, known) } else { judged };
            mend_what_is_missing(judged, "audit-mend-3-3")
        }
    }
}

pub(super) fn clients_publish(view: &View<'_>) -> Judged {
    match of(view) {
        Err(judged) => judged.mend("audit-mend-3-4"),
        Ok(known) => {
            let open = known.unanswered.ready;
            let met = share(known.ready, open, known.clients);
            let judged = counted(met, "audit-shown-ready", known.ready, known.clients);
            let names: Vec<_> = known.not_ready.iter().map(mailtext::Domain::as_str).collect();
            let judged = if names.is_empty() {
                judged
            } else {
                judged.shown("audit-shown-not-ready", vec![("domains", Value::Text(names.join(", ")))])
            };
            let judged = if open > 0 { shown_unanswered(judged, known) } else { judged };
            mend_what_is_missing(judged, "audit-mend-3-4")
        }
    }
}

/// The clients of whom DNS did not tell.
fn shown_unanswered(judged: Judged, known: &Provider) -> Judged {
    let names: Vec<_> = known.unanswered.domains.iter().map(mailtext::Domain::as_str).collect();
    judged.shown(UNANSWERED, vec![("domains", Value::Text(names.join(", ")))])
}

/// Where clients are there and nothing is missing for certain, nobody knows whether anything is wrong.
fn mend_what_is_missing(judged: Judged, sentence: &'static str) -> Judged {
    let is_open = judged.met == Met::Unknown && judged.evidence.iter().any(|one| one.sentence == UNANSWERED);
    if is_open { judged } else { judged.mend(sentence) }
}

/// The sentence that tells of clients without an answer.
const UNANSWERED: &str = "audit-shown-clients-unanswered";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_answered_leaves_open_what_only_it_keeps_from_being_met() {
        for (part, open, whole, wanted) in [
            (0, 0, 0, Met::Unknown),
            (10, 0, 10, Met::Met),
            (8, 2, 10, Met::Unknown),
            (0, 10, 10, Met::Unknown),
            (0, 0, 10, Met::NotMet),
            (0, 9, 10, Met::NotMet),
            (1, 0, 10, Met::Partial),
            (8, 1, 10, Met::Partial),
        ] {
            assert_eq!(share(part, open, whole), wanted, "{part} of {whole}, {open} open");
        }
    }
}
