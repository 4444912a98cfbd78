//! What a policy would have done to the mail that reports count.

use dmarc::record::{Mode, Record, Testing};
use dmarc::{Policy, PolicyTag};
use feedback::aggregate::{AlignedPass, PublishedPolicy};
use feedback::archive::{Sender, SourceLine};
use report::vocabulary::OverrideKind;

use crate::alignment::{Modes, Passes};
use crate::classify::Classifier;
use crate::group::{Group, Tally, sighting};

/// A policy that could be published.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Proposal {
    /// `p`.
    pub policy: Policy,
    /// `sp`; without it `p` counts.
    pub subdomain_policy: Option<Policy>,
    /// `np`; without it `sp` counts, and without that `p`.
    pub nonexistent_policy: Option<Policy>,
    /// `adkim` and `aspf`.
    pub modes: Modes,
    /// `t`.
    pub testing: Testing,
}

/// What it would have done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WhatIf {
    /// The policy.
    pub proposal: Proposal,
    /// All messages.
    pub total: Tally,
    /// Those that pass.
    pub passed: Tally,
    /// Those that fail, and of which nothing is asked.
    pub untouched: Tally,
    /// Those that would be quarantined.
    pub quarantined: Tally,
    /// Those that would be rejected.
    pub rejected: Tally,
    /// Of the last two, those that their receivers excepted from the policy in the period, and probably would again.
    pub excused: Tally,
    /// Which sources would be hit, those with the most messages first.
    pub hits: Vec<Hit>,
}

/// A source that would be hit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hit {
    /// Which.
    pub sender: Sender,
    /// How people call it.
    pub name: Box<str>,
    /// Its messages that would be quarantined.
    pub quarantined: Tally,
    /// Its messages that would be rejected.
    pub rejected: Tally,
}

impl Proposal {
    /// What reports say is published.
    #[must_use]
    pub fn published(policy: &PublishedPolicy) -> Self {
        Self {
            policy: policy.policy.known().unwrap_or_default(),
            subdomain_policy: policy.subdomain_policy.known(),
            nonexistent_policy: policy.nonexistent_policy.known(),
            modes: Modes::published(policy),
            testing: policy.testing.known().unwrap_or_default(),
        }
    }

    /// What a record says.
    #[must_use]
    pub fn of_record(record: &Record) -> Self {
        let (subdomain, tag) = record.subdomain_policy();
        let (nonexistent, np_tag) = record.nonexistent_policy();
        Self {
            policy: record.policy(),
            subdomain_policy: (tag == PolicyTag::Sp).then_some(subdomain),
            nonexistent_policy: (np_tag == PolicyTag::Np).then_some(nonexistent),
            modes: Modes { dkim: record.adkim, spf: record.aspf },
            testing: record.testing,
        }
    }

    /// The policy for an author domain under a policy domain, before `t`.
    #[must_use]
    pub fn for_author(&self, author: &str, domain: &str, existence: Existence) -> Policy {
        // RFC 9989 §4.7: "p" is for the domain itself, "sp" for those below, "np" for those below that do not exist;
        // each gives way to the one before it when it is not there.
        let below = self.subdomain_policy.unwrap_or(self.policy);
        match existence {
            _ if author == domain => self.policy,
            Existence::Exists => below,
            Existence::Absent => self.nonexistent_policy.unwrap_or(below),
        }
    }

    /// What is asked for mail of an author domain that fails.
    #[must_use]
    pub fn disposition(&self, author: &str, domain: &str, existence: Existence) -> Policy {
        let policy = self.for_author(author, domain, existence);
        match self.testing {
            Testing::Off => policy,
            Testing::On => policy.one_level_below(),
        }
    }
}

/// Whether an author domain exists in DNS.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Existence {
    /// It does, or nobody has looked.
    #[default]
    Exists,
    /// It does not.
    Absent,
}

/// Says what a policy would have done.
///
/// `existence` is asked for author domains below the policy domain. Where a mode of alignment stays as it was
/// published, the reporters' own evaluation counts, so that the published policy hits what the reports say; where it is
/// another, alignment is computed anew.
#[must_use]
pub fn what_if(
    proposal: Proposal,
    lines: &[SourceLine],
    policy: &PublishedPolicy,
    groups: &[Group<'_>],
    classifier: &Classifier,
    existence: &dyn Fn(&str) -> Existence,
) -> WhatIf {
    let mut all = WhatIf::new(proposal);
    for group in groups {
        let mut hit = Hit {
            sender: group.sender.clone(),
            name: group.name().into(),
            quarantined: Tally::default(),
            rejected: Tally::default(),
        };
        for line in group.lines.iter().filter_map(|at| lines.get(*at)) {
            all.total.add(line.class, line.count);
            if passes(&proposal, line, policy, classifier).is_pass() {
                all.passed.add(line.class, line.count);
                continue;
            }
            let author = &*line.circumstances.header_from;
            let to = match proposal.disposition(author, &policy.domain, existence(author)) {
                Policy::None => {
                    all.untouched.add(line.class, line.count);
                    continue;
                }
                Policy::Quarantine => &mut hit.quarantined,
                Policy::Reject => &mut hit.rejected,
            };
            to.add(line.class, line.count);
            if is_excused(line) {
                all.excused.add(line.class, line.count);
            }
        }
        all.quarantined.join(&hit.quarantined);
        all.rejected.join(&hit.rejected);
        if hit.total() > 0 {
            all.hits.push(hit);
        }
    }
    all.hits.sort_by_key(|hit| std::cmp::Reverse(hit.total()));
    all
}

fn passes(proposal: &Proposal, line: &SourceLine, policy: &PublishedPolicy, classifier: &Classifier) -> Passes {
    let seen = sighting(line, policy);
    let published = Modes::published(policy);
    let found = classifier.aligner.passes(seen.circumstances, policy, proposal.modes);
    let choose = |mode: Mode, was: Mode, reported: Option<AlignedPass>, found| {
        if mode == was { reported.unwrap_or(found) } else { found }
    };
    let Modes { dkim, spf } = proposal.modes;
    Passes {
        dkim: choose(dkim, published.dkim, line.circumstances.dkim_aligned.known(), found.dkim),
        spf: choose(spf, published.spf, line.circumstances.spf_aligned.known(), found.spf),
    }
}

/// Whether the receiver excepted the message for a reason of its own, not of the domain owner's.
fn is_excused(line: &SourceLine) -> bool {
    line.circumstances
        .reasons
        .iter()
        .any(|reason| !matches!(reason.kind.known(), None | Some(OverrideKind::PolicyTestMode | OverrideKind::Other)))
}

impl WhatIf {
    fn new(proposal: Proposal) -> Self {
        let none = Tally::default();
        Self {
            proposal,
            total: none,
            passed: none,
            untouched: none,
            quarantined: none,
            rejected: none,
            excused: none,
            hits: Vec::new(),
        }
    }

    /// Everything that would be quarantined or rejected.
    #[must_use]
    pub fn hit(&self) -> Tally {
        let mut hit = self.quarantined;
        hit.join(&self.rejected);
        hit
    }
}

impl Hit {
    /// All its messages that would be hit.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.quarantined.total().saturating_add(self.rejected.total())
    }

    /// Those of the domain's own.
    #[must_use]
    pub fn own(&self) -> u64 {
        self.quarantined.own().saturating_add(self.rejected.own())
    }
}
