//! The questions that were asked, in order.

use std::sync::{Mutex, PoisonError};

use crate::Lookup;
use crate::answer::Answer;
use crate::question::Question;

/// Keeps the list of questions in the order in which they were asked. Grows without a limit: for tests and tools.
#[derive(Debug)]
pub struct Log<L> {
    inner: L,
    questions: Mutex<Vec<Question>>,
}

impl<L> Log<L> {
    /// A log of what is asked of `inner`.
    pub fn new(inner: L) -> Self {
        Self { inner, questions: Mutex::new(Vec::new()) }
    }

    /// Whom the questions go to.
    pub fn inner(&self) -> &L {
        &self.inner
    }

    /// The questions so far.
    pub fn questions(&self) -> Vec<Question> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The questions so far, one a line: `example.jp TXT`.
    pub fn lines(&self) -> String {
        self.questions().iter().map(|question| format!("{question}\n")).collect()
    }
}

impl<L: Lookup + Sync> Lookup for Log<L> {
    async fn ask(&self, question: Question) -> Answer {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).push(question.clone());
        self.inner.ask(question).await
    }
}
