//! `--selectors-from`: the selectors that signatures were seen with, for the third figure of DKIM.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mailtext::Domain;

use crate::common::{Common, runtime};
use crate::desk::known;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{SURVEY_SELECTOR_COUNT_MAX, SURVEY_SELECTORS_BYTES_MAX};

/// Selectors by domain.
pub(super) type Learnt = BTreeMap<Domain, Vec<Box<str>>>;

/// The selectors of a survey: of the files that are named, and for `store` of the reports and the mail of this installation, as they
/// were when it began. What a survey that has a journal asks for stands in `kept`: stores go on growing.
///
/// # Errors
/// A file or a store cannot be read, or a line is none.
pub(super) fn of_survey(common: &Common, from: &[String], kept: &Path, journal: &Path) -> Result<Learnt, Failure> {
    if from.is_empty() {
        return Ok(Learnt::new());
    }
    if journal.exists() && kept.exists() {
        return learnt(common, &[kept.display().to_string()]);
    }
    let learnt = learnt(common, from)?;
    let lines = learnt.iter().map(|(domain, selectors)| format!("{domain} {}\n", selectors.join(" ")));
    std::fs::write(kept, lines.collect::<String>()).map_err(|error| super::ask::unwritable(kept, &error))?;
    Ok(learnt)
}

fn learnt(common: &Common, from: &[String]) -> Result<Learnt, Failure> {
    let mut all: BTreeMap<Domain, BTreeSet<Box<str>>> = BTreeMap::new();
    for from in from {
        if from == STORE {
            for (domain, selector) in runtime()?.block_on(known::learnt(common))? {
                all.entry(domain).or_default().insert(selector);
            }
        } else {
            for (domain, selector) in parse(from, &super::ask::text(Path::new(from), SURVEY_SELECTORS_BYTES_MAX)?)? {
                all.entry(domain).or_default().insert(selector);
            }
        }
    }
    let some = |selectors: BTreeSet<Box<str>>| selectors.into_iter().take(SURVEY_SELECTOR_COUNT_MAX).collect();
    Ok(all.into_iter().map(|(domain, selectors)| (domain, some(selectors))).collect())
}

/// A domain and one or more selectors in a line, blanks or commas between them; `#` begins a comment.
fn parse(file: &str, text: &str) -> Result<Vec<(Domain, Box<str>)>, Failure> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split([' ', '\t', ',']).filter(|word| !word.is_empty());
        let Some(first) = words.next() else { continue };
        let broken =
            || Failure::new(ExitCode::Input, "survey-bad-selectors").with("file", file).with("line", number as u64 + 1);
        let domain = Domain::parse(first).map_err(|_| broken())?;
        let selectors: Vec<Box<str>> = words.map(|word| word.to_ascii_lowercase().into()).collect();
        // A selector is one or more labels before "_domainkey".
        let is_one = |selector: &str| domain.prefixed(&format!("{selector}._domainkey")).is_ok();
        if selectors.is_empty() || !selectors.iter().all(|selector| is_one(selector)) {
            return Err(broken());
        }
        found.extend(selectors.into_iter().map(|selector| (domain.clone(), selector)));
    }
    Ok(found)
}

const STORE: &str = "store";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_domains_and_selectors() {
        let text = "# seen in mail\n\nexample.jp S1,s2  # two\nsub.example.jp\ta.b\n関所.jp k\n";
        let read: Vec<(String, String)> =
            parse("f", text).unwrap().iter().map(|(of, selector)| (of.to_string(), selector.to_string())).collect();
        let wanted = [("example.jp", "s1"), ("example.jp", "s2"), ("sub.example.jp", "a.b")];
        assert_eq!(read[..3], wanted.map(|(of, selector)| (of.to_owned(), selector.to_owned())));
        assert_eq!((read.len(), read[3].1.as_str()), (4, "k"));
        for wrong in ["example.jp", "a..b s1", "example.jp s1..s2", &format!("example.jp {}", "x".repeat(64))] {
            assert!(parse("f", wrong).is_err(), "{wrong}");
        }
    }
}
