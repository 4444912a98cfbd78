//! One question, from server to server until somebody knows, and from alias to alias until records are found.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use lookup::limits::ALIAS_COUNT_MAX;
use lookup::{Answer, Dnssec, Failure, Kind, Negative, Question, Records};
use mailtext::Domain;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::config::{Edns, ResolverConfig, ServerOrder, Transport};
use super::counters::{Counters, count};
use super::tcp;
use super::udp::{Sockets, UdpFailure};
use super::wire::{self, End, Query, Reading, Refusal};
use crate::limits::{
    BURST_MS, EDNS_REFUSED_MS, IN_FLIGHT_COUNT_MAX, SERVER_PENALTY_MS, SERVER_SILENCE_COUNT_MAX,
    TCP_CONNECTION_COUNT_MAX,
};

/// What came of a question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Told {
    pub(super) answer: Answer,
    pub(super) reached: Reached,
}

/// Of which name an answer tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reached {
    /// Of the name that was asked for: there is no alias.
    Directly,
    /// Of the name that an alias there led to.
    ByAlias,
}

/// The servers, and the way to ask them.
pub(super) struct Upstream {
    config: ResolverConfig,
    servers: Box<[Server]>,
    next: AtomicUsize,
    in_flight: Semaphore,
    /// Places for questions that were sent just now: they may still lie in a server's buffer.
    burst: Semaphore,
    started: Instant,
    counters: Arc<Counters>,
}

struct Server {
    address: SocketAddr,
    sockets: Sockets,
    tcp: Semaphore,
    /// Tries without an answer since the last answer.
    silence_count: AtomicU32,
    /// Until when it is asked last, in milliseconds since the start: it did not answer.
    slow_until_ms: AtomicU64,
    /// Until when it is asked without EDNS, in milliseconds since the start: it could not parse it.
    plain_until_ms: AtomicU64,
}

impl Upstream {
    pub(super) fn new(config: ResolverConfig, counters: &Arc<Counters>) -> Self {
        let server = |address: &SocketAddr| Server {
            address: *address,
            sockets: Sockets::new(*address, Arc::clone(counters)),
            tcp: Semaphore::new(TCP_CONNECTION_COUNT_MAX),
            silence_count: AtomicU32::new(0),
            slow_until_ms: AtomicU64::new(0),
            plain_until_ms: AtomicU64::new(0),
        };
        Self {
            servers: config.servers.iter().map(server).collect(),
            next: AtomicUsize::new(0),
            in_flight: Semaphore::new(IN_FLIGHT_COUNT_MAX),
            burst: Semaphore::new(config.burst_count.clamp(1, IN_FLIGHT_COUNT_MAX)),
            config,
            started: Instant::now(),
            counters: Arc::clone(counters),
        }
    }

    pub(super) fn config(&self) -> &ResolverConfig {
        &self.config
    }

    /// The answer, within the time for one question.
    pub(super) async fn resolve(&self, question: &Question) -> Told {
        let exchange = async {
            // Never closed, so never an error.
            let _permit = self.in_flight.acquire().await;
            if self.config.burst_count < IN_FLIGHT_COUNT_MAX {
                self.follow_in_turn(question).await
            } else {
                self.follow(question).await
            }
        };
        match timeout(self.config.question_timeout, exchange).await {
            Ok(Ok(told)) => told,
            Ok(Err(failure)) => Told::failed(failure),
            Err(_) => Told::failed(Failure::Timeout),
        }
    }

    /// Follows, with a place among those that were sent just now. Whoever waits for long is in no buffer any more, and makes room:
    /// names that nobody answers for hold no others up.
    async fn follow_in_turn(&self, question: &Question) -> Result<Told, Failure> {
        let place = self.burst.acquire().await;
        let mut following = std::pin::pin!(self.follow(question));
        match timeout(Duration::from_millis(BURST_MS), &mut following).await {
            Ok(told) => told,
            Err(_) => {
                drop(place);
                following.await
            }
        }
    }

    /// Follows aliases out of one answer into the next.
    async fn follow(&self, question: &Question) -> Result<Told, Failure> {
        let mut aliases: Vec<Domain> = Vec::new();
        let mut ttl_s = u32::MAX;
        let mut dnssec = Dnssec::Authenticated;
        loop {
            let name = aliases.last().unwrap_or(&question.name).clone();
            let reading = self.ask_servers(&name, question.kind).await?;
            ttl_s = ttl_s.min(reading.ttl_s);
            if reading.dnssec == Dnssec::Unproven {
                dnssec = Dnssec::Unproven;
            }
            for alias in reading.aliases {
                if aliases.len() == ALIAS_COUNT_MAX || alias == question.name || aliases.contains(&alias) {
                    return Err(Failure::AliasChain);
                }
                aliases.push(alias);
            }
            // RFC 2308 §5: absence without a SOA record is not kept.
            let negative = |soa_ttl_s: Option<u32>| Negative { ttl_s: soa_ttl_s.unwrap_or(0).min(ttl_s), dnssec };
            let reached = if aliases.is_empty() { Reached::Directly } else { Reached::ByAlias };
            let answer = match reading.end {
                End::Data(data) => Answer::records(Records::new(data, ttl_s, dnssec, aliases)),
                End::NoData(soa_ttl_s) => Answer::NoData(negative(soa_ttl_s)),
                End::NxDomain(soa_ttl_s) => Answer::NxDomain(negative(soa_ttl_s)),
                End::Alias => continue,
            };
            return Ok(Told { answer, reached });
        }
    }

