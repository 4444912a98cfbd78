//! What happens to a message, over any [`World`]: the daemon gives it the real one, tests a simulated one. Same code, both.
//!
//! What it does: holds a milter conversation, authenticates each message as it comes, lets [`policy`] decide, takes forged
//! Authentication-Results and labels in our name away, puts ours on top, carries the verdict out, and hands a [`Receipt`]
//! to the world; keeps a row of it. Outgoing mail it does not judge: that gets signatures, and a row as well.
//!
//! What it will never do: open a socket, read a clock, start a task, refuse a message that no rule of the operator's
//! refuses, or lose one because something of ours failed: what cannot be labelled is let through unlabelled and told.
//!
//! Reading order: [`world`], [`settings`], [`conversation`] from the top, [`message`], [`ending`], `sending`, `row`, `carry_out`;
//! by need [`replay`], [`dsn`], [`spam`], [`way_in`].

mod carry_out;
pub mod conversation;
pub mod dsn;
pub mod ending;
mod envelope;
mod evidence;
pub mod limits;
pub mod message;
pub mod replay;
mod row;
mod sending;
pub mod settings;
pub mod spam;
pub mod way_in;
pub mod world;

pub use carry_out::decisive;
pub use conversation::Conversation;
pub use ending::Failure;
pub use message::Client;
pub use settings::{EvidenceKept, Foreign, OnFailure, Outgoing, Results, Settings, Written};
pub use spam::SpamField;
pub use way_in::{AfterWayIn, WayIn, WayInEnd};
pub use world::{Receipt, Sent, WasSent, World};
