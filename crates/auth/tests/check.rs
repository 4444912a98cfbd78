//! The check as a stream, and what authenticates and what does not.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, missing_docs)] // tests read files and may fail loudly

extern crate sekisho_auth as auth;

#[path = "../../dkim/tests/all/forge.rs"]
mod forge;

use std::sync::Arc;

use auth::check::authenticate;
use auth::{Check, Envelope, Fact, Facts, Settings};
use dmarc::DmarcResult;
use lookup::Zone;
use mailtext::Explain;
use mailtext::authres::LineEnd;
use mailtext::encode::encode_base64;

const NOW_S: u64 = 1_700_000_000;
const TAGS: &str = "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=bank.example; s=k; h=from:to:subject:date;";
const MESSAGE: &str = "From: Bank <a@bank.example>\r\nTo: b@example.jp\r\nSubject: hello\r\n\
                       Date: Mon, 02 Jan 2023 03:04:05 +0900\r\n\r\nHello,\r\n\r\nthis is a test.\r\n";

fn zone() -> Arc<Zone> {
    let key = encode_base64(&forge::key("ed25519").public_key());
    Arc::new(testkit::zone(&format!(
        "bank.example. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n\
         wide.bank.example. TXT \"v=spf1 +all\"\n\
         helo.bank.example. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n\
         _dmarc.bank.example. TXT \"v=DMARC1; p=reject\"\n\
         k._domainkey.bank.example. TXT \"v=DKIM1; k=ed25519; p={key}\"\n\
         testing._domainkey.bank.example. TXT \"v=DKIM1; k=ed25519; t=y; p={key}\"\n\
         evil.example. TXT \"v=spf1 ip4:203.0.113.0/24 -all\"\n"
    )))
}

fn envelope(ip: &str, mail_from: &str) -> Envelope {
    Envelope::new(Some(ip.parse().unwrap()), Some("helo.bank.example"), Some(mail_from.as_bytes()))
}

fn facts(envelope: Envelope, message: &[u8]) -> Facts {
    let settings = Arc::new(Settings::new("mx.example.jp"));
    testkit::block_on(authenticate(zone(), settings, envelope, message, NOW_S))
}

fn result(facts: &Facts) -> DmarcResult {
    facts.dmarc.result.result
}

fn outsider() -> Envelope {
    envelope("203.0.113.9", "<x@evil.example>")
}

fn ids(facts: &Facts) -> Vec<&'static str> {
    facts.facts.iter().map(Explain::id).collect()
}

#[test]
fn any_pieces_give_the_same_facts() {
    let message = forge::sign(MESSAGE.as_bytes(), "ed25519", TAGS);
    let whole = facts(outsider(), &message);
    assert_eq!(result(&whole), DmarcResult::Pass);
    let body_start = mailtext::Headers::parse(&message).body_start();
    for size in [1, 2, 3, 7, 64, 4096] {
        let mut check = Check::new(zone(), Arc::new(Settings::new("mx.example.jp")), NOW_S);
        check.envelope(outsider());
        testkit::block_on(check.progress());
        check.header(message[..body_start].to_vec());
        for chunk in message[body_start..].chunks(size) {
            check.body(chunk);
            testkit::block_on(check.progress());
        }
        let pieces = testkit::block_on(check.finish());
        let field = |facts: &Facts| {
            facts
                .authentication_results("mx.example.jp", &|reason| reason.id().into())
                .to_field(facts.style(LineEnd::CrLf))
        };
        assert_eq!(field(&pieces), field(&whole), "pieces of {size}");
    }
}

#[test]
fn a_check_can_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    let check = Check::new(zone(), Arc::new(Settings::new("mx.example.jp")), NOW_S);
    is_send(&check);
    is_send(&check.finish());
}

#[test]
fn a_message_without_anything_is_no_pass() {
    for message in [&b""[..], b"\r\n", b"\r\n\r\nbody", b"nonsense"] {
        let facts = facts(outsider(), message);
        assert_eq!(result(&facts), DmarcResult::PermError);
        assert_eq!(ids(&facts).first(), Some(&"from-absent"));
    }
}

/// attacks A2: HELO stands in for an empty MAIL FROM, and only for that.
#[test]
fn helo_aligns_only_in_the_place_of_an_empty_sender() {
    let unsigned = MESSAGE.as_bytes();
    assert_eq!(result(&facts(envelope("192.0.2.1", "<>"), unsigned)), DmarcResult::Pass);
    assert_eq!(result(&facts(envelope("192.0.2.1", "<x@evil.example>"), unsigned)), DmarcResult::Fail);
    assert_eq!(result(&facts(envelope("192.0.2.1", "<(any@bank.example>"), unsigned)), DmarcResult::Fail);
    assert_eq!(result(&facts(envelope("203.0.113.9", "<>"), unsigned)), DmarcResult::Fail);
}

/// attacks A6, A12: whatever stands beside the signed From, nobody passes for it.
#[test]
fn several_from_fields_never_pass() {
    let signed = forge::sign(MESSAGE.as_bytes(), "ed25519", TAGS);
    for added in [
        "From: ceo@victim.example",
        " From: ceo@victim.example",
        "From : ceo@victim.example",
        "FROM\r\n : c@victim.example",
    ] {
        let above = facts(outsider(), &[added.as_bytes(), b"\r\n", &signed].concat());
        assert_eq!(result(&above), DmarcResult::PermError, "{added:?}");
        assert!(ids(&above).contains(&"from-repeated"), "{added:?}: {:?}", ids(&above));
        // Below another field, one that begins with a blank is a fold of that field, and breaks the signature.
        let below = facts(outsider(), &insert_before_body(&signed, added));
        let wanted = if added.starts_with(' ') { DmarcResult::Fail } else { DmarcResult::PermError };
        assert_eq!(result(&below), wanted, "{added:?}");
    }
}

