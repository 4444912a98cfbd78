//! Somebody who may come in.

use mailtext::Domain;

use crate::grant::{self, Grant, Role, Scope};
use crate::name::Name;
use crate::password::PasswordHash;

/// Somebody who may come in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// The name.
    pub name: Name,
    /// Which writing of this person it is: 0 for one that is not kept yet; the store counts up. Who writes one that was
    /// read before somebody else wrote is told so.
    pub version: u64,
    /// The password; `None` where there is none, and another way in is wanted.
    pub password: Option<PasswordHash>,
    /// What the person may do.
    pub grants: Vec<Grant>,
    /// Whether nothing lets the person in any more.
    pub is_disabled: bool,
    /// In which language; `None` asks the browser.
    pub language: Option<Language>,
    /// In which time zone, by its name (`Asia/Tokyo`); `None` is the server's.
    pub zone: Option<Box<str>>,
    /// In which colours.
    pub theme: Theme,
    /// Since when there is this person, in seconds since 1970.
    pub made_s: u64,
    /// Who it is for a provider of OpenID Connect.
    pub subject: Option<Subject>,
}

/// A language of the house.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Language {
    /// `ja`
    Japanese,
    /// `en`
    English,
}

/// In which colours pages are shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// Who somebody is for a provider of OpenID Connect: `iss` and `sub` together are one person, for ever.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Subject {
    /// `iss`.
    pub issuer: Box<str>,
    /// `sub`.
    pub subject: Box<str>,
}

impl Person {
    /// Somebody new, who may nothing yet.
    #[must_use]
    pub const fn new(name: Name, made_s: u64) -> Self {
        Self {
            name,
            version: 0,
            password: None,
            grants: Vec::new(),
            is_disabled: false,
            language: None,
            zone: None,
            theme: Theme::Auto,
            made_s,
            subject: None,
        }
    }

    /// Whether the person may act in a role with a domain; `None` is what belongs to no
    /// domain, such as settings and people. Who is disabled may nothing.
    #[must_use]
    pub fn may(&self, role: Role, domain: Option<&Domain>) -> bool {
        !self.is_disabled && grant::let_act(&self.grants, role, domain)
    }

    /// Whether the person may act in a role with anything at all.
    #[must_use]
    pub fn may_anywhere(&self, role: Role) -> bool {
        !self.domains(role).is_empty()
    }

    /// With which domains the person may act in a role.
    #[must_use]
    pub fn domains(&self, role: Role) -> Scope {
        if self.is_disabled { Scope::Domains(Vec::new()) } else { grant::scope(&self.grants, role) }
    }

    /// Whether this is an admin of everything who can come in: there must always be one.
    #[must_use]
    pub fn is_keeper(&self) -> bool {
        self.may(Role::Admin, None) && (self.password.is_some() || self.subject.is_some())
    }
}

impl Language {
    /// `ja` or `en`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::English => "en",
        }
    }

    /// The language of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Japanese, Self::English].into_iter().find(|language| language.word() == word)
    }
}

impl Theme {
    /// `auto`, `light` or `dark`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark].into_iter().find(|theme| theme.word() == word)
    }
}
