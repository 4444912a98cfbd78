//! What is remembered between two looks at reports, what was noticed, and the letters that tell of it.
//!
//! | table | a row is |
//! |--|--|
//! | `watch` | what is remembered of a domain, as text that its reader understands |
//! | `alert` | something that was noticed, and whether a letter tells of it; what a digest told of a domain |
//! | `notice` | a letter on its way to one place |
//!
//! A list of changes is a transaction; it is on the disk when it is answered. So what was noticed is stored together with
//! the memory that will not notice it again, and a letter together with the word that its alerts are told: whenever the
//! program ends, nothing is lost between the two. What the texts mean is not known here.

use std::future::Future;

use feedback::ArchiveError;
use mailtext::Domain;
use report::query::Reach;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::SqliteArchive;
use super::answer;
use super::codec::Coded;
use super::desk::insert;
use super::error::from_sqlite;
use super::read::{all, bounded, coded, unsigned};
use crate::limits::NOTICE_LINE_COUNT_MAX;

/// Something that was noticed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlertLine {
    /// Its number: given by the store, ever larger. Of a new one it is not looked at.
    pub id: u64,
    /// Whose.
    pub tenant: Box<str>,
    /// Of which domain.
    pub domain: Box<str>,
    /// On which day it was so, in days since 1970.
    pub day: u32,
    /// What, as text that its reader understands.
    pub what: Box<str>,
    /// When it was noticed, in seconds since 1970.
    pub made_s: u64,
}

/// A letter on its way to one place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// Its id: letters and digits. One that is made again has the same.
    pub id: Box<str>,
    /// Where it goes: an address, or the URL of a webhook.
    pub place: Box<str>,
    /// What it is.
    pub kind: NoticeKind,
    /// Its subject, in one line.
    pub subject: Box<str>,
    /// Its text; empty when nothing of it is needed any more.
    pub text: Box<str>,
    /// The same for programs, as JSON; empty where no program gets it.
    pub data: Box<str>,
    /// When it was made, in seconds since 1970.
    pub made_s: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// What is to be done next.
    pub state: NoticeState,
}

/// What a letter is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NoticeKind {
    /// It tells of alerts.
    Alerts,
    /// It is the digest of a week.
    Digest,
}

/// What is to be done with a letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoticeState {
    /// It waits.
    Waiting {
        /// Until when, in seconds since 1970.
        next_s: u64,
        /// What was said last time.
        last: Option<Box<str>>,
    },
    /// It is being sent: whoever finds this at a start does not know whether it was taken.
    Sending {
        /// Since when, in seconds since 1970.
        at_s: u64,
    },
    /// It was taken.
    Sent {
        /// When, in seconds since 1970.
        at_s: u64,
    },
    /// It was given up.
    GivenUp {
        /// When, in seconds since 1970.
        at_s: u64,
        /// What was said last.
        reply: Box<str>,
    },
}

/// A change of what is noticed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoticeChange {
    /// What is remembered of a domain.
    SetWatch {
        /// Whose.
        tenant: Box<str>,
        /// Which domain.
        domain: Box<str>,
        /// What.
        state: Box<str>,
    },
    /// Something was noticed.
    AddAlert(AlertLine),
    /// Something that is told by a letter of the same list of changes: a domain's line of a digest.
    AddTold(AlertLine),
    /// Letters tell of these alerts.
    Told(Vec<u64>),
    /// A new letter. When there is one of this id to this place, nothing is changed.
    AddNotice(Notice),
    /// A letter is in another state. One that is done with loses its text.
    SetNotice(Notice),
    /// A moment by its name, in seconds since 1970. It never goes back.
    SetMoment(&'static str, u64),
    /// What was told, and letters that were done with, before a time are forgotten.
    Forget {
        /// In seconds since 1970.
        before_s: u64,
    },
}

