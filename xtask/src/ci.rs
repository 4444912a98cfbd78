//! `ci`: everything that must hold before a change is taken; `.ci/run` runs it.
//!
//! Every step runs, so that one round shows all that is wrong; the tests come last, and their closing line with them.

use crate::house::{House, Outcome};
use crate::{documents, test, tidy};

pub(crate) fn run(house: &House, _arguments: &[String]) -> Outcome {
    type Step = (&'static str, fn(&House) -> Outcome);
    let steps: [Step; 4] = [
        ("format", |house| house.cargo(&["fmt", "--all", "--check"])),
        ("clippy", |house| house.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])),
        ("tidy", |house| tidy::run(house, &[])),
        ("generated documents", |house| documents::run(house, &["--check".to_owned()])),
    ];
    let mut failed = Vec::new();
    for (name, step) in steps {
        eprintln!("── {name}");
        if let Err(reason) = step(house) {
            eprintln!("{name}: {reason}");
            failed.push(name);
        }
    }
    if !failed.is_empty() {
        eprintln!("before the tests: {} failed", failed.join(", "));
    }
    eprintln!("── test");
    test::run(house, &[])?;
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}
