//! The tree as lines: one for the record, one for each term below it, with what it costs and adds at the side. What the
//! lines look like in the end is for whoever prints them.

use super::{Cost, NodeId, Remark, Term, TermAt, Tree};
use crate::outcome::Verdict;
use crate::space::{AddressSet, Count};

/// One line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// What it is about.
    pub about: About,
    /// For each level above and the line's own, outermost first, whether more comes below at that level: what rails are
    /// drawn by. Empty for the root.
    pub rails: Vec<bool>,
    /// The name of the root, or the text of a term.
    pub text: String,
    /// Who runs what it leads to, where somebody said so ([`Tree::name_parties`]).
    pub operator: Option<String>,
    /// What it costs with all below it.
    pub total: Cost,
    /// How many addresses it lets pass that nothing before it does; of the root, how many pass at all. `None` for terms
    /// that let nobody pass, and for those of which only a message knows.
    pub adds: Option<Adds>,
    /// What is to be said of it, and of the record that it leads to.
    pub remarks: Vec<Remark>,
}

/// How many addresses are added.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Adds {
    /// Of IPv4.
    pub ip4: u64,
    /// Of IPv6: at most 2^128.
    pub ip6: Count,
}

impl Adds {
    fn of(set: &AddressSet) -> Self {
        Self { ip4: set.count_ip4(), ip6: set.count_ip6() }
    }
}

/// What a line is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum About {
    /// The domain's own record.
    Root,
    /// A term, and the record that it leads to.
    Term(TermAt),
}

impl Tree {
    /// The lines, in the order of evaluation.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let root = Line {
            about: About::Root,
            rails: Vec::new(),
            text: self.domain.as_str().to_owned(),
            operator: None,
            total: self.worst.cost,
            adds: Some(Adds::of(&self.results.pass)),
            remarks: self.remarks_of_node(NodeId(0)),
        };
        let mut lines = vec![root];
        self.draw(NodeId(0), &[], &mut lines);
        lines
    }

    fn draw(&self, id: NodeId, rails: &[bool], lines: &mut Vec<Line>) {
        let Some(node) = self.node(id) else { return };
        for (number, term) in node.terms() {
            let at = TermAt { node: id, term: number };
            let mut own_rails = rails.to_vec();
            own_rails.push(number as usize + 1 < node.terms.len());
            let mut remarks = self.remarks_of_term(at);
            if let Some(below) = term.node {
                remarks.extend(self.remarks_of_node(below));
            }
            lines.push(Line {
                about: About::Term(at),
                rails: own_rails.clone(),
                text: term.text.clone(),
                operator: term.party.as_ref().and_then(|party| party.operator.clone()),
                total: term.total,
                adds: (lets_pass(term) && !term.varies()).then(|| Adds::of(&term.adds)),
                remarks,
            });
            if let Some(below) = term.node {
                self.draw(below, &own_rails, lines);
            }
        }
    }
}

/// Whether a match of the term is a pass, of its own record at least.
fn lets_pass(term: &Term) -> bool {
    term.verdict().is_none_or(|verdict| verdict == Verdict::Pass)
}
