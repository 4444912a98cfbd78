//! Reading a mailbox over IMAP4rev1 (RFC 3501): a client that gives message after message to a reader, and touches a message
//! in the mailbox only after the reader has said what is to become of it there.
//!
//! [`watch_mailbox`] does everything: it logs in, gives the messages from the UID on that the reader wants, seen or not,
//! waits for new ones with IDLE (RFC 2177) or by asking now and then, and connects anew with growing pauses when the
//! connection is lost. [`ImapSession`] is one connection, for who wants to do that in another way.
//!
//! Nothing is lost: a reader answers when what it read is safe on its own side, and until then the message stands where it
//! stood. What may happen is that a message is given twice, when the connection is cut between the reader's answer and the
//! server's; so the reader knows what it has read already, by [`Mailbox::uid_validity`] and UID, or by content.
//!
//! ```no_run
//! use sekisho_net::imap::{After, Content, ImapAccount, ImapNotice, Mailbox, MailboxMessage, MailboxReader};
//! use sekisho_net::mail_server::{Login, MailServer, Secret, Security};
//!
//! struct Printer;
//!
//! impl MailboxReader for Printer {
//!     async fn opened(&mut self, mailbox: &Mailbox) -> u32 {
//!         // (1, 17) would come from a store: the mailbox's UIDVALIDITY, and the last UID that was read.
//!         mailbox.first_after(Some((1, 17)))
//!     }
//!     async fn message(&mut self, message: MailboxMessage) -> After {
//!         match message.content {
//!             Content::Whole(bytes) => println!("{}: {} bytes", message.uid, bytes.len()),
//!             Content::TooLarge { bytes } => println!("{}: too large, {bytes} bytes", message.uid),
//!         }
//!         After::Move("Reports/read".to_owned())
//!     }
//!     fn notice(&mut self, notice: ImapNotice) {
//!         eprintln!("{notice:?}");
//!     }
//! }
//!
//! # async fn example() {
//! let server = MailServer::new("imap.example.jp", 993, Security::Tls);
//! let account = ImapAccount::new(server, Login::password("dmarc", Secret::new("sesame")));
//! sekisho_net::imap::watch_mailbox(&account, &mut Printer, std::future::pending()).await;
//! # }
//! ```

mod response;
mod session;
mod write;

use std::future::Future;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::time::Duration;

use tokio::time::sleep;

pub use self::session::ImapSession;
pub use crate::mail_server::Login as ImapLogin;

use crate::limits::{
    IMAP_COMMAND_MS_DEFAULT, IMAP_IDLE_MS_DEFAULT, IMAP_MESSAGE_BYTES_DEFAULT, IMAP_PIECE_BYTES_DEFAULT,
    IMAP_POLL_MS_DEFAULT, IMAP_RETRY_MS_DEFAULT, IMAP_RETRY_MS_MAX_DEFAULT,
};
use crate::mail_server::{ConnectError, Login, Lost, MailServer};

/// A mailbox, and how it is read. Times and sizes have defaults in [`crate::limits`].
#[derive(Clone, Debug)]
pub struct ImapAccount {
    /// Where it is.
    pub server: MailServer,
    /// As whom.
    pub login: Login,
    /// The mailbox's name as people write it, with the server's own divider; `INBOX` for the first.
    pub mailbox: String,
    /// Messages with this keyword are not given: for a reader that marks with [`After::Flag`] what it has read.
    pub skip_keyword: Option<String>,
    /// Larger messages are not read, in bytes; their reader is told of them.
    pub message_bytes_max: usize,
    /// How much of a message is asked for at once, in bytes; no more than
    /// [`IMAP_PIECE_BYTES_MAX`](crate::limits::IMAP_PIECE_BYTES_MAX).
    pub piece_bytes: u32,
    /// Time for the answer to a command, and for one piece of a message.
    pub command_timeout: Duration,
    /// How long one IDLE lasts; less than 29 minutes.
    pub idle_interval: Duration,
    /// Pause between questions where the server does not know IDLE.
    pub poll_interval: Duration,
    /// Pause before the second connection; it doubles from one to the next.
    pub retry_first: Duration,
    /// Longest pause between connections.
    pub retry_max: Duration,
}

