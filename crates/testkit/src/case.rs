//! Case directories: a case is the smallest true story, told in files that a reader of the standard can check.
//!
//! `testdata/cases/<area>/NN-name` is the stem of
//! - `.msg` – the message, as it is (`wire` makes CRLF of LF),
//! - `.zone` – the DNS of the case, a master file ([`lookup::zone`]),
//! - `.in` – arguments, `key: value` lines,
//! - `.want` – what must come out, evidence included,
//! - `.why` – the section that says so. No case goes without it.
//!
//! With `SEKISHO_BLESS=1` the `.want` files are rewritten; read the difference before it is committed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use lookup::Zone;
use mailtext::Explain;

use crate::{diff, root, wire};

/// One case.
#[derive(Debug)]
pub struct Case {
    /// The stem of its files: `01-pass`.
    pub name: String,
    /// Where its files lie, without extension.
    pub stem: PathBuf,
    /// The message as stored.
    pub message: Option<Vec<u8>>,
    /// Its DNS.
    pub zone: Option<Zone>,
    /// Its arguments; empty without `.in`.
    pub input: KeyValues,
}

impl Case {
    /// The message with CRLF line ends; panics when the case has none.
    #[must_use]
    pub fn wire(&self) -> Vec<u8> {
        wire(self.message.as_ref().unwrap_or_else(|| panic!("{}: no .msg", self.name)))
    }

    /// The zone; panics when the case has none.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        self.zone.as_ref().unwrap_or_else(|| panic!("{}: no .zone", self.name))
    }

    fn read(stem: &Path, name: &str) -> Self {
        let zone = text(&with_extension(stem, "zone"))
            .map(|text| Zone::parse(&text).unwrap_or_else(|error| panic!("{name}.zone: {error}")));
        let input = text(&with_extension(stem, "in")).unwrap_or_default();
        Self {
            name: name.to_owned(),
            stem: stem.to_owned(),
            message: fs::read(with_extension(stem, "msg")).ok(),
            zone,
            input: KeyValues::parse(&input).unwrap_or_else(|error| panic!("{name}.in: {error}")),
        }
    }
}

/// Arguments of a case: `key: value` lines. `#` begins a comment line; a line that begins with a blank continues the
/// value before it after a line end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeyValues(Vec<(String, String)>);

impl KeyValues {
    /// Reads them.
    ///
    /// # Errors
    /// Names the first line that is neither.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match (line.starts_with([' ', '\t']), pairs.last_mut(), line.split_once(':')) {
                (true, Some((_, value)), _) => value.extend(["\n", line.trim()]),
                (false, _, Some((key, value))) => pairs.push((key.trim().to_owned(), value.trim().to_owned())),
                _ => return Err(format!("not `key: value`: {line:?}")),
            }
        }
        Ok(Self(pairs))
    }

    /// The first value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.all(key).next()
    }

    /// The value of a key that must be there; panics when it is not.
    #[must_use]
    pub fn need(&self, key: &str) -> &str {
        self.get(key).unwrap_or_else(|| panic!("the case's .in has no `{key}:`"))
    }

    /// All values of a key, in order.
    pub fn all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(other, _)| other == key).map(|(_, value)| value.as_str())
    }

    /// All pairs, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// Runs every case of an area and gives their count.
///
/// # Panics
/// When there is no case, when an outcome is not the wanted one (all of them are shown), or a `.why` is missing.
pub fn cases(area: &str, run: impl Fn(&Case) -> String) -> usize {
    let directory = root().join("testdata/cases").join(area);
    let bless = std::env::var_os("SEKISHO_BLESS").is_some_and(|value| value == "1");
    let count = run_directory(&directory, bless, run);
    println!("cases/{area}: {count} as wanted");
    count
}

/// The stored bytes of all files of an area that have this extension: seeds for [`crate::fuzz()`].
#[must_use]
pub fn seeds(area: &str, extension: &str) -> Vec<Vec<u8>> {
    let directory = root().join("testdata/cases").join(area);
    names(&directory).iter().filter_map(|name| fs::read(directory.join(format!("{name}.{extension}"))).ok()).collect()
}

/// Evidence as cases print it, one step a line: `spf-mechanism-matched [RFC 7208 §4.6.2] mechanism=mx`.
#[must_use]
pub fn evidence<S: Explain>(steps: &[S]) -> String {
    let mut out = String::new();
    for step in steps {
        out.push_str(step.id());
        if let Some(rule) = step.rule() {
            let _ = write!(out, " [{rule}]");
        }
        for (name, value) in step.arguments() {
            let _ = write!(out, " {name}={}", value.to_string().escape_debug());
        }
        out.push('\n');
    }
    out
}

