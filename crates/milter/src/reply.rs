//! What a filter may answer, and texts for SMTP clients that an MTA will take.

use crate::{ReplyTextError, limits};

/// An answer to an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply<'a> {
    /// Go on. At the end of a message: accept it.
    Continue,
    /// Accept the message (at connection or HELO: everything of this client) without asking any further.
    Accept,
    /// Refuse for good, in the MTA's words.
    Reject,
    /// Refuse for now, in the MTA's words.
    TemporaryFailure,
    /// Pretend to accept the message, and drop it.
    Discard,
    /// No more body chunks, please; the end of the message still comes.
    Skip,
    /// Refuse in words of our own.
    Code(&'a ReplyText),
    /// Answer 421 and close the SMTP connection.
    Shutdown,
    /// Break the SMTP connection.
    ConnectionFailure,
}

/// An enhanced status code (RFC 3463), such as 5.7.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnhancedCode {
    /// 4 or 5.
    pub class: u8,
    /// 0…999.
    pub subject: u16,
    /// 0…999.
    pub detail: u16,
}

/// A reply of one or more lines, checked: the code is 4xx or 5xx, the lines can carry nothing that an MTA or an SMTP
/// client would misread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyText {
    /// As on the wire, without the NUL.
    text: Vec<u8>,
}

impl ReplyText {
    /// Checks and makes a reply.
    ///
    /// # Errors
    /// See [`ReplyTextError`]; limits are those of smfi_setmlreply.
    pub fn new(code: u16, enhanced: Option<EnhancedCode>, lines: &[&str]) -> Result<Self, ReplyTextError> {
        // smfi_setreply: "The message parameter should contain only printable characters".
        Self::of(code, enhanced, lines, |character| matches!(character, ' '..='~'))
    }

    /// The same for a client that gave SMTPUTF8 with MAIL: it reads UTF-8 (RFC 6531 §3.7.4.1).
    ///
    /// # Errors
    /// See [`ReplyTextError`].
    pub fn internationalised(
        code: u16,
        enhanced: Option<EnhancedCode>,
        lines: &[&str],
    ) -> Result<Self, ReplyTextError> {
        // What parts lines or turns the direction of writing is no more printable than a line feed.
        Self::of(code, enhanced, lines, |character| match character {
            '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                false
            }
            other => !other.is_control(),
        })
    }

    fn of(
        code: u16,
        enhanced: Option<EnhancedCode>,
        lines: &[&str],
        is_printable: fn(char) -> bool,
    ) -> Result<Self, ReplyTextError> {
        // smfi_setreply: "Only 4XX and 5XX replies are accepted."
        if !(400..=599).contains(&code) {
            return Err(ReplyTextError::Code);
        }
        if let Some(EnhancedCode { class, subject, detail }) = enhanced
            && (u16::from(class) != code / 100 || subject > 999 || detail > 999)
        {
            return Err(ReplyTextError::EnhancedCode);
        }
        if lines.len() > limits::REPLY_LINE_COUNT_MAX {
            return Err(ReplyTextError::LineCount);
        }
        let lines = lines.iter().map(|line| checked_line(line, is_printable)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { text: compose(code, enhanced, &lines) })
    }

    /// The text as it is on the wire: percent signs doubled, lines joined by CRLF, each with its code, no NUL.
    #[must_use]
    pub fn wire(&self) -> &[u8] {
        &self.text
    }

    /// 4 or 5: whether the client may come again.
    #[must_use]
    pub fn class(&self) -> u8 {
        self.text.first().map_or(0, |digit| digit.wrapping_sub(b'0'))
    }
}

fn checked_line(line: &str, is_printable: fn(char) -> bool) -> Result<String, ReplyTextError> {
    // smfi_setreply: CR and LF make it fail, and a NUL would end the text.
    if !line.chars().all(is_printable) {
        return Err(ReplyTextError::NotPrintable);
    }
    // milter-protocol, SMFIR_REPLYCODE: "'%' characters present in "text" must be doubled"
    let line = line.replace('%', "%%");
    if line.len() > limits::REPLY_LINE_BYTES_MAX {
        return Err(ReplyTextError::LineBytes);
    }
    Ok(line)
}

fn compose(code: u16, enhanced: Option<EnhancedCode>, lines: &[String]) -> Vec<u8> {
    let enhanced = match enhanced {
        Some(EnhancedCode { class, subject, detail }) => format!("{class}.{subject}.{detail} "),
        // smfi_setmlreply: "If xcode is NULL, a generic X.0.0 code is used"
        None if lines.len() > 1 => format!("{}.0.0 ", code / 100),
        None => String::new(),
    };
    let mut text = String::new();
    for (i, line) in lines.iter().enumerate() {
        let (joint, end) = if i + 1 < lines.len() { ('-', "\r\n") } else { (' ', "") };
        text.push_str(&format!("{code}{joint}{enhanced}{line}{end}"));
    }
    if lines.is_empty() {
        text = format!("{code} {}", enhanced.trim_end());
    }
    text.into_bytes()
}

