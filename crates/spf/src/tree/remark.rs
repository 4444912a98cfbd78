//! What is to be said of a place in a tree.

use lookup::{Failure, Kind};
use mailtext::{Domain, DomainError, Explain, Flaw, Rule, Value};

use super::{Cause, Cost, Cut, NodeId, State, Target, TermAt, TermKind, Tree};
use crate::flaw::RecordFlaw;
use crate::limits::Limits;
use crate::outcome::Verdict;
use crate::space::AddressSet;
use crate::tree::grow::exchanges;
use crate::tree::results::is_failure;

/// Something that a reader of the tree should know about one place in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Remark {
    /// The name has no SPF record.
    NoRecord(Domain),
    /// The name does not exist.
    NoSuchDomain(Domain),
    /// The name cannot be checked at all.
    NotCheckable(Domain),
    /// The name has so many SPF records.
    SeveralRecords(Domain, usize),
    /// The record has this fatal flaw, at this text.
    Broken(Domain, Flaw<RecordFlaw>, String),
    /// A question got no answer.
    Failed(Domain, Kind, Failure),
    /// The record leads back to itself.
    Loop(Domain),
    /// The tree is cut here by a limit of ours.
    Cut(Cut),
    /// The term is the one with which the limit of look-ups is exceeded.
    TooManyLookups(u8),
    /// The term is the one with which the limit of void look-ups is exceeded.
    TooManyVoids(u8),
    /// So many void look-ups are counted of some clients by receivers that do not forgive a host of one family.
    StrictVoids(u32, u8),
    /// The name has no record of what the term asks for.
    Void(Domain, Kind),
    /// So many mail exchanges, more than are allowed.
    TooManyHosts(usize, u8),
    /// The term stands behind this one, which is `all`.
    AfterAll(String),
    /// What the term matches, these match before it.
    Covered(String),
    /// What the term matches, these match before it, with another result.
    Contradicted(String),
    /// The terms before it leave nobody.
    Unreached,
    /// What the term asks for depends on these macros.
    Varies(String),
    /// The term is `ptr`.
    Ptr,
    /// The term lets everyone pass.
    Everyone,
    /// What the term asks for can be no name.
    TargetMalformed(DomainError),
}

impl Tree {
    /// What is to be said of a record.
    #[must_use]
    pub fn remarks_of_node(&self, id: NodeId) -> Vec<Remark> {
        let Some(node) = self.node(id) else { return Vec::new() };
        let domain = node.domain.clone();
        let mut remarks = Vec::new();
        match node.state {
            State::Sound => {}
            State::Broken(flaw) => {
                let text = node.record().term_text(flaw.span);
                remarks.push(Remark::Broken(domain, flaw, text));
            }
            State::Several(count) => remarks.push(Remark::SeveralRecords(domain, count)),
            State::NoRecord => remarks.push(Remark::NoRecord(domain)),
            State::NoSuchDomain => remarks.push(Remark::NoSuchDomain(domain)),
            State::NotCheckable => remarks.push(Remark::NotCheckable(domain)),
            State::Failed(failure) => remarks.push(Remark::Failed(domain, Kind::Txt, failure)),
            State::Loop(_) => remarks.push(Remark::Loop(domain)),
            State::Cut(cut) => remarks.push(Remark::Cut(cut)),
        }
        let Cost { void_ip4, void_ip6, void, .. } = self.worst.cost;
        let limit = Limits::default().void_lookup_count_max;
        let strict = void_ip4.max(void_ip6);
        if id == NodeId(0) && strict > u32::from(limit) && void <= u32::from(limit) {
            remarks.push(Remark::StrictVoids(strict, limit));
        }
        remarks
    }

