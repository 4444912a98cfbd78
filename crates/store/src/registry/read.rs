//! Questions to the file of people.

use people::limits::LOG_PAGE_LINE_COUNT_MAX;
use people::{
    Chain, Digest, Language, LogLine, LogOrder, LogPage, LogQuery, Name, NewLine, Outcome, PasswordHash, Person,
    RegistryError, Secret, Session, Setup, Subject, Theme, Token, grant,
};
use rusqlite::{Connection, OptionalExtension, Params, Row, ToSql, params};

use super::schema::from_sqlite;

pub(super) fn people(connection: &Connection) -> Result<Vec<Person>, RegistryError> {
    all(connection, &format!("SELECT {PERSON} FROM person p ORDER BY p.name"), [], |row| person_at(row, 0))
}

pub(super) fn person(connection: &Connection, name: &Name) -> Result<Option<Person>, RegistryError> {
    let sql = format!("SELECT {PERSON} FROM person p WHERE p.name = ?1");
    one(connection, &sql, [name.as_str()], |row| person_at(row, 0))
}

pub(super) fn person_of(connection: &Connection, subject: &Subject) -> Result<Option<Person>, RegistryError> {
    let sql = format!("SELECT {PERSON} FROM person p WHERE p.issuer = ?1 AND p.subject = ?2");
    one(connection, &sql, params![subject.issuer, subject.subject], |row| person_at(row, 0))
}

pub(super) fn has_keeper(connection: &Connection) -> Result<bool, RegistryError> {
    Ok(people(connection)?.iter().any(Person::is_keeper))
}

pub(super) fn session(connection: &Connection, digest: &Digest) -> Result<Option<(Session, Person)>, RegistryError> {
    let sql = format!("SELECT {SESSION}, {PERSON} FROM session s JOIN person p ON p.name = s.name WHERE s.digest = ?1");
    one(connection, &sql, [digest.bytes()], |row| Ok((session_at(row)?, person_at(row, SESSION_COLUMNS)?)))
}

pub(super) fn sessions(connection: &Connection, name: &Name) -> Result<Vec<Session>, RegistryError> {
    let sql = format!("SELECT {SESSION} FROM session s WHERE s.name = ?1 ORDER BY s.used_s DESC, s.digest");
    all(connection, &sql, [name.as_str()], session_at)
}

pub(super) fn token(connection: &Connection, digest: &Digest) -> Result<Option<(Token, Person)>, RegistryError> {
    let sql = format!("SELECT {TOKEN}, {PERSON} FROM token t JOIN person p ON p.name = t.name WHERE t.digest = ?1");
    one(connection, &sql, [digest.bytes()], |row| Ok((token_at(row)?, person_at(row, TOKEN_COLUMNS)?)))
}

pub(super) fn tokens(connection: &Connection, name: &Name) -> Result<Vec<Token>, RegistryError> {
    let sql = format!("SELECT {TOKEN} FROM token t WHERE t.name = ?1 ORDER BY t.made_s DESC, t.digest");
    all(connection, &sql, [name.as_str()], token_at)
}

pub(super) fn setup(connection: &Connection) -> Result<Option<Setup>, RegistryError> {
    one(connection, "SELECT digest, made_s, ends_s FROM setup", [], |row| {
        Ok(Setup { digest: digest_at(row, 0)?, made_s: number(row, 1)?, ends_s: number(row, 2)? })
    })
}

/// Where the chain of the log stands.
pub(super) fn chain(connection: &Connection) -> Result<Chain, RegistryError> {
    let sql = "SELECT number, digest FROM log ORDER BY number DESC LIMIT 1";
    let last = one(connection, sql, [], |row| Ok(Chain { number: number(row, 0)?, digest: digest_at(row, 1)? }))?;
    Ok(last.unwrap_or(Chain::START))
}

pub(super) fn log(connection: &Connection, query: &LogQuery) -> Result<LogPage, RegistryError> {
    let limit = page_limit(query.limit);
    let (sign, order) = match query.order {
        LogOrder::NewestFirst => ("<", "DESC"),
        LogOrder::OldestFirst => (">", "ASC"),
    };
    let (from_ms, until_ms) = (query.from_ms.map(signed), query.until_ms.map(signed));
    let (after, wanted) = (query.after.map(signed), signed(limit as u64 + 1));
    let after_term = format!("number {sign} ?");
    // Only what is asked for stands in the question, so that SQLite can choose an index for it.
    let terms: [(&str, Option<&dyn ToSql>); 6] = [
        ("who = ?", query.who.as_ref().map(|value| value as _)),
        ("verb = ?", query.verb.as_ref().map(|value| value as _)),
        ("object = ?", query.object.as_ref().map(|value| value as _)),
        ("at_ms >= ?", from_ms.as_ref().map(|value| value as _)),
        ("at_ms < ?", until_ms.as_ref().map(|value| value as _)),
        (&after_term, after.as_ref().map(|value| value as _)),
    ];
    let mut values: Vec<&dyn ToSql> = terms.iter().filter_map(|(_, value)| *value).collect();
    values.push(&wanted);
    let asked: Vec<&str> = terms.iter().filter(|(_, value)| value.is_some()).map(|(term, _)| *term).collect();
    let filter = if asked.is_empty() { String::new() } else { format!("WHERE {}", asked.join(" AND ")) };
    let sql = format!("SELECT {LOG} FROM log {filter} ORDER BY number {order} LIMIT ?");
    let mut lines = all(connection, &sql, values.as_slice(), line_at)?;
    let has_more = lines.len() > limit;
    lines.truncate(limit);
    let next = lines.last().filter(|_| has_more).map(|line| line.number);
    Ok(LogPage { lines, next })
}

