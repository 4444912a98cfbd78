//! What a store of people must be able to do.
//!
//! Whatever changes somebody's rights brings its line of the log along: both are kept, or neither. Time is an argument;
//! the futures may be awaited on any executor.

use std::future::Future;

use thiserror::Error;

use crate::log::{LogLine, LogPage, LogQuery, NewLine};
use crate::name::Name;
use crate::person::{Person, Subject};
use crate::secret::Digest;
use crate::session::{Lifetimes, Session};
use crate::setup::{Setup, SetupUse};
use crate::token::Token;

/// A store of people.
pub trait Registry: Send + Sync {
    /// Everybody, in the order of their names.
    ///
    /// # Errors
    /// The store cannot answer.
    fn people(&self) -> impl Future<Output = Result<Vec<Person>, RegistryError>> + Send;

    /// Somebody.
    ///
    /// # Errors
    /// The store cannot answer.
    fn person(&self, name: &Name) -> impl Future<Output = Result<Option<Person>, RegistryError>> + Send;

    /// Somebody as a provider of OpenID Connect calls them.
    ///
    /// # Errors
    /// The store cannot answer.
    fn person_of(&self, subject: &Subject) -> impl Future<Output = Result<Option<Person>, RegistryError>> + Send;

    /// Whether somebody is there who may do everything and can come in; until then it is the first run.
    ///
    /// # Errors
    /// The store cannot answer.
    fn has_keeper(&self) -> impl Future<Output = Result<bool, RegistryError>> + Send;

    /// Keeps somebody: new with [`Person::version`] 0, else as a change of that version; the new version. Where that takes
    /// the password, or lets nobody in any more, the sessions end ([`crate::rules::ends_sessions`]).
    ///
    /// # Errors
    /// Nothing is kept: somebody else changed the person, or [`crate::rules::put`] does not allow it.
    fn put_person(&self, person: Person, line: NewLine) -> impl Future<Output = Result<u64, RegistryError>> + Send;

    /// Forgets somebody, with sessions and tokens. The log stays.
    ///
    /// # Errors
    /// Nothing is forgotten: there is nobody of that name, somebody else changed the person, or it is the last admin.
    fn remove_person(
        &self,
        name: &Name,
        version: u64,
        line: NewLine,
    ) -> impl Future<Output = Result<(), RegistryError>> + Send;

    /// Keeps a session that begins. Where the person has [`crate::limits::SESSION_COUNT_MAX`], the one that was used
    /// longest ago goes.
    ///
    /// # Errors
    /// There is nobody of that name, or nobody whom anything lets in ([`RegistryError::NotFound`]).
    fn put_session(&self, session: Session) -> impl Future<Output = Result<(), RegistryError>> + Send;

    /// A session with the person whose it is, both of one moment; whether it is [`Session::is_live`] is for the asker to
    /// see, and whether the person is disabled.
    ///
    /// # Errors
    /// The store cannot answer.
    fn session(&self, digest: &Digest)
    -> impl Future<Output = Result<Option<(Session, Person)>, RegistryError>> + Send;

    /// Writes down that a session was used, if it is there.
    ///
    /// # Errors
    /// The store cannot do it.
    fn touch_session(&self, digest: &Digest, used_s: u64) -> impl Future<Output = Result<(), RegistryError>> + Send;

    /// The sessions of somebody, the one used last first.
    ///
    /// # Errors
    /// The store cannot answer.
    fn sessions(&self, name: &Name) -> impl Future<Output = Result<Vec<Session>, RegistryError>> + Send;

    /// Ends a session; whether it was there.
    ///
    /// # Errors
    /// The store cannot do it.
    fn end_session(&self, digest: &Digest) -> impl Future<Output = Result<bool, RegistryError>> + Send;

    /// Ends all sessions of somebody, but for one; how many.
    ///
    /// # Errors
    /// The store cannot do it.
    fn end_sessions(
        &self,
        name: &Name,
        but: Option<&Digest>,
    ) -> impl Future<Output = Result<u64, RegistryError>> + Send;

    /// Keeps a token that was made.
    ///
    /// # Errors
    /// There is nobody of that name, or [`crate::rules::put_token`] does not allow it.
    fn put_token(&self, token: Token, line: NewLine) -> impl Future<Output = Result<(), RegistryError>> + Send;

