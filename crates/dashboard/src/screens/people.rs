//! Who comes in, what they set for themselves, who may come in, and what was done.

mod entrance;
mod log;
mod settings;
mod users;

pub(crate) use entrance::{Entrance, FirstRun, first_run, sign_in, sign_out};
pub(crate) use log::Log;
pub(crate) use settings::{
    Own, end_sessions, make_token, remove_token, save as save_own, set_password as set_own_password,
};
pub(crate) use users::{User, Users, put as put_user, remove as remove_user};

use people::{Name, PasswordError, PasswordHash};

use crate::ask::Visit;
use crate::door::random;
use crate::sources::Sources;
use crate::trouble::Trouble;

/// The registry.
///
/// # Errors
/// Nobody can log in here.
pub(crate) fn registry<'v, S: Sources>(visit: &'v Visit<'_, S>) -> Result<&'v S::Registry, Trouble> {
    visit.sources.people().ok_or(Trouble::NotKept { sentence: "page-people-none" })
}

/// The hash of a new password, that was typed twice.
///
/// # Errors
/// It may not be one.
async fn new_password<S: Sources>(visit: &Visit<'_, S>, name: &Name) -> Result<PasswordHash, Trouble> {
    let typed = visit.query.get("password").unwrap_or_default().to_owned();
    if visit.query.get("again") != Some(&typed) {
        return Err(failed("page-password-differs"));
    }
    people::password::check(&typed, name).map_err(refused)?;
    let [salt, _]: [[u8; 16]; 2] = halves(random(visit.moment, 64));
    visit.sources.apart(move || people::password::hash(&typed, salt)).await.map_err(refused)
}

fn halves(bytes: [u8; 32]) -> [[u8; 16]; 2] {
    let half = |from: usize| std::array::from_fn(|place| bytes.get(from + place).copied().unwrap_or_default());
    [half(0), half(16)]
}

fn refused(error: PasswordError) -> Trouble {
    failed(match error {
        PasswordError::TooShort => "page-password-short",
        PasswordError::TooLong => "page-password-long",
        PasswordError::Control => "page-password-control",
        PasswordError::IsName => "page-password-is-name",
        PasswordError::Common => "page-password-common",
        PasswordError::Failed => "page-password-failed",
    })
}

fn failed(sentence: &'static str) -> Trouble {
    Trouble::Failed { sentence, arguments: Vec::new() }
}
