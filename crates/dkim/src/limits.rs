//! The limits of this crate. Each is an outcome with a name when exceeded.

/// Most signatures of one message that are verified; the rest is reported as `policy` without any work.
/// Mail of today carries one to four.
pub const SIGNATURE_COUNT_MAX: usize = 8;
/// Longest DKIM-Signature field that is read, in bytes. A 4096-bit signature with a long `h=` stays under 4 KiB.
pub const SIGNATURE_BYTES_MAX: usize = 16 << 10;
/// Most names in one `h=`.
pub const SIGNED_FIELD_COUNT_MAX: usize = 256;
/// Longest key record that is read, in bytes. RFC 8301's largest useful key (4096 bits) takes 740.
pub const KEY_RECORD_BYTES_MAX: usize = 4096;
/// Most key records at one selector that are tried (RFC 6376 §3.6.2.2 leaves several undefined).
pub const KEY_RECORD_COUNT_MAX: usize = 3;
/// Shortest RSA key that may authenticate, in bits (RFC 8301 §3.2).
pub const RSA_BITS_MIN: u32 = 1024;
/// Shortest RSA key that is verified at all, under the legacy switch, in bits.
pub const RSA_BITS_MIN_LEGACY: u32 = 512;
/// Longest RSA key that is verified, in bits (RFC 8301 §3.2).
pub const RSA_BITS_MAX: u32 = 4096;
/// RSA keys below this are signed with only under protest, in bits (RFC 8301 §3.2).
pub const RSA_BITS_RECOMMENDED: u32 = 2048;
/// Longest line of a header field that is written, in characters.
pub const LINE_CHARACTERS_MAX: usize = 76;
