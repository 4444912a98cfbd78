//! Reports on their way out, in the same file: the trait [`feedback::outbox::Outbox`] over SQLite.
//!
//! | table | a row is |
//! |--|--|
//! | `job` | a report that is sent, or was |
//! | `letter` | its mail, as long as it may be needed |
//! | `delivery` | its way to one destination |
//! | `suppression` | a mailbox to which nothing is sent for a while |
//! | `confirmation` | what a destination said |
//!
//! A list of changes is a transaction; it is on the disk when it is answered.

use std::future::Future;

use dmarc::Refusal;
use feedback::ArchiveError;
use feedback::mail::Letter;
use feedback::outbox::{
    Change, Confirmation, ConfirmationKey, ConfirmationTag, Delivery, DeliveryEnd, DeliveryId, DeliveryQuery,
    DeliveryState, Job, JobEnd, JobId, JobKey, JobKind, JobQuery, JobState, Outbox, OutboxError, Suppression,
};
use feedback::period::Period;
use mailtext::Domain;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::SqliteArchive;
use super::codec::{Coded, Damage, Take, Wire};
use super::desk::insert;
use super::error::from_sqlite;
use super::read::{all, blob, bounded, coded, unsigned};

impl Outbox for SqliteArchive {
    fn commit(&self, changes: Vec<Change>) -> impl Future<Output = Result<(), OutboxError>> + Send {
        let done =
            self.writer.call(move |connection, _| changes.iter().try_for_each(|change| apply(connection, change)));
        async move { done.end().await.map_err(of_outbox) }
    }

    fn job(&self, id: &JobId) -> impl Future<Output = Result<Option<Job>, OutboxError>> + Send {
        let id = id.clone();
        self.look(move |connection| Ok(jobs(connection, "WHERE id = ?1", [&id.0])?.pop()))
    }

    fn letter(&self, id: &JobId) -> impl Future<Output = Result<Option<Letter>, OutboxError>> + Send {
        let id = id.clone();
        self.look(move |connection| letter(connection, &id))
    }

    fn jobs(&self, query: JobQuery, count_max: usize) -> impl Future<Output = Result<Vec<Job>, OutboxError>> + Send {
        self.look(move |connection| jobs_of(connection, &query, bounded(count_max as u64)))
    }

    fn deliveries(
        &self,
        query: DeliveryQuery,
        count_max: usize,
    ) -> impl Future<Output = Result<Vec<Delivery>, OutboxError>> + Send {
        self.look(move |connection| deliveries_of(connection, &query, bounded(count_max as u64)))
    }

    fn suppression(&self, mailbox: &str) -> impl Future<Output = Result<Option<Suppression>, OutboxError>> + Send {
        let mailbox = mailbox.to_ascii_lowercase();
        self.look(move |connection| Ok(suppressions(connection, "WHERE mailbox = ?1", [&mailbox])?.pop()))
    }

    fn suppressions(
        &self,
        after: &str,
        count_max: usize,
    ) -> impl Future<Output = Result<Vec<Suppression>, OutboxError>> + Send {
        let after = after.to_owned();
        self.look(move |connection| {
            let behind = "WHERE mailbox > ?1 ORDER BY mailbox LIMIT ?2";
            suppressions(connection, behind, params![after, bounded(count_max as u64)])
        })
    }

    fn folded_until_s(&self) -> impl Future<Output = Result<Option<u64>, OutboxError>> + Send {
        self.look(|connection| {
            let sql = "SELECT value FROM counter WHERE name = 'folded'";
            let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
            let value = statement.query_row([], |row| row.get::<_, i64>(0)).optional().map_err(from_sqlite)?;
            Ok(value.map(|value| u64::try_from(value).unwrap_or(0)))
        })
    }

    fn confirmation(
        &self,
        key: &ConfirmationKey,
    ) -> impl Future<Output = Result<Option<Confirmation>, OutboxError>> + Send {
        let key = key.clone();
        self.look(move |connection| confirmation(connection, key))
    }
}

impl SqliteArchive {
    fn look<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, ArchiveError> + Send + 'static,
    ) -> impl Future<Output = Result<T, OutboxError>> + Send {
        let answer = self.readers.ask(question);
        async move { answer.end().await.map_err(of_outbox) }
    }
}

