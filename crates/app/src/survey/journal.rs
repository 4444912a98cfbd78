//! The journal of a survey: each result as soon as there is one, so that no domain is asked twice after an end of any kind.
//!
//! The first line says of which list and by which method; each further line has a checksum, the number of the domain in the
//! list, and its result. Results come in any order, and none is further from its place than the engine runs ahead. What a
//! sudden end left half written is cut off.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::limits::SURVEY_JOURNAL_LINE_BYTES_MAX;

/// Of what a journal is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Head {
    /// The list, by its hash.
    pub(super) list: String,
    /// Everything else that results depend on, by its hash.
    pub(super) method: String,
    /// When the survey began, in seconds since 1970.
    pub(super) begun_s: u64,
}

/// A journal that is written.
pub(super) struct Journal {
    file: File,
    waiting: Vec<u8>,
    /// Of what it is.
    pub(super) head: Head,
    /// What stood in it when it was opened.
    pub(super) done: Done,
}

/// Which domains are done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Done {
    /// All before this one.
    below: u64,
    /// … and these.
    above: BTreeSet<u64>,
}

/// Why a journal cannot be gone on with.
#[derive(Debug)]
pub(super) enum JournalError {
    /// The system's.
    Io(io::Error),
    /// It is none.
    NoJournal,
    /// It is of another list.
    OtherList,
    /// It was made with other options.
    OtherMethod,
}

impl Journal {
    /// A new one; there must be none.
    ///
    /// # Errors
    /// The system's; `AlreadyExists` among them.
    pub(super) fn create(path: &Path, head: Head) -> io::Result<Self> {
        let mut file = OpenOptions::new().append(true).read(true).create_new(true).open(path)?;
        file.write_all(head.line().as_bytes())?;
        Ok(Self { file, waiting: Vec::new(), head, done: Done::default() })
    }

    /// The one that is there, repaired. The time when the survey began is taken from it.
    ///
    /// # Errors
    /// It is none, or of something else.
    pub(super) fn open(path: &Path, wanted: &Head) -> Result<Self, JournalError> {
        let mut file = OpenOptions::new().append(true).read(true).open(path)?;
        let mut lines = Lines::new(&file)?;
        let head = lines.next_line()?.and_then(|line| Head::parse(&line)).ok_or(JournalError::NoJournal)?;
        if head.list != wanted.list {
            return Err(JournalError::OtherList);
        }
        if head.method != wanted.method {
            return Err(JournalError::OtherMethod);
        }
        let (mut done, mut end) = (Done::default(), lines.read);
        while let Some(line) = lines.next_line()? {
            let Some((index, _)) = entry(&line) else {
                break;
            };
            done.add(index);
            end = lines.read;
        }
        // RFC-like care is not needed: what is not whole was never told.
        file.set_len(end)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self { file, waiting: Vec::new(), head, done })
    }

    /// Adds a result, which is one line; [`Journal::write`] writes it.
    pub(super) fn add(&mut self, index: u64, result: &str) {
        let text = format!("{index} {result}");
        let sum = sum(text.as_bytes());
        self.waiting.extend_from_slice(format!("{sum:08x} {text}\n").as_bytes());
    }

    /// Writes what was added.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn write(&mut self) -> io::Result<()> {
        if !self.waiting.is_empty() {
            self.file.write_all(&self.waiting)?;
            self.waiting.clear();
        }
        Ok(())
    }

    /// Writes what was added, onto the disk.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.write()?;
        self.file.sync_data()
    }
}

/// Gives the results of a journal in the order of the list.
///
/// # Errors
/// The system's, and what `then` gives.
pub(super) fn in_order(path: &Path, mut then: impl FnMut(&str) -> io::Result<()>) -> io::Result<u64> {
    let file = File::open(path)?;
    let mut lines = Lines::new(&file)?;
    let (mut next, mut early) = (0, BTreeMap::new());
    let _head = lines.next_line()?;
    while let Some(line) = lines.next_line()? {
        let Some((index, result)) = entry(&line) else {
            break;
        };
        if index >= next {
            early.insert(index, result.to_owned());
        }
        while let Some(result) = early.remove(&next) {
            then(&result)?;
            next += 1;
        }
    }
    Ok(next)
}

impl Head {
    fn line(&self) -> String {
        format!("{FORM} {} {} {}\n", self.list, self.method, self.begun_s)
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix(FORM)?.split_whitespace();
        let head = Self {
            list: words.next()?.to_owned(),
            method: words.next()?.to_owned(),
            begun_s: words.next()?.parse().ok()?,
        };
        words.next().is_none().then_some(head)
    }
}

impl Done {
    fn add(&mut self, index: u64) {
        if index >= self.below {
            self.above.insert(index);
        }
        while self.above.remove(&self.below) {
            self.below += 1;
        }
    }

    /// Whether this one is done.
    pub(super) fn has(&self, index: u64) -> bool {
        index < self.below || self.above.contains(&index)
    }

