//! Numbers: short ones for axes, whole ones for tables, shares in whole arithmetic, and where the ticks stand.

use crate::view::Locale;

/// A number with a comma between each three digits.
#[must_use]
pub fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number in few letters: `1.2k`, `3M`, `12B`; `1.2万`, `3億`. One decimal, cut, where the whole part has one digit.
#[must_use]
pub fn short(number: u128, locale: Locale) -> String {
    let units: &[(u128, &str)] = match locale {
        Locale::En => &[(1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")],
        Locale::Ja => &[(10_000_000_000_000_000, "京"), (1_000_000_000_000, "兆"), (100_000_000, "億"), (10_000, "万")],
    };
    let Some((unit, letter)) = units.iter().find(|(unit, _)| number >= *unit) else {
        return grouped(number);
    };
    let (whole, tenth) = (number / unit, number % unit * 10 / unit);
    if whole < 10 && tenth > 0 { format!("{whole}.{tenth}{letter}") } else { format!("{}{letter}", grouped(whole)) }
}

/// A share in tenths of a per cent, 0 to 1000; nothing of nothing is none. Nearly all is not all, and hardly any is not
/// none.
#[must_use]
pub fn tenths(part: u128, whole: u128) -> Option<u16> {
    if whole == 0 {
        return None;
    }
    let part = part.min(whole);
    // Beyond 2^64, of which no figure of ours has more than thirteen, both lose their last bits.
    let shift = (128 - whole.leading_zeros()).saturating_sub(100);
    let rounded = ((part >> shift) * 1000 + (whole >> shift) / 2) / (whole >> shift);
    Some(match (part, rounded) {
        (part, 1000) if part < whole => 999,
        (part, 0) if part > 0 => 1,
        (_, rounded) => u16::try_from(rounded).unwrap_or(1000),
    })
}

/// A share as `78.4`, without the sign; nothing of nothing is empty.
pub(crate) fn percent_digits(part: u128, whole: u128) -> String {
    tenths(part, whole).map(|tenths| format!("{}.{}", tenths / 10, tenths % 10)).unwrap_or_default()
}

/// A share as `78.4 %`; nothing of nothing is `–`.
#[must_use]
pub fn percent(part: u128, whole: u128) -> String {
    match percent_digits(part, whole) {
        digits if digits.is_empty() => "–".to_owned(),
        digits => format!("{digits} %"),
    }
}

/// Ticks from zero to the first at or above `max`: whole numbers, 1, 2 or 5 times a power of ten apart, about `count` of
/// them, and at least two.
pub(crate) fn ticks(max: u128, count: u32) -> Vec<u128> {
    let least = max.div_ceil(u128::from(count.max(1))).max(1);
    let mut power: u128 = 1;
    let step = loop {
        if let Some(step) = [1, 2, 5].map(|factor| factor * power).into_iter().find(|step| *step >= least) {
            break step;
        }
        power = power.saturating_mul(10);
    };
    (0..=max.div_ceil(step).max(1)).map(|place| place * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_few_letters() {
        let en = |number| short(number, Locale::En);
        let ja = |number| short(number, Locale::Ja);
        assert_eq!([0, 999, 1_000, 1_250, 12_500, 3_000_000].map(en).join(" "), "0 999 1k 1.2k 12k 3M");
        assert_eq!([9_999, 10_000, 25_000, 200_000, 300_000_000].map(ja).join(" "), "9,999 1万 2.5万 20万 3億");
        assert_eq!(en(u64::MAX.into()), "18,446,744T");
        assert_eq!(ja(u64::MAX.into()), "1,844京");
    }

    #[test]
    fn shares() {
        assert_eq!((percent(1402, 1788), percent(2, 1788)), ("78.4 %".into(), "0.1 %".into()));
        assert_eq!((percent(0, 0), percent(0, 5), percent(5, 5)), ("–".into(), "0.0 %".into(), "100.0 %".into()));
        assert_eq!((percent(1, 1_000_000), percent(999_999, 1_000_000)), ("0.1 %".into(), "99.9 %".into()));
        assert_eq!(tenths(u128::from(u64::MAX), 13 * u128::from(u64::MAX)), Some(77));
        assert_eq!((tenths(u128::MAX / 2, u128::MAX), tenths(u128::MAX, u128::MAX)), (Some(500), Some(1000)));
    }

    #[test]
    fn ticks_reach_the_greatest() {
        assert_eq!(ticks(0, 4), [0, 1]);
        assert_eq!(ticks(3, 4), [0, 1, 2, 3]);
        assert_eq!(ticks(7, 4), [0, 2, 4, 6, 8]);
        assert_eq!(ticks(100, 4), [0, 50, 100]);
        assert_eq!(ticks(1_000, 5), [0, 200, 400, 600, 800, 1_000]);
        let last = 13 * u128::from(u64::MAX);
        let found = ticks(last, 4);
        assert!(*found.last().unwrap() >= last && found.len() <= 6, "{found:?}");
    }
}
