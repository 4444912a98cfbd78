//! Paths of the SMTP envelope (RFC 5321 §4.1.2, RFC 6531 §3.3), as MAIL FROM gives them to a filter. Read once, and
//! strictly: a path that two programs could read differently is an error, and gives no identity to anybody.

use std::fmt;

use crate::address::{Host, is_dot_atom, write_local};
use crate::domain::{Domain, DomainError};
use crate::encode::text_of_bytes;
use crate::explain::{Explain, Rule, Value};
use crate::lex::quoted_end;
use crate::limits::PATH_BYTES_MAX;

/// The sender of the envelope.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ReversePath {
    /// `<>`: nobody, as bounces have it.
    Null,
    /// A mailbox.
    Mailbox {
        /// The local part without quotes; odd bytes as [`text_of_bytes`] makes them.
        local: String,
        /// What stands behind the last `@`.
        domain: Host,
    },
}

/// Why a text is no path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PathFlaw {
    /// Longer than [`PATH_BYTES_MAX`].
    TooLong,
    /// A bracket without its partner, or text outside of the brackets.
    Brackets,
    /// No `@`.
    MissingAt,
    /// The local part is neither dot-string nor quoted string.
    Local,
    /// What stands behind the `@` is neither domain nor address literal.
    Domain(DomainError),
    /// A source route that breaks the grammar.
    Route,
}

impl ReversePath {
    /// Reads a path with or without angle brackets; white space around it does not count. Nothing and `<>` are the null
    /// path. Local parts that some Japanese carriers gave away (`a..b@`, `a.@`) are accepted, for they have one meaning.
    ///
    /// # Errors
    /// Names the first rule broken.
    pub fn parse(text: &[u8]) -> Result<Self, PathFlaw> {
        if text.len() > PATH_BYTES_MAX {
            return Err(PathFlaw::TooLong);
        }
        let text = text.trim_ascii();
        let inner = match (text.strip_prefix(b"<"), text.strip_suffix(b">")) {
            (Some(_), Some(_)) => &text[1..text.len() - 1],
            (None, None) => text,
            _ => return Err(PathFlaw::Brackets),
        };
        if inner.is_empty() {
            return Ok(Self::Null);
        }
        let (local, host) = split_mailbox(without_route(inner)?)?;
        let host = std::str::from_utf8(host).map_err(|_| PathFlaw::Domain(DomainError::Character))?;
        let domain = Host::parse(host).map_err(PathFlaw::Domain)?;
        if matches!(domain, Host::Literal(_)) && domain.address().is_none() {
            return Err(PathFlaw::Domain(DomainError::Character));
        }
        Ok(Self::Mailbox { local, domain })
    }

    /// The domain, when there is a mailbox and its domain is a name.
    #[must_use]
    pub fn domain_name(&self) -> Option<&Domain> {
        match self {
            Self::Mailbox { domain, .. } => domain.name(),
            Self::Null => None,
        }
    }
}

/// Without angle brackets; the null path is empty.
impl fmt::Display for ReversePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Mailbox { local, domain } => {
                write_local(local, formatter)?;
                write!(formatter, "@{domain}")
            }
        }
    }
}

impl PathFlaw {
    /// Every id of this enum.
    pub const IDS: &'static [&'static str] =
        &["path-too-long", "path-brackets", "path-missing-at", "path-local", "path-domain", "path-route"];
}

impl Explain for PathFlaw {
    fn id(&self) -> &'static str {
        match self {
            Self::TooLong => "path-too-long",
            Self::Brackets => "path-brackets",
            Self::MissingAt => "path-missing-at",
            Self::Local => "path-local",
            Self::Domain(_) => "path-domain",
            Self::Route => "path-route",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::TooLong => Some(Rule("RFC 5321", "4.5.3.1.3")),
            _ => Some(Rule("RFC 5321", "4.1.2")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooLong => vec![("limit", PATH_BYTES_MAX.into())],
            Self::Domain(error) => vec![("error", Value::Word(error.id()))],
            _ => Vec::new(),
        }
    }
}

/// The mailbox behind a source route, `@a,@b:c@d`.
fn without_route(path: &[u8]) -> Result<&[u8], PathFlaw> {
    if path.first() != Some(&b'@') {
        return Ok(path);
    }
    let colon = memchr::memchr(b':', path).ok_or(PathFlaw::Route)?;
    for hop in path[..colon].split(|byte| *byte == b',') {
        let domain = hop.strip_prefix(b"@").and_then(|domain| std::str::from_utf8(domain).ok());
        domain.and_then(|domain| Domain::parse(domain).ok()).ok_or(PathFlaw::Route)?;
    }
    // RFC 5321 §4.1.2: a source route must be accepted and should be ignored.
    Ok(&path[colon + 1..])
}

fn split_mailbox(mailbox: &[u8]) -> Result<(String, &[u8]), PathFlaw> {
    if mailbox.first() == Some(&b'"') {
        let end = quoted_end(mailbox, 0).ok_or(PathFlaw::Local)?;
        let local = unquote_smtp(&mailbox[1..end - 1])?;
        let host = mailbox[end..].strip_prefix(b"@").ok_or(PathFlaw::MissingAt)?;
        return Ok((text_of_bytes(&local).into_owned(), host));
    }
    let at = memchr::memchr(b'@', mailbox).ok_or(PathFlaw::MissingAt)?;
    let (local, host) = (&mailbox[..at], &mailbox[at + 1..]);
    let carrier = |part: &[u8]| part.is_empty() || is_dot_atom(part);
    if local.iter().all(|byte| *byte == b'.') || !local.split(|byte| *byte == b'.').all(carrier) {
        return Err(PathFlaw::Local);
    }
    Ok((text_of_bytes(local).into_owned(), host))
}

