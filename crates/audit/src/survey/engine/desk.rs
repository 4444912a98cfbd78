//! The questions on their way: who waits for them, which server has them, and when to try again.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::hash::BuildHasher as _;
use std::task::Waker;

use foldhash::fast::{FixedState, RandomState};
use lookup::limits::ALIAS_COUNT_MAX;
use lookup::{Answer, Dnssec, Failure, Kind, Negative, Question, Records};
use mailtext::Domain;

use super::cache::Cache;
use super::pace::{Admission, Pace};
use super::{Counts, Heard, OptOut, Order, SendId, Settings, Transport};
use crate::limits::{
    SURVEY_CANARY_MS, SURVEY_DEAD_S, SURVEY_FAILED_PAUSE_MS, SURVEY_FAILED_TRY_COUNT, SURVEY_PARKED_COUNT_MAX,
    SURVEY_SERVER_COUNT_MAX, SURVEY_SILENCE_MS, SURVEY_TCP_TRY_COUNT, SURVEY_TCP_WAIT, SURVEY_UDP_TRY_COUNT,
};

/// All questions on their way, and what is known already.
pub(super) struct Desk {
    now_us: u64,
    in_flight: usize,
    try_us: u64,
    opt_out: OptOut,
    cache: Cache,
    pace: Pace,
    flights: Vec<Place>,
    free: Vec<u32>,
    by_question: HashMap<Question, u32, RandomState>,
    /// Flights that go as soon as there is room, in order.
    waiting: VecDeque<FlightId>,
    /// Flights for which no server is there.
    parked: Vec<FlightId>,
    servers: Vec<Server>,
    dead_since_us: Option<u64>,
    /// First tries over UDP, which all wait equally long: the oldest ends first.
    first_tries: VecDeque<(u64, FlightId, u8)>,
    /// All other times.
    timers: BinaryHeap<Reverse<(u64, u64, Timer)>>,
    timer_serial: u64,
    is_total_timed: bool,
    /// Tries on their way.
    out_count: usize,
    pub(super) orders: VecDeque<Order>,
    pub(super) woken: Vec<Waker>,
    pub(super) counts: Counts,
}

/// Which flight: a place, and which of those that had it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct FlightId {
    place: u32,
    generation: u32,
}

/// What becomes of a question that is asked.
pub(super) enum Boarded {
    Answered(Answer),
    /// It is on its way; the number is the place of the waker.
    Seated(FlightId, usize),
}

#[derive(Default)]
struct Place {
    generation: u32,
    flight: Option<Flight>,
}

/// One question on its way.
struct Flight {
    question: Question,
    /// The name that is asked now: the question's, or where aliases led.
    name: Domain,
    aliases: Vec<Domain>,
    ttl_s: u32,
    dnssec: Dnssec,
    /// Somebody asks it about a name that is not his own.
    is_shared: bool,
    /// How many wait, and whom to wake.
    seats: u32,
    wakers: Vec<Waker>,
    state: State,
    /// Which try this is, counted around.
    attempt: u8,
    /// Earlier tries that may still be answered.
    open: Vec<u8>,
    /// The server to begin with, and how many turns further it is now.
    home: usize,
    turns: usize,
    transport: Transport,
    /// Its operator lets it through.
    is_admitted: bool,
    lost_count: u32,
    tcp_count: u32,
    failed_count: u32,
    parked_count: u32,
    told: Failure,
}

enum State {
    /// In a queue, or pausing.
    Waiting,
    /// Sent to this server.
    Out(usize),
    /// No server is there; whether the last try was lost just before that was noticed.
    Parked(bool),
    Done(Answer),
}

struct Server {
    heard_us: u64,
    state: Health,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    There,
    /// Canaries were sent: the number of the last, and how many were lost.
    Doubted {
        canary: u32,
        lost: u32,
    },
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// A try has had its time.
    Try(FlightId, u8),
    /// A pause is over.
    Pause(FlightId, u8),
    /// An operator may be asked again.
    Operator(Domain),
    /// Anybody may be asked again.
    Total,
    /// A canary is due.
    Canary(usize, u32),
}

