//! Encoded-words (RFC 2047, with the language suffix of RFC 2231 §5): how header fields carry other letters than ASCII.
//! For display, and for writing labels of our own. No address is ever taken from here.

use std::borrow::Cow;

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8, WINDOWS_1252};

use crate::encode::{decode_base64_lenient, encode_base64, push_hex_octets};
use crate::limits::{DECODED_TEXT_BYTES_MAX, ENCODED_WORD_BYTES_MAX};

/// In which charset words are written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WordCharset {
    /// UTF-8.
    Utf8,
    /// ISO-2022-JP (RFC 1468), for readers of the old kind; text that it cannot hold is written as UTF-8.
    Iso2022Jp,
}

/// Decodes the text of a field for display: folds are removed, encoded-words decoded (adjacent ones joined), broken ones
/// left as they are, raw 8-bit bytes and raw ISO-2022-JP guessed.
///
/// The result may hold control characters; print it through [`display_safe`]. Of text longer than
/// [`DECODED_TEXT_BYTES_MAX`] only that much is decoded.
#[must_use]
pub fn decode(text: &[u8]) -> String {
    let text = &text[..text.len().min(DECODED_TEXT_BYTES_MAX)];
    let unfolded: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let mut decoded = Joiner::default();
    let mut rest = &unfolded[..];
    while let Some(start) = memchr::memmem::find(rest, b"=?") {
        let (before, from) = rest.split_at(start);
        if let Some(word) = EncodedWord::at(from) {
            decoded.plain(before);
            decoded.word(&word);
            rest = &from[word.length..];
        } else {
            decoded.plain(before);
            decoded.plain(b"=?");
            rest = &from[2..];
        }
    }
    decoded.plain(rest);
    decoded.finish()
}

/// How many bytes the encoded-word at the start of `text` has; `None` when none stands there. The word may hold any byte
/// but `?`, white space and control bytes.
#[must_use]
pub fn encoded_word_len(text: &[u8]) -> Option<usize> {
    EncodedWord::at(text).map(|word| word.length)
}

/// Writes `text` as encoded-words of at most 75 bytes each; put a space or a fold between them.
#[must_use]
pub fn encode_words(text: &str, charset: WordCharset) -> Vec<String> {
    let (name, encoding) = match charset {
        WordCharset::Iso2022Jp if !ISO_2022_JP.encode(text).2 => ("ISO-2022-JP", ISO_2022_JP),
        _ => ("UTF-8", UTF_8),
    };
    let room = (75 - "=??B??=".len() - name.len()) / 4 * 3;
    let mut words = Vec::new();
    let mut piece = String::new();
    for character in text.chars() {
        piece.push(character);
        if encoding.encode(&piece).0.len() > room {
            piece.pop();
            words.push(word_of(&piece, name, encoding));
            piece.clear();
            piece.push(character);
        }
    }
    if !piece.is_empty() {
        words.push(word_of(&piece, name, encoding));
    }
    words
}

/// Text that may be shown on a terminal or page: control characters, line separators, invisible characters and those
/// that turn the direction of writing (which make `gpj.exe` look like `exe.jpg`) become U+FFFD, a tab a space.
#[must_use]
pub fn display_safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let safe = |character| match character {
        '\t' => ' ',
        _ if is_unsafe(character) => char::REPLACEMENT_CHARACTER,
        _ => character,
    };
    Cow::Owned(text.chars().map(safe).collect())
}

/// Raw bytes as text: UTF-8 when they are, else what they most likely are in Japan, else windows-1252.
#[must_use]
pub fn guess(bytes: &[u8]) -> String {
    if memchr::memchr(0x1b, bytes).is_some()
        && let Some(text) = ISO_2022_JP.decode_without_bom_handling_and_without_replacement(bytes)
    {
        return text.into_owned();
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    [EUC_JP, SHIFT_JIS]
        .iter()
        .find_map(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes))
        .unwrap_or_else(|| WINDOWS_1252.decode_without_bom_handling(bytes).0)
        .into_owned()
}

