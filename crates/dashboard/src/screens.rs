//! The screens, one by one, and what can be done on them.

mod explore;
mod ladder;
mod mail;
mod overview;
mod passing;
mod people;
mod sender;
mod senders;
mod source;
mod statistics;
mod why;

use crate::ask::Visit;
use crate::screen::{Deed, Done, Entry, Form, Kind, Parameter, Section, Shown, show};
use crate::sources::Sources;
use crate::trouble::Trouble;
use crate::who::Role;

/// All screens, in the order of the menu.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        id: "overview",
        path: "/",
        label: "page-label-overview",
        section: Some(Section::Top),
        needs: Role::Viewer,
        parameters: &[Parameter::FROM, Parameter::TO, Parameter::DAYS],
    },
    Entry {
        id: "mail",
        path: "/mail",
        label: "page-mail-label-flow",
        section: Some(Section::Mail),
        needs: Role::Viewer,
        parameters: mail::PARAMETERS,
    },
    Entry {
        id: "why",
        path: "/mail/{id}",
        label: "page-mail-label-why",
        section: None,
        needs: Role::Viewer,
        parameters: &[],
    },
    Entry {
        id: "statistics",
        path: "/statistics",
        label: "page-mail-label-statistics",
        section: Some(Section::Mail),
        needs: Role::Viewer,
        parameters: statistics::PARAMETERS,
    },
    Entry {
        id: "senders",
        path: "/senders",
        label: "page-reports-label-senders",
        section: Some(Section::Reports),
        needs: Role::Viewer,
        parameters: senders::PARAMETERS,
    },
    Entry {
        id: "sender",
        path: "/senders/{id}",
        label: "page-reports-label-sender",
        section: None,
        needs: Role::Viewer,
        parameters: sender::PARAMETERS,
    },
    Entry {
        id: "ladder",
        path: "/ladder",
        label: "page-label-ladder",
        section: Some(Section::Reports),
        needs: Role::Viewer,
        parameters: ladder::PARAMETERS,
    },
    Entry {
        id: "explore",
        path: "/explore",
        label: "page-reports-label-explore",
        section: Some(Section::Reports),
        needs: Role::Viewer,
        parameters: explore::PARAMETERS,
    },
    Entry {
        id: "settings",
        path: "/settings",
        label: "page-label-settings",
        section: Some(Section::House),
        needs: Role::Viewer,
        parameters: &[],
    },
    Entry {
        id: "users",
        path: "/users",
        label: "page-label-users",
        section: Some(Section::House),
        needs: Role::Admin,
        parameters: &[],
    },
    Entry {
        id: "user",
        path: "/users/{id}",
        label: "page-label-users",
        section: None,
        needs: Role::Admin,
        parameters: &[],
    },
    Entry {
        id: "log",
        path: "/log",
        label: "page-label-log",
        section: Some(Section::House),
        needs: Role::Admin,
        parameters: &[
            Parameter::FROM,
            Parameter::TO,
            Parameter::DAYS,
            Parameter { name: "who", kind: Kind::Text },
            Parameter { name: "verb", kind: Kind::Text },
            Parameter { name: "object", kind: Kind::Text },
            Parameter { name: "after", kind: Kind::Number },
        ],
    },
    Entry {
        id: "login",
        path: "/login",
        label: "page-label-login",
        section: None,
        needs: Role::Nobody,
        parameters: &[Parameter { name: "back", kind: Kind::Text }],
    },
    Entry {
        id: "setup",
        path: "/setup",
        label: "page-label-setup",
        section: None,
        needs: Role::Nobody,
        parameters: &[Parameter { name: "token", kind: Kind::Text }],
    },
];

