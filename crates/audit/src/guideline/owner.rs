//! Chapter 2: who owns a domain and sends in its name.

use dmarc::Policy;
use dmarc::destinations::Verdict;
use lookup::Question;
use mailtext::Value;
use spf::tree::{Term, TermKind};

use super::{Judged, Met, View};
use crate::families::dmarc_record::Target;
use crate::known::NextStep;
use crate::presence::Presence;
use crate::published::Published;

fn text(value: &str) -> Value {
    value.into()
}

/// A judgement of whoever sends mail. Whether the domain does may be what was not answered.
fn of_senders(view: &View<'_>, judge: impl FnOnce() -> Judged) -> Judged {
    match view.desk.snapshot.silence() {
        Presence::There => Judged::not_applicable("audit-shown-no-mail"),
        open => judge().unless_unanswered(&open),
    }
}

/// What there is to say where no DMARC record applies; `absent` where that was answered.
fn without_a_record(view: &View<'_>, absent: impl FnOnce() -> Judged) -> Judged {
    match view.desk.snapshot.dmarc.presence() {
        Presence::Absent => absent(),
        open => Judged::unanswered(&open),
    }
}

pub(super) fn a_record_and_a_method(view: &View<'_>) -> Judged {
    let Some(found) = view.desk.snapshot.dmarc.applied() else {
        return without_a_record(view, || {
            Judged::new(Met::NotMet).shown("audit-shown-no-dmarc", vec![("domain", text(view.domain()))]).mend_like(
                view,
                &["DMC01", "DMC02", "DMC03", "DMC05"],
                "audit-mend-2-1",
            )
        });
    };
    let methods = [view.spf(), view.desk.snapshot.key_presence()];
    let judged = match &methods {
        some if some.contains(&Presence::There) => Judged::new(Met::Met),
        [Presence::Absent, Presence::Absent] => Judged::new(Met::Partial),
        open => open.iter().fold(Judged::new(Met::Unknown), Judged::showing),
    };
    let judged = judged.shown(
        "audit-shown-dmarc",
        vec![("domain", text(found.domain.as_str())), ("policy", Value::Word(found.record.policy().as_str()))],
    );
    shown_methods(judged, &methods, view).mend("audit-mend-2-1-methods")
}

pub(super) fn both_methods(view: &View<'_>) -> Judged {
    of_senders(view, || {
        let methods = [view.spf(), view.desk.snapshot.key_presence()];
        shown_methods(Judged::of_all(&methods), &methods, view).mend("audit-mend-2-2")
    })
}

/// What there is of SPF and DKIM, and what there is not.
fn shown_methods(judged: Judged, [spf, key]: &[Presence; 2], view: &View<'_>) -> Judged {
    let snapshot = view.desk.snapshot;
    let domain = || vec![("domain", text(view.domain()))];
    let judged = match spf {
        Presence::There => judged.shown("audit-shown-spf", domain()),
        Presence::Absent if snapshot.has_spf() => judged.shown("audit-shown-spf-broken", domain()),
        Presence::Absent => judged.shown("audit-shown-no-spf", domain()),
        Presence::Unanswered(..) => judged,
    };
    let selectors: Vec<_> = snapshot.keys.usable().map(|(seen, _)| &*seen.selector).collect();
    match key {
        Presence::There => judged.shown("audit-shown-keys", vec![("selectors", text(&selectors.join(", ")))]),
        Presence::Absent => judged.shown("audit-shown-no-keys", domain()),
        Presence::Unanswered(..) => judged,
    }
}

