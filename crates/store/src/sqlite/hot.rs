//! Short-lived state in its file.

use report::hot::Counter;
use report::limits::{HOT_PAGE_COUNT_MAX, HOT_VALUE_BYTES_MAX};
use report::{HotError, HotKey, LedgerError, Window};
use rusqlite::{Connection, OptionalExtension, params};

use super::error::from_sqlite;

/// Adds to a counter.
pub(super) fn count(
    connection: &Connection,
    key: &HotKey,
    window: Window,
    by: u64,
    now_ms: u64,
) -> Result<u64, HotError> {
    let mut id = window.to_bytes().to_vec();
    id.extend_from_slice(key.as_bytes());
    let mut counter = match stored(connection, COUNTER, &id)? {
        Some((bytes, _)) => Counter::from_bytes(&bytes).ok_or(HotError::Unreadable)?,
        None => Counter::default(),
    };
    let sum = counter.add(window, by, now_ms);
    if by > 0 {
        store(connection, COUNTER, &id, &counter.to_bytes(), counter.expires_ms(window), now_ms)?;
    }
    Ok(sum)
}

/// A value.
pub(super) fn get(connection: &Connection, key: &HotKey, now_ms: u64) -> Result<Option<Vec<u8>>, HotError> {
    let found = stored(connection, VALUE, key.as_bytes())?;
    Ok(found.filter(|(_, expires_ms)| now_ms < *expires_ms).map(|(value, _)| value))
}

/// Puts a value.
pub(super) fn put(
    connection: &Connection,
    key: &HotKey,
    value: &[u8],
    expires_ms: u64,
    now_ms: u64,
) -> Result<(), HotError> {
    if value.len() > HOT_VALUE_BYTES_MAX {
        return Err(HotError::TooLarge { bytes: value.len() });
    }
    store(connection, VALUE, key.as_bytes(), value, expires_ms, now_ms)
}

/// Values of a space, in the order of their keys.
pub(super) fn list(
    connection: &Connection,
    space: &str,
    after: Option<&HotKey>,
    limit: usize,
    now_ms: u64,
) -> Result<Vec<(HotKey, Vec<u8>)>, HotError> {
    let Some(prefix) = HotKey::space_bytes(space) else { return Ok(Vec::new()) };
    let mut low = after.map_or_else(|| prefix.clone(), |after| after.as_bytes().to_vec());
    if after.is_some() {
        // Of all keys behind it none is lower than it with a zero.
        low.push(0);
    }
    // The length of a part, which comes next, never begins with so high a byte.
    let high = [&prefix[..], &[0xff]].concat();
    let mut statement = connection
        .prepare_cached(
            "SELECT key, value FROM hot WHERE kind = ?1 AND key >= ?2 AND key < ?3 AND expires_ms > ?4 \
             ORDER BY key LIMIT ?5",
        )
        .map_err(from_sqlite)?;
    let limit = limit.min(HOT_PAGE_COUNT_MAX) as u64;
    let mut rows = statement.query(params![VALUE, low, high, number(now_ms), number(limit)]).map_err(from_sqlite)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let bytes: Vec<u8> = row.get(0).map_err(from_sqlite)?;
        let key = HotKey::from_bytes(&bytes).ok_or(HotError::Unreadable)?;
        found.push((key, row.get(1).map_err(from_sqlite)?));
    }
    Ok(found)
}

/// Forgets what has expired.
pub(super) fn expire(connection: &Connection, now_ms: u64) -> Result<u64, HotError> {
    let mut statement = connection.prepare_cached("DELETE FROM hot WHERE expires_ms <= ?1").map_err(from_sqlite)?;
    Ok(statement.execute([number(now_ms)]).map_err(from_sqlite)? as u64)
}

fn stored(connection: &Connection, kind: u8, key: &[u8]) -> Result<Option<(Vec<u8>, u64)>, LedgerError> {
    let mut statement = connection
        .prepare_cached("SELECT value, expires_ms FROM hot WHERE kind = ?1 AND key = ?2")
        .map_err(from_sqlite)?;
    let columns = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?));
    let found = statement.query_row(params![kind, key], columns).optional().map_err(from_sqlite)?;
    Ok(found.map(|(value, expires_ms)| (value, u64::try_from(expires_ms).unwrap_or(0))))
}

fn store(
    connection: &Connection,
    kind: u8,
    key: &[u8],
    value: &[u8],
    expires_ms: u64,
    now_ms: u64,
) -> Result<(), HotError> {
    let mut statement = connection
        .prepare_cached(
            "INSERT INTO hot (kind, key, value, expires_ms) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET value = excluded.value, expires_ms = excluded.expires_ms",
        )
        .map_err(from_sqlite)?;
    let mut write = || statement.execute(params![kind, key, value, number(expires_ms)]).map_err(from_sqlite);
    match write() {
        // Room may be found by forgetting.
        Err(LedgerError::DiskFull) => {
            expire(connection, now_ms)?;
            match write() {
                Err(LedgerError::DiskFull) => Err(HotError::Full { count: entry_count(connection)? }),
                other => Ok(other.map(drop)?),
            }
        }
        other => Ok(other.map(drop)?),
    }
}

fn entry_count(connection: &Connection) -> Result<usize, LedgerError> {
    let count: i64 = connection.query_row("SELECT count(*) FROM hot", [], |row| row.get(0)).map_err(from_sqlite)?;
    Ok(usize::try_from(count).unwrap_or(0))
}

fn number(time_ms: u64) -> i64 {
    i64::try_from(time_ms).unwrap_or(i64::MAX)
}

const COUNTER: u8 = 1;
const VALUE: u8 = 2;
