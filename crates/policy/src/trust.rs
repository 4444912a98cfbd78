//! Whom a receiver trusts, or does not: networks, domains, forwarders. Plain lists, looked up in the time of one name.

use std::collections::BTreeSet;
use std::net::IpAddr;

use mailtext::Domain;
pub use mailtext::network::{Network, NetworkError};

/// Domain names, each alone or with all below it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Domains {
    exact: BTreeSet<Domain>,
    /// With all names below.
    within: BTreeSet<Domain>,
}

/// Forwarders whose mail fails to authenticate without any guilt.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Forwarders {
    /// By the client's address.
    pub networks: Vec<Network>,
    /// By the name that the client's address has, confirmed by its forward lookup (`iprev=pass`).
    pub names: Domains,
    /// By the domain that the forwarder authenticates: a signature of its own, or SPF of its reverse-path or HELO.
    pub domains: Domains,
}

impl Domains {
    /// Adds this name alone.
    pub fn insert(&mut self, domain: Domain) {
        self.exact.insert(domain);
    }

    /// Adds this name and all below it: `jp` for everything domestic.
    pub fn insert_with_subdomains(&mut self, domain: Domain) {
        self.within.insert(domain);
    }

    /// Whether nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.within.is_empty()
    }

    /// Whether the name is here.
    #[must_use]
    pub fn contains(&self, domain: &Domain) -> bool {
        self.exact.contains(domain) || self.entry_above(domain).is_some()
    }

    /// The longest name here that is `domain` or above it, from those that were added with all below them.
    #[must_use]
    pub fn entry_above(&self, domain: &Domain) -> Option<&Domain> {
        if self.within.is_empty() {
            return None;
        }
        (1..=domain.label_count()).rev().find_map(|count| self.within.get(&domain.rightmost(count)))
    }
}

/// Names as configurations write them: `example.jp` alone, `.example.jp` with all below it.
impl Extend<(Domain, Reach)> for Domains {
    fn extend<I: IntoIterator<Item = (Domain, Reach)>>(&mut self, entries: I) {
        for (domain, reach) in entries {
            match reach {
                Reach::Alone => self.insert(domain),
                Reach::WithSubdomains => self.insert_with_subdomains(domain),
            }
        }
    }
}

/// How far a name of a list reaches.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Reach {
    /// The name alone.
    #[default]
    Alone,
    /// The name and all below it.
    WithSubdomains,
}

impl Domains {
    /// Reads one entry of a configuration: `example.jp` alone, `.example.jp` with all names below.
    ///
    /// # Errors
    /// When it is no domain name.
    pub fn read(text: &str) -> Result<(Domain, Reach), mailtext::DomainError> {
        match text.strip_prefix('.') {
            Some(rest) => Ok((Domain::parse(rest)?, Reach::WithSubdomains)),
            None => Ok((Domain::parse(text)?, Reach::Alone)),
        }
    }
}

/// The network of a list that holds the address.
#[must_use]
pub fn network_of(networks: &[Network], address: Option<IpAddr>) -> Option<Network> {
    let address = address?;
    networks.iter().copied().find(|network| network.contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_alone_and_with_all_below() {
        let mut domains = Domains::default();
        domains.extend(["example.jp", ".go.jp", ".or.jp", ".list.or.jp"].map(|text| Domains::read(text).unwrap()));
        let name = |text: &str| Domain::parse(text).unwrap();
        for (text, there) in [
            ("example.jp", true),
            ("a.example.jp", false),
            ("go.jp", true),
            ("a.b.go.jp", true),
            ("ago.jp", false),
            ("jp", false),
        ] {
            assert_eq!(domains.contains(&name(text)), there, "{text}");
        }
        assert_eq!(domains.entry_above(&name("a.list.or.jp")), Some(&name("list.or.jp")));
        assert!(Domains::read(".").is_err() && Domains::read("..jp").is_err());
    }
}
