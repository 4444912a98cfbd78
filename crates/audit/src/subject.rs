//! Whom an audit is about, as far as the caller says.

use std::sync::Arc;

use mailtext::Domain;

use crate::draft::Draft;

/// A domain, and what the caller says of it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The domain.
    pub domain: Domain,
    /// What it is used for.
    pub usage: Usage,
    /// The selectors whose keys are to be looked at, and who named them. The well-known ones are asked for in any case.
    pub selectors: Vec<(Box<str>, SelectorSource)>,
    /// What is not published yet.
    pub drafts: Vec<Draft>,
    /// The public suffix list.
    pub suffixes: dmarc::Suffixes,
    /// Whom to trust for mark certificates.
    pub roots: Arc<bimi::Roots>,
    /// The moment, for certificates: seconds since 1970.
    pub now_s: i64,
}

/// What a domain is used for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Usage {
    /// Nobody said; what is published tells.
    #[default]
    Unsaid,
    /// It sends mail.
    Mail,
    /// It neither sends nor takes mail.
    Parked,
}

/// Who named a selector.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SelectorSource {
    /// The caller.
    Given,
    /// Mail that was seen.
    Mail,
    /// Reports.
    Reports,
    /// Our own keys.
    Keys,
    /// The list of names that services and packages use.
    WellKnown,
}

impl Subject {
    /// A domain of which nothing is said.
    #[must_use]
    pub fn new(domain: Domain) -> Self {
        Self {
            domain,
            usage: Usage::Unsaid,
            selectors: Vec::new(),
            drafts: Vec::new(),
            suffixes: dmarc::Suffixes::default(),
            roots: Arc::default(),
            now_s: 0,
        }
    }
}
