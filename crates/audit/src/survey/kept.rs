//! Surveys as they are kept: how each was made, and its tables – counts, and no name of the list.
//!
//! Both are text, a line for each thing with tabs between, so that what one version has written another can read: what it does not
//! know it passes over, and a column that was not counted then is unknown of every name.

use std::fmt::Write as _;

use crate::limits::{SURVEY_KEPT_BYTES_MAX, SURVEY_KEPT_GROUP_COUNT_MAX, SURVEY_KEPT_TABLE_COUNT_MAX};
use crate::survey::columns::{COLUMNS, position};
use crate::survey::sample::Sample;
use crate::survey::tally::{Table, Tally};

/// How a survey was made, and the counts of all its names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Made {
    /// What surveys that follow one another have in common.
    pub study: Box<str>,
    /// When the first name was examined, in seconds since 1970.
    pub begun_s: u64,
    /// When the last one was.
    pub ended_s: u64,
    /// The version of the program.
    pub version: Box<str>,
    /// The list, as it was named.
    pub list: Box<str>,
    /// SHA-256 of the list, in hexadecimal digits.
    pub list_hash: Box<str>,
    /// Names in the list.
    pub listed: u64,
    /// Lines of it that are no names.
    pub refused: u64,
    /// Names whose owners do not want to be asked.
    pub opted_out: u64,
    /// Of how many names a question was not answered.
    pub unanswered: u64,
    /// The DNS servers that were asked.
    pub resolvers: Vec<Box<str>>,
    /// The sample, where not all names were examined.
    pub sample: Option<Sample>,
    /// The counts of all names.
    pub all: Tally,
}

/// A survey.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// How it was made.
    pub made: Made,
    /// Its tables.
    pub tables: Vec<Table>,
}

impl Made {
    /// As text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::from(FORM);
        let mut line = |name: &str, value: &str| {
            // A string takes everything.
            let _ = writeln!(out, "{name}\t{}", escaped(value));
        };
        line("study", &self.study);
        line("version", &self.version);
        line("list", &self.list);
        line("list-hash", &self.list_hash);
        self.resolvers.iter().for_each(|resolver| line("resolver", resolver));
        for (name, count) in [
            ("begun", self.begun_s),
            ("ended", self.ended_s),
            ("listed", self.listed),
            ("refused", self.refused),
            ("opted-out", self.opted_out),
            ("unanswered", self.unanswered),
        ] {
            line(name, &count.to_string());
        }
        if let Some(sample) = &self.sample {
            line("sample", &sample.per_million.to_string());
            line("seed", &sample.seed.to_string());
        }
        let _ = writeln!(out, "columns{}\nall{}", column_names(), counts(&self.all));
        out
    }

    /// Reads it; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut made = Self::default();
        let (mut columns, mut seed) = (Vec::new(), 1);
        for line in text.strip_prefix(FORM)?.lines() {
            let (name, value) = line.split_once('\t').unwrap_or((line, ""));
            match name {
                "study" => made.study = plain(value),
                "version" => made.version = plain(value),
                "list" => made.list = plain(value),
                "list-hash" => made.list_hash = plain(value),
                "resolver" if made.resolvers.len() < RESOLVER_COUNT_MAX => made.resolvers.push(plain(value)),
                "begun" => made.begun_s = value.parse().ok()?,
                "ended" => made.ended_s = value.parse().ok()?,
                "listed" => made.listed = value.parse().ok()?,
                "refused" => made.refused = value.parse().ok()?,
                "opted-out" => made.opted_out = value.parse().ok()?,
                "unanswered" => made.unanswered = value.parse().ok()?,
                "sample" => made.sample = Some(Sample { per_million: value.parse().ok()?, seed: 1 }),
                "seed" => seed = value.parse().ok()?,
                "columns" => columns = places(value),
                "all" => made.all = tally(&columns, value)?,
                _ => {}
            }
        }
        made.sample = made.sample.map(|sample| Sample { seed, ..sample });
        Some(made)
    }
}

