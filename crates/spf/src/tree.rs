//! The whole tree of a domain's record: every include and redirect followed, every host looked up, whoever the client is.
//!
//! What an evaluation finds out for one client, the tree knows for all of them: which addresses each term opens, which it
//! adds to what stands before it, which terms can never match, what the way costs that asks most ([`Worst`]), and what
//! comes out for every address ([`Results`]). What only a message knows – `ptr`, macros but `%{d}` and `%{o}` – stays
//! undecided and is marked so.
//!
//! [`tree`] asks level by level, all questions of a level side by side; [`tree_of_record`] takes a record that is not
//! published yet; [`tree_of_answers`] asks nobody. What the tree does not hold is named by a [`Cut`].
//!
//! Reading order: this file (the shape), `grow` (how it is asked for), `results` (who may send), `limited` (the same with
//! the limits of RFC 7208 §4.6.4), `measure` (what it costs), [`draw`], [`remark`], [`lookalike`].

pub mod draw;
mod grow;
mod limited;
pub mod lookalike;
mod measure;
mod party;
pub mod remark;
mod results;
pub mod summary;

use std::collections::BTreeMap;
use std::sync::Arc;

use lookup::{Answer, Failure, Question};
use mailtext::{Domain, DomainError, Flaw, Span};

pub use grow::{tree, tree_of_answers, tree_of_record};
pub use lookalike::Lookalike;
pub use party::{Party, PartyShare};
pub use remark::Remark;
pub use results::Results;
pub use summary::{Summary, SummaryKind};

use crate::flaw::RecordFlaw;
use crate::limits::{
    TREE_ANSWER_BYTES_MAX, TREE_DEPTH_MAX, TREE_HOST_COUNT_MAX, TREE_NODE_COUNT_MAX, TREE_QUESTION_COUNT_MAX,
    TREE_TERM_COUNT_MAX,
};
use crate::macros::Letter;
use crate::outcome::Verdict;
use crate::record::{DualCidr, Policy, Qualifier, Record};
use crate::space::AddressSet;

/// A domain's record with all that it leads to. The first node is the domain's own record; a record that is reached twice
/// is there twice, as an evaluation counts it twice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tree {
    /// The domain whose record it is.
    pub domain: Domain,
    /// Where its record is from.
    pub source: Source,
    nodes: Vec<Node>,
    /// Every answer that it was made of.
    pub answers: BTreeMap<Question, Answer>,
    /// What comes out for which address, as if there were no limits of RFC 7208 §4.6.4.
    pub results: Results,
    /// What a client costs that no term matches.
    pub worst: Worst,
    /// The first of our own limits that kept something out of the tree.
    pub cut: Option<Cut>,
}

/// Where the record at the root is from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// From DNS.
    Published,
    /// It was given, to be judged before it is published.
    Given,
}

/// The number of a node in its tree; 0 is the root.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub u32);

/// A term in a tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TermAt {
    /// The node.
    pub node: NodeId,
    /// Which of [`Node::terms`], from 0.
    pub term: u32,
}

/// One record in the tree, or the place where one should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// The name where it stands.
    pub domain: Domain,
    /// The include or redirect that leads to it; `None` for the root.
    pub parent: Option<TermAt>,
    /// How many includes and redirects lead to it.
    pub depth: u32,
    /// What was found.
    pub state: State,
    /// What the TXT records say: text, record and flaws. Empty where there is no record.
    pub policy: Arc<Policy>,
    /// How long the answer may be kept, in seconds; 0 for a record that was given.
    pub ttl_s: u32,
    /// TXT records of the name that were meant to be SPF records, as it seems, and are none, and records of Sender ID.
    pub lookalikes: Vec<Lookalike>,
    /// The directives in order, and `redirect=` last.
    pub terms: Vec<Term>,
    /// The explanation, where one is named.
    pub explanation: Option<Explanation>,
    /// What the record costs with all below it, for a client that no term matches.
    pub total: Cost,
    /// What this record alone says of every address, with all below it, whoever includes it.
    pub results: Results,
    /// Whose it is, once [`Tree::name_parties`] was told.
    pub party: Option<Party>,
}

