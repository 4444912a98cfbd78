//! Reads failure reports: what a mail says in the part for machines, and of the message that it shows.

use std::net::{IpAddr, Ipv6Addr};

use mailtext::date::DateTime;
use mailtext::encode::decode_base64_lenient;
use mailtext::source::wire_form;
use mailtext::{AddressList, Headers, encoded_word};

use super::{AuthFailure, Failure};
use crate::deviation::{DeviationKind, Notes};
use crate::limits::{
    FAILURE_TEXT_BYTES_MAX, FAILURE_VALUE_COUNT_MAX, ORIGINAL_HEADER_BYTES_MAX, TEXT_BYTES_MAX, WORD_BYTES_MAX,
};
use crate::reason::{Reason, ReasonKind};
use crate::word::{Word, cut};

/// What a report shows of the message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Original<'o> {
    /// The message, or its beginning.
    Message(&'o [u8]),
    /// Its header alone.
    Headers(&'o [u8]),
}

/// Reads the part for machines, with what is shown of the message and what people are told.
///
/// # Errors
/// It has no Feedback-Type: it is no report.
pub fn read(
    report: &[u8],
    original: Option<Original<'_>>,
    text: Option<&str>,
    notes: &mut Notes,
) -> Result<Failure, Reason> {
    let wire = wire_form(report.trim_ascii_start());
    let headers = Headers::parse(&wire);
    // RFC 5965 §3.1: Feedback-Type is required, and what says which kind of report this is.
    if headers.named("feedback-type").next().is_none() {
        return Err(Reason::new(ReasonKind::NotAReport, "message/feedback-report"));
    }
    let mut failure = Failure { incidents: 1, ..Failure::default() };
    let mut met: Vec<String> = Vec::new();
    for field in headers.iter() {
        let name = String::from_utf8_lossy(cut_bytes(field.name, WORD_BYTES_MAX)).to_ascii_lowercase();
        let value = encoded_word::guess(&field.unfolded());
        let may_repeat = MAY_REPEAT.contains(&&*name);
        // RFC 5965 §3.2: these fields must not appear more than once.
        if !may_repeat && met.contains(&name) {
            notes.note(DeviationKind::FieldRepeated, &name);
            continue;
        }
        take(&mut failure, &name, &value, notes);
        if !may_repeat && met.len() < FAILURE_VALUE_COUNT_MAX {
            met.push(name);
        }
    }
    // RFC 5965 §3.1: these fields must be there.
    for needed in ["user-agent", "version"] {
        if !met.iter().any(|name| name == needed) {
            notes.note(DeviationKind::FieldMissing, needed);
        }
    }
    demand(&failure, notes);
    failure.text = text.map(|text| cut(text.trim(), FAILURE_TEXT_BYTES_MAX).into());
    if let Some(original) = original {
        show(&mut failure, original, notes);
    }
    Ok(failure)
}

/// RFC 5965 §3.3, RFC 6591 §3.2.6: these fields may be repeated.
const MAY_REPEAT: [&str; 5] =
    ["authentication-results", "original-rcpt-to", "reported-domain", "reported-uri", "spf-dns"];

/// What RFC 6591 and RFC 9991 demand of a report on authentication.
fn demand(failure: &Failure, notes: &mut Notes) {
    if &*failure.feedback_type != "auth-failure" {
        return;
    }
    let mut missing = |name: &str| notes.note(DeviationKind::FieldMissing, name);
    // RFC 6591 §3.2.1: Auth-Failure is required.
    if failure.auth_failure == Word::Missing {
        missing("auth-failure");
    }
    if failure.authentication_results.is_none() {
        missing("authentication-results");
    }
    match failure.auth_failure.known() {
        // RFC 9991 §4: Identity-Alignment is required.
        Some(AuthFailure::Dmarc) if failure.identity_alignment.is_none() => missing("identity-alignment"),
        // RFC 6591 §3.2.3: what DKIM reports must say.
        Some(AuthFailure::BodyHash | AuthFailure::Revoked | AuthFailure::Signature) => {
            if failure.dkim_domain.is_none() {
                missing("dkim-domain");
            }
            if failure.dkim_selector.is_none() {
                missing("dkim-selector");
            }
        }
        // RFC 6591 §3.2.6: the records that SPF looked at.
        Some(AuthFailure::Spf) if failure.spf_dns.is_empty() => missing("spf-dns"),
        _ => {}
    }
}

/// One field.
// RFC 5965 §6: fields that are not known MUST be ignored. RFC 5965 §8.4: none is believed to be short, or to be alone.
fn take(failure: &mut Failure, name: &str, value: &str, notes: &mut Notes) {
    let mut kept = || -> Box<str> {
        if value.len() > TEXT_BYTES_MAX {
            notes.note(DeviationKind::TextCut, name);
        }
        cut(value, TEXT_BYTES_MAX).into()
    };
    match name {
        "feedback-type" => failure.feedback_type = word(value).into(),
        "user-agent" => failure.user_agent = Some(kept()),
        "version" => {
            failure.version = Some(kept());
            // RFC 5965 §3.1: the version is 1.
            if value.trim() != "1" {
                notes.note(DeviationKind::Version, value);
            }
        }
        "auth-failure" => failure.auth_failure = auth_failure(value, notes),
        "identity-alignment" => failure.identity_alignment = Some(kept()),
        "delivery-result" => {
            let result = kept();
            // RFC 6591 §3.2.2: five words.
            if !["delivered", "spam", "policy", "reject", "other"].contains(&&*word(value)) {
                notes.note(DeviationKind::WordUnknown, &format!("{name} {value}"));
            }
            failure.delivery_result = Some(result);
        }
        "original-envelope-id" => failure.envelope_id = Some(kept()),
        "original-mail-from" => failure.mail_from = Some(path(&kept()).into()),
        "original-rcpt-to" => push(&mut failure.rcpt_to, path(&kept()), name, notes),
        "arrival-date" | "received-date" => arrival(failure, value, name, notes),
        "reporting-mta" => failure.reporting_mta = Some(kept()),
        "source-ip" => failure.source = address(value, name, notes),
        "source-port" => match word(value).parse() {
            Ok(port) => failure.source_port = Some(port),
            Err(_) => notes.note(DeviationKind::Number, &format!("{name} {value}")),
        },
        "incidents" => match word(value).parse::<u32>() {
            Ok(incidents) => failure.incidents = u64::from(incidents),
            Err(_) => notes.note(DeviationKind::Number, &format!("{name} {value}")),
        },
        "authentication-results" if failure.authentication_results.is_none() => {
            failure.authentication_results = Some(kept());
        }
        "authentication-results" if failure.auth_failure != Word::Missing => {
            // RFC 6591 §3.1: exactly once in a report on authentication.
            notes.note(DeviationKind::FieldRepeated, name);
        }
        "reported-domain" => push(&mut failure.reported_domains, &domain(value), name, notes),
        "reported-uri" => push(&mut failure.reported_uris, value, name, notes),
        "dkim-domain" => failure.dkim_domain = Some(domain(value).into()),
        "dkim-identity" => failure.dkim_identity = Some(kept()),
        "dkim-selector" => failure.dkim_selector = Some(kept()),
        "dkim-canonicalized-header" => {
            let decoded = decode_base64_lenient(cut(value, 2 * ORIGINAL_HEADER_BYTES_MAX).as_bytes());
            let text = encoded_word::guess(&decoded);
            failure.dkim_canonicalized_header = Some(cut(&text, ORIGINAL_HEADER_BYTES_MAX).into());
        }
        "dkim-adsp-dns" => failure.adsp_dns = Some(kept()),
        "spf-dns" => push(&mut failure.spf_dns, value, name, notes),
        _ => {}
    }
}

/// The first word of a value, in lower case; comments may stand behind it (RFC 6591 §3.3, §4).
fn word(value: &str) -> String {
    let value = value.trim();
    let value = value.split(|character: char| character.is_whitespace() || "(;".contains(character)).next();
    cut(value.unwrap_or_default(), WORD_BYTES_MAX).to_ascii_lowercase()
}

/// A path without its angle brackets.
fn path(value: &str) -> &str {
    let value = value.trim();
    value.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(value)
}

fn domain(value: &str) -> String {
    let value = word(cut(value, TEXT_BYTES_MAX));
    value.trim_end_matches('.').to_owned()
}

fn push(values: &mut Vec<Box<str>>, value: &str, name: &str, notes: &mut Notes) {
    if values.len() >= FAILURE_VALUE_COUNT_MAX {
        notes.note(DeviationKind::TooMany, name);
        return;
    }
    if value.len() > TEXT_BYTES_MAX {
        notes.note(DeviationKind::TextCut, name);
    }
    values.push(cut(value.trim(), TEXT_BYTES_MAX).into());
}

fn auth_failure(value: &str, notes: &mut Notes) -> Word<AuthFailure> {
    let text = word(value);
    let known = match &*text {
        "" => return Word::Missing,
        "adsp" => AuthFailure::Adsp,
        "bodyhash" => AuthFailure::BodyHash,
        "revoked" => AuthFailure::Revoked,
        "signature" => AuthFailure::Signature,
        "spf" => AuthFailure::Spf,
        "dmarc" => AuthFailure::Dmarc,
        "dkim" => {
            notes.note(DeviationKind::WordAlias, "auth-failure dkim");
            AuthFailure::Signature
        }
        _ => {
            notes.note(DeviationKind::WordUnknown, &format!("auth-failure {text}"));
            return Word::Other(text.into());
        }
    };
    if !value.trim().starts_with(&*text) {
        notes.note(DeviationKind::WordCase, &format!("auth-failure {value}"));
    }
    Word::Known(known)
}

fn arrival(failure: &mut Failure, value: &str, name: &str, notes: &mut Notes) {
    if failure.arrival_s.is_some() {
        // RFC 5965 §3.2: with both Arrival-Date and Received-Date the report is malformed.
        notes.note(DeviationKind::FieldRepeated, name);
        return;
    }
    match DateTime::parse(value.as_bytes()) {
        Ok(date) => failure.arrival_s = Some(date.unix_seconds),
        Err(_) => match crate::moment::read(value) {
            Some((seconds, _)) => {
                notes.note(DeviationKind::Date, &format!("{name} {value}"));
                failure.arrival_s = i64::try_from(seconds).ok();
            }
            None => notes.note(DeviationKind::Date, &format!("{name} {value}")),
        },
    }
}

/// An address, as SMTP has it or alone; a name may stand behind it.
fn address(value: &str, name: &str, notes: &mut Notes) -> Option<IpAddr> {
    let text = value.split(|character: char| character.is_whitespace() || character == '(').next().unwrap_or_default();
    let inner = text.trim_start_matches('[').trim_end_matches(']');
    // RFC 5321 §4.1.3: IPv6 addresses have a mark.
    let marked = inner.get(..5).filter(|mark| mark.eq_ignore_ascii_case("ipv6:")).and_then(|_| inner.get(5..));
    let found = match marked {
        Some(inner) => inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => inner.parse::<IpAddr>().ok(),
    };
    if found.is_none() {
        notes.note(DeviationKind::Address, &format!("{name} {value}"));
    }
    found.map(|address| address.to_canonical())
}

/// What is shown of the message: its header, and who it says it is.
fn show(failure: &mut Failure, original: Original<'_>, notes: &mut Notes) {
    let (Original::Message(bytes) | Original::Headers(bytes)) = original;
    let wire = wire_form(bytes.trim_ascii_start());
    let headers = Headers::parse(&wire);
    let block = wire.get(..headers.body_start()).unwrap_or_default();
    if block.len() > ORIGINAL_HEADER_BYTES_MAX {
        notes.note(DeviationKind::TextCut, "message/rfc822");
    }
    failure.original_header = Some(cut_bytes(block, ORIGINAL_HEADER_BYTES_MAX).into());
    if let Some(from) = headers.named("from").next() {
        let (list, _) = AddressList::parse(from.value);
        let found =
            list.mailboxes().next().and_then(|mailbox| mailbox.domain_name().map(|name| name.as_str().to_owned()));
        failure.header_from = found.map(|domain| domain.to_ascii_lowercase().into());
    }
    let text = |name: &str| -> Option<Box<str>> {
        let field = headers.named(name).next()?;
        Some(cut(encoded_word::decode(&field.unfolded()).trim(), TEXT_BYTES_MAX).into())
    };
    failure.subject = text("subject");
    failure.message_id = text("message-id");
}

fn cut_bytes(bytes: &[u8], count: usize) -> &[u8] {
    bytes.get(..count).unwrap_or(bytes)
}

/// Reads the report of Exim's example configurations, which has no part for machines: lines of names and values, then the
/// message's header. `None` when the text is something else.
#[must_use]
pub fn read_text(text: &str) -> Option<Failure> {
    const COPY: &str = "------ This is a copy of the headers";
    let (report, copy) = match text.find(COPY) {
        Some(at) => (text.get(..at)?, text.get(at..)?.split_once('\n').map(|(_, header)| header)),
        None => (text, None),
    };
    let value = |name: &str| {
        let of_line = |line: &str| {
            let (key, value) = line.split_once(':')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        report.lines().find_map(of_line)
    };
    let (sender, address_text) = (value("Sender Domain")?, value("Sender IP Address")?);
    let mut failure = Failure {
        feedback_type: "auth-failure".into(),
        auth_failure: Word::Known(AuthFailure::Dmarc),
        reported_domains: vec![domain(&sender).into()],
        source: address(&address_text, "", &mut Notes::default()),
        incidents: 1,
        arrival_s: value("Received date")
            .and_then(|date| DateTime::parse(date.as_bytes()).ok())
            .map(|date| date.unix_seconds),
        delivery_result: value("DMARC Results").map(|result| cut(&result, TEXT_BYTES_MAX).into()),
        text: Some(cut(report.trim(), FAILURE_TEXT_BYTES_MAX).into()),
        ..Failure::default()
    };
    let unaligned = |name: &str| value(name).is_some_and(|word| word.eq_ignore_ascii_case("no"));
    // RFC 9991 §4: the mechanisms that gave no aligned pass.
    failure.identity_alignment = match (unaligned("DKIM Alignment"), unaligned("SPF Alignment")) {
        (true, true) => Some("dkim, spf".into()),
        (true, false) => Some("dkim".into()),
        (false, true) => Some("spf".into()),
        (false, false) => None,
    };
    if let Some(header) = copy {
        show(&mut failure, Original::Headers(header.as_bytes()), &mut Notes::default());
    }
    Some(failure)
}
