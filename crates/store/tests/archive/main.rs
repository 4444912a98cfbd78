//! The tests of the stores of reports.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // tests

extern crate sekisho_store as store;

mod audits;
mod conformance;
mod crash;
mod faults;
mod model;
mod notice;
mod outbox;
mod samples;
mod surveys;
