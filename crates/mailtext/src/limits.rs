//! The limits of this crate. Each is an outcome with a name when exceeded, and each has tests at, below and above.

/// Longest header block that is read, in bytes. Postfix stops at 102,400 by default; real headers stay under 64 KiB.
pub const HEADER_BLOCK_BYTES_MAX: usize = 1 << 20;
/// Most header fields of one message.
pub const HEADER_FIELD_COUNT_MAX: usize = 4096;
/// Longest label of a domain name, in octets (RFC 1035 §2.3.4).
pub const LABEL_BYTES_MAX: usize = 63;
/// Longest domain name in presentation form without the final dot, in octets (RFC 1035 §2.3.4: 255 on the wire).
pub const DOMAIN_BYTES_MAX: usize = 253;
/// Longest text that is tried as a domain name, in bytes: U-labels are longer than what they become.
pub const DOMAIN_TEXT_BYTES_MAX: usize = 1024;
/// Most tags of one tag list.
pub const TAG_COUNT_MAX: usize = 64;
/// Longest tag list, in bytes.
pub const TAG_LIST_BYTES_MAX: usize = 64 << 10;
/// Longest text that is decoded for display, in bytes; the rest is not shown.
pub const DECODED_TEXT_BYTES_MAX: usize = 64 << 10;
/// Longest encoded-word, in bytes. RFC 2047 §2 allows 75; writers of long ones exist.
pub const ENCODED_WORD_BYTES_MAX: usize = 4096;
/// Longest address list that is read, in bytes.
pub const ADDRESS_LIST_BYTES_MAX: usize = 64 << 10;
/// Most addresses of one field.
pub const ADDRESS_COUNT_MAX: usize = 1024;
/// Longest path of MAIL FROM or RCPT TO that is read, in bytes. RFC 5321 §4.5.3.1.3 demands 256; U-labels are longer.
pub const PATH_BYTES_MAX: usize = 1024;
/// Longest domain literal with its brackets, in bytes.
pub const LITERAL_BYTES_MAX: usize = 255;
/// Longest value that is written into a field, in bytes with its quotes; lines may not exceed 998 (RFC 5322 §2.1.1). A
/// longer one is left out: a value that was cut might name somebody else.
pub const WRITTEN_VALUE_BYTES_MAX: usize = 800;
/// Longest comment that is written, in bytes; the rest is cut.
pub const WRITTEN_COMMENT_BYTES_MAX: usize = 512;
/// Longest Authentication-Results value that is read, in bytes.
pub const AUTHRES_BYTES_MAX: usize = 64 << 10;
/// Most results read from one Authentication-Results field.
pub const AUTHRES_RESULT_COUNT_MAX: usize = 256;
/// Most properties read from one result.
pub const AUTHRES_PROPERTY_COUNT_MAX: usize = 64;
/// Longest date that is read, in bytes.
pub const DATE_BYTES_MAX: usize = 512;
/// Longest Received value that is read, in bytes.
pub const RECEIVED_BYTES_MAX: usize = 8 << 10;
/// Longest Content-Type or Content-Disposition value that is read, in bytes.
pub const MIME_VALUE_BYTES_MAX: usize = 16 << 10;
/// Most parameters read from one of them.
pub const MIME_PARAMETER_COUNT_MAX: usize = 64;
/// Deepest part that is opened; the message itself has depth 0.
pub const MIME_DEPTH_MAX: usize = 16;
/// Most parts read from one message, with the message itself.
pub const MIME_PART_COUNT_MAX: usize = 512;
/// Longest boundary, in bytes. RFC 2046 §5.1.1 allows 70.
pub const BOUNDARY_BYTES_MAX: usize = 256;
/// Longest mark that is put in front of a subject, in bytes.
pub const SUBJECT_PREFIX_BYTES_MAX: usize = 120;
/// Longest value of a List-Id field that is read, in bytes.
pub const LIST_ID_FIELD_BYTES_MAX: usize = 2048;
