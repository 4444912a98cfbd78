//! The keys that sign now, for the daemon.

use std::collections::HashSet;
use std::path::PathBuf;

use mailtext::Domain;
use outgoing::rotation::Book;
use outgoing::table::{Clients, Pattern, Rule};
use outgoing::{Key, KeyDomain};

use super::store::{Stamp, Store};
use crate::common::Common;
use crate::config::KeysConfig;
use crate::failure::Failure;

/// Where keys come from: the configuration's section, and the directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Source {
    pub(super) config: KeysConfig,
    pub(super) directory: PathBuf,
}

/// The keys that sign now, and for whom.
#[derive(Default)]
pub(crate) struct Managed {
    /// The keys.
    pub(crate) keys: Vec<Key>,
    /// Their domains.
    pub(crate) domains: Vec<Domain>,
}

impl Source {
    /// Where keys come from, by the configuration.
    pub(crate) fn of(common: &Common) -> Self {
        let mut config = common.config().keys.clone();
        // Mail with `x=` is good for so long, however soon it leaves the queues.
        config.settings.expire_in_s = common.config().signing.manner.expire_in_s;
        let directory = config.directory.clone().unwrap_or_else(|| common.state_directory().join(DIRECTORY));
        Self { config, directory }
    }

    /// The store, as far as it is there.
    ///
    /// # Errors
    /// The identity that keys are encrypted to cannot be used.
    pub(super) fn store(&self) -> Result<Store, Failure> {
        Store::open(&self.directory, self.config.identity_file.as_deref())
    }

    /// What tells whether keys have changed; it costs next to nothing.
    pub(super) fn stamp(&self) -> Stamp {
        super::store::stamp_of(&self.directory)
    }

    /// Whether the daemon has to do with keys at all.
    pub(crate) fn is_used(&self) -> bool {
        self.config.enabled && self.stamp().is_some()
    }

    /// The lines and their stages, without any private key: an empty book where there is none. Nothing is made or written.
    ///
    /// # Errors
    /// The book cannot be read, others can write it, or it is none.
    pub(crate) fn book(&self) -> Result<Book, Failure> {
        Store::open(&self.directory, None)?.load()
    }

    /// How keys live.
    pub(crate) fn settings(&self) -> &outgoing::rotation::Settings {
        &self.config.settings
    }

    /// How many files of private keys of a domain others than their owner can read or write.
    pub(crate) fn exposed_count(&self, domain: &Domain) -> u64 {
        super::store::exposed_count(&self.directory, domain)
    }

    /// The keys that sign now.
    ///
    /// # Errors
    /// A file cannot be read or used.
    pub(crate) fn managed(&self) -> Result<Managed, Failure> {
        if !self.is_used() {
            return Ok(Managed::default());
        }
        let store = self.store()?;
        let book = store.load()?;
        let mut managed = Managed::default();
        for (line, life) in book.signing() {
            let private = store.private(&line.domain, &life.selector)?;
            let (domain, selector) = (KeyDomain::Of(line.domain.clone()), life.selector.clone());
            managed.keys.push(Key { name: name(&line.domain, &selector), domain, selector, private });
        }
        managed.domains = book.lines().map(|(id, _)| id.domain.clone()).collect();
        managed.domains.dedup();
        Ok(managed)
    }
}

impl Managed {
    /// Whether there is any line of keys, even if none signs for now: then mail of those who may send is outgoing.
    pub(crate) fn is_any(&self) -> bool {
        !self.domains.is_empty()
    }

    /// Adds keys and rules of ours to those of the configuration. Where that names `keys:DOMAIN`, the keys are meant that sign
    /// for the domain just then; and each domain's keys sign for it and all below it, unless a more specific rule says
    /// something else, or a rule gives them to some clients alone.
    pub(crate) fn join(self, keys: &mut Vec<Key>, rules: &mut Vec<Rule>) {
        if rules.is_empty() {
            // Without rules each key signs for its own domain; now there are rules.
            let own = keys.iter().filter_map(|key| match &key.domain {
                KeyDomain::Of(domain) => Some(for_all(domain, vec![key.name.clone()])),
                KeyDomain::Author => None,
            });
            rules.extend(own.collect::<Vec<_>>());
        }
        let is_new = |new: &Key| {
            let same = |key: &Key| key.name == new.name || (key.domain == new.domain && key.selector == new.selector);
            !keys.iter().any(same)
        };
        let ours: Vec<Key> = self.keys.into_iter().filter(is_new).collect();
        let names = |domain: &Domain| -> Vec<String> {
            let of = |key: &&Key| key.domain == KeyDomain::Of(domain.clone());
            ours.iter().filter(of).map(|key| key.name.clone()).collect()
        };
        let kept: HashSet<Domain> =
            rules.iter().filter(|rule| rule.clients != Clients::default()).flat_map(named).collect();
        rules.retain_mut(|rule| {
            let is_of_ours = rule.keys.iter().any(|key| key.starts_with(PREFIX));
            let expanded = rule.keys.iter().flat_map(|key| match key.strip_prefix(PREFIX) {
                Some(domain) => Domain::parse(domain).map(|domain| names(&domain)).unwrap_or_default(),
                None => vec![key.clone()],
            });
            rule.keys = expanded.collect();
            // A rule without keys would say that nothing is wanted; but a key is wanted, and there is none.
            !is_of_ours || !rule.keys.is_empty()
        });
        for domain in self.domains.iter().filter(|domain| !kept.contains(domain)) {
            let keys = names(domain);
            if !keys.is_empty() {
                rules.push(for_all(domain, keys));
            }
        }
        keys.extend(ours);
    }
}

/// The domains whose keys of ours a rule names.
fn named(rule: &Rule) -> impl Iterator<Item = Domain> {
    rule.keys.iter().filter_map(|key| Domain::parse(key.strip_prefix(PREFIX)?).ok())
}

fn for_all(domain: &Domain, keys: Vec<String>) -> Rule {
    Rule { pattern: Pattern::within(domain.clone()), keys, clients: Clients::default() }
}

fn name(domain: &Domain, selector: &Domain) -> String {
    format!("{selector}._domainkey.{domain}")
}

const DIRECTORY: &str = "keys";
const PREFIX: &str = "keys:";
