//! Questions to the file about single reports, and what is kept beside them. Sums are in `sums`.

use std::net::IpAddr;

use feedback::archive::{
    ArchiveError, Content, CountQuery, DocumentId, DocumentLine, DocumentPage, DocumentQuery, Host, Kind, Mark, Origin,
    Place, Sender, Status, TlsLine, Totals, Trust,
};
use feedback::failure::Failure;
use feedback::limits::OVERLAP_S_MAX;
use mailtext::Domain;
use report::query::Reach;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Params, Row, ToSql, params, params_from_iter};

use super::answer;
use super::codec::{Coded, Damage, address_bytes, decode, decode_notes};
use super::error::{damaged, from_sqlite};
use super::head::Side;
use super::names::{Meant, domains_meant, reporters_meant};

/// A page of reports.
pub(super) fn documents(connection: &Connection, query: &DocumentQuery) -> Result<DocumentPage, ArchiveError> {
    let limit = answer::line_count(query.limit);
    // The newest first, and few of them: not by the index of periods.
    let mut conditions = Conditions::of_documents(connection, query, ["+d.from_s", "+d.until_s"])?;
    conditions.equals("d.status", query.status.map(|status| i64::from(status.code()).into()));
    conditions.compares("d.id", "<", query.before.map(|before| bounded(before.0).into()));
    let sql = format!("{LINE} {} ORDER BY d.id DESC LIMIT {}", conditions.sql(), limit + 1);
    let mut lines = lines(connection, &sql, &conditions.values)?;
    let is_more = lines.len() > limit;
    lines.truncate(limit);
    Ok(DocumentPage { next: lines.last().filter(|_| is_more).map(|line| line.id), lines })
}

/// How many reports stand how: by one index that has all that is asked for, from the end of the period on.
pub(super) fn totals(
    connection: &Connection,
    query: &DocumentQuery,
    within: Option<&[(Domain, Reach)]>,
) -> Result<Totals, ArchiveError> {
    let mut conditions = Conditions::of_documents(connection, query, ["d.from_s", "d.until_s"])?;
    if let Some(within) = within {
        let mut numbers = Vec::new();
        for wanted in within {
            if let Meant::These(its) = domains_meant(connection, query.tenant.as_deref(), Some(wanted))? {
                numbers.extend(its);
            }
        }
        conditions.among("d.domain", &Meant::These(numbers));
    }
    let sql = format!("{TOTALS} {} GROUP BY d.status", conditions.sql());
    let mut totals = Totals::default();
    let counted = all(connection, &sql, params_from_iter(&conditions.values), |row| {
        Ok((status_of(row, 0)?, unsigned(row, 1)?, unsigned(row, 2)?, unsigned(row, 3)?))
    })?;
    for (status, count, duplicate, conflicting) in counted {
        answer::add_total(&mut totals, status, count);
        totals.duplicate += duplicate;
        totals.conflicting += conflicting;
    }
    Ok(totals)
}

/// One report, and the bytes that it came in.
pub(super) fn document(
    connection: &Connection,
    id: DocumentId,
) -> Result<Option<(DocumentLine, Vec<u8>)>, ArchiveError> {
    let sql = format!("{LINE} WHERE d.id = ?1");
    let Some(line) = lines(connection, &sql, &[id_value(id)])?.pop() else { return Ok(None) };
    let mut raw = connection.prepare_cached("SELECT bytes FROM raw WHERE document = ?1").map_err(from_sqlite)?;
    let raw = raw.query_row([id_value(id)], |row| row.get(0)).optional().map_err(from_sqlite)?;
    Ok(Some((line, raw.unwrap_or_default())))
}

/// What one report says.
pub(super) fn content(connection: &Connection, id: DocumentId) -> Result<Option<Content>, ArchiveError> {
    let sql = "SELECT d.kind, d.status, b.bytes FROM document d LEFT JOIN body b ON b.document = d.id WHERE d.id = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query([id_value(id)]).map_err(from_sqlite)?;
    let Some(row) = rows.next().map_err(from_sqlite)? else { return Ok(None) };
    let kind = kind_of(row, 0)?;
    if status_of(row, 1)? == Status::Refused {
        return Ok(Some(Content::Refused(kind)));
    }
    let damaged = damaged(id.0 as i64);
    let kind = kind.ok_or_else(|| damaged(Damage))?;
    decode(kind, blob(row, 2)?).map(Some).map_err(damaged)
}

