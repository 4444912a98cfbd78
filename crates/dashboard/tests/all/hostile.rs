//! What strangers write stands in pages as text, in files as cells, and nowhere as anything else.

use dashboard::who::Role;
use dashboard::{Desk, SCREENS};

use super::world::{World, get, text};

pub(crate) const HOSTILE: &str =
    "\"'><script>alert(1)</script><img src=x onerror=alert(1)>\u{202e}\u{2066}=cmd|'/c calc'!A0{{7*7}}&amp;\u{0}";

#[test]
fn nothing_that_a_stranger_wrote_is_markup() {
    let desk = Desk::new(World::with_hostile_reports(Role::Admin, HOSTILE), [0; 32]);
    for entry in SCREENS {
        // Of things with a number of their own, some of each kind; a domain.
        let numbers = (1..=24).map(|id: u32| id.to_string());
        let objects: Vec<String> = if entry.path.contains("{id}") {
            numbers.chain(["example.jp".to_owned()]).collect()
        } else {
            vec![String::new()]
        };
        let paths = objects.iter().map(|object| entry.path.replace("{id}", object));
        let both = |path: String| [format!("{path}?domain=example.jp&q=%22%3E%3Cscript%3E&lang=ja"), path];
        for target in paths.flat_map(both) {
            let page = text(&get(&desk, &target));
            assert_eq!(page.matches("<script").count(), page.matches("<script src=\"/assets/").count(), "{target}");
            assert!(!page.contains("<img") && !page.contains("onerror=alert(1)>"), "{target}");
            assert!(!page.contains(['\u{202e}', '\u{2066}', '\u{0}']), "{target}: unseen characters");
        }
    }
}

#[test]
fn no_cell_of_a_file_is_a_formula() {
    for first in ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"] {
        let desk = Desk::new(World::with_hostile_reports(Role::Admin, first), [0; 32]);
        for entry in SCREENS.iter().filter(|entry| !entry.path.contains('{')) {
            let path = if entry.path == "/" { "/overview" } else { entry.path };
            let file = text(&get(&desk, &format!("{path}.csv")));
            for cell in file.lines().skip(1).flat_map(|line| line.split(',')) {
                let bare = cell.trim_start_matches('"');
                let is_number = bare.trim_end_matches('"').parse::<f64>().is_ok();
                assert!(is_number || !bare.starts_with(['=', '+', '@', '\t', '\r']), "{path}: {cell}");
                assert!(is_number || bare == "-" || !bare.starts_with('-'), "{path}: {cell}");
            }
        }
    }
}
