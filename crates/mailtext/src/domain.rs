//! Domain names as mail uses them: compared without regard to case, asked in DNS, written as A-labels.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crate::explain::{Explain, Value};
use crate::limits::{DOMAIN_BYTES_MAX, DOMAIN_TEXT_BYTES_MAX, LABEL_BYTES_MAX};

/// A domain name in the one form in which names are compared and asked: lower case, A-labels, no final dot, no empty
/// label, labels of at most 63 and the name of at most 253 octets. Cheap to clone.
///
/// Two ways lead here: [`Domain::parse`] for names that people and headers write, [`Domain::query`] for names that a
/// standard builds (macros, `_dmarc.` before a domain), which may hold any printable ASCII.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain(Arc<str>);

/// Why a text is not a domain name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DomainError {
    /// Nothing there.
    Empty,
    /// Two dots together, or a dot at the start.
    EmptyLabel,
    /// A label longer than 63 octets.
    LabelTooLong,
    /// A name longer than 253 octets.
    TooLong,
    /// A byte that no label may hold: control, space, NUL, or punctuation where a host name is wanted.
    Character,
    /// A label that starts or ends with a hyphen.
    Hyphen,
    /// Letters outside ASCII that IDNA does not allow (RFC 5891, UTS 46).
    Idna,
}

