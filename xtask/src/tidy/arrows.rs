//! The arrows between crates: the table in ARCHITECTURE.md against `cargo metadata`, both ways.
//!
//! The table is the one whose first head cell is `crate`: crate, may use, outside crates of note, never. A crate is named
//! by its folder; behind `; tests:` stand those that its tests alone use. An arrow that the table lacks fails, and so does one that no manifest has; a crate named as of note must
//! be used, one named in back-quotes under "never" must not; a dependency that no line of the crate names is refused.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{Dependency, DependencyKind, Metadata, Package};

use crate::house::{Complaint, House, Outcome};
use crate::rust_text::{blanked, names};

const TABLE: &str = "ARCHITECTURE.md";
/// May be a dependency of tests and of nothing else.
const TESTS_ONLY: [&str; 2] = ["testkit", "sim"];

/// A row of the table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    line: usize,
    name: String,
    may_use: BTreeSet<String>,
    tests_may_use: BTreeSet<String>,
    of_note: BTreeSet<String>,
    never: BTreeSet<String>,
}

/// What a crate's manifest says.
#[derive(Debug, Default)]
struct Manifest {
    file: String,
    /// Crates of the house, by folder.
    inner: BTreeSet<String>,
    inner_for_tests: BTreeSet<String>,
    /// Other people's crates, by package name.
    outer: BTreeSet<String>,
}

pub(crate) fn check(house: &House) -> Outcome<Vec<Complaint>> {
    let rows = table(&house.read(TABLE)?);
    if rows.is_empty() {
        return Err(format!("{TABLE} has no table of crates"));
    }
    let metadata = house.metadata()?;
    let mut complaints = compare(&rows, &manifests(house, &metadata));
    for package in &metadata.packages {
        complaints.extend(unused(house, package));
    }
    Ok(complaints)
}

/// Reads the table of crates.
pub(crate) fn table(text: &str) -> Vec<Row> {
    let lines = text.lines().enumerate().map(|(i, line)| (i + 1, line.trim()));
    let body = lines.skip_while(|(_, line)| !line.replace(' ', "").starts_with("|crate|")).skip(2);
    body.take_while(|(_, line)| line.starts_with('|')).filter_map(|(line, text)| row(line, text)).collect()
}

fn row(line: usize, text: &str) -> Option<Row> {
    let cells: Vec<&str> = text.trim_matches('|').split('|').map(str::trim).collect();
    let [name, may_use, of_note, never] = cells[..] else { return None };
    let name = name.trim_start_matches('`').split(['`', ' ']).next()?.to_owned();
    let quoted = never.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let (may_use, tests) = may_use.split_once("; tests:").unwrap_or((may_use, ""));
    let (may_use, tests_may_use) = (list(may_use), list(tests));
    Some(Row { line, name, may_use, tests_may_use, of_note: list(of_note), never: quoted })
}

fn list(cell: &str) -> BTreeSet<String> {
    let items = cell.split(',').map(|item| item.trim().trim_matches('`'));
    items.filter(|item| !item.is_empty() && *item != "–").map(str::to_owned).collect()
}

fn manifests(house: &House, metadata: &Metadata) -> BTreeMap<String, Manifest> {
    let folders: BTreeMap<&str, String> =
        metadata.packages.iter().map(|package| (package.name.as_str(), folder(package))).collect();
    let read = |package: &Package| {
        let path = package.manifest_path.as_std_path();
        let file = path.strip_prefix(&house.root).unwrap_or(path).to_string_lossy().into_owned();
        let mut manifest = Manifest { file, ..Manifest::default() };
        for dependency in &package.dependencies {
            match (folders.get(dependency.name.as_str()), dependency.kind) {
                (Some(folder), DependencyKind::Development) => manifest.inner_for_tests.insert(folder.clone()),
                (Some(folder), _) => manifest.inner.insert(folder.clone()),
                (None, DependencyKind::Development) => false,
                (None, _) => manifest.outer.insert(dependency.name.clone()),
            };
        }
        (folder(package), manifest)
    };
    metadata.packages.iter().map(read).collect()
}

fn folder(package: &Package) -> String {
    package.manifest_path.parent().and_then(|folder| folder.file_name()).unwrap_or_default().to_owned()
}

fn compare(rows: &[Row], manifests: &BTreeMap<String, Manifest>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, manifest) in manifests {
        match rows.iter().find(|row| row.name == *name) {
            Some(row) => compare_one(row, manifest, &mut complaints),
            None => complaints.push(Complaint::new(&manifest.file, 0, format!("{name} has no row in {TABLE}"))),
        }
    }
    for row in rows.iter().filter(|row| !manifests.contains_key(&row.name)) {
        complaints.push(Complaint::new(TABLE, row.line, format!("there is no crate {}", row.name)));
    }
    complaints
}

