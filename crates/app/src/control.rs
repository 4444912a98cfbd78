//! `status` and `reload`: ask the running daemon, over the local socket in its state directory.

use std::io::Write as _;

use clap::{Args, ValueEnum};
use mailtext::Value as Argument;
use net::http::{Method, StatusCode};
use net::{AskError, ask_local};
use serde_json::Value;

use crate::cli::LanguageName;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::say::Say;
use crate::serve::control_socket;

/// `status`
#[derive(Args, Debug)]
pub(crate) struct StatusArguments {
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: StatusFormat,
}

/// The forms of `status`'s output.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum StatusFormat {
    /// For people
    Text,
    /// One JSON object
    Json,
}

/// Tells how the daemon does.
///
/// # Errors
/// No daemon answers, or the output cannot be written.
pub(crate) fn status(common: &Common, arguments: &StatusArguments) -> Result<ExitCode, Failure> {
    let (_, told) = ask(common, Method::GET, "/status")?;
    let text = match arguments.format {
        StatusFormat::Json => format!("{told}\n"),
        StatusFormat::Text => sentences(&told, common.say()).join("\n") + "\n",
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::Done)
}

/// Lets the daemon read its configuration again.
///
/// # Errors
/// No daemon answers, or it keeps the configuration that it has.
pub(crate) fn reload(common: &Common) -> Result<ExitCode, Failure> {
    let (status, told) = ask(common, Method::POST, "/reload")?;
    if status != StatusCode::OK {
        let reason = told["reason"].as_str().unwrap_or(status.as_str());
        let code = match told["exit_code"].as_u64() {
            Some(5) => ExitCode::Network,
            Some(70) => ExitCode::Internal,
            _ => ExitCode::Configuration,
        };
        return Err(Failure::new(code, "serve-reload-refused").with("reason", reason));
    }
    let say = common.say();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", say.word("serve-reloaded"))?;
    for key in told["needs_restart"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        writeln!(out, "{}", say.say("serve-needs-restart", &[("key", key.into())]))?;
    }
    Ok(ExitCode::Done)
}

/// Whether a running daemon has read its configuration again.
pub(crate) enum Heard {
    /// It has.
    Taken,
    /// None runs.
    Nobody,
    /// It keeps what it has; why.
    Refused(String),
}

/// Lets a daemon, if one runs, read its configuration again.
pub(crate) fn tell_reload(common: &Common) -> Heard {
    match ask(common, Method::POST, "/reload") {
        Ok((StatusCode::OK, _)) => Heard::Taken,
        Ok((status, told)) => Heard::Refused(told["reason"].as_str().unwrap_or(status.as_str()).to_owned()),
        Err(failure) if mailtext::Explain::id(&failure) == "cli-no-daemon" => Heard::Nobody,
        Err(failure) => Heard::Refused(common.say().explain(&failure)),
    }
}

fn ask(common: &Common, method: Method, target: &str) -> Result<(StatusCode, Value), Failure> {
    let path = control_socket(&common.state_directory());
    let failed = |id, reason: String| {
        Failure::new(ExitCode::Network, id).with("file", path.display().to_string()).with("reason", reason)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed("cli-no-daemon", error.to_string()))?;
    let target = format!("{target}?lang={}", LanguageName::from(common.say().language()).as_str());
    let (status, body) = runtime.block_on(ask_local(&path, method, &target)).map_err(|error| match &error {
        AskError::Connect(_) => failed("cli-no-daemon", error.to_string()),
        _ => failed("cli-no-answer", error.to_string()),
    })?;
    let told = serde_json::from_slice(&body).map_err(|error| failed("cli-no-answer", error.to_string()))?;
    Ok((status, told))
}