/// Which alerts. Every condition that is there must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AlertQuery {
    /// Of this tenant and domain.
    pub of: Option<(Box<str>, Box<str>)>,
    /// From this day, in days since 1970.
    pub from_day: u32,
    /// Before this day; 0 for no bound.
    pub until_day: u32,
    /// Those alone of which no letter tells yet.
    pub is_waiting: bool,
}

/// Which of all that was noticed and told, the newest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LatestQuery {
    /// Of this tenant.
    pub tenant: Box<str>,
    /// Of these domains; `None`: of all.
    pub domains: Option<Vec<(Domain, Reach)>>,
    /// From this day, in days since 1970.
    pub from_day: u32,
    /// Before this day.
    pub until_day: u32,
    /// Those alone that were noticed before this one: [`LatestPage::next`] of the page before.
    pub before: Option<u64>,
    /// Most lines; more than [`NOTICE_LINE_COUNT_MAX`] mean that many.
    pub limit: usize,
}

/// A page of what was noticed and told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LatestPage {
    /// The lines, the newest first.
    pub lines: Vec<AlertLine>,
    /// Where to go on; `None` when there are no more.
    pub next: Option<u64>,
}

/// Which letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoticeQuery {
    /// Those that wait and are due; the longest waiting first.
    Due {
        /// In seconds since 1970.
        now_s: u64,
    },
    /// Those that were being sent when the program ended.
    Open,
    /// Those that were made at this time or later.
    MadeSince {
        /// In seconds since 1970.
        from_s: u64,
    },
}

/// How many reports are on their way out, and how many letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WayOut {
    /// Reports whose destinations are to be found.
    pub asking: u64,
    /// Deliveries of reports that are not done with.
    pub waiting: u64,
    /// Mailboxes to which nothing is sent now.
    pub suppressed: u64,
    /// Alerts of which no letter tells yet.
    pub alerts: u64,
    /// Letters that are not done with.
    pub notices: u64,
}

impl SqliteArchive {
    /// Takes changes: all of them, or none; stored when this is done.
    ///
    /// # Errors
    /// Nothing was changed.
    pub fn note(&self, changes: Vec<NoticeChange>) -> impl Future<Output = Result<(), ArchiveError>> + Send {
        let work = move |connection: &Connection, _: &mut _| changes.iter().try_for_each(|one| apply(connection, one));
        self.writer.call(work).end()
    }

    /// What is remembered of a domain.
    ///
    /// # Errors
    /// The store cannot answer.
    pub fn watched(
        &self,
        tenant: &str,
        domain: &str,
    ) -> impl Future<Output = Result<Option<Box<str>>, ArchiveError>> + Send {
        let (tenant, domain): (Box<str>, Box<str>) = (tenant.into(), domain.into());
        let question = move |connection: &Connection| {
            let sql = "SELECT state FROM watch WHERE tenant = ?1 AND domain = ?2";
            let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
            statement.query_row([&tenant, &domain], |row| row.get(0)).optional().map_err(from_sqlite)
        };
        self.readers.ask(question).end()
    }

    /// Alerts in the order in which they were noticed, at most [`NOTICE_LINE_COUNT_MAX`].
    ///
    /// # Errors
    /// The store cannot answer.
    pub fn alerts(&self, query: AlertQuery) -> impl Future<Output = Result<Vec<AlertLine>, ArchiveError>> + Send {
        self.readers.ask(move |connection| alerts(connection, &query)).end()
    }

    /// A page of what was noticed and told, the newest first.
    ///
    /// # Errors
    /// The store cannot answer.
    pub fn latest(&self, query: LatestQuery) -> impl Future<Output = Result<LatestPage, ArchiveError>> + Send {
        self.readers.ask(move |connection| latest(connection, &query)).end()
    }

    /// Letters, at most [`NOTICE_LINE_COUNT_MAX`].
    ///
    /// # Errors
    /// The store cannot answer.
    pub fn notices(&self, query: NoticeQuery) -> impl Future<Output = Result<Vec<Notice>, ArchiveError>> + Send {
        self.readers.ask(move |connection| notices(connection, query)).end()
    }

