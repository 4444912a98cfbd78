//! `sekisho report send`: makes the reports that are due about the mail of others, and sends them now; or shows them.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use feedback::outbox::memory::MemoryOutbox;
use feedback::outbox::settings::Settings;
use feedback::outbox::{Change, Outbox};
use feedback::period::Period;
use net::Resolver;
use net::submission::Submitter;
use serde::Serialize;
use store::Sqlite;

use super::ask::{domain_of, open};
use super::print;
use crate::cli::SpfFormat;
use crate::common::{Common, resolver_failure};
use crate::config::SendConfig;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::keys::signing::Source;
use crate::say::Language;
use crate::sending::{CannotSend, Carrier, OnlyOne, Outcome, Scope, Sending, Signer, settings};
use crate::time;

/// `report send`
#[derive(Args, Debug)]
pub(super) struct SendArguments {
    /// Send nothing: write the mails into this Maildir, and settle nothing
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    dry_run: Option<PathBuf>,
    /// To the owner of this domain alone
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// About the mail until this time, also when the period is not over [default: until the last that is]
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: SpfFormat,
}

/// A line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    domain: &'a str,
    begin: String,
    end: String,
    report_id: &'a str,
    records: Option<u64>,
    messages: u64,
    destination: Option<&'a str>,
    status: &'a str,
    reason: Option<&'a str>,
}

/// Runs the verb.
///
/// # Errors
/// The configuration does not say from whom, the stores cannot be used, or somebody else sends at this time.
pub(super) fn run(common: &Common, arguments: &SendArguments) -> Result<ExitCode, Failure> {
    let config = &common.config().reporting;
    let mut settings = settings(config)?;
    // Who asks for it now does not want to wait.
    settings.jitter_s = 0;
    let now_s = common.now_s();
    let until_s = match &arguments.until {
        Some(text) => {
            let time = time::parse_or_day(text).filter(|until_s| *until_s <= now_s);
            Some(time.ok_or_else(|| Failure::option("cli-bad-time", "--until", text))?)
        }
        None => None,
    };
    if until_s.is_some() || arguments.dry_run.is_some() {
        settings.grace_s = 0;
    }
    let domain = arguments.domain.as_deref().map(|name| domain_of("--domain", name)).transpose()?;
    let managed = Source::of(common).managed()?;
    let role = crate::serve::read_keys(&common.config().signing, managed)?.outgoing.map(|outgoing| outgoing.role);
    let signer = Signer::new(role, settings.sender.message_id_domain.clone());
    if !signer.is_aligned(&settings.sender.address) {
        let domain = settings.sender.message_id_domain.to_string();
        eprintln!("sekisho: {}", common.say().say("reports-send-unsigned", &[("domain", domain.into())]));
    }
    let round = Round { common, now_s, until_s, scope: Scope { domain }, format: arguments.format };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(ExitCode::Internal, "cli-internal-error").with("reason", error.to_string()))?;
    let ledger = open_ledger(common)?;
    match &arguments.dry_run {
        Some(directory) => runtime.block_on(round.dry(&ledger, settings, signer, directory.clone())),
        None => runtime.block_on(round.real(&ledger, settings, signer)),
    }
}

/// One run.
struct Round<'a> {
    common: &'a Common,
    now_s: u64,
    until_s: Option<u64>,
    scope: Scope,
    format: SpfFormat,
}

