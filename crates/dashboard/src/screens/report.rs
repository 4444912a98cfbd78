//! One report: its head, what it says record by record, and the report itself as it came.

use std::io::Read as _;

use feedback::Archive as _;
use feedback::aggregate::{Aggregate, AlignedPass, PublishedPolicy};
use feedback::archive::{Content, DocumentId, DocumentLine, Kind, Receipt, Status, Trust};
use feedback::tls::{PolicyKind, Tls, TlsResult};
use feedback::word::Word;
use maud::{Markup, html};
use report::row::{Mode, Policy, Testing};
use report::vocabulary::{Disposition, MethodResult, OverrideKind};
use serde_json::{Value, json};
use words::Language;

use super::inbox::{object, remark_list};
use crate::ask::{View, Visit};
use crate::data::{Cell, Column, Table, grouped};
use crate::documents::{is_seen, kind_label, kind_word, period, remarks, status_label};
use crate::letter::{Letter, about_report, objects, section};
use crate::limits::{RAW_AGAIN_BYTES_MAX, RAW_SHOWN_BYTES_MAX};
use crate::page::Page;
use crate::parts::{Tone, action, code, downloads, facts, notice, onward, safe, source, state, time};
use crate::screen::{Done, Screen, Shown};
use crate::sources::Sources;
use crate::trouble::Trouble;
use crate::who::Role;

/// A report, without the mail of others.
pub(crate) struct OneReport;

/// A report as it came, whatever stands in it.
pub(crate) struct RawReport;

/// What is shown of a report.
pub(crate) struct Data {
    line: DocumentLine,
    content: Option<Content>,
    raw: Raw,
    /// The first record that is shown, and how many are.
    from: usize,
    count: usize,
    /// To the reporter, where the report was not read whole.
    letters: Vec<Letter>,
}

/// The report as it came.
enum Raw {
    /// It is not kept any more.
    Gone,
    /// It may hold mail of others: it is shown elsewhere, to those who may see that.
    Elsewhere,
    /// It cannot be decompressed.
    Damaged,
    /// It, or its beginning.
    Text { text: String, is_cut: bool },
}

impl Screen for OneReport {
    type Data = Data;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let (line, bytes) = document(visit).await?;
        let content = visit.archive()?.content(line.id).await?;
        let content = content.map(|content| own(content, &visit.view)).filter(|_| !may_hold_mail(&line));
        let raw = if may_be_seen(&line, content.as_ref(), &visit.view) { Raw::of(&bytes) } else { Raw::Elsewhere };
        let from = usize::try_from(visit.query.number("skip")?.unwrap_or(0)).unwrap_or(usize::MAX);
        let contact = contact(content.as_ref());
        let letters = Language::ALL.map(|language| about_report(&line, contact, visit.sources.voice(language)));
        let letters = letters.into_iter().filter(|_| line.status != Status::Accepted).collect();
        Ok(Data { line, content, raw, from, count: visit.row_count(), letters })
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let line = &data.line;
        let tables = Self::tables(data, view);
        let all = match &data.content {
            Some(Content::Aggregate(report)) => report.records.len(),
            _ => 0,
        };
        let next = data.from.saturating_add(data.count);
        let body = html! {
            (head(line, view))
            @match &data.content {
                Some(Content::Aggregate(report)) => { h2 { (view.word("page-inbox-label-says")) } (said(report, view)) }
                Some(Content::Tls(report)) => { h2 { (view.word("page-inbox-label-says")) } (said_of_tls(report, view)) }
                _ => {}
            }
            @if line.kind == Some(Kind::Failure) && line.status != Status::Refused {
                p { a href={ "/failures/" (line.id.0) } { (view.word("page-inbox-label-failure-report")) } }
            }
            @for table in &tables {
                (table.markup(&view.word("page-inbox-no-records")))
                (onward(view, "skip", (next < all).then(|| next.to_string()).as_deref()))
                (downloads(view, &tables))
            }
            (section(&data.letters, Some(&line.origin.trust), view))
            h2 { (view.word("page-inbox-label-raw")) }
            (raw_box(data, &format!("/reports/{}.raw", line.id.0), view))
        };
        Page::new(title(line, view), body)
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        let mut value = object(&data.line, view);
        let records = Self::tables(data, view).first().map(|table| {
            let row = |row: &Vec<Cell>| -> Value {
                let pairs = table.columns.iter().zip(row).map(|(column, cell)| {
                    let number = cell.plain.parse::<u64>().ok().filter(|_| column.is_number);
                    (column.name.to_owned(), number.map_or_else(|| cell.plain.clone().into(), Value::from))
                });
                Value::Object(pairs.collect())
            };
            table.rows.iter().map(row).collect::<Vec<_>>()
        });
        value["rows"] = records.unwrap_or_default().into();
        value["letters"] = objects(&data.letters).into();
        value
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        match &data.content {
            Some(Content::Aggregate(report)) => vec![records(report, data, view)],
            Some(Content::Tls(report)) => vec![policies(report, view)],
            _ => Vec::new(),
        }
    }
}

