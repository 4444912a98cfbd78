//! `bench milter`: `sekisho serve` behind the load driver of `../shared/bench`, beside a filter that does nothing,
//! OpenDKIM, OpenDKIM with OpenDMARC, and rspamd; then behind Postfix.
//!
//! The scripts, the driver and the configurations of the others are those of `../shared/bench`, laid out under
//! `target/bench/milter`; their programs are Debian's, and are looked for, not installed. All of it listens on the loopback;
//! the resolver takes port 53 of it, which root alone may. A round takes every set-up in turn, the filter that does nothing
//! at its beginning and at its end; ratios are made of one round's figures. What cannot run is named with its reason.

mod postfix;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use self::postfix::Behind;
use super::load;
use super::turns::quartiles;
use crate::house::{House, Outcome, shown, succeed};

/// What is measured: its name for the reader, and how the script is told of it.
struct SetUp {
    name: &'static str,
    means: Means,
    /// How often the corpus is sent in one of its three measurements.
    passes: &'static str,
}

enum Means {
    /// A set-up of the script, and the program that it needs.
    Script(&'static str, &'static str),
    /// Ours, with this configuration.
    Ours(&'static str),
}

/// What one run of the script says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figures {
    pub(super) messages_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    cpu_s: f64,
    peak_mib: f64,
}

/// Where the driver is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The daemon is up and warm; from now on messages flow and are measured.
    Flows,
    /// They flow no more, and the daemon is ended.
    Ends,
}

/// Measures `binary`, or what cargo builds; the lines for the reader, or why not.
pub(crate) fn measure(house: &House, corpus: &Path, rounds: usize, binary: Option<&Path>) -> Outcome<Vec<String>> {
    for program in ["/usr/sbin/knotd", "/usr/sbin/unbound"] {
        if !Path::new(program).is_file() {
            return Err(format!("{program} is not there (Debian: knot, unbound, dnsutils)"));
        }
    }
    if !house.command("id", &["-u"]).output().is_ok_and(|output| output.stdout == b"0\n") {
        return Err("the resolver's port and the driver's name spaces want root".to_owned());
    }
    let program = match binary {
        Some(path) => path.to_string_lossy().into_owned(),
        None => {
            house.cargo(&["build", "--release", "--package", "sekisho"])?;
            house.metadata()?.target_directory.join("release/sekisho").into_string()
        }
    };
    let place = Place::prepare(house, corpus, program)?;
    let there = |set_up: &&SetUp| match set_up.means {
        Means::Script(_, program) if !program.is_empty() && !Path::new(program).is_file() => {
            println!("skipped: {}: {program} is not there", set_up.name);
            false
        }
        _ => true,
    };
    let set_ups: Vec<&SetUp> = SET_UPS.iter().filter(there).collect();
    let mut found: Vec<Vec<Figures>> = vec![Vec::new(); set_ups.len()];
    let (mut nothing, load_before) = (Vec::new(), load());
    for _ in 0..rounds {
        let before = place.run(house, &NOTHING)?;
        for (set_up, figures) in set_ups.iter().zip(&mut found) {
            figures.push(place.run(house, set_up)?);
        }
        nothing.push(before.mean(place.run(house, &NOTHING)?));
    }
    let mut lines = table(&set_ups, &found, &nothing);
    lines.push(format!("{rounds} rounds; medians; load average {load_before} before, {} after", load()));
    lines.push(String::new());
    match place.behind_postfix(house, rounds) {
        Ok(found) => lines.extend(postfix::table(&found, NOTHING.name)),
        Err(reason) => lines.push(format!("skipped: behind Postfix: {reason}")),
    }
    Ok(lines)
}

/// Where the scripts are laid out, with the resolver running; it ends with this value.
pub(super) struct Place {
    folder: PathBuf,
    program: String,
}

