//! The screens, one by one, and what can be done on them.

mod domain;
mod domains;
mod explore;
mod failures;
mod guideline;
mod inbox;
mod keys;
mod ladder;
mod mail;
mod noticed;
mod outgoing;
mod overview;
mod passing;
mod people;
mod report;
mod reporters;
mod sender;
mod senders;
mod source;
mod statistics;
mod surveys;
mod tls;
mod why;

use self::outgoing::STANDS;
use crate::ask::Visit;
use crate::documents::{KINDS, STATES};
use crate::screen::{Deed, Done, Entry, Form, Fresh, Kind, Parameter, Screen as _, Section, Shown, show};
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
        needs: Some(Role::Viewer),
        parameters: &[
            Parameter::FROM,
            Parameter::TO,
            Parameter::DAYS,
            Parameter::DOMAIN,
            Parameter { name: "before", kind: Kind::Number },
        ],
    },
    Entry {
        id: "mail",
        path: "/mail",
        label: "page-mail-label-flow",
        section: Some(Section::Mail),
        needs: Some(Role::Viewer),
        parameters: mail::PARAMETERS,
    },
    Entry {
        id: "why",
        path: "/mail/{id}",
        label: "page-mail-label-why",
        section: None,
        needs: Some(Role::Viewer),
        parameters: &[],
    },
    Entry {
        id: "statistics",
        path: "/statistics",
        label: "page-mail-label-statistics",
        section: Some(Section::Mail),
        needs: Some(Role::Viewer),
        parameters: statistics::PARAMETERS,
    },
    Entry {
        id: "senders",
        path: "/senders",
        label: "page-reports-label-senders",
        section: Some(Section::Reports),
        needs: Some(Role::Viewer),
        parameters: senders::PARAMETERS,
    },
    Entry {
        id: "sender",
        path: "/senders/{id}",
        label: "page-reports-label-sender",
        section: None,
        needs: Some(Role::Viewer),
        parameters: sender::PARAMETERS,
    },
    Entry {
        id: "ladder",
        path: "/ladder",
        label: "page-label-ladder",
        section: Some(Section::Reports),
        needs: Some(Role::Viewer),
        parameters: ladder::PARAMETERS,
    },
    Entry {
        id: "explore",
        path: "/explore",
        label: "page-reports-label-explore",
        section: Some(Section::Reports),
        needs: Some(Role::Viewer),
        parameters: explore::PARAMETERS,
    },
    Entry {
        id: "reports",
        path: "/reports",
        label: "page-inbox-label-reports",
        section: Some(Section::Reports),
        needs: Some(Role::Viewer),
        parameters: &[
            Parameter::FROM,
            Parameter::TO,
            Parameter::DAYS,
            Parameter::DOMAIN,
            Parameter { name: "kind", kind: Kind::Word(KINDS) },
            Parameter { name: "status", kind: Kind::Word(STATES) },
            Parameter { name: "reporter", kind: Kind::Text },
            Parameter { name: "report_id", kind: Kind::Text },
            Parameter { name: "before", kind: Kind::Number },
        ],
    },
    Entry {
        id: "report",
        path: "/reports/{id}",
        label: "page-inbox-label-report",
        section: None,
        needs: Some(Role::Viewer),
        parameters: &[Parameter { name: "skip", kind: Kind::Number }],
    },
    Entry {
        id: "raw",
        path: "/raw/{id}",
        label: "page-inbox-label-raw",
        section: None,
        needs: Some(Role::Operator),
        parameters: &[],
    },
    Entry {
        id: "reporters",
        path: "/reporters",
        label: "page-inbox-label-reporters",
        section: Some(Section::Reports),
        needs: Some(Role::Viewer),
        parameters: &[
            Parameter::FROM,
            Parameter::TO,
            Parameter::DAYS,
            Parameter::DOMAIN,
            Parameter { name: "reporter", kind: Kind::Text },
        ],
    },
    Entry {
        id: "tls",
        path: "/tls",
        label: "page-inbox-label-tls",
        section: Some(Section::Reports),
        needs: Some(Role::Viewer),
        parameters: &[Parameter::FROM, Parameter::TO, Parameter::DAYS, Parameter::DOMAIN],
    },
    Entry {
        id: "failures",
        path: "/failures",
        label: "page-inbox-label-failures",
        section: Some(Section::Reports),
        needs: Some(Role::Operator),
        parameters: &[
            Parameter::FROM,
            Parameter::TO,
            Parameter::DAYS,
            Parameter::DOMAIN,
            Parameter { name: "skip", kind: Kind::Number },
        ],
    },
    Entry {
        id: "failure",
        path: "/failures/{id}",
        label: "page-inbox-label-failure-report",
        section: None,
        needs: Some(Role::Operator),
        parameters: &[],
    },
    Entry {
        id: "outgoing",
        path: "/outgoing",
        label: "page-inbox-label-outgoing",
        section: Some(Section::Mail),
        needs: Some(Role::Viewer),
        parameters: &[
            Parameter::DOMAIN,
            Parameter { name: "state", kind: Kind::Word(STANDS) },
            Parameter { name: "before", kind: Kind::Text },
            Parameter { name: "after", kind: Kind::Text },
        ],
    },
    Entry {
        id: "outgoing-report",
        path: "/outgoing/{id}",
        label: "page-inbox-label-outgoing-report",
        section: None,
        needs: Some(Role::Viewer),
        parameters: &[],
    },
    Entry {
        id: "domains",
        path: "/domains",
        label: "page-label-audits",
        section: Some(Section::Domains),
        needs: Some(Role::Viewer),
        parameters: &[Parameter { name: "q", kind: Kind::Text }, Parameter { name: "after", kind: Kind::Text }],
    },
    Entry {
        id: "domain",
        path: "/domains/{id}",
        label: "page-label-domain",
        section: None,
        needs: Some(Role::Viewer),
        parameters: &[
            Parameter::NOW,
            Parameter { name: "before", kind: Kind::Number },
            Parameter { name: "table", kind: Kind::Word(&["records", "findings", "history", "unanswered"]) },
        ],
    },
    Entry {
        id: "guideline",
        path: "/guideline",
        label: "page-label-guideline",
        section: Some(Section::Domains),
        needs: Some(Role::Viewer),
        parameters: &[
            Parameter::DOMAIN,
            Parameter::NOW,
            Parameter { name: "role", kind: Kind::Word(&["owner", "esp", "relay", "receiver"]) },
        ],
    },
    Entry {
        id: "keys",
        path: "/keys",
        label: "page-label-keys",
        section: Some(Section::Domains),
        needs: Some(Role::Viewer),
        parameters: &[Parameter::DOMAIN, Parameter { name: "after", kind: Kind::Text }],
    },
    Entry {
        id: "surveys",
        path: "/surveys",
        label: "page-survey-label-surveys",
        section: Some(Section::Domains),
        needs: Some(Role::Viewer),
        parameters: surveys::LIST_PARAMETERS,
    },
    Entry {
        id: "survey",
        path: "/surveys/{id}",
        label: "page-survey-label-survey",
        section: None,
        needs: Some(Role::Viewer),
        parameters: surveys::ONE_PARAMETERS,
    },
    Entry {
        id: "settings",
        path: "/settings",
        label: "page-label-settings",
        section: Some(Section::House),
        needs: Some(Role::Viewer),
        parameters: &[],
    },
    Entry {
        id: "users",
        path: "/users",
        label: "page-label-users",
        section: Some(Section::House),
        needs: Some(Role::Admin),
        parameters: &[],
    },
    Entry {
        id: "user",
        path: "/users/{id}",
        label: "page-label-users",
        section: None,
        needs: Some(Role::Admin),
        parameters: &[],
    },
    Entry {
        id: "log",
        path: "/log",
        label: "page-label-log",
        section: Some(Section::House),
        needs: Some(Role::Admin),
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
        needs: None,
        parameters: &[Parameter { name: "back", kind: Kind::Text }],
    },
    Entry {
        id: "setup",
        path: "/setup",
        label: "page-label-setup",
        section: None,
        needs: None,
        parameters: &[Parameter { name: "token", kind: Kind::Text }],
    },
];

