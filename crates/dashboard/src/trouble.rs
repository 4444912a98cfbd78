//! Why there is no page.

use feedback::archive::ArchiveError;
use feedback::outbox::OutboxError;
use http::StatusCode;
use mailtext::Value;
use report::LedgerError;

/// Why a request is not answered as it was meant. Each is a sentence and a status.
#[derive(Clone, PartialEq, Debug)]
pub enum Trouble {
    /// There is nothing under this address.
    NotFound,
    /// Nobody is known to ask: log in.
    Unknown,
    /// Whoever asks may not.
    Forbidden,
    /// The form did not come from a page of ours, or that page is too old.
    Stale,
    /// The method is none that this address knows.
    Method,
    /// A parameter says nothing that can be understood.
    Parameter {
        /// Which.
        name: &'static str,
        /// What it says.
        value: String,
    },
    /// Something is larger than it may be.
    TooLarge,
    /// What is asked for is not kept here: no ledger, or no reports.
    NotKept {
        /// The sentence that says what, and how to keep it.
        sentence: &'static str,
    },
    /// It could not be done; a sentence of the crate that says why, with its arguments.
    Failed {
        /// The sentence.
        sentence: &'static str,
        /// Its arguments.
        arguments: Vec<(&'static str, Value)>,
    },
    /// A store does not answer, in its own words.
    Store(String),
}

impl Trouble {
    /// What is asked for needs the daemon, and it is not here.
    #[must_use]
    pub fn not_here() -> Self {
        Self::Failed { sentence: "page-not-here", arguments: Vec::new() }
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::NotKept { .. } => StatusCode::NOT_FOUND,
            Self::Unknown => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::Stale => StatusCode::FORBIDDEN,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Parameter { .. } => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Failed { .. } => StatusCode::CONFLICT,
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The sentence, with its arguments.
    #[must_use]
    pub fn sentence(&self) -> (&'static str, Vec<(&'static str, Value)>) {
        match self {
            Self::NotFound => ("page-not-found", Vec::new()),
            Self::Unknown => ("page-unknown", Vec::new()),
            Self::Forbidden => ("page-forbidden", Vec::new()),
            Self::Stale => ("page-stale", Vec::new()),
            Self::Method => ("page-method", Vec::new()),
            Self::Parameter { name, value } => {
                ("page-parameter", vec![("name", (*name).into()), ("value", value.as_str().into())])
            }
            Self::TooLarge => ("page-too-large", Vec::new()),
            Self::NotKept { sentence } => (sentence, Vec::new()),
            Self::Failed { sentence, arguments } => (sentence, arguments.clone()),
            Self::Store(words) => ("page-store-failed", vec![("words", words.as_str().into())]),
        }
    }

    /// The word for programs.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Unknown => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Stale => "stale_form",
            Self::Method => "method_not_allowed",
            Self::Parameter { .. } => "bad_parameter",
            Self::TooLarge => "too_large",
            Self::NotKept { .. } => "not_kept",
            Self::Failed { .. } => "failed",
            Self::Store(_) => "store_failed",
        }
    }
}

impl From<ArchiveError> for Trouble {
    fn from(error: ArchiveError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<people::RegistryError> for Trouble {
    fn from(error: people::RegistryError) -> Self {
        use people::RegistryError as E;
        let sentence = match error {
            E::Conflict => "page-people-conflict",
            E::NotFound => "page-people-not-found",
            E::LastKeeper => "page-people-last-admin",
            E::Taken => "page-people-taken",
            E::TooMany { .. } => "page-people-too-many",
            E::TooLong { .. } => "page-people-too-long",
            E::Settled => "page-people-settled",
            other => return Self::Store(other.to_string()),
        };
        Self::Failed { sentence, arguments: Vec::new() }
    }
}

impl From<LedgerError> for Trouble {
    fn from(error: LedgerError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<OutboxError> for Trouble {
    fn from(error: OutboxError) -> Self {
        Self::Store(error.to_string())
    }
}
