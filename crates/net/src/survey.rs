//! Questions by the hundred thousand: pipelined datagrams to a few resolvers, and connections for what does not fit.
//!
//! [`Wire`] carries what it is told to, and tells what was heard. It caches nothing, waits for nothing and tries nothing
//! twice: who asks decides that (a survey's engine). All of it runs on one thread. Each server has some sockets with random
//! ports, each of which carries a number of questions under random ids and then makes room for another. An answer counts
//! when it comes from the server, to the port, with the id and the question (RFC 5452 §9.1); when too many others come to a
//! socket, its questions are to be asked over a connection.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::task::{Context, Poll};

use foldhash::fast::RandomState;
use lookup::{Answer, Dnssec, Failure, Negative, Question, Records};
use mailtext::Domain;
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant};

mod connection;

use crate::limits::{
    DATAGRAM_BYTES_MAX, EDNS_REFUSED_MS, SERVER_COUNT_MAX, STRANGE_DATAGRAM_COUNT_MAX, SURVEY_SOCKET_COUNT_MAX,
    SURVEY_SOCKET_IN_FLIGHT_COUNT, SURVEY_SOCKET_OLD_COUNT_MAX, SURVEY_SOCKET_QUESTION_COUNT,
};
use crate::resolver::config::{AuthenticData, Edns, ResolverError};
use crate::resolver::wire::{self, End, Query, Reading, Refusal, answers, id_of};
use connection::Connections;

/// Whom to ask, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WireConfig {
    /// The resolvers, 1 to [`SERVER_COUNT_MAX`].
    pub servers: Vec<SocketAddr>,
    /// Whether the AD bit of answers is believed.
    pub authentic_data: AuthenticData,
    /// Questions that will be on their way at one time to one server, about; so many sockets there are.
    pub in_flight: usize,
}

/// Over what a question goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// A datagram.
    Udp,
    /// A connection.
    Tcp,
}

/// What was heard of a question. That nothing is heard is not told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Word {
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
    /// Too many datagrams came that answer nothing: those that come next cannot be trusted.
    Suspicious,
    /// The server failed, or is not there ([`Failure::Unreachable`]).
    Failed(Failure),
    /// No server would do better.
    Final(Failure),
}

/// What a [`Wire`] has done, each a count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WireCounts {
    /// Datagrams sent.
    pub datagrams_sent: u64,
    /// Datagrams that came.
    pub datagrams_received: u64,
    /// … that answer nothing asked.
    pub strange: u64,
    /// Questions over connections.
    pub over_tcp: u64,
    /// Bytes sent and received, headers of IP and UDP aside.
    pub bytes: u64,
}

/// Sockets and connections to some resolvers. Each question has a token of its asker's choice, no two the same at one time.
pub struct Wire {
    config: WireConfig,
    servers: Vec<Server>,
    /// Where each token's question is.
    places: HashMap<u64, Spot, RandomState>,
    ready: VecDeque<(u64, Word)>,
    from_connections: mpsc::UnboundedReceiver<(u64, Result<Vec<u8>, Failure>)>,
    buffer: Vec<u8>,
    counts: WireCounts,
}

struct Server {
    address: SocketAddr,
    sockets: Vec<Socket>,
    /// No new questions; each goes when the last of its questions has.
    old: VecDeque<Socket>,
    next: usize,
    connections: Connections,
    /// Until when it is asked without EDNS.
    plain_until: Option<Instant>,
}

struct Socket {
    reading: UdpSocket,
    /// The same socket: the runtime lets nobody write before it has looked whether that is possible.
    writing: std::net::UdpSocket,
    port: u16,
    waiting: HashMap<u16, Waiting, RandomState>,
    asked_count: u32,
    /// Questions given up, whose answers may still come and are not strange then.
    forgotten_count: u32,
    strange_count: u32,
}

struct Waiting {
    token: u64,
    question: Question,
    query: Query,
    edns: Edns,
}

/// Where a question is: on which server, and under which id of which socket, found by its local port; or on a connection.
#[derive(Clone, Copy)]
enum Spot {
    Udp { server: usize, port: u16, id: u16 },
    Tcp { server: usize },
}

