//! Pieces that pages are made of.

use chart::{Figure, TimeLine};
use feedback::archive::Class;
use maud::{Markup, PreEscaped, html};
use words::Language;

use crate::ask::{Period, View, day_text, time_text};
use crate::data::{Table, grouped, percent};
use crate::limits::SHOWN_CHARACTERS_MAX;

/// Text from anywhere: escaped, held apart from the writing direction around it, with what cannot be seen – control
/// characters, marks that turn the direction, marks without width – as its code point, and cut where it is very long.
#[must_use]
pub fn safe(text: &str) -> Markup {
    let mut pieces: Vec<Markup> = Vec::new();
    let mut plain = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == SHOWN_CHARACTERS_MAX {
            plain.push('…');
            break;
        }
        if is_invisible(character) {
            let before = std::mem::take(&mut plain);
            pieces.push(html! { (before) span .unseen { (format!("U+{:04X}", u32::from(character))) } });
        } else {
            plain.push(character);
        }
    }
    html! { bdi { @for piece in pieces { (piece) } (plain) } }
}

/// The same in the letters of code: records, addresses, names.
#[must_use]
pub fn code(text: &str) -> Markup {
    html! { code { (safe(text)) } }
}

/// Whether a character stands for nothing that is seen, or moves what is around it.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// The mark of a class, that is its sign without colour.
#[must_use]
pub fn class_mark(class: Class) -> &'static str {
    match class {
        Class::Legitimate => "●",
        Class::Forwarded => "◆",
        Class::Misconfigured => "▲",
        Class::Suspected => "✕",
        Class::Undecidable => "○",
    }
}

/// A class with its mark and its name.
#[must_use]
pub fn class(class: Class, view: &View<'_>) -> Markup {
    html! {
        span class={ "class " (insight::group::class_word(class)) } {
            span .mark aria-hidden="true" { (class_mark(class)) } " " (view.word(insight::group::class_label(class)))
        }
    }
}

/// How well something is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Wrong.
    Bad,
    /// Neither.
    Plain,
}

impl Tone {
    fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
            Self::Plain => "plain",
        }
    }

    fn mark(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Warning => "▲",
            Self::Bad => "✕",
            Self::Plain => "·",
        }
    }
}

/// A word with a tone, that is told by a mark too.
#[must_use]
pub fn state(tone: Tone, text: &str) -> Markup {
    html! { span class={ "state " (tone.word()) } { span .mark aria-hidden="true" { (tone.mark()) } " " (text) } }
}

/// A sentence that stands out.
#[must_use]
pub fn notice(tone: Tone, inner: &Markup) -> Markup {
    html! { div class={ "notice " (tone.word()) } { span .mark aria-hidden="true" { (tone.mark()) } div { (inner) } } }
}

/// That messages of so many small sources are counted and not looked at one by one, where there are any.
#[must_use]
pub fn left(count: u64, view: &View<'_>) -> Markup {
    html! { @if count > 0 { p .lead { (view.say("page-sources-left", &[("count", count.into())])) } } }
}

/// A number that is looked at first, with what it is a count of.
#[must_use]
pub fn figure_of(number: u64, label: &str, address: Option<&str>) -> Markup {
    html! {
        div .key {
            @if let Some(address) = address { a .value href=(address) { (grouped(number)) } }
            @else { span .value { (grouped(number)) } }
            span .label { (label) }
        }
    }
}

/// A share, as a number and as a bar.
#[must_use]
pub fn share(part: u64, whole: u64, label: &str) -> Markup {
    // `meter` is drawn by the browser and read out by screen readers.
    html! {
        div .key {
            span .value { (percent(part, whole)) }
            @if whole > 0 { meter min="0" max=(whole) value=(part) aria-label=(label) {} }
            span .label { (label) }
        }
    }
}

/// A moment in the person's zone.
#[must_use]
pub fn time(at_ms: u64, view: &View<'_>) -> Markup {
    html! { time .nowrap datetime=(time_text(at_ms, 0).replace(' ', "T") + "Z") { (time_text(at_ms, view.ahead_s)) } }
}

/// A day.
#[must_use]
pub fn day(day: u32) -> Markup {
    let text = day_text(day);
    html! { time .nowrap datetime=(text) { (text) } }
}

/// The days of a period, both ends said.
#[must_use]
pub fn days(period: Period) -> Markup {
    html! { (day(period.from_day)) " – " (day(period.until_day.saturating_sub(1))) }
}

