//! By what tables are made: the columns of the list, and what is known of every name.

use std::borrow::Cow;

use audit::survey::{Examined, japan};

use super::record::Groups;

/// The table of all names without groups.
pub(crate) const ALL: &str = dashboard::surveyed::ALL;
/// Groups that are made of what was found.
pub(crate) const OF_FACTS: [&str; 4] = ["mail", "ns-operator", "mx-operator", "parked"];

/// The value of a group column for a name; empty where it has none.
pub(super) fn value<'v>(
    by: &str,
    examined: &'v Examined,
    groups: &'v Groups,
    japan: Option<&japan::Suffixes>,
) -> Cow<'v, str> {
    if let Some((_, value)) = groups.iter().find(|(column, _)| **column == *by) {
        return Cow::Borrowed(value);
    }
    let text = |text: &'v Option<Box<str>>| Cow::Borrowed(text.as_deref().unwrap_or_default());
    match by {
        "mail" => Cow::Borrowed(examined.mail.class.as_str()),
        "ns-operator" => text(&examined.name_servers.operator),
        "mx-operator" => text(&examined.mail.operator),
        "parked" => text(&examined.mail.parked),
        _ => Cow::Owned(japan.map(|suffixes| suffixes.place(&examined.name).group(by).to_owned()).unwrap_or_default()),
    }
}

/// The name of a column as a part of a file's name: letters and digits of any script, and nothing that leads elsewhere.
pub(super) fn file_part(by: &str) -> String {
    let part = |letter: char| if letter.is_alphanumeric() || letter == '-' { letter } else { '_' };
    by.chars().take(FILE_PART_CHARACTERS_MAX).map(part).collect()
}

const FILE_PART_CHARACTERS_MAX: usize = 40;

#[cfg(test)]
mod tests {
    #[test]
    fn no_column_leads_elsewhere() {
        assert_eq!(super::file_part("../etc/passwd\0"), "___etc_passwd_");
        assert_eq!(super::file_part("地域 1"), "地域_1");
    }
}
