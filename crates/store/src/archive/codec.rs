//! What reports say, as bytes, and back.
//!
//! The first byte is the version; anything else than this layout needs a new one, and a reader of all before it. Any bytes
//! may be read: what is wrong in them is [`Damage`]. Numbers have seven bits per byte; texts and lists their length before
//! them.
//!
//! The circumstances of an aggregate report stand each on their own, without reference to the report: the same ones have
//! the same bytes everywhere, so they are compared and counted without being read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use feedback::aggregate::{
    Aggregate, AlignedPass, Circumstances, DkimResult, Metadata, PublishedPolicy, Reason, Record, SpfResult, SpfScope,
};
use feedback::archive::{Class, Content, Kind, Standing, Status};
use feedback::failure::{AuthFailure, Failure};
use feedback::tls::{PolicyKind, Tls, TlsFailure, TlsPolicy, TlsResult};
use feedback::{Deviation, Word};
use report::row::{Discovery, Mode, Policy, Testing};
use report::vocabulary::{Disposition, MethodResult, OverrideKind};

use super::head::Side;

/// The bytes are not what was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Damage;

/// What a report says, as bytes; `None` when it says nothing that is kept.
pub(super) fn encode(content: &Content) -> Option<Vec<u8>> {
    let mut into = vec![VERSION];
    match content {
        Content::Aggregate(aggregate) => put_aggregate(aggregate, &mut into),
        Content::Failure(failure) => failure.put(&mut into),
        Content::Tls(tls) => tls.put(&mut into),
        Content::Refused(_) => return None,
    }
    Some(into)
}

/// What a report says, from its bytes.
pub(super) fn decode(kind: Kind, bytes: &[u8]) -> Result<Content, Damage> {
    match kind {
        Kind::Aggregate => View::new(bytes)?.aggregate().map(|aggregate| Content::Aggregate(Box::new(aggregate))),
        Kind::Failure => whole(bytes).map(|failure| Content::Failure(Box::new(failure))),
        Kind::Tls => whole(bytes).map(Content::Tls),
    }
}

/// Deviations and errors, as bytes; `None` when there are none.
pub(super) fn encode_notes(deviations: &Vec<Deviation>, errors: &Vec<Box<str>>) -> Option<Vec<u8>> {
    if deviations.is_empty() && errors.is_empty() {
        return None;
    }
    let mut into = vec![VERSION];
    deviations.put(&mut into);
    errors.put(&mut into);
    Some(into)
}

/// Deviations and errors from their bytes.
pub(super) fn decode_notes(bytes: Option<&[u8]>) -> Result<(Vec<Deviation>, Vec<Box<str>>), Damage> {
    let Some(bytes) = bytes else { return Ok(Default::default()) };
    let mut from = versioned(bytes)?;
    Ok((Wire::take(&mut from)?, Wire::take(&mut from)?))
}

/// The classes of records, two to a byte; nothing when nothing is known of any.
pub(super) fn encode_classes(classes: &[Class]) -> Vec<u8> {
    if classes.iter().all(|class| *class == Class::Undecidable) {
        return Vec::new();
    }
    let code = |class: Option<&Class>| class.map_or(0, |class| class.code());
    classes.chunks(2).map(|pair| code(pair.first()) | (code(pair.get(1)) << 4)).collect()
}

/// The class of one record.
pub(super) fn class_at(classes: &[u8], at: usize) -> Class {
    let pair = classes.get(at / 2).copied().unwrap_or(0);
    Class::from_code(if at.is_multiple_of(2) { pair & 15 } else { pair >> 4 }).unwrap_or_default()
}

/// One aggregate report's bytes, found but not read.
pub(super) struct View<'a> {
    policy: &'a [u8],
    head: &'a [u8],
    /// The circumstances, each as bytes.
    pub(super) circumstances: Vec<&'a [u8]>,
    record_count: u64,
    records: &'a [u8],
}

