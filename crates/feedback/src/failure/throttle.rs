//! How many failure reports are sent: so many in a time, to each destination and in all; what is more is folded.
//!
//! Two things bound them. A [`Throttle`] holds buckets of tokens, one for each destination and one for all: a report takes
//! one of all, and one of each destination to which it goes. What looks alike (same kind, domain, address, selector) is one report for a while, which counts the
//! incidents. Nothing here reads a clock.

use std::collections::HashMap;
use std::net::IpAddr;

use super::Failure;
use crate::failure::AuthFailure;
use crate::limits::{THROTTLE_ALIKE_COUNT_MAX, THROTTLE_DESTINATION_COUNT_MAX};

/// How many reports in which time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// So many at once.
    pub burst: u32,
    /// One more after so many milliseconds; at least 1.
    pub interval_ms: u64,
}

/// The bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rates {
    /// To one destination.
    pub destination: Rate,
    /// To all together.
    pub all: Rate,
    /// For how long incidents that look alike are one report, in milliseconds.
    pub alike_ms: u64,
}

/// What looks alike is one report.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Likeness {
    /// In small letters, each once.
    destinations: Box<[Box<str>]>,
    kind: Option<AuthFailure>,
    domain: Box<str>,
    source: Option<IpAddr>,
    selector: Option<Box<str>>,
    alignment: Option<Box<str>>,
}

/// What becomes of an incident.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// It is reported, with those that were folded into it.
    Report {
        /// `Incidents`: itself among them.
        incidents: u64,
    },
    /// It counts for a later report of its kind.
    Fold,
}

/// The state of the bounds.
#[derive(Clone, Debug)]
pub struct Throttle {
    rates: Rates,
    all: Bucket,
    destinations: HashMap<Box<str>, Bucket>,
    alike: HashMap<Likeness, Folded>,
    /// Incidents that were forgotten because there were too many kinds of them.
    forgotten: u64,
    /// When it was last looked for what may go, in milliseconds since 1970.
    looked_ms: u64,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// When it would be full, in milliseconds since 1970: each report moves that on by an interval.
    full_at_ms: u64,
}

#[derive(Clone, Copy, Debug)]
struct Folded {
    /// Since the last report.
    incidents: u64,
    /// Until when nothing is reported again.
    until_ms: u64,
}

impl Default for Rates {
    /// Ten at once and one each minute to a destination; sixty at once and one each second in all; alike for an hour.
    fn default() -> Self {
        Self {
            destination: Rate { burst: 10, interval_ms: 60_000 },
            all: Rate { burst: 60, interval_ms: 1_000 },
            alike_ms: 3_600_000,
        }
    }
}

impl Likeness {
    /// Of a report to these destinations.
    #[must_use]
    pub fn of<'d>(failure: &Failure, destinations: impl IntoIterator<Item = &'d str>) -> Self {
        let mut destinations: Vec<Box<str>> =
            destinations.into_iter().map(|destination| destination.to_ascii_lowercase().into()).collect();
        destinations.sort_unstable();
        destinations.dedup();
        Self {
            destinations: destinations.into(),
            kind: failure.auth_failure.known(),
            domain: failure.reported_domains.first().cloned().unwrap_or_default(),
            source: failure.source,
            selector: failure.dkim_selector.clone(),
            alignment: failure.identity_alignment.clone(),
        }
    }
}

