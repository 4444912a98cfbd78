//! The crate by cases, by its table of precedence, and by the laws that hold for every message.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // tests read files and may fail loudly

extern crate sekisho_policy as policy;

#[path = "../../../dkim/tests/all/arc_forge.rs"]
mod arc_forge;
mod cases;
#[path = "../../../dkim/tests/all/forge.rs"]
mod forge;
mod input;
mod laws;
mod read;
mod replay;
mod table;
