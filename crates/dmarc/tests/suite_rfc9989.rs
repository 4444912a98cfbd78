//! ../shared/suites/dmarc-rfc9989: 73 evaluations.

// Helpers of tests may panic and read files; clippy spares only the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros)]

mod common;

use sekisho_dmarc as dmarc;

use dmarc::{
    Aligned, Authors, MessageEvaluation, Reach, Settings, discover_authors, evaluate_authors, organizational_domain,
};
use lookup::log::Log;
use lookup::{Kind, Zone};
use mailtext::Domain;
use testkit::block_on;
use yaml_rust2::Yaml;

#[test]
fn evaluations() {
    let Some(path) = testkit::suite("dmarc-rfc9989/cases.yml") else { return };
    let cases = common::load(&path);
    let mut wrong = Vec::new();
    for case in &cases {
        for reach in [Reach::AsNeeded, Reach::Whole] {
            if let Err(error) = run(case, reach) {
                wrong.push(format!("{} ({reach:?}): {error}", case["name"].as_str().unwrap()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(cases.len(), 73);
    println!("dmarc-rfc9989: {} of {} as expected", cases.len(), cases.len());
}

fn run(case: &Yaml, reach: Reach) -> Result<(), String> {
    let zone = common::zone(case);
    let log = Log::new(&zone);
    let input = &case["in"];
    let authors = match &input["from"] {
        Yaml::Array(domains) => Authors::Many(domains.iter().map(common::domain).collect()),
        one => Authors::One(common::domain(one)),
    };
    let settings = Settings { reach, ..Settings::default() };
    let discovered = block_on(discover_authors(&log, authors, &settings));
    let asked = txt_questions(&log);
    let outcome = block_on(evaluate_authors(&log, discovered, &common::identifiers(input)));
    let expect = &case["expect"];
    if !expect["queries"].is_badvalue() {
        same("queries", &common::list(&expect["queries"]), &asked)?;
        let walk = Log::new(&zone);
        let _ = block_on(organizational_domain(&walk, &common::domain(&input["from"])));
        same("queries of the walk", &common::list(&expect["queries"]), &txt_questions(&walk))?;
    }
    if let Some(first) = expect["queries_first"].as_str() {
        same("first query", &first.to_owned(), &asked[0])?;
    }
    check_result(expect, &outcome.result)?;
    check_organizations(expect, input, &zone)
}

fn check_result(expect: &Yaml, message: &MessageEvaluation) -> Result<(), String> {
    let text = |key: &str| expect[key].as_str().map(str::to_owned);
    match text("result").as_deref() {
        None => {}
        // What may be anything must never be a pass.
        Some("any") => same("pass", &false, &(message.result == dmarc::DmarcResult::Pass))?,
        Some(result) => same("result", &result, &message.result.as_str())?,
    }
    if message.each.len() > 1 {
        // Two authors, one of them with p=reject, nothing authenticated.
        same("disposition", &"reject", &message.disposition.as_str())?;
        return Ok(());
    }
    let one = &message.each[0];
    let record = one.discovery.policy_record();
    if let Some(domain) = text("policy_domain") {
        same("policy_domain", &Some(domain), &record.map(|found| found.domain.to_string()))?;
    }
    if let Some(policy) = text("policy") {
        same("policy", &Some(policy), &one.policy.map(|applied| applied.policy.to_string()))?;
    }
    if let Some(disposition) = text("disposition") {
        same("disposition", &disposition, &one.disposition.to_string())?;
    }
    if text("override").as_deref() == Some("policy_test_mode") {
        same("test mode", &true, &one.policy.is_some_and(|applied| applied.policy != applied.to_apply()))?;
    }
    for (key, aligned) in [("spf_aligned", one.spf_aligned), ("dkim_aligned", one.dkim_aligned)] {
        if let Some(expected) = expect[key].as_bool() {
            same(key, &expected, &(aligned == Aligned::Pass))?;
        }
    }
    if !expect["rua"].is_badvalue() {
        let rua = record.map(|found| found.record.rua.iter().map(|uri| uri.as_str().to_owned()).collect());
        same("rua", &Some(common::list(&expect["rua"])), &rua)?;
    }
    Ok(())
}

fn check_organizations(expect: &Yaml, input: &Yaml, zone: &Zone) -> Result<(), String> {
    let starts = [("org_from", &input["from"]), ("org_spf", &input["spf"]["domain"])];
    let starts = starts.into_iter().chain([("org_dkim", &input["dkim"][0]["domain"])]);
    for (key, start) in starts {
        if let Some(expected) = expect[key].as_str() {
            let found = block_on(organizational_domain(zone, &common::domain(start))).result;
            same(key, &Ok(expected), &found.as_ref().map(Domain::as_str))?;
        }
    }
    Ok(())
}

fn txt_questions<L>(log: &Log<L>) -> Vec<String> {
    let questions = log.questions().into_iter().filter(|question| question.kind == Kind::Txt);
    questions.map(|question| question.name.to_string()).collect()
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, got: &T) -> Result<(), String> {
    if expected == got { Ok(()) } else { Err(format!("{what}: expected {expected:?}, got {got:?}")) }
}
