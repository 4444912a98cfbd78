//! The keys of a provider: a JWK Set (RFC 7517 §5), as far as we verify with its keys.

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};

use super::object;
use crate::limits::{OPENID_KEY_COUNT_MAX, OPENID_TEXT_BYTES_MAX};

/// The keys of a provider.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Keys {
    keys: Vec<Key>,
}

/// How a token is signed. There are no others: none is no signature, and what a secret of both sides signs (HS256) a
/// public key must never be taken for (RFC 8725 §2.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3); keys from 2048 to 8192 bits.
    Rs256,
    /// ECDSA on P-256 with SHA-256 (RFC 7518 §3.4).
    Es256,
    /// Ed25519 (RFC 8037 §3.1).
    EdDsa,
}

/// A key, for one algorithm alone (RFC 8725 §3.1).
#[derive(Clone, PartialEq, Eq, Debug)]
struct Key {
    id: Option<Box<str>>,
    public: Public,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Public {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The point, uncompressed.
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// Whether a signature holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// No key is the one that is meant: there may be new ones.
    NoKey,
}

impl Algorithm {
    /// The algorithm of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

impl Keys {
    /// Reads a set. Keys that are for something else, or of a kind that is not known, are left out (RFC 7517 §5).
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let members = object(text)?;
        let Some(Value::Array(keys)) = members.get("keys") else { return None };
        let keys = keys.iter().filter_map(|key| Key::read(key.as_object()?)).take(OPENID_KEY_COUNT_MAX);
        Some(Self { keys: keys.collect() })
    }

    /// Whether a signature is that of the key that is meant. Without a name of the key there must be only one that can be
    /// meant (Core §10.1).
    #[must_use]
    pub fn verify(&self, algorithm: Algorithm, id: Option<&str>, message: &[u8], signature: &[u8]) -> Held {
        let mut meant = self.keys.iter().filter(|key| key.algorithm() == algorithm).filter(|key| match id {
            Some(id) => key.id.as_deref() == Some(id),
            None => true,
        });
        let (Some(key), None) = (meant.next(), meant.next()) else { return Held::NoKey };
        if key.holds(message, signature) { Held::Yes } else { Held::No }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.keys.len()
    }
}

impl Key {
    fn read(members: &Map<String, Value>) -> Option<Self> {
        let text =
            |name: &str| members.get(name).and_then(Value::as_str).filter(|text| text.len() <= OPENID_TEXT_BYTES_MAX);
        let bytes = |name: &str| BASE64URL_NOPAD.decode(text(name)?.as_bytes()).ok();
        // RFC 7517 §4.2: a key for encryption signs nothing.
        if text("use").is_some_and(|meant| meant != "sig") {
            return None;
        }
        let public = match (text("kty")?, text("crv")) {
            ("RSA", _) => Public::Rsa { modulus: bytes("n")?, exponent: bytes("e")? },
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                // RFC 7518 §6.2.1.2: 32 bytes each, zeros in front among them.
                if x.len() != 32 || y.len() != 32 {
                    return None;
                }
                Public::P256([vec![4], x, y].concat())
            }
            ("OKP", Some("Ed25519")) => Public::Ed25519(bytes("x")?),
            _ => return None,
        };
        let key = Self { id: text("kid").map(Box::from), public };
        // RFC 7517 §4.4: a key that names its algorithm is for that one.
        match text("alg") {
            Some(word) if Algorithm::from_word(word) != Some(key.algorithm()) => None,
            _ => Some(key),
        }
    }

    fn algorithm(&self) -> Algorithm {
        match self.public {
            Public::Rsa { .. } => Algorithm::Rs256,
            Public::P256(_) => Algorithm::Es256,
            Public::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.public {
            Public::Rsa { modulus, exponent } => {
                let key = PublicKeyComponents { n: modulus, e: exponent };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
            Public::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            Public::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok(),
        }
    }
}
