//! What comes out of a check: the verdict, the term that gave it, the reason, and the evidence.

use std::fmt;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use lookup::{Answer, Failure, Question};
use mailtext::{Domain, DomainError, Explain, PathFlaw, Rule, Value};

use crate::flat::Flat;
use crate::flaw::RecordFlaw;
use crate::limits::Limits;
use crate::record::{Directive, Mechanism, Policy, Record, Selection};

/// The result for one identity and how it came about: permerror is a result, never an `Err`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// What came out.
    pub result: Checked,
    /// Every DNS answer used and every rule applied, in order.
    pub evidence: Evidence,
}

/// The steps of a check, in order. A check that had nothing to ask leaves them to be made by whoever reads them first;
/// they are the same either way.
pub struct Evidence(Steps);

enum Steps {
    /// A name without record takes one.
    One(Step),
    Made(Vec<Step>),
    Later(Later),
}

/// What the steps are made of.
struct Later {
    flat: Arc<Flat>,
    ip: IpAddr,
    limits: Limits,
    made: OnceLock<Vec<Step>>,
}

/// The results of RFC 7208 §2.6.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verdict {
    /// Nothing could be said: no domain, or no record.
    None,
    /// The domain says nothing of the client.
    Neutral,
    /// The client is authorised.
    Pass,
    /// The client is not authorised.
    Fail,
    /// The client is probably not authorised.
    SoftFail,
    /// A passing failure, mostly of DNS.
    TempError,
    /// The domain's records cannot be interpreted.
    PermError,
}

/// The identities of RFC 7208 §2.3 and §2.4.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Identity {
    /// The name given with HELO or EHLO.
    Helo,
    /// The reverse-path; when it is null, `postmaster` at the HELO name.
    MailFrom,
}

/// The result for one identity, with the values that Received-SPF and Authentication-Results need.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// Which identity was checked.
    pub identity: Identity,
    /// Its domain.
    pub(crate) domain: Option<Domain>,
    /// The result.
    pub verdict: Verdict,
    /// The record in force and the name where it stands: the domain's own, or the one that `redirect=` led to. Its
    /// modifiers of RFC 6652 count.
    pub in_force: Option<RecordAt>,
    /// Which directive of the record in force matched, from 0.
    pub directive: Option<u32>,
    /// When that directive is an include: the directive that matched at its end, however deep.
    pub included: Option<Place>,
    /// Terms that asked DNS, the one that exceeded the limit among them.
    pub lookups: u8,
    /// Answers that said that there is nothing, as far as they count.
    pub void_lookups: u8,
    /// The domain's own words on a fail, printable US-ASCII. They come from a third party.
    pub explanation: Option<String>,
    /// Why it is none, temperror or permerror.
    pub reason: Option<Problem>,
}

/// A record and the name where it was found.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordAt {
    /// What the TXT records of the name say.
    pub policy: Arc<Policy>,
    /// The name, where it is not the one for which the policy was made: several names may share one answer.
    alias: Option<Domain>,
}

/// A term in a record.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    /// The record.
    pub at: RecordAt,
    /// Which term of it.
    pub term: Term,
}

/// A term of a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Term {
    /// The directive of this number, from 0.
    Directive(u32),
    /// The modifier `redirect=`.
    Redirect,
    /// None: nothing matched, and the result is the default (RFC 7208 §4.7).
    Default,
}

/// How much of the Internet a term lets pass.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Breadth {
    /// Everyone: `all`, or a prefix of no bits.
    Everyone,
    /// The addresses that share so many leading bits.
    Prefix {
        /// Leading bits: 1 to 128.
        bits: u8,
        /// All bits of an address of the family: 32 or 128.
        of: u8,
    },
    /// Whoever a name in DNS says: `ptr`, `exists`, `include`, `redirect`.
    ByName,
}

