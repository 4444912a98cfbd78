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

// The life of keys.

/// Most lines of one book: a domain and an algorithm each.
pub const LINE_COUNT_MAX: usize = 200_000;
/// Most keys of one line that are not forgotten.
pub const LINE_KEY_COUNT_MAX: usize = 16;
/// Most selectors of one line that are remembered after their keys.
pub const USED_SELECTOR_COUNT_MAX: usize = 64;
/// Longest text of a book, in bytes.
pub const BOOK_BYTES_MAX: usize = 512 << 20;
/// Longest selector that is made, in bytes: short enough for the names of long domains.
pub const SELECTOR_BYTES_MAX: usize = 63;
/// Longest template of selectors, in bytes.
pub const TEMPLATE_BYTES_MAX: usize = 128;
/// Highest number in a selector.
pub const SELECTOR_NUMBER_MAX: u32 = 9_999;
/// Most slots of a domain whose keys lie in a provider's zone.
pub const SLOT_COUNT_MAX: u32 = 16;
/// Longest public key in a book, as base64, in bytes: RSA of 16,384 bits.
pub const PUBLIC_BYTES_MAX: usize = 4_096;
/// How long caches are taken to hold what they were given, at most, in seconds: what RFC 8767 §4 recommends as a cap.
pub const CACHE_S_MAX: u32 = 604_800;
/// How soon servers are asked again, in seconds.
pub const POLL_S_MIN: u64 = 60;
/// How long it takes at most until servers are asked again that do not show what is wanted, in seconds.
pub const POLL_S_MAX: u64 = 3_600;