/// Tables as text: of each the [`SURVEY_KEPT_GROUP_COUNT_MAX`] groups with the most names, of the first
/// [`SURVEY_KEPT_TABLE_COUNT_MAX`]. What is left out is counted by [`Table::beyond`].
#[must_use]
pub fn tables_text(tables: &[Table]) -> String {
    let mut out = format!("{FORM}columns{}\n", column_names());
    for table in tables.iter().take(SURVEY_KEPT_TABLE_COUNT_MAX) {
        let mut largest: Vec<(usize, &str, &Tally)> =
            table.groups().enumerate().map(|(place, (group, tally))| (place, group, tally)).collect();
        largest.sort_by_key(|(place, _, tally)| (std::cmp::Reverse(tally.total()), *place));
        let left_out = largest.split_off(largest.len().min(SURVEY_KEPT_GROUP_COUNT_MAX));
        largest.sort_by_key(|(place, ..)| *place);
        let beyond = table.beyond() + left_out.iter().map(|(_, _, tally)| tally.total()).sum::<u64>();
        let _ = writeln!(out, "table\t{}\t{beyond}", escaped(&table.by));
        for (_, group, tally) in largest {
            let _ = writeln!(out, "group\t{}{}", escaped(group), counts(tally));
        }
        let _ = writeln!(out, "all{}", counts(table.all()));
    }
    out
}

/// Reads them; `None` when they are none.
#[must_use]
pub fn parse_tables(text: &str) -> Option<Vec<Table>> {
    if text.len() > SURVEY_KEPT_BYTES_MAX {
        return None;
    }
    let (mut tables, mut columns): (Vec<Table>, Vec<Option<usize>>) = (Vec::new(), Vec::new());
    for line in text.strip_prefix(FORM)?.lines() {
        let (name, value) = line.split_once('\t').unwrap_or((line, ""));
        match name {
            "columns" => columns = places(value),
            "table" if tables.len() == SURVEY_KEPT_TABLE_COUNT_MAX => return None,
            "table" => {
                let (by, beyond) = value.split_once('\t')?;
                tables.push(Table::of_counts(&plain(by), beyond.parse().ok()?));
            }
            "group" => {
                let (group, counts) = value.split_once('\t')?;
                let table = tables.last_mut()?;
                table.put(&plain(group), tally(&columns, counts)?);
            }
            "all" => tables.last_mut()?.put_all(tally(&columns, value)?),
            _ => {}
        }
    }
    Some(tables)
}

/// The names of the columns, a tab before each.
fn column_names() -> String {
    COLUMNS.iter().map(|column| format!("\t{}", column.id)).collect()
}

/// The places of columns that are named; `None` for one that is not known here.
fn places(names: &str) -> Vec<Option<usize>> {
    names.split('\t').take(COLUMN_COUNT_MAX).map(position).collect()
}

/// The counts of a tally: how many names, then of each column how many have it, and of how many it is not known.
fn counts(tally: &Tally) -> String {
    let mut out = format!("\t{}", tally.total());
    for place in 0..COLUMNS.len() {
        let _ = write!(out, "\t{}/{}", tally.share(place).part, tally.unknown(place));
    }
    out
}

fn tally(columns: &[Option<usize>], text: &str) -> Option<Tally> {
    let mut cells = text.split('\t');
    let total = cells.next()?.parse().ok()?;
    // Of what was not counted then nothing is known.
    let mut counts = vec![(0, total); COLUMNS.len()];
    for (place, cell) in columns.iter().zip(cells) {
        let (yes, unknown) = cell.split_once('/')?;
        let (yes, unknown): (u64, u64) = (yes.parse().ok()?, unknown.parse().ok()?);
        if yes.checked_add(unknown)? > total {
            return None;
        }
        if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
            *count = (yes, unknown);
        }
    }
    Some(Tally::of_counts(total, &counts))
}

/// Without tabs and ends of lines.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            other => out.push(other),
        }
    }
    out
}

