//! The questions of one piece of work: each is asked once, within a budget, and its answer is kept until the work ends.
//!
//! A memory over a [`Coalesce`](crate::coalesce::Coalesce) over a [`Budget`](crate::budget::Budget), in one table: work that
//! asks by the million finds the place of a question twice. There is no clock here, so nothing grows old: keep a [`Once`] no
//! longer than the work it serves. Caching for the TTL is the resolver's.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use foldhash::fast::RandomState;

use crate::Lookup;
use crate::answer::{Answer, Failure};
use crate::question::Question;

/// Asks each question once, as long as the budget lasts; what comes after that is [`Failure::Budget`] and is not asked.
#[derive(Debug)]
pub struct Once<L> {
    inner: L,
    question_count_max: usize,
    answer_bytes_max: usize,
    table: Mutex<Table>,
}

#[derive(Debug)]
struct Table {
    entries: HashMap<Question, Entry, RandomState>,
    question_count: usize,
    answer_bytes: usize,
}

/// What is known of a question.
#[derive(Debug)]
enum Entry {
    /// Somebody carries it; these wait, each at its place until the end.
    Flying(Vec<Waker>),
    Known(Answer),
}

enum Boarded {
    Answered(Answer),
    /// The caller has to carry it.
    Carries,
    Waits,
}

impl<L> Once<L> {
    /// At most `question_count_max` different questions, and `answer_bytes_max` bytes of answers, as
    /// [`Answer::size_bytes`] counts them. The answer that goes beyond the bytes is withheld, and nothing is asked after it.
    pub fn with_limits(inner: L, question_count_max: usize, answer_bytes_max: usize) -> Self {
        let entries = HashMap::with_capacity_and_hasher(USUAL_COUNT, RandomState::default());
        let table = Mutex::new(Table { entries, question_count: 0, answer_bytes: 0 });
        Self { inner, question_count_max, answer_bytes_max, table }
    }

    /// All answers, those that say [`Failure::Budget`] among them.
    pub fn into_answers(self) -> BTreeMap<Question, Answer> {
        self.known().collect()
    }

    /// The questions that failed, with the failure.
    pub fn into_failures(self) -> BTreeMap<Question, Failure> {
        let failed = self.known().filter_map(|(question, answer)| match answer {
            Answer::Failed(failure) => Some((question, failure)),
            _ => None,
        });
        failed.collect()
    }

    fn known(self) -> impl Iterator<Item = (Question, Answer)> {
        let table = self.table.into_inner().unwrap_or_else(PoisonError::into_inner);
        table.entries.into_iter().filter_map(|(question, entry)| match entry {
            Entry::Known(answer) => Some((question, answer)),
            Entry::Flying(_) => None,
        })
    }

    fn board(&self, question: &Question) -> Boarded {
        let mut table = lock(&self.table);
        match table.entries.get(question) {
            Some(Entry::Known(answer)) => return Boarded::Answered(answer.clone()),
            Some(Entry::Flying(_)) => return Boarded::Waits,
            None => {}
        }
        table.question_count += 1;
        if table.question_count > self.question_count_max || table.answer_bytes > self.answer_bytes_max {
            let refused = Answer::Failed(Failure::Budget);
            table.entries.insert(question.clone(), Entry::Known(refused.clone()));
            return Boarded::Answered(refused);
        }
        table.entries.insert(question.clone(), Entry::Flying(Vec::new()));
        Boarded::Carries
    }

    /// Waits until whoever carries the question has its answer, or has gone without one.
    fn poll_landed(
        &self,
        question: &Question,
        place: &mut Option<usize>,
        context: &Context<'_>,
    ) -> Poll<Option<Answer>> {
        let mut table = lock(&self.table);
        match table.entries.get_mut(question) {
            None => return Poll::Ready(None),
            Some(Entry::Known(answer)) => return Poll::Ready(Some(answer.clone())),
            Some(Entry::Flying(wakers)) => match place.and_then(|place| wakers.get_mut(place)) {
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

impl<L: Lookup + Sync> Lookup for Once<L> {
    async fn ask(&self, question: Question) -> Answer {
        loop {
            match self.board(&question) {
                Boarded::Answered(answer) => return answer,
                Boarded::Carries => {
                    let carrier = Carrier { once: self, question: Some(&question) };
                    let answer = self.inner.ask(question.clone()).await;
                    return carrier.land(answer);
                }
                Boarded::Waits => {
                    let mut place = None;
                    let landed = std::future::poll_fn(|context| self.poll_landed(&question, &mut place, context)).await;
                    if let Some(answer) = landed {
                        return answer;
                    }
                }
            }
        }
    }
}

/// Ends the flight when the carrier has the answer, or is dropped without it.
struct Carrier<'a, L> {
    once: &'a Once<L>,
    /// None: landed.
    question: Option<&'a Question>,
}

impl<L> Carrier<'_, L> {
    fn land(mut self, answer: Answer) -> Answer {
        let Some(question) = self.question.take() else { return answer };
        let mut table = lock(&self.once.table);
        let size_bytes = answer.size_bytes();
        table.answer_bytes = table.answer_bytes.saturating_add(size_bytes);
        let is_beyond = size_bytes > 0 && table.answer_bytes > self.once.answer_bytes_max;
        let answer = if is_beyond { Answer::Failed(Failure::Budget) } else { answer };
        let Some(entry) = table.entries.get_mut(question) else { return answer };
        let waiting = std::mem::replace(entry, Entry::Known(answer.clone()));
        drop(table);
        wake(waiting);
        answer
    }
}

impl<L> Drop for Carrier<'_, L> {
    fn drop(&mut self) {
        let Some(question) = self.question else { return };
        // First off the table, then awake: whoever wakes without an answer finds nobody who carries, and does it.
        let gone = {
            let mut table = lock(&self.once.table);
            table.question_count = table.question_count.saturating_sub(1);
            table.entries.remove(question)
        };
        gone.into_iter().for_each(wake);
    }
}

fn wake(entry: Entry) {
    if let Entry::Flying(wakers) = entry {
        wakers.into_iter().for_each(Waker::wake);
    }
}

fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the table holds before it grows: the questions of a survey about one name.
const USUAL_COUNT: usize = 28;
