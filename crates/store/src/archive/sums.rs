//! Questions to the file about many reports: counts, sources, reporters, domains.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;

use feedback::archive::{
    ArchiveError, CountLine, CountQuery, Division, DocumentId, DomainLine, ReporterLine, SourceLine,
};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::answer::{self, Contribution, Pieces, Seen};
use super::cells::{CELL_COUNT, Cell, counted, each_stored};
use super::codec::{Coded, Damage, View, class_at, decode_circumstances, decode_notes};
use super::error::{damaged, from_sqlite};
use super::head::Side;
use super::names::{
    Meant, Names, domains as domain_names, domains_meant, reporters as reporter_names, reporters_meant,
};
use super::read::{BY_DAY, COUNTED, Conditions, blob, kind_of, status_of, unsigned};
use crate::limits::{ARCHIVE_DOMAIN_COUNT_MAX, ARCHIVE_SOURCE_RECORD_COUNT};

type FastMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// Messages by day and by what is asked for: from the small table alone.
pub(super) fn counts(
    connection: &Connection,
    query: &CountQuery,
    by: Division,
) -> Result<Vec<CountLine>, ArchiveError> {
    counts_of(connection, query, by, ARCHIVE_DOMAIN_COUNT_MAX)
}

fn counts_of(
    connection: &Connection,
    query: &CountQuery,
    by: Division,
    domain_count_max: usize,
) -> Result<Vec<CountLine>, ArchiveError> {
    let mut counting = Counting::new(connection, query, by)?;
    each_tally(connection, query, domain_count_max, |row| counting.add(row))?;
    Ok(counting.lines())
}

/// Goes through the counts that are meant: domain, day, reporter, side, cells; in the order of the table.
pub(super) fn each_tally(
    connection: &Connection,
    query: &CountQuery,
    domain_count_max: usize,
    mut with: impl FnMut(&Row<'_>) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let domains = domains_meant(connection, query.tenant.as_deref(), query.domain.as_ref())?;
    let days = answer::days(query);
    let columns = "SELECT domain, day, reporter, side, cells FROM tally";
    match &domains {
        Meant::These(numbers) if numbers.len() <= domain_count_max => {
            let sql = format!("{columns} WHERE domain = ?1 AND day >= ?2 AND day < ?3");
            let mut statement = connection.prepare_cached(&sql).map_err(from_sqlite)?;
            for number in numbers {
                let mut rows = statement.query(params![number, days.start, days.end]).map_err(from_sqlite)?;
                while let Some(row) = rows.next().map_err(from_sqlite)? {
                    with(row)?;
                }
            }
        }
        _ => {
            let sql = format!("{columns} WHERE day >= ?1 AND day < ?2");
            let mut statement = connection.prepare_cached(&sql).map_err(from_sqlite)?;
            let mut rows = statement.query(params![days.start, days.end]).map_err(from_sqlite)?;
            while let Some(row) = rows.next().map_err(from_sqlite)? {
                if matches!(domains, Meant::All) || domains.has(row.get(0).map_err(from_sqlite)?) {
                    with(row)?;
                }
            }
        }
    }
    Ok(())
}

/// Names in their order, and which place in it the name of a number has.
#[derive(Default)]
pub(super) struct Ranks {
    names: Vec<Box<str>>,
    of: FastMap<i64, u32>,
}

impl Ranks {
    pub(super) fn new(names: impl Iterator<Item = (i64, Box<str>)>) -> Self {
        let mut sorted: Vec<(Box<str>, i64)> = names.map(|(number, name)| (name, number)).collect();
        sorted.sort_unstable();
        let mut ranks = Self::default();
        for (name, number) in sorted {
            if ranks.names.last() != Some(&name) {
                ranks.names.push(name);
            }
            ranks.of.insert(number, ranks.names.len() as u32 - 1);
        }
        ranks
    }

    pub(super) fn rank(&self, number: i64) -> Result<u32, ArchiveError> {
        let corrupt = || ArchiveError::Corrupt { what: format!("a name with the number {number}") };
        self.of.get(&number).copied().ok_or_else(corrupt)
    }

    pub(super) fn name(&self, rank: u32) -> &str {
        self.names.get(rank as usize).map_or("", |name| name)
    }

    /// Whether each number has a name of its own.
    fn is_one_to_one(&self) -> bool {
        self.names.len() == self.of.len()
    }

    pub(super) fn of_domains(names: Names) -> Self {
        Self::new(names.into_iter().map(|(number, (_, name))| (number, name)))
    }
}

/// Counts while they are summed.
struct Counting<'a> {
    query: &'a CountQuery,
    by: Division,
    wanted: Meant,
    domains: Ranks,
    organizations: Ranks,
    limit: usize,
    /// Which cell the messages of a cell are counted in.
    cells: [u8; CELL_COUNT],
    /// What the rows of one place add: those of both sides are neighbours in the table.
    place: (u32, u32, u32),
    of_place: [Option<i64>; CELL_COUNT],
    sums: Sums,
}

