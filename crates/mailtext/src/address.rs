//! Addresses in From, Sender and their like (RFC 5322 §3.4 with the obsolete forms of §4.4, RFC 6532).
//!
//! One parser for every reader. It never fails and is never wrong about which domains are there: where a value breaks
//! the grammar, every domain that some mail program might show is in the list, and a flaw says what is wrong. So a
//! broken From cannot hide from DMARC.
//!
//! The work is done in three steps without recursion: bytes become tokens, tokens are cut into list elements, and each
//! element is read as a mailbox – strictly where it keeps the grammar, else by looking at every `@` in it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use crate::domain::{Domain, DomainError};
use crate::encode::{bytes_of_text, text_of_bytes};
use crate::encoded_word;
use crate::explain::{Explain, Flaw, Rule, Span, Value};
use crate::lex::{comment_end, is_atext, is_white_space, literal_end, quoted_end, unquote};
use crate::limits::{ADDRESS_COUNT_MAX, ADDRESS_LIST_BYTES_MAX, LITERAL_BYTES_MAX};

/// The addresses of a field, in their order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AddressList {
    entries: Vec<Entry>,
}

/// One element of an address list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// One mailbox.
    Mailbox(Mailbox),
    /// A group with its members.
    Group(Group),
}

/// `name: member, member;` (RFC 5322 §3.4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// The name, decoded.
    pub name: String,
    /// The members; there may be none.
    pub mailboxes: Vec<Mailbox>,
    /// Where the group stands.
    pub span: Span,
}

/// One address, with the name beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mailbox {
    /// The name shown, with encoded-words decoded: the phrase before `<`, or the comment behind a bare address. Print it
    /// through [`encoded_word::display_safe`].
    pub display_name: Option<String>,
    /// The local part without quotes. Bytes that are not UTF-8 stand in it as [`crate::encode::text_of_bytes`] makes
    /// them. Empty when nothing stands before the `@`, which is a flaw.
    pub local: String,
    /// What stands behind the `@`.
    pub domain: Result<Host, DomainError>,
    /// The list element in which the address stands.
    pub span: Span,
}

/// What may stand behind an `@`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Host {
    /// A domain name.
    Name(Domain),
    /// A domain literal, `[192.0.2.1]`, without the brackets.
    Literal(String),
}

/// What can be wrong with an address list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AddressFlaw {
    /// Longer than [`ADDRESS_LIST_BYTES_MAX`]; nothing was read.
    TooLong,
    /// More addresses than [`ADDRESS_COUNT_MAX`]; the rest was not read.
    TooMany,
    /// No address at all.
    Empty,
    /// An element of the list is empty (RFC 5322 §4.4 tells to accept it).
    EmptyElement,
    /// A route before the address, `<@a,@b:c@d>`, was dropped (RFC 5322 §4.4).
    Route,
    /// An element without `@`: a name without an address.
    MissingAt,
    /// Nothing before the `@`.
    EmptyLocal,
    /// A local part that breaks the grammar: dots at its ends or together, parts side by side.
    Local,
    /// What stands behind the `@` is no domain name.
    Domain(DomainError),
    /// A domain literal that holds no IP address.
    Literal,
    /// Several addresses in one list element, or several `@` in one address; all of them are in the list.
    SeveralAddresses,
    /// A bracket without its partner, `user@example.net>`.
    UnbalancedBracket,
    /// `<>`.
    EmptyBrackets,
    /// Words behind the address.
    TrailingWords,
    /// A byte that must be quoted where it stands.
    UnquotedByte,
    /// A quoted string without end; what follows was read as if the quote were not there.
    UnclosedQuote,
    /// A comment without end; what follows was read as if the parenthesis were not there.
    UnclosedComment,
    /// A group without the final semicolon.
    UnclosedGroup,
    /// A semicolon outside of a group; it was read as a comma.
    StraySemicolon,
    /// A colon where no group can start; it was read as a comma.
    StrayColon,
    /// A control byte, NUL among them.
    ControlByte,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// An encoded-word where an address must stand (RFC 2047 §5); it was not decoded.
    EncodedWordAddress,
    /// A fact more than a flaw: the name shown contains an address, and not the one that it names.
    DisplayNameHoldsAddress,
}

impl AddressList {
    /// Reads the value of a From, Sender, Reply-To, To or like field. Spans are offsets into `value`.
    #[must_use]
    pub fn parse(value: &[u8]) -> (Self, Vec<Flaw<AddressFlaw>>) {
        Self::plain(value).unwrap_or_else(|| Self::with_all_forms(value))
    }

