//! `bench reports`: reports read and kept by the program, beside parsedmarc over the same files; and what the project
//! promises of its reports: how long one takes, how much memory a large one, how long a bomb, a question over a million
//! records, and a day's reports of ten million rows.
//!
//! The files are made by `../shared/bench/gen_reports.py`; parsedmarc is installed by pip into an environment of its own.
//! Both lie under `target/bench` (`inputs`). What cannot be had is left out, by name. Everything is written into stores
//! that are thrown away.

mod inputs;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::load;
use super::turns::quartiles;
use crate::house::{House, Outcome, cargo_program, shown, succeed};
use inputs::Inputs;

/// Measures `binary`, or what cargo builds; the lines for the reader, or why not.
pub(crate) fn measure<'h>(house: &'h House, rounds: usize, binary: Option<&Path>) -> Outcome<Vec<String>> {
    let inputs = inputs::prepare(house)?;
    let program = match binary {
        Some(path) => path.to_path_buf(),
        None => {
            house.cargo(&["build", "--release", "--package", "sekisho"])?;
            house.metadata()?.target_directory.join("release/sekisho").into_std_path_buf()
        }
    };
    let bench = Bench { house, program, inputs };
    let before = load();
    let mut lines = bench.beside_parsedmarc(rounds)?;
    let parts: [(&str, Part<'h>); 6] = [
        ("reading alone", Bench::reading),
        ("memory", Bench::memory),
        ("one report", Bench::one_report),
        ("bombs", Bench::bombs),
        ("summary", Bench::summary),
        ("ten million rows", Bench::ten_million_rows),
    ];
    for (name, part) in parts {
        eprintln!("{name}");
        lines.push(String::new());
        match part(&bench) {
            Ok(found) => lines.extend(found),
            // One that cannot be had takes none of the others with it.
            Err(reason) => lines.push(format!("skipped: {name}: {reason}")),
        }
    }
    lines.push(String::new());
    lines.push(format!("load average {before} before, {} after", load()));
    Ok(lines)
}

type Part<'h> = fn(&Bench<'h>) -> Outcome<Vec<String>>;

struct Bench<'h> {
    house: &'h House,
    program: PathBuf,
    inputs: Inputs,
}

/// How many reports and records one program has read, and in how many seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pass {
    reports: f64,
    records: f64,
    seconds: f64,
}

impl Pass {
    fn reports_per_s(self) -> f64 {
        self.reports / self.seconds
    }

    fn records_per_s(self) -> f64 {
        self.records / self.seconds
    }
}

