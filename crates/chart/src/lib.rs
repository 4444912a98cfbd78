//! Figures: the same data as a picture (SVG) and as a table (rows for HTML, CSV).
//!
//! What it does: [`Figure`] – bars over time, bars by group, shares of a hundred, lines, spark-lines – and [`TimeLine`] –
//! states over days – are plain values; `svg` draws them, `table` and `csv` give what they show. Coordinates, axes and
//! shapes are those of the crate `plotters`; what they are written as is ours: classes instead of colours, so that a page
//! with a strict content security policy shows them and dark mode is a matter of its style sheet ([`STYLE`]). Whoever
//! sees no colour has patterns, marks and dashes. The same input gives the same bytes.
//!
//! What it will never do: read a clock, a file or a font, count or judge anything, choose a word or format a date: names,
//! dates and sentences come from the caller, as they are to be read. Text may be hostile; it is escaped, and what would be
//! invisible in it is shown.
//!
//! Reading order: [`figure`], [`timeline`], [`slot`], [`view`]; then `backend`, through which everything drawn goes, and
//! `draw`. What never passes is in [`limits`].

mod backend;
mod draw;
pub mod figure;
pub mod limits;
pub mod number;
pub mod slot;
pub mod table;
mod text;
pub mod timeline;
pub mod view;

pub use figure::{Figure, Scale, Series, Shape};
pub use slot::Slot;
pub use table::Table;
pub use timeline::{Row, Span, TimeLine};
pub use view::{Locale, Mode, View};

/// The style sheet of all figures: light and dark (`prefers-color-scheme`, or `data-theme="light"` and
/// `data-theme="dark"` at the root element, which win over it), print, and pairs of a wide and a narrow figure
/// (`.chart-wide`, `.chart-narrow`), of which the window's width shows one. It holds no `<`, no `&` and no address.
pub const STYLE: &str = include_str!("style.css");

/// Why a figure is not drawn. Its table can be had all the same.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChartError {
    /// A prefix of ids that is empty, too long, or not a letter followed by letters, digits, `-` and `_`.
    #[error("the figure's id is not a letter followed by letters, digits, - and _")]
    Id,
    /// A width outside [`limits::WIDTH_MIN`] to [`limits::WIDTH_MAX`].
    #[error("a figure cannot be {0} wide")]
    Width(u32),
    /// More categories than the shape has room for.
    #[error("{count} categories are more than the {max} that a figure shows")]
    TooManyCategories {
        /// How many there are.
        count: usize,
        /// How many there may be: [`limits::CATEGORY_COUNT_MAX`] or [`limits::ROW_COUNT_MAX`].
        max: usize,
    },
    /// More series than [`limits::SERIES_COUNT_MAX`].
    #[error("{count} series are more than the {max} that a figure shows")]
    TooManySeries {
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// More spans in a row than [`limits::SPAN_COUNT_MAX`].
    #[error("{count} spans are more than the {max} that a row shows")]
    TooManySpans {
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// A series, or the wholes of [`Scale::Share`], has not one value for each category.
    #[error("series {0} has not one value for each category")]
    Ragged(String),
    /// A part is more than its whole ([`Scale::Share`]).
    #[error("a part of {0} is more than the whole")]
    PartAboveWhole(String),
    /// A span ends before it begins, or lies beyond [`limits::DAY_MAX`].
    #[error("a span of {0} ends before it begins, or lies too far away")]
    Span(String),
    /// The drawing library refused.
    #[error("the figure could not be drawn: {0}")]
    Drawing(String),
}

/// What lies where the page is wide, and where it is narrow.
///
/// ```
/// # extern crate sekisho_chart as chart;
/// # use chart::{Figure, Locale, Mode, Scale, Series, Shape, Slot, View};
/// let figure = Figure {
///     shape: Shape::StackedBars,
///     title: "Messages by class".into(),
///     description: "Each day's messages, by what they were.".into(),
///     unit: "messages".into(),
///     absent: "no data".into(),
///     category_name: "Day".into(),
///     categories: vec!["11-01".into(), "11-02".into()],
///     scale: Scale::Count,
///     series: vec![Series { name: "legitimate".into(), slot: Slot::Legitimate, values: vec![Some(12), None] }],
/// };
/// let svg = figure.svg(&View::page("volume", View::WIDE, Locale::En)).unwrap();
/// assert!(svg.starts_with("<svg ") && !svg.contains("style="));
/// assert_eq!(figure.csv(), "Day,legitimate\r\n11-01,12\r\n11-02,\r\n");
/// assert_eq!(View::file(View::WIDE, Locale::Ja).mode, Mode::File);
/// ```
#[cfg(doctest)]
pub struct Example;
