//! The tests of the stores of people.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, missing_docs)] // tests

extern crate sekisho_store as store;

mod conformance;
mod faults;
mod samples;
