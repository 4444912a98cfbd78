//! The resolver: asks recursive DNS servers, and is the [`Lookup`] of everything that runs against the real world.
//!
//! A question passes, in this order: the cache; an equal question on its way; then, in a task of its own, the servers
//! (`exchange`), over UDP (`udp`) and after truncation over TCP (`tcp`). It does not recurse and does not validate: that
//! is the work of the resolver which it asks, whose word on DNSSEC it passes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lookup::{Answer, Failure, Keeper, Kind, Lookup, Question};
use mailtext::Domain;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

pub mod config;
pub mod counters;

mod cache;
mod exchange;
mod flight;
mod tcp;
mod udp;
pub(crate) mod wire;

use cache::{Cache, Lifetimes};
use config::{ResolverConfig, ResolverError};
use counters::{Counters, ResolverCounts, count};
use exchange::Upstream;
use flight::Flights;

use crate::limits::{FAILURE_TTL_MS_MAX, MESSAGE_QUESTION_COUNT_MAX};

/// A resolver. Cheap to clone; clones share servers, cache and counters.
#[derive(Clone)]
pub struct Resolver {
    shared: Arc<Shared>,
}

/// A resolver with the time and the number of questions that one message may spend. Clones spend from the same budget.
#[derive(Clone)]
pub struct MessageResolver {
    resolver: Resolver,
    budget: Arc<Budget>,
}

struct Shared {
    cache: Cache,
    flights: Arc<Flights>,
    upstream: Upstream,
    counters: Arc<Counters>,
    runtime: Handle,
}

struct Budget {
    ends: Instant,
    questions_left: AtomicU32,
}

impl Resolver {
    /// A resolver in the current tokio runtime. Sends nothing yet; [`Resolver::check`] does.
    ///
    /// # Errors
    /// [`ResolverError::NoServer`], [`ResolverError::TooManyServers`], [`ResolverError::NoRuntime`].
    pub fn start(config: ResolverConfig) -> Result<Self, ResolverError> {
        config.check()?;
        let runtime = Handle::try_current().map_err(|_| ResolverError::NoRuntime)?;
        let counters = Arc::new(Counters::default());
        let lifetimes = Lifetimes {
            positive_ttl_s_max: config.positive_ttl_s_max,
            negative_ttl_s_max: config.negative_ttl_s_max,
            failure_ttl: config.failure_ttl.min(Duration::from_millis(FAILURE_TTL_MS_MAX)),
        };
        let cache = Cache::new(config.cache_bytes_max, lifetimes);
        let upstream = Upstream::new(config, &counters);
        Ok(Self { shared: Arc::new(Shared { cache, flights: Arc::default(), upstream, counters, runtime }) })
    }

    /// Whether any server answers at all: asks for an address of `localhost`, which resolvers know by themselves
    /// (RFC 6761 §6.3). What the answer says does not matter.
    ///
    /// # Errors
    /// [`ResolverError::Unreachable`].
    pub async fn check(&self) -> Result<(), ResolverError> {
        let Ok(name) = Domain::query("localhost") else {
            return Ok(());
        };
        match self.shared.upstream.resolve(&Question::new(name, Kind::A)).await.answer {
            Answer::Failed(failure @ (Failure::Timeout | Failure::Unreachable)) => {
                Err(ResolverError::Unreachable { servers: self.config().servers.clone(), failure })
            }
            _ => Ok(()),
        }
    }

    /// The resolver for one message: after `time`, or after [`MESSAGE_QUESTION_COUNT_MAX`] questions, nothing is
    /// answered any more.
    #[must_use]
    pub fn for_message(&self, time: Duration) -> MessageResolver {
        self.for_message_of(time, MESSAGE_QUESTION_COUNT_MAX)
    }

