//! testdata/cases/arc, and properties of chains.
//!
//! `.in`: `now:` seconds; then any number of steps in order – `set: KEY i=1 d=… s=…, RESULTS` puts a whole set on top,
//! `aar: TEXT`, `ams: KEY TAGS`, `as: KEY TAGS` one of its fields each (`bh=` and `b=` are added); `seal: KEY DOMAIN
//! SELECTOR AUTHSERV-ID` lets ours seal; `prepend: FIELD`, `append: TEXT` below the body, `replace: OLD => NEW`; and
//! `trusted: DOMAIN,…` asks what trusted sealers say, `from: DOMAIN` for whom.

use std::fmt::Write as _;

use dkim::arc::{self, Chain, ChainStatus, Layout, OldestPass, SealError, SealedFields, Sealer, Step};
use dkim::body::{Bodies, BodyHasher};
use dkim::{Canonicalization, Status, Verifier};
use lookup::{Data, Lookup, Text, Zone};
use mailtext::encode::encode_base64;
use mailtext::{Domain, Explain, Headers, Outcome};
use proptest::prelude::*;
use testkit::case::Case;

use crate::cases::{replace, unescape};
use crate::{arc_forge, forge};

const NOW_S: u64 = 1_700_000_000;

fn validate(lookup: &(impl Lookup + Sync), message: &[u8], now_s: u64) -> Outcome<Chain, Step> {
    testkit::block_on(arc::validate(lookup, message, arc::Options::default(), now_s))
}

fn seal(sealer: &Sealer, chain: &Chain, message: &[u8], now_s: u64) -> Result<Vec<u8>, SealError> {
    let headers = Headers::parse(message);
    let mut hasher = BodyHasher::new(sealer.body_hash_kind());
    hasher.update(&message[headers.body_start()..]);
    let set = sealer.seal(&headers, chain, &hasher.finish(), now_s)?;
    for line in set.fields().iter().flat_map(|field| field.split("\r\n")) {
        let long = sealer.layout == Layout::Usual && line.len() > 78;
        assert!(!long && !line.trim().is_empty(), "{line:?}");
    }
    Ok([set.fields().join("\r\n").as_bytes(), b"\r\n", message].concat())
}

fn now_s(case: &Case) -> u64 {
    case.input.get("now").map_or(NOW_S, |now| now.parse().unwrap())
}

/// The case's message, and what our sealer said instead of sealing.
fn message(case: &Case) -> (Vec<u8>, String) {
    let (mut message, mut said) = (case.wire(), String::new());
    for (key, value) in case.input.iter() {
        let value = unescape(value);
        let pair = |by: &str| {
            let (first, second) = value.split_once(by).unwrap();
            (first.to_owned(), second.to_owned())
        };
        match key {
            "set" => {
                let ((name, rest), (_, results)) = (pair(" "), pair(", "));
                message = arc_forge::set(&message, &name, rest.split_once(',').unwrap().0, &results);
            }
            "aar" => message = arc_forge::results_field(&message, &value),
            "ams" => message = arc_forge::message_signature(&message, &pair(" ").0, &pair(" ").1),
            "as" => message = arc_forge::seal(&message, &pair(" ").0, &pair(" ").1),
            "seal" => {
                let words: Vec<&str> = value.split(' ').collect();
                let (domain, selector) = (testkit::domain(words[1]), testkit::domain(words[2]));
                let sealer = Sealer::new(domain, selector, forge::key(words[0]), words[3]);
                let chain = validate(case.zone(), &message, now_s(case)).result;
                match seal(&sealer, &chain, &message, now_s(case)) {
                    Ok(sealed) => message = sealed,
                    Err(error) => said = format!("not sealed: {error}\n"),
                }
            }
            "prepend" => message = [value.as_bytes(), b"\r\n", &message].concat(),
            "append" => message.extend_from_slice(value.as_bytes()),
            "replace" => message = replace(&message, pair(" => ").0.as_bytes(), pair(" => ").1.as_bytes()),
            _ => {}
        }
    }
    (message, said)
}

