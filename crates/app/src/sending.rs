//! Sending reports about the mail of others: from the rows of the ledger to what a server says of each mail.
//!
//! What may be done when, and what is written down before and behind it, is the desk's ([`feedback::outbox::desk`]); here
//! is the world: rows are read, DNS is asked, mail is signed and carried. The daemon does it as time goes by
//! (`serve::reporting`), `report send` does it now, and a dry run carries the same mail into a Maildir.
//!
//! Reading order: this file, `make` (rows become reports), `find` (destinations), `carry` (signatures, the server).

mod carry;
mod find;
mod make;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use feedback::mail::Sender;
use feedback::outbox::desk::{Desk, Parcel};
use feedback::outbox::settings::{Retry, Settings, SuppressionTimes, Switch};
use feedback::outbox::{DeliveryEnd, DeliveryState, Job, JobId, JobState, Outbox};
use feedback::period::Period;
use feedback::reporter::Reporter;
use mailtext::{Domain, Explain as _};
use net::{MessageResolver, Resolver};
use report::Ledger;

pub(crate) use carry::{Carrier, Roles, Signer, Way, ended_by};

use crate::config::SendConfig;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::MESSAGE_DNS_S;
use crate::say::{Language, Say};

/// What sends reports.
pub(crate) struct Sending<O> {
    desk: Desk<O>,
    manner: make::Manner,
    resolver: Resolver,
    signer: Signer,
    carrier: Carrier,
    /// The words of the mails.
    words: Say,
    /// The words of the log and of the output.
    say: Say,
    /// Where lines are laid aside that memory has no room for.
    scratch: PathBuf,
    /// How many records the reports have that were made just now.
    records: Mutex<HashMap<JobId, u64>>,
}

/// What became of a report on its way to one destination, or of a report that has none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Outcome {
    /// The report.
    pub(crate) job: Job,
    /// How many records it has, where it was made just now.
    pub(crate) records: Option<u64>,
    /// To whom it goes.
    pub(crate) mailbox: Option<String>,
    /// What became of it: `accepted`, `deferred`, `refused` …
    pub(crate) status: &'static str,
    /// Why, as a sentence.
    pub(crate) reason: Option<String>,
}

/// Why reports cannot be made or sent for now: the store, the ledger, or what was laid aside.
#[derive(Debug)]
pub(crate) struct CannotSend(pub(crate) String);

impl<E: std::error::Error> From<E> for CannotSend {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// How much is done of what is due.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Scope {
    /// Of this policy domain alone.
    pub(crate) domain: Option<Domain>,
}

impl<O: Outbox> Sending<O> {
    /// Everything that is needed; `key` is random, and the same as long as the outbox is kept, and `scratch` is a
    /// directory for what memory has no room for.
    pub(crate) fn new(
        (config, language, scratch): (&SendConfig, Language, PathBuf),
        (outbox, key): (O, &[u8]),
        settings: Settings,
        (resolver, signer, carrier): (Resolver, Signer, Carrier),
    ) -> Self {
        Self {
            manner: make::Manner::new(config, &settings),
            desk: Desk::new(outbox, settings, key),
            resolver,
            signer,
            carrier,
            words: Say::new(config.language),
            say: Say::new(language),
            scratch,
            records: Mutex::default(),
        }
    }

    /// Who answers questions, with a budget that begins now.
    pub(crate) fn lookup(&self) -> MessageResolver {
        self.resolver.for_message(Duration::from_secs(MESSAGE_DNS_S))
    }

    /// The desk.
    pub(crate) fn desk(&self) -> &Desk<O> {
        &self.desk
    }

    /// Puts in order what was under way when the program ended, and tells how much that was.
    pub(crate) async fn recover(&self, now_s: u64) -> Result<usize, CannotSend> {
        Ok(self.desk.recover(now_s).await?)
    }

    /// Makes the reports of every period that is over.
    pub(crate) async fn make_due(&self, ledger: &impl Ledger, now_s: u64) -> Result<u64, CannotSend> {
        let mut count = 0;
        while let Some(period) = self.desk.period_due(now_s).await? {
            count += self.make(ledger, period, now_s).await?;
        }
        Ok(count)
    }

    /// Makes the reports up to a moment, also of a period that is not over: the next one begins there.
    pub(crate) async fn make_until(&self, ledger: &impl Ledger, until_s: u64, now_s: u64) -> Result<u64, CannotSend> {
        let mut count = self.make_due(ledger, until_s).await?;
        while let Some(begin_s) = self.desk.outbox().folded_until_s().await?.filter(|begin_s| *begin_s < until_s) {
            let whole = Period::after(begin_s, self.desk.settings().division);
            let Some(period) = Period::new(begin_s, whole.until_s().min(until_s)) else { break };
            count += self.make(ledger, period, now_s).await?;
        }
        Ok(count)
    }

