//! The servers that our mail clients go to, [submission](crate::submission) and [IMAP](crate::imap) alike: where they are,
//! how the way there is secured, and the connection itself, with a cap on each line and an end to each wait.
//!
//! A certificate is always checked, against the public authorities and those of the configuration; there is no switch
//! that turns it off. What goes without TLS goes to this machine ([`Security::Loopback`]), or carries no password
//! ([`Security::StartTlsIfOffered`]).

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::fetch::config::Roots;
use crate::limits::{
    HOST_ADDRESS_COUNT_MAX, MAIL_CONNECT_MS_DEFAULT, MAIL_TLS_MS_DEFAULT, TOKEN_BYTES_MAX, WIRE_READ_BYTES,
};

/// A server for mail, and the way there.
#[derive(Clone, Debug)]
pub struct MailServer {
    /// Its name, which its certificate must have, or its address.
    pub host: String,
    /// Its port: 587 or 465 for submission, 143 or 993 for IMAP.
    pub port: u16,
    /// How the way there is secured.
    pub security: Security,
    /// Authorities that are trusted beside the public ones.
    pub roots: Roots,
    /// Time for the addresses of the host, and for one attempt at one of them.
    pub connect_timeout: Duration,
    /// Time for the handshake of TLS.
    pub tls_timeout: Duration,
}

/// How the way to a server is secured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Security {
    /// TLS from the first byte (RFC 8314 §3.3): ports 465 and 993.
    Tls,
    /// STARTTLS, and nothing without it.
    StartTls,
    /// STARTTLS where the server offers it, and then its certificate must hold; elsewhere no password is said unless the
    /// server is this machine. Of use for submission only: IMAP has nothing to do without a password, and takes it for
    /// [`Security::StartTls`].
    StartTlsIfOffered,
    /// No TLS. The server must be this machine.
    Loopback,
}

/// As whom a server is spoken to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Login {
    /// With a password: PLAIN (RFC 4616), or LOGIN where that is not offered.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// With a token that another program renews: OAUTHBEARER (RFC 7628), or XOAUTH2 where that is not offered.
    TokenFile {
        /// The user.
        user: String,
        /// The file that holds the token, and nothing else; read for each connection.
        path: PathBuf,
    },
}

/// A password or a token. It is not printed, not even by `{:?}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why there is no connection.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The host has no address, or nobody could say it.
    #[error("{host} has no address: {reason}")]
    NoAddress {
        /// The host.
        host: String,
        /// What the system said.
        reason: String,
    },
    /// [`Security::Loopback`], and the host is not this machine.
    #[error("{host} is not this machine, so it is not spoken to without TLS")]
    NotLoopback {
        /// The host.
        host: String,
    },
    /// No address takes a connection.
    #[error("{address} takes no connection: {reason}")]
    Unreachable {
        /// The last that was tried.
        address: SocketAddr,
        /// What the system said, or that it took too long.
        reason: String,
    },
    /// The host is nothing that a certificate could be for.
    #[error("no certificate can be for \"{host}\"")]
    BadName {
        /// The host.
        host: String,
    },
    /// TLS did not come about; a certificate that does not hold, among others.
    #[error("TLS with {host}: {reason}")]
    Tls {
        /// The host.
        host: String,
        /// What is wrong.
        reason: String,
    },
}

/// How a connection was lost.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Lost {
    /// The server closed it.
    #[error("the server closed the connection")]
    Closed,
    /// The server said nothing, or not enough, in time.
    #[error("the server was silent for too long")]
    Silent,
    /// The server did not take what was written in time.
    #[error("the server did not read what was written")]
    NotReading,
    /// The server sent a line, or a datum, that is longer than there is room for.
    #[error("the server sent more than {bytes_max} bytes at once")]
    TooLong {
        /// The room there is.
        bytes_max: usize,
    },
    /// The system ended it.
    #[error("{reason}")]
    Failed {
        /// Which kind of failure.
        kind: io::ErrorKind,
        /// What the system said.
        reason: String,
    },
}

impl MailServer {
    /// A server with time-outs as in [`crate::limits`], and the public authorities alone.
    #[must_use]
    pub fn new(host: &str, port: u16, security: Security) -> Self {
        Self {
            host: host.to_owned(),
            port,
            security,
            roots: Roots::default(),
            connect_timeout: Duration::from_millis(MAIL_CONNECT_MS_DEFAULT),
            tls_timeout: Duration::from_millis(MAIL_TLS_MS_DEFAULT),
        }
    }
}

impl Login {
    /// With a password.
    #[must_use]
    pub fn password(user: &str, password: Secret) -> Self {
        Self::Password { user: user.to_owned(), password }
    }
}

impl Secret {
    /// Keeps it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What is kept.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl fmt::Display for MailServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.host, self.port)
    }
}

