//! Questions to the file for everything at a glance.

use std::collections::HashSet;

use feedback::archive::{ArchiveError, Content, CountQuery, Kind};
use feedback::summary::{AggregateSum, Spread, Summary};
use rusqlite::{Connection, Row, params_from_iter};

use super::answer;
use super::cells::{Cell, each_stored};
use super::codec::{Coded, Damage, decode};
use super::error::{damaged, from_sqlite};
use super::head::Side;
use super::names::{Meant, domains, reporters, reporters_meant};
use super::read::{Conditions, blob};
use super::sums::{Ranks, each_tally};
use crate::limits::ARCHIVE_DOMAIN_COUNT_MAX;

/// What reports of all kinds count.
pub(super) fn summary(connection: &Connection, query: &CountQuery, spread: Spread) -> Result<Summary, ArchiveError> {
    let mut summary = Summary::new(spread);
    let mut messages = Messages::new(connection, query, &mut summary)?;
    each_tally(connection, query, ARCHIVE_DOMAIN_COUNT_MAX, |row| messages.add(row))?;
    messages.end_place()?;
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

/// Messages while they are summed. The rows of one domain and one day are neighbours in the table.
struct Messages<'a> {
    query: &'a CountQuery,
    summary: &'a mut Summary,
    domains: Ranks,
    organizations: Ranks,
    wanted: Meant,
    place: (i64, u32),
    sum: AggregateSum,
    /// Who reports at this place.
    reporters: Vec<u32>,
    /// Domains and who reports about them, as far as that is known already.
    met: HashSet<(u32, u32), foldhash::fast::RandomState>,
}

impl<'a> Messages<'a> {
    fn new(connection: &Connection, query: &'a CountQuery, summary: &'a mut Summary) -> Result<Self, ArchiveError> {
        let names = reporters(connection)?.into_iter().map(|(number, (organization, _))| (number, organization));
        Ok(Self {
            query,
            summary,
            domains: Ranks::of_domains(domains(connection)?),
            organizations: Ranks::new(names),
            wanted: reporters_meant(connection, query.reporter.as_deref())?,
            place: (0, 0),
            sum: AggregateSum::default(),
            reporters: Vec::new(),
            met: HashSet::default(),
        })
    }

    fn add(&mut self, row: &Row<'_>) -> Result<(), ArchiveError> {
        let get = |column: usize| row.get::<_, i64>(column).map_err(from_sqlite);
        let (domain, reporter) = (get(0)?, get(2)?);
        let day: u32 = row.get(1).map_err(from_sqlite)?;
        let side = u8::try_from(get(3)?).ok().and_then(Side::from_code).unwrap_or(Side::Apart);
        if !self.wanted.has(reporter) || !answer::admits_side(self.query, side) {
            return Ok(());
        }
        if self.place != (domain, day) {
            self.end_place()?;
            self.place = (domain, day);
        }
        let before = self.sum.message_count;
        let sum = &mut self.sum;
        let read = each_stored(blob(row, 4)?, |code, its| {
            if let Some(Cell { class, disposition, dkim_aligned, spf_aligned }) = Cell::from_code(code) {
                sum.add(class, disposition, dkim_aligned, spf_aligned, u64::try_from(its.messages).unwrap_or(0));
            }
        });
        read.map_err(|Damage| ArchiveError::Corrupt { what: format!("counts of day {day}") })?;
        if self.sum.message_count > before {
            self.reporters.push(self.organizations.rank(reporter)?);
        }
        Ok(())
    }

    fn end_place(&mut self) -> Result<(), ArchiveError> {
        let sum = std::mem::take(&mut self.sum);
        let reporters = std::mem::take(&mut self.reporters);
        if sum.message_count == 0 {
            return Ok(());
        }
        let (domain, day) = self.place;
        let rank = self.domains.rank(domain)?;
        let name = self.domains.name(rank);
        self.summary.add_aggregate(name, day, &sum);
        for reporter in reporters {
            if self.met.insert((rank, reporter)) {
                self.summary.add_reporter(Kind::Aggregate, name, self.organizations.name(reporter));
            }
        }
        // A store of whatever size is not folded into more than is told.
        if self.summary.is_too_long() { answer::whole(std::mem::take(self.summary)).map(drop) } else { Ok(()) }
    }
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
