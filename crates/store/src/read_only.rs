//! A file of SQLite's that somebody else may be writing into, opened for nothing but questions.
//!
//! Who reads a file with a write-ahead log usually makes the log and its index, where there are none. Here nothing is made:
//! without a log nobody has the file open, and it is read as it lies there.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Result};

/// Opens a file that is there.
pub(crate) fn open(path: &Path) -> Result<Connection> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    // Whoever has the file open holds a log beside it, empty or not; the last one to close takes it away.
    let has_log = std::fs::symlink_metadata(&log).is_ok();
    let mode = if has_log { "mode=ro" } else { "mode=ro&immutable=1" };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(format!("file:{}?{mode}", escaped(path)), flags)?;
    connection.pragma_update_and_check(None, "query_only", true, |_| Ok(())).or_else(|error| match error {
        rusqlite::Error::QueryReturnedNoRows => Ok(()),
        other => Err(other),
    })?;
    Ok(connection)
}

/// A path as a URI has it: all but what is plain is written in hexadecimal.
fn escaped(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    let bytes = path.as_os_str().as_bytes().iter();
    bytes.map(|byte| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str) -> std::path::PathBuf {
        let directory = std::env::temp_dir().join(format!("sekisho-read-only {name}?#%-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        directory
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn count(connection: &Connection) -> u32 {
        connection.query_row("SELECT count(*) FROM a", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn what_is_closed_is_read_and_nothing_is_made() {
        let directory = directory("closed");
        let path = directory.join("a b.sqlite");
        assert!(open(&path).is_err() && names(&directory).is_empty(), "what is not there is not made");
        let writer = Connection::open(&path).unwrap();
        writer.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE a (x); INSERT INTO a VALUES (1);").unwrap();
        drop(writer);
        let before = std::fs::read(&path).unwrap();
        let reader = open(&path).unwrap();
        assert_eq!(count(&reader), 1);
        assert!(reader.execute("INSERT INTO a VALUES (2)", []).is_err());
        assert_eq!(names(&directory), ["a b.sqlite"]);
        drop(reader);
        assert_eq!((names(&directory).len(), std::fs::read(&path).unwrap()), (1, before));
        std::fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn what_somebody_writes_is_read_as_it_stands_in_the_log() {
        let directory = directory("open");
        let path = directory.join("a.sqlite");
        let writer = Connection::open(&path).unwrap();
        writer.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE a (x); INSERT INTO a VALUES (1);").unwrap();
        let before = names(&directory);
        let reader = open(&path).unwrap();
        assert_eq!(count(&reader), 1);
        writer.execute("INSERT INTO a VALUES (2)", []).unwrap();
        assert_eq!(count(&reader), 2);
        assert!(reader.execute("INSERT INTO a VALUES (3)", []).is_err());
        drop(reader);
        assert_eq!(names(&directory), before, "the log is still its owner's");
        writer.execute("INSERT INTO a VALUES (3)", []).unwrap();
        drop(writer);
        assert_eq!(count(&open(&path).unwrap()), 3);
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
