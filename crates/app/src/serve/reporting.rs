//! Reports that the daemon sends: made when a period is over, carried as their time comes, and what bounces is remembered.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use feedback::dsn::Dsn;
use feedback::outbox::JobKind;
use feedback::outbox::settings::BounceAddress;
use net::Resolver;
use net::submission::Submitter;
use store::SqliteArchive;
use tokio::sync::Notify;

use super::ledger::{Keeper, key_bytes};
use super::metrics::Metrics;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{SEND_EVERY_S, SEND_STOP_S, SEND_TIDY_S};
use crate::say::Say;
use crate::sending::{CannotSend, Carrier, OnlyOne, Outcome, Roles, Scope, Sending, Signer, settings};

/// What sends reports, when all is open that it needs.
pub(super) struct Reporting {
    sending: Arc<Sending<SqliteArchive>>,
    keeper: Keeper,
    server: String,
    say: Arc<Say>,
    metrics: Arc<Metrics>,
    wake: Wake,
    /// Time between two looks for what is due.
    every: Duration,
    _only_one: OnlyOne,
}

/// Wakes who sends, where something was made due. Cheap to clone; what is said while a mail is under way is heard behind it.
#[derive(Clone, Default)]
pub(super) struct Wake(Arc<Notify>);

impl Wake {
    pub(super) fn wake(&self) {
        self.0.notify_one();
    }
}

/// Takes bounces of what was sent. Cheap to clone.
#[derive(Clone)]
pub(super) struct Bounces {
    address: BounceAddress,
    sending: Arc<Sending<SqliteArchive>>,
}

impl Reporting {
    /// Opens what is needed to send; `None` where nothing is sent.
    ///
    /// # Errors
    /// The store, a file or the server's name cannot be used.
    pub(super) fn open(
        common: &Common,
        keeper: Option<&Keeper>,
        (resolver, roles): (&Resolver, Roles),
        metrics: Arc<Metrics>,
        say: &Arc<Say>,
    ) -> Result<Option<Self>, Failure> {
        let config = &common.config().reporting;
        if !config.is_on() {
            return Ok(None);
        }
        let Some(keeper) = keeper else {
            tracing::warn!("{}", say.word("reports-send-no-ledger"));
            return Ok(None);
        };
        let settings = settings(config)?;
        let state = common.state_directory();
        let Some(only_one) = OnlyOne::take(&state)? else {
            return Err(Failure::new(ExitCode::Store, "reports-send-busy"));
        };
        let Some(submission) = config.submission(&common.authserv_id(None))? else { return Ok(None) };
        let server = submission.server.to_string();
        let submitter = Submitter::new(submission).map_err(|error| unusable_server(&error.to_string()))?;
        let file = common.reports_file();
        let unusable = |reason: String| {
            let failure = Failure::new(ExitCode::Store, "reports-unusable");
            failure.with("file", file.display().to_string()).with("reason", reason)
        };
        let outbox = SqliteArchive::open(&file, store::archive::Settings::default());
        let outbox = outbox.map_err(|error| unusable(error.to_string()))?;
        let key = key_bytes(&state.join(KEY_FILE)).map_err(unusable)?;
        let signer = Signer::following(roles, settings.sender.message_id_domain.clone());
        if !signer.is_aligned(&settings.sender.address) {
            let domain = settings.sender.message_id_domain.to_string();
            tracing::warn!("{}", say.say("reports-send-unsigned", &[("domain", domain.into())]));
        }
        let world = (resolver.clone(), signer, Carrier::Server(submitter));
        let sending = Arc::new(Sending::new((config, say.language(), state), (outbox, &key), settings, world));
        let (keeper, say) = (keeper.clone(), Arc::clone(say));
        let (wake, every) = (Wake::default(), Duration::from_secs(SEND_EVERY_S));
        Ok(Some(Self { sending, keeper, server, say, metrics, wake, every, _only_one: only_one }))
    }

    /// What wakes it.
    pub(super) fn waker(&self) -> Wake {
        self.wake.clone()
    }

    /// What sends, for others who have something to be sent.
    pub(super) fn sending(&self) -> Arc<Sending<SqliteArchive>> {
        Arc::clone(&self.sending)
    }

    /// What is told at the start.
    pub(super) fn greeting(&self, say: &Say) -> String {
        say.say("reports-send-on", &[("server", self.server.as_str().into())])
    }

    /// What takes bounces, where they have an address of their own.
    pub(super) fn bounces(&self) -> Option<Bounces> {
        let address = self.sending.desk().settings().bounces.clone()?;
        Some(Bounces { address, sending: Arc::clone(&self.sending) })
    }

