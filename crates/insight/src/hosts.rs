//! What is known of addresses: names and networks, found beside the reading of reports.

use std::net::IpAddr;

use feedback::archive::Host;

/// What is known of addresses, to be asked for one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hosts {
    /// By address; the newest of each.
    hosts: Vec<Host>,
}

impl Hosts {
    /// From what a store keeps. Of several of one address the newest counts.
    #[must_use]
    pub fn new(mut hosts: Vec<Host>) -> Self {
        for host in &mut hosts {
            host.address = host.address.to_canonical();
            if let Some(name) = &mut host.name {
                name.make_ascii_lowercase();
                if let Some(without) = name.strip_suffix('.') {
                    *name = without.into();
                }
            }
            host.name = host.name.take().filter(|name| !name.is_empty());
        }
        hosts.sort_by(|a, b| a.address.cmp(&b.address).then(b.at_s.cmp(&a.at_s)));
        hosts.dedup_by_key(|host| host.address);
        Self { hosts }
    }

    /// What is known of an address.
    #[must_use]
    pub fn get(&self, address: IpAddr) -> Option<&Host> {
        let address = address.to_canonical();
        let at = self.hosts.binary_search_by(|host| host.address.cmp(&address)).ok()?;
        self.hosts.get(at)
    }
}

/// The group of addresses that one belongs to when nothing else is known: its `/24`, or its `/48`.
#[must_use]
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            let start = std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0);
            format!("{start}/48")
        }
    }
}

/// Whether a host's name says no more than its address, or that it is somebody's line: what no mail server should have.
#[must_use]
pub fn is_generic(name: &str, address: IpAddr) -> bool {
    let lines = name.split(['.', '-', '_']);
    let is_line = |label: &str| {
        let word = label.trim_end_matches(|letter: char| letter.is_ascii_digit());
        LINE_WORDS.contains(&word)
    };
    lines.into_iter().any(is_line) || holds_address(name, address)
}

/// Words of names that providers give to lines and rented machines.
const LINE_WORDS: [&str; 22] = [
    "dyn",
    "dynamic",
    "dhcp",
    "pool",
    "ppp",
    "pppoe",
    "dsl",
    "adsl",
    "vdsl",
    "cable",
    "broadband",
    "dialup",
    "ftth",
    "flets",
    "mobile",
    "wireless",
    "cust",
    "customer",
    "client",
    "user",
    "nat",
    "unassigned",
];

/// Whether the numbers of an IPv4 address stand in a name, forwards or backwards.
fn holds_address(name: &str, address: IpAddr) -> bool {
    let IpAddr::V4(v4) = address.to_canonical() else { return false };
    let octets = v4.octets();
    let (mut forwards, mut backwards) = (0_usize, 0_usize);
    for number in name.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty()) {
        let octet = number.parse::<u8>().ok();
        let step = |at: usize, expected: Option<&u8>, first: Option<&u8>| match octet {
            Some(octet) if Some(&octet) == expected => at + 1,
            Some(octet) if Some(&octet) == first => 1,
            _ => 0,
        };
        forwards = step(forwards, octets.get(forwards), octets.first());
        backwards = step(backwards, octets.get(3_usize.wrapping_sub(backwards)), octets.last());
        if forwards == 4 || backwards == 4 {
            return true;
        }
    }
    false
}
