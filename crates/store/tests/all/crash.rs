//! Killed at any time: no acknowledged row is lost, none is there twice, and the file opens.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use report::tally::{MeasureKind, Step};
use report::{Filter, Ledger, Query, RowId, TallyQuery};
use store::{Settings, Sqlite};
use testkit::block_on;

use crate::samples::{Chance, all, entry, row};

const ROUNDS: u64 = 12;
const WRITERS: u64 = 4;

#[test]
fn killed_at_any_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let mut chance = Chance(7);
    let mut acknowledged = BTreeSet::new();
    let mut first = 0;
    for _ in 0..ROUNDS {
        let after = Duration::from_millis(20 + chance.below(180));
        let told = run_and_kill(&path, first, after);
        acknowledged.extend(told.iter().copied());
        let store = Sqlite::open(&path, Settings::default()).unwrap();
        let rows = all(&store, Query::default());
        let there: BTreeSet<u64> = rows.iter().map(|row| row.id.number()).collect();
        assert_eq!(there.len(), rows.len(), "none twice");
        assert!(acknowledged.is_subset(&there), "{} told, {} there", acknowledged.len(), there.len());
        let messages = TallyQuery::new(MeasureKind::Messages, 0, u64::MAX, Step::Whole);
        let counted: u64 = block_on(store.tally(messages)).unwrap().lines.iter().map(|line| line.count).sum();
        assert_eq!(counted, rows.len() as u64);
        for row in rows.iter().step_by(97) {
            let filter = Filter { queue_id: row.queue_id.clone(), ..Filter::default() };
            assert!(all(&store, Query { filter, ..Query::default() }).contains(row), "found by its keys");
        }
        assert_eq!(block_on(store.rebuild()).unwrap().differing, 0);
        // Those whose answer did not come are sent again: the next child begins a little before the end.
        first += (told.len() as u64).saturating_sub(20);
    }
    assert!(acknowledged.len() > 100, "{}", acknowledged.len());
    for number in acknowledged.iter().take(50) {
        let id = RowId::from_number(*number).unwrap();
        assert!(block_on(Sqlite::open(&path, Settings::default()).unwrap().entry(id)).unwrap().is_some());
    }
}

/// Lets a child append until it is killed; the ids whose append was answered.
fn run_and_kill(path: &Path, first: u64, after: Duration) -> Vec<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_that_appends", "--ignored", "--nocapture"])
        .env("SEKISHO_TEST_LEDGER", path)
        .env("SEKISHO_TEST_FIRST", first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        let mut told = Vec::new();
        for line in output.lines().map_while(Result::ok) {
            // The last line may be cut.
            if let Some(number) = line.strip_prefix("stored ").and_then(|line| line.strip_suffix('.')) {
                told.push(number.parse().unwrap());
            }
        }
        told
    });
    std::thread::sleep(Duration::from_millis(150) + after);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
#[ignore = "a child of another test"]
fn child_that_appends() {
    let Some(path) = std::env::var_os("SEKISHO_TEST_LEDGER") else { return };
    let first: u64 = std::env::var("SEKISHO_TEST_FIRST").unwrap().parse().unwrap();
    // Keys and counts are being written at most times.
    let store = Sqlite::open(Path::new(&path), Settings { fold_row_count: 40, ..Settings::default() }).unwrap();
    let store = &store;
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            scope.spawn(move || {
                for number in (first + writer..).step_by(WRITERS as usize) {
                    block_on(store.append(vec![entry(number)])).unwrap();
                    let line = format!("stored {}.\n", row(number).id.number());
                    std::io::stdout().write_all(line.as_bytes()).unwrap();
                }
            });
        }
    });
}
