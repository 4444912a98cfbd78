//! `[dashboard]`: the pages, and who may come to them.

use mailtext::Network;
use toml::de::DeValue;

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
    /// `proxies`: those that say who somebody is.
    pub(crate) proxies: Vec<Network>,
    /// `proxy_header`: the field in which they say it.
    pub(crate) proxy_header: Option<Box<str>>,
}

/// How browsers come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Tls {
    /// Over the loopback alone: at any other address there are no pages.
    #[default]
    None,
    /// Over TLS, which a proxy speaks for us.
    Proxy,
    /// Without TLS also from elsewhere: passwords can be read on the way.
    Insecure,
}

impl Default for DashboardConfig {
    fn default() -> Self {
        Self {
            is_enabled: true,
            hosts: Vec::new(),
            zone: None,
            tls: Tls::None,
            proxies: Vec::new(),
            proxy_header: None,
        }
    }
}

/// The section.
const DASHBOARD: &str = "dashboard";

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
                "proxy" => Tls::Proxy,
                "insecure" => Tls::Insecure,
                _ => return Err(Wrong),
            };
            Ok(())
        },
    },
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
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
