//! What somebody sets for themselves: language, zone, colours, password, sessions, tokens.

use maud::{Markup, html};
use people::{Grant, Language, Name, NewLine, Person, Registry as _, Role, Secret, Session, Theme, Token, token};
use serde_json::{Value, json};

use super::entrance::password_fields;
use super::{failed, new_password, registry};
use crate::ask::{View, Visit, time_text};
use crate::data::{Cell, Column, Table};
use crate::door::random;
use crate::examined::moment;
use crate::page::Page;
use crate::parts::{action, safe, time};
use crate::screen::{Done, Screen};
use crate::sources::Sources;
use crate::trouble::Trouble;

/// The screen.
pub(crate) struct Own;

/// Who it is; nobody when a guest looks.
pub(crate) struct Data {
    person: Option<Person>,
    sessions: Vec<Session>,
    tokens: Vec<Token>,
}

impl Screen for Own {
    type Data = Data;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let none = Data { person: None, sessions: Vec::new(), tokens: Vec::new() };
        let (true, Some(people)) = (visit.who.is_named(), visit.sources.people()) else { return Ok(none) };
        let person = own(visit).await?;
        let sessions = people.sessions(&person.name).await?;
        let tokens = people.tokens(&person.name).await?;
        Ok(Data { person: Some(person), sessions, tokens })
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let title = view.word("page-label-settings");
        let Some(person) = &data.person else {
            return Page::new(
                title,
                html! { p { (view.word("page-settings-guest")) } p { a href="/login" { (view.word("page-label-login")) } } },
            );
        };
        let tables = Self::tables(data, view);
        let body = html! {
            dl .facts {
                dt { (view.word("page-label-name")) } dd { (safe(person.name.as_str())) }
                dt { (view.word("page-label-rights")) } dd { @for grant in &person.grants { (grant.to_string()) " " } }
            }
            (looks(person, view))
            h2 { (view.word("page-label-password")) }
            form .column method="post" action="/settings/password" {
                input type="hidden" name="csrf" value=(view.csrf);
                input type="hidden" name="back" value="/settings";
                label { span { (view.word("page-label-password-now")) } input type="password" name="now" autocomplete="current-password" required; }
                (password_fields(view))
                button { (view.word("page-label-save")) }
            }
            h2 { (view.word("page-label-sessions")) }
            @if let Some(table) = tables.first() { (table.markup(&view.word("page-nothing"))) }
            (action(view, "/settings/sessions", &[], &html! {}, &view.word("page-label-sessions-end")))
            h2 { (view.word("page-label-tokens")) }
            p { (view.word("page-tokens")) }
            @if let Some(table) = tables.get(1) { (table.markup(&view.word("page-no-tokens"))) }
            (action(view, "/settings/token", &[], &html! {
                label { span { (view.word("page-label-token-for")) } input name="label" required maxlength="100"; }
                label { span { (view.word("page-label-role")) } select name="role" { @for role in Role::ALL { option value=(role.word()) { (role.word()) } } } }
                label { span { (view.word("page-label-days-good")) } input type="number" name="days" value="90" min="1" max="366" required; }
            }, &view.word("page-label-token-make")))
        };
        Page::new(title, body)
    }

    fn json(data: &Data, _view: &View<'_>) -> Value {
        json!({
            "name": data.person.as_ref().map(|person| person.name.as_str()),
            "grants": data.person.iter().flat_map(|person| &person.grants).map(ToString::to_string).collect::<Vec<_>>(),
            "sessions": data.sessions.len(),
            "tokens": data.tokens.iter().map(|token| json!({
                "id": token.id, "label": token.label, "ends": moment(token.ends_s),
                "grants": token.grants.iter().map(ToString::to_string).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        })
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        let label = |id: &str| view.word(id);
        let at = |seconds: u64| Cell::text(time_text(seconds * 1000, 0)).showing(time(seconds * 1000, view));
        let columns = vec![
            Column::text("begun", label("page-label-since")),
            Column::text("used", label("page-label-used")),
            Column::text("address", label("page-label-address")),
            Column::text("agent", label("page-label-agent")),
            Column::text("is_this", String::new()),
        ];
        let mut sessions = Table::new("sessions", label("page-label-sessions"), columns);
        for session in &data.sessions {
            let is_this = view.who.session == Some(session.digest);
            let here = if is_this {
                html! { (safe(&session.agent)) " · " strong { (view.word("page-label-this-one")) } }
            } else {
                safe(&session.agent)
            };
            sessions.rows.push(vec![
                at(session.begun_s),
                at(session.used_s),
                Cell::text(session.address.to_string()),
                Cell::text(session.agent.to_string()).showing(here),
                Cell::text(if is_this { "yes" } else { "no" }),
            ]);
        }
        let columns = vec![
            Column::text("label", label("page-label-token-for")),
            Column::text("id", label("page-label-token")),
            Column::text("grants", label("page-label-rights")),
            Column::text("ends", label("page-label-until")),
            Column::text("used", label("page-label-used")),
            Column::text("remove", label("page-label-action")),
        ];
        let mut tokens = Table::new("tokens", label("page-label-tokens"), columns);
        for token in &data.tokens {
            let grants: Vec<_> = token.grants.iter().map(ToString::to_string).collect();
            let remove =
                action(view, "/settings/token/remove", &[("id", &token.id)], &html! {}, &label("page-label-remove"));
            tokens.rows.push(vec![
                Cell::text(token.label.to_string()).head(),
                Cell::text(token.id.to_string()),
                Cell::text(grants.join(" ")),
                at(token.ends_s),
                token.used_s.map_or_else(|| Cell::text("–"), at),
                Cell::text("").showing(remove),
            ]);
        }
        vec![sessions, tokens]
    }
}

fn looks(person: &Person, view: &View<'_>) -> Markup {
    let language = person.language.map_or("", Language::word);
    html! {
        form .column method="post" action="/settings" {
            input type="hidden" name="csrf" value=(view.csrf);
            input type="hidden" name="back" value="/settings";
            label { span { (view.word("page-label-language")) } select name="language" {
                option value="" { (view.word("page-label-as-browser")) }
                @for (word, name) in [("ja", "日本語"), ("en", "English")] { option value=(word) lang=(word) selected[language == word] { (name) } }
            } }
            label { span { (view.word("page-label-zone")) } input name="zone" value=(person.zone.as_deref().unwrap_or_default()) placeholder="Asia/Tokyo"; }
            label { span { (view.word("page-label-theme")) } select name="theme" {
                @for (theme, label) in [(Theme::Auto, "page-label-as-browser"), (Theme::Light, "page-label-light"), (Theme::Dark, "page-label-dark")] {
                    option value=(theme.word()) selected[person.theme == theme] { (view.word(label)) }
                }
            } }
            button { (view.word("page-label-save")) }
        }
    }
}

/// The person who asks, as the registry has them now.
///
/// # Errors
/// They are nobody, or gone.
async fn own<S: Sources>(visit: &Visit<'_, S>) -> Result<Person, Trouble> {
    let name = Name::parse(&visit.who.name).map_err(|_| Trouble::Unknown)?;
    registry(visit)?.person(&name).await?.ok_or(Trouble::Unknown)
}

/// A line of the log about somebody.
pub(super) fn line<S: Sources>(visit: &Visit<'_, S>, verb: &str, object: &str) -> NewLine {
    let line = NewLine::new(visit.now_ms, &visit.who.name, verb, object);
    match visit.moment.peer {
        Some(peer) => line.from(peer),
        None => line,
    }
}

/// Keeps language, zone and colours.
///
/// # Errors
/// The zone is none that is known, or it cannot be kept.
pub(crate) async fn save<S: Sources>(visit: &Visit<'_, S>) -> Result<Done, Trouble> {
    let mut person = own(visit).await?;
    let is_zone = |zone: &str| visit.sources.ahead_s(zone, visit.now_ms / 1000).is_some();
    person.language = visit.query.read("language", Language::from_word)?;
    person.zone = visit.query.read("zone", |zone| is_zone(zone).then(|| zone.into()))?;
    person.theme = visit.query.read("theme", Theme::from_word)?.unwrap_or_default();
    let line = line(visit, "person-put", &visit.who.name);
    registry(visit)?.put_person(person, line).await?;
    Ok(Done { told: "page-done-saved", is_noted: true, ..Done::default() })
}

/// A new password; every other session ends.
///
/// # Errors
/// The one of now is wrong, or the new one may not be one.
pub(crate) async fn set_password<S: Sources>(visit: &Visit<'_, S>) -> Result<Done, Trouble> {
    let now = visit.query.get("now").unwrap_or_default();
    let mut person = visit.door.enter(visit, &visit.who.name, now).await?;
    person.password = Some(new_password(visit, &person.name).await?);
    registry(visit)?.put_person(person.clone(), line(visit, "password-set", &visit.who.name)).await?;
    // The store ends all sessions of whoever has a new password; this one goes on as a new one.
    let cookie = crate::door::begin(visit, &person).await?;
    Ok(Done { told: "page-done-password", is_noted: true, cookies: vec![cookie], ..Done::default() })
}

/// Ends all sessions but this one.
///
/// # Errors
/// They cannot be ended.
pub(crate) async fn end_sessions<S: Sources>(visit: &Visit<'_, S>) -> Result<Done, Trouble> {
    let person = own(visit).await?;
    let count = registry(visit)?.end_sessions(&person.name, visit.who.session.as_ref()).await?;
    Ok(Done {
        told: "page-done-sessions",
        object: count.to_string(),
        value: json!({ "ended": count }),
        ..Done::default()
    })
}

/// A token; it is shown once.
///
/// # Errors
/// It may do more than its person, or cannot be kept.
pub(crate) async fn make_token<S: Sources>(visit: &Visit<'_, S>) -> Result<Done, Trouble> {
    let person = own(visit).await?;
    let role = visit.query.read("role", Role::from_word)?.unwrap_or(Role::Viewer);
    let days = visit.query.number("days")?.unwrap_or(90).clamp(1, 366);
    // As far as the person may, and no further: what they lose, it loses.
    let grants: Vec<Grant> = match person.domains(role) {
        people::Scope::Domains(domains) if domains.is_empty() => return Err(Trouble::Forbidden),
        scope => vec![Grant { role, domains: scope }],
    };
    let secret = Secret::new(random(visit.moment, 0));
    let now_s = visit.now_ms / 1000;
    let label = visit.query.get("label").ok_or_else(|| failed("page-people-label"))?;
    let token = Token::new(&secret, person.name.clone(), label, grants, (now_s, now_s + days * 86_400));
    let id = token.id.to_string();
    registry(visit)?.put_token(token, line(visit, "token-put", &id)).await?;
    let text = token::text(&secret);
    Ok(Done { value: json!({ "id": id, "token": text }), secret: Some(text), is_noted: true, ..Done::default() })
}

/// A token goes.
///
/// # Errors
/// It cannot be taken away.
pub(crate) async fn remove_token<S: Sources>(visit: &Visit<'_, S>) -> Result<Done, Trouble> {
    let person = own(visit).await?;
    let id = visit.query.get("id").unwrap_or_default();
    let is_gone = registry(visit)?.remove_token(&person.name, id, line(visit, "token-remove", id)).await?;
    if !is_gone {
        return Err(Trouble::NotFound);
    }
    Ok(Done { told: "page-done-token-removed", is_noted: true, ..Done::default() })
}
