//! Reads aggregate reports, as they come: memory grows with what a report says, not with its length.
//!
//! Whatever the order of the elements, whatever stands beside them: what the standards know is read, what they do not
//! know is skipped and named. What is not well-formed costs the records that it touches, no others.

mod place;
mod record;
mod words;

use std::io::{self, BufRead};

use quick_xml::Reader;
use quick_xml::errors::Error;
use quick_xml::events::{BytesRef, BytesStart, Event};

use self::place::{Named, Place};
use self::record::Records;
use super::Aggregate;
use crate::deviation::{DeviationKind, Notes};
use crate::limits::{ERROR_COUNT_MAX, TEXT_BYTES_MAX, XML_DEPTH_MAX, XML_PIECE_BYTES_MAX, XML_WRAPPER_COUNT_MAX};
use crate::moment::{self, Form};
use crate::reason::{Reason, ReasonKind};
use crate::word::cut;

/// What was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    /// The report, as far as it was read.
    pub report: Aggregate,
    /// How it ended.
    pub end: End,
}

/// How the reading of a report ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// The report is whole.
    Whole,
    /// It is not, but has whole records.
    Salvaged(Reason),
    /// It is not to be used.
    Refused(Reason),
}

/// The namespace of RFC 9990.
pub const NAMESPACE: &str = "urn:ietf:params:xml:ns:dmarc-2.0";
/// The namespace of the schema of RFC 7489 Appendix C, which most writers leave out.
pub const NAMESPACE_OLD: &str = "http://dmarc.org/dmarc-xml/0.1";

/// Reads one report, up to the end of its root element: what stands behind it is left in the input.
///
/// The input is UTF-8; where it is not, reading ends. An error of the input ends the report as its end would.
#[must_use]
pub fn read(input: impl BufRead, notes: &mut Notes) -> Reading {
    let mut reader = Reader::from_reader(Gate { inner: input, since_mark: 0, is_shut: false });
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.allow_dangling_amp = true;
    // Whether tags match is looked at here, where a mismatch costs no more than its record.
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    let mut state = State::new(notes);
    let mut buffer = Vec::new();
    let stop = loop {
        buffer.clear();
        if state.is_between() {
            // Half of a report is blanks between its elements; they need not become events.
            reader.get_mut().skip_blanks();
        }
        reader.get_mut().since_mark = 0;
        let step = match reader.read_event_into(&mut buffer) {
            Ok(Event::Text(text)) => state.text(&text),
            Ok(Event::Start(tag)) => state.start(&tag),
            Ok(Event::End(tag)) => state.end(tag.name().0),
            Ok(Event::CData(text)) => state.text(&text),
            Ok(Event::GeneralRef(name)) => state.reference(&name),
            // RFC 9990 §8.1: XML bombs exhaust the reader. They are made of entities, which no report needs.
            Ok(Event::DocType(_)) => Step::Stop(ReasonKind::Doctype),
            Ok(Event::Eof) => Step::Stop(ReasonKind::CutEarly),
            // Empty elements come as a start and an end.
            Ok(Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::Empty(_)) => Step::On,
            Err(_) if reader.get_ref().is_shut => Step::Stop(ReasonKind::XmlPiece),
            Err(error) => Step::Stop(of_error(&error)),
        };
        match step {
            Step::On => {}
            Step::Whole => break None,
            Step::Stop(reason) => break Some(reason),
        }
    };
    state.finish(stop)
}

/// What comes after an event.
enum Step {
    On,
    /// The root element has ended.
    Whole,
    Stop(ReasonKind),
}

fn of_error(error: &Error) -> ReasonKind {
    match error {
        // Every error of syntax is a piece that does not end before the input does.
        Error::Io(_) | Error::Syntax(_) => ReasonKind::CutEarly,
        _ => ReasonKind::Malformed,
    }
}

/// Lets no piece of XML grow beyond its limit.
struct Gate<R> {
    inner: R,
    since_mark: usize,
    is_shut: bool,
}

impl<R: BufRead> Gate<R> {
    #[inline]
    fn skip_blanks(&mut self) {
        // What fails here fails again when the next piece is read, and is told there.
        while let Ok(bytes) = self.inner.fill_buf() {
            let blanks = bytes.iter().position(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
            let count = blanks.unwrap_or(bytes.len());
            self.inner.consume(count);
            if blanks.is_some() || count == 0 {
                break;
            }
        }
    }
}

impl<R: BufRead> io::Read for Gate<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.inner.read(out)
    }
}

