//! Authentication-Results (RFC 8601, with the letters of RFC 8616), and ARC-Authentication-Results: read with tolerance,
//! written by this one writer, through which nothing of a sender's passes unencoded.

use std::borrow::Cow;
use std::fmt;

use crate::domain::Domain;
use crate::encoded_word;
use crate::explain::{Explain, Flaw, Rule, Span, Value};
use crate::fold::{Folder, harmless, value};
use crate::lex::{Comment, Cursor, comment_end, is_atext, is_token, is_white_space, unquote};
use crate::limits::{AUTHRES_BYTES_MAX, AUTHRES_PROPERTY_COUNT_MAX, AUTHRES_RESULT_COUNT_MAX, WRITTEN_VALUE_BYTES_MAX};

pub use crate::fold::{Letters, LineEnd};

/// The value of one field.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuthenticationResults {
    /// `i=` of ARC-Authentication-Results (RFC 8617 §4.1.1); `None` in Authentication-Results.
    pub instance: Option<u32>,
    /// Who says so. `None` when the field does not tell, as Office 365 writes it: nobody may trust it then.
    pub authserv_id: Option<String>,
    /// The version behind the id; absent means 1.
    pub version: Option<u32>,
    /// The results in their order; none is `none` when written.
    pub results: Vec<MethodResult>,
}

/// One `method=result` with what belongs to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MethodResult {
    /// `dkim`, `spf`, …
    pub method: Keyword,
    /// The method's version; absent means 1.
    pub version: Option<u32>,
    /// `pass`, `fail`, … as it was written; see [`MethodResult::is`].
    pub result: Keyword,
    /// Comments behind the result, without parentheses.
    pub comment: Option<String>,
    /// `reason=`.
    pub reason: Option<String>,
    /// The properties in their order.
    pub properties: Vec<Property>,
}

/// One `ptype.property=value`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Property {
    /// `smtp`, `header`, `body`, `policy`. Empty when a field came without, as Office 365 writes `action=none`.
    pub ptype: Keyword,
    /// `mailfrom`, `d`, …
    pub name: Keyword,
    /// The value without quotes.
    pub value: String,
    /// Comments behind the value, without parentheses.
    pub comment: Option<String>,
}

/// A word of the registries: letters, digits and hyphens, in lower case. Keywords are compared without regard to case.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Keyword(Cow<'static, str>);

/// How a field is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// How lines end.
    pub line_end: LineEnd,
    /// Which letters may stand in values and comments.
    pub letters: Letters,
}

/// What can be wrong with an Authentication-Results field.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AuthresFlaw {
    /// Longer than [`AUTHRES_BYTES_MAX`]; nothing was read.
    TooLong,
    /// More results than [`AUTHRES_RESULT_COUNT_MAX`], or properties than [`AUTHRES_PROPERTY_COUNT_MAX`].
    TooMany,
    /// `i=` of ARC is missing or no number from 1.
    Instance,
    /// No authserv-id.
    MissingId,
    /// The authserv-id is no token and not quoted.
    Id,
    /// A version that is no number, or not 1 (RFC 8601 §2.5: such a field is to be ignored).
    Version,
    /// Neither results nor `none`.
    NoResults,
    /// Something that is no `method=result`; it was passed over.
    Result,
    /// `none` beside results.
    NoneBesideResults,
    /// A method or result with other letters than keywords have.
    Keyword,
    /// A property without type, or something that is no property.
    Property,
    /// A value that must be quoted, or none.
    Value,
    /// A comment without end.
    UnclosedComment,
    /// A quoted string without end.
    UnclosedQuote,
    /// A semicolon behind the last result, as many programs write it.
    TrailingSemicolon,
    /// Bytes that are not UTF-8; they became U+FFFD.
    NotUtf8,
}

impl AuthenticationResults {
    /// A field of ours, still without results.
    #[must_use]
    pub fn new(authserv_id: impl Into<String>) -> Self {
        Self { authserv_id: Some(authserv_id.into()), ..Self::default() }
    }

    /// Reads the value of an Authentication-Results field. Spans are offsets into `value`.
    #[must_use]
    pub fn parse(value: &[u8]) -> (Self, Vec<Flaw<AuthresFlaw>>) {
        Reader::read(value, |_| {})
    }

