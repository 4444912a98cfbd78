//! The talk with a provider: its description, its keys, and a code that is redeemed. Whoever speaks HTTPS is a [`Web`].
//!
//! What was learnt is kept: the description for [`OPENID_PROVIDER_S`], the keys until a token names one that is not among
//! them. Then they are asked for anew, but once there was an answer not before [`OPENID_KEYS_PAUSE_S`] have passed: tokens
//! come from outside. That many who ask at the same time, or while nobody answers, ask once, is up to the [`Web`].

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use thiserror::Error;

use super::keys::Keys;
use super::token::{Claims, Expected, Refusal, judge};
use super::{Attempt, Client, Form, Provider, ProviderError, description_url, object, redemption};
use crate::limits::{
    OPENID_CODE_BYTES_MAX, OPENID_DOCUMENT_BYTES_MAX, OPENID_KEYS_PAUSE_S, OPENID_PROVIDER_S, OPENID_TEXT_BYTES_MAX,
};

/// Who speaks HTTPS: follows no redirection, takes no more than is asked for, and does not wait for ever.
pub trait Web: Send + Sync {
    /// A document.
    ///
    /// # Errors
    /// There is none: why, for the log.
    fn get(&self, url: &str, bytes_max: usize) -> impl Future<Output = Result<Vec<u8>, Unreached>> + Send;

    /// The status and the document that answer a form.
    ///
    /// # Errors
    /// There is no answer: why, for the log.
    fn post(
        &self,
        url: &str,
        form: &Form,
        bytes_max: usize,
    ) -> impl Future<Output = Result<(u16, Vec<u8>), Unreached>> + Send;
}

/// Why a place was not reached, in words for the log.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{0}")]
pub struct Unreached(pub String);

/// A provider, and what is known of it.
#[derive(Debug)]
pub struct Party {
    issuer: Box<str>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// What it says of itself, and since when we know, in seconds since 1970.
    provider: Option<(u64, Arc<Provider>)>,
    keys: Option<Arc<Keys>>,
    /// When the keys were asked for last, and answered.
    asked_s: Option<u64>,
}

/// A code that somebody brought back.
#[derive(Clone, Copy)]
pub struct Redeemed<'a> {
    /// The code.
    pub code: &'a str,
    /// Where they came back to, as it was said when they went.
    pub redirect: &'a str,
    /// The attempt of which it is.
    pub attempt: &'a Attempt,
    /// The time, in seconds since 1970.
    pub now_s: u64,
}

/// Why nobody is known by a code.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum PartyError {
    /// The provider cannot be reached.
    #[error("{url}: {reason}")]
    Unreached {
        /// Which of its places.
        url: Box<str>,
        /// Why.
        reason: Unreached,
    },
    /// It does not describe itself.
    #[error("the description of the provider: {0}")]
    Provider(#[from] ProviderError),
    /// What should be its keys are none.
    #[error("the keys of the provider cannot be read")]
    Keys,
    /// It does not redeem the code.
    #[error("the provider does not redeem the code: status {status}, {code}")]
    Refused {
        /// The status of its answer.
        status: u16,
        /// The error that it names (RFC 6749 §5.2), or nothing.
        code: Box<str>,
    },
    /// Its answer holds no token.
    #[error("the answer of the provider holds no ID token")]
    NoToken,
    /// The token is not believed.
    #[error("the ID token is not believed: {0}")]
    Token(#[from] Refusal),
}

impl PartyError {
    /// A word for the log of people.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unreached { .. } => "provider-unreached",
            Self::Provider(_) => "provider-description",
            Self::Keys => "provider-keys",
            Self::Refused { .. } => "code-refused",
            Self::NoToken => "no-token",
            Self::Token(refusal) => refusal.word(),
        }
    }
}

impl Party {
    /// A provider by its name, of which nothing is known yet.
    #[must_use]
    pub fn new(issuer: &str) -> Self {
        Self { issuer: issuer.into(), known: Mutex::default() }
    }

