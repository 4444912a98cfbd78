//! check_host() (RFC 7208 §4): from an identity to a result.
//!
//! Includes are frames on a stack of one `async fn`, so that a check needs no allocation per include and no depth but the
//! limit of look-ups.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use futures_util::future::{join, join_all};
use lookup::{Answer, Data, Failure, Kind, Lookup, Question};
use mailtext::{Domain, DomainError, Host, PathFlaw, ReversePath};
use smallvec::SmallVec;

use crate::flat::{self, Beyond, Walked};
use crate::limits::{EXPLANATION_BYTES_MAX, Limits};
use crate::macros::{Letter, MacroString, Values};
use crate::outcome::{
    Checked, Ended, ExplanationFlaw, Identity, Outcome, Place, Problem, RecordAt, Step, Term, Verdict,
};
use crate::record::{Directive, DomainSpec, DualCidr, Mechanism, Policy, Scope, Selection, Stage, mask4, mask6};

/// What is known of a message before its first header field.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The client's address. An IPv4-mapped IPv6 address is taken for the IPv4 address it holds.
    pub ip: IpAddr,
    /// The name given with HELO or EHLO, as it came; empty when there was none.
    pub helo: &'a str,
    /// The reverse-path.
    pub mail_from: MailFrom<'a>,
    /// The name of the receiving host; `unknown` when it shall not be told (RFC 7208 §7.3).
    pub receiver: &'a str,
    /// Seconds since 1970, for the macro `t`.
    pub now_s: u64,
    /// Whether the domain's explanation of a fail is wanted; it costs a question.
    pub explanation: ExplanationUse,
}

/// The reverse-path of a message, read strictly before it comes here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MailFrom<'a> {
    /// `<>`
    Null,
    /// A mailbox.
    Mailbox {
        /// What stands before the last `@`; empty is read as `postmaster`.
        local_part: &'a str,
        /// What stands after it.
        domain: Domain,
    },
    /// A mailbox at an address literal.
    AddressLiteral,
    /// A mailbox at what is no domain name.
    DomainMalformed(DomainError),
    /// Not a mailbox at all.
    Malformed(PathFlaw),
}

/// Whether explanations are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ExplanationUse {
    /// They are looked up for a fail.
    #[default]
    Fetch,
    /// They are not.
    Skip,
}

/// The outcomes for both identities.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Both {
    /// For the name given with HELO or EHLO.
    pub helo: Outcome,
    /// For the reverse-path.
    pub mail_from: Outcome,
}

impl<'a> MailFrom<'a> {
    /// The reverse-path of a mailbox whose domain is given as it was written: U-labels become A-labels.
    #[must_use]
    pub fn mailbox(local_part: &'a str, domain: &str) -> Self {
        match Domain::parse(domain) {
            Ok(domain) => Self::Mailbox { local_part, domain },
            Err(_) if domain.starts_with('[') => Self::AddressLiteral,
            Err(error) => Self::DomainMalformed(error),
        }
    }
}

impl<'a> From<&'a Result<ReversePath, PathFlaw>> for MailFrom<'a> {
    fn from(path: &'a Result<ReversePath, PathFlaw>) -> Self {
        match path {
            Ok(ReversePath::Null) => Self::Null,
            Ok(ReversePath::Mailbox { local, domain: Host::Name(domain) }) => {
                Self::Mailbox { local_part: local, domain: domain.clone() }
            }
            Ok(ReversePath::Mailbox { domain: Host::Literal(_), .. }) => Self::AddressLiteral,
            Err(PathFlaw::Domain(error)) => Self::DomainMalformed(*error),
            Err(flaw) => Self::Malformed(*flaw),
        }
    }
}

/// Checks both identities, at the same time. With a null reverse-path they are one, and evaluated once.
pub async fn check<L: Lookup + Sync>(lookup: &L, request: &Request<'_>, limits: &Limits) -> Both {
    if request.mail_from == MailFrom::Null {
        let helo = check_identity(lookup, request, Identity::Helo, limits).await;
        let mut mail_from = helo.clone();
        // RFC 7208 §2.4: when the reverse-path is null, "MAIL FROM" is "postmaster" at the "HELO" identity
        mail_from.result.identity = Identity::MailFrom;
        return Both { helo, mail_from };
    }
    let (helo, mail_from) = join(ask(lookup, request, Identity::Helo), ask(lookup, request, Identity::MailFrom)).await;
    let helo = at_once(lookup, request, limits, helo);
    match (helo, at_once(lookup, request, limits, mail_from)) {
        (Ok(helo), Ok(mail_from)) => Both { helo, mail_from },
        (helo, mail_from) => {
            let (helo, mail_from) = (finish(lookup, request, limits, helo), finish(lookup, request, limits, mail_from));
            // Boxed, since most checks do not come to it.
            let (helo, mail_from) = Box::pin(join(helo, mail_from)).await;
            Both { helo, mail_from }
        }
    }
}

/// Checks one identity.
pub async fn check_identity<L: Lookup + Sync>(
    lookup: &L,
    request: &Request<'_>,
    identity: Identity,
    limits: &Limits,
) -> Outcome {
    let asked = ask(lookup, request, identity).await;
    match at_once(lookup, request, limits, asked) {
        Ok(outcome) => outcome,
        begun => Box::pin(finish(lookup, request, limits, begun)).await,
    }
}

