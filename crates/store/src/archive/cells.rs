//! What is counted of a day: the fold of records into few numbers.

use feedback::Word;
use feedback::aggregate::{Aggregate, AlignedPass};
use feedback::archive::Class;
use feedback::limits::LINE_MESSAGE_COUNT_MAX;
use report::vocabulary::Disposition;

use super::codec::{Coded, Damage, Take, View, Wire, class_at, counted_words};

/// By what messages of a reporter on a day are counted apart. Their numbers sort as they do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cell {
    pub(super) class: Class,
    /// `None` when the report's word is none that is known.
    pub(super) disposition: Option<Disposition>,
    /// `None` likewise.
    pub(super) dkim_aligned: Option<bool>,
    /// `None` likewise.
    pub(super) spf_aligned: Option<bool>,
}

/// Messages and records of one cell, or how much they change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Sum {
    pub(super) messages: i64,
    pub(super) records: i64,
}

/// Sums by the numbers of their cells, in their order; none is all zeros.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Cells(Vec<(u8, Sum)>);

impl Cell {
    /// The number that is stored.
    pub(super) fn code(self) -> u8 {
        self.class.code() * (COUNT_OF_WORDS as u8) + words_code(self.disposition, self.dkim_aligned, self.spf_aligned)
    }

    /// The cell of a number.
    pub(super) fn from_code(code: u8) -> Option<Self> {
        let of = |code: u8| match code {
            1 => Some(false),
            2 => Some(true),
            _ => None,
        };
        let words = code % (COUNT_OF_WORDS as u8);
        Some(Self {
            class: Class::from_code(code / (COUNT_OF_WORDS as u8))?,
            disposition: (words / 9).checked_sub(1).and_then(Disposition::from_code),
            dkim_aligned: of(words / 3 % 3),
            spf_aligned: of(words % 3),
        })
    }
}

fn words_code(disposition: Option<Disposition>, dkim: Option<bool>, spf: Option<bool>) -> u8 {
    let of = |aligned: Option<bool>| match aligned {
        None => 0,
        Some(false) => 1,
        Some(true) => 2,
    };
    disposition.map_or(0, |disposition| disposition.code() + 1) * 9 + of(dkim) * 3 + of(spf)
}

fn code_of_words(disposition: &Word<Disposition>, dkim: &Word<AlignedPass>, spf: &Word<AlignedPass>) -> u8 {
    let of = |word: &Word<AlignedPass>| word.known().map(|word| word == AlignedPass::Yes);
    words_code(disposition.known(), of(dkim), of(spf))
}

/// How many messages a line counts for in sums.
pub(super) fn counted(count: u64) -> i64 {
    count.min(LINE_MESSAGE_COUNT_MAX) as i64
}

/// What the records of a report add.
pub(super) fn cells_of(aggregate: &Aggregate, classes: &[Class]) -> Cells {
    let words: Vec<u8> = aggregate
        .circumstances
        .iter()
        .map(|one| code_of_words(&one.disposition, &one.dkim_aligned, &one.spf_aligned))
        .collect();
    let mut sums = Sums::new();
    for (at, record) in aggregate.records.iter().enumerate() {
        let class = classes.get(at).copied().unwrap_or_default();
        let words = words.get(record.circumstances as usize).copied().unwrap_or(0);
        sums.add(class, words, record.count);
    }
    sums.cells()
}

/// The same, of a report that is kept.
pub(super) fn cells_of_view(view: &View<'_>, classes: &[u8]) -> Result<Cells, Damage> {
    let words = view.circumstances.iter().map(|bytes| {
        let (disposition, dkim, spf) = counted_words(bytes)?;
        Ok(code_of_words(&disposition, &dkim, &spf))
    });
    let words = words.collect::<Result<Vec<u8>, Damage>>()?;
    let mut sums = Sums::new();
    for (at, record) in view.records().enumerate() {
        let record = record?;
        let words = words.get(record.circumstances as usize).copied().unwrap_or(0);
        sums.add(class_at(classes, at), words, record.count);
    }
    Ok(sums.cells())
}

/// Sums of every cell that there may be.
struct Sums([Sum; CELL_COUNT]);

