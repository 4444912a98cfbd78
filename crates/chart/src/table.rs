//! The table behind a picture, and its CSV.

use crate::figure::{Figure, Scale, Shape};
use crate::number::{grouped, percent, percent_digits};
use crate::text::visible;
use crate::timeline::{TimeLine, date};

/// Rows of text under headings. The first cell of a row names it; the others are numbers, or, of a time-line, texts.
/// Whatever would be invisible is shown; whoever makes HTML of it escapes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// The headings of the columns.
    pub header: Vec<String>,
    /// The rows, each with as many cells as there are headings.
    pub rows: Vec<Vec<String>>,
}

pub(crate) fn of_figure(figure: &Figure) -> Table {
    let cell = |cell: Cell| match cell {
        Cell::Text(text) => visible(&text),
        Cell::Absent => visible(&figure.absent),
        Cell::Count(count) => grouped(count),
        Cell::Share(part, whole) => percent(part, whole),
    };
    let rows = (0..figure.categories.len()).map(|category| row(figure, category).into_iter().map(cell).collect());
    Table { header: header(figure).iter().map(|text| visible(text)).collect(), rows: rows.collect() }
}

pub(crate) fn csv_of_figure(figure: &Figure) -> String {
    let cell = |cell: Cell| match cell {
        Cell::Text(text) => text,
        Cell::Absent => String::new(),
        Cell::Count(count) => count.to_string(),
        Cell::Share(part, whole) => percent_digits(part, whole),
    };
    let mut out = csv_line(&header(figure));
    for category in 0..figure.categories.len() {
        out.push_str(&csv_line(&row(figure, category).into_iter().map(cell).collect::<Vec<_>>()));
    }
    out
}

pub(crate) fn of_time_line(time_line: &TimeLine) -> Table {
    let shown = |cells: Vec<String>| cells.iter().map(|cell| visible(cell)).collect();
    Table { header: shown(time_line.columns.to_vec()), rows: spans(time_line).into_iter().map(shown).collect() }
}

pub(crate) fn csv_of_time_line(time_line: &TimeLine) -> String {
    let lines = spans(time_line).into_iter().map(|cells| csv_line(&cells));
    csv_line(&time_line.columns) + &lines.collect::<String>()
}

enum Cell {
    Text(String),
    Absent,
    Count(u128),
    Share(u128, u128),
}

/// The category, of each series its count and, where shares are drawn, its share, then the wholes.
fn header(figure: &Figure) -> Vec<String> {
    let has_shares = has_shares(figure);
    let mut out = vec![figure.category_name.clone()];
    for series in &figure.series {
        out.push(series.name.clone());
        if has_shares {
            out.push(format!("{} %", series.name));
        }
    }
    if let Scale::Share { name, .. } = &figure.scale {
        out.push(name.clone());
    }
    out
}

fn row(figure: &Figure, category: usize) -> Vec<Cell> {
    let mut out = vec![Cell::Text(figure.categories[category].clone())];
    for series in &figure.series {
        let value = series.value(category).map(u128::from);
        out.push(value.map_or(Cell::Absent, Cell::Count));
        if let Some(whole) = figure.whole(category) {
            out.push(value.map_or(Cell::Absent, |part| Cell::Share(part, whole)));
        }
    }
    if let Scale::Share { wholes, .. } = &figure.scale {
        out.push(wholes.get(category).map_or(Cell::Absent, |whole| Cell::Count(u128::from(*whole))));
    }
    out
}

fn has_shares(figure: &Figure) -> bool {
    match (figure.shape, &figure.scale) {
        (Shape::Shares, _) => true,
        (Shape::StackedBars, _) | (_, Scale::Count) => false,
        (_, Scale::Share { .. }) => true,
    }
}

fn spans(time_line: &TimeLine) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    for row in &time_line.rows {
        for span in &row.spans {
            let to = span.to_day.map(date).unwrap_or_default();
            out.push(vec![row.name.clone(), time_line.state(span).1.to_owned(), date(span.from_day), to]);
        }
    }
    out
}

/// One line of CSV (RFC 4180), with its line end. A cell that a spreadsheet would take for a formula is given an
/// apostrophe; a number is not.
#[must_use]
pub fn csv_line<T: AsRef<str>>(cells: &[T]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell.as_ref())).collect();
    cells.join(",") + "\r\n"
}

fn csv_cell(text: &str) -> String {
    let text = match text.as_bytes().first() {
        Some(b'=' | b'+' | b'@' | b'\t' | b'\r' | b'\n') => format!("'{text}"),
        Some(b'-') if text.len() > 1 && text.parse::<f64>().is_err() => format!("'{text}"),
        _ => text.to_owned(),
    };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formula() {
        assert_eq!(csv_line(&["a", "b,c", "d\"e"]), "a,\"b,c\",\"d\"\"e\"\r\n");
        assert_eq!(csv_line(&["=1+1", "-3", "-x", "@a", "+1", "\t=2"]), "'=1+1,-3,'-x,'@a,'+1,'\t=2\r\n");
        assert_eq!(csv_line(&["a\r\nb", ""]), "\"a\r\nb\",\r\n");
    }
}
