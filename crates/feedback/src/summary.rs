//! What reports count, at a glance: by domain, each kind of report apart, and by day where that is wanted.
//!
//! Sums of sums are the same in any order, so that a store may add what it has in whatever order it lies there.

use std::collections::{BTreeMap, HashSet};

use report::vocabulary::Disposition;

use crate::archive::{Class, Kind};
use crate::failure::Failure;
use crate::limits::{LINE_MESSAGE_COUNT_MAX, SUMMARY_LINE_COUNT_MAX};
use crate::tls::TlsPolicy;
use crate::word::Word;

/// Whether days are counted apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Spread {
    /// All days together.
    #[default]
    Whole,
    /// All days together, and each day.
    Daily,
}

/// What a line is about: a domain, and one of its days, in days since 1970; `None` is all of them together.
pub type Place = (Box<str>, Option<u32>);

/// Sums of every kind of report.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Messages of aggregate reports, by policy domain.
    pub aggregate: BTreeMap<Place, AggregateSum>,
    /// Sessions of TLS reports, by policy domain.
    pub tls: BTreeMap<Place, TlsSum>,
    /// Incidents of failure reports, by the author's domain.
    pub failure: BTreeMap<Place, FailureSum>,
    spread: Spread,
    reporters: HashSet<(Kind, Box<str>, Box<str>)>,
}

/// Messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AggregateSum {
    /// All of them.
    pub message_count: u64,
    /// With an aligned pass of DKIM or SPF.
    pub passed_count: u64,
    /// With an aligned pass of DKIM.
    pub dkim_aligned_count: u64,
    /// With an aligned pass of SPF.
    pub spf_aligned_count: u64,
    /// How many organisations report; of a single day it is not counted.
    pub reporter_count: u64,
    classes: [u64; 5],
    /// Words that nobody knows, then the known ones.
    dispositions: [u64; 5],
}

/// Sessions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TlsSum {
    /// Policies of reports: a report tells of each policy apart.
    pub policy_count: u64,
    /// Sessions that began as they should.
    pub successful_count: u64,
    /// Sessions that did not.
    pub failed_count: u64,
    /// Those of the details, by the word of their result; `other` for words that nobody knows.
    pub results: BTreeMap<&'static str, u64>,
    /// As of [`AggregateSum::reporter_count`].
    pub reporter_count: u64,
}

/// Incidents.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FailureSum {
    /// Reports.
    pub report_count: u64,
    /// Incidents of which they tell.
    pub incident_count: u64,
    /// Those, by what failed; by the type of the report where it tells of something else.
    pub kinds: BTreeMap<&'static str, u64>,
    /// As of [`AggregateSum::reporter_count`].
    pub reporter_count: u64,
}

impl Summary {
    /// An empty one.
    #[must_use]
    pub fn new(spread: Spread) -> Self {
        Self { spread, ..Self::default() }
    }

    /// Adds messages of a day.
    pub fn add_aggregate(&mut self, domain: &str, day: u32, sum: &AggregateSum) {
        for day in days(self.spread, day) {
            self.aggregate.entry((domain.into(), day)).or_default().join(sum);
        }
    }

    /// Adds what a TLS report of a day says of one policy.
    pub fn add_tls(&mut self, day: u32, policy: &TlsPolicy) {
        for day in days(self.spread, day) {
            self.tls.entry((policy.domain.clone(), day)).or_default().add(policy);
        }
    }

    /// Adds a failure report of a day.
    pub fn add_failure(&mut self, domain: &str, day: u32, failure: &Failure) {
        for day in days(self.spread, day) {
            self.failure.entry((domain.into(), day)).or_default().add(failure);
        }
    }

    /// An organisation reports about a domain, of which something was added before.
    pub fn add_reporter(&mut self, kind: Kind, domain: &str, organization: &str) {
        if !self.reporters.insert((kind, domain.into(), organization.into())) {
            return;
        }
        let place = (domain.into(), None);
        let count = match kind {
            Kind::Aggregate => self.aggregate.get_mut(&place).map(|sum| &mut sum.reporter_count),
            Kind::Tls => self.tls.get_mut(&place).map(|sum| &mut sum.reporter_count),
            Kind::Failure => self.failure.get_mut(&place).map(|sum| &mut sum.reporter_count),
        };
        if let Some(count) = count {
            *count += 1;
        }
    }

