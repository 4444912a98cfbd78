//! A token: what a program comes in with.

use mailtext::Domain;

use crate::grant::{Grant, Role, Scope, let_act, scope};
use crate::limits::TOKEN_S_MAX;
use crate::log::clipped;
use crate::name::Name;
use crate::person::Person;
use crate::secret::{Digest, Secret};

/// What every token begins with, so that whoever finds one knows what it is.
pub const TOKEN_PREFIX: &str = "sekisho_";

/// A token of the API.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// Of the secret.
    pub digest: Digest,
    /// What it is called in lists and on the command line: 12 hexadecimal digits of the digest.
    pub id: Box<str>,
    /// Whose.
    pub name: Name,
    /// What for, in the person's words.
    pub label: Box<str>,
    /// What it may do, as far as the person may at that moment.
    pub grants: Vec<Grant>,
    /// Since when, in seconds since 1970.
    pub made_s: u64,
    /// Until when, in seconds since 1970.
    pub ends_s: u64,
    /// When it was last used, in seconds since 1970; up to [`crate::limits::SESSION_TOUCH_S`] behind.
    pub used_s: Option<u64>,
}

impl Token {
    /// A new token; [`text`] makes what is handed out of the secret. It ends after at most [`TOKEN_S_MAX`].
    #[must_use]
    pub fn new(secret: &Secret, name: Name, label: &str, grants: Vec<Grant>, (made_s, ends_s): (u64, u64)) -> Self {
        let digest = secret.digest();
        Self {
            digest,
            id: digest.to_hex().chars().take(ID_DIGIT_COUNT).collect::<String>().into(),
            name,
            label: clipped(label, crate::limits::LABEL_BYTES_MAX).into(),
            grants,
            made_s,
            ends_s: ends_s.min(made_s.saturating_add(TOKEN_S_MAX)),
            used_s: None,
        }
    }

    /// Whether it is good at a time.
    #[must_use]
    pub const fn is_live(&self, now_s: u64) -> bool {
        now_s < self.ends_s
    }

    /// Whether its use should be written down.
    #[must_use]
    pub fn wants_touch(&self, now_s: u64) -> bool {
        self.used_s.is_none_or(|used_s| now_s >= used_s.saturating_add(crate::limits::SESSION_TOUCH_S))
    }

    /// Whether it may act in a role with a domain (`None`: with what belongs to none): both it and the person must.
    #[must_use]
    pub fn may(&self, person: &Person, role: Role, domain: Option<&Domain>) -> bool {
        person.name == self.name && person.may(role, domain) && let_act(&self.grants, role, domain)
    }

    /// With which domains it may act in a role.
    #[must_use]
    pub fn domains(&self, person: &Person, role: Role) -> Scope {
        if person.name != self.name {
            return Scope::Domains(Vec::new());
        }
        person.domains(role).meet(&scope(&self.grants, role))
    }

    /// The person as the token lets them act: with the grants that both have. For those who only know people.
    #[must_use]
    pub fn bearer(&self, person: &Person) -> Person {
        let grants = Role::ALL.into_iter().map(|role| Grant { role, domains: self.domains(person, role) });
        Person { grants: grants.filter(|grant| !grant.domains.is_empty()).collect(), ..person.clone() }
    }
}

/// The text of a token, as it is handed out.
#[must_use]
pub fn text(secret: &Secret) -> String {
    format!("{TOKEN_PREFIX}{}", secret.to_text())
}

/// Reads the text of a token.
#[must_use]
pub fn parse(text: &str) -> Option<Secret> {
    text.strip_prefix(TOKEN_PREFIX).and_then(Secret::parse)
}

const ID_DIGIT_COUNT: usize = 12;
