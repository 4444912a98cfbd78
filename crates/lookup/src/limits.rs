//! The limits of this crate.

/// Longest text of one TXT record that is kept, in bytes. A DNS message holds no more than 65,535.
pub const TEXT_BYTES_MAX: usize = 65_535;
/// Longest chain of CNAME records that is followed (RFC 1034 §3.6.2 asks for a limit and names none).
pub const ALIAS_COUNT_MAX: usize = 16;