    /// Reads the value of an ARC-Authentication-Results field: `i=1; ` and then the same (RFC 8617 §4.1.1).
    #[must_use]
    pub fn parse_arc(value: &[u8]) -> (Self, Vec<Flaw<AuthresFlaw>>) {
        Reader::read(value, Reader::instance)
    }

    /// Writes the value that follows `Authentication-Results: `, folded before column 78. What is written has exactly
    /// this authserv-id and these results, whatever their texts hold; values longer than
    /// [`WRITTEN_VALUE_BYTES_MAX`] are left out.
    #[must_use]
    pub fn to_value(&self, style: Style) -> String {
        let name = if self.instance.is_some() { ARC_NAME } else { NAME };
        let mut folder = Folder::new(name.len() + 2, style.line_end);
        if let Some(instance) = self.instance {
            folder.word(&format!("i={instance};"));
        }
        let id = self.authserv_id.as_deref().unwrap_or("unknown");
        folder.word(&value(id, style.letters).unwrap_or(Cow::Borrowed("unknown")));
        if let Some(version) = self.version {
            folder.word(&version.to_string());
        }
        folder.glue(";");
        if self.results.is_empty() {
            // RFC 8601 §2.2: no-result says that no authentication was performed.
            folder.word("none");
        }
        for (index, result) in self.results.iter().enumerate() {
            if index > 0 {
                folder.glue(";");
            }
            result.write(&mut folder, style.letters);
        }
        folder.finish()
    }

    /// The whole field without the final line end.
    #[must_use]
    pub fn to_field(&self, style: Style) -> String {
        let name = if self.instance.is_some() { ARC_NAME } else { NAME };
        format!("{name}: {}", self.to_value(style))
    }
}

const NAME: &str = "Authentication-Results";
const ARC_NAME: &str = "ARC-Authentication-Results";

impl MethodResult {
    /// A result without properties.
    #[must_use]
    pub fn new(method: Keyword, result: Keyword) -> Self {
        Self { method, version: None, result, comment: None, reason: None, properties: Vec::new() }
    }

    /// The same with one more property.
    #[must_use]
    pub fn with(mut self, ptype: &'static str, name: &'static str, value: impl Into<String>) -> Self {
        self.properties.push(Property {
            ptype: Keyword::of(ptype),
            name: Keyword::of(name),
            value: value.into(),
            comment: None,
        });
        self
    }

    /// The same with a comment behind the result.
    #[must_use]
    pub fn commented(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Whether the result is `word`, without regard to case; the dead `hardfail` is `fail`.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        // RFC 7208 §9.2 and RFC 8601 §2.7.2: `hardfail` of RFC 5451 is `fail` now.
        self.result.as_str() == word || (word == "fail" && self.result.as_str() == "hardfail")
    }

    /// The value of the first property `ptype.name`.
    #[must_use]
    pub fn property(&self, ptype: &str, name: &str) -> Option<&str> {
        let found = |property: &&Property| property.ptype.as_str() == ptype && property.name.as_str() == name;
        self.properties.iter().find(found).map(|property| property.value.as_str())
    }

    fn write(&self, folder: &mut Folder, letters: Letters) {
        let version = self.version.map(|version| format!("/{version}")).unwrap_or_default();
        folder.word_on_new_line(&format!("{}{version}={}", self.method.written(), self.result.written()));
        if let Some(comment) = &self.comment {
            folder.comment(comment, letters);
        }
        if let Some(reason) = self.reason.as_deref().and_then(|reason| value(reason, letters)) {
            folder.word(&format!("reason={reason}"));
        }
        for property in &self.properties {
            let Some(written) = pvalue(&property.value, letters) else {
                continue;
            };
            folder.word(&format!("{}.{}={written}", property.ptype.written(), property.name.written()));
            if let Some(comment) = &property.comment {
                folder.comment(comment, letters);
            }
        }
    }
}

