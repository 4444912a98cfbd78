//! Records on their way into DNS: by dynamic update, by a file that a zone includes, by a command, or by hand.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use lookup::zone::record_line;
use lookup::{Data, Text};
use mailtext::{Domain, Value};
use net::authoritative::{Shown, ask};
use net::update::{Change, Condition, SignatureProblem, TsigKey, Update, UpdateCode, UpdateError, send};
use outgoing::rotation::{Book, View, Wanted};
use serde_json::json;
use tokio::task::block_in_place;

use super::world::{Published, Put};
use super::{hook, sealing, store};
use crate::config::{KeysConfig, Publish, ZoneConfig};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{KEYS_DNS_MS, KEYS_QUESTION_COUNT, UPDATE_RECORD_COUNT_MAX};

/// The data of a record, when there should be one.
pub(super) fn data(wanted: &Wanted) -> Option<Data> {
    match wanted {
        Wanted::Text(text) => Some(Data::Txt(Text::split(text.as_bytes()))),
        Wanted::Alias(target) => Some(Data::Cname(target.clone())),
        Wanted::Nothing => None,
    }
}

/// Publishes everything, each record by the way of its zone.
pub(super) async fn publish(config: &KeysConfig, puts: &[Put], book: &Book) -> Vec<Published> {
    let mut published = vec![Published::ByHand; puts.len()];
    for zone in &config.zones {
        let is_here = |put: &Put| config.zone_of(&put.name).is_some_and(|it| std::ptr::eq(it, zone));
        let here: Vec<usize> = (0..puts.len()).filter(|at| is_here(&puts[*at])).collect();
        let of_zone: Vec<&Put> = here.iter().map(|at| &puts[*at]).collect();
        if of_zone.is_empty() {
            continue;
        }
        let ttl_s = config.settings.ttl_s;
        let outcomes = match zone.publish {
            Some(Publish::Update) => by_update(zone, &of_zone, ttl_s).await,
            Some(Publish::ZoneFile) => {
                let is_here = |name: &Domain| config.zone_of(name).is_some_and(|it| std::ptr::eq(it, zone));
                let records = book.wanted().into_iter().filter(|(name, _)| is_here(name));
                same(of_zone.len(), block_in_place(|| by_file(zone, records, ttl_s)))
            }
            Some(Publish::Hook) => block_in_place(|| by_hook(zone, &of_zone, ttl_s)),
            Some(Publish::Print) | None => same(of_zone.len(), Ok(Published::ByHand)),
        };
        for (at, outcome) in here.into_iter().zip(outcomes) {
            published[at] = outcome;
        }
    }
    published
}

/// What became of all of them became of each.
fn same(count: usize, outcome: Result<Published, Failure>) -> Vec<Published> {
    vec![outcome.unwrap_or_else(Published::Failed); count]
}

/// By dynamic update: what is there is looked at first, and is the condition of what is done.
async fn by_update(zone: &ZoneConfig, puts: &[&Put], ttl_s: u32) -> Vec<Published> {
    let primary = match Primary::of(zone, ttl_s) {
        Ok(primary) => primary,
        Err(failure) => return same(puts.len(), Err(failure)),
    };
    let mut outcomes = Vec::with_capacity(puts.len());
    for some in puts.chunks(UPDATE_RECORD_COUNT_MAX) {
        outcomes.extend(primary.bring(some).await);
    }
    outcomes
}

/// The server that takes updates.
struct Primary {
    zone: Domain,
    server: SocketAddr,
    key: Option<TsigKey>,
    wait: Duration,
    ttl_s: u32,
}

/// What is to be done about one record.
enum Step {
    Nothing,
    Do(Condition, Vec<Change>),
}

impl Primary {
    fn of(zone: &ZoneConfig, ttl_s: u32) -> Result<Self, Failure> {
        let missing = || Failure::new(ExitCode::Configuration, "keys-update-unreachable").with("server", "-");
        let (Some(name), Some(server)) = (zone.zone.clone(), zone.server) else { return Err(missing()) };
        let key = match &zone.tsig_file {
            Some(file) => Some(tsig_key(file)?),
            None => None,
        };
        Ok(Self { zone: name, server, key, wait: timeout(zone), ttl_s })
    }

