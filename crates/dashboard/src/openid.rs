//! Coming in by a provider of OpenID Connect: the two addresses of the desk for it, what is kept of an attempt between
//! them, and who is let in. What is said to the provider, and what of it is believed, is [`people::openid`]'s.
//!
//! An attempt is a cookie under a seal of ours, and nothing of it is stored: its state, nonce and verifier are made of the
//! cookie and of a key that only the running desk has. So no number of attempts fills anything, and the verifier never
//! leaves the desk but to the provider. What has come back is remembered until it would have ended: it comes back once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use maud::{Markup, html};
use people::grant::{self, Grant};
use people::limits::OPENID_ATTEMPT_S;
use people::log::{NewLine, Outcome};
use people::openid::mapping::Mapping;
use people::openid::party::{PartyError, Redeemed};
use people::openid::token::Claims;
use people::openid::{Attempt, departure};
use people::throttle::{Gate, Network, Throttle};
use people::{Digest, Person, Registry as _, RegistryError, Secret};

use crate::ask::{Query, View, Visit};
use crate::desk::cookie;
use crate::door::{address, begin, random};
use crate::limits::{PROVIDER_WORD_BYTES_MAX, RETURN_BYTES_MAX, RETURN_COUNT_MAX};
use crate::screen::{Done, back};
use crate::sources::{Settings, Sources};
use crate::trouble::Trouble;

/// What is set about a provider by which people may come in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Way {
    /// How people call it: on the button.
    pub name: Box<str>,
    /// Who we are for it.
    pub client_id: Box<str>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<Box<str>>,
    /// Where people come back to: [`BACK`] at the address by which browsers reach the desk.
    pub redirect: Box<str>,
    /// What groups may do.
    pub mapping: Mapping,
    /// Who is let in.
    pub admission: Admission,
}

/// Who is let in of those whom the provider knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Admission {
    /// Whoever is a user here with that identity.
    #[default]
    Known,
    /// Whoever has a group that may do something; those who come for the first time become users.
    Groups,
}

/// Where one leaves for the provider.
pub const AWAY: &str = "/login/openid";
/// Where one comes back to.
pub const BACK: &str = "/login/openid/back";

/// A step of coming in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    Away,
    Back,
}

/// What the desk remembers of attempts.
pub(crate) struct Attempts {
    key: hmac::Key,
    throttle: Mutex<Throttle>,
    /// What has come back, and when it would have ended, in seconds since 1970.
    returned: Mutex<HashMap<Digest, u64>>,
}

/// An attempt, as its cookie tells it.
struct Kept<'c> {
    /// What the seal is over.
    sealed: &'c str,
    ends_s: u64,
    back: Option<String>,
}

/// Why somebody is not let in: what they are told, and the word of the log.
struct Refused {
    trouble: Trouble,
    word: Box<str>,
}

impl Step {
    /// The step of an address.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path {
            AWAY => Some(Self::Away),
            BACK => Some(Self::Back),
            _ => None,
        }
    }

    /// Takes the step: where the browser goes on, with which cookies.
    ///
    /// # Errors
    /// There is no provider, or it cannot be asked, or whoever comes back is not let in: the sentence says why.
    pub(crate) async fn take<S: Sources>(self, visit: &Visit<'_, S>, cookies: &str) -> Result<Done, Trouble> {
        let way = visit.settings.openid.as_ref().ok_or(Trouble::NotFound)?;
        match self {
            Self::Away => away(visit, way).await,
            Self::Back => come_back(visit, way, cookies).await,
        }
    }
}

impl Attempts {
    pub(crate) fn new(key: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        Self { key, throttle: Mutex::default(), returned: Mutex::default() }
    }

    /// A cookie for an attempt that begins.
    fn begin(&self, secret: &Secret, back: Option<&str>, now_s: u64) -> String {
        let back = back.filter(|back| back.len() <= RETURN_BYTES_MAX).unwrap_or_default();
        let back = BASE64URL_NOPAD.encode(back.as_bytes());
        let sealed = format!("{}.{}.{back}", secret.to_text(), now_s.saturating_add(OPENID_ATTEMPT_S));
        let seal = self.text("seal", &sealed);
        format!("{sealed}.{seal}")
    }