impl Desk {
    pub(super) fn new(settings: Settings) -> Self {
        let servers = (0..settings.server_count.clamp(1, SURVEY_SERVER_COUNT_MAX))
            .map(|_| Server { heard_us: 0, state: Health::There })
            .collect();
        Self {
            now_us: 0,
            in_flight: settings.in_flight.max(1),
            try_us: settings.try_ms.max(1).saturating_mul(1_000),
            opt_out: settings.opt_out,
            cache: Cache::new(settings.cache_bytes_max),
            pace: Pace::new(settings.rate_per_s, settings.rate_per_operator_per_s),
            flights: Vec::new(),
            free: Vec::new(),
            by_question: HashMap::default(),
            waiting: VecDeque::new(),
            parked: Vec::new(),
            servers,
            dead_since_us: None,
            first_tries: VecDeque::new(),
            timers: BinaryHeap::new(),
            timer_serial: 0,
            is_total_timed: false,
            out_count: 0,
            orders: VecDeque::new(),
            woken: Vec::new(),
            counts: Counts::default(),
        }
    }

    pub(super) fn now_us(&self) -> u64 {
        self.now_us
    }

    pub(super) fn cache_bytes(&self) -> usize {
        self.cache.bytes()
    }

    pub(super) fn is_silent(&self) -> bool {
        self.servers.iter().all(|server| server.state != Health::There)
    }

    pub(super) fn is_dead(&self) -> bool {
        self.dead_since_us.is_some_and(|since_us| self.now_us.saturating_sub(since_us) >= SURVEY_DEAD_S * 1_000_000)
    }

    /// A question comes: it is answered at once, or somebody waits for it. `is_own`: it is about the name that is examined,
    /// or one below it, which nobody else is likely to ask about; its answer is not kept for others.
    pub(super) fn board(&mut self, question: Question, is_own: bool, waker: &Waker) -> Boarded {
        if self.opt_out.covers(&question.name) {
            self.counts.opted_out += 1;
            return Boarded::Answered(Answer::Failed(Failure::Budget));
        }
        if let Some(answer) = self.cache.get(&question, self.now_us) {
            self.counts.cached += 1;
            return Boarded::Answered(answer);
        }
        let place = match self.by_question.get(&question) {
            Some(place) => {
                self.counts.joined += 1;
                *place
            }
            None => self.take_off(question),
        };
        let slot = &mut self.flights[place as usize];
        let id = FlightId { place, generation: slot.generation };
        let seat = slot.flight.as_mut().map_or(0, |flight| {
            flight.seats += 1;
            flight.is_shared |= !is_own;
            flight.wakers.push(waker.clone());
            flight.wakers.len() - 1
        });
        Boarded::Seated(id, seat)
    }

    /// The answer, when it is there; whoever takes it waits no more.
    pub(super) fn landed(&mut self, id: FlightId, seat: usize, waker: &Waker) -> Option<Answer> {
        let Some(flight) = self.flight(id) else {
            return Some(Answer::Failed(Failure::Unreachable));
        };
        if let State::Done(answer) = &flight.state {
            let answer = answer.clone();
            self.leave(id);
            return Some(answer);
        }
        if let Some(known) = flight.wakers.get_mut(seat) {
            known.clone_from(waker);
        }
        None
    }

    /// Somebody waits no more. A question that nobody waits for and that was not sent is not sent.
    pub(super) fn leave(&mut self, id: FlightId) {
        let Some(flight) = self.flight(id) else {
            return;
        };
        flight.seats = flight.seats.saturating_sub(1);
        if flight.seats > 0 || matches!(flight.state, State::Out(_)) {
            return;
        }
        if !matches!(flight.state, State::Done(_)) {
            let question = flight.question.clone();
            self.by_question.remove(&question);
        }
        self.release(id);
    }

    fn take_off(&mut self, question: Question) -> u32 {
        let flight = Flight::new(question.clone(), self.servers.len());
        let place = self.free.pop().unwrap_or_else(|| {
            self.flights.push(Place::default());
            u32::try_from(self.flights.len() - 1).unwrap_or(u32::MAX)
        });
        let slot = &mut self.flights[place as usize];
        slot.generation = (slot.generation + 1) & GENERATION_MASK;
        slot.flight = Some(flight);
        self.waiting.push_back(FlightId { place, generation: slot.generation });
        self.by_question.insert(question, place);
        place
    }

