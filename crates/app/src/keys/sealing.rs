//! Private keys at rest: as they are, readable by their owner alone, or encrypted besides, in the format of age.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use age::x25519::Identity;

use super::store;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::KEY_FILE_BYTES_MAX;

/// How private keys lie on the disk.
pub(super) enum Sealing {
    /// As PEM.
    Open,
    /// Encrypted to this identity.
    Sealed(Box<Identity>),
}

impl Sealing {
    /// Reads the identity, where there is one.
    ///
    /// # Errors
    /// The file cannot be read, others can read it, or it holds no identity.
    pub(super) fn open(identity_file: Option<&Path>) -> Result<Self, Failure> {
        let Some(file) = identity_file else { return Ok(Self::Open) };
        let text = secret_text(file)?;
        let identity =
            text.lines().find(|line| line.starts_with(IDENTITY_START)).and_then(|line| line.trim().parse().ok());
        identity.map(|identity| Self::Sealed(Box::new(identity))).ok_or_else(|| {
            let failure = Failure::new(ExitCode::Configuration, "keys-secret-unusable");
            failure.with("file", file.display().to_string()).with("reason", IDENTITY_START)
        })
    }

    /// What is written of a key, and how the file's name ends.
    ///
    /// # Errors
    /// It cannot be encrypted.
    pub(super) fn seal(&self, pem: &str) -> Result<(Vec<u8>, &'static str), &'static str> {
        match self {
            Self::Open => Ok((pem.as_bytes().to_vec(), OPEN_SUFFIX)),
            Self::Sealed(identity) => {
                let sealed = age::encrypt(&identity.to_public(), pem.as_bytes());
                let sealed = sealed.map_err(|_| "it cannot be encrypted")?;
                Ok((sealed, SEALED_SUFFIX))
            }
        }
    }

    /// The key of what was written.
    ///
    /// # Errors
    /// It cannot be decrypted.
    pub(super) fn unseal(&self, bytes: &[u8], suffix: &str) -> Result<String, &'static str> {
        let bytes = match (self, suffix) {
            (_, OPEN_SUFFIX) => bytes.to_vec(),
            (Self::Sealed(identity), _) => {
                age::decrypt(identity.as_ref(), bytes).map_err(|_| "it is not encrypted to the identity_file")?
            }
            (Self::Open, _) => return Err("it is encrypted, and there is no identity_file"),
        };
        String::from_utf8(bytes).map_err(|_| "it is not a text")
    }
}

/// A file that holds a secret, which its owner alone may read.
pub(super) fn secret_text(file: &Path) -> Result<String, Failure> {
    let failed = |error: std::io::Error| {
        let failure = Failure::new(ExitCode::Configuration, "keys-secret-unusable");
        failure.with("file", file.display().to_string()).with("reason", error.to_string())
    };
    let opened = fs::File::open(file).map_err(failed)?;
    store::check_owner(file, &opened)?;
    let mut text = String::new();
    opened.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// How the line begins that holds the identity.
const IDENTITY_START: &str = "AGE-SECRET-KEY-1";
/// The end of the name of a key that lies open.
pub(super) const OPEN_SUFFIX: &str = "pem";
/// The end of the name of a key that is encrypted.
pub(super) const SEALED_SUFFIX: &str = "pem.age";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_opened_by_its_identity_alone() {
        let [ours, other] = [(); 2].map(|()| Sealing::Sealed(Box::new(Identity::generate())));
        let (sealed, suffix) = ours.seal("a secret").unwrap();
        assert_eq!(suffix, SEALED_SUFFIX);
        assert_eq!(ours.unseal(&sealed, suffix).as_deref(), Ok("a secret"));
        assert!(other.unseal(&sealed, suffix).is_err());
        assert!(Sealing::Open.unseal(&sealed, suffix).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(ours.unseal(&changed, suffix).is_err(), "byte {at}");
            assert!(ours.unseal(&sealed[..at], suffix).is_err(), "cut at {at}");
        }
    }
}
