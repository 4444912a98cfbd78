//! Dynamic updates (RFC 2136), signed with TSIG (RFC 8945): records are put into a zone and taken out of it, under conditions,
//! so that nothing is overwritten that somebody else has put there.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use aws_lc_rs::hmac;
use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::tsig::{TSIG, TsigAlgorithm as Algorithm, TsigError, make_tsig_record, message_tbs};
use hickory_proto::rr::rdata::{CNAME, TXT};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::BinEncoder;
use lookup::Data;
use mailtext::Domain;
use mailtext::encode::decode_base64_fws;
use thiserror::Error;
use tokio::time::timeout;

use crate::authoritative::exchange_over_tcp;
use crate::limits::{TSIG_FUDGE_S, TSIG_SECRET_BYTES_MIN, UPDATE_BYTES_MAX};

/// A secret shared with a name server.
#[derive(Clone)]
pub struct TsigKey {
    name: Domain,
    algorithm: TsigAlgorithm,
    secret: Box<[u8]>,
}

/// How messages are signed. Older algorithms (MD5, SHA-1) are not offered (RFC 8945 §6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TsigAlgorithm {
    /// `hmac-sha256`.
    HmacSha256,
    /// `hmac-sha384`.
    HmacSha384,
    /// `hmac-sha512`.
    HmacSha512,
}

/// Why a text holds no key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum TsigKeyError {
    /// Neither `ALGORITHM:NAME:SECRET` nor a `key` statement.
    #[error("neither ALGORITHM:NAME:SECRET nor a key statement as tsig-keygen writes it")]
    Format,
    /// An algorithm that is not offered.
    #[error("the algorithm is not hmac-sha256, hmac-sha384 or hmac-sha512")]
    Algorithm,
    /// The secret is not base64, or too short to be one.
    #[error("the secret is not base64 of 16 bytes or more")]
    Secret,
}

/// An update of one zone: all of it happens or nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Update {
    /// The zone.
    pub zone: Domain,
    /// What must be so.
    pub conditions: Vec<Condition>,
    /// What is done then.
    pub changes: Vec<Change>,
}

/// What must be so for an update to happen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Condition {
    /// The name has no records of any type (RFC 2136 §2.4.5).
    Free(Domain),
    /// The name has exactly this record of its type (RFC 2136 §2.4.2).
    Holds(Domain, Data),
}

/// What is done. Only TXT and CNAME records are known here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// A record is added.
    Add {
        /// Its name.
        name: Domain,
        /// Its TTL, in seconds.
        ttl_s: u32,
        /// Its data.
        data: Data,
    },
    /// This one record is taken away.
    Remove {
        /// Its name.
        name: Domain,
        /// Its data.
        data: Data,
    },
}

/// Why an update did not happen, or may not have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UpdateError {
    /// No answer came in time: it may have happened.
    Timeout,
    /// Nobody is there.
    Unreachable,
    /// What came is no answer: it may have happened.
    Malformed,
    /// The answer is not signed with our key: somebody else may have written it.
    Unsigned,
    /// The update cannot be written: a record of another type, or too much.
    Unwritable,
    /// The server refuses: its code.
    Code(UpdateCode),
    /// The server does not accept our signature (RFC 8945 §5.2).
    Signature(SignatureProblem),
}

/// What a server says to an update (RFC 2136 §2.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UpdateCode {
    /// `FORMERR`.
    FormErr,
    /// `SERVFAIL`.
    ServFail,
    /// `NXDOMAIN`: a name that should be there is not.
    NxDomain,
    /// `NOTIMP`: the server takes no updates.
    NotImp,
    /// `REFUSED`: not by policy.
    Refused,
    /// `YXDOMAIN`: a name that should not be there is.
    YxDomain,
    /// `YXRRSET`: records that should not be there are.
    YxRrSet,
    /// `NXRRSET`: records that should be there are not.
    NxRrSet,
    /// `NOTAUTH`: the server is not authoritative for the zone, or may not be updated by us.
    NotAuth,
    /// `NOTZONE`: a name is not in the zone.
    NotZone,
    /// Another code.
    Other(u16),
}

/// What a server has against our signature.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SignatureProblem {
    /// `BADSIG`: the secrets are not the same.
    BadSig,
    /// `BADKEY`: the server does not know the key.
    BadKey,
    /// `BADTIME`: the clocks are too far apart.
    BadTime,
    /// Another one.
    Other,
}

