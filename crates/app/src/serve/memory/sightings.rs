//! How often signatures came, in a table that never grows: where it is full, those that came least make room.

use crate::limits::{SIGHTING_SET_COUNT, SIGHTING_TOLD_COUNT, SIGHTING_WAY_COUNT};
use crate::memory::record::REPLAY_KEPT_S;

/// The table; it takes room when the first signature comes.
#[derive(Default)]
pub(super) struct Sightings {
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    hash: [u8; 16],
    /// How often it came; 0 for an empty place.
    count: u64,
    /// How many of them were told.
    told: u64,
    last_s: u64,
}

impl Sightings {
    /// Notes a signature. Says how many sightings are to be told now: none, as long as it came a few times only.
    pub(super) fn add(&mut self, hash: [u8; 16], by: u64, now_s: u64) -> u64 {
        if self.slots.is_empty() {
            self.slots = vec![Slot::default(); SIGHTING_SET_COUNT * SIGHTING_WAY_COUNT];
        }
        let Some(ways) = self.slots.get_mut(place(hash)..).and_then(|rest| rest.get_mut(..SIGHTING_WAY_COUNT)) else {
            return 0;
        };
        let at = ways.iter().position(|slot| slot.is_of(hash, now_s));
        // Of those that came least the oldest goes.
        let at = at.or_else(|| {
            let worth = |slot: &Slot| if slot.is_over(now_s) { (0, 0) } else { (slot.count, slot.last_s) };
            (0..ways.len()).min_by_key(|at| worth(&ways[*at]))
        });
        let Some(slot) = at.and_then(|at| ways.get_mut(at)) else { return 0 };
        if !slot.is_of(hash, now_s) {
            *slot = Slot { hash, ..Slot::default() };
        }
        slot.count = slot.count.saturating_add(by);
        slot.last_s = now_s;
        if slot.count < SIGHTING_TOLD_COUNT {
            return 0;
        }
        let untold = slot.count - slot.told;
        slot.told = slot.count;
        untold
    }

    /// How often a signature came that was not told.
    pub(super) fn untold(&self, hash: [u8; 16], now_s: u64) -> u64 {
        let ways = self.slots.get(place(hash)..).and_then(|rest| rest.get(..SIGHTING_WAY_COUNT)).unwrap_or_default();
        ways.iter().find(|slot| slot.is_of(hash, now_s)).map_or(0, |slot| slot.count - slot.told)
    }
}

impl Slot {
    fn is_of(&self, hash: [u8; 16], now_s: u64) -> bool {
        self.hash == hash && !self.is_over(now_s)
    }

    fn is_over(&self, now_s: u64) -> bool {
        self.count == 0 || self.last_s.saturating_add(REPLAY_KEPT_S) <= now_s
    }
}

/// Where the places of a signature begin: hashes are as good as random.
fn place([first, second, third, fourth, ..]: [u8; 16]) -> usize {
    u32::from_be_bytes([first, second, third, fourth]) as usize % SIGHTING_SET_COUNT * SIGHTING_WAY_COUNT
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes that share their places.
    fn hash(number: u8) -> [u8; 16] {
        let mut hash = [0; 16];
        hash[15] = number;
        hash
    }

    #[test]
    fn a_few_are_not_told_and_all_of_many_are() {
        let mut sightings = Sightings::default();
        let told: Vec<u64> = (1..=SIGHTING_TOLD_COUNT + 2).map(|_| sightings.add(hash(1), 1, 5)).collect();
        assert_eq!(told.iter().sum::<u64>(), SIGHTING_TOLD_COUNT + 2);
        assert!(told[..SIGHTING_TOLD_COUNT as usize - 1].iter().all(|told| *told == 0), "{told:?}");
        assert_eq!(sightings.untold(hash(1), 5), 0);
        assert_eq!(sightings.add(hash(2), SIGHTING_TOLD_COUNT + 5, 5), SIGHTING_TOLD_COUNT + 5, "to many at once");
    }

    #[test]
    fn those_that_came_least_make_room() {
        let mut sightings = Sightings::default();
        sightings.add(hash(0), 100, 5);
        for number in 1..=u8::try_from(SIGHTING_WAY_COUNT * 3).unwrap() {
            sightings.add(hash(number), 1, 5 + u64::from(number));
        }
        assert_eq!(sightings.add(hash(0), 1, 99), 1, "who came often is still there");
        assert_eq!(sightings.untold(hash(1), 99), 0, "who came once had to go");
        assert_eq!(sightings.slots.len(), SIGHTING_SET_COUNT * SIGHTING_WAY_COUNT);
    }

    #[test]
    fn what_came_long_ago_is_forgotten() {
        let mut sightings = Sightings::default();
        sightings.add(hash(1), 2, 5);
        assert_eq!(sightings.untold(hash(1), 5 + REPLAY_KEPT_S - 1), 2);
        assert_eq!(sightings.untold(hash(1), 5 + REPLAY_KEPT_S), 0);
    }
}
