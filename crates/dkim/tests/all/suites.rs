//! The suites of others, where they lie.

use std::fs;
use std::path::Path;

use dkim::{Age, Options, Problem, Status};
use lookup::{Data, Failure, Kind, Text, Zone};
use mailtext::Domain;

fn statuses(zone: &Zone, message: &[u8], options: Options, now_s: u64) -> Vec<(Status, Option<Problem>)> {
    let outcomes = testkit::block_on(dkim::verify(zone, message, options, now_s));
    outcomes.iter().map(|outcome| (outcome.result.status, outcome.result.problem)).collect()
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn txt(zone: &mut Zone, name: &str, text: &[u8]) {
    zone.add(&Domain::query(name).unwrap(), Data::Txt(Text::from_strings([text])), 60);
}

#[test]
fn vectors_of_the_rfcs() {
    let Some(directory) = testkit::suite("dkim/rfc-vectors") else { return };
    let zone = Zone::parse(&String::from_utf8(read(&directory.join("dns.zone"))).unwrap()).unwrap();
    for (file, wanted) in [
        ("rfc6376-A2-signed.eml", vec![Status::Pass]),
        ("rfc6376-A2-as-printed-FAILS.eml", vec![Status::Fail]),
        ("rfc8463-A3-signed.eml", vec![Status::Pass, Status::Pass]),
    ] {
        let got = statuses(&zone, &read(&directory.join(file)), Options::default(), 1_600_000_000);
        assert_eq!(got.iter().map(|it| it.0).collect::<Vec<_>>(), wanted, "{file}: {got:?}");
    }
}

pub(crate) fn mail_dkim_zone(directory: &Path) -> Zone {
    let mut zone = Zone::new();
    let text = String::from_utf8(read(&directory.join("t/FAKE_DNS.dat"))).unwrap();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let (name, value) = line.split_once(char::is_whitespace).unwrap();
        let name_read = Domain::query(name).unwrap();
        match value.trim() {
            "NXDOMAIN" => {}
            value if value.contains("timed out") => drop(zone.fail(&name_read, Kind::Txt, Failure::Timeout)),
            value if value.contains("SERVFAIL") => drop(zone.fail(&name_read, Kind::Txt, Failure::ServFail)),
            "\"\"" => txt(&mut zone, name, b""),
            value => txt(&mut zone, name, value.as_bytes()),
        }
    }
    zone
}

/// Mail::DKIM speaks of a message: pass when a signature passes, else fail when one fails, else invalid.
fn mail_dkim_word(outcomes: &[(Status, Option<Problem>)]) -> &'static str {
    let any = |status| outcomes.iter().any(|outcome| outcome.0 == status);
    match () {
        () if any(Status::Pass) => "pass",
        () if any(Status::Fail) => "fail",
        () => "invalid",
    }
}

