//! The age format (age-encryption.org/v1) with X25519, as far as small secrets need it: what is written here `age -d -i` reads,
//! and the other way round. One recipient, one chunk.
//!
//! A file is a header – the key of the file, wrapped for the recipient – with a MAC, and the payload under that key.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::{hmac, rand};
use mailtext::encode::{decode_base64_fws, encode_base64};

/// An identity: the secret to which files are encrypted.
pub(super) struct Identity {
    secret: [u8; 32],
    public: [u8; 32],
}

impl Identity {
    /// Reads the line `AGE-SECRET-KEY-1…` that `age-keygen` writes.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let data = bech32(text.trim(), IDENTITY_PREFIX)?;
        let secret: [u8; 32] = data.try_into().ok()?;
        let public = public_of(&PrivateKey::from_private_key(&X25519, &secret).ok()?)?;
        Some(Self { secret, public })
    }

    /// Encrypts to this identity; `None` when the library fails, or for more than a chunk.
    pub(super) fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        if plain.len() > CHUNK_BYTES {
            return None;
        }
        let (mut file_key, mut nonce) = ([0; 16], [0; 16]);
        rand::fill(&mut file_key).ok()?;
        rand::fill(&mut nonce).ok()?;
        let ephemeral = PrivateKey::generate(&X25519).ok()?;
        let share = public_of(&ephemeral)?;
        let wrapped = seal(&self.wrap_key(&ephemeral, &self.public, &share)?, [0; 12], &file_key)?;
        let mut out = format!("{VERSION}\n-> X25519 {}\n{}\n---", unpadded(&share), unpadded(&wrapped)).into_bytes();
        let mac = hmac::sign(&mac_key(&file_key)?, &out);
        out.extend_from_slice(format!(" {}\n", unpadded(mac.as_ref())).as_bytes());
        out.extend_from_slice(&nonce);
        out.extend(seal(&derived(&file_key, &nonce, PAYLOAD_INFO)?, LAST_CHUNK, plain)?);
        Some(out)
    }

    /// Decrypts what was encrypted to this identity; `None` when it was not, or was changed since.
    pub(super) fn decrypt(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let end = sealed.windows(4).position(|four| four == b"\n---")? + 4;
        let (header, rest) = (sealed.get(..end)?, sealed.get(end..)?);
        let (mac, payload) = rest.split_at_checked(rest.iter().position(|byte| *byte == b'\n')? + 1)?;
        let text = std::str::from_utf8(header).ok()?;
        let mut lines = text.lines();
        if lines.next()? != VERSION {
            return None;
        }
        let file_key = self.unwrapped(lines)?;
        hmac::verify(&mac_key(&file_key)?, header, &decode_base64_fws(mac.trim_ascii()).ok()?).ok()?;
        let (nonce, chunk) = payload.split_at_checked(16)?;
        open(&derived(&file_key, nonce, PAYLOAD_INFO)?, LAST_CHUNK, chunk)
    }

    /// The key of the file, from the first stanza that is ours.
    fn unwrapped<'t>(&self, mut lines: impl Iterator<Item = &'t str>) -> Option<Vec<u8>> {
        let secret = PrivateKey::from_private_key(&X25519, &self.secret).ok()?;
        while let Some(line) = lines.next() {
            let Some(share) = line.strip_prefix("-> X25519 ") else { continue };
            let share = decode_base64_fws(share.as_bytes()).ok()?;
            let wrapped = decode_base64_fws(lines.next()?.as_bytes()).ok()?;
            let key = self.wrap_key(&secret, &share, &share)?;
            if let Some(file_key) = open(&key, [0; 12], &wrapped).filter(|key| key.len() == 16) {
                return Some(file_key);
            }
        }
        None
    }

    /// The key that wraps the key of the file, by the secret of one side and the public key of the other.
    fn wrap_key(&self, secret: &PrivateKey, other: &[u8], share: &[u8]) -> Option<[u8; 32]> {
        let salt = [share, &self.public].concat();
        let other = UnparsedPublicKey::new(&X25519, other);
        agree(secret, other, (), |shared| derived(shared, &salt, WRAP_INFO).ok_or(())).ok()
    }
}

fn public_of(key: &PrivateKey) -> Option<[u8; 32]> {
    key.compute_public_key().ok()?.as_ref().try_into().ok()
}

fn mac_key(file_key: &[u8]) -> Option<hmac::Key> {
    Some(hmac::Key::new(hmac::HMAC_SHA256, &derived(file_key, &[], b"header")?))
}

