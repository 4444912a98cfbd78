//! `report import`: reports from files into the store.
//!
//! As many threads as there are processors read and judge; one commits what they bring, in the order of the inputs
//! ([`belt`]): what has been told of as accepted is on the disk.

mod belt;

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use clap::{Args, ValueHint};
use feedback::Archive as _;
use feedback::archive::{Content, CountQuery, Judge, Parcel, Receipt, Status, Trust};
use feedback::head::Head;
use feedback::intake::{self, Settings};
use mailtext::Domain;
use report::query::Reach;
use serde::Serialize;
use store::SqliteArchive;

use self::belt::{Belt, Filler, Lane, Taker, Wanted};
use super::ask::{domain_of, open, wait};
use super::list::{kind_word, moment, shown};
use super::minds::{classifier, classifier_for, look_for_hosts};
use super::packer::Packer;
use super::print;
use super::table::grouped;
use crate::cli::SpfFormat;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::say::Say;

/// `report import`
#[derive(Args, Debug)]
pub(super) struct ImportArguments {
    /// Files, directories, Maildirs, mboxes; - for standard input
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    /// Refuse reports about other domains than this one and what lies below it; several times for several
    /// [default: `[reports] domains`, or none]
    #[arg(long, value_name = "DOMAIN")]
    domain: Vec<String>,
    /// For this tenant
    #[arg(long, value_name = "NAME", default_value = "")]
    tenant: String,
    /// Look up names of addresses of which none is known yet, when all is read
    #[arg(long)]
    lookup: bool,
    /// Keep no copy of the reports themselves, only what they say
    #[arg(long)]
    no_raw: bool,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: SpfFormat,
}

/// Runs the verb.
///
/// # Errors
/// An option is wrong, or the store cannot be used.
pub(super) fn run(common: &Common, arguments: &ImportArguments) -> Result<ExitCode, Failure> {
    let own = own_domains(common, &arguments.domain)?;
    let store = open(common)?;
    let judge = judge(common, &store, &arguments.tenant)?;
    let raw = if arguments.no_raw { intake::Raw::Drop } else { intake::Raw::Keep };
    let settings = Settings { raw, ..Settings::default() };
    let tenant = arguments.tenant.as_str().into();
    let packer = Packer { source: "file".into(), tenant, own, judge, received_ms: common.now_s().saturating_mul(1000) };
    let reader = Reader { packer, settings };
    let mut teller = Teller::new(common.say(), arguments.format);
    let walk = Walk::of(&arguments.paths);
    let belt = Belt::new(walk.thread_count(), WAITING_WEIGHT_MAX);
    let (read, committed) = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..walk.thread_count())
            .map(|_| {
                let (reader, walk, filler) = (&reader, &walk, belt.filler());
                scope.spawn(move || reader.read_all(walk, &filler))
            })
            .collect();
        let taker = belt.taker();
        let committed = commit(common, &store, &taker, &mut teller);
        // Whoever reads stops when nobody takes any more.
        drop(taker);
        (threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect::<Result<Vec<_>, _>>(), committed)
    });
    committed?;
    let read = read.map_err(|_| Failure::new(ExitCode::Internal, "cli-internal-error").with("reason", "panic"))?;
    let mut unread: Vec<Unread> = read.into_iter().flatten().collect();
    unread.sort_by_key(|unread| (unread.number, unread.is_file));
    let mut code = ExitCode::Done;
    for unread in unread {
        code.add(unread.failure.tell(common.say()));
    }
    teller.end()?;
    if arguments.lookup {
        look_for_hosts(common, &store)?;
    }
    if teller.counts.refused > 0 {
        code.add(ExitCode::Input);
    }
    Ok(code)
}

/// The domains whose reports are taken; all, when there are none.
fn own_domains(common: &Common, given: &[String]) -> Result<Vec<Domain>, Failure> {
    if given.is_empty() {
        return Ok(common.config().reports.domains.clone());
    }
    given.iter().map(|name| domain_of("--domain", name)).collect()
}

