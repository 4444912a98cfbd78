//! What may go wrong with a file, and what is said then.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use report::ledger::{Deletion, LedgerError, Receipt};
use report::tally::{MeasureKind, Step};
use report::{Filter, Ledger, Query, TallyQuery};
use store::{Durability, Memory, Settings, Sqlite};
use testkit::block_on;

use crate::samples::{DAY_MS, START_MS, all, domain, entries, entry, row};

fn open(path: &Path, settings: Settings) -> Result<Sqlite, LedgerError> {
    Sqlite::open(path, settings)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn files_are_the_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let store = open(&path, Settings::default()).unwrap();
    block_on(store.append(entries(0..10))).unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in &files {
        assert_eq!(mode(file), 0o600, "{file:?}");
    }
    drop(store);
    for (wanted, is_fine) in [(0o640, true), (0o644, false), (0o660, false), (0o600, true)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(wanted)).unwrap();
        match open(&path, Settings::default()) {
            Ok(_) => assert!(is_fine, "{wanted:o}"),
            Err(error) => assert!(!is_fine && error == LedgerError::Rights { mode: wanted }, "{error}"),
        }
    }
}

#[test]
fn a_closed_store_is_one_file_and_opens_again() {
    for durability in [Durability::BeforeReply, Durability::Async] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let settings = Settings { durability, ..Settings::default() };
        let store = open(&path, settings.clone()).unwrap();
        block_on(store.append(entries(0..500))).unwrap();
        let stats = store.close().unwrap();
        assert_eq!((stats.stored, stats.lost, stats.waiting), (500, 0, 0), "what was taken is stored");
        assert!(!folder.path().join("ledger-wal").exists());
        let again = open(&path, settings).unwrap();
        assert_eq!(all(&again, Query::default()).len(), 500);
        assert_eq!(block_on(again.rebuild()).unwrap().differing, 0);
    }
}

#[test]
fn keys_and_counts_are_the_same_before_they_are_written_and_after() {
    const ROW_COUNT: usize = 300;
    for (count, fresh) in [(ROW_COUNT - 1, ROW_COUNT - 1), (ROW_COUNT, 0), (ROW_COUNT + 1, 0)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let settings = Settings { fold_row_count: ROW_COUNT, ..Settings::default() };
        let (store, memory) = (open(&path, settings).unwrap(), Memory::default());
        let same = |what: &str| {
            let filter = Filter { queue_id: row(7).queue_id, ..Filter::default() };
            let query = Query { filter, ..Query::default() };
            assert!(!all(&memory, query.clone()).is_empty());
            assert_eq!(all(&store, query.clone()), all(&memory, query), "{count} {what}");
            for kind in MeasureKind::ALL {
                let query = TallyQuery::new(*kind, 0, u64::MAX, Step::Hour);
                let (here, there) = (block_on(store.tally(query.clone())), block_on(memory.tally(query)));
                assert_eq!(here, there, "{count} {what} {kind:?}");
            }
        };
        // One after the other, so that the last one is what makes them many.
        block_on(memory.append(entries(0..count as u64))).unwrap();
        block_on(store.append(entries(0..ROW_COUNT as u64 - 1))).unwrap();
        for number in ROW_COUNT as u64 - 1..count as u64 {
            block_on(store.append(vec![entry(number)])).unwrap();
        }
        same("at once");
        block_on(store.flush()).unwrap();
        same("later");
        let other = rusqlite::Connection::open(&path).unwrap();
        let left = || other.query_row("SELECT count(*) FROM fresh", [], |row| row.get::<_, isize>(0)).unwrap() as usize;
        // It is done piece by piece; what came behind the first waits for the next.
        let is_behind = |left: usize| count > ROW_COUNT && left <= 1;
        while left() != fresh && !is_behind(left()) {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        same("in the end");
        assert_eq!(block_on(store.rebuild()).unwrap().differing, 0);
        same("anew");
    }
}

#[test]
fn rows_that_go_while_they_are_folded_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    // So few at once that it takes long.
    let settings = Settings { fold_row_count: 1, ..Settings::default() };
    let store = open(&path, settings).unwrap();
    block_on(store.append(entries(0..400))).unwrap();
    for tenant in [None, Some("".into())] {
        let what = Deletion::Rows { before_ms: u64::MAX, tenant };
        while !block_on(store.delete(what.clone())).unwrap().is_done {}
    }
    assert_eq!(all(&store, Query::default()).len(), 0);
    assert_eq!(block_on(store.rebuild()).unwrap().differing, 0);
    drop(store);
    let file = rusqlite::Connection::open(&path).unwrap();
    for table in ["message", "why", "fresh", "lookup"] {
        let left: u32 = file.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0, "{table}");
    }
}

