//! Whatever we sign verifies, and nothing verifies that was changed.

use dkim::key::KeyRecord;
use dkim::sign::{Cover, SignedFields};
use dkim::{Canonicalization, Options, Parsed, Signer, Status};
use lookup::{Data, Text, Zone};
use mailtext::Headers;
use mailtext::encode::encode_base64;
use proptest::prelude::*;

use crate::forge;

fn signer(key: &str, relaxed: (bool, bool)) -> Signer {
    let kind = |relaxed| if relaxed { Canonicalization::Relaxed } else { Canonicalization::Simple };
    let mut signer = Signer::new(testkit::domain("example.jp"), testkit::domain("k1"), forge::key(key));
    (signer.header_canonicalization, signer.body_canonicalization) = (kind(relaxed.0), kind(relaxed.1));
    signer.expire_in_s = Some(60);
    signer
}

fn zone(signer: &Signer) -> Zone {
    let record = format!("v=DKIM1; k={}; p={}", signer.key.kind().as_str(), encode_base64(&signer.key.public_key()));
    let mut zone = Zone::new();
    zone.add(&testkit::domain("k1._domainkey.example.jp"), Data::Txt(Text::from_strings([record])), 60);
    zone
}

fn sign(signer: &Signer, message: &[u8]) -> Vec<u8> {
    let headers = Headers::parse(message);
    let mut hasher = signer.body_hasher();
    hasher.update(&message[headers.body_start()..]);
    let field = signer.sign(&headers, &hasher.finish(), NOW_S).unwrap();
    for line in field.split("\r\n") {
        assert!(line.len() <= 78, "{line:?}");
    }
    [field.as_bytes(), b"\r\n", message].concat()
}

fn statuses(zone: &Zone, message: &[u8], now_s: u64) -> Vec<Status> {
    let outcomes = testkit::block_on(dkim::verify(zone, message, Options::default(), now_s));
    outcomes.iter().map(|outcome| outcome.result.status).collect()
}

const NOW_S: u64 = 1_700_000_000;
const KEYS: [&str; 3] = ["ed25519", "rsa2048", "rsa1024"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_is_signed_verifies_and_what_is_changed_does_not(
        subject in "[ -~]{0,40}(\r\n [!-~]{1,20})?",
        body in "([ -~\t]{0,80}\r\n){0,6}[ -~]{0,20}",
        key in 0_usize..3,
        relaxed: (bool, bool),
    ) {
        let signer = signer(KEYS[key], relaxed);
        let zone = zone(&signer);
        let message = format!("From: a@example.jp\r\nSubject:{subject}\r\nTo: b@example.com\r\n\r\n{body}");
        let signed = sign(&signer, message.as_bytes());
        prop_assert_eq!(statuses(&zone, &signed, NOW_S), [Status::Pass]);
        // RFC 6376 §3.5: `x=`, at its second and one beyond.
        prop_assert_eq!(statuses(&zone, &signed, NOW_S + 60), [Status::Pass]);
        prop_assert_eq!(statuses(&zone, &signed, NOW_S + 61), [Status::PermError]);
        let changed = [&signed[..], b"more"].concat();
        prop_assert_eq!(statuses(&zone, &changed, NOW_S), [Status::Fail]);
        let added = [b"Subject: another\r\n", &signed[..]].concat();
        prop_assert_eq!(statuses(&zone, &added, NOW_S), [Status::Fail]);
    }

    #[test]
    fn no_bytes_make_the_parsers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Parsed::parse(&bytes, dkim::Age::Current);
        let _ = KeyRecord::parse(&bytes);
        let _ = testkit::block_on(dkim::verify(&Zone::new(), &bytes, Options::default(), NOW_S));
    }
}

#[test]
fn a_list_of_fields_must_name_from() {
    let mut signer = signer("ed25519", (true, true));
    signer.fields = SignedFields::Named(vec!["Subject".into()]);
    let message = b"From: a@example.jp\r\nSubject: x\r\n\r\n";
    let hash = signer.body_hasher().finish();
    let error = signer.sign(&Headers::parse(message), &hash, NOW_S).unwrap_err();
    assert_eq!(error, dkim::SignError::FromNotNamed);
    let two = b"From: a@example.jp\r\nFrom: b@example.jp\r\n\r\n";
    assert_eq!(signer.sign(&Headers::parse(two), &hash, NOW_S).unwrap_err(), dkim::SignError::FromCount(2));
    signer.fields = SignedFields::Recommended;
    signer.identity = Some("a@example.com".into());
    assert_eq!(signer.sign(&Headers::parse(message), &hash, NOW_S).unwrap_err(), dkim::SignError::Identity);
}