impl Place {
    pub(super) fn prepare(house: &House, corpus: &Path, program: String) -> Outcome<Self> {
        let tools = house.beside("SEKISHO_BENCH", "bench");
        let prepare = tools.join("prepare.sh");
        if !prepare.is_file() {
            return Err("prepare.sh is neither at $SEKISHO_BENCH nor in ../shared/bench".to_owned());
        }
        let folder = house.root.join("target/bench/milter");
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        let run = folder.join("scratch/run");
        // rspamd ends without a word where its folder is missing. Reports are not wanted here.
        for needed in [run.join("rspamd"), run.join("knot"), folder.join("inputs/reports/mix")] {
            std::fs::create_dir_all(needed).map_err(failed)?;
        }
        if !folder.join("inputs/corpus").exists() {
            std::os::unix::fs::symlink(corpus, folder.join("inputs/corpus")).map_err(failed)?;
        }
        succeed(house.command("bash", &[]).arg(&prepare).arg(&folder).arg("--no-install").stdout(Stdio::null()))?;
        postfix::adapt(&folder)?;
        for (name, text) in CONFIGURATIONS {
            let text = format!("[dns]\nresolvers = [\"127.0.0.1:53\"]\n{text}");
            std::fs::write(folder.join(format!("{name}.toml")), text).map_err(failed)?;
        }
        let place = Self { folder, program };
        succeed(&mut place.script(house, "bash", "dns_up.sh"))?;
        Ok(place)
    }

    fn script(&self, house: &House, interpreter: &str, name: &str) -> Command {
        let mut command = house.command(interpreter, &[]);
        command.arg(self.folder.join("scripts").join(name));
        command
    }

    /// The address of ours, and the command that serves there, with a ledger that is new.
    fn ours(&self, configuration: &str) -> Outcome<[String; 2]> {
        let run = self.folder.join("scratch/run");
        let state = run.join("state");
        if state.exists() {
            std::fs::remove_dir_all(&state).map_err(|error| format!("{}: {error}", state.display()))?;
        }
        let address = format!("unix:{}", run.join("sekisho.sock").display());
        let configuration = self.folder.join(format!("{configuration}.toml"));
        let (program, state, configuration) = (&self.program, state.display(), configuration.display());
        let serve = format!("{program} serve --listen {address} --state {state} --config {configuration}");
        Ok([address, format!("{serve} --authserv-id mx.example.net")])
    }

    fn run(&self, house: &House, set_up: &SetUp) -> Outcome<Figures> {
        let mut command = self.script(house, "python3", "milter_bench.py");
        // rspamd compiles its patterns when it starts for the first time, which takes a minute.
        command.args(["--runs", "3", "--wait", "300", "--passes", set_up.passes]);
        match set_up.means {
            Means::Script(name, _) => command.arg(name),
            Means::Ours(configuration) => {
                let [address, serve] = self.ours(configuration)?;
                command.args(["custom", "--milter", &address, "--cmd", &serve])
            }
        };
        figures(command).map_err(|reason| format!("{}: {reason}", set_up.name))
    }

    /// A daemon that listens at an address, started by this command, with so many connections; `watch` is told where the
    /// driver is.
    pub(super) fn load(
        &self,
        house: &House,
        [address, serve]: [&str; 2],
        connections: usize,
        watch: impl FnMut(Stage),
    ) -> Outcome<Figures> {
        let mut command = self.script(house, "python3", "milter_bench.py");
        let (runs, connections) = (LOAD_RUN_COUNT.to_string(), connections.to_string());
        command.args(["--runs", &runs, "--wait", "300", "--passes", LOAD_PASSES, "--conns", &connections]);
        command.args(["custom", "--milter", address, "--cmd", serve]);
        watched(command, LOAD_RUN_COUNT, watch)
    }

    /// What Postfix takes without a filter, with one that does nothing, with ours, and with nothing again, in each round.
    fn behind_postfix(&self, house: &House, rounds: usize) -> Outcome<Vec<Vec<Behind>>> {
        for program in ["/usr/sbin/smtp-source", "/usr/lib/postfix/sbin/smtpd"] {
            if !Path::new(program).is_file() {
                return Err(format!("{program} is not there (Debian: postfix)"));
            }
        }
        let one = |_| {
            let [address, serve] = self.ours("before-reply")?;
            let mut command = self.script(house, "python3", "postfix_bench.py");
            command.args(["none", "null", "custom", "null", "--milter", &address, "--cmd", &serve]);
            let output = command.stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
            postfix::read(&String::from_utf8_lossy(&output.stdout))
        };
        (0..rounds).map(one).collect()
    }
}

/// What the driver says.
fn figures(command: Command) -> Outcome<Figures> {
    watched(command, usize::MAX, |_| {})
}

