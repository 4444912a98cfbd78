//! Sender ID (RFC 4405, RFC 4406): historic. May this client use the address that the header, or the envelope, names as
//! responsible?
//!
//! It is an experiment that ended; its results are for reports and studies, and never authenticate anything for DMARC.
//! The evaluation is that of SPF, with the same limits and evidence; what differs is the address that is checked, how the
//! record is chosen, and what a name that does not exist means.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use lookup::{Lookup, Question};
use mailtext::authres::{Keyword, MethodResult};
use mailtext::{Domain, Explain, ReversePath, Rule, Value};

use crate::evaluate::{self, End, Evaluated, Subject, checkable, evaluate_from};
use crate::flat::{self, Walked};
use crate::limits::{Limits, SUBMITTER_BYTES_MAX};
use crate::outcome::{self, Identity, Place, RecordAt, Term, Verdict};
use crate::pra::{Pra, PraFlaw};
use crate::record::{Scope, Selection, Version};

/// What is checked.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The client and the envelope, as for SPF.
    pub smtp: &'a evaluate::Request<'a>,
    /// Which of the two tests.
    pub test: Test<'a>,
}

/// The two tests of RFC 4406 §4.
#[derive(Clone, Copy, Debug)]
pub enum Test<'a> {
    /// Of the purported responsible address; [`Pra::of`] finds it.
    Pra(&'a Result<Pra, PraFlaw>),
    /// Of the reverse-path.
    MailFrom,
}

/// The outcome of one test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The result.
    pub result: Checked,
    /// What led to it.
    pub evidence: Evidence,
}

/// The steps of a test, in order. What SPF has to tell is gathered by whoever reads it first.
pub struct Evidence {
    own: Vec<Step>,
    of_spf: outcome::Evidence,
    all: OnceLock<Vec<Step>>,
}

/// The result of one test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// Which test.
    pub scope: Scope,
    /// The address, in the PRA test, when there is one.
    pub pra: Option<Pra>,
    /// The domain that was checked; `None` when there was none.
    pub domain: Option<Domain>,
    /// The result of check_host(); permerror when there is no address to check.
    pub verdict: Verdict,
    /// How the domain's own record begins, when it has one.
    pub version: Option<Version>,
    /// The record in force and the name where it stands: the domain's own, or the one that `redirect=` led to.
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
    /// Why it is none, temperror or permerror, or a fail without a record.
    pub reason: Option<Problem>,
}

/// Why a test ended without a directive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// There is no purported responsible address.
    NoPra(PraFlaw),
    /// The domain, or the target of a redirect, does not exist: a fail in the PRA test.
    NoSuchDomain(Domain),
    /// No record of the domain is for the scope.
    NoRecord(Domain, Scope),
    /// So many records of the domain are for the scope, more than one.
    SeveralRecords(Domain, Scope, usize),
    /// As in SPF.
    Spf(outcome::Problem),
}

/// One step of the evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The purported responsible address.
    Address(Box<Pra>),
    /// The domain has a record of version 2 for the scope.
    OwnRecord(Domain, Scope),
    /// The domain's `v=spf1` record is taken instead.
    SpfRecord(Domain, Scope),
    /// As in SPF.
    Spf(outcome::Step),
}

/// What an SMTP server answers that rejects for this reason. Whether it does is not decided here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// 550, 554 or 450.
    pub code: u16,
    /// The enhanced status code: `5.7.1`.
    pub enhanced: &'static str,
    /// The text, of one line.
    pub text: String,
}

/// What the parameter SUBMITTER of MAIL is, beside the header (RFC 4405 §4.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Submitter {
    /// The purported responsible address of the header.
    Matches(ReversePath),
    /// Another address than that.
    Differs(ReversePath),
    /// The header has no such address.
    NoPra(PraFlaw),
    /// The parameter is no mailbox.
    Malformed,
}