/// What was told, in sentences.
fn sentences(told: &Value, say: &Say) -> Vec<String> {
    let text = |value: &Value| -> Argument { value.as_str().unwrap_or("–").into() };
    let number = |value: &Value| Argument::Number(value.as_u64().unwrap_or_default());
    let is_running = told["state"] == "running";
    let state = if is_running { "serve-status-running" } else { "serve-status-stopping" };
    let arguments =
        [("version", text(&told["version"])), ("process", plain(&told["process"])), ("since", text(&told["started"]))];
    let mut lines = vec![say.say(state, &arguments)];
    lines.push(say.say("serve-status-listening", &[("addresses", list(&told["listening"]))]));
    let configuration = &told["configuration"];
    let file = match configuration["file"].as_str() {
        Some(file) => file.to_owned(),
        None => say.word("config-default-none"),
    };
    let arguments = [("file", file.into()), ("time", text(&configuration["loaded"]))];
    lines.push(say.say("serve-status-configuration", &arguments));
    let connections = &told["connections"];
    let arguments = ["open", "total", "refused", "lost"].map(|name| (name, number(&connections[name])));
    lines.push(say.say("serve-status-connections", &arguments));
    let messages = &told["messages"];
    lines.push(
        say.say("serve-status-messages", &[("total", number(&messages["total"])), ("actions", counts(messages))]),
    );
    for (method, results) in told["results"].as_object().into_iter().flatten() {
        let arguments = [("method", method.as_str().into()), ("results", counts(results))];
        lines.push(format!("    {}", say.say("serve-status-results", &arguments)));
    }
    let dns = &told["dns"];
    if dns["answering"] == true {
        let counts = ["questions", "cache_hits", "failures"].map(|name| (name, number(&dns[name])));
        let arguments = [&[("servers", list(&dns["servers"]))][..], &counts].concat();
        lines.push(say.say("serve-status-dns", &arguments));
    } else {
        let arguments = [("servers", list(&dns["servers"])), ("reason", text(&dns["failure"]))];
        lines.push(say.say("serve-status-dns-silent", &arguments));
    }
    for list in told["dns_lists"].as_array().into_iter().flatten().filter(|list| list["usable"] == false) {
        lines.push(say.say("serve-status-list-dead", &[("zone", text(&list["zone"]))]));
    }
    lines.push(ledger(&told["ledger"], say));
    lines.extend(reports(&told["reports"], say));
    let mebibytes = told["memory_bytes"].as_u64().unwrap_or_default() >> 20;
    lines.push(say.say("serve-status-memory", &[("count", Argument::Number(mebibytes))]));
    lines
}

fn ledger(ledger: &Value, say: &Say) -> String {
    let Some(file) = ledger["file"].as_str() else { return say.word("serve-no-ledger") };
    let number = |name: &'static str| (name, Argument::Number(ledger[name].as_u64().unwrap_or_default()));
    let counts = ["stored", "waiting", "lost", "failures"].map(number);
    say.say("serve-status-ledger", &[&[("file", Argument::from(file))][..], &counts].concat())
}

/// Reports, as far as anything was done with them.
fn reports(told: &Value, say: &Say) -> Vec<String> {
    let number = |name: &str| told[name].as_u64().unwrap_or_default();
    let is_any = |value: &Value| value.as_object().is_some_and(|counts| !counts.is_empty());
    let argument = |name: &str| Argument::Number(number(name));
    let mut lines = Vec::new();
    if is_any(&told["received"]) {
        let kinds = told["received"].as_object().into_iter().flatten();
        let shown: Vec<String> = kinds.map(|(kind, of_kind)| format!("{kind}: {}", counts(of_kind))).collect();
        lines.push(say.say("serve-status-reports", &[("received", shown.join("; ").into())]));
    }
    if is_any(&told["sent"]) || number("due") + number("suppressed") > 0 {
        let (due, suppressed) = (argument("due"), argument("suppressed"));
        let arguments = [("sent", counts(&told["sent"])), ("due", due), ("suppressed", suppressed)];
        lines.push(say.say("serve-status-reports-sent", &arguments));
    }
    if is_any(&told["letters"]) || number("alerts") + number("letters_due") > 0 {
        let kinds = told["letters"].as_object().into_iter().flatten();
        let shown: Vec<String> = kinds.map(|(kind, of_kind)| format!("{kind}: {}", counts(of_kind))).collect();
        let letters = if shown.is_empty() { "–".to_owned() } else { shown.join("; ") };
        let arguments = [("count", argument("alerts")), ("letters", letters.into()), ("due", argument("letters_due"))];
        lines.push(say.say("serve-status-alerts", &arguments));
    }
    lines
}

/// A number that is a name: without separators.
fn plain(value: &Value) -> Argument {
    value.to_string().into()
}

fn list(value: &Value) -> Argument {
    let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.collect::<Vec<_>>().join(", ").into()
}

/// `accept 12, reject 3`: what is not 0.
fn counts(value: &Value) -> Argument {
    let counts = value.as_object().into_iter().flatten().filter(|(name, count)| *name != "total" && **count != 0);
    let shown: Vec<_> = counts.map(|(name, count)| format!("{name} {count}")).collect();
    if shown.is_empty() { "–".into() } else { shown.join(", ").into() }
}
