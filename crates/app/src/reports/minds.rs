//! What judges reports, for verbs: the map of senders, the owner's marks, what is known of addresses.

use std::net::IpAddr;
use std::time::Duration;

use feedback::Archive as _;
use feedback::archive::SourceLine;
use insight::{Classifier, Hosts, Map, Marks};
use net::Resolver;
use store::SqliteArchive;

use super::ask::{answered, settle, wait};
use crate::common::{Common, resolver_failure};
use crate::failure::Failure;
use crate::hosts::Finder;
use crate::limits::{HOST_HURRY_MS, HOST_LOOKUP_COUNT_MAX};

/// The map of senders: ours, and before it the file of the configuration.
///
/// # Errors
/// The file cannot be read, or says something that no map says.
pub(super) fn map(common: &Common) -> Result<Map, Failure> {
    common.config().reports.map()
}

/// With the marks of a tenant, and nothing known of addresses.
///
/// # Errors
/// The store cannot answer, or the map cannot be read.
pub(super) fn classifier(common: &Common, store: &SqliteArchive, tenant: &str) -> Result<Classifier, Failure> {
    let marks = wait(common, store.marks(tenant))?;
    Ok(Classifier::new(map(common)?, Marks::new(marks), Hosts::default()))
}

/// With what is known of the addresses of these lines, too.
///
/// # Errors
/// As [`classifier`].
pub(super) fn classifier_for(
    common: &Common,
    store: &SqliteArchive,
    tenant: &str,
    lines: &[SourceLine],
) -> Result<Classifier, Failure> {
    settle(common, classifier_of(common, store, tenant, lines))
}

/// The same, for those who wait themselves.
///
/// # Errors
/// As [`classifier`].
pub(super) async fn classifier_of(
    common: &Common,
    store: &SqliteArchive,
    tenant: &str,
    lines: &[SourceLine],
) -> Result<Classifier, Failure> {
    let marks = answered(common, store.marks(tenant)).await?;
    let mut addresses: Vec<IpAddr> = lines.iter().filter_map(|line| line.source).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let hosts = answered(common, store.hosts(addresses.clone())).await?;
    let hosts = crate::hosts::complete_all(&common.config().places, &addresses, hosts)?;
    Ok(Classifier::new(map(common)?, Marks::new(marks), Hosts::new(hosts)))
}

/// Looks for what is not known of the addresses that reports tell of, those with the most messages first.
///
/// # Errors
/// There is no resolver, a file cannot be used, or the store fails.
pub(super) fn look_for_hosts(common: &Common, store: &SqliteArchive) -> Result<(), Failure> {
    let config = common.resolver_config()?;
    let look = async {
        let resolver = Resolver::start(config).map_err(|error| resolver_failure(&error))?;
        let finder = Finder::open(&common.config().places, Some(resolver))?;
        let pace = Duration::from_millis(HOST_HURRY_MS);
        Ok(finder.find(store, net::clock::now_s(), HOST_LOOKUP_COUNT_MAX, pace).await)
    };
    // The resolver lives in the runtime in which it is asked.
    wait(common, async {
        match look.await {
            Ok(found) => found.map(|_| Ok(())),
            Err(failure) => Ok(Err(failure)),
        }
    })?
}