/// The same, told line by line where it is: it is to measure so many times.
fn watched(mut command: Command, run_count: usize, mut watch: impl FnMut(Stage)) -> Outcome<Figures> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn();
    let mut child = child.map_err(|error| error.to_string())?;
    let output = child.stdout.take().ok_or("no output")?;
    let (mut text, mut runs) = (String::new(), 0);
    for line in BufReader::new(output).lines() {
        let line = line.map_err(|error| error.to_string())?;
        if let Some(stage) = Stage::before(&line, &mut runs, run_count) {
            watch(stage);
        }
        text.push_str(&line);
        text.push('\n');
    }
    child.wait().map_err(|error| error.to_string())?;
    let figures = text.lines().find(|line| line.starts_with("SUMMARY")).and_then(Figures::read);
    let figures = figures.filter(|figures| figures.messages_per_s > 0.0);
    figures.ok_or_else(|| format!("{}: no message was answered: {text}", shown(&command)))
}

impl Stage {
    /// Where the driver is when it has said this line.
    fn before(line: &str, runs: &mut usize, run_count: usize) -> Option<Self> {
        if line.starts_with("warm:") {
            return Some(Self::Flows);
        }
        // One line for each measurement: `custom …`.
        *runs += usize::from(line.contains("cpu_s/1000 "));
        (*runs == run_count).then_some(Self::Ends)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let script = self.folder.join("scripts/dns_down.sh");
        let _ = Command::new("bash").arg(script).stdin(Stdio::null()).status();
    }
}

impl Figures {
    /// `SUMMARY null⇥conns 64⇥msgs/s 8862⇥…`
    fn read(line: &str) -> Option<Self> {
        let value = |name: &str| {
            let field = line.split('\t').find_map(|field| field.strip_prefix(name)?.strip_prefix(' '))?;
            field.trim().parse().ok()
        };
        Some(Self {
            messages_per_s: value("msgs/s")?,
            p50_ms: value("p50_ms")?,
            p99_ms: value("p99_ms")?,
            cpu_s: value("cpu_s/1000msgs")?,
            peak_mib: value("peak_rss_MiB")?,
        })
    }

    /// Of a speed alone.
    #[cfg(test)]
    pub(super) fn of_speed(messages_per_s: f64) -> Self {
        Self { messages_per_s, p50_ms: 0.0, p99_ms: 0.0, cpu_s: 0.0, peak_mib: 0.0 }
    }

    pub(super) fn mean(self, other: Self) -> Self {
        let mean = |of: fn(&Self) -> f64| f64::midpoint(of(&self), of(&other));
        Self {
            messages_per_s: mean(|figures| figures.messages_per_s),
            p50_ms: mean(|figures| figures.p50_ms),
            p99_ms: mean(|figures| figures.p99_ms),
            cpu_s: mean(|figures| figures.cpu_s),
            peak_mib: mean(|figures| figures.peak_mib),
        }
    }
}

/// Medians of each set-up, and of ours the ratios to the others.
fn table(set_ups: &[&SetUp], found: &[Vec<Figures>], nothing: &[Figures]) -> Vec<String> {
    let median = |figures: &[Figures], of: fn(&Figures) -> f64| {
        let [_, middle, _] = quartiles(&figures.iter().map(of).collect::<Vec<_>>());
        middle
    };
    let row = |name: &str, figures: &[Figures]| {
        format!(
            "{name:<24} {:>8.0} {:>8.1} {:>8.1} {:>10.2} {:>9.0}",
            median(figures, |figures| figures.messages_per_s),
            median(figures, |figures| figures.p50_ms),
            median(figures, |figures| figures.p99_ms),
            median(figures, |figures| figures.cpu_s),
            median(figures, |figures| figures.peak_mib),
        )
    };
    let mut lines = vec![
        format!("{:<24} {:>8} {:>8} {:>8} {:>10} {:>9}", "", "msg/s", "p50 ms", "p99 ms", "CPU s/1000", "RSS MiB"),
        row(NOTHING.name, nothing),
    ];
    lines.extend(set_ups.iter().zip(found).map(|(set_up, figures)| row(set_up.name, figures)));
    lines.push(String::new());
    lines.push("messages/s of ours, to those of the others in the same round; in brackets quartiles".to_owned());
    let is_ours = |set_up: &SetUp| matches!(set_up.means, Means::Ours(_));
    for (ours, figures) in set_ups.iter().zip(found).filter(|(set_up, _)| is_ours(set_up)) {
        let others = set_ups.iter().zip(found).filter(|(set_up, _)| !is_ours(set_up));
        let others = others.map(|(set_up, figures)| (set_up.name, &figures[..]));
        for (name, other) in std::iter::once((NOTHING.name, nothing)).chain(others) {
            let ratios = figures.iter().zip(other).map(|(ours, other)| ours.messages_per_s / other.messages_per_s);
            let [low, middle, high] = quartiles(&ratios.collect::<Vec<_>>());
            lines.push(format!("{:<24} {middle:>8.2} ({low:.2}–{high:.2}) × {name}", ours.name));
        }
    }
    lines
}

