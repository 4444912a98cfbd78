//! Counts that earlier versions did not make: from which hour on all rows are in them.
//!
//! The file of an earlier version has rows without counts by domain. When it is opened, those of its newest rows are made,
//! as many as take some seconds; of the days before those the counts are made with all others, by
//! [`report::Ledger::rebuild`]. Until then an answer says from when on it is whole.

use std::collections::HashMap;

use report::LedgerError;
use report::tally::{Cell, MeasureKind, cells, day_start_ms, hour_of};
use report::{RowId, codec};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::error::from_sqlite;
use super::fold::add_counts;
use super::read::{blob, row_id};

/// The kind that earlier versions did not count.
const KIND: MeasureKind = MeasureKind::Own;
/// As long as nothing of it is counted.
const NEVER: u32 = u32::MAX;
/// How many counts are summed in memory before they are written.
const CELL_COUNT: usize = 50_000;

/// From which hour on all rows are counted in a kind; `None` where that is so from the beginning.
pub(super) fn hour(connection: &Connection, kind: MeasureKind) -> Result<Option<u32>, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT hour FROM since WHERE kind = ?1").map_err(from_sqlite)?;
    statement.query_row([kind.code()], |row| row.get(0)).optional().map_err(from_sqlite)
}

/// Notes it.
fn set(connection: &Connection, hour: Option<u32>) -> Result<(), LedgerError> {
    connection.execute("DELETE FROM since WHERE kind = ?1", [KIND.code()]).map_err(from_sqlite)?;
    if let Some(hour) = hour {
        let sql = "INSERT INTO since (kind, hour) VALUES (?1, ?2)";
        connection.execute(sql, params![KIND.code(), hour]).map_err(from_sqlite)?;
    }
    Ok(())
}

/// Counts the newest rows of whole days, about so many at most, where nothing is counted yet.
pub(super) fn catch_up(connection: &Connection, row_count_max: u32) -> Result<(), LedgerError> {
    if hour(connection, KIND)? != Some(NEVER) {
        return Ok(());
    }
    let transaction = rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate);
    let transaction = transaction.map_err(from_sqlite)?;
    let first = first_counted(&transaction, row_count_max)?;
    count(&transaction, first)?;
    set(&transaction, whole_from(&transaction, first)?)?;
    transaction.commit().map_err(from_sqlite)
}

/// The first id of the first day that is counted.
fn first_counted(connection: &Connection, row_count_max: u32) -> Result<RowId, LedgerError> {
    let sql = "SELECT id FROM message ORDER BY id DESC LIMIT 1 OFFSET ?1";
    let mut statement = connection.prepare(sql).map_err(from_sqlite)?;
    let mut rows = statement.query([row_count_max]).map_err(from_sqlite)?;
    let Some(beyond) = rows.next().map_err(from_sqlite)? else { return Ok(RowId::MIN) };
    // The day of a row that is too many is not whole.
    Ok(RowId::first_at(day_start_ms(row_id(beyond)?.time_ms()) + DAY_MS))
}

fn count(connection: &Connection, first: RowId) -> Result<(), LedgerError> {
    let mut sums: HashMap<Cell, u64> = HashMap::new();
    // Rows without any counts get these with all others, from whoever holds them in memory.
    let sql = "SELECT id, row FROM message WHERE id >= ?1 AND id NOT IN (SELECT id FROM fresh) ORDER BY id";
    let mut statement = connection.prepare(sql).map_err(from_sqlite)?;
    let mut rows = statement.query([first.number() as i64]).map_err(from_sqlite)?;
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        // One that cannot be read has no counts.
        let Ok(row) = codec::decode(blob(row, 1)?) else { continue };
        cells(&row, |cell, count| {
            if cell.measure.kind() == KIND {
                *sums.entry(cell).or_default() += count;
            }
        });
        if sums.len() >= CELL_COUNT {
            add_counts(connection, "tally", std::mem::take(&mut sums))?;
        }
    }
    add_counts(connection, "tally", sums)
}

/// The hour from which on everything is counted when the rows from `first` on are; `None` when that is from the beginning.
fn whole_from(connection: &Connection, first: RowId) -> Result<Option<u32>, LedgerError> {
    let begun = (first > RowId::MIN).then(|| hour_of(first.time_ms()));
    Ok(begun.max(floor(connection)?))
}

/// The hour before which rows were taken away and left their counts; `None` when none were.
fn floor(connection: &Connection) -> Result<Option<u32>, LedgerError> {
    connection.query_row("SELECT max(hour) FROM floor", [], |row| row.get(0)).map_err(from_sqlite)
}

/// The same after all rows were counted.
pub(super) fn counted_all(connection: &Connection) -> Result<(), LedgerError> {
    // What was counted before its rows went is counted still.
    let before = hour(connection, KIND)?;
    let floor = floor(connection)?;
    set(connection, before.zip(floor).map(|(before, floor)| before.min(floor)))
}

/// A day, in milliseconds.
const DAY_MS: u64 = 86_400_000;

#[cfg(test)]
mod tests {
    use report::vocabulary::Direction;
    use report::{Row, Site};

    use super::*;
    use crate::Settings;
    use crate::sqlite::schema::open_ledger;

    /// Ten rows a day for three days, in a file without counts by domain.
    fn file(path: &std::path::Path) -> Connection {
        let connection = open_ledger(path, &Settings::default()).unwrap();
        for number in 0..30_u64 {
            let id = RowId::new(1_780_272_000_000 + number / 10 * DAY_MS + number, Site::default(), 0);
            let mut row = Row::new(id, Direction::In);
            row.envelope.recipient_domains = vec![mailtext::Domain::parse("example.jp").unwrap()];
            let columns = params![id.number() as i64, codec::encode(&row).unwrap()];
            connection.execute("INSERT INTO message (id, row) VALUES (?1, ?2)", columns).unwrap();
        }
        set(&connection, Some(NEVER)).unwrap();
        connection
    }

    #[test]
    fn no_more_rows_are_counted_at_once_than_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let first_hour = hour_of(1_780_272_000_000);
        for (limit, days, wanted) in [(9, 0, 3), (10, 1, 2), (11, 1, 2), (20, 2, 1), (29, 2, 1), (30, 3, 0), (31, 3, 0)]
        {
            let connection = file(&folder.path().join(limit.to_string()));
            catch_up(&connection, limit).unwrap();
            let counted: i64 = connection
                .query_row("SELECT coalesce(sum(count), 0) FROM tally WHERE kind = 13", [], |row| row.get(0))
                .unwrap();
            assert_eq!(counted, days * 10, "{limit}");
            let since = (wanted > 0).then_some(first_hour + 24 * wanted);
            assert_eq!(hour(&connection, KIND), Ok(since), "{limit}");
            counted_all(&connection).unwrap();
            assert_eq!(hour(&connection, KIND), Ok(None), "all rows are there");
        }
    }
}
