//! `testdata/cases/outgoing`: `.msg` is the message. `.in`, in any number: `key: NAME DOMAIN SELECTOR FILE` (of
//! testdata/keys), `rule: PATTERN NAME,…`; once: `mail-from`, `senders`, `also`, `except`, `oversigning`, `identity`,
//! `canonicalization`, `expire` (seconds), `unsigned`. Which mail is outgoing: `network`, `macro: NAME VALUE`,
//! `listener`, `users` (`all` or names) against `client`, `given: NAME VALUE`, `socket`, `user`. Only then it is signed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use dkim::Canonicalization;
use mailtext::ReversePath;
use outgoing::origin::macro_name;
use outgoing::{
    Arrival, Identity, Manner, Origins, Oversigning, SenderField, Signed, Step, Submission, Unsigned, Users,
};
use testkit::case::KeyValues;
use testkit::{Case, evidence};

use crate::{role, sign_for, verified, with_fields};

#[test]
fn cases() {
    assert!(testkit::cases("outgoing", run) > 20);
}

fn run(case: &Case) -> String {
    let input = &case.input;
    let Some(origin) = origins(input).find(&Arrival {
        listener: input.get("socket"),
        client: input.get("client").map(|client| client.parse().unwrap()),
        user: input.get("user"),
        macros: &|name| {
            input
                .all("given")
                .find_map(|given| Some(given.split_once(' ')?).filter(|(it, _)| *it == name))
                .map(|(_, value)| value.to_owned())
        },
    }) else {
        return "incoming".to_owned();
    };
    let mut text = evidence(&[Step::Outgoing(origin)]);
    let keys: Vec<_> = input.all("key").collect();
    let rules: Vec<_> = input.all("rule").collect();
    let role = role(&keys, &rules, manner(input));
    for key in role.idle_keys() {
        let _ = writeln!(text, "idle key: {}", key.name);
    }
    let message = case.wire();
    let submission = Submission {
        mail_from: ReversePath::parse(input.get("mail-from").unwrap_or_default().as_bytes()).ok(),
        user: input.get("user").map(str::to_owned),
        client: input.get("client").map(|client| client.parse().unwrap()),
    };
    let signed = sign_for(&role, submission.clone(), &message, &[]);
    // Every cut gives the same.
    for cuts in [&[1][..], &[1, 2, 3, 4], &[7, 8]] {
        let other = sign_for(&role, submission.clone(), &message, cuts);
        assert_eq!((&other.signatures, &other.evidence), (&signed.signatures, &signed.evidence));
    }
    print(&signed, &mut text);
    let receiver = with_fields(&signed, &message);
    for status in verified(&role, &signed, &receiver) {
        let _ = writeln!(text, "a receiver says: {}", status.as_str());
    }
    text
}

fn print(signed: &Signed, text: &mut String) {
    for signature in &signed.signatures {
        let _ = writeln!(text, "DKIM-Signature:{}", signature.value.replace("\r\n", "\n"));
    }
    if let Some(unsigned) = signed.unsigned {
        let _ = writeln!(text, "unsigned: {unsigned:?}");
    }
    text.push_str(&evidence(&signed.evidence));
}

fn origins(input: &KeyValues) -> Origins {
    let mut origins = Origins::default();
    origins.networks.extend(input.all("network").map(|text| text.parse::<mailtext::Network>().unwrap()));
    origins.listeners.extend(input.all("listener").map(str::to_owned));
    for given in input.all("macro") {
        let (name, value) = given.split_once(' ').unwrap();
        origins.macros.entry(macro_name(name).unwrap().to_owned()).or_default().insert(value.to_owned());
    }
    origins.users = match input.get("users") {
        None => Users::Nobody,
        Some("all") => Users::Everybody,
        Some(names) => Users::Named(names.split(' ').map(str::to_owned).collect::<BTreeSet<_>>()),
    };
    origins
}

fn manner(input: &KeyValues) -> Manner {
    let mut manner = Manner::default();
    let names = |key: &str| -> Vec<String> {
        input.get(key).map(|names| names.split(' ').map(str::to_owned).collect()).unwrap_or_default()
    };
    (manner.also, manner.except) = (names("also"), names("except"));
    if let Some(senders) = input.get("senders") {
        manner.senders = senders.split(' ').map(|field| SenderField::parse(field).unwrap()).collect();
    }
    if let Some((header, body)) = input.get("canonicalization").and_then(|text| text.split_once('/')) {
        let parse = |text: &str| Canonicalization::parse(text.as_bytes()).unwrap();
        (manner.header_canonicalization, manner.body_canonicalization) = (parse(header), parse(body));
    }
    manner.oversigning = match input.get("oversigning") {
        None => Oversigning::Recommended,
        Some("if-present") => Oversigning::IfPresent,
        Some("from") => Oversigning::From,
        Some(other) => panic!("oversigning: {other}"),
    };
    manner.identity = match input.get("identity") {
        None => Identity::Absent,
        Some("domain") => Identity::AuthorDomain,
        Some("author") => Identity::Author,
        Some(other) => panic!("identity: {other}"),
    };
    manner.unsigned = match input.get("unsigned") {
        None => Unsigned::Accept,
        Some("tempfail") => Unsigned::TempFail,
        Some("reject") => Unsigned::Reject,
        Some(other) => panic!("unsigned: {other}"),
    };
    manner.expire_in_s = input.get("expire").map(|seconds| seconds.parse().unwrap());
    manner
}
