//! Random bytes that let somebody in, and the digest that is kept of them.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};

/// 32 random bytes. Who has them is let in; so they have no text but the one that is asked for, and are compared in
/// constant time.
#[derive(Clone)]
pub struct Secret([u8; 32]);

/// The SHA-256 digest of a secret: what a store keeps, so that whoever reads the store is not let in by it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Secret {
    /// A secret of random bytes.
    #[must_use]
    pub const fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// Reads what [`Secret::to_text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // Longer texts are not looked at: they come from strangers.
        if text.len() != SECRET_TEXT_BYTES {
            return None;
        }
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// 43 characters of base64url (RFC 4648): what is handed out.
    #[must_use]
    pub fn to_text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// What is kept of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

impl Digest {
    /// The digest that was kept.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut its = [0; 32];
        // SHA-256 has 32 bytes, whatever the library says.
        for (byte, found) in its.iter_mut().zip(digest(&SHA256, bytes).as_ref()) {
            *byte = *found;
        }
        Self(its)
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// In hexadecimal, 64 digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Digest({})", HEXLOWER.encode(&self.0))
    }
}

/// 32 bytes in base64url without padding.
const SECRET_TEXT_BYTES: usize = 43;