/// What judges records, by what owners have said until now.
///
/// # Errors
/// The store cannot answer.
pub(super) fn judge(common: &Common, store: &SqliteArchive, tenant: &str) -> Result<Judge, Failure> {
    Ok(classifier(common, store, tenant)?.into_judge())
}

/// Judges everything of a domain anew, by what the store knows now, the names of addresses among it, as the pages do it.
///
/// # Errors
/// The store cannot do it.
pub(super) fn judge_anew(
    common: &Common,
    store: &SqliteArchive,
    tenant: &str,
    domain: &Domain,
) -> Result<u64, Failure> {
    let query = CountQuery {
        tenant: Some(tenant.into()),
        domain: Some((domain.clone(), Reach::Name)),
        // What nobody vouches for is judged, too.
        with_unauthenticated: true,
        ..CountQuery::default()
    };
    let lines = wait(common, store.sources(query))?;
    let judge = classifier_for(common, store, tenant, &lines)?.into_judge();
    wait(common, store.judge_anew(tenant, domain, judge))
}

/// The files that are to be read, in their order.
struct Walk {
    /// What is still to be looked at, the next one last.
    ways: Mutex<Vec<PathBuf>>,
    is_one_file: bool,
}

/// Something that could not be read.
struct Unread {
    /// How many files come before it.
    number: usize,
    /// Not a directory; those come before the files that they would have had.
    is_file: bool,
    failure: Failure,
}

impl Walk {
    fn of(paths: &[PathBuf]) -> Self {
        let is_one_file = matches!(paths, [path] if !path.is_dir());
        Self { ways: Mutex::new(paths.iter().rev().cloned().collect()), is_one_file }
    }

    /// How many threads are of use.
    fn thread_count(&self) -> usize {
        // How many processors there are, the system tells out of several files.
        if self.is_one_file {
            return 1;
        }
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(READER_COUNT_MAX)
    }

    /// The next file, with its lane; what cannot be looked into on the way is added to `unread`.
    fn next<'b>(&self, filler: &Filler<'b, Parcel>, unread: &mut Vec<Unread>) -> Option<(PathBuf, Lane<'b, Parcel>)> {
        // Held until the lane is open: lanes are in the order of the files.
        let mut ways = self.ways.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(path) = ways.pop() {
            if !path.is_dir() {
                return Some((path, filler.open()));
            }
            match entries(&path) {
                Ok(entries) => ways.extend(entries.into_iter().rev()),
                Err(error) => {
                    let failure = Failure::unreadable(&path.display().to_string(), &error);
                    unread.push(Unread { number: filler.opened(), is_file: false, failure });
                }
            }
        }
        None
    }
}

/// Reads files into parcels.
struct Reader {
    packer: Packer,
    settings: Settings,
}

impl Reader {
    /// Reads what the others have not taken; gives back what could not be read.
    fn read_all(&self, walk: &Walk, filler: &Filler<'_, Parcel>) -> Vec<Unread> {
        let mut unread = Vec::new();
        while let Some((path, lane)) = walk.next(filler, &mut unread) {
            match self.read(&path, &lane) {
                Ok(Wanted::Yes) => {}
                Ok(Wanted::No) => break,
                Err(error) => {
                    let failure = Failure::unreadable(&path.display().to_string(), &error);
                    unread.push(Unread { number: lane.number(), is_file: true, failure });
                }
            }
        }
        unread
    }

    /// Reads one file; whether anybody still takes what is read.
    fn read(&self, path: &Path, lane: &Lane<'_, Parcel>) -> std::io::Result<Wanted> {
        let name = path.display().to_string();
        let mut input: Box<dyn Read> = match name.as_str() {
            "-" => Box::new(std::io::stdin().lock()),
            _ => Box::new(std::fs::File::open(path)?),
        };
        let mut wanted = Wanted::Yes;
        intake::read(&mut input, &self.settings, &mut |item| {
            if wanted == Wanted::Yes {
                let parcel = self.packer.parcel(item, &name, Trust::Given);
                let weight = weight(&parcel);
                wanted = lane.add(parcel, weight);
            }
        })?;
        Ok(wanted)
    }
}

