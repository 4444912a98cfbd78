//! The limits of this crate. Each is an outcome with a name when exceeded, and each has tests at, below and above.

/// Most TXT records of one answer that are looked at; the rest is not read.
pub const TEXT_RECORD_COUNT_MAX: usize = 32;
/// Most prefixes of `lps=` that are read; the rest never matches.
pub const LOCAL_PART_PREFIX_COUNT_MAX: usize = 32;
/// Longest local-part that becomes a selector, in bytes: one label of DNS.
pub const LOCAL_PART_SELECTOR_BYTES_MAX: usize = 63;
/// Longest BIMI-Selector value that is read, in bytes.
pub const SELECTOR_FIELD_BYTES_MAX: usize = 1024;
/// Largest indicator, uncompressed, in bytes: 32 kilobytes by the drafts of the indicator's format.
pub const INDICATOR_BYTES_MAX: usize = 32 << 10;
/// Most nodes of an indicator's XML.
pub const XML_NODE_COUNT_MAX: u32 = 8 << 10;
/// Most attributes of one element of an indicator, counted by their equals signs before anything is parsed: that none occurs
/// twice takes a comparison of each with each.
pub const ATTRIBUTE_COUNT_MAX: usize = 512;
/// Deepest element of an indicator; the root has depth 1.
pub const ELEMENT_DEPTH_MAX: usize = 64;
/// Most elements that an indicator becomes when every `use` is replaced by what it names.
pub const EXPANDED_ELEMENT_COUNT_MAX: u64 = 32 << 10;
/// Longest chain of `use` that name each other.
pub const USE_DEPTH_MAX: usize = 16;
/// Most findings told of one indicator; the rest is counted as [`crate::indicator::FindingKind::MoreFindings`].
pub const FINDING_COUNT_MAX: usize = 32;
/// Longest sensible title, in characters.
pub const TITLE_CHARACTER_COUNT_MAX: usize = 64;
/// Largest evidence document, in bytes.
pub const EVIDENCE_BYTES_MAX: usize = 256 << 10;
/// Most certificates of one evidence document.
pub const CERTIFICATE_COUNT_MAX: usize = 8;
/// Longest chain, from the mark certificate to the root, both counted.
pub const CHAIN_CERTIFICATE_COUNT_MAX: usize = 6;
/// Most signatures of certificates that are checked for one evidence document.
pub const SIGNATURE_CHECK_COUNT_MAX: usize = 16;
/// Most trusted roots.
pub const ROOT_COUNT_MAX: usize = 256;
/// Largest set of trusted roots in PEM, in bytes.
pub const ROOTS_BYTES_MAX: usize = 1 << 20;
/// Most names of a mark certificate that are compared.
pub const SUBJECT_NAME_COUNT_MAX: usize = 256;
/// Most images of one logotype extension that are looked at.
pub const LOGOTYPE_IMAGE_COUNT_MAX: usize = 8;
/// Largest revocation list, in bytes.
pub const REVOCATION_LIST_BYTES_MAX: usize = 1 << 20;
/// Most revocation lists fetched for one evidence document.
pub const REVOCATION_LIST_COUNT_MAX: usize = 2;
/// Longest URL that is written into BIMI-Location, in bytes; lines may not exceed 998 (RFC 5322 §2.1.1).
pub const WRITTEN_URL_BYTES_MAX: usize = 900;
