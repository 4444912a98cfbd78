//! `[reports]`: whose reports are taken in, where they are kept, and who is who among senders.

use std::borrow::Cow;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use insight::Map;
use mailtext::{Domain, Explain as _};
use net::imap::{After, Flag, ImapAccount, ImapLogin};
use net::mail_server::{MailServer, Secret, Security};
use net::{ListenAddress, Roots};
use toml::Spanned;
use toml::de::DeValue;

use super::{Key, Take, Wrong, string};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::KEY_FILE_BYTES_MAX;

/// What the file says of reports.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct ReportsConfig {
    /// `domains`: ours. Reports about others are refused; without any, none is.
    pub(crate) domains: Vec<Domain>,
    /// `file`: where reports are kept; `reports.sqlite` in the state directory if nothing is said.
    pub(crate) file: Option<PathBuf>,
    /// `senders`: a map of senders of one's own.
    senders: Option<PathBuf>,
    /// `lmtp`: where mail with reports is taken over LMTP.
    pub(crate) lmtp: Option<ListenAddress>,
    /// `recipients`: to whom mail with reports may come; empty for anybody.
    pub(crate) recipients: Vec<String>,
    /// `push`: where reports are taken over HTTP.
    pub(crate) push: Option<ListenAddress>,
    /// `push_tokens`: the file with the tokens of those who may push, one on each line.
    pub(crate) push_tokens: Option<PathBuf>,
    /// `keep_days`: how long reports are kept; 0 for ever.
    pub(crate) keep_days: KeepDays,
    /// `keep_days_of`: the same of some domains and what lies below each.
    pub(crate) keep_days_of: Vec<(Domain, KeepDays)>,
    /// `keep_raw_days`: how long the bytes of reports are kept; 0 for as long as the reports.
    pub(crate) keep_raw_days: u32,
    /// `[[reports.imap]]`
    pub(crate) mailboxes: Vec<MailboxConfig>,
}

/// For how many days something is kept; 0 for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct KeepDays(pub(crate) u32);

impl Default for KeepDays {
    /// A year, and a month to compare the last one with that of the year before.
    fn default() -> Self {
        Self(400)
    }
}

/// `[[reports.imap]]`: a mailbox to which reports come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct MailboxConfig {
    /// `name`: how it is called in the log and in the store; the user at the server, if nothing is said.
    name: Option<String>,
    /// `server`
    pub(crate) server: String,
    /// `port`; that of the security, if nothing is said.
    port: Option<u16>,
    /// `security`
    pub(crate) security: Security,
    /// `user`
    pub(crate) user: String,
    /// `password_file`
    pub(crate) password_file: Option<PathBuf>,
    /// `token_file`: for servers that want OAuth.
    pub(crate) token_file: Option<PathBuf>,
    /// `roots`: the file of the authorities that are trusted beside the public ones.
    pub(crate) roots: Option<PathBuf>,
    /// `mailbox`
    pub(crate) mailbox: String,
    /// `after`: what becomes of a message that was read.
    after: AfterName,
    /// `move_to`
    move_to: Option<String>,
}

/// What becomes of a message that was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum AfterName {
    #[default]
    Keep,
    Seen,
    Move,
    Delete,
}

impl Default for MailboxConfig {
    fn default() -> Self {
        Self {
            name: None,
            server: String::new(),
            port: None,
            security: Security::Tls,
            user: String::new(),
            password_file: None,
            token_file: None,
            roots: None,
            mailbox: "INBOX".to_owned(),
            after: AfterName::default(),
            move_to: None,
        }
    }
}

/// The section, and its section of sections.
pub(super) const REPORTS: &str = "reports";
pub(super) const IMAP: &str = "reports.imap";
/// The key of `[reports]` that is a table.
pub(super) const KEEP_DAYS_OF: &str = "keep_days_of";
/// Most days that can be said: a century.
const KEEP_DAYS_MAX: u32 = 36_525;

