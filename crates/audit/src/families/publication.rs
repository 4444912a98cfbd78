//! The zone and its servers, and what is common to all TXT records (COM).

use crate::rule::Rule;
use crate::subject::Subject;
use crate::world::World;

/// What was found.
#[derive(Clone, Debug)]
pub struct Seen {}

/// Asks.
pub async fn look<W: World>(_world: &W, _subject: &Subject) -> Seen {
    Seen {}
}

/// The rules.
pub(crate) const RULES: &[Rule] = &[];
