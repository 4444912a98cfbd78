//! `rfc`: docs/standards.md, what of each standard is implemented and where.
//!
//! Two sources: the comments that quote a standard where the code obeys it, `// RFC 7208 §4.6.4: …` (`quotes`), and the
//! tables `docs/standards/NNNN.tsv`, one per standard, which list its sections (`standards`). A quote of a section that
//! its standard does not have is an error.

mod quotes;
mod standards;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::documents::Document;
use crate::house::{House, Outcome};
use quotes::Quote;
use standards::{Section, Standard, State};

pub(crate) const DOCUMENT: Document = Document { path: "docs/standards.md", task: "cargo xtask rfc", make: document };

/// Links shown per section; a reader needs the places, not all of them.
const LINKS_MAX: usize = 8;

pub(crate) fn run(house: &House, arguments: &[String]) -> Outcome {
    DOCUMENT.renew(house, arguments)
}

/// Quotes by section, by standard's number.
type Quoted = BTreeMap<String, BTreeMap<String, Vec<Quote>>>;

fn document(house: &House) -> Outcome<String> {
    let standards = standards::read_all(house)?;
    let mut quoted = Quoted::new();
    for quote in quotes::collect(house) {
        let of_standard = quoted.entry(quote.standard.clone()).or_default();
        of_standard.entry(quote.section.clone()).or_default().push(quote);
    }
    refuse_unknown_sections(&standards, &quoted)?;
    Ok(render(&standards, &quoted))
}

