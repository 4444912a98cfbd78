//! Authenticated Received Chain (RFC 8617): whether the chain that a message carries holds, what its sealers say, and
//! one set more when we pass the message on.
//!
//! What it does: validates the whole chain, with the oldest message signature that still holds; offers what a trusted
//! sealer reported as a fact; seals.
//!
//! What it will never do: trust anybody. A chain that holds says who handled the message and what they claim to have
//! seen, and no more: RFC 8617 §9.4 warns that anyone can seal. [`Chain::trusted_by`] answers only for sealers that the
//! caller names, and even its answer is a fact that a policy may use or not.
//!
//! Reading order: [`chain`] (what comes out), [`field`](mod@field) (the three fields), [`validate`](mod@validate),
//! [`seal`] and [`step`] by need.

pub mod chain;
pub mod field;
pub mod seal;
mod sets;
pub mod step;
pub mod validate;

pub use chain::{Chain, Set, Trusted};
pub use field::{ChainStatus, FieldKind, Seal};
pub use seal::{Layout, NewSet, SealError, SealedFields, Sealer};
pub use step::{Problem, Step};
pub use validate::{OldestPass, Options, Validator, validate};
