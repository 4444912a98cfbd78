//! `key`: DKIM keys and their life. Keys are made and kept here, published where the configuration says, used by the daemon,
//! and led from stage to stage by the machine of [`outgoing::rotation`].
//!
//! Reading order: `store` (what is on the disk), `sealing` with `age`, and `generate`; `world` (name servers, as they are
//! asked and told), with `observe`, `publish`, `hook`, `sightings`; `pass` (one turn of everything); `verbs` and `show` (the
//! command line); `signing` and `schedule` (the daemon).

mod generate;
mod hook;
mod observe;
mod pass;
mod publish;
pub(crate) mod schedule;
mod sealing;
mod show;
pub(crate) mod sightings;
pub(crate) mod signing;
mod store;
mod verbs;
mod world;

#[cfg(test)]
mod tests;

use mailtext::{Explain, Value};

pub(crate) use generate::generate;
pub(crate) use verbs::{KeyArguments, run};

use crate::config::KeysConfig;
use crate::exit::ExitCode;
use crate::failure::Failure;

/// Whether the files that the configuration names are there and hold what they should.
///
/// # Errors
/// One of them does not.
pub(crate) fn check(config: &KeysConfig) -> Result<(), Failure> {
    let files = config.zones.iter().filter_map(|zone| zone.tsig_file.as_deref());
    files.map(publish::tsig_key).try_for_each(|key| key.map(drop))?;
    config.identity_file.iter().try_for_each(|file| sealing::secret_text(file).map(drop))
}

/// A failure of the store of keys.
fn unusable(file: &std::path::Path, reason: &str) -> Failure {
    let failure = Failure::new(ExitCode::Store, "keys-store-unusable");
    failure.with("file", file.display().to_string()).with("reason", reason)
}

/// What something that explains itself says, as a failure.
fn told(code: ExitCode, what: &dyn Explain, more: &[(&'static str, Value)]) -> Failure {
    let arguments = what.arguments().into_iter().chain(more.iter().cloned());
    arguments.fold(Failure::new(code, what.id()), |failure, (name, value)| failure.with(name, value))
}
