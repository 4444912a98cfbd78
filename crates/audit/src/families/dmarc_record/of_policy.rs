//! Rules about what a record asks for: of the domain, of what is below it, and of how far the owner has come.

use lookup::{Kind, Question};
use mailtext::Domain;

use dmarc::Policy;
use dmarc::discovery::{Place as PolicyPlace, PolicyRecord};
use dmarc::record::{Mode, Psd, Record, Standing, Testing};

use super::{Seen, Text, policy_of};
use crate::desk::Desk;
use crate::finding::{Finding, Findings, Place};
use crate::limits::{DMARC_NONE_DAYS, DMARC_PASS_PERCENT, WALK_LABEL_COUNT};
use crate::presence::Presence;
use crate::severity::Severity;

const DAY_S: i64 = 86_400;

pub(super) fn a_record_applies(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.dmarc;
    let Some(own) = &seen.own else { return };
    // A record that is there and broken, or an answer that failed, has its own finding.
    let nothing_there = own.answer.is_void() || seen.texts().all(|text| !text.is_meant());
    // Nothing can be published at a name that does not exist: COM17.
    let may_be = !desk.snapshot.does_not_exist();
    if seen.applied().is_none() && seen.by_walk.result.failure().is_none() && nothing_there && may_be {
        let domain = &desk.snapshot.subject.domain;
        let text = if desk.snapshot.sends_no_mail() {
            "v=DMARC1; p=reject; adkim=s; aspf=s".to_owned()
        } else {
            format!("v=DMARC1; p=none; rua=mailto:dmarc-reports@{domain}")
        };
        findings.at(own.place()).with("domain", domain.as_str()).publish(own.question.name.clone(), Kind::Txt, text);
    }
}

pub(super) fn a_policy_or_somebody_to_report_to(desk: &Desk<'_>, findings: &mut Findings) {
    for_standing(desk, findings, Standing::Unusable);
}

pub(super) fn a_policy_that_counts(desk: &Desk<'_>, findings: &mut Findings) {
    for_standing(desk, findings, Standing::MonitorOnly);
}

fn for_standing(desk: &Desk<'_>, findings: &mut Findings, standing: Standing) {
    for text in desk.snapshot.dmarc.texts() {
        if let Some(record) = text.record.filter(|record| record.standing == standing) {
            let whole = Record { p: Some(record.p.unwrap_or_default()), ..record.clone() };
            findings.at(text.place()).publish(text.published.question.name.clone(), Kind::Txt, whole.to_string());
        }
    }
}

pub(super) fn none_is_a_beginning(desk: &Desk<'_>, findings: &mut Findings) {
    let Some(found) = applied(desk, Policy::None) else { return };
    let since_s = desk.known.policies.iter().rev().map_while(|(at_s, text)| {
        Record::parse(text).0.filter(|record| record.policy() == Policy::None).map(|_| *at_s)
    });
    let days = since_s.last().map_or(0, |since_s| (desk.known.now_s - since_s) / DAY_S);
    let clean = desk
        .known
        .reports
        .as_ref()
        .is_some_and(|reports| share(reports.own_passed, reports.own) >= Some(DMARC_PASS_PERCENT));
    let finding = note(findings, found);
    if days >= DMARC_NONE_DAYS && clean {
        finding.sentence("audit-dmc08-long").severity(Severity::Warning);
        finding.with("days", u64::try_from(days).unwrap_or_default());
        replace(finding, found, |record| set_policy(record, found.place, Policy::Quarantine));
    }
}

pub(super) fn quarantine_is_a_step(desk: &Desk<'_>, findings: &mut Findings) {
    if let Some(found) = applied(desk, Policy::Quarantine) {
        note(findings, found);
    }
}

pub(super) fn reject_when_all_passes(desk: &Desk<'_>, findings: &mut Findings) {
    let (Some(found), Some(reports)) = (applied(desk, Policy::Reject), &desk.known.reports) else { return };
    if reports.own > 0 && reports.own_signed == 0 {
        note(findings, found).sentence("audit-dmc10-unsigned").with("messages", reports.own);
    } else if let Some(passed) = share(reports.own_passed, reports.own).filter(|share| *share < DMARC_PASS_PERCENT) {
        note(findings, found).with("share", passed).with("messages", reports.own - reports.own_passed.min(reports.own));
    }
}

