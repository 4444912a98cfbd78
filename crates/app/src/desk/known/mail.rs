//! What the ledger shows: how much mail came, what left signed and what did not, and with which selectors.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use audit::known::SelectorUse;
use mailtext::Domain;
use report::query::{DomainFilter, DomainRole, Filter, Order, Query, Reach};
use report::tally::{Measure, MeasureKind, Step, TallyQuery};
use report::vocabulary::{Direction, MethodResult};
use report::{Ledger as _, LedgerError, Row};
use store::Sqlite;

use super::note_use;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{KNOWN_MAIL_DAYS, KNOWN_REPORT_DAYS, KNOWN_ROW_COUNT_MAX};

/// A ledger, with what it counts of the last days.
pub(super) struct Mail {
    path: PathBuf,
    ledger: Sqlite,
    now_ms: u64,
    received: u64,
    signed: BTreeMap<Domain, u64>,
}

/// What it shows of a domain.
pub(super) struct OfDomain {
    /// The selectors of its signatures that hold, and of those that were made here.
    pub(super) selectors: Vec<SelectorUse>,
    /// Its mail that left.
    pub(super) outgoing: Outgoing,
}

/// Mail that left in the last days, in messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Outgoing {
    /// With a signature of the domain.
    pub(super) signed: u64,
    /// With none, although the domain stands in MAIL FROM: rows of outgoing mail do not tell its author.
    pub(super) unsigned: u64,
}

impl Mail {
    /// Opens the ledger for questions alone; `None` where there is none.
    pub(super) async fn open(common: &Common) -> Result<Option<Self>, Failure> {
        let file = common.config().ledger.file.clone();
        let path = file.unwrap_or_else(|| common.state_directory().join(crate::serve::LEDGER_FILE));
        if !path.exists() {
            return Ok(None);
        }
        let ledger = Sqlite::open_read_only(&path, store::Settings::default());
        let ledger = ledger.map_err(|error| unreadable(&path, &error))?;
        let now_ms = common.now_s().saturating_mul(1000);
        let mut mail = Self { path, ledger, now_ms, received: 0, signed: BTreeMap::new() };
        for (measure, count) in mail.tally(MeasureKind::Messages, Direction::In).await? {
            if measure == Measure::Messages {
                mail.received += count;
            }
        }
        for (measure, count) in mail.tally(MeasureKind::Signed, Direction::Out).await? {
            if let Measure::Signed(domain) = measure {
                *mail.signed.entry(domain).or_default() += count;
            }
        }
        Ok(Some(mail))
    }

    /// Messages that came in the last days.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// What is known of a domain.
    pub(super) async fn about(&self, domain: &Domain) -> Result<OfDomain, Failure> {
        let mut selectors = Vec::new();
        let signer = DomainFilter { domain: domain.clone(), reach: Reach::Below, role: Some(DomainRole::Signer) };
        let filter = Filter { domain: Some(signer), ..self.since(KNOWN_REPORT_DAYS) };
        self.each(filter, |row| note_selectors(&mut selectors, row, domain)).await?;
        let signed = self.signed.get(domain).copied().unwrap_or(0);
        let sender = DomainFilter { domain: domain.clone(), reach: Reach::Name, role: Some(DomainRole::MailFrom) };
        let filter = Filter { domain: Some(sender), direction: Some(Direction::Out), ..self.since(KNOWN_MAIL_DAYS) };
        let mut unsigned = 0;
        self.each(filter, |row| unsigned += u64::from(row.signed.is_empty())).await?;
        Ok(OfDomain { selectors, outgoing: Outgoing { signed, unsigned } })
    }

    /// Tells the selector of each signature that holds, or was made here, in the mail of the last days.
    pub(super) async fn selectors(&self, take: &mut (impl FnMut(&Domain, &str) + Send)) -> Result<(), Failure> {
        self.each(self.since(KNOWN_REPORT_DAYS), |row| seen(row).for_each(|(of, selector)| take(of, selector))).await
    }

    /// Mail that left for clients, as far as a signature or MAIL FROM shows for whom it was: messages, and those of them with
    /// a signature of the client's domain.
    pub(super) async fn for_clients(&self, clients: &BTreeSet<Domain>) -> Result<(u64, u64), Failure> {
        let (mut messages, mut aligned) = (0, 0);
        let filter = Filter { direction: Some(Direction::Out), ..self.since(KNOWN_MAIL_DAYS) };
        let count = |row: &Row| {
            let is_signed = row.signed.iter().any(|signed| clients.contains(&signed.domain));
            let is_sent = row.envelope.mail_from_domain.as_ref().is_some_and(|domain| clients.contains(domain));
            messages += u64::from(is_signed || is_sent);
            aligned += u64::from(is_signed);
        };
        self.each(filter, count).await?;
        Ok((messages, aligned))
    }

