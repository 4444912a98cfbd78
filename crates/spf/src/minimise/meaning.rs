//! What a record means, in a normal form: sets of addresses with their results, and between them the terms that are left
//! as they are. Two records with the same form mean the same, whatever is answered to the terms that are left.

use std::collections::BTreeSet;

use lookup::{Kind, Question};
use mailtext::Domain;

use super::{Flatten, Frozen, Hosts, Kept, Plan, Reason};
use crate::outcome::Verdict;
use crate::record::{Directive, DomainSpec, Mechanism};
use crate::space::AddressSet;
use crate::tree::{Node, NodeId, State, Target, Term, TermAt, TermKind, Tree};

/// A record in normal form.
#[derive(Clone, Debug)]
pub(crate) struct Meaning {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) default: Default,
    pub(crate) frozen: Vec<Frozen>,
    pub(crate) kept: Vec<Kept>,
    pub(crate) dropped: Vec<TermAt>,
    /// The record whose `exp=` and other modifiers count, and the domain in which they are read.
    pub(crate) in_force: NodeId,
}

/// What is evaluated in one go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Piece {
    /// Addresses that have their result here: pass, softfail, neutral, fail.
    Decided(Box<[AddressSet; 4]>),
    /// A term that is left: its result, and its mechanism as it is written.
    Left(Verdict, String),
}

/// What becomes of those whom nothing matches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Default {
    /// They have this result.
    Verdict(Verdict),
    /// Another record decides: `redirect=` with this.
    Redirect(String),
}

/// The order of the sets in [`Piece::Decided`].
pub(crate) const VERDICTS: [Verdict; 4] = [Verdict::Pass, Verdict::SoftFail, Verdict::Neutral, Verdict::Fail];

/// What an include lets pass: sets, and terms between them that are left.
enum Part {
    Set(AddressSet),
    Left(String),
}

struct Reading<'t> {
    tree: &'t Tree,
    plan: &'t Plan,
    pieces: Vec<Piece>,
    /// Addresses that have their result already.
    decided: AddressSet,
    frozen: BTreeSet<Frozen>,
    kept: Vec<Kept>,
    dropped: Vec<TermAt>,
}

impl Meaning {
    /// What the record of a tree means, as far as the plan replaces names.
    pub(crate) fn of(tree: &Tree, plan: &Plan) -> Self {
        let mut reading = Reading {
            tree,
            plan,
            pieces: Vec::new(),
            decided: AddressSet::new(),
            frozen: BTreeSet::new(),
            kept: Vec::new(),
            dropped: Vec::new(),
        };
        let (default, in_force) = reading.record(NodeId(0));
        let Reading { pieces, frozen, kept, dropped, .. } = reading;
        Self { pieces, default, frozen: frozen.into_iter().collect(), kept, dropped, in_force }
    }

    /// What needs not be said is not part of the meaning: at the end, addresses with the result that all others have.
    fn normal(&self) -> Vec<Piece> {
        let mut pieces = self.pieces.clone();
        if let (Some(Piece::Decided(sets)), Default::Verdict(verdict)) = (pieces.last_mut(), &self.default)
            && let Some(set) = place(*verdict).and_then(|place| sets.get_mut(place))
        {
            *set = AddressSet::new();
        }
        pieces.retain(|piece| !matches!(piece, Piece::Decided(sets) if sets.iter().all(AddressSet::is_empty)));
        pieces
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.default == other.default && self.normal() == other.normal()
    }

    pub(crate) fn prefix_count(&self) -> usize {
        let sets = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Decided(sets) => Some(sets.iter().map(|set| set.prefixes().count()).sum::<usize>()),
            Piece::Left(..) => None,
        });
        sets.sum()
    }

    pub(crate) fn term_count(&self) -> usize {
        self.pieces.iter().filter(|piece| matches!(piece, Piece::Left(..))).count()
    }
}

/// The place of a result in [`Piece::Decided`].
pub(crate) fn place(verdict: Verdict) -> Option<usize> {
    VERDICTS.into_iter().position(|known| known == verdict)
}

