//! Times as reports have them: seconds since 1970, RFC 3339, and what is met beside them.

use mailtext::date::DateTime;

/// How a time was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// Digits: seconds since 1970.
    Seconds,
    /// RFC 3339: `2016-04-01T00:00:00Z`.
    Rfc3339,
    /// Something else that can be read.
    Other,
}

/// Reads a time; seconds since 1970.
pub(crate) fn read(text: &str) -> Option<(u64, Form)> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: u64 = text.parse().ok()?;
        // A report of the year 5138 is one whose writer counts milliseconds.
        return Some(if number >= 100_000_000_000 { (number / 1000, Form::Other) } else { (number, Form::Seconds) });
    }
    if let Some((whole, fraction)) = text.split_once('.')
        && !whole.is_empty()
        && whole.len() <= 11
        && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
    {
        return whole.parse().ok().map(|seconds| (seconds, Form::Other));
    }
    let (seconds, form) = match iso(text) {
        Some(found) => found,
        None => (DateTime::parse(text.as_bytes()).ok()?.unix_seconds, Form::Other),
    };
    Some((u64::try_from(seconds).ok()?, form))
}

/// `YYYY-MM-DD`, then maybe `T` or a blank, `HH:MM[:SS[.f]]`, then maybe a zone. Without a zone it is UTC.
fn iso(text: &str) -> Option<(i64, Form)> {
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = text.get(range)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let is = |at: usize, wanted: &[u8]| text.as_bytes().get(at).is_some_and(|byte| wanted.contains(byte));
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    if !is(4, b"-/") || !is(7, b"-/") || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let midnight = days(year, month, day) * 86_400;
    if text.len() == 10 {
        return Some((midnight, Form::Other));
    }
    let (hour, minute) = (number(11..13)?, number(14..16)?);
    let (second, mut rest) = if is(16, b":") { (number(17..19)?, text.get(19..)?) } else { (0, text.get(16..)?) };
    if !is(10, b"Tt ") || !is(13, b":") || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|character: char| character.is_ascii_digit());
    }
    let strict = is(10, b"T") && is(16, b":") && is(4, b"-") && is(7, b"-");
    let (east, zoned) = zone(rest)?;
    let form = if strict && zoned { Form::Rfc3339 } else { Form::Other };
    Some((midnight + hour * 3600 + minute * 60 + second - east, form))
}

/// Seconds east of UTC, and whether the zone is as RFC 3339 has it.
fn zone(text: &str) -> Option<(i64, bool)> {
    match text.trim() {
        "" | "UTC" | "GMT" => return Some((0, false)),
        "Z" | "z" => return Some((0, text == "Z")),
        _ => {}
    }
    let zone = text.trim();
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = zone.get(1..)?.chars().filter(|character| *character != ':').collect();
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    Some((sign * (number / 100 * 3600 + number % 100 * 60), zone.len() == 6 && zone.len() == text.len()))
}

/// Days of the Gregorian calendar since 1970-01-01.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_every_form() {
        for (text, wanted) in [
            ("1700000000", Some((1_700_000_000, Form::Seconds))),
            (" 0 ", Some((0, Form::Seconds))),
            ("1700000000123", Some((1_700_000_000, Form::Other))),
            ("1700000000.5", Some((1_700_000_000, Form::Other))),
            ("2016-04-01T00:00:00Z", Some((1_459_468_800, Form::Rfc3339))),
            ("2016-04-01T09:00:00+09:00", Some((1_459_468_800, Form::Rfc3339))),
            ("2016-04-01T00:00:00.123Z", Some((1_459_468_800, Form::Rfc3339))),
            ("2016-04-01 00:00:00", Some((1_459_468_800, Form::Other))),
            ("2016-04-01T00:00:00", Some((1_459_468_800, Form::Other))),
            ("2016-04-01", Some((1_459_468_800, Form::Other))),
            ("2016/04/01 00:00", Some((1_459_468_800, Form::Other))),
            ("Fri, 01 Apr 2016 00:00:00 +0000", Some((1_459_468_800, Form::Other))),
            ("2016-04-01T00:00:00 -0100", Some((1_459_472_400, Form::Other))),
            ("2000-03-01T00:00:00Z", Some((951_868_800, Form::Rfc3339))),
            ("", None),
            ("asdf", None),
            ("-5", None),
            ("1969-12-31T23:59:59Z", None),
            ("2016-13-01", None),
            ("99999999999999999999999", None),
            ("2016-04-01T00:00:00Ω", None),
        ] {
            assert_eq!(read(text), wanted, "{text}");
        }
    }
}
