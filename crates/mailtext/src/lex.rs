//! The small words of structured header fields (RFC 5322 §3.2): comments, quoted strings, white space. Everything is a
//! loop with a counter, never recursion, so that no nesting can exhaust the stack.

/// A place in a text that only moves forward. All offsets are into the whole text.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

/// A comment that was passed over: what stood between its outer parentheses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comment<'a> {
    pub(crate) inner: &'a [u8],
    pub(crate) start: usize,
    pub(crate) closed: bool,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn is_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(crate) fn skip(&mut self, count: usize) {
        self.at = self.at.saturating_add(count).min(self.text.len());
    }

    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    pub(crate) fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    pub(crate) fn white_space(&mut self) {
        self.take_while(is_white_space);
    }

    /// Passes over white space and comments (CFWS), and shows each comment.
    pub(crate) fn cfws(&mut self, mut seen: impl FnMut(Comment<'a>)) {
        loop {
            self.white_space();
            if self.peek() != Some(b'(') {
                return;
            }
            let start = self.at;
            let end = comment_end(self.text, start);
            let inner_end = end.map_or(self.text.len(), |end| end - 1);
            self.at = end.unwrap_or(self.text.len());
            seen(Comment { inner: &self.text[start + 1..inner_end], start, closed: end.is_some() });
        }
    }

    /// The quoted string that starts here: its content still with backslashes, and whether it was closed.
    pub(crate) fn quoted(&mut self) -> Option<(&'a [u8], bool)> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at;
        let end = quoted_end(self.text, start);
        let inner_end = end.map_or(self.text.len(), |end| end - 1);
        self.at = end.unwrap_or(self.text.len());
        Some((&self.text[start + 1..inner_end], end.is_some()))
    }
}

/// One past the `)` that closes the comment which starts at `start`; `None` when nothing closes it.
pub(crate) fn comment_end(text: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = start;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' if depth <= 1 => return Some(at + 1),
            b')' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// One past the quote that closes the quoted string which starts at `start`.
pub(crate) fn quoted_end(text: &[u8], start: usize) -> Option<usize> {
    closed_by(text, start, b'"')
}

/// One past the bracket that closes the domain literal which starts at `start`.
pub(crate) fn literal_end(text: &[u8], start: usize) -> Option<usize> {
    closed_by(text, start, b']')
}

fn closed_by(text: &[u8], start: usize, close: u8) -> Option<usize> {
    let mut at = start + 1;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 1,
            byte if byte == close => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The content of a quoted string or comment without backslashes and without the newlines of folds.
pub(crate) fn unquote(inner: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' | b'\n' => {}
            b'\\' => plain.extend(bytes.next()),
            _ => plain.push(byte),
        }
    }
    plain
}

/// Space, tab, and the bytes of a fold.
pub(crate) fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// RFC 5322 §3.2.3 `atext`, with the 8-bit bytes that RFC 6532 §3.2 adds.
pub(crate) fn is_atext(byte: u8) -> bool {
    ATEXT[byte as usize]
}

const ATEXT: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte >= 0x80;
        byte += 1;
    }
    let marks = b"!#$%&'*+-/=?^_`{|}~";
    let mut at = 0;
    while at < marks.len() {
        table[marks[at] as usize] = true;
        at += 1;
    }
    table
};

/// RFC 2045 §5.1 `token`: printable ASCII without tspecials.
pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_nest_and_escape() {
        assert_eq!(comment_end(b"(a(b)\\)c)d", 0), Some(9));
        assert_eq!(comment_end(b"((a)", 0), None);
        assert_eq!(comment_end(b"(\\", 0), None);
        let deep = [b"(".repeat(100_000), b")".repeat(100_000)].concat();
        assert_eq!(comment_end(&deep, 0), Some(200_000));
    }

    #[test]
    fn quoted_strings_escape() {
        assert_eq!(quoted_end(br#""a\"b" c"#, 0), Some(6));
        assert_eq!(quoted_end(br#""a\""#, 0), None);
        assert_eq!(unquote(b"a\\\"b\r\n c\\"), b"a\"b c");
    }

    #[test]
    fn cursors_show_each_comment() {
        let mut cursor = Cursor::new(b" (a) \r\n (b(c)) x");
        let mut seen = Vec::new();
        cursor.cfws(|comment| seen.push(comment.inner));
        assert_eq!(seen, [&b"a"[..], b"b(c)"]);
        assert_eq!(cursor.peek(), Some(b'x'));
    }
}