/// A connection to a server, with what has come of it and was not asked for yet.
pub(crate) struct Wire {
    stream: Stream,
    input: Vec<u8>,
    /// What stands before this was given away.
    used: usize,
    is_loopback: bool,
}

enum Stream {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Between the two, and for ever when the handshake failed.
    Gone,
}

impl Wire {
    /// Connects; with [`Security::Tls`], the handshake is done.
    pub(crate) async fn connect(server: &MailServer) -> Result<Self, ConnectError> {
        let stream = reach(server).await?;
        let is_loopback = stream.peer_addr().is_ok_and(is_loopback);
        let mut wire = Self { stream: Stream::Tcp(stream), input: Vec::new(), used: 0, is_loopback };
        if server.security == Security::Tls {
            wire.start_tls(server).await?;
        }
        Ok(wire)
    }

    /// The handshake, on a connection on which nothing is under way.
    pub(crate) async fn start_tls(&mut self, server: &MailServer) -> Result<(), ConnectError> {
        let host = &server.host;
        let wrong = |reason: String| ConnectError::Tls { host: host.clone(), reason };
        // What was said in the clear behind the reply must not be taken for what is said under TLS (CVE-2011-0411).
        if self.used < self.input.len() {
            self.stream = Stream::Gone;
            return Err(wrong("the server went on talking before the handshake".to_owned()));
        }
        let name = ServerName::try_from(host.clone()).map_err(|_| ConnectError::BadName { host: host.clone() })?;
        let connector = connector(&server.roots).map_err(|error| wrong(error.to_string()))?;
        self.shake(&connector, name, server.tls_timeout).await.map_err(wrong)
    }

    /// The handshake alone, by whatever the connector trusts; or what is wrong.
    pub(crate) async fn shake(
        &mut self,
        connector: &TlsConnector,
        name: ServerName<'static>,
        wait: Duration,
    ) -> Result<(), String> {
        let Stream::Tcp(stream) = std::mem::replace(&mut self.stream, Stream::Gone) else {
            return Err("there is TLS already".to_owned());
        };
        let shaken = timeout(wait, connector.connect(name, stream)).await.map_err(|_| Lost::Silent.to_string())?;
        self.stream = Stream::Tls(Box::new(shaken.map_err(|error| error.to_string())?));
        Ok(())
    }

    /// Drops what has come and was not asked for yet.
    pub(crate) fn forget(&mut self) {
        self.input.clear();
        self.used = 0;
    }

    /// The connection of TLS, where there is one.
    pub(crate) fn tls(&self) -> Option<&rustls::ClientConnection> {
        match &self.stream {
            Stream::Tls(stream) => Some(stream.get_ref().1),
            Stream::Tcp(_) | Stream::Gone => None,
        }
    }

    /// Whether a password may be said here: under TLS, or to this machine.
    pub(crate) fn is_private(&self) -> bool {
        self.is_tls() || self.is_loopback
    }

    pub(crate) fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    /// The next line, without its end.
    pub(crate) async fn line(&mut self, bytes_max: usize, deadline: Instant) -> Result<Vec<u8>, Lost> {
        let mut searched = 0;
        loop {
            let waiting = &self.input[self.used..];
            if let Some(length) = waiting[searched..].iter().position(|byte| *byte == b'\n') {
                let line = &waiting[..searched + length];
                let line = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
                self.used += searched + length + 1;
                return if line.len() > bytes_max { Err(Lost::TooLong { bytes_max }) } else { Ok(line) };
            }
            searched = waiting.len();
            if searched > bytes_max + 1 {
                return Err(Lost::TooLong { bytes_max });
            }
            self.fill(deadline).await?;
        }
    }

    /// So many bytes, onto the end of `into`. The caller has checked that there is room for them.
    pub(crate) async fn bytes(&mut self, count: usize, into: &mut Vec<u8>, deadline: Instant) -> Result<(), Lost> {
        let mut missing = count;
        loop {
            let waiting = &self.input[self.used..];
            let taken = missing.min(waiting.len());
            into.extend_from_slice(&waiting[..taken]);
            self.used += taken;
            missing -= taken;
            if missing == 0 {
                return Ok(());
            }
            self.fill(deadline).await?;
        }
    }

    /// Whether the server has said something, or has gone, while it was not its turn. Does not wait.
    pub(crate) async fn interrupts(&mut self) -> Result<bool, Lost> {
        match self.fill(Instant::now()).await {
            Ok(()) => Ok(true),
            Err(Lost::Silent) => Ok(self.used < self.input.len()),
            Err(lost) => Err(lost),
        }
    }

    /// Writes all of it, and sends it on its way.
    pub(crate) async fn write(&mut self, bytes: &[u8], wait: Duration) -> Result<(), Lost> {
        let written = timeout(wait, async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(lost(&error)),
            Err(_) => Err(Lost::NotReading),
        }
    }

