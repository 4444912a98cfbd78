//! Memory, coalescing, budgets, chaos, log.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use futures_util::future::join_all;
use sekisho_lookup::budget::Budget;
use sekisho_lookup::chaos::Chaos;
use sekisho_lookup::coalesce::Coalesce;
use sekisho_lookup::limits::{BUDGET_ANSWER_BYTES_MAX, BUDGET_QUESTION_COUNT_MAX};
use sekisho_lookup::log::Log;
use sekisho_lookup::once::Once;
use sekisho_lookup::tape::Tape;
use sekisho_lookup::{Answer, Data, Failure, Lookup, Question, Zone};
use testkit::{block_on, domain, zone};

fn txt(name: &str) -> Question {
    Question::txt(domain(name))
}

fn word(lookup: &impl Lookup, name: &str) -> &'static str {
    block_on(lookup.ask(txt(name))).word()
}

fn world() -> Zone {
    zone("a TXT xxxx\nb TXT yyyy\nc TXT zzzz\n;! down TXT timeout\n")
}

/// Answers when it is let go.
#[derive(Default)]
struct Gate(Mutex<(bool, Vec<Waker>)>);

impl Gate {
    fn open(&self) {
        let mut state = self.0.lock().expect("no panic while it was held");
        state.0 = true;
        state.1.drain(..).for_each(Waker::wake);
    }
}

