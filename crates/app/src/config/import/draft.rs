//! What is written: our configuration, with a comment above each value; and what is told beside it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use mailtext::Value;
use mailtext::encoded_word::display_safe;

use super::super::Config;
use super::super::reference::{Times, sections};
use super::Line;
use crate::exit::ExitCode;
use crate::say::Say;

/// A configuration of ours, as far as it is known.
#[derive(Default)]
pub(super) struct Draft {
    settings: Vec<Setting>,
    blocks: Vec<Block>,
    always: Vec<(String, String)>,
    notes: Vec<Note>,
    is_incomplete: bool,
    /// Which keys there are.
    pub(super) keys: super::signing::KeyIndex,
    /// Where the configuration lies that is read.
    pub(super) directory: PathBuf,
    /// Where it says that files lie.
    pub(super) base: Option<PathBuf>,
}

/// A value, and the lines it comes from.
struct Setting {
    section: &'static str,
    key: &'static str,
    value: toml::Value,
    from: Vec<String>,
}

/// One of the sections that may stand there several times.
pub(super) struct Block {
    pub(super) section: &'static str,
    pub(super) values: Vec<(&'static str, toml::Value)>,
    pub(super) from: String,
}

/// What is told of a place.
struct Note {
    place: String,
    option: Option<String>,
    id: &'static str,
    arguments: Vec<(&'static str, Value)>,
}

impl Draft {
    /// Another file is read.
    pub(super) fn begin(&mut self, directory: &Path, base: Option<PathBuf>) {
        directory.clone_into(&mut self.directory);
        self.base = base;
    }

    /// Sets a key. Of what contradicts, the first counts.
    pub(super) fn set(&mut self, section: &'static str, key: &'static str, value: impl Into<toml::Value>, line: &Line) {
        let value = value.into();
        if !is_good(&format!("[{section}]\n{key} = {value}\n")) {
            return self.note_with(
                line,
                "import-bad-value",
                &[("value", shown(&value)), ("key", key_name(section, key))],
            );
        }
        match self.settings.iter_mut().find(|old| (old.section, old.key) == (section, key)) {
            Some(old) if old.value == value => old.from.push(origin(line)),
            Some(old) => {
                let other = old.from.join(", ");
                let arguments = [("other", other.into()), ("key", key_name(section, key)), ("value", shown(&value))];
                self.note_with(line, "import-contradiction", &arguments);
            }
            None => self.settings.push(Setting { section, key, value, from: vec![origin(line)] }),
        }
    }

    /// Sets a key to the option's value.
    pub(super) fn text_of(&mut self, section: &'static str, key: &'static str, line: &Line) {
        self.set(section, key, line.value.as_str(), line);
    }

    /// Sets a key to the option's number of seconds.
    pub(super) fn seconds_of(&mut self, section: &'static str, key: &'static str, line: &Line) {
        match line.value.parse::<u32>() {
            Ok(seconds) => self.set(section, key, format!("{seconds}s"), line),
            Err(_) => self.bad(line),
        }
    }

    /// Adds to a list.
    pub(super) fn add(&mut self, section: &'static str, key: &'static str, value: &str, line: &Line) {
        let list = toml::Value::Array(vec![value.into()]);
        if !is_good(&format!("[{section}]\n{key} = {list}\n")) {
            return self.note_with(
                line,
                "import-bad-value",
                &[("value", value.into()), ("key", key_name(section, key))],
            );
        }
        let Some(old) = self.settings.iter_mut().find(|old| (old.section, old.key) == (section, key)) else {
            return self.settings.push(Setting { section, key, value: list, from: vec![origin(line)] });
        };
        if let toml::Value::Array(values) = &mut old.value {
            if !values.iter().any(|other| other.as_str() == Some(value)) {
                values.push(value.into());
            }
            let from = origin(line);
            if old.from.last() != Some(&from) {
                old.from.push(from);
            }
        }
    }

    /// Adds a `[[signing.key]]` or `[[signing.rule]]`; `false`, and a note, where it could not be read.
    pub(super) fn push(&mut self, block: Block, line: &Line, value: &str) -> bool {
        let good = is_good(&block.text());
        if good {
            self.blocks.push(block);
        } else {
            let section = Value::from(format!("[[{}]]", block.section));
            self.note_with(line, "import-bad-value", &[("value", value.into()), ("key", section)]);
        }
        good
    }

    /// The block at a place among all of them.
    pub(super) fn block(&self, at: usize) -> Option<&Block> {
        self.blocks.get(at)
    }

    /// The place of the last one.
    pub(super) fn last_block(&self) -> usize {
        self.blocks.len().saturating_sub(1)
    }

