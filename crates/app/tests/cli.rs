//! The program against a DNS server of its own: tapes and replays, `spf`, `sign`, no DNS at all, pipes.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // tests may fail loudly

extern crate net as sekisho_net;
// Named by `support`, which makes DNS messages with it.
use hickory_proto as _;

#[allow(dead_code, unreachable_pub)]
#[path = "../../net/tests/support/mod.rs"]
mod support;

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mailtext::encode::encode_base64;
use serde_json::Value;
use support::Server;

const MESSAGE: &str = "From: Bank <billing@bank.example>\nTo: user@example.jp\nSubject: hello\n\
                       Date: Wed, 01 Apr 2026 18:00:00 +0900\n\nHello,\n\nthis is a test.\n";
const AT: &str = "2026-04-01T09:00:00Z";

/// What a run gave.
struct Ran {
    out: String,
    err: String,
    code: i32,
}

fn sekisho(arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // Whoever is told of a wrong option at once reads no input.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { out: text(output.stdout), err: text(output.stderr), code: output.status.code().unwrap() }
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err))
}

/// A directory for one test, made anew.
fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A key of the test data, readable by its owner only, whatever the checkout made of it; and what DNS has of it.
fn key(directory: &Path, name: &str) -> (PathBuf, String) {
    let pem = std::fs::read_to_string(testkit::root().join("testdata/keys").join(name)).unwrap();
    let path = directory.join(name);
    std::fs::write(&path, &pem).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    let key = dkim::PrivateKey::parse(&pem).unwrap();
    (path, format!("v=DKIM1; k={}; p={}", key.kind().as_str(), encode_base64(&key.public_key())))
}