fn print(case: &Case, outcome: &Outcome<Chain, Step>) -> String {
    let chain = &outcome.result;
    let mut text = format!("{} instance={}", chain.result.as_str(), chain.instance);
    if let Some(oldest) = chain.oldest_pass {
        let _ = write!(text, " oldest-pass={oldest}");
    }
    for sealer in &chain.sealers {
        let _ = write!(text, " {sealer}");
    }
    text.push('\n');
    for set in &chain.sets {
        let results = set.results.results.iter().map(|result| format!("{}={}", result.method, result.result));
        let by = set.results.authserv_id.as_deref().unwrap_or("-");
        let _ =
            writeln!(text, "  set {} {} {}: {}", set.instance, set.sealer, by, results.collect::<Vec<_>>().join(" "));
    }
    for weakness in &chain.weaknesses {
        let _ = writeln!(text, "  weakness {}", weakness.id());
    }
    for line in testkit::case::evidence(&outcome.evidence).lines() {
        let _ = writeln!(text, "  {line}");
    }
    if let Some(list) = case.input.get("trusted") {
        let list: Vec<Domain> = list.split(',').map(|text| Domain::parse(text).unwrap()).collect();
        let trusted = chain.trusted_by(&list);
        let _ = write!(text, "trusted: {}", trusted.map_or("nobody".into(), |by| by.set.sealer.to_string()));
        if let (Some(trusted), Some(from)) = (trusted, case.input.get("from")) {
            let _ =
                write!(text, ", dmarc pass for {from}: {}", trusted.found_dmarc_pass(&Domain::parse(from).unwrap()));
        }
        text.push('\n');
    }
    if let Some(comment) = chain.report_comment() {
        let _ = writeln!(text, "report: {comment}");
    }
    text
}

#[test]
fn all_cases_come_out_as_wanted() {
    let count = testkit::cases("arc", |case| {
        let (message, said) = message(case);
        said + &print(case, &validate(case.zone(), &message, now_s(case)))
    });
    assert!(count >= 25, "{count} cases");
}

/// RFC 8617 §5.2.1: the n-th question fails, and the chain fails, or an older message signature is not known to hold.
#[test]
fn no_failure_makes_a_pass() {
    testkit::cases("arc", |case| {
        let (message, said) = message(case);
        testkit::every_nth_failure(
            case.zone(),
            |lookup| {
                let chain = validate(lookup, &message, now_s(case)).result;
                (chain.result, chain.oldest_pass)
            },
            |whole, broken| {
                let older = broken.0 == ChainStatus::Pass && broken.1 > whole.1;
                whole == broken || *broken == (ChainStatus::Fail, None) || (whole.0 == ChainStatus::Pass && older)
            },
        );
        said + &print(case, &validate(case.zone(), &message, now_s(case)))
    });
}

fn sealer(key: &str, domain: &str) -> Sealer {
    Sealer::new(testkit::domain(domain), testkit::domain("k1"), forge::key(key), format!("mx.{domain}"))
}

fn add_key(zone: &mut Zone, sealer: &Sealer) {
    let key = &sealer.key;
    let record = format!("v=DKIM1; k={}; p={}", key.kind().as_str(), encode_base64(&key.public_key()));
    let name = sealer.domain.prefixed(&format!("{}._domainkey", sealer.selector)).unwrap();
    zone.add(&name, Data::Txt(Text::from_strings([record])), 60);
}

