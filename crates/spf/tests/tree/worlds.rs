//! Small worlds of records that include each other, in which everything happens that can happen: loops, failures, names
//! without records, hosts of one family, records that are broken.

use lookup::Zone;
use proptest::prelude::*;

/// Names with records, and hosts.
pub(crate) const RECORD_COUNT: usize = 5;
const HOST_COUNT: usize = 5;

/// A zone file in which `r0.test` is the domain that is looked at.
pub(crate) fn world() -> impl Strategy<Value = String> {
    let records = proptest::collection::vec(record(), RECORD_COUNT);
    let hosts = proptest::collection::vec(host(), HOST_COUNT);
    (records, hosts).prop_map(|(records, hosts)| {
        let mut zone = String::from("$TTL 300\n");
        for (index, record) in records.into_iter().enumerate() {
            match record {
                Some(text) => zone.push_str(&format!("r{index}.test. TXT \"{text}\"\n")),
                None => zone.push_str(&format!("r{index}.test. TXT \"nothing of SPF\"\n")),
            }
            zone.push_str(&format!("r{index}.test. MX 10 h{index}.test.\n"));
            zone.push_str(&format!("r{index}.test. A 10.0.0.{}\n", 40 + index));
        }
        hosts
            .into_iter()
            .enumerate()
            .for_each(|(index, host)| zone.push_str(&host.replace('@', &format!("h{index}.test."))));
        zone
    })
}

/// The same without anything that is not known as a whole: every record sound, every host there, no loop.
pub(crate) fn sound_world() -> impl Strategy<Value = String> {
    let terms = |index: usize| proptest::collection::vec(sound_term(index), 1..7);
    let records: Vec<_> = (0..RECORD_COUNT).map(|index| (terms(index), all(), 0..4_u8)).collect();
    (records, proptest::collection::vec(addresses(), HOST_COUNT)).prop_map(|(records, hosts)| {
        let mut zone = String::from("$TTL 300\n");
        for (index, (terms, all, ending)) in records.into_iter().enumerate() {
            let mut text = format!("v=spf1 {}", terms.join(" "));
            match ending {
                // A redirect, to a record that does not lead back.
                0 if index + 1 < RECORD_COUNT => text.push_str(&format!(" redirect=r{}.test", index + 1)),
                1 => {}
                _ => text.push_str(&format!(" {all}")),
            }
            zone.push_str(&format!("r{index}.test. TXT \"{text}\"\n"));
            zone.push_str(&format!(
                "r{index}.test. MX 10 h{}.test.\nr{index}.test. MX 20 h0.test.\n",
                index % HOST_COUNT
            ));
            zone.push_str(&format!("r{index}.test. A 10.0.0.{}\n", 40 + index));
        }
        hosts
            .into_iter()
            .enumerate()
            .for_each(|(index, host)| zone.push_str(&host.replace('@', &format!("h{index}.test."))));
        zone
    })
}

/// A zone file whose lines may be indented: each names its owner.
pub(crate) fn parsed(zone: &str) -> Zone {
    let zone = &zone.lines().map(str::trim_start).collect::<Vec<_>>().join("\n");
    Zone::parse(zone).unwrap_or_else(|error| panic!("{error}\n{zone}"))
}

fn record() -> impl Strategy<Value = Option<String>> {
    let text = (proptest::collection::vec(term(), 0..8), all(), 0..8_u8, 0..RECORD_COUNT);
    let text = text.prop_map(|(terms, all, ending, target)| match ending {
        0 => format!("v=spf1 {} redirect=r{target}.test", terms.join(" ")),
        1 => format!("v=spf1 {}", terms.join(" ")),
        2 => format!("v=spf1 {} {all} ip4:10.0.0.1", terms.join(" ")),
        _ => format!("v=spf1 {} {all}", terms.join(" ")),
    });
    prop_oneof![14 => text.prop_map(Some), 1 => Just(None), 1 => Just(Some("v=spf1 bogus".to_owned()))]
}

