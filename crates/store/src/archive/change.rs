//! Changes of the file beside taking reports in: taking away, judging anew, making counts anew, and what is kept beside.

use std::collections::BTreeMap;

use feedback::archive::{ArchiveError, Host, Judge, Mark, Place as SourcePlace, Removal, Removed, Sighting, Standing};
use feedback::limits::REMOVE_COUNT_MAX;
use mailtext::Domain;
use report::query::Reach;
use rusqlite::{Connection, params};

use super::Settings;
use super::answer;
use super::audits;
use super::cells::{Cells, cells_of_view};
use super::codec::{Coded, View, address_bytes, class_at, decode_circumstances, encode_classes};
use super::desk::{Desk, Place, insert, take};
use super::error::{damaged, from_sqlite};
use super::head::Side;
use super::memory::removed;
use super::names::{Meant, domains_meant};
use super::notice::forget_domain;
use super::read::{COUNTED, blob, sender_columns, side_of};
use crate::limits::ARCHIVE_REBUILD_REPORT_COUNT;

/// The condition that a report's period ended before a time; of one without a period, that it came before it.
pub(super) const ENDED_BEFORE: &str =
    "CASE WHEN d.begin_s = 0 AND d.end_s = 0 THEN d.received_ms / 1000 ELSE d.end_s END < ?1";

/// Takes something away, a bounded piece of it.
pub(super) fn remove(connection: &Connection, desk: &mut Desk, what: &Removal) -> Result<Removed, ArchiveError> {
    match what {
        Removal::Domain { domain, reach, tenant } => {
            remove_domain(connection, desk, &(domain.clone(), *reach), tenant.as_deref())
        }
        Removal::Reports { before_s, domain } => {
            let before_s = i64::try_from(*before_s).unwrap_or(i64::MAX);
            let wanted = domain.clone().map(|domain| (domain, Reach::Name));
            let meant = domains_meant(connection, None, wanted.as_ref())?;
            take_all(connection, desk, &format!("{ENDED_BEFORE} {}", about(&meant)), before_s)
        }
        Removal::Raw { before_s } => {
            let before_s = i64::try_from(*before_s).unwrap_or(i64::MAX);
            let sql = "SELECT d.id FROM document d WHERE d.raw_bytes > 0 AND d.received_ms / 1000 < ?1 ORDER BY d.id LIMIT ?2";
            let ids = ids(connection, sql, before_s)?;
            for id in &ids {
                insert(connection, "DELETE FROM raw WHERE document = ?1", [id])?;
                insert(connection, "UPDATE document SET raw_bytes = 0 WHERE id = ?1", [id])?;
            }
            Ok(removed(ids.len()))
        }
        Removal::One(id) => {
            let was_there = take(connection, desk, i64::try_from(id.0).unwrap_or(-1))?;
            Ok(removed(usize::from(was_there)))
        }
    }
}

fn remove_domain(
    connection: &Connection,
    desk: &mut Desk,
    wanted: &(Domain, Reach),
    tenant: Option<&str>,
) -> Result<Removed, ArchiveError> {
    let meant = domains_meant(connection, tenant, Some(wanted))?;
    let removed = take_all(connection, desk, &format!("?1 = 0 {}", about(&meant)), 0)?;
    if !removed.is_done {
        return Ok(removed);
    }
    desk.write_counts(connection)?;
    if let Meant::These(numbers) = meant {
        for number in numbers {
            insert(connection, "DELETE FROM tally WHERE domain = ?1", [number])?;
            insert(connection, "DELETE FROM domain WHERE id = ?1", [number])?;
        }
    }
    // Their numbers may be given to other names.
    desk.forget_names();
    forget_domain(connection, wanted, tenant)?;
    audits::forget_domain(connection, wanted, tenant)?;
    let mut statement = connection.prepare("SELECT DISTINCT tenant, domain FROM mark").map_err(from_sqlite)?;
    let mut rows = statement.query([]).map_err(from_sqlite)?;
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let (its, domain): (Box<str>, Box<str>) = (row.get(0).map_err(from_sqlite)?, row.get(1).map_err(from_sqlite)?);
        if tenant.is_none_or(|tenant| *tenant == *its) && answer::covers(wanted, &domain) {
            insert(connection, "DELETE FROM mark WHERE tenant = ?1 AND domain = ?2", [its, domain])?;
        }
    }
    Ok(removed)
}

