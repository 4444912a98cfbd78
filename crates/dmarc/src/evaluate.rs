//! Alignment, result and policy for one author domain: RFC 9989 §4.10.2 and §5.3.

use std::sync::Arc;

use futures_util::future::join_all;
use lookup::{Failure, Lookup};
use mailtext::{Domain, Outcome};

use crate::discovery::{Discovery, Existence, Method, Place, PolicyRecord, PolicySearch, finish};
use crate::evidence::{Reason, Step};
use crate::limits::IDENTIFIER_WALK_COUNT_MAX;
use crate::record::{Mode, Policy, PolicyTag, Record, Standing, Testing};
use crate::walk::{Selected, Walk};

/// The identifiers of a message, as SPF and DKIM left them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Identifiers {
    /// The domain of MAIL FROM, or of HELO in the place of an empty MAIL FROM. A result for HELO alone has no place here
    /// (RFC 9989 §4.4.2).
    pub spf: Option<Identifier>,
    /// The `d=` of each signature, in their order.
    pub dkim: Vec<Identifier>,
}

/// One identifier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identifier {
    /// The domain.
    pub domain: Domain,
    /// How it was authenticated.
    pub authentication: Authentication,
}

/// What an authentication mechanism says of an identifier.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Authentication {
    /// Pass: it is an authenticated identifier.
    Pass,
    /// Any result that is neither pass nor temporary.
    NoPass,
    /// No answer for now: it might have been a pass.
    TempError,
}

/// The two mechanisms.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mechanism {
    /// SPF.
    Spf,
    /// DKIM.
    Dkim,
}

/// What a comparison of an identifier with the author domain gave, whatever its authentication.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Alignment {
    /// Aligned: the names are equal.
    SameName,
    /// Aligned: the organizational domains are equal, and relaxed alignment is enough.
    SameOrganization,
    /// Not aligned: strict alignment is wanted, the names differ.
    OtherName,
    /// Not aligned: the organizational domains differ.
    OtherOrganization,
    /// A question was not answered.
    Unknown(Failure),
    /// Of no importance: no record applies, or the identifier is not authenticated and only a walk would tell.
    NotSought,
    /// Not sought because of [`IDENTIFIER_WALK_COUNT_MAX`]; not aligned.
    OverLimit,
}

/// The five results of DMARC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DmarcResult {
    /// An authenticated identifier is aligned with the author domain.
    Pass,
    /// None is.
    Fail,
    /// DMARC does not apply.
    None,
    /// It cannot be told now.
    TempError,
    /// It cannot be told: the message has no author domain that could be judged.
    PermError,
}

/// The policy that applies to an author domain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Applied {
    /// As published.
    pub policy: Policy,
    /// From which tag.
    pub tag: PolicyTag,
    /// Whether the owner is testing it.
    pub testing: Testing,
}

/// The evaluation for one author domain.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The result.
    pub result: DmarcResult,
    /// Why.
    pub reason: Reason,
    /// The alignment of SPF's identifier.
    pub spf: Option<Alignment>,
    /// The alignment of each of DKIM's, in the order in which they were given.
    pub dkim: Vec<Alignment>,
    /// Whether SPF gave an aligned pass: `spf` of `policy_evaluated` in reports.
    pub spf_aligned: Aligned,
    /// Whether some signature gave an aligned pass.
    pub dkim_aligned: Aligned,
    /// The policy that applies, when there is one; whatever the result.
    pub policy: Option<Applied>,
    /// What the owner asks for: the policy under `t=` when the result is fail, else none. What is done is for others to
    /// decide.
    pub disposition: Policy,
    /// What was discovered, completed by what alignment needed.
    pub discovery: Discovery,
}

/// Whether a mechanism gave an aligned pass.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Aligned {
    /// It did.
    Pass,
    /// It did not.
    #[default]
    Fail,
    /// It could not be told for now.
    Unknown,
}

