//! The inbox: reports as they came in, how each was read, and what is remarkable about it.

use feedback::archive::{DocumentLine, DocumentPage, DocumentQuery, Kind, Status, Totals};
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::ask::{Period, View, Visit};
use crate::data::{Cell, Column, Table};
use crate::documents::{
    KINDS, STATES, State, find, kind_label, kind_word, moment, parse_kind, period_cell, remarks, status_label,
    status_word, totals, trust_word,
};
use crate::page::Page;
use crate::parts::{choice, days, downloads, field, figure_of, filter, onward, state, time};
use crate::screen::{Fresh, Screen};
use crate::sources::Sources;
use crate::trouble::Trouble;

/// The screen.
pub(crate) struct Inbox;

/// What it shows.
pub(crate) struct Data {
    period: Period,
    names: Vec<String>,
    found: DocumentPage,
    totals: Totals,
}

impl Screen for Inbox {
    type Data = Data;

    const FRESH: Fresh = Fresh::Reports;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let period = visit.period()?;
        let names = visit.own_domains().await?.into_iter().map(|line| line.domain.into()).collect();
        let asked = visit.query.domain("domain")?;
        let places = visit.who.places(asked.as_ref());
        let query = DocumentQuery {
            kind: visit.query.read("kind", parse_kind)?,
            reporter: visit.query.get("reporter").map(Into::into),
            report_id: visit.query.get("report_id").map(Into::into),
            from_s: Some(period.from_ms() / 1000),
            until_s: Some(period.until_ms() / 1000),
            before: visit.query.number("before")?.map(feedback::archive::DocumentId),
            ..DocumentQuery::default()
        };
        let wanted = visit.query.read("status", State::parse)?;
        let totals = totals(visit, query.clone(), asked.as_ref()).await?;
        let found = find(visit, query, &places, wanted, visit.row_count()).await?;
        Ok(Data { period, names, found, totals })
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let tables = Self::tables(data, view);
        let kinds = [Kind::Aggregate, Kind::Failure, Kind::Tls].map(|kind| view.word(kind_label(Some(kind))));
        let kinds: Vec<_> = KINDS.iter().copied().zip(kinds).collect();
        let states: Vec<_> = STATES.iter().copied().zip(state_labels().map(|label| view.word(label))).collect();
        let more = html! {
            (choice(view, "kind", &view.word("page-inbox-label-kind"), &kinds))
            (choice(view, "status", &view.word("page-inbox-label-status"), &states))
            (field(view, "reporter", &view.word("page-inbox-label-reporter")))
            (field(view, "report_id", &view.word("page-inbox-label-report-id")))
        };
        let next = data.found.next.map(|id| id.0.to_string());
        let body = html! {
            (filter(view, &data.names, &more))
            div .keys { @for (word, label, count) in totals_told(&data.totals) {
                (figure_of(count, &view.word(label), Some(&to_status(view, word))))
            } }
            @if let Some(table) = tables.first() { (table.markup(&view.word("page-inbox-no-such-reports"))) }
            @if next.is_some() && data.found.lines.is_empty() { p { (view.word("page-inbox-scanned")) } }
            (onward(view, "before", next.as_deref()))
            (downloads(view, &tables))
        };
        Page::new(view.word("page-inbox-label-reports"), body).lead(days(data.period))
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        json!({
            "reports": data.found.lines.iter().map(|line| object(line, view)).collect::<Vec<_>>(),
            "next": data.found.next.map(|id| id.0),
            "totals": totals_told(&data.totals).into_iter().map(|(word, _, count)| (word.to_owned(), count.into()))
                .collect::<serde_json::Map<_, _>>(),
        })
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        let label = |id: &str| view.word(id);
        let columns = vec![
            Column::number("id", label("reports-label-id")),
            Column::text("received", label("page-inbox-label-received")),
            Column::text("status", label("page-inbox-label-status")),
            Column::text("kind", label("page-inbox-label-kind")),
            Column::text("reporter", label("page-inbox-label-reporter")),
            Column::hidden("reporter_domain"),
            Column::hidden("report_id"),
            Column::text("domain", label("page-label-domain")),
            Column::text("period", label("page-inbox-label-period")),
            Column::number("messages", label("page-inbox-label-counted")),
            Column::hidden("trust"),
            Column::text("remarks", label("page-inbox-label-remarks")),
        ];
        let mut table = Table::new("reports", label("page-inbox-label-reports"), columns);
        table.rows.extend(data.found.lines.iter().map(|line| row(line, view)));
        let columns = vec![
            Column::text("status", label("page-inbox-label-status")),
            Column::number("reports", label("page-inbox-label-reports")),
        ];
        let mut totals = Table::new("totals", label("page-inbox-label-totals"), columns);
        for (word, name, count) in totals_told(&data.totals) {
            totals.rows.push(vec![Cell::word(word, &label(name)).head(), Cell::number(count)]);
        }
        vec![table, totals]
    }
}

