//! What is told of an evaluation: its steps and its reasons.

use std::sync::Arc;

use lookup::{Answer, Failure, Question};
use mailtext::{Domain, Explain, Rule, Value};

use crate::authors::FromDefect;
use crate::discovery::{Existence, Place};
use crate::evaluate::{Alignment, Applied, DmarcResult, Mechanism};
use crate::limits::{AUTHOR_DOMAIN_COUNT_MAX, IDENTIFIER_WALK_COUNT_MAX};
use crate::record::{Record, Standing};
use crate::walk::Selected;

/// One step of evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// DNS was asked.
    Asked {
        /// The question.
        question: Question,
        /// The answer.
        answer: Answer,
    },
    /// `_dmarc.` before this domain is longer than DNS allows: it can have no record.
    NameTooLong {
        /// The domain.
        domain: Domain,
    },
    /// TXT records that are not DMARC's.
    TextIgnored {
        /// The domain, without `_dmarc`.
        domain: Domain,
        /// How many.
        count: usize,
    },
    /// The one DMARC record of a domain.
    RecordFound {
        /// The domain.
        domain: Domain,
        /// The record.
        record: Arc<Record>,
    },
    /// Several DMARC records at one domain: all were discarded.
    SeveralRecords {
        /// The domain.
        domain: Domain,
        /// How many.
        count: usize,
    },
    /// An organizational domain was determined.
    OrganizationalDomain {
        /// Of which domain.
        domain: Domain,
        /// What it is.
        organizational: Domain,
        /// Why.
        selected: Selected,
    },
    /// The record that applies was chosen.
    PolicyRecord {
        /// Where it stands.
        domain: Domain,
        /// What that domain is to the author domain.
        place: Place,
    },
    /// The record that applies has no valid policy.
    DefectivePolicy {
        /// Where it stands.
        domain: Domain,
        /// What comes of it.
        standing: Standing,
    },
    /// Whether the author domain exists.
    AuthorExistence {
        /// The author domain.
        domain: Domain,
        /// What was found.
        existence: Existence,
    },
    /// The policy that applies.
    Applied {
        /// The policy, its tag, and whether it is under test.
        applied: Applied,
    },
    /// An identifier was compared with the author domain.
    Compared {
        /// Who authenticated it.
        mechanism: Mechanism,
        /// The identifier.
        identifier: Domain,
        /// The author domain.
        author: Domain,
        /// What came out.
        alignment: Alignment,
    },
    /// More author domains than are evaluated.
    AuthorsOverLimit {
        /// How many there were.
        count: usize,
    },
    /// A report URI was judged.
    Destination {
        /// The URI as published.
        uri: Box<str>,
        /// What came out.
        verdict: crate::destinations::Verdict,
    },
    /// The result for one author domain.
    Decided {
        /// The author domain.
        author: Domain,
        /// The result.
        result: DmarcResult,
        /// Why.
        reason: Reason,
    },
}

/// Why a result is what it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    /// An identifier is authenticated and aligned.
    Aligned(Mechanism),
    /// Identifiers are authenticated, none is aligned.
    NotAligned,
    /// No identifier is authenticated.
    NotAuthenticated,
    /// No record applies to the author domain.
    NoRecord,
    /// The record that applies has no valid policy and nobody to report to.
    UnusableRecord,
    /// The record could not be sought to the end.
    PolicyUnknown(Failure),
    /// An identifier's organizational domain could not be found out.
    AlignmentUnknown(Failure),
    /// An aligned identifier could not be authenticated for now.
    AuthenticationUnknown(Mechanism),
    /// Whether the author domain exists could not be found out, and the policy depends on it.
    ExistenceUnknown(Failure),
    /// There is not exactly one author domain that can be trusted to be the author's.
    From(FromDefect),
    /// Of several author domains not all passed; this is the result of the one that decides.
    OneOfSeveral(DmarcResult),
    /// More author domains than are evaluated.
    AuthorsOverLimit,
}

impl Step {
    /// All ids of steps.
    pub const IDS: &'static [&'static str] = &[
        "dmarc-asked",
        "dmarc-name-too-long",
        "dmarc-text-ignored",
        "dmarc-record-found",
        "dmarc-several-records",
        "dmarc-organizational-domain",
        "dmarc-policy-record",
        "dmarc-defective-policy-monitored",
        "dmarc-defective-policy-unusable",
        "dmarc-author-exists",
        "dmarc-author-does-not-exist",
        "dmarc-author-existence-unknown",
        "dmarc-policy-applied",
        "dmarc-policy-testing",
        "dmarc-aligned",
        "dmarc-not-aligned",
        "dmarc-alignment-unknown",
        "dmarc-alignment-not-sought",
        "dmarc-authors-over-limit",
        "dmarc-destination",
        "dmarc-destination-refused",
        "dmarc-destination-unknown",
        "dmarc-decided",
    ];
}

