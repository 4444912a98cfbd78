//! `survey diff`: what changed between two surveys, name by name and by group.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use audit::survey::columns::{COLUMNS, position};
use audit::survey::difference::{Changed, changes};
use audit::survey::fields::Field;
use audit::survey::sample::hash;
use audit::survey::{Share, Table, Tally};
use clap::{Args, ValueHint};
use mailtext::Domain;
use serde_json::{Map, Value, json};

use super::record::value;
use super::results::{Line, Results};
use super::tables::group_name;
use super::{groups, print};
use crate::cli::SpfFormat;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::SURVEY_TURN_COUNT_MAX;
use crate::reports::table::{Column, aligned, grouped};
use crate::say::Say;

/// `survey diff`
#[derive(Args, Debug)]
pub(super) struct DiffArguments {
    /// The survey before: its directory, or its results
    #[arg(value_name = "A", value_hint = ValueHint::AnyPath)]
    before: PathBuf,
    /// The survey after
    #[arg(value_name = "B", value_hint = ValueHint::AnyPath)]
    after: PathBuf,
    /// By this column of the list, or by mail, ns-operator, mx-operator [default: all names together]
    #[arg(long, value_name = "COLUMN")]
    group_by: Option<String>,
    /// Form of the output; json has a line for each name that changed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: SpfFormat,
}

/// Runs the verb.
///
/// # Errors
/// A survey cannot be read.
pub(super) fn run(common: &Common, arguments: &DiffArguments) -> Result<ExitCode, Failure> {
    let by = arguments.group_by.as_deref().unwrap_or(groups::ALL);
    let lines = |line: &str| if arguments.format == SpfFormat::Json { print(line) } else { Ok(()) };
    let found = difference(&arguments.before, &arguments.after, by, lines)?;
    match arguments.format {
        SpfFormat::Json => print(&found.json())?,
        SpfFormat::Text => print(&found.text(common.say()))?,
    }
    Ok(ExitCode::Done)
}

/// Compares two surveys; each name that changed is told at once.
fn difference(
    before: &Path,
    after: &Path,
    by: &str,
    mut tell: impl FnMut(&str) -> Result<(), Failure>,
) -> Result<Difference, Failure> {
    let mut found = Difference::new(by);
    let index = found.index(before)?;
    let mut before = Results::open(before)?;
    let mut after = Results::open(after)?;
    while let Some(one) = after.next()? {
        let was = index.find(&mut before, &one.examined.name)?;
        if let Some(line) = found.take(was.as_ref(), &one) {
            tell(&line)?;
        }
    }
    Ok(found)
}

/// Compares two surveys: the lines of the names that changed, and the rest.
#[cfg(test)]
pub(super) fn compare(before: &Path, after: &Path, by: &str) -> Result<(Vec<String>, Difference), Failure> {
    let mut lines = Vec::new();
    let found = difference(before, after, by, |line| {
        lines.push(line.to_owned());
        Ok(())
    })?;
    Ok((lines, found))
}

/// Where each name of the first survey stands: sixteen bytes for each.
struct Index(Vec<(u64, u64)>);

impl Index {
    fn find(&self, results: &mut Results, name: &Domain) -> Result<Option<Line>, Failure> {
        let wanted = hash(name.as_str().as_bytes(), 0);
        let begin = self.0.partition_point(|(hash, _)| *hash < wanted);
        for (_, offset) in self.0.iter().skip(begin).take_while(|(hash, _)| *hash == wanted) {
            if let Some(one) = results.at(*offset)?.filter(|one| one.examined.name == *name) {
                return Ok(Some(one));
            }
        }
        Ok(None)
    }
}

/// What is found.
pub(super) struct Difference {
    before: Table,
    after: Table,
    both: u64,
    changed: u64,
    new: u64,
    /// How often a field went from one value to another.
    turns: BTreeMap<(&'static str, String, String), u64>,
}

impl Difference {
    fn new(by: &str) -> Self {
        let (before, after) = (Table::new(by), Table::new(by));
        Self { before, after, both: 0, changed: 0, new: 0, turns: BTreeMap::new() }
    }

    /// Counts the first survey, and learns where its names stand.
    fn index(&mut self, survey: &Path) -> Result<Index, Failure> {
        let mut index = Vec::new();
        let mut results = Results::open(survey)?;
        while let Some(one) = results.next()? {
            index.push((hash(one.examined.name.as_str().as_bytes(), 0), one.offset));
            self.before.add(&groups::value(&self.before.by.clone(), &one.examined, &one.groups, None), &one.examined);
        }
        index.sort_unstable();
        Ok(Index(index))
    }

    /// Takes a name of the second survey in; its line where it changed.
    fn take(&mut self, was: Option<&Line>, one: &Line) -> Option<String> {
        self.after.add(&groups::value(&self.after.by.clone(), &one.examined, &one.groups, None), &one.examined);
        let Some(was) = was else {
            self.new += 1;
            return None;
        };
        self.both += 1;
        let changes = changes(&was.examined, &one.examined);
        if changes.is_empty() {
            return None;
        }
        self.changed += 1;
        for change in changes.iter().filter(|change| COUNTED.contains(&change.field)) {
            let key = (change.field, shown(&change.before), shown(&change.after));
            if self.turns.len() < SURVEY_TURN_COUNT_MAX || self.turns.contains_key(&key) {
                *self.turns.entry(key).or_default() += 1;
            }
        }
        Some(json_line(&one.examined.name, changes))
    }

    fn gone(&self) -> u64 {
        self.before.all().total().saturating_sub(self.both)
    }

