//! Statistics of traffic, as ministries and carriers publish them: how many messages of a month, a week or a day ended
//! how, by method; what was done with them; what another filter called spam. A fold of counts by the day, so that a page
//! and a verb cannot differ.

use std::collections::BTreeMap;

use crate::tally::{HOUR_MS, HOURS, Measure, MeasureKind, Outcome, Step, TallyLine, TallyQuery};
use crate::vocabulary::{Action, Direction, Method, MethodResult, Spam};

/// What is counted: a question for each, asked with [`query`].
pub const KINDS: [MeasureKind; 4] =
    [MeasureKind::Messages, MeasureKind::Result, MeasureKind::Action, MeasureKind::Spam];

/// The methods of which shares are published, in their order.
pub const METHODS: [Method; 4] = Outcome::METHODS;

/// What keeps a message from its readers: it is rejected for ever, thrown away, or held. What is refused for now comes
/// again, and what is only labelled is delivered.
pub const KEPT_AWAY: [Action; 3] = [Action::Reject, Action::Discard, Action::Quarantine];

/// How time is divided.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum By {
    /// By days.
    Day,
    /// By weeks, which begin on Mondays (ISO 8601).
    Week,
    /// By months.
    Month,
}

/// The messages of some days, by parts of time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statistics {
    /// How time is divided.
    pub by: By,
    /// The parts, in their order, without a gap.
    pub parts: Vec<Part>,
}

/// The messages of a part of time.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Part {
    /// The first day that was asked about, in days since 1970: the part may have begun before.
    pub from_day: u32,
    /// The first day that is not one of them.
    pub until_day: u32,
    /// Messages.
    pub messages: u64,
    /// Messages with a result of a method; those of which it was not evaluated have none.
    pub results: BTreeMap<(Method, MethodResult), u64>,
    /// Messages by what was done.
    pub actions: BTreeMap<Action, u64>,
    /// Messages by what another filter said.
    pub spam: BTreeMap<Spam, u64>,
}

/// The question for the counts of a kind of incoming mail: days from `from_day` to before `until_day`, which begin
/// `ahead_h` hours before those of UTC (9 for Japan).
#[must_use]
pub fn query(kind: MeasureKind, from_day: u32, until_day: u32, ahead_h: i8) -> TallyQuery {
    let start_ms = |day: u32| {
        let hour = i64::from(day) * i64::from(HOURS) - i64::from(ahead_h);
        u64::try_from(hour).unwrap_or(0).saturating_mul(HOUR_MS)
    };
    let mut query = TallyQuery::new(kind, start_ms(from_day), start_ms(until_day), Step::Day { ahead_h });
    query.direction = Some(Direction::In);
    query
}

/// Folds the answers to [`query`] of all [`KINDS`], in any order. Lines of days that were not asked about, and of other
/// kinds, count nothing.
#[must_use]
pub fn of<'l>(
    by: By,
    from_day: u32,
    until_day: u32,
    ahead_h: i8,
    lines: impl IntoIterator<Item = &'l TallyLine>,
) -> Statistics {
    let mut parts: BTreeMap<u32, Part> = BTreeMap::new();
    for day in from_day..until_day {
        let part = parts.entry(by.first_day(day)).or_insert(Part { from_day: day, ..Part::default() });
        part.until_day = day + 1;
    }
    for line in lines {
        let hour = i64::try_from(line.start_ms / HOUR_MS).unwrap_or(i64::MAX).saturating_add(i64::from(ahead_h));
        let Ok(day) = u32::try_from(hour.div_euclid(i64::from(HOURS))) else { continue };
        if !(from_day..until_day).contains(&day) {
            continue;
        }
        if let Some(part) = parts.get_mut(&by.first_day(day)) {
            part.add(&line.measure, line.count);
        }
    }
    Statistics { by, parts: parts.into_values().collect() }
}

impl By {
    /// The first day of the part that a day belongs to, in days since 1970.
    #[must_use]
    pub fn first_day(self, day: u32) -> u32 {
        match self {
            Self::Day => day,
            // The first of 1970 was a Thursday; the week of it has no day before.
            Self::Week => day.saturating_sub((day + 3) % 7),
            Self::Month => day.saturating_sub(day_of_month(day) - 1),
        }
    }

