//! The limits of this crate. Each is an outcome with a name when exceeded, and each has tests at, below and above.

/// Longest text of an SMTP reply, in bytes, without its codes. RFC 5321 §4.5.3.1.5 allows 512 for the whole line.
pub const REPLY_TEXT_BYTES_MAX: usize = 480;
/// Longest template, in bytes.
pub const TEMPLATE_BYTES_MAX: usize = 480;
/// Longest value of a field that labels a message, in bytes; lines may not exceed 998 (RFC 5322 §2.1.1).
pub const FIELD_VALUE_BYTES_MAX: usize = 800;
/// Longest name of a field that labels a message, in bytes.
pub const FIELD_NAME_BYTES_MAX: usize = 64;
/// Longest comment of an override, in bytes; the rest is cut.
pub const COMMENT_BYTES_MAX: usize = 512;
/// Most days that a reputation remembers.
pub const REPUTATION_DAY_COUNT_MAX: usize = 64;
/// Most changed messages that a replay shows; all are counted.
pub const CHANGE_SHOWN_COUNT_MAX: usize = 100;
