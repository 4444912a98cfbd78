//! `bench`: how fast, as ratios within one run; machines drift, so a figure alone says little.
//!
//! The corpus of 2,000 signed messages is made once by `../shared/bench/gen_corpus.py` into `target/bench/corpus` (with
//! python3 and its package `cryptography`, in an environment of its own under `target/bench/venv`); `--corpus DIR` takes
//! another. Then the benchmark of the crate `auth` and the peer, a separate cargo project, run over it in turn (`turns`),
//! `--rounds N` times, and the program's start is measured (`start`; `bench start` measures nothing else). `--save` writes
//! what was printed into docs/performance.md. `bench milter` measures the daemon beside other filters (`milter`), and nothing
//! else; `bench reports` what becomes of reports, beside parsedmarc (`reports`); `bench audit` how long a domain's check takes
//! (`audit`); `bench survey` how fast many domains are examined (`survey`); `bench pages` the pages of the daemon (`pages`). What cannot run is named with its reason.

mod audit;
mod checkdmarc;
mod milter;
mod pages;
mod python;
mod reports;
mod start;
mod survey;
mod turns;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::house::{House, Outcome, cargo_program, succeed};
use pages::Part;
use turns::Program;

const DOCUMENT: &str = "docs/performance.md";
/// Between which marks the figures stand.
const MARKS: [&str; 2] = ["<!-- bench: begin -->", "<!-- bench: end -->"];
const MILTER_MARKS: [&str; 2] = ["<!-- bench milter: begin -->", "<!-- bench milter: end -->"];
const AUDIT_MARKS: [&str; 2] = ["<!-- bench audit: begin -->", "<!-- bench audit: end -->"];
const REPORTS_MARKS: [&str; 2] = ["<!-- bench reports: begin -->", "<!-- bench reports: end -->"];

const PAGES_MARKS: [&str; 2] = ["<!-- bench pages: begin -->", "<!-- bench pages: end -->"];
const SURVEY_MARKS: [&str; 2] = ["<!-- bench survey: begin -->", "<!-- bench survey: end -->"];

const BENCHMARK: &str = "crates/auth/benches/corpus.rs";
const PEER: &str = "bench/peers/mail-auth/Cargo.toml";
const ROUNDS: usize = 15;
/// Each takes some minutes.
const MILTER_ROUNDS: usize = 3;
/// Each takes half a minute, nearly all of it the peer's.
const REPORTS_ROUNDS: usize = 3;
/// Each takes less than a second.
const AUDIT_ROUNDS: usize = 30;
/// Each takes a minute, and two beside the milter.
const PAGES_ROUNDS: usize = 5;
/// Each takes half a minute.
const SURVEY_ROUNDS: usize = 5;

pub(crate) fn run(house: &House, arguments: &[String]) -> Outcome {
    let options = Options::read(arguments)?;
    let mut printed = vec![format!("$ cargo xtask bench {}", arguments.join(" ")).trim_end().to_owned()];
    if options.only == Only::Reports {
        let rounds = options.rounds.unwrap_or(REPORTS_ROUNDS);
        let found = reports::measure(house, rounds, options.binary.as_deref());
        return end(house, &options, "reports", REPORTS_MARKS, printed, found);
    }
    if options.only == Only::Audit {
        let rounds = options.rounds.unwrap_or(AUDIT_ROUNDS);
        let found = audit::measure(house, rounds, options.binary.as_deref());
        return end(house, &options, "audit", AUDIT_MARKS, printed, found);
    }
    if options.only == Only::Pages {
        let rounds = options.rounds.unwrap_or(PAGES_ROUNDS);
        let found = pages::measure(house, rounds, options.binary.as_deref(), options.part);
        return end(house, &options, "pages", PAGES_MARKS, printed, found);
    }
    if options.only == Only::Survey {
        let rounds = options.rounds.unwrap_or(SURVEY_ROUNDS);
        let found = survey::measure(house, rounds, options.binary.as_deref());
        return end(house, &options, "survey", SURVEY_MARKS, printed, found);
    }
    let corpus = match &options.corpus {
        Some(folder) => Ok(folder.clone()),
        None => corpus(house),
    };
    let corpus = match corpus {
        Ok(corpus) => corpus,
        Err(reason) => {
            println!("skipped: bench: {reason}");
            return Ok(());
        }
    };
    if options.only == Only::Milter {
        let rounds = options.rounds.unwrap_or(MILTER_ROUNDS);
        let found = milter::measure(house, &corpus, rounds, options.binary.as_deref());
        return end(house, &options, "milter", MILTER_MARKS, printed, found);
    }
    if options.only != Only::Start {
        printed.extend(passes(house, &corpus, options.rounds.unwrap_or(ROUNDS))?);
    }
    match start::measure(house, &corpus, options.binary.as_deref()) {
        Ok(lines) => printed.extend(std::iter::once(String::new()).chain(lines)),
        Err(reason) => printed.push(format!("skipped: start: {reason}")),
    }
    println!("{}", printed.join("\n"));
    if options.save { save(house, &printed, MARKS) } else { Ok(()) }
}

