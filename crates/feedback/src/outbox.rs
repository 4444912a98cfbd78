//! Reports on their way: what a store must keep of them, so that whenever the program ends nothing is sent twice and
//! nothing is lost.
//!
//! A [`Job`] is one report: made once of the rows of a period, kept with its mail until every destination is done with.
//! Its id follows from who reports, policy domain, configuration and period, so that a report that is made again is found
//! to be there. A [`Delivery`] is its way to one destination. Everything that happens is a list of [`Change`]s, which a
//! store takes whole or not at all; [`desk`] says which.

pub mod desk;
pub mod memory;
pub mod settings;
pub mod target;

use std::future::Future;

use dmarc::{Refusal, ReportKind};
use mailtext::{Domain, Explain, Value};
use thiserror::Error;

use crate::mail::Letter;
use crate::period::Period;

/// What keeps reports on their way.
pub trait Outbox: Send + Sync {
    /// Takes changes: all of them, or none; stored when this is done. A job or a letter whose id is there already is not
    /// added again; that is no error.
    ///
    /// # Errors
    /// Nothing was changed.
    fn commit(&self, changes: Vec<Change>) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// One job; `None` when there is none of this id.
    ///
    /// # Errors
    /// The store cannot answer.
    fn job(&self, id: &JobId) -> impl Future<Output = Result<Option<Job>, OutboxError>> + Send;

    /// The mail of a job; `None` when it is not kept any more.
    ///
    /// # Errors
    /// The store cannot answer.
    fn letter(&self, id: &JobId) -> impl Future<Output = Result<Option<Letter>, OutboxError>> + Send;

    /// Jobs, at most so many.
    ///
    /// # Errors
    /// The store cannot answer.
    fn jobs(&self, query: JobQuery, count_max: usize) -> impl Future<Output = Result<Vec<Job>, OutboxError>> + Send;

    /// Deliveries, at most so many.
    ///
    /// # Errors
    /// The store cannot answer.
    fn deliveries(
        &self,
        query: DeliveryQuery,
        count_max: usize,
    ) -> impl Future<Output = Result<Vec<Delivery>, OutboxError>> + Send;

    /// Why nothing is sent to a mailbox; `None` when it was never in the way.
    ///
    /// # Errors
    /// The store cannot answer.
    fn suppression(&self, mailbox: &str) -> impl Future<Output = Result<Option<Suppression>, OutboxError>> + Send;

    /// Suppressions, sorted by mailbox, behind `after`, at most so many.
    ///
    /// # Errors
    /// The store cannot answer.
    fn suppressions(
        &self,
        after: &str,
        count_max: usize,
    ) -> impl Future<Output = Result<Vec<Suppression>, OutboxError>> + Send;

    /// Until when the rows were made into reports, in seconds since 1970; `None` before the first time.
    ///
    /// # Errors
    /// The store cannot answer.
    fn folded_until_s(&self) -> impl Future<Output = Result<Option<u64>, OutboxError>> + Send;

    /// What a destination said of reports for a domain, when it was asked.
    ///
    /// # Errors
    /// The store cannot answer.
    fn confirmation(
        &self,
        key: &ConfirmationKey,
    ) -> impl Future<Output = Result<Option<Confirmation>, OutboxError>> + Send;
}

/// The id of a job: 32 letters and digits. Of aggregate reports it is the Report-ID.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct JobId(pub Box<str>);

/// The id of a delivery: 32 letters and digits, which nobody can guess.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeliveryId(pub Box<str>);

/// One report that is to be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Of which kind it is.
    pub kind: JobKind,
    /// The domain to whose owner it is sent: the policy domain.
    pub domain: Domain,
    /// Of when it is; the moment of the incident, one second long, for a failure report.
    pub period: Period,
    /// How many messages it counts.
    pub message_count: u64,
    /// When it was made, in seconds since 1970.
    pub made_s: u64,
    /// What is to be done next.
    pub state: JobState,
}

/// Of which kind a report is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum JobKind {
    /// An aggregate report, to `rua`.
    Aggregate,
    /// A failure report on DMARC, to `ruf`.
    Failure,
    /// A failure report on DKIM or SPF, to the address that their records name (RFC 6651, RFC 6652).
    Method,
}

