//! Signatures of certificates and of revocation lists, by the algorithms of webpki: no SHA-1, no RSA below 2048 bits.

use super::der::{BIT_STRING, Der, SEQUENCE};

/// What a signed structure of RFC 5280 is made of (§4.1 and §5.1).
struct Signed<'a> {
    /// What the signature covers.
    covered: &'a [u8],
    /// The algorithm, without tag and length.
    algorithm: &'a [u8],
    signature: &'a [u8],
}

/// Whether the key of `issuer_key`, a SubjectPublicKeyInfo, made the signature of `der`.
pub(super) fn holds(der: &[u8], issuer_key: &[u8]) -> bool {
    let (Some(signed), Some((key_algorithm, key))) = (Signed::read(der), public_key(issuer_key)) else {
        return false;
    };
    webpki::ALL_VERIFICATION_ALGS
        .iter()
        .filter(|known| known.signature_alg_id().as_ref() == signed.algorithm)
        .filter(|known| known.public_key_alg_id().as_ref() == key_algorithm)
        .any(|known| known.verify_signature(key, signed.covered, signed.signature).is_ok())
}

impl<'a> Signed<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let mut parts = Der(Der(der).only(SEQUENCE)?);
        let covered = parts.next()?.whole;
        let algorithm = parts.expect(SEQUENCE)?;
        let signature = bits(parts.only(BIT_STRING)?)?;
        Some(Self { covered, algorithm, signature })
    }
}

/// Algorithm and bits of a SubjectPublicKeyInfo.
fn public_key(info: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut parts = Der(Der(info).only(SEQUENCE)?);
    let algorithm = parts.expect(SEQUENCE)?;
    Some((algorithm, bits(parts.only(BIT_STRING)?)?))
}

/// A bit string of whole bytes.
fn bits(content: &[u8]) -> Option<&[u8]> {
    content.split_first().filter(|(unused, _)| **unused == 0).map(|(_, bytes)| bytes)
}
