//! `completions` and `man`: made from the same table as the help.

use std::io::Write as _;

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::exit::ExitCode;
use crate::failure::Failure;

/// Prints completions for a shell.
///
/// # Errors
/// The output cannot be written.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "sekisho", &mut script);
    print(&script)
}

/// Prints the manual page, a section for each verb.
///
/// # Errors
/// The output cannot be written.
pub(crate) fn man() -> Result<ExitCode, Failure> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut page = Vec::new();
    let whole = clap_mangen::Man::new(command.clone());
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    whole.render_synopsis_section(&mut page)?;
    whole.render_description_section(&mut page)?;
    whole.render_options_section(&mut page)?;
    verbs(&command, "sekisho", &mut page)?;
    whole.render_version_section(&mut page)?;
    print(&page)
}

/// A section for each verb, and for each of its own verbs.
fn verbs(command: &clap::Command, name: &str, page: &mut Vec<u8>) -> std::io::Result<()> {
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        let name = format!("{name} {}", verb.get_name());
        writeln!(page, ".SH \"{}\"", name.to_uppercase())?;
        let section = clap_mangen::Man::new(verb.clone());
        // What is a section of a page of its own is a part of this one.
        let mut part = Vec::new();
        section.render_synopsis_section(&mut part)?;
        section.render_description_section(&mut part)?;
        section.render_options_section(&mut part)?;
        page.extend_from_slice(String::from_utf8_lossy(&part).replace(".SH ", ".SS ").as_bytes());
        verbs(verb, &name, page)?;
    }
    Ok(())
}

fn print(text: &[u8]) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(ExitCode::Done)
}
