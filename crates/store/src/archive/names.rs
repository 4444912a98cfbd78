//! The numbers of the names that a question means.

use std::collections::HashMap;

use feedback::archive::ArchiveError;
use mailtext::Domain;
use report::query::Reach;
use rusqlite::Connection;

use super::answer;
use super::error::from_sqlite;

/// Which of some numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Meant {
    /// All.
    All,
    /// These, in their order.
    These(Vec<i64>),
}

impl Meant {
    pub(super) fn has(&self, number: i64) -> bool {
        match self {
            Self::All => true,
            Self::These(numbers) => numbers.binary_search(&number).is_ok(),
        }
    }
}

/// Names by their numbers.
pub(super) type Names = HashMap<i64, (Box<str>, Box<str>), foldhash::fast::RandomState>;

/// The domains, each with its tenant.
pub(super) fn domains(connection: &Connection) -> Result<Names, ArchiveError> {
    all(connection, "SELECT id, tenant, name FROM domain ORDER BY id")
}

/// The reporters: organisation and domain.
pub(super) fn reporters(connection: &Connection) -> Result<Names, ArchiveError> {
    all(connection, "SELECT id, organization, domain FROM reporter ORDER BY id")
}

/// The domains that are meant.
pub(super) fn domains_meant(
    connection: &Connection,
    tenant: Option<&str>,
    domain: Option<&(Domain, Reach)>,
) -> Result<Meant, ArchiveError> {
    if tenant.is_none() && domain.is_none() {
        return Ok(Meant::All);
    }
    let names = domains(connection)?;
    Ok(some(names, |its_tenant, name| {
        tenant.is_none_or(|tenant| tenant == its_tenant) && domain.is_none_or(|wanted| answer::covers(wanted, name))
    }))
}

/// The reporters that are meant.
pub(super) fn reporters_meant(connection: &Connection, wanted: Option<&str>) -> Result<Meant, ArchiveError> {
    if wanted.is_none() {
        return Ok(Meant::All);
    }
    let names = reporters(connection)?;
    Ok(some(names, |organization, domain| answer::admits_reporter(wanted, organization, domain)))
}

fn some(names: Names, is_meant: impl Fn(&str, &str) -> bool) -> Meant {
    let meant = names.into_iter().filter(|(_, (first, second))| is_meant(first, second));
    let mut numbers: Vec<i64> = meant.map(|(number, _)| number).collect();
    numbers.sort_unstable();
    Meant::These(numbers)
}

fn all(connection: &Connection, sql: &str) -> Result<Names, ArchiveError> {
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query([]).map_err(from_sqlite)?;
    let mut names = Names::default();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let name = (row.get(1).map_err(from_sqlite)?, row.get(2).map_err(from_sqlite)?);
        names.insert(row.get(0).map_err(from_sqlite)?, name);
    }
    Ok(names)
}
