//! The one place that knows a crypto back-end: hashes, public keys, private keys.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature as back_end;
use aws_lc_rs::signature::KeyPair as _;
use aws_lc_rs::{digest, rand};
use mailtext::encode::decode_base64_fws;
use num_bigint::BigUint;
use thiserror::Error;

use crate::limits::{RSA_BITS_MAX, RSA_BITS_MIN, RSA_BITS_MIN_LEGACY, RSA_BITS_RECOMMENDED};

/// A signing algorithm, `a=` of RFC 6376 §3.3 and RFC 8463 §3.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Algorithm {
    /// `rsa-sha1`: history; RFC 8301 §3.1 forbids to accept it.
    RsaSha1,
    /// `rsa-sha256`.
    RsaSha256,
    /// `ed25519-sha256` (RFC 8463).
    Ed25519Sha256,
}

/// A hash function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HashAlgorithm {
    /// `sha1`.
    Sha1,
    /// `sha256`.
    Sha256,
}

/// The kind of a key, `k=` of RFC 6376 §3.6.1 and RFC 8463 §4.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyKind {
    /// `rsa`.
    Rsa,
    /// `ed25519`.
    Ed25519,
}

/// A hash in the making.
#[derive(Clone)]
pub struct Hasher(digest::Context);

/// A finished hash.
pub struct Digest(digest::Digest);

/// A public key, parsed and ready.
pub enum PublicKey {
    /// RSA of a size that the back-end accepts.
    Rsa {
        /// Length of the modulus.
        bits: u32,
        /// The key, prepared for SHA-256.
        key: Box<back_end::ParsedPublicKey>,
        /// Its encoding, for the other hash of history.
        der: Box<[u8]>,
    },
    /// RSA below 1024 bits, which no back-end accepts: for old mail and studies.
    ShortRsa {
        /// Length of the modulus.
        bits: u32,
        /// The modulus.
        modulus: BigUint,
        /// The public exponent.
        exponent: BigUint,
    },
    /// Ed25519.
    Ed25519(Box<back_end::ParsedPublicKey>),
}

/// A private key that signs. Copies share the secret.
#[derive(Clone)]
pub struct PrivateKey(Arc<Secret>);

enum Secret {
    Rsa(Box<back_end::RsaKeyPair>),
    /// 1024 to 2047 bits: RFC 8301 §3.2 asks for more, old set-ups have no more, and the back-end signs with none.
    ShortRsa {
        bits: u32,
        modulus: BigUint,
        exponent: BigUint,
        secret: BigUint,
    },
    Ed25519(Box<back_end::Ed25519KeyPair>),
}

/// Why a file is not a usable private key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum PrivateKeyError {
    /// Neither PEM of a private key nor the base64 of an Ed25519 seed.
    #[error("neither a PEM private key (PKCS #8 or RSA PKCS #1) nor the base64 of a 32-byte Ed25519 seed")]
    Format,
    /// The PEM holds a key encrypted with a passphrase.
    #[error("the key is encrypted with a passphrase; store it without one, readable by its owner only")]
    Encrypted,
    /// The key inside is not one, or of another kind.
    #[error("the PEM holds no usable RSA or Ed25519 key")]
    Key,
    /// The RSA key is too short, in bits.
    #[error("an RSA key of {0} bits is too short to sign with: receivers refuse fewer than 1024 bits (RFC 8301 §3.2)")]
    TooShort(u32),
}

/// The back-end failed to sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the cryptographic library failed to sign")]
pub struct SigningFailed;

/// Why bytes are not a usable public key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PublicKeyError {
    /// Not an encoding of such a key.
    Encoding,
    /// Too short to be computed with, in bits.
    TooShort(u32),
    /// Too long to be computed with, in bits.
    TooLong(u32),
}

