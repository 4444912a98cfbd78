//! The desk at which reports are sent: which step follows which, and what is written down before and behind each.
//!
//! The order of a day: [`Desk::period_due`], [`Desk::gather`] with a report of every draft, [`Gathering::close`]; then,
//! again and again, [`Desk::asking`] with [`Desk::resolved`], and [`Desk::due`] with [`Desk::offer`], [`Desk::ending`]
//! just before the final dot, [`Desk::ended`]. [`Desk::recover`] stands at the beginning of everything, for the program may
//! have ended at any point. Nothing is asked, sent or timed here.

use std::collections::HashMap;

use aws_lc_rs::hmac;
use mailtext::Domain;
use mailtext::date::DateTime;
use thiserror::Error;

use super::settings::{Doubt, Settings, Switch};
use super::target::{Found, Target, TargetAnswer};
use super::{
    Change, Confirmation, ConfirmationKey, ConfirmationTag, Delivery, DeliveryEnd, DeliveryId, DeliveryQuery,
    DeliveryState, Job, JobEnd, JobId, JobKind, JobQuery, JobState, Outbox, OutboxError, Suppression,
};
use crate::aggregate::fold::Draft;
use crate::aggregate::write::{WriteError, pack};
use crate::hash::{id_of, keyed_id_of, keyed_number};
use crate::limits::{OUTBOX_PAGE_COUNT_MAX, REPLY_BYTES_MAX};
use crate::mail::{Attachment, Cover, Letter};
use crate::period::{Division, Period};

/// The desk: an outbox, and how reports are sent.
#[derive(Debug)]
pub struct Desk<O> {
    outbox: O,
    settings: Settings,
    /// Of the ids of deliveries, which nobody must be able to guess, and of what spreads reports over time.
    key: hmac::Key,
}

/// The reports of a period, while they are made.
#[derive(Debug)]
pub struct Gathering<'d, O> {
    desk: &'d Desk<O>,
    period: Period,
    /// How many reports each domain has.
    of_domain: HashMap<Domain, usize>,
    count: usize,
    /// What is not committed yet.
    changes: Vec<Change>,
}

/// What became of a draft.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Admitted {
    /// It is a job now.
    New,
    /// It was there already.
    Already,
    /// Reports about this domain are switched off.
    Off,
    /// There are as many reports as there may be, of this domain or in all.
    Capped,
}

/// Why a draft did not become a job.
#[derive(Debug, Error)]
pub enum AdmitError {
    /// It cannot be written as the standard has it: a fault of this program, and no report is better than a wrong one.
    #[error("the report is not valid: {0}")]
    Write(#[from] WriteError),
    /// The store.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
}

/// A mail, ready to be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parcel {
    /// What it is.
    pub delivery: Delivery,
    /// MAIL FROM; `None` when the caller has an address for all bounces.
    pub mail_from: Option<String>,
    /// The message: lines end with CRLF. It is to be signed.
    pub bytes: Vec<u8>,
}

/// What came of sending.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The server has taken it.
    Accepted,
    /// The server will not have this recipient: 5xx to RCPT.
    RecipientRefused {
        /// What it said.
        reply: Box<str>,
    },
    /// The server will not have this message: 5xx to DATA or to the final dot, or it cannot be sent as it is.
    MessageRefused {
        /// What it said.
        reply: Box<str>,
    },
    /// Not now: 4xx, no connection, or the server will not have us at all. It says nothing about the destination.
    NotNow {
        /// What was said.
        reply: Box<str>,
    },
    /// The connection was lost behind the final dot.
    InDoubt,
}

