//! Reports as lists show them: found among those that the person may see, and told in words.

use feedback::Archive as _;
use feedback::archive::{DocumentLine, DocumentPage, DocumentQuery, Kind, Status, Totals, Trust};
use mailtext::Domain;
use maud::html;
use report::query::Reach;

use crate::ask::{View, Visit, day_text, time_text};
use crate::data::Cell;
use crate::limits::{SCAN_BATCH_COUNT, SCAN_ROW_COUNT_MAX};
use crate::parts::Tone;
use crate::sources::Sources;
use crate::trouble::Trouble;
use crate::who::Scope;

/// How a report stands: how it was read, or what is remarkable about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// Read like this.
    Read(Status),
    /// Copies of it came.
    Duplicate,
    /// Another one with the same id says something else.
    Conflicting,
    /// Its period overlaps that of another one.
    Overlapping,
    /// Nobody vouches for it.
    Unauthenticated,
}

/// The words of [`State`], in the order in which they are offered.
pub(crate) const STATES: &[&str] =
    &["accepted", "salvaged", "refused", "duplicate", "conflicting", "overlapping", "unauthenticated"];
/// The words of the kinds.
pub(crate) const KINDS: &[&str] = &["aggregate", "failure", "tls"];

impl State {
    /// Reads its word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "accepted" => Self::Read(Status::Accepted),
            "salvaged" => Self::Read(Status::Salvaged),
            "refused" => Self::Read(Status::Refused),
            "duplicate" => Self::Duplicate,
            "conflicting" => Self::Conflicting,
            "overlapping" => Self::Overlapping,
            "unauthenticated" => Self::Unauthenticated,
            _ => return None,
        })
    }

    /// Whether a report stands like this.
    fn fits(self, line: &DocumentLine) -> bool {
        match self {
            Self::Read(status) => line.status == status,
            Self::Duplicate => line.copies > 0,
            Self::Conflicting => line.conflict.is_some(),
            Self::Overlapping => line.overlap.is_some(),
            Self::Unauthenticated => line.origin.trust == Trust::Unauthenticated,
        }
    }
}

/// A page of reports: of each of the places that the person may see, those that stand as is wanted. Where few do, so many
/// are looked at as [`SCAN_ROW_COUNT_MAX`] allows; the next page goes on behind them.
pub(crate) async fn find<S: Sources>(
    visit: &Visit<'_, S>,
    mut query: DocumentQuery,
    places: &[Option<(Domain, Reach)>],
    state: Option<State>,
    count: usize,
) -> Result<DocumentPage, Trouble> {
    query.status = match state {
        Some(State::Read(status)) => Some(status),
        _ => None,
    };
    query.limit = if matches!(state, None | Some(State::Read(_))) { count } else { SCAN_BATCH_COUNT };
    let mut found = DocumentPage::default();
    let mut looked_at = 0;
    loop {
        let batch = batch(visit, &query, places).await?;
        looked_at += batch.lines.len();
        for line in batch.lines.into_iter().filter(|line| state.is_none_or(|state| state.fits(line))) {
            if found.lines.len() == count {
                found.next = found.lines.last().map(|line| line.id);
                return Ok(found);
            }
            found.lines.push(line);
        }
        found.next = batch.next;
        query.before = batch.next;
        if batch.next.is_none() || found.lines.len() == count || looked_at >= SCAN_ROW_COUNT_MAX {
            return Ok(found);
        }
    }
}

/// How many reports that the person may see stand how, whatever `status`, `before` and `limit` of the question are.
pub(crate) async fn totals<S: Sources>(
    visit: &Visit<'_, S>,
    query: DocumentQuery,
    asked: Option<&Domain>,
) -> Result<Totals, Trouble> {
    let places = visit.who.places(asked);
    if places.is_empty() {
        return Ok(Totals::default());
    }
    // Of those about the domain that is asked for, only those are seen whose first domain the person may see.
    let within = match &visit.who.scope {
        Scope::All => None,
        Scope::Domains(_) => Some(visit.who.places(None).into_iter().flatten().collect()),
    };
    let domain = asked.map(|asked| (asked.clone(), Reach::Name));
    Ok(visit.archive()?.totals(DocumentQuery { domain, ..query }, within).await?)
}

