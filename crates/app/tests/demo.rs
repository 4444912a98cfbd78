//! `demo`: what it fills is what the other verbs show of it, and it never touches what is real.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // a test

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use audit::survey::columns::position;
use audit::survey::kept::{Made, parse_tables};
use report::{Filter, Ledger as _, Query};
use serde_json::Value;
use store::{Sqlite, SqliteArchive};

fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&directory);
    directory
}

fn run(state: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
    command.args(["--lang", "en", "--at", "2026-11-23T12:00:00Z", "--state"]).arg(state);
    command.args(arguments).env_clear().output().unwrap()
}

fn told(state: &Path, arguments: &[&str]) -> String {
    let ran = run(state, arguments);
    assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

fn json(state: &Path, arguments: &[&str]) -> Vec<Value> {
    let told = told(state, &[arguments, &["--format", "json"]].concat());
    told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_world_shows_who_forges_what_to_repair_and_what_to_publish() {
    let state = directory("demo-world");
    let filled = run(&state, &["demo", "--once"]);
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    sources(&state);
    advice(&state);
    documents(&state);
    kept(&state);
    surveys(&state);
    // It is there once: what is not empty is left alone.
    let again = run(&state, &["demo", "--once"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("is not empty"));
}

fn sources(state: &Path) {
    let sources = json(state, &["report", "sources", "--domain", "asagiri.example"]);
    let classes: Vec<(&str, &str)> = sources
        .iter()
        .filter(|source| source["domain"] == "asagiri.example")
        .map(|source| (source["source"].as_str().unwrap(), source["class"].as_str().unwrap()))
        .collect();
    let class = |name: &str| classes.iter().find(|(source, _)| source.contains(name)).map(|(_, class)| *class);
    assert_eq!(class("bulk-vps.example"), Some("suspected"), "{classes:?}");
    assert_eq!(class("SendGrid"), Some("misconfigured"), "{classes:?}");
    assert_eq!(class("Mailchimp"), Some("legitimate"), "{classes:?}");
    assert_eq!(class("kaigan-u.example"), Some("forwarded"), "{classes:?}");
    assert_eq!(class("umibe-club.example"), Some("forwarded"), "{classes:?}");
    assert_eq!(class("asagiri.example"), Some("legitimate"), "{classes:?}");
}

fn advice(state: &Path) {
    let advice = |domain| json(state, &["report", "advise", domain, "--offline"]).remove(0).to_string();
    let town = advice("asagiri.example");
    assert!(town.contains("s1._domainkey.asagiri.example s2._domainkey.asagiri.example"), "{town}");
    assert!(town.contains("v=DMARC1; p=quarantine; t=y"), "{town}");
    let buses = advice("asagiri-bus.example");
    assert!(buses.contains("v=DMARC1; p=reject; t=y") && buses.contains("can be published now"), "{buses}");
    let festival = advice("asagiri-matsuri.example");
    assert!(festival.contains("stands at p=reject"), "{festival}");
}

fn documents(state: &Path) {
    let documents = json(state, &["report", "list"]);
    let count = |kind: &str, status: &str| {
        documents.iter().filter(|one| one["kind"] == kind && one["status"] == status).count()
    };
    assert!(count("aggregate", "accepted") > 400, "{}", count("aggregate", "accepted"));
    assert_eq!((count("aggregate", "salvaged"), count("aggregate", "refused")), (2, 1));
    assert_eq!((count("tls", "accepted"), count("failure", "accepted")), (60, 7));
    // Two of one id with other records: each names the other.
    let conflicts: Vec<_> = documents.iter().filter(|one| one["conflict"].is_u64()).collect();
    let [one, other] = &conflicts[..] else { panic!("{conflicts:?}") };
    assert_eq!((&one["conflict"], &other["conflict"]), (&other["id"], &one["id"]));
    // No Subject and no local part of a recipient stands in a failure report.
    let failure = documents.iter().find(|one| one["kind"] == "failure").unwrap();
    let shown = told(state, &["report", "show", &failure["id"].to_string(), "--format", "raw"]);
    assert!(!shown.contains("refund") && !shown.contains("resident"), "{shown}");
}

/// Three surveys of one study, in which ever more publish something.
fn surveys(state: &Path) {
    let archive = SqliteArchive::open(&state.join("reports.sqlite"), store::archive::Settings::default()).unwrap();
    let lines = testkit::block_on(archive.surveys("")).unwrap();
    let made: Vec<Made> = lines.iter().map(|line| Made::parse(&line.made).unwrap()).collect();
    let count = |id: &str| {
        let place = position(id).unwrap();
        made.iter().rev().map(|made| made.all.share(place).part).collect::<Vec<_>>()
    };
    assert!(made.iter().all(|made| made.all.total() == 62 && made.unanswered == 0), "{made:?}");
    for id in ["spf", "dmarc"] {
        assert!(
            matches!(count(id)[..], [first, second, third] if 0 < first && first < second && second < third),
            "{id}"
        );
    }
    let (_, tables) = testkit::block_on(archive.survey("", lines[0].id)).unwrap().unwrap();
    let tables = parse_tables(&tables).unwrap();
    let regions: Vec<_> = tables[0].groups().map(|(region, tally)| (region, tally.total())).collect();
    assert_eq!(regions, [("north", 14), ("river", 22), ("coast", 17), ("hills", 9)]);
    assert_eq!(tables[1].groups().count(), 2);
}

fn kept(state: &Path) {
    let keys = told(state, &["key", "list"]);
    assert!(keys.contains("rsa-202606-1 active") && keys.contains("rsa-202612-1 staged"), "{keys}");
    let history = told(state, &["check", "asagiri.example", "--history"]);
    assert!(history.contains("7 audits were kept") && history.contains("include:sendgrid.net"), "{history}");
    // Rows are those of the service: with evidence, and with every end that a message can have.
    let store = Sqlite::open(&state.join("ledger.sqlite"), store::Settings::default()).unwrap();
    let (mut actions, mut after, mut signed, mut count) = (std::collections::BTreeSet::new(), None, 0, 0);
    loop {
        let query = Query { filter: Filter::default(), after, ..Query::default() };
        let page = testkit::block_on(store.rows(query)).unwrap();
        count += page.rows.len();
        signed += page.rows.iter().filter(|row| !row.signed.is_empty()).count();
        actions.extend(page.rows.iter().map(|row| row.verdict.action.as_str()));
        if let Some(row) = page.rows.first() {
            let entry = testkit::block_on(store.entry(row.id)).unwrap().unwrap();
            assert!(entry.why.count() > 1, "{:?}", entry.row);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert!(count > 2000 && signed > 300, "{count} rows, {signed} signed");
    for action in ["accept", "quarantine", "reject"] {
        assert!(actions.contains(action), "{actions:?}");
    }
}

#[test]
fn without_a_directory_nothing_can_be_filled_for_others() {
    let ran = Command::new(env!("CARGO_BIN_EXE_sekisho")).args(["--lang", "en", "demo", "--once"]).env_clear().output();
    let ran = ran.unwrap();
    assert_eq!(ran.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("--state"));
}
