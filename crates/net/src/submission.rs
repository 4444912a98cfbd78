//! Sending mail through a server that takes it: an SMTP client (RFC 6409, RFC 5321) that tells for each recipient what has
//! become of the message, and nothing more than it knows.
//!
//! A [`Submitter`] opens connections; a [`Submission`] is one, over which messages go one after the other. Each message
//! gives one [`Delivery`] for each recipient. Two of them must not be confused, so they are two: the connection failed
//! *before* the final dot ([`Delivery::Failed`]: the server has taken nothing, and the message can be sent again), or
//! *after* it ([`Delivery::InDoubt`]: the server may have taken it, and the reply was lost). Who sends again what is in
//! doubt may send twice; who does not may lose it. That choice is the caller's (RFC 1047 tells of it).
//!
//! ```no_run
//! use sekisho_net::mail_server::{Login, MailServer, Secret, Security};
//! use sekisho_net::submission::{Delivery, OutgoingMessage, Recipient, SubmissionConfig, Submitter};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let server = MailServer::new("mail.example.jp", 587, Security::StartTls);
//! let mut config = SubmissionConfig::new(server, "reports.example.jp");
//! config.login = Some(Login::password("reports", Secret::new("sesame")));
//! let mut submission = Submitter::new(config)?.connect().await?;
//! let message = OutgoingMessage {
//!     sender: "noreply@example.jp",
//!     recipients: &[Recipient::new("dmarc@example.net")],
//!     bytes: b"Subject: hello\r\n\r\nHello.\r\n",
//!     returned: None,
//!     envelope_id: None,
//! };
//! for delivery in submission.send(&message).await {
//!     match delivery {
//!         Delivery::Accepted(reply) => println!("taken: {reply}"),
//!         other => println!("not taken, or who knows: {other:?}"),
//!     }
//! }
//! submission.quit().await;
//! # Ok(())
//! # }
//! ```

mod message;
mod reply;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use mailtext::{Explain as _, PathFlaw};
use tokio::time::Instant;

pub use self::message::{Notify, OutgoingMessage, Recipient, Returned};
pub use self::reply::{EnhancedCode, Reply};

use self::message::{Envelope, Stuffed};
pub(crate) use self::reply::ReplyReader;
use crate::limits::{
    SMTP_BLOCK_BYTES, SMTP_BLOCK_MS_DEFAULT, SMTP_COMMAND_LINE_BYTES_MAX, SMTP_COMMAND_MS_DEFAULT,
    SMTP_DATA_MS_DEFAULT, SMTP_END_MS_DEFAULT, SMTP_GREETING_MS_DEFAULT, SMTP_LATE_REPLY_MS, SMTP_PIPELINE_COUNT_MAX,
    SMTP_QUIT_MS, SMTP_REPLY_LINE_BYTES_MAX,
};
use crate::mail_server::{
    ConnectError, Login, Lost, MailServer, OAUTHBEARER_END, Security, Wire, oauthbearer_response, plain_response,
    read_token, xoauth2_response,
};

/// How mail is sent. Time-outs have defaults in [`crate::limits`], which are those of RFC 5321 §4.5.3.2.
#[derive(Clone, Debug)]
pub struct SubmissionConfig {
    /// Where it is sent through.
    pub server: MailServer,
    /// What this machine calls itself: a domain name or an address literal.
    pub helo: String,
    /// As whom; nobody is asked for when there is none.
    pub login: Option<Login>,
    /// Whether recipients are said without waiting for each reply.
    pub pipelining: Pipelining,
    /// Time for the greeting.
    pub greeting_timeout: Duration,
    /// Time for the reply to EHLO, STARTTLS, each step of AUTH, MAIL, RCPT and RSET.
    pub command_timeout: Duration,
    /// Time for the reply to DATA.
    pub data_timeout: Duration,
    /// Time for the server to take one block of the message, 64 KiB.
    pub block_timeout: Duration,
    /// Time for the reply to the final dot.
    pub end_timeout: Duration,
}

/// Whether recipients are said without waiting for each reply (RFC 2920).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pipelining {
    /// When the server offers it.
    IfOffered,
    /// They never are.
    Never,
}

