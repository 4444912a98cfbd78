//! Lists of names: one a line with comments, or CSV (RFC 4180) whose header has a column `domain`; every other column can be
//! grouped by. Read one at a time, whatever the length of the list.

use std::collections::HashSet;
use std::hash::BuildHasher as _;
use std::io::{self, BufRead, Read};

use csv_core::ReadRecordResult;
use foldhash::fast::FixedState;
use mailtext::{Domain, DomainError};

use crate::limits::{SURVEY_COLUMN_COUNT_MAX, SURVEY_GROUP_BYTES_MAX, SURVEY_LINE_BYTES_MAX, SURVEY_SEEN_COUNT_MAX};

/// A name of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The line that it stands in, or begins in, from 1.
    pub line: u64,
    /// The name.
    pub name: Domain,
    /// The values of the other columns, in the order of [`Names::columns`]; a value that is missing is empty.
    pub groups: Vec<Box<str>>,
}

/// A line that was passed over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: RefusedReason,
}

/// What is wrong with a line.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RefusedReason {
    /// It is no domain name.
    Name(DomainError),
    /// It is no UTF-8.
    Encoding,
    /// It is longer than [`SURVEY_LINE_BYTES_MAX`].
    TooLong,
}

/// Why a list cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The system's.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// More columns than [`SURVEY_COLUMN_COUNT_MAX`].
    #[error("more columns than {SURVEY_COLUMN_COUNT_MAX}")]
    Columns,
    /// The header is longer than [`SURVEY_LINE_BYTES_MAX`], or no UTF-8.
    #[error("the first line cannot be read")]
    Header,
}

/// The names of a list.
pub struct Names<R> {
    source: io::Chain<io::Cursor<Vec<u8>>, R>,
    form: Form,
    line: u64,
    columns: Vec<Box<str>>,
}

enum Form {
    Lines,
    Csv { reader: Box<csv_core::Reader>, skipped: u64, domain: usize, is_ended: bool },
}

impl<R: BufRead> Names<R> {
    /// Reads as far as the first name.
    ///
    /// # Errors
    /// The source cannot be read, or its header cannot.
    pub fn new(mut source: R) -> Result<Self, InputError> {
        let mut line = 0;
        loop {
            let mut first = Vec::new();
            let is_whole = read_line(&mut source, &mut first)?;
            line += 1;
            if line == 1 && first.starts_with(BYTE_ORDER_MARK) {
                first.drain(..BYTE_ORDER_MARK.len());
            }
            match is_whole {
                Some(false) => return Err(InputError::Header),
                Some(true) if is_idle(&first) => continue,
                _ => {}
            }
            let header = header(&first)?;
            let domain = header.iter().position(|name| name.eq_ignore_ascii_case("domain"));
            let (form, columns, rest) = match domain {
                Some(domain) => {
                    let columns = header.into_iter().enumerate().filter(|(at, _)| *at != domain);
                    let reader = Box::new(csv_core::ReaderBuilder::new().comment(Some(b'#')).build());
                    let form = Form::Csv { reader, skipped: line, domain, is_ended: false };
                    (form, columns.map(|(_, name)| name).collect(), Vec::new())
                }
                None => {
                    // It is a name already, and is read again, with the end that was cut off.
                    line -= 1;
                    first.push(b'\n');
                    let rest = if is_whole.is_some() { first } else { Vec::new() };
                    (Form::Lines, Vec::new(), rest)
                }
            };
            return Ok(Self { source: io::Cursor::new(rest).chain(source), form, line, columns });
        }
    }

    /// The columns besides `domain`, in order.
    #[must_use]
    pub fn columns(&self) -> &[Box<str>] {
        &self.columns
    }

    fn next_of_lines(&mut self) -> io::Result<Option<Result<Entry, Refused>>> {
        loop {
            let mut bytes = Vec::new();
            let Some(is_whole) = read_line(&mut self.source, &mut bytes)? else { return Ok(None) };
            self.line += 1;
            let line = self.line;
            if !is_whole {
                return Ok(Some(Err(Refused { line, reason: RefusedReason::TooLong })));
            }
            if is_idle(&bytes) {
                continue;
            }
            let text = bytes.split(|byte| *byte == b'#').next().unwrap_or_default();
            let name = name_of(text);
            return Ok(Some(match name {
                Ok(name) => Ok(Entry { line, name, groups: Vec::new() }),
                Err(reason) => Err(Refused { line, reason }),
            }));
        }
    }

    fn next_of_csv(&mut self) -> io::Result<Option<Result<Entry, Refused>>> {
        let Form::Csv { reader, skipped, domain, is_ended } = &mut self.form else { return Ok(None) };
        loop {
            if *is_ended {
                return Ok(None);
            }
            *skipped += skip_idle(&mut self.source)?;
            let line = *skipped + reader.line();
            let Some(record) = Record::read(reader, &mut self.source, is_ended)? else { return Ok(None) };
            let refused = |reason| Ok(Some(Err(Refused { line, reason })));
            if record.is_too_long {
                return refused(RefusedReason::TooLong);
            }
            let mut fields = record.fields();
            if fields.len() == 1 && fields.first().is_some_and(|only| only.trim_ascii().is_empty()) {
                continue;
            }
            let name = if *domain < fields.len() { fields.remove(*domain) } else { b"" };
            let name = match name_of(name) {
                Ok(name) => name,
                Err(reason) => return refused(reason),
            };
            let mut groups = Vec::with_capacity(self.columns.len());
            for place in 0..self.columns.len() {
                match std::str::from_utf8(fields.get(place).copied().unwrap_or_default()) {
                    Ok(value) => groups.push(shortened(value.trim())),
                    Err(_) => return refused(RefusedReason::Encoding),
                }
            }
            return Ok(Some(Ok(Entry { line, name, groups })));
        }
    }
}

