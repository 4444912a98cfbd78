//! What an IMAP server says (RFC 3501 §7), read with a cap on everything, and taken apart as far as it is of use here.

use tokio::time::Instant;

use crate::limits::{IMAP_NESTING_DEPTH_MAX, IMAP_RESPONSE_BYTES_MAX, IMAP_TEXT_BYTES_MAX};
use crate::mail_server::{Lost, Wire};

/// One response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Response {
    /// `+`: the server waits for more of a command.
    Continue,
    /// The end of a command.
    Tagged { tag: String, status: Status },
    /// `* OK`, `* NO`, `* BAD`.
    Status(Status),
    /// `* PREAUTH`: there is nothing to log in to.
    Preauth,
    /// `* BYE`: the server is about to go.
    Bye { text: String },
    /// What it can do; upper case.
    Capability(Vec<String>),
    /// How many messages there are.
    Exists(u32),
    /// One of them has gone.
    Expunge,
    /// Numbers that a search has found.
    Search(Vec<u32>),
    /// Of a message.
    Fetch(Fetch),
    /// Of no use here.
    Other,
}

/// How a command has ended, or what is told beside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Status {
    pub(super) kind: Kind,
    /// The name of the code, upper case, and what follows it.
    pub(super) code: Option<(String, String)>,
    pub(super) text: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Ok,
    No,
    Bad,
}

/// What was fetched of a message.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Fetch {
    pub(super) uid: Option<u32>,
    pub(super) size: Option<u64>,
    pub(super) body: Option<Body>,
}

/// The message, or a piece of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Body {
    /// Where the piece begins; nothing when it is the whole.
    pub(super) origin: Option<u64>,
    pub(super) bytes: Vec<u8>,
}

/// Why there is no response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Unread {
    Lost(Lost),
    NotImap,
}

/// A datum (RFC 3501 §4).
#[derive(Clone, PartialEq, Eq, Debug)]
enum Value {
    Atom(Vec<u8>),
    Text(Vec<u8>),
    List(Vec<Self>),
    Nil,
}

/// Reads the next response.
pub(super) async fn read(wire: &mut Wire, deadline: Instant) -> Result<Response, Unread> {
    let first = wire.line(IMAP_RESPONSE_BYTES_MAX, deadline).await.map_err(Unread::Lost)?;
    // What is for people ends where its line ends, whatever it looks like; data may go on with a literal.
    if let Some(response) = for_people(&first) {
        return response.ok_or(Unread::NotImap);
    }
    let mut room = IMAP_RESPONSE_BYTES_MAX - first.len();
    let mut pieces = Vec::new();
    let mut line = first;
    loop {
        let Some((text_length, literal_length)) = literal_at_end(&line) else {
            pieces.push(Piece::Text(line));
            break;
        };
        // RFC 3501 §4.3: so many octets, whatever they are, and then the line goes on.
        if literal_length > room {
            return Err(TOO_LONG);
        }
        room -= literal_length;
        line.truncate(text_length);
        pieces.push(Piece::Text(line));
        let mut literal = Vec::new();
        wire.bytes(literal_length, &mut literal, deadline).await.map_err(Unread::Lost)?;
        pieces.push(Piece::Literal(literal));
        line = wire.line(room, deadline).await.map_err(|lost| match lost {
            Lost::TooLong { .. } => TOO_LONG,
            lost => Unread::Lost(lost),
        })?;
        // An empty literal and an empty line have a price, too: otherwise they would never end.
        room = room.checked_sub(line.len() + 1).ok_or(TOO_LONG)?;
    }
    data(&pieces).ok_or(Unread::NotImap)
}

enum Piece {
    Text(Vec<u8>),
    Literal(Vec<u8>),
}

/// Where the text ends and how long the literal is that a line announces.
fn literal_at_end(line: &[u8]) -> Option<(usize, usize)> {
    let inner = line.strip_suffix(b"}")?;
    let open = inner.iter().rposition(|byte| *byte == b'{')?;
    let digits = &inner[open + 1..];
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    // More digits than a number has are a literal that is too long.
    let length = is_number.then(|| std::str::from_utf8(digits).ok()?.parse().ok().or(Some(usize::MAX))).flatten()?;
    let text_length = if inner[..open].ends_with(b"~") { open - 1 } else { open };
    Some((text_length, length))
}

