//! Audits as they are kept, and what changed between two of them: the guideline's 2-6.
//!
//! An [`Audit`] is what a domain published at one moment, as far as it matters to mail: every record of the SPF tree with the
//! way that leads to it, and the others by name; and what rules and requirements said. [`Audit::of`] makes one of a
//! snapshot, [`Audit::settled`] puts it behind the one before it, and [`changes`] says what is new.
//!
//! **What could not be asked is no change.** A question that failed keeps what was known before, and so does everything
//! below an include that failed; findings and requirements that rest on such a question are not compared until it is
//! answered again. That it could not be asked is told as such ([`Change::Unasked`]).
//!
//! Reading order: this file, `take` (of a snapshot), `settle`, `change` (the difference), `wire` (as bytes), `kept` (many).

mod change;
mod kept;
mod settle;
mod take;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use mailtext::Domain;

pub use change::{Change, Turn, Way, changes};
pub use kept::{Kept, Part, Step};

use crate::guideline::{Level, Met, REQUIREMENTS};
use crate::severity::Severity;

/// An audit as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Audit {
    /// Of whom.
    pub domain: Domain,
    /// When, seconds since 1970.
    pub at_s: i64,
    /// The records, by kind and name.
    pub records: BTreeMap<Slot, Record>,
    /// What rules found: of each rule, at each name, the worst.
    pub findings: BTreeMap<Found, Severity>,
    /// The requirements that were judged, by their ids.
    pub requirements: BTreeMap<Box<str>, Met>,
    /// The questions that failed when [`Audit::findings`] were found: the family of rules, and the question.
    pub unasked: BTreeSet<(Box<str>, Box<str>)>,
}

/// Where a record stands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Slot {
    /// Its kind.
    pub kind: RecordKind,
    /// Its name: of an SPF record the domain, of a key `s1._domainkey.example.jp`.
    pub name: Box<str>,
}

/// A kind of record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RecordKind {
    /// An SPF record: the domain's own, or one that it includes.
    Spf,
    /// DMARC: the domain's own, or its organization's.
    Dmarc,
    /// A DKIM key.
    Dkim,
    /// BIMI.
    Bimi,
    /// The TXT record of MTA-STS.
    MtaSts,
    /// The policy file of MTA-STS.
    MtaStsPolicy,
    /// TLS reporting.
    TlsRpt,
    /// Mail hosts.
    Mx,
    /// Name servers.
    Ns,
}

/// A record, or several at one name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Record {
    /// The texts, in a fixed order; empty where there is none; `None` where no answer was ever had.
    pub texts: Option<Vec<Box<[u8]>>>,
    /// Of a record in an SPF tree: the names that lead to it, the domain first.
    pub path: Vec<Box<str>>,
    /// Why the last question had no answer; what the texts say is older then.
    pub trouble: Option<Trouble>,
}

/// Why there was no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// The failure, as a word.
    pub failure: Box<str>,
    /// How many audits in a row.
    pub rounds: u32,
}

/// Which rule found something, and where.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Found {
    /// The rule's id.
    pub rule: Box<str>,
    /// The record's name; the domain's own where it is about none.
    pub name: Box<str>,
}

impl Slot {
    /// A slot.
    pub fn new(kind: RecordKind, name: impl Into<Box<str>>) -> Self {
        Self { kind, name: name.into() }
    }

    /// Of a key: its selector.
    #[must_use]
    pub fn selector(&self, domain: &Domain) -> Option<&str> {
        let selector = self.name.strip_suffix(domain.as_str())?.strip_suffix("._domainkey.")?;
        (self.kind == RecordKind::Dkim).then_some(selector)
    }
}

impl RecordKind {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::Spf,
        Self::Dmarc,
        Self::Dkim,
        Self::Bimi,
        Self::MtaSts,
        Self::MtaStsPolicy,
        Self::TlsRpt,
        Self::Mx,
        Self::Ns,
    ];

    /// Its word, as it is kept and as JSON has it. It never changes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spf => "spf",
            Self::Dmarc => "dmarc",
            Self::Dkim => "dkim",
            Self::Bimi => "bimi",
            Self::MtaSts => "mta-sts",
            Self::MtaStsPolicy => "mta-sts-policy",
            Self::TlsRpt => "tls-rpt",
            Self::Mx => "mx",
            Self::Ns => "ns",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl Record {
    /// Whether a record is there, as far as is known.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.texts.as_ref().is_some_and(|texts| !texts.is_empty())
    }
}

impl Audit {
    /// How many requirements of a level are met, of how many that apply.
    #[must_use]
    pub fn score(&self, level: Level) -> (usize, usize) {
        let of_level = REQUIREMENTS.iter().filter(|requirement| requirement.level == level);
        let results = of_level.filter_map(|requirement| self.requirements.get(requirement.id));
        let applying: Vec<Met> = results.copied().filter(|met| *met != Met::NotApplicable).collect();
        (applying.iter().filter(|met| **met == Met::Met).count(), applying.len())
    }

    /// How many findings of a severity there are.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.values().filter(|its| **its == severity).count()
    }
}
