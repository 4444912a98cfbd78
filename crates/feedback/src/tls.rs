//! TLS reports (RFC 8460): how sessions with a domain's mail servers began.

pub mod read;

use std::net::IpAddr;

use crate::word::Word;

/// A TLS report.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tls {
    /// `organization-name`.
    pub organization: Box<str>,
    /// `contact-info`.
    pub contact: Box<str>,
    /// `report-id`.
    pub report_id: Box<str>,
    /// `date-range/start-datetime`, in seconds since 1970.
    pub begin_s: u64,
    /// `date-range/end-datetime`, in seconds since 1970.
    pub end_s: u64,
    /// `policies`.
    pub policies: Vec<TlsPolicy>,
}

/// What was found of one policy.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TlsPolicy {
    /// `policy-type`.
    pub kind: Word<PolicyKind>,
    /// `policy-string`, every line.
    pub text: Vec<Box<str>>,
    /// `policy-domain`, in lower case.
    pub domain: Box<str>,
    /// `mx-host`, every one.
    pub mx_hosts: Vec<Box<str>>,
    /// `total-successful-session-count`.
    pub successful_count: u64,
    /// `total-failure-session-count`.
    pub failed_count: u64,
    /// `failure-details`.
    pub failures: Vec<TlsFailure>,
}

/// Sessions that failed in one way.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TlsFailure {
    /// `result-type`.
    pub result: Word<TlsResult>,
    /// `sending-mta-ip`.
    pub sending_ip: Option<IpAddr>,
    /// `receiving-mx-hostname`.
    pub mx_host: Option<Box<str>>,
    /// `receiving-mx-helo`.
    pub mx_helo: Option<Box<str>>,
    /// `receiving-ip`.
    pub receiving_ip: Option<IpAddr>,
    /// `failed-session-count`.
    pub count: u64,
    /// `additional-information`.
    pub more: Option<Box<str>>,
    /// `failure-reason-code`.
    pub reason_code: Option<Box<str>>,
}

/// `policy-type`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PolicyKind {
    /// `tlsa`.
    Tlsa,
    /// `sts`.
    Sts,
    /// `no-policy-found`.
    None,
}

/// `result-type` (RFC 8460 §4.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TlsResult {
    /// `starttls-not-supported`.
    StartTlsNotSupported,
    /// `certificate-host-mismatch`.
    CertificateHostMismatch,
    /// `certificate-expired`.
    CertificateExpired,
    /// `certificate-not-trusted`.
    CertificateNotTrusted,
    /// `validation-failure`.
    ValidationFailure,
    /// `tlsa-invalid`.
    TlsaInvalid,
    /// `dnssec-invalid`.
    DnssecInvalid,
    /// `dane-required`.
    DaneRequired,
    /// `sts-policy-fetch-error`.
    StsPolicyFetchError,
    /// `sts-policy-invalid`.
    StsPolicyInvalid,
    /// `sts-webpki-invalid`.
    StsWebpkiInvalid,
}

impl TlsResult {
    /// The word of the standard.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StartTlsNotSupported => "starttls-not-supported",
            Self::CertificateHostMismatch => "certificate-host-mismatch",
            Self::CertificateExpired => "certificate-expired",
            Self::CertificateNotTrusted => "certificate-not-trusted",
            Self::ValidationFailure => "validation-failure",
            Self::TlsaInvalid => "tlsa-invalid",
            Self::DnssecInvalid => "dnssec-invalid",
            Self::DaneRequired => "dane-required",
            Self::StsPolicyFetchError => "sts-policy-fetch-error",
            Self::StsPolicyInvalid => "sts-policy-invalid",
            Self::StsWebpkiInvalid => "sts-webpki-invalid",
        }
    }
}