    fn flight(&mut self, id: FlightId) -> Option<&mut Flight> {
        let slot = self.flights.get_mut(id.place as usize)?;
        if slot.generation == id.generation { slot.flight.as_mut() } else { None }
    }

    /// Takes the flight away; orders to forget go out for tries that may still be answered.
    fn release(&mut self, id: FlightId) {
        let flight = self.flights.get_mut(id.place as usize).and_then(|slot| slot.flight.take());
        let Some(flight) = flight else {
            return;
        };
        self.free.push(id.place);
        self.forget(id, &flight.open);
    }

    fn forget(&mut self, id: FlightId, attempts: &[u8]) {
        self.orders.extend(attempts.iter().map(|attempt| Order::Forget { id: id.send(*attempt) }));
    }
}

/// What is heard.
impl Desk {
    pub(super) fn heard(&mut self, id: SendId, heard: Heard) {
        let (flight, attempt) = FlightId::of(id);
        if flight.place == CANARY_PLACE {
            if !matches!(heard, Heard::Failed(Failure::Unreachable | Failure::Timeout)) {
                self.is_there(usize::from(attempt));
            }
            return;
        }
        let Some(found) = self.flight(flight) else {
            return;
        };
        match found.state {
            State::Out(server) if found.attempt == attempt => {
                let transport = found.transport;
                found.state = State::Waiting;
                self.out_count -= 1;
                self.judged(flight, server, transport, heard);
            }
            State::Done(_) => {}
            // A late answer to an earlier try. A failure told late is not taken: the next try is on its way.
            _ if found.open.contains(&attempt) => {
                found.open.retain(|open| *open != attempt);
                if matches!(heard, Heard::Answer(_) | Heard::Alias { .. }) {
                    self.call_back(flight);
                    self.answered(flight, heard);
                }
            }
            _ => {}
        }
    }

    /// The present try is not needed any more.
    fn call_back(&mut self, id: FlightId) {
        let Some(flight) = self.flight(id) else {
            return;
        };
        if matches!(flight.state, State::Out(_)) {
            let attempt = flight.attempt;
            flight.state = State::Waiting;
            self.out_count -= 1;
            self.forget(id, &[attempt]);
        }
    }

    fn judged(&mut self, id: FlightId, server: usize, transport: Transport, heard: Heard) {
        match heard {
            Heard::Failed(Failure::Unreachable) if transport == Transport::Udp => return self.gone(id, server),
            Heard::Failed(Failure::Unreachable | Failure::Timeout) => {}
            _ => self.is_there(server),
        }
        match heard {
            Heard::Answer(Answer::Failed(failure)) | Heard::Failed(failure) => self.failed(id, failure),
            Heard::Answer(_) | Heard::Alias { .. } => self.answered(id, heard),
            Heard::Final(failure) => self.finish(id, &Answer::Failed(failure)),
            Heard::Truncated | Heard::Suspicious => self.cut(id, transport, heard == Heard::Truncated),
        }
    }

    /// Over TCP next, at the same server.
    fn cut(&mut self, id: FlightId, transport: Transport, is_truncated: bool) {
        self.counts.truncated += u64::from(is_truncated);
        let Some(flight) = self.flight(id) else {
            return;
        };
        if is_truncated {
            flight.told = telling(flight.told, Failure::Truncated);
        }
        if transport == Transport::Tcp {
            return self.finish(id, &Answer::Failed(Failure::Truncated));
        }
        flight.transport = Transport::Tcp;
        self.waiting.push_front(id);
    }

    fn answered(&mut self, id: FlightId, heard: Heard) {
        let Some(flight) = self.flight(id) else {
            return;
        };
        match heard {
            Heard::Answer(answer) => {
                let answer = flight.completed(answer);
                self.finish(id, &answer);
            }
            Heard::Alias { aliases, ttl_s, dnssec } => {
                flight.ttl_s = flight.ttl_s.min(ttl_s);
                if dnssec == Dnssec::Unproven {
                    flight.dnssec = dnssec;
                }
                for alias in aliases {
                    let is_loop = alias == flight.question.name || flight.aliases.contains(&alias);
                    if is_loop || flight.aliases.len() == ALIAS_COUNT_MAX {
                        return self.finish(id, &Answer::Failed(Failure::AliasChain));
                    }
                    flight.name = alias.clone();
                    flight.aliases.push(alias);
                }
                flight.begin_again();
                self.waiting.push_back(id);
            }
            _ => {}
        }
    }