    /// Makes and sends reports until the end; a mail that is under way then has a moment to be taken.
    pub(super) async fn run(self, end: impl Future<Output = ()> + Send) {
        let mut end = std::pin::pin!(end);
        match self.sending.recover(net::clock::now_s()).await {
            Ok(0) => {}
            Ok(count) => {
                tracing::warn!("{}", self.say.say("reports-send-recovered", &[("count", count.into())]));
            }
            Err(error) => self.failed(&error),
        }
        let mut tidy_s = 0;
        loop {
            let now_s = net::clock::now_s();
            if now_s >= tidy_s {
                tidy_s = now_s.saturating_add(SEND_TIDY_S);
                if let Err(error) = self.sending.desk().tidy(now_s).await {
                    self.failed(&error.into());
                }
            }
            let mut round = std::pin::pin!(self.round(now_s));
            tokio::select! {
                () = &mut round => {}
                () = &mut end => {
                    // What is cut off here is put in order by the next start.
                    let _ = tokio::time::timeout(Duration::from_secs(SEND_STOP_S), round).await;
                    return;
                }
            }
            tokio::select! {
                () = tokio::time::sleep(self.every) => {}
                () = self.wake.0.notified() => {}
                () = &mut end => return,
            }
        }
    }

    async fn round(&self, now_s: u64) {
        match self.sending.make_due(self.keeper.store(), now_s).await {
            Ok(0) => {}
            Ok(count) => {
                self.metrics.reports.made.fetch_add(count, Ordering::Relaxed);
                tracing::info!("{}", self.say.say("reports-send-made", &[("count", count.into())]));
            }
            // What is made already can be sent.
            Err(error) => self.failed(&error),
        }
        if let Err(error) = self.send(now_s).await {
            self.failed(&error);
        }
    }

    async fn send(&self, now_s: u64) -> Result<(), CannotSend> {
        let mut tell = |outcome: Outcome| {
            self.metrics.reports.sent(outcome.status);
            log(&outcome);
        };
        self.sending.send_due(now_s, &Scope::default(), &mut tell).await
    }

    /// Makes and sends what is due now.
    ///
    /// # Errors
    /// The store or the ledger cannot be used.
    pub(super) async fn once(&self, now_s: u64) -> Result<(), Failure> {
        let done = async {
            self.sending.recover(now_s).await?;
            self.sending.desk().tidy(now_s).await?;
            self.sending.make_due(self.keeper.store(), now_s).await?;
            self.send(now_s).await
        };
        let failed = |error: CannotSend| Failure::new(ExitCode::Store, "reports-send-failed").with("reason", error.0);
        done.await.map_err(failed)
    }

    fn failed(&self, error: &CannotSend) {
        tracing::error!("{}", self.say.say("reports-send-failed", &[("reason", error.0.as_str().into())]));
    }
}

impl Bounces {
    /// Whether an address is one to which our reports bounce.
    pub(super) fn is_for(&self, recipient: &str) -> bool {
        self.address.read(recipient).is_some()
    }

    /// Whether all of them are.
    pub(super) fn are_for(&self, recipients: &[String]) -> bool {
        recipients.iter().all(|recipient| self.is_for(recipient))
    }

    /// Takes a bounce; what is no news is let go. Says no when it cannot be stored.
    pub(super) async fn take(&self, recipients: &[String], mail: &[u8]) -> bool {
        let dsn = Dsn::read(mail);
        let by_address = recipients.iter().find_map(|recipient| self.address.read(recipient));
        let Some(reply) = dsn.as_ref().and_then(Dsn::failure) else { return true };
        // The address alone is not guessed; what stands in the mail may be anything.
        let Some(id) = by_address else { return true };
        match self.sending.desk().bounced(net::clock::now_s(), &id, &reply).await {
            Ok(is_news) => {
                if is_news {
                    let reply = mailtext::encoded_word::display_safe(&reply).into_owned();
                    tracing::info!(delivery = &*id.0, reply, "report bounced");
                }
                true
            }
            Err(error) => {
                tracing::error!(reason = %error, "report bounced");
                false
            }
        }
    }
}

fn unusable_server(reason: &str) -> Failure {
    Failure::new(ExitCode::Configuration, "reports-send-bad-server").with("reason", reason)
}

fn log(outcome: &Outcome) {
    let safe = |text: &str| mailtext::encoded_word::display_safe(text).into_owned();
    let kind = match outcome.job.kind {
        JobKind::Aggregate => "aggregate",
        JobKind::Failure => "failure",
        JobKind::Method => "method-failure",
    };
    tracing::info!(
        kind,
        domain = %outcome.job.domain,
        begin = outcome.job.period.begin_s(),
        end = outcome.job.period.end_s(),
        messages = outcome.job.message_count,
        mailbox = safe(outcome.mailbox.as_deref().unwrap_or_default()),
        reason = safe(outcome.reason.as_deref().unwrap_or_default()),
        "report sent: {}",
        outcome.status
    );
}

const KEY_FILE: &str = "sending.key";

/// The key of what is sent, for the command line.
pub(crate) fn sending_key(common: &Common) -> Result<Vec<u8>, Failure> {
    let path = common.state_directory().join(KEY_FILE);
    key_bytes(&path).map_err(|reason| {
        let failure = Failure::new(ExitCode::Store, "reports-unusable");
        failure.with("file", path.display().to_string()).with("reason", reason)
    })
}

#[cfg(test)]
mod tests;
