//! How a survey was made, so that its figures can be made again: `manifest.json`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::SURVEY_MANIFEST_BYTES_MAX;

/// The file in a survey's directory.
pub(crate) const FILE: &str = "manifest.json";

/// A survey.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
#[serde(default)]
pub(crate) struct Manifest {
    /// The version of the program.
    pub(crate) version: String,
    /// When the first name was examined: RFC 3339.
    pub(crate) begun: String,
    /// When the last one was.
    pub(crate) ended: String,
    /// The list.
    pub(crate) list: List,
    /// The DNS servers that were asked.
    pub(crate) resolvers: Vec<String>,
    /// What was asked besides what is asked of every name.
    pub(crate) method: MethodUsed,
    /// The sample, where not all names of the list were examined.
    pub(crate) sample: Option<SampleUsed>,
    /// The group columns of the list.
    pub(crate) groups: Vec<String>,
    /// Names with a result.
    pub(crate) names: u64,
    /// Names of which a question was not answered.
    pub(crate) names_unanswered: u64,
    /// Questions that were not answered.
    pub(crate) questions_unanswered: u64,
}

/// A list of names.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
#[serde(default)]
pub(crate) struct List {
    /// As it was named.
    pub(crate) name: String,
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub(crate) sha256: String,
    /// Names in it, duplicates not counted.
    pub(crate) names: u64,
    /// Names that were there before.
    pub(crate) duplicates: u64,
    /// Names among which duplicates were not sought: there were too many.
    pub(crate) duplicates_unsought: u64,
    /// Lines that are no names.
    pub(crate) refused: u64,
    /// Names whose owners do not want to be asked.
    pub(crate) opted_out: u64,
}

/// How names were examined.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
#[serde(default)]
pub(crate) struct MethodUsed {
    /// The label of the probes of wildcards.
    pub(crate) label: String,
    /// The selectors that were asked for everywhere.
    pub(crate) selectors: Vec<String>,
    /// How many selectors were learnt from mail or reports.
    pub(crate) selectors_learnt: u64,
    /// SHA-256 of the public suffix list; `built-in` for the program's own.
    pub(crate) suffix_list: String,
}

/// A sample.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
#[serde(default)]
pub(crate) struct SampleUsed {
    /// How many of a million names.
    pub(crate) per_million: u32,
    /// The seed.
    pub(crate) seed: u64,
}

impl Manifest {
    /// Reads that of a survey; of a file of results alone, nothing is known.
    pub(super) fn read(survey: &Path) -> Result<Self, Failure> {
        use std::io::Read as _;
        let path = survey.join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        let name = path.display().to_string();
        let mut text = String::new();
        let file = std::fs::File::open(&path).map_err(|error| Failure::unreadable(&name, &error))?;
        let read = file.take(SURVEY_MANIFEST_BYTES_MAX).read_to_string(&mut text);
        read.map_err(|error| Failure::unreadable(&name, &error))?;
        serde_json::from_str(&text).map_err(|error| {
            Failure::new(ExitCode::Input, "survey-bad-line").with("file", name).with("line", error.line() as u64)
        })
    }

    /// The file.
    pub(super) fn to_text(&self) -> String {
        // Strings and numbers alone: there is nothing that could not be written.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The day when it began: `2026-11-23`.
    pub(super) fn day(&self) -> &str {
        self.begun.get(..10).unwrap_or(&self.begun)
    }
}
