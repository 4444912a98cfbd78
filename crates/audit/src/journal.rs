//! Everything that was asked, with its answer: equal questions once, and no more than [`QUESTION_COUNT_MAX`].

use std::collections::BTreeMap;

use lookup::fetch::{Fetch, Fetched, Request};
use lookup::once::Once;
use lookup::{Answer, Lookup, Question};
use mailtext::Domain;

use crate::draft::Draft;
use crate::limits::QUESTION_COUNT_MAX;
use crate::world::{Greeting, Servers, World};

/// The world as one audit sees it: drafts over what is published, and every answer written down.
pub struct Journal<'w, W> {
    world: &'w W,
    lookup: Once<&'w W>,
    drafts: &'w [Draft],
}

impl<'w, W: World> Journal<'w, W> {
    /// An empty journal over `world`, with `drafts` in place of what is published.
    pub fn new(world: &'w W, drafts: &'w [Draft]) -> Self {
        let lookup = Once::with_limits(world, QUESTION_COUNT_MAX, lookup::limits::BUDGET_ANSWER_BYTES_MAX);
        Self { world, lookup, drafts }
    }

    /// What was asked and answered, in the order of the names.
    #[must_use]
    pub fn into_answers(self) -> BTreeMap<Question, Answer> {
        let drafts = self.drafts;
        let over = |(question, answer)| {
            let answer = with(drafts, &question, answer);
            (question, answer)
        };
        self.lookup.into_answers().into_iter().map(over).collect()
    }
}

impl<W: World> Lookup for Journal<'_, W> {
    async fn ask(&self, question: Question) -> Answer {
        let published = self.lookup.ask(question.clone()).await;
        with(self.drafts, &question, published)
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

/// The answer as it would be with the drafts published.
fn with(drafts: &[Draft], question: &Question, published: Answer) -> Answer {
    drafts.iter().fold(published, |answer, draft| draft.over(question, answer))
}
