//! The tests of the crate.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, missing_docs)] // tests

extern crate sekisho_report as report;

mod arbitrary;
mod codec;
mod folds;
mod questions;
mod reports;
