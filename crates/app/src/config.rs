//! `sekisho.toml`. The keys are a table; an error names its place: `sekisho.toml:3:1: unknown key "authserv-id" in
//! [receiver]; did you mean "authserv_id"?`

mod alerts;
mod audits;
mod dashboard;
mod failing;
mod idle;
mod import;
mod keys;
mod ledger;
mod list;
mod memory;
mod openid;
mod places;
mod reference;
mod render;
mod reporting;
mod reports;
mod results;
mod rules;
mod running;
mod signing;
mod statements;
pub(crate) mod verbs;
mod way_in;

use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use auth::client::dns_lists::List;
use auth::{Methods, Use};
use bimi::limits::ROOTS_BYTES_MAX;
use bimi::{EvidenceUse, Roots, RootsError};

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::duration;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::CONFIG_FILE_BYTES_MAX;
pub(crate) use alerts::AlertsConfig;
pub(crate) use audits::AuditsConfig;
pub(crate) use dashboard::{DashboardConfig, OwnTls, Tls as DashboardTls};
pub(crate) use failing::FailingConfig;
pub(crate) use idle::idle;
pub(crate) use keys::{KeysConfig, Publish, ZoneConfig};
pub(crate) use ledger::{AddressesKept, LedgerConfig};
use list::ListEntry;
pub(crate) use memory::MemoryConfig;
pub(crate) use openid::OpenidConfig;
pub(crate) use places::PlacesConfig;
pub(crate) use reporting::SendConfig;
pub(crate) use reports::ReportsConfig;
use rules::Judging;
pub(crate) use running::{Http, LogForm, Running};
pub(crate) use signing::{KeyReaders, SigningConfig};
pub(crate) use statements::AuditConfig;
pub(crate) use way_in::WayInConfig;

/// What the configuration says; what it does not say is left to each verb.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Config {
    /// `[receiver] listen`: where the milter listens; nowhere is where it listens by default.
    pub(crate) listen: Vec<String>,
    /// `[receiver] authserv_id`: the name under which results are given.
    pub(crate) authserv_id: Option<String>,
    /// `[dns] resolvers`: the servers to ask.
    pub(crate) resolvers: Vec<SocketAddr>,
    /// `[dns] timeout`: time for one question.
    pub(crate) dns_timeout: Option<Duration>,
    /// `[methods]`: what the daemon evaluates beside SPF, DKIM and DMARC.
    methods: Vec<(Switched, bool)>,
    /// `[bimi] roots`: the file of the roots that are trusted for evidence documents.
    bimi_roots: Option<PathBuf>,
    /// `[bimi] fetch`: whether documents are fetched.
    pub(crate) bimi_fetch: Option<bool>,
    /// `[bimi] evidence`: how evidence documents are used.
    bimi_evidence: Option<EvidenceUse>,
    /// `[[dns_list]]`: the lists in DNS that are asked.
    dns_lists: Vec<ListEntry>,
    /// `[receiver] stage …`, `[policy.…]`, `[labels]`: what becomes of mail.
    judging: Judging,
    /// `[policy.memory]`: what is remembered.
    pub(crate) memory: MemoryConfig,
    /// `[receiver] connections …`, `[daemon]`: how the daemon runs.
    pub(crate) running: Running,
    /// `[ledger]`: what is kept of mail.
    pub(crate) ledger: LedgerConfig,
    /// `[reports]`: reports of others.
    pub(crate) reports: ReportsConfig,
    /// `[reports.send]`: our reports.
    pub(crate) reporting: SendConfig,
    /// `[reports.alerts]`: what is told of reports.
    pub(crate) alerts: AlertsConfig,
    /// `[audit]`: the domains that are audited by themselves.
    pub(crate) audits: AuditsConfig,
    /// `[dashboard]`.
    pub(crate) dashboard: DashboardConfig,
    /// `[reports.failure]`: our failure reports.
    pub(crate) failing: FailingConfig,
    /// `[reports.milter]`: reports that are taken in on their way.
    pub(crate) way_in: WayInConfig,
    /// `[reports.hosts]`, `[reports.geo]`: what is found out about addresses.
    pub(crate) places: PlacesConfig,
    /// `[results]`: what is written beside Authentication-Results.
    pub(crate) results: service::Results,
    /// `[outgoing]`, `[signing]`: which mail is outgoing, and who signs it.
    pub(crate) signing: SigningConfig,
    /// `[keys]`: the keys that are made here.
    pub(crate) keys: KeysConfig,
    /// `[[audit.statement]]`: what the operator declares.
    pub(crate) audit: AuditConfig,
}

/// A method that can be switched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Switched {
    Arc,
    SenderId,
    DomainKeys,
    Adsp,
    Atps,
    Reports,
    Iprev,
    NullMx,
    Bimi,
}

