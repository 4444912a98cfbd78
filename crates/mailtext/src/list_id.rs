//! `List-Id` (RFC 2919): which mailing list a message says it came through. A claim, which proves nothing.

use crate::domain::Domain;
use crate::limits::LIST_ID_FIELD_BYTES_MAX;

/// The identifier of the list, as a name of the DNS; `None` where there is none that can be read in one way only.
///
/// `value` is what follows the colon, folds included.
#[must_use]
pub fn list_id(value: &[u8]) -> Option<Domain> {
    if value.len() > LIST_ID_FIELD_BYTES_MAX {
        return None;
    }
    // RFC 2919 §6: any part of the field outside of the angle brackets MUST be ignored. They are looked for outside of
    // quoted strings and comments, in which a phrase may say anything.
    let (mut start, mut in_quotes, mut depth, mut at) = (None, false, 0_usize, 0);
    while let Some(byte) = value.get(at) {
        match (byte, start) {
            (b'\\', None) if in_quotes || depth > 0 => at += 1,
            (b'"', None) if depth == 0 => in_quotes = !in_quotes,
            (b'(', None) if !in_quotes => depth += 1,
            (b')', None) if !in_quotes => depth = depth.saturating_sub(1),
            (b'<', None) if !in_quotes && depth == 0 => start = Some(at + 1),
            (b'>', Some(start)) => return identifier(value.get(start..at)?),
            _ => {}
        }
        at += 1;
    }
    None
}

fn identifier(text: &[u8]) -> Option<Domain> {
    // RFC 2919 §3: MTAs MUST NOT insert whitespace within the brackets, but client applications should treat any such
    // whitespace, that might be inserted by poorly behaved MTAs, as characters to ignore.
    let kept: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).collect();
    let name = std::str::from_utf8(&kept).ok()?;
    // RFC 2919 §2: list-id = list-label "." list-id-namespace – at least two labels.
    Domain::parse(name).ok().filter(|domain| domain.label_count() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Option<String> {
        list_id(value.as_bytes()).map(|domain| domain.to_string())
    }

    #[test]
    fn examples_of_rfc_2919() {
        for (value, id) in [
            (" List Header Mailing List <list-header.nisto.com>", "list-header.nisto.com"),
            (" <commonspace-users.list-id.within.com>", "commonspace-users.list-id.within.com"),
            (
                " \"Lena's Personal Joke List\"\n <lenas-jokes.da39efc25c530ad145d41b86f7420c3b.021999.localhost>",
                "lenas-jokes.da39efc25c530ad145d41b86f7420c3b.021999.localhost",
            ),
            (" \"An internal CMU List\" <0Jks9449.list-id.cmu.edu>", "0jks9449.list-id.cmu.edu"),
            (
                " <da39efc25c530ad145d41b86f7420c3b.052000.localhost>",
                "da39efc25c530ad145d41b86f7420c3b.052000.localhost",
            ),
        ] {
            assert_eq!(read(value).as_deref(), Some(id), "{value}");
        }
    }

    #[test]
    fn only_what_stands_in_the_brackets_counts() {
        for (value, id) in [
            (" <a.b.\n example>", Some("a.b.example")),
            (" \"<evil.example>\" <a.example>", Some("a.example")),
            (" \"\\\"<evil.example>\" <a.example>", Some("a.example")),
            (" (<evil.example> (<x.example>)) <a.example>", Some("a.example")),
            (" <a.example> <evil.example>", Some("a.example")),
            (" メーリングリスト <a.例え.jp>", Some("a.xn--r8jz45g.jp")),
            (" a.example", None),
            (" <example>", None),
            (" <a.example", None),
            (" <>", None),
            (" <a..example>", None),
            (" \"<a.example>", None),
            ("", None),
        ] {
            assert_eq!(read(value).as_deref(), id, "{value}");
        }
    }

    #[test]
    fn long_fields_at_below_and_above_the_limit() {
        let end = "<a.example>";
        for (length, there) in
            [(LIST_ID_FIELD_BYTES_MAX - 1, true), (LIST_ID_FIELD_BYTES_MAX, true), (LIST_ID_FIELD_BYTES_MAX + 1, false)]
        {
            let value = " ".repeat(length - end.len()) + end;
            assert_eq!(read(&value).is_some(), there, "{length}");
        }
    }
}
