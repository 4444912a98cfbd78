//! What changed between two audits, and what that does to mail.

use std::collections::BTreeSet;

use dkim::key::{KeyError, KeyRecord};
use dmarc::Policy;
use mailtext::{Explain, Value};

use super::{Audit, Record, RecordKind, Slot};
use crate::guideline::Met;
use crate::limits::HISTORY_TROUBLE_ROUNDS;
use crate::severity::Severity;

/// Something that is not as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// A record.
    Record {
        /// Which.
        slot: Slot,
        /// Of whose audit.
        domain: Box<str>,
        /// Of a record in an SPF tree: the names that lead to it, the domain first.
        path: Vec<Box<str>>,
        /// What happened.
        turn: Turn,
        /// What stood there.
        old: Vec<Box<[u8]>>,
        /// What stands there.
        new: Vec<Box<[u8]>>,
    },
    /// A record could not be asked for: nothing is known of a change.
    Unasked {
        /// Which.
        slot: Slot,
        /// Why.
        failure: Box<str>,
        /// How many audits in a row; told of the first and of the [`HISTORY_TROUBLE_ROUNDS`]th.
        rounds: u32,
    },
    /// A record that could not be asked for is there again as it was.
    Answered {
        /// Which.
        slot: Slot,
        /// After how many audits without an answer.
        rounds: u32,
    },
    /// What a rule found.
    Finding {
        /// The rule's id.
        rule: Box<str>,
        /// The record's name; the domain's own where it is about none.
        name: Box<str>,
        /// How bad it was; `None` where it was not there.
        before: Option<Severity>,
        /// How bad it is; `None` where it is gone.
        after: Option<Severity>,
    },
    /// A requirement of the guideline.
    Requirement {
        /// Its id: `2-6`.
        id: Box<str>,
        /// What it was.
        before: Met,
        /// What it is.
        after: Met,
    },
}

/// What happened to a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Turn {
    /// It is new.
    Appeared,
    /// It has another text.
    Changed,
    /// Nothing stands there any more.
    Vanished,
    /// Nothing in the SPF tree leads to it any more.
    Dropped,
}

/// Which way a change goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Way {
    /// Something is worse than it was.
    Worse,
    /// Something is better.
    Better,
    /// Who knows: somebody should look.
    Other,
}

/// What changed from one audit to the next, which stands behind it ([`Audit::settled`]): records first, in the order of
/// their kinds and names, then findings, then requirements.
#[must_use]
pub fn changes(before: &Audit, after: &Audit) -> Vec<Change> {
    let mut list = Vec::new();
    let mut slots: Vec<&Slot> = before.records.keys().chain(after.records.keys()).collect();
    slots.sort_unstable();
    slots.dedup();
    for slot in slots {
        list.extend(record(before, after, slot));
        list.extend(trouble(slot, before.records.get(slot), after.records.get(slot)));
    }
    let mut found: Vec<_> = before.findings.keys().chain(after.findings.keys()).collect();
    found.sort_unstable();
    found.dedup();
    // What was found when a question had no answer is not compared with what is found now that it has one.
    let unsure: BTreeSet<&str> = before.unasked.difference(&after.unasked).map(|(family, _)| &**family).collect();
    found.retain(|one| !unsure.iter().any(|family| one.rule.starts_with(family)));
    for one in found {
        let (before, after) = (before.findings.get(one).copied(), after.findings.get(one).copied());
        if before != after {
            list.push(Change::Finding { rule: one.rule.clone(), name: one.name.clone(), before, after });
        }
    }
    for (id, after) in &after.requirements {
        // What nobody knew is not new when it is known.
        let is_other = |before: &&Met| *before != after && **before != Met::Unknown && unsure.is_empty();
        if let Some(before) = before.requirements.get(id).filter(is_other) {
            list.push(Change::Requirement { id: id.clone(), before: *before, after: *after });
        }
    }
    list
}

