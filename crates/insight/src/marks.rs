//! What owners said of sources, ready to be asked.

use std::collections::BTreeMap;
use std::net::IpAddr;

use feedback::archive::{Mark, Sender, Standing};
use mailtext::Network;

use crate::alignment::is_within;

/// Marks, by policy domain.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Marks {
    domains: BTreeMap<Box<str>, Vec<Kept>>,
    unreadable: Vec<Mark>,
}

/// What a mark may be asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// The address.
    pub address: Option<IpAddr>,
    /// Its confirmed name.
    pub host_name: Option<&'a str>,
    /// The id of the service, when it is known for sure.
    pub service: Option<&'a str>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Kept {
    mark: Mark,
    network: Option<Network>,
}

impl Marks {
    /// From what a store keeps for one tenant. Networks that are none are kept apart ([`Marks::unreadable`]).
    #[must_use]
    pub fn new(marks: Vec<Mark>) -> Self {
        let mut all = Self::default();
        for mark in marks {
            let network = match &mark.sender {
                Sender::Network(text) => match text.parse() {
                    Ok(network) => Some(network),
                    Err(_) => {
                        all.unreadable.push(mark);
                        continue;
                    }
                },
                Sender::Service(_) | Sender::Hosts(_) => None,
            };
            all.domains.entry(mark.domain.as_str().into()).or_default().push(Kept { mark, network });
        }
        // What says more of a source comes first: few addresses before many, long names before short ones.
        for kept in all.domains.values_mut() {
            kept.sort_by_cached_key(|kept| std::cmp::Reverse(rank(kept)));
        }
        all
    }

    /// Marks whose network cannot be read.
    #[must_use]
    pub fn unreadable(&self) -> &[Mark] {
        &self.unreadable
    }

    /// All marks of a policy domain.
    pub fn of<'a>(&'a self, domain: &str) -> impl Iterator<Item = &'a Mark> + use<'a> {
        self.domains.get(domain).into_iter().flatten().map(|kept| &kept.mark)
    }

    /// Whether there is any mark for a policy domain: most have none, and need no more be asked.
    #[must_use]
    pub fn has(&self, domain: &str) -> bool {
        !self.domains.is_empty() && self.domains.contains_key(domain)
    }

    /// The mark that says most of a source.
    #[must_use]
    pub fn find(&self, domain: &str, asked: &Asked<'_>) -> Option<&Mark> {
        let fits = |kept: &&Kept| match (&kept.mark.sender, kept.network) {
            (Sender::Network(_), Some(network)) => asked.address.is_some_and(|address| network.contains(address)),
            (Sender::Network(_), None) => false,
            (Sender::Hosts(suffix), _) => asked.host_name.is_some_and(|name| is_within(name, suffix)),
            (Sender::Service(id), _) => asked.service == Some(&**id),
        };
        self.domains.get(domain)?.iter().find(fits).map(|kept| &kept.mark)
    }
}

/// Networks, then hosts, then services; the more bits or bytes, the earlier; of equals the newest.
fn rank(kept: &Kept) -> (u8, usize, u64) {
    let (kind, narrow) = match &kept.mark.sender {
        Sender::Network(text) => {
            let whole: usize = if text.contains(':') { 128 } else { 32 };
            let bits = text.split_once('/').and_then(|(_, bits)| bits.parse().ok()).unwrap_or(whole);
            // The bits that are left open make a network wide, in both families alike.
            (2, 128 - whole.saturating_sub(bits))
        }
        Sender::Hosts(suffix) => (1, suffix.len()),
        Sender::Service(_) => (0, 0),
    };
    (kind, narrow, kept.mark.at_s)
}

/// The word of a standing.
#[must_use]
pub fn standing_word(standing: Standing) -> &'static str {
    match standing {
        Standing::Approved => "approved",
        Standing::Forwarder => "forwarder",
        Standing::Denied => "denied",
    }
}

/// A source as people read it: the service's id, the domain of its hosts, or its network.
#[must_use]
pub fn sender_text(sender: &Sender) -> &str {
    match sender {
        Sender::Service(text) | Sender::Hosts(text) | Sender::Network(text) => text,
    }
}
