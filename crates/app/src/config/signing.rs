//! `[outgoing]`: which mail is outgoing; `[signing]`, `[[signing.key]]`, `[[signing.rule]]`: who signs it, and how.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dkim::Algorithm;
use mailtext::Domain;
use outgoing::origin::macro_name;
use outgoing::{
    Clients, Identity, KeyDomain, Manner, Origins, Oversigning, Pattern, Rule, SenderField, Unsigned, Users,
};
use toml::de::{DeTable, DeValue};

use super::{Key, Wrong, string};
use crate::duration;

/// What the file says of outgoing mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SigningConfig {
    /// `[outgoing]`: which mail.
    pub(crate) origins: Origins,
    /// `[signing]`: how.
    pub(crate) manner: Manner,
    /// `[signing] key_table`: a file with keys, a line for each.
    pub(crate) key_table: Option<PathBuf>,
    /// `[signing] rule_table`: a file with rules, a line for each.
    pub(crate) rule_table: Option<PathBuf>,
    /// `[signing] key_readers`: who may read the files of the keys.
    pub(crate) key_readers: KeyReaders,
    /// `[[signing.key]]`
    pub(crate) keys: Vec<KeyConfig>,
    /// `[[signing.rule]]`
    rules: Vec<RuleConfig>,
}

/// Who may read the files of private keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum KeyReaders {
    /// Their owner alone.
    #[default]
    Owner,
    /// Their group, too.
    Group,
}

/// `[[signing.key]]`
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct KeyConfig {
    /// `name`: how rules call it; if nothing is said, `SELECTOR._domainkey.DOMAIN`.
    name: Option<String>,
    /// `domain`
    pub(crate) domain: Option<KeyDomain>,
    /// `selector`
    pub(crate) selector: Option<Domain>,
    /// `file`
    pub(crate) file: PathBuf,
    /// `algorithm`: which it must be.
    pub(crate) algorithm: Option<Algorithm>,
}

/// `[[signing.rule]]`
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct RuleConfig {
    /// `from`
    patterns: Vec<Pattern>,
    /// `keys`; empty for mail that is not signed.
    keys: Option<Vec<String>>,
    /// `users`, `networks`: for whom alone.
    clients: Clients,
}

impl Default for SigningConfig {
    fn default() -> Self {
        Self {
            origins: Origins::usual(),
            manner: Manner::default(),
            key_table: None,
            rule_table: None,
            key_readers: KeyReaders::default(),
            keys: Vec::new(),
            rules: Vec::new(),
        }
    }
}

/// The section of the signing role, and its sections of sections.
pub(super) const SIGNING: &str = "signing";
pub(super) const KEY: &str = "signing.key";
pub(super) const RULE: &str = "signing.rule";

impl SigningConfig {
    /// Whether any mail is outgoing by what is named here: as long as there is no key, all is incoming.
    pub(crate) fn is_enabled(&self) -> bool {
        self.has_keys() && !self.origins.is_empty()
    }

    /// Whether keys are named here.
    pub(crate) fn has_keys(&self) -> bool {
        self.key_table.is_some() || !self.keys.is_empty()
    }

    /// The rules, a pattern each.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        let of_one = |rule: &RuleConfig| {
            let keys = rule.keys.clone().unwrap_or_default();
            let clients = rule.clients.clone();
            let rule_of = move |pattern| Rule { pattern, keys: keys.clone(), clients: clients.clone() };
            rule.patterns.clone().into_iter().map(rule_of)
        };
        self.rules.iter().flat_map(of_one).collect()
    }

    /// What is named without a directory lies beside the configuration.
    pub(super) fn beside(&mut self, directory: &Path) {
        let tables = [&mut self.key_table, &mut self.rule_table].into_iter().flatten();
        for file in self.keys.iter_mut().map(|key| &mut key.file).chain(tables) {
            *file = directory.join(&file);
        }
    }

    pub(super) fn begin_key(&mut self) {
        self.keys.push(KeyConfig::default());
    }

    pub(super) fn begin_rule(&mut self) {
        self.rules.push(RuleConfig::default());
    }

    /// The key that the last of them must have and has not.
    pub(super) fn missing_of_key(&self) -> Option<&'static str> {
        let last = self.keys.last()?;
        match last {
            KeyConfig { domain: None, .. } => Some("domain"),
            KeyConfig { selector: None, .. } => Some("selector"),
            KeyConfig { file, .. } if file.as_os_str().is_empty() => Some("file"),
            _ => None,
        }
    }

    pub(super) fn missing_of_rule(&self) -> Option<&'static str> {
        let last = self.rules.last()?;
        match last {
            RuleConfig { patterns, .. } if patterns.is_empty() => Some("from"),
            RuleConfig { keys: None, .. } => Some("keys"),
            _ => None,
        }
    }

    fn last_key(&mut self) -> Result<&mut KeyConfig, Wrong> {
        self.keys.last_mut().ok_or(Wrong)
    }

    fn last_rule(&mut self) -> Result<&mut RuleConfig, Wrong> {
        self.rules.last_mut().ok_or(Wrong)
    }
}

