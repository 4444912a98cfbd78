//! Taking mail over LMTP (RFC 2033), as an MTA's transport map delivers it: TCP on loopback, or a local socket.
//!
//! An [`LmtpHandler`] is given each message whole, and says for each of its recipients whether it is taken, refused, or to
//! come again later. A message is held in memory, up to [`LmtpOptions::message_bytes_max`], and all of them together up to
//! [`LmtpOptions::buffered_bytes_max`]. A data line ends with CRLF and with nothing else, and so does the message: with a
//! dot alone on such a line. A bare CR or LF is a byte of the message and never the end of anything, so no two programs
//! find different messages in the same bytes; in a command it ends the connection.
//!
//! RFC 2033 §5 does not want LMTP on port 25, nor over networks: who binds the listeners sees to that.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use sekisho_net::lmtp::{LmtpHandler, LmtpMessage, LmtpOptions, LmtpReply, serve_lmtp};
//! use sekisho_net::{ListenAddress, Listener, SocketAccess};
//!
//! struct Reports;
//!
//! impl LmtpHandler for Reports {
//!     async fn message(&self, message: LmtpMessage) -> Vec<LmtpReply> {
//!         println!("{} bytes from <{}>", message.bytes.len(), message.sender);
//!         // In Postfix: dmarc@example.jp lmtp:unix:/run/sekisho/lmtp.sock
//!         let reply = |recipient: &String| match recipient.starts_with("dmarc@") {
//!             true => LmtpReply::Accept,
//!             false => LmtpReply::refuse(550, "5.1.1", "no reports are for this address"),
//!         };
//!         message.recipients.iter().map(reply).collect()
//!     }
//! }
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let address = ListenAddress::parse("unix:/run/sekisho/lmtp.sock")?;
//! let listener = Listener::bind(&address, &SocketAccess::default()).await?;
//! let options = LmtpOptions::new("mx.example.jp");
//! serve_lmtp(vec![listener], options, Arc::new(Reports), |_| {}, std::future::pending()).await;
//! # Ok(())
//! # }
//! ```

mod command;
mod session;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use self::session::{Session, Shared};
use crate::conversation::{Notice, Peer, ServeEnd, ServeOptions, serve_milter};
use crate::limits::{
    LMTP_BUFFERED_BYTES_DEFAULT, LMTP_CONNECTION_COUNT_DEFAULT, LMTP_FIRST_INPUT_MS_DEFAULT, LMTP_HANDLER_MS_DEFAULT,
    LMTP_IDLE_MS_DEFAULT, LMTP_MESSAGE_BYTES_DEFAULT, LMTP_RECIPIENT_COUNT_DEFAULT,
};
use crate::listen::Listener;
use crate::submission::EnhancedCode;

/// What a server needs to know beside its listeners. All have defaults in [`crate::limits`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LmtpOptions {
    /// What the server calls itself.
    pub host_name: String,
    /// Largest message, in bytes; told as SIZE.
    pub message_bytes_max: usize,
    /// All messages that are being received or handled, in bytes; what does not fit is to come again later.
    pub buffered_bytes_max: usize,
    /// Recipients of one message; RFC 5321 §4.5.3.1.8 wants at least 100.
    pub recipient_count_max: usize,
    /// Time for the handler to say what becomes of a message, or of a recipient; then it is to come again later. An MTA
    /// waits for ten minutes (RFC 5321 §4.5.3.2.6).
    pub handler_timeout: Duration,
    /// Connections, and times for what comes and goes over them.
    pub serve: ServeOptions,
}

/// A message that was received.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LmtpMessage {
    /// Over which connection.
    pub peer: Peer,
    /// The sender, without angle brackets; empty for nobody.
    pub sender: String,
    /// The recipients that were accepted at RCPT, without angle brackets, in order; the same may stand there twice.
    pub recipients: Vec<String>,
    /// Whether addresses and header may have more than ASCII (RFC 6531).
    pub is_smtputf8: bool,
    /// Header and body. Lines end with CRLF; bare CR and LF are as they came.
    pub bytes: Vec<u8>,
}