fn insert_before_body(message: &[u8], field: &str) -> Vec<u8> {
    let end = mailtext::Headers::parse(message).body_start() - 2;
    [&message[..end], field.as_bytes(), b"\r\n", &message[end..]].concat()
}

/// attacks A11: a signature that leaves things open authenticates its domain only where that is allowed.
#[test]
fn weak_signatures_do_not_count_unless_allowed() {
    let short = format!("{TAGS} l=5;");
    let without_subject = TAGS.replace("subject:", "");
    let testing = TAGS.replace("s=k;", "s=testing;");
    for (tags, weakness) in
        [(&short, "dkim-body-length"), (&without_subject, "dkim-not-covered"), (&testing, "dkim-testing")]
    {
        let message = forge::sign(MESSAGE.as_bytes(), "ed25519", tags);
        let strict = facts(outsider(), &message);
        assert_eq!(strict.dkim[0].result.status, dkim::Status::Pass);
        assert_eq!(result(&strict), DmarcResult::Fail, "{weakness}");
        assert!(ids(&strict).contains(&weakness) && ids(&strict).contains(&"dkim-not-accepted"), "{:?}", ids(&strict));
        let mut settings = Settings::new("mx.example.jp");
        settings.acceptance = auth::Acceptance {
            unsigned_body: auth::fact::Accept::Yes,
            unsigned_subject: auth::fact::Accept::Yes,
            testing_key: auth::fact::Accept::Yes,
        };
        let allowed = testkit::block_on(authenticate(zone(), Arc::new(settings), outsider(), &message, NOW_S));
        assert_eq!(result(&allowed), DmarcResult::Pass, "{weakness}");
    }
}

/// attacks A18: a pass that everyone would get is a fact.
#[test]
fn spf_that_lets_everyone_pass_is_told() {
    let facts = facts(envelope("198.51.100.1", "<x@wide.bank.example>"), MESSAGE.as_bytes());
    assert!(facts.facts.iter().any(|fact| matches!(fact, Fact::SpfEveryone { .. })), "{:?}", facts.facts);
}

/// attacks A7, A9: who the author is, is read once and never from a name.
#[test]
fn the_address_is_never_taken_from_a_name() {
    for (from, wanted) in [
        ("\"a@bank.example\" <b@evil.example>", DmarcResult::None),
        ("=?utf-8?Q?a=40bank.example?= <b@evil.example>", DmarcResult::None),
        ("a@bank.example>", DmarcResult::PermError),
        ("<a@bank.example> <b@evil.example>", DmarcResult::PermError),
        ("undisclosed:;", DmarcResult::PermError),
        ("group: a@bank.example;", DmarcResult::Fail),
        ("a@bank.example, b@evil.example", DmarcResult::Fail),
        ("<@evil.example:a@bank.example>", DmarcResult::Fail),
        ("", DmarcResult::PermError),
    ] {
        let message = format!("From: {from}\r\nTo: b@example.jp\r\n\r\n");
        assert_eq!(result(&facts(outsider(), message.as_bytes())), wanted, "{from:?}");
    }
}

/// attacks A6: what stands behind the limits of the header is not read, so it must not be needed.
#[test]
fn a_header_longer_than_is_read_never_passes() {
    use mailtext::limits::{HEADER_BLOCK_BYTES_MAX, HEADER_FIELD_COUNT_MAX};
    let aligned = || envelope("192.0.2.1", "<x@bank.example>");
    let many = |count: usize| format!("From: a@bank.example\r\n{}\r\n", "X: y\r\n".repeat(count - 1));
    for (count, wanted) in [
        (HEADER_FIELD_COUNT_MAX - 1, DmarcResult::Pass),
        (HEADER_FIELD_COUNT_MAX, DmarcResult::Pass),
        (HEADER_FIELD_COUNT_MAX + 1, DmarcResult::PermError),
    ] {
        assert_eq!(result(&facts(aligned(), many(count).as_bytes())), wanted, "{count} fields");
    }
    let long = |bytes: usize| {
        let rest = "From: a@bank.example\r\n\r\n";
        format!("X: {}\r\n{rest}", "y".repeat(bytes - rest.len() - 5))
    };
    for (bytes, wanted) in [
        (HEADER_BLOCK_BYTES_MAX - 1, DmarcResult::Pass),
        (HEADER_BLOCK_BYTES_MAX, DmarcResult::Pass),
        (HEADER_BLOCK_BYTES_MAX + 1, DmarcResult::PermError),
    ] {
        assert_eq!(result(&facts(aligned(), long(bytes).as_bytes())), wanted, "{bytes} bytes");
    }
    // The limit falls into the name of the domain, and what is left of it is another domain.
    let (before, after) = ("From: a@bank.example", ".evil.example\r\n\r\n");
    let cut = format!("X: {}\r\n{before}{after}", "y".repeat(HEADER_BLOCK_BYTES_MAX - before.len() - 5));
    assert_eq!(result(&facts(aligned(), cut.as_bytes())), DmarcResult::PermError);
    // A second From behind the limit.
    let second =
        format!("From: a@bank.example\r\nX: {}\r\nFrom: b@evil.example\r\n\r\n", "y".repeat(HEADER_BLOCK_BYTES_MAX));
    assert_eq!(result(&facts(aligned(), second.as_bytes())), DmarcResult::PermError);
}
