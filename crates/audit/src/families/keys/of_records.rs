//! Rules about key records.

use std::collections::BTreeMap;

use lookup::Kind;
use mailtext::{TagFlaw, TagList};

use dkim::KeyKind;
use dkim::crypto::HashAlgorithm;
use dkim::key::KeyError;
use dkim::limits::{RSA_BITS_MIN, RSA_BITS_RECOMMENDED};
use dkim::weak_key::{KeyWeakness, share_a_factor, weaknesses};

use super::Key;
use crate::desk::Desk;
use crate::finding::{Finding, Findings};
use crate::limits::{KEY_NOTE_BYTES, SELECTOR_NUMBER_DIGITS};
use crate::severity::Severity;

pub(super) fn one_record_only(desk: &Desk<'_>, findings: &mut Findings) {
    for seen in &desk.snapshot.keys.selectors {
        let count = seen.published.texts().count();
        if count > 1 && seen.keys().any(|key| key.is_meant()) {
            let finding = findings.at(seen.published.place());
            finding.with("count", count).advise("audit-dkm02-fix");
        }
    }
}

pub(super) fn the_version_comes_first(desk: &Desk<'_>, findings: &mut Findings) {
    for_keys(desk, |key| {
        if matches!(key.record, Err(KeyError::Version)) && !has_escapes(key.text) {
            rewrite(key, findings, |name| name != b"v");
        }
    });
}

pub(super) fn the_version_is_there(desk: &Desk<'_>, findings: &mut Findings) {
    for_keys(desk, |key| {
        if key.tags.get("v").is_none() && key.record.is_ok() {
            rewrite(key, findings, |_| true);
        }
    });
}

pub(super) fn a_key_is_there(desk: &Desk<'_>, findings: &mut Findings) {
    for_keys(desk, |key| {
        if matches!(key.record, Err(KeyError::NoKey)) {
            findings.at(key.place());
        }
    });
}

pub(super) fn the_key_is_base64(desk: &Desk<'_>, findings: &mut Findings) {
    for_keys(desk, |key| {
        let armour = key.text.windows(5).any(|part| part == b"BEGIN");
        let broken = matches!(key.record, Err(KeyError::Base64 | KeyError::TagList(TagFlaw::ValueByte)));
        let cut = key.rsa().is_some_and(|der| is_cut(&der));
        let doubled = key.rsa().is_some_and(|der| is_doubled(&der));
        if armour {
            findings.at(key.part("p")).sentence("audit-dkm07-armour");
        } else if broken {
            findings.at(key.part("p"));
        } else if cut {
            findings.at(key.part("p")).sentence("audit-dkm07-cut");
        } else if doubled {
            findings.at(key.part("p")).sentence("audit-dkm07-doubled");
        }
    });
}

/// Whether the outermost element says that it is longer than what is there.
fn is_cut(der: &[u8]) -> bool {
    der_length(der).is_some_and(|length| length > der.len())
}

/// Whether something like a second key stands behind the first.
fn is_doubled(der: &[u8]) -> bool {
    der_length(der).is_some_and(|length| length < der.len() && der.get(length) == Some(&TAG_SEQUENCE))
}

/// The length of the outermost element with its head.
fn der_length(der: &[u8]) -> Option<usize> {
    match der {
        [TAG_SEQUENCE, short @ 0..=0x7f, ..] => Some(2 + usize::from(*short)),
        [TAG_SEQUENCE, 0x81, length, ..] => Some(3 + usize::from(*length)),
        [TAG_SEQUENCE, 0x82, high, low, ..] => Some(4 + usize::from(u16::from_be_bytes([*high, *low]))),
        _ => None,
    }
}

const TAG_SEQUENCE: u8 = 0x30;

pub(super) fn the_key_is_of_its_kind(desk: &Desk<'_>, findings: &mut Findings) {
    for_keys(desk, |key| {
        // An exponent that is none has its own finding, DKM12.
        let numbers = |der: &[u8]| weaknesses(der).is_ok_and(|found| found.contains(&KeyWeakness::NoExponent));
        let whole = key.rsa().is_some_and(|der| !is_cut(&der) && !is_doubled(&der) && !numbers(&der));
        if matches!(key.record, Err(KeyError::Key)) && whole {
            findings.at(key.part("p"));
        }
    });
}

pub(super) fn not_below_1024_bits(desk: &Desk<'_>, findings: &mut Findings) {
    for_bits(desk, findings, |bits| bits < RSA_BITS_MIN);
}

pub(super) fn not_below_2048_bits(desk: &Desk<'_>, findings: &mut Findings) {
    for_bits(desk, findings, |bits| (RSA_BITS_MIN..RSA_BITS_RECOMMENDED).contains(&bits));
}

pub(super) fn not_above_2048_bits(desk: &Desk<'_>, findings: &mut Findings) {
    for_bits(desk, findings, |bits| bits > RSA_BITS_RECOMMENDED);
}

