//! DomainKeys Identified Mail: verification and signing (RFC 6376, 8301, 8463, 8616).
//!
//! What it does: finds the signatures of a message, hashes the body as it comes, checks every signature on its own
//! against its key, and says of each what held, what did not, why, and what weakens a pass. Signs as well.
//!
//! What it will never do: ask DNS itself (questions go out as values, or through a [`lookup::Lookup`]), know SPF or
//! DMARC, judge whether a pass is enough, or keep a body in memory.
//!
//! Reading order: [`verify`](mod@verify) from the top, then [`signature`], [`key`], [`canonical`], [`body`],
//! [`step`] (results and reasons), [`sign`], and [`crypto`] last. [`arc`] is built on all of these. Beside them stands
//! what DKIM had or has around it: [`domainkeys`] and [`adsp`] (historic), [`atps`] (an experiment), and [`reporting`]
//! (RFC 6651). For those who audit keys there is [`weak_key`].

pub mod adsp;
pub mod arc;
pub mod atps;
pub mod body;
pub mod canonical;
pub mod crypto;
pub mod domainkeys;
pub mod key;
pub mod limits;
pub mod publish;
pub mod reporting;
pub mod sign;
pub mod signature;
pub mod step;
pub mod verify;
pub mod weak_key;

pub use canonical::Canonicalization;
pub use crypto::{Algorithm, KeyKind, PrivateKey, PrivateKeyError};
pub use sign::{Cover, SignError, SignedFields, Signer};
pub use signature::{Extensions, NameHash, Parsed, Signature, ThirdParty};
pub use step::{Problem, Status, Step, Weakness};
pub use verify::{Age, Options, Verification, Verifier, verify};