impl Algorithm {
    /// Reads `a=`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        [Self::RsaSha256, Self::Ed25519Sha256, Self::RsaSha1]
            .into_iter()
            .find(|algorithm| text.eq_ignore_ascii_case(algorithm.as_str().as_bytes()))
    }

    /// As `a=` writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RsaSha1 => "rsa-sha1",
            Self::RsaSha256 => "rsa-sha256",
            Self::Ed25519Sha256 => "ed25519-sha256",
        }
    }

    /// Its hash.
    #[must_use]
    pub fn hash(self) -> HashAlgorithm {
        match self {
            Self::RsaSha1 => HashAlgorithm::Sha1,
            Self::RsaSha256 | Self::Ed25519Sha256 => HashAlgorithm::Sha256,
        }
    }

    /// The kind of key that it needs.
    #[must_use]
    pub fn key_kind(self) -> KeyKind {
        match self {
            Self::RsaSha1 | Self::RsaSha256 => KeyKind::Rsa,
            Self::Ed25519Sha256 => KeyKind::Ed25519,
        }
    }
}

impl HashAlgorithm {
    /// As `h=` of a key record writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    fn back_end(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
        }
    }

    /// The hash of `data`.
    #[must_use]
    pub fn digest(self, data: &[u8]) -> Digest {
        Digest(digest::digest(self.back_end(), data))
    }
}

impl KeyKind {
    /// As `k=` writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }
}

impl Hasher {
    /// Nothing hashed yet.
    #[must_use]
    pub fn new(algorithm: HashAlgorithm) -> Self {
        Self(digest::Context::new(algorithm.back_end()))
    }

    /// Adds bytes.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The hash of all bytes added.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.0.finish())
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref()
    }
}

impl PublicKey {
    /// An RSA key from a SubjectPublicKeyInfo or a bare RSAPublicKey: the text of RFC 6376 §3.6.1 says the one, its
    /// example the other, erratum 3017 allows both.
    ///
    /// # Errors
    /// When it is neither, or its size is out of bounds.
    pub fn rsa(der: &[u8]) -> Result<Self, PublicKeyError> {
        let (modulus, exponent) = rsa_numbers(der).ok_or(PublicKeyError::Encoding)?;
        let bits = bit_length(modulus);
        if bits > RSA_BITS_MAX {
            return Err(PublicKeyError::TooLong(bits));
        }
        if bits < RSA_BITS_MIN_LEGACY {
            return Err(PublicKeyError::TooShort(bits));
        }
        if bits < RSA_BITS_MIN {
            let number = BigUint::from_bytes_be;
            return Ok(Self::ShortRsa { bits, modulus: number(modulus), exponent: number(exponent) });
        }
        let key = back_end::ParsedPublicKey::new(&back_end::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, der)
            .map_err(|_| PublicKeyError::Encoding)?;
        Ok(Self::Rsa { bits, key: Box::new(key), der: der.into() })
    }

    /// An Ed25519 key from its 32 bytes.
    ///
    /// # Errors
    /// When they are not 32, or not a point of the curve.
    pub fn ed25519(raw: &[u8]) -> Result<Self, PublicKeyError> {
        // RFC 8463 §4: the key is the 32 bytes themselves, without any ASN.1 around.
        if raw.len() != 32 {
            return Err(PublicKeyError::Encoding);
        }
        back_end::ParsedPublicKey::new(&back_end::ED25519, raw)
            .map(|key| Self::Ed25519(Box::new(key)))
            .map_err(|_| PublicKeyError::Encoding)
    }

    /// Length of the key, in bits.
    #[must_use]
    pub fn bits(&self) -> u32 {
        match self {
            Self::Rsa { bits, .. } | Self::ShortRsa { bits, .. } => *bits,
            Self::Ed25519(_) => 256,
        }
    }

    /// Whether `signature` was made with `algorithm` over data whose hash is `digest` by the owner of this key.
    #[must_use]
    pub fn verifies(&self, algorithm: Algorithm, digest: &Digest, signature: &[u8]) -> bool {
        match (self, algorithm) {
            (Self::Rsa { key, .. }, Algorithm::RsaSha256) => key.verify_digest_sig(&digest.0, signature).is_ok(),
            (Self::Rsa { der, .. }, Algorithm::RsaSha1) => {
                back_end::ParsedPublicKey::new(&back_end::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, der)
                    .is_ok_and(|key| key.verify_digest_sig(&digest.0, signature).is_ok())
            }
            (Self::ShortRsa { modulus, exponent, bits }, Algorithm::RsaSha1 | Algorithm::RsaSha256) => {
                short_rsa_verifies(modulus, exponent, *bits, algorithm.hash(), digest, signature)
            }
            // RFC 8463 §3: PureEdDSA over the SHA-256 hash of the data.
            (Self::Ed25519(key), Algorithm::Ed25519Sha256) => key.verify_sig(digest.as_ref(), signature).is_ok(),
            _ => false,
        }
    }
}

