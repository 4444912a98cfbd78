//! The limits of this crate. Each is an outcome with a name when exceeded, and each has tests at, below and above.

/// Longest name of a person, in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// Most people.
pub const PERSON_COUNT_MAX: usize = 1_000;
/// Most grants of a person or a token.
pub const GRANT_COUNT_MAX: usize = 32;
/// Most domains of a grant.
pub const GRANT_DOMAIN_COUNT_MAX: usize = 1_000;
/// Longest issuer or subject of OpenID Connect, in bytes.
pub const SUBJECT_BYTES_MAX: usize = 512;
/// Longest document of a provider of OpenID Connect, in bytes: its description, its keys, its answer to a code.
pub const OPENID_DOCUMENT_BYTES_MAX: usize = 256 << 10;
/// Longest address that a provider names, in bytes.
pub const OPENID_URL_BYTES_MAX: usize = 2_048;
/// Longest ID token, in bytes.
pub const OPENID_TOKEN_BYTES_MAX: usize = 64 << 10;
/// Longest code that somebody brings back, in bytes.
pub const OPENID_CODE_BYTES_MAX: usize = 4_096;
/// Longest text within a document or a token of a provider that is looked at, in bytes: a key, the name of a group.
pub const OPENID_TEXT_BYTES_MAX: usize = 2_048;
/// Most keys of a provider.
pub const OPENID_KEY_COUNT_MAX: usize = 64;
/// Most groups of somebody that are looked at.
pub const OPENID_GROUP_COUNT_MAX: usize = 1_000;
/// How far the provider's clock may be from ours, in seconds.
pub const OPENID_SKEW_S: u64 = 60;
/// How long ago an ID token may have been made, in seconds.
pub const OPENID_TOKEN_AGE_S_MAX: u64 = 600;
/// How long somebody may take to log in at the provider, in seconds.
pub const OPENID_ATTEMPT_S: u64 = 900;
/// How long the description of a provider is kept, in seconds.
pub const OPENID_PROVIDER_S: u64 = 3_600;
/// Shortest time between two questions for the keys of a provider, in seconds.
pub const OPENID_KEYS_PAUSE_S: u64 = 60;
/// Longest name of a time zone, in bytes.
pub const ZONE_BYTES_MAX: usize = 64;

/// Shortest password, in characters: NIST SP 800-63B asks for at least 8, or 15 where nothing else is asked for.
pub const PASSWORD_CHARACTER_COUNT_MIN: usize = 12;
/// Longest password, in bytes: what bounds the time to normalise it.
pub const PASSWORD_BYTES_MAX: usize = 1_024;
/// Longest text of a kept password, in bytes.
pub const PASSWORD_HASH_BYTES_MAX: usize = 512;
/// Most memory that a kept password may ask for, in KiB: it comes from a file.
pub const PASSWORD_MEMORY_KIB_MAX: u32 = 262_144;
/// Most passes over the memory that a kept password may ask for.
pub const PASSWORD_PASS_COUNT_MAX: u32 = 16;
/// Most lanes that a kept password may ask for.
pub const PASSWORD_LANE_COUNT_MAX: u32 = 8;

/// How long a session lives that nobody uses, in seconds.
pub const SESSION_IDLE_S: u64 = 12 * 3_600;
/// How long a session lives at most, in seconds.
pub const SESSION_S_MAX: u64 = 7 * 86_400;
/// How old the moment of the last use may be before it is written anew, in seconds: not each request writes.
pub const SESSION_TOUCH_S: u64 = 60;
/// Most sessions of a person; the one that was used longest ago goes first.
pub const SESSION_COUNT_MAX: usize = 32;
/// Longest name of a browser that is kept, in bytes.
pub const AGENT_BYTES_MAX: usize = 256;

/// Most tokens of a person.
pub const TOKEN_COUNT_MAX: usize = 64;
/// How long a token lives at most, in seconds: a year.
pub const TOKEN_S_MAX: u64 = 366 * 86_400;
/// Longest label of a token, in bytes.
pub const LABEL_BYTES_MAX: usize = 128;

/// How long the token of the first run is good, in seconds.
pub const SETUP_S: u64 = 24 * 3_600;

/// Wrong passwords of one name from one network that cost nothing but themselves.
pub const FREE_ATTEMPT_COUNT: u32 = 5;
/// Wrong passwords of any names from one network that cost nothing but themselves.
pub const FREE_NETWORK_ATTEMPT_COUNT: u32 = 20;
/// The first wait, in milliseconds; each further wrong password doubles it.
pub const WAIT_MS_FIRST: u64 = 10_000;
/// The longest wait, in milliseconds.
pub const WAIT_MS_MAX: u64 = 15 * 60_000;
/// After which time without a wrong password all of them are forgotten, in milliseconds.
pub const FORGET_MS: u64 = 24 * 3_600_000;
/// Most pairs of network and name, and most networks, that are remembered; the quietest goes first.
pub const ATTEMPT_ENTRY_COUNT_MAX: usize = 10_000;
/// Most networks from which somebody signed in that are remembered.
pub const KNOWN_NETWORK_COUNT_MAX: usize = 1_000;
/// Passwords that are looked at together from networks from which nobody has signed in, count per minute; and as many
/// again from those from which somebody has.
pub const ATTEMPT_COUNT_PER_MINUTE: u32 = 60;

/// Longest word of a line of the log, in bytes.
pub const VERB_BYTES_MAX: usize = 64;
/// Longest name in a line of the log, in bytes: who did it, and to what.
pub const LOG_NAME_BYTES_MAX: usize = 512;
/// Longest note of a line of the log, in bytes.
pub const NOTE_BYTES_MAX: usize = 2_048;
/// Most lines of a page of the log.
pub const LOG_PAGE_LINE_COUNT_MAX: usize = 1_000;
