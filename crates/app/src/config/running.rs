//! How the daemon runs: `[receiver] listen …`, `[daemon]`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use net::SocketAccess;
use toml::de::DeValue;

use super::{Key, Wrong, string};
use crate::duration;
use crate::limits::{CONNECTION_COUNT_MAX, LISTEN_COUNT_MAX};

/// What the file says of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Running {
    /// `[receiver] socket_mode`, `socket_owner`, `socket_group`: who may connect to local sockets.
    pub(crate) socket: SocketAccess,
    /// `[receiver] connections`: at one time.
    pub(crate) connections: Option<usize>,
    /// `[receiver] idle_timeout`: of a connection.
    pub(crate) idle_timeout: Option<Duration>,
    /// `[receiver] stop_within`: time for messages under way.
    pub(crate) stop_within: Option<Duration>,
    /// `[daemon] user`: whose rights are taken on.
    pub(crate) user: Option<String>,
    /// `[daemon] pid_file`.
    pub(crate) pid_file: Option<PathBuf>,
    /// `[daemon] http`: metrics and health.
    pub(crate) http: Http,
    /// `[daemon] log`.
    pub(crate) log: LogForm,
}

/// Where HTTP is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Http {
    /// There.
    At(SocketAddr),
    /// Nowhere.
    Off,
}

/// The form of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum LogForm {
    /// For people, and for grep.
    #[default]
    Text,
    /// An object a line.
    Json,
}

pub(super) const KEYS: &[Key] = &[
    key("receiver", "socket_mode", |config, value| {
        let digits = string(value)?;
        let mode = u32::from_str_radix(digits, 8).map_err(|_| Wrong)?;
        // `from_str_radix` takes a plus sign.
        if mode > 0o777 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Wrong);
        }
        config.running.socket.mode = Some(mode);
        Ok(())
    }),
    key("receiver", "socket_owner", |config, value| {
        config.running.socket.owner = Some(account(value)?);
        Ok(())
    }),
    key("receiver", "socket_group", |config, value| {
        config.running.socket.group = Some(account(value)?);
        Ok(())
    }),
    key("receiver", "connections", |config, value| {
        let DeValue::Integer(number) = value else { return Err(Wrong) };
        let number = number.as_str().parse().ok().filter(|number| (1..=CONNECTION_COUNT_MAX).contains(number));
        config.running.connections = Some(number.ok_or(Wrong)?);
        Ok(())
    }),
    key("receiver", "idle_timeout", |config, value| {
        config.running.idle_timeout = Some(time(value)?);
        Ok(())
    }),
    key("receiver", "stop_within", |config, value| {
        config.running.stop_within = Some(duration::parse(string(value)?).ok_or(Wrong)?);
        Ok(())
    }),
    key("daemon", "user", |config, value| {
        config.running.user = Some(account(value)?);
        Ok(())
    }),
    key("daemon", "pid_file", |config, value| {
        // What the daemon writes does not depend on where its configuration lies.
        let path = Some(Path::new(string(value)?)).filter(|path| path.is_absolute()).ok_or(Wrong)?;
        config.running.pid_file = Some(path.to_owned());
        Ok(())
    }),
    key("daemon", "http", |config, value| {
        config.running.http = match string(value)? {
            "off" => Http::Off,
            text => Http::At(text.parse().map_err(|_| Wrong)?),
        };
        Ok(())
    }),
    key("daemon", "log", |config, value| {
        config.running.log = match string(value)? {
            "text" => LogForm::Text,
            "json" => LogForm::Json,
            _ => return Err(Wrong),
        };
        Ok(())
    }),
];

const fn key(section: &'static str, name: &'static str, take: super::Take) -> Key {
    Key { section, name, take }
}

/// `listen`: one place, or several.
pub(super) fn listen(value: &DeValue<'_>) -> Result<Vec<String>, Wrong> {
    let one = |value: &DeValue<'_>| {
        let text = string(value)?;
        net::ListenAddress::parse(text).map_err(|_| Wrong)?;
        Ok(text.to_owned())
    };
    match value {
        DeValue::Array(places) if (1..=LISTEN_COUNT_MAX).contains(&places.len()) => {
            places.iter().map(|place| one(place.get_ref())).collect()
        }
        DeValue::Array(_) => Err(Wrong),
        value => Ok(vec![one(value)?]),
    }
}

