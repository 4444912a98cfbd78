//! `--tape` and `--replay`: the answers of DNS, and with them what the run was asked.

use std::io::Write as _;
use std::path::Path;

use auth::Envelope;
use dkim::Age;
use lookup::limits::TAPE_BYTES_MAX;
use lookup::tape::{Recording, Replay};
use mailtext::ReversePath;

use super::Run;
use super::input::{Asked, Client};
use crate::cli::{Discovery, VerifyArguments};
use crate::common::{Common, ip};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::time;

/// A tape that will be written.
pub(super) struct File {
    name: String,
    file: std::fs::File,
}

/// Reads a tape.
pub(crate) fn read(path: &Path) -> Result<Replay, Failure> {
    use std::io::Read as _;
    let name = path.display().to_string();
    let failed = |id| Failure::new(ExitCode::Input, id).with("file", name.as_str());
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(TAPE_BYTES_MAX as u64 + 1).read_to_string(&mut text))
        .map_err(|error| failed("cli-tape-unreadable").with("reason", error.to_string()))?;
    Replay::parse(&text).map_err(|error| failed("cli-tape-malformed").with("line", u64::from(error.line)))
}

/// Opens a tape before anything is asked, so that a name that cannot be written is told at once.
pub(super) fn create(path: &Path) -> Result<File, Failure> {
    let name = path.display().to_string();
    match std::fs::File::create(path) {
        Ok(file) => Ok(File { name, file }),
        Err(error) => Err(unwritable(&name, &error)),
    }
}

impl File {
    pub(super) fn write(&mut self, recording: &Recording) -> Result<(), Failure> {
        self.file.write_all(recording.to_string().as_bytes()).map_err(|error| unwritable(&self.name, &error))
    }
}

/// What the run judges by: what the command line leaves open, the tape says.
pub(super) fn restore(common: &Common, arguments: &VerifyArguments, tape: Option<&Replay>) -> Result<Run, Failure> {
    let on_tape = |key: &str| tape.and_then(|tape| tape.get(key));
    let owned = |given: &Option<String>, key| given.clone().or_else(|| on_tape(key).map(str::to_owned));
    let ip = match &arguments.ip {
        Some(text) => Some(ip("--ip", text)?),
        None => on_tape("ip").and_then(|text| text.parse().ok()),
    };
    let traced = arguments.trace || on_tape("trace") == Some("true");
    let legacy = arguments.legacy || on_tape("legacy") == Some("true");
    let psl = if on_tape("discovery") == Some("psl") { Discovery::Psl } else { Discovery::Treewalk };
    let at_s = common.at_s().or_else(|| on_tape("at").and_then(time::parse));
    let authserv_id = arguments.authserv_id.as_deref().or_else(|| on_tape("authserv-id"));
    Ok(Run {
        asked: Asked {
            ip,
            helo: owned(&arguments.helo, "helo"),
            mail_from: owned(&arguments.mail_from, "mail-from"),
            client: if traced { Client::Traced } else { Client::Unknown },
        },
        now_s: at_s.unwrap_or_else(|| common.now_s()),
        authserv_id: common.authserv_id(authserv_id),
        age: if legacy { Age::Legacy } else { Age::Current },
        discovery: arguments.discovery.unwrap_or(psl),
    })
}

/// The head of a tape: what the run was asked, and the envelope of its only message.
pub(super) fn head(run: &Run, only: Option<&Envelope>, rcpt: &[String]) -> Vec<(String, String)> {
    let mut head = vec![("at".to_owned(), time::rfc3339(run.now_s))];
    let mut add = |key: &str, value: Option<String>| head.extend(value.map(|value| (key.to_owned(), value)));
    let flag = |set: bool| set.then(|| "true".to_owned());
    let envelope = only.map(|envelope| (envelope.ip, envelope.helo.clone(), sender(envelope)));
    let (ip, helo, traced_sender) = envelope.unwrap_or_else(|| (run.asked.ip, run.asked.helo.clone(), None));
    add("ip", ip.map(|ip| ip.to_string()));
    add("helo", helo);
    add("mail-from", run.asked.mail_from.clone().or(traced_sender));
    for address in rcpt {
        add("rcpt", Some(address.clone()));
    }
    add("authserv-id", Some(run.authserv_id.clone()));
    add("trace", flag(only.is_none() && run.asked.client == Client::Traced));
    add("legacy", flag(run.age == Age::Legacy));
    add("discovery", (run.discovery == Discovery::Psl).then(|| "psl".to_owned()));
    head
}

/// The answers and documents of all messages on one tape; of equal questions the first answer.
pub(super) fn joined(metadata: Vec<(String, String)>, recordings: &[Recording]) -> Recording {
    let mut seen = std::collections::HashSet::new();
    let all = recordings.iter().flat_map(|recording| &recording.exchanges);
    let exchanges = all.filter(|(question, _)| seen.insert(question)).cloned().collect();
    let mut fetched = std::collections::HashSet::new();
    let all = recordings.iter().flat_map(|recording| &recording.fetches);
    let fetches = all.filter(|(target, _)| fetched.insert(target)).cloned().collect();
    Recording { metadata, exchanges, fetches }
}

/// The sender as SMTP has it, when it is one.
fn sender(envelope: &Envelope) -> Option<String> {
    match &envelope.mail_from {
        Some(Ok(ReversePath::Null)) => Some("<>".to_owned()),
        Some(Ok(path)) => Some(path.to_string()),
        Some(Err(_)) | None => None,
    }
}

fn unwritable(name: &str, error: &std::io::Error) -> Failure {
    let failure = Failure::new(ExitCode::Input, "cli-tape-unwritable").with("file", name);
    failure.with("reason", error.to_string())
}
