//! Arbitrary values for property tests.

use std::net::{Ipv4Addr, Ipv6Addr};

use lookup::{
    Answer, CertificationAuthority, Data, DelegationSigner, Dnssec, Failure, Kind, MailExchange, Negative, Question,
    Records, StartOfAuthority, Text, TlsAssociation,
};
use mailtext::Domain;
use proptest::collection::vec;
use proptest::prelude::*;

/// Host names of one to four labels.
pub fn host() -> impl Strategy<Value = Domain> {
    vec("[a-z0-9_]([a-z0-9-]{0,8}[a-z0-9])?", 1..5)
        .prop_filter_map("a domain", |labels| Domain::parse(&labels.join(".")).ok())
}

/// Names that a standard may build: labels of any printable ASCII but the dot.
pub fn domain() -> impl Strategy<Value = Domain> {
    vec("[!-\\-/-~]{1,10}", 1..5).prop_filter_map("a domain", |labels| Domain::query(&labels.join(".")).ok())
}

/// Any kind of record.
pub fn kind() -> impl Strategy<Value = Kind> {
    proptest::sample::select(Kind::ALL.to_vec())
}

/// A question.
pub fn question() -> impl Strategy<Value = Question> {
    (domain(), kind()).prop_map(|(name, kind)| Question::new(name, kind))
}

/// The text of a TXT record, of any bytes.
pub fn text() -> impl Strategy<Value = Text> {
    vec(vec(any::<u8>(), 0..40), 1..4).prop_map(Text::from_strings)
}

/// Data of one kind.
pub fn data(kind: Kind) -> BoxedStrategy<Data> {
    match kind {
        Kind::Txt => text().prop_map(Data::Txt).boxed(),
        Kind::A => any::<u32>().prop_map(|bits| Data::A(Ipv4Addr::from_bits(bits))).boxed(),
        Kind::Aaaa => any::<u128>().prop_map(|bits| Data::Aaaa(Ipv6Addr::from_bits(bits))).boxed(),
        Kind::Mx => (any::<u16>(), proptest::option::of(domain()))
            .prop_map(|(preference, exchange)| Data::Mx(MailExchange { preference, exchange }))
            .boxed(),
        Kind::Ptr => domain().prop_map(Data::Ptr).boxed(),
        Kind::Ns => domain().prop_map(Data::Ns).boxed(),
        Kind::Cname => domain().prop_map(Data::Cname).boxed(),
        Kind::Soa => (proptest::option::of(domain()), any::<u32>(), ttl_s())
            .prop_map(|(primary, serial, minimum_s)| Data::Soa(StartOfAuthority { primary, serial, minimum_s }))
            .boxed(),
        Kind::Tlsa => (any::<[u8; 3]>(), vec(any::<u8>(), 1..40))
            .prop_map(|([usage, selector, matching], data)| {
                Data::Tlsa(TlsAssociation { usage, selector, matching, data: data.into() })
            })
            .boxed(),
        Kind::Caa => (any::<u8>(), "[a-z0-9]{1,15}", vec(any::<u8>(), 0..40))
            .prop_map(|(flags, tag, value)| {
                Data::Caa(CertificationAuthority { flags, tag: tag.into(), value: value.into() })
            })
            .boxed(),
        Kind::Ds => (any::<u16>(), any::<[u8; 2]>(), vec(any::<u8>(), 1..40))
            .prop_map(|(key_tag, [algorithm, digest_kind], digest)| {
                Data::Ds(DelegationSigner { key_tag, algorithm, digest_kind, digest: digest.into() })
            })
            .boxed(),
        Kind::Spf => text().prop_map(Data::Spf).boxed(),
    }
}

/// An answer that a question of this kind may get: records, nothing, or a failure.
pub fn answer(kind: Kind) -> BoxedStrategy<Answer> {
    let dnssec = prop_oneof![Just(Dnssec::Unproven), Just(Dnssec::Authenticated)].boxed();
    let records = (vec(data(kind), 1..4), ttl_s(), dnssec.clone(), vec(domain(), 0..3))
        .prop_map(|(data, ttl_s, dnssec, aliases)| Answer::records(Records::new(data, ttl_s, dnssec, aliases)));
    let negative = (ttl_s(), dnssec).prop_map(|(ttl_s, dnssec)| Negative { ttl_s, dnssec }).boxed();
    prop_oneof![
        4 => records,
        1 => negative.clone().prop_map(Answer::NoData),
        1 => negative.prop_map(Answer::NxDomain),
        1 => proptest::sample::select(Failure::ALL.to_vec()).prop_map(Answer::Failed),
    ]
    .boxed()
}

/// A question with an answer to it.
pub fn exchange() -> impl Strategy<Value = (Question, Answer)> {
    question().prop_flat_map(|question| {
        let answer = answer(question.kind);
        (Just(question), answer)
    })
}

fn ttl_s() -> impl Strategy<Value = u32> {
    0..=lookup::limits::TTL_S_MAX
}