/// A record to publish, with a button that copies it where the script runs.
#[must_use]
pub fn record(name: &str, kind: &str, text: &str, view: &View<'_>) -> Markup {
    copied(&format!("{}. IN {kind} \"{text}\"", name.trim_end_matches('.')), view)
}

/// A line of text with a button that copies it where the script runs.
#[must_use]
pub fn copied(line: &str, view: &View<'_>) -> Markup {
    html! {
        div .record {
            pre tabindex="0" { code { (safe_whole(line)) } }
            button type="button" .copy hidden data-copy=(safe_whole(line)) data-done=(view.word("page-label-copied")) { (view.word("page-label-copy")) }
        }
    }
}

/// As [`safe`], whole: a record that is cut cannot be published.
#[must_use]
pub fn safe_whole(text: &str) -> Markup {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_invisible(character) && character != '\n' {
            out.push_str(&format!("\\u{{{:X}}}", u32::from(character)));
        } else {
            out.push(character);
        }
    }
    html! { (out) }
}

/// The form that chooses what a page shows: days, a domain where there are several, and what else the page has.
#[must_use]
pub fn filter(view: &View<'_>, domains: &[String], more: &Markup) -> Markup {
    let value = |name: &str| view.query.get(name).unwrap_or_default().to_owned();
    html! {
        form .filter method="get" action=(view.path) role="search" aria-label=(view.word("page-label-filter")) {
            @if domains.len() > 1 {
                label { span { (view.word("page-label-domain")) }
                    select name="domain" {
                        option value="" { (view.word("page-label-all-domains")) }
                        @for domain in domains {
                            option value=(domain) selected[view.query.get("domain") == Some(domain)] { (domain) }
                        }
                    }
                }
            }
            label { span { (view.word("page-label-from")) } input type="date" name="from" value=(value("from")); }
            label { span { (view.word("page-label-to")) } input type="date" name="to" value=(value("to")); }
            label { span { (view.word("page-label-days")) }
                select name="days" {
                    option value="" { "–" }
                    @for days in ["7", "30", "90", "365"] {
                        option value=(days) selected[view.query.get("days") == Some(days)] { (days) }
                    }
                }
            }
            (more)
            button { (view.word("page-label-show")) }
        }
    }
}

/// A field of one's own for [`filter`]: a choice among words.
#[must_use]
pub fn choice(view: &View<'_>, name: &str, label: &str, options: &[(&str, String)]) -> Markup {
    html! {
        label { span { (label) }
            select name=(name) {
                option value="" { "–" }
                @for (value, text) in options {
                    option value=(value) selected[view.query.get(name) == Some(value)] { (text) }
                }
            }
        }
    }
}

/// A field of one's own for [`filter`]: text.
#[must_use]
pub fn field(view: &View<'_>, name: &str, label: &str) -> Markup {
    html! { label { span { (label) } input name=(name) value=(view.query.get(name).unwrap_or_default()); } }
}

/// Facts, each with its name; those that say nothing are left out.
#[must_use]
pub fn facts(facts: &[(String, Option<Markup>)]) -> Markup {
    html! {
        dl .facts { @for (name, fact) in facts { @if let Some(fact) = fact { dt { (name) } dd { (fact) } } } }
    }
}

/// What came from outside, whole lines of it, in a box that scrolls.
#[must_use]
pub fn source(name: &str, text: &str) -> Markup {
    let text = text.replace("\r\n", "\n").replace('\t', "    ");
    html! { pre .source tabindex="0" role="region" aria-label=(name) { code { (safe_whole(&text)) } } }
}

/// The links to the same as a file and for programs.
#[must_use]
pub fn downloads(view: &View<'_>, tables: &[Table]) -> Markup {
    let address = |name: &str| {
        let query = view.query.with("table", (tables.len() > 1).then_some(name));
        format!("{}.csv{}", if view.path == "/" { "/overview" } else { view.path }, query.to_text())
    };
    let json = format!("/api/v1{}{}", if view.path == "/" { "/overview" } else { view.path }, view.query.to_text());
    html! {
        p .downloads {
            @for table in tables {
                a href=(address(table.name)) download { "CSV" @if tables.len() > 1 { " · " (table.caption) } } " "
            }
            a href=(json) { "JSON" }
        }
    }
}