impl Explain for Step {
    fn id(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "dmarc-asked",
            Self::NameTooLong { .. } => "dmarc-name-too-long",
            Self::TextIgnored { .. } => "dmarc-text-ignored",
            Self::RecordFound { .. } => "dmarc-record-found",
            Self::SeveralRecords { .. } => "dmarc-several-records",
            Self::OrganizationalDomain { .. } => "dmarc-organizational-domain",
            Self::PolicyRecord { .. } => "dmarc-policy-record",
            Self::DefectivePolicy { standing: Standing::Unusable, .. } => "dmarc-defective-policy-unusable",
            Self::DefectivePolicy { .. } => "dmarc-defective-policy-monitored",
            Self::AuthorExistence { existence, .. } => match existence {
                Existence::Exists | Existence::NotSought => "dmarc-author-exists",
                Existence::Absent => "dmarc-author-does-not-exist",
                Existence::Unknown(_) => "dmarc-author-existence-unknown",
            },
            Self::Applied { applied } if applied.policy != applied.to_apply() => "dmarc-policy-testing",
            Self::Applied { .. } => "dmarc-policy-applied",
            Self::Compared { alignment, .. } => match alignment {
                Alignment::SameName | Alignment::SameOrganization => "dmarc-aligned",
                Alignment::OtherName | Alignment::OtherOrganization => "dmarc-not-aligned",
                Alignment::Unknown(_) => "dmarc-alignment-unknown",
                Alignment::NotSought | Alignment::OverLimit => "dmarc-alignment-not-sought",
            },
            Self::AuthorsOverLimit { .. } => "dmarc-authors-over-limit",
            Self::Destination { verdict, .. } => verdict.id(),
            Self::Decided { .. } => "dmarc-decided",
        }
    }

    fn rule(&self) -> Option<Rule> {
        let section = match self {
            Self::Asked { .. } => return None,
            Self::TextIgnored { .. } | Self::SeveralRecords { .. } => "4.10",
            Self::RecordFound { .. } => "4.5",
            Self::OrganizationalDomain { selected: Selected::SuffixList, .. } => return Some(Rule("RFC 7489", "3.2")),
            Self::OrganizationalDomain { .. } => "4.10.2",
            Self::PolicyRecord { .. } | Self::DefectivePolicy { .. } => "4.10.1",
            Self::AuthorExistence { .. } => "3.2.13",
            Self::Applied { .. } => "4.7",
            Self::Compared { alignment: Alignment::SameName | Alignment::OtherName, .. } => "3.2.10.2",
            Self::Compared { .. } => "3.2.10.1",
            Self::AuthorsOverLimit { .. } => "11.5",
            Self::Decided { reason, .. } => return reason.rule(),
            Self::Destination { .. } => return Some(Rule("RFC 9990", "4")),
            Self::NameTooLong { .. } => return Some(Rule("RFC 1035", "2.3.4")),
        };
        Some(Rule("RFC 9989", section))
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Asked { question, answer } => asked(question, answer),
            Self::NameTooLong { domain } => vec![("domain", domain.into())],
            Self::TextIgnored { domain, count } | Self::SeveralRecords { domain, count } => {
                vec![("domain", domain.into()), ("count", (*count).into())]
            }
            Self::RecordFound { domain, record } => {
                vec![("domain", domain.into()), ("record", record.to_string().into())]
            }
            Self::OrganizationalDomain { domain, organizational, selected } => vec![
                ("domain", domain.into()),
                ("organizational", organizational.into()),
                ("selected", Value::Word(selected.as_str())),
            ],
            Self::PolicyRecord { domain, place } => {
                vec![("domain", domain.into()), ("place", Value::Word(place.as_str()))]
            }
            Self::DefectivePolicy { domain, .. } => vec![("domain", domain.into())],
            Self::AuthorExistence { domain, existence } => match existence {
                Existence::Unknown(failure) => {
                    vec![("domain", domain.into()), ("failure", Value::Word(failure.word()))]
                }
                _ => vec![("domain", domain.into())],
            },
            Self::Applied { applied } => vec![
                ("policy", Value::Word(applied.policy.as_str())),
                ("tag", Value::Word(applied.tag.as_str())),
                ("to_apply", Value::Word(applied.to_apply().as_str())),
            ],
            Self::Compared { mechanism, identifier, author, alignment } => vec![
                ("mechanism", Value::Word(mechanism.as_str())),
                ("identifier", identifier.into()),
                ("author", author.into()),
                ("alignment", Value::Word(alignment.as_str())),
            ],
            Self::AuthorsOverLimit { count } => {
                vec![("count", (*count).into()), ("limit", AUTHOR_DOMAIN_COUNT_MAX.into())]
            }
            Self::Destination { uri, verdict } => {
                let mut arguments = vec![("uri", (**uri).into())];
                arguments.extend(verdict.arguments());
                arguments
            }
            Self::Decided { author, result, reason } => {
                let mut arguments = vec![
                    ("author", author.into()),
                    ("result", Value::Word(result.as_str())),
                    ("reason", Value::Word(reason.id())),
                ];
                arguments.extend(reason.arguments());
                arguments
            }
        }
    }
}

