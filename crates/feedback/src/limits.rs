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
/// Most messages that one record may count; a larger number is taken for none.
pub const MESSAGE_COUNT_MAX: u64 = 1_000_000_000_000_000;
/// Most bytes that the different circumstances of one report may need.
pub const CIRCUMSTANCE_BYTES_MAX: usize = 64 << 20;
/// Most errors of a report's metadata that are kept.
pub const ERROR_COUNT_MAX: usize = 64;
/// Deepest element of an XML report; the standards need five levels.
pub const XML_DEPTH_MAX: usize = 32;
/// Longest piece of XML (a tag, a text, a comment), in bytes.
pub const XML_PIECE_BYTES_MAX: usize = 256 << 10;
/// Most elements of something else in which a report is looked for.
pub const XML_WRAPPER_COUNT_MAX: usize = 64;
/// Most bytes that come out of a compressed one. Reports reach 100, deflate 1,032.
pub const RATIO_MAX: u64 = 250;
/// Bytes that may come out of anything, whatever the ratio.
pub const RATIO_FREE_BYTES: u64 = 1 << 20;
/// Longest report, decompressed, in bytes.
pub const REPORT_BYTES_MAX: u64 = 512 << 20;
/// Most bytes that are decompressed out of one input, on all levels together.
pub const TOTAL_BYTES_MAX: u64 = 4 << 30;
/// Most members of the archives and mails of one input; a mailbox file has as many messages as it has.
pub const MEMBER_COUNT_MAX: usize = 100_000;
/// Most archives inside one another: gzip in zip in gzip.
pub const ARCHIVE_DEPTH_MAX: usize = 3;
/// Most mails inside one another that are encoded or packed; enclosed messages that are not have limits of their own.
pub const MAIL_DEPTH_MAX: usize = 3;
/// Longest zip archive, in bytes: it is held in memory.
pub const ARCHIVE_BYTES_MAX: usize = 256 << 20;
/// Longest mail, in bytes: it is held in memory.
pub const MAIL_BYTES_MAX: usize = 64 << 20;
/// Longest JSON, in bytes: what it says needs ten times as much memory.
pub const JSON_BYTES_MAX: usize = 8 << 20;
/// Longest compressed report that is kept to be shown and read again, in bytes.
pub const RAW_BYTES_MAX: usize = 32 << 20;
/// Longest way to a member, in bytes.
pub const MEMBER_NAME_BYTES_MAX: usize = 512;
/// How far the beginning of a report is looked for behind something else, in bytes.
pub const SNIFF_BYTES_MAX: usize = 32 << 10;
/// Longest header of a reported message that is kept, in bytes.
pub const ORIGINAL_HEADER_BYTES_MAX: usize = 64 << 10;
/// Longest text for people of a failure report that is kept, in bytes.
pub const FAILURE_TEXT_BYTES_MAX: usize = 8 << 10;
/// Most values of a field of a failure report that may be repeated.
pub const FAILURE_VALUE_COUNT_MAX: usize = 100;
/// Most lines of the policy, and most hosts, of a TLS report's policy.
pub const TLS_LINE_COUNT_MAX: usize = 100;
/// Most lines of one page of an answer of an archive.
pub const PAGE_LINE_COUNT_MAX: usize = 10_000;
/// Most pieces of time in which the messages of a source are told.
pub const SPREAD_PIECE_COUNT_MAX: u32 = 64;
/// Most lines of a summary: domains, and their days where these are counted apart.
pub const SUMMARY_LINE_COUNT_MAX: usize = 200_000;
/// Most messages, sessions or incidents that one line of a report counts for in sums; what it says beyond is shown and not
/// summed, so that no sum overflows.
pub const LINE_MESSAGE_COUNT_MAX: u64 = 1 << 32;
/// Longest period that is compared with others, in seconds.
pub const OVERLAP_S_MAX: u64 = 31 * 86_400;
/// Most reports that one call of [`crate::Archive::remove`] takes away.
pub const REMOVE_COUNT_MAX: usize = 2_000;
/// Most reports that were refused and are kept; the oldest go first.
pub const REFUSED_COUNT_MAX: usize = 10_000;
/// Most bytes of all refused reports together that are kept; the oldest reports go first.
pub const REFUSED_BYTES_MAX: u64 = 256 << 20;

/// Most records of a report that we send, where the configuration says no less. What is beyond makes a further report.
pub const REPORT_RECORD_COUNT_MAX: usize = 100_000;
/// How many bytes of lines a fold of rows holds in memory, about, before it lays them aside.
pub const FOLD_BYTES_MAX: usize = 64 << 20;
/// How often a fold lays lines aside: so many files are read side by side at its end.
pub const FOLD_RUN_COUNT_MAX: usize = 512;
/// Longest key of a line of a fold, in bytes: 100 signatures with their texts, and what stands beside them.
pub const FOLD_KEY_BYTES_MAX: usize = 256 << 10;
/// Longest line of a mail that we write, in bytes, without its end (RFC 5322 §2.1.1).
pub const MAIL_LINE_BYTES_MAX: usize = 998;
/// Longest text in a header field of a mail that we write: a name, an address, a line of the subject.
pub const MAIL_HEADER_TEXT_BYTES_MAX: usize = 900;
/// Longest field of a message that a failure report shows, in bytes; longer ones are left out.
pub const FAILURE_FIELD_BYTES_MAX: usize = 8 << 10;
/// Most bytes of a message's header that a failure report shows.
pub const FAILURE_HEADER_BYTES_MAX: usize = 32 << 10;
/// Most destinations of failure reports whose rate is watched at a time.
pub const THROTTLE_DESTINATION_COUNT_MAX: usize = 10_000;
/// Most kinds of incidents that are folded at a time.
pub const THROTTLE_ALIKE_COUNT_MAX: usize = 50_000;
/// Most reports of a period about one domain, where the configuration says no less.
pub const REPORTS_OF_DOMAIN_COUNT_MAX: usize = 24;
/// Most reports of a period, where the configuration says no less.
pub const REPORTS_OF_PERIOD_COUNT_MAX: usize = 100_000;
/// Most destinations of a report, where the configuration says no less.
pub const DESTINATION_COUNT_MAX: usize = 10;
/// Longest time for which a mailbox is left alone, in seconds: 90 days.
pub const SUPPRESSION_S_MAX: u64 = 90 * 86_400;
/// Longest reply of a mail server that is kept, in bytes.
pub const REPLY_BYTES_MAX: usize = 512;
/// Most jobs or deliveries that are looked at in one go.
pub const OUTBOX_PAGE_COUNT_MAX: usize = 1_000;
/// Most recipients of a delivery status notification that are read.
pub const DSN_RECIPIENT_COUNT_MAX: usize = 100;
