//! The cases of `testdata/cases/spf`: each as it is, and each with every question failing in turn.
#![allow(clippy::panic, reason = "a test ends by a panic")]

mod twice;

use std::fmt::Write as _;

use lookup::{Kind, Lookup};
use sekisho_spf::{
    ExplanationUse, IDS, Identity, Limits, MailFrom, Outcome, RecordFlaw, Request, Step, Verdict, check_identity,
};
use testkit::Case;

use mailtext::{Explain, PathFlaw, ReversePath};

#[test]
fn cases() {
    let count = testkit::cases("spf", |case| {
        let mut out = String::new();
        for &identity in identities(case) {
            let outcome = run(case, case.zone(), identity);
            ids_are_listed(&outcome);
            every_question_fails_once(case, identity);
            flat_policies_say_the_same(case, identity);
            print(&mut out, &outcome);
        }
        out
    });
    assert!(count >= 35, "{count}");
}

#[test]
fn ids_are_unique() {
    let mut ids: Vec<_> = IDS.iter().chain(RecordFlaw::IDS).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), IDS.len() + RecordFlaw::IDS.len());
}

fn ids_are_listed(outcome: &Outcome) {
    let steps = outcome.evidence.iter().map(Explain::id);
    for id in steps.chain(outcome.result.reason.iter().map(Explain::id)) {
        assert!(IDS.contains(&id), "{id} is not in IDS");
    }
}

fn every_question_fails_once(case: &Case, identity: Identity) {
    testkit::every_nth_failure(
        case.zone(),
        |lookup| {
            case.zone().restart_clock();
            run(case, lookup, identity)
        },
        is_allowed,
    );
}

/// The client of the case and others, again and again.
fn flat_policies_say_the_same(case: &Case, identity: Identity) {
    // Zones where time passes have no keeper; the clock begins anew with each check then, and is not looked at here.
    if case.zone().keeper().is_none() {
        return;
    }
    let lookup = twice::Counted::new(case.zone());
    for _ in 0..4 {
        let clients = ["192.0.2.1", "192.0.2.200", "198.51.100.7", "2001:db8::1", "::1"];
        for ip in clients.into_iter().chain([case.input.need("ip")]) {
            let (helo, sender) = names(case);
            let path = ReversePath::parse(sender.as_bytes());
            let request = Request { ip: ip.parse().expect("an address"), ..request(case, &helo, &path) };
            twice::check(&lookup, &request, identity, &Limits::default());
        }
    }
}

/// Unchanged or temperror. RFC 7208 §5.5 lets a `ptr` that fails not match, and §6.2 an explanation that fails be none:
/// the first may weaken the result, the second leaves it.
fn is_allowed(whole: &Outcome, broken: &Outcome) -> bool {
    let asks_names = |step: &Step| matches!(step, Step::Asked { question, .. } if question.kind == Kind::Ptr);
    let (before, after) = (whole.result.verdict, broken.result.verdict);
    after == before || after == Verdict::TempError || (after != Verdict::Pass && whole.evidence.iter().any(asks_names))
}

/// `identity: helo`, `mailfrom` (the default) or `both`.
fn identities(case: &Case) -> &'static [Identity] {
    match case.input.get("identity").unwrap_or("mailfrom") {
        "both" => &[Identity::Helo, Identity::MailFrom],
        "helo" => &[Identity::Helo],
        "mailfrom" => &[Identity::MailFrom],
        other => panic!("identity: {other}"),
    }
}

fn run<L: Lookup + Sync>(case: &Case, lookup: &L, identity: Identity) -> Outcome {
    let (helo, sender) = names(case);
    let path = ReversePath::parse(sender.as_bytes());
    testkit::block_on(check_identity(lookup, &request(case, &helo, &path), identity, &Limits::default()))
}

/// The name in HELO and the sender. `\0`, `\r`, `\n` and `\x..` in a value are those bytes.
fn names(case: &Case) -> (String, String) {
    (unescaped(case.input.get("helo").unwrap_or_default()), unescaped(case.input.need("mail-from")))
}

fn request<'a>(case: &'a Case, helo: &'a str, path: &'a Result<ReversePath, PathFlaw>) -> Request<'a> {
    Request {
        ip: case.input.need("ip").parse().expect("an address"),
        helo,
        mail_from: MailFrom::from(path),
        receiver: case.input.get("receiver").unwrap_or("unknown"),
        now_s: 1_760_000_000,
        explanation: ExplanationUse::Fetch,
    }
}

fn unescaped(text: &str) -> String {
    text.replace("\\0", "\0").replace("\\r", "\r").replace("\\n", "\n")
}

fn print(out: &mut String, outcome: &Outcome) {
    let checked = &outcome.result;
    let domain = checked.domain().map_or("-", |domain| domain.as_str());
    let _ = writeln!(out, "{} {domain}: {}", checked.identity.as_str(), checked.verdict);
    for (name, place) in [("matched", checked.matched()), ("decided-by", checked.decided_by())] {
        if let Some(place) = place {
            let _ = writeln!(out, "{name}: {} at {}", place.text(), place.at.domain());
        }
    }
    let _ = writeln!(out, "lookups: {} void: {}", checked.lookups, checked.void_lookups);
    if let Some(explanation) = &checked.explanation {
        let _ = writeln!(out, "explanation: {explanation}");
    }
    if let Some(reason) = &checked.reason {
        let _ = write!(out, "reason: {}", testkit::evidence(std::slice::from_ref(reason)));
    }
    for line in testkit::evidence(&outcome.evidence).lines() {
        let shown: String = line.chars().take(LINE_LENGTH_MAX).collect();
        let _ = writeln!(out, "  {shown}{}", if shown.len() < line.len() { "…" } else { "" });
    }
}

/// Longer lines are cut in the printed outcome, so that a case of 64 KB stays readable.
const LINE_LENGTH_MAX: usize = 400;
