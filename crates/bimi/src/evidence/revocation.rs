//! Revocation lists (RFC 5280 §5 and §6.3), as far as complete lists of the issuer's own go.

use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension};
use x509_parser::prelude::{CertificateRevocationList, FromDer, X509Certificate};

use lookup::fetch::HttpsUrl;

use super::signature;

/// What a revocation list says of a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Revocation {
    /// It is not on the list.
    Good,
    /// It is.
    Revoked,
    /// The list cannot tell.
    Unknown(RevocationDoubt),
}

/// Why it is not known whether a certificate is revoked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RevocationDoubt {
    /// The list is published at addresses other than `https` alone; nothing else is fetched.
    NotHttps,
    /// The list could not be had.
    NotFetched,
    /// What came is no revocation list.
    Malformed,
    /// The list is another issuer's, or its signature does not hold.
    Issuer,
    /// The list is not yet or no longer current.
    NotCurrent,
    /// The list is for other certificates.
    Scope,
}

/// Where the list for a certificate is published: `None` without the extension.
pub(super) fn points(certificate: &X509Certificate<'_>) -> Option<Vec<HttpsUrl>> {
    let mut urls = None;
    for extension in certificate.extensions() {
        let ParsedExtension::CRLDistributionPoints(points) = extension.parsed_extension() else { continue };
        let urls: &mut Vec<HttpsUrl> = urls.get_or_insert_with(Vec::new);
        // RFC 5280 §4.2.1.13: a point of another issuer's list, or for some reasons only, is not the whole truth.
        for point in points.iter().filter(|point| point.crl_issuer.is_none() && point.reasons.is_none()) {
            let Some(DistributionPointName::FullName(names)) = &point.distribution_point else { continue };
            let names = names.iter().filter_map(|name| match name {
                GeneralName::URI(uri) => HttpsUrl::parse(uri).ok(),
                _ => None,
            });
            urls.extend(names);
        }
    }
    urls
}

/// What the list `der`, of the issuer with this key, says of `certificate`.
pub(super) fn judge(der: &[u8], certificate: &X509Certificate<'_>, issuer_key: &[u8], now_s: i64) -> Revocation {
    let unknown = Revocation::Unknown;
    let Ok((rest, list)) = CertificateRevocationList::from_der(der) else {
        return unknown(RevocationDoubt::Malformed);
    };
    if !rest.is_empty() || list.signature_algorithm != list.tbs_cert_list.signature {
        return unknown(RevocationDoubt::Malformed);
    }
    // RFC 5280 §6.3.3 (b): the list's issuer is the certificate's. (f), (g): its key made the signature.
    if list.issuer().as_raw() != certificate.issuer().as_raw() || !signature::holds(der, issuer_key) {
        return unknown(RevocationDoubt::Issuer);
    }
    // RFC 5280 §5.1.2.5: the next list is issued no later than nextUpdate.
    let stale = list.next_update().is_none_or(|next| next.timestamp() < now_s);
    if stale || list.last_update().timestamp() > now_s {
        return unknown(RevocationDoubt::NotCurrent);
    }
    if !covers(&list, certificate.is_ca()) {
        return unknown(RevocationDoubt::Scope);
    }
    let serial = certificate.raw_serial();
    let revoked = list.iter_revoked_certificates().any(|entry| entry.raw_serial() == serial);
    if revoked { Revocation::Revoked } else { Revocation::Good }
}

/// RFC 5280 §5.2.5 and §6.3.3 (b) (2): whether a list is for certificates of this kind, all reasons, and whole.
fn covers(list: &CertificateRevocationList<'_>, is_ca: bool) -> bool {
    list.extensions().iter().all(|extension| match extension.parsed_extension() {
        ParsedExtension::IssuingDistributionPoint(point) => {
            let other_kind = if is_ca { point.only_contains_user_certs } else { point.only_contains_ca_certs };
            !other_kind
                && !point.indirect_crl
                && !point.only_contains_attribute_certs
                && point.only_some_reasons.is_none()
        }
        // RFC 5280 §5.2: a list with a critical extension that is not understood must not be used; a delta is one.
        _ => !extension.critical,
    })
}

impl RevocationDoubt {
    /// A stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotHttps => "not-https",
            Self::NotFetched => "not-fetched",
            Self::Malformed => "malformed",
            Self::Issuer => "issuer",
            Self::NotCurrent => "not-current",
            Self::Scope => "scope",
        }
    }
}