/// The keys.
pub(super) const KEYS: &[Key] = &[
    of_reports("domains", |config, value| {
        let DeValue::Array(names) = value else { return Err(Wrong) };
        let names = names.iter().map(|name| Domain::parse(string(name.get_ref())?).map_err(|_| Wrong));
        config.reports.domains = names.collect::<Result<Vec<_>, _>>()?;
        Ok(())
    }),
    of_reports("file", |config, value| set(&mut config.reports.file, path(value))),
    of_reports("senders", |config, value| set(&mut config.reports.senders, path(value))),
    of_reports("lmtp", |config, value| set(&mut config.reports.lmtp, listen(value))),
    of_reports("recipients", |config, value| {
        let DeValue::Array(texts) = value else { return Err(Wrong) };
        let address = |text: &str| Some(text.to_lowercase()).filter(|text| text.contains('@')).ok_or(Wrong);
        let addresses = texts.iter().map(|text| address(string(text.get_ref())?));
        config.reports.recipients = addresses.collect::<Result<Vec<_>, _>>()?;
        Ok(())
    }),
    of_reports("push", |config, value| set(&mut config.reports.push, listen(value))),
    of_reports("push_tokens", |config, value| set(&mut config.reports.push_tokens, path(value))),
    of_reports("keep_days", |config, value| {
        config.reports.keep_days = KeepDays(days(value)?);
        Ok(())
    }),
    of_reports(KEEP_DAYS_OF, |config, value| {
        let DeValue::Table(domains) = value else { return Err(Wrong) };
        let one = |(name, value): (&Spanned<Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
            Ok((Domain::parse(name.get_ref()).map_err(|_| Wrong)?, KeepDays(days(value.get_ref())?)))
        };
        config.reports.keep_days_of = domains.iter().map(one).collect::<Result<_, _>>()?;
        Ok(())
    }),
    of_reports("keep_raw_days", |config, value| {
        config.reports.keep_raw_days = days(value)?;
        Ok(())
    }),
    of_mailbox("name", |config, value| set(&mut config.reports.last()?.name, text(value))),
    of_mailbox("server", |config, value| {
        config.reports.last()?.server = text(value)?;
        Ok(())
    }),
    of_mailbox("port", |config, value| {
        let DeValue::Integer(number) = value else { return Err(Wrong) };
        config.reports.last()?.port = Some(number.as_str().parse::<u16>().ok().filter(|port| *port > 0).ok_or(Wrong)?);
        Ok(())
    }),
    of_mailbox("security", |config, value| {
        config.reports.last()?.security = match string(value)? {
            "tls" => Security::Tls,
            "starttls" => Security::StartTls,
            "loopback" => Security::Loopback,
            _ => return Err(Wrong),
        };
        Ok(())
    }),
    of_mailbox("user", |config, value| {
        config.reports.last()?.user = text(value)?;
        Ok(())
    }),
    of_mailbox("password_file", |config, value| set(&mut config.reports.last()?.password_file, path(value))),
    of_mailbox("token_file", |config, value| set(&mut config.reports.last()?.token_file, path(value))),
    of_mailbox("roots", |config, value| set(&mut config.reports.last()?.roots, path(value))),
    of_mailbox("mailbox", |config, value| {
        config.reports.last()?.mailbox = text(value)?;
        Ok(())
    }),
    of_mailbox("after", |config, value| {
        config.reports.last()?.after = match string(value)? {
            "keep" => AfterName::Keep,
            "seen" => AfterName::Seen,
            "move" => AfterName::Move,
            "delete" => AfterName::Delete,
            _ => return Err(Wrong),
        };
        Ok(())
    }),
    of_mailbox("move_to", |config, value| set(&mut config.reports.last()?.move_to, text(value))),
];

const fn of_reports(name: &'static str, take: Take) -> Key {
    Key { section: REPORTS, name, take }
}

const fn of_mailbox(name: &'static str, take: Take) -> Key {
    Key { section: IMAP, name, take }
}

fn days(value: &DeValue<'_>) -> Result<u32, Wrong> {
    let DeValue::Integer(number) = value else { return Err(Wrong) };
    number.as_str().parse().ok().filter(|days| *days <= KEEP_DAYS_MAX).ok_or(Wrong)
}

fn set<T>(place: &mut Option<T>, value: Result<T, Wrong>) -> Result<(), Wrong> {
    *place = Some(value?);
    Ok(())
}

fn text(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = string(value)?;
    if text.is_empty() || text.chars().any(char::is_control) { Err(Wrong) } else { Ok(text.to_owned()) }
}

fn listen(value: &DeValue<'_>) -> Result<ListenAddress, Wrong> {
    ListenAddress::parse(string(value)?).map_err(|_| Wrong)
}

fn path(value: &DeValue<'_>) -> Result<PathBuf, Wrong> {
    Some(string(value)?).filter(|text| !text.is_empty()).map(PathBuf::from).ok_or(Wrong)
}

impl ReportsConfig {
    /// What is named without a directory lies beside the configuration.
    pub(super) fn beside(&mut self, directory: &Path) {
        let own = [&mut self.file, &mut self.senders, &mut self.push_tokens].into_iter().flatten();
        let of_mailboxes = self.mailboxes.iter_mut().flat_map(|mailbox| {
            [&mut mailbox.password_file, &mut mailbox.token_file, &mut mailbox.roots].into_iter().flatten()
        });
        for file in own.chain(of_mailboxes) {
            *file = directory.join(&*file);
        }
    }

