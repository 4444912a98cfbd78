//! Report URIs, `rua` and `ruf`: RFC 9989 §4.6 and §4.8.

use mailtext::{Domain, Flaw};

use crate::limits::{REPORT_URI_BYTES_MAX, REPORT_URI_COUNT_MAX};
use crate::record::RecordFlaw;

/// One report URI, syntactically valid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Uri {
    text: Box<str>,
    target: Target,
}

/// Where a report URI leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// `mailto:`: the mailbox, percent-decoded, and the domain behind its last `@`.
    Mailbox {
        /// `local-part@domain`, printable ASCII.
        mailbox: Box<str>,
        /// The destination host.
        host: Domain,
    },
    /// Any other scheme: kept as it is, never used (RFC 9989 §4.7: schemes not supported are ignored).
    Other {
        /// The host of the authority, when there is one that is a domain name.
        host: Option<Domain>,
    },
}

impl Uri {
    /// The URI as published, without the obsolete size.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it leads.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The mailbox of a `mailto:` URI, percent-decoded.
    #[must_use]
    pub fn mailbox(&self) -> Option<&str> {
        match &self.target {
            Target::Mailbox { mailbox, .. } => Some(mailbox),
            Target::Other { .. } => None,
        }
    }

    /// The destination host (RFC 9990 §4).
    #[must_use]
    pub fn host(&self) -> Option<&Domain> {
        match &self.target {
            Target::Mailbox { host, .. } => Some(host),
            Target::Other { host } => host.as_ref(),
        }
    }

    /// Reads one URI without size.
    ///
    /// # Errors
    /// The flaw that makes it no URI.
    pub fn parse(text: &str) -> Result<Self, RecordFlaw> {
        if text.len() > REPORT_URI_BYTES_MAX {
            return Err(RecordFlaw::UriTooLong);
        }
        // RFC 9989 §4.8: commas and exclamation points inside a URI are written percent-encoded.
        if text.contains(['!', ',']) {
            return Err(RecordFlaw::UriMark);
        }
        let (scheme, rest) = text.split_once(':').ok_or(RecordFlaw::UriSyntax)?;
        let first = scheme.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
        let scheme_good = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if !first || !scheme_good || rest.is_empty() || !is_uri_text(rest) {
            return Err(RecordFlaw::UriSyntax);
        }
        let target = if scheme.eq_ignore_ascii_case("mailto") {
            mailto(rest).ok_or(RecordFlaw::UriMailbox)?
        } else {
            Target::Other { host: authority_host(rest) }
        };
        Ok(Self { text: text.into(), target })
    }
}

/// Reads a comma-separated list at `offset` of the record; pushes what is wrong to `flaws`.
pub(crate) fn parse_list(list: &[u8], offset: usize, flaws: &mut Vec<Flaw<RecordFlaw>>) -> Vec<Uri> {
    let mut uris = Vec::new();
    let mut start = 0;
    // RFC 9989 §4.6: the URIs are separated by commas.
    for part in list.split(|byte| *byte == b',') {
        let here = offset + start;
        start += part.len() + 1;
        let trimmed = part.trim_ascii();
        let lead = part.len() - part.trim_ascii_start().len();
        let mut flaw = |kind| flaws.push(Flaw::new(kind, here + lead, here + lead + trimmed.len()));
        if trimmed.is_empty() {
            flaw(RecordFlaw::UriEmpty);
            continue;
        }
        if uris.len() == REPORT_URI_COUNT_MAX {
            flaw(RecordFlaw::UriTooMany);
            break;
        }
        let Ok(text) = std::str::from_utf8(trimmed) else {
            flaw(RecordFlaw::UriSyntax);
            continue;
        };
        let bare = without_size(text);
        if bare.len() < text.len() {
            flaw(RecordFlaw::UriSize);
        }
        match Uri::parse(bare) {
            Ok(uri) => {
                if uri.mailbox().is_none() {
                    flaw(RecordFlaw::UriScheme);
                }
                uris.push(uri);
            }
            Err(kind) => flaw(kind),
        }
    }
    uris
}

/// RFC 9989 §4.8: obs-dmarc-report-size = "!" 1*DIGIT [ "k" / "m" / "g" / "t" ], to be ignored.
fn without_size(text: &str) -> &str {
    let Some((bare, size)) = text.rsplit_once('!') else {
        return text;
    };
    let digits = size.strip_suffix(|unit: char| "kmgtKMGT".contains(unit)).unwrap_or(size);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) { bare } else { text }
}

/// RFC 3986 §2: unreserved, reserved and percent-encoded characters.
fn is_uri_text(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'%' => bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
        _ => byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(byte),
    })
}

