//! The limits of this crate. Each is an outcome with a name when exceeded.

/// Most rows that wait to be stored, when nothing else is configured; more are refused with
/// [`report::LedgerError::QueueFull`].
pub const QUEUE_ROW_COUNT_MAX: usize = 16_384;
/// Most rows in one transaction.
pub const GROUP_ROW_COUNT_MAX: usize = 2_048;
/// Rows without keys and counts at which these are written: sorted together, they touch the fewer pages the more they are.
pub const FOLD_ROW_COUNT: usize = 4_096;
/// How long nothing comes before keys and counts of fewer rows are written, too, in milliseconds: whoever asks has fewer rows
/// to look at.
pub const FOLD_IDLE_MS: u64 = 20_000;
/// Most keys that are written in one transaction: what bounds the time for which new rows wait.
pub const FOLD_KEY_COUNT_MAX: usize = 1_024;
/// At least so many keys are written for each key that comes meanwhile, so that those that wait do not grow.
pub const FOLD_KEY_COUNT_PER_KEY: usize = 2;
/// Bytes of keys that wait at which they are written, however few rows they are of.
pub const FOLD_KEY_BYTES: usize = 2 << 20;
/// Most steps into the table of counts for those of some domains, one for each of their hours; for more the counts of all
/// domains are read.
pub const OWN_SEEK_COUNT_MAX: u64 = 100_000;
/// Most rows whose counts by domain are made when the file of an earlier version is opened, the newest; those before them
/// are counted when all counts are made anew.
pub const OWN_ROW_COUNT_MAX: u32 = 500_000;
/// Longest evidence that is stored as it is, in bytes; what is longer is deflated.
pub const EVIDENCE_PLAIN_BYTES_MAX: usize = 4_096;
/// Most rows without keys and counts: while these cannot be written, nothing else is.
pub const FRESH_ROW_COUNT_MAX: usize = 65_536;
/// How long rows that nobody waits for are gathered into one transaction, in milliseconds.
pub const GROUP_LINGER_MS: u64 = 50;
/// How long rows that somebody waits for are gathered, in milliseconds, where several come at the same time: a write of
/// the disk costs more than the wait.
pub const AWAITED_LINGER_MS: u64 = 4;
/// How long the writer rests after a write that failed before it tries again what it has promised to store, in
/// milliseconds.
pub const RETRY_MS: u64 = 250;
/// How long another process may hold the file before an operation fails, in milliseconds.
pub const BUSY_MS: u64 = 5_000;
/// Largest file that is checked from end to end when it is opened, in bytes; of a larger one the newest rows are read.
pub const CHECK_BYTES_MAX: u64 = 256 << 20;
/// How many of the newest rows are read when the file is opened.
pub const CHECK_ROW_COUNT: u32 = 1_000;
/// Most entries of short life.
pub const HOT_ENTRY_COUNT_MAX: usize = 1_000_000;
/// Most rows in a memory store, when nothing else is said.
pub const MEMORY_ROW_COUNT_MAX: usize = 1_000_000;
/// Most operations of short-lived state, and most questions, that wait.
pub const WAITING_COUNT_MAX: usize = 16_384;
/// Memory of the connection that writes, for pages of the file, in KiB.
pub const WRITER_CACHE_KIB: i64 = 2_048;
/// Memory of each connection that reads, in KiB.
pub const READER_CACHE_KIB: i64 = 2_048;
/// Size of the write-ahead log at which its pages go into the file, in pages of 4 KiB.
pub const CHECKPOINT_PAGES: i64 = 8_000;
/// Size to which the write-ahead log is cut when it has grown, in bytes.
pub const LOG_BYTES_KEPT: i64 = 64 << 20;
/// Largest file of short-lived state, in bytes.
pub const HOT_FILE_BYTES_MAX: u64 = 256 << 20;

/// How long another process may write to the file of reports before an operation fails, in milliseconds.
pub const ARCHIVE_BUSY_MS: u64 = 30_000;
/// Size of a page of the file of reports, in bytes: many reports touch a page each of three indices.
pub const ARCHIVE_PAGE_BYTES: u32 = 4_096;
/// Memory of the connection that writes reports, for pages of the file, in KiB.
pub const ARCHIVE_WRITER_CACHE_KIB: i64 = 32_768;
/// Memory of each connection that reads reports, in KiB.
pub const ARCHIVE_READER_CACHE_KIB: i64 = 8_192;
/// Size of the write-ahead log of reports at which its pages go into the file, in pages.
pub const ARCHIVE_CHECKPOINT_PAGES: i64 = 16_000;
/// Largest file of reports that is checked from end to end when it is opened, in bytes, when nothing else is said.
pub const ARCHIVE_CHECK_BYTES_MAX: u64 = 256 << 20;
/// How many of the newest reports are read when their file is opened.
pub const ARCHIVE_CHECK_COUNT: u32 = 10;
/// Most reports of several calls in one transaction.
pub const ARCHIVE_GROUP_COUNT_MAX: usize = 1_024;
/// Longest content of one report that is kept, in bytes: what SQLite takes for one value.
pub const ARCHIVE_BODY_BYTES_MAX: usize = 900_000_000;
/// Most names that a writer of reports remembers the numbers of.
pub const ARCHIVE_NAME_COUNT_MAX: usize = 100_000;
/// About how many records are grouped at a time when sources are asked for: what bounds the memory of the answer.
pub const ARCHIVE_SOURCE_RECORD_COUNT: u64 = 2_000_000;
/// Most domains that are asked for one by one; for more of them everything is read.
pub const ARCHIVE_DOMAIN_COUNT_MAX: usize = 10_000;
/// Of how many reports the counts are made anew at a time: what bounds the memory for it.
pub const ARCHIVE_REBUILD_REPORT_COUNT: i64 = 500_000;
/// Most alerts or letters of one answer.
pub const NOTICE_LINE_COUNT_MAX: usize = 1_000;
/// Domains whose audits are kept, count.
pub const AUDIT_DOMAIN_COUNT_MAX: u64 = 20_000;
/// Audits of one domain that are kept, count: four a day for more than a year.
pub const AUDIT_COUNT_MAX: u64 = 2_000;
/// Texts of one audit, count.
pub const AUDIT_PART_COUNT_MAX: usize = 2_500;
/// Texts of one audit with their names, bytes.
pub const AUDIT_BYTES_MAX: usize = 1 << 20;
/// Surveys of one study that are kept, count: one a month for forty years.
pub const SURVEY_COUNT_MAX: u64 = 500;
/// How a survey was made, with the name of its study, bytes.
pub const SURVEY_MADE_BYTES_MAX: usize = 64 << 10;
/// The tables of a survey, bytes before they are deflated.
pub const SURVEY_BYTES_MAX: usize = 64 << 20;
/// How long another process may write to the file of people before an operation fails, in milliseconds.
pub const PEOPLE_BUSY_MS: u64 = 5_000;
/// Largest file of people that is checked from end to end when it is opened, in bytes.
pub const PEOPLE_CHECK_BYTES_MAX: u64 = 64 << 20;