/// An identity that has a domain, and the answer to the question for its record.
struct Asked<'r> {
    identity: Identity,
    local_part: &'r str,
    domain: Cow<'r, Domain>,
    question: Question,
    answer: Answer,
}

async fn ask<'r, L: Lookup + Sync>(
    lookup: &L,
    request: &'r Request<'_>,
    identity: Identity,
) -> Result<Asked<'r>, (Identity, Problem)> {
    let (local_part, domain) = sender(request, identity).map_err(|problem| (identity, problem))?;
    let question = Question::txt(Domain::clone(&domain));
    let answer = lookup.ask_ref(&question).await;
    Ok(Asked { identity, local_part, domain, question, answer })
}

/// The outcome, when nothing more need be asked for it; else why that is so.
fn at_once<'r, L: Lookup + Sync>(
    lookup: &L,
    request: &Request<'_>,
    limits: &Limits,
    asked: Result<Asked<'r>, (Identity, Problem)>,
) -> Result<Outcome, (Asked<'r>, Beyond)> {
    let asked = match asked {
        Ok(asked) => asked,
        Err((identity, problem)) => {
            return Ok(Outcome { result: Checked::none(identity, problem), evidence: Vec::new().into() });
        }
    };
    if !matches!(asked.answer, Answer::Records(_)) {
        // As with most names in HELO.
        let Asked { identity, domain, question, answer, .. } = asked;
        let problem = Problem::without_record(&domain, &answer);
        let result = Checked { domain: Some(domain.into_owned()), ..Checked::none(identity, problem) };
        return Ok(Outcome { result, evidence: Step::Asked { question, answer }.into() });
    }
    // Where every answer that the check would ask for is known to hold, only the client's address is looked for in them.
    let subject = Subject { local_part: asked.local_part, domain: &asked.domain, scope: None };
    let walked = match lookup.keeper() {
        Some(keeper) => flat::walk(keeper, &asked.answer, subject, request, limits),
        None => Err(Beyond::Residue),
    };
    match walked {
        Ok(Walked { end, lookups, void_lookups, evidence }) => {
            let checked = end.checked(asked.identity, asked.domain);
            Ok(Outcome { result: Checked { lookups, void_lookups, ..checked }, evidence })
        }
        Err(beyond) => Err((asked, beyond)),
    }
}

/// The outcome, by an ordinary evaluation where it needs one.
async fn finish<L: Lookup + Sync>(
    lookup: &L,
    request: &Request<'_>,
    limits: &Limits,
    begun: Result<Outcome, (Asked<'_>, Beyond)>,
) -> Outcome {
    match begun {
        Ok(outcome) => outcome,
        Err((asked, beyond)) => ordinary(lookup, request, limits, asked, beyond).await,
    }
}

async fn ordinary<L: Lookup + Sync>(
    lookup: &L,
    request: &Request<'_>,
    limits: &Limits,
    Asked { identity, local_part, domain, answer, .. }: Asked<'_>,
    beyond: Beyond,
) -> Outcome {
    let subject = Subject { local_part, domain: &domain, scope: None };
    let Evaluated { ending, explanation, lookups, void_lookups, evidence } =
        evaluate_from(lookup, answer, request, subject, limits).await;
    if let Some(keeper) = lookup.keeper().filter(|_| beyond == Beyond::Unlearnt) {
        flat::learn(keeper, &domain, request.ip, &evidence);
    }
    let result = match ending {
        Ok(end) => Checked { lookups, void_lookups, explanation, ..end.checked(identity, domain) },
        Err(problem) => {
            Checked { domain: Some(domain.into_owned()), lookups, void_lookups, ..Checked::none(identity, problem) }
        }
    };
    Outcome { result, evidence: evidence.into() }
}

/// Whose records are evaluated, and by which rules.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) local_part: &'a str,
    pub(crate) domain: &'a Domain,
    /// The scope of Sender ID; `None` for SPF itself.
    pub(crate) scope: Option<Scope>,
}

/// How an evaluation came out, whatever the identity was.
pub(crate) struct Evaluated {
    pub(crate) ending: Result<End, Problem>,
    pub(crate) explanation: Option<String>,
    pub(crate) lookups: u8,
    pub(crate) void_lookups: u8,
    pub(crate) evidence: Vec<Step>,
}

/// check_host(), and the explanation of a fail where it is wanted.
pub(crate) async fn evaluate<L: Lookup + Sync>(
    lookup: &L,
    request: &Request<'_>,
    subject: Subject<'_>,
    limits: &Limits,
) -> Evaluated {
    let first = lookup.ask(Question::txt(subject.domain.clone())).await;
    evaluate_from(lookup, first, request, subject, limits).await
}

/// The same, when the answer that holds the domain's own record is there.
pub(crate) async fn evaluate_from<L: Lookup + Sync>(
    lookup: &L,
    first: Answer,
    request: &Request<'_>,
    subject: Subject<'_>,
    limits: &Limits,
) -> Evaluated {
    let mut evaluation = Evaluation {
        lookup,
        limits,
        request,
        // RFC 7208 §5: clients on IPv4-mapped IPv6 addresses are IPv4
        ip: request.ip.to_canonical(),
        local_part: subject.local_part,
        sender_domain: subject.domain,
        scope: subject.scope,
        lookups: 0,
        void_lookups: 0,
        doubtful_voids: SmallVec::new(),
        validated: None,
        frame: Frame { step: 0, next: 0, term: Term::Default },
        parents: SmallVec::new(),
        evidence: Vec::with_capacity(STEPS_EXPECTED),
    };
    let ending = evaluation.check_host(first).await;
    let explanation = match &ending {
        Ok(end) if end.verdict == Verdict::Fail && request.explanation == ExplanationUse::Fetch => {
            evaluation.explain(&end.in_force).await
        }
        _ => None,
    };
    let Evaluation { lookups, void_lookups, evidence, .. } = evaluation;
    Evaluated { ending, explanation, lookups, void_lookups, evidence }
}

