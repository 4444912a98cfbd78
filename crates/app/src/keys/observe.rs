//! What the authoritative servers show: all of them, at all their addresses.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use mailtext::Domain;
use net::Resolver;
use net::authoritative::{Server, Shown, find};
use outgoing::rotation::View;

use crate::config::KeysConfig;
use crate::limits::{KEYS_DNS_MS, KEYS_QUESTION_COUNT};

/// Who is asked.
pub(super) struct Observer<'a> {
    config: &'a KeysConfig,
    resolver: Resolver,
    /// The servers of the names below each name, so that those of a zone are looked for once.
    found: Mutex<HashMap<Domain, Arc<[Server]>>>,
}

impl<'a> Observer<'a> {
    pub(super) fn new(config: &'a KeysConfig, resolver: Resolver) -> Self {
        Self { config, resolver, found: Mutex::default() }
    }

    /// One view for each address of each server; none where the zone's servers cannot be found.
    pub(super) async fn views(&self, names: &[Domain]) -> HashMap<Domain, Vec<View>> {
        let of = |name: Domain| async move {
            let mut views = Vec::new();
            for server in self.servers(&name).await.iter() {
                views.extend(server.show(&name, Duration::from_millis(KEYS_DNS_MS)).await.into_iter().map(view));
            }
            (name, views)
        };
        let views = stream::iter(names.iter().cloned()).map(of).buffer_unordered(KEYS_QUESTION_COUNT);
        views.collect().await
    }

    async fn servers(&self, name: &Domain) -> Arc<[Server]> {
        if let Some(zone) = self.config.zone_of(name).filter(|zone| !zone.servers.is_empty()) {
            let server = |address: &SocketAddr| Server { name: None, addresses: vec![*address] };
            return zone.servers.iter().map(server).collect();
        }
        // Names beside each other are in one zone, unless one of them is one itself, which selectors are not.
        let Some(parent) = name.parent() else { return Arc::new([]) };
        let known = || self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(servers) = known().get(&parent) {
            return Arc::clone(servers);
        }
        let servers: Arc<[Server]> =
            find(&self.resolver, &parent).await.map_or_else(|_| Vec::new(), |it| it.servers).into();
        known().insert(parent, Arc::clone(&servers));
        servers
    }
}

fn view(shown: Shown) -> View {
    match shown {
        Shown::Texts { texts, ttl_s } => {
            View::Texts { texts: texts.iter().map(|text| text.bytes().into()).collect(), ttl_s }
        }
        Shown::Alias { target, ttl_s } => View::Alias { target, ttl_s },
        Shown::Nothing { ttl_s } => View::Nothing { ttl_s },
        Shown::Failed(_) => View::Silent,
    }
}
