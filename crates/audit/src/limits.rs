//! Every bound of this crate, with its unit. Whoever publishes decides what is read here; nobody decides how much.

/// Findings of one rule about one domain, count; what is more is told by their number alone.
pub const FINDING_COUNT_MAX: usize = 50;
/// Names without an answer that are told one by one, count; of more the first is told, and their number.
pub const FAILED_NAME_COUNT_SHOWN: usize = 5;
/// Selectors of one domain, count.
pub const SELECTOR_COUNT_MAX: usize = 200;
/// Mail hosts of one domain that are looked at, count. Postfix asks as many by default.
pub const MAIL_HOST_COUNT_MAX: usize = 50;
/// Addresses whose reverse names are looked at, count.
pub const REVERSE_COUNT_MAX: usize = 40;
/// Questions of one audit, count; what is beyond is answered by [`lookup::Failure::Budget`].
pub const QUESTION_COUNT_MAX: usize = 2_000;
/// Record texts that are judged before they are published, count.
pub const DRAFT_COUNT_MAX: usize = 20;
/// One such text, bytes.
pub const DRAFT_BYTES_MAX: usize = 65_535;
/// A label that nobody publishes on purpose: what answers to it answers to everything.
pub const NONSENSE_LABEL: &str = "sekisho-7f3a9c1e5d";
/// How long `p=none` may stand while everything passes, days.
pub const DMARC_NONE_DAYS: i64 = 180;
/// The share of the domain's own mail that passes before a policy is raised, per cent.
pub const DMARC_PASS_PERCENT: u64 = 98;
/// Labels of the longest name that a tree walk begins with; a longer one is cut (RFC 9989 §4.10), count.
pub const WALK_LABEL_COUNT: usize = 8;
/// The age from which a key is told to be changed some time, days.
pub const KEY_AGE_DAYS: i64 = 183;
/// The age from which it should have been, days.
pub const KEY_AGE_OLD_DAYS: i64 = 366;
/// How long a key stays published after its last signature, days: longer than any queue.
pub const KEY_KEPT_DAYS: i64 = 7;
/// When a key that signs no more should be gone, days.
pub const KEY_RETENTION_DAYS: i64 = 30;
/// A note in a key record that is longer than needed, bytes.
pub const KEY_NOTE_BYTES: usize = 60;
/// Digits of a selector that are a date at most, count.
pub const SELECTOR_NUMBER_DIGITS: usize = 8;
/// The life of a signature that ends sooner than mail may wait in a queue, seconds (RFC 5321 §4.5.4.1: four to five days).
pub const SIGNATURE_LIFE_S_MIN: i64 = 5 * 86_400;
/// An MTA-STS policy, bytes (RFC 8461 §3.2).
pub const MTA_STS_POLICY_BYTES_MAX: usize = 64 << 10;
/// The least `max_age` of an enforced policy that protects, seconds: one week.
pub const MTA_STS_ENFORCE_AGE_S: u64 = 604_800;
/// The same of a policy that is tested, seconds: one day.
pub const MTA_STS_TESTING_AGE_S: u64 = 86_400;
/// How long a policy is tested, days.
pub const MTA_STS_TESTING_DAYS: i64 = 30;
/// The size of an answer that crosses every network in one packet, bytes (DNS flag day 2020).
pub const ANSWER_BYTES: usize = 1_232;
/// A TTL below which servers are asked needlessly often, seconds.
pub const TTL_S_SHORT: u32 = 300;
/// A TTL above which a mistake stays for long, seconds.
pub const TTL_S_LONG: u32 = 86_400;
/// The rate of complaints from which receivers trust less, hundredths of a per cent.
pub const SPAM_RATE_RAISED: u32 = 10;
/// The rate from which they refuse, hundredths of a per cent.
pub const SPAM_RATE_HIGH: u32 = 30;
/// Organizations of SPF targets that are asked whether they are registered, count.
pub const ORGANIZATION_COUNT_MAX: usize = 20;
/// An SPF record that fits into an answer beside others, bytes (RFC 7208 §3.4).
pub const SPF_OCTETS: usize = 450;
/// One that does not fit into an answer over plain UDP, bytes.
pub const SPF_OCTETS_UDP: usize = 512;
/// The shortest prefix that is not called wide, IPv4, bits.
pub const SPF_IP4_BITS: u8 = 16;
/// A prefix so short that no single purpose of its addresses can be told, bits.
pub const SPF_BITS_OF_NONE: u8 = 6;
/// The same for IPv6, bits.
pub const SPF_IP6_BITS: u8 = 32;
/// Look-ups that should be left below the limit, count.
pub const SPF_HEAD_ROOM: u32 = 2;
/// How long reports must have been read before a grant is called unused, days.
pub const GRANT_DAYS: u32 = 90;
/// How long before its end a mark certificate is told to be renewed, days.
pub const MARK_DAYS: i64 = 14;
/// Records that are kept of one audit, count.
pub const HISTORY_RECORD_COUNT_MAX: usize = 1_000;
/// Texts of one name that are kept, count.
pub const HISTORY_TEXT_COUNT_MAX: usize = 100;
/// One of them, bytes.
pub const HISTORY_TEXT_BYTES_MAX: usize = 64 << 10;
/// Audits in a row without an answer after which that is told again, and to those who are not looking, count.
pub const HISTORY_TROUBLE_ROUNDS: u32 = 2;
/// Questions that are named of those that were not answered about one name of a survey, count; the others are counted.
pub const SURVEY_UNANSWERED_COUNT_MAX: usize = 32;
/// Names that one SPF record includes and that are kept, count; ten are allowed.
pub const SURVEY_INCLUDE_COUNT_MAX: usize = 32;
/// Flaws that are kept of one DMARC record, count.
pub const SURVEY_FLAW_COUNT_MAX: usize = 16;
/// Words or names that are kept of one field of a survey's results when they are read, count.
pub const SURVEY_LIST_COUNT_MAX: usize = 256;
/// Groups of one table, count; names of further ones are counted in all alone.
pub const SURVEY_GROUP_COUNT_MAX: usize = 100_000;
/// The value of a group, bytes; what is longer is cut.
pub const SURVEY_GROUP_BYTES_MAX: usize = 200;
/// A line, or a record of CSV, of a list of names, bytes; a longer one is passed over.
pub const SURVEY_LINE_BYTES_MAX: usize = 16 << 10;
/// Columns of a list of names, count.
pub const SURVEY_COLUMN_COUNT_MAX: usize = 64;
/// Names of a list among which duplicates are noticed, count.
pub const SURVEY_SEEN_COUNT_MAX: usize = 4 << 20;
/// Examinations of a survey at one time, whatever its settings say, count.
pub const SURVEY_AT_ONCE_MAX: usize = 65_536;
/// How far a survey runs ahead of the first domain that is not examined yet, count: so many results may have to be
/// put in order.
pub const SURVEY_AHEAD_COUNT: u64 = 32_768;
/// Questions of a survey for one domain, count; what is beyond is answered by [`lookup::Failure::Budget`].
pub const SURVEY_QUESTION_COUNT_MAX: u32 = 2_000;
/// How long one domain may ask, seconds; what it asks later is answered by [`lookup::Failure::Budget`].
pub const SURVEY_DOMAIN_S_MAX: u64 = 300;
/// Answers that a survey keeps, unless its settings say otherwise, bytes.
pub const SURVEY_CACHE_BYTES: usize = 48 << 20;
/// What one of them costs beside its data, bytes: names, links, and what is derived from it.
pub const SURVEY_CACHE_ENTRY_BYTES: usize = 400;
/// The longest that records are kept, seconds.
pub const SURVEY_POSITIVE_TTL_S_MAX: u32 = 86_400;
/// The longest that absence is kept, seconds (RFC 2308 §5).
pub const SURVEY_NEGATIVE_TTL_S_MAX: u32 = 10_800;
/// How long a failure is kept, after all tries, seconds (RFC 9520 §3.2 allows five minutes).
pub const SURVEY_FAILURE_TTL_S: u32 = 30;
/// Zones whose operator is remembered, count.
pub const SURVEY_ZONE_COUNT_MAX: usize = 65_536;
/// Operators whose rate is watched, count; those of whom nothing is wanted are forgotten first.
pub const SURVEY_OPERATOR_COUNT_MAX: usize = 65_536;
/// Resolvers that a survey asks, count.
pub const SURVEY_SERVER_COUNT_MAX: usize = 64;
/// How long the first try of a question waits, unless the settings say otherwise, milliseconds; each further one twice
/// as long.
pub const SURVEY_TRY_MS: u64 = 1_000;
/// Tries over UDP without an answer before TCP, which loses nothing, is taken, count.
pub const SURVEY_UDP_TRY_COUNT: u32 = 3;
/// Tries over TCP without an answer, count.
pub const SURVEY_TCP_TRY_COUNT: u32 = 2;
/// How long a try over TCP waits, in tries over UDP, count.
pub const SURVEY_TCP_WAIT: u64 = 5;
/// Answers that tell of a failure before it is believed, count.
pub const SURVEY_FAILED_TRY_COUNT: u32 = 3;
/// How long it is waited before the same server is asked again that told of a failure, milliseconds; then four times as
/// long.
pub const SURVEY_FAILED_PAUSE_MS: u64 = 1_000;
/// A server of which nothing was heard for so long is asked whether it is there, milliseconds.
pub const SURVEY_SILENCE_MS: u64 = 2_000;
/// … how often, milliseconds.
pub const SURVEY_CANARY_MS: u64 = 500;
/// How often one question is put off because no server is there, count.
pub const SURVEY_PARKED_COUNT_MAX: u32 = 100;
/// How long no server may be there before the survey is broken off, seconds.
pub const SURVEY_DEAD_S: u64 = 600;
/// Names of an opt-out list, count.
pub const SURVEY_OPT_OUT_COUNT_MAX: usize = 10_000_000;
/// Groups of one table that are kept with a survey, count: those with the most names.
pub const SURVEY_KEPT_GROUP_COUNT_MAX: usize = 2_000;
/// Tables that are kept with a survey, count.
pub const SURVEY_KEPT_TABLE_COUNT_MAX: usize = 16;
/// Tables that are kept, as text, bytes: as many as there may be, with names and counts as long as they may be, are no more.
pub const SURVEY_KEPT_BYTES_MAX: usize = 64 << 20;
