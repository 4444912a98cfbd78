//! Taking away, and making the counts anew.

use std::collections::HashMap;

use mailtext::Domain;
use report::index::keys;
use report::ledger::{Deleted, Deletion, LedgerError, Rebuilt};
use report::limits::{DELETE_COUNT_MAX, PAGE_ROW_COUNT_MAX};
use report::query::{DomainFilter, Order, Reach};
use report::tally::{Cell, Measure, MeasureKind, cells, day_start_ms, hour_of};
use report::{Query, Row, RowId, codec};
use rusqlite::{Connection, params};

use super::error::from_sqlite;
use super::fold::{add_counts, fold_all, forget_fresh};
use super::read::{blob, day_of, row_id, rows};
use super::since;

/// Takes something away.
pub(super) fn delete(connection: &Connection, what: &Deletion) -> Result<Deleted, LedgerError> {
    match what {
        Deletion::Rows { before_ms, tenant } => {
            raise_floor(connection, tenant.as_deref(), hour_of(day_start_ms(*before_ms)))?;
            delete_rows(connection, what, Counts::Stay)
        }
        Deletion::Domain { domain, reach, tenant } => {
            let deleted = delete_rows(connection, what, Counts::Go)?;
            // Rows that came late take away what they added under the names that they added it by.
            if deleted.is_done {
                delete_counts_of(connection, domain, *reach, tenant.as_deref())?;
            }
            Ok(deleted)
        }
        Deletion::Evidence { before_ms } => {
            let sql = "DELETE FROM why WHERE id IN (SELECT id FROM why WHERE id < ?1 ORDER BY id LIMIT ?2)";
            let before = RowId::first_at(*before_ms).number() as i64;
            let count = connection.execute(sql, params![before, DELETE_COUNT_MAX as i64]).map_err(from_sqlite)?;
            Ok(deleted(count))
        }
        Deletion::Counts { before_ms } => {
            // What is counted later would be left.
            fold_all(connection)?;
            let before = hour_of(day_start_ms(*before_ms));
            raise_floor(connection, None, before)?;
            // The key begins with the kind: each has its range of hours.
            let mut count = 0;
            for kind in MeasureKind::ALL {
                let sql = "DELETE FROM tally WHERE kind = ?1 AND hour < ?2";
                count += connection.execute(sql, params![kind.code(), before]).map_err(from_sqlite)?;
            }
            Ok(Deleted { count: count as u64, is_done: true })
        }
    }
}

/// What happens to the counts of rows that go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    Stay,
    Go,
}

fn delete_rows(connection: &Connection, what: &Deletion, counts: Counts) -> Result<Deleted, LedgerError> {
    let filter = what.rows().unwrap_or_default();
    let takes_all = matches!(what, Deletion::Rows { tenant: None, .. });
    let mut query = Query { filter, order: Order::OldestFirst, after: None, limit: PAGE_ROW_COUNT_MAX };
    let mut gone: HashMap<Cell, u64> = HashMap::new();
    let mut kept: HashMap<Cell, u64> = HashMap::new();
    let mut count = 0;
    while count < DELETE_COUNT_MAX {
        query.limit = PAGE_ROW_COUNT_MAX.min(DELETE_COUNT_MAX - count);
        let page = rows(connection, &query)?;
        for row in &page.rows {
            // A row that was fresh has no counts yet: where they are to stay, they are made now.
            let was_fresh = delete_row(connection, row)?;
            let counted = match counts {
                Counts::Stay if was_fresh => &mut kept,
                Counts::Go if !was_fresh => &mut gone,
                _ => continue,
            };
            cells(row, |cell, count| *counted.entry(cell).or_default() += count);
        }
        count += page.rows.len();
        if takes_all {
            // Its keys are not known; they lead nowhere, and do no harm.
            for id in &page.damaged {
                forget_fresh(connection, *id)?;
                delete_id(connection, *id)?;
                count += 1;
            }
        }
        query.after = page.next;
        if page.next.is_none() {
            add_counts(connection, "tally", kept)?;
            take_counts(connection, gone)?;
            return Ok(Deleted { count: count as u64, is_done: true });
        }
    }
    add_counts(connection, "tally", kept)?;
    take_counts(connection, gone)?;
    Ok(Deleted { count: count as u64, is_done: false })
}

