//! `[reports.send]`: the reports that we send about the mail of others.

use std::path::{Path, PathBuf};
use std::time::Duration;

use feedback::aggregate::write::Shape;
use feedback::limits::{REPORTS_OF_DOMAIN_COUNT_MAX, REPORTS_OF_PERIOD_COUNT_MAX, SUPPRESSION_S_MAX};
use feedback::outbox::settings::{BounceAddress, Doubt, NeverTo, OffDomain, Switch};
use feedback::period::Division;
use mailtext::Domain;
use net::mail_server::{Login, MailServer, Secret, Security};
use net::submission::SubmissionConfig;
use toml::de::DeValue;

use super::reports::{read, roots};
use super::{Key, Take, Wrong, boolean, string};
use crate::duration;
use crate::failure::Failure;
use crate::say::Language;

/// What the file says of sending. Nothing is sent before it says from whom, and through which server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SendConfig {
    /// `enabled`: the switch for all of it.
    pub(crate) enabled: bool,
    /// `from`: the address of From, which stands in the reports, too.
    pub(crate) from: Option<Mailbox>,
    /// `name`: the name beside it.
    pub(crate) name: Option<String>,
    /// `organization`
    pub(crate) organization: Option<String>,
    /// `contact`
    pub(crate) contact: Option<String>,
    /// `domain`: who reports; the domain of `from`, if nothing is said.
    domain: Option<Domain>,
    /// `submit`: the server that takes the mail.
    submit: Option<Submit>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    roots: Option<PathBuf>,
    /// `every`: the pieces of a day.
    pub(crate) division: Division,
    /// `shape`
    pub(crate) shape: Shape,
    /// `except`: the domains about which nothing is sent.
    pub(crate) except: Vec<OffDomain>,
    /// `never_to`
    pub(crate) never_to: Vec<NeverTo>,
    /// `spam_alone`
    pub(crate) spam_alone: bool,
    /// `envelope_to`
    pub(crate) envelope_to: bool,
    /// `report_domains`: domains at which nothing but reports is received.
    pub(crate) report_domains: Vec<Domain>,
    /// `bounces`: where bounces go.
    pub(crate) bounces: Option<BounceAddress>,
    /// `jitter`
    pub(crate) jitter: Duration,
    /// `retry`: how long to wait after the first failure.
    pub(crate) retry: Duration,
    /// `give_up`
    pub(crate) give_up: Duration,
    /// `suppress`: how long a mailbox is left alone the first time.
    pub(crate) suppress: Duration,
    /// `suppress_most`: and at most.
    pub(crate) suppress_most: Duration,
    /// `domain_reports`: most of a period about one domain.
    pub(crate) domain_report_count_max: usize,
    /// `reports`: most of a period.
    pub(crate) report_count_max: usize,
    /// `language`: of what the mails tell people.
    pub(crate) language: Language,
    /// `in_doubt`
    pub(crate) doubt: Doubt,
}

/// An address with its domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Mailbox {
    /// All of it.
    pub(crate) address: String,
    /// What stands behind the `@`.
    pub(crate) domain: Domain,
}

/// A server that takes mail: `smtp://127.0.0.1:25`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Submit {
    host: String,
    port: u16,
    security: Security,
}

impl Default for SendConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            from: None,
            name: None,
            organization: None,
            contact: None,
            domain: None,
            submit: None,
            user: None,
            password_file: None,
            roots: None,
            division: Division::Day,
            shape: Shape::Rfc9990,
            except: Vec::new(),
            never_to: Vec::new(),
            spam_alone: false,
            envelope_to: false,
            report_domains: Vec::new(),
            bounces: None,
            jitter: Duration::from_secs(2 * 3600),
            retry: Duration::from_secs(5 * 60),
            give_up: Duration::from_secs(3 * 86_400),
            suppress: Duration::from_secs(86_400),
            suppress_most: Duration::from_secs(SUPPRESSION_S_MAX),
            domain_report_count_max: REPORTS_OF_DOMAIN_COUNT_MAX,
            report_count_max: REPORTS_OF_PERIOD_COUNT_MAX,
            language: Language::English,
            doubt: Doubt::CountsAsSent,
        }
    }
}

/// The section.
pub(super) const SEND: &str = "reports.send";