pub(super) fn step_by_step(view: &View<'_>) -> Judged {
    of_senders(view, || {
        let dmarc = &view.desk.snapshot.dmarc;
        let (Some(found), Some(policy)) = (dmarc.applied(), dmarc.policy()) else {
            return without_a_record(view, || {
                Judged::new(Met::NotMet).shown("audit-shown-no-dmarc", vec![("domain", text(view.domain()))]).mend_like(
                    view,
                    &["DMC01"],
                    "audit-mend-2-1",
                )
            });
        };
        let watched = !found.record.rua.is_empty();
        let met = match policy {
            Policy::Reject => Met::Met,
            Policy::None if !watched => Met::NotMet,
            Policy::None | Policy::Quarantine => Met::Partial,
        };
        Judged::new(met)
            .shown(
                "audit-shown-policy",
                vec![("domain", text(view.domain())), ("policy", Value::Word(policy.as_str()))],
            )
            .shown("audit-shown-steps", vec![("count", view.desk.known.policies.len().into())])
            .mend(if watched { "audit-mend-2-3" } else { "audit-mend-2-12" })
    })
}

pub(super) fn decided_by_reports(view: &View<'_>) -> Judged {
    of_senders(view, || match &view.desk.known.reports {
        None => Judged::unknown("audit-shown-no-reports-known").mend("audit-mend-2-14"),
        Some(reports) => {
            let met = match (reports.reports, reports.next_step) {
                (0, _) => Met::NotMet,
                (_, Some(_)) => Met::Met,
                (_, None) => Met::Partial,
            };
            shown_reports(Judged::new(met), view).mend("audit-mend-2-4")
        }
    })
}

fn shown_reports(judged: Judged, view: &View<'_>) -> Judged {
    match &view.desk.known.reports {
        None => judged.shown("audit-shown-no-reports-known", Vec::new()),
        Some(reports) => {
            let judged = judged.shown(
                "audit-shown-reports",
                vec![
                    ("reports", reports.reports.into()),
                    ("messages", reports.messages.into()),
                    ("days", u64::from(reports.days).into()),
                ],
            );
            match &reports.policy_domain {
                Some(above) => judged.shown("audit-shown-reports-above", vec![("domain", text(above.as_str()))]),
                None => judged,
            }
        }
    }
}

pub(super) fn checked_before(view: &View<'_>) -> Judged {
    let snapshot = view.desk.snapshot;
    match (snapshot.spf_presence(), view.spf()) {
        (Presence::Absent, _) => return Judged::not_applicable("audit-shown-no-spf-record"),
        (_, Presence::There) => {
            Judged::new(Met::Met).shown("audit-shown-spf-checked", vec![("domain", text(view.domain()))])
        }
        (_, Presence::Absent) => {
            Judged::new(Met::NotMet).shown("audit-shown-spf-broken", vec![("domain", text(view.domain()))])
        }
        (_, open) => Judged::unanswered(&open),
    }
    .mend("audit-mend-2-5")
}

pub(super) fn others_are_checked(view: &View<'_>) -> Judged {
    let open = view.desk.snapshot.spf_presence();
    if matches!(open, Presence::Unanswered(..)) {
        return Judged::unanswered(&open);
    }
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
    of_senders(view, || {
        let Some(signer) = view.desk.known.signer.as_ref().filter(|signer| signer.signed > 0) else {
            return Judged::unknown("audit-shown-no-signatures-known").mend("audit-mend-2-7");
        };
        let (met, sentence) = match (signer.covers_fields, signer.uses_length) {
            (true, false) => (Met::Met, "audit-shown-signed-whole"),
            (false, false) => (Met::Partial, "audit-shown-signed-fields"),
            (_, true) => (Met::NotMet, "audit-shown-signed-length"),
        };
        Judged::new(met).shown(sentence, vec![("messages", signer.signed.into())]).mend("audit-mend-2-7")
    })
}