impl KeyConfig {
    /// How rules call it.
    pub(crate) fn name(&self) -> String {
        let domain = match &self.domain {
            Some(KeyDomain::Of(domain)) => domain.as_str(),
            Some(KeyDomain::Author) | None => "%",
        };
        let selector = self.selector.as_ref().map_or("", Domain::as_str);
        self.name.clone().unwrap_or_else(|| format!("{selector}._domainkey.{domain}"))
    }
}

/// The keys of these sections.
pub(super) const KEYS: &[Key] = &[
    key("outgoing", "authenticated", |config, value| {
        config.signing.origins.users = match value {
            DeValue::Boolean(true) => Users::Everybody,
            DeValue::Boolean(false) => Users::Nobody,
            names => Users::Named(texts(names)?.into_iter().collect()),
        };
        Ok(())
    }),
    key("outgoing", "networks", |config, value| {
        let networks = texts(value)?.into_iter().map(|text| text.parse().map_err(|_| Wrong));
        config.signing.origins.networks = networks.collect::<Result<_, _>>()?;
        Ok(())
    }),
    key("outgoing", "macros", |config, value| {
        let DeValue::Table(table) = value else { return Err(Wrong) };
        config.signing.origins.macros = macros(table)?;
        Ok(())
    }),
    key("outgoing", "listeners", |config, value| {
        // As the daemon names them, however they are written.
        let read = |text: &String| net::ListenAddress::parse(text).map(|it| it.to_string()).map_err(|_| Wrong);
        config.signing.origins.listeners = texts(value)?.iter().map(read).collect::<Result<_, _>>()?;
        Ok(())
    }),
    key(SIGNING, "unsigned", |config, value| {
        config.signing.manner.unsigned = match string(value)? {
            "accept" => Unsigned::Accept,
            "tempfail" => Unsigned::TempFail,
            "reject" => Unsigned::Reject,
            _ => return Err(Wrong),
        };
        Ok(())
    }),
    key(SIGNING, "senders", |config, value| {
        let fields = texts(value)?.into_iter().map(|text| SenderField::parse(&text).ok_or(Wrong));
        config.signing.manner.senders = fields.collect::<Result<_, _>>()?;
        if config.signing.manner.senders.is_empty() { Err(Wrong) } else { Ok(()) }
    }),
    key(SIGNING, "canonicalization", |config, value| {
        let (header, body) = crate::sign::canonicalization(string(value)?).ok_or(Wrong)?;
        (config.signing.manner.header_canonicalization, config.signing.manner.body_canonicalization) = (header, body);
        Ok(())
    }),
    key(SIGNING, "expire_in", |config, value| {
        let time = duration::parse(string(value)?).filter(|time| time.as_secs() > 0).ok_or(Wrong)?;
        config.signing.manner.expire_in_s = Some(time.as_secs());
        Ok(())
    }),
    key(SIGNING, "identity", |config, value| {
        config.signing.manner.identity = match string(value)? {
            "none" => Identity::Absent,
            "domain" => Identity::AuthorDomain,
            "author" => Identity::Author,
            _ => return Err(Wrong),
        };
        Ok(())
    }),
    key(SIGNING, "oversign", |config, value| {
        config.signing.manner.oversigning = match string(value)? {
            "recommended" => Oversigning::Recommended,
            "if-present" => Oversigning::IfPresent,
            "from" => Oversigning::From,
            _ => return Err(Wrong),
        };
        Ok(())
    }),
    key(SIGNING, "also", |config, value| {
        config.signing.manner.also = texts(value)?;
        Ok(())
    }),
    key(SIGNING, "except", |config, value| {
        config.signing.manner.except = texts(value)?;
        Ok(())
    }),
    key(SIGNING, "key_table", |config, value| {
        config.signing.key_table = Some(path(value)?);
        Ok(())
    }),
    key(SIGNING, "rule_table", |config, value| {
        config.signing.rule_table = Some(path(value)?);
        Ok(())
    }),
    key(SIGNING, "key_readers", |config, value| {
        config.signing.key_readers = match string(value)? {
            "owner" => KeyReaders::Owner,
            "group" => KeyReaders::Group,
            _ => return Err(Wrong),
        };
        Ok(())
    }),
    key(KEY, "name", |config, value| {
        let name = Some(string(value)?).filter(|name| !name.is_empty() && !name.contains([',', ' ', '\t']));
        config.signing.last_key()?.name = Some(name.ok_or(Wrong)?.to_owned());
        Ok(())
    }),
    key(KEY, "domain", |config, value| {
        config.signing.last_key()?.domain = Some(KeyDomain::parse(string(value)?).ok_or(Wrong)?);
        Ok(())
    }),
    key(KEY, "selector", |config, value| {
        config.signing.last_key()?.selector = Some(Domain::parse(string(value)?).map_err(|_| Wrong)?);
        Ok(())
    }),
    key(KEY, "file", |config, value| {
        config.signing.last_key()?.file = path(value)?;
        Ok(())
    }),
    key(KEY, "algorithm", |config, value| {
        config.signing.last_key()?.algorithm = Some(match string(value)? {
            "rsa-sha256" => Algorithm::RsaSha256,
            "ed25519-sha256" => Algorithm::Ed25519Sha256,
            _ => return Err(Wrong),
        });
        Ok(())
    }),
    key(RULE, "from", |config, value| {
        let patterns = one_or_more(value)?.into_iter().map(|text| Pattern::parse(&text).ok_or(Wrong));
        config.signing.last_rule()?.patterns = patterns.collect::<Result<_, _>>()?;
        Ok(())
    }),
    key(RULE, "keys", |config, value| {
        config.signing.last_rule()?.keys = Some(one_or_more(value)?);
        Ok(())
    }),
    // An empty list would say "for all" where somebody meant "for none".
    key(RULE, "users", |config, value| {
        let users = one_or_more(value)?;
        let is_user = |user: &String| {
            !user.is_empty()
                && (!user.contains('*') || user.strip_prefix("*@").is_some_and(|domain| Domain::parse(domain).is_ok()))
        };
        config.signing.last_rule()?.clients.users =
            Some(users).filter(|users| !users.is_empty() && users.iter().all(is_user)).ok_or(Wrong)?;
        Ok(())
    }),
    key(RULE, "networks", |config, value| {
        let networks = one_or_more(value)?.into_iter().map(|text| text.parse().map_err(|_| Wrong));
        let networks = networks.collect::<Result<Vec<_>, _>>()?;
        config.signing.last_rule()?.clients.networks = Some(networks).filter(|it| !it.is_empty()).ok_or(Wrong)?;
        Ok(())
    }),
];

