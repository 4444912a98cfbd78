//! `sim`: days of mail from seeds, with faults, and the checkers of what must hold (crates/sim).
//!
//! Twenty seeds are a test, so that `test` and `ci` try them; here are more of them, longer ones, or one again:
//! `--seed N` begins with that seed, and tries it alone where `--seeds COUNT` says nothing else; `--messages M` is how many
//! messages a day has. What is broken is shortened and printed with the line that shows it again.

use crate::house::{House, Outcome};

pub(crate) fn run(house: &House, arguments: &[String]) -> Outcome {
    // With the build of the tests: what they have found is seen again at once.
    let mut line = vec!["run", "--quiet", "--package", "sekisho-sim", "--"];
    line.extend(arguments.iter().map(String::as_str));
    house.cargo(&line)
}
