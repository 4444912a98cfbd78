//! The frame of a figure with axes: title, legend, unit, and the plot within them.

use plotters::chart::{ChartBuilder, ChartContext, LabelAreaPosition};
use plotters::coord::cartesian::Cartesian2d;
use plotters::element::Rectangle;
use plotters::style::TRANSPARENT;
use plotters_backend::text_anchor::HPos;

use super::Drawn;
use super::axis::Axis;
use super::canvas::{Canvas, Letters};
use super::legend::{Key, Legend};
use crate::backend::{Backend, GRAIN, Ink};
use crate::figure::Figure;
use crate::slot::Slot;
use crate::text::{label, label_within, width};
use crate::view::View;

/// The plot: the axes of `plotters`, on which series are drawn.
pub(super) type Plot<'a> = ChartContext<'a, Backend, Cartesian2d<Axis, Axis>>;

/// Which way the lines of the grid lie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Grid {
    /// Across, at the ticks of the upright axis.
    Across,
    /// Upright, at the ticks of the lying axis.
    Upright,
}

/// Lengths around a plot, in units of the view box.
pub(super) struct Frame {
    /// What stands above it.
    pub(super) legend: Legend,
    /// What is counted; empty for no row.
    pub(super) unit: String,
    /// Where the unit stands.
    pub(super) unit_letters: Letters,
    /// Room for the labels at its left.
    pub(super) left: i32,
    /// Room at its right.
    pub(super) right: i32,
    /// Its height.
    pub(super) height: i32,
}

impl Frame {
    /// A canvas that has room for all of it.
    pub(super) fn canvas<'a>(&self, view: &'a View, title: &str) -> Drawn<Canvas<'a>> {
        Canvas::new(view, title, self.legend.height + self.unit_height() + self.height + LABELS_HEIGHT)
    }

    /// Draws legend, unit, axes and grid, and gives the plot.
    pub(super) fn plot<'a>(&self, canvas: &Canvas<'_>, view: &View, grid: Grid, axes: (Axis, Axis)) -> Drawn<Plot<'a>> {
        let top = Canvas::top(view);
        self.legend.draw(canvas, top)?;
        let above = top + self.legend.height;
        if !self.unit.is_empty() {
            let x = if matches!(self.unit_letters.side, HPos::Right) { canvas.width() - 4 } else { 8 };
            canvas.text((x, above + 8), self.unit_letters, &label_within(&self.unit, canvas.width() - 16))?;
        }
        let area = canvas.root().margin((above + self.unit_height()) * GRAIN, 0, 0, self.right * GRAIN);
        let mut plot = ChartBuilder::on(&area)
            .x_label_area_size(LABELS_HEIGHT * GRAIN)
            .y_label_area_size(self.left * GRAIN)
            .build_cartesian_2d(axes.0, axes.1)?;
        let mut mesh = plot.configure_mesh();
        match grid {
            Grid::Across => mesh.disable_x_mesh(),
            Grid::Upright => mesh.disable_y_mesh(),
        };
        mesh.bold_line_style(canvas.line("chart-grid"))
            .light_line_style(TRANSPARENT)
            .axis_style(canvas.line("chart-axis"))
            .label_style(canvas.letters(Letters::LABEL))
            .set_all_tick_mark_size(3 * GRAIN)
            // So that the first label below does not meet the lowest one at the left.
            .set_tick_mark_size(LabelAreaPosition::Bottom, 7 * GRAIN)
            .draw()?;
        Ok(plot)
    }

    /// How wide the plot is.
    pub(super) fn plot_width(&self, view: &View) -> i32 {
        (i32::try_from(view.width).unwrap_or_default() - self.left - self.right).max(1)
    }

    /// Above the plot: the upper half of the highest label, and the unit above that.
    fn unit_height(&self) -> i32 {
        if self.unit.is_empty() { 8 } else { 26 }
    }
}

/// The entries of a figure's legend: its series, and the ground of categories of which nothing is known.
pub(super) fn legend(figure: &Figure, key: impl Fn(Slot) -> Key, gap: bool, view: &View) -> Legend {
    let mut keys: Vec<(Key, &str)> = figure.series.iter().map(|series| (key(series.slot), &*series.name)).collect();
    if gap && !figure.absent.is_empty() {
        keys.push((Key::Gap, &figure.absent));
    }
    Legend::new(&keys, i32::try_from(view.width).unwrap_or_default())
}

/// Names of rows as they stand at the left, and the room that they take: not more than two fifths of all.
pub(super) fn row_names<'a>(names: impl Iterator<Item = &'a str>, view: &View) -> (Vec<String>, i32) {
    let room = i32::try_from(view.width).unwrap_or_default() * 2 / 5;
    let names: Vec<String> = names.map(|name| label_within(name, room)).collect();
    let widest = names.iter().map(|name| width(name)).max().unwrap_or_default();
    (names, widest + 14)
}

/// The ground where nothing is known, between two points of the plot.
pub(super) fn gap(canvas: &Canvas<'_>, title: &str, points: [(f64, f64); 2]) -> Rectangle<(f64, f64)> {
    let ink = Ink { class: "chart-gap", title: Some(label(title)), ..Ink::default() };
    Rectangle::new(points, canvas.filled(ink))
}

/// Below the plot, for the labels of the lying axis.
const LABELS_HEIGHT: i32 = 28;
