//! A policy with all that it includes, in one piece: what a check of a known domain needs instead of the questions.
//!
//! Most checks come to their end without anything that only the message knows: networks, and addresses of hosts that a
//! record names. For a family of clients such a policy is a list of [`Op`]s, which [`Flat::walk`] goes through; where it
//! comes to a macro, a failure, a limit or an answer that nobody had yet, it says so, and the check is made in the
//! ordinary way ([`crate::evaluate`]), from the start.
//!
//! A flat policy stands beside the answer that the domain's own record came in, and is good for as long as every answer
//! holds that it was made of; their keeper ([`lookup::Keeper`]) knows how long that is. It is made by [`crate::flatten`] of
//! what ordinary checks were answered: nothing is asked for its sake.
//!
//! The evidence of such a check is that of the ordinary check over the same answers, made when somebody reads it
//! ([`Flat::evidence`]).

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, RwLock};

use futures_util::FutureExt as _;
use lookup::{Answer, Failure, Keeper, Lookup, Moment, Question, Records};
use mailtext::Domain;
use smallvec::SmallVec;

use crate::evaluate::{End, ExplanationUse, MailFrom, Request, Subject, evaluate};
use crate::flatten::flatten;
use crate::limits::{FLAT_BYTES_MAX, FLAT_WAIT_COUNT_MAX, Limits};
use crate::outcome::{Evidence, Place, RecordAt, Step, Term, Verdict};
use crate::record::{Policy, is_of_sender_id};

/// What stands beside the TXT records of a name: what they say, read once, and what was made of that and other answers.
///
/// Nothing here leads back to the records. What a flat policy holds of other answers are copies that nothing stands beside
/// ([`Kept::bare`]): two policies that include each other do not keep each other alive.
pub(crate) struct Kept {
    pub(crate) policy: Arc<Policy>,
    /// Whether a record of Sender ID stands there, too.
    pub(crate) of_sender_id: bool,
    /// For clients of IPv4 and of IPv6.
    flats: [RwLock<Slot>; 2],
    bare: OnceLock<Arc<Records>>,
}

/// The place of a flat policy, and how long it takes until one is made.
struct Slot {
    flat: Option<Arc<Flat>>,
    /// How many ordinary checks pass before the next attempt.
    wait: u8,
    /// How many have passed.
    waited: u8,
}

/// A policy with all that it includes, for clients of one family.
///
/// What each check reads stands together, in the order in which it is read: the places in memory are what it costs.
#[repr(C)]
pub(crate) struct Flat {
    /// The first moment at which it must not be used any more.
    pub(crate) until: Moment,
    pub(crate) is_used: AtomicBool,
    /// Whether a record of Sender ID stands beside one that it is made of.
    pub(crate) beside_sender_id: bool,
    /// The name of the domain once more, without a way to it.
    pub(crate) name: SmallVec<[u8; 31]>,
    pub(crate) ops: SmallVec<[Op; 6]>,
    /// The networks of a policy for clients of IPv4.
    pub(crate) ip4: SmallVec<[Network<u32>; 5]>,
    pub(crate) ends: SmallVec<[Ending; 3]>,
    /// The records; the first is the domain's own.
    pub(crate) records: SmallVec<[RecordAt; 2]>,
    /// The networks of a policy for clients of IPv6.
    pub(crate) ip6: Box<[Network<u128>]>,
    pub(crate) domain: Domain,
    /// The answers that it is made of; the first is that which the domain's own record came in.
    pub(crate) answers: Box<[Held]>,
}

/// An answer, and until when it holds.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) question: Question,
    pub(crate) answer: Answer,
    pub(crate) until: Moment,
}

/// What is done next.
#[derive(Clone, Copy)]
pub(crate) enum Op {
    /// A question counts: as a look-up, as a void one, and the hosts that it names.
    Asked { lookups: u8, voids: u8, hosts: u8 },
    /// The networks of this range are compared; the first that holds the client decides where it goes on.
    Networks { start: u16, end: u16 },
    /// Whatever the client is: by this directive, if there is one.
    Go { to: To, directive: u16 },
    /// An answer is wanted that is not known yet.
    Unknown,
    /// What follows depends on more than the client's address, or ends with a problem.
    Residue,
}

