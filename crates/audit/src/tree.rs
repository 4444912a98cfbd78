//! The tree of an SPF record as plain values, for whoever draws it.

use std::collections::HashMap;

use mailtext::Explain as _;
use spf::tree::TermAt;
use spf::tree::draw::About;
use spf::tree::summary::rounded;

use crate::guideline::Evidence;

/// The record, or a term of it or of one that it leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Branch {
    /// How far below the domain's own record: 0 is the record itself.
    pub level: usize,
    /// The domain, or the text of the term.
    pub text: String,
    /// Who runs what it leads to, where it is known.
    pub operator: Option<String>,
    /// Lookups of it and of all below it.
    pub lookups: u32,
    /// On the way that costs most: how many lookups are spent when it is done with.
    pub spent: Option<u32>,
    /// The addresses that it lets pass and nothing before it does: of IPv4 their number, of IPv6 about their number, as
    /// `>2^96`. `None` where it lets nobody pass, or only a message knows.
    pub adds: Option<(u64, String)>,
    /// What is to be said of it.
    pub remarks: Vec<Evidence>,
}

/// A tree with all its branches.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Drawn {
    /// What sums it up; nothing where there is no record.
    pub summary: Option<Evidence>,
    /// Lookups of a client that nothing matches.
    pub lookups: u32,
    /// How many receivers allow (RFC 7208 §4.6.4).
    pub lookup_limit: u32,
    /// Whether the way that costs most has no end.
    pub is_endless: bool,
    /// The record and its terms, each before those below it.
    pub branches: Vec<Branch>,
}

/// Draws a tree.
#[must_use]
pub fn draw(tree: &spf::Tree) -> Drawn {
    let spent: HashMap<TermAt, u32> =
        tree.worst.path.iter().map(|counted| (counted.at, counted.so_far.lookups)).collect();
    let said = |what: &dyn mailtext::Explain| Evidence { sentence: what.id(), arguments: what.arguments() };
    let branches = tree.lines().into_iter().map(|line| Branch {
        level: line.rails.len(),
        text: line.text,
        operator: line.operator,
        lookups: line.total.lookups,
        spent: match line.about {
            About::Root => None,
            About::Term(at) => spent.get(&at).copied(),
        },
        adds: line.adds.map(|adds| (adds.ip4, rounded(adds.ip6))),
        remarks: line.remarks.iter().map(|remark| said(remark)).collect(),
    });
    Drawn {
        summary: tree.summary().map(|summary| Evidence { sentence: summary.id(), arguments: summary.arguments() }),
        lookups: tree.worst.cost.lookups,
        lookup_limit: spf::Limits::default().lookup_count_max.into(),
        is_endless: tree.worst.is_endless,
        branches: branches.collect(),
    }
}
