//! Surveys of many domains, in the same file: of each how it was made, and its tables.
//!
//! | table | a row is |
//! |--|--|
//! | `survey` | a survey: its study – what those that follow one another have in common –, when it began, and two texts |
//!
//! What the texts mean is not known here. The tables are deflated: they are far longer, and are read of one survey at a time.

use std::future::Future;
use std::io::Read as _;

use feedback::ArchiveError;
use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use rusqlite::{Connection, OptionalExtension, params};

use super::SqliteArchive;
use super::desk::insert;
use super::error::from_sqlite;
use super::read::{all, blob, bounded, unsigned};
use crate::limits::{SURVEY_BYTES_MAX, SURVEY_COUNT_MAX, SURVEY_MADE_BYTES_MAX};

/// A survey to be kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewSurvey {
    /// Whose.
    pub tenant: Box<str>,
    /// Of which study.
    pub study: Box<str>,
    /// When it began, in seconds since 1970.
    pub begun_s: u64,
    /// How it was made.
    pub made: Box<str>,
    /// Its tables.
    pub tables: Box<str>,
}

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SurveyKeeping {
    /// It is kept, under this number; one of the same study and moment that was there has gone.
    Kept(u64),
    /// Its texts are longer than [`SURVEY_MADE_BYTES_MAX`] and [`SURVEY_BYTES_MAX`].
    TooLarge,
}

/// A survey that is kept, without its tables.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SurveyLine {
    /// Its number. It stays the same.
    pub id: u64,
    /// Its study.
    pub study: Box<str>,
    /// When it began, in seconds since 1970.
    pub begun_s: u64,
    /// How it was made.
    pub made: Box<str>,
}

impl SqliteArchive {
    /// Keeps a survey; it is on the disk when this is done. Of each study the newest [`SURVEY_COUNT_MAX`] are kept.
    ///
    /// # Errors
    /// It is not kept.
    pub fn keep_survey(&self, survey: NewSurvey) -> impl Future<Output = Result<SurveyKeeping, ArchiveError>> + Send {
        self.writer.call(move |connection, _| keep(connection, &survey)).end()
    }

    /// The surveys that are kept, newest first.
    ///
    /// # Errors
    /// The store cannot answer.
    pub fn surveys(&self, tenant: &str) -> impl Future<Output = Result<Vec<SurveyLine>, ArchiveError>> + Send {
        let tenant: Box<str> = tenant.into();
        self.readers.ask(move |connection| lines(connection, &tenant)).end()
    }

    /// A survey with its tables.
    ///
    /// # Errors
    /// The store cannot answer.
    pub fn survey(
        &self,
        tenant: &str,
        id: u64,
    ) -> impl Future<Output = Result<Option<(SurveyLine, Box<str>)>, ArchiveError>> + Send {
        let tenant: Box<str> = tenant.into();
        self.readers.ask(move |connection| one(connection, &tenant, id)).end()
    }

    /// Forgets a survey; whether there was one.
    ///
    /// # Errors
    /// The store cannot do it.
    pub fn forget_survey(&self, tenant: &str, id: u64) -> impl Future<Output = Result<bool, ArchiveError>> + Send {
        let tenant: Box<str> = tenant.into();
        self.writer
            .call(move |connection, _| {
                let sql = "DELETE FROM survey WHERE tenant = ?1 AND id = ?2";
                let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
                Ok(statement.execute(params![tenant, bounded(id)]).map_err(from_sqlite)? > 0)
            })
            .end()
    }
}

fn keep(connection: &Connection, survey: &NewSurvey) -> Result<SurveyKeeping, ArchiveError> {
    let NewSurvey { tenant, study, made, tables, .. } = survey;
    if study.len() + made.len() > SURVEY_MADE_BYTES_MAX || tables.len() > SURVEY_BYTES_MAX {
        return Ok(SurveyKeeping::TooLarge);
    }
    let begun_s = bounded(survey.begun_s);
    let mut deflated = Vec::new();
    let read = DeflateEncoder::new(tables.as_bytes(), Compression::default()).read_to_end(&mut deflated);
    read.map_err(|error| ArchiveError::Failed { what: error.to_string() })?;
    let sql = "INSERT INTO survey (tenant, study, begun_s, made, tables) VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT (tenant, study, begun_s) DO UPDATE SET made = excluded.made, tables = excluded.tables";
    insert(connection, sql, params![tenant, study, begun_s, made, deflated])?;
    let sql = "DELETE FROM survey WHERE tenant = ?1 AND study = ?2 AND begun_s < \
               (SELECT begun_s FROM survey WHERE tenant = ?1 AND study = ?2 ORDER BY begun_s DESC LIMIT 1 OFFSET ?3)";
    insert(connection, sql, params![tenant, study, bounded(SURVEY_COUNT_MAX - 1)])?;
    let sql = "SELECT id FROM survey WHERE tenant = ?1 AND study = ?2 AND begun_s = ?3";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let id = statement.query_row(params![tenant, study, begun_s], |row| row.get::<_, i64>(0)).optional();
    // One that is older than all that are kept has gone at once.
    let id = id.map_err(from_sqlite)?.unwrap_or_default();
    Ok(SurveyKeeping::Kept(u64::try_from(id).unwrap_or_default()))
}

fn lines(connection: &Connection, tenant: &str) -> Result<Vec<SurveyLine>, ArchiveError> {
    let sql = "SELECT id, study, begun_s, made FROM survey WHERE tenant = ?1 ORDER BY begun_s DESC, id DESC";
    all(connection, sql, [tenant], line)
}

fn one(connection: &Connection, tenant: &str, id: u64) -> Result<Option<(SurveyLine, Box<str>)>, ArchiveError> {
    let sql = "SELECT id, study, begun_s, made, tables FROM survey WHERE tenant = ?1 AND id = ?2";
    let found = all(connection, sql, params![tenant, bounded(id)], |row| Ok((line(row)?, blob(row, 4)?.to_vec())))?;
    let Some((line, deflated)) = found.into_iter().next() else { return Ok(None) };
    let mut tables = String::new();
    let limit = SURVEY_BYTES_MAX as u64;
    let read = DeflateDecoder::new(&*deflated).take(limit).read_to_string(&mut tables);
    read.map_err(|error| ArchiveError::Corrupt { what: format!("survey {id}: {error}") })?;
    Ok(Some((line, tables.into())))
}

fn line(row: &rusqlite::Row<'_>) -> Result<SurveyLine, ArchiveError> {
    Ok(SurveyLine {
        id: unsigned(row, 0)?,
        study: row.get(1).map_err(from_sqlite)?,
        begun_s: unsigned(row, 2)?,
        made: row.get(3).map_err(from_sqlite)?,
    })
}
