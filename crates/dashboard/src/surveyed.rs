//! Surveys of many domains, as they are shown: which columns stand together, and the figures – adoption, policy levels, and both
//! through several surveys. The command line draws and writes the same.

use audit::survey::columns::{COLUMNS, position};
use audit::survey::{Table, Tally};
use chart::limits::{CATEGORY_COUNT_MAX, ROW_COUNT_MAX};
use chart::{Figure, Scale, Series, Shape, Slot};

/// The sentences of a language, by id.
pub type Word<'w> = &'w dyn Fn(&str) -> String;

/// What the table of all names without groups is by.
pub const ALL: &str = "all";

/// Columns that stand together: a heading, and their names.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its name in addresses and files.
    pub name: &'static str,
    /// The sentence of the heading.
    pub title: &'static str,
    /// Its columns.
    pub columns: &'static [&'static str],
}

/// The sections, in order: that of the table of 2017 first.
pub const SECTIONS: &[Section] = &[
    Section {
        name: "adoption",
        title: "survey-label-section-adoption",
        columns: &["spf", "dmarc", "dkim_folder", "bimi", "mta_sts", "tls_rpt", "dnssec"],
    },
    Section {
        name: "mail",
        title: "survey-label-section-mail",
        columns: &["mx", "null_mx", "a_only", "no_mail", "nxdomain", "parked"],
    },
    Section {
        name: "spf",
        title: "survey-label-section-spf",
        columns: &["spf_valid", "spf_invalid", "spf_fail", "spf_softfail", "spf_neutral", "spf_pass"],
    },
    Section {
        name: "dmarc",
        title: "survey-label-section-dmarc",
        columns: &["dmarc_none", "dmarc_quarantine", "dmarc_reject", "dmarc_invalid", "dmarc_testing", "dmarc_rua"],
    },
    Section {
        name: "effective",
        title: "survey-label-section-effective",
        columns: &["effective", "effective_none", "effective_quarantine", "effective_reject", "effective_psl"],
    },
    Section {
        name: "dkim",
        title: "survey-label-section-dkim",
        columns: &["dkim_folder", "dkim_listed", "dkim_learnt"],
    },
    Section { name: "others", title: "survey-label-section-others", columns: &["adsp", "wildcard", "unanswered"] },
];

/// The name of a group; names without a value in the column are one, too.
#[must_use]
pub fn group_name(group: &str, word: Word<'_>) -> String {
    if group.is_empty() { word("survey-label-no-group") } else { group.to_owned() }
}

/// The figures of a table: adoption, and policy levels.
#[must_use]
pub fn figures(table: &Table, word: Word<'_>) -> Vec<Figure> {
    let rows = rows(table, word);
    vec![adoption(&rows, table, word), levels(&rows, table, word)]
}

/// What was adopted, survey after survey.
#[must_use]
pub fn through_time(points: &[(String, Tally)], word: Word<'_>) -> Figure {
    let begin = points.len().saturating_sub(CATEGORY_COUNT_MAX);
    let rows: Vec<(String, &Tally)> =
        points.get(begin..).unwrap_or_default().iter().map(|(day, tally)| (day.clone(), tally)).collect();
    Figure {
        shape: Shape::Lines,
        title: word("survey-label-chart-series"),
        description: word("survey-chart-series"),
        category_name: word("survey-label-day"),
        ..shares(&rows, IN_TIME, word)
    }
}

/// As many rows as are still read, those with the most names; all names last.
fn rows<'t>(table: &'t Table, word: Word<'_>) -> Vec<(String, &'t Tally)> {
    let mut largest: Vec<(usize, &str, &Tally)> =
        table.groups().enumerate().map(|(place, (group, tally))| (place, group, tally)).collect();
    largest.sort_by_key(|(place, _, tally)| (std::cmp::Reverse(tally.total()), *place));
    largest.truncate(ROW_COUNT_SHOWN.min(ROW_COUNT_MAX - 1));
    largest.sort_by_key(|(place, ..)| *place);
    let groups = largest.into_iter().filter(|_| &*table.by != ALL);
    let mut rows: Vec<_> = groups.map(|(_, group, tally)| (group_name(group, word), tally)).collect();
    rows.push((word("survey-label-all"), table.all()));
    rows
}

fn adoption(rows: &[(String, &Tally)], table: &Table, word: Word<'_>) -> Figure {
    Figure {
        shape: Shape::Bars,
        title: word("survey-label-chart-adoption"),
        description: word("survey-chart-adoption"),
        category_name: table.by.to_string(),
        ..shares(rows, ADOPTION, word)
    }
}

/// Columns as shares of all names.
fn shares(rows: &[(String, &Tally)], columns: &[(&str, Slot)], word: Word<'_>) -> Figure {
    let series = columns.iter().filter_map(|(id, slot)| {
        let place = position(id)?;
        // What was not counted at all is no zero.
        let is_counted = |tally: &Tally| tally.total() == 0 || tally.unknown(place) < tally.total();
        let value = |tally: &Tally| is_counted(tally).then(|| tally.share(place).part);
        let values = rows.iter().map(|(_, tally)| value(tally)).collect();
        Some(Series { name: word(COLUMNS.get(place)?.sentence), slot: *slot, values })
    });
    Figure {
        shape: Shape::Bars,
        title: String::new(),
        description: String::new(),
        unit: String::new(),
        absent: word("survey-label-absent"),
        category_name: String::new(),
        categories: rows.iter().map(|(name, _)| name.clone()).collect(),
        scale: Scale::Share {
            name: word("survey-label-total"),
            wholes: rows.iter().map(|(_, tally)| tally.total()).collect(),
        },
        series: series.collect(),
    }
}

/// Each name at one level: its own record's policy, a broken record, none, or unknown.
fn levels(rows: &[(String, &Tally)], table: &Table, word: Word<'_>) -> Figure {
    let part = |tally: &Tally, id: &str| position(id).map(|place| tally.share(place).part).unwrap_or_default();
    let unknown = |tally: &Tally| position("dmarc").map(|place| tally.unknown(place)).unwrap_or_default();
    let absent = |tally: &Tally| {
        let known: u64 = LEVELS.iter().map(|(id, ..)| part(tally, id)).sum();
        tally.total().saturating_sub(known).saturating_sub(unknown(tally))
    };
    let series = |name: &str, slot: Slot, count: &dyn Fn(&Tally) -> u64| Series {
        name: word(name),
        slot,
        values: rows.iter().map(|(_, tally)| Some(count(tally))).collect(),
    };
    let mut all: Vec<Series> =
        LEVELS.iter().map(|(id, name, slot)| series(name, *slot, &|tally| part(tally, id))).collect();
    all.push(series("survey-label-level-absent", Slot::Other(7), &absent));
    all.push(series("survey-label-level-unknown", Slot::Undecidable, &unknown));
    Figure {
        shape: Shape::Shares,
        title: word("survey-label-chart-levels"),
        description: word("survey-chart-levels"),
        unit: String::new(),
        absent: word("survey-label-absent"),
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
