//! Names that are never asked, because whoever runs them does not want it.

use std::collections::HashSet;

use foldhash::fast::RandomState;
use mailtext::{Domain, DomainError};

use crate::limits::SURVEY_OPT_OUT_COUNT_MAX;

/// Names, each with everything below it.
#[derive(Clone, Debug, Default)]
pub struct OptOut {
    names: HashSet<Domain, RandomState>,
}

/// A line of an opt-out list that cannot be obeyed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OptOutError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it; `None`: there are more than [`SURVEY_OPT_OUT_COUNT_MAX`].
    pub error: Option<DomainError>,
}

impl OptOut {
    /// Reads a list: a name on each line, `#` begins a comment. `example.jp`, `.example.jp` and `*.example.jp` mean the
    /// same: the name and all below it, for who does not want to be asked does not want `_dmarc` asked either.
    ///
    /// # Errors
    /// The first line that is no name. Nobody is asked who may have wanted not to be.
    pub fn parse(text: &str) -> Result<Self, OptOutError> {
        let mut list = Self::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let failed = |error| OptOutError { line: index + 1, error };
            let name = line.strip_prefix("*.").or_else(|| line.strip_prefix('.')).unwrap_or(line);
            if list.names.len() == SURVEY_OPT_OUT_COUNT_MAX {
                return Err(failed(None));
            }
            list.names.insert(Domain::parse(name).map_err(|error| failed(Some(error)))?);
        }
        Ok(list)
    }

    /// Whether this name, or one above it, is on the list.
    #[must_use]
    pub fn covers(&self, name: &Domain) -> bool {
        if self.names.is_empty() {
            return false;
        }
        std::iter::successors(Some(name.clone()), Domain::parent).any(|name| self.names.contains(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_all_below_them() {
        let list = OptOut::parse("# who asked us\nexample.jp # by mail\n*.Example.ORG\n.日本語.jp\n\n").unwrap();
        let covers = |name: &str| list.covers(&Domain::query(name).unwrap());
        for name in ["example.jp", "_dmarc.example.jp", "a.b.example.org", "example.org", "a.xn--wgv71a119e.jp"] {
            assert!(covers(name), "{name}");
        }
        for name in ["jp", "anexample.jp", "example.jp.example", "org"] {
            assert!(!covers(name), "{name}");
        }
        assert!(!OptOut::default().covers(&Domain::query("example.jp").unwrap()));
    }

    #[test]
    fn a_line_that_is_no_name_is_an_error() {
        let error = OptOut::parse("example.jp\n\nexa mple.jp\n").unwrap_err();
        assert_eq!(error, OptOutError { line: 3, error: Some(DomainError::Character) });
    }
}
