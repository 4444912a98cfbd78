//! Numbers of one width as ranges in order, which neither touch nor overlap.

use std::fmt::Debug;

/// A set of numbers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Ranges<T>(Vec<(T, T)>);

/// The numbers that addresses are: 32 or 128 bits.
pub(crate) trait Bits: Copy + Ord + Debug {
    const ZERO: Self;
    const MAX: Self;
    /// How many bits there are.
    const WIDTH: u8;

    fn above(self) -> Option<Self>;
    fn below(self) -> Option<Self>;
    /// The number with the last `count` bits set.
    fn with_tail(self, count: u8) -> Self;
    /// The number with the last `count` bits zero.
    fn without_tail(self, count: u8) -> Self;
    fn trailing_zero_count(self) -> u8;
}

impl<T> Default for Ranges<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Bits> Ranges<T> {
    pub(crate) fn full() -> Self {
        Self(vec![(T::ZERO, T::MAX)])
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.0 == [(T::ZERO, T::MAX)]
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (T, T)> {
        self.0.iter().copied()
    }

    /// The least and the greatest number.
    pub(crate) fn bounds(&self) -> Option<(T, T)> {
        Some((self.0.first()?.0, self.0.last()?.1))
    }

    pub(crate) fn contains(&self, number: T) -> bool {
        let at = self.0.partition_point(|(_, last)| *last < number);
        self.0.get(at).is_some_and(|(first, _)| *first <= number)
    }

    pub(crate) fn insert_prefix(&mut self, number: T, bits: u8) {
        let tail = T::WIDTH - bits.min(T::WIDTH);
        self.insert(number.without_tail(tail), number.with_tail(tail));
    }

    /// Takes in all from `first` to `last`.
    pub(crate) fn insert(&mut self, first: T, last: T) {
        // What ends just before `first`, or begins just behind `last`, grows together with it.
        let (before, behind) = (first.below().unwrap_or(T::ZERO), last.above().unwrap_or(T::MAX));
        let start = self.0.partition_point(|(_, end)| *end < before);
        let end = start + self.0[start..].partition_point(|(begin, _)| *begin <= behind);
        let joined = match &self.0[start..end] {
            [] => (first, last),
            [(begin, end)] => (first.min(*begin), last.max(*end)),
            [(begin, _), .., (_, end)] => (first.min(*begin), last.max(*end)),
        };
        self.0.splice(start..end, [joined]);
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        if other.0.len() <= FEW {
            other.iter().for_each(|(first, last)| self.insert(first, last));
        } else if self.0.is_empty() {
            self.0.clone_from(&other.0);
        } else {
            let mut all = std::mem::take(&mut self.0);
            all.extend_from_slice(&other.0);
            *self = Self::joined(all);
        }
    }

    /// Ranges in any order, as a set.
    fn joined(mut all: Vec<(T, T)>) -> Self {
        all.sort_unstable();
        let mut joined: Vec<(T, T)> = Vec::with_capacity(all.len());
        for (first, last) in all {
            match joined.last_mut() {
                Some((_, end)) if end.above().is_none_or(|next| first <= next) => *end = (*end).max(last),
                _ => joined.push((first, last)),
            }
        }
        Self(joined)
    }

    /// The ranges that hold anything between `first` and `last`.
    fn near(&self, first: T, last: T) -> impl Iterator<Item = (T, T)> {
        let start = self.0.partition_point(|(_, end)| *end < first);
        self.0[start..].iter().copied().take_while(move |(begin, _)| *begin <= last)
    }

    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let (few, many) = if self.0.len() <= other.0.len() { (self, other) } else { (other, self) };
        few.iter().any(|(first, last)| many.near(first, last).next().is_some())
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        let (few, many) = if self.0.len() <= other.0.len() { (self, other) } else { (other, self) };
        let mut common = Vec::new();
        for (first, last) in few.iter() {
            common.extend(many.near(first, last).map(|(begin, end)| (begin.max(first), end.min(last))));
        }
        Self(common)
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        let mut rest = Vec::new();
        'ranges: for (mut first, last) in self.iter() {
            for (begin, end) in other.near(first, last) {
                if let Some(before) = begin.below().filter(|before| *before >= first) {
                    rest.push((first, before));
                }
                match end.above().filter(|next| *next <= last) {
                    Some(next) => first = next,
                    None => continue 'ranges,
                }
            }
            rest.push((first, last));
        }
        Self(rest)
    }

    pub(crate) fn complement(&self) -> Self {
        Self::full().minus(self)
    }

    /// The fewest prefixes that hold the same: the number, and how many leading bits count.
    pub(crate) fn prefixes(&self) -> impl Iterator<Item = (T, u8)> {
        self.iter().flat_map(|(first, last)| Blocks { next: Some(first), last })
    }

    /// The numbers at the edges of each range, and those just outside.
    pub(crate) fn boundaries(&self) -> impl Iterator<Item = T> {
        let around = |(first, last): (T, T)| [first.below(), Some(first), Some(last), last.above()];
        self.iter().flat_map(around).flatten()
    }
}

/// The blocks of a range: each as large as its place and what is left allow, which makes them the fewest.
struct Blocks<T> {
    next: Option<T>,
    last: T,
}

impl<T: Bits> Iterator for Blocks<T> {
    type Item = (T, u8);

    fn next(&mut self) -> Option<(T, u8)> {
        let first = self.next.filter(|first| *first <= self.last)?;
        let mut tail = first.trailing_zero_count();
        while first.with_tail(tail) > self.last {
            tail -= 1;
        }
        self.next = first.with_tail(tail).above();
        Some((first, T::WIDTH - tail))
    }
}

/// The same for both families: numbers differ in their width alone.
macro_rules! bits {
    ($number:ty, $width:literal) => {
        impl Bits for $number {
            const ZERO: Self = 0;
            const MAX: Self = Self::MAX;
            const WIDTH: u8 = $width;

            fn above(self) -> Option<Self> {
                self.checked_add(1)
            }

            fn below(self) -> Option<Self> {
                self.checked_sub(1)
            }

            fn with_tail(self, count: u8) -> Self {
                self | !Self::MAX.checked_shl(count.into()).unwrap_or(0)
            }

            fn without_tail(self, count: u8) -> Self {
                self & Self::MAX.checked_shl(count.into()).unwrap_or(0)
            }

            fn trailing_zero_count(self) -> u8 {
                u8::try_from(self.trailing_zeros()).unwrap_or(<Self as Bits>::WIDTH)
            }
        }
    };
}

bits!(u32, 32);
bits!(u128, 128);

/// So many ranges are put in one by one; more are merged.
const FEW: usize = 8;
