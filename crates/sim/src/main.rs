//! `sekisho-sim [--seed N] [--seeds COUNT] [--messages M]`: tries seeds, one after the other, and ends with 1 at the first
//! that does not hold. `cargo xtask sim` builds and runs it.

use std::io::Write as _;
use std::process::ExitCode;

use sekisho_sim as sim;
use sim::limits::MESSAGE_COUNT_MAX;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (mut seed, mut count, mut messages) = (1, 20, 60);
    let mut count_given = false;
    let mut seed_given = false;
    for pair in arguments.chunks(2) {
        let value = pair.get(1).and_then(|value| value.parse::<u64>().ok());
        match (pair[0].as_str(), value) {
            ("--seed", Some(value)) => (seed, seed_given) = (value, true),
            ("--seeds", Some(value)) => (count, count_given) = (value, true),
            ("--messages", Some(value)) => messages = value.min(MESSAGE_COUNT_MAX),
            _ => {
                eprintln!("usage: cargo xtask sim [--seed N] [--seeds COUNT] [--messages M]");
                return ExitCode::from(2);
            }
        }
    }
    if seed_given && !count_given {
        count = 1;
    }
    for seed in seed..seed.saturating_add(count) {
        let trial = sim::trial(seed, messages);
        // Whoever reads this may have gone; the seeds are tried all the same.
        let _ = write!(std::io::stdout().lock(), "{trial}");
        if !trial.broken.is_empty() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