    /// How many are done.
    pub(super) fn count(&self) -> u64 {
        self.below + self.above.len() as u64
    }
}

/// Whole lines, as far as there are any.
struct Lines<'a> {
    source: BufReader<&'a File>,
    /// How many bytes of whole lines were read.
    read: u64,
}

impl<'a> Lines<'a> {
    fn new(mut file: &'a File) -> io::Result<Self> {
        file.seek(SeekFrom::Start(0))?;
        Ok(Self { source: BufReader::with_capacity(1 << 16, file), read: 0 })
    }

    /// The next line, without its end; `None` at the end, or where it is torn.
    fn next_line(&mut self) -> io::Result<Option<String>> {
        let mut bytes = Vec::new();
        let count = self.source.by_ref().take(SURVEY_JOURNAL_LINE_BYTES_MAX).read_until(b'\n', &mut bytes)?;
        if bytes.pop() != Some(b'\n') {
            return Ok(None);
        }
        self.read += count as u64;
        Ok(String::from_utf8(bytes).ok())
    }
}

/// The number and the result of a line, when it is whole.
fn entry(line: &str) -> Option<(u64, &str)> {
    let (told, text) = line.split_once(' ')?;
    if u32::from_str_radix(told, 16) != Ok(sum(text.as_bytes())) {
        return None;
    }
    let (index, result) = text.split_once(' ')?;
    Some((index.parse().ok()?, result))
}

fn sum(bytes: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    sum.sum()
}

impl From<io::Error> for JournalError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// How the first line begins; the number is the form's.
const FORM: &str = "sekisho-survey 1";

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        Head { list: "aa".to_owned(), method: "bb".to_owned(), begun_s: 7 }
    }

    fn place(name: &str) -> std::path::PathBuf {
        let place = std::env::temp_dir().join(format!("sekisho-journal-{name}-{}", std::process::id()));
        let _ = std::fs::remove_file(&place);
        place
    }

    fn written(path: &Path) -> String {
        let mut journal = Journal::create(path, head()).unwrap();
        for index in [2, 0, 1, 5] {
            journal.add(index, &format!("{{\"domain\":\"n{index}.例\"}}"));
        }
        journal.sync().unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    fn results(path: &Path) -> Vec<String> {
        let mut results = Vec::new();
        in_order(path, |result| {
            results.push(result.to_owned());
            Ok(())
        })
        .unwrap();
        results
    }

    #[test]
    fn what_was_written_is_done_and_comes_back_in_order() {
        let path = place("order");
        written(&path);
        let mut journal = Journal::open(&path, &Head { begun_s: 99, ..head() }).unwrap();
        assert_eq!((journal.done.count(), journal.head.begun_s), (4, 7));
        assert_eq!((0..7).filter(|index| journal.done.has(*index)).collect::<Vec<_>>(), [0, 1, 2, 5]);
        for index in [4, 3] {
            journal.add(index, "later");
        }
        journal.write().unwrap();
        assert_eq!(
            results(&path)[..4],
            ["{\"domain\":\"n0.例\"}", "{\"domain\":\"n1.例\"}", "{\"domain\":\"n2.例\"}", "later"]
        );
        assert_eq!(results(&path).len(), 6);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn wherever_it_is_torn_it_is_repaired() {
        let path = place("torn");
        let whole = written(&path);
        let begin = whole.find('\n').unwrap() + 1;
        for length in begin..=whole.len() {
            std::fs::write(&path, &whole.as_bytes()[..length]).unwrap();
            let lines =
                whole[begin..].char_indices().filter(|(at, letter)| *letter == '\n' && begin + at < length).count();
            let mut journal = Journal::open(&path, &head()).unwrap();
            assert_eq!(journal.done.count(), lines as u64, "{length}");
            journal.add(9, "more");
            journal.sync().unwrap();
            assert_eq!(Journal::open(&path, &head()).unwrap().done.count(), lines as u64 + 1, "{length}");
        }
        // A byte that changed: what follows is asked again.
        let mut bytes = whole.clone().into_bytes();
        bytes[begin + 12] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(Journal::open(&path, &head()).unwrap().done.count(), 0);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn another_list_another_method_and_no_journal_are_refused() {
        let path = place("other");
        written(&path);
        let open = |head: &Head| Journal::open(&path, head).err();
        assert!(matches!(open(&Head { list: "ab".to_owned(), ..head() }), Some(JournalError::OtherList)));
        assert!(matches!(open(&Head { method: "ab".to_owned(), ..head() }), Some(JournalError::OtherMethod)));
        assert!(Journal::create(&path, head()).is_err());
        for text in ["", "sekisho-survey 1 aa bb", "sekisho-survey 2 aa bb 7\n", "something\n"] {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(open(&head()), Some(JournalError::NoJournal)), "{text}");
        }
        std::fs::remove_file(path).unwrap();
    }
}
