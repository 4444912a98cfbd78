//! What is told of an evaluation: its steps and its reason.

use std::sync::Arc;

use lookup::fetch::{FetchFailure, Fetched, HttpsUrl};
use lookup::{Answer, Failure, Question};
use mailtext::{Domain, Explain, Rule, Value};

use crate::DRAFT;
use crate::discovery::{Selector, SelectorDefect};
use crate::evaluate::BimiResult;
use crate::evidence::{EvidenceFlaw, MarkType};
use crate::indicator::FindingKind;
use crate::preconditions::Shortfall;
use crate::record::{Record, RecordFlaw};

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
    /// A document was fetched.
    Fetched {
        /// Which.
        resource: Resource,
        /// From where.
        url: HttpsUrl,
        /// What came.
        fetched: Fetched,
    },
    /// The BIMI-Selector field chose the selector.
    SelectorOfField {
        /// The selector.
        selector: Selector,
    },
    /// BIMI-Selector was ignored.
    SelectorIgnored {
        /// Why.
        defect: SelectorDefect,
    },
    /// The name of the record is longer than DNS allows: there can be none.
    NameTooLong {
        /// The selector.
        selector: Selector,
        /// The domain.
        domain: Domain,
    },
    /// TXT records that are not BIMI's.
    TextIgnored {
        /// The name asked.
        name: Domain,
        /// How many.
        count: usize,
    },
    /// The one BIMI record at a name.
    RecordFound {
        /// The name asked.
        name: Domain,
        /// The record.
        record: Arc<Record>,
    },
    /// The record has a flaw.
    RecordFlawed {
        /// Which.
        flaw: RecordFlaw,
    },
    /// Several BIMI records at one name.
    SeveralRecords {
        /// The name asked.
        name: Domain,
        /// How many.
        count: usize,
    },
    /// The local-part chose another selector, by `lps=`.
    LocalPartSelects {
        /// The selector.
        selector: Selector,
    },
    /// Something was found in an indicator.
    IndicatorFound {
        /// In which: the one of `l=`, or the one in the evidence document.
        resource: Resource,
        /// What.
        finding: FindingKind,
    },
    /// Something is wrong with the evidence document.
    EvidenceFlawed {
        /// What.
        flaw: EvidenceFlaw,
    },
    /// The evidence document holds.
    EvidenceValid {
        /// What kind of mark it is.
        mark: MarkType,
        /// To whom it was issued.
        organization: Box<str>,
    },
    /// The indicator of `l=` and the one in the evidence document were compared.
    IndicatorsCompared {
        /// What came out.
        comparison: Comparison,
    },
    /// The result.
    Decided {
        /// The result.
        result: BimiResult,
        /// Why.
        reason: Reason,
    },
}

/// A document of BIMI.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Resource {
    /// The indicator of `l=`.
    Indicator,
    /// The evidence document of `a=`.
    Evidence,
    /// A revocation list.
    RevocationList,
}

/// What a comparison of the two indicators gave.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Comparison {
    /// The same bytes, uncompressed.
    Same,
    /// Other bytes.
    Other,
}

/// Why a result is what it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// The indicator is valid, and nothing vouches for it.
    Indicator,
    /// The indicator is the one that the evidence document vouches for.
    Evidence,
    /// BIMI may not be looked at for this message.
    Shortfall(Shortfall),
    /// The domain has no record.
    NoRecord,
    /// Several records stand at one name.
    SeveralRecords,
    /// DNS did not answer.
    LookupFailed(Failure),
    /// The domain owner does not take part.
    Declined,
    /// The record has a fatal flaw.
    DefectiveRecord,
    /// The receiver wants evidence, and the record names none.
    NoEvidence,
    /// A document did not come.
    NotFetched(Resource, FetchTrouble),
    /// The indicator is not valid.
    InvalidIndicator,
    /// The evidence document does not hold.
    InvalidEvidence,
    /// The indicators differ.
    IndicatorsDiffer,
}

/// How a document did not come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FetchTrouble {
    /// By this status.
    Status(u16),
    /// By this failure.
    Failure(FetchFailure),
}

