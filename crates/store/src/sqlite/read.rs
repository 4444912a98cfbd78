//! Questions to the file.

use std::ops::ControlFlow;

use report::index::{KeyRange, ranges};
use report::ledger::{Entry, LedgerError};
use report::query::Order;
use report::tally::{Measure, Tally, answer};
use report::{Page, Query, RowId, Site, TallyQuery, Why, codec};
use rusqlite::{Connection, OptionalExtension, Row as Columns, params};

use super::error::from_sqlite;
use crate::limits::SORT_ROW_COUNT_MAX;
use crate::page::{Filling, bounds};

/// A page of rows.
pub(super) fn rows(connection: &Connection, query: &Query) -> Result<Page, LedgerError> {
    let mut filling = Filling::new(query);
    let Some(bounds) = bounds(query) else { return Ok(filling.finish()) };
    match ranges(&query.filter) {
        Some(ranges) if are_sortable(connection, &ranges)? => {
            by_keys(connection, query.order, bounds, &ranges, &mut filling)?;
        }
        _ => one_by_one(connection, query.order, bounds, &mut filling)?,
    }
    Ok(filling.finish())
}

/// Whether the rows under these keys come sorted by id, or are few enough to be sorted.
fn are_sortable(connection: &Connection, ranges: &[KeyRange]) -> Result<bool, LedgerError> {
    for range in ranges.iter().filter(|range| !range.is_one_key()) {
        let mut statement = connection
            .prepare_cached(
                "SELECT count(*) FROM (SELECT 1 FROM lookup WHERE kind = ?1 AND bytes BETWEEN ?2 AND ?3 LIMIT ?4)",
            )
            .map_err(from_sqlite)?;
        let limits = params![range.kind.code(), range.low, range.high, SORT_ROW_COUNT_MAX];
        let count: u32 = statement.query_row(limits, |row| row.get(0)).map_err(from_sqlite)?;
        if count >= SORT_ROW_COUNT_MAX {
            return Ok(false);
        }
    }
    Ok(true)
}

fn one_by_one(
    connection: &Connection,
    order: Order,
    (low, high): (RowId, RowId),
    filling: &mut Filling<'_>,
) -> Result<(), LedgerError> {
    let sql = match order {
        Order::OldestFirst => "SELECT id, row FROM message WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
        Order::NewestFirst => "SELECT id, row FROM message WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC",
    };
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query([low.number() as i64, high.number() as i64]).map_err(from_sqlite)?;
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let id = row_id(row)?;
        if filling.offer(id, codec::decode(blob(row, 1)?)).is_break() {
            break;
        }
    }
    Ok(())
}

fn by_keys(
    connection: &Connection,
    order: Order,
    (mut low, mut high): (RowId, RowId),
    ranges: &[KeyRange],
    filling: &mut Filling<'_>,
) -> Result<(), LedgerError> {
    loop {
        let (ids, horizon) = candidates(connection, order, (low, high), ranges)?;
        for id in ids {
            if offer(connection, id, filling)?.is_break() {
                return Ok(());
            }
        }
        let Some(horizon) = horizon else { return Ok(()) };
        let next = match order {
            Order::OldestFirst => horizon.number().checked_add(1),
            Order::NewestFirst => horizon.number().checked_sub(1),
        };
        let Some(next) = next.and_then(RowId::from_number) else { return Ok(()) };
        match order {
            Order::OldestFirst => low = next,
            Order::NewestFirst => high = next,
        }
        if low > high {
            return Ok(());
        }
    }
}

/// The first ids under some keys, in their order, each once; and the last of them, when there may be more.
fn candidates(
    connection: &Connection,
    order: Order,
    (low, high): (RowId, RowId),
    ranges: &[KeyRange],
) -> Result<(Vec<RowId>, Option<RowId>), LedgerError> {
    let direction = match order {
        Order::OldestFirst => "ASC",
        Order::NewestFirst => "DESC",
    };
    let comes_before = |a: RowId, b: RowId| match order {
        Order::OldestFirst => a < b,
        Order::NewestFirst => a > b,
    };
    let mut ids = Vec::new();
    let mut horizon: Option<RowId> = None;
    for range in ranges {
        // One key has its ids sorted; the planner sees that only when it is compared with `=`.
        let (distinct, condition) =
            if range.is_one_key() { ("", "bytes = ?2 AND ?3 = ?2") } else { ("DISTINCT", "bytes BETWEEN ?2 AND ?3") };
        let sql = format!(
            "SELECT {distinct} id FROM lookup WHERE kind = ?1 AND {condition} AND id BETWEEN ?4 AND ?5 \
             ORDER BY id {direction} LIMIT {CANDIDATE_COUNT}"
        );
        let mut statement = connection.prepare_cached(&sql).map_err(from_sqlite)?;
        let (low, high) = (low.number() as i64, high.number() as i64);
        let mut rows =
            statement.query(params![range.kind.code(), range.low, range.high, low, high]).map_err(from_sqlite)?;
        let before = ids.len();
        while let Some(row) = rows.next().map_err(from_sqlite)? {
            ids.push(row_id(row)?);
        }
        if let Some(last) = ids.last().filter(|_| ids.len() - before == CANDIDATE_COUNT) {
            horizon = Some(horizon.filter(|horizon| comes_before(*horizon, *last)).unwrap_or(*last));
        }
    }
    ids.retain(|id| horizon.is_none_or(|horizon| !comes_before(horizon, *id)));
    match order {
        Order::OldestFirst => ids.sort_unstable(),
        Order::NewestFirst => ids.sort_unstable_by(|a, b| b.cmp(a)),
    }
    ids.dedup();
    Ok((ids, horizon))
}

