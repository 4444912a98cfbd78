//! The decision: total, synchronous, the same for the same input.
//!
//! | order | what | what it can do |
//! |--|--|--|
//! | 1 | rules of the recipients' domains | which set of rules is asked |
//! | 2 | findings: denied domain, From, DMARC, what is historic, client, notifications, memory | each has the action of its rule |
//! | 3 | RFC 9989 §4.7 `t=y`; the receiver's own policy for a domain; RFC 9989 §7.4 | change what a failure of DMARC asks |
//! | 4 | excuses: network, user, forwarder, sealer, list, forwarded, allowed, white list | each takes away the findings it covers |
//! | 5 | author domains that are blocked | of others what speaks of the author is held at `label` |
//! | 6 | the stage | holds every action at `label` or `quarantine` |
//! | 7 | what is left | the strictest: reject, discard, tempfail, quarantine, label, accept |
//!
//! Excuses come before the stage and after the rules, so that an exception never makes a verdict stricter, and a stage
//! never makes one milder than it says.

use std::collections::BTreeSet;

use auth::Facts;
use dmarc::{DmarcResult, Policy};
use mailtext::Explain;
use mailtext::authres::Letters;

use crate::action::{Action, Disposition};
use crate::excuses::excuses;
use crate::findings::{Case, Found, Moment, findings};
use crate::input::{Input, Transaction};
use crate::labels::Labels;
use crate::limits::FIELD_VALUE_BYTES_MAX;
use crate::reason::{Cause, Finding, Override, OverrideKind, Reason};
use crate::rules::{Mixed, QuarantineBy, RuleSet, Rules};
use crate::standing::Standing;
use crate::template::Place;
use crate::verdict::{Hold, Reply, Verdict};

/// What becomes of a message that is whole.
#[must_use]
pub fn decide(input: &Input, rules: &Rules, standing: &Standing) -> Verdict {
    for_recipients(input, rules, standing, Moment::Whole)
}

/// The same, of everything that is known of the message.
#[must_use]
pub fn decide_facts(facts: &Facts, transaction: &Transaction, rules: &Rules, standing: &Standing) -> Verdict {
    decide(&Input::of(facts, transaction), rules, standing)
}

/// Whether a client is refused at MAIL or RCPT, when only the envelope is known: by the rules that say `early`, and the
/// same exceptions. Anything that does not refuse says `accept`: the message may come, and is judged when it is whole.
#[must_use]
pub fn decide_early(input: &Input, rules: &Rules, standing: &Standing) -> Verdict {
    let mut verdict = for_recipients(input, rules, standing, Moment::Envelope);
    if verdict.action <= Action::Quarantine {
        verdict.action = Action::Accept;
        verdict.hold = Hold::No;
        verdict.labels = Labels::default();
    }
    verdict
}

/// One verdict for all recipients.
fn for_recipients(input: &Input, rules: &Rules, standing: &Standing, moment: Moment) -> Verdict {
    let mut sets: BTreeSet<Option<usize>> = input.recipients.iter().map(|domain| rules.number_for(domain)).collect();
    if sets.is_empty() {
        sets.insert(None);
    }
    let mut verdicts = Vec::with_capacity(sets.len());
    for number in sets {
        let found = number.and_then(|number| rules.by_recipient.get(number));
        let mut verdict = by_rules(input, found.map_or(&rules.general, |found| &found.rules), standing, moment);
        if let Some(found) = found {
            let domain = input.recipients.iter().find(|domain| found.domains.contains(domain));
            verdict.reasons.splice(0..0, domain.map(|domain| Reason::RecipientRules { domain: domain.clone() }));
        }
        verdicts.push(verdict);
    }
    let different = verdicts.iter().map(|verdict| verdict.action).collect::<BTreeSet<_>>().len();
    // A stable sort: of equals the first set counts.
    verdicts.sort_by_key(|verdict| verdict.action);
    if rules.mixed == Mixed::Strictest {
        verdicts.reverse();
    }
    let chosen = verdicts.into_iter().next();
    // There is one for each set, and there is at least one set.
    let mut chosen = chosen.unwrap_or_else(|| by_rules(input, &rules.general, standing, moment));
    if different > 1 {
        chosen.reasons.push(Reason::RecipientsDiffer { count: different });
    }
    chosen
}

