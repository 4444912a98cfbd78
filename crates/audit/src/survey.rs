//! Surveys: what many domains publish, each looked at in the same way, and counted.
//!
//! [`examine()`] asks for everything about one name and gives an [`Examined`]: facts, and of each fact that is missing why it is
//! missing. It knows neither time nor sockets; who asks, how often and how fast is decided by whoever drives it.
//!
//! Nothing is silently absent: a question that was not answered is no "no", and stands in [`Examined::unanswered`].
//!
//! Reading order: [`facts`] (what comes out), [`method`] (what is asked), [`examine`](mod@examine), then its parts: [`mail`],
//! [`sender_policy`], [`policies`], [`keys`], [`texts`]; [`hosting`] is who runs what. Before it: [`input`] (lists of names),
//! [`sample`], [`japan`]. Behind it: [`fields`] (results written and read), [`columns`] and [`tally`] (tables), [`difference`],
//! [`kept`] (what stays of a survey). [`engine`] is what asks for many at once.

pub mod columns;
pub mod difference;
pub mod engine;
pub mod examine;
pub mod facts;
pub mod fields;
pub mod hosting;
pub mod input;
pub mod japan;
pub mod kept;
pub mod keys;
pub mod mail;
pub mod method;
pub mod policies;
pub mod sample;
pub mod sender_policy;
pub mod tally;
pub mod texts;

pub use examine::examine;
pub use facts::{Examined, Reply, Unanswered};
pub use method::Method;
pub use sample::Sample;
pub use tally::{Share, Table, Tally};
