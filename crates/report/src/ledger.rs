//! What a store of rows is able to do.
//!
//! Rows are facts: appended once, never changed, taken away by age or by domain. Everything else that a ledger answers
//! is a fold of them. Time is an argument; the futures may be awaited on any executor.

use std::future::Future;

use mailtext::Domain;
use thiserror::Error;

use crate::codec::CodecError;
use crate::id::{RowId, Site};
use crate::query::{Filter, Page, Query, Reach};
use crate::row::Row;
use crate::tally::{Tally, TallyQuery};
use crate::why::Why;

/// A store of rows.
pub trait Ledger: Send + Sync {
    /// Appends rows. A row that is there already, with the same content, is not stored again: whoever got no answer may
    /// try once more.
    ///
    /// # Errors
    /// Nothing of the call is stored, unless the error is [`LedgerError::Conflict`].
    fn append(&self, entries: Vec<Entry>) -> impl Future<Output = Result<Receipt, LedgerError>> + Send;

    /// Waits until everything that was taken before is stored.
    ///
    /// # Errors
    /// It could not be.
    fn flush(&self) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// A page of rows.
    ///
    /// # Errors
    /// The store cannot answer.
    fn rows(&self, query: Query) -> impl Future<Output = Result<Page, LedgerError>> + Send;

    /// One row with its evidence; `None` when there is none of this id.
    ///
    /// # Errors
    /// The store cannot answer, or the row cannot be read.
    fn entry(&self, id: RowId) -> impl Future<Output = Result<Option<Entry>, LedgerError>> + Send;

    /// The highest id of a site: where its [`crate::IdSource`] goes on.
    ///
    /// # Errors
    /// The store cannot answer.
    fn last_id(&self, site: Site) -> impl Future<Output = Result<Option<RowId>, LedgerError>> + Send;

    /// Counts.
    ///
    /// # Errors
    /// The store cannot answer.
    fn tally(&self, query: TallyQuery) -> impl Future<Output = Result<Tally, LedgerError>> + Send;

    /// Takes something away, a bounded piece of it: to be called again while [`Deleted::is_done`] says no.
    ///
    /// # Errors
    /// The store cannot do it.
    fn delete(&self, what: Deletion) -> impl Future<Output = Result<Deleted, LedgerError>> + Send;

    /// Makes the counts anew from the rows, for the days of which all rows are there.
    ///
    /// # Errors
    /// The store cannot do it.
    fn rebuild(&self) -> impl Future<Output = Result<Rebuilt, LedgerError>> + Send;
}

/// A row, and the evidence behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The row.
    pub row: Row,
    /// The evidence; empty where none is kept.
    pub why: Why,
}

/// What became of rows that were appended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Receipt {
    /// They are stored: what happens to the program or to the machine does not matter any more.
    Stored {
        /// So many were new.
        new: usize,
        /// So many were there.
        repeated: usize,
    },
    /// They were taken, and are stored soon; [`Ledger::flush`] tells when.
    Taken,
}

/// What is to be taken away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deletion {
    /// Rows of before the UTC day of a time, with their evidence. The counts of those days stay.
    Rows {
        /// The time, in milliseconds since 1970.
        before_ms: u64,
        /// Of this tenant alone.
        tenant: Option<Box<str>>,
    },
    /// Evidence of before a time. The rows stay.
    Evidence {
        /// The time, in milliseconds since 1970.
        before_ms: u64,
    },
    /// Counts of before the UTC day of a time.
    Counts {
        /// The time, in milliseconds since 1970.
        before_ms: u64,
    },
    /// All of a domain: rows in which it stands in any role, what they added to the counts, and the counts by its name.
    Domain {
        /// The domain.
        domain: Domain,
        /// With or without what lies below it.
        reach: Reach,
        /// Of this tenant alone.
        tenant: Option<Box<str>>,
    },
}

/// What was taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deleted {
    /// Rows, pieces of evidence or counts.
    pub count: u64,
    /// Whether that was all.
    pub is_done: bool,
}

/// What came of making the counts anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rebuilt {
    /// How many counts there are for the days of which all rows are there.
    pub count: u64,
    /// How many of them were not the same before. Anything but 0 is a fault of the store.
    pub differing: u64,
}

/// Why a ledger did not do what it was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum LedgerError {
    /// Somebody else holds the store; it may go later.
    #[error("the store is held by another process")]
    Busy,
    /// No room on the disk.
    #[error("no room for the store")]
    DiskFull,
    /// Too many rows wait to be stored: the store is slower than the mail.
    #[error("{waiting} rows wait to be stored, no more are taken")]
    QueueFull {
        /// How many wait.
        waiting: usize,
    },
    /// The store is damaged.
    #[error("the store is damaged: {what}")]
    Corrupt {
        /// Where.
        what: String,
    },
    /// A row cannot be read.
    #[error("row {id} cannot be read: {error}")]
    Unreadable {
        /// Which.
        id: RowId,
        /// Why.
        error: CodecError,
    },
    /// A row is larger than the limits.
    #[error("row {id} is larger than the limits of a row allow")]
    TooLarge {
        /// Which.
        id: RowId,
    },
    /// More rows than one call may bring.
    #[error("{count} rows in one call, the limit is {}", crate::limits::APPEND_COUNT_MAX)]
    TooMany {
        /// How many.
        count: usize,
    },
    /// There are other rows of these ids: two daemons have one site's number, or the clock was set back by hours. The
    /// other rows of the call are stored; these want new ids.
    #[error("{} row ids are taken by other rows, the first is {first}", 1 + others.len())]
    Conflict {
        /// The first of them, in the order of the call.
        first: RowId,
        /// The others, in that order.
        others: Vec<RowId>,
    },
    /// The store was made by a later version of the program.
    #[error("the store has version {found}, this program knows up to {known}")]
    Version {
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// The file is no store of ours.
    #[error("the file is not a ledger")]
    NotALedger,
    /// Others may read the file.
    #[error("the file of the ledger is open to others (mode {mode:o}); it has to be 0600 or 0640")]
    Rights {
        /// Its mode.
        mode: u32,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// Something else that the system says.
    #[error("the store failed: {0}")]
    Io(String),
}

impl LedgerError {
    /// Whether the same may succeed later, without anybody doing something about it.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy | Self::DiskFull | Self::QueueFull { .. } | Self::Io(_))
    }
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        Self { row, why: Why::default() }
    }
}

impl Deletion {
    /// The rows that are to go; `None` when rows stay.
    #[must_use]
    pub fn rows(&self) -> Option<Filter> {
        match self {
            Self::Rows { before_ms, tenant } => Some(Filter {
                until_ms: Some(crate::tally::day_start_ms(*before_ms)),
                tenant: tenant.clone(),
                ..Filter::default()
            }),
            Self::Domain { domain, reach, tenant } => Some(Filter {
                domain: Some(crate::query::DomainFilter::anywhere(domain.clone(), *reach)),
                tenant: tenant.clone(),
                ..Filter::default()
            }),
            Self::Evidence { .. } | Self::Counts { .. } => None,
        }
    }
}