/// How many lines a page has at most.
pub(super) fn page_limit(asked: usize) -> usize {
    if asked == 0 { LOG_PAGE_LINE_COUNT_MAX } else { asked.min(LOG_PAGE_LINE_COUNT_MAX) }
}

fn person_at(row: &Row<'_>, at: usize) -> Result<Person, RegistryError> {
    let name: String = column(row, at)?;
    let (name, broken) = (parsed_name(&name)?, || corrupt(&format!("the person {name}")));
    let password: Option<String> = column(row, at + 2)?;
    let (language, theme): (Option<String>, String) = (column(row, at + 5)?, column(row, at + 7)?);
    let (issuer, subject): (Option<Box<str>>, Option<Box<str>>) = (column(row, at + 9)?, column(row, at + 10)?);
    Ok(Person {
        version: number(row, at + 1)?,
        password: password.map(|text| PasswordHash::parse(&text).map_err(|_| broken())).transpose()?,
        grants: grants_at(row, at + 3)?,
        is_disabled: column(row, at + 4)?,
        language: language.map(|word| Language::from_word(&word).ok_or_else(broken)).transpose()?,
        zone: column(row, at + 6)?,
        theme: Theme::from_word(&theme).ok_or_else(broken)?,
        made_s: number(row, at + 8)?,
        subject: issuer.zip(subject).map(|(issuer, subject)| Subject { issuer, subject }),
        name,
    })
}

fn session_at(row: &Row<'_>) -> Result<Session, RegistryError> {
    let (name, address): (String, String) = (column(row, 1)?, column(row, 6)?);
    Ok(Session {
        digest: digest_at(row, 0)?,
        name: parsed_name(&name)?,
        begun_s: number(row, 2)?,
        used_s: number(row, 3)?,
        ends_s: number(row, 4)?,
        csrf: Secret::new(column(row, 5)?),
        address: address.parse().map_err(|_| corrupt("the address of a session"))?,
        agent: column(row, 7)?,
    })
}

fn token_at(row: &Row<'_>) -> Result<Token, RegistryError> {
    let name: String = column(row, 2)?;
    let used_s: Option<i64> = column(row, 7)?;
    Ok(Token {
        digest: digest_at(row, 0)?,
        id: column(row, 1)?,
        name: parsed_name(&name)?,
        label: column(row, 3)?,
        grants: grants_at(row, 4)?,
        made_s: number(row, 5)?,
        ends_s: number(row, 6)?,
        used_s: used_s.map(|number| u64::try_from(number).unwrap_or(0)),
    })
}

fn line_at(row: &Row<'_>) -> Result<LogLine, RegistryError> {
    let (address, outcome): (Option<String>, String) = (column(row, 3)?, column(row, 7)?);
    let address = address.map(|text| text.parse().map_err(|_| corrupt("the address of a line of the log")));
    Ok(LogLine {
        number: number(row, 0)?,
        line: NewLine {
            at_ms: number(row, 1)?,
            who: column(row, 2)?,
            address: address.transpose()?,
            verb: column(row, 4)?,
            object: column(row, 5)?,
            note: column(row, 6)?,
            outcome: Outcome::from_word(&outcome).ok_or_else(|| corrupt("the outcome of a line of the log"))?,
        },
        digest: digest_at(row, 8)?,
    })
}

fn parsed_name(text: &str) -> Result<Name, RegistryError> {
    Name::parse(text).map_err(|_| corrupt("the name of a person"))
}

fn grants_at(row: &Row<'_>, at: usize) -> Result<Vec<people::Grant>, RegistryError> {
    let text: String = column(row, at)?;
    grant::parse(&text).map_err(|_| corrupt("what somebody may do"))
}

fn digest_at(row: &Row<'_>, at: usize) -> Result<Digest, RegistryError> {
    column(row, at).map(Digest::new)
}

fn number(row: &Row<'_>, at: usize) -> Result<u64, RegistryError> {
    column::<i64>(row, at).map(|number| u64::try_from(number).unwrap_or(0))
}

fn column<T: rusqlite::types::FromSql>(row: &Row<'_>, at: usize) -> Result<T, RegistryError> {
    row.get(at).map_err(from_sqlite)
}

/// A number as SQLite keeps it.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn corrupt(what: &str) -> RegistryError {
    RegistryError::Corrupt { what: what.to_owned() }
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, RegistryError>,
) -> Result<Vec<T>, RegistryError> {
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query(values).map_err(from_sqlite)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn one<T>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, RegistryError>,
) -> Result<Option<T>, RegistryError> {
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let found = statement.query_row(values, |row| Ok(read(row))).optional().map_err(from_sqlite)?;
    found.transpose()
}

const PERSON: &str = "p.name, p.version, p.password, p.grants, p.is_disabled, p.language, p.zone, p.theme, p.made_s, \
                      p.issuer, p.subject";
const SESSION: &str = "s.digest, s.name, s.begun_s, s.used_s, s.ends_s, s.csrf, s.address, s.agent";
const SESSION_COLUMNS: usize = 8;
const TOKEN: &str = "t.digest, t.id, t.name, t.label, t.grants, t.made_s, t.ends_s, t.used_s";
const TOKEN_COLUMNS: usize = 8;
const LOG: &str = "number, at_ms, who, address, verb, object, note, outcome, digest";
