//! A DNS server on loopback that does whatever a test wants.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, NS, NULL, PTR, SOA, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use lookup::limits::ALIAS_COUNT_MAX;
use lookup::{Answer, Data, Dnssec, Failure, Kind, Question, Zone};
use mailtext::Domain;
use sekisho_net::{Resolver, ResolverConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinHandle;

/// What has been asked.
#[derive(Clone)]
pub struct Asked {
    pub message: Message,
    pub question: Question,
    pub over: Over,
    /// Counts questions over both transports, from 0.
    pub number: usize,
    pub from: SocketAddr,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Over {
    Udp,
    Tcp,
}

/// What is sent, and when.
pub struct Sent {
    pub after: Duration,
    pub bytes: Vec<u8>,
}

pub type Respond = Arc<dyn Fn(&Asked) -> Vec<Sent> + Send + Sync>;

/// A server; ends when dropped.
pub struct Server {
    pub address: SocketAddr,
    pub log: Arc<Mutex<Vec<Asked>>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Server {
    pub async fn start(respond: impl Fn(&Asked) -> Vec<Sent> + Send + Sync + 'static) -> Self {
        Self::start_at([127, 0, 0, 1].into(), respond).await.unwrap()
    }

    pub async fn start_at(
        host: IpAddr,
        respond: impl Fn(&Asked) -> Vec<Sent> + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let respond: Respond = Arc::new(respond);
        let (tcp, udp) = loop {
            let tcp = TcpListener::bind((host, 0)).await?;
            // The same port may be taken for the other transport.
            if let Ok(udp) = UdpSocket::bind(tcp.local_addr()?).await {
                break (tcp, udp);
            }
        };
        let (address, log) = (tcp.local_addr()?, Arc::default());
        let number = Arc::new(AtomicUsize::new(0));
        let tasks = vec![
            tokio::spawn(serve_udp(udp, Arc::clone(&respond), Arc::clone(&log), Arc::clone(&number))),
            tokio::spawn(serve_tcp(tcp, respond, Arc::clone(&log), number)),
        ];
        Ok(Self { address, log, tasks })
    }

    pub async fn of_zone(text: &str) -> Self {
        let zone = Zone::parse(text).unwrap();
        Self::start(move |asked| from_zone(&zone, asked)).await
    }

    pub fn count(&self) -> usize {
        self.log.lock().unwrap().len()
    }

    pub fn count_over(&self, over: Over) -> usize {
        self.log.lock().unwrap().iter().filter(|asked| asked.over == over).count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn serve_udp(socket: UdpSocket, respond: Respond, log: Arc<Mutex<Vec<Asked>>>, number: Arc<AtomicUsize>) {
    let socket = Arc::new(socket);
    let mut buffer = vec![0; 4096];
    while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
        let asked = asked(&buffer[..length], Over::Udp, from, &number);
        log.lock().unwrap().push(asked.clone());
        for sent in respond(&asked) {
            let socket = Arc::clone(&socket);
            let send = async move {
                tokio::time::sleep(sent.after).await;
                let _ = socket.send_to(&sent.bytes, from).await;
            };
            // In order, when there is no delay.
            if sent.after.is_zero() { send.await } else { drop(tokio::spawn(send)) }
        }
    }
}

async fn serve_tcp(listener: TcpListener, respond: Respond, log: Arc<Mutex<Vec<Asked>>>, number: Arc<AtomicUsize>) {
    while let Ok((mut stream, from)) = listener.accept().await {
        let (respond, log, number) = (Arc::clone(&respond), Arc::clone(&log), Arc::clone(&number));
        tokio::spawn(async move {
            let length = stream.read_u16().await.unwrap();
            let mut bytes = vec![0; length.into()];
            stream.read_exact(&mut bytes).await.unwrap();
            let asked = asked(&bytes, Over::Tcp, from, &number);
            log.lock().unwrap().push(asked.clone());
            for sent in respond(&asked) {
                tokio::time::sleep(sent.after).await;
                let length = u16::try_from(sent.bytes.len()).unwrap();
                let _ = stream.write_all(&[&length.to_be_bytes()[..], &sent.bytes].concat()).await;
            }
            // Whoever has nothing to say keeps the connection open.
            let _ = stream.read_u8().await;
        });
    }
}

fn asked(bytes: &[u8], over: Over, from: SocketAddr, number: &AtomicUsize) -> Asked {
    let message = Message::from_vec(bytes).unwrap();
    assert_eq!(message.queries.len(), 1);
    let query = &message.queries[0];
    let labels: Vec<_> = query.name.iter().map(|label| std::str::from_utf8(label).unwrap()).collect();
    let name = labels.join(".");
    // The library knows no word for the type that RFC 7208 took back.
    let kind = match u16::from(query.query_type) {
        99 => Kind::Spf,
        _ => Kind::parse(&query.query_type.to_string()).unwrap(),
    };
    let question = Question::new(Domain::query(&name).unwrap(), kind);
    Asked { message, question, over, number: number.fetch_add(1, Ordering::Relaxed), from }
}

/// A resolver that asks these servers.
pub fn resolver(servers: &[&Server]) -> Resolver {
    Resolver::start(config(servers)).unwrap()
}

/// A resolver that asks these servers, and soon gives up.
pub fn hasty_resolver(servers: &[&Server]) -> Resolver {
    Resolver::start(hasty(servers)).unwrap()
}

/// Patient enough for a busy machine.
pub fn config(servers: &[&Server]) -> ResolverConfig {
    ResolverConfig {
        try_timeout: Duration::from_secs(8),
        attempt_count: 2,
        question_timeout: Duration::from_secs(20),
        ..ResolverConfig::with_servers(servers.iter().map(|server| server.address).collect())
    }
}

/// For tests in which somebody is silent.
pub fn hasty(servers: &[&Server]) -> ResolverConfig {
    ResolverConfig { try_timeout: Duration::from_millis(300), ..config(servers) }
}

pub fn domain(text: &str) -> Domain {
    Domain::query(text).unwrap()
}

pub fn question(name: &str, kind: Kind) -> Question {
    Question::new(domain(name), kind)
}

pub fn name(text: &str) -> Name {
    Name::from_labels(text.split('.').map(str::as_bytes)).unwrap()
}

/// Sends this, now.
pub fn now(bytes: Vec<u8>) -> Vec<Sent> {
    after(0, bytes)
}

/// Sends this, so many milliseconds later.
pub fn after(after_ms: u64, bytes: Vec<u8>) -> Vec<Sent> {
    vec![Sent { after: Duration::from_millis(after_ms), bytes }]
}

/// The frame of a response to what was asked.
pub fn response(asked: &Asked, code: ResponseCode) -> Message {
    let mut message = Message::new(asked.message.metadata.id, MessageType::Response, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.metadata.recursion_available = true;
    message.metadata.response_code = code;
    message.add_queries(asked.message.queries.clone());
    message
}

/// A response with these records.
pub fn with_records(asked: &Asked, records: Vec<Record>) -> Vec<u8> {
    let mut message = response(asked, ResponseCode::NoError);
    message.insert_answers(records);
    message.to_vec().unwrap()
}

/// A response with one address.
pub fn with_address(asked: &Asked) -> Vec<u8> {
    let owner = asked.message.queries[0].name.clone();
    with_records(asked, vec![Record::from_rdata(owner, 60, RData::A(A([192, 0, 2, 1].into())))])
}

pub fn an_address() -> Answer {
    Answer::of(vec![Data::A([192, 0, 2, 1].into())], 60)
}

pub fn alias(owner: &str, target: &str) -> Record {
    Record::from_rdata(name(owner), 60, RData::CNAME(CNAME(name(target))))
}

pub fn soa(ttl_s: u32, minimum_s: u32) -> Record {
    let soa = SOA::new(name("ns.example"), name("hostmaster.example"), 1, 3600, 600, 86400, minimum_s);
    Record::from_rdata(name("example"), ttl_s, RData::SOA(soa))
}

/// What a resolver in front of the zone would send. Absence with TTL 0 comes without a SOA record.
pub fn from_zone(zone: &Zone, asked: &Asked) -> Vec<Sent> {
    let answer = zone.answer(&asked.question);
    let mut message = response(asked, ResponseCode::NoError);
    let owner = asked.message.queries[0].name.clone();
    match &answer {
        Answer::Records(records) => {
            message.metadata.authentic_data = records.dnssec == Dnssec::Authenticated;
            let mut owner = owner;
            for alias in &records.aliases {
                let target = name(alias.as_str());
                message.add_answer(Record::from_rdata(owner, records.ttl_s, RData::CNAME(CNAME(target.clone()))));
                owner = target;
            }
            for data in &records.data {
                message.add_answer(Record::from_rdata(owner.clone(), records.ttl_s, rdata(data)));
            }
        }
        Answer::NoData(negative) | Answer::NxDomain(negative) => {
            message.metadata.authentic_data = negative.dnssec == Dnssec::Authenticated;
            if matches!(answer, Answer::NxDomain(_)) {
                message.metadata.response_code = ResponseCode::NXDomain;
            }
            message.add_answers(aliases_from(zone, asked));
            if negative.ttl_s > 0 {
                message.add_authority(soa(negative.ttl_s, negative.ttl_s));
            }
        }
        Answer::Failed(Failure::ServFail) => message.metadata.response_code = ResponseCode::ServFail,
        Answer::Failed(Failure::Refused) => message.metadata.response_code = ResponseCode::Refused,
        Answer::Failed(Failure::Truncated) => message.metadata.truncation = true,
        Answer::Failed(Failure::Bogus) => {
            message.metadata.response_code = ResponseCode::ServFail;
            message.set_edns(extended_error(6));
        }
        Answer::Failed(_) => return Vec::new(),
    }
    let bytes = message.to_vec().unwrap();
    let room = asked.message.edns.as_ref().map_or(512, |edns| usize::from(edns.max_payload()));
    if asked.over == Over::Udp && bytes.len() > room {
        let mut cut = response(asked, ResponseCode::NoError);
        cut.metadata.truncation = true;
        return now(cut.to_vec().unwrap());
    }
    now(bytes)
}

/// The aliases that lead from the question to where there is nothing (RFC 2308 §2.1, §2.2).
fn aliases_from(zone: &Zone, asked: &Asked) -> Vec<Record> {
    let (mut found, mut at) = (Vec::new(), asked.question.name.clone());
    while asked.question.kind != Kind::Cname && found.len() < ALIAS_COUNT_MAX {
        let answer = zone.answer(&Question::new(at.clone(), Kind::Cname));
        let [Data::Cname(target)] = answer.data() else { break };
        let (owner, target) = (name(at.as_str()), target.clone());
        found.push(Record::from_rdata(owner, answer.ttl_s(), RData::CNAME(CNAME(name(target.as_str())))));
        at = target;
    }
    found
}

/// RFC 8914: an EDNS record with an extended error.
pub fn extended_error(code: u16) -> Edns {
    let mut edns = Edns::new();
    edns.options_mut().insert(EdnsOption::Unknown(15, [&code.to_be_bytes()[..], b"why"].concat()));
    edns
}

pub fn rdata(data: &Data) -> RData {
    match data {
        Data::Txt(text) => RData::TXT(TXT::from_bytes(text.strings().collect())),
        Data::A(address) => RData::A(A(*address)),
        Data::Aaaa(address) => RData::AAAA(AAAA(*address)),
        Data::Mx(mx) => {
            let exchange = mx.exchange.as_ref().map_or_else(Name::root, |host| name(host.as_str()));
            RData::MX(MX::new(mx.preference, exchange))
        }
        Data::Ptr(host) => RData::PTR(PTR(name(host.as_str()))),
        Data::Ns(host) => RData::NS(NS(name(host.as_str()))),
        Data::Cname(host) => RData::CNAME(CNAME(name(host.as_str()))),
        Data::Soa(soa) => {
            let primary = soa.primary.as_ref().map_or_else(Name::root, |host| name(host.as_str()));
            RData::SOA(SOA::new(primary, Name::root(), soa.serial, 0, 0, 0, soa.minimum_s))
        }
        Data::Tlsa(tlsa) => raw(52, [&[tlsa.usage, tlsa.selector, tlsa.matching], &*tlsa.data].concat()),
        Data::Caa(caa) => {
            let tag_length = u8::try_from(caa.tag.len()).unwrap();
            raw(257, [&[caa.flags, tag_length], caa.tag.as_bytes(), &caa.value].concat())
        }
        Data::Ds(ds) => raw(43, [&ds.key_tag.to_be_bytes()[..], &[ds.algorithm, ds.digest_kind], &ds.digest].concat()),
        Data::Spf(text) => {
            let string = |string: &[u8]| [&[u8::try_from(string.len()).unwrap()], string].concat();
            raw(99, text.strings().flat_map(string).collect())
        }
    }
}

/// Data as it stands on the wire.
fn raw(code: u16, wire: Vec<u8>) -> RData {
    RData::Unknown { code: code.into(), rdata: NULL::with(wire) }
}

/// The type of a question, for those who build records by hand.
pub fn kind_of(asked: &Asked) -> RecordType {
    asked.message.queries[0].query_type
}
