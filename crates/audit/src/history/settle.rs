//! An audit behind the one before it: what could not be asked is as it was.

use std::collections::BTreeSet;

use super::{Audit, Record, RecordKind, Slot};
use crate::guideline::Met;

impl Audit {
    /// The audit as it is kept behind `before`.
    #[must_use]
    pub fn settled(mut self, before: Option<&Self>) -> Self {
        let Some(before) = before else {
            self.records.retain(|slot, record| slot.kind != RecordKind::Dkim || is_worth_keeping(record, None));
            return self;
        };
        for (slot, record) in &mut self.records {
            settle(record, before.records.get(slot));
        }
        self.records
            .retain(|slot, record| slot.kind != RecordKind::Dkim || is_worth_keeping(record, before.records.get(slot)));
        let hidden = before.records.iter().filter(|(slot, record)| self.is_hidden(slot, record));
        let hidden: Vec<_> = hidden.map(|(slot, record)| (slot.clone(), record.clone())).collect();
        self.records.extend(hidden);
        self.settle_judgements(before);
        self
    }

    /// Whether nobody looked at what an earlier audit saw.
    fn is_hidden(&self, slot: &Slot, before: &Record) -> bool {
        if self.records.contains_key(slot) {
            return false;
        }
        let failed = |name: &str| {
            let slot = Slot::new(RecordKind::Spf, name);
            self.records.get(&slot).is_some_and(|record| record.trouble.is_some())
        };
        match slot.kind {
            // An include that failed hides all that is below it.
            RecordKind::Spf => before.path.iter().any(|name| failed(name)),
            // Selectors are asked for as they are named.
            RecordKind::Dkim => before.is_there(),
            // The policy file was not asked for.
            RecordKind::MtaStsPolicy => true,
            // An organization that another record moved.
            RecordKind::Dmarc => self.records.iter().any(|(its, one)| its.kind == slot.kind && one.trouble.is_some()),
            _ => false,
        }
    }

    /// Findings and requirements that rest on questions which were answered before, and now are not.
    fn settle_judgements(&mut self, before: &Self) {
        let fresh = self.unasked.difference(&before.unasked).map(|(family, _)| family.clone());
        let frozen: BTreeSet<Box<str>> = fresh.collect();
        let is_frozen = |rule: &str| frozen.iter().any(|family| rule.starts_with(&**family));
        self.findings.retain(|found, _| !is_frozen(&found.rule));
        let kept = before.findings.iter().filter(|(found, _)| is_frozen(&found.rule));
        self.findings.extend(kept.map(|(found, severity)| (found.clone(), *severity)));
        self.unasked.retain(|(family, _)| !frozen.contains(family));
        self.unasked.extend(before.unasked.iter().filter(|(family, _)| frozen.contains(family)).cloned());
        for (id, met) in &before.requirements {
            // Of roles that were not asked about this time, the last word holds.
            let its = self.requirements.entry(id.clone()).or_insert(*met);
            // So it does where nobody knows any more.
            if !frozen.is_empty() || *its == Met::Unknown {
                *its = *met;
            }
        }
    }
}

fn settle(record: &mut Record, before: Option<&Record>) {
    let Some(trouble) = &mut record.trouble else { return };
    let Some(before) = before else { return };
    let rounds = before.trouble.as_ref().map_or(0, |trouble| trouble.rounds);
    trouble.rounds = rounds.saturating_add(1);
    record.texts.clone_from(&before.texts);
    record.path.clone_from(&before.path);
}

/// Well-known selectors are asked for of everybody: where there was and is nothing, there is nothing to keep.
fn is_worth_keeping(record: &Record, before: Option<&Record>) -> bool {
    match &record.trouble {
        Some(_) => before.is_some(),
        None => record.is_there() || before.is_some_and(Record::is_there),
    }
}
