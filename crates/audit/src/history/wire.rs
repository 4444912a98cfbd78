//! Audits and changes as bytes, and back. Everything is a list of texts, each with its length before it (`5:hello,`), so
//! that no byte is forbidden in any of them. What cannot be read is as if it were not there.

use std::collections::{BTreeMap, BTreeSet};

use mailtext::Domain;

use super::{Audit, Change, Found, Record, RecordKind, Slot, Trouble, Turn, Way};
use crate::guideline::Met;
use crate::severity::Severity;

impl Audit {
    /// The audit as named texts: what did not change since the audit before it has the same bytes.
    #[must_use]
    pub fn to_parts(&self) -> Vec<(Box<str>, Box<[u8]>)> {
        let mut parts: Vec<(Box<str>, Box<[u8]>)> = Vec::new();
        let mut troubles = Vec::new();
        for (slot, record) in &self.records {
            let kind = slot.kind.as_str();
            if let Some(texts) = &record.texts {
                parts.push((format!("{RECORD} {kind} {}", slot.name).into(), list(texts)));
            }
            if !record.path.is_empty() {
                parts.push((format!("{PATH} {kind} {}", slot.name).into(), list(&record.path)));
            }
            if let Some(trouble) = &record.trouble {
                let rounds = trouble.rounds.to_string();
                troubles.extend([kind.into(), slot.name.clone(), trouble.failure.clone(), rounds.into()]);
            }
        }
        let findings = self
            .findings
            .iter()
            .flat_map(|(found, severity)| [found.rule.clone(), found.name.clone(), severity.as_str().into()]);
        let requirements = self.requirements.iter().flat_map(|(id, met)| [id.clone(), met.as_str().into()]);
        let unasked = self.unasked.iter().flat_map(|(family, question)| [family.clone(), question.clone()]);
        parts.push((FINDINGS.into(), list(&findings.collect::<Vec<_>>())));
        parts.push((REQUIREMENTS.into(), list(&requirements.collect::<Vec<_>>())));
        parts.push((TROUBLES.into(), list(&troubles)));
        parts.push((UNASKED.into(), list(&unasked.collect::<Vec<_>>())));
        parts
    }

    /// Reads what [`Audit::to_parts`] wrote.
    pub fn of_parts<'a>(domain: &Domain, at_s: i64, parts: impl Iterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut audit = Self {
            domain: domain.clone(),
            at_s,
            records: BTreeMap::new(),
            findings: BTreeMap::new(),
            requirements: BTreeMap::new(),
            unasked: BTreeSet::new(),
        };
        for (name, bytes) in parts {
            audit.take(name, bytes);
        }
        audit
    }

    fn take(&mut self, name: &str, bytes: &[u8]) {
        let words: Vec<&str> = name.split(' ').collect();
        match words.as_slice() {
            [RECORD, kind, name] => {
                if let Some(record) = self.record(kind, name) {
                    record.texts = Some(texts_of(bytes));
                }
            }
            [PATH, kind, name] => {
                if let Some(record) = self.record(kind, name) {
                    record.path = words_of(bytes);
                }
            }
            [FINDINGS] => self.findings = triples(bytes).filter_map(finding).collect(),
            [REQUIREMENTS] => {
                let pairs = words_of(bytes);
                let read = |pair: &[Box<str>]| Some((pair.first()?.clone(), Met::parse(pair.get(1)?)?));
                self.requirements = pairs.chunks(2).filter_map(read).collect();
            }
            [TROUBLES] => {
                for four in words_of(bytes).chunks_exact(4) {
                    let trouble = Trouble { failure: four[2].clone(), rounds: four[3].parse().unwrap_or(1) };
                    if let Some(record) = self.record(&four[0], &four[1]) {
                        record.trouble = Some(trouble);
                    }
                }
            }
            [UNASKED] => {
                let pairs = words_of(bytes);
                self.unasked = pairs.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
            }
            _ => {}
        }
    }

    fn record(&mut self, kind: &str, name: &str) -> Option<&mut Record> {
        let slot = Slot::new(RecordKind::parse(kind)?, name);
        Some(self.records.entry(slot).or_default())
    }

    /// The kind, the name and the texts of a part that is a record.
    #[must_use]
    pub fn read_record(name: &str, bytes: &[u8]) -> Option<(Slot, Vec<Box<[u8]>>)> {
        let mut words = name.strip_prefix(RECORD)?.split(' ').skip(1);
        let slot = Slot::new(RecordKind::parse(words.next()?)?, words.next()?);
        Some((slot, texts_of(bytes)))
    }
}

