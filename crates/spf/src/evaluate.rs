//! check_host() (RFC 7208 §4): from an identity to a result.
//!
//! Includes are frames on a stack of one `async fn`, so that a check needs no allocation per include and no depth but the
//! limit of look-ups.

use std::net::IpAddr;
use std::sync::Arc;

use futures_util::future::{join, join_all};
use lookup::{Answer, Data, Failure, Kind, Lookup, Question};
use mailtext::{Domain, DomainError, Outcome};
use smallvec::SmallVec;

use crate::limits::{EXPLANATION_BYTES_MAX, Limits};
use crate::macros::{Letter, MacroString, Values};
use crate::outcome::{Checked, ExplanationFlaw, Identity, Place, Problem, RecordAt, Step, Verdict};
use crate::record::{Directive, DomainSpec, DualCidr, Mechanism, Policy, Qualifier, Selection, Stage, mask4, mask6};

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
    Malformed,
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
        match parse_host(domain) {
            Ok(domain) => Self::Mailbox { local_part, domain },
            Err(Problem::AddressLiteral) => Self::AddressLiteral,
            Err(Problem::DomainMalformed(error)) => Self::DomainMalformed(error),
            Err(_) => Self::Malformed,
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
        if let Some(Step::Checking(identity, _)) = mail_from.evidence.first_mut() {
            *identity = Identity::MailFrom;
        }
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
    let (local_part, domain) = match sender(request, identity) {
        Ok(sender) => sender,
        Err(problem) => return Outcome { result: Checked::none(identity, problem), evidence: Vec::new() },
    };
    let mut evidence = Vec::with_capacity(8);
    evidence.push(Step::Checking(identity, domain.clone()));
    let mut evaluation = Evaluation {
        lookup,
        limits,
        request,
        // RFC 7208 §5: clients on IPv4-mapped IPv6 addresses are IPv4
        ip: request.ip.to_canonical(),
        local_part,
        sender_domain: &domain,
        lookups: 0,
        void_lookups: 0,
        doubtful_voids: SmallVec::new(),
        validated: None,
        evidence,
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
        Ok(End { verdict, matched, authorised_by, in_force }) => Checked {
            identity,
            domain: Some(domain),
            verdict,
            matched,
            authorised_by,
            in_force: Some(in_force),
            lookups,
            void_lookups,
            explanation,
            reason: None,
        },
        Err(problem) => Checked { domain: Some(domain), lookups, void_lookups, ..Checked::none(identity, problem) },
    };
    Outcome { result, evidence }
}

