//! Who may send: what comes out for every address, as if there were no limits.

use std::net::IpAddr;

use lookup::{Answer, Data, Failure};

use super::{Cause, Dead, Node, NodeId, State, Target, Term, TermAt, TermKind, Tree};
use crate::limits::SHADOW_COUNT_MAX;
use crate::outcome::Verdict;
use crate::space::AddressSet;

/// Every address by its result: each is in one of the sets but [`Results::undecided`], which marks some of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Results {
    /// Addresses that may send.
    pub pass: AddressSet,
    /// Addresses that probably may not.
    pub soft_fail: AddressSet,
    /// Addresses of which the record says nothing.
    pub neutral: AddressSet,
    /// Addresses that may not.
    pub fail: AddressSet,
    /// Everyone, where there is no record.
    pub none: AddressSet,
    /// Addresses for which a question is asked that got no answer.
    pub temp_error: AddressSet,
    /// Addresses for which something is met that cannot be interpreted.
    pub perm_error: AddressSet,
    /// Addresses whose result is another one if a term matches of which only a message knows (`ptr`, a macro). The other
    /// sets have them as if it did not.
    pub undecided: AddressSet,
}

impl Results {
    /// All results, in the order of [`Results::verdict`].
    pub const ALL: [Verdict; 7] = ALL;

    pub(crate) fn everyone(verdict: Verdict) -> Self {
        let mut results = Self::default();
        *results.set(verdict) = AddressSet::everyone();
        results
    }

    /// The addresses with that result.
    #[must_use]
    pub fn of(&self, verdict: Verdict) -> &AddressSet {
        match verdict {
            Verdict::None => &self.none,
            Verdict::Neutral => &self.neutral,
            Verdict::Pass => &self.pass,
            Verdict::Fail => &self.fail,
            Verdict::SoftFail => &self.soft_fail,
            Verdict::TempError => &self.temp_error,
            Verdict::PermError => &self.perm_error,
        }
    }

    /// The result for an address; while it is [undecided](Self::is_undecided), what it is if no such term matches.
    #[must_use]
    pub fn verdict(&self, address: IpAddr) -> Verdict {
        let holds = |verdict: &Verdict| self.of(*verdict).contains(address);
        ALL.into_iter().find(holds).unwrap_or(Verdict::Neutral)
    }

    /// Whether the result for an address depends on more than the address.
    #[must_use]
    pub fn is_undecided(&self, address: IpAddr) -> bool {
        self.undecided.contains(address)
    }

    pub(crate) fn set(&mut self, verdict: Verdict) -> &mut AddressSet {
        match verdict {
            Verdict::None => &mut self.none,
            Verdict::Neutral => &mut self.neutral,
            Verdict::Pass => &mut self.pass,
            Verdict::Fail => &mut self.fail,
            Verdict::SoftFail => &mut self.soft_fail,
            Verdict::TempError => &mut self.temp_error,
            Verdict::PermError => &mut self.perm_error,
        }
    }
}

/// What a term does by itself, whatever stands before it.
#[derive(Default)]
pub(crate) struct Effect {
    pub(crate) matched: AddressSet,
    pub(crate) temp_error: AddressSet,
    pub(crate) perm_error: AddressSet,
    pub(crate) undecided: AddressSet,
}

impl Effect {
    fn temp_error() -> Self {
        Self { temp_error: AddressSet::everyone(), ..Self::default() }
    }

    fn perm_error() -> Self {
        Self { perm_error: AddressSet::everyone(), ..Self::default() }
    }

    /// Addresses for which nothing behind the term is evaluated.
    fn ends(&self) -> AddressSet {
        let mut ends = self.matched.union(&self.temp_error);
        ends.extend(&self.perm_error);
        ends
    }
}

/// Finds the results of every node and of the tree, what each term opens and adds, and which are dead.
pub(crate) fn find(tree: &mut Tree) {
    // Children stand behind their parents.
    for index in (0..tree.nodes.len()).rev() {
        let mut terms = std::mem::take(&mut tree.nodes[index].terms);
        terms.iter_mut().for_each(|term| term.opens = opens(tree, term));
        tree.nodes[index].terms = terms;
        let (results, deaths) = of_node(tree, index);
        let node = &mut tree.nodes[index];
        node.results = results;
        for (term, dead) in node.terms.iter_mut().zip(deaths) {
            term.dead = dead;
        }
    }
    tree.results = tree.root().results.clone();
    additions(tree, NodeId(0), AddressSet::new());
}

