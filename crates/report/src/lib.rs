//! What is kept of a message, and what a store of it must be able to do.
//!
//! What it does: [`Row`] is one message as it was judged, without its content, with everything that aggregate reports
//! (RFC 9990), statistics and pages are folds of; [`Why`] is the evidence behind it. [`codec`] turns both into few bytes
//! and back. [`Ledger`] and [`Hot`] are what a store implements; [`tally`] is the fold that its counts come from.
//!
//! What it will never do: judge a message, know what a signature is, draw a random number or read a clock, name a
//! database, or forget quietly: whatever a bound cuts off is counted.
//!
//! Reading order: [`id`], [`row`] with the words of [`vocabulary`], [`why`], [`query`] (questions, and which row answers
//! them), [`tally`] with [`statistics`] and [`sources`], [`ledger`], [`hot`]; then [`index`] and [`codec`], which are for those who write
//! stores. What never passes is in [`limits`].

pub mod codec;
pub mod hot;
pub mod id;
pub mod index;
pub mod ledger;
mod lexicon;
pub mod limits;
pub mod query;
pub mod row;
pub mod sources;
pub mod statistics;
pub mod tally;
pub mod vocabulary;
pub mod why;
mod wire;

pub use codec::CodecError;
pub use hot::{Hot, HotError, HotKey, Window};
pub use id::{IdSource, RowId, Site};
pub use ledger::{Deleted, Deletion, Entry, Ledger, LedgerError, Rebuilt, Receipt};
pub use query::{Filter, Order, Page, Query};
pub use row::Row;
pub use tally::{Measure, TallyLine, TallyQuery};
pub use why::Why;
