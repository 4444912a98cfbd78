//! Alerts: a fold over the days of a domain. What was remembered of the days before and the counts of one day give what
//! is to be told, and what is remembered next.
//!
//! The same day may be folded again, when more reports of it have come: nothing is counted or told twice.

mod alert;
mod text;

use std::collections::BTreeMap;

use feedback::aggregate::PublishedPolicy;
use feedback::archive::{Class, Sender, SourceLine};
use mailtext::{Explain, Value};
use report::vocabulary::MethodResult;

use crate::advise::{percent, share};
use crate::classify::Classifier;
use crate::group::{Tally, class_word, groups};
use crate::limits::{
    ALERT_COUNT_MAX, WATCH_DAY_COUNT_MAX, WATCH_DOMAIN_COUNT_MAX, WATCH_REPORTER_COUNT_MAX, WATCH_SELECTOR_COUNT_MAX,
    WATCH_SOURCE_COUNT_MAX,
};
use crate::marks::sender_text;
use crate::whatif::Proposal;

pub use alert::Kind;
pub use text::StateError;

/// What is remembered of all domains.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct State {
    domains: BTreeMap<Box<str>, Memory>,
}

/// What is remembered of a domain.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Memory {
    /// The first day that was folded.
    since_day: u32,
    policy: Option<Box<str>>,
    sources: BTreeMap<Sender, Rhythm>,
    reporters: BTreeMap<Box<str>, Rhythm>,
    /// By the selector and the domain of the signature.
    selectors: BTreeMap<(Box<str>, Box<str>), Rhythm>,
    days: BTreeMap<u32, DayCount>,
    /// What was told, by its id and subject, and on which day.
    told: BTreeMap<(Box<str>, Box<str>), u32>,
}

/// On which days something was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Rhythm {
    first_day: u32,
    last_day: u32,
    /// A bit for each of the last 32 days, the lowest for `last_day`.
    bits: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct DayCount {
    /// The domain's own mail as its own senders sent it.
    sent: u64,
    /// Of it, that which passes.
    passed: u64,
    total: u64,
}

/// A day of a domain.
#[derive(Clone, Copy, Debug)]
pub struct Day<'a> {
    /// Which, in days since 1970.
    pub day: u32,
    /// The policy, as the newest report of the day has it.
    pub policy: &'a PublishedPolicy,
    /// The messages of the day.
    pub lines: &'a [SourceLine],
    /// The organisations that reported on the day.
    pub reporters: &'a [&'a str],
    /// Reports that were refused on the day.
    pub refused_count: u64,
}

/// From when on something is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Thresholds {
    /// Days that are only watched when a domain is new.
    pub learning_days: u32,
    /// Least messages a day of a source that is new.
    pub new_source_count_min: u64,
    /// For how many days a source is new.
    pub new_source_days: u32,
    /// Least messages a day by which a share of those that pass is judged.
    pub pass_count_min: u64,
    /// By how much the share must fall against the days before, in 1000.
    pub pass_fall_per_mille: u64,
    /// On how many of the last 28 days a reporter or a selector must have been seen to be missed.
    pub habit_days_min: u32,
    /// After how many days without a word a reporter is missed.
    pub reporter_silent_days: u32,
    /// After how many days a selector is missed.
    pub selector_silent_days: u32,
    /// Least reports refused on a day.
    pub refused_count_min: u64,
    /// After how many days the same is told again.
    pub repeat_days: u32,
}

/// Something to tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alert {
    /// On which day it was so, in days since 1970.
    pub day: u32,
    /// Of which policy domain.
    pub domain: Box<str>,
    /// What.
    pub event: Event,
}

/// What is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A source that was never seen sends many messages.
    NewSource {
        /// Which.
        sender: Sender,
        /// How people call it.
        name: Box<str>,
        /// What most of its mail is.
        class: Class,
        /// How many messages on the day.
        count: u64,
    },
    /// Less of the domain's own mail passes than before.
    PassFell {
        /// The share on the day, in 1000.
        now: u64,
        /// The share on the days before.
        before: u64,
    },
    /// A reporter that used to report does not.
    ReporterSilent {
        /// Which.
        reporter: Box<str>,
        /// For how many days.
        days: u32,
    },
    /// The policy is another one.
    PolicyChanged {
        /// What it was.
        from: Box<str>,
        /// What it is.
        to: Box<str>,
    },
    /// No signature of a key that used to sign is seen any more.
    SelectorGone {
        /// The signature's domain.
        domain: Box<str>,
        /// Its selector.
        selector: Box<str>,
        /// For how many days.
        days: u32,
    },
    /// Reports were refused.
    ReportsRefused {
        /// How many on the day.
        count: u64,
    },
    /// There is more than is told one by one.
    More {
        /// How many alerts were left out.
        count: u64,
    },
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            learning_days: 7,
            new_source_count_min: 50,
            new_source_days: 7,
            pass_count_min: 50,
            pass_fall_per_mille: 50,
            habit_days_min: 7,
            reporter_silent_days: 4,
            selector_silent_days: 7,
            refused_count_min: 10,
            repeat_days: 7,
        }
    }
}