impl<R: BufRead> BufRead for Gate<R> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since_mark > XML_PIECE_BYTES_MAX {
            self.is_shut = true;
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.inner.fill_buf()
    }

    #[inline]
    fn consume(&mut self, count: usize) {
        self.since_mark += count;
        self.inner.consume(count);
    }
}

/// By which standard a report says it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Era {
    /// It names no namespace, or that of RFC 7489.
    #[default]
    Rfc7489,
    Rfc9990,
    /// It names a namespace of its own, or of a draft.
    Neither,
}

struct State<'n> {
    notes: &'n mut Notes,
    report: Aggregate,
    records: Records,
    era: Era,
    open: Vec<Open>,
    /// The names of the open elements, one behind the other.
    names: String,
    /// The prefix of the root's name.
    prefix: Box<str>,
    /// The element that is read now.
    place: Place,
    text: String,
    /// What has been met outside of records: a set of places.
    met: u64,
    /// Elements around the report, and the first one's name.
    wrappers: usize,
    first: Option<Box<str>>,
    /// A tag outside of records does not match.
    is_damaged: bool,
    is_in_record: bool,
}

/// An open element.
#[derive(Clone, Copy)]
struct Open {
    /// Where its name begins in the names.
    name: u32,
    /// The place around it.
    around: Place,
}

impl<'n> State<'n> {
    fn new(notes: &'n mut Notes) -> Self {
        Self {
            notes,
            report: Aggregate::default(),
            records: Records::default(),
            era: Era::default(),
            open: Vec::with_capacity(XML_DEPTH_MAX),
            names: String::new(),
            prefix: "".into(),
            place: Place::Wrapper,
            text: String::new(),
            met: 0,
            wrappers: 0,
            first: None,
            is_damaged: false,
            is_in_record: false,
        }
    }

    /// Whether blanks that follow say nothing: between elements, and where a text begins.
    #[inline]
    fn is_between(&self) -> bool {
        !self.open.is_empty() && (self.text.is_empty() || !self.place.is_text())
    }

    #[inline]
    fn start(&mut self, tag: &BytesStart<'_>) -> Step {
        let name = tag.name().0;
        if self.open.len() >= XML_DEPTH_MAX {
            return Step::Stop(ReasonKind::XmlDepth);
        }
        let around = self.place;
        let place = match around {
            Place::Skipped => Place::Skipped,
            Place::Wrapper => match self.root(tag) {
                Ok(place) => place,
                Err(reason) => return Step::Stop(reason),
            },
            _ => self.child(around, name, tag),
        };
        self.open.push(Open { name: u32::try_from(self.names.len()).unwrap_or(u32::MAX), around });
        self.names.push_str(name);
        self.place = place;
        if place.is_text() {
            self.text.clear();
        } else if place.is_of_record() {
            self.records.open(place);
        } else if place == Place::Record {
            self.records.begin();
            self.is_in_record = true;
        }
        Step::On
    }

    #[inline]
    fn child(&mut self, around: Place, name: &str, tag: &BytesStart<'_>) -> Place {
        // No name of the standards has a colon: without a prefix at the root, the whole name is the local one.
        if self.prefix.is_empty()
            && tag.len() == name.len()
            && let Some(Named::Standard(place)) = around.child(name)
        {
            return if place.is_of_record() { place } else { self.outside(place) };
        }
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        self.unusual_child(around, prefix, local, tag)
    }

    /// A child that is not as the standards have it, or has attributes.
    fn unusual_child(&mut self, around: Place, prefix: &str, local: &str, tag: &BytesStart<'_>) -> Place {
        // RFC 9990 §3.1.1.7: elements of other namespaces may stand in a record.
        if prefix != &*self.prefix || own_namespace(tag).is_some_and(|own| own != *self.report.namespace) {
            return Place::Skipped;
        }
        let found = match around.child(local) {
            Some(found) => Some(found),
            None if around.is_text() => None,
            None => {
                let lower = local.to_ascii_lowercase().replace('-', "_");
                let found = around.child(&lower).filter(|_| lower != local);
                if found.is_some() {
                    self.notes.note(DeviationKind::FieldCase, local);
                }
                found
            }
        };
        match found {
            Some(Named::Standard(place)) if place.is_of_record() => place,
            Some(Named::Standard(place)) => self.outside(place),
            Some(Named::Alias(place)) => {
                self.notes.note(DeviationKind::FieldAlias, local);
                place
            }
            // RFC 9990 §3.2, §5: an extension is no error; reading goes on behind it.
            Some(Named::Anything) => Place::Skipped,
            None => {
                let path = around.path();
                let slash = if path.is_empty() { "" } else { "/" };
                self.notes.note(DeviationKind::FieldUnknown, &format!("{path}{slash}{}", cut(local, TEXT_BYTES_MAX)));
                Place::Skipped
            }
        }
    }

