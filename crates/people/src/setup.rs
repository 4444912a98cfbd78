//! The first run: who holds this token becomes the first admin.

use crate::limits::SETUP_S;
use crate::secret::{Digest, Secret};

/// A token for the first run, good once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setup {
    /// Of the secret; [`Secret::to_text`] is what is printed.
    pub digest: Digest,
    /// Since when, in seconds since 1970.
    pub made_s: u64,
    /// Until when, in seconds since 1970.
    pub ends_s: u64,
}

/// What became of a token for the first run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetupUse {
    /// The person is there, with this version; the token is gone.
    Done {
        /// [`crate::Person::version`].
        version: u64,
    },
    /// There is none like this: another, or used.
    Unknown,
    /// It has ended.
    Late,
    /// There is an admin already.
    Settled,
}

impl Setup {
    /// A token that begins now.
    #[must_use]
    pub fn new(secret: &Secret, now_s: u64) -> Self {
        Self { digest: secret.digest(), made_s: now_s, ends_s: now_s.saturating_add(SETUP_S) }
    }
}

/// Whether a token lets somebody make the first run: what stores ask.
///
/// # Errors
/// What became of it instead.
pub fn judge(kept: Option<&Setup>, digest: &Digest, has_keeper: bool, now_s: u64) -> Result<(), SetupUse> {
    match kept {
        _ if has_keeper => Err(SetupUse::Settled),
        Some(setup) if setup.digest != *digest => Err(SetupUse::Unknown),
        Some(setup) if now_s >= setup.ends_s => Err(SetupUse::Late),
        Some(_) => Ok(()),
        None => Err(SetupUse::Unknown),
    }
}
