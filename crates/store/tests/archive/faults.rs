//! What may go wrong with a file of reports, and what is said then.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use feedback::Archive;
use feedback::archive::*;
use report::query::Reach;
use store::archive::Settings;
use testkit::block_on;

use crate::samples::*;

fn parcels(numbers: std::ops::Range<u64>) -> Vec<Parcel> {
    numbers.map(|number| given(number, DOMAINS[(number % 4) as usize])).collect()
}

fn import(archive: &impl Archive, numbers: std::ops::Range<u64>) -> Result<Vec<Receipt>, ArchiveError> {
    block_on(archive.import(parcels(numbers), None))
}

fn count(archive: &impl Archive) -> u64 {
    all(archive, DocumentQuery::default()).len() as u64
}

fn refused(path: &Path) -> ArchiveError {
    open(path, Settings::default()).err().expect("refused")
}

#[test]
fn files_are_the_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let archive = open(&path, Settings::default()).unwrap();
    import(&archive, 0..10).unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 2, "{files:?}");
    for file in &files {
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
    drop(archive);
    for (mode, is_fine) in [(0o640, true), (0o644, false), (0o660, false), (0o600, true)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        match open(&path, Settings::default()) {
            Ok(_) => assert!(is_fine, "{mode:o}"),
            Err(error) => assert!(!is_fine && error == ArchiveError::Rights { mode }, "{error}"),
        }
    }
}

#[test]
fn a_closed_store_is_one_file_and_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let archive = open(&path, Settings::default()).unwrap();
    // Nobody awaits this.
    drop(archive.import(parcels(0..100), None));
    drop(archive);
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["reports.sqlite"]);
    let again = open(&path, Settings { check_bytes_max: 0, ..Settings::default() }).unwrap();
    assert_eq!(count(&again), 100, "what was taken is stored");
    assert_eq!(block_on(again.rebuild()), Ok(0));
}

#[test]
fn other_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let foreign = ArchiveError::Foreign { path: path.display().to_string() };
    let private = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    private(&b"Dear diary, ".repeat(1000));
    assert_eq!(refused(&path), foreign);
    std::fs::remove_file(&path).unwrap();
    private(b"");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE cats (name)").unwrap();
    assert_eq!(refused(&path), foreign, "somebody else's tables");
    std::fs::remove_file(&path).unwrap();
    drop(store::Sqlite::open(&path, store::Settings::default()).unwrap());
    assert_eq!(refused(&path), foreign, "the ledger");
    std::fs::remove_file(&path).unwrap();
    drop(open(&path, Settings::default()).unwrap());
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    assert!(matches!(refused(&path), ArchiveError::Version { found: 99, known } if known < 99));
    let nowhere = folder.path().join("no/such/folder/reports.sqlite");
    assert!(matches!(refused(&nowhere), ArchiveError::Failed { .. }));
}

#[test]
fn damage_is_found_when_the_file_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let archive = open(&path, Settings::default()).unwrap();
    import(&archive, 0..1500).unwrap();
    drop(archive);
    let sound = std::fs::read(&path).unwrap();
    let pages = sound.len() / 4096;
    let (mut found, mut tried) = (0, 0);
    for page in (1..pages).step_by(9) {
        let mut bytes = sound.clone();
        bytes[page * 4096..page * 4096 + 64].fill(0x55);
        std::fs::write(&path, &bytes).unwrap();
        tried += 1;
        match open(&path, Settings::default()).err() {
            Some(ArchiveError::Corrupt { .. }) => found += 1,
            // Overflow pages hold nothing but content.
            None => {}
            Some(other) => panic!("{other}"),
        }
    }
    assert!(tried > 10 && found * 10 > tried * 9, "{found} of {tried}");
}

#[test]
fn a_report_that_cannot_be_read_is_named_and_can_be_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let archive = open(&path, Settings::default()).unwrap();
    import(&archive, 0..20).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute("UPDATE body SET bytes = x'01ff' WHERE document = 19", []).unwrap();
    let corrupt = ArchiveError::Corrupt { what: "report 19".to_owned() };
    assert_eq!(block_on(archive.content(DocumentId(19))), Err(corrupt.clone()));
    assert_eq!(block_on(archive.sources(CountQuery::default())), Err(corrupt.clone()));
    assert_eq!(block_on(archive.rebuild()), Err(corrupt.clone()));
    assert_eq!(count(&archive), 20, "its line can be shown");
    drop((archive, other));
    assert_eq!(refused(&path), corrupt);
    // A store that is open already can help itself.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute("UPDATE body SET bytes = x'01ff' WHERE document = 5", []).unwrap();
    other
        .execute("UPDATE body SET bytes = (SELECT bytes FROM body WHERE document = 4) WHERE document = 19", [])
        .unwrap();
    drop(other);
    let archive = open(&path, Settings::default()).unwrap();
    assert!(matches!(block_on(archive.rebuild()), Err(ArchiveError::Corrupt { .. })));
    assert_eq!(block_on(archive.remove(Removal::One(DocumentId(5)))), Ok(Removed { count: 1, is_done: true }));
    assert!(block_on(archive.rebuild()).unwrap() > 0, "its counts were still there");
    assert_eq!(block_on(archive.rebuild()), Ok(0));
    check_sums(&archive);
}