/// Runs one test.
pub async fn check<L: Lookup + Sync>(lookup: &L, request: &Request<'_>, limits: &Limits) -> Outcome {
    let scope = request.test.scope();
    let pra = if let Test::Pra(Ok(pra)) = request.test { Some(pra.clone()) } else { None };
    let mut own = Vec::with_capacity(2);
    own.extend(pra.clone().map(|pra| Step::Address(Box::new(pra))));
    let (local_part, domain) = match address(request) {
        Ok(address) => address,
        Err(problem) => {
            let domain = pra.as_ref().map(|pra| pra.domain.clone());
            let result = Checked { pra, domain, ..Checked::without(scope, problem) };
            return Outcome { result, evidence: Evidence::new(own, Vec::new().into()) };
        }
    };
    // RFC 4406 §4.1: Sender ID modifies the check_host() function by the addition of a scope parameter
    let subject = Subject { local_part, domain: &domain, scope: Some(scope) };
    let Hosted { ending, version, explanation, lookups, void_lookups, evidence } =
        check_host(lookup, request.smtp, subject, limits).await;
    own.extend(version.as_ref().map(|version| match version {
        Version::Spf1 => Step::SpfRecord(Domain::clone(&domain), scope),
        Version::Spf2 { .. } => Step::OwnRecord(Domain::clone(&domain), scope),
    }));
    let counted = Checked {
        pra,
        domain: Some(domain.into_owned()),
        version,
        lookups,
        void_lookups,
        explanation,
        ..Checked::empty(scope)
    };
    let result = match ending {
        Ok(end) => Checked {
            verdict: end.verdict,
            directive: end.directive,
            included: end.included,
            in_force: Some(end.in_force),
            ..counted
        },
        Err(problem) => {
            let Checked { verdict, reason, .. } = Checked::without(scope, Problem::of(scope, problem));
            Checked { verdict, reason, ..counted }
        }
    };
    Outcome { result, evidence: Evidence::new(own, evidence) }
}

/// What check_host() found for a scope.
struct Hosted {
    ending: Result<End, outcome::Problem>,
    /// How the domain's own record begins.
    version: Option<Version>,
    explanation: Option<String>,
    lookups: u8,
    void_lookups: u8,
    evidence: outcome::Evidence,
}

async fn check_host<L: Lookup + Sync>(
    lookup: &L,
    request: &evaluate::Request<'_>,
    subject: Subject<'_>,
    limits: &Limits,
) -> Hosted {
    let first = lookup.ask_ref(&Question::txt(subject.domain.clone())).await;
    // Where the policy is that of SPF, what was made of it serves here, too.
    let walked = lookup.keeper().and_then(|keeper| flat::walk(keeper, &first, subject, request, limits).ok());
    if let Some(Walked { end, lookups, void_lookups, evidence }) = walked {
        let version = Some(Version::Spf1);
        return Hosted { ending: Ok(end), version, explanation: None, lookups, void_lookups, evidence };
    }
    let Evaluated { ending, explanation, lookups, void_lookups, evidence } =
        Box::pin(evaluate_from(lookup, first, request, subject, limits)).await;
    let version = own_version(&evidence, ending.as_ref().err());
    Hosted { ending, version, explanation, lookups, void_lookups, evidence: evidence.into() }
}

/// Compares the parameter SUBMITTER, as it stands in the command, with the header's address.
#[must_use]
pub fn check_submitter(parameter: &[u8], pra: &Result<Pra, PraFlaw>) -> mailtext::Outcome<Submitter, Step> {
    let evidence = pra.iter().map(|pra| Step::Address(Box::new(pra.clone()))).collect();
    mailtext::Outcome { result: Submitter::of(parameter, pra), evidence }
}

impl Test<'_> {
    /// The scope of the records that count for the test.
    #[must_use]
    pub fn scope(self) -> Scope {
        match self {
            Self::Pra(_) => Scope::Pra,
            Self::MailFrom => Scope::MailFrom,
        }
    }
}

/// Local part and domain of the address that the test is of.
fn address<'r>(request: &Request<'r>) -> Result<(&'r str, Cow<'r, Domain>), Problem> {
    match request.test {
        Test::Pra(Ok(pra)) => {
            checkable(&pra.domain).map_err(Problem::Spf)?;
            Ok((&pra.mailbox.local, Cow::Borrowed(&pra.domain)))
        }
        Test::Pra(Err(flaw)) => Err(Problem::NoPra(*flaw)),
        // RFC 4406 §4: the MAIL FROM variant of this test does so as specified in [RFC4408]
        Test::MailFrom => evaluate::sender(request.smtp, Identity::MailFrom).map_err(Problem::Spf),
    }
}