/// A condition, after others, that a report is about one of some domains.
pub(super) fn about(domains: &Meant) -> String {
    let Meant::These(numbers) = domains else { return String::new() };
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let list = numbers.join(",");
    format!(
        "AND d.id IN (SELECT id FROM document WHERE status < 2 AND domain IN ({list}) \
             UNION SELECT document FROM also WHERE domain IN ({list}))"
    )
}

pub(super) fn take_all(
    connection: &Connection,
    desk: &mut Desk,
    condition: &str,
    value: i64,
) -> Result<Removed, ArchiveError> {
    let sql = format!("SELECT d.id FROM document d WHERE {condition} ORDER BY d.id LIMIT ?2");
    let ids = ids(connection, &sql, value)?;
    for id in &ids {
        take(connection, desk, *id)?;
    }
    Ok(removed(ids.len()))
}

fn ids(connection: &Connection, sql: &str, value: i64) -> Result<Vec<i64>, ArchiveError> {
    let mut statement = connection.prepare(sql).map_err(from_sqlite)?;
    let ids = statement.query_map(params![value, REMOVE_COUNT_MAX as i64], |row| row.get(0)).map_err(from_sqlite)?;
    ids.collect::<Result<Vec<i64>, rusqlite::Error>>().map_err(from_sqlite)
}

/// Forgets the oldest refused reports when there are too many.
pub(super) fn forget_refused(
    connection: &Connection,
    desk: &mut Desk,
    settings: &Settings,
) -> Result<(), ArchiveError> {
    let sql = "SELECT count(*), coalesce(sum(raw_bytes), 0) FROM document WHERE status = 2";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let sums = statement.query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
    let (mut count, mut bytes) = sums.map_err(from_sqlite)?;
    let count_max = i64::try_from(settings.refused_count_max).unwrap_or(i64::MAX);
    let bytes_max = i64::try_from(settings.refused_bytes_max).unwrap_or(i64::MAX);
    let sql = "SELECT id, raw_bytes FROM document WHERE status = 2 ORDER BY id LIMIT 1";
    while count > count_max || bytes > bytes_max {
        let mut oldest = connection.prepare_cached(sql).map_err(from_sqlite)?;
        let (id, its): (i64, i64) = oldest.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(from_sqlite)?;
        take(connection, desk, id)?;
        (count, bytes) = (count - 1, bytes - its);
    }
    Ok(())
}

/// Judges everything of a domain anew; how many records are of another class now.
pub(super) fn judge_anew(
    connection: &Connection,
    desk: &mut Desk,
    (tenant, domain): (&str, &Domain),
    judge: &Judge,
) -> Result<u64, ArchiveError> {
    let wanted = (domain.clone(), Reach::Name);
    let Meant::These(numbers) = domains_meant(connection, Some(tenant), Some(&wanted))? else { return Ok(0) };
    let sql = format!("SELECT d.id FROM document d WHERE {COUNTED} AND d.domain = ?1");
    let mut changed = 0;
    for number in numbers {
        let mut statement = connection.prepare(&sql).map_err(from_sqlite)?;
        let ids = statement.query_map([number], |row| row.get(0)).map_err(from_sqlite)?;
        for id in ids.collect::<Result<Vec<i64>, rusqlite::Error>>().map_err(from_sqlite)? {
            changed += judge_report(connection, desk, id, judge)?;
        }
    }
    Ok(changed)
}

