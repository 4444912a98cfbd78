//! Changes of the file of people, each within a transaction that its caller began.

use people::limits::SESSION_COUNT_MAX;
use people::{
    Digest, Lifetimes, LogLine, Name, NewLine, Person, RegistryError, Session, Setup, SetupUse, Swept, Token, grant,
    rules,
};
use rusqlite::{Connection, Params, params};

use super::read::{self, signed};
use super::schema::from_sqlite;

pub(super) fn put_person(connection: &Connection, person: &Person, line: NewLine) -> Result<u64, RegistryError> {
    let people = read::people(connection)?;
    let version = rules::put(&people, person)?;
    let subject = person.subject.as_ref();
    let sql = "INSERT OR REPLACE INTO person (name, version, password, grants, is_disabled, language, zone, theme, \
               made_s, issuer, subject) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let values = params![
        person.name.as_str(),
        signed(version),
        person.password.as_ref().map(people::PasswordHash::as_str),
        grant::print(&person.grants),
        person.is_disabled,
        person.language.map(people::Language::word),
        person.zone,
        person.theme.word(),
        signed(person.made_s),
        subject.map(|subject| &subject.issuer),
        subject.map(|subject| &subject.subject),
    ];
    run(connection, sql, values)?;
    let before = people.iter().find(|before| before.name == person.name);
    if before.is_some_and(|before| rules::ends_sessions(before, person)) {
        end_sessions(connection, &person.name, None)?;
    }
    append(connection, line)?;
    Ok(version)
}

pub(super) fn remove_person(
    connection: &Connection,
    name: &Name,
    version: u64,
    line: NewLine,
) -> Result<(), RegistryError> {
    rules::remove(&read::people(connection)?, name, version)?;
    for sql in [
        "DELETE FROM person WHERE name = ?1",
        "DELETE FROM session WHERE name = ?1",
        "DELETE FROM token WHERE name = ?1",
    ] {
        run(connection, sql, [name.as_str()])?;
    }
    append(connection, line).map(drop)
}

pub(super) fn put_session(connection: &Connection, session: &Session) -> Result<(), RegistryError> {
    let person = read::person(connection, &session.name)?;
    if person.is_none_or(|person| person.is_disabled) {
        return Err(RegistryError::NotFound);
    }
    let others = read::sessions(connection, &session.name)?;
    for other in others.iter().skip(SESSION_COUNT_MAX - 1) {
        end_session(connection, &other.digest)?;
    }
    let sql = "INSERT INTO session (digest, name, begun_s, used_s, ends_s, csrf, address, agent) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let values = params![
        session.digest.bytes(),
        session.name.as_str(),
        signed(session.begun_s),
        signed(session.used_s),
        signed(session.ends_s),
        session.csrf.bytes(),
        session.address.to_string(),
        session.agent,
    ];
    run(connection, sql, values).map(drop)
}

pub(super) fn touch_session(connection: &Connection, digest: &Digest, used_s: u64) -> Result<(), RegistryError> {
    let sql = "UPDATE session SET used_s = max(used_s, ?2) WHERE digest = ?1";
    run(connection, sql, params![digest.bytes(), signed(used_s)]).map(drop)
}

pub(super) fn end_session(connection: &Connection, digest: &Digest) -> Result<bool, RegistryError> {
    run(connection, "DELETE FROM session WHERE digest = ?1", [digest.bytes()]).map(|count| count > 0)
}

pub(super) fn end_sessions(connection: &Connection, name: &Name, but: Option<&Digest>) -> Result<u64, RegistryError> {
    let sql = "DELETE FROM session WHERE name = ?1 AND (?2 IS NULL OR digest != ?2)";
    run(connection, sql, params![name.as_str(), but.map(Digest::bytes)])
}

