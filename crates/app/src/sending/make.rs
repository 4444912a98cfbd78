//! Rows become reports. Pages of rows go through the fold; what memory has no room for is laid aside in files without a
//! name, so that nothing is left of them whenever the program ends.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Seek as _, SeekFrom};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use feedback::aggregate::fold::{Alone, EnvelopeTo, Fold, FoldOptions, ReportMail, Scratch};
use feedback::outbox::desk::{AdmitError, Admitted};
use feedback::outbox::settings::{BounceAddress, Settings};
use feedback::outbox::{JobId, Outbox};
use feedback::period::Period;
use mailtext::Domain;
use report::row::Address;
use report::{Filter, Ledger, Order, Query, Row};

use super::{CannotSend, Sending};
use crate::config::SendConfig;

/// What of the mail is reported.
#[derive(Debug)]
pub(super) struct Manner {
    envelope_to: EnvelopeTo,
    spam_alone: Alone,
    report_domains: Vec<Domain>,
    ours: Ours,
}

/// How the mail is known that we send with reports: MTAs hand it back to their filters.
#[derive(Debug)]
struct Ours {
    from: Box<str>,
    domain: Domain,
    bounces: Option<BounceAddress>,
}

impl Manner {
    pub(super) fn new(config: &SendConfig, settings: &Settings) -> Self {
        let bounces = settings.bounces.clone();
        let domain = bounces.as_ref().map_or(&settings.sender.message_id_domain, |bounces| &bounces.domain).clone();
        Self {
            envelope_to: if config.envelope_to { EnvelopeTo::Tell } else { EnvelopeTo::LeaveOut },
            spam_alone: if config.spam_alone { Alone::MakesOne } else { Alone::MakesNone },
            report_domains: config.report_domains.clone(),
            ours: Ours { from: settings.sender.address.clone(), domain, bounces },
        }
    }

    fn options(&self, period: Period) -> FoldOptions {
        let report_mail = ReportMail { recipient_domains: self.report_domains.clone(), ..ReportMail::default() };
        let (envelope_to, spam_alone) = (self.envelope_to, self.spam_alone);
        FoldOptions { envelope_to, spam_alone, report_mail, ..FoldOptions::new(period) }
    }
}

impl Ours {
    fn has(&self, row: &Row) -> bool {
        match &row.envelope.mail_from {
            Some(Address::Text(address)) => {
                let bounces = self.bounces.as_ref().and_then(|bounces| bounces.read(address));
                bounces.is_some() || (self.bounces.is_none() && address.eq_ignore_ascii_case(&self.from))
            }
            // Where addresses are not kept as they are: from this machine, in the name of our reports.
            Some(Address::Hash(_) | Address::Withheld) => {
                row.client.ip.is_some_and(|ip: IpAddr| ip.is_loopback())
                    && row.envelope.mail_from_domain.as_ref() == Some(&self.domain)
            }
            None => false,
        }
    }
}

impl<O: Outbox> Sending<O> {
    /// Makes the reports of a period, and closes it. Begun again after the program ended, it finds those that are there.
    pub(super) async fn make(&self, ledger: &impl Ledger, period: Period, now_s: u64) -> Result<u64, CannotSend> {
        // What was taken before is stored.
        ledger.flush().await?;
        let mut fold = Fold::new(self.manner.options(period), Spill::new(self.scratch.clone()));
        let (from_ms, until_ms) = (period.begin_s().saturating_mul(1000), period.until_s().saturating_mul(1000));
        let filter = Filter::between(from_ms, until_ms);
        let mut query = Query { filter, order: Order::OldestFirst, ..Query::default() };
        loop {
            let page = ledger.rows(query.clone()).await?;
            for row in page.rows.iter().filter(|row| !self.manner.ours.has(row)) {
                fold.add(row)?;
            }
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
        let mut count = 0;
        let mut gathering = self.desk.gather(period).await?;
        let cover = |cover: &feedback::mail::Cover| self.words.explain(cover);
        for draft in fold.finish()? {
            let draft = draft?;
            let id = JobId(self.desk.settings().reporter.report_id(&draft).into());
            let (domain, records) = (draft.aggregate.policy.domain.clone(), draft.aggregate.records.len() as u64);
            match gathering.admit(now_s, draft, &cover).await {
                Ok(Admitted::New) => {
                    count += 1;
                    let mut of_jobs = self.records.lock().unwrap_or_else(PoisonError::into_inner);
                    if of_jobs.len() >= REMEMBERED_COUNT_MAX {
                        of_jobs.clear();
                    }
                    of_jobs.insert(id, records);
                }
                Ok(Admitted::Already | Admitted::Off) => {}
                Ok(Admitted::Capped) => {
                    let arguments = [("domain", domain.to_string().into())];
                    tracing::warn!("{}", self.say.say("reports-send-capped", &arguments));
                }
                // One report that is not valid must not hold up the others.
                Err(AdmitError::Write(error)) => {
                    let arguments = [("domain", domain.to_string().into()), ("reason", error.to_string().into())];
                    tracing::error!("{}", self.say.say("reports-send-invalid", &arguments));
                }
                Err(AdmitError::Outbox(error)) => return Err(error.into()),
            }
        }
        gathering.close().await?;
        Ok(count)
    }
}

/// Files that have no name as soon as they are open.
pub(super) struct Spill {
    directory: PathBuf,
}

impl Spill {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }
}

impl Scratch for Spill {
    type Writer = BufWriter<File>;
    type Reader = BufReader<File>;

    fn create(&mut self) -> io::Result<Self::Writer> {
        let number = SPILL_NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = self.directory.join(format!("fold.{}.{number}", std::process::id()));
        // What stands there is of a process that died and had the same number.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        fs::remove_file(&path)?;
        Ok(BufWriter::new(file))
    }

    fn reread(&mut self, written: Self::Writer) -> io::Result<Self::Reader> {
        let mut file = written.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(BufReader::new(file))
    }
}

static SPILL_NUMBER: AtomicU64 = AtomicU64::new(0);
/// Of how many reports that were made just now the number of records is remembered, to be shown.
const REMEMBERED_COUNT_MAX: usize = 100_000;
