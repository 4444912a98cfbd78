//! Where rows are kept, and what is known for a short time: the traits [`report::Ledger`] and [`report::Hot`] over
//! memory and over SQLite.
//!
//! What it does: [`Memory`] is for tests, simulation and sites that keep nothing; [`Sqlite`] is the embedded store, one
//! file that survives the death of the program at any time.
//!
//! What it will never do: decide anything, understand a row (the fold of counts, the keys and the meaning of a question
//! are `report`'s), ask the network, or drop a row without saying so.
//!
//! Reading order: [`memory`], which is the plain meaning of the traits; then [`sqlite`], and in it `schema`, `writer`
//! (group commit), `append`, `read`, `delete`, `hot`.

pub mod limits;
pub mod memory;
mod page;
pub mod sqlite;

pub use memory::Memory;
pub use sqlite::{Durability, Settings, Sqlite, Stats};