fn zone(keys: &[(&str, &str)]) -> String {
    let mut zone = String::from(
        "bank.example. 300 IN TXT \"v=spf1 include:net.example ip4:192.0.2.0/24 -all exp=why.bank.example\"\n\
         net.example. 60 IN TXT \"v=spf1 a:mta.net.example -all\"\n\
         mta.net.example. 60 IN A 198.51.100.1\n\
         why.bank.example. 60 IN TXT \"%{i} is not ours\"\n\
         _dmarc.bank.example. 3600 IN TXT \"v=DMARC1; p=reject; adkim=s\"\n",
    );
    for (selector, record) in keys {
        let parts: Vec<String> =
            record.as_bytes().chunks(200).map(|part| format!("\"{}\"", String::from_utf8_lossy(part))).collect();
        zone.push_str(&format!("{selector}._domainkey.bank.example. 300 IN TXT {}\n", parts.join(" ")));
    }
    zone
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signed_taped_and_replayed() {
    let directory = directory("signed");
    let (rsa, rsa_record) = key(&directory, "rsa2048.pem");
    let (ed, ed_record) = key(&directory, "ed25519.pem");
    let server = Server::of_zone(&zone(&[("r", &rsa_record), ("e", &ed_record)])).await;
    let resolver = server.address.to_string();
    let sign =
        ["sign", "--domain", "bank.example", "--at", AT, "--expire-in", "14d", "--identity", "billing@bank.example"];
    let keys = ["--key", text(&rsa), "--selector", "r", "--key", text(&ed), "--selector", "e"];
    let signed = sekisho(&[&sign[..], &keys[..]].concat(), MESSAGE.as_bytes());
    assert_eq!((signed.code, signed.err.as_str()), (0, ""));
    assert!(signed.out.ends_with(MESSAGE) && !signed.out.contains('\r'), "{}", signed.out);
    assert!(signed.out.contains("t=1775034000;") && signed.out.contains("x=1776243600;"), "{}", signed.out);

    let tape = directory.join("tape");
    let envelope = ["--ip", "192.0.2.9", "--helo", "mta.bank.example", "--mail-from", "b@bank.example"];
    let common = ["verify", "-", "--at", AT, "--authserv-id", "mx.example.jp", "--format", "json"];
    let live = ["--resolver", &resolver, "--tape", text(&tape)];
    let live = sekisho(&[&common[..], &envelope[..], &live[..]].concat(), signed.out.as_bytes());
    assert_eq!((live.code, live.err.as_str()), (0, ""), "{}", live.out);
    let found = json(&live);
    let results: Vec<_> = found["dkim"].as_array().unwrap().iter().map(|one| one["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["pass", "pass"], "{}", live.out);
    assert_eq!(found["dkim"][0]["algorithm"], "rsa-sha256");
    assert_eq!(found["dkim"][1]["algorithm"], "ed25519-sha256");
    assert_eq!(found["dkim"][0]["identity"], "billing@bank.example");
    assert_eq!(found["spf"][1]["matched"], "ip4:192.0.2.0/24");
    assert_eq!(found["spf"][1]["lookups"], 2);
    assert_eq!(found["dmarc"]["result"], "pass");

    // Nobody is asked: the server is gone.
    let asked = server.count();
    let file = std::fs::read_to_string(&tape).unwrap();
    for line in
        ["; at: 2026-04-01T09:00:00Z", "; ip: 192.0.2.9", "; helo: mta.bank.example", "; mail-from: b@bank.example"]
    {
        assert!(file.contains(line), "{line} in {file}");
    }
    let replay = ["verify", "-", "--replay", text(&tape)];
    let again = sekisho(&[&replay[..], &["--format", "json"]].concat(), signed.out.as_bytes());
    assert_eq!((again.out.as_str(), again.code), (live.out.as_str(), 0));
    assert_eq!(server.count(), asked);
    // The same evidence, step by step, but for the time that is left to each answer.
    let explained = ["--at", AT, "--authserv-id", "mx.example.jp", "--explain", "--resolver", &resolver];
    let explained = sekisho(&[&["verify", "-"], &envelope[..], &explained[..]].concat(), signed.out.as_bytes());
    let replayed = sekisho(&[&replay[..], &["--explain"]].concat(), signed.out.as_bytes());
    assert_eq!(explained.out, replayed.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_spf_check() {
    let server = Server::of_zone(&zone(&[])).await;
    let resolver = server.address.to_string();
    let spf = |arguments: &[&str]| sekisho(&[&["spf", "--resolver", &resolver], arguments].concat(), b"");
    let pass = spf(&["--ip", "198.51.100.1", "--mail-from", "<a@bank.example>"]);
    assert_eq!((pass.out.lines().next(), pass.code), (Some("pass"), 0), "{}{}", pass.out, pass.err);
    let fail = spf(&["--ip", "203.0.113.1", "--mail-from", "a@bank.example"]);
    assert_eq!(fail.out.lines().next(), Some("fail"));
    assert!(fail.out.contains("203.0.113.1 is not ours"), "{}", fail.out);
    let object = json(&spf(&["--ip", "203.0.113.1", "--mail-from", "a@bank.example", "--format", "json"]));
    assert_eq!(object["explanation"], "203.0.113.1 is not ours");
    assert_eq!((&object["identity"], &object["matched"]), (&"mailfrom".into(), &"-all".into()));
    let helo = json(&spf(&["--ip", "192.0.2.1", "--helo", "bank.example", "--scope", "helo", "--format", "json"]));
    assert_eq!((&helo["identity"], &helo["result"]), (&"helo".into(), &"pass".into()));
    let null = json(&spf(&["--ip", "192.0.2.1", "--helo", "bank.example", "--mail-from", "<>", "--format", "json"]));
    assert_eq!((&null["identity"], &null["result"]), (&"mailfrom".into(), &"pass".into()));
    // Before it is published.
    let draft = "v=spf1 ip4:203.0.113.1 include:net.example -all";
    let draft = spf(&["--ip", "203.0.113.1", "--mail-from", "a@bank.example", "--record", draft]);
    assert_eq!(draft.out.lines().next(), Some("pass"));
    let broken =
        spf(&["--ip", "203.0.113.1", "--mail-from", "a@bank.example", "--record", "v=spf1 ip4:203.0.113 -all"]);
    assert_eq!((broken.out.lines().next(), broken.code), (Some("permerror"), 0));
    // What is no mailbox is judged, what is no command line is refused.
    let malformed = spf(&["--ip", "203.0.113.1", "--mail-from", "<(any@bank.example>", "--helo", "!"]);
    assert_eq!((malformed.out.lines().next(), malformed.code), (Some("none"), 0));
    for wrong in [
        &["--ip", "203.0.113", "--mail-from", "a@bank.example"][..],
        &["--ip", "203.0.113.1"],
        &["--ip", "203.0.113.1", "--scope", "helo"],
        &["--ip", "203.0.113.1", "--mail-from", "a\n@bank.example"],
        &["--ip", "203.0.113.1", "--helo", "bank.example", "--scope", "pra"],
        &["--mail-from", "a@bank.example"],
    ] {
        let ran = spf(wrong);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{wrong:?}");
        assert!(!ran.err.is_empty());
    }
    let explained = spf(&["--ip", "198.51.100.1", "--mail-from", "a@bank.example", "--explain", "--lang", "ja"]);
    assert!(explained.out.contains("mta.net.example A") && explained.out.contains("198.51.100.1"), "{}", explained.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_sender_id_check() {
    let own = "own.example. 60 IN TXT \"spf2.0/pra ip4:198.51.100.0/24 -all\"\n\
               own.example. 60 IN TXT \"v=spf1 -all\"\nexample. 60 IN TXT \"-\"\n";
    let server = Server::of_zone(&(zone(&[]) + own)).await;
    let resolver = server.address.to_string();
    let pra =
        |arguments: &[&str]| sekisho(&[&["spf", "--scope", "pra", "--resolver", &resolver], arguments].concat(), b"");
    // A record of its own goes before that of SPF, and its result may be acted upon.
    let pass = pra(&["--ip", "198.51.100.1", "--mail-from", "a@own.example", "--explain"]);
    assert_eq!((pass.out.lines().next(), pass.code), (Some("pass"), 0), "{}{}", pass.out, pass.err);
    assert!(pass.out.contains("Sender ID (historic)") && pass.out.contains("spf2.0/pra ip4:198.51.100.0/24 -all"));
    assert!(!pass.out.contains("reporting only"), "{}", pass.out);
    // The record of SPF stands in for one that is not there.
    let borrowed = pra(&["--ip", "203.0.113.1", "--mail-from", "<a@bank.example>", "--lang", "ja"]);
    assert_eq!(borrowed.out.lines().next(), Some("fail"));
    assert!(borrowed.out.contains("Sender ID(歴史的な方式)") && borrowed.out.contains("参考のみ"), "{}", borrowed.out);
    let object = json(&pra(&["--ip", "203.0.113.1", "--mail-from", "a@own.example", "--format", "json"]));
    assert_eq!((&object["identity"], &object["domain"]), (&"pra".into(), &"own.example".into()));
    assert_eq!((&object["result"], &object["matched"]), (&"fail".into(), &"-all".into()));
    // RFC 4406 §4.3: a domain that does not exist is a fail, not none.
    let gone = json(&pra(&["--ip", "203.0.113.1", "--mail-from", "a@gone.example", "--format", "json"]));
    assert_eq!((&gone["result"], &gone["reason_code"]), (&"fail".into(), &"sender-id-no-such-domain".into()));
    for nobody in ["<>", "nobody"] {
        let none = json(&pra(&["--ip", "203.0.113.1", "--mail-from", nobody, "--format", "json"]));
        assert_eq!((&none["result"], &none["domain"]), (&"permerror".into(), &Value::Null), "{none}");
    }
    let draft = ["--ip", "203.0.113.1", "--mail-from", "a@bank.example", "--record", "spf2.0/pra ip4:203.0.113.1 -all"];
    assert_eq!(pra(&draft).out.lines().next(), Some("pass"));
}

/// What was taped from a tape is the same tape, documents included.
#[test]
fn documents_go_onto_the_tape() {
    let directory = directory("documents");
    let cases = testkit::root().join("testdata/cases/cli");
    let [message, config, tape] = ["msg", "toml", "tape"].map(|end| cases.join(format!("39-every-method.{end}")));
    let again = directory.join("tape");
    let common = ["--config", text(&config), "verify", text(&message), "--format", "json"];
    let first = sekisho(&[&common[..], &["--replay", text(&tape), "--tape", text(&again)]].concat(), b"");
    assert_eq!((first.code, first.err.as_str()), (0, ""));
    assert_eq!(json(&first)["bimi"]["result"], "pass");
    let written = std::fs::read_to_string(&again).unwrap();
    assert_eq!(written.matches(";! fetch https://").count(), 1, "{written}");
    assert!(!written.contains("not-on-tape"), "{written}");
    let second = sekisho(&[&common[..], &["--replay", text(&again)]].concat(), b"");
    assert_eq!((second.out, second.code), (first.out, 0));
    // What was not to be fetched is not on the tape either.
    let without =
        sekisho(&[&common[..], &["--replay", text(&tape), "--tape", text(&again), "--no-fetch"]].concat(), b"");
    assert_eq!(json(&without)["bimi"]["result"], "skipped");
    assert!(std::fs::read_to_string(&again).unwrap().contains("disabled"));
}

#[test]
fn without_dns_the_rest_is_told() {
    // Nobody listens on the port of a socket that is gone.
    let gone = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let ran = sekisho(
        &["verify", "-", "/nowhere", "--resolver", &gone, "--dns-timeout", "1s", "--format", "json"],
        MESSAGE.as_bytes(),
    );
    assert_eq!(ran.code, 5, "{}", ran.err);
    assert!(ran.err.contains(&gone) && ran.err.contains("/nowhere"), "{}", ran.err);
    let first: Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
    assert_eq!(first["dmarc"]["result"], "temperror");
    let spf = sekisho(&["spf", "--ip", "192.0.2.1", "--mail-from", "a@b.example", "--resolver", &gone], b"");
    assert_eq!((spf.out.lines().next(), spf.code), (Some("temperror"), 5));
}

#[test]
fn a_server_that_never_answers_is_waited_for_as_long_as_was_said() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let start = Instant::now();
    let ran = sekisho(&["verify", "-", "--resolver", &address, "--dns-timeout", "300ms"], MESSAGE.as_bytes());
    assert_eq!(ran.code, 5, "{}", ran.err);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

/// What becomes of the chain of a message from standard output.
fn chain(zone: &str, message: &str) -> dkim::arc::Chain {
    let zone = lookup::Zone::parse(zone).unwrap();
    let message = testkit::wire(message);
    testkit::block_on(dkim::arc::validate(&zone, &message, dkim::arc::Options::default(), 1_775_034_000)).result
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sealed_from_hop_to_hop() {
    use dkim::arc::ChainStatus::{Fail, Pass};
    let directory = directory("sealed");
    let (rsa, rsa_record) = key(&directory, "rsa2048.pem");
    let (ed, ed_record) = key(&directory, "ed25519.pem");
    let zone = zone(&[("r", &rsa_record), ("e", &ed_record)]);
    let server = Server::of_zone(&zone).await;
    let resolver = server.address.to_string();
    let seal = |key: &Path, selector: &str, more: &[&str], message: &str| {
        let base =
            ["seal", "--domain", "bank.example", "--at", AT, "--authserv-id", "mx.example.jp", "--key", text(key)];
        sekisho(&[&base[..], &["--selector", selector], more].concat(), message.as_bytes())
    };
    let message = format!("Authentication-Results: mx.example.jp; dmarc=pass header.from=bank.example\n{MESSAGE}");
    // The first hop needs no DNS.
    let one = seal(&rsa, "r", &["--resolver", "127.0.0.1:1"], &message);
    assert_eq!((one.code, one.err.as_str()), (0, ""));
    assert!(one.out.ends_with(&message) && !one.out.contains('\r'), "{}", one.out);
    assert!(
        one.out.starts_with("ARC-Seal: i=1; a=rsa-sha256; cv=none; d=bank.example; s=r; t=1775034000;"),
        "{}",
        one.out
    );
    assert!(one.out.contains("ARC-Authentication-Results: i=1; mx.example.jp;"), "{}", one.out);
    let two = seal(&ed, "e", &["--resolver", &resolver, "--header-fields", "From:Subject"], &one.out);
    assert_eq!((two.code, two.err.as_str()), (0, ""));
    assert!(two.out.ends_with(&one.out) && two.out.contains("h=From:Subject;"), "{}", two.out);
    let found = chain(&zone, &two.out);
    assert_eq!((found.result, found.instance, found.oldest_pass), (Pass, 2, Some(0)), "{:?}", found.problem);
    assert!(found.sets[0].results.results.iter().any(|result| result.method.as_str() == "dmarc"));

    // A chain that broke is sealed as such, once.
    let broken = seal(&ed, "e", &["--resolver", &resolver], &two.out.replace("this is a test", "this is another"));
    assert_eq!(broken.code, 0);
    assert!(broken.err.contains("cv=fail") && broken.err.contains("body hash differs"), "{}", broken.err);
    assert!(broken.out.contains("ARC-Seal: i=3; a=ed25519-sha256; cv=fail;"), "{}", broken.out);
    assert_eq!(chain(&zone, &broken.out).result, Fail);
    let again = seal(&ed, "e", &["--resolver", &resolver], &broken.out);
    assert_eq!((again.code, again.out.as_str()), (0, broken.out.as_str()));
    assert!(again.err.contains("had failed before"), "{}", again.err);

    // Nobody answers: the chain must not end for that.
    let silent = seal(&ed, "e", &["--resolver", "127.0.0.1:1", "--dns-timeout", "300ms"], &one.out);
    assert_eq!((silent.code, silent.out.as_str()), (5, ""), "{}", silent.err);
    // From a tape.
    let tape = directory.join("tape");
    let record = rsa_record.as_bytes().chunks(200).map(|part| format!("\"{}\"", String::from_utf8_lossy(part)));
    let record = record.collect::<Vec<_>>().join(" ");
    let lines = format!("; sekisho tape 1\n\nr._domainkey.bank.example. 300 IN TXT {record}\n");
    std::fs::write(&tape, lines).unwrap();
    let asked = server.count();
    let taped = seal(&ed, "e", &["--replay", text(&tape)], &one.out);
    assert_eq!((taped.code, chain(&zone, &taped.out).result), (0, Pass), "{}", taped.err);
    assert_eq!(server.count(), asked);
}

#[test]
fn sealing_says_what_is_wrong() {
    let directory = directory("seal");
    let (rsa, _) = key(&directory, "rsa2048.pem");
    let (short, _) = key(&directory, "rsa1024.pem");
    let seal = |key: &Path, more: &[&str]| {
        let base = ["seal", "--domain", "bank.example", "--selector", "s", "--at", AT, "--key", text(key)];
        sekisho(&[&base[..], more].concat(), MESSAGE.as_bytes())
    };
    let warned = seal(&short, &[]);
    assert_eq!(warned.code, 0);
    assert!(warned.err.contains("1024") && warned.err.contains("2048"), "{}", warned.err);
    let chosen = seal(&rsa, &["--canonicalization", "simple/simple"]);
    assert!(chosen.out.contains("c=simple/simple;"), "{}", chosen.out);
    for (wrong, code) in [
        (&["--header-fields", "Subject"][..], 2),
        (&["--header-fields", "From:ARC-Seal"], 2),
        (&["--canonicalization", "loose"], 2),
        (&["--authserv-id", "a\nb"], 2),
        (&["--selector", "a..b"], 2),
        (&["--replay", "/nowhere"], 3),
        (&["/nowhere"], 3),
    ] {
        let base = ["seal", "--domain", "bank.example", "--at", AT, "--key", text(&rsa)];
        let selector = if wrong[0] == "--selector" { &[][..] } else { &["--selector", "s"] };
        let ran = sekisho(&[&base[..], selector, wrong].concat(), MESSAGE.as_bytes());
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{wrong:?}: {}", ran.err);
        assert!(!ran.err.is_empty());
    }
    let none = sekisho(&["seal", "--domain", "b.example", "--selector", "s", "--key", text(&rsa)], b"");
    assert_eq!((none.code, none.out.as_str()), (3, ""));
}

#[test]
fn signing_says_what_is_wrong() {
    let directory = directory("sign");
    let (rsa, _) = key(&directory, "rsa2048.pem");
    let (short, _) = key(&directory, "rsa1024.pem");
    let message = directory.join("m.eml");
    std::fs::write(&message, MESSAGE.replace('\n', "\r\n")).unwrap();
    let sign = |key: &Path, more: &[&str]| {
        let base = ["sign", "--domain", "bank.example", "--selector", "s", "--at", AT, "--key", text(key)];
        sekisho(&[&base[..], more].concat(), MESSAGE.as_bytes())
    };
    // From a file, and its line ends stay.
    let crlf = sign(&rsa, &[text(&message)]);
    assert!(crlf.out.ends_with("this is a test.\r\n") && !crlf.out.replace("\r\n", "").contains('\n'), "{}", crlf.out);
    // The wire form is signed: both have one body hash and one signature.
    assert_eq!(crlf.out.replace("\r\n", "\n"), sign(&rsa, &[]).out);
    let warned = sign(&short, &[]);
    assert_eq!(warned.code, 0);
    assert!(warned.err.contains("1024") && warned.err.contains("2048"), "{}", warned.err);
    std::fs::set_permissions(&rsa, PermissionsExt::from_mode(0o644)).unwrap();
    let warned = sign(&rsa, &[]);
    assert_eq!(warned.code, 0);
    assert!(warned.err.contains("rsa2048.pem"), "{}", warned.err);
    let chosen = sign(&rsa, &["--header-fields", "From,Subject", "--canonicalization", "simple/relaxed"]);
    assert!(chosen.out.contains("h=From:Subject;") && chosen.out.contains("c=simple/relaxed;"), "{}", chosen.out);
    for (wrong, code) in [
        (&["--header-fields", "Subject"][..], 2),
        (&["--identity", "a@other.example"], 2),
        (&["--algorithm", "ed25519-sha256"], 2),
        (&["--canonicalization", "loose"], 2),
        (&["--expire-in", "soon"], 2),
        (&["--selector", "t", "--selector", "u"], 2),
        (&["/nowhere"], 3),
        (&["--key", "/nowhere"], 3),
        (&["--key", text(&message)], 3),
    ] {
        let ran = sign(&rsa, wrong);
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{wrong:?}: {}", ran.err);
        assert!(!ran.err.is_empty());
    }
    let two = sekisho(
        &["sign", "--domain", "bank.example", "--selector", "s", "--key", text(&rsa)],
        format!("From: x@y.example\n{MESSAGE}").as_bytes(),
    );
    assert_eq!((two.code, two.out.as_str()), (3, ""));
    assert_eq!(sekisho(&["sign", "--domain", "b.example", "--selector", "s", "--key", text(&rsa)], b"").code, 3);
}

#[test]
fn every_key_of_the_contract_is_there() {
    let cases = testkit::root().join("testdata/cases/cli");
    let (message, tape) = (cases.join("01-spoofed.msg"), cases.join("01-spoofed.tape"));
    let found = json(&sekisho(&["verify", text(&message), "--replay", text(&tape), "--format", "json"], b""));
    let has = |object: &Value, keys: &str| {
        for key in keys.split(' ') {
            assert!(object.get(key).is_some(), "{key} in {object}");
        }
    };
    has(&found, "file from ip helo mail_from spf dkim dmarc facts verdict authentication_results");
    has(&found["spf"][0], "identity domain result matched lookups void_lookups explanation reason");
    has(
        &found["dkim"][0],
        "result domain selector identity algorithm key_bits canonicalization header_fields body_length testing reason",
    );
    has(
        &found["dmarc"],
        "result author_domain policy_domain organizational_domain discovery policy testing spf_aligned dkim_aligned disposition override reason",
    );
    has(&found["facts"][0], "code detail");
    has(&found["verdict"], "action reasons");
    assert_eq!((&found["dmarc"]["disposition"], &found["verdict"]["action"]), (&"reject".into(), &"label".into()));
    assert_eq!(found["dkim"][0]["header_fields"], serde_json::json!(["from", "to", "date"]));
}

#[test]
fn the_language_is_the_users() {
    let run = |variables: &[(&str, &str)]| {
        let output = Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .args(["verify", "/nowhere"])
            .env_clear()
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(run(&[("LANG", "ja_JP.UTF-8")]).contains("ありません"));
    assert!(run(&[("LC_ALL", "C"), ("LANG", "ja_JP.UTF-8")]).contains("no such file"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["completions", "bash"])
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[test]
fn messages_of_a_pipe_are_told_as_they_come() {
    let cases = testkit::root().join("testdata/cases/cli");
    let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["verify", "-", "--format", "header", "--replay", text(&cases.join("01-spoofed.tape"))])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(format!("From a Mon\n{MESSAGE}\nFrom b Tue\n").as_bytes()).unwrap();
    stdin.flush().unwrap();
    let mut first = [0; 22];
    // The first answer is there while the pipe is still open.
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut first).unwrap();
    assert_eq!(&first, b"Authentication-Results");
    stdin.write_all(MESSAGE.as_bytes()).unwrap();
    drop(stdin);
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn completions_and_man_name_every_verb() {
    for arguments in [&["completions", "bash"][..], &["completions", "zsh"], &["completions", "fish"], &["man"]] {
        let ran = sekisho(arguments, b"");
        assert_eq!(ran.code, 0);
        for verb in ["serve", "verify", "spf", "sign", "seal", "completions", "man"] {
            assert!(ran.out.to_lowercase().contains(verb), "{verb} in {arguments:?}");
        }
    }
    assert_eq!(sekisho(&[], b"").code, 2);
    assert_eq!(sekisho(&["frobnicate"], b"").code, 2);
    assert_eq!(sekisho(&["--help"], b"").code, 0);
}

#[test]
fn a_maildir_is_read_new_mail_first() {
    let maildir = directory("maildir");
    for part in ["cur", "new", "tmp"] {
        std::fs::create_dir(maildir.join(part)).unwrap();
    }
    let tape = testkit::root().join("testdata/cases/cli/01-spoofed.tape");
    let verify = || sekisho(&["verify", text(&maildir), "--replay", text(&tape), "--format", "json"], b"");
    let empty = verify();
    assert!(empty.code == 3 && empty.err.contains("no message in it"), "{}", empty.err);
    let files = [
        ("cur/2.b.mx:2,S", MESSAGE),
        ("cur/1.a.mx:2,", MESSAGE),
        ("new/3.c.mx", MESSAGE),
        ("cur/.lock", "no message"),
        ("tmp/4", "x"),
    ];
    for (file, content) in files {
        std::fs::write(maildir.join(file), content).unwrap();
    }
    let ran = verify();
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let names =
        ran.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["file"].as_str().unwrap().to_owned());
    let names: Vec<_> = names.map(|name| name.rsplit('/').next().unwrap().to_owned()).collect();
    assert_eq!(names, ["3.c.mx", "1.a.mx:2,", "2.b.mx:2,S"]);
}

#[test]
fn no_permission_is_told() {
    let directory = directory("permission");
    let file = directory.join("m.eml");
    std::fs::write(&file, MESSAGE).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o000)).unwrap();
    if std::fs::File::open(&file).is_ok() {
        println!("skipped: root may read everything");
        return;
    }
    let ran = sekisho(&["verify", text(&file)], b"");
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("no permission"), "{}", ran.err);
}

/// A message of 150 MB goes through in bounded memory: the body is hashed as it comes, and kept by nobody.
#[test]
fn a_large_message_is_never_in_memory() {
    let status = |id: u32| std::fs::read_to_string(format!("/proc/{id}/status"));
    if status(std::process::id()).is_err() {
        println!("skipped: this system has no /proc to read the memory's peak from");
        return;
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["verify", "-", "--format", "json", "--resolver", "127.0.0.1:1", "--dns-timeout", "1s"])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let header = "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=bank.example; s=k; h=from; \
                  bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\nFrom: a@bank.example\r\n\r\n";
    stdin.write_all(header.as_bytes()).unwrap();
    let line = "A line of text  with white space that relaxed canonicalisation takes out. \t\r\n";
    let chunk = line.repeat((1 << 20) / line.len());
    for _ in 0..150 {
        stdin.write_all(chunk.as_bytes()).unwrap();
    }
    let status = status(child.id()).unwrap();
    let peak_kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")).unwrap();
    assert!(peak_kib.parse::<u64>().unwrap() < 48 << 10, "{peak_kib} KiB");
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    // No DNS was there: the signature was hashed all the same, and its key could not be had.
    assert_eq!(result["dkim"][0]["result"], "temperror");
}
