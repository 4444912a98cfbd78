//! What holds for all names, zones and bytes.

// Helpers of tests may panic and read files; clippy spares only the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros)]

use sekisho_dmarc as dmarc;

use dmarc::limits::{AUTHOR_DOMAIN_COUNT_MAX, IDENTIFIER_WALK_COUNT_MAX, WALK_QUESTION_COUNT_MAX};
use dmarc::{
    Alignment, Authentication, Authors, DmarcResult, Identifier, Identifiers, PublicSuffixList, Reason, Record,
    RecordFlaw, Settings, Step, discover, discover_authors, evaluate, evaluate_authors, organizational_domain,
};
use lookup::log::Log;
use lookup::{Data, Text, Zone};
use mailtext::{Domain, Explain};
use proptest::prelude::*;
use testkit::block_on;

fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

fn txt(zone: &mut Zone, name: &str, text: &str) {
    zone.add(&testkit::domain(name), Data::Txt(Text::from_strings([text])), 300);
}

/// Names over two letters, so that zones and names meet.
fn any_name() -> impl Strategy<Value = Domain> {
    proptest::collection::vec("[ab]", 1..14).prop_map(|labels| domain(&labels.join(".")))
}

fn any_zone() -> impl Strategy<Value = Zone> {
    let record = prop_oneof![
        Just("v=DMARC1; p=reject"),
        Just("v=DMARC1; p=none; np=reject"),
        Just("v=DMARC1; p=reject; psd=y"),
        Just("v=DMARC1; p=quarantine; psd=n"),
        Just("v=DMARC1; p=reject; adkim=s; aspf=s"),
        Just("v=DMARC1"),
        Just("v=spf1 -all"),
    ];
    proptest::collection::vec((any_name(), record), 0..12).prop_map(|records| {
        let mut zone = Zone::new();
        for (name, text) in records {
            txt(&mut zone, &format!("_dmarc.{name}"), text);
        }
        zone
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_walk_asks_at_most_eight_questions_and_never_twice(zone in any_zone(), start in any_name()) {
        let log = Log::new(&zone);
        let found = block_on(organizational_domain(&log, &start)).result.unwrap();
        prop_assert!(start.is_within(&found));
        let mut asked = log.questions();
        prop_assert!(asked.len() <= WALK_QUESTION_COUNT_MAX);
        prop_assert_eq!(asked.len() <= start.label_count(), true);
        asked.sort();
        asked.dedup();
        prop_assert_eq!(asked.len(), log.questions().len());
    }

    /// The short ways of `evaluate` – no walk for equal names, none outside the author's organization, nothing asked
    /// twice – give what the plain rule gives.
    #[test]
    fn alignment_is_the_plain_rule(zone in any_zone(), author in any_name(), identifier in any_name()) {
        let discovered = block_on(discover(&zone, &author, &Settings::default()));
        let identifiers = Identifiers {
            spf: Some(Identifier::new(identifier.clone(), Authentication::Pass)),
            dkim: Vec::new(),
        };
        let record = discovered.result.policy_record().cloned();
        let evaluation = block_on(evaluate(&zone, discovered, &identifiers)).result;
        let Some(found) = record else {
            prop_assert_eq!(evaluation.result, DmarcResult::None);
            return Ok(());
        };
        if evaluation.result == DmarcResult::None {
            prop_assert_eq!(evaluation.reason, Reason::UnusableRecord);
            return Ok(());
        }
        let organization = |of: &Domain| block_on(organizational_domain(&zone, of)).result.unwrap();
        let strict = found.record.aspf == dmarc::record::Mode::Strict;
        let plain = author == identifier || (!strict && organization(&author) == organization(&identifier));
        prop_assert_eq!(evaluation.result == DmarcResult::Pass, plain);
    }

    #[test]
    fn several_authors_pass_only_together(zone in any_zone(), authors in proptest::collection::vec(any_name(), 2..5)) {
        let identifiers = Identifiers {
            spf: Some(Identifier::new(authors[0].clone(), Authentication::Pass)),
            dkim: vec![Identifier::new(authors[1].clone(), Authentication::Pass)],
        };
        let settings = Settings::default();
        let discovered = block_on(discover_authors(&zone, Authors::Many(authors), &settings));
        let message = block_on(evaluate_authors(&zone, discovered, &identifiers)).result;
        let all_pass = message.each.iter().all(|one| one.result == DmarcResult::Pass);
        prop_assert_eq!(message.result == DmarcResult::Pass, all_pass);
        let strictest = message.each.iter().map(|one| one.disposition).max();
        prop_assert_eq!(Some(message.disposition), strictest);
    }
}

#[test]
fn what_is_known_is_not_asked_again() {
    let mut zone = Zone::new();
    txt(&mut zone, "_dmarc.example.jp", "v=DMARC1; p=reject");
    let log = Log::new(&zone);
    let author = domain("example.jp");
    let discovered = block_on(discover(&log, &author, &Settings::default()));
    let pass = |text| Identifier::new(domain(text), Authentication::Pass);
    let identifiers = Identifiers {
        spf: Some(pass("bounce.example.jp")),
        dkim: vec![pass("example.jp"), pass("bounce.example.jp"), pass("mailer.example"), pass("mailer.jp")],
    };
    let evaluation = block_on(evaluate(&log, discovered, &identifiers)).result;
    assert_eq!(log.lines(), "_dmarc.example.jp TXT\n_dmarc.jp TXT\n_dmarc.bounce.example.jp TXT\n");
    assert_eq!(evaluation.spf, Some(Alignment::SameOrganization));
    let (same, organization, other) = (Alignment::SameName, Alignment::SameOrganization, Alignment::OtherOrganization);
    assert_eq!(evaluation.dkim, [same, organization, other, other]);
}

#[test]
fn equal_names_need_one_question() {
    let mut zone = Zone::new();
    txt(&mut zone, "_dmarc.mail.example.jp", "v=DMARC1; p=reject");
    let log = Log::new(&zone);
    let author = domain("mail.example.jp");
    let discovered = block_on(discover(&log, &author, &Settings::default()));
    let identifiers = Identifiers { spf: Some(Identifier::new(author, Authentication::Pass)), dkim: Vec::new() };
    assert_eq!(block_on(evaluate(&log, discovered, &identifiers)).result.result, DmarcResult::Pass);
    assert_eq!(log.lines(), "_dmarc.mail.example.jp TXT\n");
}

#[test]
fn walks_of_identifiers_at_below_and_above_the_limit() {
    let mut zone = Zone::new();
    txt(&mut zone, "_dmarc.example.jp", "v=DMARC1; p=reject");
    for (count, over) in [
        (IDENTIFIER_WALK_COUNT_MAX - 1, false),
        (IDENTIFIER_WALK_COUNT_MAX, false),
        (IDENTIFIER_WALK_COUNT_MAX + 1, true),
    ] {
        let log = Log::new(&zone);
        let dkim = (0..count).map(|n| Identifier::new(domain(&format!("s{n}.example.jp")), Authentication::Pass));
        let identifiers = Identifiers { spf: None, dkim: dkim.collect() };
        let discovered = block_on(discover(&log, &domain("example.jp"), &Settings::default()));
        let evaluation = block_on(evaluate(&log, discovered, &identifiers)).result;
        assert_eq!(evaluation.dkim.contains(&Alignment::OverLimit), over, "{count}");
        assert_eq!(log.questions().len(), 2 + count.min(IDENTIFIER_WALK_COUNT_MAX));
    }
}

#[test]
fn authors_at_below_and_above_the_limit() {
    for (count, over) in
        [(AUTHOR_DOMAIN_COUNT_MAX - 1, false), (AUTHOR_DOMAIN_COUNT_MAX, false), (AUTHOR_DOMAIN_COUNT_MAX + 1, true)]
    {
        let mut zone = Zone::new();
        let names: Vec<_> = (0..count).map(|n| domain(&format!("a{n}.example"))).collect();
        for name in &names {
            txt(&mut zone, &format!("_dmarc.{name}"), "v=DMARC1; p=reject");
        }
        let dkim = names.iter().map(|name| Identifier::new(name.clone(), Authentication::Pass)).collect();
        let identifiers = Identifiers { spf: None, dkim };
        let discovered = block_on(discover_authors(&zone, Authors::Many(names), &Settings::default()));
        let message = block_on(evaluate_authors(&zone, discovered, &identifiers)).result;
        let expected = if over { DmarcResult::PermError } else { DmarcResult::Pass };
        assert_eq!(message.result, expected, "{count}");
    }
}

#[test]
fn futures_can_be_sent() {
    fn sent<T: Send>(value: T) -> T {
        value
    }
    let zone = Zone::new();
    let settings = Settings::default();
    let authors = Authors::One(domain("example.jp"));
    let discovered = block_on(sent(discover_authors(&zone, authors, &settings)));
    let identifiers = Identifiers::default();
    let _ = block_on(sent(evaluate_authors(&zone, discovered, &identifiers)));
    let record = Record::default();
    let _ = block_on(sent(dmarc::destinations(&zone, &domain("a.example"), &record, dmarc::ReportKind::Aggregate)));
}

#[test]
fn ids_are_unique_and_ours() {
    let mut ids: Vec<_> = [Step::IDS, Reason::IDS, RecordFlaw::IDS, dmarc::psl::SuffixFlaw::IDS].concat();
    assert!(ids.iter().all(|id| id.starts_with("dmarc-")));
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    // Every id that the cases show is in the list.
    let shown = testkit::case::seeds("dmarc", "want");
    for line in shown.iter().flat_map(|want| std::str::from_utf8(want).unwrap().lines()) {
        let id = line.split([' ', ':']).next().unwrap();
        assert!(!id.starts_with("dmarc-") || ids.contains(&id), "{id} is not listed");
    }
    assert!(Step::IDS.contains(&Step::NameTooLong { domain: domain("a") }.id()));
}

#[test]
#[ignore = "long: cargo xtask fuzz-smoke"]
fn fuzz_record() {
    let seeds = [
        &b"v=DMARC1; p=reject; sp=none; np=quarantine; adkim=s; aspf=r; psd=y; t=y; fo=1:d:s"[..],
        b"v=DMARC1; p=none; rua=mailto:a@b.example!10m, https://c.example/d; ruf=mailto:e%2B@f.example; pct=5; ri=9",
    ];
    testkit::fuzz("dmarc-record", &seeds, |text| {
        let (record, flaws) = Record::parse(text);
        for flaw in flaws {
            assert!(flaw.span.start <= flaw.span.end && flaw.span.end as usize <= text.len());
        }
        if let Some(record) = record {
            let printed = record.to_string();
            let again = Record::parse(printed.as_bytes()).0.unwrap();
            assert_eq!(again.to_string(), printed);
        }
    });
}

#[test]
#[ignore = "long: cargo xtask fuzz-smoke"]
fn fuzz_suffix_list() {
    let seeds = [&b"// x\njp\n*.kawasaki.jp\n!city.kawasaki.jp\n"[..], b"com\nuk.com\n"];
    let name = domain("a.b.city.kawasaki.jp");
    testkit::fuzz("dmarc-suffix-list", &seeds, |text| {
        let text = String::from_utf8_lossy(text);
        let list = PublicSuffixList::parse(&text).0;
        let found = dmarc::Suffixes::Loaded(std::sync::Arc::new(list)).organizational_domain(&name);
        assert!(name.is_within(&found));
    });
}
