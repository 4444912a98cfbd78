//! What the thread that writes has before it: the transaction, the numbers of names, and the counts that change.

use std::collections::{BTreeMap, HashMap};

use feedback::archive::{ArchiveError, Content, DocumentId, Kind, Status};
use rusqlite::{Connection, OptionalExtension, params};

use super::cells::{Cells, cells_of_view};
use super::codec::{Coded, View, decode};
use super::error::{damaged, from_sqlite};
use super::head::{Side, has_name, period, sender};
use super::parcel::Prepared;
use super::read::{content, kind_of, side_of, status_of, voucher_of};
use super::receive::{Known, Likeness, Shelf, Worth, likeness};
use crate::limits::ARCHIVE_NAME_COUNT_MAX;

/// What is remembered from one transaction to the next. What it says of the file is true as long as nobody else has
/// written and no transaction of its own has failed.
#[derive(Default)]
pub(super) struct Desk {
    names: HashMap<String, i64, foldhash::fast::RandomState>,
    /// What `PRAGMA data_version` said: it changes when another connection has written.
    data_version: i64,
    /// Changes of counts, written at the end of the transaction, in the order of the table: neighbours share pages.
    changes: BTreeMap<Place, Cells>,
    last: Option<i64>,
}

/// Where in `tally` counts stand: domain, day, reporter, side.
pub(super) type Place = (i64, u32, i64, Side);

impl Desk {
    /// A transaction begins.
    pub(super) fn begin(&mut self, connection: &Connection) -> Result<(), ArchiveError> {
        let mut statement = connection.prepare_cached("PRAGMA data_version").map_err(from_sqlite)?;
        let version = statement.query_row([], |row| row.get(0)).map_err(from_sqlite)?;
        if version != self.data_version || self.names.len() > ARCHIVE_NAME_COUNT_MAX {
            self.forget();
            self.data_version = version;
        }
        self.changes.clear();
        self.last = None;
        Ok(())
    }

    /// What is remembered may not be true any more.
    pub(super) fn forget(&mut self) {
        self.names.clear();
        self.changes.clear();
        self.last = None;
    }

    /// The numbers of names may be others now.
    pub(super) fn forget_names(&mut self) {
        self.names.clear();
    }

    /// Writes what was gathered.
    pub(super) fn end(&mut self, connection: &Connection) -> Result<(), ArchiveError> {
        self.write_counts(connection)?;
        if let Some(last) = self.last.take() {
            let sql = "INSERT INTO counter (name, value) VALUES ('document', ?1) \
                       ON CONFLICT DO UPDATE SET value = excluded.value";
            connection.prepare_cached(sql).and_then(|mut sql| sql.execute([last])).map_err(from_sqlite)?;
        }
        Ok(())
    }

    /// Writes the counts that have changed.
    pub(super) fn write_counts(&mut self, connection: &Connection) -> Result<(), ArchiveError> {
        let one = "domain = ?1 AND day = ?2 AND reporter = ?3 AND side = ?4";
        let prepare = |sql: &str| connection.prepare_cached(sql).map_err(from_sqlite);
        let mut select = prepare(&format!("SELECT cells FROM tally WHERE {one}"))?;
        let mut delete = prepare(&format!("DELETE FROM tally WHERE {one}"))?;
        let mut insert =
            prepare("INSERT OR REPLACE INTO tally (domain, day, reporter, side, cells) VALUES (?, ?, ?, ?, ?)")?;
        for ((domain, day, reporter, side), change) in std::mem::take(&mut self.changes) {
            let place = params![domain, day, reporter, side.code()];
            let there: Option<Vec<u8>> = select.query_row(place, |row| row.get(0)).optional().map_err(from_sqlite)?;
            let is_there = there.is_some();
            // Counts that cannot be read are made anew by `rebuild`.
            let mut cells = there.and_then(|bytes| Cells::decode(&bytes).ok()).unwrap_or_default();
            cells.add(&change);
            if cells.is_empty() {
                if is_there {
                    delete.execute(place).map_err(from_sqlite)?;
                }
            } else {
                insert.execute(params![domain, day, reporter, side.code(), cells.encode()]).map_err(from_sqlite)?;
            }
        }
        Ok(())
    }

    /// The counts of a place change.
    pub(super) fn change(&mut self, place: Place) -> &mut Cells {
        self.changes.entry(place).or_default()
    }

    fn next_id(&mut self, connection: &Connection) -> Result<i64, ArchiveError> {
        let last = match self.last {
            Some(last) => last,
            None => {
                let sql = "SELECT value FROM counter WHERE name = 'document'";
                let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
                statement.query_row([], |row| row.get(0)).optional().map_err(from_sqlite)?.unwrap_or(0)
            }
        };
        self.last = Some(last + 1);
        Ok(last + 1)
    }

    pub(super) fn domain(&mut self, connection: &Connection, tenant: &str, name: &str) -> Result<i64, ArchiveError> {
        self.number(connection, Names::Domain, tenant, name)
    }