/// What was found where a record should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// A record without fatal flaw.
    Sound,
    /// A record with this fatal flaw, and perhaps others: permerror.
    Broken(Flaw<RecordFlaw>),
    /// So many records, more than one: permerror.
    Several(usize),
    /// The name has none: none at the root, permerror below.
    NoRecord,
    /// The name does not exist: none at the root, permerror below.
    NoSuchDomain,
    /// The domain has one label only, or is an address: none. Only at the root.
    NotCheckable,
    /// No answer could be had: temperror.
    Failed(Failure),
    /// The name is that of this node above, so that the evaluation does not end: permerror. It is not followed again.
    Loop(NodeId),
    /// One of our own limits ended the tree here.
    Cut(Cut),
}

/// One of the tree's own limits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cut {
    /// Of records.
    Nodes,
    /// Of includes one inside the other.
    Depth,
    /// Of questions.
    Questions,
    /// Of bytes in answers.
    Bytes,
    /// Of hosts of one `mx`.
    Hosts,
    /// Of terms of all records together.
    Terms,
}

/// The tree's own limits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Caps {
    /// Most records.
    pub node_count_max: usize,
    /// Most includes and redirects on the way to a record.
    pub depth_max: u32,
    /// Most questions.
    pub question_count_max: usize,
    /// Most bytes of all answers together, as [`Answer::size_bytes`] counts them.
    pub answer_bytes_max: usize,
    /// Most hosts of one `mx` that are looked up.
    pub host_count_max: usize,
    /// Most terms of all records together.
    pub term_count_max: usize,
}

/// One term with all that is known of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Term {
    /// Which mechanism, or the modifier.
    pub kind: TermKind,
    /// What a match means; `None` for `redirect=`.
    pub qualifier: Option<Qualifier>,
    /// Where it stands in the text of its record.
    pub span: Span,
    /// Its text, for people.
    pub text: String,
    /// What it asks for.
    pub target: Target,
    /// How `a` and `mx` widen each address; for other terms, not at all.
    pub cidr: DualCidr,
    /// The macros in it, once each.
    pub letters: Vec<Letter>,
    /// The record that an include or a redirect leads to.
    pub node: Option<NodeId>,
    /// The answer that names the hosts of `mx`.
    pub exchanges: Option<Answer>,
    /// The hosts of `a`, `mx` and `exists` with their addresses.
    pub hosts: Vec<Host>,
    /// What the term itself costs.
    pub own: Cost,
    /// What it costs with the record that it leads to.
    pub total: Cost,
    /// The addresses that it matches by itself, whatever stands before it. A qualifier other than `+` opens nothing to
    /// them, of course.
    pub opens: AddressSet,
    /// The addresses that it is the first to match, in an evaluation that begins at the root.
    pub adds: AddressSet,
    /// Why it never matches anything, where that is so.
    pub dead: Option<Dead>,
    /// Who runs what it asks for, once [`Tree::name_parties`] was told.
    pub party: Option<Party>,
}

/// Kinds of terms.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TermKind {
    /// `all`
    All,
    /// `include`
    Include,
    /// `a`
    A,
    /// `mx`
    Mx,
    /// `ptr`
    Ptr,
    /// `ip4`
    Ip4,
    /// `ip6`
    Ip6,
    /// `exists`
    Exists,
    /// `redirect=`
    Redirect,
}

/// What a term asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// Nothing.
    Nothing,
    /// Always this name.
    Name(Domain),
    /// Something else for each message: a macro says so, or it is `ptr`.
    Varies,
    /// What can be no name in DNS.
    Malformed(DomainError),
}

/// A host with its addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Host {
    /// Its name.
    pub name: Domain,
    /// The answer for A.
    pub ip4: Answer,
    /// The answer for AAAA; `None` for `exists`, which does not ask.
    pub ip6: Option<Answer>,
}

/// What counts against the limits of RFC 7208 §4.6.4.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Cost {
    /// Terms that ask DNS, and the macro `p`.
    pub lookups: u32,
    /// Void lookups of a client of IPv4, as the standard counts.
    pub void_ip4: u32,
    /// Void lookups of a client of IPv6, as the standard counts.
    pub void_ip6: u32,
    /// Void lookups whatever the client: names without any record, be it the other family's. Where a host has addresses
    /// of one family only, strict receivers count more.
    pub void: u32,
}

/// The way that costs most: that of a client which nothing matches.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Worst {
    /// What it costs as a whole; of a loop, once around.
    pub cost: Cost,
    /// Each term that costs something, in the order of evaluation.
    pub path: Vec<Counted>,
    /// Whether there is a loop on it, so that it exceeds every limit.
    pub is_endless: bool,
}

