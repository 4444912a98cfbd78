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

    /// The catalogue's files.
    pub(crate) fn sources(self) -> &'static [&'static str] {
        match self {
            Self::English => &ENGLISH,
            Self::Japanese => &JAPANESE,
        }
    }
}

const ENGLISH: [&str; 50] = [
    include_str!("../en/mailtext.ftl"),
    include_str!("../en/lookup.ftl"),
    include_str!("../en/spf.ftl"),
    include_str!("../en/dkim.ftl"),
    include_str!("../en/dmarc.ftl"),
    include_str!("../en/arc.ftl"),
    include_str!("../en/domainkeys.ftl"),
    include_str!("../en/tree.ftl"),
    include_str!("../en/sender-id.ftl"),
    include_str!("../en/bimi.ftl"),
    include_str!("../en/client.ftl"),
    include_str!("../en/fetch.ftl"),
    include_str!("../en/auth.ftl"),
    include_str!("../en/policy.ftl"),
    include_str!("../en/outgoing.ftl"),
    include_str!("../en/rotation.ftl"),
    include_str!("../en/keys.ftl"),
    include_str!("../en/verify.ftl"),
    include_str!("../en/cli.ftl"),
    include_str!("../en/serve.ftl"),
    include_str!("../en/config.ftl"),
    include_str!("../en/import.ftl"),
    include_str!("../en/feedback.ftl"),
    include_str!("../en/insight.ftl"),
    include_str!("../en/rules.ftl"),
    include_str!("../en/reports.ftl"),
    include_str!("../en/people.ftl"),
    include_str!("../en/check.ftl"),
    include_str!("../en/audit-publication.ftl"),
    include_str!("../en/audit-spf.ftl"),
    include_str!("../en/audit-dkim.ftl"),
    include_str!("../en/audit-dmarc.ftl"),
    include_str!("../en/audit-bimi.ftl"),
    include_str!("../en/audit-hosts.ftl"),
    include_str!("../en/audit-legacy.ftl"),
    include_str!("../en/audit-transport.ftl"),
    include_str!("../en/audit-message.ftl"),
    include_str!("../en/audit-guideline.ftl"),
    include_str!("../en/audit-records.ftl"),
    include_str!("../en/audit-profile.ftl"),
    include_str!("../en/audit-change.ftl"),
    include_str!("../en/survey.ftl"),
    include_str!("../en/survey-run.ftl"),
    include_str!("../en/page.ftl"),
    include_str!("../en/page-reports.ftl"),
    include_str!("../en/page-inbox.ftl"),
    include_str!("../en/page-mail.ftl"),
    include_str!("../en/page-desk.ftl"),
    include_str!("../en/page-people.ftl"),
    include_str!("../en/page-survey.ftl"),
];

const JAPANESE: [&str; 50] = [
    include_str!("../ja/mailtext.ftl"),
    include_str!("../ja/lookup.ftl"),
    include_str!("../ja/spf.ftl"),
    include_str!("../ja/dkim.ftl"),
    include_str!("../ja/dmarc.ftl"),
    include_str!("../ja/arc.ftl"),
    include_str!("../ja/domainkeys.ftl"),
    include_str!("../ja/tree.ftl"),
    include_str!("../ja/sender-id.ftl"),
    include_str!("../ja/bimi.ftl"),
    include_str!("../ja/client.ftl"),
    include_str!("../ja/fetch.ftl"),
    include_str!("../ja/auth.ftl"),
    include_str!("../ja/policy.ftl"),
    include_str!("../ja/outgoing.ftl"),
    include_str!("../ja/rotation.ftl"),
    include_str!("../ja/keys.ftl"),
    include_str!("../ja/verify.ftl"),
    include_str!("../ja/cli.ftl"),
    include_str!("../ja/serve.ftl"),
    include_str!("../ja/config.ftl"),
    include_str!("../ja/import.ftl"),
    include_str!("../ja/feedback.ftl"),
    include_str!("../ja/insight.ftl"),
    include_str!("../ja/rules.ftl"),
    include_str!("../ja/reports.ftl"),
    include_str!("../ja/people.ftl"),
    include_str!("../ja/check.ftl"),
    include_str!("../ja/audit-publication.ftl"),
    include_str!("../ja/audit-spf.ftl"),
    include_str!("../ja/audit-dkim.ftl"),
    include_str!("../ja/audit-dmarc.ftl"),
    include_str!("../ja/audit-bimi.ftl"),
    include_str!("../ja/audit-hosts.ftl"),
    include_str!("../ja/audit-legacy.ftl"),
    include_str!("../ja/audit-transport.ftl"),
    include_str!("../ja/audit-message.ftl"),
    include_str!("../ja/audit-guideline.ftl"),
    include_str!("../ja/audit-records.ftl"),
    include_str!("../ja/audit-profile.ftl"),
    include_str!("../ja/audit-change.ftl"),
    include_str!("../ja/survey.ftl"),
    include_str!("../ja/survey-run.ftl"),
    include_str!("../ja/page.ftl"),
    include_str!("../ja/page-reports.ftl"),
    include_str!("../ja/page-inbox.ftl"),
    include_str!("../ja/page-mail.ftl"),
    include_str!("../ja/page-desk.ftl"),
    include_str!("../ja/page-people.ftl"),
    include_str!("../ja/page-survey.ftl"),
];

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
