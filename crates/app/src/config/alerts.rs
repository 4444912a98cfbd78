//! `[reports.alerts]`: what is told of reports, to whom, and when.

use std::path::{Path, PathBuf};
use std::time::Duration;

use insight::watch::Kind;
use insight::{Quiet, Thresholds, WallClock, Weekly};
use lookup::fetch::HttpsUrl;
use net::limits::POST_MS_DEFAULT;
use net::mail_server::Secret;
use net::submission::SubmissionConfig;
use net::{FetchConfig, PrivateAddresses};
use toml::de::DeValue;

use super::reporting::{Mailbox, SendConfig, Submit, list, mailbox, set, some, span, submit, text};
use super::reports::{read, roots};
use super::{Key, Take, Wrong, boolean, string};
use crate::failure::Failure;
use crate::say::Language;

/// What the file says of alerts and digests. Nothing is told before it says to whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct AlertsConfig {
    /// `to`: the mailboxes.
    pub(crate) to: Vec<String>,
    /// `from`; that of `[reports.send]`, if nothing is said.
    from: Option<Mailbox>,
    /// `submit`; that of `[reports.send]` with its login, if nothing is said.
    submit: Option<Submit>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    roots: Option<PathBuf>,
    /// `webhook`: the place that gets JSON.
    pub(crate) webhook: Option<HttpsUrl>,
    webhook_token_file: Option<PathBuf>,
    /// `webhook_private`: whether it may be inside.
    webhook_private: bool,
    /// `kinds`: what is told; nothing for the digest alone.
    pub(crate) kinds: Vec<Kind>,
    /// `language`
    pub(crate) language: Language,
    /// `utc_offset`: of the clock of those who read it.
    pub(crate) clock: WallClock,
    /// `quiet`: the hours in which nothing is sent.
    pub(crate) quiet: Option<Quiet>,
    /// `letters_per_day`: most letters with alerts.
    pub(crate) letters_per_day: usize,
    /// `digest`: when the week is told of; `None` for never.
    pub(crate) digest: Option<Weekly>,
    /// `wait`: how long after its end a day is looked at.
    pub(crate) wait: Duration,
    /// `retry`: how long to wait after the first failure.
    pub(crate) retry: Duration,
    /// `give_up`
    pub(crate) give_up: Duration,
    /// `learning_days` and the others.
    pub(crate) thresholds: Thresholds,
}

impl Default for AlertsConfig {
    fn default() -> Self {
        Self {
            to: Vec::new(),
            from: None,
            submit: None,
            user: None,
            password_file: None,
            roots: None,
            webhook: None,
            webhook_token_file: None,
            webhook_private: false,
            kinds: Kind::ALL.to_vec(),
            language: Language::English,
            clock: WallClock::default(),
            quiet: None,
            letters_per_day: 10,
            digest: Some(Weekly { weekday: 0, minute: 8 * 60 }),
            wait: Duration::from_secs(12 * 3600),
            retry: Duration::from_secs(60),
            give_up: Duration::from_secs(3 * 86_400),
            thresholds: Thresholds::default(),
        }
    }
}

/// The section.
pub(super) const ALERTS: &str = "reports.alerts";

