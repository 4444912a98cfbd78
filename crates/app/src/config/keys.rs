//! `[keys]`, `[[keys.zone]]`: the keys that Sekisho makes, publishes and rotates itself.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dkim::KeyKind;
use mailtext::Domain;
use outgoing::limits::SLOT_COUNT_MAX;
use outgoing::rotation::{Disclosure, Place, Settings, Template};
use toml::de::DeValue;

use super::{Key, Take, Wrong, boolean, string};
use crate::duration;

/// What the file says of keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct KeysConfig {
    /// `enabled`: whether the daemon signs with them and leads them on.
    pub(crate) enabled: bool,
    /// `directory`: where they are; `keys` in the state directory if nothing is said.
    pub(crate) directory: Option<PathBuf>,
    /// `algorithm`: of new keys.
    pub(crate) algorithms: Vec<KeyKind>,
    /// `selector`, `rotate_after` …: how they live.
    pub(crate) settings: Settings,
    /// `provider_zone`: where keys of clients are published that lead there by CNAME.
    pub(crate) provider_zone: Option<Domain>,
    /// `slots`: how many CNAME records each client publishes for an algorithm.
    pub(crate) slots: u32,
    /// `disclose`: the directory into which private keys go when they are published.
    pub(crate) disclose: Option<PathBuf>,
    /// `identity_file`: of age, by which private keys are encrypted.
    pub(crate) identity_file: Option<PathBuf>,
    /// `[[keys.zone]]`
    pub(crate) zones: Vec<ZoneConfig>,
}

/// `[[keys.zone]]`: a zone and how records come into it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct ZoneConfig {
    /// `zone`
    pub(crate) zone: Option<Domain>,
    /// `publish`
    pub(crate) publish: Option<Publish>,
    /// `server`: the primary, which takes updates.
    pub(crate) server: Option<SocketAddr>,
    /// `tsig_file`
    pub(crate) tsig_file: Option<PathBuf>,
    /// `file`: what is included in the zone.
    pub(crate) file: Option<PathBuf>,
    /// `reload`: what is run when it has changed.
    pub(crate) reload: Vec<String>,
    /// `hook`: what is run for each record.
    pub(crate) hook: Vec<String>,
    /// `timeout`: time for one command or one update.
    pub(crate) timeout: Option<Duration>,
    /// `servers`: who is asked what is published, instead of the zone's NS set.
    pub(crate) servers: Vec<SocketAddr>,
}

/// How records come into a zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Publish {
    /// Somebody puts them there by hand: they are told.
    Print,
    /// By dynamic update.
    Update,
    /// By a file that the zone includes.
    ZoneFile,
    /// By a command.
    Hook,
}

impl Default for KeysConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            directory: None,
            algorithms: vec![KeyKind::Rsa, KeyKind::Ed25519],
            settings: Settings::default(),
            provider_zone: None,
            slots: SLOT_COUNT,
            disclose: None,
            identity_file: None,
            zones: Vec::new(),
        }
    }
}

/// The section, and its section of sections.
pub(super) const KEYS_SECTION: &str = "keys";
pub(super) const ZONE: &str = "keys.zone";

impl KeysConfig {
    /// Where the keys of a new client of ours are published, when there is a zone for that.
    pub(crate) fn provider(&self) -> Option<Place> {
        self.provider_zone.clone().map(|zone| Place::Provider { zone, slots: self.slots })
    }

    /// The zone of a name, as far as the file tells: the one nearest to it.
    pub(crate) fn zone_of(&self, name: &Domain) -> Option<&ZoneConfig> {
        let within = self.zones.iter().filter(|it| it.zone.as_ref().is_some_and(|zone| name.is_within(zone)));
        within.max_by_key(|it| it.zone.as_ref().map_or(0, Domain::label_count))
    }

    /// What is named without a directory lies beside the configuration.
    pub(super) fn beside(&mut self, directory: &Path) {
        let own = [&mut self.directory, &mut self.disclose, &mut self.identity_file];
        let of_zones = self.zones.iter_mut().flat_map(|zone| [&mut zone.tsig_file, &mut zone.file]);
        for file in own.into_iter().chain(of_zones).flatten() {
            *file = directory.join(&file);
        }
    }

    pub(super) fn begin_zone(&mut self) {
        self.zones.push(ZoneConfig::default());
    }

    /// The key that the last zone must have and has not.
    pub(super) fn missing_of_zone(&self) -> Option<&'static str> {
        let last = self.zones.last()?;
        match (last, last.publish) {
            (ZoneConfig { zone: None, .. }, _) => Some("zone"),
            (_, None) => Some("publish"),
            (ZoneConfig { server: None, .. }, Some(Publish::Update)) => Some("server"),
            (ZoneConfig { file: None, .. }, Some(Publish::ZoneFile)) => Some("file"),
            (ZoneConfig { hook, .. }, Some(Publish::Hook)) if hook.is_empty() => Some("hook"),
            _ => None,
        }
    }

    fn last_zone(&mut self) -> Result<&mut ZoneConfig, Wrong> {
        self.zones.last_mut().ok_or(Wrong)
    }
}