#[test]
fn what_was_fresh_is_folded_after_the_file_was_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    drop(open(&path, Settings::default()).map(|store| block_on(store.append(entries(0..50))).unwrap()));
    let store = open(&path, Settings { fold_row_count: 60, ..Settings::default() }).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    let left = || other.query_row("SELECT count(*) FROM fresh", [], |row| row.get::<_, u32>(0)).unwrap();
    assert_eq!(left(), 50);
    block_on(store.append(entries(50..70))).unwrap();
    while left() > 0 {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    block_on(store.append(entries(70..80))).unwrap();
    assert_eq!((left(), block_on(store.rebuild()).unwrap().differing), (10, 0));
    assert_eq!(all(&store, Query::default()).len(), 80);
}

#[test]
fn few_rows_are_folded_when_no_more_come() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let store = open(&path, Settings { fold_idle_ms: 1, ..Settings::default() }).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    let count = |sql: &str| other.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    for round in 0..3 {
        block_on(store.append(entries(round * 5..round * 5 + 5))).unwrap();
        while count("SELECT count(*) FROM fresh") > 0 {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }
    assert!(count("SELECT count(*) FROM lookup") > 15);
    assert_eq!(block_on(store.rebuild()).unwrap().differing, 0);
}

#[test]
fn other_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let refused = |settings| open(&path, settings).err().expect("refused");
    let private = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    private(&b"Dear diary, ".repeat(1000));
    assert_eq!(refused(Settings::default()), LedgerError::NotALedger);
    std::fs::remove_file(&path).unwrap();
    private(b"");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE cats (name)").unwrap();
    assert_eq!(refused(Settings::default()), LedgerError::NotALedger, "somebody else's tables");
    std::fs::remove_file(&path).unwrap();
    drop(open(&path, Settings::default()).unwrap());
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    assert_eq!(refused(Settings::default()), LedgerError::Version { found: 99, known: 3 });
    let nowhere = folder.path().join("no/such/folder/ledger");
    assert!(matches!(open(&nowhere, Settings::default()).err(), Some(LedgerError::Io(_))));
}

#[test]
fn damage_is_found_when_the_file_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let store = open(&path, Settings::default()).unwrap();
    block_on(store.append(entries(0..2000))).unwrap();
    store.close().unwrap();
    let sound = std::fs::read(&path).unwrap();
    let mut found = 0;
    for page in (1..sound.len() / 4096).step_by(7) {
        let mut bytes = sound.clone();
        bytes[page * 4096..page * 4096 + 64].fill(0x55);
        std::fs::write(&path, &bytes).unwrap();
        match open(&path, Settings::default()).err() {
            Some(LedgerError::Corrupt { .. } | LedgerError::Unreadable { .. } | LedgerError::NotALedger) => found += 1,
            // Overflow pages hold nothing but content.
            None => {}
            Some(other) => panic!("{other}"),
        }
    }
    assert!(found * 10 > sound.len() / 4096 / 7 * 9, "{found} of {}", sound.len() / 4096 / 7);
}

#[test]
fn a_row_that_cannot_be_read_is_named_and_the_others_are_given() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let store = open(&path, Settings::default()).unwrap();
    block_on(store.append(entries(0..20))).unwrap();
    let broken = row(7).id;
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute("UPDATE message SET row = x'01ff' WHERE id = ?1", [broken.number() as i64]).unwrap();
    let page = block_on(store.rows(Query::default())).unwrap();
    assert_eq!((page.rows.len(), page.damaged), (19, vec![broken]));
    assert!(matches!(block_on(store.entry(broken)), Err(LedgerError::Unreadable { id, .. }) if id == broken));
    assert!(matches!(block_on(store.rebuild()), Err(LedgerError::Unreadable { .. })));
    let again = block_on(store.append(entries(5..10)));
    assert!(matches!(again, Err(LedgerError::Conflict { first, .. }) if first == broken), "{again:?}");
    drop(store);
    assert!(matches!(open(&path, Settings::default()).err(), Some(LedgerError::Unreadable { .. })));
}