impl<O: Outbox> Desk<O> {
    /// A desk. The key is random, and the same as long as the outbox is kept.
    #[must_use]
    pub fn new(outbox: O, settings: Settings, key: &[u8]) -> Self {
        Self { outbox, settings, key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// How reports are sent.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The outbox.
    #[must_use]
    pub fn outbox(&self) -> &O {
        &self.outbox
    }

    /// The period whose reports are to be made now; `None` when there is none. It begins where the last one ended.
    ///
    /// # Errors
    /// The store failed.
    pub async fn period_due(&self, now_s: u64) -> Result<Option<Period>, OutboxError> {
        let division = self.settings.division;
        if self.settings.sending == Switch::Off {
            // There are no reports about the time in which they are switched off.
            let hour = Period::containing(now_s, Division::Hour);
            self.outbox.commit(vec![Change::SetFoldedUntil(hour.begin_s())]).await?;
            return Ok(None);
        }
        let Some(folded_until_s) = self.outbox.folded_until_s().await? else {
            let first = Period::containing(now_s, division);
            self.outbox.commit(vec![Change::SetFoldedUntil(first.begin_s())]).await?;
            return Ok(None);
        };
        let oldest = Period::containing(now_s.saturating_sub(self.settings.lookback_s), division);
        let period = Period::after(folded_until_s.max(oldest.begin_s()), division);
        Ok((now_s >= period.until_s().saturating_add(self.settings.grace_s)).then_some(period))
    }

    /// Begins, or begins again, to make the reports of a period.
    ///
    /// # Errors
    /// The store failed.
    pub async fn gather(&self, period: Period) -> Result<Gathering<'_, O>, OutboxError> {
        let (from_s, until_s) = (period.begin_s(), period.until_s());
        let query = JobQuery::Begun { kind: JobKind::Aggregate, from_s, until_s };
        let there = self.outbox.jobs(query, self.settings.report_count_max).await?;
        let mut of_domain: HashMap<Domain, usize> = HashMap::new();
        there.iter().for_each(|job| *of_domain.entry(job.domain.clone()).or_default() += 1);
        Ok(Gathering { desk: self, period, of_domain, count: there.len(), changes: Vec::new() })
    }

    /// Takes a failure report on DMARC: its destinations are those of `ruf`, still to be asked.
    ///
    /// # Errors
    /// The store failed.
    pub async fn admit_failure(&self, now_s: u64, domain: &Domain, letter: Letter) -> Result<JobId, OutboxError> {
        let state = JobState::Asking { next_s: now_s, attempts: 0 };
        let job = self.incident(now_s, JobKind::Failure, domain, &letter, state);
        let id = job.id.clone();
        self.outbox.commit(vec![Change::AddJob(job, letter)]).await?;
        Ok(id)
    }

    /// Takes a failure report on DKIM or SPF, to the address that the domain's own record names (RFC 6651, RFC 6652):
    /// nobody has to be asked, for it lies at the domain itself.
    ///
    /// # Errors
    /// The store failed.
    pub async fn admit_method_failure(
        &self,
        now_s: u64,
        domain: &Domain,
        mailbox: &str,
        letter: Letter,
    ) -> Result<JobId, OutboxError> {
        let job = self.incident(now_s, JobKind::Method, domain, &letter, JobState::Sending);
        let id = job.id.clone();
        let delivery = self.delivery(&job, mailbox, now_s, None).await?;
        let mut changes = vec![Change::AddJob(job, letter)];
        if delivery.end().is_some() {
            changes.extend(done(&id, now_s, JobEnd::Delivered));
        }
        changes.push(Change::AddDelivery(delivery));
        self.outbox.commit(changes).await?;
        Ok(id)
    }

    fn incident(&self, now_s: u64, kind: JobKind, domain: &Domain, letter: &Letter, state: JobState) -> Job {
        let id = id_of(&[domain.as_str().as_bytes(), &now_s.to_be_bytes(), &letter.body]);
        let period = Period::new(now_s, now_s.saturating_add(1)).unwrap_or_default();
        Job { id: JobId(id.into()), kind, domain: domain.clone(), period, message_count: 1, made_s: now_s, state }
    }

    /// The jobs whose destinations are to be found now. Those about domains that were switched off end here.
    ///
    /// # Errors
    /// The store failed.
    pub async fn asking(&self, now_s: u64) -> Result<Vec<Job>, OutboxError> {
        let (off, on): (Vec<_>, Vec<_>) = self
            .outbox
            .jobs(JobQuery::Due { now_s }, OUTBOX_PAGE_COUNT_MAX)
            .await?
            .into_iter()
            .partition(|job| self.is_off(job));
        let changes: Vec<_> = off.iter().flat_map(|job| done(&job.id, now_s, JobEnd::Off)).collect();
        if !changes.is_empty() {
            self.outbox.commit(changes).await?;
        }
        Ok(on)
    }

    /// What a destination said when it was asked last, if that may still be used.
    ///
    /// # Errors
    /// The store failed.
    pub async fn known(&self, now_s: u64, key: &ConfirmationKey) -> Result<Option<Confirmation>, OutboxError> {
        let known = self.outbox.confirmation(key).await?;
        Ok(known.filter(|confirmation| now_s < confirmation.until_s))
    }

    /// Takes what was found of a job's destinations, and makes a delivery to each.
    ///
    /// # Errors
    /// The store failed.
    pub async fn resolved(&self, now_s: u64, job: &Job, found: Found) -> Result<(), OutboxError> {
        let JobState::Asking { attempts, .. } = job.state else { return Ok(()) };
        let mut deliveries = self.deliveries_of(&job.id).await?;
        let is_first = deliveries.is_empty();
        let (targets, mut is_later) = match found {
            Found::Targets(targets) => (targets, false),
            Found::Later => (Vec::new(), true),
            Found::NotWanted if is_first => {
                return self.outbox.commit(done(&job.id, now_s, JobEnd::NoDestination).into()).await;
            }
            Found::NotWanted => (Vec::new(), false),
        };
        let mut changes = Vec::new();
        for target in &targets {
            changes.extend(self.remembered(now_s, job, target));
            let TargetAnswer::To(mailboxes) = &target.answer else {
                is_later |= target.answer == TargetAnswer::Later;
                continue;
            };
            for mailbox in mailboxes {
                let is_there = deliveries.iter().any(|one| one.mailbox.eq_ignore_ascii_case(mailbox));
                // RFC 9990 §3.5: every URI, up to the limit of how many are supported.
                let is_full = deliveries.len() >= self.settings.destination_count_max;
                if is_there || is_full || self.settings.is_never(mailbox) {
                    continue;
                }
                let delivery = self.delivery(job, mailbox, now_s, target.bytes_max).await?;
                changes.push(Change::AddDelivery(delivery.clone()));
                deliveries.push(delivery);
            }
        }
        let is_given_up = now_s.saturating_sub(job.made_s) >= self.settings.retry.give_up_s;
        if is_later && !is_given_up {
            // RFC 9990 §4: after a temporary error the test may be repeated later.
            let next_s = now_s.saturating_add(self.settings.retry.wait_s(attempts.saturating_add(1)));
            let state = JobState::Asking { next_s, attempts: attempts.saturating_add(1) };
            changes.push(Change::SetJob(job.id.clone(), state));
        } else if deliveries.is_empty() {
            let end = if is_later { JobEnd::Unknown } else { JobEnd::NoDestination };
            changes.extend(done(&job.id, now_s, end));
        } else if deliveries.iter().all(|delivery| delivery.end().is_some()) {
            changes.extend(done(&job.id, now_s, JobEnd::Delivered));
        } else {
            changes.push(Change::SetJob(job.id.clone(), JobState::Sending));
        }
        self.outbox.commit(changes).await
    }

    /// A new delivery, which may be done with already.
    async fn delivery(
        &self,
        job: &Job,
        mailbox: &str,
        now_s: u64,
        bytes_max: Option<u64>,
    ) -> Result<Delivery, OutboxError> {
        let id = keyed_id_of(&self.key, &[job.id.0.as_bytes(), mailbox.to_ascii_lowercase().as_bytes()]);
        let id = DeliveryId(id.into());
        let mut end = self.suppressed(mailbox, now_s).await?.then_some(DeliveryEnd::Suppressed);
        if let (Some(bytes_max), Some(letter)) = (bytes_max, self.outbox.letter(&job.id).await?) {
            let bytes = letter.to_bytes(&self.settings.sender, mailbox, &id.0).len() as u64;
            // RFC 7489 §7.2.1: a URI whose size the mail exceeds, encoded as it is, MUST NOT be used.
            end = end.or((bytes > bytes_max).then_some(DeliveryEnd::TooLarge { bytes, bytes_max }));
        }
        let state = match end {
            Some(end) => DeliveryState::Done { at_s: now_s, end },
            None => DeliveryState::Waiting { next_s: now_s, last: None },
        };
        Ok(Delivery { id, job: job.id.clone(), mailbox: mailbox.into(), attempts: 0, state })
    }

    fn remembered(&self, now_s: u64, job: &Job, target: &Target) -> Option<Change> {
        let answer = match &target.answer {
            TargetAnswer::To(mailboxes) => Ok(mailboxes.clone()),
            TargetAnswer::Refused(refusal) => Err(*refusal),
            TargetAnswer::Later => return None,
        };
        let tag = match job.kind {
            JobKind::Aggregate => ConfirmationTag::Rua,
            JobKind::Failure | JobKind::Method => ConfirmationTag::Ruf,
        };
        let key = ConfirmationKey { domain: job.domain.clone(), uri: target.uri.clone(), tag };
        let until_s = now_s.saturating_add(self.settings.confirmation_s);
        target.is_fresh.then_some(Change::SetConfirmation(Confirmation { key, answer, until_s }))
    }

    /// Puts in order what was being sent when the program ended. To be called before anything is sent.
    ///
    /// # Errors
    /// The store failed.
    pub async fn recover(&self, now_s: u64) -> Result<usize, OutboxError> {
        let mut count = 0;
        loop {
            let open = self.outbox.deliveries(DeliveryQuery::Open, OUTBOX_PAGE_COUNT_MAX).await?;
            if open.is_empty() {
                return Ok(count);
            }
            for delivery in open {
                count += 1;
                match delivery.state {
                    DeliveryState::Ending { .. } => self.in_doubt(now_s, delivery).await?,
                    // The final dot was not sent: the server has taken nothing.
                    _ => self.again(now_s, delivery, now_s, None).await?,
                }
            }
        }
    }

    /// The deliveries that are due.
    ///
    /// # Errors
    /// The store failed.
    pub async fn due(&self, now_s: u64, count_max: usize) -> Result<Vec<Delivery>, OutboxError> {
        self.outbox.deliveries(DeliveryQuery::Due { now_s }, count_max.min(OUTBOX_PAGE_COUNT_MAX)).await
    }

    /// Begins a delivery: writes down that it begins, and gives the mail. `None` when there is nothing to be sent: it was
    /// begun already, is too old, switched off, or its mailbox is suppressed.
    ///
    /// # Errors
    /// The store failed.
    pub async fn offer(&self, now_s: u64, id: &DeliveryId) -> Result<Option<Parcel>, OutboxError> {
        let Some(mut delivery) = self.one(id).await? else { return Ok(None) };
        let DeliveryState::Waiting { last, .. } = delivery.state.clone() else { return Ok(None) };
        let (job, letter) = (self.outbox.job(&delivery.job).await?, self.outbox.letter(&delivery.job).await?);
        let (Some(job), Some(letter)) = (job, letter) else {
            // Nothing is left of the report: only a store that was damaged comes here.
            return self.finish(now_s, delivery, DeliveryEnd::Expired { reply: "".into() }, None).await.map(|()| None);
        };
        let end = if self.is_off(&job) {
            Some(DeliveryEnd::Off)
        } else if now_s.saturating_sub(job.made_s) >= self.settings.retry.give_up_s {
            Some(DeliveryEnd::Expired { reply: last.unwrap_or_default() })
        } else if self.suppressed(&delivery.mailbox, now_s).await? {
            Some(DeliveryEnd::Suppressed)
        } else {
            None
        };
        if let Some(end) = end {
            return self.finish(now_s, delivery, end, None).await.map(|()| None);
        }
        delivery.attempts = delivery.attempts.saturating_add(1);
        delivery.state = DeliveryState::Offered { at_s: now_s };
        self.outbox.commit(vec![Change::SetDelivery(delivery.clone())]).await?;
        let bytes = letter.to_bytes(&self.settings.sender, &delivery.mailbox, &delivery.id.0);
        let mail_from = self.settings.bounces.as_ref().map(|address| address.of(&delivery.id));
        Ok(Some(Parcel { delivery, mail_from, bytes }))
    }

    /// Writes down that the final dot is being sent now. Who cannot tell when that is calls this before the message.
    ///
    /// # Errors
    /// The store failed: the dot must not be sent.
    pub async fn ending(&self, now_s: u64, parcel: &mut Parcel) -> Result<(), OutboxError> {
        parcel.delivery.state = DeliveryState::Ending { at_s: now_s };
        self.outbox.commit(vec![Change::SetDelivery(parcel.delivery.clone())]).await
    }

    /// Takes what came of it. When it was the last delivery of its report, the report is settled.
    ///
    /// # Errors
    /// The store failed.
    pub async fn ended(&self, now_s: u64, parcel: Parcel, outcome: Outcome) -> Result<(), OutboxError> {
        let delivery = parcel.delivery;
        match outcome {
            Outcome::Accepted => self.finish(now_s, delivery, DeliveryEnd::Accepted, None).await,
            Outcome::RecipientRefused { reply } => {
                let reply = clipped(&reply);
                let struck = self.struck(&delivery.mailbox, now_s, &reply).await?;
                self.finish(now_s, delivery, DeliveryEnd::Refused { reply }, struck).await
            }
            Outcome::MessageRefused { reply } => {
                self.finish(now_s, delivery, DeliveryEnd::Refused { reply: clipped(&reply) }, None).await
            }
            Outcome::NotNow { reply } => {
                let next_s = now_s.saturating_add(self.settings.retry.wait_s(delivery.attempts));
                self.again(now_s, delivery, next_s, Some(clipped(&reply))).await
            }
            Outcome::InDoubt => self.in_doubt(now_s, delivery).await,
        }
    }

    /// Takes a bounce: the delivery, and what was said. Its mailbox is left alone for a while. Says whether the delivery is
    /// known and had not bounced before.
    ///
    /// # Errors
    /// The store failed.
    pub async fn bounced(&self, now_s: u64, id: &DeliveryId, reply: &str) -> Result<bool, OutboxError> {
        let Some(delivery) = self.one(id).await? else { return Ok(false) };
        if matches!(delivery.end(), Some(DeliveryEnd::Bounced { .. })) || delivery.attempts == 0 {
            return Ok(false);
        }
        let reply = clipped(reply);
        let struck = self.struck(&delivery.mailbox, now_s, &reply).await?;
        self.finish(now_s, delivery, DeliveryEnd::Bounced { reply }, struck).await?;
        Ok(true)
    }

    /// Forgets what is long done, and mailboxes that were left alone for as long as is wanted.
    ///
    /// # Errors
    /// The store failed.
    pub async fn tidy(&self, now_s: u64) -> Result<(), OutboxError> {
        let mut changes = vec![Change::Forget { before_s: now_s.saturating_sub(self.settings.memory_s) }];
        let mut after: Box<str> = Box::default();
        loop {
            let page = self.outbox.suppressions(&after, OUTBOX_PAGE_COUNT_MAX).await?;
            let Some(last) = page.last() else { break };
            after = last.mailbox.clone();
            // Until then it counts how often in a row it was.
            let is_over =
                |one: &&Suppression| one.until_s.saturating_add(self.settings.suppression.forgiven_s) <= now_s;
            let over = page.iter().filter(is_over).map(|one| Change::DropSuppression(one.mailbox.clone()));
            changes.extend(over);
        }
        self.outbox.commit(changes).await
    }

    fn is_off(&self, job: &Job) -> bool {
        job.kind == JobKind::Aggregate && self.settings.is_off(&job.domain)
    }

    async fn one(&self, id: &DeliveryId) -> Result<Option<Delivery>, OutboxError> {
        Ok(self.outbox.deliveries(DeliveryQuery::One(id.clone()), 1).await?.pop())
    }

    async fn deliveries_of(&self, id: &JobId) -> Result<Vec<Delivery>, OutboxError> {
        self.outbox.deliveries(DeliveryQuery::OfJob(id.clone()), OUTBOX_PAGE_COUNT_MAX).await
    }

    async fn suppressed(&self, mailbox: &str, now_s: u64) -> Result<bool, OutboxError> {
        let suppression = self.outbox.suppression(&mailbox.to_ascii_lowercase()).await?;
        Ok(suppression.is_some_and(|suppression| now_s < suppression.until_s))
    }

    /// The suppression of a mailbox that did not take a report; `None` when it is suppressed already.
    async fn struck(&self, mailbox: &str, now_s: u64, reply: &str) -> Result<Option<Change>, OutboxError> {
        let mailbox = mailbox.to_ascii_lowercase();
        let before = self.outbox.suppression(&mailbox).await?;
        let times = self.settings.suppression;
        let strikes = match &before {
            Some(before) if now_s < before.until_s => return Ok(None),
            Some(before) if now_s < before.until_s.saturating_add(times.forgiven_s) => before.strikes.saturating_add(1),
            _ => 1,
        };
        let until_s = now_s.saturating_add(times.length_s(strikes));
        let mailbox = mailbox.into();
        Ok(Some(Change::SetSuppression(Suppression { mailbox, since_s: now_s, until_s, strikes, reply: reply.into() })))
    }

    async fn in_doubt(&self, now_s: u64, delivery: Delivery) -> Result<(), OutboxError> {
        match self.settings.doubt {
            Doubt::CountsAsSent => self.finish(now_s, delivery, DeliveryEnd::InDoubt, None).await,
            Doubt::IsSentAgain => {
                let next_s = now_s.saturating_add(self.settings.retry.wait_s(delivery.attempts));
                self.again(now_s, delivery, next_s, None).await
            }
        }
    }

    /// It is tried again, unless it is too old.
    async fn again(
        &self,
        now_s: u64,
        mut delivery: Delivery,
        next_s: u64,
        last: Option<Box<str>>,
    ) -> Result<(), OutboxError> {
        let made_s = self.outbox.job(&delivery.job).await?.map_or(0, |job| job.made_s);
        if now_s.saturating_sub(made_s) >= self.settings.retry.give_up_s {
            let reply = last.unwrap_or_default();
            return self.finish(now_s, delivery, DeliveryEnd::Expired { reply }, None).await;
        }
        delivery.state = DeliveryState::Waiting { next_s, last };
        self.outbox.commit(vec![Change::SetDelivery(delivery)]).await
    }

    /// Ends a delivery, and its job with the last one: in one commit, so that no report is left without an end.
    async fn finish(
        &self,
        now_s: u64,
        mut delivery: Delivery,
        end: DeliveryEnd,
        more: Option<Change>,
    ) -> Result<(), OutboxError> {
        delivery.state = DeliveryState::Done { at_s: now_s, end };
        let others = self.deliveries_of(&delivery.job).await?;
        let is_last = others.iter().all(|other| other.id == delivery.id || other.end().is_some());
        let job = self.outbox.job(&delivery.job).await?;
        let mut changes: Vec<Change> = more.into_iter().collect();
        if is_last && job.is_some_and(|job| job.state == JobState::Sending) {
            changes.extend(done(&delivery.job, now_s, JobEnd::Delivered));
        }
        changes.push(Change::SetDelivery(delivery));
        self.outbox.commit(changes).await
    }
}

impl<O: Outbox> Gathering<'_, O> {
    /// Makes a job of a draft, unless there is one. `cover` says what the mail tells a person.
    ///
    /// # Errors
    /// The report is not valid, or the store failed.
    pub async fn admit(
        &mut self,
        now_s: u64,
        draft: Draft,
        cover: &(dyn Fn(&Cover) -> String + Sync),
    ) -> Result<Admitted, AdmitError> {
        let settings = &self.desk.settings;
        let Ok(domain) = Domain::query(&draft.aggregate.policy.domain) else { return Ok(Admitted::Off) };
        if settings.is_off(&domain) {
            return Ok(Admitted::Off);
        }
        let id = JobId(settings.reporter.report_id(&draft).into());
        if self.desk.outbox.job(&id).await?.is_some() {
            return Ok(Admitted::Already);
        }
        let of_domain = self.of_domain.get(&domain).copied().unwrap_or(0);
        if of_domain >= settings.domain_report_count_max || self.count >= settings.report_count_max {
            return Ok(Admitted::Capped);
        }
        let message_count = draft.aggregate.message_count();
        let letter = self.letter(now_s, draft, cover)?;
        let state = JobState::Asking { next_s: self.desk.begin_s(&id, self.period), attempts: 0 };
        let (kind, period) = (JobKind::Aggregate, self.period);
        let job = Job { id, kind, domain: domain.clone(), period, message_count, made_s: now_s, state };
        self.changes.push(Change::AddJob(job, letter));
        *self.of_domain.entry(domain).or_default() += 1;
        self.count += 1;
        if self.changes.len() >= COMMIT_COUNT {
            self.desk.outbox.commit(std::mem::take(&mut self.changes)).await?;
        }
        Ok(Admitted::New)
    }

