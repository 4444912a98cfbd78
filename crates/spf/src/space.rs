//! Sets of addresses: what a record opens, counted exactly and compared exactly.
//!
//! A set holds addresses of both families as ranges that neither touch nor overlap, so that two sets are equal when, and
//! only when, they hold the same addresses. IPv4-mapped addresses belong to IPv4, as RFC 7208 §5 has it: a question for
//! one is answered by the IPv4 part, and the part of IPv6 where they lie is never asked about.

mod ranges;
mod special;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(crate) use ranges::{Bits, Ranges};
pub use special::Special;

use crate::record::DualCidr;

/// A set of addresses.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct AddressSet {
    pub(crate) ip4: Ranges<u32>,
    pub(crate) ip6: Ranges<u128>,
}

/// Addresses that share their leading bits. Bits behind the prefix are zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    address: IpAddr,
    bits: u8,
}

/// How many addresses: 0 to 2^128. It prints as a decimal number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Count {
    /// Whether it is 2^128, which no machine number holds; first, so that it compares as the greatest.
    is_all: bool,
    number: u128,
}

impl AddressSet {
    /// No address.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every address of both families.
    #[must_use]
    pub fn everyone() -> Self {
        Self { ip4: Ranges::full(), ip6: Ranges::full() }
    }

    /// The addresses that share so many leading bits with `address`; bits behind them are ignored, and more bits than
    /// there are mean all.
    #[must_use]
    pub fn of_prefix(address: IpAddr, bits: u8) -> Self {
        let mut set = Self::new();
        set.insert(address, bits);
        set
    }

    /// Takes in a network.
    pub fn insert(&mut self, address: IpAddr, bits: u8) {
        match address {
            IpAddr::V4(v4) => self.ip4.insert_prefix(v4.to_bits(), bits),
            IpAddr::V6(v6) => self.ip6.insert_prefix(v6.to_bits(), bits),
        }
    }

    /// Takes in an address, as `a` and `mx` widen it.
    pub(crate) fn insert_host(&mut self, address: IpAddr, cidr: DualCidr) {
        self.insert(address, if address.is_ipv4() { cidr.ip4_bits } else { cidr.ip6_bits });
    }

    /// Whether the address is in the set. An IPv4-mapped address is the IPv4 address that it holds.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(v4) => self.ip4.contains(v4.to_bits()),
            IpAddr::V6(v6) => self.ip6.contains(v6.to_bits()),
        }
    }

    /// Whether there is no address.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ip4.is_empty() && self.ip6.is_empty()
    }

    /// Whether it is every address of both families.
    #[must_use]
    pub fn is_everyone(&self) -> bool {
        self.ip4.is_full() && self.ip6.is_full()
    }

    /// Whether it is every address of IPv4.
    #[must_use]
    pub fn is_all_ip4(&self) -> bool {
        self.ip4.is_full()
    }

    /// Whether it is every address of IPv6.
    #[must_use]
    pub fn is_all_ip6(&self) -> bool {
        self.ip6.is_full()
    }

    /// Whether every address of `other` is in this set.
    #[must_use]
    pub fn is_superset(&self, other: &Self) -> bool {
        other.ip4.minus(&self.ip4).is_empty() && other.ip6.minus(&self.ip6).is_empty()
    }

    /// Whether the sets have an address in common.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.ip4.overlaps(&other.ip4) || self.ip6.overlaps(&other.ip6)
    }

    /// What is in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut all = self.clone();
        all.extend(other);
        all
    }

    /// Takes in what is in the other set.
    pub fn extend(&mut self, other: &Self) {
        self.ip4.extend(&other.ip4);
        self.ip6.extend(&other.ip6);
    }

    /// What is in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self { ip4: self.ip4.and(&other.ip4), ip6: self.ip6.and(&other.ip6) }
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self { ip4: self.ip4.minus(&other.ip4), ip6: self.ip6.minus(&other.ip6) }
    }

    /// What is not in this set.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self { ip4: self.ip4.complement(), ip6: self.ip6.complement() }
    }

    /// How many addresses of IPv4: at most 2^32.
    #[must_use]
    pub fn count_ip4(&self) -> u64 {
        self.ip4.iter().map(|(first, last)| u64::from(last - first) + 1).sum()
    }

    /// How many addresses of IPv6.
    #[must_use]
    pub fn count_ip6(&self) -> Count {
        if self.ip6.is_full() {
            return Count { is_all: true, number: 0 };
        }
        // Ranges that neither overlap nor fill the whole sum up to less than 2^128.
        Count::from(self.ip6.iter().fold(0_u128, |sum, (first, last)| sum.wrapping_add(last - first + 1)))
    }

    /// The fewest prefixes that hold exactly these addresses, IPv4 first, each family in order.
    pub fn prefixes(&self) -> impl Iterator<Item = Prefix> {
        let ip4 = self.ip4.prefixes().map(|(bits, length)| Prefix::new(IpAddr::V4(Ipv4Addr::from_bits(bits)), length));
        ip4.chain(self.ip6.prefixes().map(|(bits, length)| Prefix::new(IpAddr::V6(Ipv6Addr::from_bits(bits)), length)))
    }

    /// The smallest prefix that holds the whole set; `None` when it is empty, or holds addresses of both families.
    #[must_use]
    pub fn enclosing(&self) -> Option<Prefix> {
        match (self.ip4.bounds(), self.ip6.bounds()) {
            (Some((first, last)), None) => {
                let bits = u8::try_from((first ^ last).leading_zeros()).ok()?;
                let address = Ipv4Addr::from_bits(first.without_tail(32 - bits));
                Some(Prefix::new(IpAddr::V4(address), bits))
            }
            (None, Some((first, last))) => {
                let bits = u8::try_from((first ^ last).leading_zeros()).ok()?;
                let address = Ipv6Addr::from_bits(first.without_tail(128 - bits));
                Some(Prefix::new(IpAddr::V6(address), bits))
            }
            _ => None,
        }
    }

    /// The addresses at the edges of each range, and those just outside: where two sets that are nearly the same differ.
    pub fn boundaries(&self) -> impl Iterator<Item = IpAddr> {
        let ip4 = self.ip4.boundaries().map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)));
        ip4.chain(self.ip6.boundaries().map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))))
    }

    /// How many ranges it takes, of both families.
    #[must_use]
    pub fn range_count(&self) -> usize {
        self.ip4.len() + self.ip6.len()
    }
}

