//! Key records as they are published: the text of a TXT record at `SELECTOR._domainkey.DOMAIN`.

use mailtext::encode::encode_base64;

use crate::crypto::{KeyKind, PrivateKey};

/// The text of a key record (RFC 6376 §3.6.1, RFC 8463 §4); `public` is what `p=` holds ([`public_text`]).
#[must_use]
pub fn key_text(kind: KeyKind, public: &str) -> String {
    format!("v=DKIM1; k={}; p={public}", kind.as_str())
}

/// The text of the record of a key that is no longer good.
#[must_use]
pub fn revoked_text() -> String {
    // RFC 6376 §3.6.1: an empty `p=` means that the key has been revoked.
    "v=DKIM1; p=".to_owned()
}

/// The public key of a private one as `p=` holds it: base64 of a SubjectPublicKeyInfo for RSA, which is what everybody
/// publishes and reads, and of the 32 bytes themselves for Ed25519 (RFC 8463 §4).
#[must_use]
pub fn public_text(key: &PrivateKey) -> String {
    let bytes = key.public_key();
    match key.kind() {
        KeyKind::Ed25519 => encode_base64(&bytes),
        KeyKind::Rsa => encode_base64(&subject_public_key_info(&bytes)),
    }
}

/// An RSAPublicKey in a SubjectPublicKeyInfo (RFC 5280 §4.1, RFC 3279 §2.3.1).
fn subject_public_key_info(rsa_public_key: &[u8]) -> Vec<u8> {
    let bits = [&[0], rsa_public_key].concat();
    let content = [RSA_ENCRYPTION.to_vec(), element(TAG_BIT_STRING, &bits)].concat();
    element(TAG_SEQUENCE, &content)
}

/// A DER element; keys are shorter than 65,536 bytes.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short @ 0..=0x7f) => der.push(short),
        Ok(long) => der.extend([0x81, long]),
        Err(_) => {
            der.push(0x82);
            der.extend(u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    der.extend_from_slice(content);
    der
}

const TAG_BIT_STRING: u8 = 0x03;
const TAG_SEQUENCE: u8 = 0x30;
/// AlgorithmIdentifier of rsaEncryption with its NULL (RFC 3279 §2.3.1).
const RSA_ENCRYPTION: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyError, KeyRecord};

    /// Keys of every size have records that are read back.
    #[test]
    #[allow(clippy::disallowed_methods)] // the keys are files
    fn records_are_read_back() {
        for file in ["ed25519.pem", "rsa1024.pem", "rsa2048.pem"] {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/keys/");
            let key = PrivateKey::parse(&std::fs::read_to_string(format!("{path}{file}")).unwrap()).unwrap();
            let text = key_text(key.kind(), &public_text(&key));
            let (record, flaws) = KeyRecord::parse(text.as_bytes());
            let record = record.unwrap_or_else(|error| panic!("{file}: {error:?}"));
            assert_eq!((flaws.len(), record.kind, record.public_key.bits()), (0, key.kind(), key.bits()), "{file}");
        }
        assert_eq!(KeyRecord::parse(revoked_text().as_bytes()).0.err(), Some(KeyError::Revoked));
    }
}
