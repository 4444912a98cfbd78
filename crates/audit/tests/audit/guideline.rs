//! The requirements of the guideline: each is met, not met, and partly met somewhere, where it can be.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use audit::guideline::{self, Met, REQUIREMENTS, Role};
use audit::{Desk, Fix, rule};
use mailtext::Explain;
use testkit::Case;

use crate::stage::{known, snapshot};

#[test]
fn cases() {
    assert!(testkit::cases("audit-guideline", |case| print(case, |_, _| ())) > 0);
}

#[test]
fn every_requirement_is_met_and_not_met_somewhere() {
    let seen: RefCell<BTreeMap<&str, BTreeSet<&str>>> = RefCell::default();
    testkit::cases("audit-guideline", |case| {
        print(case, |id, met| {
            seen.borrow_mut().entry(id).or_default().insert(met.as_str());
        })
    });
    let seen = seen.into_inner();
    for requirement in REQUIREMENTS {
        let results = &seen[requirement.id];
        assert!(results.contains("met"), "{}: never met", requirement.id);
        // Reports that are sent are verified and redacted by this product always: there is no way to send others.
        let always = ["5-6", "5-7"].contains(&requirement.id);
        assert!(always || results.contains("not_met"), "{}: always met", requirement.id);
        assert_eq!(results.contains("partial"), PARTIAL.contains(&requirement.id), "{}: partial", requirement.id);
    }
    assert_eq!(seen.len(), 36);
}

/// Those that can be met in part.
const PARTIAL: &[&str] = &[
    "2-1", "2-2", "2-3", "2-4", "2-6", "2-7", "2-8", "2-10", "2-11", "2-12", "2-13", "2-15", "3-1", "3-3", "3-4",
    "4-2", "4-6", "5-1", "5-5", "5-9",
];

fn print(case: &Case, mut note: impl FnMut(&'static str, Met)) -> String {
    let (snapshot, known) = (snapshot(case), known(case));
    let desk = Desk { snapshot: &snapshot, known: &known };
    let findings = rule::judge_domain(&desk);
    let answered = guideline::judge(&desk, &findings, &Role::ALL);
    let mut out = String::new();
    for score in guideline::scores(&answered) {
        let _ = writeln!(
            out,
            "{}: {} of {} met, {} partial, {} not met, {} unknown",
            score.level.as_str(),
            score.met,
            score.applicable(),
            score.partial,
            score.not_met,
            score.unknown
        );
    }
    for one in &answered {
        note(one.requirement.id, one.met);
        let _ = write!(out, "{} {} {}", one.requirement.id, one.requirement.level.as_str(), one.met.as_str());
        if let Some(statement) = one.declared {
            let _ = write!(out, " declared by {}: {}", statement.by, statement.note);
        }
        for evidence in &one.evidence {
            let _ = write!(out, "\n    {}", evidence.id());
            for (name, value) in evidence.arguments() {
                let _ = write!(out, " {name}={value}");
            }
        }
        match &one.fix {
            None => {}
            Some(Fix::Publish(record)) => {
                let _ = write!(out, "\n    publish: {} {} {}", record.name, record.kind, record.text);
            }
            Some(Fix::Remove { name, kind }) => {
                let _ = write!(out, "\n    remove: {name} {kind}");
            }
            Some(Fix::Do(sentence, _)) => {
                let _ = write!(out, "\n    do: {sentence}");
            }
        }
        out.push('\n');
    }
    out
}
