//! What if: stored messages under other rules, and what would become of them.

use mailtext::Domain;

use crate::action::Action;
use crate::decide::decide;
use crate::input::Input;
use crate::limits::CHANGE_SHOWN_COUNT_MAX;
use crate::rules::Rules;
use crate::standing::Standing;

/// A message that was judged before.
#[derive(Clone, Debug)]
pub struct Stored {
    /// What the verdict rested on.
    pub input: Input,
    /// What was known besides. Where it is not stored, an empty one: reputation and replays then say nothing.
    pub standing: Standing,
    /// What was done.
    pub done: Action,
    /// How often: a row may stand for many messages.
    pub count: u64,
}

/// What would change.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Simulation {
    /// How many messages were judged.
    pub message_count: u64,
    /// How many of them were treated otherwise.
    pub changed_count: u64,
    /// How many would be treated more strictly.
    pub stricter_count: u64,
    /// How many would be treated more mildly.
    pub milder_count: u64,
    /// Messages by what was done (row) and what would be (column), in the order of [`Action::ALL`].
    pub table: [[u64; Action::ALL.len()]; Action::ALL.len()],
    /// The first changes, at most [`CHANGE_SHOWN_COUNT_MAX`].
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The author domain; the first of several.
    pub author: Option<Domain>,
    /// What was done.
    pub done: Action,
    /// What would be.
    pub would: Action,
    /// The id of the reason that stands first.
    pub reason: &'static str,
    /// How many messages.
    pub count: u64,
}

/// Judges stored messages by these rules.
#[must_use]
pub fn simulate(rules: &Rules, stored: impl IntoIterator<Item = Stored>) -> Simulation {
    let mut simulation = Simulation::default();
    for stored in stored {
        simulation.add(rules, &stored);
    }
    simulation
}

impl Simulation {
    /// Judges one more message.
    pub fn add(&mut self, rules: &Rules, stored: &Stored) {
        let verdict = decide(&stored.input, rules, &stored.standing);
        let (done, would, count) = (stored.done, verdict.action, stored.count);
        self.message_count = self.message_count.saturating_add(count);
        let cell = self.table.get_mut(place(done)).and_then(|row| row.get_mut(place(would)));
        if let Some(cell) = cell {
            *cell = cell.saturating_add(count);
        }
        if done == would {
            return;
        }
        self.changed_count = self.changed_count.saturating_add(count);
        let side = if would > done { &mut self.stricter_count } else { &mut self.milder_count };
        *side = side.saturating_add(count);
        if self.changes.len() < CHANGE_SHOWN_COUNT_MAX {
            let author = stored.input.authors.first().map(|author| author.domain.clone());
            let reason = verdict.reasons.first().map_or("", mailtext::Explain::id);
            self.changes.push(Change { author, done, would, reason, count });
        }
    }

    /// How many messages were done one thing with and would be done another.
    #[must_use]
    pub fn count(&self, done: Action, would: Action) -> u64 {
        self.table.get(place(done)).and_then(|row| row.get(place(would))).copied().unwrap_or_default()
    }

    /// Adds what another one found: batches may be judged side by side.
    pub fn merge(&mut self, other: Self) {
        self.message_count = self.message_count.saturating_add(other.message_count);
        self.changed_count = self.changed_count.saturating_add(other.changed_count);
        self.stricter_count = self.stricter_count.saturating_add(other.stricter_count);
        self.milder_count = self.milder_count.saturating_add(other.milder_count);
        for (cell, more) in self.table.iter_mut().flatten().zip(other.table.iter().flatten()) {
            *cell = cell.saturating_add(*more);
        }
        let room = CHANGE_SHOWN_COUNT_MAX.saturating_sub(self.changes.len());
        self.changes.extend(other.changes.into_iter().take(room));
    }
}

fn place(action: Action) -> usize {
    Action::ALL.iter().position(|other| *other == action).unwrap_or_default()
}
