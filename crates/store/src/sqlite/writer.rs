//! The thread that writes: what waits together is done in one transaction, and keys and counts follow for many rows at once.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use futures_channel::oneshot;
use report::{LedgerError, Row};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::append::Pending;
use super::error::from_sqlite;
use super::fold::{Folding, Gathered, fresh_count};
use super::pool::{Waiting, promise};
use super::schema::{pragma, synchronous};
use super::{Durability, Settings, Stats};
use crate::limits::{
    AWAITED_LINGER_MS, FOLD_KEY_BYTES, FOLD_KEY_COUNT_MAX, FOLD_KEY_COUNT_PER_KEY, FOLD_ROW_COUNT, FRESH_ROW_COUNT_MAX,
    GROUP_LINGER_MS, GROUP_ROW_COUNT_MAX, RETRY_MS, WAITING_COUNT_MAX,
};

/// Something to be written.
pub(super) trait Task: Send {
    /// How many rows it brings.
    fn row_count(&self) -> usize;
    /// With whom it may share a transaction.
    fn company(&self) -> Company;
    /// Whether somebody waits for its end.
    fn is_awaited(&self) -> bool;
    /// Does it. When the transaction fails later, or this does, it may be done again.
    fn run(&mut self, connection: &Connection, pending: &mut Pending) -> Result<(), LedgerError>;
    /// Gives the rows that it brought and that were not there.
    fn each_new(&self, take: &mut dyn FnMut(&Row));
    /// What it does to rows that are there.
    fn effect(&self) -> Effect;
    /// Its transaction ended so. A task that is to be tried again gives itself back.
    fn end(self: Box<Self>, end: &Result<(), LedgerError>) -> Option<Box<dyn Task>>;
}

/// With whom a task may share a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Company {
    /// With others that bring rows.
    Shared,
    /// With nobody.
    Alone,
}

/// What a task does to rows that are there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Effect {
    /// They stay as they are.
    None,
    /// It may take them away, or write keys and counts itself.
    Any,
}

/// The thread, and the way to it.
pub(super) struct Writer {
    queue: Arc<Queue>,
    counters: Arc<Counters>,
    thread: Option<JoinHandle<()>>,
}

/// What was counted.
#[derive(Default)]
pub(super) struct Counters {
    pub(super) stored: AtomicU64,
    pub(super) repeated: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) lost: AtomicU64,
    groups: AtomicU64,
    failures: AtomicU64,
    last_error: Mutex<Option<LedgerError>>,
}

struct Queue {
    state: Mutex<State>,
    wake: Condvar,
    row_count_max: usize,
    /// How long nothing comes before the writer does what can wait.
    idle: Duration,
}

#[derive(Default)]
struct State {
    tasks: VecDeque<Box<dyn Task>>,
    row_count: usize,
    /// Rows that are being written: should that fail, they wait again.
    row_count_under_way: usize,
    awaited_count: usize,
    /// Rows of the last group: whether several come at the same time.
    group_row_count: usize,
    /// When the first of the tasks was seen.
    since: Option<Instant>,
    /// Not before this time: a write has failed.
    rest_until: Option<Instant>,
    is_closed: bool,
}

impl Writer {
    pub(super) fn start(connection: Connection, settings: &Settings) -> Result<Self, LedgerError> {
        let queue = Arc::new(Queue::new(settings));
        let counters: Arc<Counters> = Arc::default();
        let (its_queue, its_counters) = (Arc::clone(&queue), Arc::clone(&counters));
        let desk = Desk::new(connection, settings);
        let work = move || write(desk, &its_queue, &its_counters);
        let thread = std::thread::Builder::new().name("ledger-write".to_owned()).spawn(work);
        let thread = Some(thread.map_err(|error| LedgerError::Io(error.to_string()))?);
        Ok(Self { queue, counters, thread })
    }

    /// Nobody: everything that would write fails.
    pub(super) fn absent(settings: &Settings) -> Self {
        let queue = Queue::new(settings);
        queue.close();
        Self { queue: Arc::new(queue), counters: Arc::default(), thread: None }
    }

