//! What the script that sends mail through a Postfix says, and what is made of it.

use std::path::Path;

use crate::bench::turns::quartiles;
use crate::house::Outcome;

/// Postfix writes its log to places that it was told of, and does not start otherwise. What it still has to deliver of the
/// set-up before would be delivered beside the next one's messages.
pub(super) fn adapt(folder: &Path) -> Outcome<()> {
    let script = folder.join("scripts/postfix_setup.sh");
    let failed = |error: std::io::Error| format!("{}: {error}", script.display());
    let text = std::fs::read_to_string(&script).map_err(failed)?;
    let places = format!("maillog_file_prefixes = {}, ", folder.display());
    let adapted = text
        .replace("maillog_file_prefixes = ", &places)
        .replace("postfix -c $P start", &format!("rm -rf {QUEUES}; postfix -c $P start"));
    if adapted.matches(QUEUES).count() != 1 || !adapted.contains(&places) {
        return Err(format!("{} is not as it was", script.display()));
    }
    std::fs::write(&script, adapted).map_err(failed)
}

/// Postfix makes them again.
const QUEUES: &str = "$P/spool/active $P/spool/incoming $P/spool/deferred $P/spool/defer";

/// What one line of the script for Postfix says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Behind {
    set_up: String,
    message_bytes: u64,
    messages_per_s: f64,
    cpu_s: f64,
}

impl Behind {
    /// `postfix+null⇥message 00003 2016 B⇥msgs/s 148  (min 141 max 156)⇥milter cpu_s/1000 0.16`
    fn read(line: &str) -> Option<Self> {
        let mut fields = line.strip_prefix("postfix+")?.split('\t');
        let set_up = fields.next()?.to_owned();
        let mut word = |before: &str, at: usize| fields.next()?.strip_prefix(before)?.split_whitespace().nth(at);
        let message_bytes = word("message ", 1)?.parse().ok()?;
        let messages_per_s = word("msgs/s ", 0)?.parse().ok()?;
        let cpu_s = word("milter cpu_s/1000 ", 0)?.parse().ok()?;
        Some(Self { set_up, message_bytes, messages_per_s, cpu_s })
    }
}

/// What the script for Postfix found. Whatever else it says is what went wrong.
pub(super) fn read(text: &str) -> Outcome<Vec<Behind>> {
    let read = |line: &str| Behind::read(line).ok_or_else(|| format!("the driver says: {line}"));
    let found = text.lines().filter(|line| !line.trim().is_empty()).map(read).collect::<Outcome<Vec<Behind>>>()?;
    match found.iter().find(|one| one.set_up == "custom" && one.cpu_s == 0.0) {
        _ if found.is_empty() => Err("Postfix took no message".to_owned()),
        Some(_) => Err("the messages did not pass the filter".to_owned()),
        None => Ok(found),
    }
}

/// Medians for each set-up and message, and the ratio of ours to the filter that does nothing, before and after it.
pub(super) fn table(rounds: &[Vec<Behind>], nothing: &str) -> Vec<String> {
    let mut sizes: Vec<u64> = rounds.iter().flatten().map(|one| one.message_bytes).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let mean = |round: &[Behind], set_up: &str, size: u64, of: fn(&Behind) -> f64| {
        let its = round.iter().filter(|one| one.set_up == set_up && one.message_bytes == size);
        let values: Vec<f64> = its.map(of).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let per_s = |one: &Behind| one.messages_per_s;
    let mut lines = vec![format!("{:<24} {:>8} {:>8} {:>10}", "behind Postfix", "bytes", "msg/s", "CPU s/1000")];
    for size in &sizes {
        for (set_up, name) in [("none", "no filter"), ("null", nothing), ("custom", OURS)] {
            let middle = |of: fn(&Behind) -> f64| {
                let [_, middle, _] =
                    quartiles(&rounds.iter().map(|round| mean(round, set_up, *size, of)).collect::<Vec<_>>());
                middle
            };
            lines.push(format!("{name:<24} {size:>8} {:>8.0} {:>10.2}", middle(per_s), middle(|one| one.cpu_s)));
        }
    }
    for size in &sizes {
        let ratios = rounds.iter().map(|round| mean(round, "custom", *size, per_s) / mean(round, "null", *size, per_s));
        let [low, middle, high] = quartiles(&ratios.collect::<Vec<_>>());
        lines.push(format!("{OURS:<24} {middle:>8.2} ({low:.2}–{high:.2}) × {nothing}, {size} bytes"));
    }
    lines
}

const OURS: &str = "sekisho, before-reply";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_postfix_ratios_are_of_one_round_too() {
        let line = |set_up: &str, per_s: u32, cpu: &str| {
            format!("postfix+{set_up}\tmessage 00003 2016 B\tmsgs/s {per_s}  (min 1 max 9)\tmilter cpu_s/1000 {cpu}\n")
        };
        let round = |lines: &[String]| read(&lines.concat());
        let nothing = line("null", 400, "0.10");
        let first = round(&[
            line("none", 800, "0.00"),
            nothing.clone(),
            line("custom", 450, "0.30"),
            line("null", 600, "0.10"),
        ]);
        let second = round(&[line("none", 400, "0.00"), line("null", 250, "0.10"), line("custom", 225, "0.30")]);
        let lines = table(&[first.unwrap(), second.unwrap()], "does nothing");
        assert!(lines.iter().any(|line| line.contains("0.90 (0.90–0.90) × does nothing, 2016 bytes")), "{lines:#?}");
        assert!(round(&[nothing.clone(), line("custom", 900, "0.00")]).is_err(), "it was not asked");
        assert!(round(&[nothing, "smtp-source: fatal: Connection refused\n".to_owned()]).is_err());
        assert!(round(&[]).is_err());
    }
}