/// Failure reports, the newest first.
pub(super) fn failures(
    connection: &Connection,
    query: &CountQuery,
) -> Result<Vec<(DocumentLine, Failure)>, ArchiveError> {
    let conditions = Conditions::of_kind(connection, query, Kind::Failure)?;
    let limit = answer::line_count(query.limit);
    let sql = format!("{LINE} {} ORDER BY d.id DESC LIMIT {limit}", conditions.sql());
    let mut answer = Vec::new();
    for line in lines(connection, &sql, &conditions.values)? {
        if let Some(Content::Failure(failure)) = content(connection, line.id)? {
            answer.push((line, *failure));
        }
    }
    Ok(answer)
}

/// What TLS reports count, the newest day first.
pub(super) fn tls(connection: &Connection, query: &CountQuery) -> Result<Vec<TlsLine>, ArchiveError> {
    let conditions = Conditions::of_kind(connection, query, Kind::Tls)?;
    let limit = answer::line_count(query.limit);
    let sql = format!(
        "SELECT d.id, d.day, b.bytes FROM document d JOIN body b ON b.document = d.id {} ORDER BY d.day DESC, d.id DESC",
        conditions.sql()
    );
    let mut statement = connection.prepare_cached(&sql).map_err(from_sqlite)?;
    let mut rows = statement.query(params_from_iter(&conditions.values)).map_err(from_sqlite)?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next().map_err(from_sqlite)?.filter(|_| lines.len() < limit) {
        let (id, day): (i64, u32) = (row.get(0).map_err(from_sqlite)?, row.get(1).map_err(from_sqlite)?);
        if let Content::Tls(tls) = decode(Kind::Tls, blob(row, 2)?).map_err(damaged(id))? {
            lines.extend(answer::tls_lines(tls, day, query));
        }
    }
    lines.truncate(limit);
    Ok(lines)
}

/// What owners said.
pub(super) fn marks(connection: &Connection, tenant: &str) -> Result<Vec<Mark>, ArchiveError> {
    let sql =
        "SELECT domain, kind, sender, standing, note, at_s FROM mark WHERE tenant = ?1 ORDER BY domain, kind, sender";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query([tenant]).map_err(from_sqlite)?;
    let mut marks = Vec::new();
    let corrupt = |what: &str| ArchiveError::Corrupt { what: what.to_owned() };
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let (domain, sender): (String, Box<str>) = (row.get(0).map_err(from_sqlite)?, row.get(2).map_err(from_sqlite)?);
        let sender = match row.get(1).map_err(from_sqlite)? {
            0 => Sender::Service(sender),
            1 => Sender::Hosts(sender),
            2 => Sender::Network(sender),
            _ => return Err(corrupt("a mark's kind")),
        };
        marks.push(Mark {
            tenant: tenant.into(),
            domain: Domain::query(&domain).map_err(|_| corrupt("a mark's domain"))?,
            sender,
            standing: coded(row, 3)?,
            note: row.get(4).map_err(from_sqlite)?,
            at_s: unsigned(row, 5)?,
        });
    }
    Ok(marks)
}

/// A source of a mark as it is stored.
pub(super) fn sender_columns(sender: &Sender) -> (u8, &str) {
    match sender {
        Sender::Service(id) => (0, id),
        Sender::Hosts(domain) => (1, domain),
        Sender::Network(network) => (2, network),
    }
}

/// What is known of addresses.
pub(super) fn hosts(connection: &Connection, addresses: &[IpAddr]) -> Result<Vec<Host>, ArchiveError> {
    let sql = "SELECT name, asn, as_name, country, at_s FROM host WHERE address = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let mut hosts = Vec::new();
    for address in addresses {
        let mut rows = statement.query([address_bytes(*address)]).map_err(from_sqlite)?;
        let Some(row) = rows.next().map_err(from_sqlite)? else { continue };
        hosts.push(Host {
            address: *address,
            name: row.get(0).map_err(from_sqlite)?,
            asn: row.get(1).map_err(from_sqlite)?,
            as_name: row.get(2).map_err(from_sqlite)?,
            country: row.get(3).map_err(from_sqlite)?,
            at_s: unsigned(row, 4)?,
        });
    }
    Ok(hosts)
}

