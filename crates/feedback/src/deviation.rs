//! What a report has that is not as the standards have it: shown for each report, and summed up for each reporter.

/// A way in which a report deviates, and how often.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deviation {
    /// Which: an id such as `deviation-namespace`; the catalogues have a sentence for each.
    pub id: Box<str>,
    /// An example of what stood there: an element's name, a word; empty where nothing can be shown.
    pub example: Box<str>,
    /// How often.
    pub count: u64,
}