/// What a server offers (RFC 5321 §4.1.1.1), as far as it is of use here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Offers {
    /// SIZE (RFC 1870).
    pub size: bool,
    /// The largest message, in bytes, when there is a limit and it is told.
    pub message_bytes_max: Option<u64>,
    /// 8BITMIME (RFC 6152).
    pub eight_bit_mime: bool,
    /// SMTPUTF8 (RFC 6531).
    pub smtputf8: bool,
    /// DSN (RFC 3461).
    pub delivery_status: bool,
    /// PIPELINING (RFC 2920).
    pub pipelining: bool,
    /// STARTTLS (RFC 3207).
    pub start_tls: bool,
    /// AUTH PLAIN (RFC 4954, RFC 4616).
    pub auth_plain: bool,
    /// AUTH LOGIN, which no standard describes.
    pub auth_login: bool,
    /// AUTH OAUTHBEARER (RFC 7628).
    pub auth_oauthbearer: bool,
    /// AUTH XOAUTH2, which no standard describes.
    pub auth_xoauth2: bool,
}

/// What has become of a message for one recipient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// The server has taken it, and answers for it.
    Accepted(Reply),
    /// The server will not take it: a reply of 5xx.
    Refused {
        /// When it said so.
        at: Step,
        /// What it said.
        reply: Reply,
    },
    /// The server does not take it now: a reply of 4xx.
    Deferred {
        /// When it said so.
        at: Step,
        /// What it said.
        reply: Reply,
    },
    /// It was not said to this server, for it could not be taken as it is.
    Unsendable(Unsendable),
    /// The connection failed before the final dot: the server has not taken it.
    Failed {
        /// When.
        at: Step,
        /// How.
        cause: Cause,
    },
    /// The connection failed behind the final dot: the server may have taken it, or not.
    InDoubt {
        /// How.
        cause: Cause,
    },
}

/// Where in the conversation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Step {
    /// The server's greeting.
    Greeting,
    /// EHLO.
    Ehlo,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// RSET, between two messages.
    Rset,
    /// MAIL: the sender.
    Mail,
    /// RCPT: the recipient.
    Rcpt,
    /// DATA, until the server lets the message come.
    Data,
    /// The message.
    Message,
    /// The final dot.
    End,
}

/// How a connection failed.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Cause {
    /// It was lost.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// The server said something that is no reply in SMTP.
    #[error("the server sent what is no reply of SMTP")]
    NotAReply,
    /// A reply that has no meaning at this step.
    #[error("the server replied {0}, which means nothing here")]
    Unexpected(Reply),
    /// An earlier message has ended the connection, or was dropped in the middle.
    #[error("the connection is over")]
    Over,
}

/// Why a message, or a recipient, is not said to this server at all.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Unsendable {
    /// Addresses or header have more than ASCII, and the server does not offer SMTPUTF8.
    #[error("the server does not offer SMTPUTF8")]
    NeedsSmtpUtf8,
    /// The body has more than ASCII, and the server does not offer 8BITMIME.
    #[error("the server does not offer 8BITMIME")]
    NeedsEightBitMime,
    /// Larger than the server takes.
    #[error("the server takes messages up to {bytes_max} bytes")]
    TooLarge {
        /// What it takes.
        bytes_max: u64,
    },
    /// An address that is none.
    #[error("an address that is none ({})", .0.id())]
    BadAddress(PathFlaw),
    /// An envelope id or original recipient that cannot be said.
    #[error("{0} cannot be said")]
    BadParameter(&'static str),
    /// A CR or LF that stands alone.
    #[error("the message has a CR or LF that stands alone")]
    BareLineBreak,
    /// A line that is longer than SMTP allows.
    #[error("the message has a line that is longer than SMTP allows")]
    LineTooLong,
}

