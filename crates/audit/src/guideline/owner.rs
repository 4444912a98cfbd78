//! Chapter 2: who owns a domain and sends in its name.

use dmarc::Policy;
use dmarc::destinations::Verdict;
use lookup::Failure;
use mailtext::Value;
use spf::tree::{Term, TermKind};

use super::{Judged, Met, View};
use crate::known::NextStep;

fn text(value: &str) -> Value {
    value.into()
}

pub(super) fn a_record_and_a_method(view: &View<'_>) -> Judged {
    let dmarc = &view.desk.snapshot.dmarc;
    let Some(found) = dmarc.applied() else {
        if let Some(failure) = dmarc.by_walk.result.failure() {
            return dns_failed(failure);
        }
        return Judged::new(Met::NotMet)
            .shown("audit-shown-no-dmarc", vec![("domain", text(view.domain()))])
            .mend_like(view, &["DMC01", "DMC02", "DMC03", "DMC05"], "audit-mend-2-1");
    };
    let (spf, key) = (view.has_spf(), view.desk.snapshot.has_key());
    let met = if spf || key { Met::Met } else { Met::Partial };
    let judged = Judged::new(met).shown(
        "audit-shown-dmarc",
        vec![("domain", text(found.domain.as_str())), ("policy", Value::Word(found.record.policy().as_str()))],
    );
    methods(judged, spf, key, view).mend("audit-mend-2-1-methods")
}

pub(super) fn both_methods(view: &View<'_>) -> Judged {
    if view.desk.snapshot.sends_no_mail() {
        return Judged::not_applicable("audit-shown-no-mail");
    }
    let (spf, key) = (view.has_spf(), view.desk.snapshot.has_key());
    methods(Judged::of_all(&[spf, key]), spf, key, view).mend("audit-mend-2-2")
}

/// What there is of SPF and DKIM.
pub(super) fn methods(judged: Judged, spf: bool, key: bool, view: &View<'_>) -> Judged {
    let judged = judged.shown(
        match (spf, view.desk.snapshot.has_spf()) {
            (true, _) => "audit-shown-spf",
            (false, true) => "audit-shown-spf-broken",
            (false, false) => "audit-shown-no-spf",
        },
        vec![("domain", text(view.domain()))],
    );
    let selectors: Vec<_> = view.desk.snapshot.keys.usable().map(|(seen, _)| &*seen.selector).collect();
    if key {
        judged.shown("audit-shown-keys", vec![("selectors", text(&selectors.join(", ")))])
    } else {
        judged.shown("audit-shown-no-keys", vec![("domain", text(view.domain()))])
    }
}

fn dns_failed(failure: Failure) -> Judged {
    Judged::new(Met::Unknown).shown("audit-shown-dns-failed", vec![("failure", Value::Word(failure.word()))])
}

pub(super) fn step_by_step(view: &View<'_>) -> Judged {
    if view.desk.snapshot.sends_no_mail() {
        return Judged::not_applicable("audit-shown-no-mail");
    }
    let dmarc = &view.desk.snapshot.dmarc;
    let (Some(found), Some(policy)) = (dmarc.applied(), dmarc.policy()) else {
        return Judged::new(Met::NotMet)
            .shown("audit-shown-no-dmarc", vec![("domain", text(view.domain()))])
            .mend_like(view, &["DMC01"], "audit-mend-2-1");
    };
    let watched = !found.record.rua.is_empty();
    let met = match policy {
        Policy::Reject => Met::Met,
        Policy::None if !watched => Met::NotMet,
        Policy::None | Policy::Quarantine => Met::Partial,
    };
    Judged::new(met)
        .shown("audit-shown-policy", vec![("domain", text(view.domain())), ("policy", Value::Word(policy.as_str()))])
        .shown("audit-shown-steps", vec![("count", view.desk.known.policies.len().into())])
        .mend(if watched { "audit-mend-2-3" } else { "audit-mend-2-12" })
}

pub(super) fn decided_by_reports(view: &View<'_>) -> Judged {
    if view.desk.snapshot.sends_no_mail() {
        return Judged::not_applicable("audit-shown-no-mail");
    }
    match &view.desk.known.reports {
        None => Judged::unknown("audit-shown-no-reports-known").mend("audit-mend-2-14"),
        Some(reports) => {
            let met = match (reports.reports, reports.next_step) {
                (0, _) => Met::NotMet,
                (_, Some(_)) => Met::Met,
                (_, None) => Met::Partial,
            };
            shown_reports(Judged::new(met), view).mend("audit-mend-2-4")
        }
    }
}

fn shown_reports(judged: Judged, view: &View<'_>) -> Judged {
    match &view.desk.known.reports {
        None => judged.shown("audit-shown-no-reports-known", Vec::new()),
        Some(reports) => judged.shown(
            "audit-shown-reports",
            vec![
                ("reports", reports.reports.into()),
                ("messages", reports.messages.into()),
                ("days", u64::from(reports.days).into()),
            ],
        ),
    }
}

