//! Macro-strings (RFC 7208 §7): parsed once with the record, expanded for each check.

use std::fmt::{self, Write as _};
use std::net::IpAddr;

use mailtext::{Domain, DomainError};
use smallvec::SmallVec;

use crate::flaw::{Flaws, RecordFlaw};
use crate::limits::{EXPANDED_SEGMENT_COUNT_MAX, TARGET_BYTES_MAX};

/// A macro-string: literal text and macros in turn.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MacroString {
    segments: Box<[Segment]>,
    /// One bit for each [`Letter`] that is used.
    letters: u16,
}

/// One part of a macro-string.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Segment {
    /// Text that stands for itself, `%%`, `%_` and `%-` already being what they mean.
    Literal(Box<str>),
    /// A macro to be replaced.
    Expand(Macro),
}

/// `%{` letter, number of parts, `r`, delimiters `}`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Macro {
    /// What is put in its place.
    pub letter: Letter,
    /// Whether the value is URL-escaped: the letter was upper case.
    pub escape: bool,
    /// How many parts from the right are kept; 0 is all.
    pub parts: u16,
    /// Whether the parts are reversed first.
    pub reverse: bool,
    /// At which characters the value is split.
    pub delimiters: Delimiters,
}

/// The macro letters of RFC 7208 §7.2.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Letter {
    /// `s`: the sender, local part and domain.
    Sender,
    /// `l`: the sender's local part.
    LocalPart,
    /// `o`: the sender's domain.
    SenderDomain,
    /// `d`: the domain whose record is evaluated.
    Domain,
    /// `i`: the client's address, in dots.
    Address,
    /// `p`: the validated name of the client.
    ValidatedName,
    /// `v`: `in-addr` or `ip6`.
    AddressFamily,
    /// `h`: the name given with HELO or EHLO.
    Helo,
    /// `c`: the client's address for people; only in explanations.
    ReadableAddress,
    /// `r`: the name of the receiving host; only in explanations.
    Receiver,
    /// `t`: seconds since 1970; only in explanations.
    Timestamp,
}

/// A set of the seven delimiters, one bit each in the order of [`Delimiters::ALL`]; empty means the dot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Delimiters(u8);

/// Where a macro-string stands, which decides what it may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// In a domain specification.
    DomainSpec,
    /// In the value of an unknown modifier.
    Modifier,
    /// In an explanation.
    Explanation,
}

/// How a macro-string ends, which decides whether a top label is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// In literal text, or it is empty.
    Literal,
    /// In a macro, `%%`, `%_` or `%-`.
    Macro,
}

/// What macros are replaced with.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// The client; an IPv4-mapped address has become IPv4 before.
    pub ip: IpAddr,
    /// The sender's local part.
    pub local_part: &'a str,
    /// The sender's domain.
    pub sender_domain: &'a Domain,
    /// The domain whose record is evaluated.
    pub domain: &'a Domain,
    /// The name given with HELO or EHLO, as it came.
    pub helo: &'a str,
    /// The name of the receiving host.
    pub receiver: &'a str,
    /// Seconds since 1970.
    pub now_s: u64,
    /// The validated name of the client, or `unknown`.
    pub validated_name: &'a str,
}

