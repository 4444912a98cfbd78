//! Of when a report is: UTC days, or equal pieces of a day, one after the other without a gap and without an overlap.

use std::fmt;

/// A stretch of time, in whole seconds since 1970.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Period {
    begin_s: u64,
    until_s: u64,
}

/// Into how many pieces a UTC day is cut.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Division {
    /// The whole day: what RFC 9990 calls typical.
    Day,
    /// Twelve hours.
    HalfDay,
    /// Six hours.
    QuarterDay,
    /// Four hours.
    FourHours,
    /// One hour.
    Hour,
}

const HOUR_S: u64 = 3600;
const DAY_S: u64 = 24 * HOUR_S;

impl Period {
    /// From `begin_s` until just before `until_s`; `None` when nothing lies between.
    #[must_use]
    pub fn new(begin_s: u64, until_s: u64) -> Option<Self> {
        (begin_s < until_s).then_some(Self { begin_s, until_s })
    }

    /// The piece of a day that a moment lies in.
    #[must_use]
    pub fn containing(time_s: u64, division: Division) -> Self {
        let begin_s = time_s - time_s % division.seconds();
        Self { begin_s, until_s: begin_s.saturating_add(division.seconds()) }
    }

    /// What follows the time until which everything is settled, up to the next border of the division. It is shorter than
    /// a piece when the division was changed meanwhile: periods never overlap.
    #[must_use]
    pub fn after(settled_until_s: u64, division: Division) -> Self {
        Self { begin_s: settled_until_s, until_s: Self::containing(settled_until_s, division).until_s }
    }

    /// The first second.
    #[must_use]
    pub fn begin_s(self) -> u64 {
        self.begin_s
    }

    /// The first second that does not belong to it.
    #[must_use]
    pub fn until_s(self) -> u64 {
        self.until_s
    }

    /// The last second: what reports call `end`, so that two that follow each other share none.
    #[must_use]
    pub fn end_s(self) -> u64 {
        self.until_s.saturating_sub(1)
    }

    /// Whether a moment, in milliseconds since 1970, lies in it.
    #[must_use]
    pub fn has_ms(self, time_ms: u64) -> bool {
        (self.begin_s..self.until_s).contains(&(time_ms / 1000))
    }

    /// Whether two share a second.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.begin_s < other.until_s && other.begin_s < self.until_s
    }
}

impl Division {
    /// How long a piece is, in seconds; a day is a whole number of them.
    #[must_use]
    pub fn seconds(self) -> u64 {
        match self {
            Self::Day => DAY_S,
            Self::HalfDay => DAY_S / 2,
            Self::QuarterDay => DAY_S / 4,
            Self::FourHours => 4 * HOUR_S,
            Self::Hour => HOUR_S,
        }
    }
}

/// `begin-end`, both in seconds.
impl fmt::Display for Period {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.begin_s, self.end_s())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DIVISIONS: [Division; 5] =
        [Division::Day, Division::HalfDay, Division::QuarterDay, Division::FourHours, Division::Hour];

    #[test]
    fn days_are_utc_days() {
        let period = Period::containing(1_763_856_000 + 5, Division::Day);
        assert_eq!((period.begin_s(), period.end_s(), period.until_s()), (1_763_856_000, 1_763_942_399, 1_763_942_400));
        assert!(period.has_ms(1_763_856_000_000) && period.has_ms(1_763_942_399_999));
        assert!(!period.has_ms(1_763_855_999_999) && !period.has_ms(1_763_942_400_000));
        assert_eq!(Period::new(5, 5), None);
        assert_eq!(period.to_string(), "1763856000-1763942399");
    }

    proptest! {
        #[test]
        fn whatever_the_divisions_periods_touch_and_never_overlap(
            start in 0..4_000_000_000_u64,
            divisions in prop::collection::vec(prop::sample::select(DIVISIONS.to_vec()), 1..20),
        ) {
            let mut settled = start;
            let mut before: Option<Period> = None;
            for division in divisions {
                let period = Period::after(settled, division);
                prop_assert_eq!(period.begin_s(), settled);
                prop_assert!(period.until_s() > settled && period.until_s() - settled <= division.seconds());
                // No piece crosses midnight.
                prop_assert_eq!(period.begin_s() / DAY_S, period.end_s() / DAY_S);
                prop_assert!(before.is_none_or(|before| !before.overlaps(period)));
                settled = period.until_s();
                before = Some(period);
            }
        }
    }
}