/// Why no message can be sent.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SubmissionError {
    /// No connection, or no TLS.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The connection failed.
    #[error("{at:?}: {cause}")]
    Failed {
        /// When.
        at: Step,
        /// How.
        cause: Cause,
    },
    /// The server refuses us; [`Reply::is_transient`] tells whether for now.
    #[error("{at:?}: {reply}")]
    Refused {
        /// When.
        at: Step,
        /// What it said.
        reply: Reply,
    },
    /// The server does not offer STARTTLS, and nothing is to be said without.
    #[error("the server does not offer STARTTLS")]
    NoStartTls,
    /// The server offers no AUTH that we know for what we have, a password or a token.
    #[error("the server offers no AUTH that we know")]
    NoMechanism,
    /// The password would be said without TLS, to another machine.
    #[error("the password is not said without TLS")]
    NoPrivacy,
    /// The file holds no token, or cannot be read.
    #[error("{}: {reason}", .path.display())]
    Token {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why nothing can be sent with a configuration.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SubmissionConfigError {
    /// What this machine calls itself is no name.
    #[error("\"{0}\" is no name for EHLO")]
    Helo(String),
    /// User or password is empty, or holds a character that divides them.
    #[error("user or password is empty, or holds a control character")]
    Login,
}

/// Opens connections to one server.
#[derive(Clone, Debug)]
pub struct Submitter {
    config: Arc<SubmissionConfig>,
}

/// A connection over which messages are sent.
pub struct Submission {
    config: Arc<SubmissionConfig>,
    wire: Wire,
    offers: Offers,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// A message may begin.
    Ready,
    /// RSET comes first.
    Used,
    /// Nothing more is said; also while a message is under way, so that one that is dropped leaves it so.
    Over,
}

impl SubmissionConfig {
    /// As nobody, pipelining if offered, and time-outs as in [`crate::limits`].
    #[must_use]
    pub fn new(server: MailServer, helo: &str) -> Self {
        Self {
            server,
            helo: helo.to_owned(),
            login: None,
            pipelining: Pipelining::IfOffered,
            greeting_timeout: Duration::from_millis(SMTP_GREETING_MS_DEFAULT),
            command_timeout: Duration::from_millis(SMTP_COMMAND_MS_DEFAULT),
            data_timeout: Duration::from_millis(SMTP_DATA_MS_DEFAULT),
            block_timeout: Duration::from_millis(SMTP_BLOCK_MS_DEFAULT),
            end_timeout: Duration::from_millis(SMTP_END_MS_DEFAULT),
        }
    }
}

impl Submitter {
    /// Checks the configuration; connects to nobody yet.
    ///
    /// # Errors
    /// [`SubmissionConfigError`].
    pub fn new(config: SubmissionConfig) -> Result<Self, SubmissionConfigError> {
        if config.helo.is_empty() || !config.helo.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SubmissionConfigError::Helo(config.helo));
        }
        let (user, password) = match &config.login {
            Some(Login::Password { user, password }) => (user.as_str(), password.reveal()),
            Some(Login::TokenFile { user, .. }) => (user.as_str(), "in a file"),
            None => ("nobody", "none"),
        };
        // RFC 4616 §2: neither is empty, and a NUL divides them. Tokens are divided by another control character.
        if user.is_empty() || password.is_empty() || user.contains(char::is_control) || password.contains('\0') {
            return Err(SubmissionConfigError::Login);
        }
        Ok(Self { config: Arc::new(config) })
    }

    /// Connects: greeting, EHLO, STARTTLS and AUTH as configured.
    ///
    /// # Errors
    /// [`SubmissionError`]: no message was said.
    pub async fn connect(&self) -> Result<Submission, SubmissionError> {
        let config = Arc::clone(&self.config);
        let wire = Wire::connect(&config.server).await?;
        let mut submission = Submission { config, wire, offers: Offers::default(), state: State::Over };
        let greeting = submission.reply(submission.config.greeting_timeout).await;
        positive(Step::Greeting, greeting)?;
        submission.greet().await?;
        submission.secure().await?;
        submission.authenticate().await?;
        submission.state = State::Ready;
        Ok(submission)
    }
}

impl Submission {
    /// What the server offers, under TLS if there is TLS.
    #[must_use]
    pub fn offers(&self) -> &Offers {
        &self.offers
    }

