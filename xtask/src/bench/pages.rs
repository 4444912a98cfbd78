//! `bench pages`: the pages of `sekisho serve` over large stores: how long each takes at the server, how much the first
//! load is, how much memory the daemon takes, and what 200 requests a second cost a milter that runs at half its speed; and
//! how long `sekisho demo` takes to fill its world.
//!
//! The stores – a million report rows, five million messages – are made once by an example of the crate `store` into
//! `target/bench/pages`, which takes some minutes and 8 GB; `--fill` makes them and ends. `--beside` measures the milter alone. Pages name their days, so that the
//! stores never grow old. *Cold* is the first time that a process is asked for a page, in each language; *warm* what follows
//! while nothing changes. The load is that of `bench milter` (`milter`), into the same stores.

mod beside;
mod http;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use self::http::Client;
use super::load;
use crate::house::{House, Outcome, shown, succeed};

/// What of it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All.
    Whole,
    /// The stores are made, and nothing is measured.
    Stores,
    /// Only what pages cost the milter.
    Beside,
}

/// Measures `binary`, or what cargo builds; the lines for the reader, or why not.
pub(crate) fn measure(house: &House, rounds: usize, binary: Option<&Path>, part: Part) -> Outcome<Vec<String>> {
    let folder = fill(house)?;
    if part == Part::Stores {
        return Ok(vec![format!("filled: {}", folder.display())]);
    }
    let program = match binary {
        Some(path) => path.to_path_buf(),
        None => {
            house.cargo(&["build", "--release", "--package", "sekisho"])?;
            house.metadata()?.target_directory.join("release/sekisho").into_std_path_buf()
        }
    };
    let bench = Bench::prepare(house, folder, program)?;
    let before = load();
    let mut lines = Vec::new();
    if part == Part::Whole {
        lines.extend(bench.pages(rounds)?);
        lines.push(bench.demo(rounds)?);
        lines.push(String::new());
    }
    match bench.beside_the_milter(rounds) {
        Ok(found) => lines.extend(found),
        Err(reason) => lines.push(format!("skipped: beside the milter: {reason}")),
    }
    lines.push(String::new());
    lines.push(format!("{rounds} rounds; load average {before} before, {} after", load()));
    Ok(lines)
}

/// The stores, made where they are not there yet.
fn fill(house: &House) -> Outcome<PathBuf> {
    let folder = house.root.join("target/bench/pages");
    let state = folder.join("state");
    fs::create_dir_all(&state).map_err(|error| format!("{}: {error}", state.display()))?;
    if !["reports.sqlite", "ledger.sqlite"].iter().all(|name| state.join(name).is_file()) {
        eprintln!("making the stores, once");
        let words = ["run", "--release", "--quiet", "--package", "sekisho-store", "--example", "pages", "--"];
        house.cargo(&[&words[..], &[&state.to_string_lossy()]].concat())?;
    }
    Ok(folder)
}

struct Bench<'h> {
    house: &'h House,
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    token: String,
}

/// The daemon, while it runs.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Daemon {
    /// Its most memory, in KiB.
    fn peak_kib(&self) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    }
}