impl Domain {
    /// Reads a name as a header or a person writes it: letters, digits, hyphen and underscore in ASCII, or U-labels,
    /// which become A-labels (RFC 5890; non-transitional UTS 46 mapping). One final dot is dropped.
    ///
    /// # Errors
    /// Names the first rule broken.
    pub fn parse(text: &str) -> Result<Self, DomainError> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.len() > DOMAIN_TEXT_BYTES_MAX {
            return Err(DomainError::TooLong);
        }
        if text.is_ascii() {
            return Self::host(text);
        }
        Self::host(&to_a_labels(text)?)
    }

    /// A name of letters, digits, hyphens within labels, and underscores.
    fn host(ascii: &str) -> Result<Self, DomainError> {
        check(ascii, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))?;
        let bytes = ascii.as_bytes();
        let at_an_end = |at: usize| {
            let neighbour = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_none_or(|byte| *byte == b'.');
            neighbour(at.checked_sub(1)) || neighbour(Some(at + 1))
        };
        if memchr::memchr_iter(b'-', bytes).any(at_an_end) {
            return Err(DomainError::Hyphen);
        }
        Ok(Self::lowered(ascii))
    }

    /// Reads a name that was built to be asked: labels of any printable ASCII but the dot, spaces too, since a macro may
    /// put one there (RFC 7208 §7.2, `%_`).
    ///
    /// # Errors
    /// Names the first rule broken.
    pub fn query(text: &str) -> Result<Self, DomainError> {
        let text = text.strip_suffix('.').unwrap_or(text);
        check(text, is_query_byte)?;
        Ok(Self::lowered(text))
    }

    fn lowered(ascii: &str) -> Self {
        // Without an early end, so that the compiler can look at many bytes at once.
        if ascii.bytes().fold(false, |upper, byte| upper | byte.is_ascii_uppercase()) {
            Self(ascii.to_ascii_lowercase().into())
        } else {
            Self(ascii.into())
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The labels, leftmost first.
    pub fn labels(&self) -> std::str::Split<'_, char> {
        self.0.split('.')
    }

    /// How many labels there are: at least one.
    #[must_use]
    pub fn label_count(&self) -> usize {
        1 + memchr::memchr_iter(b'.', self.0.as_bytes()).count()
    }

    /// The name without its leftmost label; `None` when only one label is left.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.split_once('.').map(|(_, rest)| Self(rest.into()))
    }

    /// The rightmost `count` labels; the whole name when it has no more.
    #[must_use]
    pub fn rightmost(&self, count: usize) -> Self {
        let last = self.last_labels(count);
        if last.len() == self.0.len() { self.clone() } else { Self(last.into()) }
    }

    /// The text of the rightmost `count` labels; the whole name when it has no more.
    #[must_use]
    pub fn last_labels(&self, count: usize) -> &str {
        let dots = self.0.bytes().enumerate().rev().filter(|(_, byte)| *byte == b'.');
        match dots.map(|(at, _)| at).nth(count.saturating_sub(1)) {
            Some(dot) => &self.0[dot + 1..],
            None => &self.0,
        }
    }

    /// The name with labels put before it: `_dmarc` and `example.jp` give `_dmarc.example.jp`.
    ///
    /// # Errors
    /// When the whole becomes too long, or `labels` breaks a rule of [`Domain::query`].
    pub fn prefixed(&self, labels: &str) -> Result<Self, DomainError> {
        Self::joined(labels, &self.0)
    }

    /// The rightmost `count` labels with labels put before them, as [`Domain::rightmost`] and [`Domain::prefixed`] give.
    ///
    /// # Errors
    /// As [`Domain::prefixed`].
    pub fn rightmost_prefixed(&self, count: usize, labels: &str) -> Result<Self, DomainError> {
        Self::joined(labels, self.last_labels(count))
    }

    /// Labels before the text of a name, or of the end of one.
    fn joined(labels: &str, name: &str) -> Result<Self, DomainError> {
        // What follows the labels is a name already; only they have to be looked at.
        match check(labels, is_query_byte) {
            Err(DomainError::Empty) => return Err(DomainError::EmptyLabel),
            Err(DomainError::TooLong) => return Err(DomainError::TooLong),
            _ if labels.len() + 1 + name.len() > DOMAIN_BYTES_MAX => return Err(DomainError::TooLong),
            checked => checked?,
        }
        let mut whole = ShortName::default();
        whole.push(labels.as_bytes());
        whole.push(b".");
        whole.push(name.as_bytes());
        whole.lower(labels.len());
        Ok(Self(whole.as_str().into()))
    }

    /// Whether this name is `other` or lies below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_suffix(&*other.0).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    }

    /// The name for people: A-labels turned back into U-labels where IDNA allows it.
    #[must_use]
    pub fn to_unicode(&self) -> String {
        if !self.0.contains("xn--") {
            return self.0.to_string();
        }
        let (unicode, valid) = idna::domain_to_unicode(&self.0);
        if valid.is_ok() { unicode } else { self.0.to_string() }
    }

    /// The name under which the PTR record of an address stands (RFC 1035 §3.5, RFC 3596 §2.5).
    #[must_use]
    pub fn reverse(address: IpAddr) -> Self {
        let mut name = ShortName::default();
        match address {
            IpAddr::V4(v4) => {
                for octet in v4.octets().iter().rev() {
                    let digits = [octet / 100, octet / 10 % 10, octet % 10].map(|digit| b'0' + digit);
                    let skipped = usize::from(*octet < 100) + usize::from(*octet < 10);
                    name.push(&digits[skipped..]);
                    name.push(b".");
                }
                name.push(b"in-addr.arpa");
            }
            IpAddr::V6(v6) => {
                for octet in v6.octets().iter().rev() {
                    let [low, high] = [octet & 15, octet >> 4].map(|nibble| HEX[usize::from(nibble)]);
                    name.push(&[low, b'.', high, b'.']);
                }
                name.push(b"ip6.arpa");
            }
        }
        Self(name.as_str().into())
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A name in the making, on the stack: most are built to be asked once.
struct ShortName {
    bytes: [u8; DOMAIN_BYTES_MAX],
    length: usize,
}

impl Default for ShortName {
    fn default() -> Self {
        Self { bytes: [0; DOMAIN_BYTES_MAX], length: 0 }
    }
}

impl ShortName {
    /// Puts ASCII behind what is there. What does not fit is left out; whoever pushes has looked at the length.
    fn push(&mut self, ascii: &[u8]) {
        if let Some(place) = self.bytes.get_mut(self.length..self.length + ascii.len()) {
            place.copy_from_slice(ascii);
            self.length += ascii.len();
        }
    }

    /// Lowers the first bytes.
    fn lower(&mut self, length: usize) {
        if let Some(first) = self.bytes.get_mut(..length) {
            first.make_ascii_lowercase();
        }
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, formatter)
    }
}

