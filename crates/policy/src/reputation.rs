//! The reputation of an authenticated domain (guideline 5-5): a fold over what was seen, fading with time.
//!
//! What is kept are counts of good, bad and unknown mail by day; adding and merging are sums, so that any order and any
//! batches give the same. What fades is computed when it is read:
//!
//! - a day that is `a` days old weighs 2^32 · 2^(−⌊a/h⌋) · (1 − (a mod h)/2h), `h` being the half-life in days: halved
//!   after each half-life, and a straight line in between. Whole numbers only, the same on every machine.
//! - `weight` = Σ of (good + bad + unknown) · that, in messages;
//! - `good_per_mille` = 1000 · (G + P/2) / (G + B + P), where G and B are the faded good and bad mail, and P = 10 messages
//!   of which nobody knows anything: a domain that nobody has seen has 500.
//!
//! Unknown mail – nobody complained, nobody praised – makes weight, and says neither good nor bad.

use std::collections::BTreeMap;

use dmarc::DmarcResult;
use mailtext::Domain;

use crate::action::Action;
use crate::input::Filtered;
use crate::limits::REPUTATION_DAY_COUNT_MAX;
use crate::reason::{Cause, Reason};
use crate::verdict::Verdict;

/// Something that was seen of an authenticated domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// When, in seconds since 1970.
    pub at_s: u64,
    /// Which domain was authenticated.
    pub domain: Domain,
    /// What was seen.
    pub kind: Kind,
    /// In how many messages.
    pub count: u64,
}

/// What was seen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Wanted mail.
    Good,
    /// Unwanted mail: refused by a filter, complained of.
    Bad,
    /// Mail, and no more.
    Unknown,
}

impl Kind {
    /// What a verdict says of the domains that the message authenticates: bad, when a rule that is no memory sets such mail
    /// apart and nothing excuses it; good, when DMARC passes and nothing speaks against the message. What the stage lets be
    /// done changes nothing; and what the memory itself found is not remembered again, or nobody would ever recover.
    /// What a filter that ran before calls spam is bad whatever the rules do with it.
    #[must_use]
    pub fn of(verdict: &Verdict, dmarc: DmarcResult, filtered: Filtered) -> Self {
        let mut is_excused = false;
        let mut is_bad = filtered == Filtered::Spam;
        for reason in &verdict.reasons {
            match reason {
                Reason::Found { finding, action } if *action >= Action::Quarantine => {
                    is_bad |= !matches!(finding.cause(), Cause::Reputation | Cause::Replay | Cause::DmarcTempError);
                }
                Reason::Excused(_) => is_excused = true,
                _ => {}
            }
        }
        match (is_bad, is_excused) {
            (true, false) => Self::Bad,
            (false, false) if dmarc == DmarcResult::Pass => Self::Good,
            _ => Self::Unknown,
        }
    }
}

/// What is remembered of one domain.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reputation {
    /// By day since 1970; at most [`REPUTATION_DAY_COUNT_MAX`] days, the newest ones.
    days: BTreeMap<u64, Counts>,
}

/// Counts of messages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Counts {
    /// Good ones.
    pub good: u64,
    /// Bad ones.
    pub bad: u64,
    /// Others.
    pub unknown: u64,
}

/// A reputation as it is at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Score {
    /// How much of the mail is good, in thousandths; 500 when nothing is known.
    pub good_per_mille: u16,
    /// How much mail that rests on, in messages.
    pub weight: u64,
}

/// How fast what was seen fades.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct HalfLife {
    /// In days, at least 1.
    days: u64,
}

/// The reputations of many domains.
#[must_use]
pub fn fold(events: impl IntoIterator<Item = Event>) -> BTreeMap<Domain, Reputation> {
    let mut all: BTreeMap<Domain, Reputation> = BTreeMap::new();
    for event in events {
        all.entry(event.domain.clone()).or_default().add(&event);
    }
    all
}

impl Reputation {
    /// Adds what was seen.
    pub fn add(&mut self, event: &Event) {
        let mut counts = Counts::default();
        match event.kind {
            Kind::Good => counts.good = event.count,
            Kind::Bad => counts.bad = event.count,
            Kind::Unknown => counts.unknown = event.count,
        }
        self.days.entry(event.at_s / DAY_S).or_default().add(counts);
        self.forget();
    }

    /// Adds what another one remembers of the same domain.
    pub fn merge(&mut self, other: &Self) {
        for (day, counts) in &other.days {
            self.days.entry(*day).or_default().add(*counts);
        }
        self.forget();
    }

    /// Adds counts of a day, given in days since 1970.
    pub fn add_day(&mut self, day: u64, counts: Counts) {
        self.days.entry(day).or_default().add(counts);
        self.forget();
    }

