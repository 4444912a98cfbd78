//! The keys that sign for our domains: where each stands in its life, what it waits for, what comes next.

use std::collections::HashMap;

use mailtext::{Domain, Explain as _};
use maud::{Markup, html};
use outgoing::rotation::{KeyLife, Line, LineId, Place, Stage, Standing, Wait};
use serde_json::{Value, json};

use chart::{Row, Slot, Span, TimeLine};

use crate::ask::{Query, View, Visit, day_text};
use crate::data::{Cell, Column, Table};
use crate::examined::moment;
use crate::limits::{DOWNLOAD_ROW_COUNT_MAX, LINE_COUNT};
use crate::page::Page;
use crate::parts::{Tone, code, downloads, field, notice, onward, state, time, time_line};
use crate::screen::Screen;
use crate::sources::{Seen, Sighting, Sources};
use crate::trouble::Trouble;

/// The screen.
pub(crate) struct Keys;

/// What it shows.
pub(crate) struct Data {
    is_kept: bool,
    lines: Vec<OfLine>,
    /// How far back it was looked for selectors, in days.
    seen_days: u32,
}

/// The keys of a domain for one algorithm.
struct OfLine {
    id: LineId,
    line: Line,
    /// Why it waits, as a turn now would say.
    waits: Vec<Wait>,
    next_s: u64,
    /// Where its selectors were seen, where somebody looked for them.
    seen: Option<HashMap<Domain, Seen>>,
}

impl Screen for Keys {
    type Data = Data;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let asked = visit.query.domain("domain")?;
        let Some(rotations) = visit.sources.rotations().await? else {
            return Ok(Data { is_kept: false, lines: Vec::new(), seen_days: 0 });
        };
        let is_meant = |id: &LineId| {
            visit.who.scope.has(Some(&id.domain)) && asked.as_ref().is_none_or(|asked| *asked == id.domain)
        };
        let now_s = visit.now_ms / 1000;
        let mut lines = Vec::new();
        let mut key_count = 0;
        for (id, line) in rotations.book.lines().filter(|(id, _)| is_meant(id)) {
            key_count += line.keys.len();
            if key_count > DOWNLOAD_ROW_COUNT_MAX {
                break;
            }
            // What a turn would say; nothing of it is done, and nothing is kept.
            let turn = line.clone().advance(now_s, &rotations.sight, &rotations.settings, &|_| false);
            let seen = rotations.seen.get(&id.domain).cloned();
            lines.push(OfLine { id: id.clone(), line: line.clone(), waits: turn.waits, next_s: turn.wake_s, seen });
        }
        Ok(Data { is_kept: true, lines, seen_days: rotations.seen_days })
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let tables = Self::tables(data, view);
        let first = view.query.get("after").and_then(|after| data.lines.iter().position(|of| of.name() == after));
        let first = first.map_or(0, |place| place + 1);
        let here: Vec<&OfLine> = data.lines.iter().skip(first).take(LINE_COUNT).collect();
        let next = here.last().filter(|_| first + here.len() < data.lines.len()).map(|of| of.name());
        let body = html! {
            form .filter method="get" action=(view.path) role="search" aria-label=(view.word("page-label-filter")) {
                (field(view, "domain", &view.word("page-label-domain")))
                button { (view.word("page-label-show")) }
            }
            @if data.lines.is_empty() {
                p .nothing { @if data.is_kept { (view.word("page-no-keys")) } @else { (view.word("page-keys-not-kept")) } }
                pre tabindex="0" { code { "sekisho key new DOMAIN" } }
            }
            @if here.iter().any(|of| of.seen.is_some()) {
                p { (view.say("page-about-seen", &[("days", u64::from(data.seen_days).into())])) }
            }
            @for (place, of) in here.iter().enumerate() { (card(of, place, view)) }
            (onward(view, "after", next.as_deref()))
            (downloads(view, &tables))
        };
        Page::new(view.word("page-label-keys"), body).lead(html! { (view.word("page-about-keys")) })
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        let lines = data.lines.iter().map(|of| {
            let keys = of.line.keys.iter().map(|key| {
                json!({
                    "selector": key.selector.as_str(),
                    "stage": key.stage.as_str(),
                    "since": moment(key.since_s),
                    "created": moment(key.created_s),
                    "signs": key.stage == Stage::Active,
                    "visible_since": key.seen_s.map(moment),
                    "compromised": key.standing == Standing::Compromised,
                    "name": of.line.record_name(&key.selector).map(|name| name.to_string()),
                    "alias": of.line.alias(&key.selector).map(|(name, _)| name.to_string()),
                    "seen": of.seen(key).map(|seen| json!({
                        "reports": seen.reports.as_ref().map(|its| sighting_value(its, &day_of(its.last_s))),
                        "mail": seen.mail.as_ref().map(|its| sighting_value(its, &moment(its.last_s))),
                    })),
                })
            });
            let waits = of.waits.iter().map(|wait| json!({ "id": wait.id(), "text": view.explain(wait) }));
            json!({
                "domain": of.id.domain.as_str(),
                "algorithm": of.id.algorithm,
                "keys": keys.collect::<Vec<_>>(),
                "waits": waits.collect::<Vec<_>>(),
                "next": moment(of.next_s),
            })
        });
        json!({ "lines": lines.collect::<Vec<_>>(), "seen_days": data.seen_days })
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        let mut columns = ["domain", "algorithm"].map(Column::hidden).to_vec();
        columns.extend(key_columns(view));
        let mut table = Table::new("keys", view.word("page-label-keys"), columns);
        for of in &data.lines {
            for key in &of.line.keys {
                let mut row = vec![Cell::text(of.id.domain.as_str()), Cell::text(of.id.algorithm)];
                row.extend(cells(of, key, view));
                table.rows.push(row);
            }
        }
        vec![table]
    }
}

