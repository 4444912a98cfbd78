//! `config import`: the configurations of OpenDKIM, OpenDMARC and yenma, written as ours. What has no equivalent is named
//! on standard error, each with its reason; no line is dropped in silence.
//!
//! Reading order: this file (what is read, and how lines are parsed), [`draft`] (what is written), [`dataset`] (lists and
//! tables that options name), [`tables`] (what is written beside, where there is too much of it), and the three tables of options: [`opendkim`], [`opendmarc`], [`yenma`].

mod dataset;
mod draft;
mod opendkim;
mod opendmarc;
mod signing;
mod tables;
#[cfg(test)]
mod tests;
mod yenma;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};

use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{CONFIG_FILE_BYTES_MAX, IMPORT_LINE_COUNT_MAX};
use draft::Draft;

/// `config import`
#[derive(Args, Debug)]
pub(super) struct ImportArguments {
    /// The files; of what contradicts, the first counts
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// The program that they are of [default: told by their content]
    #[arg(long, value_name = "PROGRAM")]
    from: Option<Program>,
    /// Directory for tables of keys and rules, which the configuration then names: for more of them than it can hold
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    tables: Option<PathBuf>,
}

/// Whose configuration it is.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Program {
    /// yenma
    Yenma,
    /// OpenDKIM
    Opendkim,
    /// OpenDMARC
    Opendmarc,
}

/// A line of a configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Line {
    /// `opendkim.conf:12`
    place: String,
    /// The option.
    name: String,
    /// What it is set to.
    value: String,
}

/// An option of another program, and what becomes of it.
struct Row(&'static str, Fate);

/// What becomes of an option.
enum Fate {
    /// It is read.
    Read(fn(&mut Draft, &Line)),
    /// It is read together with others.
    Together,
    /// It needs no key: Sekisho does so.
    Always,
    /// There is nothing like it; why.
    Nothing(&'static str),
}

impl Program {
    const ALL: [Self; 3] = [Self::Opendkim, Self::Opendmarc, Self::Yenma];

    fn rows(self) -> &'static [Row] {
        match self {
            Self::Yenma => yenma::OPTIONS,
            Self::Opendkim => opendkim::OPTIONS,
            Self::Opendmarc => opendmarc::OPTIONS,
        }
    }

    /// The option of this name; all three read names in any case.
    fn row(self, name: &str) -> Option<&'static Row> {
        self.rows().iter().find(|row| row.0.eq_ignore_ascii_case(name))
    }

    /// Whose configuration this is: whose options occur most often in it. `None` where that does not decide.
    fn of(text: &str) -> Option<Self> {
        let count = |program: Self| {
            let lines = text.lines().take(IMPORT_LINE_COUNT_MAX);
            lines.filter(|line| program.split(line).is_some_and(|(name, _)| program.row(name).is_some())).count()
        };
        let mut counts = Self::ALL.map(|program| (count(program), program));
        counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let [(most, program), (second, _), _] = counts;
        (most > second).then_some(program)
    }

    /// Name and value of a line; `None` where it has not both.
    fn split(self, line: &str) -> Option<(&str, &str)> {
        let (name, value) = match self {
            Self::Yenma => line.split_once(':')?,
            Self::Opendkim | Self::Opendmarc => self.stripped(line).split_once([' ', '\t'])?,
        };
        let (name, value) = (name.trim(), value.trim());
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        (!name.is_empty() && !value.is_empty() && name.bytes().all(is_name)).then_some((name, value))
    }

    /// The line without its comment.
    fn stripped(self, line: &str) -> &str {
        match self {
            // Texts for people may hold a hash.
            Self::Yenma if line.trim_start().starts_with('#') => "",
            Self::Yenma => line.trim(),
            Self::Opendkim | Self::Opendmarc => line.split('#').next().unwrap_or_default().trim(),
        }
    }
}