/// A mailbox as it was when it was opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mailbox {
    /// UIDs mean the same as long as this is the same (RFC 3501 §2.3.1.1).
    pub uid_validity: u32,
    /// The next message's UID, where the server tells it.
    pub uid_next: Option<u32>,
    /// How many messages there are.
    pub message_count: u32,
    /// Nothing can be changed in it.
    pub is_read_only: bool,
}

/// A message of a mailbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailboxMessage {
    /// Its UID.
    pub uid: u32,
    /// What it holds.
    pub content: Content,
}

/// What a message holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// Header and body, as the server has them.
    Whole(Vec<u8>),
    /// It is larger than [`ImapAccount::message_bytes_max`], and was not read to its end.
    TooLarge {
        /// How large it is at least.
        bytes: u64,
    },
}

/// What is to become of a message in the mailbox, now that it was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum After {
    /// Nothing: it stays as it is.
    Keep,
    /// It stays, and has this flag.
    Flag(Flag),
    /// It goes to this folder, which is made when there is none; the name as people write it.
    Move(String),
    /// It goes.
    Delete,
    /// It could not be dealt with: it stays as it is, and is given again after a pause, before those behind it.
    Again,
}

/// A flag of a message (RFC 3501 §2.3.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Flag {
    /// `\Seen`.
    Seen,
    /// `\Flagged`.
    Flagged,
    /// A keyword, such as `$Sekisho`.
    Keyword(String),
}

/// What has become of a message in the mailbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disposed {
    /// It stands where it stood.
    Kept,
    /// It has the flag.
    Flagged,
    /// It is in the folder, and not here any more.
    Moved,
    /// It has gone.
    Deleted,
    /// It is marked as deleted (and in the folder, when it was to be moved), but is still here: the server can only remove
    /// all that are marked, and somebody has marked others.
    MarkedDeleted,
}

/// Why there is nothing to read.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ImapError {
    /// No connection, or no TLS.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The connection was lost.
    #[error("{command}: {lost}")]
    Lost {
        /// What was under way.
        command: &'static str,
        /// How it was lost.
        lost: Lost,
    },
    /// The server went, and said so.
    #[error("the server went: {0}")]
    Bye(String),
    /// The server sent what is not IMAP.
    #[error("{command}: the server sent what is not IMAP")]
    NotImap {
        /// What was under way.
        command: &'static str,
    },
    /// The server will not: `NO`.
    #[error("{command}: refused: {text}")]
    Refused {
        /// What was refused.
        command: &'static str,
        /// The code, such as `TRYCREATE` or `AUTHENTICATIONFAILED` (RFC 5530).
        code: Option<String>,
        /// What it said.
        text: String,
    },
    /// The server does not understand: `BAD`.
    #[error("{command}: not understood: {text}")]
    Bad {
        /// What was not understood.
        command: &'static str,
        /// What it said.
        text: String,
    },
    /// The server does not offer STARTTLS, and nothing is to be said without.
    #[error("the server does not offer STARTTLS")]
    NoStartTls,
    /// The server offers no way to log in that we know.
    #[error("the server offers no way to log in that we know")]
    NoMechanism,
    /// The password would be said without TLS, to another machine.
    #[error("the password is not said without TLS")]
    NoPrivacy,
    /// The mailbox has no UIDVALIDITY.
    #[error("the mailbox has no UIDVALIDITY")]
    NoUidValidity,
    /// The file holds no token, or cannot be read.
    #[error("{}: {reason}", .path.display())]
    Token {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What was to be set is no keyword.
    #[error("\"{0}\" is no keyword")]
    BadKeyword(String),
}

