//! A store in memory: the plain meaning of the traits, for tests, simulation, and sites that keep nothing.

use std::collections::{BTreeMap, HashMap};
use std::future::{Future, ready};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mailtext::Domain;
use report::hot::{Compared, Counter};
use report::ledger::{Deleted, Deletion, Entry, LedgerError, Rebuilt, Receipt};
use report::limits::{APPEND_COUNT_MAX, DELETE_COUNT_MAX, HOT_PAGE_COUNT_MAX, HOT_VALUE_BYTES_MAX};
use report::query::{DomainFilter, Order, Reach};
use report::tally::{Cell, Tally, answer, cells, day_start_ms, hour_of};
use report::{Filter, Hot, HotError, HotKey, Ledger, Page, Query, RowId, Site, TallyQuery, Why, Window, codec};

use crate::limits::{HOT_ENTRY_COUNT_MAX, MEMORY_ROW_COUNT_MAX};
use crate::page::{Filling, bounds};

/// A store in memory.
pub struct Memory {
    state: Mutex<State>,
    row_count_max: usize,
}

#[derive(Default)]
struct State {
    entries: BTreeMap<RowId, Entry>,
    counts: BTreeMap<Cell, u64>,
    /// The highest id of each site, also when its row is gone.
    last: HashMap<Site, RowId>,
    /// Up to which hour rows were taken away: of a tenant, or of all (`None`).
    floors: HashMap<Option<Box<str>>, u32>,
    counters: HashMap<(HotKey, Window), Counter>,
    values: HashMap<HotKey, (Vec<u8>, u64)>,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new(MEMORY_ROW_COUNT_MAX)
    }
}