impl State {
    /// Whether anything is remembered of a domain.
    #[must_use]
    pub fn knows(&self, domain: &str) -> bool {
        self.domains.contains_key(domain)
    }

    /// The last day of a domain that was folded, in days since 1970.
    #[must_use]
    pub fn last_day(&self, domain: &str) -> Option<u32> {
        Some(*self.domains.get(domain)?.days.last_key_value()?.0)
    }

    /// How many messages a day of a domain had when it was folded; `None` when it was not, or is forgotten.
    #[must_use]
    pub fn total(&self, domain: &str, day: u32) -> Option<u64> {
        Some(self.domains.get(domain)?.days.get(&day)?.total)
    }
}

/// Folds the reports that could not be taken on a day, which are of no domain, into what is remembered of the place that
/// takes them.
#[must_use]
pub fn observe_refused(
    mut state: State,
    place: &str,
    (day, count): (u32, u64),
    thresholds: &Thresholds,
) -> (State, Vec<Alert>) {
    let memory = state.domains.entry(place.into()).or_insert_with(|| Memory { since_day: day, ..Memory::default() });
    memory.forget(day, thresholds);
    memory.days.insert(day, DayCount { total: count, ..DayCount::default() });
    let event = Event::ReportsRefused { count };
    let is_told = count >= thresholds.refused_count_min.max(1) && memory.is_news(&event, day);
    let alert = is_told.then(|| Alert { day, domain: place.into(), event });
    (state, alert.into_iter().collect())
}

/// Folds a day of a domain into what is remembered.
#[must_use]
pub fn observe(
    mut state: State,
    day: &Day<'_>,
    thresholds: &Thresholds,
    classifier: &Classifier,
) -> (State, Vec<Alert>) {
    let domain = &*day.policy.domain;
    if !state.domains.contains_key(domain) && state.domains.len() >= WATCH_DOMAIN_COUNT_MAX {
        return (state, Vec::new());
    }
    let memory =
        state.domains.entry(domain.into()).or_insert_with(|| Memory { since_day: day.day, ..Memory::default() });
    let mut events = Vec::new();
    memory.sources(day, thresholds, classifier, &mut events);
    memory.pass(day, thresholds, &mut events);
    memory.reporters(day, thresholds, &mut events);
    memory.policy(day, &mut events);
    memory.selectors(day, thresholds, &mut events);
    if day.refused_count >= thresholds.refused_count_min.max(1) {
        events.push(Event::ReportsRefused { count: day.refused_count });
    }
    memory.forget(day.day, thresholds);
    let mut events: Vec<_> = events.into_iter().filter(|event| memory.is_news(event, day.day)).collect();
    let left_out = events.len().saturating_sub(ALERT_COUNT_MAX);
    if left_out > 0 {
        events.truncate(ALERT_COUNT_MAX);
        events.push(Event::More { count: left_out as u64 });
    }
    let alerts = events.into_iter().map(|event| Alert { day: day.day, domain: domain.into(), event }).collect();
    (state, alerts)
}

impl Memory {
    fn is_learning(&self, day: u32, thresholds: &Thresholds) -> bool {
        day < self.since_day.saturating_add(thresholds.learning_days)
    }

    fn sources(&mut self, day: &Day<'_>, thresholds: &Thresholds, classifier: &Classifier, events: &mut Vec<Event>) {
        let is_learning = self.is_learning(day.day, thresholds);
        for group in groups(day.lines, day.policy, classifier) {
            let rhythm = seen(&mut self.sources, group.sender.clone(), day.day);
            let is_new = rhythm.first_day.saturating_add(thresholds.new_source_days) > day.day
                && rhythm.first_day >= self.since_day.saturating_add(thresholds.learning_days);
            let count = group.tally.total();
            if is_new && !is_learning && count >= thresholds.new_source_count_min && group.standing.is_none() {
                let (name, class) = (group.name().into(), group.class());
                events.push(Event::NewSource { sender: group.sender, name, class, count });
            }
        }
        bound(&mut self.sources, WATCH_SOURCE_COUNT_MAX);
    }