/// Up to where a source was read.
pub(super) fn place(connection: &Connection, source: &str) -> Result<Option<Place>, ArchiveError> {
    let mut statement =
        connection.prepare_cached("SELECT position FROM place WHERE source = ?1").map_err(from_sqlite)?;
    let position = statement.query_row([source], |row| row.get(0)).optional().map_err(from_sqlite)?;
    Ok(position.map(|position| Place { source: source.into(), position }))
}

/// Conditions of a question, in SQL.
#[derive(Default)]
pub(super) struct Conditions {
    terms: Vec<String>,
    pub(super) values: Vec<Value>,
    /// How the reports are gone through; when nothing is said, SQLite chooses.
    pub(super) way: &'static str,
}

impl Conditions {
    /// Reports that a question for reports means, however they were read; the period is asked for in these terms.
    fn of_documents(
        connection: &Connection,
        query: &DocumentQuery,
        [from_s, until_s]: [&str; 2],
    ) -> Result<Self, ArchiveError> {
        let mut conditions = Self::default();
        conditions.equals("d.tenant", query.tenant.as_deref().map(|tenant| tenant.to_owned().into()));
        conditions.equals("d.kind", query.kind.map(|kind| i64::from(kind.code()).into()));
        conditions.equals("d.report_id", query.report_id.as_deref().map(|report_id| report_id.to_owned().into()));
        if query.domain.is_some() {
            conditions.about(&domains_meant(connection, query.tenant.as_deref(), query.domain.as_ref())?);
        }
        conditions.among("d.reporter", &reporters_meant(connection, query.reporter.as_deref())?);
        conditions.compares(until_s, ">", query.from_s.map(|from_s| bounded(from_s).into()));
        conditions.compares(from_s, "<", query.until_s.map(|until_s| bounded(until_s).into()));
        Ok(conditions)
    }

    /// Reports of one kind that a question for counts means.
    pub(super) fn of_kind(connection: &Connection, query: &CountQuery, kind: Kind) -> Result<Self, ArchiveError> {
        let mut conditions = Self::asked(connection, query)?;
        conditions.equals("d.kind", Some(i64::from(kind.code()).into()));
        // So that the index of these kinds is used.
        conditions.term("d.kind > 0 AND d.status < 2".to_owned());
        Ok(conditions)
    }

    /// Aggregate reports that a question for counts means.
    pub(super) fn counted(connection: &Connection, query: &CountQuery) -> Result<Self, ArchiveError> {
        let everywhere = CountQuery { domain: None, ..query.clone() };
        let mut conditions = Self::asked(connection, &everywhere)?;
        if query.domain.is_some() {
            let domains = domains_meant(connection, query.tenant.as_deref(), query.domain.as_ref())?;
            conditions.among("d.domain", &domains);
        } else {
            // What takes most of the reports takes them as they lie in the file, not domain by domain; what takes those of
            // some days, day by day, which is nearly how they lie.
            conditions.way = if query.from_day.is_some() { BY_DAY } else { "NOT INDEXED" };
        }
        conditions.term(COUNTED.to_owned());
        Ok(conditions)
    }

    /// Reports that a question for counts means; refused ones too.
    pub(super) fn asked(connection: &Connection, query: &CountQuery) -> Result<Self, ArchiveError> {
        let mut conditions = Self::default();
        conditions.equals("d.tenant", query.tenant.as_deref().map(|tenant| tenant.to_owned().into()));
        if query.domain.is_some() {
            conditions.about(&domains_meant(connection, query.tenant.as_deref(), query.domain.as_ref())?);
        }
        conditions.among("d.reporter", &reporters_meant(connection, query.reporter.as_deref())?);
        conditions.compares("d.day", ">=", query.from_day.map(|day| i64::from(day).into()));
        conditions.compares("d.day", "<", query.until_day.map(|day| i64::from(day).into()));
        if !query.with_unauthenticated {
            conditions.term(format!("d.trust < {UNAUTHENTICATED}"));
        }
        Ok(conditions)
    }

    pub(super) fn term(&mut self, term: String) {
        self.terms.push(term);
    }

    fn equals(&mut self, column: &str, value: Option<Value>) {
        self.compares(column, "=", value);
    }

