//! A rule of the catalogue: one row in the table of its family, and one function.

use crate::desk::{Desk, Letter};
use crate::families;
use crate::finding::{Finding, Findings};
use crate::severity::Severity;

/// A rule. Its id never changes and is never given to another.
pub struct Rule {
    /// The id of the catalogue: `SPF23`.
    pub id: &'static str,
    /// The id of its sentence: `audit-spf23`. A finding may choose another one.
    pub sentence: &'static str,
    /// How bad it usually is; a finding may say otherwise.
    pub severity: Severity,
    /// Where it comes from: a standard's section; or a document and a place in it, where no standard says it.
    pub reference: mailtext::Rule,
    /// What is judged, and how.
    pub judge: Judge,
}

/// What a rule looks at.
#[derive(Clone, Copy)]
pub enum Judge {
    /// What a domain publishes, and what is known of it.
    Domain(fn(&Desk<'_>, &mut Findings)),
    /// One message.
    Message(fn(&Letter<'_>, &mut Findings)),
}

/// All rules, family by family, each family in the order of its numbers.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    families::RULES.iter().copied().flatten()
}

/// The rule of an id, in any case.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id.eq_ignore_ascii_case(id))
}

/// Judges a domain by every rule that looks at domains: in the order of the catalogue.
#[must_use]
pub fn judge_domain(desk: &Desk<'_>) -> Vec<Finding> {
    let mut list = Vec::new();
    for rule in all() {
        if let Judge::Domain(judge) = rule.judge {
            let mut findings = Findings::new(rule);
            judge(desk, &mut findings);
            list.extend(findings.into_list());
        }
    }
    list
}

/// Judges a message by every rule that looks at messages.
#[must_use]
pub fn judge_message(letter: &Letter<'_>) -> Vec<Finding> {
    let mut list = Vec::new();
    for rule in all() {
        if let Judge::Message(judge) = rule.judge {
            let mut findings = Findings::new(rule);
            judge(letter, &mut findings);
            list.extend(findings.into_list());
        }
    }
    list
}

/// A row of a family's table whose rule looks at domains.
pub(crate) const fn domain(
    id: &'static str,
    sentence: &'static str,
    severity: Severity,
    reference: mailtext::Rule,
    judge: fn(&Desk<'_>, &mut Findings),
) -> Rule {
    Rule { id, sentence, severity, reference, judge: Judge::Domain(judge) }
}

/// A row of a family's table whose rule looks at messages.
pub(crate) const fn message(
    id: &'static str,
    sentence: &'static str,
    severity: Severity,
    reference: mailtext::Rule,
    judge: fn(&Letter<'_>, &mut Findings),
) -> Rule {
    Rule { id, sentence, severity, reference, judge: Judge::Message(judge) }
}
