//! Header fields, found once and never copied: the block stays as it came, because signatures are made over its bytes.

use crate::explain::{Explain, Flaw, Rule};
use crate::limits::{HEADER_BLOCK_BYTES_MAX, HEADER_FIELD_COUNT_MAX};

/// The header block of a message on the wire form (lines end with CRLF), and where its fields are.
///
/// Fields are split at CRLF only: a bare CR or LF inside is part of the field, and a flaw.
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    raw: &'a [u8],
    places: Vec<Place>,
    seen: NameSet,
    flaws: Vec<Flaw<HeaderFlaw>>,
    body_start: usize,
}

/// Where the fields of a header block are, without the block.
#[derive(Clone, Debug, Default)]
pub struct HeaderIndex {
    places: Vec<Place>,
    seen: NameSet,
    flaws: Vec<Flaw<HeaderFlaw>>,
    body_start: usize,
}

/// One header field. `raw` is what simple canonicalisation hashes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field<'a> {
    /// The field as it came, with its folds, without the final CRLF.
    pub raw: &'a [u8],
    /// The name without the white space that the obsolete syntax allows around it; empty when there is no colon.
    pub name: &'a [u8],
    /// All that follows the colon, white space and folds included, without the final CRLF.
    pub value: &'a [u8],
}

/// A field name made comparable in one step: equal names have equal keys, without regard to case.
///
/// Keys of different names may be equal by accident; compare the names too ([`Field::is_named`]).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NameKey(u64);

/// What can be wrong with a header block.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HeaderFlaw {
    /// The block is longer than [`HEADER_BLOCK_BYTES_MAX`]; the rest was not read.
    BlockTooLong,
    /// More fields than [`HEADER_FIELD_COUNT_MAX`]; the rest was not read.
    TooManyFields,
    /// A line without a colon.
    NoColon,
    /// White space before the first field's name: some programs take it for a field, some for nothing.
    LeadingSpace,
    /// White space or a fold between name and colon (RFC 5322 §4.5).
    SpaceBeforeColon,
    /// A byte in the name that no name may hold (RFC 5322 §2.2).
    NameCharacter,
    /// CR without LF, or LF without CR.
    BareNewline,
    /// A NUL byte.
    Nul,
    /// The block ends without the empty line.
    NoEmptyLine,
}

/// One bit for each name that was met, shared with others: most names that are asked for are not there, and that is told
/// without a look at the fields.
#[derive(Clone, Copy, Debug, Default)]
struct NameSet(u64);

#[derive(Clone, Copy, Debug)]
struct Place {
    key: NameKey,
    start: u32,
    name_start: u32,
    name_end: u32,
    value_start: u32,
    end: u32,
}

impl<'a> Headers<'a> {
    /// Finds the fields of the message or header block `raw`. Never fails: what is wrong is a flaw.
    #[must_use]
    pub fn parse(raw: &'a [u8]) -> Self {
        let (places, seen) = (Vec::with_capacity(32), NameSet::default());
        let mut headers = Self { raw, places, seen, flaws: Vec::new(), body_start: raw.len() };
        headers.scan();
        headers
    }

    /// What was found, apart from the bytes, so that it can be kept beside a buffer that owns them.
    #[must_use]
    pub fn into_index(self) -> HeaderIndex {
        HeaderIndex { places: self.places, seen: self.seen, flaws: self.flaws, body_start: self.body_start }
    }

    /// Puts an index and the bytes that it was made of together again. With other bytes the fields are wrong or empty.
    #[must_use]
    pub fn from_index(raw: &'a [u8], index: HeaderIndex) -> Self {
        let HeaderIndex { places, seen, flaws, body_start } = index;
        Self { raw, places, seen, flaws, body_start }
    }

    /// The bytes that were given to [`Headers::parse`].
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Where the body starts: behind the empty line, or at the end when there is none.
    #[must_use]
    pub fn body_start(&self) -> usize {
        self.body_start
    }

