//! Authoritative servers, asked directly and without recursion: what each of them shows of a name, caches aside.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use lookup::{Answer, Data, Failure, Kind, Lookup, Question, Text};
use mailtext::Domain;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use crate::limits::{AUTHORITY_ADDRESS_COUNT_MAX, AUTHORITY_SERVER_COUNT_MAX, DATAGRAM_BYTES_MAX, UDP_PAYLOAD_BYTES};

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

/// Finds the zone of a name, and its servers. The resolver is asked; it may know the servers from its cache.
///
/// # Errors
/// A question failed, or there is no zone.
pub async fn find(resolver: &impl Lookup, name: &Domain) -> Result<Authority, Failure> {
    let mut zone = Some(name.clone());
    while let Some(candidate) = zone {
        let servers = match resolver.ask(Question { name: candidate.clone(), kind: Kind::Ns }).await {
            // Behind an alias it would be another zone's.
            Answer::Records(records) if records.aliases.is_empty() => records.data.to_vec(),
            Answer::Failed(failure) => return Err(failure),
            _ => Vec::new(),
        };
        let names = servers.into_iter().filter_map(|data| match data {
            Data::Ns(name) => Some(name),
            _ => None,
        });
        let names: Vec<Domain> = names.take(AUTHORITY_SERVER_COUNT_MAX).collect();
        if !names.is_empty() {
            let mut servers = Vec::with_capacity(names.len());
            for name in names {
                servers.push(addresses(resolver, name).await);
            }
            return Ok(Authority { zone: candidate, servers });
        }
        zone = candidate.parent();
    }
    Err(Failure::BadName)
}

async fn addresses(resolver: &impl Lookup, name: Domain) -> Server {
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for kind in [Kind::A, Kind::Aaaa] {
        let answer = resolver.ask(Question { name: name.clone(), kind }).await;
        addresses.extend(answer.data().iter().filter_map(|data| match data {
            Data::A(address) => Some(SocketAddr::from((*address, DNS_PORT))),
            Data::Aaaa(address) => Some(SocketAddr::from((*address, DNS_PORT))),
            _ => None,
        }));
    }
    addresses.truncate(AUTHORITY_ADDRESS_COUNT_MAX);
    Server { name: Some(name), addresses }
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
    let Ok(asked) = Name::from_labels(name.labels().map(str::as_bytes)) else {
        return Shown::Failed(AuthorityFailure::Malformed);
    };
    let mut failure = AuthorityFailure::Timeout;
    for _ in 0..UDP_TRY_COUNT {
        match over_udp(server, &asked, wait).await {
            Ok(answer) if is_cut(&answer) => {
                return over_tcp(server, &asked, wait).await.map_or_else(Shown::Failed, |answer| read(&answer, &asked));
            }
            Ok(answer) => return read(&answer, &asked),
            Err(AuthorityFailure::Timeout) => {}
            Err(other) => {
                failure = other;
                break;
            }
        }
    }
    Shown::Failed(failure)
}

async fn over_udp(server: SocketAddr, name: &Name, wait: Duration) -> Result<Vec<u8>, AuthorityFailure> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let (id, query) = query(name)?;
    let exchange = async {
        let socket = UdpSocket::bind((any, 0)).await?;
        socket.connect(server).await?;
        socket.send(&query).await?;
        let mut answer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            let length = socket.recv(&mut answer).await?;
            // RFC 5452 §9.1: what answers nothing that was asked is not looked at.
            if answers(&answer[..length], id, name) {
                answer.truncate(length);
                return Ok(answer);
            }
        }
    };
    timeout(wait, exchange).await.map_err(|_| AuthorityFailure::Timeout)?.map_err(|error: io::Error| failure(&error))
}

async fn over_tcp(server: SocketAddr, name: &Name, wait: Duration) -> Result<Vec<u8>, AuthorityFailure> {
    let (id, query) = query(name)?;
    let answer = timeout(wait, exchange_over_tcp(server, &query)).await.map_err(|_| AuthorityFailure::Timeout)?;
    let answer = answer.map_err(|error| failure(&error))?;
    if answers(&answer, id, name) { Ok(answer) } else { Err(AuthorityFailure::Malformed) }
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

fn query(name: &Name) -> Result<(u16, Vec<u8>), AuthorityFailure> {
    let id: u16 = rand::random();
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = false;
    message.add_query(Query::query(name.clone(), RecordType::TXT));
    let mut edns = Edns::new();
    edns.set_max_payload(UDP_PAYLOAD_BYTES);
    message.set_edns(edns);
    Ok((id, message.to_vec().map_err(|_| AuthorityFailure::Malformed)?))
}

fn answers(answer: &[u8], id: u16, name: &Name) -> bool {
    // What was cut may not be readable as a whole; its header is.
    let Some(header) = answer.first_chunk::<12>() else { return false };
    if u16::from_be_bytes([header[0], header[1]]) != id || header[2] & 0x80 == 0 {
        return false;
    }
    is_cut(answer)
        || Message::from_vec(answer).is_ok_and(|message| match &message.queries[..] {
            [query] => query.name() == name && query.query_type() == RecordType::TXT,
            queries => queries.is_empty() && message.metadata.response_code != ResponseCode::NoError,
        })
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

fn read(answer: &[u8], name: &Name) -> Shown {
    let Ok(message) = Message::from_vec(answer) else { return Shown::Failed(AuthorityFailure::Malformed) };
    match message.metadata.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => {}
        ResponseCode::NotAuth => return Shown::Failed(AuthorityFailure::NotAuthoritative),
        _ => return Shown::Failed(AuthorityFailure::Refused),
    }
    // RFC 1035 §4.1.1: without AA it is a referral, or another's word.
    if !message.metadata.authoritative {
        return Shown::Failed(AuthorityFailure::NotAuthoritative);
    }
    let here = message.answers.iter().filter(|record| record.name == *name && record.dns_class == DNSClass::IN);
    let (mut texts, mut alias, mut ttl_s) = (Vec::new(), None, u32::MAX);
    for record in here {
        match &record.data {
            RData::TXT(text) => texts.push(Text::from_strings(&text.txt_data)),
            RData::CNAME(target) => alias = Domain::query(target.0.to_ascii().trim_end_matches('.')).ok(),
            _ => continue,
        }
        ttl_s = ttl_s.min(record.ttl);
    }
    match (alias, texts.is_empty()) {
        (Some(target), _) => Shown::Alias { target, ttl_s },
        (None, false) => Shown::Texts { texts, ttl_s },
        (None, true) => Shown::Nothing { ttl_s: message.authorities.iter().find_map(negative_ttl_s).unwrap_or(0) },
    }
}

/// RFC 2308 §5: the lesser of the SOA record's TTL and of its MINIMUM field.
fn negative_ttl_s(record: &Record) -> Option<u32> {
    match &record.data {
        RData::SOA(soa) => Some(record.ttl.min(soa.minimum)),
        _ => None,
    }
}

const DNS_PORT: u16 = 53;
const UDP_TRY_COUNT: usize = 2;
