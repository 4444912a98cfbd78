//! A mark in front of a subject: `[meiwaku]`, `【迷惑メール】`. What stood there stays as it is, byte by byte; only
//! the mark is written, in the way of writing that the subject has – encoded-words of ISO-2022-JP or UTF-8, or raw UTF-8.

use crate::encoded_word::{WordCharset, decode, encode_words, encoded_word_len};
use crate::fold::LineEnd;
use crate::limits::SUBJECT_PREFIX_BYTES_MAX;

/// A mark: one line of visible text, without white space at its ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prefix(String);

/// Why a text is no mark.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PrefixError {
    /// Nothing there.
    Empty,
    /// Longer than [`SUBJECT_PREFIX_BYTES_MAX`].
    TooLong,
    /// A control character, or white space at an end.
    Character,
}

impl Prefix {
    /// A mark.
    ///
    /// # Errors
    /// Names the first rule broken.
    pub fn new(text: &str) -> Result<Self, PrefixError> {
        if text.is_empty() {
            return Err(PrefixError::Empty);
        }
        if text.len() > SUBJECT_PREFIX_BYTES_MAX {
            return Err(PrefixError::TooLong);
        }
        if text.trim() != text || text.chars().any(char::is_control) {
            return Err(PrefixError::Character);
        }
        Ok(Self(text.to_owned()))
    }

    /// The mark.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of a Subject field with the mark in front of it; `None` when the mark stands there already.
    ///
    /// `value` is the field's value as it came, folds included; empty when there is no such field. What comes out belongs
    /// behind a colon and a space; it begins with a fold only when the first encoded-word is too long for that line. Decoded, it is the mark, a space, and what `value` is
    /// decoded, without the white space in front of that.
    #[must_use]
    pub fn put_before(&self, value: &[u8], line_end: LineEnd) -> Option<Vec<u8>> {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let start = value.iter().position(|byte| !blank(byte)).unwrap_or(value.len());
        let rest = value.get(start..).unwrap_or_default();
        if self.is_in_front_of(rest) {
            return None;
        }
        let fold = match line_end {
            LineEnd::CrLf => "\r\n ",
            LineEnd::Lf => "\n ",
        };
        let mut written = self.write(rest, fold).into_bytes();
        if rest.is_empty() {
            return Some(written);
        }
        let last_line = written.len() - memchr::memrchr(b'\n', &written).map_or(0, |at| at + 1);
        let column = if last_line == written.len() { FIELD_COLUMN + last_line } else { last_line };
        let first_line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        // RFC 5322 §2.1.1: lines should not be longer than 78 characters; folded where a space stands anyway.
        let separator = if column + 1 + first_line > COLUMNS_MAX { fold } else { " " };
        written.extend_from_slice(separator.as_bytes());
        written.extend_from_slice(rest);
        Some(written)
    }

    /// Whether the mark stands in front already, however it is written.
    fn is_in_front_of(&self, rest: &[u8]) -> bool {
        // What is far behind the mark need not be decoded; but a word is decoded whole or not at all.
        decode(rest).trim_start().starts_with(self.as_str())
    }

    /// The mark as it is to be written in front of `rest`.
    fn write(&self, rest: &[u8], fold: &str) -> String {
        // A mark that looks like the start of an encoded-word would be taken for one.
        if self.0.is_ascii() && !self.0.contains("=?") {
            return self.0.clone();
        }
        let escape = memchr::memchr(0x1b, rest).is_some();
        // RFC 6532 §3.2: an internationalised header has UTF-8 as it is; so has the mark.
        let is_raw_utf8 = !rest.is_ascii() && std::str::from_utf8(rest).is_ok();
        if is_raw_utf8 && !escape && !self.0.contains("=?") {
            return self.0.clone();
        }
        let japanese = escape || rest.windows(14).any(|window| window.eq_ignore_ascii_case(b"=?ISO-2022-JP?"));
        let charset = if japanese { WordCharset::Iso2022Jp } else { WordCharset::Utf8 };
        // RFC 2047 §6.2: a space between two encoded-words is not shown, so that it has to stand in the first.
        let text = if encoded_word_len(rest).is_some() { format!("{} ", self.0) } else { self.0.clone() };
        let words = encode_words(&text, charset);
        // RFC 2047 §2: a line that holds an encoded-word has at most 76 characters.
        let is_long = words.first().is_some_and(|word| FIELD_COLUMN + word.len() > WORD_COLUMNS_MAX);
        let start = if is_long { fold } else { "" };
        format!("{start}{}", words.join(fold))
    }
}

