//! All methods of one message together: what is off asks nothing, what is on is asked at once, and no answer of one
//! method changes another's result.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, missing_docs)] // tests read files and may fail loudly

extern crate sekisho_auth as auth;

#[path = "../../dkim/tests/all/forge.rs"]
mod forge;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use auth::check::authenticate;
use auth::client::dns_lists::List;
use auth::{Check, Envelope, Facts, Methods, Settings};
use dkim::arc;
use lookup::log::Log;
use lookup::{Answer, Failure, Lookup, Question, Zone};
use mailtext::authres::LineEnd;
use mailtext::encode::encode_base64;
use mailtext::{Domain, Explain, Headers};

const NOW_S: u64 = 1_700_000_000;
const PLAIN: &str = "From: Bank <a@bank.example>\r\nSender: b@office.bank.example\r\nTo: b@example.jp\r\nSubject: hello\r\n\
                     Date: Mon, 02 Jan 2023 03:04:05 +0900\r\n\r\nHello,\r\n\r\nthis is a test.\r\n";
const SIGNED: &str = "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=esp.example; s=k; h=from:to:subject:date; r=y; \
                      atps=bank.example; atpsh=none;";

fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

fn zone() -> Arc<Zone> {
    let key = encode_base64(&forge::key("ed25519").public_key());
    Arc::new(testkit::zone(&format!(
        "bank.example. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n\
         bank.example. MX 10 mx.bank.example.\n\
         office.bank.example. TXT \"spf2.0/pra ip4:192.0.2.0/24 -all\"\n\
         bounce.example. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n\
         bounce.example. MX 0 .\n\
         helo.bank.example. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n\
         _dmarc.bank.example. TXT \"v=DMARC1; p=reject\"\n\
         _adsp._domainkey.bank.example. TXT \"dkim=all\"\n\
         _domainkey.office.bank.example. TXT \"o=~\"\n\
         old._domainkey.office.bank.example. TXT \"k=rsa; p=\"\n\
         esp.example._atps.bank.example. TXT \"v=ATPS1\"\n\
         k._domainkey.esp.example. TXT \"v=DKIM1; k=ed25519; p={key}\"\n\
         k._domainkey.list.example. TXT \"v=DKIM1; k=ed25519; p={key}\"\n\
         1.2.0.192.in-addr.arpa. PTR helo.bank.example.\n\
         helo.bank.example. A 192.0.2.1\n\
         2.0.0.127.white.example. A 127.0.0.2\n\
         1.2.0.192.white.example. A 127.0.5.1\n"
    )))
}

/// Signed by a service for the bank, with an old DomainKeys signature that nobody can verify, sealed by a list.
fn message() -> Vec<u8> {
    let old = "DomainKey-Signature: a=rsa-sha1; c=nofws; d=office.bank.example; s=old; q=dns; b=AAAA\r\n";
    let signed = forge::sign(format!("{old}{PLAIN}").as_bytes(), "ed25519", SIGNED);
    let sealer = arc::Sealer::new(domain("list.example"), domain("k"), forge::key("ed25519"), "list.example");
    let headers = Headers::parse(&signed);
    let mut bodies = dkim::body::Bodies::new();
    bodies.register(sealer.body_hash_kind());
    bodies.update(&signed[headers.body_start()..]);
    let nothing = testkit::block_on(arc::validate(&Zone::new(), &signed, arc::Options::default(), NOW_S)).result;
    let set = sealer.seal(&headers, &nothing, &bodies.finish()[0], NOW_S).unwrap();
    let fields: String = set.fields().iter().map(|field| format!("{field}\r\n")).collect();
    [fields.as_bytes(), &signed].concat()
}

#[test]
fn a_login_name_is_told_only_where_that_is_wanted() {
    let told = auth::client::smtp_auth::Told { identity: Some("taro"), mechanism: Some("PLAIN"), ..Default::default() };
    for (methods, wanted) in [(Methods::default(), "auth=pass"), (Methods::all(), "auth=pass smtp.auth=taro")] {
        let envelope = Envelope { smtp_auth: Some(auth::client::smtp_auth::read(&told)), ..envelope() };
        let facts = testkit::block_on(authenticate(zone(), settings(methods), envelope, PLAIN.as_bytes(), NOW_S));
        let field = facts.authentication_results("mx.example.jp", &|reason| reason.id().into());
        let text = field.to_field(facts.style(LineEnd::Lf));
        let part = text.split(';').map(str::trim).find(|part| part.starts_with("auth=")).unwrap_or_default();
        assert_eq!(part, wanted);
    }
}

