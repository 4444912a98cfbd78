//! The limits of this crate. Each is an outcome with a name when exceeded.

/// Most signatures that one message gets: verifiers read no more (`dkim::limits::SIGNATURE_COUNT_MAX`).
pub const SIGNATURE_COUNT_MAX: usize = 8;
/// Most authors of one message whose rules are asked.
pub const AUTHOR_COUNT_MAX: usize = 8;
/// Most keys of one installation.
pub const KEY_COUNT_MAX: usize = 100_000;
/// Most patterns of one installation.
pub const PATTERN_COUNT_MAX: usize = 1_000_000;
/// Largest table, in bytes.
pub const TABLE_BYTES_MAX: usize = 64 << 20;
/// Longest line that reaches the other end as it is, in bytes without its CRLF (RFC 5322 §2.1.1).
pub const LINE_BYTES_MAX: usize = 998;
