//! The engine of a survey: many examinations at once, and the questions of all of them in one place.
//!
//! It opens no socket and reads no clock. Whoever drives it says what time it is, sends what it orders, and tells it what
//! was heard:
//!
//! 1. [`Engine::begin`] while there [is room](Engine::has_room);
//! 2. [`Engine::tick`] with the time: time-outs are noticed, examinations go on as far as they can, orders are made;
//! 3. each [`Engine::next_order`] is carried out, each [`Engine::next_result`] is kept;
//! 4. what was heard is told by [`Engine::heard`]; the next tick is due then, or at the time that the last one returned.
//!
//! An examination is a future that asks through an [`Asker`], a [`Lookup`](lookup::Lookup) as any other. Equal questions
//! on their way are asked once; answers are kept for their TTL in a cache that all examinations share.
//!
//! **One question** goes to the server that its registrable domain is assigned to, so that the servers need not each look
//! for the same delegations. Without an answer it goes to the next server, waiting twice as long; after
//! [`SURVEY_UDP_TRY_COUNT`](crate::limits::SURVEY_UDP_TRY_COUNT) tries, or when an answer was cut, over TCP. What tells of a
//! failure – SERVFAIL, REFUSED, nonsense – is believed when it was told
//! [`SURVEY_FAILED_TRY_COUNT`](crate::limits::SURVEY_FAILED_TRY_COUNT) times, by other servers as far as there are, with pauses
//! between. The answer to one who asked is then the failure that tells most. An answer that comes late, to an earlier try,
//! is taken. Aliases that lead out of an answer are followed.
//!
//! **A server that is silent** is asked whether it is there (a canary: `invalid. SOA`, RFC 6761 §6.4). While no server is,
//! nothing is sent, and no try counts that was lost meanwhile: a resolver that dies and returns costs time and changes no
//! figure. After [`SURVEY_DEAD_S`](crate::limits::SURVEY_DEAD_S) of that the engine [is dead](Engine::is_dead).
//!
//! **Rates** are token buckets with a burst of a tenth of a second: one for all questions, and one for each operator of name
//! servers. With recursive resolvers between, the authoritative servers are known only by NS records: where operators have
//! a rate, the name servers of each domain are asked for before it is examined, and its questions count for the registrable
//! domain of the first of its servers. Names of which no zone is known – what SPF includes – count for their own registrable
//! domain. What a resolver has in its cache reaches no authoritative server; what it asks for itself comes on top.
//!
//! **Bounds**: everything that grows is bounded by the examinations at once, and by the limits of this crate; nothing grows
//! with the list. The same events in the same order give the same orders and results.

use std::collections::{BTreeSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use lookup::{Answer, Dnssec, Failure, Kind, Lookup as _, Question};
use mailtext::Domain;

mod asker;
mod cache;
mod desk;
mod opt_out;
mod pace;

pub use asker::Asker;
pub use opt_out::{OptOut, OptOutError};

use crate::limits::{SURVEY_AHEAD_COUNT, SURVEY_AT_ONCE_MAX, SURVEY_CACHE_BYTES, SURVEY_TRY_MS};
use desk::Desk;

/// How a survey asks.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many resolvers there are, 1 to [`SURVEY_SERVER_COUNT_MAX`](crate::limits::SURVEY_SERVER_COUNT_MAX).
    pub server_count: usize,
    /// Examinations at one time.
    pub at_once: usize,
    /// Questions on their way at one time.
    pub in_flight: usize,
    /// Questions a second, all together.
    pub rate_per_s: Option<u32>,
    /// Questions a second to the name servers of one operator, as far as known.
    pub rate_per_operator_per_s: Option<u32>,
    /// How long the first try waits, in milliseconds.
    pub try_ms: u64,
    /// Answers that are kept, in bytes.
    pub cache_bytes_max: usize,
    /// Whom not to ask.
    pub opt_out: OptOut,
}

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Order {
    /// Send this question.
    Send {
        /// What is heard of it is told under this id.
        id: SendId,
        /// The question; what stands behind an alias is asked by its own name.
        question: Question,
        /// To which server, counted from 0.
        server: usize,
        /// Over what.
        transport: Transport,
    },
    /// Nobody waits any more for an answer to this one.
    Forget {
        /// The id that it was sent under.
        id: SendId,
    },
}