fn settings(methods: Methods) -> Arc<Settings> {
    let mut settings = Settings::new("mx.example.jp");
    settings.methods = methods;
    Arc::new(settings)
}

fn everything() -> Methods {
    Methods { dns_lists: Arc::from([List::dnswl(domain("white.example"))]), ..Methods::all() }
}

fn envelope() -> Envelope {
    Envelope::new(Some("192.0.2.1".parse().unwrap()), Some("helo.bank.example"), Some(b"<x@bounce.example>"))
}

fn facts<L: Lookup + Clone + Send + Sync + 'static>(lookup: L, methods: Methods, message: &[u8]) -> Facts {
    testkit::block_on(authenticate(lookup, settings(methods), envelope(), message, NOW_S))
}

/// The result of every method in a word or two.
fn summary(facts: &Facts) -> Vec<(&'static str, String)> {
    let others = &facts.others;
    let each = |words: Vec<&str>| words.join(" ");
    vec![
        ("spf", facts.spf.as_ref().unwrap().mail_from.result.verdict.as_str().into()),
        ("helo", facts.spf.as_ref().unwrap().helo.result.verdict.as_str().into()),
        ("dkim", each(facts.dkim.iter().map(|outcome| outcome.result.status.as_str()).collect())),
        ("dmarc", facts.dmarc.result.result.as_str().into()),
        ("arc", others.arc.as_ref().map_or("-", |outcome| outcome.result.result.as_str()).into()),
        ("sender-id", others.sender_id.as_ref().map_or("-", |outcome| outcome.result.verdict.as_str()).into()),
        (
            "domainkeys",
            each(others.domainkeys.iter().flat_map(|it| &it.signatures).map(|it| it.result.status.as_str()).collect()),
        ),
        ("adsp", each(others.adsp.iter().flatten().map(|outcome| outcome.result.status.as_str()).collect())),
        ("atps", each(others.atps.iter().flatten().map(|outcome| outcome.result.status.as_str()).collect())),
        ("iprev", others.iprev.as_ref().map_or("-", |outcome| outcome.result.verdict.as_str()).into()),
        ("null-mx", each(others.null_mx.iter().flatten().map(|outcome| outcome.result.id()).collect())),
        (
            "list",
            each(others.dns_lists.iter().flat_map(|it| &it.entries).map(|it| it.result.verdict.as_str()).collect()),
        ),
    ]
}

#[test]
fn every_method_has_its_result() {
    let facts = facts(zone(), everything(), &message());
    let wanted = [
        ("spf", "pass"),
        ("helo", "pass"),
        ("dkim", "pass"),
        ("dmarc", "fail"),
        ("arc", "pass"),
        ("sender-id", "pass"),
        ("domainkeys", "permerror"),
        ("adsp", "pass"),
        ("atps", "pass"),
        ("iprev", "pass"),
        ("null-mx", "null-mx-published null-mx-absent"),
        ("list", "listed"),
    ];
    let found = summary(&facts);
    let found: Vec<(&str, &str)> = found.iter().map(|(method, result)| (*method, result.as_str())).collect();
    assert_eq!(found, wanted);
    let field = facts.authentication_results("mx.example.jp", &|reason| reason.id().into());
    let text = field.to_field(facts.style(LineEnd::Lf));
    for part in [
        "arc=pass smtp.remote-ip=192.0.2.1 header.oldest-pass=0",
        "sender-id=pass header.sender=office.bank.example",
        "domainkeys=permerror",
        "header.sender=office.bank.example",
        "dkim-adsp=pass header.from=bank.example",
        "dkim-atps=pass header.from=bank.example",
        "iprev=pass (helo.bank.example) policy.iprev=192.0.2.1",
        "dnswl=pass dns.zone=white.example",
    ] {
        let unfolded = text.replace("\n\t", " ").replace("\n ", " ");
        assert!(unfolded.contains(part), "{part} is not in {unfolded}");
    }
}

