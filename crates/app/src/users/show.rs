//! `user list`, `user token list`, and sessions, for people and for programs. Never a secret, nor the digest of one.

use std::fmt::Write as _;

use mailtext::encoded_word::display_safe;
use people::{Lifetimes, Person, Registry, Session, Token};
use serde_json::{Value, json};

use super::change::{find, granted};
use super::{print, with};
use crate::cli::SpfFormat;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::paint::{blanks, columns};
use crate::time::rfc3339;

pub(super) fn people(common: &Common, format: SpfFormat) -> Result<ExitCode, Failure> {
    let people = with(common, Registry::people)?;
    let say = common.say();
    let width = people.iter().map(|person| columns(person.name.as_str())).max().unwrap_or(0);
    let mut text = String::new();
    for person in &people {
        let _ = match format {
            SpfFormat::Json => writeln!(text, "{}", person_json(person)),
            SpfFormat::Text => {
                let (name, grants) = (person.name.as_str(), granted(&person.grants));
                let mut notes = Vec::new();
                notes.extend(person.is_disabled.then_some("people-label-disabled"));
                notes.extend(person.password.is_none().then_some("people-label-no-password"));
                let notes: String = notes.iter().map(|id| format!("  ({})", say.word(id))).collect();
                writeln!(text, "{name}{}  {grants}{notes}", blanks(name, width))
            }
        };
    }
    if people.is_empty() && format == SpfFormat::Text {
        text = say.word("people-none") + "\n";
    }
    print(&text)
}

pub(super) fn tokens(common: &Common, name: Option<&str>, format: SpfFormat) -> Result<ExitCode, Failure> {
    let people = whose(common, name)?;
    let mut text = String::new();
    for person in &people {
        for token in with(common, async |store| store.tokens(&person.name).await)? {
            let _ = match format {
                SpfFormat::Json => writeln!(text, "{}", token_json(&token)),
                SpfFormat::Text => {
                    let (until, label) = (rfc3339(token.ends_s), display_safe(&token.label));
                    writeln!(text, "{}  {}  {}  {until}  {label}", token.id, token.name, granted(&token.grants))
                }
            };
        }
    }
    if text.is_empty() && format == SpfFormat::Text {
        text = common.say().word("people-tokens-none") + "\n";
    }
    print(&text)
}

/// The sessions that are good now.
pub(super) fn sessions(common: &Common, name: Option<&str>) -> Result<Vec<Session>, Failure> {
    let now_s = common.now_s();
    let mut all = Vec::new();
    for person in whose(common, name)? {
        let its = with(common, async |store| store.sessions(&person.name).await)?;
        all.extend(its.into_iter().filter(|session| session.is_live(now_s, Lifetimes::default())));
    }
    Ok(all)
}

pub(super) fn session_text(session: &Session) -> String {
    let (begun, used) = (rfc3339(session.begun_s), rfc3339(session.used_s));
    format!("{}  {}  {begun}  {used}  {}", session.name, session.address, display_safe(&session.agent))
}

pub(super) fn session_json(session: &Session) -> Value {
    json!({
        "name": session.name.as_str(), "address": session.address.to_string(), "agent": session.agent,
        "begun": rfc3339(session.begun_s), "used": rfc3339(session.used_s), "ends": rfc3339(session.ends_s),
    })
}

pub(super) fn token_json(token: &Token) -> Value {
    let grants: Vec<String> = token.grants.iter().map(ToString::to_string).collect();
    json!({
        "id": token.id, "name": token.name.as_str(), "label": token.label, "grants": grants,
        "made": rfc3339(token.made_s), "ends": rfc3339(token.ends_s), "used": token.used_s.map(rfc3339),
    })
}

fn person_json(person: &Person) -> Value {
    let grants: Vec<String> = person.grants.iter().map(ToString::to_string).collect();
    let subject = person.subject.as_ref();
    json!({
        "name": person.name.as_str(), "grants": grants, "disabled": person.is_disabled,
        "has_password": person.password.is_some(), "language": person.language.map(people::Language::word),
        "zone": person.zone, "theme": person.theme.word(), "made": rfc3339(person.made_s),
        "issuer": subject.map(|subject| &subject.issuer), "subject": subject.map(|subject| &subject.subject),
    })
}

/// Who is meant: one, or all.
fn whose(common: &Common, name: Option<&str>) -> Result<Vec<Person>, Failure> {
    match name {
        Some(name) => find(common, name).map(|person| vec![person]),
        None => with(common, Registry::people),
    }
}
