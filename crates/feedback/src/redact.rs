//! What of a message may be shown to strangers: local parts become keyed hashes (RFC 6590), header fields are let through
//! by a list, and of each of them no more than its kind is known to need; a body never is.
//!
//! Reading order: [`Redaction::header`]; what is left of each kind of field is in `field`.

mod field;

use aws_lc_rs::hmac;
use mailtext::authres::{AuthenticationResults, Letters, LineEnd, MethodResult, Property, Style};
use mailtext::encode::encode_base64;
use mailtext::{AddressList, Field, Headers, TagList};

use crate::hash::keyed;
use crate::limits::{FAILURE_FIELD_BYTES_MAX, FAILURE_HEADER_BYTES_MAX};

/// Replaces local parts. Without the key nobody can tell whose address it was, nor try.
#[derive(Clone, Debug)]
pub struct Redaction(hmac::Key);

/// Which header fields a report shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownFields(Vec<Box<str>>);

/// The fields that are shown by default: those by which an owner finds out what went wrong. Not the Subject, which is
/// what the mail says, and nobody to whom it was written.
pub const SHOWN_FIELDS: [&str; 18] = [
    "arc-authentication-results",
    "arc-message-signature",
    "arc-seal",
    "content-transfer-encoding",
    "content-type",
    "date",
    "dkim-signature",
    "from",
    "list-id",
    "message-id",
    "mime-version",
    "received",
    "received-spf",
    "reply-to",
    "resent-from",
    "resent-sender",
    "return-path",
    "sender",
];

/// Fields that hold addresses and names: the names are left out.
const ADDRESS_FIELDS: [&str; 10] =
    ["bcc", "cc", "from", "reply-to", "resent-cc", "resent-from", "resent-sender", "resent-to", "sender", "to"];

/// So many bytes of a hash are shown: 16 characters of base64, without padding.
// RFC 6590 §5.2: in 96 bits two different inputs do not meet by chance.
const SHOWN_BYTES: usize = 12;

impl Redaction {
    /// With this key; at least 16 random bytes, the same as long as reports are to be compared with each other.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        // RFC 6590 §4: any mechanism may be chosen; this one cannot be tried out without the key.
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// What stands for a local part: the same for the same one, in letters that a local part may hold.
    // RFC 6590 §3: the same input gives the same output, encoded with base64.
    #[must_use]
    pub fn local_part(&self, local: &[u8]) -> String {
        encode_base64(&keyed(&self.0, &[local])[..SHOWN_BYTES])
    }

    /// An address with its local part replaced; what is no address is replaced as a whole.
    #[must_use]
    pub fn address(&self, address: &str) -> String {
        match address.rsplit_once('@') {
            Some(("", domain)) => format!("@{}", printable(domain.as_bytes())),
            Some((local, domain)) => format!("{}@{}", self.local_part(local.as_bytes()), printable(domain.as_bytes())),
            None if address.is_empty() => String::new(),
            None => self.local_part(address.as_bytes()),
        }
    }

    /// Of a header what may be shown: lines of ASCII that end with CRLF. `header` is everything before the body.
    #[must_use]
    pub fn header(&self, header: &[u8], shown: &ShownFields) -> String {
        let mut text = String::new();
        let headers = Headers::parse(header);
        let people = field::people(&headers);
        for field in headers.iter() {
            let name = String::from_utf8_lossy(field.name).to_ascii_lowercase();
            // RFC 9991 §7, §7.1: who wrote to whom, and what, is for nobody else; only what explains the failure is shown.
            if !shown.0.iter().any(|shown| **shown == *name) || field.value.len() > FAILURE_FIELD_BYTES_MAX {
                continue;
            }
            let Some(value) = self.value(&name, &field, &people) else { continue };
            let before = text.len();
            text.push_str(&String::from_utf8_lossy(field.name));
            text.push(':');
            fold(&mut text, &value);
            if text.len() > FAILURE_HEADER_BYTES_MAX {
                text.truncate(before);
                break;
            }
        }
        text
    }

    /// The value of a field as it is shown; `None` when nothing of it is. `people` are local parts of the message's own
    /// addresses.
    fn value(&self, name: &str, field: &Field<'_>, people: &[Vec<u8>]) -> Option<String> {
        if ADDRESS_FIELDS.contains(&name) {
            return self.addresses(field.value);
        }
        let value = field.unfolded();
        match name {
            "message-id" => Some(self.message_id(&value, people)),
            "content-type" => field::media_type(&value),
            "list-id" => mailtext::list_id::list_id(field.value).map(|id| format!("<{id}>")),
            "received" => {
                let value = field::without_comments(&value, field::names_a_host);
                Some(self.text(&field::without_recipient(&value)))
            }
            "received-spf" => Some(self.text(&field::without_comments(&value, |_| false))),
            "dkim-signature" | "arc-message-signature" | "arc-seal" => Some(self.tags(&value)),
            "authentication-results" => Some(self.results(&AuthenticationResults::parse(field.value).0)),
            "arc-authentication-results" => Some(self.results(&AuthenticationResults::parse_arc(field.value).0)),
            _ => Some(self.text(&value)),
        }
    }

