//! Two programs that stay alive and take turns, pass by pass, so that the machine's drift meets both.
//!
//! Each prints what it is and how many verdicts are right, then `ready`; each line that it then reads names a pass over the
//! corpus, each line that it answers is the seconds of that pass. A ratio is made of measurements of one round only.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::house::{Outcome, shown};

const PASSES: [&str; 3] = ["dkim", "full", "spf"];
/// A pass of ours alone: every method that there is, beside `full`.
const EVERY: &str = "every";

/// A program that answers passes.
pub(crate) struct Program {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    /// What it said before it was ready.
    pub(crate) head: Vec<String>,
}

/// Seconds of each pass, one for each round.
#[derive(Default)]
pub(crate) struct Seconds {
    ours: HashMap<&'static str, Vec<f64>>,
    peers: HashMap<&'static str, Vec<f64>>,
    /// The limit beside each pass: the mean of the one before it and the one behind it.
    limits: HashMap<&'static str, Vec<f64>>,
    /// Every method.
    every: Vec<f64>,
    /// `full` around it.
    beside_every: Vec<f64>,
}

impl Program {
    pub(crate) fn start(mut command: Command) -> Outcome<Self> {
        let name = shown(&command);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|error| format!("{name}: {error}"))?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let mut program = Self { name, child, input, output, head: Vec::new() };
        loop {
            match program.line()?.as_str() {
                "ready" => return Ok(program),
                other => program.head.push(other.to_owned()),
            }
        }
    }

    fn line(&mut self) -> Outcome<String> {
        match self.output.next() {
            Some(line) => line.map_err(|error| format!("{}: {error}", self.name)),
            None => Err(format!("{} has ended", self.name)),
        }
    }

    fn seconds(&mut self, pass: &str) -> Outcome<f64> {
        let input = self.input.as_mut().ok_or("no input")?;
        writeln!(input, "{pass}").map_err(|error| format!("{}: {error}", self.name))?;
        let line = self.line()?;
        line.parse().map_err(|_| format!("{}: answers {line} to {pass}", self.name))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It ends when nobody can name another pass.
        self.input = None;
        let _ = self.child.wait();
    }
}

/// Runs the passes in turn; a round before the first one warms the caches.
pub(crate) fn take(ours: &mut Program, mut peer: Option<&mut Program>, rounds: usize) -> Outcome<Seconds> {
    let mut seconds = Seconds::default();
    for round in 0..=rounds {
        let mut before = ours.seconds("limit")?;
        for pass in PASSES {
            let own_first = round % 2 == 0;
            let early = if own_first { Some(ours.seconds(pass)?) } else { None };
            let others = peer.as_mut().map(|peer| peer.seconds(pass)).transpose()?;
            let own = early.map_or_else(|| ours.seconds(pass), Ok)?;
            let behind = ours.seconds("limit")?;
            if round > 0 {
                seconds.ours.entry(pass).or_default().push(own);
                seconds.limits.entry(pass).or_default().push(f64::midpoint(before, behind));
                if let Some(others) = others {
                    seconds.peers.entry(pass).or_default().push(others);
                }
            }
            before = behind;
        }
        // Between two passes of `full`, so that a drift within the round meets both.
        let (full, every, again) = (ours.seconds("full")?, ours.seconds(EVERY)?, ours.seconds("full")?);
        if round > 0 {
            seconds.every.push(every);
            seconds.beside_every.push(f64::midpoint(full, again));
        }
    }
    Ok(seconds)
}

impl Seconds {
    /// The figures as lines of a table; `messages` is the size of the corpus.
    pub(crate) fn table(&self, messages: f64) -> Vec<String> {
        let mut lines = vec![
            format!("{:<8}{:>30}{:>32}{:>24}", "", "sekisho", "mail-auth", "sekisho : mail-auth"),
            format!("{:<8}{:>10}{:>20}{:>12}{:>20}", "", "/s", "of the limit", "/s", "of the limit"),
        ];
        let all: Vec<f64> = self.limits.values().flatten().copied().collect();
        lines.push(format!("{:<8}{:>10.0}", "limit", messages / quartiles(&all)[1]));
        for pass in PASSES {
            let column = |times: &HashMap<&'static str, Vec<f64>>| times.get(pass).cloned().unwrap_or_default();
            let (ours, peers, limits) = (column(&self.ours), column(&self.peers), column(&self.limits));
            // The limit is of public keys and hashes; SPF has neither.
            let of_limit = |times: &[f64]| if pass == "spf" { String::new() } else { ratio(&limits, times) };
            let line = format!(
                "{pass:<8}{:>10}{:>20}{:>12}{:>20}{:>24}",
                speed(messages, &ours),
                of_limit(&ours),
                speed(messages, &peers),
                of_limit(&peers),
                ratio(&peers, &ours),
            );
            lines.push(line.trim_end().to_owned());
        }
        if !self.every.is_empty() {
            let (speed, ratio) = (speed(messages, &self.every), ratio(&self.every, &self.beside_every));
            lines.push(format!("{EVERY:<8}{speed:>10}   {ratio} of the time of full"));
        }
        lines
    }
}

fn speed(messages: f64, seconds: &[f64]) -> String {
    if seconds.is_empty() { String::new() } else { format!("{:.0}", messages / quartiles(seconds)[1]) }
}

/// Median and quartiles of the rounds' own ratios; empty when there is nothing to compare with.
fn ratio(above: &[f64], below: &[f64]) -> String {
    let ratios: Vec<f64> = above.iter().zip(below).map(|(above, below)| above / below).collect();
    if ratios.is_empty() {
        return String::new();
    }
    let [low, middle, high] = quartiles(&ratios);
    format!("{middle:.3} ({low:.2}–{high:.2})")
}

/// Lower quartile, median, upper quartile; not a number for no values.
pub(crate) fn quartiles(values: &[f64]) -> [f64; 3] {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values.get(values.len() * quarter / 4).copied().unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_of_a_few() {
        assert_eq!(quartiles(&[5.0, 1.0, 3.0, 2.0, 4.0]), [2.0, 3.0, 4.0]);
        assert!(quartiles(&[])[1].is_nan());
    }

    #[test]
    fn a_table_has_ratios_of_equal_rounds() {
        let times = |values: &[f64]| PASSES.iter().map(|pass| (*pass, values.to_vec())).collect();
        // The machine was twice as slow in the second round; the ratios do not show it.
        let mut seconds = Seconds { ours: times(&[1.0, 2.0]), limits: times(&[0.5, 1.0]), ..Seconds::default() };
        let alone = seconds.table(10.0);
        assert!(alone[3].contains("0.500 (0.50–0.50)") && !alone[5].contains('('), "{alone:#?}");
        seconds.peers = times(&[3.0, 6.0]);
        (seconds.every, seconds.beside_every) = (vec![1.1, 2.2], vec![1.0, 2.0]);
        let both = seconds.table(10.0);
        assert!(both[6].ends_with("1.100 (1.10–1.10) of the time of full"), "{both:#?}");
        assert!(both[3].contains("0.167") && both[5].ends_with("3.000 (3.00–3.00)"), "{both:#?}");
    }
}
