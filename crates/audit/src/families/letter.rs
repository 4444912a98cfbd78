//! One message, as receivers of bulk mail want it (SND).

use mailtext::{AddressList, Headers, Rule as Reference};

use crate::desk::Letter;
use crate::finding::Findings;
use crate::known::SignatureFacts;
use crate::limits::{SPAM_RATE_HIGH, SPAM_RATE_RAISED};
use crate::rule::{Rule, message};
use crate::severity::Severity::{Error, Info, Warning};

/// What a message offers of unsubscribing with one click.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OneClick {
    /// Both fields, and a signature that holds covers them.
    Signed,
    /// Both fields, and no signature that holds covers them: receivers offer no button.
    Unsigned,
    /// Not both fields.
    Absent,
}

impl OneClick {
    /// The word of JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Unsigned => "unsigned",
            Self::Absent => "absent",
        }
    }
}

/// What a message offers of unsubscribing with one click.
#[must_use]
pub fn one_click(letter: &Letter<'_>) -> OneClick {
    let https = unsubscribe(letter.headers).is_some_and(|field| has_scheme(&field, "https:"));
    if !(https && has_one_click(letter.headers)) {
        return OneClick::Absent;
    }
    // RFC 8058 §3.1: both fields are covered by a signature that holds.
    let covers = |signature: &SignatureFacts| {
        let names = |name: &str| signature.fields.iter().any(|field| **field == *name);
        signature.holds && names("list-unsubscribe") && names("list-unsubscribe-post")
    };
    if letter.facts.signatures.iter().any(covers) { OneClick::Signed } else { OneClick::Unsigned }
}

const RECEIVERS: Reference = Reference("Gmail sender guidelines", "5000");

/// The rules.
pub(crate) const RULES: &[Rule] = &[
    message("SND01", "audit-snd01", Error, RECEIVERS, both_methods_pass),
    message("SND02", "audit-snd02", Error, Reference("RFC 8058", "3.1"), one_click_unsubscribes),
    message("SND03", "audit-snd03", Warning, Reference("RFC 8058", "3.1"), unsubscribing_over_https),
    message("SND04", "audit-snd04", Warning, Reference("RFC 9989", "11.5"), one_author),
    message("SND05", "audit-snd05", Warning, Reference("RFC 5322", "3.6"), fields_stand_once),
    message("SND06", "audit-snd06", Warning, RECEIVERS, complaints_are_few),
    message("SND07", "audit-snd07", Warning, Reference("RFC 9989", "4.4.2"), the_envelope_is_aligned),
    message("SND08", "audit-snd08", Warning, Reference("RFC 9989", "7.4"), lists_rewrite_or_seal),
    message("SND09", "audit-snd09", Info, Reference("RFC 9477", "3.1.1"), complaints_have_an_address),
    message("SND10", "audit-snd10", Warning, RECEIVERS, mail_is_sent_over_tls),
    message("SND11", "audit-snd11", Warning, Reference("RFC 5322", "3.6"), date_and_id_are_there),
];

fn both_methods_pass(letter: &Letter<'_>, findings: &mut Findings) {
    let facts = letter.facts;
    if !facts.is_bulk || facts.dns_failed {
        return;
    }
    let spf = facts.spf.as_ref().map(|(passes, _)| *passes);
    let dkim = facts.signatures.iter().any(|signature| signature.holds);
    match (facts.dmarc, spf, dkim) {
        // Nobody said which client the message came from: of SPF, and of a DMARC that may hang on it, nothing is known.
        (Some(_), None, true) | (Some(true), Some(true), true) => {}
        (Some(_), None, false) | (Some(true), _, false) => missing(findings, "DKIM"),
        (Some(true), Some(false), true) => missing(findings, "SPF"),
        _ => {
            findings.found();
        }
    }
}

fn missing(findings: &mut Findings, method: &'static str) {
    findings.found().sentence("audit-snd01-one").with("missing", method);
}

fn one_click_unsubscribes(letter: &Letter<'_>, findings: &mut Findings) {
    if letter.facts.is_bulk && one_click(letter) == OneClick::Absent {
        findings.found().advise("audit-snd02-fix");
    }
}

