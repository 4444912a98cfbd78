//! Failure reports (RFC 5965, 6591, 9991): one message that failed.

pub mod incident;
pub mod read;
pub mod throttle;
pub mod write;

use std::net::IpAddr;

use crate::word::Word;

/// A failure report, of any feedback type.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Failure {
    /// `Feedback-Type`: `auth-failure` for ours, `abuse`, `fraud` … for those of RFC 5965.
    pub feedback_type: Box<str>,
    /// `User-Agent`.
    pub user_agent: Option<Box<str>>,
    /// `Version`.
    pub version: Option<Box<str>>,
    /// `Auth-Failure`.
    pub auth_failure: Word<AuthFailure>,
    /// `Identity-Alignment`, as it stood there: `none`, or mechanisms.
    pub identity_alignment: Option<Box<str>>,
    /// `Delivery-Result`, as it stood there.
    pub delivery_result: Option<Box<str>>,
    /// `Original-Envelope-Id`.
    pub envelope_id: Option<Box<str>>,
    /// `Original-Mail-From`.
    pub mail_from: Option<Box<str>>,
    /// `Original-Rcpt-To`, every one.
    pub rcpt_to: Vec<Box<str>>,
    /// `Arrival-Date` (or `Received-Date`), in seconds since 1970.
    pub arrival_s: Option<i64>,
    /// `Reporting-MTA`.
    pub reporting_mta: Option<Box<str>>,
    /// `Source-IP`.
    pub source: Option<IpAddr>,
    /// `Source-Port`.
    pub source_port: Option<u16>,
    /// `Incidents`; 1 when it is not said.
    pub incidents: u64,
    /// `Authentication-Results`, as it stood there.
    pub authentication_results: Option<Box<str>>,
    /// `Reported-Domain`, every one, in lower case.
    pub reported_domains: Vec<Box<str>>,
    /// `Reported-URI`, every one.
    pub reported_uris: Vec<Box<str>>,
    /// `DKIM-Domain`, in lower case.
    pub dkim_domain: Option<Box<str>>,
    /// `DKIM-Identity`.
    pub dkim_identity: Option<Box<str>>,
    /// `DKIM-Selector`.
    pub dkim_selector: Option<Box<str>>,
    /// `DKIM-Canonicalized-Header`, decoded, cut to a limit.
    pub dkim_canonicalized_header: Option<Box<str>>,
    /// `DKIM-ADSP-DNS`.
    pub adsp_dns: Option<Box<str>>,
    /// `SPF-DNS`, every one.
    pub spf_dns: Vec<Box<str>>,
    /// What the report shows of the message: its header, cut to a limit.
    pub original_header: Option<Box<[u8]>>,
    /// The domain of the message's From, in lower case, where it can be read.
    pub header_from: Option<Box<str>>,
    /// The message's Subject, decoded.
    pub subject: Option<Box<str>>,
    /// The message's Message-ID.
    pub message_id: Option<Box<str>>,
    /// The first part: what a person is told.
    pub text: Option<Box<str>>,
}

/// `Auth-Failure` (RFC 6591 §3.2.1, RFC 9991).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AuthFailure {
    /// `adsp`.
    Adsp,
    /// `bodyhash`.
    BodyHash,
    /// `revoked`.
    Revoked,
    /// `signature`.
    Signature,
    /// `spf`.
    Spf,
    /// `dmarc`.
    Dmarc,
}
