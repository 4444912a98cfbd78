//! Reports like those of the world: few reporters, few domains, many addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use feedback::aggregate::*;
use feedback::archive::*;
use feedback::failure::{AuthFailure, Failure};
use feedback::limits::PAGE_LINE_COUNT_MAX;
use feedback::summary::Spread;
use feedback::tls::{PolicyKind, Tls, TlsFailure, TlsPolicy, TlsResult};
use feedback::{Archive, Deviation, Word};
use mailtext::Domain;
use report::query::Reach;
use report::row::{Mode, Policy};
use report::vocabulary::{Disposition, MethodResult, OverrideKind};
use store::SqliteArchive;
use store::archive::Settings;
use testkit::block_on;

pub(crate) const DAY_S: u64 = 86_400;
/// 2026-06-01T00:00:00Z.
pub(crate) const START_S: u64 = 1_780_272_000;
pub(crate) const START_DAY: u32 = 20_605;
pub(crate) const DOMAINS: &[&str] = &["example.jp", "mail.example.jp", "example-x.jp", "bank.example", "jp"];
pub(crate) const REPORTERS: &[(&str, &str)] = &[
    ("google.com", "noreply-dmarc-support@google.com"),
    ("Yahoo", "dmarchelp@yahooinc.com"),
    ("Yahoo Japan", "dmarc@yahooinc.com"),
    ("No Address", ""),
];

/// Numbers that look like chance and are always the same.
pub(crate) struct Chance(pub u64);

impl Chance {
    pub(crate) fn of(number: u64) -> Self {
        Self(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    pub(crate) fn one_of<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize].clone()
    }

    pub(crate) fn yes(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }
}

pub(crate) fn domain(name: &str) -> Domain {
    Domain::parse(name).unwrap()
}

pub(crate) fn within(name: &str) -> Option<(Domain, Reach)> {
    Some((domain(name), Reach::Below))
}

pub(crate) fn digest(number: u64, variant: u8) -> [u8; 32] {
    let mut digest = [variant; 32];
    // Some begin alike.
    digest[..8].copy_from_slice(&(number / 3).to_be_bytes());
    digest[8..16].copy_from_slice(&number.to_be_bytes());
    digest
}

pub(crate) fn circumstances(chance: &mut Chance, domain: &str) -> Circumstances {
    let aligned = |chance: &mut Chance| {
        let words = [Word::Known(AlignedPass::Yes), Word::Known(AlignedPass::No), Word::Missing];
        if chance.yes(20) { Word::Other("hardfail".into()) } else { chance.one_of(&words) }
    };
    let sender = chance.one_of(&[domain, "esp.example", "forwarder.example"]);
    Circumstances {
        disposition: chance.one_of(&[
            Word::Known(Disposition::None),
            Word::Known(Disposition::Pass),
            Word::Known(Disposition::Quarantine),
            Word::Known(Disposition::Reject),
            Word::Missing,
        ]),
        dkim_aligned: aligned(chance),
        spf_aligned: aligned(chance),
        reasons: (0..chance.below(2))
            .map(|_| Reason { kind: Word::Known(OverrideKind::Forwarded), comment: Some("looks forwarded".into()) })
            .collect(),
        header_from: chance.one_of(&[domain.to_owned(), format!("news.{domain}")]).into(),
        envelope_from: chance.one_of(&[None, Some(Box::default()), Some(format!("bounces.{domain}").into())]),
        envelope_to: None,
        dkim: (0..chance.below(3))
            .map(|_| DkimResult {
                domain: sender.into(),
                selector: chance.one_of(&[None, Some("s1".into())]),
                result: Word::Known(chance.one_of(MethodResult::ALL)),
                comment: None,
            })
            .collect(),
        spf: vec![SpfResult {
            domain: sender.into(),
            scope: Word::Known(SpfScope::MailFrom),
            result: Word::Known(chance.one_of(MethodResult::ALL)),
            comment: None,
        }],
    }
}

fn address(chance: &mut Chance) -> Option<IpAddr> {
    match chance.below(20) {
        0 => None,
        1..4 => Some(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, chance.below(30) as u16).into()),
        _ => Some(Ipv4Addr::from(0xc633_6400 + chance.below(60) as u32).into()),
    }
}

