//! OpenID Connect, as far as it can be computed: what a provider says of itself ([`Provider`]), where somebody is sent to
//! ([`departure`]), what is asked for the code with which they come back ([`redemption`]), who that proves them to be
//! ([`token`]), and what they may do for it ([`mapping`]). [`party`] puts it together over a [`party::Web`].
//!
//! The authorization code flow with PKCE (RFC 7636) and a nonce, for one provider whose issuer the operator wrote down.
//! "Core" and "Discovery" are OpenID Connect Core 1.0 and OpenID Connect Discovery 1.0.

pub mod keys;
pub mod mapping;
pub mod party;
pub mod token;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::{Map, Value};
use thiserror::Error;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::limits::{OPENID_DOCUMENT_BYTES_MAX, OPENID_URL_BYTES_MAX, SUBJECT_BYTES_MAX};

/// What a provider says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provider {
    /// Its name: a URL.
    pub issuer: Box<str>,
    /// Where people log in.
    pub authorization: Box<str>,
    /// Where codes are redeemed.
    pub token: Box<str>,
    /// Where its keys are.
    pub keys: Box<str>,
    /// How it wants to know who redeems.
    pub authentication: Authentication,
    /// Whether it says who it is to those who come back (RFC 9207).
    pub names_itself: bool,
}

/// How a client says who it is where codes are redeemed (RFC 6749 §2.3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Authentication {
    /// In the header of the request: `client_secret_basic`.
    Basic,
    /// In its body: `client_secret_post`.
    Post,
}

/// Who we are for the provider.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Client<'a> {
    /// `client_id`.
    pub id: &'a str,
    /// `client_secret`; without one, PKCE alone protects the code.
    pub secret: Option<&'a str>,
}

/// One attempt to log in: three texts that nobody can guess, of at least 43 characters from base64url.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What comes back with the code; bound to the browser.
    pub state: Box<str>,
    /// What the token has to name.
    pub nonce: Box<str>,
    /// What redeems the code, and never goes through the browser (RFC 7636 §4.1).
    pub verifier: Box<str>,
}

/// What is sent to redeem a code.
#[derive(Clone, PartialEq, Eq)]
pub struct Form {
    /// `application/x-www-form-urlencoded`.
    pub body: String,
    /// The value of `Authorization`.
    pub authorization: Option<String>,
}

/// Why a description of a provider cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum ProviderError {
    /// It is no JSON object, or too long.
    #[error("it is no description of a provider")]
    Malformed,
    /// It is another one's.
    #[error("it describes another issuer than the one that is set")]
    OtherIssuer,
    /// An address is missing, or none over HTTPS.
    #[error("{0} is missing, or no address over HTTPS")]
    Endpoint(&'static str),
    /// It does not do the authorization code flow.
    #[error("it gives no authorization codes")]
    NoCode,
}

impl Provider {
    /// Reads the description of the provider that is meant.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub fn parse(text: &[u8], issuer: &str) -> Result<Self, ProviderError> {
        let members = object(text).ok_or(ProviderError::Malformed)?;
        // Discovery §4.3: the issuer in the document is exactly the one that was asked for.
        if members.get("issuer").and_then(Value::as_str) != Some(issuer) {
            return Err(ProviderError::OtherIssuer);
        }
        let endpoint = |name: &'static str| {
            let url = members.get(name).and_then(Value::as_str).filter(|url| is_https(url));
            url.map(Box::from).ok_or(ProviderError::Endpoint(name))
        };
        if list(&members, "response_types_supported").is_some_and(|types| !types.contains(&"code")) {
            return Err(ProviderError::NoCode);
        }
        // Discovery §3: without a word, it is client_secret_basic.
        let methods = list(&members, "token_endpoint_auth_methods_supported");
        let wants_post = methods.is_some_and(|methods| {
            methods.contains(&"client_secret_post") && !methods.contains(&"client_secret_basic")
        });
        Ok(Self {
            issuer: issuer.into(),
            authorization: endpoint("authorization_endpoint")?,
            token: endpoint("token_endpoint")?,
            keys: endpoint("jwks_uri")?,
            authentication: if wants_post { Authentication::Post } else { Authentication::Basic },
            names_itself: members.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
        })
    }
}

/// Whether a text can be the name of a provider: a URL over HTTPS without a query.
#[must_use]
pub fn is_issuer(text: &str) -> bool {
    text.len() <= SUBJECT_BYTES_MAX && is_https(text) && !text.contains('?')
}

/// Where a provider describes itself (Discovery §4.1).
#[must_use]
pub fn description_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer))
}

/// Where somebody is sent to log in (Core §3.1.2.1). `scopes` stand beside `openid`.
#[must_use]
pub fn departure(
    provider: &Provider,
    client_id: &str,
    redirect: &str,
    scopes: &[Box<str>],
    attempt: &Attempt,
) -> String {
    // RFC 7636 §4.2: the challenge is the digest of the verifier.
    let challenge = BASE64URL_NOPAD.encode(digest(&SHA256, attempt.verifier.as_bytes()).as_ref());
    let scope = scopes.iter().fold("openid".to_owned(), |text, scope| text + " " + scope);
    let mut query = Serializer::new(String::new());
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", redirect)
        .append_pair("scope", &scope)
        .append_pair("state", &attempt.state)
        .append_pair("nonce", &attempt.nonce)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    // RFC 6749 §3.1: the endpoint may have a query of its own, which stays.
    let joint = if provider.authorization.contains('?') { '&' } else { '?' };
    format!("{}{joint}{}", provider.authorization, query.finish())
}

/// What redeems a code (Core §3.1.3.1).
#[must_use]
pub fn redemption(provider: &Provider, client: Client<'_>, redirect: &str, code: &str, attempt: &Attempt) -> Form {
    let mut body = Serializer::new(String::new());
    body.append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", redirect)
        .append_pair("code_verifier", &attempt.verifier);
    let authorization = match (client.secret, provider.authentication) {
        (Some(secret), Authentication::Basic) => {
            // RFC 6749 §2.3.1: both are encoded as in a form before they are joined.
            let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            Some(format!("Basic {}", BASE64.encode(format!("{}:{}", encoded(client.id), encoded(secret)).as_bytes())))
        }
        (Some(secret), Authentication::Post) => {
            body.append_pair("client_id", client.id).append_pair("client_secret", secret);
            None
        }
        (None, _) => {
            body.append_pair("client_id", client.id);
            None
        }
    };
    Form { body: body.finish(), authorization }
}

/// A JSON object of no more than [`OPENID_DOCUMENT_BYTES_MAX`].
pub(crate) fn object(text: &[u8]) -> Option<Map<String, Value>> {
    if text.len() > OPENID_DOCUMENT_BYTES_MAX {
        return None;
    }
    match serde_json::from_slice(text) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    }
}

fn list<'m>(members: &'m Map<String, Value>, name: &str) -> Option<Vec<&'m str>> {
    let Some(Value::Array(values)) = members.get(name) else { return None };
    Some(values.iter().filter_map(Value::as_str).collect())
}

fn is_https(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    text.len() <= OPENID_URL_BYTES_MAX
        && url.scheme() == "https"
        && url.domain().is_some()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
}
