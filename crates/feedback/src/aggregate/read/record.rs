//! Records, while they are read: what one says is first only written down. What was written down before is known, and
//! costs no more than being found again.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::super::{Circumstances, DkimResult, Reason, Record, SpfResult};
use super::place::Place;
use super::words::{ALIGNED, DISPOSITIONS, DKIM_RESULTS, OVERRIDES, SCOPES, SPF_RESULTS};
use super::{Era, domain, kept};
use crate::deviation::{DeviationKind, Notes};
use crate::limits::{
    CIRCUMSTANCE_BYTES_MAX, CIRCUMSTANCE_COUNT_MAX, MESSAGE_COUNT_MAX, REASON_COUNT_MAX, RECORD_COUNT_MAX,
    SIGNATURE_COUNT_MAX, SPF_COUNT_MAX,
};
use crate::word::Word;

/// The records of a report, as far as they have been read.
#[derive(Default)]
pub(super) struct Records {
    /// The records, in their order.
    pub(super) records: Vec<Record>,
    /// Their circumstances, each once.
    pub(super) circumstances: Vec<Circumstances>,
    /// Records that were damaged, and left out.
    pub(super) damaged: u64,
    /// Records left out because there were more than are kept.
    pub(super) beyond: u64,
    current: Current,
    /// What was written down, and what it means. Only the first some thousands: a report whose records are all
    /// different gains nothing.
    written: HashMap<Box<[u8]>, Meaning, RandomState>,
    /// Circumstances by their hash; the first, where several have the same.
    equal: HashMap<u64, u32, RandomState>,
    hasher: RandomState,
    bytes: usize,
}

/// What is written down of the record that is being read.
#[derive(Default)]
struct Current {
    /// Place, length, text; again and again.
    key: Vec<u8>,
    source: Option<Option<IpAddr>>,
    count: Option<u64>,
    is_damaged: bool,
}

struct Meaning {
    circumstances: u32,
    notes: Option<Box<Notes>>,
}

/// Most records that are remembered as they were written.
const WRITTEN_COUNT_MAX: usize = 4096;

impl Records {
    /// A record begins.
    pub(super) fn begin(&mut self) {
        self.current.key.clear();
        self.current.source = None;
        self.current.count = None;
        self.current.is_damaged = false;
    }

    /// Something of this record is not as XML must be.
    pub(super) fn damage(&mut self) {
        self.current.is_damaged = true;
    }

    /// An element of the record begins that holds others.
    #[inline]
    pub(super) fn open(&mut self, place: Place) {
        self.current.key.extend_from_slice(&[place.number(), 0, 0]);
    }

    /// A text of the record.
    #[inline]
    pub(super) fn text(&mut self, place: Place, text: &str, notes: &mut Notes) {
        match place {
            Place::SourceIp if self.current.source.is_none() => {
                self.current.source = Some(address(text, notes));
            }
            Place::Count if self.current.count.is_none() => {
                self.current.count = Some(count(text, notes));
            }
            Place::SourceIp | Place::Count => notes.note(DeviationKind::FieldRepeated, place.path()),
            _ => {
                let text = kept(text, place.path(), notes);
                let length = u16::try_from(text.len()).unwrap_or_default().to_le_bytes();
                self.current.key.extend_from_slice(&[place.number(), length[0], length[1]]);
                self.current.key.extend_from_slice(text.as_bytes());
            }
        }
    }

    /// The record ends; whether there is room for it.
    pub(super) fn end(&mut self, era: Era, notes: &mut Notes) {
        if self.current.is_damaged {
            self.damaged += 1;
            return;
        }
        if self.records.len() >= RECORD_COUNT_MAX {
            self.beyond += 1;
            return;
        }
        let Some(circumstances) = self.circumstances(era, notes) else {
            self.beyond += 1;
            return;
        };
        let missing = |place: Place, notes: &mut Notes| notes.note(DeviationKind::FieldMissing, place.path());
        if self.current.source.is_none() {
            missing(Place::SourceIp, notes);
        }
        if self.current.count.is_none() {
            missing(Place::Count, notes);
        }
        let (source, count) = (self.current.source.flatten(), self.current.count.unwrap_or_default());
        self.records.push(Record { source, count, circumstances });
    }