impl<'h> Bench<'h> {
    fn prepare(house: &'h House, folder: PathBuf, program: PathBuf) -> Outcome<Self> {
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).map_err(failed)?.port();
        fs::write(folder.join("sekisho.toml"), CONFIGURATION.replace("PORT", &port.to_string())).map_err(failed)?;
        // Whoever was let in before is somebody else's bench.
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(folder.join(format!("state/people.sqlite{end}")));
        }
        let mut bench = Self { house, program, folder, port, token: String::new() };
        bench.user(&["add", "bench", "--grant", "admin", "--no-password"])?;
        let text = bench.user(&["token", "add", "bench", "--label", "bench", "--grant", "admin"])?;
        let token = text.split_whitespace().find(|word| word.starts_with("sekisho_"));
        bench.token = token.ok_or_else(|| format!("no token: {text}"))?.to_owned();
        Ok(bench)
    }

    /// `user` of the program; what it prints.
    fn user(&self, words: &[&str]) -> Outcome<String> {
        let mut command = self.house.command(&self.program.to_string_lossy(), &["--lang", "en", "--state"]);
        command.arg(self.folder.join("state")).arg("user").args(words);
        let output = command.output().map_err(|error| format!("{}: {error}", shown(&command)))?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(format!("{}: {told}", shown(&command))),
        }
    }

    /// How the daemon is started over the stores, listening there for mail.
    fn serve(&self, listen: &str) -> String {
        let (program, folder) = (self.program.display(), self.folder.display());
        format!("{program} serve --listen {listen} --state {folder}/state --config {folder}/sekisho.toml")
    }

    fn start(&self) -> Outcome<Daemon> {
        let words = self.serve(&format!("unix:{}/milter.sock", self.folder.display()));
        let mut words = words.split(' ');
        let mut command = self.house.command(words.next().unwrap_or_default(), &words.collect::<Vec<_>>());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let daemon = Daemon(child.map_err(|error| format!("{}: {error}", shown(&command)))?);
        self.await_pages()?;
        Ok(daemon)
    }

    /// Until the pages are there.
    fn await_pages(&self) -> Outcome {
        let began = Instant::now();
        while !Client::new(self.port, &self.token).get("/healthz", "identity").is_ok_and(|answer| answer.status == 200)
        {
            if began.elapsed() > Duration::from_secs(60) {
                return Err("the daemon does not answer".to_owned());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Each page, the first load, the memory.
    fn pages(&self, rounds: usize) -> Outcome<Vec<String>> {
        let mut found: Vec<(Vec<f64>, Vec<f64>, usize)> = vec![Default::default(); PAGES.len()];
        let (mut first_load, mut peaks) = (0, Vec::new());
        for _ in 0..rounds {
            let daemon = self.start()?;
            let mut client = Client::new(self.port, &self.token);
            for (page, (cold, warm, bytes)) in PAGES.iter().zip(&mut found) {
                for language in ["en", "ja"] {
                    let target = with_language(page, language);
                    cold.push(timed(&mut client, &target, bytes)?);
                    for _ in 0..WARM_COUNT {
                        warm.push(timed(&mut client, &target, bytes)?);
                    }
                }
            }
            first_load = first_load.max(self.first_load(&mut client)?);
            peaks.push(daemon.peak_kib() as f64 / 1024.0);
        }
        let mut lines = vec![
            format!("{:<58} {:>17} {:>17} {:>8}", "", "cold, ms", "warm, ms", "gzip"),
            format!(
                "{:<58} {:>8} {:>8} {:>8} {:>8} {:>8}",
                "page, at the server", "median", "p95", "median", "p95", "KB"
            ),
        ];
        for (page, (cold, warm, bytes)) in PAGES.iter().zip(&found) {
            lines.push(format!(
                "{page:<58} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>8.1}",
                percentile(cold, 50),
                percentile(cold, 95),
                percentile(warm, 50),
                percentile(warm, 95),
                *bytes as f64 / 1e3
            ));
        }
        let all: Vec<f64> = found.iter().flat_map(|(cold, warm, _)| cold.iter().chain(warm)).copied().collect();
        lines.push(format!("{:<58} {:>8.1} ms p95 of all; target: every page 200", "", percentile(&all, 95)));
        lines.push(format!(
            "{:<58} {:>8.1} KB; target: 150",
            "first load, with style, script and icon",
            first_load as f64 / 1e3
        ));
        lines.push(format!("{:<58} {:>8.1} MiB; target: 150", "most memory of serve", percentile(&peaks, 100)));
        Ok(lines)
    }

    /// How long a demonstration takes to fill its world, from the start of the program to its end.
    fn demo(&self, rounds: usize) -> Outcome<String> {
        let state = self.folder.join("demo");
        let mut seconds = Vec::new();
        for _ in 0..rounds {
            let _ = fs::remove_dir_all(&state);
            let mut command = self.house.command(&self.program.to_string_lossy(), &["demo", "--once", "--state"]);
            let began = Instant::now();
            succeed(command.arg(&state).stderr(Stdio::null()))?;
            seconds.push(began.elapsed().as_secs_f64());
        }
        let (middle, most) = (percentile(&seconds, 50), percentile(&seconds, 100));
        Ok(format!("{:<58} {middle:>8.1} s, most {most:.1}; target: 3", "sekisho demo, its world filled"))
    }

    /// The bytes of the first page with all that it names.
    fn first_load(&self, client: &mut Client) -> Outcome<usize> {
        let target = format!("/{DAYS}");
        let packed = client.get(&target, "gzip")?.body.len();
        let page = client.get(&target, "identity")?.body;
        let page = String::from_utf8_lossy(&page).into_owned();
        let mut assets: Vec<&str> = page.split('"').filter(|piece| piece.starts_with("/assets/")).collect();
        assets.sort_unstable();
        assets.dedup();
        assets.into_iter().try_fold(packed, |sum, asset| Ok(sum + client.get(asset, "gzip")?.body.len()))
    }
}

/// Asks once; the milliseconds. The largest answer is noted.
fn timed(client: &mut Client, target: &str, bytes: &mut usize) -> Outcome<f64> {
    let answer = client.get(target, "gzip")?;
    if answer.status != 200 {
        return Err(format!("{target}: {}", answer.status));
    }
    *bytes = answer.body.len().max(*bytes);
    Ok(answer.ms)
}

fn with_language(page: &str, language: &str) -> String {
    format!("{page}{}lang={language}", if page.contains('?') { '&' } else { '?' })
}

/// So many of a hundred are not above it.
fn percentile(values: &[f64], per_cent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() * per_cent).div_ceil(100).max(1) - 1;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

/// Asked for after each cold one.
const WARM_COUNT: usize = 4;
/// The days of the stores' last month.
const DAYS: &str = "?from=2026-10-24&to=2026-11-22";

/// Pages, files and answers for programs, as somebody asks for them who looks at everything. A table.
const PAGES: &[&str] = &[
    "/?from=2026-10-24&to=2026-11-22",
    "/?from=2025-10-19&to=2026-11-22",
    "/api/v1/overview?from=2026-10-24&to=2026-11-22",
    "/overview.csv?from=2026-10-24&to=2026-11-22",
    "/senders?from=2026-10-24&to=2026-11-22",
    "/senders?from=2025-10-19&to=2026-11-22",
    "/senders?domain=town00.example&from=2026-10-24&to=2026-11-22",
    "/senders.csv?from=2026-10-24&to=2026-11-22",
    "/api/v1/senders?from=2026-10-24&to=2026-11-22",
    "/ladder?domain=town00.example&from=2026-10-24&to=2026-11-22",
    "/explore?from=2026-10-24&to=2026-11-22",
    "/explore?by=source&from=2026-10-24&to=2026-11-22",
    "/explore?from=2025-10-19&to=2026-11-22",
    "/explore.csv?from=2026-10-24&to=2026-11-22",
    "/reports?from=2026-10-24&to=2026-11-22",
    "/reports?status=salvaged&from=2025-10-19&to=2026-11-22",
    "/reports.csv?from=2026-10-24&to=2026-11-22",
    "/reports/30000",
    "/reporters?from=2026-10-24&to=2026-11-22",
    "/reporters?reporter=Reporter+1&from=2026-10-24&to=2026-11-22",
    "/tls?from=2026-10-24&to=2026-11-22",
    "/failures?from=2026-10-24&to=2026-11-22",
    "/mail?from=2026-10-24&to=2026-11-22",
    "/mail?queue=4bXyZ0004000000&from=2026-09-24&to=2026-11-22",
    "/mail?sender=user7%40sender77.example&from=2026-09-24&to=2026-11-22",
    "/mail?client=10.0.2.107&from=2026-09-24&to=2026-11-22",
    "/mail?domain=town03.example&from=2026-10-24&to=2026-11-22",
    "/mail?action=reject&from_time=10%3A00&to_time=11%3A00&from=2026-11-20&to=2026-11-20",
    "/mail.csv?from=2026-10-24&to=2026-11-22",
    "/api/v1/mail?from=2026-10-24&to=2026-11-22",
    "/statistics?from=2026-09-24&to=2026-11-22",
    "/statistics.csv?from=2026-09-24&to=2026-11-22",
    "/outgoing",
    "/domains",
    "/guideline",
    "/keys",
    "/settings",
    "/users",
    "/log",
];

/// Nothing is taken away, nobody is asked.
const CONFIGURATION: &str = "[daemon]\nhttp = \"127.0.0.1:PORT\"\n[dns]\nresolvers = [\"127.0.0.1:53\"]\n\
    [ledger]\nkeep_rows_days = 36500\nkeep_evidence_days = 36500\n[reports]\nkeep_days = 0\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<f64> = (1..=20).rev().map(f64::from).collect();
        assert_eq!([50, 95, 100, 0].map(|per_cent| percentile(&values, per_cent)), [10.0, 19.0, 20.0, 1.0]);
        assert!(percentile(&[], 50).is_nan());
    }

    #[test]
    fn the_language_is_one_more_parameter() {
        assert_eq!(with_language("/mail", "ja"), "/mail?lang=ja");
        assert_eq!(with_language(PAGES[0], "en"), "/?from=2026-10-24&to=2026-11-22&lang=en");
    }
}
