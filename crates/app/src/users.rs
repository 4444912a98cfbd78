//! `user`: who may see and change what in the dashboard – people, their tokens and sessions, the first run, and the log of
//! what they did. A running daemon sees each change at once: both have the same file open.

mod arguments;
mod change;
mod entry;
mod log;
mod show;
mod told;
mod ways_in;

use std::path::{Path, PathBuf};

use nix::unistd::{User, geteuid, getuid};
use people::{NewLine, RegistryError};
use store::SqliteRegistry;

use crate::common::{Common, runtime};
use crate::exit::ExitCode;
use crate::failure::Failure;

pub(crate) use self::arguments::UserArguments;
use self::arguments::{TokenVerb, UserVerb};

/// Does what is asked of people.
///
/// # Errors
/// What was asked cannot be done, or the store not be used.
pub(crate) fn run(common: &Common, arguments: UserArguments) -> Result<ExitCode, Failure> {
    match arguments.verb {
        UserVerb::List { format } => show::people(common, format),
        UserVerb::Add(arguments) => change::add(common, &arguments),
        UserVerb::Set(arguments) => change::set(common, &arguments),
        UserVerb::Remove { name } => change::remove(common, &name),
        UserVerb::Password(arguments) => change::password(common, &arguments),
        UserVerb::Token { verb: TokenVerb::Add(arguments) } => ways_in::add_token(common, &arguments),
        UserVerb::Token { verb: TokenVerb::List { name, format } } => show::tokens(common, name.as_deref(), format),
        UserVerb::Token { verb: TokenVerb::Remove { name, id } } => ways_in::remove_token(common, &name, &id),
        UserVerb::Setup { format } => ways_in::setup(common, format),
        UserVerb::Sessions(arguments) => ways_in::sessions(common, &arguments),
        UserVerb::Log(arguments) => log::run(common, &arguments),
    }
}

/// Where people are kept.
pub(crate) fn file(common: &Common) -> PathBuf {
    common.state_directory().join(PEOPLE_FILE)
}

/// Asks the store of people, which is there.
fn with<T>(common: &Common, ask: impl AsyncFnOnce(&SqliteRegistry) -> Result<T, RegistryError>) -> Result<T, Failure> {
    let path = file(common);
    if !path.exists() {
        return Err(Failure::new(ExitCode::Store, "people-no-store").with("file", path.display().to_string()));
    }
    asked(common, ask)
}

/// Asks the store of people, which is made where there is none.
fn with_new<T>(
    common: &Common,
    ask: impl AsyncFnOnce(&SqliteRegistry) -> Result<T, RegistryError>,
) -> Result<T, Failure> {
    let path = file(common);
    let made = crate::serve::make_directory(&common.state_directory()).and_then(|()| make(&path));
    made.map_err(|error| told::registry(&path, &RegistryError::Failed { what: error.to_string() }))?;
    asked(common, ask)
}

fn asked<T>(common: &Common, ask: impl AsyncFnOnce(&SqliteRegistry) -> Result<T, RegistryError>) -> Result<T, Failure> {
    let path = file(common);
    let store = SqliteRegistry::open(&path).map_err(|error| told::registry(&path, &error))?;
    runtime()?.block_on(ask(&store)).map_err(|error| told::registry(&path, &error))
}

/// Makes the file where there is none. Root does so for whose the directory is: the daemon may have given root up.
fn make(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(file) if geteuid().is_root() => {
            let directory = path.parent().unwrap_or(Path::new("/")).metadata()?;
            fchown(&file, Some(directory.uid()), Some(directory.gid()))
        }
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// A line of the log by whoever typed the command. No person has a name with a colon in it.
fn line(verb: &str, object: &str) -> NewLine {
    let user = User::from_uid(getuid()).ok().flatten().map_or_else(|| getuid().to_string(), |user| user.name);
    NewLine::new(net::clock::now_ms(), &format!("system:{user}"), verb, object)
}

/// Random bytes of the system.
///
/// # Errors
/// It has none.
fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    let failed = |_| Failure::new(ExitCode::Internal, "people-no-random");
    aws_lc_rs::rand::fill(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn print(text: &str) -> Result<ExitCode, Failure> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::Done)
}

const PEOPLE_FILE: &str = "people.sqlite";
