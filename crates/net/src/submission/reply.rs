//! What an SMTP server replies (RFC 5321 §4.2), with its enhanced status code (RFC 3463).

use std::fmt;

use crate::limits::{SMTP_REPLY_LINE_COUNT_MAX, SMTP_REPLY_TEXT_BYTES_MAX};

/// A reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// Three digits, the first from 2 to 5.
    pub code: u16,
    /// The enhanced status code of the first line that has one.
    pub enhanced: Option<EnhancedCode>,
    /// What follows the codes: lines divided by LF, control characters replaced, no more than
    /// [`SMTP_REPLY_TEXT_BYTES_MAX`].
    pub text: String,
}

/// An enhanced status code, such as 5.7.1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct EnhancedCode {
    /// 2, 4 or 5.
    pub class: u8,
    /// What it is about: addressing, mailbox, policy.
    pub subject: u16,
    /// What of it.
    pub detail: u16,
}

impl Reply {
    /// Whether the server has done what it was asked.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    /// Whether it may do it another time.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.code / 100 == 4
    }

    /// Whether it will never do it as asked.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.code / 100 == 5
    }

    /// Whether the server closes the connection behind it.
    pub(super) fn is_closing(&self) -> bool {
        // RFC 5321 §3.8: 421 may answer any command, and then the channel closes. 521 says the same of a host that takes
        // no mail (RFC 7504 §3).
        matches!(self.code, 421 | 521)
    }
}

impl fmt::Display for Reply {
    /// Codes and text, in one line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(formatter, " {enhanced}")?;
        }
        for line in self.text.split('\n').filter(|line| !line.is_empty()) {
            write!(formatter, " {line}")?;
        }
        Ok(())
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl EnhancedCode {
    /// Reads a code, such as `5.7.1`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // RFC 3463 §2: one digit of class, then up to three digits each.
        let mut parts = text.split('.');
        let mut number = |digits_max: usize| {
            let part = parts.next()?;
            let is_number = (1..=digits_max).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| part.parse::<u16>().ok()).flatten()
        };
        let (class, subject, detail) = (number(1)?, number(3)?, number(3)?);
        let class = u8::try_from(class).ok().filter(|class| matches!(class, 2 | 4 | 5))?;
        parts.next().is_none().then_some(Self { class, subject, detail })
    }
}

/// Makes a reply of its lines.
#[derive(Debug, Default)]
pub(crate) struct ReplyReader {
    lines: Vec<String>,
    code: Option<u16>,
}

/// The server did not send a reply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NotAReply;

impl ReplyReader {
    /// Takes a line; the reply when it was the last.
    pub(crate) fn take(&mut self, line: &[u8]) -> Result<Option<Reply>, NotAReply> {
        let (code, rest) = line.split_at_checked(3).ok_or(NotAReply)?;
        // RFC 5321 §4.2: the first digit is from 2 to 5, the second from 0 to 5.
        let is_code = matches!(code, [b'2'..=b'5', b'0'..=b'5', b'0'..=b'9']);
        let code = code.iter().fold(0, |code, digit| code * 10 + u16::from(digit.wrapping_sub(b'0')));
        if !is_code || self.code.is_some_and(|first| first != code) || self.lines.len() == SMTP_REPLY_LINE_COUNT_MAX {
            return Err(NotAReply);
        }
        self.code = Some(code);
        // RFC 5321 §4.2.1: a hyphen behind the code says that more lines follow. A code alone is a last line, too.
        let (is_last, text) = match rest.split_first() {
            None => (true, rest),
            Some((b' ', text)) => (true, text),
            Some((b'-', text)) => (false, text),
            Some(_) => return Err(NotAReply),
        };
        self.lines.push(String::from_utf8_lossy(text).into_owned());
        Ok(is_last.then(|| self.reply(code)))
    }