/// How the record of the checked domain itself begins.
fn own_version(steps: &[outcome::Step], problem: Option<&outcome::Problem>) -> Option<Version> {
    match (steps.first(), problem) {
        (Some(outcome::Step::Record { at, .. }), _) | (_, Some(outcome::Problem::RecordBroken(at))) => {
            Some(at.record().version.clone())
        }
        _ => None,
    }
}

impl Evidence {
    fn new(own: Vec<Step>, of_spf: outcome::Evidence) -> Self {
        Self { own, of_spf, all: OnceLock::new() }
    }
}

impl Deref for Evidence {
    type Target = [Step];

    fn deref(&self) -> &[Step] {
        let gather = || self.own.iter().cloned().chain(self.of_spf.iter().cloned().map(Step::Spf)).collect();
        self.all.get_or_init(gather)
    }
}

impl Clone for Evidence {
    fn clone(&self) -> Self {
        Self::new(self.own.clone(), self.of_spf.clone())
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

impl Checked {
    fn empty(scope: Scope) -> Self {
        Self {
            scope,
            pra: None,
            domain: None,
            verdict: Verdict::None,
            version: None,
            in_force: None,
            directive: None,
            included: None,
            lookups: 0,
            void_lookups: 0,
            explanation: None,
            reason: None,
        }
    }

    fn without(scope: Scope, problem: Problem) -> Self {
        Self { verdict: problem.verdict(), reason: Some(problem), ..Self::empty(scope) }
    }

    /// Whether the result must not be acted upon: a `v=spf1` record was taken for an address that its owner did not
    /// write it for. It fails what forwarders and lists send on.
    #[must_use]
    pub fn is_for_reporting_only(&self) -> bool {
        // RFC 4406 §3.4: if the information in a "v=spf1" record is not correct for a PRA check …
        self.scope == Scope::Pra && self.version == Some(Version::Spf1)
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

    /// The result for Authentication-Results: `sender-id=pass header.from=example.jp`, without a reason.
    #[must_use]
    pub fn method_result(&self) -> MethodResult {
        let mut result = MethodResult::new(Keyword::of("sender-id"), Keyword::of(self.verdict.as_str()));
        if self.is_for_reporting_only() {
            result = result.commented("v=spf1 taken for the PRA, for reporting only");
        }
        // RFC 5451 §2.4.2: without the local part, which is not authenticated
        match (&self.pra, &self.domain, self.scope) {
            (Some(pra), ..) => result.with("header", pra.field.as_str(), pra.domain.as_str()),
            (None, Some(domain), Scope::MailFrom) => result.with("smtp", "mailfrom", domain.as_str()),
            _ => result,
        }
    }

    /// What a server says that rejects the message because of the result. `None` where the standard knows no reply, and
    /// for results that are for reporting only.
    #[must_use]
    pub fn reply(&self) -> Option<Reply> {
        if self.is_for_reporting_only() {
            return None;
        }
        let test = if self.scope == Scope::Pra { "PRA" } else { "MAIL FROM" };
        match (&self.reason, self.verdict) {
            // RFC 4406 §4: the message SHOULD be rejected with error "550 5.7.1 Missing Purported Responsible Address"
            (Some(Problem::NoPra(_)), _) => {
                Some(Reply::new(550, "5.7.1", "Missing Purported Responsible Address".into()))
            }
            // RFC 4406 §4: … or error "550 5.7.1 Missing Reverse-Path address"
            (Some(Problem::Spf(problem)), _) if self.scope == Scope::MailFrom && is_no_address(problem) => {
                Some(Reply::new(550, "5.7.1", "Missing Reverse-Path address".into()))
            }
            // RFC 4406 §5.3: "550 5.7.1 Sender ID (xxx) yyy - zzz"
            (reason, Verdict::Fail) => {
                let why = if reason.is_some() { "Domain Does Not Exist" } else { "Not Permitted" };
                let words = self.explanation.as_deref().map(|words| format!(" - {words}")).unwrap_or_default();
                Some(Reply::new(550, "5.7.1", format!("Sender ID ({test}) {why}{words}")))
            }
            // RFC 4406 §5.4: MAY reject the message with a "450 4.4.3 Sender ID check is temporarily unavailable"
            (_, Verdict::TempError) => {
                Some(Reply::new(450, "4.4.3", "Sender ID check is temporarily unavailable".into()))
            }
            _ => None,
        }
    }
}

/// Whether the reverse-path was no address that could be checked.
fn is_no_address(problem: &outcome::Problem) -> bool {
    matches!(problem, outcome::Problem::SenderMalformed(_) | outcome::Problem::DomainMalformed(_))
}

impl Reply {
    fn new(code: u16, enhanced: &'static str, text: String) -> Self {
        Self { code, enhanced, text }
    }
}

impl Problem {
    fn of(scope: Scope, problem: outcome::Problem) -> Self {
        match problem {
            outcome::Problem::NoSuchDomain(domain) if scope == Scope::Pra => Self::NoSuchDomain(domain),
            outcome::Problem::NoRecord(domain) => Self::NoRecord(domain, scope),
            outcome::Problem::SeveralRecords(at) => match at.policy.selection {
                Selection::Several(count) => Self::SeveralRecords(at.domain().clone(), scope, count),
                _ => Self::Spf(outcome::Problem::SeveralRecords(at)),
            },
            problem => Self::Spf(problem),
        }
    }

    /// The result that follows.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            // RFC 5451 §2.4.2: permerror – some error that is unrecoverable, such as a required header field being absent
            Self::NoPra(_) => Verdict::PermError,
            // RFC 4406 §4.3: if the DNS query returns "non-existent domain", the result is "Fail"
            Self::NoSuchDomain(_) => Verdict::Fail,
            // RFC 4406 §4.4: no matching records remaining – "None"; two or more – "PermError"
            Self::NoRecord(..) => Verdict::None,
            Self::SeveralRecords(..) => Verdict::PermError,
            Self::Spf(problem) => problem.verdict(),
        }
    }
}

impl Submitter {
    /// Reads the parameter as it stands in the command, and compares it with the address of the header.
    #[must_use]
    pub fn of(parameter: &[u8], pra: &Result<Pra, PraFlaw>) -> Self {
        // RFC 4405 §4: "SUBMITTER=" Mailbox, encoded as "xtext"
        let Some(path) = decode_xtext(parameter).and_then(|text| ReversePath::parse(&text).ok()) else {
            return Self::Malformed;
        };
        let ReversePath::Mailbox { local, domain } = &path else { return Self::Malformed };
        match pra {
            Err(flaw) => Self::NoPra(*flaw),
            // RFC 5321 §2.4: the local-part is compared with regard to case, the domain without
            Ok(pra) if *local == pra.mailbox.local && domain.name() == Some(&pra.domain) => Self::Matches(path),
            Ok(_) => Self::Differs(path),
        }
    }