/// The verdict by one set of rules.
fn by_rules(input: &Input, rules: &RuleSet, standing: &Standing, moment: Moment) -> Verdict {
    let excuses = excuses(input, rules, standing);
    let case = Case { input, rules, standing, excuses: &excuses, moment };
    let (found, mut reasons) = findings(&case);
    let told = found.iter().map(|found| Reason::Found { finding: found.finding.clone(), action: found.action });
    reasons.splice(0..0, told);
    let (left, wanted) = hold_back(found, &case, &mut reasons);
    let decisive = left.iter().rev().max_by_key(|left| left.done).filter(|left| left.done > Action::Accept);
    let action = decisive.map_or(Action::Accept, |left| left.done);
    if reasons.is_empty() {
        reasons.push(Reason::NothingAgainst);
    }
    let reason = decisive.map_or_else(|| reasons.first().map(Explain::id), |left| Some(left.found.finding.id()));
    let finding = decisive.map(|left| &left.found.finding);
    let value = |place: Place, letters: Letters| match place {
        Place::Action => Some(action.as_str().to_owned()),
        Place::Wanted => Some(wanted.as_str().to_owned()),
        Place::Stage => Some(rules.stage.as_str().to_owned()),
        Place::Reason => reason.map(str::to_owned),
        other => about(other, input, finding, letters),
    };
    let reply = finding.and_then(|finding| Reply::to(finding, action, rules, input, value));
    let by_hold = action == Action::Quarantine && rules.quarantine != QuarantineBy::Fields;
    let (disposition, overrides) = told_to_owner(input, &left);
    Verdict {
        action,
        wanted,
        hold: if by_hold { Hold::Yes } else { Hold::No },
        reply,
        labels: labels(rules, action, input.header_letters, |place| value(place, input.header_letters)),
        disposition,
        overrides,
        reasons,
    }
}

/// A finding after everything that excuses it or holds it back.
struct Left {
    found: Found,
    done: Action,
}

/// Excuses, author domains that are not blocked, and the stage, for each finding; and the strictest action before the
/// stage.
fn hold_back(found: Vec<Found>, case: &Case<'_>, reasons: &mut Vec<Reason>) -> (Vec<Left>, Action) {
    let mut wanted = Action::Accept;
    let mut add = |reason: Reason| {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    };
    let mut left = Vec::with_capacity(found.len());
    let mut is_held = false;
    for mut found in found {
        let mut action = found.action;
        let excuse = case.excuses.iter().find(|excuse| excuse.covers(&found.finding));
        if let Some(excuse) = excuse.filter(|_| action > Action::Accept) {
            add(Reason::Excused(excuse.clone()));
            // What a rule of ours made of it before has no effect any more.
            found.notes.retain(|note| note.kind != OverrideKind::LocalPolicy);
            found.notes.push(excuse.reported());
            action = Action::Accept;
        }
        if action > Action::Label && !may_block(case, &found.finding) {
            add(Reason::NotBlocked { author: author_of(&found.finding, case.input) });
            found.notes.push(Override::new(OverrideKind::LocalPolicy, "author domain is not among those blocked"));
            action = Action::Label;
        }
        wanted = wanted.max(action);
        let done = case.rules.stage.cap(action);
        if done != action {
            is_held = true;
            let comment = format!("stage={}", case.rules.stage.as_str());
            found.notes.push(Override::new(OverrideKind::LocalPolicy, &comment));
        }
        left.push(Left { found, done });
    }
    if is_held {
        add(Reason::HeldBack { stage: case.rules.stage, wanted });
    }
    (left, wanted)
}

/// Whether something that speaks of the author may block mail of these authors.
fn may_block(case: &Case<'_>, finding: &Finding) -> bool {
    match (finding, case.moment) {
        (
            Finding::DmarcFail { author, .. } | Finding::DmarcTempError { author } | Finding::SpfEveryone { author },
            _,
        ) => case.rules.may_block(std::iter::once(author)),
        _ => match (finding.cause(), case.moment) {
            // Nobody knows the author yet; who sent it is the next best.
            (Cause::Spf | Cause::SpfError, Moment::Envelope) => case.rules.may_block(case.input.mail_from.iter()),
            (Cause::From | Cause::Spf | Cause::SpfError | Cause::Signing | Cause::SenderId, _) => {
                case.rules.may_block(case.input.authors.iter().map(|author| &author.domain))
            }
            _ => true,
        },
    }
}

