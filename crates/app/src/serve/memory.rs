//! What the daemon remembers of whom messages name: reputations of authenticated domains and of clients' networks, what
//! is usual for an author domain, and how often a signature came (guideline 5-3 and 5-5).
//!
//! Gathered in this process and put into the store now and then, so that a message costs the store a question and no
//! write; what a crash loses was seen in the last seconds. A signature that came once or twice is not put there at all:
//! nearly every message has one of its own.

mod sightings;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth::Facts;
use dkim::Status;
use dmarc::DmarcResult;
use policy::reputation::{Counts, HalfLife, Kind};
use policy::standing::Usual;
use policy::{Action, Input, Reason, Reputation, Standing, Transaction};
use report::{Hot as _, HotError, HotKey};
use service::Receipt;

use super::ledger::Keeper;
use crate::config::MemoryConfig;
use crate::limits::{MEMORY_ASKED_COUNT_MAX, MEMORY_COMPLAIN_S, MEMORY_PENDING_COUNT_MAX, MEMORY_WRITE_S};
use crate::memory::record::{self, Replay, Space};
use crate::memory::update;
use sightings::Sightings;

/// The memory of the daemon.
pub(super) struct Memory {
    keeper: Keeper,
    is_on: AtomicBool,
    half_life_days: AtomicU64,
    state: Mutex<State>,
    /// When a failure was told last, seconds since 1970.
    complained_s: AtomicU64,
}

#[derive(Default)]
struct State {
    /// What was seen and is not in the store.
    counts: HashMap<HotKey, Reputation>,
    replays: HashMap<HotKey, Replay>,
    /// Signatures, as this process saw them.
    sightings: Sightings,
}

/// A signature that passes.
struct Seen {
    hash: [u8; 16],
    /// `d=` and `s=`.
    signer: String,
}

impl Memory {
    pub(super) fn new(keeper: Keeper, config: MemoryConfig) -> Self {
        let memory = Self {
            keeper,
            is_on: AtomicBool::new(false),
            half_life_days: AtomicU64::new(0),
            state: Mutex::default(),
            complained_s: AtomicU64::new(0),
        };
        memory.configure(config);
        memory
    }

    /// Goes by this from now on.
    pub(super) fn configure(&self, config: MemoryConfig) {
        self.is_on.store(config.remember, Ordering::Relaxed);
        self.half_life_days.store(config.half_life_days, Ordering::Relaxed);
    }

    /// What is remembered of whom a message names. Where the store does not answer, nothing: no mail waits for it.
    pub(super) async fn standing(&self, facts: &Facts, input: &Input, now_s: u64) -> Standing {
        let mut standing = Standing::default();
        if !self.is_on.load(Ordering::Relaxed) {
            return standing;
        }
        if let Err(error) = self.ask(facts, input, now_s, &mut standing).await {
            self.complain(&error, now_s);
        }
        standing
    }

    async fn ask(&self, facts: &Facts, input: &Input, now_s: u64, standing: &mut Standing) -> Result<(), HotError> {
        let half_life = HalfLife::days(self.half_life_days.load(Ordering::Relaxed));
        for domain in input.authenticated().take(MEMORY_ASKED_COUNT_MAX) {
            if standing.domains.iter().all(|(known, _)| known != domain) {
                let reputation = self.remembered(Space::Domain, domain.as_str().as_bytes(), now_s).await?;
                standing.domains.push((domain.clone(), reputation.score(now_s, half_life)));
            }
        }
        if let Some(network) = input.client.and_then(network_text) {
            let reputation = self.remembered(Space::Client, network.as_bytes(), now_s).await?;
            standing.client = Some(reputation.score(now_s, half_life));
        }
        if let Some(author) = input.authors.iter().find(|author| author.result == DmarcResult::Fail) {
            let remembered = self.remembered(Space::Usual, author.domain.as_str().as_bytes(), now_s).await?;
            let sum = |count: fn(Counts) -> u64| {
                remembered.days().fold(0, |sum: u64, (_, counts)| sum.saturating_add(count(counts)))
            };
            standing.usual = Some(Usual { passed: sum(|counts| counts.good), failed: sum(|counts| counts.bad) });
        }
        for seen in self.signatures(facts) {
            standing.replay_count = standing.replay_count.max(self.replayed(&seen, now_s).await?);
        }
        Ok(())
    }

