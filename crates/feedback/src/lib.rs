//! Reports: what receivers of mail tell the owners of domains.
//!
//! What it does: [`aggregate`], [`failure`] and [`tls`] are the three kinds of report, as values, each with its reader.
//! [`intake`] finds reports in whatever they come in: compressed, in archives, in mails. [`archive`] is what a store of
//! reports must be able to do. Our own are a fold of rows ([`aggregate::fold`]), are written ([`aggregate::write`],
//! [`failure::write`]), become mail ([`mail`]), and wait in an [`outbox`] until a server has taken them.
//!
//! What it will never do: read a file, a mailbox or a clock, send anything, judge who a sender is, or throw away what it
//! could not read: whatever a report says that is not as the standards have it is named ([`Deviation`]).
//!
//! Reading order: [`word`] (how a report's words are kept), [`aggregate`], [`failure`], [`tls`], [`deviation`] and
//! [`reason`]; then [`intake`], [`archive`], [`head`] and [`summary`]. For what is sent: [`period`], [`aggregate::fold`],
//! [`reporter`], [`mail`], [`outbox`] and its [`outbox::desk`], [`dsn`] (what comes back); for failure reports
//! [`failure::incident`], [`redact`], [`failure::throttle`]. What never passes is in [`limits`].

pub mod aggregate;
pub mod archive;
pub mod deviation;
pub mod dsn;
pub mod failure;
mod hash;
pub mod head;
pub mod intake;
pub mod limits;
pub mod mail;
mod moment;
pub mod outbox;
pub mod period;
pub mod reason;
pub mod redact;
pub mod reporter;
pub mod standard;
pub mod summary;
pub mod tls;
pub mod word;

pub use aggregate::Aggregate;
pub use archive::{Archive, ArchiveError};
pub use deviation::Deviation;
pub use failure::Failure;
pub use tls::Tls;
pub use word::Word;
