//! `bench survey`: a survey's questions and domains per second, beside what the name server itself can do.
//!
//! Debian's knot holds a zone of names as there are many, on one processor; on another one, in turn, with [`NAMES`] of them: dnsperf asks it as
//! fast as it can, which is the server's limit; massdns asks the same questions; `sekisho survey` examines the names; checkdmarc
//! examines a few of them. The kernel's count of datagrams tells how many questions a survey took. At last all [`MANY`] names of
//! the zone are examined once, for the memory that takes. What is not installed is named.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::checkdmarc::{Checkdmarc, SERVER};
use super::load;
use super::start::Knot;
use super::turns::quartiles;
use crate::house::{House, Outcome, shown};

/// Measures `binary`, or what cargo builds; the lines for the reader, or why not.
pub(crate) fn measure(house: &House, rounds: usize, binary: Option<&Path>) -> Outcome<Vec<String>> {
    let program = match binary {
        Some(path) => path.to_path_buf(),
        None => {
            house.cargo(&["build", "--release", "--package", "sekisho"])?;
            house.metadata()?.target_directory.join("release/sekisho").into_std_path_buf()
        }
    };
    let before = load();
    let place = house.root.join("target/bench/survey");
    std::fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    let files = Files::write(&place)?;
    let checkdmarc = Checkdmarc::find(house);
    let also: &[&str] = if checkdmarc.is_ok() { &[SERVER] } else { &[] };
    let knot = Knot::start_at(house, &[(".", &files.zone)], also)?;
    let mut lines = vec![format!("{NAMES} names, {rounds} rounds; medians, in brackets quartiles"), String::new()];
    let (mut limits, mut others, mut theirs, mut ours) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut skipped = Vec::new();
    for round in 0..rounds {
        let found = [dnsperf(house, &files, knot.port), massdns(house, &files, knot.port)];
        for (found, rates) in found.into_iter().zip([&mut limits, &mut others]) {
            match found {
                Ok(rate) => rates.push(rate),
                Err(reason) if round == 0 => skipped.push(format!("skipped: {reason}")),
                Err(_) => {}
            }
        }
        match &checkdmarc {
            Ok(found) => {
                let seconds = found.seconds(house, &files.few, &files.theirs, THEIRS)?;
                theirs.push(f64::from(THEIRS) / seconds);
            }
            Err(reason) if round == 0 => skipped.push(format!("skipped: checkdmarc: {reason}")),
            Err(_) => {}
        }
        ours.push(survey(house, &program, &files, (&files.list, NAMES), knot.port)?);
    }
    let many = survey(house, &program, &files, (&files.many, MANY), knot.port)?;
    let version = checkdmarc.map_or_else(|_| String::new(), |found| found.version);
    lines.extend(Rates { limits, others, theirs, ours, many }.lines(&version));
    lines.extend(skipped);
    lines.push("skipped: zdns has no package here".to_owned());
    lines.extend([String::new(), format!("load average {before} before, {} after", load())]);
    Ok(lines)
}

/// What was measured, of each round.
struct Rates {
    limits: Vec<f64>,
    others: Vec<f64>,
    theirs: Vec<f64>,
    ours: Vec<Survey>,
    /// Of all names, once.
    many: Survey,
}

