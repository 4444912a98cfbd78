//! Moments as people write them, and as we write them: RFC 3339 in UTC.

use jiff::Timestamp;

/// Reads RFC 3339, or seconds since 1970.
pub(crate) fn parse(text: &str) -> Option<u64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().filter(|seconds| *seconds <= SECONDS_MAX);
    }
    let moment: Timestamp = text.parse().ok()?;
    u64::try_from(moment.as_second()).ok()
}

/// Seconds since 1970 as RFC 3339: `2026-04-01T09:00:00Z`.
pub(crate) fn rfc3339(seconds: u64) -> String {
    let moment = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.map_or_else(|| seconds.to_string(), |moment| moment.to_string())
}

/// The last second of the year 9999: no clock that mail meets goes further.
const SECONDS_MAX: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        assert_eq!(parse("2026-04-01T09:00:00Z"), Some(1_775_034_000));
        assert_eq!(parse("2026-04-01T18:00:00+09:00"), Some(1_775_034_000));
        assert_eq!(parse("1775034000"), Some(1_775_034_000));
        for text in ["", "yesterday", "-1", "1969-12-31T23:59:59Z", "253402300800", "2026-04-01"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(rfc3339(1_775_034_000), "2026-04-01T09:00:00Z");
    }
}