/// Prints what a part has found, and keeps it where that is wanted.
fn end(
    house: &House,
    options: &Options,
    name: &str,
    marks: [&str; 2],
    mut printed: Vec<String>,
    found: Outcome<Vec<String>>,
) -> Outcome {
    match found {
        Ok(lines) => printed.extend(std::iter::once(String::new()).chain(lines)),
        Err(reason) => {
            println!("skipped: bench {name}: {reason}");
            return Ok(());
        }
    }
    println!("{}", printed.join("\n"));
    if options.save { save(house, &printed, marks) } else { Ok(()) }
}

/// Ours and the peer over the corpus, pass by pass in turn.
fn passes(house: &House, corpus: &Path, rounds: usize) -> Outcome<Vec<String>> {
    if !house.files.contains(BENCHMARK) {
        return Err(format!("{BENCHMARK} is not there"));
    }
    let folder = corpus.to_string_lossy();
    let line = ["bench", "--quiet", "--package", "sekisho-auth", "--bench", "corpus", "--", &folder, "--serve"];
    let mut ours = Program::start(house.command(&cargo_program(), &line))?;
    let mut peer = if house.files.contains(PEER) {
        let target = house.root.join("target/bench/peers").to_string_lossy().into_owned();
        // One of the peer's crates names a newer rustc than it needs.
        let build = ["run", "--quiet", "--release", "--ignore-rust-version", "--manifest-path", PEER];
        let mut command = house.command(&cargo_program(), &build);
        command.args(["--target-dir", &target, "--", &folder, "--serve"]);
        Some(Program::start(command)?)
    } else {
        println!("skipped: the peer, {PEER}, is not there");
        None
    };
    let mut lines = Vec::new();
    for (name, program) in [("sekisho", Some(&ours)), ("mail-auth", peer.as_ref())] {
        let head = program.iter().flat_map(|program| &program.head);
        lines.extend(head.map(|line| format!("{name:<10} {line}")));
    }
    let before = load();
    let seconds = turns::take(&mut ours, peer.as_mut(), rounds)?;
    lines.push(String::new());
    lines.extend(seconds.table(messages(corpus)?));
    lines.push(String::new());
    lines.push(format!(
        "{rounds} rounds; medians, in brackets quartiles; load average {before} before, {} after",
        load()
    ));
    Ok(lines)
}

fn messages(corpus: &Path) -> Outcome<f64> {
    let path = corpus.join("envelopes.csv");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let count = u32::try_from(text.lines().skip(1).count()).map_err(|error| error.to_string())?;
    Ok(f64::from(count))
}

/// How many processes wanted to run in the last minute; more than there are processors spoils figures.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().filter(|word| !word.is_empty()).unwrap_or("unknown").to_owned()
}

#[derive(Debug, PartialEq, Eq)]
struct Options {
    corpus: Option<PathBuf>,
    rounds: Option<usize>,
    save: bool,
    only: Only,
    /// Of the daemon: a program that is built already.
    binary: Option<PathBuf>,
    /// Of the pages.
    part: Part,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Only {
    /// What needs no other program's service.
    Library,
    Start,
    Milter,
    Reports,
    Audit,
    Survey,
    Pages,
}

impl Options {
    fn read(arguments: &[String]) -> Outcome<Self> {
        let mut options =
            Self { corpus: None, rounds: None, save: false, only: Only::Library, binary: None, part: Part::Whole };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "start" => options.only = Only::Start,
                "milter" => options.only = Only::Milter,
                "reports" => options.only = Only::Reports,
                "audit" => options.only = Only::Audit,
                "survey" => options.only = Only::Survey,
                "pages" => options.only = Only::Pages,
                "--fill" => options.part = Part::Stores,
                "--beside" => options.part = Part::Beside,
                "--save" => options.save = true,
                "--rounds" => {
                    let rounds = arguments.next().and_then(|count| count.parse().ok()).filter(|count| *count > 0);
                    options.rounds = Some(rounds.ok_or("--rounds wants a number")?);
                }
                "--binary" => {
                    let path = Path::new(arguments.next().ok_or("--binary wants a path")?);
                    options.binary = Some(std::path::absolute(path).map_err(|error| error.to_string())?);
                }
                "--corpus" => {
                    let folder = Path::new(arguments.next().ok_or("--corpus wants a folder")?);
                    let folder = std::path::absolute(folder).map_err(|error| error.to_string())?;
                    if !folder.is_dir() {
                        return Err(format!("{} is not a folder", folder.display()));
                    }
                    options.corpus = Some(folder);
                }
                unknown => return Err(format!("unknown option: {unknown}")),
            }
        }
        if options.part != Part::Whole && (options.only != Only::Pages || options.save) {
            return Err("--fill and --beside go with pages, and give nothing to save".to_owned());
        }
        if options.only == Only::Start && options.save {
            return Err("--save wants all figures, not the start alone".to_owned());
        }
        Ok(options)
    }
}

