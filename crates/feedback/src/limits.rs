//! What never passes: every count, size and depth of a report has a bound. What is beyond it is left out and named.

/// Most bytes of a word that no standard knows.
pub const WORD_BYTES_MAX: usize = 64;
/// Most bytes of a name, an address or a short text of a report.
pub const TEXT_BYTES_MAX: usize = 1024;
/// Most records of one report that are kept.
pub const RECORD_COUNT_MAX: usize = 1_000_000;
/// Most different circumstances of one report that are kept.
pub const CIRCUMSTANCE_COUNT_MAX: usize = 1_000_000;
/// Most DKIM signatures of a record that are kept. RFC 9990 §3.1.1.12 lets writers give 100.
pub const SIGNATURE_COUNT_MAX: usize = 100;
/// Most SPF results of a record that are kept; the standards have one, RFC 7489 writers two.
pub const SPF_COUNT_MAX: usize = 4;
/// Most override reasons of a record that are kept.
pub const REASON_COUNT_MAX: usize = 16;
/// Most different deviations of one report that are kept; further ones are counted.
pub const DEVIATION_COUNT_MAX: usize = 64;
/// Most policies of a TLS report that are kept.
pub const TLS_POLICY_COUNT_MAX: usize = 1_000;
/// Most failure details of a policy of a TLS report that are kept.
pub const TLS_FAILURE_COUNT_MAX: usize = 10_000;
/// Most lines of one page of an answer of an archive.
pub const PAGE_LINE_COUNT_MAX: usize = 10_000;