fn for_bits(desk: &Desk<'_>, findings: &mut Findings, wanted: impl Fn(u32) -> bool) {
    for_keys(desk, |key| {
        let bits = match &key.record {
            Ok(record) if record.kind == KeyKind::Rsa => record.public_key.bits(),
            Err(KeyError::TooShort(bits) | KeyError::KeyTooLong(bits)) => *bits,
            _ => return,
        };
        if wanted(bits) {
            findings.at(key.part("p")).with("bits", u64::from(bits));
        }
    });
}

pub(super) fn the_usual_exponent(desk: &Desk<'_>, findings: &mut Findings) {
    for_weaknesses(desk, |key, weakness| match weakness {
        KeyWeakness::NoExponent => {
            findings.at(key.part("p")).sentence("audit-dkm12-none").severity(Severity::Error);
        }
        KeyWeakness::SmallExponent => {
            findings.at(key.part("p")).sentence("audit-dkm12-three").severity(Severity::Error);
        }
        KeyWeakness::OtherExponent => {
            findings.at(key.part("p"));
        }
        _ => {}
    });
}

pub(super) fn not_known_to_be_weak(desk: &Desk<'_>, findings: &mut Findings) {
    for_weaknesses(desk, |key, weakness| {
        if matches!(weakness, KeyWeakness::Roca | KeyWeakness::SmallFactor | KeyWeakness::CloseFactors) {
            findings.at(key.part("p")).word("weakness", weakness.as_str());
        }
    });
    let keys: Vec<_> = desk.snapshot.keys.keys().filter_map(|key| key.rsa().map(|der| (key, der))).collect();
    for (index, (key, der)) in keys.iter().enumerate() {
        if keys.iter().take(index).any(|(_, other)| share_a_factor(der, other).unwrap_or(false)) {
            findings.at(key.part("p")).word("weakness", "shared-factor");
        }
    }
}

fn for_weaknesses(desk: &Desk<'_>, mut judge: impl FnMut(&Key<'_>, KeyWeakness)) {
    for_keys(desk, |key| {
        for weakness in key.rsa().and_then(|der| weaknesses(&der).ok()).unwrap_or_default() {
            judge(key, weakness);
        }
    });
}

pub(super) fn ed25519_is_32_bytes(desk: &Desk<'_>, findings: &mut Findings) {
    for_keys(desk, |key| {
        let is_ed25519 = key.tags.value("k").is_some_and(|kind| kind.eq_ignore_ascii_case(b"ed25519"));
        if is_ed25519 && matches!(key.record, Err(KeyError::Key)) {
            findings.at(key.part("p"));
        }
    });
}

pub(super) fn rsa_beside_ed25519(desk: &Desk<'_>, findings: &mut Findings) {
    let kinds: Vec<_> = desk.snapshot.keys.usable().map(|(seen, record)| (seen, record.kind)).collect();
    if kinds.iter().any(|(_, kind)| *kind == KeyKind::Rsa) || desk.snapshot.keys.is_uncertain() {
        return;
    }
    if let Some((seen, _)) = kinds.first() {
        findings.at(seen.published.place()).advise("audit-dkm15-fix");
    }
}

pub(super) fn the_kind_is_known(desk: &Desk<'_>, findings: &mut Findings) {
    for_keys(desk, |key| {
        if matches!(key.record, Err(KeyError::Kind)) {
            findings.at(key.part("k"));
        }
    });
}

pub(super) fn sha256_is_allowed(desk: &Desk<'_>, findings: &mut Findings) {
    for_keys(desk, |key| {
        if key.record.as_ref().is_ok_and(|record| !record.allows_hash(HashAlgorithm::Sha256)) {
            rewrite(key, findings, |name| name != b"h").place = Some(key.part("h"));
        }
    });
}

pub(super) fn sha1_is_not(desk: &Desk<'_>, findings: &mut Findings) {
    for_keys(desk, |key| {
        let both = |hash| key.record.as_ref().is_ok_and(|record| record.allows_hash(hash));
        if key.tags.get("h").is_some() && both(HashAlgorithm::Sha1) && both(HashAlgorithm::Sha256) {
            rewrite(key, findings, |name| name != b"h").place = Some(key.part("h"));
        }
    });
}

pub(super) fn for_mail(desk: &Desk<'_>, findings: &mut Findings) {
    for_keys(desk, |key| {
        if key.record.as_ref().is_ok_and(|record| !record.email) {
            rewrite(key, findings, |name| name != b"s").place = Some(key.part("s"));
        }
    });
}

pub(super) fn tests_end(desk: &Desk<'_>, findings: &mut Findings) {
    for_keys(desk, |key| {
        if key.record.as_ref().is_ok_and(|record| record.testing) {
            rewrite(key, findings, |name| name != b"t").place = Some(key.part("t"));
        }
    });
}