fn unsubscribing_over_https(letter: &Letter<'_>, findings: &mut Findings) {
    if let Some(field) = unsubscribe(letter.headers)
        && !has_scheme(&field, "https:")
    {
        findings.found().with("value", field);
    }
}

fn one_author(letter: &Letter<'_>, findings: &mut Findings) {
    let fields: Vec<_> = letter.headers.named("from").collect();
    let mailboxes = fields.iter().map(|field| AddressList::parse(&field.unfolded()).0.mailboxes().count());
    match (fields.len(), mailboxes.sum::<usize>()) {
        (1, 1) => {}
        (0, _) => {
            findings.found().sentence("audit-snd04-absent");
        }
        (_, count) => {
            findings.found().with("count", count.max(fields.len()));
        }
    }
}

fn fields_stand_once(letter: &Letter<'_>, findings: &mut Findings) {
    // RFC 5322 §3.6: the fields that may stand once at most.
    const ONCE: [&str; 11] =
        ["date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject"];
    for name in ONCE {
        let count = letter.headers.named(name).count();
        if count > 1 {
            findings.found().with("field", name).with("count", count);
        }
    }
}

fn complaints_are_few(letter: &Letter<'_>, findings: &mut Findings) {
    let Some(rate) = letter.facts.spam_rate else { return };
    if rate >= SPAM_RATE_HIGH {
        findings.found().severity(Error).with("rate", percent(rate)).with("limit", percent(SPAM_RATE_HIGH));
    } else if rate >= SPAM_RATE_RAISED {
        findings.found().with("rate", percent(rate)).with("limit", percent(SPAM_RATE_RAISED));
    }
}

/// Hundredths of a per cent as they are read.
fn percent(hundredths: u32) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn the_envelope_is_aligned(letter: &Letter<'_>, findings: &mut Findings) {
    let facts = letter.facts;
    let (Some((true, domain)), Some(organization)) = (&facts.spf, &facts.organization) else { return };
    let signed = facts.signatures.iter().any(|signature| signature.holds && signature.domain.is_within(organization));
    if !signed && !domain.is_within(organization) {
        let author = facts.author.as_ref().map_or("", |author| author.as_str());
        findings.found().with("spf_domain", domain.as_str()).with("author", author);
    }
}

fn lists_rewrite_or_seal(letter: &Letter<'_>, findings: &mut Findings) {
    let is_list = letter.headers.named("list-id").next().is_some();
    let sealed = letter.headers.named("arc-seal").next().is_some();
    if is_list && !sealed && !letter.facts.dns_failed && letter.facts.dmarc == Some(false) {
        findings.found().advise("audit-snd08-fix");
    }
}

fn complaints_have_an_address(letter: &Letter<'_>, findings: &mut Findings) {
    if letter.facts.is_bulk && letter.headers.named("cfbl-address").next().is_none() {
        findings.found();
    }
}

fn mail_is_sent_over_tls(letter: &Letter<'_>, findings: &mut Findings) {
    if let Some(version) = letter.facts.tls.as_deref().filter(|version| matches!(*version, "none" | "1.0" | "1.1")) {
        findings.found().with("version", version);
    }
}

fn date_and_id_are_there(letter: &Letter<'_>, findings: &mut Findings) {
    for name in ["date", "message-id"] {
        if letter.headers.named(name).next().is_none() {
            findings.found().with("field", name);
        }
    }
}

fn unsubscribe(headers: &Headers<'_>) -> Option<String> {
    let field = headers.named("list-unsubscribe").next()?;
    Some(String::from_utf8_lossy(field.unfolded().trim_ascii()).into_owned())
}

fn has_scheme(field: &str, scheme: &str) -> bool {
    field
        .split('<')
        .skip(1)
        .any(|uri| uri.trim_start().get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))
}

fn has_one_click(headers: &Headers<'_>) -> bool {
    // RFC 8058 §3.1: the field's value is exactly this pair.
    headers
        .named("list-unsubscribe-post")
        .next()
        .is_some_and(|field| field.unfolded().trim_ascii().eq_ignore_ascii_case(b"List-Unsubscribe=One-Click"))
}