impl Sums {
    fn new() -> Self {
        Self([Sum::default(); CELL_COUNT])
    }

    fn add(&mut self, class: Class, words: u8, count: u64) {
        let at = usize::from(class.code()) * COUNT_OF_WORDS + usize::from(words);
        if let Some(sum) = self.0.get_mut(at) {
            sum.messages += counted(count);
            sum.records += 1;
        }
    }

    fn cells(self) -> Cells {
        let filled = (0..).zip(self.0).filter(|(_, sum)| *sum != Sum::default());
        Cells(filled.collect())
    }
}

impl Cells {
    /// Adds others.
    pub(super) fn add(&mut self, others: &Self) {
        others.0.iter().for_each(|(code, sum)| self.change(*code, sum.messages, sum.records));
    }

    /// Takes others away.
    pub(super) fn take(&mut self, others: &Self) {
        others.0.iter().for_each(|(code, sum)| self.change(*code, -sum.messages, -sum.records));
    }

    fn change(&mut self, code: u8, messages: i64, records: i64) {
        match self.0.binary_search_by_key(&code, |(code, _)| *code) {
            Ok(at) => {
                let sum = &mut self.0[at].1;
                sum.messages = sum.messages.saturating_add(messages);
                sum.records = sum.records.saturating_add(records);
                if *sum == Sum::default() {
                    self.0.remove(at);
                }
            }
            Err(at) => self.0.insert(at, (code, Sum { messages, records })),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Cell, Sum)> + '_ {
        self.0.iter().filter_map(|(code, sum)| Some((Cell::from_code(*code)?, *sum)))
    }

    /// In how many cells two are different.
    pub(super) fn difference(&self, other: &Self) -> u64 {
        let mut rest = self.clone();
        rest.take(other);
        rest.0.len() as u64
    }

    /// As they are stored.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut into = Vec::with_capacity(self.0.len() * 5);
        for (code, sum) in &self.0 {
            into.push(*code);
            sum.messages.put(&mut into);
            sum.records.put(&mut into);
        }
        into
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Damage> {
        let mut cells = Self::default();
        each_stored(bytes, |code, sum| cells.change(code, sum.messages, sum.records))?;
        Ok(cells)
    }
}

/// Reads stored cells, without making anything of them.
pub(super) fn each_stored(bytes: &[u8], mut with: impl FnMut(u8, Sum)) -> Result<(), Damage> {
    let mut from = Take { rest: bytes };
    while !from.rest.is_empty() {
        let code = from.byte()?;
        let sum = Sum { messages: Wire::take(&mut from)?, records: Wire::take(&mut from)? };
        if usize::from(code) >= CELL_COUNT {
            return Err(Damage);
        }
        with(code, sum);
    }
    Ok(())
}

/// How many different words there are: of the disposition 5, of each alignment 3.
const COUNT_OF_WORDS: usize = 5 * 3 * 3;
/// How many different cells there are.
pub(super) const CELL_COUNT: usize = 5 * COUNT_OF_WORDS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_each_a_number() {
        let all: Vec<Cell> = (0..CELL_COUNT as u8).map(|code| Cell::from_code(code).unwrap()).collect();
        for (code, cell) in (0..).zip(&all) {
            assert_eq!(cell.code(), code);
        }
        assert_eq!(Cell::from_code(CELL_COUNT as u8), None);
    }

    #[test]
    fn what_is_taken_away_leaves_what_was_there() {
        let cells = |of: &[(u8, i64)]| {
            let mut cells = Cells::default();
            of.iter().for_each(|(code, messages)| cells.change(*code, *messages, 1));
            cells
        };
        let (first, second) = (cells(&[(3, 5), (200, 1)]), cells(&[(3, 1), (7, 0)]));
        let mut both = first.clone();
        both.add(&second);
        assert_eq!(both.difference(&first), 2);
        assert_eq!(Cells::decode(&both.encode()), Ok(both.clone()));
        both.take(&second);
        assert_eq!(both, first);
        both.take(&first);
        assert!(both.is_empty() && both.encode().is_empty());
        assert_eq!(Cells::decode(&[225, 0, 0]), Err(Damage));
        assert_eq!(Cells::decode(&[1, 0]), Err(Damage));
    }
}