impl Screen for RawReport {
    type Data = Data;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let (line, bytes) = document(visit).await?;
        Ok(Data { line, content: None, raw: Raw::of(&bytes), from: 0, count: 0, letters: Vec::new() })
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let body = html! {
            p { a href={ "/reports/" (data.line.id.0) } { (title(&data.line, view)) } }
            (raw_box(data, &format!("/raw/{}.raw", data.line.id.0), view))
        };
        Page::new(view.word("page-inbox-label-raw"), body)
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        let mut value = object(&data.line, view);
        if let Raw::Text { text, is_cut } = &data.raw {
            value["raw"] = text.as_str().into();
            value["is_cut"] = (*is_cut).into();
        }
        value
    }

    fn tables(_data: &Data, _view: &View<'_>) -> Vec<Table> {
        Vec::new()
    }
}

/// The report as it came, compressed with gzip, as a file.
///
/// # Errors
/// It is not kept, or not for this person.
pub(crate) async fn file<S: Sources>(visit: &Visit<'_, S>) -> Result<Shown, Trouble> {
    let (line, bytes) = document(visit).await?;
    let content = visit.archive()?.content(line.id).await?.map(|content| own(content, &visit.view));
    if !may_be_seen(&line, content.as_ref(), &visit.view) {
        return Err(Trouble::Forbidden);
    }
    kept(&line, bytes)
}

/// The same where mail of others may stand in it: who is asked for has the role for that.
///
/// # Errors
/// As [`file`].
pub(crate) async fn raw_file<S: Sources>(visit: &Visit<'_, S>) -> Result<Shown, Trouble> {
    let (line, bytes) = document(visit).await?;
    kept(&line, bytes)
}

fn kept(line: &DocumentLine, bytes: Vec<u8>) -> Result<Shown, Trouble> {
    let ending = match line.kind {
        Some(Kind::Aggregate) => "xml.gz",
        Some(Kind::Tls) => "json.gz",
        Some(Kind::Failure) => "eml.gz",
        None => "gz",
    };
    if bytes.is_empty() {
        Err(Trouble::NotFound)
    } else {
        Ok(Shown::Raw(format!("report-{}.{ending}", line.id.0), bytes))
    }
}

/// Reads a report again that was not read whole.
///
/// # Errors
/// Its bytes are not kept, or it cannot be read again here.
pub(crate) async fn read_again<S: Sources>(visit: &Visit<'_, S>) -> Result<Done, Trouble> {
    let id = DocumentId(visit.query.number("id")?.ok_or(Trouble::NotFound)?);
    let archive = visit.archive()?;
    let found = archive.document(id).await?.filter(|(line, _)| is_seen(line, &visit.view));
    let (line, bytes) = found.ok_or(Trouble::NotFound)?;
    let mut text = Vec::new();
    let read = flate2::read::MultiGzDecoder::new(&bytes[..]).take(RAW_AGAIN_BYTES_MAX + 1).read_to_end(&mut text);
    if bytes.is_empty() || read.is_err() {
        return Err(Trouble::Failed { sentence: "page-inbox-raw-gone", arguments: Vec::new() });
    }
    if text.len() as u64 > RAW_AGAIN_BYTES_MAX {
        return Err(Trouble::TooLarge);
    }
    let mut better = None;
    for receipt in visit.sources.read_again(&line, text).await? {
        let (Receipt::Stored(new) | Receipt::Conflict { id: new, .. }) = receipt else { continue };
        let now = archive.document(new).await?.map(|(line, _)| line.status);
        better = better.or(now.filter(|status| *status != Status::Refused).map(|_| new));
    }
    let object = id.0.to_string();
    let value = json!({ "id": better.map(|new| new.0) });
    Ok(match better {
        Some(new) => Done {
            to: Some(format!("/reports/{}", new.0)),
            told: "page-done-read-again",
            object,
            value,
            ..Done::default()
        },
        None => Done { told: "page-done-read-in-vain", object, value, ..Done::default() },
    })
}

