//! The limits of this crate. It reads nothing from outside; its sentences are as long as their arguments.

/// Largest number that Fluent's floating point holds exactly; a larger one is shown as text.
pub(crate) const EXACT_NUMBER_MAX: u64 = 1 << 53;
/// Latest time that is shown as a date, in seconds since 1970: the end of the year 9999.
pub(crate) const TIME_SECONDS_MAX: u64 = 253_402_300_799;
