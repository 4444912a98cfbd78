//! What a store of reports is able to do.
//!
//! A report is a fact: kept once, never changed. What is counted of reports is a fold of them. Time is an argument; the
//! futures may be awaited on any executor. A source (a mailbox, a directory) is told that a report is taken only after
//! [`Archive::import`] has returned: then it is on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::net::IpAddr;

use mailtext::Domain;
use report::query::Reach;
use report::vocabulary::Disposition;
use thiserror::Error;

use crate::aggregate::{Aggregate, Circumstances, PublishedPolicy};
use crate::deviation::Deviation;
use crate::failure::Failure;
use crate::summary::{AggregateSum, Spread, Summary};
use crate::tls::{Tls, TlsFailure, TlsPolicy};

/// A store of reports.
pub trait Archive: Send + Sync {
    /// Keeps reports, all or none, in their order. One that is there already is not kept again ([`Receipt::Duplicate`]).
    /// The place up to which a source was read moves on with them.
    ///
    /// # Errors
    /// Nothing of the call is kept.
    fn import(
        &self,
        parcels: Vec<Parcel>,
        place: Option<Place>,
    ) -> impl Future<Output = Result<Vec<Receipt>, ArchiveError>> + Send;

    /// Up to where a source was read.
    ///
    /// # Errors
    /// The store cannot answer.
    fn place(&self, source: &str) -> impl Future<Output = Result<Option<Place>, ArchiveError>> + Send;

    /// The reports, a page of them: the inbox.
    ///
    /// # Errors
    /// The store cannot answer.
    fn documents(&self, query: DocumentQuery) -> impl Future<Output = Result<DocumentPage, ArchiveError>> + Send;

    /// How many reports stand how; what is asked of `status`, `before` and `limit` is not looked at. Of `within`, where it is
    /// there, only those whose first domain is one of these.
    ///
    /// # Errors
    /// The store cannot answer.
    fn totals(
        &self,
        query: DocumentQuery,
        within: Option<Vec<(Domain, Reach)>>,
    ) -> impl Future<Output = Result<Totals, ArchiveError>> + Send;

    /// One report: its line, and the bytes that it came in; empty where they are no longer kept.
    ///
    /// # Errors
    /// The store cannot answer.
    fn document(
        &self,
        id: DocumentId,
    ) -> impl Future<Output = Result<Option<(DocumentLine, Vec<u8>)>, ArchiveError>> + Send;

    /// What one report says.
    ///
    /// # Errors
    /// The store cannot answer.
    fn content(&self, id: DocumentId) -> impl Future<Output = Result<Option<Content>, ArchiveError>> + Send;

    /// Who sent in a domain's name: messages by address and circumstances, the largest count first.
    ///
    /// # Errors
    /// The store cannot answer.
    fn sources(&self, query: CountQuery) -> impl Future<Output = Result<Vec<SourceLine>, ArchiveError>> + Send;

    /// The same, each line with its messages in pieces of so many days, from the question's first day on. A question without
    /// a first and a last day, or one for more than [`crate::limits::SPREAD_PIECE_COUNT_MAX`] pieces, has no pieces.
    ///
    /// # Errors
    /// The store cannot answer.
    fn spread(
        &self,
        query: CountQuery,
        piece_days: u32,
    ) -> impl Future<Output = Result<Vec<(SourceLine, Vec<u64>)>, ArchiveError>> + Send;

    /// Messages by day and by what is asked for, in the order of the line's fields. Where there are more lines than are
    /// wanted, those with the largest counts.
    ///
    /// # Errors
    /// The store cannot answer.
    fn counts(
        &self,
        query: CountQuery,
        by: Division,
    ) -> impl Future<Output = Result<Vec<CountLine>, ArchiveError>> + Send;

    /// How much was sent in the names of these domains, or of all: every message, however many sources and reporters there
    /// are. The question's limit is not asked.
    ///
    /// # Errors
    /// The store cannot answer.
    fn volumes(
        &self,
        query: CountQuery,
        domains: Option<BTreeSet<Box<str>>>,
    ) -> impl Future<Output = Result<Volumes, ArchiveError>> + Send;

    /// Who reports: how much, how well, since when and until when; the largest count of messages first.
    ///
    /// # Errors
    /// The store cannot answer.
    fn reporters(&self, query: CountQuery) -> impl Future<Output = Result<Vec<ReporterLine>, ArchiveError>> + Send;

    /// The domains of which there are aggregate reports that somebody vouches for, with their newest policy.
    ///
    /// # Errors
    /// The store cannot answer.
    fn domains(&self, tenant: Option<&str>) -> impl Future<Output = Result<Vec<DomainLine>, ArchiveError>> + Send;