pub(super) fn reject_where_people_write_to_lists(desk: &Desk<'_>, findings: &mut Findings) {
    let (Some(found), Some(reports)) = (applied(desk, Policy::Reject), &desk.known.reports) else { return };
    if reports.forwarded > 0 {
        note(findings, found).with("messages", reports.forwarded);
    }
}

pub(super) fn sub_domains_not_weaker(desk: &Desk<'_>, findings: &mut Findings) {
    for (text, record) in own_or_organization(desk) {
        if record.sp.is_some_and(|sp| sp < record.policy()) {
            let finding = findings.at(text.place());
            finding.word("sp", record.subdomain_policy().0.as_str()).word("policy", record.policy().as_str());
            let same = Record { sp: None, ..record.clone() };
            finding.publish(text.published.question.name.clone(), Kind::Txt, same.to_string());
        }
    }
}

pub(super) fn names_that_do_not_exist_not_weaker(desk: &Desk<'_>, findings: &mut Findings) {
    for (text, record) in own_or_organization(desk) {
        let (exists, other) = (record.subdomain_policy().0, record.nonexistent_policy().0);
        let wanted = Record { np: Some(Policy::Reject), ..record.clone() }.to_string();
        let name = &text.published.question.name;
        if record.np.is_some() && other < exists.max(record.policy()) {
            let finding = findings.at(text.place());
            finding.word("np", other.as_str()).word("policy", exists.max(record.policy()).as_str());
            finding.publish(name.clone(), Kind::Txt, wanted);
        } else if record.np.is_none() && other == Policy::None && record.standing == Standing::AsPublished {
            let finding = findings.at(text.place());
            finding.sentence("audit-dmc13-absent").severity(Severity::Info);
            finding.publish(name.clone(), Kind::Txt, wanted);
        }
    }
}

pub(super) fn sub_policies_where_they_count(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.dmarc;
    let top = seen.by_walk.result.organizational_domain();
    let (Some(text), Some(top)) = (seen.own_record(), top) else { return };
    let says = text.record.is_some_and(|record| record.sp.is_some() || record.np.is_some());
    if says && top != desk.snapshot.subject.domain {
        findings.at(text.place()).with("organization", top.as_str());
    }
}

pub(super) fn testing_ends(desk: &Desk<'_>, findings: &mut Findings) {
    let Some(found) = desk.snapshot.dmarc.applied() else { return };
    if found.record.testing == Testing::On {
        let policy = policy_of(found);
        let finding = note(findings, found);
        finding.word("policy", policy.as_str()).word("to_apply", policy.one_level_below().as_str());
        replace(finding, found, |record| record.testing = Testing::Off);
    }
}

pub(super) fn psd_yes_at_public_suffixes_only(desk: &Desk<'_>, findings: &mut Findings) {
    let subject = &desk.snapshot.subject;
    let Some(text) = desk.snapshot.dmarc.own_record() else { return };
    let says = text.record.is_some_and(|record| record.psd == Psd::Yes);
    if says && subject.suffixes.registrable(&subject.domain).is_some() {
        let name = text.published.question.name.clone();
        let mended = text.record.map(|record| Record { psd: Psd::Unknown, ..record.clone() }.to_string());
        let finding = findings.at(text.place());
        if let Some(mended) = mended {
            finding.publish(name, Kind::Txt, mended);
        }
    }
}

pub(super) fn psd_no_at_the_top_only(desk: &Desk<'_>, findings: &mut Findings) {
    let subject = &desk.snapshot.subject;
    let Some(text) = desk.snapshot.dmarc.own_record() else { return };
    let says = text.record.is_some_and(|record| record.psd == Psd::No);
    let top = subject.suffixes.registrable(&subject.domain);
    if let (true, Some(top)) = (says, top.filter(|top| *top != subject.domain)) {
        findings.at(text.place()).with("organization", top.as_str());
    }
}