/// The keys.
pub(super) const KEYS: &[Key] = &[
    key("to", |config, value| {
        let address = |text: &str| mailbox(text).map(|mailbox| mailbox.address);
        set(&mut config.alerts.to, list(value, address))
    }),
    key("from", |config, value| some(&mut config.alerts.from, mailbox(string(value)?))),
    key("submit", |config, value| some(&mut config.alerts.submit, submit(string(value)?))),
    key("user", |config, value| some(&mut config.alerts.user, text(value))),
    key("password_file", |config, value| some(&mut config.alerts.password_file, text(value).map(PathBuf::from))),
    key("roots", |config, value| some(&mut config.alerts.roots, text(value).map(PathBuf::from))),
    key("webhook", |config, value| {
        some(&mut config.alerts.webhook, HttpsUrl::parse(string(value)?).map_err(|_| Wrong))
    }),
    key("webhook_token_file", |config, value| {
        some(&mut config.alerts.webhook_token_file, text(value).map(PathBuf::from))
    }),
    key("webhook_private", |config, value| set(&mut config.alerts.webhook_private, boolean(value))),
    key("kinds", |config, value| {
        let kind = |text: &str| Kind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(Wrong);
        set(&mut config.alerts.kinds, list(value, kind))
    }),
    key("language", |config, value| {
        let language = match string(value)? {
            "en" => Language::English,
            "ja" => Language::Japanese,
            _ => return Err(Wrong),
        };
        set(&mut config.alerts.language, Ok(language))
    }),
    key("utc_offset", |config, value| set(&mut config.alerts.clock, offset(string(value)?))),
    key("quiet", |config, value| some(&mut config.alerts.quiet, hours(string(value)?))),
    key("letters_per_day", |config, value| {
        set(&mut config.alerts.letters_per_day, count(value, LETTER_COUNT_MAX).map(|count| count as usize))
    }),
    key("digest", |config, value| set(&mut config.alerts.digest, weekly(string(value)?))),
    key("wait", |config, value| {
        set(&mut config.alerts.wait, span(value).and_then(|wait| if wait <= WAIT_MAX { Ok(wait) } else { Err(Wrong) }))
    }),
    key("retry", |config, value| set(&mut config.alerts.retry, not_zero(value))),
    key("give_up", |config, value| set(&mut config.alerts.give_up, not_zero(value))),
    key("learning_days", |config, value| set(&mut config.alerts.thresholds.learning_days, days(value))),
    key("new_source_messages", |config, value| {
        set(&mut config.alerts.thresholds.new_source_count_min, count(value, MESSAGE_COUNT_MAX))
    }),
    key("pass_fall", |config, value| {
        let percent = count(value, 100)?;
        set(&mut config.alerts.thresholds.pass_fall_per_mille, Ok(percent * 10))
    }),
    key("pass_messages", |config, value| {
        set(&mut config.alerts.thresholds.pass_count_min, count(value, MESSAGE_COUNT_MAX))
    }),
    key("silent_days", |config, value| set(&mut config.alerts.thresholds.reporter_silent_days, days(value))),
    key("key_days", |config, value| set(&mut config.alerts.thresholds.selector_silent_days, days(value))),
    key("refused", |config, value| {
        set(&mut config.alerts.thresholds.refused_count_min, count(value, MESSAGE_COUNT_MAX))
    }),
];

const fn key(name: &'static str, take: Take) -> Key {
    Key { section: ALERTS, name, take }
}

impl AlertsConfig {
    /// What is named without a directory lies beside the configuration.
    pub(super) fn beside(&mut self, directory: &Path) {
        let files = [&mut self.password_file, &mut self.roots, &mut self.webhook_token_file];
        for file in files.into_iter().flatten() {
            *file = directory.join(&*file);
        }
    }

    /// Whether anything is told.
    pub(crate) fn is_on(&self) -> bool {
        !self.to.is_empty() || self.webhook.is_some()
    }