impl End {
    /// The result for the identity, whose domain is given.
    fn checked(self, identity: Identity, domain: Cow<'_, Domain>) -> Checked {
        let Self { verdict, directive, included, in_force } = self;
        Checked {
            identity,
            domain: Some(domain.into_owned()),
            verdict,
            in_force: Some(in_force),
            directive,
            included,
            lookups: 0,
            void_lookups: 0,
            explanation: None,
            reason: None,
        }
    }
}

impl Checked {
    fn none(identity: Identity, problem: Problem) -> Self {
        Self {
            identity,
            domain: None,
            verdict: problem.verdict(),
            in_force: None,
            directive: None,
            included: None,
            lookups: 0,
            void_lookups: 0,
            explanation: None,
            reason: Some(problem),
        }
    }
}

impl Problem {
    /// Why a name has no record, by an answer that holds none.
    fn without_record(name: &Domain, answer: &Answer) -> Self {
        match answer {
            Answer::NxDomain(_) => Self::NoSuchDomain(name.clone()),
            Answer::Records(_) | Answer::NoData(_) | Answer::Failed(Failure::BadName) => Self::NoRecord(name.clone()),
            // RFC 7208 §4.4: if the DNS lookup returns a server failure or times out, "temperror"
            Answer::Failed(failure) => Self::Dns(Question::txt(name.clone()), *failure),
        }
    }

    /// The result that follows.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            // RFC 7208 §4.3: if the <domain> is malformed or is not a multi-label domain name, or NXDOMAIN, "none"
            Self::SenderMalformed(_)
            | Self::DomainMalformed(_)
            | Self::AddressLiteral
            | Self::SingleLabel
            | Self::NoSuchDomain(_)
            | Self::NoRecord(_) => Verdict::None,
            Self::Dns(..) => Verdict::TempError,
            Self::SeveralRecords(_)
            | Self::RecordBroken(_)
            | Self::TooManyLookups(..)
            | Self::TooManyVoidLookups(..)
            | Self::TooManyMailExchanges(..)
            | Self::TargetWithoutRecord(..)
            | Self::TargetMalformed(_) => Verdict::PermError,
        }
    }
}

/// The sender of an identity: local part and domain, the domain being one that may be asked for.
pub(crate) fn sender<'r>(request: &'r Request<'_>, identity: Identity) -> Result<(&'r str, Cow<'r, Domain>), Problem> {
    let (local_part, domain) = match (identity, &request.mail_from) {
        (Identity::Helo, _) | (_, MailFrom::Null) => ("", Cow::Owned(parse_helo(request.helo)?)),
        (_, MailFrom::Mailbox { local_part, domain }) => (*local_part, Cow::Borrowed(domain)),
        (_, MailFrom::AddressLiteral) => return Err(Problem::AddressLiteral),
        (_, MailFrom::DomainMalformed(error)) => return Err(Problem::DomainMalformed(*error)),
        (_, MailFrom::Malformed(flaw)) => return Err(Problem::SenderMalformed(*flaw)),
    };
    checkable(&domain)?;
    // RFC 7208 §4.3: if the <sender> has no local-part, substitute the string "postmaster"
    Ok((if local_part.is_empty() { "postmaster" } else { local_part }, domain))
}

/// Whether a domain may be asked for.
pub(crate) fn checkable(domain: &Domain) -> Result<(), Problem> {
    // RFC 7208 §4.3: the <domain> must be a multi-label domain name
    if !is_multi_label(domain) {
        Err(Problem::SingleLabel)
    } else if is_address(domain) {
        Err(Problem::AddressLiteral)
    } else {
        Ok(())
    }
}

/// The name of HELO: without U-labels, for an SMTP client gives its name before it knows whether the server reads them.
fn parse_helo(helo: &str) -> Result<Domain, Problem> {
    if helo.starts_with('[') {
        return Err(Problem::AddressLiteral);
    }
    // RFC 8616 §4: the EHLO domain is ASCII only, in A-labels; U-labels there are malformed
    if !helo.is_ascii() {
        return Err(Problem::DomainMalformed(DomainError::Character));
    }
    Domain::parse(helo).map_err(Problem::DomainMalformed)
}

fn is_multi_label(domain: &Domain) -> bool {
    domain.as_str().bytes().any(|byte| byte == b'.')
}

/// An IPv4 address without brackets has the form of a name, and is none.
fn is_address(domain: &Domain) -> bool {
    let text = domain.as_str();
    text.ends_with(|letter: char| letter.is_ascii_digit()) && text.parse::<IpAddr>().is_ok()
}