impl MacroString {
    /// Reads the text of an explanation (RFC 7208 §6.2): US-ASCII, macro-strings and spaces.
    ///
    /// # Errors
    /// The first flaw's kind.
    pub fn parse_explanation(text: &[u8]) -> Result<Self, RecordFlaw> {
        let mut flaws = Flaws::new();
        if !text.is_ascii() {
            return Err(RecordFlaw::NonAscii);
        }
        let text = match std::str::from_utf8(text) {
            Ok(text) if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) => text,
            _ => return Err(RecordFlaw::ControlCharacter),
        };
        let (parsed, _) = Self::parse(text, 0, Place::Explanation, &mut flaws);
        match flaws.into_vec().first() {
            Some(flaw) => Err(flaw.kind),
            None => Ok(parsed),
        }
    }

    /// Reads `text`, which begins at byte `offset` of the record and holds printable ASCII only.
    pub(crate) fn parse(text: &str, offset: usize, place: Place, flaws: &mut Flaws) -> (Self, End) {
        let mut segments = Vec::new();
        let mut literal = String::new();
        let mut end = End::Literal;
        let mut rest = text;
        while !rest.is_empty() {
            let at = offset + text.len() - rest.len();
            let Some(after) = rest.strip_prefix('%') else {
                let length = rest.find('%').unwrap_or(rest.len());
                literal.push_str(&rest[..length]);
                rest = &rest[length..];
                end = End::Literal;
                continue;
            };
            end = End::Macro;
            let short = match after.as_bytes().first() {
                Some(b'%') => "%",
                Some(b'_') => " ",
                Some(b'-') => "%20",
                Some(b'{') => {
                    let (found, length) = Macro::parse(after, at, place, flaws);
                    if let Some(found) = found {
                        flush(&mut literal, &mut segments);
                        segments.push(Segment::Expand(found));
                    }
                    rest = &after[length..];
                    continue;
                }
                // RFC 7208 §7.3: '%' not followed by '{', '%', '-' or '_' is a syntax error
                _ => {
                    flaws.push(RecordFlaw::MacroStray, at, at + 1);
                    rest = after;
                    continue;
                }
            };
            literal.push_str(short);
            rest = &after[1..];
        }
        flush(&mut literal, &mut segments);
        let letters = segments.iter().fold(0, |letters, segment| match segment {
            Segment::Literal(_) => letters,
            Segment::Expand(expand) => letters | expand.letter.bit(),
        });
        (Self { segments: segments.into(), letters }, end)
    }

    /// The parts.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The text, when it holds no macro.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        match &*self.segments {
            [] => Some(""),
            [Segment::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether `letter` is used.
    #[must_use]
    pub fn uses(&self, letter: Letter) -> bool {
        self.letters & letter.bit() != 0
    }

    /// The letters that are used, once each.
    #[must_use]
    pub fn letters(&self) -> Vec<Letter> {
        Letter::TABLE.into_iter().map(|(letter, _)| letter).filter(|letter| self.uses(*letter)).collect()
    }

    /// The same string with the macro `d` replaced by what it is in the record of `domain`: so it means the same in any
    /// other record.
    #[must_use]
    pub fn bound_to(&self, domain: &Domain) -> Self {
        let address = std::net::Ipv4Addr::UNSPECIFIED.into();
        let values = Values {
            ip: address,
            local_part: "",
            sender_domain: domain,
            domain,
            helo: "",
            receiver: "",
            now_s: 0,
            validated_name: "",
        };
        let bind = |segment: &Segment| match segment {
            Segment::Expand(expand) if expand.letter == Letter::Domain => {
                let mut text = String::new();
                expand.expand(&values, &mut text);
                Segment::Literal(text.into())
            }
            segment => segment.clone(),
        };
        Self { segments: self.segments.iter().map(bind).collect(), letters: self.letters & !Letter::Domain.bit() }
    }

    /// The name that the string builds.
    ///
    /// # Errors
    /// When what comes out cannot be a name in DNS.
    pub fn expand_name(&self, values: &Values<'_>) -> Result<Domain, DomainError> {
        let mut name = String::with_capacity(TARGET_BYTES_MAX);
        // Only the rightmost 253 octets can be left in the end; so many parts fill them.
        let first = self.segments.len().saturating_sub(EXPANDED_SEGMENT_COUNT_MAX);
        self.segments[first..].iter().for_each(|segment| segment.expand(values, &mut name));
        target_name(&name)
    }

    /// The text that the string builds; `None` as soon as it becomes longer than `bytes_max`.
    #[must_use]
    pub fn expand_text(&self, values: &Values<'_>, bytes_max: usize) -> Option<String> {
        let mut text = String::new();
        for segment in &self.segments {
            segment.expand(values, &mut text);
            if text.len() > bytes_max {
                return None;
            }
        }
        Some(text)
    }
}

/// The name that is asked for when a domain specification has become `text`.
pub(crate) fn target_name(text: &str) -> Result<Domain, DomainError> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.len() <= TARGET_BYTES_MAX {
        return Domain::query(text);
    }
    // RFC 7208 §7.3: the left side is truncated to fit, by removing successive domain labels (and their following dots)
    // until the total length does not exceed 253 characters
    let earliest = text.len() - TARGET_BYTES_MAX - 1;
    let Some(tail) = text.get(earliest..) else { return Err(DomainError::Character) };
    match tail.find('.') {
        Some(dot) => Domain::query(&tail[dot + 1..]),
        None => Err(DomainError::TooLong),
    }
}

fn flush(literal: &mut String, segments: &mut Vec<Segment>) {
    if !literal.is_empty() {
        segments.push(Segment::Literal(std::mem::take(literal).into()));
    }
}

impl Segment {
    fn expand(&self, values: &Values<'_>, out: &mut String) {
        match self {
            Self::Literal(text) => out.push_str(text),
            Self::Expand(expand) => expand.expand(values, out),
        }
    }
}

