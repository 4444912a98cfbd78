//! Reads TLS reports (RFC 8460 §4.4): JSON, in all the shapes in which it is met.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::{PolicyKind, Tls, TlsFailure, TlsPolicy, TlsResult};
use crate::deviation::{DeviationKind, Notes};
use crate::limits::{
    MESSAGE_COUNT_MAX, TEXT_BYTES_MAX, TLS_FAILURE_COUNT_MAX, TLS_LINE_COUNT_MAX, TLS_POLICY_COUNT_MAX, WORD_BYTES_MAX,
};
use crate::moment::{self, Form};
use crate::reason::{Reason, ReasonKind};
use crate::word::{Word, cut};

/// Reads a report. Its length is to be bounded by who calls ([`crate::limits::JSON_BYTES_MAX`]): what JSON says needs
/// several times its length in memory.
///
/// # Errors
/// It is no JSON, or another kind of it.
pub fn read(bytes: &[u8], notes: &mut Notes) -> Result<Tls, Reason> {
    let document = document(bytes, notes)?;
    let Value::Object(members) = document else { return Err(Reason::new(ReasonKind::NotAReport, "JSON")) };
    // Whatever else is missing: without policies and without a period it is something else.
    let is_report = members.keys().any(|name| ["policies", "daterange"].contains(&&*plain(cut(name, WORD_BYTES_MAX))));
    if !is_report {
        return Err(Reason::new(ReasonKind::NotAReport, "JSON"));
    }
    let mut object = Object::of(members, REPORT, "", notes);
    let mut report = Tls {
        organization: object.text("organization-name", notes).unwrap_or_default(),
        contact: object.text("contact-info", notes).unwrap_or_default(),
        report_id: object.text("report-id", notes).unwrap_or_default(),
        ..Tls::default()
    };
    for (name, value) in [
        ("organization-name", &report.organization),
        ("contact-info", &report.contact),
        ("report-id", &report.report_id),
    ] {
        if value.is_empty() {
            notes.note(DeviationKind::FieldMissing, name);
        }
    }
    match object.object("date-range", RANGE, notes) {
        Some(mut range) => {
            report.begin_s = range.time("start-datetime", notes);
            report.end_s = range.time("end-datetime", notes);
            if report.begin_s > report.end_s && report.end_s > 0 {
                notes.note(DeviationKind::Period, &format!("{} > {}", report.begin_s, report.end_s));
            }
        }
        None => notes.note(DeviationKind::FieldMissing, "date-range"),
    }
    // RFC 8460 §4: of one policy domain, or of several policies of it.
    let policies = object.list("policies", notes);
    if policies.is_empty() {
        notes.note(DeviationKind::NoRecords, "policies");
    }
    // RFC 8460 §7: what strangers write is bounded, and only read.
    if policies.len() > TLS_POLICY_COUNT_MAX {
        notes.note_times(DeviationKind::TooMany, "policies", (policies.len() - TLS_POLICY_COUNT_MAX) as u64);
    }
    report.policies =
        policies.into_iter().take(TLS_POLICY_COUNT_MAX).filter_map(|value| policy(value, notes)).collect();
    Ok(report)
}

/// The JSON. Line ends inside of strings, which whoever folds lines makes, count as blanks.
fn document(bytes: &[u8], notes: &mut Notes) -> Result<Value, Reason> {
    let refused = |error: serde_json::Error| Reason::new(ReasonKind::Json, &error.to_string());
    match serde_json::from_slice(bytes) {
        Ok(document) => Ok(document),
        Err(error) if bytes.iter().any(u8::is_ascii_control) => {
            let plain: Vec<u8> = bytes.iter().map(|byte| if byte.is_ascii_control() { b' ' } else { *byte }).collect();
            let document = serde_json::from_slice(&plain).map_err(|_| refused(error))?;
            notes.note(DeviationKind::Encoding, "control characters");
            Ok(document)
        }
        Err(error) => Err(refused(error)),
    }
}

const REPORT: &[&str] = &["organization-name", "date-range", "contact-info", "report-id", "policies"];
const RANGE: &[&str] = &["start-datetime", "end-datetime"];
const ENTRY: &[&str] = &["policy", "summary", "failure-details"];
const POLICY: &[&str] = &["policy-type", "policy-string", "policy-domain", "mx-host"];
const SUMMARY: &[&str] = &["total-successful-session-count", "total-failure-session-count"];
const DETAIL: &[&str] = &[
    "result-type",
    "sending-mta-ip",
    "receiving-mx-hostname",
    "receiving-mx-helo",
    "receiving-ip",
    "failed-session-count",
    "additional-information",
    "failure-reason-code",
];

/// Words that are known under other names, in plain letters.
const OTHER_NAMES: [(&str, &str); 3] = [
    // RFC 8460 §4.4 itself calls it so in its explanation.
    ("mxhostpattern", "mx-host"),
    ("additionalinfouri", "additional-information"),
    ("failuredetail", "failure-details"),
];

/// An object, its members by the standard's names.
struct Object {
    members: Vec<(&'static str, Value)>,
    path: String,
}

/// A name without what tells kebab, snake and camel apart.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase()).collect()
}

