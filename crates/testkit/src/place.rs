//! Where things lie.

use std::path::{Path, PathBuf};

/// The root of the workspace: the nearest directory above the tested crate that holds `Cargo.lock`.
#[must_use]
pub fn root() -> PathBuf {
    let start = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let found = Path::new(&start).ancestors().find(|directory| directory.join("Cargo.lock").is_file());
    found.unwrap_or_else(|| panic!("no Cargo.lock above {start}")).to_owned()
}

/// A file or directory of the suites of others: in `$SEKISHO_SUITES`, or in `../shared/suites` beside the workspace.
/// `None`, with a visible line, when it is not there; the test then ends.
#[must_use]
pub fn suite(path: &str) -> Option<PathBuf> {
    let suites =
        std::env::var_os("SEKISHO_SUITES").map_or_else(|| root().join("../shared/suites"), PathBuf::from).join(path);
    if suites.exists() {
        return Some(suites);
    }
    println!("skipped: suite {path} is not there (SEKISHO_SUITES, or ../shared/suites)");
    None
}

/// Where a test may leave files: `target/<name>`, made when missing.
pub(crate) fn target(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from).join(name);
    std::fs::create_dir_all(&target).unwrap_or_else(|error| panic!("{}: {error}", target.display()));
    target
}
