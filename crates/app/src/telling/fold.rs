//! Days become alerts. A day is folded when it has settled, and again when more reports of it have come; what is
//! remembered, and what was noticed, are stored in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::PoisonError;

use feedback::Archive as _;
use feedback::ArchiveError;
use feedback::archive::{CountQuery, Division, DocumentQuery, DomainLine, SourceLine, Status};
use insight::{Alert, Classifier, Day, Hosts, Marks, State, observe, observe_refused};
use mailtext::Domain;
use report::query::Reach;
use store::archive::{AlertLine, NoticeChange};

use super::{DAY_S, Manner, Telling};
use crate::limits::{ALERT_AGE_DAYS_MAX, FOLD_BACK_DAYS, FOLD_HISTORY_DAYS};

impl Manner {
    /// The last day that has settled.
    pub(super) fn settled_day(&self, now_s: u64) -> u32 {
        let over_s = now_s.saturating_sub(self.config.wait.as_secs());
        u32::try_from(over_s / DAY_S).unwrap_or(u32::MAX).saturating_sub(1)
    }

    /// What judges lines, by the owner's marks and what is known of their addresses.
    pub(super) async fn classifier(&self, telling: &Telling, lines: &[SourceLine]) -> Result<Classifier, ArchiveError> {
        let mut addresses: Vec<IpAddr> = lines.iter().filter_map(|line| line.source).collect();
        addresses.sort_unstable();
        addresses.dedup();
        let (marks, hosts) = (telling.archive.marks("").await?, telling.archive.hosts(addresses).await?);
        Ok(Classifier::new(self.map.clone(), Marks::new(marks), Hosts::new(hosts)))
    }
}

impl Telling {
    /// Folds every day that has settled, or of which more has come; how many alerts there were.
    pub(super) async fn fold(&self, manner: &Manner, now_s: u64) -> Result<u64, ArchiveError> {
        let settled = manner.settled_day(now_s);
        let mut count = self.fold_refused(manner, settled, now_s).await?;
        for line in self.archive.domains(Some("")).await? {
            // A name that nobody can have is in no report of value.
            if let Ok(domain) = Domain::query(&line.domain) {
                count += self.fold_domain(manner, (&line, domain), settled, now_s).await?;
            }
        }
        Ok(count)
    }

    async fn fold_domain(
        &self,
        manner: &Manner,
        (line, domain): (&DomainLine, Domain),
        settled: u32,
        now_s: u64,
    ) -> Result<u64, ArchiveError> {
        let name = &line.domain;
        let mut state = self.state(name).await?;
        let is_new = !state.knows(name);
        let Some(days) = days_to_look_at(&state, line, settled) else { return Ok(0) };
        let query = CountQuery {
            tenant: Some("".into()),
            domain: Some((domain, Reach::Name)),
            from_day: Some(*days.start()),
            until_day: Some(days.end().saturating_add(1)),
            ..CountQuery::default()
        };
        let counts = self.by_day(&query).await?;
        let mut alerts = Vec::new();
        let mut is_changed = false;
        for day in days {
            let (total, reporters) = counts.get(&day).cloned().unwrap_or_default();
            if state.total(name, day) == Some(total) || self.is_seen(name, day, total) {
                continue;
            }
            let of_day = CountQuery { from_day: Some(day), until_day: Some(day + 1), ..query.clone() };
            let lines = self.archive.sources(of_day).await?;
            let classifier = manner.classifier(self, &lines).await?;
            let reporters: Vec<&str> = reporters.iter().map(|reporter| &**reporter).collect();
            let its = Day { day, policy: &line.policy, lines: &lines, reporters: &reporters, refused_count: 0 };
            let (next, more) = observe(state, &its, &manner.config.thresholds, &classifier);
            state = next;
            is_changed = true;
            // What is long past, or was so when we first looked, is learnt and not told.
            alerts.extend(more.into_iter().filter(|_| !is_new && day.saturating_add(ALERT_AGE_DAYS_MAX) > settled));
        }
        if is_changed { self.remember(manner, name, &state, &alerts, now_s).await } else { Ok(0) }
    }