impl<R: BufRead> Iterator for Names<R> {
    type Item = io::Result<Result<Entry, Refused>>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = match self.form {
            Form::Lines => self.next_of_lines(),
            Form::Csv { .. } => self.next_of_csv(),
        };
        next.transpose()
    }
}

/// One record of CSV, in room that does not grow with what comes.
struct Record {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    is_too_long: bool,
}

impl Record {
    fn read(reader: &mut csv_core::Reader, source: &mut impl BufRead, is_ended: &mut bool) -> io::Result<Option<Self>> {
        let mut record = Self {
            bytes: vec![0; SURVEY_LINE_BYTES_MAX],
            ends: vec![0; SURVEY_COLUMN_COUNT_MAX + 1],
            is_too_long: false,
        };
        let (mut written, mut ended) = (0, 0);
        loop {
            let input = source.fill_buf()?;
            let (result, read, wrote, ends) =
                reader.read_record(input, &mut record.bytes[written..], &mut record.ends[ended..]);
            source.consume(read);
            (written, ended) = (written + wrote, ended + ends);
            match result {
                ReadRecordResult::InputEmpty => {}
                // The rest of the record is read over what there is, and thrown away.
                ReadRecordResult::OutputFull => (written, record.is_too_long) = (0, true),
                ReadRecordResult::OutputEndsFull => (ended, record.is_too_long) = (0, true),
                ReadRecordResult::Record => {
                    record.ends.truncate(ended);
                    return Ok(Some(record));
                }
                ReadRecordResult::End => {
                    *is_ended = true;
                    return Ok(None);
                }
            }
        }
    }

    fn fields(&self) -> Vec<&[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.bytes.get(start..*end).unwrap_or_default()).collect()
    }
}

/// Which names were there before: as long as there are not more than [`SURVEY_SEEN_COUNT_MAX`] of them.
#[derive(Default)]
pub struct Seen {
    /// Two hashes of each: that two names share both is less likely than that the machine errs.
    hashes: HashSet<u128, FixedState>,
    duplicates: u64,
    unsought: u64,
}

impl Seen {
    /// Takes a name in; `false` when it was there before.
    pub fn is_new(&mut self, name: &Domain) -> bool {
        let half = |seed| u128::from(FixedState::with_seed(seed).hash_one(name.as_str()));
        let hash = (half(1) << 64) | half(2);
        if self.hashes.contains(&hash) {
            self.duplicates += 1;
            return false;
        }
        if self.hashes.len() < SURVEY_SEEN_COUNT_MAX {
            self.hashes.insert(hash);
        } else {
            self.unsought += 1;
        }
        true
    }

    /// How many names were there before.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// How many names came when there was no room to remember them: among these, duplicates are not noticed.
    #[must_use]
    pub fn unsought(&self) -> u64 {
        self.unsought
    }
}

/// Reads a line, without its end; whether it is whole, and `None` at the end of the source. What is too long is passed over.
fn read_line(source: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    let limit = SURVEY_LINE_BYTES_MAX as u64 + 1;
    if source.by_ref().take(limit).read_until(b'\n', line)? == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') || line.len() <= SURVEY_LINE_BYTES_MAX {
        let end = line.trim_ascii_end().len();
        line.truncate(end);
        return Ok(Some(true));
    }
    line.clear();
    loop {
        let mut rest = Vec::new();
        let read = source.by_ref().take(limit).read_until(b'\n', &mut rest)?;
        if read == 0 || rest.last() == Some(&b'\n') {
            return Ok(Some(false));
        }
    }
}

/// Passes over empty lines and comments; how many.
fn skip_idle(source: &mut impl BufRead) -> io::Result<u64> {
    let mut lines = 0;
    loop {
        match source.fill_buf()?.first() {
            Some(b'\n') => {
                source.consume(1);
                lines += 1;
            }
            Some(b'\r') => source.consume(1),
            Some(b'#') => {
                read_line(source, &mut Vec::new())?;
                lines += 1;
            }
            _ => return Ok(lines),
        }
    }
}

/// Nothing, or a comment.
fn is_idle(line: &[u8]) -> bool {
    line.trim_ascii_start().first().is_none_or(|first| *first == b'#')
}

fn name_of(text: &[u8]) -> Result<Domain, RefusedReason> {
    let text = std::str::from_utf8(text.trim_ascii()).map_err(|_| RefusedReason::Encoding)?;
    Domain::parse(text).map_err(RefusedReason::Name)
}

/// The fields of a header.
fn header(line: &[u8]) -> Result<Vec<Box<str>>, InputError> {
    let mut reader = csv_core::Reader::new();
    let mut is_ended = false;
    let Some(record) = Record::read(&mut reader, &mut io::Cursor::new(line), &mut is_ended)? else {
        return Ok(Vec::new());
    };
    if record.is_too_long {
        return Err(InputError::Columns);
    }
    let names = record.fields().into_iter().map(|field| std::str::from_utf8(field).map(|name| shortened(name.trim())));
    names.collect::<Result<_, _>>().map_err(|_| InputError::Header)
}

/// The value of a group, cut where it is too long.
fn shortened(value: &str) -> Box<str> {
    let mut end = value.len().min(SURVEY_GROUP_BYTES_MAX);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    value[..end].into()
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
