//! What may go wrong with a file of people, and what is said then.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use people::*;
use store::SqliteRegistry;
use testkit::block_on;

use crate::samples::*;

fn put(registry: &impl Registry, person: Person) -> Result<u64, RegistryError> {
    block_on(registry.put_person(person, line("person-put", "")))
}

fn refused(path: &Path) -> RegistryError {
    SqliteRegistry::open(path).err().expect("refused")
}

#[test]
fn files_are_the_owners_alone() {
    let (folder, registry) = file();
    put(&registry, person("taro", "admin")).unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 2, "{files:?}");
    for file in &files {
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
    drop(registry);
    let path = folder.path().join("people.sqlite");
    for (mode, is_fine) in [(0o640, false), (0o644, false), (0o660, false), (0o600, true), (0o400, false)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        match (SqliteRegistry::open(&path), SqliteRegistry::open_read_only(&path)) {
            (Ok(_), Ok(_)) => assert!(is_fine || mode == 0o400, "{mode:o}"),
            (Err(one), Err(two)) => {
                assert!(!is_fine && one == RegistryError::Rights { mode } && two == one, "{mode:o} {one} {two}");
            }
            // What its owner may not write can be read; for root nothing is forbidden.
            (Err(_), Ok(_)) => assert_eq!(mode, 0o400),
            (Ok(_), Err(error)) => panic!("{mode:o} {error}"),
        }
    }
}

#[test]
fn a_closed_store_is_one_file_and_opens_again() {
    let (folder, registry) = file();
    // Nobody awaits this.
    drop(registry.put_person(person("taro", "admin"), line("person-put", "taro")));
    drop(registry);
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["people.sqlite"]);
    let registry = SqliteRegistry::open(&folder.path().join("people.sqlite")).unwrap();
    assert!(block_on(registry.has_keeper()).unwrap());
    assert_eq!(block_on(registry.log(LogQuery::default())).unwrap().lines.len(), 1);
}

#[test]
fn two_may_have_it_open_and_see_each_other() {
    let (folder, first) = file();
    let path = folder.path().join("people.sqlite");
    let second = SqliteRegistry::open(&path).unwrap();
    put(&first, person("taro", "admin")).unwrap();
    let read = block_on(second.person(&name("taro"))).unwrap().unwrap();
    put(&second, Person { zone: Some("UTC".into()), ..read.clone() }).unwrap();
    assert_eq!(put(&first, Person { theme: Theme::Dark, ..read }), Err(RegistryError::Conflict));
    block_on(second.append(line("sign-in", ""))).unwrap();
    block_on(first.append(line("sign-out", ""))).unwrap();
    let query = LogQuery { order: LogOrder::OldestFirst, ..LogQuery::default() };
    let lines = block_on(first.log(query)).unwrap().lines;
    assert_eq!(log::verify_chain(&lines).unwrap().number, 4);
}

#[test]
fn what_only_reads_changes_nothing() {
    let (folder, registry) = file();
    let path = folder.path().join("people.sqlite");
    put(&registry, person("taro", "admin")).unwrap();
    let reader = SqliteRegistry::open_read_only(&path).unwrap();
    assert_eq!(block_on(reader.people()).unwrap().len(), 1);
    assert!(matches!(put(&reader, person("jiro", "viewer")), Err(RegistryError::Failed { .. })));
    // Whoever writes takes the log away when closing last; a reader could not.
    drop(reader);
    drop(registry);
    let before = std::fs::read(&path).unwrap();
    let reader = SqliteRegistry::open_read_only(&path).unwrap();
    assert_eq!(block_on(reader.people()).unwrap().len(), 1);
    drop(reader);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(SqliteRegistry::open_read_only(&folder.path().join("none.sqlite")).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn another_file_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.sqlite");
    let private = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    private(&[b'x'; 5_000]);
    assert!(matches!(refused(&path), RegistryError::Foreign { .. }));
    std::fs::remove_file(&path).unwrap();
    private(b"");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE a (x);").unwrap();
    drop(other);
    assert!(matches!(refused(&path), RegistryError::Foreign { .. }));
    std::fs::remove_file(&path).unwrap();
    drop(SqliteRegistry::open(&path).unwrap());
    let ours = rusqlite::Connection::open(&path).unwrap();
    ours.pragma_update(None, "user_version", 99).unwrap();
    drop(ours);
    assert_eq!(refused(&path), RegistryError::Version { found: 99, known: 1 });
    assert_eq!(SqliteRegistry::open_read_only(&path).err(), Some(RegistryError::Version { found: 99, known: 1 }));
}

#[test]
fn the_file_itself_keeps_the_lines_of_the_log() {
    let (folder, registry) = file();
    block_on(registry.append(line("sign-in", ""))).unwrap();
    drop(registry);
    let file = rusqlite::Connection::open(folder.path().join("people.sqlite")).unwrap();
    for sql in ["DELETE FROM log", "UPDATE log SET who = 'nobody'", "DELETE FROM log WHERE number = 1"] {
        let error = file.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains("the log only grows"), "{sql}: {error}");
    }
}

#[test]
fn a_line_that_was_changed_past_the_file_shows() {
    let (folder, registry) = file();
    for number in 0..5 {
        block_on(registry.append(line("sign-in", &number.to_string()))).unwrap();
    }
    drop(registry);
    let path = folder.path().join("people.sqlite");
    let file = rusqlite::Connection::open(&path).unwrap();
    file.execute_batch("DROP TRIGGER log_line_is_so; UPDATE log SET who = 'other' WHERE number = 3;").unwrap();
    drop(file);
    let registry = SqliteRegistry::open(&path).unwrap();
    let query = LogQuery { order: LogOrder::OldestFirst, ..LogQuery::default() };
    let lines = block_on(registry.log(query)).unwrap().lines;
    assert_eq!(log::verify_chain(&lines), Err(log::Broken::Changed { number: 3 }));
}

#[test]
fn a_row_that_makes_no_sense_is_named_not_guessed() {
    for (column, value) in [("grants", "'owner'"), ("theme", "'pink'"), ("password", "'plain'"), ("language", "'fr'")] {
        let (folder, registry) = file();
        put(&registry, person("taro", "admin")).unwrap();
        drop(registry);
        let path = folder.path().join("people.sqlite");
        let file = rusqlite::Connection::open(&path).unwrap();
        file.execute(&format!("UPDATE person SET {column} = {value}"), []).unwrap();
        drop(file);
        let registry = SqliteRegistry::open(&path).unwrap();
        let found = block_on(registry.person(&name("taro")));
        assert!(matches!(found, Err(RegistryError::Corrupt { .. })), "{column}: {found:?}");
    }
}
