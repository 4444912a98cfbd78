//! Who asks, and what they may see and do.

use mailtext::Domain;
use people::grant::{self, Grant};
use people::session::Session;
use people::{Digest, Person};
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
    /// The most that they may do anywhere.
    pub role: Role,
    /// What they may do, and where.
    pub grants: Vec<Grant>,
    /// The session in which they are.
    pub session: Option<Digest>,
    /// Of which domains, for what is asked for now.
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
            grants: Vec::new(),
            session: None,
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

    /// A person of the registry.
    #[must_use]
    pub fn of(person: &Person) -> Self {
        let role = person.grants.iter().map(|grant| Role::of(grant.role)).max();
        let language = person.language.map(|language| match language {
            people::Language::English => Language::English,
            people::Language::Japanese => Language::Japanese,
        });
        let theme = match person.theme {
            people::Theme::Auto => None,
            theme => Some(theme.word().into()),
        };
        Self {
            name: person.name.as_str().into(),
            grants: person.grants.clone(),
            language,
            zone: person.zone.clone(),
            theme,
            ..Self::guest(role.unwrap_or(Role::Nobody))
        }
    }

    /// The same in a session of a browser.
    #[must_use]
    pub fn within(self, session: &Session) -> Self {
        let csrf = data_encoding::BASE64URL_NOPAD.encode(session.csrf.bytes());
        Self { session: Some(session.digest), csrf: csrf.into(), ..self }
    }

    /// The same before something that needs a role: of the domains for which they have it.
    #[must_use]
    pub fn before(mut self, needs: Role) -> Self {
        if let (true, Some(role)) = (self.is_named(), needs.granted()) {
            self.scope = match grant::scope(&self.grants, role) {
                people::Scope::All => Scope::All,
                people::Scope::Domains(domains) => Scope::Domains(domains),
            };
        }
        self
    }

    /// Whether they have logged in.
    #[must_use]
    pub fn is_named(&self) -> bool {
        !self.name.is_empty()
    }
}

impl Role {
    /// The role of a grant.
    #[must_use]
    pub fn of(granted: people::Role) -> Self {
        match granted {
            people::Role::Viewer => Self::Viewer,
            people::Role::Operator => Self::Operator,
            people::Role::Admin => Self::Admin,
        }
    }

    /// The role that is granted; who is nobody was granted nothing.
    #[must_use]
    pub fn granted(self) -> Option<people::Role> {
        match self {
            Self::Nobody => None,
            Self::Viewer => Some(people::Role::Viewer),
            Self::Operator => Some(people::Role::Operator),
            Self::Admin => Some(people::Role::Admin),
        }
    }

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