    /// Somebody told of a failure, or a connection broke.
    fn failed(&mut self, id: FlightId, failure: Failure) {
        self.counts.failed += 1;
        let (server_count, now_us) = (self.servers.len(), self.now_us);
        let Some(flight) = self.flight(id) else {
            return;
        };
        flight.told = telling(flight.told, failure);
        flight.failed_count += 1;
        flight.turns += 1;
        if flight.transport == Transport::Tcp && failure == Failure::Unreachable {
            flight.tcp_count += 1;
        }
        if flight.failed_count >= SURVEY_FAILED_TRY_COUNT || flight.tcp_count >= SURVEY_TCP_TRY_COUNT {
            let told = flight.told;
            return self.finish(id, &Answer::Failed(told));
        }
        if (flight.failed_count as usize) < server_count {
            return self.waiting.push_back(id);
        }
        let pause_ms = SURVEY_FAILED_PAUSE_MS << (2 * (flight.failed_count - 1));
        let attempt = flight.attempt;
        self.time(now_us + pause_ms * 1_000, Timer::Pause(id, attempt));
    }

    /// No answer came in time.
    fn lost(&mut self, id: FlightId) {
        let Some(flight) = self.flight(id) else {
            return;
        };
        flight.told = telling(flight.told, Failure::Timeout);
        flight.turns += 1;
        match flight.transport {
            Transport::Udp => flight.lost_count += 1,
            Transport::Tcp => flight.tcp_count += 1,
        }
        if flight.lost_count >= SURVEY_UDP_TRY_COUNT {
            flight.transport = Transport::Tcp;
        }
        if flight.tcp_count >= SURVEY_TCP_TRY_COUNT {
            let told = flight.told;
            return self.finish(id, &Answer::Failed(told));
        }
        self.waiting.push_back(id);
    }

    fn finish(&mut self, id: FlightId, answer: &Answer) {
        let now_us = self.now_us;
        let Some(flight) = self.flight(id) else {
            return;
        };
        let open = std::mem::take(&mut flight.open);
        let wakers = std::mem::take(&mut flight.wakers);
        let (question, seats, is_shared) = (flight.question.clone(), flight.seats, flight.is_shared);
        flight.state = State::Done(answer.clone());
        self.forget(id, &open);
        self.woken.extend(wakers);
        self.by_question.remove(&question);
        self.counts.unanswered += u64::from(matches!(answer, Answer::Failed(_)));
        if question.kind == Kind::Ns {
            self.pace.learn(&question.name, answer);
        }
        if is_shared {
            self.cache.put(&question, answer, now_us);
        }
        if seats == 0 {
            self.release(id);
        }
    }
}

/// Servers that are there, and those that are not.
impl Desk {
    /// The system says that nobody is at the server's port.
    fn gone(&mut self, id: FlightId, server: usize) {
        self.doubt(server, 1);
        self.park(id, false);
    }

    fn doubt(&mut self, server: usize, lost: u32) {
        let now_us = self.now_us;
        let Some(found) = self.servers.get_mut(server) else {
            return;
        };
        if found.state != Health::There {
            return;
        }
        found.state = Health::Doubted { canary: 0, lost };
        if self.is_silent() {
            self.dead_since_us = Some(now_us);
            self.counts.silences += u64::from(lost > 0);
        }
        if lost == 0 {
            self.send_canary(server);
        } else {
            self.time(now_us + SURVEY_CANARY_MS * 1_000, Timer::Canary(server, 0));
        }
    }