    fn circumstances(&mut self, era: Era, notes: &mut Notes) -> Option<u32> {
        if let Some(meaning) = self.written.get(&*self.current.key) {
            if let Some(again) = &meaning.notes {
                notes.join(again);
            }
            return Some(meaning.circumstances);
        }
        let mut own = Notes::default();
        let built = build(&self.current.key, era, &mut own);
        notes.join(&own);
        let hash = self.hasher.hash_one(&built);
        let equal = self.equal.get(&hash).copied();
        let same = equal.filter(|index| {
            usize::try_from(*index).ok().and_then(|index| self.circumstances.get(index)) == Some(&built)
        });
        let index = match same {
            Some(index) => index,
            None => {
                self.bytes += self.current.key.len() + size_of::<Circumstances>();
                if self.circumstances.len() >= CIRCUMSTANCE_COUNT_MAX || self.bytes > CIRCUMSTANCE_BYTES_MAX {
                    return None;
                }
                let index = u32::try_from(self.circumstances.len()).ok()?;
                self.circumstances.push(built);
                self.equal.entry(hash).or_insert(index);
                index
            }
        };
        if self.written.len() < WRITTEN_COUNT_MAX {
            let notes = (!own.is_empty()).then(|| Box::new(own));
            self.written.insert(self.current.key.as_slice().into(), Meaning { circumstances: index, notes });
        }
        Some(index)
    }
}

/// `source_ip`.
fn address(text: &str, notes: &mut Notes) -> Option<IpAddr> {
    // RFC 9990 §3.1.1.8: an IPv4 or IPv6 address.
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    if text.is_empty() {
        notes.note(DeviationKind::FieldEmpty, Place::SourceIp.path());
        return None;
    }
    notes.note(DeviationKind::Address, text);
    let inner = text.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or(text);
    let inner = inner.strip_prefix("IPv6:").unwrap_or(inner);
    inner.trim().parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// `count`. What is no number of messages counts none.
fn count(text: &str, notes: &mut Notes) -> u64 {
    let digits = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u64>().ok()).flatten().filter(|number| *number <= MESSAGE_COUNT_MAX)
    };
    match digits(text) {
        Some(0) => notes.note(DeviationKind::CountZero, ""),
        Some(number) => return number,
        None if text.is_empty() => notes.note(DeviationKind::FieldEmpty, Place::Count.path()),
        None => {
            notes.note(DeviationKind::Number, &format!("{} {text}", Place::Count.path()));
            // `3.0` and `+3` are met.
            let whole = text.strip_prefix('+').unwrap_or(text);
            let whole = whole.split_once('.').filter(|(_, rest)| rest.bytes().all(|byte| byte == b'0'));
            return whole.map_or_else(|| digits(text.trim_start_matches('+')), |(whole, _)| digits(whole)).unwrap_or(0);
        }
    }
    0
}

/// The entries of what was written down.
fn entries(key: &[u8]) -> impl Iterator<Item = (Place, &str)> {
    let mut rest = key;
    std::iter::from_fn(move || {
        let (&[number, low, high], behind) = rest.split_first_chunk::<3>()?;
        let length = usize::from(u16::from_le_bytes([low, high]));
        let (text, behind) = behind.split_at_checked(length)?;
        rest = behind;
        Some((Place::of_number(number)?, std::str::from_utf8(text).ok()?))
    })
}

/// What has been met of the elements that may stand once: a set of places.
#[derive(Clone, Copy, Default)]
struct Met(u64);

