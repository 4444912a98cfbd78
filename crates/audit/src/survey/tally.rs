//! Counts by group, and shares. Counting is a fold: names come one at a time, in any order, and none is kept.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::limits::SURVEY_GROUP_COUNT_MAX;
use crate::survey::columns::{COLUMNS, Holds};
use crate::survey::facts::Examined;

/// The counts of one group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tally {
    total: u64,
    /// For each of [`COLUMNS`].
    yes: Vec<u64>,
    unknown: Vec<u64>,
}

/// Counts by the values of one group column.
#[derive(Clone, Debug)]
pub struct Table {
    /// The group column.
    pub by: Box<str>,
    /// The groups in the order of their first appearance.
    groups: Vec<(Box<str>, Tally)>,
    places: HashMap<Box<str>, usize, RandomState>,
    all: Tally,
    /// Names of groups that came when there were too many already.
    beyond: u64,
}

/// A part of a whole.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Share {
    /// How many.
    pub part: u64,
    /// Of how many.
    pub whole: u64,
}

/// What holds of a name, for each of [`COLUMNS`].
fn held(examined: &Examined) -> Vec<Holds> {
    COLUMNS.iter().map(|column| column.of(examined)).collect()
}

impl Default for Tally {
    fn default() -> Self {
        Self { total: 0, yes: vec![0; COLUMNS.len()], unknown: vec![0; COLUMNS.len()] }
    }
}

impl Tally {
    /// One that was counted before: of each column how many have it, and of how many it is not known.
    pub(super) fn of_counts(total: u64, counts: &[(u64, u64)]) -> Self {
        let (yes, unknown) = counts.iter().copied().unzip();
        Self { total, yes, unknown }
    }

    /// Counts a name.
    pub fn add(&mut self, examined: &Examined) {
        self.count(&held(examined));
    }

    /// Counts a name of which is known what holds.
    fn count(&mut self, held: &[Holds]) {
        self.total += 1;
        for ((holds, yes), unknown) in held.iter().zip(&mut self.yes).zip(&mut self.unknown) {
            match holds {
                Holds::Yes => *yes += 1,
                Holds::No => {}
                Holds::Unknown => *unknown += 1,
            }
        }
    }

    /// How many names.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Of how many a column holds, of all.
    #[must_use]
    pub fn share(&self, column: usize) -> Share {
        Share { part: self.yes.get(column).copied().unwrap_or_default(), whole: self.total }
    }

    /// Of how many it is not known: the residue of errors.
    #[must_use]
    pub fn unknown(&self, column: usize) -> u64 {
        self.unknown.get(column).copied().unwrap_or_default()
    }
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(by: &str) -> Self {
        Self { by: by.into(), groups: Vec::new(), places: HashMap::default(), all: Tally::default(), beyond: 0 }
    }

    /// Counts a name in its group.
    pub fn add(&mut self, group: &str, examined: &Examined) {
        let held = held(examined);
        self.all.count(&held);
        let place = match self.places.get(group) {
            Some(place) => *place,
            None if self.groups.len() < SURVEY_GROUP_COUNT_MAX => {
                self.places.insert(group.into(), self.groups.len());
                self.groups.push((group.into(), Tally::default()));
                self.groups.len() - 1
            }
            None => {
                self.beyond += 1;
                return;
            }
        };
        if let Some((_, tally)) = self.groups.get_mut(place) {
            tally.count(&held);
        }
    }

    /// One whose counts follow.
    pub(super) fn of_counts(by: &str, beyond: u64) -> Self {
        Self { beyond, ..Self::new(by) }
    }

    /// Puts a group that was counted before behind the others.
    pub(super) fn put(&mut self, group: &str, tally: Tally) {
        self.places.insert(group.into(), self.groups.len());
        self.groups.push((group.into(), tally));
    }

    /// Puts the counts of all names.
    pub(super) fn put_all(&mut self, all: Tally) {
        self.all = all;
    }

    /// The groups in the order of their first appearance.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &Tally)> {
        self.groups.iter().map(|(group, tally)| (&**group, tally))
    }

    /// All names, whatever their group.
    #[must_use]
    pub fn all(&self) -> &Tally {
        &self.all
    }

    /// How many names are in no group of this table, since there were [`SURVEY_GROUP_COUNT_MAX`] others before theirs. They
    /// are counted in [`Table::all`].
    #[must_use]
    pub fn beyond(&self) -> u64 {
        self.beyond
    }
}

impl Share {
    /// Tenths of a per cent, rounded to the nearest, a half away from zero; `None` of nothing.
    #[must_use]
    pub fn tenths(self) -> Option<u64> {
        let (part, whole) = (u128::from(self.part), u128::from(self.whole));
        let doubled = (part * 2000).checked_add(whole)?.checked_div(whole * 2)?;
        u64::try_from(doubled).ok()
    }

    /// Per cent to one decimal: `78.4`; empty of nothing.
    #[must_use]
    pub fn percent(self) -> String {
        self.tenths().map(in_tenths).unwrap_or_default()
    }

    /// The interval that holds the share of the whole population in 95 of 100 samples (Wilson's), in tenths of a per cent;
    /// `None` of nothing.
    #[must_use]
    pub fn interval(self) -> Option<(u64, u64)> {
        if self.whole == 0 {
            return None;
        }
        // Plain operations and a square root, each rounded exactly by IEEE 754: the same bits on every machine.
        let (part, whole) = (self.part as f64, self.whole as f64);
        let (z, share) = (NORMAL_975, part / whole);
        let square = z * z;
        let middle = share + square / (2.0 * whole);
        let spread = z * (share * (1.0 - share) / whole + square / (4.0 * whole * whole)).sqrt();
        let scale = 1.0 + square / whole;
        let tenths = |bound: f64| (bound.clamp(0.0, 1.0) * 1000.0).round() as u64;
        // Where nothing or everything was seen, that is within the interval.
        let low = if self.part == 0 { 0 } else { tenths((middle - spread) / scale) };
        let high = if self.part == self.whole { 1000 } else { tenths((middle + spread) / scale) };
        Some((low, high))
    }
}

/// Tenths as a decimal number: 784 is `78.4`.
#[must_use]
pub fn in_tenths(tenths: u64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// The 97.5th percentile of the normal distribution.
const NORMAL_975: f64 = 1.959_963_984_540_054;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_on_integers() {
        let percent = |part, whole| Share { part, whole }.percent();
        assert_eq!(percent(1402, 1788), "78.4");
        assert_eq!(percent(2, 1788), "0.1");
        // 67.222…, 0.05 exactly, 99.95 exactly, 12.25 exactly.
        assert_eq!([percent(121, 180), percent(1, 2000), percent(1999, 2000)], ["67.2", "0.1", "100.0"]);
        assert_eq!([percent(49, 400), percent(1, 2001), percent(0, 7), percent(7, 7)], ["12.3", "0.0", "0.0", "100.0"]);
        assert_eq!(percent(0, 0), "");
        assert_eq!(Share { part: u64::MAX, whole: u64::MAX }.tenths(), Some(1000));
    }

    /// Against values from the literature: Newcombe 1998, table I, method 3.
    #[test]
    fn intervals_are_wilsons() {
        let interval = |part, whole| Share { part, whole }.interval();
        assert_eq!(interval(81, 263), Some((255, 366)));
        assert_eq!(interval(15, 148), Some((62, 160)));
        assert_eq!(interval(0, 20), Some((0, 161)));
        assert_eq!(interval(1, 29), Some((6, 172)));
        assert_eq!(interval(29, 29), Some((883, 1000)));
        assert_eq!(interval(0, 0), None);
    }
}
