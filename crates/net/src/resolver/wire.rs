//! Questions as bytes, and what bytes answer. The only file that knows the crate `domain`.

use domain::base::iana::{Class, OptionCode, Rtype};
use domain::base::message::Section;
use domain::base::message_builder::MessageBuilder;
use domain::base::name::{NameBuilder, ParsedName};
use domain::base::opt::{Opt, UnknownOptData};
use domain::base::rdata::{ParseRecordData, UnknownRecordData};
use domain::base::{Message, ParsedRecord, RecordSection};
use domain::rdata::{A, Aaaa, Cname, Mx, Ns, Ptr, Soa};
use lookup::limits::ALIAS_COUNT_MAX;
use lookup::{
    CertificationAuthority, Data, DelegationSigner, Dnssec, Failure, Kind, MailExchange, StartOfAuthority, Text,
    TlsAssociation,
};
use mailtext::Domain;

use super::config::{AuthenticData, Edns};
use crate::limits::UDP_PAYLOAD_BYTES;

/// A question as bytes, with room for an id.
#[derive(Clone)]
pub(crate) struct Query {
    bytes: Vec<u8>,
    /// Where the question section ends: it begins behind the header.
    question_end: usize,
}

/// What an answer says, as far as it goes.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Reading {
    /// The names that aliases led to, in order.
    pub(crate) aliases: Vec<Domain>,
    /// The least TTL of the aliases and records, in seconds; `u32::MAX` when there is neither.
    pub(crate) ttl_s: u32,
    pub(crate) dnssec: Dnssec,
    pub(crate) end: End,
}

/// Where an answer ends.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// In records.
    Data(Vec<Data>),
    /// In a name without such records, with the TTL of that, in seconds, when a SOA record tells it.
    NoData(Option<u32>),
    /// In a name that does not exist, likewise.
    NxDomain(Option<u32>),
    /// In an alias whose target the answer does not tell.
    Alias,
}

/// Why an answer is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    /// It was cut: ask over TCP.
    Truncated,
    /// The server cannot parse EDNS: ask without.
    NoEdns,
    /// Another server may know better.
    Failed(Failure),
    /// No other server is to be asked.
    Final(Failure),
}

impl Query {
    /// The question as bytes.
    ///
    /// # Errors
    /// [`Failure::BadName`]: the name cannot be written.
    pub(crate) fn new(name: &Domain, kind: Kind, edns: Edns, authentic_data: AuthenticData) -> Result<Self, Failure> {
        let mut written = NameBuilder::vec_with_capacity(NAME_BYTES_MAX);
        for label in name.labels() {
            written.append_label(label.as_bytes()).map_err(|_| Failure::BadName)?;
        }
        let written = written.into_name().map_err(|_| Failure::BadName)?;
        let mut message = MessageBuilder::from_target(Vec::with_capacity(QUERY_BYTES)).map_err(|_| Failure::BadName)?;
        message.header_mut().set_rd(true);
        // RFC 6840 §5.7: the AD bit in a question asks for the AD bit in the answer, without DNSSEC's records.
        message.header_mut().set_ad(authentic_data == AuthenticData::Believed);
        let mut message = message.question();
        message.push((written, rtype(kind))).map_err(|_| Failure::BadName)?;
        let question_end = message.as_slice().len();
        let mut message = message.additional();
        if edns == Edns::Offered {
            let offered = message.opt(|record| {
                record.set_udp_payload_size(UDP_PAYLOAD_BYTES);
                Ok(())
            });
            offered.map_err(|_| Failure::BadName)?;
        }
        let bytes = message.finish();
        Ok(Self { bytes, question_end })
    }

    /// The same for a server that answers for the zone itself (RFC 1034 §4.3.1: RD is not set).
    pub(crate) fn without_recursion(mut self) -> Self {
        self.bytes[2] &= !RECURSION_DESIRED;
        self
    }

    /// The datagram that asks under this id.
    pub(crate) fn with_id(&self, id: u16) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes[..2].copy_from_slice(&id.to_be_bytes());
        bytes
    }

    /// How long the datagram is, in bytes.
    pub(super) fn byte_count(&self) -> usize {
        self.bytes.len()
    }

    /// The question section.
    pub(crate) fn question(&self) -> &[u8] {
        &self.bytes[HEADER_BYTES..self.question_end]
    }
}

