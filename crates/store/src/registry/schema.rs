//! The file of people: its tables, its version, how it is opened and what is checked then.
//!
//! | table | a row is |
//! |--|--|
//! | `person` | somebody, by the name |
//! | `session`, `token` | a way in of somebody's, by the digest of its secret |
//! | `setup` | the token of the first run; one, or none |
//! | `log` | a line of the audit log; the file itself refuses to change or forget one |

use std::fs::{OpenOptions, metadata};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use people::RegistryError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::crew::Fault;
use crate::limits::{PEOPLE_BUSY_MS, PEOPLE_CHECK_BYTES_MAX};

/// Opens the file for writing: makes it, or checks it and brings it to this version.
pub(super) fn open_writer(path: &Path) -> Result<Connection, RegistryError> {
    ensure_private(path)?;
    let connection = open(path)?;
    identify(&connection, path)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(from_sqlite)?;
    if mode != "wal" {
        let what = format!("the file system does not allow a write-ahead log ({mode})");
        return Err(RegistryError::Failed { what });
    }
    // Somebody who was let out stays out, whatever happens to the machine: the log is synchronised at each commit.
    pragma(&connection, "synchronous", "FULL")?;
    // A password that was changed, or a session that ended, leaves no bytes behind.
    pragma(&connection, "secure_delete", true)?;
    migrate(&connection)?;
    check(&connection, path)?;
    Ok(connection)
}

/// Opens the file for reading.
pub(super) fn open_reader(path: &Path) -> Result<Connection, RegistryError> {
    let connection = open(path)?;
    pragma(&connection, "query_only", true)?;
    Ok(connection)
}

/// Opens the file for nothing but questions: nothing is made, brought to this version, or written.
pub(super) fn open_read_only(path: &Path) -> Result<Connection, RegistryError> {
    check_rights(path)?;
    let connection = crate::read_only::open(path).map_err(from_sqlite)?;
    prepare(&connection)?;
    identify(&connection, path)?;
    let (found, known) = (version(&connection)?, known_version());
    // One of an earlier version is brought to this one by whoever writes next; until then its tables are others.
    if found == known { Ok(connection) } else { Err(RegistryError::Version { found, known }) }
}

/// Makes the file if there is none, for its owner alone; SQLite gives the files beside it the same rights.
fn ensure_private(path: &Path) -> Result<(), RegistryError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => check_rights(path),
        Err(error) => Err(failed(path, &error)),
    }
}

fn check_rights(path: &Path) -> Result<(), RegistryError> {
    let mode = metadata(path).map_err(|error| failed(path, &error))?.permissions().mode() & 0o7777;
    if mode & MODE_OF_OTHERS == 0 { Ok(()) } else { Err(RegistryError::Rights { mode }) }
}

fn failed(path: &Path, error: &std::io::Error) -> RegistryError {
    RegistryError::Failed { what: format!("{}: {error}", path.display()) }
}

fn open(path: &Path) -> Result<Connection, RegistryError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(from_sqlite)?;
    prepare(&connection)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> Result<(), RegistryError> {
    connection.busy_timeout(Duration::from_millis(PEOPLE_BUSY_MS)).map_err(from_sqlite)?;
    // What a file that somebody put here says in its schema is not run with more rights than it needs.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false).map_err(from_sqlite)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Whether the file is ours, or new.
fn identify(connection: &Connection, path: &Path) -> Result<(), RegistryError> {
    let foreign = || RegistryError::Foreign { path: path.display().to_string() };
    let number = |sql: &str| -> Result<u32, RegistryError> {
        connection.query_row(sql, [], |row| row.get(0)).map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => foreign(),
            _ => from_sqlite(error),
        })
    };
    let (id, tables) = (number("PRAGMA application_id")?, number("SELECT count(*) FROM sqlite_schema")?);
    if id == PEOPLE_ID || (id == 0 && tables == 0) { Ok(()) } else { Err(foreign()) }
}

fn pragma(connection: &Connection, name: &str, value: impl rusqlite::ToSql) -> Result<(), RegistryError> {
    // Some pragmas answer with the value, some do not.
    connection.pragma_update_and_check(None, name, value, |_| Ok(())).or_else(|error| match error {
        Error::QueryReturnedNoRows => Ok(()),
        other => Err(from_sqlite(other)),
    })
}

fn version(connection: &Connection) -> Result<u32, RegistryError> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(from_sqlite)
}

