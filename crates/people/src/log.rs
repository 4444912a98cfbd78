//! The audit log: who did what, when, from where, and what came of it.
//!
//! Lines are only added. Each carries a digest over itself and over that of the line before, so that a line that was
//! changed, taken away or put in between breaks the [`Chain`]. Lines that are missing at the end break nothing: whoever
//! wants to see that keeps the last digest elsewhere and compares ([`Chain::digest`]).

use std::net::IpAddr;

use thiserror::Error;

use crate::limits::{LOG_NAME_BYTES_MAX, NOTE_BYTES_MAX, VERB_BYTES_MAX};
use crate::secret::Digest;

/// A line that is to be added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewLine {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Who: the name of a person, or what the system calls whoever typed a command.
    pub who: Box<str>,
    /// From where; `None` on the command line.
    pub address: Option<IpAddr>,
    /// What was done, as a word of small letters and hyphens: `sign-in`, `person-put`.
    pub verb: Box<str>,
    /// To what: a name, a domain, an id. Empty where there is nothing to name.
    pub object: Box<str>,
    /// More about it, for people. Never a secret.
    pub note: Box<str>,
    /// What came of it.
    pub outcome: Outcome,
}

/// A line of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogLine {
    /// Its number; the first is 1, and none is left out.
    pub number: u64,
    /// What it says.
    pub line: NewLine,
    /// Over this line and the digest of the one before.
    pub digest: Digest,
}

/// What came of something.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not allowed.
    Refused,
    /// It did not work.
    Failed,
}

/// Which lines.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogQuery {
    /// By whom.
    pub who: Option<Box<str>>,
    /// What was done.
    pub verb: Option<Box<str>>,
    /// To what.
    pub object: Option<Box<str>>,
    /// From this time on, in milliseconds since 1970.
    pub from_ms: Option<u64>,
    /// Before this time, in milliseconds since 1970.
    pub until_ms: Option<u64>,
    /// In which order.
    pub order: LogOrder,
    /// Behind the line of this number, in that order: [`LogPage::next`] of the page before.
    pub after: Option<u64>,
    /// How many lines at most; 0, and what is more than [`crate::limits::LOG_PAGE_LINE_COUNT_MAX`], is that.
    pub limit: usize,
}

/// In which order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum LogOrder {
    /// The newest first.
    #[default]
    NewestFirst,
    /// The oldest first.
    OldestFirst,
}

/// Some lines.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogPage {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// Where the next page begins; `None` when this is the last one.
    pub next: Option<u64>,
}

/// Where a chain of lines stands: a fold over all lines, the oldest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chain {
    /// The number of the last line; 0 before the first.
    pub number: u64,
    /// Its digest; zeros before the first.
    pub digest: Digest,
}

/// A chain that does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Broken {
    /// Another line stands where this number should.
    #[error("line {wanted} of the log is missing, {found} stands in its place")]
    Missing {
        /// The number that should be there.
        wanted: u64,
        /// The one that is.
        found: u64,
    },
    /// The line is not what was written.
    #[error("line {number} of the log is not what was written")]
    Changed {
        /// Which.
        number: u64,
    },
}

impl NewLine {
    /// A line that something was done.
    #[must_use]
    pub fn new(at_ms: u64, who: &str, verb: &str, object: &str) -> Self {
        Self {
            at_ms,
            who: who.into(),
            address: None,
            verb: verb.into(),
            object: object.into(),
            note: "".into(),
            outcome: Outcome::Done,
        }
    }

    /// The same, from an address.
    #[must_use]
    pub const fn from(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// The same, with a note.
    #[must_use]
    pub fn noting(mut self, note: &str) -> Self {
        self.note = note.into();
        self
    }

    /// The same, with another end.
    #[must_use]
    pub const fn ending(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// The same, each text cut to its limit. Stores do this before they add a line.
    #[must_use]
    pub fn clip(mut self) -> Self {
        let cut = |text: &mut Box<str>, max: usize| {
            if text.len() > max {
                *text = clipped(text, max).into();
            }
        };
        cut(&mut self.who, LOG_NAME_BYTES_MAX);
        cut(&mut self.verb, VERB_BYTES_MAX);
        cut(&mut self.object, LOG_NAME_BYTES_MAX);
        cut(&mut self.note, NOTE_BYTES_MAX);
        self
    }
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Done, Self::Refused, Self::Failed];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    /// The outcome of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }
}

impl LogQuery {
    /// Whether a line is meant, but for where the page begins.
    #[must_use]
    pub fn admits(&self, line: &NewLine) -> bool {
        let is = |wanted: &Option<Box<str>>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        is(&self.who, &line.who)
            && is(&self.verb, &line.verb)
            && is(&self.object, &line.object)
            && self.from_ms.is_none_or(|from_ms| line.at_ms >= from_ms)
            && self.until_ms.is_none_or(|until_ms| line.at_ms < until_ms)
    }
}

impl Chain {
    /// Before the first line.
    pub const START: Self = Self { number: 0, digest: Digest::new([0; 32]) };

    /// The line that follows.
    #[must_use]
    pub fn next(&self, line: NewLine) -> LogLine {
        let (number, line) = (self.number.saturating_add(1), line.clip());
        let digest = digest(number, &line, &self.digest);
        LogLine { number, line, digest }
    }

    /// Goes on to a line, if it is the one that follows.
    ///
    /// # Errors
    /// It is not, or was changed.
    pub fn take(&mut self, line: &LogLine) -> Result<(), Broken> {
        let wanted = self.number.saturating_add(1);
        if line.number != wanted {
            return Err(Broken::Missing { wanted, found: line.number });
        }
        if digest(line.number, &line.line, &self.digest) != line.digest {
            return Err(Broken::Changed { number: line.number });
        }
        *self = Self { number: line.number, digest: line.digest };
        Ok(())
    }
}

/// Goes over all lines, the oldest first.
///
/// # Errors
/// Names the first line at which the chain does not hold.
pub fn verify_chain(lines: &[LogLine]) -> Result<Chain, Broken> {
    let mut chain = Chain::START;
    lines.iter().try_for_each(|line| chain.take(line)).map(|()| chain)
}

/// A text cut to at most so many bytes, between characters.
pub(crate) fn clipped(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// Each text goes in behind its length, so that no two lines give the same bytes.
fn digest(number: u64, line: &NewLine, before: &Digest) -> Digest {
    let address = line.address.map(|address| address.to_string()).unwrap_or_default();
    let texts = [&*line.who, &*address, &*line.verb, &*line.object, &*line.note, line.outcome.word()];
    let mut bytes = CHAIN_NAME.to_vec();
    bytes.extend_from_slice(before.bytes());
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.extend_from_slice(&line.at_ms.to_be_bytes());
    for text in texts {
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    Digest::of(&bytes)
}

/// What the digests are for. Another meaning of the bytes gets another name.
const CHAIN_NAME: &[u8] = b"sekisho log 1\0";
