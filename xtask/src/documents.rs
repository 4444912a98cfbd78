//! Documents that are made from the code and checked in, so that they are read where the code is read.
//!
//! A new one is a row of `DOCUMENTS`. `--check` changes nothing and fails when one is stale; `ci` runs that.

use std::process::Stdio;

use crate::house::{House, Outcome, cargo_program, shown};
use crate::rfc;

/// A generated document: where it lies, what makes it.
pub(crate) struct Document {
    pub(crate) path: &'static str,
    pub(crate) task: &'static str,
    pub(crate) make: fn(&House) -> Outcome<String>,
}

const DOCUMENTS: &[&Document] = &[&rfc::DOCUMENT, &CONFIGURATION, &CONFIGURATION_JA];

/// The reference of the configuration, from the table of its keys in the program.
const CONFIGURATION: Document = Document {
    path: "docs/configuration.md",
    task: "cargo xtask documents",
    make: |house| printed(house, &["config", "default", "--format", "markdown", "--lang", "en"]),
};
const CONFIGURATION_JA: Document = Document {
    path: "docs/configuration.ja.md",
    task: "cargo xtask documents",
    make: |house| printed(house, &["config", "default", "--format", "markdown", "--lang", "ja"]),
};

/// What the program prints.
fn printed(house: &House, arguments: &[&str]) -> Outcome<String> {
    let all = [&["run", "--quiet", "--package", "sekisho", "--"], arguments].concat();
    let mut command = house.command(&cargo_program(), &all);
    let shown = shown(&command);
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| format!("{shown}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{shown}: {}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("{shown}: {error}"))
}

pub(crate) fn run(house: &House, arguments: &[String]) -> Outcome {
    let problems: Vec<String> =
        DOCUMENTS.iter().filter_map(|document| document.renew(house, arguments).err()).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

impl Document {
    /// Writes the document, or with `--check` compares it with what would be written.
    pub(crate) fn renew(&self, house: &House, arguments: &[String]) -> Outcome {
        let check = match arguments {
            [] => false,
            [option] if option == "--check" => true,
            other => return Err(format!("unknown options: {}", other.join(" "))),
        };
        let wanted = (self.make)(house)?;
        let present = house.read(self.path).unwrap_or_default();
        if wanted == present {
            return Ok(());
        }
        if check {
            let line = first_difference(&present, &wanted);
            return Err(format!("{}:{line}: stale; run `{}` and commit the result", self.path, self.task));
        }
        std::fs::write(house.root.join(self.path), wanted).map_err(|error| format!("{}: {error}", self.path))?;
        println!("{} written", self.path);
        Ok(())
    }
}

/// The first line, from 1, in which two texts differ.
fn first_difference(left: &str, right: &str) -> usize {
    left.lines().zip(right.lines()).take_while(|(left, right)| left == right).count() + 1
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn the_first_different_line_is_named() {
        assert_eq!(first_difference("a\nb\nc\n", "a\nx\nc\n"), 2);
        assert_eq!(first_difference("", "a\n"), 1);
        assert_eq!(first_difference("a\n", "a\nb\n"), 2);
    }
}