/// The report that is asked for, with its bytes.
async fn document<S: Sources>(visit: &Visit<'_, S>) -> Result<(DocumentLine, Vec<u8>), Trouble> {
    let id = visit.object.and_then(|id| id.parse().ok()).ok_or(Trouble::NotFound)?;
    let found = visit.archive()?.document(DocumentId(id)).await?;
    found.filter(|(line, _)| is_seen(line, &visit.view)).ok_or(Trouble::NotFound)
}

/// The address of whoever made a report, as it says; empty where it says none.
pub(super) fn contact(content: Option<&Content>) -> &str {
    match content {
        Some(Content::Aggregate(report)) => &report.metadata.email,
        Some(Content::Tls(report)) => &report.contact,
        _ => "",
    }
}

/// Whether mail of others may stand in it: failure reports show its header, and what was not read may be anything.
fn may_hold_mail(line: &DocumentLine) -> bool {
    matches!(line.kind, Some(Kind::Failure) | None)
}

/// Whether a report may be shown as it came: it holds no mail, and nothing about domains that are not the person's.
fn may_be_seen(line: &DocumentLine, own: Option<&Content>, view: &View<'_>) -> bool {
    let is_whole = match own {
        Some(Content::Tls(report)) => report.policies.len() as u64 == line.record_count,
        _ => true,
    };
    !may_hold_mail(line) && is_whole && is_seen(line, view)
}

/// What a report says of the person's domains.
fn own(mut content: Content, view: &View<'_>) -> Content {
    if let Content::Tls(report) = &mut content {
        report.policies.retain(|policy| view.who.scope.has_name(&policy.domain));
    }
    content
}

impl Raw {
    fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Gone;
        }
        let mut text = Vec::new();
        let most = RAW_SHOWN_BYTES_MAX as u64 + 1;
        if flate2::read::MultiGzDecoder::new(bytes).take(most).read_to_end(&mut text).is_err() {
            return Self::Damaged;
        }
        let is_cut = text.len() > RAW_SHOWN_BYTES_MAX;
        text.truncate(RAW_SHOWN_BYTES_MAX);
        Self::Text { text: String::from_utf8_lossy(&text).into_owned(), is_cut }
    }
}

fn title(line: &DocumentLine, view: &View<'_>) -> String {
    view.say("page-inbox-label-report-number", &[("id", line.id.0.to_string().into())])
}

fn head(line: &DocumentLine, view: &View<'_>) -> Markup {
    let (label, tone) = status_label(line.status);
    let text = |text: &str| (!text.is_empty()).then(|| safe(text));
    let told = remarks(line, view);
    let id = line.id.0.to_string();
    let fact = |label: &str, fact: Option<Markup>| (view.word(label), fact);
    html! {
        (facts(&[
            fact("page-inbox-label-status", Some(state(tone, &view.word(label)))),
            fact("page-inbox-label-kind", Some(html! { (view.word(kind_label(line.kind))) })),
            fact("page-inbox-label-reporter", text(&line.organization)),
            fact("page-inbox-label-reporter-domain", text(&line.reporter)),
            fact("page-inbox-label-report-id", (!line.report_id.is_empty()).then(|| code(&line.report_id))),
            fact("page-label-domain", text(&line.domain)),
            fact("page-inbox-label-period", Some(html! { (period(line.begin_s, line.end_s)) })),
            fact("page-inbox-label-counted", Some(html! { (grouped(line.message_count)) })),
            fact("page-inbox-label-received", Some(time(line.received_ms, view))),
            fact("page-inbox-label-trust", Some(trust(&line.origin.trust, view))),
            fact("page-inbox-label-source", Some(html! { (safe(&line.origin.source)) " " (safe(&line.origin.path)) })),
            fact("page-inbox-label-member", text(&line.origin.member)),
        ]))
        @if !told.is_empty() {
            (notice(if line.status == Status::Refused { Tone::Bad } else { Tone::Warning }, &remark_list(&told)))
        }
        @if line.status != Status::Accepted && view.who.role >= Some(Role::Operator) {
            (action(view, "/reports/read-again", &[("id", id.as_str())], &html! {}, &view.word("page-inbox-label-read-again")))
        }
        @if !line.errors.is_empty() {
            h2 { (view.word("page-inbox-label-told-errors")) }
            ul { @for error in &line.errors {
                li { (safe(&view.say("reports-error-told", &[("text", error.as_ref().into())]))) }
            } }
        }
        @if !line.deviations.is_empty() {
            h2 { (view.word("page-inbox-label-deviations")) }
            ul { @for deviation in &line.deviations {
                li { (safe(&view.say(&deviation.id, &deviation.arguments())))
                    @if deviation.count > 1 { " × " (grouped(deviation.count)) } }
            } }
        }
    }
}