    /// The key without which the others are of no use, when it is missing.
    pub(super) fn missing(&self, send: &SendConfig) -> Option<&'static str> {
        match self {
            _ if !self.is_on() && *self != Self::default() => Some("to"),
            _ if !self.to.is_empty() && self.sender(send).is_none() => Some("from"),
            _ if !self.to.is_empty() && self.submit.is_none() && !send.has_server() => Some("submit"),
            _ => None,
        }
    }

    /// Whom the letters are from.
    pub(crate) fn sender<'a>(&'a self, send: &'a SendConfig) -> Option<&'a Mailbox> {
        self.from.as_ref().or(send.from.as_ref())
    }

    /// The server that takes the letters, and as whom; `None` where none is named.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn submission(&self, send: &SendConfig, helo: &str) -> Result<Option<SubmissionConfig>, Failure> {
        match &self.submit {
            None => send.submission(helo),
            Some(submit) => {
                let login = (self.user.clone(), self.password_file.clone());
                SendConfig::through(submit.clone(), login, self.roots.clone()).submission(helo)
            }
        }
    }

    /// Whether all that is named can be read.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn check(&self, send: &SendConfig) -> Result<(), Failure> {
        if self.is_on() {
            self.submission(send, "localhost")?;
            self.web()?;
            self.token()?;
        }
        Ok(())
    }

    /// How the webhook is reached.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn web(&self) -> Result<FetchConfig, Failure> {
        let private_addresses =
            if self.webhook_private { PrivateAddresses::Allowed } else { PrivateAddresses::Refused };
        let total_timeout = Duration::from_millis(POST_MS_DEFAULT);
        let roots = self.roots.as_deref().map(roots).transpose()?.unwrap_or_default();
        Ok(FetchConfig { private_addresses, total_timeout, roots, ..FetchConfig::default() })
    }

    /// What the webhook knows us by.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn token(&self) -> Result<Option<Secret>, Failure> {
        let Some(path) = &self.webhook_token_file else { return Ok(None) };
        Ok(Some(Secret::new(read(path)?.trim())))
    }
}

/// `+09:00`
fn offset(text: &str) -> Result<WallClock, Wrong> {
    let sign = match text.get(..1) {
        Some("+") => 1,
        Some("-") => -1,
        _ => return Err(Wrong),
    };
    let minutes = minute(text.get(1..).ok_or(Wrong)?)?;
    let ahead_min = i32::try_from(minutes).map_err(|_| Wrong)? * sign;
    if ahead_min.abs() <= OFFSET_MINUTES_MAX { Ok(WallClock { ahead_min }) } else { Err(Wrong) }
}

/// `22:00-07:00`
fn hours(text: &str) -> Result<Quiet, Wrong> {
    let (from, until) = text.split_once('-').ok_or(Wrong)?;
    let quiet = Quiet { from_min: minute(from)?, until_min: minute(until)? };
    if quiet.from_min == quiet.until_min { Err(Wrong) } else { Ok(quiet) }
}

/// `monday 08:00`, `never`
fn weekly(text: &str) -> Result<Option<Weekly>, Wrong> {
    if text == "never" {
        return Ok(None);
    }
    let (day, time) = text.split_once(' ').ok_or(Wrong)?;
    let weekday = WEEKDAYS.iter().position(|name| day.eq_ignore_ascii_case(name)).ok_or(Wrong)?;
    Ok(Some(Weekly { weekday: weekday as u32, minute: minute(time)? }))
}

/// `08:00`, as a minute of the day.
fn minute(text: &str) -> Result<u32, Wrong> {
    let (hour, minute) = text.split_once(':').ok_or(Wrong)?;
    let number = |text: &str, below: u32| {
        let is_two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|number| is_two && *number < below).ok_or(Wrong)
    };
    Ok(number(hour, 24)? * 60 + number(minute, 60)?)
}

fn days(value: &DeValue<'_>) -> Result<u32, Wrong> {
    count(value, DAY_COUNT_MAX).map(|days| days as u32)
}

fn not_zero(value: &DeValue<'_>) -> Result<Duration, Wrong> {
    span(value).and_then(|span| if span.is_zero() { Err(Wrong) } else { Ok(span) })
}

