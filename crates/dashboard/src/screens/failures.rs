//! Failure reports: messages of others that failed, as receivers show them. For operators alone; what a report leaves out
//! stays left out, and a message's header is text.

use feedback::Archive as _;
use feedback::archive::{Content, CountQuery, DocumentId, DocumentLine, Kind};
use feedback::failure::AuthFailure;
use feedback::{Failure, Word};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::report::word;
use crate::ask::{Period, View, Visit};
use crate::data::{Cell, Column, Table, grouped};
use crate::documents::{is_seen, moment};
use crate::limits::{DOWNLOAD_ROW_COUNT_MAX, RAW_SHOWN_BYTES_MAX};
use crate::page::Page;
use crate::parts::{code, days, downloads, facts, filter, onward, safe, source, time};
use crate::screen::{Fresh, Screen};
use crate::sources::Sources;
use crate::trouble::Trouble;

/// The list.
pub(crate) struct Failures;

/// One of them.
pub(crate) struct OneFailure;

/// What the list shows.
pub(crate) struct Data {
    period: Period,
    names: Vec<String>,
    lines: Vec<(DocumentLine, Failure)>,
    next: Option<u64>,
}

impl Screen for Failures {
    type Data = Data;

    const FRESH: Fresh = Fresh::Reports;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let period = visit.period()?;
        let names = visit.own_domains().await?.into_iter().map(|line| line.domain.into()).collect();
        let skip = usize::try_from(visit.query.number("skip")?.unwrap_or(0)).unwrap_or(usize::MAX);
        let (skip, count) = (skip.min(DOWNLOAD_ROW_COUNT_MAX), visit.row_count());
        let mut lines = Vec::new();
        for domain in visit.who.places(visit.query.domain("domain")?.as_ref()) {
            let query = CountQuery {
                domain,
                from_day: Some(period.from_day),
                until_day: Some(period.until_day),
                limit: (skip + count + 1).min(DOWNLOAD_ROW_COUNT_MAX),
                ..CountQuery::default()
            };
            lines.extend(visit.archive()?.failures(query).await?);
        }
        lines.retain(|(line, _)| is_seen(line, visit));
        lines.sort_by_key(|(line, _)| std::cmp::Reverse(line.id));
        lines.dedup_by_key(|(line, _)| line.id);
        let next = (lines.len() > skip + count).then_some((skip + count) as u64);
        let lines = lines.into_iter().skip(skip).take(count).collect();
        Ok(Data { period, names, lines, next })
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let tables = Self::tables(data, view);
        let body = html! {
            (filter(view, &data.names, &html! {}))
            p { (view.word("page-inbox-failures-about")) }
            @for table in &tables { (table.markup(&view.word("page-inbox-no-such-reports"))) }
            (onward(view, "skip", data.next.map(|next| next.to_string()).as_deref()))
            (downloads(view, &tables))
        };
        Page::new(view.word("page-inbox-label-failures"), body).lead(days(data.period))
    }

    fn json(data: &Data, _view: &View<'_>) -> Value {
        let failures = data.lines.iter().map(|(line, failure)| object(line, failure)).collect::<Vec<_>>();
        json!({ "failures": failures, "next": data.next })
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        let label = |id: &str| view.word(id);
        let columns = vec![
            Column::text("arrival", label("page-inbox-label-arrival")),
            Column::text("domain", label("page-label-domain")),
            Column::text("failed", label("page-inbox-label-failed")),
            Column::text("source_ip", label("page-inbox-label-address")),
            Column::text("mail_from", label("page-inbox-label-envelope-from")),
            Column::text("subject", label("page-inbox-label-subject")),
            Column::number("incidents", label("page-inbox-label-incidents")),
            Column::text("reporter", label("page-inbox-label-reporter")),
        ];
        let mut table = Table::new("failures", label("page-inbox-label-failures"), columns);
        for (line, failure) in &data.lines {
            let address = format!("/failures/{}", line.id.0);
            let arrival_s = arrival_s(line, failure);
            table.rows.push(vec![
                Cell::text(moment(arrival_s)).showing(time(arrival_s.saturating_mul(1000), view)).link(&address).head(),
                Cell::text(failure.header_from.as_deref().unwrap_or(&line.domain)),
                Cell::text(auth_failure(&failure.auth_failure)),
                Cell::text(failure.source.map(|source| source.to_string()).unwrap_or_default()),
                Cell::text(failure.mail_from.as_deref().unwrap_or_default()),
                Cell::text(failure.subject.as_deref().unwrap_or_default()),
                Cell::number(failure.incidents).link(&address),
                Cell::text(if line.organization.is_empty() { &*line.reporter } else { &*line.organization }),
            ]);
        }
        vec![table]
    }
}

impl Screen for OneFailure {
    type Data = (DocumentLine, Failure);

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Self::Data, Trouble> {
        let id = DocumentId(visit.object.and_then(|id| id.parse().ok()).ok_or(Trouble::NotFound)?);
        let archive = visit.archive()?;
        let found = archive.document(id).await?.filter(|(line, _)| is_seen(line, visit));
        let (line, _) = found.filter(|(line, _)| line.kind == Some(Kind::Failure)).ok_or(Trouble::NotFound)?;
        match archive.content(id).await? {
            Some(Content::Failure(failure)) => Ok((line, *failure)),
            _ => Err(Trouble::NotFound),
        }
    }

