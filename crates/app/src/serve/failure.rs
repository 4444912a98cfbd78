//! Reports about single messages that failed: to owners who ask for them by `ruf` (RFC 9991), by their signature (RFC
//! 6651) or by their SPF record (RFC 6652). Each kind is off before it is switched on.
//!
//! A message that may be reported leaves its facts and its header here, never its body, and goes its way; a task beside
//! the milter makes the report, redacted and within the bounds of rates, and puts it into the outbox, from which it goes
//! out as all reports do. When there is more than that task can do, messages are let go and counted.
//!
//! Reading order: [`Failures::hear`], [`Maker::take`]; `facts` (a message's facts as a report needs them).

mod facts;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use auth::Facts;
use dkim::reporting::{Wish, wishes};
use dmarc::record::Psd;
use dmarc::{Evaluation, PolicySearch};
use feedback::failure::incident::{Occasion, Witness};
use feedback::failure::throttle::{Decision, Likeness, Throttle, is_drawn};
use feedback::failure::{Failure as Report, write};
use feedback::mail::Cover;
use feedback::outbox::{JobId, Outbox, OutboxError};
use feedback::redact::{Redaction, ShownFields};
use mailtext::date::DateTime;
use mailtext::{Domain, Headers, ReversePath};
use policy::Action;
use report::RowId;
use service::Receipt;
use service::world::Moment;
use store::SqliteArchive;
use tokio::sync::mpsc;

use super::ledger::key_bytes;
use super::reporting::Reporting;
use crate::common::Common;
use crate::config::FailingConfig;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::FAILURE_CASE_COUNT_MAX;
use crate::say::Say;
use crate::sending::Sending;
use facts::Known;

/// Who hears of messages that failed. Cheap to clone.
#[derive(Clone)]
pub(super) struct Failures {
    cases: mpsc::Sender<Box<Case>>,
    kinds: Kinds,
    counts: Arc<Counts>,
}

/// What is reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Kinds {
    dmarc: bool,
    dkim: bool,
    spf: bool,
}

/// A message that may be reported.
struct Case {
    facts: Facts,
    header: Vec<u8>,
    recipient_domains: Vec<Domain>,
    queue_id: Option<String>,
    action: Action,
    row: Option<RowId>,
    arrival_s: u64,
}

/// Makes reports of messages that failed.
pub(super) struct Maker<O> {
    cases: mpsc::Receiver<Box<Case>>,
    kinds: Kinds,
    config: FailingConfig,
    sending: Arc<Sending<O>>,
    /// Domains at which nothing but reports is received.
    report_domains: Vec<Domain>,
    redaction: Redaction,
    shown: ShownFields,
    throttle: Throttle,
    /// The authserv-id, which is the MTA's name, too.
    authserv_id: String,
    /// The words of the mails.
    words: Say,
    counts: Arc<Counts>,
}

/// Where a report goes.
#[derive(Clone, Copy, Debug)]
enum To<'t> {
    /// To the addresses of `ruf` of this policy domain.
    Owner(&'t Domain, &'t [String]),
    /// To the address that a domain names for failures of one method.
    Mailbox(&'t Domain, &'t str),
}

/// What became of messages and reports, by kind: for those who watch.
#[derive(Default)]
pub(super) struct Counts(Mutex<BTreeMap<(&'static str, &'static str), u64>>);

impl Counts {
    fn add(&self, kind: &'static str, result: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry((kind, result)).or_default() += 1;
    }

    /// By kind and result.
    pub(super) fn each(&self) -> BTreeMap<(&'static str, &'static str), u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Failures {
    /// Hears of a message that was dealt with. Takes what may be reported, as long as there is room.
    pub(super) fn hear(&self, receipt: &Receipt<'_>, now_s: u64) {
        // What is refused for now comes again.
        let is_over = receipt.moment == Moment::End && receipt.verdict.action != Action::TempFail;
        let Some(header) = receipt.header.filter(|_| is_over && self.kinds.may_concern(receipt.facts)) else { return };
        let case = Case {
            facts: receipt.facts.clone(),
            header: header.to_vec(),
            recipient_domains: receipt.recipient_domains.to_vec(),
            queue_id: receipt.queue_id.map(str::to_owned),
            action: receipt.verdict.action,
            row: receipt.row,
            arrival_s: now_s,
        };
        if self.cases.try_send(Box::new(case)).is_err() {
            self.counts.add("any", "dropped");
        }
    }
}

impl Kinds {
    fn of(config: &FailingConfig) -> Self {
        Self { dmarc: config.dmarc, dkim: config.dkim, spf: config.spf }
    }

