//! The simulated world: a seed becomes a day of mail – senders, forwarders, lists, attackers, MTAs that cut their bytes
//! anywhere and break off – through the same [`service`] code that the daemon runs, with DNS that loses answers, a ledger
//! that fails, a clock that jumps, and a daemon that dies; and then it is checked what must hold whatever happened.
//!
//! What it does: [`Scenario::of`] makes the world of a seed, [`run()`] lets it go on until everybody has gone and gives its
//! [`History`], [`check()`] reads that, and [`trial`] does all of it and shortens what is broken to the fewest messages.
//! The same seed gives the same history, byte for byte.
//!
//! What it will never do: be a dependency of another crate; read a clock, wait, start a thread, open a file or a socket;
//! bend a rule of the product so that a checker is content.
//!
//! Reading order: [`scenario`] with [`names`], [`letters`] and [`operator`] (what there is), [`faults`] (what goes wrong),
//! [`run`](mod@run) (the scheduler), [`line`] (an MTA), [`world`], [`dns`], [`ledger`], [`clock`] (what the daemon sees),
//! [`history`] and [`check`](mod@check) (what is made of it). Beside it, [`rotation`]: a year of keys.

pub mod check;
pub mod clock;
pub mod dice;
pub mod dns;
pub mod faults;
pub mod history;
pub mod ledger;
pub mod letters;
pub mod limits;
pub mod line;
pub mod mail;
pub mod names;
pub mod operator;
pub mod rotation;
pub mod run;
pub mod scenario;
pub mod trial;
pub mod wake;
pub mod world;

pub use check::{Alone, Broken, check};
pub use faults::Faults;
pub use history::History;
pub use run::run;
pub use scenario::Scenario;
pub use trial::{Trial, trial};