    /// What the reports of all kinds count, at a glance; the question's limit is not asked.
    ///
    /// # Errors
    /// The store cannot answer, or there are more lines than [`crate::limits::SUMMARY_LINE_COUNT_MAX`].
    fn summary(&self, query: CountQuery, spread: Spread) -> impl Future<Output = Result<Summary, ArchiveError>> + Send;

    /// What TLS reports count, the newest day first.
    ///
    /// # Errors
    /// The store cannot answer.
    fn tls(&self, query: CountQuery) -> impl Future<Output = Result<Vec<TlsLine>, ArchiveError>> + Send;

    /// Failure reports, the newest first.
    ///
    /// # Errors
    /// The store cannot answer.
    fn failures(
        &self,
        query: CountQuery,
    ) -> impl Future<Output = Result<Vec<(DocumentLine, Failure)>, ArchiveError>> + Send;

    /// What owners said of sources.
    ///
    /// # Errors
    /// The store cannot answer.
    fn marks(&self, tenant: &str) -> impl Future<Output = Result<Vec<Mark>, ArchiveError>> + Send;

    /// Keeps what an owner says of a source; without a standing, what was said is forgotten.
    ///
    /// # Errors
    /// It is not kept.
    fn set_mark(&self, mark: Mark, standing: Option<Standing>)
    -> impl Future<Output = Result<(), ArchiveError>> + Send;

    /// Judges everything of a domain anew, after marks or the map of senders have changed, and says how many records are
    /// of another class now.
    ///
    /// # Errors
    /// Nothing is changed.
    fn judge_anew(
        &self,
        tenant: &str,
        domain: &Domain,
        judge: Judge,
    ) -> impl Future<Output = Result<u64, ArchiveError>> + Send;

    /// What is known of addresses; those that are not known are left out.
    ///
    /// # Errors
    /// The store cannot answer.
    fn hosts(&self, addresses: Vec<IpAddr>) -> impl Future<Output = Result<Vec<Host>, ArchiveError>> + Send;

    /// Addresses of which nothing, or nothing from this time or later, is known, those with the most messages first. What
    /// nobody vouches for makes no address worth a question.
    ///
    /// # Errors
    /// The store cannot answer.
    fn unknown_hosts(
        &self,
        before_s: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<IpAddr>, ArchiveError>> + Send;

    /// Keeps what was found of addresses.
    ///
    /// # Errors
    /// It is not kept.
    fn keep_hosts(&self, hosts: Vec<Host>) -> impl Future<Output = Result<(), ArchiveError>> + Send;

    /// Takes something away, a bounded piece of it: to be called again while it says that there is more.
    ///
    /// # Errors
    /// The store cannot do it.
    fn remove(&self, what: Removal) -> impl Future<Output = Result<Removed, ArchiveError>> + Send;

    /// Makes the counts anew from the reports, and says how many counts were different before: anything but 0 is a fault.
    ///
    /// # Errors
    /// The store cannot do it.
    fn rebuild(&self) -> impl Future<Output = Result<u64, ArchiveError>> + Send;
}

/// Judges a source: its address, its circumstances, the policy, how many messages.
pub type Judge = std::sync::Arc<dyn Fn(&Sighting<'_>) -> Class + Send + Sync>;

/// What a class is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'a> {
    /// The address.
    pub source: Option<IpAddr>,
    /// How many messages.
    pub count: u64,
    /// The rest of the record.
    pub circumstances: &'a Circumstances,
    /// The policy that the report says was published.
    pub policy: &'a PublishedPolicy,
}

/// What kind of mail a record counts, as we judge it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Class {
    /// 判定不能: nothing tells.
    #[default]
    Undecidable,
    /// 正常: the domain's own mail, authenticated.
    Legitimate,
    /// 転送由来: the domain's own mail, forwarded by others.
    Forwarded,
    /// 設定不備: the domain's own mail, not authenticated as it should be.
    Misconfigured,
    /// なりすまし疑い: mail that is probably not the domain's.
    Suspected,
}