impl Macro {
    /// Reads from `{`; `at` is the offset of the `%` before it. Gives the macro, if it is one, and how many bytes it took.
    fn parse(text: &str, at: usize, place: Place, flaws: &mut Flaws) -> (Option<Self>, usize) {
        let Some(close) = text.find('}') else {
            flaws.push(RecordFlaw::MacroUnclosed, at, at + 1 + text.len());
            return (None, text.len());
        };
        let length = close + 1;
        let inner = &text[1..close];
        let Some(letter) = inner.bytes().next().and_then(Letter::parse) else {
            flaws.push(RecordFlaw::MacroLetter, at, at + 1 + length);
            return (None, length);
        };
        // RFC 7208 §7.2: the macro letters c, r and t are allowed only in "exp" text
        if place == Place::DomainSpec && letter.is_for_explanations() {
            flaws.push(RecordFlaw::MacroExplanationOnly, at, at + 1 + length);
            return (None, length);
        }
        let escape = inner.as_bytes()[0].is_ascii_uppercase();
        let after = &inner[1..];
        let digit_count = after.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, after) = after.split_at(digit_count);
        let parts =
            digits.bytes().fold(0_u16, |sum, digit| sum.saturating_mul(10).saturating_add(u16::from(digit - b'0')));
        // RFC 7208 §7.3: if a DIGIT is specified, the value MUST be nonzero
        if digit_count > 0 && parts == 0 {
            flaws.push(RecordFlaw::MacroZero, at, at + 1 + length);
            return (None, length);
        }
        let reverse = after.starts_with(['r', 'R']);
        let mut delimiters = Delimiters::default();
        for byte in after[usize::from(reverse)..].bytes() {
            if !delimiters.insert(byte) {
                flaws.push(RecordFlaw::MacroDelimiter, at, at + 1 + length);
                return (None, length);
            }
        }
        (Some(Self { letter, escape, parts, reverse, delimiters }), length)
    }

    fn expand(&self, values: &Values<'_>, out: &mut String) {
        let start = out.len();
        let whole = self.parts == 0 && self.delimiters == Delimiters::default();
        if whole && self.letter == Letter::Address {
            // By far the most frequent macro: no parts need be made of it.
            write_dotted(values.ip, self.reverse, out);
        } else {
            let mut scratch = String::new();
            let value = self.letter.value(values, &mut scratch);
            if whole && !self.reverse {
                out.push_str(value);
            } else {
                self.transform(value, out);
            }
        }
        if self.escape {
            let plain = out.split_off(start);
            escape_url(&plain, out);
        }
    }

    // RFC 7208 §7.3: split into parts at any of the delimiters, reverse, take the right-hand parts, rejoin with "."
    fn transform(&self, value: &str, out: &mut String) {
        let mut parts: SmallVec<[&str; 36]> = value.split(|letter| self.delimiters.splits_at(letter)).collect();
        if self.reverse {
            parts.reverse();
        }
        let kept = if self.parts == 0 { parts.len() } else { parts.len().min(usize::from(self.parts)) };
        for (index, part) in parts[parts.len() - kept..].iter().enumerate() {
            if index > 0 {
                out.push('.');
            }
            out.push_str(part);
        }
    }
}

impl Letter {
    const TABLE: [(Self, u8); 11] = [
        (Self::Sender, b's'),
        (Self::LocalPart, b'l'),
        (Self::SenderDomain, b'o'),
        (Self::Domain, b'd'),
        (Self::Address, b'i'),
        (Self::ValidatedName, b'p'),
        (Self::AddressFamily, b'v'),
        (Self::Helo, b'h'),
        (Self::ReadableAddress, b'c'),
        (Self::Receiver, b'r'),
        (Self::Timestamp, b't'),
    ];

    fn parse(byte: u8) -> Option<Self> {
        let lower = byte.to_ascii_lowercase();
        Self::TABLE.into_iter().find(|(_, letter)| *letter == lower).map(|(letter, _)| letter)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }

    /// The letter, in lower case.
    #[must_use]
    pub fn as_char(self) -> char {
        Self::TABLE.into_iter().find(|(letter, _)| *letter == self).map_or('?', |(_, byte)| char::from(byte))
    }

    /// Whether the letter may stand in explanations only.
    #[must_use]
    pub fn is_for_explanations(self) -> bool {
        matches!(self, Self::ReadableAddress | Self::Receiver | Self::Timestamp)
    }

