//! Memory for one message or one run: what was fetched once is not fetched again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;

use super::{Fetch, Fetched, Request};
use crate::limits::{MEMO_DOCUMENT_BYTES_MAX, MEMO_FETCH_COUNT_MAX};

/// Remembers what came of requests, failures too, until it is full; then it goes on fetching and remembers no more.
///
/// There is no clock here: keep it no longer than the work it serves.
#[derive(Debug)]
pub struct FetchMemo<F> {
    inner: F,
    count_max: usize,
    bytes_max: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    fetched: HashMap<Request, Fetched, RandomState>,
    bytes: usize,
}

impl<F> FetchMemo<F> {
    /// A memory of what `inner` fetches, within [`MEMO_FETCH_COUNT_MAX`] and [`MEMO_DOCUMENT_BYTES_MAX`].
    pub fn new(inner: F) -> Self {
        Self::with_limits(inner, MEMO_FETCH_COUNT_MAX, MEMO_DOCUMENT_BYTES_MAX)
    }

    /// A memory of at most `count_max` requests, and of at most `bytes_max` bytes of URLs and documents together.
    pub fn with_limits(inner: F, count_max: usize, bytes_max: usize) -> Self {
        Self { inner, count_max, bytes_max, kept: Mutex::default() }
    }

    /// How many requests are remembered.
    pub fn count(&self) -> usize {
        self.kept().fetched.len()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, request: Request, fetched: &Fetched) {
        let mut kept = self.kept();
        let bytes = kept.bytes.saturating_add(request.url.as_str().len() + fetched.size_bytes());
        // Two may have asked the same at the same time; the first stays, its bytes are counted once.
        if kept.fetched.len() < self.count_max && bytes <= self.bytes_max && !kept.fetched.contains_key(&request) {
            kept.bytes = bytes;
            kept.fetched.insert(request, fetched.clone());
        }
    }
}

impl<F: Fetch + Sync> Fetch for FetchMemo<F> {
    async fn fetch(&self, request: Request) -> Fetched {
        let known = self.kept().fetched.get(&request).cloned();
        if let Some(fetched) = known {
            return fetched;
        }
        let fetched = self.inner.fetch(request.clone()).await;
        self.keep(request, &fetched);
        fetched
    }
}