pub(super) fn strict_identities(desk: &Desk<'_>, findings: &mut Findings) {
    for_keys(desk, |key| {
        if key.record.as_ref().is_ok_and(|record| record.strict) {
            let used_below = desk
                .known
                .selectors
                .iter()
                .any(|used| used.identity_below && used.selector.eq_ignore_ascii_case(&key.seen.selector));
            let finding = findings.at(key.part("t"));
            if used_below {
                finding.sentence("audit-dkm21-below").severity(Severity::Error);
            }
        }
    });
}

pub(super) fn granularity_is_gone(desk: &Desk<'_>, findings: &mut Findings) {
    for_keys(desk, |key| {
        if key.tags.get("g").is_some() {
            rewrite(key, findings, |name| name != b"g").place = Some(key.part("g"));
        }
    });
}

pub(super) fn tags_of_key_records(desk: &Desk<'_>, findings: &mut Findings) {
    const KNOWN: [&[u8]; 8] = [b"v", b"h", b"k", b"n", b"p", b"s", b"t", b"g"];
    for_keys(desk, |key| {
        for tag in key.tags.iter().filter(|tag| !KNOWN.contains(&tag.name)) {
            let of_signature = matches!(tag.name, b"c" | b"a" | b"q" | b"bh" | b"d" | b"i" | b"b" | b"l" | b"x");
            let finding = findings.at(key.seen.published.part(key.text, tag.span));
            finding.with("tag", String::from_utf8_lossy(tag.name).into_owned());
            if of_signature {
                finding.sentence("audit-dkm23-signature");
            }
        }
    });
}

pub(super) fn tags_stand_once(desk: &Desk<'_>, findings: &mut Findings) {
    for_keys(desk, |key| {
        for flaw in TagList::parse(key.text).1.iter().filter(|flaw| flaw.kind == TagFlaw::Duplicate) {
            findings.at(key.seen.published.part(key.text, flaw.span));
        }
    });
}

pub(super) fn semicolons_are_not_escaped(desk: &Desk<'_>, findings: &mut Findings) {
    for_keys(desk, |key| {
        if has_escapes(key.text) {
            let mended = String::from_utf8_lossy(key.text).replace("\\;", ";");
            findings.at(key.place()).publish(key.name(), Kind::Txt, mended);
        }
    });
}

fn has_escapes(text: &[u8]) -> bool {
    text.windows(2).any(|pair| pair == b"\\;")
}

pub(super) fn one_key_one_selector(desk: &Desk<'_>, findings: &mut Findings) {
    let mut owners: BTreeMap<Vec<u8>, &str> = BTreeMap::new();
    for key in desk.snapshot.keys.keys().filter(|key| key.record.is_ok()) {
        let bytes: Vec<u8> = key
            .tags
            .value("p")
            .unwrap_or_default()
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        match owners.get(&bytes) {
            Some(other) => {
                findings.at(key.part("p")).with("other", *other);
            }
            None => {
                owners.insert(bytes, &key.seen.selector);
            }
        }
    }
}

pub(super) fn notes_are_short(desk: &Desk<'_>, findings: &mut Findings) {
    for_keys(desk, |key| {
        if key.tags.value("n").is_some_and(|note| note.len() > KEY_NOTE_BYTES) {
            findings.at(key.part("n"));
        }
    });
}

pub(super) fn selectors_tell_nothing(desk: &Desk<'_>, findings: &mut Findings) {
    for seen in
        desk.snapshot.keys.selectors.iter().filter(|seen| seen.is_named() && seen.keys().any(|key| key.record.is_ok()))
    {
        let name = seen.selector.to_ascii_lowercase();
        let address = ["-at-", "_at_", "=40", "@"].iter().any(|mark| name.contains(mark));
        let digits = name.bytes().filter(u8::is_ascii_digit).count();
        // Years, months and days are what selectors are made of; longer numbers are customers.
        if address || digits > SELECTOR_NUMBER_DIGITS {
            findings.at(seen.published.place()).with("selector", &*seen.selector);
        }
    }
}

/// Each text that is meant to be a key.
fn for_keys(desk: &Desk<'_>, judge: impl FnMut(&Key<'_>)) {
    let keys: Vec<_> = desk.snapshot.keys.keys().filter(Key::is_meant).collect();
    keys.iter().for_each(judge);
}

/// A finding whose fix is the same record with the tags that `keeps` wants, the version first.
fn rewrite<'f>(key: &Key<'_>, findings: &'f mut Findings, keeps: impl Fn(&[u8]) -> bool) -> &'f mut Finding {
    let mut text = "v=DKIM1".to_owned();
    for tag in key.tags.iter().filter(|tag| tag.name != b"v" && keeps(tag.name)) {
        let (name, value) = (String::from_utf8_lossy(tag.name), String::from_utf8_lossy(tag.value));
        text.push_str(&format!("; {name}={value}"));
    }
    let finding = findings.at(key.place());
    finding.publish(key.name(), Kind::Txt, text)
}
