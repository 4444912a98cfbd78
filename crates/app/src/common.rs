//! What every verb needs: the options that all share, the configuration behind them, the words, the time.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use net::{ResolverConfig, ResolverError};

use crate::cli::{CommonArguments, LanguageName};
use crate::config::Config;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::TRY_MS_MAX;
use crate::say::{Language, Say, language};
use crate::{duration, time};

/// The surroundings of a verb. An option on the command line stands above the configuration, that above the default.
pub(crate) struct Common {
    arguments: CommonArguments,
    config: Config,
    say: Say,
    at_s: Option<u64>,
}

/// One thread that waits for many things at once.
///
/// # Errors
/// The system gives none.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::new(ExitCode::Internal, "cli-internal-error").with("reason", error.to_string()))
}

/// What a verb needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Needs {
    /// The options alone: the configuration may be broken, and the verb may be about that.
    Options,
    /// The configuration, too.
    Configuration,
}

impl Common {
    /// Reads the options, and the configuration when the verb needs it.
    ///
    /// # Errors
    /// An option or the configuration is wrong, as has been told.
    pub(crate) fn start(arguments: CommonArguments, needs: Needs) -> Result<Self, ExitCode> {
        let asked = arguments.lang.map(|name| match name {
            LanguageName::Ja => Language::Japanese,
            LanguageName::En => Language::English,
        });
        let say = Say::new(language(asked, |name| std::env::var(name).ok()));
        let read = || {
            let at_s = match &arguments.at {
                Some(text) => Some(time::parse(text).ok_or_else(|| Failure::option("cli-bad-time", "--at", text))?),
                None => None,
            };
            let config = match needs {
                Needs::Configuration => read_config(arguments.config.as_deref())?,
                Needs::Options => Config::default(),
            };
            Ok::<_, Failure>((config, at_s))
        };
        match read() {
            Ok((config, at_s)) => Ok(Self { arguments, config, say, at_s }),
            Err(failure) => Err(failure.tell(&say)),
        }
    }

    /// The same with the configuration as it is in the file now.
    ///
    /// # Errors
    /// It is wrong or cannot be read.
    pub(crate) fn again(&self) -> Result<Self, Failure> {
        let config = read_config(self.arguments.config.as_deref())?;
        let say = Say::new(self.say.language());
        Ok(Self { arguments: self.arguments.clone(), config, say, at_s: self.at_s })
    }

    /// The same with the configuration that is in effect.
    pub(crate) fn with(&self, config: Config) -> Self {
        Self { arguments: self.arguments.clone(), config, say: Say::new(self.say.language()), at_s: self.at_s }
    }

    /// The configuration's file: the one that was named, or the usual one when it is there.
    pub(crate) fn config_file(&self) -> Option<PathBuf> {
        config_file(self.arguments.config.as_deref())
    }

    /// The options, as they were given.
    pub(crate) fn arguments(&self) -> &CommonArguments {
        &self.arguments
    }

    /// The words in the user's language.
    pub(crate) fn say(&self) -> &Say {
        &self.say
    }

    /// The configuration.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// How often `-v` was given.
    pub(crate) fn verbosity(&self) -> u8 {
        self.arguments.verbose
    }

    /// `--at`, where it was given: seconds since 1970.
    pub(crate) fn at_s(&self) -> Option<u64> {
        self.at_s
    }

    /// The time to judge by, seconds since 1970: `--at`, or now.
    pub(crate) fn now_s(&self) -> u64 {
        self.at_s.unwrap_or_else(net::clock::now_s)
    }

    /// The name under which results are given: the option, the configuration, the host's name.
    pub(crate) fn authserv_id(&self, option: Option<&str>) -> String {
        let configured = option.or(self.config.authserv_id.as_deref());
        configured.map_or_else(|| gethostname::gethostname().to_string_lossy().into_owned(), str::to_owned)
    }

    /// Whether the command line names resolvers.
    pub(crate) fn has_own_resolver(&self) -> bool {
        !self.arguments.resolver.is_empty()
    }