pub(super) fn the_organization_has_a_record(view: &View<'_>) -> Judged {
    let dmarc = &view.desk.snapshot.dmarc;
    let list = dmarc.by_walk.result.psl_organizational_domain();
    let walk = dmarc.by_walk.result.organizational_domain().unwrap_or_else(|| list.clone());
    let kept = dmarc.by_walk.result.kept();
    let there = [&list, &walk].map(|top| kept.iter().any(|kept| kept.domain == *top));
    // What was found is there, whatever failed above it.
    if let Some(open) = dmarc.broken_off().filter(|_| there == [false, false]) {
        return Judged::unanswered(&open);
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
    let dmarc = &view.desk.snapshot.dmarc;
    let own = dmarc.own_record().is_some();
    if let Some(open) = dmarc.own.as_ref().and_then(Published::unanswered) {
        return Judged::unanswered(&open);
    }
    Judged::new(if own { Met::Met } else { Met::NotMet })
        .shown(
            if own { "audit-shown-own-record" } else { "audit-shown-no-own-record" },
            vec![("domain", text(view.domain()))],
        )
        .mend("audit-mend-2-9")
}

pub(super) fn unused_names_are_refused(view: &View<'_>) -> Judged {
    let dmarc = &view.desk.snapshot.dmarc;
    let is_top = dmarc.by_walk.result.psl_organizational_domain() == view.desk.snapshot.subject.domain;
    // Without a whole walk nobody knows which record is the organization's, unless it is the domain's own.
    if let Some(open) = dmarc.broken_off().filter(|_| !is_top || dmarc.own_record().is_none()) {
        return Judged::unanswered(&open);
    }
    let (published, top) = match &dmarc.organization {
        Some(organization) => (Some(organization), dmarc.organization_record()),
        None => (dmarc.own.as_ref(), dmarc.own_record()),
    };
    if let Some(open) = published.and_then(Published::unanswered) {
        return Judged::unanswered(&open);
    }
    let Some(record) = top.and_then(|text| text.record) else {
        return Judged::new(Met::NotMet)
            .shown("audit-shown-no-dmarc", vec![("domain", text(view.domain()))])
            .mend("audit-mend-2-8");
    };
    let (exists, other) = (record.subdomain_policy().0, record.nonexistent_policy().0);
    Judged::of_all(&[(exists == Policy::Reject).into(), (other == Policy::Reject).into()])
        .shown("audit-shown-below", vec![("sp", Value::Word(exists.as_str())), ("np", Value::Word(other.as_str()))])
        .mend_like(view, &["DMC13", "DMC12"], "audit-mend-2-10")
}

pub(super) fn parked(view: &View<'_>) -> Judged {
    let snapshot = view.desk.snapshot;
    match snapshot.silence() {
        Presence::There => {}
        Presence::Absent => return Judged::not_applicable("audit-shown-mail"),
        open => return Judged::unanswered(&open),
    }
    let apex = &snapshot.dmarc.apex;
    let denies = Presence::from(apex.texts().any(|text| text.eq_ignore_ascii_case(b"v=spf1 -all")));
    let rejects = match snapshot.dmarc.presence() {
        Presence::There => (snapshot.dmarc.policy() == Some(Policy::Reject)).into(),
        other => other,
    };
    let null = Presence::from(snapshot.hosts.is_null());
    let all = [denies.or_unanswered([apex]), rejects, null.or_unanswered([&snapshot.hosts.exchanges])];
    let words = all.each_ref().map(|one| match one {
        Presence::There => Value::Word("yes"),
        Presence::Absent => Value::Word("no"),
        Presence::Unanswered(..) => Value::Word("unknown"),
    });
    let [spf, dmarc, mx] = words;
    Judged::of_all(&all)
        .shown("audit-shown-parked", vec![("spf", spf), ("dmarc", dmarc), ("mx", mx)])
        .mend("audit-mend-2-11")
}

pub(super) fn reports_are_received(view: &View<'_>) -> Judged {
    let dmarc = &view.desk.snapshot.dmarc;
    let absent =
        || {
            Judged::new(Met::NotMet)
                .shown("audit-shown-no-destination", vec![("domain", text(view.domain()))])
                .mend_like(view, &["DMC25", "DMC01"], "audit-mend-2-12")
        };
    let Some(found) = dmarc.applied() else { return without_a_record(view, absent) };
    if found.record.rua.is_empty() {
        return absent();
    }
    let uris: Vec<_> = found.record.rua.iter().map(dmarc::Uri::as_str).collect();
    let blocked = view.found(&["DMC31", "DMC32", "DMC26", "DMC28"]);
    let silent = view.desk.known.reports.as_ref().is_some_and(|reports| reports.reports == 0);
    // Whether reports can go there may be what was not answered.
    let open = dmarc.aggregate.iter().find_map(|target| unanswered(target, view));
    let judged = match open {
        _ if blocked || silent => Judged::new(Met::Partial),
        Some(open) => Judged::unanswered(&open),
        None => Judged::new(Met::Met),
    };
    let judged = judged.shown("audit-shown-destinations", vec![("uris", text(&uris.join(", ")))]);
    let judged = if blocked { judged.shown("audit-shown-destinations-blocked", Vec::new()) } else { judged };
    shown_reports(judged, view).mend_like(view, &["DMC32"], "audit-mend-2-12-arrive")
}

/// The question about a destination of reports that was not answered: whether it agrees, and whether it takes mail.
fn unanswered(target: &Target, view: &View<'_>) -> Option<Presence> {
    agreement_unanswered(target, view).or_else(|| target.exchanges.as_ref().and_then(Published::unanswered))
}

fn agreement_unanswered(target: &Target, view: &View<'_>) -> Option<Presence> {
    let Verdict::Retry(failure) = target.destination.verdict else { return None };
    let policy_domain = &view.desk.snapshot.dmarc.applied()?.domain;
    let host = target.destination.uri.host()?;
    let name = host.prefixed(&format!("{policy_domain}._report._dmarc")).ok()?;
    Some(Presence::Unanswered(Question::txt(name), failure))
}

pub(super) fn on_the_way_to_reject(view: &View<'_>) -> Judged {
    let open = view.desk.snapshot.dmarc.presence();
    if matches!(open, Presence::Unanswered(..)) {
        return shown_reports(Judged::unanswered(&open), view);
    }
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
    let all = dmarc.aggregate.iter().chain(&dmarc.failure);
    let external: Vec<_> = all.filter(|target| target.destination.verdict != Verdict::Internal).collect();
    if external.is_empty() {
        let none = || Judged::not_applicable("audit-shown-no-external");
        return if dmarc.applied().is_some() { none() } else { without_a_record(view, none) };
    }
    let agreed: Vec<Presence> = external
        .iter()
        .map(|target| {
            agreement_unanswered(target, view).unwrap_or_else(|| (!target.destination.send_to().is_empty()).into())
        })
        .collect();
    let mut judged = Judged::of_all(&agreed);
    for (target, agreed) in external.iter().zip(&agreed) {
        let sentence = match agreed {
            Presence::There => "audit-shown-external-agreed",
            Presence::Absent => "audit-shown-external-refused",
            Presence::Unanswered(..) => "audit-shown-external-unanswered",
        };
        judged = judged.shown(sentence, vec![("uri", text(target.destination.uri.as_str()))]);
    }
    judged.mend_like(view, &["DMC32"], "audit-mend-2-15")
}

/// Whether a list's domain has all that 4-6 wants.
pub(super) fn three_records(view: &View<'_>) -> Judged {
    let snapshot = view.desk.snapshot;
    let (methods, dmarc) = ([view.spf(), snapshot.key_presence()], snapshot.dmarc.presence());
    let [spf, key] = methods.clone();
    let judged = Judged::of_all(&[spf, key, dmarc.clone()]);
    let judged = match (snapshot.dmarc.applied(), dmarc) {
        (Some(found), _) => judged.shown(
            "audit-shown-dmarc",
            vec![("domain", text(found.domain.as_str())), ("policy", Value::Word(found.record.policy().as_str()))],
        ),
        (None, Presence::Absent) => judged.shown("audit-shown-no-dmarc", vec![("domain", text(view.domain()))]),
        (None, _) => judged,
    };
    shown_methods(judged, &methods, view)
}