fn judge_report(connection: &Connection, desk: &mut Desk, id: i64, judge: &Judge) -> Result<u64, ArchiveError> {
    let sql = "SELECT b.bytes, b.classes, d.domain, d.day, d.reporter, d.trust FROM document d \
               JOIN body b ON b.document = d.id WHERE d.id = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query([id]).map_err(from_sqlite)?;
    let Some(row) = rows.next().map_err(from_sqlite)? else { return Ok(0) };
    let view = View::new(blob(row, 0)?).map_err(damaged(id))?;
    let before = blob(row, 1)?;
    let policy = view.policy().map_err(damaged(id))?;
    let circumstances = view.circumstances.iter().map(|bytes| decode_circumstances(bytes));
    let circumstances = circumstances.collect::<Result<Vec<_>, _>>().map_err(damaged(id))?;
    let (mut classes, mut changed) = (Vec::new(), 0);
    for (at, record) in view.records().enumerate() {
        let record = record.map_err(damaged(id))?;
        let Some(circumstances) = circumstances.get(record.circumstances as usize) else { continue };
        let class = judge(&Sighting { source: record.source, count: record.count, circumstances, policy: &policy });
        changed += u64::from(class != class_at(before, at));
        classes.push(class);
    }
    if changed == 0 {
        return Ok(0);
    }
    let classes = encode_classes(&classes);
    let column = |at: usize| row.get::<_, i64>(at).map_err(from_sqlite);
    let place = (column(2)?, row.get(3).map_err(from_sqlite)?, column(4)?, side_of(row, 5)?);
    let change = desk.change(place);
    change.take(&cells_of_view(&view, before).map_err(damaged(id))?);
    change.add(&cells_of_view(&view, &classes).map_err(damaged(id))?);
    drop(rows);
    insert(connection, "UPDATE body SET classes = ?2 WHERE document = ?1", params![id, classes])?;
    Ok(changed)
}

/// Makes the counts anew from the reports; how many were different.
pub(super) fn rebuild(connection: &Connection, desk: &mut Desk) -> Result<u64, ArchiveError> {
    desk.write_counts(connection)?;
    let count: i64 =
        connection.query_row("SELECT count(*) FROM document", [], |row| row.get(0)).map_err(from_sqlite)?;
    // The reports are gone through as they lie in the file, as often as the memory for their counts demands.
    let part_count = count / ARCHIVE_REBUILD_REPORT_COUNT + 1;
    let mut differing = 0;
    for part in 0..part_count {
        differing += rebuild_part(connection, part, part_count)?;
    }
    Ok(differing)
}

/// Makes the counts of some of the domains anew.
pub(super) fn rebuild_part(connection: &Connection, part: i64, part_count: i64) -> Result<u64, ArchiveError> {
    let (anew, wrong) = counts_anew(connection, part, part_count)?;
    let mut old: BTreeMap<Place, Cells> = BTreeMap::new();
    let mut statement = connection
        .prepare("SELECT domain, day, reporter, side, cells FROM tally WHERE domain % ?2 = ?1")
        .map_err(from_sqlite)?;
    let mut rows = statement.query([part, part_count]).map_err(from_sqlite)?;
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let side = row.get(3).ok().and_then(Side::from_code).unwrap_or(Side::Apart);
        let number = |column: usize| row.get::<_, i64>(column).map_err(from_sqlite);
        let place = (number(0)?, row.get(1).map_err(from_sqlite)?, number(2)?, side);
        // What cannot be read is different from whatever it should be.
        old.insert(place, Cells::decode(blob(row, 4)?).unwrap_or_default());
    }
    drop(rows);
    let none = Cells::default();
    let changed = anew.iter().map(|(place, cells)| cells.difference(old.get(place).unwrap_or(&none))).sum::<u64>();
    let gone = old.iter().filter(|(place, _)| !anew.contains_key(place));
    let differing = wrong + changed + gone.map(|(_, cells)| cells.difference(&none).max(1)).sum::<u64>();
    if differing > 0 {
        insert(connection, "DELETE FROM tally WHERE domain % ?2 = ?1", [part, part_count])?;
        let sql = "INSERT INTO tally (domain, day, reporter, side, cells) VALUES (?, ?, ?, ?, ?)";
        for ((domain, day, reporter, side), cells) in anew {
            insert(connection, sql, params![domain, day, reporter, side.code(), cells.encode()])?;
        }
    }
    Ok(differing)
}