/// The id of a datagram; `None` when it has no header.
pub(crate) fn id_of(datagram: &[u8]) -> Option<u16> {
    let id = datagram.first_chunk::<2>()?;
    (datagram.len() >= HEADER_BYTES).then(|| u16::from_be_bytes(*id))
}

/// Whether a datagram answers this question section: RFC 5452 §9.1 wants the question echoed. Servers that could not
/// parse the question may leave it out, and then nothing but their refusal is read.
pub(crate) fn answers(datagram: &[u8], question: &[u8]) -> bool {
    let Some((header, rest)) = datagram.split_first_chunk::<HEADER_BYTES>() else {
        return false;
    };
    let is_response = header[2] & 0x80 != 0;
    let is_query_opcode = header[2] & 0x78 == 0;
    let question_count = u16::from_be_bytes([header[4], header[5]]);
    if question_count == 0 {
        return is_response && matches!(header[3] & 0x0f, RCODE_FORMERR | RCODE_NOTIMP);
    }
    let Some(name_bytes) = question.len().checked_sub(4) else {
        return false;
    };
    let Some(echo) = rest.get(..question.len()) else {
        return false;
    };
    is_response
        && is_query_opcode
        && question_count == 1
        && echo[..name_bytes].eq_ignore_ascii_case(&question[..name_bytes])
        && echo[name_bytes..] == question[name_bytes..]
}

/// What a datagram that [`answers`] the question says.
///
/// # Errors
/// A [`Refusal`] says what to do next.
pub(crate) fn read(datagram: &[u8], name: &Domain, kind: Kind, trust: AuthenticData) -> Result<Reading, Refusal> {
    // The flag is read before the rest: what was cut may end in the midst of a record.
    if datagram.get(2).is_some_and(|flags| flags & 0x02 != 0) {
        return Err(Refusal::Truncated);
    }
    let code = datagram.get(3).map_or(0, |flags| flags & 0x0f);
    if matches!(code, RCODE_FORMERR | RCODE_NOTIMP) {
        return Err(Refusal::NoEdns);
    }
    let message = Parsed::parse(datagram).map_err(|Malformed| Refusal::Failed(Failure::Malformed))?;
    match message.code {
        NO_ERROR | NX_DOMAIN => {}
        SERV_FAIL if message.is_bogus() => return Err(Refusal::Final(Failure::Bogus)),
        SERV_FAIL => return Err(Refusal::Failed(Failure::ServFail)),
        REFUSED | NOT_AUTH => return Err(Refusal::Failed(Failure::Refused)),
        BAD_VERS => return Err(Refusal::NoEdns),
        _ => return Err(Refusal::Failed(Failure::Malformed)),
    }
    let believed = trust == AuthenticData::Believed && message.message.header().ad();
    let dnssec = if believed { Dnssec::Authenticated } else { Dnssec::Unproven };
    let mut walk = Walk { aliases: Vec::new(), ttl_s: u32::MAX, start: name };
    let end = walk.follow(&message, kind)?;
    Ok(Reading { aliases: walk.aliases, ttl_s: walk.ttl_s, dnssec, end })
}

/// The walk through an answer's aliases.
struct Walk<'a> {
    aliases: Vec<Domain>,
    ttl_s: u32,
    start: &'a Domain,
}

