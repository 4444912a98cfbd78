//! What is to be said of a record that was written anew, and why none was.

use lookup::Question;
use mailtext::{Explain, Rule, Value};

use super::{Frozen, Minimised, Obstacle, Reason};
use crate::limits::{Limits, WRITTEN_PREFIX_COUNT_MAX};
use crate::tree::Tree;

/// Something that whoever publishes the record should know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Remark {
    /// So many look-ups become so many, with the same addresses passing: so many of IPv4.
    Proved(u32, u32, u64),
    /// It still costs more than is allowed.
    OverLimit(u32, u8),
    /// There are so many records now: all have to be published before the first one.
    Several(usize),
    /// The answer is written down as it is now.
    Frozen(Question, u32),
    /// The same, though it may be kept for a short time only.
    FrozenShort(Question, u32),
    /// The term could not be replaced.
    Kept(String, Reason),
    /// The term is left out: what it matches, others match.
    Dropped(String),
}

impl Minimised {
    /// What is to be said of it, the most important first.
    #[must_use]
    pub fn remarks(&self, tree: &Tree) -> Vec<Remark> {
        let limit = Limits::default().lookup_count_max;
        let mut remarks = vec![Remark::Proved(self.before.lookups, self.after.lookups, self.proof.pass_ip4)];
        if self.after.lookups > u32::from(limit) {
            remarks.push(Remark::OverLimit(self.after.lookups, limit));
        }
        if self.records.len() > 1 {
            remarks.push(Remark::Several(self.records.len()));
        }
        for Frozen { ttl_s, is_short, question } in &self.frozen {
            let kind = if *is_short { Remark::FrozenShort } else { Remark::Frozen };
            remarks.push(kind(question.clone(), *ttl_s));
        }
        let text = |at| tree.term(at).map(|(_, term)| term.text.clone());
        remarks.extend(self.kept.iter().filter_map(|kept| Some(Remark::Kept(text(kept.at)?, kept.reason))));
        remarks.extend(self.dropped.iter().filter_map(|at| Some(Remark::Dropped(text(*at)?))));
        remarks
    }
}

/// The ids of what is said of a new record, for the catalogues.
pub const IDS: &[&str] = &[
    "spf-minimise-dropped",
    "spf-minimise-frozen",
    "spf-minimise-frozen-short",
    "spf-minimise-kept",
    "spf-minimise-name",
    "spf-minimise-over-limit",
    "spf-minimise-proved",
    "spf-minimise-several",
    "spf-minimise-too-large",
    "spf-minimise-too-long",
    "spf-minimise-unproved",
    "spf-minimise-unsound",
];

impl Explain for Remark {
    fn id(&self) -> &'static str {
        match self {
            Self::Proved(..) => "spf-minimise-proved",
            Self::OverLimit(..) => "spf-minimise-over-limit",
            Self::Several(_) => "spf-minimise-several",
            Self::Frozen(..) => "spf-minimise-frozen",
            Self::FrozenShort(..) => "spf-minimise-frozen-short",
            Self::Kept(..) => "spf-minimise-kept",
            Self::Dropped(_) => "spf-minimise-dropped",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::OverLimit(..) => Some(Rule("RFC 7208", "4.6.4")),
            Self::Several(_) => Some(Rule("RFC 7208", "3.4")),
            Self::Frozen(..) | Self::FrozenShort(..) => Some(Rule("RFC 7208", "10.1.1")),
            Self::Dropped(_) => Some(Rule("RFC 7208", "4.6.2")),
            Self::Proved(..) | Self::Kept(..) => None,
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Proved(before, after, ip4) => {
                vec![("before", u64::from(*before).into()), ("after", u64::from(*after).into()), ("ip4", (*ip4).into())]
            }
            Self::OverLimit(after, limit) => {
                vec![("after", u64::from(*after).into()), ("limit", u64::from(*limit).into())]
            }
            Self::Several(count) => vec![("count", (*count).into())],
            Self::Frozen(question, ttl_s) | Self::FrozenShort(question, ttl_s) => vec![
                ("name", (&question.name).into()),
                ("kind", Value::Word(question.kind.as_str())),
                ("seconds", u64::from(*ttl_s).into()),
            ],
            Self::Kept(term, reason) => vec![("term", term.as_str().into()), ("why", Value::Word(reason.word()))],
            Self::Dropped(term) => vec![("term", term.as_str().into())],
        }
    }
}

impl Explain for Obstacle {
    fn id(&self) -> &'static str {
        match self {
            Self::Unsound => "spf-minimise-unsound",
            Self::TooLarge(_) => "spf-minimise-too-large",
            Self::TooLong(_) => "spf-minimise-too-long",
            Self::Name => "spf-minimise-name",
            Self::Unproved => "spf-minimise-unproved",
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooLarge(count) => vec![("count", (*count).into()), ("limit", WRITTEN_PREFIX_COUNT_MAX.into())],
            Self::TooLong(octets) => vec![("octets", (*octets).into())],
            Self::Unsound | Self::Name | Self::Unproved => Vec::new(),
        }
    }
}
