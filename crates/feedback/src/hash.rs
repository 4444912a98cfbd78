//! Ids that are the same whenever they are made again, and hashes under a key.

use std::fmt::Write as _;

use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::hmac;

/// So many bytes of a hash make an id: 128 bits, 32 letters and digits.
const ID_BYTES: usize = 16;

/// An id of several parts: small letters and digits. Each part counts with its length, so that no two lists of parts run
/// together into the same.
pub(crate) fn id_of(parts: &[&[u8]]) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    hexadecimal(&context.finish().as_ref()[..ID_BYTES])
}

/// The same under a key: who does not have it cannot guess the id.
pub(crate) fn keyed_id_of(key: &hmac::Key, parts: &[&[u8]]) -> String {
    hexadecimal(&keyed(key, parts)[..ID_BYTES])
}

/// A keyed hash of several parts, 32 bytes (RFC 2104 with SHA-256).
pub(crate) fn keyed(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.sign().as_ref());
    hash
}

/// A number that spreads evenly, of a key and parts.
pub(crate) fn keyed_number(key: &hmac::Key, parts: &[&[u8]]) -> u64 {
    keyed(key, parts).first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_letters_and_digits_and_keep_parts_apart() {
        let id = id_of(&[b"a", b"bc"]);
        assert_eq!(id.len(), 32);
        assert!(id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)));
        assert_eq!(id, id_of(&[b"a", b"bc"]));
        assert_ne!(id, id_of(&[b"ab", b"c"]));
        let (one, other) = (hmac::Key::new(hmac::HMAC_SHA256, b"one"), hmac::Key::new(hmac::HMAC_SHA256, b"other"));
        assert_ne!(keyed_id_of(&one, &[b"a"]), keyed_id_of(&other, &[b"a"]));
        assert_ne!(keyed_number(&one, &[b"a"]), keyed_number(&one, &[b"b"]));
    }
}