    /// Reports that could not be taken: they are of no domain.
    async fn fold_refused(&self, manner: &Manner, settled: u32, now_s: u64) -> Result<u64, ArchiveError> {
        let mut state = self.state(STATION).await?;
        if state.total(&manner.station, settled).is_some() {
            return Ok(0);
        }
        let from_s = u64::from(settled) * DAY_S;
        let query = DocumentQuery {
            tenant: Some("".into()),
            status: Some(Status::Refused),
            from_s: Some(from_s.saturating_sub(1)),
            until_s: Some(from_s + DAY_S),
            ..DocumentQuery::default()
        };
        let count = self.archive.documents(query).await?.lines.len() as u64;
        let thresholds = &manner.config.thresholds;
        let (next, alerts) = observe_refused(state, &manner.station, (settled, count), thresholds);
        state = next;
        self.remember(manner, STATION, &state, &alerts, now_s).await
    }

    /// Stores what is remembered with what was noticed.
    async fn remember(
        &self,
        manner: &Manner,
        name: &str,
        state: &State,
        alerts: &[Alert],
        now_s: u64,
    ) -> Result<u64, ArchiveError> {
        let is_told = |alert: &&Alert| match alert.event.kind() {
            Some(kind) => manner.config.kinds.contains(&kind),
            None => !manner.config.kinds.is_empty(),
        };
        let line = |alert: &Alert| AlertLine {
            id: 0,
            tenant: Box::default(),
            domain: alert.domain.clone(),
            day: alert.day,
            what: alert.to_text().into(),
            made_s: now_s,
        };
        let told: Vec<AlertLine> = alerts.iter().filter(is_told).map(line).collect();
        let count = told.len() as u64;
        let state = NoticeChange::SetWatch { tenant: "".into(), domain: name.into(), state: state.to_text().into() };
        let changes = told.into_iter().map(NoticeChange::AddAlert).chain([state]);
        self.archive.note(changes.collect()).await?;
        Ok(count)
    }

    async fn state(&self, name: &str) -> Result<State, ArchiveError> {
        let text = self.archive.watched("", name).await?;
        // What a later version wrote is learnt anew.
        Ok(text.and_then(|text| State::parse(&text).ok()).unwrap_or_default())
    }

    /// The messages of each day, and who reported.
    async fn by_day(&self, query: &CountQuery) -> Result<BTreeMap<u32, (u64, BTreeSet<Box<str>>)>, ArchiveError> {
        let by = Division { day: true, reporter: true, ..Division::default() };
        let mut days: BTreeMap<u32, (u64, BTreeSet<Box<str>>)> = BTreeMap::new();
        for line in self.archive.counts(query.clone(), by).await? {
            let (total, reporters) = days.entry(line.day.unwrap_or_default()).or_default();
            *total = total.saturating_add(line.count);
            reporters.extend(line.reporter);
        }
        Ok(days)
    }

    /// Whether a day had as many messages when it was folded last; from now on it has.
    fn is_seen(&self, name: &str, day: u32, total: u64) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // What is long past is not asked for again.
        if seen.len() > SEEN_COUNT_MAX {
            seen.clear();
        }
        seen.insert((name.into(), day), total) == Some(total)
    }
}

/// The days of a domain that may have to be folded: since the last one that was, and a few before it, of which late
/// reports may have come. Of a domain that is new, a month, to learn from.
fn days_to_look_at(state: &State, line: &DomainLine, settled: u32) -> Option<RangeInclusive<u32>> {
    let oldest = settled.saturating_sub(FOLD_HISTORY_DAYS - 1);
    let since = match state.last_day(&line.domain) {
        Some(last) => last.saturating_add(1).min(settled.saturating_sub(FOLD_BACK_DAYS - 1)),
        None => line.first_day,
    };
    let first = since.max(oldest);
    (first <= settled).then_some(first..=settled)
}

/// Under which name the memory of the station stands: no domain has it.
const STATION: &str = "";
/// Most days of domains of which is remembered that they were seen.
const SEEN_COUNT_MAX: usize = 1_000_000;
