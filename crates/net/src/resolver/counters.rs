//! What the resolver has done, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often each thing has happened since the resolver was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ResolverCounts {
    /// Questions put to the resolver.
    pub asked: u64,
    /// … of these answered from the cache.
    pub cache_hits: u64,
    /// … of these that joined an equal question on its way.
    pub coalesced: u64,
    /// … of these that a message's budget stopped.
    pub over_budget: u64,
    /// Answers that came for questions, absence among them.
    pub answers: u64,
    /// Questions that had no answer after all their tries.
    pub failures: u64,
    /// Tries over UDP.
    pub udp_tries: u64,
    /// Tries over TCP.
    pub tcp_tries: u64,
    /// Tries that got no answer in time.
    pub timeouts: u64,
    /// Answers that said SERVFAIL.
    pub servfails: u64,
    /// Answers that could not be parsed, or answered something else.
    pub malformed: u64,
    /// Datagrams that answered nothing asked: late, or forged.
    pub strange_datagrams: u64,
    /// Bytes of questions.
    pub bytes_sent: u64,
    /// Bytes of answers.
    pub bytes_received: u64,
    /// Answers that the cache gave up for lack of room.
    pub evicted: u64,
    /// Answers in the cache, now.
    pub cache_entries: u64,
    /// Bytes in the cache, now, as it reckons them.
    pub cache_bytes: u64,
}

/// The counters behind [`ResolverCounts`].
#[derive(Default)]
pub(super) struct Counters {
    pub(super) asked: AtomicU64,
    pub(super) cache_hits: AtomicU64,
    pub(super) coalesced: AtomicU64,
    pub(super) over_budget: AtomicU64,
    pub(super) answers: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) udp_tries: AtomicU64,
    pub(super) tcp_tries: AtomicU64,
    pub(super) timeouts: AtomicU64,
    pub(super) servfails: AtomicU64,
    pub(super) malformed: AtomicU64,
    pub(super) strange_datagrams: AtomicU64,
    pub(super) bytes_sent: AtomicU64,
    pub(super) bytes_received: AtomicU64,
}

impl Counters {
    /// The numbers as they stand; the cache's own are left at 0.
    pub(super) fn read(&self) -> ResolverCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ResolverCounts {
            asked: read(&self.asked),
            cache_hits: read(&self.cache_hits),
            coalesced: read(&self.coalesced),
            over_budget: read(&self.over_budget),
            answers: read(&self.answers),
            failures: read(&self.failures),
            udp_tries: read(&self.udp_tries),
            tcp_tries: read(&self.tcp_tries),
            timeouts: read(&self.timeouts),
            servfails: read(&self.servfails),
            malformed: read(&self.malformed),
            strange_datagrams: read(&self.strange_datagrams),
            bytes_sent: read(&self.bytes_sent),
            bytes_received: read(&self.bytes_received),
            ..ResolverCounts::default()
        }
    }
}

/// Counts one more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Counts so many more.
pub(super) fn count_by(counter: &AtomicU64, number: usize) {
    counter.fetch_add(u64::try_from(number).unwrap_or(u64::MAX), Ordering::Relaxed);
}
