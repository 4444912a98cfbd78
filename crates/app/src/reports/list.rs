//! `report list`: the reports that came in.

use clap::{Args, ValueEnum};
use feedback::Archive as _;
use feedback::archive::{DocumentLine, DocumentQuery, Kind, Status, Trust};
use serde::Serialize;

use super::ask::{Format, Selection, with};
use super::print;
use super::table::{Column, aligned, csv, grouped};
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::say::Say;
use crate::time;

/// `report list`
#[derive(Args, Debug)]
pub(super) struct ListArguments {
    #[command(flatten)]
    selection: Selection,
    /// Only those that were read like this
    #[arg(long, value_name = "STATUS")]
    status: Option<StatusName>,
    /// Only those of this kind
    #[arg(long, value_name = "KIND")]
    kind: Option<KindName>,
    /// Most reports
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    limit: usize,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// How a report was read, as it is written.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum StatusName {
    /// Whole
    Accepted,
    /// In part
    Salvaged,
    /// Not at all
    Refused,
}

/// The kinds, as they are written.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum KindName {
    /// Aggregate reports
    Aggregate,
    /// Failure reports
    Failure,
    /// TLS reports
    Tls,
}

/// A report, as JSON.
#[derive(Serialize)]
pub(super) struct Object {
    id: u64,
    kind: Option<&'static str>,
    status: &'static str,
    reporter: String,
    reporter_domain: String,
    report_id: String,
    domain: String,
    begin: Option<String>,
    end: Option<String>,
    received: String,
    source: String,
    path: String,
    member: String,
    trust: &'static str,
    authenticated: Option<String>,
    records: u64,
    messages: u64,
    deviations: Vec<String>,
    errors: Vec<String>,
    conflict: Option<u64>,
    overlap: Option<u64>,
    reason: Option<String>,
    reason_detail: Option<String>,
}

/// Runs the verb.
///
/// # Errors
/// An option is wrong, or the store cannot answer.
pub(super) fn run(common: &Common, arguments: &ListArguments) -> Result<ExitCode, Failure> {
    let selection = &arguments.selection;
    let days = selection.days(common)?;
    let mut query = DocumentQuery {
        tenant: selection.tenant().map(Into::into),
        kind: arguments.kind.map(KindName::kind),
        status: arguments.status.map(StatusName::status),
        domain: selection.domain()?,
        reporter: selection.reporter().map(Into::into),
        report_id: None,
        from_s: Some(u64::from(days.from) * super::ask::DAY_S),
        until_s: Some(u64::from(days.until) * super::ask::DAY_S),
        before: None,
        limit: 0,
    };
    let lines = with(common, async |store| {
        let mut lines = Vec::new();
        loop {
            query.limit = arguments.limit.saturating_sub(lines.len()).max(1);
            let page = store.documents(query.clone()).await?;
            lines.extend(page.lines);
            query.before = page.next;
            if page.next.is_none() || lines.len() >= arguments.limit {
                return Ok(lines);
            }
        }
    })?;
    let say = common.say();
    let text = match arguments.format {
        Format::Text => text(&lines, say),
        Format::Json => lines.iter().map(|line| Object::of(line, say).line()).collect(),
        Format::Csv => table(&lines),
    };
    print(&text)?;
    Ok(ExitCode::Done)
}

fn text(lines: &[DocumentLine], say: &Say) -> String {
    if lines.is_empty() {
        return say.word("reports-no-reports") + "\n";
    }
    let head = ["id", "received", "status", "reporter", "domain", "period", "messages", "remarks"].map(|name| {
        say.word(match name {
            "id" => "reports-label-id",
            "received" => "reports-label-received",
            "status" => "reports-label-status",
            "reporter" => "reports-label-reporter",
            "domain" => "reports-label-domain",
            "period" => "reports-label-period",
            "messages" => "reports-label-messages",
            _ => "reports-label-remarks",
        })
    });
    let rows = lines.iter().map(|line| {
        let day = |seconds: u64| time::rfc3339(seconds).chars().take(10).collect::<String>();
        let period =
            if line.end_s == 0 { "–".to_owned() } else { format!("{} – {}", day(line.begin_s), day(line.end_s)) };
        vec![
            line.id.0.to_string(),
            day(line.received_ms / 1000),
            status_word(line.status).to_owned(),
            shown(&line.organization),
            shown(&line.domain),
            period,
            grouped(line.message_count),
            remarks(line, say),
        ]
    });
    let form = [
        Column::Right,
        Column::Left,
        Column::Left,
        Column::Left,
        Column::Left,
        Column::Left,
        Column::Right,
        Column::Left,
    ];
    let rows: Vec<Vec<String>> = [head.to_vec()].into_iter().chain(rows).collect();
    aligned("", &form, &rows)
}

