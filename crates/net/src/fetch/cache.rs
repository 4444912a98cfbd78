//! What was fetched already, and what is on its way: a request that equals one on its way waits for that one's document.
//!
//! The fetching runs in a task of its own: whoever asked first may go away without taking the document from the others.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldhash::quality::RandomState;
use lookup::fetch::{FetchFailure, Fetched, Request};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::limits::DOCUMENT_CACHE_ENTRY_BYTES;

/// The cache, bounded in bytes; what came first is given up first.
pub(super) struct Cache {
    state: Mutex<State>,
    bytes_max: usize,
}

/// What there is for a request.
pub(super) enum Found {
    /// The document, or why there is none.
    Kept(Fetched),
    /// Somebody is fetching it.
    OnItsWay(Seat),
    /// Nothing: fetch it.
    Nothing(Seat, Pilot),
}

/// A place to wait for what is on its way.
pub(super) struct Seat(watch::Receiver<Option<Fetched>>);

/// The duty to fetch. Dropped before it lands – the task was ended, or panicked – it tells the others that nothing came.
pub(super) struct Pilot {
    cache: Arc<Cache>,
    request: Request,
    sender: watch::Sender<Option<Fetched>>,
}

#[derive(Default)]
struct State {
    entries: HashMap<Request, Entry, RandomState>,
    /// What is kept, in the order in which it came.
    order: BTreeMap<u64, Request>,
    last_serial: u64,
    bytes: usize,
}

enum Entry {
    Flying(watch::Receiver<Option<Fetched>>),
    Kept(Kept),
}

struct Kept {
    fetched: Fetched,
    ends: Instant,
    serial: u64,
    bytes: usize,
}

impl Cache {
    pub(super) fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), bytes_max })
    }

    pub(super) fn board(self: &Arc<Self>, request: &Request, now: Instant) -> Found {
        let mut state = self.state();
        match state.entries.get(request) {
            Some(Entry::Kept(kept)) if kept.ends > now => return Found::Kept(kept.fetched.clone()),
            Some(Entry::Flying(receiver)) => return Found::OnItsWay(Seat(receiver.clone())),
            _ => state.forget(request),
        }
        let (sender, receiver) = watch::channel(None);
        state.entries.insert(request.clone(), Entry::Flying(receiver.clone()));
        Found::Nothing(Seat(receiver), Pilot { cache: Arc::clone(self), request: request.clone(), sender })
    }

    /// Documents kept, and their bytes.
    pub(super) fn load(&self) -> (usize, usize) {
        let state = self.state();
        (state.order.len(), state.bytes)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    pub(super) async fn fetched(mut self) -> Fetched {
        let fetched = self.0.wait_for(Option::is_some).await.ok().and_then(|fetched| (*fetched).clone());
        fetched.unwrap_or(Fetched::Failed(FetchFailure::Unreachable))
    }
}

impl Pilot {
    /// Hands it to all who wait, and keeps it until `ttl` has passed.
    pub(super) fn land(self, fetched: Fetched, ttl: Duration, now: Instant) {
        let bytes = DOCUMENT_CACHE_ENTRY_BYTES + self.request.url.as_str().len() + fetched.size_bytes();
        if !ttl.is_zero() && bytes <= self.cache.bytes_max {
            let mut state = self.cache.state();
            state.last_serial += 1;
            let kept = Kept { fetched: fetched.clone(), ends: now + ttl, serial: state.last_serial, bytes };
            state.order.insert(kept.serial, self.request.clone());
            state.bytes += bytes;
            state.entries.insert(self.request.clone(), Entry::Kept(kept));
            state.make_room(self.cache.bytes_max, now);
        }
        self.sender.send_replace(Some(fetched));
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        let mut state = self.cache.state();
        if matches!(state.entries.get(&self.request), Some(Entry::Flying(_))) {
            state.entries.remove(&self.request);
        }
    }
}

impl State {
    fn forget(&mut self, request: &Request) {
        if let Some(Entry::Kept(kept)) = self.entries.remove(request) {
            self.order.remove(&kept.serial);
            self.bytes -= kept.bytes;
        }
    }

