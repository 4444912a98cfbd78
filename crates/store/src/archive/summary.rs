//! Questions to the file for everything at a glance.

use std::collections::HashSet;

use feedback::archive::{ArchiveError, Content, CountQuery, Kind};
use feedback::summary::{Spread, Summary};
use rusqlite::{Connection, params_from_iter};

use super::answer;
use super::codec::decode;
use super::error::{damaged, from_sqlite};
use super::places::each_place;
use super::read::{Conditions, blob};

/// What reports of all kinds count.
pub(super) fn summary(connection: &Connection, query: &CountQuery, spread: Spread) -> Result<Summary, ArchiveError> {
    let mut summary = Summary::new(spread);
    // Domains and who reports about them, as far as that is known already.
    let mut met: HashSet<(u32, u32), foldhash::fast::RandomState> = HashSet::default();
    each_place(connection, query, |place| {
        summary.add_aggregate(place.name, place.day, &place.sum);
        for reporter in place.reporters {
            if met.insert((place.rank, *reporter)) {
                summary.add_reporter(Kind::Aggregate, place.name, place.organization(*reporter));
            }
        }
        // A store of whatever size is not folded into more than is told.
        if summary.is_too_long() { answer::whole(std::mem::take(&mut summary)).map(drop) } else { Ok(()) }
    })?;
    each_of_kind(connection, query, Kind::Tls, |_, day, _, content| {
        if let Content::Tls(tls) = content {
            answer::add_tls(&mut summary, tls, day, query);
        }
    })?;
    each_of_kind(connection, query, Kind::Failure, |domain, day, organization, content| {
        if let Content::Failure(failure) = content {
            summary.add_failure(domain, day, &failure);
            summary.add_reporter(Kind::Failure, domain, organization);
        }
    })?;
    answer::whole(summary)
}

/// Goes through the reports of another kind that are meant: domain, day, organisation, what they say.
fn each_of_kind(
    connection: &Connection,
    query: &CountQuery,
    kind: Kind,
    mut with: impl FnMut(&str, u32, &str, Content),
) -> Result<(), ArchiveError> {
    let conditions = Conditions::of_kind(connection, query, kind)?;
    let sql = format!(
        "SELECT d.id, coalesce((SELECT name FROM domain WHERE id = d.domain), ''), d.day, \
         coalesce((SELECT organization FROM reporter WHERE id = d.reporter), ''), b.bytes \
         FROM document d JOIN body b ON b.document = d.id {}",
        conditions.sql()
    );
    let mut statement = connection.prepare_cached(&sql).map_err(from_sqlite)?;
    let mut rows = statement.query(params_from_iter(&conditions.values)).map_err(from_sqlite)?;
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let id: i64 = row.get(0).map_err(from_sqlite)?;
        let (domain, organization): (Box<str>, Box<str>) =
            (row.get(1).map_err(from_sqlite)?, row.get(3).map_err(from_sqlite)?);
        let content = decode(kind, blob(row, 4)?).map_err(damaged(id))?;
        with(&domain, row.get(2).map_err(from_sqlite)?, &organization, content);
    }
    Ok(())
}
