//! testdata/cases/dmarc.
//!
//! `.in`: `from: domain` (several times for several), `defect: absent|repeated|malformed|no-mailbox|bad-domain`,
//! `spf: domain pass|no-pass|temperror`, `dkim: domain …`, `method: psl`, `reach: whole`,
//! `report: aggregate|failure` (judges the destinations of the record found).

// Helpers of tests may panic and read files; clippy spares only the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros)]

use std::fmt::Write as _;

use sekisho_dmarc as dmarc;

use dmarc::{
    Alignment, Authentication, Authors, DmarcResult, FromDefect, Identifier, Identifiers, MessageEvaluation, Method,
    Reach, ReportKind, Settings, Step, destinations, discover_authors, evaluate_authors,
};
use lookup::Lookup;
use mailtext::{Domain, Explain, Outcome};
use testkit::{Case, KeyValues, block_on};

#[test]
fn cases() {
    let count = testkit::cases("dmarc", print);
    assert!(count >= 25);
}

/// Whatever question fails: the result stays, with the same policy or a weaker one, or it is temperror.
#[test]
fn no_failure_makes_a_result_stronger() {
    testkit::cases("dmarc", |case| {
        testkit::every_nth_failure(
            case.zone(),
            |lookup| {
                let message = evaluate(lookup, &case.input).result;
                (message.result, message.disposition)
            },
            |whole, broken| {
                let temporary = broken.0 == DmarcResult::TempError && broken.1 == dmarc::Policy::None;
                temporary || (broken.0 == whole.0 && broken.1 <= whole.1)
            },
        );
        print(case)
    });
}

fn print(case: &Case) -> String {
    let outcome = evaluate(case.zone(), &case.input);
    let message = &outcome.result;
    let mut out = format!("result: {}\nreason: {}\n", message.result.as_str(), message.reason.id());
    if let Some(applied) = message.policy {
        let _ = writeln!(out, "policy: {} ({})", applied.policy, applied.tag.as_str());
    }
    let _ = writeln!(out, "disposition: {}", message.disposition);
    for one in &message.each {
        let organizational = one.discovery.organizational_domain();
        let organizational = organizational.as_ref().map_or("not sought", Domain::as_str);
        let psl = one.discovery.psl_organizational_domain();
        let author = &one.discovery.author_domain;
        let _ = writeln!(out, "author: {author} {}, of {organizational}, by list of {psl}", one.result.as_str());
        let alignments = one.spf.iter().chain(&one.dkim).copied().map(Alignment::as_str);
        let _ = writeln!(out, "alignments: {}", alignments.collect::<Vec<_>>().join(" "));
    }
    let mut steps = outcome.evidence.clone();
    if let Some(kind) = case.input.get("report") {
        print_destinations(case, kind, message, &mut out, &mut steps);
    }
    out.push_str("evidence:\n");
    out.push_str(&testkit::evidence(&steps));
    out
}

fn print_destinations(case: &Case, kind: &str, message: &MessageEvaluation, out: &mut String, steps: &mut Vec<Step>) {
    let kind = if kind == "failure" { ReportKind::Failure } else { ReportKind::Aggregate };
    let found = message.each[0].discovery.policy_record().unwrap();
    let judged = block_on(destinations(case.zone(), &found.domain, &found.record, kind));
    for destination in &judged.result {
        let send: Vec<_> = destination.send_to().iter().map(dmarc::Uri::as_str).collect();
        let _ = writeln!(out, "report: {} -> {}", destination.uri.as_str(), send.join(" "));
    }
    steps.extend(judged.evidence);
}

fn evaluate<L: Lookup + Sync>(lookup: &L, input: &KeyValues) -> Outcome<MessageEvaluation, Step> {
    let settings = Settings {
        method: if input.get("method") == Some("psl") { Method::SuffixList } else { Method::TreeWalk },
        reach: if input.get("reach") == Some("whole") { Reach::Whole } else { Reach::AsNeeded },
        ..Settings::default()
    };
    let identifiers =
        Identifiers { spf: input.get("spf").map(identifier), dkim: input.all("dkim").map(identifier).collect() };
    let discovered = block_on(discover_authors(lookup, authors(input), &settings));
    block_on(evaluate_authors(lookup, discovered, &identifiers))
}

fn authors(input: &KeyValues) -> Authors {
    let mut domains: Vec<_> = input.all("from").map(|from| Domain::parse(from).unwrap()).collect();
    let defect = match input.get("defect") {
        None if domains.len() == 1 => return Authors::One(domains.remove(0)),
        None => return Authors::Many(domains),
        Some("absent") => FromDefect::Absent,
        Some("repeated") => FromDefect::Repeated,
        Some("malformed") => FromDefect::Malformed,
        Some("no-mailbox") => FromDefect::NoMailbox,
        Some("bad-domain") => FromDefect::BadDomain,
        Some(other) => panic!("{other} is no defect"),
    };
    Authors::Broken(defect, domains)
}

fn identifier(text: &str) -> Identifier {
    let (domain, authentication) = text.split_once(' ').unwrap();
    let authentication = match authentication {
        "pass" => Authentication::Pass,
        "no-pass" => Authentication::NoPass,
        "temperror" => Authentication::TempError,
        other => panic!("{other} is no authentication"),
    };
    Identifier::new(Domain::parse(domain).unwrap(), authentication)
}
