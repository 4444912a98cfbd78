//! SPF of a name, as a tree.

use lookup::{Lookup, Question};
use mailtext::Domain;
use spf::record::Qualifier;
use spf::tree::{Node, State, Target, TermKind, Tree, tree};
use spf::{Limits, Verdict};

pub use crate::survey::facts::{All, Spf, SpfProblem, SpfResult};

use crate::limits::SURVEY_INCLUDE_COUNT_MAX;
use crate::operators;
use crate::survey::facts::Reply;
use crate::survey::method::Method;

/// Asks.
pub(super) async fn look<L: Lookup + Sync>(lookup: &L, name: &Domain, method: &Method) -> Spf {
    let tree = tree(lookup, name, &method.caps).await;
    of_tree(&tree)
}

/// What a tree comes to.
#[must_use]
pub fn of_tree(tree: &Tree) -> Spf {
    let (result, problem) = judge(tree);
    let reply = tree.answers.get(&Question::txt(tree.domain.clone())).map_or(Reply::NotAsked, Reply::of);
    let is_there = matches!(result, SpfResult::Valid | SpfResult::Invalid) || tree.root().state == State::Sound;
    if !is_there {
        return Spf { reply, result, problem, ..Spf::default() };
    }
    let cost = tree.worst.cost;
    Spf {
        reply,
        result,
        problem,
        all: tree.node(tree.in_force()).and_then(all),
        lookups: cost.lookups,
        void_lookups: cost.void_ip4.max(cost.void_ip6),
        ipv4: tree.results.pass.count_ip4(),
        ipv6: tree.results.pass.count_ip6(),
        has_more: !tree.results.undecided.is_empty(),
        includes: includes(tree),
        providers: providers(tree),
    }
}

fn judge(tree: &Tree) -> (SpfResult, Option<SpfProblem>) {
    match tree.root().state {
        State::NoRecord | State::NoSuchDomain | State::NotCheckable => {
            let lookalike = (!tree.root().lookalikes.is_empty()).then_some(SpfProblem::Lookalike);
            return (SpfResult::Absent, lookalike);
        }
        State::Failed(_) => return (SpfResult::TempError, None),
        // RFC 7208 §4.5: more than one record is permerror.
        State::Several(_) => return (SpfResult::Invalid, Some(SpfProblem::Several)),
        // RFC 7208 §4.6: syntax errors anywhere in the record are permerror.
        State::Broken(_) => return (SpfResult::Invalid, Some(SpfProblem::Syntax)),
        State::Loop(_) | State::Cut(_) => return (SpfResult::Invalid, Some(SpfProblem::Other)),
        State::Sound => {}
    }
    let limits = Limits::default();
    let within = tree.results_within(&limits);
    if !within.of(Verdict::PermError).is_empty() {
        (SpfResult::Invalid, Some(problem(tree, &limits)))
    } else if !within.of(Verdict::TempError).is_empty() {
        (SpfResult::TempError, None)
    } else {
        (SpfResult::Valid, None)
    }
}

/// Why somebody meets permerror. What is wrong with a record comes before what is too much.
fn problem(tree: &Tree, limits: &Limits) -> SpfProblem {
    let states = || tree.nodes().map(|(_, node)| node.state);
    let cost = tree.worst.cost;
    if states().any(|state| matches!(state, State::Loop(_))) {
        SpfProblem::Loop
    } else if states().any(|state| matches!(state, State::Broken(_) | State::Several(_))) {
        SpfProblem::IncludedSyntax
    } else if states().any(|state| matches!(state, State::NoRecord | State::NoSuchDomain)) {
        // RFC 7208 §5.2: an include of a domain without record is permerror.
        SpfProblem::IncludedAbsent
    } else if cost.lookups > u32::from(limits.lookup_count_max) {
        SpfProblem::Lookups
    } else if cost.void_ip4.max(cost.void_ip6) > u32::from(limits.void_lookup_count_max) {
        SpfProblem::VoidLookups
    } else {
        SpfProblem::Other
    }
}

fn all(node: &Node) -> Option<All> {
    let term = node.terms.iter().find(|term| term.kind == TermKind::All)?;
    Some(match term.qualifier? {
        Qualifier::Pass => All::Pass,
        Qualifier::Neutral => All::Neutral,
        Qualifier::SoftFail => All::SoftFail,
        Qualifier::Fail => All::Fail,
    })
}

fn includes(tree: &Tree) -> Vec<Domain> {
    let leads = |kind| matches!(kind, TermKind::Include | TermKind::Redirect);
    let named = tree.root().terms.iter().filter(|term| leads(term.kind)).filter_map(|term| match &term.target {
        Target::Name(name) => Some(name.clone()),
        _ => None,
    });
    named.take(SURVEY_INCLUDE_COUNT_MAX).collect()
}

fn providers(tree: &Tree) -> Vec<Box<str>> {
    let mut providers: Vec<Box<str>> = Vec::new();
    for (_, node) in tree.nodes().skip(1) {
        if let Some(operator) = operators::operator(&node.domain)
            && !providers.iter().any(|kept| &**kept == operator)
        {
            providers.push(operator.into());
        }
    }
    providers
}