    /// Notes what a message says of whom it names. What was only put off comes again.
    pub(super) fn note(&self, receipt: &Receipt<'_>, now_s: u64) {
        if !self.is_on.load(Ordering::Relaxed) || receipt.verdict.action == Action::TempFail {
            return;
        }
        let input = Input::of(receipt.facts, &Transaction::default());
        let one = counts_of(Kind::of(receipt.verdict, input.dmarc, receipt.filtered));
        let is_excused = receipt.verdict.reasons.iter().any(|reason| matches!(reason, Reason::Excused(_)));
        let mut all: Vec<(Space, String, Counts)> = Vec::new();
        for domain in input.authenticated().take(MEMORY_ASKED_COUNT_MAX) {
            if all.iter().all(|(_, known, _)| known != domain.as_str()) {
                all.push((Space::Domain, domain.as_str().to_owned(), one));
            }
        }
        all.extend(input.client.and_then(network_text).map(|network| (Space::Client, network, one)));
        for author in input.authors.iter().filter(|author| author.policy.is_some()) {
            let counts = match author.result {
                DmarcResult::Pass => counts_of(Kind::Good),
                DmarcResult::Fail if !is_excused => counts_of(Kind::Bad),
                _ => continue,
            };
            all.push((Space::Usual, author.domain.as_str().to_owned(), counts));
        }
        let signatures = self.signatures(receipt.facts);
        let mut state = self.state();
        for (space, name, counts) in all {
            state.add(space.key(name.as_bytes()), now_s / DAY_S, counts);
        }
        for seen in signatures {
            state.sight(seen, receipt.recipient_count.max(1), now_s);
        }
    }

    /// Puts what was seen into the store, now and then, for as long as the daemon runs.
    pub(super) async fn write_now_and_then(self: Arc<Self>) {
        loop {
            tokio::time::sleep(Duration::from_secs(MEMORY_WRITE_S)).await;
            self.write(net::clock::now_s()).await;
        }
    }

    /// Puts what was seen into the store. What it does not take is tried again the next time.
    pub(super) async fn write(&self, now_s: u64) {
        if let Err(error) = self.try_to_write(now_s).await {
            self.complain(&error, now_s);
        }
    }

    async fn try_to_write(&self, now_s: u64) -> Result<(), HotError> {
        let (store, now_ms) = (self.keeper.store(), now_s.saturating_mul(1000));
        let counts: Vec<_> = self.state().counts.keys().cloned().collect();
        for key in counts {
            let Some(newer) = self.state().counts.get(&key).cloned() else { continue };
            update(store, &key, now_ms, |there| {
                let mut reputation = there.and_then(record::decode).unwrap_or_default();
                reputation.merge(&newer);
                (record::encode(&reputation), record::expires_ms(&reputation))
            })
            .await?;
            self.state().settle(&key, &newer);
        }
        let replays: Vec<_> = self.state().replays.keys().cloned().collect();
        for key in replays {
            let Some(newer) = self.state().replays.remove(&key) else { continue };
            let merged = |there: Option<&[u8]>| {
                let replay = there.and_then(Replay::decode).map_or_else(|| newer.clone(), |old| old.merged(&newer));
                (replay.encode(), replay.expires_ms())
            };
            if let Err(error) = update(store, &key, now_ms, merged).await {
                self.state().put_back(key, &newer);
                return Err(error);
            }
        }
        Ok(())
    }

    /// What is remembered of one, in the store and here.
    async fn remembered(&self, space: Space, of: &[u8], now_s: u64) -> Result<Reputation, HotError> {
        let Some(key) = space.key(of) else { return Ok(Reputation::default()) };
        let value = self.keeper.store().get(key.clone(), now_s.saturating_mul(1000)).await?;
        let mut reputation = value.as_deref().and_then(record::decode).unwrap_or_default();
        if let Some(newer) = self.state().counts.get(&key) {
            reputation.merge(newer);
        }
        Ok(reputation)
    }

    /// In how many deliveries a signature came before.
    async fn replayed(&self, seen: &Seen, now_s: u64) -> Result<u64, HotError> {
        let Some(key) = Space::Replay.key(&seen.hash) else { return Ok(0) };
        let value = self.keeper.store().get(key.clone(), now_s.saturating_mul(1000)).await?;
        let stored = value.as_deref().and_then(Replay::decode).map_or(0, |replay| replay.count);
        let state = self.state();
        let waiting = state.replays.get(&key).map_or(0, |replay| replay.count);
        Ok(stored.saturating_add(waiting).saturating_add(state.sightings.untold(seen.hash, now_s)))
    }

    /// The signatures that pass, each by a hash of `b=` and `d=`.
    fn signatures(&self, facts: &Facts) -> Vec<Seen> {
        let passing = facts.dkim.iter().map(|outcome| &outcome.result).filter(|one| one.status == Status::Pass);
        let signatures = passing.filter_map(|one| one.parsed.signature.as_ref().ok()).take(MEMORY_ASKED_COUNT_MAX);
        let seen = signatures.map(|signature| {
            let bytes = [&signature.signature[..], signature.domain.as_str().as_bytes()].concat();
            let signer = format!("{} {}", signature.domain.as_str(), signature.selector.as_str());
            Seen { hash: self.keeper.digest(&bytes), signer }
        });
        seen.collect()
    }

