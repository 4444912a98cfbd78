//! `[dashboard]`: the pages, and who may come to them.

use std::path::{Path, PathBuf};

use mailtext::Network;
use toml::de::DeValue;

use super::openid::OpenidConfig;
use super::reporting::{list, set};
use super::{Key, Wrong, string};
use crate::limits::HOST_NAME_COUNT_MAX;

/// What the file says of the pages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct DashboardConfig {
    /// `enabled`: whether there are pages where metrics and health are.
    pub(crate) is_enabled: bool,
    /// `hosts`: names by which browsers may call them.
    pub(crate) hosts: Vec<Box<str>>,
    /// `zone`: of the times on pages, where nobody has chosen another one.
    pub(crate) zone: Option<Box<str>>,
    /// `tls`: whether browsers come over TLS.
    pub(crate) tls: Tls,
    /// `certificate`: the file of the chain that is shown, where TLS is spoken here.
    certificate: Option<PathBuf>,
    /// `key`: the file of its key.
    key: Option<PathBuf>,
    /// `proxies`: those that say who somebody is.
    pub(crate) proxies: Vec<Network>,
    /// `proxy_header`: the field in which they say it.
    pub(crate) proxy_header: Option<Box<str>>,
    /// `[dashboard.openid]`: a provider by which people may come in.
    pub(crate) openid: OpenidConfig,
}

/// How browsers come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Tls {
    /// Over the loopback alone: at any other address there are no pages.
    #[default]
    None,
    /// Over TLS, which is spoken here.
    Own,
    /// Over TLS, which a proxy speaks for us.
    Proxy,
    /// Without TLS also from elsewhere: passwords can be read on the way.
    Insecure,
}

/// The files of a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OwnTls {
    /// The certificate and those between it and its authority.
    pub(crate) certificate: PathBuf,
    /// Its key.
    pub(crate) key: PathBuf,
}

impl DashboardConfig {
    /// The files of the certificate, where TLS is spoken here.
    pub(crate) fn own_tls(&self) -> Option<OwnTls> {
        let (Tls::Own, Some(certificate), Some(key)) = (self.tls, &self.certificate, &self.key) else { return None };
        Some(OwnTls { certificate: certificate.clone(), key: key.clone() })
    }

    /// The key that is missing beside those that are there.
    pub(super) fn missing(&self) -> Option<&'static str> {
        match (self.tls, &self.certificate, &self.key) {
            (Tls::Own, None, _) => Some("certificate"),
            (Tls::Own, _, None) => Some("key"),
            _ => None,
        }
    }

    /// What is named without a directory lies beside the configuration.
    pub(super) fn beside(&mut self, directory: &Path) {
        for file in [&mut self.certificate, &mut self.key].into_iter().flatten() {
            *file = directory.join(&*file);
        }
        self.openid.beside(directory);
    }
}

impl Default for DashboardConfig {
    fn default() -> Self {
        Self {
            is_enabled: true,
            hosts: Vec::new(),
            zone: None,
            tls: Tls::None,
            certificate: None,
            key: None,
            proxies: Vec::new(),
            proxy_header: None,
            openid: OpenidConfig::default(),
        }
    }
}

/// The section.
pub(super) const DASHBOARD: &str = "dashboard";