impl Round<'_> {
    /// Makes the reports of the last period that is over, or of the one that the time lies in, and writes the mails.
    async fn dry(
        &self,
        ledger: &Sqlite,
        settings: Settings,
        signer: Signer,
        directory: PathBuf,
    ) -> Result<ExitCode, Failure> {
        let last = Period::containing(self.now_s, settings.division).begin_s();
        let until_s = self.until_s.unwrap_or(last);
        let begin_s = Period::containing(until_s.saturating_sub(1), settings.division).begin_s();
        let outbox = MemoryOutbox::new();
        let begun = outbox.commit(vec![Change::SetFoldedUntil(begin_s)]).await;
        begun.map_err(|error| self.failed(&error.into()))?;
        // Nobody is to guess what goes nowhere.
        let world = (self.resolver()?, signer, Carrier::Maildir(directory));
        let sending = Sending::new(self.surroundings(), (outbox, b"a dry run"), settings, world);
        let made = sending.make_until(ledger, until_s, self.now_s).await;
        made.map_err(|error| self.failed(&error))?;
        self.send(&sending).await
    }

    async fn real(&self, ledger: &Sqlite, settings: Settings, signer: Signer) -> Result<ExitCode, Failure> {
        let (common, config) = (self.common, &self.common.config().reporting);
        if !config.is_on() {
            return Err(Failure::new(ExitCode::Configuration, "reports-send-not-configured"));
        }
        let Some(_only_one) = OnlyOne::take(&common.state_directory())? else {
            return Err(Failure::new(ExitCode::Store, "reports-send-busy"));
        };
        let Some(submission) = config.submission(&common.authserv_id(None))? else {
            return Err(Failure::new(ExitCode::Configuration, "reports-send-not-configured"));
        };
        let submitter = Submitter::new(submission).map_err(|error| {
            let failure = Failure::new(ExitCode::Configuration, "reports-send-bad-server");
            failure.with("reason", error.to_string())
        })?;
        let key = crate::serve::sending_key(common)?;
        let world = (self.resolver()?, signer, Carrier::Server(submitter));
        let sending = Sending::new(self.surroundings(), (open(common)?, &key), settings, world);
        sending.recover(self.now_s).await.map_err(|error| self.failed(&error))?;
        let made = match self.until_s {
            Some(until_s) => sending.make_until(ledger, until_s, self.now_s).await,
            None => sending.make_due(ledger, self.now_s).await,
        };
        made.map_err(|error| self.failed(&error))?;
        self.send(&sending).await
    }

    /// Sends what is due, and tells of each.
    async fn send<O: Outbox>(&self, sending: &Sending<O>) -> Result<ExitCode, Failure> {
        let mut outcomes = Vec::new();
        let mut printed = Ok(());
        let mut tell = |outcome: Outcome| {
            if printed.is_ok() {
                printed = print(&(self.line(&outcome) + "\n"));
            }
            outcomes.push(outcome.status);
        };
        let sent = sending.send_due(self.now_s, &self.scope, &mut tell).await;
        sent.map_err(|error| self.failed(&error))?;
        printed?;
        let count = |status: &str| outcomes.iter().filter(|other| **other == status).count();
        let (accepted, deferred) = (count("accepted"), count("deferred"));
        if self.format == SpfFormat::Text {
            let others = outcomes.len() - accepted - deferred;
            let arguments = [("accepted", accepted.into()), ("deferred", deferred.into()), ("others", others.into())];
            print(&(self.common.say().say("reports-sent", &arguments) + "\n"))?;
        }
        Ok(if deferred > 0 { ExitCode::Network } else { ExitCode::Done })
    }

    fn line(&self, outcome: &Outcome) -> String {
        let (domain, period) = (outcome.job.domain.as_str(), outcome.job.period);
        let (begin, end) = (time::rfc3339(period.begin_s()), time::rfc3339(period.end_s()));
        if self.format == SpfFormat::Json {
            let line = Line {
                domain,
                begin,
                end,
                report_id: &outcome.job.id.0,
                records: outcome.records,
                messages: outcome.job.message_count,
                destination: outcome.mailbox.as_deref(),
                status: outcome.status,
                reason: outcome.reason.as_deref(),
            };
            return serde_json::to_string(&line).unwrap_or_default();
        }
        let safe = |text: &str| mailtext::encoded_word::display_safe(text).into_owned();
        let mut line = format!("{:<11} {domain}  {begin}  {}", outcome.status, outcome.job.message_count);
        for more in [&outcome.mailbox, &outcome.reason].into_iter().flatten() {
            line.push_str("  ");
            line.push_str(&safe(more));
        }
        line
    }

    fn surroundings(&self) -> (&SendConfig, Language, PathBuf) {
        (&self.common.config().reporting, self.common.say().language(), self.common.state_directory())
    }

    fn resolver(&self) -> Result<Resolver, Failure> {
        let config = self.common.resolver_config()?;
        Resolver::start(config).map_err(|error| resolver_failure(&error))
    }

    fn failed(&self, error: &CannotSend) -> Failure {
        Failure::new(ExitCode::Store, "reports-send-failed").with("reason", error.0.as_str())
    }
}

/// The ledger with the rows.
fn open_ledger(common: &Common) -> Result<Sqlite, Failure> {
    let file = common.config().ledger.file.clone();
    let path = file.unwrap_or_else(|| common.state_directory().join(crate::serve::LEDGER_FILE));
    if !path.exists() {
        return Err(Failure::new(ExitCode::Store, "cli-no-ledger").with("file", path.display().to_string()));
    }
    Sqlite::open(&path, store::Settings::default()).map_err(|error| {
        let failure = Failure::new(ExitCode::Store, "serve-ledger-unusable");
        failure.with("file", path.display().to_string()).with("reason", error.to_string())
    })
}
