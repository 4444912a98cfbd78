//! A word of a report: one of the standard's, or what stood there instead.

/// A word of a report.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Word<T> {
    /// One that the standards know, or a known misspelling of one (then the report has a deviation that says so).
    Known(T),
    /// There was none, or it was empty.
    #[default]
    Missing,
    /// Something else, as it stood there, cut to [`crate::limits::WORD_BYTES_MAX`].
    Other(Box<str>),
}

impl<T: Copy> Word<T> {
    /// The word, when it is known.
    #[must_use]
    pub fn known(&self) -> Option<T> {
        match self {
            Self::Known(word) => Some(*word),
            Self::Missing | Self::Other(_) => None,
        }
    }
}
