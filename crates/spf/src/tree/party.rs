//! Who runs what a record leads to. Who that is, somebody else knows: the public suffix list is `dmarc`'s, and the names of
//! providers are a table of whoever asks.

use mailtext::Domain;

use super::{Cost, Target, TermAt, Tree};
use crate::space::Count;

/// Whose a name is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Party {
    /// The organisational domain.
    pub organizational: Domain,
    /// The name of who runs it, where it is known.
    pub operator: Option<String>,
}

/// What of a record is somebody's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartyShare {
    /// Who.
    pub party: Party,
    /// The terms of the domain's own record – of the one in force, and of those that redirect to it – that lead there.
    pub terms: Vec<TermAt>,
    /// What they cost together, with all below them.
    pub cost: Cost,
    /// How many addresses of IPv4 they add.
    pub adds_ip4: u64,
    /// How many addresses of IPv6 they add, at most 2^128.
    pub adds_ip6: Count,
}

impl Tree {
    /// Lets somebody say whose the names are to which records and terms lead.
    pub fn name_parties(&mut self, of: impl Fn(&Domain) -> Option<Party>) {
        for node in &mut self.nodes {
            node.party = of(&node.domain);
            for term in &mut node.terms {
                term.party = match &term.target {
                    Target::Name(name) => of(name),
                    _ => None,
                };
            }
        }
    }

    /// Who has which share in the record, in the order of the record. Of names that nobody named there is nothing.
    #[must_use]
    pub fn party_shares(&self) -> Vec<PartyShare> {
        let mut shares: Vec<PartyShare> = Vec::new();
        let mut id = Some(super::NodeId(0));
        while let Some((at, node)) = id.and_then(|id| Some((id, self.node(id)?))) {
            for (number, term) in node.terms() {
                // What a redirect leads to is looked at term by term.
                let Some(party) = term.party.as_ref().filter(|_| term.qualifier.is_some()) else { continue };
                let adds = (term.adds.count_ip4(), term.adds.count_ip6());
                let at = TermAt { node: at, term: number };
                match shares.iter_mut().find(|share| share.party == *party) {
                    Some(share) => {
                        share.terms.push(at);
                        share.cost = share.cost + term.total;
                        share.adds_ip4 = share.adds_ip4.saturating_add(adds.0);
                        share.adds_ip6 = share.adds_ip6 + adds.1;
                    }
                    None => shares.push(PartyShare {
                        party: party.clone(),
                        terms: vec![at],
                        cost: term.total,
                        adds_ip4: adds.0,
                        adds_ip6: adds.1,
                    }),
                }
            }
            id = node.redirect().and_then(|term| term.node);
        }
        shares
    }
}
