//! Writing header fields: words are put together with spaces, lines are folded before column 78, and nothing passes that
//! could end a line or a quoted string.

use std::borrow::Cow;

use crate::lex::is_token;
use crate::limits::{WRITTEN_COMMENT_BYTES_MAX, WRITTEN_VALUE_BYTES_MAX};

/// How lines end in what is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LineEnd {
    /// CRLF: the wire, and files on the wire form.
    CrLf,
    /// LF: what a milter gives to its MTA.
    Lf,
}

/// Which letters may be written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Letters {
    /// ASCII only; every other letter is written as `?`.
    Ascii,
    /// UTF-8 too: the message is internationalised (RFC 6532).
    Utf8,
}

/// Columns of a line, without its end (RFC 5322 §2.1.1).
const COLUMNS_MAX: usize = 78;

/// A field's value while it is written.
pub(crate) struct Folder {
    text: String,
    column: usize,
    line_end: LineEnd,
}

impl Folder {
    /// `column` is where the value starts: behind the name, colon and space.
    pub(crate) fn new(column: usize, line_end: LineEnd) -> Self {
        Self { text: String::with_capacity(256), column, line_end }
    }

    /// Puts a word, with a space or a fold before it.
    pub(crate) fn word(&mut self, word: &str) {
        let columns = word.chars().count();
        if self.text.is_empty() {
            self.column += columns;
        } else if self.column + 1 + columns + 1 > COLUMNS_MAX {
            // One column is kept for a semicolon that may be glued on.
            self.new_line();
            self.column += columns;
        } else {
            self.text.push(' ');
            self.column += 1 + columns;
        }
        self.text.push_str(word);
    }

    /// Puts a word on a line of its own start, however short the line before is.
    pub(crate) fn word_on_new_line(&mut self, word: &str) {
        self.new_line();
        self.column += word.chars().count();
        self.text.push_str(word);
    }

    /// Puts text behind the last word without space.
    pub(crate) fn glue(&mut self, text: &str) {
        self.column += text.chars().count();
        self.text.push_str(text);
    }

    /// Puts a comment; it may be folded at its spaces. Nothing is put for an empty one.
    pub(crate) fn comment(&mut self, text: &str, letters: Letters) {
        let comment = comment_text(text, letters);
        let mut words = comment.split_ascii_whitespace().peekable();
        let mut open = "(";
        while let Some(word) = words.next() {
            let close = if words.peek().is_none() { ")" } else { "" };
            self.word(&format!("{open}{word}{close}"));
            open = "";
        }
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn new_line(&mut self) {
        self.text.push_str(match self.line_end {
            LineEnd::CrLf => "\r\n ",
            LineEnd::Lf => "\n ",
        });
        self.column = 1;
    }
}

/// The text with everything replaced that may never pass: control characters of ASCII and Unicode, CR, LF and NUL among
/// them, and letters that are not allowed.
pub(crate) fn harmless(text: &str, letters: Letters) -> Cow<'_, str> {
    let bad = |character: char| {
        character.is_control()
            || matches!(character, '\u{2028}' | '\u{2029}')
            || (letters == Letters::Ascii && !character.is_ascii())
    };
    if text.chars().any(bad) {
        Cow::Owned(text.chars().map(|character| if bad(character) { '?' } else { character }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// RFC 2045 §5.1 `value`: the token as it is, or a quoted string (with the letters of RFC 6532). `None` when it would be
/// longer than [`WRITTEN_VALUE_BYTES_MAX`].
pub(crate) fn value(text: &str, letters: Letters) -> Option<Cow<'_, str>> {
    let text = harmless(text, letters);
    let written = if !text.is_empty() && text.bytes().all(is_token) { text } else { Cow::Owned(quoted(&text)) };
    (written.len() <= WRITTEN_VALUE_BYTES_MAX).then_some(written)
}

/// RFC 5322 §3.2.4: a quoted string; the text must have gone through [`harmless`].
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

/// RFC 5322 §3.2.2: what may stand in a comment, cut at [`WRITTEN_COMMENT_BYTES_MAX`].
fn comment_text(text: &str, letters: Letters) -> String {
    let mut comment = String::with_capacity(text.len());
    for character in harmless(text, letters).chars() {
        if comment.len() + 2 + character.len_utf8() > WRITTEN_COMMENT_BYTES_MAX {
            break;
        }
        if matches!(character, '(' | ')' | '\\') {
            comment.push('\\');
        }
        comment.push(character);
    }
    comment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_tokens_or_quoted() {
        let ascii = |text| value(text, Letters::Ascii).unwrap().into_owned();
        assert_eq!(ascii("mx.example.jp"), "mx.example.jp");
        assert_eq!(ascii(""), "\"\"");
        assert_eq!(ascii("a\"b\\c"), r#""a\"b\\c""#);
        assert_eq!(ascii("a\r\nb\0"), "\"a??b?\"");
        assert_eq!(ascii("関所"), "\"??\"");
        assert_eq!(value("関所", Letters::Utf8).unwrap(), "\"関所\"");
    }

    #[test]
    fn comments_cannot_be_left() {
        let mut folder = Folder::new(0, LineEnd::CrLf);
        folder.comment("a) ; dkim=pass (\\", Letters::Ascii);
        assert_eq!(folder.finish(), r"(a\) ; dkim=pass \(\\)");
    }

    #[test]
    fn lines_are_folded() {
        let mut folder = Folder::new(10, LineEnd::Lf);
        for _ in 0..40 {
            folder.word("abcdef");
        }
        let text = folder.finish();
        assert!(text.lines().all(|line| line.len() <= COLUMNS_MAX));
        assert_eq!(text.lines().next().unwrap().len(), 9 * 7 - 1, "the name's columns count");
    }

    #[test]
    fn limits_at_below_and_above() {
        let max = WRITTEN_VALUE_BYTES_MAX;
        for (length, written) in [(max - 1, true), (max, true), (max + 1, false)] {
            assert_eq!(value(&"a".repeat(length), Letters::Ascii).is_some(), written, "{length}");
        }
        for extra in [-1isize, 0, 1] {
            let length = WRITTEN_COMMENT_BYTES_MAX.checked_add_signed(extra).unwrap();
            assert!(comment_text(&"a".repeat(length), Letters::Ascii).len() <= WRITTEN_COMMENT_BYTES_MAX);
        }
    }
}