    fn pass(&mut self, day: &Day<'_>, thresholds: &Thresholds, events: &mut Vec<Event>) {
        let mut tally = Tally::default();
        for line in day.lines {
            tally.add(line.class, line.count);
        }
        let passed = tally.of(Class::Legitimate);
        let sent = passed.saturating_add(tally.of(Class::Misconfigured));
        let today = DayCount { sent, passed, total: tally.total() };
        self.days.insert(day.day, today);
        let start = day.day.saturating_sub(thresholds.repeat_days.max(1) * 2);
        let before = self.days.range(start..day.day).fold(DayCount::default(), |mut sum, (_, day)| {
            sum.sent = sum.sent.saturating_add(day.sent);
            sum.passed = sum.passed.saturating_add(day.passed);
            sum
        });
        if sent < thresholds.pass_count_min.max(1) || before.sent < thresholds.pass_count_min.max(1) {
            return;
        }
        let (now, before) = (share(passed, sent), share(before.passed, before.sent));
        if now.saturating_add(thresholds.pass_fall_per_mille) <= before {
            events.push(Event::PassFell { now, before });
        }
    }

    fn reporters(&mut self, day: &Day<'_>, thresholds: &Thresholds, events: &mut Vec<Event>) {
        for reporter in day.reporters {
            seen(&mut self.reporters, Box::from(*reporter), day.day);
            self.told.remove(&("alert-reporter-silent".into(), Box::from(*reporter)));
        }
        for (reporter, rhythm) in &self.reporters {
            let days = day.day.saturating_sub(rhythm.last_day);
            if days >= thresholds.reporter_silent_days.max(1) && rhythm.is_habit(thresholds) {
                events.push(Event::ReporterSilent { reporter: reporter.clone(), days });
            }
        }
        bound(&mut self.reporters, WATCH_REPORTER_COUNT_MAX);
    }

    fn policy(&mut self, day: &Day<'_>, events: &mut Vec<Event>) {
        let text: Box<str> = policy_text(&Proposal::published(day.policy)).into();
        // A day that is folded again, after later ones, is no change back.
        let is_newest = self.days.last_key_value().is_none_or(|(last, _)| *last <= day.day);
        if !is_newest || day.policy.policy.known().is_none() {
            return;
        }
        match self.policy.replace(text.clone()) {
            Some(from) if from != text => events.push(Event::PolicyChanged { from, to: text }),
            _ => {}
        }
    }

    fn selectors(&mut self, day: &Day<'_>, thresholds: &Thresholds, events: &mut Vec<Event>) {
        let mut is_mail_seen = false;
        for line in day.lines {
            is_mail_seen |= matches!(line.class, Class::Legitimate | Class::Misconfigured);
            for result in &line.circumstances.dkim {
                let Some(selector) = result.selector.clone() else { continue };
                let is_own = crate::alignment::is_within(&result.domain, &day.policy.domain)
                    || result.domain == line.circumstances.header_from;
                if is_own && result.result.known() == Some(MethodResult::Pass) {
                    seen(&mut self.selectors, (selector.clone(), result.domain.clone()), day.day);
                    self.told.remove(&("alert-selector-gone".into(), selector_subject(&selector, &result.domain)));
                }
            }
        }
        // Where no mail is sent at all, no key is missed.
        for ((selector, domain), rhythm) in self.selectors.iter().filter(|_| is_mail_seen) {
            let days = day.day.saturating_sub(rhythm.last_day);
            if days >= thresholds.selector_silent_days.max(1) && rhythm.is_habit(thresholds) {
                events.push(Event::SelectorGone { domain: domain.clone(), selector: selector.clone(), days });
            }
        }
        bound(&mut self.selectors, WATCH_SELECTOR_COUNT_MAX);
    }

    /// Whether an event was not told lately; it counts as told now.
    fn is_news(&mut self, event: &Event, day: u32) -> bool {
        let key = (Box::from(event.id()), event.subject());
        match self.told.get(&key) {
            Some(_) => false,
            None => {
                self.told.insert(key, day);
                true
            }
        }
    }

    fn forget(&mut self, day: u32, thresholds: &Thresholds) {
        let window = WATCH_DAY_COUNT_MAX as u32;
        self.days.retain(|counted, _| counted.saturating_add(window) > day);
        // Who is missed is told once, until it is seen again; a source is new only once.
        let lasts = |id: &str| matches!(id, "alert-reporter-silent" | "alert-selector-gone");
        let keep = |told: u32, days: u32| told.saturating_add(days) > day;
        let repeat = thresholds.repeat_days.max(thresholds.new_source_days).max(1);
        self.told.retain(|(id, _), told| if lasts(id) { keep(*told, window * 2) } else { keep(*told, repeat) });
        // What was missed for so long is no habit any more.
        self.reporters.retain(|_, rhythm| rhythm.last_day.saturating_add(window * 2) > day);
        self.selectors.retain(|_, rhythm| rhythm.last_day.saturating_add(window * 2) > day);
    }
}