/// Reads `+`, a status, or the end of a command: outer nothing when it is data, inner nothing when it is broken.
fn for_people(line: &[u8]) -> Option<Option<Response>> {
    if line == b"+" || line.starts_with(b"+ ") {
        return Some(Some(Response::Continue));
    }
    let (first, rest) = word(line);
    let (second, text) = word(rest);
    let kind = match second.to_ascii_uppercase().as_slice() {
        b"OK" => Kind::Ok,
        b"NO" => Kind::No,
        b"BAD" => Kind::Bad,
        b"PREAUTH" if first == b"*" => return Some(Some(Response::Preauth)),
        b"BYE" if first == b"*" => return Some(Some(Response::Bye { text: status(Kind::Bad, text).text })),
        _ if first == b"*" => return None,
        _ => return Some(None),
    };
    let status = status(kind, text);
    if first == b"*" {
        return Some(Some(Response::Status(status)));
    }
    let is_tag = !first.is_empty() && first.iter().all(u8::is_ascii_alphanumeric);
    Some(is_tag.then(|| Response::Tagged { tag: lossy(first), status }))
}

/// RFC 3501 §7.1: a code in brackets, if there is one, and text for people.
fn status(kind: Kind, text: &[u8]) -> Status {
    let coded = text.strip_prefix(b"[").and_then(|inner| {
        let end = inner.iter().position(|byte| *byte == b']')?;
        let (name, rest) = word(&inner[..end]);
        let code = (lossy(name).to_ascii_uppercase(), lossy(rest));
        Some((code, inner[end + 1..].trim_ascii_start()))
    });
    let (code, text) = coded.map_or((None, text), |(code, text)| (Some(code), text));
    let mut text: String = lossy(text).chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    text.truncate(text.floor_char_boundary(IMAP_TEXT_BYTES_MAX));
    Status { kind, code, text }
}

fn data(pieces: &[Piece]) -> Option<Response> {
    let Some(Piece::Text(first)) = pieces.first() else { return None };
    let (star, rest) = word(first);
    if star != b"*" {
        return None;
    }
    let (second, rest) = word(rest);
    if let Some(number) = number(second) {
        let (name, rest) = word(rest);
        return Some(match name.to_ascii_uppercase().as_slice() {
            b"EXISTS" => Response::Exists(u32::try_from(number).ok()?),
            b"EXPUNGE" => Response::Expunge,
            b"FETCH" => Response::Fetch(fetch(pieces, first.len() - rest.len())?),
            _ => Response::Other,
        });
    }
    let words = || rest.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    Some(match second.to_ascii_uppercase().as_slice() {
        b"CAPABILITY" => Response::Capability(words().map(|word| lossy(word).to_ascii_uppercase()).collect()),
        // RFC 3501 §7.2.5: numbers; RFC 7162 puts a list behind them, which is of no use here.
        b"SEARCH" => {
            let numbers = words().take_while(|word| !word.starts_with(b"("));
            let numbers = numbers.map(|word| number(word).and_then(|number| u32::try_from(number).ok()));
            Response::Search(numbers.collect::<Option<_>>()?)
        }
        b"" => return None,
        _ => Response::Other,
    })
}

/// RFC 3501 §7.4.2: pairs of name and value in parentheses.
fn fetch(pieces: &[Piece], start: usize) -> Option<Fetch> {
    let mut cursor = Cursor { pieces, piece: 0, at: start };
    let Value::List(values) = cursor.value(0)? else { return None };
    let mut fetch = Fetch::default();
    for pair in values.chunks_exact(2) {
        let [Value::Atom(name), value] = pair else { return None };
        let name = name.to_ascii_uppercase();
        match (name.as_slice(), value) {
            (b"UID", Value::Atom(digits)) => fetch.uid = Some(u32::try_from(number(digits)?).ok()?),
            (b"RFC822.SIZE", Value::Atom(digits)) => fetch.size = Some(number(digits)?),
            (b"BODY[]", Value::Text(bytes)) => fetch.body = Some(Body { origin: None, bytes: bytes.clone() }),
            (name, value) if name.starts_with(b"BODY[]<") => {
                let origin = Some(number(name.strip_prefix(b"BODY[]<")?.strip_suffix(b">")?)?);
                let bytes = match value {
                    Value::Text(bytes) => bytes.clone(),
                    // Behind its end a message has nothing.
                    Value::Nil => Vec::new(),
                    _ => return None,
                };
                fetch.body = Some(Body { origin, bytes });
            }
            _ => {}
        }
    }
    Some(fetch)
}

struct Cursor<'a> {
    pieces: &'a [Piece],
    piece: usize,
    at: usize,
}

