//! Master files (RFC 1035 §5): the text of zones and of tapes, read and written.
//!
//! Beside records there are rule lines, comments to every other program: `;! name type word…`, for what a record cannot
//! say – failures, delays, authenticity, aliases. [`crate::zone`] lists the words.

use std::borrow::Cow;
use std::fmt;

use mailtext::encode::decode_base64_fws;
use mailtext::{Domain, DomainError};

use crate::answer::{Data, Failure, MailExchange, StartOfAuthority, Text};
use crate::certificate::{CertificationAuthority, DelegationSigner, TlsAssociation, parse_hex};
use crate::fetch::lines::{Line, Said};
use crate::fetch::{FetchFailure, HttpsUrl, Redirects, Target};
use crate::limits::{STRING_BYTES_MAX, TEXT_BYTES_MAX, TTL_S_DEFAULT, TTL_S_MAX};
use crate::question::Kind;

/// Why a master file cannot be read, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct ZoneError {
    /// The line, counted from 1, on which the entry begins.
    pub line: u32,
    /// What is wrong there.
    pub kind: ZoneErrorKind,
}

/// What can be wrong in a master file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ZoneErrorKind {
    /// A quoted string has no end on its line.
    #[error("the quoted string is not closed")]
    StringUnclosed,
    /// `(` without `)`.
    #[error("the parenthesis is not closed")]
    ParenthesisUnclosed,
    /// `)` without `(`.
    #[error("the parenthesis was not opened")]
    ParenthesisUnopened,
    /// A backslash that is followed neither by three digits up to 255 nor by another character.
    #[error("the backslash escapes nothing")]
    Escape,
    /// A `$` line other than `$ORIGIN` and `$TTL`.
    #[error("neither $ORIGIN nor $TTL")]
    Control,
    /// A blank owner in the first record.
    #[error("there is no owner before this record")]
    NoOwner,
    /// A name that is none.
    #[error("not a name: {0:?}")]
    Name(DomainError),
    /// A time that is none, or is longer than 2,147,483,647 seconds.
    #[error("not a time")]
    Time,
    /// A class other than `IN`.
    #[error("only class IN is known")]
    Class,
    /// No type, or one that this reader does not know.
    #[error("not a known type")]
    Type,
    /// The record's data are too few, too many or of the wrong form.
    #[error("the data do not fit the type")]
    Data,
    /// A TXT record of more than [`TEXT_BYTES_MAX`] bytes.
    #[error("the text is too long")]
    TextTooLong,
    /// A rule line with a word that is not known, or without a word.
    #[error("not a word of a rule")]
    Rule,
    /// A line of a fetched document with a URL that may not be fetched, neither status nor failure, bytes that cannot
    /// be read, or no document before it.
    #[error("not what was fetched")]
    Fetch,
    /// `;!` somewhere else than at the start of a line: it would be read as a comment.
    #[error("a rule stands on its own line")]
    RulePlace,
    /// The first line is not that of a tape.
    #[error("not a tape of this version")]
    TapeHeader,
    /// A tape longer than [`crate::limits::TAPE_BYTES_MAX`].
    #[error("the tape is too long")]
    TapeTooLong,
}

/// One entry of a master file.
pub(crate) struct Statement {
    pub(crate) line: u32,
    /// `None` is the root, which nobody asks.
    pub(crate) name: Option<Domain>,
    pub(crate) content: Content,
}

pub(crate) enum Content {
    Record {
        ttl_s: u32,
        data: Data,
        /// A character-string of more than 255 bytes is in it.
        overlong: bool,
    },
    /// A record of a type that mail does not ask for.
    OtherType,
    /// A rule for one kind or, without a kind, for all.
    Rule(Option<Kind>, Effect),
    /// A document that was fetched; it has no name.
    Fetch(Line),
}

/// What a rule line changes; empty when nothing.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Effect {
    pub(crate) forced: Option<Forced>,
    pub(crate) after_ms: Option<u32>,
    pub(crate) ttl_s: Option<u32>,
    pub(crate) authenticated: bool,
    pub(crate) exists: bool,
    pub(crate) via: Vec<Domain>,
}

/// The answer that a rule line forces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Forced {
    Failed(Failure),
    NoData,
    NxDomain,
}

