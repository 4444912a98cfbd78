//! The tests of the desk: requests in, answers out, over stores in memory.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // reason: tests

extern crate sekisho_dashboard as dashboard;

mod frame;
mod hostile;
mod mail;
mod people;
mod world;