    /// Asks server after server, and those that did not answer in time once more.
    async fn ask_servers(&self, name: &Domain, kind: Kind) -> Result<Reading, Failure> {
        let mut servers = self.in_order();
        let mut told = Failure::Unreachable;
        for round in 0..self.config.attempt_count {
            let wait = self.wait(round);
            let mut silent = Vec::new();
            for server in servers {
                match self.ask_server(server, name, kind, wait).await {
                    Ok(reading) => return Ok(reading),
                    Err(Refusal::Final(failure)) => return Err(failure),
                    Err(Refusal::Failed(Failure::Timeout)) => {
                        silent.push(server);
                        told = telling(told, Failure::Timeout);
                    }
                    Err(Refusal::Failed(failure)) => told = telling(told, failure),
                    Err(Refusal::Truncated) => told = telling(told, Failure::Truncated),
                    Err(Refusal::NoEdns) => told = telling(told, Failure::Malformed),
                }
            }
            servers = silent;
        }
        Err(told)
    }

    /// A lost datagram should not hold up a message: the first round is short. A resolver that is still looking for the
    /// answer joins the second question to the first.
    fn wait(&self, round: u32) -> Duration {
        match round {
            0 => self.config.try_timeout / 4,
            1 => self.config.try_timeout,
            _ => self.config.try_timeout * 2,
        }
    }

    fn in_order(&self) -> Vec<&Server> {
        let first = match self.config.order {
            ServerOrder::Listed => 0,
            ServerOrder::Rotated => self.next.fetch_add(1, Ordering::Relaxed) % self.servers.len().max(1),
        };
        let (after, before) = self.servers.split_at(first);
        let mut servers: Vec<_> = before.iter().chain(after).collect();
        if servers.len() > 1 {
            let now_ms = self.now_ms();
            servers.sort_by_key(|server| server.slow_until_ms.load(Ordering::Relaxed) > now_ms);
        }
        servers
    }

    async fn ask_server(&self, server: &Server, name: &Domain, kind: Kind, wait: Duration) -> Result<Reading, Refusal> {
        let is_plain = server.plain_until_ms.load(Ordering::Relaxed) > self.now_ms();
        let edns = if is_plain { Edns::Off } else { self.config.edns };
        let mut result = self.ask_as(server, (name, kind), edns, wait).await;
        if matches!(result, Err(Refusal::NoEdns)) && edns == Edns::Offered {
            // RFC 6891 §7: a server that cannot parse EDNS says so, and is asked without.
            result = self.ask_as(server, (name, kind), Edns::Off, wait).await;
            if !matches!(result, Err(Refusal::NoEdns)) {
                server.plain_until_ms.store(self.now_ms() + EDNS_REFUSED_MS, Ordering::Relaxed);
            }
        }
        server.judge(&result, self.now_ms());
        self.note(&result);
        result
    }

    async fn ask_as(
        &self,
        server: &Server,
        (name, kind): (&Domain, Kind),
        edns: Edns,
        wait: Duration,
    ) -> Result<Reading, Refusal> {
        let trust = self.config.authentic_data;
        let query = Query::new(name, kind, edns, trust).map_err(Refusal::Final)?;
        if self.config.transport == Transport::UdpThenTcp {
            match server.sockets.ask(&query, wait).await {
                Ok(datagram) => match wire::read(&datagram, name, kind, trust) {
                    // RFC 2181 §9: what was cut is asked for again over TCP.
                    Err(Refusal::Truncated) => {}
                    result => return result,
                },
                Err(UdpFailure::Suspicious) => {}
                Err(UdpFailure::Timeout) => return Err(Refusal::Failed(Failure::Timeout)),
                Err(UdpFailure::Unreachable) => return Err(Refusal::Failed(Failure::Unreachable)),
            }
        }
        // A connection takes a way more than a datagram, and is not lost: it has the whole time at once.
        let message = self.ask_over_tcp(server, &query, self.config.try_timeout).await.map_err(Refusal::Failed)?;
        wire::read(&message, name, kind, trust)
    }

    async fn ask_over_tcp(&self, server: &Server, query: &Query, wait: Duration) -> Result<Vec<u8>, Failure> {
        let _permit = server.tcp.acquire().await;
        tcp::ask(server.address, query, wait, &self.counters).await
    }

    fn note(&self, result: &Result<Reading, Refusal>) {
        match result {
            Err(Refusal::Failed(Failure::Timeout)) => count(&self.counters.timeouts),
            Err(Refusal::Failed(Failure::ServFail)) => count(&self.counters.servfails),
            Err(Refusal::Failed(Failure::Malformed) | Refusal::NoEdns) => count(&self.counters.malformed),
            _ => {}
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Told {
    fn failed(failure: Failure) -> Self {
        Self { answer: Answer::Failed(failure), reached: Reached::Directly }
    }
}

impl Server {
    /// Whether it is to be asked last for a while: it is gone, or has been silent several times together.
    fn judge(&self, result: &Result<Reading, Refusal>, now_ms: u64) {
        let silence_count = match result {
            Err(Refusal::Failed(Failure::Unreachable)) => SERVER_SILENCE_COUNT_MAX,
            Err(Refusal::Failed(Failure::Timeout)) => self.silence_count.load(Ordering::Relaxed).saturating_add(1),
            _ => 0,
        };
        self.silence_count.store(silence_count, Ordering::Relaxed);
        let is_slow = silence_count >= SERVER_SILENCE_COUNT_MAX;
        self.slow_until_ms.store(if is_slow { now_ms + SERVER_PENALTY_MS } else { 0 }, Ordering::Relaxed);
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
