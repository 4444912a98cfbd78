//! The project's own tasks: `cargo xtask TASK`.
//!
//! What `ci`, `test`, `tidy`, `rfc`, `bench`, `deb`, `fuzz-smoke`, `sim` and `soak` do stands in the table below and, each in its
//! module, in the head of that module. This program never changes anything outside the project's folder and its target directory (but
//! for the folder that `deb --out` names), never asks the network (a test script may install a Debian package, and says so),
//! and is used by nobody's crate.
//!
//! Reading order: `house` (where we are, which files are ours), `ci` (the whole round), then the task you came for.

mod bench;
mod ci;
mod deb;
mod documents;
mod fuzz_smoke;
mod house;
mod rfc;
mod rust_text;
mod sim;
mod soak;
mod test;
mod tidy;

use std::process::ExitCode;

use house::{House, Outcome};

/// One task: its name, what it takes, what it does.
struct Task {
    name: &'static str,
    options: &'static str,
    what: &'static str,
    run: fn(&House, &[String]) -> Outcome,
}

const TASKS: &[Task] = &[
    Task { name: "ci", options: "", what: "format, clippy, tidy, generated documents, then test", run: ci::run },
    Task { name: "test", options: "", what: "every test, then the end-to-end scripts", run: test::run },
    Task {
        name: "tidy",
        options: "",
        what: "what the compiler does not see: arrows, purity, paths, …",
        run: tidy::run,
    },
    Task {
        name: "rfc",
        options: "[--check]",
        what: "writes docs/standards.md from the quotes in the code",
        run: rfc::run,
    },
    Task { name: "documents", options: "[--check]", what: "writes all generated documents", run: documents::run },
    Task {
        name: "bench",
        options: "[start|milter|reports|audit|survey|pages] [--binary PATH] [--corpus DIR] [--rounds N] [--save]",
        what: "speed, as ratios within one run",
        run: bench::run,
    },
    Task {
        name: "deb",
        options: "[--binary PATH] [--out DIR]",
        what: "a Debian package of the release program",
        run: deb::run,
    },
    Task { name: "fuzz-smoke", options: "[FILTER]", what: "every fuzz target for a few seconds", run: fuzz_smoke::run },
    Task {
        name: "sim",
        options: "[--seed N] [--seeds COUNT] [--messages M]",
        what: "simulated days of mail, with faults",
        run: sim::run,
    },
    Task {
        name: "soak",
        options: "survey [--names COUNT] [--binary PATH]",
        what: "what takes too long for the gate",
        run: soak::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((task, rest)) = arguments
        .split_first()
        .and_then(|(name, rest)| TASKS.iter().find(|task| task.name == name.as_str()).map(|task| (task, rest)))
    else {
        eprintln!("usage: cargo xtask TASK");
        for task in TASKS {
            eprintln!("  {:<34} {}", format!("{} {}", task.name, task.options), task.what);
        }
        return ExitCode::from(2);
    };
    match House::find().and_then(|house| (task.run)(&house, rest)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask {}: {reason}", task.name);
            ExitCode::FAILURE
        }
    }
}
