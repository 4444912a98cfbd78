//! `[reports.hosts]` and `[reports.geo]`: what is found out about the addresses that reports tell of.

use std::path::{Path, PathBuf};

use toml::de::DeValue;

use super::{Key, Wrong, boolean, string};

/// What the file says of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PlacesConfig {
    /// `[reports.hosts] lookup`: whether the daemon looks for names.
    pub(crate) lookup: bool,
    /// `[reports.geo] country`: a file of MaxMind's format.
    pub(crate) country: Option<PathBuf>,
    /// `[reports.geo] asn`
    pub(crate) asn: Option<PathBuf>,
}

impl Default for PlacesConfig {
    fn default() -> Self {
        Self { lookup: true, country: None, asn: None }
    }
}

/// The sections.
pub(super) const HOSTS: &str = "reports.hosts";
pub(super) const GEO: &str = "reports.geo";

/// The keys.
pub(super) const KEYS: &[Key] = &[
    Key {
        section: HOSTS,
        name: "lookup",
        take: |config, value| {
            config.places.lookup = boolean(value)?;
            Ok(())
        },
    },
    Key { section: GEO, name: "country", take: |config, value| set(&mut config.places.country, value) },
    Key { section: GEO, name: "asn", take: |config, value| set(&mut config.places.asn, value) },
];

fn set(place: &mut Option<PathBuf>, value: &DeValue<'_>) -> Result<(), Wrong> {
    *place = Some(Some(string(value)?).filter(|text| !text.is_empty()).map(PathBuf::from).ok_or(Wrong)?);
    Ok(())
}

impl PlacesConfig {
    /// What is named without a directory lies beside the configuration.
    pub(super) fn beside(&mut self, directory: &Path) {
        for file in [&mut self.country, &mut self.asn].into_iter().flatten() {
            *file = directory.join(&*file);
        }
    }
}
