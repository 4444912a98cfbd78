//! Rows and evidence as bytes.

use std::fmt::Write as _;

use mailtext::{Domain, Explain, Rule, Value};
use proptest::prelude::*;
use report::codec::{decode, decode_why, encode, encode_why};
use report::limits::*;
use report::row::*;
use report::vocabulary::*;
use report::why::{Why, WhyValue};
use report::{CodecError, Row, RowId, Site};

use crate::arbitrary::row;

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_row_comes_back(row in row()) {
        let bytes = encode(&row).unwrap();
        prop_assert_eq!(decode(&bytes).unwrap(), row.clone());
        let mut cut = row.clone();
        cut.clip();
        prop_assert_eq!(cut, row, "within the limits nothing is cut");
    }

    #[test]
    fn a_row_cut_anywhere_is_an_error(row in row(), at in any::<prop::sample::Index>()) {
        let bytes = encode(&row).unwrap();
        prop_assert!(decode(&bytes[..at.index(bytes.len())]).is_err());
        let mut longer = bytes;
        longer.push(0);
        prop_assert_eq!(decode(&longer), Err(CodecError::Long));
    }

    #[test]
    fn hostile_bytes_are_an_error_or_a_row(
        row in row(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = encode(&row).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        // Whatever could be read can be written and read again.
        if let Ok(read) = decode(&bytes) {
            prop_assert_eq!(decode(&encode(&read).unwrap()), Ok(read));
        }
    }

    #[test]
    fn garbage_is_no_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = (decode(&bytes), decode_why(&bytes));
        for version in [1, 2] {
            if let Some(first) = bytes.first_mut() {
                *first = version;
            }
            let _ = decode(&bytes);
            if let Ok(read) = decode_why(&bytes) {
                prop_assert_eq!(decode_why(&encode_why(&read)), Ok(read));
            }
        }
    }
}

/// The bytes of version 1. They are in the ledgers of the world: no change may make them unreadable.
#[test]
fn version_1_stays_readable() {
    let bytes = encode(&sample()).unwrap();
    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let stored = include_str!("row-v1.hex").trim();
    assert_eq!(
        hex, stored,
        "what is written has changed: old bytes must be read still, and this file becomes a new one"
    );
    let old: Vec<u8> =
        (0..stored.len()).step_by(2).map(|at| u8::from_str_radix(&stored[at..at + 2], 16).unwrap()).collect();
    assert_eq!(decode(&old).unwrap(), sample());
}

/// Evidence in which every word is spelled out.
#[test]
fn version_1_of_evidence_stays_readable() {
    let stored = include_str!("why-v1.hex").trim();
    let old: Vec<u8> =
        (0..stored.len()).step_by(2).map(|at| u8::from_str_radix(&stored[at..at + 2], 16).unwrap()).collect();
    let why = decode_why(&old).unwrap();
    let steps = why.steps();
    let ids: Vec<&str> = steps.iter().map(|step| &*step.id).collect();
    let wanted = [
        "spf-asked",
        "spf-record",
        "spf-asked",
        "dkim-asked",
        "dkim-body-hash-agrees",
        "dkim-key-found",
        "dkim-signature-agrees",
        "dmarc-asked",
        "dmarc-asked",
        "dmarc-asked",
        "dmarc-organizational-domain",
        "dmarc-decided",
        "policy-nothing-against",
    ];
    assert_eq!((ids, why.count(), why.omitted()), (wanted.to_vec(), wanted.len(), 0));
    let key = &steps[5];
    assert_eq!(key.rule, Some(("RFC 6376".into(), "6.1.2".into())));
    assert_eq!(key.arguments[0].value, WhyValue::Word("rsa".into()));
    assert_eq!(key.arguments[1].value, WhyValue::Number(2048));
    let new = encode_why(&why);
    assert!(new.len() * 2 < old.len(), "{} of {}", new.len(), old.len());
    assert_eq!(decode_why(&new), Ok(why));
}

#[test]
fn other_versions_are_named() {
    let mut bytes = encode(&sample()).unwrap();
    for version in [0, 2, 255] {
        bytes[0] = version;
        assert_eq!(decode(&bytes), Err(CodecError::Version(version)));
    }
    for version in [0, 3, 255] {
        bytes[0] = version;
        assert_eq!(decode_why(&bytes), Err(CodecError::Version(version)));
    }
    assert_eq!((decode(&[]), decode_why(&[])), (Err(CodecError::Short), Err(CodecError::Short)));
}