/// What all places have together, the newest first, as far down as all of them were asked.
async fn batch<S: Sources>(
    visit: &Visit<'_, S>,
    query: &DocumentQuery,
    places: &[Option<(Domain, Reach)>],
) -> Result<DocumentPage, Trouble> {
    let archive = visit.archive()?;
    let mut all = DocumentPage::default();
    for place in places {
        let page = archive.documents(DocumentQuery { domain: place.clone(), ..query.clone() }).await?;
        all.next = all.next.max(page.next);
        all.lines.extend(page.lines);
    }
    if let Some(floor) = all.next {
        all.lines.retain(|line| line.id >= floor);
    }
    all.lines.retain(|line| is_seen(line, &visit.view));
    all.lines.sort_by_key(|line| std::cmp::Reverse(line.id));
    all.lines.dedup_by_key(|line| line.id);
    Ok(all)
}

/// Whether the person may see a report: one about their domain. What is about none is for those who see all.
pub(crate) fn is_seen(line: &DocumentLine, view: &View<'_>) -> bool {
    view.who.scope.has_name(&line.domain)
}

/// The word of a kind; empty where it is not known.
pub(crate) fn kind_word(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Aggregate) => "aggregate",
        Some(Kind::Failure) => "failure",
        Some(Kind::Tls) => "tls",
        None => "",
    }
}

/// The name of a kind.
pub(crate) fn kind_label(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Aggregate) => "page-inbox-label-kind-aggregate",
        Some(Kind::Failure) => "page-inbox-label-kind-failure",
        Some(Kind::Tls) => "page-inbox-label-kind-tls",
        None => "page-inbox-label-kind-unknown",
    }
}

/// Reads the word of a kind.
pub(crate) fn parse_kind(word: &str) -> Option<Kind> {
    [Kind::Aggregate, Kind::Failure, Kind::Tls].into_iter().find(|kind| kind_word(Some(*kind)) == word)
}

/// The word of how a report was read.
pub(crate) fn status_word(status: Status) -> &'static str {
    match status {
        Status::Accepted => "accepted",
        Status::Salvaged => "salvaged",
        Status::Refused => "refused",
    }
}

/// The name of how a report was read, and how good that is.
pub(crate) fn status_label(status: Status) -> (&'static str, Tone) {
    match status {
        Status::Accepted => ("page-inbox-label-accepted", Tone::Good),
        Status::Salvaged => ("page-inbox-label-salvaged", Tone::Warning),
        Status::Refused => ("page-inbox-label-refused", Tone::Bad),
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

/// Why a report was not read, or not to its end, as a sentence.
pub(crate) fn reason(line: &DocumentLine, view: &View<'_>) -> Option<String> {
    line.reason.as_ref().map(|(id, what)| view.say(id, &feedback::reason::arguments(what)))
}

/// What is worth knowing of a report, in a few words, with the other report that it is about.
pub(crate) fn remarks(line: &DocumentLine, view: &View<'_>) -> Vec<(String, Option<u64>)> {
    let mut remarks: Vec<_> = reason(line, view).map(|reason| (reason, None)).into_iter().collect();
    if line.origin.trust == Trust::Unauthenticated {
        remarks.push((view.word("reports-label-unauthenticated"), None));
    }
    if line.copies > 0 {
        remarks.push((view.say("page-inbox-copies", &[("count", line.copies.into())]), None));
    }
    if let Some(other) = line.conflict {
        remarks.push((view.say("reports-label-conflict", &[("id", other.0.to_string().into())]), Some(other.0)));
    }
    if let Some(other) = line.overlap {
        remarks.push((view.say("reports-label-overlap", &[("id", other.0.to_string().into())]), Some(other.0)));
    }
    if !line.deviations.is_empty() {
        remarks.push((view.say("reports-label-deviations", &[("count", line.deviations.len().into())]), None));
    }
    remarks
}

/// The days of a report's period; `–` where it has none.
pub(crate) fn period(begin_s: u64, end_s: u64) -> String {
    let day = |at_s: u64| day_text(u32::try_from(at_s / 86_400).unwrap_or(u32::MAX));
    match (day(begin_s), day(end_s)) {
        _ if end_s == 0 => "–".to_owned(),
        (begin, end) if begin == end => begin,
        (begin, end) => format!("{begin} – {end}"),
    }
}

/// The same as a cell; each day stays in one piece.
pub(crate) fn period_cell(begin_s: u64, end_s: u64) -> Cell {
    let text = period(begin_s, end_s);
    let shown = html! {
        @for (place, day) in text.split(" – ").enumerate() {
            @if place > 0 { " – " }
            span .nowrap { (day) }
        }
    };
    Cell::text(text).showing(shown)
}

/// A moment for programs: 2026-11-23T10:18:50Z; empty where there is none.
pub(crate) fn moment(at_s: u64) -> String {
    if at_s == 0 { String::new() } else { time_text(at_s.saturating_mul(1000), 0).replace(' ', "T") + "Z" }
}
