//! What somebody may do here for what a provider says of them.

use super::token::Claims;
use crate::grant::{Grant, Scope};
use crate::limits::GRANT_COUNT_MAX;

/// Groups at the provider, and what each may do here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping {
    /// The claim that names the groups of somebody.
    pub claim: Box<str>,
    /// A group, and what it may do.
    pub grants: Vec<(Box<str>, Grant)>,
}

impl Mapping {
    /// What somebody may do: the sum over their groups. `None` where no group means anything, and what is granted here
    /// counts.
    #[must_use]
    pub fn granted(&self, claims: &Claims) -> Option<Vec<Grant>> {
        if self.grants.is_empty() {
            return None;
        }
        let groups = claims.texts(&self.claim);
        let mut granted: Vec<Grant> = Vec::new();
        for (_, grant) in self.grants.iter().filter(|(group, _)| groups.contains(&&**group)) {
            match granted.iter_mut().find(|other| other.role == grant.role) {
                Some(other) => other.domains = sum(&other.domains, &grant.domains),
                None => granted.push(grant.clone()),
            }
        }
        granted.truncate(GRANT_COUNT_MAX);
        Some(granted)
    }
}

fn sum(one: &Scope, other: &Scope) -> Scope {
    match (one, other) {
        (Scope::Domains(one), Scope::Domains(other)) => Scope::of([one.as_slice(), other.as_slice()].concat()),
        _ => Scope::All,
    }
}