/// Reads the files, prints ours, and names what is not in it.
///
/// # Errors
/// The output cannot be written, or would be too long to be read.
pub(super) fn run(common: &Common, arguments: &ImportArguments) -> Result<ExitCode, Failure> {
    let say = common.say();
    let (mut code, mut draft, mut any) = (ExitCode::Done, Draft::default(), false);
    for file in &arguments.files {
        match bytes(file) {
            Ok(bytes) => match take(&mut draft, file, &bytes, arguments.from) {
                Ok(()) => any = true,
                Err(failure) => code.add(failure.tell(say)),
            },
            Err(error) => code.add(Failure::unreadable(&file.display().to_string(), &error).tell(say)),
        }
    }
    code.add(draft.code());
    draft.notes(say).for_each(|note| eprintln!("sekisho: {note}"));
    if any {
        if let Some(directory) = &arguments.tables {
            tables::write(&mut draft, directory)?;
        }
        let text = draft.text(say);
        if text.len() as u64 >= CONFIG_FILE_BYTES_MAX {
            return Err(Failure::new(ExitCode::Input, "import-too-long").with("limit_bytes", CONFIG_FILE_BYTES_MAX));
        }
        super::verbs::print(&text)?;
    }
    Ok(code)
}

/// Takes one configuration into the draft.
fn take(draft: &mut Draft, file: &Path, bytes: &[u8], from: Option<Program>) -> Result<(), Failure> {
    let name = file.display().to_string();
    let text = String::from_utf8_lossy(bytes);
    let program = from.or_else(|| Program::of(&text));
    let program = program.ok_or_else(|| Failure::new(ExitCode::Input, "import-which").with("file", name.as_str()))?;
    let lines = parse(draft, program, &name, &text);
    draft.begin(file.parent().unwrap_or_else(|| Path::new("")), opendkim::base_directory(program, &lines));
    for line in &lines {
        match program.row(&line.name).map(|row| &row.1) {
            Some(Fate::Read(read)) => read(draft, line),
            Some(Fate::Together) => {}
            Some(Fate::Always) => draft.always(line),
            Some(Fate::Nothing(reason)) => draft.note(line, reason),
            None => draft.note(line, "import-unknown"),
        }
    }
    match program {
        Program::Opendkim => opendkim::together(draft, &lines),
        Program::Opendmarc => opendmarc::together(draft, &lines),
        Program::Yenma => yenma::together(draft, &lines),
    }
    Ok(())
}

/// The lines that say something, each option once.
fn parse(draft: &mut Draft, program: Program, file: &str, text: &str) -> Vec<Line> {
    let (mut lines, mut seen) = (Vec::<Line>::new(), HashMap::<String, String>::new());
    for (index, line) in text.lines().enumerate() {
        let place = format!("{file}:{}", index + 1);
        if index == IMPORT_LINE_COUNT_MAX {
            draft.note_at(&place, "import-rest", &[("limit", (IMPORT_LINE_COUNT_MAX as u64).into())]);
            break;
        }
        if program.stripped(line).is_empty() {
            continue;
        }
        let Some((name, value)) = program.split(line).filter(|_| !line.contains(char::REPLACEMENT_CHARACTER)) else {
            draft.note_at(&place, "import-line", &[]);
            continue;
        };
        let line = Line { place, name: name.to_owned(), value: value.to_owned() };
        match seen.get(&name.to_ascii_lowercase()) {
            Some(before) => draft.note_with(&line, "import-repeated", &[("other", before.as_str().into())]),
            None => {
                seen.insert(name.to_ascii_lowercase(), line.place.clone());
                lines.push(line);
            }
        }
    }
    lines
}

fn find<'a>(lines: &'a [Line], name: &str) -> Option<&'a Line> {
    lines.iter().find(|line| line.name.eq_ignore_ascii_case(name))
}

/// The bytes of a configuration.
fn bytes(file: &Path) -> io::Result<Vec<u8>> {
    bytes_of(file, CONFIG_FILE_BYTES_MAX)
}

/// The bytes of a file that may have so many.
fn bytes_of(file: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

impl Line {
    /// Both write booleans by their first letter: `Yes`, `true`, `1`.
    fn boolean(&self) -> Option<bool> {
        match self.value.bytes().next()? {
            b'T' | b't' | b'Y' | b'y' | b'1' => Some(true),
            b'F' | b'f' | b'N' | b'n' | b'0' => Some(false),
            _ => None,
        }
    }
}