/// What may be logged.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ImapNotice {
    /// The mailbox is open.
    Opened {
        /// How it is.
        mailbox: Mailbox,
    },
    /// UIDs do not mean any more what they meant at the connection before.
    UidValidityChanged {
        /// What it was.
        before: u32,
        /// What it is.
        now: u32,
    },
    /// A message was dealt with.
    Disposed {
        /// Which.
        uid: u32,
        /// What has become of it.
        disposed: Disposed,
    },
    /// The server did not do with a message what it was to do; the message stands where it stood, and is not given again
    /// over this connection.
    NotDisposed {
        /// Which.
        uid: u32,
        /// Why.
        error: ImapError,
    },
    /// A message is to be given again.
    Again {
        /// Which.
        uid: u32,
        /// When.
        pause: Duration,
    },
    /// The connection was lost, or there was none.
    Failed {
        /// Why.
        error: ImapError,
        /// The pause before the next.
        pause: Duration,
    },
}

/// Who reads a mailbox.
pub trait MailboxReader: Send {
    /// The mailbox is open, for the first time or again. Gives the UID from which on messages are wanted; see
    /// [`Mailbox::first_after`].
    fn opened(&mut self, mailbox: &Mailbox) -> impl Future<Output = u32> + Send;

    /// Takes a message, and says what is to become of it in the mailbox: when it is safe, not before. Is never dropped in
    /// the middle by [`watch_mailbox`].
    fn message(&mut self, message: MailboxMessage) -> impl Future<Output = After> + Send;

    /// Hears what may be logged.
    fn notice(&mut self, notice: ImapNotice);
}

impl ImapAccount {
    /// The account's `INBOX`, with times and sizes as in [`crate::limits`].
    #[must_use]
    pub fn new(server: MailServer, login: Login) -> Self {
        Self {
            server,
            login,
            mailbox: "INBOX".to_owned(),
            skip_keyword: None,
            message_bytes_max: IMAP_MESSAGE_BYTES_DEFAULT,
            piece_bytes: IMAP_PIECE_BYTES_DEFAULT,
            command_timeout: Duration::from_millis(IMAP_COMMAND_MS_DEFAULT),
            idle_interval: Duration::from_millis(IMAP_IDLE_MS_DEFAULT),
            poll_interval: Duration::from_millis(IMAP_POLL_MS_DEFAULT),
            retry_first: Duration::from_millis(IMAP_RETRY_MS_DEFAULT),
            retry_max: Duration::from_millis(IMAP_RETRY_MS_MAX_DEFAULT),
        }
    }
}

impl Mailbox {
    /// The first UID behind what was read already: `(UIDVALIDITY, last UID)` as they were then. Everything when they mean
    /// nothing any more (RFC 3501 §2.3.1.1).
    #[must_use]
    pub fn first_after(&self, read: Option<(u32, u32)>) -> u32 {
        match read {
            Some((uid_validity, uid)) if uid_validity == self.uid_validity => uid.saturating_add(1),
            _ => 1,
        }
    }
}

/// Reads a mailbox until `shutdown` is ready. A message that its reader has begun with is dealt with first.
pub async fn watch_mailbox<R: MailboxReader>(
    account: &ImapAccount,
    reader: &mut R,
    shutdown: impl Future<Output = ()> + Send,
) {
    let mut watch = Watch { account, reader, shutdown: pin!(shutdown), uid_validity: None, failure_count: 0 };
    loop {
        let pause = match watch.visit().await {
            End::Shutdown => return,
            End::Failed(error) => {
                let pause = watch.pause();
                watch.reader.notice(ImapNotice::Failed { error, pause });
                pause
            }
            End::Again(uid) => {
                let pause = watch.pause();
                watch.reader.notice(ImapNotice::Again { uid, pause });
                pause
            }
        };
        watch.failure_count = watch.failure_count.saturating_add(1);
        if watch.unless_shutdown(sleep(pause)).await.is_none() {
            return;
        }
    }
}

struct Watch<'a, R, S> {
    account: &'a ImapAccount,
    reader: &'a mut R,
    shutdown: Pin<&'a mut S>,
    /// As it was at the connection before.
    uid_validity: Option<u32>,
    /// One after another.
    failure_count: u32,
}

