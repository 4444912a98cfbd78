//! Reports that are sent: folded, written, planned, delivered.

// Tests may panic and run programs.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::disallowed_types,
    missing_docs
)]

extern crate sekisho_feedback as feedback;

#[allow(dead_code)] // The rows of the crate `report`'s own tests; not all of its parts are used here.
#[path = "../../../report/tests/all/arbitrary.rs"]
mod arbitrary;
mod folding;
mod mails;
mod outbox;
mod samples;
mod trips;
mod writing;
