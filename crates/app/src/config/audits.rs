//! `[audit]`: the domains that the daemon audits by itself, and how long audits are kept.

use std::time::Duration;

use mailtext::Domain;
use toml::de::DeValue;

use super::reporting::{list, set, span};
use super::{Key, Wrong};

/// What the file says of audits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct AuditsConfig {
    /// `domains`: those that the daemon looks at.
    pub(crate) domains: Vec<Domain>,
    /// `every`: the time between two looks at a domain.
    pub(crate) every: Duration,
    /// `selectors`: of keys that are looked at beside the well-known ones.
    pub(crate) selectors: Vec<Box<str>>,
    /// `keep_days`: how long audits are kept; 0 for ever.
    pub(crate) keep_days: u32,
}

impl Default for AuditsConfig {
    fn default() -> Self {
        Self { domains: Vec::new(), every: Duration::from_secs(6 * 3_600), selectors: Vec::new(), keep_days: 400 }
    }
}

/// The section.
const AUDIT: &str = "audit";

/// The keys.
pub(super) const KEYS: &[Key] = &[
    Key {
        section: AUDIT,
        name: "domains",
        take: |config, value| {
            let domain = |text: &str| Domain::parse(text).map_err(|_| Wrong);
            set(&mut config.audits.domains, list(value, domain))
        },
    },
    Key {
        section: AUDIT,
        name: "every",
        take: |config, value| {
            let every = span(value).and_then(|every| if every < EVERY_MIN { Err(Wrong) } else { Ok(every) });
            set(&mut config.audits.every, every)
        },
    },
    Key {
        section: AUDIT,
        name: "selectors",
        take: |config, value| {
            let selector = |text: &str| {
                Domain::parse(&format!("{text}._domainkey.example")).map_err(|_| Wrong)?;
                Ok(text.to_ascii_lowercase().into())
            };
            set(&mut config.audits.selectors, list(value, selector))
        },
    },
    Key { section: AUDIT, name: "keep_days", take: |config, value| set(&mut config.audits.keep_days, days(value)) },
];

impl AuditsConfig {
    /// How often the daemon looks at a domain, seconds; `None` when it does not.
    pub(crate) fn every_of(&self, domain: &Domain) -> Option<u64> {
        self.domains.contains(domain).then_some(self.every.as_secs())
    }
}

fn days(value: &DeValue<'_>) -> Result<u32, Wrong> {
    let DeValue::Integer(number) = value else { return Err(Wrong) };
    number.as_str().parse().map_err(|_| Wrong)
}

/// Nobody wants to ask more often: what is published stays in caches for as long.
const EVERY_MIN: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::super::Config;

    #[test]
    fn what_is_watched() {
        let read = |text: &str| Config::parse(text, "f").map(|config| config.audits);
        let audits = read("[audit]\ndomains = [\"example.jp\"]\nevery = \"1h\"\nselectors = [\"S1\"]").unwrap();
        assert_eq!(audits.every_of(&audits.domains[0]), Some(3_600));
        assert_eq!((&*audits.selectors[0], audits.keep_days), ("s1", 400));
        let wrong = ["domains = [\"a b\"]", "every = \"0s\"", "selectors = [\"a b\"]", "keep_days = -1"];
        for wrong in wrong {
            assert!(read(&format!("[audit]\n{wrong}")).is_err(), "{wrong}");
        }
    }
}
