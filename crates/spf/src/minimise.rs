//! Writes a record anew so that it costs less and means the same: names replaced by the networks that they stand for now,
//! networks joined, what is superfluous left out, and more than one record where one would be too long.
//!
//! What only a message knows – `ptr`, macros, and includes that hold them where they cannot be lifted out – stays as it
//! is, in its place; so does what the [`Plan`] keeps. Nothing is believed of a new record that is not proved: it is parsed,
//! its tree is made of the answers that the old tree has, and both must say the same of every address, and the same terms
//! must be left in the same places ([`Proof`]).
//!
//! Reading order: this file, `meaning` (what a record means, in a normal form), `write` (the shortest terms that mean it),
//! `fit` (how much of a record has to be replaced until it keeps the limit), [`remark`].

mod fit;
mod meaning;
pub mod remark;
mod write;

use std::collections::BTreeMap;

use lookup::{Answer, Data, Question};
use mailtext::Domain;

pub use fit::{fit, superfluous};
pub use remark::Remark;

use crate::limits::{WRITTEN_OCTETS_MAX, WRITTEN_PREFIX_COUNT_MAX};
use crate::tree::{Caps, Cost, Results, Source, State, TermAt, Tree, tree_of_answers};
use meaning::Meaning;

/// What is replaced, and how long records may be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Which includes and redirects are replaced by what they stand for.
    pub flatten: Flatten,
    /// Whether `a` and `mx` are replaced by the addresses of their hosts.
    pub hosts: Hosts,
    /// Terms that ask DNS and that are left out although they may match somebody: those of
    /// [`superfluous`], when they are to go. Only terms of the domain's own record.
    pub leave_out: Vec<TermAt>,
    /// Longest record, in octets.
    pub octets_max: usize,
    /// How the names of further records begin: `_spf` gives `_spf1.example.jp`.
    pub label: String,
    /// Answers that may be kept no longer than this, in seconds, are called short-lived when they are frozen.
    pub short_ttl_s: u32,
}

/// Which includes and redirects are replaced.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Flatten {
    /// None.
    #[default]
    Nothing,
    /// All that can be.
    All,
    /// Those of these names, and what they include.
    Only(Vec<Domain>),
    /// All but those of these names.
    AllBut(Vec<Domain>),
}

/// What becomes of `a` and `mx`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Hosts {
    /// They stay, as far as they stand in the domain's own record or in one that is not replaced.
    #[default]
    Keep,
    /// They are replaced by the addresses of now.
    Replace,
}

/// A record, or several, that mean the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Minimised {
    /// The domain's own record first, then those that it includes.
    pub records: Vec<NewRecord>,
    /// What the old record costs at most.
    pub before: Cost,
    /// What the new one costs at most.
    pub after: Cost,
    /// That both mean the same.
    pub proof: Proof,
    /// Answers that the new record holds as they are now: whoever changes them changes nothing any more.
    pub frozen: Vec<Frozen>,
    /// Terms that were to be replaced and had to stay.
    pub kept: Vec<Kept>,
    /// Terms of the old record, and of those that were replaced, that match nobody, or nobody any more.
    pub dropped: Vec<TermAt>,
}

/// A record to be published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewRecord {
    /// The name.
    pub name: Domain,
    /// The text.
    pub text: String,
}

/// What was compared. A [`Minimised`] is only given where all of it is the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proof {
    /// How many addresses of IPv4 pass, before and after.
    pub pass_ip4: u64,
    /// How many ranges of addresses were compared, of all results.
    pub range_count: usize,
    /// How many terms were compared that stay undecided.
    pub term_count: usize,
}

/// An answer that was written into the record.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Frozen {
    /// How long it may be kept, in seconds; first, so that the shortest come first.
    pub ttl_s: u32,
    /// Whether that is short, by the plan.
    pub is_short: bool,
    /// The question.
    pub question: Question,
}

/// A term that could not be replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kept {
    /// The term, in the old tree.
    pub at: TermAt,
    /// Why.
    pub reason: Reason,
}

/// Why a term cannot be replaced.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    /// It depends on more than the client's address.
    Varies,
    /// What it includes depends on more than the client's address, behind terms that let some addresses not pass.
    Entangled,
    /// It is `exists`, which matches as long as a name is there.
    Exists,
}

