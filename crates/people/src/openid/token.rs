//! The ID token: a JSON Web Token (RFC 7519) that says who came, and everything that it must fulfil before it is believed
//! (Core §3.1.3.7, RFC 8725).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};
use thiserror::Error;

use super::keys::{Algorithm, Held, Keys};
use super::object;
use crate::limits::{
    OPENID_GROUP_COUNT_MAX, OPENID_SKEW_S, OPENID_TEXT_BYTES_MAX, OPENID_TOKEN_AGE_S_MAX, OPENID_TOKEN_BYTES_MAX,
    SUBJECT_BYTES_MAX,
};
use crate::name::Name;
use crate::person::Subject;

/// What a token has to fulfil.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Whose it is.
    pub issuer: &'a str,
    /// For whom it is: us.
    pub client_id: &'a str,
    /// For which attempt it is.
    pub nonce: &'a str,
    /// The time, in seconds since 1970.
    pub now_s: u64,
}

/// What a token says of somebody, and is believed.
#[derive(Clone, PartialEq, Debug)]
pub struct Claims {
    /// Who it is.
    pub subject: Subject,
    members: Map<String, Value>,
}

/// Why a token is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Error)]
pub enum Refusal {
    /// It is no token, or too long.
    #[error("it is no token")]
    Malformed,
    /// It is not signed, or in a way that is not taken.
    #[error("it is not signed, or in a way that is not taken")]
    Algorithm,
    /// It asks for something that we do not know (`crit`).
    #[error("it asks for something unknown")]
    Critical,
    /// The key that signed it is not among the provider's.
    #[error("the provider has no such key")]
    UnknownKey,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Signature,
    /// It is of another issuer.
    #[error("it is of another issuer")]
    Issuer,
    /// It is for somebody else.
    #[error("it is for another client")]
    Audience,
    /// It has ended, or does not say when it ends.
    #[error("it has ended")]
    Expired,
    /// It was made in the future, or too long ago, or does not say when.
    #[error("it was not made now")]
    Time,
    /// It is of another attempt, or of none.
    #[error("it is of another attempt")]
    Nonce,
    /// It names nobody.
    #[error("it names nobody")]
    Subject,
}

impl Refusal {
    /// A word for the log.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Malformed => "token-malformed",
            Self::Algorithm => "token-algorithm",
            Self::Critical => "token-critical",
            Self::UnknownKey => "token-unknown-key",
            Self::Signature => "token-signature",
            Self::Issuer => "token-issuer",
            Self::Audience => "token-audience",
            Self::Expired => "token-expired",
            Self::Time => "token-time",
            Self::Nonce => "token-nonce",
            Self::Subject => "token-subject",
        }
    }
}

/// Judges a token.
///
/// # Errors
/// [`Refusal`]: the first thing that it does not fulfil.
pub fn judge(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Claims, Refusal> {
    if token.len() > OPENID_TOKEN_BYTES_MAX {
        return Err(Refusal::Malformed);
    }
    // RFC 7515 §7.1: three parts; five are an encrypted token, which we did not ask for.
    let mut parts = token.split('.');
    let (Some(head), Some(body), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refusal::Malformed);
    };
    let decoded = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| Refusal::Malformed);
    let header = object(&decoded(head)?).ok_or(Refusal::Malformed)?;
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    // RFC 8725 §3.1: what the token names is taken only if it is one of those that we take.
    let algorithm = text("alg").and_then(Algorithm::from_word).ok_or(Refusal::Algorithm)?;
    // RFC 7515 §4.1.11: what is critical and not understood makes it invalid; nothing of it is understood here.
    if header.contains_key("crit") {
        return Err(Refusal::Critical);
    }
    // The keys that the header brings along (jwk, jku, x5c) are not looked at: whoever forges brings their own.
    let signed = token.get(..head.len() + 1 + body.len()).ok_or(Refusal::Malformed)?;
    match keys.verify(algorithm, text("kid"), signed.as_bytes(), &decoded(signature)?) {
        Held::Yes => {}
        Held::No => return Err(Refusal::Signature),
        Held::NoKey => return Err(Refusal::UnknownKey),
    }
    let members = object(&decoded(body)?).ok_or(Refusal::Malformed)?;
    believe(members, expected)
}

