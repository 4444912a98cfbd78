//! Where reports go: the record as it is now, and whether those outside the organization agree.

use dmarc::discovery::PolicySearch;
use dmarc::record::Psd;
use dmarc::{ReportKind, destination, discover};
use feedback::outbox::target::{Found, Target, sizes};
use feedback::outbox::{ConfirmationKey, ConfirmationTag, Job, JobKind, Outbox};
use futures_util::future::join_all;
use lookup::{Answer, Data, Lookup, Question};
use mailtext::Domain;

use super::{CannotSend, Outcome, Scope, Sending};
use crate::limits::WAITING_COUNT_MAX;

impl<O: Outbox> Sending<O> {
    /// Finds the destinations of all jobs for which that is due.
    pub(super) async fn find_due(
        &self,
        now_s: u64,
        scope: &Scope,
        tell: &mut (dyn FnMut(Outcome) + Send),
    ) -> Result<(), CannotSend> {
        loop {
            let mut jobs = self.desk.asking(now_s).await?;
            jobs.retain(|job| scope.domain.as_ref().is_none_or(|domain| *domain == job.domain));
            if jobs.is_empty() {
                return Ok(());
            }
            for some in jobs.chunks(WAITING_COUNT_MAX) {
                let found = join_all(some.iter().map(|job| self.find(job, now_s))).await;
                for (job, found) in some.iter().zip(found) {
                    self.desk.resolved(now_s, job, found?).await?;
                    if let Some(outcome) = self.outcome(job, None).await? {
                        tell(outcome);
                    }
                }
            }
        }
    }

    async fn find(&self, job: &Job, now_s: u64) -> Result<Found, CannotSend> {
        let lookup = self.lookup();
        let (kind, tag) = match job.kind {
            JobKind::Aggregate => (ReportKind::Aggregate, ConfirmationTag::Rua),
            JobKind::Failure | JobKind::Method => (ReportKind::Failure, ConfirmationTag::Ruf),
        };
        let discovery = discover(&lookup, &job.domain, &dmarc::discovery::Settings::default()).await.result;
        let record = match &discovery.policy {
            PolicySearch::Found(found) if found.domain == job.domain => std::sync::Arc::clone(&found.record),
            PolicySearch::Failed(_) => return Ok(Found::Later),
            PolicySearch::Found(_) | PolicySearch::Absent => return Ok(Found::NotWanted),
        };
        let uris = match kind {
            ReportKind::Aggregate => &record.rua,
            ReportKind::Failure => &record.ruf,
        };
        // RFC 9991 §2: "ruf" of a record that has "psd=y" MUST NOT be considered.
        if kind == ReportKind::Failure && record.psd == Psd::Yes {
            return Ok(Found::NotWanted);
        }
        // RFC 9990 §3.4: without the tag nobody asks for reports.
        if uris.is_empty() {
            return Ok(Found::NotWanted);
        }
        let sizes = sizes(&text(&lookup, &job.domain).await, tag);
        let mut targets = Vec::with_capacity(uris.len());
        for uri in uris {
            let key = ConfirmationKey { domain: job.domain.clone(), uri: uri.as_str().into(), tag };
            targets.push(match self.desk.known(now_s, &key).await? {
                Some(confirmation) => Target::known(&confirmation, &sizes),
                None => {
                    let verdict = destination(&lookup, &job.domain, uri, kind).await.result;
                    Target::new(&dmarc::Destination { uri: uri.clone(), verdict }, &sizes)
                }
            });
        }
        Ok(Found::Targets(targets))
    }
}

/// The record as it is published, which is in the cache by now; nothing where there is none.
async fn text<L: Lookup>(lookup: &L, domain: &Domain) -> Vec<u8> {
    let Ok(name) = Domain::query(&format!("_dmarc.{domain}")) else { return Vec::new() };
    let Answer::Records(records) = lookup.ask(Question::txt(name)).await else { return Vec::new() };
    let mut texts = records.data.iter().filter_map(|data| match data {
        Data::Txt(text) if dmarc::Record::looks_like(text.bytes()) => Some(text.bytes().to_vec()),
        _ => None,
    });
    texts.next().unwrap_or_default()
}
