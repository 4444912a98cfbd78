//! The door: who asks, and whether a form is theirs.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use data_encoding::BASE64URL_NOPAD;
use http::Request;

use crate::ask::Visit;
use crate::desk::Moment;
use crate::screen::{Deed, Done};
use crate::sources::Sources;
use crate::trouble::Trouble;
use crate::who::Who;

/// Who asks; `None` is nobody that is known.
///
/// # Errors
/// It cannot be found out.
#[allow(clippy::unused_async)] // reason: people come from a store
pub(crate) async fn who<S: Sources>(
    sources: &S,
    _request: &Request<Vec<u8>>,
    _moment: &Moment,
) -> Result<Option<Who>, Trouble> {
    Ok(sources.settings().guest.map(Who::guest))
}

/// Notes what was done, or tried, and by whom.
///
/// # Errors
/// It cannot be noted; then it was done, and nobody is told that all is well.
#[allow(clippy::unused_async)] // reason: as above
pub(crate) async fn log<S: Sources>(
    _visit: &Visit<'_, S>,
    _deed: &Deed,
    _done: &Result<Done, Trouble>,
) -> Result<(), Trouble> {
    Ok(())
}

/// The secret of a form, different in each page: what is the same in pages that are compressed can be guessed by their
/// lengths (BREACH).
pub(crate) fn masked(secret: &str, random: &[u8; 96]) -> String {
    let secret = secret.as_bytes();
    let mask = random.iter().rev().take(secret.len());
    let mixed = secret.iter().zip(mask.clone()).map(|(byte, mask)| byte ^ mask);
    let bytes: Vec<u8> = mask.copied().chain(mixed).collect();
    BASE64URL_NOPAD.encode(&bytes)
}

/// Whether a form carries the secret.
///
/// # Errors
/// It does not.
pub(crate) fn check(secret: &str, given: &str) -> Result<(), Trouble> {
    let bytes = BASE64URL_NOPAD.decode(given.as_bytes()).map_err(|_| Trouble::Stale)?;
    let (mask, mixed) = bytes.split_at(bytes.len() / 2);
    let bare: Vec<u8> = mask.iter().zip(mixed).map(|(mask, byte)| mask ^ byte).collect();
    verify_slices_are_equal(&bare, secret.as_bytes()).map_err(|_| Trouble::Stale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_carries_its_secret_under_a_mask() {
        let random: [u8; 96] = std::array::from_fn(|place| place as u8);
        let (one, other) = (masked("secret", &random), masked("secret", &[7; 96]));
        assert_ne!(one, other);
        for given in [&one, &other] {
            assert_eq!(check("secret", given), Ok(()));
            assert_eq!(check("another", given), Err(Trouble::Stale));
        }
        for wrong in ["", "secret", "AAAA", "!", &one[1..]] {
            assert_eq!(check("secret", wrong), Err(Trouble::Stale), "{wrong}");
        }
        // A guest has none: what protects the form is that the browser says where it came from.
        assert_eq!(check("", &masked("", &random)), Ok(()));
    }
}