    /// Whether somebody may want to be told of a message: what is asked of DNS for that is not known yet.
    fn may_concern(self, facts: &Facts) -> bool {
        let of_owner = || facts.dmarc.result.each.iter().any(|evaluation| policy(evaluation).is_some());
        let of_signer = || {
            let mut failed = facts.dkim.iter().filter(|outcome| outcome.result.status != dkim::Status::Pass);
            failed.any(|outcome| outcome.result.parsed.extensions.reports_requested)
        };
        let of_spf = || facts.spf.as_ref().is_some_and(|both| both.mail_from.result.report_wish().is_some());
        (self.dmarc && of_owner()) || (self.dkim && of_signer()) || (self.spf && of_spf())
    }
}

/// The policy domain whose owner asks to be told of failures, and its record.
fn policy(evaluation: &Evaluation) -> Option<(&Domain, &dmarc::Record)> {
    let PolicySearch::Found(found) = &evaluation.discovery.policy else { return None };
    // RFC 9991 §2: "ruf" of a record that has "psd=y" MUST NOT be considered.
    let wants = !found.record.ruf.is_empty() && found.record.psd != Psd::Yes;
    wants.then_some((&found.domain, &*found.record))
}

impl Maker<SqliteArchive> {
    /// What makes the reports, and who hears for it; `None` where none are made.
    ///
    /// # Errors
    /// Reports are not sent at all, or the key cannot be read or made.
    pub(super) fn open(
        common: &Common,
        reporting: Option<&Reporting>,
        authserv_id: &str,
        counts: Arc<Counts>,
    ) -> Result<Option<(Failures, Self)>, Failure> {
        let config = &common.config().failing;
        if !config.is_any() {
            return Ok(None);
        }
        let Some(reporting) = reporting else {
            return Err(Failure::new(ExitCode::Configuration, "reports-failure-not-sent"));
        };
        let path = config.key_file.clone().unwrap_or_else(|| common.state_directory().join(KEY_FILE));
        let key = key_bytes(&path).map_err(|reason| {
            let failure = Failure::new(ExitCode::Store, "reports-unusable");
            failure.with("file", path.display().to_string()).with("reason", reason)
        })?;
        warn_of_readers(&path, common.say());
        let send = &common.config().reporting;
        let (report_domains, words) = (send.report_domains.clone(), Say::new(send.language));
        let sending = reporting.sending();
        Ok(Some(Self::with((config, &key), (sending, report_domains), (authserv_id, words), counts)))
    }
}

impl<O: Outbox> Maker<O> {
    fn with(
        (config, key): (&FailingConfig, &[u8]),
        (sending, report_domains): (Arc<Sending<O>>, Vec<Domain>),
        (authserv_id, words): (&str, Say),
        counts: Arc<Counts>,
    ) -> (Failures, Self) {
        let (cases, waiting) = mpsc::channel(FAILURE_CASE_COUNT_MAX);
        let kinds = Kinds::of(config);
        let maker = Self {
            cases: waiting,
            kinds,
            config: config.clone(),
            sending,
            report_domains,
            redaction: Redaction::new(key),
            shown: config.shown(),
            throttle: Throttle::new(config.rates()),
            authserv_id: authserv_id.to_owned(),
            words,
            counts: Arc::clone(&counts),
        };
        (Failures { cases, kinds, counts }, maker)
    }

    /// Makes reports until the end.
    pub(super) async fn run(mut self, end: impl Future<Output = ()> + Send) {
        let mut end = std::pin::pin!(end);
        loop {
            tokio::select! {
                case = self.cases.recv() => match case {
                    Some(case) => self.take(&case).await,
                    None => return,
                },
                () = &mut end => return,
            }
        }
    }

    /// Makes the reports about one message.
    async fn take(&mut self, case: &Case) {
        if self.is_report_mail(case) {
            self.counts.add("any", "report-mail");
            return;
        }
        let known = Known::of(case);
        if self.kinds.dmarc {
            self.tell_owners(case, &known).await;
        }
        if self.kinds.dkim {
            let wished = wishes(&self.sending.lookup(), &case.facts.dkim).await;
            let wished = wished.into_iter().filter_map(|outcome| outcome.result.wish);
            self.tell_signers(case, &known, wished.collect()).await;
        }
        if self.kinds.spf {
            self.tell_of_spf(case, &known).await;
        }
    }