#[test]
fn mail_dkim_with_and_without_the_legacy_switch() {
    let Some(directory) = testkit::suite("dkim/mail-dkim") else { return };
    let zone = mail_dkim_zone(&directory);
    let table = String::from_utf8(read(&directory.join("expected.tsv"))).unwrap();
    let (mut rows, mut wrong) = (0, Vec::new());
    for line in table.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (file, wanted, kinds, algorithms) = (columns[0], columns[1], columns[3], columns[4]);
        if !kinds.contains("DKIM") || file.starts_with("good_ietf00_") {
            // DomainKeys has a verifier of its own; pre-standard drafts are skipped by Mail::DKIM itself.
            continue;
        }
        let message = testkit::wire(read(&directory.join("t/corpus").join(file)));
        let legacy = Options { age: Age::Legacy, ..Options::default() };
        let got = statuses(&zone, &message, legacy, 1_200_000_000);
        rows += 1;
        if mail_dkim_word(&got) != wanted {
            wrong.push(format!("{file}: wanted {wanted}, got {got:?}"));
        }
        // RFC 8301: no rsa-sha1, no key below 1024 bits; RFC 6376 §6.1.1: no version but 1.
        let got = statuses(&zone, &message, Options::default(), 1_200_000_000);
        let forbidden =
            algorithms.split(',').all(|algorithm| algorithm != "rsa-sha256" && algorithm != "ed25519-sha256")
                || columns[5].split('|').all(|key| key.contains(": 512") || key.contains(": 768"))
                || !String::from_utf8_lossy(&message).contains("v=1");
        let word = mail_dkim_word(&got);
        if if forbidden { word != "invalid" } else { word != wanted } {
            wrong.push(format!("{file} under RFC 8301: {got:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "{} of {rows}", wrong.len());
    println!("mail-dkim: {rows} messages, with and without the legacy switch");
    assert!(rows >= 50, "{rows}");
}

fn chasquid_zone(text: &str) -> Zone {
    let mut zone = Zone::new();
    for line in text.replace("\\\n", " ").lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        match value.as_str() {
            "TEMPERROR" => drop(zone.fail(&testkit::domain(name), Kind::Txt, Failure::Timeout)),
            // What a resolver calls permanent is a name that does not exist.
            "PERMERROR" => {}
            value => txt(&mut zone, name, value.as_bytes()),
        }
    }
    zone
}

#[test]
fn chasquid() {
    let Some(directory) = testkit::suite("dkim/chasquid") else { return };
    let mut count = 0;
    let mut names: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "msg"));
    names.sort();
    for path in names {
        let stem = path.with_extension("");
        // A file of the suite may hold the name of another of its files.
        let follow = |extension: &str| {
            let Ok(text) = fs::read_to_string(stem.with_extension(extension)) else { return String::new() };
            let other = directory.join(text.trim());
            if text.len() < 100 && other.is_file() { fs::read_to_string(other).unwrap() } else { text }
        };
        let zone = chasquid_zone(&follow("dns"));
        let message = testkit::wire(follow("msg"));
        // The suite's verifier looks at five signatures.
        let options = Options { signature_count_max: 5, ..Options::default() };
        let mut got = statuses(&zone, &message, options, 1_709_400_000);
        got.truncate(5);
        let wanted: Vec<String> = follow("result")
            .lines()
            .filter_map(|line| {
                line.trim().strip_prefix("\"State\": \"").map(|rest| rest.trim_end_matches(['"', ',']).into())
            })
            .collect();
        let words: Vec<&str> = got
            .iter()
            .map(|(status, _)| match status {
                Status::Pass => "SUCCESS",
                Status::TempError => "TEMPFAIL",
                Status::Fail | Status::Policy | Status::PermError => "PERMFAIL",
            })
            .collect();
        assert_eq!(words, wanted, "{}: {got:?}", path.display());
        count += 1;
    }
    println!("chasquid: {count} messages");
    assert_eq!(count, 11);
}

/// Real messages, with the DNS answers of their day. blaze's own tests print what it finds; what is wanted here was read
/// off the messages: who signed, and whether the key of that day is still in the cache.
#[test]
fn blaze() {
    let Some(directory) = testkit::suite("dkim/blaze/test") else { return };
    let mut zone = Zone::new();
    for entry in fs::read_dir(directory.join("cache")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        for line in read(&path).split(|byte| *byte == b'\n') {
            if let Some(text) = line.strip_prefix(b"txt:") {
                txt(&mut zone, &name, text);
            }
        }
    }
    let wanted = [
        ("001 github.com", Status::Pass),
        ("001 sendgrid.info", Status::Pass),
        ("002 github.com", Status::Pass),
        ("003 janestreet.com", Status::Pass),
        ("004 discoursemail.com", Status::Pass),
        // Its key is not in the cache.
        ("006 arm.com", Status::PermError),
        ("006 arm.com", Status::PermError),
        ("007 football.example.com", Status::Pass),
    ];
    let mut got = Vec::new();
    for number in 1..=7 {
        let message = testkit::wire(read(&directory.join(format!("{number:03}.mail"))));
        let legacy = Options { age: Age::Legacy, ..Options::default() };
        for outcome in testkit::block_on(dkim::verify(&zone, &message, legacy, 1_480_000_000)) {
            let domain = outcome.result.parsed.domain.map_or(String::new(), |domain| domain.to_string());
            got.push((format!("{number:03} {domain}"), outcome.result.status));
        }
    }
    assert_eq!(got, wanted.map(|(name, status)| (name.to_owned(), status)));
}

#[test]
fn dkimpy() {
    let Some(directory) = testkit::suite("dkim/dkimpy") else { return };
    let mut zone = Zone::new();
    txt(&mut zone, "test._domainkey.football.example.com", &read(&directory.join("test.txt")));
    let message = testkit::wire(read(&directory.join("rfc6376.signed.rsa.msg")));
    assert_eq!(statuses(&zone, &message, Options::default(), 1_600_000_000), [(Status::Pass, None)]);
}