    /// A token with the person whose it is, both of one moment; whether it is [`Token::is_live`] is for the asker to see,
    /// and whether the person is disabled.
    ///
    /// # Errors
    /// The store cannot answer.
    fn token(&self, digest: &Digest) -> impl Future<Output = Result<Option<(Token, Person)>, RegistryError>> + Send;

    /// Writes down that a token was used, if it is there.
    ///
    /// # Errors
    /// The store cannot do it.
    fn touch_token(&self, digest: &Digest, used_s: u64) -> impl Future<Output = Result<(), RegistryError>> + Send;

    /// The tokens of somebody, the newest first.
    ///
    /// # Errors
    /// The store cannot answer.
    fn tokens(&self, name: &Name) -> impl Future<Output = Result<Vec<Token>, RegistryError>> + Send;

    /// Forgets a token of somebody by its [`Token::id`]; whether it was there. The line is added if it was.
    ///
    /// # Errors
    /// The store cannot do it.
    fn remove_token(
        &self,
        name: &Name,
        id: &str,
        line: NewLine,
    ) -> impl Future<Output = Result<bool, RegistryError>> + Send;

    /// Keeps a token for the first run in the place of any other.
    ///
    /// # Errors
    /// [`RegistryError::Settled`]: there is an admin already.
    fn put_setup(&self, setup: Setup, line: NewLine) -> impl Future<Output = Result<(), RegistryError>> + Send;

    /// Makes somebody by the token of the first run, which is gone then. Where it does not let, nothing is changed, and the
    /// line is not added.
    ///
    /// # Errors
    /// The person may not be kept so.
    fn use_setup(
        &self,
        digest: &Digest,
        person: Person,
        now_s: u64,
        line: NewLine,
    ) -> impl Future<Output = Result<SetupUse, RegistryError>> + Send;

    /// Forgets what has ended: sessions, tokens, the token of the first run.
    ///
    /// # Errors
    /// The store cannot do it.
    fn sweep(&self, now_s: u64, lifetimes: Lifetimes) -> impl Future<Output = Result<Swept, RegistryError>> + Send;

    /// Adds a line to the log.
    ///
    /// # Errors
    /// The store cannot do it.
    fn append(&self, line: NewLine) -> impl Future<Output = Result<LogLine, RegistryError>> + Send;

    /// A page of the log.
    ///
    /// # Errors
    /// The store cannot answer.
    fn log(&self, query: LogQuery) -> impl Future<Output = Result<LogPage, RegistryError>> + Send;
}

/// What [`Registry::sweep`] took away.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Sessions.
    pub session_count: u64,
    /// Tokens.
    pub token_count: u64,
    /// Whether the token of the first run was among them.
    pub had_setup: bool,
}

/// Why a store of people did not do it.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum RegistryError {
    /// Somebody else changed it meanwhile: read it again.
    #[error("somebody else has changed this meanwhile")]
    Conflict,
    /// There is nobody, or nothing, of that name.
    #[error("there is nobody of that name")]
    NotFound,
    /// Nobody would be left who may do everything.
    #[error("nobody would be left who may do everything")]
    LastKeeper,
    /// Somebody else has this name or this subject.
    #[error("somebody else has this name, or this identity at the provider")]
    Taken,
    /// There are as many as there may be.
    #[error("there are as many as there may be: {limit}")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// A text is longer than the limits allow.
    #[error("{what} is longer than the limits allow")]
    TooLong {
        /// Which.
        what: &'static str,
    },
    /// There is an admin already.
    #[error("there is an admin already")]
    Settled,
    /// Another process writes; it may go later.
    #[error("the store of people is held by another process")]
    Busy,
    /// No room on the disk.
    #[error("no room for the store of people")]
    DiskFull,
    /// The store is damaged.
    #[error("the store of people is damaged: {what}")]
    Corrupt {
        /// Where.
        what: String,
    },
    /// The store was made by another version of the program.
    #[error("the store of people has version {found}, this program knows up to {known}")]
    Version {
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// The file is open to others than its owner.
    #[error("the store of people has mode {mode:o}, others may write or read it")]
    Rights {
        /// Its mode.
        mode: u32,
    },
    /// The file is no store of people.
    #[error("{path} is no store of people")]
    Foreign {
        /// Which.
        path: String,
    },
    /// Anything else, in the system's words.
    #[error("the store of people: {what}")]
    Failed {
        /// What.
        what: String,
    },
}
