//! The tree as lines: one for the record, one for each term below it, with what it costs and adds at the side. What the
//! lines look like in the end is for whoever prints them.

use super::{Cost, NodeId, Remark, TermAt, Tree};
use crate::space::Count;

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
    /// What it costs with all below it.
    pub total: Cost,
    /// How many addresses of IPv4 it adds; of the root, how many pass.
    pub ip4: u64,
    /// How many addresses of IPv6 it adds; of the root, how many pass.
    pub ip6: Count,
    /// What is to be said of it, and of the record that it leads to.
    pub remarks: Vec<Remark>,
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
            total: self.worst.cost,
            ip4: self.results.pass.count_ip4(),
            ip6: self.results.pass.count_ip6(),
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
                total: term.total,
                ip4: term.adds.count_ip4(),
                ip6: term.adds.count_ip6(),
                remarks,
            });
            if let Some(below) = term.node {
                self.draw(below, &own_rails, lines);
            }
        }
    }
}