    /// Ends the period: all its reports are jobs, and it is never made again.
    ///
    /// # Errors
    /// The store failed: the period is to be gathered again.
    pub async fn close(mut self) -> Result<(), OutboxError> {
        self.changes.push(Change::SetFoldedUntil(self.period.until_s()));
        self.desk.outbox.commit(self.changes).await
    }

    fn letter(
        &self,
        now_s: u64,
        draft: Draft,
        cover: &(dyn Fn(&Cover) -> String + Sync),
    ) -> Result<Letter, WriteError> {
        let settings = &self.desk.settings;
        let aggregate = settings.reporter.complete(draft, settings.shape);
        let packed = pack(&aggregate, settings.shape)?;
        let metadata = &aggregate.metadata;
        let (domain, report_id) = (&aggregate.policy.domain, &metadata.report_id);
        let text = cover(&Cover::Aggregate {
            domain: domain.clone(),
            submitter: settings.reporter.domain.as_str().into(),
            report_id: report_id.clone(),
            begin: date(metadata.begin_s),
            end: date(metadata.end_s),
            messages: aggregate.message_count(),
        });
        let name = settings.reporter.file_name(domain, self.period, report_id);
        let file = Attachment { name: &name, media_type: "application/gzip", bytes: &packed };
        Ok(Letter::with_file(&settings.reporter.subject(domain, report_id), &text, file, now_s))
    }
}

