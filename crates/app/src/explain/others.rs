//! The evidence of the methods beside SPF, DKIM and DMARC, each under its own heading; historic ones last, and named so.

use auth::Others;
use auth::client::{Role, dns_lists, null_mx};
use dkim::domainkeys;
use mailtext::{Explain, Outcome};

use super::{Shown, sender_id_steps, sentence, steps};
use crate::say::Say;

type Part = (String, Vec<Shown>);

/// All parts; those without evidence are empty.
pub(super) fn parts(others: &Others, say: &Say) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut add = |title: String, shown: Vec<Shown>| parts.push((title, shown));
    if let Some(outcome) = &others.arc {
        add("ARC".to_owned(), steps(&outcome.evidence, say));
    }
    if let Some(outcome) = &others.bimi {
        add("BIMI".to_owned(), steps(&outcome.evidence, say));
    }
    if let Some(outcome) = &others.iprev {
        let reason = outcome.result.reason.as_ref();
        add("iprev".to_owned(), concluded(steps(&outcome.evidence, say), reason, say));
    }
    for outcome in others.null_mx.iter().flatten() {
        add(null_mx_title(&outcome.result), concluded(steps(&outcome.evidence, say), Some(&outcome.result), say));
    }
    for Outcome { result: entry, evidence } in others.dns_lists.iter().flat_map(|checked| &checked.entries) {
        add(list_title(entry), concluded(steps(evidence, say), Some(entry), say));
    }
    if let Some(outcome) = &others.smtp_auth {
        add("SMTP AUTH".to_owned(), steps(&outcome.evidence, say));
    }
    for outcome in others.reporting.iter().flatten() {
        add("DKIM r=y".to_owned(), steps(&outcome.evidence, say));
    }
    historic(others, say, &mut add);
    parts
}

fn historic(others: &Others, say: &Say, add: &mut impl FnMut(String, Vec<Shown>)) {
    let title = |id, method: &str| say.say(id, &[("method", method.into())]);
    if let Some(outcome) = &others.sender_id {
        let reason = outcome.result.reason.as_ref();
        add(title(HISTORIC, "Sender ID"), concluded(sender_id_steps(&outcome.evidence, say), reason, say));
    }
    if let Some(checked) = &others.domainkeys {
        for outcome in &checked.signatures {
            let name = signature_title(&outcome.result.parsed);
            add(title(HISTORIC, &name), steps(&outcome.evidence, say));
        }
        if let Some(outcome) = &checked.policy {
            add(title(HISTORIC, "DomainKeys _domainkey"), steps(&outcome.evidence, say));
        }
    }
    for outcome in others.adsp.iter().flatten() {
        let name = outcome.result.author.as_ref().map_or_else(|| "ADSP".to_owned(), |author| format!("ADSP {author}"));
        add(title(HISTORIC, &name), steps(&outcome.evidence, say));
    }
    for outcome in others.atps.iter().flatten() {
        let signer = outcome.result.signer.as_ref();
        let name = signer.map_or_else(|| "ATPS".to_owned(), |signer| format!("ATPS d={signer}"));
        add(title(EXPERIMENTAL, &name), steps(&outcome.evidence, say));
    }
}

/// … and the conclusion, where the steps do not have it.
fn concluded<E: Explain>(mut shown: Vec<Shown>, conclusion: Option<&E>, say: &Say) -> Vec<Shown> {
    shown.extend(conclusion.map(|conclusion| sentence(conclusion, say)));
    shown
}

fn null_mx_title(said: &null_mx::NullMx) -> String {
    let role = match said.role {
        Role::MailFrom => "MAIL FROM",
        Role::From => "From",
        Role::Helo => "HELO",
        Role::Signature => "DKIM",
    };
    format!("Null MX ({role})")
}

fn list_title(entry: &dns_lists::Entry) -> String {
    let kind = match (entry.color, &entry.key) {
        (dns_lists::Color::White, dns_lists::Key::Address(_)) => "DNSWL",
        (dns_lists::Color::Black, dns_lists::Key::Address(_)) => "DNSBL",
        (_, dns_lists::Key::Domain(_)) => "RHSBL",
    };
    format!("{kind} {}", entry.zone)
}

fn signature_title(parsed: &domainkeys::Parsed) -> String {
    let name = |domain: &Option<mailtext::Domain>| domain.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string);
    format!("DomainKeys d={} s={}", name(&parsed.domain), name(&parsed.selector))
}

const HISTORIC: &str = "verify-historic-method";
const EXPERIMENTAL: &str = "verify-experimental-method";