impl Memory {
    /// An empty store of at most so many rows; then it is full ([`LedgerError::DiskFull`]).
    #[must_use]
    pub fn new(row_count_max: usize) -> Self {
        Self { state: Mutex::default(), row_count_max }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger for Memory {
    fn append(&self, entries: Vec<Entry>) -> impl Future<Output = Result<Receipt, LedgerError>> + Send {
        ready(self.state().append(entries, self.row_count_max))
    }

    fn flush(&self) -> impl Future<Output = Result<(), LedgerError>> + Send {
        ready(Ok(()))
    }

    fn rows(&self, query: Query) -> impl Future<Output = Result<Page, LedgerError>> + Send {
        ready(Ok(self.state().rows(&query)))
    }

    fn entry(&self, id: RowId) -> impl Future<Output = Result<Option<Entry>, LedgerError>> + Send {
        ready(Ok(self.state().entries.get(&id).cloned()))
    }

    fn last_id(&self, site: Site) -> impl Future<Output = Result<Option<RowId>, LedgerError>> + Send {
        ready(Ok(self.state().last.get(&site).copied()))
    }

    fn tally(&self, query: TallyQuery) -> impl Future<Output = Result<Tally, LedgerError>> + Send {
        let state = self.state();
        let wanted = state.counts.iter().filter(|(cell, _)| query.admits(cell));
        ready(Ok(answer(&query, wanted.map(|(cell, count)| (cell.hour, cell.measure.clone(), *count)))))
    }

    fn delete(&self, what: Deletion) -> impl Future<Output = Result<Deleted, LedgerError>> + Send {
        ready(Ok(self.state().delete(&what)))
    }

    fn rebuild(&self) -> impl Future<Output = Result<Rebuilt, LedgerError>> + Send {
        ready(Ok(self.state().rebuild()))
    }
}

impl State {
    fn append(&mut self, entries: Vec<Entry>, row_count_max: usize) -> Result<Receipt, LedgerError> {
        if entries.len() > APPEND_COUNT_MAX {
            return Err(LedgerError::TooMany { count: entries.len() });
        }
        for entry in &entries {
            // What another store could not keep, this one does not take.
            codec::encode(&entry.row).map_err(|_| LedgerError::TooLarge { id: entry.row.id })?;
        }
        let is_there = |entry: &&Entry| !self.entries.contains_key(&entry.row.id);
        if self.entries.len() + entries.iter().filter(is_there).count() > row_count_max {
            return Err(LedgerError::DiskFull);
        }
        let (mut new, mut repeated, mut conflicts) = (0, 0, Vec::new());
        for entry in entries {
            match self.entries.get(&entry.row.id) {
                Some(there) if there.row == entry.row => repeated += 1,
                Some(_) => conflicts.push(entry.row.id),
                None => {
                    new += 1;
                    cells(&entry.row, |cell, count| *self.counts.entry(cell).or_default() += count);
                    let last = self.last.entry(entry.row.id.site()).or_insert(entry.row.id);
                    *last = entry.row.id.max(*last);
                    self.entries.insert(entry.row.id, entry);
                }
            }
        }
        let mut conflicts = conflicts.into_iter();
        match conflicts.next() {
            None => Ok(Receipt::Stored { new, repeated }),
            Some(first) => Err(LedgerError::Conflict { first, others: conflicts.collect() }),
        }
    }

    fn rows(&self, query: &Query) -> Page {
        let mut filling = Filling::new(query);
        let Some((low, high)) = bounds(query) else { return filling.finish() };
        let range = self.entries.range(low..=high);
        let mut offer = |(id, entry): (&RowId, &Entry)| filling.offer(*id, Ok(entry.row.clone())).is_break();
        let _ = match query.order {
            Order::OldestFirst => range.into_iter().any(&mut offer),
            Order::NewestFirst => range.into_iter().rev().any(&mut offer),
        };
        filling.finish()
    }

    fn delete(&mut self, what: &Deletion) -> Deleted {
        match what {
            Deletion::Rows { before_ms, tenant } => {
                self.raise_floor(tenant.clone(), hour_of(day_start_ms(*before_ms)));
                self.delete_rows(&what.rows().unwrap_or_default(), Counts::Stay)
            }
            Deletion::Domain { domain, reach, tenant } => {
                let deleted = self.delete_rows(&what.rows().unwrap_or_default(), Counts::Go);
                // Rows that came late take away what they added under the names that they added it by.
                if deleted.is_done {
                    self.delete_counts_of(domain, *reach, tenant.as_deref());
                }
                deleted
            }
            Deletion::Evidence { before_ms } => {
                let before = RowId::first_at(*before_ms);
                let old = self.entries.range_mut(..before).filter(|(_, entry)| !entry.why.is_empty());
                let count = old.take(DELETE_COUNT_MAX).map(|(_, entry)| entry.why = Why::default()).count();
                deleted(count)
            }
            Deletion::Counts { before_ms } => {
                let before = hour_of(day_start_ms(*before_ms));
                self.raise_floor(None, before);
                let count = self.counts.len();
                self.counts.retain(|cell, _| cell.hour >= before);
                Deleted { count: (count - self.counts.len()) as u64, is_done: true }
            }
        }
    }

    fn delete_rows(&mut self, filter: &Filter, counts: Counts) -> Deleted {
        let meant = self.entries.values().map(|entry| &entry.row).filter(|row| filter.admits(row));
        let ids: Vec<RowId> = meant.map(|row| row.id).take(DELETE_COUNT_MAX).collect();
        for entry in ids.iter().filter_map(|id| self.entries.remove(id)) {
            if counts == Counts::Go {
                cells(&entry.row, |cell, count| {
                    self.counts.entry(cell).and_modify(|sum| *sum = sum.saturating_sub(count));
                });
            }
        }
        self.counts.retain(|_, count| *count > 0);
        deleted(ids.len())
    }

    /// Counts by a domain's name for days whose rows are gone.
    fn delete_counts_of(&mut self, domain: &Domain, reach: Reach, tenant: Option<&str>) {
        let wanted = DomainFilter::anywhere(domain.clone(), reach);
        let floors = std::mem::take(&mut self.floors);
        let mut renamed: Vec<(Cell, u64)> = Vec::new();
        self.counts.retain(|cell, count| {
            let is_old = cell.hour < floor(&floors, &cell.tenant);
            if !is_old || tenant.is_some_and(|tenant| *tenant != *cell.tenant) {
                return true;
            }
            let left = cell.measure.without(|domain| wanted.covers(domain));
            let is_same = left.as_ref() == Some(&cell.measure);
            if let Some(measure) = left.filter(|_| !is_same) {
                // Messages of other domains, too, stay theirs.
                renamed.push((Cell { measure, ..cell.clone() }, *count));
            }
            is_same
        });
        for (cell, count) in renamed {
            *self.counts.entry(cell).or_default() += count;
        }
        self.floors = floors;
    }

    fn rebuild(&mut self) -> Rebuilt {
        let mut anew: BTreeMap<Cell, u64> = BTreeMap::new();
        for entry in self.entries.values() {
            cells(&entry.row, |cell, count| *anew.entry(cell).or_default() += count);
        }
        let is_whole = |cell: &Cell| cell.hour >= floor(&self.floors, &cell.tenant);
        anew.retain(|cell, count| is_whole(cell) && *count > 0);
        let mut old = self.counts.clone();
        old.retain(|cell, count| is_whole(cell) && *count > 0);
        let changed = anew.iter().filter(|(cell, count)| old.get(cell) != Some(count)).count();
        let gone = old.keys().filter(|cell| !anew.contains_key(cell)).count();
        self.counts.retain(|cell, _| cell.hour < floor(&self.floors, &cell.tenant));
        let count = anew.len() as u64;
        self.counts.extend(anew);
        Rebuilt { count, differing: (changed + gone) as u64 }
    }

    fn raise_floor(&mut self, tenant: Option<Box<str>>, hour: u32) {
        let floor = self.floors.entry(tenant).or_default();
        *floor = hour.max(*floor);
    }
}

/// What happens to the counts of rows that go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    Stay,
    Go,
}

fn floor(floors: &HashMap<Option<Box<str>>, u32>, tenant: &str) -> u32 {
    let of = |tenant: Option<Box<str>>| floors.get(&tenant).copied().unwrap_or(0);
    of(None).max(of(Some(tenant.into())))
}

fn deleted(count: usize) -> Deleted {
    Deleted { count: count as u64, is_done: count < DELETE_COUNT_MAX }
}

impl Hot for Memory {
    fn count(
        &self,
        key: HotKey,
        window: Window,
        by: u64,
        now_ms: u64,
    ) -> impl Future<Output = Result<u64, HotError>> + Send {
        let mut state = self.state();
        let id = (key, window);
        let is_there = state.counters.contains_key(&id);
        if let Err(error) = state.room(is_there, now_ms) {
            return ready(Err(error));
        }
        ready(Ok(state.counters.entry(id).or_default().add(window, by, now_ms)))
    }

