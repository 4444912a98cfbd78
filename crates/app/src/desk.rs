//! The owner's desk: what a domain publishes, judged by rules and by the guideline, and the records to publish instead.
//!
//! [`check`] asks and judges; [`text`], [`json`] and [`html`] show what was found, [`fix`] what to do about it. [`message`] does the same with messages,
//! [`profile`] holds both against what providers require. [`record`] writes records. `known` is what this installation knows of a
//! domain beside that. [`spf_tree`] shows the tree of an SPF record, [`flatten`] writes one anew.

pub(crate) mod check;
mod fix;
mod flatten;
mod html;
mod json;
mod known;
mod message;
mod profile;
pub(crate) mod record;
mod spf_tree;
mod text;
mod world;

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
