//! `[dashboard.openid]`: a provider of OpenID Connect, by which people may come to the pages.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dashboard::openid::{Admission, BACK, Way};
use net::{FetchConfig, PrivateAddresses};
use people::Grant;
use people::openid::is_issuer;
use people::openid::mapping::Mapping;
use toml::de::{DeTable, DeValue};
use url::Url;

use super::reporting::{list, set};
use super::reports::{read, roots};
use super::{Key, Take, Wrong, boolean, string};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{
    OPENID_ANSWER_MS, OPENID_GROUP_COUNT_MAX, OPENID_NAME_CHARACTERS_MAX, OPENID_SCOPE_COUNT_MAX, OPENID_TEXT_BYTES_MAX,
};

/// What the file says of a provider. Nobody comes by one before it says which.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OpenidConfig {
    /// `issuer`: the provider.
    pub(crate) issuer: Option<Box<str>>,
    /// `name`: how people call it.
    name: Option<Box<str>>,
    /// `client_id`: who we are for it.
    pub(crate) client_id: Option<Box<str>>,
    /// `client_secret_file`
    client_secret_file: Option<PathBuf>,
    /// `url`: the address by which browsers reach the pages, without a slash at its end.
    url: Option<Address>,
    /// `scopes`: what is asked for beside `openid`.
    scopes: Vec<Box<str>>,
    /// `claim`: in which the groups are.
    claim: Box<str>,
    /// `groups`: what they may do.
    groups: Vec<(Box<str>, Grant)>,
    /// `admit`: who is let in.
    admit: Admission,
    /// `private`: whether the provider may be inside.
    is_private: bool,
    /// `roots`: authorities that are trusted beside the public ones.
    roots: Option<PathBuf>,
}

/// Where browsers reach the pages.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Address {
    /// `https://desk.example.jp`
    origin: Box<str>,
    /// Its host, where that has to be one of `hosts`.
    host: Option<Box<str>>,
}

impl Default for OpenidConfig {
    fn default() -> Self {
        Self {
            issuer: None,
            name: None,
            client_id: None,
            client_secret_file: None,
            url: None,
            scopes: vec!["profile".into(), "email".into()],
            claim: "groups".into(),
            groups: Vec::new(),
            admit: Admission::Known,
            is_private: false,
            roots: None,
        }
    }
}

/// The section.
pub(super) const OPENID: &str = "dashboard.openid";

/// The keys.
pub(super) const KEYS: &[Key] = &[
    key("issuer", |config, value| {
        let issuer = string(value)?;
        config.dashboard.openid.issuer = Some(Some(issuer).filter(|issuer| is_issuer(issuer)).ok_or(Wrong)?.into());
        Ok(())
    }),
    key("name", |config, value| {
        let name = short(value).ok().filter(|name| name.chars().count() <= OPENID_NAME_CHARACTERS_MAX);
        config.dashboard.openid.name = Some(name.ok_or(Wrong)?);
        Ok(())
    }),
    key("client_id", |config, value| set(&mut config.dashboard.openid.client_id, short(value).map(Some))),
    key("client_secret_file", |config, value| {
        set(&mut config.dashboard.openid.client_secret_file, short(value).map(|text| Some(PathBuf::from(&*text))))
    }),
    key("url", |config, value| set(&mut config.dashboard.openid.url, address(string(value)?).map(Some))),
    key("scopes", |config, value| {
        let scopes: Vec<Box<str>> = list(value, scope)?;
        if scopes.len() > OPENID_SCOPE_COUNT_MAX {
            return Err(Wrong);
        }
        // It is always asked for.
        config.dashboard.openid.scopes = scopes.into_iter().filter(|scope| &**scope != "openid").collect();
        Ok(())
    }),
    key("claim", |config, value| set(&mut config.dashboard.openid.claim, short(value))),
    key("groups", |config, value| set(&mut config.dashboard.openid.groups, groups(value))),
    key("admit", |config, value| {
        config.dashboard.openid.admit = match string(value)? {
            "known" => Admission::Known,
            "groups" => Admission::Groups,
            _ => return Err(Wrong),
        };
        Ok(())
    }),
    key("private", |config, value| set(&mut config.dashboard.openid.is_private, boolean(value))),
    key("roots", |config, value| {
        set(&mut config.dashboard.openid.roots, short(value).map(|text| Some(PathBuf::from(&*text))))
    }),
];