impl<'a> View<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Damage> {
        let mut from = versioned(bytes)?;
        let policy = from.part()?;
        let head = from.part()?;
        let count = from.count()?;
        let circumstances = (0..count).map(|_| from.part()).collect::<Result<Vec<_>, Damage>>()?;
        let record_count = from.number()?;
        Ok(Self { policy, head, circumstances, record_count, records: from.rest })
    }

    pub(super) fn policy(&self) -> Result<PublishedPolicy, Damage> {
        PublishedPolicy::take(&mut Take { rest: self.policy })
    }

    /// The records, in their order. After damage there is nothing more.
    pub(super) fn records(&self) -> impl Iterator<Item = Result<Record, Damage>> + use<'a> {
        let (mut from, count) = (Take { rest: self.records }, self.circumstances.len());
        let mut left = self.record_count;
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let record = take_record(&mut from, count);
            if record.is_err() {
                left = 0;
            }
            Some(record)
        })
    }

    fn aggregate(&self) -> Result<Aggregate, Damage> {
        let mut head = Take { rest: self.head };
        Ok(Aggregate {
            version: Wire::take(&mut head)?,
            namespace: Wire::take(&mut head)?,
            metadata: Wire::take(&mut head)?,
            policy: self.policy()?,
            circumstances: self
                .circumstances
                .iter()
                .map(|bytes| decode_circumstances(bytes))
                .collect::<Result<Vec<_>, Damage>>()?,
            records: self.records().collect::<Result<Vec<_>, Damage>>()?,
        })
    }
}

fn put_aggregate(aggregate: &Aggregate, into: &mut Vec<u8>) {
    let mut part = Vec::with_capacity(256);
    aggregate.policy.put(&mut part);
    put_part(&mut part, into);
    aggregate.version.put(&mut part);
    aggregate.namespace.put(&mut part);
    aggregate.metadata.put(&mut part);
    put_part(&mut part, into);
    aggregate.circumstances.len().put(into);
    for circumstances in &aggregate.circumstances {
        put_circumstances(circumstances, &mut part);
        put_part(&mut part, into);
    }
    aggregate.records.len().put(into);
    for record in &aggregate.records {
        put_address(record.source, into);
        record.count.put(into);
        record.circumstances.put(into);
    }
}

/// Moves bytes, with their length before them.
fn put_part(part: &mut Vec<u8>, into: &mut Vec<u8>) {
    part.len().put(into);
    into.append(part);
}

fn take_record(from: &mut Take<'_>, circumstances_count: usize) -> Result<Record, Damage> {
    let record = Record { source: take_address(from)?, count: from.number()?, circumstances: Wire::take(from)? };
    if record.circumstances as usize >= circumstances_count { Err(Damage) } else { Ok(record) }
}

/// The words of circumstances by which messages are counted: disposition, DKIM, SPF.
pub(super) type CountedWords = (Word<Disposition>, Word<AlignedPass>, Word<AlignedPass>);

/// Those words, without the rest.
pub(super) fn counted_words(bytes: &[u8]) -> Result<CountedWords, Damage> {
    let mut from = Take { rest: bytes };
    Ok((Wire::take(&mut from)?, Wire::take(&mut from)?, Wire::take(&mut from)?))
}

/// Circumstances as bytes.
pub(super) fn encode_circumstances(circumstances: &Circumstances) -> Vec<u8> {
    let mut into = Vec::with_capacity(96);
    put_circumstances(circumstances, &mut into);
    into
}

fn put_circumstances(circumstances: &Circumstances, into: &mut Vec<u8>) {
    let Circumstances {
        disposition,
        dkim_aligned,
        spf_aligned,
        reasons,
        header_from,
        envelope_from,
        envelope_to,
        dkim,
        spf,
    } = circumstances;
    disposition.put(into);
    dkim_aligned.put(into);
    spf_aligned.put(into);
    header_from.put(into);
    reasons.put(into);
    put_name(envelope_from.as_deref(), header_from, into);
    put_name(envelope_to.as_deref(), header_from, into);
    dkim.len().put(into);
    for DkimResult { domain, selector, result, comment } in dkim {
        put_name(Some(domain), header_from, into);
        selector.put(into);
        result.put(into);
        comment.put(into);
    }
    spf.len().put(into);
    for SpfResult { domain, scope, result, comment } in spf {
        put_name(Some(domain), header_from, into);
        scope.put(into);
        result.put(into);
        comment.put(into);
    }
}