    /// Whether what is said goes over TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.wire.is_tls()
    }

    /// Whether another message may be sent.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state != State::Over
    }

    /// Sends a message, and tells what has become of it, for each recipient in order. Over a connection that is over, or
    /// when dropped before its end, nothing more is sent.
    pub async fn send(&mut self, message: &OutgoingMessage<'_>) -> Vec<Delivery> {
        let count = message.recipients.len();
        let envelope = match Envelope::of(message, &self.offers) {
            Ok(envelope) => envelope,
            Err(reason) => return vec![Delivery::Unsendable(reason); count],
        };
        let (commands, mut outcomes) = split(envelope.recipients);
        if outcomes.iter().all(Option::is_some) {
            return outcomes.into_iter().flatten().collect();
        }
        let before = std::mem::replace(&mut self.state, State::Over);
        let rest = self.transact(before, &envelope.mail, &commands, message.bytes, &mut outcomes).await;
        self.state = state_after(outcomes.iter().chain([&rest]).flatten());
        outcomes.into_iter().filter_map(|outcome| outcome.or_else(|| rest.clone())).collect()
    }

    /// Says goodbye, and waits for the reply for a moment.
    pub async fn quit(mut self) {
        if self.state == State::Over {
            return;
        }
        let wait = Duration::from_millis(SMTP_QUIT_MS);
        if self.wire.write(b"QUIT\r\n", wait).await.is_ok() {
            // Whatever is said to that, it changes nothing of what was said before.
            let _ = self.reply(wait).await;
        }
    }

    /// One message; what has become of it for all whose outcome is not known before its end, if there is anybody.
    async fn transact(
        &mut self,
        before: State,
        mail: &str,
        commands: &[String],
        bytes: &[u8],
        outcomes: &mut [Option<Delivery>],
    ) -> Option<Delivery> {
        match before {
            State::Ready => {}
            State::Used => match self.command("RSET\r\n").await {
                Ok(reply) if reply.is_positive() => {}
                // RFC 5321 §4.1.1.5: nothing but 250 is an answer; this message has not been spoken of yet.
                Ok(reply) => return Some(Delivery::Failed { at: Step::Rset, cause: Cause::Unexpected(reply) }),
                Err(cause) => return Some(Delivery::Failed { at: Step::Rset, cause }),
            },
            State::Over => return Some(Delivery::Failed { at: Step::Mail, cause: Cause::Over }),
        }
        if let Err(delivery) = self.envelope(mail, commands, outcomes).await {
            return Some(delivery);
        }
        // RFC 5321 §4.1.1.4: without a recipient there is nothing to say DATA for.
        if outcomes.iter().all(Option::is_some) {
            return None;
        }
        Some(self.content(bytes).await)
    }

    /// MAIL and RCPT. An error is everybody's who has no outcome yet.
    async fn envelope(
        &mut self,
        mail: &str,
        commands: &[String],
        outcomes: &mut [Option<Delivery>],
    ) -> Result<(), Delivery> {
        // RFC 2920 §3.1: MAIL and RCPT may stand in one group. DATA may end it, but here it waits for recipients.
        let is_piped = self.offers.pipelining && self.config.pipelining == Pipelining::IfOffered;
        let (group, at_once) = if is_piped { (SMTP_PIPELINE_COUNT_MAX, SMTP_PIPELINE_COUNT_MAX) } else { (1, 0) };
        let (with_mail, later) = commands.split_at(at_once.min(commands.len()));
        self.say(Step::Mail, &format!("{mail}{}", with_mail.concat())).await?;
        let reply = self.reply(self.config.command_timeout).await;
        let reply = reply.map_err(|cause| Delivery::Failed { at: Step::Mail, cause })?;
        if !reply.is_positive() {
            if !reply.is_closing() {
                for _ in with_mail {
                    // Without a sender, what was said of recipients in the same breath is void.
                    let void = self.reply(self.config.command_timeout).await;
                    void.map_err(|cause| Delivery::Failed { at: Step::Mail, cause })?;
                }
            }
            return Err(refusal(Step::Mail, reply));
        }
        let mut undecided = outcomes.iter_mut().filter(|outcome| outcome.is_none());
        self.recipients(undecided.by_ref().take(with_mail.len())).await?;
        for commands in later.chunks(group) {
            self.say(Step::Rcpt, &commands.concat()).await?;
            self.recipients(undecided.by_ref().take(commands.len())).await?;
        }
        Ok(())
    }

    /// The replies to RCPT. Who is taken has no outcome yet.
    async fn recipients<'a>(
        &mut self,
        outcomes: impl Iterator<Item = &'a mut Option<Delivery>>,
    ) -> Result<(), Delivery> {
        for outcome in outcomes {
            let reply = self.reply(self.config.command_timeout).await;
            let reply = reply.map_err(|cause| Delivery::Failed { at: Step::Rcpt, cause })?;
            if reply.is_positive() {
                continue;
            }
            let is_closing = reply.is_closing();
            let refused = refusal(Step::Rcpt, reply);
            if is_closing || matches!(refused, Delivery::Failed { .. }) {
                return Err(refused);
            }
            *outcome = Some(refused);
        }
        Ok(())
    }

    /// DATA and the message.
    async fn content(&mut self, bytes: &[u8]) -> Delivery {
        if let Err(delivery) = self.say(Step::Data, "DATA\r\n").await {
            return delivery;
        }
        match self.reply(self.config.data_timeout).await {
            Ok(reply) if reply.code == 354 => {}
            Ok(reply) => return refusal(Step::Data, reply),
            Err(cause) => return Delivery::Failed { at: Step::Data, cause },
        }
        let (mut stuffed, mut block) = (Stuffed::new(bytes), Vec::with_capacity(SMTP_BLOCK_BYTES + 2));
        loop {
            stuffed.next(SMTP_BLOCK_BYTES, &mut block);
            if block.is_empty() {
                break;
            }
            if let Err(lost) = self.wire.write(&block, self.config.block_timeout).await {
                return self.last_words(lost).await;
            }
        }
        match self.wire.interrupts().await {
            Ok(false) => {}
            // RFC 5321 §3.8: a server that goes in the middle may say so. Without the final dot it has taken nothing.
            Ok(true) => return self.last_words(Lost::Closed).await,
            Err(lost) => return Delivery::Failed { at: Step::Message, cause: lost.into() },
        }
        // RFC 5321 §4.1.1.4: from the final dot on the server may answer for the message, whether we hear of it or not.
        let said = self.wire.write(b".\r\n", self.config.block_timeout).await;
        if let Err(lost) = said {
            return Delivery::InDoubt { cause: lost.into() };
        }
        match self.reply(self.config.end_timeout).await {
            Ok(reply) if reply.is_positive() => Delivery::Accepted(reply),
            Ok(reply) => match refusal(Step::End, reply) {
                Delivery::Failed { cause, .. } => Delivery::InDoubt { cause },
                refused => refused,
            },
            Err(cause) => Delivery::InDoubt { cause },
        }
    }

    /// What the server had to say before it broke off; otherwise, that it did.
    async fn last_words(&mut self, lost: Lost) -> Delivery {
        match self.reply(Duration::from_millis(SMTP_LATE_REPLY_MS)).await {
            Ok(reply) if reply.is_transient() => Delivery::Deferred { at: Step::Message, reply },
            Ok(reply) if reply.is_permanent() => Delivery::Refused { at: Step::Message, reply },
            Ok(reply) => Delivery::Failed { at: Step::Message, cause: Cause::Unexpected(reply) },
            Err(_) => Delivery::Failed { at: Step::Message, cause: lost.into() },
        }
    }

    /// EHLO, and what is offered.
    async fn greet(&mut self) -> Result<(), SubmissionError> {
        let failed = |cause| SubmissionError::Failed { at: Step::Ehlo, cause };
        let command = format!("EHLO {}\r\n", self.config.helo);
        let written = self.wire.write(command.as_bytes(), self.config.command_timeout).await;
        written.map_err(|lost| failed(lost.into()))?;
        let (reply, reader) = self.read_reply(self.config.command_timeout).await.map_err(failed)?;
        positive(Step::Ehlo, Ok(reply))?;
        self.offers = Offers::of(reader.lines());
        Ok(())
    }

    /// STARTTLS as configured.
    async fn secure(&mut self) -> Result<(), SubmissionError> {
        match self.config.server.security {
            Security::Tls | Security::Loopback => return Ok(()),
            Security::StartTls if !self.offers.start_tls => return Err(SubmissionError::NoStartTls),
            Security::StartTlsIfOffered if !self.offers.start_tls => return Ok(()),
            Security::StartTls | Security::StartTlsIfOffered => {}
        }
        positive(Step::StartTls, self.command("STARTTLS\r\n").await)?;
        self.wire.start_tls(&self.config.server).await?;
        // RFC 3207 §4.2: what was offered in the clear is forgotten, and EHLO is said again.
        self.greet().await
    }

    async fn authenticate(&mut self) -> Result<(), SubmissionError> {
        let config = Arc::clone(&self.config);
        let Some(login) = &config.login else { return Ok(()) };
        // RFC 4954 §4: a password in the clear is for a connection on which nobody listens.
        if !self.wire.is_private() {
            return Err(SubmissionError::NoPrivacy);
        }
        // What is said first, where the mechanism lets us begin, and what to each 334 that follows.
        let (mechanism, first, answers) = match login {
            Login::Password { user, password } if self.offers.auth_plain => {
                ("PLAIN", Some(plain_response(user, password)), vec![])
            }
            Login::Password { user, password } if self.offers.auth_login => {
                ("LOGIN", None, vec![user.clone(), password.reveal().to_owned()])
            }
            Login::TokenFile { user, path } => {
                let token = read_token(path).await;
                let token = token.map_err(|reason| SubmissionError::Token { path: path.clone(), reason })?;
                if self.offers.auth_oauthbearer {
                    let response = oauthbearer_response(user, &config.server, &token);
                    ("OAUTHBEARER", Some(response), vec![OAUTHBEARER_END.to_owned()])
                } else if self.offers.auth_xoauth2 {
                    ("XOAUTH2", Some(xoauth2_response(user, &token)), vec![String::new()])
                } else {
                    return Err(SubmissionError::NoMechanism);
                }
            }
            Login::Password { .. } => return Err(SubmissionError::NoMechanism),
        };
        let encode = |text: String| BASE64.encode(text.as_bytes());
        let (mut command, mut first) = (format!("AUTH {mechanism}"), first.map(encode));
        // RFC 4954 §4: what would make the line too long is said when the server asks for it.
        if let Some(response) =
            first.take_if(|response| command.len() + response.len() + 3 <= SMTP_COMMAND_LINE_BYTES_MAX)
        {
            command = format!("{command} {response}");
        }
        let mut answers = first.into_iter().chain(answers.into_iter().map(encode));
        let mut reply = self.command(&format!("{command}\r\n")).await;
        loop {
            match (&reply, answers.next()) {
                (Ok(asked), Some(answer)) if asked.code == 334 => reply = self.command(&format!("{answer}\r\n")).await,
                _ => return positive(Step::Auth, reply),
            }
        }
    }

    async fn say(&mut self, at: Step, text: &str) -> Result<(), Delivery> {
        let written = self.wire.write(text.as_bytes(), self.config.command_timeout).await;
        written.map_err(|lost| Delivery::Failed { at, cause: lost.into() })
    }

    async fn command(&mut self, line: &str) -> Result<Reply, Cause> {
        self.wire.write(line.as_bytes(), self.config.command_timeout).await?;
        self.reply(self.config.command_timeout).await
    }

    async fn reply(&mut self, wait: Duration) -> Result<Reply, Cause> {
        self.read_reply(wait).await.map(|(reply, _)| reply)
    }

    /// A whole reply, within this time.
    async fn read_reply(&mut self, wait: Duration) -> Result<(Reply, ReplyReader), Cause> {
        let deadline = Instant::now() + wait;
        let mut reader = ReplyReader::default();
        loop {
            let line = self.wire.line(SMTP_REPLY_LINE_BYTES_MAX, deadline).await?;
            if let Some(reply) = reader.take(&line).map_err(|_| Cause::NotAReply)? {
                return Ok((reply, reader));
            }
        }
    }
}