/// RFC 5321 §4.1.2 `QcontentSMTP`: printable bytes only; a backslash may stand before any of them.
fn unquote_smtp(inner: &[u8]) -> Result<Vec<u8>, PathFlaw> {
    let mut local = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied();
    while let Some(byte) = bytes.next() {
        let byte = if byte == b'\\' { bytes.next().ok_or(PathFlaw::Local)? } else { byte };
        if byte.is_ascii_control() {
            return Err(PathFlaw::Local);
        }
        local.push(byte);
    }
    Ok(local)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<String, PathFlaw> {
        ReversePath::parse(text.as_bytes()).map(|path| path.to_string())
    }

    #[test]
    fn paths_with_one_meaning() {
        for (text, path) in [
            ("<>", ""),
            ("", ""),
            ("<a@b.example>", "a@b.example"),
            (" a@B.example ", "a@b.example"),
            ("<@x.example,@y.example:a@b.example>", "a@b.example"),
            (r#"<"a b"@c.example>"#, r#""a b"@c.example"#),
            (r#"<"a\b"@c.example>"#, "ab@c.example"),
            (r#"<"a@victim.example"@c.example>"#, r#""a@victim.example"@c.example"#),
            ("<a@[192.0.2.1]>", "a@[192.0.2.1]"),
            ("<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"),
            ("<関所@例え.jp>", "関所@xn--r8jz45g.jp"),
            ("<a..b.@docomo.example>", r#""a..b."@docomo.example"#),
            ("<prvs=1234=a@b.example>", "prvs=1234=a@b.example"),
            ("<SRS0=HHH=TT=b.example=a@c.example>", "SRS0=HHH=TT=b.example=a@c.example"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(path), "{text}");
        }
        assert_eq!(ReversePath::parse(b"<>"), Ok(ReversePath::Null));
    }

    /// Attack A2: what programs read differently gives no identity.
    #[test]
    fn paths_with_several_meanings() {
        for (text, flaw) in [
            ("<(any@victim.example>", PathFlaw::Local),
            ("<any@victim.example", PathFlaw::Brackets),
            ("any@victim.example>", PathFlaw::Brackets),
            ("<", PathFlaw::Brackets),
            ("<a@victim.example><b@evil.example>", PathFlaw::Domain(DomainError::Character)),
            ("<a@victim.example@evil.example>", PathFlaw::Domain(DomainError::Character)),
            ("<a@b.example,c@d.example>", PathFlaw::Domain(DomainError::Character)),
            ("<@victim.example>", PathFlaw::Route),
            ("<@victim.example,@:a@evil.example>", PathFlaw::Route),
            ("<@a.example:@b.example:c@d.example>", PathFlaw::Local),
            ("<a>", PathFlaw::MissingAt),
            ("<postmaster>", PathFlaw::MissingAt),
            ("<a b@c.example>", PathFlaw::Local),
            ("<\"a\"b@c.example>", PathFlaw::MissingAt),
            ("<\"a@c.example>", PathFlaw::Local),
            ("<\"a\r\n\"@c.example>", PathFlaw::Local),
            ("<'@any@c.example>", PathFlaw::Domain(DomainError::Character)),
            ("<a@b.example\0.c.example>", PathFlaw::Domain(DomainError::Character)),
            ("<a@[192.0.2.1.c]>", PathFlaw::Domain(DomainError::Character)),
            ("<a@>", PathFlaw::Domain(DomainError::Empty)),
            ("<...@b.example>", PathFlaw::Local),
            ("< >", PathFlaw::MissingAt),
        ] {
            assert_eq!(parse(text), Err(flaw), "{text:?}");
        }
    }

    #[test]
    fn limits_at_below_and_above() {
        for (length, flawed) in [(PATH_BYTES_MAX - 1, false), (PATH_BYTES_MAX, false), (PATH_BYTES_MAX + 1, true)] {
            let path = format!("<{}@b.example>", "a".repeat(length - 12));
            assert_eq!(parse(&path) == Err(PathFlaw::TooLong), flawed, "{length}");
        }
    }

    #[test]
    fn ids_are_unique() {
        let ids: std::collections::BTreeSet<_> = PathFlaw::IDS.iter().collect();
        assert_eq!(ids.len(), PathFlaw::IDS.len());
    }

    proptest! {
        #[test]
        fn a_printed_path_reads_back(local in "[ -~関]{1,20}", domain in "[a-z]{1,9}\\.example") {
            let path = ReversePath::Mailbox { local, domain: Host::parse(&domain).unwrap() };
            prop_assert_eq!(ReversePath::parse(format!("<{path}>").as_bytes()), Ok(path));
        }

        #[test]
        fn any_bytes_are_read(text in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(path @ ReversePath::Mailbox { .. }) = ReversePath::parse(&text) {
                prop_assert!(text.contains(&b'@'), "{path}");
            }
        }
    }
}
