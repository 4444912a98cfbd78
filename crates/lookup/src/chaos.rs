//! One question fails: what a test needs to see that no failure makes a result better than it was.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Lookup;
use crate::answer::{Answer, Failure};
use crate::fetch::{Fetch, FetchFailure, Fetched, Request};
use crate::question::Question;

/// Counts the questions, and lets one of them fail without asking it.
#[derive(Debug)]
pub struct Chaos<L> {
    inner: L,
    asked_count: AtomicUsize,
    broken: Option<(usize, Failure)>,
}

impl<L> Chaos<L> {
    /// Nothing fails; questions are counted.
    pub fn none(inner: L) -> Self {
        Self { inner, asked_count: AtomicUsize::new(0), broken: None }
    }

    /// The `nth` question fails, counted from 1.
    pub fn nth(inner: L, nth: usize, failure: Failure) -> Self {
        Self { broken: Some((nth, failure)), ..Self::none(inner) }
    }

    /// How many questions were asked.
    pub fn asked_count(&self) -> usize {
        self.asked_count.load(Ordering::Relaxed)
    }
}

impl<L: Lookup + Sync> Lookup for Chaos<L> {
    async fn ask(&self, question: Question) -> Answer {
        let nth = self.asked_count.fetch_add(1, Ordering::Relaxed) + 1;
        match self.broken {
            Some((broken, failure)) if broken == nth => Answer::Failed(failure),
            _ => self.inner.ask(question).await,
        }
    }
}

/// Counts the requests, and lets one of them fail without fetching it.
#[derive(Debug)]
pub struct FetchChaos<F> {
    inner: F,
    asked_count: AtomicUsize,
    broken: Option<(usize, FetchFailure)>,
}

impl<F> FetchChaos<F> {
    /// Nothing fails; requests are counted.
    pub fn none(inner: F) -> Self {
        Self { inner, asked_count: AtomicUsize::new(0), broken: None }
    }

    /// The `nth` request fails, counted from 1.
    pub fn nth(inner: F, nth: usize, failure: FetchFailure) -> Self {
        Self { broken: Some((nth, failure)), ..Self::none(inner) }
    }

    /// How many requests were made.
    pub fn asked_count(&self) -> usize {
        self.asked_count.load(Ordering::Relaxed)
    }
}

impl<F: Fetch + Sync> Fetch for FetchChaos<F> {
    async fn fetch(&self, request: Request) -> Fetched {
        let nth = self.asked_count.fetch_add(1, Ordering::Relaxed) + 1;
        match self.broken {
            Some((broken, failure)) if broken == nth => Fetched::Failed(failure),
            _ => self.inner.fetch(request).await,
        }
    }
}
