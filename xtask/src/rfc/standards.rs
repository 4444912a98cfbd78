//! The tables `docs/standards/NNNN.tsv`: the sections of a standard and what is to be done about those that no code quotes.
//!
//! First line `# RFC NNNN<TAB>title`; then `section<TAB>title<TAB>state[<TAB>note]`. States: `info` (asks nothing of an
//! implementation), `todo` (to be done; counts as done once quoted), `partial` and `no` (deliberately not), both with a note.

use crate::house::{House, Outcome};

pub(crate) struct Standard {
    pub(crate) number: String,
    pub(crate) title: String,
    pub(crate) sections: Vec<Section>,
}

pub(crate) struct Section {
    pub(crate) number: String,
    pub(crate) title: String,
    pub(crate) state: State,
    pub(crate) note: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum State {
    Info,
    Todo,
    Partial,
    No,
}

/// Every standard that has a table, by number.
pub(crate) fn read_all(house: &House) -> Outcome<Vec<Standard>> {
    let tables = house.texts(|path| path.starts_with("docs/standards/") && path.ends_with(".tsv"));
    let mut standards = tables.iter().map(|(path, text)| parse(path, text)).collect::<Outcome<Vec<_>>>()?;
    standards.sort_by_key(|standard| standard.number.parse::<u32>().unwrap_or(u32::MAX));
    Ok(standards)
}

pub(crate) fn parse(path: &str, text: &str) -> Outcome<Standard> {
    let mut lines = text.lines().enumerate();
    let head = lines.next().and_then(|(_, line)| line.strip_prefix("# RFC ")?.split_once('\t'));
    let (number, title) = head.ok_or(format!("{path}:1: want `# RFC NNNN<TAB>title`"))?;
    let sections = lines.map(|(i, line)| section(line).map_err(|reason| format!("{path}:{}: {reason}", i + 1)));
    let sections = sections.collect::<Outcome<Vec<_>>>()?;
    Ok(Standard { number: number.to_owned(), title: title.to_owned(), sections })
}

/// Text that can stand in a cell of a Markdown table and means itself.
pub(crate) fn in_table(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('_', "\\_").replace('*', "\\*")
}

fn section(line: &str) -> Outcome<Section> {
    let cells: Vec<&str> = line.split('\t').collect();
    let (number, title, state, note) = match cells[..] {
        [number, title, state] => (number, title, state, None),
        [number, title, state, note] => (number, title, state, Some(note.to_owned())),
        _ => return Err("want section, title, state and perhaps a note, with tabs between".to_owned()),
    };
    let state = match (state, &note) {
        ("info", _) => State::Info,
        ("todo", _) => State::Todo,
        ("partial", Some(_)) => State::Partial,
        ("no", Some(_)) => State::No,
        ("partial" | "no", None) => return Err(format!("`{state}` needs a note")),
        _ => return Err(format!("`{state}` is not a state: info, todo, partial, no")),
    };
    Ok(Section { number: number.to_owned(), title: title.to_owned(), state, note })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read() {
        let standard = parse("x", "# RFC 7208\tSPF\n1\tIntro\tinfo\n2\tB\tno\tbecause\n").unwrap();
        assert_eq!((standard.number.as_str(), standard.title.as_str()), ("7208", "SPF"));
        assert_eq!(standard.sections[1].state, State::No);
        assert_eq!(standard.sections[1].note.as_deref(), Some("because"));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let reason = |text| parse("x", text).err().unwrap();
        assert_eq!(reason("# RFC 1\tA\n1\tB\tno\n"), "x:2: `no` needs a note");
        assert_eq!(reason("# RFC 1\tA\n1\tB\tyes\n"), "x:2: `yes` is not a state: info, todo, partial, no");
        assert!(reason("RFC 1\n").starts_with("x:1: want"));
    }
}
