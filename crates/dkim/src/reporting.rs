//! Where failures of DKIM and ADSP may be reported to (RFC 6651): parsed and shown. Whether, when and how a report is
//! sent is decided elsewhere.
//!
//! A signature asks with `r=y`; the domain confirms and gives an address in the TXT record at
//! `_report._domainkey.<d=>`. Nobody can have reports sent to a domain that does not publish such a record.

use futures_util::future::join_all;
use lookup::{Answer, Data, Failure, Lookup, Question};
use mailtext::encode::decode_dkim_quoted_printable;
use mailtext::{Domain, Explain, Flaw, Outcome, ReversePath, Rule, Span, TagFlaw, TagList, Value};

use crate::limits::{PRACTICE_RECORD_BYTES_MAX, REPORT_DOMAIN_COUNT_MAX};
use crate::signature::Parsed;
use crate::step::{Problem, Status, Step as DkimStep};
use crate::verify::Verification;

/// What a domain wishes to be told: the record of RFC 6651 §3.2, or these tags of an ADSP record (§4).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reports {
    /// `ra=` decoded: the local part to which reports go, at the domain itself. Without it none is wished.
    pub address: Option<String>,
    /// `rp=`: percentage of incidents to report.
    pub percentage: Percentage,
    /// `rr=`: the occasions to report.
    pub requested: Requested,
    /// `rs=` decoded: text to put into the SMTP reply when the message is refused. It comes from a third party.
    pub error_text: Option<String>,
}

/// A percentage, 0 to 100.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Percentage(u8);

/// A set of occasions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Requested(u8);

/// Why a report may be wished (RFC 6651 §5). ADSP knows four of them, with meanings of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Occasion {
    /// `d`: DNS.
    Dns,
    /// `o`: anything else.
    Other,
    /// `p`: local policy.
    Policy,
    /// `s`: syntax of signature or key. ADSP: there is a valid signature, but none of the author's domain.
    Syntax,
    /// `u`: a tag of the signature is not known. ADSP: there is no valid signature at all.
    Unknown,
    /// `v`: signature or body hash do not hold.
    Verification,
    /// `x`: the signature has expired.
    Expired,
}

/// The wish to be told of one failure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wish {
    /// The domain that wishes it.
    pub domain: Domain,
    /// Where the report goes, a whole address; `None` when only [`Wish::error_text`] is wished.
    pub address: Option<String>,
    /// Of how many incidents in a hundred; the choice is the sender's.
    pub percentage: Percentage,
    /// On which of the wished occasions.
    pub occasions: Vec<Occasion>,
    /// What to put into the SMTP reply.
    pub error_text: Option<String>,
}

/// What was found out for one failed signature that asks for reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reporting {
    /// The signature's field, from the top from 0.
    pub field_index: usize,
    /// The wish, if the domain confirms it.
    pub wish: Option<Wish>,
}

/// What can be wrong with the tags.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ReportFlaw {
    /// Longer than [`PRACTICE_RECORD_BYTES_MAX`]; it was not read.
    TooLong,
    /// Not a tag list: the flaw that says so.
    TagList(TagFlaw),
    /// `ra=` is not a local part.
    Address,
    /// `rp=` is not a number from 0 to 100.
    Percentage,
    /// `rr=` names an occasion that nobody knows; it is passed over.
    Request,
    /// `rs=` is not quoted-printable text.
    ErrorText,
    /// `rp=` or `rr=` without `ra=`: they say nothing.
    WithoutAddress,
}

/// One step of evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The domain was asked.
    Asked {
        /// What was asked.
        question: Question,
        /// What came.
        answer: Answer,
    },
    /// DNS failed.
    LookupFailed(Failure),
    /// There is no record.
    NoRecord,
    /// There are several records; none counts.
    Several,
    /// Something is wrong with the record.
    Flaw(ReportFlaw),
    /// The record wishes no report of this.
    NotWished,
    /// Another failure of the same domain is reported already, or the limit of domains is reached.
    Enough,
    /// A report is wished.
    Wished {
        /// Where to.
        address: String,
        /// Of how many incidents in a hundred.
        percentage: Percentage,
    },
    /// A text for the SMTP reply is wished.
    ErrorText {
        /// The text.
        text: String,
    },
}

