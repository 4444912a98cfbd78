//! Memory for one message or one run: what was answered once is not asked again.
//!
//! There is no clock here, so nothing grows old: keep a [`Memo`] no longer than the work it serves. Caching for the TTL
//! is the resolver's.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;

use crate::Lookup;
use crate::answer::Answer;
use crate::limits::{MEMO_ANSWER_COUNT_MAX, MEMO_BYTES_MAX};
use crate::question::Question;

/// Remembers answers, failures too, until it is full; then it goes on asking and remembers no more.
#[derive(Debug)]
pub struct Memo<L> {
    inner: L,
    count_max: usize,
    bytes_max: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<Question, Answer, RandomState>,
    bytes: usize,
}

impl<L> Memo<L> {
    /// A memory of the answers of `inner`, within [`MEMO_ANSWER_COUNT_MAX`] and [`MEMO_BYTES_MAX`].
    pub fn new(inner: L) -> Self {
        Self::with_limits(inner, MEMO_ANSWER_COUNT_MAX, MEMO_BYTES_MAX)
    }

    /// A memory of at most `count_max` answers of at most `bytes_max` bytes together, as [`Answer::size_bytes`] and
    /// the names asked count them.
    pub fn with_limits(inner: L, count_max: usize, bytes_max: usize) -> Self {
        Self { inner, count_max, bytes_max, kept: Mutex::default() }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.kept() = Kept::default();
    }

    /// How many answers are remembered.
    pub fn count(&self) -> usize {
        self.kept().answers.len()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, question: Question, answer: &Answer) {
        let mut kept = self.kept();
        let bytes = kept.bytes.saturating_add(question.name.as_str().len() + answer.size_bytes());
        // Two may have asked the same at the same time; the first answer stays, its bytes are counted once.
        if kept.answers.len() < self.count_max && bytes <= self.bytes_max && !kept.answers.contains_key(&question) {
            kept.bytes = bytes;
            kept.answers.insert(question, answer.clone());
        }
    }
}

impl<L: Lookup + Sync> Lookup for Memo<L> {
    async fn ask(&self, question: Question) -> Answer {
        let known = self.kept().answers.get(&question).cloned();
        if let Some(answer) = known {
            return answer;
        }
        let answer = self.inner.ask(question.clone()).await;
        self.keep(question, &answer);
        answer
    }
}