    /// What is wrong with the block.
    #[must_use]
    pub fn flaws(&self) -> &[Flaw<HeaderFlaw>] {
        &self.flaws
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no field at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The field at `index`, counted from the top from 0.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Field<'a>> {
        self.places.get(index).map(|place| self.field(place))
    }

    /// All fields from the top.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Field<'a>> + ExactSizeIterator + '_ {
        self.places.iter().map(|place| self.field(place))
    }

    /// The fields called `name`, from the top.
    pub fn named<'s, 'n: 's>(&'s self, name: &'n str) -> impl DoubleEndedIterator<Item = Field<'a>> + 's {
        self.indexes_named(NameKey::of(name.as_bytes()), name.as_bytes()).filter_map(|index| self.get(index))
    }

    /// The indexes of the fields called `name`, from the top; `key` must be the name's key.
    pub fn indexes_named<'s, 'n: 's>(
        &'s self,
        key: NameKey,
        name: &'n [u8],
    ) -> impl DoubleEndedIterator<Item = usize> + 's {
        let places = if self.seen.may_hold(key) { &self.places[..] } else { &[] };
        places
            .iter()
            .enumerate()
            .filter(move |(_, place)| place.key == key && self.field(place).is_named(name))
            .map(|(index, _)| index)
    }

    /// The index of the last field called `name` among the first `count` fields; `key` must be the name's key.
    #[must_use]
    pub fn last_named(&self, key: NameKey, name: &[u8], count: usize) -> Option<usize> {
        if !self.seen.may_hold(key) {
            return None;
        }
        let is_it = |place: &Place| place.key == key && self.field(place).is_named(name);
        self.places.get(..count.min(self.places.len()))?.iter().rposition(is_it)
    }

    /// How many fields there are of each of these names, whose keys come with them.
    #[must_use]
    pub fn counts<const COUNT: usize>(&self, names: &[(NameKey, &str); COUNT]) -> [usize; COUNT] {
        let mut counts = [0; COUNT];
        for place in &self.places {
            if let Some(at) = names.iter().position(|(key, _)| *key == place.key)
                && self.field(place).is_named(names[at].1.as_bytes())
            {
                counts[at] += 1;
            }
        }
        counts
    }

    fn field(&self, place: &Place) -> Field<'a> {
        let part = |start: u32, end: u32| self.raw.get(start as usize..end as usize).unwrap_or_default();
        Field {
            raw: part(place.start, place.end),
            name: part(place.name_start, place.name_end),
            value: part(place.value_start, place.end),
        }
    }

    fn scan(&mut self) {
        let readable = self.raw.len().min(HEADER_BLOCK_BYTES_MAX);
        let raw = &self.raw[..readable];
        let mut lines = Lines { raw, newlines: memchr::memchr_iter(b'\n', raw), whole: 0, bare: 0 };
        let mut start = 0;
        while start < raw.len() {
            if raw[start..].starts_with(b"\r\n") {
                self.body_start = start + 2;
                break;
            }
            if self.places.len() == HEADER_FIELD_COUNT_MAX {
                self.flaw(HeaderFlaw::TooManyFields, start, start);
                break;
            }
            let (end, next) = lines.field(start);
            // A field that the limit cuts may read as another one: half a name of a domain is another domain.
            if self.raw.len() > HEADER_BLOCK_BYTES_MAX && next == HEADER_BLOCK_BYTES_MAX {
                start = next;
                break;
            }
            self.add(start, end);
            start = next;
        }
        if start >= raw.len() {
            let cut = self.raw.len() > HEADER_BLOCK_BYTES_MAX;
            self.flaw(if cut { HeaderFlaw::BlockTooLong } else { HeaderFlaw::NoEmptyLine }, start, start);
        }
        let Lines { whole, bare, .. } = lines;
        self.look_for_hidden_lines(&raw[..start], whole, bare);
    }

    fn add(&mut self, start: usize, end: usize) {
        let line = &self.raw[start..end];
        // Most fields begin with a name that ends at the colon; the others are looked at below.
        let name_len = line.iter().take_while(|byte| byte.is_ascii_graphic() && **byte != b':').count();
        if name_len > 0 && line.get(name_len) == Some(&b':') {
            let key = NameKey::of(&line[..name_len]);
            self.push(key, start, (start, start + name_len), start + name_len + 1, end);
            return;
        }
        let Some(colon) = memchr::memchr(b':', line) else {
            self.flaw(HeaderFlaw::NoColon, start, end);
            self.push(NameKey::of(b""), start, (start, start), start, end);
            return;
        };
        let before = &line[..colon];
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let lead = before.iter().take_while(|byte| blank(byte)).count();
        let name_len = before.len() - lead - before[lead..].iter().rev().take_while(|byte| blank(byte)).count();
        let name = &before[lead..lead + name_len];
        if lead > 0 {
            self.flaw(HeaderFlaw::LeadingSpace, start, start + lead);
        }
        if lead + name_len < colon {
            // RFC 5322 §4.5: obsolete fields may have white space before the colon; it does not hide the field.
            self.flaw(HeaderFlaw::SpaceBeforeColon, start + lead + name_len, start + colon);
        }
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            self.flaw(HeaderFlaw::NameCharacter, start + lead, start + lead + name_len);
        }
        let key = NameKey::of(name);
        self.push(key, start, (start + lead, start + lead + name_len), start + colon + 1, end);
    }

    /// RFC 5322 §2.3: CR and LF stand only together; a lone one may be a line's end for the next program.
    fn look_for_hidden_lines(&mut self, block: &[u8], whole: usize, bare: usize) {
        let returns = memchr::memchr_iter(b'\r', block).count();
        if bare == 0 && returns == whole && memchr::memchr(0, block).is_none() {
            return;
        }
        for at in memchr::memchr3_iter(b'\r', b'\n', 0, block) {
            let kind = match block[at] {
                b'\r' if block.get(at + 1) == Some(&b'\n') => continue,
                b'\n' if at > 0 && block[at - 1] == b'\r' => continue,
                0 => HeaderFlaw::Nul,
                _ => HeaderFlaw::BareNewline,
            };
            self.flaw(kind, at, at + 1);
        }
    }

    fn push(&mut self, key: NameKey, start: usize, name: (usize, usize), value_start: usize, end: usize) {
        // Offsets fit: the block is cut at HEADER_BLOCK_BYTES_MAX.
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        self.seen.add(key);
        self.places.push(Place {
            key,
            start: narrow(start),
            name_start: narrow(name.0),
            name_end: narrow(name.1),
            value_start: narrow(value_start),
            end: narrow(end),
        });
    }

    fn flaw(&mut self, kind: HeaderFlaw, start: usize, end: usize) {
        self.flaws.push(Flaw::new(kind, start, end));
    }
}