/// A reply text from the wire with its percent signs single again, as Postfix does it: `%%` is `%`, a lone `%` goes.
pub(crate) fn without_doubled_percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => out.extend(bytes.next()),
            other => out.push(*other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Option<EnhancedCode> = Some(EnhancedCode { class: 5, subject: 7, detail: 0 });

    fn wire(code: u16, enhanced: Option<EnhancedCode>, lines: &[&str]) -> String {
        String::from_utf8(ReplyText::new(code, enhanced, lines).unwrap().wire().to_vec()).unwrap()
    }

    #[test]
    fn one_line() {
        assert_eq!(wire(550, POLICY, &["no, 100% sure"]), "550 5.7.0 no, 100%% sure");
        assert_eq!(wire(451, None, &["later"]), "451 later");
        assert_eq!(wire(550, POLICY, &[]), "550 5.7.0");
    }

    #[test]
    fn example_of_smfi_setmlreply() {
        let lines = ["Spammer access rejected", "Please see our policy at:", "http://www.example.com/spampolicy.html"];
        assert_eq!(
            wire(550, POLICY, &lines),
            "550-5.7.0 Spammer access rejected\r\n550-5.7.0 Please see our policy at:\r\n\
             550 5.7.0 http://www.example.com/spampolicy.html"
        );
        assert_eq!(wire(450, None, &["a", "b"]), "450-4.0.0 a\r\n450 4.0.0 b");
    }

    #[test]
    fn what_is_refused() {
        let error = |code, enhanced, lines: &[&str]| ReplyText::new(code, enhanced, lines).unwrap_err();
        for code in [0, 200, 399, 600, 999, u16::MAX] {
            assert_eq!(error(code, None, &[]), ReplyTextError::Code);
        }
        assert_eq!(error(450, POLICY, &[]), ReplyTextError::EnhancedCode);
        let detail = Some(EnhancedCode { class: 5, subject: 7, detail: 1000 });
        assert_eq!(error(550, detail, &[]), ReplyTextError::EnhancedCode);
        for line in ["a\r\n250 ok", "a\nb", "a\0b", "a\tb", "関所", "\x7f"] {
            assert_eq!(error(550, None, &[line]), ReplyTextError::NotPrintable, "{line:?}");
        }
    }

    #[test]
    fn utf8_where_the_client_reads_it() {
        let text = |line: &str| ReplyText::internationalised(550, POLICY, &[line]);
        assert_eq!(text("関所 100%").unwrap().wire(), "550 5.7.0 関所 100%%".as_bytes());
        for line in ["a\r\n250 ok", "a\nb", "a\0b", "a\u{85}b", "a\u{2028}b", "a\u{202e}b", "\x7f"] {
            assert_eq!(text(line).unwrap_err(), ReplyTextError::NotPrintable, "{line:?}");
        }
        for bytes in [limits::REPLY_LINE_BYTES_MAX - 2, limits::REPLY_LINE_BYTES_MAX, limits::REPLY_LINE_BYTES_MAX + 1]
        {
            let line = format!("{}{}", "関".repeat(bytes / 3), "x".repeat(bytes % 3));
            assert_eq!(text(&line).is_ok(), bytes <= limits::REPLY_LINE_BYTES_MAX, "{bytes}");
        }
    }

    #[test]
    fn limits_at_below_above() {
        let line = |bytes| ReplyText::new(550, None, &["x".repeat(bytes).as_str()]).map(|_| ());
        assert_eq!(line(limits::REPLY_LINE_BYTES_MAX - 1), Ok(()));
        assert_eq!(line(limits::REPLY_LINE_BYTES_MAX), Ok(()));
        assert_eq!(line(limits::REPLY_LINE_BYTES_MAX + 1), Err(ReplyTextError::LineBytes));
        let percent = "%".repeat(limits::REPLY_LINE_BYTES_MAX / 2 + 1);
        assert_eq!(ReplyText::new(550, None, &[&percent]), Err(ReplyTextError::LineBytes));
        let lines = |count| ReplyText::new(550, None, &vec!["x"; count]).map(|_| ());
        assert_eq!(lines(limits::REPLY_LINE_COUNT_MAX - 1), Ok(()));
        assert_eq!(lines(limits::REPLY_LINE_COUNT_MAX), Ok(()));
        assert_eq!(lines(limits::REPLY_LINE_COUNT_MAX + 1), Err(ReplyTextError::LineCount));
    }

    #[test]
    fn percent_is_doubled_and_back() {
        let text = ReplyText::new(550, None, &["50%% of 100%"]).unwrap();
        assert_eq!(without_doubled_percent(text.wire()), b"550 50%% of 100%");
        assert_eq!(without_doubled_percent(b"a%"), b"a");
    }
}
