//! For whom a figure is drawn: how wide, in which way of writing numbers, inside a page or as a file of its own.

use crate::ChartError;
use crate::limits::{ID_BYTES_MAX, SPARK_WIDTH_MIN, WIDTH_MAX, WIDTH_MIN};

/// How numbers are written on axes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Locale {
    /// `1.2k`, `3M`.
    #[default]
    En,
    /// `1,200`, `3万`, `2億`.
    Ja,
}

/// Where the picture stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// Inside a page whose style sheet holds [`crate::STYLE`] and which shows the title itself: no style in the picture.
    #[default]
    Page,
    /// A file of its own: with the style sheet, a ground, and the title drawn.
    File,
}

/// For whom a figure is drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View {
    /// Prefix of the ids in the picture, unique in the page: a letter, then letters, digits, `-` and `_`.
    pub id: String,
    /// Width of the view box. Letters are 12 high, so the width at which the picture is readable is about this many
    /// pixels of CSS; the picture itself takes the width it is given.
    pub width: u32,
    /// How numbers are written.
    pub locale: Locale,
    /// Where it stands.
    pub mode: Mode,
}

impl View {
    /// For a page in a window of usual width.
    pub const WIDE: u32 = 720;
    /// For a window of 360 px.
    pub const NARROW: u32 = 340;
    /// For a spark-line in a table.
    pub const SPARK: u32 = 120;

    /// For a page.
    #[must_use]
    pub fn page(id: &str, width: u32, locale: Locale) -> Self {
        Self { id: id.to_owned(), width, locale, mode: Mode::Page }
    }

    /// For a file of its own.
    #[must_use]
    pub fn file(width: u32, locale: Locale) -> Self {
        Self { id: "chart".to_owned(), width, locale, mode: Mode::File }
    }

    /// Whether there is little room, so that the less important is left out.
    pub(crate) const fn is_narrow(&self) -> bool {
        self.width < 560
    }

    pub(crate) fn check(&self) -> Result<(), ChartError> {
        self.check_from(WIDTH_MIN)
    }

    pub(crate) fn check_spark(&self) -> Result<(), ChartError> {
        self.check_from(SPARK_WIDTH_MIN)
    }

    fn check_from(&self, width_min: u32) -> Result<(), ChartError> {
        let mut bytes = self.id.bytes();
        let begins = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
        let goes_on = bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !(begins && goes_on) || self.id.len() > ID_BYTES_MAX {
            return Err(ChartError::Id);
        }
        if !(width_min..=WIDTH_MAX).contains(&self.width) {
            return Err(ChartError::Width(self.width));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        let check = |id: &str| View::page(id, 720, Locale::En).check();
        assert_eq!(check("a-1_b"), Ok(()));
        for id in ["", "1a", "a b", "a\"b", "é", &"a".repeat(65)] {
            assert_eq!(check(id), Err(ChartError::Id), "{id}");
        }
        assert_eq!(check(&"a".repeat(64)), Ok(()));
    }

    #[test]
    fn widths() {
        let check = |width| View::page("a", width, Locale::En).check().is_ok();
        assert_eq!([239, 240, 1600, 1601].map(check), [false, true, true, false]);
        let spark = |width| View::page("a", width, Locale::En).check_spark().is_ok();
        assert_eq!([39, 40, 1600, 1601].map(spark), [false, true, true, false]);
    }
}
