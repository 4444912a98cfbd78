//! The reports that are kept, for those who ask about a domain and more than its reports: read, never written.

use feedback::Archive as _;
use feedback::archive::{CountQuery, DocumentQuery, DomainLine, Kind, Status, Trust};
use feedback::limits::PAGE_LINE_COUNT_MAX;
use mailtext::Domain;
use report::query::Reach;
use store::SqliteArchive;

use super::advise::Told;
use super::ask::{DAY_S, answered, open_read_only};
use crate::common::Common;
use crate::failure::Failure;

/// A store of reports, and a period.
pub(crate) struct Kept<'a> {
    common: &'a Common,
    store: SqliteArchive,
    domains: Vec<DomainLine>,
    until_s: u64,
    day_count: u32,
}

/// What reports tell of a domain in the period.
pub(crate) struct OfDomain<'a> {
    /// The policy domain, with the policy of its newest report: the domain that was asked about, or the nearest above it.
    pub(crate) domain: &'a DomainLine,
    /// The policy domain's name.
    pub(crate) policy_domain: Domain,
    /// Its messages and those of names below, and who judges them.
    pub(crate) told: Told,
    /// How many aggregate reports there were.
    pub(crate) report_count: u64,
    /// The end of the newest, in seconds since 1970.
    pub(crate) last_s: Option<u64>,
    /// Of how many days of the period anything is known: those since the first report ever.
    pub(crate) day_count: u32,
}

impl<'a> Kept<'a> {
    /// Opens the store for the last days; `None` where there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) async fn open(common: &'a Common, day_count: u32) -> Result<Option<Self>, Failure> {
        let Some(store) = open_read_only(common)? else { return Ok(None) };
        let domains = answered(common, store.domains(None)).await?;
        Ok(Some(Self { common, store, domains, until_s: common.now_s(), day_count }))
    }

    /// The domains that reports are about.
    pub(crate) fn names(&self) -> Vec<Domain> {
        self.domains.iter().filter_map(|line| Domain::parse(&line.domain).ok()).collect()
    }

    /// What the reports of the period tell of a domain; `None` where there never was a report about it, nor about a domain above
    /// it, whose record may apply to it.
    ///
    /// # Errors
    /// The store cannot answer.
    pub(crate) async fn about(&self, domain: &Domain) -> Result<Option<OfDomain<'_>>, Failure> {
        let until_day = u32::try_from(self.until_s.div_ceil(DAY_S)).unwrap_or(u32::MAX);
        let from_day = until_day.saturating_sub(self.day_count);
        let Some((line, policy_domain)) = self.line(domain, from_day) else { return Ok(None) };
        let reach = if policy_domain == *domain { Reach::Below } else { Reach::Name };
        let query = CountQuery {
            tenant: Some(line.tenant.clone()),
            domain: Some((policy_domain.clone(), reach)),
            from_day: Some(from_day),
            until_day: Some(until_day),
            ..CountQuery::default()
        };
        let told = Told::of(self.common, &self.store, &query).await?;
        let (report_count, last_s) = self.reports(line, &policy_domain, u64::from(from_day) * DAY_S).await?;
        let day_count = until_day.saturating_sub(from_day.max(line.first_day));
        Ok(Some(OfDomain { domain: line, policy_domain, told, report_count, last_s, day_count }))
    }

    /// The policy domain whose reports tell of a domain: its own name. Where there is none of it in the period, reports are about
    /// the nearest name above.
    fn line(&self, domain: &Domain, from_day: u32) -> Option<(&DomainLine, Domain)> {
        let named = |line: &'_ DomainLine| Domain::parse(&line.domain).ok();
        let above = self.domains.iter().filter_map(|line| Some((line, named(line)?)));
        let mut above: Vec<_> = above.filter(|(_, name)| domain.is_within(name)).collect();
        above.sort_by_key(|(_, name)| std::cmp::Reverse(name.as_str().len()));
        let current = above.iter().position(|(line, _)| line.last_day >= from_day).unwrap_or_default();
        (current < above.len()).then(|| above.swap_remove(current))
    }

    /// How many aggregate reports there were about a domain that count, and when the newest ended.
    async fn reports(&self, line: &DomainLine, domain: &Domain, from_s: u64) -> Result<(u64, Option<u64>), Failure> {
        let (mut count, mut last_s) = (0, None);
        let mut query = DocumentQuery {
            tenant: Some(line.tenant.clone()),
            kind: Some(Kind::Aggregate),
            domain: Some((domain.clone(), Reach::Name)),
            from_s: Some(from_s),
            until_s: Some(self.until_s),
            limit: PAGE_LINE_COUNT_MAX,
            ..DocumentQuery::default()
        };
        loop {
            let page = answered(self.common, self.store.documents(query.clone())).await?;
            let counts = |trust: &Trust, status: Status| *trust != Trust::Unauthenticated && status != Status::Refused;
            for report in page.lines.iter().filter(|report| counts(&report.origin.trust, report.status)) {
                count += 1;
                last_s = last_s.max(Some(report.end_s));
            }
            query.before = page.next;
            if query.before.is_none() {
                return Ok((count, last_s));
            }
        }
    }
}