fn of_outbox(error: ArchiveError) -> OutboxError {
    match error {
        ArchiveError::Busy => OutboxError::Busy,
        ArchiveError::DiskFull => OutboxError::DiskFull,
        other => OutboxError::Failed { what: other.to_string() },
    }
}

fn apply(connection: &Connection, change: &Change) -> Result<(), ArchiveError> {
    match change {
        Change::AddJob(job, letter) => add_job(connection, job, letter),
        Change::SetJob(id, state) => {
            let (code, at_s, more) = job_columns(*state);
            let sql = "UPDATE job SET state = ?2, state_s = ?3, state_more = ?4 WHERE id = ?1";
            insert(connection, sql, params![id.0, code, at_s, more])
        }
        Change::DropLetter(id) => insert(connection, "DELETE FROM letter WHERE job = ?1", [&id.0]),
        Change::AddDelivery(delivery) => put_delivery(connection, "INSERT OR IGNORE", delivery),
        Change::SetDelivery(delivery) => put_delivery(connection, "INSERT OR REPLACE", delivery),
        Change::Hasten(id, due_s) => {
            let its = params![id.0, bounded(*due_s)];
            let sql = "UPDATE job SET state_s = min(state_s, ?2) WHERE id = ?1 AND state = 0";
            insert(connection, sql, its)?;
            // Nobody else writes in between: what is offered to a server now does not wait here.
            let sql = "UPDATE delivery SET state_s = min(state_s, ?2) WHERE job = ?1 AND state = 0";
            insert(connection, sql, its)
        }
        Change::SetSuppression(Suppression { mailbox, since_s, until_s, strikes, reply }) => {
            let sql =
                "INSERT OR REPLACE INTO suppression (mailbox, since_s, until_s, strikes, reply) VALUES (?, ?, ?, ?, ?)";
            insert(connection, sql, params![mailbox, bounded(*since_s), bounded(*until_s), strikes, reply])
        }
        Change::DropSuppression(mailbox) => {
            insert(connection, "DELETE FROM suppression WHERE mailbox = ?1", [mailbox.to_ascii_lowercase()])
        }
        Change::SetFoldedUntil(time_s) => {
            let sql = "INSERT INTO counter (name, value) VALUES ('folded', ?1) \
                       ON CONFLICT DO UPDATE SET value = max(value, excluded.value)";
            insert(connection, sql, [bounded(*time_s)])
        }
        Change::SetConfirmation(Confirmation { key, answer, until_s }) => {
            let mut bytes = Vec::new();
            match answer {
                Ok(mailboxes) => mailboxes.put(&mut bytes),
                Err(refusal) => bytes.push(refusal.code()),
            }
            let sql = "INSERT OR REPLACE INTO confirmation (domain, uri, tag, is_agreed, answer, until_s) \
                       VALUES (?, ?, ?, ?, ?, ?)";
            let ConfirmationKey { domain, uri, tag } = key;
            let its = params![domain.as_str(), uri, tag.code(), answer.is_ok(), bytes, bounded(*until_s)];
            insert(connection, sql, its)
        }
        Change::Forget { before_s } => forget(connection, bounded(*before_s)),
    }
}

fn add_job(connection: &Connection, job: &Job, letter: &Letter) -> Result<(), ArchiveError> {
    let Job { id, kind, domain, period, message_count, made_s, state } = job;
    let (code, at_s, more) = job_columns(*state);
    let sql = "INSERT OR IGNORE INTO job (id, kind, domain, begin_s, until_s, message_count, made_s, state, state_s, \
               state_more) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let (begin_s, until_s) = (bounded(period.begin_s()), bounded(period.until_s()));
    let (message_count, made_s) = (bounded(*message_count), bounded(*made_s));
    let its = params![id.0, kind.code(), domain.as_str(), begin_s, until_s, message_count, made_s, code, at_s, more];
    if statement.execute(its).map_err(from_sqlite)? == 0 {
        return Ok(());
    }
    let mut subject = Vec::new();
    letter.subject.put(&mut subject);
    let sql = "INSERT OR REPLACE INTO letter (job, subject, content_type, body, date_s) VALUES (?, ?, ?, ?, ?)";
    insert(connection, sql, params![id.0, subject, letter.content_type, letter.body, bounded(letter.date_s)])
}

