//! Equal questions on their way are asked once.
//!
//! The exchange runs in a task of its own: whoever asked first may go away without taking the answer from the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::quality::RandomState;
use lookup::{Answer, Failure, Question};
use tokio::sync::watch;

/// The questions on their way.
#[derive(Default)]
pub(super) struct Flights {
    by_question: Mutex<HashMap<Question, watch::Receiver<Option<Answer>>, RandomState>>,
}

/// A question that is about to be answered.
pub(super) struct Seat(watch::Receiver<Option<Answer>>);

/// The duty to answer. Dropped without an answer – the task was ended, or panicked – it tells the others that none came.
pub(super) struct Pilot {
    flights: Arc<Flights>,
    question: Question,
    sender: watch::Sender<Option<Answer>>,
}

impl Flights {
    /// Takes a seat; with the duty to answer for whoever is first.
    pub(super) fn board(self: &Arc<Self>, question: &Question) -> (Seat, Option<Pilot>) {
        let mut by_question = self.by_question.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(receiver) = by_question.get(question) {
            return (Seat(receiver.clone()), None);
        }
        let (sender, receiver) = watch::channel(None);
        by_question.insert(question.clone(), receiver.clone());
        (Seat(receiver), Some(Pilot { flights: Arc::clone(self), question: question.clone(), sender }))
    }
}

impl Seat {
    pub(super) async fn answer(mut self) -> Answer {
        let answer = self.0.wait_for(Option::is_some).await.ok().and_then(|answer| (*answer).clone());
        answer.unwrap_or(Answer::Failed(Failure::Unreachable))
    }
}

impl Pilot {
    /// Answers everybody. The answer is in the cache by now: who comes later finds it there.
    pub(super) fn land(self, answer: Answer) {
        self.sender.send_replace(Some(answer));
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        self.flights.by_question.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.question);
    }
}

#[cfg(test)]
mod tests {
    use lookup::Kind;
    use mailtext::Domain;

    use super::*;

    #[tokio::test]
    async fn a_pilot_that_never_lands_leaves_nobody_waiting() {
        let flights = Arc::new(Flights::default());
        let question = Question::new(Domain::parse("example.jp").unwrap(), Kind::A);
        let (first, pilot) = flights.board(&question);
        let (second, none) = flights.board(&question);
        assert!(pilot.is_some() && none.is_none());
        drop(first);
        drop(pilot);
        assert_eq!(second.answer().await, Answer::Failed(Failure::Unreachable));
        assert!(flights.board(&question).1.is_some(), "the next one flies again");
    }
}