    /// What is to be said of a term, but for what is to be said of the record that it leads to.
    #[must_use]
    pub fn remarks_of_term(&self, at: TermAt) -> Vec<Remark> {
        let Some((node, term)) = self.term(at) else { return Vec::new() };
        let limits = Limits::default();
        let mut remarks = Vec::new();
        if self.worst.exceeds(limits.lookup_count_max).is_some_and(|counted| counted.at == at) {
            remarks.push(Remark::TooManyLookups(limits.lookup_count_max));
        }
        if self.worst.exceeds_voids(limits.void_lookup_count_max).is_some_and(|counted| counted.at == at) {
            remarks.push(Remark::TooManyVoids(limits.void_lookup_count_max));
        }
        if let Some(dead) = &term.dead {
            let text = |at: &TermAt| self.term(*at).map(|(_, term)| term.text.clone());
            let by = dead.by.iter().filter_map(text).collect::<Vec<_>>().join(" ");
            remarks.push(match dead.cause {
                Cause::AfterAll => Remark::AfterAll(by),
                Cause::Unreached => Remark::Unreached,
                Cause::Covered if dead.is_contradicted => Remark::Contradicted(by),
                Cause::Covered => Remark::Covered(by),
            });
        }
        match (&term.target, term.kind) {
            (_, TermKind::Ptr) => remarks.push(Remark::Ptr),
            (Target::Varies, _) => {
                let letters: Vec<String> =
                    term.letters.iter().map(|letter| format!("%{{{}}}", letter.as_char())).collect();
                remarks.push(Remark::Varies(letters.join(" ")));
            }
            (Target::Malformed(error), _) => remarks.push(Remark::TargetMalformed(*error)),
            (Target::Name(name), _) => self.remarks_of_answers(at, name, &mut remarks),
            (Target::Nothing, _) => {}
        }
        let lets_pass = term.verdict() == Some(Verdict::Pass) && node.state == State::Sound && term.dead.is_none();
        if lets_pass && is_a_whole_family(&term.opens) {
            remarks.push(Remark::Everyone);
        }
        remarks
    }

    fn remarks_of_answers(&self, at: TermAt, name: &Domain, remarks: &mut Vec<Remark>) {
        let Some((_, term)) = self.term(at) else { return };
        if let Some((name, failure)) = term.failure() {
            let is_ip4 = |host: &super::Host| host.name == *name && is_failure(&host.ip4);
            let kind = if term.hosts.is_empty() {
                Kind::Mx
            } else if term.hosts.iter().any(is_ip4) {
                Kind::A
            } else {
                Kind::Aaaa
            };
            remarks.push(Remark::Failed(name.clone(), kind, failure));
        }
        if let Some(answer) = &term.exchanges {
            let (count, limit) = (exchanges(answer).count(), Limits::default().mx_host_count_max);
            if count > usize::from(limit) {
                remarks.push(Remark::TooManyHosts(count, limit));
            }
            if answer.is_void() {
                remarks.push(Remark::Void(name.clone(), Kind::Mx));
            }
        }
        for host in &term.hosts {
            if host.ip4.is_void() && host.ip6.as_ref().is_none_or(lookup::Answer::is_void) {
                remarks.push(Remark::Void(host.name.clone(), Kind::A));
            }
        }
    }
}

fn is_a_whole_family(set: &AddressSet) -> bool {
    set.is_all_ip4() || set.is_all_ip6()
}

/// The ids of all remarks, for the catalogues.
pub const IDS: &[&str] = &[
    "spf-tree-after-all",
    "spf-tree-broken",
    "spf-tree-contradicted",
    "spf-tree-covered",
    "spf-tree-cut",
    "spf-tree-everyone",
    "spf-tree-failed",
    "spf-tree-loop",
    "spf-tree-no-record",
    "spf-tree-no-such-domain",
    "spf-tree-not-checkable",
    "spf-tree-ptr",
    "spf-tree-several-records",
    "spf-tree-strict-voids",
    "spf-tree-target-malformed",
    "spf-tree-too-many-hosts",
    "spf-tree-too-many-lookups",
    "spf-tree-too-many-voids",
    "spf-tree-unreached",
    "spf-tree-varies",
    "spf-tree-void",
];