/// Why a check ended in none, temperror or permerror.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// The reverse-path is no mailbox.
    SenderMalformed(PathFlaw),
    /// The domain of the identity is no domain name.
    DomainMalformed(DomainError),
    /// The domain of the identity is an address literal.
    AddressLiteral,
    /// The domain of the identity has one label only.
    SingleLabel,
    /// The name does not exist.
    NoSuchDomain(Domain),
    /// The name has no SPF record.
    NoRecord(Domain),
    /// The name has several SPF records.
    SeveralRecords(RecordAt),
    /// The record is syntactically wrong.
    RecordBroken(RecordAt),
    /// One term more asked DNS than is allowed.
    TooManyLookups(Place, u8),
    /// One void lookup more than is allowed.
    TooManyVoidLookups(Place, u8),
    /// The domain has more mail exchanges than one term may ask for.
    TooManyMailExchanges(Place, u8),
    /// `include:` or `redirect=` leads to a name without record.
    TargetWithoutRecord(Place, Domain),
    /// `include:` or `redirect=` leads to what is no domain name.
    TargetMalformed(Place),
    /// A question got no answer.
    Dns(Question, Failure),
}

/// One step of the evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// A question and its answer.
    Asked {
        /// What was asked.
        question: Question,
        /// What was answered.
        answer: Answer,
    },
    /// A question for a record, the sound record in the answer, and what came of it.
    Record {
        /// The record and the name that was asked.
        at: RecordAt,
        /// The answer.
        answer: Answer,
        /// How its evaluation ended; `None` when it did not, for a reason that ended the whole check.
        ended: Option<Ended>,
    },
    /// The term's domain cannot be a name in DNS; the term does not match.
    TargetUnusable(Place, DomainError),
    /// The term's domain uses a local part that is not US-ASCII; the term does not match.
    LocalPartNotAscii(Place),
    /// The answer before counts as a void lookup.
    Void(u8),
    /// The void lookup is not counted: the host has addresses of the other family.
    VoidForgiven(Question),
    /// The client has more names than are validated; the others are ignored.
    NamesIgnored(u8),
    /// The explanation of the record is not used.
    ExplanationUnusable(ExplanationFlaw),
}

/// How the evaluation of a record ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ended {
    /// By which term.
    pub term: Term,
    /// With which result of this record alone; `None` when `redirect=` leads on.
    pub verdict: Option<Verdict>,
}

/// Why an explanation is not used (RFC 7208 §6.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExplanationFlaw {
    /// The name cannot be asked.
    Target,
    /// The question failed, or there is no record.
    NoAnswer,
    /// There is more than one record.
    Several,
    /// The text is not an explain-string.
    Syntax(RecordFlaw),
    /// What came of it is not printable US-ASCII.
    Characters,
    /// What came of it is too long.
    TooLong,
}

impl Evidence {
    pub(crate) fn later(flat: Arc<Flat>, ip: IpAddr, limits: Limits) -> Self {
        Self(Steps::Later(Later { flat, ip, limits, made: OnceLock::new() }))
    }
}

impl Deref for Evidence {
    type Target = [Step];

    fn deref(&self) -> &[Step] {
        match &self.0 {
            Steps::One(step) => std::slice::from_ref(step),
            Steps::Made(steps) => steps,
            Steps::Later(later) => later.made.get_or_init(|| later.flat.evidence(later.ip, &later.limits)),
        }
    }
}

impl From<Vec<Step>> for Evidence {
    fn from(steps: Vec<Step>) -> Self {
        Self(Steps::Made(steps))
    }
}

impl From<Step> for Evidence {
    fn from(step: Step) -> Self {
        Self(Steps::One(step))
    }
}

impl Clone for Evidence {
    fn clone(&self) -> Self {
        match &self.0 {
            Steps::One(step) => step.clone().into(),
            Steps::Made(steps) => steps.clone().into(),
            Steps::Later(later) => Self::later(Arc::clone(&later.flat), later.ip, later.limits),
        }
    }
}

impl PartialEq for Evidence {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Evidence {}

impl fmt::Debug for Evidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

impl Verdict {
    /// The word of RFC 7208 and RFC 8601: `softfail`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Neutral => "neutral",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::SoftFail => "softfail",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Identity {
    /// The word of RFC 7208 §9.1: `mailfrom`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Helo => "helo",
            Self::MailFrom => "mailfrom",
        }
    }
}

