//! What a rule has before it.

use crate::known::Known;
use crate::snapshot::Snapshot;

/// A domain: what it publishes, and what the installation knows of it.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    /// What it publishes.
    pub snapshot: &'a Snapshot,
    /// What the installation knows.
    pub known: &'a Known,
}

/// A message, as far as rules about messages need it: values that those who verify and read messages hand over.
#[derive(Clone, Debug)]
pub struct Letter<'a> {
    /// Its header.
    pub headers: &'a mailtext::Headers<'a>,
    /// What was found of it.
    pub facts: &'a crate::known::LetterFacts,
}