    /// The resolver for one message, with a number of questions of the caller's choice.
    #[must_use]
    pub fn for_message_of(&self, time: Duration, question_count_max: u32) -> MessageResolver {
        let now = Instant::now();
        // A time beyond what the clock can hold is as good as a year.
        let ends = now.checked_add(time).unwrap_or(now + Duration::from_secs(31_536_000));
        let budget = Budget { ends, questions_left: AtomicU32::new(question_count_max) };
        MessageResolver { resolver: self.clone(), budget: Arc::new(budget) }
    }

    /// The configuration that the resolver was started with.
    #[must_use]
    pub fn config(&self) -> &ResolverConfig {
        self.shared.upstream.config()
    }

    /// What the resolver has done.
    #[must_use]
    pub fn counts(&self) -> ResolverCounts {
        let load = self.shared.cache.load();
        ResolverCounts {
            evicted: load.evicted,
            cache_entries: load.entries as u64,
            cache_bytes: load.bytes as u64,
            ..self.shared.counters.read()
        }
    }

    fn cached(&self, question: &Question, now: Instant) -> Option<Answer> {
        count(&self.shared.counters.asked);
        let answer = self.shared.cache.get(question, now)?;
        count(&self.shared.counters.cache_hits);
        Some(answer)
    }

    async fn fly(&self, question: Question) -> Answer {
        let (seat, pilot) = self.shared.flights.board(question);
        match pilot {
            None => count(&self.shared.counters.coalesced),
            Some(pilot) => {
                let shared = Arc::clone(&self.shared);
                let _detached = self.shared.runtime.spawn(async move {
                    let answer = shared.answer(pilot.question()).await;
                    pilot.land(&answer);
                });
            }
        }
        seat.answer().await
    }
}

impl Shared {
    /// What is known by now, or what the servers say, which is known from then on.
    async fn answer(&self, question: &Question) -> Answer {
        // Between the look into the cache and the boarding, another flight may have landed.
        if let Some(known) = self.cache.get(question, Instant::now()) {
            return known;
        }
        let told = self.upstream.resolve(question).await;
        count(match told.answer {
            Answer::Failed(_) => &self.counters.failures,
            _ => &self.counters.answers,
        });
        self.cache.put(question, &told, Instant::now());
        told.answer
    }
}

impl Lookup for Resolver {
    async fn ask(&self, question: Question) -> Answer {
        self.ask_ref(&question).await
    }

    async fn ask_ref(&self, question: &Question) -> Answer {
        match self.cached(question, Instant::now()) {
            Some(answer) => answer,
            None => self.fly(question.clone()).await,
        }
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        Some(&self.shared.cache)
    }
}

impl MessageResolver {
    /// How much time the message has left; zero when it has none.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.budget.ends.saturating_duration_since(Instant::now())
    }

    /// How many questions the message has left.
    #[must_use]
    pub fn questions_left(&self) -> u32 {
        self.budget.questions_left.load(Ordering::Relaxed)
    }
}

impl Lookup for MessageResolver {
    /// [`Failure::Budget`] for a question that is asked when time or number are used up, [`Failure::Timeout`] for one
    /// that is on its way when the time ends (its answer still comes into the cache).
    async fn ask(&self, question: Question) -> Answer {
        self.ask_ref(&question).await
    }

    async fn ask_ref(&self, question: &Question) -> Answer {
        let now = Instant::now();
        if now >= self.budget.ends || !self.budget.take_one() {
            count(&self.resolver.shared.counters.over_budget);
            return Answer::Failed(Failure::Budget);
        }
        match self.resolver.cached(question, now) {
            Some(answer) => answer,
            None => match timeout_at(self.budget.ends, self.resolver.fly(question.clone())).await {
                Ok(answer) => answer,
                Err(_) => Answer::Failed(Failure::Timeout),
            },
        }
    }

    /// The resolver's. What need not be asked again costs the message nothing.
    fn keeper(&self) -> Option<&dyn Keeper> {
        self.resolver.keeper()
    }
}

impl Budget {
    fn take_one(&self) -> bool {
        self.questions_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}
