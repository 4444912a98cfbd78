//! The limits of this crate.

/// How long a message waits for DNS between two of its moments, in microseconds of the world.
pub const MESSAGE_DNS_US: u64 = 20_000_000;
/// After how long a resolver gives a question up, in microseconds of the world.
pub const UPSTREAM_TIMEOUT_US: u64 = 5_000_000;
/// How long a message waits for the ledger, in microseconds of the world.
pub const LEDGER_WAIT_US: u64 = 10_000_000;
/// Most events of one world; more mean that it does not come to rest.
pub const EVENT_COUNT_MAX: u64 = 2_000_000;
/// Most messages of one world.
pub const MESSAGE_COUNT_MAX: u64 = 100_000;
/// Most bytes that the MTA sends ahead of the filter.
pub const AHEAD_BYTES_MAX: usize = 16 << 10;
/// Fields of a big message, beside its own.
pub const BIG_FIELD_COUNT: usize = 400;
/// Recipients of a big message.
pub const BIG_RECIPIENT_COUNT: usize = 200;
/// NULs in the body of a big message, in bytes: more than one packet of the milter protocol holds.
pub const BIG_BODY_BYTES: usize = 100_000;
/// After how long an MTA that waits hears that the filter is still at work, in microseconds of the world.
pub const PATIENCE_US: u64 = 10_000_000;
