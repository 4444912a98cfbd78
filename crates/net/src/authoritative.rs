//! Authoritative servers, asked directly and without recursion: what each of them shows of a name, caches aside.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use lookup::{Answer, Data, Dnssec, Failure, Kind, Lookup, Negative, Question, Text, ask_all};
use mailtext::Domain;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use crate::fetch::address::{Scope, scope};
use crate::limits::{
    AUTHORITY_ADDRESS_COUNT_MAX, AUTHORITY_SERVER_COUNT_MAX, AUTHORITY_ZONES_AT_ONCE, DATAGRAM_BYTES_MAX,
};
use crate::resolver::config::{AuthenticData, Edns};
use crate::resolver::wire::{Malformed, NO_ERROR, NOT_AUTH, NX_DOMAIN, Parsed, Query, answers, id_of};

/// A zone and who answers for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authority {
    /// The zone's name.
    pub zone: Domain,
    /// Its servers.
    pub servers: Vec<Server>,
}

/// One server of a zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Server {
    /// Its name, where it has one.
    pub name: Option<Domain>,
    /// All its addresses; none where none was found.
    pub addresses: Vec<SocketAddr>,
}

/// What one address shows of a name. TTLs are in seconds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shown {
    /// TXT records.
    Texts {
        /// Each of them.
        texts: Vec<Text>,
        /// How long caches keep them.
        ttl_s: u32,
    },
    /// A CNAME record.
    Alias {
        /// Where it leads.
        target: Domain,
        /// How long caches keep it.
        ttl_s: u32,
    },
    /// Neither.
    Nothing {
        /// How long caches keep that (RFC 2308 §5).
        ttl_s: u32,
    },
    /// No answer that counts.
    Failed(AuthorityFailure),
}

/// Why an answer does not count.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AuthorityFailure {
    /// None came in time.
    Timeout,
    /// Nobody is there.
    Unreachable,
    /// From here there is no way to addresses of this family: that says nothing about the server.
    NoRoute,
    /// The server does not answer for the name's zone.
    NotAuthoritative,
    /// The server says that it failed, or will not answer.
    Refused,
    /// What came is no answer.
    Malformed,
}

/// What one address says to a question of any kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// Records, or the alias in their place ([`Data::Cname`]; it is not followed), or their absence; or why it does not count.
    pub answer: Result<Answer, AuthorityFailure>,
    /// The size of the message that was read, in bytes; 0 where there is none.
    pub size_bytes: usize,
    /// How it came.
    pub way: Way,
}

/// How an answer came.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Way {
    /// Over UDP.
    Udp,
    /// Over TCP, after it had been cut over UDP.
    Tcp,
    /// It was cut over UDP, and TCP gave nothing.
    TcpRefused,
}

/// Where servers stand that are not asked at the addresses that DNS has for them: in a network that shows other people other
/// addresses, or before a server is moved.
pub type Places = HashMap<Domain, SocketAddr>;

/// Finds the zone of a name, and its servers. The resolver is asked; it may know the servers from its cache.
///
/// # Errors
/// A question failed, or there is no zone.
pub async fn find(resolver: &(impl Lookup + Sync), name: &Domain) -> Result<Authority, Failure> {
    let (zone, names) = find_zone(resolver, name).await?;
    Ok(Authority { zone, servers: find_servers(resolver, names, &Places::new()).await })
}

/// The zone of a name, and the names of its servers.
pub(crate) async fn find_zone(
    resolver: &(impl Lookup + Sync),
    name: &Domain,
) -> Result<(Domain, Vec<Domain>), Failure> {
    let above = std::iter::successors(Some(name.clone()), Domain::parent);
    let questions: Vec<_> = above.map(|candidate| Question::new(candidate, Kind::Ns)).collect();
    // Nearly every name is one or two labels below its zone's: the first few are asked for at once.
    for several in questions.chunks(AUTHORITY_ZONES_AT_ONCE) {
        for (question, answer) in several.iter().zip(ask_all(resolver, several).await) {
            let servers = match answer {
                // Behind an alias it would be another zone's.
                Answer::Records(records) if records.aliases.is_empty() => records.data.to_vec(),
                Answer::Failed(failure) => return Err(failure),
                _ => continue,
            };
            let names = servers.into_iter().filter_map(|data| match data {
                Data::Ns(name) => Some(name),
                _ => None,
            });
            let names: Vec<Domain> = names.take(AUTHORITY_SERVER_COUNT_MAX).collect();
            if !names.is_empty() {
                return Ok((question.name.clone(), names));
            }
        }
    }
    Err(Failure::BadName)
}

