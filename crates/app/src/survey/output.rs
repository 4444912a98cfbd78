//! A survey's directory: results, manifest, and what is made of them – tables as CSV, Markdown and HTML, charts as SVG.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use audit::survey::{Examined, Table, japan};
use chart::View;
use clap::{Args, ValueHint};

pub(crate) use super::manifest::{List, Manifest, MethodUsed, SampleUsed};
pub(crate) use super::record::{Groups, line};
pub(crate) use super::results::FILE as RESULTS_FILE;

use super::chart::figures;
use super::results::Results;
use super::tables::{Reach, SECTIONS, residue, sheet, to_csv};
use super::{groups, manifest, method, print};
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{SURVEY_BY_COUNT_MAX, SURVEY_SUFFIX_LIST_BYTES_MAX};
use crate::say::Say;
use crate::study::{Section, Study, locale};

/// `survey tables`
#[derive(Args, Debug)]
pub(super) struct TablesArguments {
    /// The directory of a survey
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    survey: PathBuf,
    /// By this column of the list, or by mail, ns-operator, mx-operator, parked, and with --psl jp-type, jp-prefecture,
    /// jp-municipality; several times for several [default: every column of the list]
    #[arg(long, value_name = "COLUMN")]
    group_by: Vec<String>,
    /// Public suffix list, for the kinds and places of names under .jp
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    psl: Option<PathBuf>,
}

/// Runs the verb.
///
/// # Errors
/// The survey cannot be read, or its directory not written.
pub(super) fn run(common: &Common, arguments: &TablesArguments) -> Result<ExitCode, Failure> {
    let say = common.say();
    let manifest = Manifest::read(&arguments.survey)?;
    let japan = arguments.psl.as_deref().map(suffixes).transpose()?;
    let tables = counted(&arguments.survey, &manifest, &arguments.group_by, japan.as_ref())?;
    let made = write(&arguments.survey, &manifest, tables, say)?;
    made.tables.first().map_or(Ok(()), |table| print(&summary(table, &manifest, say)))?;
    print(&made.files.iter().map(|file| format!("{}\n", file.display())).collect::<String>())?;
    Ok(ExitCode::Done)
}

/// What was made.
pub(crate) struct Made {
    /// The tables, in the order in which they were asked for.
    pub(crate) tables: Vec<Table>,
    /// The files.
    pub(crate) files: Vec<PathBuf>,
}

/// Tables while results are counted.
pub(crate) struct Counting<'j> {
    tables: Vec<Table>,
    japan: Option<&'j japan::Suffixes>,
    /// How many names were counted.
    pub(super) names: u64,
    /// … that have questions without an answer.
    pub(super) names_unanswered: u64,
    /// Such questions.
    pub(super) questions_unanswered: u64,
}

impl<'j> Counting<'j> {
    /// Empty tables by these columns, of a list that has those; `None` where nobody knows which it had.
    ///
    /// # Errors
    /// There is no such column.
    pub(crate) fn new(
        columns: Option<&[String]>,
        by: &[String],
        japan: Option<&'j japan::Suffixes>,
    ) -> Result<Self, Failure> {
        let by = by_what(columns, by, japan)?;
        let tables = by.iter().map(|by| Table::new(by)).collect();
        Ok(Self { tables, japan, names: 0, names_unanswered: 0, questions_unanswered: 0 })
    }

    /// The tables.
    pub(super) fn into_tables(self) -> Vec<Table> {
        self.tables
    }

    /// Counts a name.
    pub(crate) fn add(&mut self, examined: &Examined, groups: &Groups) {
        self.names += 1;
        self.names_unanswered += u64::from(examined.unanswered_count > 0);
        self.questions_unanswered += examined.unanswered_count;
        for table in &mut self.tables {
            let group = groups::value(&table.by, examined, groups, self.japan);
            table.add(&group, examined);
        }
    }
}

/// Writes the manifest beside results that are there already, and the tables and charts of them.
///
/// # Errors
/// The directory cannot be written.
pub(crate) fn finish(directory: &Path, manifest: &Manifest, counted: Counting<'_>, say: &Say) -> Result<Made, Failure> {
    put(&directory.join(manifest::FILE), &manifest.to_text())?;
    write(directory, manifest, counted.into_tables(), say)
}

/// Counts the results.
///
/// # Errors
/// They cannot be read, or there is no such column.
pub(super) fn counted(
    directory: &Path,
    manifest: &Manifest,
    by: &[String],
    japan: Option<&japan::Suffixes>,
) -> Result<Vec<Table>, Failure> {
    let columns = (!manifest.begun.is_empty()).then_some(manifest.groups.as_slice());
    let mut counting = Counting::new(columns, by, japan)?;
    let mut results = Results::open(directory)?;
    while let Some(one) = results.next()? {
        counting.add(&one.examined, &one.groups);
    }
    Ok(counting.into_tables())
}