#[test]
fn a_full_disk_is_told_and_takes_nothing_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let settings = Settings { file_bytes_max: Some(1 << 20), ..Settings::default() };
    let store = open(&path, settings).unwrap();
    let mut acknowledged = 0;
    let error = loop {
        match block_on(store.append(entries(acknowledged..acknowledged + 100))) {
            Ok(receipt) => assert_eq!(receipt, Receipt::Stored { new: 100, repeated: 0 }),
            Err(error) => break error,
        }
        acknowledged += 100;
    };
    assert_eq!(error, LedgerError::DiskFull);
    assert!(error.is_temporary() && acknowledged >= 500, "{acknowledged}");
    assert_eq!(all(&store, Query::default()).len() as u64, acknowledged, "what failed left nothing");
    assert_eq!(block_on(store.append(entries(0..100))), Ok(Receipt::Stored { new: 0, repeated: 100 }));
    assert_eq!(store.stats().last_error, Some(LedgerError::DiskFull));
    drop(store);
    let room = open(&path, Settings::default()).unwrap();
    block_on(room.append(entries(acknowledged..acknowledged + 100))).unwrap();
    assert_eq!(all(&room, Query::default()).len() as u64, acknowledged + 100);
    assert_eq!(block_on(room.rebuild()).unwrap().differing, 0);
}

#[test]
fn what_was_taken_waits_for_room_and_a_full_queue_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let settings = Settings {
        durability: Durability::Async,
        queue_row_count_max: 500,
        file_bytes_max: Some(1 << 20),
        ..Settings::default()
    };
    let store = open(&path, settings).unwrap();
    let (mut taken, mut refused) = (0, 0);
    for number in 0..8_000 {
        match block_on(store.append(vec![entry(number)])) {
            Ok(receipt) => {
                assert_eq!(receipt, Receipt::Taken);
                taken += 1;
            }
            Err(LedgerError::QueueFull { waiting }) => {
                assert!(waiting <= 500);
                refused += 1;
                // A daemon would go on with other mail meanwhile.
                std::thread::sleep(std::time::Duration::from_micros(200));
            }
            Err(other) => panic!("{other}"),
        }
    }
    let (stats, error) = store.close().expect_err("there was no room");
    assert_eq!(error, LedgerError::DiskFull);
    assert!(stats.lost > 0 && stats.failures > 0);
    assert_eq!((stats.stored + stats.lost, stats.refused), (taken, refused), "every row is accounted for: {stats:?}");
    let again = open(&path, Settings::default()).unwrap();
    assert_eq!(all(&again, Query::default()).len() as u64, stats.stored);
}

#[test]
fn rows_nobody_waits_for_are_written_when_the_store_is_free_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let store = open(&path, Settings { durability: Durability::Async, ..Settings::default() }).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    block_on(store.append(entries(0..50))).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(store.stats().stored, 0);
    other.execute_batch("ROLLBACK").unwrap();
    block_on(store.flush()).unwrap();
    assert_eq!(store.stats().stored, 50);
}

#[test]
fn a_conflict_that_nobody_waits_for_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let store = open(&path, Settings { durability: Durability::Async, ..Settings::default() }).unwrap();
    let mut other = entry(3);
    other.row.latency_us += 1;
    block_on(store.append(entries(0..10))).unwrap();
    block_on(store.append(vec![other])).unwrap();
    block_on(store.flush()).unwrap();
    let stats = store.stats();
    assert_eq!((stats.stored, stats.lost), (10, 1));
    assert!(matches!(stats.last_error, Some(LedgerError::Conflict { first, .. }) if first == row(3).id));
}

#[test]
fn many_who_wait_share_a_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("ledger"), Settings::default()).unwrap();
    let store = &store;
    std::thread::scope(|scope| {
        for thread in 0..16_u64 {
            scope.spawn(move || {
                for number in 0..50 {
                    let receipt = block_on(store.append(vec![entry(thread * 50 + number)]));
                    assert_eq!(receipt, Ok(Receipt::Stored { new: 1, repeated: 0 }));
                }
            });
        }
    });
    let stats = store.stats();
    assert_eq!(stats.stored, 800);
    assert!(stats.groups < 700, "{} transactions for 800 appends", stats.groups);
    assert_eq!(block_on(store.rebuild()).unwrap().differing, 0);
}