/// A term on the way, and what was spent when it was done with (of its own cost; what an include leads to comes behind).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted {
    /// The term.
    pub at: TermAt,
    /// All that was spent up to here, with this term.
    pub so_far: Cost,
}

/// Why a term never matches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dead {
    /// What kind of death.
    pub cause: Cause,
    /// The terms of the same record that match first, in order; together they cover it. At most
    /// [`crate::limits::SHADOW_COUNT_MAX`].
    pub by: Vec<TermAt>,
    /// Whether one of them gives another result, so that the term is not only superfluous but contradicted.
    pub is_contradicted: bool,
}

/// Kinds of death.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cause {
    /// It stands behind `all`, or is a redirect beside one.
    AfterAll,
    /// Terms before it match everything that it matches.
    Covered,
    /// Terms before it match everything there is.
    Unreached,
}

/// An explanation (RFC 7208 §6.2), as far as it is known without a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// Where `exp=` stands in the text of its record.
    pub span: Span,
    /// What is asked for its text.
    pub target: Target,
    /// What was found.
    pub state: ExplanationState,
}

/// What was found of an explanation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExplanationState {
    /// This text, with its macros.
    Text(String),
    /// It is not known: the name varies, or nobody was asked.
    Unknown,
    /// There is none.
    Missing,
    /// There are so many texts, more than one.
    Several(usize),
    /// The text has this flaw, and is not used.
    Broken(RecordFlaw),
    /// No answer could be had.
    Failed(Failure),
}

impl Tree {
    /// The domain's own record.
    #[must_use]
    pub fn root(&self) -> &Node {
        // Whoever makes a tree begins with its root.
        &self.nodes[0]
    }

    /// All nodes: a parent stands before its children.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        (0..).map(NodeId).zip(&self.nodes)
    }

    /// A node by its number.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    /// A term and its node.
    #[must_use]
    pub fn term(&self, at: TermAt) -> Option<(&Node, &Term)> {
        let node = self.node(at.node)?;
        Some((node, node.terms.get(at.term as usize)?))
    }

    /// All terms, node by node.
    pub fn terms(&self) -> impl Iterator<Item = (TermAt, &Node, &Term)> {
        self.nodes().flat_map(|(id, node)| {
            node.terms().map(move |(term_id, term)| (TermAt { node: id, term: term_id }, node, term))
        })
    }

    /// The includes and redirects that lead to a node, outermost first: with each looked-up name its way.
    #[must_use]
    pub fn way(&self, node: NodeId) -> Vec<TermAt> {
        let mut way = Vec::new();
        let mut next = self.node(node).and_then(|node| node.parent);
        while let Some(at) = next {
            way.push(at);
            next = self.node(at.node).and_then(|node| node.parent);
        }
        way.reverse();
        way
    }

    /// The record that is in force: the domain's own, or the one that `redirect=` leads to.
    #[must_use]
    pub fn in_force(&self) -> NodeId {
        let mut id = NodeId(0);
        while let Some(next) = self.node(id).and_then(Node::redirect).and_then(|term| term.node) {
            id = next;
        }
        id
    }

    /// Whether nothing keeps the tree from being known as a whole: every record sound, every question answered, none of
    /// our own limits reached. Terms that vary do not count.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.cut.is_none()
            && self.nodes.iter().all(|node| node.state == State::Sound)
            && self.results.temp_error.is_empty()
            && self.results.perm_error.is_empty()
            && self.nodes.iter().flat_map(|node| &node.terms).all(|term| term.failure().is_none())
    }
}

