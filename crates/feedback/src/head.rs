//! A report in short: who says it, about whom, of when, how much. What lines of lists, logs and stores show of it, and by
//! what it is known again.

use crate::aggregate::Aggregate;
use crate::archive::{Content, Kind, Parcel, Trust};
use crate::failure::Failure;
use crate::limits::LINE_MESSAGE_COUNT_MAX;
use crate::tls::Tls;

/// A report in short.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Head {
    /// Of which kind it is, or seems to be.
    pub kind: Option<Kind>,
    /// The reporter's organisation; of a failure report, its mail server.
    pub organization: Box<str>,
    /// The reporter's domain: that of its address, or the one that vouched for the mail.
    pub reporter: Box<str>,
    /// The reporter's id of the report.
    pub report_id: Box<str>,
    /// The domains that it is about, each once, that of its line first; none when it was refused.
    pub domains: Vec<Box<str>>,
    /// The period's begin, in seconds since 1970; 0 when there is none.
    pub begin_s: u64,
    /// The period's end.
    pub end_s: u64,
    /// How many records: of a TLS report policies, of a failure report 1.
    pub record_count: u64,
    /// How many messages: of a TLS report sessions, of a failure report incidents. No line of a report counts for more
    /// than [`LINE_MESSAGE_COUNT_MAX`].
    pub message_count: u64,
    /// What the reporter says is wrong with the records it found.
    pub errors: Vec<Box<str>>,
}

impl Head {
    /// The head of a report.
    #[must_use]
    pub fn of(parcel: &Parcel) -> Self {
        let voucher = voucher(&parcel.origin.trust);
        match &parcel.content {
            Content::Aggregate(aggregate) => of_aggregate(aggregate),
            Content::Failure(failure) => of_failure(failure, voucher),
            Content::Tls(tls) => of_tls(tls),
            Content::Refused(kind) => Self { kind: *kind, reporter: voucher.into(), ..Self::default() },
        }
    }

    /// The domain of its line; empty when there is none.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.domains.first().map_or("", |domain| domain)
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

fn of_failure(report: &Failure, voucher: &str) -> Head {
    let domains = report.header_from.iter().chain(&report.reported_domains).chain(&report.dkim_domain);
    let arrival_s = report.arrival_s.and_then(|time_s| u64::try_from(time_s).ok()).unwrap_or(0);
    // RFC 3464 §2.2.2: `Reporting-MTA` is a type and a name, with a semicolon between.
    let mta = report.reporting_mta.as_deref().map_or("", |mta| mta.rsplit(';').next().unwrap_or(mta).trim());
    Head {
        kind: Some(Kind::Failure),
        organization: mta.into(),
        reporter: if voucher.is_empty() { mta.to_lowercase().into() } else { voucher.into() },
        report_id: Box::default(),
        domains: each_once(domains),
        begin_s: arrival_s,
        end_s: arrival_s,
        record_count: 1,
        message_count: report.incidents.min(LINE_MESSAGE_COUNT_MAX),
        errors: Vec::new(),
    }
}

/// The domain that vouches for the mail; empty when none does.
fn voucher(trust: &Trust) -> &str {
    match trust {
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
    counts.fold(0, |sum, count| sum.saturating_add(count.min(LINE_MESSAGE_COUNT_MAX)))
}

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
}
