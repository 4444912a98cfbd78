//! Dates of header fields (RFC 5322 §3.3, with the obsolete forms of §4.3). Pure arithmetic: nobody's clock is read.

use std::fmt;

use crate::explain::{Explain, Rule};
use crate::lex::Cursor;
use crate::limits::DATE_BYTES_MAX;

/// A moment, and the zone in which it was written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DateTime {
    /// Seconds since 1970-01-01T00:00:00Z, without leap seconds.
    pub unix_seconds: i64,
    /// Minutes east of UTC; from -5999 to 5999.
    pub offset_minutes: i16,
}

/// Why a text is no date.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DateError {
    /// Longer than [`DATE_BYTES_MAX`].
    TooLong,
    /// Something else than `[day-name,] day month year hour:minute[:second] zone`.
    Syntax,
    /// A day, hour, minute, second or zone that does not exist.
    Range,
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

impl DateTime {
    /// Reads the value of a Date field, or what follows the last semicolon of a Received field. The name of the day is
    /// not compared with the date. A missing zone is -0000.
    ///
    /// # Errors
    /// When it is no date.
    pub fn parse(value: &[u8]) -> Result<Self, DateError> {
        if value.len() > DATE_BYTES_MAX {
            return Err(DateError::TooLong);
        }
        let mut cursor = Cursor::new(value);
        let mut token = || {
            cursor.cfws(|_| {});
            let alphabetic = cursor.peek().is_some_and(|byte| byte.is_ascii_alphabetic());
            let digits = cursor.peek().is_some_and(|byte| byte.is_ascii_digit());
            let word = if alphabetic {
                cursor.take_while(|byte| byte.is_ascii_alphabetic())
            } else if digits {
                cursor.take_while(|byte| byte.is_ascii_digit())
            } else {
                let mark = &cursor.rest()[..usize::from(!cursor.is_end())];
                cursor.skip(1);
                mark
            };
            std::str::from_utf8(word).unwrap_or("?")
        };
        let tokens: Vec<&str> = std::iter::repeat_with(&mut token).take_while(|word| !word.is_empty()).collect();
        read(&tokens)
    }
}

fn read(tokens: &[&str]) -> Result<DateTime, DateError> {
    let mut tokens = tokens;
    if tokens.first().is_some_and(|word| word.starts_with(|first: char| first.is_ascii_alphabetic())) {
        tokens = tokens.get(1..).unwrap_or_default();
        tokens = tokens.strip_prefix(&[","]).unwrap_or(tokens);
    }
    let (&[day, month, year, hour, ":", minute], rest) = tokens.split_first_chunk::<6>().ok_or(DateError::Syntax)?
    else {
        return Err(DateError::Syntax);
    };
    let (second, zone) = match rest {
        [":", second, zone @ ..] => (number(second)?, zone),
        zone => (0, zone),
    };
    let is_month = |name: &&str| month.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let month = MONTHS.iter().position(is_month).ok_or(DateError::Syntax)? + 1;
    let (day, hour, minute) = (number(day)?, number(hour)?, number(minute)?);
    let year = full_year(year)?;
    let month = i64::try_from(month).map_err(|_| DateError::Range)?;
    // RFC 5322 §3.3: 60 is a leap second.
    if !(1..=days_in_month(year, month)).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return Err(DateError::Range);
    }
    let offset_minutes = offset(zone)?;
    let local = days_from_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Ok(DateTime { unix_seconds: local - i64::from(offset_minutes) * 60, offset_minutes })
}

fn number(digits: &str) -> Result<i64, DateError> {
    if digits.len() > 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DateError::Syntax);
    }
    digits.parse().map_err(|_| DateError::Syntax)
}

fn full_year(digits: &str) -> Result<i64, DateError> {
    let year = number(digits)?;
    // RFC 5322 §4.3: two digits up to 49 are of this century, from 50 and with three digits one adds 1900.
    Ok(match (digits.len(), year) {
        (2, 0..=49) => year + 2000,
        (2 | 3, _) => year + 1900,
        _ => year,
    })
}

fn offset(zone: &[&str]) -> Result<i16, DateError> {
    match zone {
        [] => Ok(0),
        [sign @ ("+" | "-"), digits, ..] if digits.len() == 4 => {
            let number = number(digits)?;
            let minutes = number / 100 * 60 + number % 100;
            // RFC 5322 §3.3: the last two digits are minutes.
            if number % 100 > 59 {
                return Err(DateError::Range);
            }
            let minutes = i16::try_from(minutes).map_err(|_| DateError::Range)?;
            Ok(if *sign == "-" { -minutes } else { minutes })
        }
        // RFC 5322 §4.3: the names of North America; military letters and unknown names mean -0000.
        [name, ..] if name.bytes().all(|byte| byte.is_ascii_alphabetic()) => Ok(match &*name.to_ascii_uppercase() {
            "EDT" => -240,
            "EST" | "CDT" => -300,
            "CST" | "MDT" => -360,
            "MST" | "PDT" => -420,
            "PST" => -480,
            // Not in the standard, but plain in the mail of the country of this project.
            "JST" => 540,
            _ => 0,
        }),
        _ => Err(DateError::Syntax),
    }
}

