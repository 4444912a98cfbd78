//! Who may see and change what: people with their passwords, sessions and tokens, and the log of what they did.
//!
//! What it does: [`Person`] is somebody with a name and [`Grant`]s; [`password`] keeps passwords as argon2id and compares
//! them; [`Session`], [`Token`] and [`Setup`] are the three ways in that are not a password, each a secret of which only
//! the digest is kept; [`throttle`] makes guessing slow; [`log`] is the audit log, whose lines are chained so that a change
//! of one shows; [`openid`] believes a provider who somebody is. [`Registry`] is what a store of all that implements, [`rules`] what every one of them obeys.
//!
//! What it will never do: read a clock or draw a random number (both are arguments), speak HTTP, know a page, or print a
//! secret: those types have no text but the one that is asked for by name.
//!
//! Reading order: [`name`], [`grant`], [`person`], [`password`], [`secret`], [`session`], [`token`], [`setup`],
//! [`throttle`], [`openid`], [`log`], [`registry`], [`rules`]. What never passes is in [`limits`].

pub mod grant;
pub mod limits;
pub mod log;
pub mod name;
pub mod openid;
pub mod password;
pub mod person;
pub mod registry;
pub mod rules;
pub mod secret;
pub mod session;
pub mod setup;
pub mod throttle;
pub mod token;

pub use grant::{Grant, GrantError, Role, Scope};
pub use log::{Chain, LogLine, LogOrder, LogPage, LogQuery, NewLine, Outcome};
pub use name::{Name, NameError};
pub use password::{PasswordError, PasswordHash, Verified};
pub use person::{Language, Person, Subject, Theme};
pub use registry::{Registry, RegistryError, Swept};
pub use secret::{Digest, Secret};
pub use session::{Lifetimes, Session};
pub use setup::{Setup, SetupUse};
pub use throttle::{Gate, Network, Throttle};
pub use token::Token;
