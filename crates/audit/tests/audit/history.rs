//! What changed between two audits: `testdata/cases/audit-history`. The zone is what a domain published, `.after` what it
//! publishes at the next audit, `.later` at the one after that.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use audit::guideline::{self, Level, Met, Role};
use audit::history::{Audit, Change, Found, Record, RecordKind, Slot, Trouble, Turn, changes};
use audit::{Desk, Severity, Snapshot, rule};
use mailtext::{Domain, Explain};
use testkit::Case;

use crate::stage::{known, later, snapshot};

#[test]
fn cases() {
    assert!(testkit::cases("audit-history", print) >= 8);
}

fn audit(case: &Case, snapshot: &Snapshot, round: i64) -> Audit {
    let known = known(case);
    let desk = Desk { snapshot, known: &known };
    let findings = rule::judge_domain(&desk);
    let answered = guideline::judge(&desk, &findings, &[Role::Owner]);
    Audit::of(snapshot, &findings, &answered, round)
}

fn print(case: &Case) -> String {
    let mut before = audit(case, &snapshot(case), 0).settled(None);
    let mut same = changes(&before, &before);
    same.retain(|change| !matches!(change, Change::Unasked { .. }));
    assert_eq!(same, [], "nothing changes by itself");
    let mut out = String::new();
    for (round, when) in (1..).zip(["after", "later"]) {
        let Some(snapshot) = later(case, when) else { continue };
        let after = audit(case, &snapshot, round).settled(Some(&before));
        assert_eq!(again(&after), after, "what is kept comes back");
        let list = changes(&before, &after);
        let _ = writeln!(out, "{when}: {} changes", list.len());
        for change in &list {
            assert_eq!(Change::parse(&change.to_text()).as_ref(), Some(change));
            show(change, &mut out);
        }
        before = after;
    }
    out
}

fn again(audit: &Audit) -> Audit {
    let parts = audit.to_parts();
    Audit::of_parts(&audit.domain, audit.at_s, parts.iter().map(|(name, text)| (&**name, &**text)))
}

fn show(change: &Change, out: &mut String) {
    let alarm = if change.is_alarming() { " (alarming)" } else { "" };
    let _ = write!(out, "{} {}{alarm}\n   ", change.way().as_str(), change.id());
    for (name, value) in change.arguments() {
        let _ = write!(out, " {name}={value}");
    }
    out.push('\n');
    if let Change::Record { old, new, .. } = change {
        for (mark, texts) in [('-', old), ('+', new)] {
            for text in texts {
                let _ = writeln!(out, "    {mark} {}", String::from_utf8_lossy(text).replace("\r\n", "|"));
            }
        }
    }
}

fn made() -> Audit {
    let domain = Domain::parse("example.jp").unwrap();
    let record = Record {
        texts: Some(vec![b"one \xff:,".as_slice().into(), b"".as_slice().into()]),
        path: vec!["example.jp".into(), "b.example".into()],
        trouble: Some(Trouble { failure: "timeout".into(), rounds: 3 }),
    };
    let never =
        Record { texts: None, path: Vec::new(), trouble: Some(Trouble { failure: "servfail".into(), rounds: 1 }) };
    let slot = |kind, name: &str| Slot::new(kind, name);
    Audit {
        domain,
        at_s: 5,
        records: BTreeMap::from([
            (slot(RecordKind::Spf, "c.example"), record),
            (slot(RecordKind::Mx, "example.jp"), never),
            (slot(RecordKind::Dmarc, "_dmarc.example.jp"), Record { texts: Some(Vec::new()), ..Record::default() }),
        ]),
        findings: BTreeMap::from([(Found { rule: "SPF23".into(), name: "example.jp".into() }, Severity::Error)]),
        requirements: BTreeMap::from([("2-1".into(), Met::Met), ("2-2".into(), Met::NotApplicable)]),
        unasked: BTreeSet::from([("SPF".into(), "c.example TXT".into())]),
    }
}

#[test]
fn audits_and_changes_come_back_from_their_bytes() {
    let audit = made();
    assert_eq!(again(&audit), audit);
    assert_eq!((audit.score(Level::Must), audit.count(Severity::Error)), ((1, 1), 1));
    for change in [
        Change::Record {
            slot: Slot::new(RecordKind::Spf, "c.example"),
            domain: "example.jp".into(),
            path: vec!["example.jp".into()],
            turn: Turn::Dropped,
            old: vec![b"5:x,".as_slice().into()],
            new: Vec::new(),
        },
        Change::Unasked { slot: Slot::new(RecordKind::Mx, "a.example"), failure: "timeout".into(), rounds: 2 },
        Change::Answered { slot: Slot::new(RecordKind::Ns, "a.example"), rounds: 2 },
        Change::Finding { rule: "SPF23".into(), name: "a".into(), before: None, after: Some(Severity::Info) },
        Change::Requirement { id: "2-6".into(), before: Met::Met, after: Met::Unknown },
    ] {
        assert_eq!(Change::parse(&change.to_text()), Some(change));
    }
}

/// Any bytes may be read.
#[test]
fn damage_is_as_if_it_were_not_there() {
    let audit = made();
    for (name, text) in audit.to_parts() {
        for end in 0..text.len() {
            let parts = [(&*name, &text[..end])];
            let read = Audit::of_parts(&audit.domain, 5, parts.into_iter());
            assert!(read.findings.len() <= 1 && read.records.len() <= 2);
        }
    }
    for text in ["", "3:abc", "99999999999999999999:x,", "6:record,", "-1:x,", ":,"] {
        assert_eq!(Change::parse(text), None, "{text}");
    }
}