/// RFC 6068 §2: `mailto:` with exactly one mailbox; header fields behind `?` are not used.
fn mailto(rest: &str) -> Option<Target> {
    let encoded = rest.split(['?', '#']).next().unwrap_or_default();
    let mut mailbox = String::with_capacity(encoded.len());
    let mut bytes = encoded.bytes();
    while let Some(byte) = bytes.next() {
        let decoded = if byte == b'%' { 16 * hex(bytes.next()?)? + hex(bytes.next()?)? } else { byte };
        // A decoded control, space or 8-bit byte has no place in a command of SMTP.
        if !decoded.is_ascii_graphic() {
            return None;
        }
        mailbox.push(char::from(decoded));
    }
    let (local, host) = mailbox.rsplit_once('@')?;
    // A quoted local part, or one with specials, is refused rather than read: reports go to plain mailboxes.
    if local.is_empty() || local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return None;
    }
    if !local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte)) {
        return None;
    }
    let host = Domain::parse(host).ok()?;
    Some(Target::Mailbox { mailbox: mailbox.into(), host })
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// RFC 3986 §3.2: `//` [ userinfo `@` ] host [ `:` port ].
fn authority_host(rest: &str) -> Option<Domain> {
    let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Domain::parse(host.split(':').next()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> (Vec<String>, Vec<RecordFlaw>) {
        let mut flaws = Vec::new();
        let uris = parse_list(text.as_bytes(), 0, &mut flaws);
        (uris.iter().map(|uri| uri.as_str().to_owned()).collect(), flaws.iter().map(|flaw| flaw.kind).collect())
    }

    #[test]
    fn lists_are_split_and_sizes_dropped() {
        assert_eq!(
            list("mailto:a@example.com!10m , mailto:b@example.com"),
            (vec!["mailto:a@example.com".into(), "mailto:b@example.com".into()], vec![RecordFlaw::UriSize])
        );
        assert_eq!(list("mailto:a@b.example,").1, [RecordFlaw::UriEmpty]);
        assert_eq!(list("https://x.example/y"), (vec!["https://x.example/y".into()], vec![RecordFlaw::UriScheme]));
    }

    #[test]
    fn bad_uris_are_named() {
        for (text, kind) in [
            ("a@example.com", RecordFlaw::UriSyntax),
            ("mailto:", RecordFlaw::UriSyntax),
            ("mailto:a b@example.com", RecordFlaw::UriSyntax),
            ("mailto:a%0d%0ab@example.com", RecordFlaw::UriMailbox),
            ("mailto:a%2@example.com", RecordFlaw::UriSyntax),
            ("mailto:example.com", RecordFlaw::UriMailbox),
            ("mailto:a@-x.example", RecordFlaw::UriMailbox),
            ("mailto:a@b@@example.com", RecordFlaw::UriMailbox),
            ("mailto:a!b@example.com", RecordFlaw::UriMark),
            ("mailto:関所@example.com", RecordFlaw::UriSyntax),
            ("1mailto:a@example.com", RecordFlaw::UriSyntax),
        ] {
            assert_eq!(Uri::parse(text), Err(kind), "{text}");
        }
    }

    #[test]
    fn mailboxes_are_decoded() {
        let uri = Uri::parse("MAILTO:d%2Bmarc@Reports.Example?subject=x").unwrap();
        assert_eq!(uri.mailbox(), Some("d+marc@Reports.Example"));
        assert_eq!(uri.host().map(Domain::as_str), Some("reports.example"));
        assert_eq!(Uri::parse("https://u@h.example:8443/x").unwrap().host().map(Domain::as_str), Some("h.example"));
        assert_eq!(Uri::parse("https://[2001:db8::1]/x").unwrap().host(), None);
    }

    #[test]
    fn limits_at_below_and_above() {
        let many = |count: usize| vec!["mailto:a@b.example"; count].join(",");
        for (count, flawed) in
            [(REPORT_URI_COUNT_MAX - 1, false), (REPORT_URI_COUNT_MAX, false), (REPORT_URI_COUNT_MAX + 1, true)]
        {
            assert_eq!(list(&many(count)).1.contains(&RecordFlaw::UriTooMany), flawed, "{count}");
        }
        for (length, flawed) in
            [(REPORT_URI_BYTES_MAX - 1, false), (REPORT_URI_BYTES_MAX, false), (REPORT_URI_BYTES_MAX + 1, true)]
        {
            let text = format!("https:{}", "a".repeat(length - 6));
            assert_eq!(Uri::parse(&text) == Err(RecordFlaw::UriTooLong), flawed, "{length}");
        }
    }
}