impl TsigKey {
    /// A key of these parts; `secret` is the bytes themselves.
    ///
    /// # Errors
    /// The secret is too short.
    pub fn new(name: Domain, algorithm: TsigAlgorithm, secret: &[u8]) -> Result<Self, TsigKeyError> {
        if secret.len() < TSIG_SECRET_BYTES_MIN {
            return Err(TsigKeyError::Secret);
        }
        Ok(Self { name, algorithm, secret: secret.into() })
    }

    /// Reads a file: `ALGORITHM:NAME:SECRET`, as `knsupdate -y` takes it, or the statement `key "NAME" { algorithm …; secret
    /// "…"; };` of BIND's `tsig-keygen`.
    ///
    /// # Errors
    /// It holds no key.
    pub fn parse(text: &str) -> Result<Self, TsigKeyError> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with(['#', '/']));
        let text: String = lines.collect::<Vec<_>>().join(" ");
        let (algorithm, name, secret) = match text.trim().split(':').collect::<Vec<_>>()[..] {
            [algorithm, name, secret] if !text.contains('{') => (algorithm, name, secret),
            _ => statement(&text).ok_or(TsigKeyError::Format)?,
        };
        let algorithm = TsigAlgorithm::parse(algorithm).ok_or(TsigKeyError::Algorithm)?;
        let name = Domain::parse(name).map_err(|_| TsigKeyError::Format)?;
        let secret = decode_base64_fws(secret.as_bytes()).map_err(|_| TsigKeyError::Secret)?;
        Self::new(name, algorithm, &secret)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &Domain {
        &self.name
    }

    fn mac_key(&self) -> hmac::Key {
        let algorithm = match self.algorithm {
            TsigAlgorithm::HmacSha256 => hmac::HMAC_SHA256,
            TsigAlgorithm::HmacSha384 => hmac::HMAC_SHA384,
            TsigAlgorithm::HmacSha512 => hmac::HMAC_SHA512,
        };
        hmac::Key::new(algorithm, &self.secret)
    }

    fn owner(&self) -> Option<Name> {
        absolute(&self.name)
    }

    fn wire_algorithm(&self) -> Algorithm {
        match self.algorithm {
            TsigAlgorithm::HmacSha256 => Algorithm::HmacSha256,
            TsigAlgorithm::HmacSha384 => Algorithm::HmacSha384,
            TsigAlgorithm::HmacSha512 => Algorithm::HmacSha512,
        }
    }
}

/// The name and the algorithm, and nothing of the secret.
impl fmt::Debug for TsigKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TsigKey({}, {})", self.name, self.algorithm.as_str())
    }
}

impl TsigAlgorithm {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha256 => "hmac-sha256",
            Self::HmacSha384 => "hmac-sha384",
            Self::HmacSha512 => "hmac-sha512",
        }
    }

    /// Reads what is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::HmacSha256, Self::HmacSha384, Self::HmacSha512];
        all.into_iter().find(|algorithm| text.trim().eq_ignore_ascii_case(algorithm.as_str()))
    }
}

/// Algorithm, name and secret of a `key` statement.
fn statement(text: &str) -> Option<(&str, &str, &str)> {
    let (_, rest) = text.split_once("key")?;
    let (name, rest) = rest.split_once('{')?;
    let value = |word: &str| {
        let (_, rest) = rest.split_once(word)?;
        let (value, _) = rest.split_once(';')?;
        Some(unquoted(value))
    };
    Some((value("algorithm")?, unquoted(name), value("secret")?))
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches('"')
}

/// Sends an update to the zone's primary server over TCP, at `now_s` (seconds since 1970), which the signature holds.
///
/// # Errors
/// It did not happen, or nobody knows.
pub async fn send(
    server: SocketAddr,
    update: &Update,
    key: Option<&TsigKey>,
    now_s: u64,
    wait: Duration,
) -> Result<(), UpdateError> {
    let (message, mac) = written(update, key, rand::random(), now_s).ok_or(UpdateError::Unwritable)?;
    if message.len() > UPDATE_BYTES_MAX {
        return Err(UpdateError::Unwritable);
    }
    let answer = match timeout(wait, exchange_over_tcp(server, &message)).await {
        Err(_) => return Err(UpdateError::Timeout),
        Ok(Err(_)) => return Err(UpdateError::Unreachable),
        Ok(Ok(answer)) => answer,
    };
    judge(&answer, message.first_chunk().copied().unwrap_or_default(), key.zip(mac.as_deref()))
}

