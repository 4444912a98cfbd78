//! The owner's desk: what a domain publishes, judged by rules and by the guideline, and the records to publish instead.
//!
//! [`check`] asks and judges; [`text`], [`json`] and [`html`] show what was found, and what to do about it. [`message`] does the same
//! with messages, [`profile`] holds both against what providers require. `known` is what this installation knows of a domain
//! beside that. [`history`] reads and keeps the audits before, [`changes`] shows what changed between them, [`watch`] looks again
//! and again. [`record`] writes records. [`spf_tree`] shows the tree of an SPF record, [`flatten`] writes one anew.

pub(crate) mod changes;
pub(crate) mod check;
mod flatten;
pub(crate) mod history;
pub(crate) mod html;
mod json;
pub(crate) mod known;
mod message;
mod profile;
pub(crate) mod record;
mod spf_tree;
mod text;
mod watch;
pub(crate) mod world;

pub(crate) use profile::may_have_requirement;

use audit::guideline::Answered;
use audit::{Finding, Snapshot};

/// One domain, judged.
pub(crate) struct Checked<'a> {
    /// What it publishes.
    pub(crate) snapshot: &'a Snapshot,
    /// What the rules found.
    pub(crate) findings: &'a [Finding],
    /// What the guideline says, for the roles that were asked about.
    pub(crate) guideline: &'a [Answered<'a>],
    /// What providers require, as far as it was asked for.
    pub(crate) profiles: &'a [profile::Holding<'a>],
}
