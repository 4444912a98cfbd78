//! `list`: whom the operator lets in, keeps out and trusts while the daemon runs. The lists stand in one file in the state
//! directory, a line for each entry; the daemon adds them to the rules of its configuration whenever it reads that.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use mailtext::Domain;
use policy::{Domains, Network, RuleSet, Rules};
use serde_json::json;

use crate::cli::SpfFormat;
use crate::common::Common;
use crate::control::{Heard, tell_reload};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::LISTS_FILE_BYTES_MAX;
use crate::time;

/// `list`
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    #[command(subcommand)]
    verb: ListVerb,
}

/// What is wanted of the lists.
#[derive(Subcommand, Debug)]
enum ListVerb {
    /// Put entries on a list; a running daemon hears of it at once
    Add(Change),
    /// Take entries from a list; a running daemon hears of it at once
    Remove(Change),
    /// Show the lists
    Show {
        /// The list [default: all]
        #[arg(value_name = "LIST")]
        list: Option<ListName>,
        /// Form of the output
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: SpfFormat,
    },
}

/// Entries of a list.
#[derive(Args, Debug)]
struct Change {
    /// The list
    #[arg(value_name = "LIST")]
    list: ListName,
    /// Domains; with a dot in front, all below them. A forwarder may be a network
    #[arg(required = true, value_name = "ENTRY")]
    entries: Vec<String>,
}

/// The lists.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum ListName {
    /// Authenticated domains whose mail is wanted
    Allow,
    /// Domains whose mail is not wanted
    Deny,
    /// Forwarders by a domain that they authenticate, or by their network: what forwarding breaks is excused
    Forwarder,
    /// Domains whose ARC seals are trusted
    Sealer,
}

/// The lists, as they stand in the file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Lists {
    /// Sorted, each once.
    lines: Vec<Line>,
}

/// An entry.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Line {
    list: ListName,
    entry: String,
    /// When it was added, seconds since 1970.
    since_s: u64,
}

/// Does what is asked of the lists.
///
/// # Errors
/// An entry is none, or the file cannot be read or written.
pub(crate) fn run(common: &Common, arguments: &ListArguments) -> Result<ExitCode, Failure> {
    match &arguments.verb {
        ListVerb::Add(change) => edit(common, change, "rules-list-added", Lists::add),
        ListVerb::Remove(change) => edit(common, change, "rules-list-removed", |lists, line| lists.remove(&line)),
        ListVerb::Show { list, format } => show(common, *list, *format),
    }
}

/// Changes the file, and tells the daemon.
fn edit(
    common: &Common,
    change: &Change,
    id: &'static str,
    apply: impl Fn(&mut Lists, Line) -> bool,
) -> Result<ExitCode, Failure> {
    let (say, path) = (common.say(), file(&common.state_directory()));
    let mut wanted = Vec::new();
    for entry in &change.entries {
        let entry = normal(change.list, entry).ok_or_else(|| Failure::option("cli-bad-value", "ENTRY", entry))?;
        wanted.push(Line { list: change.list, entry, since_s: common.now_s() });
    }
    let unusable = |error: io::Error| unusable(&path, &error.to_string());
    crate::serve::make_directory(&common.state_directory()).map_err(unusable)?;
    // One who changes it at a time.
    let lock = OpenOptions::new().create(true).append(true).mode(0o600).open(path.with_extension("lock"));
    let lock = lock.map_err(unusable)?;
    lock.lock().map_err(unusable)?;
    let mut lists = Lists::read(&common.state_directory())?;
    let mut text = String::new();
    for line in wanted {
        let arguments = [("list", mailtext::Value::Word(change.list.as_str())), ("entry", line.entry.as_str().into())];
        let id = if apply(&mut lists, line) { id } else { "rules-list-as-it-was" };
        let _ = writeln!(text, "{}", say.say(id, &arguments));
    }
    write(&path, &lists.text()).map_err(unusable)?;
    drop(lock);
    let _ = match tell_reload(common) {
        Heard::Taken => writeln!(text, "{}", say.word("rules-list-heard")),
        Heard::Nobody => writeln!(text, "{}", say.word("rules-list-later")),
        Heard::Refused(reason) => {
            eprintln!("sekisho: {}", say.say("serve-reload-refused", &[("reason", reason.into())]));
            Ok(())
        }
    };
    print(&text)
}