/// A report on its way into the store.
#[derive(Clone, PartialEq, Debug)]
pub struct Parcel {
    /// Whose it is, where several share a store; empty where nobody does.
    pub tenant: Box<str>,
    /// When it was received, in milliseconds since 1970.
    pub received_ms: u64,
    /// Where it came from.
    pub origin: Origin,
    /// SHA-256 of the report, decompressed.
    pub digest: [u8; 32],
    /// The report, compressed with gzip, to be shown and to be read again; empty when it is not to be kept.
    pub raw: Vec<u8>,
    /// What it says.
    pub content: Content,
    /// How it was read.
    pub status: Status,
    /// Why it was refused, or how far it was read: the id of a reason, with what is said about it.
    pub reason: Option<(Box<str>, Box<str>)>,
    /// In what it deviates from the standards.
    pub deviations: Vec<Deviation>,
    /// The class of each record of an aggregate report.
    pub classes: Vec<Class>,
}

/// What a report says.
#[derive(Clone, PartialEq, Debug)]
pub enum Content {
    /// An aggregate report.
    Aggregate(Box<Aggregate>),
    /// A failure report.
    Failure(Box<Failure>),
    /// A TLS report.
    Tls(Tls),
    /// It could not be read, or is not wanted; with the kind that it seems to be.
    Refused(Option<Kind>),
}

/// The kinds of report.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// RFC 9990, RFC 7489.
    Aggregate,
    /// RFC 9991, 6591, 5965.
    Failure,
    /// RFC 8460.
    Tls,
}

/// How a report was read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Status {
    /// Whole.
    Accepted,
    /// It was cut off or damaged; what stood before is kept.
    Salvaged,
    /// Not at all; it is kept with the reason, and counts nowhere.
    Refused,
}

/// Where a report came from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Origin {
    /// By which way: `file`, `lmtp`, `milter`, `push`, or `imap:` with the account's name.
    pub source: Box<str>,
    /// Which file or message.
    pub path: Box<str>,
    /// Which member of it, of nested ones the way to it; empty when the file itself is the report.
    pub member: Box<str>,
    /// Who vouches for it.
    pub trust: Trust,
}

/// Who vouches for a report.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Trust {
    /// Whoever gave it to us: a file of the operator, a push with a key.
    #[default]
    Given,
    /// The mail that carried it passed DMARC for this domain.
    Authenticated(Box<str>),
    /// The mail that carried it did not: it is kept apart, and counts only where it is asked for.
    Unauthenticated,
}

/// Which report of a store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DocumentId(pub u64);

/// What became of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Receipt {
    /// It is kept.
    Stored(DocumentId),
    /// It is there already: the same bytes, or the same report of the same reporter with the same records. One that was
    /// refused, or cut off, or that nobody vouched for, gives way to a better copy of it, which is [`Self::Stored`].
    Duplicate(DocumentId),
    /// It is kept beside one with the same reporter, id, domain and period, and says something else.
    Conflict {
        /// This one.
        id: DocumentId,
        /// The other one.
        with: DocumentId,
    },
}

/// Up to where a source was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Which source, such as `imap:` with the account's name and the mailbox.
    pub source: Box<str>,
    /// The place, in the source's own terms: UIDVALIDITY and UID.
    pub position: Box<str>,
}

/// Which reports. Every condition that is there must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DocumentQuery {
    /// Of this tenant.
    pub tenant: Option<Box<str>>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Read like this.
    pub status: Option<Status>,
    /// About this domain.
    pub domain: Option<(Domain, Reach)>,
    /// By this reporter: its organisation or its domain.
    pub reporter: Option<Box<str>>,
    /// With this id of the reporter's.
    pub report_id: Option<Box<str>>,
    /// Whose period ends after this time, in seconds since 1970; reports without a period by the time of receipt.
    pub from_s: Option<u64>,
    /// Whose period begins before this time.
    pub until_s: Option<u64>,
    /// Only those received before this one: [`DocumentPage::next`] of the page before.
    pub before: Option<DocumentId>,
    /// Most lines; 0, and more than [`crate::limits::PAGE_LINE_COUNT_MAX`], mean that many.
    pub limit: usize,
}

/// A page of reports, the newest first.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DocumentPage {
    /// The reports.
    pub lines: Vec<DocumentLine>,
    /// Where to go on; `None` when there are no more.
    pub next: Option<DocumentId>,
}

/// How many reports stand how. A report that came again, or conflicts, is counted by how it was read too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Read whole.
    pub accepted: u64,
    /// Read in part.
    pub salvaged: u64,
    /// Not read.
    pub refused: u64,
    /// Those of which copies came.
    pub duplicate: u64,
    /// Those beside which is one with the same name that says something else.
    pub conflicting: u64,
}