impl PrivateKey {
    /// Reads a key file: PEM of PKCS #8 (RSA, Ed25519) or PKCS #1 (RSA), or the base64 of an Ed25519 seed.
    ///
    /// # Errors
    /// When it is none of these, encrypted, or too short to be accepted anywhere.
    pub fn parse(text: &str) -> Result<Self, PrivateKeyError> {
        if text.contains("ENCRYPTED") {
            return Err(PrivateKeyError::Encrypted);
        }
        if let Some(der) = pem(text, "PRIVATE KEY") {
            let ed25519 = back_end::Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der);
            return ed25519
                .map_or_else(|_| Self::rsa(pkcs8_key(&der).unwrap_or_default()), |key| Ok(Self::ed25519(key)));
        }
        if let Some(der) = pem(text, "RSA PRIVATE KEY") {
            return Self::rsa(&der);
        }
        let seed = decode_base64_fws(text.trim().as_bytes()).map_err(|_| PrivateKeyError::Format)?;
        if seed.len() != 32 {
            return Err(PrivateKeyError::Format);
        }
        back_end::Ed25519KeyPair::from_seed_unchecked(&seed).map(Self::ed25519).map_err(|_| PrivateKeyError::Key)
    }

    fn ed25519(key: back_end::Ed25519KeyPair) -> Self {
        Self(Arc::new(Secret::Ed25519(Box::new(key))))
    }

    /// From an RSAPrivateKey (RFC 8017 §A.1.2).
    fn rsa(der: &[u8]) -> Result<Self, PrivateKeyError> {
        let [modulus, exponent, secret] = rsa_private_numbers(der).ok_or(PrivateKeyError::Key)?;
        let bits = bit_length(modulus);
        if bits < RSA_BITS_MIN {
            return Err(PrivateKeyError::TooShort(bits));
        }
        if bits < RSA_BITS_RECOMMENDED {
            let number = BigUint::from_bytes_be;
            let (modulus, exponent, secret) = (number(modulus), number(exponent), number(secret));
            return Ok(Self(Arc::new(Secret::ShortRsa { bits, modulus, exponent, secret })));
        }
        back_end::RsaKeyPair::from_der(der)
            .map(|key| Self(Arc::new(Secret::Rsa(Box::new(key)))))
            .map_err(|_| PrivateKeyError::Key)
    }

    /// The kind of the key.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        match &*self.0 {
            Secret::Rsa(_) | Secret::ShortRsa { .. } => KeyKind::Rsa,
            Secret::Ed25519(_) => KeyKind::Ed25519,
        }
    }

    /// The length of the key, in bits.
    #[must_use]
    pub fn bits(&self) -> u32 {
        match &*self.0 {
            Secret::Rsa(key) => u32::try_from(key.public_modulus_len() * 8).unwrap_or(u32::MAX),
            Secret::ShortRsa { bits, .. } => *bits,
            Secret::Ed25519(_) => 256,
        }
    }

    /// The algorithm that is signed with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.kind() {
            // RFC 8301 §3.1: signers use rsa-sha256, never rsa-sha1.
            KeyKind::Rsa => Algorithm::RsaSha256,
            KeyKind::Ed25519 => Algorithm::Ed25519Sha256,
        }
    }

    /// The public key as `p=` publishes it: an RSAPublicKey, or the 32 bytes of Ed25519.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        match &*self.0 {
            Secret::Rsa(key) => key.public_key().as_ref().to_vec(),
            Secret::ShortRsa { modulus, exponent, .. } => rsa_public_der(modulus, exponent),
            Secret::Ed25519(key) => key.public_key().as_ref().to_vec(),
        }
    }

    /// Signs data, whose SHA-256 hash is what RSA and Ed25519 sign (RFC 6376 §3.7, RFC 8463 §3).
    ///
    /// # Errors
    /// When the back-end fails.
    pub fn sign(&self, data: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let digest = HashAlgorithm::Sha256.digest(data);
        match &*self.0 {
            Secret::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign_digest(&back_end::RSA_PKCS1_SHA256, &digest.0, &mut signature).map_err(|_| SigningFailed)?;
                Ok(signature)
            }
            Secret::ShortRsa { bits, modulus, exponent, secret } => {
                short_rsa_sign(modulus, exponent, secret, *bits, &digest)
            }
            Secret::Ed25519(key) => {
                key.try_sign(digest.as_ref()).map(|it| it.as_ref().to_vec()).map_err(|_| SigningFailed)
            }
        }
    }
}