struct Evaluation<'a, L> {
    lookup: &'a L,
    limits: &'a Limits,
    request: &'a Request<'a>,
    ip: IpAddr,
    local_part: &'a str,
    sender_domain: &'a Domain,
    /// The scope of Sender ID; `None` for SPF itself.
    scope: Option<Scope>,
    lookups: u8,
    void_lookups: u8,
    /// Void answers that will not count if the host has addresses of the other family.
    doubtful_voids: SmallVec<[Question; 2]>,
    /// The client's validated names, once they have been asked for.
    validated: Option<Arc<[Domain]>>,
    /// The record being evaluated.
    frame: Frame,
    /// The records that include it, outermost first.
    parents: SmallVec<[Frame; 4]>,
    evidence: Vec<Step>,
}

/// A record being evaluated: the step that holds it, and how far the evaluation has come.
#[derive(Clone, Copy)]
struct Frame {
    /// Which step of the evidence holds the record.
    step: usize,
    /// The stage that comes next.
    next: usize,
    /// The term that was evaluated last.
    term: Term,
}

/// How an evaluation ends without a problem.
pub(crate) struct End {
    pub(crate) verdict: Verdict,
    pub(crate) directive: Option<u32>,
    pub(crate) included: Option<Place>,
    pub(crate) in_force: RecordAt,
}

/// What comes next.
enum Turn {
    /// To ask for the record of an include or a redirect.
    AskRecord(Question),
    /// To ask for what another term needs.
    Ask(Question, Purpose),
    /// To ask for mail exchanges, and for their addresses then.
    AskHosts(Question, DualCidr),
    /// To ask for the names of the client, before the term can be evaluated.
    AskNames,
    /// Nothing.
    Done(End),
}

/// What a term needs that was taken up.
enum Want {
    /// Nothing: it matches or not.
    Known(bool),
    /// An answer.
    Answer(Question, Purpose),
    /// The names of the client.
    Names,
}

/// What a term does with its target.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Record,
    Addresses(DualCidr),
    Existence,
    Hosts(DualCidr),
    Within,
}

/// What an answer means to the term that asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Match,
    Other,
    Void,
}

/// What a domain specification becomes.
enum Target {
    Name(Domain),
    /// No name in DNS.
    Malformed(DomainError),
    /// Whatever it is, the term does not match.
    NotAscii,
}

/// Whether voids count on the way to the client's names: they do for a term, and not for an explanation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counting {
    Yes,
    No,
}

type Questions = SmallVec<[Question; 4]>;

