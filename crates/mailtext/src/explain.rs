//! How reasons are named: a stable id, the rule of the standard, typed arguments. No sentence is built here or in any
//! pure crate; `words` renders ids and arguments in Japanese and English.

use std::fmt;

/// A place in a standard: `Rule("RFC 7208", "4.6.4")`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rule(
    /// The document, as it is cited: `RFC 7208`.
    pub &'static str,
    /// The section without the sign: `4.6.4`.
    pub &'static str,
);

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} §{}", self.0, self.1)
    }
}

/// One argument of a reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// Text that came from outside or is shown as it is. Never contains a promise about its characters: whoever prints
    /// it escapes it.
    Text(String),
    /// A count or a size; the unit is in the argument's name.
    Number(u64),
    /// A word of a closed set that stays as it is in every language: `pass`, `relaxed`, `include`.
    Word(&'static str),
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Word(word) => formatter.write_str(word),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(number as u64)
    }
}

/// Something that can say why it is: a step of evidence, a flaw, a fact.
pub trait Explain {
    /// The stable id, lower case with hyphens, unique in the product: `spf-record-found`.
    fn id(&self) -> &'static str;
    /// The rule that was applied, where there is one.
    fn rule(&self) -> Option<Rule> {
        None
    }
    /// The arguments, by the names that the catalogues use.
    fn arguments(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }
}

/// A result and how it came about: permerror is a result, never an `Err`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome<R, S> {
    /// What came out.
    pub result: R,
    /// Every DNS answer used and every rule applied, in order.
    pub evidence: Vec<S>,
}

/// A range of bytes in the text that was parsed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end` (exclusive); offsets beyond 4 GiB cannot occur under the crate's limits.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: narrow(start), end: narrow(end) }
    }

    /// The bytes of `text` that this span covers; empty when it lies outside.
    #[must_use]
    pub fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Something wrong in a text that was parsed nevertheless. Whether it is fatal, the reader of the flaw decides.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Flaw<K> {
    /// What is wrong.
    pub kind: K,
    /// Where.
    pub span: Span,
}

impl<K> Flaw<K> {
    /// A flaw of `kind` from byte `start` to `end` (exclusive).
    pub fn new(kind: K, start: usize, end: usize) -> Self {
        Self { kind, span: Span::new(start, end) }
    }
}
