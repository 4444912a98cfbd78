//! Tag lists, `name=value; name=value`: the grammar that DKIM, DMARC, ARC, ADSP, BIMI, MTA-STS and TLS-RPT share
//! (RFC 6376 §3.2). The protocols decide which flaws are fatal and what a tag means.

use crate::explain::{Explain, Flaw, Rule, Span, Value};
use crate::limits::{TAG_COUNT_MAX, TAG_LIST_BYTES_MAX};

/// The tags of a list, in their order. Values are as written, trimmed of white space and folds at both ends.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TagList<'a> {
    tags: Vec<Tag<'a>>,
}

/// One `name=value`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tag<'a> {
    /// The name: names are case-sensitive (RFC 6376 §3.2).
    pub name: &'a [u8],
    /// The value without white space around it; white space and folds inside stay.
    pub value: &'a [u8],
    /// Where the value stands in the text.
    pub span: Span,
}

/// What can be wrong with a tag list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TagFlaw {
    /// A part between semicolons without `=`.
    NoEquals,
    /// A part between semicolons that is empty (the one behind the last semicolon may be).
    EmptyTag,
    /// A name that does not start with a letter, or holds other than letters, digits and underscore.
    Name,
    /// The same name again.
    Duplicate,
    /// A byte in a value that no value may hold.
    ValueByte,
    /// More tags than [`TAG_COUNT_MAX`]; the rest was not read.
    TooMany,
    /// More bytes than [`TAG_LIST_BYTES_MAX`]; nothing was read.
    TooLong,
}

impl<'a> TagList<'a> {
    /// Reads a tag list. Spans are offsets into `text`.
    #[must_use]
    pub fn parse(text: &'a [u8]) -> (Self, Vec<Flaw<TagFlaw>>) {
        let mut list = Self { tags: Vec::with_capacity(12) };
        let mut flaws = Vec::new();
        if text.len() > TAG_LIST_BYTES_MAX {
            flaws.push(Flaw::new(TagFlaw::TooLong, 0, text.len()));
            return (list, flaws);
        }
        // Most lists have no such byte; only in the others each value is looked at.
        let look_at_values = !are_value_bytes(text);
        let mut start = 0;
        while start < text.len() {
            let end = memchr::memchr(b';', &text[start..]).map_or(text.len(), |at| start + at);
            if let Some(value) = list.part(text, start, end, &mut flaws)
                && look_at_values
                && !are_value_bytes(value.of(text))
            {
                flaws.push(Flaw { kind: TagFlaw::ValueByte, span: value });
            }
            if list.tags.len() > TAG_COUNT_MAX {
                list.tags.truncate(TAG_COUNT_MAX);
                flaws.push(Flaw::new(TagFlaw::TooMany, start, text.len()));
                break;
            }
            start = end + 1;
        }
        (list, flaws)
    }

    /// The tags in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Tag<'a>> {
        self.tags.iter()
    }

    /// The first tag called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Tag<'a>> {
        self.tags.iter().find(|tag| is_same(tag.name, name.as_bytes()))
    }

    /// The value of the first tag called `name`.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.get(name).map(|tag| tag.value)
    }

    /// Reads the part between two semicolons; gives the place of its value.
    fn part(&mut self, text: &'a [u8], start: usize, end: usize, flaws: &mut Vec<Flaw<TagFlaw>>) -> Option<Span> {
        let part = &text[start..end];
        if part.iter().all(|byte| is_space(*byte)) {
            if end < text.len() {
                flaws.push(Flaw::new(TagFlaw::EmptyTag, start, end));
            }
            return None;
        }
        // Names are short: too short for a search that must be prepared.
        let Some(equals) = part.iter().position(|byte| *byte == b'=') else {
            flaws.push(Flaw::new(TagFlaw::NoEquals, start, end));
            return None;
        };
        let name_span = trimmed(text, start, start + equals);
        let span = trimmed(text, start + equals + 1, end);
        let (name, value) = (name_span.of(text), span.of(text));
        let flaw = |kind, span: Span| Flaw { kind, span };
        if !is_name(name) {
            flaws.push(flaw(TagFlaw::Name, name_span));
        } else if self.tags.iter().any(|tag| is_same(tag.name, name)) {
            // RFC 6376 §3.2: a list in which a name occurs twice is invalid as a whole.
            flaws.push(flaw(TagFlaw::Duplicate, name_span));
        }
        self.tags.push(Tag { name, value, span });
        Some(span)
    }
}

impl Tag<'_> {
    /// The value as text, when it is UTF-8.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(self.value).ok()
    }
}

impl TagFlaw {
    /// Every id of this enum.
    pub const IDS: &'static [&'static str] = &[
        "tag-no-equals",
        "tag-empty",
        "tag-name",
        "tag-duplicate",
        "tag-value-byte",
        "tag-too-many",
        "tag-list-too-long",
    ];
}

