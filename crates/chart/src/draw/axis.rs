//! An axis with the ticks that we choose: `plotters` asks it where a value lies and where labels stand.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::number;
use crate::text;
use crate::timeline::{civil, date};
use crate::view::Locale;

/// From `start` to `end`, with labels at some values.
pub(super) struct Axis {
    start: f64,
    end: f64,
    ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis from 0 to `end`, in whatever unit, with these labels.
    pub(super) fn plain(end: f64, ticks: Vec<(f64, String)>) -> Self {
        Self { start: 0.0, end, ticks }
    }

    /// Counts from 0 to the first tick at or above `max`.
    pub(super) fn counts(max: u128, count: u32, locale: Locale) -> Self {
        let ticks = number::ticks(max, count);
        let end = ticks.last().copied().unwrap_or(1);
        let ticks = ticks.into_iter().map(|tick| (approximate(tick), number::short(tick, locale)));
        Self { start: 0.0, end: approximate(end), ticks: ticks.collect() }
    }

    /// As [`Axis::counts`], lying in `width`: only as many ticks as their labels have room.
    pub(super) fn counts_within(max: u128, width: i32, locale: Locale) -> Self {
        let has_room = |axis: &Self| {
            let count = i32::try_from(axis.ticks.len()).unwrap_or(i32::MAX);
            (axis.label_width() + LABEL_GAP).saturating_mul(count) <= width
        };
        let axes = [4, 2].into_iter().map(|count| Self::counts(max, count, locale));
        axes.into_iter().find(has_room).unwrap_or_else(|| Self::counts(max, 1, locale))
    }

    /// Tenths of a per cent, with labels a step of per cent apart.
    pub(super) fn percents(step: u16) -> Self {
        let ticks = (0..=100).step_by(usize::from(step)).map(|tick| (f64::from(tick) * 10.0, format!("{tick} %")));
        Self { start: 0.0, end: 1000.0, ticks: ticks.collect() }
    }

    /// A place of width 1 for each category, and the labels of as many as have room in `width`.
    pub(super) fn categories(names: &[String], width: i32) -> Self {
        let count = names.len().max(1);
        let labels: Vec<String> = names.iter().map(|name| text::label_within(name, LABEL_WIDTH_MAX)).collect();
        let widest = labels.iter().map(|label| text::width(label)).max().unwrap_or_default() + LABEL_GAP;
        let room = usize::try_from(width / widest.max(1)).unwrap_or_default().max(1);
        let stride = count.div_ceil(room);
        let ticks = labels.into_iter().enumerate().step_by(stride).map(|(place, label)| (middle(place), label));
        Self { start: 0.0, end: approximate(count as u128), ticks: ticks.collect() }
    }

    /// Days, with dates at the beginnings of days, months or years, as many as have room in `width`.
    pub(super) fn days(first: i64, end: i64, width: i32) -> Self {
        let room = i64::from((width / DATE_WIDTH).max(1));
        let ticks = dates(first, end, room).into_iter().map(|day| (day as f64, date(day)));
        Self { start: first as f64, end: end as f64, ticks: ticks.collect() }
    }

    /// The width of the widest label.
    pub(super) fn label_width(&self) -> i32 {
        self.ticks.iter().map(|(_, label)| text::width(label)).max().unwrap_or_default()
    }

    /// How far labels reach beyond the end of an axis that is `width` wide.
    pub(super) fn overhang(&self, width: i32) -> i32 {
        let beyond = |(value, label): &(f64, String)| {
            let place = f64::from(width) * (value - self.start) / (self.end - self.start);
            place.round() as i32 + text::width(label) / 2 - width
        };
        self.ticks.iter().map(beyond).max().unwrap_or_default().max(0)
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = ((value - self.start) / (self.end - self.start)).clamp(0.0, 1.0);
        limit.0 + (f64::from(limit.1 - limit.0) * share).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.iter().map(|(value, _)| *value).collect()
    }

    fn range(&self) -> Range<f64> {
        self.start..self.end
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let tick = self.ticks.iter().find(|(tick, _)| tick == value);
        tick.map(|(_, label)| label.clone()).unwrap_or_default()
    }
}

/// The middle of a category's place.
pub(super) fn middle(place: usize) -> f64 {
    approximate(place as u128) + 0.5
}

/// A count as a coordinate: what is lost beyond 2^53 is less than any eye sees.
pub(super) fn approximate(count: u128) -> f64 {
    count as f64
}

/// Days in `first..end` at which dates stand: not more than `room` of them, evenly, beginning months or years when the
/// range is long.
fn dates(first: i64, end: i64, room: i64) -> Vec<i64> {
    let days = end - first;
    if let Some(step) = [1, 2, 7, 14].into_iter().find(|step| days <= step * room) {
        return (first..end).step_by(usize::try_from(step).unwrap_or(1)).collect();
    }
    let powers = std::iter::successors(Some(12), |step| Some(step * 10));
    let years = powers.flat_map(|power| [power, 2 * power, 5 * power]);
    // A month has 30 days at least, but for one that the others make up for.
    let step = [1, 2, 3, 6].into_iter().chain(years).find(|step| days <= step * 30 * room).unwrap_or(i64::MAX);
    let (year, month, _) = civil(first);
    let begins = (year * 12 + i64::from(month) - 1).div_euclid(step) * step;
    let months = (0..=room + 1).map(|place| first_of_month(begins.saturating_add(step.saturating_mul(place))));
    months.filter(|day| (first..end).contains(day)).collect()
}

/// The first day of a month, counted from January of the year 0.
fn first_of_month(month: i64) -> i64 {
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12));
    // As in `civil`: years begin with March.
    let year_from_march = if month < 2 { year - 1 } else { year };
    let month_from_march = (month + 10) % 12;
    let (era, of_era) = (year_from_march.div_euclid(400), year_from_march.rem_euclid(400));
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month_from_march + 2) / 5 - 719_468
}

/// Widest label below a category, in units of the view box.
const LABEL_WIDTH_MAX: i32 = 120;
/// Between two labels.
const LABEL_GAP: i32 = 14;
/// A date and the room after it.
const DATE_WIDTH: i32 = 94;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::DAY_MAX;

    #[test]
    fn months_and_days_agree() {
        for day in (-DAY_MAX..DAY_MAX).step_by(9_973) {
            let (year, month, of_month) = civil(day);
            assert_eq!(first_of_month(year * 12 + i64::from(month) - 1) + i64::from(of_month) - 1, day);
        }
    }

    #[test]
    fn dates_have_room() {
        let show = |first, end, room| dates(first, end, room).into_iter().map(date).collect::<Vec<_>>().join(" ");
        assert_eq!(show(0, 3, 3), "1970-01-01 1970-01-02 1970-01-03");
        assert_eq!(show(20_454, 20_820, 5), "2026-01-01 2026-04-01 2026-07-01 2026-10-01 2027-01-01");
        for days in [1, 10, 100, 1_000, 10_000, 100_000, 8_000_000] {
            let found = dates(-4_000_000, days - 4_000_000, 6);
            assert!((1..=8).contains(&found.len()), "{days}: {found:?}");
        }
    }

    #[test]
    fn labels_of_categories_do_not_meet() {
        let names: Vec<String> = (0..90).map(|day| format!("11-{day:02}")).collect();
        let axis = Axis::categories(&names, 600);
        assert_eq!(axis.ticks.len(), 12);
        assert_eq!(Axis::categories(&[], 600).ticks, []);
    }
}
