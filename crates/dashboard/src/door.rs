//! The door: who asks, whether a form is theirs, who comes in, and what is noted of what they did.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use http::Request;
use http::header::{AUTHORIZATION, COOKIE, HeaderName, USER_AGENT};
use people::log::{NewLine, Outcome};
use people::session::{COOKIE_NAME, COOKIE_NAME_PLAIN, Session};
use people::throttle::{Gate, Network, Throttle};
use people::{Name, Person, Registry as _, Secret, password, token};

use crate::ask::Visit;
use crate::desk::{Moment, cookie};
use crate::openid::Attempts;
use crate::screen::{Deed, Done};
use crate::sources::{Settings, Sources};
use crate::trouble::Trouble;
use crate::who::Who;

/// What the door remembers between two requests.
pub struct Door {
    key: hmac::Key,
    /// What stands in kept answers where the secret of forms belongs: nobody else can write it.
    mark: String,
    throttle: Mutex<Throttle>,
    /// Of those who come in by a provider.
    pub(crate) attempts: Attempts,
}

impl Door {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        // A key of their own, so that no text of one is ever a text of the other. No name begins with a zero byte.
        let attempts = Attempts::new(hmac::sign(&key, b"\0openid").as_ref());
        let mark = HEXLOWER.encode(hmac::sign(&key, b"\0mark").as_ref());
        Self { key, mark, throttle: Mutex::default(), attempts }
    }

    /// What stands in kept answers where the secret of forms belongs.
    pub(crate) fn mark(&self) -> &str {
        &self.mark
    }

    /// Who asks; `None` is nobody that is known.
    ///
    /// # Errors
    /// It cannot be found out.
    pub(crate) async fn who<S: Sources>(
        &self,
        sources: &S,
        request: &Request<Vec<u8>>,
        moment: &Moment,
    ) -> Result<Option<Who>, Trouble> {
        let settings = sources.settings();
        let guest = || settings.guest.map(|role| Who::guest(Some(role)));
        let Some(people) = sources.people() else { return Ok(guest()) };
        let header = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
        let now_s = moment.now_ms / 1000;
        // A program says who it is in every request; what else a browser might add does not count then.
        if let Some(bearer) = header(AUTHORIZATION) {
            let secret = bearer.strip_prefix("Bearer ").and_then(token::parse).ok_or(Trouble::Unknown)?;
            let (token, person) = people.token(&secret.digest()).await?.ok_or(Trouble::Unknown)?;
            if !token.is_live(now_s) || person.is_disabled {
                return Err(Trouble::Unknown);
            }
            if token.wants_touch(now_s) {
                people.touch_token(&token.digest, now_s).await?;
            }
            return Ok(Some(Who { is_by_browser: false, ..Who::of(&token.bearer(&person)) }));
        }
        if let Some(name) = Self::named_by_proxy(settings, request, moment) {
            let person = people.person(&name).await?.filter(|person| !person.is_disabled);
            let person = person.ok_or(Trouble::Forbidden)?;
            let csrf = HEXLOWER.encode(hmac::sign(&self.key, name.as_str().as_bytes()).as_ref());
            return Ok(Some(Who { csrf: csrf.into(), ..Who::of(&person) }));
        }
        let Some(secret) = cookie(header(COOKIE).unwrap_or_default(), cookie_name(settings)).and_then(Secret::parse)
        else {
            return Ok(guest());
        };
        let Some((session, person)) = people.session(&secret.digest()).await? else { return Ok(guest()) };
        if !session.is_live(now_s, settings.lifetimes) || person.is_disabled {
            return Ok(guest());
        }
        if session.wants_touch(now_s) {
            people.touch_session(&session.digest, now_s).await?;
        }
        Ok(Some(Who::of(&person).within(&session)))
    }

    /// Whom a proxy that is believed names.
    fn named_by_proxy(settings: &Settings, request: &Request<Vec<u8>>, moment: &Moment) -> Option<Name> {
        let field = settings.proxy_field.as_deref()?;
        moment.peer.filter(|peer| settings.proxies.iter().any(|proxy| proxy.contains(*peer)))?;
        let mut values = request.headers().get_all(field).iter();
        // A field that stands there twice may have come through from outside.
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        value.to_str().ok().and_then(|name| Name::parse(name).ok())
    }

    /// Compares a password, as often as the throttle allows; whoever it is, and whether there is anybody of that name,
    /// it takes the same time.
    ///
    /// # Errors
    /// It is wrong, or there were too many wrong ones: the sentence says which, and no more.
    pub(crate) async fn enter<S: Sources>(
        &self,
        visit: &Visit<'_, S>,
        typed: &str,
        given: &str,
    ) -> Result<Person, Trouble> {
        let people = visit.sources.people().ok_or(Trouble::NotFound)?;
        let network = Network::of(address(visit.moment));
        let gate = self.throttle.lock().unwrap_or_else(PoisonError::into_inner).attempt(network, typed, visit.now_ms);
        if let Gate::Wait { wait_ms } = gate {
            let seconds = wait_ms.div_ceil(1000);
            return Err(Trouble::Failed { sentence: "page-door-wait", arguments: vec![("seconds", seconds.into())] });
        }
        let person = match Name::parse(typed) {
            Ok(name) => people.person(&name).await?,
            Err(_) => None,
        };
        let hash = person.as_ref().and_then(|person| person.password.clone()).unwrap_or_else(password::decoy);
        let given = given.to_owned();
        let verified = visit.sources.apart(move || password::verify(&given, &hash)).await;
        let is_right = verified.is_right && person.as_ref().is_some_and(|person| person.password.is_some());
        let person = person.filter(|person| is_right && !person.is_disabled);
        let person = person.ok_or(Trouble::Failed { sentence: "page-door-wrong", arguments: Vec::new() })?;
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner).succeeded(network, typed, visit.now_ms);
        Ok(person)
    }
}

