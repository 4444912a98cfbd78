//! An owner's own map of senders, as CSV.

use std::borrow::Cow;
use std::net::IpAddr;

use mailtext::{Explain, Network, Value};

use super::{Entry, Index, Kind, Kinds, Map, Setup};
use crate::limits::{MAP_LABEL_COUNT_MAX, OWN_MAP_BYTES_MAX, OWN_MAP_FLAW_COUNT_MAX, OWN_MAP_LINE_COUNT_MAX};

/// A line of a map that could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MapFlaw {
    /// Its number, from 1.
    pub line: u32,
    /// What is wrong.
    pub kind: MapFlawKind,
    /// The field that is wrong, cut short.
    pub text: Box<str>,
}

/// What can be wrong with a map.
///
/// A line is `match,pattern,service[,name[,kinds]]`. `match` is `network`, `host`, `mailfrom`, `dkim`, `selector` or `asn`;
/// a pattern that is a domain stands for everything below it too, one of a selector may end in `*`. The first line of a
/// service that has a name gives it its name and its kinds, which are separated by spaces. A service of our map may be
/// given further patterns by its id. Fields may stand in double quotes; empty lines and those that begin with `#` count
/// for nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MapFlawKind {
    /// More bytes than [`OWN_MAP_BYTES_MAX`]; nothing was read.
    TooLong,
    /// More lines than [`OWN_MAP_LINE_COUNT_MAX`]; the rest was not read.
    TooMany,
    /// Fewer than three fields, or more than five.
    Fields,
    /// A quotation mark that is not closed, or text behind the closing one.
    Quote,
    /// The first field is none of the words.
    Match,
    /// The pattern is not what the first field wants.
    Pattern,
    /// The service's id is not of lower-case letters, digits and hyphens.
    Service,
    /// A kind that is none.
    Kind,
}