/// Why no record was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Obstacle {
    /// The record is none that could be written anew: missing, broken, with failing questions below. What it means for
    /// some addresses is an error, and nothing else can be proved to mean that.
    Unsound,
    /// There is more to be written than records can hold: so many prefixes.
    TooLarge(usize),
    /// The domain's own record would be longer than is allowed, in octets, whatever is put elsewhere.
    TooLong(usize),
    /// The name of a further record cannot be built.
    Name,
    /// The new record does not mean the same. This never happens, and is never passed over.
    Unproved,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            flatten: Flatten::Nothing,
            hosts: Hosts::Keep,
            leave_out: Vec::new(),
            octets_max: WRITTEN_OCTETS_MAX,
            label: "_spf".to_owned(),
            short_ttl_s: SHORT_TTL_S,
        }
    }
}

impl Plan {
    /// Everything is replaced that can be.
    #[must_use]
    pub fn flat() -> Self {
        Self { flatten: Flatten::All, hosts: Hosts::Replace, ..Self::default() }
    }

    fn flattens(&self, name: &Domain) -> bool {
        match &self.flatten {
            Flatten::Nothing => false,
            Flatten::All => true,
            Flatten::Only(names) => names.contains(name),
            Flatten::AllBut(names) => !names.contains(name),
        }
    }
}

/// Writes the record of a tree anew.
///
/// # Errors
/// When the tree is no sound one, or what comes out is larger than records can be.
pub fn minimise(tree: &Tree, plan: &Plan) -> Result<Minimised, Obstacle> {
    if tree.root().state != State::Sound || !tree.results.temp_error.is_empty() || !tree.results.perm_error.is_empty() {
        return Err(Obstacle::Unsound);
    }
    let meaning = Meaning::of(tree, plan);
    let prefix_count = meaning.prefix_count();
    if prefix_count > WRITTEN_PREFIX_COUNT_MAX {
        return Err(Obstacle::TooLarge(prefix_count));
    }
    let records = write::records(tree, &meaning, plan)?;
    let new = tree_of(tree, &records);
    let proof = proved(tree, &meaning, &new, &records)?;
    let mut frozen = meaning.frozen;
    frozen.sort();
    Ok(Minimised {
        records,
        before: tree.worst.cost,
        after: new.worst.cost,
        proof,
        frozen,
        kept: meaning.kept,
        dropped: meaning.dropped,
    })
}

/// The tree of new records, by the answers of the old one.
fn tree_of(tree: &Tree, records: &[NewRecord]) -> Tree {
    let mut answers: BTreeMap<Question, Answer> = tree.answers.clone();
    for record in records {
        let answer = Answer::of(vec![Data::txt(&record.text)], 0);
        answers.insert(Question::txt(record.name.clone()), answer);
    }
    tree_of_answers(answers, &tree.domain, Source::Given, &Caps::default())
}

/// Compares old and new: each address has the same result, and what is left undecided is the same in the same places.
fn proved(tree: &Tree, meaning: &Meaning, new: &Tree, records: &[NewRecord]) -> Result<Proof, Obstacle> {
    let names = records.iter().skip(1).map(|record| record.name.clone()).collect();
    let again = Meaning::of(new, &Plan { flatten: Flatten::Only(names), ..Plan::default() });
    // What was left out on purpose is part of the meaning that is compared; the results are those of the old record.
    if new.results != tree.results || !again.is_same(meaning) {
        return Err(Obstacle::Unproved);
    }
    let sets = Results::ALL.map(|verdict| tree.results.of(verdict).range_count());
    Ok(Proof {
        pass_ip4: new.results.pass.count_ip4(),
        range_count: sets.iter().sum(),
        term_count: meaning.term_count(),
    })
}

impl Minimised {
    /// The domain's own record.
    #[must_use]
    pub fn record(&self) -> &NewRecord {
        // Whoever writes records begins with it.
        &self.records[0]
    }

    /// Whether the record is written otherwise than before.
    #[must_use]
    pub fn is_change(&self, tree: &Tree) -> bool {
        self.records.len() > 1 || self.record().text.as_bytes() != tree.root().record().text()
    }
}

impl Reason {
    /// The word for it, stable: `varies`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Varies => "varies",
            Self::Entangled => "entangled",
            Self::Exists => "exists",
        }
    }
}

/// A quarter of an hour: whoever has it means to change addresses at short notice.
const SHORT_TTL_S: u32 = 900;
