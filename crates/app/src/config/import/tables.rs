//! Tables of keys and rules, beside the configuration: where somebody signs for so many domains that these would fill it.
//! They have the form of OpenDKIM's KeyTable and SigningTable (see [`outgoing::table`]); what cannot be said in it is named.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use outgoing::table;

use super::draft::{Block, Draft};
use super::signing::{KEY, RULE};
use crate::exit::ExitCode;
use crate::failure::Failure;

/// Writes both tables into this directory, and has the configuration name them.
///
/// # Errors
/// There are such files already, or they cannot be written or read.
pub(super) fn write(draft: &mut Draft, directory: &Path) -> Result<(), Failure> {
    let directory = std::path::absolute(directory).map_err(|error| failed(directory, &error.to_string()))?;
    let keys = draft.take_blocks(KEY);
    if !keys.is_empty() {
        let text = text(&keys, |out, block| {
            let of = |key| block.get(key).unwrap_or_default();
            writeln!(out, "{} {}:{}:{}", of("name"), of("domain"), of("selector"), of("file"))
        });
        let file = directory.join("keys");
        let read = table::keys(&text, "keys").unwrap_or_default();
        let is_same = |(line, block): (&table::KeyLine, &Block)| block.get("file") == Some(&line.file);
        if read.len() != keys.len() || !read.iter().zip(&keys).all(is_same) {
            return Err(failed(&file, "a path cannot stand in a table"));
        }
        put(&file, &text)?;
        draft.set_file("signing", "key_table", &file, sources(&keys));
    }
    let rules = draft.take_blocks(RULE);
    if !rules.is_empty() {
        let text = text(&rules, |out, block| {
            let keys = block.values.iter().filter(|(key, _)| *key == "keys").filter_map(|(_, value)| value.as_array());
            let names: Vec<_> = keys.flatten().filter_map(toml::Value::as_str).collect();
            writeln!(out, "{} {}", block.get("from").unwrap_or_default(), names.join(","))
        });
        let file = directory.join("rules");
        if table::rules(&text, "rules").unwrap_or_default().len() != rules.len() {
            return Err(failed(&file, "a rule cannot stand in a table"));
        }
        put(&file, &text)?;
        draft.set_file("signing", "rule_table", &file, sources(&rules));
    }
    Ok(())
}

fn text(blocks: &[Block], line: impl Fn(&mut String, &Block) -> std::fmt::Result) -> String {
    let mut out = String::new();
    for block in blocks {
        let _ = line(&mut out, block);
    }
    out
}

/// The files that they come from, each once: of so many lines nobody wants to read all.
fn sources(blocks: &[Block]) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for block in blocks {
        let file = block.from.split(": ").next().unwrap_or_default();
        let file = file.rsplit_once(':').map_or(file, |(file, _)| file);
        if files.last().is_none_or(|last| last != file) && !files.iter().any(|other| other == file) {
            files.push(file.to_owned());
        }
    }
    files
}

/// Nothing is written over.
fn put(file: &Path, text: &str) -> Result<(), Failure> {
    let opened = OpenOptions::new().write(true).create_new(true).open(file);
    let written = opened.and_then(|mut opened| opened.write_all(text.as_bytes()));
    written.map_err(|error| failed(file, &error.to_string()))
}

fn failed(file: &Path, reason: &str) -> Failure {
    let failure = Failure::new(ExitCode::Input, "import-table-unwritten").with("file", file.display().to_string());
    failure.with("reason", reason)
}