/// Reads a master file entry by entry.
pub(crate) struct Reader<'a> {
    lexer: Lexer<'a>,
    origin: Option<Domain>,
    ttl_s: Option<u32>,
    last_ttl_s: u32,
    /// The outer `None` is "no record yet", the inner one the root.
    last_owner: Option<Option<Domain>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let lexer = Lexer { bytes: text.as_bytes(), at: 0, line: 1 };
        Self { lexer, origin: None, ttl_s: None, last_ttl_s: TTL_S_DEFAULT, last_owner: None }
    }

    /// The next entry; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Statement>, ZoneError> {
        while let Some(entry) = self.lexer.entry()? {
            let line = entry.line;
            if let Some(statement) = self.statement(&entry).map_err(|kind| ZoneError { line, kind })? {
                return Ok(Some(statement));
            }
        }
        Ok(None)
    }

    fn statement(&mut self, entry: &Entry<'_>) -> Result<Option<Statement>, ZoneErrorKind> {
        let line = entry.line;
        if let Some(fetched) = entry.rule.then(|| fetch_line(&entry.tokens)).flatten() {
            return Ok(Some(Statement { line, name: None, content: Content::Fetch(fetched?) }));
        }
        if entry.rule {
            let (name, content) = self.rule(&entry.tokens)?;
            return Ok(Some(Statement { line, name, content }));
        }
        if let Some(control) = entry.tokens.first().filter(|token| token.raw.starts_with(b"$") && !entry.blank_owner) {
            self.control(control, &entry.tokens[1..])?;
            return Ok(None);
        }
        let (name, content) = self.record(entry)?;
        Ok(Some(Statement { line, name, content }))
    }

    /// `$ORIGIN name` and `$TTL time`. `$INCLUDE` would read a file, which this crate never does.
    fn control(&mut self, control: &Token<'_>, rest: &[Token<'_>]) -> Result<(), ZoneErrorKind> {
        let [argument] = rest else {
            return Err(ZoneErrorKind::Control);
        };
        if control.is_word("$ORIGIN") {
            self.origin = self.name(argument)?;
        } else if control.is_word("$TTL") {
            self.ttl_s = Some(argument.ttl().ok_or(ZoneErrorKind::Time)?);
        } else {
            return Err(ZoneErrorKind::Control);
        }
        Ok(())
    }

    fn record(&mut self, entry: &Entry<'_>) -> Result<(Option<Domain>, Content), ZoneErrorKind> {
        let mut tokens = entry.tokens.as_slice();
        // RFC 1035 §5.1: a line that begins with a blank has the owner of the line before.
        let owner = if entry.blank_owner {
            self.last_owner.clone().ok_or(ZoneErrorKind::NoOwner)?
        } else {
            let owner = self.name(&tokens[0])?;
            tokens = &tokens[1..];
            owner
        };
        self.last_owner = Some(owner.clone());
        let mut own_ttl_s = None;
        let mut class_seen = false;
        // RFC 1035 §5.1: TTL and class may stand in either order, and either may be left out.
        while let Some(token) = tokens.first() {
            if own_ttl_s.is_none() && token.raw.first().is_some_and(u8::is_ascii_digit) {
                own_ttl_s = Some(token.ttl().ok_or(ZoneErrorKind::Time)?);
            } else if !class_seen && token.is_word("IN") {
                class_seen = true;
            } else if ["CH", "HS", "CS"].iter().any(|class| token.is_word(class)) {
                return Err(ZoneErrorKind::Class);
            } else {
                break;
            }
            tokens = &tokens[1..];
        }
        // RFC 1035 §5.1: what is left out is as it was in the last record.
        // RFC 2308 §4: $TTL comes before that.
        let ttl_s = own_ttl_s.or(self.ttl_s).unwrap_or(self.last_ttl_s);
        self.last_ttl_s = ttl_s;
        let [kind, rdata @ ..] = tokens else {
            return Err(ZoneErrorKind::Type);
        };
        let content = match Kind::parse(&kind.text()) {
            Some(kind) => {
                let (data, overlong) = self.data(kind, rdata)?;
                Content::Record { ttl_s, data, overlong }
            }
            None if is_other_type(&kind.text()) => Content::OtherType,
            None => return Err(ZoneErrorKind::Type),
        };
        Ok((owner, content))
    }

    /// The data of a record, and whether a character-string in it is longer than DNS allows.
    fn data(&self, kind: Kind, rdata: &[Token<'_>]) -> Result<(Data, bool), ZoneErrorKind> {
        let data = match (kind, rdata) {
            (Kind::Txt, [_, ..]) => {
                let (text, overlong) = text(rdata)?;
                return Ok((Data::Txt(text), overlong));
            }
            (Kind::Spf, [_, ..]) => {
                let (text, overlong) = text(rdata)?;
                return Ok((Data::Spf(text), overlong));
            }
            (Kind::A, [address]) => Data::A(address.text().parse().map_err(|_| ZoneErrorKind::Data)?),
            (Kind::Aaaa, [address]) => Data::Aaaa(address.text().parse().map_err(|_| ZoneErrorKind::Data)?),
            (Kind::Mx, [preference, exchange]) => Data::Mx(MailExchange {
                preference: preference.text().parse().map_err(|_| ZoneErrorKind::Data)?,
                exchange: self.name(exchange)?,
            }),
            (Kind::Ptr, [name]) => Data::Ptr(self.name_below_root(name)?),
            (Kind::Ns, [name]) => Data::Ns(self.name_below_root(name)?),
            (Kind::Cname, [name]) => Data::Cname(self.name_below_root(name)?),
            (Kind::Soa, [primary, _mailbox, serial, refresh, retry, expire, minimum]) => {
                if [refresh, retry, expire].iter().any(|token| token.ttl().is_none()) {
                    return Err(ZoneErrorKind::Time);
                }
                Data::Soa(StartOfAuthority {
                    primary: self.name(primary)?,
                    serial: serial.text().parse().map_err(|_| ZoneErrorKind::Data)?,
                    minimum_s: minimum.ttl().ok_or(ZoneErrorKind::Time)?,
                })
            }
            (Kind::Tlsa | Kind::Caa | Kind::Ds, _) => certificate(kind, rdata).ok_or(ZoneErrorKind::Data)?,
            _ => return Err(ZoneErrorKind::Data),
        };
        Ok((data, false))
    }

    fn rule(&self, tokens: &[Token<'_>]) -> Result<(Option<Domain>, Content), ZoneErrorKind> {
        let [name, kind, words @ ..] = tokens else {
            return Err(ZoneErrorKind::Rule);
        };
        let name = self.name(name)?;
        let kind = match &*kind.text() {
            "*" => None,
            kind => Some(Kind::parse(kind).ok_or(ZoneErrorKind::Type)?),
        };
        if words.is_empty() {
            return Err(ZoneErrorKind::Rule);
        }
        let mut effect = Effect::default();
        for (index, token) in words.iter().enumerate() {
            let word = token.text();
            if let Some(time) = word.strip_prefix("after=") {
                effect.after_ms = Some(duration_ms(time).ok_or(ZoneErrorKind::Time)?);
            } else if let Some(time) = word.strip_prefix("ttl=") {
                effect.ttl_s = Some(ttl_s(time).ok_or(ZoneErrorKind::Time)?);
            } else if let Some(failure) = Failure::parse(&word) {
                effect.forced = Some(Forced::Failed(failure));
            } else {
                match &*word {
                    "nodata" => effect.forced = Some(Forced::NoData),
                    "nxdomain" => effect.forced = Some(Forced::NxDomain),
                    "authenticated" => effect.authenticated = true,
                    "exists" => effect.exists = true,
                    "via" if index + 1 < words.len() => {
                        let via = words[index + 1..].iter().map(|name| self.name_below_root(name));
                        effect.via = via.collect::<Result<_, _>>()?;
                        break;
                    }
                    _ => return Err(ZoneErrorKind::Rule),
                }
            }
        }
        Ok((name, Content::Rule(kind, effect)))
    }

    /// The name of a token; `None` is the root.
    fn name(&self, token: &Token<'_>) -> Result<Option<Domain>, ZoneErrorKind> {
        // RFC 1035 §5.1: a free-standing @ denotes the current origin.
        if token.raw == b"@" {
            return Ok(self.origin.clone());
        }
        if token.raw == b"." {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(token.raw.len());
        let mut absolute = false;
        let mut rest = token.raw;
        while let Some((byte, escaped, after)) = unescape(rest)? {
            // A dot inside a label is beyond the names that mail asks.
            if escaped && byte == b'.' {
                return Err(ZoneErrorKind::Name(DomainError::Character));
            }
            absolute = byte == b'.';
            bytes.push(byte);
            rest = after;
        }
        let Ok(text) = String::from_utf8(bytes) else {
            return Err(ZoneErrorKind::Name(DomainError::Character));
        };
        // RFC 1035 §5.1: names that do not end in a dot are relative to the origin.
        let name = match &self.origin {
            Some(origin) if !absolute => origin.prefixed(&text),
            _ => Domain::query(&text),
        };
        name.map(Some).map_err(ZoneErrorKind::Name)
    }

    fn name_below_root(&self, token: &Token<'_>) -> Result<Domain, ZoneErrorKind> {
        self.name(token)?.ok_or(ZoneErrorKind::Name(DomainError::Empty))
    }
}

impl Effect {
    /// Puts another rule for the same question over this one.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.forced = other.forced.or(self.forced);
        self.after_ms = other.after_ms.or(self.after_ms);
        self.ttl_s = other.ttl_s.or(self.ttl_s);
        self.authenticated |= other.authenticated;
        self.exists |= other.exists;
        if !other.via.is_empty() {
            self.via.clone_from(&other.via);
        }
    }
}

/// A line of a fetched document, which no rule can look like: there, a kind of record stands in the second place.
fn fetch_line(tokens: &[Token<'_>]) -> Option<Result<Line, ZoneErrorKind>> {
    match tokens {
        [mark, url, rest @ ..] if mark.is_word("fetch") && Kind::parse(&url.text()).is_none() && url.raw != b"*" => {
            Some(fetch_head(url, rest).ok_or(ZoneErrorKind::Fetch))
        }
        [mark, body] if mark.is_word("+") => {
            let bytes = if body.quoted { body.string().ok() } else { decode_base64_fws(body.raw).ok() };
            Some(bytes.map(Line::Body).ok_or(ZoneErrorKind::Fetch))
        }
        _ => None,
    }
}

fn fetch_head(url: &Token<'_>, words: &[Token<'_>]) -> Option<Line> {
    let url = HttpsUrl::parse(&String::from_utf8(url.string().ok()?).ok()?).ok()?;
    let (redirects, words) = match words {
        [follow, words @ ..] if follow.is_word("follow") => (Redirects::Follow, words),
        words => (Redirects::Refuse, words),
    };
    let said = match words {
        [word] if word.is_word("200") => Said::Document(None),
        [word, content_type] if word.is_word("200") => {
            Said::Document(Some(String::from_utf8(content_type.string().ok()?).ok()?))
        }
        [word] => match word.text().parse() {
            Ok(status) => Said::Status(status),
            Err(_) => Said::Failed(FetchFailure::parse(&word.text())?),
        },
        _ => return None,
    };
    Some(Line::Head(Target { url, redirects }, said))
}

/// The data of CAA, TLSA and DS records.
fn certificate(kind: Kind, rdata: &[Token<'_>]) -> Option<Data> {
    if let (Kind::Caa, [flags, tag, value]) = (kind, rdata) {
        let (tag, value) = (tag.text().to_ascii_lowercase().into(), value.string().ok()?.into());
        return Some(Data::Caa(CertificationAuthority { flags: flags.text().parse().ok()?, tag, value }));
    }
    let [first, second, third, digits @ ..] = rdata else {
        return None;
    };
    let bytes = parse_hex(&digits.iter().map(|token| token.text().into()).collect::<Vec<_>>())?;
    let (second, third) = (second.text().parse().ok()?, third.text().parse().ok()?);
    Some(match kind {
        Kind::Tlsa => {
            let usage = first.text().parse().ok()?;
            Data::Tlsa(TlsAssociation { usage, selector: second, matching: third, data: bytes })
        }
        Kind::Ds => {
            let key_tag = first.text().parse().ok()?;
            Data::Ds(DelegationSigner { key_tag, algorithm: second, digest_kind: third, digest: bytes })
        }
        _ => return None,
    })
}

fn text(rdata: &[Token<'_>]) -> Result<(Text, bool), ZoneErrorKind> {
    let strings = rdata.iter().map(Token::string).collect::<Result<Vec<_>, _>>()?;
    if strings.iter().map(Vec::len).sum::<usize>() > TEXT_BYTES_MAX {
        return Err(ZoneErrorKind::TextTooLong);
    }
    let overlong = strings.iter().any(|string| string.len() > STRING_BYTES_MAX);
    Ok((Text::from_strings(strings), overlong))
}

/// A time in seconds: `3600`, or with the units of BIND: `1h30m`.
fn ttl_s(text: &str) -> Option<u32> {
    let mut total = 0_u32;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number = rest.get(..digits)?.parse::<u32>().ok()?;
        let unit = rest.get(digits..)?.bytes().next();
        let unit_s = match unit.map(|unit| unit.to_ascii_lowercase()) {
            None | Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 3_600,
            Some(b'd') => 86_400,
            Some(b'w') => 604_800,
            Some(_) => return None,
        };
        total = total.checked_add(number.checked_mul(unit_s)?)?;
        rest = rest.get(digits + usize::from(unit.is_some())..)?;
    }
    // RFC 2181 §8: a TTL is an unsigned number of 31 bits.
    (!text.is_empty() && total <= TTL_S_MAX).then_some(total)
}

/// A duration with its unit: `250ms`, `3s`, `2m`.
fn duration_ms(text: &str) -> Option<u32> {
    let (number, unit_ms) = if let Some(number) = text.strip_suffix("ms") {
        (number, 1)
    } else if let Some(number) = text.strip_suffix('s') {
        (number, 1_000)
    } else {
        (text.strip_suffix('m')?, 60_000)
    };
    number.parse::<u32>().ok()?.checked_mul(unit_ms)
}

fn is_other_type(text: &str) -> bool {
    let number = text.get(..4).filter(|prefix| prefix.eq_ignore_ascii_case("TYPE")).and_then(|_| text.get(4..));
    number.is_some_and(|number| number.parse::<u16>().is_ok())
        || OTHER_TYPES.iter().any(|name| name.eq_ignore_ascii_case(text))
}

/// Cuts a master file into entries and tokens, without copying.
struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u32,
}

/// One entry: a line, or several within parentheses.
struct Entry<'a> {
    line: u32,
    blank_owner: bool,
    rule: bool,
    tokens: Vec<Token<'a>>,
}