/// What kind of key it is, and nothing of the secret.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PrivateKey({}, {} bits)", self.kind().as_str(), self.bits())
    }
}

/// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.1) for keys that no back-end signs with any more. The message is blinded by a
/// random factor first, so that the time taken tells nothing about it or the exponent's use of it.
fn short_rsa_sign(
    modulus: &BigUint,
    exponent: &BigUint,
    secret: &BigUint,
    bits: u32,
    digest: &Digest,
) -> Result<Vec<u8>, SigningFailed> {
    let length = bits.div_ceil(8) as usize;
    let message = BigUint::from_bytes_be(&padded(length, HashAlgorithm::Sha256, digest).ok_or(SigningFailed)?);
    let mut random = vec![0; length];
    rand::fill(&mut random).map_err(|_| SigningFailed)?;
    let factor = BigUint::from_bytes_be(&random) % modulus;
    let inverse = factor.modinv(modulus).ok_or(SigningFailed)?;
    let blinded = message * factor.modpow(exponent, modulus) % modulus;
    let bytes = (blinded.modpow(secret, modulus) * inverse % modulus).to_bytes_be();
    let mut signature = vec![0; length.saturating_sub(bytes.len())];
    signature.extend_from_slice(&bytes);
    Ok(signature)
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2) of a hash; `None` when the key is too short for it.
fn padded(length: usize, hash: HashAlgorithm, digest: &Digest) -> Option<Vec<u8>> {
    let prefix: &[u8] = match hash {
        HashAlgorithm::Sha1 => &SHA1_DIGEST_INFO,
        HashAlgorithm::Sha256 => &SHA256_DIGEST_INFO,
    };
    let digest = digest.as_ref();
    let padding = length.checked_sub(3 + prefix.len() + digest.len()).filter(|padding| *padding >= 8)?;
    let mut message = vec![0, 1];
    message.resize(2 + padding, 0xff);
    message.push(0);
    message.extend_from_slice(prefix);
    message.extend_from_slice(digest);
    Some(message)
}

/// The bytes of the PEM block `label`.
fn pem(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (base64, _) = rest.split_once(&format!("-----END {label}-----"))?;
    decode_base64_fws(base64.trim().as_bytes()).ok()
}

/// The RSAPrivateKey inside a PKCS #8 PrivateKeyInfo (RFC 5208 §5).
fn pkcs8_key(der: &[u8]) -> Option<&[u8]> {
    let (info, _) = element(der, TAG_SEQUENCE)?;
    let (_version, rest) = element(info, TAG_INTEGER)?;
    let (_algorithm, rest) = element(rest, TAG_SEQUENCE)?;
    element(rest, TAG_OCTET_STRING).map(|(key, _)| key)
}

/// Modulus, public exponent and private exponent of an RSAPrivateKey.
fn rsa_private_numbers(der: &[u8]) -> Option<[&[u8]; 3]> {
    let (key, _) = element(der, TAG_SEQUENCE)?;
    let (_version, rest) = element(key, TAG_INTEGER)?;
    let (modulus, rest) = element(rest, TAG_INTEGER)?;
    let (exponent, rest) = element(rest, TAG_INTEGER)?;
    let (secret, _) = element(rest, TAG_INTEGER)?;
    (!modulus.is_empty()).then_some([modulus, exponent, secret])
}