impl Wire {
    /// Sockets to these resolvers, in the current tokio runtime. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ResolverError::NoServer`], [`ResolverError::TooManyServers`]; [`ResolverError::Socket`] when the system has none.
    pub fn open(config: WireConfig) -> Result<Self, ResolverError> {
        match config.servers.len() {
            0 => return Err(ResolverError::NoServer { origin: None }),
            count if count > SERVER_COUNT_MAX => return Err(ResolverError::TooManyServers { count }),
            _ => {}
        }
        let (told, from_connections) = mpsc::unbounded_channel();
        let count = config.in_flight.div_ceil(SURVEY_SOCKET_IN_FLIGHT_COUNT).clamp(2, SURVEY_SOCKET_COUNT_MAX);
        let server = |address: &SocketAddr| -> io::Result<Server> {
            Ok(Server {
                address: *address,
                sockets: (0..count).map(|_| Socket::open(*address)).collect::<io::Result<_>>()?,
                old: VecDeque::new(),
                next: 0,
                connections: Connections::new(*address, told.clone()),
                plain_until: None,
            })
        };
        let servers = config.servers.iter().map(server).collect::<io::Result<_>>();
        let servers = servers.map_err(|source| ResolverError::Socket { source })?;
        Ok(Self {
            config,
            servers,
            places: HashMap::default(),
            ready: VecDeque::new(),
            from_connections,
            buffer: vec![0; DATAGRAM_BYTES_MAX],
            counts: WireCounts::default(),
        })
    }

    /// Sends a question to the server of this number. What goes wrong at once is heard as anything else.
    pub fn send(&mut self, token: u64, question: Question, server: usize, way: Way) {
        let trust = self.config.authentic_data;
        let Some(known) = self.servers.get_mut(server) else {
            return self.ready.push_back((token, Word::Failed(Failure::Unreachable)));
        };
        let edns =
            if known.plain_until.is_some_and(|until| until > Instant::now()) { Edns::Off } else { Edns::Offered };
        match Query::new(&question.name, question.kind, edns, trust) {
            Err(failure) => self.ready.push_back((token, Word::Final(failure))),
            Ok(query) => self.send_query(Waiting { token, question, query, edns }, server, way),
        }
    }

    /// Nobody waits any more for the answer to the question of this token.
    pub fn forget(&mut self, token: u64) {
        match self.places.remove(&token) {
            Some(Spot::Udp { server, port, id }) => {
                let socket = self.servers.get_mut(server).and_then(|server| server.socket(port));
                if let Some(socket) = socket
                    && socket.waiting.remove(&id).is_some()
                {
                    socket.forgotten_count = socket.forgotten_count.saturating_add(1);
                }
                self.bury(server);
            }
            Some(Spot::Tcp { server }) => {
                if let Some(server) = self.servers.get_mut(server) {
                    server.connections.forget(token);
                }
            }
            None => {}
        }
    }

    /// Waits until something was heard, or until `end`; what was heard is added to `heard`. May be dropped at any time.
    pub async fn hear(&mut self, heard: &mut Vec<(u64, Word)>, end: Option<Instant>) {
        let sleep = tokio::time::sleep_until(end.unwrap_or_else(|| Instant::now() + LONG));
        tokio::pin!(sleep);
        std::future::poll_fn(|context| {
            self.poll_connections(context);
            self.poll_sockets(context);
            heard.extend(self.ready.drain(..));
            if heard.is_empty() { sleep.as_mut().poll(context) } else { Poll::Ready(()) }
        })
        .await;
    }

    /// What was done so far.
    #[must_use]
    pub fn counts(&self) -> WireCounts {
        self.counts
    }

    fn send_query(&mut self, waiting: Waiting, server: usize, way: Way) {
        let known = &mut self.servers[server];
        let token = waiting.token;
        if way == Way::Tcp {
            self.counts.over_tcp += 1;
            self.places.insert(token, Spot::Tcp { server });
            return known.connections.send(token, waiting.question, &waiting.query);
        }
        match known.send(waiting) {
            Ok((port, id, bytes)) => {
                self.counts.datagrams_sent += 1;
                self.counts.bytes += bytes as u64;
                self.places.insert(token, Spot::Udp { server, port, id });
            }
            // No room in the kernel: lost as on any other way, and noticed by who waits.
            Err((_, error)) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err((index, _)) => {
                // A connected socket tells the refusal of an earlier datagram at the next call; this one was not sent then.
                self.give_up(server, index, &Word::Failed(Failure::Unreachable));
                self.ready.push_back((token, Word::Failed(Failure::Unreachable)));
            }
        }
    }