/// Day, domain, organisation and cell. They sort as the lines of the answer do.
type Key = (u32, u32, u32, u8);

/// Sums of the answer.
enum Sums {
    /// Places come again and again.
    Gathered(FastMap<Key, i64>),
    /// No place comes twice: of more than are wanted, the largest are enough.
    Single(Vec<(Key, i64)>),
}

impl<'a> Counting<'a> {
    fn new(connection: &Connection, query: &'a CountQuery, by: Division) -> Result<Self, ArchiveError> {
        let organizations = match by.reporter {
            true => Ranks::new(reporter_names(connection)?.into_iter().map(|(number, (name, _))| (number, name))),
            false => Ranks::default(),
        };
        let domains = if by.domain { Ranks::of_domains(domain_names(connection)?) } else { Ranks::default() };
        let is_single = by.day && by.domain && by.reporter && domains.is_one_to_one() && organizations.is_one_to_one();
        let mut cells = [0; CELL_COUNT];
        for (code, into) in (0..).zip(&mut cells) {
            let whole = Cell::from_code(code);
            let divided = whole.map(|cell| Cell {
                class: if by.class { cell.class } else { Default::default() },
                disposition: cell.disposition.filter(|_| by.disposition),
                dkim_aligned: cell.dkim_aligned.filter(|_| by.aligned),
                spf_aligned: cell.spf_aligned.filter(|_| by.aligned),
            });
            *into = divided.map_or(0, Cell::code);
        }
        Ok(Self {
            query,
            by,
            wanted: reporters_meant(connection, query.reporter.as_deref())?,
            domains,
            organizations,
            limit: answer::line_count(query.limit),
            cells,
            place: (0, 0, 0),
            of_place: [None; CELL_COUNT],
            sums: if is_single { Sums::Single(Vec::new()) } else { Sums::Gathered(FastMap::default()) },
        })
    }

    fn add(&mut self, row: &Row<'_>) -> Result<(), ArchiveError> {
        let get = |column: usize| row.get::<_, i64>(column).map_err(from_sqlite);
        let reporter = get(2)?;
        let side = u8::try_from(get(3)?).ok().and_then(Side::from_code).unwrap_or(Side::Apart);
        if !self.wanted.has(reporter) || !answer::admits_side(self.query, side) {
            return Ok(());
        }
        let day = if self.by.day { row.get(1).map_err(from_sqlite)? } else { 0 };
        let domain = if self.by.domain { self.domains.rank(get(0)?)? } else { 0 };
        let organization = if self.by.reporter { self.organizations.rank(reporter)? } else { 0 };
        if self.place != (day, domain, organization) {
            self.end_place();
            self.place = (day, domain, organization);
        }
        let read = each_stored(blob(row, 4)?, |code, sum| {
            let cell = self.cells.get(usize::from(code)).copied().unwrap_or(0);
            if let Some(there) = self.of_place.get_mut(usize::from(cell)) {
                *there = Some(there.unwrap_or(0) + sum.messages);
            }
        });
        read.map_err(|Damage| ArchiveError::Corrupt { what: format!("counts of day {day}") })
    }