    fn since(&self, day_count: u32) -> Filter {
        Filter::between(self.now_ms.saturating_sub(u64::from(day_count) * DAY_MS), self.now_ms)
    }

    async fn tally(&self, kind: MeasureKind, direction: Direction) -> Result<Vec<(Measure, u64)>, Failure> {
        let query = TallyQuery {
            kind,
            from_ms: self.now_ms.saturating_sub(u64::from(KNOWN_MAIL_DAYS) * DAY_MS),
            // Counts are cut to whole days: the one that has begun is wanted, too.
            until_ms: self.now_ms.saturating_add(DAY_MS),
            tenant: None,
            site: None,
            direction: Some(direction),
            step: Step::Whole,
            top: None,
            domains: None,
        };
        let tally = self.ledger.tally(query).await.map_err(|error| unreadable(&self.path, &error))?;
        Ok(tally.lines.into_iter().map(|line| (line.measure, line.count)).collect())
    }

    /// The rows of a filter, the newest first; no more than [`KNOWN_ROW_COUNT_MAX`] of them.
    async fn each(&self, filter: Filter, mut take: impl FnMut(&Row)) -> Result<(), Failure> {
        let mut query = Query { filter, order: Order::NewestFirst, after: None, limit: 0 };
        let mut count = 0;
        loop {
            let page = self.ledger.rows(query.clone()).await.map_err(|error| unreadable(&self.path, &error))?;
            page.rows.iter().for_each(&mut take);
            count += page.rows.len();
            query.after = page.next;
            if query.after.is_none() || count >= KNOWN_ROW_COUNT_MAX {
                return Ok(());
            }
        }
    }
}

fn note_selectors(uses: &mut Vec<SelectorUse>, row: &Row, domain: &Domain) {
    let at_s = i64::try_from(row.time_ms() / 1000).unwrap_or(i64::MAX);
    for (of, selector) in seen(row).filter(|(of, _)| of.is_within(domain)) {
        note_use(uses, of, selector, (at_s, at_s), 1);
    }
}

/// The signatures of a message that hold, and those that were made here.
fn seen(row: &Row) -> impl Iterator<Item = (&Domain, &str)> {
    let made = row.signed.iter().map(|signed| (&signed.domain, signed.selector.as_str()));
    // A signature that does not hold is one that anybody can write.
    let held = row.dkim.iter().filter(|signature| signature.result == MethodResult::Pass);
    made.chain(held.filter_map(|signature| Some((signature.domain.as_ref()?, signature.selector.as_ref()?.as_str()))))
}

fn unreadable(path: &std::path::Path, error: &LedgerError) -> Failure {
    let failure = Failure::new(ExitCode::Store, "serve-ledger-unusable").with("file", path.display().to_string());
    failure.with("reason", error.to_string())
}

const DAY_MS: u64 = 86_400_000;

#[cfg(test)]
mod tests {
    use super::*;
    use report::row::{Signature, Signed};
    use report::vocabulary::Algorithm;
    use report::{RowId, Site};

    fn domain(name: &str) -> Domain {
        Domain::parse(name).unwrap()
    }

    #[test]
    fn selectors_of_what_holds_and_of_what_was_signed() {
        let mut row = Row::new(RowId::new(1_790_000_000_000, Site::default(), 0), Direction::In);
        let signature = |of: &str, selector: &str, result| Signature {
            domain: Some(domain(of)),
            selector: Some(domain(selector)),
            result,
            algorithm: Algorithm::RsaSha256,
            key_bits: None,
            problem: None,
        };
        row.dkim = vec![
            signature("example.jp", "s1", MethodResult::Pass),
            signature("example.jp", "forged", MethodResult::Fail),
            signature("a.example.jp", "s2", MethodResult::Pass),
            signature("other.example", "s3", MethodResult::Pass),
        ];
        row.signed = vec![Signed { domain: domain("example.jp"), selector: domain("ours") }];
        let mut uses = Vec::new();
        note_selectors(&mut uses, &row, &domain("example.jp"));
        let told: Vec<_> = uses.iter().map(|one| (one.domain.as_str(), &*one.selector, one.last_s)).collect();
        let at_s = 1_790_000_000;
        assert_eq!(told, [("example.jp", "ours", at_s), ("example.jp", "s1", at_s), ("a.example.jp", "s2", at_s)]);
    }
}
