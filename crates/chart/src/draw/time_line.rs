//! The time-line: rows with spans over days.

use std::iter;

use plotters::element::{PathElement, Rectangle};

use super::Drawn;
use super::axis::Axis;
use super::canvas::{Canvas, Letters};
use super::frame::{Frame, Grid, Plot, row_names};
use super::legend::{Key, Legend};
use crate::backend::{GRAIN, Ink};
use crate::text::{label, label_within, width};
use crate::timeline::{Row, TimeLine, date};
use crate::view::View;

/// Each row with its spans, and the marked day.
pub(super) fn draw(line: &TimeLine, view: &View) -> Drawn<String> {
    let (first, last) = line.days().unwrap_or((0, 1));
    // What lasts goes on beyond the last day that is known.
    let end = last + ((last - first) / 24).max(1);
    let keys: Vec<_> = line.states.iter().map(|(slot, name)| (Key::Area(*slot), name.as_str())).collect();
    let view_width = i32::try_from(view.width).unwrap_or_default();
    let (names, left) = row_names(line.rows.iter().map(|row| row.name.as_str()), view);
    let count = i32::try_from(names.len()).unwrap_or_default();
    let frame = Frame {
        legend: Legend::new(&keys, view_width),
        // The name of the marked day stands where a unit would.
        unit: line.mark.as_ref().map(|_| " ".to_owned()).unwrap_or_default(),
        unit_letters: Letters::LABEL,
        left,
        right: 12,
        height: PITCH * count.max(1),
    };
    let height = f64::from(frame.height);
    let middle = |place: usize| height - f64::from(PITCH) * (place as f64 + 0.5);
    let rows = names.into_iter().enumerate().map(|(place, name)| (middle(place), name)).collect();
    let days = Axis::days(first, end, frame.plot_width(view));
    let frame = Frame { right: frame.right.max(days.overhang(frame.plot_width(view)) + 4), ..frame };
    let days = Axis::days(first, end, frame.plot_width(view));
    let canvas = frame.canvas(view, &line.title)?;
    let mut plot = frame.plot(&canvas, view, Grid::Upright, (days, Axis::plain(height, rows)))?;
    for (place, row) in line.rows.iter().enumerate() {
        draw_row(line, row, end, middle(place), &canvas, &mut plot)?;
    }
    if let Some((day, name)) = &line.mark {
        draw_mark(&canvas, &mut plot, *day, name, height)?;
    }
    Ok(canvas.finish("chart-time-line", &line.title, &line.description))
}

fn draw_row(line: &TimeLine, row: &Row, end: i64, middle: f64, canvas: &Canvas<'_>, plot: &mut Plot<'_>) -> Drawn {
    for span in &row.spans {
        let (slot, state) = line.state(span);
        let until = span.to_day.map(date).unwrap_or_default();
        let title = format!("{} · {}: {} – {until}", label(&row.name), label(state), date(span.from_day));
        let ink = Ink {
            class: "chart-bar",
            slot: Some(slot),
            is_patterned: true,
            title: Some(title.trim_end().to_owned()),
            ..Ink::default()
        };
        let to = span.to_day.map_or(end, |day| day + 1);
        let half = f64::from(PITCH) / 2.0 - 4.0;
        let points = [(span.from_day as f64, middle + half), (to as f64, middle - half)];
        plot.draw_series(iter::once(Rectangle::new(points, canvas.filled(ink))))?;
    }
    Ok(())
}

/// A line through all rows at the beginning of the marked day, with its name above.
fn draw_mark(canvas: &Canvas<'_>, plot: &mut Plot<'_>, day: i64, name: &str, height: f64) -> Drawn {
    let x = day as f64;
    let line = PathElement::new(vec![(x, 0.0), (x, height)], canvas.line("chart-now"));
    plot.draw_series(iter::once(line))?;
    let (at, top) = plot.backend_coord(&(x, height));
    let name = label_within(name, canvas.width() - 16);
    let half = width(&name) * GRAIN / 2;
    let at = at.clamp(half + 4 * GRAIN, (canvas.width() * GRAIN - half - 4 * GRAIN).max(half + 4 * GRAIN));
    canvas.text_fine((at, top - 9 * GRAIN), Letters::LABEL_MIDDLE, &name)
}

/// From one row to the next.
const PITCH: i32 = 26;
