//! Where people are kept: the trait [`people::Registry`] over memory and over SQLite.
//!
//! The file is one of its own, for its owner alone: it holds what passwords can be guessed with. Several processes may have
//! it open: the daemon while the command line changes somebody. Each write is a transaction that begins as a writer, with
//! its line of the log in it, and is on the disk when the call is answered; questions wait for nobody.
//!
//! What is allowed is not decided here: both stores ask [`people::rules`] and [`people::Chain`].
//!
//! Reading order: [`memory`], which is the plain meaning of the trait; then `schema`, `read`, `write`.

pub mod memory;
mod read;
mod schema;
mod write;

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use people::{
    Digest, Lifetimes, LogLine, LogPage, LogQuery, Name, NewLine, Person, Registry, RegistryError, Session, Setup,
    SetupUse, Subject, Swept, Token,
};
use rusqlite::{Connection, TransactionBehavior};

use crate::crew::{Fault, Line, Readers, Waiting, promise, start};

pub use self::memory::MemoryRegistry;

/// People in a file.
pub struct SqliteRegistry {
    // In the order in which they are closed: SQLite folds its log into the file when the last connection closes.
    readers: Readers,
    writer: Writer,
}

impl SqliteRegistry {
    /// Opens a store of people, or makes a new one, readable by its owner alone. Blocks for as long as checking the file
    /// takes. What waits to be written when it is dropped is written first; that blocks too.
    ///
    /// # Errors
    /// The file is damaged, no store of people, of a later version, open to others, held by another process, or cannot be
    /// opened.
    pub fn open(path: &Path) -> Result<Self, RegistryError> {
        let connection = schema::open_writer(path)?;
        let reader = schema::open_reader(path)?;
        Ok(Self { readers: Readers::start("people-read", vec![reader])?, writer: Writer::start(connection)? })
    }

    /// Opens a store of people that is there, for nothing but questions: no file is made or changed, and whoever writes
    /// into it notices nothing. What would write fails.
    ///
    /// # Errors
    /// There is no file, it is damaged, no store of people, of another version, or cannot be read.
    pub fn open_read_only(path: &Path) -> Result<Self, RegistryError> {
        let connection = schema::open_read_only(path)?;
        Ok(Self { readers: Readers::start("people-read", vec![connection])?, writer: Writer::absent() })
    }
}

impl Registry for SqliteRegistry {
    fn people(&self) -> impl Future<Output = Result<Vec<Person>, RegistryError>> + Send {
        self.readers.ask(read::people).end()
    }

    fn person(&self, name: &Name) -> impl Future<Output = Result<Option<Person>, RegistryError>> + Send {
        let name = name.clone();
        self.readers.ask(move |connection| read::person(connection, &name)).end()
    }

    fn person_of(&self, subject: &Subject) -> impl Future<Output = Result<Option<Person>, RegistryError>> + Send {
        let subject = subject.clone();
        self.readers.ask(move |connection| read::person_of(connection, &subject)).end()
    }

    fn has_keeper(&self) -> impl Future<Output = Result<bool, RegistryError>> + Send {
        self.readers.ask(read::has_keeper).end()
    }

    fn put_person(&self, person: Person, line: NewLine) -> impl Future<Output = Result<u64, RegistryError>> + Send {
        self.writer.call(move |connection| write::put_person(connection, &person, line)).end()
    }

    fn remove_person(
        &self,
        name: &Name,
        version: u64,
        line: NewLine,
    ) -> impl Future<Output = Result<(), RegistryError>> + Send {
        let name = name.clone();
        self.writer.call(move |connection| write::remove_person(connection, &name, version, line)).end()
    }

    fn put_session(&self, session: Session) -> impl Future<Output = Result<(), RegistryError>> + Send {
        self.writer.call(move |connection| write::put_session(connection, &session)).end()
    }

    fn session(
        &self,
        digest: &Digest,
    ) -> impl Future<Output = Result<Option<(Session, Person)>, RegistryError>> + Send {
        let digest = *digest;
        self.readers.ask(move |connection| read::session(connection, &digest)).end()
    }

    fn touch_session(&self, digest: &Digest, used_s: u64) -> impl Future<Output = Result<(), RegistryError>> + Send {
        let digest = *digest;
        self.writer.call(move |connection| write::touch_session(connection, &digest, used_s)).end()
    }

    fn sessions(&self, name: &Name) -> impl Future<Output = Result<Vec<Session>, RegistryError>> + Send {
        let name = name.clone();
        self.readers.ask(move |connection| read::sessions(connection, &name)).end()
    }