    /// The two ways in which nearly every address is written, `a@example.jp` and `Name <a@example.jp>`, read without
    /// tokens; `None` for all others. What it reads is what [`Self::with_all_forms`] reads.
    fn plain(value: &[u8]) -> Option<(Self, Vec<Flaw<AddressFlaw>>)> {
        let (trimmed, start) = (without_white_space_around(value), white_space_len(value));
        let (name, address, start) = match trimmed.strip_suffix(b">") {
            None => (&b""[..], trimmed, start),
            Some(rest) => {
                let open = memchr::memrchr(b'<', rest)?;
                // The mailbox begins with its first word.
                let start = if open == 0 { start + 1 } else { start };
                (without_white_space_around(&rest[..open]), &rest[open + 1..], start)
            }
        };
        let sign = memchr::memchr(b'@', address)?;
        let (local, domain) = (&address[..sign], &address[sign + 1..]);
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        if value.len() > ADDRESS_LIST_BYTES_MAX
            || !is_dot_atom(local)
            || holds_pair(local, b"=?")
            || !local.is_ascii()
            || !domain.iter().all(is_plain)
        {
            return None;
        }
        let local = std::str::from_utf8(local).ok()?.to_owned();
        let domain = Ok(Host::Name(Domain::parse(std::str::from_utf8(domain).ok()?).ok()?));
        let display_name = plain_name(name)?;
        let mailbox = Mailbox { display_name, local, domain, span: Span::new(start, value.len()) };
        let mut flaws = Vec::new();
        if let Some(name) = &mailbox.display_name
            && holds_other_address(name, std::slice::from_ref(&mailbox))
        {
            flaws.push(Flaw::new(AddressFlaw::DisplayNameHoldsAddress, start, value.len()));
        }
        Some((Self { entries: vec![Entry::Mailbox(mailbox)] }, flaws))
    }

    fn with_all_forms(value: &[u8]) -> (Self, Vec<Flaw<AddressFlaw>>) {
        let mut reader = Reader { value, tokens: Vec::new(), list: Self::default(), count: 0, flaws: Vec::new() };
        if value.len() > ADDRESS_LIST_BYTES_MAX {
            reader.flaw(AddressFlaw::TooLong, 0..value.len());
        } else {
            reader.tokens = tokens(value, &mut reader.flaws);
            reader.elements();
            if reader.list.mailboxes().next().is_none() {
                reader.flaw(AddressFlaw::Empty, 0..value.len());
            }
        }
        (reader.list, reader.flaws)
    }

    /// The elements of the list.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Every mailbox, those in groups too, in order.
    pub fn mailboxes(&self) -> impl Iterator<Item = &Mailbox> {
        self.entries.iter().flat_map(|entry| match entry {
            Entry::Mailbox(mailbox) => std::slice::from_ref(mailbox),
            Entry::Group(group) => &group.mailboxes,
        })
    }

    /// Whether there is no mailbox at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.mailboxes().next().is_none()
    }
}

impl Mailbox {
    /// The domain, when it is a name and well formed.
    #[must_use]
    pub fn domain_name(&self) -> Option<&Domain> {
        match &self.domain {
            Ok(Host::Name(domain)) => Some(domain),
            _ => None,
        }
    }

    /// Whether local part and domain are the same, the domain without regard to case.
    #[must_use]
    pub fn is_same_address(&self, other: &Self) -> bool {
        self.local == other.local && self.domain == other.domain
    }
}

/// The address alone, quoted where it must be; a broken domain is shown as `(domain-…)`. Not yet safe for a terminal.
impl fmt::Display for Mailbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_local(&self.local, formatter)?;
        match &self.domain {
            Ok(host) => write!(formatter, "@{host}"),
            Err(error) => write!(formatter, "@({})", error.id()),
        }
    }
}

/// A display name of plain words, or of one quoted string without escapes: `Some(None)` when nothing is left of it,
/// `None` for any other.
fn plain_name(name: &[u8]) -> Option<Option<String>> {
    let quoted = name.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    let of_words = |byte: &u8| byte.is_ascii() && (is_atext(*byte) || *byte == b' ');
    let of_quoted = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    let inner = quoted.unwrap_or(name);
    let plain = if quoted.is_some() { inner.iter().all(of_quoted) } else { inner.iter().all(of_words) };
    if !plain || (quoted.is_none() && holds_pair(inner, b"  ")) {
        return None;
    }
    let text = match holds_pair(inner, b"=?") {
        true => encoded_word::decode(inner),
        false => String::from_utf8_lossy(inner).into_owned(),
    };
    let text = text.trim();
    Some((!text.is_empty()).then(|| text.to_owned()))
}

