//! DNS as it is on a bad day: answers come late and in any order, get lost, or are failures.

use std::collections::BTreeMap;
use std::future::{Future as _, pending, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use lookup::coalesce::Coalesce;
use lookup::{Answer, Failure, Lookup, Question, Zone};

use crate::clock::Clock;
use crate::dice::Dice;
use crate::faults::DnsFaults;
use crate::limits::{MESSAGE_DNS_US, UPSTREAM_TIMEOUT_US};

/// The servers out there.
#[derive(Debug)]
pub struct Upstream {
    zone: Arc<Zone>,
    clock: Clock,
    seed: u64,
    /// Whose it is: each session's own, or all sessions'.
    scope: String,
    faults: DnsFaults,
    /// How often each question came.
    asked: Mutex<BTreeMap<Question, u32>>,
}

/// What becomes of a question.
enum Fate {
    Answered {
        after_us: u64,
    },
    Failed {
        after_us: u64,
        failure: Failure,
    },
    /// Nobody ever answers, and nobody says so.
    Hangs,
}

impl Upstream {
    /// Servers that hold this zone.
    #[must_use]
    pub fn new(zone: Arc<Zone>, clock: Clock, seed: u64, scope: String, faults: DnsFaults) -> Self {
        Self { zone, clock, seed, scope, faults, asked: Mutex::default() }
    }

    fn fate(&self, question: &Question) -> Fate {
        let time = {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            let count = asked.entry(question.clone()).or_default();
            *count += 1;
            *count
        };
        let now_us = self.clock.now_us();
        if self.faults.down_us.is_some_and(|(from_us, until_us)| (from_us..until_us).contains(&now_us)) {
            return Fate::Failed { after_us: UPSTREAM_TIMEOUT_US, failure: Failure::Timeout };
        }
        let mut dice = Dice::new(self.seed, &["dns", &self.scope, &question.to_string(), &time.to_string()]);
        let faults = self.faults;
        let slow = dice.happens(faults.slow_per_mille);
        let after_us = if slow { dice.between(500_000, 6_000_000) } else { dice.between(0, faults.usual_delay_us) };
        if dice.happens(faults.failing_per_mille) {
            let failure = dice.pick(&[Failure::ServFail, Failure::Refused, Failure::Bogus, Failure::Truncated]);
            return Fate::Failed { after_us, failure };
        }
        if dice.happens(faults.lost_per_mille) {
            let is_told = dice.happens(700);
            let told = Fate::Failed { after_us: UPSTREAM_TIMEOUT_US, failure: Failure::Timeout };
            return if is_told { told } else { Fate::Hangs };
        }
        Fate::Answered { after_us }
    }
}

impl Lookup for Upstream {
    async fn ask(&self, question: Question) -> Answer {
        let began_us = self.clock.now_us();
        match self.fate(&question) {
            Fate::Answered { after_us } => {
                self.clock.sleep_until(began_us + after_us).await;
                self.zone.ask(question).await
            }
            Fate::Failed { after_us, failure } => {
                self.clock.sleep_until(began_us + after_us).await;
                Answer::Failed(failure)
            }
            Fate::Hangs => pending().await,
        }
    }
}

/// What one message asks with: a time after which it waits no more, and a witness of failures.
#[derive(Clone, Debug)]
pub struct Timed {
    upstream: Arc<Coalesce<Upstream>>,
    clock: Clock,
    ends_us: u64,
    failures: Arc<Failures>,
}

/// How many questions of a message were not answered.
#[derive(Debug, Default)]
pub struct Failures {
    /// All of them.
    pub all: AtomicU32,
    /// Those that were asked when the message's time was up, or nearly so: the MTA was slow.
    pub late: AtomicU32,
}

impl Timed {
    /// A budget of time that begins now. Failures that the zone knows nothing of are counted.
    #[must_use]
    pub fn new(upstream: Arc<Coalesce<Upstream>>, clock: Clock, failures: Arc<Failures>) -> Self {
        let ends_us = clock.now_us() + MESSAGE_DNS_US;
        Self { upstream, clock, ends_us, failures }
    }
}

impl Lookup for Timed {
    async fn ask(&self, question: Question) -> Answer {
        let began_us = self.clock.now_us();
        let answer = if began_us >= self.ends_us {
            Answer::Failed(Failure::Budget)
        } else {
            let mut answer = pin!(self.upstream.ask(question));
            let mut end = pin!(self.clock.sleep_until(self.ends_us));
            poll_fn(|context| match (answer.as_mut().poll(context), end.as_mut().poll(context)) {
                (Poll::Ready(answer), _) => Poll::Ready(answer),
                (Poll::Pending, Poll::Ready(())) => Poll::Ready(Answer::Failed(Failure::Timeout)),
                (Poll::Pending, Poll::Pending) => Poll::Pending,
            })
            .await
        };
        if matches!(answer, Answer::Failed(_)) {
            self.failures.all.fetch_add(1, Ordering::Relaxed);
            let was_late = began_us + UPSTREAM_TIMEOUT_US > self.ends_us;
            self.failures.late.fetch_add(u32::from(was_late), Ordering::Relaxed);
        }
        answer
    }
}