    pub(super) fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    pub(super) fn add(&self, task: Box<dyn Task>) -> Result<(), LedgerError> {
        let row_count = task.row_count();
        self.queue.add(task).inspect_err(|_| {
            self.counters.refused.fetch_add(row_count as u64, Ordering::Relaxed);
        })
    }

    pub(super) fn stats(&self) -> Stats {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            stored: of(&self.counters.stored),
            repeated: of(&self.counters.repeated),
            refused: of(&self.counters.refused),
            lost: of(&self.counters.lost),
            groups: of(&self.counters.groups),
            failures: of(&self.counters.failures),
            waiting: self.queue.state().waiting() as u64,
            last_error: self.counters.last_error().clone(),
        }
    }

    /// Writes what waits, and ends.
    pub(super) fn stop(&mut self) -> Stats {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.stats()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Counters {
    pub(super) fn note(&self, error: &LedgerError) {
        *self.last_error() = Some(error.clone());
    }

    fn fail(&self, error: &LedgerError) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        self.note(error);
    }

    fn last_error(&self) -> MutexGuard<'_, Option<LedgerError>> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(mut desk: Desk, queue: &Queue, counters: &Counters) {
    loop {
        let mut group = match queue.next(desk.work()) {
            Next::Group(group) => group,
            // Keys are written while rows gather, and when none come.
            Next::Free => {
                desk.fold_some(Wanted::Anyway, 0, counters);
                continue;
            }
            Next::End => break,
        };
        let end = desk.transact(&mut group);
        counters.groups.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = &end {
            counters.fail(error);
        }
        let key_count = if end.is_ok() { desk.gather(&group) } else { 0 };
        let again: Vec<Box<dyn Task>> = group.into_iter().filter_map(|task| task.end(&end)).collect();
        if let Some(left) = queue.give_back(again) {
            // The store closes: there is no later.
            let row_count: usize = left.iter().map(|task| task.row_count()).sum();
            counters.lost.fetch_add(row_count as u64, Ordering::Relaxed);
        }
        desk.fold_some(Wanted::WhenMany, key_count, counters);
    }
    // The log goes into the file, so that the file alone is the ledger. Where that fails, the next opening does it.
    let _ = desk.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
}

/// Whether keys and counts are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wanted {
    /// Where that is worth it.
    WhenMany,
    /// However few there are.
    Anyway,
}

/// The connection that writes, and what it has to come back to.
struct Desk {
    connection: Connection,
    durability: Durability,
    /// How the connection synchronises at the end of a transaction.
    synchronous: Durability,
    /// At how many fresh rows these are folded.
    fold_row_count: usize,
    /// How many rows have no counts yet.
    fresh_count: usize,
    /// Their keys and counts, but for those that are being written.
    gathered: Gathered,
    /// Whether these are all.
    is_whole: bool,
    /// What is being written.
    folding: Option<Folding>,
    /// Not before this time: folding has failed.
    folds_after: Option<Instant>,
}

impl Desk {
    fn new(connection: Connection, settings: &Settings) -> Self {
        let mut desk = Self {
            connection,
            durability: settings.durability,
            synchronous: settings.durability,
            fold_row_count: settings.fold_row_count.max(1),
            fresh_count: 0,
            gathered: Gathered::default(),
            is_whole: true,
            folding: None,
            folds_after: None,
        };
        desk.begin_anew();
        desk
    }

    fn transact(&mut self, group: &mut [Box<dyn Task>]) -> Result<(), LedgerError> {
        while self.fresh_count >= FRESH_ROW_COUNT_MAX {
            // They would become too many to be looked at.
            self.fold(usize::MAX)?;
        }
        synchronise(&self.connection, &mut self.synchronous, self.durability)?;
        let transaction = begin(&mut self.connection)?;
        let mut pending = Pending::default();
        for task in group.iter_mut() {
            task.run(&transaction, &mut pending)?;
        }
        let fresh_count = pending.write(&transaction)?;
        transaction.commit().map_err(from_sqlite)?;
        self.fresh_count += fresh_count;
        Ok(())
    }

