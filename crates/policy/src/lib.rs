//! What becomes of a message.
//!
//! What it does: [`decide()`] takes what is known of a message ([`Input`], made of [`auth::Facts`] or of a stored row), the
//! operator's [`Rules`], and what the receiver remembers ([`Standing`]), and gives a [`Verdict`]: the action, the reply, the
//! labels, what the owner of the author domain is told, and every reason. [`decide_early`] does the same at MAIL and
//! RCPT. [`simulate`] judges stored messages by other rules. [`reputation`] is a fold of what was seen.
//!
//! What it will never do: ask DNS, a clock or a store; parse mail; write a field; reject at a stage that only observes; let
//! a mere claim – a List-Id, a chain of ARC that nobody trusts, a name in HELO – make a verdict milder.
//!
//! Reading order: [`action`], [`rules`], [`mod@decide`] (the order of everything, as a table), then `findings` (what speaks
//! against a message) and `excuses` (what speaks for it), [`reason`], [`verdict`]; by need [`input`], [`trust`],
//! [`template`], [`labels`], [`standing`], [`reputation`], [`replay`].

pub mod action;
pub mod decide;
mod excuses;
mod findings;
pub mod input;
pub mod labels;
pub mod limits;
pub mod reason;
pub mod replay;
pub mod reputation;
pub mod rules;
pub mod standing;
pub mod template;
pub mod trust;
pub mod verdict;

pub use action::{Action, Disposition, Response, Stage, When};
pub use decide::{decide, decide_early, decide_facts};
pub use input::{Dsn, Filtered, Input, Transaction};
pub use labels::Labels;
pub use reason::{Cause, Excuse, Finding, Override, OverrideKind, Reason, Sign};
pub use replay::{Simulation, Stored, simulate};
pub use reputation::{Reputation, Score};
pub use rules::{RuleSet, Rules};
pub use standing::Standing;
pub use template::Template;
pub use trust::{Domains, Network};
pub use verdict::{Hold, Reply, Verdict};