/// The servers with their addresses, all asked for at once.
pub(crate) async fn find_servers(resolver: &(impl Lookup + Sync), names: Vec<Domain>, places: &Places) -> Vec<Server> {
    let unplaced = names.iter().filter(|name| !places.contains_key(*name));
    let questions: Vec<_> =
        unplaced.flat_map(|name| [Kind::A, Kind::Aaaa].map(|kind| Question::new(name.clone(), kind))).collect();
    let answers = ask_all(resolver, &questions).await;
    let found = |name: &Domain| {
        let own = questions.iter().zip(&answers).filter(|(question, _)| question.name == *name);
        let addresses = own.flat_map(|(_, answer)| answer.data()).filter_map(|data| match data {
            Data::A(address) => Some(IpAddr::from(*address)),
            Data::Aaaa(address) => Some(IpAddr::from(*address)),
            _ => None,
        });
        let usable = addresses.filter(|address| scope(*address) != Scope::Unusable);
        usable.take(AUTHORITY_ADDRESS_COUNT_MAX).map(|address| SocketAddr::from((address, DNS_PORT))).collect()
    };
    let server = |name: Domain| {
        let addresses = places.get(&name).map_or_else(|| found(&name), |place| vec![*place]);
        Server { name: Some(name), addresses }
    };
    names.into_iter().map(server).collect()
}

impl Server {
    /// What this server shows at all its addresses: one answer each, without those to which there is no way from here, as long
    /// as there is another.
    pub async fn show(&self, name: &Domain, wait: Duration) -> Vec<Shown> {
        let mut shown = Vec::with_capacity(self.addresses.len());
        for address in &self.addresses {
            shown.push(ask(*address, name, wait).await);
        }
        let no_way = Shown::Failed(AuthorityFailure::NoRoute);
        if shown.iter().any(|one| *one != no_way) {
            shown.retain(|one| *one != no_way);
        }
        if shown.is_empty() { vec![Shown::Failed(AuthorityFailure::Unreachable)] } else { shown }
    }
}

/// Asks one server what TXT or CNAME records it has at a name: over UDP, twice where nothing comes, and over TCP what was
/// cut. `wait` is for each try.
pub async fn ask(server: SocketAddr, name: &Domain, wait: Duration) -> Shown {
    tell(server, &Question::txt(name.clone()), wait).await.answer.map_or_else(Shown::Failed, |answer| shown(&answer))
}

/// Asks one server a question: over UDP with EDNS, twice where nothing comes, and over TCP what was cut. `wait` is for each
/// try.
pub async fn tell(server: SocketAddr, question: &Question, wait: Duration) -> Told {
    let failed = |failure, way| Told { answer: Err(failure), size_bytes: 0, way };
    let Ok(query) = Query::new(&question.name, question.kind, Edns::Offered, AuthenticData::Ignored) else {
        return failed(AuthorityFailure::Malformed, Way::Udp);
    };
    let query = query.without_recursion();
    let mut failure = AuthorityFailure::Timeout;
    for _ in 0..UDP_TRY_COUNT {
        match over_udp(server, &query, wait).await {
            Ok(cut) if is_cut(&cut) => {
                let whole = over_tcp(server, &query, wait).await;
                return whole.map_or_else(|why| failed(why, Way::TcpRefused), |it| Told::of(&it, question, Way::Tcp));
            }
            Ok(answer) => return Told::of(&answer, question, Way::Udp),
            Err(AuthorityFailure::Timeout) => {}
            Err(other) => {
                failure = other;
                break;
            }
        }
    }
    failed(failure, Way::Udp)
}

impl Told {
    fn of(answer: &[u8], question: &Question, way: Way) -> Self {
        Self { answer: read(answer, question), size_bytes: answer.len(), way }
    }
}