/// The update as bytes, and its MAC where it is signed.
fn written(update: &Update, key: Option<&TsigKey>, id: u16, now_s: u64) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    let mut message = Message::new(id, MessageType::Query, OpCode::Update);
    message.metadata.recursion_desired = false;
    // RFC 2136 §2.3: the zone stands where the question does, with the type SOA.
    message.add_query(Query::query(absolute(&update.zone)?, RecordType::SOA));
    for condition in &update.conditions {
        message.add_answer(condition.record()?);
    }
    for change in &update.changes {
        message.add_authority(change.record()?);
    }
    let Some(key) = key else { return Some((whole(message.to_vec().ok()?)?, None)) };
    let owner = key.owner()?;
    let tsig = TSIG::new(key.wire_algorithm(), now_s, TSIG_FUDGE_S, Vec::new(), id, None, Vec::new());
    let signed = message_tbs(&message, &tsig, &owner).ok()?;
    let mac = hmac::sign(&key.mac_key(), &signed).as_ref().to_vec();
    message.signature = Some(Box::new(make_tsig_record(owner, tsig.set_mac(mac.clone()))));
    Some((whole(message.to_vec().ok()?)?, Some(mac)))
}

/// A message into which everything went: what does not fit the library leaves out, and says so by the bit for truncation.
fn whole(bytes: Vec<u8>) -> Option<Vec<u8>> {
    const TRUNCATED: u8 = 0x02;
    bytes.get(2).is_some_and(|flags| flags & TRUNCATED == 0).then_some(bytes)
}

impl Condition {
    fn record(&self) -> Option<Record> {
        match self {
            Self::Free(name) => {
                // RFC 2136 §2.4.5: class NONE, type ANY, no data.
                let mut record = Record::update0(absolute(name)?, 0, RecordType::ANY);
                record.dns_class = DNSClass::NONE;
                Some(record.into_record_of_rdata())
            }
            Self::Holds(name, data) => {
                // RFC 2136 §2.4.2: the class of the zone, TTL 0.
                let mut record = Record::from_rdata(absolute(name)?, 0, wire(data)?);
                record.dns_class = DNSClass::IN;
                Some(record)
            }
        }
    }
}

impl Change {
    fn record(&self) -> Option<Record> {
        match self {
            Self::Add { name, ttl_s, data } => {
                let mut record = Record::from_rdata(absolute(name)?, *ttl_s, wire(data)?);
                record.dns_class = DNSClass::IN;
                Some(record)
            }
            Self::Remove { name, data } => {
                // RFC 2136 §2.5.4: one record of a set goes by class NONE, with its data.
                let mut record = Record::from_rdata(absolute(name)?, 0, wire(data)?);
                record.dns_class = DNSClass::NONE;
                Some(record)
            }
        }
    }
}

fn wire(data: &Data) -> Option<RData> {
    match data {
        Data::Txt(text) => Some(RData::TXT(TXT::from_bytes(text.strings().collect()))),
        Data::Cname(target) => Some(RData::CNAME(CNAME(absolute(target)?))),
        _ => None,
    }
}

fn absolute(name: &Domain) -> Option<Name> {
    let mut name = Name::from_labels(name.labels().map(str::as_bytes)).ok()?;
    name.set_fqdn(true);
    Some(name)
}

