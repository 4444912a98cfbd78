//! The file of reports: its tables, its version, how it is opened and what is checked then.
//!
//! | table | a row is |
//! |--|--|
//! | `document` | a report in short, under its id |
//! | `body` | what it says (`codec`), and the class of each of its records |
//! | `raw` | the bytes that it came in, compressed |
//! | `also` | a TLS or failure report and a domain that it is about |
//! | `tally` | what the aggregate reports of a reporter count of a domain on a day: a fold of `body` |
//! | `domain`, `reporter`, `sender` | names that stand in many reports, each once |
//! | `mark`, `host`, `place` | what owners said, what is known of addresses, up to where sources were read |
//! | `counter` | the highest id of a report, also when the report is gone; until when rows were made into reports |
//!
//! Those of reports on their way out are told of in `outbox`, those of what is noticed in `notice`,
//! those of audits in `audits`.
//!
//! Several processes may have the file open: each write is a transaction that begins as a writer, and waits for others.

use std::fs::{OpenOptions, metadata};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use feedback::ArchiveError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::Settings;
use super::codec;
use super::error::{damaged, from_sqlite};
use super::read::kind_of;
use crate::limits::{
    ARCHIVE_CHECK_COUNT, ARCHIVE_CHECKPOINT_PAGES, ARCHIVE_PAGE_BYTES, ARCHIVE_READER_CACHE_KIB,
    ARCHIVE_WRITER_CACHE_KIB, LOG_BYTES_KEPT,
};

/// Opens the file for writing: makes it, or checks it and brings it to this version.
pub(super) fn open_writer(path: &Path, settings: &Settings) -> Result<Connection, ArchiveError> {
    ensure_private(path)?;
    let connection = open(path, settings)?;
    identify(&connection, path)?;
    // Of a file that has pages already this changes nothing.
    pragma(&connection, "page_size", ARCHIVE_PAGE_BYTES)?;
    let is_new = metadata(path).is_ok_and(|file| file.len() == 0);
    if is_new {
        // A file that was made a moment ago has nothing that could be lost with its first page.
        pragma(&connection, "journal_mode", "MEMORY")?;
    }
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(from_sqlite)?;
    if mode != "wal" {
        return Err(ArchiveError::Failed {
            what: format!("the file system does not allow a write-ahead log ({mode})"),
        });
    }
    // Nobody is told of tables that were made: they need not be on the disk before what is written into them, and what brings
    // that there brings them, too, as they stand before it in the log. Steps over a large file may be more than a log holds.
    pragma(&connection, "synchronous", if is_new { "OFF" } else { "NORMAL" })?;
    migrate(&connection, MIGRATIONS, TABLES)?;
    // A source is told that a report is taken when it is on the disk: the log is synchronised at each commit.
    pragma(&connection, "synchronous", "FULL")?;
    pragma(&connection, "wal_autocheckpoint", ARCHIVE_CHECKPOINT_PAGES)?;
    pragma(&connection, "journal_size_limit", LOG_BYTES_KEPT)?;
    // Before there is room for many pages: the check would fill it with pages that nobody needs afterwards.
    check(&connection, path, settings)?;
    pragma(&connection, "cache_size", -ARCHIVE_WRITER_CACHE_KIB)?;
    if let Some(bytes) = settings.file_bytes_max {
        let pages = i64::try_from(bytes / u64::from(ARCHIVE_PAGE_BYTES)).unwrap_or(i64::MAX).max(1);
        pragma(&connection, "max_page_count", pages)?;
    }
    Ok(connection)
}

/// Opens the file for reading.
pub(super) fn open_reader(path: &Path, settings: &Settings) -> Result<Connection, ArchiveError> {
    let connection = open(path, settings)?;
    pragma(&connection, "cache_size", -ARCHIVE_READER_CACHE_KIB)?;
    pragma(&connection, "query_only", true)?;
    Ok(connection)
}

