//! ../shared/suites/psl: 78 checks, by the list that is there and by the compiled one.

// Helpers of tests may panic and read files; clippy spares only the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros)]

use std::sync::Arc;

use sekisho_dmarc as dmarc;

use dmarc::{PublicSuffixList, Suffixes};
use mailtext::Domain;

#[test]
fn loaded_list() {
    let (Some(list), Some(checks)) = (testkit::suite("psl/public_suffix_list.dat"), checks()) else { return };
    let (list, flaws) = PublicSuffixList::parse(&std::fs::read_to_string(list).unwrap());
    assert_eq!(flaws, []);
    assert!(list.rule_count() > 9_000, "{} rules", list.rule_count());
    assert_eq!(run(&Suffixes::Loaded(Arc::new(list)), &checks), Vec::<String>::new());
    assert_eq!(checks.len(), 78);
}

/// The compiled list is of another day than the checks; where they part, the parting is of the list, not of the code.
#[test]
fn compiled_list() {
    let Some(checks) = checks() else { return };
    assert_eq!(run(&Suffixes::Compiled, &checks), Vec::<String>::new());
}

/// The same names through both: the loaded list's own rules, each with two labels put before.
#[test]
fn both_lists_agree_almost_everywhere() {
    let Some(path) = testkit::suite("psl/public_suffix_list.dat") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let loaded = Suffixes::Loaded(Arc::new(PublicSuffixList::parse(&text).0));
    let rules = text.lines().filter(|line| !line.is_empty() && !line.starts_with("//"));
    let (mut count, mut parted) = (0, 0);
    for rule in rules {
        let bare = rule.trim_start_matches("*.").trim_start_matches('!');
        let domain = Domain::parse(&format!("b.a.{bare}")).unwrap();
        count += 1;
        parted += usize::from(loaded.registrable(&domain) != Suffixes::Compiled.registrable(&domain));
    }
    println!("psl: {count} rules, {parted} differ between the versions");
    assert!(parted * 50 < count, "{parted} of {count} differ");
}

fn checks() -> Option<Vec<(Option<String>, Option<String>)>> {
    let text = std::fs::read_to_string(testkit::suite("psl/test_psl.txt")?).unwrap();
    let arguments = text.lines().filter_map(|line| line.strip_prefix("checkPublicSuffix(")?.strip_suffix(");"));
    let word = |word: &str| (word.trim() != "null").then(|| word.trim().trim_matches('\'').to_owned());
    Some(
        arguments
            .map(|arguments| {
                let (input, expected) = arguments.split_once(',').unwrap();
                (word(input), word(expected))
            })
            .collect(),
    )
}

fn run(suffixes: &Suffixes, checks: &[(Option<String>, Option<String>)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (input, expected) in checks {
        let domain = input.as_deref().and_then(|input| Domain::parse(input).ok());
        let got = domain.and_then(|domain| suffixes.registrable(&domain));
        let expected = expected.as_deref().map(|expected| Domain::parse(expected).unwrap());
        if got != expected {
            wrong.push(format!("{input:?}: expected {expected:?}, got {got:?}"));
        }
    }
    wrong
}
