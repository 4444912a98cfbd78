//! All lines of an installation.

use std::collections::{BTreeMap, HashSet};

use dkim::KeyKind;
use mailtext::Domain;

use super::life::KeyLife;
use super::line::{Line, Refusal, Sight, Turn};
use super::record::Wanted;
use super::settings::Settings;
use crate::limits::LINE_COUNT_MAX;

/// Which line: a domain and an algorithm.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LineId {
    /// `d=`.
    pub domain: Domain,
    /// Which algorithm.
    pub algorithm: &'static str,
}

/// All lines, by domain and algorithm.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Book {
    lines: BTreeMap<LineId, Line>,
}

impl LineId {
    /// The id of a line.
    #[must_use]
    pub fn new(domain: Domain, kind: KeyKind) -> Self {
        Self { domain, algorithm: kind.as_str() }
    }
}

impl Book {
    /// No line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All lines.
    pub fn lines(&self) -> impl Iterator<Item = (&LineId, &Line)> {
        self.lines.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// One line.
    #[must_use]
    pub fn line(&self, id: &LineId) -> Option<&Line> {
        self.lines.get(id)
    }

    /// One line, to be commanded.
    pub fn line_mut(&mut self, id: &LineId) -> Option<&mut Line> {
        self.lines.get_mut(id)
    }

    /// The lines of a domain.
    pub fn of_domain(&self, domain: &Domain) -> impl Iterator<Item = (&LineId, &Line)> {
        let first = LineId { domain: domain.clone(), algorithm: "" };
        self.lines.range(first..).take_while(move |(id, _)| id.domain == *domain)
    }

    /// The line that has a key with this selector.
    #[must_use]
    pub fn find(&self, domain: &Domain, selector: &Domain) -> Option<(&LineId, &KeyLife)> {
        self.of_domain(domain).find_map(|(id, line)| line.key(selector).map(|key| (id, key)))
    }

    /// Adds a line.
    ///
    /// # Errors
    /// The domain has one for this algorithm that does not end, or there are too many.
    pub fn add(&mut self, line: Line) -> Result<LineId, Refusal> {
        let id = LineId::new(line.domain.clone(), line.kind);
        let is_full = self.lines.len() >= LINE_COUNT_MAX;
        match self.lines.get_mut(&id) {
            // A domain that had given up signs again, and keeps what it has.
            Some(known) if known.is_ending => {
                known.is_ending = false;
                known.place = line.place;
            }
            Some(_) => return Err(Refusal::AlreadySo),
            None if is_full => return Err(Refusal::TooManyKeys),
            None => {
                self.lines.insert(id.clone(), line);
            }
        }
        Ok(id)
    }

    /// Forgets lines that gave up and have no key any more.
    pub fn forget_ended(&mut self) {
        self.lines.retain(|_, line| !line.is_ending || !line.keys.is_empty());
    }

    /// A turn of these lines; all turns belong to one state of the book, which is to be kept before anything is done.
    pub fn advance(&mut self, ids: &[LineId], now_s: u64, sight: &Sight, settings: &Settings) -> Vec<(LineId, Turn)> {
        let mut turns = Vec::with_capacity(ids.len());
        for id in ids {
            // Both lines of a domain publish under it, so that each keeps clear of the other's selectors.
            let taken: HashSet<Domain> = self
                .of_domain(&id.domain)
                .filter(|(other, _)| *other != id)
                .flat_map(|(_, line)| {
                    let keys = line.keys.iter().map(|key| &key.selector);
                    keys.chain(line.used.iter().map(|(selector, _)| selector)).cloned()
                })
                .collect();
            let Some(line) = self.lines.get_mut(id) else { continue };
            let turn = line.advance(now_s, sight, settings, &|selector| taken.contains(selector));
            turns.push((id.clone(), turn));
        }
        turns
    }

    /// The keys that sign now, one for each line that has one.
    pub fn signing(&self) -> impl Iterator<Item = (&Line, &KeyLife)> {
        self.lines.values().filter_map(|line| line.active().map(|key| (line, key)))
    }

    /// What every name should hold now, and nothing of names that should hold nothing: a zone's worth, in order.
    #[must_use]
    pub fn wanted(&self) -> BTreeMap<Domain, Wanted> {
        let mut wanted = BTreeMap::new();
        for line in self.lines.values() {
            for key in &line.keys {
                let record = line.record_name(&key.selector).map(|name| (name, line.wanted(key)));
                wanted.extend(record.filter(|(_, record)| *record != Wanted::Nothing));
            }
        }
        wanted
    }

    pub(super) fn insert(&mut self, line: Line) -> bool {
        let id = LineId::new(line.domain.clone(), line.kind);
        self.lines.len() < LINE_COUNT_MAX && self.lines.insert(id, line).is_none()
    }
}
