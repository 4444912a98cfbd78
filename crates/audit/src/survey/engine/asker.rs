//! The engine as an examination sees it: somebody who answers.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use lookup::{Answer, Failure, Lookup, Question};
use mailtext::Domain;

use super::desk;
use super::desk::{Boarded, Desk, FlightId};
use crate::limits::{SURVEY_DOMAIN_S_MAX, SURVEY_QUESTION_COUNT_MAX};

/// Whom one examination asks. Clones ask for the same examination.
///
/// [`Failure::Budget`] is the answer to what is not asked: names of the opt-out list, and what goes beyond
/// [`SURVEY_QUESTION_COUNT_MAX`] or [`SURVEY_DOMAIN_S_MAX`].
#[derive(Clone)]
pub struct Asker {
    shared: Arc<Mutex<Desk>>,
    asked: Arc<AtomicU32>,
    ends_us: u64,
    /// The name that is examined; `None`: answers are kept for others, whatever the name.
    own: Option<Domain>,
}

impl Asker {
    pub(super) fn new(shared: &Arc<Mutex<Desk>>, own: Domain) -> Self {
        let ends_us = desk(shared).now_us().saturating_add(SURVEY_DOMAIN_S_MAX * 1_000_000);
        Self { shared: Arc::clone(shared), asked: Arc::default(), ends_us, own: Some(own) }
    }

    /// The same examination's, for what it will ask once more.
    pub(super) fn for_all(&self) -> Self {
        Self { own: None, ..self.clone() }
    }

    fn is_own(&self, name: &Domain) -> bool {
        self.own.as_ref().is_some_and(|own| name.is_within(own))
    }
}

impl Lookup for Asker {
    fn ask(&self, question: Question) -> impl Future<Output = Answer> + Send {
        Asking { asker: self, stage: Stage::New(question) }
    }
}

struct Asking<'a> {
    asker: &'a Asker,
    stage: Stage,
}

enum Stage {
    New(Question),
    /// On its way; the number is the place of the waker.
    Seated(FlightId, usize),
    Over,
}

impl Future for Asking<'_> {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        let this = &mut *self;
        let mut desk = desk(&this.asker.shared);
        match std::mem::replace(&mut this.stage, Stage::Over) {
            Stage::New(question) => {
                desk.counts.asked += 1;
                let before = this.asker.asked.fetch_add(1, Ordering::Relaxed);
                if before >= SURVEY_QUESTION_COUNT_MAX || desk.now_us() >= this.asker.ends_us {
                    desk.counts.refused += 1;
                    return Poll::Ready(Answer::Failed(Failure::Budget));
                }
                let is_own = this.asker.is_own(&question.name);
                match desk.board(question, is_own, context.waker()) {
                    Boarded::Answered(answer) => return Poll::Ready(answer),
                    Boarded::Seated(flight, place) => this.stage = Stage::Seated(flight, place),
                }
            }
            Stage::Seated(flight, place) => match desk.landed(flight, place, context.waker()) {
                Some(answer) => return Poll::Ready(answer),
                None => this.stage = Stage::Seated(flight, place),
            },
            Stage::Over => {}
        }
        Poll::Pending
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if let Stage::Seated(flight, _) = self.stage {
            desk(&self.asker.shared).leave(flight);
        }
    }
}
