//! Which mail is outgoing. Nothing that a message says of itself counts, only what the MTA and the socket know.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use mailtext::Network;

/// What makes mail outgoing. Each alone is enough.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Origins {
    /// It came to one of these sockets of ours, as the configuration writes them.
    pub listeners: BTreeSet<String>,
    /// The MTA gives a macro – its name without braces – one of these values; none stands for every value but nothing.
    pub macros: BTreeMap<String, BTreeSet<String>>,
    /// Its client is one of these users of SMTP AUTH.
    pub users: Users,
    /// Its client is in one of these networks.
    pub networks: Vec<Network>,
}

/// Users of SMTP AUTH.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Users {
    /// None.
    #[default]
    Nobody,
    /// All.
    Everybody,
    /// These, as the MTA writes them.
    Named(BTreeSet<String>),
}

/// What is known of a message at MAIL FROM.
#[derive(Clone, Copy)]
pub struct Arrival<'a> {
    /// The socket to which it came.
    pub listener: Option<&'a str>,
    /// The client's address.
    pub client: Option<IpAddr>,
    /// The user of SMTP AUTH; not empty.
    pub user: Option<&'a str>,
    /// The value of a macro of the MTA, by its name without braces.
    pub macros: &'a dyn Fn(&str) -> Option<String>,
}

/// Why a message is outgoing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// By the socket.
    Listener(String),
    /// By a macro of the MTA.
    Macro {
        /// Its name, without braces.
        name: String,
        /// Its value.
        value: String,
    },
    /// By the user of SMTP AUTH.
    User(String),
    /// By the client's network.
    Network(Network),
}

impl Origins {
    /// What is outgoing where nothing else is said: mail of users who gave a password, and of the host itself.
    #[must_use]
    pub fn usual() -> Self {
        let networks = ["127.0.0.0/8", "::1"].iter().filter_map(|text| text.parse().ok());
        Self { users: Users::Everybody, networks: networks.collect(), ..Self::default() }
    }

    /// Whether nothing is outgoing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Why this mail is outgoing; `None` when it is incoming.
    #[must_use]
    pub fn find(&self, arrival: &Arrival<'_>) -> Option<Origin> {
        let listener = arrival.listener.filter(|listener| self.listeners.contains(*listener));
        if let Some(listener) = listener {
            return Some(Origin::Listener(listener.to_owned()));
        }
        for (name, values) in &self.macros {
            let value = (arrival.macros)(name).filter(|value| !value.is_empty());
            if let Some(value) = value.filter(|value| values.is_empty() || values.contains(value)) {
                return Some(Origin::Macro { name: name.clone(), value });
            }
        }
        let user = arrival.user.filter(|user| match &self.users {
            Users::Nobody => false,
            Users::Everybody => true,
            Users::Named(names) => names.contains(*user),
        });
        if let Some(user) = user {
            return Some(Origin::User(user.to_owned()));
        }
        let client = arrival.client?;
        self.networks.iter().find(|network| network.contains(client)).copied().map(Origin::Network)
    }
}

/// A macro's name as the protocol writes it is `{daemon_name}` or a single letter; here it stands without braces.
#[must_use]
pub fn macro_name(text: &str) -> Option<&str> {
    let name = match text.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}')?,
        None => text,
    };
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival<'a>(user: Option<&'a str>, macros: &'a dyn Fn(&str) -> Option<String>) -> Arrival<'a> {
        Arrival { listener: Some("inet:8895"), client: "192.0.2.7".parse().ok(), user, macros }
    }

    #[test]
    fn each_alone_is_enough_and_nothing_makes_nothing() {
        let named = |name: &str| (name == "daemon_name").then(|| "ORIGINATING".to_owned());
        let here = arrival(Some("taro"), &named);
        assert_eq!(Origins::default().find(&here), None);
        let listeners = Origins { listeners: ["inet:8895".to_owned()].into(), ..Origins::default() };
        assert_eq!(listeners.find(&here), Some(Origin::Listener("inet:8895".into())));
        assert_eq!(listeners.find(&Arrival { listener: Some("inet:8894"), ..here }), None);
        for (name, values, outgoing) in [
            ("daemon_name", vec!["submission".to_owned(), "ORIGINATING".to_owned()], true),
            ("daemon_name", vec![], true),
            ("daemon_name", vec!["originating".to_owned()], false),
            ("client_name", vec![], false),
        ] {
            let macros = [(name.to_owned(), values.into_iter().collect())].into();
            let found = Origins { macros, ..Origins::default() }.find(&here);
            let wanted = Origin::Macro { name: "daemon_name".into(), value: "ORIGINATING".into() };
            assert_eq!(found, outgoing.then_some(wanted));
        }
        let users = |users| Origins { users, ..Origins::default() };
        assert_eq!(users(Users::Everybody).find(&here), Some(Origin::User("taro".into())));
        assert_eq!(users(Users::Named(["taro".to_owned()].into())).find(&here), Some(Origin::User("taro".into())));
        assert_eq!(users(Users::Named(["hanako".to_owned()].into())).find(&here), None);
        assert_eq!(users(Users::Everybody).find(&Arrival { user: None, ..here }), None);
        let network: Network = "192.0.2.0/24".parse().unwrap();
        let networks = Origins { networks: vec![network], ..Origins::default() };
        assert_eq!(networks.find(&here), Some(Origin::Network(network)));
        assert_eq!(networks.find(&Arrival { client: None, ..here }), None);
    }

    #[test]
    fn what_is_usual() {
        let nothing = |_: &str| None;
        let usual = |client: &str, user| {
            let client = client.parse().ok();
            Origins::usual().find(&Arrival { listener: None, client, user, macros: &nothing }).is_some()
        };
        assert!(usual("127.0.0.1", None) && usual("::1", None) && usual("198.51.100.1", Some("taro")));
        assert!(!usual("198.51.100.1", None) && !usual("10.0.0.1", None));
        assert!(!Origins::usual().is_empty() && Origins::default().is_empty());
    }

    #[test]
    fn names_of_macros() {
        assert_eq!(macro_name("{daemon_name}"), Some("daemon_name"));
        assert_eq!(macro_name("daemon_name"), Some("daemon_name"));
        assert_eq!(macro_name("j"), Some("j"));
        for broken in ["", "{}", "{j", "j}", "a b", "例"] {
            assert_eq!(macro_name(broken), None, "{broken}");
        }
    }
}
