//! The limits of this crate.

/// Longest text of one TXT record that is kept, in bytes. A DNS message holds no more than 65,535.
pub const TEXT_BYTES_MAX: usize = 65_535;
/// Longest chain of CNAME records that is followed (RFC 1034 §3.6.2 asks for a limit and names none).
pub const ALIAS_COUNT_MAX: usize = 16;
/// Longest character-string in DNS, in bytes (RFC 1035 §3.3). Longer ones in a zone file are kept, with a flaw.
pub const STRING_BYTES_MAX: usize = 255;
/// Longest TTL, in seconds (RFC 2181 §8).
pub const TTL_S_MAX: u32 = 0x7fff_ffff;
/// The TTL of records in a zone file that names none, in seconds.
pub const TTL_S_DEFAULT: u32 = 3_600;
/// Longest tape that is read, in bytes.
pub const TAPE_BYTES_MAX: usize = 16 << 20;
/// Most questions that one tape holds; later ones are answered and not recorded.
pub const TAPE_ANSWER_COUNT_MAX: usize = 10_000;