/// Where it goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    Op(u16),
    End(u16),
}

#[derive(Clone, Copy)]
pub(crate) struct Network<T> {
    pub(crate) prefix: T,
    pub(crate) mask: T,
    pub(crate) to: To,
    /// The directive that matches then.
    pub(crate) directive: u16,
}

/// How a check ends; records are numbers in [`Flat::records`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) verdict: Verdict,
    pub(crate) in_force: u8,
    pub(crate) matched: Matched,
}

/// Whose directive the one is that matched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matched {
    /// None did.
    Nothing,
    /// That of the record in force.
    InForce,
    /// That of this record, which this directive of the record in force includes.
    Included { record: u8, by: u16 },
}

/// How a client comes to its end.
struct Way<'f> {
    ending: &'f Ending,
    /// The directive that matched.
    matched: u32,
    lookups: u8,
    void_lookups: u8,
}

/// What a flat policy says of a client.
pub(crate) struct Walked {
    pub(crate) end: End,
    pub(crate) lookups: u8,
    pub(crate) void_lookups: u8,
    pub(crate) evidence: Evidence,
}

/// Why a flat policy says nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Beyond {
    /// It is not there, too old, or not whole: an ordinary check may teach it.
    Unlearnt,
    /// It never will.
    Residue,
}

/// What the flat policy of a domain says of a client, given the answer that the domain's record came in.
pub(crate) fn walk(
    keeper: &dyn Keeper,
    answer: &Answer,
    Subject { domain, scope, .. }: Subject<'_>,
    request: &Request<'_>,
    limits: &Limits,
) -> Result<Walked, Beyond> {
    let Answer::Records(records) = answer else { return Err(Beyond::Residue) };
    let kept = Kept::beside(domain, records).ok_or(Beyond::Residue)?;
    let ip = request.ip.to_canonical();
    // Whoever writes there is not waited for.
    let slot = kept.slot(ip).try_read().map_err(|_| Beyond::Residue)?;
    let flat = slot.flat.as_ref().ok_or(Beyond::Unlearnt)?;
    // Several names may share one answer; a record without names means another host for each.
    if *flat.name != *domain.as_str().as_bytes() {
        return Err(Beyond::Residue);
    }
    if flat.until <= keeper.now() {
        return Err(Beyond::Unlearnt);
    }
    // Records of its own may say something else to Sender ID, here or in what is included.
    if scope.is_some() && flat.beside_sender_id {
        return Err(Beyond::Residue);
    }
    let Way { ending, matched, lookups, void_lookups } = flat.walk(ip, limits)?;
    let in_force = flat.records.get(usize::from(ending.in_force)).ok_or(Beyond::Residue)?;
    let explained = ending.verdict == Verdict::Fail && request.explanation == ExplanationUse::Fetch;
    if explained && in_force.record().explanation.is_some() {
        return Err(Beyond::Residue);
    }
    let (directive, included) = match ending.matched {
        Matched::Nothing => (None, None),
        Matched::InForce => (Some(matched), None),
        Matched::Included { record, by } => {
            let at = flat.records.get(usize::from(record)).ok_or(Beyond::Residue)?.clone();
            (Some(u32::from(by)), Some(Place { at, term: Term::Directive(matched) }))
        }
    };
    let end = End { verdict: ending.verdict, directive, included, in_force: in_force.clone() };
    if !flat.is_used.load(Ordering::Relaxed) {
        flat.is_used.store(true, Ordering::Relaxed);
    }
    Ok(Walked { end, lookups, void_lookups, evidence: Evidence::later(Arc::clone(flat), ip, *limits) })
}

