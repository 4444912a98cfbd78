//! Audits of cases.

// Helpers of tests may panic and read files; clippy spares only the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros)]

extern crate sekisho_audit as audit;
// Named by `forge`, which makes certificates with them.
use {aws_lc_rs as _, data_encoding as _, flate2 as _, rcgen as _};

mod brand;
// Certificates are made up as in the tests of BIMI itself.
#[path = "../../../bimi/tests/all/forge.rs"]
#[allow(dead_code)]
mod forge;
mod guideline;
mod history;
mod rules;
mod stage;
