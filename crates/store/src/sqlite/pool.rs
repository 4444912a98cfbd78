//! Threads with a connection each, and work for them: how blocking questions are asked by those who may not block.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use futures_channel::oneshot;
use report::LedgerError;
use rusqlite::Connection;

use crate::limits::WAITING_COUNT_MAX;

/// Threads that answer questions.
pub(super) struct Pool {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

/// Something that is being done elsewhere.
pub(super) enum Waiting<T> {
    /// It is done already.
    Ended(Result<T, LedgerError>),
    /// Whoever does it says when.
    UnderWay(oneshot::Receiver<Result<T, LedgerError>>),
}

type Job = Box<dyn FnOnce(&Connection) + Send>;

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    is_closed: bool,
}

impl Pool {
    /// A thread for each connection, so far behind the program's others.
    pub(super) fn start(name: &str, connections: Vec<Connection>, niceness: i32) -> Result<Self, LedgerError> {
        let mut pool = Self { queue: Arc::default(), threads: Vec::new() };
        for connection in connections {
            let queue = Arc::clone(&pool.queue);
            let work = move || {
                if niceness > 0 {
                    // On Linux this is the thread that asks. Where it is not allowed, it goes on where it stands.
                    let _ = rustix::process::setpriority_process(None, niceness);
                }
                while let Some(job) = queue.next() {
                    job(&connection);
                }
            };
            let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
            pool.threads.push(thread.map_err(|error| LedgerError::Io(error.to_string()))?);
        }
        Ok(pool)
    }

    /// Nobody: nothing is answered.
    pub(super) fn absent() -> Self {
        let pool = Self { queue: Arc::default(), threads: Vec::new() };
        pool.queue.close();
        pool
    }

    /// Has a thread do something. It is done whether its end is awaited or not, unless nobody can await it any more.
    pub(super) fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Waiting<T> {
        let (reply, waiting) = promise();
        let added = self.queue.add(Box::new(move |connection| {
            // Whoever does not wait any more does not need the answer.
            if !reply.is_canceled() {
                let _ = reply.send(work(connection));
            }
        }));
        added.map_or_else(Waiting::failed, |()| waiting)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            // A thread that died has dropped its work, and those who waited for it have been told.
            let _ = thread.join();
        }
    }
}

impl Queue {
    fn add(&self, job: Job) -> Result<(), LedgerError> {
        let mut state = self.state();
        if state.is_closed {
            return Err(LedgerError::Closed);
        }
        if state.jobs.len() >= WAITING_COUNT_MAX {
            return Err(LedgerError::QueueFull { waiting: state.jobs.len() });
        }
        state.jobs.push_back(job);
        self.wake.notify_one();
        Ok(())
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.is_closed {
                return None;
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn close(&self) {
        self.state().is_closed = true;
        self.wake.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A promise of a result, and who waits for it.
pub(super) fn promise<T>() -> (oneshot::Sender<Result<T, LedgerError>>, Waiting<T>) {
    let (sender, receiver) = oneshot::channel();
    (sender, Waiting::UnderWay(receiver))
}

impl<T> Waiting<T> {
    /// What failed before it was begun.
    pub(super) fn failed(error: LedgerError) -> Self {
        Self::Ended(Err(error))
    }

    /// The result; [`LedgerError::Closed`] when nobody is left to give one.
    pub(super) async fn end(self) -> Result<T, LedgerError> {
        match self {
            Self::Ended(result) => result,
            Self::UnderWay(receiver) => receiver.await.unwrap_or(Err(LedgerError::Closed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_stand_as_far_behind_as_is_said() {
        for niceness in [0, 7] {
            let pool = Pool::start("test", vec![Connection::open_in_memory().unwrap()], niceness).unwrap();
            let its = pool.call(|_| Ok(rustix::process::getpriority_process(None).unwrap()));
            let own = rustix::process::getpriority_process(None).unwrap();
            let wanted = if niceness > 0 { niceness } else { own };
            assert_eq!(testkit::block_on(its.end()).unwrap(), wanted);
            assert_eq!(rustix::process::getpriority_process(None).unwrap(), own, "nobody else goes");
        }
    }
}