impl Met {
    /// Notes it; whether it is there for the first time.
    fn first(&mut self, place: Place, notes: &mut Notes) -> bool {
        let bit = 1_u64 << place.number();
        if self.0 & bit != 0 {
            notes.note(DeviationKind::FieldRepeated, place.path());
            return false;
        }
        self.0 |= bit;
        true
    }

    fn has(self, place: Place) -> bool {
        self.0 & (1_u64 << place.number()) != 0
    }

    fn forget(&mut self, places: &[Place]) {
        for place in places {
            self.0 &= !(1_u64 << place.number());
        }
    }

    /// Notes each that must be there and is not.
    fn demand(self, places: &[Place], notes: &mut Notes) {
        for place in places.iter().filter(|place| !self.has(**place)) {
            notes.note(DeviationKind::FieldMissing, place.path());
        }
    }
}

/// Gives what was written down its meaning.
fn build(key: &[u8], era: Era, notes: &mut Notes) -> Circumstances {
    let mut building = Building { made: Circumstances::default(), met: Met::default(), era };
    for (place, text) in entries(key) {
        building.entry(place, text, notes);
    }
    building.finish(notes)
}

struct Building {
    made: Circumstances,
    met: Met,
    era: Era,
}

const REASON: [Place; 2] = [Place::ReasonType, Place::ReasonComment];
const DKIM: [Place; 4] = [Place::DkimDomain, Place::DkimSelector, Place::DkimResult, Place::DkimComment];
const SPF: [Place; 4] = [Place::SpfDomain, Place::SpfScope, Place::SpfResult, Place::SpfComment];

impl Building {
    fn entry(&mut self, place: Place, text: &str, notes: &mut Notes) {
        match place {
            Place::Reason => {
                self.end_of_reason(notes);
                self.made.reasons.push(Reason::default());
            }
            Place::Dkim => {
                self.end_of_dkim(notes);
                if self.met.has(Place::Spf) {
                    // RFC 9990 §3.1.1.11: the results of DKIM come first.
                    notes.note(DeviationKind::FieldOrder, Place::Dkim.path());
                }
                self.made.dkim.push(DkimResult::default());
                self.met.0 |= 1 << Place::Dkim.number();
            }
            Place::Spf => {
                self.end_of_spf(notes);
                // RFC 9990 §3.1.1.11: one result of SPF at most; RFC 7489 Appendix C had no such bound.
                if self.met.has(Place::Spf) && self.era == Era::Rfc9990 {
                    notes.note(DeviationKind::FieldRepeated, Place::Spf.path());
                }
                self.made.spf.push(SpfResult::default());
                self.met.0 |= 1 << Place::Spf.number();
            }
            _ => {
                if self.met.first(place, notes) {
                    self.once(place, text, notes);
                }
            }
        }
    }

    /// Something that may stand once, and stands for the first time.
    fn once(&mut self, place: Place, text: &str, notes: &mut Notes) {
        let path = place.path();
        let made = &mut self.made;
        let text_of = |text: &str| (!text.is_empty()).then(|| text.into());
        match place {
            Place::Disposition => made.disposition = DISPOSITIONS.read(text, path, notes),
            Place::DkimAligned => made.dkim_aligned = ALIGNED.read(text, path, notes),
            Place::SpfAligned => made.spf_aligned = ALIGNED.read(text, path, notes),
            Place::HeaderFrom => {
                if text.is_empty() {
                    notes.note(DeviationKind::FieldEmpty, path);
                }
                made.header_from = domain(text);
            }
            Place::EnvelopeFrom => made.envelope_from = Some(domain(text)),
            Place::EnvelopeTo => made.envelope_to = Some(domain(text)),
            // A reason that says nothing at all is noted when it ends.
            Place::ReasonType if text.is_empty() => {}
            Place::ReasonType => {
                if let Some(reason) = made.reasons.last_mut() {
                    // RFC 7489 Appendix C: a word that RFC 9990 no longer has, as `pct` has gone.
                    if text == "sampled_out" && self.era != Era::Rfc9990 {
                        reason.kind = Word::Other(text.into());
                        return;
                    }
                    reason.kind = OVERRIDES.read(text, path, notes);
                }
            }
            Place::ReasonComment => {
                if let Some(reason) = made.reasons.last_mut() {
                    reason.comment = text_of(text);
                }
            }
            _ => self.result(place, text, notes),
        }
    }

