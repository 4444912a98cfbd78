//! DKIM keys and how the domain signs (DKM).

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
