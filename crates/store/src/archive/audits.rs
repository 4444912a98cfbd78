//! Audits of domains, in the same file: what a domain published and how that was judged, as named texts.
//!
//! | table | a row is |
//! |--|--|
//! | `audit` | an audit of a domain, by its moment |
//! | `audited` | a text, and the first and the last audit in a row that saw it: one that does not change is stored once |
//!
//! An audit is the texts whose row holds its moment. It is stored in one transaction with the alerts that it raises: neither is
//! there without the other. What the texts mean is not known here.

use std::future::Future;

use feedback::ArchiveError;
use mailtext::Domain;
use report::query::Reach;
use rusqlite::{Connection, OptionalExtension, params};

use super::SqliteArchive;
use super::answer;
use super::desk::insert;
use super::error::from_sqlite;
use super::notice::{AlertLine, NoticeChange, apply};
use super::read::{all, blob, bounded, unsigned};
use crate::limits::{AUDIT_BYTES_MAX, AUDIT_COUNT_MAX, AUDIT_DOMAIN_COUNT_MAX, AUDIT_PART_COUNT_MAX};

/// An audit to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewAudit {
    /// Whose.
    pub tenant: Box<str>,
    /// Of which domain.
    pub domain: Box<str>,
    /// When, in seconds since 1970.
    pub at_s: u64,
    /// The texts, each name once.
    pub parts: Vec<(Box<str>, Box<[u8]>)>,
    /// What it raises. Their ids are not looked at.
    pub alerts: Vec<AlertLine>,
}

/// What became of an audit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keeping {
    /// It is kept.
    Kept,
    /// One of this moment or a later one is there: clocks go back, and two may look at the same time.
    Late,
    /// It holds more than [`AUDIT_BYTES_MAX`] or [`AUDIT_PART_COUNT_MAX`].
    TooLarge,
    /// There are [`AUDIT_DOMAIN_COUNT_MAX`] domains, and this is another.
    TooManyDomains,
}

/// The audits of a domain.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditHistory {
    /// Their moments, in seconds since 1970, oldest first.
    pub moments: Vec<u64>,
    /// The texts, in the order of their names, oldest first.
    pub parts: Vec<AuditPart>,
}

/// A text, as long as it was seen without a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditPart {
    /// Its name.
    pub name: Box<str>,
    /// The first audit that saw it, in seconds since 1970.
    pub first_s: u64,
    /// The last.
    pub last_s: u64,
    /// The text.
    pub text: Box<[u8]>,
}

impl AuditHistory {
    /// The texts of the audit of a moment.
    pub fn at(&self, at_s: u64) -> impl Iterator<Item = (&str, &[u8])> {
        let then = self.parts.iter().filter(move |part| part.first_s <= at_s && at_s <= part.last_s);
        then.map(|part| (&*part.name, &*part.text))
    }
}

impl SqliteArchive {
    /// Keeps an audit, with the alerts that it raises; both are on the disk when this is done. Of each domain the newest
    /// [`AUDIT_COUNT_MAX`] are kept.
    ///
    /// # Errors
    /// Nothing is kept.
    pub fn keep_audit(&self, audit: NewAudit) -> impl Future<Output = Result<Keeping, ArchiveError>> + Send {
        self.writer.call(move |connection, _| keep(connection, &audit)).end()
    }

    /// The audits of a domain.
    ///
    /// # Errors
    /// The store cannot answer.
    pub fn audits(
        &self,
        tenant: &str,
        domain: &str,
    ) -> impl Future<Output = Result<AuditHistory, ArchiveError>> + Send {
        let (tenant, domain): (Box<str>, Box<str>) = (tenant.into(), domain.into());
        self.readers.ask(move |connection| history(connection, &tenant, &domain)).end()
    }

    /// The domains of which audits are kept, in order.
    ///
    /// # Errors
    /// The store cannot answer.
    pub fn audited(&self, tenant: &str) -> impl Future<Output = Result<Vec<Box<str>>, ArchiveError>> + Send {
        let tenant: Box<str> = tenant.into();
        self.readers.ask(move |connection| domains(connection, &tenant)).end()
    }

    /// Forgets audits before a time, and the texts that none of the others saw; how many audits.
    ///
    /// # Errors
    /// The store cannot do it.
    pub fn forget_audits(&self, before_s: u64) -> impl Future<Output = Result<u64, ArchiveError>> + Send {
        self.writer.call(move |connection, _| forget(connection, bounded(before_s))).end()
    }
}

