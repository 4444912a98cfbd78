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

/// The text, or as much of its beginning as is not longer than so many bytes.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(
            (cut("abc", 3), cut("abc", 2), cut("aé", 2), cut("aé", 3), cut("", 0)),
            ("abc", "ab", "a", "aé", "")
        );
    }
}
