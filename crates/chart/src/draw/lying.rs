//! Figures by group: bars with their numbers, and shares of a hundred.

use std::iter;

use plotters::element::Rectangle;

use super::axis::{Axis, approximate};
use super::canvas::{Canvas, Letters};
use super::frame::{Frame, Grid, Plot, gap, legend, row_names};
use super::legend::{Key, Legend};
use super::upright::height;
use super::{Drawn, sentence};
use crate::backend::{GRAIN, Ink};
use crate::figure::{Figure, Scale};
use crate::number::{grouped, percent, short};
use crate::text::{SIZE, label, label_within, width, width_at};
use crate::view::View;

/// For each category a bar of each series, with its number.
pub(super) fn bars(figure: &Figure, view: &View) -> Drawn<String> {
    let bar = if figure.series.len() > 1 { 13 } else { 16 };
    let pitch = bar * to_i32(figure.series.len().max(1)) + 10;
    let (rows, left) = rows(figure, view, pitch);
    let numbers = |place: usize| (0..figure.categories.len()).map(move |category| said(figure, view, place, category));
    let widest = (0..figure.series.len()).flat_map(numbers).map(|text| width(&text)).max().unwrap_or_default();
    let frame = Frame {
        // One series needs no legend: the title names it.
        legend: if figure.series.len() > 1 { legend(figure, Key::Area, false, view) } else { Legend::new(&[], 1) },
        unit: label(&figure.unit),
        unit_letters: Letters::LABEL,
        left,
        right: widest.clamp(16, to_i32_of(view.width) * 2 / 5) + 8,
        height: (pitch * to_i32(figure.categories.len())).max(pitch),
    };
    let values = match figure.scale {
        Scale::Share { .. } => Axis::percents(if view.is_narrow() { 50 } else { 25 }),
        Scale::Count => {
            let known = figure.series.iter().flat_map(|series| series.values.iter().flatten());
            let max = known.max().copied().unwrap_or_default();
            Axis::counts_within(max.into(), frame.plot_width(view), view.locale)
        }
    };
    let right = frame.right.max(values.overhang(frame.plot_width(view)) + 4);
    let frame = Frame { right, ..frame };
    let canvas = frame.canvas(view, &figure.title)?;
    let mut plot = frame.plot(&canvas, view, Grid::Upright, (values, rows))?;
    for category in 0..figure.categories.len() {
        for place in 0..figure.series.len() {
            let top = pitch * to_i32(category) + 5 + bar * to_i32(place);
            draw_bar(figure, view, &canvas, &mut plot, (place, category), (frame.height - top, bar))?;
        }
    }
    Ok(canvas.finish("chart-bars", &figure.title, &figure.description))
}

/// A bar and its number. `y` is the height of its upper edge and how thick it is.
fn draw_bar(
    figure: &Figure,
    view: &View,
    canvas: &Canvas<'_>,
    plot: &mut Plot<'_>,
    (place, category): (usize, usize),
    y: (i32, i32),
) -> Drawn {
    let series = &figure.series[place];
    let (top, bottom) = (f64::from(y.0) - 1.0, f64::from(y.0 - y.1) + 1.0);
    let x = height(figure, series, category).unwrap_or_default();
    if x > 0.0 {
        let title = Some(sentence(figure, place, category));
        let ink = Ink { class: "chart-bar", slot: Some(series.slot), is_patterned: true, title, ..Ink::default() };
        plot.draw_series(iter::once(Rectangle::new([(0.0, top), (x, bottom)], canvas.filled(ink))))?;
    }
    let (end, middle) = plot.backend_coord(&(x, (top + bottom) / 2.0));
    let room = canvas.width() - end / GRAIN - 6;
    let text = label_within(&said(figure, view, place, category), room);
    canvas.text_fine((end + 5 * GRAIN, middle), Letters::LABEL, &text)
}

