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
use outgoing::{Key, KeyDomain, Manner, Pattern, Role, Rule, Signed, Signing};

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

/// `*.example.jp main,second`; `-` names no key.
fn rule(text: &str) -> Rule {
    let (pattern, keys) = text.split_once(' ').unwrap();
    let keys = keys.split(',').map(str::trim).filter(|key| *key != "-").map(str::to_owned).collect();
    Rule { pattern: Pattern::parse(pattern).unwrap(), keys }
}

fn role(keys: &[&str], rules: &[&str], manner: Manner) -> Arc<Role> {
    let keys = keys.iter().map(|text| key(text)).collect();
    let rules: Vec<Rule> = rules.iter().map(|text| rule(text)).collect();
    Arc::new(Role::new(keys, &rules, manner).unwrap())
}

/// Signs a message in wire form whose body comes in chunks that end at these places.
fn sign(role: &Arc<Role>, mail_from: &str, message: &[u8], cuts: &[usize]) -> Signed {
    let mut signing = Signing::new(Arc::clone(role), ReversePath::parse(mail_from.as_bytes()).ok());
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