struct Token<'a> {
    /// The bytes as they stand, escapes unread, quotes left out.
    raw: &'a [u8],
    quoted: bool,
}

impl<'a> Lexer<'a> {
    fn entry(&mut self) -> Result<Option<Entry<'a>>, ZoneError> {
        while self.at < self.bytes.len() {
            let line = self.line;
            let entry = self.line_entry().map_err(|kind| ZoneError { line, kind })?;
            if entry.rule || !entry.tokens.is_empty() {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    fn line_entry(&mut self) -> Result<Entry<'a>, ZoneErrorKind> {
        let blank_owner = matches!(self.bytes[self.at], b' ' | b'\t');
        let mut entry = Entry { line: self.line, blank_owner, rule: false, tokens: Vec::new() };
        let mut depth = 0_u32;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' => {
                    self.at += 1;
                    self.line = self.line.saturating_add(1);
                    if depth == 0 {
                        return Ok(entry);
                    }
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b';' if self.bytes[self.at..].starts_with(b";!") => {
                    if depth > 0 || entry.rule || !entry.tokens.is_empty() {
                        return Err(ZoneErrorKind::RulePlace);
                    }
                    entry.rule = true;
                    self.at += 2;
                }
                b';' => self.at += self.bytes[self.at..].iter().take_while(|byte| **byte != b'\n').count(),
                b'(' => {
                    depth += 1;
                    self.at += 1;
                }
                b')' => {
                    depth = depth.checked_sub(1).ok_or(ZoneErrorKind::ParenthesisUnopened)?;
                    self.at += 1;
                }
                b'"' => entry.tokens.push(self.quoted()?),
                _ => entry.tokens.push(self.word()),
            }
        }
        if depth > 0 { Err(ZoneErrorKind::ParenthesisUnclosed) } else { Ok(entry) }
    }

    fn quoted(&mut self) -> Result<Token<'a>, ZoneErrorKind> {
        let start = self.at + 1;
        let mut end = start;
        loop {
            match self.bytes.get(end) {
                Some(b'"') => break,
                None | Some(b'\n') => return Err(ZoneErrorKind::StringUnclosed),
                Some(b'\\') if self.bytes.get(end + 1) != Some(&b'\n') => end += 2,
                Some(_) => end += 1,
            }
        }
        self.at = end + 1;
        Ok(Token { raw: &self.bytes[start..end], quoted: true })
    }

    fn word(&mut self) -> Token<'a> {
        let start = self.at;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'(' | b')' | b'"' => break,
                // An escaped line end is no escape; it ends the word, and the backslash is found to escape nothing.
                b'\\' if self.bytes.get(self.at + 1).is_some_and(|next| *next != b'\n') => self.at += 2,
                _ => self.at += 1,
            }
        }
        Token { raw: &self.bytes[start..self.at], quoted: false }
    }
}