/// Lets the flat policy of a domain be made of, or completed by, the answers of an ordinary check.
pub(crate) fn learn(keeper: &dyn Keeper, domain: &Domain, ip: IpAddr, evidence: &[Step]) {
    let Some(Step::Record { answer: Answer::Records(records), .. }) = evidence.first() else { return };
    let Some(kept) = Kept::beside(domain, records).filter(|kept| kept.policy.domain == *domain) else { return };
    let ip = ip.to_canonical();
    let other_bytes = kept.other_slot(ip).try_read().map_or(FLAT_BYTES_MAX, |slot| slot.bytes());
    let Ok(mut slot) = kept.slot(ip).try_write() else { return };
    if slot.waited < slot.wait {
        slot.waited += 1;
        return;
    }
    let now = keeper.now();
    let before = slot.flat.take();
    let answers = known(keeper, kept, records, evidence, before.as_deref(), now);
    let flat = flatten(domain, &kept.policy, ip, &answers);
    let flat = flat.filter(|flat| flat.bytes() <= FLAT_BYTES_MAX && flat.ends_somewhere());
    // What is never used before it is too old, or gains nothing, is not tried every time.
    let gains = flat.as_ref().is_some_and(|flat| match &before {
        Some(before) if before.until <= now => before.is_used.load(Ordering::Relaxed),
        Some(before) => flat.answers.len() > before.answers.len(),
        None => true,
    });
    let bytes = flat.as_ref().map_or(0, Flat::bytes).saturating_add(other_bytes);
    let is_held = keeper.hold_beside(&Question::txt(domain.clone()), bytes);
    slot.flat = flat.filter(|_| is_held).map(Arc::new);
    slot.waited = 0;
    let longer = slot.wait.saturating_mul(2).saturating_add(1).min(FLAT_WAIT_COUNT_MAX);
    slot.wait = if gains && is_held { 0 } else { longer };
}

/// The answers that may be built upon: those of the evidence that hold, then those of the flat policy before.
fn known(
    keeper: &dyn Keeper,
    kept: &Kept,
    records: &Records,
    evidence: &[Step],
    before: Option<&Flat>,
    now: Moment,
) -> Vec<Held> {
    let own = Question::txt(kept.policy.domain.clone());
    let mut known = vec![Held { question: own, answer: Answer::Records(kept.bare(records)), until: Moment::NEVER }];
    for step in evidence {
        let (question, answer) = match step {
            Step::Record { at, answer, .. } => (Question::txt(at.domain().clone()), answer),
            Step::Asked { question, answer } => (question.clone(), answer),
            _ => continue,
        };
        if known.iter().any(|held| held.question == question) {
            continue;
        }
        let Some(until) = keeper.holds_until(&question, answer).filter(|until| *until > now) else { continue };
        let answer = match (step, answer) {
            (Step::Record { .. }, Answer::Records(records)) => match Kept::beside(&question.name, records) {
                Some(kept) => Answer::Records(kept.bare(records)),
                None => Answer::Records(Arc::new(records.bare())),
            },
            (_, Answer::Records(records)) => Answer::Records(Arc::new(records.bare())),
            (_, absence) => absence.clone(),
        };
        known.push(Held { question, answer, until });
    }
    for held in before.iter().flat_map(|before| before.answers.iter().skip(1)).filter(|held| held.until > now) {
        if !known.iter().any(|other| other.question == held.question) {
            known.push(held.clone());
        }
    }
    known
}

impl Kept {
    /// What stands beside the records, made for this name where nothing does; `None` when something else does.
    pub(crate) fn beside<'r>(domain: &Domain, records: &'r Records) -> Option<&'r Self> {
        records.derived_here(|data| {
            Self::of(Arc::new(Policy::select(domain.clone(), data)), data.iter().any(is_of_sender_id))
        })
    }

    fn of(policy: Arc<Policy>, of_sender_id: bool) -> Self {
        Self { policy, of_sender_id, flats: [RwLock::default(), RwLock::default()], bare: OnceLock::new() }
    }

    /// The records, beside which only the policy stands.
    fn bare(&self, records: &Records) -> Arc<Records> {
        let make = || {
            let bare = records.bare();
            let _ = bare.derived_here(|_| Self::of(Arc::clone(&self.policy), self.of_sender_id));
            Arc::new(bare)
        };
        Arc::clone(self.bare.get_or_init(make))
    }

    fn slot(&self, ip: IpAddr) -> &RwLock<Slot> {
        &self.flats[usize::from(ip.is_ipv6())]
    }

    fn other_slot(&self, ip: IpAddr) -> &RwLock<Slot> {
        &self.flats[usize::from(ip.is_ipv4())]
    }
}

impl Default for Slot {
    /// A domain that is checked once is not worth the work: the second ordinary check teaches.
    fn default() -> Self {
        Self { flat: None, wait: 1, waited: 0 }
    }
}