pub(super) fn strict_where_names_are_the_same(desk: &Desk<'_>, findings: &mut Findings) {
    let (Some(found), Some(reports)) = (desk.snapshot.dmarc.applied(), &desk.known.reports) else { return };
    if reports.own_below == 0 {
        return;
    }
    let modes = [("adkim", found.record.adkim), ("aspf", found.record.aspf)];
    for (tag, _) in modes.into_iter().filter(|(_, mode)| *mode == Mode::Strict) {
        let finding = note(findings, found);
        finding.word("tag", tag).with("messages", reports.own_below);
        replace(finding, found, |record| (record.adkim, record.aspf) = (Mode::Relaxed, Mode::Relaxed));
    }
}

pub(super) fn deep_names_have_their_own(desk: &Desk<'_>, findings: &mut Findings) {
    let (seen, domain) = (&desk.snapshot.dmarc, &desk.snapshot.subject.domain);
    let failed = seen.own.as_ref().is_some_and(|own| own.unanswered().is_some());
    if domain.label_count() > WALK_LABEL_COUNT && seen.own_record().is_none() && !failed {
        findings.found().with("domain", domain.as_str()).with("count", domain.label_count());
    }
}

pub(super) fn both_methods_agree(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.dmarc;
    let (walk, list) = (&seen.by_walk.result, &seen.by_list.result);
    if walk.failure().is_some() || list.failure().is_some() {
        return;
    }
    let word = |found: Option<&PolicyRecord>| found.map_or("absent", |found| policy_of(found).as_str());
    let policies = (word(walk.policy_record()), word(list.policy_record()));
    let Some(top) = walk.organizational_domain() else { return };
    if policies.0 != policies.1 {
        let finding = findings.found();
        finding.word("walk_policy", policies.0).word("psl_policy", policies.1);
        finding.with("domain", desk.snapshot.subject.domain.as_str());
    } else if walk.policy_record().is_some() && top != walk.psl_organizational_domain() {
        let finding = findings.found();
        finding.sentence("audit-dmc41-organization").with("walk_domain", top.as_str());
        finding.with("psl_domain", walk.psl_organizational_domain().as_str());
    }
}

pub(super) fn public_suffixes_say_so(desk: &Desk<'_>, findings: &mut Findings) {
    let suffixes = &desk.snapshot.subject.suffixes;
    for kept in desk.snapshot.dmarc.by_walk.result.kept() {
        if suffixes.registrable(&kept.domain).is_none() && kept.record.psd != Psd::Yes {
            let finding = findings.found();
            finding.with("domain", kept.domain.as_str());
            finding.place = record_place(&kept.domain);
        }
    }
}

pub(super) fn something_can_align(desk: &Desk<'_>, findings: &mut Findings) {
    let Some(found) = desk.snapshot.dmarc.applied() else { return };
    let unaligned = desk.known.reports.as_ref().filter(|reports| reports.own > 0 && reports.own_passed == 0);
    if let Some(reports) = unaligned {
        note(findings, found).with("messages", reports.own);
    } else if [desk.snapshot.silence(), desk.snapshot.spf_presence(), desk.snapshot.key_presence()]
        .iter()
        .all(Presence::is_absent)
    {
        note(findings, found).sentence("audit-dmc43-nothing");
    }
}

pub(super) fn no_mail_means_reject(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.dmarc;
    let (true, Some(own)) = (desk.snapshot.sends_no_mail(), &seen.own) else { return };
    // Without a record at all there is DMC01.
    if let Some(found) = seen.applied().filter(|found| policy_of(found) < Policy::Reject) {
        let finding = findings.at(own.place());
        finding.with("domain", desk.snapshot.subject.domain.as_str()).word("policy", policy_of(found).as_str());
        let (p, mode) = (Some(Policy::Reject), Mode::Strict);
        let rua = found.record.rua.clone();
        let wanted = Record { p, adkim: mode, aspf: mode, rua, ..Record::default() };
        finding.publish(own.question.name.clone(), Kind::Txt, wanted.to_string());
    }
}

pub(super) fn not_weaker_than_the_organization(desk: &Desk<'_>, findings: &mut Findings) {
    with_both(&desk.snapshot.dmarc, |own, mine, theirs, organization| {
        let inherited = theirs.subdomain_policy().0;
        if mine.policy() < inherited {
            let finding = findings.at(own.place());
            finding.word("policy", mine.policy().as_str()).word("inherited", inherited.as_str());
            finding.with("organization", organization.as_str());
        }
    });
}