const KEYS: [&str; 3] = ["ed25519", "rsa2048", "rsa1024"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_sealed_holds_and_what_is_changed_does_not(
        subject in "[ -~]{0,40}(\r\n [!-~]{1,20})?",
        body in "([ -~\t]{0,80}\r\n){0,6}[ -~]{0,20}",
        hops in proptest::collection::vec((0_usize..3, any::<bool>(), any::<bool>(), any::<bool>()), 1..5),
    ) {
        let form = |relaxed| if relaxed { Canonicalization::Relaxed } else { Canonicalization::Simple };
        let mut zone = Zone::new();
        let mut message = format!(
            "Authentication-Results: mx.hop0.example; dmarc=pass header.from=a.example\r\n\
             From: a@a.example\r\nSubject:{subject}\r\nTo: b@b.example\r\n\r\n{body}"
        ).into_bytes();
        for (at, (key, header, text, comparable)) in hops.iter().enumerate() {
            let mut sealer = sealer(KEYS[*key], &format!("hop{at}.example"));
            (sealer.header_canonicalization, sealer.body_canonicalization) = (form(*header), form(*text));
            sealer.layout = if *comparable { Layout::Comparable } else { Layout::Usual };
            add_key(&mut zone, &sealer);
            let chain = validate(&zone, &message, NOW_S).result;
            message = seal(&sealer, &chain, &message, NOW_S).unwrap();
        }
        let chain = validate(&zone, &message, NOW_S).result;
        prop_assert_eq!((chain.result, chain.oldest_pass), (ChainStatus::Pass, Some(0)), "{:?}", chain.problem);
        prop_assert_eq!((chain.instance as usize, chain.sealers.len()), (hops.len(), hops.len()));
        prop_assert!(chain.sets[0].results.results.iter().any(|result| result.method.as_str() == "dmarc"));
        let trusted = chain.trusted_by(&chain.sealers).unwrap();
        prop_assert!(trusted.set.instance == 1 && trusted.found_dmarc_pass(&testkit::domain("a.example")));
        let changed = [&message[..], b"more"].concat();
        prop_assert_eq!(validate(&zone, &changed, NOW_S).result.result, ChainStatus::Fail);
        let added = [b"From: another@a.example\r\n", &message[..]].concat();
        prop_assert_eq!(validate(&zone, &added, NOW_S).result.result, ChainStatus::Fail);
        // A failed chain is sealed once as such, and then no more.
        let last = sealer("ed25519", "last.example");
        let failed = validate(&zone, &changed, NOW_S).result;
        let marked = seal(&last, &failed, &changed, NOW_S).unwrap();
        let failed = validate(&zone, &marked, NOW_S).result;
        prop_assert_eq!((failed.result, failed.instance as usize), (ChainStatus::Fail, hops.len() + 1));
        prop_assert_eq!(seal(&last, &failed, &marked, NOW_S), Err(SealError::FailedBefore));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), name in 0_usize..3) {
        let name = ["ARC-Seal: i=1;", "ARC-Message-Signature: i=1;", "ARC-Authentication-Results: i=1;"][name];
        let message = [name.as_bytes(), &bytes].concat();
        let _ = validate(&Zone::new(), &message, NOW_S);
    }
}

/// One message with DKIM and a chain: one body hash serves both, and both keys are asked for once each.
#[test]
fn bodies_and_questions_are_shared() {
    let key = "ed25519";
    let message = b"From: a@a.example\r\nTo: b\r\nSubject: x\r\n\r\nbody\r\n";
    let tags = "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=hop0.example; s=k1; h=from;";
    let mut zone = Zone::new();
    add_key(&mut zone, &sealer(key, "hop0.example"));
    let message = forge::sign(message, key, tags);
    let message = arc_forge::set(&message, key, "i=1 d=hop0.example s=k1", "mx.hop0.example; none");
    let message = arc_forge::set(&message, key, "i=2 d=hop0.example s=k1", "mx.hop0.example; none");
    let headers = Headers::parse(&message);
    let mut bodies = Bodies::new();
    let verifier = Verifier::with_bodies(&headers, dkim::Options::default(), NOW_S, &mut bodies);
    let validator = arc::Validator::with_bodies(&headers, arc::Options::default(), NOW_S, &mut bodies);
    bodies.update(&message[headers.body_start()..]);
    let hashes = bodies.finish();
    assert_eq!((hashes.len(), verifier.questions().len(), validator.questions().len()), (1, 1, 1));
    let answer = testkit::block_on(zone.ask(verifier.questions()[0].clone()));
    let signatures = verifier.finish_with(&headers, std::slice::from_ref(&answer), &hashes, NOW_S);
    assert_eq!(signatures[0].result.status, Status::Pass);
    let chain = validator.finish_with(&headers, &[answer], &hashes, NOW_S).result;
    assert_eq!((chain.result, chain.oldest_pass), (ChainStatus::Pass, Some(0)));
}