/// What of a parcel takes memory.
fn weight(parcel: &Parcel) -> usize {
    let said = match &parcel.content {
        Content::Aggregate(report) => {
            RECORD_WEIGHT * report.records.len() + CIRCUMSTANCES_WEIGHT * report.circumstances.len()
        }
        Content::Failure(_) | Content::Tls(_) | Content::Refused(_) => 0,
    };
    PARCEL_WEIGHT + parcel.raw.len() + said
}

/// What a directory holds, in order; of a Maildir, what is in `new` and `cur`.
fn entries(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let is_maildir = directory.join("cur").is_dir() && directory.join("new").is_dir();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // What a Maildir has besides – its index, mail on its way in – is no message.
        let is_hidden = name.starts_with('.') && (is_maildir || !path.is_dir());
        if !is_hidden && (!is_maildir || name == "new" || name == "cur") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Commits what comes, and tells of it when it is on the disk.
fn commit(
    common: &Common,
    store: &SqliteArchive,
    taker: &Taker<'_, Parcel>,
    teller: &mut Teller<'_>,
) -> Result<(), Failure> {
    loop {
        let (mut parcels, mut its_weight) = (Vec::new(), 0);
        while parcels.len() < BATCH_PARCEL_COUNT && its_weight < BATCH_WEIGHT {
            let Some(parcel) = taker.take() else { break };
            its_weight += weight(&parcel);
            parcels.push(parcel);
        }
        if parcels.is_empty() {
            return Ok(());
        }
        let about: Vec<About> = parcels.iter().map(About::of).collect();
        let receipts = wait(common, store.import(parcels, None))?;
        for (about, receipt) in about.into_iter().zip(receipts) {
            teller.tell(&about, receipt)?;
        }
        teller.progress();
    }
}

/// What is told of a report.
struct About {
    path: String,
    member: String,
    status: Status,
    head: Head,
    deviations: Vec<String>,
    reason: Option<(Box<str>, Box<str>)>,
}

/// A line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    member: &'a str,
    kind: Option<&'static str>,
    status: &'static str,
    reporter: &'a str,
    report_id: &'a str,
    domain: &'a str,
    begin: Option<String>,
    end: Option<String>,
    records: u64,
    messages: u64,
    deviations: &'a [String],
    reason: Option<String>,
    reason_code: Option<&'a str>,
    id: Option<u64>,
    conflict: Option<u64>,
}

/// What all of them were.
#[derive(Serialize, Default)]
struct Counts {
    accepted: u64,
    duplicate: u64,
    salvaged: u64,
    refused: u64,
    records: u64,
    messages: u64,
}

impl About {
    fn of(parcel: &Parcel) -> Self {
        Self {
            path: parcel.origin.path.to_string(),
            member: parcel.origin.member.to_string(),
            status: parcel.status,
            head: Head::of(parcel),
            deviations: parcel.deviations.iter().map(|deviation| deviation.id.to_string()).collect(),
            reason: parcel.reason.clone(),
        }
    }
}

/// Tells of reports as they are committed.
struct Teller<'a> {
    say: &'a Say,
    format: SpfFormat,
    counts: Counts,
    shows_progress: bool,
}

impl<'a> Teller<'a> {
    fn new(say: &'a Say, format: SpfFormat) -> Self {
        Self { say, format, counts: Counts::default(), shows_progress: std::io::stderr().is_terminal() }
    }

