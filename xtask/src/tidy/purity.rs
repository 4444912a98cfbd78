//! Purity: each crate that ARCHITECTURE.md calls pure is checked by the lints of clippy-pure.toml, and no other.
//!
//! The list is the line of ARCHITECTURE.md that begins with `Pure crates:`, names in back-quotes. Such a crate's
//! `clippy.toml` is a link to clippy-pure.toml, and its manifest takes the workspace's lints, as every crate's does.

use std::collections::BTreeSet;

use crate::house::{Complaint, House, Outcome};

const DOCUMENT: &str = "ARCHITECTURE.md";
const LINTS: &str = "clippy-pure.toml";

pub(crate) fn check(house: &House) -> Outcome<Vec<Complaint>> {
    let (line, pure) = pure_crates(&house.read(DOCUMENT)?).ok_or(format!("{DOCUMENT} has no line `Pure crates: …`"))?;
    let manifests =
        house.texts(|path| path.ends_with("Cargo.toml") && path.matches('/').count() > 0 && is_member(path));
    let mut complaints = Vec::new();
    let mut seen = BTreeSet::new();
    for (path, text) in &manifests {
        let folder = path.trim_end_matches("/Cargo.toml");
        let name = folder.rsplit('/').next().unwrap_or(folder);
        seen.insert(name);
        if !takes_workspace_lints(text) {
            complaints.push(Complaint::new(path, 0, "wants `[lints]` with `workspace = true`"));
        }
        let clippy = format!("{folder}/clippy.toml");
        match (pure.contains(name), has_pure_lints(house, &clippy)) {
            (true, false) => {
                complaints.push(Complaint::new(&clippy, 0, format!("{name} is pure: link this to {LINTS}")));
            }
            (false, true) => {
                let what = format!("{clippy} links to {LINTS}, so {name} belongs in this list");
                complaints.push(Complaint::new(DOCUMENT, line, what));
            }
            _ => {}
        }
    }
    let absent = pure.iter().filter(|name| !seen.contains(name.as_str()));
    complaints.extend(absent.map(|name| Complaint::new(DOCUMENT, line, format!("there is no crate {name}"))));
    Ok(complaints)
}

fn is_member(path: &str) -> bool {
    path.starts_with("crates/") || path.starts_with("xtask/")
}

fn pure_crates(text: &str) -> Option<(usize, BTreeSet<String>)> {
    let (at, line) = text.lines().enumerate().find(|(_, line)| line.starts_with("Pure crates:"))?;
    Some((at + 1, line.split('`').skip(1).step_by(2).map(str::to_owned).collect()))
}

fn takes_workspace_lints(manifest: &str) -> bool {
    let mut after_head = manifest.lines().map(str::trim).skip_while(|line| *line != "[lints]").skip(1);
    after_head.next().is_some_and(|line| line.replace(' ', "") == "workspace=true")
}

fn has_pure_lints(house: &House, clippy: &str) -> bool {
    let path = house.root.join(clippy);
    // Where links cannot be checked out, git writes the target's name into a plain file; clippy would not read that.
    std::fs::read_link(&path).is_ok_and(|target| target.ends_with(LINTS) && path.exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read() {
        let (line, pure) = pure_crates("# A\n\nPure crates: `spf`, `dkim`.\n").unwrap();
        assert_eq!((line, pure.len(), pure.contains("dkim")), (3, 2, true));
        assert_eq!(pure_crates("nothing"), None);
    }

    #[test]
    fn lints_of_the_workspace() {
        assert!(takes_workspace_lints("[package]\n\n[lints]\nworkspace = true\n"));
        assert!(!takes_workspace_lints("[lints]\nrust.unsafe_code = \"allow\"\n"));
        assert!(!takes_workspace_lints("[package]\n"));
    }
}