impl Object {
    fn of(members: Map<String, Value>, names: &'static [&'static str], path: &str, notes: &mut Notes) -> Self {
        let mut found: Vec<(&'static str, Value)> = Vec::new();
        for (name, value) in members {
            let exact = names.iter().find(|known| **known == name);
            let known = exact.or_else(|| {
                let letters = plain(cut(&name, WORD_BYTES_MAX));
                let other =
                    OTHER_NAMES.iter().find(|(other, _)| *other == letters).map(|(_, standard)| plain(standard));
                let letters = other.unwrap_or(letters);
                let known = names.iter().find(|known| plain(known) == letters);
                let kind = if known.is_some() { DeviationKind::FieldAlias } else { DeviationKind::FieldUnknown };
                notes.note(kind, &name);
                known
            });
            if let Some(known) = known {
                if found.iter().any(|(other, _)| other == known) {
                    notes.note(DeviationKind::FieldRepeated, known);
                } else {
                    found.push((known, value));
                }
            }
        }
        Self { members: found, path: path.to_owned() }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.members.iter().position(|(known, _)| *known == name)?;
        Some(self.members.swap_remove(at).1).filter(|value| !value.is_null())
    }

    fn place(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}/{name}", self.path) }
    }

    fn object(&mut self, name: &'static str, names: &'static [&'static str], notes: &mut Notes) -> Option<Self> {
        match self.take(name)? {
            Value::Object(members) => Some(Self::of(members, names, name, notes)),
            _ => {
                notes.note(DeviationKind::ValueType, &self.place(name));
                None
            }
        }
    }

    /// A list; one value alone is a list of one.
    fn list(&mut self, name: &str, notes: &mut Notes) -> Vec<Value> {
        match self.take(name) {
            None => Vec::new(),
            Some(Value::Array(values)) => values,
            Some(value) => {
                notes.note(DeviationKind::ValueType, &self.place(name));
                vec![value]
            }
        }
    }

    fn text(&mut self, name: &str, notes: &mut Notes) -> Option<Box<str>> {
        let place = self.place(name);
        let value = self.take(name)?;
        text(&value, &place, notes)
    }

    /// Texts, and what stands for them.
    fn texts(&mut self, name: &str, notes: &mut Notes) -> Vec<Box<str>> {
        let place = self.place(name);
        let values = self.list(name, notes);
        if values.len() > TLS_LINE_COUNT_MAX {
            notes.note(DeviationKind::TooMany, &place);
        }
        values.iter().take(TLS_LINE_COUNT_MAX).filter_map(|value| text(value, &place, notes)).collect()
    }

    fn time(&mut self, name: &str, notes: &mut Notes) -> u64 {
        let place = self.place(name);
        let Some(text) = self.text(name, notes) else {
            notes.note(DeviationKind::FieldMissing, &place);
            return 0;
        };
        // RFC 8460 §4.4: as RFC 3339 has it.
        match moment::read(&text) {
            Some((seconds, Form::Rfc3339)) => seconds,
            found => {
                notes.note(DeviationKind::Date, &format!("{place} {text}"));
                found.map(|(seconds, _)| seconds).unwrap_or_default()
            }
        }
    }

    fn number(&mut self, name: &str, notes: &mut Notes) -> u64 {
        let place = self.place(name);
        let Some(value) = self.take(name) else {
            notes.note(DeviationKind::FieldMissing, &place);
            return 0;
        };
        let number = match &value {
            Value::Number(number) => number.as_u64().or_else(|| {
                let whole = number.as_f64().filter(|number| *number >= 0.0 && number.fract() == 0.0)?;
                notes.note(DeviationKind::Number, &format!("{place} {whole}"));
                format!("{whole}").parse().ok()
            }),
            Value::String(text) => {
                // RFC 8460 §4.4: an integer, encoded as a JSON number.
                notes.note(DeviationKind::ValueType, &place);
                text.trim().parse().ok()
            }
            _ => None,
        };
        match number.filter(|number| *number <= MESSAGE_COUNT_MAX) {
            Some(number) => number,
            None => {
                notes.note(DeviationKind::Number, &format!("{place} {}", cut(&value.to_string(), WORD_BYTES_MAX)));
                0
            }
        }
    }

    fn address(&mut self, name: &str, notes: &mut Notes) -> Option<IpAddr> {
        let text = self.text(name, notes)?;
        let found = text.trim_matches(['[', ']', ' ']).parse::<IpAddr>().ok();
        if found.is_none() {
            notes.note(DeviationKind::Address, &format!("{name} {text}"));
        }
        found.map(|address| address.to_canonical())
    }
}

fn text(value: &Value, place: &str, notes: &mut Notes) -> Option<Box<str>> {
    match value {
        Value::String(text) => {
            if text.len() > TEXT_BYTES_MAX {
                notes.note(DeviationKind::TextCut, place);
            }
            Some(cut(text.trim(), TEXT_BYTES_MAX).into())
        }
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) => {
            notes.note(DeviationKind::ValueType, place);
            Some(value.to_string().into())
        }
        Value::Array(_) | Value::Object(_) => {
            notes.note(DeviationKind::ValueType, place);
            None
        }
    }
}

