//! The evidence document: a mark certificate with its chain, draft-fetch-validation-vmc-wchuang-11.
//!
//! Reading order: this file (what is looked at), `path` (from the certificate to a root), `logotype` (the indicator in
//! it), `revocation`; `der`, `pem`, `signature` and `roots` by need. The timestamps of certificate transparency are read
//! and must be there; their signatures are not checked, as that needs the logs' keys.

mod der;
mod logotype;
mod path;
mod pem;
mod revocation;
mod roots;
mod signature;

use futures_util::future::join_all;
use lookup::fetch::{Fetch, Fetched, HttpsUrl, Redirects, Request};
use mailtext::{Domain, Explain, Outcome, Rule, Value};
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::X509Certificate;

use crate::EVIDENCE_DRAFT;
use crate::discovery::{Author, Selector};
use crate::indicator::{self, Indicator};
use crate::limits::{
    CERTIFICATE_COUNT_MAX, EVIDENCE_BYTES_MAX, REVOCATION_LIST_BYTES_MAX, REVOCATION_LIST_COUNT_MAX,
    SUBJECT_NAME_COUNT_MAX,
};
use crate::step::{Resource, Step};
use path::Certificate;

pub use revocation::{Revocation, RevocationDoubt};
pub use roots::{Roots, RootsError};

/// What a mark certificate proves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// The indicator that it carries.
    pub indicator: Indicator,
    /// What kind of mark.
    pub mark: MarkType,
    /// The organization it was issued to, as it says.
    pub organization: Box<str>,
    /// The last second of its validity, since 1970.
    pub not_after_s: i64,
    /// Whether it is revoked, as far as that is known.
    pub revocation: Revocation,
}

/// The type of the mark, by the subject's attribute 1.3.6.1.4.1.53087.1.13.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum MarkType {
    /// A registered trademark: a verified mark certificate.
    Registered,
    /// The mark of a government: a verified mark certificate.
    Government,
    /// A mark in use for some time: a common mark certificate.
    PriorUse,
    /// A registered trademark with changes: a common mark certificate.
    ModifiedRegistered,
    /// Not told, as in older verified mark certificates.
    Unstated,
    /// Another word.
    Other(Box<str>),
}

/// A certificate's place in the chain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Link {
    /// The mark certificate.
    Mark,
    /// An issuer between.
    Issuer,
    /// The root.
    Root,
}

/// What can be wrong with an evidence document.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum EvidenceFlaw {
    /// Larger than [`EVIDENCE_BYTES_MAX`].
    TooLarge,
    /// Not PEM.
    Pem,
    /// More certificates than [`CERTIFICATE_COUNT_MAX`].
    TooManyCertificates,
    /// A certificate that cannot be read.
    Certificate,
    /// No certificate that could be a mark's.
    NoMark,
    /// More than one certificate that is not an authority's.
    SeveralMarks,
    /// The mark certificate is not the first; a remark.
    Order,
    /// Not for marks: the extended key usage is missing.
    Usage,
    /// Its issuer is not for marks.
    IssuerUsage,
    /// Not yet valid.
    NotYetValid(Link),
    /// No longer valid.
    Expired(Link),
    /// A critical extension that is not known, or constraints that are not processed.
    Extension(Box<str>),
    /// No way leads to a trusted root.
    Untrusted,
    /// An issuer may not issue certificates.
    NoAuthority,
    /// It does not name the domain.
    Domain,
    /// No logotype.
    LogotypeAbsent,
    /// The logotype cannot be read, or is not given directly for the subject.
    Logotype,
    /// The logotype has no SVG.
    LogotypeNoSvg,
    /// The logotype is not embedded.
    LogotypeRemote,
    /// The logotype does not have its hash.
    LogotypeHash,
    /// The indicator in it is not valid; findings say why.
    Indicator,
    /// No timestamps of certificate transparency.
    TimestampsAbsent,
    /// It does not say where its revocation list is.
    RevocationPointAbsent,
    /// It, or an issuer, is revoked.
    Revoked(Link),
    /// Whether it is revoked is not known; a remark.
    RevocationUnknown(RevocationDoubt),
}