    /// An element of a report outside of its records, and the records themselves.
    fn outside(&mut self, place: Place) -> Place {
        if place == Place::Record {
            self.met |= 1 << place.number();
            return place;
        }
        let is_late = self.met & (1 << Place::Record.number()) != 0;
        if is_late && matches!(place, Place::Metadata | Place::Published | Place::Version) {
            // RFC 9990 §3.1.1.2: the records come last.
            self.notes.note(DeviationKind::FieldOrder, place.path());
        }
        let bit = 1 << place.number();
        // RFC 7489 Appendix C: `error` may stand several times; in RFC 9990 once.
        let may_repeat = place == Place::Error && self.era != Era::Rfc9990;
        if self.met & bit != 0 && !may_repeat {
            self.notes.note(DeviationKind::FieldRepeated, place.path());
            if place.is_text() && place != Place::Error {
                return Place::Skipped;
            }
        }
        self.met |= bit;
        place
    }

    /// An element that stands in none of the report: the root, or something around it.
    fn root(&mut self, tag: &BytesStart<'_>) -> Result<Place, ReasonKind> {
        let name = tag.name().0;
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        if self.first.is_none() {
            self.first = Some(cut(name, TEXT_BYTES_MAX).into());
        }
        if !local.eq_ignore_ascii_case("feedback") {
            self.wrappers += 1;
            return if self.wrappers > XML_WRAPPER_COUNT_MAX {
                Err(ReasonKind::NotAReport)
            } else {
                Ok(Place::Wrapper)
            };
        }
        if let Some(first) = self.first.as_deref().filter(|_| self.wrappers > 0) {
            self.notes.note(DeviationKind::Wrapper, first);
        }
        if local != "feedback" {
            self.notes.note(DeviationKind::FieldCase, local);
        }
        self.prefix = prefix.into();
        self.report.namespace = own_namespace(tag).map(|found| cut(&found, TEXT_BYTES_MAX).into()).unwrap_or_default();
        match &*self.report.namespace {
            NAMESPACE => self.era = Era::Rfc9990,
            "" | NAMESPACE_OLD => {}
            other => {
                self.notes.note(DeviationKind::Namespace, other);
                self.era = Era::Neither;
            }
        }
        Ok(Place::Feedback)
    }

    #[inline]
    fn text(&mut self, text: &str) -> Step {
        if self.place.is_text() {
            self.text.push_str(text);
        }
        Step::On
    }