impl Bench<'_> {
    /// Both over the same files, in turn.
    fn beside_parsedmarc(&self, rounds: usize) -> Outcome<Vec<String>> {
        // Not counted: pages of the files and of the program are in memory from now on.
        self.ours()?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            eprintln!("round {}", round + 1);
            // So short a run is measured several times, around the long one.
            let passes = (0..RUNS_OF_ROUND).map(|_| self.ours()).collect::<Outcome<Vec<_>>>()?;
            if let Some(python) = &self.inputs.parsedmarc {
                theirs.push(self.parsedmarc(python)?);
            }
            let more = (0..RUNS_OF_ROUND).map(|_| self.ours()).collect::<Outcome<Vec<_>>>()?;
            ours.push(median([passes, more].concat())?);
        }
        Ok(beside(&ours, &theirs, &self.inputs.parsedmarc_version))
    }

    /// The program over all files, into a store that is new.
    fn ours(&self) -> Outcome<Pass> {
        let state = self.inputs.scratch("state")?;
        let mut command = self.report(&state, &["import"]);
        command.arg(&self.inputs.mails).stdout(Stdio::piped());
        let start = Instant::now();
        let output = command.output().map_err(|error| format!("{}: {error}", shown(&command)))?;
        let seconds = start.elapsed().as_secs_f64();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (reports, records) = counts(&text).ok_or_else(|| format!("{}: {text}", shown(&command)))?;
        if (reports, records) != (inputs::REPORTS, inputs::RECORDS) {
            return Err(format!("{reports} reports and {records} records instead of all"));
        }
        Ok(Pass { reports, records, seconds })
    }

    fn parsedmarc(&self, python: &Path) -> Outcome<Pass> {
        let mut command = self.house.command(&python.to_string_lossy(), &["-c", PARSEDMARC]);
        command.arg(&self.inputs.mails).stderr(Stdio::null());
        let output = command.output().map_err(|error| format!("parsedmarc: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        match numbers[..] {
            [reports, records, seconds] if (reports, records) == (inputs::REPORTS, inputs::RECORDS) => {
                Ok(Pass { reports, records, seconds })
            }
            _ => Err(format!("parsedmarc says {text:?}")),
        }
    }

    /// `report` of the program, in English, over a store.
    fn report(&self, state: &Path, words: &[&str]) -> Command {
        let mut command = self.house.command(&self.program.to_string_lossy(), &["--lang", "en", "--state"]);
        command.arg(state).arg("report").args(words);
        command
    }

    /// The reader beside a bare scan of XML events, as the crate measures itself.
    fn reading(&self) -> Outcome<Vec<String>> {
        let found = self.test("sekisho-feedback", "figures", "figures_of_reading")?;
        let head = "reading one report of 10,000 records, nothing kept, one thread".to_owned();
        Ok(std::iter::once(head).chain(found).collect())
    }

    fn ten_million_rows(&self) -> Outcome<Vec<String>> {
        let found = self.test("sekisho-feedback", "sending", "ten_million_rows")?;
        let head = "the reports of a day of ten million rows, from rows to packed files".to_owned();
        Ok(std::iter::once(head).chain(found).collect())
    }

    /// What an ignored test prints.
    fn test(&self, package: &str, test: &str, name: &str) -> Outcome<Vec<String>> {
        let words = ["test", "--quiet", "--release", "--package", package, "--test", test, "--"];
        let mut command = self.house.command(&cargo_program(), &words);
        command.args(["--ignored", "--nocapture", "--test-threads=1", name]);
        let output = command.output().map_err(|error| format!("{}: {error}", shown(&command)))?;
        if !output.status.success() {
            return Err(format!("{}: {}", shown(&command), output.status));
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(text.lines().filter(|line| is_figure(line)).map(|line| line.trim_end().to_owned()).collect())
    }

    /// The most memory of the whole process, program pages included.
    fn memory(&self) -> Outcome<Vec<String>> {
        let mut lines = vec!["most memory of the process, in MiB, its program's pages among it".to_owned()];
        for (name, path) in &self.inputs.memory {
            let state = self.inputs.scratch("state")?;
            let mut command = self.house.command("python3", &["-c", PEAK]);
            command.arg(&self.program).args(["--state"]).arg(&state).args(["report", "import"]).arg(path);
            let output = command.output().map_err(|error| format!("python3: {error}"))?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let kib: f64 = text.trim().parse().map_err(|_| format!("{}: {text:?}", shown(&command)))?;
            lines.push(format!("{name:<28} {:>8.1}", kib / 1024.0));
        }
        Ok(lines)
    }

    /// From the start of the program to its end.
    fn one_report(&self) -> Outcome<Vec<String>> {
        let mut lines = vec![format!("one report on the command line, in ms, {RUNS_OF_ONE} runs")];
        let path = self.inputs.small.to_string_lossy().into_owned();
        let (mut fresh, mut filled, mut nothing) = (Vec::new(), Vec::new(), Vec::new());
        let state = self.inputs.scratch("state")?;
        quiet(self.report(&state, &["import", &self.inputs.mails.to_string_lossy()]))?;
        for _ in 0..RUNS_OF_ONE {
            fresh.push(quiet(self.report(&self.inputs.scratch("fresh")?, &["import", &path]))?);
            filled.push(quiet(self.report(&state, &["import", &path]))?);
            nothing.push(quiet(self.house.command("true", &[]))?);
        }
        lines.push(times("into a new store", &fresh));
        lines.push(times("one that is known, into 672", &filled));
        lines.push(times("true", &nothing));
        Ok(lines)
    }

    /// A gigabyte of nothing, packed.
    fn bombs(&self) -> Outcome<Vec<String>> {
        let mut lines = vec!["1 GB out of 1 MB, refused after so many ms".to_owned()];
        for path in &self.inputs.bombs {
            let state = self.inputs.scratch("state")?;
            let mut command = self.report(&state, &["import"]);
            command.arg(path);
            let start = Instant::now();
            let output = command.output().map_err(|error| error.to_string())?;
            let ms = start.elapsed().as_secs_f64() * 1000.0;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let refused = text.lines().last().is_some_and(|line| line.contains(" 1 refused"));
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let end = if refused { "" } else { " (NOT REFUSED)" };
            lines.push(format!("{name:<28} {ms:>8.1}{end}"));
        }
        Ok(lines)
    }

    /// Questions over a million records.
    fn summary(&self) -> Outcome<Vec<String>> {
        let state = self.inputs.scratch("million")?;
        let mut command = self.report(&state, &["import", "--no-raw", "-"]);
        let start = Instant::now();
        let text = inputs::fed(command.stdout(Stdio::piped()))?;
        let seconds = start.elapsed().as_secs_f64();
        let file = state.join("reports.sqlite");
        let mib = std::fs::metadata(&file).map_err(|error| format!("{}: {error}", file.display()))?.len() >> 20;
        let mut lines =
            vec![text.trim().to_owned(), format!("taken in from one mailbox in {seconds:.1} s; {mib} MiB"), {
                format!("questions over them, in ms, {RUNS_OF_SUMMARY} runs")
            }];
        let year = ["--from", "2025-01-01", "--to", "2026-01-01"];
        for words in [
            &["summary"][..],
            &["summary", "--by-day"],
            &["summary", "--by-day", "--format", "json"],
            &["summary", "--format", "csv"],
            &["summary", "--domain", "shop007.example"],
            &["summary", "--reporter", "reporter3.example"],
        ] {
            let found = (0..RUNS_OF_SUMMARY).map(|_| quiet(self.report(&state, &[words, &year].concat())));
            lines.push(times(&words.join(" "), &found.collect::<Outcome<Vec<_>>>()?));
        }
        std::fs::remove_dir_all(&state).map_err(|error| format!("{}: {error}", state.display()))?;
        Ok(lines)
    }
}

/// Ratios are of one round.
fn beside(ours: &[Pass], theirs: &[Pass], version: &str) -> Vec<String> {
    let of = |passes: &[Pass], what: fn(Pass) -> f64| quartiles(&passes.iter().copied().map(what).collect::<Vec<_>>());
    let row = |name: &str, passes: &[Pass]| {
        let [_, reports, _] = of(passes, Pass::reports_per_s);
        let [_, records, _] = of(passes, Pass::records_per_s);
        let [_, seconds, _] = of(passes, |pass| pass.seconds);
        format!("{name:<28} {reports:>10.1} {records:>10.0} {seconds:>10.3}")
    };
    let mut lines = vec![
        format!("{:<28} {:>10} {:>10} {:>10}", "672 mails, 38,400 records", "reports/s", "records/s", "s"),
        row("sekisho, read and committed", ours),
    ];
    if theirs.is_empty() {
        lines.push(format!("skipped: parsedmarc: {version}"));
        return lines;
    }
    lines.push(row(&format!("parsedmarc {version}, read"), theirs));
    // Both read the same, so that the ratio of reports is that of records.
    let ratios = ours.iter().zip(theirs).map(|(ours, theirs)| theirs.seconds / ours.seconds).collect::<Vec<_>>();
    let [low, middle, high] = quartiles(&ratios);
    lines.push(format!("{:<28} {middle:>10.1} × ({low:.1}–{high:.1}), {} rounds", "sekisho : parsedmarc", ours.len()));
    lines
}

fn median(mut passes: Vec<Pass>) -> Outcome<Pass> {
    passes.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    passes.get(passes.len() / 2).copied().ok_or("no run".to_owned())
}

/// `672 accepted, …: 38400 records, …`
fn counts(text: &str) -> Option<(f64, f64)> {
    let line = text.lines().last()?;
    let before = |word: &str| line.split(word).next()?.split_whitespace().last()?.parse().ok();
    Some((before(" accepted")?, before(" records")?))
}

/// Milliseconds until a command has ended well; what it says is nobody's concern.
fn quiet(mut command: Command) -> Outcome<f64> {
    let start = Instant::now();
    succeed(command.stdout(Stdio::null()))?;
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}

fn times(name: &str, ms: &[f64]) -> String {
    let [low, middle, high] = quartiles(ms);
    let most = ms.iter().copied().fold(0.0, f64::max);
    format!("{name:<34} {middle:>7.1} ({low:.1}–{high:.1}; most {most:.1})")
}

/// Whether the line of a test's output is no word of the harness.
fn is_figure(line: &str) -> bool {
    let line = line.trim();
    let harness = ["running ", "test ", "test result", "."];
    !line.is_empty() && !harness.iter().any(|start| line.starts_with(start))
}

const RUNS_OF_ROUND: usize = 3;
const RUNS_OF_ONE: usize = 40;
const RUNS_OF_SUMMARY: usize = 11;

/// Reads every file of a folder, offline; prints reports, records and seconds. Its start is not counted.
const PARSEDMARC: &str = "
import os, sys, time, logging
import parsedmarc
logging.disable(logging.CRITICAL)
folder = sys.argv[1]
files = sorted(os.path.join(folder, name) for name in os.listdir(folder))
reports = records = 0
start = time.monotonic()
for file in files:
    found = parsedmarc.parse_report_file(file, offline=True)
    reports += 1
    records += len(found['report']['records'])
print(reports, records, time.monotonic() - start)
";

/// Runs a command; prints the most memory that it had, in KiB.
const PEAK: &str = "
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_program_says_is_read() {
        let text =
            "refused  a.eml: x\n672 accepted, 0 known already, 0 salvaged, 0 refused: 38400 records, 9 messages.\n";
        assert_eq!(counts(text), Some((672.0, 38_400.0)));
        assert_eq!(counts(""), None);
    }

    #[test]
    fn ratios_are_of_one_round() {
        let pass = |seconds| Pass { reports: 672.0, records: 38_400.0, seconds };
        // The machine was half as fast in the second round.
        let lines = beside(&[pass(0.2), pass(0.4)], &[pass(20.0), pass(40.0)], "11");
        assert!(lines[3].contains("100.0 × (100.0–100.0), 2 rounds"), "{lines:#?}");
        assert!(beside(&[pass(0.2)], &[], "no pip")[2].contains("skipped: parsedmarc: no pip"));
    }

    #[test]
    fn words_of_the_harness_are_no_figures() {
        let found: Vec<&str> = ["", "running 1 test", "bare scan  1", ".", "test result: ok"]
            .into_iter()
            .filter(|l| is_figure(l))
            .collect();
        assert_eq!(found, ["bare scan  1"]);
    }
}
