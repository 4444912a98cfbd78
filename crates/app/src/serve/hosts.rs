//! Names and places of the addresses that reports tell of: looked for as long as the daemon runs, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use net::Resolver;
use store::SqliteArchive;

use crate::common::Common;
use crate::failure::Failure;
use crate::hosts::Finder;
use crate::limits::{HOST_BATCH_COUNT, HOST_PACE_MS, HOSTS_EVERY_S};
use crate::say::Say;

/// What looks, by the configuration.
///
/// # Errors
/// A file that it names cannot be used.
pub(super) fn finder(common: &Common, resolver: &Resolver) -> Result<Finder, Failure> {
    let config = &common.config().places;
    Finder::open(config, config.lookup.then(|| resolver.clone()))
}

/// Looks for what is not known, again and again.
pub(super) async fn watch(finder: Finder, archive: Arc<SqliteArchive>, say: Arc<Say>) {
    if finder.is_idle() {
        return;
    }
    let every = Duration::from_secs(HOSTS_EVERY_S);
    loop {
        let found = finder.find(&*archive, net::clock::now_s(), HOST_BATCH_COUNT, Duration::from_millis(HOST_PACE_MS));
        match found.await {
            // There is more.
            Ok(HOST_BATCH_COUNT) => {}
            Ok(_) => tokio::time::sleep(every).await,
            Err(error) => {
                tracing::warn!("{}", say.say("reports-hosts-failed", &[("reason", error.to_string().into())]));
                tokio::time::sleep(every).await;
            }
        }
    }
}
