//! Keys and counts of rows, written for many rows at once.
//!
//! A row is acknowledged when it is in `message`. Its keys lie anywhere in their tables: written with each row, they would
//! cost more pages than all else. So a row is noted as `fresh` first, and some rows later, in one transaction, what is fresh
//! gets its keys and counts. Until then who asks looks at the fresh rows themselves, which are few.

use std::collections::HashMap;

use report::index::{Key, keys};
use report::ledger::LedgerError;
use report::tally::{Cell, cells};
use report::{Row, RowId, codec};
use rusqlite::{Connection, params};

use super::error::from_sqlite;
use super::read::{day_of, row_id};
use crate::limits::FOLD_ROW_COUNT_MAX;

/// Writes keys and counts of the oldest fresh rows, at most [`FOLD_ROW_COUNT_MAX`]; how many there were.
pub(super) fn fold(connection: &Connection) -> Result<usize, LedgerError> {
    let (mut its_keys, mut counts): (Vec<(Key, RowId)>, HashMap<Cell, u64>) = Default::default();
    let last = each_fresh(connection, FOLD_ROW_COUNT_MAX, |row| {
        its_keys.extend(keys(&row).into_iter().map(|key| (key, row.id)));
        cells(&row, |cell, count| {
            let sum = counts.entry(cell).or_default();
            *sum = sum.saturating_add(count);
        });
    })?;
    let Some(last) = last else { return Ok(0) };
    // In the order of the tables: neighbours share pages.
    its_keys.sort_unstable();
    let mut statement = connection
        .prepare_cached("INSERT INTO lookup (kind, day, bytes, id) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")
        .map_err(from_sqlite)?;
    for (key, id) in &its_keys {
        statement.execute(params![key.kind.code(), day_of(*id), key.bytes, id.number() as i64]).map_err(from_sqlite)?;
    }
    add_counts(connection, "tally", counts)?;
    let mut statement = connection.prepare_cached("DELETE FROM fresh WHERE id <= ?1").map_err(from_sqlite)?;
    statement.execute([last.number() as i64]).map_err(from_sqlite)
}

/// Writes keys and counts of all fresh rows.
pub(super) fn fold_all(connection: &Connection) -> Result<(), LedgerError> {
    while fold(connection)? > 0 {}
    Ok(())
}

/// How many rows are fresh.
pub(super) fn fresh_count(connection: &Connection) -> Result<usize, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM fresh").map_err(from_sqlite)?;
    let count: i64 = statement.query_row([], |row| row.get(0)).map_err(from_sqlite)?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Gives the oldest fresh rows, so many at most, to `take`; the id of the last of them. One that cannot be read has no
/// keys and no counts.
pub(super) fn each_fresh(
    connection: &Connection,
    limit: usize,
    mut take: impl FnMut(Row),
) -> Result<Option<RowId>, LedgerError> {
    let sql = "SELECT f.id, m.row FROM fresh f LEFT JOIN message m ON m.id = f.id ORDER BY f.id LIMIT ?1";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query([i64::try_from(limit).unwrap_or(i64::MAX)]).map_err(from_sqlite)?;
    let mut last = None;
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        last = Some(row_id(row)?);
        let bytes = row.get_ref(1).map_err(from_sqlite)?.as_blob_or_null().unwrap_or_default();
        if let Some(Ok(row)) = bytes.map(codec::decode) {
            take(row);
        }
    }
    Ok(last)
}

/// Notes that a row is fresh no more; whether it was.
pub(super) fn forget_fresh(connection: &Connection, id: RowId) -> Result<bool, LedgerError> {
    let mut statement = connection.prepare_cached("DELETE FROM fresh WHERE id = ?1").map_err(from_sqlite)?;
    Ok(statement.execute([id.number() as i64]).map_err(from_sqlite)? > 0)
}

/// Adds counts to a table of them.
pub(super) fn add_counts(connection: &Connection, table: &str, cells: HashMap<Cell, u64>) -> Result<(), LedgerError> {
    let mut cells: Vec<(Cell, u64)> = cells.into_iter().filter(|(_, count)| *count > 0).collect();
    cells.sort_unstable();
    let mut statement = connection
        .prepare_cached(&format!(
            "INSERT INTO {table} (kind, hour, key, tenant, site, direction, count) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT DO UPDATE SET count = count + excluded.count",
        ))
        .map_err(from_sqlite)?;
    for (cell, count) in &cells {
        let (kind, key) = (cell.measure.kind().code(), cell.measure.key());
        let (tenant, site, direction) = (&*cell.tenant, cell.site.number(), cell.direction.code());
        let count = i64::try_from(*count).unwrap_or(i64::MAX);
        statement.execute(params![kind, cell.hour, key, tenant, site, direction, count]).map_err(from_sqlite)?;
    }
    Ok(())
}
