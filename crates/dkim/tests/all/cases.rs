//! testdata/cases/dkim.
//!
//! `.in`: `now:` seconds; `age: legacy`; then any number of steps in order – `sign: KEY TAGS` puts a signature on top
//! (`bh=` and `b=` are added), `prepend: FIELD` a field, `append: TEXT` text below the body, `replace: OLD => NEW`
//! changes the first place. `\r`, `\n`, `\t`, `\s`, `\0` and `\\` stand for the bytes they name.

use std::fmt::Write as _;

use dkim::{Age, Options, Status, Step, Verification};
use lookup::Lookup;
use mailtext::{Explain, Outcome};
use testkit::case::Case;

use crate::forge;

pub(crate) fn message(case: &Case) -> Vec<u8> {
    let mut message = case.wire();
    for (key, value) in case.input.iter() {
        match key {
            "sign" => {
                let (name, tags) = value.split_once(' ').unwrap();
                message = forge::sign(&message, name, &unescape(tags));
            }
            "prepend" => message = [unescape(value).as_bytes(), b"\r\n", &message].concat(),
            "append" => message.extend_from_slice(unescape(value).as_bytes()),
            "replace" => {
                let (old, new) = value.split_once(" => ").unwrap();
                message = replace(&message, unescape(old).as_bytes(), unescape(new).as_bytes());
            }
            _ => {}
        }
    }
    message
}

pub(crate) fn unescape(text: &str) -> String {
    let mut characters = text.chars();
    let mut output = String::new();
    while let Some(character) = characters.next() {
        output.push(match character {
            '\\' => match characters.next() {
                Some('r') => '\r',
                Some('n') => '\n',
                Some('t') => '\t',
                Some('s') => ' ',
                Some('0') => '\0',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    output
}

pub(crate) fn replace(message: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = message.windows(old.len()).position(|window| window == old);
    let at = at.unwrap_or_else(|| panic!("nothing to replace: {}", old.escape_ascii()));
    [&message[..at], new, &message[at + old.len()..]].concat()
}

fn options(case: &Case) -> Options {
    let age = if case.input.get("age") == Some("legacy") { Age::Legacy } else { Age::Current };
    Options { age, ..Options::default() }
}

fn run(case: &Case, lookup: &(impl Lookup + Sync), message: &[u8]) -> Vec<Outcome<Verification, Step>> {
    let now_s = case.input.get("now").map_or(1_700_000_000, |now| now.parse().unwrap());
    testkit::block_on(dkim::verify(lookup, message, options(case), now_s))
}

fn print(outcomes: &[Outcome<Verification, Step>]) -> String {
    let mut text = format!("{} signatures\n", outcomes.len());
    for outcome in outcomes {
        let verification = &outcome.result;
        let show = |domain: Option<&mailtext::Domain>| domain.map_or("-".to_owned(), ToString::to_string);
        let (d, s) = (show(verification.parsed.domain.as_ref()), show(verification.parsed.selector.as_ref()));
        let _ = writeln!(text, "{} d={d} s={s}", verification.status.as_str());
        for weakness in &verification.weaknesses {
            let _ = write!(text, "  weakness {}", weakness.id());
            for (name, value) in weakness.arguments() {
                let _ = write!(text, " {name}={value}");
            }
            text.push('\n');
        }
        for line in testkit::case::evidence(&outcome.evidence).lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

#[test]
fn all_cases_come_out_as_wanted() {
    let count = testkit::cases("dkim", |case| print(&run(case, case.zone(), &message(case))));
    assert!(count >= 30, "{count} cases");
}

/// The n-th question fails: a temporary error, or the outcome unchanged; never a pass that was none.
#[test]
fn no_failure_makes_a_pass() {
    testkit::cases("dkim", |case| {
        let message = message(case);
        testkit::every_nth_failure(
            case.zone(),
            |lookup| run(case, lookup, &message).iter().map(|outcome| outcome.result.status).collect::<Vec<_>>(),
            |whole, broken| {
                whole.len() == broken.len()
                    && whole.iter().zip(broken).all(|(whole, broken)| whole == broken || *broken == Status::TempError)
            },
        );
        print(&run(case, case.zone(), &message))
    });
}