impl OfLine {
    /// Its name in addresses.
    fn name(&self) -> String {
        format!("{} {}", self.id.domain, self.id.algorithm)
    }

    /// Where a key was seen; nowhere is an answer, too. `None` where nobody looked.
    fn seen(&self, key: &KeyLife) -> Option<Seen> {
        Some(self.seen.as_ref()?.get(&key.selector).copied().unwrap_or_default())
    }
}

fn sighting_value(sighting: &Sighting, last: &str) -> Value {
    json!({
        "last": last, "messages": sighting.messages, "verified": sighting.verified, "whole": sighting.is_whole,
    })
}

fn day_of(at_s: u64) -> String {
    day_text(u32::try_from(at_s / 86_400).unwrap_or(u32::MAX))
}

fn card(of: &OfLine, place: usize, view: &View<'_>) -> Markup {
    let domain = of.id.domain.as_str();
    let mut keys = Table::new("keys", format!("{domain} {}", of.id.algorithm), key_columns(view));
    keys.rows = of.line.keys.iter().map(|key| cells(of, key, view)).collect();
    let here = format!("/keys{}", Query::of(&[("domain", domain)]).to_text());
    html! {
        section .card {
            h2 { a href=(here) { (domain) } " " (of.id.algorithm) }
            dl .facts {
                dt { (view.word("page-label-signs")) }
                dd { @match of.line.active() {
                    Some(key) => (code(key.selector.as_str())),
                    None => (state(Tone::Bad, &view.word("page-label-nothing-signs"))),
                } }
                dt { (view.word("page-label-next-turn")) }
                dd { (time(of.next_s.saturating_mul(1000), view)) }
                @if let Place::Provider { zone, .. } = &of.line.place {
                    dt { (view.word("page-label-provider-zone")) } dd { (code(zone.as_str())) }
                }
            }
            @if of.line.is_ending { (notice(Tone::Plain, &html! { (view.word("page-keys-ending")) })) }
            @if of.line.is_asked { (notice(Tone::Plain, &html! { (view.word("page-keys-asked")) })) }
            @if !of.waits.is_empty() {
                h3 { (view.word("page-label-waits")) }
                ul .plain { @for wait in &of.waits {
                    li { (state(if wait.is_trouble() { Tone::Bad } else { Tone::Plain }, &view.explain(wait))) }
                } }
            }
            (time_line(&format!("keys-{place}"), &life(of, view), view))
            (keys.markup(&view.word("page-no-keys")))
            p .lead { (view.word("page-key-commands")) }
            pre tabindex="0" { code { "sekisho key show " (domain) "\nsekisho key rotate " (domain) } }
        }
    }
}

fn key_columns(view: &View<'_>) -> Vec<Column> {
    let label = |id: &str| view.word(id);
    vec![
        Column::text("selector", label("page-label-selector")),
        Column::text("stage", label("page-label-stage")),
        Column::text("since", label("page-label-stage-since")),
        Column::text("created", label("page-label-created")),
        Column::text("visible_since", label("page-label-visible")),
        Column::text("name", label("page-label-name")),
        Column::text("reports_last", label("page-label-seen-reports")),
        Column::hidden("reports_messages"),
        Column::hidden("reports_verified"),
        Column::text("mail_last", label("page-label-seen-mail")),
        Column::hidden("mail_messages"),
        Column::hidden("mail_verified"),
        Column::hidden("compromised"),
    ]
}

