//! Audits of cases.

// Helpers of tests may panic and read files; clippy spares only the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros)]

extern crate sekisho_audit as audit;

mod guideline;
mod rules;
mod stage;
