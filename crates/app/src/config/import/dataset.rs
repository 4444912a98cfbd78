//! Lists and tables that options name: `a,b`, `csl:a,b`, `file:PATH`, `refile:PATH`, `/PATH`.

use std::io;
use std::path::{Path, PathBuf};

use mailtext::{Network, Value};
use outgoing::limits::{KEY_COUNT_MAX, TABLE_BYTES_MAX};

use super::Line;
use super::draft::Draft;
use crate::limits::IMPORT_ENTRY_COUNT_MAX;

/// What a list or table holds.
pub(super) struct Dataset {
    /// Whether its names are patterns that are tried in their order.
    pub(super) order: Order,
    pub(super) entries: Vec<Entry>,
}

/// How an entry is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    /// By its name.
    Name,
    /// The first whose pattern matches.
    Pattern,
}

/// An entry, and what stands behind it.
pub(super) struct Entry {
    /// The line that it is told by: the option, at the entry's place.
    pub(super) line: Line,
    pub(super) name: String,
    pub(super) value: Option<String>,
}

/// Reads what the option names; `None`, and a note, where that cannot be read.
pub(super) fn read(draft: &mut Draft, line: &Line) -> Option<Dataset> {
    read_up_to(draft, line, IMPORT_ENTRY_COUNT_MAX)
}

/// … a table of keys or rules, of which there may be very many.
pub(super) fn read_table(draft: &mut Draft, line: &Line) -> Option<Dataset> {
    read_up_to(draft, line, KEY_COUNT_MAX)
}

fn read_up_to(draft: &mut Draft, line: &Line, limit: usize) -> Option<Dataset> {
    let value = line.value.as_str();
    let kind = value.split_once(':').map(|(kind, _)| kind.to_ascii_lowercase());
    match (kind.as_deref(), value.split_once(':')) {
        (Some("csl"), Some((_, list))) => Some(listed(draft, line, list)),
        (Some("file"), Some((_, path))) => from_file(draft, line, path, (Order::Name, limit)),
        (Some("refile"), Some((_, path))) => from_file(draft, line, path, (Order::Pattern, limit)),
        (Some("db" | "dsn" | "ldap" | "ldaps" | "ldapi" | "lua" | "memcache" | "erlang" | "mdb" | "socket"), _) => {
            draft.note(line, "import-no-database");
            None
        }
        _ if Path::new(value).extension().is_some_and(|extension| extension == "db") => {
            draft.note(line, "import-no-database");
            None
        }
        _ if value.starts_with('/') => from_file(draft, line, value, (Order::Name, limit)),
        _ => Some(listed(draft, line, value)),
    }
}

/// … of an option that is the path of a file; a list is taken as one, too.
pub(super) fn read_hosts(draft: &mut Draft, line: &Line) -> Option<Dataset> {
    let is_list = line.value.split(',').all(|entry| host(entry.trim()).is_some());
    if is_list {
        return Some(listed(draft, line, &line.value));
    }
    from_file(draft, line, &line.value, (Order::Name, IMPORT_ENTRY_COUNT_MAX))
}

/// Adds hosts to a list of networks of ours.
pub(super) fn networks(draft: &mut Draft, set: Option<Dataset>, section: &'static str, key: &'static str) {
    for entry in set.map(|set| set.entries).unwrap_or_default() {
        let name = entry.name.as_str();
        match host(name) {
            Some(addresses) => addresses.iter().for_each(|address| draft.add(section, key, address, &entry.line)),
            None if name.starts_with('!') => {
                draft.note_with(&entry.line, "import-no-negation", &[("value", name.into())]);
            }
            None => draft.note_with(&entry.line, "import-no-host-name", &[("value", name.into())]),
        }
    }
}

/// The addresses or networks of an entry.
fn host(text: &str) -> Option<Vec<String>> {
    if text.eq_ignore_ascii_case("localhost") {
        return Some(vec!["127.0.0.1".to_owned(), "::1".to_owned()]);
    }
    let plain = text.replace(['[', ']'], "");
    plain.parse::<Network>().is_ok().then(|| vec![plain])
}

/// `a,b=c`
fn listed(draft: &mut Draft, line: &Line, list: &str) -> Dataset {
    let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    if entries.clone().count() > IMPORT_ENTRY_COUNT_MAX {
        draft.note_with(line, "import-rest", &[("limit", (IMPORT_ENTRY_COUNT_MAX as u64).into())]);
    }
    if entries.clone().next().is_none() {
        draft.bad(line);
    }
    let entry = |text: &str| {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        Entry { line: line.clone(), name: name.trim().to_owned(), value: value.map(|value| value.trim().to_owned()) }
    };
    Dataset { order: Order::Name, entries: entries.take(IMPORT_ENTRY_COUNT_MAX).map(entry).collect() }
}

fn from_file(draft: &mut Draft, line: &Line, path: &str, (order, limit): (Order, usize)) -> Option<Dataset> {
    let path = path.trim();
    let found = places(draft, path).into_iter().map(|place| (bytes(&place), place)).collect::<Vec<_>>();
    let (bytes, place) = match found.iter().position(|(read, _)| read.is_ok()) {
        Some(at) => found.into_iter().nth(at)?,
        None => found.into_iter().next()?,
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => {
            let arguments = [("file", Value::from(path)), ("reason", Value::from(error.to_string()))];
            draft.note_with(line, "import-table-unreadable", &arguments);
            draft.incomplete();
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut entries = Vec::new();
    for (index, text) in text.lines().enumerate() {
        let at = |place: &Path| Line { place: format!("{}:{}", place.display(), index + 1), ..line.clone() };
        let text = text.split('#').next().unwrap_or_default().trim();
        if text.is_empty() {
            continue;
        }
        if entries.len() == limit {
            draft.note_with(&at(&place), "import-rest", &[("limit", (limit as u64).into())]);
            break;
        }
        if text.contains(char::REPLACEMENT_CHARACTER) {
            draft.note(&at(&place), "import-line");
            continue;
        }
        let (name, value) =
            text.split_once(char::is_whitespace).map_or((text, None), |(name, value)| (name, Some(value)));
        let value = value.map(|value| value.trim().to_owned());
        entries.push(Entry { line: at(&place), name: name.to_owned(), value });
    }
    Some(Dataset { order, entries })
}

/// Nothing but plain files: the configuration, not its reader, names them, and a pipe may never end.
fn bytes(place: &Path) -> io::Result<Vec<u8>> {
    let is_file = std::fs::metadata(place)?.is_file();
    if is_file { super::bytes_of(place, TABLE_BYTES_MAX as u64) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

/// Where the file may lie: where it is said, under the base directory, or beside the configuration, if that was copied.
fn places(draft: &Draft, path: &str) -> Vec<PathBuf> {
    let path = Path::new(path);
    if path.is_absolute() {
        let beside = path.file_name().map(|name| draft.directory.join(name));
        return std::iter::once(path.to_owned()).chain(beside).collect();
    }
    let base = draft.base.as_ref().map(|base| base.join(path));
    base.into_iter().chain([draft.directory.join(path)]).collect()
}