impl Reading<'_> {
    /// Reads a record that is in force: the root, or what it redirects to.
    fn record(&mut self, id: NodeId) -> (Default, NodeId) {
        let tree = self.tree;
        let Some(node) = tree.node(id) else { return (Default::Verdict(Verdict::Neutral), id) };
        for (number, term) in node.terms() {
            let at = TermAt { node: id, term: number };
            if term.kind == TermKind::Redirect {
                match term.node.and_then(|below| Some((below, tree.node(below)?))) {
                    Some((below, node)) if self.replaces(node) && !term.varies() => {
                        self.freeze_record(node);
                        return self.record(below);
                    }
                    _ if node.redirect().is_none() => continue,
                    _ => return (Default::Redirect(redirect_text(node, &tree.domain)), id),
                }
            }
            let Some(verdict) = term.verdict() else { continue };
            if term.kind == TermKind::All {
                self.dropped.extend(
                    (number + 1..)
                        .zip(node.terms.iter().skip(number as usize + 1))
                        .map(|(term, _)| TermAt { node: id, term }),
                );
                return (Default::Verdict(verdict), id);
            }
            if self.plan.leave_out.contains(&at) {
                self.dropped.push(at);
            } else {
                self.term(at, node, term, verdict);
            }
        }
        (Default::Verdict(Verdict::Neutral), id)
    }

    /// Reads a directive of a record that is in force.
    fn term(&mut self, at: TermAt, node: &Node, term: &Term, verdict: Verdict) {
        match term.kind {
            TermKind::Ip4 | TermKind::Ip6 => self.decide_all(at, verdict, &term.opens),
            TermKind::A | TermKind::Mx if term.varies() => self.leave(at, node, verdict, Some(Reason::Varies)),
            TermKind::A | TermKind::Mx if matches!(term.target, Target::Malformed(_)) => self.dropped.push(at),
            // In a record that takes the place of another, hosts are frozen with the rest of it.
            TermKind::A | TermKind::Mx if self.plan.hosts == Hosts::Replace || at.node != NodeId(0) => {
                self.freeze_hosts(term);
                self.decide_all(at, verdict, &term.opens);
            }
            TermKind::A | TermKind::Mx => self.leave(at, node, verdict, None),
            TermKind::Exists if matches!(term.target, Target::Malformed(_)) => self.dropped.push(at),
            TermKind::Exists => {
                let reason = if term.varies() { Reason::Varies } else { Reason::Exists };
                self.leave(at, node, verdict, Some(reason));
            }
            TermKind::Ptr => self.leave(at, node, verdict, Some(Reason::Varies)),
            TermKind::Include => self.include(at, node, term, verdict),
            TermKind::All | TermKind::Redirect => {}
        }
    }

    fn include(&mut self, at: TermAt, node: &Node, term: &Term, verdict: Verdict) {
        let below = term.node.and_then(|id| Some((id, self.tree.node(id)?)));
        let Some((id, child)) = below.filter(|(_, child)| self.replaces(child)) else {
            let reason = (term.varies() && self.plan.flatten != Flatten::Nothing).then_some(Reason::Varies);
            return self.leave(at, node, verdict, reason);
        };
        let Some(parts) = self.parts_of(id, child) else {
            return self.leave(at, node, verdict, Some(Reason::Entangled));
        };
        let mut is_used = false;
        for part in parts {
            match part {
                Part::Set(set) => is_used |= self.decide(verdict, &set),
                Part::Left(text) => {
                    is_used = true;
                    self.pieces.push(Piece::Left(verdict, text));
                }
            }
        }
        self.dropped.extend((!is_used).then_some(at));
    }

    /// What an included record lets pass; `None`, and nothing else is changed, when it cannot be told in the record that
    /// includes it.
    fn parts_of(&mut self, id: NodeId, node: &Node) -> Option<Vec<Part>> {
        let before = (self.frozen.clone(), self.kept.len(), self.dropped.len());
        let mut parts = Parts { parts: Vec::new(), decided: AddressSet::new(), blocked: AddressSet::new() };
        if self.parts(id, node, &mut parts) {
            return Some(parts.parts);
        }
        self.frozen = before.0;
        self.kept.truncate(before.1);
        self.dropped.truncate(before.2);
        None
    }

    /// Reads on what an included record lets pass; false when it cannot be told.
    fn parts(&mut self, id: NodeId, node: &Node, parts: &mut Parts) -> bool {
        self.freeze_record(node);
        let tree = self.tree;
        for (number, term) in node.terms() {
            let at = TermAt { node: id, term: number };
            let Some(verdict) = term.verdict() else {
                // RFC 7208 §6.1: redirect – if all mechanisms fail to match, and only if there is no "all"
                let below = node.redirect().and_then(|term| Some((term.node?, tree.node(term.node?)?)));
                return match below {
                    Some((below, child)) if self.goes_along(child) => self.parts(below, child, parts),
                    Some(_) => false,
                    None => node.redirect().is_none(),
                };
            };
            match (term.kind, &term.target) {
                (TermKind::All, _) => {
                    parts.decide(verdict, &AddressSet::everyone());
                    return true;
                }
                (TermKind::Ip4 | TermKind::Ip6, _) => parts.decide(verdict, &term.opens),
                (TermKind::A | TermKind::Mx, Target::Name(_)) => {
                    self.freeze_hosts(term);
                    parts.decide(verdict, &term.opens);
                }
                (TermKind::A | TermKind::Mx | TermKind::Exists, Target::Malformed(_)) => self.dropped.push(at),
                (TermKind::Include, Target::Name(_)) => {
                    if !self.nested(at, node, term, verdict, parts) {
                        return false;
                    }
                }
                _ => {
                    if !parts.leave(verdict, written(node, term)) {
                        return false;
                    }
                }
            }
        }
        true
    }

    /// An include inside an include.
    fn nested(&mut self, at: TermAt, node: &Node, term: &Term, verdict: Verdict, parts: &mut Parts) -> bool {
        let below = term.node.and_then(|id| Some((id, self.tree.node(id)?)));
        let Some((id, child)) = below.filter(|(_, child)| self.goes_along(child)) else {
            return parts.leave(verdict, written(node, term));
        };
        let Some(inner) = self.parts_of(id, child) else {
            self.kept.push(Kept { at, reason: Reason::Entangled });
            return parts.leave(verdict, written(node, term));
        };
        inner.into_iter().all(|part| match part {
            Part::Set(set) => {
                parts.decide(verdict, &set);
                true
            }
            Part::Left(text) => parts.leave(verdict, text),
        })
    }

    /// Whether what the domain's own record leads to is replaced.
    fn replaces(&self, node: &Node) -> bool {
        self.plan.flattens(&node.domain) && is_replaceable(node)
    }

    /// Whether a record is replaced when the one that leads to it is.
    fn goes_along(&self, node: &Node) -> bool {
        let stays = matches!(&self.plan.flatten, Flatten::AllBut(names) if names.contains(&node.domain));
        !stays && is_replaceable(node)
    }

    fn decide_all(&mut self, at: TermAt, verdict: Verdict, set: &AddressSet) {
        let is_used = self.decide(verdict, set);
        self.dropped.extend((!is_used).then_some(at));
    }

    /// Gives addresses their result, unless they have one. False when all of them do.
    fn decide(&mut self, verdict: Verdict, set: &AddressSet) -> bool {
        let new = set.difference(&self.decided);
        if new.is_empty() {
            return false;
        }
        self.decided.extend(set);
        if !matches!(self.pieces.last(), Some(Piece::Decided(_))) {
            self.pieces.push(Piece::Decided(Box::default()));
        }
        if let (Some(Piece::Decided(sets)), Some(place)) = (self.pieces.last_mut(), place(verdict)) {
            sets[place].extend(&new);
        }
        true
    }

    fn leave(&mut self, at: TermAt, node: &Node, verdict: Verdict, reason: Option<Reason>) {
        let Some((_, term)) = self.tree.term(at) else { return };
        let is_asked = self.plan.flatten != Flatten::Nothing || self.plan.hosts == Hosts::Replace;
        self.kept.extend(reason.filter(|_| is_asked).map(|reason| Kept { at, reason }));
        let text = if node.domain == self.tree.domain { mechanism_text(node, term, None) } else { written(node, term) };
        self.pieces.push(Piece::Left(verdict, text));
    }

    fn freeze_record(&mut self, node: &Node) {
        self.freeze(Question::txt(node.domain.clone()));
    }

    fn freeze_hosts(&mut self, term: &Term) {
        if let (TermKind::Mx, Target::Name(name)) = (term.kind, &term.target) {
            self.freeze(Question::new(name.clone(), Kind::Mx));
        }
        for host in &term.hosts {
            self.freeze(Question::new(host.name.clone(), Kind::A));
            self.freeze(Question::new(host.name.clone(), Kind::Aaaa));
        }
    }

    fn freeze(&mut self, question: Question) {
        // Of an absence there is nothing to be frozen.
        let Some(answer) = self.tree.answers.get(&question).filter(|answer| !answer.data().is_empty()) else { return };
        let ttl_s = answer.ttl_s();
        self.frozen.insert(Frozen { ttl_s, is_short: ttl_s <= self.plan.short_ttl_s, question });
    }
}