    /// Whether there are more lines than [`SUMMARY_LINE_COUNT_MAX`].
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.aggregate.len() + self.tls.len() + self.failure.len() > SUMMARY_LINE_COUNT_MAX
    }
}

fn days(spread: Spread, day: u32) -> impl Iterator<Item = Option<u32>> {
    let daily = (spread == Spread::Daily).then_some(Some(day));
    [None].into_iter().chain(daily)
}

impl AggregateSum {
    /// Adds messages of one kind; `None` where the report's word is none that is known.
    pub fn add(
        &mut self,
        class: Class,
        disposition: Option<Disposition>,
        dkim_aligned: Option<bool>,
        spf_aligned: Option<bool>,
        count: u64,
    ) {
        let add = |to: &mut u64, is_meant: bool| *to = to.saturating_add(if is_meant { count } else { 0 });
        let (dkim, spf) = (dkim_aligned == Some(true), spf_aligned == Some(true));
        add(&mut self.message_count, true);
        add(&mut self.passed_count, dkim || spf);
        add(&mut self.dkim_aligned_count, dkim);
        add(&mut self.spf_aligned_count, spf);
        add(&mut self.classes[class as usize], true);
        if let Some(of_disposition) = self.dispositions.get_mut(place_of(disposition)) {
            add(of_disposition, true);
        }
    }

    /// Messages of a class.
    #[must_use]
    pub fn class(&self, class: Class) -> u64 {
        self.classes[class as usize]
    }

    /// Messages with a disposition; `None` for words that nobody knows.
    #[must_use]
    pub fn disposition(&self, disposition: Option<Disposition>) -> u64 {
        self.dispositions.get(place_of(disposition)).copied().unwrap_or_default()
    }

    /// Adds others; who reports is not counted so.
    pub fn join(&mut self, other: &Self) {
        let add = |to: &mut u64, more: u64| *to = to.saturating_add(more);
        add(&mut self.message_count, other.message_count);
        add(&mut self.passed_count, other.passed_count);
        add(&mut self.dkim_aligned_count, other.dkim_aligned_count);
        add(&mut self.spf_aligned_count, other.spf_aligned_count);
        self.classes.iter_mut().zip(other.classes).for_each(|(to, more)| add(to, more));
        self.dispositions.iter_mut().zip(other.dispositions).for_each(|(to, more)| add(to, more));
    }
}

fn place_of(disposition: Option<Disposition>) -> usize {
    disposition.map_or(0, |disposition| usize::from(disposition.code()) + 1)
}

impl TlsSum {
    fn add(&mut self, policy: &TlsPolicy) {
        // No line of a report counts for more than this in sums.
        let counted = |count: u64| count.min(LINE_MESSAGE_COUNT_MAX);
        self.policy_count += 1;
        self.successful_count = self.successful_count.saturating_add(counted(policy.successful_count));
        self.failed_count = self.failed_count.saturating_add(counted(policy.failed_count));
        for failure in &policy.failures {
            let word = failure.result.known().map_or(OTHER, |result| result.as_str());
            let of_word = self.results.entry(word).or_default();
            *of_word = of_word.saturating_add(counted(failure.count));
        }
    }
}

impl FailureSum {
    fn add(&mut self, failure: &Failure) {
        let count = failure.incidents.min(LINE_MESSAGE_COUNT_MAX);
        self.report_count += 1;
        self.incident_count = self.incident_count.saturating_add(count);
        let of_kind = self.kinds.entry(kind_of(failure)).or_default();
        *of_kind = of_kind.saturating_add(count);
    }
}

/// What failed: `dmarc`, `spf` …; of a report that tells of no failure, its type.
fn kind_of(failure: &Failure) -> &'static str {
    match (&failure.auth_failure, &*failure.feedback_type) {
        (Word::Known(kind), _) => kind.as_str(),
        (Word::Missing, feedback) => {
            let known = ["abuse", "fraud", "not-spam", "virus", "auth-failure"];
            known.into_iter().find(|known| *known == feedback).unwrap_or(OTHER)
        }
        (Word::Other(_), _) => OTHER,
    }
}

