//! What was done here, and by whom.

use maud::html;
use people::{LogPage, LogQuery, Outcome, Registry as _};
use serde_json::{Value, json};

use crate::ask::{View, Visit, time_text};
use crate::data::{Cell, Column, Table};
use crate::examined::moment;
use crate::limits::PAGE_ROW_COUNT;
use crate::page::Page;
use crate::parts::{Tone, downloads, field, filter, onward, state, time};
use crate::screen::Screen;
use crate::sources::Sources;
use crate::trouble::Trouble;

/// The screen.
pub(crate) struct Log;

impl Screen for Log {
    type Data = LogPage;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<LogPage, Trouble> {
        let text = |name: &str| visit.query.get(name).map(Into::into);
        let has_days = ["from", "to", "days"].iter().any(|name| visit.query.get(name).is_some());
        let period = if has_days { Some(visit.period()?) } else { None };
        let query = LogQuery {
            who: text("who"),
            verb: text("verb"),
            object: text("object"),
            from_ms: period.map(crate::ask::Period::from_ms),
            until_ms: period.map(crate::ask::Period::until_ms),
            after: visit.query.number("after")?,
            limit: PAGE_ROW_COUNT,
            ..LogQuery::default()
        };
        match visit.sources.people() {
            Some(people) => Ok(people.log(query).await?),
            None => Ok(LogPage { lines: Vec::new(), next: None }),
        }
    }

    fn page(data: &LogPage, view: &View<'_>) -> Page {
        let tables = Self::tables(data, view);
        let more = html! {
            (field(view, "who", &view.word("page-label-who")))
            (field(view, "verb", &view.word("page-label-verb")))
            (field(view, "object", &view.word("page-label-object")))
        };
        let body = html! {
            (filter(view, &[], &more))
            @for table in &tables { (table.markup(&view.word("page-nothing"))) }
            (onward(view, "after", data.next.map(|next| next.to_string()).as_deref()))
            (downloads(view, &tables))
        };
        Page::new(view.word("page-label-log"), body).lead(html! { (view.word("page-log")) })
    }

    fn json(data: &LogPage, _view: &View<'_>) -> Value {
        let lines = data.lines.iter().map(|line| {
            json!({
                "number": line.number,
                "at": moment(line.line.at_ms / 1000),
                "who": line.line.who,
                "address": line.line.address.map(|address| address.to_string()),
                "verb": line.line.verb,
                "object": line.line.object,
                "note": line.line.note,
                "outcome": line.line.outcome.word(),
                "digest": line.digest.to_hex(),
            })
        });
        json!({ "lines": lines.collect::<Vec<_>>(), "next": data.next })
    }

    fn tables(data: &LogPage, view: &View<'_>) -> Vec<Table> {
        let label = |id: &str| view.word(id);
        let columns = vec![
            Column::text("at", label("page-label-time")),
            Column::text("who", label("page-label-who")),
            Column::text("address", label("page-label-address")),
            Column::text("verb", label("page-label-verb")),
            Column::text("object", label("page-label-object")),
            Column::text("note", label("page-label-note")),
            Column::text("outcome", label("page-label-outcome")),
        ];
        let mut table = Table::new("log", label("page-label-log"), columns);
        for line in &data.lines {
            let line = &line.line;
            let (tone, sentence) = match line.outcome {
                Outcome::Done => (Tone::Good, "page-label-outcome-done"),
                Outcome::Refused => (Tone::Bad, "page-label-outcome-refused"),
                Outcome::Failed => (Tone::Warning, "page-label-outcome-failed"),
            };
            table.rows.push(vec![
                Cell::text(time_text(line.at_ms, 0)).showing(time(line.at_ms, view)),
                Cell::text(line.who.to_string()),
                Cell::text(line.address.map(|address| address.to_string()).unwrap_or_default()),
                Cell::text(line.verb.to_string()),
                Cell::text(line.object.to_string()),
                Cell::text(line.note.to_string()),
                Cell::text(line.outcome.word()).showing(state(tone, &label(sentence))),
            ]);
        }
        vec![table]
    }
}
