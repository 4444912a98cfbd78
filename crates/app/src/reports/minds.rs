//! What judges reports, for verbs: the map of senders, the owner's marks, what is known of addresses.

use std::net::IpAddr;

use feedback::Archive as _;
use feedback::archive::SourceLine;
use insight::{Classifier, Hosts, Map, Marks};
use store::SqliteArchive;

use super::ask::wait;
use crate::common::Common;
use crate::failure::Failure;

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
    let marks = wait(common, store.marks(tenant))?;
    let mut addresses: Vec<IpAddr> = lines.iter().filter_map(|line| line.source).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let hosts = wait(common, store.hosts(addresses))?;
    Ok(Classifier::new(map(common)?, Marks::new(marks), Hosts::new(hosts)))
}