/// Validates an evidence document for a record found under `selector` for `author`.
///
/// Revocation lists are fetched where they are published over HTTPS; what stays unknown is a remark. The result is
/// `None` when anything else is wrong.
pub async fn validate<F: Fetch + Sync>(
    fetch: &F,
    document: &[u8],
    author: &Author,
    selector: &Selector,
    roots: &Roots,
    now_s: u64,
) -> Outcome<Option<Evidence>, Step> {
    let mut examination = Examination::default();
    let result = match read(document) {
        Ok(ders) => examination.chain(fetch, &ders, (author, selector), roots, now_s.cast_signed()).await,
        Err(flaw) => {
            examination.add(flaw);
            None
        }
    };
    let result = result.filter(|_| !examination.fatal);
    Outcome { result, evidence: examination.steps }
}

impl MarkType {
    fn of(subject: &X509Certificate<'_>) -> Self {
        let attribute = subject.subject().iter_attributes().find(|one| one.attr_type().to_id_string() == MARK_TYPE);
        let Some(text) = attribute.map(|attribute| attribute.as_str().unwrap_or_default()) else {
            return Self::Unstated;
        };
        match text {
            "Registered Mark" => Self::Registered,
            "Government Mark" => Self::Government,
            "Prior Use Mark" => Self::PriorUse,
            "Modified Registered Mark" | "Modified Registered Trademark" => Self::ModifiedRegistered,
            other => Self::Other(other.chars().take(NAME_CHARACTER_COUNT_MAX).collect()),
        }
    }

    /// Whether it is a verified mark (VMC), as against a common one (CMC); `None` when the word is not known.
    #[must_use]
    pub fn is_verified(&self) -> Option<bool> {
        match self {
            Self::Registered | Self::Government | Self::Unstated => Some(true),
            Self::PriorUse | Self::ModifiedRegistered => Some(false),
            Self::Other(_) => None,
        }
    }

    /// A word for it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Registered => "registered",
            Self::Government => "government",
            Self::PriorUse => "prior-use",
            Self::ModifiedRegistered => "modified-registered",
            Self::Unstated => "unstated",
            Self::Other(word) => word,
        }
    }
}

fn read(document: &[u8]) -> Result<Vec<Vec<u8>>, EvidenceFlaw> {
    if document.len() > EVIDENCE_BYTES_MAX {
        return Err(EvidenceFlaw::TooLarge);
    }
    pem::certificates(document, CERTIFICATE_COUNT_MAX)
}

/// One evidence document under examination.
#[derive(Default)]
struct Examination {
    steps: Vec<Step>,
    fatal: bool,
}

impl Examination {
    fn add(&mut self, flaw: EvidenceFlaw) {
        self.fatal |= flaw.is_fatal();
        self.steps.push(Step::EvidenceFlawed { flaw });
    }

