//! Reasons and evidence of a chain's validation.

use lookup::{Answer, Failure, Question};
use mailtext::{Domain, Explain, Rule, Value};

use crate::arc::field::{ChainStatus, FieldKind};
use crate::limits::{ARC_BODY_HASH_COUNT_MAX, ARC_SET_COUNT_MAX};
use crate::step::Problem as SignatureProblem;

/// Why a chain does not hold. All of it is final: RFC 8617 §5.2.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Problem {
    /// More fields of one kind than there may be sets.
    TooManySets,
    /// `i=` of such a field is missing, or no number from 1 to 50.
    Instance(FieldKind),
    /// The newest seal, of this instance, says that the chain had failed already.
    FailedBefore(u32),
    /// There is no field of this instance, but of a higher one.
    Gap(u32),
    /// A set lacks a field.
    Missing(FieldKind, u32),
    /// A set has a field twice.
    Repeated(FieldKind, u32),
    /// `cv=` of this seal is not what it must be in its place.
    ChainStatus {
        /// The seal's instance.
        instance: u32,
        /// Its `cv=`.
        found: ChainStatus,
    },
    /// `cv=` of this seal is missing, or no status.
    ChainStatusUnreadable(u32),
    /// The seal of this instance has `h=`.
    SealNamesFields(u32),
    /// The message signature of this instance signs ARC-Seal.
    SealIsSigned(u32),
    /// DNS failed for a key.
    Lookup {
        /// Whose key: a seal's or a message signature's.
        field: FieldKind,
        /// Its instance.
        instance: u32,
        /// How.
        failure: Failure,
    },
    /// A message signature does not hold.
    MessageSignature {
        /// Its instance.
        instance: u32,
        /// Why.
        problem: SignatureProblem,
    },
    /// A seal does not hold.
    Seal {
        /// Its instance.
        instance: u32,
        /// Why.
        problem: SignatureProblem,
    },
    /// The older message signature of this instance would need one body hash more than is made for a chain.
    TooManyBodyHashes(u32),
}

/// One step of a chain's validation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The chain has its form: so many sets.
    SetsFound(u32),
    /// A key was asked for.
    Asked {
        /// What was asked.
        question: Question,
        /// What came.
        answer: Answer,
    },
    /// A message signature holds.
    MessageSignatureAgrees {
        /// Its instance.
        instance: u32,
        /// Its domain.
        domain: Domain,
    },
    /// An older message signature does not hold, as is to be expected where a sealer changed the message.
    OlderDiffers(Problem),
    /// A seal holds.
    SealAgrees {
        /// Its instance.
        instance: u32,
        /// Its domain.
        domain: Domain,
    },
    /// The validation ended here.
    Stopped(Problem),
}

impl Problem {
    /// A problem of one signature as a problem of the chain.
    pub(crate) fn of(field: FieldKind, instance: u32, problem: SignatureProblem) -> Self {
        match (field, problem) {
            (_, SignatureProblem::Lookup(failure)) => Self::Lookup { field, instance, failure },
            (FieldKind::Seal, problem) => Self::Seal { instance, problem },
            (_, problem) => Self::MessageSignature { instance, problem },
        }
    }
}

