//! One connection to an IMAP server: from the greeting to the messages of one mailbox.

use std::collections::HashSet;
use std::time::Duration;

use data_encoding::BASE64;
use tokio::time::{Instant, sleep};

use super::response::{self, Body, Fetch, Kind, Response, Status, Unread};
use super::write::{Command, is_keyword};
use super::{After, Content, Disposed, Flag, ImapAccount, ImapError, Mailbox, MailboxMessage};
use crate::limits::{
    IMAP_CAPABILITY_COUNT_MAX, IMAP_IDLE_MS_MAX, IMAP_LOGOUT_MS, IMAP_PIECE_BYTES_MAX, IMAP_SEARCH_COUNT_MAX,
    IMAP_SHORT_PIECE_COUNT_MAX,
};
use crate::mail_server::{
    Login, Lost, OAUTHBEARER_END, Security, Wire, oauthbearer_response, plain_response, read_token, xoauth2_response,
};

/// A connection to an IMAP server, logged in, with the mailbox open.
pub struct ImapSession {
    wire: Wire,
    account: ImapAccount,
    capabilities: HashSet<String>,
    command_count: u64,
    mailbox: Mailbox,
    /// Messages in the mailbox, as far as the server has told.
    exists: u32,
    /// There may be messages that no search has shown yet.
    has_news: bool,
    /// What the server said before it went.
    bye: Option<String>,
}

/// What was found of a message.
enum Piece {
    /// This of it, and how large it says it is.
    Of(Body, Option<u64>),
    /// It is not there any more.
    Gone,
}