/// The addresses that a term matches by itself; for a redirect, those that pass behind it.
fn opens(tree: &Tree, term: &Term) -> AddressSet {
    match term.kind {
        TermKind::All | TermKind::Ip4 | TermKind::Ip6 => term.opens.clone(),
        TermKind::Include | TermKind::Redirect => {
            term.node.and_then(|id| tree.node(id)).map(|node| node.results.pass.clone()).unwrap_or_default()
        }
        TermKind::Ptr => AddressSet::new(),
        TermKind::A | TermKind::Mx | TermKind::Exists => hosts(term).matched,
    }
}

/// What an include, or any directive but a redirect, does.
fn effect(tree: &Tree, term: &Term) -> Effect {
    match (&term.target, term.kind) {
        (Target::Varies, _) => Effect { undecided: AddressSet::everyone(), ..Effect::default() },
        (Target::Malformed(_), TermKind::Include) => Effect::perm_error(),
        // RFC 7208 §4.8: a malformed name is the name of no host, so the term does not match
        (Target::Malformed(_), _) => Effect::default(),
        (_, TermKind::Include) => match term.node.and_then(|id| tree.node(id)) {
            Some(Node { results, .. }) => Effect {
                matched: results.pass.clone(),
                temp_error: results.temp_error.clone(),
                // RFC 7208 §5.2: where none would be the result of the target, it is permerror
                perm_error: results.perm_error.union(&results.none),
                undecided: results.undecided.clone(),
            },
            None => Effect::temp_error(),
        },
        (_, TermKind::A | TermKind::Mx | TermKind::Exists) => hosts(term),
        _ => Effect { matched: term.opens.clone(), ..Effect::default() },
    }
}

/// What `a`, `mx` and `exists` do.
fn hosts(term: &Term) -> Effect {
    let mut effect = Effect::default();
    if term.exchanges.as_ref().is_some_and(is_failure) {
        return Effect::temp_error();
    }
    let (mut is_ip4_known, mut is_ip6_known) = (true, true);
    for host in &term.hosts {
        if term.kind == TermKind::Exists {
            // RFC 7208 §5.7: if any A record is returned, this mechanism matches
            match &host.ip4 {
                Answer::Records(_) => effect.matched = AddressSet::everyone(),
                answer if is_failure(answer) => return Effect::temp_error(),
                _ => {}
            }
            continue;
        }
        is_ip4_known &= !is_failure(&host.ip4);
        is_ip6_known &= !host.ip6.as_ref().is_some_and(is_failure);
        for data in host.ip4.data().iter().filter(|_| is_ip4_known) {
            if let Data::A(address) = data {
                effect.matched.insert_host((*address).into(), term.cidr);
            }
        }
        for data in host.ip6.iter().flat_map(Answer::data).filter(|_| is_ip6_known) {
            if let Data::Aaaa(address) = data {
                effect.matched.insert_host((*address).into(), term.cidr);
            }
        }
    }
    // What no host before the failing one matched ends there.
    let rest = effect.matched.complement();
    if !is_ip4_known {
        effect.temp_error.ip4 = rest.ip4;
    }
    if !is_ip6_known {
        effect.temp_error.ip6 = rest.ip6;
    }
    effect
}

pub(crate) fn is_failure(answer: &Answer) -> bool {
    matches!(answer, Answer::Failed(failure) if *failure != Failure::BadName)
}

/// The result of a place where no sound record is.
pub(crate) fn verdict_without_record(state: State) -> Option<Verdict> {
    match state {
        State::Sound => None,
        State::NoRecord | State::NoSuchDomain | State::NotCheckable => Some(Verdict::None),
        State::Broken(_) | State::Several(_) | State::Loop(_) => Some(Verdict::PermError),
        State::Failed(_) | State::Cut(_) => Some(Verdict::TempError),
    }
}