/// The keys.
pub(super) const KEYS: &[Key] = &[
    key("enabled", |config, value| set(&mut config.reporting.enabled, boolean(value))),
    key("from", |config, value| some(&mut config.reporting.from, mailbox(string(value)?))),
    key("name", |config, value| some(&mut config.reporting.name, text(value))),
    key("organization", |config, value| some(&mut config.reporting.organization, text(value))),
    key("contact", |config, value| some(&mut config.reporting.contact, text(value))),
    key("domain", |config, value| some(&mut config.reporting.domain, domain(string(value)?))),
    key("submit", |config, value| some(&mut config.reporting.submit, submit(string(value)?))),
    key("user", |config, value| some(&mut config.reporting.user, text(value))),
    key("password_file", |config, value| some(&mut config.reporting.password_file, text(value).map(PathBuf::from))),
    key("roots", |config, value| some(&mut config.reporting.roots, text(value).map(PathBuf::from))),
    key("every", |config, value| {
        let known = DIVISIONS.into_iter().find(|(name, _)| string(value).is_ok_and(|text| text == *name));
        set(&mut config.reporting.division, known.map(|(_, division)| division).ok_or(Wrong))
    }),
    key("shape", |config, value| {
        let shape = match string(value)? {
            "rfc9990" => Shape::Rfc9990,
            "rfc7489" => Shape::Rfc7489,
            _ => return Err(Wrong),
        };
        set(&mut config.reporting.shape, Ok(shape))
    }),
    key("except", |config, value| {
        set(
            &mut config.reporting.except,
            list(value, |text| {
                let below = if text.starts_with('.') { Switch::On } else { Switch::Off };
                Ok(OffDomain { domain: domain(text.strip_prefix('.').unwrap_or(text))?, below })
            }),
        )
    }),
    key("never_to", |config, value| {
        set(
            &mut config.reporting.never_to,
            list(value, |text| {
                if text.contains('@') { Ok(NeverTo::Mailbox(text.into())) } else { domain(text).map(NeverTo::Domain) }
            }),
        )
    }),
    key("spam_alone", |config, value| set(&mut config.reporting.spam_alone, boolean(value))),
    key("envelope_to", |config, value| set(&mut config.reporting.envelope_to, boolean(value))),
    key("report_domains", |config, value| set(&mut config.reporting.report_domains, list(value, domain))),
    key("bounces", |config, value| some(&mut config.reporting.bounces, bounces(string(value)?))),
    key("jitter", |config, value| set(&mut config.reporting.jitter, span(value))),
    key("retry", |config, value| {
        set(
            &mut config.reporting.retry,
            span(value).and_then(|span| if span.is_zero() { Err(Wrong) } else { Ok(span) }),
        )
    }),
    key("give_up", |config, value| set(&mut config.reporting.give_up, span(value))),
    key("suppress", |config, value| set(&mut config.reporting.suppress, suppression(value))),
    key("suppress_most", |config, value| set(&mut config.reporting.suppress_most, suppression(value))),
    key("domain_reports", |config, value| {
        set(&mut config.reporting.domain_report_count_max, number(value, REPORTS_OF_DOMAIN_COUNT_MAX))
    }),
    key("reports", |config, value| {
        set(&mut config.reporting.report_count_max, number(value, REPORTS_OF_PERIOD_COUNT_MAX))
    }),
    key("language", |config, value| {
        let language = match string(value)? {
            "en" => Language::English,
            "ja" => Language::Japanese,
            _ => return Err(Wrong),
        };
        set(&mut config.reporting.language, Ok(language))
    }),
    key("in_doubt", |config, value| {
        let doubt = match string(value)? {
            "sent" => Doubt::CountsAsSent,
            "again" => Doubt::IsSentAgain,
            _ => return Err(Wrong),
        };
        set(&mut config.reporting.doubt, Ok(doubt))
    }),
];

const fn key(name: &'static str, take: Take) -> Key {
    Key { section: SEND, name, take }
}

impl SendConfig {
    /// What is named without a directory lies beside the configuration.
    pub(super) fn beside(&mut self, directory: &Path) {
        for file in [&mut self.password_file, &mut self.roots].into_iter().flatten() {
            *file = directory.join(&*file);
        }
    }

