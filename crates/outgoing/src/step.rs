//! Why a message was signed as it was, or was not.

use dkim::Algorithm;
use dkim::limits::SIGNED_FIELD_COUNT_MAX;
use mailtext::{Domain, Explain, Rule, Value};

use crate::limits::{AUTHOR_COUNT_MAX, LINE_BYTES_MAX, SIGNATURE_COUNT_MAX};
use crate::origin::Origin;
use crate::role::SenderField;

/// One reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The message is outgoing.
    Outgoing(Origin),
    /// A rule was found for a sender.
    RuleFound {
        /// Where the sender stands.
        field: SenderField,
        /// The sender's address.
        address: String,
        /// The rule's pattern.
        pattern: String,
    },
    /// There is no rule for a sender.
    NoRule {
        /// Where the sender stands.
        field: SenderField,
        /// The sender's address.
        address: String,
    },
    /// Rules for a sender were found, and none of them is for this client.
    NotEntitled {
        /// Where the sender stands.
        field: SenderField,
        /// The sender's address.
        address: String,
        /// The rules' pattern.
        pattern: String,
    },
    /// A rule says that nothing is signed.
    NotWanted {
        /// The rule's pattern.
        pattern: String,
    },
    /// No field that may name the sender names one.
    NoSender,
    /// More senders than [`AUTHOR_COUNT_MAX`]; the rest was not asked for.
    TooManySenders,
    /// More signatures were wanted than [`SIGNATURE_COUNT_MAX`]; the rest was not made.
    TooManySignatures,
    /// A signature was made.
    Signed {
        /// `d=`.
        domain: Domain,
        /// `s=`.
        selector: Domain,
        /// `a=`.
        algorithm: Algorithm,
    },
    /// The MTA lets no field be put on the message.
    CannotInsert,
    /// There is not exactly one From, and nobody can sign for that.
    FromCount(usize),
    /// The header is longer, or has more fields, than is read.
    HeaderTooLong,
    /// More fields would be signed than a verifier reads names of.
    TooManyFields(usize),
    /// Domain and selector together make too long a name.
    NameTooLong {
        /// `d=`.
        domain: Domain,
        /// `s=`.
        selector: Domain,
    },
    /// The cryptographic library failed.
    Failed {
        /// `d=`.
        domain: Domain,
        /// `s=`.
        selector: Domain,
    },
    /// A line is longer than MTAs pass on as it is: the signature will not survive.
    LongLine {
        /// Its length, in bytes.
        bytes: u64,
    },
}

impl Explain for Step {
    fn id(&self) -> &'static str {
        match self {
            Self::Outgoing(Origin::Listener(_)) => "outgoing-by-listener",
            Self::Outgoing(Origin::Macro { .. }) => "outgoing-by-macro",
            Self::Outgoing(Origin::User(_)) => "outgoing-by-user",
            Self::Outgoing(Origin::Network(_)) => "outgoing-by-network",
            Self::RuleFound { .. } => "outgoing-rule-found",
            Self::NoRule { .. } => "outgoing-no-rule",
            Self::NotEntitled { .. } => "outgoing-not-entitled",
            Self::NotWanted { .. } => "outgoing-not-wanted",
            Self::NoSender => "outgoing-no-sender",
            Self::TooManySenders => "outgoing-too-many-senders",
            Self::TooManySignatures => "outgoing-too-many-signatures",
            Self::Signed { .. } => "outgoing-signed",
            Self::CannotInsert => "outgoing-cannot-insert",
            Self::FromCount(_) => "outgoing-from-count",
            Self::HeaderTooLong => "outgoing-header-too-long",
            Self::TooManyFields(_) => "outgoing-too-many-fields",
            Self::NameTooLong { .. } => "outgoing-name-too-long",
            Self::Failed { .. } => "outgoing-failed",
            Self::LongLine { .. } => "outgoing-long-line",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Signed { .. } => Some(Rule("RFC 6376", "5")),
            Self::FromCount(_) => Some(Rule("RFC 5322", "3.6")),
            Self::NameTooLong { .. } => Some(Rule("RFC 6376", "3.6.2.1")),
            Self::LongLine { .. } => Some(Rule("RFC 5322", "2.1.1")),
            _ => None,
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Outgoing(origin) => origin_arguments(origin),
            Self::RuleFound { field, address, pattern } | Self::NotEntitled { field, address, pattern } => vec![
                ("field", Value::Word(field.as_str())),
                ("address", address.as_str().into()),
                ("pattern", pattern.as_str().into()),
            ],
            Self::NoRule { field, address } => {
                vec![("field", Value::Word(field.as_str())), ("address", address.as_str().into())]
            }
            Self::NotWanted { pattern } => vec![("pattern", pattern.as_str().into())],
            Self::TooManySenders => vec![("limit", AUTHOR_COUNT_MAX.into())],
            Self::TooManySignatures => vec![("limit", SIGNATURE_COUNT_MAX.into())],
            Self::Signed { domain, selector, algorithm } => {
                let mut arguments = names(domain, selector);
                arguments.push(("algorithm", Value::Word(algorithm.as_str())));
                arguments
            }
            Self::NameTooLong { domain, selector } | Self::Failed { domain, selector } => names(domain, selector),
            Self::FromCount(count) => vec![("count", (*count).into())],
            Self::TooManyFields(count) => vec![("count", (*count).into()), ("limit", SIGNED_FIELD_COUNT_MAX.into())],
            Self::LongLine { bytes } => vec![("bytes", (*bytes).into()), ("limit", LINE_BYTES_MAX.into())],
            Self::NoSender | Self::CannotInsert | Self::HeaderTooLong => Vec::new(),
        }
    }
}

fn names(domain: &Domain, selector: &Domain) -> Vec<(&'static str, Value)> {
    vec![("domain", domain.as_str().into()), ("selector", selector.as_str().into())]
}

fn origin_arguments(origin: &Origin) -> Vec<(&'static str, Value)> {
    match origin {
        Origin::Listener(listener) => vec![("listener", listener.as_str().into())],
        Origin::Macro { name, value } => vec![("name", name.as_str().into()), ("value", value.as_str().into())],
        Origin::User(user) => vec![("user", user.as_str().into())],
        Origin::Network(network) => vec![("network", network.to_string().into())],
    }
}
