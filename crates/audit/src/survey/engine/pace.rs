//! How fast is asked: in all, and of each operator of name servers.
//!
//! We ask resolvers, so whose server answers in the end is seen only through the name servers of a zone, where somebody
//! has asked for them. A question is counted for the operator of the nearest zone above its name whose NS records are
//! known; the operator is the registrable domain of the first of its servers, in alphabetical order. Where no zone is
//! known, the registrable domain of the name stands for its operator.

use std::collections::{HashMap, VecDeque};

use dmarc::Suffixes;
use foldhash::fast::RandomState;
use lookup::{Answer, Data};
use mailtext::Domain;

use crate::limits::{SURVEY_OPERATOR_COUNT_MAX, SURVEY_ZONE_COUNT_MAX};

/// The rates of a survey, and who has used how much of them.
pub(super) struct Pace {
    total: Option<Bucket>,
    per_operator_per_s: Option<u32>,
    suffixes: Suffixes,
    /// Who runs a zone, as far as known; the queue has the order in which zones were learnt.
    zones: HashMap<Domain, Domain, RandomState>,
    zone_order: VecDeque<Domain>,
    operators: HashMap<Domain, Operator, RandomState>,
}

/// One operator: what may be asked now, and who waits.
struct Operator {
    bucket: Bucket,
    queue: VecDeque<u64>,
}

/// Whether a question may go.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Admission {
    /// It may.
    Now,
    /// It waits in its operator's queue.
    Queued,
    /// … and is the first there: at this time the operator is to be looked at again.
    QueuedUntil(Domain, u64),
}

/// So many a second, and a tenth of a second's together.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    rate_per_s: u64,
    /// In millionths of a question; at most `full`.
    held: u64,
    full: u64,
    seen_us: u64,
}

impl Pace {
    pub(super) fn new(total_per_s: Option<u32>, per_operator_per_s: Option<u32>) -> Self {
        Self {
            total: total_per_s.map(|rate| Bucket::new(rate, 0)),
            per_operator_per_s,
            suffixes: Suffixes::default(),
            zones: HashMap::default(),
            zone_order: VecDeque::new(),
            operators: HashMap::default(),
        }
    }

    /// Whether operators have a rate of their own.
    pub(super) fn minds_operators(&self) -> bool {
        self.per_operator_per_s.is_some()
    }

    /// When the next question may go, as far as all together are concerned; `None`: now.
    pub(super) fn total_free_at_us(&mut self, now_us: u64) -> Option<u64> {
        self.total.as_mut()?.free_at_us(now_us)
    }

    /// One question goes.
    pub(super) fn take_total(&mut self) {
        if let Some(bucket) = &mut self.total {
            bucket.take();
        }
    }

    /// Whether a question about this name may go now; else `ticket` waits in its operator's queue.
    pub(super) fn admit(&mut self, name: &Domain, ticket: u64, now_us: u64) -> Admission {
        let Some(rate_per_s) = self.per_operator_per_s else {
            return Admission::Now;
        };
        let key = self.operator_of(name);
        if self.operators.len() >= SURVEY_OPERATOR_COUNT_MAX && !self.operators.contains_key(&key) {
            self.forget_idle(now_us);
        }
        let operator = self
            .operators
            .entry(key.clone())
            .or_insert_with(|| Operator { bucket: Bucket::new(rate_per_s, now_us), queue: VecDeque::new() });
        if operator.queue.is_empty() && operator.bucket.free_at_us(now_us).is_none() {
            operator.bucket.take();
            return Admission::Now;
        }
        operator.queue.push_back(ticket);
        match operator.bucket.free_at_us(now_us) {
            Some(at_us) if operator.queue.len() == 1 => Admission::QueuedUntil(key, at_us),
            _ => Admission::Queued,
        }
    }

    /// Those who waited for this operator and may go now, and when it is to be looked at again.
    pub(super) fn released(&mut self, key: &Domain, now_us: u64) -> (Vec<u64>, Option<u64>) {
        let mut tickets = Vec::new();
        let Some(operator) = self.operators.get_mut(key) else {
            return (tickets, None);
        };
        loop {
            let free_at_us = operator.bucket.free_at_us(now_us);
            if operator.queue.is_empty() || free_at_us.is_some() {
                return (tickets, free_at_us.filter(|_| !operator.queue.is_empty()));
            }
            operator.bucket.take();
            tickets.extend(operator.queue.pop_front());
        }
    }

    /// Learns who runs a zone from the answer about its name servers.
    pub(super) fn learn(&mut self, zone: &Domain, answer: &Answer) {
        if !self.minds_operators() {
            return;
        }
        let hosts = answer.data().iter().filter_map(|data| match data {
            Data::Ns(host) => Some(host),
            _ => None,
        });
        let Some(operator) = hosts.min().map(|host| self.suffixes.organizational_domain(host)) else {
            return;
        };
        if self.zones.insert(zone.clone(), operator).is_none() {
            self.zone_order.push_back(zone.clone());
        }
        if self.zones.len() > SURVEY_ZONE_COUNT_MAX
            && let Some(oldest) = self.zone_order.pop_front()
        {
            self.zones.remove(&oldest);
        }
    }