fn policy(value: Value, notes: &mut Notes) -> Option<TlsPolicy> {
    let Value::Object(members) = value else {
        notes.note(DeviationKind::ValueType, "policies");
        return None;
    };
    let mut entry = Object::of(members, ENTRY, "policies", notes);
    let mut made = TlsPolicy::default();
    match entry.object("policy", POLICY, notes) {
        Some(mut policy) => {
            made.kind = kind(&policy.text("policy-type", notes).unwrap_or_default(), notes);
            made.text = policy.texts("policy-string", notes);
            let domain = policy.text("policy-domain", notes).unwrap_or_default();
            if domain.is_empty() {
                notes.note(DeviationKind::FieldMissing, "policy/policy-domain");
            }
            made.domain = domain.trim_end_matches('.').to_ascii_lowercase().into();
            made.mx_hosts = policy.texts("mx-host", notes);
        }
        None => notes.note(DeviationKind::FieldMissing, "policies/policy"),
    }
    // RFC 8460 §4.2, §4.2.1, §4.2.2: both counts are of the policy, whatever the details add up to.
    match entry.object("summary", SUMMARY, notes) {
        Some(mut summary) => {
            made.successful_count = summary.number("total-successful-session-count", notes);
            made.failed_count = summary.number("total-failure-session-count", notes);
        }
        None => notes.note(DeviationKind::FieldMissing, "policies/summary"),
    }
    let details = entry.list("failure-details", notes);
    if details.len() > TLS_FAILURE_COUNT_MAX {
        notes.note_times(DeviationKind::TooMany, "failure-details", (details.len() - TLS_FAILURE_COUNT_MAX) as u64);
    }
    made.failures = details.into_iter().take(TLS_FAILURE_COUNT_MAX).filter_map(|value| failure(value, notes)).collect();
    Some(made)
}

fn failure(value: Value, notes: &mut Notes) -> Option<TlsFailure> {
    let Value::Object(members) = value else {
        notes.note(DeviationKind::ValueType, "failure-details");
        return None;
    };
    let mut detail = Object::of(members, DETAIL, "failure-details", notes);
    Some(TlsFailure {
        result: result(&detail.text("result-type", notes).unwrap_or_default(), notes),
        sending_ip: detail.address("sending-mta-ip", notes),
        mx_host: detail.text("receiving-mx-hostname", notes),
        mx_helo: detail.text("receiving-mx-helo", notes),
        receiving_ip: detail.address("receiving-ip", notes),
        count: detail.number("failed-session-count", notes),
        more: detail.text("additional-information", notes),
        reason_code: detail.text("failure-reason-code", notes),
    })
}

fn kind(text: &str, notes: &mut Notes) -> Word<PolicyKind> {
    // RFC 8460 §4.4: three words.
    let words = [("tlsa", PolicyKind::Tlsa), ("sts", PolicyKind::Sts), ("no-policy-found", PolicyKind::None)];
    word(text, &words, "policy-type", notes)
}

fn result(text: &str, notes: &mut Notes) -> Word<TlsResult> {
    // RFC 8460 §4.3, §4.3.1, §4.3.2, §4.3.3: the result types.
    let words = [
        ("starttls-not-supported", TlsResult::StartTlsNotSupported),
        ("certificate-host-mismatch", TlsResult::CertificateHostMismatch),
        ("certificate-expired", TlsResult::CertificateExpired),
        ("certificate-not-trusted", TlsResult::CertificateNotTrusted),
        ("validation-failure", TlsResult::ValidationFailure),
        ("tlsa-invalid", TlsResult::TlsaInvalid),
        ("dnssec-invalid", TlsResult::DnssecInvalid),
        ("dane-required", TlsResult::DaneRequired),
        ("sts-policy-fetch-error", TlsResult::StsPolicyFetchError),
        ("sts-policy-invalid", TlsResult::StsPolicyInvalid),
        ("sts-webpki-invalid", TlsResult::StsWebpkiInvalid),
    ];
    word(text, &words, "result-type", notes)
}

fn word<T: Copy>(text: &str, words: &[(&str, T)], place: &str, notes: &mut Notes) -> Word<T> {
    if text.is_empty() {
        notes.note(DeviationKind::FieldMissing, place);
        return Word::Missing;
    }
    if let Some((_, word)) = words.iter().find(|(known, _)| *known == text) {
        return Word::Known(*word);
    }
    let example = format!("{place} {}", cut(text, WORD_BYTES_MAX));
    if let Some((_, word)) = words.iter().find(|(known, _)| known.eq_ignore_ascii_case(text)) {
        notes.note(DeviationKind::WordCase, &example);
        return Word::Known(*word);
    }
    let letters = plain(cut(text, WORD_BYTES_MAX));
    if let Some((_, word)) = words.iter().find(|(known, _)| plain(known) == letters) {
        notes.note(DeviationKind::WordAlias, &example);
        return Word::Known(*word);
    }
    notes.note(DeviationKind::WordUnknown, &example);
    Word::Other(cut(text, WORD_BYTES_MAX).into())
}
