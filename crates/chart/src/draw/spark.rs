//! The spark-line: a line beside a number.

use std::iter;

use plotters::chart::ChartBuilder;
use plotters::element::{Circle, PathElement};

use super::Drawn;
use super::axis::{Axis, approximate, middle};
use super::canvas::Canvas;
use super::upright::runs;
use crate::backend::{GRAIN, Ink};
use crate::figure::{Figure, Scale};
use crate::view::{Mode, View};

/// A line for each series, and a point where it stands last.
pub(super) fn line(figure: &Figure, view: &View) -> Drawn<String> {
    // Alone in a file it is as bare as in a table.
    let view = &View { mode: Mode::Page, ..view.clone() };
    let runs: Vec<_> = figure.series.iter().map(|series| (series.slot, runs(figure, series))).collect();
    let greatest = runs.iter().flat_map(|(_, runs)| runs.iter().flatten()).map(|(_, y)| *y).fold(1.0, f64::max);
    let top = if matches!(figure.scale, Scale::Share { .. }) { 1000.0 } else { greatest };
    let canvas = Canvas::new(view, &figure.title, HEIGHT)?;
    let area = canvas.root().margin(3 * GRAIN, 3 * GRAIN, 0, 4 * GRAIN);
    let width = approximate(figure.categories.len().max(1) as u128);
    let mut plot =
        ChartBuilder::on(&area).build_cartesian_2d(Axis::plain(width, Vec::new()), Axis::plain(top, Vec::new()))?;
    for (slot, runs) in &runs {
        // Dashes so small would look like gaps.
        let ink = Ink { class: "chart-line", slot: Some(*slot), ..Ink::default() };
        for run in runs {
            let points: Vec<_> = run.iter().map(|(category, y)| (middle(*category), *y)).collect();
            if points.len() > 1 {
                plot.draw_series(iter::once(PathElement::new(points, canvas.stroke(ink.clone()))))?;
            } else {
                let style = canvas.filled(Ink { class: "chart-mark", slot: Some(*slot), ..Ink::default() });
                plot.draw_series(points.into_iter().map(|point| Circle::new(point, LONE_RADIUS, style)))?;
            }
        }
        if let Some((category, y)) = runs.last().and_then(|run| run.last()) {
            let style = canvas.filled(Ink { class: "chart-mark", slot: Some(*slot), ..Ink::default() });
            plot.draw_series(iter::once(Circle::new((middle(*category), *y), LAST_RADIUS, style)))?;
        }
    }
    Ok(canvas.finish("chart-spark", &figure.title, &figure.description))
}

const HEIGHT: i32 = 28;
/// Radius of a point without neighbours, in tenths.
const LONE_RADIUS: i32 = 12;
/// Radius of the last point, in tenths.
const LAST_RADIUS: i32 = 24;
