//! A signer for tests only: it writes any tag list, good or bad, and computes `bh=` and `b=` for it. Made apart from
//! `dkim::sign`, so that what cases say does not hang on it.

use dkim::body::{BodyHashKind, BodyHasher};
use dkim::crypto::{HashAlgorithm, PrivateKey};
use dkim::{Algorithm, Canonicalization};
use mailtext::encode::encode_base64;
use mailtext::{Headers, NameKey, TagList};

/// The test key of this name: `rsa2048`, `rsa1024`, `ed25519`.
pub(crate) fn key(name: &str) -> PrivateKey {
    let path = testkit::root().join(format!("testdata/keys/{name}.pem"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    PrivateKey::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Puts a signature with these tags above `message`.
pub(crate) fn sign(message: &[u8], key_name: &str, tags: &str) -> Vec<u8> {
    sign_field(message, key_name, "DKIM-Signature", tags)
}

/// The same in a field of another name.
pub(crate) fn sign_field(message: &[u8], key_name: &str, field_name: &str, tags: &str) -> Vec<u8> {
    let (list, _) = TagList::parse(tags.as_bytes());
    let text = |name: &str| String::from_utf8_lossy(list.value(name).unwrap_or_default()).into_owned();
    let half = |index: usize| {
        let c = text("c");
        Canonicalization::parse(c.split('/').nth(index).unwrap_or("simple").as_bytes())
            .unwrap_or(Canonicalization::Simple)
    };
    let hash = match Algorithm::parse(text("a").as_bytes()) {
        Some(Algorithm::RsaSha1) => HashAlgorithm::Sha1,
        _ => HashAlgorithm::Sha256,
    };
    let headers = Headers::parse(message);
    let kind = BodyHashKind { canonicalization: half(1), hash, length: text("l").parse().ok() };
    let mut hasher = BodyHasher::new(kind);
    hasher.update(&message[headers.body_start()..]);
    let body_hash = encode_base64(hasher.finish().digest.as_ref());
    let value = format!(" {tags} bh={body_hash}; b=");
    let mut data = Vec::new();
    let signed = text("h").replace([' ', '\t', '\r', '\n'], "");
    let names: Vec<&str> = signed.split(':').collect();
    for (index, name) in names.iter().enumerate() {
        let before = names[..index].iter().filter(|other| other.eq_ignore_ascii_case(name)).count();
        let found = headers.indexes_named(NameKey::of(name.as_bytes()), name.as_bytes()).rev().nth(before);
        if let Some(field) = found.and_then(|index| headers.get(index)) {
            half(0).header(field.raw, field.name, field.value, &mut data);
            data.extend_from_slice(b"\r\n");
        }
    }
    let raw = format!("{field_name}:{value}");
    half(0).header(raw.as_bytes(), field_name.as_bytes(), value.as_bytes(), &mut data);
    let signature = encode_base64(&key(key_name).sign(&data).unwrap());
    [raw.as_bytes(), signature.as_bytes(), b"\r\n", message].concat()
}
