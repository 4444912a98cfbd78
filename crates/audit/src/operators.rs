//! Who runs what SPF records include, as far as a table of well-known names tells: `data/operators.txt`.

use std::sync::LazyLock;

use mailtext::Domain;

/// Who runs this name; `None` where the table does not say.
#[must_use]
pub fn operator(name: &Domain) -> Option<&'static str> {
    OPERATORS.of(name)
}

/// A table of well-known names: on each line a name, a space, and what stands for all that is within it.
pub(crate) struct Names(LazyLock<Vec<Row>>);

/// A name, and what stands for it.
type Row = (&'static str, &'static str);

impl Names {
    /// The table whose rows `read` gives, in the order of their names; they are read when somebody first asks.
    pub(crate) const fn new(read: fn() -> Vec<Row>) -> Self {
        Self(LazyLock::new(read))
    }

    /// What stands for the longest name in the table that this one is, or is within.
    pub(crate) fn of(&self, name: &Domain) -> Option<&'static str> {
        let text = name.as_str();
        let starts = std::iter::once(0).chain(text.match_indices('.').map(|(dot, _)| dot + 1));
        starts.filter_map(|start| text.get(start..)).find_map(|within| {
            let place = self.0.binary_search_by_key(&within, |(row, _)| row).ok()?;
            self.0.get(place).map(|(_, meaning)| *meaning)
        })
    }
}

/// The rows of a table as it is written; lines that begin with `#` are remarks.
pub(crate) fn rows(table: &'static str) -> Vec<Row> {
    table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' ')).collect()
}

static OPERATORS: Names = Names::new(|| rows(include_str!("../data/operators.txt")));

/// What every such table has to be.
#[cfg(test)]
pub(crate) fn check(table: &Names, written: &'static str) {
    let lines: Vec<_> = written.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(table.0.len(), lines.len(), "each line is a row");
    assert!(table.0.windows(2).all(|pair| pair[0].0 < pair[1].0), "in order, no name twice: {lines:#?}");
    for (name, operator) in table.0.iter() {
        assert_eq!(Domain::query(name).unwrap().as_str(), *name, "as names are written here");
        assert!(operator.trim() == *operator && !operator.is_empty(), "{name}");
        assert_eq!(table.of(&Domain::query(name).unwrap()), Some(*operator));
        assert_eq!(table.of(&Domain::query(&format!("a.b.{name}")).unwrap()), Some(*operator));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_can_be_read() {
        assert!(OPERATORS.0.len() > 40);
        check(&OPERATORS, include_str!("../data/operators.txt"));
    }

    #[test]
    fn who_runs_what() {
        let of = |name: &str| operator(&Domain::query(name).unwrap());
        assert_eq!(of("_spf.google.com"), Some("Google"));
        assert_eq!(of("a._spf.google.com"), Some("Google"));
        assert_eq!(of("spf.protection.outlook.com"), Some("Microsoft 365"));
        assert_eq!(of("1234567.spf04.hubspotemail.net"), Some("HubSpot"));
        for unknown in ["google.com", "notamazonses.com", "amazonses.com.example", "com", "example.jp"] {
            assert_eq!(of(unknown), None, "{unknown}");
        }
    }
}
