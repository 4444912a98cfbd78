//! Where reports are kept: the trait [`feedback::Archive`] over memory and over SQLite.
//!
//! The file is one of its own, beside the ledger of mail, so that a big import never holds up mail. Several processes may
//! have it open: the daemon while the command line imports. Each write is a transaction and waits for those of others, up
//! to [`Settings::busy_ms`]; questions wait for nobody.
//!
//! **Durability.** A call that writes is answered when its transaction is on the disk (`synchronous = FULL`): neither the
//! death of the program nor of the machine takes what was acknowledged, and what was not is there wholly or not at all.
//!
//! **Truth.** What a report says is kept with it, record by record, as bytes: what counts per day is a fold of those, kept
//! beside them in one small table, from which every question for counts is answered. So a report that goes takes exactly
//! its counts with it, and [`feedback::Archive::rebuild`] finds nothing to change.
//!
//! Reports on their way out are in the same file: `outbox` ([`feedback::outbox::Outbox`]); so is what is noticed of reports,
//! with the letters that tell of it: `notice`; audits of domains: `audits`; and surveys of many of them: `surveys`.
//!
//! Reading order: `memory`, which is the plain meaning of the trait; `head`, `receive`, `answer`, the rules that both
//! stores share; `codec` and `cells`, what is stored; then `schema`, `writer`, `desk`, `change`, `retention`, `read`, `sums`,
//! `places`, `summary`, `volume`.

mod answer;
mod audits;
mod cells;
mod change;
mod codec;
mod desk;
mod error;
mod head;
pub mod memory;
mod names;
mod notice;
mod outbox;
mod parcel;
mod places;
mod read;
mod receive;
mod retention;
mod schema;
mod summary;
mod sums;
mod surveys;
mod volume;
mod writer;

use std::collections::BTreeSet;
use std::future::Future;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use feedback::Archive;
use feedback::archive::{
    ArchiveError, Content, CountLine, CountQuery, Division, DocumentId, DocumentLine, DocumentPage, DocumentQuery,
    DomainLine, Host, Judge, Mark, Parcel, Place, Receipt, Removal, Removed, ReporterLine, SourceLine, Standing,
    TlsLine, Totals, Volumes,
};
use feedback::failure::Failure;
use feedback::limits::{REFUSED_BYTES_MAX, REFUSED_COUNT_MAX};
use feedback::summary::{Spread, Summary};
use mailtext::Domain;
use report::query::Reach;
use rusqlite::Connection;

pub use self::audits::{AuditHistory, AuditPart, Keeping, NewAudit};
pub use self::memory::MemoryArchive;
pub use self::notice::{
    AlertLine, AlertQuery, LatestPage, LatestQuery, Notice, NoticeChange, NoticeKind, NoticeQuery, NoticeState, WayOut,
};
pub use self::retention::{Retention, Taken};
pub use self::surveys::{NewSurvey, SurveyKeeping, SurveyLine};

use self::parcel::Prepared;
use self::writer::Writer;
use crate::crew::{Readers, Waiting};
use crate::limits::{ARCHIVE_BUSY_MS, ARCHIVE_CHECK_BYTES_MAX};

/// What may vary.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Most refused reports that are kept; the oldest go first.
    pub refused_count_max: usize,
    /// Most bytes of all refused reports together; the oldest reports go first.
    pub refused_bytes_max: u64,
    /// How long another process may write before an operation fails, in milliseconds.
    pub busy_ms: u64,
    /// How many questions are answered at the same time.
    pub reader_count: usize,
    /// Largest file, in bytes; beyond, the disk counts as full. `None` leaves it to the disk.
    pub file_bytes_max: Option<u64>,
    /// Largest file that is checked from end to end when it is opened, in bytes; of larger ones the newest reports are read. 0 for
    /// one command that must not wait: nothing is read ahead.
    pub check_bytes_max: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            refused_count_max: REFUSED_COUNT_MAX,
            refused_bytes_max: REFUSED_BYTES_MAX,
            busy_ms: ARCHIVE_BUSY_MS,
            reader_count: 2,
            file_bytes_max: None,
            check_bytes_max: ARCHIVE_CHECK_BYTES_MAX,
        }
    }
}