const fn key(name: &'static str, take: Take) -> Key {
    Key { section: OPENID, name, take }
}

impl OpenidConfig {
    /// What is named without a directory lies beside the configuration.
    pub(super) fn beside(&mut self, directory: &Path) {
        for file in [&mut self.client_secret_file, &mut self.roots].into_iter().flatten() {
            *file = directory.join(&*file);
        }
    }

    /// The key that is missing beside those that are there.
    pub(super) fn missing(&self) -> Option<&'static str> {
        match self {
            _ if *self == Self::default() => None,
            Self { issuer: None, .. } => Some("issuer"),
            Self { client_id: None, .. } => Some("client_id"),
            Self { url: None, .. } => Some("url"),
            Self { admit: Admission::Groups, groups, .. } if groups.is_empty() => Some("groups"),
            _ => None,
        }
    }

    /// The host by which browsers come back, where requests for it are refused.
    pub(super) fn refused_host(&self, hosts: &[Box<str>]) -> Option<&str> {
        let host = self.url.as_ref()?.host.as_deref()?;
        (!hosts.iter().any(|own| &**own == host)).then_some(host)
    }

    /// What the pages have to know of it.
    pub(crate) fn way(&self) -> Option<Way> {
        let (Some(issuer), Some(client_id), Some(url)) = (&self.issuer, &self.client_id, &self.url) else {
            return None;
        };
        let host = || Url::parse(issuer).ok().and_then(|url| url.host_str().map(Box::from));
        Some(Way {
            name: self.name.clone().or_else(host)?,
            client_id: client_id.clone(),
            scopes: self.scopes.clone(),
            redirect: format!("{}{BACK}", url.origin).into(),
            mapping: Mapping { claim: self.claim.clone(), grants: self.groups.clone() },
            admission: self.admit,
        })
    }

    /// How the provider is reached.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn web(&self) -> Result<FetchConfig, Failure> {
        let private_addresses = if self.is_private { PrivateAddresses::Allowed } else { PrivateAddresses::Refused };
        let roots = self.roots.as_deref().map(roots).transpose()?.unwrap_or_default();
        let total_timeout = Duration::from_millis(OPENID_ANSWER_MS);
        // What is kept, and for how long, is decided by whoever asks.
        Ok(FetchConfig { private_addresses, total_timeout, roots, cache_bytes_max: 0, ..FetchConfig::default() })
    }

    /// What the provider knows us by, where it wants more than our name.
    ///
    /// # Errors
    /// The file cannot be read, or there is no secret in it.
    pub(crate) fn secret(&self) -> Result<Option<Box<str>>, Failure> {
        let Some(path) = &self.client_secret_file else { return Ok(None) };
        let text = read(path)?;
        let secret = text.trim();
        if secret.is_empty() || secret.len() > OPENID_TEXT_BYTES_MAX || secret.chars().any(char::is_control) {
            let failure = Failure::new(ExitCode::Configuration, "cli-config-no-secret");
            return Err(failure.with("file", path.display().to_string()));
        }
        Ok(Some(secret.into()))
    }

    /// Whether all that is named can be read.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.web()?;
        self.secret()?;
        Ok(())
    }
}

/// A text of a line that is not empty.
fn short(value: &DeValue<'_>) -> Result<Box<str>, Wrong> {
    let text = string(value)?.trim();
    if text.is_empty() || text.len() > OPENID_TEXT_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(Wrong);
    }
    Ok(text.into())
}

/// RFC 6749 §3.3: printable ASCII, but for blanks, quotation marks and backslashes.
fn scope(text: &str) -> Result<Box<str>, Wrong> {
    let is_one = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    if text.is_empty() || text.len() > OPENID_TEXT_BYTES_MAX || !text.bytes().all(is_one) {
        return Err(Wrong);
    }
    Ok(text.into())
}