impl AsRef<str> for Domain {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&Domain> for Value {
    fn from(domain: &Domain) -> Self {
        Self::Text(domain.to_string())
    }
}

impl DomainError {
    /// Every id of this enum.
    pub const IDS: &'static [&'static str] = &[
        "domain-empty",
        "domain-empty-label",
        "domain-label-too-long",
        "domain-too-long",
        "domain-character",
        "domain-hyphen",
        "domain-idna",
    ];
}

impl Explain for DomainError {
    fn id(&self) -> &'static str {
        match self {
            Self::Empty => "domain-empty",
            Self::EmptyLabel => "domain-empty-label",
            Self::LabelTooLong => "domain-label-too-long",
            Self::TooLong => "domain-too-long",
            Self::Character => "domain-character",
            Self::Hyphen => "domain-hyphen",
            Self::Idna => "domain-idna",
        }
    }
}

/// What a name that was built may hold.
fn is_query_byte(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_graphic()
}

/// Labels and lengths of an ASCII name, every byte of every label being `allowed`.
fn check(name: &str, allowed: impl Fn(u8) -> bool) -> Result<(), DomainError> {
    if name.is_empty() {
        return Err(DomainError::Empty);
    }
    if name.len() > DOMAIN_BYTES_MAX {
        return Err(DomainError::TooLong);
    }
    let mut label_bytes = 0;
    for byte in name.bytes() {
        match byte {
            b'.' if label_bytes == 0 => return Err(DomainError::EmptyLabel),
            b'.' => label_bytes = 0,
            _ if !allowed(byte) => return Err(DomainError::Character),
            _ if label_bytes == LABEL_BYTES_MAX => return Err(DomainError::LabelTooLong),
            _ => label_bytes += 1,
        }
    }
    if label_bytes == 0 { Err(DomainError::EmptyLabel) } else { Ok(()) }
}