impl Keyword {
    /// A keyword of `word`: in lower case; what no keyword may hold becomes a hyphen, and there is always a letter or
    /// digit at both ends.
    #[must_use]
    pub fn new(word: &str) -> Self {
        let keep =
            |character: char| if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '-' };
        let mapped: String = word.chars().map(keep).take(KEYWORD_BYTES_MAX).collect();
        let trimmed = mapped.trim_matches('-');
        Self(if trimmed.is_empty() { Cow::Borrowed("x") } else { Cow::Owned(trimmed.to_owned()) })
    }

    /// A keyword of this source code, taken as it is: it must be lower-case letters, digits and hyphens.
    #[must_use]
    pub const fn of(word: &'static str) -> Self {
        Self(Cow::Borrowed(word))
    }

    /// The word in lower case. One that was read may hold underscores and dots, which are met.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn read(bytes: &[u8]) -> Self {
        Self(Cow::Owned(String::from_utf8_lossy(bytes).to_ascii_lowercase()))
    }

    /// What the writer puts: never anything but a keyword, whatever was read.
    fn written(&self) -> Cow<'_, str> {
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !self.0.is_empty() && self.0.len() <= KEYWORD_BYTES_MAX && self.0.bytes().all(sound) {
            Cow::Borrowed(&self.0)
        } else {
            // A word that is none must not become another one that means something: `pass.` is not `pass`.
            Cow::Owned(Self::new(&format!("x-{}", self.0)).0.into_owned())
        }
    }
}

/// Longest keyword that is written, in bytes; the longest registered one has 17.
const KEYWORD_BYTES_MAX: usize = 64;

impl fmt::Display for Keyword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// RFC 8601 §2.2 `pvalue`: `[[local-part]@]domain` as it is where that is sound, else a token or quoted string.
fn pvalue(text: &str, letters: Letters) -> Option<Cow<'_, str>> {
    if text.len() <= WRITTEN_VALUE_BYTES_MAX && is_plain_mailbox(text) && *harmless(text, letters) == *text {
        return Some(Cow::Borrowed(text));
    }
    value(text, letters)
}

fn is_plain_mailbox(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    // RFC 8601 §2.2: an email identity is written as it is. The apostrophe is allowed in local parts, but some readers
    // take it for a quote: it is quoted.
    let sound = |byte: u8| byte != b'\'';
    let local_is_sound =
        local.is_empty() || (crate::address::is_dot_atom(local.as_bytes()) && local.bytes().all(sound));
    let in_domain = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'.' | b'-' | b'_');
    local_is_sound && !domain.is_empty() && domain.bytes().all(in_domain) && Domain::parse(domain).is_ok()
}

/// Whether a field with this value claims to come from `ours`: then it must go when it arrived from outside (RFC 8601
/// §5). On the side of removal: also when the id is quoted, in other case, written in U- or A-labels, with a final dot,
/// with comments in, before or behind it, folded, split, or followed by whatever breaks the grammar.
#[must_use]
pub fn authserv_id_matches(field_value: &[u8], ours: &str) -> bool {
    let field_value = &field_value[..field_value.len().min(AUTHRES_BYTES_MAX)];
    let ours = comparable(ours);
    claimed_ids(field_value).iter().any(|id| comparable(id) == ours)
}

/// Every id that some program might read from the start of the value.
fn claimed_ids(value: &[u8]) -> Vec<String> {
    let mut ids = Vec::new();
    let words = words_before_semicolon(value);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if let Some(first) = words.first() {
        ids.push(text(first));
        // What follows a byte that no unquoted id may hold is no part of the id for some programs.
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'.' | b'-' | b'_');
        let core = &first[first.iter().position(|byte| sound(*byte)).unwrap_or_default()..];
        ids.push(text(&core[..core.iter().position(|byte| !sound(*byte)).unwrap_or(core.len())]));
        ids.push(encoded_word::decode(first));
    }
    let version = words.last().is_some_and(|word| word.iter().all(u8::is_ascii_digit));
    ids.push(text(&words.concat()));
    if version {
        ids.push(text(&words[..words.len() - 1].concat()));
    }
    ids
}

/// The words up to the first semicolon, unquoted, without comments. An unclosed comment or quote is read as if its sign
/// were not there. A quoted string is a word, and also part of the word that it touches.
fn words_before_semicolon(value: &[u8]) -> Vec<Vec<u8>> {
    let mut cursor = Cursor::new(value);
    let mut words: Vec<Vec<u8>> = Vec::new();
    let mut touching = false;
    // Each look for an end that is not there costs a walk to the end of the value.
    let mut unclosed = 0;
    while let Some(byte) = cursor.peek() {
        let mut look = cursor.clone();
        match byte {
            b';' => break,
            b'(' => {
                let end = (unclosed < UNCLOSED_COUNT_MAX).then(|| comment_end(value, cursor.at())).flatten();
                unclosed += usize::from(end.is_none());
                cursor.skip(end.map_or(1, |end| end - cursor.at()));
                touching = false;
                continue;
            }
            b'"' if unclosed >= UNCLOSED_COUNT_MAX => {
                cursor.skip(1);
                continue;
            }
            _ if is_white_space(byte) => {
                cursor.white_space();
                touching = false;
                continue;
            }
            _ => {}
        }
        let piece = match look.quoted() {
            Some((inner, true)) => {
                cursor = look;
                unquote(inner)
            }
            Some((_, false)) => {
                unclosed += 1;
                cursor.skip(1);
                continue;
            }
            None => cursor.take_while(|byte| !is_white_space(byte) && !b";(\"".contains(&byte)).to_vec(),
        };
        match words.last_mut() {
            Some(word) if touching => word.extend(piece),
            _ => words.push(piece),
        }
        touching = true;
        if words.len() > ID_WORD_COUNT_MAX {
            break;
        }
    }
    words
}