/// Takes a row away; whether it was fresh.
fn delete_row(connection: &Connection, row: &Row) -> Result<bool, LedgerError> {
    // Of a fresh row some keys may be written.
    let was_fresh = forget_fresh(connection, row.id)?;
    let sql = "DELETE FROM lookup WHERE kind = ?1 AND day = ?2 AND bytes = ?3 AND id = ?4";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    for key in keys(row) {
        let its = params![key.kind.code(), day_of(row.id), key.bytes, row.id.number() as i64];
        statement.execute(its).map_err(from_sqlite)?;
    }
    delete_id(connection, row.id).map(|()| was_fresh)
}

fn delete_id(connection: &Connection, id: RowId) -> Result<(), LedgerError> {
    for sql in ["DELETE FROM message WHERE id = ?1", "DELETE FROM why WHERE id = ?1"] {
        let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
        statement.execute([id.number() as i64]).map_err(from_sqlite)?;
    }
    Ok(())
}

fn take_counts(connection: &Connection, gone: HashMap<Cell, u64>) -> Result<(), LedgerError> {
    let one = "kind = ?1 AND hour = ?2 AND key = ?3 AND tenant = ?4 AND site = ?5 AND direction = ?6";
    let lessen = format!("UPDATE tally SET count = count - ?7 WHERE {one}");
    let forget = format!("DELETE FROM tally WHERE {one} AND count <= 0");
    for (cell, count) in gone {
        let (kind, key) = (cell.measure.kind().code(), cell.measure.key());
        let (tenant, site, direction) = (&*cell.tenant, cell.site.number(), cell.direction.code());
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let mut statement = connection.prepare_cached(&lessen).map_err(from_sqlite)?;
        statement.execute(params![kind, cell.hour, key, tenant, site, direction, count]).map_err(from_sqlite)?;
        let mut statement = connection.prepare_cached(&forget).map_err(from_sqlite)?;
        statement.execute(params![kind, cell.hour, key, tenant, site, direction]).map_err(from_sqlite)?;
    }
    Ok(())
}

/// Takes away counts by a domain's name for days whose rows are gone.
fn delete_counts_of(
    connection: &Connection,
    domain: &Domain,
    reach: Reach,
    tenant: Option<&str>,
) -> Result<(), LedgerError> {
    let wanted = DomainFilter::anywhere(domain.clone(), reach);
    let these = format!("kind = ?1 AND NOT {WHOLE_DAYS} AND (?2 IS NULL OR tenant = ?2)");
    let select = format!("SELECT DISTINCT key FROM tally WHERE {these}");
    let rename = format!(
        "INSERT INTO tally (kind, hour, key, tenant, site, direction, count) \
         SELECT kind, hour, ?4, tenant, site, direction, count FROM tally WHERE {these} AND key = ?3 \
         ON CONFLICT DO UPDATE SET count = count + excluded.count"
    );
    let delete = format!("DELETE FROM tally WHERE {these} AND key = ?3");
    for kind in [MeasureKind::Author, MeasureKind::Signed, MeasureKind::Own] {
        let mut statement = connection.prepare_cached(&select).map_err(from_sqlite)?;
        let mut found = statement.query(params![kind.code(), tenant]).map_err(from_sqlite)?;
        let mut meant: Vec<(Vec<u8>, Option<Measure>)> = Vec::new();
        while let Some(row) = found.next().map_err(from_sqlite)? {
            let key = blob(row, 0)?;
            let Some(measure) = Measure::from_key(kind, key) else { continue };
            let left = measure.without(|domain| wanted.covers(domain));
            if left.as_ref() != Some(&measure) {
                meant.push((key.to_vec(), left));
            }
        }
        drop(found);
        for (key, left) in meant {
            if let Some(left) = left {
                // Messages of other domains, too, stay theirs.
                let mut statement = connection.prepare_cached(&rename).map_err(from_sqlite)?;
                statement.execute(params![kind.code(), tenant, key, left.key()]).map_err(from_sqlite)?;
            }
            let mut statement = connection.prepare_cached(&delete).map_err(from_sqlite)?;
            statement.execute(params![kind.code(), tenant, key]).map_err(from_sqlite)?;
        }
    }
    Ok(())
}