    /// Which DNS servers are asked, and how long.
    ///
    /// # Errors
    /// An option is wrong, or the system names no server.
    pub(crate) fn resolver_config(&self) -> Result<ResolverConfig, Failure> {
        let bad = |text: &String| Failure::option("cli-bad-resolver", "--resolver", text);
        let given = self.arguments.resolver.iter().map(|text| net::parse_server(text).map_err(|_| bad(text)));
        let given = given.collect::<Result<Vec<_>, _>>()?;
        let servers = if given.is_empty() { self.config.resolvers.clone() } else { given };
        let mut config = if servers.is_empty() {
            ResolverConfig::system().map_err(|error| resolver_failure(&error))?
        } else {
            ResolverConfig::with_servers(servers)
        };
        if let Some(time) = self.dns_timeout()? {
            config.question_timeout = time;
            config.try_timeout = (time / 3).min(Duration::from_millis(TRY_MS_MAX));
        }
        Ok(config)
    }

    /// `--dns-timeout`, or the configuration's, or 5 s; `None` leaves the system's own file its word.
    fn dns_timeout(&self) -> Result<Option<Duration>, Failure> {
        if let Some(text) = &self.arguments.dns_timeout {
            let time = duration::parse(text).filter(|time| !time.is_zero());
            return time.map(Some).ok_or_else(|| Failure::option("cli-bad-duration", "--dns-timeout", text));
        }
        Ok(Some(self.config.dns_timeout.unwrap_or(DNS_TIMEOUT)))
    }

    /// Where reports are kept.
    pub(crate) fn reports_file(&self) -> PathBuf {
        self.config.reports.file.clone().unwrap_or_else(|| self.state_directory().join(REPORTS_FILE))
    }

    /// Where the daemon keeps what it must remember.
    pub(crate) fn state_directory(&self) -> PathBuf {
        self.arguments.state.clone().unwrap_or_else(default_state_directory)
    }
}

/// A resolver that cannot be, as a failure.
pub(crate) fn resolver_failure(error: &ResolverError) -> Failure {
    match error {
        ResolverError::NoServer { .. } => Failure::new(ExitCode::Network, "cli-no-resolver"),
        _ => Failure::new(ExitCode::Network, "cli-no-dns").with("failure", error.to_string()),
    }
}

/// An address on the command line.
///
/// # Errors
/// It is none.
pub(crate) fn ip(option: &'static str, text: &str) -> Result<IpAddr, Failure> {
    text.parse().map_err(|_| Failure::option("cli-bad-ip", option, text))
}

/// Refuses control characters: nothing that SMTP or DNS carry has one, and they would fool whoever reads our output.
///
/// # Errors
/// There is one.
pub(crate) fn no_control(option: &'static str, value: Option<&str>) -> Result<(), Failure> {
    match value {
        Some(value) if value.chars().any(char::is_control) => {
            Err(Failure::new(ExitCode::Usage, "cli-control-character").with("option", option))
        }
        _ => Ok(()),
    }
}

fn config_file(given: Option<&Path>) -> Option<PathBuf> {
    given.or_else(|| Some(Path::new(CONFIG_FILE)).filter(|usual| usual.exists())).map(Path::to_path_buf)
}

fn read_config(given: Option<&Path>) -> Result<Config, Failure> {
    config_file(given).map_or_else(|| Ok(Config::default()), |path| Config::read(&path))
}

fn default_state_directory() -> PathBuf {
    use std::os::unix::fs::MetadataExt as _;
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    match set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state"))) {
        Some(directory) if !is_root => directory.join("sekisho"),
        _ => PathBuf::from("/var/lib/sekisho"),
    }
}

const CONFIG_FILE: &str = "/etc/sekisho/sekisho.toml";
/// The store of reports in the state directory, where the configuration names no other file.
const REPORTS_FILE: &str = "reports.sqlite";
/// Time for one DNS question.
pub(crate) const DNS_TIMEOUT: Duration = Duration::from_secs(5);