#[test]
fn who_does_not_want_the_oldest_is_not_asked_for_its_key() {
    let mut message = b"From: a@a.example\r\n\r\n".to_vec();
    let mut zone = Zone::new();
    for (at, domain) in ["a.example", "b.example"].iter().enumerate() {
        add_key(&mut zone, &sealer("ed25519", domain));
        let common = format!("i={}; a=ed25519-sha256; d={domain}; s=k1;", at + 1);
        message = arc_forge::results_field(&message, &format!("i={}; x; none", at + 1));
        let tags = common.replace("s=k1", &format!("s={}", if at == 0 { "other" } else { "k1" }));
        message = arc_forge::message_signature(&message, "ed25519", &format!("{tags} c=relaxed/relaxed; h=from;"));
        message = arc_forge::seal(&message, "ed25519", &format!("{common} cv={};", ["none", "pass"][at]));
    }
    let headers = Headers::parse(&message);
    for (oldest_pass, count) in [(OldestPass::Determined, 3), (OldestPass::Skipped, 2)] {
        assert_eq!(arc::Validator::new(&headers, arc::Options { oldest_pass }, NOW_S).questions().len(), count);
    }
    let options = arc::Options { oldest_pass: OldestPass::Skipped };
    let chain = testkit::block_on(arc::validate(&zone, &message, options, NOW_S)).result;
    assert_eq!((chain.result, chain.oldest_pass), (ChainStatus::Pass, None));
    // The older signature's key is not there: it does not hold, and the chain does.
    assert_eq!(validate(&zone, &message, NOW_S).result.oldest_pass, Some(2));
}

/// At, below and above: fifty sets, and body hashes for older message signatures.
#[test]
fn limits_at_below_and_above() {
    let mut zone = Zone::new();
    let sealer = sealer("ed25519", "a.example");
    add_key(&mut zone, &sealer);
    let mut message = b"From: a@a.example\r\nTo: b\r\nSubject: c\r\n\r\nbody\r\n".to_vec();
    for instance in 1..=50_u32 {
        message = arc_forge::set(&message, "ed25519", &format!("i={instance} d=a.example s=k1"), "a.example; none");
        if instance >= 49 {
            let chain = validate(&zone, &message, NOW_S).result;
            assert_eq!((chain.result, chain.instance, chain.oldest_pass), (ChainStatus::Pass, instance, Some(0)));
            assert_eq!(seal(&sealer, &chain, &message, NOW_S).err(), (instance == 50).then_some(SealError::Full));
        }
    }
    let above = arc_forge::results_field(&message, "i=50; a.example; none");
    let chain = validate(&zone, &above, NOW_S).result;
    assert_eq!((chain.result, chain.problem), (ChainStatus::Fail, Some(arc::Problem::TooManySets)));
    assert_eq!(seal(&sealer, &chain, &above, NOW_S).err(), Some(SealError::Full));

    for (count, oldest) in [(3, 0), (4, 0), (5, 2)] {
        let mut message = b"From: a@a.example\r\n\r\nlong enough\r\n".to_vec();
        for instance in 1..=count {
            let common = format!("i={instance}; a=ed25519-sha256; d=a.example; s=k1;");
            message = arc_forge::results_field(&message, &format!("i={instance}; x; none"));
            let tags = format!("{common} c=relaxed/relaxed; h=from; l={instance};");
            message = arc_forge::message_signature(&message, "ed25519", &tags);
            let status = if instance == 1 { "none" } else { "pass" };
            message = arc_forge::seal(&message, "ed25519", &format!("{common} cv={status};"));
        }
        let chain = validate(&zone, &message, NOW_S).result;
        assert_eq!((chain.result, chain.oldest_pass), (ChainStatus::Pass, Some(oldest)), "{count}");
        assert!(chain.trusted_by(&[testkit::domain("a.example")]).is_none(), "l= leaves the body open");
    }
}