/// Makes the counts anew from the rows.
pub(super) fn rebuild(connection: &Connection) -> Result<Rebuilt, LedgerError> {
    // What is compared are the counts of all rows.
    fold_all(connection)?;
    connection.execute_batch(ANEW).map_err(from_sqlite)?;
    let mut sums: HashMap<Cell, u64> = HashMap::new();
    let mut statement = connection.prepare("SELECT id, row FROM message ORDER BY id").map_err(from_sqlite)?;
    let mut rows = statement.query([]).map_err(from_sqlite)?;
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let id = row_id(row)?;
        let row = codec::decode(blob(row, 1)?).map_err(|error| LedgerError::Unreadable { id, error })?;
        cells(&row, |cell, count| *sums.entry(cell).or_default() += count);
        if sums.len() >= REBUILD_CELL_COUNT {
            add_counts(connection, "anew", std::mem::take(&mut sums))?;
        }
    }
    add_counts(connection, "anew", sums)?;
    let number = |sql: String| connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).map_err(from_sqlite);
    connection.execute(&format!("DELETE FROM anew WHERE NOT {WHOLE_DAYS}"), []).map_err(from_sqlite)?;
    let count = number("SELECT count(*) FROM anew".to_owned())?;
    let columns = "kind, hour, key, tenant, site, direction, count";
    let surplus = |of: &str, over: &str| {
        format!("SELECT {columns} FROM {of} WHERE {WHOLE_DAYS} AND {MADE} EXCEPT SELECT {columns} FROM {over}")
    };
    let (new, old) = (surplus("anew", "tally"), surplus("tally", "anew"));
    // A count that changed stands on both sides.
    let differing = number(format!(
        "SELECT count(*) FROM (SELECT DISTINCT kind, hour, key, tenant, site, direction FROM \
         (SELECT * FROM ({new}) UNION ALL SELECT * FROM ({old})))"
    ))?;
    let replace = format!(
        "DELETE FROM tally WHERE {WHOLE_DAYS}; INSERT INTO tally ({columns}) SELECT {columns} FROM anew; DROP TABLE anew;"
    );
    connection.execute_batch(&replace).map_err(from_sqlite)?;
    since::counted_all(connection)?;
    let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(Rebuilt { count: unsigned(count), differing: unsigned(differing) })
}

fn raise_floor(connection: &Connection, tenant: Option<&str>, hour: u32) -> Result<(), LedgerError> {
    let scope = tenant.map_or(String::new(), |tenant| format!("={tenant}"));
    let sql = "INSERT INTO floor (scope, hour) VALUES (?1, ?2) \
               ON CONFLICT (scope) DO UPDATE SET hour = max(hour, excluded.hour)";
    connection.execute(sql, params![scope, hour]).map(drop).map_err(from_sqlite)
}

fn deleted(count: usize) -> Deleted {
    Deleted { count: count as u64, is_done: count < DELETE_COUNT_MAX }
}

/// Counts of days of which all rows are there.
const WHOLE_DAYS: &str =
    "hour >= coalesce((SELECT max(f.hour) FROM floor f WHERE f.scope = '' OR f.scope = '=' || tenant), 0)";
/// Counts that were made when their rows came: what earlier versions did not count is no difference.
const MADE: &str = "hour >= coalesce((SELECT s.hour FROM since s WHERE s.kind = kind), 0)";
/// A table for the counts that are made anew; what an attempt before this one left goes.
const ANEW: &str = "
DROP TABLE IF EXISTS temp.anew;
CREATE TEMP TABLE anew (
  kind INTEGER NOT NULL, hour INTEGER NOT NULL, key BLOB NOT NULL, tenant TEXT NOT NULL, site INTEGER NOT NULL,
  direction INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (kind, hour, key, tenant, site, direction)
) WITHOUT ROWID;
";
/// How many counts are summed in memory before they go into that table.
const REBUILD_CELL_COUNT: usize = 50_000;