/// Opens the file for nothing but questions: nothing is made, brought to this version, or written.
pub(super) fn open_read_only(path: &Path, settings: &Settings) -> Result<Connection, ArchiveError> {
    let connection = crate::read_only::open(path).map_err(from_sqlite)?;
    prepare(&connection, settings)?;
    identify(&connection, path)?;
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(from_sqlite)?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    // One of an earlier version is brought to this one by whoever writes next; until then its tables are others.
    if found != known {
        return Err(ArchiveError::Version { found, known });
    }
    pragma(&connection, "cache_size", -ARCHIVE_READER_CACHE_KIB)?;
    Ok(connection)
}

/// Makes the file if there is none, for its owner alone; SQLite gives the files beside it the same rights.
fn ensure_private(path: &Path) -> Result<(), ArchiveError> {
    let failed = |error: std::io::Error| ArchiveError::Failed { what: format!("{}: {error}", path.display()) };
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let mode = metadata(path).map_err(failed)?.permissions().mode() & 0o7777;
            if mode & MODE_OF_OTHERS == 0 { Ok(()) } else { Err(ArchiveError::Rights { mode }) }
        }
        Err(error) => Err(failed(error)),
    }
}

fn open(path: &Path, settings: &Settings) -> Result<Connection, ArchiveError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(from_sqlite)?;
    prepare(&connection, settings)?;
    Ok(connection)
}

fn prepare(connection: &Connection, settings: &Settings) -> Result<(), ArchiveError> {
    connection.busy_timeout(Duration::from_millis(settings.busy_ms)).map_err(from_sqlite)?;
    // Statements that may use a partial index would else be made anew for every value that they are asked with.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(from_sqlite)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Whether the file is ours, or new.
fn identify(connection: &Connection, path: &Path) -> Result<(), ArchiveError> {
    let foreign = || ArchiveError::Foreign { path: path.display().to_string() };
    let number = |sql: &str| -> Result<u32, ArchiveError> {
        connection.query_row(sql, [], |row| row.get(0)).map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => foreign(),
            _ => from_sqlite(error),
        })
    };
    let (id, tables) = (number("PRAGMA application_id")?, number("SELECT count(*) FROM sqlite_schema")?);
    if id == ARCHIVE_ID || (id == 0 && tables == 0) { Ok(()) } else { Err(foreign()) }
}

fn pragma(connection: &Connection, name: &str, value: impl rusqlite::ToSql) -> Result<(), ArchiveError> {
    // Some pragmas answer with the value, some do not.
    connection.pragma_update_and_check(None, name, value, |_| Ok(())).or_else(|error| match error {
        rusqlite::Error::QueryReturnedNoRows => Ok(()),
        other => Err(from_sqlite(other)),
    })
}

/// Brings the tables to the newest version, all steps in one transaction, or makes `tables` in a file that has none, which
/// costs a third less. Another process may do the same meanwhile: the version is asked for within.
fn migrate(connection: &Connection, migrations: &[&str], tables: &str) -> Result<(), ArchiveError> {
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    let version = |connection: &Connection| -> Result<u32, ArchiveError> {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(from_sqlite)
    };
    if version(connection)? == known {
        return Ok(());
    }
    let transaction = rusqlite::Transaction::new_unchecked(connection, rusqlite::TransactionBehavior::Immediate);
    let transaction = transaction.map_err(from_sqlite)?;
    let found = version(&transaction)?;
    let Some(steps) = migrations.get(found as usize..) else { return Err(ArchiveError::Version { found, known }) };
    let steps = if found == 0 { tables.to_owned() } else { steps.concat() };
    let script = format!("{steps} PRAGMA application_id = {ARCHIVE_ID}; PRAGMA user_version = {known};");
    transaction.execute_batch(&script).map_err(from_sqlite)?;
    transaction.commit().map_err(from_sqlite)
}

/// Makes all tables, for tests.
#[cfg(test)]
pub(super) fn make(connection: &Connection) -> Result<(), ArchiveError> {
    migrate(connection, MIGRATIONS, TABLES)
}