    /// What it says of itself.
    ///
    /// # Errors
    /// It cannot be reached, or says nothing that can be used. What it said before counts on, when there is any.
    pub async fn provider<W: Web>(&self, web: &W, now_s: u64) -> Result<Arc<Provider>, PartyError> {
        let before = self.known().provider.clone();
        if let Some((since_s, provider)) = &before
            && now_s.saturating_sub(*since_s) < OPENID_PROVIDER_S
        {
            return Ok(Arc::clone(provider));
        }
        let url = description_url(&self.issuer);
        let found = match get(web, &url).await {
            Ok(text) => Provider::parse(&text, &self.issuer).map(Arc::new).map_err(PartyError::from),
            Err(error) => Err(error),
        };
        match (found, before) {
            (Ok(provider), _) => {
                self.known().provider = Some((now_s, Arc::clone(&provider)));
                Ok(provider)
            }
            (Err(PartyError::Unreached { .. }), Some((_, provider))) => Ok(provider),
            (Err(error), _) => Err(error),
        }
    }

    /// Who somebody is, by the code that they brought back.
    ///
    /// # Errors
    /// [`PartyError`].
    pub async fn redeem<W: Web>(
        &self,
        web: &W,
        client: Client<'_>,
        brought: Redeemed<'_>,
    ) -> Result<Claims, PartyError> {
        let provider = self.provider(web, brought.now_s).await?;
        if brought.code.is_empty() || brought.code.len() > OPENID_CODE_BYTES_MAX {
            return Err(PartyError::Refused { status: 0, code: "".into() });
        }
        let form = redemption(&provider, client, brought.redirect, brought.code, brought.attempt);
        let answer = web.post(&provider.token, &form, OPENID_DOCUMENT_BYTES_MAX).await;
        let unreached = |reason| PartyError::Unreached { url: provider.token.clone(), reason };
        let token = token_in(answer.map_err(unreached)?)?;
        let expected = Expected {
            issuer: &provider.issuer,
            client_id: client.id,
            nonce: &brought.attempt.nonce,
            now_s: brought.now_s,
        };
        let known = self.known().keys.clone();
        match known.as_deref().map(|keys| judge(&token, keys, &expected)) {
            None | Some(Err(Refusal::UnknownKey)) => {}
            Some(judged) => return Ok(judged?),
        }
        let keys = self.keys_anew(web, &provider, brought.now_s).await?;
        Ok(judge(&token, &keys, &expected)?)
    }

    /// The keys as they are now, or as they were when they were asked for a moment ago.
    async fn keys_anew<W: Web>(&self, web: &W, provider: &Provider, now_s: u64) -> Result<Arc<Keys>, PartyError> {
        {
            let known = self.known();
            let is_early = known.asked_s.is_some_and(|asked_s| now_s.saturating_sub(asked_s) < OPENID_KEYS_PAUSE_S);
            if let (true, Some(keys)) = (is_early, &known.keys) {
                return Ok(Arc::clone(keys));
            }
        }
        let keys = Keys::parse(&get(web, &provider.keys).await?).map(Arc::new).ok_or(PartyError::Keys)?;
        // Only what was answered counts: who comes meanwhile waits for the same answer instead of being judged by old keys.
        let mut known = self.known();
        (known.keys, known.asked_s) = (Some(Arc::clone(&keys)), Some(now_s));
        Ok(keys)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn get<W: Web>(web: &W, url: &str) -> Result<Vec<u8>, PartyError> {
    let found = web.get(url, OPENID_DOCUMENT_BYTES_MAX).await;
    found.map_err(|reason| PartyError::Unreached { url: url.into(), reason })
}

/// The token in the answer to a code (Core §3.1.3.3).
fn token_in((status, text): (u16, Vec<u8>)) -> Result<Box<str>, PartyError> {
    let members = object(&text);
    let text = |name: &str| members.as_ref()?.get(name).and_then(Value::as_str);
    if status != 200 {
        // RFC 6749 §5.2: a word of printable ASCII.
        let is_word =
            |code: &&str| code.len() <= OPENID_TEXT_BYTES_MAX && code.bytes().all(|byte| byte.is_ascii_graphic());
        return Err(PartyError::Refused { status, code: text("error").filter(is_word).unwrap_or_default().into() });
    }
    text("id_token").map(Box::from).ok_or(PartyError::NoToken)
}