    /// Tells of a failure, not more often than now and then.
    fn complain(&self, error: &HotError, now_s: u64) {
        let before = self.complained_s.load(Ordering::Relaxed);
        if now_s.abs_diff(before) >= MEMORY_COMPLAIN_S {
            self.complained_s.store(now_s, Ordering::Relaxed);
            tracing::warn!(reason = %error, "memory");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Adds counts; those of names that nobody knows yet are left out while too many wait.
    fn add(&mut self, key: Option<HotKey>, day: u64, counts: Counts) {
        let Some(key) = key else { return };
        if self.counts.len() < MEMORY_PENDING_COUNT_MAX || self.counts.contains_key(&key) {
            self.counts.entry(key).or_default().add_day(day, counts);
        }
    }

    /// Takes away what is in the store now; what came meanwhile stays.
    fn settle(&mut self, key: &HotKey, stored: &Reputation) {
        let Some(there) = self.counts.remove(key) else { return };
        let mut rest = Reputation::default();
        for (day, counts) in there.days() {
            let old = stored.days().find(|(other, _)| *other == day).map(|(_, counts)| counts).unwrap_or_default();
            let left = Counts {
                good: counts.good.saturating_sub(old.good),
                bad: counts.bad.saturating_sub(old.bad),
                unknown: counts.unknown.saturating_sub(old.unknown),
            };
            if left != Counts::default() {
                rest.add_day(day, left);
            }
        }
        if rest != Reputation::default() {
            self.counts.insert(key.clone(), rest);
        }
    }

    fn sight(&mut self, seen: Seen, by: u64, now_s: u64) {
        let count = self.sightings.add(seen.hash, by, now_s);
        let Some(key) = Space::Replay.key(&seen.hash).filter(|_| count > 0) else { return };
        if self.replays.len() < MEMORY_PENDING_COUNT_MAX || self.replays.contains_key(&key) {
            self.put_back(key, &Replay { count, first_s: now_s, last_s: now_s, signer: seen.signer });
        }
    }

    fn put_back(&mut self, key: HotKey, replay: &Replay) {
        let merged = self.replays.get(&key).map_or_else(|| replay.clone(), |there| there.merged(replay));
        self.replays.insert(key, merged);
    }
}

fn counts_of(kind: Kind) -> Counts {
    let of = |other| u64::from(kind == other);
    Counts { good: of(Kind::Good), bad: of(Kind::Bad), unknown: of(Kind::Unknown) }
}

fn network_text(ip: IpAddr) -> Option<String> {
    record::network(ip).map(|network| network.to_string())
}

const DAY_S: u64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Option<HotKey> {
        Space::Domain.key(name.as_bytes())
    }

    #[test]
    fn what_comes_while_it_is_written_is_not_lost() {
        let mut state = State::default();
        state.add(key("a.example"), 7, counts_of(Kind::Good));
        let written = state.counts[&key("a.example").unwrap()].clone();
        state.add(key("a.example"), 7, counts_of(Kind::Bad));
        state.add(key("a.example"), 8, counts_of(Kind::Good));
        state.settle(&key("a.example").unwrap(), &written);
        let left: Vec<_> = state.counts[&key("a.example").unwrap()].days().collect();
        assert_eq!(left, [(7, counts_of(Kind::Bad)), (8, counts_of(Kind::Good))]);
        let rest = state.counts[&key("a.example").unwrap()].clone();
        state.settle(&key("a.example").unwrap(), &rest);
        assert!(state.counts.is_empty());
    }

    #[test]
    fn names_that_wait_at_below_and_above_the_limit() {
        let mut state = State::default();
        for number in 0..=MEMORY_PENDING_COUNT_MAX {
            state.add(key(&number.to_string()), 1, counts_of(Kind::Good));
            assert_eq!(state.counts.len(), (number + 1).min(MEMORY_PENDING_COUNT_MAX));
        }
        state.add(key("0"), 1, counts_of(Kind::Good));
        assert_eq!(state.counts[&key("0").unwrap()].days().next(), Some((1, Counts { good: 2, bad: 0, unknown: 0 })));
    }

    #[test]
    fn a_signature_is_put_into_the_store_when_it_comes_again_and_again() {
        let mut state = State::default();
        let seen = || Seen { hash: [7; 16], signer: "a.example s1".into() };
        for count in 1..10 {
            state.sight(seen(), 1, 100 + count);
        }
        let key = Space::Replay.key(&[7; 16]).unwrap();
        let told = state.replays[&key].count;
        assert_eq!(told + state.sightings.untold([7; 16], 110), 9, "each is counted once, here or there");
        assert!(told > 0);
        state.sight(Seen { hash: [8; 16], signer: "b.example s1".into() }, 1, 100);
        assert_eq!(state.replays.len(), 1, "who came once is not put there");
    }
}