impl Explain for Problem {
    fn id(&self) -> &'static str {
        match self {
            Self::TooManySets => "arc-too-many-sets",
            Self::Instance(_) => "arc-instance",
            Self::FailedBefore(_) => "arc-failed-before",
            Self::Gap(_) => "arc-gap",
            Self::Missing(..) => "arc-field-missing",
            Self::Repeated(..) => "arc-field-repeated",
            Self::ChainStatus { .. } => "arc-chain-status",
            Self::ChainStatusUnreadable(_) => "arc-chain-status-unreadable",
            Self::SealNamesFields(_) => "arc-seal-names-fields",
            Self::SealIsSigned(_) => "arc-seal-is-signed",
            Self::Lookup { .. } => "arc-lookup-failed",
            Self::MessageSignature { .. } => "arc-message-signature-differs",
            Self::Seal { .. } => "arc-seal-differs",
            Self::TooManyBodyHashes(_) => "arc-too-many-body-hashes",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::TooManyBodyHashes(_) => None,
            Self::Instance(_) => Some(Rule("RFC 8617", "4.2.1")),
            Self::ChainStatusUnreadable(_) | Self::SealNamesFields(_) => Some(Rule("RFC 8617", "4.1.3")),
            Self::SealIsSigned(_) => Some(Rule("RFC 8617", "4.1.2")),
            Self::Lookup { .. } => Some(Rule("RFC 8617", "5.2.1")),
            _ => Some(Rule("RFC 8617", "5.2")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let number = |instance: &u32| ("instance", Value::from(u64::from(*instance)));
        match self {
            Self::TooManySets => vec![("limit", u64::from(ARC_SET_COUNT_MAX).into())],
            Self::Instance(field) => vec![("field", Value::Word(field.as_str()))],
            Self::FailedBefore(instance)
            | Self::Gap(instance)
            | Self::ChainStatusUnreadable(instance)
            | Self::SealNamesFields(instance)
            | Self::SealIsSigned(instance) => vec![number(instance)],
            Self::Missing(field, instance) | Self::Repeated(field, instance) => {
                vec![("field", Value::Word(field.as_str())), number(instance)]
            }
            Self::ChainStatus { instance, found } => vec![number(instance), ("status", Value::Word(found.as_str()))],
            Self::Lookup { field, instance, failure } => {
                vec![("field", Value::Word(field.as_str())), number(instance), ("failure", Value::Word(failure.word()))]
            }
            Self::MessageSignature { instance, problem } | Self::Seal { instance, problem } => {
                let mut arguments = problem.arguments();
                arguments.push(number(instance));
                arguments.push(("error", Value::Word(problem.id())));
                arguments
            }
            Self::TooManyBodyHashes(instance) => {
                vec![number(instance), ("limit", ARC_BODY_HASH_COUNT_MAX.into())]
            }
        }
    }
}

impl Explain for Step {
    fn id(&self) -> &'static str {
        match self {
            Self::SetsFound(_) => "arc-sets-found",
            Self::Asked { .. } => "arc-asked",
            Self::MessageSignatureAgrees { .. } => "arc-message-signature-agrees",
            Self::OlderDiffers(_) => "arc-older-message-signature-differs",
            Self::SealAgrees { .. } => "arc-seal-agrees",
            Self::Stopped(problem) => problem.id(),
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Asked { .. } => Some(Rule("RFC 6376", "3.6.2")),
            Self::Stopped(problem) => problem.rule(),
            _ => Some(Rule("RFC 8617", "5.2")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::SetsFound(count) => vec![("count", u64::from(*count).into())],
            Self::Asked { question, answer } => {
                vec![("question", question.to_string().into()), ("answer", Value::Word(answer.word()))]
            }
            Self::MessageSignatureAgrees { instance, domain } | Self::SealAgrees { instance, domain } => {
                vec![("instance", u64::from(*instance).into()), ("domain", domain.to_string().into())]
            }
            Self::OlderDiffers(problem) => {
                let mut arguments = problem.arguments();
                arguments.push(("reason", Value::Word(problem.id())));
                arguments
            }
            Self::Stopped(problem) => problem.arguments(),
        }
    }
}

/// Every id that steps and reasons of this module may have, for those who render them.
pub const IDS: [&str; 19] = [
    "arc-sets-found",
    "arc-asked",
    "arc-message-signature-agrees",
    "arc-older-message-signature-differs",
    "arc-seal-agrees",
    "arc-too-many-sets",
    "arc-instance",
    "arc-failed-before",
    "arc-gap",
    "arc-field-missing",
    "arc-field-repeated",
    "arc-chain-status",
    "arc-chain-status-unreadable",
    "arc-seal-names-fields",
    "arc-seal-is-signed",
    "arc-lookup-failed",
    "arc-message-signature-differs",
    "arc-seal-differs",
    "arc-too-many-body-hashes",
];