/// Checks the file, from end to end when it is small, and reads its newest reports. Of one command that must not wait nothing is
/// read ahead: what it needs and cannot read, it tells.
fn check(connection: &Connection, path: &Path, settings: &Settings) -> Result<(), ArchiveError> {
    if settings.check_bytes_max == 0 {
        return Ok(());
    }
    if metadata(path).is_ok_and(|file| file.len() <= settings.check_bytes_max) {
        let what: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(from_sqlite)?;
        if what != "ok" {
            return Err(ArchiveError::Corrupt { what });
        }
    }
    let sql =
        "SELECT d.id, d.kind, b.bytes FROM document d JOIN body b ON b.document = d.id ORDER BY d.id DESC LIMIT ?1";
    let mut newest = connection.prepare(sql).map_err(from_sqlite)?;
    let mut rows = newest.query([ARCHIVE_CHECK_COUNT]).map_err(from_sqlite)?;
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let id: i64 = row.get(0).map_err(from_sqlite)?;
        let bytes = row.get_ref(2).map_err(from_sqlite)?.as_blob().unwrap_or_default();
        let kind = kind_of(row, 1)?.ok_or_else(|| damaged(id)(codec::Damage))?;
        codec::decode(kind, bytes).map_err(damaged(id))?;
    }
    Ok(())
}

/// Writing by the group, anything by others.
const MODE_OF_OTHERS: u32 = 0o027;
/// `SEKR`.
const ARCHIVE_ID: u32 = 0x5345_4b52;

/// All tables as they are in this version.
const TABLES: &str = include_str!("tables.sql");

