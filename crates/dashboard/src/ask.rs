//! What is asked: parameters, the period, and [`View`], which every piece of a page is given.

use std::ops::Deref;
use std::sync::atomic::AtomicU64;

use mailtext::{Domain, Explain, Value};
use words::Language;

use crate::desk::Moment;
use crate::door::Door;
use crate::limits::{
    DOWNLOAD_ROW_COUNT_MAX, PAGE_ROW_COUNT, PARAMETER_BYTES_MAX, PARAMETER_COUNT_MAX, PERIOD_DAYS_DEFAULT,
    PERIOD_DAYS_MAX,
};
use crate::screen::Form;
use crate::shelf::Shelf;
use crate::sources::{Settings, Sources, Voice};
use crate::trouble::Trouble;
use crate::who::Who;

/// A screen's question: what it is asked, and where it finds the answer.
pub struct Visit<'a, S> {
    /// Where answers come from.
    pub sources: &'a S,
    /// Who comes in, and how often they tried.
    pub door: &'a Door,
    /// What was read a moment ago.
    pub(crate) shelf: &'a Shelf,
    /// When, from where, and random bytes.
    pub moment: &'a Moment,
    /// Since when the oldest of what was read for it is known, in milliseconds since 1970.
    pub(crate) read_ms: AtomicU64,
    /// All else.
    pub view: View<'a>,
}

/// What a piece of a page needs to know of the one who looks at it.
pub struct View<'a> {
    /// The sentences.
    pub voice: &'a dyn Voice,
    /// Who asks.
    pub who: &'a Who,
    /// What is set about the desk.
    pub settings: &'a Settings,
    /// The address without its query, as the browser has it: `/senders`.
    pub path: &'a str,
    /// What stands in the path behind the screen's own: of `/mail/{id}` the id.
    pub object: Option<&'a str>,
    /// In which form the answer is wanted.
    pub form: Form,
    /// The parameters.
    pub query: Query,
    /// The time, in milliseconds since 1970.
    pub now_ms: u64,
    /// How far the person's zone is ahead of UTC now, in seconds.
    pub ahead_s: i32,
    /// By what program they ask, as it says.
    pub agent: String,
    /// What each form carries, so that it is known for one of ours.
    pub csrf: String,
}

/// The parameters of an address, or the fields of a form, in their order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

/// Some days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// The first, in days since 1970 (UTC).
    pub from_day: u32,
    /// The first that is not one of them.
    pub until_day: u32,
}

impl Query {
    /// Reads `a=b&c=d`.
    ///
    /// # Errors
    /// There are more or longer ones than [`PARAMETER_COUNT_MAX`] and [`PARAMETER_BYTES_MAX`] allow.
    pub fn parse(text: &str) -> Result<Self, Trouble> {
        let mut pairs = Vec::new();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            if pairs.len() == PARAMETER_COUNT_MAX || name.len().max(value.len()) > PARAMETER_BYTES_MAX {
                return Err(Trouble::TooLarge);
            }
            // A field that was left empty asks for nothing.
            if !value.is_empty() {
                pairs.push((name.into_owned(), value.into_owned()));
            }
        }
        Ok(Self { pairs })
    }

    /// From pairs that are known.
    #[must_use]
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        Self { pairs: pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect() }
    }

    /// The first value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter.
    pub fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        self.pairs.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// All pairs.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A parameter that reads as something.
    ///
    /// # Errors
    /// It is there and does not.
    pub fn read<T>(&self, name: &'static str, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Trouble> {
        let Some(value) = self.get(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| Trouble::Parameter { name, value: value.to_owned() })
    }

    /// A number.
    ///
    /// # Errors
    /// It is none.
    pub fn number(&self, name: &'static str) -> Result<Option<u64>, Trouble> {
        self.read(name, |text| text.parse().ok())
    }

    /// A domain.
    ///
    /// # Errors
    /// It is none.
    pub fn domain(&self, name: &'static str) -> Result<Option<Domain>, Trouble> {
        self.read(name, |text| Domain::parse(text.trim()).ok())
    }

    /// The same parameters with one set, or with `None` taken away.
    #[must_use]
    pub fn with(&self, name: &str, value: Option<&str>) -> Self {
        let mut pairs: Vec<_> = self.pairs.iter().filter(|(other, _)| other != name).cloned().collect();
        pairs.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        Self { pairs }
    }

    /// As the query of an address, with its question mark; empty when there are none.
    #[must_use]
    pub fn to_text(&self) -> String {
        if self.pairs.is_empty() {
            return String::new();
        }
        let mut text = url::form_urlencoded::Serializer::new(String::from("?"));
        for (name, value) in &self.pairs {
            text.append_pair(name, value);
        }
        // A serializer that begins behind a question mark begins with an ampersand.
        text.finish().replacen("?&", "?", 1)
    }
}

