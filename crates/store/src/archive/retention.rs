//! What is old goes, by how long each domain's reports are kept; and what would go is counted before.

use std::future::Future;

use feedback::ArchiveError;
use feedback::archive::{Removal, Removed};
use mailtext::Domain;
use report::query::Reach;
use rusqlite::{Connection, params};

use super::SqliteArchive;
use super::answer;
use super::change::{ENDED_BEFORE, about, take_all};
use super::desk::Desk;
use super::error::from_sqlite;
use super::memory::removed;
use super::names::{Meant, domains, domains_meant};
use super::read::bounded;

/// How long reports are kept. A domain goes by the nearest name that covers it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Retention {
    /// Reports whose period ended before this time go, in seconds since 1970; `None` when they are kept. One that came
    /// after it stays all the same: whoever brings old reports wants to have them for a while.
    pub before_s: Option<u64>,
    /// The same of these domains and what lies below each.
    pub own: Vec<(Domain, Option<u64>)>,
}

/// What a removal would take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Taken {
    /// Reports.
    pub reports: u64,
    /// Messages that their aggregate reports count.
    pub messages: u64,
    /// What owners said of sources.
    pub marks: u64,
}

impl SqliteArchive {
    /// Takes away reports that are older than they are kept, a bounded piece of them: to be called again while it says
    /// that there is more. A report about several domains stays as long as the one that is kept longest.
    ///
    /// # Errors
    /// The store cannot do it.
    pub fn expire(&self, retention: Retention) -> impl Future<Output = Result<Removed, ArchiveError>> + Send {
        self.writer.call(move |connection, desk| expire(connection, desk, &retention)).end()
    }

    /// What a removal of a domain or of reports would take. Of any other one it tells nothing.
    ///
    /// # Errors
    /// The store cannot answer.
    pub fn would_take(&self, what: Removal) -> impl Future<Output = Result<Taken, ArchiveError>> + Send {
        self.readers.ask(move |connection| would_take(connection, &what)).end()
    }
}

impl Retention {
    /// Before which time reports of a domain go.
    fn of(&self, name: &str) -> Option<u64> {
        let covers = |own: &&(Domain, Option<u64>)| answer::covers(&(own.0.clone(), Reach::Below), name);
        let nearest = self.own.iter().filter(covers).max_by_key(|(domain, _)| domain.as_str().len());
        nearest.map_or(self.before_s, |(_, before_s)| *before_s)
    }
}

fn expire(connection: &Connection, desk: &mut Desk, retention: &Retention) -> Result<Removed, ArchiveError> {
    // The numbers of the domains whose reports are kept for another time than the others.
    let mut others: Vec<(Option<u64>, i64)> = domains(connection)?
        .into_iter()
        .map(|(number, (_, name))| (retention.of(&name), number))
        .filter(|(before_s, _)| *before_s != retention.before_s)
        .collect();
    others.sort_unstable();
    let mut count = 0;
    let mut times: Vec<Option<u64>> = others.iter().map(|(before_s, _)| *before_s).collect();
    times.dedup();
    for before_s in times.iter().flatten() {
        let these = others.iter().filter(|(its, _)| *its == Some(*before_s)).map(|(_, number)| *number).collect();
        // Who goes later than these: of the others by their numbers, and of the rest whoever is not among the others.
        let goes_earlier = |its: &Option<u64>| its.is_some_and(|its| its >= *before_s);
        let kept = if goes_earlier(&retention.before_s) {
            let longer = others.iter().filter(|(its, _)| !goes_earlier(its)).map(|(_, number)| *number);
            format!("also.domain IN ({})", list(longer))
        } else {
            let shorter = others.iter().filter(|(its, _)| goes_earlier(its)).map(|(_, number)| *number);
            format!("also.domain NOT IN ({})", list(shorter))
        };
        let condition = format!(
            "{OLD} {} AND d.id NOT IN (SELECT also.document FROM also WHERE {kept})",
            about(&Meant::These(these))
        );
        let taken = take_all(connection, desk, &condition, bounded(*before_s))?;
        count += taken.count;
        if !taken.is_done {
            return Ok(Removed { count, is_done: false });
        }
    }
    let Some(before_s) = retention.before_s else { return Ok(Removed { count, ..removed(0) }) };
    let goes_later = |its: &Option<u64>| its.is_none_or(|its| its < before_s);
    let longer = list(others.iter().filter(|(its, _)| goes_later(its)).map(|(_, number)| *number));
    let condition = format!(
        "{OLD} AND (d.status = 2 OR coalesce(d.domain, -1) NOT IN ({longer})) \
         AND d.id NOT IN (SELECT document FROM also WHERE domain IN ({longer}))"
    );
    let taken = take_all(connection, desk, &condition, bounded(before_s))?;
    Ok(Removed { count: count + taken.count, is_done: taken.is_done })
}

fn would_take(connection: &Connection, what: &Removal) -> Result<Taken, ArchiveError> {
    let (wanted, tenant, before_s) = match what {
        Removal::Domain { domain, reach, tenant } => (Some((domain.clone(), *reach)), tenant.as_deref(), None),
        Removal::Reports { before_s, domain } => {
            (domain.clone().map(|domain| (domain, Reach::Name)), None, Some(*before_s))
        }
        Removal::Raw { .. } | Removal::One(_) => return Ok(Taken::default()),
    };
    let meant = domains_meant(connection, tenant, wanted.as_ref())?;
    let ended = if before_s.is_some() { ENDED_BEFORE } else { "?1 = 0" };
    let sql = format!(
        "SELECT count(*), coalesce(sum(CASE WHEN d.kind = 0 THEN d.message_count ELSE 0 END), 0) \
         FROM document d WHERE {ended} {}",
        about(&meant)
    );
    let value = before_s.map_or(0, bounded);
    let sums = connection.query_row(&sql, [value], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
    let (reports, messages) = sums.map_err(from_sqlite)?;
    let mut marks = 0;
    if let (Some(wanted), None) = (&wanted, before_s) {
        let mut statement = connection.prepare("SELECT tenant, domain FROM mark").map_err(from_sqlite)?;
        let mut rows = statement.query(params![]).map_err(from_sqlite)?;
        while let Some(row) = rows.next().map_err(from_sqlite)? {
            let (its, domain): (Box<str>, Box<str>) =
                (row.get(0).map_err(from_sqlite)?, row.get(1).map_err(from_sqlite)?);
            marks += u64::from(tenant.is_none_or(|tenant| *tenant == *its) && answer::covers(wanted, &domain));
        }
    }
    let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(Taken { reports: unsigned(reports), messages: unsigned(messages), marks })
}

/// The condition that a report is over, and was received, before a time.
const OLD: &str = "d.received_ms / 1000 < ?1 AND d.end_s < ?1";

fn list(numbers: impl Iterator<Item = i64>) -> String {
    numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(",")
}