impl Checked {
    /// The domain of the identity; `None` when there was none that could be evaluated.
    #[must_use]
    pub fn domain(&self) -> Option<&Domain> {
        self.domain.as_ref()
    }

    /// The term of the record in force that matched.
    #[must_use]
    pub fn matched(&self) -> Option<Place> {
        let at = self.in_force.clone()?;
        Some(Place { at, term: Term::Directive(self.directive?) })
    }

    /// The term that decided: the one at the end of the includes, or the matched one itself.
    #[must_use]
    pub fn decided_by(&self) -> Option<Place> {
        self.included.clone().or_else(|| self.matched())
    }
}

impl RecordAt {
    pub(crate) fn new(domain: &Domain, policy: Arc<Policy>) -> Self {
        let alias = if *domain == policy.domain { None } else { Some(domain.clone()) };
        Self { policy, alias }
    }

    /// The name where the record stands.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        self.alias.as_ref().unwrap_or(&self.policy.domain)
    }

    /// The record.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.policy.record
    }
}

impl Place {
    /// The directive, where the place is one.
    #[must_use]
    pub fn directive(&self) -> Option<&Directive> {
        let Term::Directive(index) = self.term else { return None };
        self.at.record().directives().get(index as usize)
    }

    /// The term as it is written in the record; `default` when nothing matched, as RFC 7208 §9.1 has it.
    #[must_use]
    pub fn text(&self) -> String {
        let record = self.at.record();
        let span = match self.term {
            Term::Directive(_) => self.directive().map(|directive| directive.span),
            Term::Redirect => record.redirect.as_ref().map(|modifier| modifier.span),
            Term::Default => None,
        };
        span.map_or_else(|| "default".to_owned(), |span| record.term_text(span))
    }

    /// How much of the Internet the term lets pass, for a client of the family of `ip`: a prefix for what is compared
    /// with addresses.
    #[must_use]
    pub fn breadth(&self, ip: IpAddr) -> Breadth {
        let is_ip4 = ip.to_canonical().is_ipv4();
        let of = if is_ip4 { 32 } else { 128 };
        let Some(directive) = self.directive() else { return Breadth::ByName };
        let bits = match &directive.mechanism {
            Mechanism::All => 0,
            Mechanism::Ip4(_, bits) | Mechanism::Ip6(_, bits) => *bits,
            Mechanism::A(_, cidr) | Mechanism::Mx(_, cidr) => {
                if is_ip4 {
                    cidr.ip4_bits
                } else {
                    cidr.ip6_bits
                }
            }
            Mechanism::Include(_) | Mechanism::Ptr(_) | Mechanism::Exists(_) => return Breadth::ByName,
        };
        if bits == 0 { Breadth::Everyone } else { Breadth::Prefix { bits, of } }
    }
}

impl Breadth {
    /// The number of addresses as a power of two: 0 for a single address; `None` when only DNS knows.
    #[must_use]
    pub fn free_bits(self, ip: IpAddr) -> Option<u8> {
        match self {
            Self::Everyone => Some(if ip.to_canonical().is_ipv4() { 32 } else { 128 }),
            Self::Prefix { bits, of } => Some(of.saturating_sub(bits)),
            Self::ByName => None,
        }
    }
}

impl fmt::Debug for RecordAt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {:?}", self.domain(), String::from_utf8_lossy(self.record().text()))
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {:?}", self.at.domain(), self.text())
    }
}

/// The ids of all steps and problems, for the catalogues; the flaws of records have theirs in [`RecordFlaw::IDS`].
pub const IDS: &[&str] = &[
    "spf-address-literal",
    "spf-asked",
    "spf-dns-failure",
    "spf-domain-malformed",
    "spf-explanation-unusable",
    "spf-local-part-not-ascii",
    "spf-names-ignored",
    "spf-no-record",
    "spf-no-such-domain",
    "spf-record",
    "spf-record-broken",
    "spf-sender-malformed",
    "spf-several-records",
    "spf-single-label",
    "spf-target-malformed",
    "spf-target-unusable",
    "spf-target-without-record",
    "spf-too-many-lookups",
    "spf-too-many-mail-exchanges",
    "spf-too-many-void-lookups",
    "spf-void",
    "spf-void-forgiven",
];

