//! `policy`: what the operator's rules make of messages in files ([`test`]), and what other rules would have made of the
//! mail that is in the ledger ([`simulate`]).

mod simulate;
mod test;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueHint};

use crate::cli::VerifyArguments;
use crate::common::Common;
use crate::config::Config;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::lists::Lists;
use crate::verify;
use simulate::SimulateArguments;
pub(crate) use test::{Judging, list_of};

/// `policy`
#[derive(Args, Debug)]
pub(crate) struct PolicyArguments {
    #[command(subcommand)]
    verb: PolicyVerb,
}

/// What is wanted of the rules.
#[derive(Subcommand, Debug)]
enum PolicyVerb {
    /// Judge messages by the rules, and tell every reason; nothing is done with them
    Test(TestArguments),
    /// Judge the mail of the ledger by other rules: what would have been blocked, and whom it would have hurt
    Simulate(SimulateArguments),
}

/// `policy test`
#[derive(Args, Debug)]
struct TestArguments {
    #[command(flatten)]
    verify: VerifyArguments,
    /// Judge by the rules of this file instead of the configuration's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    rules: Option<PathBuf>,
}

/// Does what is asked of the rules.
///
/// # Errors
/// The rules cannot be read, or whatever `verify` and the ledger can say.
pub(crate) fn run(common: &Common, arguments: PolicyArguments) -> Result<ExitCode, Failure> {
    match arguments.verb {
        PolicyVerb::Test(TestArguments { verify, rules }) => {
            let rules = rules_of(common, rules.as_deref())?;
            let judging = Judging::new(rules, &verify.rcpt)?;
            verify::run_by_rules(common, verify, judging)
        }
        PolicyVerb::Simulate(arguments) => simulate::run(common, &arguments),
    }
}

/// The rules of a file, or those of the configuration, with the lists beside them.
fn rules_of(common: &Common, file: Option<&Path>) -> Result<policy::Rules, Failure> {
    let mut rules = match file {
        Some(file) => Config::read(file)?.rules(),
        None => common.config().rules(),
    };
    Lists::read(&common.state_directory())?.apply(&mut rules);
    Ok(rules)
}