pub(super) fn put_token(connection: &Connection, token: &Token, line: NewLine) -> Result<(), RegistryError> {
    read::person(connection, &token.name)?.ok_or(RegistryError::NotFound)?;
    let others = read::tokens(connection, &token.name)?;
    rules::put_token(others.len(), token)?;
    if others.iter().any(|other| other.id == token.id) {
        return Err(RegistryError::Taken);
    }
    let sql = "INSERT INTO token (digest, id, name, label, grants, made_s, ends_s, used_s) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let values = params![
        token.digest.bytes(),
        token.id,
        token.name.as_str(),
        token.label,
        grant::print(&token.grants),
        signed(token.made_s),
        signed(token.ends_s),
        token.used_s.map(signed),
    ];
    run(connection, sql, values)?;
    append(connection, line).map(drop)
}

pub(super) fn touch_token(connection: &Connection, digest: &Digest, used_s: u64) -> Result<(), RegistryError> {
    let sql = "UPDATE token SET used_s = max(coalesce(used_s, 0), ?2) WHERE digest = ?1";
    run(connection, sql, params![digest.bytes(), signed(used_s)]).map(drop)
}

pub(super) fn remove_token(
    connection: &Connection,
    name: &Name,
    id: &str,
    line: NewLine,
) -> Result<bool, RegistryError> {
    let was_there = run(connection, "DELETE FROM token WHERE name = ?1 AND id = ?2", [name.as_str(), id])? > 0;
    if was_there {
        append(connection, line)?;
    }
    Ok(was_there)
}

pub(super) fn put_setup(connection: &Connection, setup: &Setup, line: NewLine) -> Result<(), RegistryError> {
    if read::has_keeper(connection)? {
        return Err(RegistryError::Settled);
    }
    let sql = "INSERT OR REPLACE INTO setup (only_one, digest, made_s, ends_s) VALUES (0, ?1, ?2, ?3)";
    run(connection, sql, params![setup.digest.bytes(), signed(setup.made_s), signed(setup.ends_s)])?;
    append(connection, line).map(drop)
}

pub(super) fn use_setup(
    connection: &Connection,
    digest: &Digest,
    person: &Person,
    now_s: u64,
    line: NewLine,
) -> Result<SetupUse, RegistryError> {
    let found = people::setup::judge(read::setup(connection)?.as_ref(), digest, read::has_keeper(connection)?, now_s);
    if let Err(refused) = found {
        return Ok(refused);
    }
    run(connection, "DELETE FROM setup", [])?;
    let version = put_person(connection, person, line)?;
    Ok(SetupUse::Done { version })
}

pub(super) fn sweep(connection: &Connection, now_s: u64, lifetimes: Lifetimes) -> Result<Swept, RegistryError> {
    let (now, idle) = (signed(now_s), signed(lifetimes.idle_s));
    let sql = "DELETE FROM session WHERE ends_s <= ?1 OR used_s <= ?1 - ?2";
    let session_count = run(connection, sql, [now, idle])?;
    let token_count = run(connection, "DELETE FROM token WHERE ends_s <= ?1", [now])?;
    let had_setup = run(connection, "DELETE FROM setup WHERE ends_s <= ?1", [now])? > 0;
    Ok(Swept { session_count, token_count, had_setup })
}

pub(super) fn append(connection: &Connection, line: NewLine) -> Result<LogLine, RegistryError> {
    let next = read::chain(connection)?.next(line);
    let sql = "INSERT INTO log (number, at_ms, who, address, verb, object, note, outcome, digest) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let line = &next.line;
    let values = params![
        signed(next.number),
        signed(line.at_ms),
        line.who,
        line.address.map(|address| address.to_string()),
        line.verb,
        line.object,
        line.note,
        line.outcome.word(),
        next.digest.bytes(),
    ];
    run(connection, sql, values)?;
    Ok(next)
}

fn run(connection: &Connection, sql: &str, values: impl Params) -> Result<u64, RegistryError> {
    let done = connection.prepare_cached(sql).and_then(|mut statement| statement.execute(values));
    done.map(|count| count as u64).map_err(from_sqlite)
}
