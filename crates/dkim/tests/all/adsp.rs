//! ADSP: testdata/cases/adsp and the suite's table.
//!
//! `.msg` is the header; `.in`: `verified: DOMAIN` for each verified signature, `delegated: DOMAIN` for each that ATPS
//! confirmed.

use std::fmt::Write as _;
use std::fs;

use dkim::adsp::{self, Adsp, Evaluation, Record, RecordFlaw, Signatures, Status, Step};
use lookup::{Data, Failure, Lookup, Text, Zone};
use mailtext::{Domain, Headers, Outcome};
use testkit::case::Case;
use yaml_rust2::YamlLoader;

fn run(case: &Case, lookup: &(impl Lookup + Sync)) -> Vec<Outcome<Evaluation, Step>> {
    let message = case.wire();
    let domains = |key: &str| case.input.all(key).map(testkit::domain).collect::<Vec<Domain>>();
    let (verified, delegated) = (domains("verified"), domains("delegated"));
    let signatures = Signatures { verified: &verified, delegated: &delegated };
    testkit::block_on(adsp::check(lookup, Adsp::new(&Headers::parse(&message)), signatures))
}

fn print(outcomes: &[Outcome<Evaluation, Step>]) -> String {
    let mut text = format!("{} authors\n", outcomes.len());
    for Outcome { result, evidence } in outcomes {
        let author = result.author.as_ref().map_or("-".to_owned(), ToString::to_string);
        let _ = writeln!(text, "{} {author}", result.status.as_str());
        for line in testkit::case::evidence(evidence).lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

#[test]
fn all_cases_come_out_as_wanted() {
    let count = testkit::cases("adsp", |case| print(&run(case, case.zone())));
    assert!(count >= 12, "{count} cases");
}

#[test]
fn a_failure_is_a_temporary_error_or_changes_nothing() {
    testkit::cases("adsp", |case| {
        testkit::every_nth_failure(
            case.zone(),
            |lookup| run(case, lookup).iter().map(|outcome| outcome.result.status).collect::<Vec<_>>(),
            |whole, broken| {
                whole.len() == broken.len()
                    && whole.iter().zip(broken).all(|(whole, broken)| whole == broken || *broken == Status::TempError)
            },
        );
        print(&run(case, case.zone()))
    });
}

#[test]
fn the_table_of_the_suite() {
    let Some(directory) = testkit::suite("adsp") else { return };
    let rows = YamlLoader::load_from_str(&fs::read_to_string(directory.join("cases.yml")).unwrap()).unwrap();
    let rows = rows.last().unwrap().as_vec().unwrap();
    let mut wrong = Vec::new();
    for row in rows {
        let author = testkit::domain(row["author"].as_str().unwrap_or("example.com"));
        let record_name = author.prefixed("_adsp._domainkey").unwrap();
        let mut zone = Zone::new();
        if row["domain_exists"].as_bool().unwrap() {
            zone.exists(&author);
        }
        for text in row["txt"].as_vec().into_iter().flatten() {
            zone.add(&record_name, Data::Txt(Text::from_strings([text.as_str().unwrap()])), 60);
        }
        if row["txt"].as_str() == Some("SERVFAIL") {
            zone.fail(&record_name, None, Failure::ServFail);
        }
        let valid = row["valid_author_sig"].as_bool().unwrap();
        let of_author = valid.then(|| author.to_string());
        let verified: Vec<Domain> =
            row["sig_d"].as_str().map(str::to_owned).or(of_author).iter().map(|d| testkit::domain(d)).collect();
        assert_eq!(verified.contains(&author), valid, "{:?}", row["name"]);
        let signatures = Signatures { verified: &verified, delegated: &[] };
        let outcomes = testkit::block_on(adsp::check(&zone, Adsp::of([Some(author)]), signatures));
        let got = outcomes[0].result.status.as_str();
        if row["expect"].as_str() != Some(got) {
            wrong.push(format!("{:?}: {got}", row["name"]));
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "{} of {}", wrong.len(), rows.len());
    println!("adsp: {} rows", rows.len());
    assert_eq!(rows.len(), 14);
}

#[test]
fn both_questions_are_there_at_once() {
    let headers = Headers::parse("From: a@example.jp, b@例え.jp, c@EXAMPLE.jp\r\n\r\n".as_bytes());
    let adsp = Adsp::new(&headers);
    let asked: Vec<String> = adsp.questions().iter().map(ToString::to_string).collect();
    assert_eq!(
        asked,
        [
            "example.jp MX",
            "_adsp._domainkey.example.jp TXT",
            "xn--r8jz45g.jp MX",
            "_adsp._domainkey.xn--r8jz45g.jp TXT"
        ]
    );
}

#[test]
fn limits_below_at_and_above() {
    let max = dkim::limits::AUTHOR_DOMAIN_COUNT_MAX;
    for count in [max - 1, max, max + 1] {
        let authors = (0..count).map(|n| Some(testkit::domain(&format!("d{n}.example"))));
        assert_eq!(Adsp::of(authors).questions().len(), 2 * count.min(max));
    }
    let record = |length: usize| Record::parse(format!("dkim=all; n={}", "x".repeat(length - 12)).as_bytes()).1;
    let max = dkim::limits::PRACTICE_RECORD_BYTES_MAX;
    assert_eq!((record(max - 1), record(max)), (vec![], vec![]));
    assert_eq!(record(max + 1)[0].kind, RecordFlaw::TooLong);
}

#[test]
fn answers_that_are_not_there_are_temporary_errors() {
    let outcomes = Adsp::of([Some(testkit::domain("example.jp"))]).conclude(&[], Signatures::default());
    assert_eq!(outcomes[0].result.status, Status::TempError);
}
