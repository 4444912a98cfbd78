//! Whom a receiver trusts, or does not: networks, domains, forwarders. Plain lists, looked up in the time of one name.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use mailtext::Domain;

/// Addresses that share their leading bits: `192.0.2.0/24`, `2001:db8::/32`. A single address has all bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// Why a text is no network.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum NetworkError {
    /// What stands before the slash is no address.
    #[error("not an IP address")]
    Address,
    /// What stands behind the slash is no prefix length of the family.
    #[error("not a prefix length")]
    PrefixLength,
    /// Bits behind the prefix are set, so that another network may be meant.
    #[error("bits are set behind the prefix")]
    HostBits,
}

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

impl Network {
    /// A network.
    ///
    /// # Errors
    /// When there are not so many bits, or some behind them are set.
    pub fn new(address: IpAddr, bits: u8) -> Result<Self, NetworkError> {
        let (value, width) = bits_of(address);
        if u32::from(bits) > width {
            return Err(NetworkError::PrefixLength);
        }
        if masked(value, width, bits) != value {
            return Err(NetworkError::HostBits);
        }
        Ok(Self { address, bits })
    }

    /// Whether the address lies in it. An IPv4-mapped address is the IPv4 address that it holds.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let ((own, width), (other, other_width)) = (bits_of(self.address), bits_of(address));
        width == other_width && masked(other, width, self.bits) == own
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NetworkError::Address)?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => whole,
            // `str::parse` takes a plus sign too.
            Some(bits) if !bits.bytes().all(|byte| byte.is_ascii_digit()) => return Err(NetworkError::PrefixLength),
            Some(bits) => bits.parse().map_err(|_| NetworkError::PrefixLength)?,
        };
        Self::new(address, bits)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.bits)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
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

fn bits_of(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    }
}

fn masked(value: u128, width: u32, bits: u8) -> u128 {
    let behind = width.saturating_sub(u32::from(bits));
    // A shift by all bits is none that Rust knows.
    let mask = u128::MAX.checked_shl(behind).unwrap_or(0);
    value & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        let holds =
            |network: &str, address: &str| network.parse::<Network>().unwrap().contains(address.parse().unwrap());
        assert!(holds("192.0.2.0/24", "192.0.2.255") && !holds("192.0.2.0/24", "192.0.3.0"));
        assert!(holds("192.0.2.1", "192.0.2.1") && !holds("192.0.2.1", "192.0.2.2"));
        assert!(holds("0.0.0.0/0", "255.1.2.3") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("::/0", "2001:db8::1") && !holds("::/0", "192.0.2.1"));
        assert!(holds("192.0.2.0/24", "::ffff:192.0.2.7"));
        assert!(holds("2001:db8::/33", "2001:db8:7fff::1") && !holds("2001:db8::/33", "2001:db8:8000::1"));
        for (text, error) in [
            ("", NetworkError::Address),
            ("example.jp", NetworkError::Address),
            ("192.0.2.0/", NetworkError::PrefixLength),
            ("192.0.2.0/33", NetworkError::PrefixLength),
            ("192.0.2.0/+4", NetworkError::PrefixLength),
            ("::/129", NetworkError::PrefixLength),
            ("192.0.2.1/24", NetworkError::HostBits),
            ("2001:db8::1/127", NetworkError::HostBits),
        ] {
            assert_eq!(text.parse::<Network>(), Err(error), "{text}");
        }
        assert_eq!("::/128".parse::<Network>().unwrap().to_string(), "::/128");
    }

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
