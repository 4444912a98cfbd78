//! Rules about the tree: what it costs, whom it lets send, and what in it is dead.

use mailtext::Domain;

use spf::limits::Limits;
use spf::macros::Letter;
use spf::minimise::{Plan, fit};
use spf::outcome::Verdict;
use spf::space::Special;
use spf::tree::{Cause, ExplanationState, Node, NodeId, Remark, State, Target, Term, TermAt, TermKind};

use crate::desk::Desk;
use crate::finding::{Finding, Findings};
use crate::limits::{SPF_BITS_OF_NONE, SPF_HEAD_ROOM, SPF_IP4_BITS, SPF_IP6_BITS};
use lookup::Kind;

pub(super) fn no_special_networks(desk: &Desk<'_>, findings: &mut Findings) {
    for_terms(desk, |_, node, term| {
        let network = matches!(term.kind, TermKind::Ip4 | TermKind::Ip6) && opens(term);
        if !network {
            return;
        }
        // A network as wide as that has some of everything; SPF14 tells of it.
        if term.opens.prefixes().any(|prefix| prefix.bits() < SPF_BITS_OF_NONE) {
            return;
        }
        let special: Vec<_> = Special::in_set(&term.opens).into_iter().map(Special::word).collect();
        if !special.is_empty() {
            at(desk, findings, node, term).with("special", special.join(", "));
        }
    });
}

pub(super) fn networks_are_narrow(desk: &Desk<'_>, findings: &mut Findings) {
    for_terms(desk, |_, node, term| {
        let wide = term.opens.prefixes().find(|prefix| {
            let least = if prefix.address().is_ipv4() { SPF_IP4_BITS } else { SPF_IP6_BITS };
            (1..least).contains(&prefix.bits())
        });
        let own = matches!(term.kind, TermKind::Ip4 | TermKind::Ip6 | TermKind::A | TermKind::Mx);
        if let (Some(prefix), true, true) = (wide, own, opens(term)) {
            at(desk, findings, node, term).with("network", prefix.to_string());
        }
    });
}

pub(super) fn not_everyone(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.spf;
    let pass = &seen.tree.results.pass;
    if !pass.is_all_ip4() && !pass.is_all_ip6() {
        return;
    }
    let mut told = false;
    for_terms(desk, |id, node, term| {
        if seen.tree.remarks_of_term(id).contains(&Remark::Everyone) && id.node == NodeId(0) {
            at(desk, findings, node, term);
            told = true;
        }
    });
    if !told {
        findings.at(seen.record_place()).sentence("audit-spf15-together");
    }
}

pub(super) fn others_are_refused(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.spf;
    let Some(node) = seen.tree.node(seen.tree.in_force()) else { return };
    if node.default_verdict() == Some(Verdict::Neutral) {
        let all = node.terms.iter().find(|term| term.kind == TermKind::All);
        match all {
            Some(term) => at(desk, findings, node, term),
            None => findings.at(seen.record_place()).sentence("audit-spf16-absent"),
        };
    }
}

pub(super) fn targets_have_records(desk: &Desk<'_>, findings: &mut Findings) {
    for_terms(desk, |_, node, term| {
        let Some(target) = term.node.and_then(|id| desk.snapshot.spf.tree.node(id)) else { return };
        let sentence = match target.state {
            State::NoRecord | State::NoSuchDomain => "audit-spf21",
            State::Several(_) => "audit-spf21-several",
            State::Broken(_) => "audit-spf21-broken",
            State::Failed(_) => "audit-spf21-failed",
            _ => return,
        };
        at(desk, findings, node, term).sentence(sentence).with("target", target.domain.as_str());
    });
}

pub(super) fn no_loops(desk: &Desk<'_>, findings: &mut Findings) {
    for_terms(desk, |_, node, term| {
        let target = term.node.and_then(|id| desk.snapshot.spf.tree.node(id));
        if let Some(target) = target.filter(|target| matches!(target.state, State::Loop(_))) {
            at(desk, findings, node, term).with("target", target.domain.as_str());
        }
    });
}

pub(super) fn ten_lookups(desk: &Desk<'_>, findings: &mut Findings) {
    let tree = &desk.snapshot.spf.tree;
    let limit = Limits::default().lookup_count_max;
    let Some(counted) = tree.worst.exceeds(limit) else { return };
    let Some((node, term)) = tree.term(counted.at) else { return };
    let way: Vec<_> =
        tree.way(counted.at.node).into_iter().filter_map(|at| tree.term(at)).map(|(_, term)| &*term.text).collect();
    let finding = at(desk, findings, node, term);
    finding.with("lookups", u64::from(tree.worst.cost.lookups)).with("limit", u64::from(limit));
    finding.with("way", if way.is_empty() { term.text.clone() } else { way.join(" → ") });
    if let Ok(fitted) = fit(tree, &Plan::default())
        && fitted.after.lookups <= u32::from(limit)
        && fitted.records.len() == 1
    {
        finding.publish(tree.domain.clone(), Kind::Txt, fitted.record().text.clone());
    }
}

