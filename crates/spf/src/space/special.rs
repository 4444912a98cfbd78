//! Addresses that nobody on the Internet sends from: the registries of RFC 6890, as far as they are not globally reachable,
//! and multicast.

use std::net::IpAddr;
use std::sync::OnceLock;

use super::AddressSet;

/// Why nobody sends from an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Special {
    /// This host on this network, or the unspecified address.
    ThisNetwork,
    /// For private use (RFC 1918, RFC 4193).
    Private,
    /// Behind a carrier's address translation (RFC 6598).
    CarrierNat,
    /// Loopback.
    Loopback,
    /// Link-local.
    LinkLocal,
    /// For documentation (RFC 5737, RFC 3849, RFC 9637).
    Documentation,
    /// For benchmarks (RFC 2544, RFC 5180).
    Benchmarking,
    /// Multicast.
    Multicast,
    /// Of protocols, or reserved.
    Reserved,
}

impl Special {
    /// A table: what is special, and where. IPv4-mapped IPv6 addresses are not in it, since they are IPv4.
    const TABLE: [(Self, &'static str, u8); 25] = [
        (Self::ThisNetwork, "0.0.0.0", 8),
        (Self::ThisNetwork, "::", 128),
        (Self::Private, "10.0.0.0", 8),
        (Self::Private, "172.16.0.0", 12),
        (Self::Private, "192.168.0.0", 16),
        (Self::Private, "fc00::", 7),
        (Self::CarrierNat, "100.64.0.0", 10),
        (Self::Loopback, "127.0.0.0", 8),
        (Self::Loopback, "::1", 128),
        (Self::LinkLocal, "169.254.0.0", 16),
        (Self::LinkLocal, "fe80::", 10),
        (Self::Documentation, "192.0.2.0", 24),
        (Self::Documentation, "198.51.100.0", 24),
        (Self::Documentation, "203.0.113.0", 24),
        (Self::Documentation, "2001:db8::", 32),
        (Self::Documentation, "3fff::", 20),
        (Self::Benchmarking, "198.18.0.0", 15),
        (Self::Benchmarking, "2001:2::", 48),
        (Self::Multicast, "224.0.0.0", 4),
        (Self::Multicast, "ff00::", 8),
        (Self::Reserved, "192.0.0.0", 24),
        (Self::Reserved, "240.0.0.0", 4),
        (Self::Reserved, "100::", 64),
        (Self::Reserved, "64:ff9b:1::", 48),
        (Self::Reserved, "2001:10::", 28),
    ];

    /// The word for it, stable: `private`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ThisNetwork => "this-network",
            Self::Private => "private",
            Self::CarrierNat => "carrier-nat",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::Documentation => "documentation",
            Self::Benchmarking => "benchmarking",
            Self::Multicast => "multicast",
            Self::Reserved => "reserved",
        }
    }

    /// What of the set lies in special networks, in the order of the table, once each. A set that holds nearly everything
    /// holds all of them; whoever reports that has said enough with it.
    #[must_use]
    pub fn in_set(set: &AddressSet) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for (special, network) in networks() {
            if !found.contains(special) && set.overlaps(network) {
                found.push(*special);
            }
        }
        found
    }
}

/// The table, read once: an audit asks for each term of each record.
fn networks() -> &'static [(Special, AddressSet)] {
    static NETWORKS: OnceLock<Vec<(Special, AddressSet)>> = OnceLock::new();
    NETWORKS.get_or_init(|| {
        let read = |(special, address, bits): (Special, &str, u8)| {
            Some((special, AddressSet::of_prefix(address.parse::<IpAddr>().ok()?, bits)))
        };
        Special::TABLE.into_iter().filter_map(read).collect()
    })
}
