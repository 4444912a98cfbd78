//! Studies as they are published – a survey's tables, statistics of traffic: sentences, figures and sections of tables, told on
//! the terminal, as Markdown, or as one HTML file that can be printed, without a script and with nothing to fetch.

use std::fmt::Write as _;

use chart::{Figure, Locale, View};

use crate::desk::html::escape;
use crate::reports::table::{Column, aligned};
use crate::say::{Language, Say};

/// What is published.
pub(crate) struct Study {
    /// Its title.
    pub(crate) title: String,
    /// How it was made, in sentences.
    pub(crate) method: Vec<String>,
    /// Figures, before the tables.
    pub(crate) figures: Vec<Figure>,
    /// Sections, in order.
    pub(crate) sections: Vec<Section>,
}

/// A heading, a table, and sentences below it.
pub(crate) struct Section {
    /// The heading.
    pub(crate) title: String,
    /// The table; `None` where there is nothing to be counted.
    pub(crate) sheet: Option<Sheet>,
    /// What the numbers mean.
    pub(crate) notes: Vec<String>,
}

/// A table as texts.
pub(crate) struct Sheet {
    /// The headings of its columns.
    pub(crate) header: Vec<String>,
    /// The rows, each with as many cells.
    pub(crate) rows: Vec<Vec<String>>,
    /// How many of the first columns name the row; the others are numbers.
    pub(crate) names: usize,
    /// What the last row is.
    pub(crate) last: Last,
}

/// What the last row of a table is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Last {
    /// One like the others.
    Row,
    /// All of them together.
    Sum,
}

impl Study {
    /// For the terminal: the tables and what they mean, without title, headings and figures.
    pub(crate) fn text(&self) -> String {
        let lines = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let of_section =
            |section: &Section| section.sheet.as_ref().map(Sheet::text).unwrap_or_default() + &lines(&section.notes);
        let parts = std::iter::once(lines(&self.method)).chain(self.sections.iter().map(of_section));
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// As Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut out = format!("# {}\n\n", plain(&self.title));
        for line in &self.method {
            let _ = writeln!(out, "{}\n", plain(line));
        }
        for section in &self.sections {
            let _ = writeln!(out, "## {}\n", plain(&section.title));
            if let Some(sheet) = &section.sheet {
                let _ = writeln!(out, "{}", sheet.as_markdown());
            }
            for note in &section.notes {
                let _ = writeln!(out, "{}\n", plain(note));
            }
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        out
    }

    /// As an HTML file.
    pub(crate) fn html(&self, say: &Say) -> String {
        let language = if say.language() == Language::Japanese { "ja" } else { "en" };
        let title = escape(&self.title);
        let mut out = format!(
            "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <style>{STYLE}{charts}</style>\n</head>\n<body>\n<header><h1>{title}</h1>\n",
            charts = chart::STYLE,
        );
        paragraphs(&mut out, &self.method);
        out.push_str("</header>\n<main>\n");
        for (number, figure) in self.figures.iter().enumerate() {
            draw(&mut out, figure, number, say);
        }
        for section in &self.sections {
            let _ = writeln!(out, "<section>\n<h2>{}</h2>", escape(&section.title));
            if let Some(sheet) = &section.sheet {
                sheet.html(&mut out);
            }
            paragraphs(&mut out, &section.notes);
            out.push_str("</section>\n");
        }
        out.push_str("</main>\n</body>\n</html>\n");
        out
    }
}

impl Sheet {
    /// For the terminal: columns that line up.
    pub(crate) fn text(&self) -> String {
        let column = |place| if place < self.names { Column::Left } else { Column::Right };
        let form: Vec<Column> = (0..self.header.len()).map(column).collect();
        let lines: Vec<_> = std::iter::once(&self.header).chain(&self.rows).cloned().collect();
        aligned("", &form, &lines)
    }

    fn as_markdown(&self) -> String {
        let line = |cells: &[String]| {
            format!("| {} |\n", cells.iter().map(|cell| plain(cell)).collect::<Vec<_>>().join(" | "))
        };
        let rule: String =
            (0..self.header.len()).map(|place| if place < self.names { "|--" } else { "|--:" }).collect();
        let body: String = self.rows.iter().map(|row| line(row)).collect();
        format!("{}{rule}|\n{body}", line(&self.header))
    }