    fn result(&mut self, place: Place, text: &str, notes: &mut Notes) {
        let path = place.path();
        let text_of = |text: &str| (!text.is_empty()).then(|| text.into());
        if let Some(dkim) = self.made.dkim.last_mut() {
            match place {
                Place::DkimDomain => dkim.domain = domain(text),
                Place::DkimSelector => dkim.selector = text_of(text),
                Place::DkimResult => dkim.result = DKIM_RESULTS.read(text, path, notes),
                Place::DkimComment => dkim.comment = text_of(text),
                _ => {}
            }
        }
        if let Some(spf) = self.made.spf.last_mut() {
            match place {
                Place::SpfDomain => spf.domain = domain(text),
                Place::SpfScope => spf.scope = SCOPES.read(text, path, notes),
                Place::SpfResult => spf.result = SPF_RESULTS.read(text, path, notes),
                Place::SpfComment => spf.comment = text_of(text),
                _ => {}
            }
        }
    }

    /// A reason without a type and a comment says nothing, and is left out.
    fn end_of_reason(&mut self, notes: &mut Notes) {
        let Some(reason) = self.made.reasons.last() else { return };
        if reason.kind == Word::Missing {
            // RFC 9990 §3.1.1.14: the type must be there, the comment may.
            notes.note(DeviationKind::FieldEmpty, Place::Reason.path());
        }
        if *reason == Reason::default() {
            self.made.reasons.pop();
        } else if self.made.reasons.len() > REASON_COUNT_MAX {
            notes.note(DeviationKind::TooMany, Place::Reason.path());
            self.made.reasons.pop();
        }
        self.met.forget(&REASON);
    }

    fn end_of_dkim(&mut self, notes: &mut Notes) {
        if self.made.dkim.is_empty() || !self.met.has(Place::Dkim) {
            return;
        }
        self.met.demand(&[Place::DkimDomain, Place::DkimResult], notes);
        if self.era == Era::Rfc9990 {
            // RFC 9990 §3.1.1.12: the selector is required.
            self.met.demand(&[Place::DkimSelector], notes);
        }
        if self.made.dkim.len() > SIGNATURE_COUNT_MAX {
            notes.note(DeviationKind::TooMany, Place::Dkim.path());
            self.made.dkim.pop();
        }
        self.met.forget(&DKIM);
    }

    fn end_of_spf(&mut self, notes: &mut Notes) {
        if self.made.spf.is_empty() || !self.met.has(Place::Spf) {
            return;
        }
        self.met.demand(&[Place::SpfDomain, Place::SpfResult], notes);
        if self.made.spf.len() > SPF_COUNT_MAX {
            notes.note(DeviationKind::TooMany, Place::Spf.path());
            self.made.spf.pop();
        }
        self.met.forget(&SPF);
    }

    fn finish(mut self, notes: &mut Notes) -> Circumstances {
        self.end_of_reason(notes);
        self.end_of_dkim(notes);
        self.end_of_spf(notes);
        self.met.demand(&[Place::Row, Place::Identifiers, Place::Results], notes);
        if self.met.has(Place::Row) {
            self.met.demand(&[Place::Evaluated], notes);
        }
        if self.met.has(Place::Evaluated) {
            self.met.demand(&[Place::Disposition, Place::DkimAligned, Place::SpfAligned], notes);
        }
        if self.met.has(Place::Identifiers) {
            self.met.demand(&[Place::HeaderFrom], notes);
        }
        self.made
    }
}