/// Reads `text` into the first layer of `map`.
pub(super) fn read(text: &str, map: &mut Map) -> Vec<MapFlaw> {
    let mut flaws = Vec::new();
    if text.len() > OWN_MAP_BYTES_MAX {
        return vec![MapFlaw { line: 1, kind: MapFlawKind::TooLong, text: Box::default() }];
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (number, line) in (1..).zip(text.lines()) {
        if flaws.len() == OWN_MAP_FLAW_COUNT_MAX {
            break;
        }
        if number as usize > OWN_MAP_LINE_COUNT_MAX {
            flaws.push(MapFlaw { line: number, kind: MapFlawKind::TooMany, text: Box::default() });
            break;
        }
        if let Err((kind, text)) = read_line(line, map) {
            flaws.push(MapFlaw { line: number, kind, text: text.chars().take(60).collect() });
        }
    }
    flaws
}

type Wrong = (MapFlawKind, String);

fn read_line(line: &str, map: &mut Map) -> Result<(), Wrong> {
    if line.trim().is_empty() || line.starts_with('#') {
        return Ok(());
    }
    let fields = fields(line).ok_or((MapFlawKind::Quote, line.to_owned()))?;
    let (word, pattern, id, name, kinds) = match fields.as_slice() {
        [word, pattern, id] => (word, pattern, id, None, None),
        [word, pattern, id, name] => (word, pattern, id, Some(name), None),
        [word, pattern, id, name, kinds] => (word, pattern, id, Some(name), Some(kinds)),
        _ => return Err((MapFlawKind::Fields, line.to_owned())),
    };
    // A line of headings, as tables of other programs have it.
    if word == "match" && pattern == "pattern" {
        return Ok(());
    }
    let id_fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.is_empty() || !id.bytes().all(id_fits) {
        return Err((MapFlawKind::Service, id.clone()));
    }
    let kinds = match kinds.map(|kinds| parse_kinds(kinds)) {
        Some(kinds) => Some(kinds?),
        None => None,
    };
    let pattern = parse_pattern(word, pattern)?;
    let at = place(map, id, name.map(String::as_str), kinds);
    pattern.add(&mut map.own, at);
    Ok(())
}

enum Pattern {
    Network(IpAddr, u8),
    Host(Box<str>),
    Envelope(Box<str>),
    Signer(Box<str>),
    Selector(Box<str>),
    System(u32),
}

impl Pattern {
    fn add(self, index: &mut Index, at: u16) {
        match self {
            Self::Network(address, bits) => index.networks.add(address, bits, at),
            Self::Host(name) => drop(index.hosts.insert(name, at)),
            Self::Envelope(name) => drop(index.envelopes.insert(name, at)),
            Self::Signer(name) => drop(index.signers.insert(name, at)),
            Self::Selector(pattern) => index.selectors.push((pattern, at)),
            Self::System(number) => drop(index.systems.insert(number, at)),
        }
    }
}

fn parse_pattern(word: &str, text: &str) -> Result<Pattern, Wrong> {
    let wrong = || (MapFlawKind::Pattern, text.to_owned());
    let domain = || {
        let text = text.strip_prefix("*.").unwrap_or(text);
        let domain = mailtext::Domain::parse(text).map_err(|_| wrong())?;
        if domain.label_count() > MAP_LABEL_COUNT_MAX { Err(wrong()) } else { Ok(Box::from(domain.as_str())) }
    };
    Ok(match word {
        "network" => {
            text.parse::<Network>().map_err(|_| wrong())?;
            let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
            let address: IpAddr = address.parse().map_err(|_| wrong())?;
            let whole = if address.is_ipv4() { 32 } else { 128 };
            Pattern::Network(address, bits.map_or(Ok(whole), str::parse).map_err(|_| wrong())?)
        }
        "host" => Pattern::Host(domain()?),
        "mailfrom" => Pattern::Envelope(domain()?),
        "dkim" => Pattern::Signer(domain()?),
        "selector" if text.bytes().any(|byte| byte.is_ascii_alphanumeric()) => Pattern::Selector(text.into()),
        "selector" => return Err(wrong()),
        "asn" => {
            let digits = text.strip_prefix("AS").unwrap_or(text);
            Pattern::System(digits.parse().map_err(|_| wrong())?)
        }
        _ => return Err((MapFlawKind::Match, word.to_owned())),
    })
}

fn parse_kinds(text: &str) -> Result<Kinds, Wrong> {
    let kind = |word: &str| Kind::ALL.into_iter().find(|kind| kind.as_str() == word);
    let kinds: Option<Vec<Kind>> = text.split_ascii_whitespace().map(kind).collect();
    kinds.map(|kinds| Kinds::new(&kinds)).ok_or((MapFlawKind::Kind, text.to_owned()))
}

/// Where the service stands in the map; it is added when it is new.
fn place(map: &mut Map, id: &str, name: Option<&str>, kinds: Option<Kinds>) -> u16 {
    let at = map.entries.iter().position(|entry| entry.id == id).unwrap_or_else(|| {
        let id: Cow<'static, str> = Cow::Owned(id.to_owned());
        map.entries.push(Entry { name: id.clone(), id, kinds: Kinds::new(&[]), setup: Setup::Unknown });
        map.entries.len() - 1
    });
    if let Some(entry) = map.entries.get_mut(at) {
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            entry.name = Cow::Owned(name.to_owned());
        }
        if let Some(kinds) = kinds {
            entry.kinds = kinds;
        }
    }
    // OWN_MAP_LINE_COUNT_MAX and our own table together stay below it.
    u16::try_from(at).unwrap_or(u16::MAX)
}

/// The fields of a line of CSV (RFC 4180), without the space around them; `None` when a quotation mark is amiss.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line.trim();
    loop {
        let field;
        (field, rest) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (field, rest) = rest.split_at(end);
                (field.trim_end().to_owned(), rest)
            }
        };
        fields.push(field);
        match rest.trim_start().strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None if rest.trim().is_empty() => return Some(fields),
            None => return None,
        }
    }
}

/// What stands up to the closing mark, of which two stand for one, and the rest.
fn unquote(mut text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    loop {
        let (before, behind) = text.split_once('"')?;
        field.push_str(before);
        match behind.strip_prefix('"') {
            Some(next) => {
                field.push('"');
                text = next;
            }
            None => return Some((field, behind)),
        }
    }
}

impl Explain for MapFlaw {
    fn id(&self) -> &'static str {
        match self.kind {
            MapFlawKind::TooLong => "map-flaw-too-long",
            MapFlawKind::TooMany => "map-flaw-too-many",
            MapFlawKind::Fields => "map-flaw-fields",
            MapFlawKind::Quote => "map-flaw-quote",
            MapFlawKind::Match => "map-flaw-match",
            MapFlawKind::Pattern => "map-flaw-pattern",
            MapFlawKind::Service => "map-flaw-service",
            MapFlawKind::Kind => "map-flaw-kind",
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let mut arguments = vec![("line", Value::Number(u64::from(self.line)))];
        arguments.push(match self.kind {
            MapFlawKind::TooLong => ("limit_bytes", OWN_MAP_BYTES_MAX.into()),
            MapFlawKind::TooMany => ("limit", OWN_MAP_LINE_COUNT_MAX.into()),
            _ => ("text", Value::from(&*self.text)),
        });
        arguments
    }
}