impl Walk<'_> {
    /// Only records that the question's name leads to are looked at: whatever else the answer holds is not an answer.
    fn follow(&mut self, message: &Parsed<'_>, kind: Kind) -> Result<End, Refusal> {
        let malformed = |Malformed| Refusal::Failed(Failure::Malformed);
        loop {
            let name = self.aliases.last().unwrap_or(self.start);
            if let Some((data, ttl_s)) = message.data(name, kind).map_err(malformed)? {
                self.ttl_s = self.ttl_s.min(ttl_s);
                return Ok(End::Data(data));
            }
            let Some((target, ttl_s)) = message.alias(name).map_err(malformed)? else {
                return self.end(message);
            };
            self.ttl_s = self.ttl_s.min(ttl_s);
            // RFC 6604 §3: the last name is judged; one that cannot be written cannot be.
            let target = target.ok_or(Refusal::Final(Failure::BadName))?;
            if self.aliases.len() == ALIAS_COUNT_MAX || target == *self.start || self.aliases.contains(&target) {
                return Err(Refusal::Final(Failure::AliasChain));
            }
            self.aliases.push(target);
        }
    }

    fn end(&self, message: &Parsed<'_>) -> Result<End, Refusal> {
        let negative_ttl_s = message.negative_ttl_s;
        // RFC 6604 §3: the code tells of the last name of the chain.
        if message.code == NX_DOMAIN {
            return Ok(End::NxDomain(negative_ttl_s));
        }
        // RFC 2308 §2.2: with a SOA record, absence; without, only an empty answer is absence, and an alias that leads
        // out of the answer has to be followed by asking.
        if negative_ttl_s.is_none() && !self.aliases.is_empty() {
            return Ok(End::Alias);
        }
        // RFC 2308 §2.2: a referral has name servers and no SOA record. It is no answer from one who was asked to recurse.
        if negative_ttl_s.is_none() && message.refers && !message.is_authoritative() && !message.message.header().ra() {
            return Err(Refusal::Failed(Failure::Refused));
        }
        Ok(End::NoData(negative_ttl_s))
    }
}

/// A message whose records have all been marked off; names and data stay in the datagram until they are wanted.
pub(crate) struct Parsed<'m> {
    message: &'m Message<[u8]>,
    answers: RecordSection<'m, [u8]>,
    /// RCODE, with the upper bits that EDNS adds (RFC 6891 §6.1.3).
    pub(crate) code: u16,
    /// How long absence may be kept, in seconds, when a SOA record tells it.
    pub(crate) negative_ttl_s: Option<u32>,
    /// Whether it names other servers.
    refers: bool,
    options: Option<Opt<&'m [u8]>>,
}

/// What came is no message of DNS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Malformed;

impl<E: std::error::Error> From<E> for Malformed {
    fn from(_: E) -> Self {
        Self
    }
}

impl<'m> Parsed<'m> {
    /// # Errors
    /// A record does not end where it should, or something is wrong with what all readers need.
    pub(crate) fn parse(datagram: &'m [u8]) -> Result<Self, Malformed> {
        let message = Message::from_slice(datagram)?;
        let code = u16::from(message.header().rcode().to_int());
        let answers = message.answer()?;
        let mut parsed = Self { message, answers, code, negative_ttl_s: None, refers: false, options: None };
        for item in message {
            let (record, section) = item?;
            match (section, record.rtype()) {
                (Section::Authority, Rtype::NS) => parsed.refers = true,
                (Section::Authority, Rtype::SOA) if parsed.negative_ttl_s.is_none() => {
                    let soa: Soa<ParsedName<&[u8]>> = data_as(&record)?;
                    // RFC 2308 §5: the lesser of the SOA record's TTL and of its MINIMUM field.
                    parsed.negative_ttl_s = Some(ttl_of(&record).min(soa.minimum().as_secs()));
                }
                (Section::Additional, Rtype::OPT) => {
                    let upper = u16::try_from(record.ttl().as_secs() >> 24).map_err(|_| Malformed)?;
                    parsed.code |= upper << 4;
                    parsed.options = Some(data_as(&record)?);
                }
                _ => {}
            }
        }
        Ok(parsed)
    }

    /// AA: the server answers for the zone itself.
    pub(crate) fn is_authoritative(&self) -> bool {
        self.message.header().aa()
    }