impl Change {
    /// The change as a line of text. What is no UTF-8 in a record is replaced.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut fields: Vec<Box<str>> = Vec::new();
        let mut add = |words: &[&str]| fields.extend(words.iter().map(|word| Box::from(*word)));
        let severity = |severity: &Option<Severity>| severity.map_or("none", Severity::as_str);
        match self {
            Self::Record { slot, domain, path, turn, old, new } => {
                add(&["record", slot.kind.as_str(), &slot.name, domain, turn.as_str()]);
                add(&[&path.len().to_string(), &old.len().to_string()]);
                path.iter().for_each(|name| add(&[name]));
                old.iter().chain(new).for_each(|text| add(&[&String::from_utf8_lossy(text)]));
            }
            Self::Unasked { slot, failure, rounds } => {
                add(&["unasked", slot.kind.as_str(), &slot.name, failure, &rounds.to_string()]);
            }
            Self::Answered { slot, rounds } => {
                add(&["answered", slot.kind.as_str(), &slot.name, &rounds.to_string()]);
            }
            Self::Finding { rule, name, before, after } => {
                add(&["finding", rule, name, severity(before), severity(after)]);
            }
            Self::Requirement { id, before, after } => {
                add(&["requirement", id, before.as_str(), after.as_str()]);
            }
        }
        String::from_utf8_lossy(&list(&fields)).into_owned()
    }

    /// Reads what [`Change::to_text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fields = words_of(text.as_bytes());
        let fields: Vec<&str> = fields.iter().map(|field| &**field).collect();
        let slot = |kind: &str, name: &str| Some(Slot::new(RecordKind::parse(kind)?, name));
        let severity = |word: &str| if word == "none" { Some(None) } else { Severity::parse(word).map(Some) };
        Some(match fields.as_slice() {
            ["record", kind, name, domain, turn, path_count, old_count, rest @ ..] => {
                let (path_count, old_count) = (path_count.parse().ok()?, old_count.parse().ok()?);
                let (path, texts) = rest.split_at_checked(path_count)?;
                let (old, new) = texts.split_at_checked(old_count)?;
                let bytes = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().into()).collect();
                Self::Record {
                    slot: slot(kind, name)?,
                    domain: (*domain).into(),
                    path: path.iter().map(|name| (*name).into()).collect(),
                    turn: Turn::parse(turn)?,
                    old: bytes(old),
                    new: bytes(new),
                }
            }
            ["unasked", kind, name, failure, rounds] => {
                Self::Unasked { slot: slot(kind, name)?, failure: (*failure).into(), rounds: rounds.parse().ok()? }
            }
            ["answered", kind, name, rounds] => {
                Self::Answered { slot: slot(kind, name)?, rounds: rounds.parse().ok()? }
            }
            ["finding", rule, name, before, after] => Self::Finding {
                rule: (*rule).into(),
                name: (*name).into(),
                before: severity(before)?,
                after: severity(after)?,
            },
            ["requirement", id, before, after] => {
                Self::Requirement { id: (*id).into(), before: Met::parse(before)?, after: Met::parse(after)? }
            }
            _ => return None,
        })
    }
}

impl Turn {
    /// Reads the word.
    fn parse(word: &str) -> Option<Self> {
        [Self::Appeared, Self::Changed, Self::Vanished, Self::Dropped].into_iter().find(|turn| turn.as_str() == word)
    }
}

impl Way {
    /// Its word, as JSON has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Other => "other",
        }
    }
}

fn finding(three: [Box<str>; 3]) -> Option<(Found, Severity)> {
    let [rule, name, severity] = three;
    Some((Found { rule, name }, Severity::parse(&severity)?))
}

fn triples(bytes: &[u8]) -> impl Iterator<Item = [Box<str>; 3]> {
    let words = words_of(bytes);
    (0..words.len() / 3).map(move |at| [0, 1, 2].map(|offset| words[at * 3 + offset].clone()))
}

fn list<T: Bytes>(texts: &[T]) -> Box<[u8]> {
    let mut out = Vec::new();
    for text in texts {
        let bytes = text.bytes();
        out.extend_from_slice(bytes.len().to_string().as_bytes());
        out.push(b':');
        out.extend_from_slice(bytes);
        out.push(b',');
    }
    out.into()
}

/// What a list is made of.
trait Bytes {
    fn bytes(&self) -> &[u8];
}

impl Bytes for Box<str> {
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Bytes for Box<[u8]> {
    fn bytes(&self) -> &[u8] {
        self
    }
}

/// The texts of a list, up to the first that cannot be read.
fn texts_of(mut bytes: &[u8]) -> Vec<Box<[u8]>> {
    let mut texts = Vec::new();
    while let Some((text, rest)) = next(bytes) {
        texts.push(text.into());
        bytes = rest;
    }
    texts
}

fn next(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = bytes.iter().position(|byte| *byte == b':')?;
    let length: usize = std::str::from_utf8(bytes.get(..colon)?).ok()?.parse().ok()?;
    let (text, rest) = bytes.get(colon + 1..)?.split_at_checked(length)?;
    Some((text, rest.strip_prefix(b",")?))
}

fn words_of(bytes: &[u8]) -> Vec<Box<str>> {
    texts_of(bytes).iter().map(|text| String::from_utf8_lossy(text).into()).collect()
}

// The names of parts; they never change.
const RECORD: &str = "record";
const PATH: &str = "path";
const FINDINGS: &str = "findings";
const REQUIREMENTS: &str = "requirements";
const TROUBLES: &str = "troubles";
const UNASKED: &str = "unasked";
