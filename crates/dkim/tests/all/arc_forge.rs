//! A sealer for tests only: it writes any of the three fields, good or bad, and computes `bh=` and `b=` for it. Made apart
//! from `dkim::arc`, so that what cases say does not hang on it.

use dkim::Canonicalization;
use mailtext::encode::encode_base64;
use mailtext::{Headers, TagList};

use crate::forge;

const RELAXED: Canonicalization = Canonicalization::Relaxed;

/// A whole set with usual tags: `i=N d=… s=…`, and behind a comma what the results say.
pub(crate) fn set(message: &[u8], key: &str, tags: &str, results: &str) -> Vec<u8> {
    let instance = word(tags, "i");
    let status = if instance == "1" { "none" } else { "pass" };
    let algorithm = if key == "ed25519" { "ed25519-sha256" } else { "rsa-sha256" };
    let common = format!("i={instance}; a={algorithm}; d={}; s={}; t=1699999000;", word(tags, "d"), word(tags, "s"));
    let message = results_field(message, &format!("i={instance}; {results}"));
    let message = message_signature(&message, key, &format!("{common} c=relaxed/relaxed; h=from:to:subject;"));
    seal(&message, key, &format!("{common} cv={status};"))
}

fn word<'a>(tags: &'a str, name: &str) -> &'a str {
    let found = tags.split_whitespace().find_map(|tag| tag.strip_prefix(name)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("no {name}= in {tags:?}"))
}

pub(crate) fn results_field(message: &[u8], value: &str) -> Vec<u8> {
    [format!("ARC-Authentication-Results: {value}\r\n").as_bytes(), message].concat()
}

/// An ARC-Message-Signature with these tags: as a DKIM-Signature with another name.
pub(crate) fn message_signature(message: &[u8], key: &str, tags: &str) -> Vec<u8> {
    forge::sign_field(message, key, "ARC-Message-Signature", tags)
}

/// An ARC-Seal with these tags over all sets from 1 to its own; over its own alone when `cv=` is fail.
pub(crate) fn seal(message: &[u8], key: &str, tags: &str) -> Vec<u8> {
    let (list, _) = TagList::parse(tags.as_bytes());
    let tag = |name| String::from_utf8_lossy(list.value(name).unwrap_or_default()).into_owned();
    let newest: u32 = tag("i").parse().unwrap_or(1);
    let first = if tag("cv") == "fail" { newest } else { 1 };
    let headers = Headers::parse(message);
    let mut data = Vec::new();
    for instance in first..=newest {
        for name in ["arc-authentication-results", "arc-message-signature", "arc-seal"] {
            let field = headers.named(name).find(|field| instance_of(field.value) == Some(instance));
            if let Some(field) = field {
                RELAXED.header(field.raw, field.name, field.value, &mut data);
                data.extend_from_slice(b"\r\n");
            }
        }
    }
    let unsigned = format!("ARC-Seal: {tags} b=");
    RELAXED.header(b"", b"arc-seal", &unsigned.as_bytes()["ARC-Seal:".len()..], &mut data);
    let signature = encode_base64(&forge::key(key).sign(&data).unwrap());
    [format!("{unsigned}{signature}\r\n").as_bytes(), message].concat()
}

fn instance_of(value: &[u8]) -> Option<u32> {
    let text = String::from_utf8_lossy(value).into_owned();
    text.split(';').find_map(|tag| tag.trim().strip_prefix("i=")?.trim().parse().ok())
}
