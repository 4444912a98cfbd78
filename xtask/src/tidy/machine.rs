//! No trace of one machine in our files: no folder of whoever wrote them, no package registry other than the public one.

use std::path::Path;

use crate::house::{Complaint, House, Outcome};

/// This file has to name what it looks for.
const OURSELVES: &str = "xtask/src/tidy/machine.rs";
/// Folders that every machine has; a project that lies directly in one tells nothing.
const COMMON: &[&str] = &["/", "/home", "/usr", "/usr/src", "/opt", "/src", "/srv", "/tmp", "/var", "/etc", "/mnt"];
const HOMES: &[&str] = &["/home/", "/Users/", "/root/"];
/// Settings that point a package manager to a host of one's own.
const REGISTRIES: &[&str] =
    &["replace-with", "[registries", "--index-url", "--extra-index-url", "PIP_INDEX_URL", "GOPROXY="];
const PUBLIC_INDEX: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub(crate) fn check(house: &House) -> Outcome<Vec<Complaint>> {
    let folders = folders_of_this_machine(&house.root);
    let mut complaints = Vec::new();
    for (path, text) in house.texts(|path| path != OURSELVES) {
        for (at, line) in text.lines().enumerate() {
            if let Some(what) = trace(line, &folders, path == "Cargo.lock") {
                complaints.push(Complaint::new(path, at + 1, what));
            }
        }
    }
    Ok(complaints)
}

fn folders_of_this_machine(root: &Path) -> Vec<String> {
    let variables = ["HOME", "CARGO_HOME", "RUSTUP_HOME"].map(std::env::var_os);
    let folders = variables.into_iter().flatten().map(std::path::PathBuf::from);
    let folders = folders.chain([root.to_owned()]).chain(root.parent().map(Path::to_owned));
    let folders = folders.map(|folder| folder.to_string_lossy().trim_end_matches('/').to_owned());
    folders.filter(|folder| folder.starts_with('/') && !COMMON.contains(&folder.as_str())).map(|f| f + "/").collect()
}

fn trace(line: &str, folders: &[String], is_lock_file: bool) -> Option<String> {
    let paths = folders.iter().map(String::as_str).chain(HOMES.iter().copied());
    if let Some(path) = paths.into_iter().find(|path| begins_a_path(line, path)) {
        return Some(format!("names a folder of one machine, {path}…"));
    }
    if let Some(setting) = REGISTRIES.iter().find(|setting| line.contains(**setting)) {
        return Some(format!("points to a registry of one's own: {setting}"));
    }
    let source = line.strip_prefix("source = ").filter(|_| is_lock_file)?;
    (source.trim_matches('"') != PUBLIC_INDEX).then(|| format!("a package from elsewhere: {source}"))
}

/// Whether `folder` stands in the line as the beginning of a path, not in the middle of one.
fn begins_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(|before| before.is_alphanumeric() || "_-./}>*".contains(before))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_found_where_a_path_begins() {
        let folders = ["/build/me/".to_owned()];
        assert!(trace("see /build/me/x.rs", &folders, false).is_some());
        assert!(trace("\"/home/someone/x\"", &folders, false).is_some());
        assert_eq!(trace("crates/build/me/x.rs", &folders, false), None);
        assert_eq!(trace("https://a.example/home/page", &folders, false), None);
    }

    #[test]
    fn registries_other_than_the_public_one() {
        assert!(trace("replace-with = \"mirror\"", &[], false).is_some());
        assert!(trace("source = \"registry+https://mirror.example/index\"", &[], true).is_some());
        assert_eq!(trace(&format!("source = \"{PUBLIC_INDEX}\""), &[], true), None);
    }
}
