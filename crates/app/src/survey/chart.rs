//! Charts of a survey: adoption by group, policy levels by group, and both through several surveys.

use audit::survey::columns::{COLUMNS, position};
use audit::survey::{Table, Tally};
use chart::limits::{CATEGORY_COUNT_MAX, ROW_COUNT_MAX};
use chart::{Figure, Locale, Scale, Series, Shape, Slot};

use super::tables::group_name;
use crate::say::{Language, Say};

/// How numbers are written.
pub(super) fn locale(say: &Say) -> Locale {
    if say.language() == Language::Japanese { Locale::Ja } else { Locale::En }
}

/// The figures of a table: adoption, and policy levels.
pub(super) fn figures(table: &Table, say: &Say) -> Vec<Figure> {
    let rows = rows(table, say);
    vec![adoption(&rows, table, say), levels(&rows, table, say)]
}

/// What was adopted, survey after survey.
pub(super) fn through_time(points: &[(String, Tally)], say: &Say) -> Figure {
    let begin = points.len().saturating_sub(CATEGORY_COUNT_MAX);
    let rows: Vec<(String, &Tally)> =
        points.get(begin..).unwrap_or_default().iter().map(|(day, tally)| (day.clone(), tally)).collect();
    Figure {
        shape: Shape::Lines,
        title: say.word("survey-label-chart-series"),
        description: say.word("survey-chart-series"),
        category_name: say.word("survey-label-day"),
        ..shares(&rows, IN_TIME, say)
    }
}

/// As many rows as are still read, those with the most names; all names last.
fn rows<'t>(table: &'t Table, say: &Say) -> Vec<(String, &'t Tally)> {
    let mut largest: Vec<(usize, &str, &Tally)> =
        table.groups().enumerate().map(|(place, (group, tally))| (place, group, tally)).collect();
    largest.sort_by_key(|(place, _, tally)| (std::cmp::Reverse(tally.total()), *place));
    largest.truncate(ROW_COUNT_SHOWN.min(ROW_COUNT_MAX - 1));
    largest.sort_by_key(|(place, ..)| *place);
    let groups = largest.into_iter().filter(|_| &*table.by != super::groups::ALL);
    let mut rows: Vec<_> = groups.map(|(_, group, tally)| (group_name(group, say), tally)).collect();
    rows.push((say.word("survey-label-all"), table.all()));
    rows
}

fn adoption(rows: &[(String, &Tally)], table: &Table, say: &Say) -> Figure {
    Figure {
        shape: Shape::Bars,
        title: say.word("survey-label-chart-adoption"),
        description: say.word("survey-chart-adoption"),
        category_name: table.by.to_string(),
        ..shares(rows, ADOPTION, say)
    }
}

/// Columns as shares of all names.
fn shares(rows: &[(String, &Tally)], columns: &[(&str, Slot)], say: &Say) -> Figure {
    let series = columns.iter().filter_map(|(id, slot)| {
        let place = position(id)?;
        let values = rows.iter().map(|(_, tally)| Some(tally.share(place).part)).collect();
        Some(Series { name: say.word(COLUMNS.get(place)?.sentence), slot: *slot, values })
    });
    Figure {
        shape: Shape::Bars,
        title: String::new(),
        description: String::new(),
        unit: String::new(),
        absent: say.word("survey-label-absent"),
        category_name: String::new(),
        categories: rows.iter().map(|(name, _)| name.clone()).collect(),
        scale: Scale::Share {
            name: say.word("survey-label-total"),
            wholes: rows.iter().map(|(_, tally)| tally.total()).collect(),
        },
        series: series.collect(),
    }
}

/// Each name at one level: its own record's policy, a broken record, none, or unknown.
fn levels(rows: &[(String, &Tally)], table: &Table, say: &Say) -> Figure {
    let part = |tally: &Tally, id: &str| position(id).map(|place| tally.share(place).part).unwrap_or_default();
    let unknown = |tally: &Tally| position("dmarc").map(|place| tally.unknown(place)).unwrap_or_default();
    let absent = |tally: &Tally| {
        let known: u64 = LEVELS.iter().map(|(id, ..)| part(tally, id)).sum();
        tally.total().saturating_sub(known).saturating_sub(unknown(tally))
    };
    let series = |name: &str, slot: Slot, count: &dyn Fn(&Tally) -> u64| Series {
        name: say.word(name),
        slot,
        values: rows.iter().map(|(_, tally)| Some(count(tally))).collect(),
    };
    let mut all: Vec<Series> =
        LEVELS.iter().map(|(id, name, slot)| series(name, *slot, &|tally| part(tally, id))).collect();
    all.push(series("survey-label-level-absent", Slot::Other(3), &absent));
    all.push(series("survey-label-level-unknown", Slot::Undecidable, &unknown));
    Figure {
        shape: Shape::Shares,
        title: say.word("survey-label-chart-levels"),
        description: say.word("survey-chart-levels"),
        unit: String::new(),
        absent: say.word("survey-label-absent"),
        category_name: table.by.to_string(),
        categories: rows.iter().map(|(name, _)| name.clone()).collect(),
        scale: Scale::Count,
        series: all,
    }
}

/// Rows of a figure: what fits a printed page.
const ROW_COUNT_SHOWN: usize = 47;
const ADOPTION: &[(&str, Slot)] = &[("spf", Slot::Other(0)), ("dmarc", Slot::Other(1))];
const IN_TIME: &[(&str, Slot)] = &[
    ("spf", Slot::Other(0)),
    ("dmarc", Slot::Other(1)),
    ("dmarc_quarantine", Slot::Other(2)),
    ("dmarc_reject", Slot::Other(3)),
    ("mta_sts", Slot::Other(4)),
    ("bimi", Slot::Other(5)),
];
const LEVELS: &[(&str, &str, Slot)] = &[
    ("dmarc_reject", "survey-label-level-reject", Slot::Other(0)),
    ("dmarc_quarantine", "survey-label-level-quarantine", Slot::Other(1)),
    ("dmarc_none", "survey-label-level-none", Slot::Other(2)),
    ("dmarc_invalid", "survey-label-level-invalid", Slot::Misconfigured),
];
