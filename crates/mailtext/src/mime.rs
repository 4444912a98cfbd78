//! MIME (RFC 2045, 2046, 2183, 2231): the parts of a message, found without copying. For readers of reports and of what
//! lies behind `l=`; nothing here decides.

use std::borrow::Cow;

use crate::encode::{decode_base64_lenient, decode_quoted_printable, hex};
use crate::encoded_word;
use crate::explain::{Explain, Flaw, Rule, Value};
use crate::header::Headers;
use crate::lex::{Cursor, is_token, is_white_space, unquote};
use crate::limits::{
    BOUNDARY_BYTES_MAX, MIME_DEPTH_MAX, MIME_PARAMETER_COUNT_MAX, MIME_PART_COUNT_MAX, MIME_VALUE_BYTES_MAX,
};

/// A Content-Type or Content-Disposition: a word and its parameters.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ContentField {
    /// `text/plain`, `attachment`, in lower case.
    pub kind: String,
    /// Names in lower case, each once; the values decoded (RFC 2231), the first of equal names.
    pub parameters: Vec<(String, String)>,
}

/// One part of a message, or the message itself.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// The part's header fields.
    pub headers: Headers<'a>,
    /// The part's body, still encoded.
    pub body: &'a [u8],
    /// Where the body starts in the message's body, in bytes.
    pub offset: usize,
    /// Its type; `text/plain` when it has none or a broken one (RFC 2045 §5.2).
    pub content_type: ContentField,
    /// How the body is encoded.
    pub encoding: Encoding,
    /// 0 for the message itself.
    pub depth: usize,
}

/// Content-Transfer-Encoding (RFC 2045 §6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Encoding {
    /// 7bit, 8bit, binary, none.
    Identity,
    /// base64.
    Base64,
    /// quoted-printable.
    QuotedPrintable,
    /// Something else: the body is shown as it is.
    Unknown,
}

/// What can be wrong with the structure of a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MimeFlaw {
    /// Parts deeper than [`MIME_DEPTH_MAX`] were not opened.
    TooDeep,
    /// More parts than [`MIME_PART_COUNT_MAX`]; the rest was not read.
    TooMany,
    /// A multipart without a usable boundary.
    NoBoundary,
    /// A multipart in which its boundary never stands.
    NoParts,
    /// A multipart without the closing delimiter.
    Unclosed,
    /// A multipart that is encoded, which it must not be (RFC 2045 §6.4); it was not opened.
    EncodedMultipart,
}

impl ContentField {
    /// Reads a value; `None` when not even the first word can be read, or the value is longer than
    /// [`MIME_VALUE_BYTES_MAX`].
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        if value.len() > MIME_VALUE_BYTES_MAX {
            return None;
        }
        let mut cursor = Cursor::new(value);
        cursor.cfws(|_| {});
        let mut kind = lower(cursor.take_while(is_token));
        cursor.cfws(|_| {});
        if cursor.eat(b'/') {
            cursor.cfws(|_| {});
            kind = format!("{kind}/{}", lower(cursor.take_while(is_token)));
        }
        if kind.is_empty() || kind.starts_with('/') || kind.ends_with('/') {
            return None;
        }
        Some(Self { kind, parameters: joined(raw_parameters(&mut cursor)) })
    }

    /// The value of a parameter; the name in lower case.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn is_multipart(&self) -> bool {
        self.kind.starts_with("multipart/")
    }
}

/// A parameter as it stands: `filename*1*=…` has the name `filename`, the section 1, and is extended.
struct RawParameter {
    name: String,
    section: Option<u32>,
    extended: bool,
    value: Vec<u8>,
}

fn raw_parameters(cursor: &mut Cursor<'_>) -> Vec<RawParameter> {
    let mut parameters = Vec::new();
    loop {
        cursor.cfws(|_| {});
        cursor.take_while(|byte| byte != b';');
        if !cursor.eat(b';') || parameters.len() >= MIME_PARAMETER_COUNT_MAX {
            return parameters;
        }
        cursor.cfws(|_| {});
        let name = lower(cursor.take_while(is_token));
        cursor.cfws(|_| {});
        if !cursor.eat(b'=') {
            continue;
        }
        cursor.cfws(|_| {});
        let value = match cursor.quoted() {
            Some((inner, _)) => unquote(inner),
            // Tokens only by the standard; what is met runs up to white space or the semicolon.
            None => cursor.take_while(|byte| !is_white_space(byte) && byte != b';').to_vec(),
        };
        parameters.push(named(&name, value));
    }
}

