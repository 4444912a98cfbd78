//! Name servers, as keys need them: asked what they show, told what they should hold.

use std::collections::HashMap;
use std::path::PathBuf;

use mailtext::Domain;
use net::Resolver;
use outgoing::rotation::{Book, View, Wanted};
use store::SqliteArchive;

use super::observe::Observer;
use super::{publish, sightings};
use crate::config::KeysConfig;
use crate::failure::Failure;

/// What a turn of keys needs of the world.
pub(super) trait World {
    /// What every server of each name's zone shows of it.
    async fn views(&self, names: &[Domain]) -> HashMap<Domain, Vec<View>>;

    /// Brings these records into DNS, and says what came of each. The book says what all our names should hold.
    async fn publish(&self, puts: &[Put], book: &Book) -> Vec<Published>;

    /// The end of the last period of which a report shows a selector of these domains.
    async fn reported(&self, domains: &[Domain], now_s: u64) -> HashMap<(Domain, Domain), u64>;
}

/// A record that should be there, or be gone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Put {
    /// Its name.
    pub(super) name: Domain,
    /// What should be there.
    pub(super) wanted: Wanted,
    /// What may be there of ours, and be replaced.
    pub(super) ours: Vec<Wanted>,
}

/// What came of one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Published {
    /// It was brought there.
    Done,
    /// It was there.
    Unchanged,
    /// Somebody has to do it by hand.
    ByHand,
    /// It could not be done.
    Failed(Failure),
}

/// The real one.
pub(super) struct Network<'a> {
    config: &'a KeysConfig,
    observer: Observer<'a>,
    reports_file: PathBuf,
}

impl<'a> Network<'a> {
    pub(super) fn new(config: &'a KeysConfig, resolver: Resolver, reports_file: PathBuf) -> Self {
        Self { config, observer: Observer::new(config, resolver), reports_file }
    }
}

impl World for Network<'_> {
    async fn views(&self, names: &[Domain]) -> HashMap<Domain, Vec<View>> {
        self.observer.views(names).await
    }

    async fn publish(&self, puts: &[Put], book: &Book) -> Vec<Published> {
        publish::publish(self.config, puts, book).await
    }

    async fn reported(&self, domains: &[Domain], now_s: u64) -> HashMap<(Domain, Domain), u64> {
        if domains.is_empty() || !self.reports_file.exists() {
            return HashMap::new();
        }
        match SqliteArchive::open(&self.reports_file, store::archive::Settings::default()) {
            Ok(archive) => sightings::reported(&archive, domains, now_s).await,
            Err(_) => HashMap::new(),
        }
    }
}
