//! What every store of people obeys, so that all of them mean the same: which changes are allowed, and what they bring.

use crate::grant::{Grant, Scope};
use crate::limits::{
    GRANT_COUNT_MAX, GRANT_DOMAIN_COUNT_MAX, LABEL_BYTES_MAX, PERSON_COUNT_MAX, SUBJECT_BYTES_MAX, TOKEN_COUNT_MAX,
    ZONE_BYTES_MAX,
};
use crate::name::Name;
use crate::person::Person;
use crate::registry::RegistryError;
use crate::token::Token;

/// Whether somebody may be kept beside those who are there; the version that the person gets.
///
/// # Errors
/// Names the first rule broken.
pub fn put(people: &[Person], person: &Person) -> Result<u64, RegistryError> {
    within_limits(person)?;
    let before = people.iter().find(|other| other.name == person.name);
    match before {
        None if person.version != 0 => return Err(RegistryError::NotFound),
        None if people.len() >= PERSON_COUNT_MAX => return Err(RegistryError::TooMany { limit: PERSON_COUNT_MAX }),
        Some(_) if person.version == 0 => return Err(RegistryError::Taken),
        Some(before) if before.version != person.version => return Err(RegistryError::Conflict),
        _ => {}
    }
    let others = || people.iter().filter(|other| other.name != person.name);
    if person.subject.is_some() && others().any(|other| other.subject == person.subject) {
        return Err(RegistryError::Taken);
    }
    let loses_a_keeper = before.is_some_and(Person::is_keeper) && !person.is_keeper();
    if loses_a_keeper && !others().any(Person::is_keeper) {
        return Err(RegistryError::LastKeeper);
    }
    Ok(person.version.saturating_add(1))
}

/// Whether somebody may be forgotten.
///
/// # Errors
/// There is nobody of that name, or another version, or nobody else who may do everything.
pub fn remove(people: &[Person], name: &Name, version: u64) -> Result<(), RegistryError> {
    let person = people.iter().find(|person| person.name == *name).ok_or(RegistryError::NotFound)?;
    if person.version != version {
        return Err(RegistryError::Conflict);
    }
    let mut others = people.iter().filter(|other| other.name != *name);
    if person.is_keeper() && !others.any(Person::is_keeper) { Err(RegistryError::LastKeeper) } else { Ok(()) }
}

/// Whether the sessions of somebody end with a change: whoever came in by what is no longer good goes out.
#[must_use]
pub fn ends_sessions(before: &Person, after: &Person) -> bool {
    let loses_subject = before.subject.is_some() && before.subject != after.subject;
    after.is_disabled || before.password != after.password || loses_subject
}

/// Whether somebody may have another token.
///
/// # Errors
/// Too many, or a text that is too long.
pub fn put_token(count: usize, token: &Token) -> Result<(), RegistryError> {
    grants_within_limits(&token.grants)?;
    if token.label.len() > LABEL_BYTES_MAX {
        return Err(RegistryError::TooLong { what: "the label" });
    }
    if count >= TOKEN_COUNT_MAX { Err(RegistryError::TooMany { limit: TOKEN_COUNT_MAX }) } else { Ok(()) }
}

fn within_limits(person: &Person) -> Result<(), RegistryError> {
    grants_within_limits(&person.grants)?;
    let is_long = person
        .subject
        .as_ref()
        .is_some_and(|subject| subject.issuer.len() > SUBJECT_BYTES_MAX || subject.subject.len() > SUBJECT_BYTES_MAX);
    if is_long {
        return Err(RegistryError::TooLong { what: "the identity at the provider" });
    }
    if person.zone.as_ref().is_some_and(|zone| zone.len() > ZONE_BYTES_MAX) {
        return Err(RegistryError::TooLong { what: "the time zone" });
    }
    Ok(())
}

fn grants_within_limits(grants: &[Grant]) -> Result<(), RegistryError> {
    if grants.len() > GRANT_COUNT_MAX {
        return Err(RegistryError::TooMany { limit: GRANT_COUNT_MAX });
    }
    let is_long = |grant: &Grant| match &grant.domains {
        Scope::All => false,
        Scope::Domains(domains) => domains.len() > GRANT_DOMAIN_COUNT_MAX,
    };
    if grants.iter().any(is_long) {
        return Err(RegistryError::TooMany { limit: GRANT_DOMAIN_COUNT_MAX });
    }
    Ok(())
}
