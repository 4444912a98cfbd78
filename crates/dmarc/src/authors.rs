//! Messages with one author domain, with several, and with none: RFC 9989 §5.3.1 and §11.5.

use futures_util::future::join_all;
use lookup::Lookup;
use mailtext::{Domain, Outcome};

use crate::discovery::{Discovery, Settings, discover};
use crate::evaluate::{Applied, DmarcResult, Evaluation, Identifiers, evaluate};
use crate::evidence::{Reason, Step};
use crate::limits::AUTHOR_DOMAIN_COUNT_MAX;
use crate::record::Policy;

/// The author domains of a message: what its From field came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Authors {
    /// Exactly one.
    One(Domain),
    /// One From field with mailboxes of several domains.
    Many(Vec<Domain>),
    /// A From field that is missing, repeated or broken, and the domains that could be read all the same. Such a
    /// message never passes; the policies of the domains are still found, so that nobody gets around them by breaking
    /// the field.
    Broken(FromDefect, Vec<Domain>),
}

/// What is wrong with From.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FromDefect {
    /// No From field.
    Absent,
    /// More than one.
    Repeated,
    /// Not an address list.
    Malformed,
    /// An address list without a mailbox: empty groups.
    NoMailbox,
    /// A mailbox whose domain is no domain name.
    BadDomain,
}

/// The author domains and what was discovered for each.
#[derive(Clone, Debug)]
pub struct Discovered {
    authors: Authors,
    /// One for each author domain, without repetition, in their order, up to [`AUTHOR_DOMAIN_COUNT_MAX`].
    pub each: Vec<Outcome<Discovery, Step>>,
    /// How many different author domains there are.
    pub author_count: usize,
}

/// The evaluation of a message over all of its author domains.
#[derive(Clone, Debug)]
pub struct MessageEvaluation {
    /// The result for the message.
    pub result: DmarcResult,
    /// Why.
    pub reason: Reason,
    /// The policy that decides: with several author domains that of the strictest that did not pass.
    pub policy: Option<Applied>,
    /// What the owner of the deciding domain asks for.
    pub disposition: Policy,
    /// Which of `each` decides; `None` when there is no author domain.
    pub decisive: Option<usize>,
    /// The evaluation for each author domain.
    pub each: Vec<Evaluation>,
}

/// Finds the records of all author domains, side by side.
pub async fn discover_authors<L: Lookup + Sync>(lookup: &L, authors: Authors, settings: &Settings) -> Discovered {
    // RFC 9989 §4.2: the domain of From, and no other field's, is what DMARC protects.
    if let Authors::One(domain) = &authors {
        let each = vec![discover(lookup, domain, settings).await];
        return Discovered { authors, each, author_count: 1 };
    }
    let domains = authors.domains();
    let author_count = domains.len();
    let each = match &domains[..] {
        [one] => vec![discover(lookup, one, settings).await],
        // RFC 9989 §11.5: limiting the number of author domains avoids a denial of service.
        several => {
            let several = several.iter().take(AUTHOR_DOMAIN_COUNT_MAX);
            join_all(several.map(|domain| discover(lookup, domain, settings))).await
        }
    };
    Discovered { authors, each, author_count }
}

/// Evaluates the message for each of its author domains and draws the sum.
///
/// The message passes only when From is sound and it passes for every author domain. Otherwise the strictest policy
/// among the domains that failed applies (RFC 9989 §11.5).
pub async fn evaluate_authors<L: Lookup + Sync>(
    lookup: &L,
    discovered: Discovered,
    identifiers: &Identifiers,
) -> Outcome<MessageEvaluation, Step> {
    let Discovered { authors, mut each, author_count } = discovered;
    if let Some(one) = each.pop_if(|_| author_count == 1) {
        let Outcome { result, evidence } = evaluate(lookup, one, identifiers).await;
        let result = sum(&authors, vec![result], author_count);
        return Outcome { result, evidence };
    }
    let outcomes = join_all(each.into_iter().map(|one| evaluate(lookup, one, identifiers))).await;
    let mut evidence = Vec::new();
    let mut each = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        if evidence.is_empty() {
            evidence = outcome.evidence;
        } else {
            evidence.extend(outcome.evidence);
        }
        each.push(outcome.result);
    }
    if author_count > each.len() {
        evidence.push(Step::AuthorsOverLimit { count: author_count });
    }
    let result = sum(&authors, each, author_count);
    Outcome { result, evidence }
}

impl Authors {
    /// The domains, without repetition, in their order.
    #[must_use]
    pub fn domains(&self) -> Vec<Domain> {
        let mut different = Vec::with_capacity(1);
        let all = match self {
            Self::One(domain) => std::slice::from_ref(domain),
            Self::Many(domains) | Self::Broken(_, domains) => domains,
        };
        // RFC 9989 §5.3.1: what counts is how many domains there are, not how many mailboxes.
        for domain in all {
            if !different.contains(domain) {
                different.push(domain.clone());
            }
        }
        different
    }
}

fn sum(authors: &Authors, each: Vec<Evaluation>, author_count: usize) -> MessageEvaluation {
    let defect = match authors {
        Authors::Broken(defect, _) => Some(*defect),
        // A list of nobody is a field without mailbox, whoever made the list.
        Authors::Many(domains) if domains.is_empty() => Some(FromDefect::NoMailbox),
        Authors::One(_) | Authors::Many(_) => None,
    };
    let decisive = decisive(&each, defect);
    let deciding = decisive.and_then(|at| each.get(at));
    let mut policy = deciding.and_then(|one| one.policy);
    let mut disposition = deciding.map_or(Policy::None, |one| one.disposition);
    let (result, reason) = match (defect, deciding) {
        // RFC 9989 §4.4: with a malformed, absent or repeated From there is no alignment; the policies of the
        // domains named are told, so that the defect is no way around them (§11.5).
        (Some(defect), _) => {
            let strictest = each.iter().filter_map(|one| one.policy).max_by_key(|applied| applied.to_apply());
            policy = strictest;
            disposition = strictest.map_or(Policy::None, Applied::to_apply);
            (DmarcResult::PermError, Reason::From(defect))
        }
        (None, None) => (DmarcResult::PermError, Reason::From(FromDefect::NoMailbox)),
        (None, Some(one)) if one.result == DmarcResult::Fail => (one.result, one.reason),
        // RFC 9989 §11.5: if not all author domains are processed, the evaluation is incomplete.
        (None, Some(_)) if author_count > each.len() => (DmarcResult::PermError, Reason::AuthorsOverLimit),
        (None, Some(one)) => (one.result, one.reason),
    };
    let reason =
        if each.len() > 1 && defect.is_none() && reason != Reason::AuthorsOverLimit && result != DmarcResult::Pass {
            Reason::OneOfSeveral(result)
        } else {
            reason
        };
    MessageEvaluation { result, reason, policy, disposition, decisive, each }
}

/// The evaluation that decides: the strictest of those that fail, else the first of the least certain.
fn decisive(each: &[Evaluation], defect: Option<FromDefect>) -> Option<usize> {
    let weight = |one: &Evaluation| {
        let result = match one.result {
            DmarcResult::Fail => 4,
            DmarcResult::TempError => 3,
            DmarcResult::PermError => 2,
            DmarcResult::None => 1,
            DmarcResult::Pass => 0,
        };
        let policy = match defect {
            Some(_) => one.policy.map(Applied::to_apply),
            None => Some(one.disposition),
        };
        if defect.is_some() { (0, policy) } else { (result, policy) }
    };
    // Of equals the first decides.
    (0..each.len()).rev().max_by_key(|at| each.get(*at).map(weight))
}
