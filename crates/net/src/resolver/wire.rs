//! Questions as bytes, and what bytes answer. The only file that knows hickory-proto.

use hickory_proto::op::{Edns as EdnsRecord, Message, MessageType, OpCode, Query as QueryRecord, ResponseCode};
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
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
        let name = Name::from_labels(name.labels().map(str::as_bytes)).map_err(|_| Failure::BadName)?;
        // Header of 12 octets; the name with its lengths and root; type and class.
        let question_end = HEADER_BYTES + name.iter().map(|label| label.len() + 1).sum::<usize>() + 1 + 4;
        let mut message = Message::new(0, MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = true;
        // RFC 6840 §5.7: the AD bit in a question asks for the AD bit in the answer, without DNSSEC's records.
        message.metadata.authentic_data = authentic_data == AuthenticData::Believed;
        message.add_query(QueryRecord::query(name, record_type(kind)));
        if edns == Edns::Offered {
            let mut record = EdnsRecord::new();
            record.set_max_payload(UDP_PAYLOAD_BYTES);
            message.set_edns(record);
        }
        let bytes = message.to_vec().map_err(|_| Failure::BadName)?;
        if bytes.len() < question_end {
            return Err(Failure::BadName);
        }
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
    let message = Message::from_vec(datagram).map_err(|_| Refusal::Failed(Failure::Malformed))?;
    match message.metadata.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => {}
        ResponseCode::ServFail if is_bogus(&message) => return Err(Refusal::Final(Failure::Bogus)),
        ResponseCode::ServFail => return Err(Refusal::Failed(Failure::ServFail)),
        ResponseCode::Refused | ResponseCode::NotAuth => return Err(Refusal::Failed(Failure::Refused)),
        ResponseCode::BADVERS => return Err(Refusal::NoEdns),
        _ => return Err(Refusal::Failed(Failure::Malformed)),
    }
    let believed = trust == AuthenticData::Believed && message.metadata.authentic_data;
    let dnssec = if believed { Dnssec::Authenticated } else { Dnssec::Unproven };
    let start = Name::from_labels(name.labels().map(str::as_bytes)).map_err(|_| Refusal::Final(Failure::BadName))?;
    let mut walk = Walk { aliases: Vec::new(), ttl_s: u32::MAX, start: name };
    let end = walk.follow(&message, start, kind)?;
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
    fn follow(&mut self, message: &Message, mut name: Name, kind: Kind) -> Result<End, Refusal> {
        loop {
            let wanted: Vec<_> = at(message, &name, record_type(kind)).collect();
            if !wanted.is_empty() {
                self.ttl_s = wanted.iter().map(|record| ttl_of(record)).fold(self.ttl_s, u32::min);
                return Ok(End::Data(wanted.into_iter().filter_map(|record| data_of(&record.data)).collect()));
            }
            let alias = at(message, &name, RecordType::CNAME).next();
            let Some((record, RData::CNAME(target))) = alias.map(|record| (record, &record.data)) else {
                return self.end(message);
            };
            self.ttl_s = self.ttl_s.min(ttl_of(record));
            // RFC 6604 §3: the last name is judged; one that cannot be written cannot be.
            let domain = domain_of(&target.0).ok_or(Refusal::Final(Failure::BadName))?;
            if self.aliases.len() == ALIAS_COUNT_MAX || domain == *self.start || self.aliases.contains(&domain) {
                return Err(Refusal::Final(Failure::AliasChain));
            }
            self.aliases.push(domain);
            name = target.0.clone();
        }
    }

    fn end(&self, message: &Message) -> Result<End, Refusal> {
        let negative_ttl_s = message.authorities.iter().find_map(negative_ttl_s);
        // RFC 6604 §3: the code tells of the last name of the chain.
        if message.metadata.response_code == ResponseCode::NXDomain {
            return Ok(End::NxDomain(negative_ttl_s));
        }
        // RFC 2308 §2.2: with a SOA record, absence; without, only an empty answer is absence, and an alias that leads
        // out of the answer has to be followed by asking.
        if negative_ttl_s.is_none() && !self.aliases.is_empty() {
            return Ok(End::Alias);
        }
        // RFC 2308 §2.2: a referral has name servers and no SOA record. It is no answer from one who was asked to recurse.
        let refers = message.authorities.iter().any(|record| record.record_type() == RecordType::NS);
        let metadata = &message.metadata;
        if negative_ttl_s.is_none() && refers && !metadata.authoritative && !metadata.recursion_available {
            return Err(Refusal::Failed(Failure::Refused));
        }
        Ok(End::NoData(negative_ttl_s))
    }
}

pub(crate) fn at<'a>(message: &'a Message, name: &'a Name, kind: RecordType) -> impl Iterator<Item = &'a Record> {
    message
        .answers
        .iter()
        .filter(move |record| record.record_type() == kind && record.dns_class == DNSClass::IN && record.name == *name)
}

