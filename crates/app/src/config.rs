//! `sekisho.toml`. The keys are a table; an error names its place: `sekisho.toml:3:1: unknown key "authserv-id" in
//! [receiver]; did you mean "authserv_id"?`

use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::duration;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::CONFIG_FILE_BYTES_MAX;

/// What the configuration says; what it does not say is left to each verb.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Config {
    /// `[receiver] listen`: where the milter listens.
    pub(crate) listen: Option<String>,
    /// `[receiver] authserv_id`: the name under which results are given.
    pub(crate) authserv_id: Option<String>,
    /// `[dns] resolvers`: the servers to ask.
    pub(crate) resolvers: Vec<SocketAddr>,
    /// `[dns] timeout`: time for one question.
    pub(crate) dns_timeout: Option<Duration>,
}

/// One key: where it stands, what it takes, and what it does.
struct Key {
    section: &'static str,
    name: &'static str,
    take: fn(&mut Config, &DeValue<'_>) -> Result<(), Wrong>,
}

const KEYS: &[Key] = &[
    Key {
        section: "receiver",
        name: "listen",
        take: |config, value| {
            let text = string(value)?;
            net::ListenAddress::parse(text).map_err(|_| Wrong)?;
            config.listen = Some(text.to_owned());
            Ok(())
        },
    },
    Key {
        section: "receiver",
        name: "authserv_id",
        take: |config, value| {
            let text = string(value)?;
            if text.is_empty() || text.chars().any(char::is_control) {
                return Err(Wrong);
            }
            config.authserv_id = Some(text.to_owned());
            Ok(())
        },
    },
    Key {
        section: "dns",
        name: "resolvers",
        take: |config, value| {
            let DeValue::Array(servers) = value else { return Err(Wrong) };
            for server in servers {
                config.resolvers.push(net::parse_server(string(server.get_ref())?).map_err(|_| Wrong)?);
            }
            Ok(())
        },
    },
    Key {
        section: "dns",
        name: "timeout",
        take: |config, value| {
            let timeout = duration::parse(string(value)?).filter(|timeout| !timeout.is_zero()).ok_or(Wrong)?;
            config.dns_timeout = Some(timeout);
            Ok(())
        },
    },
];

/// The value cannot be used.
struct Wrong;

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// The first error in it, with its place.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let unreadable = |error: &std::io::Error| {
            let failure = Failure::new(ExitCode::Configuration, "cli-config-unreadable");
            failure.with("file", name.as_str()).with("reason", error.to_string())
        };
        let mut text = String::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(CONFIG_FILE_BYTES_MAX).read_to_string(&mut text))
            .map_err(|error| unreadable(&error))?;
        Self::parse(&text, &name)
    }

    /// Reads the text of a file of this name.
    ///
    /// # Errors
    /// The first error in it, with its place.
    pub(crate) fn parse(text: &str, file: &str) -> Result<Self, Failure> {
        let told = |offset: usize, id| {
            let (line, column) = line_and_column(text, offset);
            let failure = Failure::new(ExitCode::Configuration, id).with("file", file);
            failure.with("line", line).with("column", column)
        };
        let table = DeTable::parse(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            told(offset, "cli-config-error").with("problem", error.message())
        })?;
        let mut config = Self::default();
        let mut sections: Vec<_> = table.get_ref().iter().collect();
        sections.sort_by_key(|(name, _)| name.span().start);
        for (name, section) in sections {
            let DeValue::Table(section) = section.get_ref() else {
                return Err(unknown_section(told(name.span().start, "cli-config-unknown-section"), name.get_ref()));
            };
            if !KEYS.iter().any(|key| key.section == name.get_ref()) {
                return Err(unknown_section(told(name.span().start, "cli-config-unknown-section"), name.get_ref()));
            }
            config.take_section(name.get_ref(), section, text, &told)?;
        }
        Ok(config)
    }

    fn take_section(
        &mut self,
        section: &str,
        values: &DeTable<'_>,
        text: &str,
        told: &dyn Fn(usize, &'static str) -> Failure,
    ) -> Result<(), Failure> {
        let mut values: Vec<(_, &Spanned<DeValue<'_>>)> = values.iter().collect();
        values.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in values {
            let known = KEYS.iter().filter(|key| key.section == section);
            let Some(key) = known.clone().find(|key| key.name == name.get_ref()) else {
                let failure = told(name.span().start, "cli-config-unknown-key");
                let names = known.map(|key| key.name);
                return Err(suggesting(failure.with("section", section), name.get_ref(), names));
            };
            (key.take)(self, value.get_ref()).map_err(|Wrong| {
                let written = text.get(value.span()).unwrap_or_default();
                told(value.span().start, "cli-config-bad-value").with("key", key.name).with("value", written)
            })?;
        }
        Ok(())
    }
}

fn string<'a>(value: &'a DeValue<'_>) -> Result<&'a str, Wrong> {
    match value {
        DeValue::String(text) => Ok(text),
        _ => Err(Wrong),
    }
}

fn unknown_section(failure: Failure, name: &str) -> Failure {
    suggesting(failure, name, KEYS.iter().map(|key| key.section))
}

/// Names what was found and, when one is near enough, what was probably meant.
fn suggesting<'n>(failure: Failure, found: &str, names: impl Iterator<Item = &'n str>) -> Failure {
    let near = names.map(|name| (distance(found, name), name)).min();
    let failure = failure.with("key", found);
    match near.filter(|(steps, name)| *steps <= 2.max(name.len() / 3)) {
        Some((_, name)) => failure.with("suggestion", name),
        None => failure,
    }
}

