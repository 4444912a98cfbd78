//! Who may come in, for admins.

use maud::{Markup, html};
use people::{Grant, Name, Person, Registry as _};
use serde_json::{Value, json};

use super::entrance::password_fields;
use super::settings::line;
use super::{failed, new_password, registry};
use crate::ask::{View, Visit, time_text};
use crate::data::{Cell, Column, Table};
use crate::examined::moment;
use crate::page::Page;
use crate::parts::{Tone, action, downloads, safe, state, time};
use crate::screen::{Done, Screen};
use crate::sources::Sources;
use crate::trouble::Trouble;

/// Everybody.
pub(crate) struct Users;

/// One of them, or a new one.
pub(crate) struct User;

impl Screen for Users {
    type Data = Vec<Person>;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Vec<Person>, Trouble> {
        match visit.sources.people() {
            Some(people) => Ok(people.people().await?),
            None => Ok(Vec::new()),
        }
    }

    fn page(data: &Vec<Person>, view: &View<'_>) -> Page {
        let tables = Self::tables(data, view);
        let body = html! {
            @for table in &tables { (table.markup(&view.word("page-people-nobody"))) }
            h2 { (view.word("page-label-user-new")) }
            (form(None, view))
            (downloads(view, &tables))
        };
        Page::new(view.word("page-label-users"), body).lead(html! { (view.word("page-users")) })
    }

    fn json(data: &Vec<Person>, _view: &View<'_>) -> Value {
        data.iter().map(object).collect()
    }

    fn tables(data: &Vec<Person>, view: &View<'_>) -> Vec<Table> {
        let label = |id: &str| view.word(id);
        let columns = vec![
            Column::text("name", label("page-label-name")),
            Column::text("grants", label("page-label-rights")),
            Column::text("state", label("page-label-state")),
            Column::text("made", label("page-label-since")),
            Column::text("identity", label("page-label-identity")),
        ];
        let mut table = Table::new("users", label("page-label-users"), columns);
        for person in data {
            let (word, tone, sentence) = match person {
                person if person.is_disabled => ("disabled", Tone::Warning, "page-label-disabled"),
                person if person.password.is_none() && person.subject.is_none() => {
                    ("no_way_in", Tone::Warning, "page-label-no-way-in")
                }
                _ => ("active", Tone::Good, "page-label-active"),
            };
            table.rows.push(vec![
                Cell::text(person.name.as_str()).head().link(&format!("/users/{}", escaped(person.name.as_str()))),
                Cell::text(grants(person).join(" ")),
                Cell::text(word).showing(state(tone, &label(sentence))),
                Cell::text(time_text(person.made_s * 1000, 0)).showing(time(person.made_s * 1000, view)),
                Cell::text(identity(person)),
            ]);
        }
        vec![table]
    }
}

impl Screen for User {
    type Data = Person;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Person, Trouble> {
        let name = visit.object.map(unescaped).and_then(|text| Name::parse(&text).ok()).ok_or(Trouble::NotFound)?;
        registry(visit)?.person(&name).await?.ok_or(Trouble::NotFound)
    }

    fn page(person: &Person, view: &View<'_>) -> Page {
        let name = person.name.as_str();
        let version = person.version.to_string();
        let body = html! {
            @if person.subject.is_some() { p { (view.word("page-label-identity")) ": " (safe(&identity(person))) } }
            (form(Some(person), view))
            h2 { (view.word("page-label-remove")) }
            (action(view, "/users/remove", &[("name", name), ("version", &version)], &html! {
                label .row { input type="checkbox" name="sure" value="yes" required; span { (view.word("page-label-sure")) } }
            }, &view.word("page-label-remove")))
            p { a href={ "/log" (crate::ask::Query::of(&[("object", name)]).to_text()) } { (view.word("page-label-log")) } }
        };
        Page::new(name.to_owned(), body).lead(safe(&grants(person).join(" ")))
    }

    fn json(person: &Person, _view: &View<'_>) -> Value {
        object(person)
    }

    fn tables(person: &Person, view: &View<'_>) -> Vec<Table> {
        Users::tables(&vec![person.clone()], view)
    }
}

