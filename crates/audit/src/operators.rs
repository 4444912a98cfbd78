//! Who runs what SPF records include, as far as a table of well-known names tells: `data/operators.txt`.

use mailtext::Domain;

/// Who runs this name; `None` where the table does not say.
#[must_use]
pub fn operator(name: &Domain) -> Option<&'static str> {
    let is_within = |row: &str| {
        let before = name.as_str().strip_suffix(row);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    // The longest name that it is within.
    rows().filter(|(row, _)| is_within(row)).max_by_key(|(row, _)| row.len()).map(|(_, operator)| operator)
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '))
}

const TABLE: &str = include_str!("../data/operators.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_can_be_read() {
        let lines: Vec<_> = TABLE.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.len() > 40 && lines.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(rows().count(), lines.len());
        for (name, operator) in rows() {
            assert_eq!(Domain::query(name).unwrap().as_str(), name, "as names are written here");
            assert!(operator.trim() == operator && !operator.is_empty(), "{name}");
        }
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
