//! The file: its tables, its version, how it is opened and what is checked then.
//!
//! | table | a row is |
//! |--|--|
//! | `message` | a row of the ledger, under its id, as `report::codec` writes it |
//! | `why` | the evidence of one |
//! | `lookup` | a key (`report::index`) and the id of a row that has it, by days: writing touches the pages of today |
//! | `tally` | a count (`report::tally`) |
//! | `floor` | up to which hour rows were taken away: of all (scope ``), of a tenant (scope `=name`) |
//! | `fresh` | the id of a row whose counts are not written yet, and maybe not its keys (`fold`) |
//! | `site` | the highest id of a site, also when its row is gone |
//! | `since` | the hour from which on all rows are in the counts of a kind, where earlier versions stored rows without them |

use std::fs::{OpenOptions, metadata};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use report::{LedgerError, codec};
use rusqlite::{Connection, OpenFlags};

use super::error::from_sqlite;
use super::read::row_id;
use super::{Durability, Settings, since};
use crate::limits::{
    BUSY_MS, CHECK_BYTES_MAX, CHECK_ROW_COUNT, CHECKPOINT_PAGES, HOT_FILE_BYTES_MAX, LOG_BYTES_KEPT, OWN_ROW_COUNT_MAX,
    READER_CACHE_KIB, WRITER_CACHE_KIB,
};

/// Opens the ledger for writing: makes it, or checks it and brings it to this version.
pub(super) fn open_ledger(path: &Path, settings: &Settings) -> Result<Connection, LedgerError> {
    ensure_private(path)?;
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    identify(&connection, LEDGER_ID)?;
    prepare_log(&connection, synchronous(settings.durability), WRITER_CACHE_KIB)?;
    migrate(&connection, MIGRATIONS, LEDGER_ID)?;
    check(&connection, path)?;
    since::catch_up(&connection, OWN_ROW_COUNT_MAX)?;
    if let Some(bytes) = settings.file_bytes_max {
        limit_file(&connection, bytes)?;
    }
    Ok(connection)
}

/// When SQLite is to synchronise its log, for a durability.
pub(super) fn synchronous(durability: Durability) -> &'static str {
    match durability {
        Durability::BeforeReply => "FULL",
        Durability::Async => "NORMAL",
    }
}

/// Opens the ledger for reading.
pub(super) fn open_reader(path: &Path) -> Result<Connection, LedgerError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    pragma(&connection, "cache_size", -READER_CACHE_KIB)?;
    pragma(&connection, "query_only", true)?;
    Ok(connection)
}

/// Opens the ledger for nothing but questions: nothing is made, brought to this version, or written.
pub(super) fn open_read_only(path: &Path) -> Result<Connection, LedgerError> {
    let connection = crate::read_only::open(path).map_err(from_sqlite)?;
    prepare(&connection)?;
    identify(&connection, LEDGER_ID)?;
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(from_sqlite)?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    // One of an earlier version is brought to this one by whoever writes next; until then its tables are others.
    if found != known {
        return Err(LedgerError::Version { found, known });
    }
    pragma(&connection, "cache_size", -READER_CACHE_KIB)?;
    Ok(connection)
}

/// Opens the file of short-lived state. One that cannot be used is made anew: nothing in it is the truth.
pub(super) fn open_hot(path: &Path) -> Result<Connection, LedgerError> {
    match try_open_hot(path) {
        Err(LedgerError::Corrupt { .. } | LedgerError::NotALedger | LedgerError::Version { .. }) => {
            for end in ["", "-wal", "-shm"] {
                let mut name = path.as_os_str().to_owned();
                name.push(end);
                let _ = std::fs::remove_file(name);
            }
            try_open_hot(path)
        }
        other => other,
    }
}