/// How much white space stands at the start. A form feed is none in a header, whatever ASCII calls it.
fn white_space_len(text: &[u8]) -> usize {
    text.iter().take_while(|byte| is_white_space(**byte)).count()
}

fn without_white_space_around(text: &[u8]) -> &[u8] {
    let text = &text[white_space_len(text)..];
    let behind = text.iter().rev().take_while(|byte| is_white_space(**byte)).count();
    &text[..text.len() - behind]
}

/// Whether two bytes stand side by side in a short text: too short for a search that must be prepared.
fn holds_pair(text: &[u8], pair: &[u8; 2]) -> bool {
    text.windows(2).any(|window| window == pair)
}

/// Writes a local part with as little quoting as can be (RFC 5321 §4.1.2).
pub(crate) fn write_local(local: &str, out: &mut impl fmt::Write) -> fmt::Result {
    if is_dot_atom(local.as_bytes()) {
        return out.write_str(local);
    }
    out.write_char('"')?;
    for character in local.chars() {
        if matches!(character, '"' | '\\') {
            out.write_char('\\')?;
        }
        out.write_char(character)?;
    }
    out.write_char('"')
}

/// RFC 5322 §3.2.3 `dot-atom-text`, with the letters that RFC 6532 adds.
pub(crate) fn is_dot_atom(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'.').all(|part| !part.is_empty() && part.iter().all(|byte| is_atext(*byte)))
}

impl Host {
    /// Reads what stands behind an `@` in a path or an address: a name, or a literal with its brackets.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, DomainError> {
        match text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(literal) if literal.bytes().all(is_literal_byte) => Ok(Self::Literal(literal.to_owned())),
            Some(_) => Err(DomainError::Character),
            None => Domain::parse(text).map(Self::Name),
        }
    }

    /// The address in a literal (RFC 5321 §4.1.3); `None` for names and other literals.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        let Self::Literal(literal) = self else {
            return None;
        };
        match literal.get(..5) {
            Some(tag) if tag.eq_ignore_ascii_case("IPv6:") => literal[5..].parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            _ => literal.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        }
    }

    /// The name, when it is one.
    #[must_use]
    pub fn name(&self) -> Option<&Domain> {
        match self {
            Self::Name(domain) => Some(domain),
            Self::Literal(_) => None,
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(domain) => formatter.write_str(domain.as_str()),
            Self::Literal(literal) => write!(formatter, "[{literal}]"),
        }
    }
}

impl AddressFlaw {
    /// Whether the value breaks the grammar of RFC 5322, obsolete forms included. The other flaws are things that the
    /// standard tells to accept, and facts.
    #[must_use]
    pub fn breaks_grammar(self) -> bool {
        !matches!(self, Self::EmptyElement | Self::Route | Self::Literal | Self::DisplayNameHoldsAddress)
    }

    /// Every id of this enum.
    pub const IDS: &'static [&'static str] = &[
        "address-list-too-long",
        "address-too-many",
        "address-list-empty",
        "address-empty-element",
        "address-route",
        "address-missing-at",
        "address-empty-local",
        "address-local",
        "address-domain",
        "address-literal",
        "address-several",
        "address-unbalanced-bracket",
        "address-empty-brackets",
        "address-trailing-words",
        "address-unquoted-byte",
        "address-unclosed-quote",
        "address-unclosed-comment",
        "address-unclosed-group",
        "address-stray-semicolon",
        "address-stray-colon",
        "address-control-byte",
        "address-not-utf8",
        "address-encoded-word",
        "address-in-display-name",
    ];
}