/// The counts of some of the domains as their reports have them, and how many reports' own sums were different.
fn counts_anew(
    connection: &Connection,
    part: i64,
    part_count: i64,
) -> Result<(BTreeMap<Place, Cells>, u64), ArchiveError> {
    let sql = format!(
        "SELECT d.id, d.day, d.reporter, d.trust, d.record_count, d.message_count, b.bytes, b.classes, d.domain \
         FROM document d NOT INDEXED LEFT JOIN body b ON b.document = d.id WHERE {COUNTED} AND d.domain % ?2 = ?1"
    );
    let mut statement = connection.prepare(&sql).map_err(from_sqlite)?;
    let mut rows = statement.query([part, part_count]).map_err(from_sqlite)?;
    let mut anew: BTreeMap<Place, Cells> = BTreeMap::new();
    let mut wrong = Vec::new();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let get = |column: usize| row.get::<_, i64>(column).map_err(from_sqlite);
        let id = get(0)?;
        let view = View::new(blob(row, 6)?).map_err(damaged(id))?;
        let cells = cells_of_view(&view, blob(row, 7)?).map_err(damaged(id))?;
        let sums = cells.iter().fold((0, 0), |sums, (_, sum)| (sums.0 + sum.records, sums.1 + sum.messages));
        if sums != (get(4)?, get(5)?) {
            wrong.push((id, sums));
        }
        if !cells.is_empty() {
            let place = (get(8)?, row.get(1).map_err(from_sqlite)?, get(2)?, side_of(row, 3)?);
            anew.entry(place).or_default().add(&cells);
        }
    }
    drop(rows);
    for (id, (records, messages)) in &wrong {
        let sql = "UPDATE document SET record_count = ?2, message_count = ?3 WHERE id = ?1";
        insert(connection, sql, [id, records, messages])?;
    }
    Ok((anew, wrong.len() as u64))
}

/// Keeps what an owner says of a source, or forgets it.
pub(super) fn set_mark(connection: &Connection, mark: &Mark, standing: Option<Standing>) -> Result<(), ArchiveError> {
    let (kind, sender) = sender_columns(&mark.sender);
    let domain = mark.domain.as_str();
    match standing {
        Some(standing) => {
            let sql = "INSERT OR REPLACE INTO mark (tenant, domain, kind, sender, standing, note, at_s) \
                       VALUES (?, ?, ?, ?, ?, ?, ?)";
            let at_s = i64::try_from(mark.at_s).unwrap_or(i64::MAX);
            insert(connection, sql, params![mark.tenant, domain, kind, sender, standing.code(), mark.note, at_s])
        }
        None => {
            let sql = "DELETE FROM mark WHERE tenant = ?1 AND domain = ?2 AND kind = ?3 AND sender = ?4";
            insert(connection, sql, params![mark.tenant, domain, kind, sender])
        }
    }
}

/// Keeps what was found of addresses.
pub(super) fn keep_hosts(connection: &Connection, hosts: &[Host]) -> Result<(), ArchiveError> {
    let sql = "INSERT OR REPLACE INTO host (address, name, asn, as_name, country, at_s) VALUES (?, ?, ?, ?, ?, ?)";
    for Host { address, name, asn, as_name, country, at_s } in hosts {
        let at_s = i64::try_from(*at_s).unwrap_or(i64::MAX);
        insert(connection, sql, params![address_bytes(*address), name, asn, as_name, country, at_s])?;
    }
    Ok(())
}

/// A source was read up to a place.
pub(super) fn keep_place(connection: &Connection, place: &SourcePlace) -> Result<(), ArchiveError> {
    let sql = "INSERT OR REPLACE INTO place (source, position) VALUES (?1, ?2)";
    insert(connection, sql, [&place.source, &place.position])
}