    /// What the answer holds at a name, and the least TTL of it in seconds; `None` where there is no such record. Data that
    /// cannot be written as such, as a host with a space in its name, is left out.
    ///
    /// # Errors
    /// The data of such a record is broken.
    pub(crate) fn data(&self, name: &Domain, kind: Kind) -> Result<Option<(Vec<Data>, u32)>, Malformed> {
        let (mut found, mut least_ttl_s) = (Vec::new(), None::<u32>);
        for record in self.at(name, rtype(kind)) {
            let ttl_s = ttl_of(&record);
            least_ttl_s = Some(least_ttl_s.map_or(ttl_s, |least| least.min(ttl_s)));
            found.extend(data_of(&record, kind)?);
        }
        Ok(least_ttl_s.map(|ttl_s| (found, ttl_s)))
    }

    /// Where the alias at a name leads – `None`: to what is no name –, and its TTL in seconds; `None` where there is none.
    fn alias(&self, name: &Domain) -> Result<Option<(Option<Domain>, u32)>, Malformed> {
        let Some(record) = self.at(name, Rtype::CNAME).next() else {
            return Ok(None);
        };
        let target: Cname<ParsedName<&[u8]>> = data_as(&record)?;
        Ok(Some((domain_of(target.cname()), ttl_of(&record))))
    }

    fn at(&self, name: &Domain, kind: Rtype) -> impl Iterator<Item = ParsedRecord<'m, [u8]>> {
        let here = move |record: &ParsedRecord<'m, [u8]>| {
            record.rtype() == kind && record.class() == Class::IN && is_called(&record.owner(), name)
        };
        // All of them were marked off before: none is missed here.
        self.answers.map_while(Result::ok).filter(here)
    }

    /// RFC 8914 §4: whether the resolver says that validation failed.
    fn is_bogus(&self) -> bool {
        let Some(options) = &self.options else {
            return false;
        };
        options.iter::<UnknownOptData<&[u8]>>().map_while(Result::ok).any(|option| {
            let code = option.data().first_chunk().map(|code| u16::from_be_bytes(*code));
            option.code() == OptionCode::EXTENDED_ERROR && code.is_some_and(|code| EDE_BOGUS.contains(&code))
        })
    }
}

/// Whether this is the name, in whatever case (RFC 1034 §3.1).
fn is_called(owner: &ParsedName<&[u8]>, name: &Domain) -> bool {
    let (mut here, mut wanted) = (owner.iter().filter(|label| !label.is_root()), name.labels());
    loop {
        match (here.next(), wanted.next()) {
            (None, None) => return true,
            (Some(here), Some(wanted)) if here.as_slice().eq_ignore_ascii_case(wanted.as_bytes()) => {}
            _ => return false,
        }
    }
}

fn ttl_of(record: &ParsedRecord<'_, [u8]>) -> u32 {
    let ttl_s = record.ttl().as_secs();
    // RFC 2181 §8: a TTL with the most significant bit set is 0.
    if ttl_s > i32::MAX.cast_unsigned() { 0 } else { ttl_s }
}

/// The data of a record that is of this type.
fn data_as<'m, D: ParseRecordData<'m, [u8]>>(record: &ParsedRecord<'m, [u8]>) -> Result<D, Malformed> {
    let read = record.to_record()?;
    read.map(domain::base::Record::into_data).ok_or(Malformed)
}