/// What a record says of every address, and which of its terms are dead.
fn of_node(tree: &Tree, index: usize) -> (Results, Vec<Option<Dead>>) {
    let node = &tree.nodes[index];
    let mut results = Results::default();
    let mut decided = AddressSet::new();
    // Who is kept from a term by an error before it may come to it another day: that kills no term.
    let mut matched = AddressSet::new();
    let mut deaths = Vec::with_capacity(node.terms.len());
    for (number, term) in node.terms.iter().enumerate() {
        if term.kind == TermKind::Redirect {
            deaths.push(dead(node, index, number, &AddressSet::everyone(), &matched));
            redirected(tree, term, &mut results, &mut decided);
            continue;
        }
        let effect = effect(tree, term);
        let ends = effect.ends();
        deaths.push(dead(node, index, number, &ends.union(&effect.undecided), &matched));
        results.temp_error.extend(&effect.temp_error.difference(&decided));
        results.perm_error.extend(&effect.perm_error.difference(&decided));
        results.undecided.extend(&effect.undecided.difference(&decided));
        let verdict = term.verdict().unwrap_or(Verdict::Neutral);
        results.set(verdict).extend(&effect.matched.difference(&decided));
        decided.extend(&ends);
        matched.extend(&effect.matched);
    }
    // RFC 7208 §4.7: when nothing matches, just as if "?all" were specified as the last directive
    results.neutral.extend(&decided.complement());
    match verdict_without_record(node.state) {
        Some(verdict) => (Results::everyone(verdict), deaths),
        None => (results, deaths),
    }
}

/// Gives those whom nothing matched to the record that a redirect leads to.
fn redirected(tree: &Tree, term: &Term, results: &mut Results, decided: &mut AddressSet) {
    if decided.is_everyone() {
        return;
    }
    let behind = match (&term.target, term.node.and_then(|id| tree.node(id))) {
        (Target::Varies, _) => {
            results.undecided.extend(&decided.complement());
            return;
        }
        (Target::Malformed(_), _) => Results::everyone(Verdict::PermError),
        (_, Some(node)) => node.results.clone(),
        (_, None) => Results::everyone(Verdict::TempError),
    };
    for verdict in ALL {
        // RFC 7208 §6.1: if no SPF record is found, or if the <target-name> is malformed, the result is a "permerror"
        let into = if verdict == Verdict::None { Verdict::PermError } else { verdict };
        results.set(into).extend(&behind.of(verdict).difference(decided));
    }
    results.undecided.extend(&behind.undecided.difference(decided));
    *decided = AddressSet::everyone();
}

/// Whether, and why, a term of these addresses never matches.
fn dead(node: &Node, index: usize, number: usize, reach: &AddressSet, matched: &AddressSet) -> Option<Dead> {
    let term = &node.terms[number];
    let at = |number: usize| TermAt {
        node: NodeId(u32::try_from(index).unwrap_or(u32::MAX)),
        term: u32::try_from(number).unwrap_or(u32::MAX),
    };
    let before = &node.terms[..number];
    if let Some(all) = before.iter().position(|before| before.kind == TermKind::All) {
        let is_contradicted = term.verdict().is_some_and(|verdict| before[all].verdict() != Some(verdict));
        return Some(Dead { cause: Cause::AfterAll, by: vec![at(all)], is_contradicted });
    }
    if reach.is_empty() || !matched.is_superset(reach) {
        return None;
    }
    let (mut by, mut is_contradicted) = (Vec::new(), false);
    let mut left = reach.clone();
    for (number, before) in before.iter().enumerate() {
        if left.is_empty() || by.len() >= SHADOW_COUNT_MAX {
            break;
        }
        if before.opens.overlaps(&left) {
            by.push(at(number));
            is_contradicted |= before.verdict() != term.verdict();
            left = left.difference(&before.opens);
        }
    }
    let cause = if matched.is_everyone() { Cause::Unreached } else { Cause::Covered };
    Some(Dead { cause, by, is_contradicted })
}

/// What each term of a node adds, and of the nodes below, when these addresses have their result already.
fn additions(tree: &mut Tree, id: NodeId, mut decided: AddressSet) {
    let index = id.0 as usize;
    for number in 0..tree.nodes[index].terms.len() {
        let term = &tree.nodes[index].terms[number];
        let is_redirect = term.kind == TermKind::Redirect;
        let (adds, below) = (term.opens.difference(&decided), term.node);
        let ends = if is_redirect { AddressSet::everyone() } else { effect(tree, term).ends() };
        if let Some(below) = below {
            additions(tree, below, decided.clone());
        }
        decided.extend(&ends);
        tree.nodes[index].terms[number].adds = adds;
    }
}

pub(crate) const ALL: [Verdict; 7] = [
    Verdict::Pass,
    Verdict::SoftFail,
    Verdict::Neutral,
    Verdict::Fail,
    Verdict::None,
    Verdict::TempError,
    Verdict::PermError,
];
