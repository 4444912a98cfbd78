//! What happens to a message, over any [`World`]: the daemon gives it the real one, tests a simulated one. Same code, both.
//!
//! What it does: holds a milter conversation, authenticates each message as it comes, takes forged
//! Authentication-Results in our name away, puts ours on top, and hands a [`Receipt`] to the world.
//!
//! What it will never do: open a socket, read a clock, start a task, reject on its own account, or lose a message because
//! something of ours failed: what cannot be labelled is let through unlabelled and told.
//!
//! Reading order: [`world`], [`conversation`] from the top, [`message`].

pub mod conversation;
pub mod limits;
pub mod message;
pub mod world;

pub use conversation::{Conversation, Settings};
pub use message::Client;
pub use world::{Receipt, World};
