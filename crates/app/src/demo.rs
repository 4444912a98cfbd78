//! `sekisho demo`: the desk over a world that is made up, so that every page shows something real in shape.
//!
//! A state directory is filled as a year of work would have filled it – reports are written, read and judged, messages go
//! through the service, audits are taken –, and then it is served as `serve` serves its own. Nothing leaves the machine: the
//! DNS of this world is a zone in memory. Everything but the keys is the same each time, and stands relative to today.
//!
//! Reading order: `town` (who is there), `cast` (what is seen of them), `letters` (their messages); `reports` with `others`,
//! `mail`, `outbox`, `audits`, `rotation`, `surveys` (what is kept of that); `desk` (who serves it).

mod audits;
mod cast;
mod desk;
mod dice;
mod letters;
mod mail;
mod others;
mod outbox;
mod reports;
mod rotation;
mod surveys;
mod town;

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use lookup::Zone;
use store::{Sqlite, SqliteArchive};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::CommonArguments;
use crate::common::{Common, Needs};
use crate::exit::ExitCode;
use crate::failure::Failure;

/// `demo`
#[derive(Args, Debug)]
pub(crate) struct DemoArguments {
    /// Fill the directory of --state and end: the other verbs show what is in it
    #[arg(long)]
    pub(crate) once: bool,
}

/// Runs the verb.
///
/// # Errors
/// The directory cannot be used, or nobody can listen.
pub(crate) fn run(common: &Common, arguments: &DemoArguments) -> Result<ExitCode, Failure> {
    let place = match &common.arguments().state {
        Some(directory) => Place::kept(directory)?,
        None if arguments.once => return Err(Failure::new(ExitCode::Usage, "demo-once-without-state")),
        None => Place::thrown_away()?,
    };
    let common = furnished(common, &place.directory)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut end = std::pin::pin!(end()?);
        let zone = tokio::select! {
            filled = fill(&common) => filled?,
            // The directory goes all the same.
            () = &mut end => return Ok(ExitCode::Done),
        };
        if arguments.once {
            let told = [("directory", place.directory.display().to_string().into())];
            eprintln!("{}", common.say().say("demo-filled", &told));
            return Ok(ExitCode::Done);
        }
        desk::serve(&common, zone, end).await.map(|()| ExitCode::Done)
    })
}

/// Ready when somebody ends it: SIGTERM, SIGINT.
fn end() -> std::io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Where the state is.
struct Place {
    directory: PathBuf,
    stays: Stays,
}

/// What becomes of the directory at the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stays {
    Yes,
    No,
}

impl Place {
    /// A directory that the user chose: an empty one, or one that is made. What is real is never written over.
    fn kept(directory: &Path) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| unusable(directory, &error);
        crate::serve::make_directory(directory).map_err(failed)?;
        if fs::read_dir(directory).map_err(failed)?.next().is_some() {
            let failure = Failure::new(ExitCode::Usage, "demo-not-empty");
            return Err(failure.with("directory", directory.display().to_string()));
        }
        Ok(Self { directory: directory.to_path_buf(), stays: Stays::Yes })
    }

    /// One of our own, which goes with us.
    fn thrown_away() -> Result<Self, Failure> {
        let directory = std::env::temp_dir().join(format!("sekisho-demo-{}", std::process::id()));
        // Never one that somebody else has put there.
        fs::DirBuilder::new().mode(0o700).create(&directory).map_err(|error| unusable(&directory, &error))?;
        Ok(Self { directory, stays: Stays::No })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.stays == Stays::No {
            // What cannot be taken away is found where the system keeps what is temporary.
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}

/// The same surroundings in this directory, with a configuration of its own: that of the machine is not looked at.
fn furnished(common: &Common, directory: &Path) -> Result<Common, Failure> {
    let config = directory.join("sekisho.toml");
    rotation::write_secret(&config, CONFIGURATION.as_bytes()).map_err(|error| unusable(&config, &error))?;
    let arguments = CommonArguments {
        config: Some(config),
        state: Some(directory.to_path_buf()),
        lang: Some(common.say().language().into()),
        resolver: Vec::new(),
        ..common.arguments().clone()
    };
    // What was wrong has been told.
    Common::start(arguments, Needs::Configuration).map_err(|_| broken("sekisho.toml"))
}

/// Fills the stores, and gives what DNS says of it all.
async fn fill(common: &Common) -> Result<Arc<Zone>, Failure> {
    let (state, now_s) = (common.state_directory(), common.now_s());
    let keys = town::Keys::make()?;
    let zone = town::zone(&keys, 0)?;
    // Nothing here has to survive the machine: whoever wants it again makes it again.
    let settings = store::archive::Settings { check_bytes_max: 0, ..store::archive::Settings::default() };
    let archive = SqliteArchive::open(&common.reports_file(), settings).map_err(|error| broken(&error.to_string()))?;
    let ledger = Sqlite::open(&state.join(crate::serve::LEDGER_FILE), store::Settings::default());
    let ledger = ledger.map_err(|error| broken(&error.to_string()))?;
    reports::fill(&archive, now_s).await?;
    mail::fill(&ledger, &zone, &keys, now_s).await?;
    audits::fill(common, &archive, &keys, audits::BEFORE).await?;
    rotation::fill(&state, &keys, now_s)?;
    audits::fill(common, &archive, &keys, audits::BEHIND).await?;
    surveys::fill(&archive, now_s).await?;
    outbox::fill(archive, &ledger, common.say(), now_s).await?;
    Ok(zone)
}

fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    let failure = Failure::new(ExitCode::Store, "demo-unusable");
    failure.with("directory", path.display().to_string()).with("reason", error.to_string())
}

/// Something of this world is not as it was meant to be: a fault of ours.
fn broken(what: &str) -> Failure {
    Failure::new(ExitCode::Internal, "cli-internal-error").with("reason", what)
}

/// What the town has set. Nobody answers where it would ask, and nothing is sent.
const CONFIGURATION: &str = r#"# The configuration of a demonstration.
[receiver]
authserv_id = "mx1.asagiri.example"
stage = "block"

[dns]
resolvers = ["127.0.0.1:9"]
timeout = "100ms"

[reports]
domains = ["asagiri.example", "asagiri-bus.example", "asagiri-matsuri.example"]

[audit]
domains = ["asagiri.example", "asagiri-bus.example", "asagiri-matsuri.example"]
"#;
const DAY_S: u64 = 86_400;