    fn end_place(&mut self) {
        let (day, domain, organization) = self.place;
        for (cell, there) in (0..).zip(&mut self.of_place) {
            let Some(sum) = there.take() else { continue };
            let key = (day, domain, organization, cell);
            match &mut self.sums {
                Sums::Gathered(sums) => *sums.entry(key).or_default() += sum,
                Sums::Single(sums) => sums.push((key, sum)),
            }
        }
        if let Sums::Single(sums) = &mut self.sums
            && sums.len() > self.limit * 8
        {
            keep_largest(sums, self.limit);
        }
    }

    fn lines(mut self) -> Vec<CountLine> {
        self.end_place();
        let mut sums = match self.sums {
            Sums::Gathered(sums) => sums.into_iter().collect(),
            Sums::Single(sums) => sums,
        };
        keep_largest(&mut sums, self.limit);
        sums.sort_unstable_by_key(|(key, _)| *key);
        let lines = sums.into_iter().filter_map(|((day, domain, organization, cell), sum)| {
            let (domain, organization) = (self.domains.name(domain), self.organizations.name(organization));
            let line = answer::count_line(self.by, day, domain, organization, Cell::from_code(cell)?);
            Some(CountLine { count: u64::try_from(sum).unwrap_or(0), ..line })
        });
        lines.collect()
    }
}

fn keep_largest(sums: &mut Vec<(Key, i64)>, limit: usize) {
    if sums.len() > limit {
        sums.select_nth_unstable_by_key(limit, |(key, sum)| (Reverse(*sum), *key));
        sums.truncate(limit);
    }
}

/// A report as it lies in the file.
struct Stored<'a> {
    id: i64,
    domain: i64,
    day: u32,
    view: View<'a>,
    classes: &'a [u8],
}

/// Goes through the aggregate reports that are meant.
fn each_report(
    connection: &Connection,
    conditions: &Conditions,
    mut with: impl FnMut(Stored<'_>) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let sql = format!(
        "SELECT d.id, d.domain, d.day, b.bytes, b.classes FROM document d {} JOIN body b ON b.document = d.id {}",
        conditions.way,
        conditions.sql()
    );
    let mut statement = connection.prepare_cached(&sql).map_err(from_sqlite)?;
    let mut rows = statement.query(params_from_iter(&conditions.values)).map_err(from_sqlite)?;
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let id = row.get(0).map_err(from_sqlite)?;
        let view = View::new(blob(row, 3)?).map_err(damaged(id))?;
        let (domain, day) = (row.get(1).map_err(from_sqlite)?, row.get(2).map_err(from_sqlite)?);
        with(Stored { id, domain, day, view, classes: blob(row, 4)? })?;
    }
    Ok(())
}

/// In how many parts of so many records those that are meant are to be grouped, so that the memory for it is bounded.
fn part_count(connection: &Connection, conditions: &Conditions, record_count: u64) -> Result<u64, ArchiveError> {
    Ok(record_total(connection, conditions)?.div_ceil(record_count).max(1))
}

/// How many records are asked about.
fn record_total(connection: &Connection, conditions: &Conditions) -> Result<u64, ArchiveError> {
    let sql =
        format!("SELECT coalesce(sum(d.record_count), 0) FROM document d {} {}", conditions.way, conditions.sql());
    let mut statement = connection.prepare_cached(&sql).map_err(from_sqlite)?;
    let count = statement.query_row(params_from_iter(&conditions.values), |row| row.get::<_, i64>(0));
    Ok(u64::try_from(count.map_err(from_sqlite)?).unwrap_or(0))
}

/// An address so that it sorts as [`Option<IpAddr>`] does.
type Address = (u8, u128);

fn address(source: Option<IpAddr>) -> Address {
    match source {
        None => (0, 0),
        Some(IpAddr::V4(address)) => (4, u128::from(address.to_bits())),
        Some(IpAddr::V6(address)) => (6, address.to_bits()),
    }
}

fn source_of((family, bits): Address) -> Option<IpAddr> {
    match family {
        4 => Some(IpAddr::V4((bits as u32).into())),
        6 => Some(IpAddr::V6(bits.into())),
        _ => None,
    }
}