fn offer(connection: &Connection, id: RowId, filling: &mut Filling<'_>) -> Result<ControlFlow<()>, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT id, row FROM message WHERE id = ?1").map_err(from_sqlite)?;
    let mut rows = statement.query([id.number() as i64]).map_err(from_sqlite)?;
    match rows.next().map_err(from_sqlite)? {
        Some(row) => Ok(filling.offer(id, codec::decode(blob(row, 1)?))),
        // It went meanwhile, or was taken away without being readable.
        None => Ok(ControlFlow::Continue(())),
    }
}

/// One row with its evidence.
pub(super) fn entry(connection: &Connection, id: RowId) -> Result<Option<Entry>, LedgerError> {
    let sql = "SELECT m.row, w.steps FROM message m LEFT JOIN why w ON w.id = m.id WHERE m.id = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let found: Option<(Vec<u8>, Option<Vec<u8>>)> = statement
        .query_row([id.number() as i64], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .map_err(from_sqlite)?;
    let Some((row, why)) = found else { return Ok(None) };
    let unreadable = |error| LedgerError::Unreadable { id, error };
    let row = codec::decode(&row).map_err(unreadable)?;
    let why = why.map_or(Ok(Why::default()), |bytes| codec::decode_why(&bytes)).map_err(unreadable)?;
    Ok(Some(Entry { row, why }))
}

/// The highest id of a site.
pub(super) fn last_id(connection: &Connection, site: Site) -> Result<Option<RowId>, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT last FROM site WHERE site = ?1").map_err(from_sqlite)?;
    let mut rows = statement.query([site.number()]).map_err(from_sqlite)?;
    rows.next().map_err(from_sqlite)?.map(row_id).transpose()
}

/// Counts.
pub(super) fn tally(connection: &Connection, query: &TallyQuery) -> Result<Tally, LedgerError> {
    let sql = "SELECT hour, key, sum(count) FROM tally WHERE kind = ?1 AND hour >= ?2 AND hour < ?3 \
               AND (?4 IS NULL OR tenant = ?4) AND (?5 IS NULL OR site = ?5) AND (?6 IS NULL OR direction = ?6) \
               GROUP BY hour, key";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let (from, until) = query.hours();
    let (site, direction) = (query.site.map(Site::number), query.direction.map(|direction| direction.code()));
    let conditions = params![query.kind.code(), from, until, query.tenant.as_deref(), site, direction];
    let mut rows = statement.query(conditions).map_err(from_sqlite)?;
    let mut damage = None;
    let cells = std::iter::from_fn(|| match count(&mut rows, query) {
        Ok(cell) => cell,
        Err(error) => {
            damage = Some(error);
            None
        }
    });
    let tally = answer(query, cells);
    damage.map_or(Ok(tally), Err)
}

fn count(rows: &mut rusqlite::Rows<'_>, query: &TallyQuery) -> Result<Option<(u32, Measure, u64)>, LedgerError> {
    let Some(row) = rows.next().map_err(from_sqlite)? else { return Ok(None) };
    let hour: u32 = row.get(0).map_err(from_sqlite)?;
    let measure = Measure::from_key(query.kind, blob(row, 1)?);
    let measure = measure.ok_or_else(|| LedgerError::Corrupt { what: format!("a count of hour {hour}") })?;
    let count: i64 = row.get(2).map_err(from_sqlite)?;
    Ok(Some((hour, measure, u64::try_from(count).unwrap_or(0))))
}

/// The first column as an id.
pub(super) fn row_id(row: &Columns<'_>) -> Result<RowId, LedgerError> {
    let number: i64 = row.get(0).map_err(from_sqlite)?;
    let id = u64::try_from(number).ok().and_then(RowId::from_number);
    id.ok_or_else(|| LedgerError::Corrupt { what: format!("an id of {number}") })
}

/// A column as bytes.
pub(super) fn blob<'a>(row: &'a Columns<'_>, column: usize) -> Result<&'a [u8], LedgerError> {
    let value = row.get_ref(column).map_err(from_sqlite)?;
    value.as_blob().map_err(|error| LedgerError::Corrupt { what: error.to_string() })
}

/// How many ids are looked for at a time.
const CANDIDATE_COUNT: usize = 512;
