//! A function fits a screen: 70 lines, and fewer than 2 in 100 longer. Tests are exempt, and so is a function that is a
//! table and says so in the comment above it ("A table: …").

use crate::house::{Complaint, House, Outcome};
use crate::rust_text::{Function, functions};

const LINES_MAX: usize = 70;
/// Per cent of all functions.
const LONGER_PERCENT_MAX: f64 = 2.0;
const EXEMPTION: &str = "A table:";

pub(crate) fn check(house: &House) -> Outcome<Vec<Complaint>> {
    let mut count = 0;
    let mut longer = Vec::new();
    for (path, text) in house.texts(is_source) {
        let all: Vec<Function> = functions(&text).into_iter().filter(|f| !f.in_tests && !is_table(&text, f)).collect();
        count += all.len();
        let long = all.iter().filter(|function| function.lines > LINES_MAX);
        longer.extend(
            long.map(|f| {
                Complaint::new(path, f.line, format!("{} has {} lines, more than {LINES_MAX}", f.name, f.lines))
            }),
        );
    }
    let percent = 100.0 * longer.len() as f64 / count.max(1) as f64;
    println!("functions: {count}, of these {} ({percent:.1} %) over {LINES_MAX} lines", longer.len());
    if percent < LONGER_PERCENT_MAX {
        longer.iter().for_each(|complaint| println!("  {complaint}"));
        longer.clear();
    }
    Ok(longer)
}

fn is_source(path: &str) -> bool {
    let in_crate = path.starts_with("xtask/src/") || (path.starts_with("crates/") && path.contains("/src/"));
    in_crate && path.ends_with(".rs") && !path.ends_with("/tests.rs") && !path.contains("/tests/")
}

fn is_table(text: &str, function: &Function) -> bool {
    let above = text.lines().take(function.line - 1).collect::<Vec<_>>();
    let head =
        above.iter().rev().map(|line| line.trim()).take_while(|line| line.starts_with("//") || line.starts_with('#'));
    head.into_iter().any(|line| line.starts_with("//") && line.contains(EXEMPTION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_say_so() {
        let text = "/// A table: names of things.\n#[must_use]\nfn a() {}\n\nfn b() {}\n";
        let found: Vec<bool> = functions(text).iter().map(|f| is_table(text, f)).collect();
        assert_eq!(found, [true, false]);
    }

    #[test]
    fn tests_are_not_sources() {
        assert!(is_source("crates/spf/src/a/b.rs") && is_source("xtask/src/main.rs"));
        assert!(!is_source("crates/spf/tests/a.rs") && !is_source("crates/spf/src/tests.rs"));
    }
}
