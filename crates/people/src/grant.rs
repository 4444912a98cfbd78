//! What somebody may do, and with which domains.

use std::fmt;

use mailtext::Domain;
use thiserror::Error;

use crate::limits::{GRANT_COUNT_MAX, GRANT_DOMAIN_COUNT_MAX};

/// What somebody may do; each may what those before it may.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Role {
    /// See.
    Viewer,
    /// See, and decide about what reports show: approve and deny senders, send, import.
    Operator,
    /// Everything, people and settings too.
    Admin,
}

/// Which domains.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scope {
    /// All, and what belongs to none.
    All,
    /// These, and the names below them.
    Domains(Vec<Domain>),
}

/// A role for some domains. Its text is `ROLE` for all of them, or `ROLE:DOMAIN,DOMAIN`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// What.
    pub role: Role,
    /// With which domains.
    pub domains: Scope,
}

/// Why a text is no grant, or a list of them cannot be.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum GrantError {
    /// The word is no role.
    #[error("a role is viewer, operator or admin")]
    Role,
    /// What stands behind the colon is no list of domains.
    #[error("{0:?} is no domain name")]
    Domain(Box<str>),
    /// More than [`GRANT_DOMAIN_COUNT_MAX`] domains.
    #[error("a grant names at most {GRANT_DOMAIN_COUNT_MAX} domains")]
    TooManyDomains,
    /// More than [`GRANT_COUNT_MAX`] grants.
    #[error("at most {GRANT_COUNT_MAX} grants")]
    TooMany,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// The role of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

impl Scope {
    /// Whether a domain lies in it; `None` is what belongs to no domain, which lies in [`Scope::All`] alone.
    #[must_use]
    pub fn has(&self, domain: Option<&Domain>) -> bool {
        match (self, domain) {
            (Self::All, _) => true,
            (Self::Domains(_), None) => false,
            (Self::Domains(domains), Some(domain)) => domains.iter().any(|its| domain.is_within(its)),
        }
    }

    /// Whether a domain lies in it, by a name as a store tells it; what is no domain lies in [`Scope::All`] alone.
    #[must_use]
    pub fn has_name(&self, name: &str) -> bool {
        *self == Self::All || Domain::parse(name).is_ok_and(|domain| self.has(Some(&domain)))
    }

    /// Whether all of another lies in it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match other {
            Self::All => *self == Self::All,
            Self::Domains(domains) => domains.iter().all(|domain| self.has(Some(domain))),
        }
    }

    /// Whether nothing lies in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Domains(domains) if domains.is_empty())
    }

    /// What lies in both.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, both) | (both, Self::All) => both.clone(),
            (Self::Domains(ours), Self::Domains(theirs)) => {
                let below = |some: &[Domain], scope: &Self| -> Vec<Domain> {
                    some.iter().filter(|domain| scope.has(Some(domain))).cloned().collect()
                };
                let mut both = below(ours, other);
                both.extend(below(theirs, self));
                Self::of(both)
            }
        }
    }

    /// These domains, without those that others cover.
    #[must_use]
    pub fn of(mut domains: Vec<Domain>) -> Self {
        domains.sort_unstable();
        domains.dedup();
        let all = domains.clone();
        domains.retain(|domain| !all.iter().any(|other| other != domain && domain.is_within(other)));
        Self::Domains(domains)
    }
}

impl Grant {
    /// A role for all domains.
    #[must_use]
    pub const fn all(role: Role) -> Self {
        Self { role, domains: Scope::All }
    }

    /// Reads `ROLE` or `ROLE:DOMAIN,DOMAIN`.
    ///
    /// # Errors
    /// Names what it is not.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let (word, domains) = text.split_once(':').map_or((text, None), |(word, domains)| (word, Some(domains)));
        let role = Role::from_word(word.trim()).ok_or(GrantError::Role)?;
        let Some(domains) = domains else { return Ok(Self::all(role)) };
        let mut named = Vec::new();
        for name in domains.split(',').map(str::trim) {
            if named.len() >= GRANT_DOMAIN_COUNT_MAX {
                return Err(GrantError::TooManyDomains);
            }
            named.push(Domain::parse(name).map_err(|_| GrantError::Domain(name.into()))?);
        }
        Ok(Self { role, domains: Scope::of(named) })
    }

    /// Whether it lets somebody act in a role with a domain; `None` is what belongs to no domain.
    #[must_use]
    pub fn lets(&self, role: Role, domain: Option<&Domain>) -> bool {
        self.role >= role && self.domains.has(domain)
    }
}

/// Whether some grants let somebody act in a role with a domain; `None` is what belongs to no domain.
#[must_use]
pub fn let_act(grants: &[Grant], role: Role, domain: Option<&Domain>) -> bool {
    grants.iter().any(|grant| grant.lets(role, domain))
}

/// With which domains some grants let somebody act in a role.
#[must_use]
pub fn scope(grants: &[Grant], role: Role) -> Scope {
    let mut domains = Vec::new();
    for grant in grants.iter().filter(|grant| grant.role >= role) {
        match &grant.domains {
            Scope::All => return Scope::All,
            Scope::Domains(some) => domains.extend_from_slice(some),
        }
    }
    Scope::of(domains)
}

/// Whether some grants hold all that others do.
#[must_use]
pub fn cover(grants: &[Grant], others: &[Grant]) -> bool {
    others.iter().all(|other| scope(grants, other.role).covers(&other.domains))
}

/// Reads grants that [`print()`] wrote: one on each line.
///
/// # Errors
/// Names what the first bad line is not.
pub fn parse(text: &str) -> Result<Vec<Grant>, GrantError> {
    if text.lines().count() > GRANT_COUNT_MAX {
        return Err(GrantError::TooMany);
    }
    text.lines().map(Grant::parse).collect()
}

/// Writes grants, one on each line.
#[must_use]
pub fn print(grants: &[Grant]) -> String {
    grants.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.role)?;
        if let Scope::Domains(domains) = &self.domains {
            let names: Vec<&str> = domains.iter().map(Domain::as_str).collect();
            write!(out, ":{}", names.join(","))?;
        }
        Ok(())
    }
}