impl Rates {
    /// The lines for the reader; `version` is that of checkdmarc.
    fn lines(&self, version: &str) -> Vec<String> {
        let Self { limits, others, theirs, ours, many } = self;
        let mut lines = Vec::new();
        let mut line = |name: &str, unit: &str, rates: &[f64]| {
            if !rates.is_empty() {
                let [low, middle, high] = quartiles(rates);
                lines.push(format!("{name:<34} {middle:>9.0} {unit} ({low:.0}–{high:.0})"));
            }
        };
        let of = |pick: fn(&Survey) -> f64| ours.iter().map(pick).collect::<Vec<_>>();
        line("dnsperf: the server's limit", "questions/s", limits);
        line("massdns", "questions/s", others);
        line("sekisho survey", "questions/s", &of(|survey| survey.questions / survey.seconds));
        line("sekisho survey", "domains/s", &of(|survey| f64::from(NAMES) / survey.seconds));
        line("sekisho survey, at most", "KiB", &of(|survey| survey.peak_kib));
        if !limits.is_empty() {
            let ratios: Vec<f64> =
                ours.iter().zip(limits).map(|(survey, limit)| survey.questions / survey.seconds / limit).collect();
            lines.push(format!("{:<34} {:>9.2} of the server's limit", "sekisho survey", quartiles(&ratios)[1]));
        }
        if !theirs.is_empty() {
            let [low, middle, high] = quartiles(theirs);
            let name = format!("checkdmarc {version}, {THEIRS} names");
            lines.push(format!("{name:<34} {middle:>9.1} domains/s ({low:.1}–{high:.1})"));
            let rate = |survey: &Survey| f64::from(NAMES) / survey.seconds;
            let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| rate(ours) / theirs).collect();
            lines.push(format!("{:<34} {:>9.0} × checkdmarc", "sekisho survey", quartiles(&ratios)[1]));
            // With so many questions for each name, no survey is faster than this server answers.
            let most = ours.iter().zip(limits).zip(theirs);
            let most = most.map(|((ours, limit), theirs)| limit / (ours.questions / f64::from(NAMES)) / theirs);
            let most: Vec<f64> = most.collect();
            if !most.is_empty() {
                lines.push(format!("{:<34} {:>9.0} × checkdmarc", "as fast as the server can", quartiles(&most)[1]));
            }
        }
        lines.push(format!(
            "{:<34} {:>9.0} domains/s, {:.0} questions/s, at most {:.0} MiB",
            format!("sekisho survey, {MANY} names"),
            f64::from(MANY) / many.seconds,
            many.questions / many.seconds,
            many.peak_kib / 1024.0
        ));
        lines
    }
}

/// One run of ours.
struct Survey {
    seconds: f64,
    questions: f64,
    peak_kib: f64,
}

/// What all are given.
struct Files {
    zone: PathBuf,
    list: PathBuf,
    /// All names of the zone.
    many: PathBuf,
    /// For checkdmarc: names that warm it, and names that are counted; all of them with an SPF record.
    few: PathBuf,
    theirs: PathBuf,
    /// For dnsperf: a name and a type on each line.
    questions: PathBuf,
    place: PathBuf,
}

impl Files {
    fn write(place: &Path) -> Outcome<Self> {
        let (mut zone, mut list, mut questions) = (ROOT.to_owned(), String::new(), String::new());
        let mut list_bytes = 0;
        for number in 0..MANY {
            let name = format!("n{number}.example");
            let _ = writeln!(list, "{name}");
            let _ = writeln!(zone, "{name}. MX 10 mx{}.provider.example.", number % 50);
            if number % 4 != 0 {
                let _ = writeln!(zone, "{name}. TXT \"v=spf1 include:_spf{}.provider.example ~all\"", number % 100);
            }
            if number % 3 == 0 {
                let _ = writeln!(zone, "_dmarc.{name}. TXT \"v=DMARC1; p=none\"");
            }
            if number >= NAMES {
                continue;
            }
            list_bytes = list.len();
            for (below, kind) in
                [("", "MX"), ("", "TXT"), ("", "NS"), ("_dmarc.", "TXT"), ("_domainkey.", "TXT"), ("_mta-sts.", "TXT")]
            {
                let _ = writeln!(questions, "{below}{name} {kind}");
            }
        }
        let put = |name: &str, text: &str| {
            let file = place.join(name);
            std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display())).map(|()| file)
        };
        Ok(Self {
            zone: put("root.zone", &zone)?,
            list: put("list", &list[..list_bytes])?,
            many: put("many", &list)?,
            few: put("few", &with_record(1, WARMED))?,
            theirs: put("theirs", &with_record(1 + WARMED * 4, THEIRS))?,
            questions: put("questions", &questions)?,
            place: place.to_path_buf(),
        })
    }
}

/// So many names that have an SPF record.
fn with_record(from: u32, count: u32) -> String {
    (0..count).map(|step| format!("n{}.example\n", from + step * 4)).collect()
}

