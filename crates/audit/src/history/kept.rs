//! The audits of a domain as a store gives them back: texts by name, each as long as it was seen without a change.

use std::collections::BTreeSet;

use mailtext::Domain;

use super::{Audit, Change, Record, Slot, changes};

/// The audits that are kept of a domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Which.
    pub domain: Domain,
    /// Their moments, in seconds since 1970, oldest first.
    pub moments: Vec<u64>,
    /// Their texts ([`Audit::to_parts`]), in any order.
    pub parts: Vec<Part>,
}

/// A text, as long as it was seen without a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// Its name.
    pub name: Box<str>,
    /// The first audit that saw it, in seconds since 1970.
    pub first_s: u64,
    /// The last.
    pub last_s: u64,
    /// The text.
    pub text: Box<[u8]>,
}

/// One moment of a history: the audit, and what had changed since the one before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The audit.
    pub audit: Audit,
    /// What had changed; nothing of the first of all.
    pub changes: Vec<Change>,
}

impl Kept {
    /// Of a domain of which none is kept.
    #[must_use]
    pub fn none(domain: Domain) -> Self {
        Self { domain, moments: Vec::new(), parts: Vec::new() }
    }

    /// The audit of a moment.
    #[must_use]
    pub fn at(&self, at_s: u64) -> Audit {
        let then = self.parts.iter().filter(|part| part.first_s <= at_s && at_s <= part.last_s);
        let parts = then.map(|part| (&*part.name, &*part.text));
        Audit::of_parts(&self.domain, i64::try_from(at_s).unwrap_or(i64::MAX), parts)
    }

    /// The last audit.
    #[must_use]
    pub fn last(&self) -> Option<Audit> {
        self.moments.last().map(|at_s| self.at(*at_s))
    }

    /// The audits at which something was new, newest first, at most so many; the first of all is the last of them.
    #[must_use]
    pub fn steps(&self, count_max: usize) -> Vec<Step> {
        self.steps_before(u64::MAX, count_max)
    }

    /// The same of those before a moment, in seconds since 1970.
    #[must_use]
    pub fn steps_before(&self, before_s: u64, count_max: usize) -> Vec<Step> {
        let first: BTreeSet<u64> = self.parts.iter().map(|part| part.first_s).collect();
        let last: BTreeSet<u64> = self.parts.iter().map(|part| part.last_s).collect();
        let mut steps = Vec::new();
        for (place, at_s) in self.moments.iter().enumerate().rev().filter(|(_, at_s)| **at_s < before_s) {
            if steps.len() >= count_max {
                break;
            }
            let Some(earlier_s) = place.checked_sub(1).and_then(|place| self.moments.get(place)) else {
                steps.push(Step { audit: self.at(*at_s), changes: Vec::new() });
                break;
            };
            // Between two audits whose texts are the same nothing has to be compared.
            if !first.contains(at_s) && !last.contains(earlier_s) {
                continue;
            }
            let audit = self.at(*at_s);
            let changes = changes(&self.at(*earlier_s), &audit);
            if !changes.is_empty() {
                steps.push(Step { audit, changes });
            }
        }
        steps
    }

    /// Since when a record has stood as it stands in the last audit, in seconds since 1970.
    #[must_use]
    pub fn since_s(&self, slot: &Slot, record: &Record) -> Option<u64> {
        let (texts, last_s) = (record.texts.as_ref()?, *self.moments.last()?);
        let is_it = |part: &&Part| {
            part.last_s == last_s
                && Audit::read_record(&part.name, &part.text)
                    .is_some_and(|(its, shown)| its == *slot && shown == *texts)
        };
        self.parts.iter().find(is_it).map(|part| part.first_s)
    }
}