/// Bytes in a named charset as text; an unknown name is guessed, broken bytes become U+FFFD.
#[must_use]
pub fn decode_charset(bytes: &[u8], charset: &[u8]) -> String {
    match Encoding::for_label(charset) {
        Some(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        None => guess(bytes),
    }
}

struct EncodedWord<'a> {
    charset: &'a [u8],
    bytes: Vec<u8>,
    length: usize,
}

impl<'a> EncodedWord<'a> {
    /// RFC 2047 §2: `=?` charset `?` encoding `?` text `?=`, without white space.
    fn at(text: &'a [u8]) -> Option<Self> {
        let window = &text[..text.len().min(ENCODED_WORD_BYTES_MAX)];
        let mut parts = window.strip_prefix(b"=?")?.splitn(4, |byte| *byte == b'?');
        let (charset, encoding, encoded, rest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let printable = |part: &[u8]| part.iter().all(|byte| *byte > b' ' && *byte != 0x7f);
        if !rest.starts_with(b"=") || charset.is_empty() || !printable(charset) || !printable(encoded) {
            return None;
        }
        let bytes = match encoding {
            b"B" | b"b" => decode_base64_lenient(encoded),
            b"Q" | b"q" => decode_q(encoded),
            _ => return None,
        };
        // RFC 2231 §5: a language may follow the charset behind an asterisk.
        let charset = charset.split(|byte| *byte == b'*').next().unwrap_or(charset);
        let length = 2 + charset_len(window) + 1 + encoding.len() + 1 + encoded.len() + 2;
        Some(Self { charset, bytes, length })
    }
}

fn charset_len(word: &[u8]) -> usize {
    memchr::memchr(b'?', word.get(2..).unwrap_or_default()).unwrap_or_default()
}

/// RFC 2047 §4.2: the underscore stands for a space, whatever the charset.
fn decode_q(encoded: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = encoded.iter().map(|byte| if *byte == b'_' { b' ' } else { *byte }).collect();
    let mut bytes = Vec::with_capacity(spaced.len());
    push_hex_octets(&spaced, &mut bytes);
    bytes
}

/// Puts words and plain text together. Bytes of adjacent words of one charset are joined before they become text:
/// many writers split a character between two words.
#[derive(Default)]
struct Joiner {
    text: String,
    plain: Vec<u8>,
    word_bytes: Vec<u8>,
    word_charset: Vec<u8>,
    in_word: bool,
}

impl Joiner {
    fn plain(&mut self, bytes: &[u8]) {
        self.plain.extend_from_slice(bytes);
    }

    fn word(&mut self, word: &EncodedWord<'_>) {
        // RFC 2047 §6.2: white space between adjacent encoded-words is not shown.
        let adjacent = self.in_word && self.plain.iter().all(|byte| matches!(byte, b' ' | b'\t'));
        if adjacent {
            self.plain.clear();
        }
        // RFC 1468 ends each word in ASCII: nothing is split there, and decoders dislike two escapes in a row.
        let whole = self.word_bytes.ends_with(b"\x1b(B");
        if !adjacent || whole || !self.word_charset.eq_ignore_ascii_case(word.charset) {
            self.flush_word();
            self.flush_plain();
        }
        self.word_charset = word.charset.to_vec();
        self.word_bytes.extend_from_slice(&word.bytes);
        self.in_word = true;
    }

    fn flush_word(&mut self) {
        if self.in_word {
            self.text.push_str(&decode_charset(&self.word_bytes, &self.word_charset));
            self.word_bytes.clear();
            self.in_word = false;
        }
    }

    fn flush_plain(&mut self) {
        self.text.push_str(&guess(&self.plain));
        self.plain.clear();
    }