#[test]
fn texts_at_their_limit() {
    for (count, fits) in [(TEXT_BYTES_MAX - 1, true), (TEXT_BYTES_MAX, true), (TEXT_BYTES_MAX + 1, false)] {
        let mut row = sample();
        row.queue_id = Some("x".repeat(count).into());
        assert_eq!(encode(&row).is_ok(), fits, "{count}");
        row.clip();
        assert_eq!(row.queue_id.as_ref().unwrap().len(), count.min(TEXT_BYTES_MAX));
        assert_eq!(decode(&encode(&row).unwrap()), Ok(row));
    }
    let mut row = sample();
    row.client.helo = Some("関".repeat(TEXT_BYTES_MAX).into());
    row.clip();
    assert_eq!(row.client.helo.as_ref().unwrap().len(), 510, "cut between two characters");
}

#[test]
fn lists_at_their_limits() {
    let signature = sample().dkim[0].clone();
    for (count, left_out) in [(SIGNATURE_COUNT_MAX - 1, 0), (SIGNATURE_COUNT_MAX, 0), (SIGNATURE_COUNT_MAX + 1, 1)] {
        let mut row = sample();
        row.dkim = vec![signature.clone(); count];
        row.clip();
        assert_eq!((row.dkim.len(), row.omitted), (count - left_out, left_out as u64));
    }
    for (count, fits) in [(LIST_COUNT_MAX, true), (LIST_COUNT_MAX + 1, false)] {
        let mut row = sample();
        row.dkim = vec![signature.clone(); count];
        assert_eq!(encode(&row).err(), (!fits).then_some(CodecError::TooLarge));
    }
    let domain = |number: usize| Domain::parse(&format!("d{number}.example")).unwrap();
    for (count, left_out) in [(RECIPIENT_DOMAIN_COUNT_MAX, 0), (RECIPIENT_DOMAIN_COUNT_MAX + 3, 3)] {
        let mut row = sample();
        row.envelope.recipient_domains = (0..count).map(domain).collect();
        row.clip();
        assert_eq!((row.envelope.recipient_domains.len(), row.omitted), (RECIPIENT_DOMAIN_COUNT_MAX, left_out));
    }
}

#[test]
fn the_largest_row_that_is_cut_can_be_stored() {
    let text = || Some(Box::from("x".repeat(TEXT_BYTES_MAX * 2)));
    let long = Domain::query(&["x".repeat(63), "x".repeat(63), "x".repeat(63), "x".repeat(61)].join(".")).unwrap();
    let mut row = sample();
    let signature =
        Signature { domain: Some(long.clone()), selector: Some(long.clone()), problem: text(), ..row.dkim[0].clone() };
    row.dkim = vec![signature; 1000];
    row.dmarc.authors =
        vec![Evaluation { reason: text(), dkim: vec![Aligned::No; 1000], ..row.dmarc.authors[0].clone() }; 100];
    row.others = vec![MethodOutcome { method: Method::Adsp, result: MethodResult::Fail, subject: text() }; 1000];
    row.envelope.recipient_domains = vec![long.clone(); 1000];
    row.arc = Some(Arc { result: MethodResult::Pass, sealers: vec![long; 1000], oldest_pass: None });
    row.verdict.reasons = vec![text().unwrap(); 1000];
    row.verdict.overrides = vec![Override { kind: OverrideKind::Other, comment: text() }; 1000];
    assert_eq!(encode(&row), Err(CodecError::TooLarge));
    row.clip();
    let bytes = encode(&row).unwrap();
    assert!(bytes.len() < ROW_BYTES_MAX, "{}", bytes.len());
    assert_eq!(decode(&bytes), Ok(row));
}

#[test]
fn a_usual_row_is_small() {
    assert!(encode(&sample()).unwrap().len() < 400, "{}", encode(&sample()).unwrap().len());
}

struct Step(usize);

impl Explain for Step {
    fn id(&self) -> &'static str {
        "spf-record-found"
    }

    fn rule(&self) -> Option<Rule> {
        Some(Rule("RFC 7208", "4.5"))
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        vec![("record", "x".repeat(self.0).into()), ("lookup_count", 3_u64.into()), ("verdict", Value::Word("pass"))]
    }
}

#[test]
fn evidence_comes_back() {
    let mut why = Why::default();
    why.push(&Step(10));
    why.push(&Step(TEXT_BYTES_MAX + 10));
    let back = decode_why(&encode_why(&why)).unwrap();
    assert_eq!(back, why);
    let steps = back.steps();
    let step = &steps[0];
    assert_eq!((&*step.id, step.rule.clone().unwrap().0), ("spf-record-found", "RFC 7208".into()));
    assert_eq!(step.arguments[1].value, WhyValue::Number(3));
    assert_eq!(step.arguments[2].value, WhyValue::Word("pass".into()));
    assert_eq!(steps[1].arguments[0].value, WhyValue::Text("x".repeat(TEXT_BYTES_MAX).into()));
}

