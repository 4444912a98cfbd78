//! A ledger on a bad day: the store in memory, behind a wrapper that is slow, busy, full, or silent. What is stored stays
//! stored when the daemon dies; what was under way is gone.

use std::collections::BTreeMap;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use report::vocabulary::Direction;
use report::{Entry, Ledger as _, LedgerError, Order, Query, Receipt, Row, RowId, Site};
use store::Memory;

use crate::clock::Clock;
use crate::dice::Dice;
use crate::faults::LedgerFaults;
use crate::limits::LEDGER_WAIT_US;
use crate::wake::at_once;

/// Where all rows of a world are.
pub struct Ledger {
    memory: Memory,
    clock: Clock,
    seed: u64,
    faults: LedgerFaults,
    jobs: Mutex<Jobs>,
}

/// What the ledger has still to do, by time.
#[derive(Default)]
struct Jobs {
    count: u64,
    queue: BTreeMap<(u64, u64), Job>,
}

enum Job {
    /// Store it, and answer so much later, if at all.
    Store {
        entry: Box<Entry>,
        ticket: Arc<Ticket>,
        answer_after_us: Option<u64>,
    },
    Answer {
        ticket: Arc<Ticket>,
        result: Result<(), LedgerError>,
    },
}

/// What is waited for.
#[derive(Default)]
struct Ticket(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    result: Option<Result<(), LedgerError>>,
    waker: Option<Waker>,
}

/// What becomes of a row.
enum Fate {
    Stored {
        after_us: u64,
        answer_after_us: Option<u64>,
    },
    Refused {
        after_us: u64,
        error: LedgerError,
    },
    /// Another daemon was first with the id.
    Conflict {
        after_us: u64,
    },
}

/// The queue id of rows that are another daemon's.
pub const FOREIGN: &str = "FOREIGN";

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub fn new(clock: Clock, seed: u64, faults: LedgerFaults) -> Self {
        Self { memory: Memory::default(), clock, seed, faults, jobs: Mutex::default() }
    }

    /// Keeps a row, as the daemon does: ready when it is stored, or when that was waited for too long. `whose` is what its
    /// fortune hangs on.
    ///
    /// # Errors
    /// It is not stored, or nobody knows.
    pub async fn keep(&self, entry: Entry, whose: &str) -> Result<(), LedgerError> {
        let ticket = self.submit(entry, whose);
        let mut end = pin!(self.clock.sleep_until(self.clock.now_us() + LEDGER_WAIT_US));
        poll_fn(|context| {
            let mut slot = ticket.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(result) = slot.result.take() {
                return Poll::Ready(result);
            }
            slot.waker = Some(context.waker().clone());
            drop(slot);
            let late = || Err(LedgerError::Io("no answer in time".to_owned()));
            end.as_mut().poll(context).map(|()| late())
        })
        .await
    }

    fn submit(&self, entry: Entry, whose: &str) -> Arc<Ticket> {
        let ticket = Arc::<Ticket>::default();
        let now_us = self.clock.now_us();
        let (at_us, job) = match self.fate(whose) {
            Fate::Stored { after_us, answer_after_us } => {
                let job = Job::Store { entry: Box::new(entry), ticket: Arc::clone(&ticket), answer_after_us };
                (now_us + after_us, job)
            }
            Fate::Conflict { after_us } => {
                let queue_id = Some(FOREIGN.into());
                let foreign = Row { queue_id, ..Row::new(entry.row.id, Direction::In) };
                // Where the id is taken already, that row stays.
                let _ = at_once(self.memory.append(vec![foreign.into()]));
                let job = Job::Store { entry: Box::new(entry), ticket: Arc::clone(&ticket), answer_after_us: Some(0) };
                (now_us + after_us, job)
            }
            Fate::Refused { after_us, error } => {
                (now_us + after_us, Job::Answer { ticket: Arc::clone(&ticket), result: Err(error) })
            }
        };
        self.jobs().add(at_us, job);
        ticket
    }

    fn fate(&self, whose: &str) -> Fate {
        let faults = &self.faults;
        let mut dice = Dice::new(self.seed, &["ledger", whose]);
        let slow = dice.happens(faults.slow_per_mille);
        let after_us = if slow { dice.between(1_000_000, 12_000_000) } else { dice.between(0, faults.usual_delay_us) };
        if dice.happens(faults.failing_per_mille) {
            let error = match dice.below(3) {
                0 => LedgerError::Busy,
                1 => LedgerError::QueueFull { waiting: 4096 },
                _ => LedgerError::Io("input/output error".to_owned()),
            };
            return Fate::Refused { after_us, error };
        }
        if dice.happens(faults.conflict_per_mille) {
            return Fate::Conflict { after_us };
        }
        let is_silent = dice.happens(faults.silent_per_mille);
        let answer_after_us = (!is_silent).then(|| dice.between(0, faults.usual_delay_us));
        Fate::Stored { after_us, answer_after_us }
    }

    /// When there is something to do.
    #[must_use]
    pub fn next_us(&self) -> Option<u64> {
        self.jobs().queue.keys().next().map(|(at_us, _)| *at_us)
    }

    /// Does what is due.
    pub fn work(&self) {
        let now_us = self.clock.now_us();
        loop {
            // By itself: what is done takes the jobs again.
            let due = self.jobs().due(now_us);
            let Some(job) = due else { return };
            match job {
                Job::Store { entry, ticket, answer_after_us } => {
                    let result = self.store(*entry);
                    if let Some(after_us) = answer_after_us {
                        self.jobs().add(now_us + after_us, Job::Answer { ticket, result });
                    }
                }
                Job::Answer { ticket, result } => ticket.answer(result),
            }
        }
    }

    fn store(&self, entry: Entry) -> Result<(), LedgerError> {
        let now_us = self.clock.now_us();
        if self.faults.full_us.iter().any(|(from_us, until_us)| (*from_us..*until_us).contains(&now_us)) {
            return Err(LedgerError::DiskFull);
        }
        match at_once(self.memory.append(vec![entry])) {
            Some(Ok(Receipt::Stored { .. })) => Ok(()),
            Some(Err(error)) => Err(error),
            Some(Ok(Receipt::Taken)) | None => Err(LedgerError::Io("not stored at once".to_owned())),
        }
    }

    /// The daemon dies: what was not stored is gone, and nobody hears of what was.
    pub fn crash(&self) {
        self.jobs().queue.clear();
    }

    /// How many rows and answers are under way.
    #[must_use]
    pub fn job_count(&self) -> usize {
        self.jobs().queue.len()
    }

    /// The row of this id.
    #[must_use]
    pub fn row(&self, id: RowId) -> Option<Row> {
        at_once(self.memory.entry(id))?.ok()?.map(|entry| entry.row)
    }

    /// Where the ids of a site go on.
    #[must_use]
    pub fn last_id(&self, site: Site) -> Option<RowId> {
        at_once(self.memory.last_id(site))?.ok()?
    }

    /// The store itself.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// All rows, the oldest first, page by page.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let mut query = Query { order: Order::OldestFirst, limit: PAGE_ROWS, ..Query::default() };
        let mut rows = Vec::new();
        while let Some(Ok(page)) = at_once(self.memory.rows(query.clone())) {
            rows.extend(page.rows);
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
        rows
    }

    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Jobs {
    fn add(&mut self, at_us: u64, job: Job) {
        self.count += 1;
        self.queue.insert((at_us, self.count), job);
    }

    fn due(&mut self, now_us: u64) -> Option<Job> {
        let first = self.queue.first_entry().filter(|entry| entry.key().0 <= now_us)?;
        Some(first.remove())
    }
}

