//! The rules against zones: `testdata/cases/audit-*`, one area for each family.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use audit::{Desk, Finding, Fix, Letter, rule};
use mailtext::{Explain, Headers};
use testkit::Case;

use crate::stage::{known, letter_facts, snapshot};

/// The areas, with the beginnings of the ids that each is about: what other families find is not shown there.
const AREAS: &[(&str, &[&str])] = &[
    ("audit-bimi", &["BIM"]),
    ("audit-dkim", &["DKM"]),
    ("audit-dmarc", &["DMC"]),
    ("audit-hosts", &["MXN"]),
    ("audit-legacy", &["ADS"]),
    ("audit-publication", &["COM"]),
    ("audit-spf", &["SPF"]),
    ("audit-transport", &["STS", "TRP"]),
];

#[test]
fn cases() {
    for (area, ids) in AREAS {
        let count = testkit::cases(area, |case| print(case, ids));
        assert!(count > 0, "{area}");
    }
}

#[test]
fn messages() {
    assert!(testdata_messages(|case| print_all(&letter_findings(case))) > 0);
}

/// No rule is found everywhere: in each family there is a case in which it says nothing.
#[test]
fn no_rule_is_found_in_every_case() {
    for (area, ids) in AREAS {
        let everywhere: RefCell<Option<BTreeSet<&str>>> = RefCell::default();
        testkit::cases(area, |case| {
            let found: BTreeSet<_> = findings(case, ids).iter().map(|finding| finding.rule.id).collect();
            let mut everywhere = everywhere.borrow_mut();
            *everywhere = Some(everywhere.as_ref().map_or_else(|| found.clone(), |before| before & &found));
            print(case, ids)
        });
        let everywhere = everywhere.into_inner().unwrap();
        assert!(everywhere.is_empty(), "{area}: found in every case: {everywhere:?}");
    }
    let everywhere: RefCell<Option<BTreeSet<&str>>> = RefCell::default();
    testdata_messages(|case| {
        let list = letter_findings(case);
        let found: BTreeSet<_> = list.iter().map(|finding| finding.rule.id).collect();
        let mut everywhere = everywhere.borrow_mut();
        *everywhere = Some(everywhere.as_ref().map_or_else(|| found.clone(), |before| before & &found));
        print_all(&list)
    });
    assert_eq!(everywhere.into_inner(), Some(BTreeSet::new()));
}

/// Every rule is found somewhere.
#[test]
fn every_rule_has_a_case() {
    let mut found = BTreeSet::new();
    let of_messages = RefCell::new(BTreeSet::new());
    testdata_messages(|case| {
        let list = letter_findings(case);
        of_messages.borrow_mut().extend(list.iter().map(|finding| finding.rule.id));
        print_all(&list)
    });
    found.extend(of_messages.into_inner());
    for (area, ids) in AREAS {
        let seen = RefCell::new(BTreeSet::new());
        testkit::cases(area, |case| {
            seen.borrow_mut().extend(findings(case, ids).iter().map(|finding| finding.rule.id));
            print(case, ids)
        });
        found.extend(seen.into_inner());
    }
    found.extend(crate::brand::found());
    let without: Vec<_> = rule::all().filter(|rule| !found.contains(rule.id)).map(|rule| rule.id).collect();
    assert!(without.is_empty(), "rules without a case: {without:?}");
}

#[test]
fn ids_are_in_order_and_sentences_are_theirs() {
    let ids: Vec<_> = rule::all().map(|rule| rule.id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "an id stands twice");
    assert_eq!(ids.len(), 256, "the catalogue of 255, and COM17");
    for rule in rule::all() {
        assert_eq!(rule.sentence, format!("audit-{}", rule.id.to_ascii_lowercase()));
    }
}

fn findings(case: &Case, ids: &[&str]) -> Vec<Finding> {
    let (snapshot, known) = (snapshot(case), known(case));
    let mut list = rule::judge_domain(&Desk { snapshot: &snapshot, known: &known });
    list.retain(|finding| ids.iter().any(|id| finding.rule.id.starts_with(id)));
    list
}

fn testdata_messages(run: impl Fn(&Case) -> String) -> usize {
    testkit::cases("audit-message", run)
}

fn letter_findings(case: &Case) -> Vec<Finding> {
    let message = case.wire();
    let (headers, facts) = (Headers::parse(&message), letter_facts(case));
    rule::judge_message(&Letter { headers: &headers, facts: &facts })
}

fn print(case: &Case, ids: &[&str]) -> String {
    print_all(&findings(case, ids))
}

fn print_all(list: &[Finding]) -> String {
    let mut out = String::new();
    for finding in list {
        let _ = write!(out, "{} {} {}", finding.severity, finding.rule.id, finding.sentence);
        if let Some(place) = &finding.place {
            let _ = write!(out, " at {} {}", place.name, place.kind);
            if let Some(span) = place.span {
                let _ = write!(out, " [{}, {}]", span.start, span.end);
            }
        }
        for (name, value) in finding.arguments() {
            let _ = write!(out, "\n    {name}: {value}");
        }
        match &finding.fix {
            None => {}
            Some(Fix::Publish(record)) => {
                let _ = write!(out, "\n    publish: {} {} {}", record.name, record.kind, record.text);
            }
            Some(Fix::Remove { name, kind }) => {
                let _ = write!(out, "\n    remove: {name} {kind}");
            }
            Some(Fix::Do(sentence, arguments)) => {
                let _ = write!(out, "\n    do: {sentence} {arguments:?}");
            }
        }
        out.push('\n');
    }
    if out.is_empty() { "nothing\n".into() } else { out }
}
