//! How guessing passwords is made slow: a fold over attempts, with time as an argument.
//!
//! What is counted is a pair of network and name, and a network with whatever names. A name alone is never counted:
//! whoever guesses at it from elsewhere cannot keep its owner out. Each attempt counts as a wrong one from its begin, and
//! is taken back when it was right, so many at the same time gain nothing. Beyond that all attempts together are bounded,
//! since each costs memory and time; those from networks from which somebody has signed in have a share of their own, so
//! that a flood from everywhere does not keep out who was here before.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr};

use crate::limits::{
    ATTEMPT_COUNT_PER_MINUTE, ATTEMPT_ENTRY_COUNT_MAX, FORGET_MS, FREE_ATTEMPT_COUNT, FREE_NETWORK_ATTEMPT_COUNT,
    KNOWN_NETWORK_COUNT_MAX, WAIT_MS_FIRST, WAIT_MS_MAX,
};
use crate::secret::Digest;

/// A network, as far as one stranger usually has it: an IPv4 address, or 64 bits of an IPv6 one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Network {
    /// An address.
    V4(Ipv4Addr),
    /// The first 64 bits.
    V6(u64),
}

/// Whether a password may be looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gate {
    /// It may. Tell [`Throttle::succeeded`] if it was right.
    Open,
    /// Not before so many milliseconds have passed; it is not even compared.
    Wait {
        /// How long, in milliseconds; at least 1.
        wait_ms: u64,
    },
}

/// What is remembered of attempts. It starts empty with the program: at most a few more guesses per start.
#[derive(Debug, Default)]
pub struct Throttle {
    pairs: HashMap<(Network, Digest), Wrong>,
    networks: HashMap<Network, Wrong>,
    /// From where somebody signed in, and when last, in milliseconds.
    known: HashMap<Network, u64>,
    of_strangers: Bucket,
    of_known: Bucket,
}

/// Wrong passwords in a row.
#[derive(Clone, Copy, Debug)]
struct Wrong {
    count: u32,
    last_ms: u64,
}

/// Attempts per minute: how much of a minute's share is used, in milliseconds of it.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    full_until_ms: u64,
}

impl Network {
    /// The network of an address. An IPv4 address within an IPv6 one is the IPv4 address.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

impl Throttle {
    /// Somebody is about to try a password for a name – as it was typed, whether or not anybody has it. When it may be
    /// looked at, it counts as a wrong one from now on.
    pub fn attempt(&mut self, network: Network, name: &str, now_ms: u64) -> Gate {
        let pair = (network, Digest::of(name.to_lowercase().as_bytes()));
        let pair_ms = wait_ms(self.pairs.get(&pair), FREE_ATTEMPT_COUNT, now_ms);
        let network_ms = wait_ms(self.networks.get(&network), FREE_NETWORK_ATTEMPT_COUNT, now_ms);
        let bucket = if self.known.contains_key(&network) { &mut self.of_known } else { &mut self.of_strangers };
        let wait_ms = pair_ms.max(network_ms).max(bucket.wait_ms(now_ms));
        if wait_ms > 0 {
            return Gate::Wait { wait_ms };
        }
        bucket.take(now_ms);
        count(&mut self.pairs, pair, now_ms);
        count(&mut self.networks, network, now_ms);
        Gate::Open
    }

    /// The password of an attempt was right: it, and those before it for this name, do not count any more.
    pub fn succeeded(&mut self, network: Network, name: &str, now_ms: u64) {
        let pair = (network, Digest::of(name.to_lowercase().as_bytes()));
        let its = self.pairs.remove(&pair).map_or(0, |wrong| wrong.count);
        // What the network tried with other names stays: who has one account here could else guess at all the others.
        if let Some(wrong) = self.networks.get_mut(&network) {
            wrong.count = wrong.count.saturating_sub(its);
        }
        make_room(&mut self.known, &network, KNOWN_NETWORK_COUNT_MAX, |last_ms| *last_ms);
        self.known.insert(network, now_ms);
    }

    /// An attempt ended without saying whether it was right, through no fault of whoever made it: it does not count, those
    /// before it do.
    pub fn undecided(&mut self, network: Network, name: &str) {
        let pair = (network, Digest::of(name.to_lowercase().as_bytes()));
        for wrong in [self.pairs.get_mut(&pair), self.networks.get_mut(&network)].into_iter().flatten() {
            wrong.count = wrong.count.saturating_sub(1);
        }
    }
}

impl Bucket {
    fn wait_ms(self, now_ms: u64) -> u64 {
        // A minute's share may be used at once. What lies further ahead is of a clock that went back.
        let ahead_ms = self.full_until_ms.saturating_sub(now_ms).min(MINUTE_MS);
        (ahead_ms + STEP_MS).saturating_sub(MINUTE_MS)
    }

    fn take(&mut self, now_ms: u64) {
        self.full_until_ms = self.full_until_ms.clamp(now_ms, now_ms.saturating_add(MINUTE_MS)).saturating_add(STEP_MS);
    }
}

/// How long somebody waits after so many wrong passwords; 0 when not.
fn wait_ms(wrong: Option<&Wrong>, free: u32, now_ms: u64) -> u64 {
    let Some(wrong) = wrong else { return 0 };
    // A clock that went back begins anew from the moment that it shows: a wait never is longer than the longest.
    let passed_ms = now_ms.saturating_sub(wrong.last_ms);
    if wrong.count < free || passed_ms >= FORGET_MS {
        return 0;
    }
    let doublings = (wrong.count - free).min(32);
    let whole_ms = WAIT_MS_FIRST.saturating_mul(1 << doublings).min(WAIT_MS_MAX);
    whole_ms.saturating_sub(passed_ms)
}

fn count<K: Copy + Eq + Hash>(entries: &mut HashMap<K, Wrong>, key: K, now_ms: u64) {
    make_room(entries, &key, ATTEMPT_ENTRY_COUNT_MAX, |wrong| wrong.last_ms);
    let wrong = entries.entry(key).or_insert(Wrong { count: 0, last_ms: now_ms });
    if now_ms.saturating_sub(wrong.last_ms) >= FORGET_MS {
        wrong.count = 0;
    }
    *wrong = Wrong { count: wrong.count.saturating_add(1), last_ms: now_ms };
}

/// Makes room for an entry that is not there: the one that has been quiet for longest goes. All of them are looked at,
/// which is little beside what the password will cost.
fn make_room<K: Copy + Eq + Hash, V>(entries: &mut HashMap<K, V>, key: &K, max: usize, last_ms: impl Fn(&V) -> u64) {
    if entries.len() < max || entries.contains_key(key) {
        return;
    }
    let quietest = entries.iter().min_by_key(|(_, entry)| last_ms(entry)).map(|(key, _)| *key);
    if let Some(key) = quietest {
        entries.remove(&key);
    }
}

const MINUTE_MS: u64 = 60_000;
/// What one attempt takes of a minute.
const STEP_MS: u64 = MINUTE_MS / ATTEMPT_COUNT_PER_MINUTE as u64;