    async fn chain<F: Fetch + Sync>(
        &mut self,
        fetch: &F,
        ders: &[Vec<u8>],
        (author, selector): (&Author, &Selector),
        roots: &Roots,
        now_s: i64,
    ) -> Option<Evidence> {
        let Some(certificates) = ders.iter().map(|der| Certificate::read(der)).collect::<Option<Vec<_>>>() else {
            self.add(EvidenceFlaw::Certificate);
            return None;
        };
        let place = self.mark(&certificates)?;
        let mark = certificates.get(place)?;
        let flaws = [mark.time_flaw(Link::Mark, now_s), mark.extension_flaw(Link::Mark)];
        flaws.into_iter().flatten().for_each(|flaw| self.add(flaw));
        // draft-fetch-validation-vmc §5.1, 5.
        if !mark.is_for_marks() {
            self.add(EvidenceFlaw::Usage);
        }
        if !names_domain(&mark.parsed, author, selector) {
            self.add(EvidenceFlaw::Domain);
        }
        self.timestamps(&mark.parsed);
        let indicator = self.indicator(&mark.parsed);
        let path = match path::find(&certificates, place, roots, now_s) {
            Ok(path) => path,
            Err(flaw) => {
                self.add(flaw);
                return None;
            }
        };
        if revocation::points(&mark.parsed).is_none() {
            // draft-fetch-validation-vmc §4.5: it must say where its revocation list is.
            self.add(EvidenceFlaw::RevocationPointAbsent);
        }
        if self.fatal {
            return None;
        }
        let revocation = self.revocation(fetch, &certificates, &path, now_s).await;
        let subject = mark.parsed.subject();
        let organization = subject.iter_organization().find_map(|one| one.as_str().ok()).unwrap_or_default();
        let evidence = Evidence {
            indicator: indicator?,
            mark: MarkType::of(&mark.parsed),
            organization: organization.chars().take(NAME_CHARACTER_COUNT_MAX).collect(),
            not_after_s: mark.parsed.validity().not_after.timestamp(),
            revocation,
        };
        if !self.fatal {
            let (mark, organization) = (evidence.mark.clone(), evidence.organization.clone());
            self.steps.push(Step::EvidenceValid { mark, organization });
        }
        Some(evidence)
    }