/// The corpus in `target/bench/corpus`, made when it is not there; the error says why it cannot be made.
fn corpus(house: &House) -> Outcome<PathBuf> {
    let place = house.root.join("target/bench");
    let corpus = place.join("corpus");
    if corpus.is_dir() {
        return Ok(corpus);
    }
    let generator = house.beside("SEKISHO_BENCH", "bench").join("gen_corpus.py");
    if !generator.is_file() {
        return Err("gen_corpus.py is neither at $SEKISHO_BENCH nor in ../shared/bench".to_owned());
    }
    let venv = place.join("venv");
    let python = venv.join("bin/python");
    if !python.is_file() {
        succeed(house.command("python3", &["-m", "venv"]).arg(&venv))
            .map_err(|reason| format!("{reason} (Debian: python3-venv)"))?;
    }
    let program = python.to_string_lossy().into_owned();
    if succeed(house.command(&program, &[]).args(["-c", "import cryptography"]).stderr(Stdio::null())).is_err() {
        succeed(house.command(&program, &[]).args(["-m", "pip", "install", "--quiet", "cryptography"]))?;
    }
    // Under another name until it is whole, so that an interrupted run leaves no half corpus.
    let unfinished = place.join("corpus.unfinished");
    if unfinished.exists() {
        std::fs::remove_dir_all(&unfinished).map_err(|error| format!("{}: {error}", unfinished.display()))?;
    }
    eprintln!("making the corpus, once");
    succeed(house.command(&program, &[]).arg(&generator).arg("--out").arg(&unfinished))?;
    std::fs::rename(&unfinished, &corpus).map_err(|error| format!("{}: {error}", corpus.display()))?;
    Ok(corpus)
}

fn save(house: &House, printed: &[String], marks: [&str; 2]) -> Outcome {
    let text = house.read(DOCUMENT)?;
    let figures = format!("{}\n\n```text\n{}\n```", machine(house), printed.join("\n").trim());
    let text =
        between_marks(&text, &figures, marks).ok_or(format!("{DOCUMENT} lacks the marks {}", marks.join(" and ")))?;
    std::fs::write(house.root.join(DOCUMENT), text).map_err(|error| format!("{DOCUMENT}: {error}"))?;
    println!("{DOCUMENT} written");
    Ok(())
}

fn between_marks(text: &str, figures: &str, [begin, end]: [&str; 2]) -> Option<String> {
    let (before, rest) = text.split_once(begin)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{begin}\n{figures}\n{end}{after}"))
}

/// One line on what the figures were taken with.
fn machine(house: &House) -> String {
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, model)| model);
    let version = house.command("rustc", &["--version"]).output().map(|output| output.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&version);
    let version = version.split(' ').nth(1).unwrap_or("unknown");
    let date = house.command("date", &["-u", "+%F"]).output().map(|output| output.stdout).unwrap_or_default();
    let date = String::from_utf8_lossy(&date);
    format!("Taken on {} with {cpus} CPUs ({}), rustc {version}.", date.trim(), model.unwrap_or("unknown model"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_go_between_the_marks() {
        let ([begin, end], [other, _]) = (MARKS, MILTER_MARKS);
        let text = format!("# P\n{other}\n{begin}\nold\n{end}\nmore\n");
        let wanted = format!("# P\n{other}\n{begin}\nnew\n{end}\nmore\n");
        assert_eq!(between_marks(&text, "new", MARKS), Some(wanted));
        assert_eq!(between_marks("no marks", "new", MARKS), None);
    }

    #[test]
    fn options() {
        let read = |words: &[&str]| Options::read(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        let wanted =
            Options { corpus: None, rounds: Some(3), save: true, only: Only::Library, binary: None, part: Part::Whole };
        assert_eq!(read(&["--save", "--rounds", "3"]), Ok(wanted));
        let wanted =
            Options { corpus: None, rounds: None, save: true, only: Only::Milter, binary: None, part: Part::Whole };
        assert_eq!(read(&["milter", "--save"]), Ok(wanted));
        for wrong in [
            &["--corpus"][..],
            &["--corpus", "/no/such/folder"],
            &["x"],
            &["--rounds", "0"],
            &["start", "--save"],
            &["--fill"],
            &["pages", "--fill", "--save"],
            &["--beside"],
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