impl Ticket {
    fn answer(&self, result: Result<(), LedgerError>) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.result = Some(result);
        let waker = slot.waker.take();
        drop(slot);
        waker.into_iter().for_each(Waker::wake);
    }
}

/// Small, so that there are several pages.
const PAGE_ROWS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(faults: LedgerFaults, run: impl Fn(&Ledger, &Clock)) -> (Option<Result<(), LedgerError>>, usize) {
        let clock = Clock::new(1_000);
        let ledger = Ledger::new(clock.clone(), 1, faults);
        let row = Row::new(RowId::new(5, Site::default(), 0), Direction::In);
        let mut keep = pin!(ledger.keep(row.into(), "a"));
        let first = keep.as_mut().poll(&mut std::task::Context::from_waker(Waker::noop()));
        assert!(first.is_pending());
        run(&ledger, &clock);
        ledger.work();
        let result = match keep.as_mut().poll(&mut std::task::Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        };
        (result, ledger.rows().len())
    }

    #[test]
    fn each_fault() {
        let usual = LedgerFaults::default();
        let nothing = |_: &Ledger, _: &Clock| {};
        assert_eq!(kept(usual.clone(), nothing), (Some(Ok(())), 1));
        assert_eq!(kept(usual.clone(), |ledger, _| ledger.crash()), (None, 0));
        let full = LedgerFaults { full_us: vec![(0, 10)], ..usual.clone() };
        assert_eq!(kept(full, nothing), (Some(Err(LedgerError::DiskFull)), 0));
        let failing = LedgerFaults { failing_per_mille: 1000, ..usual.clone() };
        assert!(matches!(kept(failing, nothing), (Some(Err(_)), 0)));
        let silent = LedgerFaults { silent_per_mille: 1000, ..usual.clone() };
        assert_eq!(kept(silent.clone(), nothing), (None, 1));
        let late = |_: &Ledger, clock: &Clock| clock.advance(LEDGER_WAIT_US);
        assert!(matches!(kept(silent, late), (Some(Err(LedgerError::Io(_))), 1)));
        let conflict = LedgerFaults { conflict_per_mille: 1000, ..usual };
        assert!(matches!(kept(conflict, nothing), (Some(Err(LedgerError::Conflict { .. })), 1)));
    }
}
