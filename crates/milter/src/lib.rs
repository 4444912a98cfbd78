//! The milter protocol, version 2 to 6, as pure machines: bytes in, events out.
//!
//! A mail transfer agent (MTA) asks a filter what it thinks of a connection and of each message, over one stream of
//! small packets. [`Session`] is the filter's side of that conversation, [`Mta`] the other side (for tests, load and
//! tools). Neither knows what a socket is: whoever owns one moves bytes between it and the machine.
//!
//! ```
//! use sekisho_milter::{Event, Mta, Offer, Reply, Session, Wanted};
//!
//! let mut mta = Mta::new(Offer::postfix());
//! let mut session = Session::new(Wanted::default().into());
//! session.feed(&mta.take_output());
//! let turn = session.next_event()?.expect("the offer is a whole packet");
//! assert!(matches!(turn.event, Event::Negotiated(_)));
//! mta.feed(&session.take_output());
//! # Ok::<(), sekisho_milter::ProtocolError>(())
//! ```
//!
//! # What this crate will never do
//! It never opens a socket, reads a clock or waits; time-outs belong to whoever owns the socket. It never interprets
//! mail: header values, addresses and bodies are bytes to it, and it does not know `mailtext`. It never decides
//! anything about a message. It never sends a reply that the MTA does not wait for, an edit that was not negotiated, or
//! an option bit that was not offered. No bytes from the other side make it panic, and none make it keep more than
//! [`limits`] says.
//!
//! # In which order to read it
//! `session.rs` first: its three loops are the whole story of the filter's side. Then `options.rs` (negotiation),
//! `order.rs` (which command may follow which), `macros.rs`, `reply.rs`, `edit.rs`, and `codec.rs` with what the
//! packets look like. `mta.rs` turns all of it round. `testdata/cases/milter` holds conversations to read along.
//!
//! # Standards
//! There is no RFC. The sources are `milter-protocol.txt` 1.6 for version 2 (cited as "milter-protocol") and the
//! libmilter documentation of Sendmail for the rest (cited by page, such as "xxfi_negotiate").

mod buffer;
pub mod codec;
mod edit;
mod error;
pub mod limits;
mod macros;
pub mod mta;
mod options;
mod order;
mod reply;
mod session;

pub use codec::{Address, Arguments};
pub use edit::{Edit, deletion_order};
pub use error::{EditError, ProtocolError, ReplyError, ReplyTextError};
pub use macros::{Macros, Stage};
pub use mta::Mta;
pub use options::{
    Actions, Chunks, LeadingSpace, Negotiated, Offer, PacketSize, Protocol, RejectedRecipients, Step, Steps,
    VERSION_MAX, VERSION_MIN, Wanted,
};
pub use reply::{EnhancedCode, Reply, ReplyText};
pub use session::{Event, Session, Turn};

/// `address` without one pair of angle brackets, if it has one: `<a@example.jp>` → `a@example.jp`, `<>` → nothing.
///
/// milter-protocol says of MAIL and RCPT that the address comes "with <> qualification"; not every MTA obeys.
#[must_use]
pub fn without_brackets(address: &[u8]) -> &[u8] {
    address.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">")).unwrap_or(address)
}