/// What an include lets pass, as far as it is read.
struct Parts {
    parts: Vec<Part>,
    /// Addresses that have their result in the included record.
    decided: AddressSet,
    /// Those among them that do not pass.
    blocked: AddressSet,
}

impl Parts {
    fn decide(&mut self, verdict: Verdict, set: &AddressSet) {
        let new = set.difference(&self.decided);
        self.decided.extend(set);
        // RFC 7208 §5.2: pass is a match; fail, softfail and neutral are not
        if verdict != Verdict::Pass {
            return self.blocked.extend(&new);
        }
        match self.parts.last_mut() {
            Some(Part::Set(set)) => set.extend(&new),
            _ => self.parts.push(Part::Set(new)),
        }
    }

    /// Leaves a term as it is. That is no more possible when addresses are kept from it: in the record that includes
    /// this one, nothing could do that.
    fn leave(&mut self, verdict: Verdict, text: String) -> bool {
        let is_possible = verdict == Verdict::Pass && self.blocked.is_empty();
        if is_possible {
            self.parts.push(Part::Left(text));
        }
        is_possible
    }
}

/// Whether a record can take part in the place of its name.
fn is_replaceable(node: &Node) -> bool {
    let results = &node.results;
    node.state == State::Sound && results.temp_error.is_empty() && results.perm_error.is_empty()
}

