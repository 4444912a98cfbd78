//! Equal questions on their way are asked once.
//!
//! The exchange runs in a task of its own: whoever asked first may go away without taking the answer from the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;
use lookup::{Answer, Failure, Question};
use tokio::sync::oneshot;

/// The questions on their way.
#[derive(Default)]
pub(super) struct Flights {
    by_question: Mutex<Waiting>,
}

/// Who waits for each question.
type Waiting = HashMap<Question, Vec<oneshot::Sender<Answer>>, RandomState>;

/// A question that is about to be answered.
pub(super) struct Seat(oneshot::Receiver<Answer>);

/// The duty to answer. Dropped without an answer – the task was ended, or panicked – it tells the others that none came.
pub(super) struct Pilot {
    flights: Arc<Flights>,
    question: Question,
    has_landed: bool,
}

impl Flights {
    /// Takes a seat; with the duty to answer for whoever is first.
    pub(super) fn board(self: &Arc<Self>, question: Question) -> (Seat, Option<Pilot>) {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.waiting();
        if let Some(others) = waiting.get_mut(&question) {
            others.push(sender);
            return (Seat(receiver), None);
        }
        waiting.insert(question.clone(), vec![sender]);
        (Seat(receiver), Some(Pilot { flights: Arc::clone(self), question, has_landed: false }))
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.by_question.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    pub(super) async fn answer(self) -> Answer {
        self.0.await.unwrap_or(Answer::Failed(Failure::Unreachable))
    }
}

impl Pilot {
    /// What is to be answered.
    pub(super) fn question(&self) -> &Question {
        &self.question
    }

    /// Answers everybody. The answer is in the cache by now: who comes later finds it there.
    pub(super) fn land(mut self, answer: &Answer) {
        let waiting = self.flights.waiting().remove(&self.question);
        self.has_landed = true;
        for seat in waiting.into_iter().flatten() {
            // Whoever asked may have gone.
            let _ = seat.send(answer.clone());
        }
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        // After the landing the question may be on its way again, with another pilot.
        if !self.has_landed {
            self.flights.waiting().remove(&self.question);
        }
    }
}

#[cfg(test)]
mod tests {
    use lookup::Kind;
    use mailtext::Domain;

    use super::*;

    #[tokio::test]
    async fn who_has_landed_takes_nobody_else_down() {
        let flights = Arc::new(Flights::default());
        let question = Question::new(Domain::parse("example.jp").unwrap(), Kind::A);
        let answer = Answer::Failed(Failure::ServFail);
        let (first, pilot) = flights.board(question.clone());
        pilot.unwrap().land(&answer);
        let (second, pilot) = flights.board(question.clone());
        assert_eq!(first.answer().await, answer);
        let (third, none) = flights.board(question);
        assert!(none.is_none(), "the second is on its way");
        pilot.unwrap().land(&answer);
        assert_eq!((second.answer().await, third.answer().await), (answer.clone(), answer));
    }

    #[tokio::test]
    async fn a_pilot_that_never_lands_leaves_nobody_waiting() {
        let flights = Arc::new(Flights::default());
        let question = Question::new(Domain::parse("example.jp").unwrap(), Kind::A);
        let (first, pilot) = flights.board(question.clone());
        let (second, none) = flights.board(question.clone());
        assert!(pilot.is_some() && none.is_none());
        drop(first);
        drop(pilot);
        assert_eq!(second.answer().await, Answer::Failed(Failure::Unreachable));
        assert!(flights.board(question.clone()).1.is_some(), "the next one flies again");
    }
}
