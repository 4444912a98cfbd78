//! `fuzz-smoke`: every fuzz target for a few seconds.
//!
//! The sanitizers of cargo-fuzz need a nightly compiler, which the project does not. So a fuzz target is an ordinary test
//! whose name begins with `fuzz_`, marked `#[ignore]`, that draws random inputs until `SEKISHO_FUZZ_SECONDS` (a whole
//! number of seconds per target; here 10 when unset) have passed. Plain `cargo test` leaves it out; `cargo xtask test` runs
//! each for a second, so that none rots.

use crate::house::{House, Outcome, cargo_program};
use crate::test::{Tally, cargo_tests};

/// What the name of every fuzz target begins with.
pub(crate) const TARGETS: &str = "fuzz_";
const SECONDS: &str = "SEKISHO_FUZZ_SECONDS";

pub(crate) fn run(house: &House, arguments: &[String]) -> Outcome {
    let filter = match arguments {
        [] => TARGETS,
        [filter] => filter.as_str(),
        _ => return Err("one filter at most".to_owned()),
    };
    let line = [
        "test",
        "--workspace",
        "--release",
        "--lib",
        "--bins",
        "--tests",
        "--no-fail-fast",
        "--",
        "--include-ignored",
        filter,
    ];
    let mut command = house.command(&cargo_program(), &line);
    if std::env::var_os(SECONDS).is_none() {
        command.env(SECONDS, "10");
    }
    let tally = cargo_tests(command)?;
    if tally.is_empty() {
        println!("skipped: no fuzz target is named {filter}…");
    }
    println!("{tally}");
    tally.verdict()
}

/// Every fuzz target for one second, with the build of the tests, and always from the same seed: whether a change is taken
/// must not be a matter of luck.
pub(crate) fn briefly(house: &House) -> Outcome<Tally> {
    let line =
        ["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast", "--", "--include-ignored", TARGETS];
    let mut command = house.command(&cargo_program(), &line);
    command.env(SECONDS, "1").env("SEKISHO_FUZZ_SEED", "1");
    cargo_tests(command)
}