/// Stands for words that nobody knows.
const OTHER: &str = "other";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::AuthFailure;
    use crate::tls::{TlsFailure, TlsResult};

    #[test]
    fn messages_are_counted_by_domain_and_day() {
        let mut first = AggregateSum::default();
        first.add(Class::Legitimate, Some(Disposition::None), Some(true), Some(false), 5);
        let mut second = AggregateSum::default();
        second.add(Class::Suspected, None, None, Some(false), 2);
        let mut whole = Summary::new(Spread::Whole);
        let mut daily = Summary::new(Spread::Daily);
        for summary in [&mut whole, &mut daily] {
            summary.add_aggregate("a.example", 1, &first);
            summary.add_aggregate("a.example", 2, &second);
            for organization in ["R", "S", "R"] {
                summary.add_reporter(Kind::Aggregate, "a.example", organization);
            }
        }
        assert_eq!((whole.aggregate.len(), daily.aggregate.len()), (1, 3));
        let sum = whole.aggregate[&("a.example".into(), None)];
        assert_eq!(sum, daily.aggregate[&("a.example".into(), None)]);
        assert_eq!((sum.message_count, sum.passed_count, sum.dkim_aligned_count, sum.spf_aligned_count), (7, 5, 5, 0));
        assert_eq!((sum.class(Class::Suspected), sum.class(Class::Legitimate), sum.reporter_count), (2, 5, 2));
        assert_eq!((sum.disposition(None), sum.disposition(Some(Disposition::None))), (2, 5));
        let day = daily.aggregate[&("a.example".into(), Some(2))];
        assert_eq!((day.message_count, day.reporter_count), (2, 0));
    }

    #[test]
    fn sessions_and_incidents_have_sums_of_their_own() {
        let mut summary = Summary::new(Spread::Whole);
        let result = |result, count| TlsFailure { result, count, ..TlsFailure::default() };
        let failures = vec![
            result(Word::Known(TlsResult::CertificateExpired), 3),
            result(Word::Other("no-such-word".into()), u64::MAX),
        ];
        let domain: Box<str> = "a.example".into();
        let policy = TlsPolicy { domain, successful_count: 90, failed_count: 10, failures, ..TlsPolicy::default() };
        summary.add_tls(1, &policy);
        summary.add_tls(2, &policy);
        let sum = &summary.tls[&("a.example".into(), None)];
        assert_eq!((sum.policy_count, sum.successful_count, sum.failed_count), (2, 180, 20));
        assert_eq!(sum.results, [("certificate-expired", 6), ("other", 2 * LINE_MESSAGE_COUNT_MAX)].into());
        let failure = |auth_failure, feedback_type: &str, incidents| Failure {
            auth_failure,
            feedback_type: feedback_type.into(),
            incidents,
            ..Failure::default()
        };
        summary.add_failure("a.example", 1, &failure(Word::Known(AuthFailure::Dmarc), "auth-failure", 4));
        summary.add_failure("a.example", 1, &failure(Word::Missing, "abuse", 1));
        summary.add_failure("a.example", 1, &failure(Word::Other("x".into()), "auth-failure", 1));
        summary.add_reporter(Kind::Failure, "a.example", "R");
        let sum = &summary.failure[&("a.example".into(), None)];
        assert_eq!((sum.report_count, sum.incident_count, sum.reporter_count), (3, 6, 1));
        assert_eq!(sum.kinds, [("abuse", 1), ("dmarc", 4), ("other", 1)].into());
    }

    #[test]
    fn a_summary_has_so_many_lines() {
        let mut summary = Summary::new(Spread::Daily);
        for day in 1..=SUMMARY_LINE_COUNT_MAX as u32 {
            assert!(!summary.is_too_long(), "{day}");
            summary.add_aggregate("a.example", day, &AggregateSum::default());
        }
        // One line is of all days together.
        assert!(summary.is_too_long());
    }
}
