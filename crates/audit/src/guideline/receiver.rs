//! Chapter 5: who receives.

use mailtext::Value;

use super::{Judged, Met, View};
use crate::known::Receiver;
use crate::presence::Presence;

fn with(view: &View<'_>, mend: &'static str, judge: impl FnOnce(&Receiver) -> Judged) -> Judged {
    match &view.desk.known.receiver {
        None => Judged::unknown("audit-shown-no-receiver").mend(mend),
        Some(receiver) => judge(receiver).mend(mend),
    }
}

/// A setting that is on or off.
fn setting(is: bool, shown: [&'static str; 2]) -> Judged {
    let (met, sentence) = if is { (Met::Met, shown[0]) } else { (Met::NotMet, shown[1]) };
    Judged::new(met).shown(sentence, Vec::new())
}

pub(super) fn verifies_and_acts(view: &View<'_>) -> Judged {
    with(view, "audit-mend-5-1", |receiver| {
        let word = |on: bool| Value::Word(if on { "yes" } else { "no" });
        let all = [receiver.spf, receiver.dkim, receiver.dmarc, receiver.acts];
        Judged::of_all(&all.map(Presence::from)).shown(
            "audit-shown-verifies",
            vec![
                ("spf", word(receiver.spf)),
                ("dkim", word(receiver.dkim)),
                ("dmarc", word(receiver.dmarc)),
                ("acts", word(receiver.acts)),
                ("messages", receiver.messages.into()),
            ],
        )
    })
}

pub(super) fn looks_at_spf(view: &View<'_>) -> Judged {
    with(view, "audit-mend-5-2", |receiver| {
        setting(receiver.judges_spf_breadth, ["audit-shown-breadth", "audit-shown-no-breadth"])
    })
}

pub(super) fn looks_at_signatures(view: &View<'_>) -> Judged {
    with(view, "audit-mend-5-3", |receiver| {
        setting(receiver.judges_signatures, ["audit-shown-coverage", "audit-shown-no-coverage"])
    })
}

pub(super) fn looks_at_the_domain(view: &View<'_>) -> Judged {
    with(view, "audit-mend-5-4", |receiver| {
        setting(receiver.shows_domain, ["audit-shown-domain", "audit-shown-no-domain"])
    })
}

pub(super) fn reputation(view: &View<'_>) -> Judged {
    with(view, "audit-mend-5-5", |receiver| match (receiver.keeps_reputation, receiver.uses_reputation) {
        (_, true) => Judged::new(Met::Met).shown("audit-shown-reputation", Vec::new()),
        (true, false) => Judged::new(Met::Partial).shown("audit-shown-reputation-kept", Vec::new()),
        (false, false) => Judged::new(Met::NotMet).shown("audit-shown-no-reputation", Vec::new()),
    })
}

pub(super) fn verifies_destinations(view: &View<'_>) -> Judged {
    with(view, "audit-mend-5-8", |receiver| {
        if receiver.sends_reports {
            Judged::new(Met::Met).shown("audit-shown-verifies-destinations", Vec::new())
        } else {
            Judged::not_applicable("audit-shown-no-reports-sent")
        }
    })
}

pub(super) fn redacts(view: &View<'_>) -> Judged {
    with(view, "audit-mend-5-7", |receiver| {
        if receiver.sends_failure_reports {
            Judged::new(Met::Met).shown("audit-shown-redacts", Vec::new())
        } else {
            Judged::not_applicable("audit-shown-no-failure-reports")
        }
    })
}

pub(super) fn sends_reports(view: &View<'_>) -> Judged {
    let reads = view.desk.known.reports.as_ref().is_some_and(|reports| reports.reports > 0);
    let asks = view.desk.snapshot.dmarc.applied().is_some_and(|found| !found.record.rua.is_empty());
    with(view, "audit-mend-5-8", |receiver| {
        if receiver.sends_reports || reads || asks {
            setting(receiver.sends_reports, ["audit-shown-reports-sent", "audit-shown-no-reports-sent"])
        } else {
            match view.desk.snapshot.dmarc.presence() {
                open @ Presence::Unanswered(..) => Judged::unanswered(&open),
                _ => Judged::not_applicable("audit-shown-no-destination-of-ours"),
            }
        }
    })
}

pub(super) fn shows_results(view: &View<'_>) -> Judged {
    with(view, "audit-mend-5-9", |receiver| match (receiver.shows_domain, receiver.acts) {
        (true, _) => Judged::new(Met::Met).shown("audit-shown-results", Vec::new()),
        (false, true) => Judged::new(Met::Partial).shown("audit-shown-results-only", Vec::new()),
        (false, false) => Judged::new(Met::NotMet).shown("audit-shown-no-domain", Vec::new()),
    })
}

pub(super) fn shows_indicators(view: &View<'_>) -> Judged {
    with(view, "audit-mend-5-10", |receiver| {
        setting(receiver.bimi, ["audit-shown-indicators", "audit-shown-no-indicators"])
    })
}
