//! Passwords: which ones are taken, and how they are kept.
//!
//! They are kept as argon2id in the usual text (`$argon2id$v=19$m=19456,t=2,p=1$salt$hash`). Both [`hash`] and [`verify`]
//! take some ten milliseconds and 19 MiB: that is their purpose, so they are run where that holds nobody up, and
//! [`crate::throttle`] bounds how often.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use data_encoding::BASE64_NOPAD;
use icu_normalizer::ComposingNormalizerBorrowed;
use thiserror::Error;

use crate::limits::{
    PASSWORD_BYTES_MAX, PASSWORD_CHARACTER_COUNT_MIN, PASSWORD_HASH_BYTES_MAX, PASSWORD_LANE_COUNT_MAX,
    PASSWORD_MEMORY_KIB_MAX, PASSWORD_PASS_COUNT_MAX,
};
use crate::name::Name;

/// A password as it is kept. It prints as nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash {
    text: Box<str>,
    cost: Cost,
    salt: Box<[u8]>,
    hash: Box<[u8]>,
}

/// What a guess costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Cost {
    memory_kib: u32,
    pass_count: u32,
    lane_count: u32,
}

/// Why a password is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum PasswordError {
    /// Fewer than [`PASSWORD_CHARACTER_COUNT_MIN`] characters.
    #[error("a password has at least {PASSWORD_CHARACTER_COUNT_MIN} characters")]
    TooShort,
    /// More than [`PASSWORD_BYTES_MAX`] bytes.
    #[error("a password has at most {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
    /// A control character, which no keyboard has.
    #[error("a password holds no control characters")]
    Control,
    /// It is the name, or the name a few times.
    #[error("a password is not the name")]
    IsName,
    /// It is among the first that anybody tries: a row of keys, one character again and again.
    #[error("this password is among the first that are tried")]
    Common,
    /// The library would not, for want of memory.
    #[error("the password cannot be hashed")]
    Failed,
}

/// The text of a kept password is none of ours, or asks for more than our limits allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("this is no argon2id hash within the limits")]
pub struct HashError;

/// What came of comparing a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verified {
    /// Whether it is the one.
    pub is_right: bool,
    /// Whether it was kept at another cost than [`hash`] takes now: it should be hashed anew while it is known.
    pub needs_rehash: bool,
}

/// Whether a password may be taken for somebody. Nothing is asked of its composition (NIST SP 800-63B, section 3.1.1.2).
///
/// # Errors
/// Names what is wrong.
pub fn check(password: &str, name: &Name) -> Result<(), PasswordError> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    let stable = normalised(password);
    if stable.chars().count() < PASSWORD_CHARACTER_COUNT_MIN {
        return Err(PasswordError::TooShort);
    }
    if stable.chars().any(char::is_control) {
        return Err(PasswordError::Control);
    }
    let lower = stable.to_lowercase();
    if lower.replace(name.as_str(), "").is_empty() {
        return Err(PasswordError::IsName);
    }
    if is_a_row(&lower) || COMMON.contains(&lower.as_str()) {
        return Err(PasswordError::Common);
    }
    Ok(())
}

/// Hashes a password that [`check`] took, to be kept. The salt is 16 random bytes.
///
/// # Errors
/// It is too long, or the library would not.
pub fn hash(password: &str, salt: [u8; 16]) -> Result<PasswordHash, PasswordError> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    let hash = derive(password, &salt, COST, HASH_BYTES).ok_or(PasswordError::Failed)?;
    let Cost { memory_kib, pass_count, lane_count } = COST;
    let (salt_text, hash_text) = (BASE64_NOPAD.encode(&salt), BASE64_NOPAD.encode(&hash));
    let text = format!("{PREFIX}m={memory_kib},t={pass_count},p={lane_count}${salt_text}${hash_text}").into();
    Ok(PasswordHash { text, cost: COST, salt: salt.into(), hash: hash.into() })
}

/// Compares a password with the one that is kept. One that is too long is wrong.
#[must_use]
pub fn verify(password: &str, kept: &PasswordHash) -> Verified {
    let found = (password.len() <= PASSWORD_BYTES_MAX)
        .then(|| derive(password, &kept.salt, kept.cost, kept.hash.len()))
        .flatten();
    let is_right = found.is_some_and(|found| verify_slices_are_equal(&found, &kept.hash).is_ok());
    Verified { is_right, needs_rehash: kept.cost != COST || kept.hash.len() != HASH_BYTES }
}

/// What a password is compared with when nobody has the name, or the person has no password: it costs the same, and is
/// never right.
#[must_use]
pub fn decoy() -> PasswordHash {
    // That argon2id gives just these bytes for a text that somebody knows is as likely as guessing a key of 256 bits.
    let (salt, hash) = (*b"nobody is called", [0; HASH_BYTES]);
    PasswordHash { text: "".into(), cost: COST, salt: salt.into(), hash: hash.into() }
}