/// Where the next page of a list is.
#[must_use]
pub fn onward(view: &View<'_>, name: &str, next: Option<&str>) -> Markup {
    html! {
        @if let Some(next) = next {
            nav .onward aria-label=(view.word("page-label-more")) {
                a rel="next" href=(view.link(name, Some(next))) { (view.word("page-label-more")) }
            }
        }
    }
}

/// A form that does something: hidden fields, visible ones, and its button. Nothing where the person may not.
#[must_use]
pub fn action(view: &View<'_>, path: &str, hidden: &[(&str, &str)], inner: &Markup, button: &str) -> Markup {
    html! {
        form .action method="post" action=(path) {
            input type="hidden" name="csrf" value=(view.csrf);
            input type="hidden" name="back" value={ (view.path) (view.query.to_text()) };
            @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
            (inner)
            button { (button) }
        }
    }
}

/// A figure: as a picture, wide and narrow, with its table behind it. `id` is the picture's own on the page.
#[must_use]
pub fn figure(id: &str, figure: &Figure, view: &View<'_>) -> Markup {
    pictured(id, |view| figure.svg(view), &figure.table(), view)
}

/// Spans of time, likewise.
#[must_use]
pub fn time_line(id: &str, line: &TimeLine, view: &View<'_>) -> Markup {
    pictured(id, |view| line.svg(view), &line.table(), view)
}

/// A line without letters, for a cell.
#[must_use]
pub fn spark_line(id: &str, figure: &Figure, view: &View<'_>) -> Markup {
    match figure.svg(&chart::View::page(id, chart::View::SPARK, locale(view))) {
        Ok(svg) => html! { span .spark { (PreEscaped(svg)) } },
        Err(_) => html! {},
    }
}

fn pictured(
    id: &str,
    draw: impl Fn(&chart::View) -> Result<String, chart::ChartError>,
    table: &chart::Table,
    view: &View<'_>,
) -> Markup {
    let drawn = |kind: &str, width| draw(&chart::View::page(&format!("{id}-{kind}"), width, locale(view)));
    // A picture that is too much for one is its table alone.
    let pictures = drawn("wide", chart::View::WIDE).and_then(|wide| Ok((wide, drawn("narrow", chart::View::NARROW)?)));
    html! {
        div .chart {
            @if let Ok((wide, narrow)) = &pictures {
                div .chart-wide { (PreEscaped(wide)) }
                div .chart-narrow { (PreEscaped(narrow)) }
            }
            details open[pictures.is_err()] {
                summary { (view.word("page-label-as-table")) }
                div .scroll tabindex="0" role="region" aria-label=(view.word("page-label-as-table")) { table {
                    thead { tr { @for head in &table.header { th scope="col" { (head) } } } }
                    tbody { @for row in &table.rows { tr {
                        @for (place, cell) in row.iter().enumerate() {
                            @if place == 0 { th scope="row" { (safe(cell)) } } @else { td .number { (safe(cell)) } }
                        }
                    } } }
                } }
            }
        }
    }
}

fn locale(view: &View<'_>) -> chart::Locale {
    match view.language() {
        Language::English => chart::Locale::En,
        Language::Japanese => chart::Locale::Ja,
    }
}

/// The slot of a class in charts: its colour, pattern and mark.
#[must_use]
pub fn slot(class: Class) -> chart::Slot {
    match class {
        Class::Legitimate => chart::Slot::Legitimate,
        Class::Forwarded => chart::Slot::Forwarded,
        Class::Misconfigured => chart::Slot::Misconfigured,
        Class::Suspected => chart::Slot::Suspected,
        Class::Undecidable => chart::Slot::Undecidable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_stranger_wrote_is_markup_or_unseen() {
        let shown = safe("<script>\u{202e}cba\u{0}\u{200b}&\"'").into_string();
        assert_eq!(
            shown,
            "<bdi>&lt;script&gt;<span class=\"unseen\">U+202E</span>cba<span class=\"unseen\">U+0000</span>\
             <span class=\"unseen\">U+200B</span>&amp;&quot;'</bdi>"
        );
        assert!(safe(&"x".repeat(100_000)).into_string().len() < 2 * SHOWN_CHARACTERS_MAX);
        assert_eq!(safe_whole("a\u{202e}\n<").into_string(), "a\\u{202E}\n&lt;");
    }
}