    fn poll_connections(&mut self, context: &mut Context<'_>) {
        while let Poll::Ready(Some((token, message))) = self.from_connections.poll_recv(context) {
            let Some(Spot::Tcp { server }) = self.places.remove(&token) else {
                continue;
            };
            let Some(question) = self.servers[server].connections.take(token) else {
                continue;
            };
            let word = match message {
                Ok(message) => {
                    self.counts.bytes += message.len() as u64;
                    word(wire::read(&message, &question.name, question.kind, self.config.authentic_data))
                }
                Err(failure) => Word::Failed(failure),
            };
            self.ready.push_back((token, word));
        }
    }

    fn poll_sockets(&mut self, context: &mut Context<'_>) {
        for server in 0..self.servers.len() {
            let count = self.servers[server].sockets.len() + self.servers[server].old.len();
            for index in 0..count {
                self.poll_socket(server, index, context);
            }
            self.bury(server);
        }
    }

    /// Reads what has come to one socket.
    fn poll_socket(&mut self, server: usize, index: usize, context: &mut Context<'_>) {
        for _ in 0..READ_COUNT {
            let Some(socket) = self.servers[server].at(index) else {
                return;
            };
            let mut buffer = ReadBuf::new(&mut self.buffer);
            match socket.reading.poll_recv(context, &mut buffer) {
                Poll::Pending => return,
                Poll::Ready(Ok(())) => {
                    let length = buffer.filled().len();
                    self.deliver(server, index, length);
                }
                // An ICMP message: nobody is there. It does not tell for which question, and need not.
                Poll::Ready(Err(_)) => self.give_up(server, index, &Word::Failed(Failure::Unreachable)),
            }
        }
        // There may be more; the others have their turn first.
        context.waker().wake_by_ref();
    }

    fn deliver(&mut self, server: usize, index: usize, length: usize) {
        let datagram = &self.buffer[..length];
        self.counts.datagrams_received += 1;
        self.counts.bytes += length as u64;
        let trust = self.config.authentic_data;
        let Some(socket) = self.servers[server].at(index) else {
            return;
        };
        let id = id_of(datagram);
        let fits = |waiting: &Waiting| answers(datagram, waiting.query.question());
        let found = id.filter(|id| socket.waiting.get(id).is_some_and(fits)).and_then(|id| socket.waiting.remove(&id));
        let Some(waiting) = found else {
            self.counts.strange += 1;
            if socket.is_suspicious() {
                self.give_up(server, index, &Word::Suspicious);
            }
            return;
        };
        self.places.remove(&waiting.token);
        let reading = wire::read(datagram, &waiting.question.name, waiting.question.kind, trust);
        if reading == Err(Refusal::NoEdns) && waiting.edns == Edns::Offered {
            // RFC 6891 §7: a server that cannot parse EDNS says so, and is asked without.
            self.servers[server].plain_until = Some(Instant::now() + Duration::from_millis(EDNS_REFUSED_MS));
            return self.send(waiting.token, waiting.question, server, Way::Udp);
        }
        self.ready.push_back((waiting.token, word(reading)));
    }

    /// Tells all who wait on this socket, which is used no more.
    fn give_up(&mut self, server: usize, index: usize, word: &Word) {
        let known = &mut self.servers[server];
        let Some(socket) = known.at(index) else {
            return;
        };
        let tokens: Vec<u64> = socket.waiting.drain().map(|(_, waiting)| waiting.token).collect();
        socket.asked_count = SURVEY_SOCKET_QUESTION_COUNT;
        for token in tokens {
            self.places.remove(&token);
            self.ready.push_back((token, word.clone()));
        }
    }