/// RFC 2231 §3 and §4: an asterisk at the end says that the value is extended, a number before it counts sections.
fn named(name: &str, value: Vec<u8>) -> RawParameter {
    let (stem, extended) = name.strip_suffix('*').map_or((name, false), |stem| (stem, true));
    let (stem, section) = match stem.rsplit_once('*') {
        Some((stem, digits)) if digits.parse::<u32>().is_ok() => (stem, digits.parse().ok()),
        _ => (stem, None),
    };
    RawParameter { name: stem.to_owned(), section, extended, value }
}

/// Joins the sections of each name, in their order, and decodes them.
fn joined(mut raw: Vec<RawParameter>) -> Vec<(String, String)> {
    let mut parameters: Vec<(String, String)> = Vec::new();
    raw.sort_by_key(|parameter| parameter.section);
    let order: Vec<String> = raw.iter().map(|parameter| parameter.name.clone()).collect();
    for name in order {
        if name.is_empty() || parameters.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let of_name = || raw.iter().filter(|parameter| parameter.name == name);
        // An extended value is better than the plain one beside it, which old programs get (RFC 6266 §4.3).
        let sections = || of_name().filter(|parameter| parameter.section.is_some());
        let value = match of_name().find(|parameter| parameter.extended && parameter.section.is_none()) {
            Some(parameter) => decoded(std::iter::once(parameter)),
            None if sections().next().is_some() => decoded(sections()),
            None => of_name().next().map(|parameter| encoded_word::decode(&parameter.value)).unwrap_or_default(),
        };
        parameters.push((name, value));
    }
    parameters
}

/// RFC 2231 §4: `charset'language'` stands before the first section; percent signs only in extended ones.
fn decoded<'p>(sections: impl Iterator<Item = &'p RawParameter>) -> String {
    let mut charset: Vec<u8> = Vec::new();
    let mut bytes = Vec::new();
    for (index, section) in sections.enumerate() {
        let mut value = &section.value[..];
        if index == 0 && section.extended {
            let mut parts = value.splitn(3, |byte| *byte == b'\'');
            if let (Some(name), Some(_), Some(rest)) = (parts.next(), parts.next(), parts.next()) {
                charset = name.to_vec();
                value = rest;
            }
        }
        if section.extended { push_percent_decoded(value, &mut bytes) } else { bytes.extend_from_slice(value) }
    }
    encoded_word::decode_charset(&bytes, &charset)
}

fn push_percent_decoded(text: &[u8], bytes: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        let digits = behind.first().copied().and_then(hex).zip(behind.get(1).copied().and_then(hex));
        match digits {
            Some((high, low)) if byte == b'%' => {
                bytes.push(high << 4 | low);
                rest = &behind[2..];
            }
            _ => {
                bytes.push(byte);
                rest = behind;
            }
        }
    }
}

impl<'a> Part<'a> {
    fn new(headers: Headers<'a>, body: &'a [u8], offset: usize, depth: usize, default: &str) -> Self {
        let content_type = headers
            .named("content-type")
            .next()
            .and_then(|field| ContentField::parse(field.value))
            .unwrap_or_else(|| ContentField { kind: default.to_owned(), parameters: Vec::new() });
        let encoding = match headers.named("content-transfer-encoding").next() {
            Some(field) => Encoding::parse(field.value),
            None => Encoding::Identity,
        };
        Self { headers, body, offset, content_type, encoding, depth }
    }

    /// The body decoded from its transfer encoding.
    #[must_use]
    pub fn decoded(&self) -> Cow<'a, [u8]> {
        match self.encoding {
            Encoding::Base64 => Cow::Owned(decode_base64_lenient(self.body)),
            Encoding::QuotedPrintable => Cow::Owned(decode_quoted_printable(self.body)),
            Encoding::Identity | Encoding::Unknown => Cow::Borrowed(self.body),
        }
    }

    /// The body as text in its charset.
    #[must_use]
    pub fn text(&self) -> String {
        let charset = self.content_type.parameter("charset").unwrap_or_default();
        encoded_word::decode_charset(&self.decoded(), charset.as_bytes())
    }

    /// The disposition, when the part has one.
    #[must_use]
    pub fn disposition(&self) -> Option<ContentField> {
        self.headers.named("content-disposition").next().and_then(|field| ContentField::parse(field.value))
    }

    /// The name of the file that the part is; never use it as a path.
    #[must_use]
    pub fn file_name(&self) -> Option<String> {
        let disposition = self.disposition();
        let name = disposition.as_ref().and_then(|field| field.parameter("filename"));
        name.or_else(|| self.content_type.parameter("name")).map(str::to_owned)
    }
}

