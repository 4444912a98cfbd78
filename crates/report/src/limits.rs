//! The limits of this crate. Each is an outcome with a name when exceeded, and each has tests at, below and above.

/// Longest text in a row, in bytes: a name, an address, a comment. Longer ones are cut by [`crate::Row::clip`].
pub const TEXT_BYTES_MAX: usize = 512;
/// Most entries of a list in a row when it is read; the limits below are for writing.
pub const LIST_COUNT_MAX: usize = 128;
/// Most recipient domains that are named in a row.
pub const RECIPIENT_DOMAIN_COUNT_MAX: usize = 32;
/// Most author domains in a row.
pub const AUTHOR_COUNT_MAX: usize = 8;
/// Most DKIM signatures in a row (RFC 9990 §3.1.3 lets no report have more).
pub const SIGNATURE_COUNT_MAX: usize = 100;
/// Most sealers of an ARC chain (RFC 8617 §4.2.1).
pub const SEALER_COUNT_MAX: usize = 50;
/// Most results of other methods in a row.
pub const METHOD_COUNT_MAX: usize = 64;
/// Most override reasons in a row.
pub const OVERRIDE_COUNT_MAX: usize = 16;
/// Most ids of reasons in a row.
pub const REASON_COUNT_MAX: usize = 32;
/// Most signatures of our own in a row.
pub const SIGNED_COUNT_MAX: usize = 16;
/// Longest encoding of a row, in bytes. A usual one has 300.
pub const ROW_BYTES_MAX: usize = 256 << 10;

/// Most steps of evidence that are kept of a message.
pub const WHY_STEP_COUNT_MAX: usize = 512;
/// Most arguments of a step that are kept.
pub const WHY_ARGUMENT_COUNT_MAX: usize = 16;
/// Longest encoding of the evidence of a message, in bytes; steps beyond are counted only.
pub const WHY_BYTES_MAX: usize = 16 << 10;

/// Most entries in one call of [`crate::Ledger::append`].
pub const APPEND_COUNT_MAX: usize = 10_000;
/// Most rows in a page.
pub const PAGE_ROW_COUNT_MAX: usize = 1_000;
/// Most rows that are looked at for one page: what bounds its time when few of them answer the question.
pub const EXAMINED_COUNT_MAX: usize = 20_000;
/// Most rows that one call of [`crate::Ledger::delete`] takes away.
pub const DELETE_COUNT_MAX: usize = 5_000;
/// Most lines that a tally answers with; the smallest are left out, and the answer says so.
pub const TALLY_LINE_COUNT_MAX: usize = 50_000;

/// How far the clock may step back before ids follow it, in milliseconds; until then they go on from the last one.
pub const CLOCK_BACK_MS_MAX: u64 = 3_600_000;

/// Longest key of a hot entry, in bytes.
pub const HOT_KEY_BYTES_MAX: usize = 512;
/// Longest value of a hot entry, in bytes.
pub const HOT_VALUE_BYTES_MAX: usize = 64 << 10;
/// Most values in one answer of [`crate::Hot::list`].
pub const HOT_PAGE_COUNT_MAX: usize = 1_000;
/// Most slots of a window.
pub const WINDOW_SLOT_COUNT_MAX: u32 = 120;