impl Token<'_> {
    fn is_word(&self, word: &str) -> bool {
        !self.quoted && self.raw.eq_ignore_ascii_case(word.as_bytes())
    }

    fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.raw)
    }

    fn ttl(&self) -> Option<u32> {
        ttl_s(&self.text())
    }

    /// The bytes that a character-string stands for.
    fn string(&self) -> Result<Vec<u8>, ZoneErrorKind> {
        let mut bytes = Vec::with_capacity(self.raw.len());
        let mut rest = self.raw;
        while let Some((byte, _, after)) = unescape(rest)? {
            bytes.push(byte);
            rest = after;
        }
        Ok(bytes)
    }
}

/// The next octet of an escaped text, whether it was escaped, and what follows.
pub(crate) type Unescaped<'a> = Option<(u8, bool, &'a [u8])>;

/// Takes one octet off an escaped text.
pub(crate) fn unescape(text: &[u8]) -> Result<Unescaped<'_>, ZoneErrorKind> {
    // RFC 1035 §5.1: `\X` is X itself, `\DDD` the octet of that decimal number.
    match text {
        [] => Ok(None),
        [b'\\', a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] => {
            let number = [a, b, c].iter().fold(0_u16, |number, digit| number * 10 + u16::from(**digit - b'0'));
            Ok(Some((u8::try_from(number).map_err(|_| ZoneErrorKind::Escape)?, true, rest)))
        }
        [b'\\'] | [b'\\', b'0'..=b'9', ..] => Err(ZoneErrorKind::Escape),
        [b'\\', byte, rest @ ..] => Ok(Some((*byte, true, rest))),
        [byte, rest @ ..] => Ok(Some((*byte, false, rest))),
    }
}

