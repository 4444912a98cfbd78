//! Records of which a name should have one, in TXT: ADSP, BIMI, MTA-STS, TLS reporting.

use lookup::Lookup;
use mailtext::{Domain, TagList};

pub use crate::survey::facts::{Found, Presence};

use crate::published::Published;
use crate::survey::facts::Reply;

/// A kind of record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// What stands before the name.
    labels: &'static str,
    /// How a text begins that is meant to be one, in lower case.
    start: &'static [u8],
    /// Whether a text is one that others discard silently if it is not exact.
    claims: fn(&[u8]) -> bool,
    /// Whether it can be used.
    is_sound: fn(&[u8]) -> bool,
}

/// RFC 5617 §4.1.
pub(super) const ADSP: Kind =
    Kind { labels: "_adsp._domainkey", start: b"dkim", claims: adsp_claims, is_sound: adsp_is_sound };
/// The assertion of the default selector.
pub(super) const BIMI: Kind =
    Kind { labels: "default._bimi", start: b"v=bimi", claims: bimi::record::Record::claims, is_sound: bimi_is_sound };
/// RFC 8461 §3.1.
pub(super) const MTA_STS: Kind =
    Kind { labels: "_mta-sts", start: b"v=sts", claims: sts_claims, is_sound: sts_is_sound };
/// RFC 8460 §3.
pub(super) const TLS_RPT: Kind =
    Kind { labels: "_smtp._tls", start: b"v=tlsrpt", claims: tls_claims, is_sound: tls_is_sound };

/// Asks.
pub(super) async fn look<L: Lookup + Sync>(lookup: &L, name: &Domain, kind: Kind) -> Presence {
    match Published::ask_below(lookup, name, kind.labels).await {
        // A name that DNS cannot hold has no record.
        None => Presence { reply: Reply::NotAsked, found: Found::Absent },
        Some(published) => Presence { reply: Reply::of(&published.answer), found: found(&published, kind) },
    }
}

fn found(published: &Published, kind: Kind) -> Found {
    if Reply::of(&published.answer).is_failed() {
        return Found::Unanswered;
    }
    let mut records = published.texts().filter(|text| (kind.claims)(text));
    match (records.next(), records.next()) {
        (Some(text), None) if (kind.is_sound)(text) => Found::Valid,
        (Some(_), None) => Found::Invalid,
        (Some(_), Some(_)) => Found::Several,
        (None, _) if published.texts().any(|text| begins(text, kind.start)) => Found::Invalid,
        (None, _) => Found::Absent,
    }
}

fn begins(text: &[u8], start: &[u8]) -> bool {
    text.trim_ascii_start().get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

fn adsp_claims(text: &[u8]) -> bool {
    TagList::parse(text).0.iter().next().is_some_and(|tag| tag.name == b"dkim")
}

fn adsp_is_sound(text: &[u8]) -> bool {
    !dkim::adsp::Record::parse(text).1.iter().any(|flaw| flaw.kind.is_fatal())
}

fn bimi_is_sound(text: &[u8]) -> bool {
    let (record, flaws) = bimi::record::Record::parse(text);
    record.is_declination() || !flaws.iter().any(|flaw| flaw.kind.is_fatal())
}

/// The first field is the version, exactly.
fn version_is(text: &[u8], version: &[u8]) -> bool {
    let rest = text.strip_prefix(version).map(<[u8]>::trim_ascii_start);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b";"))
}

fn sts_claims(text: &[u8]) -> bool {
    // RFC 8461 §3.1: records that do not begin with "v=STSv1;" are discarded.
    version_is(text, b"v=STSv1")
}

fn sts_is_sound(text: &[u8]) -> bool {
    // RFC 8461 §3.1: 1*32(ALPHA / DIGIT).
    let (tags, _) = TagList::parse(text);
    tags.value("id").is_some_and(|id| (1..=32).contains(&id.len()) && id.iter().all(u8::is_ascii_alphanumeric))
}

fn tls_claims(text: &[u8]) -> bool {
    // RFC 8460 §3: records that do not begin with "v=TLSRPTv1;" are discarded.
    version_is(text, b"v=TLSRPTv1")
}

fn tls_is_sound(text: &[u8]) -> bool {
    let (tags, _) = TagList::parse(text);
    let list = tags.value("rua").unwrap_or_default();
    let known = |uri: &[u8]| begins(uri, b"mailto:") || begins(uri, b"https:");
    list.split(|byte| *byte == b',').all(known)
}