/// An aggregate report about a domain, for the day of its number.
pub(crate) fn aggregate(number: u64, domain: &str) -> Aggregate {
    let mut chance = Chance::of(number);
    let (organization, email) = chance.one_of(REPORTERS);
    let begin_s = START_S + chance.below(10) * DAY_S;
    let kinds = 1 + chance.below(4) as u32;
    let policy = PublishedPolicy {
        domain: domain.into(),
        policy: Word::Known(chance.one_of(&[Policy::None, Policy::Quarantine, Policy::Reject])),
        dkim_mode: Word::Known(Mode::Relaxed),
        percent: chance.one_of(&[None, Some(100)]),
        ..PublishedPolicy::default()
    };
    Aggregate {
        version: Some("1.0".into()),
        namespace: Box::default(),
        metadata: Metadata {
            organization: organization.into(),
            email: email.into(),
            contact: None,
            report_id: format!("id-{number}").into(),
            begin_s,
            end_s: begin_s + DAY_S - 1,
            errors: (0..chance.below(2)).map(|_| "no record".into()).collect(),
            generator: None,
        },
        policy,
        circumstances: (0..kinds).map(|_| circumstances(&mut chance, domain)).collect(),
        records: (0..chance.below(12))
            .map(|_| Record {
                source: address(&mut chance),
                count: 1 + chance.below(500),
                circumstances: chance.below(u64::from(kinds)) as u32,
            })
            .collect(),
    }
}

pub(crate) fn tls(number: u64, domain: &str) -> Tls {
    let mut chance = Chance::of(number);
    let begin_s = START_S + chance.below(10) * DAY_S;
    let policy = |chance: &mut Chance, domain: &str| TlsPolicy {
        kind: Word::Known(chance.one_of(&[PolicyKind::Sts, PolicyKind::Tlsa, PolicyKind::None])),
        text: vec!["version: STSv1".into(), "mode: testing".into()],
        domain: domain.into(),
        mx_hosts: vec![format!("mx.{domain}").into()],
        successful_count: chance.below(1000),
        failed_count: 3,
        failures: vec![TlsFailure {
            result: Word::Known(TlsResult::CertificateExpired),
            sending_ip: "192.0.2.1".parse().ok(),
            count: 3,
            ..TlsFailure::default()
        }],
    };
    let other = chance.one_of(DOMAINS);
    Tls {
        organization: "Google Inc.".into(),
        contact: "smtp-tls-reporting@google.com".into(),
        report_id: format!("tls-{number}").into(),
        begin_s,
        end_s: begin_s + DAY_S - 1,
        policies: vec![policy(&mut chance, domain), policy(&mut chance, other)],
    }
}

pub(crate) fn failure(number: u64, domain: &str) -> Failure {
    let mut chance = Chance::of(number);
    let arrival_s = START_S as i64 + chance.below(10 * DAY_S) as i64;
    Failure {
        feedback_type: "auth-failure".into(),
        auth_failure: Word::Known(AuthFailure::Dmarc),
        arrival_s: chance.one_of(&[None, Some(arrival_s)]),
        reporting_mta: Some("dns; mx.Reporter.example".into()),
        source: address(&mut chance),
        incidents: 1 + chance.below(3),
        reported_domains: vec![chance.one_of(DOMAINS).into(), domain.into()],
        header_from: Some(domain.into()),
        original_header: Some(format!("Subject: {number}\r\n").into_bytes().into()),
        ..Failure::default()
    }
}

