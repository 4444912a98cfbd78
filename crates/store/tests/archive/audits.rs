//! Audits of domains: what is kept of them, how long, and what a death of the program leaves.

use std::collections::BTreeMap;

use feedback::Archive;
use feedback::archive::Removal;
use report::query::Reach;
use store::SqliteArchive;
use store::archive::{AlertLine, AlertQuery, AuditHistory, Keeping, NewAudit, Settings};
use store::limits::{AUDIT_BYTES_MAX, AUDIT_COUNT_MAX, AUDIT_PART_COUNT_MAX};
use testkit::block_on;

use crate::samples::*;

fn audit(domain: &str, at_s: u64, parts: &[(&str, &str)]) -> NewAudit {
    let parts = parts.iter().map(|(name, text)| ((*name).into(), text.as_bytes().into()));
    NewAudit { tenant: Box::default(), domain: domain.into(), at_s, parts: parts.collect(), alerts: Vec::new() }
}

fn keep(archive: &SqliteArchive, audit: NewAudit) -> Keeping {
    block_on(archive.keep_audit(audit)).unwrap()
}

fn history(archive: &SqliteArchive, domain: &str) -> AuditHistory {
    block_on(archive.audits("", domain)).unwrap()
}

fn at(history: &AuditHistory, at_s: u64) -> BTreeMap<String, Vec<u8>> {
    history.at(at_s).map(|(name, text)| (name.to_owned(), text.to_vec())).collect()
}

#[test]
fn a_text_that_does_not_change_is_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let archive = SqliteArchive::open(&path, Settings::default()).unwrap();
    for (at_s, mx) in [(10, "a"), (20, "a"), (30, "b"), (40, "a"), (50, "a")] {
        assert_eq!(keep(&archive, audit("example.jp", at_s, &[("mx", mx), ("ns", "same")])), Keeping::Kept);
    }
    drop(archive);
    let archive = SqliteArchive::open(&path, Settings::default()).unwrap();
    let history = history(&archive, "example.jp");
    assert_eq!(history.moments, [10, 20, 30, 40, 50]);
    let rows: Vec<_> = history.parts.iter().map(|part| (&*part.name, part.first_s, part.last_s, &*part.text)).collect();
    let wanted: [(&str, u64, u64, &[u8]); 4] =
        [("mx", 10, 20, b"a"), ("mx", 30, 30, b"b"), ("mx", 40, 50, b"a"), ("ns", 10, 50, b"same")];
    assert_eq!(rows, wanted);
    assert_eq!(at(&history, 30)["mx"], b"b");
    assert_eq!(self::history(&archive, "other.example"), AuditHistory::default());
    for domain in ["b.example", "a.example"] {
        keep(&archive, audit(domain, 10, &[]));
    }
    let audited: Vec<_> = block_on(archive.audited("")).unwrap();
    assert_eq!(audited.iter().map(|domain| &**domain).collect::<Vec<_>>(), ["a.example", "b.example", "example.jp"]);
    assert!(block_on(archive.audited("other")).unwrap().is_empty());
}

/// Whatever is kept comes back, at every moment.
#[test]
fn every_audit_comes_back_as_it_was() {
    let (_folder, archive) = file_with(Settings::default());
    let mut chance = Chance::of(7);
    let mut wanted = Vec::new();
    for round in 1..60_u64 {
        let mut parts = BTreeMap::new();
        for name in ["a", "b", "c", "d e"] {
            if !chance.yes(4) {
                let bytes = [[0_u8, 255].as_slice(), chance.one_of(&["", "x", "y"]).as_bytes()].concat();
                parts.insert(name.to_owned(), bytes);
            }
        }
        let its = parts.iter().map(|(name, text)| (name.as_str().into(), text.as_slice().into())).collect();
        let new = NewAudit { parts: its, ..audit("example.jp", round * 100, &[]) };
        assert_eq!(keep(&archive, new), Keeping::Kept);
        wanted.push((round * 100, parts));
    }
    let history = history(&archive, "example.jp");
    for (at_s, parts) in wanted {
        assert_eq!(at(&history, at_s), parts, "{at_s}");
    }
}

#[test]
fn what_comes_late_or_is_too_large_is_not_kept() {
    let (_folder, archive) = file_with(Settings::default());
    let small = [("mx", "a")];
    assert_eq!(keep(&archive, audit("example.jp", 20, &small)), Keeping::Kept);
    assert_eq!(keep(&archive, audit("example.jp", 20, &small)), Keeping::Late);
    assert_eq!(keep(&archive, audit("example.jp", 19, &small)), Keeping::Late);
    let text = |bytes: usize| "x".repeat(bytes);
    for (bytes, want) in [(AUDIT_BYTES_MAX - 2, Keeping::Kept), (AUDIT_BYTES_MAX - 1, Keeping::TooLarge)] {
        assert_eq!(keep(&archive, audit("large.example", 20, &[("mx", &text(bytes))])), want);
    }
    let names: Vec<String> = (0..=AUDIT_PART_COUNT_MAX).map(|number| number.to_string()).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(keep(&archive, audit("many.example", 1, &many)), Keeping::TooLarge);
    assert_eq!(keep(&archive, audit("many.example", 1, &many[1..])), Keeping::Kept);
    assert_eq!(history(&archive, "example.jp").moments, [20]);
}