fn try_open_hot(path: &Path) -> Result<Connection, LedgerError> {
    ensure_private(path)?;
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    identify(&connection, HOT_ID)?;
    // What is lost when the machine dies was short-lived.
    prepare_log(&connection, "OFF", READER_CACHE_KIB)?;
    migrate(&connection, HOT_MIGRATIONS, HOT_ID)?;
    quick_check(&connection)?;
    limit_file(&connection, HOT_FILE_BYTES_MAX)?;
    Ok(connection)
}

/// Makes the file if there is none, for its owner alone; SQLite gives the files beside it the same rights.
fn ensure_private(path: &Path) -> Result<(), LedgerError> {
    let io = |error: std::io::Error| LedgerError::Io(format!("{}: {error}", path.display()));
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let mode = metadata(path).map_err(io)?.permissions().mode() & 0o7777;
            if mode & MODE_OF_OTHERS == 0 { Ok(()) } else { Err(LedgerError::Rights { mode }) }
        }
        Err(error) => Err(io(error)),
    }
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, LedgerError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(from_sqlite)?;
    prepare(&connection)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> Result<(), LedgerError> {
    connection.busy_timeout(Duration::from_millis(BUSY_MS)).map_err(from_sqlite)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Whether the file is ours, or new.
fn identify(connection: &Connection, id: u32) -> Result<(), LedgerError> {
    let found: u32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(from_sqlite)?;
    let tables: u32 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(from_sqlite)?;
    if found == id || (found == 0 && tables == 0) { Ok(()) } else { Err(LedgerError::NotALedger) }
}

fn prepare_log(connection: &Connection, synchronous: &str, cache_kib: i64) -> Result<(), LedgerError> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(from_sqlite)?;
    if mode != "wal" {
        return Err(LedgerError::Io(format!("the file system does not allow a write-ahead log ({mode})")));
    }
    pragma(connection, "synchronous", synchronous)?;
    pragma(connection, "cache_size", -cache_kib)?;
    pragma(connection, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    pragma(connection, "journal_size_limit", LOG_BYTES_KEPT)
}

pub(super) fn pragma(connection: &Connection, name: &str, value: impl rusqlite::ToSql) -> Result<(), LedgerError> {
    // Some pragmas answer with the value, some do not.
    connection.pragma_update_and_check(None, name, value, |_| Ok(())).or_else(|error| match error {
        rusqlite::Error::QueryReturnedNoRows => Ok(()),
        other => Err(from_sqlite(other)),
    })
}

/// Brings the tables to the newest version, each step in its own transaction.
fn migrate(connection: &Connection, migrations: &[&str], id: u32) -> Result<(), LedgerError> {
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    loop {
        let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(from_sqlite)?;
        if found > known {
            return Err(LedgerError::Version { found, known });
        }
        let Some(step) = migrations.get(found as usize) else { return Ok(()) };
        let next = found + 1;
        let script = format!("BEGIN IMMEDIATE; {step} PRAGMA application_id = {id}; PRAGMA user_version = {next};");
        let done = connection.execute_batch(&script).and_then(|()| connection.execute_batch("COMMIT"));
        if let Err(error) = done {
            let _ = connection.execute_batch("ROLLBACK");
            return Err(from_sqlite(error));
        }
    }
}

/// Checks the file, from end to end when it is small; reads its newest rows in any case.
fn check(connection: &Connection, path: &Path) -> Result<(), LedgerError> {
    if metadata(path).is_ok_and(|file| file.len() <= CHECK_BYTES_MAX) {
        quick_check(connection)?;
    }
    let mut newest =
        connection.prepare("SELECT id, row FROM message ORDER BY id DESC LIMIT ?1").map_err(from_sqlite)?;
    let mut rows = newest.query([CHECK_ROW_COUNT]).map_err(from_sqlite)?;
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let id = row_id(row)?;
        let bytes = row.get_ref(1).map_err(from_sqlite)?.as_blob().unwrap_or_default();
        codec::decode(bytes).map_err(|error| LedgerError::Unreadable { id, error })?;
    }
    Ok(())
}

fn quick_check(connection: &Connection) -> Result<(), LedgerError> {
    let what: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(from_sqlite)?;
    if what == "ok" { Ok(()) } else { Err(LedgerError::Corrupt { what }) }
}