/// One key: where it stands, what it takes, and what it does.
struct Key {
    section: &'static str,
    name: &'static str,
    take: Take,
}

/// Takes a value: of a section, or of the last of several sections of one name.
type Take = fn(&mut Config, &DeValue<'_>) -> Result<(), Wrong>;

const KEYS: &[Key] = &[
    Key {
        section: "receiver",
        name: "listen",
        take: |config, value| {
            config.listen = running::listen(value)?;
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
    switch("arc", |config, value| config.switch(Switched::Arc, value)),
    switch("sender_id", |config, value| config.switch(Switched::SenderId, value)),
    switch("domainkeys", |config, value| config.switch(Switched::DomainKeys, value)),
    switch("adsp", |config, value| config.switch(Switched::Adsp, value)),
    switch("atps", |config, value| config.switch(Switched::Atps, value)),
    switch("reports", |config, value| config.switch(Switched::Reports, value)),
    switch("iprev", |config, value| config.switch(Switched::Iprev, value)),
    switch("null_mx", |config, value| config.switch(Switched::NullMx, value)),
    switch("bimi", |config, value| config.switch(Switched::Bimi, value)),
    Key {
        section: "bimi",
        name: "roots",
        take: |config, value| {
            config.bimi_roots = Some(PathBuf::from(string(value)?));
            Ok(())
        },
    },
    Key {
        section: "bimi",
        name: "fetch",
        take: |config, value| {
            config.bimi_fetch = Some(boolean(value)?);
            Ok(())
        },
    },
    Key {
        section: "bimi",
        name: "evidence",
        take: |config, value| {
            config.bimi_evidence = Some(match string(value)? {
                "required" => EvidenceUse::Required,
                "when-present" => EvidenceUse::WhenPresent,
                "ignored" => EvidenceUse::Ignored,
                _ => return Err(Wrong),
            });
            Ok(())
        },
    },
    of_list("zone", |config, value| config.last_list()?.zone(string(value)?)),
    of_list("kind", |config, value| config.last_list()?.kind(string(value)?)),
    of_list("public_zone", |config, value| config.last_list()?.public_zone(string(value)?)),
    of_list("listed", |config, value| config.last_list()?.listed(value)),
    of_list("refused", |config, value| config.last_list()?.refused(value)),
    of_list("text", |config, value| {
        config.last_list()?.text(boolean(value)?);
        Ok(())
    }),
];

const fn switch(name: &'static str, take: Take) -> Key {
    Key { section: "methods", name, take }
}

const fn of_list(name: &'static str, take: Take) -> Key {
    Key { section: LIST, name, take }
}

/// All keys.
fn keys() -> impl Iterator<Item = &'static Key> + Clone {
    KEYS.iter()
        .chain(running::KEYS)
        .chain(rules::KEYS)
        .chain(memory::KEYS)
        .chain(ledger::KEYS)
        .chain(results::KEYS)
        .chain(reports::KEYS)
        .chain(reporting::KEYS)
        .chain(alerts::KEYS)
        .chain(audits::KEYS)
        .chain(dashboard::KEYS)
        .chain(openid::KEYS)
        .chain(failing::KEYS)
        .chain(way_in::KEYS)
        .chain(places::KEYS)
        .chain(signing::KEYS)
        .chain(keys::KEYS)
        .chain(statements::KEYS)
}

/// The value cannot be used.
struct Wrong;

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// The first error in it, with its place.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let mut config = Self::parse(&Self::text(path)?, &path.display().to_string())?;
        // What a file names without a directory lies beside it.
        config.bimi_roots =
            config.bimi_roots.map(|roots| path.parent().map_or(roots.clone(), |directory| directory.join(&roots)));
        let beside = |file: PathBuf| path.parent().map_or(file.clone(), |directory| directory.join(&file));
        config.ledger.file = config.ledger.file.map(beside);
        path.parent().into_iter().for_each(|directory| {
            config.signing.beside(directory);
            config.keys.beside(directory);
            config.reports.beside(directory);
            config.reporting.beside(directory);
            config.alerts.beside(directory);
            config.failing.beside(directory);
            config.places.beside(directory);
            config.dashboard.beside(directory);
        });
        Ok(config)
    }

    /// The text of a file.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn text(path: &Path) -> Result<String, Failure> {
        let mut text = String::new();
        let file = std::fs::File::open(path);
        let read = file.and_then(|file| file.take(CONFIG_FILE_BYTES_MAX).read_to_string(&mut text));
        read.map_err(|error| {
            let failure = Failure::new(ExitCode::Configuration, "cli-config-unreadable");
            failure.with("file", path.display().to_string()).with("reason", error.to_string())
        })?;
        Ok(text)
    }

    /// The methods that the daemon evaluates: what is not named is as it is by default, which is ARC alone and the lists.
    ///
    /// # Errors
    /// BIMI is wanted, and its roots cannot be used.
    pub(crate) fn methods(&self) -> Result<Methods, Failure> {
        let mut methods = Methods { dns_lists: self.dns_lists(), ..Methods::default() };
        let all = Methods::all();
        for (method, on) in &self.methods {
            let switched = if *on { Use::On } else { Use::Off };
            match method {
                Switched::Arc => methods.arc = all.arc.filter(|_| *on),
                Switched::SenderId => methods.sender_id = switched,
                Switched::DomainKeys => methods.domainkeys = all.domainkeys.filter(|_| *on),
                Switched::Adsp => methods.adsp = switched,
                Switched::Atps => methods.atps = switched,
                Switched::Reports => methods.reporting = switched,
                Switched::Iprev => methods.iprev = all.iprev.filter(|_| *on),
                Switched::NullMx => methods.null_mx = switched,
                Switched::Bimi => methods.bimi = on.then(|| self.bimi_settings()).transpose()?,
            }
        }
        Ok(methods)
    }

    /// The lists in DNS.
    pub(crate) fn dns_lists(&self) -> Arc<[List]> {
        self.dns_lists.iter().filter_map(ListEntry::list).collect()
    }

    /// How BIMI is evaluated. Without roots no evidence document can hold.
    ///
    /// # Errors
    /// The file of the roots cannot be read or used.
    pub(crate) fn bimi_settings(&self) -> Result<bimi::Settings, Failure> {
        let roots = self.bimi_roots.as_deref().map(read_roots).transpose()?.unwrap_or_default();
        Ok(bimi::Settings { evidence: self.bimi_evidence.unwrap_or_default(), roots: Arc::new(roots) })
    }

    /// What becomes of mail.
    pub(crate) fn rules(&self) -> policy::Rules {
        self.judging.rules()
    }

    fn switch(&mut self, method: Switched, value: &DeValue<'_>) -> Result<(), Wrong> {
        self.methods.push((method, boolean(value)?));
        Ok(())
    }

    fn last_list(&mut self) -> Result<&mut ListEntry, Wrong> {
        self.dns_lists.last_mut().ok_or(Wrong)
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
        // What is for certain recipients rests on what is for everybody.
        let (last, first): (Vec<_>, Vec<_>) =
            in_order(table.get_ref()).into_iter().partition(|(name, _)| name.get_ref() == rules::RECIPIENTS);
        for entry in first.into_iter().chain(last) {
            config.take_top(entry, text, &told)?;
        }
        Ok(config)
    }

    /// What stands at the top of a file, or in a `[[recipients]]`.
    fn take_top(
        &mut self,
        (name, section): Entry<'_, '_>,
        text: &str,
        told: &dyn Fn(usize, &'static str) -> Failure,
    ) -> Result<(), Failure> {
        match section.get_ref() {
            DeValue::Array(lists) if SEVERAL.contains(&&**name.get_ref()) => {
                self.take_lists(name.get_ref(), lists, text, told)?;
            }
            DeValue::Table(sections) if name.get_ref() == POLICY => {
                for (name, section) in in_order(sections) {
                    let full = format!("{POLICY}.{}", name.get_ref());
                    if let (DeValue::Table(domains), OWN_POLICIES) = (section.get_ref(), full.as_str()) {
                        self.take_domains(domains, text, told)?;
                        continue;
                    }
                    self.take_table(&full, name, section, text, told)?;
                }
            }
            DeValue::Table(values) if WITH_LISTS.contains(&&**name.get_ref()) => {
                self.take_with_lists(name.get_ref(), values, text, told)?;
                if name.get_ref() == dashboard::DASHBOARD {
                    return self.whole_dashboard(name.span().start, values, told);
                }
            }
            _ => self.take_table(name.get_ref(), name, section, text, told)?,
        }
        Ok(())
    }

    /// Whether `[dashboard]`, which stands at `at`, and what is in it have what they need of each other.
    fn whole_dashboard(
        &self,
        at: usize,
        values: &DeTable<'_>,
        told: &dyn Fn(usize, &'static str) -> Failure,
    ) -> Result<(), Failure> {
        let lacking = |at, key, section| told(at, "cli-config-missing-key").with("key", key).with("section", section);
        if let Some(key) = self.dashboard.missing() {
            return Err(lacking(at, key, dashboard::DASHBOARD));
        }
        let at = in_order(values)
            .iter()
            .find(|(name, _)| name.get_ref() == "openid")
            .map_or(at, |(name, _)| name.span().start);
        let openid = &self.dashboard.openid;
        if let Some(key) = openid.missing() {
            return Err(lacking(at, key, openid::OPENID));
        }
        match openid.refused_host(&self.dashboard.hosts) {
            Some(host) => Err(told(at, "cli-config-openid-host").with("host", host)),
            None => Ok(()),
        }
    }

    /// A section in which there are lists of sections: `[signing]` with `[[signing.key]]` and `[[signing.rule]]`.
    fn take_with_lists(
        &mut self,
        section: &str,
        values: &DeTable<'_>,
        text: &str,
        told: &dyn Fn(usize, &'static str) -> Failure,
    ) -> Result<(), Failure> {
        let (mut own, mut lacking) = (Vec::new(), Vec::new());
        for (name, value) in in_order(values) {
            let full = format!("{section}.{}", name.get_ref());
            match value.get_ref() {
                DeValue::Array(lists) if SEVERAL.contains(&full.as_str()) => {
                    self.take_lists(&full, lists, text, told)?;
                }
                DeValue::Table(values) if ONCE_IN_ANOTHER.contains(&full.as_str()) => {
                    self.take_entries(&full, in_order(values), text, told)?;
                    let missing = match full.as_str() {
                        reporting::SEND => self.reporting.missing(),
                        way_in::MILTER => self.way_in.missing(),
                        _ => None,
                    };
                    if let Some(key) = missing {
                        let failure = told(name.span().start, "cli-config-missing-key");
                        return Err(failure.with("key", key).with("section", full));
                    }
                }
                DeValue::Table(values) if full == alerts::ALERTS => {
                    self.take_entries(&full, in_order(values), text, told)?;
                    lacking.push((alerts::ALERTS, name.span().start));
                }
                DeValue::Table(_) if name.get_ref() != reports::KEEP_DAYS_OF => {
                    return Err(unknown_section(told(name.span().start, "cli-config-unknown-section"), &full));
                }
                _ => own.push((name, value)),
            }
        }
        // What one section may leave to another is asked for when both are read.
        for (full, at) in lacking {
            if let Some(key) = self.alerts.missing(&self.reporting) {
                return Err(told(at, "cli-config-missing-key").with("key", key).with("section", full));
            }
        }
        self.take_entries(section, own, text, told)
    }

    /// The sections of one name, one after the other.
    fn take_lists(
        &mut self,
        name: &str,
        lists: &DeArray<'_>,
        text: &str,
        told: &dyn Fn(usize, &'static str) -> Failure,
    ) -> Result<(), Failure> {
        for list in lists {
            let DeValue::Table(section) = list.get_ref() else {
                return Err(unknown_section(told(list.span().start, "cli-config-unknown-section"), name));
            };
            match name {
                LIST => self.dns_lists.push(ListEntry::default()),
                signing::KEY => self.signing.begin_key(),
                signing::RULE => self.signing.begin_rule(),
                keys::ZONE => self.keys.begin_zone(),
                statements::STATEMENT => self.audit.begin_statement(),
                reports::IMAP => self.reports.begin_mailbox(),
                _ => self.judging.begin_recipients(),
            }
            let is_nested = |(key, value): &Entry<'_, '_>| {
                name == rules::RECIPIENTS
                    && rules::IN_RECIPIENTS.contains(&&**key.get_ref())
                    && matches!(value.get_ref(), DeValue::Table(_))
            };
            let (nested, own): (Vec<_>, Vec<_>) = in_order(section).into_iter().partition(is_nested);
            self.take_entries(name, own, text, told)?;
            self.judging.exchange_with_last_recipients();
            let taken = nested.into_iter().try_for_each(|entry| self.take_top(entry, text, told));
            self.judging.exchange_with_last_recipients();
            taken?;
            let missing = match name {
                LIST => self.dns_lists.last().and_then(ListEntry::missing),
                signing::KEY => self.signing.missing_of_key(),
                signing::RULE => self.signing.missing_of_rule(),
                keys::ZONE => self.keys.missing_of_zone(),
                statements::STATEMENT => self.audit.missing_of_statement(),
                reports::IMAP => self.reports.missing_of_mailbox(),
                _ => self.judging.missing_of_recipients(),
            };
            if let Some(key) = missing {
                let failure = told(list.span().start, "cli-config-missing-key");
                return Err(failure.with("key", key).with("section", name));
            }
            let unknown = self.audit.unknown_of_statement().filter(|_| name == statements::STATEMENT);
            if let Some(unknown) = unknown {
                let failure = told(list.span().start, "cli-config-unknown-requirement");
                return Err(failure.with("value", unknown));
            }
        }
        Ok(())
    }

    /// `[policy.domains]`, whose keys are names.
    fn take_domains(
        &mut self,
        domains: &DeTable<'_>,
        text: &str,
        told: &dyn Fn(usize, &'static str) -> Failure,
    ) -> Result<(), Failure> {
        for (name, value) in in_order(domains) {
            self.judging.force(name.get_ref(), value.get_ref()).map_err(|Wrong| {
                let written = text.get(value.span()).unwrap_or_default();
                let failure = told(name.span().start, "cli-config-bad-value");
                failure.with("key", &**name.get_ref()).with("value", written)
            })?;
        }
        Ok(())
    }

    /// A section that there is once: `full` is its whole name, of which `name` is the end.
    fn take_table(
        &mut self,
        full: &str,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        section: &Spanned<DeValue<'_>>,
        text: &str,
        told: &dyn Fn(usize, &'static str) -> Failure,
    ) -> Result<(), Failure> {
        match section.get_ref() {
            DeValue::Table(values) if !SEVERAL.contains(&full) && keys().any(|key| key.section == full) => {
                self.take_entries(full, in_order(values), text, told)
            }
            _ => Err(unknown_section(told(name.span().start, "cli-config-unknown-section"), full)),
        }
    }

    fn take_entries(
        &mut self,
        section: &str,
        entries: Vec<Entry<'_, '_>>,
        text: &str,
        told: &dyn Fn(usize, &'static str) -> Failure,
    ) -> Result<(), Failure> {
        for (name, value) in entries {
            let known = keys().filter(|key| key.section == section);
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

type Entry<'t, 'i> = (&'t Spanned<std::borrow::Cow<'i, str>>, &'t Spanned<DeValue<'i>>);

/// What a table holds, as it stands in the file.
fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<Entry<'t, 'i>> {
    let mut entries: Vec<Entry<'t, 'i>> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries
}

fn string<'a>(value: &'a DeValue<'_>) -> Result<&'a str, Wrong> {
    match value {
        DeValue::String(text) => Ok(text),
        _ => Err(Wrong),
    }
}

fn boolean(value: &DeValue<'_>) -> Result<bool, Wrong> {
    match value {
        DeValue::Boolean(value) => Ok(*value),
        _ => Err(Wrong),
    }
}

fn read_roots(path: &Path) -> Result<Roots, Failure> {
    let failed = |id| Failure::new(ExitCode::Configuration, id).with("file", path.display().to_string());
    let mut pem = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(ROOTS_BYTES_MAX as u64 + 1).read_to_end(&mut pem))
        .map_err(|error| failed("cli-roots-unreadable").with("reason", error.to_string()))?;
    Roots::from_pem(&pem).map_err(|error| {
        // Which certificate, from 1, where it is one.
        let (problem, number) = match error {
            RootsError::TooLarge => ("too-large", 0),
            RootsError::Pem => ("pem", 0),
            RootsError::Empty => ("empty", 0),
            RootsError::TooMany => ("too-many", 0),
            RootsError::Certificate(at) => ("certificate", at + 1),
            RootsError::NoAuthority(at) => ("no-authority", at + 1),
        };
        failed("cli-roots-unusable").with("problem", mailtext::Value::Word(problem)).with("number", number)
    })
}

fn unknown_section(failure: Failure, name: &str) -> Failure {
    suggesting(failure, name, keys().map(|key| key.section).chain([OWN_POLICIES]))
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

/// The sections of which there may be several.
const SEVERAL: [&str; 7] =
    [LIST, rules::RECIPIENTS, signing::KEY, signing::RULE, reports::IMAP, keys::ZONE, statements::STATEMENT];
/// The sections in which there are sections, or lists of them.
const WITH_LISTS: [&str; 5] =
    [signing::SIGNING, reports::REPORTS, keys::KEYS_SECTION, statements::AUDIT, dashboard::DASHBOARD];
/// The sections in `[reports]` and `[dashboard]` that there are once.
const ONCE_IN_ANOTHER: [&str; 6] =
    [reporting::SEND, failing::FAILURE, way_in::MILTER, places::HOSTS, places::GEO, openid::OPENID];
const LIST: &str = "dns_list";
/// The section of sections: `[policy.dmarc]`.
const POLICY: &str = "policy";
/// The section whose keys are domains.
const OWN_POLICIES: &str = "policy.domains";

/// Names longer than this are compared by their beginnings.
const NAME_CHARACTERS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use auth::client::dns_lists::{Code, TextUse};
    use mailtext::Explain as _;

    fn domain(name: &str) -> mailtext::Domain {
        mailtext::Domain::parse(name).unwrap()
    }

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
        assert_eq!(config.listen, ["inet:8894@127.0.0.1"]);
        assert_eq!(config.authserv_id.as_deref(), Some("mx.example.jp"));
        assert_eq!(config.resolvers, ["127.0.0.1:5353".parse().unwrap(), "[::1]:53".parse().unwrap()]);
        assert_eq!(config.dns_timeout, Some(Duration::from_secs(3)));
        assert_eq!(Config::parse("", "x").unwrap(), Config::default());
    }

    #[test]
    fn methods_are_off_but_arc() {
        let config = Config::parse("", "x").unwrap();
        let methods = config.methods().unwrap();
        assert!(methods.arc.is_some() && methods.domainkeys.is_none() && methods.iprev.is_none());
        assert!(methods.bimi.is_none() && methods.dns_lists.is_empty());
        assert_eq!([methods.sender_id, methods.adsp, methods.atps, methods.reporting, methods.null_mx], [Use::Off; 5]);
        let all = "arc sender_id domainkeys adsp atps reports iprev null_mx bimi";
        let text =
            |on: bool| all.split(' ').fold("[methods]\n".to_owned(), |text, name| text + &format!("{name} = {on}\n"));
        let methods = Config::parse(&text(true), "x").unwrap().methods().unwrap();
        assert!(methods.arc.is_some() && methods.domainkeys.is_some() && methods.iprev.is_some());
        assert_eq!([methods.sender_id, methods.adsp, methods.atps, methods.reporting, methods.null_mx], [Use::On; 5]);
        assert_eq!(methods.bimi.unwrap().roots.count(), 0);
        let methods = Config::parse(&text(false), "x").unwrap().methods().unwrap();
        assert!(methods.arc.is_none() && methods.domainkeys.is_none() && methods.bimi.is_none());
        assert_eq!(told("[methods]\niprev = \"yes\"").0, "cli-config-bad-value");
    }

    #[test]
    fn lists_in_dns() {
        let text = "[[dns_list]]\nkind = \"dnswl\"\nzone = \"list.example\"\ntext = false\n\
                    [[dns_list]]\nzone = \"bl.example\"\nkind = \"dnsbl\"\npublic_zone = \"public.example\"\n\
                    listed = [\"127.0.0.2-127.0.0.4\", \"&0.0.0.8\"]\nrefused = []\n";
        let lists = Config::parse(text, "x").unwrap().dns_lists();
        assert_eq!(lists[0], List { text: TextUse::Skip, ..List::dnswl(domain("list.example")) });
        let listed = vec![Code::parse("127.0.0.2-127.0.0.4").unwrap(), Code::parse("&0.0.0.8").unwrap()];
        let public_zone = Some(domain("public.example"));
        let wanted = List { listed, refused: Vec::new(), public_zone, ..List::dnsbl(domain("bl.example")) };
        assert_eq!(lists[1], wanted);

        let (id, arguments) =
            told("[[dns_list]]\nzone = \"a.example\"\nkind = \"rhsbl\"\n[[dns_list]]\nzone = \"b.example\"\n");
        assert_eq!(id, "cli-config-missing-key");
        assert_eq!(arguments, "file=sekisho.toml line=4 column=1 key=kind section=dns_list");
        assert_eq!(told("[[dns_list]]\nkind = \"blacklist\"").0, "cli-config-bad-value");
        assert_eq!(told("[[dns_list]]\nlisted = [\"10.0.0.1\"]").0, "cli-config-bad-value");
        assert_eq!(told("[[dns_list]]\nzones = \"b.example\"").0, "cli-config-unknown-key");
        // One list is written as one of several.
        assert_eq!(told("[dns_list]\nzone = \"b.example\"").0, "cli-config-unknown-section");
        assert_eq!(told("[[dns]]\ntimeout = \"3s\"").0, "cli-config-unknown-section");
        assert_eq!(told("dns_list = [3]").0, "cli-config-unknown-section");
    }

    #[test]
    fn what_becomes_of_mail() {
        use policy::rules::{QuarantineBy, RejectAlone, Users};
        use policy::{Action, Stage};
        let text = "[receiver]\nstage = \"block\"\nblocked_authors = [\".jp\"]\nquarantine = \"both\"\n\
                    [policy.dmarc]\nreject_alone = \"reject\"\ntemperror = \"tempfail\"\n\
                    [policy.from]\nabsent = \"reject\"\n\
                    [policy.exceptions]\nnetworks = [\"192.0.2.0/24\"]\nusers = [\"taro@example.jp\"]\n\
                    sealers = [\"lists.example\"]\ndenied = [\".evil.example\"]\ndenied_action = \"discard\"\n\
                    [labels]\nsubject = \"【迷惑】\"\n\
                    fields = [{ name = \"X-Suspicious\", value = \"{action}\", from = \"quarantine\" }]\n";
        let rules = Config::parse(text, "x").unwrap().rules().general;
        assert_eq!((rules.stage, rules.quarantine), (Stage::Block, QuarantineBy::Both));
        let blocked = rules.blocked_authors.unwrap();
        assert!(blocked.contains(&domain("example.jp")) && !blocked.contains(&domain("example.com")));
        assert_eq!((rules.dmarc.reject_alone, rules.dmarc.temp_error), (RejectAlone::Reject, Action::TempFail));
        assert_eq!((rules.from.absent, rules.from.repeated), (Action::Reject, Action::Quarantine));
        let exceptions = rules.exceptions;
        assert_eq!(exceptions.networks, ["192.0.2.0/24".parse().unwrap()]);
        assert_eq!(exceptions.users, Users::Named(["taro@example.jp".to_owned()].into()));
        assert_eq!(exceptions.sealers, [domain("lists.example")]);
        assert!(exceptions.denied.contains(&domain("a.evil.example")));
        assert_eq!(exceptions.denied_response.action, Action::Discard);
        assert_eq!(rules.labels.subject.unwrap().prefix.as_str(), "【迷惑】");
        let [field] = &rules.labels.fields[..] else { panic!("one field") };
        assert_eq!((field.name.as_str(), field.from), ("X-Suspicious", Action::Quarantine));
    }

    #[test]
    fn what_is_historic_what_is_known_of_clients_and_what_they_are_told() {
        use policy::{Action, Cause, Response};
        let text = "[policy.historic]\nspf_fail = \"reject\"\nadsp_discard = \"discard\"\n\
                    [policy.client]\nnull_mx = \"reject\"\nlists = { \"bl.example\" = \"reject\" }\n\
                    [policy.domains]\n\"example.jp\" = \"reject\"\n\"例え.jp\" = \"none\"\n\
                    [replies]\ndmarc = \"no: {author}\"\n";
        let rules = Config::parse(text, "x").unwrap().rules().general;
        let reject = Response::at_end(Action::Reject);
        assert_eq!((rules.historic.spf_fail, rules.historic.adsp_discard), (reject, Action::Discard));
        assert_eq!((rules.client.null_mx, rules.client.lists.get(&domain("bl.example"))), (reject, Some(&reject)));
        assert_eq!(rules.forced.get(&domain("example.jp")), Some(&dmarc::Policy::Reject));
        assert_eq!(rules.forced.get(&domain("xn--r8jz45g.jp")), Some(&dmarc::Policy::None));
        assert_eq!(rules.texts.get(&Cause::Dmarc).unwrap().to_string(), "no: {author}");
        let early = "[policy.historic]\nspf_fail = { action = \"reject\", when = \"early\" }\n\
                     [policy.client]\nlists = { \"bl.example\" = { action = \"tempfail\", when = \"early\" } }\n\
                     [replies]\ndmarc = \"拒否\"\n";
        let rules = Config::parse(early, "x").unwrap().rules().general;
        assert_eq!(rules.historic.spf_fail, Response::early(Action::Reject));
        assert_eq!(rules.client.lists.get(&domain("bl.example")), Some(&Response::early(Action::TempFail)));
        assert!(!rules.texts.get(&Cause::Dmarc).unwrap().is_ascii());
        for text in [
            "[policy.historic]\nspf_fail = \"maybe\"",
            "[policy.client]\nlists = [\"bl.example\"]",
            "[policy.client]\nlists = { \"bl.example\" = \"maybe\" }",
            "[policy.domains]\n\"a..b\" = \"reject\"",
            "[policy.historic]\nspf_fail = { action = \"reject\", when = \"soon\" }",
            "[policy.historic]\nspf_fail = { when = \"early\" }",
            "[policy.historic]\nspf_fail = { action = \"reject\", then = \"early\" }",
            "[replies]\ndmarc = \"{\"",
        ] {
            assert_eq!(told(text).0, "cli-config-bad-value", "{text}");
        }
        let (_, arguments) = told("[policy.domains]\n\"example.jp\" = \"discard\"");
        assert_eq!(arguments, "file=sekisho.toml line=2 column=1 key=example.jp value=\"discard\"");
        assert_eq!(told("[policy]\ndomains = 3").0, "cli-config-unknown-section");
    }

    #[test]
    fn rules_of_recipients() {
        use policy::Stage;
        use policy::rules::Mixed;
        let text = "[receiver]\nstage = \"block\"\nmixed_recipients = \"strictest\"\n\
                    [policy.dmarc]\nreject_alone = \"reject\"\n\
                    [[recipients]]\ndomains = [\".sub.example\"]\nstage = \"observe\"\n\
                    [[recipients]]\ndomains = [\"b.example\"]\nblocked_authors = [\".jp\"]\n";
        let rules = Config::parse(text, "x").unwrap().rules();
        assert_eq!((rules.mixed, rules.general.stage, rules.by_recipient.len()), (Mixed::Strictest, Stage::Block, 2));
        let own = rules.for_recipient(&domain("a.sub.example"));
        // What they do not say is as for everybody.
        assert_eq!((own.stage, own.dmarc), (Stage::Observe, rules.general.dmarc));
        assert!(own.labels.fields.is_empty() && own.blocked_authors.is_none());
        let own = rules.for_recipient(&domain("b.example"));
        assert!(own.stage == Stage::Block && own.blocked_authors.is_some());
        // Whole sections of their own, before what is for everybody.
        let text = "[[recipients]]\ndomains = [\"a.example\"]\n\
                    [recipients.policy.dmarc]\nreject = \"label\"\n[recipients.policy.domains]\n\"x.jp\" = \"none\"\n\
                    [recipients.labels]\nsubject = \"[!]\"\n[recipients.replies]\nspf = \"no\"\n\
                    [[recipients]]\ndomains = [\"b.example\"]\n\
                    [policy.dmarc]\nreject = \"discard\"\nnone = \"label\"\n";
        let rules = Config::parse(text, "x").unwrap().rules();
        let own = rules.for_recipient(&domain("a.example"));
        assert_eq!((own.dmarc.reject, own.dmarc.none), (policy::Action::Label, policy::Action::Label));
        assert!(own.labels.subject.is_some() && own.texts.len() == 1 && own.forced.len() == 1);
        for other in [rules.for_recipient(&domain("b.example")), &rules.general] {
            assert_eq!((other.dmarc.reject, other.dmarc.none), (policy::Action::Discard, policy::Action::Label));
            assert!(other.labels.subject.is_none() && other.texts.is_empty() && other.forced.is_empty());
        }
        let (id, arguments) = told("[[recipients]]\ndomains = [\"a.example\"]\n[recipients.policy.dmrac]\n");
        assert_eq!(id, "cli-config-unknown-section");
        assert_eq!(arguments, "file=sekisho.toml line=3 column=20 key=policy.dmrac suggestion=policy.dmarc");
        assert_eq!(told("[[recipients]]\ndomains = [\"a.example\"]\n[recipients.dns]\n").0, "cli-config-unknown-key");
        let (id, arguments) = told("[[recipients]]\nstage = \"observe\"");
        assert_eq!(id, "cli-config-missing-key");
        assert_eq!(arguments, "file=sekisho.toml line=1 column=1 key=domains section=recipients");
        assert_eq!(told("[[recipients]]\ndomain = []").0, "cli-config-unknown-key");
        assert_eq!(told("[recipients]\ndomains = []").0, "cli-config-unknown-section");
    }

    #[test]
    fn who_observes_writes_no_label_and_who_filters_does() {
        let fields = |text: &str| Config::parse(text, "x").unwrap().rules().general.labels.fields.len();
        assert_eq!(fields(""), 0);
        assert_eq!(fields("[receiver]\nstage = \"filter\""), 1);
        assert_eq!(fields("[receiver]\nstage = \"filter\"\n[labels]\nsubject = \"[x]\""), 0);
    }

    #[test]
    fn wrong_rules() {
        for text in [
            "[receiver]\nstage = \"blocked\"",
            "[receiver]\nblocked_authors = \".jp\"",
            "[policy.dmarc]\nreject = \"bounce\"",
            "[policy.exceptions]\nnetworks = [\"192.0.2.1/24\"]",
            "[policy.exceptions]\nusers = \"some\"",
            "[labels]\nsubject = \" x\"",
            "[labels]\nfields = [{ name = \"Subject\", value = \"x\" }]",
            "[labels]\nfields = [{ name = \"X-A\", value = \"{nobody}\" }]",
            "[labels]\nfields = [{ name = \"X-A\", value = \"x\", form = \"label\" }]",
            "[labels]\nfields = [{ name = \"X-A\" }]",
        ] {
            assert_eq!(told(text).0, "cli-config-bad-value", "{text}");
        }
        let (id, arguments) = told("[policy.dmrac]\nreject = \"reject\"\n");
        assert_eq!(id, "cli-config-unknown-section");
        assert_eq!(arguments, "file=sekisho.toml line=1 column=9 key=policy.dmrac suggestion=policy.dmarc");
        let (id, arguments) = told("[policy.dmarc]\nrejects = \"reject\"\n");
        assert_eq!(id, "cli-config-unknown-key");
        assert_eq!(arguments, "file=sekisho.toml line=2 column=1 section=policy.dmarc key=rejects suggestion=reject");
        assert_eq!(told("policy = 1").0, "cli-config-unknown-section");
    }

    #[test]
    fn bimi_and_its_roots() {
        let config = Config::parse("[bimi]\nfetch = false\nevidence = \"when-present\"\n", "x").unwrap();
        assert_eq!(config.bimi_fetch, Some(false));
        assert_eq!(config.bimi_settings().unwrap().evidence, EvidenceUse::WhenPresent);
        assert_eq!(told("[bimi]\nevidence = \"maybe\"").0, "cli-config-bad-value");
        assert_eq!(told("[bimi]\nfetch = 1").0, "cli-config-bad-value");
        let failure = Config::parse("[bimi]\nroots = \"/nonexistent/roots.pem\"\n", "x").unwrap().bimi_settings();
        let failure = failure.unwrap_err();
        assert_eq!((failure.id(), failure.code()), ("cli-roots-unreadable", ExitCode::Configuration));
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