fn trust(trust: &Trust, view: &View<'_>) -> Markup {
    match trust {
        Trust::Given => html! { (view.word("page-inbox-label-given")) },
        Trust::Authenticated(domain) => {
            state(Tone::Good, &view.say("page-inbox-label-authenticated", &[("domain", domain.as_ref().into())]))
        }
        Trust::Unauthenticated => state(Tone::Warning, &view.word("page-inbox-label-unauthenticated")),
    }
}

/// The policy of a report, and who made it.
fn said(report: &Aggregate, view: &View<'_>) -> Markup {
    let text = |text: &Option<Box<str>>| text.as_deref().filter(|text| !text.is_empty()).map(safe);
    let fact = |label: &str, fact: Option<Markup>| (view.word(label), fact);
    facts(&[
        fact("page-inbox-label-policy", Some(code(&policy(&report.policy)))),
        fact("page-inbox-label-contact", Some(safe(&report.metadata.email))),
        fact("page-inbox-label-more-contact", text(&report.metadata.contact)),
        fact("page-inbox-label-generator", text(&report.metadata.generator)),
    ])
}

fn said_of_tls(report: &Tls, view: &View<'_>) -> Markup {
    facts(&[(view.word("page-inbox-label-contact"), (!report.contact.is_empty()).then(|| safe(&report.contact)))])
}

/// A policy as the tags of a record.
fn policy(policy: &PublishedPolicy) -> String {
    let mut tags = vec![format!("p={}", word(&policy.policy, Policy::as_str))];
    let mut push = |tag: &str, value: String| {
        if !value.is_empty() {
            tags.push(format!("{tag}={value}"));
        }
    };
    push("sp", word(&policy.subdomain_policy, Policy::as_str));
    push("np", word(&policy.nonexistent_policy, Policy::as_str));
    push("adkim", word(&policy.dkim_mode, |mode| if mode == Mode::Strict { "s" } else { "r" }));
    push("aspf", word(&policy.spf_mode, |mode| if mode == Mode::Strict { "s" } else { "r" }));
    push("t", word(&policy.testing, |testing| if testing == Testing::On { "y" } else { "n" }));
    push("pct", policy.percent.map(|percent| percent.to_string()).unwrap_or_default());
    push("fo", policy.failure_options.as_deref().unwrap_or_default().to_owned());
    tags.join("; ")
}

/// A word as the standards have it, or as it stood in the report.
pub(super) fn word<T: Copy>(word: &Word<T>, known: impl Fn(T) -> &'static str) -> String {
    match word {
        Word::Known(one) => known(*one).to_owned(),
        Word::Missing => String::new(),
        Word::Other(text) => text.to_string(),
    }
}

/// The word of a TLS policy's type.
pub(super) fn policy_word(kind: &Word<PolicyKind>) -> String {
    word(kind, |kind| match kind {
        PolicyKind::Tlsa => "tlsa",
        PolicyKind::Sts => "sts",
        PolicyKind::None => "no-policy-found",
    })
}