    /// Gives up the oldest until all fits, and those at the front whose time has ended.
    fn make_room(&mut self, bytes_max: usize, now: Instant) {
        while let Some((_, oldest)) = self.order.first_key_value() {
            let has_ended = matches!(self.entries.get(oldest), Some(Entry::Kept(kept)) if kept.ends <= now);
            if !has_ended && self.bytes <= bytes_max {
                return;
            }
            let oldest = oldest.clone();
            self.forget(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use lookup::fetch::{HttpsUrl, Redirects};

    use super::*;

    fn request(path: &str) -> Request {
        let url = HttpsUrl::parse(&format!("https://a.example/{path}")).unwrap();
        Request { url, bytes_max: 1000, redirects: Redirects::Refuse }
    }

    fn document(length: usize) -> Fetched {
        Fetched::document(vec![0; length], None)
    }

    fn put(cache: &Arc<Cache>, path: &str, ttl_s: u64, now: Instant) {
        let Found::Nothing(_, pilot) = cache.board(&request(path), now) else { panic!("{path} is there") };
        pilot.land(document(10), Duration::from_secs(ttl_s), now);
    }

    fn is_kept(cache: &Arc<Cache>, path: &str, now: Instant) -> bool {
        matches!(cache.board(&request(path), now), Found::Kept(_))
    }

    #[tokio::test]
    async fn who_boards_later_gets_the_same() {
        let (cache, now) = (Cache::new(10_000), Instant::now());
        let Found::Nothing(first, pilot) = cache.board(&request("a"), now) else { panic!("it is there") };
        let Found::OnItsWay(second) = cache.board(&request("a"), now) else { panic!("it does not fly") };
        assert!(matches!(cache.board(&Request { bytes_max: 1, ..request("a") }, now), Found::Nothing(..)));
        drop(first);
        pilot.land(document(10), Duration::ZERO, now);
        assert_eq!(second.fetched().await, document(10));
        assert!(!is_kept(&cache, "a", now), "nothing is kept for no time");
    }

    #[tokio::test]
    async fn a_pilot_that_never_lands_leaves_nobody_waiting() {
        let (cache, now) = (Cache::new(10_000), Instant::now());
        let Found::Nothing(seat, pilot) = cache.board(&request("a"), now) else { panic!("it is there") };
        drop(pilot);
        assert_eq!(seat.fetched().await, Fetched::Failed(FetchFailure::Unreachable));
        assert!(matches!(cache.board(&request("a"), now), Found::Nothing(..)), "the next one flies again");
    }

    #[test]
    fn documents_live_as_long_as_they_may() {
        let (cache, start) = (Cache::new(10_000), Instant::now());
        put(&cache, "a", 60, start);
        assert!(is_kept(&cache, "a", start + Duration::from_millis(59_999)));
        assert!(!is_kept(&cache, "a", start + Duration::from_secs(60)));
        assert_eq!(cache.load(), (0, 0), "it was forgotten on sight");
    }

    #[test]
    fn room_is_bounded_and_the_oldest_goes() {
        let one = DOCUMENT_CACHE_ENTRY_BYTES + request("0").url.as_str().len() + 10;
        for (bytes_max, kept) in [(one - 1, 0), (one, 1), (2 * one - 1, 1), (2 * one, 2), (3 * one, 3), (0, 0)] {
            let (cache, now) = (Cache::new(bytes_max), Instant::now());
            for path in ["0", "1", "2", "3"] {
                put(&cache, path, 60, now);
            }
            assert_eq!(cache.load(), (kept, kept * one), "{bytes_max}");
            assert_eq!(is_kept(&cache, "3", now), kept > 0);
            assert!(!is_kept(&cache, "0", now));
        }
    }

    #[test]
    fn what_has_ended_makes_room_first() {
        let (cache, start) = (Cache::new(1 << 20), Instant::now());
        for second in 0..100 {
            put(&cache, &second.to_string(), 1, start + Duration::from_secs(second));
        }
        assert_eq!(cache.load().0, 1);
        let state = cache.state();
        assert_eq!((state.entries.len(), state.order.len()), (1, 1));
    }
}