/// The totals: the word of [`STATES`] by which the list shows these reports alone, its name, and how many there are.
fn totals_told(totals: &Totals) -> [(&'static str, &'static str, u64); 5] {
    [
        ("accepted", status_label(Status::Accepted).0, totals.accepted),
        ("salvaged", status_label(Status::Salvaged).0, totals.salvaged),
        ("refused", status_label(Status::Refused).0, totals.refused),
        ("duplicate", "page-inbox-label-duplicate", totals.duplicate),
        ("conflicting", "page-inbox-label-conflicting", totals.conflicting),
    ]
}

/// The first page of those that stand like this, under the filter in effect.
fn to_status(view: &View<'_>, word: &str) -> String {
    format!("{}{}", view.path, view.query.with("before", None).with("status", Some(word)).to_text())
}

/// The names of [`STATES`].
fn state_labels() -> [&'static str; 7] {
    [
        status_label(Status::Accepted).0,
        status_label(Status::Salvaged).0,
        status_label(Status::Refused).0,
        "page-inbox-label-duplicate",
        "page-inbox-label-conflicting",
        "page-inbox-label-overlapping",
        "page-inbox-label-unauthenticated",
    ]
}

fn row(line: &DocumentLine, view: &View<'_>) -> Vec<Cell> {
    let (label, tone) = status_label(line.status);
    let told = remarks(line, view);
    let plain: Vec<&str> = told.iter().map(|(text, _)| text.as_str()).collect();
    let reporter = if line.organization.is_empty() { &line.reporter } else { &line.organization };
    let id = line.id.0.to_string();
    vec![
        Cell::text(&id).link(&format!("/reports/{id}")).head(),
        Cell::text(moment(line.received_ms / 1000)).showing(time(line.received_ms, view)),
        Cell::text(status_word(line.status)).showing(state(tone, &view.word(label))),
        Cell::word(kind_word(line.kind), &view.word(kind_label(line.kind))),
        Cell::text(&**reporter),
        Cell::text(&*line.reporter),
        Cell::text(&*line.report_id),
        Cell::text(&*line.domain),
        period_cell(line.begin_s, line.end_s),
        Cell::number(line.message_count).link(&format!("/reports/{id}")),
        Cell::text(trust_word(&line.origin.trust)),
        Cell::text(plain.join("; ")).showing(remark_list(&told)),
    ]
}

/// Remarks, each with a link to the report that it names.
pub(super) fn remark_list(remarks: &[(String, Option<u64>)]) -> Markup {
    html! {
        @if !remarks.is_empty() { ul .plain { @for (text, other) in remarks { li {
            @if let Some(other) = other { a href={ "/reports/" (other) } { (crate::parts::safe(text)) } }
            @else { (crate::parts::safe(text)) }
        } } } }
    }
}

/// A report, for programs.
pub(super) fn object(line: &DocumentLine, view: &View<'_>) -> Value {
    json!({
        "id": line.id.0,
        "kind": line.kind.map(|kind| kind_word(Some(kind))),
        "status": status_word(line.status),
        "reporter": line.organization,
        "reporter_domain": line.reporter,
        "report_id": line.report_id,
        "domain": line.domain,
        "begin": (line.begin_s > 0).then(|| moment(line.begin_s)),
        "end": (line.end_s > 0).then(|| moment(line.end_s)),
        "received": moment(line.received_ms / 1000),
        "trust": trust_word(&line.origin.trust),
        "copies": line.copies,
        "records": line.record_count,
        "messages": line.message_count,
        "deviations": line.deviations.iter().map(|deviation| &deviation.id).collect::<Vec<_>>(),
        "errors": line.errors,
        "conflict": line.conflict.map(|other| other.0),
        "overlap": line.overlap.map(|other| other.0),
        "reason": line.reason.as_ref().map(|(id, _)| id),
        "text": remarks(line, view).into_iter().map(|(text, _)| text).collect::<Vec<_>>(),
    })
}