impl Encoding {
    /// Reads the value of a Content-Transfer-Encoding field.
    #[must_use]
    pub fn parse(value: &[u8]) -> Self {
        let mut cursor = Cursor::new(value);
        cursor.cfws(|_| {});
        match &*lower(cursor.take_while(is_token)) {
            "base64" => Self::Base64,
            "quoted-printable" => Self::QuotedPrintable,
            "7bit" | "8bit" | "binary" | "" => Self::Identity,
            _ => Self::Unknown,
        }
    }
}

/// Finds the parts of a message in their order, the message itself first; multiparts are in the list, before what they
/// hold, and so are enclosed messages (`message/rfc822`, `message/global`). Spans are offsets into `body`.
#[must_use]
pub fn walk<'a>(headers: Headers<'a>, body: &'a [u8]) -> (Vec<Part<'a>>, Vec<Flaw<MimeFlaw>>) {
    let mut flaws = Vec::new();
    let mut parts: Vec<Part<'a>> = Vec::new();
    // What is still to be read; the next one last.
    let mut open = vec![Part::new(headers, body, 0, 0, TEXT)];
    while let Some(part) = open.pop() {
        if parts.len() == MIME_PART_COUNT_MAX {
            flaws.push(Flaw::new(MimeFlaw::TooMany, part.offset, body.len()));
            break;
        }
        let mut children = children(&part, MIME_PART_COUNT_MAX - parts.len(), &mut flaws);
        if !children.is_empty() && part.depth == MIME_DEPTH_MAX {
            flaws.push(Flaw::new(MimeFlaw::TooDeep, part.offset, part.offset + part.body.len()));
            children.clear();
        }
        parts.push(part);
        open.extend(children.into_iter().rev());
    }
    (parts, flaws)
}

const TEXT: &str = "text/plain";

fn children<'a>(part: &Part<'a>, room: usize, flaws: &mut Vec<Flaw<MimeFlaw>>) -> Vec<Part<'a>> {
    let mut flaw = |kind| flaws.push(Flaw::new(kind, part.offset, part.offset + part.body.len()));
    let enclosed = matches!(&*part.content_type.kind, "message/rfc822" | "message/global");
    if (enclosed || part.content_type.is_multipart()) && part.encoding != Encoding::Identity {
        flaw(MimeFlaw::EncodedMultipart);
        return Vec::new();
    }
    if enclosed {
        return vec![child(part, 0, part.body.len(), TEXT)];
    }
    if !part.content_type.is_multipart() {
        return Vec::new();
    }
    let boundary = part.content_type.parameter("boundary").unwrap_or_default().as_bytes();
    if boundary.is_empty() || boundary.len() > BOUNDARY_BYTES_MAX {
        flaw(MimeFlaw::NoBoundary);
        return Vec::new();
    }
    let (segments, closed) = segments(part.body, boundary, room);
    if segments.is_empty() {
        flaw(MimeFlaw::NoParts);
    } else if !closed {
        flaw(MimeFlaw::Unclosed);
    }
    // RFC 2046 §5.1.5: in a digest, a part without a type is a message.
    let default = if part.content_type.kind == "multipart/digest" { "message/rfc822" } else { TEXT };
    segments.into_iter().map(|(start, end)| child(part, start, end, default)).collect()
}

fn child<'a>(parent: &Part<'a>, start: usize, end: usize, default: &str) -> Part<'a> {
    let raw = parent.body.get(start..end).unwrap_or_default();
    let headers = Headers::parse(raw);
    let body_start = headers.body_start();
    Part::new(headers, &raw[body_start..], parent.offset + start + body_start, parent.depth + 1, default)
}

/// Where the parts between the delimiters are, and whether the closing delimiter was there. One more than `room` at
/// most.
fn segments(body: &[u8], boundary: &[u8], room: usize) -> (Vec<(usize, usize)>, bool) {
    let mut segments = Vec::new();
    let mut part_start: Option<usize> = None;
    let mut line_start = 0;
    while line_start < body.len() && segments.len() <= room {
        let line_end = memchr::memchr(b'\n', &body[line_start..]).map_or(body.len(), |at| line_start + at + 1);
        if let Some(closing) = delimiter(&body[line_start..line_end], boundary) {
            if let Some(start) = part_start {
                // RFC 2046 §5.1.1: the line end before a delimiter belongs to the delimiter.
                let end = line_start - line_end_len(&body[start..line_start]);
                segments.push((start, end));
            }
            if closing {
                return (segments, true);
            }
            part_start = Some(line_end);
        }
        line_start = line_end;
    }
    if let Some(start) = part_start {
        segments.push((start, body.len()));
    }
    (segments, false)
}