    /// Reports to the addresses of `ruf`.
    async fn tell_owners(&mut self, case: &Case, known: &Known<'_>) {
        let mut done: Vec<(&Domain, Occasion)> = Vec::new();
        for evaluation in &case.facts.dmarc.result.each {
            let Some((domain, record)) = policy(evaluation).filter(|(domain, _)| self.is_about(domain)) else {
                continue;
            };
            // RFC 9991 §2: to each of the URIs.
            let mailboxes = record.ruf.iter().filter_map(|uri| uri.mailbox()).map(str::to_owned);
            let mailboxes: Vec<_> = mailboxes.collect();
            let author = &evaluation.discovery.author_domain;
            let occasions = known.incident(author, Some(evaluation), |incident| incident.wanted(record.fo));
            for occasion in occasions.into_iter().filter(|_| !mailboxes.is_empty()) {
                // Of several authors below one policy domain one is enough.
                if done.contains(&(domain, occasion)) {
                    continue;
                }
                done.push((domain, occasion));
                let report = self.describe(known, author, Some(evaluation), occasion);
                self.admit(case, report, To::Owner(domain, &mailboxes)).await;
            }
        }
    }

    /// Reports to signers, at the domain of the signature.
    async fn tell_signers(&mut self, case: &Case, known: &Known<'_>, wished: Vec<Wish>) {
        for wish in wished {
            let (Some(mailbox), Some(at)) = (&wish.address, known.failed_signature_of(&wish.domain)) else { continue };
            if !self.is_about(&wish.domain) || !self.draws(wish.percentage.get(), "dkim") {
                continue;
            }
            let evaluation = case.facts.dmarc.result.each.first();
            let report = self.describe(known, &wish.domain, evaluation, Occasion::Dkim(at));
            self.admit(case, report, To::Mailbox(&wish.domain, mailbox)).await;
        }
    }

    /// Reports to the domain of MAIL FROM, or of HELO in its place.
    async fn tell_of_spf(&mut self, case: &Case, known: &Known<'_>) {
        let checked = case.facts.spf.as_ref().map(|both| &both.mail_from.result);
        let Some((wish, domain)) = checked.and_then(|checked| Some((checked.report_wish()?, checked.domain()?))) else {
            return;
        };
        if !self.is_about(domain) || !self.draws(wish.percentage, "spf") {
            return;
        }
        let evaluation = case.facts.dmarc.result.each.first();
        let report = self.describe(known, domain, evaluation, Occasion::Spf);
        self.admit(case, report, To::Mailbox(domain, &wish.address)).await;
    }

    fn describe(
        &self,
        known: &Known<'_>,
        author: &Domain,
        evaluation: Option<&Evaluation>,
        occasion: Occasion,
    ) -> Report {
        let witness = Witness {
            authserv_id: &self.authserv_id,
            reporting_mta: Some(&self.authserv_id),
            user_agent: concat!("Sekisho/", env!("CARGO_PKG_VERSION")),
        };
        let describe = |incident: &feedback::failure::incident::Incident<'_>| {
            incident.describe(occasion, witness, &self.redaction, &self.shown)
        };
        let mut report = known.incident(author, evaluation, describe);
        if !self.config.source_ip {
            report.source = None;
        }
        report
    }

    /// Puts a report into the outbox, unless there are too many.
    async fn admit(&mut self, case: &Case, mut report: Report, to: To<'_>) {
        let kind = kind_of(&report);
        let now_s = net::clock::now_s();
        let Decision::Report { incidents } =
            self.throttle.offer(Likeness::of(&report, to.mailboxes()), net::clock::now_ms())
        else {
            self.counts.add(kind, "folded");
            return;
        };
        report.incidents = incidents;
        let cover = cover(&report);
        let letter = write::letter(&report, &self.words.explain(&cover), now_s);
        let desk = self.sending.desk();
        let admitted = match to {
            To::Owner(domain, _) => desk.admit_failure(now_s, domain, letter).await,
            To::Mailbox(domain, mailbox) => desk.admit_method_failure(now_s, domain, mailbox, letter).await,
        };
        self.tell(case, kind, to, incidents, admitted);
    }