/// In which part an address is grouped.
fn part_of((_, bits): Address, part_count: u64) -> u64 {
    let mixed = (bits as u64 ^ (bits >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) % part_count
}

/// Who sent: messages by address and circumstances, the largest count first.
pub(super) fn sources(connection: &Connection, query: &CountQuery) -> Result<Vec<SourceLine>, ArchiveError> {
    let lines = sources_in_parts(connection, query, Pieces::NONE, ARCHIVE_SOURCE_RECORD_COUNT)?;
    Ok(lines.into_iter().map(|(line, _)| line).collect())
}

/// The same, each with its messages in pieces of time.
pub(super) fn spread(
    connection: &Connection,
    query: &CountQuery,
    piece_days: u32,
) -> Result<Vec<(SourceLine, Vec<u64>)>, ArchiveError> {
    sources_in_parts(connection, query, Pieces::of(query, piece_days), ARCHIVE_SOURCE_RECORD_COUNT)
}

fn sources_in_parts(
    connection: &Connection,
    query: &CountQuery,
    pieces: Pieces,
    record_count: u64,
) -> Result<Vec<(SourceLine, Vec<u64>)>, ArchiveError> {
    let conditions = Conditions::counted(connection, query)?;
    let domains = Ranks::of_domains(domain_names(connection)?);
    let total = record_total(connection, &conditions)?;
    let part_count = total.div_ceil(record_count).max(1);
    let mut lines = Vec::new();
    for part in 0..part_count {
        let mut grouping = Grouping::new(pieces, total / part_count);
        each_report(connection, &conditions, |report| {
            let domain = domains.rank(report.domain)?;
            grouping.add(&report, domain, |address| part_count == 1 || part_of(address, part_count) == part)
        })?;
        lines.extend(grouping.lines(&domains, query.limit)?);
        lines = answer::sources(lines, query.limit, |(line, _)| line);
    }
    Ok(lines)
}

/// Sources while they are summed. A million records are two looks into a table each, so what is looked up is small.
struct Grouping {
    /// Circumstances, as their bytes are everywhere, with a number for each.
    numbers: FastMap<Box<[u8]>, u32>,
    addresses: Addresses,
    /// What is said of an address, with a number for each.
    kinds: FastMap<Kind, u32>,
    /// By address and kind. With a number for each, too: in which order they came.
    sums: FastMap<u64, (Seen, u32)>,
    pieces: Pieces,
    notes: Notes,
}

/// Domain, class and circumstances, by their numbers.
type Kind = (u32, u8, u32);

/// Addresses, with a number for each: there are far fewer of them than sums.
#[derive(Default)]
struct Addresses {
    /// Nearly all are of this family, and a quarter as long.
    four: FastMap<u32, u32>,
    others: FastMap<Address, u32>,
}

impl Addresses {
    fn number(&mut self, source: Option<IpAddr>) -> u32 {
        let next = (self.four.len() + self.others.len()) as u32;
        match source {
            Some(IpAddr::V4(four)) => *self.four.entry(four.to_bits()).or_insert(next),
            other => *self.others.entry(address(other)).or_insert(next),
        }
    }

    /// All, in the order of their numbers.
    fn list(&self) -> Vec<Address> {
        let mut list = vec![(0, 0); self.four.len() + self.others.len()];
        let four = self.four.iter().map(|(bits, number)| ((4, u128::from(*bits)), number));
        for (address, number) in four.chain(self.others.iter().map(|(address, number)| (*address, number))) {
            if let Some(place) = list.get_mut(*number as usize) {
                *place = address;
            }
        }
        list
    }
}

/// Messages of sources in pieces of time, as they came: one for each record, so they are small.
#[derive(Default)]
struct Notes {
    /// The number of a source, the place of a piece, and messages of the source in it.
    small: Vec<(u32, u16, u16)>,
    /// Those that do not fit.
    large: Vec<(u32, u32, u64)>,
}

impl Notes {
    fn add(&mut self, number: u32, place: u32, count: u64) {
        match (u16::try_from(place), u16::try_from(count)) {
            (Ok(place), Ok(count)) => self.small.push((number, place, count)),
            _ => self.large.push((number, place, count)),
        }
    }

    fn each(&self) -> impl Iterator<Item = (u32, u32, u64)> {
        let small = self.small.iter().map(|(number, place, count)| (*number, u32::from(*place), u64::from(*count)));
        small.chain(self.large.iter().copied())
    }
}

impl Grouping {
    /// For about so many records.
    fn new(pieces: Pieces, record_count: u64) -> Self {
        let mut notes = Notes::default();
        if pieces.count > 0 {
            // Growing would copy megabytes, and need room for the old and the new.
            notes.small.reserve(usize::try_from(record_count.min(ARCHIVE_SOURCE_RECORD_COUNT)).unwrap_or(0));
        }
        Self {
            numbers: FastMap::default(),
            addresses: Addresses::default(),
            kinds: FastMap::default(),
            sums: FastMap::default(),
            pieces,
            notes,
        }
    }

    fn add(
        &mut self,
        report: &Stored<'_>,
        domain: u32,
        is_meant: impl Fn(Address) -> bool,
    ) -> Result<(), ArchiveError> {
        let numbers: Vec<u32> = report.view.circumstances.iter().map(|bytes| self.number(bytes)).collect();
        let place = self.pieces.place(report.day).map(|place| place as u32);
        for (at, record) in report.view.records().enumerate() {
            let record = record.map_err(damaged(report.id))?;
            if !is_meant(address(record.source)) {
                continue;
            }
            let class = class_at(report.classes, at).code();
            let circumstances = numbers.get(record.circumstances as usize).copied().unwrap_or(0);
            let kind = self.kind((domain, class, circumstances));
            let key = u64::from(self.addresses.number(record.source)) << 32 | u64::from(kind);
            let seen = Seen::new(counted(record.count) as u64, report.day);
            let next = self.sums.len() as u32;
            let (_, number) = self.sums.entry(key).and_modify(|(sum, _)| sum.add(seen)).or_insert((seen, next));
            if let Some(place) = place {
                self.notes.add(*number, place, seen.count);
            }
        }
        Ok(())
    }

    fn kind(&mut self, kind: Kind) -> u32 {
        let next = self.kinds.len() as u32;
        *self.kinds.entry(kind).or_insert(next)
    }

    fn number(&mut self, bytes: &[u8]) -> u32 {
        match self.numbers.get(bytes) {
            Some(number) => *number,
            None => {
                let number = self.numbers.len() as u32;
                self.numbers.insert(bytes.into(), number);
                number
            }
        }
    }

    fn lines(self, domains: &Ranks, limit: usize) -> Result<Vec<(SourceLine, Vec<u64>)>, ArchiveError> {
        let mut circumstances: Vec<&[u8]> = vec![&[]; self.numbers.len()];
        for (bytes, number) in &self.numbers {
            if let Some(place) = circumstances.get_mut(*number as usize) {
                *place = bytes;
            }
        }
        let addresses = self.addresses.list();
        let mut kinds: Vec<Kind> = vec![(0, 0, 0); self.kinds.len()];
        for (kind, number) in &self.kinds {
            if let Some(place) = kinds.get_mut(*number as usize) {
                *place = *kind;
            }
        }
        let bytes_of = |number: u32| circumstances.get(number as usize).copied().unwrap_or_default();
        let parts_of = |key: u64| {
            let (domain, class, number) = kinds.get((key & u64::from(u32::MAX)) as usize).copied().unwrap_or_default();
            (domain, addresses.get((key >> 32) as usize).copied().unwrap_or_default(), class, bytes_of(number))
        };
        let mut sums: Vec<_> = self.sums.into_iter().map(|(key, (seen, number))| (key, seen, number)).collect();
        let limit = answer::line_count(limit);
        if sums.len() > limit {
            // By what they are: numbers are as they happened to come.
            let rank = |(key, seen, _): &(u64, Seen, u32)| (Reverse(seen.count), parts_of(*key));
            sums.select_nth_unstable_by(limit, |one, other| {
                one.1.count.cmp(&other.1.count).reverse().then_with(|| rank(one).cmp(&rank(other)))
            });
            sums.truncate(limit);
        }
        let mut spread = spread_of(&self.notes, self.pieces, sums.iter().map(|(_, _, number)| *number));
        let line = |(key, seen, its): (u64, Seen, u32)| {
            let (domain, address, class, bytes) = parts_of(key);
            let corrupt = |Damage| ArchiveError::Corrupt { what: "circumstances of a report".to_owned() };
            let line = SourceLine {
                source: source_of(address),
                domain: domains.name(domain).into(),
                circumstances: decode_circumstances(bytes).map_err(corrupt)?,
                class: Coded::from_code(class).unwrap_or_default(),
                count: seen.count,
                first_day: seen.first_day,
                last_day: seen.last_day,
            };
            Ok((line, spread.remove(&its).unwrap_or_else(|| vec![0; self.pieces.count])))
        };
        sums.into_iter().map(line).collect()
    }
}

/// What was noted of these sources, summed.
fn spread_of(notes: &Notes, pieces: Pieces, wanted: impl Iterator<Item = u32>) -> FastMap<u32, Vec<u64>> {
    if pieces.count == 0 {
        return FastMap::default();
    }
    let mut spread: FastMap<u32, Vec<u64>> = wanted.map(|number| (number, vec![0; pieces.count])).collect();
    for (number, place, count) in notes.each() {
        let sums = spread.get_mut(&number).and_then(|sums| sums.get_mut(place as usize));
        if let Some(sum) = sums {
            *sum = sum.saturating_add(count);
        }
    }
    spread
}

/// Addresses of which nothing new is known, those with the most messages first.
pub(super) fn unknown_hosts(connection: &Connection, before_s: u64, limit: usize) -> Result<Vec<IpAddr>, ArchiveError> {
    unknown_hosts_in_parts(connection, before_s, limit, ARCHIVE_SOURCE_RECORD_COUNT)
}

fn unknown_hosts_in_parts(
    connection: &Connection,
    before_s: u64,
    limit: usize,
    record_count: u64,
) -> Result<Vec<IpAddr>, ArchiveError> {
    let conditions = Conditions::counted(connection, &CountQuery::default())?;
    let (limit, part_count) = (answer::line_count(limit), part_count(connection, &conditions, record_count)?);
    let before_s = i64::try_from(before_s).unwrap_or(i64::MAX);
    let mut known =
        connection.prepare_cached("SELECT 1 FROM host WHERE address = ?1 AND at_s >= ?2").map_err(from_sqlite)?;
    let mut most: Vec<(Reverse<u64>, Address)> = Vec::new();
    for part in 0..part_count {
        let mut sums: FastMap<Address, u64> = FastMap::default();
        each_report(connection, &conditions, |report| {
            for record in report.view.records() {
                let record = record.map_err(damaged(report.id))?;
                let address = address(record.source);
                if address.0 != 0 && (part_count == 1 || part_of(address, part_count) == part) {
                    *sums.entry(address).or_default() += counted(record.count) as u64;
                }
            }
            Ok(())
        })?;
        let mut of_part: Vec<_> = sums.into_iter().map(|(address, count)| (Reverse(count), address)).collect();
        of_part.sort_unstable();
        let mut count = 0;
        for (rank, address) in of_part {
            let Some(source) = source_of(address).filter(|_| count < limit) else { break };
            let octets = super::codec::address_bytes(source);
            if !known.exists(params![octets, before_s]).map_err(from_sqlite)? {
                most.push((rank, address));
                count += 1;
            }
        }
    }
    most.sort_unstable();
    Ok(most.into_iter().filter_map(|(_, address)| source_of(address)).take(limit).collect())
}

/// Who reports.
pub(super) fn reporters(connection: &Connection, query: &CountQuery) -> Result<Vec<ReporterLine>, ArchiveError> {
    let conditions = Conditions::asked(connection, query)?;
    let names = reporter_names(connection)?;
    let sql = format!(
        "SELECT d.reporter, d.kind, d.status, d.record_count, d.message_count, d.begin_s, d.end_s, d.received_ms, d.notes, \
         d.id FROM document d {} {} ORDER BY d.id",
        if query.from_day.is_some() && query.domain.is_none() { BY_DAY } else { "" },
        conditions.sql()
    );
    let mut statement = connection.prepare_cached(&sql).map_err(from_sqlite)?;
    let mut rows = statement.query(params_from_iter(&conditions.values)).map_err(from_sqlite)?;
    let mut lines: FastMap<i64, ReporterLine> = FastMap::default();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let (reporter, id) = (row.get(0).map_err(from_sqlite)?, row.get(9).map_err(from_sqlite)?);
        let notes = blob(row, 8)?;
        let notes = decode_notes(Some(notes).filter(|notes| !notes.is_empty())).map_err(damaged(id))?;
        let line = lines.entry(reporter).or_insert_with(|| {
            let (organization, domain) = names.get(&reporter).cloned().unwrap_or_default();
            answer::reporter(organization, domain)
        });
        let report = Contribution {
            kind: kind_of(row, 1)?,
            status: status_of(row, 2)?,
            record_count: unsigned(row, 3)?,
            message_count: unsigned(row, 4)?,
            begin_s: unsigned(row, 5)?,
            end_s: unsigned(row, 6)?,
            received_ms: unsigned(row, 7)?,
            deviations: &notes.0,
        };
        answer::contribute(line, &report);
    }
    Ok(answer::reporters(lines.into_values(), query.limit))
}