/// An RSAPublicKey (RFC 8017 §A.1.1) in DER.
fn rsa_public_der(modulus: &BigUint, exponent: &BigUint) -> Vec<u8> {
    let tagged = |tag: u8, content: &[u8]| {
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
    };
    let integer = |number: &BigUint| {
        let mut bytes = number.to_bytes_be();
        if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
            bytes.insert(0, 0);
        }
        tagged(TAG_INTEGER, &bytes)
    };
    tagged(TAG_SEQUENCE, &[integer(modulus), integer(exponent)].concat())
}

/// RSASSA-PKCS1-v1_5 verification (RFC 8017 §8.2.2) for keys that are too short for any back-end. Everything here is
/// public, so time may depend on it.
fn short_rsa_verifies(
    modulus: &BigUint,
    exponent: &BigUint,
    bits: u32,
    hash: HashAlgorithm,
    digest: &Digest,
    signature: &[u8],
) -> bool {
    let length = bits.div_ceil(8) as usize;
    let Some(wanted) = padded(length, hash, digest) else { return false };
    let number = BigUint::from_bytes_be(signature);
    signature.len() == length
        && number < *modulus
        && number.modpow(exponent, modulus) == BigUint::from_bytes_be(&wanted)
}

/// Modulus and exponent of an RSA key in either encoding, big-endian.
/// The modulus and the exponent of an RSA key, within the bounds of what is computed with.
pub(crate) fn rsa_public_numbers(der: &[u8]) -> Result<(BigUint, BigUint), PublicKeyError> {
    let (modulus, exponent) = rsa_numbers(der).ok_or(PublicKeyError::Encoding)?;
    let bits = bit_length(modulus);
    match bits {
        0..RSA_BITS_MIN_LEGACY => Err(PublicKeyError::TooShort(bits)),
        RSA_BITS_MIN_LEGACY..=RSA_BITS_MAX => Ok((BigUint::from_bytes_be(modulus), BigUint::from_bytes_be(exponent))),
        _ => Err(PublicKeyError::TooLong(bits)),
    }
}

fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (outer, _) = element(der, TAG_SEQUENCE)?;
    let numbers = match element(outer, TAG_SEQUENCE) {
        Some((_algorithm, rest)) => {
            let (bits, _) = element(rest, TAG_BIT_STRING)?;
            element(bits.strip_prefix(&[0])?, TAG_SEQUENCE)?.0
        }
        None => outer,
    };
    let (modulus, rest) = element(numbers, TAG_INTEGER)?;
    let (exponent, _) = element(rest, TAG_INTEGER)?;
    (!modulus.is_empty() && !exponent.is_empty()).then_some((modulus, exponent))
}

/// The content of the DER element with `tag` at the start of `input`, and what follows it.
fn element(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = input.split_first()?;
    let (&short, rest) = rest.split_first()?;
    if first != tag {
        return None;
    }
    let (length, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => (usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])), rest.get(2..)?),
        _ => return None,
    };
    Some((rest.get(..length)?, rest.get(length..)?))
}

fn bit_length(number: &[u8]) -> u32 {
    let significant = number.iter().skip_while(|byte| **byte == 0);
    let bytes = u32::try_from(significant.clone().count()).unwrap_or(u32::MAX);
    let lead = significant.clone().next().map_or(0, |byte| byte.leading_zeros());
    bytes.saturating_mul(8).saturating_sub(lead)
}

const TAG_INTEGER: u8 = 0x02;
const TAG_BIT_STRING: u8 = 0x03;
const TAG_OCTET_STRING: u8 = 0x04;
const TAG_SEQUENCE: u8 = 0x30;

/// RFC 8017 §9.2, note 1: DigestInfo of SHA-1 before the hash.
const SHA1_DIGEST_INFO: [u8; 15] =
    [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];
/// RFC 8017 §9.2, note 1: DigestInfo of SHA-256 before the hash.
const SHA256_DIGEST_INFO: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];
