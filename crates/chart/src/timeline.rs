//! States over days: rows with spans, as of the keys of a domain.

use crate::limits::{DAY_MAX, ROW_COUNT_MAX, SERIES_COUNT_MAX, SPAN_COUNT_MAX};
use crate::slot::Slot;
use crate::table::{self, Table};
use crate::view::View;
use crate::{ChartError, draw};

/// One state of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// First day, in days since 1970-01-01.
    pub from_day: i64,
    /// Last day; none while it lasts.
    pub to_day: Option<i64>,
    /// The state, by its place in [`TimeLine::states`]. A place that is not there is drawn as the last slot.
    pub state: usize,
}

/// One row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// What it is of: the name of a key.
    pub name: String,
    /// Its states.
    pub spans: Vec<Span>,
}

/// Rows with spans over days. All texts are as they are to be read; none is trusted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimeLine {
    /// Its name, in a line.
    pub title: String,
    /// What it shows, for those who do not see it.
    pub description: String,
    /// The states that there are, each with what it is drawn as.
    pub states: Vec<(Slot, String)>,
    /// The rows.
    pub rows: Vec<Row>,
    /// A day that is marked by a line – today –, and what is written at it.
    pub mark: Option<(i64, String)>,
    /// Headings of the table: row, state, first day, last day.
    pub columns: [String; 4],
}

impl TimeLine {
    /// The picture, from the first day to the last, or to the marked day where a span lasts. The same time-line and view
    /// give the same bytes.
    ///
    /// # Errors
    /// What exceeds [`crate::limits`], and spans that end before they begin.
    pub fn svg(&self, view: &View) -> Result<String, ChartError> {
        view.check()?;
        self.check()?;
        draw::time_line(self, view)
    }

    /// What the picture shows, as text to be escaped: a line for each span, dates as `2026-11-23`.
    #[must_use]
    pub fn table(&self) -> Table {
        table::of_time_line(self)
    }

    /// The same as CSV; see [`crate::Figure::csv`].
    #[must_use]
    pub fn csv(&self) -> String {
        table::csv_of_time_line(self)
    }

    /// The name and the slot of a span's state.
    pub(crate) fn state(&self, span: &Span) -> (Slot, &str) {
        self.states.get(span.state).map_or((Slot::Other(7), ""), |(slot, name)| (*slot, name))
    }

    /// The first day and the day after the last; none without any.
    pub(crate) fn days(&self) -> Option<(i64, i64)> {
        let spans = || self.rows.iter().flat_map(|row| &row.spans);
        let mark = self.mark.as_ref().map(|(day, _)| *day);
        let first = spans().map(|span| span.from_day).chain(mark).min()?;
        let last = spans().map(|span| span.to_day.unwrap_or(span.from_day)).chain(mark).max()?;
        Some((first, last + 1))
    }

    fn check(&self) -> Result<(), ChartError> {
        if self.rows.len() > ROW_COUNT_MAX {
            return Err(ChartError::TooManyCategories { count: self.rows.len(), max: ROW_COUNT_MAX });
        }
        if self.states.len() > SERIES_COUNT_MAX {
            return Err(ChartError::TooManySeries { count: self.states.len(), max: SERIES_COUNT_MAX });
        }
        let is_near = |day: i64| (-DAY_MAX..=DAY_MAX).contains(&day);
        for row in &self.rows {
            if row.spans.len() > SPAN_COUNT_MAX {
                return Err(ChartError::TooManySpans { count: row.spans.len(), max: SPAN_COUNT_MAX });
            }
            let is_wrong = |span: &Span| {
                !is_near(span.from_day) || span.to_day.is_some_and(|to| to < span.from_day || !is_near(to))
            };
            if row.spans.iter().any(is_wrong) {
                return Err(ChartError::Span(row.name.clone()));
            }
        }
        match &self.mark {
            Some((day, name)) if !is_near(*day) => Err(ChartError::Span(name.clone())),
            _ => Ok(()),
        }
    }
}

/// Year, month and day of a day since 1970-01-01 (the Gregorian calendar, also before it was one).
pub(crate) fn civil(day: i64) -> (i64, u8, u8) {
    // Eras of 400 years begin with a March, so that the day that is sometimes missing is the last of a year.
    let day = day.clamp(-DAY_MAX, DAY_MAX + 1) + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u8::try_from(month).unwrap_or(1), u8::try_from(day_of_month).unwrap_or(1))
}

/// A day as `2026-11-23`.
pub(crate) fn date(day: i64) -> String {
    let (year, month, day) = civil(day);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(-1), "1969-12-31");
        assert_eq!((date(11_016), date(11_017)), ("2000-02-29".into(), "2000-03-01".into()));
        assert_eq!(date(20_780), "2026-11-23");
        assert_eq!(date(47_540), "2100-02-28");
        assert_eq!(date(47_541), "2100-03-01");
    }
}
