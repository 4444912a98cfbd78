//! The name that somebody signs in with.

use std::fmt;
use std::sync::Arc;

use icu_normalizer::ComposingNormalizerBorrowed;
use thiserror::Error;

use crate::limits::NAME_BYTES_MAX;

/// A name in the one form in which names are compared and kept: composed (NFC) and in lower case; letters and digits of
/// any script, and `.`, `_`, `-`, `+` and `@` within. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

/// Why a text is no name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum NameError {
    /// Nothing there.
    #[error("a name is not empty")]
    Empty,
    /// Longer than [`NAME_BYTES_MAX`].
    #[error("a name has at most {NAME_BYTES_MAX} bytes")]
    TooLong,
    /// A character that no name may hold: a space, a control, a mark that stands alone, other punctuation.
    #[error("a name holds letters, digits, and . _ - + @")]
    Character(char),
    /// It begins with something that is neither letter nor digit: an option of the command line, a hidden file.
    #[error("a name begins with a letter or a digit")]
    Start,
}

impl Name {
    /// Reads a name as a person writes it.
    ///
    /// # Errors
    /// Names the first rule broken.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > NAME_BYTES_MAX {
            return Err(NameError::TooLong);
        }
        let lower = text.to_lowercase();
        let name = ComposingNormalizerBorrowed::new_nfc().normalize(&lower);
        // Marks that found no letter to be composed with are no letters themselves: one look, one name.
        if let Some(other) = name.chars().find(|one| !one.is_alphanumeric() && !"._-+@".contains(*one)) {
            return Err(NameError::Character(other));
        }
        if !name.starts_with(char::is_alphanumeric) {
            return Err(NameError::Start);
        }
        if name.len() > NAME_BYTES_MAX {
            return Err(NameError::TooLong);
        }
        Ok(Self(name.as_ref().into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Name({})", self.0)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
