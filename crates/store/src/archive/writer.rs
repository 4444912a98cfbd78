//! The thread that writes reports: what waits together is taken in in one transaction.

use std::sync::Arc;
use std::thread::JoinHandle;

use feedback::archive::{ArchiveError, Place, Receipt, Status};
use rusqlite::{Connection, TransactionBehavior};

use super::Settings;
use super::change::{forget_refused, keep_place};
use super::desk::{Desk, Files};
use super::error::from_sqlite;
use super::parcel::Prepared;
use super::receive::receive;
use crate::crew::{Line, Reply, Waiting, promise, start};
use crate::limits::ARCHIVE_GROUP_COUNT_MAX;

/// The thread, and the way to it.
pub(super) struct Writer {
    line: Arc<Line<Boxed>>,
    thread: Option<JoinHandle<()>>,
}

type Boxed = Box<dyn Task>;

/// Something to be written.
trait Task: Send {
    /// How many reports it brings; `None` when it shares its transaction with nobody.
    fn report_count(&self) -> Option<usize>;
    /// Does it. When the transaction fails later, or this does, all of it is undone.
    fn run(&mut self, connection: &Connection, desk: &mut Desk) -> Result<(), ArchiveError>;
    /// Its transaction ended so.
    fn end(self: Box<Self>, end: &Result<(), ArchiveError>);
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, ArchiveError> {
        let line: Arc<Line<Boxed>> = Arc::default();
        let thread = start("reports-write", &line, move |line| write(connection, line))?;
        Ok(Self { line, thread: Some(thread) })
    }

    /// Nobody: everything that would write fails.
    pub(super) fn absent() -> Self {
        let line: Arc<Line<Boxed>> = Arc::default();
        line.close();
        Self { line, thread: None }
    }

    /// Takes reports in.
    pub(super) fn import(
        &self,
        parcels: Vec<Prepared>,
        place: Option<Place>,
        settings: &Settings,
    ) -> Waiting<Vec<Receipt>, ArchiveError> {
        let (reply, waiting) = promise();
        let task = Import { parcels, place, settings: settings.clone(), receipts: Vec::new(), reply };
        self.line.add(Box::new(task)).map_or_else(Waiting::failed, |()| waiting)
    }

    /// Has something else done, in a transaction of its own.
    pub(super) fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut Desk) -> Result<T, ArchiveError> + Send + 'static,
    ) -> Waiting<T, ArchiveError> {
        let (reply, waiting) = promise();
        let task = Call { work: Some(work), result: None, reply };
        self.line.add(Box::new(task)).map_or_else(Waiting::failed, |()| waiting)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.line.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write(mut connection: Connection, line: &Line<Boxed>) {
    let mut desk = Desk::default();
    let goes_with = |taken: &[Boxed], next: &Boxed| {
        let sum = taken.iter().map(|task| task.report_count()).sum::<Option<usize>>();
        sum.zip(next.report_count()).is_some_and(|(sum, next)| sum + next <= ARCHIVE_GROUP_COUNT_MAX)
    };
    while let Some(mut group) = line.take(goes_with) {
        let end = transact(&mut connection, &mut desk, &mut group);
        if end.is_err() {
            desk.forget();
        }
        group.into_iter().for_each(|task| task.end(&end));
    }
    // The log goes into the file, so that the file alone is the store. Where that fails, the next opening does it.
    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
}

fn transact(connection: &mut Connection, desk: &mut Desk, group: &mut [Boxed]) -> Result<(), ArchiveError> {
    // From the start as a writer: one that begins by reading could not become one while another process writes.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(from_sqlite)?;
    desk.begin(&transaction)?;
    for task in group.iter_mut() {
        task.run(&transaction, desk)?;
    }
    desk.end(&transaction)?;
    transaction.commit().map_err(from_sqlite)
}

/// Reports to be taken in.
struct Import {
    parcels: Vec<Prepared>,
    place: Option<Place>,
    settings: Settings,
    receipts: Vec<Receipt>,
    reply: Reply<Vec<Receipt>, ArchiveError>,
}

impl Task for Import {
    fn report_count(&self) -> Option<usize> {
        Some(self.parcels.len())
    }

    fn run(&mut self, connection: &Connection, desk: &mut Desk) -> Result<(), ArchiveError> {
        self.receipts.reserve(self.parcels.len());
        for parcel in &self.parcels {
            self.receipts.push(receive(&mut Files { connection, desk }, parcel)?);
        }
        if self.parcels.iter().any(|parcel| parcel.status == Status::Refused) {
            forget_refused(connection, desk, &self.settings)?;
        }
        self.place.as_ref().map_or(Ok(()), |place| keep_place(connection, place))
    }

    fn end(self: Box<Self>, end: &Result<(), ArchiveError>) {
        let Self { receipts, reply, .. } = *self;
        // Nobody may be waiting any more.
        let _ = reply.send(end.clone().map(|()| receipts));
    }
}

/// Something else to be done.
struct Call<F, T> {
    work: Option<F>,
    result: Option<T>,
    reply: Reply<T, ArchiveError>,
}

impl<T, F> Task for Call<F, T>
where
    T: Send,
    F: FnOnce(&Connection, &mut Desk) -> Result<T, ArchiveError> + Send,
{
    fn report_count(&self) -> Option<usize> {
        None
    }

    fn run(&mut self, connection: &Connection, desk: &mut Desk) -> Result<(), ArchiveError> {
        if let Some(work) = self.work.take() {
            self.result = Some(work(connection, desk)?);
        }
        Ok(())
    }

    fn end(self: Box<Self>, end: &Result<(), ArchiveError>) {
        let Self { result, reply, .. } = *self;
        let _ = reply.send(end.clone().and_then(|()| result.ok_or_else(super::error::closed)));
    }
}
