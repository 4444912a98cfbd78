//! The built-in profiles, each requirement met, not met and unknown; files of strangers.

use audit::guideline::{Answered, Role};
use audit::known::{LetterFacts, SignatureFacts, Statement};
use audit::profile::{Seen, judge};
use audit::world::{Greeting, Servers};
use audit::{Desk, Finding, Known, Letter, SelectorSource, Snapshot, Subject, World};
use lookup::fetch::{Both, Fetch, Fetched, Request, Shelf};
use lookup::{Answer, Lookup, Question, Zone};
use mailtext::Headers;

use super::*;

const LONG_KEY: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtkpwyjhBdCYphezGIhrtehW7FI69kZvxBIqaykE6493u9WnU6HdDDyomK8jraKatYFOYACaHBALHaK3M8oVu2l7YsX7mUsOey6tutnADJS9hFMdl2Jm8bnynNTPkBd2TTPKVJLUm6+p5ZBPc6gX8H3oOSJqd2p4UM2UE9YCkx3TMHW4i5EJsz7YbC0VsRXF06\" \"96EIdg1+f+zPuVtrFBcj2ubHIEotGsTBMDVqCEQCRj6QFrv8s+b7IxNFc8BsnCbN57Egm9+EwrhnfOzkHBtJyh8G/yOxt8ALNeNfN/fYEHLzZVUVJpq0KLs3i4RlQ3x6Nfb94bC1gjA7+D7FFkC+wIDAQAB";
const SHORT_KEY: &str = "MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAMA7lizHJflwuFlpfCRkwmJW03HYgV/Jxet2g4IJybsAr8f5dRMoxm/yzFeKCMf1/eqjhbVJWfDLr3Cvznp8eSDObsjST1wqMk5tc2ubKfSG8RS3mpQ7BAIWobGH8xVybQIDAQAB";

const GOOD: &str = "From: News <news@example.jp>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0900\r\nMessage-ID: <1@example.jp>\r\n\
    List-Unsubscribe: <https://example.jp/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\n";
const BAD: &str =
    "From: a@gmail.com\r\nFrom: b@gmail.com\r\nSubject: One\r\nSubject: Two\r\nList-ID: <l.example.jp>\r\n\r\n";

struct Stage(Both<Zone, Shelf>);

impl Lookup for Stage {
    fn ask(&self, question: Question) -> impl Future<Output = Answer> + Send {
        self.0.ask(question)
    }
}

impl Fetch for Stage {
    fn fetch(&self, request: Request) -> impl Future<Output = Fetched> + Send {
        self.0.fetch(request)
    }
}

impl World for Stage {
    async fn ask_servers(&self, _: &Question) -> Servers {
        Servers::NotAsked
    }

    async fn greet(&self, _: &Domain) -> Greeting {
        Greeting::NotAsked
    }
}

fn snapshot(zone: &str) -> Snapshot {
    let stage = Stage(Both { lookup: Zone::parse(zone).unwrap(), fetch: Shelf::new() });
    let mut subject = Subject::new(Domain::parse("example.jp").unwrap());
    subject.selectors.push(("s1".into(), SelectorSource::Given));
    testkit::block_on(Snapshot::take(&stage, subject))
}

fn good_zone() -> String {
    format!(
        "example.jp. 3600 IN TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\nexample.jp. 3600 IN MX 10 mx.example.jp.\n\
         mx.example.jp. 3600 IN A 192.0.2.1\n1.2.0.192.in-addr.arpa. 3600 IN PTR mx.example.jp.\n\
         _dmarc.example.jp. 3600 IN TXT \"v=DMARC1; p=reject; rua=mailto:d@example.jp\"\n\
         s1._domainkey.example.jp. 3600 IN TXT \"v=DKIM1; k=rsa; p={LONG_KEY}\"\n"
    )
}

fn bad_zone() -> String {
    format!(
        "example.jp. 3600 IN TXT \"v=spf1 ip4:192.0.2.300 -all\"\n_dmarc.example.jp. 3600 IN TXT \"v=DMARC1; p=none\"\n\
         s1._domainkey.example.jp. 3600 IN TXT \"v=DKIM1; k=rsa; p={SHORT_KEY}\"\n"
    )
}

