//! Why a list says what it says.

use std::net::Ipv4Addr;

use lookup::{Answer, Failure, Question};
use mailtext::{Explain, Rule, Value};

use super::{Entry, Key, Omitted, Standing, Verdict};
use crate::client::asked_arguments;

/// Why nothing can be told of a list's entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// The list answers with a code that says that it refuses to answer.
    Refused(Ipv4Addr),
    /// The list's server refuses to answer.
    QueryRefused,
    /// The answer is an address outside of 127.0.0.0/8: this is no list.
    NoCode(Ipv4Addr),
    /// The entry that every list has is not there.
    NoTestEntry,
    /// The entry that no list has is there.
    ListsAll,
    /// The names of the list are too long for DNS.
    NameTooLong,
    /// A question got no answer.
    Dns(Question, Failure),
}

/// One step of the evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// A question and its answer.
    Asked {
        /// What was asked.
        question: Question,
        /// What was answered.
        answer: Answer,
    },
    /// An address outside of 127.0.0.0/8 does not count.
    Outside(Ipv4Addr),
    /// There is an entry, and none of its so many codes means listed.
    OtherCodes(usize),
    /// The text of the entry is not printable, or too long, and not used.
    TextUnusable,
    /// The name of the entry is too long for DNS.
    NameTooLong(Key),
}

impl Problem {
    /// The result that follows.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            // RFC 8904 §2: temperror – some error that is likely transient in nature
            Self::Dns(..) => Verdict::TempError,
            // RFC 8904 §2: permerror – test entries don't work, or queries are over quota
            _ => Verdict::PermError,
        }
    }
}

impl Standing {
    /// Why the list is not used, when it is not.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Works => None,
            Self::Broken(problem) | Self::Unknown(problem) => Some(problem),
        }
    }
}

/// The ids of this module, for the catalogues.
pub const IDS: &[&str] = &[
    "dns-list-asked",
    "dns-list-outside",
    "dns-list-other-codes",
    "dns-list-text-unusable",
    "dns-list-name-too-long",
    "dns-list-listed",
    "dns-list-welcome",
    "dns-list-not-listed",
    "dns-list-not-used",
    "dns-list-refused",
    "dns-list-query-refused",
    "dns-list-no-code",
    "dns-list-no-test-entry",
    "dns-list-lists-all",
    "dns-list-names-too-long",
    "dns-list-dns-failure",
    "dns-list-omitted",
];

impl Explain for Step {
    fn id(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "dns-list-asked",
            Self::Outside(_) => "dns-list-outside",
            Self::OtherCodes(_) => "dns-list-other-codes",
            Self::TextUnusable => "dns-list-text-unusable",
            Self::NameTooLong(_) => "dns-list-name-too-long",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Asked { .. } | Self::NameTooLong(_) => None,
            Self::Outside(_) => Some(Rule("RFC 5782", "2.3")),
            Self::OtherCodes(_) => Some(Rule("RFC 5782", "6")),
            Self::TextUnusable => Some(Rule("RFC 8904", "5.3")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Asked { question, answer } => asked_arguments(question, answer),
            Self::Outside(address) => vec![("address", address.to_string().into())],
            Self::OtherCodes(count) => vec![("count", (*count).into())],
            Self::TextUnusable => Vec::new(),
            Self::NameTooLong(key) => vec![("key", key.to_string().into())],
        }
    }
}

impl Explain for Problem {
    fn id(&self) -> &'static str {
        match self {
            Self::Refused(_) => "dns-list-refused",
            Self::QueryRefused => "dns-list-query-refused",
            Self::NoCode(_) => "dns-list-no-code",
            Self::NoTestEntry => "dns-list-no-test-entry",
            Self::ListsAll => "dns-list-lists-all",
            Self::NameTooLong => "dns-list-names-too-long",
            Self::Dns(..) => "dns-list-dns-failure",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Refused(_) => Some(Rule("RFC 8904", "5.1")),
            Self::QueryRefused | Self::Dns(..) => Some(Rule("RFC 8904", "2")),
            Self::NoCode(_) => Some(Rule("RFC 5782", "7")),
            Self::NoTestEntry | Self::ListsAll => Some(Rule("RFC 5782", "5")),
            Self::NameTooLong => None,
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Refused(code) => vec![("code", code.to_string().into())],
            Self::NoCode(address) => vec![("address", address.to_string().into())],
            Self::QueryRefused | Self::NoTestEntry | Self::ListsAll | Self::NameTooLong => Vec::new(),
            Self::Dns(question, failure) => {
                let kind = Value::Word(question.kind.as_str());
                vec![("name", (&question.name).into()), ("kind", kind), ("failure", Value::Word(failure.word()))]
            }
        }
    }
}

impl Explain for Entry {
    fn id(&self) -> &'static str {
        match (self.verdict, self.color) {
            (Verdict::Listed, super::Color::White) => "dns-list-welcome",
            (Verdict::Listed, super::Color::Black) => "dns-list-listed",
            (Verdict::None, _) => "dns-list-not-listed",
            (Verdict::TempError | Verdict::PermError, _) => "dns-list-not-used",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self.verdict {
            Verdict::Listed => Some(Rule("RFC 5782", "6")),
            Verdict::None => None,
            Verdict::TempError | Verdict::PermError => self.reason.as_ref().and_then(Explain::rule),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let mut arguments = vec![("zone", (&self.zone).into()), ("key", self.key.to_string().into())];
        if !self.codes.is_empty() {
            let codes: Vec<String> = self.codes.iter().map(Ipv4Addr::to_string).collect();
            arguments.push(("codes", codes.join(", ").into()));
        }
        arguments.extend(self.text.iter().map(|text| ("text", text.as_str().into())));
        if let Some(problem) = &self.reason {
            // The reason is a sentence of its own, which wants its arguments.
            arguments.extend(problem.arguments());
            arguments.push(("reason", Value::Word(problem.id())));
        }
        arguments
    }
}

impl Explain for Omitted {
    fn id(&self) -> &'static str {
        "dns-list-omitted"
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        vec![("count", self.0.into())]
    }
}