    /// Finds the destinations of reports, and carries what is due.
    pub(crate) async fn send_due(
        &self,
        now_s: u64,
        scope: &Scope,
        tell: &mut (dyn FnMut(Outcome) + Send),
    ) -> Result<(), CannotSend> {
        self.find_due(now_s, scope, tell).await?;
        self.carry_due(now_s, scope, tell).await
    }

    /// What became of a job or of one of its deliveries, as it stands now.
    async fn outcome(&self, job: &Job, parcel: Option<&Parcel>) -> Result<Option<Outcome>, CannotSend> {
        let outbox = self.desk.outbox();
        let Some(job) = outbox.job(&job.id).await? else { return Ok(None) };
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner).get(&job.id).copied();
        let (mailbox, status, reason) = match parcel {
            Some(parcel) => {
                let id = parcel.delivery.id.clone();
                let now = outbox.deliveries(feedback::outbox::DeliveryQuery::One(id), 1).await?.pop();
                let Some(delivery) = now else { return Ok(None) };
                let (status, reason) = match &delivery.state {
                    DeliveryState::Done { end, .. } => (status_of(end), Some(self.say.explain(end))),
                    DeliveryState::Waiting { last, .. } => ("deferred", last.as_deref().map(str::to_owned)),
                    DeliveryState::Offered { .. } | DeliveryState::Ending { .. } => ("under-way", None),
                };
                (Some(delivery.mailbox.to_string()), status, reason)
            }
            None => match job.state {
                JobState::Done { end, .. } => {
                    (None, end.id().trim_start_matches("feedback-job-"), Some(self.say.explain(&end)))
                }
                JobState::Asking { .. } => (None, "asking", None),
                JobState::Sending => return Ok(None),
            },
        };
        Ok(Some(Outcome { job, records, mailbox, status, reason }))
    }
}

/// How reports are sent, by the configuration.
///
/// # Errors
/// It does not say from whom.
pub(crate) fn settings(config: &SendConfig) -> Result<Settings, Failure> {
    let missing = || Failure::new(ExitCode::Configuration, "reports-send-not-configured");
    let from = config.from.as_ref().ok_or_else(missing)?;
    let domain = config.reporter().ok_or_else(missing)?;
    let organization = config.organization.as_deref().unwrap_or(domain.as_str());
    let reporter = Reporter {
        organization: organization.into(),
        email: from.address.as_str().into(),
        contact: config.contact.as_deref().map(Into::into),
        generator: Some(concat!("Sekisho ", env!("CARGO_PKG_VERSION")).into()),
        domain,
    };
    let sender = Sender {
        address: from.address.as_str().into(),
        name: config.name.as_deref().map(Into::into),
        message_id_domain: from.domain.clone(),
    };
    let mut settings = Settings::new(reporter, sender);
    settings.sending = if config.enabled { Switch::On } else { Switch::Off };
    settings.off.clone_from(&config.except);
    settings.bounces.clone_from(&config.bounces);
    settings.shape = config.shape;
    settings.division = config.division;
    settings.jitter_s = config.jitter.as_secs();
    settings.domain_report_count_max = config.domain_report_count_max;
    settings.report_count_max = config.report_count_max;
    settings.never_to.clone_from(&config.never_to);
    let first_s = config.retry.as_secs().max(1);
    settings.retry = Retry { first_s, give_up_s: config.give_up.as_secs(), ..settings.retry };
    let (first_s, most_s) = (config.suppress.as_secs(), config.suppress_most.as_secs());
    settings.suppression = SuppressionTimes { first_s, most_s, ..settings.suppression };
    settings.doubt = config.doubt;
    Ok(settings)
}

/// Held by whoever sends: two at the same time would take each other's mail for what was left by one that died.
pub(crate) struct OnlyOne(#[expect(dead_code, reason = "it is let go when it is closed")] File);

impl OnlyOne {
    /// Takes it; `None` when somebody else has it.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(crate) fn take(state: &Path) -> Result<Option<Self>, Failure> {
        Self::take_as(state, LOCK_FILE)
    }

    /// The same of another work, by the name of its file.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(crate) fn take_as(state: &Path, name: &str) -> Result<Option<Self>, Failure> {
        let path = state.join(name);
        let failed = |error: std::io::Error| {
            let failure = Failure::new(ExitCode::Store, "reports-unusable");
            failure.with("file", path.display().to_string()).with("reason", error.to_string())
        };
        crate::serve::make_directory(state).map_err(failed)?;
        let file = File::options().write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

/// The word for an end.
fn status_of(end: &DeliveryEnd) -> &'static str {
    match end {
        DeliveryEnd::Accepted => "accepted",
        DeliveryEnd::InDoubt => "in-doubt",
        DeliveryEnd::Refused { .. } => "refused",
        DeliveryEnd::Expired { .. } => "expired",
        DeliveryEnd::Suppressed => "suppressed",
        DeliveryEnd::Off => "off",
        DeliveryEnd::TooLarge { .. } => "too-large",
        DeliveryEnd::Bounced { .. } => "bounced",
    }
}

const LOCK_FILE: &str = "sending.lock";
