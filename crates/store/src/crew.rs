//! Threads with a connection each, and work for them: how blocking work is asked for by those who may not block.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use futures_channel::oneshot;
use rusqlite::Connection;

use crate::limits::WAITING_COUNT_MAX;

/// What may go wrong with a thread, in the words of a store.
pub(crate) trait Fault: Send + Sized + 'static {
    /// Too much waits.
    fn busy() -> Self;
    /// Nobody is left to do it.
    fn closed() -> Self;
    /// The system would not.
    fn failed(what: String) -> Self;
    /// SQLite would not.
    fn of_sqlite(error: rusqlite::Error) -> Self;
}

/// What waits for a thread.
pub(crate) struct Line<T> {
    state: Mutex<State<T>>,
    wake: Condvar,
}

struct State<T> {
    items: VecDeque<T>,
    is_closed: bool,
}

/// Something that is being done elsewhere.
pub(crate) struct Waiting<T, E>(oneshot::Receiver<Result<T, E>>);

pub(crate) type Reply<T, E> = oneshot::Sender<Result<T, E>>;

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self { state: Mutex::new(State { items: VecDeque::new(), is_closed: false }), wake: Condvar::new() }
    }
}

impl<T> Line<T> {
    pub(crate) fn add<E: Fault>(&self, item: T) -> Result<(), E> {
        let mut state = self.state();
        if state.is_closed {
            return Err(E::closed());
        }
        if state.items.len() >= WAITING_COUNT_MAX {
            return Err(E::busy());
        }
        state.items.push_back(item);
        self.wake.notify_one();
        Ok(())
    }

    /// Waits for the next item, and takes with it those behind it that go with what was taken; `None` when there is none
    /// and never will be.
    pub(crate) fn take(&self, goes_with: impl Fn(&[T], &T) -> bool) -> Option<Vec<T>> {
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

    pub(crate) fn close(&self) {
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
pub(crate) fn promise<T, E>() -> (Reply<T, E>, Waiting<T, E>) {
    let (sender, receiver) = oneshot::channel();
    (sender, Waiting(receiver))
}

impl<T, E: Fault> Waiting<T, E> {
    /// What failed before it was begun.
    pub(crate) fn failed(error: E) -> Self {
        let (reply, waiting) = promise();
        let _ = reply.send(Err(error));
        waiting
    }

    /// The result.
    pub(crate) async fn end(self) -> Result<T, E> {
        self.0.await.unwrap_or_else(|_| Err(E::closed()))
    }
}

/// A thread that takes what waits in a line until it is closed. Its end is the end of the line.
pub(crate) fn start<T: Send + 'static, E: Fault>(
    name: &str,
    line: &Arc<Line<T>>,
    work: impl FnOnce(&Line<T>) + Send + 'static,
) -> Result<JoinHandle<()>, E> {
    struct Leaving<T>(Arc<Line<T>>);
    impl<T> Drop for Leaving<T> {
        fn drop(&mut self) {
            self.0.abandon();
        }
    }
    let its = Leaving(Arc::clone(line));
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || work(&its.0));
    thread.map_err(|error| E::failed(error.to_string()))
}

/// Threads that answer questions.
pub(crate) struct Readers {
    line: Arc<Line<Job>>,
    threads: Vec<JoinHandle<()>>,
}

type Job = Box<dyn FnOnce(&Connection) + Send>;

impl Readers {
    /// A thread for each connection, of a name.
    pub(crate) fn start<E: Fault>(name: &str, connections: Vec<Connection>) -> Result<Self, E> {
        let mut readers = Self { line: Arc::default(), threads: Vec::new() };
        for connection in connections {
            let work = move |line: &Line<Job>| {
                while let Some(jobs) = line.take(|_, _| false) {
                    jobs.into_iter().for_each(|job| job(&connection));
                }
            };
            readers.threads.push(start(name, &readers.line, work)?);
        }
        Ok(readers)
    }

    /// Answers a question; all of the answer is of the same moment.
    pub(crate) fn ask<T: Send + 'static, E: Fault>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Waiting<T, E> {
        let (reply, waiting) = promise();
        let job = move |connection: &Connection| {
            // Whoever does not wait any more does not need the answer.
            if !reply.is_canceled() {
                let transaction = connection.unchecked_transaction().map_err(E::of_sqlite);
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