    fn tell(&self, case: &Case, kind: &'static str, to: To<'_>, incidents: u64, admitted: Result<JobId, OutboxError>) {
        match admitted {
            Ok(id) => {
                self.counts.add(kind, "made");
                let row = case.row.map(|row| row.to_string()).unwrap_or_default();
                tracing::info!(kind, domain = %to.domain(), incidents, report = &*id.0, row, "failure report made");
            }
            Err(error) => {
                self.counts.add(kind, "lost");
                tracing::error!(kind, domain = %to.domain(), reason = %error, "failure report lost");
            }
        }
    }

    /// Whether reports about a domain are wanted by whoever runs this, too.
    fn is_about(&self, domain: &Domain) -> bool {
        self.config.is_about(domain) && !self.sending.desk().settings().is_off(domain)
    }

    /// Whether this is one of so many in a hundred.
    fn draws(&self, percentage: u8, kind: &'static str) -> bool {
        let mut random = [0; 8];
        // Without random numbers none is drawn: fewer reports than are asked for do no harm.
        let drawn = aws_lc_rs::rand::fill(&mut random).is_ok() && is_drawn(percentage, u64::from_le_bytes(random));
        if !drawn {
            self.counts.add(kind, "not-drawn");
        }
        drawn
    }

    /// Whether a message carries reports, or answers one: a report about it might never end.
    // RFC 9991 §5.1: reports may produce further reports, and so loops.
    fn is_report_mail(&self, case: &Case) -> bool {
        let settings = self.sending.desk().settings();
        let from_us = |address: &str| {
            address.eq_ignore_ascii_case(&settings.sender.address)
                || settings.bounces.as_ref().is_some_and(|bounces| bounces.read(address).is_some())
        };
        let is_answer = match &case.facts.envelope.mail_from {
            Some(Ok(ReversePath::Null)) => true,
            Some(Ok(path)) => from_us(&path.to_string()),
            _ => false,
        };
        let to_reports = |domain: &Domain| self.report_domains.iter().any(|reports| domain.is_within(reports));
        is_answer
            || (!case.recipient_domains.is_empty() && case.recipient_domains.iter().all(to_reports))
            || has_reports(&Headers::parse(&case.header))
    }
}

impl<'t> To<'t> {
    fn domain(self) -> &'t Domain {
        match self {
            Self::Owner(domain, _) | Self::Mailbox(domain, _) => domain,
        }
    }

    fn mailboxes(self) -> Vec<&'t str> {
        match self {
            Self::Owner(_, mailboxes) => mailboxes.iter().map(String::as_str).collect(),
            Self::Mailbox(_, mailbox) => vec![mailbox],
        }
    }
}

/// Whether a header is that of a report: aggregate, of failures, of TLS, or of what was not delivered.
fn has_reports(headers: &Headers<'_>) -> bool {
    let starts = |name: &'static str, start: &str| {
        let mut values = headers.named(name).map(|field| field.unfolded().trim_ascii().to_ascii_lowercase());
        values.any(|value| value.starts_with(start.as_bytes()))
    };
    // RFC 9990 §3.5.2: the Subject of a report begins so.
    starts("subject", "report domain:")
        || starts("content-type", "multipart/report")
        || starts("content-type", "message/feedback-report")
        || starts("auto-submitted", "auto-replied")
        || headers.named("tls-report-domain").next().is_some()
}

fn kind_of(report: &Report) -> &'static str {
    use feedback::failure::AuthFailure;
    match report.auth_failure.known() {
        Some(AuthFailure::Dmarc) => "dmarc",
        Some(AuthFailure::Spf) => "spf",
        _ => "dkim",
    }
}

fn cover(report: &Report) -> Cover {
    let date = DateTime { unix_seconds: report.arrival_s.unwrap_or_default(), offset_minutes: 0 };
    Cover::Failure {
        domain: report.reported_domains.first().cloned().unwrap_or_default(),
        source: report.source.map_or_else(|| "-".into(), |source| source.to_canonical().to_string().into()),
        date: date.to_string(),
        incidents: report.incidents,
    }
}

/// Whoever has the key can find out whose hash is whose.
fn warn_of_readers(path: &Path, say: &Say) {
    let mode = std::fs::metadata(path).map(|file| file.permissions().mode() & 0o777);
    if let Ok(mode) = mode
        && mode & 0o077 != 0
    {
        let arguments = [("file", path.display().to_string().into()), ("mode", format!("{mode:03o}").into())];
        tracing::warn!("{}", say.say("serve-key-readable-by-others", &arguments));
    }
}

const KEY_FILE: &str = "redaction.key";