/// A report, as the inbox shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct DocumentLine {
    /// Which.
    pub id: DocumentId,
    /// Whose.
    pub tenant: Box<str>,
    /// Of which kind; `None` when it is not known.
    pub kind: Option<Kind>,
    /// How it was read.
    pub status: Status,
    /// Why not whole.
    pub reason: Option<(Box<str>, Box<str>)>,
    /// Where it came from.
    pub origin: Origin,
    /// When, in milliseconds since 1970.
    pub received_ms: u64,
    /// The reporter's organisation.
    pub organization: Box<str>,
    /// The reporter's domain: that of its address.
    pub reporter: Box<str>,
    /// The reporter's id of the report.
    pub report_id: Box<str>,
    /// The domain that it is about; the first, where there are several.
    pub domain: Box<str>,
    /// The period's begin, in seconds since 1970.
    pub begin_s: u64,
    /// The period's end, in seconds since 1970.
    pub end_s: u64,
    /// How many records: of a TLS report policies, of a failure report 1.
    pub record_count: u64,
    /// How many messages: of a TLS report sessions, of a failure report incidents.
    pub message_count: u64,
    /// In what it deviates.
    pub deviations: Vec<Deviation>,
    /// What the reporter says is wrong with the records it found.
    pub errors: Vec<Box<str>>,
    /// How often it came again, and was not kept again.
    pub copies: u64,
    /// Another report with the same reporter, id, domain and period that says something else. What nobody vouches for
    /// casts no doubt on what somebody does, here and below.
    pub conflict: Option<DocumentId>,
    /// A report of the same reporter, kind and domain whose period overlaps this one's. Of a period longer than
    /// [`crate::limits::OVERLAP_S_MAX`], so much is looked at.
    pub overlap: Option<DocumentId>,
}

/// Which messages are counted. Every condition that is there must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CountQuery {
    /// Of this tenant.
    pub tenant: Option<Box<str>>,
    /// Of this policy domain.
    pub domain: Option<(Domain, Reach)>,
    /// From this day, in days since 1970 (UTC). A report counts on the day on which its period begins, however long it is;
    /// one without a period on the day on which it was received.
    pub from_day: Option<u32>,
    /// Before this day.
    pub until_day: Option<u32>,
    /// By this reporter: its organisation or its domain.
    pub reporter: Option<Box<str>>,
    /// Also what reports say that nobody vouches for.
    pub with_unauthenticated: bool,
    /// Most lines; 0, and more than [`crate::limits::PAGE_LINE_COUNT_MAX`], mean that many.
    pub limit: usize,
}

/// Messages of one address under the same circumstances.
#[derive(Clone, PartialEq, Debug)]
pub struct SourceLine {
    /// The address.
    pub source: Option<IpAddr>,
    /// The policy domain.
    pub domain: Box<str>,
    /// The rest of the record.
    pub circumstances: Circumstances,
    /// As it was judged.
    pub class: Class,
    /// How many messages.
    pub count: u64,
    /// The first day, in days since 1970.
    pub first_day: u32,
    /// The last day.
    pub last_day: u32,
}

/// By what messages are counted apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Division {
    /// By day; else all days together.
    pub day: bool,
    /// By policy domain.
    pub domain: bool,
    /// By reporter.
    pub reporter: bool,
    /// By class.
    pub class: bool,
    /// By disposition.
    pub disposition: bool,
    /// By whether DKIM and SPF gave an aligned pass.
    pub aligned: bool,
}

/// A count; what it is not divided by is empty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CountLine {
    /// The day, in days since 1970.
    pub day: Option<u32>,
    /// The policy domain.
    pub domain: Option<Box<str>>,
    /// The reporter's organisation.
    pub reporter: Option<Box<str>>,
    /// The class.
    pub class: Option<Class>,
    /// The disposition; `None` also when the report's word is none we know.
    pub disposition: Option<Disposition>,
    /// Whether DKIM gave an aligned pass.
    pub dkim_aligned: Option<bool>,
    /// Whether SPF gave an aligned pass.
    pub spf_aligned: Option<bool>,
    /// How many messages.
    pub count: u64,
}

/// How much was sent in the names of some domains.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Volumes {
    /// By policy domain. One in whose name nothing was sent is not there.
    pub domains: BTreeMap<Box<str>, Volume>,
    /// By day, in days since 1970, all these domains together.
    pub days: BTreeMap<u32, AggregateSum>,
}

/// How much was sent in the name of a domain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Volume {
    /// The messages, and how many organisations report about them.
    pub sum: AggregateSum,
    /// On how many days.
    pub day_count: u32,
}