impl ImapSession {
    /// Connects, logs in, and opens the mailbox.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn open(account: &ImapAccount) -> Result<Self, ImapError> {
        let wire = Wire::connect(&account.server).await?;
        let mut session = Self {
            wire,
            account: account.clone(),
            capabilities: HashSet::new(),
            command_count: 0,
            mailbox: Mailbox { uid_validity: 0, uid_next: None, message_count: 0, is_read_only: false },
            exists: 0,
            has_news: true,
            bye: None,
        };
        let is_known = session.greeting().await?;
        session.ask_capabilities().await?;
        if matches!(account.server.security, Security::StartTls | Security::StartTlsIfOffered) {
            session.secure(is_known).await?;
        }
        if !is_known {
            session.log_in().await?;
            session.ask_capabilities().await?;
        }
        session.select().await?;
        Ok(session)
    }

    /// The mailbox as it was when it was opened.
    #[must_use]
    pub fn mailbox(&self) -> Mailbox {
        self.mailbox
    }

    /// Whether what is said goes over TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.wire.is_tls()
    }

    /// The UIDs of messages from this one on, ascending; seen or not. There may be more behind the last of them, so this
    /// is asked again until there is none. Messages with the keyword of [`ImapAccount::skip_keyword`] are left out; those
    /// that are marked as deleted are not, for the one who marked them may have been cut off before they went.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn search_from(&mut self, first: u32) -> Result<Vec<u32>, ImapError> {
        self.has_news = false;
        let mut from = first.max(1);
        loop {
            // A mailbox that is larger is looked through range by range, so that no answer is larger than its room. What
            // has come since it was opened is few.
            let is_small = self.exists as usize <= IMAP_SEARCH_COUNT_MAX;
            let is_last = is_small || self.mailbox.uid_next.is_some_and(|next| from >= next);
            let to = if is_last { u32::MAX } else { from.saturating_add(IMAP_SEARCH_COUNT_MAX as u32 - 1) };
            let found = self.search_range(from, to).await?;
            if !found.is_empty() || to == u32::MAX {
                return Ok(found);
            }
            from = to + 1;
        }
    }

    async fn search_range(&mut self, from: u32, to: u32) -> Result<Vec<u32>, ImapError> {
        let mut keys = match to {
            u32::MAX => format!("UID {from}:*"),
            _ => format!("UID {from}:{to}"),
        };
        if let Some(keyword) = &self.account.skip_keyword {
            keys.push_str(&format!(" UNKEYWORD {keyword}"));
        }
        let mut found = Vec::new();
        let command = Command::new("UID SEARCH").word(&keys);
        self.command(command, |response| {
            if let Response::Search(uids) = response {
                // RFC 3501 §6.4.8: a range that ends with `*` always has the last message, even before its begin.
                found.extend(uids.into_iter().filter(|uid| (from..=to).contains(uid)));
                found.sort_unstable();
                found.dedup();
                found.truncate(IMAP_SEARCH_COUNT_MAX);
            }
        })
        .await?;
        Ok(found)
    }

    /// Reads a message, and leaves it as it is: not even `\Seen` is set. Nothing when it has gone.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn fetch(&mut self, uid: u32) -> Result<Option<MailboxMessage>, ImapError> {
        let bytes_max = self.account.message_bytes_max;
        let (mut bytes, mut told) = (Vec::new(), None);
        let message = |content| Ok(Some(MailboxMessage { uid, content }));
        // A server that gives a crumb at a time would keep us for ever.
        let piece_count_max = bytes_max / self.piece_bytes() as usize + IMAP_SHORT_PIECE_COUNT_MAX;
        for _ in 0..piece_count_max {
            let Piece::Of(body, size) = self.piece(uid, bytes.len()).await? else { return Ok(None) };
            told = told.or(size);
            let total = told.unwrap_or(0).max(bytes.len() as u64 + body.bytes.len() as u64);
            if total > bytes_max as u64 {
                return message(Content::TooLarge { bytes: total });
            }
            // RFC 3501 §6.4.5: a piece says where it begins. Without, it is the whole.
            if body.origin.is_none() {
                return message(Content::Whole(body.bytes));
            }
            if body.origin != Some(bytes.len() as u64) {
                return Err(ImapError::NotImap { command: "UID FETCH" });
            }
            let is_short = body.bytes.len() < self.piece_bytes() as usize;
            bytes.extend_from_slice(&body.bytes);
            // A piece that is short is the last, unless the server gives less than is asked for; sizes that servers tell
            // are not always true either, so that an empty piece ends it in any case.
            if body.bytes.is_empty() || (is_short && bytes.len() as u64 >= told.unwrap_or(0)) {
                return message(Content::Whole(bytes));
            }
        }
        Err(ImapError::NotImap { command: "UID FETCH" })
    }

    async fn piece(&mut self, uid: u32, origin: usize) -> Result<Piece, ImapError> {
        let length = self.piece_bytes();
        // RFC 3501 §6.4.5: BODY.PEEK does not set \Seen.
        let items = format!("{uid} (UID RFC822.SIZE BODY.PEEK[]<{origin}.{length}>)");
        let mut piece = Piece::Gone;
        self.command(Command::new("UID FETCH").word(&items), |response| {
            if let Response::Fetch(Fetch { uid: Some(of), size, body: Some(body) }) = response
                && of == uid
            {
                piece = Piece::Of(body, size);
            }
        })
        .await?;
        Ok(piece)
    }

    /// Does with a message what its reader has said.
    ///
    /// # Errors
    /// [`ImapError`]. After [`ImapError::Refused`] the session goes on, and the message is still there.
    pub async fn dispose(&mut self, uid: u32, after: &After) -> Result<Disposed, ImapError> {
        match after {
            After::Keep | After::Again => Ok(Disposed::Kept),
            After::Flag(flag) => {
                let flag = match flag {
                    Flag::Seen => "\\Seen",
                    Flag::Flagged => "\\Flagged",
                    Flag::Keyword(keyword) if is_keyword(keyword) => keyword,
                    Flag::Keyword(keyword) => return Err(ImapError::BadKeyword(keyword.clone())),
                };
                self.store(uid, flag).await?;
                Ok(Disposed::Flagged)
            }
            After::Move(folder) => self.move_to(uid, folder).await,
            After::Delete => self.delete(uid).await,
        }
    }

    /// Waits until there may be new messages: until the server tells of some, or the time of
    /// [`ImapAccount::idle_interval`] or [`ImapAccount::poll_interval`] has passed. When dropped, the session is of no use
    /// any more.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn wait(&mut self) -> Result<(), ImapError> {
        if self.has_news {
            return Ok(());
        }
        if !self.can("IDLE") {
            sleep(self.account.poll_interval).await;
            // RFC 3501 §6.1.2: what has come is told in the answer to any command.
            return self.command(Command::new("NOOP"), |_| {}).await.map(drop);
        }
        self.idle().await
    }

    async fn idle(&mut self) -> Result<(), ImapError> {
        const IDLE: &str = "IDLE";
        let tag = self.say(&Command::new(IDLE)).await?;
        // RFC 2177 §3: ended and begun anew before the server takes us for gone, at least every 29 minutes.
        let until = Instant::now() + self.account.idle_interval.min(Duration::from_millis(IMAP_IDLE_MS_MAX));
        let mut is_idle = false;
        while !self.has_news {
            let deadline = if is_idle { until } else { self.deadline() };
            match self.read(IDLE, deadline).await {
                Ok(Response::Continue) => is_idle = true,
                Ok(Response::Tagged { tag: of, status }) if of == tag => return ended(IDLE, status).map(drop),
                Ok(_) => {}
                Err(ImapError::Lost { lost: Lost::Silent, .. }) if is_idle => break,
                Err(error) => return Err(error),
            }
        }
        self.write(IDLE, b"DONE\r\n").await?;
        let deadline = self.deadline();
        loop {
            if let Response::Tagged { tag: of, status } = self.read(IDLE, deadline).await?
                && of == tag
            {
                return ended(IDLE, status).map(drop);
            }
        }
    }

    /// Says goodbye, and waits for the reply for a moment.
    pub async fn log_out(mut self) {
        self.account.command_timeout = Duration::from_millis(IMAP_LOGOUT_MS);
        // Whatever is said to that, everything has been done.
        let _ = self.command(Command::new("LOGOUT"), |_| {}).await;
    }

    async fn store(&mut self, uid: u32, flag: &str) -> Result<(), ImapError> {
        let command = Command::new("UID STORE").word(&format!("{uid} +FLAGS.SILENT ({flag})"));
        self.command(command, |_| {}).await.map(drop)
    }

    async fn move_to(&mut self, uid: u32, folder: &str) -> Result<Disposed, ImapError> {
        // RFC 6851 §3.2: the whole move in one step. Without it there are three, and who is cut off between them finds
        // the message in both places, never in none.
        let name = if self.can("MOVE") { "UID MOVE" } else { "UID COPY" };
        let command = || Command::new(name).word(&uid.to_string()).mailbox(folder);
        if let Err(refused) = self.command(command(), |_| {}).await {
            if !matches!(refused, ImapError::Refused { .. }) {
                return Err(refused);
            }
            // RFC 3501 §6.4.7: the folder may have to be made first, and then it is tried once more.
            match self.command(Command::new("CREATE").mailbox(folder), |_| {}).await {
                Ok(_) => {}
                Err(ImapError::Refused { .. } | ImapError::Bad { .. }) => return Err(refused),
                Err(error) => return Err(error),
            }
            self.command(command(), |_| {}).await?;
        }
        if name == "UID MOVE" {
            return Ok(Disposed::Moved);
        }
        match self.delete(uid).await? {
            Disposed::Deleted => Ok(Disposed::Moved),
            marked => Ok(marked),
        }
    }

    async fn delete(&mut self, uid: u32) -> Result<Disposed, ImapError> {
        self.store(uid, "\\Deleted").await?;
        if self.can("UIDPLUS") {
            // RFC 4315 §2.1: this one, and no other that somebody may have marked.
            let command = Command::new("UID EXPUNGE").word(&uid.to_string());
            return self.command(command, |_| {}).await.map(|_| Disposed::Deleted);
        }
        // RFC 3501 §6.4.3: EXPUNGE takes everything that is marked, so it is said when that is ours alone.
        let mut marks_others = false;
        self.command(Command::new("UID SEARCH").word("DELETED"), |response| {
            if let Response::Search(uids) = response {
                marks_others |= uids.iter().any(|other| *other != uid);
            }
        })
        .await?;
        if marks_others {
            return Ok(Disposed::MarkedDeleted);
        }
        self.command(Command::new("EXPUNGE"), |_| {}).await.map(|_| Disposed::Deleted)
    }

    /// Gives whether the server knows already who we are.
    async fn greeting(&mut self) -> Result<bool, ImapError> {
        const GREETING: &str = "greeting";
        match self.read(GREETING, self.deadline()).await? {
            Response::Status(Status { kind: Kind::Ok, .. }) => Ok(false),
            Response::Preauth => Ok(true),
            Response::Bye { text } => Err(ImapError::Bye(text)),
            _ => Err(ImapError::NotImap { command: GREETING }),
        }
    }

    async fn ask_capabilities(&mut self) -> Result<(), ImapError> {
        let mut capabilities = HashSet::new();
        self.command(Command::new("CAPABILITY"), |response| {
            if let Response::Capability(words) = response {
                let room = IMAP_CAPABILITY_COUNT_MAX - capabilities.len();
                capabilities.extend(words.into_iter().take(room));
            }
        })
        .await?;
        self.capabilities = capabilities;
        Ok(())
    }

    async fn secure(&mut self, is_known: bool) -> Result<(), ImapError> {
        // RFC 3501 §6.2.1: STARTTLS is for who is not logged in. Who claims in the clear that we are is not believed.
        if is_known || !self.can("STARTTLS") {
            return Err(ImapError::NoStartTls);
        }
        self.command(Command::new("STARTTLS"), |_| {}).await?;
        let server = self.account.server.clone();
        self.wire.start_tls(&server).await?;
        // RFC 3501 §6.2.1: what was said of capabilities in the clear is forgotten.
        self.ask_capabilities().await
    }

    async fn log_in(&mut self) -> Result<(), ImapError> {
        // RFC 3501 §11.2: a password in the clear is for a connection on which nobody listens.
        if !self.wire.is_private() {
            return Err(ImapError::NoPrivacy);
        }
        match self.account.login.clone() {
            Login::Password { user, password } => {
                if self.can("AUTH=PLAIN") {
                    return self.authenticate("PLAIN", &plain_response(&user, &password), "").await;
                }
                // RFC 3501 §6.2.3: where LOGIN is disabled, it is not said.
                if self.can("LOGINDISABLED") {
                    return Err(ImapError::NoMechanism);
                }
                self.command(Command::new("LOGIN").string(&user).string(password.reveal()), |_| {}).await.map(drop)
            }
            Login::TokenFile { user, path } => {
                let token = read_token(&path).await.map_err(|reason| ImapError::Token { path, reason })?;
                if self.can("AUTH=OAUTHBEARER") {
                    let response = oauthbearer_response(&user, &self.account.server, &token);
                    return self.authenticate("OAUTHBEARER", &response, OAUTHBEARER_END).await;
                }
                if self.can("AUTH=XOAUTH2") {
                    return self.authenticate("XOAUTH2", &xoauth2_response(&user, &token), "").await;
                }
                Err(ImapError::NoMechanism)
            }
        }
    }

    /// RFC 3501 §6.2.2: the mechanism, and what it says first. What the server asks behind that is a refusal in other
    /// words, and is answered with `last`.
    async fn authenticate(&mut self, mechanism: &str, response: &str, last: &str) -> Result<(), ImapError> {
        const AUTHENTICATE: &str = "AUTHENTICATE";
        let response = BASE64.encode(response.as_bytes());
        let mut command = Command::new(AUTHENTICATE).word(mechanism);
        // RFC 4959 §3: the first thing may stand on the command's own line where the server knows of that.
        let mut is_said = self.can("SASL-IR");
        if is_said {
            command = command.word(&response);
        }
        let tag = self.say(&command).await?;
        let deadline = self.deadline();
        loop {
            match self.read(AUTHENTICATE, deadline).await? {
                Response::Continue => {
                    let answer = if is_said { BASE64.encode(last.as_bytes()) } else { response.clone() };
                    is_said = true;
                    self.write(AUTHENTICATE, format!("{answer}\r\n").as_bytes()).await?;
                }
                Response::Tagged { tag: of, status } if of == tag => return ended(AUTHENTICATE, status).map(drop),
                _ => {}
            }
        }
    }

    async fn select(&mut self) -> Result<(), ImapError> {
        const SELECT: &str = "SELECT";
        let (mut uid_validity, mut uid_next) = (None, None);
        let command = Command::new(SELECT).mailbox(&self.account.mailbox);
        let status = self
            .command(command, |response| {
                if let Response::Status(Status { code: Some((name, value)), .. }) = response {
                    match name.as_str() {
                        "UIDVALIDITY" => uid_validity = value.parse().ok(),
                        "UIDNEXT" => uid_next = value.parse().ok(),
                        _ => {}
                    }
                }
            })
            .await?;
        // RFC 3501 §2.3.1.1: without it, UIDs mean nothing tomorrow.
        let uid_validity = uid_validity.ok_or(ImapError::NoUidValidity)?;
        let is_read_only = status.code.is_some_and(|(name, _)| name == "READ-ONLY");
        self.mailbox = Mailbox { uid_validity, uid_next, message_count: self.exists, is_read_only };
        self.has_news = true;
        Ok(())
    }

    fn can(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }

    /// Says a command, and gives what comes to `take` until the command has ended well.
    async fn command(&mut self, command: Command, mut take: impl FnMut(Response)) -> Result<Status, ImapError> {
        let name = command.name;
        let tag = self.say(&command).await?;
        let deadline = self.deadline();
        loop {
            match self.read(name, deadline).await? {
                Response::Tagged { tag: of, status } if of == tag => return ended(name, status),
                Response::Tagged { .. } => return Err(ImapError::NotImap { command: name }),
                response => take(response),
            }
        }
    }

    /// Says a command, part by part; gives its tag.
    async fn say(&mut self, command: &Command) -> Result<String, ImapError> {
        self.command_count += 1;
        let tag = format!("S{}", self.command_count);
        let mut parts = command.parts.iter().peekable();
        let mut bytes = format!("{tag} ").into_bytes();
        while let Some(part) = parts.next() {
            bytes.extend_from_slice(part);
            if parts.peek().is_none() {
                bytes.extend_from_slice(b"\r\n");
            }
            self.write(command.name, &bytes).await?;
            bytes.clear();
            if parts.peek().is_some() {
                self.invited(command.name, &tag).await?;
            }
        }
        Ok(tag)
    }

    /// RFC 3501 §4.3: a literal is said when the server is ready for it; or it refuses the command.
    async fn invited(&mut self, name: &'static str, tag: &str) -> Result<(), ImapError> {
        let deadline = self.deadline();
        loop {
            match self.read(name, deadline).await? {
                Response::Continue => return Ok(()),
                Response::Tagged { tag: of, status } if of == tag => {
                    return ended(name, status).and(Err(ImapError::NotImap { command: name }));
                }
                _ => {}
            }
        }
    }

    async fn write(&mut self, command: &'static str, bytes: &[u8]) -> Result<(), ImapError> {
        let written = self.wire.write(bytes, self.account.command_timeout).await;
        written.map_err(|lost| ImapError::Lost { command, lost })
    }

    /// The next response; what it says of the mailbox is kept.
    async fn read(&mut self, command: &'static str, deadline: Instant) -> Result<Response, ImapError> {
        let response = response::read(&mut self.wire, deadline).await.map_err(|unread| match unread {
            Unread::NotImap => ImapError::NotImap { command },
            // RFC 3501 §7.1.5: it had told us, and why.
            Unread::Lost(Lost::Closed) if self.bye.is_some() => ImapError::Bye(self.bye.take().unwrap_or_default()),
            Unread::Lost(lost) => ImapError::Lost { command, lost },
        })?;
        match &response {
            Response::Exists(count) => {
                self.has_news |= *count > self.exists;
                self.exists = *count;
            }
            // RFC 3501 §7.4.1: there is one less.
            Response::Expunge => self.exists = self.exists.saturating_sub(1),
            Response::Bye { text } => self.bye = Some(text.clone()),
            _ => {}
        }
        Ok(response)
    }

    fn piece_bytes(&self) -> u32 {
        self.account.piece_bytes.clamp(1, IMAP_PIECE_BYTES_MAX)
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.account.command_timeout
    }
}

/// How a command has ended.
fn ended(command: &'static str, status: Status) -> Result<Status, ImapError> {
    match status.kind {
        Kind::Ok => Ok(status),
        Kind::No => Err(ImapError::Refused { command, code: status.code.map(|(name, _)| name), text: status.text }),
        Kind::Bad => Err(ImapError::Bad { command, text: status.text }),
    }
}