    /// Lets go the old sockets that nobody waits on, and the oldest when there are too many.
    fn bury(&mut self, server: usize) {
        let Some(known) = self.servers.get_mut(server) else {
            return;
        };
        known.old.retain(|socket| !socket.waiting.is_empty());
        while known.old.len() > SURVEY_SOCKET_OLD_COUNT_MAX {
            // What still waits there is lost.
            let socket = known.old.pop_front();
            for (_, waiting) in socket.into_iter().flat_map(|socket| socket.waiting) {
                self.places.remove(&waiting.token);
            }
        }
    }
}

impl Server {
    /// Sends a datagram; its local port, its id, and its bytes. Where that fails, on which socket.
    fn send(&mut self, waiting: Waiting) -> Result<(u16, u16, usize), (usize, io::Error)> {
        self.next = (self.next + 1) % self.sockets.len();
        let index = self.next;
        let failed = |error| (index, error);
        if self.sockets[index].asked_count >= SURVEY_SOCKET_QUESTION_COUNT {
            let fresh = Socket::open(self.address).map_err(failed)?;
            self.old.push_back(std::mem::replace(&mut self.sockets[index], fresh));
        }
        self.sockets[index].send(waiting).map_err(failed)
    }

    /// The socket of this number, those in use first.
    fn at(&mut self, index: usize) -> Option<&mut Socket> {
        let count = self.sockets.len();
        if index < count { self.sockets.get_mut(index) } else { self.old.get_mut(index - count) }
    }

    fn socket(&mut self, port: u16) -> Option<&mut Socket> {
        self.sockets.iter_mut().chain(&mut self.old).find(|socket| socket.port == port)
    }
}

impl Socket {
    fn open(server: SocketAddr) -> io::Result<Self> {
        let any: IpAddr = match server {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        // Port 0: the kernel takes a random one of its range.
        let socket = std::net::UdpSocket::bind((any, 0))?;
        // What does not come from the server's address and port does not come here at all.
        socket.connect(server)?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            port: socket.local_addr()?.port(),
            writing: socket.try_clone()?,
            reading: UdpSocket::from_std(socket)?,
            waiting: HashMap::default(),
            asked_count: 0,
            forgotten_count: 0,
            strange_count: 0,
        })
    }

    fn send(&mut self, waiting: Waiting) -> io::Result<(u16, u16, usize)> {
        // Few of the ids are taken.
        let id = loop {
            let id: u16 = rand::random();
            if !self.waiting.contains_key(&id) {
                break id;
            }
        };
        let datagram = waiting.query.with_id(id);
        let bytes = self.writing.send(&datagram)?;
        self.asked_count += 1;
        self.waiting.insert(id, waiting);
        Ok((self.port, id, bytes))
    }

    /// RFC 5452 §9.2: many answers that do not match tell of an attack; a connection cannot be forged blindly.
    fn is_suspicious(&mut self) -> bool {
        if self.forgotten_count > 0 {
            self.forgotten_count -= 1;
            return false;
        }
        self.strange_count += 1;
        self.strange_count > STRANGE_DATAGRAM_COUNT_MAX
    }
}

fn word(reading: Result<Reading, Refusal>) -> Word {
    let reading = match reading {
        Ok(reading) => reading,
        Err(Refusal::Truncated) => return Word::Truncated,
        Err(Refusal::NoEdns) => return Word::Failed(Failure::Malformed),
        Err(Refusal::Failed(failure)) => return Word::Failed(failure),
        Err(Refusal::Final(failure)) => return Word::Final(failure),
    };
    let Reading { aliases, ttl_s, dnssec, end } = reading;
    // RFC 2308 §5: absence without a SOA record is not kept.
    let negative = |soa_ttl_s: Option<u32>| Negative { ttl_s: soa_ttl_s.unwrap_or(0).min(ttl_s), dnssec };
    Word::Answer(match end {
        End::Data(data) => Answer::records(Records::new(data, ttl_s, dnssec, aliases)),
        End::NoData(soa_ttl_s) => Answer::NoData(negative(soa_ttl_s)),
        End::NxDomain(soa_ttl_s) => Answer::NxDomain(negative(soa_ttl_s)),
        End::Alias => return Word::Alias { aliases, ttl_s, dnssec },
    })
}

/// Datagrams that are read from one socket before the others have their turn.
const READ_COUNT: usize = 64;
/// As good as for ever, and the clock can hold it.
const LONG: Duration = Duration::from_secs(86_400);