type Arguments = Vec<(&'static str, Value)>;

impl Explain for Problem {
    fn id(&self) -> &'static str {
        match self {
            Self::SenderMalformed(_) => "spf-sender-malformed",
            Self::DomainMalformed(_) => "spf-domain-malformed",
            Self::AddressLiteral => "spf-address-literal",
            Self::SingleLabel => "spf-single-label",
            Self::NoSuchDomain(_) => "spf-no-such-domain",
            Self::NoRecord(_) => "spf-no-record",
            Self::SeveralRecords(_) => "spf-several-records",
            Self::RecordBroken(_) => "spf-record-broken",
            Self::TooManyLookups(..) => "spf-too-many-lookups",
            Self::TooManyVoidLookups(..) => "spf-too-many-void-lookups",
            Self::TooManyMailExchanges(..) => "spf-too-many-mail-exchanges",
            Self::TargetWithoutRecord(..) => "spf-target-without-record",
            Self::TargetMalformed(_) => "spf-target-malformed",
            Self::Dns(..) => "spf-dns-failure",
        }
    }

    fn rule(&self) -> Option<Rule> {
        let section = match self {
            Self::SenderMalformed(_) | Self::DomainMalformed(_) | Self::AddressLiteral | Self::SingleLabel => "4.3",
            Self::NoSuchDomain(_) => "4.3",
            Self::NoRecord(_) | Self::SeveralRecords(_) => "4.5",
            Self::RecordBroken(_) => "4.6",
            Self::TooManyLookups(..) | Self::TooManyVoidLookups(..) | Self::TooManyMailExchanges(..) => "4.6.4",
            Self::TargetWithoutRecord(place, _) | Self::TargetMalformed(place) => {
                if place.term == Term::Redirect {
                    "6.1"
                } else {
                    "5.2"
                }
            }
            // RFC 7208 §4.6.4: if the limit of time is exceeded, the result SHOULD be "temperror"
            Self::Dns(_, Failure::Budget) => "4.6.4",
            Self::Dns(..) => "4.4",
        };
        Some(Rule("RFC 7208", section))
    }

    fn arguments(&self) -> Arguments {
        match self {
            Self::AddressLiteral | Self::SingleLabel => Vec::new(),
            Self::SenderMalformed(flaw) => vec![("flaw", Value::Word(flaw.id()))],
            Self::DomainMalformed(error) => vec![("flaw", Value::Word(error.id()))],
            Self::NoSuchDomain(domain) | Self::NoRecord(domain) => vec![("domain", domain.into())],
            Self::SeveralRecords(at) => {
                let count = if let Selection::Several(count) = at.policy.selection { count } else { 0 };
                vec![("domain", at.domain().into()), ("count", count.into())]
            }
            Self::RecordBroken(at) => broken_arguments(at),
            Self::TooManyLookups(place, limit)
            | Self::TooManyVoidLookups(place, limit)
            | Self::TooManyMailExchanges(place, limit) => {
                let mut arguments = place_arguments(place);
                arguments.push(("limit", u64::from(*limit).into()));
                arguments
            }
            Self::TargetWithoutRecord(place, target) => {
                let mut arguments = place_arguments(place);
                arguments.push(("target", target.into()));
                arguments
            }
            Self::TargetMalformed(place) => place_arguments(place),
            Self::Dns(question, failure) => {
                let kind = Value::Word(question.kind.as_str());
                vec![("name", (&question.name).into()), ("kind", kind), ("failure", Value::Word(failure.word()))]
            }
        }
    }
}

