//! `survey keep`: the counts of a survey into the store, where the pages of surveys show them.

use std::path::{Path, PathBuf};

use audit::survey::Table;
use audit::survey::kept::{Kept, Made, parse_tables, tables_text};
use audit::survey::sample::Sample;
use clap::{Args, ValueHint};
use store::SqliteArchive;
use store::archive::{NewSurvey, Settings, SurveyKeeping, SurveyLine};

use super::manifest::Manifest;
use super::{groups, output, print};
use crate::common::{Common, runtime};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::time;

/// `survey keep`
#[derive(Args, Debug)]
pub(super) struct KeepArguments {
    /// The directory of a survey
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    survey: PathBuf,
    /// What surveys that follow one another have in common [default: the name of the list]
    #[arg(long, value_name = "NAME")]
    study: Option<String>,
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
/// The survey cannot be read, or the store does not take it.
pub(super) fn run(common: &Common, arguments: &KeepArguments) -> Result<ExitCode, Failure> {
    let manifest = Manifest::read(&arguments.survey)?;
    let japan = arguments.psl.as_deref().map(output::suffixes).transpose()?;
    let tables = output::counted(&arguments.survey, &manifest, &arguments.group_by, japan.as_ref())?;
    keep(common, &arguments.survey, &manifest, tables, arguments.study.as_deref())?;
    Ok(ExitCode::Done)
}

/// Keeps the counts of a survey, and says where they are to be seen.
///
/// # Errors
/// The store does not take them.
pub(super) fn keep(
    common: &Common,
    directory: &Path,
    manifest: &Manifest,
    tables: Vec<Table>,
    study: Option<&str>,
) -> Result<(), Failure> {
    let study = study.map_or_else(|| named(directory, manifest), str::to_owned);
    let file = common.reports_file();
    if let Some(place) = file.parent() {
        crate::serve::make_directory(place).map_err(|error| unusable(common, &error.to_string()))?;
    }
    let settings = Settings { check_bytes_max: 0, ..Settings::default() };
    let archive = SqliteArchive::open(&file, settings).map_err(|error| unusable(common, &error.to_string()))?;
    let survey = Kept { made: made(manifest, &tables, &study), tables };
    let id = runtime()?.block_on(put(&archive, &survey)).map_err(|reason| unusable(common, &reason))?;
    let told = [("study", study.into()), ("id", id.to_string().into())];
    print(&(common.say().say("survey-kept", &told) + "\n"))
}

/// Puts a survey into the store; its number.
///
/// # Errors
/// The store's words.
pub(crate) async fn put(archive: &SqliteArchive, survey: &Kept) -> Result<u64, String> {
    let new = NewSurvey {
        tenant: Box::default(),
        study: survey.made.study.clone(),
        begun_s: survey.made.begun_s,
        made: survey.made.to_text().into(),
        tables: tables_text(&survey.tables).into(),
    };
    match archive.keep_survey(new).await.map_err(|error| error.to_string())? {
        SurveyKeeping::Kept(id) => Ok(id),
        SurveyKeeping::TooLarge => Err("it is too large".to_owned()),
    }
}

/// How a survey of the store was made; `None` when another version wrote what this one cannot read.
pub(crate) fn made_of(line: &SurveyLine) -> Option<Made> {
    Made::parse(&line.made)
}

/// A survey of the store.
pub(crate) fn kept_of(line: &SurveyLine, tables: &str) -> Option<Kept> {
    Some(Kept { made: made_of(line)?, tables: parse_tables(tables)? })
}

fn made(manifest: &Manifest, tables: &[Table], study: &str) -> Made {
    let seconds = |moment: &str| time::parse(moment).unwrap_or_default();
    let list = &manifest.list;
    Made {
        study: study.into(),
        begun_s: seconds(&manifest.begun),
        ended_s: seconds(&manifest.ended),
        version: manifest.version.as_str().into(),
        list: list.name.as_str().into(),
        list_hash: list.sha256.as_str().into(),
        listed: list.names,
        refused: list.refused,
        opted_out: list.opted_out,
        unanswered: manifest.names_unanswered,
        resolvers: manifest.resolvers.iter().map(|resolver| resolver.as_str().into()).collect(),
        sample: manifest.sample.as_ref().map(|sample| Sample { per_million: sample.per_million, seed: sample.seed }),
        all: tables.first().map_or_else(|| Table::new(groups::ALL).all().clone(), |table| table.all().clone()),
    }
}

/// The name of the list without its ending; that of the directory, where the list came on standard input.
fn named(directory: &Path, manifest: &Manifest) -> String {
    let list = Path::new(&manifest.list.name);
    let stem = list.file_stem().filter(|stem| *stem != "-").or_else(|| directory.file_name());
    let name = stem.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.chars().take(STUDY_CHARACTERS_MAX).collect()
}

fn unusable(common: &Common, reason: &str) -> Failure {
    let failure = Failure::new(ExitCode::Store, "reports-unusable");
    failure.with("file", common.reports_file().display().to_string()).with("reason", reason)
}

const STUDY_CHARACTERS_MAX: usize = 100;
