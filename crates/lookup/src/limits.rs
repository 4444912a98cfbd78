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
/// Most questions that one message may ask, unless its [`crate::budget::Budget`] is told another number. Two SPF
/// identities may ask some 230, and fifty signatures and ARC sets one or two each.
pub const BUDGET_QUESTION_COUNT_MAX: usize = 500;
/// Most bytes of answers that one message may use, unless its [`crate::budget::Budget`] is told another number.
pub const BUDGET_ANSWER_BYTES_MAX: usize = 1 << 20;

/// Longest URL that is fetched, in bytes.
pub const URL_BYTES_MAX: usize = 2048;
/// Most requests that one [`crate::fetch::FetchMemo`] remembers, unless it is told another number.
pub const MEMO_FETCH_COUNT_MAX: usize = 100;
/// Most bytes of documents that one [`crate::fetch::FetchMemo`] remembers, unless it is told another number.
pub const MEMO_DOCUMENT_BYTES_MAX: usize = 4 << 20;
/// Most documents that one message may ask for, unless its [`crate::budget::FetchBudget`] is told another number: an
/// indicator and its evidence, and what the evidence refers to.
pub const BUDGET_FETCH_COUNT_MAX: usize = 8;
/// Most bytes of documents that one message may use, unless its [`crate::budget::FetchBudget`] is told another number.
pub const BUDGET_DOCUMENT_BYTES_MAX: usize = 2 << 20;
/// Most documents that one tape holds; later ones are handed on and not recorded.
pub const TAPE_FETCH_COUNT_MAX: usize = 1_000;
/// Most bytes of documents that one tape holds; what goes beyond is handed on and not recorded.
pub const TAPE_DOCUMENT_BYTES_MAX: usize = 4 << 20;
/// Bytes of a document of text on one line of a tape, before escapes.
pub const TAPE_LINE_TEXT_BYTES: usize = 200;
/// Bytes of any other document on one line of a tape, in base64 (76 letters).
pub const TAPE_LINE_BASE64_BYTES: usize = 57;
