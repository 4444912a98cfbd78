//! `bench`: how fast, as ratios within one run; machines drift, so a figure alone says little.
//!
//! The corpus of 2,000 signed messages is made once by `../shared/bench/gen_corpus.py` into `target/bench/corpus` (with
//! python3 and its package `cryptography`, in an environment of its own under `target/bench/venv`); `--corpus DIR` takes
//! another. Then the benchmark of the crate `auth` runs over it, and the peer, a separate cargo project, when it is there.
//! `--save` writes what was printed into docs/performance.md. What cannot run is named with its reason.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::house::{House, Outcome, cargo_program, shown, succeed};

const DOCUMENT: &str = "docs/performance.md";
const BEGIN: &str = "<!-- bench: begin -->";
const END: &str = "<!-- bench: end -->";

const BENCHMARK: &str = "crates/auth/benches/corpus.rs";
const PEER: &str = "bench/peers/mail-auth/Cargo.toml";

pub(crate) fn run(house: &House, arguments: &[String]) -> Outcome {
    let options = Options::read(arguments)?;
    let corpus = match &options.corpus {
        Some(folder) => Ok(folder.clone()),
        None => corpus(house),
    };
    let corpus = match corpus {
        Ok(corpus) => corpus.to_string_lossy().into_owned(),
        Err(reason) => {
            println!("skipped: bench: {reason}");
            return Ok(());
        }
    };
    let mut printed = Vec::new();
    if house.files.contains(BENCHMARK) {
        let line = ["bench", "--package", "sekisho-auth", "--bench", "corpus", "--", &corpus];
        printed.extend(print_through(house.command(&cargo_program(), &line))?);
    } else {
        println!("skipped: {BENCHMARK} is not there");
    }
    if house.files.contains(PEER) {
        let target = house.root.join("target/bench/peers").to_string_lossy().into_owned();
        let line = ["run", "--quiet", "--release", "--manifest-path", PEER, "--target-dir", &target, "--", &corpus];
        printed.extend(print_through(house.command(&cargo_program(), &line))?);
    } else {
        println!("skipped: the peer, {PEER}, is not there");
    }
    if options.save && !printed.is_empty() { save(house, &printed) } else { Ok(()) }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    corpus: Option<PathBuf>,
    save: bool,
}

impl Options {
    fn read(arguments: &[String]) -> Outcome<Self> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--save" => options.save = true,
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

/// Runs the command; prints its output line by line and gives the lines back.
fn print_through(mut command: Command) -> Outcome<Vec<String>> {
    let name = shown(&command);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| format!("{name}: {error}"))?;
    let mut lines = Vec::new();
    for line in child.stdout.take().into_iter().flat_map(|output| BufReader::new(output).lines()).map_while(Result::ok)
    {
        println!("{line}");
        lines.push(line);
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(lines),
        Ok(status) => Err(format!("{name}: {status}")),
        Err(error) => Err(format!("{name}: {error}")),
    }
}

fn save(house: &House, printed: &[String]) -> Outcome {
    let text = house.read(DOCUMENT)?;
    let figures = format!("{}\n\n```text\n{}\n```", machine(house), printed.join("\n").trim());
    let text = between_marks(&text, &figures).ok_or(format!("{DOCUMENT} lacks the marks {BEGIN} and {END}"))?;
    std::fs::write(house.root.join(DOCUMENT), text).map_err(|error| format!("{DOCUMENT}: {error}"))?;
    println!("{DOCUMENT} written");
    Ok(())
}

fn between_marks(text: &str, figures: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{figures}\n{END}{after}"))
}

/// One line on what the figures were taken with.
fn machine(house: &House) -> String {
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, model)| model);
    let version = house.command("rustc", &["--version"]).output().map(|output| output.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&version);
    let version = version.split(' ').nth(1).unwrap_or("unknown");
    format!("Taken with {cpus} CPUs ({}), rustc {version}.", model.unwrap_or("unknown model"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_go_between_the_marks() {
        let text = format!("# P\n{BEGIN}\nold\n{END}\nmore\n");
        let wanted = format!("# P\n{BEGIN}\nnew\n{END}\nmore\n");
        assert_eq!(between_marks(&text, "new"), Some(wanted));
        assert_eq!(between_marks("no marks", "new"), None);
    }

    #[test]
    fn options() {
        let read = |words: &[&str]| Options::read(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(read(&["--save"]), Ok(Options { corpus: None, save: true }));
        assert!(
            read(&["--corpus"]).is_err() && read(&["--corpus", "/no/such/folder"]).is_err() && read(&["x"]).is_err()
        );
    }
}