fn show(common: &Common, list: Option<ListName>, format: SpfFormat) -> Result<ExitCode, Failure> {
    let (lists, say) = (Lists::read(&common.state_directory())?, common.say());
    let wanted = lists.lines.iter().filter(|line| list.is_none_or(|list| line.list == list));
    let mut text = String::new();
    for line in wanted {
        let (list, since) = (line.list.as_str(), time::rfc3339(line.since_s));
        let _ = match format {
            SpfFormat::Json => writeln!(text, "{}", json!({ "list": list, "entry": line.entry, "since": since })),
            SpfFormat::Text => writeln!(text, "{list:<9}  {}  ({since})", line.entry),
        };
    }
    if text.is_empty() && format == SpfFormat::Text {
        text = say.word("rules-list-empty") + "\n";
    }
    print(&text)
}

impl Lists {
    /// Reads the file in this directory; where there is none, nothing is on a list.
    ///
    /// # Errors
    /// It cannot be read, or a line of it is none.
    pub(crate) fn read(state: &Path) -> Result<Self, Failure> {
        let path = file(state);
        let mut text = String::new();
        match File::open(&path).and_then(|file| file.take(LISTS_FILE_BYTES_MAX).read_to_string(&mut text)) {
            Ok(_) => Self::parse(&text).map_err(|line| {
                let failure = Failure::new(ExitCode::Configuration, "rules-list-bad-line");
                failure.with("file", path.display().to_string()).with("line", line)
            }),
            // Who may not look into the directory – somebody who tries rules out – has no lists there either.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
                Ok(Self::default())
            }
            Err(error) => Err(unusable(&path, &error.to_string())),
        }
    }

    /// Puts the entries beside those of the configuration.
    pub(crate) fn apply(&self, rules: &mut Rules) {
        let sets = std::iter::once(&mut rules.general);
        for set in sets.chain(rules.by_recipient.iter_mut().map(|recipients| &mut recipients.rules)) {
            self.lines.iter().for_each(|line| line.apply(set));
        }
    }

    /// Reads lines; the number of the first that is none.
    fn parse(text: &str) -> Result<Self, usize> {
        let mut lists = Self::default();
        for (number, line) in text.lines().enumerate() {
            if !line.trim().is_empty() && !line.starts_with('#') {
                lists.add(Line::parse(line).ok_or(number + 1)?);
            }
        }
        Ok(lists)
    }

    fn text(&self) -> String {
        let mut text = "# sekisho list: LIST ENTRY SINCE\n".to_owned();
        for line in &self.lines {
            let _ = writeln!(text, "{} {} {}", line.list.as_str(), line.entry, time::rfc3339(line.since_s));
        }
        text
    }

    /// Whether it was not there.
    fn add(&mut self, line: Line) -> bool {
        if self.lines.iter().any(|there| there.is_like(&line)) {
            return false;
        }
        let at = self.lines.partition_point(|there| *there < line);
        self.lines.insert(at, line);
        true
    }

    /// Whether it was there.
    fn remove(&mut self, line: &Line) -> bool {
        let before = self.lines.len();
        self.lines.retain(|there| !there.is_like(line));
        self.lines.len() < before
    }
}

impl Line {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let list = ListName::from_str(words.next()?, false).ok()?;
        let entry = normal(list, words.next()?)?;
        let since_s = words.next().and_then(time::parse)?;
        words.next().is_none().then_some(Self { list, entry, since_s })
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.list, &self.entry) == (other.list, &other.entry)
    }

    fn apply(&self, rules: &mut RuleSet) {
        let exceptions = &mut rules.exceptions;
        let put = |into: &mut Domains| into.extend(Domains::read(&self.entry));
        match self.list {
            ListName::Allow => put(&mut exceptions.allowed),
            ListName::Deny => put(&mut exceptions.denied),
            ListName::Forwarder => match self.entry.parse() {
                Ok(network) => exceptions.forwarders.networks.push(network),
                Err(_) => put(&mut exceptions.forwarders.domains),
            },
            ListName::Sealer => exceptions.sealers.extend(Domain::parse(&self.entry)),
        }
    }
}

impl ListName {
    fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Forwarder => "forwarder",
            Self::Sealer => "sealer",
        }
    }
}