fn cells(of: &OfLine, key: &KeyLife, view: &View<'_>) -> Vec<Cell> {
    let at = |at_s: Option<u64>| match at_s {
        Some(at_s) => Cell::text(moment(at_s)).showing(time(at_s.saturating_mul(1000), view)),
        None => Cell::text("").showing(html! { "–" }),
    };
    let is_lost = key.standing == Standing::Compromised;
    let stage = html! {
        @if key.stage == Stage::Active { (state(Tone::Good, &view.word(label(key.stage)))) } @else { (view.word(label(key.stage))) }
        @if is_lost { " " (state(Tone::Bad, &view.word("page-label-compromised"))) }
    };
    let seen = of.seen(key);
    let of_reports = seen_cells(seen.map(|seen| seen.reports), day_of, |at_s| html! { (day_of(at_s)) }, view);
    let in_mail = |at_s: u64| time(at_s.saturating_mul(1000), view);
    let of_mail = seen_cells(seen.map(|seen| seen.mail), moment, in_mail, view);
    let name = of.line.record_name(&key.selector).map(|name: Domain| name.to_string()).unwrap_or_default();
    let mut cells = vec![
        Cell::text(key.selector.as_str()).showing(code(key.selector.as_str())).head(),
        Cell::text(key.stage.as_str()).showing(stage),
        at(Some(key.since_s)),
        at(Some(key.created_s)),
        at(key.seen_s),
        Cell::text(name.as_str()).showing(code(&name)),
    ];
    cells.extend(of_reports.into_iter().chain(of_mail));
    cells.push(Cell::text(if is_lost { "yes" } else { "no" }));
    cells
}

/// When a selector was seen last, in how many messages, and in how many of them it held. `None` where nobody looked.
#[allow(clippy::option_option)] // reason: that it was not seen is one of the answers
fn seen_cells(
    seen: Option<Option<Sighting>>,
    last: impl Fn(u64) -> String,
    shown: impl Fn(u64) -> Markup,
    view: &View<'_>,
) -> [Cell; 3] {
    let Some(sighting) = seen.flatten() else {
        let shown = if seen.is_some() {
            html! { (view.word("page-label-not-seen")) }
        } else {
            html! { "–" }
        };
        let count = || if seen.is_some() { Cell::number(0) } else { Cell::text("") };
        return [Cell::text("").showing(shown), count(), count()];
    };
    let id = if sighting.is_whole { "page-label-seen-count" } else { "page-label-seen-least" };
    let counts = [("count", sighting.messages.into()), ("verified", sighting.verified.into())];
    let shown = html! { (shown(sighting.last_s)) br; (view.say(id, &counts)) };
    [Cell::text(last(sighting.last_s)).showing(shown), Cell::number(sighting.messages), Cell::number(sighting.verified)]
}

fn label(stage: Stage) -> &'static str {
    match stage {
        Stage::Staged => "page-label-stage-staged",
        Stage::Active => "page-label-stage-active",
        Stage::Draining => "page-label-stage-draining",
        Stage::Revoked => "page-label-stage-revoked",
        Stage::Disclosed => "page-label-stage-disclosed",
        Stage::Deleted => "page-label-stage-deleted",
    }
}

/// The lives of the keys of a line, as far as what is kept of them tells.
fn life(of: &OfLine, view: &View<'_>) -> TimeLine {
    let slots = (0_u8..).map(Slot::Other);
    let rows = of.line.keys.iter().map(|key| Row { name: key.selector.to_string(), spans: spans(key) });
    let (row, state) = (view.word("page-label-selector"), view.word("page-label-stage"));
    TimeLine {
        title: view.say(
            "page-life-of-keys",
            &[("domain", of.id.domain.as_str().into()), ("algorithm", of.id.algorithm.into())],
        ),
        description: view.word("page-about-life"),
        states: slots.zip(Stage::ALL.map(|stage| view.word(label(stage)))).collect(),
        rows: rows.collect(),
        mark: Some((i64::from(view.today()), view.word("page-label-today"))),
        columns: [row, state, view.word("page-label-from"), view.word("page-label-to")],
    }
}

/// The stages of a key, by days. Of stages that are over no more is kept than when it was made and when it signed: between
/// the last signature and the stage of today nothing is drawn where more than one lies there.
fn spans(key: &KeyLife) -> Vec<Span> {
    let day = |at_s: u64| i64::try_from(at_s / 86_400).unwrap_or(i64::MAX);
    let mut spans = Vec::new();
    let mut put = |stage: Stage, from_s: u64, to_s: Option<u64>| {
        let to_day = to_s.map(|to_s| day(to_s).max(day(from_s)));
        spans.push(Span { from_day: day(from_s), to_day, state: stage as usize });
    };
    let is_past = |stage: Stage| key.stage > stage;
    put(Stage::Staged, key.created_s, is_past(Stage::Staged).then(|| key.active_s.unwrap_or(key.since_s)));
    if let Some(active_s) = key.active_s {
        let end_s = key.signed_until_s.map_or(key.since_s, |until_s| until_s.min(key.since_s));
        put(Stage::Active, active_s, is_past(Stage::Active).then_some(end_s));
        if key.stage == Stage::Revoked && end_s < key.since_s {
            put(Stage::Draining, end_s, Some(key.since_s));
        }
    }
    if is_past(Stage::Active) {
        put(key.stage, key.since_s, None);
    }
    spans
}
