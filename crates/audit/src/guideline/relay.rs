//! Chapter 4: who forwards, or keeps mailing lists.

use super::{Judged, Met, View, owner};
use crate::known::Relay;

fn setting(view: &View<'_>, of: fn(&Relay) -> bool, shown: [&'static str; 2], mend: &'static str) -> Judged {
    match &view.desk.known.relay {
        None => Judged::unknown("audit-shown-no-relay").mend(mend),
        Some(relay) if of(relay) => Judged::new(Met::Met).shown(shown[0], Vec::new()),
        Some(_) => Judged::new(Met::NotMet).shown(shown[1], Vec::new()).mend(mend),
    }
}

pub(super) fn forwarding_rewrites(view: &View<'_>) -> Judged {
    let shown = ["audit-shown-srs", "audit-shown-no-srs"];
    setting(view, |relay| relay.rewrites_envelope, shown, "audit-mend-4-1")
}

pub(super) fn mail_is_signed(view: &View<'_>) -> Judged {
    let known = view.desk.known;
    let (signed, unsigned) = match (&known.signer, &known.reports) {
        (Some(signer), _) if signer.signed + signer.unsigned > 0 => (signer.signed, signer.unsigned),
        (_, Some(reports)) if reports.own > 0 => (reports.own_signed, reports.own.saturating_sub(reports.own_signed)),
        _ => return Judged::unknown("audit-shown-no-signatures-known").mend("audit-mend-4-2"),
    };
    let met = match (signed, unsigned) {
        (0, _) => Met::NotMet,
        (_, 0) => Met::Met,
        _ => Met::Partial,
    };
    Judged::new(met)
        .shown("audit-shown-signed", vec![("count", signed.into()), ("total", (signed + unsigned).into())])
        .mend("audit-mend-4-2")
}

pub(super) fn bounces_do_not_loop(view: &View<'_>) -> Judged {
    if view.desk.known.relay.is_some_and(|relay| !relay.rewrites_envelope) {
        return Judged::not_applicable("audit-shown-no-srs");
    }
    let shown = ["audit-shown-bounces", "audit-shown-no-bounces"];
    setting(view, |relay| relay.bounds_bounces, shown, "audit-mend-4-3")
}

pub(super) fn lists_rewrite(view: &View<'_>) -> Judged {
    let shown = ["audit-shown-lists", "audit-shown-no-lists"];
    setting(view, |relay| relay.rewrites_lists, shown, "audit-mend-4-4")
}

pub(super) fn lists_sign(view: &View<'_>) -> Judged {
    let shown = ["audit-shown-list-signatures", "audit-shown-no-list-signatures"];
    setting(view, |relay| relay.signs_lists, shown, "audit-mend-4-5")
}

pub(super) fn the_list_has_records(view: &View<'_>) -> Judged {
    owner::three_records(view).mend("audit-mend-4-6")
}

pub(super) fn seals(view: &View<'_>) -> Judged {
    let shown = ["audit-shown-seals", "audit-shown-no-seals"];
    setting(view, |relay| relay.seals, shown, "audit-mend-4-7")
}