/// One try of one question.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SendId(pub u64);

/// Over what is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// One datagram.
    Udp,
    /// A connection.
    Tcp,
}

/// What was heard of one try. That nothing was heard is noticed by [`Engine::tick`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// Records, or that there are none.
    Answer(Answer),
    /// Only aliases, the last of which leads out of the answer.
    Alias {
        /// Where they lead, in order; at least one.
        aliases: Vec<Domain>,
        /// The least of their TTLs, in seconds.
        ttl_s: u32,
        /// What the server says of their authenticity.
        dnssec: Dnssec,
    },
    /// The answer was cut.
    Truncated,
    /// So many datagrams that answer nothing came to the socket that none can be trusted.
    Suspicious,
    /// Another try, or another server, may do better.
    Failed(Failure),
    /// Nobody would do better.
    Final(Failure),
}

/// What an engine has done so far, each a count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Questions of examinations.
    pub asked: u64,
    /// … answered from the cache.
    pub cached: u64,
    /// … that were on their way already.
    pub joined: u64,
    /// … that were not asked: by the opt-out list.
    pub opted_out: u64,
    /// … that were not asked: the domain had asked enough.
    pub refused: u64,
    /// Tries over UDP.
    pub sent_udp: u64,
    /// Tries over TCP.
    pub sent_tcp: u64,
    /// Tries without an answer in time.
    pub lost: u64,
    /// Answers that were cut.
    pub truncated: u64,
    /// Answers that told of a failure.
    pub failed: u64,
    /// Questions that have no answer after all tries.
    pub unanswered: u64,
    /// Times that no server was there.
    pub silences: u64,
}