impl Node {
    /// The record; empty where there is none.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.policy.record
    }

    /// The terms with their numbers.
    pub fn terms(&self) -> impl Iterator<Item = (u32, &Term)> {
        (0..).zip(&self.terms)
    }

    /// The `redirect=` that counts: there is no `all`.
    #[must_use]
    pub fn redirect(&self) -> Option<&Term> {
        self.terms.last().filter(|term| term.kind == TermKind::Redirect && !self.record().has_all())
    }

    /// What the record says of those whom no term matches: its `all`, or that of the record that it redirects to, or
    /// neutral. `None` where there is no sound record, and where a redirect leads on.
    #[must_use]
    pub fn default_verdict(&self) -> Option<Verdict> {
        if self.state != State::Sound || self.redirect().is_some() {
            return None;
        }
        let all = self.terms.iter().find(|term| term.kind == TermKind::All);
        // RFC 7208 §4.7: if no mechanism matches and there is no "redirect", the result is "neutral"
        Some(all.and_then(|term| term.qualifier).map_or(Verdict::Neutral, Qualifier::verdict))
    }

    /// The first term that asks DNS with an `ip4` or `ip6` behind it that could have spared the question, and that term.
    #[must_use]
    pub fn cheap_behind_costly(&self) -> Option<(u32, u32)> {
        let is_network = |term: &Term| matches!(term.kind, TermKind::Ip4 | TermKind::Ip6);
        let (costly, _) = self.terms().find(|(_, term)| term.kind.asks_dns())?;
        let mut behind = self.terms().skip_while(|(at, _)| *at <= costly);
        let (cheap, _) = behind.find(|(_, term)| is_network(term) && term.dead.is_none())?;
        Some((costly, cheap))
    }
}

impl Term {
    /// The failure that keeps its addresses from being known, if there is one.
    #[must_use]
    pub fn failure(&self) -> Option<(&Domain, Failure)> {
        let failed = |answer: &Answer| match answer {
            // RFC 7208 §4.8: a name that cannot be asked is treated as the name of no host
            Answer::Failed(failure) if *failure != Failure::BadName => Some(*failure),
            _ => None,
        };
        if let (Some(failure), Target::Name(name)) = (self.exchanges.as_ref().and_then(failed), &self.target) {
            return Some((name, failure));
        }
        self.hosts.iter().find_map(|host| {
            let answers = std::iter::once(&host.ip4).chain(&host.ip6);
            answers.filter_map(failed).next().map(|failure| (&host.name, failure))
        })
    }

    /// What a match means; for `redirect=`, which decides nothing itself, `None`.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.qualifier.map(Qualifier::verdict)
    }

    /// Whether it depends on more than the client's address.
    #[must_use]
    pub fn varies(&self) -> bool {
        self.target == Target::Varies
    }
}

impl TermKind {
    /// Whether it counts as a look-up (RFC 7208 §4.6.4).
    #[must_use]
    pub fn asks_dns(self) -> bool {
        !matches!(self, Self::All | Self::Ip4 | Self::Ip6)
    }

    /// The word in records: `include`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Include => "include",
            Self::A => "a",
            Self::Mx => "mx",
            Self::Ptr => "ptr",
            Self::Ip4 => "ip4",
            Self::Ip6 => "ip6",
            Self::Exists => "exists",
            Self::Redirect => "redirect",
        }
    }
}

impl Worst {
    /// The term with which the limit is exceeded, on the way that costs most.
    #[must_use]
    pub fn exceeds(&self, lookup_count_max: u8) -> Option<&Counted> {
        self.path.iter().find(|counted| counted.so_far.lookups > u32::from(lookup_count_max))
    }

    /// The term with which more void lookups are met than the limit allows, whatever the client.
    #[must_use]
    pub fn exceeds_voids(&self, void_lookup_count_max: u8) -> Option<&Counted> {
        self.path.iter().find(|counted| counted.so_far.void > u32::from(void_lookup_count_max))
    }

    /// How many look-ups are left below the limit; `None` when it is exceeded.
    #[must_use]
    pub fn head_room(&self, lookup_count_max: u8) -> Option<u32> {
        if self.is_endless { None } else { u32::from(lookup_count_max).checked_sub(self.cost.lookups) }
    }
}

impl Cut {
    /// The word for it, stable: `records`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Nodes => "records",
            Self::Depth => "depth",
            Self::Questions => "questions",
            Self::Bytes => "bytes",
            Self::Hosts => "hosts",
            Self::Terms => "terms",
        }
    }
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            node_count_max: TREE_NODE_COUNT_MAX,
            depth_max: TREE_DEPTH_MAX,
            question_count_max: TREE_QUESTION_COUNT_MAX,
            answer_bytes_max: TREE_ANSWER_BYTES_MAX,
            host_count_max: TREE_HOST_COUNT_MAX,
            term_count_max: TREE_TERM_COUNT_MAX,
        }
    }
}

impl std::ops::Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            lookups: self.lookups.saturating_add(other.lookups),
            void_ip4: self.void_ip4.saturating_add(other.void_ip4),
            void_ip6: self.void_ip6.saturating_add(other.void_ip6),
            void: self.void.saturating_add(other.void),
        }
    }
}