    fn compares(&mut self, column: &str, how: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.values.push(value);
            self.terms.push(format!("{column} {how} ?{}", self.values.len()));
        }
    }

    fn among(&mut self, column: &str, meant: &Meant) {
        if let Meant::These(numbers) = meant {
            let list = self.list(numbers);
            self.terms.push(format!("{column} IN {list}"));
        }
    }

    /// Reports about these domains.
    pub(super) fn about(&mut self, domains: &Meant) {
        if let Meant::These(numbers) = domains {
            let list = self.list(numbers);
            // Only what was not refused has a domain.
            let term = format!(
                "d.status < 2 AND (d.domain IN {list} OR d.id IN (SELECT document FROM also WHERE domain IN {list}))"
            );
            self.terms.push(term);
        }
    }

    fn list(&mut self, numbers: &[i64]) -> String {
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        self.values.push(format!("[{}]", numbers.join(",")).into());
        format!("(SELECT value FROM json_each(?{}))", self.values.len())
    }

    pub(super) fn sql(&self) -> String {
        if self.terms.is_empty() { String::new() } else { format!("WHERE {}", self.terms.join(" AND ")) }
    }
}

fn lines(connection: &Connection, sql: &str, values: &[Value]) -> Result<Vec<DocumentLine>, ArchiveError> {
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query(params_from_iter(values)).map_err(from_sqlite)?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        lines.push(line(connection, row)?);
    }
    Ok(lines)
}

fn line(connection: &Connection, row: &Row<'_>) -> Result<DocumentLine, ArchiveError> {
    fn text(row: &Row<'_>, column: usize) -> Result<Box<str>, ArchiveError> {
        row.get(column).map_err(from_sqlite)
    }
    let id = unsigned(row, 0)?;
    let reason: Option<Box<str>> = row.get(10).map_err(from_sqlite)?;
    let notes: Option<Vec<u8>> = row.get(20).map_err(from_sqlite)?;
    let (deviations, errors) = decode_notes(notes.as_deref()).map_err(damaged(id as i64))?;
    let (conflict, overlap) = kin(connection, row)?;
    Ok(DocumentLine {
        id: DocumentId(id),
        tenant: text(row, 1)?,
        kind: kind_of(row, 2)?,
        status: status_of(row, 3)?,
        origin: Origin {
            source: text(row, 7)?,
            path: text(row, 8)?,
            member: text(row, 9)?,
            trust: trust_of(row, 4, 5)?,
        },
        received_ms: unsigned(row, 6)?,
        reason: reason.map(|reason| text(row, 11).map(|more| (reason, more))).transpose()?,
        organization: text(row, 12)?,
        reporter: text(row, 13)?,
        report_id: text(row, 14)?,
        domain: text(row, 15)?,
        begin_s: unsigned(row, 16)?,
        end_s: unsigned(row, 17)?,
        record_count: unsigned(row, 18)?,
        message_count: unsigned(row, 19)?,
        deviations,
        errors,
        copies: unsigned(row, 23)?,
        conflict,
        overlap,
    })
}

/// Another report with the same name, and one whose period overlaps.
fn kin(connection: &Connection, row: &Row<'_>) -> Result<(Option<DocumentId>, Option<DocumentId>), ArchiveError> {
    let kind = kind_of(row, 2)?.filter(|kind| *kind != Kind::Failure);
    let domain: Option<i64> = row.get(21).map_err(from_sqlite)?;
    let (Some(kind), Some(domain), true) = (kind, domain, status_of(row, 3)? != Status::Refused) else {
        return Ok((None, None));
    };
    let id: i64 = row.get(0).map_err(from_sqlite)?;
    let (sender, report_id): (i64, Box<str>) = (row.get(22).map_err(from_sqlite)?, row.get(14).map_err(from_sqlite)?);
    let (begin_s, end_s): (i64, i64) = (row.get(16).map_err(from_sqlite)?, row.get(17).map_err(from_sqlite)?);
    // What nobody vouches for casts no doubt on what somebody does.
    let trust_below = match side_of(row, 4)? {
        Side::Counted => UNAUTHENTICATED,
        Side::Apart => UNAUTHENTICATED + 1,
    };
    let find = |sql: &str, values: &[&dyn ToSql]| -> Result<Option<DocumentId>, ArchiveError> {
        let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
        let found: Option<i64> = statement.query_row(values, |row| row.get(0)).optional().map_err(from_sqlite)?;
        Ok(found.map(|id| DocumentId(id as u64)))
    };
    let family: [&dyn ToSql; 7] = [&domain, &sender, &kind.code(), &begin_s, &end_s, &report_id, &id];
    let conflict = find(
        CONFLICT,
        params![family[0], family[1], family[2], family[3], family[4], family[5], family[6], trust_below],
    )?;
    if begin_s >= end_s {
        return Ok((conflict, None));
    }
    let longest_s = OVERLAP_S_MAX as i64;
    let looked_at_s = end_s.min(begin_s.saturating_add(longest_s));
    let from_s = begin_s.saturating_sub(longest_s);
    let overlap = find(
        OVERLAP,
        params![
            family[0],
            family[1],
            family[2],
            family[3],
            family[4],
            family[5],
            family[6],
            trust_below,
            from_s,
            looked_at_s
        ],
    )?;
    Ok((conflict, overlap))
}

