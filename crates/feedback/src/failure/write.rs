//! Failure reports as mail: the part for machines, and the whole.

use std::fmt::Write as _;
use std::net::IpAddr;

use mailtext::date::DateTime;

use super::{AuthFailure, Failure};
use crate::mail::Letter;
use crate::redact::fold;
use crate::word::Word;

/// The part for machines, `message/feedback-report`: lines that end with CRLF.
#[must_use]
pub fn fields(failure: &Failure) -> String {
    let mut text = String::with_capacity(1024);
    let auth_failure = match &failure.auth_failure {
        Word::Known(kind) => Some(kind.as_str()),
        Word::Other(kind) => Some(&**kind),
        Word::Missing => None,
    };
    // RFC 5965 §3.1: these three are in every report.
    put(&mut text, "Feedback-Type", Some(&failure.feedback_type));
    put(&mut text, "Version", failure.version.as_deref());
    put(&mut text, "User-Agent", failure.user_agent.as_deref());
    put(&mut text, "Auth-Failure", auth_failure);
    put(&mut text, "Authentication-Results", failure.authentication_results.as_deref());
    put(&mut text, "Identity-Alignment", failure.identity_alignment.as_deref());
    put(&mut text, "Delivery-Result", failure.delivery_result.as_deref());
    put(&mut text, "DKIM-Domain", failure.dkim_domain.as_deref());
    put(&mut text, "DKIM-Identity", failure.dkim_identity.as_deref());
    put(&mut text, "DKIM-Selector", failure.dkim_selector.as_deref());
    put(&mut text, "DKIM-ADSP-DNS", failure.adsp_dns.as_deref());
    failure.spf_dns.iter().for_each(|record| put(&mut text, "SPF-DNS", Some(record)));
    put(&mut text, "Original-Envelope-Id", failure.envelope_id.as_deref());
    put(&mut text, "Original-Mail-From", failure.mail_from.as_ref().map(|path| format!("<{path}>")).as_deref());
    failure.rcpt_to.iter().for_each(|path| put(&mut text, "Original-Rcpt-To", Some(&format!("<{path}>"))));
    let date = failure.arrival_s.map(|unix_seconds| DateTime { unix_seconds, offset_minutes: 0 }.to_string());
    put(&mut text, "Arrival-Date", date.as_deref());
    put(&mut text, "Reporting-MTA", failure.reporting_mta.as_deref());
    put(&mut text, "Source-IP", failure.source.map(address).as_deref());
    put(&mut text, "Source-Port", failure.source_port.map(|port| port.to_string()).as_deref());
    failure.reported_domains.iter().for_each(|domain| put(&mut text, "Reported-Domain", Some(domain)));
    failure.reported_uris.iter().for_each(|uri| put(&mut text, "Reported-URI", Some(uri)));
    // RFC 5965 §3.2: an unsigned number of 32 bits; absent means 1.
    let incidents = failure.incidents.min(u64::from(u32::MAX));
    put(&mut text, "Incidents", (incidents > 1).then(|| incidents.to_string()).as_deref());
    text
}

/// The mail that carries a failure report. `text` is what a person is told, in one language or in two.
#[must_use]
pub fn letter(failure: &Failure, text: &str, date_s: u64) -> Letter {
    let domain = failure.reported_domains.first().map_or("unknown", |domain| domain);
    let what = match failure.auth_failure.known() {
        Some(AuthFailure::Dmarc) | None => "DMARC",
        Some(AuthFailure::Spf) => "SPF",
        Some(_) => "DKIM",
    };
    // RFC 9991 §7.3, RFC 5965 §8.5, §8.7: without a body there is no attachment, no link and no malware to pass on.
    // The subject of the message stays out of it: it is what the message says.
    let subject = [format!("{what} failure report for {domain}")];
    let header = String::from_utf8_lossy(failure.original_header.as_deref().unwrap_or_default());
    Letter::with_fields(&subject, text, &fields(failure), &header, date_s)
}

fn put(text: &mut String, name: &str, value: Option<&str>) {
    let Some(value) = value else { return };
    let printable = |character: char| if character == ' ' || character.is_ascii_graphic() { character } else { '?' };
    let value: String = value.chars().map(printable).collect();
    let _ = write!(text, "{name}:");
    fold(text, &value);
}

// RFC 5965 §3.2: addresses are written as in SMTP: with a mark before those of IPv6.
fn address(source: IpAddr) -> String {
    match source.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("IPv6:{address}"),
    }
}

impl AuthFailure {
    /// The word of the field.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Adsp => "adsp",
            Self::BodyHash => "bodyhash",
            Self::Revoked => "revoked",
            Self::Signature => "signature",
            Self::Spf => "spf",
            Self::Dmarc => "dmarc",
        }
    }
}
