//! What a configuration of the signing role can have wrong.

use mailtext::{Domain, Explain, Rule, Value};

use crate::limits::{KEY_COUNT_MAX, PATTERN_COUNT_MAX, TABLE_BYTES_MAX};

/// Why keys and rules make no [`crate::Role`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// Two keys have one name.
    KeyRepeated {
        /// The name.
        name: String,
    },
    /// A rule names a key that there is not.
    KeyUnknown {
        /// The name.
        name: String,
    },
    /// Two keys would be published at one place.
    SelectorRepeated {
        /// The domain, or `%`.
        domain: String,
        /// The selector.
        selector: Domain,
    },
    /// Domain and selector together make too long a name.
    NameTooLong {
        /// The domain.
        domain: Domain,
        /// The selector.
        selector: Domain,
    },
    /// A field that is to be signed has no name that fields can have, or From is not to be signed.
    FieldName {
        /// What was given.
        name: String,
    },
    /// A line of a table of rules is none.
    RuleLine {
        /// The table's name.
        file: String,
        /// Its number, from 1.
        line: usize,
    },
    /// A line of a table of keys is none.
    KeyLine {
        /// The table's name.
        file: String,
        /// Its number, from 1.
        line: usize,
    },
    /// More keys than [`KEY_COUNT_MAX`].
    TooManyKeys,
    /// More patterns than [`PATTERN_COUNT_MAX`].
    TooManyRules,
    /// A table longer than [`TABLE_BYTES_MAX`].
    TableTooLong {
        /// The table's name.
        file: String,
    },
}

impl Explain for Problem {
    fn id(&self) -> &'static str {
        match self {
            Self::KeyRepeated { .. } => "outgoing-key-repeated",
            Self::KeyUnknown { .. } => "outgoing-key-unknown",
            Self::SelectorRepeated { .. } => "outgoing-selector-repeated",
            Self::NameTooLong { .. } => "outgoing-key-name-too-long",
            Self::FieldName { .. } => "outgoing-field-name",
            Self::RuleLine { .. } => "outgoing-rule-line",
            Self::KeyLine { .. } => "outgoing-key-line",
            Self::TooManyKeys => "outgoing-too-many-keys",
            Self::TooManyRules => "outgoing-too-many-rules",
            Self::TableTooLong { .. } => "outgoing-table-too-long",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::SelectorRepeated { .. } => Some(Rule("RFC 6376", "3.1")),
            Self::NameTooLong { .. } => Some(Rule("RFC 6376", "3.6.2.1")),
            Self::FieldName { .. } => Some(Rule("RFC 6376", "5.4")),
            _ => None,
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::KeyRepeated { name } | Self::KeyUnknown { name } | Self::FieldName { name } => {
                vec![("name", name.as_str().into())]
            }
            Self::SelectorRepeated { domain, selector } => {
                vec![("domain", domain.as_str().into()), ("selector", selector.as_str().into())]
            }
            Self::NameTooLong { domain, selector } => {
                vec![("domain", domain.as_str().into()), ("selector", selector.as_str().into())]
            }
            Self::RuleLine { file, line } | Self::KeyLine { file, line } => {
                vec![("file", file.as_str().into()), ("line", (*line).into())]
            }
            Self::TooManyKeys => vec![("limit", KEY_COUNT_MAX.into())],
            Self::TooManyRules => vec![("limit", PATTERN_COUNT_MAX.into())],
            Self::TableTooLong { file } => vec![("file", file.as_str().into()), ("limit", TABLE_BYTES_MAX.into())],
        }
    }
}
