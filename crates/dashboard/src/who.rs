//! Who asks, and what they may see and do.

use mailtext::Domain;
use words::Language;

/// What somebody may do. Each may do what those before it may.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Logs in.
    Nobody,
    /// Sees everything but the failure reports, in which mail of others stands.
    Viewer,
    /// Marks senders, tries reports again, sends them now, sees failure reports.
    Operator,
    /// Settings, people, the log.
    Admin,
}

/// Of which domains.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Of all.
    All,
    /// Of these, with what lies below them.
    Domains(Vec<Domain>),
}

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Who {
    /// The name; empty for a guest.
    pub name: Box<str>,
    /// What they may do, and where.
    pub role: Role,
    /// Of which domains.
    pub scope: Scope,
    /// What every form of theirs has to carry; empty where nothing that a browser sends by itself vouches for them.
    pub csrf: Box<str>,
    /// Whether a browser may have sent the request without them: not with a token of a program.
    pub is_by_browser: bool,
    /// The language that they chose.
    pub language: Option<Language>,
    /// The name of the zone in which they live; `None` is UTC.
    pub zone: Option<Box<str>>,
    /// The theme that they chose: `light`, `dark`; `None` is the browser's.
    pub theme: Option<Box<str>>,
}

impl Scope {
    /// Whether a domain is one of them.
    #[must_use]
    pub fn covers(&self, domain: &Domain) -> bool {
        match self {
            Self::All => true,
            Self::Domains(domains) => domains.iter().any(|own| domain == own || domain.is_within(own)),
        }
    }

    /// The same, for a domain as a store tells it; what is no domain belongs to those who see all.
    #[must_use]
    pub fn covers_text(&self, domain: &str) -> bool {
        *self == Self::All || Domain::parse(domain).is_ok_and(|domain| self.covers(&domain))
    }
}

impl Who {
    /// Somebody whom nobody named, with this role everywhere.
    #[must_use]
    pub fn guest(role: Role) -> Self {
        Self {
            name: "".into(),
            role,
            scope: Scope::All,
            csrf: "".into(),
            is_by_browser: true,
            language: None,
            zone: None,
            theme: None,
        }
    }

    /// Nobody that is known.
    #[must_use]
    pub fn nobody() -> Self {
        Self::guest(Role::Nobody)
    }

    /// Whether they have logged in.
    #[must_use]
    pub fn is_named(&self) -> bool {
        !self.name.is_empty()
    }
}

impl Role {
    /// The word: `viewer`, `operator`, `admin`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}
