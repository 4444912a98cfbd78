//! What a tree costs: look-ups and void look-ups as RFC 7208 §4.6.4 counts them.

use lookup::{Answer, Question};

use super::grow::exchanges;
use super::{Cause, Cost, Counted, Host, NodeId, State, Term, TermAt, TermKind, Tree, Worst};
use crate::limits::Limits;
use crate::macros::Letter;

/// Finds the costs of every term and node, and the way that costs most.
pub(crate) fn find(tree: &mut Tree) {
    // Children stand behind their parents.
    for index in (0..tree.nodes.len()).rev() {
        let mut terms = std::mem::take(&mut tree.nodes[index].terms);
        let (mut total, mut is_over) = (Cost::default(), false);
        for term in &mut terms {
            term.own = own(tree, term);
            let below = term.node.and_then(|id| tree.node(id)).map(|node| node.total).unwrap_or_default();
            term.total = term.own + below;
            if !is_over {
                total = total + term.total;
            }
            is_over |= ends(term);
        }
        let node = &mut tree.nodes[index];
        node.terms = terms;
        node.total = total;
    }
    let mut worst = Worst::default();
    walk(tree, NodeId(0), &mut worst);
    tree.worst = worst;
}

/// Whether no client comes behind the term, in its record.
fn ends(term: &Term) -> bool {
    term.kind == TermKind::All || (term.opens.is_everyone() && term.kind != TermKind::Redirect)
}

/// Goes the way of a client that nothing matches.
fn walk(tree: &Tree, id: NodeId, worst: &mut Worst) {
    let Some(node) = tree.node(id) else { return };
    worst.is_endless |= matches!(node.state, State::Loop(_));
    for (number, term) in node.terms() {
        if term.kind == TermKind::Redirect && node.redirect().is_none() {
            return;
        }
        if term.own != Cost::default() {
            worst.cost = worst.cost + term.own;
            worst.path.push(Counted { at: TermAt { node: id, term: number }, so_far: worst.cost });
        }
        if let Some(below) = term.node {
            walk(tree, below, worst);
        }
        if ends(term) {
            return;
        }
    }
}

fn own(tree: &Tree, term: &Term) -> Cost {
    let is_ended = term.dead.as_ref().is_some_and(|dead| dead.cause == Cause::AfterAll);
    if !term.kind.asks_dns() || is_ended {
        return Cost::default();
    }
    // RFC 7208 §4.6.4: the "p" macro is included in the limit
    let mut cost = Cost { lookups: 1 + u32::from(term.letters.contains(&Letter::ValidatedName)), ..Cost::default() };
    let record = term.node.and_then(|id| tree.node(id)).map(|node| Question::txt(node.domain.clone()));
    let answer = record.and_then(|question| tree.answers.get(&question));
    for answer in answer.into_iter().chain(&term.exchanges) {
        cost = cost + void_of(answer, Some(answer));
    }
    // More hosts than are allowed end the evaluation before they are asked for.
    let limit = usize::from(Limits::default().mx_host_count_max);
    if term.exchanges.as_ref().is_none_or(|answer| exchanges(answer).count() <= limit) {
        cost =
            term.hosts.iter().fold(cost, |cost, Host { ip4, ip6, .. }| cost + void_of(ip4, ip6.as_ref().or(Some(ip4))));
    }
    cost
}

fn void_of(ip4: &Answer, ip6: Option<&Answer>) -> Cost {
    let void_ip4 = u32::from(ip4.is_void());
    let void_ip6 = u32::from(ip6.is_some_and(Answer::is_void));
    Cost { lookups: 0, void_ip4, void_ip6, void: void_ip4 & void_ip6 }
}
