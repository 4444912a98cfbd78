use super::*;
use proptest::prelude::*;

fn set(networks: &[&str]) -> AddressSet {
    let mut set = AddressSet::new();
    for network in networks {
        let (address, bits) = network.split_once('/').unwrap_or((network, "255"));
        set.insert(address.parse().unwrap(), bits.parse().unwrap());
    }
    set
}

fn shown(set: &AddressSet) -> String {
    set.prefixes().map(|prefix| prefix.to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn neighbours_grow_together() {
    let halves = set(&["192.0.2.0/25", "192.0.2.128/25", "2001:db8::/33", "2001:db8:8000::/33"]);
    assert_eq!(halves, set(&["192.0.2.0/24", "2001:db8::/32"]));
    assert_eq!(shown(&halves), "192.0.2.0/24 2001:db8::/32");
    assert_eq!(shown(&set(&["192.0.2.1", "192.0.2.2", "192.0.2.3"])), "192.0.2.1 192.0.2.2/31");
    assert_eq!(shown(&set(&["255.255.255.255", "0.0.0.0"])), "0.0.0.0 255.255.255.255");
    assert_eq!(set(&["0.0.0.0/1", "128.0.0.0/1", "::/0"]), AddressSet::everyone());
}

#[test]
fn the_smallest_prefix_around() {
    let around = |networks: &[&str]| set(networks).enclosing().map(|prefix| prefix.to_string());
    assert_eq!(around(&["192.0.2.1"]).as_deref(), Some("192.0.2.1"));
    assert_eq!(around(&["192.0.2.1", "192.0.2.2"]).as_deref(), Some("192.0.2.0/30"));
    assert_eq!(around(&["0.0.0.0", "255.255.255.255"]).as_deref(), Some("0.0.0.0/0"));
    assert_eq!(around(&["2001:db8::1", "2001:db8::3"]).as_deref(), Some("2001:db8::/126"));
    assert_eq!(around(&["192.0.2.1", "::1"]), None);
    assert_eq!(around(&[]), None);
}

#[test]
fn counts_are_exact() {
    let all = AddressSet::everyone();
    assert_eq!(all.count_ip4(), 1 << 32);
    assert_eq!(all.count_ip6().to_string(), "340282366920938463463374607431768211456");
    assert_eq!(all.count_ip6().number(), None);
    let less = all.difference(&set(&["::", "10.0.0.0/8"]));
    assert_eq!(less.count_ip6(), Count::from(u128::MAX));
    assert!(less.count_ip6() < all.count_ip6());
    assert_eq!(less.count_ip4(), (1 << 32) - (1 << 24));
    assert!(AddressSet::new().count_ip6().is_zero() && AddressSet::new().is_empty());
}

#[test]
fn a_mapped_address_is_the_one_it_holds() {
    let v4 = set(&["192.0.2.0/24"]);
    assert!(v4.contains("::ffff:192.0.2.7".parse().unwrap()));
    assert!(!set(&["::/0"]).contains("::ffff:192.0.2.7".parse().unwrap()));
}

#[test]
fn differences_leave_the_edges() {
    let rest = set(&["10.0.0.0/8"]).difference(&set(&["10.1.0.0/16"]));
    assert_eq!(rest.count_ip4(), (1 << 24) - (1 << 16));
    assert_eq!(rest.prefixes().count(), 8);
    assert_eq!(rest.union(&set(&["10.1.0.0/16"])), set(&["10.0.0.0/8"]));
    assert!(set(&["10.0.0.0/8"]).is_superset(&rest) && !rest.is_superset(&set(&["10.0.0.0/8"])));
}

#[test]
fn special_networks_are_known() {
    assert_eq!(Special::in_set(&set(&["192.0.2.1", "10.2.0.0/16"])), [Special::Private, Special::Documentation]);
    assert_eq!(Special::in_set(&set(&["8.8.8.0/24", "2400::/12"])), []);
    assert_eq!(Special::in_set(&AddressSet::everyone()).len(), 9);
}

/// Numbers where small sets meet often, and the ends of the space.
fn networks() -> impl Strategy<Value = Vec<(IpAddr, u8)>> {
    let ip4 = (prop_oneof![0_u32..64, (u32::MAX - 63)..=u32::MAX], 24_u8..=32)
        .prop_map(|(bits, length)| (IpAddr::V4(Ipv4Addr::from_bits(bits)), length));
    let ip6 = (prop_oneof![0_u128..64, (u128::MAX - 63)..=u128::MAX], prop_oneof![0_u8..2, 120_u8..=128])
        .prop_map(|(bits, length)| (IpAddr::V6(Ipv6Addr::from_bits(bits)), length));
    proptest::collection::vec(prop_oneof![ip4, ip6], 0..24)
}

fn of(networks: &[(IpAddr, u8)]) -> AddressSet {
    let mut set = AddressSet::new();
    networks.iter().for_each(|(address, bits)| set.insert(*address, *bits));
    set
}

/// What a set is, without any of its arithmetic.
fn holds(networks: &[(IpAddr, u8)], address: IpAddr) -> bool {
    networks.iter().any(|(network, bits)| match (network, address) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            let tail = 32 - u32::from(*bits);
            (u64::from(one.to_bits()) >> tail) == (u64::from(other.to_bits()) >> tail)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            *bits == 0 || (one.to_bits() >> (128 - u32::from(*bits))) == (other.to_bits() >> (128 - u32::from(*bits)))
        }
        _ => false,
    })
}

proptest! {
    #[test]
    fn sets_are_what_their_networks_say(one in networks(), other in networks()) {
        let (a, b) = (of(&one), of(&other));
        let (both, either, rest) = (a.intersection(&b), a.union(&b), a.difference(&b));
        let outside = a.complement();
        let all: Vec<(IpAddr, u8)> = one.iter().chain(&other).copied().collect();
        prop_assert_eq!(&either, &of(&all));
        prop_assert_eq!(&a.prefixes().collect::<AddressSet>(), &a);
        prop_assert_eq!(a.overlaps(&b), !both.is_empty());
        for address in a.boundaries().chain(b.boundaries()) {
            if address.to_canonical() != address {
                continue;
            }
            let (in_one, in_other) = (holds(&one, address), holds(&other, address));
            prop_assert_eq!(a.contains(address), in_one);
            prop_assert_eq!(both.contains(address), in_one && in_other);
            prop_assert_eq!(either.contains(address), in_one || in_other);
            prop_assert_eq!(rest.contains(address), in_one && !in_other);
            prop_assert_eq!(outside.contains(address), !in_one);
        }
        prop_assert_eq!(u128::from(a.count_ip4()) + u128::from(outside.count_ip4()), 1 << 32);
    }
}
