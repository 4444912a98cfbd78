//! Moments as people write them, and as we write them: RFC 3339 in UTC.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::common::Common;
use crate::failure::Failure;

/// Reads RFC 3339, or seconds since 1970.
pub(crate) fn parse(text: &str) -> Option<u64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().filter(|seconds| *seconds <= SECONDS_MAX);
    }
    let moment: Timestamp = text.parse().ok()?;
    u64::try_from(moment.as_second()).ok()
}

/// Reads what [`parse`] reads, or a day (UTC), which means its beginning.
pub(crate) fn parse_or_day(text: &str) -> Option<u64> {
    parse(text).or_else(|| {
        let day: Date = text.parse().ok()?;
        u64::try_from(day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second()).ok()
    })
}

/// A span of time by `--from` and `--to`, in seconds since 1970: by default the last 30 days.
///
/// # Errors
/// One of them is no time.
pub(crate) fn span(common: &Common, from: Option<&str>, to: Option<&str>) -> Result<(u64, u64), Failure> {
    let read = |option, text: Option<&str>| {
        text.map(|text| parse_or_day(text).ok_or_else(|| Failure::option("cli-bad-time", option, text))).transpose()
    };
    let until_s = read("--to", to)?.unwrap_or_else(|| common.now_s());
    let from_s = read("--from", from)?.unwrap_or_else(|| until_s.saturating_sub(DEFAULT_SPAN_S));
    Ok((from_s, until_s))
}

/// Seconds since 1970 as RFC 3339: `2026-04-01T09:00:00Z`.
pub(crate) fn rfc3339(seconds: u64) -> String {
    let moment = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.map_or_else(|| seconds.to_string(), |moment| moment.to_string())
}

/// The span of time that is asked about where none is said: 30 days.
const DEFAULT_SPAN_S: u64 = 30 * 86_400;
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
        assert_eq!(parse_or_day("2026-04-01"), Some(1_775_001_600));
        assert_eq!(parse_or_day("1775034000"), Some(1_775_034_000));
        assert_eq!(parse_or_day("2026-02-30"), None);
        assert_eq!(rfc3339(1_775_034_000), "2026-04-01T09:00:00Z");
    }
}