impl Offers {
    /// Of the lines of the reply to EHLO, the first of which is a greeting.
    pub(crate) fn of(lines: &[String]) -> Self {
        let mut offers = Self::default();
        for line in lines.iter().skip(1) {
            // AUTH=PLAIN is how it was written before there was a standard.
            let line = line.to_ascii_uppercase().replace("AUTH=", "AUTH ");
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("SIZE") => {
                    offers.size = true;
                    // RFC 1870 §3: 0 means that there is no limit.
                    offers.message_bytes_max = words.next().and_then(|word| word.parse().ok()).filter(|max| *max > 0);
                }
                Some("8BITMIME") => offers.eight_bit_mime = true,
                Some("SMTPUTF8") => offers.smtputf8 = true,
                Some("DSN") => offers.delivery_status = true,
                Some("PIPELINING") => offers.pipelining = true,
                Some("STARTTLS") => offers.start_tls = true,
                Some("AUTH") => {
                    for mechanism in words {
                        offers.auth_plain |= mechanism == "PLAIN";
                        offers.auth_login |= mechanism == "LOGIN";
                        offers.auth_oauthbearer |= mechanism == "OAUTHBEARER";
                        offers.auth_xoauth2 |= mechanism == "XOAUTH2";
                    }
                }
                _ => {}
            }
        }
        offers
    }
}