    fn get(&self, key: HotKey, now_ms: u64) -> impl Future<Output = Result<Option<Vec<u8>>, HotError>> + Send {
        ready(Ok(self.state().value(&key, now_ms)))
    }

    fn put(
        &self,
        key: HotKey,
        value: Vec<u8>,
        expires_ms: u64,
        now_ms: u64,
    ) -> impl Future<Output = Result<(), HotError>> + Send {
        ready(self.state().put(key, value, expires_ms, now_ms))
    }

    fn compare_and_put(
        &self,
        key: HotKey,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
        expires_ms: u64,
        now_ms: u64,
    ) -> impl Future<Output = Result<Compared, HotError>> + Send {
        let mut state = self.state();
        let there = state.value(&key, now_ms);
        if there != expected {
            return ready(Ok(Compared::Differs(there)));
        }
        ready(state.put(key, value, expires_ms, now_ms).map(|()| Compared::Put))
    }

    fn list(
        &self,
        space: &str,
        after: Option<HotKey>,
        limit: usize,
        now_ms: u64,
    ) -> impl Future<Output = Result<Vec<(HotKey, Vec<u8>)>, HotError>> + Send {
        let Some(prefix) = HotKey::space_bytes(space) else { return ready(Ok(Vec::new())) };
        let state = self.state();
        let is_wanted = |key: &HotKey| key.as_bytes().starts_with(&prefix) && Some(key) > after.as_ref();
        let there = state.values.iter().filter(|(key, (_, expires_ms))| now_ms < *expires_ms && is_wanted(key));
        let mut found: Vec<_> = there.map(|(key, (value, _))| (key.clone(), value.clone())).collect();
        found.sort_unstable();
        found.truncate(limit.min(HOT_PAGE_COUNT_MAX));
        ready(Ok(found))
    }

    fn expire(&self, now_ms: u64) -> impl Future<Output = Result<u64, HotError>> + Send {
        ready(Ok(self.state().expire(now_ms)))
    }
}

impl State {
    fn value(&self, key: &HotKey, now_ms: u64) -> Option<Vec<u8>> {
        let (value, expires_ms) = self.values.get(key)?;
        (now_ms < *expires_ms).then(|| value.clone())
    }

    fn put(&mut self, key: HotKey, value: Vec<u8>, expires_ms: u64, now_ms: u64) -> Result<(), HotError> {
        if value.len() > HOT_VALUE_BYTES_MAX {
            return Err(HotError::TooLarge { bytes: value.len() });
        }
        let is_there = self.values.contains_key(&key);
        self.room(is_there, now_ms)?;
        self.values.insert(key, (value, expires_ms));
        Ok(())
    }

    fn room(&mut self, is_there: bool, now_ms: u64) -> Result<(), HotError> {
        let count = |state: &Self| state.counters.len() + state.values.len();
        if !is_there && count(self) >= HOT_ENTRY_COUNT_MAX {
            self.expire(now_ms);
            if count(self) >= HOT_ENTRY_COUNT_MAX {
                return Err(HotError::Full { count: count(self) });
            }
        }
        Ok(())
    }

    fn expire(&mut self, now_ms: u64) -> u64 {
        let before = self.counters.len() + self.values.len();
        self.counters.retain(|(_, window), counter| now_ms < counter.expires_ms(*window));
        self.values.retain(|_, (_, expires_ms)| now_ms < *expires_ms);
        (before - self.counters.len() - self.values.len()) as u64
    }
}
