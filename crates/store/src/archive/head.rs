//! A report in short: what its line shows, and by what it is known again. The same for every store.

use feedback::aggregate::Aggregate;
use feedback::archive::{ArchiveError, Content, Kind, Origin, Parcel, Status, Trust};
use feedback::failure::Failure;
use feedback::tls::Tls;

use super::cells::counted;

/// A report in short.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Head {
    pub(super) kind: Option<Kind>,
    pub(super) organization: Box<str>,
    pub(super) reporter: Box<str>,
    pub(super) report_id: Box<str>,
    /// The domains that it is about, each once, that of its line first; none when it was refused.
    pub(super) domains: Vec<Box<str>>,
    pub(super) begin_s: u64,
    pub(super) end_s: u64,
    pub(super) record_count: u64,
    pub(super) message_count: u64,
    pub(super) errors: Vec<Box<str>>,
}

/// Whether a report counts, or is kept apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Side {
    /// Nobody vouches for it.
    Apart,
    /// Somebody does.
    Counted,
}

impl Side {
    pub(super) fn of(trust: &Trust) -> Self {
        match trust {
            Trust::Given | Trust::Authenticated(_) => Self::Counted,
            Trust::Unauthenticated => Self::Apart,
        }
    }
}

impl Head {
    pub(super) fn new(parcel: &Parcel) -> Self {
        let head = match &parcel.content {
            Content::Aggregate(aggregate) => of_aggregate(aggregate),
            Content::Failure(failure) => of_failure(failure, &parcel.origin),
            Content::Tls(tls) => of_tls(tls),
            Content::Refused(kind) => Self { kind: *kind, reporter: voucher(&parcel.origin).into(), ..Self::default() },
        };
        // What stores can keep as a number with a sign.
        let bounded = |number: u64| number.min(i64::MAX as u64);
        Self { begin_s: bounded(head.begin_s), end_s: bounded(head.end_s), ..head }
    }

    /// Under which name the reporter's ids are its own.
    pub(super) fn sender(&self) -> Box<str> {
        if self.reporter.is_empty() { self.organization.to_lowercase().into() } else { self.reporter.clone() }
    }

    /// The domain of its line.
    pub(super) fn domain(&self) -> &str {
        self.domains.first().map_or("", |domain| domain)
    }

    /// The day on which it counts, in days since 1970.
    pub(super) fn day(&self, received_ms: u64) -> u32 {
        let (begin_s, _) = period(self.begin_s, self.end_s, received_ms);
        u32::try_from(begin_s / DAY_S).unwrap_or(DAY_MAX).min(DAY_MAX)
    }

    /// Whether another one may be the same report by its id.
    pub(super) fn has_name(&self) -> bool {
        matches!(self.kind, Some(Kind::Aggregate | Kind::Tls)) && !self.domains.is_empty()
    }
}

/// The period of a report, in seconds since 1970; of one without, the time of receipt.
pub(super) fn period(begin_s: u64, end_s: u64, received_ms: u64) -> (u64, u64) {
    if begin_s == 0 && end_s == 0 { (received_ms / 1000, received_ms / 1000) } else { (begin_s, end_s) }
}

/// Whether a parcel can be kept at all.
pub(super) fn check(parcel: &Parcel) -> Result<(), ArchiveError> {
    let failed = |what: &str| Err(ArchiveError::Failed { what: what.to_owned() });
    let is_refused = matches!(parcel.content, Content::Refused(_));
    if is_refused != (parcel.status == Status::Refused) {
        return failed("a report is refused if it has no content, and only then");
    }
    match &parcel.content {
        Content::Aggregate(report) if report.records.iter().any(|record| report.circumstances_of(record).is_none()) => {
            failed("a record without circumstances")
        }
        _ => Ok(()),
    }
}

fn of_aggregate(report: &Aggregate) -> Head {
    Head {
        kind: Some(Kind::Aggregate),
        organization: report.metadata.organization.clone(),
        reporter: domain_of_address(&report.metadata.email),
        report_id: report.metadata.report_id.clone(),
        domains: vec![report.policy.domain.clone()],
        begin_s: report.metadata.begin_s,
        end_s: report.metadata.end_s,
        record_count: report.records.len() as u64,
        message_count: sum(report.records.iter().map(|record| record.count)),
        errors: report.metadata.errors.clone(),
    }
}

fn of_tls(report: &Tls) -> Head {
    Head {
        kind: Some(Kind::Tls),
        organization: report.organization.clone(),
        reporter: domain_of_address(&report.contact),
        report_id: report.report_id.clone(),
        domains: each_once(report.policies.iter().map(|policy| &policy.domain)),
        begin_s: report.begin_s,
        end_s: report.end_s,
        record_count: report.policies.len() as u64,
        message_count: sum(report.policies.iter().flat_map(|policy| [policy.successful_count, policy.failed_count])),
        errors: Vec::new(),
    }
}

fn of_failure(report: &Failure, origin: &Origin) -> Head {
    let domains = report.header_from.iter().chain(&report.reported_domains).chain(&report.dkim_domain);
    let arrival_s = report.arrival_s.and_then(|time_s| u64::try_from(time_s).ok()).unwrap_or(0);
    // RFC 3464 §2.2.2: `Reporting-MTA` is a type and a name, with a semicolon between.
    let mta = report.reporting_mta.as_deref().map_or("", |mta| mta.rsplit(';').next().unwrap_or(mta).trim());
    Head {
        kind: Some(Kind::Failure),
        organization: mta.into(),
        reporter: if voucher(origin).is_empty() { mta.to_lowercase().into() } else { voucher(origin).into() },
        report_id: Box::default(),
        domains: each_once(domains),
        begin_s: arrival_s,
        end_s: arrival_s,
        record_count: 1,
        message_count: counted(report.incidents) as u64,
        errors: Vec::new(),
    }
}

fn voucher(origin: &Origin) -> &str {
    match &origin.trust {
        Trust::Authenticated(domain) => domain,
        Trust::Given | Trust::Unauthenticated => "",
    }
}

/// The domain of a mail address; empty when there is none.
fn domain_of_address(address: &str) -> Box<str> {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    domain.trim_end_matches(['>', '.', ' ']).to_lowercase().into()
}

fn each_once<'a>(domains: impl Iterator<Item = &'a Box<str>>) -> Vec<Box<str>> {
    let mut once: Vec<Box<str>> = Vec::new();
    for domain in domains {
        if !once.contains(domain) {
            once.push(domain.clone());
        }
    }
    once
}

fn sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.map(|count| counted(count) as u64).sum()
}

const DAY_S: u64 = 86_400;
/// The last day that is told from others.
const DAY_MAX: u32 = u32::MAX - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reporter_is_the_domain_of_its_address() {
        for (address, domain) in [
            ("noreply-dmarc@Google.COM", "google.com"),
            ("Reports <dmarc@example.jp.>", "example.jp"),
            ("postmaster", ""),
            ("a@b@c.example", "c.example"),
            ("", ""),
        ] {
            assert_eq!(&*domain_of_address(address), domain, "{address}");
        }
    }

    #[test]
    fn a_day_is_the_day_of_the_begin() {
        let day = |begin_s, end_s| Head { begin_s, end_s, ..Head::default() }.day(3 * DAY_S * 1000);
        assert_eq!((day(DAY_S, 9 * DAY_S), day(2 * DAY_S - 1, 2 * DAY_S), day(0, 0)), (1, 1, 3));
        assert_eq!((day(0, 5), day(u64::MAX, 0)), (0, DAY_MAX));
    }
}
