//! What the catalogues may call:
//!
//! - `GIVEN($x)`: `yes` when the argument was given, else `no`; for arguments that not every step has.
//! - `TIME($x)`: seconds since 1970 as `2026-07-01 00:00:00 UTC`.
//! - `ORDINAL($x)`: an offset from 0 as people count, from 1.
//! - `FIELD($x)`: a header field's name as it is written: `reply-to` becomes `Reply-To`.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::limits::TIME_SECONDS_MAX;

pub(crate) fn add_all(bundle: &mut FluentBundle<FluentResource>) {
    // Fails only for a name that is taken, and the bundle is new.
    let _ = bundle.add_function("GIVEN", given);
    let _ = bundle.add_function("TIME", time);
    let _ = bundle.add_function("ORDINAL", ordinal);
    let _ = bundle.add_function("FIELD", field);
}

fn given<'a>(positional: &[FluentValue<'a>], _: &FluentArgs<'_>) -> FluentValue<'a> {
    match positional.first() {
        None | Some(FluentValue::None | FluentValue::Error) => "no".into(),
        Some(_) => "yes".into(),
    }
}

fn time<'a>(positional: &[FluentValue<'a>], _: &FluentArgs<'_>) -> FluentValue<'a> {
    match positional.first() {
        #[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "in range, and whole seconds")]
        Some(FluentValue::Number(number)) if (0.0..=TIME_SECONDS_MAX as f64).contains(&number.value) => {
            utc(number.value as u64).into()
        }
        Some(other) => other.clone(),
        None => FluentValue::None,
    }
}

fn ordinal<'a>(positional: &[FluentValue<'a>], _: &FluentArgs<'_>) -> FluentValue<'a> {
    match positional.first() {
        Some(FluentValue::Number(number)) => FluentValue::from(number.value + 1.0),
        Some(other) => other.clone(),
        None => FluentValue::None,
    }
}

fn field<'a>(positional: &[FluentValue<'a>], _: &FluentArgs<'_>) -> FluentValue<'a> {
    match positional.first() {
        Some(FluentValue::String(name)) => {
            let mut first = true;
            let letter = |character: char| {
                let written = if first { character.to_ascii_uppercase() } else { character };
                first = character == '-';
                written
            };
            name.chars().map(letter).collect::<String>().into()
        }
        Some(other) => other.clone(),
        None => FluentValue::None,
    }
}

/// A time in UTC, in the civil calendar.
fn utc(seconds: u64) -> String {
    // Days are counted from 1 March of the year 0, so that the leap day is the last of its year.
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let second = seconds % 86_400;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", second / 3_600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_782_864_000, "2026-07-01 00:00:00 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
            (TIME_SECONDS_MAX, "9999-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(utc(seconds), text);
        }
    }

    #[test]
    fn field_names() {
        for (name, written) in [("subject", "Subject"), ("reply-to", "Reply-To"), ("From", "From"), ("", "")] {
            let FluentValue::String(text) = field(&[name.into()], &FluentArgs::new()) else { panic!("no text") };
            assert_eq!(text, written);
        }
    }
}
