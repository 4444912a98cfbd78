//! Random numbers that are the same for the same seed, on every machine: nothing else in here is random.

/// A run of numbers (SplitMix64: a counter, mixed).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The run of a seed and of what it is for. Runs of different purposes have nothing to do with each other, so that one
    /// session's fortune does not hang on what others do.
    #[must_use]
    pub fn new(seed: u64, purpose: &[&str]) -> Self {
        let mut dice = Self(seed);
        for part in purpose {
            // FNV-1a over the part and its end; mixed, so that near purposes lie far apart.
            let hash =
                part.bytes().chain([0xff]).fold(FNV_START, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV));
            dice = Self(dice.next() ^ hash);
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below `count`; 0 when there is none.
    pub fn below(&mut self, count: u64) -> u64 {
        self.next() % count.max(1)
    }

    /// The same for places in lists.
    pub fn place(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).unwrap_or_default()
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Whether something happens that happens so many times in a thousand.
    pub fn happens(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of several, which are not none.
    pub fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.place(among.len())]
    }

    /// Bytes without any meaning.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next().to_be_bytes()[0]).collect()
    }
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;
const FNV: u64 = 0x0100_0000_01b3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_repeated_and_apart() {
        let run = |seed, purpose: &[&str]| {
            let mut dice = Dice::new(seed, purpose);
            (0..8).map(|_| dice.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(run(1, &["a"]), run(1, &["a"]));
        assert_ne!(run(1, &["a"]), run(2, &["a"]));
        assert_ne!(run(1, &["a", "b"]), run(1, &["ab"]));
        let mut dice = Dice::new(3, &[]);
        assert!((0..200).all(|_| (5..=7).contains(&dice.between(5, 7))));
        assert!(!dice.happens(0) && dice.happens(1000));
    }
}