fn refuse_unknown_sections(standards: &[Standard], quoted: &Quoted) -> Outcome {
    let mut problems = Vec::new();
    for standard in standards {
        for (section, quotes) in quoted.get(&standard.number).into_iter().flatten() {
            if !standard.sections.iter().any(|known| known.number == *section) {
                let places =
                    quotes.iter().map(|q| format!("{}:{}: RFC {} has no §{section}", q.file, q.line, q.standard));
                problems.extend(places);
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

const HEAD: &str = "# Standards

Made by `cargo xtask rfc`; do not edit. Sections come from `docs/standards/*.tsv`, links from the comments that quote a
section where the code obeys it.

**yes**: implemented where linked · **partial**: as the note says · **not yet**: to be done, or not quoted ·
**deliberately not**: with the reason · –: the section asks nothing of an implementation.

";

fn render(standards: &[Standard], quoted: &Quoted) -> String {
    let nothing = BTreeMap::new();
    let mut text = HEAD.to_owned();
    text.push_str("| standard | yes | partial | not yet | deliberately not | – |\n|--|--|--|--|--|--|\n");
    for standard in standards {
        let quotes = quoted.get(&standard.number).unwrap_or(&nothing);
        let count = |word| standard.sections.iter().filter(|s| verdict(s, quotes) == word).count();
        let counts = ["yes", "partial", "not yet", "deliberately not", "–"].map(|word| count(word).to_string());
        let anchor = format!("rfc-{}", standard.number);
        let _ = writeln!(text, "| [RFC {}](#{anchor}) {} | {} |", standard.number, standard.title, counts.join(" | "));
    }
    for standard in standards {
        let quotes = quoted.get(&standard.number).unwrap_or(&nothing);
        let _ = writeln!(
            text,
            "\n## RFC {}\n\n{}\n\n| § | title | | where |\n|--|--|--|--|",
            standard.number, standard.title
        );
        for section in &standard.sections {
            let places = places(section, quotes);
            let (number, title) = (&section.number, standards::in_table(&section.title));
            let _ = writeln!(text, "| {number} | {title} | {} | {places} |", verdict(section, quotes));
        }
    }
    render_others(&mut text, standards, quoted);
    text
}

fn verdict(section: &Section, quotes: &BTreeMap<String, Vec<Quote>>) -> &'static str {
    let quoted = quotes.contains_key(&section.number);
    match section.state {
        State::No => "deliberately not",
        State::Partial => "partial",
        State::Info | State::Todo if quoted => "yes",
        State::Info => "–",
        State::Todo => "not yet",
    }
}

fn places(section: &Section, quotes: &BTreeMap<String, Vec<Quote>>) -> String {
    let quotes = quotes.get(&section.number).map_or(&[][..], Vec::as_slice);
    let mut parts: Vec<String> = quotes.iter().take(LINKS_MAX).map(link).collect();
    if quotes.len() > LINKS_MAX {
        parts.push(format!("and {} more", quotes.len() - LINKS_MAX));
    }
    let links = parts.join(", ");
    // A note on work to be done is out of date as soon as the code quotes the section.
    let note = section.note.as_deref().filter(|_| section.state != State::Todo || quotes.is_empty());
    match (note, links.is_empty()) {
        (Some(note), true) => standards::in_table(note),
        (Some(note), false) => format!("{}: {links}", standards::in_table(note)),
        (None, _) => links,
    }
}

fn link(quote: &Quote) -> String {
    let short = quote.file.strip_prefix("crates/").unwrap_or(&quote.file).replacen("/src/", "/", 1);
    format!("[{short}:{line}](../{file}#L{line})", line = quote.line, file = quote.file)
}

fn render_others(text: &mut String, standards: &[Standard], quoted: &Quoted) {
    let mut others = quoted.iter().filter(|(number, _)| !standards.iter().any(|s| s.number == **number)).peekable();
    if others.peek().is_some() {
        text.push_str(
            "\n## Others\n\nQuoted, but not listed by section here.\n\n| standard | § | where |\n|--|--|--|\n",
        );
    }
    for (number, sections) in others {
        for (section, quotes) in sections {
            let links: Vec<String> = quotes.iter().take(LINKS_MAX).map(link).collect();
            let _ = writeln!(text, "| RFC {number} | {section} | {} |", links.join(", "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standard() -> Standard {
        let text = "# RFC 9\tName\n1\tIntro\tinfo\n2\tA\ttodo\tlater\n3\tB\tpartial\tonly x\n4\tC|D\tno\twhy not\n5\tE\ttodo\tlater\n";
        standards::parse("9.tsv", text).unwrap()
    }

    fn quoted(sections: &[&str]) -> Quoted {
        let of = |section: &&str| {
            let file = "crates/spf/src/a.rs".to_owned();
            (
                (*section).to_owned(),
                vec![Quote { standard: "9".to_owned(), section: (*section).to_owned(), file, line: 7 }],
            )
        };
        Quoted::from([("9".to_owned(), sections.iter().map(of).collect())])
    }

    #[test]
    fn each_section_has_its_verdict() {
        let text = render(&[standard()], &quoted(&["2", "3"]));
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ") && !line.contains("RFC")).collect();
        assert_eq!(
            rows[2..],
            [
                "| 1 | Intro | – |  |",
                "| 2 | A | yes | [spf/a.rs:7](../crates/spf/src/a.rs#L7) |",
                "| 3 | B | partial | only x: [spf/a.rs:7](../crates/spf/src/a.rs#L7) |",
                "| 4 | C\\|D | deliberately not | why not |",
                "| 5 | E | not yet | later |",
            ]
        );
        assert!(text.contains("| [RFC 9](#rfc-9) Name | 1 | 1 | 1 | 1 | 1 |"));
    }

    #[test]
    fn a_section_that_does_not_exist_is_refused() {
        let problem = refuse_unknown_sections(&[standard()], &quoted(&["2", "2.9"])).unwrap_err();
        assert_eq!(problem, "crates/spf/src/a.rs:7: RFC 9 has no §2.9");
    }

    #[test]
    fn standards_without_a_table_are_listed_too() {
        assert!(render(&[], &quoted(&["2"])).contains("| RFC 9 | 2 | [spf/a.rs:7](../crates/spf/src/a.rs#L7) |"));
    }
}
