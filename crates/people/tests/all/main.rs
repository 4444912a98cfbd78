//! The tests of the crate.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, missing_docs)] // tests

extern crate sekisho_people as people;

mod log;
mod names;
mod openid;
mod passwords;
mod throttle;
mod ways_in;