/// The domains of which there are aggregate reports, with their newest policy: from an index alone.
pub(super) fn domains(connection: &Connection, tenant: Option<&str>) -> Result<Vec<DomainLine>, ArchiveError> {
    let meant = format!("FROM document d INDEXED BY document_domain WHERE {COUNTED} AND d.trust < 2");
    let all = format!("SELECT d.domain, count(*), min(d.day), max(d.day) {meant} AND d.domain > 0 GROUP BY d.domain");
    let newest =
        format!("SELECT d.id {meant} AND d.domain = ?1 ORDER BY d.begin_s DESC, d.end_s DESC, d.id DESC LIMIT 1");
    let mut statement = connection.prepare_cached(&all).map_err(from_sqlite)?;
    let mut newest = connection.prepare_cached(&newest).map_err(from_sqlite)?;
    let mut rows = statement.query([]).map_err(from_sqlite)?;
    let names = domain_names(connection)?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let number: i64 = row.get(0).map_err(from_sqlite)?;
        let Some((its_tenant, domain)) = names.get(&number) else { continue };
        if tenant.is_some_and(|tenant| *tenant != **its_tenant) {
            continue;
        }
        let id = newest.query_row([number], |row| row.get(0)).map_err(from_sqlite)?;
        lines.push(DomainLine {
            tenant: its_tenant.clone(),
            domain: domain.clone(),
            policy: policy(connection, id)?,
            report_count: unsigned(row, 1)?,
            first_day: row.get(2).map_err(from_sqlite)?,
            last_day: row.get(3).map_err(from_sqlite)?,
        });
    }
    lines.sort_by(|a, b| (&a.tenant, &a.domain).cmp(&(&b.tenant, &b.domain)));
    Ok(lines)
}

