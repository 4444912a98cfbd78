//! What a store of short-lived state is able to do: counters over a sliding time, values that expire.
//!
//! Rates, replays, locks between daemons. Nothing in it is the truth: whoever loses it starts from nothing. Time is an
//! argument, in milliseconds since 1970.

use std::future::Future;

use thiserror::Error;

use crate::limits::{HOT_KEY_BYTES_MAX, WINDOW_SLOT_COUNT_MAX};

/// A store of short-lived state.
pub trait Hot: Send + Sync {
    /// Adds to a counter and says what it has in the window that ends now; adding 0 reads it.
    ///
    /// # Errors
    /// The store cannot answer.
    fn count(
        &self,
        key: HotKey,
        window: Window,
        by: u64,
        now_ms: u64,
    ) -> impl Future<Output = Result<u64, HotError>> + Send;

    /// A value, unless it has expired.
    ///
    /// # Errors
    /// The store cannot answer.
    fn get(&self, key: HotKey, now_ms: u64) -> impl Future<Output = Result<Option<Vec<u8>>, HotError>> + Send;

    /// Puts a value, until it expires.
    ///
    /// # Errors
    /// The store cannot take it.
    fn put(
        &self,
        key: HotKey,
        value: Vec<u8>,
        expires_ms: u64,
        now_ms: u64,
    ) -> impl Future<Output = Result<(), HotError>> + Send;

    /// Puts a value if what is there is what is expected; `None` is nothing. Says what is there when it is not.
    ///
    /// # Errors
    /// The store cannot do it.
    fn compare_and_put(
        &self,
        key: HotKey,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
        expires_ms: u64,
        now_ms: u64,
    ) -> impl Future<Output = Result<Compared, HotError>> + Send;

    /// Values of a space that have not expired, in the order of their keys: those behind `after`, at most `limit` of them
    /// and never more than [`crate::limits::HOT_PAGE_COUNT_MAX`].
    ///
    /// # Errors
    /// The store cannot answer.
    fn list(
        &self,
        space: &str,
        after: Option<HotKey>,
        limit: usize,
        now_ms: u64,
    ) -> impl Future<Output = Result<Vec<(HotKey, Vec<u8>)>, HotError>> + Send;

    /// Forgets what has expired; says how many entries.
    ///
    /// # Errors
    /// The store cannot do it.
    fn expire(&self, now_ms: u64) -> impl Future<Output = Result<u64, HotError>> + Send;
}

/// What came of [`Hot::compare_and_put`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Compared {
    /// The value was put.
    Put,
    /// Something else is there.
    Differs(Option<Vec<u8>>),
}

/// A key: what it is about, and of whom. Counters and values have keys of their own.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HotKey(Vec<u8>);

/// Over which time a counter counts: a sliding one, in slots. What is older than `slot_count` slots, the running one
/// among them, is not counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Window {
    slot_ms: u64,
    slot_count: u32,
}

/// Why a hot store did not do what it was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum HotError {
    /// There is no room for more entries, none having expired.
    #[error("no room for more entries of short life, there are {count}")]
    Full {
        /// How many there are.
        count: usize,
    },
    /// The value is longer than [`crate::limits::HOT_VALUE_BYTES_MAX`].
    #[error("a value of {bytes} bytes is too long")]
    TooLarge {
        /// How long it is.
        bytes: usize,
    },
    /// What is stored cannot be read.
    #[error("a stored entry cannot be read")]
    Unreadable,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::ledger::LedgerError),
}

/// The state of a counter: what every store keeps of it, and how it counts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counter {
    /// Slots with their counts, oldest first; never more than the window has.
    slots: Vec<(u64, u64)>,
}

