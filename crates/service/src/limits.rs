//! The limits of this crate.

/// Bytes of a header block that are kept; what is beyond is cut, which [`mailtext`] names a flaw.
pub const HEADER_BYTES_KEPT_MAX: usize = mailtext::limits::HEADER_BLOCK_BYTES_MAX + 1;
/// Longest queue id that is kept, in bytes.
pub const QUEUE_ID_BYTES_MAX: usize = 256;
/// Longest reason of a message that is held, in bytes; the rest is cut.
pub const HOLD_REASON_BYTES_MAX: usize = 200;
/// Longest Message-ID that is kept until its hash is taken, in bytes; of a longer one the beginning counts.
pub const MESSAGE_ID_BYTES_MAX: usize = 998;
/// How many ids are tried for a row before it is given up: more than one daemon with the same number can have taken.
pub const ROW_ID_TRY_COUNT_MAX: usize = 8;
/// Most different domains of recipients that are asked for their rules; further ones have none of their own.
pub const RECIPIENT_DOMAIN_COUNT_MAX: usize = 1000;
