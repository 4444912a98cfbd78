//! The servers of many zones, as a run needs them: each zone's servers are found once, many are asked at one time, and one
//! that says nothing is waited for once.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use lookup::{Lookup, Question};
use mailtext::Domain;
use tokio::sync::{OnceCell, Semaphore};

use crate::authoritative::{AuthorityFailure, Places, Server, Told, Way, find_servers, find_zone, tell};
use crate::limits::{AUTHORITY_IN_FLIGHT_COUNT, AUTHORITY_MEMO_COUNT_MAX, AUTHORITY_TRY_MS_DEFAULT};

/// Asks the servers of zones.
pub struct Authorities<L> {
    resolver: L,
    places: Places,
    /// For each try.
    wait: Duration,
    zones: Mutex<HashMap<Domain, Arc<OnceCell<Vec<Server>>>>>,
    heard: Mutex<HashMap<SocketAddr, Heard>>,
    room: Semaphore,
}

/// What one server told at one of its addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Telling {
    /// The server.
    pub server: Domain,
    /// The address.
    pub address: SocketAddr,
    /// What it told.
    pub told: Told,
}

/// What is known of an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Heard {
    /// It has told something.
    Something,
    /// It has never told anything, and was waited for.
    Nothing,
}

impl<L: Lookup + Sync> Authorities<L> {
    /// The resolver finds the zones and their servers; those in `places` are asked there.
    #[must_use]
    pub fn new(resolver: L, places: Places) -> Self {
        Self {
            resolver,
            places,
            wait: Duration::from_millis(AUTHORITY_TRY_MS_DEFAULT),
            zones: Mutex::default(),
            heard: Mutex::default(),
            room: Semaphore::new(AUTHORITY_IN_FLIGHT_COUNT),
        }
    }

    /// The same with another time for each try.
    #[must_use]
    pub fn with_wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Asks every server of the name's zone at each of its addresses. Gives the zone, and what each told; `None` where the zone
    /// is not found or nothing that counts was told: the resolver reaches servers from where it is, so that what we do not
    /// reach at all tells of our network, and not of theirs.
    pub async fn ask(&self, question: &Question) -> Option<(Domain, Vec<Telling>)> {
        let (zone, names) = find_zone(&self.resolver, &question.name).await.ok()?;
        let cell = self.cell(&zone);
        let servers = cell.get_or_init(|| find_servers(&self.resolver, names, &self.places)).await;
        let each = servers.iter().filter_map(|server| server.name.as_ref().map(|name| (name, &server.addresses)));
        let each = each.flat_map(|(name, addresses)| addresses.iter().map(move |address| (name, *address)));
        let mut told = join_all(each.map(|(server, address)| async move {
            Telling { server: server.clone(), address, told: self.tell(address, question).await }
        }))
        .await;
        let counts = |one: &Telling| one.told.answer.is_ok() || one.told.way == Way::TcpRefused;
        told.retain(|one| one.told.answer != Err(AuthorityFailure::NoRoute));
        told.iter().any(counts).then_some((zone, told))
    }

    async fn tell(&self, address: SocketAddr, question: &Question) -> Told {
        let nothing = |failure| Told { answer: Err(failure), size_bytes: 0, way: Way::Udp };
        let Ok(_room) = self.room.acquire().await else { return nothing(AuthorityFailure::Unreachable) };
        if self.heard(address) == Some(Heard::Nothing) {
            return nothing(AuthorityFailure::Timeout);
        }
        let told = tell(address, question, self.wait).await;
        self.note(address, &told);
        told
    }

    fn cell(&self, zone: &Domain) -> Arc<OnceCell<Vec<Server>>> {
        let mut zones = self.zones.lock().unwrap_or_else(PoisonError::into_inner);
        if zones.len() >= AUTHORITY_MEMO_COUNT_MAX && !zones.contains_key(zone) {
            zones.clear();
        }
        Arc::clone(zones.entry(zone.clone()).or_default())
    }

    fn heard(&self, address: SocketAddr) -> Option<Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).get(&address).copied()
    }

    fn note(&self, address: SocketAddr, told: &Told) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.len() >= AUTHORITY_MEMO_COUNT_MAX {
            heard.clear();
        }
        // One that has answered before is waited for again: a packet may be lost.
        if told.answer == Err(AuthorityFailure::Timeout) && told.way == Way::Udp {
            heard.entry(address).or_insert(Heard::Nothing);
        } else {
            heard.insert(address, Heard::Something);
        }
    }
}