const fn key(section: &'static str, name: &'static str, take: super::Take) -> Key {
    Key { section, name, take }
}

/// `{ "{daemon_name}" = ["ORIGINATING"], "x" = "y" }`
fn macros(table: &DeTable<'_>) -> Result<BTreeMap<String, BTreeSet<String>>, Wrong> {
    let one = |(name, values): (&toml::Spanned<std::borrow::Cow<'_, str>>, &toml::Spanned<DeValue<'_>>)| {
        let name = macro_name(name.get_ref()).ok_or(Wrong)?.to_owned();
        Ok((name, one_or_more(values.get_ref())?.into_iter().collect()))
    };
    table.iter().map(one).collect()
}

/// `"a"` or `["a", "b"]`
fn one_or_more(value: &DeValue<'_>) -> Result<Vec<String>, Wrong> {
    match value {
        DeValue::String(text) => Ok(vec![text.clone().into_owned()]),
        list => texts(list),
    }
}

fn texts(value: &DeValue<'_>) -> Result<Vec<String>, Wrong> {
    let DeValue::Array(texts) = value else { return Err(Wrong) };
    texts.iter().map(|text| string(text.get_ref()).map(str::to_owned)).collect()
}

fn path(value: &DeValue<'_>) -> Result<PathBuf, Wrong> {
    string(value).ok().filter(|path| !path.is_empty()).map(PathBuf::from).ok_or(Wrong)
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;
    use mailtext::Explain as _;

    fn told(text: &str) -> (&'static str, String) {
        let failure = Config::parse(text, "x").unwrap_err();
        let arguments = failure.arguments().into_iter().map(|(name, value)| format!("{name}={value}"));
        (failure.id(), arguments.collect::<Vec<_>>().join(" "))
    }

    const KEY: &str = "[[signing.key]]\ndomain = \"example.jp\"\nselector = \"s1\"\nfile = \"a.pem\"\n";

    #[test]
    fn a_whole_file() {
        let text = format!(
            "[outgoing]\nauthenticated = [\"taro\"]\nnetworks = [\"192.0.2.0/24\"]\nlisteners = [\"inet:8895\"]\n\
             macros = {{ \"{{daemon_name}}\" = \"ORIGINATING\" }}\n\
             [signing]\nunsigned = \"reject\"\nsenders = [\"from\", \"mail_from\"]\nexpire_in = \"14d\"\n\
             canonicalization = \"relaxed/simple\"\nidentity = \"author\"\noversign = \"from\"\nalso = [\"X-A\"]\n\
             key_readers = \"group\"\n\
             {KEY}name = \"main\"\nalgorithm = \"ed25519-sha256\"\n\
             [[signing.rule]]\nfrom = [\"example.jp\", \"*.example.jp\"]\nkeys = [\"main\"]\n\
             [[signing.rule]]\nfrom = \"robot@example.jp\"\nkeys = []\n\
             users = [\"taro\", \"*@shop.example\"]\nnetworks = \"192.0.2.0/24\"\n"
        );
        let signing = Config::parse(&text, "x").unwrap().signing;
        assert!(signing.has_keys());
        assert_eq!(signing.origins.users, Users::Named(["taro".to_owned()].into()));
        assert_eq!(signing.origins.listeners, ["inet:8895".to_owned()].into());
        assert_eq!(signing.origins.macros["daemon_name"], ["ORIGINATING".to_owned()].into());
        let manner = &signing.manner;
        assert_eq!(
            (manner.unsigned, manner.identity, manner.oversigning),
            (Unsigned::Reject, Identity::Author, Oversigning::From)
        );
        assert_eq!(manner.senders, [SenderField::From, SenderField::MailFrom]);
        assert_eq!((manner.expire_in_s, signing.key_readers), (Some(14 * 86_400), KeyReaders::Group));
        assert_eq!(signing.keys[0].name(), "main");
        let rules: Vec<_> = signing.rules().iter().map(|rule| (rule.pattern.to_string(), rule.keys.len())).collect();
        let wanted = [("example.jp", 1), ("*.example.jp", 1), ("robot@example.jp", 0)];
        assert_eq!(rules, wanted.map(|(pattern, keys)| (pattern.to_owned(), keys)));
        let clients = signing.rules().pop().unwrap().clients;
        assert_eq!((&clients.users[..], clients.networks.len()), (&["taro".into(), "*@shop.example".into()][..], 1));
    }

    #[test]
    fn what_is_not_said() {
        let signing = Config::parse(KEY, "x").unwrap().signing;
        assert_eq!((&signing.origins, &signing.manner), (&Origins::usual(), &Manner::default()));
        assert_eq!(signing.keys[0].name(), "s1._domainkey.example.jp");
        assert!(signing.has_keys() && !Config::default().signing.has_keys());
        // What the file says of one origin changes nothing of the others.
        let signing = Config::parse("[outgoing]\nnetworks = []\n", "x").unwrap().signing;
        assert_eq!((signing.origins.users, signing.origins.networks.len()), (Users::Everybody, 0));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (key, text) in [
            ("domain", KEY.replace("domain = \"example.jp\"\n", "")),
            ("selector", KEY.replace("selector = \"s1\"\n", "")),
            ("file", KEY.replace("file = \"a.pem\"\n", "")),
        ] {
            let wanted = format!("file=x line=1 column=1 key={key} section=signing.key");
            assert_eq!(told(&text), ("cli-config-missing-key", wanted));
        }
        let rule = "[[signing.rule]]\nkeys = \"a\"\n";
        let wanted = "file=x line=1 column=1 key=from section=signing.rule".to_owned();
        assert_eq!(told(rule), ("cli-config-missing-key", wanted));
        for text in [
            "[outgoing]\nauthenticated = \"yes\"",
            "[outgoing]\nnetworks = [\"192.0.2.1/24\"]",
            "[outgoing]\nmacros = { \"{daemon name}\" = \"x\" }",
            "[outgoing]\nlisteners = [\"somewhere\"]",
            "[signing]\nunsigned = \"bounce\"",
            "[signing]\nsenders = []",
            "[[signing.rule]]\nusers = []",
            "[[signing.rule]]\nusers = \"*\"",
            "[[signing.rule]]\nusers = [\"*@\"]",
            "[[signing.rule]]\nnetworks = []",
            "[[signing.rule]]\nnetworks = \"192.0.2.1/24\"",
            "[signing]\ncanonicalization = \"nofws/relaxed\"",
            "[signing]\nexpire_in = \"0s\"",
            "[[signing.key]]\ndomain = \"a..b\"",
            "[[signing.key]]\nname = \"a b\"",
            "[[signing.key]]\nalgorithm = \"rsa-sha1\"",
            "[[signing.rule]]\nfrom = \"a*@example.jp\"",
        ] {
            assert_eq!(told(text).0, "cli-config-bad-value", "{text}");
        }
        let (id, arguments) = told("[signing]\nexpires_in = \"1d\"\n");
        assert_eq!(id, "cli-config-unknown-key");
        assert_eq!(arguments, "file=x line=2 column=1 section=signing key=expires_in suggestion=expire_in");
        // One key is written as one of several.
        assert_eq!(told("[signing.key]\ndomain = \"example.jp\"").0, "cli-config-unknown-section");
        assert_eq!(told("[signing]\nkey = \"a\"").0, "cli-config-unknown-key");
    }
}