fn run_directory(directory: &Path, bless: bool, run: impl Fn(&Case) -> String) -> usize {
    let names = names(directory);
    assert!(!names.is_empty(), "no case in {}", directory.display());
    let mut wrong = String::new();
    for name in &names {
        if let Err(error) = run_case(&directory.join(name), name, bless, &run) {
            let _ = writeln!(wrong, "\ncase {}/{name}: {error}", directory.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    names.len()
}

fn run_case(stem: &Path, name: &str, bless: bool, run: impl Fn(&Case) -> String) -> Result<(), String> {
    if text(&with_extension(stem, "why")).is_none_or(|why| why.trim().is_empty()) {
        return Err("no .why: which section says so?".into());
    }
    let want_file = with_extension(stem, "want");
    let want = text(&want_file);
    let outcome = catch_unwind(AssertUnwindSafe(|| run(&Case::read(stem, name))));
    let mut got = outcome.map_err(|panic| format!("panicked: {}", panic_text(&*panic)))?;
    if !got.ends_with('\n') {
        got.push('\n');
    }
    if bless {
        return match fs::write(&want_file, got) {
            Ok(()) => Ok(()),
            Err(error) => Err(format!("{}: {error}", want_file.display())),
        };
    }
    match want {
        None => Err(format!("no .want; this came out:\n{got}")),
        Some(want) if want != got => Err(format!("not as wanted (- wanted, + came):\n{}", diff(&want, &got))),
        Some(_) => Ok(()),
    }
}

/// The stems of a directory, sorted. Every file counts, so that one with a mistyped name is not passed over.
fn names(directory: &Path) -> BTreeSet<String> {
    let Ok(files) = fs::read_dir(directory) else {
        return BTreeSet::new();
    };
    let files = files.filter_map(Result::ok).filter(|file| file.path().is_file());
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    names
        .filter(|name| !name.starts_with('.') && !name.ends_with(".md"))
        .map(|name| name.rsplit_once('.').map_or(name.clone(), |(stem, _)| stem.to_owned()))
        .collect()
}

fn text(file: &Path) -> Option<String> {
    let bytes = fs::read(file).ok()?;
    Some(String::from_utf8(bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
}

/// Not `Path::with_extension`: a case's name may hold a dot.
fn with_extension(stem: &Path, extension: &str) -> PathBuf {
    let mut file = stem.as_os_str().to_owned();
    file.push(".");
    file.push(extension);
    file.into()
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("(no text)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::target;

    /// A directory of cases, made anew.
    fn directory(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let directory = target("testkit-cases").join(name);
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        for (file, text) in files {
            fs::write(directory.join(file), text).unwrap();
        }
        directory
    }

    fn outcome(directory: &Path, run: impl Fn(&Case) -> String) -> Result<usize, String> {
        catch_unwind(AssertUnwindSafe(|| run_directory(directory, false, run)))
            .map_err(|panic| panic_text(&*panic).to_owned())
    }

    #[test]
    fn a_case_gives_all_its_files() {
        let files = [
            ("01-v1.0.msg", "A: b\n\nc\n"),
            ("01-v1.0.zone", "a TXT x\n"),
            ("01-v1.0.in", "ip: 192.0.2.1\n# comment\nrcpt: a\n b\nrcpt: c:d\n"),
            ("01-v1.0.want", "192.0.2.1 a\\nb c:d A: b\\r\\n\\r\\nc\\r\\n\n"),
            ("01-v1.0.why", "RFC 0 §0\n"),
        ];
        let run = |case: &Case| {
            let rcpts = case.input.all("rcpt").map(|value| value.escape_debug().to_string()).collect::<Vec<_>>();
            assert_eq!(case.zone().to_string(), "a. 3600 IN TXT \"x\"\n");
            format!("{} {} {}", case.input.need("ip"), rcpts.join(" "), case.wire().escape_ascii())
        };
        assert_eq!(outcome(&directory("good", &files), run), Ok(1));
    }

    #[test]
    fn what_is_wrong_is_told() {
        let run = |_: &Case| "fail".to_owned();
        let wrong = outcome(&directory("wrong", &[("a.want", "pass\n"), ("a.why", "x")]), run).unwrap_err();
        assert!(wrong.contains("- pass\n+ fail\n"), "{wrong}");
        let wrong = outcome(&directory("why", &[("a.want", "fail\n"), ("a.why", " \n")]), run).unwrap_err();
        assert!(wrong.contains("no .why"), "{wrong}");
        let wrong = outcome(&directory("want", &[("a.why", "x")]), run).unwrap_err();
        assert!(wrong.contains("no .want"), "{wrong}");
        let wrong = outcome(&directory("zone", &[("a.want", "fail\n"), ("a.why", "x"), ("a.zone", "a XYZ\n")]), run);
        assert!(wrong.unwrap_err().contains("a.zone: line 1: not a known type"));
        let wrong = outcome(&directory("panic", &[("a.want", ""), ("a.why", "x")]), |_| panic!("ouch")).unwrap_err();
        assert!(wrong.contains("panicked: ouch"), "{wrong}");
        assert!(outcome(&directory("empty", &[]), run).unwrap_err().contains("no case"));
    }

    #[test]
    fn blessing_writes_what_came() {
        let directory = directory("bless", &[("a.why", "x")]);
        assert_eq!(run_directory(&directory, true, |_| "new".to_owned()), 1);
        assert_eq!(fs::read_to_string(directory.join("a.want")).unwrap(), "new\n");
    }
}
