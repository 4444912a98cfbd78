//! Figures over time: stacked bars, and lines.

use std::iter;

use plotters::element::{PathElement, Rectangle};

use super::axis::{Axis, approximate, middle};
use super::canvas::{Canvas, Letters};
use super::frame::{Frame, Grid, Plot, gap, legend};
use super::legend::{Key, Legend};
use super::{Drawn, sentence};
use crate::backend::Ink;
use crate::figure::{Figure, Scale, Series};
use crate::number;
use crate::text::label;
use crate::view::View;

/// Bars, the series upon each other.
pub(super) fn stacked_bars(figure: &Figure, view: &View) -> Drawn<String> {
    let max = (0..figure.categories.len()).filter_map(|category| figure.sum(category)).max().unwrap_or_default();
    let values = Axis::counts(max, TICK_COUNT, view.locale);
    let legend = legend(figure, Key::Area, has_gap(figure), view);
    let (frame, categories) = frame(figure, view, legend, &values);
    let canvas = frame.canvas(view, &figure.title)?;
    let top = number::ticks(max, TICK_COUNT).last().copied().unwrap_or(1);
    let is_thin = frame.plot_width(view) < 4 * i32::try_from(figure.categories.len()).unwrap_or(i32::MAX);
    let mut plot = frame.plot(&canvas, view, Grid::Across, (categories, values))?;
    draw_gaps(figure, &canvas, &mut plot, approximate(top))?;
    for category in 0..figure.categories.len() {
        let mut sum: u128 = 0;
        for (place, series) in figure.series.iter().enumerate() {
            let value = u128::from(series.value(category).unwrap_or_default());
            if value == 0 {
                continue;
            }
            let (from, to) = (sum, sum + value);
            sum = to;
            let (class, half) = if is_thin { ("chart-bar-thin", 0.5) } else { ("chart-bar", 0.4) };
            let title = Some(sentence(figure, place, category));
            let style =
                canvas.filled(Ink { class, slot: Some(series.slot), is_patterned: true, title, ..Ink::default() });
            let x = middle(category);
            let bar = Rectangle::new([(x - half, approximate(from)), (x + half, approximate(to))], style);
            plot.draw_series(iter::once(bar))?;
        }
    }
    Ok(canvas.finish("chart-stacked", &figure.title, &figure.description))
}

/// A line for each series.
pub(super) fn lines(figure: &Figure, view: &View) -> Drawn<String> {
    let (values, top) = match figure.scale {
        Scale::Share { .. } => (Axis::percents(20), 1000.0),
        Scale::Count => {
            let known = figure.series.iter().flat_map(|series| series.values.iter().flatten());
            let max = known.max().copied().unwrap_or_default().into();
            let top = number::ticks(max, TICK_COUNT).last().copied().unwrap_or(1);
            (Axis::counts(max, TICK_COUNT, view.locale), approximate(top))
        }
    };
    let legend = legend(figure, Key::Line, has_gap(figure), view);
    let (frame, categories) = frame(figure, view, legend, &values);
    let canvas = frame.canvas(view, &figure.title)?;
    let mut plot = frame.plot(&canvas, view, Grid::Across, (categories, values))?;
    draw_gaps(figure, &canvas, &mut plot, top)?;
    let room = usize::try_from(frame.plot_width(view) / MARK_DISTANCE).unwrap_or_default().max(1);
    let stride = figure.categories.len().div_ceil(room).max(1);
    for (place, series) in figure.series.iter().enumerate() {
        let ink = Ink { class: "chart-line", slot: Some(series.slot), is_dashed: true, ..Ink::default() };
        for run in runs(figure, series) {
            // Where there is one point only, its mark stands for it.
            if run.len() > 1 {
                let points: Vec<_> = run.iter().map(|(category, y)| (middle(*category), *y)).collect();
                plot.draw_series(iter::once(PathElement::new(points, canvas.stroke(ink.clone()))))?;
            }
            for (number, (category, y)) in run.iter().enumerate() {
                if category % stride == 0 || number == 0 || number + 1 == run.len() {
                    let at = plot.backend_coord(&(middle(*category), *y));
                    canvas.mark(at, series.slot, Some(sentence(figure, place, *category)))?;
                }
            }
        }
    }
    Ok(canvas.finish("chart-lines", &figure.title, &figure.description))
}

/// Where a series lies at a category: its count, or its share in tenths of a per cent.
pub(super) fn height(figure: &Figure, series: &Series, category: usize) -> Option<f64> {
    let value = u128::from(series.value(category)?);
    match figure.whole(category) {
        None => Some(approximate(value)),
        Some(whole) => number::tenths(value, whole).map(f64::from),
    }
}

/// Runs of categories without a gap, each with where the series lies.
pub(super) fn runs(figure: &Figure, series: &Series) -> Vec<Vec<(usize, f64)>> {
    let mut out: Vec<Vec<(usize, f64)>> = Vec::new();
    let mut is_open = false;
    for category in 0..figure.categories.len() {
        match (height(figure, series, category), out.last_mut()) {
            (Some(y), Some(run)) if is_open => run.push((category, y)),
            (Some(y), _) => {
                out.push(vec![(category, y)]);
                is_open = true;
            }
            (None, _) => is_open = false,
        }
    }
    out
}

fn frame(figure: &Figure, view: &View, legend: Legend, values: &Axis) -> (Frame, Axis) {
    let mut frame = Frame {
        legend,
        unit: label(&figure.unit),
        unit_letters: Letters::LABEL,
        left: values.label_width() + 16,
        right: 10,
        height: if view.is_narrow() { 190 } else { 220 },
    };
    let overhang = Axis::categories(&figure.categories, frame.plot_width(view)).overhang(frame.plot_width(view));
    frame.right = frame.right.max(overhang + 4);
    let categories = Axis::categories(&figure.categories, frame.plot_width(view));
    (frame, categories)
}

fn is_gap(figure: &Figure, category: usize) -> bool {
    figure.series.iter().all(|series| height(figure, series, category).is_none())
}

fn has_gap(figure: &Figure) -> bool {
    (0..figure.categories.len()).any(|category| is_gap(figure, category))
}

/// A ground for each run of categories of which nothing is known.
fn draw_gaps(figure: &Figure, canvas: &Canvas<'_>, plot: &mut Plot<'_>, top: f64) -> Drawn {
    for (category, name) in figure.categories.iter().enumerate() {
        if is_gap(figure, category) {
            let x = middle(category);
            let title = format!("{name}: {}", figure.absent);
            plot.draw_series(iter::once(gap(canvas, &title, [(x - 0.5, 0.0), (x + 0.5, top)])))?;
        }
    }
    Ok(())
}

/// About how many ticks a scale has.
const TICK_COUNT: u32 = 4;
/// Between two marks on a line, in units of the view box, at least.
const MARK_DISTANCE: i32 = 18;