    /// What a server says that rejects the message because of it.
    #[must_use]
    pub fn reply(&self) -> Option<Reply> {
        match self {
            Self::Matches(_) => None,
            // RFC 4405 §4.2: MUST reject the message, and MUST use "550 5.7.1 Submitter does not match header."
            Self::Differs(_) => Some(Reply::new(550, "5.7.1", "Submitter does not match header.".into())),
            // RFC 4405 §4.2: SHOULD reject the message, and MUST use "554 5.7.7 Cannot verify submitter address."
            Self::NoPra(_) => Some(Reply::new(554, "5.7.7", "Cannot verify submitter address.".into())),
            // RFC 5321 §4.2.3: 501 syntax error in parameters or arguments
            Self::Malformed => Some(Reply::new(501, "5.5.4", "Syntax error in the parameter SUBMITTER".into())),
        }
    }
}

/// Decodes `xtext` (RFC 3461 §4); `None` when it is none, or too long. Letters outside US-ASCII stand for themselves.
fn decode_xtext(text: &[u8]) -> Option<Vec<u8>> {
    if text.len() > SUBMITTER_BYTES_MAX {
        return None;
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            // RFC 3461 §4: hexchar = ASCII "+" immediately followed by two upper case hexadecimal digits
            b'+' => hex_digit(bytes.next()?)? << 4 | hex_digit(bytes.next()?)?,
            // RFC 3461 §4: xchar = any ASCII CHAR between "!" and "~" inclusive, except for "+" and "="
            b'=' | ..=b' ' | 0x7F => return None,
            byte => byte,
        });
    }
    Some(decoded)
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The ids of this module, for the catalogues; those of the address are in [`PraFlaw::IDS`], those of SPF in
/// [`outcome::IDS`].
pub const IDS: &[&str] = &[
    "sender-id-address",
    "sender-id-own-record",
    "sender-id-spf-record",
    "sender-id-no-such-domain",
    "sender-id-no-record",
    "sender-id-several-records",
    "sender-id-submitter-matches",
    "sender-id-submitter-differs",
    "sender-id-submitter-unverifiable",
    "sender-id-submitter-malformed",
];

