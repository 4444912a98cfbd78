//! What a domain publishes, judged: by rules, and by the guideline.
//!
//! What it does: [`Snapshot::take`] asks for everything that a domain publishes, all at once. [`rule::judge_domain`] judges it by
//! the rules of the catalogue, [`rule::judge_message`] a message by those that look at messages; a [`Finding`] says where, how
//! bad it is, what it does to mail, and what to publish instead. A record that is not published yet is judged as a [`Draft`].
//!
//! What it will never do: open a socket, read a clock or a file, know a store or a report's format, build a sentence, or call
//! declared what was verified or verified what was declared.
//!
//! Reading order: [`subject`], [`world`], [`snapshot`], [`presence`], [`finding`], [`rule`], then a small family, [`families::legacy`], and the
//! others. [`history`] is audits as they are kept, and their differences. [`known`] is what else an installation may tell; [`tree`](mod@tree) draws what an SPF
//! record leads to; [`draft`] and [`journal`] stand between an audit and the world.
//! [`survey`] is the same question put to very many domains. What never passes is in [`limits`].

pub mod dane;
pub mod desk;
pub mod draft;
pub mod families;
pub mod finding;
pub mod guideline;
pub mod history;
pub mod journal;
pub mod known;
pub mod limits;
pub mod operators;
pub mod presence;
pub mod profile;
pub mod published;
pub mod records;
pub mod rule;
pub mod severity;
pub mod snapshot;
pub mod subject;
pub mod survey;
pub mod tree;
pub mod world;

pub use desk::{Desk, Letter};
pub use draft::{Draft, DraftError, DraftKind};
pub use finding::{Finding, Findings, Fix, Place, Replacement};
pub use known::Known;
pub use presence::Presence;
pub use published::Published;
pub use rule::Rule;
pub use severity::Severity;
pub use snapshot::Snapshot;
pub use subject::{SelectorSource, Subject, Usage};
pub use world::World;