/// `None`: a host that cannot be written as a name, which nobody could ask for either.
fn data_of(record: &ParsedRecord<'_, [u8]>, kind: Kind) -> Result<Option<Data>, Malformed> {
    type Host<'m> = ParsedName<&'m [u8]>;
    Ok(match kind {
        Kind::Txt => Some(Data::Txt(strings_of(bytes_of(record)?).ok_or(Malformed)?)),
        Kind::Spf => Some(Data::Spf(strings_of(bytes_of(record)?).ok_or(Malformed)?)),
        Kind::A => Some(Data::A(data_as::<A>(record)?.addr())),
        Kind::Aaaa => Some(Data::Aaaa(data_as::<Aaaa>(record)?.addr())),
        Kind::Mx => {
            let mx: Mx<Host<'_>> = data_as(record)?;
            let exchange = mx.exchange();
            let preference = mx.preference();
            if exchange.is_root() {
                // RFC 7505 §3: the root as exchange says that there is none.
                Some(Data::Mx(MailExchange { preference, exchange: None }))
            } else {
                domain_of(exchange).map(|host| Data::Mx(MailExchange { preference, exchange: Some(host) }))
            }
        }
        Kind::Ptr => domain_of(data_as::<Ptr<Host<'_>>>(record)?.ptrdname()).map(Data::Ptr),
        Kind::Ns => domain_of(data_as::<Ns<Host<'_>>>(record)?.nsdname()).map(Data::Ns),
        Kind::Cname => domain_of(data_as::<Cname<Host<'_>>>(record)?.cname()).map(Data::Cname),
        Kind::Soa => {
            let soa: Soa<Host<'_>> = data_as(record)?;
            let (serial, minimum_s) = (soa.serial().into_int(), soa.minimum().as_secs());
            Some(Data::Soa(StartOfAuthority { primary: domain_of(soa.mname()), serial, minimum_s }))
        }
        Kind::Caa => Some(Data::Caa(authority_of(bytes_of(record)?).ok_or(Malformed)?)),
        Kind::Tlsa => Some(Data::Tlsa(association_of(bytes_of(record)?).ok_or(Malformed)?)),
        Kind::Ds => DelegationSigner::of_wire(bytes_of(record)?).map(Data::Ds),
    })
}

/// The data as it stands in the datagram.
fn bytes_of<'m>(record: &ParsedRecord<'m, [u8]>) -> Result<&'m [u8], Malformed> {
    let bytes: UnknownRecordData<&[u8]> = data_as(record)?;
    Ok(bytes.data())
}

/// Character-strings, one after the other, as a TXT record has them.
fn strings_of(mut wire: &[u8]) -> Option<Text> {
    let mut strings = Vec::new();
    while let Some((length, rest)) = wire.split_first() {
        let (string, rest) = rest.split_at_checked(usize::from(*length))?;
        strings.push(string);
        wire = rest;
    }
    Some(Text::from_strings(strings))
}

/// RFC 8659 §4.1: flags, the tag with its length, and the value.
fn authority_of(wire: &[u8]) -> Option<CertificationAuthority> {
    let ([flags, length], rest) = wire.split_first_chunk()?;
    let (tag, value) = rest.split_at_checked(usize::from(*length))?;
    let is_tag = !tag.is_empty() && tag.iter().all(u8::is_ascii_alphanumeric);
    let tag = std::str::from_utf8(tag).ok().filter(|_| is_tag)?.to_ascii_lowercase();
    Some(CertificationAuthority { flags: *flags, tag: tag.into(), value: value.into() })
}

/// RFC 6698 §2.1: three numbers, and the data.
fn association_of(wire: &[u8]) -> Option<TlsAssociation> {
    let ([usage, selector, matching], data) = wire.split_first_chunk()?;
    Some(TlsAssociation { usage: *usage, selector: *selector, matching: *matching, data: data.into() })
}

/// A dot inside a label must not become a border between labels: such a name is none.
fn domain_of(name: &ParsedName<&[u8]>) -> Option<Domain> {
    let mut text = String::with_capacity(NAME_BYTES_MAX);
    for label in name.iter().filter(|label| !label.is_root()) {
        if label.as_slice().contains(&b'.') {
            return None;
        }
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(std::str::from_utf8(label.as_slice()).ok()?);
    }
    // A name with a space may be asked, where a macro builds it; no host in an answer has one.
    Domain::query(&text).ok().filter(|name| !name.as_str().contains(' '))
}

fn rtype(kind: Kind) -> Rtype {
    match kind {
        Kind::Txt => Rtype::TXT,
        Kind::A => Rtype::A,
        Kind::Aaaa => Rtype::AAAA,
        Kind::Mx => Rtype::MX,
        Kind::Ptr => Rtype::PTR,
        Kind::Ns => Rtype::NS,
        Kind::Cname => Rtype::CNAME,
        Kind::Soa => Rtype::SOA,
        Kind::Tlsa => Rtype::TLSA,
        Kind::Caa => Rtype::CAA,
        Kind::Ds => Rtype::DS,
        // RFC 7208 §3.1, where it is taken back.
        Kind::Spf => Rtype::SPF,
    }
}

const HEADER_BYTES: usize = 12;
/// In the third octet of the header (RFC 1035 §4.1.1).
const RECURSION_DESIRED: u8 = 0x01;
/// RFC 1035 §2.3.4.
const NAME_BYTES_MAX: usize = 255;
/// A usual question with EDNS.
const QUERY_BYTES: usize = 96;
/// RFC 6895 §2.3.
pub(crate) const NO_ERROR: u16 = 0;
pub(crate) const NX_DOMAIN: u16 = 3;
pub(crate) const NOT_AUTH: u16 = 9;
const SERV_FAIL: u16 = 2;
const REFUSED: u16 = 5;
const BAD_VERS: u16 = 16;
const RCODE_FORMERR: u8 = 1;
const RCODE_NOTIMP: u8 = 4;
/// Bogus, signature expired, not yet valid, DNSKEY missing, RRSIGs missing, no zone key bit, NSEC missing, expired
/// before valid.
const EDE_BOGUS: [u16; 8] = [6, 7, 8, 9, 10, 11, 12, 25];

#[cfg(test)]
mod tests {
    // Answers are written by another library than reads them.
    use hickory_proto::op::{Edns as EdnsRecord, Message, MessageType, OpCode, Query as QueryRecord};
    use hickory_proto::rr::rdata::{A, TXT};
    use hickory_proto::rr::{Name, RData, Record, RecordType};
    use proptest::prelude::*;

    use super::*;

    fn query(name: &str) -> Query {
        Query::new(&Domain::query(name).unwrap(), Kind::Txt, Edns::Offered, AuthenticData::Believed).unwrap()
    }

    /// A response that holds a bit of everything.
    fn response(name: &str) -> Vec<u8> {
        let owner = Name::from_ascii(format!("{name}.")).unwrap();
        let target = Name::from_ascii("target.example.").unwrap();
        let mut message = Message::new(7, MessageType::Response, OpCode::Query);
        message.add_query(QueryRecord::query(owner.clone(), RecordType::TXT));
        message.add_answer(Record::from_rdata(
            owner,
            60,
            RData::CNAME(hickory_proto::rr::rdata::CNAME(target.clone())),
        ));
        message.add_answer(Record::from_rdata(target.clone(), 30, RData::TXT(TXT::from_bytes(vec![b"a", b"\xff"]))));
        message.add_additional(Record::from_rdata(target, 60, RData::A(A([192, 0, 2, 1].into()))));
        message.set_edns(EdnsRecord::new());
        message.to_vec().unwrap()
    }

    #[test]
    fn a_question_as_bytes() {
        let query = query("a.jp");
        let want = b"\x12\x34\x01\x20\0\x01\0\0\0\0\0\x01\x01a\x02jp\0\0\x10\0\x01\0\0\x29\x04\xd0\0\0\0\0\0\0";
        assert_eq!(query.with_id(0x1234), want);
        assert_eq!(query.question(), b"\x01a\x02jp\0\0\x10\0\x01");
    }

    #[test]
    fn the_longest_name_can_be_asked() {
        let name = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(61));
        assert_eq!(name.len(), 253);
        assert_eq!(query(&name).question().len(), 255 + 4);
        let longest = Domain::query(&name).unwrap();
        let response = response(&name);
        assert!(answers(&response, query(&name).question()));
        assert!(read(&response, &longest, Kind::Txt, AuthenticData::Ignored).is_ok());
    }

    #[test]
    fn the_echo_may_change_the_case_of_the_name_and_nothing_else() {
        let (query, response) = (query("a.example"), response("A.Example"));
        assert!(answers(&response, query.question()));
        for index in 12..12 + query.question().len() {
            let mut other = response.clone();
            other[index] ^= 1;
            assert!(!answers(&other, query.question()), "byte {index}");
        }
        for length in 0..12 + query.question().len() {
            assert!(!answers(&response[..length], query.question()), "length {length}");
        }
    }

    /// An answer with one record of a type, whose data is given as it stands in a message.
    fn answer(number: u16, rdata: &[u8]) -> Vec<u8> {
        let mut bytes = b"\0\x07\x84\0\0\x01\0\x01\0\0\0\0\x01a\x07example\0".to_vec();
        bytes.extend_from_slice(&number.to_be_bytes());
        bytes.extend_from_slice(b"\0\x01\xc0\x0c");
        bytes.extend_from_slice(&number.to_be_bytes());
        bytes.extend_from_slice(b"\0\x01\0\0\0\x3c");
        bytes.extend_from_slice(&u16::try_from(rdata.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(rdata);
        bytes
    }

    #[test]
    fn each_kind_of_data_as_bytes() {
        let name = |text: &str| Domain::parse(text).unwrap();
        let key = [&[0x30, 0x39, 8, 2][..], &[7; 32]].concat();
        let soa = [b"\x02ns\xc0\x0e\x04root\xc0\x0e".as_slice(), &[0, 0, 0, 9], &[0; 12], &[0, 0, 1, 44]].concat();
        let cases: Vec<(Kind, u16, &[u8], Option<Data>)> = vec![
            (Kind::A, 1, &[192, 0, 2, 1], Some(Data::A([192, 0, 2, 1].into()))),
            (Kind::Ns, 2, b"\x02ns\xc0\x0e", Some(Data::Ns(name("ns.example")))),
            (Kind::Cname, 5, b"\x01B\xc0\x0e", Some(Data::Cname(name("b.example")))),
            (
                Kind::Soa,
                6,
                &soa,
                Some(Data::Soa(StartOfAuthority { primary: Some(name("ns.example")), serial: 9, minimum_s: 300 })),
            ),
            (Kind::Ptr, 12, b"\x01b\xc0\x0e", Some(Data::Ptr(name("b.example")))),
            (
                Kind::Mx,
                15,
                b"\0\x0a\x02mx\xc0\x0e",
                Some(Data::Mx(MailExchange { preference: 10, exchange: Some(name("mx.example")) })),
            ),
            (Kind::Mx, 15, b"\0\0\0", Some(Data::Mx(MailExchange { preference: 0, exchange: None }))),
            (Kind::Mx, 15, b"\0\x0a\x03m.x\0", None),
            (Kind::Mx, 15, b"\0\x0a\x03m x\0", None),
            (Kind::Txt, 16, b"\x02ab\0\x01\xff", Some(Data::Txt(Text::from_strings([&b"ab"[..], b"", b"\xff"])))),
            (Kind::Txt, 16, b"", Some(Data::txt(Vec::new()))),
            (Kind::Aaaa, 28, &[0; 16], Some(Data::Aaaa([0; 16].into()))),
            (Kind::Ds, 43, &key, DelegationSigner::of_wire(&key).map(Data::Ds)),
            (
                Kind::Tlsa,
                52,
                &[3, 1, 1, 9, 9],
                Some(Data::Tlsa(TlsAssociation { usage: 3, selector: 1, matching: 1, data: [9, 9].into() })),
            ),
            (Kind::Spf, 99, b"\x02ab", Some(Data::Spf(Text::from_strings([b"ab"])))),
            (
                Kind::Caa,
                257,
                b"\x80\x05ISSUEca",
                Some(Data::Caa(CertificationAuthority {
                    flags: 128,
                    tag: "issue".into(),
                    value: b"ca".as_slice().into(),
                })),
            ),
        ];
        for (kind, number, rdata, want) in cases {
            let reading = read(&answer(number, rdata), &name("a.example"), kind, AuthenticData::Ignored).unwrap();
            assert_eq!(reading.end, End::Data(want.into_iter().collect()), "{kind:?}");
            assert_eq!(reading.ttl_s, 60);
        }
    }

    #[test]
    fn broken_data_is_no_answer() {
        let cases: [(Kind, u16, &[u8]); 12] = [
            (Kind::A, 1, &[192, 0, 2]),
            (Kind::A, 1, &[192, 0, 2, 1, 1]),
            (Kind::Ns, 2, b"\x02ns"),
            (Kind::Ns, 2, b"\xc0\xff"),
            (Kind::Cname, 5, b"\xc0\x27"),
            (Kind::Soa, 6, b"\0\0\0\0\0\x09"),
            (Kind::Mx, 15, b"\x0a"),
            (Kind::Txt, 16, b"\x03ab"),
            (Kind::Aaaa, 28, &[0; 15]),
            (Kind::Tlsa, 52, &[3, 1]),
            (Kind::Spf, 99, b"\x03ab"),
            (Kind::Caa, 257, b"\x80\x09issue"),
        ];
        let name = Domain::parse("a.example").unwrap();
        for (kind, number, rdata) in cases {
            let reading = read(&answer(number, rdata), &name, kind, AuthenticData::Ignored);
            assert_eq!(reading, Err(Refusal::Failed(Failure::Malformed)), "{kind:?}");
        }
    }

    #[test]
    fn codes_and_what_edns_adds_to_them() {
        let name = Domain::parse("a.example").unwrap();
        let outcome = |low: u8, high: u8, option: &[u8]| {
            let mut bytes = b"\0\x07\x84\0\0\x01\0\0\0\0\0\x01\x01a\x07example\0\0\x10\0\x01\0\0\x29\x04\xd0".to_vec();
            bytes[3] = low;
            bytes.extend_from_slice(&[high, 0, 0, 0]);
            bytes.extend_from_slice(&u16::try_from(option.len()).unwrap().to_be_bytes());
            bytes.extend_from_slice(option);
            read(&bytes, &name, Kind::Txt, AuthenticData::Ignored).map(|reading| reading.end)
        };
        let bogus = [0, 15, 0, 2, 0, 6];
        let stale = [0, 15, 0, 2, 0, 3];
        assert_eq!(outcome(0, 0, &bogus), Ok(End::NoData(None)), "an answer is one, whatever else is said");
        assert_eq!(outcome(2, 0, &bogus), Err(Refusal::Final(Failure::Bogus)));
        assert_eq!(outcome(2, 0, &stale), Err(Refusal::Failed(Failure::ServFail)));
        assert_eq!(outcome(2, 0, &[0, 15, 0, 9, 0]), Err(Refusal::Failed(Failure::Malformed)), "options are cut");
        assert_eq!(outcome(3, 0, &[]), Ok(End::NxDomain(None)));
        assert_eq!(outcome(5, 0, &[]), Err(Refusal::Failed(Failure::Refused)));
        assert_eq!(outcome(9, 0, &[]), Err(Refusal::Failed(Failure::Refused)));
        assert_eq!(outcome(0, 1, &[]), Err(Refusal::NoEdns), "BADVERS is 16");
        assert_eq!(outcome(1, 0, &[]), Err(Refusal::NoEdns));
        assert_eq!(outcome(7, 0, &[]), Err(Refusal::Failed(Failure::Malformed)));
    }

    #[test]
    fn ttls_with_the_high_bit_are_zero() {
        let name = Domain::query("a.example").unwrap();
        let ttl_s = |ttl_s: u32| {
            let mut message = Message::from_vec(&response("a.example")).unwrap();
            message.answers[1].ttl = ttl_s;
            read(&message.to_vec().unwrap(), &name, Kind::Txt, AuthenticData::Ignored).unwrap().ttl_s
        };
        assert_eq!([ttl_s(5), ttl_s(0x7fff_ffff), ttl_s(0x8000_0000)], [5, 60, 0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn bytes_that_changed_on_the_way_are_read_or_refused(
            changes in prop::collection::vec((0_usize..200, any::<u8>()), 1..6),
            cut in 0_usize..200,
        ) {
            let mut bytes = response("a.example");
            for (index, byte) in changes {
                let index = index % bytes.len();
                bytes[index] = byte;
            }
            bytes.truncate(bytes.len().saturating_sub(cut).max(12));
            let _ = answers(&bytes, query("a.example").question());
            for kind in Kind::ALL {
                if let Ok(reading) = read(&bytes, &Domain::query("a.example").unwrap(), kind, AuthenticData::Believed) {
                    prop_assert!(reading.aliases.len() <= ALIAS_COUNT_MAX);
                }
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = answers(&bytes, query("a.example").question());
            let _ = read(&bytes, &Domain::query("a.example").unwrap(), Kind::Txt, AuthenticData::Believed);
        }
    }
}