    /// Reads what has come; waits for it until the deadline.
    async fn fill(&mut self, deadline: Instant) -> Result<(), Lost> {
        self.input.drain(..self.used);
        self.used = 0;
        self.input.reserve(WIRE_READ_BYTES);
        let mut room = (&mut self.stream).take(WIRE_READ_BYTES as u64);
        match timeout_at(deadline, room.read_buf(&mut self.input)).await {
            Ok(Ok(0)) => Err(Lost::Closed),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(lost(&error)),
            Err(_) => Err(Lost::Silent),
        }
    }
}

/// What PLAIN says (RFC 4616 §2): nobody in whose name, then user and password.
pub(crate) fn plain_response(user: &str, password: &Secret) -> String {
    format!("\0{user}\0{}", password.0)
}

/// What OAUTHBEARER says (RFC 7628 §3.1): who, where, and the token. After a refusal, [`OAUTHBEARER_END`] ends it.
pub(crate) fn oauthbearer_response(user: &str, server: &MailServer, token: &Secret) -> String {
    format!("n,a={user},\x01host={}\x01port={}\x01auth=Bearer {}\x01\x01", server.host, server.port, token.0)
}

/// What is said to end OAUTHBEARER after a refusal (RFC 7628 §3.2.3).
pub(crate) const OAUTHBEARER_END: &str = "\x01";

/// What XOAUTH2 says; after a refusal, nothing ends it.
pub(crate) fn xoauth2_response(user: &str, token: &Secret) -> String {
    format!("user={user}\x01auth=Bearer {}\x01\x01", token.0)
}

/// The token in a file; or what is wrong with it.
pub(crate) async fn read_token(path: &Path) -> Result<Secret, String> {
    let file = tokio::fs::File::open(path).await.map_err(|error| error.to_string())?;
    let mut text = String::new();
    let read = file.take(TOKEN_BYTES_MAX as u64 + 1).read_to_string(&mut text).await;
    read.map_err(|error| error.to_string())?;
    let token = text.trim();
    let is_one = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    if is_one && text.len() <= TOKEN_BYTES_MAX { Ok(Secret::new(token)) } else { Err("it holds no token".to_owned()) }
}

/// A connection to the first address of the host that takes one.
async fn reach(server: &MailServer) -> Result<TcpStream, ConnectError> {
    let host = &server.host;
    let unknown = |reason: String| ConnectError::NoAddress { host: host.clone(), reason };
    let found = within(server.connect_timeout, tokio::net::lookup_host((host.as_str(), server.port))).await;
    let all: Vec<_> = found.map_err(unknown)?.take(HOST_ADDRESS_COUNT_MAX).collect();
    if all.is_empty() {
        return Err(unknown("none was found".to_owned()));
    }
    let may_be_asked = |address: &SocketAddr| server.security != Security::Loopback || is_loopback(*address);
    let mut error = ConnectError::NotLoopback { host: host.clone() };
    for address in all.into_iter().filter(may_be_asked) {
        match within(server.connect_timeout, TcpStream::connect(address)).await {
            Ok(stream) => {
                // Commands are small, and their replies are awaited.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(reason) => error = ConnectError::Unreachable { address, reason },
        }
    }
    Err(error)
}

async fn within<T>(wait: Duration, work: impl Future<Output = io::Result<T>>) -> Result<T, String> {
    match timeout(wait, work).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("it took too long".to_owned()),
    }
}

fn is_loopback(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

/// TLS as a client that trusts the public authorities and these.
fn connector(roots: &Roots) -> Result<TlsConnector, rustls::Error> {
    let mut trusted = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for root in roots.iter() {
        trusted.add(root.clone())?;
    }
    // Given here and not installed for the process, where it would be state that everybody shares.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    client.resumption = rustls::client::Resumption::disabled();
    Ok(TlsConnector::from(Arc::new(client)))
}

fn lost(error: &io::Error) -> Lost {
    match error.kind() {
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof
        | io::ErrorKind::NotConnected => Lost::Closed,
        kind => Lost::Failed { kind, reason: error.to_string() },
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, room),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, room),
            Self::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
            Self::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Gone => Poll::Ready(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::new("sesame");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.reveal(), "sesame");
    }

    #[test]
    fn what_is_this_machine() {
        for (address, want) in [
            ("127.0.0.1:25", true),
            ("127.8.9.1:25", true),
            ("[::1]:25", true),
            ("[::ffff:127.0.0.1]:25", true),
            ("192.0.2.1:25", false),
            ("[2001:db8::1]:25", false),
            ("0.0.0.0:25", false),
        ] {
            assert_eq!(is_loopback(address.parse().unwrap()), want, "{address}");
        }
    }

    #[tokio::test]
    async fn another_machine_is_not_spoken_to_without_tls() {
        let server = MailServer::new("192.0.2.1", 25, Security::Loopback);
        let error = reach(&server).await.unwrap_err();
        assert_eq!(error, ConnectError::NotLoopback { host: "192.0.2.1".to_owned() });
    }
}
