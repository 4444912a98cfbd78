//! Somebody who has signed in, at one browser.

use std::net::IpAddr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use data_encoding::BASE64URL_NOPAD;

use crate::limits::{AGENT_BYTES_MAX, SESSION_IDLE_S, SESSION_S_MAX, SESSION_TOUCH_S};
use crate::name::Name;
use crate::secret::{Digest, Secret};

/// The name of the cookie where it goes over TLS: browsers take one of this name with `Secure`, `Path=/` and no `Domain`
/// alone, so that no other host of the domain can set it.
pub const COOKIE_NAME: &str = "__Host-sekisho";
/// The name of the cookie without TLS: on the loopback, or where the operator said so.
pub const COOKIE_NAME_PLAIN: &str = "sekisho";

/// Somebody who has signed in, at one browser.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Of the secret in the cookie.
    pub digest: Digest,
    /// Who.
    pub name: Name,
    /// Since when, in seconds since 1970.
    pub begun_s: u64,
    /// Last used, in seconds since 1970; up to [`SESSION_TOUCH_S`] behind.
    pub used_s: u64,
    /// The end, however much it is used, in seconds since 1970.
    pub ends_s: u64,
    /// What forms must carry; see [`Session::csrf_text`].
    pub csrf: Secret,
    /// From where it was begun.
    pub address: IpAddr,
    /// The name that the browser gave itself when it was begun; at most [`AGENT_BYTES_MAX`].
    pub agent: Box<str>,
}

/// How long sessions live.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lifetimes {
    /// Without being used, in seconds.
    pub idle_s: u64,
    /// At most, in seconds.
    pub whole_s: u64,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { idle_s: SESSION_IDLE_S, whole_s: SESSION_S_MAX }
    }
}

impl Session {
    /// A session that begins. The text of `cookie` is the value of the cookie; only its digest is kept.
    #[must_use]
    pub fn begin(
        cookie: &Secret,
        csrf: Secret,
        name: Name,
        (address, agent): (IpAddr, &str),
        now_s: u64,
        lifetimes: Lifetimes,
    ) -> Self {
        Self {
            digest: cookie.digest(),
            name,
            begun_s: now_s,
            used_s: now_s,
            ends_s: now_s.saturating_add(lifetimes.whole_s),
            csrf,
            address,
            agent: crate::log::clipped(agent, AGENT_BYTES_MAX).into(),
        }
    }

    /// Whether it is good at a time.
    #[must_use]
    pub const fn is_live(&self, now_s: u64, lifetimes: Lifetimes) -> bool {
        now_s < self.ends_s && now_s < self.used_s.saturating_add(lifetimes.idle_s)
    }

    /// Whether its use should be written down.
    #[must_use]
    pub const fn wants_touch(&self, now_s: u64) -> bool {
        now_s >= self.used_s.saturating_add(SESSION_TOUCH_S)
    }

    /// The text that a form carries: another one in each answer, since the secret is hidden under random bytes. Whoever
    /// can have a page compressed together with text of their own (BREACH) so learns nothing of it.
    #[must_use]
    pub fn csrf_text(&self, random: [u8; 32]) -> String {
        let mut bytes = [0; 64];
        let (mask, masked) = bytes.split_at_mut(32);
        for (((mask, masked), random), secret) in mask.iter_mut().zip(masked).zip(random).zip(self.csrf.bytes()) {
            (*mask, *masked) = (random, random ^ secret);
        }
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Whether a form carries a text of this session, in constant time.
    #[must_use]
    pub fn is_csrf(&self, text: &str) -> bool {
        if text.len() != CSRF_TEXT_BYTES {
            return false;
        }
        let Ok(bytes) = BASE64URL_NOPAD.decode(text.as_bytes()) else { return false };
        let Some((mask, masked)) = bytes.split_at_checked(32) else { return false };
        let found: Vec<u8> = mask.iter().zip(masked).map(|(mask, masked)| mask ^ masked).collect();
        verify_slices_are_equal(&found, self.csrf.bytes()).is_ok()
    }
}

/// 64 bytes in base64url without padding.
const CSRF_TEXT_BYTES: usize = 86;