/// RFC 8616 §3: U-labels are compared and asked as A-labels.
fn to_a_labels(text: &str) -> Result<String, DomainError> {
    idna::uts46::Uts46::new()
        .to_ascii(
            text.as_bytes(),
            idna::AsciiDenyList::EMPTY,
            idna::uts46::Hyphens::Allow,
            idna::uts46::DnsLength::Ignore,
        )
        .map(Cow::into_owned)
        .map_err(|_| DomainError::Idna)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, DomainError> {
        Domain::parse(text).map(|domain| domain.to_string())
    }

    #[test]
    fn names_are_lowered_and_lose_one_final_dot() {
        assert_eq!(parse("Example.JP."), Ok("example.jp".into()));
        assert_eq!(parse("example.jp.."), Err(DomainError::EmptyLabel));
        assert_eq!(parse("_dmarc.a_b.example"), Ok("_dmarc.a_b.example".into()));
    }

    #[test]
    fn u_labels_become_a_labels() {
        assert_eq!(parse("bücher.example"), Ok("xn--bcher-kva.example".into()));
        assert_eq!(parse("関所.jp"), Ok("xn--8ous75i.jp".into()));
        assert_eq!(Domain::parse("関所.jp").map(|domain| domain.to_unicode()), Ok("関所.jp".into()));
        // A full stop of another script separates labels too; it must not hide inside one.
        assert_eq!(parse("victim.example。evil.example"), Ok("victim.example.evil.example".into()));
    }

    #[test]
    fn hostile_names_are_refused() {
        for (text, error) in [
            ("", DomainError::Empty),
            (".", DomainError::Empty),
            (".example", DomainError::EmptyLabel),
            ("a..b", DomainError::EmptyLabel),
            ("a\0.example", DomainError::Character),
            ("victim.example'a.evil.example", DomainError::Character),
            ("a b.example", DomainError::Character),
            ("[192.0.2.1]", DomainError::Character),
            ("-a.example", DomainError::Hyphen),
            ("a-.example", DomainError::Hyphen),
        ] {
            assert_eq!(parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn lengths_at_below_and_above_the_limits() {
        for (length, good) in [(62, true), (63, true), (64, false)] {
            let name = format!("{}.example", "a".repeat(length));
            assert_eq!(Domain::parse(&name).is_ok(), good, "label of {length}");
        }
        let long = |length: usize| {
            let mut name = "a.".repeat(length / 2);
            name.truncate(length);
            if name.ends_with('.') {
                name.replace_range(length - 1.., "");
                name.insert(0, 'b');
            }
            name
        };
        for (length, good) in [(252, true), (253, true), (254, false)] {
            let name = long(length);
            assert_eq!(name.len(), length);
            assert_eq!(Domain::parse(&name).is_ok(), good, "name of {length}");
        }
    }

    #[test]
    fn relations() {
        let domain = |text| Domain::parse(text).unwrap();
        assert!(domain("a.example.jp").is_within(&domain("example.jp")));
        assert!(domain("example.jp").is_within(&domain("example.jp")));
        assert!(!domain("badexample.jp").is_within(&domain("example.jp")));
        assert_eq!(domain("a.b.c.d").rightmost(2), domain("c.d"));
        assert_eq!(domain("a.b").rightmost(7), domain("a.b"));
        assert_eq!(domain("a.b").parent(), Some(domain("b")));
        assert_eq!(domain("b").parent(), None);
        assert_eq!(domain("a.b.c").label_count(), 3);
        assert_eq!(domain("example.jp").prefixed("_dmarc").unwrap().as_str(), "_dmarc.example.jp");
        assert!(domain("example.jp").prefixed("a\0").is_err());
    }

    #[test]
    fn reverse_names() {
        assert_eq!(Domain::reverse("192.0.2.1".parse().unwrap()).as_str(), "1.2.0.192.in-addr.arpa");
        assert_eq!(
            Domain::reverse("2001:db8::1".parse().unwrap()).as_str(),
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
        );
    }

    proptest::proptest! {
        /// The short way through a prefix is what reading the whole gives.
        #[test]
        fn a_prefixed_name_is_the_whole_read(labels in "[a-cA-Z_. \\x7f-]{0,70}|[a-b]{60,66}", length in 1_usize..60) {
            let base = Domain::parse(&format!("{}.example", "l".repeat(length))).unwrap();
            let long = Domain::parse(&[&*"a".repeat(60), &"b".repeat(60), &"c".repeat(60), &"d".repeat(length)].join("."));
            for base in [base, long.unwrap()] {
                let whole = Domain::query(&format!("{labels}.{base}"));
                let prefixed = base.prefixed(&labels);
                // Of several broken rules either may be named.
                proptest::prop_assert_eq!(whole.is_ok(), prefixed.is_ok(), "{:?} {:?}", whole, prefixed);
                proptest::prop_assert_eq!(whole.ok(), prefixed.ok());
            }
        }

        #[test]
        fn reverse_names_are_those_of_the_formatter(v4: u32, v6: u128) {
            let [a, b, c, d] = v4.to_be_bytes();
            let wanted = format!("{d}.{c}.{b}.{a}.in-addr.arpa");
            proptest::prop_assert_eq!(Domain::reverse(IpAddr::V4(v4.into())).to_string(), wanted);
            let nibbles: Vec<String> = format!("{v6:032x}").chars().rev().map(|nibble| nibble.to_string()).collect();
            let wanted = format!("{}.ip6.arpa", nibbles.join("."));
            proptest::prop_assert_eq!(Domain::reverse(IpAddr::V6(v6.into())).to_string(), wanted);
        }
    }
}