impl HotKey {
    /// A key of a space and of parts in it. No two different lists of parts give the same key.
    #[must_use]
    pub fn new(space: &str, parts: &[&[u8]]) -> Option<Self> {
        let mut key = Vec::new();
        for part in std::iter::once(space.as_bytes()).chain(parts.iter().copied()) {
            key.extend_from_slice(&u16::try_from(part.len()).ok()?.to_be_bytes());
            key.extend_from_slice(part);
        }
        (key.len() <= HOT_KEY_BYTES_MAX).then_some(Self(key))
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key of these bytes; `None` when they are none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let key = Self(bytes.to_vec());
        (bytes.len() <= HOT_KEY_BYTES_MAX && key.parts().is_some()).then_some(key)
    }

    /// The parts in its space.
    #[must_use]
    pub fn parts(&self) -> Option<Vec<&[u8]>> {
        let (mut parts, mut rest) = (Vec::new(), &self.0[..]);
        while !rest.is_empty() {
            let (length, behind) = rest.split_first_chunk()?;
            let (part, behind) = behind.split_at_checked(u16::from_be_bytes(*length).into())?;
            parts.push(part);
            rest = behind;
        }
        (!parts.is_empty()).then(|| parts.split_off(1))
    }

    /// With what every key of a space begins, and no other; `None` for a name that is too long.
    #[must_use]
    pub fn space_bytes(space: &str) -> Option<Vec<u8>> {
        Self::new(space, &[]).map(|key| key.0)
    }
}

impl Window {
    /// A window of so many slots of so many milliseconds; `None` when it has no time, or more than
    /// [`WINDOW_SLOT_COUNT_MAX`] slots.
    #[must_use]
    pub fn new(slot_ms: u64, slot_count: u32) -> Option<Self> {
        (slot_ms > 0 && (1..=WINDOW_SLOT_COUNT_MAX).contains(&slot_count)).then_some(Self { slot_ms, slot_count })
    }

    /// Its key in a store: counters of different windows are different counters.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&self.slot_ms.to_be_bytes());
        bytes[8..].copy_from_slice(&self.slot_count.to_be_bytes());
        bytes
    }
}

impl Counter {
    /// Adds, and says what the window that ends now has. When the clock goes back, what comes then belongs to the newest
    /// slot; when it goes back by more than the window, its leap forward was the error, and counting begins anew.
    pub fn add(&mut self, window: Window, by: u64, now_ms: u64) -> u64 {
        let now = now_ms / window.slot_ms;
        let reach = u64::from(window.slot_count);
        if self.slots.last().is_some_and(|(newest, _)| *newest > now.saturating_add(reach)) {
            self.slots.clear();
        }
        let slot = self.slots.last().map_or(now, |(newest, _)| now.max(*newest));
        self.slots.retain(|(old, _)| old.saturating_add(reach) > slot);
        if by > 0 {
            match self.slots.last_mut() {
                Some((last, count)) if *last == slot => *count = count.saturating_add(by),
                _ => self.slots.push((slot, by)),
            }
        }
        self.slots.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// When it has nothing left to count, in milliseconds since 1970.
    #[must_use]
    pub fn expires_ms(&self, window: Window) -> u64 {
        let newest = self.slots.last().map_or(0, |(slot, _)| *slot);
        newest.saturating_add(u64::from(window.slot_count)).saturating_mul(window.slot_ms)
    }

    /// Its bytes in a store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let numbers = self.slots.iter().flat_map(|(slot, count)| [*slot, *count]);
        numbers.flat_map(u64::to_be_bytes).collect()
    }

    /// The counter of these bytes; `None` when they are none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (pairs, rest) = bytes.as_chunks::<16>();
        if !rest.is_empty() || pairs.len() > WINDOW_SLOT_COUNT_MAX as usize {
            return None;
        }
        let number = |half: &[u8]| half.try_into().map(u64::from_be_bytes).ok();
        let slots: Vec<(u64, u64)> =
            pairs.iter().map(|pair| Some((number(&pair[..8])?, number(&pair[8..])?))).collect::<Option<_>>()?;
        // The highest slot leaves room for a window after it.
        let is_sound = slots.is_sorted_by(|a, b| a.0 < b.0) && slots.iter().all(|(slot, _)| *slot < u64::MAX / 2);
        is_sound.then_some(Self { slots })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIX_TENS: Window = Window { slot_ms: 10, slot_count: 6 };