/// For each category a bar of full length, divided among the series.
pub(super) fn shares(figure: &Figure, view: &View) -> Drawn<String> {
    let count = figure.categories.len();
    let (rows, left) = rows(figure, view, SHARE_PITCH);
    let sums = (0..count).map(|category| grouped(figure.sum(category).unwrap_or_default()));
    let widest = sums.map(|text| width(&text)).max().unwrap_or_default();
    let values = Axis::percents(if view.is_narrow() { 50 } else { 25 });
    let has_gap = (0..count).any(|category| figure.sum(category).unwrap_or_default() == 0);
    let frame = Frame {
        legend: legend(figure, Key::Area, has_gap, view),
        unit: label(&figure.unit),
        unit_letters: Letters::LABEL_RIGHT,
        left,
        right: widest.clamp(16, to_i32_of(view.width) / 4) + 12,
        height: (SHARE_PITCH * to_i32(count)).max(SHARE_PITCH),
    };
    let canvas = frame.canvas(view, &figure.title)?;
    let mut plot = frame.plot(&canvas, view, Grid::Upright, (values, rows))?;
    for category in 0..count {
        let top = f64::from(frame.height - SHARE_PITCH * to_i32(category) - 4);
        let bottom = top - f64::from(SHARE_PITCH - 8);
        let whole = figure.sum(category).unwrap_or_default();
        if whole == 0 {
            let title = format!("{}: {}", figure.categories[category], figure.absent);
            plot.draw_series(iter::once(gap(&canvas, &title, [(0.0, top), (1000.0, bottom)])))?;
        } else {
            draw_shares(figure, &canvas, &mut plot, category, (top, bottom))?;
        }
        let (_, middle) = plot.backend_coord(&(1000.0, (top + bottom) / 2.0));
        let end = (canvas.width() - 4) * GRAIN;
        canvas.text_fine((end, middle), Letters::LABEL_RIGHT, &label_within(&grouped(whole), frame.right - 8))?;
    }
    Ok(canvas.finish("chart-shares", &figure.title, &figure.description))
}

fn draw_shares(
    figure: &Figure,
    canvas: &Canvas<'_>,
    plot: &mut Plot<'_>,
    category: usize,
    (top, bottom): (f64, f64),
) -> Drawn {
    let whole = figure.sum(category).unwrap_or_default();
    let at = |part: u128| approximate(part) * 1000.0 / approximate(whole);
    let mut sum: u128 = 0;
    for (place, series) in figure.series.iter().enumerate() {
        let part = u128::from(series.value(category).unwrap_or_default());
        if part == 0 {
            continue;
        }
        let (from, to) = (at(sum), at(sum + part));
        sum += part;
        let title = Some(sentence(figure, place, category));
        let ink = Ink { class: "chart-bar", slot: Some(series.slot), is_patterned: true, title, ..Ink::default() };
        plot.draw_series(iter::once(Rectangle::new([(from, top), (to, bottom)], canvas.filled(ink))))?;
        let text = percent(part, whole);
        let (left, middle) = plot.backend_coord(&(from, (top + bottom) / 2.0));
        let (right, _) = plot.backend_coord(&(to, top));
        if (right - left) / GRAIN >= width_at(&text, SIZE - 2) + 6 {
            canvas.text_fine((i32::midpoint(left, right), middle), Letters::INSIDE, &text)?;
        }
    }
    Ok(())
}

/// The upright axis: the categories from the top, each `pitch` high, and the room for their names.
fn rows(figure: &Figure, view: &View, pitch: i32) -> (Axis, i32) {
    let (names, left) = row_names(figure.categories.iter().map(String::as_str), view);
    let count = to_i32(names.len());
    let end = f64::from((pitch * count).max(pitch));
    let middle = |place: usize| end - f64::from(pitch) * (approximate(place as u128) + 0.5);
    let ticks = names.into_iter().enumerate().map(|(place, name)| (middle(place), name));
    (Axis::plain(end, ticks.collect()), left)
}

/// The number beside a bar.
fn said(figure: &Figure, view: &View, place: usize, category: usize) -> String {
    let value = figure.series[place].value(category).map(u128::from);
    match (value, figure.whole(category)) {
        (None, _) => label(&figure.absent),
        (Some(value), None) if view.is_narrow() && value >= LONG => short(value, view.locale),
        (Some(value), None) => grouped(value),
        (Some(part), Some(whole)) if view.is_narrow() => percent(part, whole),
        (Some(part), Some(whole)) => format!("{} ({}/{})", percent(part, whole), number(part), number(whole)),
    }
}

/// Parts and wholes stand together without commas: 1402/1788.
fn number(number: u128) -> String {
    if number < 10_000 { number.to_string() } else { grouped(number) }
}

fn to_i32(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn to_i32_of(width: u32) -> i32 {
    i32::try_from(width).unwrap_or(i32::MAX)
}

/// The first number that takes too much of a narrow figure.
const LONG: u128 = 100_000_000;
/// From one bar of shares to the next.
const SHARE_PITCH: i32 = 28;