    fn reference(&mut self, name: &BytesRef<'_>) -> Step {
        if !self.place.is_text() {
            return Step::On;
        }
        // The five entities that XML itself has, and characters by their number; there are no others in a report.
        let character = match &**name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => name.resolve_char_ref().ok().flatten(),
        };
        match character {
            Some(character) => self.text.push(character),
            None => {
                self.notes.note(DeviationKind::Entity, name);
                self.text.push('&');
                self.text.push_str(cut(name, TEXT_BYTES_MAX));
                self.text.push(';');
            }
        }
        Step::On
    }

    #[inline]
    fn end(&mut self, name: &str) -> Step {
        let matches = self.open.last().is_some_and(|open| self.names.get(open.name as usize..) == Some(name));
        if matches {
            return self.close();
        }
        self.mismatch(name)
    }

    /// An end tag that does not match: elements are closed up to the one that it belongs to, or it belongs to none.
    fn mismatch(&mut self, name: &str) -> Step {
        self.damage();
        let mut end = self.names.len();
        let mut found = None;
        for (depth, open) in self.open.iter().enumerate().rev() {
            let start = open.name as usize;
            if self.names.get(start..end) == Some(name) {
                found = Some(depth);
                break;
            }
            end = start;
        }
        let Some(depth) = found else { return Step::On };
        while self.open.len() > depth {
            // What is closed by force is no text that can be relied upon.
            self.text.clear();
            if let Step::Whole = self.close() {
                return Step::Whole;
            }
        }
        Step::On
    }

    fn damage(&mut self) {
        if self.is_in_record {
            self.records.damage();
        } else {
            self.is_damaged = true;
        }
    }

    #[inline]
    fn close(&mut self) -> Step {
        let Some(open) = self.open.pop() else { return Step::On };
        self.names.truncate(open.name as usize);
        let place = std::mem::replace(&mut self.place, open.around);
        if place.is_text() {
            let text = std::mem::take(&mut self.text);
            let trimmed = text.trim_ascii();
            if place.is_of_record() {
                self.records.text(place, trimmed, self.notes);
            } else {
                self.field(place, trimmed);
            }
            self.text = text;
        } else if place == Place::Record {
            self.records.end(self.era, self.notes);
            self.is_in_record = false;
        } else if place == Place::Feedback {
            return Step::Whole;
        }
        Step::On
    }

    /// A text outside of records.
    fn field(&mut self, place: Place, text: &str) {
        let path = place.path();
        let must_say = !matches!(place, Place::Contact | Place::Generator | Place::Error | Place::FailureOptions);
        let is_word = matches!(
            place,
            Place::Policy
                | Place::SubdomainPolicy
                | Place::NonexistentPolicy
                | Place::DkimMode
                | Place::SpfMode
                | Place::Testing
                | Place::Discovery
        );
        if is_word {
            self.policy_word(place, text);
            return;
        }
        if text.is_empty() {
            if must_say {
                self.notes.note(DeviationKind::FieldEmpty, path);
            }
            return;
        }
        let short = kept(text, path, self.notes);
        let metadata = &mut self.report.metadata;
        match place {
            Place::Version => {
                // RFC 9990 §3.1.1.2: the version is 1.0.
                if text != "1.0" {
                    self.notes.note(DeviationKind::Version, text);
                }
                self.report.version = Some(short.into());
            }
            Place::Organization => metadata.organization = short.into(),
            Place::Email => metadata.email = short.into(),
            Place::Contact => metadata.contact = Some(short.into()),
            Place::ReportId => metadata.report_id = short.into(),
            Place::Generator => metadata.generator = Some(short.into()),
            // RFC 9990 §3.1.5: a text without a bound; as much of it is kept as of any other.
            Place::Error if metadata.errors.len() >= ERROR_COUNT_MAX => {
                self.notes.note(DeviationKind::TooMany, path);
            }
            Place::Error => metadata.errors.push(short.into()),
            Place::Begin => metadata.begin_s = time(text, path, self.notes),
            Place::End => metadata.end_s = time(text, path, self.notes),
            Place::Domain => self.report.policy.domain = domain(short),
            Place::FailureOptions => self.report.policy.failure_options = Some(short.into()),
            Place::Percent => match text.parse::<u8>() {
                Ok(percent) if percent <= 100 => self.report.policy.percent = Some(percent),
                _ => self.notes.note(DeviationKind::Number, &format!("{path} {text}")),
            },
            _ => {}
        }
    }

    fn policy_word(&mut self, place: Place, text: &str) {
        let (path, notes, policy) = (place.path(), &mut *self.notes, &mut self.report.policy);
        match place {
            Place::Policy => policy.policy = words::POLICIES.read(text, path, notes),
            Place::SubdomainPolicy => policy.subdomain_policy = words::POLICIES.read(text, path, notes),
            Place::NonexistentPolicy => policy.nonexistent_policy = words::POLICIES.read(text, path, notes),
            Place::DkimMode => policy.dkim_mode = words::MODES.read(text, path, notes),
            Place::SpfMode => policy.spf_mode = words::MODES.read(text, path, notes),
            Place::Testing => policy.testing = words::TESTING.read(text, path, notes),
            _ => policy.discovery = words::DISCOVERY.read(text, path, notes),
        }
    }

    fn finish(mut self, stop: Option<ReasonKind>) -> Reading {
        let end = self.ending(stop);
        if end == End::Whole {
            self.demand();
        }
        self.report.records = self.records.records;
        self.report.circumstances = self.records.circumstances;
        Reading { report: self.report, end }
    }

    fn ending(&self, stop: Option<ReasonKind>) -> End {
        let has_records = !self.records.records.is_empty();
        let has = |place: Place| self.met & (1 << place.number()) != 0;
        let damaged = self.records.damaged + u64::from(self.is_damaged);
        let name = self.first.as_deref().unwrap_or_default();
        let has_root = self.report_has_begun();
        match stop {
            Some(ReasonKind::Doctype) => End::Refused(ReasonKind::Doctype.into()),
            Some(ReasonKind::CutEarly) if self.first.is_some() && !has_root => {
                End::Refused(Reason::new(ReasonKind::NotAReport, name))
            }
            Some(ReasonKind::CutEarly) if has_records => {
                End::Salvaged(Reason::new(ReasonKind::SalvagedCut, &self.records.records.len().to_string()))
            }
            Some(ReasonKind::Malformed | ReasonKind::XmlPiece | ReasonKind::XmlDepth) if has_records => {
                End::Salvaged(Reason::new(ReasonKind::SalvagedDamaged, &self.records.records.len().to_string()))
            }
            Some(reason) if reason == ReasonKind::NotAReport => End::Refused(Reason::new(reason, name)),
            Some(reason) => End::Refused(reason.into()),
            None if damaged > 0 && has_records => {
                End::Salvaged(Reason::new(ReasonKind::SalvagedDamaged, &self.records.records.len().to_string()))
            }
            None if damaged > 0 => End::Refused(ReasonKind::Malformed.into()),
            None if !has(Place::Metadata) && !has(Place::Published) && !has(Place::Record) => {
                End::Refused(Reason::new(ReasonKind::NotAReport, name))
            }
            None if self.records.beyond > 0 => {
                End::Salvaged(Reason::new(ReasonKind::SalvagedLimit, &self.records.records.len().to_string()))
            }
            None => End::Whole,
        }
    }

    /// Whether the root element has been met.
    fn report_has_begun(&self) -> bool {
        self.met != 0 || self.place != Place::Wrapper || self.open.iter().any(|open| open.around == Place::Feedback)
    }

    /// Notes what must be there and is not.
    fn demand(&mut self) {
        let has = |place: Place| self.met & (1 << place.number()) != 0;
        let within: [(Place, &[Place]); 3] = [
            (Place::Metadata, &[Place::Organization, Place::Email, Place::ReportId, Place::DateRange]),
            (Place::DateRange, &[Place::Begin, Place::End]),
            (Place::Published, &[Place::Domain, Place::Policy]),
        ];
        for (container, needed) in within {
            if has(container) {
                for place in needed.iter().filter(|place| !has(**place)) {
                    self.notes.note(DeviationKind::FieldMissing, place.path());
                }
            } else if container != Place::DateRange {
                self.notes.note(DeviationKind::FieldMissing, container.path());
            }
        }
        if self.records.records.is_empty() {
            // RFC 9990 §3.1.1.2: at least one record.
            self.notes.note(DeviationKind::NoRecords, "");
        }
        let metadata = &self.report.metadata;
        if has(Place::Begin) && has(Place::End) && metadata.begin_s > metadata.end_s {
            self.notes.note(DeviationKind::Period, &format!("{} > {}", metadata.begin_s, metadata.end_s));
        }
    }
}