impl<S: Sources> Visit<'_, S> {
    /// The reports.
    ///
    /// # Errors
    /// None are kept.
    pub fn archive(&self) -> Result<&S::Archive, Trouble> {
        self.sources.archive().ok_or(Trouble::NotKept { sentence: "page-no-archive" })
    }

    /// The ledger.
    ///
    /// # Errors
    /// None is kept.
    pub fn ledger(&self) -> Result<&S::Ledger, Trouble> {
        self.sources.ledger().ok_or(Trouble::NotKept { sentence: "page-no-ledger" })
    }
}

impl<'a, S> Deref for Visit<'a, S> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        &self.view
    }
}

impl View<'_> {
    /// A sentence without arguments.
    #[must_use]
    pub fn word(&self, id: &str) -> String {
        self.voice.say(id, &[])
    }

    /// A sentence.
    #[must_use]
    pub fn say(&self, id: &str, arguments: &[(&'static str, Value)]) -> String {
        self.voice.say(id, arguments)
    }

    /// The sentence of something that explains itself.
    #[must_use]
    pub fn explain(&self, what: &dyn Explain) -> String {
        self.voice.say(what.id(), &what.arguments())
    }

    /// The language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.voice.language()
    }

    /// The same page with one parameter set, or with `None` taken away.
    #[must_use]
    pub fn link(&self, name: &str, value: Option<&str>) -> String {
        format!("{}{}", self.path, self.query.with(name, value).to_text())
    }

    /// How many rows of a long list are wanted: of a file all that it may have.
    #[must_use]
    pub fn row_count(&self) -> usize {
        if self.form == Form::Csv { DOWNLOAD_ROW_COUNT_MAX } else { PAGE_ROW_COUNT }
    }

    /// The day it is in UTC, in days since 1970.
    #[must_use]
    pub fn today(&self) -> u32 {
        u32::try_from(self.now_ms / DAY_MS).unwrap_or(u32::MAX)
    }

    /// The days that are asked for: `from` and `to` (both are among them), or the last `days`.
    ///
    /// # Errors
    /// They are no days, or too many.
    pub fn period(&self) -> Result<Period, Trouble> {
        self.period_or(PERIOD_DAYS_DEFAULT)
    }

    /// The same, with the number of days where none are asked for.
    ///
    /// # Errors
    /// As [`Self::period`].
    pub fn period_or(&self, day_count: u32) -> Result<Period, Trouble> {
        let is_count = |days: &u32| (1..=PERIOD_DAYS_MAX).contains(days);
        let count = self.query.read("days", |text| text.parse().ok().filter(is_count))?;
        let until_day = self.query.read("to", parse_day)?.unwrap_or(self.today()).saturating_add(1);
        // A form that names a number of days and a first day means the number: the day stood there before.
        let from_day = self.query.read("from", parse_day)?.filter(|_| count.is_none());
        let from_day = from_day.unwrap_or(until_day.saturating_sub(count.unwrap_or(day_count)));
        if from_day >= until_day || until_day - from_day > PERIOD_DAYS_MAX {
            let value = self.query.get("from").unwrap_or_default().to_owned();
            return Err(Trouble::Parameter { name: "from", value });
        }
        Ok(Period { from_day, until_day })
    }
}

impl Period {
    /// How many days.
    #[must_use]
    pub fn day_count(self) -> u32 {
        self.until_day - self.from_day
    }

