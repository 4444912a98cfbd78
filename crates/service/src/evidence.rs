//! The evidence of a message, in the order in which it is told: SPF, DKIM, DMARC, then the other methods.

use auth::{Facts, Others};
use mailtext::{Explain, Outcome};

/// Gives each step to `tell`.
pub(crate) fn each(facts: &Facts, tell: &mut dyn FnMut(&dyn Explain)) {
    if let Some(both) = &facts.spf {
        all(&both.helo.evidence, tell);
        all(&both.mail_from.evidence, tell);
    }
    for outcome in &facts.dkim {
        all(&outcome.evidence, tell);
    }
    all(&facts.dmarc.evidence, tell);
    facts.facts.iter().for_each(|fact| tell(fact));
    others(&facts.others, tell);
}

fn others(others: &Others, tell: &mut dyn FnMut(&dyn Explain)) {
    some(others.arc.as_ref(), tell);
    some(others.bimi.as_ref(), tell);
    some(others.iprev.as_ref(), tell);
    several(others.null_mx.as_deref(), tell);
    for outcome in others.dns_lists.iter().flat_map(|checked| &checked.entries) {
        all(&outcome.evidence, tell);
        tell(&outcome.result);
    }
    some(others.smtp_auth.as_ref(), tell);
    several(others.reporting.as_deref(), tell);
    if let Some(outcome) = &others.sender_id {
        all(&outcome.evidence, tell);
    }
    if let Some(checked) = &others.domainkeys {
        several(Some(&checked.signatures), tell);
        some(checked.policy.as_ref(), tell);
    }
    several(others.adsp.as_deref(), tell);
    several(others.atps.as_deref(), tell);
}

fn all<S: Explain>(steps: &[S], tell: &mut dyn FnMut(&dyn Explain)) {
    steps.iter().for_each(|step| tell(step));
}

fn some<R, S: Explain>(outcome: Option<&Outcome<R, S>>, tell: &mut dyn FnMut(&dyn Explain)) {
    several(outcome.map(std::slice::from_ref), tell);
}

fn several<R, S: Explain>(outcomes: Option<&[Outcome<R, S>]>, tell: &mut dyn FnMut(&dyn Explain)) {
    outcomes.into_iter().flatten().for_each(|outcome| all(&outcome.evidence, tell));
}