/// How many unclosed comments and quotes are looked for.
const UNCLOSED_COUNT_MAX: usize = 16;

/// How many words before the first semicolon are looked at.
const ID_WORD_COUNT_MAX: usize = 16;

/// An id in the one form in which ids are compared: A-labels and lower case where it is a domain name.
fn comparable(id: &str) -> String {
    let visible: String = id.chars().filter(|character| !character.is_control()).collect();
    let visible = visible.trim();
    match Domain::parse(visible) {
        Ok(domain) => domain.to_string(),
        Err(_) => visible.trim_end_matches('.').to_lowercase(),
    }
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    read: AuthenticationResults,
    flaws: Vec<Flaw<AuthresFlaw>>,
}

impl<'a> Reader<'a> {
    fn read(value: &'a [u8], first: fn(&mut Self)) -> (AuthenticationResults, Vec<Flaw<AuthresFlaw>>) {
        let mut reader = Self { cursor: Cursor::new(value), read: AuthenticationResults::default(), flaws: Vec::new() };
        if value.len() > AUTHRES_BYTES_MAX {
            reader.flaw(AuthresFlaw::TooLong, value.len());
        } else {
            if std::str::from_utf8(value).is_err() {
                reader.flaw(AuthresFlaw::NotUtf8, value.len());
            }
            first(&mut reader);
            reader.id();
            reader.results();
        }
        (reader.read, reader.flaws)
    }

    /// A flaw from here over `length` bytes.
    fn flaw(&mut self, kind: AuthresFlaw, length: usize) {
        let start = self.cursor.at();
        self.flaws.push(Flaw::new(kind, start, start + length.min(self.cursor.rest().len())));
    }

    fn flaw_from(&mut self, kind: AuthresFlaw, start: usize) {
        self.flaws.push(Flaw { kind, span: Span::new(start, self.cursor.at()) });
    }

    /// Passes over white space and comments, gives back the comments' text.
    fn comments(&mut self) -> Option<String> {
        let mut seen: Vec<Comment<'a>> = Vec::new();
        self.cursor.cfws(|comment| seen.push(comment));
        if let Some(open) = seen.iter().find(|comment| !comment.closed) {
            let end = open.start + 1 + open.inner.len();
            self.flaws.push(Flaw::new(AuthresFlaw::UnclosedComment, open.start, end));
        }
        let texts: Vec<String> = seen.iter().map(|comment| lossy(&unquote(comment.inner))).collect();
        (!texts.is_empty()).then(|| texts.join(" "))
    }

    fn instance(&mut self) {
        self.comments();
        let start = self.cursor.at();
        let named = self.cursor.eat(b'i') || self.cursor.eat(b'I');
        self.comments();
        let number = if named && self.cursor.eat(b'=') {
            self.comments();
            number(self.cursor.take_while(|byte| byte.is_ascii_digit())).filter(|number| *number > 0)
        } else {
            None
        };
        self.comments();
        self.read.instance = number;
        let ended = self.cursor.eat(b';');
        if number.is_none() || !ended {
            self.flaw_from(AuthresFlaw::Instance, start);
        }
    }

