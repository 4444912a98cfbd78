//! Threads with a connection each, and work for them: how blocking work is asked for by those who may not block.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use feedback::ArchiveError;
use futures_channel::oneshot;
use rusqlite::Connection;

use super::error::{closed, from_sqlite};
use crate::limits::WAITING_COUNT_MAX;

/// What waits for a thread.
pub(super) struct Line<T> {
    state: Mutex<State<T>>,
    wake: Condvar,
}

struct State<T> {
    items: VecDeque<T>,
    is_closed: bool,
}

/// Something that is being done elsewhere.
pub(super) struct Waiting<T>(oneshot::Receiver<Result<T, ArchiveError>>);

pub(super) type Reply<T> = oneshot::Sender<Result<T, ArchiveError>>;

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self { state: Mutex::new(State { items: VecDeque::new(), is_closed: false }), wake: Condvar::new() }
    }
}

impl<T> Line<T> {
    pub(super) fn add(&self, item: T) -> Result<(), ArchiveError> {
        let mut state = self.state();
        if state.is_closed {
            return Err(closed());
        }
        if state.items.len() >= WAITING_COUNT_MAX {
            return Err(ArchiveError::Busy);
        }
        state.items.push_back(item);
        self.wake.notify_one();
        Ok(())
    }

    /// Waits for the next item, and takes with it those behind it that go with what was taken; `None` when there is none
    /// and never will be.
    pub(super) fn take(&self, goes_with: impl Fn(&[T], &T) -> bool) -> Option<Vec<T>> {
        let mut state = self.state();
        loop {
            if let Some(first) = state.items.pop_front() {
                let mut taken = vec![first];
                while state.items.front().is_some_and(|next| goes_with(&taken, next)) {
                    taken.extend(state.items.pop_front());
                }
                return Some(taken);
            }
            if state.is_closed {
                return None;
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.wake.notify_all();
    }

    /// Lets nobody wait for a thread that is gone.
    fn abandon(&self) {
        self.close();
        let left = std::mem::take(&mut self.state().items);
        drop(left);
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A promise of a result, and who waits for it.
pub(super) fn promise<T>() -> (Reply<T>, Waiting<T>) {
    let (sender, receiver) = oneshot::channel();
    (sender, Waiting(receiver))
}

impl<T> Waiting<T> {
    /// What failed before it was begun.
    pub(super) fn failed(error: ArchiveError) -> Self {
        let (reply, waiting) = promise();
        let _ = reply.send(Err(error));
        waiting
    }

    /// The result.
    pub(super) async fn end(self) -> Result<T, ArchiveError> {
        self.0.await.unwrap_or_else(|_| Err(closed()))
    }
}

/// A thread that takes what waits in a line until it is closed. Its end is the end of the line.
pub(super) fn start<T: Send + 'static>(
    name: &str,
    line: &Arc<Line<T>>,
    work: impl FnOnce(&Line<T>) + Send + 'static,
) -> Result<JoinHandle<()>, ArchiveError> {
    struct Leaving<T>(Arc<Line<T>>);
    impl<T> Drop for Leaving<T> {
        fn drop(&mut self) {
            self.0.abandon();
        }
    }
    let its = Leaving(Arc::clone(line));
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || work(&its.0));
    thread.map_err(|error| ArchiveError::Failed { what: error.to_string() })
}

/// Threads that answer questions.
pub(super) struct Readers {
    line: Arc<Line<Job>>,
    threads: Vec<JoinHandle<()>>,
}

type Job = Box<dyn FnOnce(&Connection) + Send>;

impl Readers {
    /// A thread for each connection.
    pub(super) fn start(connections: Vec<Connection>) -> Result<Self, ArchiveError> {
        let mut readers = Self { line: Arc::default(), threads: Vec::new() };
        for connection in connections {
            let work = move |line: &Line<Job>| {
                while let Some(jobs) = line.take(|_, _| false) {
                    jobs.into_iter().for_each(|job| job(&connection));
                }
            };
            readers.threads.push(start("reports-read", &readers.line, work)?);
        }
        Ok(readers)
    }

    /// Answers a question; all of the answer is of the same moment.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, ArchiveError> + Send + 'static,
    ) -> Waiting<T> {
        let (reply, waiting) = promise();
        let job = move |connection: &Connection| {
            // Whoever does not wait any more does not need the answer.
            if !reply.is_canceled() {
                let transaction = connection.unchecked_transaction().map_err(from_sqlite);
                let _ = reply.send(transaction.and_then(|moment| question(&moment)));
            }
        };
        self.line.add(Box::new(job)).map_or_else(Waiting::failed, |()| waiting)
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.line.close();
        for thread in self.threads.drain(..) {
            // A thread that died has dropped its work, and those who waited for it have been told.
            let _ = thread.join();
        }
    }
}
