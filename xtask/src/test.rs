//! `test`: everything that can be tested on this machine.
//!
//! First `cargo test --workspace`, with the conformance suites when they lie beside the project; every fuzz target for a
//! moment; then the end-to-end scripts, `tests/e2e/*.sh`, with real peers. What cannot be run is named with its reason and
//! counted as skipped; the last line is the sum over all: `N passed, N failed, N skipped`.

mod harness;
mod scripts;

use std::fmt;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::fuzz_smoke;
use crate::house::{House, Outcome, cargo_program, shown};
use harness::Harness;

/// How many tests ended how.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Tally {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn verdict(self) -> Outcome {
        if self.failed == 0 { Ok(()) } else { Err(format!("{} failed", self.failed)) }
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// The suites that tests of this project read; each test skips itself, visibly, when its own is absent.
const SUITES: &[&str] =
    &["adsp", "arc", "atps", "authres", "bimi", "dkim", "dmarc-rfc9989", "milter", "psl", "senderid", "spf"];

/// The seed of the property tests, as their library reads it.
const PROPERTY_SEED: &str = "PROPTEST_RNG_SEED";

pub(crate) fn run(house: &House, arguments: &[String]) -> Outcome {
    if let Some(unknown) = arguments.first() {
        return Err(format!("unknown option: {unknown}"));
    }
    announce_suites(house);
    // `--show-output` lets us see the "skipped: …" lines of tests that passed.
    let line = ["test", "--workspace", "--no-fail-fast", "--", "--show-output", "--skip", fuzz_smoke::TARGETS];
    let mut command = house.command(&cargo_program(), &line);
    if std::env::var_os(PROPERTY_SEED).is_none() {
        // Whether a change is taken must not be a matter of luck; `cargo test` by itself draws another seed each time.
        command.env(PROPERTY_SEED, "1");
    }
    let mut tally = cargo_tests(command)?;
    tally.add(fuzz_smoke::briefly(house)?);
    tally.add(scripts::run_all(house)?);
    println!("{tally}");
    tally.verdict()
}

fn announce_suites(house: &House) {
    let folder = house.beside("SEKISHO_SUITES", "suites");
    for suite in SUITES {
        match folder.join(suite).is_dir() {
            true => println!("suite {suite}: present"),
            false => println!("skipped: suite {suite} is not at $SEKISHO_SUITES or ../shared/suites"),
        }
    }
}

/// Runs `cargo test …`, passes its output through and adds up its results.
pub(crate) fn cargo_tests(mut command: Command) -> Outcome<Tally> {
    let name = shown(&command);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| format!("{name}: {error}"))?;
    let mut harness = Harness::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            if let Some(line) = harness.read(&String::from_utf8_lossy(&line)) {
                println!("{line}");
            }
        }
    }
    let status = child.wait().map_err(|error| format!("{name}: {error}"))?;
    let mut tally = harness.tally();
    if !status.success() && tally.failed == 0 {
        // Nothing was counted as failed, so something did not build, or a test program was killed.
        eprintln!("{name}: {status}");
        tally.failed = 1;
    }
    Ok(tally)
}
