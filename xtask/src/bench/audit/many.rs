//! Ten thousand domains by `sekisho check`, in one run, beside checkdmarc, which is given a few of them.
//!
//! Both ask the same name server, Debian's knot with all the domains in the root zone; mail hosts are greeted by neither. The start
//! of checkdmarc is not counted, ours is. Both are warmed by domains that are not counted.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::super::checkdmarc::{Checkdmarc, SERVER};
use super::super::start::Knot;
use super::super::turns::quartiles;
use crate::house::{House, Outcome, shown, succeed};

/// Measures; the lines for the reader, or why not.
pub(super) fn measure(house: &House, program: &Path, rounds: usize) -> Outcome<Vec<String>> {
    let place = house.root.join("target/bench/audit");
    std::fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    let put = |name: &str, text: &str| {
        let file = place.join(name);
        std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display())).map(|()| file)
    };
    let bench = Many {
        house,
        program,
        few: put("few", &list(0, WARMED))?,
        many: put("many", &list(WARMED, WARMED + DOMAINS))?,
        theirs: put("theirs", &list(WARMED, WARMED + THEIRS))?,
        out: place.join("many.ndjson"),
    };
    let zone = put("many.zone", &zone())?;
    let (checkdmarc, mut lines) = match Checkdmarc::find(house) {
        Ok(found) => {
            let told = format!("checkdmarc {}, {THEIRS} of the domains", found.version);
            (Some(found), vec![told])
        }
        Err(reason) => (None, vec![format!("skipped: checkdmarc: {reason}")]),
    };
    let also: &[&str] = if checkdmarc.is_some() { &[SERVER] } else { &[] };
    let knot = Knot::start_at(house, &[(".", &zone)], also)?;
    bench.ours(&bench.few, WARMED, knot.port)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        eprintln!("round {}", round + 1);
        ours.push(f64::from(DOMAINS) / bench.ours(&bench.many, DOMAINS, knot.port)?);
        if let Some(checkdmarc) = &checkdmarc {
            theirs.push(f64::from(THEIRS) / checkdmarc.seconds(house, &bench.few, &bench.theirs, THEIRS)?);
        }
    }
    lines.insert(0, format!("{DOMAINS} domains in one run, {rounds} rounds, knot on the same machine"));
    let line = |name: &str, rates: &[f64]| {
        let [low, middle, high] = quartiles(rates);
        format!("{name:<34} {middle:>9.1} domains/s ({low:.1}–{high:.1})")
    };
    lines.push(line("sekisho check", &ours));
    if !theirs.is_empty() {
        lines.push(line("checkdmarc", &theirs));
        let ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect();
        let [low, middle, high] = quartiles(&ratios);
        lines.push(format!("{:<34} {middle:>9.1} × ({low:.1}–{high:.1})", "sekisho check : checkdmarc"));
    }
    Ok(lines)
}

struct Many<'h> {
    house: &'h House,
    program: &'h Path,
    few: PathBuf,
    many: PathBuf,
    theirs: PathBuf,
    out: PathBuf,
}

impl Many<'_> {
    /// Seconds from the program's start to its end.
    fn ours(&self, names: &Path, count: u32, port: u16) -> Outcome<f64> {
        let mut command =
            self.house.command(&self.program.to_string_lossy(), &["check", "--lang", "en", "--format", "json"]);
        command.args(["--resolver", &format!("127.0.0.1:{port}"), "--output"]).arg(&self.out).arg("-");
        let input = std::fs::File::open(names).map_err(|error| format!("{}: {error}", names.display()))?;
        command.stdin(input);
        let start = Instant::now();
        succeed(&mut command)?;
        let seconds = start.elapsed().as_secs_f64();
        // A program that does nothing is quick, too: each domain has its record judged, and no question failed.
        let told = std::fs::read_to_string(&self.out).map_err(|error| format!("{}: {error}", self.out.display()))?;
        let whole = told.lines().filter(|line| line.contains("\"lookups\":3") && !line.contains("DNS gave no answer"));
        match whole.count() {
            whole if whole == count as usize => Ok(seconds),
            whole => Err(format!("{}: {whole} domains were judged, of {count}", shown(&command))),
        }
    }
}

fn list(from: u32, until: u32) -> String {
    (from..until).map(|number| format!("d{number}.example\n")).collect()
}

/// Domains as there are many: mail at a provider, one more service that sends, every third without DMARC. No keys: checkdmarc looks
/// for none, and where there are any, most of our questions are about well-known selectors.
fn zone() -> String {
    let mut zone = ROOT.to_owned();
    for number in 0..WARMED + DOMAINS {
        let (name, provider) = (format!("d{number}.example"), number % 50);
        let _ = writeln!(zone, "{name}. MX 10 mx{provider}.provider.example.");
        let _ = writeln!(
            zone,
            "{name}. TXT \"v=spf1 include:_spf{provider}.provider.example include:_spf.news.example ~all\""
        );
        if number % 3 != 0 {
            let _ = writeln!(zone, "_dmarc.{name}. TXT \"v=DMARC1; p=none; rua=mailto:dmarc@{name}\"");
        }
    }
    zone
}

const DOMAINS: u32 = 10_000;
/// Those that are not counted, of each run.
const WARMED: u32 = 50;
/// How many checkdmarc is given in a round.
const THEIRS: u32 = 200;
/// What all domains share.
const ROOT: &str = "$TTL 3600\n. SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 3600\n. NS ns.invalid.\n\
                    *.provider.example. TXT \"v=spf1 ip4:12.1.0.0/20 include:_more.news.example ~all\"\n\
                    *.provider.example. A 12.1.0.1\n_spf.news.example. TXT \"v=spf1 ip4:13.1.0.0/24 ~all\"\n\
                    _more.news.example. TXT \"v=spf1 ip4:14.1.0.0/24 ~all\"\n\
                    1.0.1.12.in-addr.arpa. PTR mx1.provider.example.\n";
