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
    let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell.as_ref())).collect();
    cells.join(",") + "\r\n"
}

fn csv_cell(text: &str) -> String {
    let text = match text.as_bytes().first() {
        Some(b'=' | b'+' | b'@' | b'\t' | b'\r') => format!("'{text}"),
        Some(b'-') if text.len() > 1 && text.parse::<f64>().is_err() => format!("'{text}"),
        _ => text.to_owned(),
    };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// A number with a comma between each three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Per cent to one decimal; nothing of nothing is `–`.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = (u128::from(part) * 1000 + u128::from(whole) / 2) / u128::from(whole);
    // Nearly all is not all, and hardly any is not none.
    let tenths = match (part, tenths) {
        (part, 1000) if part < whole => 999,
        (part, 0) if part > 0 => 1,
        (_, tenths) => tenths,
    };
    format!("{}.{} %", tenths / 10, tenths % 10)
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
