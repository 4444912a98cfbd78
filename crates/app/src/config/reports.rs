//! `[reports]`: whose reports are taken in, where they are kept, and who is who among senders.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use insight::Map;
use mailtext::{Domain, Explain as _};
use toml::de::DeValue;

use super::{Key, Wrong, string};
use crate::exit::ExitCode;
use crate::failure::Failure;

/// What the file says of reports.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct ReportsConfig {
    /// `domains`: ours. Reports about others are refused; without any, none is.
    pub(crate) domains: Vec<Domain>,
    /// `file`: where reports are kept; `reports.sqlite` in the state directory if nothing is said.
    pub(crate) file: Option<PathBuf>,
    /// `senders`: a map of senders of one's own.
    senders: Option<PathBuf>,
}

/// The keys.
pub(super) const KEYS: &[Key] = &[
    Key {
        section: "reports",
        name: "domains",
        take: |config, value| {
            let DeValue::Array(names) = value else { return Err(Wrong) };
            let names = names.iter().map(|name| Domain::parse(string(name.get_ref())?).map_err(|_| Wrong));
            config.reports.domains = names.collect::<Result<Vec<_>, _>>()?;
            Ok(())
        },
    },
    Key {
        section: "reports",
        name: "file",
        take: |config, value| {
            config.reports.file = Some(path(value)?);
            Ok(())
        },
    },
    Key {
        section: "reports",
        name: "senders",
        take: |config, value| {
            config.reports.senders = Some(path(value)?);
            Ok(())
        },
    },
];

fn path(value: &DeValue<'_>) -> Result<PathBuf, Wrong> {
    Some(string(value)?).filter(|text| !text.is_empty()).map(PathBuf::from).ok_or(Wrong)
}

impl ReportsConfig {
    /// What is named without a directory lies beside the configuration.
    pub(super) fn beside(&mut self, directory: &Path) {
        for file in [&mut self.file, &mut self.senders].into_iter().flatten() {
            *file = directory.join(&*file);
        }
    }

    /// Who is who: the file's map before ours.
    ///
    /// # Errors
    /// The file cannot be read, or a line of it cannot.
    pub(crate) fn map(&self) -> Result<Map, Failure> {
        let Some(path) = &self.senders else { return Ok(Map::curated()) };
        let file = path.display().to_string();
        let mut text = String::new();
        let limit = insight::limits::OWN_MAP_BYTES_MAX as u64 + 1;
        let read = std::fs::File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text));
        read.map_err(|error| {
            let failure = Failure::new(ExitCode::Configuration, "cli-config-unreadable");
            failure.with("file", file.as_str()).with("reason", error.to_string())
        })?;
        let (map, flaws) = Map::with_own(&text);
        match flaws.first() {
            None => Ok(map),
            Some(flaw) => {
                let failure = Failure::new(ExitCode::Configuration, "reports-bad-map").with("file", file);
                Err(failure.with("line", u64::from(flaw.line)).with("flaw", mailtext::Value::Word(flaw.id())))
            }
        }
    }
}
