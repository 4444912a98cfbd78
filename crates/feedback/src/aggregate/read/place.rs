//! Where in a report one is: the elements that the standards have, and which of them may stand in which.

/// An element of a report, in its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Place {
    /// Something around the report.
    Wrapper,
    /// Something that is skipped, with all that is in it.
    Skipped,
    Feedback,
    Metadata,
    DateRange,
    Published,
    Record,
    Row,
    Evaluated,
    Reason,
    Identifiers,
    Results,
    Dkim,
    Spf,
    // From here on: elements that hold a text. Those outside records first.
    Version,
    Organization,
    Email,
    Contact,
    ReportId,
    Begin,
    End,
    Error,
    Generator,
    Domain,
    Policy,
    SubdomainPolicy,
    NonexistentPolicy,
    DkimMode,
    SpfMode,
    Percent,
    FailureOptions,
    Testing,
    Discovery,
    SourceIp,
    Count,
    Disposition,
    DkimAligned,
    SpfAligned,
    ReasonType,
    ReasonComment,
    HeaderFrom,
    EnvelopeFrom,
    EnvelopeTo,
    DkimDomain,
    DkimSelector,
    DkimResult,
    DkimComment,
    SpfDomain,
    SpfScope,
    SpfResult,
    SpfComment,
}

/// What stands for a name in a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Named {
    /// As the standards have it.
    Standard(Place),
    /// Under a name that is known to stand for it.
    Alias(Place),
    /// What may hold anything.
    Anything,
}

impl Place {
    /// The places in the order of their numbers, for keys.
    const ALL: [Self; 51] = [
        Self::Wrapper,
        Self::Skipped,
        Self::Feedback,
        Self::Metadata,
        Self::DateRange,
        Self::Published,
        Self::Record,
        Self::Row,
        Self::Evaluated,
        Self::Reason,
        Self::Identifiers,
        Self::Results,
        Self::Dkim,
        Self::Spf,
        Self::Version,
        Self::Organization,
        Self::Email,
        Self::Contact,
        Self::ReportId,
        Self::Begin,
        Self::End,
        Self::Error,
        Self::Generator,
        Self::Domain,
        Self::Policy,
        Self::SubdomainPolicy,
        Self::NonexistentPolicy,
        Self::DkimMode,
        Self::SpfMode,
        Self::Percent,
        Self::FailureOptions,
        Self::Testing,
        Self::Discovery,
        Self::SourceIp,
        Self::Count,
        Self::Disposition,
        Self::DkimAligned,
        Self::SpfAligned,
        Self::ReasonType,
        Self::ReasonComment,
        Self::HeaderFrom,
        Self::EnvelopeFrom,
        Self::EnvelopeTo,
        Self::DkimDomain,
        Self::DkimSelector,
        Self::DkimResult,
        Self::DkimComment,
        Self::SpfDomain,
        Self::SpfScope,
        Self::SpfResult,
        Self::SpfComment,
    ];

    /// The number of the place.
    pub(super) fn number(self) -> u8 {
        self as u8
    }

    /// The place of a number.
    pub(super) fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Whether it holds a text.
    pub(super) fn is_text(self) -> bool {
        self.number() >= Self::Version.number()
    }

    /// Whether it stands inside a record.
    pub(super) fn is_of_record(self) -> bool {
        self.number() >= Self::SourceIp.number() || (Self::Row.number()..=Self::Spf.number()).contains(&self.number())
    }

    /// The element that a name in lower case means here.
    #[inline]
    pub(super) fn child(self, name: &str) -> Option<Named> {
        let place = match self {
            Self::Record => match name {
                "row" => Self::Row,
                "identifiers" => Self::Identifiers,
                "auth_results" => Self::Results,
                // Drafts before RFC 7489 had this name.
                "identities" => return Some(Named::Alias(Self::Identifiers)),
                "extension" => return Some(Named::Anything),
                _ => return None,
            },
            Self::Row => match name {
                "source_ip" => Self::SourceIp,
                "count" => Self::Count,
                "policy_evaluated" => Self::Evaluated,
                _ => return None,
            },
            Self::Evaluated => match name {
                "disposition" => Self::Disposition,
                "dkim" => Self::DkimAligned,
                "spf" => Self::SpfAligned,
                "reason" => Self::Reason,
                _ => return None,
            },
            Self::Reason => match name {
                "type" => Self::ReasonType,
                "comment" => Self::ReasonComment,
                _ => return None,
            },
            Self::Identifiers => match name {
                "header_from" => Self::HeaderFrom,
                "envelope_from" => Self::EnvelopeFrom,
                "envelope_to" => Self::EnvelopeTo,
                _ => return None,
            },
            Self::Results => match name {
                "dkim" => Self::Dkim,
                "spf" => Self::Spf,
                _ => return None,
            },
            Self::Dkim => match name {
                "domain" => Self::DkimDomain,
                "selector" => Self::DkimSelector,
                "result" => Self::DkimResult,
                "human_result" => Self::DkimComment,
                _ => return None,
            },
            Self::Spf => match name {
                "domain" => Self::SpfDomain,
                "scope" => Self::SpfScope,
                "result" => Self::SpfResult,
                "human_result" => Self::SpfComment,
                _ => return None,
            },
            _ => return self.child_outside_records(name),
        };
        Some(Named::Standard(place))
    }

