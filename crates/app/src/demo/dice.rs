//! Numbers that look like chance and are the same in every demonstration.

/// A row of numbers.
pub(super) struct Dice(u64);

impl Dice {
    /// The row of these numbers: other numbers, another row.
    pub(super) fn of(numbers: &[u64]) -> Self {
        let mut dice = Self(SEED);
        for number in numbers {
            dice.0 ^= number.wrapping_mul(STEP);
            dice.next();
        }
        dice
    }

    /// One below `end`; 0 where there is none.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next().checked_rem(end).unwrap_or(0)
    }

    /// From `first` on and below `end`.
    pub(super) fn between(&mut self, first: u64, end: u64) -> u64 {
        first + self.below(end.saturating_sub(first))
    }

    /// A number near this one: three fifths to seven fifths of it.
    pub(super) fn near(&mut self, count: u64) -> u64 {
        count * self.between(60, 141) / 100
    }

    /// Whether something happens that does so many times in a thousand.
    pub(super) fn happens(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// SplitMix64: short, and good enough for what only has to look so.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

const SEED: u64 = 20_261_123;
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
