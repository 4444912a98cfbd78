//! Results, reasons and evidence of a signature's verification.

use lookup::{Answer, Failure, Question};
use mailtext::{Explain, Rule, Value};

use crate::crypto::{Algorithm, HashAlgorithm, KeyKind};
use crate::key::KeyError;
use crate::limits::{RSA_BITS_MIN, RSA_BITS_RECOMMENDED, SIGNATURE_COUNT_MAX};
use crate::signature::SignatureError;

/// The result of one signature, in the words of RFC 8601 §2.7.1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// The signature holds.
    Pass,
    /// The signature does not hold: body or header differ from what was signed.
    Fail,
    /// The signature was not looked at, by a rule of ours.
    Policy,
    /// DNS failed for now.
    TempError,
    /// The signature cannot be verified, now or later.
    PermError,
}

/// Why a signature did not pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Problem {
    /// The field cannot be used.
    Signature(SignatureError),
    /// There were more signatures above it than are verified.
    TooManySignatures,
    /// `x=` has passed: the time in it, seconds since 1970.
    Expired(u64),
    /// RFC 8301 forbids the algorithm.
    AlgorithmForbidden(Algorithm),
    /// DNS failed.
    Lookup(Failure),
    /// There is no key record: the name has none.
    NoKeyRecord,
    /// The key record cannot be used.
    Key(KeyError),
    /// The key is of another kind than the algorithm needs.
    KeyKindMismatch(KeyKind),
    /// The key's `h=` does not allow the hash.
    HashNotAllowed(HashAlgorithm),
    /// The key's `s=` does not allow e-mail.
    NotForEmail,
    /// The key's `t=s` asks that `i=` have the domain of `d=`.
    SubdomainNotAllowed,
    /// The key's `g=` does not allow the local part of `i=` (RFC 4871, legacy).
    LocalPartNotAllowed,
    /// The RSA key is shorter than may authenticate, in bits.
    KeyShort(u32),
    /// `l=` says more bytes than the body has: `l=`, and the body's canonical length.
    BodyShorterThanSigned(u64, u64),
    /// The body hash differs: the body was changed.
    BodyHashDiffers,
    /// The signature does not fit the header fields: they were changed, or the key is another.
    SignatureDiffers,
}

/// Something about a signature that weakens what its pass means. A fact for policy, not a result.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Weakness {
    /// `l=` leaves the end of the body unsigned: signed and whole length, in canonical bytes.
    BodyLength {
        /// `l=`.
        signed: u64,
        /// The canonical body's length.
        total: u64,
    },
    /// A field that recipients act on is there and not signed (RFC 6376 §5.4.1; guideline 2-7).
    NotCovered {
        /// The field's name.
        field: &'static str,
    },
    /// A field is there more often than it was signed: someone may have added one above.
    MoreInstances {
        /// The field's name.
        field: &'static str,
        /// How many there are.
        present: usize,
        /// How many were signed.
        signed: usize,
    },
    /// An RSA key below 2048 bits: its length.
    ShortKey(u32),
    /// SHA-1.
    Sha1,
    /// The domain says that it is testing DKIM.
    Testing,
    /// `t=` lies in the future: by how many seconds.
    SignedInFuture(u64),
}

/// One step of a signature's verification.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The key was asked for.
    Asked {
        /// What was asked.
        question: Question,
        /// What came.
        answer: Answer,
    },
    /// A key was found that fits.
    KeyFound {
        /// Its kind.
        kind: KeyKind,
        /// Its length.
        bits: u32,
    },
    /// The body hash is the signed one.
    BodyHashAgrees,
    /// The signature fits the header fields and the key.
    SignatureAgrees,
    /// The verification ended here.
    Stopped(Problem),
}

