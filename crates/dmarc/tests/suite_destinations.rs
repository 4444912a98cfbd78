//! ../shared/suites/dmarc-rfc9989: 17 report destinations.

// Helpers of tests may panic and read files; clippy spares only the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros)]

mod common;

use sekisho_dmarc as dmarc;

use dmarc::{Record, ReportKind, Uri, Verdict, destinations};
use lookup::log::Log;
use mailtext::Domain;
use testkit::block_on;
use yaml_rust2::Yaml;

#[test]
fn report_destinations() {
    let Some(path) = testkit::suite("dmarc-rfc9989/report-destinations.yml") else { return };
    let cases = common::load(&path);
    for case in &cases {
        run(case);
    }
    assert_eq!(cases.len(), 17);
    println!("report-destinations: {} of {} as expected", cases.len(), cases.len());
}

fn run(case: &Yaml) {
    let name = case["name"].as_str().unwrap();
    let zone = common::zone(case);
    let log = Log::new(&zone);
    let policy_domain = if name == "too_long" {
        Domain::parse(&format!("{}example", "a.".repeat(120))).unwrap()
    } else {
        common::domain(&case["policy_domain"])
    };
    let (kind, tag) = match case["tag"].as_str() {
        Some("ruf") => (ReportKind::Failure, "ruf"),
        _ => (ReportKind::Aggregate, "rua"),
    };
    let psd = case["psd"].as_str().map(|psd| format!("psd={psd};")).unwrap_or_default();
    let text = format!("v=DMARC1; p=none; {psd} {tag}={}", case["uri"].as_str().unwrap());
    let record = Record::parse(text.as_bytes()).0.unwrap();
    let judged = block_on(destinations(&log, &policy_domain, &record, kind)).result;
    assert_eq!(judged.len(), 1, "{name}");
    let asked: Vec<_> = log.questions().iter().map(|question| question.name.to_string()).collect();
    let about: Vec<_> = asked.iter().filter(|name| name.contains("._report._dmarc.")).map(String::as_str).collect();
    let expect = &case["expect"];
    assert_eq!(about, expect["query"].as_str().into_iter().collect::<Vec<_>>(), "{name}");
    if expect["send"].as_str() == Some("retry") {
        assert!(matches!(judged[0].verdict, Verdict::Retry(_)), "{name}: {judged:?}");
        return;
    }
    let send: Vec<_> = judged[0].send_to().iter().map(|uri| Uri::as_str(uri).to_owned()).collect();
    assert_eq!(send, common::list(&expect["send"]), "{name}: {judged:?}");
}