    /// The number of a name, which it has from now on if it had none.
    fn number(
        &mut self,
        connection: &Connection,
        names: Names,
        first: &str,
        second: &str,
    ) -> Result<i64, ArchiveError> {
        // The length keeps apart what would read alike together.
        let key = format!("{}{} {first}{second}", names as u8, first.len());
        if let Some(number) = self.names.get(&key) {
            return Ok(*number);
        }
        let (select, insert) = names.sql();
        let mut statement = connection.prepare_cached(select).map_err(from_sqlite)?;
        let there = statement.query_row([first, second], |row| row.get(0)).optional().map_err(from_sqlite)?;
        let number = match there {
            Some(number) => number,
            None => {
                let mut statement = connection.prepare_cached(insert).map_err(from_sqlite)?;
                statement.insert([first, second]).map_err(from_sqlite)?
            }
        };
        self.names.insert(key, number);
        Ok(number)
    }
}

/// The tables of names.
#[derive(Clone, Copy)]
enum Names {
    Domain,
    Reporter,
    Sender,
}

impl Names {
    /// How a number is found, and how it is given.
    fn sql(self) -> (&'static str, &'static str) {
        match self {
            Self::Domain => (
                "SELECT id FROM domain WHERE tenant = ?1 AND name = ?2",
                "INSERT INTO domain (tenant, name) VALUES (?1, ?2)",
            ),
            Self::Reporter => (
                "SELECT id FROM reporter WHERE organization = ?1 AND domain = ?2",
                "INSERT INTO reporter (organization, domain) VALUES (?1, ?2)",
            ),
            Self::Sender => {
                ("SELECT id FROM sender WHERE name = ?1 || ?2", "INSERT INTO sender (name) VALUES (?1 || ?2)")
            }
        }
    }
}

/// The file as a shelf of reports, within a transaction.
pub(super) struct Files<'a> {
    pub(super) connection: &'a Connection,
    pub(super) desk: &'a mut Desk,
}

impl<'a> Shelf for Files<'a> {
    type Item = &'a Prepared;

    fn worth(item: &&'a Prepared) -> Worth {
        item.worth()
    }

    fn same_bytes(&mut self, item: &&'a Prepared) -> Result<Option<Known>, ArchiveError> {
        let sql = "SELECT id, status, trust FROM document WHERE digest_start = ?1 AND digest = ?2 AND tenant = ?3 \
                   ORDER BY id LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql).map_err(from_sqlite)?;
        let its = params![item.digest_start(), item.digest, item.tenant];
        let mut rows = statement.query(its).map_err(from_sqlite)?;
        rows.next().map_err(from_sqlite)?.map(known).transpose()
    }

    fn same_name(&mut self, item: &&'a Prepared) -> Result<Vec<Known>, ArchiveError> {
        let head = &item.head;
        let Some(kind) = head.kind.filter(|_| has_name(head)) else { return Ok(Vec::new()) };
        let domain = self.desk.domain(self.connection, &item.tenant, head.domain())?;
        let sender = self.desk.number(self.connection, Names::Sender, &sender(head), "")?;
        let sql = "SELECT id, status, trust FROM document WHERE status < 2 AND domain = ?1 AND sender = ?2 AND kind = ?3 \
                   AND begin_s = ?4 AND end_s = ?5 AND report_id = ?6 ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql).map_err(from_sqlite)?;
        let its = params![domain, sender, kind.code(), head.begin_s as i64, head.end_s as i64, head.report_id];
        let mut rows = statement.query(its).map_err(from_sqlite)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(from_sqlite)? {
            all.push(known(row)?);
        }
        Ok(all)
    }

    fn likeness(&mut self, item: &&'a Prepared, kept: DocumentId) -> Result<Likeness, ArchiveError> {
        let its = item.head.kind.zip(item.body.as_ref());
        let its = its.map(|(kind, bytes)| decode(kind, bytes)).transpose();
        let its = its.map_err(damaged(0))?.unwrap_or(Content::Refused(None));
        let other = content(self.connection, kept)?.unwrap_or(Content::Refused(None));
        Ok(likeness(&its, &other))
    }

    fn put(&mut self, item: &'a Prepared) -> Result<DocumentId, ArchiveError> {
        let Self { connection, desk } = self;
        let id = desk.next_id(connection)?;
        let head = &item.head;
        let is_refused = item.status == Status::Refused;
        let domain = match head.domains.first().filter(|_| !is_refused) {
            Some(domain) => Some(desk.domain(connection, &item.tenant, domain)?),
            None => None,
        };
        let reporter = desk.number(connection, Names::Reporter, &head.organization, &head.reporter)?;
        let sender = desk.number(connection, Names::Sender, &sender(head), "")?;
        insert_document(connection, item, [id, reporter, sender], domain)?;
        if let Some(body) = &item.body {
            insert(
                connection,
                "INSERT INTO body (document, bytes, classes) VALUES (?, ?, ?)",
                params![id, body, item.classes],
            )?;
        }
        if !item.raw.is_empty() {
            insert(connection, "INSERT INTO raw (document, bytes) VALUES (?, ?)", params![id, item.raw])?;
        }
        match head.kind {
            Some(Kind::Tls | Kind::Failure) => {
                for name in &head.domains {
                    let domain = desk.domain(connection, &item.tenant, name)?;
                    insert(connection, "INSERT INTO also (domain, document) VALUES (?, ?)", params![domain, id])?;
                }
            }
            Some(Kind::Aggregate) | None => {
                if let Some(domain) = domain.filter(|_| !item.cells.is_empty()) {
                    desk.change((domain, item.day(), reporter, item.side())).add(&item.cells);
                }
            }
        }
        Ok(DocumentId(id as u64))
    }