/// HKDF with SHA-256 (RFC 5869 §2).
fn derived(secret: &[u8], salt: &[u8], info: &[u8]) -> Option<[u8; 32]> {
    let extracted = Salt::new(HKDF_SHA256, salt).extract(secret);
    let mut key = [0; 32];
    extracted.expand(&[info], HKDF_SHA256).ok()?.fill(&mut key).ok()?;
    Some(key)
}

fn seal(key: &[u8], nonce: [u8; 12], plain: &[u8]) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).ok()?);
    let mut sealed = plain.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed).ok()?;
    Some(sealed)
}

fn open(key: &[u8], nonce: [u8; 12], sealed: &[u8]) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).ok()?);
    let mut plain = sealed.to_vec();
    let length = key.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut plain).ok()?.len();
    plain.truncate(length);
    Some(plain)
}

fn unpadded(bytes: &[u8]) -> String {
    encode_base64(bytes).trim_end_matches('=').to_owned()
}

/// The data of a Bech32 text (BIP 173) with this prefix, in one case.
fn bech32(text: &str, prefix: &str) -> Option<Vec<u8>> {
    let is_one_case = text == text.to_ascii_uppercase() || text == text.to_ascii_lowercase();
    let text = Some(text.to_ascii_lowercase()).filter(|_| is_one_case)?;
    let data = text.strip_prefix(prefix)?.strip_prefix('1')?;
    let value =
        |byte: u8| BECH32_LETTERS.iter().position(|letter| *letter == byte).and_then(|at| u8::try_from(at).ok());
    let values: Vec<u8> = data.bytes().map(value).collect::<Option<_>>()?;
    let high = prefix.bytes().map(|byte| byte >> 5);
    let low = prefix.bytes().map(|byte| byte & 31);
    let checked = high.chain([0]).chain(low).chain(values.iter().copied());
    let checksum = checked.fold(1, |sum: u32, value| {
        let top = sum >> 25;
        let shifted = ((sum & 0x01ff_ffff) << 5) ^ u32::from(value);
        (0..5).filter(|bit| top >> bit & 1 == 1).fold(shifted, |sum, bit| sum ^ BECH32_GENERATOR[bit])
    });
    let (values, _) = values.split_at_checked(values.len().checked_sub(6)?)?;
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for value in values {
        bits = bits << 5 | u32::from(*value);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    // What is left over is less than a letter, and zero.
    let is_whole = count < 5 && bits & ((1 << count) - 1) == 0;
    (checksum == 1 && is_whole).then_some(bytes)
}

const VERSION: &str = "age-encryption.org/v1";
const WRAP_INFO: &[u8] = b"age-encryption.org/v1/X25519";
const PAYLOAD_INFO: &[u8] = b"payload";
const IDENTITY_PREFIX: &str = "age-secret-key-";
const CHUNK_BYTES: usize = 65_536;
/// The nonce of the first chunk that is also the last.
const LAST_CHUNK: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const BECH32_LETTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const BECH32_GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];

#[cfg(test)]
mod tests {
    use super::*;

    /// BIP 173's example of a prefix and data, and what is none.
    #[test]
    fn texts_of_bech32() {
        assert_eq!(bech32("A12UEL5L", "a"), Some(Vec::new()));
        assert_eq!(bech32("a12uel5m", "a"), None);
        assert_eq!(bech32("A12uEL5L", "a"), None);
        assert!(Identity::parse("AGE-SECRET-KEY-1").is_none());
    }

    #[test]
    fn what_is_sealed_is_opened_by_its_identity_alone() {
        let identity = |byte: u8| {
            let secret = [byte; 32];
            let public = public_of(&PrivateKey::from_private_key(&X25519, &secret).unwrap()).unwrap();
            Identity { secret, public }
        };
        let (ours, other) = (identity(7), identity(8));
        let sealed = ours.encrypt(b"a secret").unwrap();
        assert_eq!(ours.decrypt(&sealed).as_deref(), Some(&b"a secret"[..]));
        assert_eq!(other.decrypt(&sealed), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(ours.decrypt(&changed), None, "byte {at}");
            assert_eq!(ours.decrypt(&sealed[..at]), None, "cut at {at}");
        }
        assert_eq!(ours.encrypt(&vec![0; CHUNK_BYTES]).map(|it| ours.decrypt(&it).unwrap().len()), Some(CHUNK_BYTES));
        assert_eq!(ours.encrypt(&vec![0; CHUNK_BYTES + 1]), None);
    }
}
