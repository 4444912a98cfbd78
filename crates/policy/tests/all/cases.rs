//! testdata/cases/policy.
//!
//! `.in`: rules and facts as `read` has them. With a `.msg` the facts are those of auth over it and the `.zone`: `ip:`,
//! `helo:`, `from:` (the reverse-path), `sign: KEY TAGS`, `set: KEY i=… d=… s=…, RESULTS` (a set of ARC), `append: TEXT`
//! and `subject-is: TEXT` change the message in their order. `early: yes` decides at RCPT.

use std::fmt::Write as _;
use std::sync::Arc;

use auth::{Envelope, Methods, Settings};
use mailtext::Headers;
use mailtext::authres::LineEnd;
use policy::{Hold, Input, Rules, Standing, Transaction, Verdict, decide, decide_early};
use testkit::case::Case;

use crate::{arc_forge, forge, read};

const NOW_S: u64 = 1_700_000_000;

#[test]
fn all_cases_come_out_as_wanted() {
    let count = testkit::cases("policy", |case| {
        let (rules, standing, input) = (read::rules(&case.input), read::standing(&case.input), input(case));
        let early = case.input.get("early").is_some();
        let verdict = judge(early, &input, &rules, &standing);
        assert_eq!(verdict, judge(early, &input, &rules, &standing), "the same again");
        print(case, &verdict)
    });
    assert!(count >= 40, "{count}");
}

/// A key that nobody reads is a rule that is not tested.
#[test]
fn every_key_of_the_cases_is_known() {
    let more = [
        "dmarc",
        "mixed",
        "early",
        "ip",
        "helo",
        "from",
        "sign",
        "set",
        "append",
        "score",
        "client-score",
        "usual",
        "replay",
        "member",
        "rcpt",
        "list-id",
    ];
    testkit::cases("policy", |case| {
        for (key, value) in case.input.iter() {
            let is_rule = {
                let one = testkit::KeyValues::parse(&format!("{key}: {value}")).unwrap();
                read::rules(&one) != Rules::default()
            };
            let mut input = Input { arc: read::input(&case.input).arc, ..Input::default() };
            let known = more.contains(&key) || is_rule || read::fact(&mut input, key, value) || is_default(key, value);
            assert!(known, "{}: {key}", case.name);
        }
        std::fs::read_to_string(format!("{}.want", case.stem.display())).unwrap_or_default()
    });
}

/// Rules that say what holds anyway.
fn is_default(key: &str, value: &str) -> bool {
    matches!((key, value), ("stage", "observe") | ("reject-alone", "quarantine") | ("dmarc.none", "accept"))
}

fn judge(early: bool, input: &Input, rules: &Rules, standing: &Standing) -> Verdict {
    if early { decide_early(input, rules, standing) } else { decide(input, rules, standing) }
}

fn input(case: &Case) -> Input {
    if case.message.is_none() {
        return read::input(&case.input);
    }
    let message = message(case);
    let mut settings = Settings::new("mx.receiver.example");
    settings.methods = Methods::all();
    let given = |key: &str| case.input.get(key);
    let envelope =
        Envelope::new(given("ip").map(|ip| ip.parse().unwrap()), given("helo"), given("from").map(str::as_bytes));
    let zone = std::fs::read_to_string(format!("{}.zone", case.stem.display())).unwrap();
    let zone = Arc::new(testkit::zone(&zone));
    let facts = testkit::block_on(auth::check::authenticate(zone, Arc::new(settings), envelope, &message, NOW_S));
    let transaction = Transaction {
        recipients: case.input.all("rcpt").map(read::domain).collect(),
        list_id: given("list-id").map(read::domain),
        ..Transaction::default()
    };
    Input::of(&facts, &transaction)
}

fn message(case: &Case) -> Vec<u8> {
    let mut message = case.wire();
    for (key, value) in case.input.iter() {
        match key {
            "sign" => {
                let (name, tags) = value.split_once(' ').unwrap();
                message = forge::sign(&message, name, tags);
            }
            "set" => {
                let ((head, results), name) = (value.split_once(", ").unwrap(), value.split_once(' ').unwrap().0);
                message = arc_forge::set(&message, name, head.split_once(' ').unwrap().1, results);
            }
            "append" => message.extend_from_slice(format!("{value}\r\n").as_bytes()),
            _ => {}
        }
    }
    message
}

fn print(case: &Case, verdict: &Verdict) -> String {
    let mut text = format!("{} wanted={}", verdict.action.as_str(), verdict.wanted.as_str());
    let _ = writeln!(text, "{}", if verdict.hold == Hold::Yes { " hold" } else { "" });
    if let Some(reply) = &verdict.reply {
        let _ = writeln!(text, "reply: {} {} {}", reply.code, reply.enhanced, reply.text);
    }
    if let Some(prefix) = &verdict.labels.subject {
        let _ = writeln!(text, "subject: {}", prefix.as_str());
        let wire = case.message.as_ref().map(testkit::wire).unwrap_or_default();
        if let Some(field) = Headers::parse(&wire).named("subject").next() {
            let marked = prefix.put_before(field.value, LineEnd::Lf).unwrap_or_else(|| b"(as it is)".to_vec());
            let _ = writeln!(text, "  Subject: {}", marked.escape_ascii());
        }
    }
    for (name, value) in &verdict.labels.fields {
        let _ = writeln!(text, "field: {}: {value}", name.as_str());
    }
    let _ = writeln!(text, "disposition: {}", verdict.disposition.as_str());
    for note in &verdict.overrides {
        let _ = writeln!(text, "override: {} ({}) {}", note.kind.as_str(), note.kind.as_reported(), note.comment);
    }
    for line in testkit::evidence(&verdict.reasons).lines() {
        let _ = writeln!(text, "  {line}");
    }
    text
}