    /// draft-fetch-validation-vmc §5.3, 3: a single chain. The mark's certificate is the one that is no authority's.
    fn mark(&mut self, certificates: &[Certificate<'_>]) -> Option<usize> {
        let mut ends = certificates.iter().enumerate().filter(|(_, certificate)| !certificate.parsed.is_ca());
        let (first, second) = (ends.next(), ends.next());
        match (first, second) {
            (None, _) => self.add(EvidenceFlaw::NoMark),
            (Some(_), Some(_)) => self.add(EvidenceFlaw::SeveralMarks),
            // draft-fetch-validation-vmc §3.3: the order should be that of issuance; a receiver may reject another.
            (Some((place, _)), None) => {
                if place > 0 {
                    self.add(EvidenceFlaw::Order);
                }
                return Some(place);
            }
        }
        None
    }

    /// draft-fetch-validation-vmc §4.6: one or more timestamps of logs.
    fn timestamps(&mut self, mark: &X509Certificate<'_>) {
        let there = mark
            .extensions()
            .iter()
            .any(|one| matches!(one.parsed_extension(), ParsedExtension::SCT(timestamps) if !timestamps.is_empty()));
        if !there {
            self.add(EvidenceFlaw::TimestampsAbsent);
        }
    }

    fn indicator(&mut self, mark: &X509Certificate<'_>) -> Option<Indicator> {
        let Some(extension) = mark.extensions().iter().find(|one| one.oid.to_id_string() == LOGOTYPE) else {
            self.add(EvidenceFlaw::LogotypeAbsent);
            return None;
        };
        let data = match logotype::subject_svg(extension.value) {
            Ok(data) => data,
            Err(flaw) => {
                self.add(flaw);
                return None;
            }
        };
        let reading = indicator::read(&data);
        for finding in reading.findings {
            self.steps.push(Step::IndicatorFound { resource: Resource::Evidence, finding: finding.kind });
        }
        if reading.indicator.is_none() {
            self.add(EvidenceFlaw::Indicator);
        }
        reading.indicator
    }

    /// RFC 5280 §6.3: the mark's certificate and the issuers, each against the list it names.
    async fn revocation<F: Fetch + Sync>(
        &mut self,
        fetch: &F,
        certificates: &[Certificate<'_>],
        path: &path::Path,
        now_s: i64,
    ) -> Revocation {
        let mut wanted = Vec::new();
        for (index, (place, key)) in path.places.iter().zip(&path.issuer_keys).enumerate() {
            let Some(certificate) = certificates.get(*place) else { continue };
            let url = revocation::points(&certificate.parsed).and_then(|urls| urls.into_iter().next());
            if let Some(url) = url.filter(|_| wanted.len() < REVOCATION_LIST_COUNT_MAX) {
                wanted.push((index, certificate, key, url));
            }
        }
        let fetched = join_all(wanted.iter().map(|(.., url)| fetch.fetch(list_request(url)))).await;
        // Unless a list for it comes.
        let mut of_mark = Revocation::Unknown(RevocationDoubt::NotHttps);
        for ((index, certificate, key, url), fetched) in wanted.into_iter().zip(fetched) {
            let judged = match &fetched {
                Fetched::Document(document) => revocation::judge(&document.bytes, &certificate.parsed, key, now_s),
                Fetched::Status(_) | Fetched::Failed(_) => Revocation::Unknown(RevocationDoubt::NotFetched),
            };
            self.steps.push(Step::Fetched { resource: Resource::RevocationList, url, fetched });
            let link = if index == 0 { Link::Mark } else { Link::Issuer };
            if judged == Revocation::Revoked {
                self.add(EvidenceFlaw::Revoked(link));
            }
            if link == Link::Mark {
                of_mark = judged;
            }
        }
        if let Revocation::Unknown(doubt) = of_mark {
            self.add(EvidenceFlaw::RevocationUnknown(doubt));
        }
        of_mark
    }
}

fn list_request(url: &HttpsUrl) -> Request {
    Request { url: url.clone(), bytes_max: REVOCATION_LIST_BYTES_MAX, redirects: Redirects::Follow }
}

/// draft-fetch-validation-vmc §5.2: a name of the certificate is the author or organizational domain, or one of them behind
/// `<selector>._bimi`.
fn names_domain(mark: &X509Certificate<'_>, author: &Author, selector: &Selector) -> bool {
    let domains = [&author.domain, &author.organizational];
    let wanted: Vec<Domain> =
        domains.into_iter().flat_map(|domain| [Some(domain.clone()), selector.name(domain)]).flatten().collect();
    let names = mark.extensions().iter().filter_map(|one| match one.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
        _ => None,
    });
    names.flatten().take(SUBJECT_NAME_COUNT_MAX).any(|name| match name {
        // RFC 5280 §7.2: A-labels, compared without regard to case. A wildcard is no domain, and names none.
        GeneralName::DNSName(name) => Domain::parse(name).is_ok_and(|name| wanted.contains(&name)),
        _ => false,
    })
}

impl Link {
    /// A stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mark => "mark",
            Self::Issuer => "issuer",
            Self::Root => "root",
        }
    }
}

impl EvidenceFlaw {
    /// All ids.
    pub const IDS: &'static [&'static str] = &[
        "bimi-evidence-too-large",
        "bimi-evidence-pem",
        "bimi-evidence-too-many-certificates",
        "bimi-evidence-certificate",
        "bimi-evidence-no-mark",
        "bimi-evidence-several-marks",
        "bimi-evidence-order",
        "bimi-evidence-usage",
        "bimi-evidence-issuer-usage",
        "bimi-evidence-not-yet-valid",
        "bimi-evidence-expired",
        "bimi-evidence-extension",
        "bimi-evidence-untrusted",
        "bimi-evidence-no-authority",
        "bimi-evidence-domain",
        "bimi-evidence-logotype-absent",
        "bimi-evidence-logotype",
        "bimi-evidence-logotype-no-svg",
        "bimi-evidence-logotype-remote",
        "bimi-evidence-logotype-hash",
        "bimi-evidence-indicator",
        "bimi-evidence-timestamps-absent",
        "bimi-evidence-revocation-point-absent",
        "bimi-evidence-revoked",
        "bimi-evidence-revocation-unknown",
    ];

    /// Whether the document proves nothing with it; the others are remarks.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        !matches!(self, Self::Order | Self::RevocationUnknown(_))
    }
}

