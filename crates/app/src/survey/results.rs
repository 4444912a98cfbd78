//! Results as they are read: one line at a time, whatever their number.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use audit::survey::Examined;

use super::record::{Groups, read};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::SURVEY_RESULT_BYTES_MAX;

/// The file of results in a survey's directory.
pub(crate) const FILE: &str = "results.ndjson";

/// A file of results.
pub(super) struct Results {
    name: String,
    file: BufReader<File>,
    line: u64,
    offset: u64,
}

/// A line of one.
pub(super) struct Line {
    /// Where its line begins, bytes.
    pub(super) offset: u64,
    /// The name.
    pub(super) examined: Examined,
    /// Its groups.
    pub(super) groups: Groups,
}

impl Results {
    /// Opens the results of a survey: its directory, or the file itself.
    pub(super) fn open(survey: &Path) -> Result<Self, Failure> {
        let path = if survey.is_dir() { survey.join(FILE) } else { PathBuf::from(survey) };
        let name = path.display().to_string();
        let file = File::open(&path).map_err(|error| Failure::unreadable(&name, &error))?;
        Ok(Self { name, file: BufReader::new(file), line: 0, offset: 0 })
    }

    /// The next one.
    pub(super) fn next(&mut self) -> Result<Option<Line>, Failure> {
        let offset = self.offset;
        let mut text = String::new();
        let limit = SURVEY_RESULT_BYTES_MAX + 1;
        let read_bytes = self.file.by_ref().take(limit).read_line(&mut text);
        let read_bytes = read_bytes.map_err(|error| Failure::unreadable(&self.name, &error))? as u64;
        if read_bytes == 0 {
            return Ok(None);
        }
        self.line += 1;
        self.offset += read_bytes;
        let broken = || {
            Failure::new(ExitCode::Input, "survey-bad-line").with("file", self.name.as_str()).with("line", self.line)
        };
        if read_bytes == limit {
            return Err(broken());
        }
        let (examined, groups) = read(&text).ok_or_else(broken)?;
        Ok(Some(Line { offset, examined, groups }))
    }

    /// The one whose line begins there.
    pub(super) fn at(&mut self, offset: u64) -> Result<Option<Line>, Failure> {
        self.file.seek(SeekFrom::Start(offset)).map_err(|error| Failure::unreadable(&self.name, &error))?;
        self.offset = offset;
        self.next()
    }
}