pub(super) fn head_room(desk: &Desk<'_>, findings: &mut Findings) {
    let tree = &desk.snapshot.spf.tree;
    let limit = Limits::default().lookup_count_max;
    if tree.worst.head_room(limit).is_some_and(|left| left < SPF_HEAD_ROOM) {
        let finding = findings.at(desk.snapshot.spf.record_place());
        finding.with("lookups", u64::from(tree.worst.cost.lookups)).with("limit", u64::from(limit));
    }
}

pub(super) fn two_voids(desk: &Desk<'_>, findings: &mut Findings) {
    let tree = &desk.snapshot.spf.tree;
    let limit = Limits::default().void_lookup_count_max;
    if let Some((node, term)) = tree.worst.exceeds_voids(limit).and_then(|counted| tree.term(counted.at)) {
        let finding = at(desk, findings, node, term);
        finding.with("void_lookups", u64::from(tree.worst.cost.void)).with("limit", u64::from(limit));
    }
}

pub(super) fn no_voids(desk: &Desk<'_>, findings: &mut Findings) {
    for_terms(desk, |_, node, term| {
        if term.own.void > 0 {
            at(desk, findings, node, term);
        }
    });
}

pub(super) fn ten_exchanges(desk: &Desk<'_>, findings: &mut Findings) {
    for_terms(desk, |id, node, term| {
        for remark in desk.snapshot.spf.tree.remarks_of_term(id) {
            if let Remark::TooManyHosts(count, limit) = remark {
                at(desk, findings, node, term).with("count", count).with("limit", u64::from(limit));
            }
        }
    });
}

pub(super) fn no_ptr(desk: &Desk<'_>, findings: &mut Findings) {
    for_terms(desk, |_, node, term| {
        if term.kind == TermKind::Ptr {
            at(desk, findings, node, term);
        }
    });
}

pub(super) fn no_validated_name(desk: &Desk<'_>, findings: &mut Findings) {
    with_letters(desk, findings, &[Letter::ValidatedName]);
}

pub(super) fn local_parts_are_not_told(desk: &Desk<'_>, findings: &mut Findings) {
    with_letters(desk, findings, &[Letter::Sender, Letter::LocalPart]);
}

fn with_letters(desk: &Desk<'_>, findings: &mut Findings, letters: &[Letter]) {
    for_terms(desk, |_, node, term| {
        if term.letters.iter().any(|letter| letters.contains(letter)) {
            at(desk, findings, node, term);
        }
    });
}

pub(super) fn explanations_can_be_had(desk: &Desk<'_>, findings: &mut Findings) {
    for (_, node) in desk.snapshot.spf.tree.nodes() {
        let Some(explanation) = &node.explanation else { continue };
        let wrong = matches!(
            explanation.state,
            ExplanationState::Missing | ExplanationState::Several(_) | ExplanationState::Broken(_)
        );
        // Only the domain's own explanation is ever shown (RFC 7208 §6.2).
        if wrong && node.parent.is_none() {
            findings.at(desk.snapshot.spf.place(node, explanation.span));
        }
    }
}

pub(super) fn hosts_have_addresses(desk: &Desk<'_>, findings: &mut Findings) {
    for_terms(desk, |_, node, term| {
        let void = |answer: &lookup::Answer| answer.is_void();
        let empty = match term.kind {
            TermKind::A => term.hosts.iter().all(|host| void(&host.ip4) && host.ip6.as_ref().is_none_or(void)),
            TermKind::Mx => term.exchanges.as_ref().is_some_and(void),
            _ => return,
        };
        if let (true, Target::Name(name)) = (empty && !term.varies(), &term.target) {
            at(desk, findings, node, term).word("mechanism", term.kind.as_str()).with("host", name.as_str());
        }
    });
}

pub(super) fn no_term_twice(desk: &Desk<'_>, findings: &mut Findings) {
    dead(desk, findings, false);
}

pub(super) fn no_term_contradicted(desk: &Desk<'_>, findings: &mut Findings) {
    dead(desk, findings, true);
}