/// What is to be done with a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobState {
    /// Its destinations are to be found.
    Asking {
        /// When, in seconds since 1970.
        next_s: u64,
        /// How often that was tried.
        attempts: u32,
    },
    /// Its destinations are known; it goes to them.
    Sending,
    /// Nothing. Its mail is not kept any more.
    Done {
        /// Since when, in seconds since 1970.
        at_s: u64,
        /// How it ended.
        end: JobEnd,
    },
}

/// How a job ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum JobEnd {
    /// Every destination is done with; how is told by each.
    Delivered,
    /// The owner does not ask for reports any more, or no destination may be used.
    NoDestination,
    /// The destinations could not be found out in time.
    Unknown,
    /// It was switched off meanwhile.
    Off,
}

/// A report's way to one destination.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Its id: it stands in the mail's MAIL FROM and Message-ID, where bounces bring it back.
    pub id: DeliveryId,
    /// The report.
    pub job: JobId,
    /// To whom.
    pub mailbox: Box<str>,
    /// How often it was tried.
    pub attempts: u32,
    /// What is to be done next.
    pub state: DeliveryState,
}

/// What is to be done with a delivery.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeliveryState {
    /// It waits.
    Waiting {
        /// Until when, in seconds since 1970.
        next_s: u64,
        /// What the server said last time.
        last: Option<Box<str>>,
    },
    /// It is being sent; the final dot was not.
    Offered {
        /// Since when, in seconds since 1970.
        at_s: u64,
    },
    /// The final dot is being sent: the server may have taken it.
    Ending {
        /// Since when, in seconds since 1970.
        at_s: u64,
    },
    /// Nothing.
    Done {
        /// Since when, in seconds since 1970.
        at_s: u64,
        /// How it ended.
        end: DeliveryEnd,
    },
}

/// How a delivery ended.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum DeliveryEnd {
    /// The server has taken it.
    Accepted,
    /// The server may have taken it: the connection, or this program, ended behind the final dot. It is not sent again.
    InDoubt,
    /// The server will not take it.
    Refused {
        /// What it said.
        reply: Box<str>,
    },
    /// It was tried for as long as it is.
    Expired {
        /// What the server said last.
        reply: Box<str>,
    },
    /// Nothing is sent to this mailbox for now.
    Suppressed,
    /// It was switched off meanwhile.
    Off,
    /// It is larger than the owner wants (RFC 7489 §6.2).
    TooLarge {
        /// Its size, in bytes.
        bytes: u64,
        /// What is wanted, in bytes.
        bytes_max: u64,
    },
    /// The server took it, and it came back.
    Bounced {
        /// What was said.
        reply: Box<str>,
    },
}

/// A mailbox to which nothing is sent for a while, because it did not take what was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suppression {
    /// Which, in lower case.
    pub mailbox: Box<str>,
    /// Since when, in seconds since 1970.
    pub since_s: u64,
    /// Until when.
    pub until_s: u64,
    /// How often in a row: each time it lasts longer.
    pub strikes: u32,
    /// What was said.
    pub reply: Box<str>,
}

/// What a destination was asked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConfirmationKey {
    /// The policy domain.
    pub domain: Domain,
    /// The URI of its record, as published.
    pub uri: Box<str>,
    /// For which kind of report: `rua` or `ruf`.
    pub tag: ConfirmationTag,
}

/// The tag in which a URI stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ConfirmationTag {
    /// `rua`.
    Rua,
    /// `ruf`.
    Ruf,
}

/// What a destination said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Confirmation {
    /// Whom it was asked for.
    pub key: ConfirmationKey,
    /// The mailboxes to which reports go, or why there are none.
    pub answer: Result<Vec<Box<str>>, Refusal>,
    /// How long this may be used, in seconds since 1970.
    pub until_s: u64,
}

