//! Counts of the small table, put together by domain and day: what lies there by reporter and side.

use feedback::archive::{ArchiveError, CountQuery};
use feedback::summary::AggregateSum;
use rusqlite::{Connection, Row};

use super::answer;
use super::cells::{Cell, each_stored};
use super::codec::{Coded, Damage};
use super::error::from_sqlite;
use super::head::Side;
use super::names::{Meant, domains, reporters, reporters_meant};
use super::read::blob;
use super::sums::{Ranks, each_tally};
use crate::limits::ARCHIVE_DOMAIN_COUNT_MAX;

/// The messages of a domain on a day.
pub(super) struct Place<'a> {
    /// The domain's place in the order of names: two of the same name have the same.
    pub(super) rank: u32,
    pub(super) name: &'a str,
    pub(super) day: u32,
    pub(super) sum: AggregateSum,
    /// Who reports them, each by its place in the order of names, some of them twice.
    pub(super) reporters: &'a [u32],
    organizations: &'a Ranks,
}

impl Place<'_> {
    /// The organisation of one that reports.
    pub(super) fn organization(&self, reporter: u32) -> &str {
        self.organizations.name(reporter)
    }
}

/// Goes through the messages that are meant, by domain and day; a place may come again, for another owner. One without
/// messages is none.
pub(super) fn each_place(
    connection: &Connection,
    query: &CountQuery,
    with: impl FnMut(Place<'_>) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let names = reporters(connection)?.into_iter().map(|(number, (organization, _))| (number, organization));
    let mut gathering = Gathering {
        query,
        domains: Ranks::of_domains(domains(connection)?),
        organizations: Ranks::new(names),
        wanted: reporters_meant(connection, query.reporter.as_deref())?,
        place: (0, 0),
        sum: AggregateSum::default(),
        reporters: Vec::new(),
        with,
    };
    each_tally(connection, query, ARCHIVE_DOMAIN_COUNT_MAX, |row| gathering.add(row))?;
    gathering.end_place()
}

/// Messages while they are summed. The rows of one domain and one day are neighbours in the table.
struct Gathering<'a, F> {
    query: &'a CountQuery,
    domains: Ranks,
    organizations: Ranks,
    wanted: Meant,
    place: (i64, u32),
    sum: AggregateSum,
    /// Who reports at this place.
    reporters: Vec<u32>,
    with: F,
}

impl<F: FnMut(Place<'_>) -> Result<(), ArchiveError>> Gathering<'_, F> {
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
        let (domain, day) = self.place;
        if sum.message_count > 0 {
            let rank = self.domains.rank(domain)?;
            let (name, organizations) = (self.domains.name(rank), &self.organizations);
            (self.with)(Place { rank, name, day, sum, reporters: &self.reporters, organizations })?;
        }
        self.reporters.clear();
        Ok(())
    }
}