/// The engine: `J` makes an examination of an [`Asker`] and a name.
pub struct Engine<J, T> {
    job: J,
    shared: Arc<Mutex<Desk>>,
    at_once: usize,
    is_pacing_operators: bool,
    examinations: Vec<Examination<T>>,
    free: Vec<u32>,
    /// The indices of those that are not finished.
    running: BTreeSet<u64>,
    ready: Arc<Mutex<Vec<u32>>>,
    finished: VecDeque<(u64, T)>,
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A place for an examination; its waker is used again for the next one there.
struct Examination<T> {
    index: u64,
    future: Option<Boxed<T>>,
    bell: Arc<Bell>,
}

/// Rings when an examination can go on.
struct Bell {
    place: u32,
    has_rung: AtomicBool,
    ready: Arc<Mutex<Vec<u32>>>,
}

impl Settings {
    /// For so many resolvers and so many examinations at one time; everything else by default.
    #[must_use]
    pub fn new(server_count: usize, at_once: usize) -> Self {
        Self {
            server_count,
            at_once,
            in_flight: 2 * at_once,
            rate_per_s: None,
            rate_per_operator_per_s: None,
            try_ms: SURVEY_TRY_MS,
            cache_bytes_max: SURVEY_CACHE_BYTES,
            opt_out: OptOut::default(),
        }
    }
}

impl<J, F, T> Engine<J, T>
where
    J: Fn(Asker, Domain) -> F,
    F: Future<Output = T> + Send + 'static,
{
    /// An engine whose examinations are made by `job`. Numbers in `settings` that are beyond the limits are taken as the
    /// limits.
    pub fn new(settings: Settings, job: J) -> Self {
        let at_once = settings.at_once.clamp(1, SURVEY_AT_ONCE_MAX);
        Self {
            job,
            at_once,
            is_pacing_operators: settings.rate_per_operator_per_s.is_some(),
            shared: Arc::new(Mutex::new(Desk::new(settings))),
            examinations: Vec::new(),
            free: Vec::new(),
            running: BTreeSet::new(),
            ready: Arc::default(),
            finished: VecDeque::new(),
        }
    }

    /// Whether the examination of this index may begin: there is a place for it, and it is not too far ahead of the first
    /// that is not finished.
    #[must_use]
    pub fn has_room(&self, index: u64) -> bool {
        let lowest = self.running.first().copied().unwrap_or(index);
        self.running.len() < self.at_once && index.saturating_sub(lowest) < SURVEY_AHEAD_COUNT
    }

    /// Begins an examination; its result comes under `index`, which is greater than any before. The next tick carries it on.
    pub fn begin(&mut self, index: u64, name: Domain) {
        let asker = Asker::new(&self.shared, name.clone());
        let future: Boxed<T> = if self.is_pacing_operators {
            // The operator of the zone must be known before its servers are asked much. The answer stays in the cache.
            let (first, servers) = (asker.for_all(), Question::new(name.clone(), Kind::Ns));
            let examination = (self.job)(asker, name);
            Box::pin(async move {
                let _learnt = first.ask(servers).await;
                examination.await
            })
        } else {
            Box::pin((self.job)(asker, name))
        };
        let place = self.free.pop().unwrap_or_else(|| self.new_place());
        let examination = &mut self.examinations[place as usize];
        (examination.index, examination.future) = (index, Some(future));
        self.running.insert(index);
        Arc::clone(&examination.bell).wake();
    }

    /// Tells what was heard of a try. What was not sent, or is not waited for any more, changes nothing.
    pub fn heard(&mut self, id: SendId, heard: Heard) {
        desk(&self.shared).heard(id, heard);
    }

    /// Goes on as far as that is possible at this time, in microseconds since any moment; time never runs backwards. When
    /// the next tick is due, whatever is heard; `None`: not before something is heard, or an examination begins.
    pub fn tick(&mut self, now_us: u64) -> Option<u64> {
        desk(&self.shared).expire(now_us);
        loop {
            // Not under the desk's lock: a waker may do anything.
            let woken = std::mem::take(&mut desk(&self.shared).woken);
            woken.into_iter().for_each(Waker::wake);
            let ready = std::mem::take(&mut *lock(&self.ready));
            if ready.is_empty() {
                break;
            }
            ready.into_iter().for_each(|place| self.poll(place));
        }
        desk(&self.shared).pump()
    }

    /// The next thing to be done.
    pub fn next_order(&mut self) -> Option<Order> {
        desk(&self.shared).orders.pop_front()
    }

    /// The next result, with its index, in the order in which they came.
    pub fn next_result(&mut self) -> Option<(u64, T)> {
        self.finished.pop_front()
    }

    /// How many examinations are not finished.
    #[must_use]
    pub fn running_count(&self) -> usize {
        self.running.len()
    }

    /// Whether no server has been there for so long that nothing is to be expected.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        desk(&self.shared).is_dead()
    }

    /// Whether no server is there, right now.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        desk(&self.shared).is_silent()
    }

    /// What was done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        desk(&self.shared).counts
    }

    /// What the cache holds, in bytes.
    #[must_use]
    pub fn cache_bytes(&self) -> usize {
        desk(&self.shared).cache_bytes()
    }

    fn new_place(&mut self) -> u32 {
        let place = u32::try_from(self.examinations.len()).unwrap_or(u32::MAX);
        let bell = Bell { place, has_rung: AtomicBool::new(false), ready: Arc::clone(&self.ready) };
        self.examinations.push(Examination { index: 0, future: None, bell: Arc::new(bell) });
        place
    }

    fn poll(&mut self, place: u32) {
        let Some(examination) = self.examinations.get_mut(place as usize) else {
            return;
        };
        // Before the poll: what rings meanwhile rings again.
        examination.bell.has_rung.store(false, Ordering::Release);
        let Some(future) = &mut examination.future else {
            return;
        };
        let waker = Waker::from(Arc::clone(&examination.bell));
        if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            examination.future = None;
            self.running.remove(&examination.index);
            self.finished.push_back((examination.index, result));
            self.free.push(place);
        }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.has_rung.swap(true, Ordering::AcqRel) {
            lock(&self.ready).push(self.place);
        }
    }
}

fn desk(shared: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    lock(shared)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