/// What is said of a recipient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LmtpReply {
    /// It is taken, and will not be lost.
    Accept,
    /// It will never be taken.
    Refuse(Refusal),
    /// It is not taken now; the MTA tries again.
    Later(Refusal),
}

/// Codes and text of a refusal. Where the codes do not belong to it, general ones are said instead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// From 500 to 559 for [`LmtpReply::Refuse`], from 400 to 459 for [`LmtpReply::Later`].
    pub code: u16,
    /// Of the same class.
    pub enhanced: Option<EnhancedCode>,
    /// ASCII in one line; other characters are replaced, and what is too long is cut.
    pub text: String,
}

/// Who decides about mail.
pub trait LmtpHandler: Send + Sync + 'static {
    /// Whether mail to this recipient may come, asked at RCPT; addresses are without angle brackets.
    fn recipient(&self, _sender: &str, _recipient: &str) -> impl Future<Output = LmtpReply> + Send {
        async { LmtpReply::Accept }
    }

    /// Takes a message, and says for each of its recipients, in their order, what becomes of it: when it is safe, not
    /// before. For a recipient of whom nothing is said, it is to come again later. Dropped when it takes too long, or at
    /// the end; then the MTA sends it again.
    fn message(&self, message: LmtpMessage) -> impl Future<Output = Vec<LmtpReply>> + Send;
}

impl LmtpReply {
    /// A refusal for ever, with a code such as 550 and an enhanced one such as `5.1.1`.
    #[must_use]
    pub fn refuse(code: u16, enhanced: &str, text: &str) -> Self {
        Self::Refuse(Refusal { code, enhanced: EnhancedCode::parse(enhanced), text: text.to_owned() })
    }

    /// A refusal for now, with a code such as 451 and an enhanced one such as `4.3.0`.
    #[must_use]
    pub fn later(code: u16, enhanced: &str, text: &str) -> Self {
        Self::Later(Refusal { code, enhanced: EnhancedCode::parse(enhanced), text: text.to_owned() })
    }
}

impl LmtpOptions {
    /// All as in [`crate::limits`].
    #[must_use]
    pub fn new(host_name: &str) -> Self {
        Self {
            host_name: host_name.to_owned(),
            message_bytes_max: LMTP_MESSAGE_BYTES_DEFAULT,
            buffered_bytes_max: LMTP_BUFFERED_BYTES_DEFAULT,
            recipient_count_max: LMTP_RECIPIENT_COUNT_DEFAULT,
            handler_timeout: Duration::from_millis(LMTP_HANDLER_MS_DEFAULT),
            serve: ServeOptions {
                connection_count_max: LMTP_CONNECTION_COUNT_DEFAULT,
                first_input_timeout: Duration::from_millis(LMTP_FIRST_INPUT_MS_DEFAULT),
                idle_timeout: Duration::from_millis(LMTP_IDLE_MS_DEFAULT),
                ..ServeOptions::default()
            },
        }
    }
}

/// Serves what connects to any of the listeners until `shutdown` is ready; then accepts nothing more, lets messages that
/// have begun finish within the time of grace, and returns.
///
/// A handler that panics ends its own connection only.
pub async fn serve_lmtp<H: LmtpHandler>(
    listeners: Vec<Listener>,
    options: LmtpOptions,
    handler: Arc<H>,
    observe: impl Fn(Notice) + Send + Sync + 'static,
    shutdown: impl Future<Output = ()>,
) -> ServeEnd {
    let serve = options.serve.clone();
    let shared = Arc::new(Shared::new(options, handler));
    // The same connections, other words.
    let make = move |peer: &Peer| Session::new(Arc::clone(&shared), peer.clone());
    serve_milter(listeners, serve, make, observe, shutdown).await
}
