//! One call that runs every authentication of a message, and tells the world in Authentication-Results.
//!
//! What it does: introduces SPF, DKIM and DMARC to each other. [`Check`] takes a message as it comes – envelope, header,
//! body – and asks for everything as early as it can be asked, all at once; [`Facts`] is every outcome, unflattened.
//!
//! What it will never do: decide what happens to a message, keep its body, wait by itself, or drop an outcome because
//! another one is better.
//!
//! Reading order: [`check`] from the top, [`from`] (who the author is), [`facts`], [`fact`] (what is worth knowing),
//! [`methods`] (what is evaluated beside the three), [`client`], then [`header`] (Facts → Authentication-Results).

pub mod check;
pub mod client;
pub mod fact;
pub mod facts;
pub mod from;
pub mod header;
mod indicator;
pub mod limits;
pub mod methods;
mod pending;
mod underway;

pub use bimi::FIELDS_TO_REMOVE as BIMI_FIELDS;
pub use check::{Check, Envelope, Settings};
pub use fact::{Acceptance, Fact};
pub use facts::Facts;
pub use from::From;
pub use methods::{Methods, Others, Use};