impl FetchTrouble {
    /// Whether it may come another time.
    #[must_use]
    pub fn is_temporary(self) -> bool {
        match self {
            // RFC 9110 §15.5.9 and §15.6: the server's own trouble, or a matter of time.
            Self::Status(status) => status == 408 || status == 429 || status >= 500,
            Self::Failure(failure) => match failure {
                FetchFailure::Timeout
                | FetchFailure::NoAddress
                | FetchFailure::Unreachable
                | FetchFailure::Budget
                | FetchFailure::NotOnTape => true,
                // §7.5, 2: a server certificate that does not hold fails the indicator.
                FetchFailure::Tls
                | FetchFailure::PrivateAddress
                | FetchFailure::TooLarge
                | FetchFailure::Redirect
                | FetchFailure::Malformed
                | FetchFailure::Disabled => false,
            },
        }
    }

    fn arguments(self) -> (&'static str, Value) {
        match self {
            Self::Status(status) => ("status", u64::from(status).into()),
            Self::Failure(failure) => ("error", Value::Word(failure.id())),
        }
    }
}

impl Resource {
    /// A stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Indicator => "indicator",
            Self::Evidence => "evidence",
            Self::RevocationList => "revocation-list",
        }
    }
}

impl Step {
    /// All ids of steps that are not those of flaws and findings.
    pub const IDS: &'static [&'static str] = &[
        "bimi-asked",
        "bimi-fetched",
        "bimi-not-fetched",
        "bimi-selector-of-field",
        "bimi-selector-ignored",
        "bimi-name-too-long",
        "bimi-text-ignored",
        "bimi-record-found",
        "bimi-several-records",
        "bimi-local-part-selects",
        "bimi-evidence-valid",
        "bimi-indicators-same",
        "bimi-indicators-differ",
        "bimi-decided",
    ];
}

impl Explain for Step {
    fn id(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "bimi-asked",
            Self::Fetched { fetched: Fetched::Document(_), .. } => "bimi-fetched",
            Self::Fetched { .. } => "bimi-not-fetched",
            Self::SelectorOfField { .. } => "bimi-selector-of-field",
            Self::SelectorIgnored { .. } => "bimi-selector-ignored",
            Self::NameTooLong { .. } => "bimi-name-too-long",
            Self::TextIgnored { .. } => "bimi-text-ignored",
            Self::RecordFound { .. } => "bimi-record-found",
            Self::RecordFlawed { flaw } => flaw.id(),
            Self::SeveralRecords { .. } => "bimi-several-records",
            Self::LocalPartSelects { .. } => "bimi-local-part-selects",
            Self::IndicatorFound { finding, .. } => finding.id(),
            Self::EvidenceFlawed { flaw } => flaw.id(),
            Self::EvidenceValid { .. } => "bimi-evidence-valid",
            Self::IndicatorsCompared { comparison: Comparison::Same } => "bimi-indicators-same",
            Self::IndicatorsCompared { comparison: Comparison::Other } => "bimi-indicators-differ",
            Self::Decided { .. } => "bimi-decided",
        }
    }

    fn rule(&self) -> Option<Rule> {
        let section = match self {
            Self::Asked { .. } | Self::Fetched { .. } => return None,
            Self::NameTooLong { .. } => return Some(Rule("RFC 1035", "2.3.4")),
            Self::RecordFlawed { flaw } => return flaw.rule(),
            Self::IndicatorFound { finding, .. } => return finding.rule(),
            Self::EvidenceFlawed { flaw } => return flaw.rule(),
            Self::Decided { reason, .. } => return reason.rule(),
            Self::SelectorOfField { .. } => "5.1",
            Self::SelectorIgnored { .. } => "5.5",
            Self::TextIgnored { .. } | Self::SeveralRecords { .. } => "7.2",
            Self::RecordFound { .. } => "4.3",
            Self::LocalPartSelects { .. } => "4.5",
            Self::EvidenceValid { .. } => "7.4",
            Self::IndicatorsCompared { .. } => "7.9",
        };
        Some(Rule(DRAFT, section))
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Asked { question, answer } => asked(question, answer),
            Self::Fetched { resource, url, fetched } => fetched_arguments(*resource, url, fetched),
            Self::SelectorOfField { selector } | Self::LocalPartSelects { selector } => {
                vec![("selector", selector.as_str().into())]
            }
            Self::SelectorIgnored { defect } => vec![("defect", Value::Word(defect.as_str()))],
            Self::NameTooLong { selector, domain } => {
                vec![("selector", selector.as_str().into()), ("domain", domain.into())]
            }
            Self::TextIgnored { name, count } | Self::SeveralRecords { name, count } => {
                vec![("name", name.into()), ("count", (*count).into())]
            }
            Self::RecordFound { name, record } => vec![("name", name.into()), ("record", record.to_string().into())],
            Self::RecordFlawed { flaw } => flaw.arguments(),
            Self::IndicatorFound { resource, finding } => {
                let mut arguments = vec![("resource", Value::Word(resource.as_str()))];
                arguments.extend(finding.arguments());
                arguments
            }
            Self::EvidenceFlawed { flaw } => flaw.arguments(),
            Self::EvidenceValid { mark, organization } => {
                vec![("mark", mark.as_str().into()), ("organization", (**organization).into())]
            }
            Self::IndicatorsCompared { .. } => Vec::new(),
            Self::Decided { result, reason } => {
                // What the reason needs stands before it.
                let mut arguments = reason.arguments();
                arguments.push(("result", Value::Word(result.as_str())));
                arguments.push(("reason", Value::Word(reason.id())));
                arguments
            }
        }
    }
}