fn account(value: &DeValue<'_>) -> Result<String, Wrong> {
    let name = string(value)?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
    if is_name { Ok(name.to_owned()) } else { Err(Wrong) }
}

fn time(value: &DeValue<'_>) -> Result<Duration, Wrong> {
    duration::parse(string(value)?).filter(|time| !time.is_zero()).ok_or(Wrong)
}

impl Default for Http {
    fn default() -> Self {
        Self::At(SocketAddr::from(([127, 0, 0, 1], 8460)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn running(text: &str) -> Running {
        Config::parse(text, "x").unwrap().running
    }

    #[test]
    fn how_the_daemon_runs() {
        let text = "[receiver]\nsocket_mode = \"0660\"\nsocket_group = \"postfix\"\nconnections = 50\n\
                    idle_timeout = \"5m\"\nstop_within = \"0\"\n\
                    [daemon]\nuser = \"sekisho\"\npid_file = \"/run/s.pid\"\nhttp = \"[::1]:80\"\nlog = \"json\"\n";
        let socket = SocketAccess { mode: Some(0o660), owner: None, group: Some("postfix".to_owned()) };
        let wanted = Running {
            socket,
            connections: Some(50),
            idle_timeout: Some(Duration::from_secs(300)),
            stop_within: Some(Duration::ZERO),
            user: Some("sekisho".to_owned()),
            pid_file: Some("/run/s.pid".into()),
            http: Http::At("[::1]:80".parse().unwrap()),
            log: LogForm::Json,
        };
        assert_eq!(running(text), wanted);
        assert_eq!(running("[daemon]\nhttp = \"off\"").http, Http::Off);
    }

    #[test]
    fn one_place_to_listen_or_several() {
        let listen =
            |text: &str| Config::parse(&format!("[receiver]\nlisten = {text}"), "x").map(|config| config.listen);
        assert_eq!(listen("\"inet:1@127.0.0.1\"").unwrap(), ["inet:1@127.0.0.1"]);
        assert_eq!(listen("[\"inet:1@127.0.0.1\", \"/run/m\"]").unwrap(), ["inet:1@127.0.0.1", "/run/m"]);
        let several = |count| format!("[{}]", vec!["\"inet:0\""; count].join(","));
        for (count, good) in
            [(0, false), (LISTEN_COUNT_MAX - 1, true), (LISTEN_COUNT_MAX, true), (LISTEN_COUNT_MAX + 1, false)]
        {
            assert_eq!(listen(&several(count)).is_ok(), good, "{count}");
        }
        assert!(listen("[3]").is_err() && listen("[\"nonsense\"]").is_err());
    }

    #[test]
    fn connections_at_below_and_above_the_limit() {
        for (count, good) in [(0, false), (1, true), (CONNECTION_COUNT_MAX, true), (CONNECTION_COUNT_MAX + 1, false)] {
            assert_eq!(Config::parse(&format!("[receiver]\nconnections = {count}"), "x").is_ok(), good, "{count}");
        }
    }

    #[test]
    fn what_cannot_be() {
        for text in [
            "[receiver]\nsocket_mode = 660",
            "[receiver]\nsocket_mode = \"+660\"",
            "[receiver]\nsocket_mode = \"1000\"",
            "[receiver]\nsocket_mode = \"888\"",
            "[receiver]\nsocket_owner = \"\"",
            "[receiver]\nconnections = \"5\"",
            "[receiver]\nconnections = -1",
            "[receiver]\nidle_timeout = \"0s\"",
            "[daemon]\nuser = \"a b\"",
            "[daemon]\npid_file = \"s.pid\"",
            "[daemon]\nhttp = \"8460\"",
            "[daemon]\nlog = \"xml\"",
        ] {
            assert!(Config::parse(text, "x").is_err(), "{text}");
        }
    }
}
