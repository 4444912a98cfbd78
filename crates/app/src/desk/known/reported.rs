//! What aggregate reports say: the classes and the advice are those of `report sources` and `report advise`.

use audit::known::{NextStep, Reported, SelectorUse};
use audit::{Snapshot, World};
use dmarc::record::Mode;
use feedback::aggregate::AlignedPass;
use feedback::archive::{Class, SourceLine};
use insight::group::sighting;
use insight::{Gates, Modes, Tally, Verdict, advise};
use mailtext::Domain;
use report::vocabulary::MethodResult;
use spf::tree::{Target, TermKind};

use super::{DAY_S, note_use};
use crate::published::Published;
use crate::reports::kept::OfDomain;

/// The selectors of signatures that hold, of the domain and of names below it.
pub(super) fn selectors(reports: &OfDomain<'_>, domain: &Domain) -> Vec<SelectorUse> {
    let mut uses = Vec::new();
    for line in &reports.told.lines {
        let span = (i64::from(line.first_day) * DAY_S, (i64::from(line.last_day) + 1) * DAY_S - 1);
        for signature in &line.circumstances.dkim {
            // A signature that does not hold is one that anybody can write.
            let holds = signature.result.known() == Some(MethodResult::Pass);
            let of = Domain::parse(&signature.domain).ok().filter(|of| holds && of.is_within(domain));
            if let (Some(of), Some(selector)) = (of, signature.selector.as_deref()) {
                note_use(&mut uses, &of, selector, span, line.count);
            }
        }
    }
    uses
}

/// What the reports say of a domain, beside what it publishes now. Of a name below the policy domain its own messages are counted;
/// the advice is about the record that applies, and so about all that the policy domain's reports tell.
pub(super) async fn reported<W: World>(world: &W, reports: &OfDomain<'_>, snapshot: &Snapshot) -> Reported {
    let lines = reports.told.of_domain(reports.domain);
    let domain = &snapshot.subject.domain;
    let is_below = reports.policy_domain != *domain;
    let is_its = |line: &&SourceLine| {
        !is_below || Domain::parse(&line.circumstances.header_from).is_ok_and(|author| author.is_within(domain))
    };
    let mut tally = Tally::default();
    lines.iter().filter(is_its).for_each(|line| tally.add(line.class, line.count));
    let own = own(reports, lines.iter().filter(is_its));
    let published = Published::ask(world, &reports.domain.domain, &lines).await;
    let exists = |name: &str| published.existence(name);
    let situation = reports.told.situation(reports.domain, &lines, published.text(), &exists);
    let advice = advise(&situation, &Gates::default(), &reports.told.classifier);
    Reported {
        policy_domain: is_below.then(|| reports.policy_domain.clone()),
        days: reports.day_count,
        reports: reports.report_count,
        messages: tally.total(),
        own: own.sent,
        own_passed: own.passed,
        own_signed: own.signed,
        own_below: own.below,
        forwarded: tally.of(Class::Forwarded),
        last_s: reports.last_s.and_then(|last_s| i64::try_from(last_s).ok()),
        seen_services: seen_services(&lines, snapshot),
        next_step: next_step(&advice.verdict),
    }
}

/// Messages of the domain's own senders.
#[derive(Default)]
struct Own {
    sent: u64,
    passed: u64,
    signed: u64,
    below: u64,
}

fn own<'a>(reports: &OfDomain<'_>, lines: impl Iterator<Item = &'a SourceLine>) -> Own {
    let (classifier, policy) = (&reports.told.classifier, &reports.domain.policy);
    let mut own = Own::default();
    for line in lines.filter(|line| matches!(line.class, Class::Legitimate | Class::Misconfigured)) {
        let passes = classifier.passes(&sighting(line, policy));
        let add = |to: &mut u64, counts: bool| *to = to.saturating_add(if counts { line.count } else { 0 });
        add(&mut own.sent, true);
        add(&mut own.passed, passes.is_pass());
        add(&mut own.signed, passes.dkim == AlignedPass::Yes);
        let under = |mode| {
            let modes = Modes { dkim: mode, spf: mode };
            classifier.aligner.passes(&line.circumstances, policy, modes).is_pass()
        };
        add(&mut own.below, under(Mode::Relaxed) && !under(Mode::Strict));
    }
    own
}

/// The includes of the domain's own record whose addresses were seen to send. An include of which only a message knows what
/// it lets pass may have been used: nobody is told to take it away.
fn seen_services(lines: &[SourceLine], snapshot: &Snapshot) -> Vec<Domain> {
    let tree = &snapshot.spf.tree;
    let sources = || lines.iter().filter(|line| line.class != Class::Suspected).map(|line| line.source);
    let is_seen = |node: &spf::tree::Node| {
        let used = |source: Option<_>| match source {
            Some(ip) => node.results.pass.contains(ip) || node.results.is_undecided(ip),
            // The report hides the address.
            None => true,
        };
        sources().any(used)
    };
    let includes = tree.root().terms.iter().filter(|term| term.kind == TermKind::Include);
    let seen = includes.filter_map(|term| match (&term.target, term.node.and_then(|node| tree.node(node))) {
        (Target::Name(name), Some(node)) if is_seen(node) => Some(name.clone()),
        _ => None,
    });
    seen.collect()
}

/// The advisor's word. While there is too little to judge by it cannot tell.
fn next_step(verdict: &Verdict) -> Option<NextStep> {
    match verdict {
        Verdict::NoRecord { .. } | Verdict::NoData { .. } | Verdict::Wait { .. } => None,
        Verdict::Repair { .. } | Verdict::Decide { .. } | Verdict::Hurts { .. } => Some(NextStep::Stay),
        Verdict::Raise { .. } => Some(NextStep::Raise),
        Verdict::Top { .. } => Some(NextStep::Arrived),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insight::Rung;

    #[test]
    fn what_the_advisor_says_is_what_the_audit_hears() {
        let domain = || "example.jp".to_owned();
        let rung = Rung::None;
        let wanted = [
            (Verdict::NoRecord { domain: domain() }, None),
            (Verdict::NoData { domain: domain() }, None),
            (Verdict::Wait { domain: domain(), rung }, None),
            (Verdict::Repair { domain: domain(), rung, count: 1, messages: 9 }, Some(NextStep::Stay)),
            (Verdict::Decide { domain: domain(), rung, messages: 9 }, Some(NextStep::Stay)),
            (Verdict::Hurts { domain: domain(), rung, messages: 9 }, Some(NextStep::Stay)),
            (Verdict::Raise { domain: domain(), rung, next: rung.next() }, Some(NextStep::Raise)),
            (Verdict::Top { domain: domain() }, Some(NextStep::Arrived)),
        ];
        for (verdict, step) in wanted {
            assert_eq!(next_step(&verdict), step, "{verdict:?}");
        }
    }
}