    /// The word: `day`, `week`, `month`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Day, Self::Week, Self::Month].into_iter().find(|by| by.as_str() == text)
    }
}

impl Part {
    fn add(&mut self, measure: &Measure, count: u64) {
        let sum = match measure {
            Measure::Messages => &mut self.messages,
            Measure::Result(method, result) => self.results.entry((*method, *result)).or_default(),
            Measure::Action(action) => self.actions.entry(*action).or_default(),
            Measure::Spam(spam) => self.spam.entry(*spam).or_default(),
            _ => return,
        };
        *sum = sum.saturating_add(count);
    }

    /// Messages with this result.
    #[must_use]
    pub fn result(&self, method: Method, result: MethodResult) -> u64 {
        self.results.get(&(method, result)).copied().unwrap_or(0)
    }

    /// Messages of which a method was evaluated: the whole of its shares.
    #[must_use]
    pub fn evaluated(&self, method: Method) -> u64 {
        let of_method = self.results.iter().filter(|((other, _), _)| *other == method);
        of_method.fold(0, |sum: u64, (_, count)| sum.saturating_add(*count))
    }

    /// Messages with which this was done.
    #[must_use]
    pub fn action(&self, action: Action) -> u64 {
        self.actions.get(&action).copied().unwrap_or(0)
    }

    /// Messages that were kept from their readers ([`KEPT_AWAY`]).
    #[must_use]
    pub fn kept_away(&self) -> u64 {
        KEPT_AWAY.into_iter().fold(0, |sum: u64, action| sum.saturating_add(self.action(action)))
    }

    /// Messages that another filter called spam, and all of which one said anything; `None` when none did.
    #[must_use]
    pub fn spam_share(&self) -> Option<(u64, u64)> {
        let of = |spam| self.spam.get(&spam).copied().unwrap_or(0);
        let (yes, no) = (of(Spam::Yes), of(Spam::No));
        let judged = yes.saturating_add(no);
        (judged > 0).then_some((yes, judged))
    }
}

impl Statistics {
    /// The results that a method had, those that pass first.
    #[must_use]
    pub fn results_of(&self, method: Method) -> Vec<MethodResult> {
        let rank = |result: &MethodResult| (*result != MethodResult::Pass, *result);
        let mut results: Vec<_> = MethodResult::ALL
            .iter()
            .copied()
            .filter(|result| self.parts.iter().any(|part| part.result(method, *result) > 0))
            .collect();
        results.sort_by_key(rank);
        results
    }
}

/// The time below which so many of 1000 messages were answered, in microseconds, from a tally of
/// [`MeasureKind::Latency`]; `None` without messages. Known to a power of two: the true time is at least half of it.
#[must_use]
pub fn latency_below_us<'l>(per_mille: u64, lines: impl IntoIterator<Item = &'l TallyLine>) -> Option<u64> {
    let mut steps: BTreeMap<u64, u64> = BTreeMap::new();
    for line in lines {
        if let Measure::Latency(from_us) = line.measure {
            let sum = steps.entry(from_us).or_default();
            *sum = sum.saturating_add(line.count);
        }
    }
    let total: u64 = steps.values().fold(0, |sum, count| sum.saturating_add(*count));
    let wanted = u64::try_from((u128::from(total) * u128::from(per_mille.min(1000))).div_ceil(1000)).unwrap_or(total);
    let mut sum = 0_u64;
    steps.into_iter().find_map(|(from_us, count)| {
        sum = sum.saturating_add(count);
        (sum >= wanted).then_some(from_us.saturating_mul(2).max(1))
    })
}