/// Where a value starts: behind `Subject: `.
const FIELD_COLUMN: usize = 9;
const COLUMNS_MAX: usize = 78;
const WORD_COLUMNS_MAX: usize = 76;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn put(prefix: &str, value: &[u8]) -> Option<Vec<u8>> {
        Prefix::new(prefix).unwrap().put_before(value, LineEnd::CrLf)
    }

    fn text(prefix: &str, value: &str) -> String {
        String::from_utf8(put(prefix, value.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn an_ascii_mark_leaves_everything_as_it_is() {
        assert_eq!(text("[meiwaku]", " hello"), "[meiwaku] hello");
        assert_eq!(text("[meiwaku]", ""), "[meiwaku]");
        assert_eq!(text("[meiwaku]", " \r\n "), "[meiwaku]");
        assert_eq!(text("[meiwaku]", " =?UTF-8?B?6Zai5omA?="), "[meiwaku] =?UTF-8?B?6Zai5omA?=");
        assert_eq!(text("[meiwaku]", "\r\n\tfolded\r\n more"), "[meiwaku] folded\r\n more");
        assert_eq!(put("[meiwaku]", b" \x1b$B4X=j\x1b(B").unwrap(), b"[meiwaku] \x1b$B4X=j\x1b(B");
        assert_eq!(put("[meiwaku]", b" \xb4\xd8\xbd\xea").unwrap(), b"[meiwaku] \xb4\xd8\xbd\xea");
        assert_eq!(text("[meiwaku]", " 関所"), "[meiwaku] 関所");
    }

    #[test]
    fn another_mark_is_written_as_the_subject_is() {
        assert_eq!(text("【迷惑】", " hello"), "=?UTF-8?B?44CQ6L+35oOR44CR?= hello");
        assert_eq!(text("【迷惑】", ""), "=?UTF-8?B?44CQ6L+35oOR44CR?=");
        // The space stands in the word.
        assert_eq!(text("【迷惑】", " =?utf-8?q?a?="), "=?UTF-8?B?44CQ6L+35oOR44CRIA==?= =?utf-8?q?a?=");
        let japanese = text("【迷惑】", " =?ISO-2022-JP?B?GyRCNFg9ahsoQg==?=");
        // Together they are longer than a line.
        assert_eq!(japanese, "=?ISO-2022-JP?B?GyRCIVpMQk9HIVsbKEIg?=\r\n =?ISO-2022-JP?B?GyRCNFg9ahsoQg==?=");
        assert_eq!(decode(japanese.as_bytes()), "【迷惑】 関所");
        assert!(put("【迷惑】", b"\x1b$B4X=j\x1b(B").unwrap().starts_with(b"=?ISO-2022-JP?B?"));
        assert_eq!(text("【迷惑】", " 関所"), "【迷惑】 関所");
        assert!(put("【迷惑】", b"\xb4\xd8\xbd\xea").unwrap().starts_with(b"=?UTF-8?B?"));
    }

    #[test]
    fn a_mark_is_not_doubled() {
        for value in [
            " 【迷惑】 hello",
            "=?UTF-8?B?44CQ6L+35oOR44CR?= hello",
            "=?UTF-8?B?44CQ6L+35oOR44CRIA==?= =?utf-8?q?a?=",
            "=?ISO-2022-JP?B?GyRCIVpMQk9HIVsbKEIg?= x",
            "=?UTF-8?B?44CQ6L+3?=\r\n =?UTF-8?B?5oOR44CR?=",
        ] {
            assert_eq!(put("【迷惑】", value.as_bytes()), None, "{value}");
        }
        assert_eq!(put("[meiwaku]", b"[meiwaku] x"), None);
        assert_eq!(text("[meiwaku]", "Re: [meiwaku] x"), "[meiwaku] Re: [meiwaku] x");
    }

    #[test]
    fn long_lines_are_folded_where_a_space_stands() {
        let long = "a".repeat(60);
        assert_eq!(text("[meiwaku]", &long[..59]), format!("[meiwaku] {}", &long[..59]));
        assert_eq!(text("[meiwaku]", &long), format!("[meiwaku]\r\n {long}"));
        let with_lf = Prefix::new("[meiwaku]").unwrap().put_before(long.as_bytes(), LineEnd::Lf).unwrap();
        assert_eq!(with_lf, format!("[meiwaku]\n {long}").into_bytes());
    }

    #[test]
    fn what_is_no_mark() {
        for (text, error) in [
            ("", PrefixError::Empty),
            (" a", PrefixError::Character),
            ("a ", PrefixError::Character),
            ("a\r\nBcc: b", PrefixError::Character),
            ("a\u{85}", PrefixError::Character),
        ] {
            assert_eq!(Prefix::new(text), Err(error), "{text:?}");
        }
        for (length, good) in [
            (SUBJECT_PREFIX_BYTES_MAX - 1, true),
            (SUBJECT_PREFIX_BYTES_MAX, true),
            (SUBJECT_PREFIX_BYTES_MAX + 1, false),
        ] {
            assert_eq!(Prefix::new(&"a".repeat(length)).is_ok(), good, "{length}");
        }
    }

    /// Values as they are met: words, raw text, garbage, and folds between them.
    fn values() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            "[ -~]{0,30}".prop_map(String::into_bytes),
            "[ぁ-んア-ン亜-腕é]{1,20}".prop_map(String::into_bytes),
            ("[ぁ-んa-z ]{1,30}", any::<bool>()).prop_map(|(text, japanese)| {
                let charset = if japanese { WordCharset::Iso2022Jp } else { WordCharset::Utf8 };
                encode_words(&text, charset).join("\r\n ").into_bytes()
            }),
            "[ぁ-ん]{1,9}".prop_map(|text| encoding_rs::ISO_2022_JP.encode(&text).0.into_owned()),
            "[ぁ-ん]{1,9}".prop_map(|text| encoding_rs::EUC_JP.encode(&text).0.into_owned()),
            "[ぁ-ん]{1,9}".prop_map(|text| encoding_rs::SHIFT_JIS.encode(&text).0.into_owned()),
            proptest::collection::vec(any::<u8>().prop_filter("line ends", |byte| !b"\r\n".contains(byte)), 0..9),
        ];
        let glue = prop_oneof![Just(" "), Just("\r\n "), Just("\r\n\t"), Just("")];
        proptest::collection::vec((piece, glue), 0..4).prop_map(|pieces| {
            pieces.into_iter().flat_map(|(piece, glue)| [piece, glue.as_bytes().to_vec()].concat()).collect()
        })
    }

    fn marks() -> impl Strategy<Value = &'static str> {
        prop_oneof![
            Just("[meiwaku]"),
            Just("【迷惑メール】"),
            Just("未承諾広告※"),
            Just("=?UTF-8?Q?a?="),
            Just("⚠ suspicious é"),
            Just("なりすまし疑いのあるメールなりすまし疑い")
        ]
    }

    proptest! {
        #[test]
        fn decoded_it_is_the_mark_and_the_subject(value in values(), mark in marks()) {
            let prefix = Prefix::new(mark).unwrap();
            let blank = |character| matches!(character, ' ' | '\t' | '\r' | '\n');
            let start = value.iter().position(|byte| !blank(char::from(*byte))).unwrap_or(value.len());
            let shown = decode(&value[start..]);
            match prefix.put_before(&value, LineEnd::CrLf) {
                None => prop_assert!(shown.trim_start().starts_with(mark)),
                Some(marked) => {
                    let wanted = if start == value.len() { mark.to_owned() } else { format!("{mark} {shown}") };
                    let decoded = decode(&marked);
                    prop_assert_eq!(decoded.trim_start(), wanted);
                    // A second time nothing is added, and no line is without its fold.
                    prop_assert_eq!(prefix.put_before(&marked, LineEnd::CrLf), None);
                    let lines = marked.split(|byte| *byte == b'\n').skip(1);
                    let original: Vec<_> = value.split(|byte| *byte == b'\n').skip(1).collect();
                    for line in lines {
                        prop_assert!(line.starts_with(b" ") || original.contains(&line));
                    }
                    prop_assert!(marked.ends_with(&value[start..]));
                }
            }
        }
    }
}