#[test]
fn what_is_off_asks_nothing_and_says_nothing() {
    let lookup = Arc::new(Log::new(zone()));
    let facts = facts(Arc::clone(&lookup), Methods::none(), &message());
    let mut asked: Vec<String> = lookup.questions().iter().map(ToString::to_string).collect();
    asked.sort();
    asked.dedup();
    let wanted = [
        "_dmarc.bank.example TXT",
        "_dmarc.example TXT",
        "bounce.example TXT",
        "helo.bank.example TXT",
        "k._domainkey.esp.example TXT",
    ];
    assert_eq!(asked, wanted);
    let field = facts.authentication_results("mx.example.jp", &|reason| reason.id().into());
    let methods: Vec<&str> = field.results.iter().map(|result| result.method.as_str()).collect();
    assert_eq!(methods, ["spf", "dkim", "dmarc"]);
}

/// Which results may change when this question fails: those of the methods that ask it, and of those that use them.
fn touched(question: &str) -> &'static [&'static str] {
    match question {
        "bounce.example TXT" => &["spf", "dmarc"],
        "helo.bank.example TXT" => &["helo"],
        "k._domainkey.esp.example TXT" => &["dkim", "dmarc", "adsp", "atps"],
        "k._domainkey.list.example TXT" => &["arc"],
        "office.bank.example TXT" => &["sender-id"],
        "_domainkey.office.bank.example TXT" | "old._domainkey.office.bank.example TXT" => &["domainkeys"],
        "_adsp._domainkey.bank.example TXT" => &["adsp"],
        // Whether the author domain exists is asked for by ADSP, whether it takes mail by Null MX.
        "bank.example MX" => &["adsp", "null-mx"],
        "bounce.example MX" => &["null-mx"],
        "1.2.0.192.in-addr.arpa PTR" | "helo.bank.example A" => &["iprev"],
        "_report._domainkey.esp.example TXT" => &[],
        name if name.contains("_atps.") => &["atps", "adsp"],
        name if name.starts_with("_dmarc.") => &["dmarc"],
        name if name.contains("white.example") => &["list"],
        other => panic!("nobody should ask {other}"),
    }
}

/// Lets one question fail, whoever asks it.
struct Failing {
    zone: Arc<Zone>,
    question: Question,
}

impl Lookup for Failing {
    async fn ask(&self, question: Question) -> Answer {
        if question == self.question { Answer::Failed(Failure::Timeout) } else { self.zone.ask(question).await }
    }
}

#[test]
fn a_broken_answer_touches_nobody_else() {
    let log = Arc::new(Log::new(zone()));
    let message = message();
    let whole = summary(&facts(Arc::clone(&log), everything(), &message));
    let mut questions = log.questions();
    questions.sort();
    questions.dedup();
    assert!(questions.len() > 18, "{questions:?}");
    for question in questions {
        let may_change = touched(&question.to_string());
        let lookup = Arc::new(Failing { zone: zone(), question: question.clone() });
        let broken = summary(&facts(lookup, everything(), &message));
        for ((method, before), (_, after)) in whole.iter().zip(&broken) {
            let same = before == after;
            assert!(same || may_change.contains(method), "{question} changes {method}: {before} to {after}");
            // No failure makes a result better.
            assert!(same || !after.starts_with("pass"), "{question} makes {method} {after}");
        }
    }
}

/// Answers nothing until it is opened.
struct Gate {
    log: Log<Arc<Zone>>,
    open: AtomicBool,
}

impl Lookup for Gate {
    async fn ask(&self, question: Question) -> Answer {
        let answer = self.log.ask(question).await;
        std::future::poll_fn(|_| if self.open.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }).await;
        answer
    }
}

#[test]
fn everything_is_asked_before_anything_is_answered() {
    let gate = Arc::new(Gate { log: Log::new(zone()), open: AtomicBool::new(false) });
    let mut check = Check::new(Arc::clone(&gate), settings(everything()), NOW_S);
    check.envelope(envelope());
    let message = message();
    let body_start = Headers::parse(&message).body_start();
    check.header(message[..body_start].to_vec());
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(pin!(check.progress()).poll(&mut context), Poll::Pending);
    let asked: Vec<String> = gate.log.questions().iter().map(ToString::to_string).collect();
    for question in [
        "bounce.example TXT",
        "helo.bank.example TXT",
        "k._domainkey.esp.example TXT",
        "_dmarc.bank.example TXT",
        "k._domainkey.list.example TXT",
        "office.bank.example TXT",
        "old._domainkey.office.bank.example TXT",
        "_domainkey.office.bank.example TXT",
        "_adsp._domainkey.bank.example TXT",
        "bank.example MX",
        "bounce.example MX",
        "esp.example._atps.bank.example TXT",
        "1.2.0.192.in-addr.arpa PTR",
        "1.2.0.192.white.example A",
    ] {
        assert!(asked.iter().any(|asked| asked == question), "{question} is not among {asked:?}");
    }
    check.body(&message[body_start..]);
    gate.open.store(true, Ordering::Relaxed);
    let facts = testkit::block_on(check.finish());
    assert_eq!(facts.others.arc.unwrap().result.result, arc::ChainStatus::Pass);
}