#[test]
fn old_audits_go_and_texts_with_the_last_that_saw_them() {
    let (_folder, archive) = file_with(Settings::default());
    for (at_s, mx) in [(10, "a"), (20, "b"), (30, "b")] {
        keep(&archive, audit("example.jp", at_s, &[("mx", mx)]));
    }
    assert_eq!(block_on(archive.forget_audits(20)), Ok(1));
    let left = history(&archive, "example.jp");
    assert_eq!((left.moments.as_slice(), left.parts.len()), ([20, 30].as_slice(), 1));
    assert_eq!(block_on(archive.forget_audits(30)), Ok(1));
    // A text that the audits which stay have seen is known from its first day.
    assert_eq!(history(&archive, "example.jp").parts[0].first_s, 20);
    let past = AUDIT_COUNT_MAX + 40;
    for at_s in 31..=past {
        keep(&archive, audit("often.example", at_s, &[]));
    }
    assert_eq!(history(&archive, "often.example").moments.first(), Some(&41));
}

#[test]
fn an_audit_and_its_alerts_are_kept_together_or_not_at_all() {
    let (_folder, archive) = file_with(Settings::default());
    let alert = AlertLine {
        id: 0,
        tenant: Box::default(),
        domain: "example.jp".into(),
        day: 5,
        what: "it changed".into(),
        made_s: 20,
    };
    let with = |at_s| NewAudit { alerts: vec![alert.clone()], ..audit("example.jp", at_s, &[("mx", "a")]) };
    assert_eq!(keep(&archive, with(20)), Keeping::Kept);
    assert_eq!(keep(&archive, with(20)), Keeping::Late);
    let waiting = || {
        let query = AlertQuery { is_waiting: true, ..AlertQuery::default() };
        block_on(archive.alerts(query)).unwrap().len()
    };
    assert_eq!(waiting(), 1, "the late one has told nothing");
}

#[test]
fn nothing_is_left_of_a_domain_that_goes() {
    let (_folder, archive) = file_with(Settings::default());
    for name in ["example.jp", "mail.example.jp", "example-x.jp"] {
        keep(&archive, audit(name, 10, &[("mx", "a")]));
    }
    let what = Removal::Domain { domain: domain("example.jp"), reach: Reach::Below, tenant: None };
    block_on(archive.remove(what)).unwrap();
    let left = ["example.jp", "mail.example.jp", "example-x.jp"].map(|name| history(&archive, name).parts.len());
    assert_eq!(left, [0, 0, 1]);
}

/// A file of the version before, with reports in it, is brought up and takes audits.
#[test]
fn a_file_without_audits_is_brought_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    drop(SqliteArchive::open(&path, Settings::default()).unwrap());
    let file = rusqlite::Connection::open(&path).unwrap();
    let before = "DROP INDEX document_totals; ALTER TABLE document DROP COLUMN until_s; \
                  ALTER TABLE document DROP COLUMN from_s; ALTER TABLE document DROP COLUMN is_contradicted; ALTER TABLE document DROP COLUMN copies; \
                  DROP TABLE audit; DROP TABLE audited; DROP TABLE survey; DROP INDEX document_day; \
                  DROP INDEX document_domain; DROP INDEX alert_newest; PRAGMA user_version = 3;";
    file.execute_batch(before).unwrap();
    drop(file);
    let archive = SqliteArchive::open(&path, Settings::default()).unwrap();
    assert_eq!(keep(&archive, audit("example.jp", 10, &[("mx", "a")])), Keeping::Kept);
}

/// The number of a file changes with what is written into it, by whomever, and with nothing else.
#[test]
fn what_is_written_gives_another_edition() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let ours = SqliteArchive::open(&path, Settings::default()).unwrap();
    let others = SqliteArchive::open(&path, Settings::default()).unwrap();
    let empty = ours.edition();
    assert!(empty.is_some() && ours.edition() == empty);
    keep(&ours, audit("example.jp", 10, &[("mx", "a")]));
    let one = ours.edition();
    assert_ne!(one, empty);
    assert_eq!(history(&ours, "example.jp").parts.len(), 1);
    assert_eq!(ours.edition(), one, "a question changes nothing");
    keep(&others, audit("example.net", 10, &[("mx", "a")]));
    assert_ne!(ours.edition(), one);
}