/// Notes that something was seen on a day.
fn seen<K: Ord>(all: &mut BTreeMap<K, Rhythm>, key: K, day: u32) -> Rhythm {
    let rhythm = all.entry(key).or_insert(Rhythm { first_day: day, last_day: day, bits: 1 });
    rhythm.first_day = rhythm.first_day.min(day);
    if day > rhythm.last_day {
        rhythm.bits = rhythm.bits.checked_shl(day - rhythm.last_day).unwrap_or(0);
        rhythm.last_day = day;
    }
    rhythm.bits |= 1_u32.checked_shl(rhythm.last_day - day).unwrap_or(0);
    *rhythm
}

/// Leaves at most so many: those seen longest ago give way.
fn bound<K: Ord + Clone>(all: &mut BTreeMap<K, Rhythm>, most: usize) {
    let Some(over) = all.len().checked_sub(most).filter(|over| *over > 0) else { return };
    let mut oldest: Vec<(u32, K)> = all.iter().map(|(key, rhythm)| (rhythm.last_day, key.clone())).collect();
    oldest.sort();
    for (_, key) in oldest.into_iter().take(over) {
        all.remove(&key);
    }
}

impl Rhythm {
    /// Whether it was seen on enough of the last 28 days before it was seen last.
    fn is_habit(&self, thresholds: &Thresholds) -> bool {
        let month = self.bits & ((1 << WATCH_DAY_COUNT_MAX) - 1);
        month.count_ones() >= thresholds.habit_days_min
    }
}

/// A policy in the words of records.
fn policy_text(policy: &Proposal) -> String {
    use dmarc::record::{Mode, Testing};
    let mut text = format!("p={}", policy.policy);
    for (name, policy) in [("sp", policy.subdomain_policy), ("np", policy.nonexistent_policy)] {
        if let Some(policy) = policy {
            text.push_str(&format!("; {name}={policy}"));
        }
    }
    for (name, mode) in [("adkim", policy.modes.dkim), ("aspf", policy.modes.spf)] {
        if mode == Mode::Strict {
            text.push_str(&format!("; {name}=s"));
        }
    }
    if policy.testing == Testing::On {
        text.push_str("; t=y");
    }
    text
}

fn selector_subject(selector: &str, domain: &str) -> Box<str> {
    format!("{selector}._domainkey.{domain}").into()
}

impl Event {
    /// What it is about: the same is not told twice.
    fn subject(&self) -> Box<str> {
        match self {
            Self::NewSource { sender, .. } => sender_text(sender).into(),
            Self::ReporterSilent { reporter, .. } => reporter.clone(),
            Self::SelectorGone { domain, selector, .. } => selector_subject(selector, domain),
            Self::PolicyChanged { to, .. } => to.clone(),
            Self::PassFell { .. } | Self::ReportsRefused { .. } | Self::More { .. } => Box::default(),
        }
    }

    /// The stable id.
    fn id(&self) -> &'static str {
        match self {
            Self::NewSource { .. } => "alert-new-source",
            Self::PassFell { .. } => "alert-pass-fell",
            Self::ReporterSilent { .. } => "alert-reporter-silent",
            Self::PolicyChanged { .. } => "alert-policy-changed",
            Self::SelectorGone { .. } => "alert-selector-gone",
            Self::ReportsRefused { .. } => "alert-reports-refused",
            Self::More { .. } => "alert-more",
        }
    }
}

impl Explain for Alert {
    fn id(&self) -> &'static str {
        self.event.id()
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let mut arguments = vec![("domain", Value::from(&*self.domain))];
        arguments.extend(match &self.event {
            Event::NewSource { name, class, count, .. } => vec![
                ("sender", Value::from(&**name)),
                ("class", Value::Word(class_word(*class))),
                ("count", (*count).into()),
            ],
            Event::PassFell { now, before } => {
                vec![("now", Value::Text(percent(*now))), ("before", Value::Text(percent(*before)))]
            }
            Event::ReporterSilent { reporter, days } => {
                vec![("reporter", Value::from(&**reporter)), ("days", u64::from(*days).into())]
            }
            Event::PolicyChanged { from, to } => {
                vec![("from", Value::from(&**from)), ("to", Value::from(&**to))]
            }
            Event::SelectorGone { domain, selector, days } => vec![
                ("signer", Value::from(&**domain)),
                ("selector", Value::from(&**selector)),
                ("days", u64::from(*days).into()),
            ],
            Event::ReportsRefused { count } | Event::More { count } => vec![("count", (*count).into())],
        });
        arguments
    }
}
