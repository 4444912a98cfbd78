//! What goes wrong with people, as failures of the verb; and texts of the command line as values.

use std::path::Path;

use people::limits::{
    GRANT_COUNT_MAX, GRANT_DOMAIN_COUNT_MAX, NAME_BYTES_MAX, PASSWORD_BYTES_MAX, PASSWORD_CHARACTER_COUNT_MIN,
};
use people::{Grant, GrantError, Name, NameError, PasswordError, RegistryError};

use crate::exit::ExitCode;
use crate::failure::Failure;

/// A name of the command line.
///
/// # Errors
/// It is none.
pub(super) fn name(text: &str) -> Result<Name, Failure> {
    Name::parse(text).map_err(|error| {
        let id = match error {
            NameError::Empty => "people-name-empty",
            NameError::TooLong => "people-name-too-long",
            NameError::Character(_) => "people-name-character",
            NameError::Start => "people-name-start",
        };
        Failure::new(ExitCode::Usage, id).with("name", text).with("limit_bytes", NAME_BYTES_MAX as u64)
    })
}

/// Grants of the command line.
///
/// # Errors
/// One of them is none, or there are too many.
pub(super) fn grants(texts: &[String]) -> Result<Vec<Grant>, Failure> {
    if texts.len() > GRANT_COUNT_MAX {
        return Err(Failure::new(ExitCode::Usage, "people-too-many").with("limit", GRANT_COUNT_MAX as u64));
    }
    texts.iter().map(|text| grant(text)).collect()
}

fn grant(text: &str) -> Result<Grant, Failure> {
    let failure = |id| Failure::new(ExitCode::Usage, id).with("value", text);
    Grant::parse(text).map_err(|error| match error {
        GrantError::Role => failure("people-grant-role"),
        GrantError::Domain(domain) => failure("people-grant-domain").with("domain", &*domain),
        GrantError::TooManyDomains | GrantError::TooMany => {
            failure("people-too-many").with("limit", GRANT_DOMAIN_COUNT_MAX as u64)
        }
    })
}

/// A password that is not taken.
pub(super) fn password(error: PasswordError) -> Failure {
    let failure = |id| Failure::new(ExitCode::Input, id);
    match error {
        PasswordError::TooShort => {
            failure("people-password-too-short").with("limit", PASSWORD_CHARACTER_COUNT_MIN as u64)
        }
        PasswordError::TooLong => failure("people-password-too-long").with("limit_bytes", PASSWORD_BYTES_MAX as u64),
        PasswordError::Control => failure("people-password-control"),
        PasswordError::IsName => failure("people-password-is-name"),
        PasswordError::Common => failure("people-password-common"),
        PasswordError::Failed => Failure::new(ExitCode::Internal, "people-password-failed"),
    }
}

/// What the store of people said.
pub(super) fn registry(path: &Path, error: &RegistryError) -> Failure {
    let failure = |id| Failure::new(ExitCode::Input, id);
    match error {
        RegistryError::NotFound => failure("people-not-found"),
        RegistryError::LastKeeper => failure("people-last-admin"),
        RegistryError::Taken => failure("people-taken"),
        RegistryError::Settled => failure("people-settled"),
        RegistryError::TooMany { limit } => failure("people-too-many").with("limit", *limit as u64),
        RegistryError::TooLong { .. } => failure("people-too-long"),
        RegistryError::Conflict => Failure::new(ExitCode::Store, "people-conflict"),
        other => {
            let failure = Failure::new(ExitCode::Store, "people-unusable");
            failure.with("file", path.display().to_string()).with("reason", other.to_string())
        }
    }
}

/// Nobody has this name.
pub(super) fn nobody(name: &Name) -> Failure {
    Failure::new(ExitCode::Input, "people-nobody").with("name", name.as_str())
}