impl Status {
    /// The word of RFC 8601 §2.7.1.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Policy => "policy",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

impl Problem {
    /// The result that this problem leads to.
    #[must_use]
    pub fn status(&self) -> Status {
        match self {
            Self::TooManySignatures => Status::Policy,
            Self::Lookup(_) => Status::TempError,
            Self::BodyShorterThanSigned(..) | Self::BodyHashDiffers | Self::SignatureDiffers => Status::Fail,
            _ => Status::PermError,
        }
    }
}

impl Explain for Problem {
    fn id(&self) -> &'static str {
        match self {
            Self::Signature(error) => error.id(),
            Self::TooManySignatures => "dkim-too-many-signatures",
            Self::Expired(_) => "dkim-expired",
            Self::AlgorithmForbidden(_) => "dkim-algorithm-forbidden",
            Self::Lookup(_) => "dkim-lookup-failed",
            Self::NoKeyRecord => "dkim-no-key-record",
            Self::Key(error) => error.id(),
            Self::KeyKindMismatch(_) => "dkim-key-kind-mismatch",
            Self::HashNotAllowed(_) => "dkim-hash-not-allowed",
            Self::NotForEmail => "dkim-key-not-for-email",
            Self::SubdomainNotAllowed => "dkim-subdomain-not-allowed",
            Self::LocalPartNotAllowed => "dkim-local-part-not-allowed",
            Self::KeyShort(_) => "dkim-key-short",
            Self::BodyShorterThanSigned(..) => "dkim-body-shorter-than-signed",
            Self::BodyHashDiffers => "dkim-body-hash-differs",
            Self::SignatureDiffers => "dkim-signature-differs",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Signature(error) => error.rule(),
            Self::Key(error) => error.rule(),
            Self::TooManySignatures => Some(Rule("RFC 6376", "6.1")),
            Self::Expired(_) => Some(Rule("RFC 6376", "3.5")),
            Self::AlgorithmForbidden(_) => Some(Rule("RFC 8301", "3.1")),
            Self::KeyShort(_) => Some(Rule("RFC 8301", "3.2")),
            Self::Lookup(_) | Self::NoKeyRecord | Self::KeyKindMismatch(_) | Self::HashNotAllowed(_) => {
                Some(Rule("RFC 6376", "6.1.2"))
            }
            Self::NotForEmail | Self::SubdomainNotAllowed => Some(Rule("RFC 6376", "3.6.1")),
            Self::LocalPartNotAllowed => Some(Rule("RFC 4871", "3.6.1")),
            Self::BodyShorterThanSigned(..) | Self::BodyHashDiffers | Self::SignatureDiffers => {
                Some(Rule("RFC 6376", "6.1.3"))
            }
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Signature(error) => error.arguments(),
            Self::Key(error) => error.arguments(),
            Self::TooManySignatures => vec![("limit", SIGNATURE_COUNT_MAX.into())],
            Self::Expired(at) => vec![("time", (*at).into())],
            Self::AlgorithmForbidden(algorithm) => vec![("algorithm", Value::Word(algorithm.as_str()))],
            Self::Lookup(failure) => vec![("failure", Value::Word(failure.word()))],
            Self::KeyKindMismatch(kind) => vec![("kind", Value::Word(kind.as_str()))],
            Self::HashNotAllowed(hash) => vec![("hash", Value::Word(hash.as_str()))],
            Self::KeyShort(bits) => vec![("bits", u64::from(*bits).into()), ("limit", u64::from(RSA_BITS_MIN).into())],
            Self::BodyShorterThanSigned(signed, total) => {
                vec![("signed", (*signed).into()), ("total", (*total).into())]
            }
            _ => Vec::new(),
        }
    }
}

