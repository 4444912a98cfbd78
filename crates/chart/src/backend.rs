//! What `plotters` draws on: shapes become elements of SVG that bear classes instead of colours.
//!
//! `plotters` knows colours only. An [`Ink`] – classes, pattern, dashes, and the title that a pointer over the shape
//! shows – is kept in a list, its place in the list goes through `plotters` as a colour, and is looked up again here.
//! Units are tenths of those of the view box, so that bars stand evenly although `plotters` counts in whole ones.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::rc::Rc;

use plotters::style::RGBColor;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};

use crate::slot::{Pattern, Slot};
use crate::text::{SIZE, escape, width_at};

/// Units of drawing in one unit of the view box.
pub(crate) const GRAIN: i32 = 10;

/// What a shape or a text looks like.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Ink {
    /// The class of what it is.
    pub(crate) class: &'static str,
    /// Whose colour it has.
    pub(crate) slot: Option<Slot>,
    /// Whether it is filled with the pattern of its slot.
    pub(crate) is_patterned: bool,
    /// Whether its line has the dashes of its slot.
    pub(crate) is_dashed: bool,
    /// What a pointer over it shows; already fit to be seen.
    pub(crate) title: Option<String>,
}

/// What is drawn so far, and with what.
#[derive(Default)]
pub(crate) struct Sheet {
    inks: Vec<Ink>,
    body: String,
    patterns: BTreeSet<Slot>,
}

/// The sheet as `plotters` draws on it.
pub(crate) struct Backend {
    sheet: Rc<RefCell<Sheet>>,
    id: String,
    size: (u32, u32),
}

impl Sheet {
    /// The colour that stands for an ink. Transparent is [`plotters::style::TRANSPARENT`].
    pub(crate) fn colour(&mut self, ink: Ink) -> RGBColor {
        let place = self.inks.len();
        self.inks.push(ink);
        // Limits keep the count of shapes far below 2^24.
        let bytes = u32::try_from(place).unwrap_or_default().to_be_bytes();
        RGBColor(bytes[1], bytes[2], bytes[3])
    }

    /// The elements drawn.
    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    /// The patterns that the elements name, as the content of `defs`.
    pub(crate) fn definitions(&self, id: &str) -> String {
        let mut out = String::new();
        for slot in &self.patterns {
            pattern(*slot, id, &mut out);
        }
        out
    }

    fn ink(&self, colour: BackendColor) -> Option<Ink> {
        let (high, middle, low) = colour.rgb;
        let place = u32::from_be_bytes([0, high, middle, low]);
        if colour.alpha <= 0.0 {
            return None;
        }
        self.inks.get(usize::try_from(place).ok()?).cloned()
    }
}

impl Backend {
    /// A backend of a size in units of the view box, whose patterns have this prefix.
    pub(crate) fn new(sheet: Rc<RefCell<Sheet>>, id: &str, width: i32, height: i32) -> Self {
        let units = |length: i32| u32::try_from(length * GRAIN).unwrap_or_default();
        Self { sheet, id: id.to_owned(), size: (units(width), units(height)) }
    }

    /// Writes an element: its name and what is particular to it, its looks, its title or text.
    fn element(&self, colour: BackendColor, name: &str, attributes: &str, text: Option<&str>) {
        let mut sheet = self.sheet.borrow_mut();
        let Some(ink) = sheet.ink(colour) else { return };
        let mut out = format!("<{name} class=\"{}", ink.class);
        if let Some(slot) = ink.slot {
            let _ = write!(out, " {}", slot.class());
        }
        let _ = write!(out, "\" {attributes}");
        if let (true, Some(slot)) = (ink.is_patterned, ink.slot) {
            let _ = write!(out, " fill=\"url(#{}-p{})\"", self.id, slot.number());
            sheet.patterns.insert(slot_of_pattern(slot));
        }
        if let (true, Some(dash)) = (ink.is_dashed, ink.slot.and_then(Slot::dash)) {
            let _ = write!(out, " stroke-dasharray=\"{dash}\"");
        }
        let mut inner = String::new();
        if let Some(text) = text {
            escape(text, &mut inner);
        }
        if let Some(title) = &ink.title {
            inner.push_str("<title>");
            escape(title, &mut inner);
            inner.push_str("</title>");
        }
        match inner.as_str() {
            "" => out.push_str("/>\n"),
            inner => {
                let _ = writeln!(out, ">{inner}</{name}>");
            }
        }
        sheet.body.push_str(&out);
    }
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Backend {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    /// Nothing that is drawn here consists of pixels.
    fn draw_pixel(&mut self, _: BackendCoord, _: BackendColor) -> Drawn {
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, _: bool) -> Drawn {
        let (x, y) = (from.0.min(to.0), from.1.min(to.1));
        // Whoever draws an area has something to show: hardly any is not none.
        let length = |one: i32, other: i32| tenths(i32::try_from(one.abs_diff(other)).unwrap_or(i32::MAX).max(5));
        let (width, height) = (length(from.0, to.0), length(from.1, to.1));
        let (x, y) = (tenths(x), tenths(y));
        let attributes = format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"");
        self.element(style.color(), "rect", &attributes, None);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        self.element(style.color(), "path", &format!("d=\"{}\"", data(path)), None);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, center: BackendCoord, radius: u32, style: &S, _: bool) -> Drawn {
        let (x, y, radius) = (tenths(center.0), tenths(center.1), tenths(i32::try_from(radius).unwrap_or_default()));
        self.element(style.color(), "circle", &format!("cx=\"{x}\" cy=\"{y}\" r=\"{radius}\""), None);
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, corners: I, style: &S) -> Drawn {
        self.element(style.color(), "path", &format!("d=\"{}Z\"", data(corners)), None);
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, at: BackendCoord) -> Drawn {
        let size = letters_of(style);
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        // The base line lies a quarter above the foot of the letters, and three quarters below their head.
        let down = match style.anchor().v_pos {
            VPos::Top => size * GRAIN * 3 / 4,
            VPos::Center => size * GRAIN * 35 / 100,
            VPos::Bottom => -(size * GRAIN / 4),
        };
        let (x, y) = (tenths(at.0), tenths(at.1 + down));
        let attributes = format!("x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\"");
        self.element(style.color(), "text", &attributes, Some(text));
        Ok(())
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let units = |length: i32| u32::try_from(length.saturating_mul(GRAIN)).unwrap_or_default();
        let size = letters_of(style);
        Ok((units(width_at(text, size)), units(size)))
    }