    /// The lines of the reply as they came, without codes: what EHLO offers is in them.
    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }

    fn reply(&self, code: u16) -> Reply {
        let (mut enhanced, mut text) = (None, String::new());
        for (at, line) in self.lines.iter().enumerate() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            let found = EnhancedCode::parse(word).filter(|found| u16::from(found.class) == code / 100);
            enhanced = enhanced.or(found);
            if at > 0 {
                text.push('\n');
            }
            let line = if found.is_some() { rest } else { line };
            text.extend(line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }));
        }
        text.truncate(text.floor_char_boundary(SMTP_REPLY_TEXT_BYTES_MAX));
        Reply { code, enhanced, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<Option<Reply>, NotAReply> {
        let mut reader = ReplyReader::default();
        let (last, first) = lines.split_last().unwrap();
        for line in first {
            assert_eq!(reader.take(line.as_bytes())?, None, "{line}");
        }
        reader.take(last.as_bytes())
    }

    #[test]
    fn replies() {
        for (lines, code, enhanced, text) in [
            (&["250 OK"][..], 250, None, "OK"),
            (&["250"], 250, None, ""),
            (&["354 "], 354, None, ""),
            (&["550 5.7.1 no"], 550, Some("5.7.1"), "no"),
            (&["550-5.7.1 no", "550 5.7.1 never"], 550, Some("5.7.1"), "no\nnever"),
            (&["550-no", "550 5.7.26 never"], 550, Some("5.7.26"), "no\nnever"),
            (&["250 2.0.0"], 250, Some("2.0.0"), ""),
            (&["550 4.7.1 no"], 550, None, "4.7.1 no"),
            (&["550 5.7 no"], 550, None, "5.7 no"),
            (&["250 a\x07\u{e9}"], 250, None, "a\u{fffd}\u{e9}"),
        ] {
            let reply = read(lines).unwrap().unwrap();
            assert_eq!((reply.code, reply.text.as_str()), (code, text), "{lines:?}");
            assert_eq!(reply.enhanced.map(|code| code.to_string()).as_deref(), enhanced, "{lines:?}");
        }
    }

    #[test]
    fn no_replies() {
        for lines in [
            &["25"][..],
            &["250x"],
            &["150 x"],
            &["650 x"],
            &["260 x"],
            &["25o x"],
            &["HTTP/1.1 400 Bad Request"],
            &["250-a", "251 b"],
            &["\u{e9}\u{e9}"],
        ] {
            assert_eq!(read(lines), Err(NotAReply), "{lines:?}");
        }
    }

    #[test]
    fn lines_at_below_and_above_the_limit() {
        for count in [SMTP_REPLY_LINE_COUNT_MAX - 1, SMTP_REPLY_LINE_COUNT_MAX, SMTP_REPLY_LINE_COUNT_MAX + 1] {
            let mut lines = vec!["250-a"; count - 1];
            lines.push("250 b");
            assert_eq!(read(&lines).is_ok(), count <= SMTP_REPLY_LINE_COUNT_MAX, "{count}");
        }
    }

    #[test]
    fn text_at_below_and_above_the_limit() {
        for length in [SMTP_REPLY_TEXT_BYTES_MAX - 1, SMTP_REPLY_TEXT_BYTES_MAX, SMTP_REPLY_TEXT_BYTES_MAX + 1] {
            let reply = read(&[&format!("250 {}", "x".repeat(length))]).unwrap().unwrap();
            assert_eq!(reply.text.len(), length.min(SMTP_REPLY_TEXT_BYTES_MAX));
        }
    }

    #[test]
    fn enhanced_codes() {
        for (text, is_one) in [
            ("2.0.0", true),
            ("5.999.999", true),
            ("3.1.1", false),
            ("5.1", false),
            ("5.1.1.1", false),
            ("5.1.1000", false),
            ("5.+1.1", false),
            ("5..1", false),
        ] {
            assert_eq!(
                EnhancedCode::parse(text).map(|code| code.to_string()),
                is_one.then(|| text.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    #[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
    fn fuzz_smtp_reply() {
        let seeds = ["250-5.7.1 a\n550 b", "250-a\n250-2.0.0 b\n250 2.1.0 c", "354", "421 4.3.2 going"];
        testkit::fuzz("smtp-reply", &seeds, |bytes| {
            let mut reader = ReplyReader::default();
            for line in bytes.split(|byte| *byte == b'\n') {
                match reader.take(line) {
                    Ok(Some(reply)) => {
                        assert!((200..600).contains(&reply.code) && reply.text.len() <= SMTP_REPLY_TEXT_BYTES_MAX);
                        assert!(!reply.to_string().contains(['\r', '\n']));
                        break;
                    }
                    Ok(None) => {}
                    Err(NotAReply) => break,
                }
            }
            assert!(reader.lines().len() <= SMTP_REPLY_LINE_COUNT_MAX);
        });
    }
}