fn record(before: &Audit, after: &Audit, slot: &Slot) -> Option<Change> {
    let domain = after.domain.as_str();
    let (was, is) = (before.records.get(slot), after.records.get(slot));
    // What was never known is not new when it is known.
    let old = was.map_or(Some(&[][..]), |record| record.texts.as_deref())?;
    let (new, turn) = match is.map(|record| record.texts.as_deref()) {
        Some(None) => return None,
        Some(Some(new)) if new == old => return None,
        Some(Some([])) => (&[][..], Turn::Vanished),
        Some(Some(new)) if old.is_empty() => (new, Turn::Appeared),
        Some(Some(new)) => (new, Turn::Changed),
        None if old.is_empty() => return None,
        None if slot.kind == RecordKind::Spf => (&[][..], Turn::Dropped),
        None => (&[][..], Turn::Vanished),
    };
    let path = is.or(was).map(|record| record.path.clone()).unwrap_or_default();
    Some(Change::Record { slot: slot.clone(), domain: domain.into(), path, turn, old: old.to_vec(), new: new.to_vec() })
}

fn trouble(slot: &Slot, was: Option<&Record>, is: Option<&Record>) -> Option<Change> {
    let trouble = |record: Option<&Record>| record.and_then(|record| record.trouble.clone());
    match (trouble(was), trouble(is)) {
        (_, Some(trouble)) if [1, HISTORY_TROUBLE_ROUNDS].contains(&trouble.rounds) => {
            Some(Change::Unasked { slot: slot.clone(), failure: trouble.failure, rounds: trouble.rounds })
        }
        // What is told of as changed was answered; of what is gone from the tree nothing is left to tell.
        (Some(trouble), None) if is.is_some_and(|is| was.is_some_and(|was| was.texts == is.texts)) => {
            Some(Change::Answered { slot: slot.clone(), rounds: trouble.rounds })
        }
        _ => None,
    }
}

impl Change {
    /// Which way it goes. A record that changed is for somebody to look at: what it does shows in findings.
    #[must_use]
    pub fn way(&self) -> Way {
        match self {
            Self::Finding { before, after, .. } if after > before => Way::Worse,
            Self::Finding { .. } | Self::Answered { .. } => Way::Better,
            Self::Requirement { before, after, .. } => match (rank(*before), rank(*after)) {
                (Some(before), Some(after)) if after < before => Way::Worse,
                (Some(_), Some(_)) => Way::Better,
                _ => Way::Other,
            },
            Self::Record { .. } | Self::Unasked { .. } => Way::Other,
        }
    }

    /// Whether somebody must hear of it who is not looking: a record of the tree that changed or cannot be asked for any
    /// more, a finding (beyond advice) or a requirement that is worse than it was.
    #[must_use]
    pub fn is_alarming(&self) -> bool {
        match self {
            Self::Record { .. } => true,
            Self::Unasked { rounds, .. } | Self::Answered { rounds, .. } => *rounds >= HISTORY_TROUBLE_ROUNDS,
            Self::Finding { after, .. } => self.way() == Way::Worse && *after > Some(Severity::Info),
            Self::Requirement { .. } => self.way() == Way::Worse,
        }
    }
}

/// How well a requirement is met; nothing where nobody knows, or where it does not apply.
fn rank(met: Met) -> Option<u8> {
    match met {
        Met::Met => Some(2),
        Met::Partial => Some(1),
        Met::NotMet => Some(0),
        Met::NotApplicable | Met::Unknown => None,
    }
}

impl Turn {
    /// Its word, as JSON has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Appeared => "appeared",
            Self::Changed => "changed",
            Self::Vanished => "vanished",
            Self::Dropped => "dropped",
        }
    }
}