impl Reports {
    /// Reads the record of RFC 6651 §3.2. With a fatal flaw ([`ReportFlaw::is_fatal`]) no report is to be sent.
    #[must_use]
    pub fn parse(text: &[u8]) -> (Self, Vec<Flaw<ReportFlaw>>) {
        if text.len() > PRACTICE_RECORD_BYTES_MAX {
            return (Self::default(), vec![Flaw::new(ReportFlaw::TooLong, 0, text.len())]);
        }
        let (tags, flaws) = TagList::parse(text);
        let (reports, own) = Self::from_tags(&tags, &Occasion::ALL);
        let list = flaws.into_iter().map(|flaw| Flaw { kind: ReportFlaw::TagList(flaw.kind), span: flaw.span });
        (reports, list.chain(own).collect())
    }

    /// Reads the tags `ra`, `rp`, `rr` and `rs` of a list; `known` are the occasions that it may name.
    pub(crate) fn from_tags(tags: &TagList<'_>, known: &[Occasion]) -> (Self, Vec<Flaw<ReportFlaw>>) {
        let mut reports = Self::default();
        let mut flaws = Vec::new();
        let mut flaw = |kind, span: Span| flaws.push(Flaw { kind, span });
        if let Some(tag) = tags.get("ra") {
            reports.address = local_part(tag.value);
            if reports.address.is_none() {
                flaw(ReportFlaw::Address, tag.span);
            }
        }
        if let Some(tag) = tags.get("rp") {
            match Percentage::parse(tag.value) {
                Some(percentage) => reports.percentage = percentage,
                None => flaw(ReportFlaw::Percentage, tag.span),
            }
        }
        if let Some(tag) = tags.get("rr") {
            let (requested, all_known) = Requested::parse(tag.value, known);
            reports.requested = requested;
            if !all_known {
                flaw(ReportFlaw::Request, tag.span);
            }
        }
        if let Some(tag) = tags.get("rs") {
            reports.error_text = text(tag.value);
            if reports.error_text.is_none() {
                flaw(ReportFlaw::ErrorText, tag.span);
            }
        }
        // RFC 6651 §3.2: without `ra=`, `rp=` and `rr=` must be ignored.
        if tags.get("ra").is_none() {
            let idle = tags.get("rp").or(tags.get("rr"));
            idle.into_iter().for_each(|tag| flaw(ReportFlaw::WithoutAddress, tag.span));
            (reports.percentage, reports.requested) = (Percentage::default(), Requested::ALL);
        }
        (reports, flaws)
    }

    /// What is wished when these occasions arise at `domain`; `None` when nothing is.
    #[must_use]
    pub fn wish(&self, domain: &Domain, occasions: &[Occasion]) -> Option<Wish> {
        let occasions: Vec<_> =
            occasions.iter().copied().filter(|occasion| self.requested.includes(*occasion)).collect();
        // RFC 6651 §3.3: a failure that is not among the requested ones ends the matter.
        if occasions.is_empty() || (self.address.is_none() && self.error_text.is_none()) {
            return None;
        }
        Some(Wish {
            domain: domain.clone(),
            // RFC 6651 §3.2: the address is the local part, an `@`, and the domain of `d=`.
            address: self.address.as_ref().map(|local| format!("{local}@{domain}")),
            percentage: self.percentage,
            occasions,
            error_text: self.error_text.clone(),
        })
    }
}

impl Percentage {
    /// The number, 0 to 100.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    fn parse(text: &[u8]) -> Option<Self> {
        // RFC 6651 §3.2: one to three digits, 0 to 100.
        if !(1..=3).contains(&text.len()) || !text.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let number = text.iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        u8::try_from(number).ok().filter(|number| *number <= 100).map(Self)
    }
}

impl Default for Percentage {
    fn default() -> Self {
        Self(100)
    }
}

impl Requested {
    /// Every occasion: the default.
    pub const ALL: Self = Self(0x7f);

    /// Whether a report is wished on this occasion.
    #[must_use]
    pub fn includes(self, occasion: Occasion) -> bool {
        self.0 & occasion.bit() != 0
    }

    /// RFC 6651 §5: requests that are not known must be ignored; the second value says that there was none.
    fn parse(text: &[u8], known: &[Occasion]) -> (Self, bool) {
        let (mut set, mut all_known) = (0, true);
        for token in text.split(|byte| *byte == b':').map(<[u8]>::trim_ascii) {
            let is = |occasion: &&Occasion| token.eq_ignore_ascii_case(occasion.token().as_bytes());
            match known.iter().find(is) {
                Some(occasion) => set |= occasion.bit(),
                None if token.eq_ignore_ascii_case(b"all") => set = Self::ALL.0,
                None => all_known = false,
            }
        }
        (Self(set), all_known)
    }
}