/// RFC 6376 §8.15: what may stand once is signed once more, so that none can be put above it; what others add on the way
/// is not.
#[test]
fn recommended_fields_are_signed_once_more() {
    let mut signer = signer("ed25519", (true, true));
    signer.fields = SignedFields::Recommended;
    let message = b"From: a@example.jp\r\nSubject: x\r\nMessage-ID: <1@example.jp>\r\n\r\n";
    let zone = zone(&signer);
    let signed = sign(&signer, message);
    let text = String::from_utf8(signed.clone()).unwrap().replace("\r\n", "").to_lowercase();
    let names = "h=from:from:reply-to:subject:subject:date:message-id:message-id:to:cc:mime-version:content-type;";
    assert!(text.replace(' ', "").contains(names), "{text}");
    assert_eq!(statuses(&zone, &signed, NOW_S), [Status::Pass]);
    for name in ["From", "Subject", "Reply-To", "Date", "Message-ID", "To", "Cc", "Content-Type"] {
        let added = [format!("{name}: another\r\n").as_bytes(), &signed[..]].concat();
        assert_eq!(statuses(&zone, &added, NOW_S), [Status::Fail], "{name}");
    }
    for name in ["Sender", "List-Id", "Resent-From", "In-Reply-To", "References", "X-Other"] {
        let added = [format!("{name}: another\r\n").as_bytes(), &signed[..]].concat();
        assert_eq!(statuses(&zone, &added, NOW_S), [Status::Pass], "{name}");
    }
}

/// At, below and above: no more names are signed than a verifier reads.
#[test]
fn fields_without_end_are_not_signed() {
    let mut signer = signer("ed25519", (true, true));
    signer.fields = SignedFields::Covered(vec![("from".into(), Cover::OnceMore), ("x-tag".into(), Cover::Present)]);
    let zone = zone(&signer);
    let max = dkim::limits::SIGNED_FIELD_COUNT_MAX;
    for tags in [max - 3, max - 2, max - 1] {
        let header = format!("From: a@example.jp\r\n{}\r\n", "X-Tag: 1\r\n".repeat(tags));
        let hash = signer.body_hasher().finish();
        let signed = signer.sign(&Headers::parse(header.as_bytes()), &hash, NOW_S);
        if tags + 2 > max {
            assert_eq!(signed.unwrap_err(), dkim::SignError::FieldCount(tags + 2));
        } else {
            let signed = format!("{}\r\n{header}", signed.unwrap());
            assert_eq!(statuses(&zone, signed.as_bytes(), NOW_S), [Status::Pass]);
        }
    }
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_dkim_signature() {
    let seeds = testkit::case::seeds("dkim", "in");
    testkit::fuzz("dkim-signature", &seeds, |bytes| {
        let _ = Parsed::parse(bytes, dkim::Age::Legacy);
    });
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_dkim_key() {
    let seeds = testkit::case::seeds("dkim", "zone");
    testkit::fuzz("dkim-key", &seeds, |bytes| {
        let _ = KeyRecord::parse(bytes);
    });
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_dkim_verify() {
    let signer = signer("ed25519", (true, true));
    let zone = zone(&signer);
    let message = b"From: a@example.jp\r\nSubject: x\r\nTo: b\r\n\r\nbody  \r\n\r\n";
    let signed = sign(&signer, message);
    let seeds = [signed.clone()];
    testkit::fuzz("dkim-verify", &seeds, |bytes| {
        for outcome in testkit::block_on(dkim::verify(&zone, bytes, Options::default(), NOW_S)) {
            // A pass means that the signed fields and the body are the signed ones, in relaxed form.
            if outcome.result.status == Status::Pass {
                let headers = Headers::parse(bytes);
                assert_eq!(headers.named("subject").next_back().map(|field| field.unfolded()), Some(b"x".to_vec()));
            }
        }
    });
}