impl<O> Desk<O> {
    /// When a report is sent: somewhere in the time over which those of a period are spread, always at the same place.
    fn begin_s(&self, id: &JobId, period: Period) -> u64 {
        let spread_s = keyed_number(&self.key, &[id.0.as_bytes()]) % self.settings.jitter_s.max(1);
        period.until_s().saturating_add(self.settings.grace_s).saturating_add(spread_s)
    }
}

/// Makes what waits of a job due now: finding its destinations, and the deliveries that wait. Anybody may call it while
/// somebody else sends: what is under way, or done, is not touched ([`Change::Hasten`]). Says whether there was anything.
///
/// # Errors
/// The store failed.
pub async fn hasten<O: Outbox>(outbox: &O, now_s: u64, id: &JobId) -> Result<bool, OutboxError> {
    let Some(job) = outbox.job(id).await? else { return Ok(false) };
    let deliveries = outbox.deliveries(DeliveryQuery::OfJob(id.clone()), OUTBOX_PAGE_COUNT_MAX).await?;
    let waits = |delivery: &Delivery| matches!(delivery.state, DeliveryState::Waiting { .. });
    if !matches!(job.state, JobState::Asking { .. }) && !deliveries.iter().any(waits) {
        return Ok(false);
    }
    outbox.commit(vec![Change::Hasten(id.clone(), now_s)]).await?;
    Ok(true)
}

/// So many new jobs are committed at a time.
const COMMIT_COUNT: usize = 64;

fn done(id: &JobId, at_s: u64, end: JobEnd) -> [Change; 2] {
    [Change::SetJob(id.clone(), JobState::Done { at_s, end }), Change::DropLetter(id.clone())]
}

fn date(time_s: u64) -> String {
    DateTime { unix_seconds: i64::try_from(time_s).unwrap_or(i64::MAX), offset_minutes: 0 }.to_string()
}

fn clipped(reply: &str) -> Box<str> {
    reply[..reply.floor_char_boundary(REPLY_BYTES_MAX)].into()
}
