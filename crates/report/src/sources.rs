//! Where mail came from, week by week: countries, networks, addresses. A fold of the counts by address, so that a page and
//! a verb cannot differ. Where an address is, the caller says: no file is read here.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::statistics::{By, KEPT_AWAY};
use crate::tally::{HOUR_MS, HOURS, Measure, MeasureKind, Omitted, Step, Tally, TallyQuery};
use crate::vocabulary::{Direction, MethodResult};

/// Where an address is, as far as it is known.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Place {
    /// The country: two capital letters (ISO 3166).
    pub country: Option<Box<str>>,
    /// The number of its autonomous system.
    pub asn: Option<u32>,
    /// The name of that.
    pub as_name: Option<Box<str>>,
}

/// The messages received from somewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sum {
    /// Messages.
    pub messages: u64,
    /// Those that pass DMARC.
    pub passed: u64,
    /// Those that were kept from their readers ([`KEPT_AWAY`]).
    pub kept_away: u64,
    /// Addresses that they came from.
    pub addresses: u64,
}

/// A week, in days of UTC.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Week {
    /// The first day that was asked about, in days since 1970: the week may have begun before.
    pub from_day: u32,
    /// The first day that is not one of them.
    pub until_day: u32,
    /// All messages of addresses that were counted.
    pub total: Sum,
    /// By address, the most messages first.
    pub addresses: Vec<(IpAddr, Sum)>,
    /// What was left out because there were too many addresses: lines of an address, and their messages.
    pub omitted: Omitted,
}

/// Where the mail of some days came from, as pages and verbs tell it: of each list the lines with most messages.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Origin {
    /// The first day, in days since 1970.
    pub from_day: u32,
    /// The first day that is not one of them.
    pub until_day: u32,
    /// All messages of addresses that were counted.
    pub total: Sum,
    /// What was left out because there were too many addresses.
    pub omitted: Omitted,
    /// By country, two capital letters, and empty where that is not known; `None` where no files tell it.
    pub countries: Option<Vec<(Box<str>, Sum)>>,
    /// By network ([`Place::network`]), likewise.
    pub networks: Option<Vec<(Box<str>, Sum)>>,
    /// By address.
    pub addresses: Vec<(IpAddr, Sum)>,
}

/// The weeks of some days, which begin on Mondays, the newest last; no more than so many of the newest.
#[must_use]
pub fn weeks(from_day: u32, until_day: u32, count_max: usize) -> Vec<(u32, u32)> {
    let mut weeks: Vec<(u32, u32)> = Vec::new();
    for day in from_day..until_day {
        match weeks.last_mut() {
            Some(last) if By::Week.first_day(day) == By::Week.first_day(last.0) => last.1 = day + 1,
            _ => weeks.push((day, day + 1)),
        }
    }
    weeks.split_off(weeks.len().saturating_sub(count_max))
}

/// The question for the addresses of a week.
#[must_use]
pub fn query((from_day, until_day): (u32, u32)) -> TallyQuery {
    let start_ms = |day: u32| u64::from(day) * u64::from(HOURS) * HOUR_MS;
    let query = TallyQuery::new(MeasureKind::Source, start_ms(from_day), start_ms(until_day), Step::Whole);
    TallyQuery { direction: Some(Direction::In), ..query }
}

/// Folds the answer to [`query`].
#[must_use]
pub fn of((from_day, until_day): (u32, u32), answer: &Tally) -> Week {
    let mut sums: BTreeMap<IpAddr, Sum> = BTreeMap::new();
    for line in &answer.lines {
        let Measure::Source(ip, result, action) = &line.measure else { continue };
        let passed = if *result == MethodResult::Pass { line.count } else { 0 };
        let kept_away = if KEPT_AWAY.contains(action) { line.count } else { 0 };
        sums.entry(*ip).or_insert(Sum { addresses: 1, ..Sum::default() }).add(Sum {
            messages: line.count,
            passed,
            kept_away,
            addresses: 0,
        });
    }
    let mut total = Sum::default();
    sums.values().for_each(|sum| total.add(*sum));
    let mut addresses: Vec<_> = sums.into_iter().collect();
    addresses.sort_by(|one, other| other.1.messages.cmp(&one.1.messages).then_with(|| one.0.cmp(&other.0)));
    Week { from_day, until_day, total, addresses, omitted: answer.omitted }
}

impl Place {
    /// The network: `AS64496 Example`, or nothing.
    #[must_use]
    pub fn network(&self) -> String {
        let number = self.asn.map(|number| format!("AS{number}")).unwrap_or_default();
        format!("{number} {}", self.as_name.as_deref().unwrap_or_default()).trim().to_owned()
    }
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.messages = self.messages.saturating_add(other.messages);
        self.passed = self.passed.saturating_add(other.passed);
        self.kept_away = self.kept_away.saturating_add(other.kept_away);
        self.addresses = self.addresses.saturating_add(other.addresses);
    }
}

