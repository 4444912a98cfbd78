//! The crate against the suites of others, its own cases, made-up mark certificates, and properties.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // tests read files and may fail loudly

extern crate sekisho_bimi as bimi;

mod cases;
mod evidence;
mod flow;
mod forge;
mod fuzz;
mod properties;
mod suites;
mod webpki_agrees;