#[test]
fn evidence_is_bounded_and_counted() {
    let mut large = Why::default();
    (0..100).for_each(|_| large.push(&Step(400)));
    assert_eq!(large.steps().len() as u64 + large.omitted(), 100);
    assert!((30..45).contains(&large.steps().len()), "{}", large.steps().len());
    let bytes = encode_why(&large);
    assert!(bytes.len() <= WHY_BYTES_MAX + 16 && bytes.len() > WHY_BYTES_MAX - 600, "{}", bytes.len());
    assert_eq!(decode_why(&bytes), Ok(large.clone()));
    large.push(&Step(0));
    assert_eq!(large.steps().len() as u64 + large.omitted(), 101, "nothing after a hole");
    assert!(
        large.steps().len() == large.count()
            && large.steps().iter().all(|step| step.arguments[0].value != WhyValue::Text("".into()))
    );

    struct Small;
    impl Explain for Small {
        fn id(&self) -> &'static str {
            "x"
        }
    }
    for (count, omitted) in [(WHY_STEP_COUNT_MAX - 1, 0), (WHY_STEP_COUNT_MAX, 0), (WHY_STEP_COUNT_MAX + 1, 1)] {
        let mut why = Why::default();
        (0..count).for_each(|_| why.push(&Small));
        assert_eq!(why.omitted(), omitted);
        assert_eq!(decode_why(&encode_why(&why)), Ok(why));
    }
}

/// A message as they are.
pub(crate) fn sample() -> Row {
    use dmarc::record::{FailureOptions, FailureWhen, Mode, Testing, Wanted};
    use dmarc::{DmarcResult, Policy, PolicyTag};

    let domain = |name| Domain::parse(name).unwrap();
    let mut row = Row::new(RowId::new(1_780_000_000_123, Site::new(3).unwrap(), 7), Direction::In);
    row.tenant = "city".into();
    row.queue_id = Some("4bXyZ12345z9QK".into());
    row.client = Client {
        ip: Some("203.0.113.9".parse().unwrap()),
        name: Some("out3.mailer.example".into()),
        helo: Some("out3.mailer.example".into()),
        user: None,
    };
    row.envelope = Envelope {
        mail_from: Some(Address::Text("bounce@mailer.example".into())),
        mail_from_domain: Some(domain("mailer.example")),
        recipient_count: 2,
        recipient_domains: vec![domain("city.example.jp")],
    };
    row.message = Message { size_bytes: 48_213, header_bytes: 2_311, message_id: Some([9; 16]), spam: Spam::No };
    let check = SpfCheck { domain: Some(domain("mailer.example")), result: MethodResult::Pass };
    row.spf = Spf { mail_from: Some(check.clone()), helo: Some(SpfCheck { domain: None, ..check }) };
    row.dkim = vec![Signature {
        domain: Some(domain("bank.example")),
        selector: Some(domain("k2026")),
        result: MethodResult::Fail,
        algorithm: Algorithm::RsaSha256,
        key_bits: Some(2048),
        problem: Some("dkim-body-hash-differs".into()),
    }];
    row.dmarc = Dmarc {
        result: DmarcResult::Fail,
        authors: vec![Evaluation {
            author: domain("mail.bank.example"),
            result: DmarcResult::Fail,
            published: Some(Published {
                domain: domain("bank.example"),
                policy: Policy::Reject,
                subdomain_policy: Some(Policy::Quarantine),
                nonexistent_policy: None,
                applied: PolicyTag::Sp,
                dkim_mode: Mode::Relaxed,
                spf_mode: Mode::Strict,
                failure_options: FailureOptions { when: FailureWhen::AnyFailed, dkim: Wanted::Yes, spf: Wanted::No },
                testing: Testing::Off,
                discovery: dmarc::Method::TreeWalk,
                reports: Wanted::Yes,
            }),
            spf: Aligned::No,
            dkim: vec![Aligned::Relaxed],
            spf_aligned_pass: dmarc::Aligned::Fail,
            dkim_aligned_pass: dmarc::Aligned::Fail,
            wanted: Policy::Quarantine,
            reason: Some("dmarc-not-aligned".into()),
        }],
    };
    row.arc = Some(Arc { result: MethodResult::None, sealers: vec![], oldest_pass: None });
    row.others = vec![MethodOutcome { method: Method::Iprev, result: MethodResult::Pass, subject: None }];
    row.verdict = Verdict {
        disposition: Disposition::None,
        overrides: vec![Override { kind: OverrideKind::MailingList, comment: Some("list.example".into()) }],
        action: Action::Label,
        reply_code: None,
        reasons: vec!["policy-list".into()],
    };
    row.latency_us = 18_400;
    row
}
