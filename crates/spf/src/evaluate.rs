//! check_host() (RFC 7208 §4): from an identity to a result.
//!
//! Includes are frames on a stack of one `async fn`, so that a check needs no allocation per include and no depth but the
//! limit of look-ups.

use std::net::IpAddr;
use std::sync::Arc;

use futures_util::future::{join, join_all};
use lookup::{Answer, Data, Failure, Kind, Lookup, Question};
use mailtext::{Domain, DomainError, Host, Outcome, PathFlaw, ReversePath};
use smallvec::SmallVec;

use crate::limits::{EXPLANATION_BYTES_MAX, Limits};
use crate::macros::{Letter, MacroString, Values};
use crate::outcome::{Checked, ExplanationFlaw, Identity, Place, Problem, RecordAt, Step, Term, Verdict};
use crate::record::{Directive, DomainSpec, DualCidr, Mechanism, Policy, Selection, Stage, mask4, mask6};

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
    pub helo: Outcome<Checked, Step>,
    /// For the reverse-path.
    pub mail_from: Outcome<Checked, Step>,
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
    let helo = check_identity(lookup, request, Identity::Helo, limits);
    if request.mail_from == MailFrom::Null {
        let helo = helo.await;
        let mut mail_from = helo.clone();
        // RFC 7208 §2.4: when the reverse-path is null, "MAIL FROM" is "postmaster" at the "HELO" identity
        mail_from.result.identity = Identity::MailFrom;
        return Both { helo, mail_from };
    }
    let (helo, mail_from) = join(helo, check_identity(lookup, request, Identity::MailFrom, limits)).await;
    Both { helo, mail_from }
}

/// Checks one identity.
pub async fn check_identity<L: Lookup + Sync>(
    lookup: &L,
    request: &Request<'_>,
    identity: Identity,
    limits: &Limits,
) -> Outcome<Checked, Step> {
    let helo;
    let domain = match (identity, &request.mail_from) {
        (Identity::Helo, _) | (_, MailFrom::Null) => {
            helo = parse_helo(request.helo);
            helo.as_ref().map_err(Problem::clone)
        }
        (_, MailFrom::Mailbox { domain, .. }) => Ok(domain),
        (_, MailFrom::AddressLiteral) => Err(Problem::AddressLiteral),
        (_, MailFrom::DomainMalformed(error)) => Err(Problem::DomainMalformed(*error)),
        (_, MailFrom::Malformed(flaw)) => Err(Problem::SenderMalformed(*flaw)),
    };
    match domain.and_then(checkable) {
        Ok(domain) => check_domain(lookup, request, identity, domain, limits).await,
        Err(problem) => Outcome { result: Checked::none(identity, problem), evidence: Vec::new() },
    }
}

