//! The canonical forms, and what is read of a signature and a policy.

use mailtext::TagFlaw;

use super::canonical::Canonicalizer;
use super::policy::PolicyFlaw;
use super::{Canonicalization, Parsed, Policy, QueryTag, SignatureError, Signing};
use crate::limits::{PRACTICE_RECORD_BYTES_MAX, SIGNATURE_BYTES_MAX, SIGNED_FIELD_COUNT_MAX};

fn canonical(kind: Canonicalization, header: &[&str], body: &[&str]) -> String {
    let mut output = Vec::new();
    let mut canonicalizer = Canonicalizer::new(kind);
    for field in header {
        canonicalizer.header(field.as_bytes(), &mut |bytes| output.extend_from_slice(bytes));
    }
    for chunk in body {
        canonicalizer.body(chunk.as_bytes(), &mut |bytes| output.extend_from_slice(bytes));
    }
    canonicalizer.finish(&mut |bytes| output.extend_from_slice(bytes));
    String::from_utf8(output).unwrap()
}

#[test]
fn canonical_forms() {
    let simple = |body: &str| canonical(Canonicalization::Simple, &["A: b\r\n  c "], &[body]);
    let nofws = |body: &str| canonical(Canonicalization::Nofws, &["A: b\r\n  c "], &[body]);
    for (body, as_simple, as_nofws) in [
        ("", "", ""),
        ("\r\n\r\n", "", ""),
        // White space alone is content under simple only.
        (" \t\r\n \r\n", "\r\n \t\r\n \r\n", ""),
        ("a", "\r\na\r\n", "\r\na\r\n"),
        ("a b\r\n", "\r\na b\r\n", "\r\nab\r\n"),
        ("\r\n\r\na \r\n\r\n \r\n\r\n", "\r\n\r\n\r\na \r\n\r\n \r\n", "\r\n\r\n\r\na\r\n"),
        // A CR or LF that ends no line.
        ("a\rb\nc\r\n\r", "\r\na\rb\nc\r\n\r\r\n", "\r\nabc\r\n"),
    ] {
        assert_eq!(simple(body), format!("A: b\r\n  c \r\n{as_simple}"), "{body:?}");
        assert_eq!(nofws(body), format!("A:bc\r\n{as_nofws}"), "{body:?}");
        // Any split of the body gives the same.
        for at in 0..=body.len() {
            let halves = [&body[..at], &body[at..]];
            assert_eq!(canonical(Canonicalization::Simple, &["A: b\r\n  c "], &halves), simple(body), "{body:?} {at}");
            assert_eq!(canonical(Canonicalization::Nofws, &["A: b\r\n  c "], &halves), nofws(body), "{body:?} {at}");
        }
    }
    // More empty lines than are passed on at once.
    let many = "\r\n".repeat(1000);
    assert_eq!(simple(&format!("{many}x")), format!("A: b\r\n  c \r\n\r\n{many}x\r\n"));
}

const GOOD: &str = "a=rsa-sha1; q=dns; c=nofws; d=example.jp; s=k1; h=from:to; b=AAAA";

fn error(text: &str) -> Option<SignatureError> {
    Parsed::parse(text.as_bytes(), QueryTag::Required).signature.err()
}

#[test]
fn a_good_signature() {
    let signature = Parsed::parse(GOOD.as_bytes(), QueryTag::Required).signature.unwrap();
    assert_eq!(signature.key_name.as_str(), "k1._domainkey.example.jp");
    assert_eq!(signature.header_fields.unwrap().len(), 2);
    let all = Parsed::parse(GOOD.replace("h=from:to; ", "").as_bytes(), QueryTag::Required).signature.unwrap();
    assert_eq!(all.header_fields, None);
}