    fn value<'v>(self, values: &Values<'v>, scratch: &'v mut String) -> &'v str {
        match self {
            Self::LocalPart => return values.local_part,
            Self::SenderDomain => return values.sender_domain.as_str(),
            Self::Domain => return values.domain.as_str(),
            Self::ValidatedName => return values.validated_name,
            Self::Helo => return values.helo,
            Self::Receiver => return values.receiver,
            Self::AddressFamily => return if values.ip.is_ipv4() { "in-addr" } else { "ip6" },
            Self::Sender => {
                scratch.push_str(values.local_part);
                scratch.push('@');
                scratch.push_str(values.sender_domain.as_str());
            }
            Self::Address => write_dotted(values.ip, false, scratch),
            Self::ReadableAddress => scratch.push_str(&values.ip.to_string()),
            Self::Timestamp => scratch.push_str(&values.now_s.to_string()),
        }
        scratch
    }
}

impl Delimiters {
    /// The delimiters of RFC 7208 §7.1.
    pub const ALL: [u8; 7] = *b".-+,/_=";

    fn insert(&mut self, byte: u8) -> bool {
        let found = Self::ALL.iter().position(|delimiter| *delimiter == byte);
        if let Some(index) = found {
            self.0 |= 1 << index;
        }
        found.is_some()
    }

    fn splits_at(self, letter: char) -> bool {
        if self.0 == 0 {
            return letter == '.';
        }
        Self::ALL
            .iter()
            .enumerate()
            .any(|(index, delimiter)| self.0 & (1 << index) != 0 && letter == char::from(*delimiter))
    }
}

/// RFC 7208 §7.3: dotted quads, or 32 nibbles with dots between; reversed, the last part first.
fn write_dotted(ip: IpAddr, reverse: bool, out: &mut String) {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    match ip {
        IpAddr::V4(v4) => {
            let mut octets = v4.octets();
            if reverse {
                octets.reverse();
            }
            for (index, octet) in octets.into_iter().enumerate() {
                if index > 0 {
                    out.push('.');
                }
                if octet >= 100 {
                    out.push(digit(octet / 100));
                }
                if octet >= 10 {
                    out.push(digit(octet / 10 % 10));
                }
                out.push(digit(octet % 10));
            }
        }
        IpAddr::V6(v6) => {
            let bits = v6.to_bits();
            for index in 0..32_u32 {
                if index > 0 {
                    out.push('.');
                }
                let shift = if reverse { index * 4 } else { 124 - index * 4 };
                out.push(digit(u8::try_from(bits >> shift & 15).unwrap_or(0)));
            }
        }
    }
}