/// All that can be done.
pub(crate) const DEEDS: &[Deed] = &[
    Deed {
        id: "mark-sender",
        path: "/senders/mark",
        needs: Some(Role::Operator),
        parameters: senders::MARK_PARAMETERS,
    },
    Deed {
        id: "read-again",
        path: "/reports/read-again",
        needs: Some(Role::Operator),
        parameters: &[Parameter { name: "id", kind: Kind::Number }],
    },
    Deed {
        id: "send-now",
        path: "/outgoing/send-now",
        needs: Some(Role::Operator),
        parameters: &[Parameter { name: "id", kind: Kind::Text }],
    },
    Deed {
        id: "unsuppress",
        path: "/outgoing/unsuppress",
        needs: Some(Role::Operator),
        parameters: &[Parameter { name: "mailbox", kind: Kind::Text }],
    },
    Deed {
        id: "sign-in",
        path: "/login",
        needs: None,
        parameters: &[Parameter { name: "name", kind: Kind::Text }, Parameter { name: "password", kind: Kind::Text }],
    },
    Deed { id: "sign-out", path: "/logout", needs: Some(Role::Viewer), parameters: &[] },
    Deed {
        id: "setup-use",
        path: "/setup",
        needs: None,
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
        needs: Some(Role::Viewer),
        parameters: &[
            Parameter { name: "language", kind: Kind::Text },
            Parameter { name: "zone", kind: Kind::Text },
            Parameter { name: "theme", kind: Kind::Text },
        ],
    },
    Deed {
        id: "password-set",
        path: "/settings/password",
        needs: Some(Role::Viewer),
        parameters: &[
            Parameter { name: "now", kind: Kind::Text },
            Parameter { name: "password", kind: Kind::Text },
            Parameter { name: "again", kind: Kind::Text },
        ],
    },
    Deed { id: "sessions-end", path: "/settings/sessions", needs: Some(Role::Viewer), parameters: &[] },
    Deed {
        id: "token-put",
        path: "/settings/token",
        needs: Some(Role::Viewer),
        parameters: &[
            Parameter { name: "label", kind: Kind::Text },
            Parameter { name: "role", kind: Kind::Text },
            Parameter { name: "days", kind: Kind::Text },
        ],
    },
    Deed {
        id: "token-remove",
        path: "/settings/token/remove",
        needs: Some(Role::Viewer),
        parameters: &[Parameter { name: "id", kind: Kind::Text }],
    },
    Deed {
        id: "person-put",
        path: "/users",
        needs: Some(Role::Admin),
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
        needs: Some(Role::Admin),
        parameters: &[
            Parameter { name: "name", kind: Kind::Text },
            Parameter { name: "version", kind: Kind::Text },
            Parameter { name: "sure", kind: Kind::Text },
        ],
    },
];

