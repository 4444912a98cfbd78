//! Which addresses a stranger may make us connect to: whoever publishes a record chooses the URL, and whoever owns the
//! name chooses its address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Into the Internet.
    Public,
    /// Into this host or this network, or nowhere outside of an example: private, unique local, shared (CGNAT),
    /// loopback, documentation, benchmarking.
    Private,
    /// To nothing that serves documents: unspecified, link-local (where clouds keep their credentials), multicast,
    /// reserved, and addresses that hide another one (IPv4-mapped, 6to4, Teredo).
    Unusable,
}

/// The scope of an address (RFC 6890 and IANA's registries of special-purpose addresses).
#[must_use]
pub fn scope(address: IpAddr) -> Scope {
    match address {
        IpAddr::V4(address) => scope_v4(address),
        IpAddr::V6(address) => scope_v6(address),
    }
}

fn scope_v4(address: Ipv4Addr) -> Scope {
    let holds = |(network, length, _): &&(Ipv4Addr, u32, Scope)| {
        (network.to_bits() ^ address.to_bits()).leading_zeros() >= *length
    };
    // RFC 6890 §2.2.2: the registry of special-purpose IPv4 addresses.
    SPECIAL_V4.iter().find(holds).map_or(Scope::Public, |(_, _, scope)| *scope)
}

fn scope_v6(address: Ipv6Addr) -> Scope {
    // RFC 6052 §2.1: an IPv4 address in the last 32 bits of the well-known prefix. Networks of IPv6 alone reach IPv4 hosts
    // so; RFC 6052 §3.1: the prefix does not represent addresses that are not global.
    if let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = address.segments() {
        return match scope_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))) {
            Scope::Public => Scope::Public,
            _ => Scope::Unusable,
        };
    }
    let holds = |(network, length, _): &&(Ipv6Addr, u32, Scope)| {
        (network.to_bits() ^ address.to_bits()).leading_zeros() >= *length
    };
    // RFC 6890 §2.2.3: the registry of special-purpose IPv6 addresses. What no row holds has never been assigned.
    SPECIAL_V6.iter().find(holds).map_or(Scope::Unusable, |(_, _, scope)| *scope)
}

/// First match counts; what is in none is public.
const SPECIAL_V4: &[(Ipv4Addr, u32, Scope)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, Scope::Unusable),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Scope::Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Scope::Private),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Scope::Private),
    (Ipv4Addr::new(169, 254, 0, 0), 16, Scope::Unusable),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Scope::Private),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Scope::Unusable),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Scope::Private),
    // The relays of 6to4 (RFC 7526).
    (Ipv4Addr::new(192, 88, 99, 0), 24, Scope::Unusable),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Scope::Private),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Scope::Private),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Scope::Private),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Scope::Private),
    // Multicast, reserved, broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 3, Scope::Unusable),
];

/// First match counts; what is in none is unusable.
const SPECIAL_V6: &[(Ipv6Addr, u32, Scope)] = &[
    (Ipv6Addr::LOCALHOST, 128, Scope::Private),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Scope::Private),
    // Protocols of the IETF: Teredo, ORCHID and others.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Scope::Unusable),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, Scope::Private),
    // 6to4.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, Scope::Unusable),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Scope::Private),
    // Global unicast, as far as it is assigned (RFC 4291 §2.5.4).
    (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3, Scope::Public),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_where_they_lead() {
        for (want, addresses) in [
            (
                Scope::Public,
                &[
                    "1.1.1.1",
                    "9.255.255.255",
                    "11.0.0.0",
                    "100.63.255.255",
                    "100.128.0.0",
                    "126.255.255.255",
                    "128.0.0.0",
                    "169.253.255.255",
                    "169.255.0.0",
                    "172.15.255.255",
                    "172.32.0.0",
                    "192.0.1.0",
                    "192.0.3.0",
                    "192.167.255.255",
                    "192.169.0.0",
                    "198.17.255.255",
                    "198.20.0.0",
                    "198.51.99.255",
                    "198.51.101.0",
                    "203.0.112.255",
                    "203.0.114.0",
                    "223.255.255.255",
                    "2001:200::1",
                    "2606:4700::1111",
                    "2001:db7::1",
                    "2001:db9::1",
                    "2003::1",
                    "3ffe:ffff::1",
                    "3fff:1000::1",
                    "64:ff9b::1.1.1.1",
                    "2a00::",
                ][..],
            ),
            (
                Scope::Private,
                &[
                    "10.0.0.0",
                    "10.255.255.255",
                    "100.64.0.0",
                    "100.127.255.255",
                    "127.0.0.1",
                    "127.255.255.255",
                    "172.16.0.0",
                    "172.31.255.255",
                    "192.0.2.1",
                    "192.168.0.0",
                    "192.168.255.255",
                    "198.18.0.0",
                    "198.19.255.255",
                    "198.51.100.7",
                    "203.0.113.255",
                    "::1",
                    "fc00::",
                    "fd12:3456::1",
                    "fdff::",
                    "2001:db8::1",
                    "3fff::1",
                    "3fff:fff::1",
                ][..],
            ),
            (
                Scope::Unusable,
                &[
                    "0.0.0.0",
                    "0.255.255.255",
                    "169.254.169.254",
                    "169.254.0.0",
                    "192.0.0.8",
                    "192.0.0.170",
                    "192.88.99.1",
                    "224.0.0.1",
                    "239.255.255.255",
                    "240.0.0.1",
                    "255.255.255.255",
                    "::",
                    "::2",
                    "::127.0.0.1",
                    "::ffff:127.0.0.1",
                    "::ffff:1.1.1.1",
                    "::ffff:10.0.0.1",
                    "64:ff9b::127.0.0.1",
                    "64:ff9b::10.0.0.1",
                    "64:ff9b::169.254.169.254",
                    "64:ff9b:1::1",
                    "64:ff9b::1:1.1.1.1",
                    "100::1",
                    "2001::1",
                    "2001:0:4136:e378::",
                    "2001:2::1",
                    "2001:10::1",
                    "2001:20::1",
                    "2001:1ff::1",
                    "2002:7f00:1::",
                    "2002:a00:1::1",
                    "2002:101:101::1",
                    "4000::1",
                    "5f00::1",
                    "fe80::1",
                    "febf::1",
                    "fec0::1",
                    "ff02::1",
                    "ffff::",
                ][..],
            ),
        ] {
            for address in addresses {
                assert_eq!(scope(address.parse().unwrap()), want, "{address}");
            }
        }
    }
}
