//! A seed is tried: its world goes on, what happened is checked, and what is broken is shortened.

use std::fmt;

use crate::check::{Alone, Broken, check};
use crate::history::{End, History};
use crate::run::run;
use crate::scenario::Scenario;

/// What came of a seed.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Which.
    pub seed: u64,
    /// With how many messages; the fewest that break it, when something is broken.
    pub message_count: u64,
    /// What happened.
    pub history: History,
    /// What does not hold.
    pub broken: Vec<Broken>,
}

/// Tries a seed with so many messages; where something does not hold, with fewer and fewer.
#[must_use]
pub fn trial(seed: u64, message_count: u64) -> Trial {
    let whole = once(seed, message_count);
    if whole.broken.is_empty() {
        return whole;
    }
    let mut shortest = whole;
    // A world of fewer messages is not always the beginning of a larger one, so that halving is a guess; it only has to end.
    let (mut low, mut high) = (0, message_count);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let shorter = once(seed, middle);
        if shorter.broken.is_empty() {
            low = middle;
        } else {
            high = middle;
            shortest = shorter;
        }
    }
    shortest
}

/// Tries a seed with so many messages, once.
#[must_use]
pub fn once(seed: u64, message_count: u64) -> Trial {
    let scenario = Scenario::of(seed, message_count);
    let history = run(&scenario);
    let broken = check(&history, &alone(&scenario));
    Trial { seed, message_count, history, broken }
}

/// Every message of a world by itself, where nothing goes wrong.
#[must_use]
pub fn alone(scenario: &Scenario) -> Alone {
    let mut alone = Alone::new();
    for plan in &scenario.sessions {
        for (at, sending) in plan.sendings.iter().enumerate() {
            let history = run(&scenario.alone(plan, sending));
            alone.extend(history.attempts.into_iter().map(|attempt| ((plan.number, at), attempt)));
        }
    }
    alone
}

impl fmt::Display for Trial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answered = self.history.attempts.iter().filter(|attempt| matches!(attempt.end, End::Answered(_))).count();
        let faults: u32 = self.history.attempts.iter().map(|one| one.dns_failures + one.ledger_failures).sum();
        let (attempts, rows) = (self.history.attempts.len(), self.history.rows.len());
        writeln!(
            formatter,
            "seed {}: {attempts} messages, {answered} answered, {rows} rows, {faults} faults",
            self.seed
        )?;
        if self.broken.is_empty() {
            return Ok(());
        }
        self.history.lines.iter().try_for_each(|line| writeln!(formatter, "  {line}"))?;
        self.broken.iter().try_for_each(|broken| writeln!(formatter, "broken: {broken}"))?;
        writeln!(formatter, "again: cargo xtask sim --seed {} --messages {}", self.seed, self.message_count)
    }
}