impl<L: Lookup + Sync> Evaluation<'_, L> {
    /// The function itself. What asks is here; what decides is in functions that do not wait.
    async fn check_host(&mut self, first: Answer) -> Result<End, Problem> {
        self.open(first)?;
        let mut turn = self.go_on(Want::Known(false))?;
        loop {
            let is_match = match turn {
                Turn::AskRecord(question) => {
                    let answer = self.lookup.ask(question).await;
                    self.open(answer)?;
                    false
                }
                Turn::Ask(question, purpose) => {
                    let answer = self.lookup.ask_ref(&question).await;
                    let found = match purpose {
                        Purpose::Addresses(cidr) => self.addresses_in(question, answer, cidr)?,
                        _ => self.anything_in(question, answer)?,
                    };
                    if found == Found::Void {
                        self.void().await?;
                    }
                    found == Found::Match
                }
                Turn::AskHosts(question, cidr) => self.mx(question, cidr).await?,
                Turn::AskNames => {
                    self.find_names(Counting::Yes).await?;
                    let want = self.want()?;
                    turn = self.go_on(want)?;
                    continue;
                }
                Turn::Done(end) => return Ok(end),
            };
            turn = self.go_on(Want::Known(is_match))?;
        }
    }

    /// Goes on from a term as far as nothing need be asked.
    fn go_on(&mut self, mut want: Want) -> Result<Turn, Problem> {
        loop {
            match want {
                Want::Answer(question, Purpose::Record) => return Ok(Turn::AskRecord(question)),
                Want::Answer(question, Purpose::Hosts(cidr)) => return Ok(Turn::AskHosts(question, cidr)),
                Want::Answer(question, purpose) => return Ok(Turn::Ask(question, purpose)),
                Want::Names => return Ok(Turn::AskNames),
                Want::Known(true) => {
                    if let Some(end) = self.close() {
                        return Ok(Turn::Done(end));
                    }
                }
                Want::Known(false) => {}
            }
            want = self.advance()?;
        }
    }

    // RFC 7208 §4.6.2: each mechanism is considered in turn from left to right
    fn advance(&mut self) -> Result<Want, Problem> {
        let frame = &mut self.frame;
        let Some(record) = record_at(&self.evidence, frame).map(RecordAt::record) else { return Ok(Want::Known(true)) };
        while let Some(stage) = record.stages().get(frame.next) {
            frame.next += 1;
            match stage {
                Stage::Networks(run) => {
                    if let Some(index) = record.network_with(run, self.ip) {
                        frame.term = Term::Directive(index);
                        return Ok(Want::Known(true));
                    }
                }
                Stage::Everyone(index) => {
                    frame.term = Term::Directive(*index);
                    return Ok(Want::Known(true));
                }
                Stage::Directive(index) => {
                    frame.term = Term::Directive(*index);
                    return self.want_counted();
                }
            }
        }
        // RFC 7208 §6.1: redirect – if all mechanisms fail to match
        if record.redirect.is_some() && frame.term != Term::Redirect {
            frame.term = Term::Redirect;
            return self.want_counted();
        }
        frame.term = Term::Default;
        Ok(Want::Known(true))
    }

    /// What the term that was taken up last needs; it counts as a look-up.
    fn want_counted(&mut self) -> Result<Want, Problem> {
        let Some((spec, purpose, at)) = term_at(&self.evidence, &self.frame) else { return Ok(Want::Known(false)) };
        // RFC 7208 §4.6.4: "include", "a", "mx", "ptr", "exists" and "redirect" – at most 10; %{p} is included in the limit
        let names = matches!(spec, Some(DomainSpec::Macros(macros)) if macros.uses(Letter::ValidatedName));
        self.lookups = self.lookups.saturating_add(1 + u8::from(names));
        if self.lookups > self.limits.lookup_count_max {
            return Err(Problem::TooManyLookups(self.place(), self.limits.lookup_count_max));
        }
        match (spec, purpose) {
            // The ways that most records go: no macro, and nothing else to be known before.
            (Some(DomainSpec::Fixed(name)), Purpose::Record) if self.frame.term != Term::Redirect => {
                Ok(Want::Answer(Question::txt(name.clone()), purpose))
            }
            (None, Purpose::Addresses(_)) => {
                Ok(Want::Answer(Question::new(at.domain().clone(), self.address_kind()), purpose))
            }
            (Some(DomainSpec::Fixed(name)), Purpose::Addresses(_)) => {
                Ok(Want::Answer(Question::new(name.clone(), self.address_kind()), purpose))
            }
            _ => self.want(),
        }
    }

    /// What the term that was taken up last needs.
    fn want(&mut self) -> Result<Want, Problem> {
        let Some((spec, purpose, at)) = term_at(&self.evidence, &self.frame) else { return Ok(Want::Known(false)) };
        let target = match spec {
            // RFC 7208 §4.8: if the <domain-spec> is not provided, the <domain> is the <target-name>
            None => Target::Name(at.domain().clone()),
            Some(DomainSpec::Fixed(name)) => Target::Name(name.clone()),
            Some(DomainSpec::Malformed(_, error)) => Target::Malformed(*error),
            Some(DomainSpec::Macros(macros)) if self.is_beyond_ascii(macros) => Target::NotAscii,
            Some(DomainSpec::Macros(macros)) => {
                if macros.uses(Letter::ValidatedName) && self.validated.is_none() {
                    return Ok(Want::Names);
                }
                match macros.expand_name(&self.values(at.domain())) {
                    // RFC 7208 §4.3: what is not multi-label is malformed where a record is looked for
                    Ok(name) if purpose == Purpose::Record && !is_multi_label(&name) => {
                        Target::Malformed(DomainError::Empty)
                    }
                    Ok(name) => Target::Name(name),
                    Err(error) => Target::Malformed(error),
                }
            }
        };
        match target {
            Target::Name(name) => Ok(self.want_name(name, purpose)),
            Target::Malformed(error) => self.malformed(error, purpose),
            // RFC 8616 §4: with a local part that is not ASCII, terms that include %{s} or %{l} do not match anything
            Target::NotAscii => {
                self.evidence.push(Step::LocalPartNotAscii(self.place()));
                Ok(Want::Known(false))
            }
        }
    }

    fn want_name(&mut self, name: Domain, purpose: Purpose) -> Want {
        let kind = match purpose {
            Purpose::Record => {
                if self.frame.term == Term::Redirect {
                    self.end(None);
                }
                Kind::Txt
            }
            // RFC 7208 §5.3: "a" – an address lookup is done on the <target-name>
            Purpose::Addresses(_) => self.address_kind(),
            // RFC 7208 §5.7: "exists" – an A lookup, even when the connection type is IPv6
            Purpose::Existence => Kind::A,
            Purpose::Hosts(_) => Kind::Mx,
            // RFC 7208 §5.5: "ptr" – a validated name is the <target-name> or lies below it
            Purpose::Within => {
                let Some(names) = &self.validated else { return Want::Names };
                return Want::Known(names.iter().any(|validated| validated.is_within(&name)));
            }
        };
        Want::Answer(Question::new(name, kind), purpose)
    }

    fn malformed(&mut self, error: DomainError, purpose: Purpose) -> Result<Want, Problem> {
        if purpose == Purpose::Record {
            // RFC 7208 §4.3: malformed or not multi-label is "none", which include and redirect turn into "permerror"
            return Err(Problem::TargetMalformed(self.place()));
        }
        // RFC 7208 §4.8: what a malformed name does is left open; it is the name of no host, so the term does not match
        self.evidence.push(Step::TargetUnusable(self.place(), error));
        Ok(Want::Known(false))
    }

    fn is_beyond_ascii(&self, macros: &MacroString) -> bool {
        (macros.uses(Letter::Sender) || macros.uses(Letter::LocalPart)) && !self.local_part.is_ascii()
    }

    /// Opens the record in an answer: the first one, or that of an include or a redirect.
    fn open(&mut self, answer: Answer) -> Result<(), Problem> {
        let is_first = self.evidence.is_empty();
        let name = if is_first { Cow::Borrowed(self.sender_domain) } else { self.target_of_term() };
        let problem = match &answer {
            Answer::Records(records) => {
                let policy = match self.scope {
                    None => Policy::of(&name, records),
                    Some(scope) => Policy::for_scope(scope, &name, records),
                };
                let at = RecordAt::new(&name, policy);
                match at.policy.selection {
                    Selection::Sound => {
                        if !is_first && self.frame.term != Term::Redirect {
                            self.parents.push(self.frame);
                        }
                        self.frame = Frame { step: self.evidence.len(), next: 0, term: Term::Default };
                        self.evidence.push(Step::Record { at, answer, ended: None });
                        return Ok(());
                    }
                    Selection::Nothing => Problem::without_record(&name, &answer),
                    Selection::Several(_) => Problem::SeveralRecords(at),
                    // RFC 7208 §4.6: if there are any syntax errors anywhere in the record, "permerror"
                    Selection::Broken(_) => Problem::RecordBroken(at),
                }
            }
            absence => Problem::without_record(&name, absence),
        };
        let question = Question::txt(name.into_owned());
        self.evidence.push(Step::Asked { question, answer });
        Err(match problem {
            // RFC 4406 §4.3: in the PRA version of the test, a name that does not exist is "fail", not "none"
            Problem::NoSuchDomain(_) if self.scope == Some(Scope::Pra) && !is_first && self.fails() => return Ok(()),
            problem @ Problem::NoSuchDomain(_) if self.scope == Some(Scope::Pra) => problem,
            // RFC 7208 §5.2, §6.1: where none would be the result of the target, it is permerror
            Problem::NoSuchDomain(domain) | Problem::NoRecord(domain) if !is_first => {
                Problem::TargetWithoutRecord(self.place(), domain)
            }
            problem => problem,
        })
    }

    /// Takes the target of an include or a redirect for a record that says fail: the include does not match. Gives
    /// false when there is no record that includes it, so that the fail is the whole result.
    fn fails(&mut self) -> bool {
        if self.frame.term == Term::Redirect {
            let Some(parent) = self.parents.pop() else { return false };
            self.frame = parent;
        }
        true
    }

    /// The name that an include or a redirect came to. It is found again rather than kept: a name that is kept costs
    /// more than a macro that is expanded twice, and most names hold no macro.
    fn target_of_term(&self) -> Cow<'_, Domain> {
        let expanded = match term_at(&self.evidence, &self.frame) {
            Some((Some(DomainSpec::Fixed(name)), ..)) => return Cow::Borrowed(name),
            Some((Some(DomainSpec::Macros(macros)), _, at)) => macros.expand_name(&self.values(at.domain())).ok(),
            _ => None,
        };
        expanded.map_or(Cow::Borrowed(self.sender_domain), Cow::Owned)
    }

    /// Whether an answer holds the client's address.
    fn addresses_in(&mut self, question: Question, answer: Answer, cidr: DualCidr) -> Result<Found, Problem> {
        if matches!(answer, Answer::NoData(_)) {
            // The host may well have addresses of the other family; that is asked only when it decides.
            self.doubtful_voids.push(question.clone());
        }
        let found = Found::of(&question, &answer, |data| is_client(data, self.ip, cidr));
        self.evidence.push(Step::Asked { question, answer });
        found
    }

    /// Whether an answer holds any record.
    fn anything_in(&mut self, question: Question, answer: Answer) -> Result<Found, Problem> {
        let found = Found::of(&question, &answer, |_| true);
        self.evidence.push(Step::Asked { question, answer });
        found
    }

    /// Counts a void answer.
    async fn void(&mut self) -> Result<(), Problem> {
        self.void_lookups = self.void_lookups.saturating_add(1);
        self.evidence.push(Step::Void(self.void_lookups));
        if self.void_lookups > self.limits.void_lookup_count_max { self.forgive_voids().await } else { Ok(()) }
    }

    // RFC 7208 §5.4: "mx" – first an MX lookup, then an address lookup on each MX name returned
    async fn mx(&mut self, question: Question, cidr: DualCidr) -> Result<bool, Problem> {
        let answer = self.lookup.ask_ref(&question).await;
        let hosts = self.hosts(&answer);
        // RFC 7208 §5.4: without MX record, the implicit MX rules MUST NOT be applied
        if self.anything_in(question, answer)? == Found::Void {
            self.void().await?;
        }
        // RFC 7208 §4.6.4: more than 10 address records – the "mx" mechanism MUST produce a "permerror" result
        if hosts.len() > usize::from(self.limits.mx_host_count_max) {
            return Err(Problem::TooManyMailExchanges(self.place(), self.limits.mx_host_count_max));
        }
        let answers = self.ask_all(&hosts).await;
        for (host, answer) in hosts.into_iter().zip(answers) {
            match self.addresses_in(host, answer, cidr)? {
                Found::Match => return Ok(true),
                Found::Other => {}
                Found::Void => self.void().await?,
            }
        }
        Ok(false)
    }

    /// The questions for the hosts of an MX answer: all that may be asked, and one more when there are more.
    fn hosts(&self, answer: &Answer) -> Questions {
        let kind = self.address_kind();
        let names = answer.data().iter().filter_map(|data| match data {
            // RFC 7505 §3: the root as exchange says that there is none
            Data::Mx(mx) => mx.exchange.as_ref(),
            _ => None,
        });
        let at_most = usize::from(self.limits.mx_host_count_max) + 1;
        names.take(at_most).map(|name| Question::new(name.clone(), kind)).collect()
    }

    // RFC 7208 §4.6.4: implementations SHOULD limit "void lookups" to two; exceeding the limit is "permerror"
    async fn forgive_voids(&mut self) -> Result<(), Problem> {
        while self.void_lookups > self.limits.void_lookup_count_max {
            let Some(question) = self.doubtful_voids.pop() else {
                return Err(Problem::TooManyVoidLookups(self.place(), self.limits.void_lookup_count_max));
            };
            // A host of one family only is not what the limit is for: the sender's record is right, and the same for
            // clients of both families.
            let other = if question.kind == Kind::A { Kind::Aaaa } else { Kind::A };
            let other = Question::new(question.name.clone(), other);
            let answer = self.lookup.ask_ref(&other).await;
            let found = Found::of(&other, &answer, |_| true);
            self.evidence.push(Step::Asked { question: other, answer });
            if matches!(found?, Found::Match) {
                self.void_lookups -= 1;
                self.evidence.push(Step::VoidForgiven(question));
            }
        }
        Ok(())
    }

    /// Gives the verdict of a record to the record that includes it, and so on outwards: until one goes on, or the
    /// outermost has its end.
    fn close(&mut self) -> Option<End> {
        let mut included = None;
        loop {
            let directive = directive_at(&self.evidence, &self.frame);
            // RFC 7208 §4.7: when nothing matches, just as if "?all" were specified as the last directive
            let verdict = directive.map_or(Verdict::Neutral, |directive| directive.qualifier.verdict());
            self.end(Some(verdict));
            let Some(parent) = self.parents.pop() else {
                let Place { at: in_force, term } = self.place();
                let directive = if let Term::Directive(index) = term { Some(index) } else { None };
                return Some(End { verdict, directive, included, in_force });
            };
            // RFC 7208 §5.2: pass is a match; fail, softfail and neutral are not
            if verdict != Verdict::Pass {
                self.frame = parent;
                return None;
            }
            if included.is_none() {
                included = Some(self.place());
            }
            self.frame = parent;
        }
    }

    fn place(&self) -> Place {
        // A frame is made with its step, and steps stay; without one, there would be no record.
        let nothing = || RecordAt::new(self.sender_domain, Arc::new(Policy::select(self.sender_domain.clone(), &[])));
        let at = record_at(&self.evidence, &self.frame).cloned().unwrap_or_else(nothing);
        Place { at, term: self.frame.term }
    }

    /// Notes how the evaluation of the record ended.
    fn end(&mut self, verdict: Option<Verdict>) {
        if let Some(Step::Record { ended, .. }) = self.evidence.get_mut(self.frame.step) {
            *ended = Some(Ended { term: self.frame.term, verdict });
        }
    }

    fn values<'v>(&'v self, domain: &'v Domain) -> Values<'v> {
        Values {
            ip: self.ip,
            local_part: self.local_part,
            sender_domain: self.sender_domain,
            domain,
            helo: self.request.helo,
            receiver: self.request.receiver,
            now_s: self.request.now_s,
            validated_name: self.validated_name(domain),
        }
    }

    // RFC 7208 §7.3: the <domain> itself, else a subdomain of it, else any name from the list
    fn validated_name(&self, domain: &Domain) -> &str {
        let names = self.validated.as_deref().unwrap_or_default();
        let chosen = names
            .iter()
            .find(|name| *name == domain)
            .or_else(|| names.iter().find(|name| name.is_within(domain)))
            .or_else(|| names.first());
        chosen.map_or("unknown", Domain::as_str)
    }

    /// Asks for the client's names that lead back to its address; once per check.
    async fn find_names(&mut self, counting: Counting) -> Result<(), Problem> {
        let question = Question::new(Domain::reverse(self.ip), Kind::Ptr);
        let answer = self.lookup.ask_ref(&question).await;
        self.evidence.push(Step::Asked { question, answer: answer.clone() });
        if answer.is_void() && counting == Counting::Yes {
            self.void().await?;
        }
        let kind = self.address_kind();
        let mut questions: SmallVec<[Question; 4]> = SmallVec::new();
        // RFC 7208 §5.5: if a DNS error occurs while doing the PTR lookup, the mechanism fails to match
        for data in answer.data() {
            let Data::Ptr(name) = data else { continue };
            // RFC 7208 §4.6.4: all records other than the first 10 MUST be ignored
            if questions.len() >= usize::from(self.limits.ptr_name_count_max) {
                self.evidence.push(Step::NamesIgnored(self.limits.ptr_name_count_max));
                break;
            }
            questions.push(Question::new(name.clone(), kind));
        }
        let answers = self.ask_all(&questions).await;
        let exactly = DualCidr { ip4_bits: 32, ip6_bits: 128 };
        let mut names = Vec::new();
        for (question, answer) in questions.into_iter().zip(answers) {
            // RFC 7208 §5.5: if a DNS error occurs while doing an address lookup, that domain name is skipped. Void
            // answers are not counted here either: these names are the client's, not those of the domain that is checked.
            if answer.data().iter().any(|data| is_client(data, self.ip, exactly)) {
                names.push(question.name.clone());
            }
            self.evidence.push(Step::Asked { question, answer });
        }
        self.validated = Some(names.into());
        Ok(())
    }

    // RFC 7208 §6.2: exp – anything wrong with it, and it is as if there were none
    async fn explain(&mut self, at: &RecordAt) -> Option<String> {
        let spec = &at.record().explanation.as_ref()?.value;
        match self.explanation(spec, at.domain()).await {
            Ok(text) => Some(text),
            Err(flaw) => {
                self.evidence.push(Step::ExplanationUnusable(flaw));
                None
            }
        }
    }

    async fn explanation(&mut self, spec: &DomainSpec, domain: &Domain) -> Result<String, ExplanationFlaw> {
        let target = match spec {
            DomainSpec::Fixed(name) => name.clone(),
            DomainSpec::Malformed(..) => return Err(ExplanationFlaw::Target),
            DomainSpec::Macros(macros) => {
                self.find_names_for(macros).await;
                macros.expand_name(&self.values(domain)).map_err(|_| ExplanationFlaw::Target)?
            }
        };
        let question = Question::txt(target);
        let answer = self.lookup.ask_ref(&question).await;
        let parsed = match answer.data() {
            [Data::Txt(text)] => MacroString::parse_explanation(text.bytes()).map_err(ExplanationFlaw::Syntax),
            [] => Err(ExplanationFlaw::NoAnswer),
            _ => Err(ExplanationFlaw::Several),
        };
        self.evidence.push(Step::Asked { question, answer });
        let macros = parsed?;
        self.find_names_for(&macros).await;
        let text = macros.expand_text(&self.values(domain), EXPLANATION_BYTES_MAX).ok_or(ExplanationFlaw::TooLong)?;
        // RFC 7208 §6.2: the explanation string MUST be limited to US-ASCII; what macros bring in may hold anything
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) { Ok(text) } else { Err(ExplanationFlaw::Characters) }
    }

    async fn find_names_for(&mut self, macros: &MacroString) {
        if macros.uses(Letter::ValidatedName) && self.validated.is_none() {
            // Without names the macro is `unknown`, whatever the reason.
            let _ = self.find_names(Counting::No).await;
        }
    }

    fn address_kind(&self) -> Kind {
        // RFC 7208 §5: when <ip> is IPv4, "A" records are fetched; when it is IPv6, "AAAA"
        if self.ip.is_ipv4() { Kind::A } else { Kind::Aaaa }
    }

    /// Asks several questions at the same time; the answers stand in the same order, and are not yet evidence.
    async fn ask_all(&self, questions: &[Question]) -> SmallVec<[Answer; 4]> {
        let mut answers = SmallVec::new();
        match questions {
            [] => {}
            [only] => answers.push(self.lookup.ask_ref(only).await),
            [first, second] => {
                let pair = join(self.lookup.ask_ref(first), self.lookup.ask_ref(second)).await;
                answers.extend([pair.0, pair.1]);
            }
            _ => answers.extend(join_all(questions.iter().map(|question| self.lookup.ask_ref(question))).await),
        }
        answers
    }
}

