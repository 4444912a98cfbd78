//! Questions to the file.

use std::ops::ControlFlow;

use mailtext::Domain;
use report::index::{KeyKind, KeyRange, domain_range, ranges};
use report::ledger::{Entry, LedgerError};
use report::limits::EXAMINED_COUNT_MAX;
use report::query::{Order, Reach};
use report::tally::{Counting, HOUR_MS, Measure, MeasureKind, Tally, cells};
use report::vocabulary::Direction;
use report::{Page, Query, RowId, Site, TallyQuery, Why, codec};
use rusqlite::{Connection, OptionalExtension, Row as Columns, params};

use super::error::from_sqlite;
use super::{evidence, fold, since};
use crate::limits::OWN_SEEK_COUNT_MAX;
use crate::page::{Filling, bounds};

/// A page of rows.
pub(super) fn rows(connection: &Connection, query: &Query) -> Result<Page, LedgerError> {
    let mut filling = Filling::new(query);
    let Some(bounds) = bounds(query) else { return Ok(filling.finish()) };
    match ranges(&query.filter) {
        Some(ranges) => by_keys(connection, query.order, bounds, &ranges, &mut filling)?,
        None => one_by_one(connection, query.order, bounds, &mut filling)?,
    }
    Ok(filling.finish())
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

/// Day by day, those whose keys may be meant. What is sorted in memory is a day's at most.
fn by_keys(
    connection: &Connection,
    order: Order,
    (low, high): (RowId, RowId),
    ranges: &[KeyRange],
    filling: &mut Filling<'_>,
) -> Result<(), LedgerError> {
    let Some((first, last)) = ends(connection)? else { return Ok(()) };
    let (low, high) = (low.max(first), high.min(last));
    let days = day_of(low)..day_of(high) + 1;
    let mut of_day = |day: u32| {
        let (first, last) = (RowId::first_at(u64::from(day) * DAY_MS), RowId::first_at(u64::from(day + 1) * DAY_MS));
        by_keys_of_day(connection, order, (low.max(first), high.min(last)), (day, ranges), filling)
    };
    match order {
        Order::OldestFirst => each(days, &mut of_day),
        Order::NewestFirst => each(days.rev(), &mut of_day),
    }
}

fn each(
    mut days: impl Iterator<Item = u32>,
    of_day: &mut dyn FnMut(u32) -> Result<ControlFlow<()>, LedgerError>,
) -> Result<(), LedgerError> {
    let end = days.try_for_each(|day| match of_day(day) {
        Ok(ControlFlow::Continue(())) => ControlFlow::Continue(()),
        Ok(ControlFlow::Break(())) => ControlFlow::Break(Ok(())),
        Err(error) => ControlFlow::Break(Err(error)),
    });
    end.break_value().unwrap_or(Ok(()))
}

fn by_keys_of_day(
    connection: &Connection,
    order: Order,
    (mut low, mut high): (RowId, RowId),
    keys: (u32, &[KeyRange]),
    filling: &mut Filling<'_>,
) -> Result<ControlFlow<()>, LedgerError> {
    while low <= high {
        let (ids, horizon) = candidates(connection, order, (low, high), keys)?;
        for id in ids {
            if offer(connection, id, filling)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        let Some(horizon) = horizon else { break };
        let next = match order {
            Order::OldestFirst => horizon.number().checked_add(1),
            Order::NewestFirst => horizon.number().checked_sub(1),
        };
        let Some(next) = next.and_then(RowId::from_number) else { break };
        match order {
            Order::OldestFirst => low = next,
            Order::NewestFirst => high = next,
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The first ids of a day under some keys, in their order, each once; and the last of them, when there may be more.
fn candidates(
    connection: &Connection,
    order: Order,
    (low, high): (RowId, RowId),
    (day, ranges): (u32, &[KeyRange]),
) -> Result<(Vec<RowId>, Option<RowId>), LedgerError> {
    let direction = match order {
        Order::OldestFirst => "ASC",
        Order::NewestFirst => "DESC",
    };
    let comes_before = |a: RowId, b: RowId| match order {
        Order::OldestFirst => a < b,
        Order::NewestFirst => a > b,
    };
    let mut found = Found { ids: Vec::new(), horizon: None };
    let (lowest, highest) = (low.number() as i64, high.number() as i64);
    for range in ranges {
        // One key has its ids sorted, and may be left any time; several are sorted here, so let that be worth it.
        let (distinct, condition, limit) = match range.is_one_key() {
            true => ("", "bytes = ?3 AND ?4 = ?3", ONE_KEY_COUNT),
            false => ("DISTINCT", "bytes BETWEEN ?3 AND ?4", EXAMINED_COUNT_MAX),
        };
        let sql = format!(
            "SELECT {distinct} id FROM lookup WHERE kind = ?1 AND day = ?2 AND {condition} AND id BETWEEN ?5 AND ?6 \
             ORDER BY id {direction} LIMIT {limit}"
        );
        let conditions = params![range.kind.code(), day, range.low, range.high, lowest, highest];
        found.add(connection, &sql, conditions, limit, comes_before)?;
    }
    // What has no keys yet may be meant, too.
    let sql = format!("SELECT id FROM fresh WHERE id BETWEEN ?1 AND ?2 ORDER BY id {direction} LIMIT {ONE_KEY_COUNT}");
    found.add(connection, &sql, params![lowest, highest], ONE_KEY_COUNT, comes_before)?;
    let Found { mut ids, horizon } = found;
    ids.retain(|id| horizon.is_none_or(|horizon| !comes_before(horizon, *id)));
    match order {
        Order::OldestFirst => ids.sort_unstable(),
        Order::NewestFirst => ids.sort_unstable_by(|a, b| b.cmp(a)),
    }
    ids.dedup();
    Ok((ids, horizon))
}

/// Ids that may be meant.
struct Found {
    ids: Vec<RowId>,
    /// Up to where they are all there; `None` when they are to the end.
    horizon: Option<RowId>,
}

impl Found {
    /// Adds what a statement gives, which looks for no more than `limit`.
    fn add(
        &mut self,
        connection: &Connection,
        sql: &str,
        conditions: impl rusqlite::Params,
        limit: usize,
        comes_before: impl Fn(RowId, RowId) -> bool,
    ) -> Result<(), LedgerError> {
        let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
        let mut rows = statement.query(conditions).map_err(from_sqlite)?;
        let before = self.ids.len();
        while let Some(row) = rows.next().map_err(from_sqlite)? {
            self.ids.push(row_id(row)?);
        }
        if let Some(last) = self.ids.last().filter(|_| self.ids.len() - before == limit) {
            self.horizon = Some(self.horizon.filter(|horizon| comes_before(*horizon, *last)).unwrap_or(*last));
        }
        Ok(())
    }
}

/// The lowest and the highest id; `None` when there are no rows.
fn ends(connection: &Connection) -> Result<Option<(RowId, RowId)>, LedgerError> {
    // Each on its own is a step into the tree; asked for together they are a walk through it.
    let end = |sql: &str| -> Result<Option<RowId>, LedgerError> {
        let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
        let mut rows = statement.query([]).map_err(from_sqlite)?;
        rows.next().map_err(from_sqlite)?.map(row_id).transpose()
    };
    let first = end("SELECT id FROM message ORDER BY id LIMIT 1")?;
    let last = end("SELECT id FROM message ORDER BY id DESC LIMIT 1")?;
    Ok(first.zip(last))
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
    let why = why.map_or(Ok(Why::default()), |bytes| evidence::unpack(&bytes)).map_err(unreadable)?;
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
    // One state of the file for both: a row that is folded in between would be counted twice, or not at all.
    let state = connection.unchecked_transaction().map_err(from_sqlite)?;
    let mut counting = Counting::new(query);
    fold::each_fresh(&state, usize::MAX, |_, row| {
        let Some(row) = row else { return };
        cells(&row, |cell, count| {
            if query.admits(&cell) {
                counting.add(cell.hour, cell.measure, count);
            }
        });
    })?;
    add_folded(&state, query, &mut counting)?;
    let whole_from_ms = since::hour(&state, query.stored_kind())?.map_or(0, |hour| u64::from(hour) * HOUR_MS);
    Ok(Tally { whole_from_ms, ..counting.finish() })
}

/// Counts what the table has.
fn add_folded(connection: &Connection, query: &TallyQuery, counting: &mut Counting<'_>) -> Result<(), LedgerError> {
    let (from, until) = query.hours();
    let wanted = query.domains.as_deref().filter(|_| query.stored_kind() == MeasureKind::Own);
    let ranges = wanted.map(own_ranges);
    match ranges {
        // The key begins with the hour: each has its ranges of names.
        Some(ranges) if u64::from(until.saturating_sub(from)) * ranges.len() as u64 <= OWN_SEEK_COUNT_MAX => {
            let sql = counts("hour = ?2 AND ?3 = ?2", "key >= ?4 AND key < ?5");
            let mut statement = connection.prepare_cached(&sql).map_err(from_sqlite)?;
            for hour in from..until {
                for range in &ranges {
                    add_found(&mut statement, query, (hour, hour), range, counting)?;
                }
            }
        }
        _ => {
            let sql = counts("hour >= ?2 AND hour < ?3", "?4 = ?5");
            let mut statement = connection.prepare_cached(&sql).map_err(from_sqlite)?;
            add_found(&mut statement, query, (from, until), &(Vec::new(), Vec::new()), counting)?;
        }
    }
    Ok(())
}

fn counts(hours: &str, keys: &str) -> String {
    format!(
        "SELECT hour, key, sum(count) FROM tally WHERE kind = ?1 AND {hours} AND {keys} \
         AND (?6 IS NULL OR tenant = ?6) AND (?7 IS NULL OR site = ?7) AND (?8 IS NULL OR direction = ?8) \
         GROUP BY hour, key"
    )
}

fn add_found(
    statement: &mut rusqlite::Statement<'_>,
    query: &TallyQuery,
    (from, until): (u32, u32),
    (low, high): &(Vec<u8>, Vec<u8>),
    counting: &mut Counting<'_>,
) -> Result<(), LedgerError> {
    let kind = query.stored_kind();
    let (site, direction) = (query.site.map(Site::number), query.direction.map(Direction::code));
    let conditions = params![kind.code(), from, until, low, high, query.tenant.as_deref(), site, direction];
    let mut rows = statement.query(conditions).map_err(from_sqlite)?;
    while let Some((hour, measure, count)) = count(&mut rows, kind)? {
        if query.admits_domain(&measure) {
            counting.add(hour, measure, count);
        }
    }
    Ok(())
}

/// The keys of the counts of some domains and of all below them, each key in one range.
fn own_ranges(domains: &[Domain]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut ranges: Vec<(Vec<u8>, Vec<u8>)> = domains
        .iter()
        .map(|domain| domain_range(KeyKind::Recipient, domain, Reach::Below))
        .map(|range| (range.low, range.high))
        .collect();
    // What lies below another comes right after it.
    ranges.sort_unstable();
    ranges.dedup_by(|range, before| range.0.starts_with(&before.0));
    ranges
}

fn count(rows: &mut rusqlite::Rows<'_>, kind: MeasureKind) -> Result<Option<(u32, Measure, u64)>, LedgerError> {
    let Some(row) = rows.next().map_err(from_sqlite)? else { return Ok(None) };
    let hour: u32 = row.get(0).map_err(from_sqlite)?;
    let measure = Measure::from_key(kind, blob(row, 1)?);
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

/// The UTC day of an id, in days since 1970.
pub(super) fn day_of(id: RowId) -> u32 {
    // 42 bits of milliseconds are some 50,000 days.
    (id.time_ms() / DAY_MS) as u32
}

const DAY_MS: u64 = 86_400_000;
/// How many ids under one key are looked for at a time.
const ONE_KEY_COUNT: usize = 512;