impl Reason {
    /// All ids of reasons.
    pub const IDS: &'static [&'static str] = &[
        "dmarc-reason-aligned",
        "dmarc-reason-not-aligned",
        "dmarc-reason-not-authenticated",
        "dmarc-reason-no-record",
        "dmarc-reason-unusable-record",
        "dmarc-reason-policy-unknown",
        "dmarc-reason-alignment-unknown",
        "dmarc-reason-authentication-unknown",
        "dmarc-reason-existence-unknown",
        "dmarc-reason-from-absent",
        "dmarc-reason-from-repeated",
        "dmarc-reason-from-malformed",
        "dmarc-reason-from-no-mailbox",
        "dmarc-reason-from-bad-domain",
        "dmarc-reason-one-of-several",
        "dmarc-reason-authors-over-limit",
    ];
}

impl Explain for Reason {
    fn id(&self) -> &'static str {
        match self {
            Self::Aligned(_) => "dmarc-reason-aligned",
            Self::NotAligned => "dmarc-reason-not-aligned",
            Self::NotAuthenticated => "dmarc-reason-not-authenticated",
            Self::NoRecord => "dmarc-reason-no-record",
            Self::UnusableRecord => "dmarc-reason-unusable-record",
            Self::PolicyUnknown(_) => "dmarc-reason-policy-unknown",
            Self::AlignmentUnknown(_) => "dmarc-reason-alignment-unknown",
            Self::AuthenticationUnknown(_) => "dmarc-reason-authentication-unknown",
            Self::ExistenceUnknown(_) => "dmarc-reason-existence-unknown",
            Self::From(FromDefect::Absent) => "dmarc-reason-from-absent",
            Self::From(FromDefect::Repeated) => "dmarc-reason-from-repeated",
            Self::From(FromDefect::Malformed) => "dmarc-reason-from-malformed",
            Self::From(FromDefect::NoMailbox) => "dmarc-reason-from-no-mailbox",
            Self::From(FromDefect::BadDomain) => "dmarc-reason-from-bad-domain",
            Self::OneOfSeveral(_) => "dmarc-reason-one-of-several",
            Self::AuthorsOverLimit => "dmarc-reason-authors-over-limit",
        }
    }

    fn rule(&self) -> Option<Rule> {
        let section = match self {
            Self::Aligned(_) | Self::NotAligned | Self::NotAuthenticated => "5.3.5",
            Self::NoRecord => "5.3.2",
            Self::UnusableRecord => "4.10.1",
            Self::PolicyUnknown(_)
            | Self::AlignmentUnknown(_)
            | Self::AuthenticationUnknown(_)
            | Self::ExistenceUnknown(_) => "5.3.6",
            Self::From(_) => "5.3.1",
            Self::OneOfSeveral(_) | Self::AuthorsOverLimit => "11.5",
        };
        Some(Rule("RFC 9989", section))
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Aligned(mechanism) | Self::AuthenticationUnknown(mechanism) => {
                vec![("mechanism", Value::Word(mechanism.as_str()))]
            }
            Self::PolicyUnknown(failure) | Self::AlignmentUnknown(failure) | Self::ExistenceUnknown(failure) => {
                vec![("failure", Value::Word(failure.word()))]
            }
            Self::OneOfSeveral(result) => vec![("decisive", Value::Word(result.as_str()))],
            Self::AuthorsOverLimit => vec![("limit", AUTHOR_DOMAIN_COUNT_MAX.into())],
            _ => Vec::new(),
        }
    }
}

impl Alignment {
    /// A stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SameName => "same-name",
            Self::SameOrganization => "same-organization",
            Self::OtherName => "other-name",
            Self::OtherOrganization => "other-organization",
            Self::Unknown(failure) => failure.word(),
            Self::NotSought => "not-sought",
            Self::OverLimit => "over-limit",
        }
    }

    /// The limit behind [`Alignment::OverLimit`].
    pub const LIMIT: usize = IDENTIFIER_WALK_COUNT_MAX;
}

fn asked(question: &Question, answer: &Answer) -> Vec<(&'static str, Value)> {
    let mut arguments = vec![
        ("name", Value::from(&question.name)),
        ("kind", Value::Word(question.kind.as_str())),
        ("answer", Value::Word(answer.word())),
    ];
    if let Answer::Records(records) = answer {
        let data: Vec<_> = records.data.iter().map(ToString::to_string).collect();
        arguments.push(("data", data.join(" | ").into()));
        arguments.push(("ttl_s", u64::from(records.ttl_s).into()));
    }
    arguments
}