impl Throttle {
    /// Nothing was sent yet.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        Self {
            rates,
            all: Bucket { full_at_ms: 0 },
            destinations: HashMap::new(),
            alike: HashMap::new(),
            forgotten: 0,
            looked_ms: 0,
        }
    }

    /// Decides about an incident.
    // RFC 9991 §2: a rate limit MUST be implemented. RFC 9991 §8.1: like incidents are consolidated.
    // RFC 5965 §8.6, RFC 6591 §6.3, §6.5: mail that is sent to make us report makes few reports of many incidents.
    pub fn offer(&mut self, likeness: Likeness, now_ms: u64) -> Decision {
        self.forget(now_ms);
        let folded = self.alike.get(&likeness).copied();
        let incidents = folded.map_or(0, |folded| folded.incidents).saturating_add(1);
        let waits = folded.is_some_and(|folded| now_ms < folded.until_ms);
        if waits || !self.take(&likeness.destinations, now_ms) {
            let until_ms = folded.map_or(0, |folded| folded.until_ms);
            self.remember(likeness, Folded { incidents, until_ms });
            return Decision::Fold;
        }
        self.remember(likeness, Folded { incidents: 0, until_ms: now_ms.saturating_add(self.rates.alike_ms) });
        Decision::Report { incidents }
    }

    /// How many incidents were forgotten, because there were more kinds of them than are remembered.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Takes a token of each bucket, or of none.
    fn take(&mut self, destinations: &[Box<str>], now_ms: u64) -> bool {
        let Some(of_all) = self.all.less(self.rates.all, now_ms) else { return false };
        let mut taken = Vec::with_capacity(destinations.len());
        for destination in destinations {
            let known = self.destinations.get(destination).copied();
            let new_count = taken.iter().filter(|(_, _, is_new)| *is_new).count();
            if known.is_none() && self.destinations.len() + new_count >= THROTTLE_DESTINATION_COUNT_MAX {
                // So many destinations at a time are an attack: the bound for all is what holds.
                return false;
            }
            let bucket = known.unwrap_or(Bucket { full_at_ms: 0 });
            let Some(bucket) = bucket.less(self.rates.destination, now_ms) else { return false };
            taken.push((destination, bucket, known.is_none()));
        }
        for (destination, bucket, _) in taken {
            self.destinations.insert(destination.clone(), bucket);
        }
        self.all = of_all;
        true
    }

    fn remember(&mut self, likeness: Likeness, folded: Folded) {
        if self.alike.len() >= THROTTLE_ALIKE_COUNT_MAX && !self.alike.contains_key(&likeness) {
            self.forgotten = self.forgotten.saturating_add(folded.incidents);
            return;
        }
        self.alike.insert(likeness, folded);
    }

    /// Lets go of what bounds nothing any more, when there is much.
    fn forget(&mut self, now_ms: u64) {
        // To look through everything for each incident would be slowest when there is most to do.
        if now_ms < self.looked_ms.saturating_add(LOOK_MS) {
            return;
        }
        self.looked_ms = now_ms;
        if self.destinations.len() >= THROTTLE_DESTINATION_COUNT_MAX {
            self.destinations.retain(|_, bucket| bucket.full_at_ms > now_ms);
        }
        if self.alike.len() >= THROTTLE_ALIKE_COUNT_MAX {
            self.alike.retain(|_, folded| folded.until_ms > now_ms || folded.incidents > 0);
        }
    }
}

impl Bucket {
    /// The bucket after one more; `None` when it is empty.
    fn less(self, rate: Rate, now_ms: u64) -> Option<Self> {
        let interval_ms = rate.interval_ms.max(1);
        let full_at_ms = self.full_at_ms.max(now_ms).saturating_add(interval_ms);
        let room_ms = u64::from(rate.burst).saturating_mul(interval_ms);
        (full_at_ms - now_ms <= room_ms).then_some(Self { full_at_ms })
    }
}

/// So long passes before it is looked again for what may go, in milliseconds.
const LOOK_MS: u64 = 1_000;

/// Whether an incident is among the so many in a hundred that a domain wants to be told of (`rp=` of RFC 6651 and RFC
/// 6652). `random` is any random number.
#[must_use]
pub fn is_drawn(percentage: u8, random: u64) -> bool {
    // RFC 6651 §3.3: a random number between 0 and 99; when it is not lower than the tag's value, no report is made.
    random % 100 < u64::from(percentage)
}