    /// The days that are remembered, the oldest first, in days since 1970.
    pub fn days(&self) -> impl Iterator<Item = (u64, Counts)> {
        self.days.iter().map(|(day, counts)| (*day, *counts))
    }

    /// How it is at a moment. A day that lies in the future counts as today.
    #[must_use]
    pub fn score(&self, now_s: u64, half_life: HalfLife) -> Score {
        let today = now_s / DAY_S;
        let (mut good, mut bad, mut unknown) = (0_u128, 0_u128, 0_u128);
        for (day, counts) in &self.days {
            let weight = half_life.weight(today.saturating_sub(*day));
            let faded = |count: u64| u128::from(count) * u128::from(weight);
            good = good.saturating_add(faded(counts.good));
            bad = bad.saturating_add(faded(counts.bad));
            unknown = unknown.saturating_add(faded(counts.unknown));
        }
        let prior = PRIOR_MESSAGES * u128::from(ONE);
        // 64 days of 2^64 messages at 2^32 each stay below 2^102; a thousandfold fits.
        let per_mille = (good + prior / 2) * 1000 / (good + bad + prior);
        let weight = (good + bad + unknown) / u128::from(ONE);
        Score {
            good_per_mille: u16::try_from(per_mille).unwrap_or(1000),
            weight: u64::try_from(weight).unwrap_or(u64::MAX),
        }
    }

    fn forget(&mut self) {
        while self.days.len() > REPUTATION_DAY_COUNT_MAX {
            self.days.pop_first();
        }
    }
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.good = self.good.saturating_add(other.good);
        self.bad = self.bad.saturating_add(other.bad);
        self.unknown = self.unknown.saturating_add(other.unknown);
    }
}

impl HalfLife {
    /// So many days; one when it is none.
    #[must_use]
    pub fn days(days: u64) -> Self {
        Self { days: days.max(1) }
    }

    /// What a day of this age weighs; a day of today weighs 2^32.
    fn weight(self, age_days: u64) -> u64 {
        let (halvings, rest) = (age_days / self.days, age_days % self.days);
        let whole = u32::try_from(halvings).ok().and_then(|halvings| ONE.checked_shr(halvings)).unwrap_or(0);
        let lost = u128::from(whole) * u128::from(rest) / (2 * u128::from(self.days));
        whole - u64::try_from(lost).unwrap_or(whole)
    }
}

impl Default for HalfLife {
    fn default() -> Self {
        Self { days: 14 }
    }
}

impl Score {
    /// Whether it rests on enough and is below the bound.
    #[must_use]
    pub fn is_bad(self, below_per_mille: u16, weight_min: u64) -> bool {
        self.weight >= weight_min && self.good_per_mille < below_per_mille
    }
}

