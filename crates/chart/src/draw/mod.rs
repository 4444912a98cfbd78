//! Drawing: each shape in a file of its own, upon what they share – canvas, axes, legend.

mod axis;
mod canvas;
mod frame;
mod legend;
mod lying;
mod spark;
mod time_line;
mod upright;

use std::convert::Infallible;

use plotters::drawing::DrawingAreaErrorKind;

use crate::figure::{Figure, Shape};
use crate::timeline::TimeLine;
use crate::view::View;
use crate::{ChartError, number, text};

/// What drawing gives: `plotters` may refuse, our backend never does.
type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<Infallible>>;

/// The picture of a figure that was checked.
pub(crate) fn figure(figure: &Figure, view: &View) -> Result<String, ChartError> {
    let drawn = match figure.shape {
        Shape::StackedBars => upright::stacked_bars(figure, view),
        Shape::Lines => upright::lines(figure, view),
        Shape::Bars => lying::bars(figure, view),
        Shape::Shares => lying::shares(figure, view),
        Shape::SparkLine => spark::line(figure, view),
    };
    drawn.map_err(|error| ChartError::Drawing(error.to_string()))
}

/// The picture of a time-line that was checked.
pub(crate) fn time_line(line: &TimeLine, view: &View) -> Result<String, ChartError> {
    time_line::draw(line, view).map_err(|error| ChartError::Drawing(error.to_string()))
}

/// What a value reads like beside the name of its category and series: `11-01 · forwarded: 1,204 messages`.
fn sentence(figure: &Figure, series: usize, category: usize) -> String {
    let series = &figure.series[series];
    let value = series.value(category).map(u128::from);
    let said = match (value, figure.whole(category)) {
        (None, _) => figure.absent.clone(),
        (Some(part), Some(whole)) => {
            format!("{} ({}/{})", number::percent(part, whole), number::grouped(part), number::grouped(whole))
        }
        (Some(value), None) => format!("{} {}", number::grouped(value), figure.unit),
    };
    let name = format!("{} · {}", text::label(&figure.categories[category]), text::label(&series.name));
    format!("{name}: {}", text::label(said.trim_end()))
}