/// `https://desk.example.jp`; without TLS on this machine alone: whoever reads along comes in.
fn address(text: &str) -> Result<Address, Wrong> {
    let url = Url::parse(text).map_err(|_| Wrong)?;
    let host = url.host_str().ok_or(Wrong)?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let ip: Option<IpAddr> = bare.parse().ok();
    let is_loopback = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    if !is_bare || !is_anonymous || !(url.scheme() == "https" || url.scheme() == "http" && is_loopback) {
        return Err(Wrong);
    }
    // Addresses, and what is ours on every machine, are called without being named.
    let is_named = ip.is_none() && !is_loopback;
    Ok(Address { origin: url.origin().ascii_serialization().into(), host: is_named.then(|| host.into()) })
}

/// `[{ name = "postmasters", grant = "admin" }]`
fn groups(value: &DeValue<'_>) -> Result<Vec<(Box<str>, Grant)>, Wrong> {
    let DeValue::Array(values) = value else { return Err(Wrong) };
    if values.len() > OPENID_GROUP_COUNT_MAX {
        return Err(Wrong);
    }
    values.iter().map(|value| group(value.get_ref())).collect()
}

fn group(value: &DeValue<'_>) -> Result<(Box<str>, Grant), Wrong> {
    let DeValue::Table(table) = value else { return Err(Wrong) };
    let of = |table: &DeTable<'_>, name: &str| table.get(name).ok_or(Wrong).and_then(|value| short(value.get_ref()));
    if table.len() != 2 {
        return Err(Wrong);
    }
    let (name, grant) = (of(table, "name")?, of(table, "grant")?);
    Ok((name, Grant::parse(&grant).map_err(|_| Wrong)?))
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    const WHOLE: &str = "issuer = \"https://id.example.jp/realms/mail\"\nclient_id = \"sekisho\"\n\
                         url = \"https://desk.example.jp\"\n";

    fn parse(text: &str) -> Result<OpenidConfig, Failure> {
        let hosts = "[dashboard]\nhosts = [\"desk.example.jp\"]\n";
        Config::parse(&format!("{hosts}[dashboard.openid]\n{text}"), "f").map(|config| config.dashboard.openid)
    }

    fn told(text: &str) -> (String, String) {
        let failure = Config::parse(text, "f").unwrap_err();
        let arguments = mailtext::Explain::arguments(&failure);
        let arguments = arguments.into_iter().map(|(name, value)| format!("{name}={value}"));
        (mailtext::Explain::id(&failure).to_owned(), arguments.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn nobody_comes_by_a_provider_that_is_not_named() {
        assert_eq!(Config::parse("[dashboard]\nenabled = true", "f").unwrap().dashboard.openid.way(), None);
        assert_eq!(parse("").unwrap().way(), None);
        let way = parse(WHOLE).unwrap().way().unwrap();
        assert_eq!((&*way.name, &*way.redirect), ("id.example.jp", "https://desk.example.jp/login/openid/back"));
        assert_eq!((way.admission, way.mapping.grants.len()), (Admission::Known, 0));
        assert_eq!(way.scopes, ["profile".into(), "email".into()]);
    }

    #[test]
    fn what_groups_may() {
        let text = "name = \"Example 株式会社\"\nadmit = \"groups\"\nclaim = \"realm_access.roles\"\n\
                    scopes = [\"openid\", \"groups\"]\nclient_secret_file = \"secret\"\nprivate = true\n\
                    groups = [{ name = \"postmasters\", grant = \"admin\" }, { name = \"office\", grant = \"viewer:example.jp\" }]";
        let mut config = parse(&format!("{WHOLE}{text}")).unwrap();
        let way = config.way().unwrap();
        let grants: Vec<_> = way.mapping.grants.iter().map(|(name, grant)| format!("{name} {grant}")).collect();
        assert_eq!(grants, ["postmasters admin", "office viewer:example.jp"]);
        assert_eq!(
            (way.admission, &*way.mapping.claim, &*way.name),
            (Admission::Groups, "realm_access.roles", "Example 株式会社")
        );
        assert_eq!(way.scopes, ["groups".into()]);
        config.beside(Path::new("/etc/sekisho"));
        assert_eq!(config.client_secret_file.as_deref(), Some(Path::new("/etc/sekisho/secret")));
        assert_eq!(config.web().unwrap().private_addresses, PrivateAddresses::Allowed);
        assert!(config.secret().is_err(), "it is not there");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for wrong in [
            "issuer = \"http://id.example.jp\"",
            "issuer = \"https://id.example.jp/?x=1\"",
            "issuer = \"https://192.0.2.1\"",
            "issuer = \"id.example.jp\"",
            "url = \"http://desk.example.jp\"",
            "url = \"https://desk.example.jp/path\"",
            "url = \"https://desk.example.jp/?a\"",
            "url = \"https://me@desk.example.jp\"",
            "url = \"desk.example.jp\"",
            "client_id = \"\"",
            "client_secret_file = \"\"",
            "scopes = [\"a b\"]",
            "scopes = \"profile\"",
            "claim = \"\"",
            "admit = \"everybody\"",
            "groups = [\"admins\"]",
            "groups = [{ name = \"a\" }]",
            "groups = [{ name = \"a\", grant = \"king\" }]",
            "groups = [{ name = \"a\", grant = \"admin\", more = \"x\" }]",
            "private = \"yes\"",
        ] {
            assert_eq!(told(&format!("[dashboard.openid]\n{wrong}")).0, "cli-config-bad-value", "{wrong}");
        }
        let all = |count: usize| format!("{WHOLE}scopes = [{}]", "\"a\",".repeat(count));
        assert!(parse(&all(OPENID_SCOPE_COUNT_MAX)).is_ok() && parse(&all(OPENID_SCOPE_COUNT_MAX + 1)).is_err());
        let all = |count: usize| format!("{WHOLE}groups = [{}]", "{ name = \"a\", grant = \"viewer\" },".repeat(count));
        assert!(parse(&all(OPENID_GROUP_COUNT_MAX)).is_ok() && parse(&all(OPENID_GROUP_COUNT_MAX + 1)).is_err());
        let name = |count: usize| format!("{WHOLE}name = \"{}\"", "関".repeat(count));
        assert!(
            parse(&name(OPENID_NAME_CHARACTERS_MAX)).is_ok() && parse(&name(OPENID_NAME_CHARACTERS_MAX + 1)).is_err()
        );
    }

    #[test]
    fn what_is_missing_is_told() {
        for (text, key) in [
            ("client_id = \"a\"", "issuer"),
            ("issuer = \"https://id.example.jp\"", "client_id"),
            ("issuer = \"https://id.example.jp\"\nclient_id = \"a\"", "url"),
            (&format!("{WHOLE}admit = \"groups\""), "groups"),
        ] {
            let (id, arguments) =
                told(&format!("[dashboard]\nhosts = [\"desk.example.jp\"]\n[dashboard.openid]\n{text}"));
            assert_eq!(id, "cli-config-missing-key", "{text}");
            assert_eq!(arguments, format!("file=f line=3 column=12 key={key} section=dashboard.openid"), "{text}");
        }
    }

    #[test]
    fn who_comes_back_by_a_host_that_is_refused_never_comes_in() {
        let openid = format!("[dashboard.openid]\n{WHOLE}");
        let (id, arguments) = told(&openid);
        assert_eq!((&*id, &*arguments), ("cli-config-openid-host", "file=f line=1 column=12 host=desk.example.jp"));
        assert!(
            Config::parse(&format!("{openid}[dashboard]\nhosts = [\"desk.example.jp\"]"), "f").is_ok(),
            "in any order"
        );
        for own in [
            "http://localhost:8460",
            "http://127.0.0.1:8460",
            "http://[::1]:8460",
            "https://192.0.2.1",
            "https://localhost",
        ] {
            let text = openid.replace("https://desk.example.jp", own);
            let way = Config::parse(&text, "f").unwrap().dashboard.openid.way().unwrap();
            assert_eq!(&*way.redirect, format!("{own}{BACK}"));
        }
    }
}
