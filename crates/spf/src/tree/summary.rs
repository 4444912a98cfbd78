//! A tree in one sentence, and the words at the head of its drawing.

use mailtext::{Explain, Rule, Value};

use super::{State, Tree};
use crate::limits::Limits;
use crate::space::Count;

/// What a tree costs and opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Summary {
    /// Look-ups of a client that nothing matches.
    pub lookups: u32,
    /// How many are allowed.
    pub limit: u8,
    /// Void look-ups whatever the client.
    pub void_lookups: u32,
    /// How many addresses of IPv4 pass.
    pub ip4: u64,
    /// How many addresses of IPv6 pass.
    pub ip6: Count,
    /// What is behind the numbers.
    pub kind: SummaryKind,
}

/// How far the numbers go.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SummaryKind {
    /// They are all that there is to say.
    Whole,
    /// More may pass: some terms depend on the message.
    AndMore,
    /// Nobody gets as far for certain: there are errors below.
    WithErrors,
}

impl Tree {
    /// The tree in one sentence; `None` when there is no record to be told of.
    #[must_use]
    pub fn summary(&self) -> Option<Summary> {
        let is_there = matches!(self.root().state, State::Sound | State::Broken(_));
        let results = &self.results;
        let kind = if !results.perm_error.is_empty() || !results.temp_error.is_empty() {
            SummaryKind::WithErrors
        } else if results.undecided.is_empty() {
            SummaryKind::Whole
        } else {
            SummaryKind::AndMore
        };
        is_there.then(|| Summary {
            lookups: self.worst.cost.lookups,
            limit: Limits::default().lookup_count_max,
            void_lookups: self.worst.cost.void,
            ip4: results.pass.count_ip4(),
            ip6: results.pass.count_ip6(),
            kind,
        })
    }
}

/// The ids of summaries and labels, for the catalogues.
pub const IDS: &[&str] = &[
    "spf-tree-label-ip4",
    "spf-tree-label-ip6",
    "spf-tree-label-lookups",
    "spf-tree-summary",
    "spf-tree-summary-and-more",
    "spf-tree-summary-with-errors",
];

impl Explain for Summary {
    fn id(&self) -> &'static str {
        match self.kind {
            SummaryKind::Whole => "spf-tree-summary",
            SummaryKind::AndMore => "spf-tree-summary-and-more",
            SummaryKind::WithErrors => "spf-tree-summary-with-errors",
        }
    }

    fn rule(&self) -> Option<Rule> {
        Some(Rule("RFC 7208", "4.6.4"))
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("lookups", u64::from(self.lookups).into()),
            ("limit", u64::from(self.limit).into()),
            ("void_lookups", u64::from(self.void_lookups).into()),
            ("ip4", self.ip4.into()),
            ("ip6", rounded(self.ip6).into()),
        ]
    }
}

/// A number of addresses for people: as it is while it is small, else as the power of two that it reaches.
#[must_use]
pub fn rounded(count: Count) -> String {
    match count.number() {
        None => "2^128".to_owned(),
        Some(number) if number < EXACT_BELOW => number.to_string(),
        Some(number) if number.is_power_of_two() => format!("2^{}", number.ilog2()),
        Some(number) => format!(">2^{}", number.ilog2()),
    }
}

/// Numbers below this are told exactly.
const EXACT_BELOW: u128 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::AddressSet;

    #[test]
    fn large_numbers_are_powers_of_two() {
        let told = |number: u128| rounded(Count::from(number));
        assert_eq!((told(0), told(999_999), told(1_000_000)), ("0".into(), "999999".into(), ">2^19".into()));
        assert_eq!(
            (told(1 << 96), told((1 << 96) + 1), told(u128::MAX)),
            ("2^96".into(), ">2^96".into(), ">2^127".into())
        );
        assert_eq!(rounded(AddressSet::everyone().count_ip6()), "2^128");
    }
}