/// A name as master files write it, with its final dot; `None` is the root.
pub(crate) struct Name<'a>(pub(crate) Option<&'a Domain>);

impl fmt::Display for Name<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for character in self.0.map_or("", Domain::as_str).chars() {
            // A space is in names that macros make (RFC 7208 §7.2, `%_`).
            if matches!(character, ' ' | '"' | '\\' | ';' | '(' | ')' | '@' | '$') {
                formatter.write_char('\\')?;
            }
            formatter.write_char(character)?;
        }
        formatter.write_str(".")
    }
}

/// One record as a line.
pub(crate) fn write_record(out: &mut impl fmt::Write, name: &Domain, ttl_s: u32, data: &Data) -> fmt::Result {
    writeln!(out, "{} {ttl_s} IN {} {data}", Name(Some(name)), data.kind())
}

/// One rule as a line; nothing when the effect is empty.
pub(crate) fn write_rule(out: &mut impl fmt::Write, name: &Domain, kind: Option<Kind>, effect: &Effect) -> fmt::Result {
    if *effect == Effect::default() {
        return Ok(());
    }
    write!(out, ";! {} {}", Name(Some(name)), kind.map_or("*", Kind::as_str))?;
    if effect.exists {
        write!(out, " exists")?;
    }
    match effect.forced {
        Some(Forced::Failed(failure)) => write!(out, " {failure}")?,
        Some(Forced::NoData) => write!(out, " nodata")?,
        Some(Forced::NxDomain) => write!(out, " nxdomain")?,
        None => {}
    }
    if let Some(ttl_s) = effect.ttl_s {
        write!(out, " ttl={ttl_s}")?;
    }
    if let Some(after_ms) = effect.after_ms {
        write!(out, " after={after_ms}ms")?;
    }
    if effect.authenticated {
        write!(out, " authenticated")?;
    }
    if !effect.via.is_empty() {
        write!(out, " via")?;
        for alias in &effect.via {
            write!(out, " {}", Name(Some(alias)))?;
        }
    }
    writeln!(out)
}

/// Types that zones hold and mail does not ask for; their owners exist all the same.
const OTHER_TYPES: &[&str] = &[
    "CDNSKEY",
    "CDS",
    "CERT",
    "DNAME",
    "DNSKEY",
    "HINFO",
    "HTTPS",
    "LOC",
    "NAPTR",
    "NSEC",
    "NSEC3",
    "NSEC3PARAM",
    "OPENPGPKEY",
    "RP",
    "RRSIG",
    "SMIMEA",
    "SRV",
    "SSHFP",
    "SVCB",
    "URI",
    "WKS",
    "MINFO",
    "AFSDB",
];
