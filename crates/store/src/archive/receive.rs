//! Whether a report is there already: the same rules for every store.

use std::collections::HashMap;

use feedback::aggregate::{Aggregate, Circumstances};
use feedback::archive::{ArchiveError, Content, DocumentId, Receipt, Status};

use super::head::Side;

/// A store, as far as taking a report in needs it.
pub(super) trait Shelf {
    /// A report on its way.
    type Item;
    /// How good a copy it is.
    fn worth(item: &Self::Item) -> Worth;
    /// One with the same bytes, of the same tenant.
    fn same_bytes(&mut self, item: &Self::Item) -> Result<Option<Known>, ArchiveError>;
    /// Those with the same reporter, id, domain and period that were not refused, in the order of their ids.
    fn same_name(&mut self, item: &Self::Item) -> Result<Vec<Known>, ArchiveError>;
    /// How what it says is to what a kept one says.
    fn likeness(&mut self, item: &Self::Item, kept: DocumentId) -> Result<Likeness, ArchiveError>;
    /// Keeps it.
    fn put(&mut self, item: Self::Item) -> Result<DocumentId, ArchiveError>;
    /// Counts one more copy of one that is there.
    fn repeat(&mut self, id: DocumentId) -> Result<(), ArchiveError>;
    /// Remembers that one has the name of others, and says something else.
    fn contradict(&mut self, id: DocumentId, others: &[DocumentId]) -> Result<(), ArchiveError>;
    /// Takes one away, with what it counts.
    fn take(&mut self, id: DocumentId) -> Result<(), ArchiveError>;
}

/// A report that is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Known {
    pub(super) id: DocumentId,
    pub(super) worth: Worth,
}

/// How good a copy of a report is: first whether it can be read, then whether somebody vouches for it, then whether it is
/// whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Worth {
    is_read: bool,
    pub(super) side: Side,
    is_whole: bool,
}

/// How what one report says is to what another one says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Likeness {
    /// The same.
    Same,
    /// The same to the end of the other one, and more.
    GoesOn,
    /// Not all of the other one.
    Begins,
    /// Something else.
    Differs,
}

impl Worth {
    pub(super) fn new(status: Status, side: Side) -> Self {
        Self { is_read: status != Status::Refused, side, is_whole: status == Status::Accepted }
    }
}

/// Takes a report in.
pub(super) fn receive<S: Shelf>(shelf: &mut S, item: S::Item) -> Result<Receipt, ArchiveError> {
    let receipt = settle(shelf, item)?;
    if let Receipt::Duplicate(id) = receipt {
        shelf.repeat(id)?;
    }
    Ok(receipt)
}

fn settle<S: Shelf>(shelf: &mut S, item: S::Item) -> Result<Receipt, ArchiveError> {
    let worth = S::worth(&item);
    // RFC 9990 §3.5.4: what came before is left out when it comes again, and what contradicts it is kept and shown.
    if let Some(known) = shelf.same_bytes(&item)? {
        if known.worth >= worth {
            return Ok(Receipt::Duplicate(known.id));
        }
        shelf.take(known.id)?;
    }
    let (mut worse, mut others) = (Vec::new(), Vec::new());
    let mut conflict = None;
    for known in shelf.same_name(&item)? {
        match shelf.likeness(&item, known.id)? {
            Likeness::Same if known.worth >= worth => return Ok(Receipt::Duplicate(known.id)),
            Likeness::Same => worse.push(known.id),
            // What was cut off is not another report than the whole one.
            Likeness::GoesOn if !known.worth.is_whole && known.worth.side <= worth.side => worse.push(known.id),
            Likeness::Begins if !worth.is_whole && known.worth.side >= worth.side => {
                return Ok(Receipt::Duplicate(known.id));
            }
            _ => {
                others.push(known.id);
                // Else nobody vouches for the other one, but somebody for this one.
                if known.worth.side >= worth.side {
                    conflict = conflict.or(Some(known.id));
                }
            }
        }
    }
    for id in worse {
        shelf.take(id)?;
    }
    let id = shelf.put(item)?;
    if !others.is_empty() {
        shelf.contradict(id, &others)?;
    }
    Ok(conflict.map_or(Receipt::Stored(id), |with| Receipt::Conflict { id, with }))
}

/// How what one report says is to what another one says.
pub(super) fn likeness(one: &Content, other: &Content) -> Likeness {
    match (one, other) {
        (Content::Aggregate(one), Content::Aggregate(other)) => likeness_of_records(one, other),
        (Content::Tls(one), Content::Tls(other)) if one.policies == other.policies => Likeness::Same,
        _ => Likeness::Differs,
    }
}

fn likeness_of_records(one: &Aggregate, other: &Aggregate) -> Likeness {
    let mut pairs = resolved(one).zip(resolved(other));
    if pairs.all(|(one, other)| one == other) {
        return match one.records.len().cmp(&other.records.len()) {
            std::cmp::Ordering::Equal => Likeness::Same,
            std::cmp::Ordering::Greater => Likeness::GoesOn,
            std::cmp::Ordering::Less => Likeness::Begins,
        };
    }
    // In another order it is still the same report.
    let mut counts: HashMap<Resolved<'_>, i64> = HashMap::new();
    resolved(one).for_each(|record| *counts.entry(record).or_default() += 1);
    resolved(other).for_each(|record| *counts.entry(record).or_default() -= 1);
    if counts.values().all(|count| *count == 0) { Likeness::Same } else { Likeness::Differs }
}

type Resolved<'a> = (Option<std::net::IpAddr>, u64, Option<&'a Circumstances>);

fn resolved(report: &Aggregate) -> impl Iterator<Item = Resolved<'_>> {
    report.records.iter().map(|record| (record.source, record.count, report.circumstances_of(record)))
}