/// The record of a frame.
fn record_at<'e>(evidence: &'e [Step], frame: &Frame) -> Option<&'e RecordAt> {
    match evidence.get(frame.step) {
        Some(Step::Record { at, .. }) => Some(at),
        _ => None,
    }
}

/// The directive of a frame that was taken up last.
fn directive_at<'e>(evidence: &'e [Step], frame: &Frame) -> Option<&'e Directive> {
    let Term::Directive(index) = frame.term else { return None };
    record_at(evidence, frame)?.record().directives().get(index as usize)
}

/// What the term of a frame that was taken up last asks for, and in which record it stands.
fn term_at<'e>(evidence: &'e [Step], frame: &Frame) -> Option<(Option<&'e DomainSpec>, Purpose, &'e RecordAt)> {
    let at = record_at(evidence, frame)?;
    let (spec, purpose) = match frame.term {
        Term::Directive(index) => match &at.record().directives().get(index as usize)?.mechanism {
            Mechanism::Include(spec) => (Some(spec), Purpose::Record),
            Mechanism::A(spec, cidr) => (spec.as_ref(), Purpose::Addresses(*cidr)),
            Mechanism::Mx(spec, cidr) => (spec.as_ref(), Purpose::Hosts(*cidr)),
            Mechanism::Ptr(spec) => (spec.as_ref(), Purpose::Within),
            Mechanism::Exists(spec) => (Some(spec), Purpose::Existence),
            Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..) => return None,
        },
        Term::Redirect => (Some(&at.record().redirect.as_ref()?.value), Purpose::Record),
        Term::Default => return None,
    };
    Some((spec, purpose, at))
}

