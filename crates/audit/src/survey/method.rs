//! How a survey examines names: the same way for each, so that it can be done again.

use std::collections::BTreeMap;

use dmarc::Suffixes;
use mailtext::Domain;
use spf::tree::Caps;

use crate::limits::NONSENSE_LABEL;

/// What is asked besides what is asked of every name.
#[derive(Clone, Debug)]
pub struct Method {
    /// The label that nobody made, for probes of wildcards.
    pub label: Box<str>,
    /// The selectors that are asked for everywhere.
    pub listed: Vec<Box<str>>,
    /// The selectors that mail or reports showed, by domain.
    pub learnt: BTreeMap<Domain, Vec<Box<str>>>,
    /// The public suffix list.
    pub suffixes: Suffixes,
    /// Bounds of one SPF tree.
    pub caps: Caps,
}

impl Default for Method {
    fn default() -> Self {
        Self {
            label: NONSENSE_LABEL.into(),
            listed: LISTED.iter().map(|selector| Box::from(*selector)).collect(),
            learnt: BTreeMap::new(),
            suffixes: Suffixes::default(),
            caps: Caps::default(),
        }
    }
}

/// Selectors that services and packages use without asking: those that are found most often, each a question for every name
/// that has keys.
const LISTED: &[&str] = &[
    "default",
    "dkim",
    "mail",
    "google",
    "selector1",
    "selector2",
    "s1",
    "s2",
    "k1",
    "k2",
    "key1",
    "smtp",
    "protonmail",
    "zoho",
    "fm1",
    "mxvault",
];