/// The lines of a header block, and how many LF were met on the way: behind a CR, and alone.
struct Lines<'a> {
    raw: &'a [u8],
    newlines: memchr::Memchr<'a>,
    whole: usize,
    bare: usize,
}

impl Lines<'_> {
    /// The end of the field that starts at `start` (before its CRLF), and where the next one starts. No LF before `start`
    /// is left.
    fn field(&mut self, start: usize) -> (usize, usize) {
        for newline in self.newlines.by_ref() {
            let next = newline + 1;
            if newline == start || self.raw[newline - 1] != b'\r' {
                self.bare += 1;
                continue;
            }
            self.whole += 1;
            if !matches!(self.raw.get(next), Some(b' ' | b'\t')) {
                return (newline - 1, next);
            }
        }
        (self.raw.len(), self.raw.len())
    }
}

impl Field<'_> {
    /// Whether this is the field called `name`, without regard to case.
    #[must_use]
    pub fn is_named(&self, name: &[u8]) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value unfolded: without CRLF, and without white space at either end (RFC 5322 §2.2.3).
    #[must_use]
    pub fn unfolded(&self) -> Vec<u8> {
        let mut line: Vec<u8> = Vec::with_capacity(self.value.len());
        line.extend(self.value.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')));
        line.trim_ascii().to_vec()
    }
}