pub(super) fn checked_before(view: &View<'_>) -> Judged {
    if !view.desk.snapshot.has_spf() {
        return Judged::not_applicable("audit-shown-no-spf-record");
    }
    let good = view.has_spf();
    Judged::new(if good { Met::Met } else { Met::NotMet })
        .shown(
            if good { "audit-shown-spf-checked" } else { "audit-shown-spf-broken" },
            vec![("domain", text(view.domain()))],
        )
        .mend("audit-mend-2-5")
}

pub(super) fn others_are_checked(view: &View<'_>) -> Judged {
    // A record may name others by any term; the guideline speaks of those that bring in a record of theirs.
    let names_others = |term: &Term| matches!(term.kind, TermKind::Include | TermKind::Redirect);
    if !view.desk.snapshot.spf.tree.root().terms.iter().any(names_others) {
        return Judged::not_applicable("audit-shown-no-others");
    }
    let history = view.desk.known.history.as_ref();
    let scheduled = history.and_then(|history| history.every_s);
    let met = match (history, scheduled) {
        (Some(_), Some(_)) => Met::Met,
        (Some(history), None) if history.audits > 0 => Met::Partial,
        _ => Met::NotMet,
    };
    let audits = history.map_or(0, |history| history.audits);
    Judged::new(met).shown("audit-shown-audits", vec![("count", audits.into())]).mend("audit-mend-2-6")
}

pub(super) fn signatures_cover_enough(view: &View<'_>) -> Judged {
    if view.desk.snapshot.sends_no_mail() {
        return Judged::not_applicable("audit-shown-no-mail");
    }
    let Some(signer) = view.desk.known.signer.as_ref().filter(|signer| signer.signed > 0) else {
        return Judged::unknown("audit-shown-no-signatures-known").mend("audit-mend-2-7");
    };
    let met = match (signer.covers_fields, signer.uses_length) {
        (true, false) => Met::Met,
        (false, false) => Met::Partial,
        (_, true) => Met::NotMet,
    };
    let sentence = match (signer.covers_fields, signer.uses_length) {
        (true, false) => "audit-shown-signed-whole",
        (false, false) => "audit-shown-signed-fields",
        (_, true) => "audit-shown-signed-length",
    };
    Judged::new(met).shown(sentence, vec![("messages", signer.signed.into())]).mend("audit-mend-2-7")
}

pub(super) fn the_organization_has_a_record(view: &View<'_>) -> Judged {
    let dmarc = &view.desk.snapshot.dmarc;
    let list = dmarc.by_walk.result.psl_organizational_domain();
    let walk = dmarc.by_walk.result.organizational_domain().unwrap_or_else(|| list.clone());
    let kept = dmarc.by_walk.result.kept();
    let there = [&list, &walk].map(|top| kept.iter().any(|kept| kept.domain == *top));
    // What was found is there, whatever failed above it.
    if let Some(failure) = dmarc.by_walk.result.failure().filter(|_| there == [false, false]) {
        return dns_failed(failure);
    }
    let met = if there == [true, true] {
        Met::Met
    } else if there.contains(&true) {
        Met::Partial
    } else {
        Met::NotMet
    };
    Judged::new(met)
        .shown(
            "audit-shown-organization",
            vec![("psl_domain", text(list.as_str())), ("walk_domain", text(walk.as_str()))],
        )
        .mend("audit-mend-2-8")
}

pub(super) fn each_domain_has_a_record(view: &View<'_>) -> Judged {
    let own = view.desk.snapshot.dmarc.own_record().is_some();
    Judged::new(if own { Met::Met } else { Met::NotMet })
        .shown(
            if own { "audit-shown-own-record" } else { "audit-shown-no-own-record" },
            vec![("domain", text(view.domain()))],
        )
        .mend("audit-mend-2-9")
}

pub(super) fn unused_names_are_refused(view: &View<'_>) -> Judged {
    let dmarc = &view.desk.snapshot.dmarc;
    let top = if dmarc.organization.is_some() { dmarc.organization_record() } else { dmarc.own_record() };
    let Some(record) = top.and_then(|text| text.record) else {
        return Judged::new(Met::NotMet)
            .shown("audit-shown-no-dmarc", vec![("domain", text(view.domain()))])
            .mend("audit-mend-2-8");
    };
    let (exists, other) = (record.subdomain_policy().0, record.nonexistent_policy().0);
    Judged::of_all(&[exists == Policy::Reject, other == Policy::Reject])
        .shown("audit-shown-below", vec![("sp", Value::Word(exists.as_str())), ("np", Value::Word(other.as_str()))])
        .mend_like(view, &["DMC13", "DMC12"], "audit-mend-2-10")
}