impl Explain for Step {
    fn id(&self) -> &'static str {
        match self {
            Self::Address(_) => "sender-id-address",
            Self::OwnRecord(..) => "sender-id-own-record",
            Self::SpfRecord(..) => "sender-id-spf-record",
            Self::Spf(step) => step.id(),
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Address(_) => Some(Rule("RFC 4407", "2")),
            Self::OwnRecord(..) => Some(Rule("RFC 4406", "4.4")),
            Self::SpfRecord(..) => Some(Rule("RFC 4406", "3.4")),
            Self::Spf(step) => step.rule(),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Address(pra) => {
                vec![("field", Value::Word(pra.field.as_str())), ("address", pra.mailbox.to_string().into())]
            }
            Self::OwnRecord(domain, scope) | Self::SpfRecord(domain, scope) => {
                vec![("domain", domain.into()), ("scope", Value::Word(scope.as_str()))]
            }
            Self::Spf(step) => step.arguments(),
        }
    }
}

impl Explain for Problem {
    fn id(&self) -> &'static str {
        match self {
            Self::NoPra(flaw) => flaw.id(),
            Self::NoSuchDomain(_) => "sender-id-no-such-domain",
            Self::NoRecord(..) => "sender-id-no-record",
            Self::SeveralRecords(..) => "sender-id-several-records",
            Self::Spf(problem) => problem.id(),
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::NoPra(flaw) => flaw.rule(),
            Self::NoSuchDomain(_) => Some(Rule("RFC 4406", "4.3")),
            Self::NoRecord(..) | Self::SeveralRecords(..) => Some(Rule("RFC 4406", "4.4")),
            Self::Spf(problem) => problem.rule(),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::NoPra(flaw) => flaw.arguments(),
            Self::NoSuchDomain(domain) => vec![("domain", domain.into())],
            Self::NoRecord(domain, scope) => vec![("domain", domain.into()), ("scope", Value::Word(scope.as_str()))],
            Self::SeveralRecords(domain, scope, count) => {
                vec![("domain", domain.into()), ("scope", Value::Word(scope.as_str())), ("count", (*count).into())]
            }
            Self::Spf(problem) => problem.arguments(),
        }
    }
}

impl Explain for Submitter {
    fn id(&self) -> &'static str {
        match self {
            Self::Matches(_) => "sender-id-submitter-matches",
            Self::Differs(_) => "sender-id-submitter-differs",
            Self::NoPra(_) => "sender-id-submitter-unverifiable",
            Self::Malformed => "sender-id-submitter-malformed",
        }
    }

    fn rule(&self) -> Option<Rule> {
        Some(Rule("RFC 4405", if *self == Self::Malformed { "4" } else { "4.2" }))
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Matches(path) | Self::Differs(path) => vec![("address", path.to_string().into())],
            Self::NoPra(flaw) => {
                // The reason is a sentence of its own, which wants its arguments.
                let mut arguments = flaw.arguments();
                arguments.push(("reason", Value::Word(flaw.id())));
                arguments
            }
            Self::Malformed => Vec::new(),
        }
    }
}