    /// Takes the keys and counts of rows that are stored now; how many keys.
    fn gather(&mut self, group: &[Box<dyn Task>]) -> usize {
        if group.iter().any(|task| task.effect() == Effect::Any) {
            self.begin_anew();
            return 0;
        }
        let before = self.gathered.key_count();
        if self.is_whole {
            group.iter().for_each(|task| task.each_new(&mut |row| self.gathered.add(row)));
        }
        self.gathered.key_count() - before
    }

    /// Forgets what was gathered: it may have been taken away, or folded.
    fn begin_anew(&mut self) {
        self.folding = None;
        self.gathered = Gathered::default();
        // Where counting fails, so does what follows, and says so.
        self.fresh_count = fresh_count(&self.connection).unwrap_or(self.fresh_count);
        self.is_whole = self.fresh_count == 0;
    }

    /// What there is to be done beside groups.
    fn work(&self) -> Work {
        match (&self.folding, self.fresh_count) {
            (Some(_), _) => Work::Now,
            (None, 0) => Work::None,
            (None, _) => Work::Later,
        }
    }

    /// Folds a piece. Nobody waits for it; where it fails, readers go on looking at the fresh rows.
    fn fold_some(&mut self, wanted: Wanted, new_key_count: usize, counters: &Counters) {
        let are_many = self.fresh_count >= self.fold_row_count || self.gathered.key_bytes() >= FOLD_KEY_BYTES;
        let is_wanted = wanted == Wanted::Anyway || self.folding.is_some() || are_many;
        if !is_wanted || self.folds_after.is_some_and(|after| after > Instant::now()) {
            return;
        }
        let key_count = FOLD_KEY_COUNT_MAX.min(self.fold_row_count).max(FOLD_KEY_COUNT_PER_KEY * new_key_count);
        if let Err(error) = self.fold(key_count) {
            counters.fail(&error);
        }
    }

    /// Folds a piece of so many keys at most.
    fn fold(&mut self, key_count_max: usize) -> Result<(), LedgerError> {
        let folded = self.fold_piece(key_count_max);
        self.folds_after = folded.is_err().then(|| Instant::now() + Duration::from_millis(RETRY_MS));
        if folded.is_err() {
            // What of it is written is not known.
            self.begin_anew();
        }
        folded
    }

    fn fold_piece(&mut self, key_count_max: usize) -> Result<(), LedgerError> {
        let folding = match &mut self.folding {
            Some(folding) => folding,
            none => {
                none.insert(take_gathered(&self.connection, &mut self.gathered, &mut self.is_whole, self.fresh_count)?)
            }
        };
        // What is lost of it is made again: nothing waits for the disk.
        synchronise(&self.connection, &mut self.synchronous, Durability::Async)?;
        let transaction = begin(&mut self.connection)?;
        let end = folding.write(&transaction, key_count_max)?;
        let row_count = folding.row_count();
        transaction.commit().map_err(from_sqlite)?;
        if end.is_break() {
            self.fresh_count = self.fresh_count.saturating_sub(row_count);
            self.folding = None;
        }
        if end.is_break() && row_count == 0 {
            // There were none: they were counted wrongly.
            self.fresh_count = fresh_count(&self.connection)?;
        }
        Ok(())
    }
}

/// Lets the connection synchronise as this durability wants it.
fn synchronise(connection: &Connection, now: &mut Durability, wanted: Durability) -> Result<(), LedgerError> {
    if *now != wanted {
        pragma(connection, "synchronous", synchronous(wanted))?;
        *now = wanted;
    }
    Ok(())
}