fn good_letter() -> LetterFacts {
    let domain = || Domain::parse("example.jp").unwrap();
    LetterFacts {
        spf: Some((true, domain())),
        signatures: vec![SignatureFacts {
            domain: domain(),
            selector: "s1".into(),
            holds: true,
            fields: ["from", "list-unsubscribe", "list-unsubscribe-post"].map(Into::into).into(),
            body_length: None,
            simple_header: false,
            signed_s: None,
            expires_s: None,
            identity: None,
        }],
        author: Some(domain()),
        organization: Some(domain()),
        dmarc: Some(true),
        reverse: Some(true),
        is_bulk: true,
        tls: Some("1.3".into()),
        ..LetterFacts::default()
    }
}

fn bad_letter(dmarc: Option<bool>) -> LetterFacts {
    LetterFacts {
        spf: Some((false, Domain::parse("example.jp").unwrap())),
        author: Some(Domain::parse("mail.gmail.com").unwrap()),
        dmarc,
        reverse: Some(false),
        is_bulk: true,
        tls: Some("none".into()),
        ..LetterFacts::default()
    }
}

/// What becomes of each requirement of a profile.
fn results(
    profile: &Profile,
    zone: &str,
    (header, facts): (&str, &LetterFacts),
    rate: u32,
    declared: bool,
) -> Vec<(String, Met)> {
    let (snapshot, known) = (snapshot(zone), Known::default());
    let (desk, headers) = (Desk { snapshot: &snapshot, known: &known }, Headers::parse(header.as_bytes()));
    let letter = Letter { headers: &headers, facts };
    let mut findings: Vec<Finding> = rule::judge_domain(&desk);
    findings.extend(rule::judge_message(&letter));
    let statements: Vec<_> = profile.requirements.iter().map(|one| statement(profile, &one.id, declared)).collect();
    let seen = Seen {
        desk: Some(&desk),
        letter: Some(&letter),
        findings: &findings,
        guideline: &[],
        spam_rate: Some(rate),
        is_bulk: true,
        statements: &statements,
    };
    judge(profile, &seen).iter().map(|one| (format!("{}/{}", profile.id, one.requirement.id), one.met)).collect()
}

fn statement(profile: &Profile, id: &str, met: bool) -> Statement {
    Statement {
        requirement: format!("{}/{id}", profile.id).into(),
        met,
        by: "Hanako".into(),
        at_s: 0,
        note: "seen".into(),
    }
}

fn providers() -> Vec<Profile> {
    read(&["gmail", "yahoo", "microsoft"].map(str::to_owned)).unwrap()
}

#[test]
fn every_requirement_of_a_provider_is_met_by_a_good_sender() {
    for profile in providers() {
        for (id, met) in results(&profile, &good_zone(), (GOOD, &good_letter()), 9, true) {
            assert_eq!(met, Met::Met, "{id}");
        }
    }
}

#[test]
fn and_missed_by_a_bad_one() {
    for profile in providers() {
        let of = |dmarc| results(&profile, &bad_zone(), (BAD, &bad_letter(dmarc)), 30, false);
        // Without a record DMARC fails nothing: each kind of bad sender misses its own requirements.
        for ((id, without), (_, failing)) in of(None).into_iter().zip(of(Some(false))) {
            let missed = |met: Met| matches!(met, Met::NotMet | Met::Partial);
            assert!(missed(without) || missed(failing), "{id}: {without:?}, {failing:?}");
        }
    }
}

#[test]
fn and_unknown_where_nothing_is_known() {
    let mut profiles = providers();
    profiles.extend(read(&["guideline".to_owned()]).unwrap());
    for profile in &profiles {
        for one in judge(profile, &Seen { is_bulk: true, ..Seen::default() }) {
            assert_eq!(one.met, Met::Unknown, "{}/{}", profile.id, one.requirement.id);
            assert!(!one.shown.is_empty(), "{}/{}: no reason", profile.id, one.requirement.id);
        }
        for one in judge(profile, &Seen::default()) {
            let wanted = if one.requirement.scope == Scope::Bulk { Met::NotApplicable } else { Met::Unknown };
            assert_eq!(one.met, wanted, "{}/{}", profile.id, one.requirement.id);
        }
    }
}

#[test]
fn nothing_is_held_against_a_sender_while_dns_fails() {
    let facts = LetterFacts { dns_failed: true, dmarc: None, ..bad_letter(None) };
    let headers = Headers::parse(GOOD.as_bytes());
    let letter = Letter { headers: &headers, facts: &facts };
    for profile in providers() {
        let seen = Seen { letter: Some(&letter), is_bulk: true, ..Seen::default() };
        for one in judge(&profile, &seen) {
            let of_dns = ["authentication", "spf", "dkim", "dmarc", "alignment"];
            if of_dns.contains(&&*one.requirement.id) {
                assert_eq!(one.met, Met::Unknown, "{}/{}", profile.id, one.requirement.id);
            }
        }
    }
}