    fn page((line, failure): &Self::Data, view: &View<'_>) -> Page {
        let id = line.id.0;
        let body = html! {
            (told(line, failure, view))
            @if let Some(text) = &failure.text {
                h2 { (view.word("page-inbox-label-in-words")) }
                (source(&view.word("page-inbox-label-in-words"), cut(text)))
            }
            @if let Some(header) = &failure.original_header {
                h2 { (view.word("page-inbox-label-original-header")) }
                (source(&view.word("page-inbox-label-original-header"), cut(&String::from_utf8_lossy(header))))
            }
            p { a href={ "/reports/" (id) } { (view.say("page-inbox-label-report-number", &[("id", id.to_string().into())])) }
                " " a href={ "/raw/" (id) } { (view.word("page-inbox-label-raw")) } }
        };
        Page::new(view.word("page-inbox-label-failure-report"), body).lead(html! { (safe(&line.domain)) })
    }

    fn json((line, failure): &Self::Data, _view: &View<'_>) -> Value {
        let mut value = object(line, failure);
        let header = failure.original_header.as_deref().map(|header| String::from_utf8_lossy(header).into_owned());
        value["original_header"] = header.into();
        value["text"] = failure.text.as_deref().into();
        value["authentication_results"] = failure.authentication_results.as_deref().into();
        value
    }

    fn tables(_data: &Self::Data, _view: &View<'_>) -> Vec<Table> {
        Vec::new()
    }
}

fn told(line: &DocumentLine, failure: &Failure, view: &View<'_>) -> Markup {
    let text = |text: &Option<Box<str>>| text.as_deref().map(safe);
    let texts = |texts: &[Box<str>]| {
        let list = html! { ul .plain { @for text in texts.iter().take(LISTED_COUNT_MAX) { li { (safe(text)) } } } };
        (!texts.is_empty()).then_some(list)
    };
    let fact = |label: &str, fact: Option<Markup>| (view.word(label), fact);
    let bare = |label: &str, fact: Option<Markup>| (label.to_owned(), fact);
    facts(&[
        fact("page-inbox-label-arrival", Some(time(arrival_s(line, failure).saturating_mul(1000), view))),
        fact("page-inbox-label-failed", Some(html! { (safe(&auth_failure(&failure.auth_failure))) })),
        fact("page-inbox-label-incidents", Some(html! { (grouped(failure.incidents)) })),
        fact("page-inbox-label-address", failure.source.map(|source| code(&source.to_string()))),
        fact("page-inbox-label-header-from", text(&failure.header_from)),
        fact("page-inbox-label-envelope-from", text(&failure.mail_from)),
        fact("page-inbox-label-recipients", texts(&failure.rcpt_to)),
        fact("page-inbox-label-subject", text(&failure.subject)),
        bare("Message-ID", text(&failure.message_id)),
        fact(
            "page-inbox-label-reporter",
            Some(safe(if line.organization.is_empty() { &line.reporter } else { &line.organization })),
        ),
        bare("User-Agent", text(&failure.user_agent)),
        bare("Delivery-Result", text(&failure.delivery_result)),
        bare("Identity-Alignment", text(&failure.identity_alignment)),
        bare("Authentication-Results", text(&failure.authentication_results)),
        bare("Reported-Domain", texts(&failure.reported_domains)),
        bare("DKIM-Domain", text(&failure.dkim_domain)),
        bare("DKIM-Selector", text(&failure.dkim_selector)),
        bare("SPF-DNS", texts(&failure.spf_dns)),
    ])
}

fn object(line: &DocumentLine, failure: &Failure) -> Value {
    json!({
        "id": line.id.0,
        "arrival": moment(arrival_s(line, failure)),
        "domain": failure.header_from.as_deref().unwrap_or(&line.domain),
        "failed": auth_failure(&failure.auth_failure),
        "source_ip": failure.source.map(|source| source.to_string()),
        "mail_from": failure.mail_from,
        "subject": failure.subject,
        "message_id": failure.message_id,
        "incidents": failure.incidents,
        "reporter": if line.organization.is_empty() { &line.reporter } else { &line.organization },
    })
}

/// When the message came; when the report did, where that is not told.
fn arrival_s(line: &DocumentLine, failure: &Failure) -> u64 {
    failure.arrival_s.and_then(|at_s| u64::try_from(at_s).ok()).unwrap_or(line.received_ms / 1000)
}

fn auth_failure(failed: &Word<AuthFailure>) -> String {
    word(failed, |failed| match failed {
        AuthFailure::Adsp => "adsp",
        AuthFailure::BodyHash => "bodyhash",
        AuthFailure::Revoked => "revoked",
        AuthFailure::Signature => "signature",
        AuthFailure::Spf => "spf",
        AuthFailure::Dmarc => "dmarc",
    })
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(RAW_SHOWN_BYTES_MAX)).unwrap_or_default()
}

/// Most values of a field that may be repeated.
const LISTED_COUNT_MAX: usize = 20;