/// The steps from an empty file to the newest version; step n leads from version n to n + 1. Never changed, only added.
const MIGRATIONS: &[&str] = &[
    "
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE domain (
  id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (tenant, name)
) STRICT;
CREATE TABLE reporter (
  id INTEGER PRIMARY KEY, organization TEXT NOT NULL, domain TEXT NOT NULL, UNIQUE (organization, domain)
) STRICT;
CREATE TABLE sender (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE document (
  id INTEGER PRIMARY KEY,
  digest_start INTEGER NOT NULL, digest BLOB NOT NULL,
  tenant TEXT NOT NULL, kind INTEGER, status INTEGER NOT NULL, trust INTEGER NOT NULL, voucher TEXT,
  received_ms INTEGER NOT NULL, source TEXT NOT NULL, path TEXT NOT NULL, member TEXT NOT NULL,
  reason TEXT, reason_more TEXT,
  domain INTEGER, reporter INTEGER NOT NULL, sender INTEGER NOT NULL, report_id TEXT NOT NULL,
  begin_s INTEGER NOT NULL, end_s INTEGER NOT NULL, day INTEGER NOT NULL,
  record_count INTEGER NOT NULL, message_count INTEGER NOT NULL, raw_bytes INTEGER NOT NULL, notes BLOB
) STRICT;
CREATE INDEX document_digest ON document (digest_start);
CREATE INDEX document_period ON document (domain, sender, kind, begin_s, end_s, trust, day) WHERE status < 2;
CREATE INDEX document_refused ON document (raw_bytes) WHERE status = 2;
CREATE INDEX document_other ON document (kind) WHERE kind > 0;
CREATE TABLE body (document INTEGER PRIMARY KEY, bytes BLOB NOT NULL, classes BLOB NOT NULL) STRICT;
CREATE TABLE raw (document INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE also (
  domain INTEGER NOT NULL, document INTEGER NOT NULL, PRIMARY KEY (domain, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX also_document ON also (document);
CREATE TABLE tally (
  domain INTEGER NOT NULL, day INTEGER NOT NULL, reporter INTEGER NOT NULL, side INTEGER NOT NULL, cells BLOB NOT NULL,
  PRIMARY KEY (domain, day, reporter, side)
) STRICT, WITHOUT ROWID;
CREATE TABLE mark (
  tenant TEXT NOT NULL, domain TEXT NOT NULL, kind INTEGER NOT NULL, sender TEXT NOT NULL,
  standing INTEGER NOT NULL, note TEXT NOT NULL, at_s INTEGER NOT NULL, PRIMARY KEY (tenant, domain, kind, sender)
) STRICT, WITHOUT ROWID;
CREATE TABLE host (
  address BLOB PRIMARY KEY, name TEXT, asn INTEGER, as_name TEXT, country TEXT, at_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE place (source TEXT PRIMARY KEY, position TEXT NOT NULL) STRICT, WITHOUT ROWID;
",
    "
CREATE TABLE job (
  id TEXT PRIMARY KEY, kind INTEGER NOT NULL, domain TEXT NOT NULL, begin_s INTEGER NOT NULL, until_s INTEGER NOT NULL,
  message_count INTEGER NOT NULL, made_s INTEGER NOT NULL,
  state INTEGER NOT NULL, state_s INTEGER NOT NULL, state_more INTEGER NOT NULL
) STRICT;
CREATE INDEX job_due ON job (state_s, id) WHERE state = 0;
CREATE INDEX job_begun ON job (kind, begin_s);
CREATE INDEX job_made ON job (made_s);
CREATE INDEX job_domain ON job (domain, made_s);
CREATE TABLE letter (
  job TEXT PRIMARY KEY, subject BLOB NOT NULL, content_type TEXT NOT NULL, body BLOB NOT NULL, date_s INTEGER NOT NULL
) STRICT;
CREATE TABLE delivery (
  id TEXT PRIMARY KEY, job TEXT NOT NULL, mailbox TEXT NOT NULL, attempts INTEGER NOT NULL,
  state INTEGER NOT NULL, state_s INTEGER NOT NULL, reply TEXT, bytes INTEGER NOT NULL, bytes_max INTEGER NOT NULL
) STRICT;
CREATE INDEX delivery_due ON delivery (state_s, mailbox, id) WHERE state = 0;
CREATE INDEX delivery_open ON delivery (state) WHERE state IN (1, 2);
CREATE INDEX delivery_job ON delivery (job);
CREATE TABLE suppression (
  mailbox TEXT PRIMARY KEY, since_s INTEGER NOT NULL, until_s INTEGER NOT NULL, strikes INTEGER NOT NULL,
  reply TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE confirmation (
  domain TEXT NOT NULL, uri TEXT NOT NULL, tag INTEGER NOT NULL, is_agreed INTEGER NOT NULL, answer BLOB NOT NULL,
  until_s INTEGER NOT NULL, PRIMARY KEY (domain, uri, tag)
) STRICT, WITHOUT ROWID;
",
    "
CREATE TABLE watch (
  tenant TEXT NOT NULL, domain TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (tenant, domain)
) STRICT, WITHOUT ROWID;
CREATE TABLE alert (
  id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, domain TEXT NOT NULL, day INTEGER NOT NULL,
  what TEXT NOT NULL, made_s INTEGER NOT NULL, is_told INTEGER NOT NULL
) STRICT;
CREATE INDEX alert_waiting ON alert (id) WHERE is_told = 0;
CREATE INDEX alert_domain ON alert (tenant, domain, day);
CREATE TABLE notice (
  id TEXT NOT NULL, place TEXT NOT NULL, kind INTEGER NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
  data TEXT NOT NULL, made_s INTEGER NOT NULL, attempts INTEGER NOT NULL, state INTEGER NOT NULL,
  state_s INTEGER NOT NULL, reply TEXT, PRIMARY KEY (id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_due ON notice (state, state_s);
CREATE INDEX notice_made ON notice (made_s);
",
    "
CREATE TABLE audit (
  tenant TEXT NOT NULL, domain TEXT NOT NULL, at_s INTEGER NOT NULL, PRIMARY KEY (tenant, domain, at_s)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_moment ON audit (at_s);
CREATE TABLE audited (
  tenant TEXT NOT NULL, domain TEXT NOT NULL, name TEXT NOT NULL, first_s INTEGER NOT NULL, last_s INTEGER NOT NULL,
  text BLOB NOT NULL, PRIMARY KEY (tenant, domain, name, first_s)
) STRICT;
CREATE INDEX audited_last ON audited (last_s);
",
    "
CREATE TABLE survey (
  id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, study TEXT NOT NULL, begun_s INTEGER NOT NULL,
  made TEXT NOT NULL, tables BLOB NOT NULL, UNIQUE (tenant, study, begun_s)
) STRICT;
",
    "
CREATE INDEX document_day ON document (day);
CREATE INDEX document_domain ON document (domain, kind, begin_s, end_s, trust, status, day);
",
    "
CREATE INDEX alert_newest ON alert (tenant, domain, id);
",
    "
ALTER TABLE document ADD COLUMN copies INTEGER NOT NULL DEFAULT 0;
ALTER TABLE document ADD COLUMN is_contradicted INTEGER NOT NULL DEFAULT 0;
UPDATE document AS d SET is_contradicted = 1 WHERE d.status < 2 AND d.kind IN (0, 2) AND EXISTS (
  SELECT 1 FROM document o WHERE o.status < 2 AND o.domain = d.domain AND o.sender = d.sender AND o.kind = d.kind
    AND o.begin_s = d.begin_s AND o.end_s = d.end_s AND o.id <> d.id AND o.report_id = d.report_id
);
ALTER TABLE document ADD COLUMN from_s INTEGER NOT NULL DEFAULT 0;
ALTER TABLE document ADD COLUMN until_s INTEGER NOT NULL DEFAULT 0;
UPDATE document SET
  from_s = CASE WHEN begin_s = 0 AND end_s = 0 THEN received_ms / 1000 ELSE begin_s END,
  until_s = CASE WHEN begin_s = 0 AND end_s = 0 THEN received_ms / 1000 ELSE end_s END;
CREATE INDEX document_totals ON document (
  until_s, from_s, status, copies, is_contradicted, kind, trust, domain, sender, begin_s, end_s, reporter, tenant, report_id
);
",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_file_is_brought_up_and_a_step_that_fails_leaves_the_version_before() {
        let version =
            |file: &Connection| -> u32 { file.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap() };
        let steps =
            ["CREATE TABLE a (x);", "ALTER TABLE a ADD COLUMN y DEFAULT 5;", "CREATE TABLE b (x); CREATE TABLE a (x);"];
        let file = Connection::open_in_memory().unwrap();
        migrate(&file, &steps[..1], steps[0]).unwrap();
        file.execute("INSERT INTO a VALUES (3)", []).unwrap();
        migrate(&file, &steps[..2], "").unwrap();
        assert!(migrate(&file, &steps, "").is_err());
        assert_eq!(version(&file), 2);
        let tables: u32 = file.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 1, "nothing of the step is left");
        let kept: (u32, u32) = file.query_row("SELECT x, y FROM a", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(kept, (3, 5));
        assert_eq!(migrate(&file, &steps[..1], ""), Err(ArchiveError::Version { found: 2, known: 1 }));
    }

    /// Every table and index with the columns, orders and conditions that SQLite knows of it, but not where it lies.
    fn tables_of(file: &Connection) -> Vec<(String, String, String)> {
        let sql = "SELECT type || ' ' || name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY 1";
        let mut rows = file.prepare(sql).unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?))).unwrap();
        rows.map(|row| row.map(|(name, table, text)| (name, table, plain(&text))).unwrap()).collect()
    }

    /// The text without what only looks different: spaces, and those before a comma.
    fn plain(sql: &str) -> String {
        let words: Vec<_> = sql.split_whitespace().collect();
        words.join(" ").replace(" ,", ",").replace("( ", "(").replace(" )", ")")
    }

    #[test]
    fn a_new_file_is_what_the_steps_make_of_an_empty_one() {
        let stepped = Connection::open_in_memory().unwrap();
        migrate(&stepped, &MIGRATIONS[..1], MIGRATIONS[0]).unwrap();
        migrate(&stepped, MIGRATIONS, "").unwrap();
        let made = Connection::open_in_memory().unwrap();
        make(&made).unwrap();
        let (stepped, made) = (tables_of(&stepped), tables_of(&made));
        assert!(made.len() > 40, "{}", made.len());
        for (one, other) in made.iter().zip(&stepped) {
            assert_eq!(one, other, "tables.sql on the left, the steps on the right");
        }
        assert_eq!(made.len(), stepped.len());
    }
}
