//! An outbox in memory: for tests, and for trying what would be sent. What it answers is what every store must answer.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{
    Change, Confirmation, ConfirmationKey, Delivery, DeliveryId, DeliveryQuery, DeliveryState, Job, JobId, JobKey,
    JobQuery, JobState, Outbox, OutboxError, Suppression,
};
use crate::mail::Letter;

/// An outbox in memory.
#[derive(Debug, Default)]
pub struct MemoryOutbox(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    jobs: BTreeMap<JobId, Job>,
    letters: BTreeMap<JobId, Letter>,
    deliveries: BTreeMap<DeliveryId, Delivery>,
    suppressions: BTreeMap<Box<str>, Suppression>,
    confirmations: BTreeMap<ConfirmationKey, Confirmation>,
    folded_until_s: Option<u64>,
}

impl MemoryOutbox {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is whole before the lock is let go.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outbox for MemoryOutbox {
    async fn commit(&self, changes: Vec<Change>) -> Result<(), OutboxError> {
        let mut state = self.state();
        changes.into_iter().for_each(|change| state.apply(change));
        Ok(())
    }

    async fn job(&self, id: &JobId) -> Result<Option<Job>, OutboxError> {
        Ok(self.state().jobs.get(id).cloned())
    }

    async fn letter(&self, id: &JobId) -> Result<Option<Letter>, OutboxError> {
        Ok(self.state().letters.get(id).cloned())
    }

    async fn jobs(&self, query: JobQuery, count_max: usize) -> Result<Vec<Job>, OutboxError> {
        let state = self.state();
        let mut jobs: Vec<Job> = state.jobs.values().filter(|job| query.admits(job)).cloned().collect();
        match query {
            JobQuery::Due { .. } => jobs.sort_by_key(|job| (job.next_s(), job.id.clone())),
            JobQuery::Begun { .. } => jobs.sort_by_key(|job| (job.domain.clone(), job.id.clone())),
            JobQuery::Latest(_) | JobQuery::Before(..) => {
                jobs.sort_by_key(|job| (u64::MAX - job.made_s, job.id.clone()));
            }
        }
        jobs.truncate(count_max);
        Ok(jobs)
    }

    async fn deliveries(&self, query: DeliveryQuery, count_max: usize) -> Result<Vec<Delivery>, OutboxError> {
        let state = self.state();
        let mut found: Vec<Delivery> = state.deliveries.values().filter(|one| query.admits(one)).cloned().collect();
        found.sort_by_key(|one| (one.next_s(), one.mailbox.clone(), one.id.clone()));
        found.truncate(count_max);
        Ok(found)
    }

    async fn suppression(&self, mailbox: &str) -> Result<Option<Suppression>, OutboxError> {
        Ok(self.state().suppressions.get(mailbox.to_ascii_lowercase().as_str()).cloned())
    }

    async fn suppressions(&self, after: &str, count_max: usize) -> Result<Vec<Suppression>, OutboxError> {
        let state = self.state();
        let behind = state.suppressions.values().filter(|one| &*one.mailbox > after);
        Ok(behind.take(count_max).cloned().collect())
    }

    async fn folded_until_s(&self) -> Result<Option<u64>, OutboxError> {
        Ok(self.state().folded_until_s)
    }