    fn end_session(&self, digest: &Digest) -> impl Future<Output = Result<bool, RegistryError>> + Send {
        let digest = *digest;
        self.writer.call(move |connection| write::end_session(connection, &digest)).end()
    }

    fn end_sessions(
        &self,
        name: &Name,
        but: Option<&Digest>,
    ) -> impl Future<Output = Result<u64, RegistryError>> + Send {
        let (name, but) = (name.clone(), but.copied());
        self.writer.call(move |connection| write::end_sessions(connection, &name, but.as_ref())).end()
    }

    fn put_token(&self, token: Token, line: NewLine) -> impl Future<Output = Result<(), RegistryError>> + Send {
        self.writer.call(move |connection| write::put_token(connection, &token, line)).end()
    }

    fn token(&self, digest: &Digest) -> impl Future<Output = Result<Option<(Token, Person)>, RegistryError>> + Send {
        let digest = *digest;
        self.readers.ask(move |connection| read::token(connection, &digest)).end()
    }

    fn touch_token(&self, digest: &Digest, used_s: u64) -> impl Future<Output = Result<(), RegistryError>> + Send {
        let digest = *digest;
        self.writer.call(move |connection| write::touch_token(connection, &digest, used_s)).end()
    }

    fn tokens(&self, name: &Name) -> impl Future<Output = Result<Vec<Token>, RegistryError>> + Send {
        let name = name.clone();
        self.readers.ask(move |connection| read::tokens(connection, &name)).end()
    }

    fn remove_token(
        &self,
        name: &Name,
        id: &str,
        line: NewLine,
    ) -> impl Future<Output = Result<bool, RegistryError>> + Send {
        let (name, id): (Name, Box<str>) = (name.clone(), id.into());
        self.writer.call(move |connection| write::remove_token(connection, &name, &id, line)).end()
    }

    fn put_setup(&self, setup: Setup, line: NewLine) -> impl Future<Output = Result<(), RegistryError>> + Send {
        self.writer.call(move |connection| write::put_setup(connection, &setup, line)).end()
    }

    fn use_setup(
        &self,
        digest: &Digest,
        person: Person,
        now_s: u64,
        line: NewLine,
    ) -> impl Future<Output = Result<SetupUse, RegistryError>> + Send {
        let digest = *digest;
        self.writer.call(move |connection| write::use_setup(connection, &digest, &person, now_s, line)).end()
    }

    fn sweep(&self, now_s: u64, lifetimes: Lifetimes) -> impl Future<Output = Result<Swept, RegistryError>> + Send {
        self.writer.call(move |connection| write::sweep(connection, now_s, lifetimes)).end()
    }

    fn append(&self, line: NewLine) -> impl Future<Output = Result<LogLine, RegistryError>> + Send {
        self.writer.call(move |connection| write::append(connection, line)).end()
    }

    fn log(&self, query: LogQuery) -> impl Future<Output = Result<LogPage, RegistryError>> + Send {
        self.readers.ask(move |connection| read::log(connection, &query)).end()
    }
}

/// The thread that writes, and the way to it.
struct Writer {
    line: Arc<Line<Job>>,
    thread: Option<JoinHandle<()>>,
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

impl Writer {
    fn start(mut connection: Connection) -> Result<Self, RegistryError> {
        let line: Arc<Line<Job>> = Arc::default();
        let work = move |line: &Line<Job>| {
            while let Some(jobs) = line.take(|_, _| false) {
                jobs.into_iter().for_each(|job| job(&mut connection));
            }
            // The log goes into the file, so that the file alone is the store. Where that fails, the next opening does it.
            let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        };
        let thread = start::<_, RegistryError>("people-write", &line, work)?;
        Ok(Self { line, thread: Some(thread) })
    }

    /// Nobody: everything that would write fails.
    fn absent() -> Self {
        let line: Arc<Line<Job>> = Arc::default();
        line.close();
        Self { line, thread: None }
    }

    /// Has something done in a transaction of its own: all of it, or nothing.
    fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, RegistryError> + Send + 'static,
    ) -> Waiting<T, RegistryError> {
        let (reply, waiting) = promise();
        let job: Job = Box::new(move |connection| {
            // From the start as a writer: what was read is still so when it is written.
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
            let done = transaction.map_err(RegistryError::of_sqlite).and_then(|transaction| {
                let done = work(&transaction)?;
                transaction.commit().map_err(RegistryError::of_sqlite)?;
                Ok(done)
            });
            // Nobody may be waiting any more.
            let _ = reply.send(done);
        });
        self.line.add(job).map_or_else(Waiting::failed, |()| waiting)
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