fn keep(connection: &Connection, audit: &NewAudit) -> Result<Keeping, ArchiveError> {
    let bytes: usize = audit.parts.iter().map(|(name, text)| name.len() + text.len()).sum();
    if bytes > AUDIT_BYTES_MAX || audit.parts.len() > AUDIT_PART_COUNT_MAX {
        return Ok(Keeping::TooLarge);
    }
    let (tenant, domain, at_s) = (&audit.tenant, &audit.domain, bounded(audit.at_s));
    let last: Option<i64> = {
        let sql = "SELECT max(at_s) FROM audit WHERE tenant = ?1 AND domain = ?2";
        let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
        statement.query_row([tenant, domain], |row| row.get(0)).map_err(from_sqlite)?
    };
    if last.is_some_and(|last| last >= at_s) {
        return Ok(Keeping::Late);
    }
    if last.is_none() && count_domains(connection)? >= AUDIT_DOMAIN_COUNT_MAX {
        return Ok(Keeping::TooManyDomains);
    }
    insert(connection, "INSERT INTO audit (tenant, domain, at_s) VALUES (?1, ?2, ?3)", params![tenant, domain, at_s])?;
    for (name, text) in &audit.parts {
        let sql = "UPDATE audited SET last_s = ?1 \
                   WHERE tenant = ?2 AND domain = ?3 AND name = ?4 AND last_s = ?5 AND text = ?6";
        let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
        let same = statement.execute(params![at_s, tenant, domain, name, last, text]).map_err(from_sqlite)?;
        if same == 0 {
            let sql = "INSERT OR REPLACE INTO audited (tenant, domain, name, first_s, last_s, text) \
                       VALUES (?1, ?2, ?3, ?4, ?4, ?5)";
            insert(connection, sql, params![tenant, domain, name, at_s, text])?;
        }
    }
    bound(connection, tenant, domain)?;
    audit.alerts.iter().try_for_each(|alert| apply(connection, &NoticeChange::AddAlert(alert.clone())))?;
    Ok(Keeping::Kept)
}

fn count_domains(connection: &Connection) -> Result<u64, ArchiveError> {
    let sql = "SELECT count(*) FROM (SELECT DISTINCT tenant, domain FROM audit)";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let count = statement.query_row([], |row| row.get::<_, i64>(0)).map_err(from_sqlite)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Of a domain the newest audits stay.
fn bound(connection: &Connection, tenant: &str, domain: &str) -> Result<(), ArchiveError> {
    let sql = "SELECT at_s FROM audit WHERE tenant = ?1 AND domain = ?2 ORDER BY at_s DESC LIMIT 1 OFFSET ?3";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let oldest: Option<i64> = statement
        .query_row(params![tenant, domain, bounded(AUDIT_COUNT_MAX - 1)], |row| row.get(0))
        .optional()
        .map_err(from_sqlite)?;
    let Some(oldest) = oldest else { return Ok(()) };
    let these = params![tenant, domain, oldest];
    insert(connection, "DELETE FROM audit WHERE tenant = ?1 AND domain = ?2 AND at_s < ?3", these)?;
    insert(connection, "DELETE FROM audited WHERE tenant = ?1 AND domain = ?2 AND last_s < ?3", these)
}

fn forget(connection: &Connection, before_s: i64) -> Result<u64, ArchiveError> {
    let mut statement = connection.prepare_cached("DELETE FROM audit WHERE at_s < ?1").map_err(from_sqlite)?;
    let count = statement.execute([before_s]).map_err(from_sqlite)?;
    insert(connection, "DELETE FROM audited WHERE last_s < ?1", [before_s])?;
    Ok(count as u64)
}

fn domains(connection: &Connection, tenant: &str) -> Result<Vec<Box<str>>, ArchiveError> {
    // From name to name by the index: a domain may have as many audits as there are domains.
    let sql = "WITH RECURSIVE named (domain) AS (\
                   SELECT min(domain) FROM audit WHERE tenant = ?1 \
                   UNION ALL \
                   SELECT (SELECT min(domain) FROM audit WHERE tenant = ?1 AND domain > named.domain) \
                   FROM named WHERE domain IS NOT NULL) \
               SELECT domain FROM named WHERE domain IS NOT NULL";
    all(connection, sql, [tenant], |row| row.get(0).map_err(from_sqlite))
}

fn history(connection: &Connection, tenant: &str, domain: &str) -> Result<AuditHistory, ArchiveError> {
    let sql = "SELECT at_s FROM audit WHERE tenant = ?1 AND domain = ?2 ORDER BY at_s";
    let moments = all(connection, sql, [tenant, domain], |row| unsigned(row, 0))?;
    let sql =
        "SELECT name, first_s, last_s, text FROM audited WHERE tenant = ?1 AND domain = ?2 ORDER BY name, first_s";
    let parts = all(connection, sql, [tenant, domain], |row| {
        Ok(AuditPart {
            name: row.get(0).map_err(from_sqlite)?,
            first_s: unsigned(row, 1)?,
            last_s: unsigned(row, 2)?,
            text: blob(row, 3)?.into(),
        })
    })?;
    Ok(AuditHistory { moments, parts })
}

/// Forgets the audits of a domain.
pub(super) fn forget_domain(
    connection: &Connection,
    wanted: &(Domain, Reach),
    tenant: Option<&str>,
) -> Result<(), ArchiveError> {
    let named: Vec<(Box<str>, Box<str>)> = all(connection, "SELECT DISTINCT tenant, domain FROM audit", [], |row| {
        Ok((row.get(0).map_err(from_sqlite)?, row.get(1).map_err(from_sqlite)?))
    })?;
    for (its, domain) in named {
        if tenant.is_none_or(|tenant| *tenant == *its) && answer::covers(wanted, &domain) {
            insert(connection, "DELETE FROM audit WHERE tenant = ?1 AND domain = ?2", [&its, &domain])?;
            insert(connection, "DELETE FROM audited WHERE tenant = ?1 AND domain = ?2", [&its, &domain])?;
        }
    }
    Ok(())
}