impl FromIterator<Prefix> for AddressSet {
    fn from_iter<I: IntoIterator<Item = Prefix>>(prefixes: I) -> Self {
        let mut set = Self::new();
        for prefix in prefixes {
            set.insert(prefix.address, prefix.bits);
        }
        set
    }
}

impl fmt::Debug for AddressSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.prefixes().take(SHOWN_PREFIX_COUNT_MAX)).finish()
    }
}

impl Prefix {
    fn new(address: IpAddr, bits: u8) -> Self {
        Self { address, bits }
    }

    /// The first address.
    #[must_use]
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// Its length in bits: 0 to 32, or 0 to 128.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.bits
    }

    /// Whether it is a single address.
    #[must_use]
    pub fn is_host(self) -> bool {
        self.bits == if self.address.is_ipv4() { 32 } else { 128 }
    }
}

impl fmt::Display for Prefix {
    /// As records write it: without length when it is one address.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.address)?;
        if self.is_host() { Ok(()) } else { write!(formatter, "/{}", self.bits) }
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Count {
    /// The number; `None` for 2^128.
    #[must_use]
    pub fn number(self) -> Option<u128> {
        (!self.is_all).then_some(self.number)
    }

    /// Whether it is none.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }
}

impl From<u128> for Count {
    fn from(number: u128) -> Self {
        Self { is_all: false, number }
    }
}

impl std::ops::Add for Count {
    type Output = Self;

    /// The sum; all addresses when it is as many or more.
    fn add(self, other: Self) -> Self {
        match (self.number(), other.number()) {
            (Some(one), Some(other)) => one.checked_add(other).map_or(Self { is_all: true, number: 0 }, Self::from),
            _ => Self { is_all: true, number: 0 },
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number() {
            Some(number) => fmt::Display::fmt(&number, formatter),
            None => formatter.pad(TWO_TO_THE_128),
        }
    }
}

impl fmt::Debug for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

const TWO_TO_THE_128: &str = "340282366920938463463374607431768211456";
/// Most prefixes that are shown of a set when it is printed for those who debug.
const SHOWN_PREFIX_COUNT_MAX: usize = 32;

#[cfg(test)]
#[path = "space/tests.rs"]
mod tests;