/// A parcel with content, from us to us.
pub(crate) fn parcel_of(number: u64, content: Content) -> Parcel {
    let mut chance = Chance::of(number ^ 0x5555);
    let count = match &content {
        Content::Aggregate(report) => report.records.len(),
        _ => 0,
    };
    let classes = [Class::Undecidable, Class::Legitimate, Class::Forwarded, Class::Misconfigured, Class::Suspected];
    let is_refused = matches!(content, Content::Refused(_));
    Parcel {
        tenant: Box::default(),
        received_ms: (START_S + DAY_S + number % (10 * DAY_S)) * 1000,
        origin: Origin {
            source: "file".into(),
            path: format!("/var/reports/{number}.xml.gz").into(),
            member: Box::default(),
            trust: Trust::Given,
        },
        digest: digest(number, 0),
        raw: format!("the bytes of {number}").into_bytes(),
        content,
        status: if is_refused { Status::Refused } else { Status::Accepted },
        reason: is_refused.then(|| ("report-no-xml".into(), format!("{number}").into())),
        deviations: (0..chance.below(3))
            .map(|at| Deviation {
                id: format!("deviation-{at}").into(),
                example: format!("{number}").into(),
                count: 1 + at,
            })
            .collect(),
        classes: (0..count).map(|_| chance.one_of(&classes)).collect(),
    }
}

pub(crate) fn given(number: u64, domain: &str) -> Parcel {
    parcel_of(number, Content::Aggregate(Box::new(aggregate(number, domain))))
}

/// A parcel of any kind; the same number, the same parcel.
pub(crate) fn parcel(number: u64) -> Parcel {
    let mut chance = Chance::of(number ^ 0xaaaa);
    let domain = chance.one_of(DOMAINS);
    let content = match chance.below(12) {
        0 => Content::Failure(Box::new(failure(number, domain))),
        1 => Content::Tls(tls(number, domain)),
        2 => Content::Refused(chance.one_of(&[None, Some(Kind::Aggregate), Some(Kind::Tls)])),
        _ => Content::Aggregate(Box::new(aggregate(number, domain))),
    };
    let mut parcel = parcel_of(number, content);
    parcel.tenant = chance.one_of(&["", "", "city"]).into();
    parcel.origin.trust = chance.one_of(&[
        Trust::Given,
        Trust::Authenticated("google.com".into()),
        Trust::Authenticated("relay.example".into()),
        Trust::Unauthenticated,
    ]);
    if chance.yes(6) && parcel.status == Status::Accepted {
        parcel.status = Status::Salvaged;
        parcel.reason = Some(("report-truncated".into(), "".into()));
    }
    parcel
}

/// Another parcel with something of the same report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Variant {
    /// Itself.
    Itself,
    /// Other bytes, the same content.
    Repacked,
    /// The records in another order.
    Reordered,
    /// Other records under the same name.
    Changed,
    /// Cut off, whatever it was.
    Cut,
    /// Whole, whatever it was.
    Whole,
    /// The same bytes, and they could not be read.
    Refused,
    /// The same bytes, and nobody vouches.
    Unvouched,
    /// The same bytes, and the operator gave them.
    Given,
    /// Two days later under the same id.
    Later,
    /// A longer period, under another id.
    Longer,
}

impl Variant {
    pub(crate) const ALL: &[Self] = &[
        Self::Itself,
        Self::Repacked,
        Self::Reordered,
        Self::Changed,
        Self::Cut,
        Self::Whole,
        Self::Refused,
        Self::Unvouched,
        Self::Given,
        Self::Later,
        Self::Longer,
    ];

    pub(crate) fn of(self, number: u64) -> Parcel {
        self.apply(parcel(number), number)
    }

    pub(crate) fn apply(self, mut parcel: Parcel, number: u64) -> Parcel {
        let keeps_bytes = matches!(self, Self::Itself | Self::Refused | Self::Unvouched | Self::Given);
        if !keeps_bytes {
            parcel.digest = digest(number, 1 + self as u8);
        }
        match self {
            Self::Itself | Self::Repacked => {}
            Self::Refused => {
                parcel.content = Content::Refused(None);
                parcel.status = Status::Refused;
                parcel.classes.clear();
            }
            Self::Unvouched => parcel.origin.trust = Trust::Unauthenticated,
            Self::Given => parcel.origin.trust = Trust::Given,
            Self::Cut | Self::Whole if parcel.status != Status::Refused => {
                parcel.status = if self == Self::Cut { Status::Salvaged } else { Status::Accepted };
            }
            Self::Cut | Self::Whole => {}
            Self::Reordered | Self::Changed | Self::Later | Self::Longer => {}
        }
        if let Content::Aggregate(report) = &mut parcel.content {
            match self {
                Self::Reordered => report.records.reverse(),
                Self::Changed => report.records.iter_mut().for_each(|record| record.count += 1),
                Self::Cut => report.records.truncate(report.records.len() / 2),
                Self::Later => {
                    report.metadata.begin_s += 2 * DAY_S;
                    report.metadata.end_s += 2 * DAY_S;
                }
                Self::Longer => {
                    report.metadata.report_id = format!("long-{number}").into();
                    report.metadata.end_s += 3 * DAY_S;
                }
                _ => {}
            }
        }
        parcel
    }
}

