//! The limits of this crate.

/// Bytes of a header block that are kept; what is beyond is cut, which [`mailtext`] names a flaw.
pub const HEADER_BYTES_KEPT_MAX: usize = mailtext::limits::HEADER_BLOCK_BYTES_MAX + 1;
/// Longest queue id that is kept, in bytes.
pub const QUEUE_ID_BYTES_MAX: usize = 256;
/// Longest reason of a message that is held, in bytes; the rest is cut.
pub const HOLD_REASON_BYTES_MAX: usize = 200;
/// Longest Message-ID that is kept until its hash is taken, in bytes; of a longer one the beginning counts.
pub const MESSAGE_ID_BYTES_MAX: usize = 998;
/// Bytes of the body of a notification that are kept to see of which message it speaks: what came back stands at its end,
/// behind a text for people.
pub const DSN_BODY_BYTES_MAX: usize = 128 << 10;
/// Bytes of the fields of a notification that are kept for the same.
pub const DSN_FIELD_BYTES_MAX: usize = 16 << 10;
/// Most Message-IDs of a notification that are looked for.
pub const DSN_ID_COUNT_MAX: usize = 16;
/// How many ids are tried for a row before it is given up: more than one daemon with the same number can have taken.
pub const ROW_ID_TRY_COUNT_MAX: usize = 8;
/// Longest message that is taken in on its way, in bytes, where the configuration says no less: it is held in memory.
pub const WAY_IN_BYTES_MAX: usize = 64 << 20;
/// Most recipients of one message that are taken away because it was taken in for them.
pub const WAY_IN_RECIPIENT_COUNT_MAX: usize = 1000;
/// Most words of a spam filter's field that are looked at.
pub const SPAM_WORD_COUNT_MAX: usize = 16;
/// Most digits of a score before its point.
pub const SPAM_SCORE_DIGIT_COUNT_MAX: usize = 9;
/// Most different domains of recipients that are asked for their rules; further ones have none of their own.
pub const RECIPIENT_DOMAIN_COUNT_MAX: usize = 1000;