    /// The attempt of a cookie; `None` where it is none of ours.
    fn read<'c>(&self, cookie: &'c str) -> Option<Kept<'c>> {
        let (sealed, seal) = cookie.rsplit_once('.')?;
        if !is_same(seal, &self.text("seal", sealed)) {
            return None;
        }
        let mut parts = sealed.split('.').skip(1);
        let ends_s = parts.next()?.parse().ok()?;
        let back = BASE64URL_NOPAD.decode(parts.next()?.as_bytes()).ok()?;
        Some(Kept { sealed, ends_s, back: String::from_utf8(back).ok().filter(|back| !back.is_empty()) })
    }

    /// The three texts of an attempt.
    fn texts(&self, sealed: &str) -> Attempt {
        let text = |what| self.text(what, sealed).into();
        Attempt { state: text("state"), nonce: text("nonce"), verifier: text("verifier") }
    }

    /// 43 characters that nobody can make without the key.
    fn text(&self, what: &str, sealed: &str) -> String {
        let mut context = hmac::Context::with_key(&self.key);
        [what, "\0", sealed].iter().for_each(|part| context.update(part.as_bytes()));
        BASE64URL_NOPAD.encode(context.sign().as_ref())
    }

    /// Notes that an attempt has come back; whether it is the first time.
    fn is_first_return(&self, kept: &Kept<'_>, now_s: u64) -> bool {
        let mut returned = self.returned.lock().unwrap_or_else(PoisonError::into_inner);
        returned.retain(|_, ends_s| *ends_s > now_s);
        if returned.len() >= RETURN_COUNT_MAX {
            let first = returned.iter().min_by_key(|(_, ends_s)| **ends_s).map(|(digest, _)| *digest);
            first.and_then(|digest| returned.remove(&digest));
        }
        returned.insert(Digest::of(kept.sealed.as_bytes()), kept.ends_s).is_none()
    }

    fn throttled<T>(&self, act: impl FnOnce(&mut Throttle) -> T) -> T {
        act(&mut self.throttle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The way to the provider, for the page on which one logs in.
pub(crate) fn button(view: &View<'_>) -> Option<Markup> {
    let way = view.settings.openid.as_ref()?;
    let to = back(&view.query).map(|to| Query::of(&[("back", to)]).to_text()).unwrap_or_default();
    // A link, and no form: whoever answers a form by sending away needs the leave of form-action for the place (CSP 3 §6.4.2).
    Some(html! {
        p { a .button href={ (AWAY) (to) } { (view.say("page-label-openid", &[("name", (&*way.name).into())])) } }
    })
}

/// Sends away.
async fn away<S: Sources>(visit: &Visit<'_, S>, way: &Way) -> Result<Done, Trouble> {
    let now_s = visit.now_ms / 1000;
    let provider = visit.sources.provider(now_s).await.map_err(|error| refused(&error).trouble)?;
    let attempts = &visit.door.attempts;
    let kept = attempts.begin(&Secret::new(random(visit.moment, 0)), back(&visit.query), now_s);
    let attempt = attempts.texts(kept.rsplit_once('.').map_or(kept.as_str(), |(sealed, _)| sealed));
    let to = departure(&provider, &way.client_id, &way.redirect, &way.scopes, &attempt);
    Ok(Done { to: Some(to), cookies: vec![attempt_cookie(visit.settings, &kept, OPENID_ATTEMPT_S)], ..Done::default() })
}

/// Takes who comes back.
async fn come_back<S: Sources>(visit: &Visit<'_, S>, way: &Way, cookies: &str) -> Result<Done, Trouble> {
    let (attempts, now_s) = (&visit.door.attempts, visit.now_ms / 1000);
    let kept = cookie(cookies, cookie_name(visit.settings)).and_then(|cookie| attempts.read(cookie));
    // Nobody began anything here, or too long ago: an old address, and nothing that the log need know of.
    let kept = kept.filter(|kept| now_s < kept.ends_s).ok_or_else(|| failed("page-openid-late"))?;
    let network = Network::of(address(visit.moment));
    if let Gate::Wait { wait_ms } = attempts.throttled(|throttle| throttle.attempt(network, TRIED, visit.now_ms)) {
        let seconds = wait_ms.div_ceil(1000);
        return Err(Trouble::Failed { sentence: "page-openid-wait", arguments: vec![("seconds", seconds.into())] });
    }
    let claims = match proven(visit, way, &kept, now_s).await {
        Ok(claims) => claims,
        Err((refused, is_guess)) => {
            if !is_guess {
                attempts.throttled(|throttle| throttle.undecided(network, TRIED));
            }
            note(visit, "", "", &refused.word, Outcome::Refused).await?;
            return Err(refused.trouble);
        }
    };
    let subject = &claims.subject.subject;
    let person = match admitted(visit, way, &claims).await {
        Ok(person) => person,
        Err(refused) => {
            let wished = claims.name().map(|name| name.to_string()).unwrap_or_default();
            note(visit, &wished, subject, &refused.word, Outcome::Refused).await?;
            return Err(refused.trouble);
        }
    };
    let session = begin(visit, &person).await?;
    attempts.throttled(|throttle| throttle.succeeded(network, TRIED, visit.now_ms));
    note(visit, person.name.as_str(), subject, "", Outcome::Done).await?;
    let over = attempt_cookie(visit.settings, "", 0);
    // What was kept is looked at once more: the seal says that it is ours, not that it leads to us.
    let to = kept.back.and_then(|to| back(&Query::of(&[("back", &to)])).map(str::to_owned));
    Ok(Done { to: Some(to.unwrap_or_else(|| "/".to_owned())), cookies: vec![session, over], ..Done::default() })
}

/// Who comes back, as the provider proves it; or why not, and whether it counts as a guess.
async fn proven<S: Sources>(
    visit: &Visit<'_, S>,
    way: &Way,
    kept: &Kept<'_>,
    now_s: u64,
) -> Result<Claims, (Refused, bool)> {
    let attempts = &visit.door.attempts;
    let attempt = attempts.texts(kept.sealed);
    let guess = |sentence, word: &str| (Refused::new(sentence, word), true);
    // RFC 6749 §3.1: no parameter stands there twice.
    let is_plain = ["state", "code", "iss", "error"].iter().all(|name| visit.query.all(name).count() < 2);
    if !is_plain || !is_same(visit.query.get("state").unwrap_or_default(), &attempt.state) {
        return Err(guess("page-openid-state", "state"));
    }
    if !attempts.is_first_return(kept, now_s) {
        return Err(guess("page-openid-late", "returned-before"));
    }
    let provider = visit.sources.provider(now_s).await.map_err(|error| (refused(&error), false))?;
    // RFC 9207 §2.4: an answer of another provider is none, and neither is one without a name where names are promised;
    // of errors, too.
    match visit.query.get("iss") {
        Some(issuer) if issuer == &*provider.issuer => {}
        None if !provider.names_itself => {}
        _ => return Err(guess("page-openid-unbelieved", "iss")),
    }
    if let Some(error) = visit.query.get("error") {
        return Err((declined(error), false));
    }
    let code = visit.query.get("code").unwrap_or_default();
    let brought = Redeemed { code, redirect: &way.redirect, attempt: &attempt, now_s };
    visit.sources.redeem(brought).await.map_err(|error| {
        let is_guess = !matches!(error, PartyError::Unreached { .. });
        (refused(&error), is_guess)
    })
}

/// Who it is here; who has rights by groups has those of now.
async fn admitted<S: Sources>(visit: &Visit<'_, S>, way: &Way, claims: &Claims) -> Result<Person, Refused> {
    let registry = visit.sources.people().ok_or(Trouble::NotFound)?;
    let granted = way.mapping.granted(claims);
    for _ in 0..TRY_COUNT {
        let kept = match (registry.person_of(&claims.subject).await.map_err(Trouble::from)?, &granted) {
            (Some(person), _) if person.is_disabled => return Err(Refused::new("page-openid-disabled", "disabled")),
            (Some(person), None) => Ok(person),
            (Some(person), Some(granted)) if person.grants == *granted => Ok(person),
            (Some(person), Some(granted)) => renewed(visit, person, granted).await,
            (None, granted) => made(visit, way, claims, granted.as_deref()).await?,
        };
        match kept {
            Ok(person) if person.grants.is_empty() => return Err(Refused::new("page-openid-groups", "no-group")),
            Ok(person) => return Ok(person),
            // Somebody else did something with them at this moment, perhaps they themselves in another window.
            Err(RegistryError::Conflict | RegistryError::Taken) => {}
            Err(error) => return Err(Trouble::from(error).into()),
        }
    }
    Err(Trouble::from(RegistryError::Conflict).into())
}

/// Somebody with the rights that their groups have now. The last admin keeps what they have: somebody must be able to set
/// right what went wrong at the provider.
async fn renewed<S: Sources>(visit: &Visit<'_, S>, person: Person, granted: &[Grant]) -> Result<Person, RegistryError> {
    let changed = Person { grants: granted.to_vec(), ..person.clone() };
    match put(visit, &changed).await {
        Ok(version) => Ok(Person { version, ..changed }),
        Err(RegistryError::LastKeeper) => Ok(person),
        Err(error) => Err(error),
    }
}

/// Somebody who was not here before, where such are let in.
async fn made<S: Sources>(
    visit: &Visit<'_, S>,
    way: &Way,
    claims: &Claims,
    granted: Option<&[Grant]>,
) -> Result<Result<Person, RegistryError>, Refused> {
    let Some(granted) = granted.filter(|_| way.admission == Admission::Groups) else {
        return Err(Refused::new("page-openid-stranger", "stranger"));
    };
    if granted.is_empty() {
        return Err(Refused::new("page-openid-groups", "no-group"));
    }
    let name = claims.name().ok_or_else(|| Refused::new("page-openid-nameless", "no-name"))?;
    let registry = visit.sources.people().ok_or(Trouble::NotFound)?;
    // Whoever has this name here is somebody else, whatever the provider says: names there can be given anew.
    if registry.person(&name).await.map_err(Trouble::from)?.is_some() {
        return Err(Refused::new("page-openid-taken", "name-taken"));
    }
    let mut person = Person::new(name, visit.now_ms / 1000);
    person.subject = Some(claims.subject.clone());
    person.grants = granted.to_vec();
    Ok(put(visit, &person).await.map(|version| Person { version, ..person }))
}

async fn put<S: Sources>(visit: &Visit<'_, S>, person: &Person) -> Result<u64, RegistryError> {
    let registry = visit.sources.people().ok_or(RegistryError::NotFound)?;
    let name = person.name.as_str();
    let line = NewLine::new(visit.now_ms, name, "person-put", name).from(address(visit.moment));
    let line = line.noting(&format!("openid: {}", grant::print(&person.grants).replace('\n', " ")));
    registry.put_person(person.clone(), line).await
}

/// Notes who came in, or not, and why.
async fn note<S: Sources>(
    visit: &Visit<'_, S>,
    who: &str,
    subject: &str,
    word: &str,
    outcome: Outcome,
) -> Result<(), Trouble> {
    let Some(people) = visit.sources.people() else { return Ok(()) };
    let line = NewLine::new(visit.now_ms, who, "sign-in-openid", subject).from(address(visit.moment));
    people.append(line.noting(word).ending(outcome)).await?;
    Ok(())
}

impl Refused {
    fn new(sentence: &'static str, word: &str) -> Self {
        Self { trouble: failed(sentence), word: word.into() }
    }
}

impl From<Trouble> for Refused {
    fn from(trouble: Trouble) -> Self {
        Self { word: trouble.as_str().into(), trouble }
    }
}

/// Why nobody is proven, as far as strangers are told.
fn refused(error: &PartyError) -> Refused {
    let sentence = match error {
        PartyError::Unreached { .. } => "page-openid-unreached",
        _ => "page-openid-unbelieved",
    };
    Refused::new(sentence, error.word())
}

/// What the provider says instead of a code. Of its words only the log hears, and only of one that is one.
fn declined(error: &str) -> Refused {
    let sentence = if error == "access_denied" { "page-openid-denied" } else { "page-openid-error" };
    let is_word = error.len() <= PROVIDER_WORD_BYTES_MAX
        && error.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    Refused::new(sentence, &if is_word { format!("error {error}") } else { "error".to_owned() })
}

fn failed(sentence: &'static str) -> Trouble {
    Trouble::Failed { sentence, arguments: Vec::new() }
}

fn is_same(one: &str, other: &str) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

/// The cookie of an attempt; of age 0, that ends it. It comes along when the provider sends back, which is another site: Lax.
fn attempt_cookie(settings: &Settings, value: &str, age_s: u64) -> String {
    let secure = if settings.is_secure { "; Secure" } else { "" };
    format!("{}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}", cookie_name(settings))
}

fn cookie_name(settings: &Settings) -> &'static str {
    // Browsers take the prefix from TLS alone.
    if settings.is_secure { "__Host-sekisho-openid" } else { "sekisho-openid" }
}

/// What is tried, for the throttle: nobody is named before they are proven.
const TRIED: &str = "openid";
/// How often somebody is looked up anew who changes at the same moment.
const TRY_COUNT: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_ours_whole_or_not_at_all() {
        let attempts = Attempts::new(&[7; 32]);
        let cookie = attempts.begin(&Secret::new([1; 32]), Some("/mail?days=7"), 100);
        let kept = attempts.read(&cookie).unwrap();
        assert_eq!((kept.ends_s, kept.back.as_deref()), (100 + OPENID_ATTEMPT_S, Some("/mail?days=7")));
        let texts = attempts.texts(kept.sealed);
        assert!(texts.state != texts.nonce && texts.nonce != texts.verifier && texts.verifier.len() == 43);
        assert!(Attempts::new(&[8; 32]).read(&cookie).is_none(), "of another desk");
        let later = cookie.replacen(&format!(".{}.", 100 + OPENID_ATTEMPT_S), ".9999999999.", 1);
        for wrong in ["", ".", "...", &cookie[1..], &cookie[..cookie.len() - 1], &later] {
            assert!(attempts.read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_way_back_is_kept_as_long_as_a_cookie_may_hold_it() {
        let attempts = Attempts::new(&[7; 32]);
        for (length, is_kept) in [(RETURN_BYTES_MAX - 1, true), (RETURN_BYTES_MAX, true), (RETURN_BYTES_MAX + 1, false)]
        {
            let cookie = attempts.begin(&Secret::new([1; 32]), Some(&format!("/{}", "x".repeat(length - 1))), 100);
            assert_eq!(attempts.read(&cookie).unwrap().back.is_some(), is_kept, "{length}");
        }
    }

    #[test]
    fn an_attempt_comes_back_once_and_room_is_bounded() {
        let attempts = Attempts::new(&[7; 32]);
        let first = |number: u64, now_s| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            let cookie = attempts.begin(&Secret::new(bytes), None, 100 + number);
            attempts.is_first_return(&attempts.read(&cookie).unwrap(), now_s)
        };
        assert!(first(0, 200) && !first(0, 200) && first(1, 200) && !first(1, 200));
        assert!(first(0, 100 + OPENID_ATTEMPT_S), "what has ended is forgotten: it is refused for that");
        let count = || attempts.returned.lock().unwrap().len();
        for number in 2..RETURN_COUNT_MAX as u64 + 10 {
            first(number, 200);
            assert!(count() <= RETURN_COUNT_MAX);
        }
        assert_eq!(count(), RETURN_COUNT_MAX);
    }

    #[test]
    fn of_an_error_the_log_hears_a_word() {
        let long = "x".repeat(PROVIDER_WORD_BYTES_MAX);
        for (error, word) in [
            ("access_denied", "error access_denied"),
            ("<script>", "error"),
            ("a b", "error"),
            (&long[1..], &format!("error {}", &long[1..])),
            (&long, &format!("error {long}")),
            (&format!("{long}x"), "error"),
        ] {
            assert_eq!(&*declined(error).word, word, "{error}");
        }
    }
}