    /// The groups of either survey, with their counts in both; all names last.
    fn groups(&self) -> Vec<(Option<&str>, Tally, Tally)> {
        let find = |table: &Table, group: &str| {
            table.groups().find(|(name, _)| *name == group).map(|(_, tally)| tally.clone()).unwrap_or_default()
        };
        let mut rows = Vec::new();
        if &*self.before.by != groups::ALL {
            let before = self.before.groups().map(|(group, _)| group);
            let new = self.after.groups().map(|(group, _)| group);
            let mut names: Vec<&str> = before.collect();
            let known: std::collections::BTreeSet<&str> = names.iter().copied().collect();
            names.extend(new.filter(|group| !known.contains(group)));
            rows.extend(
                names.into_iter().map(|group| (Some(group), find(&self.before, group), find(&self.after, group))),
            );
        }
        rows.push((None, self.before.all().clone(), self.after.all().clone()));
        rows
    }

    pub(super) fn json(&self) -> String {
        let groups: Vec<Value> = self
            .groups()
            .into_iter()
            .map(|(group, before, after)| {
                let columns: Map<String, Value> = COLUMNS
                    .iter()
                    .enumerate()
                    .map(|(place, column)| {
                        let (before, after) = (before.share(place).part, after.share(place).part);
                        (column.id.to_owned(), json!([before, after]))
                    })
                    .collect();
                json!({"group": group.unwrap_or("ALL"), "total": [before.total(), after.total()], "columns": columns})
            })
            .collect();
        let turns: Vec<Value> = self
            .turns
            .iter()
            .map(|((field, from, to), count)| json!({"field": field, "before": from, "after": to, "count": count}))
            .collect();
        let summary = json!({"both": self.both, "changed": self.changed, "only_before": self.gone(), "only_after": self.new, "turns": turns, "groups": groups});
        format!("{}\n", json!({ "summary": summary }))
    }

    pub(super) fn text(&self, say: &Say) -> String {
        let number = |number: u64| mailtext::Value::from(grouped(number));
        let mut out = say.say(
            "survey-diff-summary",
            &[
                ("both", number(self.both)),
                ("changed", number(self.changed)),
                ("gone", number(self.gone())),
                ("new", number(self.new)),
            ],
        );
        out.push_str("\n\n");
        let places: Vec<usize> = SHOWN.iter().filter_map(|id| position(id)).collect();
        let names = places.iter().filter_map(|place| COLUMNS.get(*place)).map(|column| say.word(column.sentence));
        let by =
            if &*self.before.by == groups::ALL { say.word("survey-label-group") } else { self.before.by.to_string() };
        let mut lines: Vec<Vec<String>> = vec![std::iter::once(by).chain(names).collect()];
        lines.extend(self.groups().into_iter().map(|(group, before, after)| {
            let name = group.map_or_else(|| say.word("survey-label-all"), |group| group_name(group, say));
            let cells = places.iter().map(|place| moved(before.share(*place), after.share(*place)));
            std::iter::once(name).chain(cells).collect()
        }));
        let form: Vec<Column> = std::iter::once(Column::Left).chain(places.iter().map(|_| Column::Right)).collect();
        out.push_str(&aligned("", &form, &lines));
        if !self.turns.is_empty() {
            let heads = ["survey-label-field", "survey-label-before", "survey-label-after", "survey-label-count"];
            let mut lines: Vec<Vec<String>> = vec![heads.iter().map(|id| say.word(id)).collect()];
            let mut turns: Vec<_> = self.turns.iter().collect();
            turns.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            lines.extend(turns.into_iter().map(|((field, from, to), count)| {
                vec![(*field).to_owned(), from.clone(), to.clone(), grouped(*count)]
            }));
            let form = [Column::Left, Column::Left, Column::Left, Column::Right];
            out.push('\n');
            out.push_str(&aligned("", &form, &lines));
        }
        out
    }
}

/// `78.4 → 80.1 (+1.7)`: per cent, and points between.
fn moved(before: Share, after: Share) -> String {
    let (Some(from), Some(to)) = (before.tenths(), after.tenths()) else {
        return format!("{} → {}", dash(before), dash(after));
    };
    let (sign, points) = if to >= from { ('+', to - from) } else { ('−', from - to) };
    format!("{} → {} ({sign}{})", before.percent(), after.percent(), audit::survey::tally::in_tenths(points))
}

fn dash(share: Share) -> String {
    if share.whole == 0 { "–".to_owned() } else { share.percent() }
}

fn shown(field: &Field<'_>) -> String {
    match field {
        Field::Nothing => "–".to_owned(),
        Field::Text(text) => text.to_string(),
        Field::Number(number) => number.to_string(),
        Field::Flag(flag) => flag.to_string(),
        Field::List(list) => list.join(" "),
    }
}

fn json_line(name: &Domain, changes: Vec<Changed<'_>>) -> String {
    let changes =
        changes.into_iter().map(|change| (change.field.to_owned(), json!([value(change.before), value(change.after)])));
    let changes: Map<String, Value> = changes.collect();
    format!("{}\n", json!({"domain": name.as_str(), "changes": changes}))
}

/// Fields of few values, whose turns are counted.
const COUNTED: [&str; 15] = [
    "mail",
    "parked",
    "spf.result",
    "spf.problem",
    "spf.all",
    "dmarc.result",
    "dmarc.p",
    "dmarc.sp",
    "dmarc.np",
    "dmarc.testing",
    "bimi.result",
    "mta_sts.result",
    "tls_rpt.result",
    "dnssec",
    "adsp.result",
];
const SHOWN: [&str; 6] = ["spf", "dmarc", "dmarc_none", "dmarc_quarantine", "dmarc_reject", "mta_sts"];