fn id_value(id: DocumentId) -> Value {
    // An id that no report can have.
    i64::try_from(id.0).unwrap_or(-1).into()
}

/// A column as bytes; no bytes when it is empty.
pub(super) fn blob<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a [u8], ArchiveError> {
    let value = row.get_ref(column).map_err(from_sqlite)?.as_blob_or_null();
    value.map(Option::unwrap_or_default).map_err(|error| ArchiveError::Corrupt { what: error.to_string() })
}

/// Every row of a question, read.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, ArchiveError>,
) -> Result<Vec<T>, ArchiveError> {
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query(values).map_err(from_sqlite)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// What SQLite can keep as a number.
pub(super) fn bounded(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A column as a number that is never negative.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> Result<u64, ArchiveError> {
    row.get::<_, i64>(column).map(|number| u64::try_from(number).unwrap_or(0)).map_err(from_sqlite)
}

/// A word in a column.
pub(super) fn coded<T: Coded>(row: &Row<'_>, column: usize) -> Result<T, ArchiveError> {
    let code: u8 = row.get(column).map_err(from_sqlite)?;
    T::from_code(code).ok_or_else(|| ArchiveError::Corrupt { what: format!("a word with the number {code}") })
}

/// The kind in a column.
pub(super) fn kind_of(row: &Row<'_>, column: usize) -> Result<Option<Kind>, ArchiveError> {
    let code: Option<u8> = row.get(column).map_err(from_sqlite)?;
    Ok(code.and_then(Kind::from_code))
}

/// The status in a column.
pub(super) fn status_of(row: &Row<'_>, column: usize) -> Result<Status, ArchiveError> {
    coded(row, column)
}

/// The side of the trust in a column.
pub(super) fn side_of(row: &Row<'_>, column: usize) -> Result<Side, ArchiveError> {
    let trust: i64 = row.get(column).map_err(from_sqlite)?;
    Ok(if trust < UNAUTHENTICATED { Side::Counted } else { Side::Apart })
}

/// Trust as it is stored.
pub(super) fn voucher_of(trust: &Trust) -> (i64, Option<&str>) {
    match trust {
        Trust::Given => (0, None),
        Trust::Authenticated(domain) => (1, Some(domain)),
        Trust::Unauthenticated => (UNAUTHENTICATED, None),
    }
}

fn trust_of(row: &Row<'_>, column: usize, voucher: usize) -> Result<Trust, ArchiveError> {
    let voucher: Option<Box<str>> = row.get(voucher).map_err(from_sqlite)?;
    Ok(match (row.get(column).map_err(from_sqlite)?, voucher) {
        (0_i64, _) => Trust::Given,
        (1, Some(domain)) => Trust::Authenticated(domain),
        _ => Trust::Unauthenticated,
    })
}

/// By the index of days.
pub(super) const BY_DAY: &str = "INDEXED BY document_day";
/// Aggregate reports that were not refused.
pub(super) const COUNTED: &str = "d.kind = 0 AND d.status < 2";
const UNAUTHENTICATED: i64 = 2;
/// The columns of a line, in the order in which `line` and `kin` read them.
const LINE: &str = "SELECT d.id, d.tenant, d.kind, d.status, d.trust, d.voucher, d.received_ms, d.source, d.path, \
    d.member, d.reason, d.reason_more, r.organization, r.domain, d.report_id, coalesce(n.name, ''), d.begin_s, d.end_s, \
    d.record_count, d.message_count, d.notes, d.domain, d.sender, d.copies \
    FROM document d JOIN reporter r ON r.id = d.reporter LEFT JOIN domain n ON n.id = d.domain";
/// How many there are of each status, of how many copies came, and how many conflict. Of those that met another one with
/// their name, which are few, it is asked whether it is there still, as [`CONFLICT`] asks.
const TOTALS: &str = "SELECT d.status, count(*), coalesce(sum(d.copies > 0), 0), \
    coalesce(sum(CASE WHEN d.is_contradicted THEN EXISTS (SELECT 1 FROM document o WHERE o.status < 2 \
    AND o.domain = d.domain AND o.sender = d.sender AND o.kind = d.kind AND o.begin_s = d.begin_s AND o.end_s = d.end_s \
    AND o.id <> d.id AND o.trust < CASE WHEN d.trust < 2 THEN 2 ELSE 3 END AND o.report_id = d.report_id) ELSE 0 END), 0) \
    FROM document d INDEXED BY document_totals";
const CONFLICT: &str = "SELECT id FROM document WHERE status < 2 AND domain = ?1 AND sender = ?2 AND kind = ?3 \
    AND begin_s = ?4 AND end_s = ?5 AND report_id = ?6 AND id <> ?7 AND trust < ?8 ORDER BY id LIMIT 1";
const OVERLAP: &str = "SELECT id FROM document WHERE status < 2 AND domain = ?1 AND sender = ?2 AND kind = ?3 \
    AND begin_s > ?9 AND begin_s < ?10 AND end_s > ?4 AND begin_s < end_s AND trust < ?8 AND id <> ?7 \
    AND NOT (begin_s = ?4 AND end_s = ?5 AND report_id = ?6) ORDER BY begin_s DESC, end_s DESC, id DESC LIMIT 1";

#[cfg(test)]
mod tests {
    use super::*;

    /// Of many reports, none is read for the totals: the index has all that is asked for, and of it the days alone.
    #[test]
    fn totals_read_an_index_alone() {
        let file = Connection::open_in_memory().unwrap();
        super::super::schema::make(&file).unwrap();
        file.execute_batch(
            "INSERT INTO reporter (id, organization, domain) VALUES (1, 'r', 'r.example');
             INSERT INTO domain (id, tenant, name) VALUES (1, '', 'example.jp');
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
             INSERT INTO document (id, digest_start, digest, tenant, kind, status, trust, received_ms, source, path, member,
               domain, reporter, sender, report_id, begin_s, end_s, day, record_count, message_count, raw_bytes, copies,
               is_contradicted, from_s, until_s)
             SELECT i, i, x'00', '', 0, i % 7 = 0, 0, 0, '', '', '', 1, 1, 1, 'id' || (i / 2), i / 2 * 10, i / 2 * 10 + 5, 0,
               1, 1, 0, i % 10 = 0, 1, i / 2 * 10, i / 2 * 10 + 5
               FROM n;",
        )
        .unwrap();
        let query = DocumentQuery { from_s: Some(50_000), until_s: Some(60_000), ..DocumentQuery::default() };
        let conditions = Conditions::of_documents(&file, &query, ["d.from_s", "d.until_s"]).unwrap();
        let sql = format!("EXPLAIN QUERY PLAN {TOTALS} {} GROUP BY d.status", conditions.sql());
        let plan = all(&file, &sql, params_from_iter(&conditions.values), |row| Ok(row.get::<_, String>(3).unwrap()));
        let plan = plan.unwrap();
        assert!(
            plan.iter().any(|step| step == "SEARCH d USING COVERING INDEX document_totals (until_s>?)"),
            "{plan:?}"
        );
        assert!(plan.iter().all(|step| !step.starts_with("SCAN") && !step.contains("AUTOMATIC")), "{plan:?}");
        // Each two of them have the same name: periods 5000 to 5999, and the one that began at 50000 - 5 has ended.
        let totals = totals(&file, &query, None).unwrap();
        let numbers = 10_000..12_000_u64;
        let count = |fits: &dyn Fn(u64) -> bool| numbers.clone().filter(|number| fits(*number)).count() as u64;
        assert_eq!(
            totals,
            Totals {
                accepted: count(&|number| number % 7 != 0),
                salvaged: count(&|number| number % 7 == 0),
                refused: 0,
                duplicate: count(&|number| number % 10 == 0),
                conflicting: 2_000,
            }
        );
        // The list goes by numbers, whatever the days are.
        let query = DocumentQuery { limit: 1, ..query };
        assert_eq!(documents(&file, &query).unwrap().lines[0].id, DocumentId(11_999));
    }
}