    /// The key without which the others are of no use, when it is missing.
    pub(super) fn missing(&self) -> Option<&'static str> {
        match (&self.from, &self.submit) {
            (None, _) if *self != Self::default() => Some("from"),
            (Some(_), None) => Some("submit"),
            _ => None,
        }
    }

    /// A way to a server, and nothing else.
    pub(super) fn through(
        submit: Submit,
        (user, password_file): (Option<String>, Option<PathBuf>),
        roots: Option<PathBuf>,
    ) -> Self {
        Self { submit: Some(submit), user, password_file, roots, ..Self::default() }
    }

    /// Whether a server is named that takes mail.
    pub(super) fn has_server(&self) -> bool {
        self.submit.is_some()
    }

    /// Whether reports are sent.
    pub(crate) fn is_on(&self) -> bool {
        self.enabled && self.from.is_some() && self.submit.is_some()
    }

    /// Who reports.
    pub(crate) fn reporter(&self) -> Option<Domain> {
        self.domain.clone().or_else(|| Some(self.from.as_ref()?.domain.clone()))
    }

    /// The server that takes the mail, and as whom; `None` where none is named.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn submission(&self, helo: &str) -> Result<Option<SubmissionConfig>, Failure> {
        let Some(submit) = &self.submit else { return Ok(None) };
        let mut server = MailServer::new(&submit.host, submit.port, submit.security);
        if let Some(path) = &self.roots {
            server.roots = roots(path)?;
        }
        let mut config = SubmissionConfig::new(server, helo);
        if let (Some(user), Some(path)) = (&self.user, &self.password_file) {
            config.login = Some(Login::password(user, Secret::new(read(path)?.trim_end())));
        }
        Ok(Some(config))
    }
}

/// RFC 8314 §3.3: `submissions`, which we call smtps as everybody does, is TLS from the first byte.
pub(super) fn submit(text: &str) -> Result<Submit, Wrong> {
    let (scheme, place) = text.split_once("://").ok_or(Wrong)?;
    let place = place.strip_suffix('/').unwrap_or(place);
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or(Wrong)?)),
        None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    let is_here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let (security, usual) = match scheme {
        "smtp" if is_here => (Security::Loopback, 25),
        "smtp" => (Security::StartTlsIfOffered, 25),
        "smtps" | "submissions" => (Security::Tls, 465),
        "submission" => (Security::StartTls, 587),
        _ => return Err(Wrong),
    };
    let port = port.map_or(Ok(usual), |port| port.parse().map_err(|_| Wrong))?;
    let is_host = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:_".contains(&byte));
    if is_host && port > 0 { Ok(Submit { host: host.to_owned(), port, security }) } else { Err(Wrong) }
}

pub(super) fn mailbox(text: &str) -> Result<Mailbox, Wrong> {
    let (local, host) = text.rsplit_once('@').ok_or(Wrong)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&byte);
    if local.is_empty() || local.len() > LOCAL_BYTES_MAX || !local.bytes().all(is_plain) {
        return Err(Wrong);
    }
    Ok(Mailbox { address: text.to_owned(), domain: domain(host)? })
}

fn bounces(text: &str) -> Result<BounceAddress, Wrong> {
    let mailbox = mailbox(text)?;
    let local = text.rsplit_once('@').map_or("", |(local, _)| local);
    if local.len() > BOUNCE_LOCAL_BYTES_MAX {
        return Err(Wrong);
    }
    Ok(BounceAddress { local: local.into(), mark: '+', domain: mailbox.domain })
}

fn domain(text: &str) -> Result<Domain, Wrong> {
    Domain::parse(text).map_err(|_| Wrong)
}

pub(super) fn text(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = string(value)?;
    if text.is_empty() || text.chars().any(char::is_control) { Err(Wrong) } else { Ok(text.to_owned()) }
}

pub(super) fn list<T>(value: &DeValue<'_>, read: impl Fn(&str) -> Result<T, Wrong>) -> Result<Vec<T>, Wrong> {
    let DeValue::Array(texts) = value else { return Err(Wrong) };
    texts.iter().map(|text| read(string(text.get_ref())?)).collect()
}

/// How long a mailbox is left alone: as long as one can be.
fn suppression(value: &DeValue<'_>) -> Result<Duration, Wrong> {
    span(value).and_then(|span| if span.as_secs() <= SUPPRESSION_S_MAX { Ok(span) } else { Err(Wrong) })
}

pub(super) fn span(value: &DeValue<'_>) -> Result<Duration, Wrong> {
    duration::parse(string(value)?).ok_or(Wrong)
}

fn number(value: &DeValue<'_>, most: usize) -> Result<usize, Wrong> {
    let DeValue::Integer(number) = value else { return Err(Wrong) };
    number.as_str().parse().ok().filter(|number| (1..=most).contains(number)).ok_or(Wrong)
}