    async fn confirmation(&self, key: &ConfirmationKey) -> Result<Option<Confirmation>, OutboxError> {
        Ok(self.state().confirmations.get(key).cloned())
    }
}

impl State {
    fn apply(&mut self, change: Change) {
        match change {
            Change::AddJob(job, letter) => {
                if !self.jobs.contains_key(&job.id) {
                    self.letters.insert(job.id.clone(), letter);
                    self.jobs.insert(job.id.clone(), job);
                }
            }
            Change::SetJob(id, state) => {
                if let Some(job) = self.jobs.get_mut(&id) {
                    job.state = state;
                }
            }
            Change::DropLetter(id) => {
                self.letters.remove(&id);
            }
            Change::AddDelivery(delivery) => {
                self.deliveries.entry(delivery.id.clone()).or_insert(delivery);
            }
            Change::SetDelivery(delivery) => {
                self.deliveries.insert(delivery.id.clone(), delivery);
            }
            Change::Hasten(id, due_s) => self.hasten(&id, due_s),
            Change::SetSuppression(suppression) => {
                self.suppressions.insert(suppression.mailbox.clone(), suppression);
            }
            Change::DropSuppression(mailbox) => {
                self.suppressions.remove(mailbox.to_ascii_lowercase().as_str());
            }
            Change::SetFoldedUntil(time_s) => self.folded_until_s = self.folded_until_s.max(Some(time_s)),
            Change::SetConfirmation(confirmation) => {
                self.confirmations.insert(confirmation.key.clone(), confirmation);
            }
            Change::Forget { before_s } => self.forget(before_s),
        }
    }

    fn hasten(&mut self, id: &JobId, due_s: u64) {
        if let Some(Job { state: JobState::Asking { next_s, .. }, .. }) = self.jobs.get_mut(id) {
            *next_s = due_s.min(*next_s);
        }
        for delivery in self.deliveries.values_mut().filter(|delivery| delivery.job == *id) {
            if let DeliveryState::Waiting { next_s, .. } = &mut delivery.state {
                *next_s = due_s.min(*next_s);
            }
        }
    }

    fn forget(&mut self, before_s: u64) {
        self.jobs.retain(|_, job| !matches!(job.state, JobState::Done { at_s, .. } if at_s < before_s));
        let jobs = &self.jobs;
        self.deliveries.retain(|_, delivery| jobs.contains_key(&delivery.job));
        self.letters.retain(|id, _| jobs.contains_key(id));
        self.confirmations.retain(|_, confirmation| confirmation.until_s >= before_s);
    }
}

impl JobQuery {
    /// Whether a job is among those that are asked for.
    #[must_use]
    pub fn admits(&self, job: &Job) -> bool {
        match self {
            Self::Due { now_s } => matches!(job.state, JobState::Asking { next_s, .. } if next_s <= *now_s),
            Self::Begun { kind, from_s, until_s } => {
                job.kind == *kind && (*from_s..*until_s).contains(&job.period.begin_s())
            }
            Self::Latest(domain) => domain.as_ref().is_none_or(|domain| job.domain == *domain),
            Self::Before(domain, key) => {
                let is_behind = job.made_s < key.made_s || (job.made_s == key.made_s && job.id > key.id);
                is_behind && domain.as_ref().is_none_or(|domain| job.domain == *domain)
            }
        }
    }
}

impl DeliveryQuery {
    /// Whether a delivery is among those that are asked for.
    #[must_use]
    pub fn admits(&self, delivery: &Delivery) -> bool {
        match (self, &delivery.state) {
            (Self::Due { now_s }, DeliveryState::Waiting { next_s, .. }) => next_s <= now_s,
            (Self::Due { .. }, _) => false,
            (Self::Open, state) => matches!(state, DeliveryState::Offered { .. } | DeliveryState::Ending { .. }),
            (Self::OfJob(job), _) => delivery.job == *job,
            (Self::One(id), _) => delivery.id == *id,
        }
    }
}

impl Job {
    /// Where it stands among those that were made last.
    #[must_use]
    pub fn key(&self) -> JobKey {
        JobKey { made_s: self.made_s, id: self.id.clone() }
    }

    fn next_s(&self) -> u64 {
        match self.state {
            JobState::Asking { next_s, .. } => next_s,
            JobState::Sending | JobState::Done { .. } => 0,
        }
    }
}

impl Delivery {
    fn next_s(&self) -> u64 {
        match self.state {
            DeliveryState::Waiting { next_s, .. } => next_s,
            _ => 0,
        }
    }
}