impl Reason {
    /// All ids of reasons that are not those of shortfalls.
    pub const IDS: &'static [&'static str] = &[
        "bimi-reason-indicator",
        "bimi-reason-evidence",
        "bimi-reason-no-record",
        "bimi-reason-several-records",
        "bimi-reason-lookup-failed",
        "bimi-reason-declined",
        "bimi-reason-defective-record",
        "bimi-reason-no-evidence",
        "bimi-reason-not-fetched",
        "bimi-reason-invalid-indicator",
        "bimi-reason-invalid-evidence",
        "bimi-reason-indicators-differ",
    ];
}

impl Explain for Reason {
    fn id(&self) -> &'static str {
        match self {
            Self::Indicator => "bimi-reason-indicator",
            Self::Evidence => "bimi-reason-evidence",
            Self::Shortfall(shortfall) => shortfall.id(),
            Self::NoRecord => "bimi-reason-no-record",
            Self::SeveralRecords => "bimi-reason-several-records",
            Self::LookupFailed(_) => "bimi-reason-lookup-failed",
            Self::Declined => "bimi-reason-declined",
            Self::DefectiveRecord => "bimi-reason-defective-record",
            Self::NoEvidence => "bimi-reason-no-evidence",
            Self::NotFetched(..) => "bimi-reason-not-fetched",
            Self::InvalidIndicator => "bimi-reason-invalid-indicator",
            Self::InvalidEvidence => "bimi-reason-invalid-evidence",
            Self::IndicatorsDiffer => "bimi-reason-indicators-differ",
        }
    }

    fn rule(&self) -> Option<Rule> {
        let section = match self {
            Self::Shortfall(shortfall) => return shortfall.rule(),
            Self::NoRecord | Self::SeveralRecords | Self::LookupFailed(_) => "7.2",
            Self::Declined => "4.3.1",
            Self::DefectiveRecord => "4.3",
            Self::NotFetched(..) => "7.3",
            Self::NoEvidence | Self::Evidence | Self::InvalidEvidence => "7.4",
            Self::Indicator => "7.5",
            Self::InvalidIndicator => "7.6",
            Self::IndicatorsDiffer => "7.9",
        };
        Some(Rule(DRAFT, section))
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Shortfall(shortfall) => shortfall.arguments(),
            Self::LookupFailed(failure) => vec![("failure", Value::Word(failure.word()))],
            Self::NotFetched(resource, trouble) => {
                vec![("resource", Value::Word(resource.as_str())), trouble.arguments()]
            }
            _ => Vec::new(),
        }
    }
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

fn fetched_arguments(resource: Resource, url: &HttpsUrl, fetched: &Fetched) -> Vec<(&'static str, Value)> {
    let mut arguments = vec![("resource", Value::Word(resource.as_str())), ("url", url.as_str().into())];
    arguments.push(match fetched {
        Fetched::Document(document) => ("bytes", document.bytes.len().into()),
        Fetched::Status(status) => FetchTrouble::Status(*status).arguments(),
        Fetched::Failed(failure) => FetchTrouble::Failure(*failure).arguments(),
    });
    arguments
}