/// An entry as it is kept; `None` when it is none.
fn normal(list: ListName, entry: &str) -> Option<String> {
    if list == ListName::Forwarder
        && let Ok(network) = entry.parse::<Network>()
    {
        return Some(network.to_string());
    }
    match entry.strip_prefix('.').filter(|_| list != ListName::Sealer) {
        Some(rest) => Some(format!(".{}", Domain::parse(rest).ok()?.as_str())),
        None => Some(Domain::parse(entry).ok()?.as_str().to_owned()),
    }
}

/// Writes beside and moves it into place: nobody ever reads half of it.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o640).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // The daemon reads it, whoever changes it.
    if let Some(owner) = path.parent().map(fs::metadata).transpose()? {
        use std::os::unix::fs::MetadataExt as _;
        std::os::unix::fs::chown(&beside, Some(owner.uid()), Some(owner.gid()))?;
    }
    fs::rename(&beside, path)
}

fn file(state: &Path) -> PathBuf {
    state.join("lists")
}

fn unusable(path: &Path, reason: &str) -> Failure {
    let failure = Failure::new(ExitCode::Store, "rules-list-unusable").with("file", path.display().to_string());
    failure.with("reason", reason)
}

fn print(text: &str) -> Result<ExitCode, Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# sekisho list: LIST ENTRY SINCE\n\
                        allow example.jp 2026-04-01T00:00:00Z\n\
                        deny .spam.example 2026-04-01T00:00:00Z\n\
                        forwarder 192.0.2.0/24 2026-04-01T00:00:00Z\n\
                        forwarder lists.example 2026-04-01T00:00:00Z\n\
                        sealer seal.example 2026-04-01T00:00:00Z\n";

    #[test]
    fn what_is_written_is_read() {
        let lists = Lists::parse(TEXT).unwrap();
        assert_eq!(lists.text(), TEXT);
        for (wrong, line) in [
            ("allow example.jp\n", 1),
            ("\n# x\nallow a..b 2026-04-01T00:00:00Z\n", 3),
            ("white example.jp 2026-04-01T00:00:00Z\n", 1),
            ("sealer .example.jp 2026-04-01T00:00:00Z\n", 1),
            ("allow 192.0.2.0/24 2026-04-01T00:00:00Z\n", 1),
            ("allow example.jp 2026-04-01T00:00:00Z x\n", 1),
        ] {
            assert_eq!(Lists::parse(wrong), Err(line), "{wrong}");
        }
    }

    #[test]
    fn entries_come_and_go_once() {
        let mut lists = Lists::default();
        let line = |entry: &str, since_s| Line { list: ListName::Allow, entry: entry.to_owned(), since_s };
        assert!(lists.add(line("b.example", 1)) && lists.add(line("a.example", 2)));
        assert!(!lists.add(line("b.example", 9)), "since when it was there stays");
        assert_eq!(lists.lines, [line("a.example", 2), line("b.example", 1)]);
        assert!(lists.remove(&line("a.example", 0)) && !lists.remove(&line("a.example", 0)));
    }

    #[test]
    fn they_stand_beside_the_rules_of_everybody() {
        let mut rules = Rules::default();
        rules.general.exceptions.sealers.push(Domain::parse("other.example").unwrap());
        rules
            .by_recipient
            .push(policy::rules::ForRecipients { domains: Domains::default(), rules: RuleSet::default() });
        Lists::parse(TEXT).unwrap().apply(&mut rules);
        let name = |text: &str| Domain::parse(text).unwrap();
        for set in [&rules.general, &rules.by_recipient[0].rules] {
            let exceptions = &set.exceptions;
            assert!(
                exceptions.allowed.contains(&name("example.jp")) && !exceptions.allowed.contains(&name("a.example.jp"))
            );
            assert!(exceptions.denied.contains(&name("x.spam.example")));
            assert!(exceptions.forwarders.domains.contains(&name("lists.example")));
            assert_eq!(exceptions.forwarders.networks[0].to_string(), "192.0.2.0/24");
            assert!(exceptions.sealers.contains(&name("seal.example")));
        }
        assert_eq!(rules.general.exceptions.sealers.len(), 2);
    }

    #[test]
    fn entries_are_kept_in_one_form() {
        assert_eq!(normal(ListName::Allow, "Example.JP").as_deref(), Some("example.jp"));
        assert_eq!(normal(ListName::Deny, ".例え.jp").as_deref(), Some(".xn--r8jz45g.jp"));
        assert_eq!(normal(ListName::Forwarder, "192.0.2.1").as_deref(), Some("192.0.2.1/32"));
        assert_eq!(normal(ListName::Allow, "a b"), None);
    }
}
