//! The id of a row: when, at which site, the how-manieth. Ids sort by time, fit 63 bits, and name a message once in all
//! daemons that share a ledger.

use std::fmt;

use crate::limits::CLOCK_BACK_MS_MAX;

/// The id of a row: 42 bits of milliseconds since 1970 (until 2109), 10 bits of site, 11 bits of sequence. Its text has
/// 13 letters and digits, and sorts as the number does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RowId(u64);

/// Which daemon wrote a row: 0 to 1023. Two daemons that share a ledger have different numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Site(u16);

/// Where a site's ids come from: each is greater than the one before, whatever the clock does within an hour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IdSource {
    site: Site,
    /// The last one, as milliseconds and sequence in one number; 0 before the first.
    last: u64,
}

impl RowId {
    /// The lowest id of all.
    pub const MIN: Self = Self(0);
    /// The highest id of all.
    pub const MAX: Self = Self((1 << 63) - 1);

    /// The id of a site's `sequence`-th message (0 to 2047) in a millisecond. What is too large is cut to its bits.
    #[must_use]
    pub fn new(time_ms: u64, site: Site, sequence: u16) -> Self {
        Self::of_tick(time_ms.min(TIME_MS_MAX) << SEQUENCE_BITS | u64::from(sequence) & SEQUENCE_MASK, site)
    }

    /// The id of this number; `None` when it has 64 bits.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        (number <= Self::MAX.0).then_some(Self(number))
    }

    /// The number: at most 63 bits, so that it fits a signed integer of a database.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }

    /// The lowest id that a message of this millisecond or later may have.
    #[must_use]
    pub fn first_at(time_ms: u64) -> Self {
        if time_ms > TIME_MS_MAX { Self::MAX } else { Self(time_ms << (SITE_BITS + SEQUENCE_BITS)) }
    }

    /// When the message was taken, in milliseconds since 1970.
    #[must_use]
    pub fn time_ms(self) -> u64 {
        self.0 >> (SITE_BITS + SEQUENCE_BITS)
    }

    /// Who took it.
    #[must_use]
    pub fn site(self) -> Site {
        Site(((self.0 >> SEQUENCE_BITS) & SITE_MASK) as u16)
    }

    /// Reads the text of an id, in capitals or not.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != TEXT_CHARACTERS {
            return None;
        }
        let digit = |byte: u8| DIGITS.iter().position(|digit| *digit == byte.to_ascii_uppercase());
        let number = text
            .bytes()
            .try_fold(0_u64, |number, byte| number.checked_mul(32)?.checked_add(u64::try_from(digit(byte)?).ok()?))?;
        Self::from_number(number)
    }

    fn of_tick(tick: u64, site: Site) -> Self {
        let (time_ms, sequence) = (tick >> SEQUENCE_BITS, tick & SEQUENCE_MASK);
        Self(time_ms << (SITE_BITS + SEQUENCE_BITS) | u64::from(site.0) << SEQUENCE_BITS | sequence)
    }

    fn tick(self) -> u64 {
        self.time_ms() << SEQUENCE_BITS | self.0 & SEQUENCE_MASK
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in (0..TEXT_CHARACTERS).rev() {
            let digit = DIGITS[((self.0 >> (5 * place)) & 31) as usize];
            fmt::Write::write_char(formatter, char::from(digit))?;
        }
        Ok(())
    }
}

impl Site {
    /// The site of this number; `None` above 1023.
    #[must_use]
    pub fn new(number: u16) -> Option<Self> {
        (u64::from(number) <= SITE_MASK).then_some(Self(number))
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u16 {
        self.0
    }
}

impl IdSource {
    /// The ids of a site, after the last that its ledger holds.
    #[must_use]
    pub fn new(site: Site, last: Option<RowId>) -> Self {
        Self { site, last: last.map_or(0, RowId::tick) }
    }

    /// The next id. When the clock stood still or went back, ids go on from the last one; when it went back by more than
    /// [`CLOCK_BACK_MS_MAX`], its leap forward was the error, and ids follow the clock: should one of them be taken, the
    /// ledger says so ([`crate::LedgerError::Conflict`]).
    pub fn next(&mut self, now_ms: u64) -> RowId {
        let now = now_ms.min(TIME_MS_MAX) << SEQUENCE_BITS;
        let is_far_ahead = self.last >> SEQUENCE_BITS > now_ms.saturating_add(CLOCK_BACK_MS_MAX);
        self.last = if is_far_ahead { now } else { now.max(self.last + 1).min(TICK_MAX) };
        RowId::of_tick(self.last, self.site)
    }
}

const SEQUENCE_BITS: u32 = 11;
const SITE_BITS: u32 = 10;
const SEQUENCE_MASK: u64 = (1 << SEQUENCE_BITS) - 1;
const SITE_MASK: u64 = (1 << SITE_BITS) - 1;
const TIME_MS_MAX: u64 = (1 << 42) - 1;
const TICK_MAX: u64 = TIME_MS_MAX << SEQUENCE_BITS | SEQUENCE_MASK;
/// Without I, L, O and U, which are taken for others when read aloud.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TEXT_CHARACTERS: usize = 13;

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: Site = Site(5);

    #[test]
    fn parts_of_an_id() {
        let id = RowId::new(1_780_000_000_123, SITE, 2047);
        assert_eq!((id.time_ms(), id.site(), id.0 & SEQUENCE_MASK), (1_780_000_000_123, SITE, 2047));
        assert_eq!(RowId::new(u64::MAX, Site(1023), 2047), RowId::MAX);
        assert_eq!((RowId::new(0, Site(0), 0), RowId::from_number(1 << 63)), (RowId::MIN, None));
        assert_eq!((Site::new(1023), Site::new(1024)), (Some(Site(1023)), None));
        assert!(
            RowId::first_at(7) <= RowId::new(7, Site(0), 0) && RowId::first_at(8) > RowId::new(7, Site(1023), 2047)
        );
    }

    #[test]
    fn text_sorts_as_numbers_do() {
        let ids = [RowId::MIN, RowId::new(9, SITE, 1), RowId::new(1_780_000_000_123, SITE, 3), RowId::MAX];
        let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
        assert!(texts.is_sorted() && texts[3] == "7ZZZZZZZZZZZZ", "{texts:?}");
        for (id, text) in ids.iter().zip(&texts) {
            assert_eq!(RowId::parse(text), Some(*id));
            assert_eq!(RowId::parse(&text.to_lowercase()), Some(*id));
        }
        for wrong in ["", "7ZZZZZZZZZZZ", "8000000000000", "ZZZZZZZZZZZZZ", "000000000000U", "0000000000000 "] {
            assert_eq!(RowId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ids_grow_whatever_the_clock_does() {
        let mut source = IdSource::new(SITE, None);
        let clock = [100, 100, 100, 99, 100 + CLOCK_BACK_MS_MAX, 100, 0];
        let ids: Vec<RowId> = clock.iter().map(|now_ms| source.next(*now_ms)).collect();
        assert!(ids[..6].is_sorted_by(|a, b| a < b), "{ids:?}");
        assert_eq!(ids[6].time_ms(), 0, "the leap was too far: the clock is followed");
        let mut burst = IdSource::new(SITE, None);
        let last = (0..5000).map(|_| burst.next(100)).last().unwrap();
        assert_eq!(last.time_ms(), 102, "a full millisecond flows into the next");
    }

    #[test]
    fn ids_go_on_after_a_restart() {
        let mut before = IdSource::new(SITE, None);
        let last = before.next(1000);
        assert!(IdSource::new(SITE, Some(last)).next(999) > last);
    }
}