/// Whoever signs too weakly to authenticate the domain does not choose its indicator either.
#[test]
fn a_selector_counts_only_under_a_signature_that_counts() {
    let key = encode_base64(&forge::key("ed25519").public_key());
    let zone = Arc::new(testkit::zone(&format!(
        "bank.example. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n_dmarc.bank.example. TXT \"v=DMARC1; p=reject\"\n\
         k._domainkey.bank.example. TXT \"k=ed25519; p={key}\"\n\
         t._domainkey.bank.example. TXT \"k=ed25519; t=y; p={key}\"\n\
         default._bimi.bank.example. TXT \"v=BIMI1; l=https://bank.example/a.svg\"\n\
         brand._bimi.bank.example. TXT \"v=BIMI1; l=https://bank.example/b.svg\"\n"
    )));
    let bimi = bimi::Settings { evidence: bimi::EvidenceUse::Ignored, roots: Arc::default() };
    let settings = settings(Methods { bimi: Some(bimi), ..Methods::none() });
    let envelope = Envelope::new(Some("192.0.2.1".parse().unwrap()), Some("h.example"), Some(b"<x@bank.example>"));
    let message = format!("BIMI-Selector: v=BIMI1; s=brand\r\n{PLAIN}");
    for (key, fields, selector) in [
        ("k", "from:subject:bimi-selector", "brand"),
        ("k", "from:subject", "default"),
        ("t", "from:subject:bimi-selector", "default"),
    ] {
        let tags = format!("v=1; a=ed25519-sha256; c=relaxed/relaxed; d=bank.example; s={key}; h={fields};");
        let signed = forge::sign(message.as_bytes(), "ed25519", &tags);
        let check = authenticate(Arc::clone(&zone), Arc::clone(&settings), envelope.clone(), &signed, NOW_S);
        let facts = testkit::block_on(check);
        assert_eq!(facts.dkim[0].result.status, dkim::Status::Pass);
        let found = facts.others.bimi.unwrap().result.assertion.unwrap();
        assert_eq!(found.selector.as_str(), selector, "{key} {fields}");
    }
}

/// What the envelope alone says, and that nothing of it is lost for the message.
#[test]
fn the_envelope_is_known_early() {
    let zone = zone();
    let message = PLAIN.as_bytes();
    let body_start = Headers::parse(message).body_start();
    let lists = [List::dnsbl(domain("black.example")), List::rhsbl(domain("names.example"))];
    let methods =
        Methods { iprev: Methods::all().iprev, null_mx: auth::Use::On, dns_lists: lists.into(), ..Methods::none() };
    let envelope = || Envelope::new(Some("203.0.113.9".parse().unwrap()), Some("h.example"), Some(b"<x@bank.example>"));
    let log = Log::new(Arc::clone(&zone));
    let mut check = Check::new(Arc::new(log), settings(methods.clone()), NOW_S);
    check.envelope(envelope());
    let early = testkit::block_on(check.early());
    assert_eq!(early.spf.as_ref().unwrap().mail_from.result.verdict, spf::Verdict::Fail);
    assert!(early.others.iprev.is_some());
    assert_eq!(early.others.dns_lists.as_ref().unwrap().entries.len(), 2, "the client and the reverse-path's domain");
    assert_eq!(early.others.null_mx.as_ref().unwrap().len(), 1);
    assert_eq!(early.dmarc.result.result, dmarc::DmarcResult::None);
    check.header(message[..body_start].to_vec());
    check.body(&message[body_start..]);
    let after = testkit::block_on(check.finish());
    let straight = testkit::block_on(authenticate(zone, settings(methods), envelope(), message, NOW_S));
    assert_eq!(after.spf, straight.spf);
    assert_eq!(after.others.iprev, straight.others.iprev);
    assert_eq!(after.dmarc.result.result, straight.dmarc.result.result);
    assert_eq!(format!("{:?}", after.others.dns_lists), format!("{:?}", straight.others.dns_lists));
}
