//! Rules about where reports go.

use lookup::Answer;

use dmarc::destinations::{Refusal, Verdict};

use super::Target;
use crate::desk::Desk;
use crate::finding::{Findings, Place};
use crate::subject::Usage;
use lookup::{Kind, Question};

pub(super) fn somebody_gets_reports(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.dmarc;
    let Some(found) = seen.applied() else { return };
    if found.record.rua.is_empty() {
        let mut wanted = (*found.record).clone();
        wanted.p = Some(wanted.p.unwrap_or_default());
        let mailbox = format!("mailto:dmarc-reports@{}", found.domain);
        wanted.rua.extend(dmarc::Uri::parse(&mailbox));
        let name = found.domain.prefixed("_dmarc");
        let finding = findings.found();
        finding.with("domain", found.domain.as_str());
        if let Ok(name) = name {
            finding.place = Some(Place::of(&Question::txt(name.clone())));
            finding.publish(name, Kind::Txt, wanted.to_string());
        }
    }
}

pub(super) fn two_destinations_at_most(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.dmarc;
    for (tag, targets) in [("rua", &seen.aggregate), ("ruf", &seen.failure)] {
        if targets.len() > 2 {
            findings.found().word("tag", tag).with("count", targets.len());
        }
    }
}

pub(super) fn destinations_take_mail(desk: &Desk<'_>, findings: &mut Findings) {
    for target in both(desk) {
        // Where else than to a mailbox reports go, DMC27 tells.
        let Some(exchanges) = target.exchanges.as_ref().filter(|_| target.destination.uri.mailbox().is_some()) else {
            continue;
        };
        let sentence = match &exchanges.answer {
            Answer::NxDomain(_) => "audit-dmc31",
            _ if exchanges.is_null_mx() => "audit-dmc31-null",
            Answer::NoData(_) if target.addresses.iter().all(|seen| seen.answer.is_void()) => "audit-dmc31",
            _ => continue,
        };
        findings.at(exchanges.place()).sentence(sentence).with("uri", target.destination.uri.as_str());
    }
}

pub(super) fn destinations_agree(desk: &Desk<'_>, findings: &mut Findings) {
    let Some(found) = desk.snapshot.dmarc.applied() else { return };
    for target in both(desk) {
        let Verdict::Refused(refusal) = &target.destination.verdict else { continue };
        // Another scheme is DMC27; failure reports for public suffixes nobody misses.
        if matches!(refusal, Refusal::Scheme | Refusal::PublicSuffix) {
            continue;
        }
        let Some(host) = target.destination.uri.host() else { continue };
        let finding = findings.found();
        finding.with("domain", found.domain.as_str()).with("uri", target.destination.uri.as_str());
        finding.with("host", host.as_str());
        match refusal {
            Refusal::NotAgreed => {
                if let Ok(name) = host.prefixed(&format!("{}._report._dmarc", found.domain)) {
                    finding.place = Some(Place::of(&Question::txt(name.clone())));
                    finding.publish(name, Kind::Txt, "v=DMARC1");
                }
            }
            Refusal::OtherHost => {
                finding.sentence("audit-dmc32-other-host");
            }
            Refusal::NameTooLong => {
                finding.sentence("audit-dmc32-too-long");
            }
            Refusal::Scheme | Refusal::PublicSuffix => {}
        }
    }
}

pub(super) fn destinations_agree_to_this_domain(desk: &Desk<'_>, findings: &mut Findings) {
    for target in both(desk) {
        let agreed = matches!(target.destination.verdict, Verdict::Agreed | Verdict::Redirected(_));
        if let (true, true, Some(host)) = (agreed, target.agrees_to_anything, target.destination.uri.host()) {
            findings.found().with("host", host.as_str());
        }
    }
}

pub(super) fn failure_reports_hold_what_is_private(desk: &Desk<'_>, findings: &mut Findings) {
    let Some(found) = desk.snapshot.dmarc.applied() else { return };
    if !found.record.ruf.is_empty() {
        findings.found().with("domain", found.domain.as_str());
    }
}

pub(super) fn the_own_mailbox_is_large(desk: &Desk<'_>, findings: &mut Findings) {
    let subject = &desk.snapshot.subject;
    if subject.usage == Usage::Parked {
        return;
    }
    for target in &desk.snapshot.dmarc.aggregate {
        if target.destination.verdict == Verdict::Internal {
            findings.found().with("uri", target.destination.uri.as_str());
        }
    }
}

fn both<'a>(desk: &Desk<'a>) -> impl Iterator<Item = &'a Target> {
    desk.snapshot.dmarc.aggregate.iter().chain(&desk.snapshot.dmarc.failure)
}