/// What is worth knowing of a report, in a few words.
fn remarks(line: &DocumentLine, say: &Say) -> String {
    let mut remarks = Vec::new();
    if let Some((id, detail)) = &line.reason {
        remarks.push(say.say(id, &feedback::reason::arguments(detail)));
    }
    if line.origin.trust == Trust::Unauthenticated {
        remarks.push(say.word("reports-label-unauthenticated"));
    }
    if let Some(other) = line.conflict {
        remarks.push(say.say("reports-label-conflict", &[("id", other.0.to_string().into())]));
    }
    if let Some(other) = line.overlap {
        remarks.push(say.say("reports-label-overlap", &[("id", other.0.to_string().into())]));
    }
    if !line.deviations.is_empty() {
        remarks.push(say.say("reports-label-deviations", &[("count", line.deviations.len().into())]));
    }
    remarks.join("; ")
}

fn table(lines: &[DocumentLine]) -> String {
    let head = [
        "id",
        "kind",
        "status",
        "reporter",
        "reporter_domain",
        "report_id",
        "domain",
        "begin",
        "end",
        "received",
        "records",
        "messages",
        "trust",
        "reason",
    ];
    let rows = lines.iter().map(|line| {
        csv(&[
            line.id.0.to_string(),
            line.kind.map_or("", kind_word).to_owned(),
            status_word(line.status).to_owned(),
            line.organization.to_string(),
            line.reporter.to_string(),
            line.report_id.to_string(),
            line.domain.to_string(),
            moment(line.begin_s).unwrap_or_default(),
            moment(line.end_s).unwrap_or_default(),
            time::rfc3339(line.received_ms / 1000),
            line.record_count.to_string(),
            line.message_count.to_string(),
            trust_word(&line.origin.trust).to_owned(),
            line.reason.as_ref().map_or("", |(id, _)| id).to_owned(),
        ])
    });
    csv(&head) + &rows.collect::<String>()
}

impl Object {
    /// A report.
    pub(super) fn of(line: &DocumentLine, say: &Say) -> Self {
        let authenticated = match &line.origin.trust {
            Trust::Authenticated(domain) => Some(domain.to_string()),
            Trust::Given | Trust::Unauthenticated => None,
        };
        Self {
            id: line.id.0,
            kind: line.kind.map(kind_word),
            status: status_word(line.status),
            reporter: line.organization.to_string(),
            reporter_domain: line.reporter.to_string(),
            report_id: line.report_id.to_string(),
            domain: line.domain.to_string(),
            begin: moment(line.begin_s),
            end: moment(line.end_s),
            received: time::rfc3339(line.received_ms / 1000),
            source: line.origin.source.to_string(),
            path: line.origin.path.to_string(),
            member: line.origin.member.to_string(),
            trust: trust_word(&line.origin.trust),
            authenticated,
            records: line.record_count,
            messages: line.message_count,
            deviations: line.deviations.iter().map(|deviation| deviation.id.to_string()).collect(),
            errors: line.errors.iter().map(ToString::to_string).collect(),
            conflict: line.conflict.map(|other| other.0),
            overlap: line.overlap.map(|other| other.0),
            reason: line.reason.as_ref().map(|(id, detail)| say.say(id, &feedback::reason::arguments(detail))),
            reason_detail: line.reason.as_ref().map(|(id, _)| id.to_string()),
        }
    }

    /// One line of JSON.
    pub(super) fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}

impl StatusName {
    fn status(self) -> Status {
        match self {
            Self::Accepted => Status::Accepted,
            Self::Salvaged => Status::Salvaged,
            Self::Refused => Status::Refused,
        }
    }
}

impl KindName {
    /// The kind.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Aggregate => Kind::Aggregate,
            Self::Failure => Kind::Failure,
            Self::Tls => Kind::Tls,
        }
    }
}

/// The word of a status.
pub(crate) fn status_word(status: Status) -> &'static str {
    match status {
        Status::Accepted => "accepted",
        Status::Salvaged => "salvaged",
        Status::Refused => "refused",
    }
}

/// The word of a kind.
pub(super) fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Aggregate => "aggregate",
        Kind::Failure => "failure",
        Kind::Tls => "tls",
    }
}

/// The word of who vouches for a report.
pub(crate) fn trust_word(trust: &Trust) -> &'static str {
    match trust {
        Trust::Given => "given",
        Trust::Authenticated(_) => "authenticated",
        Trust::Unauthenticated => "unauthenticated",
    }
}

/// A moment of a report; `None` where it has none.
pub(super) fn moment(seconds: u64) -> Option<String> {
    (seconds > 0).then(|| time::rfc3339(seconds))
}

/// A text from outside, safe to show.
pub(super) fn shown(text: &str) -> String {
    mailtext::encoded_word::display_safe(text).into_owned()
}
