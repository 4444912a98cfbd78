//! When letters go: the hours in which nobody is to be woken, and the hour of the digest. Moments are seconds since 1970;
//! hours are those of a clock that stands a fixed time off UTC.

/// A clock on a wall.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct WallClock {
    /// How much it is ahead of UTC, in minutes.
    pub ahead_min: i32,
}

/// Hours of a day in which nothing is sent; where the first is later than the second, over midnight.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Quiet {
    /// The first minute of the day.
    pub from_min: u32,
    /// The minute after the last.
    pub until_min: u32,
}

/// A moment of each week.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Weekly {
    /// The day: 0 for Monday.
    pub weekday: u32,
    /// The minute of the day.
    pub minute: u32,
}

impl WallClock {
    /// Seconds since the beginning of 1970 by this clock.
    fn local_s(self, now_s: u64) -> i64 {
        let now_s = i64::try_from(now_s).unwrap_or(i64::MAX / 2);
        now_s.saturating_add(i64::from(self.ahead_min) * MINUTE_S)
    }

    /// The moment of a time by this clock.
    fn moment_s(self, local_s: i64) -> u64 {
        u64::try_from(local_s.saturating_sub(i64::from(self.ahead_min) * MINUTE_S)).unwrap_or(0)
    }
}

impl Quiet {
    /// When the quiet hours end in which a moment lies; `None` when it lies in none.
    #[must_use]
    pub fn ends_s(self, now_s: u64, clock: WallClock) -> Option<u64> {
        let local_s = clock.local_s(now_s);
        let day_s = local_s.div_euclid(DAY_S) * DAY_S;
        let of_day = local_s - day_s;
        let (from_s, until_s) = (i64::from(self.from_min) * MINUTE_S, i64::from(self.until_min) * MINUTE_S);
        let end_s = if from_s < until_s {
            (from_s..until_s).contains(&of_day).then_some(until_s)
        } else if from_s == until_s {
            None
        } else if of_day >= from_s {
            Some(until_s + DAY_S)
        } else {
            (of_day < until_s).then_some(until_s)
        };
        end_s.map(|end_s| clock.moment_s(day_s + end_s))
    }
}

impl Weekly {
    /// The last such moment that is not after a moment.
    #[must_use]
    pub fn last_s(self, now_s: u64, clock: WallClock) -> u64 {
        let local_s = clock.local_s(now_s);
        // 1970-01-01 was a Thursday: the Monday before it is day -3.
        let offset_s = i64::from(self.weekday % 7) * DAY_S + i64::from(self.minute) * MINUTE_S - 3 * DAY_S;
        let weeks = (local_s - offset_s).div_euclid(WEEK_S);
        clock.moment_s(weeks * WEEK_S + offset_s)
    }
}

const MINUTE_S: i64 = 60;
const DAY_S: i64 = 86_400;
const WEEK_S: i64 = 7 * DAY_S;