/// Circumstances from their bytes.
pub(super) fn decode_circumstances(bytes: &[u8]) -> Result<Circumstances, Damage> {
    let from = &mut Take { rest: bytes };
    let (disposition, dkim_aligned, spf_aligned) = (Wire::take(from)?, Wire::take(from)?, Wire::take(from)?);
    let header_from: Box<str> = Wire::take(from)?;
    let reasons = Wire::take(from)?;
    let envelope_from = take_name(from, &header_from)?;
    let envelope_to = take_name(from, &header_from)?;
    let count = from.count()?;
    let dkim = (0..count).map(|_| {
        Ok(DkimResult {
            domain: take_name(from, &header_from)?.ok_or(Damage)?,
            selector: Wire::take(from)?,
            result: Wire::take(from)?,
            comment: Wire::take(from)?,
        })
    });
    let dkim = dkim.collect::<Result<Vec<_>, Damage>>()?;
    let count = from.count()?;
    let spf = (0..count).map(|_| {
        Ok(SpfResult {
            domain: take_name(from, &header_from)?.ok_or(Damage)?,
            scope: Wire::take(from)?,
            result: Wire::take(from)?,
            comment: Wire::take(from)?,
        })
    });
    let spf = spf.collect::<Result<Vec<_>, Damage>>()?;
    Ok(Circumstances {
        disposition,
        dkim_aligned,
        spf_aligned,
        reasons,
        header_from,
        envelope_from,
        envelope_to,
        dkim,
        spf,
    })
}

/// A name that is often the author's domain: 0 when there is none, 1 when it is that, else its length and 2.
fn put_name(name: Option<&str>, header_from: &str, into: &mut Vec<u8>) {
    match name {
        None => into.push(0),
        Some(name) if name == header_from => into.push(1),
        Some(name) => {
            (name.len() + 2).put(into);
            into.extend_from_slice(name.as_bytes());
        }
    }
}

fn take_name(from: &mut Take<'_>, header_from: &str) -> Result<Option<Box<str>>, Damage> {
    match from.length()? {
        0 => Ok(None),
        1 => Ok(Some(header_from.into())),
        length => text(from.slice(length - 2)?).map(Some),
    }
}

fn put_address(address: Option<IpAddr>, into: &mut Vec<u8>) {
    match address {
        None => into.push(0),
        Some(IpAddr::V4(address)) => {
            into.push(4);
            into.extend_from_slice(&address.octets());
        }
        Some(IpAddr::V6(address)) => {
            into.push(6);
            into.extend_from_slice(&address.octets());
        }
    }
}

fn take_address(from: &mut Take<'_>) -> Result<Option<IpAddr>, Damage> {
    let octets = match from.byte()? {
        0 => return Ok(None),
        4 => from.slice(4)?,
        6 => from.slice(16)?,
        _ => return Err(Damage),
    };
    address_of(octets).map(Some)
}

/// An address as 4 or 16 bytes.
pub(super) fn address_bytes(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// An address of 4 or 16 bytes.
pub(super) fn address_of(octets: &[u8]) -> Result<IpAddr, Damage> {
    match octets.len() {
        4 => <[u8; 4]>::try_from(octets).map(|octets| Ipv4Addr::from(octets).into()).map_err(|_| Damage),
        _ => <[u8; 16]>::try_from(octets).map(|octets| Ipv6Addr::from(octets).into()).map_err(|_| Damage),
    }
}

fn versioned(bytes: &[u8]) -> Result<Take<'_>, Damage> {
    let mut from = Take { rest: bytes };
    if from.byte()? == VERSION { Ok(from) } else { Err(Damage) }
}

