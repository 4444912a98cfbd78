//! Who reports: what stands in the head of a report, and the names that a report goes by.

use mailtext::Domain;

use crate::aggregate::Aggregate;
use crate::aggregate::fold::Draft;
use crate::aggregate::write::{NAMESPACE, Shape};
use crate::hash::id_of;
use crate::period::Period;

/// Who reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reporter {
    /// The receiver: `Submitter` of the subject, and what file names begin with.
    pub domain: Domain,
    /// `org_name`.
    pub organization: Box<str>,
    /// `email`.
    pub email: Box<str>,
    /// `extra_contact_info`.
    pub contact: Option<Box<str>>,
    /// `generator`, and `User-Agent` of failure reports: name and version of the program.
    pub generator: Option<Box<str>>,
}

impl Reporter {
    /// The report of a draft, complete. Made again, it is the same.
    #[must_use]
    pub fn complete(&self, draft: Draft, shape: Shape) -> Aggregate {
        let report_id = self.report_id(&draft).into();
        let mut aggregate = draft.aggregate;
        aggregate.version = Some("1.0".into());
        aggregate.namespace = match shape {
            Shape::Rfc9990 => NAMESPACE.into(),
            Shape::Rfc7489 => "".into(),
        };
        let metadata = &mut aggregate.metadata;
        metadata.organization = self.organization.clone();
        metadata.email = self.email.clone();
        metadata.contact.clone_from(&self.contact);
        metadata.generator = self.generator.clone().filter(|_| shape == Shape::Rfc9990);
        metadata.report_id = report_id;
        aggregate
    }

    /// The id of a report: of who reports, policy domain, configuration, period and part, and of nothing else.
    ///
    /// It has letters and digits only, so that it is a Report-ID (`dot-atom-text`) and a `unique-id` of a file name too.
    // RFC 9990 §3.1.4: Report-ID and unique-id MUST be identical when used.
    #[must_use]
    pub fn report_id(&self, draft: &Draft) -> String {
        let metadata = &draft.aggregate.metadata;
        id_of(&[
            self.domain.as_str().as_bytes(),
            draft.aggregate.policy.domain.as_bytes(),
            &draft.configuration,
            &metadata.begin_s.to_be_bytes(),
            &metadata.end_s.to_be_bytes(),
            &draft.part.to_be_bytes(),
        ])
    }

    /// The name of a report's file (RFC 9990 §3.5.2): the same whenever it is sent again.
    #[must_use]
    pub fn file_name(&self, policy_domain: &str, period: Period, report_id: &str) -> String {
        let (receiver, domain) = (domain_name(self.domain.as_str()), domain_name(policy_domain));
        // RFC 9990 §3.5.2: receiver "!" policy-domain "!" begin "!" end "!" unique-id "." extension.
        format!("{receiver}!{domain}!{}!{}!{report_id}.xml.gz", period.begin_s(), period.end_s())
    }

    /// The subject of the mail that carries a report, folded: each piece of the result is one line.
    #[must_use]
    pub fn subject(&self, policy_domain: &str, report_id: &str) -> [String; 3] {
        // RFC 9990 §3.5.2: the words are written exactly so, and folding white space may stand between them.
        [
            format!("Report Domain: {}", domain_name(policy_domain)),
            format!("Submitter: {}", domain_name(self.domain.as_str())),
            format!("Report-ID: <{report_id}>"),
        ]
    }
}

/// A domain as subjects and file names may hold it: nothing that could end a name, a line or a field.
fn domain_name(domain: &str) -> String {
    let kept = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' | '_' => character,
        _ => '-',
    };
    domain.chars().map(kept).collect()
}