impl Found {
    fn of(question: &Question, answer: &Answer, is_match: impl Fn(&Data) -> bool) -> Result<Self, Problem> {
        match answer {
            Answer::Records(records) if records.data.iter().any(is_match) => Ok(Self::Match),
            // RFC 7208 §4.8: a name that cannot be asked is treated as the name of no host
            Answer::Records(_) | Answer::Failed(Failure::BadName) => Ok(Self::Other),
            Answer::NoData(_) | Answer::NxDomain(_) => Ok(Self::Void),
            // RFC 7208 §5: if the server returns an error or the query times out, the topmost check_host() is "temperror"
            Answer::Failed(failure) => Err(Problem::Dns(question.clone(), *failure)),
        }
    }
}

// RFC 7208 §5: only the specified number of high-order bits are compared for equality
fn is_client(data: &Data, ip: IpAddr, cidr: DualCidr) -> bool {
    match (data, ip) {
        (Data::A(address), IpAddr::V4(client)) => (address.to_bits() ^ client.to_bits()) & mask4(cidr.ip4_bits) == 0,
        (Data::Aaaa(address), IpAddr::V6(client)) => (address.to_bits() ^ client.to_bits()) & mask6(cidr.ip6_bits) == 0,
        _ => false,
    }
}

/// How many steps most checks take; more cost one more allocation.
const STEPS_EXPECTED: usize = 12;

#[cfg(test)]
#[path = "evaluate_tests.rs"]
mod tests;