fn known_version() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Brings the tables to the newest version, each step in its own transaction. Another process may do the same meanwhile:
/// the version is asked for within.
fn migrate(connection: &Connection) -> Result<(), RegistryError> {
    let known = known_version();
    while version(connection)? != known {
        let transaction =
            Transaction::new_unchecked(connection, TransactionBehavior::Immediate).map_err(from_sqlite)?;
        let found = version(&transaction)?;
        if found > known {
            return Err(RegistryError::Version { found, known });
        }
        let Some(step) = MIGRATIONS.get(found as usize) else { continue };
        let next = found + 1;
        let script = format!("{step} PRAGMA application_id = {PEOPLE_ID}; PRAGMA user_version = {next};");
        transaction.execute_batch(&script).map_err(from_sqlite)?;
        transaction.commit().map_err(from_sqlite)?;
    }
    Ok(())
}

/// Checks the file, from end to end when it is not large.
fn check(connection: &Connection, path: &Path) -> Result<(), RegistryError> {
    if metadata(path).is_ok_and(|file| file.len() > PEOPLE_CHECK_BYTES_MAX) {
        return Ok(());
    }
    let what: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(from_sqlite)?;
    if what == "ok" { Ok(()) } else { Err(RegistryError::Corrupt { what }) }
}

/// The error of SQLite's. By value, so that it stands in `map_err`.
#[allow(clippy::needless_pass_by_value)] // as above
pub(super) fn from_sqlite(error: Error) -> RegistryError {
    let what = error.to_string();
    match &error {
        Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => RegistryError::Busy,
            ErrorCode::DiskFull => RegistryError::DiskFull,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => RegistryError::Corrupt { what },
            _ => RegistryError::Failed { what },
        },
        // A column that is not what the schema says.
        Error::FromSqlConversionFailure(..) | Error::IntegralValueOutOfRange(..) | Error::InvalidColumnType(..) => {
            RegistryError::Corrupt { what }
        }
        _ => RegistryError::Failed { what },
    }
}

impl Fault for RegistryError {
    fn busy() -> Self {
        Self::Busy
    }

    fn closed() -> Self {
        Self::Failed { what: "it is closed".to_owned() }
    }

    fn failed(what: String) -> Self {
        Self::Failed { what }
    }

    fn of_sqlite(error: Error) -> Self {
        from_sqlite(error)
    }
}

/// Reading or writing by the group, anything by others: here nobody but the owner.
const MODE_OF_OTHERS: u32 = 0o077;
/// `SEKP`.
const PEOPLE_ID: u32 = 0x5345_4b50;

/// The steps from an empty file to the newest version; step n leads from version n to n + 1. Never changed, only added.
const MIGRATIONS: &[&str] = &["
CREATE TABLE person (
  name TEXT PRIMARY KEY, version INTEGER NOT NULL, password TEXT, grants TEXT NOT NULL, is_disabled INTEGER NOT NULL,
  language TEXT, zone TEXT, theme TEXT NOT NULL, made_s INTEGER NOT NULL, issuer TEXT, subject TEXT,
  UNIQUE (issuer, subject)
) STRICT;
CREATE TABLE session (
  digest BLOB PRIMARY KEY, name TEXT NOT NULL, begun_s INTEGER NOT NULL, used_s INTEGER NOT NULL,
  ends_s INTEGER NOT NULL, csrf BLOB NOT NULL, address TEXT NOT NULL, agent TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_name ON session (name, used_s);
CREATE TABLE token (
  digest BLOB PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL, label TEXT NOT NULL, grants TEXT NOT NULL,
  made_s INTEGER NOT NULL, ends_s INTEGER NOT NULL, used_s INTEGER, UNIQUE (name, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE setup (
  only_one INTEGER PRIMARY KEY CHECK (only_one = 0), digest BLOB NOT NULL, made_s INTEGER NOT NULL,
  ends_s INTEGER NOT NULL
) STRICT;
CREATE TABLE log (
  number INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, who TEXT NOT NULL, address TEXT, verb TEXT NOT NULL,
  object TEXT NOT NULL, note TEXT NOT NULL, outcome TEXT NOT NULL, digest BLOB NOT NULL
) STRICT;
CREATE INDEX log_who ON log (who, number);
CREATE INDEX log_object ON log (object, number);
CREATE TRIGGER log_line_stays BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
CREATE TRIGGER log_line_is_so BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
"];