#[test]
fn the_guideline_as_a_profile_says_what_the_guideline_says() {
    let profile = &read(&["guideline".to_owned()]).unwrap()[0];
    assert_eq!(profile.requirements.len(), REQUIREMENTS.len());
    for (row, requirement) in profile.requirements.iter().zip(REQUIREMENTS) {
        assert_eq!((&*row.id, row.level), (requirement.id, requirement.level));
    }
    for zone in [good_zone(), bad_zone()] {
        let (snapshot, known) = (snapshot(&zone), Known::default());
        let desk = Desk { snapshot: &snapshot, known: &known };
        let findings = rule::judge_domain(&desk);
        let guideline: Vec<Answered<'_>> = audit::guideline::judge(&desk, &findings, &Role::ALL);
        let seen = Seen { desk: Some(&desk), findings: &findings, guideline: &guideline, ..Seen::default() };
        let held = judge(profile, &seen);
        assert!(held.iter().zip(&guideline).all(|(held, answered)| held.met == answered.met));
    }
}

#[test]
fn files_of_strangers() {
    let head = "id = \"x\"\nname = \"X\"\nsource = \"s\"\nstated = \"2026\"\n";
    let row = "[[requirement]]\nid = \"a\"\nen = \"A.\"\nja = \"A です。\"\nlevel = \"must\"\napplies = \"all\"\nreference = \"r\"\n";
    let whole = |rest: &str| format!("{head}{row}{rest}");
    let many = format!("{head}{}", format!("{row}declared = true\n").repeat(PROFILE_REQUIREMENT_COUNT_MAX + 1));
    let facts = |count: usize| whole(&format!("facts = [{}]\n", "\"spf\", ".repeat(count)));
    let named =
        |characters: usize| whole("declared = true\n").replace("\"X\"", &format!("\"{}\"", "x".repeat(characters)));
    for (text, id, line) in [
        ("".to_owned(), "check-profile-malformed", 1),
        ("id = ".to_owned(), "check-profile-malformed", 1),
        (format!("{head}more = 1\n"), "check-profile-malformed", 5),
        (whole("facts = [\"spf\", \"sfp\"]\n"), "check-profile-word", 12),
        (whole("silent = [\"SPF999\"]\n"), "check-profile-word", 12),
        (whole("spam_rate_below = \"much\"\n"), "check-profile-word", 12),
        (whole("author_outside = [\"a..b\"]\n"), "check-profile-word", 12),
        (whole("guideline = \"9-9\"\n"), "check-profile-word", 12),
        (whole(""), "check-profile-conditions", 5),
        (facts(PROFILE_CONDITION_COUNT_MAX + 1), "check-profile-conditions", 5),
        (whole("declared = true\n").replace("ja = \"A です。\"\n", ""), "check-profile-no-sentence", 5),
        (whole("declared = true\n").replace("A.", "\\u001b[2J"), "check-profile-text", 7),
        (named(PROFILE_TEXT_CHARACTERS_MAX + 1), "check-profile-text", 2),
        (whole(&format!("declared = true\n{row}declared = true\n")), "check-profile-twice", 13),
        (many, "check-profile-too-many", 5 + 8 * PROFILE_REQUIREMENT_COUNT_MAX),
    ] {
        let Err(Failure::Told { id: told, arguments, .. }) = (Reading { file: "x.toml", text: &text }).profile() else {
            panic!("taken: {text}")
        };
        assert_eq!(told, id, "{text}");
        assert!(arguments.contains(&("line", line.into())), "{id}: {arguments:?}, not {line}");
    }
    for text in [facts(PROFILE_CONDITION_COUNT_MAX), named(PROFILE_TEXT_CHARACTERS_MAX)] {
        assert!(Reading { file: "x.toml", text: &text }.profile().is_ok());
    }
    // Nested without end: the reader of TOML has a limit of its own.
    let deep = format!("id = {}", "[".repeat(100_000));
    assert!(Reading { file: "x.toml", text: &deep }.profile().is_err());
}

#[test]
fn a_name_that_is_neither_profile_nor_file() {
    let Err(Failure::Told { id, .. }) = read(&["gmial".to_owned()]) else { panic!("taken") };
    assert_eq!(id, "check-profile-unknown");
}