impl Explain for Change {
    fn id(&self) -> &'static str {
        match self {
            Self::Record { slot, path, turn, old, new, .. } => record_sentence(slot.kind, path, *turn, (old, new)),
            Self::Unasked { rounds: 1, .. } => "audit-change-unasked",
            Self::Unasked { .. } => "audit-change-unasked-long",
            Self::Answered { .. } => "audit-change-answered",
            Self::Finding { before, after, .. } => match (before, after) {
                (None, _) => "audit-change-finding-new",
                (_, None) => "audit-change-finding-gone",
                (before, after) if after > before => "audit-change-finding-worse",
                _ => "audit-change-finding-better",
            },
            Self::Requirement { .. } => match self.way() {
                Way::Worse => "audit-change-requirement-worse",
                Way::Better => "audit-change-requirement-better",
                Way::Other => "audit-change-requirement-other",
            },
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let severity = |severity: &Option<Severity>| Value::Word(severity.map_or("none", Severity::as_str));
        match self {
            Self::Record { slot, domain, path, .. } => vec![
                ("name", (&*slot.name).into()),
                ("domain", (&**domain).into()),
                ("path", path.join(" → ").as_str().into()),
            ],
            Self::Unasked { slot, failure, rounds } => vec![
                ("name", (&*slot.name).into()),
                ("kind", Value::Word(slot.kind.as_str())),
                ("failure", (&**failure).into()),
                ("rounds", u64::from(*rounds).into()),
            ],
            Self::Answered { slot, rounds } => vec![
                ("name", (&*slot.name).into()),
                ("kind", Value::Word(slot.kind.as_str())),
                ("rounds", u64::from(*rounds).into()),
            ],
            Self::Finding { rule, name, before, after } => vec![
                ("rule", (&**rule).into()),
                ("name", (&**name).into()),
                ("before", severity(before)),
                ("after", severity(after)),
            ],
            Self::Requirement { id, before, after } => vec![
                ("requirement", (&**id).into()),
                ("before", Value::Word(before.as_str())),
                ("after", Value::Word(after.as_str())),
            ],
        }
    }
}

type Texts<'a> = (&'a [Box<[u8]>], &'a [Box<[u8]>]);

fn record_sentence(kind: RecordKind, path: &[Box<str>], turn: Turn, texts: Texts<'_>) -> &'static str {
    let of = |appeared, changed, vanished| match turn {
        Turn::Appeared => appeared,
        Turn::Changed => changed,
        Turn::Vanished | Turn::Dropped => vanished,
    };
    match kind {
        RecordKind::Spf if path.is_empty() => {
            of("audit-change-spf-appeared", "audit-change-spf-changed", "audit-change-spf-vanished")
        }
        RecordKind::Spf if turn == Turn::Dropped => "audit-change-include-dropped",
        RecordKind::Spf => {
            of("audit-change-include-appeared", "audit-change-include-changed", "audit-change-include-vanished")
        }
        RecordKind::Dmarc => of("audit-change-dmarc-appeared", dmarc_sentence(texts), "audit-change-dmarc-vanished"),
        RecordKind::Dkim => of("audit-change-dkim-appeared", dkim_sentence(texts.1), "audit-change-dkim-vanished"),
        RecordKind::Bimi => of("audit-change-bimi-appeared", "audit-change-bimi-changed", "audit-change-bimi-vanished"),
        RecordKind::MtaSts => of("audit-change-sts-appeared", "audit-change-sts-changed", "audit-change-sts-vanished"),
        RecordKind::MtaStsPolicy => of(
            "audit-change-sts-policy-appeared",
            "audit-change-sts-policy-changed",
            "audit-change-sts-policy-vanished",
        ),
        RecordKind::TlsRpt => of("audit-change-tls-appeared", "audit-change-tls-changed", "audit-change-tls-vanished"),
        RecordKind::Mx => of("audit-change-mx-appeared", "audit-change-mx-changed", "audit-change-mx-vanished"),
        RecordKind::Ns => of("audit-change-ns-appeared", "audit-change-ns-changed", "audit-change-ns-vanished"),
    }
}

/// Whether a DMARC record asks for more, or for less.
fn dmarc_sentence((old, new): Texts<'_>) -> &'static str {
    let policy = |texts: &[Box<[u8]>]| match texts {
        // RFC 9989 §4.10: several records at a name are none.
        [text] => dmarc::Record::parse(text).0.map(|record| match record.policy() {
            Policy::None => 0,
            Policy::Quarantine => 1,
            Policy::Reject => 2,
        }),
        _ => None,
    };
    match (policy(old), policy(new)) {
        (Some(_), None) => "audit-change-dmarc-broken",
        (Some(old), Some(new)) if new < old => "audit-change-dmarc-weaker",
        (Some(old), Some(new)) if new > old => "audit-change-dmarc-stricter",
        _ => "audit-change-dmarc-changed",
    }
}

fn dkim_sentence(new: &[Box<[u8]>]) -> &'static str {
    let revoked = |text: &[u8]| matches!(KeyRecord::parse(text).0, Err(KeyError::Revoked));
    if new.iter().any(|text| revoked(text)) { "audit-change-dkim-revoked" } else { "audit-change-dkim-changed" }
}
