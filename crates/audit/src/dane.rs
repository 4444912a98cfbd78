//! Whether a certificate is the one that a TLSA record names (RFC 6698 §2.1, RFC 7672 §3.1).

use dkim::crypto::HashAlgorithm;
use lookup::TlsAssociation;

use crate::world::Certificate;

/// Whether `association` holds for the certificate of the host itself; `None` when it is about something else, or hashed in a
/// way that is not computed here.
#[must_use]
pub fn holds(association: &TlsAssociation, certificate: &Certificate) -> Option<bool> {
    // RFC 7672 §3.1.1: usage 3, DANE-EE, is about the host's own certificate.
    if association.usage != 3 {
        return None;
    }
    let bytes = match association.selector {
        0 => &certificate.der,
        1 => &certificate.public_key,
        _ => return None,
    };
    match association.matching {
        0 => Some(association.data == *bytes),
        1 => Some(*association.data == *HashAlgorithm::Sha256.digest(bytes).as_ref()),
        _ => None,
    }
}
