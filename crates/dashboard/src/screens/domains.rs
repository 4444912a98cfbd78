//! Our domains: how each stands, when somebody looked last, what changed last.

use audit::Severity;
use audit::guideline::Level;
use audit::history::{Audit, Step};
use maud::html;
use serde_json::{Value, json};

use crate::ask::{Query, View, Visit};
use crate::data::{Cell, Column, Table};
use crate::examined::{level_name, moment, names};
use crate::limits::DOMAIN_ROW_COUNT;
use crate::page::Page;
use crate::parts::{downloads, field, onward, time};
use crate::screen::{Fresh, Screen};
use crate::sources::Sources;
use crate::told;
use crate::trouble::Trouble;

/// The screen.
pub(crate) struct Domains;

/// What it shows.
pub(crate) struct Data {
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    domain: String,
    count: usize,
    last: Option<Audit>,
    changed: Option<Step>,
}

impl Screen for Domains {
    type Data = Data;

    const FRESH: Fresh = Fresh::Reports;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let (wanted, after) = (visit.query.get("q").map(str::to_ascii_lowercase), visit.query.get("after"));
        let mut rows = Vec::new();
        let mut next = None;
        for domain in names(visit).await? {
            let is_behind = after.is_none_or(|after| domain.as_str() > after);
            if !is_behind || wanted.as_ref().is_some_and(|wanted| !domain.as_str().contains(wanted.as_str())) {
                continue;
            }
            if rows.len() == DOMAIN_ROW_COUNT {
                next = rows.last().map(|row: &Row| row.domain.clone());
                break;
            }
            let kept = visit.sources.audits(&domain).await?;
            let changed = kept.steps(1).pop().filter(|step| !step.changes.is_empty());
            rows.push(Row { domain: domain.to_string(), count: kept.moments.len(), last: kept.last(), changed });
        }
        Ok(Data { rows, next })
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let tables = Self::tables(data, view);
        let body = html! {
            form .filter method="get" action=(view.path) role="search" aria-label=(view.word("page-label-filter")) {
                (field(view, "q", &view.word("page-label-domain")))
                button { (view.word("page-label-show")) }
            }
            @for table in &tables { (table.markup(&view.word("page-no-domains"))) }
            @if data.rows.iter().all(|row| row.last.is_none()) {
                p { (view.word("page-how-to-audit")) }
                pre tabindex="0" { code { "sekisho check --save DOMAIN" } }
            }
            (onward(view, "after", data.next.as_deref()))
            (downloads(view, &tables))
        };
        Page::new(view.word("page-label-audits"), body).lead(html! { (view.word("page-about-audits")) })
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        let score = |audit: &Audit, level| {
            let (met, total) = audit.score(level);
            json!({ "met": met, "total": total })
        };
        let rows = data.rows.iter().map(|row| {
            let changes = row.changed.iter().map(|step| {
                let list: Vec<_> =
                    step.changes.iter().take(CHANGE_COUNT_MAX).map(|change| told::change(change, view.voice)).collect();
                json!({ "at": moment(at_s(&step.audit)), "changes": list })
            });
            json!({
                "domain": row.domain,
                "audits": row.count,
                "last": row.last.as_ref().map(|audit| json!({
                    "at": moment(at_s(audit)),
                    "errors": audit.count(Severity::Error),
                    "warnings": audit.count(Severity::Warning),
                    "score": {
                        "must": score(audit, Level::Must),
                        "should": score(audit, Level::Should),
                        "may": score(audit, Level::May),
                    },
                })),
                "changed": changes.collect::<Vec<_>>().pop(),
            })
        });
        json!({ "domains": rows.collect::<Vec<_>>(), "next": data.next })
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        let label = |id: &str| view.word(id);
        let mut columns = vec![
            Column::text("domain", label("page-label-domain")),
            Column::number("errors", label("page-label-errors")),
            Column::number("warnings", label("page-label-warnings")),
        ];
        for (level, met, total) in LEVELS {
            columns.extend([Column::number(met, level_name(level).to_owned()), Column::hidden(total)]);
        }
        columns.extend([
            Column::text("audited", label("page-label-audited")),
            Column::text("changed", label("page-label-changed")),
            Column::text("change", label("page-label-change")),
        ]);
        let mut table = Table::new("audits", label("page-label-audits"), columns);
        table.rows = data.rows.iter().map(|row| cells(row, view)).collect();
        vec![table]
    }
}

fn cells(row: &Row, view: &View<'_>) -> Vec<Cell> {
    let here = format!("/domains/{}", row.domain);
    let mut cells = vec![Cell::text(&row.domain).link(&here).head()];
    let Some(last) = &row.last else {
        let unknown = || Cell::text("").showing(html! { "–" });
        cells.extend([unknown(), unknown()]);
        LEVELS.iter().for_each(|_| cells.extend([unknown(), Cell::default()]));
        cells.push(Cell::text("").showing(html! { (view.word("page-label-never")) }));
        cells.extend([unknown(), unknown()]);
        return cells;
    };
    let count = |severity| last.count(severity) as u64;
    let findings = format!("{here}#findings");
    cells.extend([Severity::Error, Severity::Warning].map(|its| Cell::number(count(its)).link(&findings)));
    let guideline = format!("/guideline{}", Query::of(&[("domain", &row.domain), ("role", "owner")]).to_text());
    for (level, ..) in LEVELS {
        let (met, total) = last.score(level);
        let shown = html! { a href=(guideline) { (met) " / " (total) } };
        cells.extend([Cell::text(met.to_string()).showing(shown), Cell::number(total as u64)]);
    }
    let at = |audit: &Audit| Cell::text(moment(at_s(audit))).showing(time(at_s(audit).saturating_mul(1000), view));
    cells.push(at(last));
    match &row.changed {
        None => cells.extend([Cell::text("").showing(html! { "–" }), Cell::text("").showing(html! { "–" })]),
        Some(step) => {
            let sentence = step.changes.first().map(|change| view.explain(change)).unwrap_or_default();
            let more = step.changes.len().saturating_sub(1);
            let history = format!("{here}#history");
            let shown = html! {
                div .sentence {
                    (sentence) @if more > 0 { " " a href=(history) { (view.say("page-label-and-more", &[("count", more.into())])) } }
                }
            };
            cells.extend([at(&step.audit), Cell::text(sentence.as_str()).showing(shown)]);
        }
    }
    cells
}

fn at_s(audit: &Audit) -> u64 {
    u64::try_from(audit.at_s).unwrap_or(0)
}

/// The levels, with their columns in files.
const LEVELS: [(Level, &str, &str); 3] = [
    (Level::Must, "must_met", "must_total"),
    (Level::Should, "should_met", "should_total"),
    (Level::May, "may_met", "may_total"),
];
/// Most changes of one audit that programs are told here.
const CHANGE_COUNT_MAX: usize = 50;