    /// Several at once; where one of them stands in the way of the others, one after the other.
    async fn bring(&self, puts: &[&Put]) -> Vec<Published> {
        let steps = stream::iter(puts).map(|put| self.step(put)).buffered(KEYS_QUESTION_COUNT);
        let steps: Vec<Step> = steps.collect().await;
        let (mut conditions, mut changes) = (Vec::new(), Vec::new());
        for step in &steps {
            if let Step::Do(condition, some) = step {
                conditions.push(condition.clone());
                changes.extend(some.iter().cloned());
            }
        }
        if changes.is_empty() {
            return vec![Published::Unchanged; puts.len()];
        }
        match self.send(conditions, changes).await {
            Ok(()) => {
                let outcome = |step| if matches!(step, Step::Nothing) { Published::Unchanged } else { Published::Done };
                steps.into_iter().map(outcome).collect()
            }
            Err(UpdateError::Code(UpdateCode::YxDomain | UpdateCode::YxRrSet | UpdateCode::NxRrSet)) => {
                let mut outcomes = Vec::with_capacity(puts.len());
                for (put, step) in puts.iter().zip(steps) {
                    outcomes.push(self.bring_one(put, step).await);
                }
                outcomes
            }
            Err(error) => same(puts.len(), Err(self.refused(puts.first().map(|put| &put.name), error))),
        }
    }

    async fn bring_one(&self, put: &Put, step: Step) -> Published {
        let Step::Do(condition, changes) = step else { return Published::Unchanged };
        match self.send(vec![condition], changes).await {
            Ok(()) => Published::Done,
            Err(error) => Published::Failed(self.refused(Some(&put.name), error)),
        }
    }

    async fn step(&self, put: &Put) -> Step {
        let shown = ask(self.server, &put.name, Duration::from_millis(KEYS_DNS_MS)).await;
        let found = match &shown {
            Shown::Texts { texts, .. } => {
                texts.first().filter(|_| texts.len() == 1).map(|text| Data::Txt(text.clone()))
            }
            Shown::Alias { target, .. } => Some(Data::Cname(target.clone())),
            Shown::Nothing { .. } | Shown::Failed(_) => None,
        };
        let is_ours = |wanted: &Wanted, found: &Data| wanted.is_shown(&view_of(found)) == Some(true);
        let ours = found.filter(|found| put.ours.iter().chain([&put.wanted]).any(|wanted| is_ours(wanted, found)));
        let name = put.name.clone();
        let remove = |data: &Data| Change::Remove { name: name.clone(), data: data.clone() };
        let add = |data| Change::Add { name: name.clone(), ttl_s: self.ttl_s, data };
        match (ours, data(&put.wanted)) {
            (Some(found), _) if is_ours(&put.wanted, &found) => Step::Nothing,
            (Some(found), Some(data)) => {
                Step::Do(Condition::Holds(name.clone(), found.clone()), vec![remove(&found), add(data)])
            }
            (Some(found), None) => Step::Do(Condition::Holds(name.clone(), found.clone()), vec![remove(&found)]),
            // What others have put there is not ours to take away; where nothing is, nothing is to be done.
            (None, None) => Step::Nothing,
            // The server itself sees to it that nothing is there: a wildcard may have answered, or nobody.
            (None, Some(data)) => Step::Do(Condition::Free(name.clone()), vec![add(data)]),
        }
    }

    async fn send(&self, conditions: Vec<Condition>, changes: Vec<Change>) -> Result<(), UpdateError> {
        let update = Update { zone: self.zone.clone(), conditions, changes };
        // The signature holds the time that it is, whatever --at says.
        send(self.server, &update, self.key.as_ref(), net::clock::now_s(), self.wait).await
    }

    /// Why an update was not made, in words of its own for each reason.
    fn refused(&self, name: Option<&Domain>, error: UpdateError) -> Failure {
        let (id, reason) = match error {
            UpdateError::Timeout => ("keys-update-timeout", "timeout"),
            UpdateError::Unreachable => ("keys-update-unreachable", "unreachable"),
            UpdateError::Malformed => ("keys-update-malformed", "malformed"),
            UpdateError::Unsigned => ("keys-update-unsigned", "unsigned"),
            UpdateError::Unwritable => ("keys-update-unwritable", "unwritable"),
            UpdateError::Code(code) => ("keys-update-refused", code_word(code)),
            UpdateError::Signature(problem) => ("keys-update-signature", problem_word(problem)),
        };
        let failure = Failure::new(ExitCode::Network, id).with("server", self.server.to_string());
        let failure = failure.with("zone", self.zone.as_str()).with("reason", Value::Word(reason));
        failure.with("name", name.map_or("", Domain::as_str))
    }
}

fn code_word(code: UpdateCode) -> &'static str {
    match code {
        UpdateCode::FormErr => "formerr",
        UpdateCode::ServFail => "servfail",
        UpdateCode::NxDomain => "nxdomain",
        UpdateCode::NotImp => "notimp",
        UpdateCode::Refused => "refused",
        UpdateCode::YxDomain => "yxdomain",
        UpdateCode::YxRrSet => "yxrrset",
        UpdateCode::NxRrSet => "nxrrset",
        UpdateCode::NotAuth => "notauth",
        UpdateCode::NotZone => "notzone",
        UpdateCode::Other(_) => "other",
    }
}