/// Begins a session, and says which cookie keeps it.
///
/// # Errors
/// It cannot be kept.
pub(crate) async fn begin<S: Sources>(visit: &Visit<'_, S>, person: &Person) -> Result<String, Trouble> {
    let people = visit.sources.people().ok_or(Trouble::NotFound)?;
    let (secret, csrf) = (Secret::new(random(visit.moment, 0)), Secret::new(random(visit.moment, 32)));
    let from = (address(visit.moment), visit.agent.as_str());
    let now_s = visit.now_ms / 1000;
    let session = Session::begin(&secret, csrf, person.name.clone(), from, now_s, visit.settings.lifetimes);
    let age_s = session.ends_s.saturating_sub(now_s);
    people.put_session(session).await?;
    Ok(kept_cookie(visit.settings, &secret.to_text(), age_s))
}

/// The cookie that keeps a session; of age 0, that ends it.
pub(crate) fn kept_cookie(settings: &Settings, value: &str, age_s: u64) -> String {
    let secure = if settings.is_secure { "; Secure" } else { "" };
    format!("{}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}", cookie_name(settings))
}

fn cookie_name(settings: &Settings) -> &'static str {
    // Browsers take the prefix from TLS alone.
    if settings.is_secure { COOKIE_NAME } else { COOKIE_NAME_PLAIN }
}

/// 32 of the random bytes of a moment.
pub(crate) fn random(moment: &Moment, from: usize) -> [u8; 32] {
    std::array::from_fn(|place| moment.random.get(from + place).copied().unwrap_or_default())
}

/// From where a request came; over a local socket, from this machine.
pub(crate) fn address(moment: &Moment) -> IpAddr {
    moment.peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// By what program a request came, as it says, in few characters.
pub(crate) fn agent(request: &Request<Vec<u8>>) -> String {
    let text = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().take(AGENT_CHARACTERS_MAX).collect()
}

/// Notes what was done, or tried, and by whom.
///
/// # Errors
/// It cannot be noted; then it was done, and nobody is told that all is well.
pub(crate) async fn log<S: Sources>(
    visit: &Visit<'_, S>,
    deed: &Deed,
    done: &Result<Done, Trouble>,
) -> Result<(), Trouble> {
    let Some(people) = visit.sources.people() else { return Ok(()) };
    let (object, who, outcome, note) = match done {
        // The registry notes by itself what it changes.
        Ok(done) if done.is_noted => return Ok(()),
        Ok(done) => (done.object.as_str(), done.who.as_deref(), Outcome::Done, ""),
        Err(Trouble::Forbidden | Trouble::Unknown | Trouble::Stale) => ("", None, Outcome::Refused, ""),
        Err(trouble) => ("", None, Outcome::Failed, trouble.sentence().0),
    };
    // Of whom a failed attempt speaks is what was typed.
    let typed = visit.query.get("name").filter(|_| deed.id == "sign-in").unwrap_or_default();
    let who = who.unwrap_or(if visit.who.is_named() { &visit.who.name } else { typed });
    let line =
        NewLine::new(visit.now_ms, who, deed.id, object).from(address(visit.moment)).noting(note).ending(outcome);
    people.append(line).await?;
    Ok(())
}

/// The secret of a form, different in each page: what is the same in pages that are compressed can be guessed by their
/// lengths (BREACH).
pub(crate) fn masked(secret: &str, random: &[u8; 96]) -> String {
    let secret = secret.as_bytes();
    let mask: Vec<u8> = random.iter().rev().cycle().take(secret.len()).copied().collect();
    let mixed: Vec<u8> = secret.iter().zip(&mask).map(|(byte, mask)| byte ^ mask).collect();
    BASE64URL_NOPAD.encode(&[mask, mixed].concat())
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

/// Longest name of a browser that is kept.
const AGENT_CHARACTERS_MAX: usize = 200;

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
