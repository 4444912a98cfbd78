//! The embedded store: one SQLite file in WAL mode, one thread that writes, some that read, and a small file beside it
//! for what is known for a short time.
//!
//! **Durability.** Rows that wait together are stored in one transaction (group commit). With
//! [`Durability::BeforeReply`] an append is answered when its transaction is on the disk: `synchronous = FULL`, the log is
//! synchronised at each commit, so neither the death of the program nor of the machine takes an acknowledged row. With
//! [`Durability::Async`] it is answered when the row is in the queue: `synchronous = NORMAL`, the log is synchronised at
//! checkpoints only; the death of the program takes what was in the queue (rows of about [`GROUP_LINGER_MS`]), that of
//! the machine the transactions since the last synchronisation. Neither damages the file.
//!
//! Keys and counts of rows follow later, for many rows at once (`fold`); until then questions are answered from the rows
//! themselves.
//!
//! **Bounds.** The queue is bounded; when it is full, rows are refused with [`LedgerError::QueueFull`] and counted. What
//! was taken and cannot be written (disk full) is kept in the queue and tried again until it can; what is still unwritten
//! when the store closes is counted and told by [`Sqlite::close`].

mod append;
mod delete;
mod error;
mod evidence;
mod fold;
mod hot;
mod pool;
mod read;
mod schema;
mod since;
mod writer;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use report::hot::Compared;
use report::ledger::{Deleted, Deletion, Entry, LedgerError, Rebuilt, Receipt};
use report::limits::APPEND_COUNT_MAX;
use report::tally::Tally;
use report::{Hot, HotError, HotKey, Ledger, Page, Query, RowId, Site, TallyQuery, Window};

use rusqlite::Connection;

use self::append::{Append, Prepared};
use self::pool::{Pool, Waiting};
use self::writer::{Call, Writer};
#[cfg(doc)]
use crate::limits::GROUP_LINGER_MS;
use crate::limits::{FOLD_IDLE_MS, FOLD_ROW_COUNT, QUEUE_ROW_COUNT_MAX};

/// When an append is answered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Durability {
    /// When its rows are on the disk.
    #[default]
    BeforeReply,
    /// When its rows are in the queue.
    Async,
}

/// What may vary.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// When an append is answered.
    pub durability: Durability,
    /// Most rows that wait to be stored.
    pub queue_row_count_max: usize,
    /// Rows without keys and counts at which these are written.
    pub fold_row_count: usize,
    /// How long nothing comes before those of fewer rows are written, too, in milliseconds.
    pub fold_idle_ms: u64,
    /// How many questions are answered at the same time.
    pub reader_count: usize,
    /// How far these stand behind the program's other threads, as `nice` counts it.
    pub reader_niceness: i32,
    /// Largest file, in bytes; beyond, the disk counts as full. `None` leaves it to the disk.
    pub file_bytes_max: Option<u64>,
}

/// What a store has done since it was opened.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Rows stored.
    pub stored: u64,
    /// Rows that were there already.
    pub repeated: u64,
    /// Rows that were refused because the queue was full.
    pub refused: u64,
    /// Rows that were taken and then not stored, because other rows have their ids or because the store closed before
    /// they could be written.
    pub lost: u64,
    /// Transactions.
    pub groups: u64,
    /// Transactions that failed.
    pub failures: u64,
    /// Rows that wait to be stored.
    pub waiting: u64,
    /// What failed last.
    pub last_error: Option<LedgerError>,
}

/// A ledger in a file.
pub struct Sqlite {
    // In the order in which they are closed: SQLite folds its log into the file when the last connection closes, and two
    // that close at the same time each take the other for the last one.
    readers: Pool,
    hot: Pool,
    writer: Writer,
    settings: Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            durability: Durability::BeforeReply,
            queue_row_count_max: QUEUE_ROW_COUNT_MAX,
            fold_row_count: FOLD_ROW_COUNT,
            fold_idle_ms: FOLD_IDLE_MS,
            reader_count: 2,
            reader_niceness: 0,
            file_bytes_max: None,
        }
    }
}

impl Sqlite {
    /// Opens a ledger, or makes a new one, readable by its owner alone. Blocks for as long as checking the file takes.
    ///
    /// # Errors
    /// The file is damaged, no ledger, of a later version, open to others, held by another process, or cannot be opened.
    pub fn open(path: &Path, settings: Settings) -> Result<Self, LedgerError> {
        let connection = schema::open_ledger(path, &settings)?;
        let readers = (0..settings.reader_count.max(1))
            .map(|_| schema::open_reader(path))
            .collect::<Result<Vec<_>, LedgerError>>()?;
        let hot = schema::open_hot(&hot_path(path))?;
        Ok(Self {
            writer: Writer::start(connection, &settings)?,
            readers: Pool::start("ledger-read", readers, settings.reader_niceness)?,
            hot: Pool::start("ledger-hot", vec![hot], 0)?,
            settings,
        })
    }

    /// Opens a ledger that is there, for nothing but questions: no file is made or changed, and whoever writes into it
    /// notices nothing. What would write fails, and so does everything about short-lived state.
    ///
    /// # Errors
    /// There is no file, it is damaged, no ledger, of another version, or cannot be read.
    pub fn open_read_only(path: &Path, settings: Settings) -> Result<Self, LedgerError> {
        let connection = schema::open_read_only(path)?;
        Ok(Self {
            writer: Writer::absent(&settings),
            readers: Pool::start("ledger-read", vec![connection], 0)?,
            hot: Pool::absent(),
            settings,
        })
    }

