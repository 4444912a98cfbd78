//! Case directories, `testdata/cases/<area>/NN-name.*`: every case has a `.why` (which section, which story) and a `.want`
//! (the outcome with its evidence), neither empty.

use std::collections::BTreeMap;

use crate::house::{Complaint, House, Outcome};

const CASES: &str = "testdata/cases/";

pub(crate) fn check(house: &House) -> Outcome<Vec<Complaint>> {
    let is_empty = |path: &str| house.root.join(path).metadata().is_ok_and(|data| data.len() == 0);
    Ok(complaints(house.files.iter().map(String::as_str), is_empty))
}

fn complaints<'a>(files: impl Iterator<Item = &'a str>, is_empty: impl Fn(&str) -> bool) -> Vec<Complaint> {
    let mut cases: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in files.filter(|path| path.contains(CASES) && !path.ends_with(".md")) {
        let name_at = path.rfind('/').map_or(0, |at| at + 1);
        let stem_end = path[name_at..].find('.').map_or(path.len(), |dot| name_at + dot);
        cases.entry(&path[..stem_end]).or_default().push(path);
    }
    let mut complaints = Vec::new();
    for (case, files) in cases {
        for ending in ["why", "want"] {
            let wanted = format!("{case}.{ending}");
            if !files.contains(&wanted.as_str()) {
                complaints.push(Complaint::new(&wanted, 0, "this case lacks it"));
            } else if is_empty(&wanted) {
                complaints.push(Complaint::new(&wanted, 0, "is empty"));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_whole() {
        let files = [
            "testdata/cases/spf/01-a.msg",
            "testdata/cases/spf/01-a.why",
            "testdata/cases/spf/01-a.want",
            "testdata/cases/spf/02-b.zone",
            "testdata/cases/spf/02-b.why",
            "testdata/cases/README.md",
            "docs/flow.md",
        ];
        let found: Vec<String> =
            complaints(files.into_iter(), |path| path.ends_with("02-b.why")).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            ["testdata/cases/spf/02-b.why: is empty", "testdata/cases/spf/02-b.want: this case lacks it"]
        );
    }
}
