//! What of a field is known to tell nobody, by the kind of field.

use mailtext::mime::ContentField;
use mailtext::{AddressList, Headers};

/// The tags of signatures that are shown (RFC 6376 §3.5, RFC 8617 §4.1, RFC 6541 §3): not `z=`, and none that is unknown.
pub(super) const TAGS: [&str; 17] =
    ["a", "atps", "atpsh", "b", "bh", "c", "cv", "d", "h", "i", "l", "q", "r", "s", "t", "v", "x"];

/// The properties of results that are shown.
pub(super) const PROPERTIES: [(&str, &str); 16] = [
    ("header", "a"),
    ("header", "b"),
    ("header", "d"),
    ("header", "from"),
    ("header", "i"),
    ("header", "oldest-pass"),
    ("header", "s"),
    ("header", "selector"),
    ("smtp", "client-ip"),
    ("smtp", "helo"),
    ("smtp", "mailfrom"),
    ("smtp", "remote-ip"),
    ("policy", "arc"),
    ("policy", "dmarc"),
    ("policy", "iprev"),
    ("arc", "chain"),
];

/// The parameters of Content-Type that are shown.
const PARAMETERS: [&str; 7] = ["boundary", "charset", "delsp", "format", "micalg", "protocol", "report-type"];

/// Shorter local parts are found in everything.
const PERSON_BYTES_MIN: usize = 3;
/// Most people whose local parts are looked for.
const PERSON_COUNT_MAX: usize = 64;

/// The local parts of a header's own addresses, in small letters.
pub(super) fn people(headers: &Headers<'_>) -> Vec<Vec<u8>> {
    let mut people: Vec<Vec<u8>> = Vec::new();
    for name in super::ADDRESS_FIELDS.into_iter().chain(["return-path"]) {
        for field in headers.named(name) {
            if people.len() >= PERSON_COUNT_MAX || field.value.len() > super::FAILURE_FIELD_BYTES_MAX {
                break;
            }
            let (list, _) = AddressList::parse(field.value);
            let locals = list.mailboxes().map(|mailbox| mailbox.local.as_bytes().to_ascii_lowercase());
            people.extend(locals.filter(|local| local.len() >= PERSON_BYTES_MIN).take(PERSON_COUNT_MAX));
        }
    }
    people
}

/// A media type with the parameters that tell how it is written; names of files are not among them.
pub(super) fn media_type(value: &[u8]) -> Option<String> {
    let field = ContentField::parse(value)?;
    let is_token =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+/'=?:*".contains(&byte));
    let mut text = Some(field.kind.clone()).filter(|kind| kind.contains('/') && is_token(kind))?;
    for name in PARAMETERS {
        if let Some(value) = field.parameter(name).filter(|value| !value.is_empty() && is_token(value)) {
            // RFC 2045 §5.1: a value with other letters than those of a token is quoted.
            let quote = if value.bytes().any(|byte| b"/=?:".contains(&byte)) { "\"" } else { "" };
            text.push_str(&format!("; {name}={quote}{value}{quote}"));
        }
    }
    Some(text)
}

/// Whether the comment of a Received field names a host with its address, as MTAs find them, and nobody.
pub(super) fn names_a_host(comment: &[u8]) -> bool {
    let is_of_host = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_:[] ".contains(byte);
    comment.contains(&b'[') && comment.iter().all(is_of_host) && comment.split(|byte| *byte == b' ').count() <= 2
}

/// The value of a Received field without `for`: to whom a message was written nobody is told.
pub(super) fn without_recipient(value: &[u8]) -> Vec<u8> {
    let mut words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).peekable();
    let mut shown = Vec::with_capacity(value.len());
    while let Some(word) = words.next() {
        if !word.eq_ignore_ascii_case(b"for") {
            shown.extend([if shown.is_empty() { &b""[..] } else { b" " }, word].concat());
            continue;
        }
        // RFC 5321 §4.4: For = CFWS "FOR" FWS ( Path / Mailbox )
        while let Some(address) = words.next_if(|word| word.starts_with(b"<") || word.contains(&b'@')) {
            if address.ends_with(b";") {
                shown.push(b';');
            }
        }
    }
    shown
}

/// A structured value without its comments, but those that are to stay. What an open comment or an open quote hides is
/// left out with it.
pub(super) fn without_comments(value: &[u8], stays: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut shown = Vec::with_capacity(value.len());
    let (mut depth, mut start, mut at) = (0_usize, 0, 0);
    // Where the quoted string began that is open.
    let mut quoted: Option<usize> = None;
    while let Some(byte) = value.get(at) {
        let step = if *byte == b'\\' && (depth > 0 || quoted.is_some()) { 2 } else { 1 };
        match byte {
            b'"' if depth == 0 => {
                let open = quoted.take();
                quoted = if open.is_none() { Some(shown.len()) } else { None };
                shown.push(*byte);
            }
            b'(' if quoted.is_none() => {
                start = if depth == 0 { at + 1 } else { start };
                depth += 1;
            }
            b')' if depth > 0 => {
                depth -= 1;
                let comment = value.get(start..at).unwrap_or_default();
                if depth == 0 && stays(comment) {
                    shown.extend([b"(", comment, b")"].concat());
                }
            }
            _ if depth == 0 => shown.extend(&value[at..value.len().min(at + step)]),
            _ => {}
        }
        at += step;
    }
    if let Some(open) = quoted {
        shown.truncate(open);
    }
    shown
}