    fn id(&mut self) {
        self.comments();
        let start = self.cursor.clone();
        let id = match self.quoted() {
            Some(id) => id,
            None => {
                let word = self.cursor.take_while(|byte| !is_white_space(byte) && !b";(=\"".contains(&byte));
                let id = lossy(word);
                self.comments();
                if word.is_empty() || self.cursor.peek() == Some(b'=') {
                    // Office 365 begins with the results: the field does not tell who speaks.
                    self.cursor = start;
                    self.flaw(AuthresFlaw::MissingId, 0);
                    return;
                }
                if !word.iter().all(|byte| is_token(*byte) || *byte >= 0x80) {
                    self.flaw_from(AuthresFlaw::Id, start.at());
                }
                id
            }
        };
        self.read.authserv_id = Some(id);
        self.comments();
        let version_start = self.cursor.at();
        let digits = self.cursor.take_while(|byte| byte.is_ascii_digit());
        self.read.version = number(digits);
        self.comments();
        let junk = self.skip_to_semicolon();
        // RFC 8601 §2.5: a version other than 1 is not for this reader.
        if junk || (!digits.is_empty() && self.read.version != Some(1)) {
            self.flaw_from(AuthresFlaw::Version, version_start);
        }
        let at_end = self.cursor.is_end();
        if !self.cursor.eat(b';') || at_end {
            self.flaw(AuthresFlaw::NoResults, 0);
        }
    }

    fn results(&mut self) {
        let mut said_none = false;
        let mut semicolon = false;
        loop {
            let comment = self.comments();
            if self.cursor.is_end() {
                break;
            }
            if self.read.results.len() == AUTHRES_RESULT_COUNT_MAX {
                self.flaw(AuthresFlaw::TooMany, usize::MAX);
                return;
            }
            let start = self.cursor.at();
            if self.none() {
                said_none = true;
            } else if let Some(mut result) = self.method_result() {
                result.comment = result.comment.or(comment);
                self.read.results.push(result);
            } else {
                self.skip_to_semicolon();
                self.flaw_from(AuthresFlaw::Result, start);
            }
            if self.skip_to_semicolon() {
                self.flaw_from(AuthresFlaw::Property, start);
            }
            semicolon = self.cursor.eat(b';');
        }
        if said_none && !self.read.results.is_empty() {
            self.flaw(AuthresFlaw::NoneBesideResults, 0);
        }
        let seen = said_none || !self.read.results.is_empty();
        if seen && semicolon {
            self.flaw(AuthresFlaw::TrailingSemicolon, 0);
        }
        let told = self.flaws.iter().any(|flaw| matches!(flaw.kind, AuthresFlaw::NoResults | AuthresFlaw::Result));
        if !seen && !told {
            self.flaw(AuthresFlaw::NoResults, 0);
        }
    }

    fn none(&mut self) -> bool {
        let mut look = self.cursor.clone();
        if !look.take_while(is_keyword_byte).eq_ignore_ascii_case(b"none") {
            return false;
        }
        look.cfws(|_| {});
        let alone = matches!(look.peek(), None | Some(b';'));
        if alone {
            self.cursor = look;
        }
        alone
    }

    fn method_result(&mut self) -> Option<MethodResult> {
        let start = self.cursor.at();
        let method = self.cursor.take_while(is_keyword_byte);
        self.comments();
        let mut version = None;
        if self.cursor.eat(b'/') {
            self.comments();
            version = Some(number(self.cursor.take_while(|byte| byte.is_ascii_digit()))?);
            self.comments();
        }
        if method.is_empty() || !self.cursor.eat(b'=') {
            return None;
        }
        let mut comment = self.comments();
        let result = self.cursor.take_while(is_keyword_byte);
        if !result.iter().any(u8::is_ascii_alphanumeric) || !method.iter().any(u8::is_ascii_alphanumeric) {
            return None;
        }
        if method.iter().chain(result).any(|byte| matches!(byte, b'_' | b'.')) {
            self.flaw_from(AuthresFlaw::Keyword, start);
        }
        comment = join(comment, self.comments());
        let mut read = MethodResult::new(Keyword::read(method), Keyword::read(result));
        (read.version, read.comment) = (version, comment);
        self.properties(&mut read);
        Some(read)
    }

    fn properties(&mut self, result: &mut MethodResult) {
        while !matches!(self.cursor.peek(), None | Some(b';')) {
            let start = self.cursor.at();
            let name = self.cursor.take_while(is_property_byte);
            self.comments();
            let mut parts = (&b""[..], name);
            if self.cursor.eat(b'.') {
                self.comments();
                parts = (name, self.cursor.take_while(is_property_byte));
                self.comments();
            }
            if parts.1.is_empty() || !self.cursor.eat(b'=') {
                self.flaw_from(AuthresFlaw::Property, start);
                self.skip_to_semicolon();
                return;
            }
            self.comments();
            let value = self.pvalue();
            let comment = self.comments();
            if parts.0.is_empty() && parts.1.eq_ignore_ascii_case(b"reason") {
                result.reason = Some(value);
                result.comment = join(result.comment.take(), comment);
                continue;
            }
            if parts.0.is_empty() {
                self.flaw_from(AuthresFlaw::Property, start);
            }
            if result.properties.len() == AUTHRES_PROPERTY_COUNT_MAX {
                self.flaw_from(AuthresFlaw::TooMany, start);
                self.skip_to_semicolon();
                return;
            }
            let (ptype, name) = (Keyword::read(parts.0), Keyword::read(parts.1));
            result.properties.push(Property { ptype, name, value, comment });
        }
    }

