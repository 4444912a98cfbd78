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
/// Most DomainKey-Signature fields of one message that are verified; each hashes the body on its own.
pub const DOMAINKEYS_SIGNATURE_COUNT_MAX: usize = 4;
/// Longest record of DomainKeys policy, ADSP, ATPS or reporting that is read, in bytes.
pub const PRACTICE_RECORD_BYTES_MAX: usize = 4096;
/// Most author domains of one message whose ADSP is evaluated.
pub const AUTHOR_DOMAIN_COUNT_MAX: usize = 4;
/// Most TXT records at one ATPS name that are read.
pub const ATPS_RECORD_COUNT_MAX: usize = 8;
/// Most signing domains of one message that are asked whether they wish reports (RFC 6651 §3.3 asks for a bound).
pub const REPORT_DOMAIN_COUNT_MAX: usize = 4;
/// Most ARC sets of one message (RFC 8617 §4.2.1).
pub const ARC_SET_COUNT_MAX: u32 = 50;
/// Most body hashes that are made for one ARC chain, beside those that are made anyway. Sealers of today need one.
pub const ARC_BODY_HASH_COUNT_MAX: usize = 4;
/// Most Authentication-Results fields of our own that go into one ARC set.
pub const ARC_RESULTS_FIELD_COUNT_MAX: usize = 32;
/// Longest ARC-Authentication-Results that is written, in bytes; results behind are left out.
pub const ARC_RESULTS_BYTES_MAX: usize = 16 << 10;