    /// Takes all blocks of a section out.
    pub(super) fn take_blocks(&mut self, section: &'static str) -> Vec<Block> {
        let (taken, left) = std::mem::take(&mut self.blocks).into_iter().partition(|block| block.section == section);
        self.blocks = left;
        taken
    }

    /// Sets a key to the path of a file that was written, with the places that it comes from.
    pub(super) fn set_file(&mut self, section: &'static str, key: &'static str, file: &Path, from: Vec<String>) {
        self.settings.push(Setting { section, key, value: file.display().to_string().into(), from });
    }

    /// The option needs no key.
    pub(super) fn always(&mut self, line: &Line) {
        self.always.push((line.place.clone(), line.name.clone()));
    }

    /// Tells a sentence of this option.
    pub(super) fn note(&mut self, line: &Line, id: &'static str) {
        self.note_with(line, id, &[]);
    }

    pub(super) fn note_with(&mut self, line: &Line, id: &'static str, arguments: &[(&'static str, Value)]) {
        let (place, option) = (line.place.clone(), Some(line.name.clone()));
        self.notes.push(Note { place, option, id, arguments: arguments.to_vec() });
    }

    /// Tells a sentence of this place.
    pub(super) fn note_at(&mut self, place: &str, id: &'static str, arguments: &[(&'static str, Value)]) {
        self.notes.push(Note { place: place.to_owned(), option: None, id, arguments: arguments.to_vec() });
    }

    /// The option cannot have this value.
    pub(super) fn bad(&mut self, line: &Line) {
        self.note_with(line, "import-bad-option", &[("value", line.value.as_str().into())]);
    }

    /// Something that should have been read could not be.
    pub(super) fn incomplete(&mut self) {
        self.is_incomplete = true;
    }

    pub(super) fn code(&self) -> ExitCode {
        if self.is_incomplete { ExitCode::Input } else { ExitCode::Done }
    }

    /// What is told beside the configuration.
    pub(super) fn notes<'a>(&'a self, say: &'a Say) -> impl Iterator<Item = String> + 'a {
        self.notes.iter().map(|note| {
            let reason = Value::from(say.say(note.id, &note.arguments));
            let place = Value::from(note.place.as_str());
            match &note.option {
                Some(option) => {
                    let option = Value::from(option.as_str());
                    say.say("import-told", &[("place", place), ("option", option), ("reason", reason)])
                }
                None => say.say("import-told-line", &[("place", place), ("reason", reason)]),
            }
        })
    }

    /// The configuration.
    pub(super) fn text(&self, say: &Say) -> String {
        let mut out = String::new();
        comment(&mut out, &say.word("import-title"));
        for section in sections() {
            match section.times {
                Times::Once => self.section(&mut out, section.name, section.rows.iter().map(|row| row.name)),
                Times::Several => self.blocks.iter().filter(|block| block.section == section.name).for_each(|block| {
                    out.push('\n');
                    comment(&mut out, &block.from);
                    out.push_str(&block.text());
                }),
            }
        }
        if !self.always.is_empty() {
            out.push('\n');
            comment(&mut out, &say.word("import-always"));
            self.always.iter().for_each(|(place, option)| comment(&mut out, &format!("{place}: {option}")));
        }
        out
    }

    fn section(&self, out: &mut String, name: &str, keys: impl Iterator<Item = &'static str>) {
        let mut head = format!("\n[{name}]\n");
        for key in keys {
            for setting in self.settings.iter().filter(|setting| (setting.section, setting.key) == (name, key)) {
                out.push_str(&std::mem::take(&mut head));
                setting.from.iter().for_each(|from| comment(out, from));
                let _ = writeln!(out, "{key} = {}", setting.value);
            }
        }
    }
}

impl Block {
    fn text(&self) -> String {
        let values = self.values.iter().map(|(key, value)| format!("{key} = {value}\n"));
        values.fold(format!("[[{}]]\n", self.section), |text, line| text + &line)
    }

    /// The text of a key.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| *name == key).and_then(|(_, value)| value.as_str())
    }
}

/// Whether our own reader takes it.
fn is_good(text: &str) -> bool {
    Config::parse(text, "").is_ok()
}

fn origin(line: &Line) -> String {
    format!("{}: {}", line.place, line.name)
}

fn key_name(section: &str, key: &str) -> Value {
    format!("[{section}] {key}").into()
}

/// A text as it is, other values as they are written.
fn shown(value: &toml::Value) -> Value {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).into()
}

/// Names of files and options come from outside: no control character, no line end.
fn comment(out: &mut String, text: &str) {
    let _ = writeln!(out, "# {}", display_safe(text));
}