fn count(value: &DeValue<'_>, most: u64) -> Result<u64, Wrong> {
    let DeValue::Integer(number) = value else { return Err(Wrong) };
    number.as_str().parse().ok().filter(|number| (1..=most).contains(number)).ok_or(Wrong)
}

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// The clocks that are farthest off UTC, in minutes.
const OFFSET_MINUTES_MAX: i32 = 14 * 60;
/// Most letters with alerts on a day.
const LETTER_COUNT_MAX: u64 = 1_000;
/// Most days of a threshold: so many the watch remembers.
const DAY_COUNT_MAX: u64 = 28;
/// Most messages of a threshold.
const MESSAGE_COUNT_MAX: u64 = 1_000_000_000;
/// Longest time after its end at which a day is looked at.
const WAIT_MAX: Duration = Duration::from_secs(3 * 86_400);

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn parse(text: &str) -> Result<Config, Failure> {
        Config::parse(text, "f")
    }

    fn read(text: &str) -> Result<AlertsConfig, Failure> {
        parse(&format!(
            "[reports.alerts]\nto = [\"a@example.jp\"]\nfrom = \"b@example.jp\"\nsubmit = \"smtp://127.0.0.1\"\n{text}"
        ))
        .map(|config| config.alerts)
    }

    #[test]
    fn nothing_is_told_before_it_is_said_to_whom() {
        assert!(!AlertsConfig::default().is_on());
        assert!(read("").is_ok_and(|config| config.is_on()));
        assert!(
            parse("[reports.alerts]\nwebhook = \"https://hook.example/\"").is_ok_and(|config| config.alerts.is_on())
        );
        let send = "[reports.send]\nfrom = \"b@example.jp\"\nsubmit = \"smtp://127.0.0.1\"\n";
        let to = "[reports.alerts]\nto = [\"a@example.jp\"]\n";
        assert!(parse(&format!("{send}{to}")).is_ok() && parse(&format!("{to}{send}")).is_ok());
        for (text, key) in [
            ("[reports.alerts]\nlanguage = \"ja\"".to_owned(), "to"),
            (to.to_owned(), "from"),
            (format!("{to}from = \"b@example.jp\""), "submit"),
        ] {
            let failure = parse(&text).unwrap_err();
            assert_eq!(mailtext::Explain::id(&failure), "cli-config-missing-key", "{text}");
            let arguments = mailtext::Explain::arguments(&failure);
            assert!(arguments.iter().any(|(name, value)| *name == "key" && value.to_string() == key), "{text}");
        }
    }

    #[test]
    fn times_as_they_are_written() {
        let config = read("utc_offset = \"+09:00\"\nquiet = \"22:30-07:00\"\ndigest = \"Friday 17:05\"").unwrap();
        assert_eq!(config.clock, WallClock { ahead_min: 540 });
        assert_eq!(config.quiet, Some(Quiet { from_min: 22 * 60 + 30, until_min: 7 * 60 }));
        assert_eq!(config.digest, Some(Weekly { weekday: 4, minute: 17 * 60 + 5 }));
        assert_eq!(read("digest = \"never\"").unwrap().digest, None);
        assert_eq!(read("utc_offset = \"-03:30\"").unwrap().clock, WallClock { ahead_min: -210 });
        for wrong in [
            "utc_offset = \"09:00\"",
            "utc_offset = \"+15:00\"",
            "utc_offset = \"+9:00\"",
            "quiet = \"22:00\"",
            "quiet = \"24:00-07:00\"",
            "quiet = \"07:00-07:00\"",
            "digest = \"monday\"",
            "digest = \"someday 08:00\"",
            "digest = \"monday 8:00\"",
            "wait = \"4d\"",
            "retry = \"0s\"",
            "pass_fall = 101",
            "letters_per_day = 0",
            "learning_days = 29",
            "kinds = [\"everything\"]",
            "to = [\"nobody\"]",
            "webhook = \"http://hook.example/\"",
            "webhook = \"https://127.0.0.1/\"",
        ] {
            let failure = read(wrong).unwrap_err();
            let id = mailtext::Explain::id(&failure);
            assert!(
                id == "cli-config-bad-value" || (wrong.starts_with("to") && id == "cli-config-error"),
                "{wrong}: {id}"
            );
        }
        assert_eq!(read("kinds = [\"new-source\"]\npass_fall = 3").unwrap().kinds, [Kind::NewSource]);
    }
}