    fn html(&self, out: &mut String) {
        let heads: String = self.header.iter().map(|cell| format!("<th scope=\"col\">{}</th>", escape(cell))).collect();
        let class = if self.last == Last::Sum { " class=\"summed\"" } else { "" };
        let _ = writeln!(out, "<div class=\"wide\"><table{class}>\n<thead><tr>{heads}</tr></thead>\n<tbody>");
        for row in &self.rows {
            let cells = row.iter().enumerate().map(|(place, cell)| match place {
                0 => format!("<th scope=\"row\">{}</th>", escape(cell)),
                name if name < self.names => format!("<td class=\"name\">{}</td>", escape(cell)),
                _ => format!("<td>{}</td>", escape(cell)),
            });
            let _ = writeln!(out, "<tr>{}</tr>", cells.collect::<String>());
        }
        out.push_str("</tbody>\n</table></div>\n");
    }
}

/// How numbers are written in figures.
pub(crate) fn locale(say: &Say) -> Locale {
    if say.language() == Language::Japanese { Locale::Ja } else { Locale::En }
}

fn paragraphs(out: &mut String, lines: &[String]) {
    for line in lines {
        let _ = writeln!(out, "<p>{}</p>", escape(line));
    }
}

fn draw(out: &mut String, figure: &Figure, number: usize, say: &Say) {
    let views = [("chart-wide", View::WIDE), ("chart-narrow", View::NARROW)];
    let _ = writeln!(out, "<figure><figcaption>{}</figcaption>", escape(&figure.title));
    for (class, width) in views {
        // What is too much for a figure is told by the table all the same.
        if let Ok(svg) = figure.svg(&View::page(&format!("{class}-{number}"), width, locale(say))) {
            let _ = writeln!(out, "<div class=\"{class}\">{svg}</div>");
        }
    }
    out.push_str("</figure>\n");
}

/// Text in Markdown: nothing from outside becomes markup.
fn plain(text: &str) -> String {
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

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8886}\
body{font:16px/1.6 system-ui,'Hiragino Sans','Noto Sans CJK JP',sans-serif;max-width:72rem;margin:0 auto;padding:1rem}\
p,figcaption{overflow-wrap:anywhere}\
.wide{overflow-x:auto}table{border-collapse:collapse;margin:1rem 0;font-size:.875rem}\
th,td{border:1px solid var(--line);padding:.3rem .45rem;text-align:start;vertical-align:top}\
td{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}td.name{text-align:start}\
.summed tbody tr:last-child{font-weight:bold}\
figure{margin:1rem 0}figcaption{font-weight:bold}svg{max-width:100%;height:auto}\
@media print{body{max-width:none;font-size:9pt}section,figure{break-inside:avoid}.wide{overflow:visible}}";

#[cfg(test)]
mod tests {
    use super::*;

    fn hostile() -> Study {
        let text = |text: &str| text.to_owned();
        let sheet = Sheet {
            header: vec![text("of"), text("kind"), text("count")],
            rows: vec![
                vec![text("a|b\n<i> [x](y) _z_"), text("<b>"), text("7")],
                vec![text("all"), text(""), text("12")],
            ],
            names: 2,
            last: Last::Sum,
        };
        let section = Section { title: text("# one"), sheet: Some(sheet), notes: vec![text("<script>")] };
        Study { title: text("a & b"), method: vec![text("*how*")], figures: Vec::new(), sections: vec![section] }
    }

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let found = hostile().markdown();
        let wanted = "# a &amp; b\n\n\\*how\\*\n\n## \\# one\n\n| of | kind | count |\n|--|--|--:|\n\
                      | a\\|b &lt;i> \\[x\\](y) \\_z\\_ | &lt;b> | 7 |\n| all |  | 12 |\n\n&lt;script>\n";
        assert_eq!(found, wanted);
        let html = hostile().html(&Say::new(Language::English));
        assert!(
            html.contains(
                "<tr><th scope=\"row\">a|b\u{fffd}&lt;i&gt; [x](y) _z_</th><td class=\"name\">&lt;b&gt;</td>"
            )
        );
        assert!(html.contains("<table class=\"summed\">") && html.contains("<p>&lt;script&gt;</p>"));
        assert!(!html.contains("<script>") && !html.contains("<i>"));
    }

    #[test]
    fn names_stand_left_and_numbers_right() {
        let sheet = hostile().sections.remove(0).sheet.unwrap();
        let lines: Vec<String> = sheet.text().lines().map(str::to_owned).collect();
        assert!(lines.iter().any(|line| line.starts_with("all") && line.ends_with("     12")), "{lines:?}");
    }
}