/// The commands, and the outcomes of those who have none.
fn split(recipients: Vec<Result<String, Unsendable>>) -> (Vec<String>, Vec<Option<Delivery>>) {
    let (mut commands, mut outcomes) = (Vec::new(), Vec::new());
    for recipient in recipients {
        match recipient {
            Ok(command) => {
                commands.push(command);
                outcomes.push(None);
            }
            Err(reason) => outcomes.push(Some(Delivery::Unsendable(reason))),
        }
    }
    (commands, outcomes)
}

/// What a reply means that is not the one hoped for.
fn refusal(at: Step, reply: Reply) -> Delivery {
    if reply.is_permanent() {
        Delivery::Refused { at, reply }
    } else if reply.is_transient() {
        Delivery::Deferred { at, reply }
    } else {
        Delivery::Failed { at, cause: Cause::Unexpected(reply) }
    }
}

/// Whether the connection goes on behind these.
fn state_after<'a>(mut outcomes: impl Iterator<Item = &'a Delivery>) -> State {
    let ends = |outcome: &Delivery| match outcome {
        Delivery::Failed { .. } | Delivery::InDoubt { .. } => true,
        Delivery::Refused { at, reply } | Delivery::Deferred { at, reply } => {
            *at == Step::Message || reply.is_closing()
        }
        Delivery::Accepted(_) | Delivery::Unsendable(_) => false,
    };
    if outcomes.any(ends) { State::Over } else { State::Used }
}