    fn operator_of(&self, name: &Domain) -> Domain {
        let mut zones = std::iter::successors(Some(name.clone()), Domain::parent);
        let known = zones.find_map(|zone| self.zones.get(&zone).cloned());
        known.unwrap_or_else(|| self.suffixes.organizational_domain(name))
    }

    /// An operator of whom nobody wants anything is as good as a new one.
    fn forget_idle(&mut self, now_us: u64) {
        self.operators.retain(|_, operator| !(operator.queue.is_empty() && operator.bucket.is_full(now_us)));
    }
}

impl Bucket {
    pub(super) fn new(rate_per_s: u32, now_us: u64) -> Self {
        let rate_per_s = u64::from(rate_per_s.max(1));
        let full = (rate_per_s * ONE / 10).max(ONE);
        Self { rate_per_s, held: full, full, seen_us: now_us }
    }

    /// When there will be enough for one question; `None`: there is.
    pub(super) fn free_at_us(&mut self, now_us: u64) -> Option<u64> {
        self.fill(now_us);
        let missing = ONE.saturating_sub(self.held);
        (missing > 0).then(|| now_us + missing.div_ceil(self.rate_per_s))
    }

    pub(super) fn take(&mut self) {
        self.held = self.held.saturating_sub(ONE);
    }

    fn is_full(&mut self, now_us: u64) -> bool {
        self.fill(now_us);
        self.held == self.full
    }

    /// A microsecond at one question a second is a millionth of a question.
    fn fill(&mut self, now_us: u64) {
        let passed_us = now_us.saturating_sub(self.seen_us);
        self.held = self.held.saturating_add(passed_us.saturating_mul(self.rate_per_s)).min(self.full);
        self.seen_us = self.seen_us.max(now_us);
    }
}

/// One question, in millionths.
const ONE: u64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Domain {
        Domain::parse(text).unwrap()
    }

    #[test]
    fn a_bucket_gives_its_rate_and_no_more() {
        for rate in [1, 7, 10, 100, 33_333] {
            let mut bucket = Bucket::new(rate, 0);
            let (mut now_us, mut count) = (0, 0_u64);
            while now_us < 10_000_000 {
                match bucket.free_at_us(now_us) {
                    None => {
                        bucket.take();
                        count += 1;
                    }
                    Some(at_us) => {
                        assert!(at_us > now_us);
                        now_us = at_us;
                    }
                }
            }
            let (rate, burst) = (u64::from(rate), u64::from(rate / 10).max(1));
            assert!(count <= 10 * rate + burst + 1 && count >= 10 * rate, "{rate}: {count}");
        }
    }

    #[test]
    fn the_operator_is_who_runs_the_nearest_zone() {
        let mut pace = Pace::new(None, Some(10));
        let servers = Answer::of(vec![Data::Ns(name("ns2.dns.example.net")), Data::Ns(name("ns1.host.co.jp"))], 60);
        pace.learn(&name("customer.jp"), &servers);
        pace.learn(&name("empty.jp"), &Answer::of(Vec::new(), 60));
        assert_eq!(pace.operator_of(&name("_dmarc.customer.jp")), name("host.co.jp"));
        assert_eq!(pace.operator_of(&name("customer.jp")), name("host.co.jp"));
        assert_eq!(pace.operator_of(&name("_dmarc.www.other.co.jp")), name("other.co.jp"));
        assert_eq!(pace.operator_of(&name("a.empty.jp")), name("empty.jp"));
        assert_eq!(pace.operator_of(&name("_dmarc.jp")), name("_dmarc.jp"), "a suffix stands for itself");
    }

    #[test]
    fn who_waits_for_an_operator_is_let_through_in_order() {
        let mut pace = Pace::new(None, Some(10));
        assert_eq!(pace.admit(&name("a.example.jp"), 1, 0), Admission::Now);
        assert_eq!(pace.admit(&name("b.example.jp"), 2, 0), Admission::QueuedUntil(name("example.jp"), 100_000));
        assert_eq!(pace.admit(&name("c.example.jp"), 3, 0), Admission::Queued);
        assert_eq!(pace.admit(&name("a.other.jp"), 4, 0), Admission::Now, "another operator's");
        assert_eq!(pace.released(&name("example.jp"), 99_999), (vec![], Some(100_000)));
        assert_eq!(pace.released(&name("example.jp"), 100_000), (vec![2], Some(200_000)));
        assert_eq!(pace.released(&name("example.jp"), 200_000), (vec![3], None));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut pace = Pace::new(None, Some(1_000_000));
        for number in 0..SURVEY_ZONE_COUNT_MAX + 10 {
            let answer = Answer::of(vec![Data::Ns(name(&format!("ns.op{number}.example")))], 60);
            pace.learn(&name(&format!("n{number}.example")), &answer);
        }
        assert_eq!((pace.zones.len(), pace.zone_order.len()), (SURVEY_ZONE_COUNT_MAX, SURVEY_ZONE_COUNT_MAX));
        for number in 0..SURVEY_OPERATOR_COUNT_MAX + 10 {
            let now_us = u64::try_from(number).unwrap() * 10;
            assert_eq!(pace.admit(&name(&format!("x.m{number}.example")), 0, now_us), Admission::Now);
        }
        assert!(pace.operators.len() <= SURVEY_OPERATOR_COUNT_MAX);
    }
}