impl Checked {
    fn none(identity: Identity, problem: Problem) -> Self {
        Self {
            identity,
            domain: None,
            verdict: problem.verdict(),
            matched: None,
            authorised_by: None,
            in_force: None,
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
            Self::SenderMalformed
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
fn sender<'a>(request: &Request<'a>, identity: Identity) -> Result<(&'a str, Domain), Problem> {
    let (local_part, domain) = match (identity, &request.mail_from) {
        // RFC 7208 §4.3: if the <sender> has no local-part, substitute the string "postmaster"
        (Identity::Helo, _) | (_, MailFrom::Null) => ("postmaster", parse_helo(request.helo)?),
        (_, MailFrom::Mailbox { local_part: "", domain }) => ("postmaster", domain.clone()),
        (_, MailFrom::Mailbox { local_part, domain }) => (*local_part, domain.clone()),
        (_, MailFrom::AddressLiteral) => return Err(Problem::AddressLiteral),
        (_, MailFrom::DomainMalformed(error)) => return Err(Problem::DomainMalformed(*error)),
        (_, MailFrom::Malformed) => return Err(Problem::SenderMalformed),
    };
    if !is_multi_label(&domain) {
        return Err(Problem::SingleLabel);
    }
    Ok((local_part, domain))
}

/// RFC 6531 §3.7.3 leaves EHLO in ASCII: U-labels there are malformed.
fn parse_helo(helo: &str) -> Result<Domain, Problem> {
    if !helo.is_ascii() {
        return Err(Problem::DomainMalformed(DomainError::Character));
    }
    parse_host(helo)
}

fn parse_host(text: &str) -> Result<Domain, Problem> {
    let is_numeric = text.ends_with(|letter: char| letter.is_ascii_digit()) && text.parse::<IpAddr>().is_ok();
    if text.starts_with('[') || is_numeric {
        return Err(Problem::AddressLiteral);
    }
    Domain::parse(text).map_err(Problem::DomainMalformed)
}

fn is_multi_label(domain: &Domain) -> bool {
    domain.as_str().contains('.')
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
#[derive(Clone)]
struct Frame {
    domain: Domain,
    policy: Arc<Policy>,
    /// The stage that comes next.
    next: usize,
    /// The directive that was evaluated last.
    directive: u32,
}

/// What a record comes to next.
enum Turn {
    /// The directive matches.
    Matched(u32),
    /// The directive is an include of this domain.
    Include(Domain),
    /// Nothing matches.
    Exhausted,
}

/// How an evaluation ends without a problem.
struct End {
    verdict: Verdict,
    matched: Option<Place>,
    authorised_by: Option<Place>,
    in_force: RecordAt,
}

/// What a domain specification becomes.
enum Target {
    Name(Domain),
    /// No name in DNS; a step says why.
    Malformed,
    /// Whatever it is, the term does not match; a step says why.
    NoMatch,
}

type Frames = SmallVec<[Frame; 4]>;

impl<L: Lookup + Sync> Evaluation<'_, L> {
    async fn check_host(&mut self) -> Result<End, Problem> {
        let domain = self.sender_domain.clone();
        let policy = self.policy_of(&domain, None).await?;
        let mut frames: Frames = SmallVec::new();
        frames.push(Frame::new(domain, policy));
        let mut authorised_by = None;
        loop {
            let Some(frame) = frames.last_mut() else { return Err(Problem::SenderMalformed) };
            let verdict = match self.advance(frame).await? {
                Turn::Include(target) => {
                    let policy = self.policy_of(&target, Some(frame)).await?;
                    frames.push(Frame::new(target, policy));
                    continue;
                }
                Turn::Matched(directive) => {
                    authorised_by = Some(self.matched(frame, directive));
                    frame.qualifier(directive).verdict()
                }
                Turn::Exhausted => match self.redirect(frame).await? {
                    Some(next) => {
                        *frame = next;
                        continue;
                    }
                    None => Verdict::Neutral,
                },
            };
            if let Some(end) = self.close(&mut frames, verdict, &mut authorised_by) {
                return Ok(end);
            }
        }
    }

    /// Gives the verdict of the innermost record to the record that includes it, and so on outwards, until one goes on
    /// or the outermost has its end.
    fn close(&mut self, frames: &mut Frames, mut verdict: Verdict, authorised_by: &mut Option<Place>) -> Option<End> {
        let mut matched = authorised_by.clone();
        while let Some(frame) = frames.pop() {
            let Some(parent) = frames.last() else {
                if matched.is_none() {
                    self.evidence.push(Step::NothingMatched(frame.at()));
                }
                return Some(End { verdict, matched, authorised_by: authorised_by.take(), in_force: frame.into_at() });
            };
            // RFC 7208 §5.2: pass is a match; fail, softfail and neutral are not
            if verdict != Verdict::Pass {
                self.evidence.push(Step::IncludeNotMatched(parent.place(), verdict));
                *authorised_by = None;
                return None;
            }
            verdict = parent.qualifier(parent.directive).verdict();
            matched = Some(self.matched(parent, parent.directive));
        }
        None
    }

    fn matched(&mut self, frame: &Frame, directive: u32) -> Place {
        let place = Place { directive: Some(directive), ..frame.place() };
        self.evidence.push(Step::Matched(place.clone()));
        place
    }

    /// Fetches and reads the record of a domain: the first one, or that of `include` and `redirect` in the frame.
    async fn policy_of(&mut self, domain: &Domain, from: Option<&Frame>) -> Result<Arc<Policy>, Problem> {
        let question = Question::txt(domain.clone());
        let answer = self.ask(question).await;
        // RFC 7208 §5.2, §6.1: where none would be the result of the target, it is permerror
        let nothing = |problem: Problem| match from {
            Some(frame) => Problem::TargetWithoutRecord(frame.place(), domain.clone()),
            None => problem,
        };
        let records = match answer {
            Answer::Records(records) => records,
            Answer::NoData(_) => return Err(nothing(Problem::NoRecord(domain.clone()))),
            Answer::NxDomain(_) => return Err(nothing(Problem::NoSuchDomain(domain.clone()))),
            Answer::Failed(Failure::BadName) => return Err(nothing(Problem::NoRecord(domain.clone()))),
            // RFC 7208 §4.4: if the DNS lookup returns a server failure or times out, "temperror"
            Answer::Failed(failure) => return Err(Problem::Dns(Question::txt(domain.clone()), failure)),
        };
        let policy = records.derived(Policy::select);
        match policy.selection {
            Selection::Sound => Ok(policy),
            Selection::Nothing => Err(nothing(Problem::NoRecord(domain.clone()))),
            Selection::Several(_) => Err(Problem::SeveralRecords(RecordAt { domain: domain.clone(), policy })),
            // RFC 7208 §4.6: if there are any syntax errors anywhere in the record, "permerror"
            Selection::Broken(_) => Err(Problem::RecordBroken(RecordAt { domain: domain.clone(), policy })),
        }
    }

    // RFC 7208 §4.6.2: each mechanism is considered in turn from left to right
    async fn advance(&mut self, frame: &mut Frame) -> Result<Turn, Problem> {
        loop {
            let record = &frame.policy.record;
            let Some(stage) = record.stages().get(frame.next) else { return Ok(Turn::Exhausted) };
            frame.next += 1;
            let index = match stage {
                Stage::Networks(run) => match record.network_with(run, self.ip) {
                    Some(index) => return Ok(Turn::Matched(index)),
                    None => continue,
                },
                Stage::Directive(index) => *index,
            };
            frame.directive = index;
            let Some(Directive { mechanism, .. }) = record.directives().get(index as usize) else { continue };
            if *mechanism == Mechanism::All {
                return Ok(Turn::Matched(index));
            }
            let place = &*frame;
            self.count_lookup(place)?;
            if let Mechanism::Include(spec) = mechanism {
                match self.checkable_target(spec, place).await? {
                    Some(target) => return Ok(Turn::Include(target)),
                    None => continue,
                }
            }
            if self.matches(mechanism, place).await? {
                return Ok(Turn::Matched(index));
            }
        }
    }

    async fn matches(&mut self, mechanism: &Mechanism, frame: &Frame) -> Result<bool, Problem> {
        let target = match mechanism.domain_spec() {
            // RFC 7208 §4.8: if the <domain-spec> is not provided, the <domain> is the <target-name>
            None => frame.domain.clone(),
            Some(spec) => match self.target(spec, frame).await? {
                Target::Name(name) => name,
                Target::Malformed | Target::NoMatch => return Ok(false),
            },
        };
        match mechanism {
            Mechanism::A(_, cidr) => self.a(target, *cidr, frame).await,
            Mechanism::Mx(_, cidr) => self.mx(target, *cidr, frame).await,
            Mechanism::Ptr(_) => self.ptr(&target, frame).await,
            Mechanism::Exists(_) => self.exists(target, frame).await,
            Mechanism::All | Mechanism::Include(_) | Mechanism::Ip4(..) | Mechanism::Ip6(..) => Ok(false),
        }
    }

    // RFC 7208 §5.3: "a" – an address lookup is done on the <target-name>
    async fn a(&mut self, target: Domain, cidr: DualCidr, frame: &Frame) -> Result<bool, Problem> {
        let question = Question::new(target, self.address_kind());
        let answer = self.ask(question.clone()).await;
        self.addresses_match(&question, &answer, cidr, frame).await
    }

    // RFC 7208 §5.4: "mx" – first an MX lookup, then an address lookup on each MX name returned
    async fn mx(&mut self, target: Domain, cidr: DualCidr, frame: &Frame) -> Result<bool, Problem> {
        let question = Question::new(target, Kind::Mx);
        let answer = self.ask(question.clone()).await;
        let records = match &answer {
            Answer::Records(records) => records,
            Answer::Failed(failure) => return no_match_or_failure(question, *failure),
            // RFC 7208 §5.4: without MX record, the implicit MX rules MUST NOT be applied
            Answer::NoData(_) | Answer::NxDomain(_) => {
                self.count_void(frame).await?;
                return Ok(false);
            }
        };
        let kind = self.address_kind();
        let mut hosts: SmallVec<[Question; 4]> = SmallVec::new();
        for data in &records.data {
            // RFC 7505 §3: the root as exchange says that there is none
            let Data::Mx(mx) = data else { continue };
            let Some(host) = &mx.exchange else { continue };
            // RFC 7208 §4.6.4: more than 10 address records – the "mx" mechanism MUST produce a "permerror" result
            if hosts.len() >= usize::from(self.limits.mx_host_count_max) {
                return Err(Problem::TooManyMailExchanges(frame.place(), self.limits.mx_host_count_max));
            }
            hosts.push(Question::new(host.clone(), kind));
        }
        let answers = self.ask_all(&hosts).await;
        for (host, answer) in hosts.iter().zip(answers) {
            self.evidence.push(Step::Asked { question: host.clone(), answer: answer.clone() });
            if self.addresses_match(host, &answer, cidr, frame).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    // RFC 7208 §5.7: "exists" – an A lookup, even when the connection type is IPv6
    async fn exists(&mut self, target: Domain, frame: &Frame) -> Result<bool, Problem> {
        let question = Question::new(target, Kind::A);
        match self.ask(question.clone()).await {
            Answer::Records(_) => Ok(true),
            Answer::Failed(failure) => no_match_or_failure(question, failure),
            Answer::NoData(_) | Answer::NxDomain(_) => {
                self.count_void(frame).await?;
                Ok(false)
            }
        }
    }

    // RFC 7208 §5.5: "ptr" – a validated name is the <target-name> or lies below it
    async fn ptr(&mut self, target: &Domain, frame: &Frame) -> Result<bool, Problem> {
        let names = self.validated_names(Some(frame)).await?;
        Ok(names.iter().any(|name| name.is_within(target)))
    }

    /// Whether an answer to a question for addresses holds the client's.
    async fn addresses_match(
        &mut self,
        question: &Question,
        answer: &Answer,
        cidr: DualCidr,
        frame: &Frame,
    ) -> Result<bool, Problem> {
        match answer {
            Answer::Records(records) => Ok(records.data.iter().any(|data| is_client(data, self.ip, cidr))),
            Answer::Failed(failure) => no_match_or_failure(question.clone(), *failure),
            Answer::NxDomain(_) => {
                self.count_void(frame).await?;
                Ok(false)
            }
            Answer::NoData(_) => {
                // The host may well have addresses of the other family; that is asked only when it decides.
                self.doubtful_voids.push(question.clone());
                self.count_void(frame).await?;
                Ok(false)
            }
        }
    }

    // RFC 7208 §4.6.4: "include", "a", "mx", "ptr", "exists" and "redirect" – at most 10
    fn count_lookup(&mut self, frame: &Frame) -> Result<(), Problem> {
        self.lookups = self.lookups.saturating_add(1);
        if self.lookups > self.limits.lookup_count_max {
            return Err(Problem::TooManyLookups(frame.place(), self.limits.lookup_count_max));
        }
        Ok(())
    }

    // RFC 7208 §4.6.4: implementations SHOULD limit "void lookups" to two; exceeding the limit is "permerror"
    async fn count_void(&mut self, frame: &Frame) -> Result<(), Problem> {
        self.void_lookups = self.void_lookups.saturating_add(1);
        self.evidence.push(Step::Void(self.void_lookups));
        while self.void_lookups > self.limits.void_lookup_count_max {
            let Some(question) = self.doubtful_voids.pop() else {
                return Err(Problem::TooManyVoidLookups(frame.place(), self.limits.void_lookup_count_max));
            };
            // A host of one family only is not what the limit is for: the sender's record is right, and the same for
            // clients of both families.
            let other = if question.kind == Kind::A { Kind::Aaaa } else { Kind::A };
            let other = Question::new(question.name.clone(), other);
            match self.ask(other.clone()).await {
                Answer::Records(_) => {
                    self.void_lookups -= 1;
                    self.evidence.push(Step::VoidForgiven(question));
                }
                Answer::Failed(failure) => return Err(Problem::Dns(other, failure)),
                Answer::NoData(_) | Answer::NxDomain(_) => {}
            }
        }
        Ok(())
    }

    // RFC 7208 §6.1: redirect – if all mechanisms fail to match
    async fn redirect(&mut self, frame: &Frame) -> Result<Option<Frame>, Problem> {
        let Some(redirect) = &frame.policy.record.redirect else { return Ok(None) };
        let from = Frame { directive: REDIRECT, ..Frame::clone(frame) };
        self.count_lookup(&from)?;
        let Some(target) = self.checkable_target(&redirect.value, &from).await? else { return Ok(None) };
        self.evidence.push(Step::Redirected(from.place(), target.clone()));
        let policy = self.policy_of(&target, Some(&from)).await?;
        Ok(Some(Frame::new(target, policy)))
    }

    /// The domain of an include or a redirect. `None` when the term cannot match.
    async fn checkable_target(&mut self, spec: &DomainSpec, frame: &Frame) -> Result<Option<Domain>, Problem> {
        match self.target(spec, frame).await? {
            Target::Name(name) if is_multi_label(&name) => Ok(Some(name)),
            Target::NoMatch => Ok(None),
            // RFC 7208 §4.3: malformed or not multi-label is "none", which include and redirect turn into "permerror"
            Target::Name(_) | Target::Malformed => Err(Problem::TargetMalformed(frame.place())),
        }
    }

    async fn target(&mut self, spec: &DomainSpec, frame: &Frame) -> Result<Target, Problem> {
        let error = match spec {
            DomainSpec::Fixed(domain) => return Ok(Target::Name(domain.clone())),
            DomainSpec::Malformed(_, error) => *error,
            DomainSpec::Macros(macros) => {
                let uses_local_part = |letter| matches!(letter, Letter::Sender | Letter::LocalPart);
                // RFC 8616 §4: with a local part that is not ASCII, terms that include %{s} or %{l} do not match anything
                if !self.local_part.is_ascii() && macros.letters().any(uses_local_part) {
                    self.evidence.push(Step::LocalPartNotAscii(frame.place()));
                    return Ok(Target::NoMatch);
                }
                let name = if macros.uses(Letter::ValidatedName) {
                    // RFC 7208 §4.6.4: the %{p} macro is included in the overall limit of 10
                    self.count_lookup(frame)?;
                    self.validated_name(Some(frame), &frame.domain).await?
                } else {
                    None
                };
                match macros.expand_name(&self.values(&frame.domain, name.as_ref())) {
                    Ok(domain) => return Ok(Target::Name(domain)),
                    Err(error) => error,
                }
            }
        };
        // RFC 7208 §4.8: what a malformed name does is left open; it is the name of no host, so the term does not match
        self.evidence.push(Step::TargetUnusable(frame.place(), error));
        Ok(Target::Malformed)
    }

    fn values<'v>(&'v self, domain: &'v Domain, validated_name: Option<&'v Domain>) -> Values<'v> {
        Values {
            ip: self.ip,
            local_part: self.local_part,
            sender_domain: self.sender_domain,
            domain,
            helo: self.request.helo,
            receiver: self.request.receiver,
            now_s: self.request.now_s,
            validated_name: validated_name.map_or("unknown", Domain::as_str),
        }
    }

    // RFC 7208 §7.3: the <domain> itself, else a subdomain of it, else any name from the list
    async fn validated_name(&mut self, frame: Option<&Frame>, domain: &Domain) -> Result<Option<Domain>, Problem> {
        let names = self.validated_names(frame).await?;
        let chosen = names
            .iter()
            .find(|name| *name == domain)
            .or_else(|| names.iter().find(|name| name.is_within(domain)))
            .or_else(|| names.first());
        Ok(chosen.cloned())
    }

    /// The client's names that lead back to its address, asked for once per check. Without a frame – for an explanation
    /// – nothing is counted.
    async fn validated_names(&mut self, frame: Option<&Frame>) -> Result<Arc<[Domain]>, Problem> {
        if let Some(names) = &self.validated {
            return Ok(Arc::clone(names));
        }
        let answer = self.ask(Question::new(Domain::reverse(self.ip), Kind::Ptr)).await;
        if let (true, Some(frame)) = (answer.is_void(), frame) {
            self.count_void(frame).await?;
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
        let names: Arc<[Domain]> = names.into();
        self.validated = Some(Arc::clone(&names));
        Ok(names)
    }

    // RFC 7208 §6.2: exp – anything wrong with it, and it is as if there were none
    async fn explain(&mut self, at: &RecordAt) -> Option<String> {
        let spec = &at.policy.record.explanation.as_ref()?.value;
        match self.explanation(spec, &at.domain).await {
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
                let name = self.name_for_explanation(macros, domain).await;
                let values = self.values(domain, name.as_ref());
                macros.expand_name(&values).map_err(|_| ExplanationFlaw::Target)?
            }
        };
        let answer = self.ask(Question::txt(target)).await;
        let text = match answer.data() {
            [Data::Txt(text)] => text,
            [] => return Err(ExplanationFlaw::NoAnswer),
            _ => return Err(ExplanationFlaw::Several),
        };
        let macros = MacroString::parse_explanation(text.bytes()).map_err(ExplanationFlaw::Syntax)?;
        let name = self.name_for_explanation(&macros, domain).await;
        let text = macros.expand_text(&self.values(domain, name.as_ref()), EXPLANATION_BYTES_MAX);
        let text = text.ok_or(ExplanationFlaw::TooLong)?;
        // RFC 7208 §6.2: the explanation string MUST be limited to US-ASCII; what macros bring in may hold anything
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) { Ok(text) } else { Err(ExplanationFlaw::Characters) }
    }

    async fn name_for_explanation(&mut self, macros: &MacroString, domain: &Domain) -> Option<Domain> {
        if macros.uses(Letter::ValidatedName) { self.validated_name(None, domain).await.ok().flatten() } else { None }
    }

    fn address_kind(&self) -> Kind {
        // RFC 7208 §5: when <ip> is IPv4, "A" records are fetched; when it is IPv6, "AAAA"
        if self.ip.is_ipv4() { Kind::A } else { Kind::Aaaa }
    }

    async fn ask(&mut self, question: Question) -> Answer {
        let answer = self.lookup.ask(question.clone()).await;
        self.evidence.push(Step::Asked { question, answer: answer.clone() });
        answer
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
    fn new(domain: Domain, policy: Arc<Policy>) -> Self {
        Self { domain, policy, next: 0, directive: REDIRECT }
    }

    fn qualifier(&self, directive: u32) -> Qualifier {
        self.policy.record.directives().get(directive as usize).map_or(Qualifier::Neutral, |found| found.qualifier)
    }

    fn place(&self) -> Place {
        let directive = (self.directive != REDIRECT).then_some(self.directive);
        Place { domain: self.domain.clone(), policy: Arc::clone(&self.policy), directive }
    }

    fn at(&self) -> RecordAt {
        RecordAt { domain: self.domain.clone(), policy: Arc::clone(&self.policy) }
    }

    fn into_at(self) -> RecordAt {
        RecordAt { domain: self.domain, policy: self.policy }
    }
}

/// A failed question: temperror, unless the name was one that cannot be asked at all.
fn no_match_or_failure(question: Question, failure: Failure) -> Result<bool, Problem> {
    match failure {
        Failure::BadName => Ok(false),
        // RFC 7208 §5: if the server returns an error or the query times out, the topmost check_host() is "temperror"
        _ => Err(Problem::Dns(question, failure)),
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

/// In the place of a directive's number: the modifier `redirect=`, or nothing yet.
const REDIRECT: u32 = u32::MAX;

#[cfg(test)]
#[path = "evaluate_tests.rs"]
mod tests;
