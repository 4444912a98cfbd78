//! A table as Markdown.

use std::fmt::Write as _;

use audit::survey::Table;

use super::manifest::Manifest;
use super::tables::{Reach, SECTIONS, Sheet, residue, sheet};
use super::{html, output};
use crate::say::Say;

/// The whole file.
pub(super) fn page(table: &Table, manifest: &Manifest, reach: Reach, say: &Say) -> String {
    let mut out = format!("# {}\n\n", escape(&output::title(table, say)));
    for line in html::method(manifest, table, say) {
        let _ = writeln!(out, "{}\n", escape(&line));
    }
    for section in SECTIONS {
        let _ = writeln!(out, "## {}\n", escape(&say.word(section.title)));
        out.push_str(&rows(&sheet(table, section, reach, say)));
    }
    let _ = writeln!(out, "## {}\n", escape(&say.word("survey-label-section-residue")));
    match residue(table, say) {
        Some(sheet) => out.push_str(&rows(&sheet)),
        None => {
            let _ = writeln!(out, "{}", escape(&say.word("survey-residue-none")));
        }
    }
    out
}

fn rows(sheet: &Sheet) -> String {
    let line =
        |cells: &[String]| format!("| {} |\n", cells.iter().map(|cell| escape(cell)).collect::<Vec<_>>().join(" | "));
    let rule: String = (0..sheet.header.len()).map(|place| if place == 0 { "|--" } else { "|--:" }).collect();
    let body: String = sheet.rows.iter().map(|row| line(row)).collect();
    format!("{}{rule}|\n{body}\n", line(&sheet.header))
}

/// Nothing from outside becomes markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => out.extend(['\\', letter]),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_from_outside_becomes_markup() {
        assert_eq!(super::escape("a|b\n<i> [x](y) _z_"), "a\\|b &lt;i> \\[x\\](y) \\_z\\_");
    }
}
