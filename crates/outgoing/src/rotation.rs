//! The life of DKIM keys: when each is made, published, signed with, revoked and forgotten.
//!
//! ```text
//! staged → active → draining → revoked → disclosed → deleted
//! ```
//!
//! | stage | DNS holds | signs | goes on when |
//! |--|--|--|--|
//! | staged | the key | no | every authoritative server shows it, and caches have forgotten what was there before |
//! | active | the key | yes | its successor is ready |
//! | draining | the key | no | the mail that it signed is delivered or given up, and its `x=` has passed |
//! | revoked | `p=` | no | caches have forgotten the key (then it may be disclosed), time and reports allow its end |
//! | disclosed | `p=` | no | time and reports allow its end |
//! | deleted | nothing | no | no server shows it any more; then it is forgotten |
//!
//! A [`Line`] is the succession of one domain's keys of one algorithm; a domain that signs twice has two lines. A [`Book`]
//! is all lines. Both are machines: what the servers of a zone show, what reports show and the time go in
//! ([`Line::advance`]); what is to be done, why it waits and when to come again come out ([`Turn`]). What is to be done is
//! told from what should be there and is not, so that a crash between any two steps is made good by the next turn. The
//! caller keeps the book on the disk before it does what a turn says: [`Book::to_text`], [`Book::parse`].
//!
//! Reading order: [`life`] (a key), [`record`] (what DNS should hold, and what servers show of it), [`line`](mod@line) (the
//! machine), [`book`], [`settings`], [`wait`] (the reasons), [`text`].

pub mod book;
pub mod life;
pub mod line;
pub mod record;
pub mod settings;
pub mod text;
pub mod wait;

#[cfg(test)]
mod tests;

pub use book::{Book, LineId};
pub use life::{KeyLife, Stage, Standing};
pub use line::{Action, Line, Place, Refusal, Sight, Turn};
pub use record::{Agreement, View, Wanted};
pub use settings::{Disclosure, Settings, Template};
pub use text::{TextError, TextErrorKind};
pub use wait::{Event, Wait};