    fn send_canary(&mut self, server: usize) {
        let Some(Server { state: Health::Doubted { canary, .. }, .. }) = self.servers.get_mut(server) else {
            return;
        };
        *canary = canary.wrapping_add(1) & GENERATION_MASK;
        let canary = *canary;
        let id = FlightId { place: CANARY_PLACE, generation: canary };
        let attempt = u8::try_from(server).unwrap_or(u8::MAX);
        // RFC 6761 §6.4: resolvers know by themselves that there is nothing below `invalid`. Whatever is said will do.
        if let Ok(name) = Domain::query("invalid") {
            let question = Question::new(name, Kind::Soa);
            let (id, transport) = (id.send(attempt), Transport::Udp);
            self.orders.push_back(Order::Send { id, question, server, transport });
        }
        self.time(self.now_us + SURVEY_CANARY_MS * 1_000, Timer::Canary(server, canary));
    }

    /// A canary had its time, or a server that is gone is to be asked again.
    fn canary_due(&mut self, server: usize, number: u32) {
        let now_us = self.now_us;
        match self.servers.get_mut(server).map(|server| &mut server.state) {
            Some(Health::Doubted { canary, lost }) if *canary == number => {
                *lost += 1;
                let is_first = *lost == 1;
                let id = FlightId { place: CANARY_PLACE, generation: number };
                if number > 0 {
                    self.forget(id, &[u8::try_from(server).unwrap_or(u8::MAX)]);
                }
                if is_first && self.is_silent() {
                    self.counts.silences += 1;
                    self.dead_since_us = self.dead_since_us.or(Some(now_us));
                }
                self.send_canary(server);
            }
            _ => {}
        }
    }

    /// Something was heard of the server. Those who waited for that go on.
    fn is_there(&mut self, server: usize) {
        let now_us = self.now_us;
        let Some(found) = self.servers.get_mut(server) else {
            return;
        };
        found.heard_us = now_us;
        let Health::Doubted { lost: canaries_lost, .. } = found.state else {
            return;
        };
        found.state = Health::There;
        self.dead_since_us = None;
        for id in std::mem::take(&mut self.parked) {
            let Some(flight) = self.flight(id) else {
                continue;
            };
            let State::Parked(was_lost) = flight.state else {
                continue;
            };
            flight.state = State::Waiting;
            // The server was there all the time: the try was lost for another reason, and counts.
            if was_lost && canaries_lost == 0 { self.lost(id) } else { self.waiting.push_back(id) }
        }
    }

    /// Waits until a server is there; for another one, where there is one.
    fn park(&mut self, id: FlightId, was_lost: bool) {
        let is_silent = self.is_silent();
        let Some(flight) = self.flight(id) else {
            return;
        };
        flight.parked_count += 1;
        if flight.parked_count > SURVEY_PARKED_COUNT_MAX {
            let told = telling(flight.told, Failure::Unreachable);
            return self.finish(id, &Answer::Failed(told));
        }
        if is_silent {
            flight.state = State::Parked(was_lost);
            self.parked.push(id);
        } else if was_lost {
            self.lost(id);
        } else {
            self.waiting.push_back(id);
        }
    }
}

/// Time, and what goes out.
impl Desk {
    fn time(&mut self, at_us: u64, timer: Timer) {
        self.timer_serial += 1;
        self.timers.push(Reverse((at_us, self.timer_serial, timer)));
    }

    /// What is due by now happens.
    pub(super) fn expire(&mut self, now_us: u64) {
        self.now_us = self.now_us.max(now_us);
        while let Some((_, id, attempt)) = self.first_tries.pop_front_if(|(at_us, ..)| *at_us <= self.now_us) {
            self.try_over(id, attempt);
        }
        while self.timers.peek().is_some_and(|Reverse((at_us, _, _))| *at_us <= self.now_us) {
            let Some(Reverse((_, _, timer))) = self.timers.pop() else {
                return;
            };
            match timer {
                Timer::Try(id, attempt) => self.try_over(id, attempt),
                Timer::Pause(id, attempt) => {
                    let is_due = self.flight(id).is_some_and(|flight| flight.pauses(attempt));
                    if is_due {
                        self.waiting.push_back(id);
                    }
                }
                Timer::Operator(key) => self.operator_free(&key),
                Timer::Total => self.is_total_timed = false,
                Timer::Canary(server, number) => self.canary_due(server, number),
            }
        }
    }

