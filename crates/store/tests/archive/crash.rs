//! Killed at any time: what was acknowledged is there, nothing is there twice, and the file opens.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use feedback::Archive;
use feedback::archive::*;
use store::SqliteArchive;
use store::archive::Settings;
use testkit::block_on;

use crate::samples::*;

/// Hundreds of points.
const ROUNDS: u64 = 220;
/// How many reports one call brings.
const BATCH: u64 = 7;

/// A report of a number: each of its own, so that what should be there is known.
fn numbered(number: u64) -> Parcel {
    let mut parcel = given(number, DOMAINS[(number % 3) as usize]);
    if number.is_multiple_of(10) {
        parcel.content = Content::Refused(Some(Kind::Aggregate));
        parcel.status = Status::Refused;
        parcel.classes.clear();
    }
    parcel
}

#[test]
fn killed_at_any_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let mut chance = Chance(7);
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        let told = run_and_kill(&path, Duration::from_micros(chance.below(12_000)));
        acknowledged = told.unwrap_or(acknowledged);
        // With a log of the dead process, as the daemon would find it.
        let archive = SqliteArchive::open(&path, Settings::default()).unwrap();
        let place = block_on(archive.place("crash")).unwrap();
        let position: u64 = place.map_or(0, |place| place.position.parse().unwrap());
        assert!(position >= acknowledged, "{acknowledged} acknowledged, {position} there");
        assert!(position <= acknowledged + BATCH, "{acknowledged} acknowledged, {position} there");
        if round % 20 == 0 || round + 1 == ROUNDS {
            check(&archive, position);
        }
        acknowledged = position;
    }
    assert!(acknowledged > ROUNDS * BATCH, "{acknowledged}");
}

/// Nothing is there twice, nothing is missing, and the counts are those of the reports.
fn check(archive: &SqliteArchive, position: u64) {
    let lines = all(archive, DocumentQuery::default());
    assert_eq!(lines.len() as u64, position);
    let want: u64 = (0..position).map(|number| messages(&numbered(number))).sum();
    assert_eq!(lines.iter().map(|line| line.message_count).sum::<u64>(), want);
    let counts = block_on(archive.counts(CountQuery::default(), Division::default())).unwrap();
    assert_eq!(counts.iter().map(|line| line.count).sum::<u64>(), want);
    assert_eq!(block_on(archive.rebuild()), Ok(0));
    check_sums(archive);
}

fn messages(parcel: &Parcel) -> u64 {
    match &parcel.content {
        Content::Aggregate(report) => report.message_count(),
        _ => 0,
    }
}

/// Lets a child import until it is killed; up to where it said that it had come.
fn run_and_kill(path: &Path, after: Duration) -> Option<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_that_imports", "--ignored", "--nocapture"])
        .env("SEKISHO_TEST_REPORTS", path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    // It is at work when it has said so for the first time.
    let told = |line: &str| -> Option<u64> {
        line.trim_end().strip_prefix("kept ").and_then(|line| line.strip_suffix('.')).and_then(|text| text.parse().ok())
    };
    let mut last = None;
    let mut line = String::new();
    while last.is_none() {
        line.clear();
        assert!(output.read_line(&mut line).unwrap() > 0, "the child died");
        last = told(&line);
    }
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    // The last line may be cut.
    output.lines().map_while(Result::ok).filter_map(|line| told(&line)).last().or(last)
}

#[test]
#[ignore = "a child of another test"]
fn child_that_imports() {
    let Some(path) = std::env::var_os("SEKISHO_TEST_REPORTS") else { return };
    let settings = Settings { refused_count_max: 1_000_000, ..Settings::default() };
    let archive = SqliteArchive::open(Path::new(&path), settings).unwrap();
    let place = block_on(archive.place("crash")).unwrap();
    let mut next: u64 = place.map_or(0, |place| place.position.parse().unwrap());
    loop {
        // Those whose answer did not come are sent again, and some more.
        let parcels = (next.saturating_sub(3)..next + BATCH).map(numbered).collect();
        let place = Place { source: "crash".into(), position: (next + BATCH).to_string().into() };
        let receipts = block_on(archive.import(parcels, Some(place))).unwrap();
        let again = receipts.iter().filter(|receipt| matches!(receipt, Receipt::Duplicate(_))).count() as u64;
        assert_eq!(again, next.min(3));
        next += BATCH;
        std::io::stdout().write_all(format!("\nkept {next}.\n").as_bytes()).unwrap();
    }
}