    fn blit_bitmap(&mut self, _: BackendCoord, _: (u32, u32), _: &[u8]) -> Drawn {
        Ok(())
    }
}

/// The height of letters in units of the view box; `plotters` was told tenths of them.
fn letters_of<T: BackendTextStyle>(style: &T) -> i32 {
    let sizes = [SIZE - 2, SIZE, SIZE + 3];
    let told = style.size();
    let distance = |size: &i32| (f64::from(*size * GRAIN) - told).abs();
    sizes.into_iter().min_by(|one, other| distance(one).total_cmp(&distance(other))).unwrap_or(SIZE)
}

fn data(points: impl IntoIterator<Item = BackendCoord>) -> String {
    let mut out = String::new();
    for (place, (x, y)) in points.into_iter().enumerate() {
        let letter = if place == 0 { 'M' } else { 'L' };
        let _ = write!(out, "{letter}{} {}", tenths(x), tenths(y));
    }
    out
}

/// A length in tenths as a decimal number.
fn tenths(length: i32) -> String {
    let (sign, length) = (if length < 0 { "-" } else { "" }, length.unsigned_abs());
    match length % 10 {
        0 => format!("{sign}{}", length / 10),
        tenth => format!("{sign}{}.{tenth}", length / 10),
    }
}

/// Slots that are drawn alike have one pattern.
fn slot_of_pattern(slot: Slot) -> Slot {
    Slot::ALL[usize::from(slot.number()) - 1]
}

fn pattern(slot: Slot, id: &str, out: &mut String) {
    let class = slot.class();
    let ground = match slot.pattern() {
        Pattern::Solid => "chart-ground-full",
        _ => "chart-ground",
    };
    let _ = write!(
        out,
        "<pattern id=\"{id}-p{}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">\
         <rect class=\"{ground} {class}\" width=\"8\" height=\"8\"/>",
        slot.number()
    );
    let _ = match slot.pattern() {
        Pattern::Solid | Pattern::Faint => Ok(()),
        Pattern::Lines(data) => write!(out, "<path class=\"chart-hatch {class}\" d=\"{data}\"/>"),
        Pattern::Areas(data) => write!(out, "<path class=\"chart-ground-full {class}\" d=\"{data}\"/>"),
        Pattern::Dots(dots) => dots.iter().try_for_each(|(x, y)| {
            write!(out, "<circle class=\"chart-ground-full {class}\" cx=\"{x}\" cy=\"{y}\" r=\"1.4\"/>")
        }),
    };
    out.push_str("</pattern>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ink_goes_through_a_colour() {
        let mut sheet = Sheet::default();
        for place in 0..300_usize {
            let ink = Ink { class: "chart-axis", title: Some(place.to_string()), ..Ink::default() };
            let RGBColor(red, green, blue) = sheet.colour(ink.clone());
            assert_eq!(sheet.ink(BackendColor { alpha: 1.0, rgb: (red, green, blue) }), Some(ink));
        }
        assert_eq!(sheet.ink(BackendColor { alpha: 0.0, rgb: (0, 0, 1) }), None);
        assert_eq!(sheet.ink(BackendColor { alpha: 1.0, rgb: (255, 255, 255) }), None);
    }

    #[test]
    fn lengths() {
        assert_eq!([0, 5, 10, -3, 123].map(tenths).join(" "), "0 0.5 1 -0.3 12.3");
    }
}