    /// The addresses of a field, without names and comments.
    fn addresses(&self, value: &[u8]) -> Option<String> {
        let (list, _) = AddressList::parse(value);
        let address = |mailbox: &mailtext::Mailbox| {
            let host = mailbox.domain.as_ref().ok()?.name()?;
            Some(format!("<{}@{host}>", self.local_part(mailbox.local.as_bytes())))
        };
        let addresses: Vec<_> = list.mailboxes().filter_map(address).collect();
        // What cannot be read as addresses cannot be made harmless either.
        (!addresses.is_empty()).then(|| addresses.join(", "))
    }

    /// A Message-ID: by it its maker finds the message. One that tells a person, or is none, is replaced.
    fn message_id(&self, value: &[u8], people: &[Vec<u8>]) -> String {
        let id = value.trim_ascii();
        let inner = id.strip_prefix(b"<").and_then(|id| id.strip_suffix(b">"));
        let at = inner.and_then(|inner| Some((inner, inner.iter().rposition(|byte| *byte == b'@')?)));
        let is_plain = |bytes: &[u8]| bytes.iter().all(|byte| byte.is_ascii_graphic() && !b"<>@\"".contains(byte));
        match at {
            Some((inner, at)) if is_plain(&inner[..at]) && is_plain(&inner[at + 1..]) => {
                let (left, right) = (&inner[..at], printable(&inner[at + 1..]));
                let tells =
                    |person: &Vec<u8>| left.to_ascii_lowercase().windows(person.len()).any(|part| part == person);
                let left = if people.iter().any(tells) { self.local_part(left) } else { printable(left) };
                format!("<{left}@{right}>")
            }
            _ => format!("<{}>", self.local_part(id)),
        }
    }

    /// The tags of a signature that are known to tell nobody: `z=` is a copy of the header.
    fn tags(&self, value: &[u8]) -> String {
        let (tags, _) = TagList::parse(value);
        let shown = tags.iter().filter_map(|tag| {
            let name = std::str::from_utf8(tag.name).ok().filter(|name| field::TAGS.contains(name))?;
            let value: Vec<u8> = tag.value.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            let is_instance = value.iter().all(u8::is_ascii_digit);
            let value = if name == "i" && !is_instance { self.address(&printable(&value)) } else { self.text(&value) };
            Some(format!("{name}={value}"))
        });
        shown.collect::<Vec<_>>().join("; ")
    }

    /// Results, with the properties that are known to tell nobody; without comments, reasons and users.
    fn results(&self, field: &AuthenticationResults) -> String {
        let mut shown = match &field.authserv_id {
            Some(id) => AuthenticationResults::new(printable(id.as_bytes())),
            None => AuthenticationResults::new("unknown"),
        };
        shown.instance = field.instance;
        shown.results = field.results.iter().map(|result| self.result(result)).collect();
        let value = shown.to_value(Style { line_end: LineEnd::Lf, letters: Letters::Ascii });
        value.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn result(&self, result: &MethodResult) -> MethodResult {
        let is_shown =
            |property: &&Property| field::PROPERTIES.contains(&(property.ptype.as_str(), property.name.as_str()));
        let hashed = |property: &Property| Property {
            value: match property.value.contains('@') {
                true => self.address(&property.value),
                false => printable(property.value.as_bytes()),
            },
            comment: None,
            ..property.clone()
        };
        let properties = result.properties.iter().filter(is_shown).map(hashed).collect();
        MethodResult { comment: None, reason: None, properties, ..result.clone() }
    }

    /// A text with the local part of everything that looks like an address replaced.
    fn text(&self, value: &[u8]) -> String {
        let mut text = String::with_capacity(value.len());
        let mut done = 0;
        for at in value.iter().enumerate().filter(|(_, byte)| **byte == b'@').map(|(at, _)| at) {
            if at < done {
                continue;
            }
            let start = done + local_start(&value[done..at]);
            text.push_str(&printable(&value[done..start]));
            if start < at {
                text.push_str(&self.local_part(&value[start..at]));
            }
            text.push('@');
            done = at + 1;
        }
        text.push_str(&printable(&value[done..]));
        text
    }
}

impl ShownFields {
    /// Fields by name.
    #[must_use]
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        Self(names.into_iter().map(|name| name.to_ascii_lowercase().into()).collect())
    }
}

