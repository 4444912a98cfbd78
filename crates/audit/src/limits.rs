//! Every bound of this crate, with its unit. Whoever publishes decides what is read here; nobody decides how much.

/// Findings of one rule about one domain, count; what is more is told by their number alone.
pub const FINDING_COUNT_MAX: usize = 50;
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
