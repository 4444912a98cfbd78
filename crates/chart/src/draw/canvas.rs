//! The canvas: an area of `plotters` above our backend, and what all shapes draw with.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea as _};
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::{Color as _, RGBColor, ShapeStyle, TextStyle};
use plotters_backend::text_anchor::{HPos, Pos, VPos};

use super::Drawn;
use crate::STYLE;
use crate::backend::{Backend, GRAIN, Ink, Sheet};
use crate::slot::{Form, Slot};
use crate::text::{SIZE, escape, label_within, prose};
use crate::view::{Mode, View};

/// A part of the canvas, in tenths of a unit of the view box.
pub(super) type Area = DrawingArea<Backend, Shift>;

/// The canvas.
pub(super) struct Canvas<'a> {
    view: &'a View,
    sheet: Rc<RefCell<Sheet>>,
    root: Area,
    width: i32,
    height: i32,
}

/// How a text is written, and where it stands from its point.
#[derive(Clone, Copy)]
pub(super) struct Letters {
    /// The class.
    pub(super) class: &'static str,
    /// The height.
    pub(super) size: i32,
    /// Which side of the text is at its point.
    pub(super) side: HPos,
}

impl Letters {
    /// A label that begins at its point.
    pub(super) const LABEL: Self = Self { class: "chart-label", size: SIZE, side: HPos::Left };
    /// A label that ends at its point.
    pub(super) const LABEL_RIGHT: Self = Self { side: HPos::Right, ..Self::LABEL };
    /// A label around its point.
    pub(super) const LABEL_MIDDLE: Self = Self { side: HPos::Center, ..Self::LABEL };
    /// A number upon a pattern.
    pub(super) const INSIDE: Self = Self { class: "chart-inside", size: SIZE - 2, side: HPos::Center };
    const TITLE: Self = Self { class: "chart-title", size: SIZE + 3, side: HPos::Left };
}

impl<'a> Canvas<'a> {
    /// A canvas as wide as the view says. `height` is without what [`Canvas::top`] takes.
    pub(super) fn new(view: &'a View, title: &str, height: i32) -> Drawn<Self> {
        let (width, height) = (i32::try_from(view.width).unwrap_or_default(), height + Self::top(view));
        let sheet = Rc::new(RefCell::new(Sheet::default()));
        let root = Backend::new(sheet.clone(), &view.id, width, height).into_drawing_area();
        let canvas = Self { view, sheet, root, width, height };
        if view.mode == Mode::File {
            let ground = canvas.filled(Ink { class: "chart-paper", ..Ink::default() });
            canvas.root.draw(&Rectangle::new([(0, 0), (width * GRAIN, height * GRAIN)], ground))?;
            // Its letters are a quarter larger than those that are measured.
            canvas.text((8, 16), Letters::TITLE, &label_within(title, (width - 16) * 4 / 5))?;
        }
        Ok(canvas)
    }

    /// The height that the title takes.
    pub(super) const fn top(view: &View) -> i32 {
        match view.mode {
            Mode::Page => 0,
            Mode::File => 32,
        }
    }

    /// All of it.
    pub(super) const fn root(&self) -> &Area {
        &self.root
    }

    /// Its width, in units of the view box.
    pub(super) const fn width(&self) -> i32 {
        self.width
    }

    /// The colour that stands for an ink.
    pub(super) fn colour(&self, ink: Ink) -> RGBColor {
        self.sheet.borrow_mut().colour(ink)
    }

    /// For areas.
    pub(super) fn filled(&self, ink: Ink) -> ShapeStyle {
        self.colour(ink).filled()
    }

    /// For lines.
    pub(super) fn stroke(&self, ink: Ink) -> ShapeStyle {
        self.colour(ink).stroke_width(1)
    }

    /// For what has a class and nothing else.
    pub(super) fn line(&self, class: &'static str) -> ShapeStyle {
        self.stroke(Ink { class, ..Ink::default() })
    }

    /// The style of letters.
    pub(super) fn letters(&self, letters: Letters) -> TextStyle<'static> {
        let colour = self.colour(Ink { class: letters.class, ..Ink::default() });
        TextStyle {
            font: ("sans-serif", f64::from(letters.size * GRAIN)).into(),
            color: colour.to_backend_color(),
            pos: Pos::new(letters.side, VPos::Center),
        }
    }

    /// Writes a text whose middle is at a height.
    pub(super) fn text(&self, (x, y): (i32, i32), letters: Letters, text: &str) -> Drawn {
        self.text_fine((x * GRAIN, y * GRAIN), letters, text)
    }

    /// As [`Canvas::text`], with the point in tenths.
    pub(super) fn text_fine(&self, at: (i32, i32), letters: Letters, text: &str) -> Drawn {
        self.root.draw_text(text, &self.letters(letters), at)
    }

    /// The mark of a slot around a point in tenths, with the title that a pointer over it shows.
    pub(super) fn mark(&self, (x, y): (i32, i32), slot: Slot, title: Option<String>) -> Drawn {
        let class = match slot.form() {
            Form::Disc | Form::Filled(_) => "chart-mark",
            Form::Ring | Form::Hollow(_) => "chart-mark-hollow",
            Form::Strokes(_) => "chart-mark-strokes",
        };
        let style = self.filled(Ink { class, slot: Some(slot), title, ..Ink::default() });
        let moved = |points: &[(i32, i32)]| points.iter().map(|(dx, dy)| (x + dx, y + dy)).collect::<Vec<_>>();
        match slot.form() {
            Form::Disc | Form::Ring => self.root.draw(&Circle::new((x, y), MARK_RADIUS, style)),
            Form::Filled(points) | Form::Hollow(points) => self.root.draw(&Polygon::new(moved(points), style)),
            Form::Strokes(strokes) => {
                strokes.iter().try_for_each(|stroke| self.root.draw(&PathElement::new(moved(stroke), style)))
            }
        }
    }

    /// The picture.
    pub(super) fn finish(self, class: &str, title: &str, description: &str) -> String {
        let id = &self.view.id;
        let sheet = self.sheet.borrow();
        let mut out = String::with_capacity(sheet.body().len() + STYLE.len());
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart {class}\" viewBox=\"0 0 {} {}\" role=\"img\" \
             aria-labelledby=\"{id}-title\" aria-describedby=\"{id}-desc\">",
            self.width, self.height
        );
        for (element, text) in [("title", title), ("desc", description)] {
            let _ = write!(out, "<{element} id=\"{id}-{element}\">");
            escape(&prose(text), &mut out);
            let _ = writeln!(out, "</{element}>");
        }
        if self.view.mode == Mode::File {
            let _ = writeln!(out, "<style>\n{STYLE}</style>");
        }
        match sheet.definitions(id) {
            definitions if definitions.is_empty() => {}
            definitions => {
                let _ = writeln!(out, "<defs>\n{definitions}</defs>");
            }
        }
        out.push_str(sheet.body());
        out.push_str("</svg>\n");
        out
    }
}

/// In tenths.
const MARK_RADIUS: i32 = 42;