/// What an answer says to the message with this id, which was signed with this key and MAC.
fn judge(answer: &[u8], id: [u8; 2], signed: Option<(&TsigKey, &[u8])>) -> Result<(), UpdateError> {
    if answer.first_chunk() != Some(&id) {
        return Err(UpdateError::Malformed);
    }
    let message = Message::from_vec(answer).map_err(|_| UpdateError::Malformed)?;
    if message.metadata.message_type != MessageType::Response || message.metadata.op_code != OpCode::Update {
        return Err(UpdateError::Malformed);
    }
    let tsig = tsig_of(&message);
    // RFC 8945 §5.2: what the server has against our signature it says without one it could not make.
    if let Some(problem) = tsig.and_then(|tsig| tsig.error) {
        return Err(UpdateError::Signature(match problem {
            TsigError::BadSig => SignatureProblem::BadSig,
            TsigError::BadKey => SignatureProblem::BadKey,
            TsigError::BadTime => SignatureProblem::BadTime,
            TsigError::BadTrunc | TsigError::Unknown(_) => SignatureProblem::Other,
        }));
    }
    let code = code_of(message.metadata.response_code);
    match (signed, tsig) {
        (Some((key, mac)), Some(tsig)) if is_signed(answer, key, mac, tsig) => {
            code.map_or(Ok(()), |code| Err(UpdateError::Code(code)))
        }
        (None, _) => code.map_or(Ok(()), |code| Err(UpdateError::Code(code))),
        // A refusal is believed without a signature: the worst that it does is that nothing is done.
        (Some(_), None) if code.is_some() => code.map_or(Ok(()), |code| Err(UpdateError::Code(code))),
        (Some(_), _) => Err(UpdateError::Unsigned),
    }
}

/// The record that signs a message: the last, wherever the library keeps it.
fn tsig_of(message: &Message) -> Option<&TSIG> {
    let last = message.additionals.last().and_then(|record| match &record.data {
        RData::TSIG(tsig) => Some(tsig),
        _ => None,
    });
    message.signature().map(|record| &record.data).or(last)
}

/// Whether an answer carries our key's signature over it and over our own (RFC 8945 §5.3).
fn is_signed(answer: &[u8], key: &TsigKey, request_mac: &[u8], tsig: &TSIG) -> bool {
    let (Some(owner), Some(end), Ok(length)) = (key.owner(), last_record(answer), u16::try_from(request_mac.len()))
    else {
        return false;
    };
    let mut signed = length.to_be_bytes().to_vec();
    signed.extend_from_slice(request_mac);
    let begin = signed.len();
    signed.extend_from_slice(&answer[..end]);
    // The record itself was not yet there, and the id was the sender's.
    signed[begin..begin + 2].copy_from_slice(&tsig.oid.to_be_bytes());
    let count = u16::from_be_bytes([signed[begin + 10], signed[begin + 11]]).saturating_sub(1);
    signed[begin + 10..begin + 12].copy_from_slice(&count.to_be_bytes());
    let mut variables = Vec::new();
    if tsig.emit_tsig_for_mac(&mut BinEncoder::new(&mut variables), &owner).is_err() {
        return false;
    }
    signed.extend(variables);
    hmac::verify(&key.mac_key(), &signed, &tsig.mac).is_ok()
}

/// Where the last record of a message begins; TSIG is always the last (RFC 8945 §5.1).
fn last_record(message: &[u8]) -> Option<usize> {
    let number = |at: usize| Some(usize::from(u16::from_be_bytes(*message.get(at..)?.first_chunk()?)));
    let (questions, records) = (number(4)?, number(6)? + number(8)? + number(10)?);
    let mut at = 12;
    for _ in 0..questions {
        at = after_name(message, at)? + 4;
    }
    let mut last = None;
    for _ in 0..records {
        last = Some(at);
        let fixed = after_name(message, at)?;
        at = fixed + 10 + number(fixed + 8)?;
    }
    last.filter(|_| at == message.len())
}

fn after_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            length @ 1..=63 => at += 1 + usize::from(length),
            // RFC 1035 §4.1.4: a pointer ends the name.
            0xc0.. => return Some(at + 2),
            _ => return None,
        }
    }
}

fn code_of(code: ResponseCode) -> Option<UpdateCode> {
    Some(match code {
        ResponseCode::NoError => return None,
        ResponseCode::FormErr => UpdateCode::FormErr,
        ResponseCode::ServFail => UpdateCode::ServFail,
        ResponseCode::NXDomain => UpdateCode::NxDomain,
        ResponseCode::NotImp => UpdateCode::NotImp,
        ResponseCode::Refused => UpdateCode::Refused,
        ResponseCode::YXDomain => UpdateCode::YxDomain,
        ResponseCode::YXRRSet => UpdateCode::YxRrSet,
        ResponseCode::NXRRSet => UpdateCode::NxRrSet,
        ResponseCode::NotAuth => UpdateCode::NotAuth,
        ResponseCode::NotZone => UpdateCode::NotZone,
        other => UpdateCode::Other(other.into()),
    })
}

#[cfg(test)]
mod tests;