    fn child_outside_records(self, name: &str) -> Option<Named> {
        let place = match self {
            Self::Feedback => match name {
                "record" => Self::Record,
                "version" => Self::Version,
                "report_metadata" => Self::Metadata,
                "policy_published" => Self::Published,
                // RFC 9990 §3.1.1.6: whatever an extension holds.
                "extension" => return Some(Named::Anything),
                _ => return None,
            },
            Self::Metadata => match name {
                "org_name" => Self::Organization,
                "email" => Self::Email,
                "extra_contact_info" => Self::Contact,
                "report_id" => Self::ReportId,
                "date_range" => Self::DateRange,
                "error" => Self::Error,
                "generator" => Self::Generator,
                _ => return None,
            },
            Self::DateRange => match name {
                "begin" => Self::Begin,
                "end" => Self::End,
                _ => return None,
            },
            Self::Published => match name {
                "domain" => Self::Domain,
                "p" => Self::Policy,
                "sp" => Self::SubdomainPolicy,
                "np" => Self::NonexistentPolicy,
                "adkim" => Self::DkimMode,
                "aspf" => Self::SpfMode,
                "pct" => Self::Percent,
                "fo" => Self::FailureOptions,
                "testing" => Self::Testing,
                "discovery_method" => Self::Discovery,
                _ => return None,
            },
            _ => return None,
        };
        Some(Named::Standard(place))
    }

    /// The way to it, for people.
    pub(super) fn path(self) -> &'static str {
        // A table: the names of all elements.
        match self {
            Self::Wrapper | Self::Skipped => "",
            Self::Feedback => "feedback",
            Self::Metadata => "report_metadata",
            Self::DateRange => "report_metadata/date_range",
            Self::Published => "policy_published",
            Self::Record => "record",
            Self::Row => "record/row",
            Self::Evaluated => "row/policy_evaluated",
            Self::Reason => "policy_evaluated/reason",
            Self::Identifiers => "record/identifiers",
            Self::Results => "record/auth_results",
            Self::Dkim => "auth_results/dkim",
            Self::Spf => "auth_results/spf",
            Self::Version => "version",
            Self::Organization => "report_metadata/org_name",
            Self::Email => "report_metadata/email",
            Self::Contact => "report_metadata/extra_contact_info",
            Self::ReportId => "report_metadata/report_id",
            Self::Begin => "date_range/begin",
            Self::End => "date_range/end",
            Self::Error => "report_metadata/error",
            Self::Generator => "report_metadata/generator",
            Self::Domain => "policy_published/domain",
            Self::Policy => "policy_published/p",
            Self::SubdomainPolicy => "policy_published/sp",
            Self::NonexistentPolicy => "policy_published/np",
            Self::DkimMode => "policy_published/adkim",
            Self::SpfMode => "policy_published/aspf",
            Self::Percent => "policy_published/pct",
            Self::FailureOptions => "policy_published/fo",
            Self::Testing => "policy_published/testing",
            Self::Discovery => "policy_published/discovery_method",
            Self::SourceIp => "row/source_ip",
            Self::Count => "row/count",
            Self::Disposition => "policy_evaluated/disposition",
            Self::DkimAligned => "policy_evaluated/dkim",
            Self::SpfAligned => "policy_evaluated/spf",
            Self::ReasonType => "reason/type",
            Self::ReasonComment => "reason/comment",
            Self::HeaderFrom => "identifiers/header_from",
            Self::EnvelopeFrom => "identifiers/envelope_from",
            Self::EnvelopeTo => "identifiers/envelope_to",
            Self::DkimDomain => "dkim/domain",
            Self::DkimSelector => "dkim/selector",
            Self::DkimResult => "dkim/result",
            Self::DkimComment => "dkim/human_result",
            Self::SpfDomain => "spf/domain",
            Self::SpfScope => "spf/scope",
            Self::SpfResult => "spf/result",
            Self::SpfComment => "spf/human_result",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn numbers_lead_back() {
        for number in 0..=u8::MAX {
            assert_eq!(Place::of_number(number).map_or(number, Place::number), number);
        }
        assert_eq!(Place::of_number(Place::SpfComment.number() + 1), None);
        assert!(Place::SpfComment.number() < 64, "a set of places fits a word");
    }
}
