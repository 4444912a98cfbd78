//! How much of a record has to be replaced until it keeps the limit of look-ups.

use lookup::{Data, Question};

use super::{Flatten, Minimised, Obstacle, Plan, minimise};
use crate::limits::{Limits, TRIED_TERM_COUNT_MAX};
use crate::record::Record;
use crate::tree::{Caps, NodeId, Source, Target, Term, TermAt, TermKind, Tree, tree_of_answers};

/// The terms of the domain's own record that ask DNS and could go without changing any result, by the answers of now: what
/// they match, others match just so. They can go one and all; of two that match the same, only the later one is named.
#[must_use]
pub fn superfluous(tree: &Tree) -> Vec<TermAt> {
    let node = tree.root();
    let mut gone: Vec<TermAt> = Vec::new();
    let is_candidate = |term: &Term| term.kind.asks_dns() && term.kind != TermKind::Redirect && !term.varies();
    let candidates: Vec<u32> = node.terms().filter(|(_, term)| is_candidate(term)).map(|(number, _)| number).collect();
    // From behind, so that of two which match the same the first one stays.
    for number in candidates.into_iter().take(TRIED_TERM_COUNT_MAX).rev() {
        let at = TermAt { node: NodeId(0), term: number };
        gone.push(at);
        if without(tree, &gone).results != tree.results {
            gone.pop();
        }
    }
    gone.reverse();
    gone
}

/// The tree of the record without these of its terms.
fn without(tree: &Tree, gone: &[TermAt]) -> Tree {
    let text = text_without(tree, gone);
    let mut answers = tree.answers.clone();
    let answer = lookup::Answer::of(vec![Data::txt(text)], 0);
    answers.insert(Question::txt(tree.domain.clone()), answer);
    tree_of_answers(answers, &tree.domain, Source::Given, &Caps::default())
}

fn text_without(tree: &Tree, gone: &[TermAt]) -> Vec<u8> {
    let record: &Record = tree.root().record();
    let mut text = record.text().to_vec();
    for at in gone {
        let Some((_, term)) = tree.term(*at) else { continue };
        let span = term.span.start as usize..term.span.end as usize;
        if let Some(bytes) = text.get_mut(span) {
            bytes.fill(b' ');
        }
    }
    text
}

/// Writes the record so that it keeps the limit of look-ups, with as little replaced as possible: first what is superfluous
/// goes, then the includes are replaced one by one, those first that save most look-ups for the fewest networks, and hosts
/// last. What the plan says of replacing is where it begins.
///
/// The result may still cost too much, when nothing more can be replaced; [`Minimised::after`] says so.
///
/// # Errors
/// As [`minimise`].
pub fn fit(tree: &Tree, plan: &Plan) -> Result<Minimised, Obstacle> {
    let limit = u32::from(Limits::default().lookup_count_max);
    let mut plan = plan.clone();
    if plan.leave_out.is_empty() {
        plan.leave_out = superfluous(tree);
    }
    let mut best = minimise(tree, &plan)?;
    let candidates = candidates(tree);
    let mut taken = Vec::new();
    for name in candidates.into_iter().take(TRIED_TERM_COUNT_MAX) {
        if best.after.lookups <= limit || plan.flatten == Flatten::All {
            break;
        }
        taken.push(name);
        let names = match &plan.flatten {
            Flatten::Only(names) => names.iter().chain(&taken).cloned().collect(),
            _ => taken.clone(),
        };
        let next = minimise(tree, &Plan { flatten: Flatten::Only(names), ..plan.clone() })?;
        if next.after.lookups < best.after.lookups {
            best = next;
        } else {
            taken.pop();
        }
    }
    if best.after.lookups > limit {
        let flatten = if taken.is_empty() { plan.flatten.clone() } else { Flatten::All };
        let next = minimise(tree, &Plan { flatten, hosts: super::Hosts::Replace, ..plan })?;
        if next.after.lookups < best.after.lookups {
            best = next;
        }
    }
    Ok(best)
}

/// The names that the record in force includes, those first that save most for the least.
fn candidates(tree: &Tree) -> Vec<mailtext::Domain> {
    let mut found: Vec<(u64, mailtext::Domain)> = Vec::new();
    for (_, node, term) in tree.terms() {
        let is_own =
            node.depth == 0 || tree.node(tree.in_force()).is_some_and(|in_force| in_force.domain == node.domain);
        let Target::Name(name) = &term.target else { continue };
        if !is_own || !matches!(term.kind, TermKind::Include | TermKind::Redirect) || term.dead.is_some() {
            continue;
        }
        // Octets in the record for each look-up that is saved.
        let prefixes = term.opens.prefixes().count() as u64;
        found.push((prefixes * 100 / u64::from(term.total.lookups.max(1)), name.clone()));
    }
    found.sort();
    found.dedup_by(|one, other| one.1 == other.1);
    found.into_iter().map(|(_, name)| name).collect()
}
