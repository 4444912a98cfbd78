//! The legend: what each colour, pattern, mark and dash is called.

use plotters::element::{PathElement, Rectangle};

use super::Drawn;
use super::canvas::{Canvas, Letters};
use crate::backend::{GRAIN, Ink};
use crate::slot::Slot;
use crate::text::{label_within, width};

/// What an entry shows before its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// An area with its pattern, and its mark.
    Area(Slot),
    /// A line with its dashes, and its mark upon it.
    Line(Slot),
    /// The ground of places without data.
    Gap,
}

/// Entries, each with its place.
pub(super) struct Legend {
    entries: Vec<(i32, i32, Key, String)>,
    /// How high it is.
    pub(super) height: i32,
}

impl Legend {
    /// Lays the entries out in rows of a width.
    pub(super) fn new(keys: &[(Key, &str)], width_max: i32) -> Self {
        let (mut x, mut y) = (MARGIN, 0);
        let mut entries = Vec::with_capacity(keys.len());
        for (key, name) in keys {
            let name = label_within(name, width_max - 2 * MARGIN - KEY_WIDTH);
            let taken = KEY_WIDTH + width(&name) + GAP;
            if x > MARGIN && x + taken - GAP > width_max - MARGIN {
                (x, y) = (MARGIN, y + ROW_HEIGHT);
            }
            entries.push((x, y, *key, name));
            x += taken;
        }
        let height = if entries.is_empty() { 0 } else { y + ROW_HEIGHT + 4 };
        Self { entries, height }
    }

    /// Draws it from a height downwards.
    pub(super) fn draw(&self, canvas: &Canvas<'_>, top: i32) -> Drawn {
        for (x, y, key, name) in &self.entries {
            let middle = top + y + ROW_HEIGHT / 2;
            draw_key(canvas, *key, *x, middle)?;
            canvas.text((x + KEY_WIDTH, middle), Letters::LABEL, name)?;
        }
        Ok(())
    }
}

fn draw_key(canvas: &Canvas<'_>, key: Key, x: i32, middle: i32) -> Drawn {
    let area = [(x * GRAIN, (middle - 6) * GRAIN), ((x + 18) * GRAIN, (middle + 6) * GRAIN)];
    match key {
        Key::Area(slot) => {
            let ink = Ink { class: "chart-bar", slot: Some(slot), is_patterned: true, ..Ink::default() };
            canvas.root().draw(&Rectangle::new(area, canvas.filled(ink)))?;
            canvas.mark(((x + 27) * GRAIN, middle * GRAIN), slot, None)
        }
        Key::Line(slot) => {
            let ink = Ink { class: "chart-line", slot: Some(slot), is_dashed: true, ..Ink::default() };
            let ends = vec![(x * GRAIN, middle * GRAIN), ((x + 30) * GRAIN, middle * GRAIN)];
            canvas.root().draw(&PathElement::new(ends, canvas.stroke(ink)))?;
            canvas.mark(((x + 15) * GRAIN, middle * GRAIN), slot, None)
        }
        Key::Gap => {
            let ink = Ink { class: "chart-gap", ..Ink::default() };
            canvas.root().draw(&Rectangle::new(area, canvas.filled(ink)))
        }
    }
}

const MARGIN: i32 = 8;
const KEY_WIDTH: i32 = 36;
const GAP: i32 = 16;
const ROW_HEIGHT: i32 = 18;