/// The keys of these sections.
pub(super) const KEYS: &[Key] = &[
    key("enabled", |config, value| set(&mut config.keys.enabled, boolean(value))),
    key("directory", |config, value| some(&mut config.keys.directory, path(value))),
    key("algorithm", |config, value| {
        config.keys.algorithms = match string(value)? {
            "both" => vec![KeyKind::Rsa, KeyKind::Ed25519],
            "rsa" => vec![KeyKind::Rsa],
            "ed25519" => vec![KeyKind::Ed25519],
            _ => return Err(Wrong),
        };
        Ok(())
    }),
    key("selector", |config, value| set(&mut config.keys.settings.template, template(value))),
    key("slot_selector", |config, value| {
        let template = template(value)?;
        // Slots are the same for ever, and are told apart by their numbers.
        if template.has_date() || !template.has_number() {
            return Err(Wrong);
        }
        config.keys.settings.slot_template = template;
        Ok(())
    }),
    key("rotate_after", |config, value| {
        config.keys.settings.rotate_after_s = match value {
            DeValue::String(text) if text == "never" => None,
            other => Some(seconds(other)?),
        };
        Ok(())
    }),
    key("queue", |config, value| set(&mut config.keys.settings.queue_s, seconds(value))),
    key("retry", |config, value| set(&mut config.keys.settings.retry_s, seconds(value))),
    key("ttl", |config, value| {
        config.keys.settings.ttl_s =
            u32::try_from(seconds(value)?).ok().filter(|ttl_s| *ttl_s <= TTL_S_MAX).ok_or(Wrong)?;
        Ok(())
    }),
    key("revoked", |config, value| set(&mut config.keys.settings.revoked_s, seconds(value))),
    key("quiet", |config, value| set(&mut config.keys.settings.quiet_s, seconds(value))),
    key("check", |config, value| set(&mut config.keys.settings.check_s, seconds(value))),
    key("disclose", |config, value| {
        config.keys.disclose = Some(path(value)?);
        config.keys.settings.disclosure = Disclosure::AfterRevocation;
        Ok(())
    }),
    key("provider_zone", |config, value| some(&mut config.keys.provider_zone, domain(value))),
    key("slots", |config, value| {
        let DeValue::Integer(number) = value else { return Err(Wrong) };
        let number = number.as_str().parse().ok().filter(|slots| (2..=SLOT_COUNT_MAX).contains(slots));
        config.keys.slots = number.ok_or(Wrong)?;
        Ok(())
    }),
    key("identity_file", |config, value| some(&mut config.keys.identity_file, path(value))),
    of_zone("zone", |config, value| some(&mut config.keys.last_zone()?.zone, domain(value))),
    of_zone("publish", |config, value| {
        config.keys.last_zone()?.publish = Some(match string(value)? {
            "print" => Publish::Print,
            "update" => Publish::Update,
            "zone-file" => Publish::ZoneFile,
            "hook" => Publish::Hook,
            _ => return Err(Wrong),
        });
        Ok(())
    }),
    of_zone("server", |config, value| {
        let server = net::parse_server(string(value)?).map_err(|_| Wrong);
        some(&mut config.keys.last_zone()?.server, server)
    }),
    of_zone("tsig_file", |config, value| some(&mut config.keys.last_zone()?.tsig_file, path(value))),
    of_zone("file", |config, value| some(&mut config.keys.last_zone()?.file, path(value))),
    of_zone("reload", |config, value| set(&mut config.keys.last_zone()?.reload, command(value))),
    of_zone("hook", |config, value| set(&mut config.keys.last_zone()?.hook, command(value))),
    of_zone("timeout", |config, value| {
        let timeout = duration::parse(string(value)?).filter(|timeout| !timeout.is_zero()).ok_or(Wrong);
        some(&mut config.keys.last_zone()?.timeout, timeout)
    }),
    of_zone("servers", |config, value| {
        let DeValue::Array(servers) = value else { return Err(Wrong) };
        let servers = servers.iter().map(|it| net::parse_server(string(it.get_ref())?).map_err(|_| Wrong));
        set(&mut config.keys.last_zone()?.servers, servers.collect())
    }),
];

const fn key(name: &'static str, take: Take) -> Key {
    Key { section: KEYS_SECTION, name, take }
}

const fn of_zone(name: &'static str, take: Take) -> Key {
    Key { section: ZONE, name, take }
}

