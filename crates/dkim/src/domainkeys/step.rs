//! Results, reasons and evidence of DomainKeys.

use lookup::{Answer, Failure, Question};
use mailtext::{Domain, Explain, Rule, Value};

use super::SendingField;
use super::policy::{PolicyFlaw, Signing};
use super::signature::SignatureError;
use crate::crypto::KeyKind;
use crate::key::KeyError;
use crate::limits::DOMAINKEYS_SIGNATURE_COUNT_MAX;

/// The result of one signature, in the words that RFC 5451 §2.4.1 gave to `domainkeys` (deprecated by RFC 8601).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// The message has no signature. No signature has this result.
    None,
    /// The signature holds. It authenticates nobody.
    Pass,
    /// The signature does not hold.
    Fail,
    /// The signature was not looked at, by a rule of ours.
    Policy,
    /// The signature cannot be understood, or is not of the sending domain; it is ignored.
    Neutral,
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
    /// Neither Sender nor From names one sending address.
    SendingAddress,
    /// The field that names the sending address is not signed.
    AddressNotSigned,
    /// `d=` is neither the domain of the sending address nor a parent of it.
    DomainOutside,
    /// DNS failed.
    Lookup(Failure),
    /// There is no key record: the name has none.
    NoKeyRecord,
    /// The key record cannot be used.
    Key(KeyError),
    /// The key is not of RSA.
    KeyKindMismatch(KeyKind),
    /// The key's `h=` does not allow SHA-1.
    HashNotAllowed,
    /// The key's `s=` does not allow e-mail.
    NotForEmail,
    /// The key's `g=` does not allow the local part of the sending address.
    LocalPartNotAllowed,
    /// The signature fits neither header nor body: they were changed, or the key is another.
    SignatureDiffers,
}

/// One step of evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Whom the signature speaks for.
    SendingAddress {
        /// The field that names it.
        field: SendingField,
        /// Its domain.
        domain: Domain,
    },
    /// The key was asked for.
    Asked {
        /// What was asked.
        question: Question,
        /// What came.
        answer: Answer,
    },
    /// A key was found that fits.
    KeyFound {
        /// Its length.
        bits: u32,
    },
    /// The key record says that the domain tests.
    Testing,
    /// The signature fits header, body and key.
    SignatureAgrees,
    /// The verification ended here.
    Stopped(Problem),
    /// The policy was asked for.
    PolicyAsked {
        /// What was asked.
        question: Question,
        /// What came.
        answer: Answer,
    },
    /// Something is wrong with the policy record.
    PolicyFlaw(PolicyFlaw),
    /// There is a policy.
    PolicyFound {
        /// `o=`.
        signing: Signing,
        /// `t=y`.
        testing: bool,
    },
    /// The policy names an address for reports.
    PolicyReports {
        /// `r=`.
        address: String,
    },
    /// There is no policy that can be read; the defaults hold.
    PolicyDefault,
}

impl Status {
    /// The word of RFC 5451 §2.4.1.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Policy => "policy",
            Self::Neutral => "neutral",
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
            // RFC 5451 §2.4.1: neutral is for signatures with syntax errors and those that cannot be processed otherwise.
            Self::Signature(_) | Self::DomainOutside | Self::AddressNotSigned => Status::Neutral,
            Self::Lookup(_) => Status::TempError,
            // RFC 4870 §3.2.3: a `g=` that does not match constitutes a failed verification.
            Self::SignatureDiffers | Self::LocalPartNotAllowed => Status::Fail,
            // RFC 4870 §3.7.3: if the extraction of the sending domain fails, the message shall fail verification; RFC
            // 5451 §2.4.1 calls a required field that is absent permerror.
            Self::SendingAddress
            | Self::NoKeyRecord
            | Self::Key(_)
            | Self::KeyKindMismatch(_)
            | Self::HashNotAllowed
            | Self::NotForEmail => Status::PermError,
        }
    }
}

