//! The way from a mark certificate to a trusted root: RFC 5280 §6.1, as far as mark certificates need it.
//!
//! webpki refuses every certificate with a critical extension that it does not know, and common mark certificates have
//! one. So the path is walked here, with webpki's algorithms. What the walk does not know it refuses: constraints on names
//! and policies, unknown critical extensions, more certificates than a chain has.

use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::der::{Der, UTF8_STRING};
use super::{EvidenceFlaw, Link, Roots, signature};
use crate::limits::{CHAIN_CERTIFICATE_COUNT_MAX, SIGNATURE_CHECK_COUNT_MAX};

/// One certificate of the evidence document.
pub(super) struct Certificate<'a> {
    pub(super) der: &'a [u8],
    pub(super) parsed: X509Certificate<'a>,
}

/// A way to a root.
pub(super) struct Path {
    /// The certificates, the mark's first, by their place in the document; the root is not among them.
    pub(super) places: Vec<usize>,
    /// The key of each one's issuer, as SubjectPublicKeyInfo.
    pub(super) issuer_keys: Vec<Vec<u8>>,
}

impl<'a> Certificate<'a> {
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let (rest, parsed) = X509Certificate::from_der(der).ok()?;
        // RFC 5280 §4.1.1.2: both names of the algorithm are the same. §4.2: no extension occurs twice.
        let sound = rest.is_empty()
            && parsed.signature_algorithm == parsed.tbs_certificate.signature
            && parsed.extensions_map().is_ok()
            && !parsed.extensions().iter().any(|one| one.parsed_extension().error().is_some());
        sound.then_some(Self { der, parsed })
    }

    /// RFC 5280 §4.1.2.5: the period includes both ends.
    pub(super) fn time_flaw(&self, link: Link, now_s: i64) -> Option<EvidenceFlaw> {
        let validity = self.parsed.validity();
        if now_s < validity.not_before.timestamp() {
            Some(EvidenceFlaw::NotYetValid(link))
        } else if now_s > validity.not_after.timestamp() {
            Some(EvidenceFlaw::Expired(link))
        } else {
            None
        }
    }

    pub(super) fn is_for_marks(&self) -> bool {
        self.parsed.extensions().iter().any(|one| match one.parsed_extension() {
            ParsedExtension::ExtendedKeyUsage(usage) => usage.other.iter().any(|oid| oid.to_id_string() == MARK_USAGE),
            _ => false,
        })
    }

    /// RFC 5280 §4.2: a critical extension that cannot be processed refuses the certificate.
    pub(super) fn extension_flaw(&self, link: Link) -> Option<EvidenceFlaw> {
        let known = |one: &x509_parser::prelude::X509Extension<'_>| match one.parsed_extension() {
            ParsedExtension::BasicConstraints(_)
            | ParsedExtension::KeyUsage(_)
            | ParsedExtension::ExtendedKeyUsage(_)
            | ParsedExtension::SubjectAlternativeName(_)
            | ParsedExtension::CRLDistributionPoints(_)
            // Any policy will do, so that a list of them restricts nothing.
            | ParsedExtension::CertificatePolicies(_) => true,
            // Not processed here, critical or not.
            ParsedExtension::NameConstraints(_)
            | ParsedExtension::PolicyConstraints(_)
            | ParsedExtension::InhibitAnyPolicy(_) => false,
            _ => !one.critical || (link == Link::Mark && is_mark_type(one.oid.to_id_string().as_str(), one.value)),
        };
        let unknown = self.parsed.extensions().iter().find(|one| !known(one))?;
        Some(EvidenceFlaw::Extension(unknown.oid.to_id_string().into()))
    }

    /// What forbids it to have issued a certificate with `below` others between that one and the mark's.
    fn issuer_flaw(&self, below: usize, now_s: i64) -> Option<EvidenceFlaw> {
        let parsed = &self.parsed;
        // RFC 5280 §6.1.4 (k), (l), (n): an authority, with room below it, whose key may sign certificates.
        let room = match parsed.basic_constraints() {
            Ok(Some(extension)) if extension.value.ca => {
                extension.value.path_len_constraint.is_none_or(|room| below <= room as usize)
            }
            _ => false,
        };
        let may_sign = match parsed.key_usage() {
            Ok(usage) => usage.is_none_or(|usage| usage.value.key_cert_sign()),
            Err(_) => false,
        };
        if !room || !may_sign {
            return Some(EvidenceFlaw::NoAuthority);
        }
        // draft-fetch-validation-vmc §4.4: the immediate issuer of a mark certificate must be for marks, too.
        if below == 0 && !self.is_for_marks() {
            return Some(EvidenceFlaw::IssuerUsage);
        }
        self.time_flaw(Link::Issuer, now_s).or_else(|| self.extension_flaw(Link::Issuer))
    }

    pub(super) fn key(&self) -> &[u8] {
        self.parsed.public_key().raw
    }
}

