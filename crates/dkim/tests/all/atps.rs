//! ATPS: testdata/cases/atps, the suite's table, OpenDKIM's zones.
//!
//! `.in` as in testdata/cases/dkim.

use std::fmt::Write as _;
use std::fs;

use dkim::atps::{self, Atps, Delegation, Form, Reply, Status, Step};
use dkim::{Extensions, NameHash, Options, ThirdParty};
use lookup::{Data, Failure, Lookup, Text, Zone};
use mailtext::{Headers, Outcome};
use testkit::case::Case;
use yaml_rust2::{Yaml, YamlLoader};

use crate::{cases, forge};

fn check(lookup: &(impl Lookup + Sync), message: &[u8]) -> Vec<Outcome<Delegation, Step>> {
    testkit::block_on(async {
        let verifications = dkim::verify(lookup, message, Options::default(), 1_700_000_000).await;
        let atps = Atps::new(&Headers::parse(message), Options::default());
        atps::check(lookup, atps, &verifications).await
    })
}

fn print(outcomes: &[Outcome<Delegation, Step>]) -> String {
    let mut text = format!("message: {}\n", Status::of_message(outcomes).as_str());
    for Outcome { result, evidence } in outcomes {
        let show = |domain: Option<&mailtext::Domain>| domain.map_or("-".to_owned(), ToString::to_string);
        let (signer, author) = (show(result.signer.as_ref()), show(result.author.as_ref()));
        let _ = writeln!(text, "{} signer={signer} author={author}", result.status.as_str());
        for line in testkit::case::evidence(evidence).lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

#[test]
fn all_cases_come_out_as_wanted() {
    let count = testkit::cases("atps", |case| print(&check(case.zone(), &cases::message(case))));
    assert!(count >= 12, "{count} cases");
}

#[test]
fn no_failure_makes_a_pass() {
    testkit::cases("atps", |case: &Case| {
        let message = cases::message(case);
        testkit::every_nth_failure(
            case.zone(),
            |lookup| Status::of_message(&check(lookup, &message)),
            // A signature whose key cannot be had is not valid, so that its claim is ignored.
            |whole, broken| whole == broken || matches!(broken, Status::TempError | Status::None),
        );
        print(&check(case.zone(), &message))
    });
}

#[test]
fn the_table_of_the_suite() {
    let Some(directory) = testkit::suite("atps") else { return };
    let rows = YamlLoader::load_from_str(&fs::read_to_string(directory.join("cases.yml")).unwrap()).unwrap();
    let rows = rows.last().unwrap().as_vec().unwrap();
    let wrong: Vec<String> = rows.iter().filter_map(|row| wrong(row).err()).collect();
    assert_eq!(wrong, Vec::<String>::new(), "{} of {}", wrong.len(), rows.len());
    println!("atps: {} rows", rows.len());
    assert_eq!(rows.len(), 12);
}

fn wrong(row: &Yaml) -> Result<(), String> {
    let name = row["name"].as_str().unwrap();
    if row["dkim"].as_str() == Some("fail") {
        let message = replaced(&signed("sha1"), "hello", "changed");
        let outcomes = check(&signing_zone(), &message);
        let asked = outcomes[0].evidence.iter().any(|step| matches!(step, Step::Asked { .. }));
        return if asked || Status::of_message(&outcomes) != Status::None { Err(name.to_owned()) } else { Ok(()) };
    }
    if let Some(wanted) = row["expect"].as_str() {
        let mut zone = signing_zone();
        let asked = testkit::domain("one.example.net._atps.example.com");
        for text in row["reply"].as_vec().into_iter().flatten() {
            zone.add(&asked, Data::Txt(Text::from_strings([text.as_str().unwrap()])), 60);
        }
        if row["reply"].as_str() == Some("SERVFAIL") {
            zone.fail(&asked, None, Failure::ServFail);
        }
        let got = Status::of_message(&check(&zone, &signed("none"))).as_str();
        return if got == wanted { Ok(()) } else { Err(format!("{name}: {got}")) };
    }
    let atps = row["atps"].as_str().unwrap();
    let third_party = ThirdParty {
        author: Some(testkit::domain(atps)),
        hash: Some(NameHash::parse(row["atpsh"].as_str().unwrap().as_bytes())),
    };
    let author = testkit::domain(row["author"].as_str().unwrap_or(atps));
    let names = atps::names(Some(&testkit::domain(row["d"].as_str().unwrap())), &third_party, &[author]);
    let got = names.ok().map(|names| (names[0].0, names[0].1.to_string()));
    let wanted = row["query"].as_str().map(|query| (Form::Standard, query.to_ascii_lowercase()));
    if got == wanted { Ok(()) } else { Err(format!("{name}: {got:?}")) }
}

fn signed(hash: &str) -> Vec<u8> {
    let tags = "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=one.example.net; s=ed; h=from; atps=example.com;";
    forge::sign(b"From: a@example.com\r\n\r\nhello\r\n", "ed25519", &format!("{tags} atpsh={hash};"))
}

fn replaced(message: &[u8], old: &str, new: &str) -> Vec<u8> {
    cases::replace(message, old.as_bytes(), new.as_bytes())
}

fn signing_zone() -> Zone {
    let key = mailtext::encode::encode_base64(&forge::key("ed25519").public_key());
    testkit::zone(&format!("ed._domainkey.one.example.net. 60 TXT \"v=DKIM1; k=ed25519; p={key}\"\n"))
}

/// What `opendkim-atpszone -A -h HASH` of OpenDKIM 2.11 prints for the signer, and what OpenDKIM's verifier asks. The
/// tool keeps the hash in 32 characters, so that its SHA-256 zones are not those that its verifier looks into.
#[test]
fn zones_of_opendkim() {
    let tool = |label: &str| format!("{label}._atps.example.com. 60 IN TXT \"v=ATPS1; d=one.example.net\"\n");
    for (hash, line, form) in [
        ("none", tool("one.example.net"), Form::Standard),
        ("sha1", tool("QSP4I4D24CRHOPDZ3O3ZIU2KSGS3X6Z6"), Form::Standard),
        ("sha256", tool("SQWHEPKQYG5KRIOG6F7LPEDTTNOIF7DQ"), Form::Cut),
        ("sha256", tool("SQWHEPKQYG5KRIOG6F7LPEDTTNOIF7DQUSVCO2PCHSH3QUGXAKHA===="), Form::Padded),
        ("sha256", tool("SQWHEPKQYG5KRIOG6F7LPEDTTNOIF7DQUSVCO2PCHSH3QUGXAKHA"), Form::Standard),
    ] {
        let mut zone = signing_zone();
        for (question, data) in txt_of(&line) {
            zone.add(&question, data, 60);
        }
        let outcomes = check(&zone, &signed(hash));
        assert_eq!(Status::of_message(&outcomes), Status::Pass, "{line}");
        assert!(
            outcomes[0]
                .evidence
                .iter()
                .any(|step| matches!(step, Step::Confirmed { form: found, .. } if *found == form))
        );
        assert_eq!(atps::delegated(&outcomes), [testkit::domain("example.com")]);
    }
    // A cut name is no name of the standard; without `d=` it may be anybody's.
    let mut zone = signing_zone();
    let cut = testkit::domain("SQWHEPKQYG5KRIOG6F7LPEDTTNOIF7DQ._atps.example.com");
    zone.add(&cut, Data::Txt(Text::from_strings(["v=ATPS1"])), 60);
    assert_eq!(Status::of_message(&check(&zone, &signed("sha256"))), Status::Fail);
}

fn txt_of(line: &str) -> Vec<(mailtext::Domain, Data)> {
    let (name, rest) = line.split_once(' ').unwrap();
    let text = rest.split('"').nth(1).unwrap();
    vec![(mailtext::Domain::query(name).unwrap(), Data::Txt(Text::from_strings([text])))]
}

#[test]
fn a_message_without_the_tag_asks_nothing() {
    let message = forge::sign(
        b"From: a@example.com\r\n\r\nhello\r\n",
        "ed25519",
        "v=1; a=ed25519-sha256; d=one.example.net; s=ed; h=from;",
    );
    let atps = Atps::new(&Headers::parse(&message), Options::default());
    assert!(atps.questions().is_empty());
    assert!(atps.conclude(&[], &[]).is_empty());
}

#[test]
fn the_limit_of_records_at_and_above() {
    let max = dkim::limits::ATPS_RECORD_COUNT_MAX;
    for (before, wanted) in [(max - 1, Status::Pass), (max, Status::Fail)] {
        let mut zone = signing_zone();
        let name = testkit::domain("one.example.net._atps.example.com");
        for number in 0..before {
            zone.add(&name, Data::Txt(Text::from_strings([format!("other {number}")])), 60);
        }
        zone.add(&name, Data::Txt(Text::from_strings(["v=ATPS1"])), 60);
        assert_eq!(Status::of_message(&check(&zone, &signed("none"))), wanted);
    }
}

#[test]
fn replies() {
    for (text, valid) in [
        ("v=ATPS1", true),
        ("v=ATPS1; d=x.example; z=unknown", true),
        ("d=x.example; v=ATPS1", true),
        ("v=atps1", false),
        ("v=ATPS1 x", false),
        ("v=ATPS1; v=ATPS1", false),
        ("", false),
    ] {
        assert_eq!(Reply::parse(text.as_bytes()).is_some(), valid, "{text}");
    }
    let long = |length: usize| format!("v=ATPS1; n={}", "x".repeat(length - 11));
    let max = dkim::limits::PRACTICE_RECORD_BYTES_MAX;
    assert!(Reply::parse(long(max).as_bytes()).is_some() && Reply::parse(long(max + 1).as_bytes()).is_none());
}

#[test]
fn tags_of_other_standards() {
    let read = |tags: &str| dkim::Parsed::parse(tags.as_bytes(), dkim::Age::Current).extensions;
    assert_eq!(read("v=1; d=a.example; h=from; b=; bh="), Extensions::default());
    let extensions = read("v=1; r=y; atps=Example.COM; atpsh=SHA256; new=1");
    assert!(extensions.reports_requested && extensions.unknown_tag);
    let third_party = extensions.third_party.unwrap();
    assert_eq!(third_party.author, Some(testkit::domain("example.com")));
    assert_eq!(third_party.hash, Some(NameHash::Sha256));
    assert!(!read("r=Y").reports_requested && !read("r=n").reports_requested);
    assert_eq!(read("atps=-").third_party, Some(ThirdParty { author: None, hash: None }));
}