pub(super) fn set<T>(place: &mut T, value: Result<T, Wrong>) -> Result<(), Wrong> {
    *place = value?;
    Ok(())
}

pub(super) fn some<T>(place: &mut Option<T>, value: Result<T, Wrong>) -> Result<(), Wrong> {
    *place = Some(value?);
    Ok(())
}

const DIVISIONS: [(&str, Division); 5] = [
    ("day", Division::Day),
    ("12h", Division::HalfDay),
    ("6h", Division::QuarterDay),
    ("4h", Division::FourHours),
    ("1h", Division::Hour),
];
/// RFC 5321 §4.5.3.1.1: the longest local part, in bytes.
const LOCAL_BYTES_MAX: usize = 64;
/// The longest local part before which an id of 32 bytes and the mark still fit.
const BOUNCE_LOCAL_BYTES_MAX: usize = 31;

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn read(text: &str) -> Result<SendConfig, Failure> {
        Config::parse(&format!("[reports.send]\n{text}"), "f").map(|config| config.reporting)
    }

    #[test]
    fn nothing_is_sent_before_it_is_said_from_whom_and_through_whom() {
        assert!(!SendConfig::default().is_on());
        assert!(read("").is_ok_and(|config| !config.is_on()));
        let whole = "from = \"dmarc@example.jp\"\nsubmit = \"smtp://127.0.0.1\"\n";
        assert!(read(whole).is_ok_and(|config| config.is_on()));
        assert!(read(&format!("{whole}enabled = false\n")).is_ok_and(|config| !config.is_on()));
        for missing in ["from = \"dmarc@example.jp\"\n", "submit = \"smtp://127.0.0.1\"\n", "jitter = \"1h\"\n"] {
            let failure = read(missing).unwrap_err();
            assert_eq!(mailtext::Explain::id(&failure), "cli-config-missing-key", "{missing}");
        }
    }

    #[test]
    fn servers() {
        let of = |host: &str, port, security| Some(Submit { host: host.to_owned(), port, security });
        for (text, wanted) in [
            ("smtp://127.0.0.1", of("127.0.0.1", 25, Security::Loopback)),
            ("smtp://localhost:2525/", of("localhost", 2525, Security::Loopback)),
            ("smtp://[::1]:26", of("::1", 26, Security::Loopback)),
            ("smtp://mail.example.jp", of("mail.example.jp", 25, Security::StartTlsIfOffered)),
            ("smtps://mail.example.jp", of("mail.example.jp", 465, Security::Tls)),
            ("submissions://mail.example.jp", of("mail.example.jp", 465, Security::Tls)),
            ("submission://mail.example.jp", of("mail.example.jp", 587, Security::StartTls)),
            ("mail.example.jp:25", None),
            ("http://mail.example.jp", None),
            ("smtp://", None),
            ("smtp://a:0", None),
            ("smtp://a:b", None),
            ("smtp://a b", None),
            ("smtp://[::1]26", None),
        ] {
            assert_eq!(submit(text).ok(), wanted, "{text}");
        }
    }

    #[test]
    fn addresses_and_lists() {
        for wrong in [
            "from = \"nobody\"",
            "from = \"a b@example.jp\"",
            "bounces = \"a-local-part-that-is-far-too-long@example.jp\"",
            "every = \"2h\"",
            "reports = 0",
            "domain_reports = 25",
            "retry = \"0s\"",
            "suppress = \"91d\"",
            "except = \"example.jp\"",
        ] {
            assert!(
                read(wrong).is_err_and(|failure| mailtext::Explain::id(&failure) == "cli-config-bad-value"),
                "{wrong}"
            );
        }
        let config = read(
            "from = \"dmarc@example.jp\"\nsubmit = \"smtp://127.0.0.1\"\nexcept = [\"a.example\", \".b.example\"]\n\
             never_to = [\"x@c.example\", \"d.example\"]\nevery = \"6h\"\nbounces = \"bounces@example.jp\"\n",
        )
        .unwrap();
        let name = |text: &str| Domain::parse(text).unwrap();
        assert_eq!(
            config.except,
            [
                OffDomain { domain: name("a.example"), below: Switch::Off },
                OffDomain { domain: name("b.example"), below: Switch::On }
            ]
        );
        assert_eq!(config.never_to, [NeverTo::Mailbox("x@c.example".into()), NeverTo::Domain(name("d.example"))]);
        assert_eq!((config.division, config.reporter()), (Division::QuarterDay, Some(name("example.jp"))));
    }
}