/// Finds a way from `certificates[mark]` to one of `roots`.
pub(super) fn find(
    certificates: &[Certificate<'_>],
    mark: usize,
    roots: &Roots,
    now_s: i64,
) -> Result<Path, EvidenceFlaw> {
    let mut walk = Walk { certificates, roots, now_s, checks_left: SIGNATURE_CHECK_COUNT_MAX, flaw: None };
    let mut path = Path { places: vec![mark], issuer_keys: Vec::new() };
    if walk.climb(&mut path) { Ok(path) } else { Err(walk.flaw.unwrap_or(EvidenceFlaw::Untrusted)) }
}

struct Walk<'a> {
    certificates: &'a [Certificate<'a>],
    roots: &'a Roots,
    now_s: i64,
    checks_left: usize,
    /// Why the way that looked best ended.
    flaw: Option<EvidenceFlaw>,
}

impl Walk<'_> {
    /// Goes on from the last of `path`. Its length bounds the recursion.
    fn climb(&mut self, path: &mut Path) -> bool {
        let Some(last) = path.places.last().and_then(|place| self.certificates.get(*place)) else { return false };
        let issuer = last.parsed.issuer().as_raw();
        for root in self.roots.iter().filter(|root| root.subject() == issuer) {
            if !self.signed(last, root.key()) {
                continue;
            }
            match root.time_flaw(self.now_s) {
                Some(flaw) => self.flaw = Some(flaw),
                None => {
                    path.issuer_keys.push(root.key().to_vec());
                    return true;
                }
            }
        }
        if path.places.len() + 1 >= CHAIN_CERTIFICATE_COUNT_MAX {
            return false;
        }
        for (place, candidate) in self.certificates.iter().enumerate() {
            let named = candidate.parsed.subject().as_raw() == issuer;
            if !named || path.places.contains(&place) || !self.signed(last, candidate.key()) {
                continue;
            }
            if let Some(flaw) = candidate.issuer_flaw(path.places.len() - 1, self.now_s) {
                self.flaw = Some(flaw);
                continue;
            }
            path.places.push(place);
            path.issuer_keys.push(candidate.key().to_vec());
            if self.climb(path) {
                return true;
            }
            path.places.pop();
            path.issuer_keys.pop();
        }
        false
    }

    fn signed(&mut self, certificate: &Certificate<'_>, key: &[u8]) -> bool {
        let Some(left) = self.checks_left.checked_sub(1) else { return false };
        self.checks_left = left;
        signature::holds(certificate.der, key)
    }
}

/// Common mark certificates tell by a critical extension that they are mark certificates.
fn is_mark_type(oid: &str, value: &[u8]) -> bool {
    oid == MARK_TYPE && Der(value).only(UTF8_STRING) == Some(b"Mark Certificate")
}

/// id-kp-BrandIndicatorforMessageIdentification.
const MARK_USAGE: &str = "1.3.6.1.5.5.7.3.31";
const MARK_TYPE: &str = "1.3.6.1.4.1.53087.4.1";
