//! Keys and counts of rows, written for many rows at once.
//!
//! A row is acknowledged when it is in `message`. Its keys lie anywhere in their tables: written with each row, they would
//! cost more pages than all else. So a row is noted as `fresh` first, and its keys and counts are gathered in memory. When
//! there are enough of them they are written, sorted, in small transactions between those of new rows: the keys in many,
//! then all counts in one, which also says that these rows are fresh no more. Until then who asks looks at the fresh rows
//! themselves; a key that is there already leads to the same row. Whoever is interrupted begins anew with what is fresh.

use std::collections::HashMap;
use std::ops::ControlFlow;

use report::index::keys;
use report::ledger::LedgerError;
use report::tally::{Cell, cells};
use report::{Row, RowId, codec};
use rusqlite::{Connection, params};

use super::error::from_sqlite;
use super::read::{day_of, row_id};
use crate::limits::FOLD_ROW_COUNT;

/// Keys and counts of fresh rows.
#[derive(Default)]
pub(super) struct Gathered {
    ids: Vec<RowId>,
    keys: Vec<GatheredKey>,
    /// The bytes of the keys.
    bytes: Vec<u8>,
    counts: HashMap<Cell, u64, foldhash::fast::RandomState>,
}

/// A key of a row, in the order of the table's columns.
struct GatheredKey {
    kind: u8,
    day: u32,
    /// Where its bytes are.
    start: u32,
    end: u32,
    id: RowId,
}

/// Keys and counts that are being written.
pub(super) struct Folding {
    gathered: Gathered,
    /// So many keys are written.
    key_count: usize,
}

impl Gathered {
    /// What the oldest fresh rows have, so many at most.
    pub(super) fn of_file(connection: &Connection, limit: usize) -> Result<Self, LedgerError> {
        let mut gathered = Self::default();
        let mut ids = Vec::new();
        each_fresh(connection, limit, |id, row| {
            ids.push(id);
            // One that cannot be read has no keys and no counts.
            row.iter().for_each(|row| gathered.add(row));
        })?;
        gathered.ids = ids;
        Ok(gathered)
    }

    pub(super) fn add(&mut self, row: &Row) {
        self.ids.push(row.id);
        let day = day_of(row.id);
        for key in keys(row) {
            let start = self.bytes.len() as u32;
            self.bytes.extend_from_slice(&key.bytes);
            self.keys.push(GatheredKey { kind: key.kind.code(), day, start, end: self.bytes.len() as u32, id: row.id });
        }
        cells(row, |cell, count| {
            let sum = self.counts.entry(cell).or_default();
            *sum = sum.saturating_add(count);
        });
    }

    /// How many rows there are.
    pub(super) fn row_count(&self) -> usize {
        self.ids.len()
    }

    /// How many keys they have.
    pub(super) fn key_count(&self) -> usize {
        self.keys.len()
    }

    /// How long their keys are, in bytes.
    pub(super) fn key_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// In the order of the table: neighbours share pages.
    pub(super) fn sorted(mut self) -> Folding {
        let Self { keys, bytes, ids, .. } = &mut self;
        let place = |key: &GatheredKey| (key.kind, key.day);
        keys.sort_unstable_by(|a, b| {
            let by_bytes = || key_bytes(bytes, a).cmp(key_bytes(bytes, b));
            place(a).cmp(&place(b)).then_with(by_bytes).then_with(|| a.id.cmp(&b.id))
        });
        ids.sort_unstable();
        Folding { gathered: self, key_count: 0 }
    }
}

fn key_bytes<'a>(bytes: &'a [u8], key: &GatheredKey) -> &'a [u8] {
    bytes.get(key.start as usize..key.end as usize).unwrap_or_default()
}

impl Folding {
    /// How many rows are folded when it is done.
    pub(super) fn row_count(&self) -> usize {
        self.gathered.row_count()
    }

    /// Writes so many keys at most; the rest and the counts when all keys are there. Breaks when that was all. What is
    /// written is to be committed, or this value to be forgotten.
    pub(super) fn write(
        &mut self,
        connection: &Connection,
        key_count_max: usize,
    ) -> Result<ControlFlow<()>, LedgerError> {
        let Gathered { keys, bytes, .. } = &self.gathered;
        let left = keys.get(self.key_count..).unwrap_or_default();
        if left.is_empty() {
            return self.finish(connection).map(ControlFlow::Break);
        }
        let now = &left[..key_count_max.min(left.len())];
        let mut statement = connection
            .prepare_cached("INSERT INTO lookup (kind, day, bytes, id) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")
            .map_err(from_sqlite)?;
        for key in now {
            let columns = params![key.kind, key.day, key_bytes(bytes, key), key.id.number() as i64];
            statement.execute(columns).map_err(from_sqlite)?;
        }
        self.key_count += now.len();
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self, connection: &Connection) -> Result<(), LedgerError> {
        add_counts(connection, "tally", self.gathered.counts.drain())?;
        for id in &self.gathered.ids {
            forget_fresh(connection, *id)?;
        }
        Ok(())
    }
}

/// Writes keys and counts of all fresh rows, within the transaction of somebody who wants to see them.
pub(super) fn fold_all(connection: &Connection) -> Result<(), LedgerError> {
    loop {
        let mut folding = Gathered::of_file(connection, FOLD_ROW_COUNT)?.sorted();
        if folding.row_count() == 0 {
            return Ok(());
        }
        while folding.write(connection, usize::MAX)?.is_continue() {}
    }
}

/// How many rows are fresh.
pub(super) fn fresh_count(connection: &Connection) -> Result<usize, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM fresh").map_err(from_sqlite)?;
    let count: i64 = statement.query_row([], |row| row.get(0)).map_err(from_sqlite)?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Gives the oldest fresh rows, so many at most, to `take`; `None` for one that cannot be read.
pub(super) fn each_fresh(
    connection: &Connection,
    limit: usize,
    mut take: impl FnMut(RowId, Option<Row>),
) -> Result<(), LedgerError> {
    let sql = "SELECT f.id, m.row FROM fresh f LEFT JOIN message m ON m.id = f.id ORDER BY f.id LIMIT ?1";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query([i64::try_from(limit).unwrap_or(i64::MAX)]).map_err(from_sqlite)?;
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let bytes = row.get_ref(1).map_err(from_sqlite)?.as_blob_or_null().unwrap_or_default();
        take(row_id(row)?, bytes.and_then(|bytes| codec::decode(bytes).ok()));
    }
    Ok(())
}

/// Notes that a row is fresh no more; whether it was.
pub(super) fn forget_fresh(connection: &Connection, id: RowId) -> Result<bool, LedgerError> {
    let mut statement = connection.prepare_cached("DELETE FROM fresh WHERE id = ?1").map_err(from_sqlite)?;
    Ok(statement.execute([id.number() as i64]).map_err(from_sqlite)? > 0)
}

/// Adds counts to a table of them.
pub(super) fn add_counts(
    connection: &Connection,
    table: &str,
    cells: impl IntoIterator<Item = (Cell, u64)>,
) -> Result<(), LedgerError> {
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