pub(crate) fn ttl_of(record: &Record) -> u32 {
    // RFC 2181 §8: a TTL with the most significant bit set is 0.
    if record.ttl > i32::MAX.cast_unsigned() { 0 } else { record.ttl }
}

pub(crate) fn negative_ttl_s(record: &Record) -> Option<u32> {
    match &record.data {
        // RFC 2308 §5: the lesser of the SOA record's TTL and of its MINIMUM field.
        RData::SOA(soa) => Some(ttl_of(record).min(soa.minimum)),
        _ => None,
    }
}

/// `None`: a host that cannot be written as a name, which nobody could ask for either.
pub(crate) fn data_of(data: &RData) -> Option<Data> {
    Some(match data {
        RData::TXT(txt) => Data::Txt(Text::from_strings(&txt.txt_data)),
        RData::A(address) => Data::A(address.0),
        RData::AAAA(address) => Data::Aaaa(address.0),
        RData::MX(mx) => {
            // RFC 7505 §3: the root as exchange says that there is none.
            let exchange = if mx.exchange.is_root() { None } else { Some(domain_of(&mx.exchange)?) };
            Data::Mx(MailExchange { preference: mx.preference, exchange })
        }
        RData::PTR(name) => Data::Ptr(domain_of(&name.0)?),
        RData::NS(name) => Data::Ns(domain_of(&name.0)?),
        RData::CNAME(name) => Data::Cname(domain_of(&name.0)?),
        RData::SOA(soa) => {
            Data::Soa(StartOfAuthority { primary: domain_of(&soa.mname), serial: soa.serial, minimum_s: soa.minimum })
        }
        RData::CAA(caa) => Data::Caa(CertificationAuthority {
            flags: caa.flags(),
            tag: caa.tag.to_ascii_lowercase().into(),
            value: caa.value.as_slice().into(),
        }),
        RData::TLSA(tlsa) => Data::Tlsa(TlsAssociation {
            usage: tlsa.cert_usage.into(),
            selector: tlsa.selector.into(),
            matching: tlsa.matching.into(),
            data: tlsa.cert_data.as_slice().into(),
        }),
        RData::Unknown { code, rdata } if u16::from(*code) == TYPE_DS => {
            Data::Ds(DelegationSigner::of_wire(&rdata.anything)?)
        }
        RData::Unknown { code, rdata } if u16::from(*code) == TYPE_SPF => Data::Spf(strings_of(&rdata.anything)?),
        _ => return None,
    })
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

/// A dot inside a label must not become a border between labels: such a name is none.
fn domain_of(name: &Name) -> Option<Domain> {
    let mut text = String::with_capacity(name.len());
    for label in name {
        if label.contains(&b'.') {
            return None;
        }
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(std::str::from_utf8(label).ok()?);
    }
    // A name with a space may be asked, where a macro builds it; no host in an answer has one.
    Domain::query(&text).ok().filter(|name| !name.as_str().contains(' '))
}

/// RFC 8914 §4: the codes by which a validating resolver says that validation failed.
fn is_bogus(message: &Message) -> bool {
    let Some(edns) = &message.edns else {
        return false;
    };
    edns.options().options.iter().any(|(_, option)| match option {
        EdnsOption::Unknown(EDE_OPTION, data) => {
            data.first_chunk().is_some_and(|code| EDE_BOGUS.contains(&u16::from_be_bytes(*code)))
        }
        _ => false,
    })
}

pub(crate) fn record_type(kind: Kind) -> RecordType {
    match kind {
        Kind::Txt => RecordType::TXT,
        Kind::A => RecordType::A,
        Kind::Aaaa => RecordType::AAAA,
        Kind::Mx => RecordType::MX,
        Kind::Ptr => RecordType::PTR,
        Kind::Ns => RecordType::NS,
        Kind::Cname => RecordType::CNAME,
        Kind::Soa => RecordType::SOA,
        Kind::Tlsa => RecordType::TLSA,
        Kind::Caa => RecordType::CAA,
        Kind::Ds => RecordType::from(TYPE_DS),
        Kind::Spf => RecordType::from(TYPE_SPF),
    }
}

const HEADER_BYTES: usize = 12;
/// In the third octet of the header (RFC 1035 §4.1.1).
const RECURSION_DESIRED: u8 = 0x01;
/// RFC 4034 §5.
const TYPE_DS: u16 = 43;
/// RFC 7208 §3.1, where it is taken back.
const TYPE_SPF: u16 = 99;
const RCODE_FORMERR: u8 = 1;
const RCODE_NOTIMP: u8 = 4;
/// RFC 8914 §2.
const EDE_OPTION: u16 = 15;
/// Bogus, signature expired, not yet valid, DNSKEY missing, RRSIGs missing, no zone key bit, NSEC missing, expired
/// before valid.
const EDE_BOGUS: [u16; 8] = [6, 7, 8, 9, 10, 11, 12, 25];

#[cfg(test)]
mod tests {
    use hickory_proto::rr::rdata::{A, TXT};
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