    /// A value as it is met: quoted, token or mailbox, and whatever else runs up to white space, semicolon or comment.
    fn pvalue(&mut self) -> String {
        let start = self.cursor.at();
        let plain = |byte: u8| !is_white_space(byte) && !b";(\"".contains(&byte);
        if self.cursor.peek() == Some(b'"') {
            let quoted = self.quoted().unwrap_or_default();
            let behind = self.cursor.take_while(plain);
            if behind.is_empty() {
                return quoted;
            }
            // A mailbox with a quoted local part keeps its quotes.
            return format!("{}{}", crate::fold::quoted(&quoted), lossy(behind));
        }
        let word = self.cursor.take_while(plain);
        let text = lossy(word);
        if word.is_empty() || !(word.iter().all(|byte| is_token(*byte)) || is_mailbox_like(&text)) {
            self.flaw_from(AuthresFlaw::Value, start);
        }
        text
    }

    fn quoted(&mut self) -> Option<String> {
        let start = self.cursor.at();
        let (inner, closed) = self.cursor.quoted()?;
        if !closed {
            self.flaw_from(AuthresFlaw::UnclosedQuote, start);
        }
        Some(lossy(&unquote(inner)))
    }

    /// Goes on to the next semicolon outside of quotes and comments; tells whether anything stood before it.
    fn skip_to_semicolon(&mut self) -> bool {
        let mut passed = false;
        loop {
            self.comments();
            match self.cursor.peek() {
                None | Some(b';') => return passed,
                Some(b'"') => {
                    self.quoted();
                }
                Some(_) => {
                    self.cursor.take_while(|byte| !is_white_space(byte) && !b";(\"".contains(&byte));
                }
            }
            passed = true;
        }
    }
}

/// RFC 5321 §4.1.2 `Keyword`, with the dots and underscores that are met.
fn is_keyword_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

fn is_property_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// `[[local]@]domain`, without looking closely.
fn is_mailbox_like(text: &str) -> bool {
    let (local, domain) = text.rsplit_once('@').unwrap_or(("", text));
    Domain::parse(domain).is_ok() && local.bytes().all(|byte| is_atext(byte) || byte == b'.')
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn join(first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) => Some(format!("{first} {second}")),
        (first, second) => first.or(second),
    }
}

impl AuthresFlaw {
    /// Whether the field breaks the grammar of RFC 8601 in a way that is not met every day.
    #[must_use]
    pub fn breaks_grammar(self) -> bool {
        self != Self::TrailingSemicolon
    }

    /// Every id of this enum.
    pub const IDS: &'static [&'static str] = &[
        "authres-too-long",
        "authres-too-many",
        "authres-instance",
        "authres-missing-id",
        "authres-id",
        "authres-version",
        "authres-no-results",
        "authres-result",
        "authres-none-beside-results",
        "authres-keyword",
        "authres-property",
        "authres-value",
        "authres-unclosed-comment",
        "authres-unclosed-quote",
        "authres-trailing-semicolon",
        "authres-not-utf8",
    ];
}

impl Explain for AuthresFlaw {
    fn id(&self) -> &'static str {
        // One id for each variant, in the order of the enum.
        const { assert!(Self::IDS.len() == Self::NotUtf8 as usize + 1) };
        Self::IDS[*self as usize]
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::TooLong | Self::TooMany => None,
            Self::Instance => Some(Rule("RFC 8617", "4.1.1")),
            Self::MissingId | Self::Id | Self::Version => Some(Rule("RFC 8601", "2.5")),
            _ => Some(Rule("RFC 8601", "2.2")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooLong => vec![("limit", AUTHRES_BYTES_MAX.into())],
            Self::TooMany => vec![("limit", AUTHRES_RESULT_COUNT_MAX.into())],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
