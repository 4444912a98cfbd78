//! The limits of this crate. Exceeding one is a [`crate::ChartError`], or, for texts, a cut that ends in `…`.

/// Most categories of a figure over time: bars stand closer than the eye can tell beyond.
pub const CATEGORY_COUNT_MAX: usize = 400;
/// Most categories of horizontal bars, and most rows of a time-line: what a reader still scrolls through.
pub const ROW_COUNT_MAX: usize = 128;
/// Most series of a figure: as many as there are [`crate::Slot`]s.
pub const SERIES_COUNT_MAX: usize = 13;
/// Most spans in a row of a time-line.
pub const SPAN_COUNT_MAX: usize = 64;
/// Farthest day that a time-line shows, before and after 1970-01-01, in days: the years −8983 to 12922.
pub const DAY_MAX: i64 = 4_000_000;
/// Longest label, name or unit that is drawn, in columns (a wide letter takes two).
pub const LABEL_COLUMNS_MAX: usize = 80;
/// Longest title or description, in columns.
pub const TEXT_COLUMNS_MAX: usize = 1_000;
/// Longest prefix of ids, in bytes.
pub const ID_BYTES_MAX: usize = 64;
/// Narrowest figure, in units of the view box; a spark-line may be as narrow as [`SPARK_WIDTH_MIN`].
pub const WIDTH_MIN: u32 = 240;
/// Narrowest spark-line, in units of the view box.
pub const SPARK_WIDTH_MIN: u32 = 40;
/// Widest figure, in units of the view box.
pub const WIDTH_MAX: u32 = 1_600;