/// For how long what a screen shows may be shown again.
pub(crate) fn fresh(id: &str) -> Fresh {
    match id {
        "overview" => overview::Overview::FRESH,
        "senders" => senders::Senders::FRESH,
        "sender" => sender::Sender::FRESH,
        "ladder" => ladder::Ladder::FRESH,
        "explore" => explore::Explore::FRESH,
        "reports" => inbox::Inbox::FRESH,
        "reporters" => reporters::Reporters::FRESH,
        "tls" => tls::Sessions::FRESH,
        "failures" => failures::Failures::FRESH,
        "domains" => domains::Domains::FRESH,
        "mail" => mail::Mail::FRESH,
        "statistics" => statistics::Statistics::FRESH,
        _ => Fresh::Anew,
    }
}

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
        "reports" => show::<inbox::Inbox, S>(visit, form).await,
        "report" if form == Form::Raw => report::file(visit).await,
        "report" => show::<report::OneReport, S>(visit, form).await,
        "raw" if form == Form::Raw => report::raw_file(visit).await,
        "raw" => show::<report::RawReport, S>(visit, form).await,
        "reporters" => show::<reporters::Reporters, S>(visit, form).await,
        "tls" => show::<tls::Sessions, S>(visit, form).await,
        "failures" => show::<failures::Failures, S>(visit, form).await,
        "failure" => show::<failures::OneFailure, S>(visit, form).await,
        "outgoing" => show::<outgoing::Outgoing, S>(visit, form).await,
        "outgoing-report" => show::<outgoing::OneOutgoing, S>(visit, form).await,
        "domains" => show::<domains::Domains, S>(visit, form).await,
        "domain" => show::<domain::OfDomain, S>(visit, form).await,
        "guideline" => show::<guideline::Guideline, S>(visit, form).await,
        "keys" => show::<keys::Keys, S>(visit, form).await,
        "surveys" => show::<surveys::Surveys, S>(visit, form).await,
        "survey" => show::<surveys::OneSurvey, S>(visit, form).await,
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
        "read-again" => report::read_again(visit).await,
        "send-now" => outgoing::send_now(visit).await,
        "unsuppress" => outgoing::unsuppress(visit).await,
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