impl Explain for Step {
    fn id(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "spf-asked",
            Self::Record { .. } => "spf-record",
            Self::TargetUnusable(..) => "spf-target-unusable",
            Self::LocalPartNotAscii(_) => "spf-local-part-not-ascii",
            Self::Void(_) => "spf-void",
            Self::VoidForgiven(_) => "spf-void-forgiven",
            Self::NamesIgnored(_) => "spf-names-ignored",
            Self::ExplanationUnusable(_) => "spf-explanation-unusable",
        }
    }

    fn rule(&self) -> Option<Rule> {
        let section = match self {
            Self::Asked { .. } => return None,
            Self::Record { at, ended, .. } => section_of(at, ended.map_or(Term::Default, |ended| ended.term)),
            Self::TargetUnusable(..) => "4.8",
            Self::LocalPartNotAscii(_) => return Some(Rule("RFC 8616", "4")),
            Self::Void(_) | Self::VoidForgiven(_) | Self::NamesIgnored(_) => "4.6.4",
            Self::ExplanationUnusable(_) => "6.2",
        };
        Some(Rule("RFC 7208", section))
    }

    fn arguments(&self) -> Arguments {
        match self {
            Self::Asked { question, answer } => asked_arguments(question, answer),
            Self::Record { at, ended, .. } => record_arguments(at, *ended),
            Self::LocalPartNotAscii(place) => place_arguments(place),
            Self::TargetUnusable(place, error) => {
                let mut arguments = place_arguments(place);
                arguments.push(("flaw", Value::Word(error.id())));
                arguments
            }
            Self::Void(count) | Self::NamesIgnored(count) => vec![("count", u64::from(*count).into())],
            Self::VoidForgiven(question) => {
                vec![("name", (&question.name).into()), ("kind", Value::Word(question.kind.as_str()))]
            }
            Self::ExplanationUnusable(flaw) => vec![("flaw", Value::Word(flaw.word()))],
        }
    }
}

impl ExplanationFlaw {
    fn word(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::NoAnswer => "no-answer",
            Self::Several => "several",
            Self::Syntax(flaw) => flaw.id(),
            Self::Characters => "characters",
            Self::TooLong => "too-long",
        }
    }
}

fn section_of(at: &RecordAt, term: Term) -> &'static str {
    let Term::Directive(index) = term else { return if term == Term::Redirect { "6.1" } else { "4.7" } };
    match at.record().directives().get(index as usize).map(|directive| &directive.mechanism) {
        Some(Mechanism::All) => "5.1",
        Some(Mechanism::Include(_)) => "5.2",
        Some(Mechanism::A(..)) => "5.3",
        Some(Mechanism::Mx(..)) => "5.4",
        Some(Mechanism::Ptr(_)) => "5.5",
        Some(Mechanism::Ip4(..) | Mechanism::Ip6(..)) => "5.6",
        Some(Mechanism::Exists(_)) => "5.7",
        None => "4.7",
    }
}

fn record_arguments(at: &RecordAt, ended: Option<Ended>) -> Arguments {
    let text = String::from_utf8_lossy(at.record().text()).into_owned();
    let mut arguments = vec![("domain", at.domain().into()), ("record", Value::Text(text))];
    if let Some(ended) = ended {
        arguments.push(("term", Place { at: at.clone(), term: ended.term }.text().into()));
        if let Some(verdict) = ended.verdict {
            arguments.push(("result", Value::Word(verdict.as_str())));
        }
    }
    arguments
}

fn place_arguments(place: &Place) -> Arguments {
    vec![("domain", place.at.domain().into()), ("term", place.text().into())]
}

fn broken_arguments(at: &RecordAt) -> Arguments {
    let Selection::Broken(flaw) = at.policy.selection else { return vec![("domain", at.domain().into())] };
    vec![
        ("domain", at.domain().into()),
        ("flaw", Value::Word(flaw.kind.id())),
        ("at", u64::from(flaw.span.start).into()),
        ("text", at.record().term_text(flaw.span).into()),
    ]
}

fn asked_arguments(question: &Question, answer: &Answer) -> Arguments {
    let mut arguments = vec![
        ("name", (&question.name).into()),
        ("kind", Value::Word(question.kind.as_str())),
        ("answer", Value::Word(answer.word())),
    ];
    for data in answer.data().iter().take(SHOWN_RECORD_COUNT_MAX) {
        arguments.push(("data", data.to_string().into()));
    }
    let more = answer.data().len().saturating_sub(SHOWN_RECORD_COUNT_MAX);
    if more > 0 {
        arguments.push(("more", more.into()));
    }
    arguments
}

/// Most records of one answer that are shown as arguments; the step itself holds them all.
const SHOWN_RECORD_COUNT_MAX: usize = 12;
