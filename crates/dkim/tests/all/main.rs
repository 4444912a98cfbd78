//! The crate against the suites of others, its own cases, and properties.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // tests read files and may fail loudly

extern crate sekisho_dkim as dkim;

mod adsp;
mod arc;
mod arc_forge;
mod arc_suite;
mod atps;
mod cases;
mod domainkeys;
mod domainkeys_forge;
mod forge;
mod properties;
mod reporting;
mod suites;
