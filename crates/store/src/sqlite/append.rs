//! Rows into the file.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use futures_channel::oneshot;
use report::ledger::{Entry, LedgerError, Receipt};
use report::{Row, RowId, Site, codec};
use rusqlite::{Connection, OptionalExtension, params};

use super::Counters;
use super::error::from_sqlite;
use super::evidence;
use super::pool::{Waiting, promise};
use super::writer::{Company, Effect, Task};

/// A row as it goes into the file: made by the thread that brings it, so that the one that writes only writes.
pub(super) struct Prepared {
    /// For its keys and counts, when it is stored.
    row: Row,
    bytes: Vec<u8>,
    why: Option<Vec<u8>>,
    /// Whether it was not there before.
    is_new: bool,
}

/// Rows to be appended.
pub(super) struct Append {
    rows: Vec<Prepared>,
    done: Done,
    counters: Counters,
    /// `None` for rows that were answered when they were taken.
    reply: Option<oneshot::Sender<Result<Receipt, LedgerError>>>,
}

#[derive(Default)]
struct Done {
    new: usize,
    repeated: usize,
    conflicts: Vec<RowId>,
}

/// What the rows of a group add beside themselves, written once for all of them. Their keys and counts come later: see
/// [`super::fold`].
#[derive(Default)]
pub(super) struct Pending {
    fresh: Vec<RowId>,
    last: HashMap<Site, RowId>,
}

impl Prepared {
    pub(super) fn new(entry: Entry) -> Result<Self, LedgerError> {
        let Entry { row, why } = entry;
        let bytes = codec::encode(&row).map_err(|_| LedgerError::TooLarge { id: row.id })?;
        let why = (!why.is_empty()).then(|| evidence::pack(&why));
        Ok(Self { row, bytes, why, is_new: false })
    }
}

impl Append {
    /// Rows whose bringer waits until they are stored.
    pub(super) fn awaited(rows: Vec<Prepared>, counters: Counters) -> (Self, Waiting<Receipt>) {
        let (reply, waiting) = promise();
        (Self { rows, done: Done::default(), counters, reply: Some(reply) }, waiting)
    }

    /// Rows whose bringer does not wait: they are tried until they are stored.
    pub(super) fn taken(rows: Vec<Prepared>, counters: Counters) -> (Self, Waiting<Receipt>) {
        let waiting = Waiting::Ended(Ok(Receipt::Taken));
        (Self { rows, done: Done::default(), counters, reply: None }, waiting)
    }
}

impl Task for Append {
    fn row_count(&self) -> usize {
        self.rows.len()
    }

    fn company(&self) -> Company {
        Company::Shared
    }

    fn is_awaited(&self) -> bool {
        self.reply.is_some()
    }

    fn run(&mut self, connection: &Connection, pending: &mut Pending) -> Result<(), LedgerError> {
        self.done = Done::default();
        for row in &mut self.rows {
            let inserted = insert(connection, row)?;
            row.is_new = matches!(inserted, Inserted::New);
            match inserted {
                Inserted::New => {
                    self.done.new += 1;
                    pending.add(row.row.id);
                }
                Inserted::Repeated => self.done.repeated += 1,
                Inserted::Conflict => self.done.conflicts.push(row.row.id),
            }
        }
        Ok(())
    }

    fn each_new(&self, take: &mut dyn FnMut(&Row)) {
        self.rows.iter().filter(|row| row.is_new).for_each(|row| take(&row.row));
    }

    fn effect(&self) -> Effect {
        Effect::None
    }

    fn end(mut self: Box<Self>, end: &Result<(), LedgerError>) -> Option<Box<dyn Task>> {
        if let Err(error) = end {
            return match self.reply.take() {
                Some(reply) => {
                    let _ = reply.send(Err(error.clone()));
                    None
                }
                None => Some(self),
            };
        }
        let Done { new, repeated, conflicts } = std::mem::take(&mut self.done);
        self.counters.stored.fetch_add(new as u64, Ordering::Relaxed);
        self.counters.repeated.fetch_add(repeated as u64, Ordering::Relaxed);
        let mut conflicts = conflicts.into_iter();
        let result = match conflicts.next() {
            None => Ok(Receipt::Stored { new, repeated }),
            Some(first) => Err(LedgerError::Conflict { first, others: conflicts.collect() }),
        };
        match (self.reply.take(), result) {
            (Some(reply), result) => {
                // Who does not wait any more may ask again: the rows are there.
                let _ = reply.send(result);
            }
            (None, Err(error)) => {
                let LedgerError::Conflict { others, .. } = &error else { return None };
                self.counters.lost.fetch_add(1 + others.len() as u64, Ordering::Relaxed);
                self.counters.note(&error);
            }
            (None, Ok(_)) => {}
        }
        None
    }
}

enum Inserted {
    New,
    Repeated,
    Conflict,
}

fn insert(connection: &Connection, row: &Prepared) -> Result<Inserted, LedgerError> {
    let id = row.row.id.number() as i64;
    let mut statement = connection
        .prepare_cached("INSERT INTO message (id, row) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")
        .map_err(from_sqlite)?;
    if statement.execute(params![id, row.bytes]).map_err(from_sqlite)? == 0 {
        let mut there = connection.prepare_cached("SELECT row FROM message WHERE id = ?1").map_err(from_sqlite)?;
        let bytes: Option<Vec<u8>> = there.query_row([id], |row| row.get(0)).optional().map_err(from_sqlite)?;
        let is_same = bytes.is_some_and(|bytes| bytes == row.bytes);
        return Ok(if is_same { Inserted::Repeated } else { Inserted::Conflict });
    }
    if let Some(why) = &row.why {
        let mut statement = connection
            .prepare_cached("INSERT INTO why (id, steps) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")
            .map_err(from_sqlite)?;
        statement.execute(params![id, why]).map_err(from_sqlite)?;
    }
    Ok(Inserted::New)
}

impl Pending {
    fn add(&mut self, id: RowId) {
        self.fresh.push(id);
        let last = self.last.entry(id.site()).or_insert(id);
        *last = id.max(*last);
    }

    /// Writes what was gathered; how many rows are new.
    pub(super) fn write(self, connection: &Connection) -> Result<usize, LedgerError> {
        let mut statement = connection.prepare_cached("INSERT INTO fresh (id) VALUES (?1)").map_err(from_sqlite)?;
        for id in &self.fresh {
            statement.execute([id.number() as i64]).map_err(from_sqlite)?;
        }
        let mut statement = connection
            .prepare_cached(
                "INSERT INTO site (site, last) VALUES (?1, ?2) \
                 ON CONFLICT (site) DO UPDATE SET last = max(last, excluded.last)",
            )
            .map_err(from_sqlite)?;
        for (site, last) in self.last {
            statement.execute(params![site.number(), last.number() as i64]).map_err(from_sqlite)?;
        }
        Ok(self.fresh.len())
    }
}