/// Reports in a file.
pub struct SqliteArchive {
    // In the order in which they are closed: SQLite folds its log into the file when the last connection closes.
    readers: Readers,
    /// Sees that somebody writes.
    watch: Mutex<Connection>,
    writer: Writer,
    settings: Settings,
}

impl SqliteArchive {
    /// Opens a store of reports, or makes a new one, readable by its owner alone. Blocks for as long as checking the file
    /// takes. What waits to be written when it is dropped is written first; that blocks too.
    ///
    /// # Errors
    /// The file is damaged, no store of reports, of a later version, open to others, held by another process, or cannot be
    /// opened.
    pub fn open(path: &Path, settings: Settings) -> Result<Self, ArchiveError> {
        let connection = schema::open_writer(path, &settings)?;
        let readers = (0..settings.reader_count.max(1))
            .map(|_| schema::open_reader(path, &settings))
            .collect::<Result<Vec<_>, ArchiveError>>()?;
        let watch = Mutex::new(schema::open_reader(path, &settings)?);
        Ok(Self {
            readers: Readers::start("reports-read", readers)?,
            writer: Writer::start(connection)?,
            settings,
            watch,
        })
    }

    /// A number that is another one whenever something was written into the file since, here or by another process;
    /// `None` where that cannot be told.
    pub fn edition(&self) -> Option<u64> {
        // SQLite's count for one connection is no other's: it is always the same one that is asked.
        let connection = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let number = connection.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0)).ok()?;
        u64::try_from(number).ok()
    }

    /// Opens a store of reports that is there, for nothing but questions: no file is made or changed, and whoever writes
    /// into it notices nothing. What would write fails.
    ///
    /// # Errors
    /// There is no file, it is damaged, no store of reports, of another version, or cannot be read.
    pub fn open_read_only(path: &Path, settings: Settings) -> Result<Self, ArchiveError> {
        let connection = schema::open_read_only(path, &settings)?;
        let watch = Mutex::new(schema::open_read_only(path, &settings)?);
        let readers = Readers::start("reports-read", vec![connection])?;
        Ok(Self { readers, writer: Writer::absent(), settings, watch })
    }
}

impl Archive for SqliteArchive {
    fn import(
        &self,
        parcels: Vec<Parcel>,
        place: Option<Place>,
    ) -> impl Future<Output = Result<Vec<Receipt>, ArchiveError>> + Send {
        let prepared = parcels.into_iter().map(Prepared::new).collect::<Result<Vec<_>, ArchiveError>>();
        let written = prepared.map(|prepared| self.writer.import(prepared, place, &self.settings));
        written.unwrap_or_else(Waiting::failed).end()
    }

    fn place(&self, source: &str) -> impl Future<Output = Result<Option<Place>, ArchiveError>> + Send {
        let source: Box<str> = source.into();
        self.readers.ask(move |connection| read::place(connection, &source)).end()
    }

    fn documents(&self, query: DocumentQuery) -> impl Future<Output = Result<DocumentPage, ArchiveError>> + Send {
        self.readers.ask(move |connection| read::documents(connection, &query)).end()
    }

    fn totals(
        &self,
        query: DocumentQuery,
        within: Option<Vec<(Domain, Reach)>>,
    ) -> impl Future<Output = Result<Totals, ArchiveError>> + Send {
        self.readers.ask(move |connection| read::totals(connection, &query, within.as_deref())).end()
    }

    fn document(
        &self,
        id: DocumentId,
    ) -> impl Future<Output = Result<Option<(DocumentLine, Vec<u8>)>, ArchiveError>> + Send {
        self.readers.ask(move |connection| read::document(connection, id)).end()
    }

    fn content(&self, id: DocumentId) -> impl Future<Output = Result<Option<Content>, ArchiveError>> + Send {
        self.readers.ask(move |connection| read::content(connection, id)).end()
    }

    fn sources(&self, query: CountQuery) -> impl Future<Output = Result<Vec<SourceLine>, ArchiveError>> + Send {
        self.readers.ask(move |connection| sums::sources(connection, &query)).end()
    }