fn compare_one(row: &Row, manifest: &Manifest, complaints: &mut Vec<Complaint>) {
    let name = &row.name;
    let mut manifest_complains = |what: String| complaints.push(Complaint::new(&manifest.file, 0, what));
    for used in &manifest.inner {
        if TESTS_ONLY.contains(&used.as_str()) {
            manifest_complains(format!("{used} is for tests: [dev-dependencies]"));
        } else if !row.may_use.contains(used) {
            manifest_complains(format!("{name} uses {used}, an arrow that is not in {TABLE}:{}", row.line));
        }
    }
    for used in &manifest.inner_for_tests {
        let is_known = row.may_use.contains(used) || row.tests_may_use.contains(used);
        if !TESTS_ONLY.contains(&used.as_str()) && !is_known {
            manifest_complains(format!("the tests of {name} use {used}, an arrow that is not in {TABLE}:{}", row.line));
        }
    }
    for used in row.never.iter().filter(|never| manifest.inner.contains(*never) || manifest.outer.contains(*never)) {
        manifest_complains(format!("{name} uses {used}, which {TABLE}:{} says it never does", row.line));
    }
    let mut table_complains = |what: String| complaints.push(Complaint::new(TABLE, row.line, what));
    for unused in row.may_use.difference(&manifest.inner) {
        table_complains(format!("{name} does not use {unused}"));
    }
    for unused in row.tests_may_use.difference(&manifest.inner_for_tests) {
        table_complains(format!("the tests of {name} do not use {unused}"));
    }
    for absent in row.of_note.difference(&manifest.outer) {
        table_complains(format!("{name} does not use the outside crate {absent}"));
    }
}

/// Dependencies that no source file of the package names.
fn unused(house: &House, package: &Package) -> Vec<Complaint> {
    let path = package.manifest_path.as_std_path();
    let manifest = path.strip_prefix(&house.root).unwrap_or(path).to_string_lossy().into_owned();
    let home = manifest.strip_suffix("Cargo.toml").unwrap_or_default();
    let sources: Vec<(bool, Vec<char>)> = house
        .texts(|path| path.starts_with(home) && path.ends_with(".rs"))
        .iter()
        .map(|(path, text)| (path.starts_with(&format!("{home}src/")), blanked(text)))
        .collect();
    let is_named = |dependency: &Dependency| {
        let name = dependency.rename.as_ref().unwrap_or(&dependency.name).replace('-', "_");
        let only_src = dependency.kind == DependencyKind::Normal;
        sources.iter().any(|(in_src, text)| (*in_src || !only_src) && names(text, &name))
    };
    let unused = package.dependencies.iter().filter(|dependency| !is_named(dependency));
    unused.map(|d| Complaint::new(&manifest, 0, format!("no source names the dependency {}", d.name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
| other | table |
|--|--|
| x | y |

| crate | may use | outside crates of note | never |
|--|--|--|--|
| `a` – first | – | memchr | everything else |
| b – second | a | – | `tokio`, the clock |
| c – third | a; tests: b | – | `b` |

| crate | not | this | one |
";

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn manifest(inner: &[&str], for_tests: &[&str], outer: &[&str]) -> Manifest {
        let file = "Cargo.toml".to_owned();
        Manifest { file, inner: set(inner), inner_for_tests: set(for_tests), outer: set(outer) }
    }

    fn complaints(a: Manifest, b: Manifest) -> Vec<String> {
        complaints_with(a, b, manifest(&["a"], &["b"], &[]))
    }

    fn complaints_with(a: Manifest, b: Manifest, c: Manifest) -> Vec<String> {
        let manifests = BTreeMap::from([("a".to_owned(), a), ("b".to_owned(), b), ("c".to_owned(), c)]);
        compare(&table(TEXT), &manifests).iter().map(|complaint| complaint.what.clone()).collect()
    }

    #[test]
    fn the_table_is_read() {
        let rows = table(TEXT);
        assert_eq!(rows.len(), 3);
        assert_eq!((rows[0].name.as_str(), rows[0].line), ("a", 7));
        assert_eq!(rows[0].of_note, set(&["memchr"]));
        assert_eq!((&rows[1].may_use, &rows[1].never), (&set(&["a"]), &set(&["tokio"])));
        assert_eq!((&rows[2].may_use, &rows[2].tests_may_use), (&set(&["a"]), &set(&["b"])));
    }

    #[test]
    fn a_house_as_drawn_has_no_complaints() {
        assert_eq!(complaints(manifest(&[], &["testkit"], &["memchr"]), manifest(&["a"], &["a"], &["psl"])), [""; 0]);
    }

    #[test]
    fn arrows_fail_both_ways() {
        let found = complaints(manifest(&["b"], &[], &["memchr"]), manifest(&[], &[], &[]));
        assert_eq!(found, ["a uses b, an arrow that is not in ARCHITECTURE.md:7", "b does not use a"]);
    }

    #[test]
    fn arrows_of_tests_are_for_tests_alone() {
        let (a, b) = (|| manifest(&[], &["testkit"], &["memchr"]), || manifest(&["a"], &["a"], &["psl"]));
        let found = complaints_with(a(), b(), manifest(&["a", "b"], &[], &[]));
        let wanted = [
            "c uses b, an arrow that is not in ARCHITECTURE.md:9",
            "c uses b, which ARCHITECTURE.md:9 says it never does",
            "the tests of c do not use b",
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn tests_only_never_and_of_note() {
        let found = complaints(manifest(&["testkit"], &["b"], &[]), manifest(&["a"], &[], &["tokio"]));
        assert_eq!(
            found,
            [
                "testkit is for tests: [dev-dependencies]",
                "the tests of a use b, an arrow that is not in ARCHITECTURE.md:7",
                "a does not use the outside crate memchr",
                "b uses tokio, which ARCHITECTURE.md:8 says it never does",
            ]
        );
    }

    #[test]
    fn crates_and_rows_must_match() {
        let manifests = BTreeMap::from([("d".to_owned(), manifest(&[], &[], &[]))]);
        let found: Vec<String> = compare(&table(TEXT), &manifests).iter().map(ToString::to_string).collect();
        assert_eq!(found[0], "Cargo.toml: d has no row in ARCHITECTURE.md");
        assert_eq!(found[1], "ARCHITECTURE.md:7: there is no crate a");
    }
}