    pub(super) fn begin_mailbox(&mut self) {
        self.mailboxes.push(MailboxConfig::default());
    }

    fn last(&mut self) -> Result<&mut MailboxConfig, Wrong> {
        self.mailboxes.last_mut().ok_or(Wrong)
    }

    /// The key of the last mailbox that must be there and is not.
    pub(super) fn missing_of_mailbox(&self) -> Option<&'static str> {
        let mailbox = self.mailboxes.last()?;
        if mailbox.server.is_empty() {
            return Some("server");
        }
        mailbox.user.is_empty().then_some("user")
    }

    /// The tokens of those who may push.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn tokens(&self) -> Result<Vec<Secret>, Failure> {
        let Some(path) = &self.push_tokens else { return Ok(Vec::new()) };
        let text = read(path)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(lines.map(Secret::new).collect())
    }

    /// Who is who: the file's map before ours.
    ///
    /// # Errors
    /// The file cannot be read, or a line of it cannot.
    pub(crate) fn map(&self) -> Result<Map, Failure> {
        let Some(path) = &self.senders else { return Ok(Map::curated()) };
        let file = path.display().to_string();
        let mut text = String::new();
        let limit = insight::limits::OWN_MAP_BYTES_MAX as u64 + 1;
        let read = std::fs::File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text));
        read.map_err(|error| {
            let failure = Failure::new(ExitCode::Configuration, "cli-config-unreadable");
            failure.with("file", file.as_str()).with("reason", error.to_string())
        })?;
        let (map, flaws) = Map::with_own(&text);
        match flaws.first() {
            None => Ok(map),
            Some(flaw) => {
                let failure = Failure::new(ExitCode::Configuration, "reports-bad-map").with("file", file);
                Err(failure.with("line", u64::from(flaw.line)).with("flaw", mailtext::Value::Word(flaw.id())))
            }
        }
    }
}

impl MailboxConfig {
    /// How it is called.
    pub(crate) fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("{}@{}", self.user, self.server))
    }

    /// What becomes of a message that was read.
    pub(crate) fn after(&self) -> After {
        match (self.after, &self.move_to) {
            (AfterName::Seen, _) => After::Flag(Flag::Seen),
            (AfterName::Move, Some(folder)) => After::Move(folder.clone()),
            (AfterName::Delete, _) => After::Delete,
            (AfterName::Keep, _) | (AfterName::Move, None) => After::Keep,
        }
    }

    /// The account.
    ///
    /// # Errors
    /// A key is missing, or a file that it names cannot be read.
    pub(crate) fn account(&self) -> Result<ImapAccount, Failure> {
        let incomplete = |key: &'static str| {
            let failure = Failure::new(ExitCode::Configuration, "reports-mailbox-incomplete");
            Err(failure.with("name", self.name()).with("key", key))
        };
        if self.after == AfterName::Move && self.move_to.is_none() {
            return incomplete("move_to");
        }
        let usual = if self.security == Security::Tls { 993 } else { 143 };
        let mut server = MailServer::new(&self.server, self.port.unwrap_or(usual), self.security);
        if let Some(path) = &self.roots {
            server.roots = roots(path)?;
        }
        let login = match (&self.password_file, &self.token_file) {
            (_, Some(path)) => ImapLogin::TokenFile { user: self.user.clone(), path: path.clone() },
            (Some(path), None) => {
                ImapLogin::Password { user: self.user.clone(), password: Secret::new(read(path)?.trim_end()) }
            }
            (None, None) => return incomplete("password_file"),
        };
        let mut account = ImapAccount::new(server, login);
        account.mailbox.clone_from(&self.mailbox);
        Ok(account)
    }
}

/// The authorities of a file.
///
/// # Errors
/// It cannot be read, or holds none.
pub(crate) fn roots(path: &Path) -> Result<Roots, Failure> {
    let mut roots = Roots::default();
    let text = read(path)?;
    roots.add_pem(text.as_bytes()).map_err(|error| unreadable(path, &error.to_string()))?;
    Ok(roots)
}

/// A small file that the configuration names.
///
/// # Errors
/// It cannot be read.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let file = std::fs::File::open(path);
    let read = file.and_then(|file| file.take(KEY_FILE_BYTES_MAX * 16).read_to_string(&mut text));
    read.map_err(|error| unreadable(path, &error.to_string()))?;
    Ok(text)
}

fn unreadable(path: &Path, reason: &str) -> Failure {
    let failure = Failure::new(ExitCode::Configuration, "cli-config-unreadable");
    failure.with("file", path.display().to_string()).with("reason", reason)
}