impl Default for Requested {
    fn default() -> Self {
        Self::ALL
    }
}

impl Occasion {
    /// All that a signature's failure may be (RFC 6651 §5.1).
    pub const ALL: [Self; 7] =
        [Self::Dns, Self::Other, Self::Policy, Self::Syntax, Self::Unknown, Self::Verification, Self::Expired];
    /// Those of ADSP (RFC 6651 §5.2).
    pub const ADSP: [Self; 4] = [Self::Other, Self::Policy, Self::Syntax, Self::Unknown];

    /// The token in `rr=`.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Dns => "d",
            Self::Other => "o",
            Self::Policy => "p",
            Self::Syntax => "s",
            Self::Unknown => "u",
            Self::Verification => "v",
            Self::Expired => "x",
        }
    }

    /// What a signature's problem is an occasion for.
    #[must_use]
    pub fn of(problem: Problem) -> Self {
        match problem {
            Problem::Signature(_) | Problem::Key(_) => Self::Syntax,
            Problem::Expired(_) => Self::Expired,
            Problem::Lookup(_) | Problem::NoKeyRecord => Self::Dns,
            Problem::TooManySignatures | Problem::AlgorithmForbidden(_) | Problem::KeyShort(_) => Self::Policy,
            Problem::BodyShorterThanSigned(..) | Problem::BodyHashDiffers | Problem::SignatureDiffers => {
                Self::Verification
            }
            Problem::KeyKindMismatch(_)
            | Problem::HashNotAllowed(_)
            | Problem::NotForEmail
            | Problem::SubdomainNotAllowed
            | Problem::LocalPartNotAllowed => Self::Other,
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Dns => 1,
            Self::Other => 2,
            Self::Policy => 4,
            Self::Syntax => 8,
            Self::Unknown => 16,
            Self::Verification => 32,
            Self::Expired => 64,
        }
    }
}

impl ReportFlaw {
    /// Whether the record must not be used: RFC 6651 §3.3 ends at a record that is syntactically invalid.
    #[must_use]
    pub fn is_fatal(self) -> bool {
        !matches!(self, Self::Request | Self::WithoutAddress)
    }
}

/// Where the domain of a signature that asks for reports would confirm it: `_report._domainkey.<d=>`.
#[must_use]
pub fn question(parsed: &Parsed) -> Option<Question> {
    // RFC 6651 §3.3: without a valid `r=` there is nothing to ask.
    let domain = parsed.domain.as_ref().filter(|_| parsed.extensions.reports_requested)?;
    domain.prefixed("_report._domainkey").ok().map(Question::txt)
}

/// Finds out who wishes to be told of the signatures that failed. One outcome for each that failed and asks for it.
pub async fn wishes<L: Lookup + Sync>(
    lookup: &L,
    verifications: &[Outcome<Verification, DkimStep>],
) -> Vec<Outcome<Reporting, Step>> {
    // RFC 6651 §3.3: only for signatures whose verification fails.
    let failed = verifications.iter().map(|outcome| &outcome.result).filter(|result| result.status != Status::Pass);
    let asking: Vec<_> = failed.filter_map(|result| Some((result, question(&result.parsed)?))).collect();
    let mut seen: Vec<&Question> = Vec::new();
    let outcomes = asking.iter().map(|(verification, question)| {
        // RFC 6651 §3.3: not more than one report to a domain for one message, and a bound overall.
        let enough = seen.contains(&question) || seen.len() == REPORT_DOMAIN_COUNT_MAX;
        if !enough {
            seen.push(question);
        }
        async move {
            if enough {
                let result = Reporting { field_index: verification.field_index, wish: None };
                return Outcome { result, evidence: vec![Step::Enough] };
            }
            conclude(verification, question, &lookup.ask(question.clone()).await)
        }
    });
    join_all(outcomes.collect::<Vec<_>>()).await
}

/// Reads the answer for one failed signature.
#[must_use]
pub fn conclude(verification: &Verification, question: &Question, answer: &Answer) -> Outcome<Reporting, Step> {
    let mut evidence = vec![Step::Asked { question: question.clone(), answer: answer.clone() }];
    let wish = confirmed(answer, &mut evidence).and_then(|reports| {
        let domain = verification.parsed.domain.as_ref()?;
        let wish = reports.wish(domain, &occasions(verification));
        match &wish {
            None => evidence.push(Step::NotWished),
            Some(wish) => evidence.extend(wish.steps()),
        }
        wish
    });
    Outcome { result: Reporting { field_index: verification.field_index, wish }, evidence }
}

