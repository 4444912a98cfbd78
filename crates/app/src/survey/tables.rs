//! Tables of counts for people, and the CSV with all columns.

use std::fmt::Write as _;

use audit::survey::columns::{COLUMNS, position};
use audit::survey::tally::in_tenths;
use audit::survey::{Share, Table, Tally};
pub(super) use dashboard::surveyed::SECTIONS;
use dashboard::surveyed::Section;

use crate::reports::table::{csv, grouped};
use crate::say::Say;
use crate::study::{Last, Sheet};

/// Whether intervals are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// All names were examined.
    Whole,
    /// A sample was.
    Sample,
}

/// The groups, and all names behind them.
fn tallies<'t>(table: &'t Table, all: &'t str) -> impl Iterator<Item = (&'t str, &'t Tally)> {
    table.groups().filter(|_| &*table.by != super::groups::ALL).chain([(all, table.all())])
}

/// A section for people: `78.4 (1402/1788)`.
pub(super) fn sheet(table: &Table, section: &Section, reach: Reach, say: &Say) -> Sheet {
    let places: Vec<usize> = section.columns.iter().filter_map(|id| position(id)).collect();
    let names = places.iter().filter_map(|place| COLUMNS.get(*place)).map(|column| say.word(column.sentence));
    let all = say.word("survey-label-all");
    let rows = tallies(table, &all).map(|(group, tally)| {
        let cells = places.iter().map(|place| cell(tally.share(*place), reach));
        std::iter::once(group_name(group, say)).chain(cells).collect()
    });
    summed(std::iter::once(heading(table, say)).chain(names).collect(), rows.collect())
}

/// Of how many names it is not known; `None` where nothing is left open.
pub(super) fn residue(table: &Table, say: &Say) -> Option<Sheet> {
    let open: Vec<usize> = (0..COLUMNS.len()).filter(|place| table.all().unknown(*place) > 0).collect();
    if open.is_empty() {
        return None;
    }
    let names = open.iter().filter_map(|place| COLUMNS.get(*place)).map(|column| say.word(column.sentence));
    let all = say.word("survey-label-all");
    let rows = tallies(table, &all).map(|(group, tally)| {
        let cells = open.iter().map(|place| grouped(tally.unknown(*place)));
        std::iter::once(group_name(group, say)).chain(cells).collect()
    });
    Some(summed(std::iter::once(heading(table, say)).chain(names).collect(), rows.collect()))
}

/// A table whose last row is that of all names.
fn summed(header: Vec<String>, rows: Vec<Vec<String>>) -> Sheet {
    Sheet { header, rows, names: 1, last: Last::Sum }
}

fn heading(table: &Table, say: &Say) -> String {
    if &*table.by == super::groups::ALL { say.word("survey-label-group") } else { table.by.to_string() }
}

/// Names without a value in the column are a group, too.
pub(super) fn group_name(group: &str, say: &Say) -> String {
    dashboard::surveyed::group_name(group, &|id| say.word(id))
}

fn cell(share: Share, reach: Reach) -> String {
    let Share { part, whole } = share;
    let mut text = format!("{} ({part}/{whole})", share.percent());
    if let (Reach::Sample, Some((low, high))) = (reach, share.interval()) {
        // A string takes everything.
        let _ = write!(text, " {}–{}", in_tenths(low), in_tenths(high));
    }
    text.trim_start().to_owned()
}

/// The whole table as CSV: the counts with per cent, then intervals of a sample, then of how many it is not known.
pub(super) fn to_csv(table: &Table, reach: Reach) -> String {
    let mut header = vec!["group".to_owned(), "total".to_owned()];
    header.extend(COLUMNS.iter().flat_map(|column| [column.id.to_owned(), format!("{}_pct", column.id)]));
    if reach == Reach::Sample {
        header.extend(COLUMNS.iter().flat_map(|column| ["low", "high"].map(|end| format!("{}_{end}", column.id))));
    }
    header.extend(COLUMNS.iter().map(|column| format!("{}_unknown", column.id)));
    let mut out = csv(&header);
    for (group, tally) in tallies(table, "ALL") {
        let shares = || (0..COLUMNS.len()).map(|place| tally.share(place));
        let mut cells = vec![group.to_owned(), tally.total().to_string()];
        cells.extend(shares().flat_map(|share| [share.part.to_string(), share.percent()]));
        if reach == Reach::Sample {
            cells.extend(shares().flat_map(|share| match share.interval() {
                Some((low, high)) => [in_tenths(low), in_tenths(high)],
                None => [String::new(), String::new()],
            }));
        }
        cells.extend((0..COLUMNS.len()).map(|place| tally.unknown(place).to_string()));
        out.push_str(&csv(&cells));
    }
    out
}
