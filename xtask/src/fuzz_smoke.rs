//! `fuzz-smoke`: every fuzz target for a few seconds.
//!
//! The sanitizers of cargo-fuzz need a nightly compiler, which the project does not. So a fuzz target is an ordinary test
//! whose name begins with `fuzz_`, marked `#[ignore]`, that draws random inputs until `SEKISHO_FUZZ_SECONDS` (a whole
//! number of seconds per target, 10 when unset) have passed. `cargo test` leaves it out; this task runs all of them.

use crate::house::{House, Outcome, cargo_program};
use crate::test::{Tally, cargo_tests};

const SECONDS: &str = "SEKISHO_FUZZ_SECONDS";

pub(crate) fn run(house: &House, arguments: &[String]) -> Outcome {
    let filter = match arguments {
        [] => "fuzz_",
        [filter] => filter.as_str(),
        _ => return Err("one filter at most".to_owned()),
    };
    let command_line = ["test", "--workspace", "--release", "--no-fail-fast", "--", "--ignored", filter];
    let mut command = house.command(&cargo_program(), &command_line);
    if std::env::var_os(SECONDS).is_none() {
        command.env(SECONDS, "10");
    }
    let tally: Tally = cargo_tests(command)?;
    if tally.is_empty() {
        println!("skipped: no fuzz target is named {filter}…");
    }
    println!("{tally}");
    tally.verdict()
}