    #[test]
    fn a_window_slides() {
        let mut counter = Counter::default();
        let counted: Vec<u64> = [(0, 1), (9, 1), (10, 1), (59, 1), (60, 0), (69, 0), (70, 0), (109, 0), (110, 0)]
            .iter()
            .map(|(now_ms, by)| counter.add(SIX_TENS, *by, *now_ms))
            .collect();
        // Slot 0 has two, slot 1 one, slot 5 one; slot 0 leaves when slot 6 begins.
        assert_eq!(counted, [1, 2, 3, 4, 2, 2, 1, 1, 0]);
    }

    #[test]
    fn the_clock_may_jump() {
        let mut counter = Counter::default();
        counter.add(SIX_TENS, 5, 100);
        assert_eq!(counter.add(SIX_TENS, 1, 90), 6, "a little back: the newest slot takes it");
        assert_eq!(counter.expires_ms(SIX_TENS), 160);
        assert_eq!(counter.add(SIX_TENS, 1, 1_000_000), 1, "forward: the old is gone");
        assert_eq!(counter.add(SIX_TENS, 1, 110), 1, "far back: the leap was the error");
        assert_eq!(counter.add(SIX_TENS, u64::MAX, 110), u64::MAX);
        assert!(counter.add(SIX_TENS, 1, u64::MAX) > 0);
    }

    #[test]
    fn limits_and_bytes() {
        for (slot_ms, slot_count, fits) in [
            (0, 1, false),
            (1, 0, false),
            (1, 1, true),
            (1, WINDOW_SLOT_COUNT_MAX, true),
            (1, WINDOW_SLOT_COUNT_MAX + 1, false),
        ] {
            assert_eq!(Window::new(slot_ms, slot_count).is_some(), fits);
        }
        let mut counter = Counter::default();
        for now_ms in 0..100 {
            counter.add(SIX_TENS, 1, now_ms);
        }
        assert_eq!(counter.to_bytes().len(), 6 * 16, "no more than the window's slots");
        assert_eq!(Counter::from_bytes(&counter.to_bytes()), Some(counter.clone()));
        let mut wrong = counter.to_bytes();
        wrong.swap(7, 23);
        assert_eq!(Counter::from_bytes(&wrong), None, "slots out of order");
        for wrong in [&[0; 15][..], &[0xff; 16], &[0; 16 * 121]] {
            assert_eq!(Counter::from_bytes(wrong), None);
        }
    }

    #[test]
    fn keys_come_back_with_their_parts() {
        let key = HotKey::new("a", &[b"bc", b"", b"d"]).unwrap();
        assert_eq!(key.parts().unwrap(), [&b"bc"[..], b"", b"d"]);
        assert_eq!(HotKey::from_bytes(key.as_bytes()), Some(key.clone()));
        assert!(key.as_bytes().starts_with(&HotKey::space_bytes("a").unwrap()));
        assert!(!HotKey::new("ab", &[b"c"]).unwrap().as_bytes().starts_with(&HotKey::space_bytes("a").unwrap()));
        for wrong in [&b""[..], b"\0", b"\0\x02a", &[0; HOT_KEY_BYTES_MAX + 1]] {
            assert_eq!(HotKey::from_bytes(wrong), None);
        }
    }

    #[test]
    fn keys_do_not_run_together() {
        assert_ne!(HotKey::new("a", &[b"bc", b"d"]), HotKey::new("a", &[b"b", b"cd"]));
        assert_ne!(HotKey::new("ab", &[b"c"]), HotKey::new("a", &[b"bc"]));
        let part = |bytes: usize| vec![0; bytes];
        for (bytes, fits) in
            [(HOT_KEY_BYTES_MAX - 6, true), (HOT_KEY_BYTES_MAX - 5, true), (HOT_KEY_BYTES_MAX - 4, false)]
        {
            assert_eq!(HotKey::new("a", &[&part(bytes)]).is_some(), fits, "{bytes}");
        }
    }
}