impl Explain for Problem {
    fn id(&self) -> &'static str {
        match self {
            Self::Signature(error) => error.id(),
            Self::TooManySignatures => "domainkeys-too-many-signatures",
            Self::SendingAddress => "domainkeys-no-sending-address",
            Self::AddressNotSigned => "domainkeys-address-not-signed",
            Self::DomainOutside => "domainkeys-domain-outside",
            Self::Lookup(_) => "domainkeys-lookup-failed",
            Self::NoKeyRecord => "domainkeys-no-key-record",
            Self::Key(error) => error.id(),
            Self::KeyKindMismatch(_) => "domainkeys-key-kind-mismatch",
            Self::HashNotAllowed => "domainkeys-hash-not-allowed",
            Self::NotForEmail => "domainkeys-key-not-for-email",
            Self::LocalPartNotAllowed => "domainkeys-local-part-not-allowed",
            Self::SignatureDiffers => "domainkeys-signature-differs",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Signature(error) => error.rule(),
            Self::Key(error) => error.rule(),
            Self::TooManySignatures => None,
            Self::SendingAddress | Self::AddressNotSigned => Some(Rule("RFC 4870", "3.7.3")),
            Self::DomainOutside => Some(Rule("RFC 4870", "3.3")),
            Self::LocalPartNotAllowed => Some(Rule("RFC 4870", "3.2.3")),
            Self::HashNotAllowed | Self::NotForEmail => Some(Rule("RFC 6376", "3.6.1")),
            Self::Lookup(_) | Self::NoKeyRecord | Self::KeyKindMismatch(_) => Some(Rule("RFC 4870", "3.7.4")),
            Self::SignatureDiffers => Some(Rule("RFC 4870", "3.7.5")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Signature(error) => error.arguments(),
            Self::Key(error) => error.arguments(),
            Self::TooManySignatures => vec![("limit", DOMAINKEYS_SIGNATURE_COUNT_MAX.into())],
            Self::Lookup(failure) => vec![("failure", Value::Word(failure.word()))],
            Self::KeyKindMismatch(kind) => vec![("kind", Value::Word(kind.as_str()))],
            _ => Vec::new(),
        }
    }
}

impl Explain for Step {
    fn id(&self) -> &'static str {
        match self {
            Self::SendingAddress { .. } => "domainkeys-sending-address",
            Self::Asked { .. } => "domainkeys-asked",
            Self::KeyFound { .. } => "domainkeys-key-found",
            Self::Testing => "domainkeys-testing",
            Self::SignatureAgrees => "domainkeys-signature-agrees",
            Self::Stopped(problem) => problem.id(),
            Self::PolicyAsked { .. } => "domainkeys-policy-asked",
            Self::PolicyFlaw(flaw) => flaw.id(),
            Self::PolicyFound { .. } => "domainkeys-policy-found",
            Self::PolicyReports { .. } => "domainkeys-policy-reports",
            Self::PolicyDefault => "domainkeys-policy-default",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::SendingAddress { .. } => Some(Rule("RFC 4870", "3.5.1")),
            Self::Asked { .. } => Some(Rule("RFC 4870", "3.7.4")),
            Self::KeyFound { .. } | Self::Testing => Some(Rule("RFC 4870", "3.2.3")),
            Self::SignatureAgrees => Some(Rule("RFC 4870", "3.7.5")),
            Self::Stopped(problem) => problem.rule(),
            Self::PolicyFlaw(flaw) => flaw.rule(),
            Self::PolicyAsked { .. } => Some(Rule("RFC 4870", "3.7.6")),
            Self::PolicyFound { .. } | Self::PolicyReports { .. } | Self::PolicyDefault => {
                Some(Rule("RFC 4870", "3.6"))
            }
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::SendingAddress { field, domain } => {
                vec![("field", Value::Word(field.as_str())), ("domain", domain.to_string().into())]
            }
            Self::Asked { question, answer } | Self::PolicyAsked { question, answer } => {
                vec![("question", question.to_string().into()), ("answer", Value::Word(answer.word()))]
            }
            Self::KeyFound { bits } => vec![("bits", u64::from(*bits).into())],
            Self::Stopped(problem) => problem.arguments(),
            Self::PolicyFlaw(flaw) => flaw.arguments(),
            Self::PolicyFound { signing, testing } => {
                let testing = if *testing { "yes" } else { "no" };
                vec![("signing", Value::Word(signing.word())), ("testing", Value::Word(testing))]
            }
            Self::PolicyReports { address } => vec![("address", address.as_str().into())],
            Self::Testing | Self::SignatureAgrees | Self::PolicyDefault => Vec::new(),
        }
    }
}