fn qualifier() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just(""), 1 => Just("-"), 1 => Just("~"), 1 => Just("?")]
}

fn all() -> impl Strategy<Value = String> {
    qualifier().prop_map(|qualifier| if qualifier.is_empty() { "-all".to_owned() } else { format!("{qualifier}all") })
}

fn network() -> impl Strategy<Value = String> {
    let ip4 = (0..64_u8, 26..=32_u8).prop_map(|(last, bits)| format!("ip4:10.0.0.{last}/{bits}"));
    let ip6 = (0..64_u8, 122..=128_u8).prop_map(|(last, bits)| format!("ip6:2001:db8::{last:x}/{bits}"));
    prop_oneof![3 => ip4, 1 => ip6, 1 => Just("ip4:10.0.0.0/24".to_owned())]
}

fn term() -> impl Strategy<Value = String> {
    let name = || (0..RECORD_COUNT + 1).prop_map(|index| format!("r{index}.test"));
    let host = || (0..HOST_COUNT + 1).prop_map(|index| format!("h{index}.test"));
    let mechanism = prop_oneof![
        6 => network(),
        4 => name().prop_map(|name| format!("include:{name}")),
        2 => host().prop_map(|name| format!("a:{name}")),
        1 => (host(), 28..=32_u8, 124..=128_u8).prop_map(|(name, ip4, ip6)| format!("a:{name}/{ip4}//{ip6}")),
        1 => name().prop_map(|name| format!("mx:{name}")),
        1 => Just("mx/30".to_owned()),
        1 => Just("a".to_owned()),
        1 => host().prop_map(|name| format!("exists:{name}")),
        1 => Just("ptr".to_owned()),
        1 => Just("exists:%{i}.x.%{d}".to_owned()),
        1 => (0..RECORD_COUNT).prop_map(|index| format!("include:r{index}.%{{d1}}")),
        1 => Just("include:%{l}.test".to_owned()),
    ];
    (qualifier(), mechanism).prop_map(|(qualifier, mechanism)| format!("{qualifier}{mechanism}"))
}

/// A term of a record that leads to records of higher numbers only.
fn sound_term(index: usize) -> BoxedStrategy<String> {
    let host = (0..HOST_COUNT).prop_map(|index| format!("h{index}.test"));
    let plain = prop_oneof![
        8 => network(),
        1 => host.prop_map(|name| format!("a:{name}")),
        1 => Just("mx".to_owned()),
        1 => Just("a/29".to_owned()),
        1 => Just("exists:%{ir}.x.%{d}".to_owned()),
    ];
    let mechanism = if index + 1 < RECORD_COUNT {
        let include = (index + 1..RECORD_COUNT).prop_map(|index| format!("include:r{index}.test"));
        prop_oneof![3 => plain, 1 => include].boxed()
    } else {
        plain.boxed()
    };
    (qualifier(), mechanism).prop_map(|(qualifier, mechanism)| format!("{qualifier}{mechanism}")).boxed()
}

/// A host: with addresses, of one family, failing, or not there.
fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => addresses(),
        1 => Just(";! @ A servfail\n@ AAAA 2001:db8::7\n".to_owned()),
        1 => Just(";! @ AAAA timeout\n@ A 10.0.0.7\n".to_owned()),
        1 => Just(";! @ AAAA timeout\n".to_owned()),
        1 => Just(String::new()),
        1 => Just("@ TXT \"no address\"\n".to_owned()),
    ]
}

fn addresses() -> impl Strategy<Value = String> {
    let ip4 = proptest::collection::vec((0..64_u8).prop_map(|last| format!("@ A 10.0.0.{last}\n")), 0..3);
    let ip6 = proptest::collection::vec((0..64_u8).prop_map(|last| format!("@ AAAA 2001:db8::{last:x}\n")), 0..3);
    (ip4, ip6).prop_map(|(ip4, ip6)| {
        let all = ip4.concat() + &ip6.concat();
        if all.is_empty() { "@ A 10.0.0.63\n".to_owned() } else { all }
    })
}