/// The namespace that a tag sets for itself.
fn own_namespace(tag: &BytesStart<'_>) -> Option<String> {
    let prefix = tag.name().0.split_once(':').map(|(prefix, _)| prefix);
    let wanted = prefix.map_or_else(|| "xmlns".to_owned(), |prefix| format!("xmlns:{prefix}"));
    let mut attributes = tag.attributes();
    let mut attributes = attributes.with_checks(false).flatten();
    attributes.find(|attribute| attribute.key.0 == wanted).map(|attribute| attribute.value.into_owned())
}

/// `begin` and `end`: seconds since 1970, or what can be read as a time.
fn time(text: &str, path: &str, notes: &mut Notes) -> u64 {
    // RFC 9990 §3.1.1.4: seconds since the epoch.
    match moment::read(text) {
        Some((seconds, Form::Seconds)) => seconds,
        Some((seconds, _)) => {
            notes.note(DeviationKind::Date, &format!("{path} {text}"));
            seconds
        }
        None => {
            notes.note(DeviationKind::Date, &format!("{path} {text}"));
            0
        }
    }
}

/// A domain as it is compared: in lower case, without a dot at the end.
fn domain(text: &str) -> Box<str> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) { text.to_ascii_lowercase().into() } else { text.into() }
}

/// As much of a text as is kept.
#[inline]
fn kept<'t>(text: &'t str, path: &str, notes: &mut Notes) -> &'t str {
    if text.len() > TEXT_BYTES_MAX {
        notes.note(DeviationKind::TextCut, path);
        return cut(text, TEXT_BYTES_MAX);
    }
    text
}
