//! Charts of a survey, as the dashboard draws them.

use audit::survey::{Table, Tally};
use chart::Figure;
use dashboard::surveyed;

use crate::say::Say;

/// The figures of a table: adoption, and policy levels.
pub(super) fn figures(table: &Table, say: &Say) -> Vec<Figure> {
    surveyed::figures(table, &|id| say.word(id))
}

/// What was adopted, survey after survey.
pub(super) fn through_time(points: &[(String, Tally)], say: &Say) -> Figure {
    surveyed::through_time(points, &|id| say.word(id))
}
