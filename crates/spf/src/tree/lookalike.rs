//! TXT records that were meant to be SPF records, as it seems, and are none (RFC 7208 §4.5), and records of Sender ID.

use lookup::Data;

use crate::limits::{LOOKALIKE_CHARACTERS_MAX, LOOKALIKE_COUNT_MAX};
use crate::record::{Version, version_length};

/// A TXT record beside the SPF record, or in its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lookalike {
    /// What it is taken for.
    pub kind: LookalikeKind,
    /// Its text, for people, cut at [`LOOKALIKE_CHARACTERS_MAX`].
    pub text: String,
}

/// What keeps it from being an SPF record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LookalikeKind {
    /// It begins with a blank or a quotation mark: `" v=spf1 …"`, `"\"v=spf1 …"`.
    Wrapped,
    /// What follows the version is not a space: `v=spf1include:…`, `v=spf1;`.
    Glued,
    /// Another version: `v=spf10`, `v=spf2`, `v=spf`.
    OtherVersion,
    /// The version is written otherwise: `spf1 …`, `v:spf1`, `v = spf1`, `v=spf-1`.
    Misspelt,
    /// A record of Sender ID: `spf2.0/…` (RFC 4406, historic).
    SenderId,
}

impl Lookalike {
    /// Those among the TXT records of a name.
    #[must_use]
    pub fn among(data: &[Data]) -> Vec<Self> {
        let texts = data.iter().filter_map(|record| match record {
            Data::Txt(text) => Some(text.bytes()),
            _ => None,
        });
        texts.filter_map(Self::of).take(LOOKALIKE_COUNT_MAX).collect()
    }

    /// What a text is taken for; `None` for SPF records and for what has nothing to do with SPF.
    #[must_use]
    pub fn of(text: &[u8]) -> Option<Self> {
        let kind = LookalikeKind::of(text)?;
        let text = String::from_utf8_lossy(text.get(..LOOKALIKE_CHARACTERS_MAX * 4).unwrap_or(text));
        Some(Self { kind, text: text.chars().take(LOOKALIKE_CHARACTERS_MAX).collect() })
    }
}

impl LookalikeKind {
    fn of(text: &[u8]) -> Option<Self> {
        if version_length(text).is_some() {
            return None;
        }
        if Version::parse_spf2(text).is_some() {
            return Some(Self::SenderId);
        }
        let start = text.get(..START_BYTES).unwrap_or(text).to_ascii_lowercase();
        let inner: &[u8] = start.trim_ascii_start();
        let inner = inner.strip_prefix("\u{feff}".as_bytes()).unwrap_or(inner);
        let inner = ["\\\"", "\"", "'", "\u{201c}", "\u{201d}", "\u{a0}"]
            .iter()
            .find_map(|mark| inner.strip_prefix(mark.as_bytes()))
            .unwrap_or(inner)
            .trim_ascii_start();
        if inner.len() < start.len() && inner.starts_with(b"v=spf1") {
            return Some(Self::Wrapped);
        }
        if let Some(rest) = inner.strip_prefix(b"v=spf") {
            return match rest.first() {
                Some(b'1') if rest.get(1).is_some_and(u8::is_ascii_digit) => Some(Self::OtherVersion),
                Some(b'1') => Some(Self::Glued),
                Some(b'-' | b'_' | b' ' | b'v') => Some(Self::Misspelt),
                _ => Some(Self::OtherVersion),
            };
        }
        // Blanks and signs apart, it begins as one, and more follows.
        let plain: Vec<u8> = inner.iter().copied().filter(u8::is_ascii_alphanumeric).take(5).collect();
        let is_near = plain.starts_with(b"vspf1") || (inner.starts_with(b"spf1 ") || inner.starts_with(b"spf="));
        is_near.then_some(Self::Misspelt)
    }

    /// The word for it, stable: `glued`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Wrapped => "wrapped",
            Self::Glued => "glued",
            Self::OtherVersion => "other-version",
            Self::Misspelt => "misspelt",
            Self::SenderId => "sender-id",
        }
    }
}

/// So much of a text is looked at.
const START_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearly_a_record_is_named() {
        let kind = |text: &str| Lookalike::of(text.as_bytes()).map(|found| found.kind);
        for record in ["v=spf1", "v=spf1 -all", "V=SPF1 a", "", "google-site-verification=spf1", "v=DMARC1; p=none"] {
            assert_eq!(kind(record), None, "{record}");
        }
        for (text, wanted) in [
            ("v=spf1include:_spf.example.com", LookalikeKind::Glued),
            ("v=spf1; a", LookalikeKind::Glued),
            ("v=spf1\ta", LookalikeKind::Glued),
            ("v=spf10 a", LookalikeKind::OtherVersion),
            ("v=spf2 a", LookalikeKind::OtherVersion),
            ("v=spf", LookalikeKind::OtherVersion),
            (" v=spf1 a", LookalikeKind::Wrapped),
            ("\"v=spf1 a\"", LookalikeKind::Wrapped),
            ("\u{201c}v=spf1 a\u{201d}", LookalikeKind::Wrapped),
            ("spf1 include:example.com", LookalikeKind::Misspelt),
            ("v = spf1 a", LookalikeKind::Misspelt),
            ("v:spf1 a", LookalikeKind::Misspelt),
            ("v=spf-1 a", LookalikeKind::Misspelt),
            ("spf2.0/pra a -all", LookalikeKind::SenderId),
        ] {
            assert_eq!(kind(text), Some(wanted), "{text}");
        }
    }

    #[test]
    fn long_texts_are_cut() {
        let long = format!("spf1 {}", "あ".repeat(500));
        assert_eq!(Lookalike::of(long.as_bytes()).unwrap().text.chars().count(), LOOKALIKE_CHARACTERS_MAX);
        let many: Vec<Data> = (0..20).map(|_| Data::txt("v=spf2 a")).collect();
        assert_eq!(Lookalike::among(&many).len(), LOOKALIKE_COUNT_MAX);
    }
}