#[test]
fn counts_that_are_wrong_are_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let archive = open(&path, Settings::default()).unwrap();
    import(&archive, 0..50).unwrap();
    let by = Division { day: true, domain: true, reporter: true, class: true, disposition: true, aligned: true };
    let before = block_on(archive.counts(CountQuery::default(), by));
    let other = rusqlite::Connection::open(&path).unwrap();
    for wrong in [
        "DELETE FROM tally WHERE domain = 1",
        "UPDATE tally SET cells = x'010602' WHERE domain = 2",
        "UPDATE tally SET cells = x'ff' WHERE domain = 3",
        "INSERT INTO tally (domain, day, reporter, side, cells) VALUES (99, 1, 1, 1, x'010602')",
        "UPDATE document SET message_count = 7 WHERE id = 3",
    ] {
        let changed = other.execute(wrong, []).unwrap();
        assert!(changed > 0, "{wrong}");
        assert!(block_on(archive.rebuild()).unwrap() > 0, "{wrong}");
        assert_eq!(block_on(archive.rebuild()), Ok(0), "{wrong}");
        assert_eq!(block_on(archive.counts(CountQuery::default(), by)), before, "{wrong}");
    }
    check_sums(&archive);
}

#[test]
fn a_full_disk_is_told_and_takes_nothing_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let settings = Settings { file_bytes_max: Some(1 << 20), ..Settings::default() };
    let archive = open(&path, settings).unwrap();
    let mut acknowledged = 0;
    let error = loop {
        match import(&archive, acknowledged..acknowledged + 50) {
            Ok(receipts) => assert!(receipts.iter().all(|receipt| matches!(receipt, Receipt::Stored(_)))),
            Err(error) => break error,
        }
        acknowledged += 50;
    };
    assert_eq!(error, ArchiveError::DiskFull);
    assert!(acknowledged >= 200, "{acknowledged}");
    assert_eq!(count(&archive), acknowledged, "what failed left nothing");
    let again = import(&archive, 0..50).unwrap();
    assert!(again.iter().all(|receipt| matches!(receipt, Receipt::Duplicate(_))));
    assert_eq!(block_on(archive.rebuild()), Ok(0));
    drop(archive);
    let room = open(&path, Settings::default()).unwrap();
    import(&room, acknowledged..acknowledged + 50).unwrap();
    assert_eq!(count(&room), acknowledged + 50);
    assert_eq!(block_on(room.rebuild()), Ok(0));
    check_sums(&room);
}

/// Writes that the system refuses: a child may not write files larger than 512 KiB.
#[test]
fn a_write_that_fails_is_told_and_the_file_stays_sound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let own = std::env::current_exe().unwrap();
    let script = format!(
        "trap '' XFSZ; ulimit -f 1024; exec '{}' --exact faults::child_that_may_not_write_much --ignored --nocapture",
        own.display()
    );
    let output = Command::new("sh").args(["-c", &script]).env("SEKISHO_TEST_REPORTS", &path).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
    let acknowledged: u64 = text.lines().find_map(|line| line.strip_prefix("acknowledged ")).unwrap().parse().unwrap();
    let archive = open(&path, Settings::default()).unwrap();
    assert!(acknowledged > 0 && count(&archive) >= acknowledged);
    let again = import(&archive, 0..acknowledged).unwrap();
    assert!(again.iter().all(|receipt| matches!(receipt, Receipt::Duplicate(_))));
    assert_eq!(block_on(archive.rebuild()), Ok(0));
}

#[test]
#[ignore = "a child of another test"]
fn child_that_may_not_write_much() {
    let Some(path) = std::env::var_os("SEKISHO_TEST_REPORTS") else { return };
    let archive = open(Path::new(&path), Settings::default()).unwrap();
    let mut acknowledged = 0;
    let error = loop {
        match import(&archive, acknowledged..acknowledged + 10) {
            Ok(_) => acknowledged += 10,
            Err(error) => break error,
        }
        assert!(acknowledged < 100_000, "no limit");
    };
    assert!(matches!(error, ArchiveError::Failed { .. } | ArchiveError::DiskFull), "{error:?}");
    println!("\nacknowledged {acknowledged}");
}

#[test]
fn several_may_have_the_file_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let (daemon, command) = (open(&path, Settings::default()).unwrap(), open(&path, Settings::default()).unwrap());
    std::thread::scope(|scope| {
        scope.spawn(|| (0..200).step_by(10).for_each(|from| drop(import(&daemon, from..from + 10).unwrap())));
        scope.spawn(|| (100..300).step_by(10).for_each(|from| drop(import(&command, from..from + 10).unwrap())));
    });
    assert_eq!((count(&daemon), count(&command)), (300, 300));
    // What one takes away the other does not remember, and may come again under other numbers.
    for (remover, importer) in [(&command, &daemon), (&daemon, &command)] {
        let what = Removal::Domain { domain: domain("jp"), reach: Reach::Below, tenant: None };
        let what_else = Removal::Domain { domain: domain("bank.example"), reach: Reach::Name, tenant: None };
        block_on(remover.remove(what)).unwrap();
        block_on(remover.remove(what_else)).unwrap();
        assert_eq!(count(importer), 0);
        block_on(remover.import(vec![given(500, "first.example")], None)).unwrap();
        import(importer, 0..100).unwrap();
        assert_eq!(block_on(remover.rebuild()), Ok(0));
        check_sums(remover);
        let names: Vec<_> = block_on(remover.domains(None)).unwrap().into_iter().map(|line| line.domain).collect();
        assert!(names.len() >= 4 && names.contains(&"first.example".into()), "{names:?}");
        let what = Removal::Domain { domain: domain("first.example"), reach: Reach::Name, tenant: None };
        block_on(remover.remove(what)).unwrap();
    }
}

#[test]
fn who_holds_the_file_too_long_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let archive = open(&path, Settings { busy_ms: 50, ..Settings::default() }).unwrap();
    import(&archive, 0..10).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(import(&archive, 10..20), Err(ArchiveError::Busy));
    assert_eq!(count(&archive), 10, "questions wait for nobody");
    other.execute_batch("ROLLBACK").unwrap();
    import(&archive, 10..20).unwrap();
    assert_eq!(count(&archive), 20);
}
