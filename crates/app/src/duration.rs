//! Spans of time as people write them: `500ms`, `5s`, `10m`, `2h`, `14d`.

use std::time::Duration;

/// Reads a span of time; a bare number is seconds.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" | "" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 604_800_000,
        _ => return None,
    };
    number.checked_mul(milliseconds).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time() {
        for (text, want_ms) in [
            ("500ms", Some(500)),
            ("5s", Some(5_000)),
            ("5", Some(5_000)),
            ("10m", Some(600_000)),
            ("2h", Some(7_200_000)),
            ("14d", Some(1_209_600_000)),
            ("", None),
            ("s", None),
            ("-5s", None),
            ("5 s", None),
            ("5y", None),
            ("99999999999999999d", None),
        ] {
            assert_eq!(parse(text), want_ms.map(Duration::from_millis), "{text}");
        }
    }
}