/// Writes that the system refuses: a child may not write files larger than 512 KiB.
#[test]
fn a_write_that_fails_is_told_and_the_file_stays_sound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let own = std::env::current_exe().unwrap();
    let script = format!(
        "trap '' XFSZ; ulimit -f 1024; exec '{}' --exact faults::child_that_may_not_write_much --ignored --nocapture",
        own.display()
    );
    let output = Command::new("sh").args(["-c", &script]).env("SEKISHO_TEST_LEDGER", &path).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
    let acknowledged: u64 = text.lines().find_map(|line| line.strip_prefix("acknowledged ")).unwrap().parse().unwrap();
    let store = open(&path, Settings::default()).unwrap();
    let rows = all(&store, Query::default());
    for number in 0..acknowledged {
        assert!(rows.contains(&row(number)), "{number} of {acknowledged}");
    }
    assert_eq!(block_on(store.rebuild()).unwrap().differing, 0);
}

#[test]
#[ignore = "a child of another test"]
fn child_that_may_not_write_much() {
    let Some(path) = std::env::var_os("SEKISHO_TEST_LEDGER") else { return };
    let store = open(Path::new(&path), Settings::default()).unwrap();
    let mut acknowledged = 0;
    let error = loop {
        match block_on(store.append(entries(acknowledged..acknowledged + 10))) {
            Ok(_) => acknowledged += 10,
            Err(error) => break error,
        }
        assert!(acknowledged < 100_000, "no limit");
    };
    assert!(matches!(error, LedgerError::Io(_) | LedgerError::DiskFull), "{error:?}");
    println!("\nacknowledged {acknowledged}");
}

/// Makes the file one of version 2: without counts by domain.
fn as_version_2(path: &Path) {
    let file = rusqlite::Connection::open(path).unwrap();
    file.execute_batch("DROP TABLE since; DELETE FROM tally WHERE kind = 13; PRAGMA user_version = 2;").unwrap();
}

#[test]
fn counts_by_domain_of_an_earlier_version_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let open = || Sqlite::open(&path, Settings::default()).unwrap();
    let query = |from_ms| TallyQuery {
        domains: Some([domain("example.jp"), domain("bank.example")].into()),
        ..TallyQuery::new(MeasureKind::Result, from_ms, START_MS + 10 * DAY_MS, Step::Hour)
    };
    let store = open();
    block_on(store.append(entries(0..1500))).unwrap();
    let before = block_on(store.tally(query(START_MS))).unwrap();
    assert!(before.whole_from_ms == 0 && before.lines.len() > 100);
    store.close().unwrap();
    as_version_2(&path);
    let store = open();
    assert_eq!(block_on(store.tally(query(START_MS))).unwrap(), before, "from all rows, and whole");
    assert_eq!(block_on(store.rebuild()).unwrap().differing, 0);
    // Of days whose rows are gone there is nothing to make them of, and the answer says so.
    let gone_ms = START_MS + 4 * DAY_MS;
    while !block_on(store.delete(Deletion::Rows { before_ms: gone_ms, tenant: None })).unwrap().is_done {}
    assert_eq!(block_on(store.tally(query(START_MS))).unwrap(), before, "the counts of old rows stay");
    store.close().unwrap();
    as_version_2(&path);
    let store = open();
    let after = block_on(store.tally(query(gone_ms))).unwrap();
    assert_eq!(after.whole_from_ms, gone_ms);
    let kept: Vec<_> = before.lines.iter().filter(|line| line.start_ms >= gone_ms).cloned().collect();
    assert_eq!(after.lines, kept);
    assert_eq!(block_on(store.tally(query(START_MS))).unwrap().lines, kept);
    assert_eq!(block_on(store.rebuild()).unwrap().differing, 0);
    assert_eq!(block_on(store.tally(query(gone_ms))).unwrap(), after);
    store.close().unwrap();
    assert_eq!(block_on(open().tally(query(gone_ms))).unwrap(), after, "it is done once");
}
