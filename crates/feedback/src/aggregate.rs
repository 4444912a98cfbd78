//! Aggregate reports (RFC 9990, RFC 7489 Appendix C): which mail a receiver saw in a domain's name, counted.
//!
//! A report has few circumstances and many addresses: what a record says beside its address and its count stands in
//! [`Circumstances`], each of a report once. So ten thousand records need little more than ten thousand addresses.

pub mod check;
pub mod fold;
pub mod read;
pub mod write;

use std::net::IpAddr;

use report::row::{Discovery, Mode, Policy};
use report::vocabulary::{Disposition, MethodResult, OverrideKind};

use crate::word::Word;

/// An aggregate report.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Aggregate {
    /// `version`, as it stood there.
    pub version: Option<Box<str>>,
    /// The namespace of the root element; empty when there was none.
    pub namespace: Box<str>,
    /// Who reports, and of when.
    pub metadata: Metadata,
    /// The policy that was found.
    pub policy: PublishedPolicy,
    /// The circumstances of the records, each once.
    pub circumstances: Vec<Circumstances>,
    /// The records, in the order of the report.
    pub records: Vec<Record>,
}

/// `report_metadata`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Metadata {
    /// `org_name`.
    pub organization: Box<str>,
    /// `email`.
    pub email: Box<str>,
    /// `extra_contact_info`.
    pub contact: Option<Box<str>>,
    /// `report_id`.
    pub report_id: Box<str>,
    /// `date_range/begin`, in seconds since 1970.
    pub begin_s: u64,
    /// `date_range/end`, in seconds since 1970.
    pub end_s: u64,
    /// `error`: what the receiver says is wrong with the records it found. Every one, where there are several.
    pub errors: Vec<Box<str>>,
    /// `generator`.
    pub generator: Option<Box<str>>,
}

/// `policy_published`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PublishedPolicy {
    /// `domain`, in lower case, without a dot at the end.
    pub domain: Box<str>,
    /// `p`.
    pub policy: Word<Policy>,
    /// `sp`.
    pub subdomain_policy: Word<Policy>,
    /// `np`.
    pub nonexistent_policy: Word<Policy>,
    /// `adkim`.
    pub dkim_mode: Word<Mode>,
    /// `aspf`.
    pub spf_mode: Word<Mode>,
    /// `pct`, of RFC 7489.
    pub percent: Option<u8>,
    /// `fo`, as it stood there.
    pub failure_options: Option<Box<str>>,
    /// `testing`.
    pub testing: Word<report::row::Testing>,
    /// `discovery_method`.
    pub discovery: Word<Discovery>,
}

/// A record: so many messages of one address under the same circumstances.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Record {
    /// `source_ip`; `None` when it cannot be read (some receivers hide it).
    pub source: Option<IpAddr>,
    /// `count`.
    pub count: u64,
    /// Where in [`Aggregate::circumstances`] the rest stands.
    pub circumstances: u32,
}

/// What a record says beside its address and its count.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Circumstances {
    /// `policy_evaluated/disposition`.
    pub disposition: Word<Disposition>,
    /// `policy_evaluated/dkim`: whether an aligned signature passed, as the receiver says.
    pub dkim_aligned: Word<AlignedPass>,
    /// `policy_evaluated/spf`: whether SPF passed and is aligned, as the receiver says.
    pub spf_aligned: Word<AlignedPass>,
    /// `policy_evaluated/reason`.
    pub reasons: Vec<Reason>,
    /// `identifiers/header_from`, in lower case, without a dot at the end.
    pub header_from: Box<str>,
    /// `identifiers/envelope_from`, likewise; `None` when the element was not there, empty when it was empty.
    pub envelope_from: Option<Box<str>>,
    /// `identifiers/envelope_to`, likewise.
    pub envelope_to: Option<Box<str>>,
    /// `auth_results/dkim`, in their order.
    pub dkim: Vec<DkimResult>,
    /// `auth_results/spf`, in their order.
    pub spf: Vec<SpfResult>,
}

/// Whether a method gave an aligned pass: the words of `policy_evaluated`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AlignedPass {
    /// `pass`.
    Yes,
    /// `fail`.
    No,
}

/// `reason`: why the policy was not applied.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Reason {
    /// `type`. `sampled_out` of RFC 7489 is [`Word::Other`].
    pub kind: Word<OverrideKind>,
    /// `comment`.
    pub comment: Option<Box<str>>,
}

/// A DKIM result, whether aligned or not.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct DkimResult {
    /// `domain`, in lower case, without a dot at the end.
    pub domain: Box<str>,
    /// `selector`.
    pub selector: Option<Box<str>>,
    /// `result`.
    pub result: Word<MethodResult>,
    /// `human_result`.
    pub comment: Option<Box<str>>,
}

/// An SPF result, whether aligned or not.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct SpfResult {
    /// `domain`, in lower case, without a dot at the end.
    pub domain: Box<str>,
    /// `scope`.
    pub scope: Word<SpfScope>,
    /// `result`.
    pub result: Word<MethodResult>,
    /// `human_result`.
    pub comment: Option<Box<str>>,
}

/// Which identity SPF judged.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SpfScope {
    /// `mfrom`.
    MailFrom,
    /// `helo`, of RFC 7489.
    Helo,
}

impl Aggregate {
    /// How many messages its records count.
    #[must_use]
    pub fn message_count(&self) -> u64 {
        self.records.iter().fold(0, |sum, record| sum.saturating_add(record.count))
    }

    /// The circumstances of a record.
    #[must_use]
    pub fn circumstances_of(&self, record: &Record) -> Option<&Circumstances> {
        self.circumstances.get(usize::try_from(record.circumstances).ok()?)
    }
}

impl AlignedPass {
    /// The word of reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "pass",
            Self::No => "fail",
        }
    }
}
