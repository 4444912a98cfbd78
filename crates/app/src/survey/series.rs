//! `survey series`: the figures of several surveys, one after another.

use std::path::PathBuf;

use audit::survey::columns::{COLUMNS, position};
use audit::survey::{Table, Tally};
use chart::View;
use clap::{Args, ValueEnum, ValueHint};

use super::chart::through_time;
use super::manifest::Manifest;
use super::results::Results;
use super::{groups, print};
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::reports::table::{Column, aligned, csv};
use crate::study::locale;

/// `survey series`
#[derive(Args, Debug)]
pub(super) struct SeriesArguments {
    /// The directories of surveys
    #[arg(required = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    surveys: Vec<PathBuf>,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: SeriesFormat,
}

/// The forms of a series.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum SeriesFormat {
    /// A table for people
    Text,
    /// Comma-separated values, every column
    Csv,
    /// A chart
    Svg,
}

/// Runs the verb.
///
/// # Errors
/// A survey cannot be read.
pub(super) fn run(common: &Common, arguments: &SeriesArguments) -> Result<ExitCode, Failure> {
    let say = common.say();
    let points = points(&arguments.surveys)?;
    match arguments.format {
        SeriesFormat::Csv => print(&to_csv(&points))?,
        SeriesFormat::Svg => {
            let svg = through_time(&points, say).svg(&View::file(View::WIDE, locale(say)));
            let svg = svg
                .map_err(|error| Failure::new(ExitCode::Input, "survey-no-chart").with("reason", error.to_string()))?;
            print(&svg)?;
        }
        SeriesFormat::Text => {
            let places: Vec<usize> = SHOWN.iter().filter_map(|id| position(id)).collect();
            let names = places.iter().filter_map(|place| COLUMNS.get(*place)).map(|column| say.word(column.sentence));
            let mut lines: Vec<Vec<String>> =
                vec![std::iter::once(say.word("survey-label-day")).chain(names).collect()];
            lines.extend(points.iter().map(|(day, tally)| {
                let share = |place: &usize| tally.share(*place);
                let cell = |place| format!("{} ({}/{})", share(place).percent(), share(place).part, share(place).whole);
                std::iter::once(day.clone()).chain(places.iter().map(cell)).collect()
            }));
            let form: Vec<Column> = std::iter::once(Column::Left).chain(places.iter().map(|_| Column::Right)).collect();
            print(&aligned("", &form, &lines))?;
        }
    }
    Ok(ExitCode::Done)
}

/// Each survey with its day, in the order of the days.
pub(super) fn points(surveys: &[PathBuf]) -> Result<Vec<(String, Tally)>, Failure> {
    let mut points: Vec<(String, Tally)> = Vec::new();
    for survey in surveys {
        let manifest = Manifest::read(survey)?;
        let mut table = Table::new(groups::ALL);
        let mut results = Results::open(survey)?;
        while let Some(one) = results.next()? {
            table.add("", &one.examined);
        }
        // A survey that does not say when it was made is named by its directory.
        let named = || survey.file_name().unwrap_or(survey.as_os_str()).to_string_lossy().into_owned();
        let day = if manifest.day().is_empty() { named() } else { manifest.day().to_owned() };
        points.push((day, table.all().clone()));
    }
    points.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(points)
}

pub(super) fn to_csv(points: &[(String, Tally)]) -> String {
    let mut header = vec!["date".to_owned(), "total".to_owned()];
    header.extend(COLUMNS.iter().flat_map(|column| [column.id.to_owned(), format!("{}_pct", column.id)]));
    let mut out = csv(&header);
    for (day, tally) in points {
        let mut cells = vec![day.clone(), tally.total().to_string()];
        let shares = (0..COLUMNS.len()).map(|place| tally.share(place));
        cells.extend(shares.flat_map(|share| [share.part.to_string(), share.percent()]));
        out.push_str(&csv(&cells));
    }
    out
}

const SHOWN: [&str; 5] = ["spf", "dmarc", "dmarc_quarantine", "dmarc_reject", "mta_sts"];