#[test]
fn what_is_wrong_is_named() {
    for tag in ["b", "c", "d", "q", "s"] {
        let without: Vec<&str> = GOOD.split(';').filter(|part| !part.trim().starts_with(&format!("{tag}="))).collect();
        assert_eq!(error(&without.join(";")), Some(SignatureError::Missing(tag)));
    }
    for (from, to, wanted) in [
        ("a=rsa-sha1; ", "", None),
        ("a=rsa-sha1", "z=unknown", None),
        ("b=AAAA", "b=AA\r\n\tAA;", None),
        ("h=from:to", "h=from :\r\n to", None),
        ("a=rsa-sha1", "a=rsa-sha256", Some(SignatureError::Algorithm)),
        ("a=rsa-sha1", "A=rsa-sha1", Some(SignatureError::TagName)),
        ("a=rsa-sha1", "bh=AAAA", Some(SignatureError::TagName)),
        ("c=nofws", "c=relaxed", Some(SignatureError::Canonicalization)),
        ("c=nofws", "c=NOFWS", Some(SignatureError::Canonicalization)),
        ("q=dns", "q=dns/txt", Some(SignatureError::QueryMethod)),
        ("q=dns", "q=", Some(SignatureError::QueryMethod)),
        ("d=example.jp", "d=example..jp", Some(SignatureError::Domain)),
        ("d=example.jp", "d=example.jp.", Some(SignatureError::Domain)),
        ("d=example.jp", "d=例え.jp", Some(SignatureError::NotAscii)),
        ("s=k1", "s=k 1", Some(SignatureError::Selector)),
        ("h=from:to", "h=", Some(SignatureError::FieldNames)),
        ("h=from:to", "h=from::to", Some(SignatureError::FieldNames)),
        ("b=AAAA", "b=A*", Some(SignatureError::SignatureEncoding)),
        ("b=AAAA", "b=", Some(SignatureError::SignatureEncoding)),
        ("b=AAAA", "b=AAAA; d=example.com", Some(SignatureError::TagList(TagFlaw::Duplicate))),
        ("b=AAAA", "b=AAAA; x", Some(SignatureError::TagList(TagFlaw::NoEquals))),
    ] {
        assert_eq!(error(&GOOD.replace(from, to)), wanted, "{from} -> {to}");
    }
    let lenient = Parsed::parse(GOOD.replace("q=dns; ", "").as_bytes(), QueryTag::Optional);
    assert!(lenient.signature.is_ok());
}

#[test]
fn limits_below_at_and_above() {
    let names = |count: usize| GOOD.replace("h=from:to", &format!("h=from{}", ":x".repeat(count - 1)));
    assert_eq!(error(&names(SIGNED_FIELD_COUNT_MAX - 1)), None);
    assert_eq!(error(&names(SIGNED_FIELD_COUNT_MAX)), None);
    assert_eq!(error(&names(SIGNED_FIELD_COUNT_MAX + 1)), Some(SignatureError::FieldNames));
    let padded = |length: usize| format!("{GOOD}; z={}", "x".repeat(length - GOOD.len() - 4));
    assert_eq!(error(&padded(SIGNATURE_BYTES_MAX - 1)), None);
    assert_eq!(error(&padded(SIGNATURE_BYTES_MAX)), None);
    assert_eq!(error(&padded(SIGNATURE_BYTES_MAX + 1)), Some(SignatureError::TooLong));
    let policy = |length: usize| Policy::parse(format!("o=-; n={}", "x".repeat(length - 7)).as_bytes());
    assert_eq!(policy(PRACTICE_RECORD_BYTES_MAX).0.signing, Signing::All);
    assert_eq!(policy(PRACTICE_RECORD_BYTES_MAX + 1).1[0].kind, PolicyFlaw::TooLong);
}

#[test]
fn policies() {
    let read = |text: &str| {
        let (policy, flaws) = Policy::parse(text.as_bytes());
        (policy.signing, policy.testing, flaws.first().map(|flaw| flaw.kind))
    };
    assert_eq!(read("t=y; o=-; n=notes; r=a@example.jp"), (Signing::All, true, None));
    assert_eq!(read("o=~"), (Signing::Some, false, None));
    assert_eq!(read(""), (Signing::Some, false, None));
    assert_eq!(read("o=!"), (Signing::Some, false, Some(PolicyFlaw::Signing)));
    assert_eq!(read("nonsense").2, Some(PolicyFlaw::TagList(TagFlaw::NoEquals)));
    let (policy, _) = Policy::parse(b"r=postmaster@example.jp; n=hello");
    assert_eq!(policy.report_address.as_deref(), Some("postmaster@example.jp"));
    assert_eq!(policy.notes.as_deref(), Some("hello"));
}