#[test]
fn what_cannot_be_signed_is_refused() {
    let message = b"From: a@example.jp\r\n\r\n";
    let none = validate(&Zone::new(), message, NOW_S).result;
    let refused = |names: &[&str]| {
        let mut sealer = sealer("ed25519", "example.jp");
        sealer.fields = SealedFields::Named(names.iter().map(|name| (*name).to_owned()).collect());
        seal(&sealer, &none, message, NOW_S).err()
    };
    assert_eq!(refused(&["From", "Subject"]), None);
    assert_eq!(refused(&["Subject"]), Some(SealError::FromNotNamed));
    assert_eq!(refused(&["From", "a:b"]), Some(SealError::FieldName));
    for name in ["Authentication-Results", "ARC-Seal", "arc-message-signature", "ARC-Authentication-Results"] {
        assert_eq!(refused(&["From", name]), Some(SealError::FieldForbidden), "{name}");
    }
    let mut sealer = sealer("ed25519", "example.jp");
    sealer.selector = testkit::domain(&["x".repeat(60), "y".repeat(60), "z".repeat(60), "w".repeat(55)].join("."));
    assert_eq!(seal(&sealer, &none, message, NOW_S).err(), Some(SealError::NameTooLong));
}

/// A set can always be read again, however much our own results say.
#[test]
fn results_are_cut_before_they_are_too_long_to_be_read() {
    let sealer = sealer("ed25519", "a.example");
    let mut zone = Zone::new();
    add_key(&mut zone, &sealer);
    let field = format!("Authentication-Results: mx.a.example{}\r\n", "; dkim=pass header.d=a.example".repeat(200));
    let message = format!("{}From: a@a.example\r\n\r\n", field.repeat(40));
    let chain = validate(&zone, message.as_bytes(), NOW_S).result;
    let sealed = seal(&sealer, &chain, message.as_bytes(), NOW_S).unwrap();
    let chain = validate(&zone, &sealed, NOW_S).result;
    assert_eq!(chain.result, ChainStatus::Pass);
    assert!(chain.sets[0].results.results.len() > 100, "{}", chain.sets[0].results.results.len());
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_arc_validate() {
    let sealer = sealer("ed25519", "a.example");
    let mut zone = Zone::new();
    add_key(&mut zone, &sealer);
    let message = b"From: a@a.example\r\nSubject: x\r\nTo: b\r\n\r\nbody  \r\n\r\n";
    let tags = "i=1 d=a.example s=k1";
    let one = arc_forge::set(message, "ed25519", tags, "mx.a.example; dmarc=pass header.from=a.example");
    let two = arc_forge::set(&one, "ed25519", &tags.replace("i=1", "i=2"), "mx.a.example; arc=pass");
    testkit::fuzz("arc-validate", &[one, two], |bytes| {
        let chain = validate(&zone, bytes, NOW_S).result;
        if chain.result == ChainStatus::Pass {
            let headers = Headers::parse(bytes);
            assert_eq!(headers.named("subject").next_back().map(|field| field.unfolded()), Some(b"x".to_vec()));
        }
        // Whatever there is can be sealed, or there is a reason why not, and no chain comes back to life by it.
        if let Ok(sealed) = seal_any(&sealer, &chain, bytes) {
            let again = validate(&zone, &sealed, NOW_S).result;
            assert!(chain.result != ChainStatus::Fail || again.result == ChainStatus::Fail);
        }
    });
}

fn seal_any(sealer: &Sealer, chain: &Chain, message: &[u8]) -> Result<Vec<u8>, SealError> {
    let headers = Headers::parse(message);
    let mut hasher = BodyHasher::new(sealer.body_hash_kind());
    hasher.update(&message[headers.body_start()..]);
    let set = sealer.seal(&headers, chain, &hasher.finish(), NOW_S)?;
    Ok([set.fields().join("\r\n").as_bytes(), b"\r\n", message].concat())
}