impl Explain for AddressFlaw {
    fn id(&self) -> &'static str {
        match self {
            Self::TooLong => "address-list-too-long",
            Self::TooMany => "address-too-many",
            Self::Empty => "address-list-empty",
            Self::EmptyElement => "address-empty-element",
            Self::Route => "address-route",
            Self::MissingAt => "address-missing-at",
            Self::EmptyLocal => "address-empty-local",
            Self::Local => "address-local",
            Self::Domain(_) => "address-domain",
            Self::Literal => "address-literal",
            Self::SeveralAddresses => "address-several",
            Self::UnbalancedBracket => "address-unbalanced-bracket",
            Self::EmptyBrackets => "address-empty-brackets",
            Self::TrailingWords => "address-trailing-words",
            Self::UnquotedByte => "address-unquoted-byte",
            Self::UnclosedQuote => "address-unclosed-quote",
            Self::UnclosedComment => "address-unclosed-comment",
            Self::UnclosedGroup => "address-unclosed-group",
            Self::StraySemicolon => "address-stray-semicolon",
            Self::StrayColon => "address-stray-colon",
            Self::ControlByte => "address-control-byte",
            Self::NotUtf8 => "address-not-utf8",
            Self::EncodedWordAddress => "address-encoded-word",
            Self::DisplayNameHoldsAddress => "address-in-display-name",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::TooLong | Self::TooMany | Self::DisplayNameHoldsAddress => None,
            Self::EmptyElement | Self::Route => Some(Rule("RFC 5322", "4.4")),
            Self::EmptyLocal | Self::Local | Self::Domain(_) | Self::Literal => Some(Rule("RFC 5322", "3.4.1")),
            Self::UnclosedQuote => Some(Rule("RFC 5322", "3.2.4")),
            Self::UnclosedComment => Some(Rule("RFC 5322", "3.2.2")),
            Self::NotUtf8 => Some(Rule("RFC 6532", "3.1")),
            Self::EncodedWordAddress => Some(Rule("RFC 2047", "5")),
            _ => Some(Rule("RFC 5322", "3.4")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooLong => vec![("limit", ADDRESS_LIST_BYTES_MAX.into())],
            Self::TooMany => vec![("limit", ADDRESS_COUNT_MAX.into())],
            Self::Domain(error) => vec![("error", Value::Word(error.id()))],
            _ => Vec::new(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Atom,
    EncodedWord,
    Quoted,
    Comment,
    Literal,
    Dot,
    At,
    Comma,
    Semicolon,
    Colon,
    Open,
    Close,
    /// A special byte that has no meaning where it stands.
    Stray,
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
    /// White space stands before it.
    spaced: bool,
}

/// How many unclosed quotes and comments are looked for before each further one is taken as a stray byte at once: each
/// costs a walk to the end of the value.
const UNCLOSED_COUNT_MAX: usize = 16;

/// How many `@` of a display name are looked at.
const SIGNS_IN_NAME_MAX: usize = 64;

fn tokens(value: &[u8], flaws: &mut Vec<Flaw<AddressFlaw>>) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(16);
    let mut unclosed = 0;
    let mut at = 0;
    let mut spaced = false;
    while at < value.len() {
        if is_white_space(value[at]) {
            spaced = true;
            at += 1;
            continue;
        }
        let (kind, end) = token_at(value, at, unclosed < UNCLOSED_COUNT_MAX);
        if kind == Kind::Stray {
            unclosed += usize::from(matches!(value[at], b'"' | b'('));
            flaws.push(Flaw::new(flaw_of_stray(value[at]), at, end));
        }
        let bytes = &value[at..end];
        if bytes.iter().any(|byte| byte.is_ascii_control() && !is_white_space(*byte)) && kind != Kind::Stray {
            flaws.push(Flaw::new(AddressFlaw::ControlByte, at, end));
        }
        if std::str::from_utf8(bytes).is_err() {
            flaws.push(Flaw::new(AddressFlaw::NotUtf8, at, end));
        }
        tokens.push(Token { kind, start: at, end, spaced });
        spaced = false;
        at = end;
    }
    tokens
}

fn token_at(value: &[u8], at: usize, look_for_ends: bool) -> (Kind, usize) {
    let closed = |kind, end: Option<usize>| end.map_or((Kind::Stray, at + 1), |end| (kind, end));
    match value[at] {
        b'.' => (Kind::Dot, at + 1),
        b'@' => (Kind::At, at + 1),
        b',' => (Kind::Comma, at + 1),
        b';' => (Kind::Semicolon, at + 1),
        b':' => (Kind::Colon, at + 1),
        b'<' => (Kind::Open, at + 1),
        b'>' => (Kind::Close, at + 1),
        b'"' if look_for_ends => closed(Kind::Quoted, quoted_end(value, at)),
        b'(' if look_for_ends => closed(Kind::Comment, comment_end(value, at)),
        b'[' => closed(Kind::Literal, literal_end(&value[..value.len().min(at + LITERAL_BYTES_MAX)], at)),
        byte if is_atext(byte) || byte.is_ascii_control() => match encoded_word_end(value, at) {
            Some(end) => (Kind::EncodedWord, end),
            None => (Kind::Atom, at + atom_len(&value[at..])),
        },
        _ => (Kind::Stray, at + 1),
    }
}

fn atom_len(text: &[u8]) -> usize {
    let in_atom = |byte: u8| is_atext(byte) || (byte.is_ascii_control() && !is_white_space(byte));
    text.iter().position(|byte| !in_atom(*byte)).unwrap_or(text.len())
}

/// RFC 2047 §5 (3) allows few characters in the encoded-words of a phrase. Those with dots and `@` are met; taking them
/// whole hides no address, for no domain ends with `?=`. One that holds other specials is left to the grammar.
fn encoded_word_end(value: &[u8], at: usize) -> Option<usize> {
    let length = encoded_word::encoded_word_len(value.get(at..)?)?;
    let harmless = |byte: &u8| is_atext(*byte) || matches!(byte, b'.' | b'@');
    value.get(at..at + length).is_some_and(|word| word.iter().all(harmless)).then_some(at + length)
}

fn flaw_of_stray(byte: u8) -> AddressFlaw {
    match byte {
        b'"' => AddressFlaw::UnclosedQuote,
        b'(' => AddressFlaw::UnclosedComment,
        _ => AddressFlaw::UnquotedByte,
    }
}

fn is_literal_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'[' | b']' | b'\\')
}

