//! Rules about signatures, as a message bears them.

use crate::desk::Letter;
use crate::finding::{Finding, Findings};
use crate::known::SignatureFacts;
use crate::limits::SIGNATURE_LIFE_S_MIN;
use crate::severity::Severity;

/// RFC 6376 §5.4.1 and the guideline's 2-7: what tells a reader who writes to whom, when and about what.
const RECOMMENDED: [&str; 11] = [
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "mime-version",
    "content-type",
    "in-reply-to",
    "references",
];

/// Fields that lists and forwarders add.
const ADDED_LATER: [&str; 6] = ["sender", "list-id", "list-unsubscribe", "list-post", "resent-from", "resent-sender"];

pub(super) fn recommended_fields_are_signed(letter: &Letter<'_>, findings: &mut Findings) {
    for signature in own(letter) {
        let missing: Vec<_> = RECOMMENDED
            .into_iter()
            .filter(|name| count(letter, name) > 0 && !signature.fields.iter().any(|field| **field == **name))
            .collect();
        if !missing.is_empty() {
            about(findings, signature).with("fields", missing.join(", "));
        }
    }
}

pub(super) fn from_is_signed_once_more(letter: &Letter<'_>, findings: &mut Findings) {
    for signature in own(letter) {
        if named(signature, "from") <= count(letter, "from") {
            about(findings, signature);
        }
    }
}

pub(super) fn list_fields_are_left_to_lists(letter: &Letter<'_>, findings: &mut Findings) {
    for signature in own(letter) {
        let absent: Vec<_> =
            ADDED_LATER.into_iter().filter(|name| named(signature, name) > count(letter, name)).collect();
        if !absent.is_empty() {
            about(findings, signature).with("fields", absent.join(", "));
        }
    }
}

pub(super) fn the_whole_body_is_signed(letter: &Letter<'_>, findings: &mut Findings) {
    for signature in &letter.facts.signatures {
        if let Some(length) = signature.body_length {
            about(findings, signature).with("length_bytes", length);
        }
    }
}

pub(super) fn headers_are_relaxed(letter: &Letter<'_>, findings: &mut Findings) {
    for signature in own(letter).filter(|signature| signature.simple_header) {
        about(findings, signature);
    }
}

pub(super) fn signatures_outlive_queues(letter: &Letter<'_>, findings: &mut Findings) {
    for signature in &letter.facts.signatures {
        let Some(expires_s) = signature.expires_s else { continue };
        match signature.signed_s {
            Some(signed_s) if expires_s <= signed_s => {
                about(findings, signature).sentence("audit-dkm41-before").severity(Severity::Error);
            }
            Some(signed_s) if expires_s - signed_s < SIGNATURE_LIFE_S_MIN => {
                let hours = u64::try_from((expires_s - signed_s) / 3_600).unwrap_or_default();
                about(findings, signature).with("hours", hours);
            }
            _ => {}
        }
    }
}

pub(super) fn a_signature_is_aligned(letter: &Letter<'_>, findings: &mut Findings) {
    let (Some(author), Some(organization)) = (&letter.facts.author, &letter.facts.organization) else { return };
    let mut signatures = letter.facts.signatures.iter().peekable();
    let some = signatures.peek().is_some();
    if some && !signatures.any(|signature| signature.domain.is_within(organization)) {
        let domains: Vec<_> = letter.facts.signatures.iter().map(|signature| signature.domain.as_str()).collect();
        findings.found().with("author", author.as_str()).with("domains", domains.join(", "));
    }
}

pub(super) fn unsubscribing_is_signed(letter: &Letter<'_>, findings: &mut Findings) {
    let both = ["list-unsubscribe", "list-unsubscribe-post"];
    if count(letter, both[1]) == 0 {
        return;
    }
    for signature in own(letter) {
        let missing: Vec<_> = both.into_iter().filter(|name| named(signature, name) == 0).collect();
        if !missing.is_empty() {
            about(findings, signature).with("fields", missing.join(", "));
        }
    }
}

/// The signatures that speak for the author: those of others sign what they like.
fn own<'a>(letter: &Letter<'a>) -> impl Iterator<Item = &'a SignatureFacts> {
    let facts = letter.facts;
    facts
        .signatures
        .iter()
        .filter(|signature| facts.organization.as_ref().is_none_or(|top| signature.domain.is_within(top)))
}

fn about<'f>(findings: &'f mut Findings, signature: &SignatureFacts) -> &'f mut Finding {
    findings.found().with("domain", signature.domain.as_str()).with("selector", &*signature.selector)
}

fn count(letter: &Letter<'_>, name: &str) -> usize {
    letter.headers.named(name).count()
}

fn named(signature: &SignatureFacts, name: &str) -> usize {
    signature.fields.iter().filter(|field| ***field == *name).count()
}