fn put_delivery(connection: &Connection, how: &str, delivery: &Delivery) -> Result<(), ArchiveError> {
    let Delivery { id, job, mailbox, attempts, state } = delivery;
    let ended = |end: &DeliveryEnd, at_s: u64| -> (u8, i64, Option<Box<str>>, i64, i64) {
        let reply = match end {
            DeliveryEnd::Refused { reply } | DeliveryEnd::Expired { reply } | DeliveryEnd::Bounced { reply } => {
                Some(reply.clone())
            }
            _ => None,
        };
        let bytes = match end {
            DeliveryEnd::TooLarge { bytes, bytes_max } => (bounded(*bytes), bounded(*bytes_max)),
            _ => (0, 0),
        };
        (end_code(end), bounded(at_s), reply, bytes.0, bytes.1)
    };
    let (code, at_s, reply, bytes, bytes_max) = match state {
        DeliveryState::Waiting { next_s, last } => (WAITING, bounded(*next_s), last.clone(), 0, 0),
        DeliveryState::Offered { at_s } => (OFFERED, bounded(*at_s), None, 0, 0),
        DeliveryState::Ending { at_s } => (ENDING, bounded(*at_s), None, 0, 0),
        DeliveryState::Done { at_s, end } => ended(end, *at_s),
    };
    let sql = format!(
        "{how} INTO delivery (id, job, mailbox, attempts, state, state_s, reply, bytes, bytes_max) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    insert(connection, &sql, params![id.0, job.0, mailbox, attempts, code, at_s, reply, bytes, bytes_max])
}

fn forget(connection: &Connection, before_s: i64) -> Result<(), ArchiveError> {
    insert(connection, "DELETE FROM job WHERE state = 2 AND state_s < ?1", [before_s])?;
    insert(connection, "DELETE FROM delivery WHERE job NOT IN (SELECT id FROM job)", [])?;
    insert(connection, "DELETE FROM letter WHERE job NOT IN (SELECT id FROM job)", [])?;
    insert(connection, "DELETE FROM confirmation WHERE until_s < ?1", [before_s])
}

fn jobs_of(connection: &Connection, query: &JobQuery, count_max: i64) -> Result<Vec<Job>, ArchiveError> {
    match query {
        JobQuery::Due { now_s } => {
            let due = "WHERE state = 0 AND state_s <= ?1 ORDER BY state_s, id LIMIT ?2";
            jobs(connection, due, params![bounded(*now_s), count_max])
        }
        JobQuery::Begun { kind, from_s, until_s } => {
            let begun = "WHERE kind = ?1 AND begin_s >= ?2 AND begin_s < ?3 ORDER BY domain, id LIMIT ?4";
            jobs(connection, begun, params![kind.code(), bounded(*from_s), bounded(*until_s), count_max])
        }
        JobQuery::Latest(None) => jobs(connection, "ORDER BY made_s DESC, id LIMIT ?1", [count_max]),
        JobQuery::Latest(Some(domain)) => {
            let latest = "WHERE domain = ?1 ORDER BY made_s DESC, id LIMIT ?2";
            jobs(connection, latest, params![domain.as_str(), count_max])
        }
        JobQuery::Before(None, JobKey { made_s, id }) => {
            let behind = "WHERE made_s <= ?1 AND (made_s < ?1 OR id > ?2) ORDER BY made_s DESC, id LIMIT ?3";
            jobs(connection, behind, params![bounded(*made_s), id.0, count_max])
        }
        JobQuery::Before(Some(domain), JobKey { made_s, id }) => {
            let behind = "WHERE domain = ?4 AND made_s <= ?1 AND (made_s < ?1 OR id > ?2) \
                          ORDER BY made_s DESC, id LIMIT ?3";
            jobs(connection, behind, params![bounded(*made_s), id.0, count_max, domain.as_str()])
        }
    }
}

fn jobs(connection: &Connection, which: &str, values: impl Params) -> Result<Vec<Job>, ArchiveError> {
    let columns = "id, kind, domain, begin_s, until_s, message_count, made_s, state, state_s, state_more";
    all(connection, &format!("SELECT {columns} FROM job {which}"), values, |row| {
        let period = Period::new(unsigned(row, 3)?, unsigned(row, 4)?);
        Ok(Job {
            id: JobId(text(row, 0)?),
            kind: coded(row, 1)?,
            domain: domain(row, 2)?,
            period: period.ok_or_else(|| corrupt("the period of a job"))?,
            message_count: unsigned(row, 5)?,
            made_s: unsigned(row, 6)?,
            state: job_state(row)?,
        })
    })
}

/// The state of a job, when it is or is to be something, and how often or how.
fn job_columns(state: JobState) -> (u8, i64, u32) {
    match state {
        JobState::Asking { next_s, attempts } => (0, bounded(next_s), attempts),
        JobState::Sending => (1, 0, 0),
        JobState::Done { at_s, end } => (2, bounded(at_s), end.code().into()),
    }
}

fn job_state(row: &Row<'_>) -> Result<JobState, ArchiveError> {
    let (at_s, more): (u64, u32) = (unsigned(row, 8)?, row.get(9).map_err(from_sqlite)?);
    let end = || u8::try_from(more).ok().and_then(JobEnd::from_code);
    match row.get::<_, u8>(7).map_err(from_sqlite)? {
        0 => Ok(JobState::Asking { next_s: at_s, attempts: more }),
        1 => Ok(JobState::Sending),
        _ => end().map(|end| JobState::Done { at_s, end }).ok_or_else(|| corrupt("the state of a job")),
    }
}

fn letter(connection: &Connection, id: &JobId) -> Result<Option<Letter>, ArchiveError> {
    let sql = "SELECT subject, content_type, body, date_s FROM letter WHERE job = ?1";
    let mut letters = all(connection, sql, [&id.0], |row| {
        Ok(Letter {
            subject: Wire::take(&mut Take { rest: blob(row, 0)? })
                .map_err(|Damage| corrupt("the subject of a mail"))?,
            content_type: text(row, 1)?,
            body: blob(row, 2)?.to_vec(),
            date_s: unsigned(row, 3)?,
        })
    })?;
    Ok(letters.pop())
}

fn deliveries_of(
    connection: &Connection,
    query: &DeliveryQuery,
    count_max: i64,
) -> Result<Vec<Delivery>, ArchiveError> {
    let order = "ORDER BY CASE state WHEN 0 THEN state_s ELSE 0 END, mailbox, id LIMIT ?1";
    match query {
        DeliveryQuery::Due { now_s } => {
            let due = "WHERE state = 0 AND state_s <= ?2 ORDER BY state_s, mailbox, id LIMIT ?1";
            deliveries(connection, due, params![count_max, bounded(*now_s)])
        }
        DeliveryQuery::Open => deliveries(connection, &format!("WHERE state IN (1, 2) {order}"), [count_max]),
        DeliveryQuery::OfJob(job) => {
            deliveries(connection, &format!("WHERE job = ?2 {order}"), params![count_max, job.0])
        }
        DeliveryQuery::One(id) => deliveries(connection, "WHERE id = ?2 LIMIT ?1", params![count_max, id.0]),
    }
}

fn deliveries(connection: &Connection, which: &str, values: impl Params) -> Result<Vec<Delivery>, ArchiveError> {
    let columns = "id, job, mailbox, attempts, state, state_s, reply, bytes, bytes_max";
    all(connection, &format!("SELECT {columns} FROM delivery {which}"), values, |row| {
        Ok(Delivery {
            id: DeliveryId(text(row, 0)?),
            job: JobId(text(row, 1)?),
            mailbox: text(row, 2)?,
            attempts: row.get(3).map_err(from_sqlite)?,
            state: delivery_state(row)?,
        })
    })
}

fn delivery_state(row: &Row<'_>) -> Result<DeliveryState, ArchiveError> {
    let at_s = unsigned(row, 5)?;
    let reply: Option<Box<str>> = row.get(6).map_err(from_sqlite)?;
    let code: u8 = row.get(4).map_err(from_sqlite)?;
    let end = match code {
        WAITING => return Ok(DeliveryState::Waiting { next_s: at_s, last: reply }),
        OFFERED => return Ok(DeliveryState::Offered { at_s }),
        ENDING => return Ok(DeliveryState::Ending { at_s }),
        ACCEPTED => DeliveryEnd::Accepted,
        IN_DOUBT => DeliveryEnd::InDoubt,
        REFUSED => DeliveryEnd::Refused { reply: reply.unwrap_or_default() },
        EXPIRED => DeliveryEnd::Expired { reply: reply.unwrap_or_default() },
        SUPPRESSED => DeliveryEnd::Suppressed,
        OFF => DeliveryEnd::Off,
        TOO_LARGE => DeliveryEnd::TooLarge { bytes: unsigned(row, 7)?, bytes_max: unsigned(row, 8)? },
        BOUNCED => DeliveryEnd::Bounced { reply: reply.unwrap_or_default() },
        _ => return Err(corrupt("the state of a delivery")),
    };
    Ok(DeliveryState::Done { at_s, end })
}

fn end_code(end: &DeliveryEnd) -> u8 {
    match end {
        DeliveryEnd::Accepted => ACCEPTED,
        DeliveryEnd::InDoubt => IN_DOUBT,
        DeliveryEnd::Refused { .. } => REFUSED,
        DeliveryEnd::Expired { .. } => EXPIRED,
        DeliveryEnd::Suppressed => SUPPRESSED,
        DeliveryEnd::Off => OFF,
        DeliveryEnd::TooLarge { .. } => TOO_LARGE,
        DeliveryEnd::Bounced { .. } => BOUNCED,
    }
}

fn suppressions(connection: &Connection, which: &str, values: impl Params) -> Result<Vec<Suppression>, ArchiveError> {
    let sql = format!("SELECT mailbox, since_s, until_s, strikes, reply FROM suppression {which}");
    all(connection, &sql, values, |row| {
        Ok(Suppression {
            mailbox: text(row, 0)?,
            since_s: unsigned(row, 1)?,
            until_s: unsigned(row, 2)?,
            strikes: row.get(3).map_err(from_sqlite)?,
            reply: text(row, 4)?,
        })
    })
}

fn confirmation(connection: &Connection, key: ConfirmationKey) -> Result<Option<Confirmation>, ArchiveError> {
    let sql = "SELECT is_agreed, answer, until_s FROM confirmation WHERE domain = ?1 AND uri = ?2 AND tag = ?3";
    let found = all(connection, sql, params![key.domain.as_str(), key.uri, key.tag.code()], |row| {
        let mut from = Take { rest: blob(row, 1)? };
        let answer = match row.get(0).map_err(from_sqlite)? {
            true => Wire::take(&mut from).map(Ok),
            false => from.byte().and_then(|code| Refusal::from_code(code).map(Err).ok_or(Damage)),
        };
        Ok((answer.map_err(|Damage| corrupt("what a destination said"))?, unsigned(row, 2)?))
    })?;
    Ok(found.into_iter().next().map(|(answer, until_s)| Confirmation { key, answer, until_s }))
}

fn text(row: &Row<'_>, column: usize) -> Result<Box<str>, ArchiveError> {
    row.get(column).map_err(from_sqlite)
}

fn domain(row: &Row<'_>, column: usize) -> Result<Domain, ArchiveError> {
    Domain::query(&text(row, column)?).map_err(|_| corrupt("a domain"))
}

fn corrupt(what: &str) -> ArchiveError {
    ArchiveError::Corrupt { what: what.to_owned() }
}

// The states of a delivery as they are stored; they never change.
const WAITING: u8 = 0;
const OFFERED: u8 = 1;
const ENDING: u8 = 2;
const ACCEPTED: u8 = 3;
const IN_DOUBT: u8 = 4;
const REFUSED: u8 = 5;
const EXPIRED: u8 = 6;
const SUPPRESSED: u8 = 7;
const OFF: u8 = 8;
const TOO_LARGE: u8 = 9;
const BOUNCED: u8 = 10;

super::codec::coded! {
    JobKind { Aggregate = 0, Failure = 1, Method = 2 }
    JobEnd { Delivered = 0, NoDestination = 1, Unknown = 2, Off = 3 }
    ConfirmationTag { Rua = 0, Ruf = 1 }
    Refusal { Scheme = 0, NotAgreed = 1, OtherHost = 2, NameTooLong = 3, PublicSuffix = 4 }
}
