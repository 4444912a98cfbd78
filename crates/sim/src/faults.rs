//! What goes wrong in a world, and how often.

use crate::dice::Dice;

/// Everything that goes wrong.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Faults {
    /// Of DNS.
    pub dns: DnsFaults,
    /// Of the ledger.
    pub ledger: LedgerFaults,
    /// When the wall clock is set, in microseconds since the world began, and by how many milliseconds.
    pub jumps: Vec<(u64, i64)>,
    /// When the daemon dies, in microseconds since the world began; it is started again at once.
    pub crashes_us: Vec<u64>,
}

/// What goes wrong with DNS, in so many of a thousand questions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DnsFaults {
    /// Failures are answered.
    pub failing_per_mille: u64,
    /// Nothing is answered.
    pub lost_per_mille: u64,
    /// Answers take seconds.
    pub slow_per_mille: u64,
    /// How long the other answers take at most, in microseconds.
    pub usual_delay_us: u64,
    /// From when to when no server answers anybody, in microseconds since the world began.
    pub down_us: Option<(u64, u64)>,
}

/// What goes wrong with the ledger, in so many of a thousand rows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LedgerFaults {
    /// It is busy, or the system says no.
    pub failing_per_mille: u64,
    /// The id of the row is taken by another daemon's.
    pub conflict_per_mille: u64,
    /// The row is stored, and nobody says so.
    pub silent_per_mille: u64,
    /// It takes seconds, perhaps too many.
    pub slow_per_mille: u64,
    /// How long it takes otherwise at most, in microseconds.
    pub usual_delay_us: u64,
    /// From when to when there is no room on the disk, in microseconds since the world began.
    pub full_us: Vec<(u64, u64)>,
}

impl DnsFaults {
    /// Whether every question is answered, and soon: then no message may hear of a failure.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.failing_per_mille + self.lost_per_mille + self.slow_per_mille == 0 && self.down_us.is_none()
    }
}

impl Faults {
    /// A world in which nothing goes wrong and everything comes at once.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The faults of a seed: some days are worse than others, and a few are without any but delays.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed, &["faults"]);
        // 0: delays alone.
        let badness = dice.below(4);
        let dns = DnsFaults {
            failing_per_mille: badness * dice.between(0, 25),
            lost_per_mille: badness * dice.between(0, 15),
            slow_per_mille: badness.min(1) * dice.between(0, 60),
            usual_delay_us: dice.pick(&[0, 2_000, 40_000, 400_000]),
            down_us: times(&mut dice, badness).first().map(|at| (*at, at + 4_000_000)),
        };
        let ledger = LedgerFaults {
            failing_per_mille: badness * dice.between(0, 30),
            conflict_per_mille: badness * dice.between(0, 60),
            silent_per_mille: badness * dice.between(0, 20),
            slow_per_mille: badness * dice.between(0, 20),
            usual_delay_us: dice.pick(&[0, 5_000, 50_000]),
            full_us: times(&mut dice, badness).into_iter().map(|at| (at, at + 3_000_000)).collect(),
        };
        let jumps = times(&mut dice, 4);
        let jumps = jumps.into_iter().map(|at| (at, jump(&mut dice))).collect();
        let crashes_us = times(&mut dice, badness);
        Self { dns, ledger, jumps, crashes_us }
    }
}

/// Up to so many moments of the first twenty seconds.
fn times(dice: &mut Dice, count_max: u64) -> Vec<u64> {
    let count = dice.between(0, count_max);
    let mut times: Vec<u64> = (0..count).map(|_| dice.between(0, 20_000_000)).collect();
    times.sort_unstable();
    times
}

/// Seconds, or hours, or days; forward or back.
fn jump(dice: &mut Dice) -> i64 {
    let most = dice.pick(&[2_000, 7_200_000, 172_800_000]);
    let by = i64::try_from(dice.between(1, most)).unwrap_or_default();
    if dice.happens(500) { -by } else { by }
}