const NOTHING: SetUp = SetUp { name: "does nothing", means: Means::Script("null", ""), passes: "5" };

const SET_UPS: &[SetUp] = &[
    SetUp { name: "sekisho, before-reply", means: Means::Ours("before-reply"), passes: "3" },
    SetUp { name: "sekisho, async", means: Means::Ours("async"), passes: "3" },
    SetUp { name: "sekisho, no ledger", means: Means::Ours("no-ledger"), passes: "3" },
    SetUp { name: "opendkim", means: Means::Script("opendkim", "/usr/sbin/opendkim"), passes: "1" },
    SetUp { name: "opendkim, opendmarc", means: Means::Script("opendmarc", "/usr/sbin/opendmarc"), passes: "1" },
    SetUp { name: "rspamd", means: Means::Script("rspamd2", "/usr/bin/rspamd"), passes: "1" },
];

/// Ours: the name of a configuration, and what stands in it beside the resolver.
const CONFIGURATIONS: [(&str, &str); 3] = [
    ("before-reply", "[ledger]\ndurability = \"before-reply\"\n"),
    ("async", "[ledger]\ndurability = \"async\"\n"),
    ("no-ledger", "[ledger]\nenabled = false\n"),
];

/// How often a daemon's speed is measured in one life of it, for [`Place::load`].
const LOAD_RUN_COUNT: usize = 3;
/// How often the corpus is sent in each: with one connection some seconds.
const LOAD_PASSES: &str = "3";

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "SUMMARY custom\tconns 64\tmsgs/s 5000\tp50_ms 10.7\tp99_ms 37.5\tcpu_s/1000msgs 0.24\tunbound_cpu \
                        0.00\tknot_cpu 0.000\tpeak_rss_MiB 28\tthreads 7";

    #[test]
    fn a_summary_is_read() {
        let figures = Figures { messages_per_s: 5000.0, p50_ms: 10.7, p99_ms: 37.5, cpu_s: 0.24, peak_mib: 28.0 };
        assert_eq!(Figures::read(LINE), Some(figures));
        assert_eq!(Figures::read("SUMMARY null\tmsgs/s none"), None);
    }

    #[test]
    fn messages_flow_between_the_warming_and_the_last_measurement() {
        let lines = ["warm: custom msgs 2000", "custom msgs 2000 cpu_s/1000 0.2", "custom cpu_s/1000 0.3", LINE];
        let mut runs = 0;
        let stages: Vec<_> = lines.iter().map(|line| Stage::before(line, &mut runs, 2)).collect();
        assert_eq!(stages, [Some(Stage::Flows), None, Some(Stage::Ends), Some(Stage::Ends)]);
    }

    #[test]
    fn ratios_are_of_one_round() {
        let figures = Figures::read(LINE).unwrap();
        let at = |messages_per_s| Figures { messages_per_s, ..figures };
        let set_ups: Vec<&SetUp> =
            SET_UPS.iter().filter(|set_up| ["sekisho, async", "opendkim"].contains(&set_up.name)).collect();
        // The machine was half as fast in the second round.
        let lines =
            table(&set_ups, &[vec![at(4000.0), at(2000.0)], vec![at(1000.0), at(500.0)]], &[at(8000.0), at(4000.0)]);
        assert!(lines.iter().any(|line| line.contains("0.50 (0.50–0.50) × does nothing")), "{lines:#?}");
        assert!(lines.iter().any(|line| line.contains("4.00 (4.00–4.00) × opendkim")), "{lines:#?}");
    }
}
