//! Whoever keeps answers until they end: what a reader of many answers needs, to keep what it made of them.
//!
//! What is made of one answer alone lives beside that answer ([`crate::Records::derived`]), and needs none of this. What is
//! made of several – an SPF policy with all that it includes – is good for as long as each of them holds, which only their
//! keeper knows: nothing here reads a clock.

use crate::answer::Answer;
use crate::question::Question;

/// A point on a keeper's own clock. Points of one keeper can be compared with each other, and tell nothing else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Moment(u64);

impl Moment {
    /// Later than any other.
    pub const NEVER: Self = Self(u64::MAX);

    /// The point after so many ticks of the keeper's clock, whatever a tick is.
    #[must_use]
    pub fn of_ticks(ticks: u64) -> Self {
        Self(ticks)
    }
}

/// A cache, or what is as good as one. See [`crate::Lookup::keeper`].
pub trait Keeper: Send + Sync {
    /// Now.
    fn now(&self) -> Moment;

    /// The first moment at which `answer`, which came to `question`, must not be used any more; `None` when the keeper
    /// does not hold it, or holds another one by now. A failure holds for nobody.
    fn holds_until(&self, question: &Question, answer: &Answer) -> Option<Moment>;

    /// Counts so many bytes as held beside the answer to `question`, in the place of what was counted there before, and
    /// as long as the answer is kept. When it says no, they must not be held.
    fn hold_beside(&self, question: &Question, bytes: usize) -> bool;
}