/// What is to be folded next: what was gathered, or, where that is not all, the oldest fresh rows of the file.
fn take_gathered(
    connection: &Connection,
    gathered: &mut Gathered,
    is_whole: &mut bool,
    fresh_count: usize,
) -> Result<Folding, LedgerError> {
    if *is_whole {
        return Ok(std::mem::take(gathered).sorted());
    }
    let of_file = Gathered::of_file(connection, FOLD_ROW_COUNT)?;
    *is_whole = of_file.row_count() >= fresh_count;
    *gathered = Gathered::default();
    Ok(of_file.sorted())
}

/// From the start as a writer: one that begins by reading could not become one while another process writes.
fn begin(connection: &mut Connection) -> Result<Transaction<'_>, LedgerError> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(from_sqlite)
}

impl Queue {
    fn new(settings: &Settings) -> Self {
        Self {
            state: Mutex::default(),
            wake: Condvar::new(),
            row_count_max: settings.queue_row_count_max,
            idle: Duration::from_millis(settings.fold_idle_ms),
        }
    }

    fn add(&self, task: Box<dyn Task>) -> Result<(), LedgerError> {
        let mut state = self.state();
        if state.is_closed {
            return Err(LedgerError::Closed);
        }
        let waiting = state.waiting();
        // One call may bring more than the queue has room for, but not on top of others.
        let is_over = waiting > 0 && waiting + task.row_count() > self.row_count_max;
        if is_over || state.tasks.len() >= self.row_count_max.max(WAITING_COUNT_MAX) {
            return Err(LedgerError::QueueFull { waiting });
        }
        // Who gathers is woken by what ends the gathering, not by each row.
        let is_news = state.tasks.is_empty() || (task.is_awaited() && state.awaited_count == 0);
        state.push_back(task);
        if is_news || state.row_count >= GROUP_ROW_COUNT_MAX || state.is_alone_next() {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// The next tasks for one transaction. While rows gather, or none come, the caller may do something else.
    fn next(&self, work: Work) -> Next {
        let mut state = self.state();
        loop {
            if state.tasks.is_empty() && state.is_closed {
                return Next::End;
            }
            match state.rest() {
                Rest::None => return Next::Group(state.take_group()),
                _ if work == Work::Now => return Next::Free,
                Rest::UntilWoken if work == Work::None => {
                    state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                Rest::UntilWoken => {
                    let (woken, waited) =
                        self.wake.wait_timeout(state, self.idle).unwrap_or_else(PoisonError::into_inner);
                    state = woken;
                    if waited.timed_out() && state.tasks.is_empty() && !state.is_closed {
                        return Next::Free;
                    }
                }
                Rest::For(rest) => {
                    let (woken, _) = self.wake.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner);
                    state = woken;
                }
            }
        }
    }

    /// The group has ended. Puts tasks of it at the front, to be tried again after a rest; gives them back when the queue
    /// is closed.
    fn give_back(&self, again: Vec<Box<dyn Task>>) -> Option<Vec<Box<dyn Task>>> {
        let mut state = self.state();
        state.row_count_under_way = 0;
        if again.is_empty() {
            return None;
        }
        if state.is_closed {
            return Some(again);
        }
        state.rest_until = Some(Instant::now() + Duration::from_millis(RETRY_MS));
        again.into_iter().rev().for_each(|task| state.push_front(task));
        None
    }

    fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.rest_until = None;
        self.wake.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the writer does next.
enum Next {
    /// These, in one transaction.
    Group(Vec<Box<dyn Task>>),
    /// Whatever it likes: nothing is to be written yet.
    Free,
    /// There is nothing, and never will be.
    End,
}

/// What the writer has to do beside groups.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Work {
    /// Nothing.
    None,
    /// Something for when nothing comes for a while.
    Later,
    /// Something that goes on as soon as there is time.
    Now,
}

/// How long the writer waits before it goes on.
enum Rest {
    None,
    For(Duration),
    UntilWoken,
}

impl State {
    /// Whether to begin.
    fn rest(&mut self) -> Rest {
        if self.tasks.is_empty() {
            self.since = None;
            return Rest::UntilWoken;
        }
        let now = Instant::now();
        if let Some(until) = self.rest_until.filter(|until| *until > now) {
            return Rest::For(until - now);
        }
        self.rest_until = None;
        // Rows gather for a while: fewer transactions cost less. Where somebody waits, only if others came at the same time.
        let linger_ms = match self.awaited_count {
            0 => GROUP_LINGER_MS,
            _ if self.group_row_count > 1 && !self.is_alone_next() => AWAITED_LINGER_MS,
            _ => 0,
        };
        let is_urgent = self.is_closed || self.row_count >= GROUP_ROW_COUNT_MAX;
        let until = *self.since.get_or_insert(now) + Duration::from_millis(linger_ms);
        if is_urgent || until <= now { Rest::None } else { Rest::For(until - now) }
    }

    /// Whether the next task shares its transaction with nobody.
    fn is_alone_next(&self) -> bool {
        self.tasks.front().is_some_and(|task| task.company() == Company::Alone)
    }

    fn take_group(&mut self) -> Vec<Box<dyn Task>> {
        let mut group: Vec<Box<dyn Task>> = Vec::new();
        let mut row_count = 0;
        while let Some(task) = self.tasks.front() {
            let is_first = group.is_empty();
            let is_alone = task.company() == Company::Alone;
            if !is_first && (is_alone || row_count + task.row_count() > GROUP_ROW_COUNT_MAX) {
                break;
            }
            row_count += task.row_count();
            if let Some(task) = self.tasks.pop_front() {
                self.awaited_count -= usize::from(task.is_awaited());
                self.row_count -= task.row_count();
                self.row_count_under_way += task.row_count();
                group.push(task);
            }
            if is_alone {
                break;
            }
        }
        self.group_row_count = row_count;
        self.since = None;
        group
    }

    fn waiting(&self) -> usize {
        self.row_count + self.row_count_under_way
    }

    fn push_back(&mut self, task: Box<dyn Task>) {
        self.note(&*task);
        self.tasks.push_back(task);
    }

    fn push_front(&mut self, task: Box<dyn Task>) {
        self.note(&*task);
        self.tasks.push_front(task);
    }

    fn note(&mut self, task: &dyn Task) {
        self.awaited_count += usize::from(task.is_awaited());
        self.row_count += task.row_count();
    }
}

/// Something else to be done by the thread that writes, in a transaction of its own.
pub(super) struct Call<F, T> {
    work: Option<F>,
    effect: Effect,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, LedgerError>>,
}

impl<T, F: FnOnce(&Connection) -> Result<T, LedgerError>> Call<F, T> {
    /// What may do anything to rows.
    pub(super) fn new(work: F) -> (Self, Waiting<T>) {
        let (reply, waiting) = promise();
        (Self { work: Some(work), effect: Effect::Any, result: None, reply }, waiting)
    }

    /// What leaves them as they are.
    pub(super) fn harmless(work: F) -> (Self, Waiting<T>) {
        let (call, waiting) = Self::new(work);
        (Self { effect: Effect::None, ..call }, waiting)
    }
}

impl<T: Send, F: FnOnce(&Connection) -> Result<T, LedgerError> + Send> Task for Call<F, T> {
    fn row_count(&self) -> usize {
        0
    }

    fn company(&self) -> Company {
        Company::Alone
    }

    fn is_awaited(&self) -> bool {
        true
    }

    fn run(&mut self, connection: &Connection, _: &mut Pending) -> Result<(), LedgerError> {
        if let Some(work) = self.work.take() {
            self.result = Some(work(connection)?);
        }
        Ok(())
    }

    fn each_new(&self, _: &mut dyn FnMut(&Row)) {}

    fn effect(&self) -> Effect {
        self.effect
    }

    fn end(self: Box<Self>, end: &Result<(), LedgerError>) -> Option<Box<dyn Task>> {
        let Self { result, reply, .. } = *self;
        // Nobody may be waiting any more.
        let _ = reply.send(end.clone().and_then(|()| result.ok_or(LedgerError::Closed)));
        None
    }
}
