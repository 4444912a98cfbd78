//! Where rows and reports are kept, and what is known for a short time, and who may see it: the traits
//! [`report::Ledger`], [`report::Hot`], [`feedback::Archive`] and [`people::Registry`] over memory and over SQLite.
//!
//! What it does: [`Memory`] is for tests, simulation and sites that keep nothing; [`Sqlite`] is the embedded store, one
//! file that survives the death of the program at any time. [`MemoryArchive`] and [`SqliteArchive`] are the same for the
//! reports that others send, [`MemoryRegistry`] and [`SqliteRegistry`] for people.
//!
//! What it will never do: decide anything, understand a row (the fold of counts, the keys and the meaning of a question
//! are `report`'s), ask the network, or drop a row without saying so. Reports are judged elsewhere; here they are counted.
//!
//! Reading order: [`memory`], which is the plain meaning of the traits; then [`sqlite`], and in it `schema`, `writer`
//! (group commit), `append`, `read`, `delete`, `hot`. Reports are on their own: [`archive`]; so are people: [`registry`].

pub mod archive;
mod crew;
pub mod limits;
pub mod memory;
mod page;
mod read_only;
pub mod registry;
pub mod sqlite;

pub use archive::{MemoryArchive, SqliteArchive};
pub use memory::Memory;
pub use registry::{MemoryRegistry, SqliteRegistry};
pub use sqlite::{Durability, Settings, Sqlite, Stats};