/// Evaluates a message for the author domain of `discovered`. Its evidence is carried on.
pub async fn evaluate<L: Lookup + Sync>(
    lookup: &L,
    discovered: Outcome<Discovery, Step>,
    identifiers: &Identifiers,
) -> Outcome<Evaluation, Step> {
    let Outcome { result: mut discovery, evidence: mut steps } = discovered;
    // Taken out for a while: the identifiers' walks write into the rest.
    let search = std::mem::replace(&mut discovery.policy, PolicySearch::Absent);
    let (alignments, result, reason, policy) = match &search {
        PolicySearch::Failed(failure) => (None, DmarcResult::TempError, Reason::PolicyUnknown(*failure), None),
        // RFC 9989 §5.3.2: without a record the mechanism does not apply.
        PolicySearch::Absent => (None, DmarcResult::None, Reason::NoRecord, None),
        PolicySearch::Found(found) if found.record.standing == Standing::Unusable => {
            (None, DmarcResult::None, Reason::UnusableRecord, None)
        }
        PolicySearch::Found(found) => {
            let alignments = align(lookup, &mut discovery, &found.record, identifiers, &mut steps).await;
            let applied = applied_policy(found, discovery.existence);
            steps.push(Step::Applied { applied });
            let (result, reason) = decide(identifiers, &alignments, discovery.existence);
            (Some(alignments), result, reason, Some(applied))
        }
    };
    discovery.policy = search;
    let (spf, dkim) = split(identifiers, alignments);
    // RFC 9989 §5.3.6: only a message that fails is handled by the policy.
    let disposition = match (result, policy) {
        (DmarcResult::Fail, Some(applied)) => applied.to_apply(),
        _ => Policy::None,
    };
    steps.push(Step::Decided { author: discovery.author_domain.clone(), result, reason });
    let evaluation = Evaluation {
        result,
        reason,
        spf_aligned: aligned_of(identifiers.spf.iter().zip(spf.iter())),
        dkim_aligned: aligned_of(identifiers.dkim.iter().zip(dkim.iter())),
        spf,
        dkim,
        policy,
        disposition,
        discovery,
    };
    Outcome { result: evaluation, evidence: steps }
}

impl Identifier {
    /// An identifier.
    #[must_use]
    pub fn new(domain: Domain, authentication: Authentication) -> Self {
        Self { domain, authentication }
    }
}

impl Alignment {
    /// Whether it means aligned.
    #[must_use]
    pub fn is_aligned(self) -> bool {
        matches!(self, Self::SameName | Self::SameOrganization)
    }
}

impl Mechanism {
    /// `spf` or `dkim`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spf => "spf",
            Self::Dkim => "dkim",
        }
    }
}

