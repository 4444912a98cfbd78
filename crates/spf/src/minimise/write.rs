//! The shortest terms that mean it, in as many records as it takes.

use mailtext::Domain;

use super::meaning::{Default, Meaning, Piece, VERDICTS, bound_spec, place};
use super::{NewRecord, Obstacle, Plan};
use crate::limits::WRITTEN_RECORD_COUNT_MAX;
use crate::outcome::Verdict;
use crate::space::{AddressSet, Prefix};
use crate::tree::{NodeId, TermKind, Tree};

/// What is written in one place.
enum Element {
    Networks(Networks),
    Left(Verdict, String),
}

/// Networks of one result, and further records that hold more of them.
struct Networks {
    verdict: Verdict,
    terms: Vec<String>,
    includes: Vec<Domain>,
}

/// Networks with their results, in the order in which they are written.
type Written = Vec<(Verdict, Vec<Prefix>)>;

/// The records that have this meaning: the domain's own, then those which it includes.
pub(crate) fn records(tree: &Tree, meaning: &Meaning, plan: &Plan) -> Result<Vec<NewRecord>, Obstacle> {
    let mut elements = elements(meaning);
    let tail = tail(tree, meaning);
    let mut further = Vec::new();
    let mut number = 0;
    loop {
        let text = text_of(&elements, &tail);
        if text.len() <= plan.octets_max {
            further.insert(0, NewRecord { name: tree.domain.clone(), text });
            return Ok(further);
        }
        if further.len() >= WRITTEN_RECORD_COUNT_MAX {
            return Err(Obstacle::TooLong(text.len()));
        }
        let name = next_name(tree, &elements, plan, &mut number)?;
        let Some(networks) = longest(&mut elements, name.as_str().len()) else {
            return Err(Obstacle::TooLong(text.len()));
        };
        let text = moved(networks, plan.octets_max).ok_or(Obstacle::TooLong(plan.octets_max))?;
        networks.includes.push(name.clone());
        further.push(NewRecord { name, text });
    }
}

/// The next name for a further record that the record itself does not use otherwise.
fn next_name(tree: &Tree, elements: &[Element], plan: &Plan, number: &mut u32) -> Result<Domain, Obstacle> {
    loop {
        *number += 1;
        let name = tree.domain.prefixed(&format!("{}{number}", plan.label)).map_err(|_| Obstacle::Name)?;
        let is_used = |element: &Element| matches!(element, Element::Left(_, text) if text.ends_with(name.as_str()));
        if !elements.iter().any(is_used) {
            return Ok(name);
        }
    }
}

/// The networks that take most room, if moving them elsewhere gains any.
fn longest(elements: &mut [Element], name_octets: usize) -> Option<&mut Networks> {
    let networks = elements.iter_mut().filter_map(|element| match element {
        Element::Networks(networks) => Some(networks),
        Element::Left(..) => None,
    });
    let longest = networks.max_by_key(|networks| networks.octets())?;
    (longest.octets() > name_octets + " ?include:".len()).then_some(longest)
}

/// Takes as many networks as one further record can hold, and writes it. The last ones: the first are the cheapest to
/// compare, and stay where they are.
fn moved(networks: &mut Networks, octets_max: usize) -> Option<String> {
    let mut octets = "v=spf1 -all".len();
    let fitting = networks.terms.iter().rev().take_while(|term| {
        octets += term.len() + 1;
        octets <= octets_max
    });
    let count = fitting.count();
    let moved = networks.terms.split_off(networks.terms.len() - count);
    // RFC 7208 §5.2: only "pass" of an included record is a match, whatever becomes of a match
    (!moved.is_empty()).then(|| format!("v=spf1 {} -all", moved.join(" ")))
}

impl Networks {
    fn octets(&self) -> usize {
        self.terms.iter().map(|term| term.len() + 1 + qualifier(self.verdict).len()).sum()
    }
}

fn text_of(elements: &[Element], tail: &str) -> String {
    let mut text = "v=spf1".to_owned();
    for element in elements {
        match element {
            Element::Left(verdict, mechanism) => {
                text.extend([" ", qualifier(*verdict), mechanism]);
            }
            Element::Networks(Networks { verdict, terms, includes }) => {
                terms.iter().for_each(|term| text.extend([" ", qualifier(*verdict), term]));
                includes.iter().for_each(|name| text.extend([" ", qualifier(*verdict), "include:", name.as_str()]));
            }
        }
    }
    text + tail
}

/// What stands behind the mechanisms: `all` or `redirect=`, and the modifiers that count.
fn tail(tree: &Tree, meaning: &Meaning) -> String {
    let mut tail = match &meaning.default {
        Default::Redirect(target) => format!(" redirect={target}"),
        Default::Verdict(verdict) => {
            // RFC 7208 §4.7: without "all" it is as if "?all" were there; whoever wrote none gets none
            let has_all = tree
                .nodes()
                .any(|(id, node)| id == meaning.in_force && node.terms.iter().any(|term| term.kind == TermKind::All));
            if has_all { format!(" {}all", qualifier(*verdict)) } else { String::new() }
        }
    };
    let Some(node) = tree.node(meaning.in_force) else { return tail };
    let record = node.record();
    for modifier in &record.unknown_modifiers {
        tail.extend([" ", &modifier.name, "=", &modifier.value]);
    }
    // The modifiers of RFC 6652, as the record itself writes them.
    let reports = record.to_string();
    let words = reports.split(' ').filter(|word| ["ra=", "rp=", "rr="].iter().any(|start| word.starts_with(start)));
    words.for_each(|word| tail.extend([" ", word]));
    if let Some(explanation) = &record.explanation {
        let is_own = meaning.in_force == NodeId(0);
        let spec = if is_own { explanation.value.clone() } else { bound_spec(&explanation.value, &node.domain) };
        tail.extend([" exp=", &spec.to_string()]);
    }
    tail
}