impl Cursor<'_> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        let Some(byte) = self.peek() else {
            // A literal stands between two texts.
            let Some(Piece::Literal(bytes)) = self.pieces.get(self.piece + 1) else { return None };
            (self.piece, self.at) = (self.piece + 2, 0);
            return Some(Value::Text(bytes.clone()));
        };
        match byte {
            b'(' => self.list(depth + 1),
            b'"' => self.quoted(),
            b')' | b' ' => None,
            _ => {
                let text = self.text();
                let length = text.iter().position(|byte| matches!(byte, b' ' | b'(' | b')')).unwrap_or(text.len());
                let atom = text[..length].to_vec();
                self.at += length;
                Some(if atom.eq_ignore_ascii_case(b"NIL") { Value::Nil } else { Value::Atom(atom) })
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        if depth > IMAP_NESTING_DEPTH_MAX {
            return None;
        }
        self.at += 1;
        let mut values = Vec::new();
        loop {
            while self.peek() == Some(b' ') {
                self.at += 1;
            }
            if self.peek() == Some(b')') {
                self.at += 1;
                return Some(Value::List(values));
            }
            values.push(self.value(depth)?);
        }
    }

    /// RFC 3501 §4.3: a backslash stands before a quote and before itself.
    fn quoted(&mut self) -> Option<Value> {
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some(Value::Text(bytes)),
                b'\\' => {
                    bytes.push(self.peek()?);
                    self.at += 1;
                }
                _ => bytes.push(byte),
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text().first().copied()
    }

    fn text(&self) -> &[u8] {
        match self.pieces.get(self.piece) {
            Some(Piece::Text(text)) => text.get(self.at..).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// The first word, and what follows the space behind it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|byte| *byte == b' ') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[]),
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| std::str::from_utf8(digits).ok()?.parse().ok()).flatten()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const TOO_LONG: Unread = Unread::Lost(Lost::TooLong { bytes_max: IMAP_RESPONSE_BYTES_MAX });

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Responses without and with literals, as `read` would have them.
    fn parse(text: &[u8]) -> Option<Response> {
        let mut pieces = Vec::new();
        let mut rest = text;
        loop {
            let end = rest.windows(2).position(|pair| pair == b"\r\n").unwrap_or(rest.len());
            let line = &rest[..end];
            rest = rest.get(end + 2..).unwrap_or_default();
            if pieces.is_empty()
                && let Some(response) = for_people(line)
            {
                return response;
            }
            let Some((text_length, length)) = literal_at_end(line) else {
                pieces.push(Piece::Text(line.to_vec()));
                return data(&pieces);
            };
            pieces.push(Piece::Text(line[..text_length].to_vec()));
            pieces.push(Piece::Literal(rest.get(..length)?.to_vec()));
            rest = &rest[length..];
        }
    }

    #[test]
    fn responses() {
        let status = |kind, code: Option<(&str, &str)>, text: &str| Status {
            kind,
            code: code.map(|(name, rest)| (name.to_owned(), rest.to_owned())),
            text: text.to_owned(),
        };
        for (text, want) in [
            (&b"+ idling"[..], Response::Continue),
            (b"+", Response::Continue),
            (b"* OK hi {5}", Response::Status(status(Kind::Ok, None, "hi {5}"))),
            (b"* ok [UIDVALIDITY 17] fine", Response::Status(status(Kind::Ok, Some(("UIDVALIDITY", "17")), "fine"))),
            (b"* PREAUTH hello", Response::Preauth),
            (b"* BYE see\x07 you", Response::Bye { text: "see\u{fffd} you".to_owned() }),
            (
                b"A1 NO [TRYCREATE] none",
                Response::Tagged { tag: "A1".to_owned(), status: status(Kind::No, Some(("TRYCREATE", "")), "none") },
            ),
            (b"A2 BAD", Response::Tagged { tag: "A2".to_owned(), status: status(Kind::Bad, None, "") }),
            (b"* capability IMAP4rev1 idle", Response::Capability(vec!["IMAP4REV1".to_owned(), "IDLE".to_owned()])),
            (b"* 4294967295 EXISTS", Response::Exists(u32::MAX)),
            (b"* 3 EXPUNGE", Response::Expunge),
            (b"* 3 RECENT", Response::Other),
            (b"* SEARCH", Response::Search(vec![])),
            (b"* SEARCH 2 84 882 (MODSEQ 917162500)", Response::Search(vec![2, 84, 882])),
            (b"* FLAGS (\\Answered \\Seen)", Response::Other),
            (b"* LIST () \"/\" {5}\r\nINBOX", Response::Other),
        ] {
            assert_eq!(parse(text), Some(want), "{:?}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn messages() {
        let body = |origin, bytes: &[u8]| Some(Body { origin, bytes: bytes.to_vec() });
        for (text, uid, size, want) in [
            (&b"* 1 FETCH (UID 7 RFC822.SIZE 44)"[..], Some(7), Some(44), None),
            (b"* 1 FETCH (BODY[]<0> {3}\r\na\r\n UID 7)", Some(7), None, body(Some(0), b"a\r\n")),
            (b"* 1 FETCH (UID 7 BODY[]<512> {0}\r\n)", Some(7), None, body(Some(512), b"")),
            (b"* 1 FETCH (UID 7 body[]<5> \"a\\\"b\")", Some(7), None, body(Some(5), b"a\"b")),
            (b"* 1 FETCH (BODY[]<5> NIL)", None, None, body(Some(5), b"")),
            (b"* 1 FETCH (BODY[] ~{2}\r\n\0\xff)", None, None, body(None, b"\0\xff")),
            (b"* 1 FETCH (FLAGS (\\Seen \"x\" (a (b))) MODSEQ (12) UID 7)", Some(7), None, None),
        ] {
            let want = Response::Fetch(Fetch { uid, size, body: want });
            assert_eq!(parse(text), Some(want), "{:?}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn what_is_no_response() {
        for text in [
            &b""[..],
            b"*",
            b"hello",
            b"220 mail.example.jp ESMTP",
            b"A! OK done",
            b"* 99999999999 EXISTS",
            b"* SEARCH 1 x",
            b"* 1 FETCH",
            b"* 1 FETCH (UID",
            b"* 1 FETCH (UID x)",
            b"* 1 FETCH (BODY[]<0> \"a",
            b"* 1 FETCH (BODY[]<x> \"a\")",
        ] {
            assert_eq!(parse(text), None, "{:?}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn lists_at_below_and_above_the_depth() {
        for depth in [IMAP_NESTING_DEPTH_MAX - 1, IMAP_NESTING_DEPTH_MAX, IMAP_NESTING_DEPTH_MAX + 1] {
            let inner = depth - 1;
            let text = format!("* 1 FETCH (X {}{})", "(".repeat(inner), ")".repeat(inner));
            assert_eq!(parse(text.as_bytes()).is_some(), depth <= IMAP_NESTING_DEPTH_MAX, "{depth}");
        }
    }

    #[test]
    fn literals() {
        for (line, want) in [
            (&b"* x {12}"[..], Some((4, 12))),
            (b"* x ~{0}", Some((4, 0))),
            (b"{99999999999999999999999999}", Some((0, usize::MAX))),
            (b"* x {}", None),
            (b"* x {1+}", None),
            (b"* x 12}", None),
            (b"* x {12", None),
        ] {
            assert_eq!(literal_at_end(line), want, "{:?}", String::from_utf8_lossy(line));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            parse(&text);
        }

        #[test]
        fn nor_do_bytes_that_look_like_some(text in "\\* (1 FETCH \\(|SEARCH |OK \\[)?[ ()\"{}\\[\\]<>0-9A-Z\\\\\r\n~]{0,60}") {
            parse(text.as_bytes());
        }

        #[test]
        fn a_message_comes_as_it_is(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let mut text = format!("* 9 FETCH (UID 3 BODY[]<7> {{{}}}\r\n", bytes.len()).into_bytes();
            text.extend_from_slice(&bytes);
            text.extend_from_slice(b")");
            let body = Some(Body { origin: Some(7), bytes });
            prop_assert_eq!(parse(&text), Some(Response::Fetch(Fetch { uid: Some(3), size: None, body })));
        }
    }

    #[test]
    fn text_at_below_and_above_the_limit() {
        for length in [IMAP_TEXT_BYTES_MAX - 1, IMAP_TEXT_BYTES_MAX, IMAP_TEXT_BYTES_MAX + 1] {
            let text = format!("* OK [X y] {}", "x".repeat(length));
            let Some(Response::Status(status)) = parse(text.as_bytes()) else { panic!("{text}") };
            assert_eq!(status.text.len(), length.min(IMAP_TEXT_BYTES_MAX));
        }
    }

    #[test]
    #[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
    fn fuzz_imap_response() {
        let seeds = [
            "* 1 FETCH (UID 7 RFC822.SIZE 44 BODY[]<0> {3}\r\na\r\n FLAGS (\\Seen \"a\\\"b\"))",
            "* OK [UIDVALIDITY 17] fine",
            "S1 NO [TRYCREATE] none",
            "* SEARCH 2 84 882 (MODSEQ 917162500)",
            "* CAPABILITY IMAP4rev1 IDLE",
            "* 1 FETCH (BODY[]<5> NIL)",
        ];
        testkit::fuzz("imap-response", &seeds, |bytes| {
            if let Some(Response::Fetch(Fetch { body: Some(body), .. })) = parse(bytes) {
                assert!(body.bytes.len() < bytes.len());
            }
        });
    }
}