    fn repeat(&mut self, id: DocumentId) -> Result<(), ArchiveError> {
        insert(self.connection, "UPDATE document SET copies = copies + 1 WHERE id = ?1", [id.0 as i64])
    }

    fn contradict(&mut self, id: DocumentId, others: &[DocumentId]) -> Result<(), ArchiveError> {
        let sql = "UPDATE document SET is_contradicted = 1 WHERE id = ?1 AND is_contradicted = 0";
        others.iter().chain([&id]).try_for_each(|id| insert(self.connection, sql, [id.0 as i64]))
    }

    fn take(&mut self, id: DocumentId) -> Result<(), ArchiveError> {
        take(self.connection, self.desk, id.0 as i64).map(drop)
    }
}

/// Takes a report away, with what it counts; whether it was there.
pub(super) fn take(connection: &Connection, desk: &mut Desk, id: i64) -> Result<bool, ArchiveError> {
    let sql = "SELECT d.domain, d.day, d.reporter, d.trust, d.kind, b.bytes, b.classes \
               FROM document d LEFT JOIN body b ON b.document = d.id WHERE d.id = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query([id]).map_err(from_sqlite)?;
    let Some(row) = rows.next().map_err(from_sqlite)? else { return Ok(false) };
    let column = |at: usize| row.get_ref(at).map_err(from_sqlite);
    let domain: Option<i64> = row.get(0).map_err(from_sqlite)?;
    let (day, reporter) = (row.get(1).map_err(from_sqlite)?, row.get(2).map_err(from_sqlite)?);
    let place = domain.map(|domain| side_of(row, 3).map(|side| (domain, day, reporter, side))).transpose()?;
    if let (Some(place), Some(Kind::Aggregate)) = (place, kind_of(row, 4)?) {
        let bytes = column(5)?.as_blob_or_null().ok().flatten().unwrap_or_default();
        let classes = column(6)?.as_blob_or_null().ok().flatten().unwrap_or_default();
        // One that cannot be read can be taken away nevertheless; then the counts are to be made anew.
        if let Ok(cells) = View::new(bytes).and_then(|view| cells_of_view(&view, classes)) {
            desk.change(place).take(&cells);
        }
    }
    drop(rows);
    for sql in [
        "DELETE FROM document WHERE id = ?1",
        "DELETE FROM body WHERE document = ?1",
        "DELETE FROM raw WHERE document = ?1",
        "DELETE FROM also WHERE document = ?1",
    ] {
        insert(connection, sql, [id])?;
    }
    Ok(true)
}

fn insert_document(
    connection: &Connection,
    item: &Prepared,
    [id, reporter, sender]: [i64; 3],
    domain: Option<i64>,
) -> Result<(), ArchiveError> {
    let sql = "INSERT INTO document (id, digest_start, digest, tenant, kind, status, trust, voucher, received_ms, source, \
               path, member, reason, reason_more, domain, reporter, sender, report_id, begin_s, end_s, day, record_count, \
               message_count, raw_bytes, notes, from_s, until_s) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let Prepared { head, origin, .. } = item;
    let (trust, voucher) = voucher_of(&origin.trust);
    let reason = item.reason.as_ref();
    let (from_s, until_s) = period(head.begin_s, head.end_s, item.received_ms);
    insert(
        connection,
        sql,
        params![
            id,
            item.digest_start(),
            item.digest,
            item.tenant,
            head.kind.map(Coded::code),
            item.status.code(),
            trust,
            voucher,
            item.received_ms as i64,
            origin.source,
            origin.path,
            origin.member,
            reason.map(|(reason, _)| reason),
            reason.map(|(_, more)| more),
            domain,
            reporter,
            sender,
            head.report_id,
            head.begin_s as i64,
            head.end_s as i64,
            item.day(),
            head.record_count as i64,
            head.message_count as i64,
            item.raw.len() as i64,
            item.notes,
            from_s as i64,
            until_s as i64,
        ],
    )
}

/// Does one statement.
pub(super) fn insert(connection: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<(), ArchiveError> {
    let done = connection.prepare_cached(sql).and_then(|mut statement| statement.execute(values));
    done.map(drop).map_err(from_sqlite)
}

fn known(row: &rusqlite::Row<'_>) -> Result<Known, ArchiveError> {
    let id: i64 = row.get(0).map_err(from_sqlite)?;
    Ok(Known { id: DocumentId(id as u64), worth: Worth::new(status_of(row, 1)?, side_of(row, 2)?) })
}
