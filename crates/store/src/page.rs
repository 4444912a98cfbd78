//! A page of rows being filled: the same rules for every store.

use std::ops::ControlFlow;

use report::limits::{EXAMINED_COUNT_MAX, PAGE_ROW_COUNT_MAX};
use report::{CodecError, Filter, Page, Query, Row, RowId};

/// A page being filled with rows that come in the order of the question.
pub(crate) struct Filling<'a> {
    filter: &'a Filter,
    limit: usize,
    examined: usize,
    page: Page,
}

impl<'a> Filling<'a> {
    pub(crate) fn new(query: &'a Query) -> Self {
        let limit = if query.limit == 0 { PAGE_ROW_COUNT_MAX } else { query.limit.min(PAGE_ROW_COUNT_MAX) };
        Self { filter: &query.filter, limit, examined: 0, page: Page::default() }
    }

    /// Takes a row if it is meant; breaks when the page is full or enough was looked at, and more may follow.
    pub(crate) fn offer(&mut self, id: RowId, row: Result<Row, CodecError>) -> ControlFlow<()> {
        self.examined += 1;
        match row {
            Ok(row) if self.filter.admits(&row) => self.page.rows.push(row),
            Ok(_) => {}
            Err(_) => self.page.damaged.push(id),
        }
        let is_full = self.page.rows.len() >= self.limit || self.page.damaged.len() >= PAGE_ROW_COUNT_MAX;
        if is_full || self.examined >= EXAMINED_COUNT_MAX {
            self.page.next = Some(id);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    pub(crate) fn finish(self) -> Page {
        self.page
    }
}

/// The ids that a question can be answered with: from the lowest to the highest, both included; `None` when there are
/// none.
pub(crate) fn bounds(query: &Query) -> Option<(RowId, RowId)> {
    let step = |id: RowId, forward: bool| {
        let number = if forward { id.number().checked_add(1) } else { id.number().checked_sub(1) };
        number.and_then(RowId::from_number)
    };
    let mut low = query.filter.from_ms.map_or(RowId::MIN, RowId::first_at);
    let mut high = match query.filter.until_ms {
        Some(until_ms) => step(RowId::first_at(until_ms), false)?,
        None => RowId::MAX,
    };
    if let Some(after) = query.after {
        match query.order {
            report::Order::OldestFirst => low = low.max(step(after, true)?),
            report::Order::NewestFirst => high = high.min(step(after, false)?),
        }
    }
    (low <= high).then_some((low, high))
}
