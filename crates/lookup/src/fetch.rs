//! Documents from the web, asked for the same way as DNS: a [`Request`], what was [`Fetched`], and the trait [`Fetch`].
//!
//! Policies and certificates of mail are published over HTTPS alone, so a request cannot name anything else. Where a
//! connection goes, which addresses are refused and how long one waits is decided in `net`.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use mailtext::Domain;
use url::{Host, Url};

use crate::limits::URL_BYTES_MAX;

/// An address on the web that may be asked: `https`, a host by name, no user and no password.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct HttpsUrl {
    url: Url,
    host: Domain,
}

/// Why a text is not such an address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UrlFlaw {
    /// Longer than [`URL_BYTES_MAX`].
    TooLong,
    /// Not a URL.
    Syntax,
    /// Another scheme than `https`.
    Scheme,
    /// The host is an address, or no domain name.
    Host,
    /// It holds a user or a password.
    Credentials,
}

/// What to fetch.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Request {
    /// From where.
    pub url: HttpsUrl,
    /// Most bytes that are taken of the body, as it is sent; a longer one is [`FetchFailure::TooLarge`].
    pub bytes_max: usize,
    /// Whether redirections are followed; never away from `https`.
    pub redirects: Redirects,
}

/// Whether redirections are followed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Redirects {
    /// A redirection is a failure (RFC 8461 §3.3).
    Refuse,
    /// A few are followed, each to a URL that could have been asked for itself.
    Follow,
}

/// What came of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fetched {
    /// A document, with status 200.
    Document(Arc<Document>),
    /// The server answered with another status.
    Status(u16),
    /// Nothing could be had.
    Failed(FetchFailure),
}

/// A document as it was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    /// The body.
    pub bytes: Box<[u8]>,
    /// The value of Content-Type.
    pub content_type: Option<String>,
}

/// Why nothing could be had.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FetchFailure {
    /// Not in time.
    Timeout,
    /// The host has no address, or DNS failed.
    NoAddress,
    /// The host's addresses are private, of the loopback, or reserved for another purpose.
    PrivateAddress,
    /// No connection, or it broke.
    Unreachable,
    /// The certificate does not hold, or TLS failed.
    Tls,
    /// More bytes than were asked for.
    TooLarge,
    /// A redirection that is not followed, or too many of them.
    Redirect,
    /// What came was not HTTP.
    Malformed,
    /// The budget of requests or time is used up.
    Budget,
    /// A replay was asked for something that its tape does not hold.
    NotOnTape,
    /// Nothing is fetched here.
    Disabled,
}

/// Whoever can fetch documents. As with [`crate::Lookup`], that nothing came is an answer.
pub trait Fetch {
    /// Fetches. The future may be dropped at any time.
    fn fetch(&self, request: Request) -> impl Future<Output = Fetched> + Send;
}

/// Fetches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disabled;

impl Fetch for Disabled {
    async fn fetch(&self, _: Request) -> Fetched {
        Fetched::Failed(FetchFailure::Disabled)
    }
}

impl<F: Fetch + Sync> Fetch for &F {
    fn fetch(&self, request: Request) -> impl Future<Output = Fetched> + Send {
        (**self).fetch(request)
    }
}

impl<F: Fetch + Sync + Send> Fetch for Arc<F> {
    fn fetch(&self, request: Request) -> impl Future<Output = Fetched> + Send {
        (**self).fetch(request)
    }
}

impl HttpsUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// Names why it may not be asked.
    pub fn parse(text: &str) -> Result<Self, UrlFlaw> {
        if text.len() > URL_BYTES_MAX {
            return Err(UrlFlaw::TooLong);
        }
        let url = Url::parse(text).map_err(|_| UrlFlaw::Syntax)?;
        if url.scheme() != "https" {
            return Err(UrlFlaw::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlFlaw::Credentials);
        }
        let host = match url.host() {
            Some(Host::Domain(name)) => Domain::parse(name).map_err(|_| UrlFlaw::Host)?,
            _ => return Err(UrlFlaw::Host),
        };
        Ok(Self { url, host })
    }

    /// Another URL as seen from this one: the target of a redirection.
    ///
    /// # Errors
    /// Names why it may not be asked.
    pub fn join(&self, text: &str) -> Result<Self, UrlFlaw> {
        let url = self.url.join(text).map_err(|_| UrlFlaw::Syntax)?;
        Self::parse(url.as_str())
    }

    /// The whole URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &Domain {
        &self.host
    }

    /// The port, 443 unless it says another.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.url.port().unwrap_or(443)
    }

    /// Path and query, as a request line has them.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        &self.url[url::Position::BeforePath..url::Position::AfterQuery]
    }
}

impl fmt::Display for HttpsUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