    /// A moment by its name, in seconds since 1970; `None` before it was set.
    ///
    /// # Errors
    /// The store cannot answer.
    pub fn moment(&self, name: &'static str) -> impl Future<Output = Result<Option<u64>, ArchiveError>> + Send {
        let question = move |connection: &Connection| {
            let mut statement =
                connection.prepare_cached("SELECT value FROM counter WHERE name = ?1").map_err(from_sqlite)?;
            let value = statement.query_row([name], |row| row.get::<_, i64>(0)).optional().map_err(from_sqlite)?;
            Ok(value.map(|value| u64::try_from(value).unwrap_or(0)))
        };
        self.readers.ask(question).end()
    }

    /// What is on its way out.
    ///
    /// # Errors
    /// The store cannot answer.
    pub fn way_out(&self, now_s: u64) -> impl Future<Output = Result<WayOut, ArchiveError>> + Send {
        self.readers.ask(move |connection| way_out(connection, bounded(now_s))).end()
    }
}

/// Forgets what was noticed of a domain.
pub(super) fn forget_domain(
    connection: &Connection,
    wanted: &(Domain, Reach),
    tenant: Option<&str>,
) -> Result<(), ArchiveError> {
    let sql = "SELECT tenant, domain FROM watch UNION SELECT tenant, domain FROM alert";
    let named: Vec<(Box<str>, Box<str>)> =
        all(connection, sql, [], |row| Ok((row.get(0).map_err(from_sqlite)?, row.get(1).map_err(from_sqlite)?)))?;
    for (its, domain) in named {
        if tenant.is_none_or(|tenant| *tenant == *its) && answer::covers(wanted, &domain) {
            insert(connection, "DELETE FROM watch WHERE tenant = ?1 AND domain = ?2", [&its, &domain])?;
            insert(connection, "DELETE FROM alert WHERE tenant = ?1 AND domain = ?2", [&its, &domain])?;
        }
    }
    Ok(())
}

pub(super) fn apply(connection: &Connection, change: &NoticeChange) -> Result<(), ArchiveError> {
    match change {
        NoticeChange::SetWatch { tenant, domain, state } => {
            let sql = "INSERT OR REPLACE INTO watch (tenant, domain, state) VALUES (?1, ?2, ?3)";
            insert(connection, sql, [tenant, domain, state])
        }
        NoticeChange::AddAlert(line) => add(connection, line, false),
        NoticeChange::AddTold(line) => add(connection, line, true),
        NoticeChange::Told(ids) => ids
            .iter()
            .try_for_each(|id| insert(connection, "UPDATE alert SET is_told = 1 WHERE id = ?1", [bounded(*id)])),
        NoticeChange::AddNotice(notice) => put(connection, "INSERT OR IGNORE", notice),
        NoticeChange::SetNotice(notice) => put(connection, "INSERT OR REPLACE", notice),
        NoticeChange::SetMoment(name, time_s) => {
            let sql = "INSERT INTO counter (name, value) VALUES (?1, ?2) \
                       ON CONFLICT DO UPDATE SET value = max(value, excluded.value)";
            insert(connection, sql, params![name, bounded(*time_s)])
        }
        NoticeChange::Forget { before_s } => {
            let before_s = bounded(*before_s);
            insert(connection, "DELETE FROM alert WHERE is_told = 1 AND made_s < ?1", [before_s])?;
            insert(connection, "DELETE FROM notice WHERE state > 1 AND state_s < ?1", [before_s])
        }
    }
}

fn add(connection: &Connection, line: &AlertLine, is_told: bool) -> Result<(), ArchiveError> {
    let AlertLine { tenant, domain, day, what, made_s, .. } = line;
    let sql = "INSERT INTO alert (tenant, domain, day, what, made_s, is_told) VALUES (?, ?, ?, ?, ?, ?)";
    insert(connection, sql, params![tenant, domain, day, what, bounded(*made_s), is_told])
}