fn problem_word(problem: SignatureProblem) -> &'static str {
    match problem {
        SignatureProblem::BadSig => "badsig",
        SignatureProblem::BadKey => "badkey",
        SignatureProblem::BadTime => "badtime",
        SignatureProblem::Other => "other",
    }
}

fn view_of(data: &Data) -> View {
    match data {
        Data::Txt(text) => View::Texts { texts: vec![text.bytes().into()], ttl_s: 0 },
        Data::Cname(target) => View::Alias { target: target.clone(), ttl_s: 0 },
        _ => View::Silent,
    }
}

/// A key of TSIG, from a file of its owner's alone.
pub(super) fn tsig_key(file: &Path) -> Result<TsigKey, Failure> {
    let text = sealing::secret_text(file)?;
    TsigKey::parse(&text).map_err(|error| {
        let failure = Failure::new(ExitCode::Configuration, "keys-secret-unusable");
        failure.with("file", file.display().to_string()).with("reason", error.to_string())
    })
}

/// By a file with all records of ours in the zone, which the zone includes.
fn by_file(
    zone: &ZoneConfig,
    records: impl Iterator<Item = (Domain, Wanted)>,
    ttl_s: u32,
) -> Result<Published, Failure> {
    let Some(path) = &zone.file else { return Ok(Published::ByHand) };
    let mut text = FILE_HEAD.to_owned();
    for (name, wanted) in records {
        text.extend(data(&wanted).map(|data| record_line(&name, ttl_s, &data)));
    }
    if std::fs::read(path).is_ok_and(|before| before == text.as_bytes()) {
        return Ok(Published::Unchanged);
    }
    let failed = |error: std::io::Error| super::unusable(path, &error.to_string());
    store::replace(path, text.as_bytes(), 0o644).map_err(failed)?;
    hook::run(&zone.reload, "", timeout(zone))?;
    Ok(Published::Done)
}

fn by_hook(zone: &ZoneConfig, puts: &[&Put], ttl_s: u32) -> Vec<Published> {
    let one = |put: &&Put| match hook::run(&zone.hook, &hook_input(zone, put, ttl_s), timeout(zone)) {
        Ok(()) => Published::Done,
        Err(failure) => Published::Failed(failure.with("name", put.name.as_str())),
    };
    puts.iter().map(one).collect()
}

fn hook_input(zone: &ZoneConfig, put: &Put, ttl_s: u32) -> String {
    let record = data(&put.wanted);
    // What is taken away is named by its type: it was a key's record, or a way to one.
    let is_alias = matches!(put.wanted, Wanted::Alias(_));
    let (value, strings) = match &record {
        Some(Data::Txt(text)) => {
            let strings = text.strings().map(|string| String::from_utf8_lossy(string).into_owned()).collect();
            (String::from_utf8_lossy(text.bytes()).into_owned(), strings)
        }
        Some(Data::Cname(target)) => (target.to_string(), Vec::new()),
        _ => (String::new(), Vec::new()),
    };
    let line = record.as_ref().map(|data| record_line(&put.name, ttl_s, data).trim_end().to_owned());
    let object = json!({
        "version": 1,
        "action": if record.is_some() { "publish" } else { "withdraw" },
        "zone": zone.zone.as_ref().map(Domain::as_str),
        "name": put.name.as_str(),
        "type": if is_alias { "CNAME" } else { "TXT" },
        "ttl": ttl_s,
        "value": value,
        "strings": strings,
        "line": line,
    });
    format!("{object}\n")
}

/// A record as a line of a zone.
pub(super) fn zone_line(name: &Domain, wanted: &Wanted, ttl_s: u32) -> Option<String> {
    data(wanted).map(|data| record_line(name, ttl_s, &data))
}

/// A record as input of `nsupdate` or `knsupdate`: it replaces what is there of its type.
pub(super) fn nsupdate_lines(name: &Domain, wanted: &Wanted, ttl_s: u32) -> String {
    let kind = if matches!(wanted, Wanted::Alias(_)) { "CNAME" } else { "TXT" };
    let delete = format!("update delete {name}. {kind}\n");
    match data(wanted) {
        Some(data) => format!("{delete}update add {name}. {ttl_s} {kind} {data}\n"),
        None => delete,
    }
}

fn timeout(zone: &ZoneConfig) -> Duration {
    zone.timeout.unwrap_or(TIMEOUT)
}

const TIMEOUT: Duration = Duration::from_secs(60);
const FILE_HEAD: &str = "; Written by sekisho; changes are lost. Include it: $INCLUDE \"this file\"\n";