/// The keys.
pub(super) const KEYS: &[Key] = &[
    Key {
        section: DASHBOARD,
        name: "enabled",
        take: |config, value| {
            let DeValue::Boolean(is_enabled) = value else { return Err(Wrong) };
            config.dashboard.is_enabled = *is_enabled;
            Ok(())
        },
    },
    Key {
        section: DASHBOARD,
        name: "hosts",
        take: |config, value| {
            let hosts: Vec<Box<str>> = list(value, |text| host(text).ok_or(Wrong))?;
            if hosts.len() > HOST_NAME_COUNT_MAX {
                return Err(Wrong);
            }
            config.dashboard.hosts = hosts;
            Ok(())
        },
    },
    Key {
        section: DASHBOARD,
        name: "zone",
        take: |config, value| {
            let name = string(value)?;
            jiff::tz::TimeZone::get(name).map_err(|_| Wrong)?;
            config.dashboard.zone = Some(name.into());
            Ok(())
        },
    },
    Key {
        section: DASHBOARD,
        name: "tls",
        take: |config, value| {
            config.dashboard.tls = match string(value)? {
                "none" => Tls::None,
                "own" => Tls::Own,
                "proxy" => Tls::Proxy,
                "insecure" => Tls::Insecure,
                _ => return Err(Wrong),
            };
            Ok(())
        },
    },
    Key {
        section: DASHBOARD,
        name: "certificate",
        take: |config, value| file(&mut config.dashboard.certificate, value),
    },
    Key { section: DASHBOARD, name: "key", take: |config, value| file(&mut config.dashboard.key, value) },
    Key {
        section: DASHBOARD,
        name: "proxies",
        take: |config, value| {
            let network = |text: &str| text.parse().map_err(|_| Wrong);
            set(&mut config.dashboard.proxies, list(value, network))
        },
    },
    Key {
        section: DASHBOARD,
        name: "proxy_header",
        take: |config, value| {
            let name = string(value)?;
            let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            // What browsers send by themselves, or what means something else, names nobody.
            let is_taken =
                ["host", "cookie", "authorization", "origin"].iter().any(|own| name.eq_ignore_ascii_case(own));
            if name.is_empty() || name.len() > 64 || !name.bytes().all(is_token) || is_taken {
                return Err(Wrong);
            }
            config.dashboard.proxy_header = Some(name.to_ascii_lowercase().into());
            Ok(())
        },
    },
];

fn file(place: &mut Option<PathBuf>, value: &DeValue<'_>) -> Result<(), Wrong> {
    *place = Some(Some(string(value)?).filter(|text| !text.is_empty()).map(PathBuf::from).ok_or(Wrong)?);
    Ok(())
}

/// The name of a host, as browsers send it.
fn host(text: &str) -> Option<Box<str>> {
    let domain = mailtext::Domain::parse(text).ok()?;
    Some(domain.as_str().into())
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::Tls;

    #[test]
    fn who_may_come() {
        let read = |text: &str| Config::parse(&format!("[dashboard]\n{text}"), "f").map(|config| config.dashboard);
        let dashboard = read(
            "hosts = [\"Desk.Example.jp\"]\nzone = \"Asia/Tokyo\"\ntls = \"proxy\"\nproxies = [\"127.0.0.1\"]\n\
             proxy_header = \"Remote-User\"",
        );
        let dashboard = dashboard.unwrap();
        assert_eq!((&*dashboard.hosts[0], dashboard.zone.as_deref()), ("desk.example.jp", Some("Asia/Tokyo")));
        assert_eq!((dashboard.tls, dashboard.proxy_header.as_deref()), (Tls::Proxy, Some("remote-user")));
        assert_eq!(dashboard.proxies.len(), 1);
        for wrong in [
            "hosts = [\"a b\"]",
            "zone = \"Mars/Base\"",
            "tls = \"yes\"",
            "proxies = [\"x\"]",
            "proxy_header = \"Cookie\"",
            "proxy_header = \"a b\"",
            "enabled = 1",
            "certificate = \"\"",
            "key = 1",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn tls_of_our_own_needs_both_files() {
        let read = |text: &str| Config::parse(&format!("[dashboard]\n{text}"), "f").map(|config| config.dashboard);
        let dashboard = read("tls = \"own\"\ncertificate = \"chain.pem\"\nkey = \"/etc/key.pem\"");
        let mut dashboard = dashboard.unwrap();
        dashboard.beside(std::path::Path::new("/etc/sekisho"));
        let files = dashboard.own_tls().unwrap();
        assert_eq!(files.certificate.display().to_string(), "/etc/sekisho/chain.pem");
        assert_eq!(files.key.display().to_string(), "/etc/key.pem");
        for (text, key) in [
            ("tls = \"own\"", "certificate"),
            ("key = \"k\"\ntls = \"own\"", "certificate"),
            ("tls = \"own\"\ncertificate = \"c\"", "key"),
        ] {
            let failure = read(text).unwrap_err();
            assert_eq!(mailtext::Explain::id(&failure), "cli-config-missing-key", "{text}");
            let arguments = mailtext::Explain::arguments(&failure);
            assert!(arguments.iter().any(|(name, value)| *name == "key" && value.to_string() == key), "{text}");
        }
        // Files that are there for another day harm nobody.
        assert_eq!(read("certificate = \"c\"\nkey = \"k\"").unwrap().own_tls(), None);
    }
}
