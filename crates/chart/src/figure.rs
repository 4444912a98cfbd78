//! A figure of series over categories, as plain values.

use crate::limits::{CATEGORY_COUNT_MAX, ROW_COUNT_MAX, SERIES_COUNT_MAX};
use crate::slot::Slot;
use crate::table::{self, Table};
use crate::view::View;
use crate::{ChartError, draw};

/// What a figure is drawn as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Upright bars, one for each category in order of time, the series upon each other. For counts: with
    /// [`Scale::Share`], too, it is the counts that are drawn.
    StackedBars,
    /// Lying bars, for each category one of each series, with their numbers written beside them.
    Bars,
    /// Lying bars of one length, divided by what each series has of the sum of all in the category.
    Shares,
    /// A line for each series through the categories in order of time; it breaks where there is no value.
    Lines,
    /// As lines, tiny, without axes, letters and legend: beside a number in a table.
    SparkLine,
}

/// What the values are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scale {
    /// Counts, from zero to the greatest of them.
    Count,
    /// Parts of wholes, drawn as per cent on a scale from 0 to 100 (in [`Shape::Bars`], [`Shape::Lines`] and
    /// [`Shape::SparkLine`]).
    Share {
        /// What the wholes are, as the heading of their column.
        name: String,
        /// One for each category. A whole of zero makes no share.
        wholes: Vec<u64>,
    },
}

/// One series.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Series {
    /// Its name in the legend and as heading of its column.
    pub name: String,
    /// What it is drawn as. No two series of a figure should have the same.
    pub slot: Slot,
    /// One for each category; none where nothing is known, which is not zero.
    pub values: Vec<Option<u64>>,
}

/// Series over categories. All texts are as they are to be read, in the reader's language; none is trusted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figure {
    /// What it is drawn as.
    pub shape: Shape,
    /// Its name, in a line.
    pub title: String,
    /// What it shows, for those who do not see it: a sentence or two with what is to be learnt from it.
    pub description: String,
    /// What is counted: `messages`. Written at the axis; empty when nothing need be said.
    pub unit: String,
    /// What stands where nothing is known: `no data`.
    pub absent: String,
    /// Heading of the categories in the table: `Day`.
    pub category_name: String,
    /// The categories: dates as they are written, or names of groups.
    pub categories: Vec<String>,
    /// What the values are.
    pub scale: Scale,
    /// The series, in the order in which they stand upon each other, first at the bottom or left.
    pub series: Vec<Series>,
}

impl Figure {
    /// The picture. The same figure and view give the same bytes.
    ///
    /// # Errors
    /// What exceeds [`crate::limits`] or does not fit together.
    pub fn svg(&self, view: &View) -> Result<String, ChartError> {
        match self.shape {
            Shape::SparkLine => view.check_spark()?,
            _ => view.check()?,
        }
        self.check()?;
        draw::figure(self, view)
    }

    /// What the picture shows, as text to be escaped: counts with a comma between each three digits, shares beside
    /// them, and the [`Figure::absent`] where nothing is known.
    #[must_use]
    pub fn table(&self) -> Table {
        table::of_figure(self)
    }

    /// The same as CSV (RFC 4180, with its header, line ends CRLF): plain digits, shares to one decimal, nothing where
    /// nothing is known. A cell that a spreadsheet would take for a formula begins with an apostrophe.
    #[must_use]
    pub fn csv(&self) -> String {
        table::csv_of_figure(self)
    }

    /// The sum of all series in a category; none when nothing is known of any.
    pub(crate) fn sum(&self, category: usize) -> Option<u128> {
        let known = self.series.iter().filter_map(|series| series.value(category));
        known.map(u128::from).reduce(|sum, value| sum + value)
    }

    /// What the value in a category is a part of, where it is drawn as a part.
    pub(crate) fn whole(&self, category: usize) -> Option<u128> {
        match (self.shape, &self.scale) {
            (Shape::Shares, _) => Some(self.sum(category).unwrap_or_default()),
            (Shape::StackedBars, _) | (_, Scale::Count) => None,
            (_, Scale::Share { wholes, .. }) => Some(wholes.get(category).copied().unwrap_or_default().into()),
        }
    }

    fn check(&self) -> Result<(), ChartError> {
        let max = match self.shape {
            Shape::Bars | Shape::Shares => ROW_COUNT_MAX,
            Shape::StackedBars | Shape::Lines | Shape::SparkLine => CATEGORY_COUNT_MAX,
        };
        let count = self.categories.len();
        if count > max {
            return Err(ChartError::TooManyCategories { count, max });
        }
        if self.series.len() > SERIES_COUNT_MAX {
            return Err(ChartError::TooManySeries { count: self.series.len(), max: SERIES_COUNT_MAX });
        }
        if let Some(ragged) = self.series.iter().find(|series| series.values.len() != count) {
            return Err(ChartError::Ragged(ragged.name.clone()));
        }
        let Scale::Share { name, wholes } = &self.scale else { return Ok(()) };
        if wholes.len() != count {
            return Err(ChartError::Ragged(name.clone()));
        }
        let is_above = |series: &&Series| series.values.iter().zip(wholes).any(|(part, whole)| *part > Some(*whole));
        match self.series.iter().find(is_above) {
            Some(series) => Err(ChartError::PartAboveWhole(series.name.clone())),
            None => Ok(()),
        }
    }
}

impl Series {
    /// Its value in a category.
    pub(crate) fn value(&self, category: usize) -> Option<u64> {
        self.values.get(category).copied().flatten()
    }
}
