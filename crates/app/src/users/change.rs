//! `user add | set | remove | password`.

use people::{Grant, Language, Name, Person, Registry, Subject, Theme};

use super::arguments::{AddArguments, Identity, Looks, PasswordArguments, SetArguments, ThemeName};
use super::{entry, line, print, told, with, with_new};
use crate::cli::LanguageName;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;

pub(super) fn add(common: &Common, arguments: &AddArguments) -> Result<ExitCode, Failure> {
    let (name, grants) = (told::name(&arguments.name)?, told::grants(&arguments.grant)?);
    let mut person = Person { grants, ..Person::new(name.clone(), net::clock::now_s()) };
    dress(&mut person, &arguments.looks, &arguments.identity)?;
    if !arguments.no_password {
        person.password = Some(entry::new_password(common, &name)?);
    }
    let line = line("person-put", name.as_str()).noting(&granted(&person.grants));
    with_new(common, async |store| store.put_person(person, line).await)?;
    tell(common, "people-added", &name)
}

pub(super) fn set(common: &Common, arguments: &SetArguments) -> Result<ExitCode, Failure> {
    let mut person = find(common, &arguments.name)?;
    let before = person.clone();
    if !arguments.grant.is_empty() {
        person.grants = told::grants(&arguments.grant)?;
    }
    if arguments.disable || arguments.enable {
        person.is_disabled = arguments.disable;
    }
    if arguments.no_subject {
        person.subject = None;
    }
    dress(&mut person, &arguments.looks, &arguments.identity)?;
    let name = person.name.clone();
    if person == before {
        return tell(common, "people-as-it-was", &name);
    }
    let state = if person.is_disabled { ", disabled" } else { "" };
    let line = line("person-put", name.as_str()).noting(&format!("{}{state}", granted(&person.grants)));
    with(common, async |store| store.put_person(person, line).await)?;
    tell(common, "people-changed", &name)
}

pub(super) fn remove(common: &Common, name: &str) -> Result<ExitCode, Failure> {
    let Person { name, version, .. } = find(common, name)?;
    let line = line("person-remove", name.as_str());
    with(common, async |store| store.remove_person(&name, version, line).await)?;
    tell(common, "people-removed", &name)
}

pub(super) fn password(common: &Common, arguments: &PasswordArguments) -> Result<ExitCode, Failure> {
    let mut person = find(common, &arguments.name)?;
    let name = person.name.clone();
    person.password = if arguments.none { None } else { Some(entry::new_password(common, &name)?) };
    let line = line("password-set", name.as_str()).noting(if arguments.none { "none" } else { "" });
    with(common, async |store| store.put_person(person, line).await)?;
    tell(common, if arguments.none { "people-password-none" } else { "people-password-set" }, &name)
}

/// Somebody who is there.
pub(super) fn find(common: &Common, name: &str) -> Result<Person, Failure> {
    let name = told::name(name)?;
    let found = with(common, async |store| store.person(&name).await)?;
    found.ok_or_else(|| told::nobody(&name))
}

fn dress(person: &mut Person, looks: &Looks, identity: &Identity) -> Result<(), Failure> {
    if let Some(language) = looks.language {
        person.language = Some(match language {
            LanguageName::Ja => Language::Japanese,
            LanguageName::En => Language::English,
        });
    }
    if let Some(zone) = &looks.zone {
        if zone.is_empty() || !zone.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte)) {
            return Err(Failure::option("cli-bad-value", "--zone", zone));
        }
        person.zone = Some(zone.as_str().into());
    }
    if let Some(theme) = looks.theme {
        person.theme = match theme {
            ThemeName::Auto => Theme::Auto,
            ThemeName::Light => Theme::Light,
            ThemeName::Dark => Theme::Dark,
        };
    }
    crate::common::no_control("--issuer", identity.issuer.as_deref())?;
    crate::common::no_control("--subject", identity.subject.as_deref())?;
    if let (Some(issuer), Some(subject)) = (&identity.issuer, &identity.subject) {
        person.subject = Some(Subject { issuer: issuer.as_str().into(), subject: subject.as_str().into() });
    }
    Ok(())
}

/// Grants on one line.
pub(super) fn granted(grants: &[Grant]) -> String {
    grants.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn tell(common: &Common, id: &str, name: &Name) -> Result<ExitCode, Failure> {
    print(&(common.say().say(id, &[("name", name.as_str().into())]) + "\n"))
}