impl Week {
    /// The sums by something of each address' place, the most messages first; `places` stand in the order of
    /// [`Week::addresses`], and an address without one is nowhere.
    #[must_use]
    pub fn by<K: Ord>(&self, places: &[Place], key: impl Fn(&Place) -> K) -> Vec<(K, Sum)> {
        let nowhere = Place::default();
        let mut sums: BTreeMap<K, Sum> = BTreeMap::new();
        for (at, (_, sum)) in self.addresses.iter().enumerate() {
            sums.entry(key(places.get(at).unwrap_or(&nowhere))).or_default().add(*sum);
        }
        let mut sums: Vec<_> = sums.into_iter().collect();
        // Stable: what has as many stays in the order of its key.
        sums.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.messages));
        sums
    }
}

impl Week {
    /// What is told of it: so many countries and networks, so many addresses. `places` as for [`Week::by`].
    #[must_use]
    pub fn origin(&self, places: Option<&[Place]>, place_count: usize, address_count: usize) -> Origin {
        let most = |key: &dyn Fn(&Place) -> Box<str>| {
            let lines = self.by(places?, key).into_iter().take(place_count);
            Some(lines.collect())
        };
        Origin {
            from_day: self.from_day,
            until_day: self.until_day,
            total: self.total,
            omitted: self.omitted,
            countries: most(&|place| place.country.clone().unwrap_or_default()),
            networks: most(&|place| place.network().into()),
            addresses: self.addresses.iter().take(address_count).copied().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::TallyLine;
    use crate::vocabulary::Action;

    /// 2026-11-23, a Monday.
    const MONDAY: u32 = 20_780;

    #[test]
    fn weeks_are_cut_at_mondays_and_the_newest_are_kept() {
        assert_eq!(
            weeks(MONDAY - 1, MONDAY + 8, 9),
            [(MONDAY - 1, MONDAY), (MONDAY, MONDAY + 7), (MONDAY + 7, MONDAY + 8)]
        );
        assert_eq!(weeks(MONDAY - 1, MONDAY + 8, 2), [(MONDAY, MONDAY + 7), (MONDAY + 7, MONDAY + 8)]);
        assert_eq!((weeks(MONDAY, MONDAY, 3), weeks(MONDAY, MONDAY + 1, 0)), (vec![], vec![]));
        let asked = query((MONDAY, MONDAY + 7));
        assert_eq!(asked.until_ms - asked.from_ms, 7 * 86_400_000);
    }

    #[test]
    fn what_came_is_summed_by_address_and_by_place() {
        let line = |ip: &str, result, action, count| TallyLine {
            start_ms: 0,
            measure: Measure::Source(ip.parse().unwrap(), result, action),
            count,
        };
        let lines = vec![
            line("192.0.2.1", MethodResult::Pass, Action::Accept, 5),
            line("192.0.2.1", MethodResult::Fail, Action::Reject, 2),
            line("192.0.2.2", MethodResult::Fail, Action::Label, 9),
            line("203.0.113.1", MethodResult::Pass, Action::Quarantine, 4),
        ];
        let omitted = Omitted { line_count: 3, count: 3 };
        let week = of((MONDAY, MONDAY + 7), &Tally { lines, omitted, whole_from_ms: 0 });
        let named: Vec<_> = week.addresses.iter().map(|(ip, sum)| (ip.to_string(), sum.messages)).collect();
        assert_eq!(named, [("192.0.2.2".into(), 9), ("192.0.2.1".into(), 7), ("203.0.113.1".into(), 4)]);
        assert_eq!(week.total, Sum { messages: 20, passed: 9, kept_away: 6, addresses: 3 });
        assert_eq!(week.omitted, omitted);
        let of = |country: Option<&str>| Place { country: country.map(Into::into), ..Place::default() };
        let by = week.by(&[of(Some("JP")), of(None), of(Some("JP"))], |place| place.country.clone());
        let sum = |messages, passed, kept_away, addresses| Sum { messages, passed, kept_away, addresses };
        assert_eq!(by, [(Some("JP".into()), sum(13, 4, 4, 2)), (None, sum(7, 5, 2, 1))]);
        assert_eq!(week.by(&[], |place| place.asn), [(None, week.total)], "nothing is known");
        let network = Place { asn: Some(64496), as_name: Some("Example".into()), ..of(Some("JP")) };
        let told = week.origin(Some(&[network, of(None), of(Some("FR"))]), 2, 1);
        assert_eq!(told.countries, Some(vec![("JP".into(), sum(9, 0, 0, 1)), ("".into(), sum(7, 5, 2, 1))]));
        let networks = vec![("".into(), sum(11, 9, 6, 2)), ("AS64496 Example".into(), sum(9, 0, 0, 1))];
        assert_eq!((told.networks, told.total, told.omitted), (Some(networks), week.total, omitted));
        assert_eq!(told.addresses, week.addresses[..1]);
        assert_eq!(week.origin(None, 2, 9).countries, None, "no files tell it");
    }
}
