//! `user token | setup | sessions`.

use std::fmt::Write as _;

use people::limits::TOKEN_S_MAX;
use people::{Grant, Registry, RegistryError, Role, Secret, Setup, Token, grant, token};
use serde_json::json;

use super::arguments::{SessionsArguments, TokenArguments};
use super::change::{find, granted};
use super::{line, print, random, show, told, with, with_new};
use crate::cli::SpfFormat;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::{duration, time};

/// Makes a token. It is printed alone on the last line: `… | tail -n 1` has it.
pub(super) fn add_token(common: &Common, arguments: &TokenArguments) -> Result<ExitCode, Failure> {
    let person = find(common, &arguments.name)?;
    let mut grants = told::grants(&arguments.grant)?;
    if grants.is_empty() {
        // What the person may see, and nothing else.
        grants.push(Grant { role: Role::Viewer, domains: grant::scope(&person.grants, Role::Viewer) });
    }
    if !grant::cover(&person.grants, &grants) {
        return Err(Failure::new(ExitCode::Usage, "people-token-too-much").with("name", person.name.as_str()));
    }
    crate::common::no_control("--label", Some(&arguments.label))?;
    let bad_time = || Failure::option("cli-bad-duration", "--expire-in", &arguments.expire_in);
    let good_s = duration::parse(&arguments.expire_in).ok_or_else(bad_time)?.as_secs();
    if good_s == 0 || good_s > TOKEN_S_MAX {
        return Err(bad_time());
    }
    let (secret, now_s) = (Secret::new(random()?), net::clock::now_s());
    let made = Token::new(&secret, person.name.clone(), &arguments.label, grants, (now_s, now_s + good_s));
    let line = line("token-put", &made.id).noting(&format!("{} {}", person.name, granted(&made.grants)));
    let kept = made.clone();
    with(common, async |store| store.put_token(kept, line).await)?;
    let text = token::text(&secret);
    if arguments.format == SpfFormat::Json {
        let mut value = show::token_json(&made);
        value["token"] = json!(text);
        return print(&format!("{value}\n"));
    }
    let until = time::rfc3339(made.ends_s);
    let told = [("name", person.name.as_str().into()), ("until", until.into()), ("token", (&*made.id).into())];
    print(&format!("{}\n{text}\n", common.say().say("people-token-made", &told)))
}

pub(super) fn remove_token(common: &Common, name: &str, id: &str) -> Result<ExitCode, Failure> {
    let name = told::name(name)?;
    let line = line("token-remove", id).noting(name.as_str());
    let was_there = with(common, async |store| store.remove_token(&name, id, line).await)?;
    let told = [("name", name.as_str().into()), ("token", id.into())];
    if was_there {
        return print(&(common.say().say("people-token-removed", &told) + "\n"));
    }
    Err(Failure::new(ExitCode::Input, "people-token-none").with("name", name.as_str()).with("token", id))
}

/// Makes a token for the first run.
pub(super) fn setup(common: &Common, format: SpfFormat) -> Result<ExitCode, Failure> {
    let secret = Secret::new(random()?);
    let setup = Setup::new(&secret, net::clock::now_s());
    let (kept, line) = (setup.clone(), line("setup-put", ""));
    with_new(common, async |store| store.put_setup(kept, line).await)?;
    let (text, until) = (secret.to_text(), time::rfc3339(setup.ends_s));
    if format == SpfFormat::Json {
        return print(&format!("{}\n", json!({ "setup_token": text, "until": until })));
    }
    print(&format!("{}\n{text}\n", common.say().say("people-setup-made", &[("until", until.into())])))
}

pub(super) fn sessions(common: &Common, arguments: &SessionsArguments) -> Result<ExitCode, Failure> {
    if let (Some(name), true) = (&arguments.name, arguments.end) {
        let name = find(common, name)?.name;
        let line = line("sessions-end", name.as_str());
        let count = with(common, async |store| {
            let count = store.end_sessions(&name, None).await?;
            if count > 0 {
                store.append(line).await?;
            }
            Ok::<_, RegistryError>(count)
        })?;
        let told = [("name", name.as_str().into()), ("count", mailtext::Value::Number(count))];
        return print(&(common.say().say("people-sessions-ended", &told) + "\n"));
    }
    let mut text = String::new();
    for session in show::sessions(common, arguments.name.as_deref())? {
        let _ = match arguments.format {
            SpfFormat::Json => writeln!(text, "{}", show::session_json(&session)),
            SpfFormat::Text => writeln!(text, "{}", show::session_text(&session)),
        };
    }
    if text.is_empty() && arguments.format == SpfFormat::Text {
        text = common.say().word("people-sessions-none") + "\n";
    }
    print(&text)
}