/// All that can be done.
pub(crate) const DEEDS: &[Deed] = &[
    Deed { id: "mark-sender", path: "/senders/mark", needs: Role::Operator, parameters: senders::MARK_PARAMETERS },
    Deed {
        id: "sign-in",
        path: "/login",
        needs: Role::Nobody,
        parameters: &[Parameter { name: "name", kind: Kind::Text }, Parameter { name: "password", kind: Kind::Text }],
    },
    Deed { id: "sign-out", path: "/logout", needs: Role::Viewer, parameters: &[] },
    Deed {
        id: "setup-use",
        path: "/setup",
        needs: Role::Nobody,
        parameters: &[
            Parameter { name: "token", kind: Kind::Text },
            Parameter { name: "name", kind: Kind::Text },
            Parameter { name: "password", kind: Kind::Text },
            Parameter { name: "again", kind: Kind::Text },
        ],
    },
    Deed {
        id: "person-own",
        path: "/settings",
        needs: Role::Viewer,
        parameters: &[
            Parameter { name: "language", kind: Kind::Text },
            Parameter { name: "zone", kind: Kind::Text },
            Parameter { name: "theme", kind: Kind::Text },
        ],
    },
    Deed {
        id: "password-set",
        path: "/settings/password",
        needs: Role::Viewer,
        parameters: &[
            Parameter { name: "now", kind: Kind::Text },
            Parameter { name: "password", kind: Kind::Text },
            Parameter { name: "again", kind: Kind::Text },
        ],
    },
    Deed { id: "sessions-end", path: "/settings/sessions", needs: Role::Viewer, parameters: &[] },
    Deed {
        id: "token-put",
        path: "/settings/token",
        needs: Role::Viewer,
        parameters: &[
            Parameter { name: "label", kind: Kind::Text },
            Parameter { name: "role", kind: Kind::Text },
            Parameter { name: "days", kind: Kind::Text },
        ],
    },
    Deed {
        id: "token-remove",
        path: "/settings/token/remove",
        needs: Role::Viewer,
        parameters: &[Parameter { name: "id", kind: Kind::Text }],
    },
    Deed {
        id: "person-put",
        path: "/users",
        needs: Role::Admin,
        parameters: &[
            Parameter { name: "name", kind: Kind::Text },
            Parameter { name: "version", kind: Kind::Text },
            Parameter { name: "grants", kind: Kind::Text },
            Parameter { name: "disabled", kind: Kind::Text },
            Parameter { name: "password", kind: Kind::Text },
            Parameter { name: "again", kind: Kind::Text },
        ],
    },
    Deed {
        id: "person-remove",
        path: "/users/remove",
        needs: Role::Admin,
        parameters: &[
            Parameter { name: "name", kind: Kind::Text },
            Parameter { name: "version", kind: Kind::Text },
            Parameter { name: "sure", kind: Kind::Text },
        ],
    },
];

/// Opens a screen.
///
/// # Errors
/// It cannot be read, or what is asked for is wrong.
pub(crate) async fn open<S: Sources>(id: &str, visit: &Visit<'_, S>, form: Form) -> Result<Shown, Trouble> {
    match id {
        "overview" => show::<overview::Overview, S>(visit, form).await,
        "senders" => show::<senders::Senders, S>(visit, form).await,
        "sender" => show::<sender::Sender, S>(visit, form).await,
        "ladder" => show::<ladder::Ladder, S>(visit, form).await,
        "explore" => show::<explore::Explore, S>(visit, form).await,
        "settings" => show::<people::Own, S>(visit, form).await,
        "users" => show::<people::Users, S>(visit, form).await,
        "user" => show::<people::User, S>(visit, form).await,
        "log" => show::<people::Log, S>(visit, form).await,
        "login" => show::<people::Entrance, S>(visit, form).await,
        "setup" => show::<people::FirstRun, S>(visit, form).await,
        "mail" => show::<mail::Mail, S>(visit, form).await,
        "statistics" => show::<statistics::Statistics, S>(visit, form).await,
        "why" => show::<why::Why, S>(visit, form).await,
        _ => Err(Trouble::NotFound),
    }
}

/// Does something.
///
/// # Errors
/// It is not done.
pub(crate) async fn act<S: Sources>(id: &str, visit: &Visit<'_, S>) -> Result<Done, Trouble> {
    match id {
        "mark-sender" => senders::mark(visit).await,
        "sign-in" => people::sign_in(visit).await,
        "sign-out" => people::sign_out(visit).await,
        "setup-use" => people::first_run(visit).await,
        "person-own" => people::save_own(visit).await,
        "password-set" => people::set_own_password(visit).await,
        "sessions-end" => people::end_sessions(visit).await,
        "token-put" => people::make_token(visit).await,
        "token-remove" => people::remove_token(visit).await,
        "person-put" => people::put_user(visit).await,
        "person-remove" => people::remove_user(visit).await,
        _ => Err(Trouble::NotFound),
    }
}
