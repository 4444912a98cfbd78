//! Sender Policy Framework (RFC 7208): may this client use this name?
//!
//! What it does: reads SPF records and names every flaw in them ([`Record::parse`]), evaluates the identities HELO and
//! MAIL FROM over any [`lookup::Lookup`] ([`check`], [`check_identity`]), and gives the result with its reason and its
//! evidence: each DNS answer used, each term that decided. Of a domain as a whole it gives the [`mod@tree`]: every include
//! followed, every cost counted, every address by its result.
//!
//! What it will never do: open a socket, read a clock, decide what happens to the message, or know what DKIM and DMARC
//! are. It never asks DNS before the identity has a well-formed domain, and never more than the limits of RFC 7208
//! §4.6.4 allow.
//!
//! Reading order: [`outcome`] (what comes out), [`evaluate`] (check_host() itself), [`record`] (what is evaluated),
//! [`macros`], [`flaw`], [`limits`], [`reporting`]; `flat`, which spares known domains the questions, and `flatten`.
//! For owners of domains: [`space`] (sets of addresses), [`mod@tree`], [`mod@minimise`].
//! Historic, and apart: [`sender_id`] (RFC 4406) with [`pra`] (RFC 4407).

pub mod evaluate;
mod flat;
mod flatten;
pub mod flaw;
pub mod limits;
pub mod macros;
pub mod minimise;
pub mod outcome;
pub mod pra;
pub mod record;
pub mod reporting;
pub mod sender_id;
pub mod space;
pub mod tree;

pub use evaluate::{Both, ExplanationUse, MailFrom, Request, check, check_identity};
pub use flaw::RecordFlaw;
pub use limits::Limits;
pub use outcome::{
    Breadth, Checked, Ended, Evidence, IDS, Identity, Outcome, Place, Problem, RecordAt, Step, Term, Verdict,
};
pub use pra::{Pra, PraField, PraFlaw};
pub use record::{Policy, Record, Scope, Version};
pub use reporting::ReportWish;
pub use space::AddressSet;
pub use tree::{Tree, tree, tree_of_answers, tree_of_record};