    /// What the store has done.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.writer.stats()
    }

    /// Stores what waits, and closes the file. Blocks.
    ///
    /// # Errors
    /// What could not be stored is lost; [`Stats::lost`] says how many rows.
    pub fn close(self) -> Result<Stats, (Stats, LedgerError)> {
        let Self { readers, hot, mut writer, .. } = self;
        drop((readers, hot));
        let stats = writer.stop();
        match stats.last_error.clone() {
            Some(error) if stats.lost > 0 => Err((stats, error)),
            _ => Ok(stats),
        }
    }

    fn take(&self, entries: Vec<Entry>) -> Result<Waiting<Receipt>, LedgerError> {
        if entries.len() > APPEND_COUNT_MAX {
            return Err(LedgerError::TooMany { count: entries.len() });
        }
        let rows = entries.into_iter().map(Prepared::new).collect::<Result<Vec<_>, LedgerError>>()?;
        let (task, waiting) = match self.settings.durability {
            Durability::BeforeReply => Append::awaited(rows, self.writer.counters()),
            Durability::Async => Append::taken(rows, self.writer.counters()),
        };
        self.writer.add(Box::new(task))?;
        Ok(waiting)
    }

    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Waiting<T> {
        let (call, waiting) = Call::new(work);
        self.writer.add(Box::new(call)).map_or_else(Waiting::failed, |()| waiting)
    }
}

impl Ledger for Sqlite {
    fn append(&self, entries: Vec<Entry>) -> impl Future<Output = Result<Receipt, LedgerError>> + Send {
        self.take(entries).unwrap_or_else(Waiting::failed).end()
    }

    fn flush(&self) -> impl Future<Output = Result<(), LedgerError>> + Send {
        let (call, waiting) = Call::harmless(|_| Ok(()));
        self.writer.add(Box::new(call)).map_or_else(Waiting::failed, |()| waiting).end()
    }

    fn rows(&self, query: Query) -> impl Future<Output = Result<Page, LedgerError>> + Send {
        self.readers.call(move |connection| read::rows(connection, &query)).end()
    }

    fn entry(&self, id: RowId) -> impl Future<Output = Result<Option<Entry>, LedgerError>> + Send {
        self.readers.call(move |connection| read::entry(connection, id)).end()
    }

    fn last_id(&self, site: Site) -> impl Future<Output = Result<Option<RowId>, LedgerError>> + Send {
        self.readers.call(move |connection| read::last_id(connection, site)).end()
    }

    fn tally(&self, query: TallyQuery) -> impl Future<Output = Result<Tally, LedgerError>> + Send {
        self.readers.call(move |connection| read::tally(connection, &query)).end()
    }

    fn delete(&self, what: Deletion) -> impl Future<Output = Result<Deleted, LedgerError>> + Send {
        self.write(move |connection| delete::delete(connection, &what)).end()
    }

    fn rebuild(&self) -> impl Future<Output = Result<Rebuilt, LedgerError>> + Send {
        self.write(delete::rebuild).end()
    }
}

impl Hot for Sqlite {
    fn count(
        &self,
        key: HotKey,
        window: Window,
        by: u64,
        now_ms: u64,
    ) -> impl Future<Output = Result<u64, HotError>> + Send {
        let done = self.hot.call(move |file| Ok(hot::count(file, &key, window, by, now_ms)));
        async move { done.end().await? }
    }

    fn get(&self, key: HotKey, now_ms: u64) -> impl Future<Output = Result<Option<Vec<u8>>, HotError>> + Send {
        let done = self.hot.call(move |file| Ok(hot::get(file, &key, now_ms)));
        async move { done.end().await? }
    }

    fn put(
        &self,
        key: HotKey,
        value: Vec<u8>,
        expires_ms: u64,
        now_ms: u64,
    ) -> impl Future<Output = Result<(), HotError>> + Send {
        let done = self.hot.call(move |file| Ok(hot::put(file, &key, &value, expires_ms, now_ms)));
        async move { done.end().await? }
    }

    fn compare_and_put(
        &self,
        key: HotKey,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
        expires_ms: u64,
        now_ms: u64,
    ) -> impl Future<Output = Result<Compared, HotError>> + Send {
        let done = self.hot.call(move |file| {
            // One thread works on this file, so nothing comes between the two.
            Ok(hot::get(file, &key, now_ms).and_then(|there| {
                if there != expected {
                    return Ok(Compared::Differs(there));
                }
                hot::put(file, &key, &value, expires_ms, now_ms).map(|()| Compared::Put)
            }))
        });
        async move { done.end().await? }
    }

    fn list(
        &self,
        space: &str,
        after: Option<HotKey>,
        limit: usize,
        now_ms: u64,
    ) -> impl Future<Output = Result<Vec<(HotKey, Vec<u8>)>, HotError>> + Send {
        let space = space.to_owned();
        let done = self.hot.call(move |file| Ok(hot::list(file, &space, after.as_ref(), limit, now_ms)));
        async move { done.end().await? }
    }

    fn expire(&self, now_ms: u64) -> impl Future<Output = Result<u64, HotError>> + Send {
        let done = self.hot.call(move |file| Ok(hot::expire(file, now_ms)));
        async move { done.end().await? }
    }
}

/// Where short-lived state is kept: beside the ledger, `.hot` after its name.
fn hot_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".hot");
    name.into()
}

type Counters = Arc<writer::Counters>;
