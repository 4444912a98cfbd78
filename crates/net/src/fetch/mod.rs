//! Documents over HTTPS: the [`Fetch`] of everything that runs against the real world.
//!
//! A request passes, in this order: the cache, or an equal request on its way (`cache`); then, in a task of its own and
//! within its time, the look-up of the host, the check of its addresses (`address`), the connection and TLS
//! (`connect`), and one request (`exchange`); a redirection begins again at the look-up. Each connection carries one
//! request and is closed. Revocation of certificates is not asked for. The other way, a document to a place, goes `post`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lookup::Lookup;
use lookup::fetch::{Fetch, FetchFailure, Fetched, HttpsUrl, Redirects, Request};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

pub mod address;
pub mod config;
pub mod post;

mod cache;
mod connect;
mod exchange;

use cache::{Cache, Found};
use config::{FetchConfig, FetchConfigError};
use exchange::{Reply, Said};

use crate::limits::{DOCUMENT_BYTES_MAX, DOCUMENT_TTL_S_MAX, FETCH_FAILURE_TTL_S, REDIRECT_COUNT_MAX};

/// Fetches documents; names go to `L`. Clones share cache, places and counters.
pub struct Fetcher<L> {
    shared: Arc<Shared<L>>,
}

/// What a [`Fetcher`] has done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FetchCounts {
    /// Requests put to the fetcher.
    pub asked: u64,
    /// … of these answered from the cache.
    pub cache_hits: u64,
    /// … of these that joined an equal request on its way.
    pub coalesced: u64,
    /// … of these that found no place in time.
    pub without_place: u64,
    /// Connections.
    pub connections: u64,
    /// Requests whose host had only addresses that are refused.
    pub refused_addresses: u64,
    /// Documents that came, from servers.
    pub documents: u64,
    /// Entries of the cache, now.
    pub cache_entries: u64,
    /// Bytes of the cache, now, as it reckons them.
    pub cache_bytes: u64,
}

struct Shared<L> {
    config: FetchConfig,
    lookup: L,
    tls: TlsConnector,
    cache: Arc<Cache>,
    places: Semaphore,
    counters: Counters,
    runtime: Handle,
}

#[derive(Default)]
struct Counters {
    asked: AtomicU64,
    cache_hits: AtomicU64,
    coalesced: AtomicU64,
    without_place: AtomicU64,
    connections: AtomicU64,
    refused_addresses: AtomicU64,
    documents: AtomicU64,
}

impl<L> Clone for Fetcher<L> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<L: Lookup + Send + Sync + 'static> Fetcher<L> {
    /// A fetcher in the current tokio runtime, which asks `lookup` for the addresses of hosts. Connects to nothing yet.
    ///
    /// # Errors
    /// [`FetchConfigError::Tls`], [`FetchConfigError::NoRuntime`].
    pub fn start(config: FetchConfig, lookup: L) -> Result<Self, FetchConfigError> {
        let runtime = Handle::try_current().map_err(|_| FetchConfigError::NoRuntime)?;
        let shared = Shared {
            tls: connect::tls(&config)?,
            cache: Cache::new(config.cache_bytes_max),
            places: Semaphore::new(config.in_flight_count_max.clamp(1, Semaphore::MAX_PERMITS)),
            counters: Counters::default(),
            lookup,
            runtime,
            config,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The configuration that the fetcher was started with.
    #[must_use]
    pub fn config(&self) -> &FetchConfig {
        &self.shared.config
    }

    /// What the fetcher has done.
    #[must_use]
    pub fn counts(&self) -> FetchCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &self.shared.counters;
        let (entries, bytes) = self.shared.cache.load();
        FetchCounts {
            asked: read(&counters.asked),
            cache_hits: read(&counters.cache_hits),
            coalesced: read(&counters.coalesced),
            without_place: read(&counters.without_place),
            connections: read(&counters.connections),
            refused_addresses: read(&counters.refused_addresses),
            documents: read(&counters.documents),
            cache_entries: entries as u64,
            cache_bytes: bytes as u64,
        }
    }
}

impl<L: Lookup + Send + Sync + 'static> Fetch for Fetcher<L> {
    /// Every request ends within [`FetchConfig::total_timeout`]. [`FetchFailure::Budget`] when so many others are on their
    /// way that there was no place for it in time.
    async fn fetch(&self, request: Request) -> Fetched {
        let shared = &self.shared;
        count(&shared.counters.asked);
        match shared.cache.board(&request, Instant::now()) {
            Found::Kept(fetched) => {
                count(&shared.counters.cache_hits);
                fetched
            }
            Found::OnItsWay(seat) => {
                count(&shared.counters.coalesced);
                seat.fetched().await
            }
            Found::Nothing(seat, pilot) => {
                let flying = Arc::clone(shared);
                let _detached = shared.runtime.spawn(async move {
                    let (fetched, ttl) = flying.run(&request).await;
                    pilot.land(fetched, ttl, Instant::now());
                });
                seat.fetched().await
            }
        }
    }
}

impl<L: Lookup> Shared<L> {
    /// What comes of a request within its time, and how long it is kept.
    async fn run(&self, request: &Request) -> (Fetched, Duration) {
        let now = Instant::now();
        let ends = now + self.config.total_timeout;
        // Whoever gets a place has time to use it: that a server was slow is remembered, that we were busy is not.
        let Ok(_place) = timeout_at(now + self.config.total_timeout / 2, self.places.acquire()).await else {
            count(&self.counters.without_place);
            return (Fetched::Failed(FetchFailure::Budget), Duration::ZERO);
        };
        let came = timeout_at(ends, self.follow(request)).await.unwrap_or(Err(FetchFailure::Timeout));
        came.unwrap_or_else(|failure| (Fetched::Failed(failure), Duration::from_secs(FETCH_FAILURE_TTL_S)))
    }

    async fn follow(&self, request: &Request) -> Result<(Fetched, Duration), FetchFailure> {
        let bytes_max = request.bytes_max.min(DOCUMENT_BYTES_MAX);
        let mut url = request.url.clone();
        let mut ttl = Duration::from_secs(DOCUMENT_TTL_S_MAX);
        for _ in 0..=REDIRECT_COUNT_MAX {
            let reply = self.hop(&url, bytes_max).await?;
            ttl = ttl.min(reply.ttl);
            match (reply.said, request.redirects) {
                (Said::End(fetched), _) => return Ok((fetched, ttl)),
                // RFC 8461 §3.3: "HTTP 3xx redirects MUST NOT be followed."
                (Said::Moved(_), Redirects::Refuse) | (Said::Moved(None), _) => return Err(FetchFailure::Redirect),
                (Said::Moved(Some(location)), Redirects::Follow) => {
                    url = url.join(&location).map_err(|_| FetchFailure::Redirect)?;
                }
            }
        }
        Err(FetchFailure::Redirect)
    }

    /// One URL, from the look-up of its host on.
    async fn hop(&self, url: &HttpsUrl, bytes_max: usize) -> Result<Reply, FetchFailure> {
        let addresses = connect::addresses(&self.lookup, url.host(), self.config.private_addresses).await;
        if addresses == Err(FetchFailure::PrivateAddress) {
            count(&self.counters.refused_addresses);
        }
        let stream = connect::connect(&addresses?, url.port(), self.config.connect_timeout).await?;
        count(&self.counters.connections);
        let stream = connect::secure(&self.tls, url, stream).await?;
        let reply = exchange::get(stream, url, bytes_max).await?;
        if matches!(reply.said, Said::End(Fetched::Document(_))) {
            count(&self.counters.documents);
        }
        Ok(reply)
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