/// How a connection has ended.
enum End {
    Shutdown,
    Failed(ImapError),
    /// This message is to be given again.
    Again(u32),
}

impl<R: MailboxReader, S: Future<Output = ()> + Send> Watch<'_, R, S> {
    /// One connection.
    async fn visit(&mut self) -> End {
        let Some(opened) = self.unless_shutdown(ImapSession::open(self.account)).await else { return End::Shutdown };
        let mut session = match opened {
            Ok(session) => session,
            Err(error) => return End::Failed(error),
        };
        let mailbox = session.mailbox();
        self.reader.notice(ImapNotice::Opened { mailbox });
        if let Some(before) = self.uid_validity.filter(|before| *before != mailbox.uid_validity) {
            self.reader.notice(ImapNotice::UidValidityChanged { before, now: mailbox.uid_validity });
        }
        self.uid_validity = Some(mailbox.uid_validity);
        let mut next = self.reader.opened(&mailbox).await;
        loop {
            match self.read(&mut session, &mut next).await {
                Ok(()) => {}
                Err(End::Shutdown) => {
                    session.log_out().await;
                    return End::Shutdown;
                }
                Err(end) => return end,
            }
            self.failure_count = 0;
            match self.unless_shutdown(session.wait()).await {
                None => return End::Shutdown,
                Some(Ok(())) => {}
                Some(Err(error)) => return End::Failed(error),
            }
        }
    }

    /// All messages there are from `next` on.
    async fn read(&mut self, session: &mut ImapSession, next: &mut u32) -> Result<(), End> {
        loop {
            let uids = self.unless_shutdown(session.search_from(*next)).await.ok_or(End::Shutdown)?;
            let uids = uids.map_err(End::Failed)?;
            if uids.is_empty() {
                return Ok(());
            }
            for uid in uids {
                let message = self.unless_shutdown(session.fetch(uid)).await.ok_or(End::Shutdown)?;
                if let Some(message) = message.map_err(End::Failed)? {
                    self.give(session, message).await?;
                }
                match uid.checked_add(1) {
                    Some(behind) => *next = behind,
                    None => return Ok(()),
                }
            }
        }
    }

    /// Gives a message to its reader, and does as it says. Shutdown waits.
    async fn give(&mut self, session: &mut ImapSession, message: MailboxMessage) -> Result<(), End> {
        let uid = message.uid;
        let after = self.reader.message(message).await;
        if after == After::Again {
            return Err(End::Again(uid));
        }
        match session.dispose(uid, &after).await {
            Ok(disposed) => self.reader.notice(ImapNotice::Disposed { uid, disposed }),
            Err(error @ (ImapError::Refused { .. } | ImapError::Bad { .. } | ImapError::BadKeyword(_))) => {
                self.reader.notice(ImapNotice::NotDisposed { uid, error });
            }
            Err(error) => return Err(End::Failed(error)),
        }
        Ok(())
    }

    /// What comes of this, or nothing when it is time to go; then it is dropped in the middle.
    async fn unless_shutdown<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.shutdown.as_mut() => None,
            value = work => Some(value),
        }
    }

    /// Doubles with each failure; a part of it is by chance, so that many do not come back at once.
    fn pause(&self) -> Duration {
        let factor = 1_u32.checked_shl(self.failure_count.min(31)).unwrap_or(u32::MAX);
        let longest = self.account.retry_first.saturating_mul(factor).min(self.account.retry_max);
        longest.mul_f64(rand::random_range(0.5..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_reading_goes_on() {
        let mailbox = Mailbox { uid_validity: 5, uid_next: None, message_count: 0, is_read_only: false };
        assert_eq!(mailbox.first_after(None), 1);
        assert_eq!(mailbox.first_after(Some((5, 17))), 18);
        assert_eq!(mailbox.first_after(Some((4, 17))), 1);
        assert_eq!(mailbox.first_after(Some((5, u32::MAX))), u32::MAX);
    }
}