fn dead(desk: &Desk<'_>, findings: &mut Findings, contradicted: bool) {
    let tree = &desk.snapshot.spf.tree;
    for_terms(desk, |id, node, term| {
        let Some(dead) = term.dead.as_ref().filter(|dead| dead.cause == Cause::Covered) else { return };
        // What is dead within somebody else's record is theirs to mend.
        if dead.is_contradicted == contradicted && id.node == tree.in_force() {
            let by: Vec<_> = dead.by.iter().filter_map(|at| tree.term(*at)).map(|(_, term)| &*term.text).collect();
            at(desk, findings, node, term).with("by", by.join(" "));
        }
    });
}

pub(super) fn includes_are_not_everyone(desk: &Desk<'_>, findings: &mut Findings) {
    for_terms(desk, |_, node, term| {
        let Some(target) = term.node.and_then(|id| desk.snapshot.spf.tree.node(id)) else { return };
        let pass = &target.results.pass;
        if pass.is_all_ip4() || pass.is_all_ip6() {
            at(desk, findings, node, term).with("target", target.domain.as_str());
        }
    });
}

pub(super) fn targets_are_registered(desk: &Desk<'_>, findings: &mut Findings) {
    let suffixes = &desk.snapshot.subject.suffixes;
    for_terms(desk, |_, node, term| {
        if let Target::Name(name) = &term.target {
            let organization = suffixes.organizational_domain(name);
            if desk.snapshot.spf.unregistered.contains(&organization) {
                at(desk, findings, node, term).with("target", organization.as_str());
            }
        }
    });
}

pub(super) fn no_shared_hosting(desk: &Desk<'_>, findings: &mut Findings) {
    for_terms(desk, |id, node, term| {
        let Target::Name(name) = &term.target else { return };
        let shared = SHARED_HOSTING.iter().any(|host| is_within(name, host));
        if shared && id.node == NodeId(0) && matches!(term.kind, TermKind::Include | TermKind::Redirect) {
            let finding = at(desk, findings, node, term);
            finding.with("target", name.as_str()).with("count", term.adds.count_ip4());
        }
    });
}

fn is_within(name: &Domain, host: &str) -> bool {
    name.as_str() == host || name.as_str().strip_suffix(host).is_some_and(|rest| rest.ends_with('.'))
}

pub(super) fn hosts_could_be_networks(desk: &Desk<'_>, findings: &mut Findings) {
    let tree = &desk.snapshot.spf.tree;
    let limit = Limits::default().lookup_count_max;
    if tree.worst.head_room(limit).is_some_and(|left| left >= SPF_HEAD_ROOM) {
        return;
    }
    for_terms(desk, |id, node, term| {
        let known = !term.varies() && !term.opens.is_empty();
        if known && matches!(term.kind, TermKind::A | TermKind::Mx) && id.node == tree.in_force() {
            let networks: Vec<_> = term.opens.prefixes().take(5).map(|prefix| prefix.to_string()).collect();
            at(desk, findings, node, term).with("networks", networks.join(" "));
        }
    });
}

pub(super) fn cheap_terms_first(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.spf;
    let node = seen.tree.root();
    if let Some((costly, cheap)) = node.cheap_behind_costly()
        && let (Some(costly), Some(cheap)) = (node.terms.get(costly as usize), node.terms.get(cheap as usize))
    {
        at(desk, findings, node, cheap).with("costly", costly.text.as_str());
    }
}

/// Each term of each record, a record that is reached twice once.
fn for_terms(desk: &Desk<'_>, mut judge: impl FnMut(TermAt, &Node, &Term)) {
    let mut told: Vec<(&Domain, mailtext::Span)> = Vec::new();
    for (id, node, term) in desk.snapshot.spf.tree.terms() {
        if !told.contains(&(&node.domain, term.span)) {
            told.push((&node.domain, term.span));
            judge(id, node, term);
        }
    }
}

/// Whether a match lets somebody pass.
fn opens(term: &Term) -> bool {
    term.verdict() == Some(Verdict::Pass)
}

fn at<'f>(desk: &Desk<'_>, findings: &'f mut Findings, node: &Node, term: &Term) -> &'f mut Finding {
    findings.at(desk.snapshot.spf.place(node, term.span))
}

/// Hosting services whose SPF records let every customer's programs send: of each it is known that customers share addresses.
const SHARED_HOSTING: &[&str] = &[
    "bluehost.com",
    "dreamhost.com",
    "hostgator.com",
    "hostinger.com",
    "mx.ovh.com",
    "secureserver.net",
    "siteground.com",
    "spf.kagoya.net",
    "spf.sakura.ne.jp",
    "websitewelcome.com",
    "xserver.jp",
];