/// The claims of a token whose signature holds.
fn believe(members: Map<String, Value>, expected: &Expected<'_>) -> Result<Claims, Refusal> {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(Refusal::Issuer);
    }
    is_for(&members, expected.client_id)?;
    let now_s = expected.now_s as f64;
    let skew_s = OPENID_SKEW_S as f64;
    // RFC 7519 §2: a NumericDate may have a fraction.
    let time = |name: &str| members.get(name).and_then(Value::as_f64).filter(|time| time.is_finite());
    if time("exp").is_none_or(|ends_s| now_s >= ends_s + skew_s) {
        return Err(Refusal::Expired);
    }
    let is_now = |made_s: f64| made_s <= now_s + skew_s && now_s - made_s <= OPENID_TOKEN_AGE_S_MAX as f64 + skew_s;
    let is_begun = !members.contains_key("nbf") || time("nbf").is_some_and(|begins_s| begins_s <= now_s + skew_s);
    if !time("iat").is_some_and(is_now) || !is_begun {
        return Err(Refusal::Time);
    }
    let nonce = text("nonce").unwrap_or_default();
    if expected.nonce.is_empty() || verify_slices_are_equal(nonce.as_bytes(), expected.nonce.as_bytes()).is_err() {
        return Err(Refusal::Nonce);
    }
    let subject = text("sub").filter(|subject| !subject.is_empty() && subject.len() <= SUBJECT_BYTES_MAX);
    let subject = subject.filter(|subject| !subject.chars().any(char::is_control)).ok_or(Refusal::Subject)?;
    let subject = Subject { issuer: expected.issuer.into(), subject: subject.into() };
    Ok(Claims { subject, members })
}

/// Whether a token is for us (Core §3.1.3.7, 3 to 5).
fn is_for(members: &Map<String, Value>, client_id: &str) -> Result<(), Refusal> {
    let (is_ours, is_alone) = match members.get("aud") {
        Some(Value::String(audience)) => (audience == client_id, true),
        Some(Value::Array(audiences)) => {
            (audiences.iter().any(|audience| audience.as_str() == Some(client_id)), audiences.len() == 1)
        }
        _ => (false, false),
    };
    let is_party = match members.get("azp") {
        Some(party) => party.as_str() == Some(client_id),
        None => is_alone,
    };
    if is_ours && is_party { Ok(()) } else { Err(Refusal::Audience) }
}

impl Claims {
    /// The name that somebody may have here: the one that they have there, or their address when the provider has
    /// verified it. It is a wish, and proves nothing: the provider may give the same name to somebody else tomorrow
    /// (Core §5.7).
    #[must_use]
    pub fn name(&self) -> Option<Name> {
        let text = |name: &str| self.members.get(name).and_then(Value::as_str);
        let address = text("email").filter(|_| self.members.get("email_verified") == Some(&Value::Bool(true)));
        text("preferred_username").into_iter().chain(address).find_map(|text| Name::parse(text).ok())
    }

    /// The values of a claim that are texts: of one, or of a list. `a.b` is the claim of that name, else the member b of
    /// the claim a.
    #[must_use]
    pub fn texts(&self, claim: &str) -> Vec<&str> {
        let found = self.members.get(claim).or_else(|| {
            let mut names = claim.split('.');
            let first = self.members.get(names.next()?)?;
            names.try_fold(first, |value, name| value.as_object()?.get(name))
        });
        let texts = match found {
            Some(Value::String(text)) => vec![text.as_str()],
            Some(Value::Array(values)) => {
                values.iter().filter_map(Value::as_str).take(OPENID_GROUP_COUNT_MAX).collect()
            }
            _ => Vec::new(),
        };
        texts.into_iter().filter(|text| text.len() <= OPENID_TEXT_BYTES_MAX).collect()
    }
}
