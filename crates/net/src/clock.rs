//! The wall clock, for whoever passes the time to the pure crates as an argument.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970-01-01 00:00:00 UTC; 0 for a clock that stands before that.
#[must_use]
pub fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Milliseconds since 1970-01-01 00:00:00 UTC; 0 for a clock that stands before that.
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_units_tell_the_same_time() {
        let (seconds, milliseconds) = (super::now_s(), super::now_ms());
        assert!(seconds > 1_700_000_000);
        assert!(milliseconds / 1000 - seconds <= 1);
    }
}
