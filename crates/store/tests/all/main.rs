//! The tests of the crate.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // tests

extern crate sekisho_store as store;

mod conformance;
mod crash;
mod faults;
mod hot;
mod model;
mod samples;