fn positive(at: Step, reply: Result<Reply, Cause>) -> Result<(), SubmissionError> {
    match reply {
        Ok(reply) if reply.is_positive() => Ok(()),
        Ok(reply) if reply.is_transient() || reply.is_permanent() => Err(SubmissionError::Refused { at, reply }),
        Ok(reply) => Err(SubmissionError::Failed { at, cause: Cause::Unexpected(reply) }),
        Err(cause) => Err(SubmissionError::Failed { at, cause }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail_server::Secret;

    #[test]
    fn what_a_server_offers() {
        let lines = ["mail.example.jp hello", "SIZE 1000", "8bitmime", "SMTPUTF8", "DSN", "PIPELINING", "STARTTLS"];
        let mut lines = lines.map(str::to_owned).to_vec();
        let offers = Offers::of(&lines);
        assert_eq!(offers.message_bytes_max, Some(1000));
        assert!(offers.size && offers.eight_bit_mime && offers.smtputf8 && offers.delivery_status);
        assert!(offers.pipelining && offers.start_tls && !offers.auth_plain && !offers.auth_login);
        lines.push("AUTH=CRAM-MD5 LOGIN".to_owned());
        assert!(Offers::of(&lines).auth_login && !Offers::of(&lines).auth_plain);
        lines.push("AUTH PLAIN".to_owned());
        assert!(Offers::of(&lines).auth_plain);
        for (size, want) in [("SIZE", None), ("SIZE 0", None), ("SIZE x", None), ("SIZE 1", Some(1))] {
            let offers = Offers::of(&["hello".to_owned(), size.to_owned()]);
            assert_eq!((offers.size, offers.message_bytes_max), (true, want), "{size}");
        }
        assert_eq!(Offers::of(&["DSN".to_owned()]), Offers::default(), "a greeting offers nothing");
    }

    #[test]
    fn what_cannot_be_a_configuration() {
        let server = MailServer::new("localhost", 25, Security::Loopback);
        for helo in ["", "a b", "a\r\nb", "関"] {
            let config = SubmissionConfig::new(server.clone(), helo);
            assert!(matches!(Submitter::new(config), Err(SubmissionConfigError::Helo(_))), "{helo:?}");
        }
        for (user, password) in [("", "b"), ("a", ""), ("a\0", "b"), ("a", "b\0")] {
            let mut config = SubmissionConfig::new(server.clone(), "localhost");
            config.login = Some(Login::password(user, Secret::new(password)));
            assert_eq!(Submitter::new(config).unwrap_err(), SubmissionConfigError::Login);
        }
    }
}