pub(crate) fn file_with(settings: Settings) -> (tempfile::TempDir, SqliteArchive) {
    let folder = tempfile::tempdir().unwrap();
    let archive = open(&folder.path().join("reports.sqlite"), settings).unwrap();
    (folder, archive)
}

pub(crate) fn open(path: &Path, settings: Settings) -> Result<SqliteArchive, ArchiveError> {
    SqliteArchive::open(path, settings)
}

/// Every report, page by page.
pub(crate) fn all(archive: &impl Archive, mut query: DocumentQuery) -> Vec<DocumentLine> {
    let mut lines = Vec::new();
    loop {
        let page = block_on(archive.documents(query.clone())).unwrap();
        assert!(query.limit == 0 || page.lines.len() <= query.limit);
        lines.extend(page.lines);
        match page.next {
            Some(next) => query.before = Some(next),
            None => return lines,
        }
    }
}

/// What must hold of any store at any time: the counts of days are those of the records are those of the reports.
pub(crate) fn check_sums(archive: &impl Archive) {
    for with_unauthenticated in [false, true] {
        let query = CountQuery { with_unauthenticated, ..CountQuery::default() };
        let by = Division { day: true, domain: true, reporter: true, class: true, disposition: true, aligned: true };
        let counts = block_on(archive.counts(query.clone(), by)).unwrap();
        let whole = block_on(archive.counts(query.clone(), Division::default())).unwrap();
        let of_counts: u64 = whole.iter().map(|line| line.count).sum();
        // Of more lines there are only the largest.
        if counts.len() < PAGE_LINE_COUNT_MAX {
            assert_eq!(counts.iter().map(|line| line.count).sum::<u64>(), of_counts);
        }
        let sources = block_on(archive.sources(query.clone())).unwrap();
        if sources.len() < PAGE_LINE_COUNT_MAX {
            assert_eq!(sources.iter().map(|line| line.count).sum::<u64>(), of_counts, "sources");
        }
        let reports = all(archive, DocumentQuery::default());
        let counted = reports.iter().filter(|line| {
            line.kind == Some(Kind::Aggregate)
                && line.status != Status::Refused
                && (with_unauthenticated || line.origin.trust != Trust::Unauthenticated)
        });
        assert_eq!(counted.map(|line| line.message_count).sum::<u64>(), of_counts, "reports");
        let summary = block_on(archive.summary(query.clone(), Spread::Daily)).unwrap();
        let of_days = summary.aggregate.iter().filter(|((_, day), _)| day.is_some());
        assert_eq!(of_days.map(|(_, sum)| sum.message_count).sum::<u64>(), of_counts, "days of the summary");
        let of_domains = summary.aggregate.iter().filter(|((_, day), _)| day.is_none());
        assert_eq!(of_domains.map(|(_, sum)| sum.message_count).sum::<u64>(), of_counts, "domains of the summary");
        let volumes = block_on(archive.volumes(query.clone(), None)).unwrap();
        let (of_domains, of_days) = (volumes.domains.values(), volumes.days.values());
        assert_eq!(of_domains.map(|volume| volume.sum.message_count).sum::<u64>(), of_counts, "volumes of domains");
        assert_eq!(of_days.map(|sum| sum.message_count).sum::<u64>(), of_counts, "volumes of days");
        let reporters = block_on(archive.reporters(query)).unwrap();
        assert_eq!(reporters.iter().map(|line| line.message_count).sum::<u64>(), of_counts, "reporters");
    }
}