    fn try_over(&mut self, id: FlightId, attempt: u8) {
        let now_us = self.now_us;
        let Some(flight) = self.flight(id).filter(|flight| flight.attempt == attempt) else {
            return;
        };
        let State::Out(server) = flight.state else {
            return;
        };
        flight.state = State::Waiting;
        flight.open.push(attempt);
        self.out_count -= 1;
        self.counts.lost += 1;
        let heard_us = self.servers.get(server).map_or(0, |server| server.heard_us);
        if now_us.saturating_sub(heard_us) >= SURVEY_SILENCE_MS * 1_000 {
            self.doubt(server, 0);
        }
        self.park(id, true);
    }

    fn operator_free(&mut self, key: &Domain) {
        let (tickets, next_us) = self.pace.released(key, self.now_us);
        for ticket in tickets {
            let (id, _) = FlightId::of(SendId(ticket));
            if let Some(flight) = self.flight(id) {
                flight.is_admitted = true;
                self.waiting.push_back(id);
            }
        }
        if let Some(at_us) = next_us {
            self.time(at_us, Timer::Operator(key.clone()));
        }
    }

    /// Lets go what may go; when it is to be looked at again.
    pub(super) fn pump(&mut self) -> Option<u64> {
        while self.out_count < self.in_flight && !self.waiting.is_empty() {
            if let Some(at_us) = self.pace.total_free_at_us(self.now_us) {
                if !self.is_total_timed {
                    self.is_total_timed = true;
                    self.time(at_us, Timer::Total);
                }
                break;
            }
            let Some(id) = self.waiting.pop_front() else {
                break;
            };
            if self.is_admitted(id) {
                self.send(id);
            }
        }
        self.next_deadline_us()
    }

    /// Whether the flight may go as far as its operator is concerned; else it waits in that one's queue.
    fn is_admitted(&mut self, id: FlightId) -> bool {
        let Some(flight) = self.flight(id).filter(|flight| matches!(flight.state, State::Waiting)) else {
            return false;
        };
        if flight.is_admitted {
            return true;
        }
        let name = flight.name.clone();
        match self.pace.admit(&name, id.send(0).0, self.now_us) {
            Admission::Now => true,
            Admission::Queued => false,
            Admission::QueuedUntil(key, at_us) => {
                self.time(at_us, Timer::Operator(key));
                false
            }
        }
    }

    fn send(&mut self, id: FlightId) {
        let (try_us, now_us) = (self.try_us, self.now_us);
        let first = self.flight(id).map_or(0, |flight| flight.home + flight.turns);
        let server = self.server_from(first);
        let Some(flight) = self.flight(id) else {
            return;
        };
        let Some(server) = server else {
            flight.state = State::Parked(false);
            self.parked.push(id);
            return;
        };
        flight.state = State::Out(server);
        flight.is_admitted = false;
        flight.attempt = flight.attempt.wrapping_add(1);
        let wait_us = match flight.transport {
            Transport::Udp => try_us << flight.lost_count.min(8),
            Transport::Tcp => try_us.saturating_mul(SURVEY_TCP_WAIT),
        };
        let is_first = flight.transport == Transport::Udp && flight.lost_count == 0;
        let (attempt, transport) = (flight.attempt, flight.transport);
        let question = Question::new(flight.name.clone(), flight.question.kind);
        self.out_count += 1;
        match transport {
            Transport::Udp => self.counts.sent_udp += 1,
            Transport::Tcp => self.counts.sent_tcp += 1,
        }
        self.pace.take_total();
        let until_us = now_us.saturating_add(wait_us);
        if is_first {
            self.first_tries.push_back((until_us, id, attempt));
        } else {
            self.time(until_us, Timer::Try(id, attempt));
        }
        self.orders.push_back(Order::Send { id: id.send(attempt), question, server, transport });
    }

    /// The first server that is there, from this one on.
    fn server_from(&self, first: usize) -> Option<usize> {
        let count = self.servers.len();
        (0..count).map(|step| (first + step) % count).find(|server| self.servers[*server].state == Health::There)
    }