struct Reader<'a> {
    value: &'a [u8],
    tokens: Vec<Token>,
    list: AddressList,
    count: usize,
    flaws: Vec<Flaw<AddressFlaw>>,
}

/// A group that has been opened and not yet closed.
struct OpenGroup {
    name: String,
    mailboxes: Vec<Mailbox>,
    start: usize,
}

/// A list element: the words outside of angle brackets, and what stands inside of each pair. All are token indexes.
#[derive(Default)]
struct Element {
    outside: Vec<usize>,
    angles: Vec<Vec<usize>>,
    /// How many of `outside` stand before the first bracket.
    name_len: usize,
}

/// A way to read an address: its tokens left and right of an `@`.
struct Candidate {
    local: String,
    domain: Result<Host, DomainError>,
    clean: bool,
}

impl Reader<'_> {
    fn flaw(&mut self, kind: AddressFlaw, bytes: Range<usize>) {
        self.flaws.push(Flaw::new(kind, bytes.start, bytes.end));
    }

    fn elements(&mut self) {
        let mut group: Option<OpenGroup> = None;
        let mut element = Element::default();
        let mut elements_in_group = 0;
        let mut at = 0;
        while at < self.tokens.len() {
            let (kind, span) = (self.tokens[at].kind, self.tokens[at].start..self.tokens[at].end);
            match kind {
                Kind::Open => {
                    at = self.angle(at, &mut element);
                    continue;
                }
                Kind::Close => self.flaw(AddressFlaw::UnbalancedBracket, span),
                Kind::Comma => {
                    self.finish_element(&mut element, &mut group, span.start);
                    elements_in_group += 1;
                }
                Kind::Colon if group.is_none() && self.can_name_group(&element) => {
                    group = Some(self.open_group(&mut element, span.start));
                    elements_in_group = 0;
                }
                Kind::Colon => {
                    self.flaw(AddressFlaw::StrayColon, span.clone());
                    self.finish_element(&mut element, &mut group, span.start);
                }
                Kind::Semicolon => {
                    if !element.is_empty() || (elements_in_group > 0 && group.is_some()) || group.is_none() {
                        self.finish_element(&mut element, &mut group, span.start);
                    }
                    self.close_group(&mut group, span);
                }
                _ => element.outside.push(at),
            }
            if self.count >= ADDRESS_COUNT_MAX && at + 1 < self.tokens.len() {
                self.flaw(AddressFlaw::TooMany, self.tokens[at].end..self.value.len());
                break;
            }
            at += 1;
        }
        let end = self.value.len();
        if !element.is_empty() && self.count < ADDRESS_COUNT_MAX {
            self.finish_element(&mut element, &mut group, end);
        }
        if group.is_some() {
            self.flaw(AddressFlaw::UnclosedGroup, end..end);
            self.put_group(&mut group, end);
        }
    }

    fn can_name_group(&self, element: &Element) -> bool {
        element.angles.is_empty()
            && element.outside.iter().any(|token| self.tokens[*token].kind != Kind::Comment)
            && element.outside.iter().all(|token| self.tokens[*token].kind != Kind::At)
    }

    fn open_group(&mut self, element: &mut Element, colon: usize) -> OpenGroup {
        let words = std::mem::take(element).outside;
        let start = words.first().map_or(colon, |token| self.tokens[*token].start);
        OpenGroup { name: self.phrase(&words).unwrap_or_default(), mailboxes: Vec::new(), start }
    }

    fn close_group(&mut self, group: &mut Option<OpenGroup>, semicolon: Range<usize>) {
        if group.is_none() {
            self.flaw(AddressFlaw::StraySemicolon, semicolon);
        } else {
            self.put_group(group, semicolon.end);
        }
    }

    fn put_group(&mut self, group: &mut Option<OpenGroup>, end: usize) {
        if let Some(OpenGroup { name, mailboxes, start }) = group.take() {
            self.list.entries.push(Entry::Group(Group { name, mailboxes, span: Span::new(start, end) }));
        }
    }

    /// Reads from the `<` at token `open` to its `>`; gives back where to go on.
    fn angle(&mut self, open: usize, element: &mut Element) -> usize {
        if element.angles.is_empty() {
            element.name_len = element.outside.len();
        }
        let mut inside = Vec::new();
        let route_end = self.route_end(open + 1);
        let mut at = route_end.map_or(open + 1, |colon| colon + 1);
        if route_end.is_some() {
            // RFC 5322 §4.4: a route is accepted and ignored; the mailbox is what follows it.
            self.flaw(AddressFlaw::Route, self.tokens[open].start..self.tokens[at - 1].end);
        }
        loop {
            match self.tokens.get(at).map(|token| token.kind) {
                Some(Kind::Close) => {
                    at += 1;
                    break;
                }
                None | Some(Kind::Open | Kind::Comma | Kind::Semicolon | Kind::Colon) => {
                    self.flaw(AddressFlaw::UnbalancedBracket, self.tokens[open].start..self.tokens[open].end);
                    break;
                }
                Some(_) => inside.push(at),
            }
            at += 1;
        }
        if inside.iter().all(|token| self.tokens[*token].kind == Kind::Comment) {
            self.flaw(AddressFlaw::EmptyBrackets, self.tokens[open].start..self.tokens[at - 1].end);
        }
        element.angles.push(inside);
        at
    }

    /// RFC 5322 §4.4 `obs-route`: `@domain` several times, with commas, up to a colon.
    fn route_end(&self, start: usize) -> Option<usize> {
        let mut after_at = false;
        let mut seen = false;
        for (offset, token) in self.tokens[start..].iter().enumerate() {
            match token.kind {
                Kind::Comment => {}
                Kind::Comma => after_at = false,
                Kind::At if !after_at => (after_at, seen) = (true, true),
                Kind::Atom | Kind::Dot | Kind::Literal if after_at => {}
                Kind::Colon => return seen.then_some(start + offset),
                _ => return None,
            }
        }
        None
    }

    fn finish_element(&mut self, element: &mut Element, group: &mut Option<OpenGroup>, end: usize) {
        let element = std::mem::take(element);
        if element.is_empty() || self.is_only_comments(&element) {
            self.flaw(AddressFlaw::EmptyElement, end..end);
            return;
        }
        for mailbox in self.mailboxes(&element, end) {
            if self.count >= ADDRESS_COUNT_MAX {
                self.flaw(AddressFlaw::TooMany, end..self.value.len());
                return;
            }
            self.count += 1;
            match group {
                Some(group) => group.mailboxes.push(mailbox),
                None => self.list.entries.push(Entry::Mailbox(mailbox)),
            }
        }
    }

    fn is_only_comments(&self, element: &Element) -> bool {
        element.angles.is_empty() && element.outside.iter().all(|token| self.tokens[*token].kind == Kind::Comment)
    }

    fn mailboxes(&mut self, element: &Element, end: usize) -> Vec<Mailbox> {
        let first = element.outside.first().into_iter().chain(element.angles.iter().flatten()).min().copied();
        let start = first.map_or(end, |token| self.tokens[token].start);
        let name_words = if element.angles.is_empty() { &[][..] } else { &element.outside[..element.name_len] };
        let has_outside_at = element.outside.iter().any(|token| self.tokens[*token].kind == Kind::At);
        let mut candidates = Vec::new();
        for angle in &element.angles {
            candidates.extend(self.candidates(angle));
        }
        if element.angles.is_empty() || has_outside_at {
            candidates.extend(self.candidates(&element.outside));
        } else if element.outside[element.name_len..].iter().any(|token| self.tokens[*token].kind != Kind::Comment) {
            self.flaw(AddressFlaw::TrailingWords, start..end);
        }
        self.flaws_of_candidates(element, &candidates, start..end);
        let display_name = if element.angles.is_empty() {
            self.comment_name(&element.outside)
        } else {
            self.phrase(name_words).or_else(|| self.comment_name(&element.outside))
        };
        let span = Span::new(start, end);
        let mailboxes: Vec<Mailbox> = candidates
            .into_iter()
            .map(|Candidate { local, domain, .. }| Mailbox { display_name: display_name.clone(), local, domain, span })
            .collect();
        if display_name.as_deref().is_some_and(|name| holds_other_address(name, &mailboxes)) {
            self.flaw(AddressFlaw::DisplayNameHoldsAddress, start..end);
        }
        mailboxes
    }

    fn flaws_of_candidates(&mut self, element: &Element, candidates: &[Candidate], bytes: Range<usize>) {
        let address_tokens = if element.angles.is_empty() { &element.outside } else { &element.angles[0] };
        if candidates.is_empty() {
            let only_brackets = element.angles.iter().any(|angle| !angle.is_empty());
            if element.angles.is_empty() || only_brackets {
                self.flaw(AddressFlaw::MissingAt, bytes.clone());
            }
        }
        if candidates.len() > 1 || element.angles.len() > 1 {
            self.flaw(AddressFlaw::SeveralAddresses, bytes.clone());
        }
        // RFC 2047 §5: an encoded-word must not appear in any portion of an addr-spec.
        if address_tokens.iter().any(|token| self.tokens[*token].kind == Kind::EncodedWord) {
            self.flaw(AddressFlaw::EncodedWordAddress, bytes.clone());
        }
        for candidate in candidates {
            match &candidate.domain {
                Err(error) => self.flaw(AddressFlaw::Domain(*error), bytes.clone()),
                Ok(host @ Host::Literal(_)) if host.address().is_none() => {
                    self.flaw(AddressFlaw::Literal, bytes.clone());
                }
                Ok(_) => {}
            }
            if candidate.local.is_empty() {
                self.flaw(AddressFlaw::EmptyLocal, bytes.clone());
            } else if !candidate.clean && candidates.len() == 1 {
                self.flaw(AddressFlaw::Local, bytes.clone());
            }
        }
    }

    /// Every address that can be seen in these tokens: one for each `@`.
    fn candidates(&self, tokens: &[usize]) -> Vec<Candidate> {
        let words: Vec<&Token> = tokens.iter().map(|token| &self.tokens[*token]).collect();
        let mut candidates = Vec::new();
        for (index, _) in words.iter().enumerate().filter(|(_, token)| token.kind == Kind::At) {
            if candidates.len() > ADDRESS_COUNT_MAX {
                break;
            }
            let (local, local_start, clean) = self.local(&words[..index]);
            let (domain, domain_len, disguised) = self.domain(&words[index + 1..]);
            let whole = local_start == 0 && rest_is_comments(&words[index + 1 + domain_len..]);
            if let Some(other) = disguised {
                candidates.push(Candidate { local: local.clone(), domain: other, clean: false });
            }
            candidates.push(Candidate { local, domain, clean: clean && whole });
        }
        candidates
    }

    /// The local part that ends where `words` ends: its text, where it starts, whether it keeps the grammar.
    fn local(&self, words: &[&Token]) -> (String, usize, bool) {
        let mut start = words.len();
        let mut first_of_local: Option<&Token> = None;
        for (index, token) in words.iter().enumerate().rev() {
            match token.kind {
                Kind::Comment => continue,
                Kind::Dot => {}
                Kind::Atom | Kind::Quoted | Kind::EncodedWord => {
                    let follows = words.get(index + 1);
                    let side_by_side = first_of_local.is_some_and(|next| next.kind != Kind::Dot);
                    if side_by_side && follows.is_some_and(|next| next.spaced || next.kind == Kind::Comment) {
                        break;
                    }
                }
                _ => break,
            }
            first_of_local = Some(token);
            start = index;
        }
        let parts: Vec<&&Token> = words[start..].iter().filter(|token| token.kind != Kind::Comment).collect();
        // RFC 5322 §4.4 `obs-local-part`: word *("." word).
        let clean = parts.iter().enumerate().all(|(index, token)| (index % 2 == 1) == (token.kind == Kind::Dot))
            && parts.len() % 2 == 1;
        let mut bytes = Vec::new();
        for token in parts {
            match token.kind {
                Kind::Quoted => bytes.extend(unquote(&self.value[token.start + 1..token.end - 1])),
                _ => bytes.extend_from_slice(&self.value[token.start..token.end]),
            }
        }
        let start = if rest_is_comments(&words[..start]) { 0 } else { start };
        (text_of_bytes(&bytes).into_owned(), start, clean)
    }

    /// The domain at the start of `words`, how many tokens it takes, and – where a comment splits a label – the domain
    /// that a program sees which removes comments first.
    fn domain(&self, words: &[&Token]) -> (Result<Host, DomainError>, usize, Option<Result<Host, DomainError>>) {
        let leading = words.iter().take_while(|token| token.kind == Kind::Comment).count();
        if let Some(token) = words.get(leading).filter(|token| token.kind == Kind::Literal) {
            let literal = unquote(&self.value[token.start + 1..token.end - 1]);
            let literal: Vec<u8> = literal.into_iter().filter(|byte| !is_white_space(*byte)).collect();
            let host = match String::from_utf8(literal) {
                Ok(text) if text.bytes().all(is_literal_byte) => Ok(Host::Literal(text)),
                _ => Err(DomainError::Character),
            };
            return (host, leading + 1, None);
        }
        let mut name = Vec::new();
        let mut joined: Option<Vec<u8>> = None;
        let mut length = 0;
        let mut last = Kind::Dot;
        let mut comment_between = false;
        for (index, token) in words.iter().enumerate() {
            let bytes = &self.value[token.start..token.end];
            match token.kind {
                Kind::Comment => {
                    comment_between = !token.spaced;
                    continue;
                }
                Kind::Atom | Kind::EncodedWord if last == Kind::Atom => {
                    if !comment_between || token.spaced {
                        break;
                    }
                    joined.get_or_insert_with(|| name.clone()).extend_from_slice(bytes);
                }
                Kind::Atom | Kind::EncodedWord => last = Kind::Atom,
                Kind::Dot => last = Kind::Dot,
                _ => break,
            }
            comment_between = false;
            match &mut joined {
                None => {
                    name.extend_from_slice(bytes);
                    length = index + 1;
                }
                Some(joined) if token.kind == Kind::Dot || last_was_dot(joined) => joined.extend_from_slice(bytes),
                Some(_) => {}
            }
        }
        (host_of(&name), length, joined.map(|joined| host_of(&joined)))
    }

    /// The words of a phrase with single spaces where space was, decoded; `None` when nothing is left.
    fn phrase(&self, words: &[usize]) -> Option<String> {
        let mut text = Vec::new();
        for token in words.iter().map(|token| &self.tokens[*token]).filter(|token| token.kind != Kind::Comment) {
            if token.spaced && !text.is_empty() {
                text.push(b' ');
            }
            match token.kind {
                Kind::Quoted => text.extend(unquote(&self.value[token.start + 1..token.end - 1])),
                _ => text.extend_from_slice(&self.value[token.start..token.end]),
            }
        }
        let name = encoded_word::decode(&text);
        let name = name.trim();
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// The old way to give a name: `user@example.jp (Name)`.
    fn comment_name(&self, tokens: &[usize]) -> Option<String> {
        let comment = tokens.last().map(|token| &self.tokens[*token]).filter(|token| token.kind == Kind::Comment)?;
        let name = encoded_word::decode(&unquote(&self.value[comment.start + 1..comment.end - 1]));
        let name = name.trim();
        (!name.is_empty()).then(|| name.to_owned())
    }
}

