//! Everything that was asked, with its answer: equal questions once, and no more than [`QUESTION_COUNT_MAX`].

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use lookup::budget::Budget;
use lookup::coalesce::Coalesce;
use lookup::fetch::{Fetch, Fetched, Request};
use lookup::memo::Memo;
use lookup::{Answer, Lookup, Question};
use mailtext::Domain;

use crate::draft::Draft;
use crate::limits::QUESTION_COUNT_MAX;
use crate::world::{Greeting, Servers, World};

/// The world as one audit sees it: drafts over what is published, and every answer written down.
pub struct Journal<'w, W> {
    world: &'w W,
    lookup: Memo<Coalesce<Budget<&'w W>>>,
    drafts: &'w [Draft],
    answers: Mutex<BTreeMap<Question, Answer>>,
}

impl<'w, W: World> Journal<'w, W> {
    /// An empty journal over `world`, with `drafts` in place of what is published.
    pub fn new(world: &'w W, drafts: &'w [Draft]) -> Self {
        let budget = Budget::with_limits(world, QUESTION_COUNT_MAX, lookup::limits::BUDGET_ANSWER_BYTES_MAX);
        Self { world, lookup: Memo::new(Coalesce::new(budget)), drafts, answers: Mutex::default() }
    }

    /// What was asked and answered, in the order of the names.
    #[must_use]
    pub fn into_answers(self) -> BTreeMap<Question, Answer> {
        self.answers.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: World> Lookup for Journal<'_, W> {
    async fn ask(&self, question: Question) -> Answer {
        let published = self.lookup.ask(question.clone()).await;
        let answer = self.drafts.iter().fold(published, |answer, draft| draft.over(&question, answer));
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(question, answer.clone());
        answer
    }
}

impl<W: World> Fetch for Journal<'_, W> {
    fn fetch(&self, request: Request) -> impl Future<Output = Fetched> + Send {
        self.world.fetch(request)
    }
}

impl<W: World> World for Journal<'_, W> {
    async fn ask_servers(&self, question: &Question) -> Servers {
        // What is not published yet is at no server.
        if self.drafts.iter().any(|draft| draft.question() == question) {
            return Servers::NotAsked;
        }
        self.world.ask_servers(question).await
    }

    fn greet(&self, host: &Domain) -> impl Future<Output = Greeting> + Send {
        self.world.greet(host)
    }
}