impl Explain for EvidenceFlaw {
    fn id(&self) -> &'static str {
        match self {
            Self::TooLarge => "bimi-evidence-too-large",
            Self::Pem => "bimi-evidence-pem",
            Self::TooManyCertificates => "bimi-evidence-too-many-certificates",
            Self::Certificate => "bimi-evidence-certificate",
            Self::NoMark => "bimi-evidence-no-mark",
            Self::SeveralMarks => "bimi-evidence-several-marks",
            Self::Order => "bimi-evidence-order",
            Self::Usage => "bimi-evidence-usage",
            Self::IssuerUsage => "bimi-evidence-issuer-usage",
            Self::NotYetValid(_) => "bimi-evidence-not-yet-valid",
            Self::Expired(_) => "bimi-evidence-expired",
            Self::Extension(_) => "bimi-evidence-extension",
            Self::Untrusted => "bimi-evidence-untrusted",
            Self::NoAuthority => "bimi-evidence-no-authority",
            Self::Domain => "bimi-evidence-domain",
            Self::LogotypeAbsent => "bimi-evidence-logotype-absent",
            Self::Logotype => "bimi-evidence-logotype",
            Self::LogotypeNoSvg => "bimi-evidence-logotype-no-svg",
            Self::LogotypeRemote => "bimi-evidence-logotype-remote",
            Self::LogotypeHash => "bimi-evidence-logotype-hash",
            Self::Indicator => "bimi-evidence-indicator",
            Self::TimestampsAbsent => "bimi-evidence-timestamps-absent",
            Self::RevocationPointAbsent => "bimi-evidence-revocation-point-absent",
            Self::Revoked(_) => "bimi-evidence-revoked",
            Self::RevocationUnknown(_) => "bimi-evidence-revocation-unknown",
        }
    }

    fn rule(&self) -> Option<Rule> {
        let section = match self {
            Self::TooLarge | Self::TooManyCertificates => return None,
            Self::Pem | Self::Certificate | Self::Order => "3.3",
            Self::NoMark | Self::SeveralMarks => "5.3",
            Self::Usage | Self::IssuerUsage => "4.4",
            Self::Domain => "5.2",
            Self::LogotypeAbsent => "4.1",
            Self::Logotype | Self::LogotypeNoSvg | Self::LogotypeHash => return Some(Rule("RFC 3709", "4.1")),
            Self::LogotypeRemote => return Some(Rule("RFC 6170", "4")),
            Self::Indicator => "4.2",
            Self::TimestampsAbsent => "4.6",
            Self::RevocationPointAbsent => "4.5",
            Self::Extension(_) => return Some(Rule("RFC 5280", "4.2")),
            Self::NotYetValid(_) | Self::Expired(_) => return Some(Rule("RFC 5280", "4.1.2.5")),
            Self::Untrusted | Self::NoAuthority => return Some(Rule("RFC 5280", "6.1")),
            Self::Revoked(_) | Self::RevocationUnknown(_) => return Some(Rule("RFC 5280", "6.3")),
        };
        Some(Rule(EVIDENCE_DRAFT, section))
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooLarge => vec![("limit_bytes", EVIDENCE_BYTES_MAX.into())],
            Self::TooManyCertificates => vec![("limit", CERTIFICATE_COUNT_MAX.into())],
            Self::NotYetValid(link) | Self::Expired(link) | Self::Revoked(link) => {
                vec![("link", Value::Word(link.as_str()))]
            }
            Self::Extension(oid) => vec![("oid", (**oid).into())],
            Self::RevocationUnknown(doubt) => vec![("doubt", Value::Word(doubt.as_str()))],
            _ => Vec::new(),
        }
    }
}

const MARK_TYPE: &str = "1.3.6.1.4.1.53087.1.13";
/// id-pe-logotype.
const LOGOTYPE: &str = "1.3.6.1.5.5.7.1.12";
const NAME_CHARACTER_COUNT_MAX: usize = 128;
