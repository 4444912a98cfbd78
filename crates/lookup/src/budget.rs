//! What one message may ask: so many questions, so many bytes of answers; so many documents, so many bytes of them.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Lookup;
use crate::answer::{Answer, Failure};
use crate::fetch::{Fetch, FetchFailure, Fetched, Request};
use crate::limits::{
    BUDGET_ANSWER_BYTES_MAX, BUDGET_DOCUMENT_BYTES_MAX, BUDGET_FETCH_COUNT_MAX, BUDGET_QUESTION_COUNT_MAX,
};
use crate::question::Question;

/// Lets through the questions of a budget; the next are [`Failure::Budget`] and are not asked.
#[derive(Debug)]
pub struct Budget<L> {
    inner: L,
    question_count_max: usize,
    answer_bytes_max: usize,
    question_count: AtomicUsize,
    answer_bytes: AtomicUsize,
}

impl<L> Budget<L> {
    /// A budget of [`BUDGET_QUESTION_COUNT_MAX`] and [`BUDGET_ANSWER_BYTES_MAX`].
    pub fn new(inner: L) -> Self {
        Self::with_limits(inner, BUDGET_QUESTION_COUNT_MAX, BUDGET_ANSWER_BYTES_MAX)
    }

    /// A budget of `question_count_max` questions and `answer_bytes_max` bytes of answers, as [`Answer::size_bytes`]
    /// counts them. The answer that goes beyond the bytes is withheld, and so are all later ones with records.
    pub fn with_limits(inner: L, question_count_max: usize, answer_bytes_max: usize) -> Self {
        Self {
            inner,
            question_count_max,
            answer_bytes_max,
            question_count: AtomicUsize::new(0),
            answer_bytes: AtomicUsize::new(0),
        }
    }

    /// How many questions came, those beyond the budget included.
    pub fn question_count(&self) -> usize {
        self.question_count.load(Ordering::Relaxed)
    }

    /// How many bytes of answers came, those withheld included.
    pub fn answer_bytes(&self) -> usize {
        self.answer_bytes.load(Ordering::Relaxed)
    }
}

impl<L: Lookup + Sync> Lookup for Budget<L> {
    async fn ask(&self, question: Question) -> Answer {
        let before = self.question_count.fetch_add(1, Ordering::Relaxed);
        if before >= self.question_count_max || self.answer_bytes() > self.answer_bytes_max {
            return Answer::Failed(Failure::Budget);
        }
        let answer = self.inner.ask(question).await;
        let size_bytes = answer.size_bytes();
        let total_bytes = self.answer_bytes.fetch_add(size_bytes, Ordering::Relaxed).saturating_add(size_bytes);
        if size_bytes > 0 && total_bytes > self.answer_bytes_max {
            return Answer::Failed(Failure::Budget);
        }
        answer
    }
}

/// Lets through the requests of a budget; the next are [`FetchFailure::Budget`] and are not made.
#[derive(Debug)]
pub struct FetchBudget<F> {
    inner: F,
    fetch_count_max: usize,
    document_bytes_max: usize,
    fetch_count: AtomicUsize,
    document_bytes: AtomicUsize,
}

impl<F> FetchBudget<F> {
    /// A budget of [`BUDGET_FETCH_COUNT_MAX`] and [`BUDGET_DOCUMENT_BYTES_MAX`].
    pub fn new(inner: F) -> Self {
        Self::with_limits(inner, BUDGET_FETCH_COUNT_MAX, BUDGET_DOCUMENT_BYTES_MAX)
    }

    /// A budget of `fetch_count_max` requests and `document_bytes_max` bytes, as [`Fetched::size_bytes`] counts them.
    /// The document that goes beyond the bytes is withheld, and so is whatever is asked after it.
    pub fn with_limits(inner: F, fetch_count_max: usize, document_bytes_max: usize) -> Self {
        Self {
            inner,
            fetch_count_max,
            document_bytes_max,
            fetch_count: AtomicUsize::new(0),
            document_bytes: AtomicUsize::new(0),
        }
    }

    /// How many requests came, those beyond the budget included.
    pub fn fetch_count(&self) -> usize {
        self.fetch_count.load(Ordering::Relaxed)
    }

    /// How many bytes of documents came, those withheld included.
    pub fn document_bytes(&self) -> usize {
        self.document_bytes.load(Ordering::Relaxed)
    }
}

impl<F: Fetch + Sync> Fetch for FetchBudget<F> {
    async fn fetch(&self, request: Request) -> Fetched {
        let before = self.fetch_count.fetch_add(1, Ordering::Relaxed);
        if before >= self.fetch_count_max || self.document_bytes() > self.document_bytes_max {
            return Fetched::Failed(FetchFailure::Budget);
        }
        let fetched = self.inner.fetch(request).await;
        let size_bytes = fetched.size_bytes();
        let total_bytes = self.document_bytes.fetch_add(size_bytes, Ordering::Relaxed).saturating_add(size_bytes);
        if size_bytes > 0 && total_bytes > self.document_bytes_max {
            return Fetched::Failed(FetchFailure::Budget);
        }
        fetched
    }
}
