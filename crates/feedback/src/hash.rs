//! Ids that are the same whenever they are made again.

use std::fmt::Write as _;

use aws_lc_rs::digest::{Context, SHA256};

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
    }
}