fn grants(person: &Person) -> Vec<String> {
    person.grants.iter().map(ToString::to_string).collect()
}

/// Who it is for a provider of OpenID Connect; nothing for those who come in otherwise.
fn identity(person: &Person) -> String {
    person.subject.as_ref().map(|its| format!("{} {}", its.issuer, its.subject)).unwrap_or_default()
}

fn object(person: &Person) -> Value {
    let subject = person.subject.as_ref();
    json!({
        "name": person.name.as_str(),
        "grants": grants(person),
        "disabled": person.is_disabled,
        "has_password": person.password.is_some(),
        "version": person.version,
        "made": moment(person.made_s),
        "issuer": subject.map(|its| &its.issuer),
        "subject": subject.map(|its| &its.subject),
    })
}

fn form(person: Option<&Person>, view: &View<'_>) -> Markup {
    let version = person.map_or(0, |person| person.version);
    html! {
        form .column method="post" action="/users" {
            input type="hidden" name="csrf" value=(view.csrf);
            input type="hidden" name="version" value=(version);
            @match person {
                Some(person) => input type="hidden" name="name" value=(person.name.as_str());,
                None => label { span { (view.word("page-label-name")) } input name="name" autocomplete="off" autocapitalize="none" required; },
            }
            label { span { (view.word("page-label-rights")) }
                textarea name="grants" rows="3" required aria-describedby="rights-rule" { (person.map(|person| grants(person).join("\n")).unwrap_or_else(|| "viewer".to_owned())) }
            }
            p #rights-rule { (view.word("page-rights-rule")) }
            @if let Some(person) = person {
                label .row { input type="checkbox" name="disabled" value="yes" checked[person.is_disabled]; span { (view.word("page-label-disabled")) } }
                button { (view.word("page-label-save")) }
            } @else {
                (password_fields(view))
                button { (view.word("page-label-user-make")) }
            }
        }
    }
}

/// Keeps somebody, new or changed.
///
/// # Errors
/// The name, the rights or the password may not be one, or somebody else changed them meanwhile.
pub(crate) async fn put<S: Sources>(visit: &Visit<'_, S>) -> Result<Done, Trouble> {
    let registry = registry(visit)?;
    let name = visit.query.read("name", |text| Name::parse(text).ok())?.ok_or_else(|| failed("page-people-name"))?;
    let version = visit.query.number("version")?.unwrap_or(0);
    let rights = visit.query.get("grants").unwrap_or_default();
    let rights: Result<Vec<Grant>, _> = rights.split_whitespace().map(Grant::parse).collect();
    let rights = rights.ok().filter(|rights| !rights.is_empty()).ok_or_else(|| failed("page-people-rights"))?;
    let mut person = match version {
        0 => {
            let mut person = Person::new(name.clone(), visit.now_ms / 1000);
            person.password = Some(new_password(visit, &name).await?);
            person
        }
        _ => registry.person(&name).await?.ok_or(Trouble::NotFound)?,
    };
    person.version = version;
    person.grants = rights;
    person.is_disabled = visit.query.get("disabled") == Some("yes");
    let line = line(visit, "person-put", name.as_str()).noting(&grants(&person).join(" "));
    registry.put_person(person, line).await?;
    let to = Some("/users".to_owned());
    Ok(Done { to, told: "page-done-saved", is_noted: true, value: json!({ "name": name.as_str() }), ..Done::default() })
}

/// Somebody goes.
///
/// # Errors
/// They are the last admin, or somebody changed them meanwhile.
pub(crate) async fn remove<S: Sources>(visit: &Visit<'_, S>) -> Result<Done, Trouble> {
    let name = visit.query.read("name", |text| Name::parse(text).ok())?.ok_or(Trouble::NotFound)?;
    let version = visit.query.number("version")?.unwrap_or(0);
    if visit.query.get("sure") != Some("yes") {
        return Err(failed("page-people-sure"));
    }
    registry(visit)?.remove_person(&name, version, line(visit, "person-remove", name.as_str())).await?;
    Ok(Done { to: Some("/users".to_owned()), told: "page-done-removed", is_noted: true, ..Done::default() })
}

fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

fn unescaped(text: &str) -> String {
    let pair = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}