fn author_of(finding: &Finding, input: &Input) -> Option<mailtext::Domain> {
    match (finding, &input.authors[..]) {
        (Finding::DmarcFail { author, .. } | Finding::DmarcTempError { author }, _) => Some(author.clone()),
        (_, [one]) => Some(one.domain.clone()),
        _ => None,
    }
}

/// What the owner of the author domain learns: what was done for DMARC's sake, and why it is not what is published.
fn told_to_owner(input: &Input, left: &[Left]) -> (Disposition, Vec<Override>) {
    let failed = || left.iter().filter(|left| left.found.published.is_some());
    if input.dmarc == DmarcResult::Pass {
        // RFC 9990: "pass" – no action, passing DMARC with an enforcing policy.
        let asks = |author: &crate::input::Author| author.policy.is_some_and(|applied| applied.policy > Policy::None);
        let disposition = if input.authors.iter().any(asks) { Disposition::Pass } else { Disposition::None };
        return (disposition, Vec::new());
    }
    let Some(done) = failed().map(|left| left.done).max() else {
        return (Disposition::None, Vec::new());
    };
    let disposition = match done {
        Action::Accept | Action::Label | Action::TempFail => Disposition::None,
        Action::Quarantine => Disposition::Quarantine,
        Action::Discard | Action::Reject => Disposition::Reject,
    };
    let published = failed().filter_map(|left| left.found.published).max().unwrap_or_default();
    let as_published = match published {
        Policy::None => Disposition::None,
        Policy::Quarantine => Disposition::Quarantine,
        Policy::Reject => Disposition::Reject,
    };
    if disposition == as_published {
        return (disposition, Vec::new());
    }
    // RFC 9989 §5.4: who deviates from a published policy tells the owner, by the reasons of the aggregate report.
    let mut overrides: Vec<Override> = Vec::new();
    for note in failed().flat_map(|left| &left.found.notes) {
        if !overrides.contains(note) {
            overrides.push(note.clone());
        }
    }
    if overrides.is_empty() {
        overrides.push(Override::new(OverrideKind::LocalPolicy, &format!("action={}", done.as_str())));
    }
    (disposition, overrides)
}

/// The labels of a message that is delivered.
fn labels(rules: &RuleSet, action: Action, letters: Letters, values: impl Fn(Place) -> Option<String>) -> Labels {
    if !action.delivers() {
        return Labels::default();
    }
    let subject = rules.labels.subject.as_ref().filter(|subject| action >= subject.from);
    let fields = rules.labels.fields.iter().filter(|field| action >= field.from);
    let fields = fields.map(|field| (field.name.clone(), field.value.fill(&values, letters, FIELD_VALUE_BYTES_MAX)));
    Labels { subject: subject.map(|subject| subject.prefix.clone()), fields: fields.collect() }
}

/// What stands in a place that speaks of the message.
fn about(place: Place, input: &Input, finding: Option<&Finding>, letters: Letters) -> Option<String> {
    let name = |domain: &mailtext::Domain| match letters {
        Letters::Ascii => domain.to_string(),
        Letters::Utf8 => domain.to_unicode(),
    };
    match place {
        Place::Author => match finding {
            Some(Finding::DmarcFail { author, .. } | Finding::DmarcTempError { author }) => Some(name(author)),
            _ => input.authors.first().map(|author| name(&author.domain)),
        },
        Place::MailFrom => {
            input.mail_from.as_ref().or_else(|| input.spf.as_ref().and_then(|spf| spf.domain.as_ref())).map(name)
        }
        Place::Client => input.client.map(|client| client.to_canonical().to_string()),
        Place::Policy => match finding {
            Some(Finding::DmarcFail { policy, .. }) => Some(policy.as_str().to_owned()),
            _ => None,
        },
        Place::List => match finding {
            Some(Finding::Listed { zone, .. }) => Some(name(zone)),
            _ => None,
        },
        Place::Action | Place::Wanted | Place::Stage | Place::Reason => None,
    }
}