    fn finish(mut self) -> String {
        self.flush_word();
        self.flush_plain();
        self.text
    }
}

fn word_of(piece: &str, name: &str, encoding: &'static Encoding) -> String {
    format!("=?{name}?B?{}?=", encode_base64(&encoding.encode(piece).0))
}

fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn examples_of_rfc_2047() {
        for (text, shown) in [
            ("=?ISO-8859-1?Q?a?=", "a"),
            ("=?ISO-8859-1?Q?a?= b", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a?=  \r\n =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a_b?=", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
            ("=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"),
        ] {
            assert_eq!(decode(text.as_bytes()), shown, "{text}");
        }
    }

    #[test]
    fn japanese_charsets() {
        for text in [
            "=?ISO-2022-JP?B?GyRCNFg9ahsoQg==?=",
            "=?Shift_JIS?B?ip2PiQ==?=",
            "=?EUC-JP?Q?=B4=D8=BD=EA?=",
            "=?UTF-8?B?6Zai5omA?=",
        ] {
            let shown = decode(text.as_bytes());
            assert!(shown.chars().count() == 2 && !shown.contains('\u{fffd}'), "{text}: {shown}");
        }
        assert_eq!(decode(b"=?ISO-2022-JP?B?GyRCNFg9ahsoQg==?="), "関所");
        assert_eq!(decode(b"\x1b$B4X=j\x1b(B"), "関所");
        assert_eq!(decode(b"\xb4\xd8\xbd\xea"), "関所");
        assert_eq!(decode("関所".as_bytes()), "関所");
    }

    #[test]
    fn a_character_split_between_words_is_whole() {
        assert_eq!(decode(b"=?utf-8?B?6Zai5g==?= =?UTF-8?B?iYA=?="), "関所");
    }

    #[test]
    fn adjacent_words_of_iso_2022_jp() {
        assert_eq!(decode(b"=?ISO-2022-JP?B?GyRCNFgbKEI=?= =?ISO-2022-JP?B?GyRCPWobKEI=?="), "関所");
    }

    #[test]
    fn broken_words_stay() {
        for text in ["=?utf-8?X?a?=", "=?utf-8?B?a", "=?utf-8?Q?a b?=", "=??Q?a?=", "=?", "a=?=?="] {
            assert_eq!(decode(text.as_bytes()), text);
        }
    }

    #[test]
    fn what_misleads_eyes_is_replaced() {
        assert_eq!(display_safe("a\u{202e}gpj.exe\r\nb\tc\0"), "a\u{fffd}gpj.exe\u{fffd}\u{fffd}b c\u{fffd}");
        assert_eq!(display_safe("関所 👩‍🚀"), "関所 👩‍🚀");
    }

    #[test]
    fn limits_at_below_and_above() {
        for (length, decoded) in
            [(ENCODED_WORD_BYTES_MAX - 1, true), (ENCODED_WORD_BYTES_MAX, true), (ENCODED_WORD_BYTES_MAX + 1, false)]
        {
            let word = format!("=?utf-8?Q?{}?=", "a".repeat(length - 12));
            assert_eq!(word.len(), length);
            assert_eq!(encoded_word_len(word.as_bytes()).is_some(), decoded, "{length}");
        }
        for extra in [-1isize, 0, 1] {
            let length = DECODED_TEXT_BYTES_MAX.checked_add_signed(extra).unwrap();
            let shown = decode(&b"a".repeat(length));
            assert_eq!(shown.len(), length.min(DECODED_TEXT_BYTES_MAX));
        }
    }

    #[test]
    fn words_fall_back_to_utf_8() {
        assert_eq!(encode_words("関所", WordCharset::Iso2022Jp), ["=?ISO-2022-JP?B?GyRCNFg9ahsoQg==?="]);
        assert_eq!(encode_words("é👩", WordCharset::Iso2022Jp), ["=?UTF-8?B?w6nwn5Gp?="]);
    }

    proptest! {
        #[test]
        fn words_read_back(text in "[ -~ぁ-んア-ン亜-腕é]{0,80}") {
            for charset in [WordCharset::Utf8, WordCharset::Iso2022Jp] {
                let words = encode_words(&text, charset);
                prop_assert!(words.iter().all(|word| word.len() <= 75));
                prop_assert_eq!(decode(words.join("\r\n ").as_bytes()), text.clone());
            }
        }

        #[test]
        fn decoding_never_fails(bytes in any::<Vec<u8>>()) {
            let shown = decode(&bytes);
            prop_assert!(!display_safe(&shown).chars().any(char::is_control));
        }
    }
}