impl NameKey {
    /// The key of `name`.
    #[must_use]
    pub const fn of(name: &[u8]) -> Self {
        // Eight bytes at a time: an accident costs one comparison more, and a byte at a time costs more with each field.
        let mut key = name.len() as u64;
        let mut rest = name;
        while let Some((word, behind)) = rest.split_first_chunk::<8>() {
            key = mix(key, u64::from_le_bytes(*word));
            rest = behind;
        }
        // What is left is read with bytes before it, or with itself, once more: without a look at each byte.
        let last = match (name.last_chunk::<8>(), name.first_chunk::<4>(), name.last_chunk::<4>()) {
            (Some(word), ..) => u64::from_le_bytes(*word),
            (None, Some(first), Some(last)) => {
                (u32::from_le_bytes(*first) as u64) << 32 | u32::from_le_bytes(*last) as u64
            }
            _ => match *name {
                [a, b, c] => u32::from_le_bytes([a, b, c, 0]) as u64,
                [a, b] => u16::from_le_bytes([a, b]) as u64,
                [a] => a as u64,
                _ => 0,
            },
        };
        Self(mix(key, last))
    }
}

impl NameSet {
    fn add(&mut self, key: NameKey) {
        self.0 |= 1 << (key.0 % 64);
    }

    fn may_hold(self, key: NameKey) -> bool {
        self.0 & (1 << (key.0 % 64)) != 0
    }
}

/// Takes eight bytes of a name, in lower case, into its key.
const fn mix(key: u64, word: u64) -> u64 {
    let product = (key ^ lower_eight(word)) as u128 * 0x9e37_79b9_7f4a_7c15;
    (product >> 64) as u64 ^ product as u64
}

/// Eight bytes with ASCII letters in lower case.
const fn lower_eight(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // The top bit of each byte tells, without carry into the next one, whether its other bits are from `A`, and beyond `Z`.
    let low = word & (0x7f * EACH);
    let from_a = low + (0x80 - b'A' as u64) * EACH;
    let beyond_z = low + (0x7f - b'Z' as u64) * EACH;
    let upper = from_a & !beyond_z & !word & (0x80 * EACH);
    word | upper >> 2
}

impl HeaderFlaw {
    /// Every id of this enum.
    pub const IDS: &'static [&'static str] = &[
        "header-block-too-long",
        "header-too-many-fields",
        "header-no-colon",
        "header-leading-space",
        "header-space-before-colon",
        "header-name-character",
        "header-bare-newline",
        "header-nul",
        "header-no-empty-line",
    ];
}