    fn spread(
        &self,
        query: CountQuery,
        piece_days: u32,
    ) -> impl Future<Output = Result<Vec<(SourceLine, Vec<u64>)>, ArchiveError>> + Send {
        self.readers.ask(move |connection| sums::spread(connection, &query, piece_days)).end()
    }

    fn counts(
        &self,
        query: CountQuery,
        by: Division,
    ) -> impl Future<Output = Result<Vec<CountLine>, ArchiveError>> + Send {
        self.readers.ask(move |connection| sums::counts(connection, &query, by)).end()
    }

    fn volumes(
        &self,
        query: CountQuery,
        domains: Option<BTreeSet<Box<str>>>,
    ) -> impl Future<Output = Result<Volumes, ArchiveError>> + Send {
        self.readers.ask(move |connection| volume::volumes(connection, &query, domains.as_ref())).end()
    }

    fn reporters(&self, query: CountQuery) -> impl Future<Output = Result<Vec<ReporterLine>, ArchiveError>> + Send {
        self.readers.ask(move |connection| sums::reporters(connection, &query)).end()
    }

    fn domains(&self, tenant: Option<&str>) -> impl Future<Output = Result<Vec<DomainLine>, ArchiveError>> + Send {
        let tenant: Option<Box<str>> = tenant.map(Into::into);
        self.readers.ask(move |connection| sums::domains(connection, tenant.as_deref())).end()
    }

    fn summary(&self, query: CountQuery, spread: Spread) -> impl Future<Output = Result<Summary, ArchiveError>> + Send {
        self.readers.ask(move |connection| summary::summary(connection, &query, spread)).end()
    }

    fn tls(&self, query: CountQuery) -> impl Future<Output = Result<Vec<TlsLine>, ArchiveError>> + Send {
        self.readers.ask(move |connection| read::tls(connection, &query)).end()
    }

    fn failures(
        &self,
        query: CountQuery,
    ) -> impl Future<Output = Result<Vec<(DocumentLine, Failure)>, ArchiveError>> + Send {
        self.readers.ask(move |connection| read::failures(connection, &query)).end()
    }

    fn marks(&self, tenant: &str) -> impl Future<Output = Result<Vec<Mark>, ArchiveError>> + Send {
        let tenant: Box<str> = tenant.into();
        self.readers.ask(move |connection| read::marks(connection, &tenant)).end()
    }

    fn set_mark(
        &self,
        mark: Mark,
        standing: Option<Standing>,
    ) -> impl Future<Output = Result<(), ArchiveError>> + Send {
        self.writer.call(move |connection, _| change::set_mark(connection, &mark, standing)).end()
    }

    fn judge_anew(
        &self,
        tenant: &str,
        domain: &Domain,
        judge: Judge,
    ) -> impl Future<Output = Result<u64, ArchiveError>> + Send {
        let (tenant, domain): (Box<str>, Domain) = (tenant.into(), domain.clone());
        self.writer.call(move |connection, desk| change::judge_anew(connection, desk, (&tenant, &domain), &judge)).end()
    }

    fn hosts(&self, addresses: Vec<IpAddr>) -> impl Future<Output = Result<Vec<Host>, ArchiveError>> + Send {
        self.readers.ask(move |connection| read::hosts(connection, &addresses)).end()
    }

    fn unknown_hosts(
        &self,
        before_s: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<IpAddr>, ArchiveError>> + Send {
        self.readers.ask(move |connection| sums::unknown_hosts(connection, before_s, limit)).end()
    }

    fn keep_hosts(&self, hosts: Vec<Host>) -> impl Future<Output = Result<(), ArchiveError>> + Send {
        self.writer.call(move |connection, _| change::keep_hosts(connection, &hosts)).end()
    }

    fn remove(&self, what: Removal) -> impl Future<Output = Result<Removed, ArchiveError>> + Send {
        self.writer.call(move |connection, desk| change::remove(connection, desk, &what)).end()
    }

    fn rebuild(&self) -> impl Future<Output = Result<u64, ArchiveError>> + Send {
        self.writer.call(change::rebuild).end()
    }
}