    /// The days before, as many.
    #[must_use]
    pub fn before(self) -> Self {
        Self { from_day: self.from_day.saturating_sub(self.day_count()), until_day: self.from_day }
    }

    /// From when, in milliseconds since 1970.
    #[must_use]
    pub fn from_ms(self) -> u64 {
        u64::from(self.from_day) * DAY_MS
    }

    /// Until when.
    #[must_use]
    pub fn until_ms(self) -> u64 {
        u64::from(self.until_day) * DAY_MS
    }
}

/// A day as people write it: 2026-11-23.
#[must_use]
pub fn day_text(day: u32) -> String {
    let (year, month, day) = civil(i64::from(day));
    format!("{year:04}-{month:02}-{day:02}")
}

/// Reads a day: 2026-11-23.
#[must_use]
pub fn parse_day(text: &str) -> Option<u32> {
    let mut parts = text.trim().splitn(3, '-');
    let mut part = |width: usize| {
        let part = parts.next().filter(|part| part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        part.parse::<i64>().ok()
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    // Days since 1970 of the proleptic Gregorian calendar, with years that begin in March.
    let (shifted_year, shifted_month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let of_year =
        shifted_year * 365 + shifted_year.div_euclid(4) - shifted_year.div_euclid(100) + shifted_year.div_euclid(400);
    let days = of_year + (153 * shifted_month + 2) / 5 + day - 1 - EPOCH_DAYS;
    // A 31st of a month that has none reads back as another day.
    (civil(days) == (year, month, day)).then(|| u32::try_from(days).ok()).flatten()
}

/// A moment in a zone, to the second: 2026-11-23 19:18:50.
#[must_use]
pub fn time_text(at_ms: u64, ahead_s: i32) -> String {
    let local_s = i64::try_from(at_ms / 1000).unwrap_or(i64::MAX).saturating_add(i64::from(ahead_s));
    let (year, month, day) = civil(local_s.div_euclid(DAY_S));
    let second = local_s.rem_euclid(DAY_S);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// Year, month and day of a day since 1970.
#[must_use]
pub fn civil(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(EPOCH_DAYS);
    let (era, of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / (ERA_DAYS - 1)) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// A day in milliseconds.
pub const DAY_MS: u64 = 86_400_000;
/// A day in seconds.
const DAY_S: i64 = 86_400;
/// From the first of March of the year 0 to 1970.
const EPOCH_DAYS: i64 = 719_468;
/// Days of 400 years.
const ERA_DAYS: i64 = 146_097;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_written() {
        assert_eq!((day_text(0).as_str(), day_text(20_780).as_str()), ("1970-01-01", "2026-11-23"));
        for day in (0..200_000).step_by(37) {
            assert_eq!(parse_day(&day_text(day)), Some(day), "{day}");
        }
        assert_eq!(parse_day("2024-02-29").map(day_text).as_deref(), Some("2024-02-29"));
        for wrong in
            ["2023-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "26-01-01", "", "x", "1969-12-31", "-026-01-01"]
        {
            assert_eq!(parse_day(wrong), None, "{wrong}");
        }
        assert_eq!(time_text(1_795_429_130_000, 9 * 3600), "2026-11-23 19:18:50");
        assert_eq!(time_text(0, -60), "1969-12-31 23:59:00");
        assert!(!time_text(u64::MAX, i32::MAX).is_empty());
    }

    #[test]
    fn parameters() {
        let query = Query::parse("a=1&b=x%20y&a=2&c=").unwrap();
        assert_eq!((query.get("a"), query.get("b"), query.get("c")), (Some("1"), Some("x y"), None));
        assert_eq!(query.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(query.with("a", Some("&?")).to_text(), "?b=x+y&a=%26%3F");
        assert_eq!(query.with("a", None).with("b", None).to_text(), "");
        assert_eq!(query.number("b"), Err(Trouble::Parameter { name: "b", value: "x y".to_owned() }));
        assert_eq!(Query::parse(&"a=1&".repeat(PARAMETER_COUNT_MAX + 1)), Err(Trouble::TooLarge));
        assert_eq!(Query::parse(&format!("a={}", "x".repeat(PARAMETER_BYTES_MAX + 1))), Err(Trouble::TooLarge));
    }
}