/// Whether a line is a delimiter, and whether the closing one.
fn delimiter(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    let (rest, closing) = rest.strip_prefix(b"--").map_or((rest, false), |rest| (rest, true));
    rest.iter().all(|byte| is_white_space(*byte)).then_some(closing)
}

fn line_end_len(text: &[u8]) -> usize {
    if text.ends_with(b"\r\n") { 2 } else { usize::from(text.ends_with(b"\n")) }
}

fn lower(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_ascii_lowercase()
}

impl MimeFlaw {
    /// Every id of this enum.
    pub const IDS: &'static [&'static str] = &[
        "mime-too-deep",
        "mime-too-many-parts",
        "mime-no-boundary",
        "mime-no-parts",
        "mime-unclosed",
        "mime-encoded-multipart",
    ];
}

impl Explain for MimeFlaw {
    fn id(&self) -> &'static str {
        match self {
            Self::TooDeep => "mime-too-deep",
            Self::TooMany => "mime-too-many-parts",
            Self::NoBoundary => "mime-no-boundary",
            Self::NoParts => "mime-no-parts",
            Self::Unclosed => "mime-unclosed",
            Self::EncodedMultipart => "mime-encoded-multipart",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::TooDeep | Self::TooMany => None,
            Self::EncodedMultipart => Some(Rule("RFC 2045", "6.4")),
            _ => Some(Rule("RFC 2046", "5.1.1")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooDeep => vec![("limit", MIME_DEPTH_MAX.into())],
            Self::TooMany => vec![("limit", MIME_PART_COUNT_MAX.into())],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn walked(message: &str) -> (Vec<(usize, String, String)>, Vec<MimeFlaw>) {
        let headers = Headers::parse(message.as_bytes());
        let body = &message.as_bytes()[headers.body_start()..];
        let (parts, flaws) = walk(headers, body);
        for part in &parts {
            assert_eq!(body.get(part.offset..part.offset + part.body.len()), Some(part.body));
        }
        let shown = parts.iter().map(|part| (part.depth, part.content_type.kind.clone(), part.text())).collect();
        (shown, flaws.iter().map(|flaw| flaw.kind).collect())
    }

    #[test]
    fn parameters_of_rfc_2231() {
        for (value, name, expected) in [
            (
                "message/external-body; access-type=URL;\r\n URL*0=\"ftp://\";\r\n URL*1=\"cs.utk.edu/x\"",
                "url",
                "ftp://cs.utk.edu/x",
            ),
            (
                "application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
                "title",
                "This is ***fun***",
            ),
            (
                "application/x-stuff\r\n ;title*1*=%2A%2A%2Afun%2A%2A%2A%20;title*0*=us-ascii'en'This%20is%20even%20more%20;title*2=\"isn't it!\"",
                "title",
                "This is even more ***fun*** isn't it!",
            ),
            ("text/plain; charset=us-ascii (Plain text)", "charset", "us-ascii"),
            ("text/plain; charset=\"utf-8\"", "charset", "utf-8"),
            ("attachment; filename=\"=?UTF-8?B?6Zai5omA?=.pdf\"", "filename", "関所.pdf"),
            ("attachment; filename=x; filename*=utf-8''%E9%96%A2%E6%89%80", "filename", "関所"),
            ("attachment; filename*=iso-2022-jp'ja'%1B%24B4X%3Dj%1B%28B", "filename", "関所"),
            ("multipart/mixed; boundary=a/b:c=d; x=y", "boundary", "a/b:c=d"),
            ("text/plain;charset=a;charset=b", "charset", "a"),
        ] {
            let field = ContentField::parse(value.as_bytes()).unwrap();
            assert_eq!(field.parameter(name), Some(expected), "{value}");
        }
        assert_eq!(ContentField::parse(b" TEXT / HTML ; x").unwrap().kind, "text/html");
        assert_eq!(ContentField::parse(b"; a=b"), None);
        assert_eq!(ContentField::parse(b"text/"), None);
    }

    #[test]
    fn parts_are_found() {
        let message = "Content-Type: multipart/mixed; boundary=\"a b\"\r\n\r\npreamble\r\n--a b\r\n\r\nplain\r\nlines\r\n--a b \r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n6Zai5omA\r\n--x--\r\n--a b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ninner\r\n--a b--\r\nepilogue";
        let (parts, flaws) = walked(message);
        assert_eq!(flaws, []);
        let shown: Vec<(usize, &str, &str)> =
            parts[1..].iter().map(|(depth, kind, text)| (*depth, &**kind, &**text)).collect();
        assert_eq!(parts[0].1, "multipart/mixed");
        assert_eq!(
            shown,
            [
                (1, "text/plain", "plain\r\nlines"),
                (
                    1,
                    "multipart/alternative",
                    "--x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n6Zai5omA\r\n--x--"
                ),
                (2, "text/html", "関所"),
                (1, "message/rfc822", "Subject: x\r\n\r\ninner"),
                (2, "text/plain", "inner"),
            ]
        );
    }

    #[test]
    fn broken_structures_are_named() {
        let flaws = |message: &str| walked(message).1;
        assert_eq!(flaws("Content-Type: multipart/mixed\r\n\r\nx"), [MimeFlaw::NoBoundary]);
        assert_eq!(flaws("Content-Type: multipart/mixed; boundary=b\r\n\r\nx"), [MimeFlaw::NoParts]);
        assert_eq!(flaws("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx"), [MimeFlaw::Unclosed]);
        assert_eq!(
            flaws("Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\nx"),
            [MimeFlaw::EncodedMultipart]
        );
        assert_eq!(flaws("\r\nx"), []);
        assert_eq!(walked("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b\r\n--b--").0.len(), 3);
    }

    #[test]
    fn limits_at_below_and_above() {
        for (depth, flawed) in [(MIME_DEPTH_MAX - 1, false), (MIME_DEPTH_MAX, false), (MIME_DEPTH_MAX + 1, true)] {
            let message = format!("{}\r\nx", "Content-Type: message/rfc822\r\n\r\n".repeat(depth));
            assert_eq!(walked(&message).1.contains(&MimeFlaw::TooDeep), flawed, "depth {depth}");
        }
        for (count, flawed) in
            [(MIME_PART_COUNT_MAX - 1, false), (MIME_PART_COUNT_MAX, false), (MIME_PART_COUNT_MAX + 1, true)]
        {
            let parts = "--b\r\n\r\nx\r\n".repeat(count - 1);
            let message = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--");
            let (parts, flaws) = walked(&message);
            assert_eq!(flaws.contains(&MimeFlaw::TooMany), flawed, "{count} parts");
            assert_eq!(parts.len(), count.min(MIME_PART_COUNT_MAX));
        }
        for (length, good) in
            [(BOUNDARY_BYTES_MAX - 1, true), (BOUNDARY_BYTES_MAX, true), (BOUNDARY_BYTES_MAX + 1, false)]
        {
            let boundary = "b".repeat(length);
            let message = format!(
                "Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n--{boundary}\r\n\r\nx\r\n--{boundary}--"
            );
            assert_eq!(walked(&message).1 != [MimeFlaw::NoBoundary], good, "{length}");
        }
        for (length, read) in
            [(MIME_VALUE_BYTES_MAX - 1, true), (MIME_VALUE_BYTES_MAX, true), (MIME_VALUE_BYTES_MAX + 1, false)]
        {
            assert_eq!(ContentField::parse(format!("{:length$}", "text/plain").as_bytes()).is_some(), read, "{length}");
        }
        for (count, kept) in [
            (MIME_PARAMETER_COUNT_MAX - 1, MIME_PARAMETER_COUNT_MAX - 1),
            (MIME_PARAMETER_COUNT_MAX, MIME_PARAMETER_COUNT_MAX),
            (MIME_PARAMETER_COUNT_MAX + 1, MIME_PARAMETER_COUNT_MAX),
        ] {
            let value: String =
                std::iter::once("a/b".to_owned()).chain((0..count).map(|n| format!(";p{n}=x"))).collect();
            assert_eq!(ContentField::parse(value.as_bytes()).unwrap().parameters.len(), kept);
        }
    }

    proptest! {
        #[test]
        fn any_message_is_walked(text in "(Content-Type: (multipart/mixed; boundary=b|message/rfc822|text/x)\r\n|--b(--)?\r\n|\r\n|[ -~]{0,9}){0,30}") {
            let (parts, _) = walked(&text);
            prop_assert!(!parts.is_empty() && parts.len() <= MIME_PART_COUNT_MAX);
        }

        #[test]
        fn any_value_is_read(value in proptest::collection::vec(any::<u8>(), 0..100), text in "a/b(;[a-z*0-9]{0,6}=[a-z%'\"0-9]{0,9}){0,5}") {
            let _ = ContentField::parse(&value);
            let _ = ContentField::parse(text.as_bytes());
        }
    }
}