impl Wish {
    /// The steps that tell of it.
    pub(crate) fn steps(&self) -> impl Iterator<Item = Step> {
        let percentage = self.percentage;
        let wished = self.address.clone().map(|address| Step::Wished { address, percentage });
        wished.into_iter().chain(self.error_text.clone().map(|text| Step::ErrorText { text }))
    }
}

fn occasions(verification: &Verification) -> Vec<Occasion> {
    let first = verification.problem.map_or(Occasion::Other, Occasion::of);
    let unknown = verification.parsed.extensions.unknown_tag.then_some(Occasion::Unknown);
    std::iter::once(first).chain(unknown).collect()
}

fn confirmed(answer: &Answer, evidence: &mut Vec<Step>) -> Option<Reports> {
    // RFC 6651 §3.3: anything but one TXT record ends the matter.
    if let Answer::Failed(failure) = answer {
        evidence.push(Step::LookupFailed(*failure));
        return None;
    }
    let mut texts = answer.data().iter().filter_map(|data| match data {
        Data::Txt(text) => Some(text.bytes()),
        _ => None,
    });
    match (texts.next(), texts.next()) {
        (Some(text), None) => {
            let (reports, flaws) = Reports::parse(text);
            evidence.extend(flaws.iter().map(|flaw| Step::Flaw(flaw.kind)));
            (!flaws.iter().any(|flaw| flaw.kind.is_fatal())).then_some(reports)
        }
        (Some(_), Some(_)) => {
            evidence.push(Step::Several);
            None
        }
        (None, _) => {
            evidence.push(Step::NoRecord);
            None
        }
    }
}

/// `ra=`: quoted-printable; a local part and nothing else.
fn local_part(value: &[u8]) -> Option<String> {
    // A source route would make an address of somebody else's.
    let local = text(value).filter(|local| !local.starts_with('@'))?;
    ReversePath::parse(format!("<{local}@example.com>").as_bytes()).ok().map(|_| local)
}

fn text(value: &[u8]) -> Option<String> {
    let decoded = decode_dkim_quoted_printable(value).ok()?;
    String::from_utf8(decoded).ok().filter(|text| !text.is_empty() && !text.chars().any(char::is_control))
}

impl Explain for ReportFlaw {
    fn id(&self) -> &'static str {
        match self {
            Self::TooLong => "dkim-report-too-long",
            Self::TagList(_) => "dkim-report-syntax",
            Self::Address => "dkim-report-address",
            Self::Percentage => "dkim-report-percentage",
            Self::Request => "dkim-report-request",
            Self::ErrorText => "dkim-report-error-text-syntax",
            Self::WithoutAddress => "dkim-report-without-address",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::TooLong => None,
            Self::Request => Some(Rule("RFC 6651", "5")),
            _ => Some(Rule("RFC 6651", "3.2")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooLong => vec![("limit", PRACTICE_RECORD_BYTES_MAX.into())],
            Self::TagList(flaw) => vec![("flaw", Value::Word(flaw.id()))],
            _ => Vec::new(),
        }
    }
}

impl Explain for Step {
    fn id(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "dkim-report-asked",
            Self::LookupFailed(_) => "dkim-report-lookup-failed",
            Self::NoRecord => "dkim-report-no-record",
            Self::Several => "dkim-report-several",
            Self::Flaw(flaw) => flaw.id(),
            Self::NotWished => "dkim-report-not-wished",
            Self::Enough => "dkim-report-enough",
            Self::Wished { .. } => "dkim-report-wished",
            Self::ErrorText { .. } => "dkim-report-error-text",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Flaw(flaw) => flaw.rule(),
            _ => Some(Rule("RFC 6651", "3.3")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Asked { question, answer } => {
                vec![("question", question.to_string().into()), ("answer", Value::Word(answer.word()))]
            }
            Self::LookupFailed(failure) => vec![("failure", Value::Word(failure.word()))],
            Self::Flaw(flaw) => flaw.arguments(),
            Self::Wished { address, percentage } => {
                vec![("address", address.as_str().into()), ("percentage", u64::from(percentage.get()).into())]
            }
            Self::ErrorText { text } => vec![("text", text.as_str().into())],
            Self::NoRecord | Self::Several | Self::NotWished | Self::Enough => Vec::new(),
        }
    }
}