fn elements(meaning: &Meaning) -> Vec<Element> {
    let mut elements = Vec::new();
    let mut prior = AddressSet::new();
    for (index, piece) in meaning.pieces.iter().enumerate() {
        match piece {
            Piece::Left(verdict, text) => elements.push(Element::Left(*verdict, text.clone())),
            Piece::Decided(sets) => {
                let is_last = index + 1 == meaning.pieces.len();
                let default = match &meaning.default {
                    Default::Verdict(verdict) if is_last => Some(*verdict),
                    _ => None,
                };
                for (verdict, prefixes) in shortest(sets, &prior, default) {
                    let terms = prefixes.into_iter().map(term).collect();
                    elements.push(Element::Networks(Networks { verdict, terms, includes: Vec::new() }));
                }
                sets.iter().for_each(|set| prior.extend(set));
            }
        }
    }
    elements
}

/// The fewest networks that give these addresses their results. The first match wins, so what is said first need not be
/// kept out of what is said later: every order is tried. At the end, who gets what all others get need not be named at
/// all; to name it first may be shorter, though: `-ip4:10.1.0.0/16 ip4:10.0.0.0/8 -all`.
fn shortest(sets: &[AddressSet; 4], prior: &AddressSet, default: Option<Verdict>) -> Written {
    let used: Vec<Verdict> = VERDICTS.into_iter().filter(|verdict| set(sets, *verdict).is_some()).collect();
    let needed: Vec<Verdict> = used.iter().copied().filter(|verdict| Some(*verdict) != default).collect();
    let mut ways: Vec<Written> = orders(&needed).iter().map(|order| in_order(sets, prior, order)).collect();
    if needed.len() < used.len() {
        ways.extend(orders(&used).iter().map(|order| in_order(sets, prior, order)));
    }
    if let (Some(default), [only]) = (default, &*needed) {
        let holes = with_holes(sets, *only, prior).into_iter();
        ways.extend(holes.map(|(hole, around)| vec![(default, hole), (*only, around)]));
    }
    let octets =
        |written: &Written| written.iter().map(|(verdict, prefixes)| octets(*verdict, prefixes)).sum::<usize>();
    ways.into_iter().min_by_key(octets).unwrap_or_default()
}

/// Ways to write a set as a larger one and what is not of it: for each length of prefixes, the ones of that length that
/// are at least half full.
fn with_holes(sets: &[AddressSet; 4], verdict: Verdict, prior: &AddressSet) -> Vec<(Vec<Prefix>, Vec<Prefix>)> {
    let Some(wanted) = set(sets, verdict) else { return Vec::new() };
    let mut ways = Vec::new();
    for length in HOLE_LENGTHS {
        let mut around = wanted.clone();
        for prefix in wanted.prefixes().filter(|prefix| prefix.address().is_ipv4() && prefix.bits() > length) {
            around.insert(prefix.address(), length);
        }
        // More than twice as much is no set with holes.
        if around.count_ip4() / 2 > wanted.count_ip4() || around == *wanted {
            continue;
        }
        let hole = around.difference(wanted).difference(prior);
        ways.push((hole.prefixes().collect(), cover(&around, &around.union(prior))));
    }
    ways
}

fn set(sets: &[AddressSet; 4], verdict: Verdict) -> Option<&AddressSet> {
    place(verdict).and_then(|place| sets.get(place)).filter(|set| !set.is_empty())
}

fn in_order(sets: &[AddressSet; 4], prior: &AddressSet, order: &[Verdict]) -> Written {
    let mut free = prior.clone();
    let mut written = Vec::new();
    for verdict in order {
        let Some(wanted) = set(sets, *verdict) else { continue };
        free.extend(wanted);
        written.push((*verdict, cover(wanted, &free)));
    }
    written
}

/// The fewest prefixes that hold all that is wanted and nothing but what is allowed; each no larger than it must be.
fn cover(wanted: &AddressSet, allowed: &AddressSet) -> Vec<Prefix> {
    let within = |prefix: Prefix| AddressSet::of_prefix(prefix.address(), prefix.bits()).intersection(wanted);
    allowed.prefixes().filter_map(|prefix| within(prefix).enclosing()).collect()
}

/// All orders of at most four.
fn orders(items: &[Verdict]) -> Vec<Vec<Verdict>> {
    let mut orders = vec![Vec::new()];
    for item in items {
        orders = orders
            .into_iter()
            .flat_map(|order: Vec<Verdict>| {
                (0..=order.len()).map(move |place| {
                    let mut order = order.clone();
                    order.insert(place, *item);
                    order
                })
            })
            .collect();
    }
    orders
}

fn octets(verdict: Verdict, prefixes: &[Prefix]) -> usize {
    prefixes.iter().map(|prefix| term(*prefix).len() + 1 + qualifier(verdict).len()).sum()
}

fn term(prefix: Prefix) -> String {
    if prefix.address().is_ipv4() { format!("ip4:{prefix}") } else { format!("ip6:{prefix}") }
}

fn qualifier(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail => "-",
        Verdict::SoftFail => "~",
        Verdict::Neutral => "?",
        _ => "",
    }
}

/// The lengths of IPv4 prefixes in which holes are sought.
const HOLE_LENGTHS: [u8; 17] = [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24];