impl Explain for HeaderFlaw {
    fn id(&self) -> &'static str {
        match self {
            Self::BlockTooLong => "header-block-too-long",
            Self::TooManyFields => "header-too-many-fields",
            Self::NoColon => "header-no-colon",
            Self::LeadingSpace => "header-leading-space",
            Self::SpaceBeforeColon => "header-space-before-colon",
            Self::NameCharacter => "header-name-character",
            Self::BareNewline => "header-bare-newline",
            Self::Nul => "header-nul",
            Self::NoEmptyLine => "header-no-empty-line",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::BlockTooLong | Self::TooManyFields => None,
            Self::NoColon | Self::NameCharacter => Some(Rule("RFC 5322", "2.2")),
            Self::LeadingSpace => Some(Rule("RFC 5322", "2.2.3")),
            Self::SpaceBeforeColon => Some(Rule("RFC 5322", "4.5")),
            Self::BareNewline | Self::Nul => Some(Rule("RFC 5322", "2.3")),
            Self::NoEmptyLine => Some(Rule("RFC 5322", "2.1")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(raw: &str) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Headers::parse(raw.as_bytes()).iter().map(|field| (text(field.name), text(field.value))).collect()
    }

    fn flaws(raw: &str) -> Vec<HeaderFlaw> {
        Headers::parse(raw.as_bytes()).flaws().iter().map(|flaw| flaw.kind).collect()
    }

    #[test]
    fn folded_fields_are_one() {
        let raw = "Subject: a\r\n b\r\n\tc\r\nFrom:x\r\n\r\nbody";
        assert_eq!(fields(raw), [("Subject".into(), " a\r\n b\r\n\tc".into()), ("From".into(), "x".into())]);
        assert_eq!(flaws(raw), []);
        assert_eq!(Headers::parse(raw.as_bytes()).body_start(), raw.len() - 4);
    }

    #[test]
    fn disguised_from_fields_are_seen() {
        for raw in [" From: a\r\n\r\n", "From : a\r\n\r\n", "From\r\n : a\r\n\r\n", "FROM: a\r\n\r\n"] {
            assert_eq!(Headers::parse(raw.as_bytes()).named("from").count(), 1, "{raw:?}");
        }
        assert_eq!(flaws("From\r\n : a\r\n\r\n"), [HeaderFlaw::SpaceBeforeColon]);
        assert_eq!(flaws(" From: a\r\n\r\n"), [HeaderFlaw::LeadingSpace]);
    }

    #[test]
    fn bare_newlines_do_not_split_fields() {
        let raw = "Subject: a\nFrom: evil\r\nFrom: good\rTo: x\r\n\r\n";
        assert_eq!(Headers::parse(raw.as_bytes()).named("from").count(), 1);
        assert_eq!(flaws(raw), [HeaderFlaw::BareNewline, HeaderFlaw::BareNewline]);
    }

    #[test]
    fn blocks_that_end_early() {
        assert_eq!(flaws("From: a"), [HeaderFlaw::NoEmptyLine]);
        assert_eq!(flaws(""), [HeaderFlaw::NoEmptyLine]);
        assert_eq!(flaws("nonsense\r\n\r\n"), [HeaderFlaw::NoColon]);
        assert_eq!(flaws("a\0: b\0\r\n\r\n"), [HeaderFlaw::NameCharacter, HeaderFlaw::Nul, HeaderFlaw::Nul]);
    }

    #[test]
    fn limits_at_below_and_above() {
        for (count, flawed) in
            [(HEADER_FIELD_COUNT_MAX - 1, false), (HEADER_FIELD_COUNT_MAX, false), (HEADER_FIELD_COUNT_MAX + 1, true)]
        {
            let raw = format!("{}\r\n", "a:b\r\n".repeat(count));
            assert_eq!(flaws(&raw).contains(&HeaderFlaw::TooManyFields), flawed, "{count} fields");
        }
        for (extra, flawed) in [(0, false), (1, true)] {
            let mut raw = format!("a:{}\r\n\r\n", "x".repeat(HEADER_BLOCK_BYTES_MAX - 6 + extra));
            assert_eq!(raw.len(), HEADER_BLOCK_BYTES_MAX + extra);
            raw.push_str("body");
            assert_eq!(flaws(&raw).contains(&HeaderFlaw::BlockTooLong), flawed);
        }
    }

    proptest! {
        #[test]
        fn fields_and_body_cover_the_input(raw in "[ -~\r\n\t]{0,200}") {
            let headers = Headers::parse(raw.as_bytes());
            let covered: usize = headers.iter().map(|field| field.raw.len()).sum();
            prop_assert!(covered <= headers.body_start());
            for field in headers.iter() {
                prop_assert!(field.value.len() <= field.raw.len());
            }
        }
    }
}