impl Explain for TagFlaw {
    fn id(&self) -> &'static str {
        match self {
            Self::NoEquals => "tag-no-equals",
            Self::EmptyTag => "tag-empty",
            Self::Name => "tag-name",
            Self::Duplicate => "tag-duplicate",
            Self::ValueByte => "tag-value-byte",
            Self::TooMany => "tag-too-many",
            Self::TooLong => "tag-list-too-long",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::TooMany | Self::TooLong => None,
            _ => Some(Rule("RFC 6376", "3.2")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooMany => vec![("limit", TAG_COUNT_MAX.into())],
            Self::TooLong => vec![("limit", TAG_LIST_BYTES_MAX.into())],
            _ => Vec::new(),
        }
    }
}

/// White space of RFC 6376 §2.8 (FWS): space, tab and the bytes of a fold.
#[must_use]
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn trimmed(text: &[u8], mut start: usize, mut end: usize) -> Span {
    while start < end && is_space(text[start]) {
        start += 1;
    }
    while start < end && is_space(text[end - 1]) {
        end -= 1;
    }
    Span::new(start, end)
}

/// Whether two names are equal. Most of them are of one letter, which is enough to tell them apart.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.first() == other.first() && one == other
}

fn is_name(name: &[u8]) -> bool {
    // RFC 6376 §3.2: tag-name = ALPHA *ALNUMPUNC.
    name.first().is_some_and(u8::is_ascii_alphabetic)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// RFC 6376 §3.2: VALCHAR, and white space between; RFC 8616 §5 adds UTF-8. What is left out are controls.
fn are_value_bytes(bytes: &[u8]) -> bool {
    // Without branches, so that the compiler can look at many bytes at once.
    bytes.iter().fold(true, |sound, &byte| {
        let is_space = (byte == b'\t') | (byte == b'\r') | (byte == b'\n');
        sound & ((byte >= b' ') & (byte != 0x7f) | is_space)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kinds(text: &str) -> Vec<TagFlaw> {
        TagList::parse(text.as_bytes()).1.iter().map(|flaw| flaw.kind).collect()
    }

    #[test]
    fn values_are_trimmed_and_spanned() {
        let text = b" v = 1 ;\r\n\tb= ab\r\n\tcd ;";
        let (list, flaws) = TagList::parse(text);
        assert_eq!(flaws, []);
        assert_eq!(list.value("v"), Some(&b"1"[..]));
        let tag = list.get("b").unwrap();
        assert_eq!(tag.value, b"ab\r\n\tcd");
        assert_eq!(tag.span.of(text), tag.value);
    }

    #[test]
    fn flaws_are_named() {
        assert_eq!(kinds("a=1; a=2"), [TagFlaw::Duplicate]);
        assert_eq!(kinds("a=1; A=2"), []);
        assert_eq!(kinds("a=1;;b=2"), [TagFlaw::EmptyTag]);
        assert_eq!(kinds("a=1; "), []);
        assert_eq!(kinds("a"), [TagFlaw::NoEquals]);
        assert_eq!(kinds("1a=2"), [TagFlaw::Name]);
        assert_eq!(kinds("=2"), [TagFlaw::Name]);
        assert_eq!(kinds("a=\0"), [TagFlaw::ValueByte]);
        assert_eq!(kinds("a=関所"), []);
    }

    #[test]
    fn limits_at_below_and_above() {
        let list = |count: usize| (0..count).map(|n| format!("t{n}=x;")).collect::<String>();
        for (count, flawed) in [(TAG_COUNT_MAX - 1, false), (TAG_COUNT_MAX, false), (TAG_COUNT_MAX + 1, true)] {
            assert_eq!(kinds(&list(count)).contains(&TagFlaw::TooMany), flawed, "{count} tags");
        }
        for (length, flawed) in [(TAG_LIST_BYTES_MAX, false), (TAG_LIST_BYTES_MAX + 1, true)] {
            let text = format!("a={}", "x".repeat(length - 2));
            assert_eq!(kinds(&text).contains(&TagFlaw::TooLong), flawed);
        }
    }

    proptest! {
        #[test]
        fn a_printed_list_reads_back(tags in proptest::collection::btree_map("[a-z][a-z0-9_]{0,5}", "[!-:<-~]{0,12}", 0..8)) {
            let text: String = tags.iter().map(|(name, value)| format!("{name} = {value} ;\r\n ")).collect();
            let (list, flaws) = TagList::parse(text.as_bytes());
            prop_assert_eq!(flaws.len(), 0);
            let read: std::collections::BTreeMap<String, String> = list
                .iter()
                .map(|tag| (String::from_utf8_lossy(tag.name).into(), String::from_utf8_lossy(tag.value).into()))
                .collect();
            prop_assert_eq!(read, tags);
        }
    }
}