impl Lookup for Gate {
    async fn ask(&self, question: Question) -> Answer {
        poll_fn(|context| {
            let mut state = self.0.lock().expect("no panic while it was held");
            if state.0 {
                return Poll::Ready(());
            }
            state.1.push(context.waker().clone());
            Poll::Pending
        })
        .await;
        world().answer(&question)
    }
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_budget_of_questions_at_below_and_above() {
    for (count_max, last) in [(2, "budget"), (3, "records"), (4, "records")] {
        let log = Log::new(world());
        let budget = Budget::with_limits(&log, count_max, 100);
        assert_eq!((word(&budget, "a"), word(&budget, "b"), word(&budget, "c")), ("records", "records", last));
        assert_eq!(budget.question_count(), 3);
        assert_eq!(log.questions().len(), count_max.min(3));
    }
}

#[test]
fn a_budget_of_bytes_at_below_and_above() {
    for (bytes_max, second) in [(7, "budget"), (8, "records"), (9, "records")] {
        let budget = Budget::with_limits(world(), 100, bytes_max);
        assert_eq!((word(&budget, "a"), word(&budget, "b")), ("records", second));
        assert_eq!(budget.answer_bytes(), 8);
        assert_eq!(word(&budget, "c"), "budget");
    }
    let exact = Budget::with_limits(world(), 100, 4);
    assert_eq!((word(&exact, "a"), word(&exact, "no"), word(&exact, "b")), ("records", "nxdomain", "budget"));
    assert_eq!(word(&exact, "no"), "budget");
}

#[test]
fn the_limits_that_are_not_told_are_the_crates() {
    let names = |count: usize| (0..count).map(|number| format!("n{number}"));
    let budget = Budget::new(world());
    assert!(names(BUDGET_QUESTION_COUNT_MAX).all(|name| word(&budget, &name) == "nxdomain"));
    assert_eq!(word(&budget, "a"), "budget");
    let mut zone = Zone::new();
    zone.add(&domain("half"), Data::txt(vec![b'x'; BUDGET_ANSWER_BYTES_MAX / 2]), 1).add(
        &domain("a"),
        Data::txt("x"),
        1,
    );
    let budget = Budget::new(zone);
    assert_eq!((word(&budget, "half"), word(&budget, "half"), word(&budget, "a")), ("records", "records", "budget"));
}

#[test]
fn once_is_once_whoever_asks_and_whoever_leaves() {
    let log = Log::new(Gate::default());
    let once = Once::with_limits(&log, 9, 100);
    let mut first = Box::pin(once.ask(txt("a")));
    let mut others = Box::pin(join_all(["a", "b", "a"].map(|name| once.ask(txt(name)))));
    assert!(poll_once(first.as_mut()).is_pending());
    assert!(poll_once(others.as_mut()).is_pending());
    assert_eq!(log.lines(), "a TXT\nb TXT\n");
    drop(first);
    // block_on panics when nobody wakes: one of those who wait has to carry the question now.
    log.inner().open();
    assert_eq!(block_on(others).iter().map(Answer::word).collect::<Vec<_>>(), ["records"; 3]);
    assert_eq!((word(&once, "a"), word(&once, "b"), word(&once, "no")), ("records", "records", "nxdomain"));
    assert_eq!(log.lines(), "a TXT\nb TXT\na TXT\nno TXT\n");
    let answers = once.into_answers();
    let told: Vec<_> = answers.iter().map(|(question, answer)| (question.name.as_str(), answer.word())).collect();
    assert_eq!(told, [("a", "records"), ("b", "records"), ("no", "nxdomain")]);
}

#[test]
fn once_has_the_budgets_limits() {
    for (count_max, last) in [(2, "budget"), (3, "records"), (4, "records")] {
        let log = Log::new(world());
        let once = Once::with_limits(&log, count_max, 100);
        assert_eq!((word(&once, "a"), word(&once, "a"), word(&once, "b")), ("records", "records", "records"));
        assert_eq!((word(&once, "c"), word(&once, "c"), word(&once, "a")), (last, last, "records"), "{count_max}");
        assert_eq!(log.questions().len(), count_max.min(3));
        let failed = once.into_failures();
        assert_eq!(failed.values().collect::<Vec<_>>(), if last == "budget" { vec![&Failure::Budget] } else { vec![] });
    }
    for (bytes_max, second) in [(7, "budget"), (8, "records"), (9, "records")] {
        let once = Once::with_limits(world(), 100, bytes_max);
        assert_eq!((word(&once, "a"), word(&once, "b"), word(&once, "b")), ("records", second, second));
        let beyond = if bytes_max == 8 { "nxdomain" } else { "budget" };
        assert_eq!(word(&once, "no"), if bytes_max == 9 { "nxdomain" } else { beyond }, "{bytes_max}");
    }
    let once = Once::with_limits(world(), 9, 100);
    assert_eq!((word(&once, "down"), word(&once, "a")), ("timeout", "records"));
    assert_eq!(once.into_failures().into_iter().collect::<Vec<_>>(), [(txt("down"), Failure::Timeout)]);
}

#[test]
fn chaos_breaks_one_question() {
    let chaos = Chaos::nth(world(), 2, Failure::Malformed);
    assert_eq!((word(&chaos, "a"), word(&chaos, "a"), word(&chaos, "a")), ("records", "malformed", "records"));
    assert_eq!(chaos.asked_count(), 3);
}

#[test]
fn equal_questions_in_flight_are_asked_once() {
    let log = Log::new(Gate::default());
    // The gate is inside the log, so it is opened through a second future.
    let coalesce = Coalesce::new(&log);
    let mut all = pin!(join_all(["a", "a", "b", "a"].map(|name| coalesce.ask(txt(name)))));
    assert!(poll_once(all.as_mut()).is_pending());
    assert_eq!(log.lines(), "a TXT\nb TXT\n");
    assert_eq!(coalesce.in_flight_count(), 2);
    log.inner().open();
    let words = block_on(all).iter().map(Answer::word).collect::<Vec<_>>();
    assert_eq!(words, ["records"; 4]);
    assert_eq!((coalesce.in_flight_count(), log.questions().len()), (0, 2));
    assert_eq!(word(&coalesce, "a"), "records");
    assert_eq!(log.questions().len(), 3);
}

#[test]
fn the_first_asker_may_go_away() {
    let log = Log::new(Gate::default());
    let coalesce = Coalesce::new(&log);
    let mut first = Box::pin(coalesce.ask(txt("a")));
    let mut second = Box::pin(coalesce.ask(txt("a")));
    let mut third = Box::pin(coalesce.ask(txt("a")));
    assert!(poll_once(first.as_mut()).is_pending());
    assert!(poll_once(second.as_mut()).is_pending());
    assert!(poll_once(third.as_mut()).is_pending());
    drop(first);
    assert_eq!(coalesce.in_flight_count(), 0);
    assert!(poll_once(third.as_mut()).is_pending());
    assert!(poll_once(second.as_mut()).is_pending());
    assert_eq!(log.lines(), "a TXT\na TXT\n");
    drop(second);
    log.inner().open();
    assert_eq!(block_on(third).word(), "records");
    assert_eq!((coalesce.in_flight_count(), log.questions().len()), (0, 2));
}

#[test]
fn a_waiting_asker_is_woken_by_the_one_that_leaves() {
    let log = Log::new(Gate::default());
    let coalesce = Coalesce::new(&log);
    let mut first = Some(Box::pin(coalesce.ask(txt("a"))));
    assert!(first.as_mut().is_some_and(|first| poll_once(first.as_mut()).is_pending()));
    let mut second = pin!(coalesce.ask(txt("a")));
    // block_on panics when nobody wakes the future: the waker must have been called by the drop.
    let answer = block_on(poll_fn(|context| {
        let polled = second.as_mut().poll(context);
        if first.take().is_some() {
            assert!(polled.is_pending());
            log.inner().open();
        }
        polled
    }));
    assert_eq!(answer.word(), "records");
    assert_eq!(log.questions().len(), 2);
}

#[test]
fn coalescing_between_threads() {
    let log = Log::new(world());
    let coalesce = Coalesce::new(&log);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..500 {
                    let name = ["a", "b", "c", "no"][round % 4];
                    let expected = if name == "no" { "nxdomain" } else { "records" };
                    assert_eq!(word(&coalesce, name), expected);
                }
            });
        }
    });
    assert_eq!(coalesce.in_flight_count(), 0);
}

#[test]
fn all_wrappers_stack_and_their_futures_are_send() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let stack = Tape::new(Budget::new(Coalesce::new(Chaos::none(Log::new(world())))));
    let stack = Once::with_limits(stack, 9, 100);
    assert_eq!(block_on(is_send(stack.ask(txt("a")))).word(), "records");
    assert_eq!(block_on(is_send((&&stack).ask(txt("a")))).word(), "records");
    assert_eq!(block_on(is_send(std::sync::Arc::new(stack).ask(txt("a")))).word(), "records");
}
