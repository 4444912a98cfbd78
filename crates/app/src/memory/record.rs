//! The records in the store of short-lived state: reputations by domain and by network, what is usual for an author
//! domain, and signatures that came more than once.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use policy::limits::REPUTATION_DAY_COUNT_MAX;
use policy::reputation::Counts;
use policy::{Network, Reputation};
use report::HotKey;

/// Of what a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Space {
    /// The reputation of an authenticated domain.
    Domain,
    /// The reputation of a client's network.
    Client,
    /// How often mail of an author domain passes DMARC: good is what passed, bad what failed.
    Usual,
    /// A signature that came more than once.
    Replay,
}

/// A signature that came more than once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Replay {
    /// In how many deliveries.
    pub(crate) count: u64,
    /// When it was first noted, seconds since 1970.
    pub(crate) first_s: u64,
    /// When it came last.
    pub(crate) last_s: u64,
    /// `d=` and `s=` with a blank between.
    pub(crate) signer: String,
}

impl Space {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Domain => "reputation",
            Self::Client => "client",
            Self::Usual => "usual",
            Self::Replay => "replay",
        }
    }

    /// The key of a domain, a network, a signature.
    pub(crate) fn key(self, of: &[u8]) -> Option<HotKey> {
        HotKey::new(self.name(), &[of])
    }
}

/// A reputation as it is kept: the version, and for each day the day and three counts.
pub(crate) fn encode(reputation: &Reputation) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    for (day, counts) in reputation.days() {
        [day, counts.good, counts.bad, counts.unknown].iter().for_each(|number| bytes.extend(number.to_be_bytes()));
    }
    bytes
}

/// The reputation of these bytes; `None` when they are none.
pub(crate) fn decode(bytes: &[u8]) -> Option<Reputation> {
    let (version, days) = bytes.split_first()?;
    let (days, rest) = days.as_chunks::<DAY_BYTES>();
    if *version != VERSION || !rest.is_empty() || days.len() > REPUTATION_DAY_COUNT_MAX {
        return None;
    }
    let mut reputation = Reputation::default();
    for day in days {
        let (numbers, _) = day.as_chunks::<8>();
        let [day, good, bad, unknown] = <[[u8; 8]; 4]>::try_from(numbers).ok()?.map(u64::from_be_bytes);
        reputation.add_day(day, Counts { good, bad, unknown });
    }
    Some(reputation)
}

/// When nothing of it is remembered any more, in milliseconds since 1970.
pub(crate) fn expires_ms(reputation: &Reputation) -> u64 {
    let newest = reputation.days().last().map_or(0, |(day, _)| day);
    newest.saturating_add(REPUTATION_DAY_COUNT_MAX as u64 + 1).saturating_mul(DAY_MS)
}

impl Replay {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        [self.count, self.first_s, self.last_s].iter().for_each(|number| bytes.extend(number.to_be_bytes()));
        bytes.extend(self.signer.bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (numbers, signer) = rest.split_first_chunk::<24>().filter(|_| *version == VERSION)?;
        let (numbers, _) = numbers.as_chunks::<8>();
        let [count, first_s, last_s] = <[[u8; 8]; 3]>::try_from(numbers).ok()?.map(u64::from_be_bytes);
        Some(Self { count, first_s, last_s, signer: String::from_utf8(signer.to_vec()).ok()? })
    }

    /// This and what was seen since.
    pub(crate) fn merged(&self, newer: &Self) -> Self {
        Self {
            count: self.count.saturating_add(newer.count),
            first_s: self.first_s.min(newer.first_s),
            last_s: self.last_s.max(newer.last_s),
            signer: newer.signer.clone(),
        }
    }

    /// When it is forgotten, in milliseconds since 1970.
    pub(crate) fn expires_ms(&self) -> u64 {
        self.last_s.saturating_add(REPLAY_KEPT_S).saturating_mul(1000)
    }
}

/// The network of a client, as far as one sender usually has it: /24 of IPv4, /64 of IPv6. `None` for addresses of this
/// machine and of its site.
pub(crate) fn network(ip: IpAddr) -> Option<Network> {
    match ip.to_canonical() {
        IpAddr::V4(ip) if ip.is_loopback() || ip.is_private() || ip.is_link_local() => None,
        IpAddr::V4(ip) => Network::new(Ipv4Addr::from_bits(ip.to_bits() & !0xff).into(), 24).ok(),
        IpAddr::V6(ip) if ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local() => None,
        IpAddr::V6(ip) => {
            let network = Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX));
            Network::new(network.into(), 64).ok()
        }
    }
}

/// How long a signature is remembered after it came last, in seconds.
pub(crate) const REPLAY_KEPT_S: u64 = 14 * 86_400;
const VERSION: u8 = 1;
const DAY_BYTES: usize = 32;
const DAY_MS: u64 = 86_400_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back() {
        let mut reputation = Reputation::default();
        for day in 0..REPUTATION_DAY_COUNT_MAX as u64 {
            reputation.add_day(20_000 + day, Counts { good: day, bad: 1, unknown: u64::MAX });
        }
        let bytes = encode(&reputation);
        assert_eq!(decode(&bytes), Some(reputation.clone()));
        assert!(bytes.len() <= report::limits::HOT_VALUE_BYTES_MAX);
        assert_eq!(decode(&encode(&Reputation::default())), Some(Reputation::default()));
        let last = 20_000 + REPUTATION_DAY_COUNT_MAX as u64 - 1;
        assert_eq!(expires_ms(&reputation), (last + REPUTATION_DAY_COUNT_MAX as u64 + 1) * DAY_MS);
        let replay = Replay { count: 3, first_s: 5, last_s: 9, signer: "example.jp s1".into() };
        assert_eq!(Replay::decode(&replay.encode()), Some(replay.clone()));
        let merged = replay.merged(&Replay { count: 2, first_s: 7, last_s: 8, signer: "example.jp s1".into() });
        assert_eq!((merged.count, merged.first_s, merged.last_s), (5, 5, 9));
    }

    #[test]
    fn other_bytes_are_no_records() {
        for bytes in [&b""[..], b"\x02", b"\x01short", &[1; 1 + 32 * (REPUTATION_DAY_COUNT_MAX + 1)]] {
            assert_eq!(decode(bytes), None);
        }
        for bytes in [&b""[..], b"\x01short", &[2; 25], &[&[1; 25][..], b"\xff"].concat()] {
            assert_eq!(Replay::decode(bytes), None);
        }
    }

    #[test]
    fn networks_of_clients() {
        for (ip, wanted) in [
            ("192.0.2.77", Some("192.0.2.0/24")),
            ("::ffff:192.0.2.77", Some("192.0.2.0/24")),
            ("2001:db8:1:2:3:4:5:6", Some("2001:db8:1:2::/64")),
            ("127.0.0.1", None),
            ("10.1.2.3", None),
            ("::1", None),
            ("fe80::1", None),
        ] {
            let found = network(ip.parse().unwrap()).map(|network| network.to_string());
            assert_eq!(found.as_deref(), wanted, "{ip}");
        }
    }
}
