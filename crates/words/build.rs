//! The index of the catalogues, made while the crate is built: which files there are, and in which of them each sentence
//! stands. A program that says ten sentences reads the files of those ten, and not all of them to find where they are.
//!
//! Refuses what would make one language say less than the other: a file or an id that only one of them has, and an id
//! that stands twice.

// This runs where the crate is built, not where it is used: it reads files, and speaks to cargo by lines on standard output.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros)]

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The files of one language by name, and the number of the file of each id.
#[derive(PartialEq, Eq)]
struct Catalogue {
    files: Vec<String>,
    files_by_id: BTreeMap<String, usize>,
}

fn main() -> Outcome<()> {
    let home = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    for language in ["en", "ja"] {
        println!("cargo::rerun-if-changed={language}");
    }
    let (english, japanese) = (read(&home.join("en"))?, read(&home.join("ja"))?);
    if let Some(lonely) = lonely(&english, &japanese).or_else(|| lonely(&japanese, &english)) {
        return Err(format!("{lonely} stands in one language only, or in another file there").into());
    }
    let place = PathBuf::from(env::var("OUT_DIR")?).join("index.rs");
    Ok(fs::write(place, rust(&home, &english)?)?)
}

fn read(folder: &Path) -> Outcome<Catalogue> {
    let names =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().into_string().map_err(|_| "a name is not UTF-8")?));
    let mut files = names.collect::<Outcome<Vec<_>>>()?;
    files.retain(|name| name.ends_with(".ftl"));
    files.sort();
    let mut files_by_id = BTreeMap::new();
    for (at, file) in files.iter().enumerate() {
        let source = fs::read_to_string(folder.join(file))?;
        for id in source.lines().filter_map(id) {
            if files_by_id.insert(id.to_owned(), at).is_some() {
                return Err(format!("{}: {id} stands here a second time", folder.join(file).display()).into());
            }
        }
    }
    Ok(Catalogue { files, files_by_id })
}

/// The id of the sentence that begins on this line.
fn id(line: &str) -> Option<&str> {
    let length = line.bytes().position(|byte| !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))?;
    let (id, rest) = line.split_at_checked(length)?;
    (id.starts_with(|first: char| first.is_ascii_lowercase()) && rest.starts_with(" =")).then_some(id)
}

/// A file or an id that `one` has and `other` has not, or has elsewhere.
fn lonely<'a>(one: &'a Catalogue, other: &Catalogue) -> Option<&'a str> {
    let file = one.files.iter().find(|file| !other.files.contains(file));
    let id = one.files_by_id.iter().find(|(id, file)| other.files_by_id.get(*id) != Some(file)).map(|(id, _)| id);
    file.or(id).map(String::as_str)
}

/// The index as constants. Ids stand in one text, and where each begins beside it: a table of references would have to be
/// made right by the loader each time the program starts.
fn rust(home: &Path, catalogue: &Catalogue) -> Outcome<String> {
    let mut text = String::new();
    for (name, language) in [("ENGLISH", "en"), ("JAPANESE", "ja")] {
        writeln!(text, "pub(super) static {name}: [&str; {}] = [", catalogue.files.len())?;
        for file in &catalogue.files {
            writeln!(text, "    include_str!({:?}),", home.join(language).join(file))?;
        }
        writeln!(text, "];")?;
    }
    let ids: String = catalogue.files_by_id.keys().map(String::as_str).collect();
    writeln!(text, "pub(super) static IDS: &str = {ids:?};")?;
    writeln!(text, "pub(super) static PLACES: [(u32, u16); {}] = [", catalogue.files_by_id.len())?;
    let mut begin = 0;
    for (id, file) in &catalogue.files_by_id {
        writeln!(text, "    ({begin}, {file}),")?;
        begin += id.len();
    }
    writeln!(text, "];")?;
    Ok(text)
}
