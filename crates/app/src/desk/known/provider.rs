//! What this installation does for clients whose mail it sends: those whose keys are here. It is a provider where the
//! configuration names a zone for the keys of clients, and the domain that is checked is the one of that zone.

use std::collections::{BTreeMap, BTreeSet};

use audit::known::Provider;
use audit::presence::Presence;
use audit::world::{Greeting, Servers};
use audit::{SelectorSource, Snapshot, Subject, World};
use dmarc::Suffixes;
use futures_util::stream::{self, StreamExt as _};
use lookup::fetch::{Fetch, Fetched, Request};
use lookup::{Answer, Lookup, Question};
use mailtext::Domain;
use spf::tree::{Target, TermKind};

use super::signer::Keys;
use crate::config::Config;
use crate::limits::{CHECK_AT_ONCE, KNOWN_CLIENT_COUNT_MAX, KNOWN_CLIENT_NAMED_COUNT_MAX};

/// The clients of a provider.
pub(super) struct Clients {
    /// The provider's organizational domain.
    organization: Domain,
    /// Each with the selectors of its keys.
    clients: BTreeMap<Domain, Vec<Box<str>>>,
}

impl Clients {
    /// The clients that the keys tell of; `None` where nothing says that this is a provider.
    pub(super) fn of(config: &Config, keys: &Keys) -> Option<Self> {
        let suffixes = Suffixes::default();
        let organization = suffixes.organizational_domain(config.keys.provider_zone.as_ref()?);
        let others = keys.domains().into_iter().filter(|domain| !domain.is_within(&organization));
        let client = |domain: Domain| {
            let selectors = keys.selectors(&domain);
            (domain, selectors)
        };
        let clients = others.take(KNOWN_CLIENT_COUNT_MAX).map(client).collect();
        Some(Self { organization, clients })
    }

    /// Whether they are the clients of whose domain this is.
    pub(super) fn are_of(&self, domain: &Domain) -> bool {
        domain.is_within(&self.organization)
    }

    /// The clients' domains.
    pub(super) fn domains(&self) -> BTreeSet<Domain> {
        self.clients.keys().cloned().collect()
    }

    /// Looks at what each client publishes. `messages` and `aligned` are of the mail that left for them.
    pub(super) async fn provider<W: World>(
        &self,
        world: &W,
        domain: &Domain,
        (messages, aligned): (u64, u64),
    ) -> Provider {
        let world = Quiet(world);
        let look = |(client, selectors): (&Domain, &Vec<Box<str>>)| {
            let mut subject = Subject::new(client.clone());
            let named = selectors.iter().map(|selector| (selector.clone(), SelectorSource::Keys));
            subject.selectors = named.collect();
            Snapshot::take(&world, subject)
        };
        let mut snapshots = stream::iter(self.clients.iter().map(look)).buffered(CHECK_AT_ONCE);
        let mut provider = Provider { clients: self.clients.len() as u64, messages, aligned, ..Provider::default() };
        while let Some(snapshot) = snapshots.next().await {
            self.count(&snapshot, &mut provider);
            provider.include = provider.include.take().or_else(|| include(&snapshot, domain));
        }
        provider
    }

    /// Counts a client. One that lacks something for certain is not ready, whatever else was not answered.
    fn count(&self, client: &Snapshot, provider: &mut Provider) {
        // A key that we have and the client publishes was handed over, or is reached by a CNAME.
        let (key, spf) = (self.key(client), spf(client));
        let all = [&key, &spf, &client.dmarc.presence()];
        let add = |names: &mut Vec<Domain>| {
            if names.len() < KNOWN_CLIENT_NAMED_COUNT_MAX {
                names.push(client.subject.domain.clone());
            }
        };
        let (is_ready, lacks) = (all.iter().all(|one| one.is_there()), all.iter().any(|one| one.is_absent()));
        let is_open = |one: &Presence| matches!(one, Presence::Unanswered(..));
        provider.delegated += u64::from(key.is_there());
        provider.ready += u64::from(is_ready);
        let unanswered = &mut provider.unanswered;
        unanswered.delegated += u64::from(is_open(&key));
        unanswered.include += u64::from(is_open(&spf));
        unanswered.ready += u64::from(!is_ready && !lacks);
        if lacks {
            add(&mut provider.not_ready);
        }
        if all.into_iter().any(is_open) {
            add(&mut unanswered.domains);
        }
    }

    /// Whether a client publishes a key at a selector of ours.
    fn key(&self, snapshot: &Snapshot) -> Presence {
        let ours = self.clients.get(&snapshot.subject.domain).map(Vec::as_slice).unwrap_or_default();
        if snapshot.keys.usable().any(|(seen, _)| ours.contains(&seen.selector)) {
            return Presence::There;
        }
        let mut seen = ours.iter().filter_map(|selector| snapshot.keys.selector(selector));
        seen.find_map(|seen| seen.published.unanswered()).unwrap_or(Presence::Absent)
    }
}

/// Whether a client publishes an SPF record that receivers can use.
fn spf(client: &Snapshot) -> Presence {
    if client.spf.is_sound() { Presence::There } else { client.spf.texts.unanswered().unwrap_or(Presence::Absent) }
}

/// The record of the provider's that a client includes.
fn include(client: &Snapshot, provider: &Domain) -> Option<Domain> {
    let terms = client.spf.tree.root().terms.iter();
    let includes = terms.filter(|term| matches!(term.kind, TermKind::Include | TermKind::Redirect));
    let mut names = includes.filter_map(|term| match &term.target {
        Target::Name(name) => Some(name),
        _ => None,
    });
    names.find(|name| name.is_within(provider)).cloned()
}

/// The same world, in which neither servers are asked one by one nor mail hosts greeted: whether a client is ready does not
/// depend on them.
struct Quiet<'w, W>(&'w W);

impl<W: World> Lookup for Quiet<'_, W> {
    fn ask(&self, question: Question) -> impl Future<Output = Answer> + Send {
        self.0.ask(question)
    }
}

impl<W: World> Fetch for Quiet<'_, W> {
    fn fetch(&self, request: Request) -> impl Future<Output = Fetched> + Send {
        self.0.fetch(request)
    }
}

impl<W: World> World for Quiet<'_, W> {
    async fn ask_servers(&self, _: &Question) -> Servers {
        Servers::NotAsked
    }

    async fn greet(&self, _: &Domain) -> Greeting {
        Greeting::NotAsked
    }
}