pub(super) fn parked(view: &View<'_>) -> Judged {
    let snapshot = view.desk.snapshot;
    if !snapshot.sends_no_mail() {
        return Judged::not_applicable("audit-shown-mail");
    }
    let denies = snapshot.dmarc.apex.texts().any(|text| text.eq_ignore_ascii_case(b"v=spf1 -all"));
    let rejects = snapshot.dmarc.policy() == Some(Policy::Reject);
    let null = snapshot.hosts.is_null();
    let word = |there: bool| Value::Word(if there { "yes" } else { "no" });
    Judged::of_all(&[denies, rejects, null])
        .shown("audit-shown-parked", vec![("spf", word(denies)), ("dmarc", word(rejects)), ("mx", word(null))])
        .mend("audit-mend-2-11")
}

pub(super) fn reports_are_received(view: &View<'_>) -> Judged {
    let dmarc = &view.desk.snapshot.dmarc;
    let Some(found) = dmarc.applied().filter(|found| !found.record.rua.is_empty()) else {
        return Judged::new(Met::NotMet)
            .shown("audit-shown-no-destination", vec![("domain", text(view.domain()))])
            .mend_like(view, &["DMC25", "DMC01"], "audit-mend-2-12");
    };
    let uris: Vec<_> = found.record.rua.iter().map(dmarc::Uri::as_str).collect();
    let blocked = view.found(&["DMC31", "DMC32", "DMC26", "DMC28"]);
    let silent = view.desk.known.reports.as_ref().is_some_and(|reports| reports.reports == 0);
    let met = if blocked || silent { Met::Partial } else { Met::Met };
    let judged = Judged::new(met).shown("audit-shown-destinations", vec![("uris", text(&uris.join(", ")))]);
    let judged = if blocked { judged.shown("audit-shown-destinations-blocked", Vec::new()) } else { judged };
    shown_reports(judged, view).mend_like(view, &["DMC32"], "audit-mend-2-12-arrive")
}

pub(super) fn on_the_way_to_reject(view: &View<'_>) -> Judged {
    let policy = view.desk.snapshot.dmarc.policy();
    let step = view.desk.known.reports.as_ref().and_then(|reports| reports.next_step);
    let met = match (policy, step) {
        (Some(Policy::Reject), _) => Met::Met,
        (Some(_), Some(NextStep::Raise | NextStep::Stay | NextStep::Arrived)) => Met::Partial,
        (Some(Policy::Quarantine), None) => Met::Partial,
        _ => Met::NotMet,
    };
    let word = policy.map_or("absent", Policy::as_str);
    let judged = Judged::new(met)
        .shown("audit-shown-policy", vec![("domain", text(view.domain())), ("policy", Value::Word(word))]);
    let judged = shown_reports(judged, view);
    match step {
        Some(NextStep::Raise) => judged.mend("audit-mend-2-13-raise"),
        _ => judged.mend("audit-mend-2-13"),
    }
}

pub(super) fn reports_are_read(view: &View<'_>) -> Judged {
    let met = match &view.desk.known.reports {
        None => Met::Unknown,
        Some(reports) if reports.reports == 0 => Met::NotMet,
        Some(_) => Met::Met,
    };
    shown_reports(Judged::new(met), view).mend("audit-mend-2-14")
}

pub(super) fn destinations_agree(view: &View<'_>) -> Judged {
    let dmarc = &view.desk.snapshot.dmarc;
    let all: Vec<_> = dmarc.aggregate.iter().chain(&dmarc.failure).map(|target| &target.destination).collect();
    let external: Vec<_> = all.iter().filter(|destination| destination.verdict != Verdict::Internal).collect();
    if external.is_empty() {
        return Judged::not_applicable("audit-shown-no-external");
    }
    if external.iter().any(|destination| matches!(destination.verdict, Verdict::Retry(_))) {
        return Judged::unknown("audit-shown-external-unanswered");
    }
    let agreed: Vec<_> = external.iter().map(|destination| !destination.send_to().is_empty()).collect();
    let mut judged = Judged::of_all(&agreed);
    for (destination, agreed) in external.iter().zip(agreed) {
        let sentence = if agreed { "audit-shown-external-agreed" } else { "audit-shown-external-refused" };
        judged = judged.shown(sentence, vec![("uri", text(destination.uri.as_str()))]);
    }
    judged.mend_like(view, &["DMC32"], "audit-mend-2-15")
}

/// Whether a list's domain has all that 4-6 wants.
pub(super) fn three_records(view: &View<'_>) -> Judged {
    let (spf, key, dmarc) = (view.has_spf(), view.desk.snapshot.has_key(), view.desk.snapshot.dmarc.applied());
    let judged = Judged::of_all(&[spf, key, dmarc.is_some()]);
    let judged = match dmarc {
        Some(found) => judged.shown(
            "audit-shown-dmarc",
            vec![("domain", text(found.domain.as_str())), ("policy", Value::Word(found.record.policy().as_str()))],
        ),
        None => judged.shown("audit-shown-no-dmarc", vec![("domain", text(view.domain()))]),
    };
    methods(judged, spf, key, view)
}