/// A change of the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// A new job with its mail. When there is one of this id, nothing is changed.
    AddJob(Job, Letter),
    /// A job is in another state.
    SetJob(JobId, JobState),
    /// The mail of a job is not needed any more.
    DropLetter(JobId),
    /// A new delivery. When there is one of this id, nothing is changed.
    AddDelivery(Delivery),
    /// A delivery as it is now.
    SetDelivery(Delivery),
    /// What waits of a job – finding its destinations, its deliveries – is due at this time, if it would not be earlier. What
    /// does not wait is left as it is: whoever sends may have begun with it a moment ago.
    Hasten(JobId, u64),
    /// A mailbox is suppressed.
    SetSuppression(Suppression),
    /// It is not any more.
    DropSuppression(Box<str>),
    /// Until when the rows were made into reports, in seconds since 1970. It never goes back.
    SetFoldedUntil(u64),
    /// What a destination said.
    SetConfirmation(Confirmation),
    /// Jobs that were done before a time are forgotten with their deliveries, and so is what destinations said that may
    /// not be used any more, and suppressions whose time was over long before.
    Forget {
        /// In seconds since 1970.
        before_s: u64,
    },
}

/// Which jobs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JobQuery {
    /// Those whose destinations are to be found now; the longest waiting first.
    Due {
        /// In seconds since 1970.
        now_s: u64,
    },
    /// Those that are about a time, of one kind; sorted by domain and id.
    Begun {
        /// The kind.
        kind: JobKind,
        /// Of which day: periods that begin at this time, in seconds since 1970, or later,
        from_s: u64,
        /// and before this.
        until_s: u64,
    },
    /// Those that were made last, of one domain or of all.
    Latest(Option<Domain>),
    /// Those behind one of them, in the same order: the next page.
    Before(Option<Domain>, JobKey),
}

/// Where a job stands among those that were made last: the newest first, of one moment by their ids.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobKey {
    /// When it was made, in seconds since 1970.
    pub made_s: u64,
    /// Which it is. It need not be there any more.
    pub id: JobId,
}

/// Which deliveries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeliveryQuery {
    /// Those that wait and are due; the longest waiting first.
    Due {
        /// In seconds since 1970.
        now_s: u64,
    },
    /// Those that were being sent when the program ended: `Offered` and `Ending`.
    Open,
    /// Those of a job, sorted by mailbox.
    OfJob(JobId),
    /// One.
    One(DeliveryId),
}

/// Why a store did not do what it was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum OutboxError {
    /// Somebody else holds the store; it may go later.
    #[error("the store of outgoing reports is held by another process")]
    Busy,
    /// No room on the disk.
    #[error("no room for the store of outgoing reports")]
    DiskFull,
    /// Anything else, in the system's words.
    #[error("the store of outgoing reports: {what}")]
    Failed {
        /// What.
        what: String,
    },
}

impl ConfirmationTag {
    /// The tag for a kind of report.
    #[must_use]
    pub fn of(kind: ReportKind) -> Self {
        match kind {
            ReportKind::Aggregate => Self::Rua,
            ReportKind::Failure => Self::Ruf,
        }
    }
}

impl Delivery {
    /// How it ended, when it did.
    #[must_use]
    pub fn end(&self) -> Option<&DeliveryEnd> {
        match &self.state {
            DeliveryState::Done { end, .. } => Some(end),
            _ => None,
        }
    }
}

impl Explain for DeliveryEnd {
    fn id(&self) -> &'static str {
        match self {
            Self::Accepted => "feedback-sent",
            Self::InDoubt => "feedback-sent-in-doubt",
            Self::Refused { .. } => "feedback-sent-refused",
            Self::Expired { .. } => "feedback-sent-expired",
            Self::Suppressed => "feedback-sent-suppressed",
            Self::Off => "feedback-sent-off",
            Self::TooLarge { .. } => "feedback-sent-too-large",
            Self::Bounced { .. } => "feedback-sent-bounced",
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Refused { reply } | Self::Expired { reply } | Self::Bounced { reply } => {
                vec![("reply", (&**reply).into())]
            }
            Self::TooLarge { bytes, bytes_max } => {
                vec![("bytes", (*bytes).into()), ("limit_bytes", (*bytes_max).into())]
            }
            Self::Accepted | Self::InDoubt | Self::Suppressed | Self::Off => Vec::new(),
        }
    }
}

impl Explain for JobEnd {
    fn id(&self) -> &'static str {
        match self {
            Self::Delivered => "feedback-job-delivered",
            Self::NoDestination => "feedback-job-no-destination",
            Self::Unknown => "feedback-job-unknown",
            Self::Off => "feedback-job-off",
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }
}