    fn tell(&mut self, about: &About, receipt: Receipt) -> Result<(), Failure> {
        let (status, id, conflict) = match (about.status, receipt) {
            (_, Receipt::Duplicate(id)) => ("duplicate", id, None),
            (status, Receipt::Stored(id)) => (super::list::status_word(status), id, None),
            (status, Receipt::Conflict { id, with }) => (super::list::status_word(status), id, Some(with)),
        };
        match status {
            "duplicate" => self.counts.duplicate += 1,
            "accepted" => self.counts.accepted += 1,
            "salvaged" => self.counts.salvaged += 1,
            _ => self.counts.refused += 1,
        }
        if matches!(status, "accepted" | "salvaged") {
            self.counts.records += about.head.record_count;
            self.counts.messages += about.head.message_count;
        }
        let reason = about.reason.as_ref();
        let reason = reason.map(|(id, what)| self.say.say(id, &feedback::reason::arguments(what)));
        match self.format {
            SpfFormat::Json => {
                let line = Line {
                    path: &about.path,
                    member: &about.member,
                    kind: about.head.kind.map(kind_word),
                    status,
                    reporter: &about.head.organization,
                    report_id: &about.head.report_id,
                    domain: about.head.domain(),
                    begin: moment(about.head.begin_s),
                    end: moment(about.head.end_s),
                    records: about.head.record_count,
                    messages: about.head.message_count,
                    deviations: &about.deviations,
                    reason,
                    reason_code: about.reason.as_ref().map(|(id, _)| &**id),
                    id: Some(id.0),
                    conflict: conflict.map(|other| other.0),
                };
                print(&(serde_json::to_string(&line).unwrap_or_default() + "\n"))
            }
            // For people, what went well is a number at the end.
            SpfFormat::Text if conflict.is_some() || matches!(status, "salvaged" | "refused") => {
                self.clear_progress();
                let mut line = shown(&about.path);
                if !about.member.is_empty() {
                    let _ = write!(line, " ({})", shown(&about.member));
                }
                let remark = match conflict {
                    Some(other) => self.say.say("reports-label-conflict", &[("id", other.0.to_string().into())]),
                    None => reason.unwrap_or_default(),
                };
                print(&format!("{status}  {line}: {remark}\n"))
            }
            SpfFormat::Text => Ok(()),
        }
    }

    /// How far it is, on a terminal.
    fn progress(&self) {
        if self.shows_progress {
            let Counts { accepted, duplicate, salvaged, refused, .. } = self.counts;
            eprint!("\r{}", grouped(accepted + duplicate + salvaged + refused));
        }
    }

    fn clear_progress(&self) {
        if self.shows_progress {
            eprint!("\r\x1b[K");
        }
    }

    fn end(&self) -> Result<(), Failure> {
        self.clear_progress();
        let counts = &self.counts;
        if self.format == SpfFormat::Json {
            let end = serde_json::json!({ "summary": counts });
            return print(&format!("{end}\n"));
        }
        let arguments = [
            ("accepted", counts.accepted.into()),
            ("duplicate", counts.duplicate.into()),
            ("salvaged", counts.salvaged.into()),
            ("refused", counts.refused.into()),
            ("records", counts.records.into()),
            ("messages", counts.messages.into()),
        ];
        print(&(self.say.say("reports-imported", &arguments) + "\n"))
    }
}

/// Most threads that read.
const READER_COUNT_MAX: usize = 16;
/// About how much memory reports take that wait to be committed, in bytes; beside it each thread holds one.
const WAITING_WEIGHT_MAX: usize = 8 << 20;
/// Most reports that are committed together.
const BATCH_PARCEL_COUNT: usize = 256;
/// About how much memory they may take, in bytes.
const BATCH_WEIGHT: usize = 4 << 20;
/// About how much memory a report takes beside what follows, in bytes.
const PARCEL_WEIGHT: usize = 1_024;
/// … a record …
const RECORD_WEIGHT: usize = 40;
/// … and what several records have in common.
const CIRCUMSTANCES_WEIGHT: usize = 512;
