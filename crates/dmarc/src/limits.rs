//! The limits of this crate. Each is an outcome with a name when exceeded, and each has tests at, below and above.

/// Most questions of one tree walk (RFC 9989 §4.10).
pub const WALK_QUESTION_COUNT_MAX: usize = 8;
/// Most report URIs that are kept of one `rua` or `ruf` tag; the rest is flagged and ignored.
pub const REPORT_URI_COUNT_MAX: usize = 16;
/// Longest report URI that is kept, in bytes.
pub const REPORT_URI_BYTES_MAX: usize = 1024;
/// Most author domains of one message that are evaluated (RFC 9989 §11.5).
pub const AUTHOR_DOMAIN_COUNT_MAX: usize = 8;
/// Most different identifiers of one message whose organizational domain is sought: each may cost a walk.
pub const IDENTIFIER_WALK_COUNT_MAX: usize = 16;
/// Longest public suffix list that is read, in bytes. The list of 2026 has 330 KB.
pub const SUFFIX_LIST_BYTES_MAX: usize = 8 << 20;