fn whole<T: Wire>(bytes: &[u8]) -> Result<T, Damage> {
    let mut from = versioned(bytes)?;
    let value = T::take(&mut from)?;
    if from.rest.is_empty() { Ok(value) } else { Err(Damage) }
}

fn text(bytes: &[u8]) -> Result<Box<str>, Damage> {
    std::str::from_utf8(bytes).map(Into::into).map_err(|_| Damage)
}

/// Bytes that are being read.
pub(super) struct Take<'a> {
    pub(super) rest: &'a [u8],
}

impl<'a> Take<'a> {
    pub(super) fn byte(&mut self) -> Result<u8, Damage> {
        let (first, rest) = self.rest.split_first().ok_or(Damage)?;
        self.rest = rest;
        Ok(*first)
    }

    pub(super) fn number(&mut self) -> Result<u64, Damage> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                return Err(Damage);
            }
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Damage)
    }

    fn length(&mut self) -> Result<usize, Damage> {
        usize::try_from(self.number()?).map_err(|_| Damage)
    }

    /// How many entries follow. Each has a byte at least, so no number is believed that the bytes do not bear out.
    fn count(&mut self) -> Result<usize, Damage> {
        self.length().and_then(|count| if count > self.rest.len() { Err(Damage) } else { Ok(count) })
    }

    fn slice(&mut self, length: usize) -> Result<&'a [u8], Damage> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Damage)?;
        self.rest = rest;
        Ok(taken)
    }

    fn part(&mut self) -> Result<&'a [u8], Damage> {
        let length = self.length()?;
        self.slice(length)
    }
}

/// What can be written and read.
pub(super) trait Wire: Sized {
    fn put(&self, into: &mut Vec<u8>);
    fn take(from: &mut Take<'_>) -> Result<Self, Damage>;
}

impl Wire for u64 {
    fn put(&self, into: &mut Vec<u8>) {
        let mut rest = *self;
        while rest >= 0x80 {
            into.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        into.push(rest as u8);
    }

    fn take(from: &mut Take<'_>) -> Result<Self, Damage> {
        from.number()
    }
}

macro_rules! wire_number {
    ($($number:ty),*) => {$(
        impl Wire for $number {
            fn put(&self, into: &mut Vec<u8>) {
                (*self as u64).put(into);
            }

            fn take(from: &mut Take<'_>) -> Result<Self, Damage> {
                Self::try_from(from.number()?).map_err(|_| Damage)
            }
        }
    )*};
}
wire_number!(u8, u16, u32, usize);

impl Wire for i64 {
    fn put(&self, into: &mut Vec<u8>) {
        (((self << 1) ^ (self >> 63)) as u64).put(into);
    }

    fn take(from: &mut Take<'_>) -> Result<Self, Damage> {
        let number = from.number()?;
        Ok((number >> 1) as Self ^ -((number & 1) as Self))
    }
}

impl Wire for Box<str> {
    fn put(&self, into: &mut Vec<u8>) {
        self.len().put(into);
        into.extend_from_slice(self.as_bytes());
    }

    fn take(from: &mut Take<'_>) -> Result<Self, Damage> {
        text(from.part()?)
    }
}

impl Wire for Box<[u8]> {
    fn put(&self, into: &mut Vec<u8>) {
        self.len().put(into);
        into.extend_from_slice(self);
    }

    fn take(from: &mut Take<'_>) -> Result<Self, Damage> {
        from.part().map(Into::into)
    }
}

impl Wire for IpAddr {
    fn put(&self, into: &mut Vec<u8>) {
        put_address(Some(*self), into);
    }

    fn take(from: &mut Take<'_>) -> Result<Self, Damage> {
        take_address(from)?.ok_or(Damage)
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, into: &mut Vec<u8>) {
        match self {
            None => into.push(0),
            Some(value) => {
                into.push(1);
                value.put(into);
            }
        }
    }