// RFC 7208 §7.3: URL escaping MUST be performed for characters not in the "unreserved" set of RFC 3986
fn escape_url(plain: &str, out: &mut String) {
    for byte in plain.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

impl fmt::Display for MacroString {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Expand(expand) => write!(formatter, "{expand}")?,
                Segment::Literal(text) => {
                    for letter in text.chars() {
                        match letter {
                            '%' => formatter.write_str("%%")?,
                            ' ' => formatter.write_str("%_")?,
                            _ => formatter.write_char(letter)?,
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for Macro {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = self.letter.as_char();
        write!(formatter, "%{{{}", if self.escape { letter.to_ascii_uppercase() } else { letter })?;
        if self.parts > 0 {
            write!(formatter, "{}", self.parts)?;
        }
        if self.reverse {
            formatter.write_char('r')?;
        }
        for (index, delimiter) in Delimiters::ALL.into_iter().enumerate() {
            if self.delimiters.0 & (1 << index) != 0 {
                formatter.write_char(char::from(delimiter))?;
            }
        }
        formatter.write_char('}')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str, ip: &str) -> String {
        let domain = Domain::parse("email.example.com").unwrap();
        let values = Values {
            ip: ip.parse().unwrap(),
            local_part: "strong-bad",
            sender_domain: &domain,
            domain: &domain,
            helo: "mta.example.com",
            receiver: "mx.example.jp",
            now_s: 1_700_000_000,
            validated_name: "mx.example.org",
        };
        let parsed = MacroString::parse_explanation(text.as_bytes()).unwrap();
        parsed.expand_text(&values, 512).unwrap()
    }

    #[test]
    fn examples_of_the_standard() {
        // RFC 7208 §7.4, each line
        for (text, expected) in [
            ("%{s}", "strong-bad@email.example.com"),
            ("%{o}", "email.example.com"),
            ("%{d}", "email.example.com"),
            ("%{d4}", "email.example.com"),
            ("%{d3}", "email.example.com"),
            ("%{d2}", "example.com"),
            ("%{d1}", "com"),
            ("%{dr}", "com.example.email"),
            ("%{d2r}", "example.email"),
            ("%{l}", "strong-bad"),
            ("%{l-}", "strong.bad"),
            ("%{lr}", "strong-bad"),
            ("%{lr-}", "bad.strong"),
            ("%{l1r-}", "strong"),
            ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
            ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
            ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
            ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
            ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
        ] {
            assert_eq!(expand(text, "192.0.2.3"), expected, "{text}");
        }
        assert_eq!(
            expand("%{ir}.%{v}._spf.%{d2}", "2001:db8::cb01"),
            "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"
        );
    }

    #[test]
    fn all_letters_and_escapes() {
        assert_eq!(
            expand("%{c} %{r} %{t} %{p} %{h} %{v}", "192.0.2.130"),
            "192.0.2.130 mx.example.jp 1700000000 mx.example.org mta.example.com in-addr"
        );
        assert_eq!(expand("%%a%_b%-c", "192.0.2.3"), "%a b%20c");
        assert_eq!(expand("%{S}", "192.0.2.3"), "strong-bad%40email.example.com");
        assert_eq!(expand("%{I}", "10.0.100.7"), "10.0.100.7");
        assert_eq!(expand("%{d127}%{d99999999}", "::1"), "email.example.comemail.example.com");
    }

    #[test]
    fn empty_parts_are_kept() {
        let domain = Domain::parse("x.example").unwrap();
        let values = Values {
            ip: "::1".parse().unwrap(),
            local_part: "-a--b-",
            sender_domain: &domain,
            domain: &domain,
            helo: "",
            receiver: "unknown",
            now_s: 0,
            validated_name: "unknown",
        };
        let text = |macros: &str| {
            MacroString::parse_explanation(macros.as_bytes()).unwrap().expand_text(&values, 512).unwrap()
        };
        assert_eq!(text("%{l-}"), ".a..b.");
        assert_eq!(text("%{l2r-}"), "a.");
        assert_eq!(text("%{h}"), "");
    }

    #[test]
    fn flaws_have_names() {
        for (text, kind) in [
            ("%", RecordFlaw::MacroStray),
            ("a%", RecordFlaw::MacroStray),
            ("%(d)", RecordFlaw::MacroStray),
            ("%{d", RecordFlaw::MacroUnclosed),
            ("%{}", RecordFlaw::MacroLetter),
            ("%{x}", RecordFlaw::MacroLetter),
            ("%{d0}", RecordFlaw::MacroZero),
            ("%{d00}", RecordFlaw::MacroZero),
            ("%{dr2}", RecordFlaw::MacroDelimiter),
            ("%{d*}", RecordFlaw::MacroDelimiter),
            ("%{d r}", RecordFlaw::MacroDelimiter),
            ("a\r\nb", RecordFlaw::ControlCharacter),
            ("a\u{e9}", RecordFlaw::NonAscii),
        ] {
            assert_eq!(MacroString::parse_explanation(text.as_bytes()), Err(kind), "{text:?}");
        }
    }

    #[test]
    fn names_are_cut_from_the_left() {
        let of_length = |length: usize| {
            let mut name = "ab.".repeat((length - 1) / 3);
            name.push_str(&"c".repeat(length - name.len()));
            name
        };
        assert_eq!(target_name(&of_length(252)).unwrap().as_str().len(), 252);
        assert_eq!(target_name(&of_length(253)).unwrap().as_str().len(), 253);
        assert_eq!(target_name(&format!("{}.", of_length(253))).unwrap().as_str().len(), 253);
        // One octet too long: the leftmost label goes, and its dot.
        assert_eq!(target_name(&of_length(254)).unwrap().as_str().len(), 251);
        assert_eq!(target_name(&"d".repeat(300)), Err(DomainError::TooLong));
        assert_eq!(target_name("a..b"), Err(DomainError::EmptyLabel));
    }

    #[test]
    fn texts_at_below_and_above_the_limit() {
        let parsed = MacroString::parse_explanation("x".repeat(100).as_bytes()).unwrap();
        let domain = Domain::parse("x.example").unwrap();
        let values = Values {
            ip: "::1".parse().unwrap(),
            local_part: "l",
            sender_domain: &domain,
            domain: &domain,
            helo: "",
            receiver: "unknown",
            now_s: 0,
            validated_name: "unknown",
        };
        for (limit, fits) in [(99, false), (100, true), (101, true)] {
            assert_eq!(parsed.expand_text(&values, limit).is_some(), fits, "{limit}");
        }
    }
}
