//! Tables: one for the page, for the file and for programs.

use chart::table::csv_line;
use feedback::archive::Class;
use maud::{Markup, html};

use crate::ask::{View, parse_day};
use crate::parts::safe;

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Its name in addresses and files: `sources`.
    pub name: &'static str,
    /// What stands above it, in the reader's language.
    pub caption: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows; each has as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in a file and for programs: `dkim_aligned`.
    pub name: &'static str,
    /// What stands above it, in the reader's language; empty for one that is in the file alone.
    pub label: String,
    /// Whether its cells are numbers, which stand to the right.
    pub is_number: bool,
}

/// A cell.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// What stands in a file: bare numbers, words that are the same in each language.
    pub plain: String,
    /// What stands on the page.
    pub shown: Option<Markup>,
    /// Whether it heads its row.
    pub is_head: bool,
}

impl Table {
    /// One without rows.
    #[must_use]
    pub fn new(name: &'static str, caption: String, columns: Vec<Column>) -> Self {
        Self { name, caption, columns, rows: Vec::new() }
    }

    /// As it stands on a page; without rows, `nothing` is said instead.
    #[must_use]
    pub fn markup(&self, nothing: &str) -> Markup {
        if self.rows.is_empty() {
            return html! { p .nothing { (nothing) } };
        }
        let shown = || self.columns.iter().enumerate().filter(|(_, column)| !column.label.is_empty());
        html! {
            div .scroll tabindex="0" role="region" aria-label=(self.caption) {
                table {
                    caption { (self.caption) }
                    thead { tr { @for (_, column) in shown() {
                        th scope="col" .number[column.is_number] { (column.label) }
                    } } }
                    tbody { @for row in &self.rows { tr {
                        @for (place, column) in shown() { @if let Some(cell) = row.get(place) {
                            @if cell.is_head { th scope="row" class=[cell.kind(false)] { (cell.markup()) } }
                            @else { td class=[cell.kind(column.is_number)] { (cell.markup()) } }
                        } }
                    } } }
                }
            }
        }
    }

    /// As CSV (RFC 4180), in UTF-8. A cell that a spreadsheet would take for a formula is given an apostrophe.
    #[must_use]
    pub fn csv(&self) -> String {
        let heads: Vec<_> = self.columns.iter().map(|column| column.name).collect();
        let mut out = csv_line(&heads);
        for row in &self.rows {
            out.push_str(&csv_line(&row.iter().map(|cell| cell.plain.as_str()).collect::<Vec<_>>()));
        }
        out
    }
}

impl Column {
    /// Text.
    #[must_use]
    pub fn text(name: &'static str, label: String) -> Self {
        Self { name, label, is_number: false }
    }

    /// Numbers.
    #[must_use]
    pub fn number(name: &'static str, label: String) -> Self {
        Self { name, label, is_number: true }
    }

    /// One that stands in the file alone.
    #[must_use]
    pub fn hidden(name: &'static str) -> Self {
        Self { name, label: String::new(), is_number: false }
    }
}

impl Cell {
    /// Text of anybody's.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { plain: text.into(), shown: None, is_head: false }
    }

    /// A count.
    #[must_use]
    pub fn number(number: u64) -> Self {
        Self::text(number.to_string()).showing(html! { (grouped(number)) })
    }

    /// A share in per cent.
    #[must_use]
    pub fn percent(part: u64, whole: u64) -> Self {
        let text = percent(part, whole);
        let plain = text.trim_end_matches(" %").trim_end_matches('–').to_owned();
        Self::text(plain).showing(html! { (text) })
    }

    /// A class of mail.
    #[must_use]
    pub fn class(class: Class, view: &View<'_>) -> Self {
        Self::text(insight::group::class_word(class)).showing(crate::parts::class(class, view))
    }

    /// A word of ours that is the same for programs, with the sentence that stands on the page.
    #[must_use]
    pub fn word(word: &str, sentence: &str) -> Self {
        Self::text(word).showing(html! { (sentence) })
    }

    /// The same with something else on the page.
    #[must_use]
    pub fn showing(mut self, shown: Markup) -> Self {
        self.shown = Some(shown);
        self
    }

    /// The same as a link.
    #[must_use]
    pub fn link(self, address: &str) -> Self {
        let inner = self.markup();
        self.showing(html! { a href=(address) { (inner) } })
    }

    /// The same as the head of its row.
    #[must_use]
    pub fn head(mut self) -> Self {
        self.is_head = true;
        self
    }

    /// Its class. What is long wants some width, and is broken into lines; a day stands in one piece.
    fn kind(&self, is_number: bool) -> Option<&'static str> {
        let is_long = || self.plain.chars().nth(LONG_CHARACTER_COUNT).is_some();
        match parse_day(&self.plain) {
            _ if is_number => Some("number"),
            Some(_) => Some("nowrap"),
            None => is_long().then_some("long"),
        }
    }

    fn markup(&self) -> Markup {
        self.shown.clone().unwrap_or_else(|| safe(&self.plain))
    }
}

/// A number with a comma between each three digits.
#[must_use]
pub fn grouped(number: u64) -> String {
    chart::number::grouped(number.into())
}

/// Per cent to one decimal; nothing of nothing is `–`. Nearly all is not all, and hardly any is not none.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    chart::number::percent(part.into(), whole.into())
}

/// More than this is a line, not a word.
const LONG_CHARACTER_COUNT: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        let columns = vec![Column::text("a", "A".to_owned()), Column::number("b", "B".to_owned())];
        let mut table = Table::new("t", "T".to_owned(), columns);
        for text in ["=1+1", "+1", "@x", "-1+1", "-", "-3", "a,\"b\"", "line\r\nline", "\tx"] {
            table.rows.push(vec![Cell::text(text), Cell::number(1_234)]);
        }
        assert_eq!(
            table.csv(),
            "a,b\r\n'=1+1,1234\r\n'+1,1234\r\n'@x,1234\r\n'-1+1,1234\r\n-,1234\r\n-3,1234\r\n\"a,\"\"b\"\"\",1234\r\n\
             \"line\r\nline\",1234\r\n'\tx,1234\r\n"
        );
    }

    #[test]
    fn shares() {
        let shares = [(0, 0), (0, 7), (1, 10_000), (1, 3), (9_999, 10_000), (7, 7)];
        let texts = shares.map(|(part, whole)| percent(part, whole)).join(" · ");
        assert_eq!(texts, "– · 0.0 % · 0.1 % · 33.3 % · 99.9 % · 100.0 %");
        assert_eq!(Cell::percent(1, 3).plain, "33.3");
    }
}