impl Explain for Remark {
    fn id(&self) -> &'static str {
        match self {
            Self::NoRecord(_) => "spf-tree-no-record",
            Self::NoSuchDomain(_) => "spf-tree-no-such-domain",
            Self::NotCheckable(_) => "spf-tree-not-checkable",
            Self::SeveralRecords(..) => "spf-tree-several-records",
            Self::Broken(..) => "spf-tree-broken",
            Self::Failed(..) => "spf-tree-failed",
            Self::Loop(_) => "spf-tree-loop",
            Self::Cut(_) => "spf-tree-cut",
            Self::TooManyLookups(_) => "spf-tree-too-many-lookups",
            Self::TooManyVoids(_) => "spf-tree-too-many-voids",
            Self::StrictVoids(..) => "spf-tree-strict-voids",
            Self::Void(..) => "spf-tree-void",
            Self::TooManyHosts(..) => "spf-tree-too-many-hosts",
            Self::AfterAll(_) => "spf-tree-after-all",
            Self::Covered(_) => "spf-tree-covered",
            Self::Contradicted(_) => "spf-tree-contradicted",
            Self::Unreached => "spf-tree-unreached",
            Self::Varies(_) => "spf-tree-varies",
            Self::Ptr => "spf-tree-ptr",
            Self::Everyone => "spf-tree-everyone",
            Self::TargetMalformed(_) => "spf-tree-target-malformed",
        }
    }

    fn rule(&self) -> Option<Rule> {
        let section = match self {
            Self::NoRecord(_) | Self::SeveralRecords(..) => "4.5",
            Self::NoSuchDomain(_) | Self::NotCheckable(_) | Self::TargetMalformed(_) => "4.3",
            Self::Broken(_, flaw, _) => return flaw.kind.rule(),
            Self::Failed(..) => "4.4",
            Self::Cut(_) => return None,
            Self::TooManyLookups(_)
            | Self::TooManyVoids(_)
            | Self::StrictVoids(..)
            | Self::Void(..)
            | Self::Loop(_)
            | Self::TooManyHosts(..) => "4.6.4",
            Self::AfterAll(_) => "5.1",
            Self::Covered(_) | Self::Contradicted(_) | Self::Unreached => "4.6.2",
            Self::Varies(_) => "7.2",
            Self::Ptr => "5.5",
            Self::Everyone => "11.4",
        };
        Some(Rule("RFC 7208", section))
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::NoRecord(domain) | Self::NoSuchDomain(domain) | Self::NotCheckable(domain) | Self::Loop(domain) => {
                vec![("domain", domain.into())]
            }
            Self::SeveralRecords(domain, count) => vec![("domain", domain.into()), ("count", (*count).into())],
            Self::Broken(domain, flaw, text) => {
                let flaw = Value::Word(flaw.kind.id());
                vec![("domain", domain.into()), ("flaw", flaw), ("text", text.as_str().into())]
            }
            Self::Failed(domain, kind, failure) => {
                let (kind, failure) = (Value::Word(kind.as_str()), Value::Word(failure.word()));
                vec![("name", domain.into()), ("kind", kind), ("failure", failure)]
            }
            Self::Cut(cut) => vec![("what", Value::Word(cut.word()))],
            Self::TooManyLookups(limit) | Self::TooManyVoids(limit) => vec![("limit", u64::from(*limit).into())],
            Self::StrictVoids(count, limit) => {
                vec![("count", u64::from(*count).into()), ("limit", u64::from(*limit).into())]
            }
            Self::Void(domain, kind) => vec![("name", domain.into()), ("kind", Value::Word(kind.as_str()))],
            Self::TooManyHosts(count, limit) => vec![("count", (*count).into()), ("limit", u64::from(*limit).into())],
            Self::AfterAll(terms) | Self::Covered(terms) | Self::Contradicted(terms) => {
                vec![("terms", terms.as_str().into())]
            }
            Self::Varies(letters) => vec![("macros", letters.as_str().into())],
            Self::TargetMalformed(error) => vec![("flaw", Value::Word(error.id()))],
            Self::Unreached | Self::Ptr | Self::Everyone => Vec::new(),
        }
    }
}
