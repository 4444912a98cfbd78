//! What never passes: every count and size that could grow has a bound.

/// Most bytes of an owner's own map of senders.
pub const OWN_MAP_BYTES_MAX: usize = 1024 * 1024;
/// Most lines of it that are read.
pub const OWN_MAP_LINE_COUNT_MAX: usize = 20_000;
/// Most flaws of it that are told.
pub const OWN_MAP_FLAW_COUNT_MAX: usize = 100;
/// Most labels, from the right, of a name that are compared with a map.
pub const MAP_LABEL_COUNT_MAX: usize = 8;
/// Most addresses of a group of sources that are listed; all are counted.
pub const GROUP_ADDRESS_COUNT_MAX: usize = 1_000;
/// Most selectors of a group that are listed.
pub const GROUP_SELECTOR_COUNT_MAX: usize = 20;
/// Most selectors of one domain that are known to have passed.
pub const KNOWN_SELECTOR_COUNT_MAX: usize = 1_000;
/// Most things to repair that are advised at once.
pub const REPAIR_COUNT_MAX: usize = 100;
/// Most sources of a domain that the watch remembers: the ones seen longest ago give way.
pub const WATCH_SOURCE_COUNT_MAX: usize = 10_000;
/// Most reporters of a domain that the watch remembers.
pub const WATCH_REPORTER_COUNT_MAX: usize = 2_000;
/// Most selectors of a domain that the watch remembers.
pub const WATCH_SELECTOR_COUNT_MAX: usize = 1_000;
/// Most days of counts that the watch remembers.
pub const WATCH_DAY_COUNT_MAX: usize = 28;
/// Most domains that the watch remembers.
pub const WATCH_DOMAIN_COUNT_MAX: usize = 100_000;
/// Most bytes of the watch's memory as text that are read.
pub const WATCH_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Most alerts of one day and domain; the rest is counted.
pub const ALERT_COUNT_MAX: usize = 50;
/// Most sources that a digest names for a domain.
pub const DIGEST_SOURCE_COUNT_MAX: usize = 5;
