//! `survey`: what many domains publish, counted by group – and what became of it since the survey before.
//!
//! [`ask`] examines the names of a list ([`list`]) and keeps each result in a [`journal`] as soon as there is one, so that a survey
//! that was ended in any way goes on where it was; [`progress`] tells how far it is.
//!
//! A survey is a directory: `results.ndjson`, a line for each name ([`record`]), and `manifest.json`, which says how it was made
//! ([`manifest`]). Tables and charts are made of these two and of nothing else ([`output`]), one line at a time, so that they can
//! be made anew, by other groups, without asking anybody again; [`keep`] puts them into the store, for the pages of surveys.

mod ask;
mod chart;
mod diff;
mod groups;
mod journal;
pub(crate) mod keep;
mod list;
mod manifest;
mod method;
pub(crate) mod output;
mod progress;
mod record;
mod results;
mod selectors;
mod series;
mod tables;
#[cfg(test)]
mod tests;

pub(crate) use list::hash_of;

use clap::{Args, Subcommand};

use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;

/// `survey`
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct SurveyArguments {
    #[command(flatten)]
    ask: ask::AskArguments,
    #[command(subcommand)]
    verb: Option<SurveyVerb>,
}

/// What is wanted of surveys.
#[derive(Subcommand, Debug)]
enum SurveyVerb {
    /// What changed between two surveys: name by name, and by group
    Diff(diff::DiffArguments),
    /// Make the tables and charts of a survey anew, by other groups, without asking anybody
    Tables(output::TablesArguments),
    /// The figures of several surveys, one after another
    Series(series::SeriesArguments),
    /// Keep the counts of a survey in the store, for the pages of surveys
    Keep(keep::KeepArguments),
}

/// Does what is asked of surveys.
///
/// # Errors
/// An option is wrong, a survey cannot be read, or the output cannot be written.
pub(crate) fn run(common: &Common, arguments: &SurveyArguments) -> Result<ExitCode, Failure> {
    match &arguments.verb {
        None => ask::run(common, &arguments.ask),
        Some(SurveyVerb::Diff(arguments)) => diff::run(common, arguments),
        Some(SurveyVerb::Tables(arguments)) => output::run(common, arguments),
        Some(SurveyVerb::Series(arguments)) => series::run(common, arguments),
        Some(SurveyVerb::Keep(arguments)) => keep::run(common, arguments),
    }
}

/// Writes to standard output.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