impl Default for ShownFields {
    fn default() -> Self {
        Self::new(SHOWN_FIELDS)
    }
}

/// Where the local part begins that ends the text: a quoted string, or everything that may stand in a dot-string. Bytes
/// beyond ASCII may too (RFC 6531 §3.3).
fn local_start(before: &[u8]) -> usize {
    if before.last() == Some(&b'"') {
        let quoted = &before[..before.len() - 1];
        let is_open = |at: &usize| quoted[*at] == b'"' && (*at == 0 || quoted[at - 1] != b'\\');
        return (0..quoted.len()).rev().find(is_open).unwrap_or(0);
    }
    let may_stand =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(byte) || !byte.is_ascii();
    before.iter().rposition(|byte| !may_stand(byte)).map_or(0, |at| at + 1)
}

/// Printable ASCII: everything else is `?`, tabs are spaces.
fn printable(bytes: &[u8]) -> String {
    let kept = |byte: &u8| match byte {
        b'\t' => ' ',
        b' '..=b'~' => char::from(*byte),
        _ => '?',
    };
    bytes.iter().map(kept).collect()
}

/// Writes a value behind its colon: lines of 78 columns where words allow it, and words that no line can hold cut.
pub(crate) fn fold(text: &mut String, value: &str) {
    const COLUMNS: usize = 78;
    const WORD_BYTES_MAX: usize = 900;
    let mut column = text.len() - text.rfind('\n').map_or(0, |at| at + 1);
    for word in value.split(' ').filter(|word| !word.is_empty()) {
        let word = &word[..word.floor_char_boundary(WORD_BYTES_MAX)];
        if column + 1 + word.len() > COLUMNS && column > 1 {
            text.push_str("\r\n");
            column = 0;
        }
        text.push(' ');
        text.push_str(word);
        column += 1 + word.len();
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redaction() -> Redaction {
        Redaction::new(b"0123456789abcdef")
    }

    fn shown(header: &str) -> String {
        redaction().header(testkit::wire(header).as_slice(), &ShownFields::default())
    }

    #[test]
    fn local_parts_are_hashed_the_same_way_everywhere() {
        let bob = redaction().local_part(b"bob");
        assert_eq!(bob.len(), 16);
        assert!(bob.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte)), "{bob}");
        assert_ne!(bob, redaction().local_part(b"alice"));
        assert_ne!(bob, Redaction::new(b"another key 1234").local_part(b"bob"));
        assert_eq!(redaction().address("bob@example.net"), format!("{bob}@example.net"));
        assert_eq!(redaction().address("@example.net"), "@example.net");
        assert_eq!(redaction().address(""), "");
        let header = testkit::wire(
            "Received: from a.example by b.example for <bob@example.net>; Sun, 22 Nov 2026 00:00:00 +0000\n\
             To: Bob B. <bob@example.net>,\n \"Bob\" <bob@example.net>\n\
             DKIM-Signature: v=1; d=example.net; i=bob@example.net; b=AbC+/=\n",
        );
        let names = ShownFields::new(["received", "to", "dkim-signature"]);
        let header = redaction().header(&header, &names);
        assert_eq!(header.matches(&format!("{bob}@example.net")).count(), 3, "{header}");
        assert!(!header.contains("Bob") && !header.to_lowercase().contains("bob@"), "{header}");
        assert!(header.contains("v=1; d=example.net; i="), "{header}");
    }

    #[test]
    fn fields_that_are_not_on_the_list_are_not_shown() {
        let header = shown(
            "Subject: secret\nX-Original-To: bob@example.net\nauthentication-results: x; spf=pass smtp.mailfrom=bob@a.example\n\
             To: bob@example.net\nCc: bob@example.net\n\
             Message-ID: <1@mail.example>\nDate: Sun, 22 Nov 2026 00:00:00 +0000\nFrom: nobody at all\n\nbody bob@example.net\n",
        );
        assert_eq!(header, "Message-ID: <1@mail.example>\r\nDate: Sun, 22 Nov 2026 00:00:00 +0000\r\n");
        let names = ShownFields::new(["Subject"]);
        assert_eq!(redaction().header(b"SUBJECT: hi \xe9\r\n\r\n", &names), "SUBJECT: hi ?\r\n");
    }

    /// What must not be there, and what must.
    #[test]
    fn no_part_of_a_local_part_is_left() {
        for (field, secret, kept) in [
            ("Received-SPF: pass envelope-from=<bounce+secret=example.org@list.example>", "secret", "@list.example>"),
            ("Received-SPF: fail <user=secret@x.example>", "user", "@x.example"),
            ("Received-SPF: fail <s\u{e9}cret@x.example>", "cret", "@x.example"),
            ("Received: by a.example FOR <secret@x.example>; today", "x.example", "by a.example; today"),
            ("Received: by a.example for secret@x.example id 4Qx", "x.example", "by a.example id 4Qx"),
            ("Received: by a.example for <a@x.example>, <b@x.example>; today", "x.example", "by a.example; today"),
            ("Received: from a.example (b.example [192.0.2.1]) by c.example", "secret", "(b.example [192.0.2.1])"),
            ("Received: from a.example (secret@b.example [192.0.2.1]) by c.example", "secret", "by c.example"),
            ("Received: from a (Authenticated sender: secret) by c.example", "secret", "by c.example"),
            ("Received: by x.example (Postfix, from userid 1234)\n\tid 4Qx", "1234", "id 4Qx"),
            ("Received: from a (a (nested) secret) by c.example", "secret", "by c.example"),
            ("Received: from a.example \"quote (secret) b", "secret", "from a.example"),
            ("Return-Path: <secret@x.example>", "secret", "@x.example"),
            (
                "ARC-Authentication-Results: i=1; a; spf=pass smtp.mailfrom=bounce+secret=b@c.example",
                "secret",
                "@c.example",
            ),
            ("ARC-Authentication-Results: i=1; a; auth=pass smtp.auth=secret", "secret", "auth=pass"),
            (
                "ARC-Authentication-Results: i=1; a; dkim=fail (secret) reason=\"secret\" header.d=x.example",
                "secret",
                "header.d=x.example",
            ),
            (
                "Received-SPF: pass (x: domain of secret@c.example) envelope-from=\"secret@c.example\"",
                "secret",
                "@c.example",
            ),
            ("DKIM-Signature: i=secret@x.example; d=x.example", "secret", "d=x.example"),
            ("DKIM-Signature: d=x.example; z=From:secret=40x.example|Subject:secret", "secret", "d=x.example"),
            ("DKIM-Signature: d=x.example; i=secret; user=secret", "secret", "d=x.example"),
            ("ARC-Seal: i=1; d=x.example; cv=none; s=k", "secret", "i=1; d=x.example; cv=none; s=k"),
            ("List-Id: The secret list <list.x.example>", "secret", "<list.x.example>"),
            ("From: secret <secret@x.example>, (secret) secret@x.example", "secret", "@x.example>"),
            ("Content-Type: text/plain; charset=utf-8; name=secret@x.example", "secret", "text/plain; charset=utf-8"),
            ("Message-ID: <2026.secret.7@x.example>\nFrom: Secret@x.example", "secret", "@x.example>"),
            ("Message-ID: secret of nobody", "secret", "Message-ID: <"),
            ("Message-ID: <2026.1@x.example>\nFrom: ab@x.example", "ab@", "<2026.1@x.example>"),
        ] {
            let header = shown(&format!("{field}\n"));
            assert!(!header.contains(secret) && header.contains(kept), "{field}: {header}");
            assert!(header.is_ascii());
        }
        for (field, wanted) in [
            ("List-Id: secret@x.example", ""),
            ("From: (secret)", ""),
            ("Content-Type: secret", ""),
            ("Received: (secret", "Received:\r\n"),
        ] {
            assert_eq!(shown(&format!("{field}\n")), wanted, "{field}");
        }
    }

    #[test]
    fn lines_stay_short_and_headers_bounded() {
        let long = "x".repeat(3000);
        let header = shown(&format!("Received: from {long} by {}\n", "abc ".repeat(100)));
        assert!(header.lines().all(|line| line.len() <= 998), "{header}");
        for (size, is_shown) in
            [(FAILURE_FIELD_BYTES_MAX - 1, true), (FAILURE_FIELD_BYTES_MAX, true), (FAILURE_FIELD_BYTES_MAX + 1, false)]
        {
            let field = format!("Date: {}", "a".repeat(size - 1));
            assert_eq!(!shown(&format!("{field}\n")).is_empty(), is_shown, "{size}");
        }
        let many = "Date: Sun, 22 Nov 2026 00:00:00 +0000\n".repeat(10_000);
        let header = shown(&many);
        assert!(header.len() <= FAILURE_HEADER_BYTES_MAX && header.len() > FAILURE_HEADER_BYTES_MAX - 100);
    }

    #[test]
    #[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
    fn fuzz_redaction() {
        testkit::fuzz(
            "redact",
            &[b"From: a@b.example\r\nReceived: for <\"x\\\"y\"@b.example>; @@@\r\nTo: =?utf-8?b?YQ==?= <a@b>\r\n\r\n"
                .to_vec()],
            |bytes| {
                let header = redaction().header(bytes, &ShownFields::default());
                assert!(header.bytes().all(|byte| byte == b'\r' || byte == b'\n' || (b' '..=b'~').contains(&byte)));
                assert!(header.is_empty() || header.ends_with("\r\n"));
            },
        );
    }
}