pub(super) fn hides_the_organization(desk: &Desk<'_>, findings: &mut Findings) {
    with_both(&desk.snapshot.dmarc, |own, mine, theirs, organization| {
        // What says the same is forgotten when the other is raised.
        if mine.policy() == theirs.subdomain_policy().0 {
            findings.at(own.place()).with("organization", organization.as_str());
        }
    });
}

fn with_both(seen: &Seen, mut judge: impl FnMut(&Text<'_>, &Record, &Record, &Domain)) {
    let (Some(own), Some(theirs)) = (seen.own_record(), seen.organization_record()) else { return };
    let organization = seen.by_walk.result.organizational_domain();
    if let (Some(mine), Some(theirs), Some(organization)) = (&own.record, &theirs.record, organization) {
        judge(&own, mine, theirs, &organization);
    }
}

pub(super) fn indicators_want_enforcement(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.dmarc;
    let wants = seen.brand.as_ref().is_some_and(|brand| brand.texts().any(bimi::Record::claims));
    let (true, Some(found)) = (wants, seen.applied()) else { return };
    let too_weak = policy_of(found) == Policy::None
        || found.record.subdomain_policy().0 == Policy::None
        || found.record.testing == Testing::On
        || found.record.historic.pct.is_some_and(|percentage| percentage < 100);
    if too_weak {
        let finding = note(findings, found);
        finding.word("policy", policy_of(found).as_str());
        replace(finding, found, |record| {
            record.p = record.p.max(Some(Policy::Quarantine));
            record.sp = record.sp.filter(|sp| *sp != Policy::None);
            record.testing = Testing::Off;
        });
    }
}

pub(super) fn bulk_senders_have_all_three(desk: &Desk<'_>, findings: &mut Findings) {
    let snapshot = desk.snapshot;
    // Nobody sends from a name that does not exist: COM17.
    if !snapshot.silence().is_absent() || snapshot.does_not_exist() {
        return;
    }
    let each =
        [("SPF", snapshot.spf_presence()), ("DKIM", snapshot.key_presence()), ("DMARC", snapshot.dmarc.presence())];
    let missing: Vec<_> = each.into_iter().filter(|(_, one)| one.is_absent()).map(|(name, _)| name).collect();
    if !missing.is_empty() {
        findings.found().with("domain", snapshot.subject.domain.as_str()).with("missing", missing.join(", "));
    }
}

/// The record that applies, when it asks for this policy at the domain.
fn applied<'a>(desk: &Desk<'a>, policy: Policy) -> Option<&'a PolicyRecord> {
    let found = desk.snapshot.dmarc.applied()?;
    (policy_of(found) == policy && found.record.standing == Standing::AsPublished).then_some(found)
}

/// The domain's own record and its organization's, where they are one each.
fn own_or_organization<'a>(desk: &Desk<'a>) -> impl Iterator<Item = (Text<'a>, &'a Record)> {
    let seen = &desk.snapshot.dmarc;
    // The policies for names below count at the top only; elsewhere there is DMC14.
    let text = if seen.organization.is_some() { seen.organization_record() } else { seen.own_record() };
    text.into_iter().filter_map(|text| text.record.map(|record| (text, record)))
}

/// A finding at the record that applies.
fn note<'f>(findings: &'f mut Findings, found: &PolicyRecord) -> &'f mut Finding {
    let finding = findings.found();
    finding.place = record_place(&found.domain);
    finding.with("domain", found.domain.as_str())
}

fn record_place(domain: &Domain) -> Option<Place> {
    domain.prefixed("_dmarc").ok().map(|name| Place::of(&Question::txt(name)))
}

fn replace(finding: &mut Finding, found: &PolicyRecord, change: impl FnOnce(&mut Record)) {
    let mut record = (*found.record).clone();
    change(&mut record);
    if let Ok(name) = found.domain.prefixed("_dmarc") {
        finding.publish(name, Kind::Txt, record.to_string());
    }
}

fn set_policy(record: &mut Record, place: PolicyPlace, policy: Policy) {
    match place {
        PolicyPlace::Author => record.p = Some(policy),
        PolicyPlace::Organizational | PolicyPlace::PublicSuffix => record.sp = Some(policy),
    }
}

/// Per cent, whole; `None` of nothing.
fn share(part: u64, whole: u64) -> Option<u64> {
    part.min(whole).saturating_mul(100).checked_div(whole)
}
