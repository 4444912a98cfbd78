//! From what was found in a file or a mail to what the store takes: whose it is, who vouches for it, and of which class
//! its records are.

use feedback::archive::{Class, Content, Judge, Kind, Origin, Parcel, Sighting, Status, Trust};
use feedback::intake::Item;
use feedback::reason::{Reason, ReasonKind};
use mailtext::Domain;

/// Makes parcels of what was found.
pub(crate) struct Packer {
    /// By which way reports come: `file`, `lmtp`, `imap:ACCOUNT`.
    pub(crate) source: Box<str>,
    /// For whom.
    pub(crate) tenant: Box<str>,
    /// Our domains; reports about others are refused. All are ours when there are none.
    pub(crate) own: Vec<Domain>,
    /// What judges records.
    pub(crate) judge: Judge,
    /// When, in milliseconds since 1970.
    pub(crate) received_ms: u64,
}

impl Packer {
    /// What the store takes.
    pub(crate) fn parcel(&self, item: Item, path: &str, trust: Trust) -> Parcel {
        let Item { member, digest, raw, mut content, mut status, reason, deviations } = item;
        let mut reason = reason.map(|reason| reason.to_pair());
        if let Some(foreign) = self.foreign(&content) {
            reason = Some(Reason::new(ReasonKind::ForeignDomain, &foreign).to_pair());
            (content, status) = (Content::Refused(kind_of(&content)), Status::Refused);
        }
        Parcel {
            tenant: self.tenant.clone(),
            received_ms: self.received_ms,
            origin: Origin { source: self.source.clone(), path: path.into(), member, trust },
            digest,
            raw,
            classes: self.classes(&content),
            content,
            status,
            reason,
            deviations,
        }
    }

    /// The domain that a report is about, where it is none of ours.
    fn foreign(&self, content: &Content) -> Option<String> {
        if self.own.is_empty() {
            return None;
        }
        let about = match content {
            Content::Aggregate(report) => vec![&report.policy.domain],
            Content::Tls(report) => report.policies.iter().map(|policy| &policy.domain).collect(),
            Content::Failure(report) => report.reported_domains.iter().chain(&report.header_from).collect(),
            Content::Refused(_) => return None,
        };
        let is_own = |name: &str| Domain::parse(name).is_ok_and(|name| self.own.iter().any(|own| name.is_within(own)));
        if about.iter().any(|name| is_own(name)) {
            return None;
        }
        Some(about.first().map(ToString::to_string).unwrap_or_default())
    }

    /// The class of each record.
    fn classes(&self, content: &Content) -> Vec<Class> {
        let Content::Aggregate(report) = content else { return Vec::new() };
        let class = |record| match report.circumstances_of(record) {
            Some(circumstances) => (self.judge)(&Sighting {
                source: record.source,
                count: record.count,
                circumstances,
                policy: &report.policy,
            }),
            None => Class::default(),
        };
        report.records.iter().map(class).collect()
    }
}

/// Which kind of report it is, or seems to be.
fn kind_of(content: &Content) -> Option<Kind> {
    match content {
        Content::Aggregate(_) => Some(Kind::Aggregate),
        Content::Failure(_) => Some(Kind::Failure),
        Content::Tls(_) => Some(Kind::Tls),
        Content::Refused(kind) => *kind,
    }
}
