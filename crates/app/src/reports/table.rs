//! Tables: for people with columns that line up in Japanese too, for programs as CSV (RFC 4180).

use crate::paint::{blanks, columns};

/// How a column stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Column {
    /// Text, from the left.
    Left,
    /// Numbers, to the right.
    Right,
}

/// Lines with columns that line up, two blanks between them, `indent` before them.
pub(crate) fn aligned(indent: &str, form: &[Column], lines: &[Vec<String>]) -> String {
    let width = |place: usize| lines.iter().filter_map(|line| line.get(place)).map(|cell| columns(cell)).max();
    let widths: Vec<usize> = (0..form.len()).map(|place| width(place).unwrap_or_default()).collect();
    let mut out = String::new();
    for line in lines {
        let cells = line.iter().zip(form.iter().zip(&widths)).map(|(cell, (column, width))| match column {
            Column::Left => format!("{cell}{}", blanks(cell, *width)),
            Column::Right => format!("{}{cell}", blanks(cell, *width)),
        });
        let cells: Vec<_> = cells.collect();
        out.push_str(format!("{indent}{}", cells.join("  ")).trim_end());
        out.push('\n');
    }
    out
}

/// One line of CSV. A cell that a spreadsheet would take for a formula is given an apostrophe.
pub(crate) fn csv<T: AsRef<str>>(cells: &[T]) -> String {
    chart::table::csv_line(cells)
}

/// A number with a comma between each three digits.
pub(crate) fn grouped(number: u64) -> String {
    chart::number::grouped(number.into())
}

/// Per cent to one decimal; nothing of nothing is `–`. Nearly all is not all, and hardly any is not none.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    chart::number::percent(part.into(), whole.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!([0, 12, 999, 1000, 412_907, 1_234_567].map(grouped).join(" "), "0 12 999 1,000 412,907 1,234,567");
        assert_eq!(percent(1402, 1788), "78.4 %");
        assert_eq!((percent(0, 0), percent(0, 5), percent(5, 5)), ("–".into(), "0.0 %".into(), "100.0 %".into()));
        assert_eq!((percent(1, 1_000_000), percent(999_999, 1_000_000)), ("0.1 %".into(), "99.9 %".into()));
    }

    #[test]
    fn cells_are_quoted_and_no_formula() {
        assert_eq!(csv(&["a", "b,c", "d\"e"]), "a,\"b,c\",\"d\"\"e\"\r\n");
        assert_eq!(csv(&["=1+1", "-3", "-x", "@a"]), "'=1+1,-3,'-x,'@a\r\n");
    }

    #[test]
    fn columns_line_up() {
        let lines = [vec!["正常".to_owned(), "7".to_owned()], vec!["x".to_owned(), "12".to_owned()]];
        assert_eq!(aligned("  ", &[Column::Left, Column::Right], &lines), "  正常   7\n  x     12\n");
    }
}