fn put(connection: &Connection, how: &str, notice: &Notice) -> Result<(), ArchiveError> {
    let (code, state_s, reply) = match &notice.state {
        NoticeState::Waiting { next_s, last } => (WAITING, *next_s, last.clone()),
        NoticeState::Sending { at_s } => (SENDING, *at_s, None),
        NoticeState::Sent { at_s } => (SENT, *at_s, None),
        NoticeState::GivenUp { at_s, reply } => (GIVEN_UP, *at_s, Some(reply.clone())),
    };
    let Notice { id, place, kind, subject, text, data, made_s, attempts, .. } = notice;
    let (text, data) = if code > SENDING { ("", "") } else { (&**text, &**data) };
    let sql = format!(
        "{how} INTO notice (id, place, kind, subject, text, data, made_s, attempts, state, state_s, reply) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    let (made_s, state_s) = (bounded(*made_s), bounded(state_s));
    let kind = kind.code();
    insert(connection, &sql, params![id, place, kind, subject, text, data, made_s, attempts, code, state_s, reply])
}

fn alerts(connection: &Connection, query: &AlertQuery) -> Result<Vec<AlertLine>, ArchiveError> {
    let until_day = if query.until_day == 0 { u32::MAX } else { query.until_day };
    let (tenant, domain) = query.of.clone().unzip();
    let sql = format!(
        "SELECT id, tenant, domain, day, what, made_s FROM alert \
         WHERE day >= ?1 AND day < ?2 AND (?3 IS NULL OR (tenant = ?3 AND domain = ?4)) {} ORDER BY id LIMIT ?5",
        if query.is_waiting { "AND is_told = 0" } else { "" }
    );
    let values = params![query.from_day, until_day, tenant, domain, NOTICE_LINE_COUNT_MAX as i64];
    all(connection, &sql, values, alert)
}

fn alert(row: &Row<'_>) -> Result<AlertLine, ArchiveError> {
    Ok(AlertLine {
        id: unsigned(row, 0)?,
        tenant: row.get(1).map_err(from_sqlite)?,
        domain: row.get(2).map_err(from_sqlite)?,
        day: row.get(3).map_err(from_sqlite)?,
        what: row.get(4).map_err(from_sqlite)?,
        made_s: unsigned(row, 5)?,
    })
}

fn latest(connection: &Connection, query: &LatestQuery) -> Result<LatestPage, ArchiveError> {
    let limit = query.limit.min(NOTICE_LINE_COUNT_MAX);
    let meant = query.domains.as_ref().map(|wanted| domains_meant(connection, &query.tenant, wanted)).transpose()?;
    // Through the numbers where all domains are meant, through the index of domains where some are.
    let which = if meant.is_some() { "AND domain IN (SELECT value FROM json_each(?6))" } else { "AND ?6 IS NULL" };
    let sql = format!(
        "SELECT id, tenant, domain, day, what, made_s FROM alert \
         WHERE tenant = ?1 AND day >= ?2 AND day < ?3 AND id < ?4 {which} ORDER BY id DESC LIMIT ?5"
    );
    let before = query.before.map_or(i64::MAX, bounded);
    let values = params![query.tenant, query.from_day, query.until_day, before, limit as i64 + 1, meant];
    let mut lines = all(connection, &sql, values, alert)?;
    let is_more = lines.len() > limit;
    lines.truncate(limit);
    Ok(LatestPage { next: lines.last().filter(|_| is_more).map(|line| line.id), lines })
}

/// The domains of which anything was noticed and that are meant, as a list in JSON.
fn domains_meant(connection: &Connection, tenant: &str, wanted: &[(Domain, Reach)]) -> Result<String, ArchiveError> {
    let sql = "SELECT DISTINCT domain FROM alert WHERE tenant = ?1";
    let known: Vec<Box<str>> = all(connection, sql, [tenant], |row| row.get(0).map_err(from_sqlite))?;
    // No name of a domain has what JSON would have to escape.
    let is_plain = |name: &str| !name.contains(|letter: char| letter.is_control() || matches!(letter, '"' | '\\'));
    let is_meant = |name: &str| is_plain(name) && wanted.iter().any(|one| answer::covers(one, name));
    let meant: Vec<String> = known.iter().filter(|name| is_meant(name)).map(|name| format!("\"{name}\"")).collect();
    Ok(format!("[{}]", meant.join(",")))
}

fn notices(connection: &Connection, query: NoticeQuery) -> Result<Vec<Notice>, ArchiveError> {
    let columns = "id, place, kind, subject, text, data, made_s, attempts, state, state_s, reply";
    let (which, value) = match query {
        NoticeQuery::Due { now_s } => ("state = 0 AND state_s <= ?1 ORDER BY state_s, id, place", bounded(now_s)),
        NoticeQuery::Open => ("state = 1 AND ?1 = 0 ORDER BY id, place", 0),
        NoticeQuery::MadeSince { from_s } => ("made_s >= ?1 ORDER BY made_s, id, place", bounded(from_s)),
    };
    let sql = format!("SELECT {columns} FROM notice WHERE {which} LIMIT ?2");
    all(connection, &sql, [value, NOTICE_LINE_COUNT_MAX as i64], notice)
}

fn notice(row: &Row<'_>) -> Result<Notice, ArchiveError> {
    let text = |column: usize| row.get::<_, Box<str>>(column).map_err(from_sqlite);
    let (at_s, reply): (u64, Option<Box<str>>) = (unsigned(row, 9)?, row.get(10).map_err(from_sqlite)?);
    let state = match row.get::<_, u8>(8).map_err(from_sqlite)? {
        WAITING => NoticeState::Waiting { next_s: at_s, last: reply },
        SENDING => NoticeState::Sending { at_s },
        SENT => NoticeState::Sent { at_s },
        GIVEN_UP => NoticeState::GivenUp { at_s, reply: reply.unwrap_or_default() },
        _ => return Err(ArchiveError::Corrupt { what: "the state of a letter".to_owned() }),
    };
    Ok(Notice {
        id: text(0)?,
        place: text(1)?,
        kind: coded(row, 2)?,
        subject: text(3)?,
        text: text(4)?,
        data: text(5)?,
        made_s: unsigned(row, 6)?,
        attempts: row.get(7).map_err(from_sqlite)?,
        state,
    })
}

fn way_out(connection: &Connection, now_s: i64) -> Result<WayOut, ArchiveError> {
    let count = |sql: &str, values: &[i64]| -> Result<u64, ArchiveError> {
        let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
        let count = statement.query_row(rusqlite::params_from_iter(values), |row| row.get::<_, i64>(0));
        count.map(|count| u64::try_from(count).unwrap_or(0)).map_err(from_sqlite)
    };
    Ok(WayOut {
        asking: count("SELECT count(*) FROM job WHERE state = 0", &[])?,
        waiting: count("SELECT count(*) FROM delivery WHERE state = 0", &[])?
            + count("SELECT count(*) FROM delivery WHERE state IN (1, 2)", &[])?,
        suppressed: count("SELECT count(*) FROM suppression WHERE until_s > ?1", &[now_s])?,
        alerts: count("SELECT count(*) FROM alert WHERE is_told = 0", &[])?,
        notices: count("SELECT count(*) FROM notice WHERE state IN (0, 1)", &[])?,
    })
}

// The states of a letter as they are stored; they never change.
const WAITING: u8 = 0;
const SENDING: u8 = 1;
const SENT: u8 = 2;
const GIVEN_UP: u8 = 3;

super::codec::coded! {
    NoticeKind { Alerts = 0, Digest = 1 }
}