impl Element {
    fn is_empty(&self) -> bool {
        self.outside.is_empty() && self.angles.is_empty()
    }
}

fn rest_is_comments(words: &[&Token]) -> bool {
    words.iter().all(|token| token.kind == Kind::Comment)
}

fn last_was_dot(name: &[u8]) -> bool {
    name.last() == Some(&b'.')
}

fn host_of(name: &[u8]) -> Result<Host, DomainError> {
    // A domain that is not UTF-8 is no domain: nothing may be guessed here.
    let text = std::str::from_utf8(name).map_err(|_| DomainError::Character)?;
    Domain::parse(text).map(Host::Name)
}

/// Whether `name` shows an address – an `@`, also one of full width, between letters and a domain – that is none of
/// `mailboxes`.
fn holds_other_address(name: &str, mailboxes: &[Mailbox]) -> bool {
    let is_at = |character| matches!(character, '@' | '\u{ff20}' | '\u{fe6b}');
    name.match_indices(is_at).take(SIGNS_IN_NAME_MAX).any(|(at, sign)| {
        let in_domain = |character: char| character.is_alphanumeric() || matches!(character, '.' | '-' | '_' | '。');
        let before = &name[..at];
        let local =
            before.rsplit(|character: char| character.is_whitespace() || "<>()\"',;:".contains(character)).next();
        let after = &name[at + sign.len()..];
        let domain = &after[..after.find(|character| !in_domain(character)).unwrap_or(after.len())];
        let (Some(local), Ok(domain)) = (local, Domain::parse(domain.trim_end_matches('.'))) else {
            return false;
        };
        let same = |mailbox: &Mailbox| {
            mailbox.local.eq_ignore_ascii_case(local) && mailbox.domain_name().is_some_and(|name| *name == domain)
        };
        !local.is_empty() && domain.label_count() > 1 && !mailboxes.iter().any(same)
    })
}

/// The address of a mailbox as bytes, for comparing: the local part as it was written.
impl Mailbox {
    /// The bytes of the local part as they stood, without quotes.
    #[must_use]
    pub fn local_bytes(&self) -> Vec<u8> {
        bytes_of_text(&self.local).into_owned()
    }
}

#[cfg(test)]
mod tests;
