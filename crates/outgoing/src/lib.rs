//! Mail that leaves: which mail that is, who signs for whom, and the signatures.
//!
//! What it does: [`Origins`] tells outgoing mail from incoming – by listener, macro of the MTA, user of SMTP AUTH, network.
//! [`Role`] holds the keys and the rules which author's mail they sign; [`Signing`] takes a message – the header, then the
//! body in chunks – and gives its DKIM-Signature fields, all of them over the same body hashes, with every reason.
//! [`rotation`] leads keys from their making to their end.
//!
//! What it will never do: judge mail, read a key from a file, ask DNS whether a key is published, sign part of a body
//! (`l=`), change what it signs, or show a private key to anybody.
//!
//! Reading order: [`origin`], [`table`] (rules, most specific first), [`key`], [`role`] (from a message to the signatures
//! it gets), [`signing`], [`step`] (the reasons), [`problem`] (what a configuration can have wrong); [`rotation`].

pub mod key;
pub mod limits;
pub mod origin;
pub mod problem;
pub mod role;
pub mod rotation;
pub mod signing;
pub mod step;
pub mod table;

pub use key::{Key, KeyDomain};
pub use origin::{Arrival, Origin, Origins, Users};
pub use problem::Problem;
pub use role::{Identity, Manner, Oversigning, Plan, Role, SenderField, Unsigned};
pub use signing::{Signature, Signed, Signing, Submission};
pub use step::Step;
pub use table::{Clients, Pattern, Rule, SigningTable};
