//! The limits of this module. Each is an outcome with a name when exceeded, and each has tests at, below and above.

/// Most names of one client whose addresses are asked for. RFC 8601 §3 demands a limit and gives this one as an example.
pub const IPREV_NAME_COUNT_MAX: u8 = 10;
/// Most entries that are looked for in one check: so many lists times so many addresses and domains.
pub const LIST_ENTRY_COUNT_MAX: usize = 64;
/// Most codes of one entry that are kept.
pub const LIST_CODE_COUNT_MAX: usize = 16;
/// Longest text of a list that is kept, in bytes; a longer one is not used.
pub const LIST_TEXT_BYTES_MAX: usize = 512;
/// Longest identity of SMTP AUTH that is kept, in bytes; a longer one is not told.
pub const AUTH_IDENTITY_BYTES_MAX: usize = 320;
/// Longest name of a mechanism of SMTP AUTH, in bytes (RFC 4422 §3.1).
pub const AUTH_MECHANISM_BYTES_MAX: usize = 20;
/// Most records of one answer that are shown as arguments; the step itself holds them all.
pub const SHOWN_RECORD_COUNT_MAX: usize = 12;