/// 1 to 31, of a day since 1970.
fn day_of_month(day: u32) -> u32 {
    // Days of eras of 400 years that begin on the first of March of the year 0 (proleptic Gregorian calendar).
    let of_era = (u64::from(day) + 719_468) % 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    u32::try_from(of_year - (153 * month + 2) / 5 + 1).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23, a Monday.
    const MONDAY: u32 = 20_780;

    fn line(day: u32, ahead_h: u64, measure: Measure, count: u64) -> TallyLine {
        TallyLine { start_ms: (u64::from(day) * 24 - ahead_h) * HOUR_MS, measure, count }
    }

    #[test]
    fn weeks_begin_on_mondays_and_months_on_their_first() {
        assert_eq!(By::Week.first_day(MONDAY), MONDAY);
        assert_eq!(By::Week.first_day(MONDAY + 6), MONDAY);
        assert_eq!(By::Week.first_day(MONDAY - 1), MONDAY - 7);
        assert_eq!(By::Month.first_day(MONDAY), MONDAY - 22);
        assert_eq!(By::Month.first_day(MONDAY + 7), MONDAY - 22, "30 November");
        assert_eq!(By::Month.first_day(MONDAY + 8), MONDAY + 8, "1 December");
        assert_eq!(By::Day.first_day(MONDAY), MONDAY);
        assert_eq!((By::Week.first_day(0), By::Month.first_day(30), By::Month.first_day(31)), (0, 0, 31));
        // 29 February 2024 is the day 19782.
        assert_eq!((day_of_month(19_782), day_of_month(19_783)), (29, 1));
        for by in [By::Day, By::Week, By::Month] {
            assert_eq!(By::parse(by.as_str()), Some(by));
        }
    }

    #[test]
    fn lines_are_folded_into_the_parts_of_their_days_in_the_zone() {
        let pass = Measure::Result(Method::Spf, MethodResult::Pass);
        let fail = Measure::Result(Method::Spf, MethodResult::Fail);
        let lines = [
            line(MONDAY - 1, 9, Measure::Messages, 5),
            line(MONDAY, 9, Measure::Messages, 7),
            line(MONDAY + 1, 9, Measure::Messages, 1),
            line(MONDAY + 2, 9, Measure::Messages, 100),
            line(MONDAY, 9, pass.clone(), 4),
            line(MONDAY + 1, 9, pass, 2),
            line(MONDAY, 9, fail, 1),
            line(MONDAY, 9, Measure::Action(Action::Reject), 2),
            line(MONDAY, 9, Measure::Action(Action::Label), 3),
            line(MONDAY, 9, Measure::Spam(Spam::Yes), 1),
            line(MONDAY, 9, Measure::Spam(Spam::No), 3),
            line(MONDAY, 9, Measure::Bytes, 1_000),
        ];
        let found = of(By::Week, MONDAY - 1, MONDAY + 2, 9, &lines);
        let [before, week] = &found.parts[..] else { unreachable!("two weeks") };
        assert_eq!((before.from_day, before.until_day, before.messages), (MONDAY - 1, MONDAY, 5));
        assert_eq!(
            (week.from_day, week.until_day, week.messages),
            (MONDAY, MONDAY + 2, 8),
            "the third day is not asked"
        );
        assert_eq!((week.result(Method::Spf, MethodResult::Pass), week.evaluated(Method::Spf)), (6, 7));
        assert_eq!((week.kept_away(), week.spam_share(), before.spam_share()), (2, Some((1, 4)), None));
        assert_eq!(found.results_of(Method::Spf), [MethodResult::Pass, MethodResult::Fail]);
        assert_eq!(of(By::Day, MONDAY, MONDAY + 2, 9, &[]).parts.len(), 2, "days without mail are there");
        assert_eq!(of(By::Day, MONDAY, MONDAY, 9, &lines).parts, []);
        let asked = query(MeasureKind::Result, MONDAY, MONDAY + 1, 9);
        assert_eq!((asked.from_ms, asked.until_ms), (lines[1].start_ms, lines[2].start_ms));
    }

    #[test]
    fn latency_is_known_to_a_power_of_two() {
        let of = |from_us, count| line(MONDAY, 0, Measure::Latency(from_us), count);
        let lines = [of(1024, 60), of(4096, 30), of(0, 5), of(4096, 5)];
        assert_eq!(latency_below_us(500, &lines), Some(2048));
        assert_eq!(latency_below_us(650, &lines), Some(2048), "exactly 65 of 100");
        assert_eq!(latency_below_us(651, &lines), Some(8192));
        assert_eq!(latency_below_us(50, &lines), Some(1), "0 us");
        assert_eq!(latency_below_us(1000, &lines), Some(8192));
        assert_eq!(latency_below_us(500, &[]), None);
        assert_eq!(latency_below_us(1000, &[of(1 << 63, u64::MAX), of(1, 2)]), Some(u64::MAX));
    }
}
