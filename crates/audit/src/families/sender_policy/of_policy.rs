//! Rules about what a record means for the domain's mail, beside what else it publishes and what is known of it.

use lookup::{Answer, Data, Kind};

use dmarc::Policy;
use spf::outcome::Verdict;
use spf::tree::{NodeId, State, Target, TermKind};

use crate::desk::Desk;
use crate::finding::Findings;
use crate::limits::GRANT_DAYS;
use crate::published::Published;
use crate::subject::Usage;

const NOBODY: &str = "v=spf1 -all";

pub(super) fn senders_have_a_record(desk: &Desk<'_>, findings: &mut Findings) {
    let (snapshot, seen) = (desk.snapshot, &desk.snapshot.spf);
    let absent = matches!(seen.tree.root().state, State::NoRecord);
    let exchanges = snapshot.hosts.hosts.len();
    if absent && (exchanges > 0 || snapshot.subject.usage == Usage::Mail) && !snapshot.hosts.is_null() {
        let finding = findings.at(seen.texts.place());
        let text = if exchanges > 0 { "v=spf1 mx ~all" } else { NOBODY };
        finding.with("domain", snapshot.subject.domain.as_str());
        finding.publish(snapshot.subject.domain.clone(), Kind::Txt, text);
    }
}

pub(super) fn mail_hosts_may_send(desk: &Desk<'_>, findings: &mut Findings) {
    let (snapshot, tree) = (desk.snapshot, &desk.snapshot.spf.tree);
    if !snapshot.spf.is_sound() || snapshot.sends_no_mail() {
        return;
    }
    let suffixes = &snapshot.subject.suffixes;
    let home = suffixes.organizational_domain(&snapshot.subject.domain);
    for host in snapshot.hosts.hosts.iter().filter(|host| suffixes.organizational_domain(&host.name) == home) {
        let outside = host
            .addresses()
            .find(|address| tree.results.verdict(*address) != Verdict::Pass && !tree.results.is_undecided(*address));
        if let Some(address) = outside {
            let finding = findings.at(snapshot.spf.record_place());
            finding.with("host", host.name.as_str()).with("ip", address.to_string());
        }
    }
}

pub(super) fn grants_are_used(desk: &Desk<'_>, findings: &mut Findings) {
    let (seen, suffixes) = (&desk.snapshot.spf, &desk.snapshot.subject.suffixes);
    let Some(reports) = desk.known.reports.as_ref().filter(|reports| reports.days >= GRANT_DAYS && reports.reports > 0)
    else {
        return;
    };
    let used = |name: &mailtext::Domain| {
        let organization = suffixes.organizational_domain(name);
        reports.seen_services.iter().any(|service| suffixes.organizational_domain(service) == organization)
    };
    let home = suffixes.organizational_domain(&desk.snapshot.subject.domain);
    for (_, node, term) in
        seen.tree.terms().filter(|(at, _, term)| at.node == NodeId(0) && term.kind == TermKind::Include)
    {
        if let Target::Name(name) = &term.target
            && !used(name)
            && suffixes.organizational_domain(name) != home
        {
            let finding = findings.at(seen.place(node, term.span));
            finding.with("target", name.as_str()).with("days", u64::from(reports.days));
        }
    }
}

pub(super) fn mail_hosts_say_so_too(desk: &Desk<'_>, findings: &mut Findings) {
    let suffixes = &desk.snapshot.subject.suffixes;
    let home = suffixes.organizational_domain(&desk.snapshot.subject.domain);
    for host in &desk.snapshot.spf.hosts {
        let ours = suffixes.organizational_domain(&host.question.name) == home;
        if ours && host.spf_texts().next().is_none() && !matches!(host.answer, Answer::Failed(_)) {
            findings.at(host.place()).publish(host.question.name.clone(), Kind::Txt, "v=spf1 a -all");
        }
    }
}

pub(super) fn other_hosts_say_no(desk: &Desk<'_>, findings: &mut Findings) {
    let Some((addresses, texts)) = &desk.snapshot.spf.www else { return };
    if !addresses.answer.data().is_empty() && matches!(texts.answer, Answer::NoData(_)) {
        findings.at(texts.place()).publish(texts.question.name.clone(), Kind::Txt, NOBODY);
    }
}

pub(super) fn no_mail_means_no(desk: &Desk<'_>, findings: &mut Findings) {
    let (snapshot, seen) = (desk.snapshot, &desk.snapshot.spf);
    let exact = seen.texts.texts().any(|text| text.eq_ignore_ascii_case(NOBODY.as_bytes()));
    if snapshot.sends_no_mail() && !exact && !matches!(seen.texts.answer, Answer::Failed(_)) {
        findings.at(seen.texts.place()).publish(snapshot.subject.domain.clone(), Kind::Txt, NOBODY);
    }
}

pub(super) fn fail_hides_mail_from_dmarc(desk: &Desk<'_>, findings: &mut Findings) {
    let (snapshot, tree) = (desk.snapshot, &desk.snapshot.spf.tree);
    let strict = default_of(desk) == Some(Verdict::Fail);
    if strict && !snapshot.sends_no_mail() && snapshot.dmarc.policy() >= Some(Policy::Quarantine) {
        let node = tree.node(tree.in_force()).unwrap_or(tree.root());
        let all = node.terms.iter().find(|term| term.kind == TermKind::All);
        let place = all.map_or_else(|| snapshot.spf.record_place(), |term| snapshot.spf.place(node, term.span));
        findings.at(place);
    }
}

pub(super) fn softfail_needs_dmarc(desk: &Desk<'_>, findings: &mut Findings) {
    let dmarc = &desk.snapshot.dmarc;
    let weak = dmarc.policy() == Some(Policy::None) || dmarc.presence().is_absent();
    if default_of(desk) == Some(Verdict::SoftFail) && weak {
        findings.at(desk.snapshot.spf.record_place());
    }
}

fn default_of(desk: &Desk<'_>) -> Option<Verdict> {
    let tree = &desk.snapshot.spf.tree;
    tree.node(tree.in_force()).and_then(spf::tree::Node::default_verdict)
}

pub(super) fn both_families(desk: &Desk<'_>, findings: &mut Findings) {
    let (snapshot, results) = (desk.snapshot, &desk.snapshot.spf.tree.results);
    for host in &snapshot.hosts.hosts {
        let passes = |kind: &Published| {
            let addresses: Vec<std::net::IpAddr> = kind
                .answer
                .data()
                .iter()
                .filter_map(|data| match data {
                    Data::A(address) => Some((*address).into()),
                    Data::Aaaa(address) => Some((*address).into()),
                    _ => None,
                })
                .collect();
            let is_known = !addresses.is_empty() && !addresses.iter().any(|address| results.is_undecided(*address));
            is_known.then(|| addresses.iter().all(|address| results.verdict(*address) == Verdict::Pass))
        };
        if passes(&host.ip4) == Some(true) && passes(&host.ip6) == Some(false) {
            findings.at(snapshot.spf.record_place()).with("host", host.name.as_str());
        }
    }
}

pub(super) fn wildcards_do_not_reach(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.spf;
    let wildcard = seen.wildcard.as_ref().is_some_and(|wildcard| wildcard.spf_texts().next().is_some());
    let Some((addresses, texts)) = &seen.www else { return };
    let absent = texts.spf_texts().next().is_none() && texts.unanswered().is_none();
    if wildcard && !addresses.answer.data().is_empty() && absent {
        findings.at(texts.place());
    }
}
