//! Equal questions in flight are asked once.
//!
//! The first asker carries the question; the others wait for its answer. When the first goes away before the answer
//! came, one of the others carries the question anew: nobody waits for somebody who left.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use foldhash::fast::RandomState;

use crate::Lookup;
use crate::answer::Answer;
use crate::question::Question;

/// Asks `inner` once for all who ask the same at the same time.
#[derive(Debug)]
pub struct Coalesce<L> {
    inner: L,
    flights: Mutex<HashMap<Question, Arc<Flight>, RandomState>>,
}

impl<L> Coalesce<L> {
    /// Coalesces the questions to `inner`.
    pub fn new(inner: L) -> Self {
        Self { inner, flights: Mutex::default() }
    }

    /// How many different questions are in flight.
    pub fn in_flight_count(&self) -> usize {
        lock(&self.flights).len()
    }

    /// The flight of a question; the second is whether the caller has to carry it.
    fn board(&self, question: &Question) -> (Arc<Flight>, bool) {
        let mut flights = lock(&self.flights);
        if let Some(flight) = flights.get(question) {
            return (Arc::clone(flight), false);
        }
        let flight = Arc::new(Flight::default());
        flights.insert(question.clone(), Arc::clone(&flight));
        (flight, true)
    }
}

impl<L: Lookup + Sync> Lookup for Coalesce<L> {
    async fn ask(&self, question: Question) -> Answer {
        loop {
            let (flight, carries) = self.board(&question);
            if carries {
                let mut carrier = Carrier { flights: &self.flights, question: &question, flight, answer: None };
                let answer = self.inner.ask(question.clone()).await;
                carrier.answer = Some(answer.clone());
                return answer;
            }
            if let Some(answer) = flight.landed().await {
                return answer;
            }
        }
    }
}

/// One question on its way.
#[derive(Debug, Default)]
struct Flight(Mutex<State>);

#[derive(Debug)]
enum State {
    /// Who waits; a place is kept for each future until the flight ends.
    Flying(Vec<Waker>),
    /// The answer, or that the carrier went away without one.
    Ended(Option<Answer>),
}

impl Default for State {
    fn default() -> Self {
        Self::Flying(Vec::new())
    }
}

impl Flight {
    /// Waits for the end of the flight.
    async fn landed(&self) -> Option<Answer> {
        let mut place = None;
        std::future::poll_fn(|context| self.poll(&mut place, context)).await
    }

    fn poll(&self, place: &mut Option<usize>, context: &Context<'_>) -> Poll<Option<Answer>> {
        match &mut *lock(&self.0) {
            State::Ended(answer) => return Poll::Ready(answer.clone()),
            State::Flying(wakers) => match place.and_then(|place| wakers.get_mut(place)) {
                Some(waker) => waker.clone_from(context.waker()),
                None => {
                    *place = Some(wakers.len());
                    wakers.push(context.waker().clone());
                }
            },
        }
        Poll::Pending
    }
}

/// Ends the flight when the carrier has the answer, or is dropped without it.
struct Carrier<'a> {
    flights: &'a Mutex<HashMap<Question, Arc<Flight>, RandomState>>,
    question: &'a Question,
    flight: Arc<Flight>,
    answer: Option<Answer>,
}

impl Drop for Carrier<'_> {
    fn drop(&mut self) {
        // First off the table, then awake: whoever wakes without an answer finds no flight and carries its own.
        lock(self.flights).remove(self.question);
        let ended = std::mem::replace(&mut *lock(&self.flight.0), State::Ended(self.answer.take()));
        if let State::Flying(wakers) = ended {
            wakers.into_iter().for_each(Waker::wake);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