impl Slot {
    fn bytes(&self) -> usize {
        self.flat.as_deref().map_or(0, Flat::bytes)
    }
}

impl Flat {
    /// How a check of this client ends.
    fn walk(&self, ip: IpAddr, limits: &Limits) -> Result<Way<'_>, Beyond> {
        let (mut next, mut lookups, mut void_lookups) = (0_usize, 0_u8, 0_u8);
        // Every way leads onwards: no op is passed twice.
        while let Some(op) = self.ops.get(next) {
            next += 1;
            let to = match *op {
                Op::Asked { lookups: more, voids, hosts } => {
                    lookups = lookups.saturating_add(more);
                    void_lookups = void_lookups.saturating_add(voids);
                    // What comes of a limit that is exceeded is told, with all that belongs to it, by an ordinary check.
                    if lookups > limits.lookup_count_max
                        || void_lookups > limits.void_lookup_count_max
                        || hosts > limits.mx_host_count_max
                    {
                        return Err(Beyond::Residue);
                    }
                    None
                }
                Op::Networks { start, end } => self.network_with(usize::from(start)..usize::from(end), ip),
                Op::Go { to, directive } => Some((to, directive)),
                Op::Unknown => return Err(Beyond::Unlearnt),
                Op::Residue => return Err(Beyond::Residue),
            };
            match to {
                None => {}
                Some((To::Op(op), _)) => next = next.max(usize::from(op)),
                Some((To::End(end), directive)) => {
                    let ending = self.ends.get(usize::from(end)).ok_or(Beyond::Residue)?;
                    return Ok(Way { ending, matched: directive.into(), lookups, void_lookups });
                }
            }
        }
        Err(Beyond::Residue)
    }

    fn network_with(&self, range: std::ops::Range<usize>, ip: IpAddr) -> Option<(To, u16)> {
        match ip {
            IpAddr::V4(v4) => {
                let bits = v4.to_bits();
                let network = self.ip4.get(range)?.iter().find(|network| bits & network.mask == network.prefix)?;
                Some((network.to, network.directive))
            }
            IpAddr::V6(v6) => {
                let bits = v6.to_bits();
                let network = self.ip6.get(range)?.iter().find(|network| bits & network.mask == network.prefix)?;
                Some((network.to, network.directive))
            }
        }
    }

    /// The evidence of a check that ended here: what an ordinary check says that is answered the same.
    pub(crate) fn evidence(&self, ip: IpAddr, limits: &Limits) -> Vec<Step> {
        // Nothing else of a message has a say in a policy that could be walked.
        let request = Request {
            ip,
            helo: "",
            mail_from: MailFrom::Null,
            receiver: "",
            now_s: 0,
            explanation: ExplanationUse::Skip,
        };
        let subject = Subject { local_part: "", domain: &self.domain, scope: None };
        let evaluated = evaluate(self, &request, subject, limits).now_or_never();
        evaluated.map(|evaluated| evaluated.evidence).unwrap_or_default()
    }

    /// Whether there is a client that it can judge.
    fn ends_somewhere(&self) -> bool {
        !self.ends.is_empty()
    }

    /// About what it holds, answers and records that it shares with others included: those may be gone everywhere else.
    pub(crate) fn bytes(&self) -> usize {
        let held = |held: &Held| {
            let name_bytes = held.question.name.as_str().len();
            ANSWER_BYTES + name_bytes + ANSWER_SIZE_FACTOR * held.answer.size_bytes()
        };
        size_of::<Self>()
            + size_of_val(&*self.ops)
            + size_of_val(&*self.ip4)
            + size_of_val(&*self.ip6)
            + size_of_val(&*self.ends)
            + self.answers.iter().map(held).sum::<usize>()
    }
}

/// Answers with what it is made of.
impl Lookup for Flat {
    async fn ask(&self, question: Question) -> Answer {
        let held = self.answers.iter().find(|held| held.question == question);
        held.map_or(Answer::Failed(Failure::NotOnTape), |held| held.answer.clone())
    }
}

/// What an answer costs beside its data, in bytes: the parsed record, mostly.
const ANSWER_BYTES: usize = 512;
/// The data themselves, and the directives that were read from them.
const ANSWER_SIZE_FACTOR: usize = 4;