/// The records of an aggregate report.
fn records(report: &Aggregate, data: &Data, view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let columns = vec![
        Column::text("source_ip", label("page-inbox-label-address")),
        Column::number("count", label("page-label-messages")),
        Column::text("disposition", label("page-inbox-label-disposition")),
        Column::text("dkim_aligned", label("page-inbox-label-dkim-aligned")),
        Column::text("spf_aligned", label("page-inbox-label-spf-aligned")),
        Column::text("header_from", label("page-inbox-label-header-from")),
        Column::text("envelope_from", label("page-inbox-label-envelope-from")),
        Column::hidden("envelope_to"),
        Column::text("dkim", "DKIM".to_owned()),
        Column::text("spf", "SPF".to_owned()),
        Column::text("reasons", label("page-inbox-label-exceptions")),
    ];
    let mut table = Table::new("records", label("page-inbox-label-records"), columns);
    for record in report.records.iter().skip(data.from).take(data.count) {
        let Some(about) = report.circumstances_of(record) else { continue };
        let aligned = |pass: &Word<AlignedPass>| {
            let tone = if pass.known() == Some(AlignedPass::Yes) { Tone::Good } else { Tone::Bad };
            let text = word(pass, AlignedPass::as_str);
            let shown = state(tone, &text);
            if text.is_empty() { Cell::text(text) } else { Cell::text(text).showing(shown) }
        };
        let result = |result: &Word<MethodResult>| word(result, MethodResult::as_str);
        let dkim = about.dkim.iter().map(|one| match &one.selector {
            Some(selector) => format!("{}:{selector}={}", one.domain, result(&one.result)),
            None => format!("{}={}", one.domain, result(&one.result)),
        });
        let spf = about.spf.iter().map(|one| format!("{}={}", one.domain, result(&one.result)));
        let reasons = about.reasons.iter().map(|one| word(&one.kind, OverrideKind::as_str));
        table.rows.push(vec![
            Cell::text(record.source.map(|source| source.to_string()).unwrap_or_default()).head(),
            Cell::number(record.count),
            Cell::text(word(&about.disposition, Disposition::as_str)),
            aligned(&about.dkim_aligned),
            aligned(&about.spf_aligned),
            Cell::text(&*about.header_from),
            Cell::text(about.envelope_from.as_deref().unwrap_or_default()),
            Cell::text(about.envelope_to.as_deref().unwrap_or_default()),
            Cell::text(dkim.collect::<Vec<_>>().join(" ")),
            Cell::text(spf.collect::<Vec<_>>().join(" ")),
            Cell::text(reasons.collect::<Vec<_>>().join(" ")),
        ]);
    }
    table
}

/// The policies of a TLS report, each with the ways in which sessions failed.
fn policies(report: &Tls, view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let columns = vec![
        Column::text("domain", label("page-label-domain")),
        Column::text("policy", label("page-inbox-label-policy")),
        Column::number("successful", label("page-inbox-label-tls-successful")),
        Column::number("failed", label("page-inbox-label-tls-failed")),
        Column::text("results", label("page-inbox-label-tls-results")),
    ];
    let mut table = Table::new("policies", label("page-inbox-label-records"), columns);
    for policy in report.policies.iter().take(view.row_count()) {
        let results = policy.failures.iter().map(|failure| {
            let host = failure.mx_host.as_deref().unwrap_or_default();
            format!("{} {host} {}", word(&failure.result, TlsResult::as_str), failure.count)
        });
        table.rows.push(vec![
            Cell::text(&*policy.domain).head(),
            Cell::text(policy_word(&policy.kind)),
            Cell::number(policy.successful_count),
            Cell::number(policy.failed_count),
            Cell::text(results.collect::<Vec<_>>().join("; ")),
        ]);
    }
    table
}

/// The report as it came, or why it is not here.
fn raw_box(data: &Data, address: &str, view: &View<'_>) -> Markup {
    html! {
        @match &data.raw {
            Raw::Gone => { p .nothing { (view.word("page-inbox-raw-gone")) } }
            Raw::Damaged => { p .nothing { (view.word("page-inbox-raw-damaged")) } }
            Raw::Elsewhere => {
                p { (view.word("page-inbox-raw-elsewhere")) }
                @if view.who.role >= Some(Role::Operator) {
                    p { a href={ "/raw/" (data.line.id.0) } { (view.word("page-inbox-label-raw")) } }
                }
            }
            Raw::Text { text, is_cut } => {
                @if *is_cut { p { (view.word("page-inbox-raw-cut")) } }
                (source(&view.word("page-inbox-label-raw"), text))
            }
        }
        @if matches!(data.raw, Raw::Text { .. } | Raw::Damaged) {
            p .downloads { a href=(address) download { (view.word("page-inbox-label-raw-file")) " (" (kind_word(data.line.kind)) " gzip)" } }
        }
    }
}
