//! Coming in, going out, and the first run.

use maud::{Markup, html};
use people::{Grant, Name, NewLine, Person, Registry as _, Role, Secret, SetupUse};
use serde_json::{Value, json};

use super::{failed, new_password, registry};
use crate::ask::{View, Visit};
use crate::data::Table;
use crate::door::{begin, kept_cookie};
use crate::openid;
use crate::page::Page;
use crate::parts::{Tone, notice};
use crate::screen::{Done, Screen, back};
use crate::sources::Sources;
use crate::trouble::Trouble;

/// Where one logs in.
pub(crate) struct Entrance;

/// Where the first admin is made.
pub(crate) struct FirstRun;

/// Whether anybody can log in already.
pub(crate) struct Data {
    is_first: bool,
}

impl Data {
    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Self, Trouble> {
        Ok(Self { is_first: !registry(visit)?.has_keeper().await? })
    }

    fn json(&self) -> Value {
        json!({ "first_run": self.is_first })
    }
}

impl Screen for Entrance {
    type Data = Data;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        Data::read(visit).await
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let to = back(&view.query).unwrap_or("/");
        let body = html! {
            div .door {
                @if data.is_first { (notice(Tone::Plain, &html! { p { (view.word("page-door-first")) } pre { code { "sekisho user setup" } } })) }
                form .column method="post" action="/login" {
                    input type="hidden" name="csrf" value=(view.csrf);
                    input type="hidden" name="back" value=(to);
                    label { span { (view.word("page-label-name")) } input name="name" autocomplete="username" autocapitalize="none" required autofocus; }
                    label { span { (view.word("page-label-password")) } input type="password" name="password" autocomplete="current-password" required; }
                    button .primary { (view.word("page-label-login")) }
                }
                @if let Some(button) = openid::button(view) { (button) }
            }
        };
        Page::new(view.word("page-label-login"), body)
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        let way = view.settings.openid.as_ref();
        json!({ "first_run": data.is_first, "openid": way.map(|way| &way.name) })
    }

    fn tables(_data: &Data, _view: &View<'_>) -> Vec<Table> {
        Vec::new()
    }
}

impl Screen for FirstRun {
    type Data = Data;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        Data::read(visit).await
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let title = view.word("page-label-setup");
        if !data.is_first {
            return Page::new(
                title,
                html! { p { (view.word("page-door-settled")) } p { a href="/login" { (view.word("page-label-login")) } } },
            );
        }
        let body = html! {
            div .door {
                form .column method="post" action="/setup" {
                    input type="hidden" name="csrf" value=(view.csrf);
                    label { span { (view.word("page-label-setup-token")) } input name="token" value=(view.query.get("token").unwrap_or_default()) autocomplete="off" required; }
                    label { span { (view.word("page-label-name")) } input name="name" autocomplete="username" autocapitalize="none" required; }
                    (password_fields(view))
                    button .primary { (view.word("page-label-setup-do")) }
                }
            }
        };
        Page::new(title, body).lead(html! { (view.word("page-door-setup")) })
    }

    fn json(data: &Data, _view: &View<'_>) -> Value {
        data.json()
    }

    fn tables(_data: &Data, _view: &View<'_>) -> Vec<Table> {
        Vec::new()
    }
}

/// The two fields of a new password.
pub(super) fn password_fields(view: &View<'_>) -> Markup {
    html! {
        label { span { (view.word("page-label-password-new")) } input type="password" name="password" autocomplete="new-password" minlength="12" required aria-describedby="password-rule"; }
        label { span { (view.word("page-label-password-again")) } input type="password" name="again" autocomplete="new-password" minlength="12" required; }
        p #password-rule { (view.word("page-password-rule")) }
    }
}

/// Somebody comes in.
///
/// # Errors
/// The password is wrong, or there were too many wrong ones.
pub(crate) async fn sign_in<S: Sources>(visit: &Visit<'_, S>) -> Result<Done, Trouble> {
    let (name, password) =
        (visit.query.get("name").unwrap_or_default(), visit.query.get("password").unwrap_or_default());
    let person = visit.door.enter(visit, name, password).await?;
    let cookie = begin(visit, &person).await?;
    let who = Some(person.name.to_string());
    Ok(Done { cookies: vec![cookie], who, ..Done::default() })
}

/// Somebody goes out.
///
/// # Errors
/// The session cannot be ended.
pub(crate) async fn sign_out<S: Sources>(visit: &Visit<'_, S>) -> Result<Done, Trouble> {
    if let Some(session) = &visit.who.session {
        registry(visit)?.end_session(session).await?;
    }
    let cookie = kept_cookie(visit.settings, "", 0);
    Ok(Done { to: Some("/login".to_owned()), told: "page-done-signed-out", cookies: vec![cookie], ..Done::default() })
}

/// The first admin.
///
/// # Errors
/// The token is none, or there is an admin, or the name or the password may not be one.
pub(crate) async fn first_run<S: Sources>(visit: &Visit<'_, S>) -> Result<Done, Trouble> {
    let registry = registry(visit)?;
    let token = visit.query.get("token").and_then(|text| Secret::parse(text.trim()));
    let token = token.ok_or_else(|| failed("page-door-token"))?;
    let name = visit.query.read("name", |text| Name::parse(text).ok())?;
    let name = name.ok_or_else(|| failed("page-people-name"))?;
    let now_s = visit.now_ms / 1000;
    let mut person = Person::new(name.clone(), now_s);
    person.password = Some(new_password(visit, &name).await?);
    person.grants = vec![Grant::all(Role::Admin)];
    let mut line = NewLine::new(visit.now_ms, name.as_str(), "setup-use", name.as_str());
    if let Some(peer) = visit.moment.peer {
        line = line.from(peer);
    }
    match registry.use_setup(&token.digest(), person.clone(), now_s, line).await? {
        SetupUse::Done { .. } => {}
        SetupUse::Unknown => return Err(failed("page-door-token")),
        SetupUse::Late => return Err(failed("page-door-token-late")),
        SetupUse::Settled => return Err(failed("page-door-settled")),
    }
    let cookie = begin(visit, &person).await?;
    Ok(Done {
        to: Some("/".to_owned()),
        told: "page-done-setup",
        cookies: vec![cookie],
        is_noted: true,
        ..Done::default()
    })
}