/// Who reports.
#[derive(Clone, PartialEq, Debug)]
pub struct ReporterLine {
    /// The organisation.
    pub organization: Box<str>,
    /// The domain of its address.
    pub reporter: Box<str>,
    /// Reports of all kinds that are kept and not refused.
    pub report_count: u64,
    /// Those of them that were salvaged.
    pub salvaged_count: u64,
    /// Reports that were refused, as far as it is known whose they are.
    pub refused_count: u64,
    /// Records of its aggregate reports.
    pub record_count: u64,
    /// Messages that they count.
    pub message_count: u64,
    /// The begin of the first period, in seconds since 1970.
    pub first_s: u64,
    /// The end of the last period.
    pub last_s: u64,
    /// In what its reports deviate, and in how many of them.
    pub deviations: Vec<Deviation>,
}

/// A domain of which there are reports.
#[derive(Clone, PartialEq, Debug)]
pub struct DomainLine {
    /// Whose.
    pub tenant: Box<str>,
    /// The policy domain.
    pub domain: Box<str>,
    /// Its policy, as the newest report has it.
    pub policy: PublishedPolicy,
    /// Aggregate reports.
    pub report_count: u64,
    /// The first day, in days since 1970.
    pub first_day: u32,
    /// The last day.
    pub last_day: u32,
}

/// Sessions that TLS reports count.
#[derive(Clone, PartialEq, Debug)]
pub struct TlsLine {
    /// The day, in days since 1970.
    pub day: u32,
    /// The reporter's organisation.
    pub reporter: Box<str>,
    /// The policy, with its counts and without its failures.
    pub policy: TlsPolicy,
    /// Its failures.
    pub failures: Vec<TlsFailure>,
}

/// What an owner says of a source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Whose.
    pub tenant: Box<str>,
    /// For which policy domain.
    pub domain: Domain,
    /// Which source.
    pub sender: Sender,
    /// What it is.
    pub standing: Standing,
    /// Why, in the owner's words.
    pub note: Box<str>,
    /// When, in seconds since 1970.
    pub at_s: u64,
}

/// Which source a mark is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sender {
    /// A service of the map, by its id.
    Service(Box<str>),
    /// Hosts whose names end in this domain.
    Hosts(Box<str>),
    /// Addresses that begin with the same bits, as text: 192.0.2.0/24.
    Network(Box<str>),
}

/// What an owner says a source is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Standing {
    /// It sends for the domain.
    Approved,
    /// It forwards.
    Forwarder,
    /// It has no business with the domain.
    Denied,
}

/// What is known of an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Host {
    /// The address.
    pub address: IpAddr,
    /// Its name, confirmed both ways; `None` when it has none.
    pub name: Option<Box<str>>,
    /// The number of its autonomous system.
    pub asn: Option<u32>,
    /// The autonomous system's name.
    pub as_name: Option<Box<str>>,
    /// The country, two letters.
    pub country: Option<Box<str>>,
    /// When this was found, in seconds since 1970.
    pub at_s: u64,
}

/// What is to be taken away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Removal {
    /// Everything of a domain: reports about it, also such as are about others too, and marks.
    Domain {
        /// The domain.
        domain: Domain,
        /// With or without what lies below it.
        reach: Reach,
        /// Of this tenant alone.
        tenant: Option<Box<str>>,
    },
    /// Reports whose period ended before a time, with what they count.
    Reports {
        /// In seconds since 1970.
        before_s: u64,
        /// Of this domain alone.
        domain: Option<Domain>,
    },
    /// The bytes of reports received before a time; what they say stays.
    Raw {
        /// In seconds since 1970.
        before_s: u64,
    },
    /// One report, with what it counts.
    One(DocumentId),
}

/// What was taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Removed {
    /// How many reports.
    pub count: u64,
    /// Whether that was all.
    pub is_done: bool,
}

/// Why a store of reports did not do what it was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum ArchiveError {
    /// Somebody else holds the store; it may go later.
    #[error("the store of reports is held by another process")]
    Busy,
    /// No room on the disk.
    #[error("no room for the store of reports")]
    DiskFull,
    /// The store is damaged.
    #[error("the store of reports is damaged: {what}")]
    Corrupt {
        /// Where.
        what: String,
    },
    /// The store was made by a later version of the program.
    #[error("the store of reports has version {found}, this program knows up to {known}")]
    Version {
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// The file is open to others than its owner.
    #[error("the store of reports has mode {mode:o}, others may write or read it")]
    Rights {
        /// Its mode.
        mode: u32,
    },
    /// The file is no store of reports.
    #[error("{path} is no store of reports")]
    Foreign {
        /// Which.
        path: String,
    },
    /// Anything else, in the system's words.
    #[error("the store of reports: {what}")]
    Failed {
        /// What.
        what: String,
    },
}
