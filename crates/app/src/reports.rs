//! `report`: what others say of our mail – taken in, counted, explained – and what we say of theirs.

pub(crate) mod advise;
mod ask;
mod export;
mod import;
pub(crate) mod kept;
pub(crate) mod list;
mod mark;
mod minds;
pub(crate) mod packer;
mod remove;
mod send;
mod show;
mod sources;
mod summary;
pub(crate) mod table;

use clap::{Args, Subcommand};

use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;

/// `report`
#[derive(Args, Debug)]
pub(crate) struct ReportArguments {
    #[command(subcommand)]
    verb: ReportVerb,
}

/// What is wanted of reports.
#[derive(Subcommand, Debug)]
enum ReportVerb {
    /// Take in aggregate, failure and TLS reports: files, directories, archives, mail files, Maildir, mbox
    Import(import::ImportArguments),
    /// How much mail in our name there was, and what became of it
    Summary(summary::SummaryArguments),
    /// Who sends in our name
    Sources(sources::SourcesArguments),
    /// Where a domain stands on the way to p=reject, and what to do next
    Advise(advise::AdviseArguments),
    /// The reports that came in: accepted, salvaged, refused
    List(list::ListArguments),
    /// One report, as it was read or as it came
    Show(show::ShowArguments),
    /// Write out every record
    Export(export::ExportArguments),
    /// Say what a source is: approved, a forwarder, denied
    Mark(mark::MarkArguments),
    /// Take away everything of a domain, or its old reports; without --yes it is only counted
    Remove(remove::RemoveArguments),
    /// Send the reports that are due about the mail of others, or show them
    Send(send::SendArguments),
}

/// Does what is asked of reports.
///
/// # Errors
/// An option is wrong, the store cannot be used, or the output cannot be written.
pub(crate) fn run(common: &Common, arguments: &ReportArguments) -> Result<ExitCode, Failure> {
    match &arguments.verb {
        ReportVerb::Import(arguments) => import::run(common, arguments),
        ReportVerb::Summary(arguments) => summary::run(common, arguments),
        ReportVerb::Sources(arguments) => sources::run(common, arguments),
        ReportVerb::Advise(arguments) => advise::run(common, arguments),
        ReportVerb::List(arguments) => list::run(common, arguments),
        ReportVerb::Show(arguments) => show::run(common, arguments),
        ReportVerb::Export(arguments) => export::run(common, arguments),
        ReportVerb::Mark(arguments) => mark::run(common, arguments),
        ReportVerb::Remove(arguments) => remove::run(common, arguments),
        ReportVerb::Send(arguments) => send::run(common, arguments),
    }
}

/// Writes to standard output.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