/// How many letters have to be added, removed or changed to make one name of the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().take(NAME_CHARACTERS_MAX).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, letter) in left.chars().take(NAME_CHARACTERS_MAX).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, other) in right.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

/// (3, 1) for the first letter of the third line.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// Names longer than this are compared by their beginnings.
const NAME_CHARACTERS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use mailtext::Explain as _;

    fn told(text: &str) -> (String, String) {
        let failure = Config::parse(text, "sekisho.toml").unwrap_err();
        assert_eq!(failure.code(), ExitCode::Configuration);
        let arguments = failure.arguments().into_iter().map(|(name, value)| format!("{name}={value}"));
        (failure.id().to_owned(), arguments.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_whole_file() {
        let text = "[receiver]\nlisten = \"inet:8894@127.0.0.1\"\nauthserv_id = \"mx.example.jp\"\n\n\
                    [dns]\nresolvers = [\"127.0.0.1:5353\", \"::1\"]\ntimeout = \"3s\"\n";
        let config = Config::parse(text, "x").unwrap();
        assert_eq!(config.listen.as_deref(), Some("inet:8894@127.0.0.1"));
        assert_eq!(config.authserv_id.as_deref(), Some("mx.example.jp"));
        assert_eq!(config.resolvers, ["127.0.0.1:5353".parse().unwrap(), "[::1]:53".parse().unwrap()]);
        assert_eq!(config.dns_timeout, Some(Duration::from_secs(3)));
        assert_eq!(Config::parse("", "x").unwrap(), Config::default());
    }

    #[test]
    fn an_unknown_key_is_told_with_its_place_and_what_was_meant() {
        let (id, arguments) = told("[receiver]\nlisten = \"inet:8894@127.0.0.1\"\nauthserv-id = \"mx\"\n");
        assert_eq!(id, "cli-config-unknown-key");
        assert_eq!(
            arguments,
            "file=sekisho.toml line=3 column=1 section=receiver key=authserv-id suggestion=authserv_id"
        );
        let (id, arguments) = told("[dns]\n  weather = 1\n");
        assert_eq!(id, "cli-config-unknown-key");
        assert_eq!(arguments, "file=sekisho.toml line=2 column=3 section=dns key=weather");
        let (id, arguments) = told("[reciever]\nlisten = 1\n");
        assert_eq!(id, "cli-config-unknown-section");
        assert_eq!(arguments, "file=sekisho.toml line=1 column=2 key=reciever suggestion=receiver");
        assert_eq!(told("listen = \"x\"").0, "cli-config-unknown-section");
    }

    #[test]
    fn the_first_error_of_a_file_is_told() {
        let (_, arguments) = told("[dns]\nzeit = 1\n[receiver]\nauthserv-id = 2\n");
        assert!(arguments.starts_with("file=sekisho.toml line=2 column=1 "), "{arguments}");
    }

    #[test]
    fn wrong_values_and_broken_toml() {
        let (id, arguments) = told("[receiver]\nauthserv_id = 3\n");
        assert_eq!(
            (id.as_str(), arguments.as_str()),
            ("cli-config-bad-value", "file=sekisho.toml line=2 column=15 key=authserv_id value=3")
        );
        assert_eq!(told("[dns]\ntimeout = \"soon\"").0, "cli-config-bad-value");
        assert_eq!(told("[dns]\nresolvers = [\"dns.example\"]").0, "cli-config-bad-value");
        assert_eq!(told("[receiver]\nlisten = \"nonsense\"").0, "cli-config-bad-value");
        let (id, arguments) = told("[receiver]\nlisten = \n");
        assert_eq!(id, "cli-config-error");
        assert!(arguments.starts_with("file=sekisho.toml line=2 "), "{arguments}");
    }

    #[test]
    fn distances() {
        for (left, right, want) in
            [("", "abc", 3), ("abc", "abc", 0), ("authserv-id", "authserv_id", 1), ("ab", "ba", 2)]
        {
            assert_eq!(distance(left, right), want, "{left} {right}");
        }
    }
}