fn policy(connection: &Connection, id: i64) -> Result<feedback::aggregate::PublishedPolicy, ArchiveError> {
    let mut statement = connection.prepare_cached("SELECT bytes FROM body WHERE document = ?1").map_err(from_sqlite)?;
    let mut rows = statement.query([Value::from(id)]).map_err(from_sqlite)?;
    let row = rows.next().map_err(from_sqlite)?;
    let bytes = row.map_or(Ok(&[][..]), |row| blob(row, 0))?;
    View::new(bytes).and_then(|view| view.policy()).map_err(damaged(DocumentId(id as u64).0 as i64))
}

#[cfg(test)]
mod tests {
    use feedback::Archive;
    use feedback::aggregate::{Aggregate, Circumstances, Record};
    use feedback::archive::{Class, Content, Origin, Parcel, Status};
    use mailtext::Domain;
    use report::query::Reach;
    use testkit::block_on;

    use super::*;
    use crate::archive::{Settings, SqliteArchive, change, desk::Desk};

    /// A file with reports of three domains over five days, and a connection to it.
    fn filled() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reports.sqlite");
        let archive = SqliteArchive::open(&path, Settings::default()).unwrap();
        block_on(archive.import((0..60).map(parcel).collect(), None)).unwrap();
        drop(archive);
        (folder, Connection::open(path).unwrap())
    }

    fn parcel(number: u8) -> Parcel {
        let domain = ["example.jp", "a.example.jp", "example.org"][usize::from(number % 3)];
        let mut report = Aggregate::default();
        report.policy.domain = domain.into();
        report.metadata.email = format!("dmarc@r{}.example", number % 4).into();
        report.metadata.report_id = number.to_string().into();
        report.metadata.begin_s = u64::from(number / 12) * 86_400;
        report.metadata.end_s = report.metadata.begin_s + 86_400;
        let kind = |header_from: &str| Circumstances { header_from: header_from.into(), ..Circumstances::default() };
        report.circumstances = vec![kind(domain), kind("news.example")];
        let record = |at: u32| Record {
            source: (!at.is_multiple_of(7)).then(|| std::net::Ipv4Addr::from(0xc000_0200 + at * 37 % 90).into()),
            count: u64::from(at * u32::from(number) % 11),
            circumstances: at % 2,
        };
        report.records = (0..30).map(record).collect();
        Parcel {
            tenant: Box::default(),
            received_ms: 0,
            origin: Origin::default(),
            digest: [number; 32],
            raw: Vec::new(),
            classes: vec![[Class::Legitimate, Class::Suspected][usize::from(number % 2)]; 30],
            content: Content::Aggregate(Box::new(report)),
            status: Status::Accepted,
            reason: None,
            deviations: Vec::new(),
        }
    }

    #[test]
    fn parts_make_no_difference() {
        let (_folder, connection) = filled();
        let some = CountQuery { limit: 17, ..CountQuery::default() };
        for query in [CountQuery::default(), some] {
            let whole = sources(&connection, &query).unwrap();
            assert!(whole.len() >= 17);
            let of_days = CountQuery { from_day: Some(0), until_day: Some(5), ..query.clone() };
            let days = spread(&connection, &of_days, 1).unwrap();
            for record_count in [1, 7, 500, 1799, 1800, 1801] {
                let parts = sources_in_parts(&connection, &query, Pieces::NONE, record_count).unwrap();
                assert_eq!(parts.into_iter().map(|(line, _)| line).collect::<Vec<_>>(), whole, "{record_count}");
                let parts = sources_in_parts(&connection, &of_days, Pieces::of(&of_days, 1), record_count);
                assert_eq!(parts, Ok(days.clone()), "{record_count}");
            }
        }
        for limit in [0, 5] {
            let whole = unknown_hosts(&connection, 0, limit).unwrap();
            for record_count in [1, 100, 1799] {
                assert_eq!(unknown_hosts_in_parts(&connection, 0, limit, record_count), Ok(whole.clone()));
            }
        }
        for part_count in [1, 2, 3, 50] {
            let parts = (0..part_count).map(|part| change::rebuild_part(&connection, part, part_count).unwrap());
            assert_eq!(parts.sum::<u64>(), 0);
        }
        connection.execute("DELETE FROM tally WHERE domain = 2", []).unwrap();
        assert!(change::rebuild(&connection, &mut Desk::default()).unwrap() > 0);
        assert_eq!(change::rebuild(&connection, &mut Desk::default()), Ok(0));
    }

    #[test]
    fn many_domains_are_counted_like_few() {
        let (_folder, connection) = filled();
        let within = |name: &str| Some((Domain::parse(name).unwrap(), Reach::Below));
        for bits in 0..64_u8 {
            let is_set = |at: u8| bits & (1 << at) != 0;
            let by = Division {
                day: is_set(0),
                domain: is_set(1),
                reporter: is_set(2),
                class: is_set(3),
                disposition: is_set(4),
                aligned: is_set(5),
            };
            for limit in [0, 3] {
                let query =
                    CountQuery { domain: within("example.jp"), from_day: Some(1), limit, ..CountQuery::default() };
                let few = counts_of(&connection, &query, by, 2).unwrap();
                assert!(!few.is_empty());
                assert_eq!(counts_of(&connection, &query, by, 1), Ok(few), "{by:?}");
            }
        }
    }
}