    fn take(from: &mut Take<'_>) -> Result<Self, Damage> {
        match from.byte()? {
            0 => Ok(None),
            1 => T::take(from).map(Some),
            _ => Err(Damage),
        }
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, into: &mut Vec<u8>) {
        self.len().put(into);
        self.iter().for_each(|value| value.put(into));
    }

    fn take(from: &mut Take<'_>) -> Result<Self, Damage> {
        let count = from.count()?;
        (0..count).map(|_| T::take(from)).collect()
    }
}

/// A word of a closed set, with the number that is stored; it never changes.
pub(super) trait Coded: Copy {
    fn code(self) -> u8;
    fn from_code(code: u8) -> Option<Self>;
}

impl<T: Coded> Wire for Word<T> {
    fn put(&self, into: &mut Vec<u8>) {
        match self {
            Self::Missing => into.push(0),
            Self::Other(text) => {
                into.push(1);
                text.put(into);
            }
            Self::Known(word) => into.push(word.code() + 2),
        }
    }

    fn take(from: &mut Take<'_>) -> Result<Self, Damage> {
        match from.byte()? {
            0 => Ok(Self::Missing),
            1 => Wire::take(from).map(Self::Other),
            code => T::from_code(code - 2).map(Self::Known).ok_or(Damage),
        }
    }
}

macro_rules! coded {
    ($($name:ident { $($variant:ident = $code:literal),* $(,)? })*) => {$(
        impl Coded for $name {
            fn code(self) -> u8 {
                match self { $(Self::$variant => $code),* }
            }

            fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }
    )*};
}

pub(super) use coded;

coded! {
    Kind { Aggregate = 0, Failure = 1, Tls = 2 }
    Status { Accepted = 0, Salvaged = 1, Refused = 2 }
    Standing { Approved = 0, Forwarder = 1, Denied = 2 }
    Side { Apart = 0, Counted = 1 }
    Class { Undecidable = 0, Legitimate = 1, Forwarded = 2, Misconfigured = 3, Suspected = 4 }
    Policy { None = 0, Quarantine = 1, Reject = 2 }
    Mode { Relaxed = 0, Strict = 1 }
    Testing { Off = 0, On = 1 }
    Discovery { TreeWalk = 0, SuffixList = 1 }
    AlignedPass { Yes = 0, No = 1 }
    SpfScope { MailFrom = 0, Helo = 1 }
    AuthFailure { Adsp = 0, BodyHash = 1, Revoked = 2, Signature = 3, Spf = 4, Dmarc = 5 }
    PolicyKind { Tlsa = 0, Sts = 1, None = 2 }
    TlsResult {
        StartTlsNotSupported = 0,
        CertificateHostMismatch = 1,
        CertificateExpired = 2,
        CertificateNotTrusted = 3,
        ValidationFailure = 4,
        TlsaInvalid = 5,
        DnssecInvalid = 6,
        DaneRequired = 7,
        StsPolicyFetchError = 8,
        StsPolicyInvalid = 9,
        StsWebpkiInvalid = 10,
    }
}

macro_rules! coded_vocabulary {
    ($($name:ident),*) => {$(
        impl Coded for $name {
            fn code(self) -> u8 {
                Self::code(self)
            }

            fn from_code(code: u8) -> Option<Self> {
                Self::from_code(code)
            }
        }
    )*};
}
coded_vocabulary!(Disposition, MethodResult, OverrideKind);

macro_rules! wire_structure {
    ($($name:ident { $($field:ident),* $(,)? })*) => {$(
        impl Wire for $name {
            fn put(&self, into: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $($field.put(into);)*
            }

            fn take(from: &mut Take<'_>) -> Result<Self, Damage> {
                Ok(Self { $($field: Wire::take(from)?),* })
            }
        }
    )*};
}

wire_structure! {
    Deviation { id, example, count }
    Reason { kind, comment }
    Metadata { organization, email, contact, report_id, begin_s, end_s, errors, generator }
    PublishedPolicy {
        domain, policy, subdomain_policy, nonexistent_policy, dkim_mode, spf_mode, percent, failure_options, testing,
        discovery,
    }
    Tls { organization, contact, report_id, begin_s, end_s, policies }
    TlsPolicy { kind, text, domain, mx_hosts, successful_count, failed_count, failures }
    TlsFailure { result, sending_ip, mx_host, mx_helo, receiving_ip, count, more, reason_code }
    Failure {
        feedback_type, user_agent, version, auth_failure, identity_alignment, delivery_result, envelope_id, mail_from,
        rcpt_to, arrival_s, reporting_mta, source, source_port, incidents, authentication_results, reported_domains,
        reported_uris, dkim_domain, dkim_identity, dkim_selector, dkim_canonicalized_header, adsp_dns, spf_dns,
        original_header, header_from, subject, message_id, text,
    }
}

const VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn aggregate() -> Aggregate {
        let circumstances = Circumstances {
            disposition: Word::Known(Disposition::Quarantine),
            dkim_aligned: Word::Known(AlignedPass::No),
            spf_aligned: Word::Other("hardfail".into()),
            reasons: vec![Reason { kind: Word::Other("sampled_out".into()), comment: Some("".into()) }],
            header_from: "example.jp".into(),
            envelope_from: Some("".into()),
            envelope_to: None,
            dkim: vec![DkimResult { domain: "example.jp".into(), ..DkimResult::default() }],
            spf: vec![SpfResult { domain: "a.example.jp".into(), ..SpfResult::default() }],
        };
        let record = |source: &str, count, circumstances| Record { source: source.parse().ok(), count, circumstances };
        Aggregate {
            version: Some("1.0".into()),
            circumstances: vec![circumstances, Circumstances::default()],
            records: vec![record("192.0.2.1", 1, 0), record("?", u64::MAX, 1), record("::ffff:192.0.2.1", 300, 1)],
            ..Aggregate::default()
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let content = Content::Aggregate(Box::new(aggregate()));
        let bytes = encode(&content).unwrap();
        assert_eq!(decode(Kind::Aggregate, &bytes), Ok(content));
        let failure = Content::Failure(Box::new(Failure {
            arrival_s: Some(-5),
            source: "2001:db8::1".parse().ok(),
            original_header: Some(Box::new([0, 255])),
            auth_failure: Word::Known(AuthFailure::Dmarc),
            ..Failure::default()
        }));
        assert_eq!(decode(Kind::Failure, &encode(&failure).unwrap()), Ok(failure));
        assert_eq!(encode(&Content::Refused(None)), None);
        for classes in
            [vec![], vec![Class::Undecidable; 3], vec![Class::Suspected, Class::Legitimate, Class::Forwarded]]
        {
            let bytes = encode_classes(&classes);
            assert!((0..5).all(|at| class_at(&bytes, at) == classes.get(at).copied().unwrap_or_default()));
        }
    }

    #[test]
    fn equal_circumstances_have_equal_bytes_and_different_ones_have_not() {
        let all = aggregate().circumstances;
        for one in &all {
            assert_eq!(decode_circumstances(&encode_circumstances(one)).as_ref(), Ok(one));
            for other in &all {
                assert_eq!(one == other, encode_circumstances(one) == encode_circumstances(other));
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused() {
        let sound = encode(&Content::Aggregate(Box::new(aggregate()))).unwrap();
        for end in 0..sound.len() {
            assert_eq!(decode(Kind::Aggregate, &sound[..end]), Err(Damage), "{end}");
        }
        for at in 0..sound.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bytes = sound.clone();
                bytes[at] = value;
                for kind in [Kind::Aggregate, Kind::Failure, Kind::Tls] {
                    let _ = decode(kind, &bytes);
                }
            }
        }
        assert_eq!(Take { rest: &[0xff; 11] }.number(), Err(Damage));
        let most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(Take { rest: &most }.number(), Ok(u64::MAX));
    }
}