    /// Timers of tries that have ended are passed over.
    fn next_deadline_us(&mut self) -> Option<u64> {
        let first_us = loop {
            match self.first_tries.front() {
                None => break None,
                Some((at_us, id, attempt)) if self.is_out(*id, *attempt) => break Some(*at_us),
                Some(_) => self.first_tries.pop_front(),
            };
        };
        let other_us = loop {
            match self.timers.peek() {
                None => break None,
                Some(Reverse((_, _, Timer::Try(id, attempt)))) if !self.is_out(*id, *attempt) => self.timers.pop(),
                Some(Reverse((at_us, ..))) => break Some(*at_us),
            };
        };
        first_us.into_iter().chain(other_us).min()
    }

    /// Whether this try is on its way.
    fn is_out(&self, id: FlightId, attempt: u8) -> bool {
        let slot = self.flights.get(id.place as usize).filter(|slot| slot.generation == id.generation);
        let flight = slot.and_then(|slot| slot.flight.as_ref());
        flight.is_some_and(|flight| flight.attempt == attempt && matches!(flight.state, State::Out(_)))
    }
}

impl Flight {
    fn new(question: Question, server_count: usize) -> Self {
        // By the last two labels, which nearly always belong to one zone's owner, or to one registry.
        let home = FixedState::with_seed(0).hash_one(question.name.last_labels(2));
        Self {
            name: question.name.clone(),
            question,
            aliases: Vec::new(),
            ttl_s: u32::MAX,
            dnssec: Dnssec::Authenticated,
            is_shared: false,
            seats: 0,
            wakers: Vec::new(),
            state: State::Waiting,
            attempt: 0,
            open: Vec::new(),
            home: usize::try_from(home >> 40).unwrap_or(0) % server_count.max(1),
            turns: 0,
            transport: Transport::Udp,
            is_admitted: false,
            lost_count: 0,
            tcp_count: 0,
            failed_count: 0,
            parked_count: 0,
            told: Failure::Unreachable,
        }
    }

    /// Another name is asked: its tries are counted anew.
    fn begin_again(&mut self) {
        self.transport = Transport::Udp;
        (self.lost_count, self.tcp_count, self.failed_count) = (0, 0, 0);
        self.told = Failure::Unreachable;
    }

    fn pauses(&self, attempt: u8) -> bool {
        self.attempt == attempt && matches!(self.state, State::Waiting)
    }

    /// The answer with the aliases on the way to it.
    fn completed(&self, answer: Answer) -> Answer {
        if self.aliases.is_empty() {
            return answer;
        }
        let joined = |dnssec| if self.dnssec == Dnssec::Unproven { Dnssec::Unproven } else { dnssec };
        let absent =
            |negative: Negative| Negative { ttl_s: negative.ttl_s.min(self.ttl_s), dnssec: joined(negative.dnssec) };
        match answer {
            Answer::Records(records) => {
                let aliases = self.aliases.iter().chain(&records.aliases).cloned().collect();
                let ttl_s = records.ttl_s.min(self.ttl_s);
                Answer::records(Records::new(records.data.to_vec(), ttl_s, joined(records.dnssec), aliases))
            }
            Answer::NoData(negative) => Answer::NoData(absent(negative)),
            Answer::NxDomain(negative) => Answer::NxDomain(absent(negative)),
            Answer::Failed(failure) => Answer::Failed(failure),
        }
    }
}

impl FlightId {
    fn send(self, attempt: u8) -> SendId {
        SendId(u64::from(self.place) | u64::from(attempt) << 32 | u64::from(self.generation) << 40)
    }

    fn of(id: SendId) -> (Self, u8) {
        let [a, b, c, d, attempt, e, f, g] = id.0.to_le_bytes();
        let generation = u32::from_le_bytes([e, f, g, 0]);
        (Self { place: u32::from_le_bytes([a, b, c, d]), generation }, attempt)
    }
}

/// The failure that tells more: what a server said before what it did not say.
fn telling(one: Failure, other: Failure) -> Failure {
    let rank = |failure| match failure {
        Failure::ServFail => 5,
        Failure::Refused => 4,
        Failure::Truncated => 3,
        Failure::Malformed => 2,
        Failure::Timeout => 1,
        _ => 0,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// No flight has this place.
const CANARY_PLACE: u32 = u32::MAX;
/// Generations have 24 bits.
const GENERATION_MASK: u32 = 0x00ff_ffff;
