//! Whether the public half of each signing key is published: what a key signs that nobody can find is worth less than
//! nothing. Asked at the start, when the configuration has changed, and each day; who is not answered says nothing.

use std::sync::Arc;
use std::time::Duration;

use dkim::PrivateKey;
use dkim::key::KeyRecord;
use lookup::{Answer, Data, Lookup, Question};
use mailtext::Domain;
use outgoing::{Key, KeyDomain};

use super::reload::Reloader;
use crate::limits::{KEY_ASKED_COUNT_MAX, LIST_TEST_S, MESSAGE_DNS_S};

/// What DNS has at the place of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Published {
    /// Its public half.
    Yes,
    /// Nothing.
    Nothing,
    /// Something else: another key, a revoked one, a record that cannot be read.
    SomethingElse,
    /// Nobody answers.
    Unknown,
}

/// Asks for all keys, again and again.
pub(super) async fn watch(reloader: Arc<Reloader>) {
    let mut changes = reloader.subscribe();
    loop {
        ask(&reloader).await;
        changes.mark_unchanged();
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(LIST_TEST_S)) => {}
            changed = changes.changed() => if changed.is_err() { return },
        }
    }
}

async fn ask(reloader: &Reloader) {
    let live = reloader.live();
    let Some(outgoing) = &live.plan.outgoing else { return };
    for key in outgoing.role.keys().iter().take(KEY_ASKED_COUNT_MAX) {
        // Where a key signs for whoever the author is, nobody knows the place.
        let Some(place) = place(key) else { continue };
        let lookup = live.world.resolver().for_message(Duration::from_secs(MESSAGE_DNS_S));
        let id = match published(&lookup, key, &place).await {
            Published::Nothing => "serve-key-unpublished",
            Published::SomethingElse => "serve-key-published-otherwise",
            Published::Yes | Published::Unknown => continue,
        };
        let arguments = [("name", key.name.as_str().into()), ("place", place.as_str().into())];
        tracing::warn!("{}", reloader.say().say(id, &arguments));
    }
}

/// Where its record stands: the selector, `_domainkey`, the domain.
fn place(key: &Key) -> Option<Domain> {
    match &key.domain {
        KeyDomain::Of(domain) => {
            Domain::parse(&format!("{}._domainkey.{}", key.selector.as_str(), domain.as_str())).ok()
        }
        KeyDomain::Author => None,
    }
}

async fn published(lookup: &impl Lookup, key: &Key, place: &Domain) -> Published {
    let records = match lookup.ask(Question::txt(place.clone())).await {
        Answer::Records(records) => records,
        Answer::NoData(_) | Answer::NxDomain(_) => return Published::Nothing,
        Answer::Failed(_) => return Published::Unknown,
    };
    compare(&records.data, &key.private)
}

/// What these records are to a key.
pub(crate) fn compare(data: &[Data], private: &PrivateKey) -> Published {
    // Whether what it signs verifies is what all the world will ask, too.
    let probe = b"a probe";
    let Ok(signature) = private.sign(probe) else { return Published::Unknown };
    let (algorithm, digest) = (private.algorithm(), dkim::crypto::HashAlgorithm::Sha256.digest(probe));
    let records = KeyRecord::parse_all(data);
    let verifies = |record: &KeyRecord| {
        record.kind == private.kind() && record.public_key.verifies(algorithm, &digest, &signature)
    };
    match records.first() {
        // Of several records nobody knows which one a verifier takes.
        Some(Ok(record)) if records.len() == 1 && verifies(record) => Published::Yes,
        Some(_) => Published::SomethingElse,
        None => Published::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lookup::Zone;

    const ED25519: &str = "v=DKIM1; k=ed25519; p=XvVvfB4I+ZHGhwTpBIAiei8hwNllimF64w4SgsxqCPM=";

    fn key(file: &str, domain: &str) -> Key {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/keys").join(file);
        let private = PrivateKey::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
        let domain = KeyDomain::parse(domain).unwrap();
        Key { name: "main".into(), domain, selector: Domain::parse("s1").unwrap(), private }
    }

    async fn found(zone: &str, file: &str) -> Published {
        let zone: Zone = Zone::parse(zone).unwrap_or_else(|error| panic!("{error:?}"));
        let key = key(file, "example.jp");
        published(&zone, &key, &place(&key).unwrap()).await
    }

    #[tokio::test]
    async fn what_dns_has() {
        let at = |text: &str| format!("s1._domainkey.example.jp. 60 IN TXT \"{text}\"\n");
        assert_eq!(found(&at(ED25519), "ed25519.pem").await, Published::Yes);
        assert_eq!(found(&at(ED25519), "rsa2048.pem").await, Published::SomethingElse);
        assert_eq!(found(&at("v=DKIM1; k=ed25519; p="), "ed25519.pem").await, Published::SomethingElse);
        assert_eq!(found(&(at(ED25519) + &at("v=DKIM1; p=AAAA")), "ed25519.pem").await, Published::SomethingElse);
        assert_eq!(found("a.example. 60 IN TXT \"x\"\n", "ed25519.pem").await, Published::Nothing);
        let silent = ";! s1._domainkey.example.jp TXT servfail\n";
        assert_eq!(found(silent, "ed25519.pem").await, Published::Unknown);
    }

    #[test]
    fn of_the_authors_own_keys_nobody_knows_the_place() {
        assert_eq!(place(&key("ed25519.pem", "%")), None);
        assert_eq!(place(&key("ed25519.pem", "example.jp")).unwrap().as_str(), "s1._domainkey.example.jp");
    }
}
