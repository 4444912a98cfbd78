//! The question for volumes: every message of some domains, by domain and by day.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use feedback::archive::{ArchiveError, CountQuery, Volume, Volumes};
use feedback::summary::AggregateSum;
use rusqlite::Connection;

use super::places::each_place;

type FastSet = HashSet<u32, foldhash::fast::RandomState>;

/// The volumes of these domains, or of all.
pub(super) fn volumes(
    connection: &Connection,
    query: &CountQuery,
    domains: Option<&BTreeSet<Box<str>>>,
) -> Result<Volumes, ArchiveError> {
    let mut measured = Measured::default();
    let mut meant: HashMap<u32, bool, foldhash::fast::RandomState> = HashMap::default();
    each_place(connection, query, |place| {
        let is_meant = || domains.is_none_or(|domains| domains.contains(place.name));
        if *meant.entry(place.rank).or_insert_with(is_meant) {
            measured.add(place.rank, place.name, place.day, &place.sum, place.reporters.iter().copied());
        }
        Ok(())
    })?;
    Ok(measured.end())
}

/// Volumes while they are measured. Domains and who reports have numbers of the store's own.
#[derive(Default)]
pub(super) struct Measured {
    domains: HashMap<u32, OfDomain, foldhash::fast::RandomState>,
    days: HashMap<u32, AggregateSum, foldhash::fast::RandomState>,
}

struct OfDomain {
    name: Box<str>,
    sum: AggregateSum,
    days: FastSet,
    reporters: FastSet,
}

impl Measured {
    /// Adds messages of a domain on a day.
    pub(super) fn add(
        &mut self,
        number: u32,
        name: &str,
        day: u32,
        sum: &AggregateSum,
        reporters: impl Iterator<Item = u32>,
    ) {
        let new = || OfDomain {
            name: name.into(),
            sum: AggregateSum::default(),
            days: FastSet::default(),
            reporters: FastSet::default(),
        };
        let of = self.domains.entry(number).or_insert_with(new);
        of.sum.join(sum);
        of.days.insert(day);
        of.reporters.extend(reporters);
        self.days.entry(day).or_default().join(sum);
    }

    pub(super) fn end(self) -> Volumes {
        let domains = self.domains.into_values().map(|OfDomain { name, mut sum, days, reporters }| {
            sum.reporter_count = reporters.len() as u64;
            (name, Volume { sum, day_count: u32::try_from(days.len()).unwrap_or(u32::MAX) })
        });
        Volumes { domains: domains.collect(), days: self.days.into_iter().collect::<BTreeMap<_, _>>() }
    }
}
