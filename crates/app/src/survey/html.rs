//! A table as one HTML file that can be printed: no script, nothing fetched, the charts inside.

use std::fmt::Write as _;

use audit::limits::SURVEY_GROUP_COUNT_MAX;
use audit::survey::Table;
use audit::survey::tally::in_tenths;
use chart::{Figure, View};

use super::chart::locale;
use super::manifest::Manifest;
use super::output;
use super::tables::{Reach, SECTIONS, Sheet, residue, sheet};
use crate::desk::html::escape;
use crate::reports::table::grouped;
use crate::say::{Language, Say};

/// The whole file.
pub(super) fn page(table: &Table, manifest: &Manifest, reach: Reach, figures: &[Figure], say: &Say) -> String {
    let language = if say.language() == Language::Japanese { "ja" } else { "en" };
    let title = escape(&output::title(table, say));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}{charts}</style>\n</head>\n<body>\n<header><h1>{title}</h1>\n",
        charts = chart::STYLE,
    );
    for line in method(manifest, table, say) {
        let _ = writeln!(out, "<p>{}</p>", escape(&line));
    }
    out.push_str("</header>\n<main>\n");
    for (number, figure) in figures.iter().enumerate() {
        draw(&mut out, figure, number, say);
    }
    for section in SECTIONS {
        let _ = writeln!(out, "<section>\n<h2>{}</h2>", escape(&say.word(section.title)));
        rows(&mut out, &sheet(table, section, reach, say));
        out.push_str("</section>\n");
    }
    let _ = writeln!(out, "<section>\n<h2>{}</h2>", escape(&say.word("survey-label-section-residue")));
    match residue(table, say) {
        Some(sheet) => rows(&mut out, &sheet),
        None => {
            let _ = writeln!(out, "<p>{}</p>", escape(&say.word("survey-residue-none")));
        }
    }
    out.push_str("</section>\n</main>\n</body>\n</html>\n");
    out
}

/// How the survey was made, in sentences.
pub(super) fn method(manifest: &Manifest, table: &Table, say: &Say) -> Vec<String> {
    let number = |number: u64| mailtext::Value::from(grouped(number));
    let list = &manifest.list;
    let mut lines = Vec::new();
    // What was made without a manifest has no method to be told of.
    if !manifest.begun.is_empty() {
        lines.push(say.say(
            "survey-made",
            &[
                ("names", number(manifest.names)),
                ("begun", manifest.begun.as_str().into()),
                ("ended", manifest.ended.as_str().into()),
                ("unanswered", number(manifest.names_unanswered)),
            ],
        ));
        lines.push(say.say(
            "survey-list",
            &[
                ("file", list.name.as_str().into()),
                ("hash", list.sha256.as_str().into()),
                ("names", number(list.names)),
                ("duplicates", number(list.duplicates)),
                ("refused", number(list.refused)),
                ("opted_out", number(list.opted_out)),
            ],
        ));
        let asked =
            [("resolvers", manifest.resolvers.join(", ").into()), ("version", manifest.version.as_str().into())];
        lines.push(say.say("survey-resolver", &asked));
    }
    if let Some(sample) = &manifest.sample {
        // Hundredths of a per cent are enough to recognise it; the manifest has all digits.
        let share = in_tenths(u64::from(sample.per_million) / 1_000);
        lines.push(say.say("survey-sample", &[("share", share.into()), ("seed", sample.seed.to_string().into())]));
    }
    lines.push(say.word("survey-how-counted"));
    if table.beyond() > 0 {
        let limit = number(SURVEY_GROUP_COUNT_MAX as u64);
        lines.push(say.say("survey-beyond", &[("count", number(table.beyond())), ("limit", limit)]));
    }
    lines
}

fn draw(out: &mut String, figure: &Figure, number: usize, say: &Say) {
    let views = [("chart-wide", View::WIDE), ("chart-narrow", View::NARROW)];
    let _ = writeln!(out, "<figure class=\"chart\"><figcaption>{}</figcaption>", escape(&figure.title));
    for (class, width) in views {
        // What is too much for a figure is told by the table all the same.
        if let Ok(svg) = figure.svg(&View::page(&format!("{class}-{number}"), width, locale(say))) {
            let _ = writeln!(out, "<div class=\"{class}\">{svg}</div>");
        }
    }
    out.push_str("</figure>\n");
}

fn rows(out: &mut String, sheet: &Sheet) {
    let heads: String = sheet.header.iter().map(|cell| format!("<th scope=\"col\">{}</th>", escape(cell))).collect();
    let _ = writeln!(out, "<div class=\"wide\"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>");
    for row in &sheet.rows {
        let mut cells = row.iter();
        let group = cells.next().map(|cell| escape(cell)).unwrap_or_default();
        let cells: String = cells.map(|cell| format!("<td>{}</td>", escape(cell))).collect();
        let _ = writeln!(out, "<tr><th scope=\"row\">{group}</th>{cells}</tr>");
    }
    out.push_str("</tbody>\n</table></div>\n");
}

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8886}\
body{font:16px/1.6 system-ui,'Hiragino Sans','Noto Sans CJK JP',sans-serif;max-width:72rem;margin:0 auto;padding:1rem}\
p,figcaption{overflow-wrap:anywhere}\
.wide{overflow-x:auto}table{border-collapse:collapse;margin:1rem 0;font-size:.875rem}\
th,td{border:1px solid var(--line);padding:.3rem .45rem;text-align:start;vertical-align:top}\
td{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}tbody tr:last-child{font-weight:bold}\
figure{margin:1rem 0}figcaption{font-weight:bold}svg{max-width:100%;height:auto}\
@media print{body{max-width:none;font-size:9pt}section,figure{break-inside:avoid}.wide{overflow:visible}}";
