//! Documents from the web, asked for the same way as DNS: a [`Request`], what was [`Fetched`], and the trait [`Fetch`].
//!
//! Policies and certificates of mail are published over HTTPS alone, so a request cannot name anything else. Where a
//! connection goes, which addresses are refused and how long one waits is decided in `net`.
//!
//! [`Shelf`] is what [`crate::Zone`] is for DNS. Wrappers: [`FetchMemo`], [`crate::budget::FetchBudget`],
//! [`crate::chaos::FetchChaos`]; [`crate::tape`] records and plays documents too. [`Both`] is one door to DNS and web.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::Lookup;
use crate::answer::Answer;
use crate::keeper::Keeper;
use crate::question::Question;

pub(crate) mod lines;
mod memo;
mod shelf;
mod url;

pub use memo::FetchMemo;
pub use shelf::Shelf;
pub use url::{HttpsUrl, UrlFlaw};

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

/// A request without its cap: what a tape keeps a document under.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Target {
    /// From where.
    pub url: HttpsUrl,
    /// Whether redirections are followed.
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
    /// What came was not HTTP, or its header is longer than any is.
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

/// One for DNS and one for documents, as one: a tape around it records both.
#[derive(Clone, Copy, Debug, Default)]
pub struct Both<L, F> {
    /// Whom questions go to.
    pub lookup: L,
    /// Whom requests go to.
    pub fetch: F,
}

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

impl<L: Lookup, F> Lookup for Both<L, F> {
    fn ask(&self, question: Question) -> impl Future<Output = Answer> + Send {
        self.lookup.ask(question)
    }

    fn ask_ref(&self, question: &Question) -> impl Future<Output = Answer> + Send {
        self.lookup.ask_ref(question)
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        self.lookup.keeper()
    }
}

impl<L, F: Fetch> Fetch for Both<L, F> {
    fn fetch(&self, request: Request) -> impl Future<Output = Fetched> + Send {
        self.fetch.fetch(request)
    }
}

impl Request {
    /// The request without its cap.
    #[must_use]
    pub fn target(&self) -> Target {
        Target { url: self.url.clone(), redirects: self.redirects }
    }
}

impl Fetched {
    /// A document of these bytes.
    #[must_use]
    pub fn document(bytes: impl Into<Box<[u8]>>, content_type: Option<&str>) -> Self {
        let content_type = content_type.map(str::to_owned);
        Self::Document(Arc::new(Document { bytes: bytes.into(), content_type }))
    }

    /// A word for what came, stable: `document`, `status` or the failure's.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Document(_) => "document",
            Self::Status(_) => "status",
            Self::Failed(failure) => failure.word(),
        }
    }

    /// The bytes of the document, its type included; 0 when there is none.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        match self {
            Self::Document(document) => document.bytes.len() + document.content_type.as_ref().map_or(0, String::len),
            Self::Status(_) | Self::Failed(_) => 0,
        }
    }

    /// The same for one who takes at most `bytes_max` bytes.
    #[must_use]
    pub fn within(self, bytes_max: usize) -> Self {
        match self {
            Self::Document(document) if document.bytes.len() > bytes_max => Self::Failed(FetchFailure::TooLarge),
            other => other,
        }
    }
}

impl FetchFailure {
    /// All failures.
    pub const ALL: [Self; 11] = [
        Self::Timeout,
        Self::NoAddress,
        Self::PrivateAddress,
        Self::Unreachable,
        Self::Tls,
        Self::TooLarge,
        Self::Redirect,
        Self::Malformed,
        Self::Budget,
        Self::NotOnTape,
        Self::Disabled,
    ];

    /// A stable word for it, as tapes write it: the end of its [id](Self::id).
    #[must_use]
    pub fn word(self) -> &'static str {
        self.id().strip_prefix("fetch-").unwrap_or_default()
    }

    /// The id of the phrase that tells it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Timeout => "fetch-timeout",
            Self::NoAddress => "fetch-no-address",
            Self::PrivateAddress => "fetch-private-address",
            Self::Unreachable => "fetch-unreachable",
            Self::Tls => "fetch-tls",
            Self::TooLarge => "fetch-too-large",
            Self::Redirect => "fetch-redirect",
            Self::Malformed => "fetch-malformed",
            Self::Budget => "fetch-budget",
            Self::NotOnTape => "fetch-not-on-tape",
            Self::Disabled => "fetch-disabled",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.word() == word)
    }
}

impl fmt::Display for FetchFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}
