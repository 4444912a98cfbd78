//! `config check`, `config show`, `config default`, `config import`.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::import::{self, ImportArguments};
use super::{Config, render};
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::keys::signing::Managed;

/// `config`
#[derive(Args, Debug)]
pub(crate) struct ConfigArguments {
    #[command(subcommand)]
    verb: ConfigVerb,
}

/// What is wanted of the configuration.
#[derive(Subcommand, Debug)]
enum ConfigVerb {
    /// Read the configuration, and name the place of an error
    Check {
        /// The file [default: as --config]
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: Option<PathBuf>,
    },
    /// Print what is in effect: the configuration, and the defaults of what it does not say
    Show,
    /// Print every key with its default and what it does
    Default {
        /// Form of the output
        #[arg(long, value_name = "FORMAT", default_value = "toml")]
        format: DefaultFormat,
    },
    /// Write the configurations of OpenDKIM, OpenDMARC and yenma as one of ours, and name what has no equivalent
    Import(ImportArguments),
}

/// The forms of `config default`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum DefaultFormat {
    /// A file that changes nothing, to begin with
    Toml,
    /// The reference
    Markdown,
}

/// Does what is asked of the configuration.
///
/// # Errors
/// It is wrong or cannot be read, or the output cannot be written.
pub(crate) fn run(common: &Common, arguments: &ConfigArguments) -> Result<ExitCode, Failure> {
    match &arguments.verb {
        ConfigVerb::Check { file } => check(common, file.clone()),
        ConfigVerb::Show => show(common),
        ConfigVerb::Import(arguments) => import::run(common, arguments),
        ConfigVerb::Default { format: DefaultFormat::Toml } => print(&render::defaults(common.say())),
        ConfigVerb::Default { format: DefaultFormat::Markdown } => print(&render::markdown(common.say())),
    }
}

fn check(common: &Common, file: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let say = common.say();
    let Some(file) = file.or_else(|| common.config_file()) else {
        return print(&format!("{}\n", say.word("config-none")));
    };
    let config = Config::read(&file)?;
    // What it names must be there, too.
    let idle = super::idle(&config.rules(), &config.methods()?, &config);
    for warning in crate::serve::read_keys(&config.signing, Managed::default())?.warnings.into_iter().chain(idle) {
        eprintln!("sekisho: {}", say.explain(&warning));
    }
    crate::keys::check(&config.keys)?;
    config.reports.map()?;
    for mailbox in &config.reports.mailboxes {
        mailbox.account()?;
    }
    if let Some(files) = config.dashboard.own_tls() {
        let certificate = crate::serve::read_certificate(&files)?;
        let concerns =
            crate::serve::certificate_concerns(&files, &certificate, &config.dashboard.hosts, net::clock::now_s());
        concerns.iter().for_each(|concern| eprintln!("sekisho: {}", say.explain(concern)));
    }
    config.dashboard.openid.check()?;
    if let Some(user) = &config.running.user {
        crate::serve::find_user(user)?;
    }
    print(&format!("{}\n", say.say("config-good", &[("file", file.display().to_string().into())])))
}

fn show(common: &Common) -> Result<ExitCode, Failure> {
    let say = common.say();
    let (name, text) = match common.config_file() {
        Some(file) => (file.display().to_string(), Config::text(&file)?),
        None => (say.word("config-none"), String::new()),
    };
    let common = common.again()?;
    let known = |section: &str, key: &str| match (section, key) {
        ("receiver", "authserv_id") => Some(quoted(&common.authserv_id(None))),
        ("dns", "resolvers") => {
            let servers = common.resolver_config().ok()?.servers;
            let servers: Vec<_> = servers.iter().map(|server| quoted(&server.to_string())).collect();
            Some(format!("[{}]", servers.join(", ")))
        }
        _ => None,
    };
    print(&render::effective(&name, &text, say, &known))
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

pub(super) fn print(text: &str) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::Done)
}
