//! The crate by its cases, its properties, and its limits.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // tests read files and may fail loudly

extern crate sekisho_outgoing as outgoing;

mod cases;
mod limits;
mod properties;

use std::sync::Arc;

use dkim::{PrivateKey, Status};
use mailtext::encode::encode_base64;
use mailtext::{Headers, ReversePath};
use outgoing::{Clients, Key, KeyDomain, Manner, Pattern, Role, Rule, Signed, Signing, Submission};

const NOW_S: u64 = 1_700_000_000;

/// The key of testdata/keys.
fn private(file: &str) -> PrivateKey {
    let path = testkit::root().join("testdata/keys").join(file).with_extension("pem");
    PrivateKey::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// `main example.jp s1 ed25519`
fn key(text: &str) -> Key {
    let [name, domain, selector, file] = text.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{text}") };
    let (name, domain) = (name.to_owned(), KeyDomain::parse(domain).unwrap());
    Key { name, domain, selector: testkit::domain(selector), private: private(file) }
}

/// `*.example.jp main,second`; `-` names no key; behind it `user=…` and `network=…`, in any number.
fn rule(text: &str) -> Rule {
    let mut words = text.split_whitespace();
    let pattern = Pattern::parse(words.next().unwrap()).unwrap();
    let keys = words.next().unwrap().split(',').filter(|key| *key != "-").map(str::to_owned).collect();
    let mut clients = Clients::default();
    for word in words {
        match word.split_once('=').unwrap() {
            ("user", user) => clients.users.push(user.to_owned()),
            ("network", network) => clients.networks.push(network.parse().unwrap()),
            _ => panic!("{word}"),
        }
    }
    Rule { pattern, keys, clients }
}

fn role(keys: &[&str], rules: &[&str], manner: Manner) -> Arc<Role> {
    let keys = keys.iter().map(|text| key(text)).collect();
    let rules: Vec<Rule> = rules.iter().map(|text| rule(text)).collect();
    Arc::new(Role::new(keys, &rules, manner).unwrap())
}

/// Signs a message in wire form whose body comes in chunks that end at these places.
fn sign(role: &Arc<Role>, mail_from: &str, message: &[u8], cuts: &[usize]) -> Signed {
    let mail_from = ReversePath::parse(mail_from.as_bytes()).ok();
    sign_for(role, Submission { mail_from, ..Submission::default() }, message, cuts)
}

fn sign_for(role: &Arc<Role>, submission: Submission, message: &[u8], cuts: &[usize]) -> Signed {
    let mut signing = Signing::new(Arc::clone(role), submission);
    let start = Headers::parse(message).body_start();
    signing.header(message[..start].to_vec());
    let body = &message[start..];
    let mut from = 0;
    for cut in cuts.iter().copied().chain([body.len()]) {
        let cut = cut.clamp(from, body.len());
        signing.body(&body[from..cut]);
        from = cut;
    }
    signing.finish(NOW_S)
}

/// The message with its signatures on top.
fn with_fields(signed: &Signed, message: &[u8]) -> Vec<u8> {
    let fields = signed.signatures.iter().map(|signature| format!("DKIM-Signature:{}\r\n", signature.value));
    [fields.collect::<String>().as_bytes(), message].concat()
}

/// What a receiver says of the signatures, where the keys are published.
fn verified(role: &Role, signed: &Signed, message: &[u8]) -> Vec<Status> {
    let mut zone = String::new();
    for signature in &signed.signatures {
        let signs = |key: &&Key| {
            key.selector == signature.selector && key.domain.for_author(&signature.domain) == signature.domain
        };
        let key = role.keys().iter().find(signs).unwrap();
        let p = encode_base64(&key.private.public_key());
        let record = format!("v=DKIM1; k={}; p={p}", key.private.kind().as_str());
        let name = signature.domain.prefixed(&format!("{}._domainkey", signature.selector)).unwrap();
        // A string of a TXT record has at most 255 bytes.
        let strings = record.as_bytes().chunks(255).map(|part| format!("\"{}\"", String::from_utf8_lossy(part)));
        zone.push_str(&format!("{name}. 60 TXT {}\n", strings.collect::<Vec<_>>().join(" ")));
    }
    let zone = testkit::zone(&zone);
    let outcomes = testkit::block_on(dkim::verify(&zone, message, dkim::Options::default(), NOW_S));
    outcomes.iter().map(|outcome| outcome.result.status).collect()
}