/// The mechanism of a term as it reads in another record: with the name of its own domain where it names none.
fn written(node: &Node, term: &Term) -> String {
    mechanism_text(node, term, Some(&node.domain))
}

fn mechanism_text(node: &Node, term: &Term, bound_to: Option<&Domain>) -> String {
    let directives = node.record().directives();
    let found = directives.binary_search_by_key(&term.span.start, |directive| directive.span.start);
    let Some(directive) = found.ok().and_then(|index| directives.get(index)) else { return term.text.clone() };
    let Directive { mechanism, .. } = directive;
    match bound_to {
        None => mechanism.to_string(),
        Some(domain) => bound(mechanism, domain).to_string(),
    }
}

fn bound(mechanism: &Mechanism, domain: &Domain) -> Mechanism {
    let named =
        |spec: &Option<DomainSpec>| Some(spec.as_ref().map_or_else(|| fixed(domain), |spec| bound_spec(spec, domain)));
    match mechanism {
        Mechanism::Include(spec) => Mechanism::Include(bound_spec(spec, domain)),
        Mechanism::Exists(spec) => Mechanism::Exists(bound_spec(spec, domain)),
        Mechanism::A(spec, cidr) => Mechanism::A(named(spec), *cidr),
        Mechanism::Mx(spec, cidr) => Mechanism::Mx(named(spec), *cidr),
        Mechanism::Ptr(spec) => Mechanism::Ptr(named(spec)),
        other => other.clone(),
    }
}

fn fixed(domain: &Domain) -> DomainSpec {
    DomainSpec::Fixed(domain.clone())
}

pub(crate) fn bound_spec(spec: &DomainSpec, domain: &Domain) -> DomainSpec {
    match spec {
        DomainSpec::Macros(macros) => DomainSpec::Macros(macros.bound_to(domain)),
        other => other.clone(),
    }
}

/// What stands behind `redirect=`, as it reads in the root's record.
fn redirect_text(node: &Node, root: &Domain) -> String {
    let Some(redirect) = &node.record().redirect else { return String::new() };
    if node.domain == *root {
        redirect.value.to_string()
    } else {
        bound_spec(&redirect.value, &node.domain).to_string()
    }
}
