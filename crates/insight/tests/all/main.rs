//! What reports mean: alignment, senders, classes, advice, alerts, digests.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // Tests may panic.

extern crate sekisho_insight as insight;

mod advice;
mod alignment;
mod classes;
mod fuzz;
mod hours;
mod map;
mod properties;
mod sightings;
mod watch;