impl DmarcResult {
    /// The word of Authentication-Results (RFC 9989 §9.2).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::None => "none",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

impl Applied {
    /// The policy for a message that fails.
    #[must_use]
    pub fn to_apply(self) -> Policy {
        match self.testing {
            Testing::Off => self.policy,
            // RFC 9989 §4.7: under "t=y" the policy applied is one level below the specified one.
            Testing::On => self.policy.one_level_below(),
        }
    }
}

/// The alignment of SPF's identifier first, then of DKIM's.
async fn align<L: Lookup + Sync>(
    lookup: &L,
    discovery: &mut Discovery,
    record: &Record,
    identifiers: &Identifiers,
    steps: &mut Vec<Step>,
) -> Vec<Alignment> {
    let author = discovery.author_domain.clone();
    let mut alignments: Vec<_> =
        all(identifiers).map(|(mechanism, identifier)| at_once(&author, mode(record, mechanism), identifier)).collect();
    // RFC 9989 §5.3.4: each authenticated identifier is compared with the author domain.
    if alignments.contains(&Alignment::NotSought) {
        match discovery.method {
            Method::TreeWalk => by_walks(lookup, discovery, identifiers, &mut alignments, steps).await,
            Method::SuffixList => by_suffixes(discovery, identifiers, &mut alignments),
        }
    }
    let same_domain = |((_, identifier), alignment): ((Mechanism, &Identifier), &Alignment)| {
        *alignment == Alignment::SameName && identifier.authentication == Authentication::Pass
    };
    let same_domain = all(identifiers).zip(&alignments).any(same_domain);
    if same_domain && discovery.walk_organizational_domain().is_none() {
        note_same_domain(discovery, steps);
    }
    for ((mechanism, identifier), alignment) in all(identifiers).zip(&alignments) {
        steps.push(Step::Compared {
            mechanism,
            identifier: identifier.domain.clone(),
            author: author.clone(),
            alignment: *alignment,
        });
    }
    alignments
}

/// What can be told without DNS; `NotSought` for the rest.
fn at_once(author: &Domain, mode: Mode, identifier: &Identifier) -> Alignment {
    if identifier.domain == *author {
        // RFC 9989 §4.10.2: the same domain needs no walk.
        Alignment::SameName
    } else if mode == Mode::Strict {
        // RFC 9989 §3.2.10.2: strict alignment is an exact match of the names; nothing follows after it.
        Alignment::OtherName
    } else if top(author) != top(&identifier.domain) {
        // No name is above both, so that none can be the organizational domain of both.
        Alignment::OtherOrganization
    } else {
        Alignment::NotSought
    }
}

async fn by_walks<L: Lookup + Sync>(
    lookup: &L,
    discovery: &mut Discovery,
    identifiers: &Identifiers,
    alignments: &mut [Alignment],
    steps: &mut Vec<Step>,
) {
    let wanted = |identifier: &Identifier, alignment: Alignment| {
        alignment == Alignment::NotSought && identifier.authentication != Authentication::NoPass
    };
    if !all(identifiers).zip(alignments.iter()).any(|((_, identifier), alignment)| wanted(identifier, *alignment)) {
        return;
    }
    let organizational = match discovery.walk.organizational() {
        Some((domain, _)) => Ok(domain),
        None => finish(&mut discovery.walk, lookup, None, steps).await,
    };
    let mut walks: Vec<Domain> = Vec::new();
    for ((_, identifier), alignment) in all(identifiers).zip(alignments.iter_mut()) {
        if *alignment != Alignment::NotSought {
            continue;
        }
        *alignment = match &organizational {
            // RFC 9989 §3.2.14: an organizational domain is at or above its domain: who lies elsewhere has another.
            Ok(organizational) if !identifier.domain.is_within(organizational) => Alignment::OtherOrganization,
            Ok(_) if identifier.authentication == Authentication::NoPass => Alignment::NotSought,
            Ok(_) if walks.contains(&identifier.domain) => Alignment::NotSought,
            Ok(_) if walks.len() == IDENTIFIER_WALK_COUNT_MAX => Alignment::OverLimit,
            Ok(_) => {
                walks.push(identifier.domain.clone());
                Alignment::NotSought
            }
            Err(_) if identifier.authentication == Authentication::NoPass => Alignment::NotSought,
            Err(failure) => Alignment::Unknown(*failure),
        };
    }
    let Ok(organizational) = organizational else { return };
    let ends = walk_all(lookup, &discovery.walk, &walks, steps).await;
    for ((_, identifier), alignment) in all(identifiers).zip(alignments.iter_mut()) {
        if !wanted(identifier, *alignment) {
            continue;
        }
        let end = walks.iter().zip(&ends).find(|(domain, _)| **domain == identifier.domain);
        *alignment = match end {
            // RFC 9989 §3.2.10.1: relaxed alignment is having the same organizational domain.
            Some((_, Ok(end))) if *end == organizational => Alignment::SameOrganization,
            Some((_, Ok(_))) => Alignment::OtherOrganization,
            Some((_, Err(failure))) => Alignment::Unknown(*failure),
            None => *alignment,
        };
    }
}

/// Walks side by side from each of `starts`, each with what the author's walk knows.
async fn walk_all<L: Lookup + Sync>(
    lookup: &L,
    near: &Walk,
    starts: &[Domain],
    steps: &mut Vec<Step>,
) -> Vec<Result<Domain, Failure>> {
    if let [start] = starts {
        return vec![finish(&mut Walk::new(start), lookup, Some(near), steps).await];
    }
    let walks = join_all(starts.iter().map(|start| async move {
        let mut steps = Vec::with_capacity(4);
        let end = finish(&mut Walk::new(start), lookup, Some(near), &mut steps).await;
        (end, steps)
    }));
    let mut ends = Vec::with_capacity(starts.len());
    for (end, walked) in walks.await {
        steps.extend(walked);
        ends.push(end);
    }
    ends
}

fn by_suffixes(discovery: &Discovery, identifiers: &Identifiers, alignments: &mut [Alignment]) {
    let of_author = discovery.psl_organizational_domain();
    for ((_, identifier), alignment) in all(identifiers).zip(alignments) {
        if *alignment == Alignment::NotSought {
            // RFC 7489 §3.2: the organizational domain is the public suffix and one label.
            let organizational = discovery.suffixes.organizational_domain(&identifier.domain);
            *alignment =
                if organizational == of_author { Alignment::SameOrganization } else { Alignment::OtherOrganization };
        }
    }
}

/// RFC 9989 §4.10.2: when author and identifier are the same domain, and it has a record, that domain is treated as the
/// organizational domain.
fn note_same_domain(discovery: &Discovery, steps: &mut Vec<Step>) {
    if discovery.method == Method::TreeWalk && discovery.walk.failure().is_none() {
        steps.push(Step::OrganizationalDomain {
            domain: discovery.author_domain.clone(),
            organizational: discovery.author_domain.clone(),
            selected: Selected::SameDomain,
        });
    }
}

/// RFC 9989 §4.10.1: which tag speaks for the author domain.
fn applied_policy(found: &PolicyRecord, existence: Existence) -> Applied {
    let record: &Arc<Record> = &found.record;
    let (policy, tag) = match (found.place, existence) {
        (Place::Author, _) if record.standing == Standing::AsPublished => (record.policy(), PolicyTag::P),
        (Place::Author, _) => (record.policy(), PolicyTag::Defective),
        // RFC 9989 §4.10.1: "np" if the author domain does not exist, "sp" if it does, "p" in their absence.
        (_, Existence::Absent) => record.nonexistent_policy(),
        (_, Existence::Exists | Existence::NotSought | Existence::Unknown(_)) => record.subdomain_policy(),
    };
    Applied { policy, tag, testing: record.testing }
}

fn decide(identifiers: &Identifiers, alignments: &[Alignment], existence: Existence) -> (DmarcResult, Reason) {
    let compared = || all(identifiers).zip(alignments);
    // RFC 9989 §5.3.3: only a pass makes an authenticated identifier.
    let passed = |identifier: &Identifier| identifier.authentication == Authentication::Pass;
    let aligned = compared().find(|((_, identifier), alignment)| passed(identifier) && alignment.is_aligned());
    if let Some(((mechanism, _), _)) = aligned {
        // RFC 9989 §4.4.1: any DKIM-authenticated identifier that aligns is enough; so is SPF's. What is unknown of the
        // others does not matter any more.
        return (DmarcResult::Pass, Reason::Aligned(mechanism));
    }
    // RFC 9989 §5.3.6: with a needed answer missing the message neither passes nor fails.
    for ((mechanism, identifier), alignment) in compared() {
        match (identifier.authentication, *alignment) {
            (Authentication::Pass | Authentication::TempError, Alignment::Unknown(failure)) => {
                return (DmarcResult::TempError, Reason::AlignmentUnknown(failure));
            }
            (Authentication::TempError, alignment) if alignment.is_aligned() => {
                return (DmarcResult::TempError, Reason::AuthenticationUnknown(mechanism));
            }
            _ => {}
        }
    }
    if let Existence::Unknown(failure) = existence {
        return (DmarcResult::TempError, Reason::ExistenceUnknown(failure));
    }
    // RFC 9989 §5.3.5: no authenticated identifier, or none that is aligned: the message fails.
    let authenticated = all(identifiers).any(|(_, identifier)| passed(identifier));
    (DmarcResult::Fail, if authenticated { Reason::NotAligned } else { Reason::NotAuthenticated })
}

fn split(identifiers: &Identifiers, alignments: Option<Vec<Alignment>>) -> (Option<Alignment>, Vec<Alignment>) {
    let Some(mut alignments) = alignments else {
        let dkim = vec![Alignment::NotSought; identifiers.dkim.len()];
        return (identifiers.spf.as_ref().map(|_| Alignment::NotSought), dkim);
    };
    let spf = identifiers.spf.as_ref().map(|_| alignments.remove(0));
    (spf, alignments)
}

fn aligned_of<'a>(compared: impl Iterator<Item = (&'a Identifier, &'a Alignment)>) -> Aligned {
    let mut aligned = Aligned::Fail;
    for (identifier, alignment) in compared {
        aligned = match (identifier.authentication, alignment) {
            (Authentication::Pass, alignment) if alignment.is_aligned() => return Aligned::Pass,
            (Authentication::Pass | Authentication::TempError, Alignment::Unknown(_)) => Aligned::Unknown,
            (Authentication::TempError, alignment) if alignment.is_aligned() => Aligned::Unknown,
            _ => aligned,
        };
    }
    aligned
}

fn all(identifiers: &Identifiers) -> impl Iterator<Item = (Mechanism, &Identifier)> {
    // RFC 9989 §4.4.2: of SPF only the MAIL FROM identity counts; `Identifiers` has no place for another.
    let spf = identifiers.spf.iter().map(|identifier| (Mechanism::Spf, identifier));
    spf.chain(identifiers.dkim.iter().map(|identifier| (Mechanism::Dkim, identifier)))
}

fn mode(record: &Record, mechanism: Mechanism) -> Mode {
    match mechanism {
        Mechanism::Spf => record.aspf,
        Mechanism::Dkim => record.adkim,
    }
}

/// The last label.
fn top(domain: &Domain) -> &str {
    let name = domain.as_str();
    let dot = name.bytes().rposition(|byte| byte == b'.');
    dot.and_then(|dot| name.get(dot + 1..)).unwrap_or(name)
}