fn plain(text: &str) -> Box<str> {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        out.push(match letter {
            '\\' => match letters.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    out.into()
}

/// How each text begins; the number is the form's.
const FORM: &str = "sekisho-survey-kept 1\n";
/// Resolvers that are read, count.
const RESOLVER_COUNT_MAX: usize = 64;
/// Columns that are read, count: far more than there are.
const COLUMN_COUNT_MAX: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::tally::Share;

    fn counted(total: u64, spf: u64, unknown: u64) -> Tally {
        let mut counts = vec![(0, 0); COLUMNS.len()];
        counts[0] = (spf, unknown);
        Tally::of_counts(total, &counts)
    }

    fn made() -> Made {
        Made {
            study: "自治体\t\\n".into(),
            begun_s: 7,
            ended_s: 9,
            version: "0.1".into(),
            list: "a\nb".into(),
            list_hash: "00ff".into(),
            listed: 12,
            refused: 1,
            opted_out: 2,
            unanswered: 3,
            resolvers: vec!["127.0.0.1:53".into(), "[::1]:53".into()],
            sample: Some(Sample { per_million: 10_000, seed: 5 }),
            all: counted(11, 8, 1),
        }
    }

    fn shown(tables: &[Table]) -> Vec<String> {
        let one = |table: &Table| {
            let groups: Vec<_> = table.groups().collect();
            format!("{} {} {groups:?} {:?}", table.by, table.beyond(), table.all())
        };
        tables.iter().map(one).collect()
    }

    #[test]
    fn what_is_kept_is_read() {
        let made = made();
        assert_eq!(Made::parse(&made.to_text()), Some(made));
        let mut table = Table::of_counts("region", 4);
        table.put("", counted(3, 2, 0));
        table.put("a\tb\\\r\n", counted(5, 1, 4));
        table.put_all(counted(12, 3, 4));
        let tables = [table, Table::of_counts("all", 0)];
        let read = parse_tables(&tables_text(&tables)).unwrap();
        assert_eq!(shown(&read), shown(&tables));
        assert_eq!(read[0].groups().nth(1).unwrap().1.share(0), Share { part: 1, whole: 5 });
    }

    #[test]
    fn what_another_version_counted_is_read_as_far_as_it_is_known() {
        let text = format!("{FORM}columns\tnew\tdmarc\nall\t9\t5/1\t3/2\nlater\t1\n");
        let made = Made::parse(&text).unwrap();
        let (spf, dmarc) = (position("spf").unwrap(), position("dmarc").unwrap());
        assert_eq!((made.all.share(dmarc), made.all.unknown(dmarc)), (Share { part: 3, whole: 9 }, 2));
        assert_eq!((made.all.share(spf), made.all.unknown(spf)), (Share { part: 0, whole: 9 }, 9));
    }

    #[test]
    fn of_many_groups_the_largest_are_kept() {
        for count in [SURVEY_KEPT_GROUP_COUNT_MAX - 1, SURVEY_KEPT_GROUP_COUNT_MAX, SURVEY_KEPT_GROUP_COUNT_MAX + 1] {
            let mut table = Table::of_counts("mx-operator", 0);
            for number in 0..count {
                table.put(&format!("g{number}"), counted(1 + u64::from(number > 0), 1, 0));
            }
            let read = parse_tables(&tables_text(&[table])).unwrap();
            assert_eq!(read[0].groups().count(), count.min(SURVEY_KEPT_GROUP_COUNT_MAX));
            assert_eq!(read[0].beyond(), u64::from(count > SURVEY_KEPT_GROUP_COUNT_MAX));
            let is_first_there = read[0].groups().any(|(group, _)| group == "g0");
            assert_eq!(is_first_there, count <= SURVEY_KEPT_GROUP_COUNT_MAX);
        }
        let tables: Vec<Table> =
            (0..=SURVEY_KEPT_TABLE_COUNT_MAX).map(|at| Table::of_counts(&at.to_string(), 0)).collect();
        assert_eq!(parse_tables(&tables_text(&tables)).unwrap().len(), SURVEY_KEPT_TABLE_COUNT_MAX);
    }

    #[test]
    fn what_is_nothing_of_the_kind_is_none() {
        for text in ["", "sekisho-survey-kept 2\n", "{}"] {
            assert!(Made::parse(text).is_none() && parse_tables(text).is_none(), "{text}");
        }
        for rest in ["all\t1", "group\ta\t1", "table\ta", "table\ta\tb", "table\ta\t0\ngroup\ta"] {
            assert!(parse_tables(&format!("{FORM}{rest}\n")).is_none(), "{rest}");
        }
        for cells in ["2\t3/0", "2\t1/2", "2\tx/0", "2\t1", "x", "2\t18446744073709551615/1"] {
            let text = format!("{FORM}columns\tspf\ntable\ta\t0\nall\t{cells}\n");
            assert!(parse_tables(&text).is_none(), "{cells}");
            assert!(Made::parse(&text).is_none(), "{cells}");
        }
    }
}