/// Checks one identity whose domain may be asked for.
async fn check_domain<L: Lookup + Sync>(
    lookup: &L,
    request: &Request<'_>,
    identity: Identity,
    domain: &Domain,
    limits: &Limits,
) -> Outcome<Checked, Step> {
    let local_part = match (identity, &request.mail_from) {
        (Identity::MailFrom, MailFrom::Mailbox { local_part, .. }) if !local_part.is_empty() => local_part,
        // RFC 7208 §4.3: if the <sender> has no local-part, substitute the string "postmaster"
        _ => "postmaster",
    };
    let mut evaluation = Evaluation {
        lookup,
        limits,
        request,
        // RFC 7208 §5: clients on IPv4-mapped IPv6 addresses are IPv4
        ip: request.ip.to_canonical(),
        local_part,
        sender_domain: domain,
        lookups: 0,
        void_lookups: 0,
        doubtful_voids: SmallVec::new(),
        validated: None,
        evidence: Vec::with_capacity(STEPS_EXPECTED),
    };
    let ending = evaluation.check_host().await;
    let explanation = match &ending {
        Ok(end) if end.verdict == Verdict::Fail && request.explanation == ExplanationUse::Fetch => {
            evaluation.explain(&end.in_force).await
        }
        _ => None,
    };
    let (lookups, void_lookups, evidence) = (evaluation.lookups, evaluation.void_lookups, evaluation.evidence);
    let result = match ending {
        Ok(End { verdict, directive, included, in_force }) => Checked {
            identity,
            domain: Some(domain.clone()),
            verdict,
            in_force: Some(in_force),
            directive,
            included,
            lookups,
            void_lookups,
            explanation,
            reason: None,
        },
        Err(problem) => {
            Checked { domain: Some(domain.clone()), lookups, void_lookups, ..Checked::none(identity, problem) }
        }
    };
    Outcome { result, evidence }
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

/// The domain of an identity, if it may be asked for.
fn checkable(domain: &Domain) -> Result<&Domain, Problem> {
    // RFC 7208 §4.3: the <domain> must be a multi-label domain name
    if !is_multi_label(domain) {
        Err(Problem::SingleLabel)
    } else if is_address(domain) {
        Err(Problem::AddressLiteral)
    } else {
        Ok(domain)
    }
}

/// RFC 6531 §3.7.3 leaves EHLO in ASCII: U-labels there are malformed.
fn parse_helo(helo: &str) -> Result<Domain, Problem> {
    if helo.starts_with('[') {
        return Err(Problem::AddressLiteral);
    }
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
    lookups: u8,
    void_lookups: u8,
    /// Void answers that will not count if the host has addresses of the other family.
    doubtful_voids: SmallVec<[Question; 2]>,
    /// The client's validated names, once they have been asked for.
    validated: Option<Arc<[Domain]>>,
    evidence: Vec<Step>,
}

/// A record being evaluated.
struct Frame {
    at: RecordAt,
    /// The stage that comes next.
    next: usize,
    /// The term that was evaluated last.
    term: Term,
}

/// The records that include the one being evaluated, outermost first.
type Parents = SmallVec<[Frame; 2]>;

/// How an evaluation ends without a problem.
struct End {
    verdict: Verdict,
    directive: Option<u32>,
    included: Option<Place>,
    in_force: RecordAt,
}

/// What the next term of a record is.
enum Turn {
    /// One that has matched.
    Matched,
    /// One that needs DNS.
    Asks,
    /// None is left, and no redirect.
    Exhausted,
}

/// What a term that needs DNS wants to know.
enum Want {
    /// Nothing any more: it matches or not.
    Nothing(bool),
    /// The record of an include or a redirect.
    Record(Question),
    /// Addresses that are compared with the client's.
    Addresses(Question, DualCidr),
    /// Whether there is an address at all.
    Existence(Question),
    /// Mail exchanges, and their addresses then.
    Hosts(Question, DualCidr),
}

/// What an answer means to the term that asked.
enum Found {
    Match,
    Other,
    Void,
}

/// What a domain specification becomes.
enum Target {
    Name(Domain),
    /// No name in DNS; a step says why.
    Malformed,
    /// Whatever it is, the term does not match; a step says why.
    NoMatch,
}

type Questions = SmallVec<[Question; 4]>;

impl<L: Lookup + Sync> Evaluation<'_, L> {
    /// The function itself. What asks is here; what decides is in functions that do not wait.
    async fn check_host(&mut self) -> Result<End, Problem> {
        let question = Question::txt(self.sender_domain.clone());
        let answer = self.lookup.ask(question.clone()).await;
        let mut frame = Frame::new(self.record_in(question, answer, None)?);
        let mut parents = Parents::new();
        loop {
            match self.advance(&mut frame)? {
                Turn::Matched => {}
                Turn::Exhausted => frame.term = Term::Default,
                Turn::Asks => {
                    if self.needs_names(&frame) {
                        self.find_names(Some(&frame)).await?;
                    }
                    match self.want(&frame)? {
                        Want::Nothing(true) => {}
                        Want::Nothing(false) => continue,
                        Want::Record(question) => {
                            let answer = self.lookup.ask(question.clone()).await;
                            let target = Frame::new(self.record_in(question, answer, Some(&frame))?);
                            let from = std::mem::replace(&mut frame, target);
                            if from.term != Term::Redirect {
                                parents.push(from);
                            }
                            continue;
                        }
                        Want::Addresses(question, cidr) => {
                            let answer = self.lookup.ask(question.clone()).await;
                            let found = self.addresses_in(question, answer, cidr)?;
                            if !self.is_match(found, &frame).await? {
                                continue;
                            }
                        }
                        Want::Existence(question) => {
                            let answer = self.lookup.ask(question.clone()).await;
                            let found = self.anything_in(question, answer)?;
                            if !self.is_match(found, &frame).await? {
                                continue;
                            }
                        }
                        Want::Hosts(question, cidr) => {
                            if !self.mx(question, cidr, &frame).await? {
                                continue;
                            }
                        }
                    }
                }
            }
            match self.close(frame, &mut parents) {
                Ok(end) => return Ok(end),
                Err(parent) => frame = parent,
            }
        }
    }

    // RFC 7208 §4.6.2: each mechanism is considered in turn from left to right
    fn advance(&mut self, frame: &mut Frame) -> Result<Turn, Problem> {
        let record = &frame.at.policy.record;
        while let Some(stage) = record.stages().get(frame.next) {
            frame.next += 1;
            let index = match stage {
                Stage::Networks(run) => match record.network_with(run, self.ip) {
                    Some(index) => {
                        frame.term = Term::Directive(index);
                        return Ok(Turn::Matched);
                    }
                    None => continue,
                },
                Stage::Directive(index) => *index,
            };
            frame.term = Term::Directive(index);
            let Some(Directive { mechanism, .. }) = record.directives().get(index as usize) else { continue };
            if *mechanism == Mechanism::All {
                return Ok(Turn::Matched);
            }
            self.count_lookups(mechanism.domain_spec(), frame)?;
            return Ok(Turn::Asks);
        }
        // RFC 7208 §6.1: redirect – if all mechanisms fail to match
        if let (Some(redirect), false) = (&record.redirect, frame.term == Term::Redirect) {
            frame.term = Term::Redirect;
            self.count_lookups(Some(&redirect.value), frame)?;
            return Ok(Turn::Asks);
        }
        Ok(Turn::Exhausted)
    }

    /// What the term that was taken up last wants to know.
    fn want(&mut self, frame: &Frame) -> Result<Want, Problem> {
        let record = &frame.at.policy.record;
        match frame.directive().map(|directive| &directive.mechanism) {
            Some(Mechanism::Include(spec)) => self.want_record(spec, frame),
            Some(Mechanism::A(spec, cidr)) => {
                // RFC 7208 §5.3: "a" – an address lookup is done on the <target-name>
                let kind = self.address_kind();
                self.want_of(spec.as_ref(), frame, |_, name| Want::Addresses(Question::new(name, kind), *cidr))
            }
            Some(Mechanism::Mx(spec, cidr)) => {
                self.want_of(spec.as_ref(), frame, |_, name| Want::Hosts(Question::new(name, Kind::Mx), *cidr))
            }
            Some(Mechanism::Exists(spec)) => {
                // RFC 7208 §5.7: "exists" – an A lookup, even when the connection type is IPv6
                self.want_of(Some(spec), frame, |_, name| Want::Existence(Question::new(name, Kind::A)))
            }
            Some(Mechanism::Ptr(spec)) => self.want_of(spec.as_ref(), frame, |evaluation, name| {
                // RFC 7208 §5.5: "ptr" – a validated name is the <target-name> or lies below it
                let names = evaluation.validated.as_deref().unwrap_or_default();
                Want::Nothing(names.iter().any(|validated| validated.is_within(&name)))
            }),
            Some(Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..)) => Ok(Want::Nothing(false)),
            None => match &record.redirect {
                Some(redirect) => self.want_record(&redirect.value, frame),
                None => Ok(Want::Nothing(false)),
            },
        }
    }

    fn want_of(
        &mut self,
        spec: Option<&DomainSpec>,
        frame: &Frame,
        want: impl FnOnce(&Self, Domain) -> Want,
    ) -> Result<Want, Problem> {
        let target = match spec {
            // RFC 7208 §4.8: if the <domain-spec> is not provided, the <domain> is the <target-name>
            None => Target::Name(frame.at.domain().clone()),
            Some(spec) => self.target(spec, frame),
        };
        Ok(match target {
            Target::Name(name) => want(self, name),
            Target::Malformed | Target::NoMatch => Want::Nothing(false),
        })
    }

    /// The record of an include or a redirect.
    fn want_record(&mut self, spec: &DomainSpec, frame: &Frame) -> Result<Want, Problem> {
        let target = match spec {
            DomainSpec::Fixed(name) => name.clone(),
            _ => match self.target(spec, frame) {
                Target::Name(name) if is_multi_label(&name) => name,
                Target::NoMatch => return Ok(Want::Nothing(false)),
                // RFC 7208 §4.3: malformed or not multi-label is "none", which include and redirect turn into
                // "permerror"
                Target::Name(_) | Target::Malformed => return Err(Problem::TargetMalformed(frame.place())),
            },
        };
        if frame.term == Term::Redirect {
            self.evidence.push(Step::Redirected(frame.place(), target.clone()));
        }
        Ok(Want::Record(Question::txt(target)))
    }

    fn target(&mut self, spec: &DomainSpec, frame: &Frame) -> Target {
        let error = match spec {
            DomainSpec::Fixed(domain) => return Target::Name(domain.clone()),
            DomainSpec::Malformed(_, error) => *error,
            // RFC 8616 §4: with a local part that is not ASCII, terms that include %{s} or %{l} do not match anything
            DomainSpec::Macros(macros) if self.is_beyond_ascii(macros) => {
                self.evidence.push(Step::LocalPartNotAscii(frame.place()));
                return Target::NoMatch;
            }
            DomainSpec::Macros(macros) => match macros.expand_name(&self.values(frame.at.domain())) {
                Ok(domain) => return Target::Name(domain),
                Err(error) => error,
            },
        };
        // RFC 7208 §4.8: what a malformed name does is left open; it is the name of no host, so the term does not match
        self.evidence.push(Step::TargetUnusable(frame.place(), error));
        Target::Malformed
    }

    fn is_beyond_ascii(&self, macros: &MacroString) -> bool {
        (macros.uses(Letter::Sender) || macros.uses(Letter::LocalPart)) && !self.local_part.is_ascii()
    }

    /// Whether the term cannot be evaluated before the client's names are known.
    fn needs_names(&self, frame: &Frame) -> bool {
        if self.validated.is_some() {
            return false;
        }
        let spec = match frame.directive().map(|directive| &directive.mechanism) {
            Some(Mechanism::Ptr(_)) => return true,
            Some(mechanism) => mechanism.domain_spec(),
            None => frame.at.record().redirect.as_ref().map(|redirect| &redirect.value),
        };
        matches!(spec, Some(DomainSpec::Macros(macros))
            if macros.uses(Letter::ValidatedName) && !self.is_beyond_ascii(macros))
    }

    /// The record in the answer for a name: the first one, or that of `include` and `redirect` in the frame.
    fn record_in(&mut self, question: Question, answer: Answer, from: Option<&Frame>) -> Result<RecordAt, Problem> {
        let found = match &answer {
            Answer::Records(records) => {
                let domain = &question.name;
                let policy = records.derived(|data| Policy::select(domain.clone(), data));
                usable(RecordAt::new(domain, policy))
            }
            Answer::NxDomain(_) => Err(Problem::NoSuchDomain(question.name.clone())),
            Answer::NoData(_) | Answer::Failed(Failure::BadName) => Err(Problem::NoRecord(question.name.clone())),
            // RFC 7208 §4.4: if the DNS lookup returns a server failure or times out, "temperror"
            Answer::Failed(failure) => Err(Problem::Dns(question.clone(), *failure)),
        };
        self.evidence.push(Step::Asked { question, answer });
        match (found, from) {
            // RFC 7208 §5.2, §6.1: where none would be the result of the target, it is permerror
            (Err(Problem::NoSuchDomain(domain) | Problem::NoRecord(domain)), Some(frame)) => {
                Err(Problem::TargetWithoutRecord(frame.place(), domain))
            }
            (found, _) => found,
        }
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

    async fn is_match(&mut self, found: Found, frame: &Frame) -> Result<bool, Problem> {
        match found {
            Found::Match => return Ok(true),
            Found::Other => {}
            Found::Void => {
                self.count_void();
                if self.void_lookups > self.limits.void_lookup_count_max {
                    self.forgive_voids(frame).await?;
                }
            }
        }
        Ok(false)
    }

    // RFC 7208 §5.4: "mx" – first an MX lookup, then an address lookup on each MX name returned
    async fn mx(&mut self, question: Question, cidr: DualCidr, frame: &Frame) -> Result<bool, Problem> {
        let answer = self.lookup.ask(question.clone()).await;
        let hosts = self.hosts(&answer);
        let found = self.anything_in(question, answer)?;
        // RFC 7208 §5.4: without MX record, the implicit MX rules MUST NOT be applied
        if !self.is_match(found, frame).await? {
            return Ok(false);
        }
        // RFC 7208 §4.6.4: more than 10 address records – the "mx" mechanism MUST produce a "permerror" result
        if hosts.len() > usize::from(self.limits.mx_host_count_max) {
            return Err(Problem::TooManyMailExchanges(frame.place(), self.limits.mx_host_count_max));
        }
        let answers = self.ask_all(&hosts).await;
        for (host, answer) in hosts.into_iter().zip(answers) {
            let found = self.addresses_in(host, answer, cidr)?;
            if self.is_match(found, frame).await? {
                return Ok(true);
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

    // RFC 7208 §4.6.4: "include", "a", "mx", "ptr", "exists" and "redirect" – at most 10; %{p} is included in the limit
    fn count_lookups(&mut self, spec: Option<&DomainSpec>, frame: &Frame) -> Result<(), Problem> {
        let names = matches!(spec, Some(DomainSpec::Macros(macros)) if macros.uses(Letter::ValidatedName));
        self.lookups = self.lookups.saturating_add(1 + u8::from(names));
        if self.lookups > self.limits.lookup_count_max {
            return Err(Problem::TooManyLookups(frame.place(), self.limits.lookup_count_max));
        }
        Ok(())
    }

    fn count_void(&mut self) {
        self.void_lookups = self.void_lookups.saturating_add(1);
        self.evidence.push(Step::Void(self.void_lookups));
    }

    // RFC 7208 §4.6.4: implementations SHOULD limit "void lookups" to two; exceeding the limit is "permerror"
    async fn forgive_voids(&mut self, frame: &Frame) -> Result<(), Problem> {
        while self.void_lookups > self.limits.void_lookup_count_max {
            let Some(question) = self.doubtful_voids.pop() else {
                return Err(Problem::TooManyVoidLookups(frame.place(), self.limits.void_lookup_count_max));
            };
            // A host of one family only is not what the limit is for: the sender's record is right, and the same for
            // clients of both families.
            let other = if question.kind == Kind::A { Kind::Aaaa } else { Kind::A };
            let other = Question::new(question.name.clone(), other);
            let answer = self.lookup.ask(other.clone()).await;
            let found = Found::of(&other, &answer, |_| true);
            self.evidence.push(Step::Asked { question: other, answer });
            if matches!(found?, Found::Match) {
                self.void_lookups -= 1;
                self.evidence.push(Step::VoidForgiven(question));
            }
        }
        Ok(())
    }

    /// Gives the verdict of a record to the record that includes it, and so on outwards, until the outermost has its
    /// end or – the `Err` – one goes on.
    fn close(&mut self, mut frame: Frame, parents: &mut Parents) -> Result<End, Frame> {
        let mut verdict = frame.verdict();
        let mut included = None;
        while let Some(parent) = parents.pop() {
            let place = frame.into_place();
            // RFC 7208 §5.2: pass is a match; fail, softfail and neutral are not
            if verdict != Verdict::Pass {
                self.evidence.push(Step::IncludeNotMatched(place, verdict));
                return Err(parent);
            }
            if included.is_none() {
                included = Some(place.clone());
            }
            self.evidence.push(Step::Matched(place));
            frame = parent;
            verdict = frame.verdict();
        }
        let directive = match frame.term {
            Term::Directive(index) => Some(index),
            Term::Redirect | Term::Default => None,
        };
        self.evidence.push(match directive {
            Some(_) => Step::Matched(frame.place()),
            None => Step::NothingMatched(frame.at.clone()),
        });
        Ok(End { verdict, directive, included, in_force: frame.at })
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

    /// Asks for the client's names that lead back to its address; once per check. Without a frame – for an explanation –
    /// nothing is counted.
    async fn find_names(&mut self, frame: Option<&Frame>) -> Result<(), Problem> {
        let question = Question::new(Domain::reverse(self.ip), Kind::Ptr);
        let answer = self.lookup.ask(question.clone()).await;
        self.evidence.push(Step::Asked { question, answer: answer.clone() });
        if let (true, Some(frame)) = (answer.is_void(), frame) {
            self.is_match(Found::Void, frame).await?;
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
        let answer = self.lookup.ask(question.clone()).await;
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
            let _ = self.find_names(None).await;
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
            [only] => answers.push(self.lookup.ask(only.clone()).await),
            [first, second] => {
                let pair = join(self.lookup.ask(first.clone()), self.lookup.ask(second.clone())).await;
                answers.extend([pair.0, pair.1]);
            }
            _ => answers.extend(join_all(questions.iter().map(|question| self.lookup.ask(question.clone()))).await),
        }
        answers
    }
}

impl Frame {
    fn new(at: RecordAt) -> Self {
        Self { at, next: 0, term: Term::Default }
    }

    /// What the term that was evaluated last gives when it matches; without one, the default.
    fn verdict(&self) -> Verdict {
        // RFC 7208 §4.7: just as if "?all" were specified as the last directive
        self.directive().map_or(Verdict::Neutral, |directive| directive.qualifier.verdict())
    }

    fn directive(&self) -> Option<&Directive> {
        match self.term {
            Term::Directive(index) => self.at.record().directives().get(index as usize),
            Term::Redirect | Term::Default => None,
        }
    }

    fn place(&self) -> Place {
        Place { at: self.at.clone(), term: self.term }
    }

    fn into_place(self) -> Place {
        Place { at: self.at, term: self.term }
    }
}

/// The record, if it is one that can be evaluated.
fn usable(at: RecordAt) -> Result<RecordAt, Problem> {
    match at.policy.selection {
        Selection::Sound => Ok(at),
        Selection::Nothing => Err(Problem::NoRecord(at.domain().clone())),
        Selection::Several(_) => Err(Problem::SeveralRecords(at)),
        // RFC 7208 §4.6: if there are any syntax errors anywhere in the record, "permerror"
        Selection::Broken(_) => Err(Problem::RecordBroken(at)),
    }
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