fn set<T>(place: &mut T, value: Result<T, Wrong>) -> Result<(), Wrong> {
    *place = value?;
    Ok(())
}

fn some<T>(place: &mut Option<T>, value: Result<T, Wrong>) -> Result<(), Wrong> {
    *place = Some(value?);
    Ok(())
}

fn template(value: &DeValue<'_>) -> Result<Template, Wrong> {
    Template::parse(string(value)?).ok_or(Wrong)
}

fn seconds(value: &DeValue<'_>) -> Result<u64, Wrong> {
    duration::parse(string(value)?).map(|time| time.as_secs()).ok_or(Wrong)
}

fn domain(value: &DeValue<'_>) -> Result<Domain, Wrong> {
    Domain::parse(string(value)?).map_err(|_| Wrong)
}

fn path(value: &DeValue<'_>) -> Result<PathBuf, Wrong> {
    string(value).ok().filter(|path| !path.is_empty()).map(PathBuf::from).ok_or(Wrong)
}

/// A program and its arguments; no shell reads them.
fn command(value: &DeValue<'_>) -> Result<Vec<String>, Wrong> {
    let DeValue::Array(words) = value else { return Err(Wrong) };
    let words: Vec<String> =
        words.iter().map(|word| string(word.get_ref()).map(str::to_owned)).collect::<Result<_, _>>()?;
    // A program is found by its whole path, wherever the daemon was started.
    if words.first().is_some_and(|program| program.starts_with('/')) { Ok(words) } else { Err(Wrong) }
}

const SLOT_COUNT: u32 = 3;
/// A week: longer TTLs are kept by few, and make each rotation wait.
const TTL_S_MAX: u32 = 604_800;

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;
    use mailtext::Explain as _;

    #[test]
    fn a_whole_file() {
        let text = "[keys]\nenabled = false\nalgorithm = \"ed25519\"\nselector = \"k{n}\"\nslot_selector = \"s{n}\"\n\
                    rotate_after = \"never\"\nqueue = \"1d\"\nretry = \"2h\"\nttl = \"5m\"\nrevoked = \"7d\"\nquiet = \"2d\"\n\
                    check = \"1h\"\ndisclose = \"/srv/keys\"\nprovider_zone = \"dkim.provider.example\"\nslots = 4\n\
                    [[keys.zone]]\nzone = \"example.jp\"\npublish = \"update\"\nserver = \"127.0.0.1:5300\"\n\
                    tsig_file = \"t\"\nservers = [\"127.0.0.1:5300\"]\n\
                    [[keys.zone]]\nzone = \"sub.example.jp\"\npublish = \"hook\"\nhook = [\"/bin/true\", \"x\"]\ntimeout = \"5s\"\n";
        let keys = Config::parse(text, "x").unwrap().keys;
        assert!(!keys.enabled && keys.algorithms == [KeyKind::Ed25519]);
        let settings = &keys.settings;
        assert_eq!((settings.rotate_after_s, settings.keep_s(), settings.ttl_s), (None, 93_600, 300));
        assert_eq!(settings.disclosure, Disclosure::AfterRevocation);
        assert!(matches!(keys.provider(), Some(Place::Provider { slots: 4, .. })));
        let zone_of = |name: &str| keys.zone_of(&Domain::parse(name).unwrap()).map(|zone| zone.publish.unwrap());
        assert_eq!(zone_of("a._domainkey.example.jp"), Some(Publish::Update));
        assert_eq!(zone_of("a.sub.example.jp"), Some(Publish::Hook));
        assert_eq!(zone_of("example.com"), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let told = |text: &str| Config::parse(text, "x").unwrap_err().id();
        for text in [
            "[keys]\nselector = \"{who}\"",
            "[keys]\nslot_selector = \"fixed\"",
            "[keys]\nslot_selector = \"{year}{n}\"",
            "[keys]\nslots = 1",
            "[keys]\nslots = 17",
            "[keys]\nttl = \"8d\"",
            "[keys]\nalgorithm = \"dsa\"",
            "[[keys.zone]]\nhook = [\"true\"]",
            "[[keys.zone]]\npublish = \"mail\"",
        ] {
            assert_eq!(told(text), "cli-config-bad-value", "{text}");
        }
        for text in [
            "[[keys.zone]]\nzone = \"example.jp\"",
            "[[keys.zone]]\npublish = \"print\"",
            "[[keys.zone]]\nzone = \"example.jp\"\npublish = \"update\"",
            "[[keys.zone]]\nzone = \"example.jp\"\npublish = \"zone-file\"",
            "[[keys.zone]]\nzone = \"example.jp\"\npublish = \"hook\"",
        ] {
            assert_eq!(told(text), "cli-config-missing-key", "{text}");
        }
        assert_eq!(told("[keys]\nzones = 1"), "cli-config-unknown-key");
    }
}
