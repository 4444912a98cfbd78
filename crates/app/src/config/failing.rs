//! `[reports.failure]`: reports about single messages that failed. Nothing of it is on before it is switched on.

use std::path::{Path, PathBuf};
use std::time::Duration;

use feedback::failure::throttle::{Rate, Rates};
use feedback::outbox::settings::{OffDomain, Switch};
use feedback::redact::ShownFields;
use mailtext::Domain;
use toml::de::DeValue;

use super::{Key, Take, Wrong, boolean, string};
use crate::duration;

/// What the file says of failure reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FailingConfig {
    /// `dmarc`: to the addresses of `ruf` (RFC 9991).
    pub(crate) dmarc: bool,
    /// `dkim`: to signers who ask for it in their signature (RFC 6651).
    pub(crate) dkim: bool,
    /// `spf`: to those who ask for it in their SPF record (RFC 6652).
    pub(crate) spf: bool,
    /// `only`: about these domains alone, where there are any.
    only: Vec<OffDomain>,
    /// `header`: the fields of the message that are shown.
    header: Option<Vec<String>>,
    /// `key_file`: the key under which local parts are hashed.
    pub(crate) key_file: Option<PathBuf>,
    /// `source_ip`: whether the client's address is told.
    pub(crate) source_ip: bool,
    /// `to_each`: most reports to one destination in an hour.
    to_each: u32,
    /// `in_all`: most reports in an hour.
    in_all: u32,
    /// `alike`: for how long what looks alike is one report.
    alike: Duration,
}

impl Default for FailingConfig {
    fn default() -> Self {
        Self {
            dmarc: false,
            dkim: false,
            spf: false,
            only: Vec::new(),
            header: None,
            key_file: None,
            source_ip: true,
            to_each: 60,
            in_all: 600,
            alike: Duration::from_secs(3600),
        }
    }
}

/// The section.
pub(super) const FAILURE: &str = "reports.failure";

/// The keys.
pub(super) const KEYS: &[Key] = &[
    key("dmarc", |config, value| set(&mut config.failing.dmarc, boolean(value))),
    key("dkim", |config, value| set(&mut config.failing.dkim, boolean(value))),
    key("spf", |config, value| set(&mut config.failing.spf, boolean(value))),
    key("only", |config, value| {
        let domain = |text: &str| {
            let below = if text.starts_with('.') { Switch::On } else { Switch::Off };
            let domain = Domain::parse(text.strip_prefix('.').unwrap_or(text)).map_err(|_| Wrong)?;
            Ok(OffDomain { domain, below })
        };
        set(&mut config.failing.only, list(value, domain))
    }),
    key("header", |config, value| {
        let is_name = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
        let name = |text: &str| if is_name(text) { Ok(text.to_ascii_lowercase()) } else { Err(Wrong) };
        set(&mut config.failing.header, list(value, name).map(Some))
    }),
    key("key_file", |config, value| {
        let path = Some(string(value)?).filter(|text| !text.is_empty()).map(PathBuf::from);
        set(&mut config.failing.key_file, path.ok_or(Wrong).map(Some))
    }),
    key("source_ip", |config, value| set(&mut config.failing.source_ip, boolean(value))),
    key("to_each", |config, value| set(&mut config.failing.to_each, an_hour(value))),
    key("in_all", |config, value| set(&mut config.failing.in_all, an_hour(value))),
    key("alike", |config, value| set(&mut config.failing.alike, duration::parse(string(value)?).ok_or(Wrong))),
];

const fn key(name: &'static str, take: Take) -> Key {
    Key { section: FAILURE, name, take }
}

fn set<T>(place: &mut T, value: Result<T, Wrong>) -> Result<(), Wrong> {
    *place = value?;
    Ok(())
}

fn list<T>(value: &DeValue<'_>, read: impl Fn(&str) -> Result<T, Wrong>) -> Result<Vec<T>, Wrong> {
    let DeValue::Array(texts) = value else { return Err(Wrong) };
    texts.iter().map(|text| read(string(text.get_ref())?)).collect()
}

