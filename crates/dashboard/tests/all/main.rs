//! The tests of the desk: requests in, answers out, over stores in memory.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // reason: tests

extern crate sekisho_dashboard as dashboard;

mod described;
mod explore;
mod frame;
mod hostile;
mod inbound;
mod inbox;
mod ladder;
mod mail;
mod noticed;
mod openid;
mod people;
mod published;
mod records;
mod senders;
mod sent;
mod shelf;
mod surveys;
mod tls;
mod world;