const DAY_S: u64 = 86_400;
/// The weight of today.
const ONE: u64 = 1 << 32;
/// How much mail of which nobody knows anything everyone is given.
const PRIOR_MESSAGES: u128 = 10;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reason::{Excuse, Finding};

    fn event(day: u64, kind: Kind, count: u64) -> Event {
        Event { at_s: day * DAY_S + 7, domain: Domain::parse("a.example").unwrap(), kind, count }
    }

    fn of(events: &[Event]) -> Reputation {
        let mut reputation = Reputation::default();
        events.iter().for_each(|event| reputation.add(event));
        reputation
    }

    #[test]
    fn the_arithmetic_as_documented() {
        let half_life = HalfLife::days(14);
        assert_eq!(Reputation::default().score(0, half_life), Score { good_per_mille: 500, weight: 0 });
        let reputation = of(&[event(100, Kind::Good, 80), event(100, Kind::Bad, 10), event(100, Kind::Unknown, 10)]);
        let at = |day: u64| reputation.score(day * DAY_S, half_life);
        // (80 + 5) / (80 + 10 + 10)
        assert_eq!(at(100), Score { good_per_mille: 850, weight: 100 });
        // (40 + 5) / (40 + 5 + 10)
        assert_eq!(at(114), Score { good_per_mille: 818, weight: 50 });
        // Half way: three quarters. (60 + 5) / (60 + 7.5 + 10)
        assert_eq!(at(107), Score { good_per_mille: 838, weight: 75 });
        assert_eq!(at(100 + 14 * 40), Score { good_per_mille: 500, weight: 0 });
        // A clock that jumped back.
        assert_eq!(at(1), at(100));
        assert!(at(100).is_bad(851, 100) && !at(100).is_bad(850, 100) && !at(100).is_bad(851, 101));
    }

    #[test]
    fn days_at_below_and_above_the_limit() {
        for (count, oldest) in
            [(REPUTATION_DAY_COUNT_MAX - 1, 0), (REPUTATION_DAY_COUNT_MAX, 0), (REPUTATION_DAY_COUNT_MAX + 1, 1)]
        {
            let events: Vec<_> = (0..count as u64).map(|day| event(day, Kind::Good, 1)).collect();
            assert_eq!(of(&events).days().next().map(|(day, _)| day), Some(oldest), "{count}");
        }
    }

    #[test]
    fn what_a_verdict_says_of_who_is_authenticated() {
        let author = || Domain::parse("a.example").unwrap();
        let failed = || Finding::DmarcFail { author: author(), policy: dmarc::Policy::Reject };
        let found = |finding, action| Reason::Found { finding, action };
        let replayed = Finding::Replay { count: 9 };
        for (reasons, dmarc, kind) in [
            (vec![Reason::NothingAgainst], DmarcResult::Pass, Kind::Good),
            (vec![Reason::NothingAgainst], DmarcResult::None, Kind::Unknown),
            (vec![found(failed(), Action::Reject)], DmarcResult::Fail, Kind::Bad),
            (vec![found(failed(), Action::Quarantine)], DmarcResult::Fail, Kind::Bad),
            (vec![found(failed(), Action::Label)], DmarcResult::Fail, Kind::Unknown),
            (
                vec![found(failed(), Action::Reject), Reason::Excused(Excuse::User(None))],
                DmarcResult::Fail,
                Kind::Unknown,
            ),
            (vec![found(replayed, Action::Reject)], DmarcResult::Pass, Kind::Good),
        ] {
            let verdict = Verdict { reasons, ..accepted() };
            let of = |filtered| Kind::of(&verdict, dmarc, filtered);
            assert_eq!((of(Filtered::Unknown), of(Filtered::Clean)), (kind, kind), "{:?}", verdict.reasons);
            let is_excused = verdict.reasons.iter().any(|reason| matches!(reason, Reason::Excused(_)));
            assert_eq!(of(Filtered::Spam), if is_excused { Kind::Unknown } else { Kind::Bad });
        }
    }

    fn accepted() -> Verdict {
        crate::decide(&crate::Input::default(), &crate::Rules::default(), &crate::Standing::default())
    }

    #[test]
    fn nothing_overflows() {
        let events: Vec<_> = (0..200).map(|day| event(day, Kind::Bad, u64::MAX)).collect();
        let score = of(&events).score(199 * DAY_S, HalfLife::days(u64::MAX));
        assert_eq!(score, Score { good_per_mille: 0, weight: u64::MAX });
        assert_eq!(of(&events).score(u64::MAX, HalfLife::default()).weight, 0);
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let kind = prop_oneof![Just(Kind::Good), Just(Kind::Bad), Just(Kind::Unknown)];
        proptest::collection::vec((0_u64..90, kind, 0_u64..1000), 0..60)
            .prop_map(|all| all.into_iter().map(|(day, kind, count)| event(day, kind, count)).collect())
    }

    proptest! {
        #[test]
        fn any_order_and_any_batches_give_the_same(mut events in events(), cut in 0_usize..60, now in 0_u64..200) {
            let whole = of(&events);
            let (first, second) = events.split_at(cut.min(events.len()));
            let mut merged = of(first);
            merged.merge(&of(second));
            prop_assert_eq!(&merged, &whole);
            prop_assert_eq!(fold(events.clone()).into_values().next().unwrap_or_default(), whole.clone());
            events.reverse();
            prop_assert_eq!(of(&events), whole.clone());
            let score = whole.score(now * DAY_S, HalfLife::days(7));
            prop_assert!(score.good_per_mille <= 1000);
        }

        #[test]
        fn time_never_makes_more_of_it(events in events(), day in 90_u64..200, half_life in 1_u64..40) {
            let reputation = of(&events);
            let at = |day: u64| reputation.score(day * DAY_S, HalfLife::days(half_life));
            prop_assert!(at(day + 1).weight <= at(day).weight);
        }

        #[test]
        fn good_mail_never_harms_and_bad_mail_never_helps(events in events(), day in 0_u64..90, count in 1_u64..99) {
            let before = of(&events).score(90 * DAY_S, HalfLife::default());
            for (kind, better) in [(Kind::Good, true), (Kind::Bad, false)] {
                // On a day that is remembered: an older one would be forgotten at once.
                let mut more = of(&events);
                more.add(&event(day.max(40), kind, count));
                let after = more.score(90 * DAY_S, HalfLife::default());
                let harmed = if better {
                    after.good_per_mille < before.good_per_mille
                } else {
                    after.good_per_mille > before.good_per_mille
                };
                prop_assert!(!harmed || more.days().count() == REPUTATION_DAY_COUNT_MAX);
            }
        }
    }
}