impl PasswordHash {
    /// Reads what [`PasswordHash::as_str`] gave, or any other argon2id hash in the usual text, of another program too.
    ///
    /// # Errors
    /// It is none, or would cost more than the limits allow.
    pub fn parse(text: &str) -> Result<Self, HashError> {
        if text.len() > PASSWORD_HASH_BYTES_MAX {
            return Err(HashError);
        }
        let mut parts = text.strip_prefix(PREFIX).ok_or(HashError)?.split('$');
        let (Some(cost), Some(salt), Some(hash), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(HashError);
        };
        let bytes = |part: &str, at_least: usize| {
            let bytes = BASE64_NOPAD.decode(part.as_bytes()).map_err(|_| HashError)?;
            if (at_least..=64).contains(&bytes.len()) { Ok(bytes) } else { Err(HashError) }
        };
        let (cost, salt, hash) = (Cost::parse(cost).ok_or(HashError)?, bytes(salt, 8)?, bytes(hash, 16)?);
        Ok(Self { text: text.into(), cost, salt: salt.into(), hash: hash.into() })
    }

    /// The text to be kept. Nobody should see it: passwords can be guessed with it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PasswordHash(…)")
    }
}

impl Cost {
    /// Reads `m=19456,t=2,p=1`.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(',');
        let mut number = |name: &str, max: u32| -> Option<u32> {
            let digits = parts.next()?.strip_prefix(name)?.strip_prefix('=')?;
            let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|number| is_plain && (1..=max).contains(number))
        };
        let memory_kib = number("m", PASSWORD_MEMORY_KIB_MAX)?;
        let pass_count = number("t", PASSWORD_PASS_COUNT_MAX)?;
        let lane_count = number("p", PASSWORD_LANE_COUNT_MAX)?;
        parts.next().is_none().then_some(Self { memory_kib, pass_count, lane_count })
    }
}

/// The bytes that argon2id makes of a password; `None` when the cost is none that it takes.
fn derive(password: &str, salt: &[u8], cost: Cost, byte_count: usize) -> Option<Vec<u8>> {
    let params = Params::new(cost.memory_kib, cost.pass_count, cost.lane_count, Some(byte_count)).ok()?;
    let mut bytes = vec![0; byte_count];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(normalised(password).as_bytes(), salt, &mut bytes).ok()?;
    Some(bytes)
}

/// The form that is hashed (NFKC): keyboards and systems write one letter in several ways.
fn normalised(password: &str) -> String {
    ComposingNormalizerBorrowed::new_nfkc().normalize(password).into_owned()
}

/// Whether each character is as far from the one before as the next: `aaaa…`, `abcd…`, `9876…`, the 0 behind the 9.
fn is_a_row(text: &str) -> bool {
    let step = |pair: (char, char)| match pair {
        ('9', '0') => 1,
        ('0', '9') => -1,
        (first, second) => i64::from(u32::from(second)) - i64::from(u32::from(first)),
    };
    let mut steps = text.chars().zip(text.chars().skip(1)).map(step);
    let first = steps.next().unwrap_or(0);
    (-1..=1).contains(&first) && steps.all(|step| step == first)
}

// OWASP's password storage cheat sheet: argon2id with 19 MiB, two passes, one lane.
const COST: Cost = Cost { memory_kib: 19_456, pass_count: 2, lane_count: 1 };
const HASH_BYTES: usize = 32;
const PREFIX: &str = "$argon2id$v=19$";

// A table: what is tried first, of those that are long enough, in lower case.
const COMMON: &[&str] = &[
    "password1234",
    "password12345",
    "password123456",
    "password123!",
    "passwordpassword",
    "passw0rdpassw0rd",
    "administrator",
    "administrator1",
    "admin1234567",
    "admin12345678",
    "adminadminadmin",
    "changemechangeme",
    "changeme1234",
    "letmeinletmein",
    "qwertyuiop12",
    "qwertyuiop123",
    "qwertyuiopasdf",
    "qwertyuiop[]",
    "qwerty123456",
    "qwertyqwerty",
    "asdfghjkl123",
    "asdfghjkl;'",
    "zxcvbnm12345",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "1qaz2wsx3edc4rfv",
    "qazwsxedcrfv",
    "123412341234",
    "123123123123",
    "121212121212",
    "abc123abc123",
    "abcd1234abcd",
    "iloveyou1234",
    "welcome12345",
    "postmaster12",
    "postmaster123",
    "sekishosekisho",
    "sekisho12345",
    "sekisho123456",
];
