//! The languages that there are.

use unic_langid::{LanguageIdentifier, langid};

/// A language of the catalogues.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Japanese.
    Japanese,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::English, Self::Japanese];

    /// Reads a language tag (`ja`, `en-GB`) or the name of a locale as `LC_ALL` and `LANG` have it (`ja_JP.UTF-8`).
    /// `None` for other languages, and for `C` and `POSIX`, which name none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let language = text.split(['_', '-', '.', '@']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|known| known.tag().eq_ignore_ascii_case(language))
    }

    /// The tag of BCP 47: `ja`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }

    pub(crate) fn identifier(self) -> LanguageIdentifier {
        match self {
            Self::English => langid!("en"),
            Self::Japanese => langid!("ja"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_locales() {
        for (text, language) in [
            ("ja", Some(Language::Japanese)),
            ("JA", Some(Language::Japanese)),
            ("ja_JP.UTF-8", Some(Language::Japanese)),
            ("ja.eucJP", Some(Language::Japanese)),
            ("ja-JP", Some(Language::Japanese)),
            ("en", Some(Language::English)),
            ("en_US.UTF-8", Some(Language::English)),
            ("en_GB@euro", Some(Language::English)),
            ("C", None),
            ("C.UTF-8", None),
            ("POSIX", None),
            ("", None),
            ("jav", None),
            ("de_DE.UTF-8", None),
        ] {
            assert_eq!(Language::parse(text), language, "{text}");
        }
    }

    #[test]
    fn identifiers_are_the_tags() {
        for language in Language::ALL {
            assert_eq!(language.identifier().to_string(), language.tag());
        }
    }
}