/// The questions per second that the server answers.
fn dnsperf(house: &House, files: &Files, port: u16) -> Outcome<f64> {
    let mut command =
        house.command("dnsperf", &["-s", "127.0.0.1", "-p", &port.to_string(), "-l", "5", "-T", "1", "-c", "8"]);
    command.args(["-q", "400", "-d"]).arg(&files.questions);
    let output = command.output().map_err(|error| format!("dnsperf (Debian: dnsperf): {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let rate = text.lines().find_map(|line| line.trim().strip_prefix("Queries per second:"));
    rate.and_then(|rate| rate.trim().parse().ok()).ok_or_else(|| format!("{} says no rate", shown(&command)))
}

/// The questions per second of massdns: TXT of each name, and below it.
fn massdns(house: &House, files: &Files, port: u16) -> Outcome<f64> {
    let resolvers = files.place.join("resolvers");
    std::fs::write(&resolvers, format!("127.0.0.1:{port}\n")).map_err(|error| error.to_string())?;
    let mut command = house.command("massdns", &["-q", "-t", "TXT", "-o", "S", "-w", "/dev/null", "-s", "400", "-r"]);
    command.arg(&resolvers).arg(&files.list).stdout(Stdio::null()).stderr(Stdio::null());
    let (begun, before) = (Instant::now(), datagrams()?);
    let status = command.status().map_err(|error| format!("massdns (Debian: massdns): {error}"))?;
    if !status.success() {
        return Err(format!("{}: {status}", shown(&command)));
    }
    Ok((datagrams()? - before) / 2.0 / begun.elapsed().as_secs_f64())
}

fn survey(house: &House, program: &Path, files: &Files, (list, count): (&Path, u32), port: u16) -> Outcome<Survey> {
    let out = files.place.join("out");
    let _ = std::fs::remove_dir_all(&out);
    let mut command = house.command(&program.to_string_lossy(), &["survey", "--lang", "en", "--out"]);
    command.arg(&out).arg("--resolver").arg(format!("127.0.0.1:{port}")).arg(list);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let before = datagrams()?;
    let (seconds, peak_kib) = watched(&mut command)?;
    let questions = (datagrams()? - before) / 2.0;
    // A program that does nothing is quick, too.
    let results = std::fs::File::open(out.join("results.ndjson")).map_err(|error| error.to_string())?;
    let mut whole = 0;
    for line in BufReader::new(results).lines() {
        whole += u32::from(line.map_err(|error| error.to_string())?.contains("\"errors\":[]"));
    }
    if whole != count {
        return Err(format!("{}: {whole} names without an error, of {count}", shown(&command)));
    }
    Ok(Survey { seconds, questions, peak_kib })
}

/// Seconds until the command has ended well, and the most memory that it was seen to hold.
fn watched(command: &mut Command) -> Outcome<(f64, f64)> {
    let begun = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("{}: {error}", shown(command)))?;
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak_kib: f64 = 0.0;
    loop {
        let text = std::fs::read_to_string(&status_file).unwrap_or_default();
        let peak =
            text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok());
        peak_kib = peak_kib.max(peak.unwrap_or_default());
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.success() => return Ok((begun.elapsed().as_secs_f64(), peak_kib)),
            Some(status) => return Err(format!("{}: {status}", shown(command))),
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// Datagrams that this machine has received: on the loopback, questions and answers alike.
fn datagrams() -> Outcome<f64> {
    let text = std::fs::read_to_string("/proc/net/snmp").map_err(|error| error.to_string())?;
    let numbers = text.lines().filter_map(|line| line.strip_prefix("Udp: ")).nth(1);
    let count = numbers.and_then(|numbers| numbers.split(' ').next()).and_then(|count| count.parse().ok());
    count.ok_or_else(|| "/proc/net/snmp tells no datagrams".to_owned())
}

const NAMES: u32 = 20_000;
/// All names of the zone.
const MANY: u32 = 1_000_000;
/// Names that checkdmarc is given in a round, and before it those that are not counted.
const THEIRS: u32 = 100;
const WARMED: u32 = 20;
/// What all names share.
const ROOT: &str = "$TTL 3600\n. SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 3600\n. NS ns.invalid.\n\
                    *.provider.example. TXT \"v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 ~all\"\n\
                    *.provider.example. A 192.0.2.1\n";