fn limit_file(connection: &Connection, bytes: u64) -> Result<(), LedgerError> {
    let page_bytes: u32 = connection.query_row("PRAGMA page_size", [], |row| row.get(0)).map_err(from_sqlite)?;
    let pages = i64::try_from(bytes / u64::from(page_bytes.max(1))).unwrap_or(i64::MAX).max(1);
    pragma(connection, "max_page_count", pages)
}

/// Writing by the group, anything by others.
const MODE_OF_OTHERS: u32 = 0o027;
/// `SEKI`.
const LEDGER_ID: u32 = 0x5345_4b49;
/// `SEKH`.
const HOT_ID: u32 = 0x5345_4b48;

/// The steps from an empty file to the newest version; step n leads from version n to n + 1. Never changed, only added.
const MIGRATIONS: &[&str] = &[
    "
CREATE TABLE message (id INTEGER PRIMARY KEY, row BLOB NOT NULL) STRICT;
CREATE TABLE why (id INTEGER PRIMARY KEY, steps BLOB NOT NULL) STRICT;
CREATE TABLE lookup (
  kind INTEGER NOT NULL, day INTEGER NOT NULL, bytes BLOB NOT NULL, id INTEGER NOT NULL,
  PRIMARY KEY (kind, day, bytes, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE tally (
  kind INTEGER NOT NULL, hour INTEGER NOT NULL, key BLOB NOT NULL, tenant TEXT NOT NULL, site INTEGER NOT NULL,
  direction INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (kind, hour, key, tenant, site, direction)
) STRICT, WITHOUT ROWID;
CREATE TABLE floor (scope TEXT PRIMARY KEY, hour INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE site (site INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;
",
    "
CREATE TABLE fresh (id INTEGER PRIMARY KEY) STRICT;
",
    // 13 is `MeasureKind::Own`. What is there has no counts of it from any hour on, until they are made.
    "
CREATE TABLE since (kind INTEGER PRIMARY KEY, hour INTEGER NOT NULL) STRICT;
INSERT INTO since SELECT 13, 4294967295 WHERE EXISTS (SELECT 1 FROM message) OR EXISTS (SELECT 1 FROM tally);
",
];

const HOT_MIGRATIONS: &[&str] = &["
CREATE TABLE hot (
  kind INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, expires_ms INTEGER NOT NULL, PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX hot_expires ON hot (expires_ms);
"];

#[cfg(test)]
mod tests {
    use super::*;

    fn version(connection: &Connection) -> u32 {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn an_old_file_is_brought_up_with_what_it_holds() {
        let steps = ["CREATE TABLE a (x);", "ALTER TABLE a ADD COLUMN y DEFAULT 5;", "CREATE TABLE b (x);"];
        let file = Connection::open_in_memory().unwrap();
        migrate(&file, &steps[..1], LEDGER_ID).unwrap();
        assert_eq!(version(&file), 1);
        file.execute("INSERT INTO a VALUES (3)", []).unwrap();
        migrate(&file, &steps, LEDGER_ID).unwrap();
        migrate(&file, &steps, LEDGER_ID).unwrap();
        assert_eq!(version(&file), 3);
        let kept: (u32, u32) = file.query_row("SELECT x, y FROM a", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(kept, (3, 5));
        assert_eq!(migrate(&file, &steps[..2], LEDGER_ID), Err(LedgerError::Version { found: 3, known: 2 }));
    }

    #[test]
    fn a_step_that_fails_leaves_the_version_before() {
        let file = Connection::open_in_memory().unwrap();
        let steps = ["CREATE TABLE a (x);", "CREATE TABLE b (x); CREATE TABLE a (x);"];
        assert!(migrate(&file, &steps, LEDGER_ID).is_err());
        assert_eq!(version(&file), 1);
        let tables: u32 = file.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 1, "nothing of the step is left");
    }
}
