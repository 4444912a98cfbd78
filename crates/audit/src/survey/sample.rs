//! A sample that is the same each time: which names are in it depends on the names, the share and a seed, and on nothing else –
//! neither on the order of the list nor on what else stands there.

use mailtext::Domain;

/// A share of all names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Sample {
    /// How many of a million names, about.
    pub per_million: u32,
    /// Another seed is another sample.
    pub seed: u64,
}

impl Sample {
    /// Whether a name is in it. A sample of a larger share with the same seed holds the smaller one.
    #[must_use]
    pub fn takes(&self, name: &Domain) -> bool {
        // The hash, as a fraction of 2^64, is below the share.
        u128::from(hash(name.as_str().as_bytes(), self.seed)) * 1_000_000 < u128::from(self.per_million) << 64
    }
}

/// FNV-1a of 64 bits over the name, begun with the seed, and the finish of SplitMix64, which spreads it over all bits. It never
/// changes: samples of one year are compared with those of the next.
#[must_use]
pub fn hash(name: &[u8], seed: u64) -> u64 {
    let begun =
        seed.to_le_bytes().iter().chain(name).fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
            (state ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    let mixed = (begun ^ (begun >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> impl Iterator<Item = Domain> {
        (0..100_000).map(|number| Domain::query(&format!("name{number}.example")).unwrap())
    }

    #[test]
    fn the_same_names_each_time_and_about_as_many_as_wanted() {
        let taken = |per_million, seed| names().filter(|name| Sample { per_million, seed }.takes(name)).count();
        assert_eq!((taken(0, 1), taken(1_000_000, 1)), (0, 100_000));
        // Ten thousand are wanted; more than five standard deviations beside would be a bad hash.
        for seed in [0, 1, 2, u64::MAX] {
            assert!((9_526..=10_474).contains(&taken(100_000, seed)), "{seed}: {}", taken(100_000, seed));
        }
        // Computed apart from this code.
        assert_eq!(hash(b"example.jp", 1), 0xdbee_e289_d92a_0c31);
    }

    #[test]
    fn a_larger_sample_holds_the_smaller_one() {
        let small = Sample { per_million: 10_000, seed: 7 };
        let large = Sample { per_million: 50_000, seed: 7 };
        assert!(names().filter(|name| small.takes(name)).all(|name| large.takes(&name)));
    }
}