async fn over_udp(server: SocketAddr, query: &Query, wait: Duration) -> Result<Vec<u8>, AuthorityFailure> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let id: u16 = rand::random();
    let exchange = async {
        let socket = UdpSocket::bind((any, 0)).await?;
        socket.connect(server).await?;
        socket.send(&query.with_id(id)).await?;
        let mut answer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            let length = socket.recv(&mut answer).await?;
            // RFC 5452 §9.1: what answers nothing that was asked is not looked at.
            if id_of(&answer[..length]) == Some(id) && answers(&answer[..length], query.question()) {
                answer.truncate(length);
                return Ok(answer);
            }
        }
    };
    timeout(wait, exchange).await.map_err(|_| AuthorityFailure::Timeout)?.map_err(|error: io::Error| failure(&error))
}

async fn over_tcp(server: SocketAddr, query: &Query, wait: Duration) -> Result<Vec<u8>, AuthorityFailure> {
    let id: u16 = rand::random();
    let query_bytes = query.with_id(id);
    let answer = timeout(wait, exchange_over_tcp(server, &query_bytes)).await;
    let answer = answer.map_err(|_| AuthorityFailure::Timeout)?.map_err(|error| failure(&error))?;
    let is_ours = id_of(&answer) == Some(id) && answers(&answer, query.question());
    if is_ours { Ok(answer) } else { Err(AuthorityFailure::Malformed) }
}

/// One message there and one back over a connection of its own (RFC 7766 §8).
pub(crate) async fn exchange_over_tcp(server: SocketAddr, message: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(message.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let framed = [&length.to_be_bytes(), message].concat();
    stream.write_all(&framed).await?;
    let length = stream.read_u16().await?;
    let mut answer = Vec::new();
    (&mut stream).take(length.into()).read_to_end(&mut answer).await?;
    if answer.len() < usize::from(length) { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(answer) }
}

fn is_cut(answer: &[u8]) -> bool {
    answer.get(2).is_some_and(|flags| flags & 0x02 != 0)
}

fn failure(error: &io::Error) -> AuthorityFailure {
    match error.kind() {
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported => {
            AuthorityFailure::NoRoute
        }
        _ => AuthorityFailure::Unreachable,
    }
}

fn read(answer: &[u8], question: &Question) -> Result<Answer, AuthorityFailure> {
    let message = Parsed::parse(answer).map_err(|Malformed| AuthorityFailure::Malformed)?;
    match message.code {
        NO_ERROR | NX_DOMAIN => {}
        NOT_AUTH => return Err(AuthorityFailure::NotAuthoritative),
        _ => return Err(AuthorityFailure::Refused),
    }
    // RFC 1035 §4.1.1: without AA it is a referral, or another's word.
    if !message.is_authoritative() {
        return Err(AuthorityFailure::NotAuthoritative);
    }
    // RFC 1034 §4.3.2: at an alias, the alias is the answer; where it leads may be another server's.
    for kind in [Kind::Cname, question.kind] {
        let here = message.data(&question.name, kind).map_err(|Malformed| AuthorityFailure::Malformed)?;
        let Some((data, ttl_s)) = here else { continue };
        return if data.is_empty() { Err(AuthorityFailure::Malformed) } else { Ok(Answer::of(data, ttl_s)) };
    }
    let ttl_s = message.negative_ttl_s.unwrap_or(0);
    let absence = Negative { ttl_s, dnssec: Dnssec::Unproven };
    let is_there = message.code == NO_ERROR;
    Ok(if is_there { Answer::NoData(absence) } else { Answer::NxDomain(absence) })
}

/// An answer about TXT records.
fn shown(answer: &Answer) -> Shown {
    let (mut texts, ttl_s) = (Vec::new(), answer.ttl_s());
    for data in answer.data() {
        match data {
            Data::Cname(target) => return Shown::Alias { target: target.clone(), ttl_s },
            Data::Txt(text) => texts.push(text.clone()),
            _ => {}
        }
    }
    if texts.is_empty() { Shown::Nothing { ttl_s } } else { Shown::Texts { texts, ttl_s } }
}

const DNS_PORT: u16 = 53;
const UDP_TRY_COUNT: usize = 2;
