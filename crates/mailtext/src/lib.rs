//! The text of mail: what every protocol of the field reads and writes, parsed once and for all.
//!
//! What it does: finds header fields without copying them, reads addresses, domains, tag lists and
//! Authentication-Results, and writes the header fields of our own. Every parser returns a value *and its flaws*
//! with byte spans, so that evaluation, audit and pages read with the same eyes.
//!
//! What it will never do: ask DNS, read a file, a clock or the environment, decide anything, or know a protocol's
//! meaning (a DKIM signature is a tag list here, no more).
//!
//! Reading order: [`explain`] (how everything here and above names its reasons), [`domain`], [`header`], [`taglist`];
//! then who is meant: [`address`] (From and its like), [`path`] (the envelope), [`encoded_word`] (the names shown); then
//! what is said about mail: [`authres`], [`received_spf`], [`received`]; last, by need, [`source`] (files into messages),
//! [`subject`] (a mark in front of it), [`mime`], [`date`], [`encode`], [`network`]. What never passes is in [`limits`].

pub mod address;
pub mod authres;
pub mod date;
pub mod domain;
pub mod encode;
pub mod encoded_word;
pub mod explain;
mod fold;
#[cfg(test)]
mod fuzz;
pub mod header;
mod lex;
pub mod limits;
pub mod list_id;
pub mod mime;
pub mod network;
pub mod path;
pub mod received;
pub mod received_spf;
pub mod source;
pub mod subject;
pub mod taglist;

pub use address::{AddressFlaw, AddressList, Host, Mailbox};
pub use authres::AuthenticationResults;
pub use domain::{Domain, DomainError};
pub use explain::{Explain, Flaw, Outcome, Rule, Span, Value};
pub use header::{Field, HeaderIndex, Headers, NameKey};
pub use network::Network;
pub use path::{PathFlaw, ReversePath};
pub use taglist::{Tag, TagFlaw, TagList};

/// Every id of this crate, enum by enum: the catalogues have a sentence for each.
pub const IDS: &[&[&str]] = &[
    AddressFlaw::IDS,
    authres::AuthresFlaw::IDS,
    date::DateError::IDS,
    DomainError::IDS,
    encode::EncodingError::IDS,
    header::HeaderFlaw::IDS,
    mime::MimeFlaw::IDS,
    PathFlaw::IDS,
    source::NotAMessage::IDS,
    TagFlaw::IDS,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_well_formed() {
        let mut seen = std::collections::BTreeSet::new();
        for id in IDS.iter().flat_map(|ids| ids.iter()) {
            assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{id}");
            assert!(seen.insert(*id), "{id} twice");
        }
        assert!(seen.contains(TagFlaw::Duplicate.id()) && seen.contains(PathFlaw::Route.id()));
    }
}