fn an_hour(value: &DeValue<'_>) -> Result<u32, Wrong> {
    let DeValue::Integer(number) = value else { return Err(Wrong) };
    number.as_str().parse().ok().filter(|number| (1..=AN_HOUR_COUNT_MAX).contains(number)).ok_or(Wrong)
}

impl FailingConfig {
    /// What is named without a directory lies beside the configuration.
    pub(super) fn beside(&mut self, directory: &Path) {
        self.key_file.iter_mut().for_each(|file| *file = directory.join(&*file));
    }

    /// Whether any failure is reported.
    pub(crate) fn is_any(&self) -> bool {
        self.dmarc || self.dkim || self.spf
    }

    /// Whether failures in the name of a domain are reported.
    pub(crate) fn is_about(&self, domain: &Domain) -> bool {
        let covers = |only: &OffDomain| match only.below {
            Switch::On => domain.is_within(&only.domain),
            Switch::Off => *domain == only.domain,
        };
        self.only.is_empty() || self.only.iter().any(covers)
    }

    /// What of a header is shown.
    pub(crate) fn shown(&self) -> ShownFields {
        match &self.header {
            Some(names) => ShownFields::new(names.iter().map(String::as_str)),
            None => ShownFields::default(),
        }
    }

    /// How many reports in which time.
    pub(crate) fn rates(&self) -> Rates {
        let rate = |count: u32| Rate { burst: (count / 6).max(1), interval_ms: HOUR_MS / u64::from(count.max(1)) };
        let alike_ms = u64::try_from(self.alike.as_millis()).unwrap_or(u64::MAX);
        Rates { destination: rate(self.to_each), all: rate(self.in_all), alike_ms }
    }
}

const HOUR_MS: u64 = 3_600_000;
/// One in a millisecond is as good as no bound.
const AN_HOUR_COUNT_MAX: u32 = 3_600_000;

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;
    use crate::failure::Failure;

    fn read(text: &str) -> Result<FailingConfig, Failure> {
        Config::parse(&format!("[reports.failure]\n{text}"), "f").map(|config| config.failing)
    }

    #[test]
    fn nothing_is_on_before_it_is_switched_on() {
        assert!(!FailingConfig::default().is_any());
        assert!(read("only = [\"example.jp\"]\n").is_ok_and(|config| !config.is_any()));
        for one in ["dmarc", "dkim", "spf"] {
            assert!(read(&format!("{one} = true\n")).is_ok_and(|config| config.is_any()), "{one}");
        }
    }

    #[test]
    fn rates_of_an_hour() {
        let rates = read("to_each = 60\nin_all = 3\nalike = \"10m\"\n").unwrap().rates();
        assert_eq!(rates.destination, Rate { burst: 10, interval_ms: 60_000 });
        assert_eq!(rates.all, Rate { burst: 1, interval_ms: 1_200_000 });
        assert_eq!(rates.alike_ms, 600_000);
        for wrong in [
            "to_each = 0",
            "in_all = 3600001",
            "header = [\"a:b\"]",
            "only = [\"a b\"]",
            "key_file = \"\"",
            "dmarc = 1",
        ] {
            let failure = read(wrong).unwrap_err();
            assert_eq!(mailtext::Explain::id(&failure), "cli-config-bad-value", "{wrong}");
        }
    }

    #[test]
    fn only_some_domains() {
        let name = |text: &str| Domain::parse(text).unwrap();
        let config = read("only = [\"a.example\", \".b.example\"]\n").unwrap();
        for (domain, is_about) in [
            ("a.example", true),
            ("x.a.example", false),
            ("b.example", true),
            ("x.b.example", true),
            ("c.example", false),
        ] {
            assert_eq!(config.is_about(&name(domain)), is_about, "{domain}");
        }
        assert!(read("").unwrap().is_about(&name("c.example")));
    }
}