impl Explain for Weakness {
    fn id(&self) -> &'static str {
        match self {
            Self::BodyLength { .. } => "dkim-body-length",
            Self::NotCovered { .. } => "dkim-not-covered",
            Self::MoreInstances { .. } => "dkim-more-instances",
            Self::ShortKey(_) => "dkim-weak-key",
            Self::Sha1 => "dkim-sha1",
            Self::Testing => "dkim-testing",
            Self::SignedInFuture(_) => "dkim-signed-in-future",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::BodyLength { .. } => Some(Rule("RFC 6376", "8.2")),
            Self::NotCovered { .. } => Some(Rule("RFC 6376", "5.4.1")),
            Self::MoreInstances { .. } => Some(Rule("RFC 6376", "8.15")),
            Self::ShortKey(_) => Some(Rule("RFC 8301", "3.2")),
            Self::Sha1 => Some(Rule("RFC 8301", "3.1")),
            Self::Testing => Some(Rule("RFC 6376", "3.6.1")),
            Self::SignedInFuture(_) => Some(Rule("RFC 6376", "3.5")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::BodyLength { signed, total } => vec![("signed", (*signed).into()), ("total", (*total).into())],
            Self::NotCovered { field } => vec![("field", Value::Word(field))],
            Self::MoreInstances { field, present, signed } => {
                vec![("field", Value::Word(field)), ("present", (*present).into()), ("signed", (*signed).into())]
            }
            Self::ShortKey(bits) => {
                vec![("bits", u64::from(*bits).into()), ("limit", u64::from(RSA_BITS_RECOMMENDED).into())]
            }
            Self::SignedInFuture(seconds) => vec![("seconds", (*seconds).into())],
            Self::Sha1 | Self::Testing => Vec::new(),
        }
    }
}

impl Explain for Step {
    fn id(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "dkim-asked",
            Self::KeyFound { .. } => "dkim-key-found",
            Self::BodyHashAgrees => "dkim-body-hash-agrees",
            Self::SignatureAgrees => "dkim-signature-agrees",
            Self::Stopped(problem) => problem.id(),
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Asked { .. } => Some(Rule("RFC 6376", "3.6.2")),
            Self::KeyFound { .. } => Some(Rule("RFC 6376", "6.1.2")),
            Self::BodyHashAgrees | Self::SignatureAgrees => Some(Rule("RFC 6376", "6.1.3")),
            Self::Stopped(problem) => problem.rule(),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Asked { question, answer } => {
                vec![("question", question.to_string().into()), ("answer", Value::Word(answer.word()))]
            }
            Self::KeyFound { kind, bits } => {
                vec![("kind", Value::Word(kind.as_str())), ("bits", u64::from(*bits).into())]
            }
            Self::Stopped(problem) => problem.arguments(),
            Self::BodyHashAgrees | Self::SignatureAgrees => Vec::new(),
        }
    }
}

/// Every id that steps, reasons and weaknesses of this crate may have, for those who render them.
pub const IDS: [&str; 53] = [
    "dkim-signature-too-long",
    "dkim-signature-syntax",
    "dkim-tag-missing",
    "dkim-version",
    "dkim-algorithm-unknown",
    "dkim-canonicalization-unknown",
    "dkim-query-method",
    "dkim-domain-syntax",
    "dkim-selector-syntax",
    "dkim-identity-syntax",
    "dkim-identity-outside",
    "dkim-field-names",
    "dkim-from-not-signed",
    "dkim-signature-encoding",
    "dkim-body-hash-encoding",
    "dkim-body-length-syntax",
    "dkim-time-syntax",
    "dkim-expires-before-signing",
    "dkim-key-record-too-long",
    "dkim-key-syntax",
    "dkim-key-version",
    "dkim-key-absent",
    "dkim-key-revoked",
    "dkim-key-kind-unknown",
    "dkim-key-base64",
    "dkim-key-encoding",
    "dkim-key-too-short",
    "dkim-key-too-long",
    "dkim-too-many-signatures",
    "dkim-expired",
    "dkim-algorithm-forbidden",
    "dkim-lookup-failed",
    "dkim-no-key-record",
    "dkim-key-kind-mismatch",
    "dkim-hash-not-allowed",
    "dkim-key-not-for-email",
    "dkim-subdomain-not-allowed",
    "dkim-local-part-not-allowed",
    "dkim-key-short",
    "dkim-body-shorter-than-signed",
    "dkim-body-hash-differs",
    "dkim-signature-differs",
    "dkim-body-length",
    "dkim-not-covered",
    "dkim-more-instances",
    "dkim-weak-key",
    "dkim-sha1",
    "dkim-testing",
    "dkim-signed-in-future",
    "dkim-asked",
    "dkim-key-found",
    "dkim-body-hash-agrees",
    "dkim-signature-agrees",
];