/// Writes tables and charts.
fn write(directory: &Path, manifest: &Manifest, tables: Vec<Table>, say: &Say) -> Result<Made, Failure> {
    let mut files = Vec::new();
    let mut parts = BTreeSet::new();
    for table in &tables {
        let mut part = groups::file_part(&table.by);
        // Two columns may differ only in what no file's name holds.
        while !parts.insert(part.clone()) {
            part.push('_');
        }
        files.extend(write_table(directory, &part, table, manifest, say)?);
    }
    Ok(Made { tables, files })
}

fn write_table(
    directory: &Path,
    part: &str,
    table: &Table,
    manifest: &Manifest,
    say: &Say,
) -> Result<Vec<PathBuf>, Failure> {
    let reach = reach(manifest);
    let study = study(table, manifest, reach, say);
    let mut contents = vec![
        (format!("table-{part}.csv"), to_csv(table, reach)),
        (format!("table-{part}.md"), study.markdown()),
        (format!("table-{part}.html"), study.html(say)),
    ];
    let names = [format!("chart-{part}.svg"), format!("chart-{part}-policy.svg")];
    for (name, figure) in names.into_iter().zip(&study.figures) {
        if let Ok(svg) = figure.svg(&View::file(View::WIDE, locale(say))) {
            contents.push((name, svg));
        }
    }
    let write = |(name, text): (String, String)| {
        let path = directory.join(name);
        put(&path, &text)?;
        Ok(path)
    };
    contents.into_iter().map(write).collect()
}

/// The columns that are asked for; those of the list where none is, and all names together where the list has none.
fn by_what(columns: Option<&[String]>, by: &[String], japan: Option<&japan::Suffixes>) -> Result<Vec<String>, Failure> {
    let known = |by: &&String| {
        columns.is_none_or(|columns| columns.contains(by))
            || groups::OF_FACTS.contains(&by.as_str())
            || by.as_str() == groups::ALL
            || (japan.is_some() && japan::GROUPS.contains(&by.as_str()))
    };
    if let Some(unknown) = by.iter().find(|by| !known(by)) {
        return Err(Failure::option("survey-no-column", "--group-by", unknown));
    }
    let mut wanted: Vec<String> = if by.is_empty() { columns.unwrap_or_default().to_vec() } else { by.to_vec() };
    wanted.truncate(SURVEY_BY_COUNT_MAX);
    if wanted.is_empty() {
        wanted.push(groups::ALL.to_owned());
    }
    Ok(wanted)
}

/// The first section of a table, for the terminal.
pub(crate) fn summary(table: &Table, manifest: &Manifest, say: &Say) -> String {
    let Some(section) = SECTIONS.first() else { return String::new() };
    sheet(table, section, reach(manifest), say).text()
}

fn reach(manifest: &Manifest) -> Reach {
    if manifest.sample.is_some() { Reach::Sample } else { Reach::Whole }
}

/// All of a table that people read.
fn study(table: &Table, manifest: &Manifest, reach: Reach, say: &Say) -> Study {
    let section = |title: &str, sheet| Section { title: say.word(title), sheet, notes: Vec::new() };
    let mut sections: Vec<_> =
        SECTIONS.iter().map(|one| section(one.title, Some(sheet(table, one, reach, say)))).collect();
    let mut open = section("survey-label-section-residue", residue(table, say));
    if open.sheet.is_none() {
        open.notes.push(say.word("survey-residue-none"));
    }
    sections.push(open);
    Study {
        title: title(table, say),
        method: method::lines(manifest, table, say),
        figures: figures(table, say),
        sections,
    }
}

/// The title of a table.
fn title(table: &Table, say: &Say) -> String {
    let title = say.word("survey-label-title");
    if &*table.by == groups::ALL { title } else { format!("{title}: {}", table.by) }
}

/// Reads a public suffix list for the names under `.jp`.
///
/// # Errors
/// It cannot be read.
pub(crate) fn suffixes(path: &Path) -> Result<japan::Suffixes, Failure> {
    use std::io::Read as _;
    let name = path.display().to_string();
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(SURVEY_SUFFIX_LIST_BYTES_MAX).read_to_string(&mut text))
        .map_err(|error| Failure::unreadable(&name, &error))?;
    Ok(japan::Suffixes::parse(&text))
}

fn put(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    let name = path.display().to_string();
    Failure::new(ExitCode::Internal, "survey-unwritable").with("file", name).with("reason", error.to_string())
}