/// Days of the Gregorian calendar since 1970-01-01 (years counted from March, so that the leap day is the last).
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a day since 1970-01-01.
fn date_of_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = (shifted + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// As RFC 5322 §3.3 has it: `Fri, 21 Nov 1997 09:55:06 -0600`.
impl fmt::Display for DateTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.unix_seconds.saturating_add(i64::from(self.offset_minutes) * 60);
        let (days, seconds) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let (year, month, day) = date_of_days(days);
        let name = |names: &[&'static str], index: i64| {
            usize::try_from(index).ok().and_then(|index| names.get(index).copied()).unwrap_or_default()
        };
        let zone = self.offset_minutes.unsigned_abs();
        write!(
            formatter,
            "{}, {day} {} {year:04} {:02}:{:02}:{:02} {}{:02}{:02}",
            name(&DAYS, days.rem_euclid(7)),
            name(&MONTHS, month - 1),
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60,
            if self.offset_minutes < 0 { '-' } else { '+' },
            zone / 60,
            zone % 60,
        )
    }
}

impl DateError {
    /// Every id of this enum.
    pub const IDS: &'static [&'static str] = &["date-too-long", "date-syntax", "date-range"];
}

impl Explain for DateError {
    fn id(&self) -> &'static str {
        match self {
            Self::TooLong => "date-too-long",
            Self::Syntax => "date-syntax",
            Self::Range => "date-range",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::TooLong => None,
            _ => Some(Rule("RFC 5322", "3.3")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unix(text: &str) -> Result<i64, DateError> {
        DateTime::parse(text.as_bytes()).map(|date| date.unix_seconds)
    }

    #[test]
    fn dates_of_the_standard() {
        assert_eq!(unix("Fri, 21 Nov 1997 09:55:06 -0600"), Ok(880_127_706));
        assert_eq!(unix("Thu, 1 Jan 1970 00:00:00 +0000"), Ok(0));
        // RFC 5322, Appendix A.5 and A.6.2.
        assert_eq!(
            unix(
                "Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 (Newfoundland Time)"
            ),
            Ok(-27_723_480)
        );
        assert_eq!(unix("21 Nov 97 09:55:06 GMT"), Ok(880_106_106));
        assert_eq!(unix("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600"), Ok(880_127_706));
        assert_eq!(unix("1 Jan 2000 00:00 EST"), Ok(946_702_800));
        assert_eq!(unix("1 Jan 00 00:00:00 Z"), Ok(946_684_800));
        assert_eq!(unix("1 Jan 100 00:00:00 Z"), Ok(946_684_800));
        assert_eq!(unix("29 Feb 2000 12:00:00 +0900 (JST)"), Ok(951_793_200));
        assert_eq!(unix("31 Dec 2016 23:59:60 +0000"), Ok(1_483_228_800));
    }

    #[test]
    fn what_is_no_date() {
        for text in ["", "Fri", "21 Nov", "21 Foo 1997 09:55:06 -0600", "21 Nov 1997 09-55", "1 é 1 1:1"] {
            assert_eq!(unix(text), Err(DateError::Syntax), "{text}");
        }
        for text in [
            "30 Feb 2000 00:00:00 Z",
            "29 Feb 1900 00:00:00 Z",
            "0 Jan 2000 00:00:00 Z",
            "1 Jan 2000 24:00:00 Z",
            "1 Jan 2000 00:00:00 +0060",
        ] {
            assert_eq!(unix(text), Err(DateError::Range), "{text}");
        }
    }

    #[test]
    fn limits_at_below_and_above() {
        for (length, flawed) in [(DATE_BYTES_MAX - 1, false), (DATE_BYTES_MAX, false), (DATE_BYTES_MAX + 1, true)] {
            let text = format!("{:length$}", "1 Jan 2000 00:00:00 Z");
            assert_eq!(unix(&text) == Err(DateError::TooLong), flawed, "{length}");
        }
    }

    proptest! {
        #[test]
        fn a_printed_date_reads_back(unix_seconds in -60_000_000_000i64..200_000_000_000, offset_minutes in -1439i16..1440) {
            let date = DateTime { unix_seconds, offset_minutes };
            prop_assert_eq!(DateTime::parse(date.to_string().as_bytes()), Ok(date), "{}", date);
        }

        #[test]
        fn any_bytes_are_read(text in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = DateTime::parse(&text);
        }
    }
}
