//! Reports out of whatever they come in: a report itself, compressed, in archives, in mails, in files of mails, one
//! inside another.
//!
//! What bytes are is told by how they begin; names and media types are believed nowhere. Whatever cannot be read is
//! given too, with the reason, and does not stop what lies beside it. The input is read as it is needed: what is held in
//! memory is the report's compact form, a zip archive, or one mail.

mod archive;
mod bytes;
mod inflate;
mod mail;
mod sniff;
mod text;

use std::cell::Cell;
use std::io::{self, BufRead, Read};

use self::bytes::{Budget, Tap, Window, digest_of, gzipped};
use self::inflate::{Ending, Gunzip};
use self::sniff::Sort;
use self::text::Text;
use crate::aggregate::read::{End, Reading};
use crate::archive::{Content, Kind, Status};
use crate::deviation::{Deviation, DeviationKind, Notes};
use crate::limits::{
    ARCHIVE_BYTES_MAX, ARCHIVE_DEPTH_MAX, JSON_BYTES_MAX, MAIL_BYTES_MAX, MAIL_DEPTH_MAX, MEMBER_COUNT_MAX,
    MEMBER_NAME_BYTES_MAX, RATIO_FREE_BYTES, RATIO_MAX, RAW_BYTES_MAX, REPORT_BYTES_MAX, SNIFF_BYTES_MAX,
    TOTAL_BYTES_MAX, WORD_BYTES_MAX,
};
use crate::reason::{Reason, ReasonKind};
use crate::word::cut;

/// How to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// Whether the bytes of the reports are wanted.
    pub raw: Raw,
    /// What an input may cost.
    pub caps: Caps,
}

/// Whether the bytes of reports are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Raw {
    /// Compressed with gzip; as they came, where they came so.
    #[default]
    Keep,
    /// Not at all.
    Drop,
}

/// What an input may cost. The defaults are those of [`crate::limits`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caps {
    /// How many bytes may come out of a compressed one.
    pub ratio: u64,
    /// Bytes that may come out of anything, whatever the ratio.
    pub ratio_free_bytes: u64,
    /// Longest report, decompressed.
    pub report_bytes: u64,
    /// Most decompressed bytes, on all levels together; of a mailbox file, for each mail.
    pub total_bytes: u64,
    /// Most members of archives and parts of mails; of a mailbox file, for each mail.
    pub members: usize,
    /// Longest zip archive.
    pub archive_bytes: usize,
    /// Longest mail.
    pub mail_bytes: usize,
    /// Longest JSON.
    pub json_bytes: usize,
    /// Longest compressed report that is kept.
    pub raw_bytes: usize,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            ratio: RATIO_MAX,
            ratio_free_bytes: RATIO_FREE_BYTES,
            report_bytes: REPORT_BYTES_MAX,
            total_bytes: TOTAL_BYTES_MAX,
            members: MEMBER_COUNT_MAX,
            archive_bytes: ARCHIVE_BYTES_MAX,
            mail_bytes: MAIL_BYTES_MAX,
            json_bytes: JSON_BYTES_MAX,
            raw_bytes: RAW_BYTES_MAX,
        }
    }
}

/// A report that was found, or something that was not read.
#[derive(Clone, PartialEq, Debug)]
pub struct Item {
    /// Which member of the input, of nested ones the way to it; empty when the input itself is the report. It is made of
    /// names that strangers chose: never use it as a path.
    pub member: Box<str>,
    /// SHA-256 of the report, decompressed. Of a failure report, of what tells of the failure and of the message shown.
    pub digest: [u8; 32],
    /// The report, compressed with gzip; of a failure report, the mail. Empty when it is not wanted or too long.
    pub raw: Vec<u8>,
    /// What it says.
    pub content: Content,
    /// How it was read.
    pub status: Status,
    /// Why it was refused, or how far it was read.
    pub reason: Option<Reason>,
    /// In what it deviates from the standards.
    pub deviations: Vec<Deviation>,
}

/// Reads everything that an input holds, and gives each thing found to `take`, in its order: at least one.
///
/// # Errors
/// The input cannot be read further. What was found in what was read is given all the same.
pub fn read(input: &mut dyn Read, settings: &Settings, take: &mut dyn FnMut(Item)) -> io::Result<()> {
    let budget = Budget::new(settings.caps);
    let mut top = Top { input, error: None };
    {
        let mut window = Window::new(&mut top, &budget);
        let mut intake = Intake { budget: &budget, raw: settings.raw, take, given: 0 };
        intake.any(&mut window, &Way::default(), KeepBy::Reader);
    }
    top.error.map_or(Ok(()), Err)
}

/// The input, with the error that it ended with.
struct Top<'i> {
    input: &'i mut dyn Read,
    error: Option<io::Error>,
}

impl Read for Top<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.input.read(out).map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                self.error = Some(error);
            }
            kind.into()
        })
    }
}

struct Intake<'i> {
    budget: &'i Budget,
    raw: Raw,
    take: &'i mut dyn FnMut(Item),
    given: u64,
}

/// The way to what is read, and what was met on it.
#[derive(Clone, Default)]
struct Way {
    member: String,
    archives: usize,
    mails: usize,
    notes: Notes,
}

impl Way {
    /// The way to a member.
    fn to(&self, name: &str) -> Self {
        let mut way = self.clone();
        if !way.member.is_empty() {
            way.member.push('/');
        }
        let shown = |character: char| if character.is_control() { '\u{fffd}' } else { character };
        way.member.extend(cut(name, MEMBER_NAME_BYTES_MAX).chars().map(shown));
        way.member.truncate(way.member.floor_char_boundary(MEMBER_NAME_BYTES_MAX));
        way
    }
}

/// Who keeps the bytes of a report.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeepBy {
    /// Who reads the report compresses them.
    Reader,
    /// Who decompressed them has them in a better form.
    Caller,
}

/// Something found, without its bytes.
struct Draft {
    digest: [u8; 32],
    content: Content,
    status: Status,
    reason: Option<Reason>,
    notes: Notes,
}

impl Draft {
    fn refused(reason: Reason, kind: Option<Kind>, digest: [u8; 32], notes: Notes) -> Self {
        Self { digest, content: Content::Refused(kind), status: Status::Refused, reason: Some(reason), notes }
    }
}

impl Intake<'_> {
    fn give(&mut self, way: &Way, draft: Draft, raw: Vec<u8>) {
        let Draft { digest, content, status, reason, notes } = draft;
        self.given += 1;
        let raw = if self.raw == Raw::Keep { raw } else { Vec::new() };
        let deviations = notes.into_deviations();
        (self.take)(Item { member: way.member.as_str().into(), digest, raw, content, status, reason, deviations });
    }

    /// Reads what the window shows, and gives what it finds; or leaves it to the caller, who has its bytes.
    fn any(&mut self, window: &mut Window<'_>, way: &Way, keep: KeepBy) -> Vec<Draft> {
        let sort = sniff::sort(window.peek(SNIFF_BYTES_MAX));
        let is_deep = match sort {
            Sort::Gzip | Sort::Zip | Sort::Tar | Sort::Base64 => way.archives >= ARCHIVE_DEPTH_MAX,
            Sort::Mail => way.mails >= MAIL_DEPTH_MAX,
            _ => false,
        };
        if is_deep {
            return self.refuse(window, way, keep, ReasonKind::TooDeep.into());
        }
        match sort {
            Sort::Gzip => self.gzip(window, way),
            Sort::Zip => self.zip(window, way),
            Sort::Tar => self.tar(window, way),
            Sort::Base64 => self.base64(window, way),
            Sort::Mail => self.mails(window, way),
            Sort::Xml(before) => return self.xml(window, way, keep, before),
            Sort::Json => return self.json(window, way, keep),
            Sort::Foreign(name) => return self.refuse(window, way, keep, Reason::new(ReasonKind::Format, name)),
            Sort::Empty if window.is_failed() => {
                return self.refuse(window, way, keep, ReasonKind::Archive.into());
            }
            Sort::Empty => return self.refuse(window, way, keep, ReasonKind::Empty.into()),
            Sort::Unknown => {
                let start = window.seen().iter().take(WORD_BYTES_MAX / 4).copied();
                let start: Vec<u8> = start.collect();
                let reason = Reason::new(ReasonKind::Unknown, &start.escape_ascii().to_string());
                return self.refuse(window, way, keep, reason);
            }
        }
        Vec::new()
    }

    /// Bytes that are in memory.
    fn bytes(&mut self, mut bytes: &[u8], way: &Way) {
        let budget = self.budget;
        let mut window = Window::new(&mut bytes, budget);
        self.any(&mut window, way, KeepBy::Reader);
    }

    fn tap(&self, keep: KeepBy) -> Tap {
        match (keep, self.raw) {
            (KeepBy::Reader, Raw::Keep) => Tap::compress(self.budget.caps.raw_bytes),
            _ => Tap::digest(),
        }
    }

    /// Gives drafts, or leaves them to the caller.
    fn hand_on(&mut self, drafts: Vec<Draft>, raw: &[u8], way: &Way, keep: KeepBy) -> Vec<Draft> {
        if keep == KeepBy::Caller {
            return drafts;
        }
        for draft in drafts {
            self.give(way, draft, raw.to_vec());
        }
        Vec::new()
    }

    /// What is refused as it is, unread.
    fn refuse(&mut self, window: &mut Window<'_>, way: &Way, keep: KeepBy, reason: Reason) -> Vec<Draft> {
        window.tap(self.budget.caps.report_bytes, self.tap(keep));
        let (digest, raw) = window.drained().map(Tap::finish).unwrap_or_default();
        // A bomb is called a bomb.
        let reason = self.budget.take_stop().unwrap_or(reason);
        let draft = Draft::refused(reason, None, digest, way.notes.clone());
        self.hand_on(vec![draft], &raw, way, keep)
    }

    fn gzip(&mut self, window: &mut Window<'_>, way: &Way) {
        let copy = if self.raw == Raw::Keep { Tap::copy(self.budget.caps.raw_bytes) } else { Tap::nothing() };
        window.tap(u64::MAX, copy);
        let ending = Cell::new(Ending::Open);
        let inside = Way { archives: way.archives + 1, ..way.clone() };
        let drafts = {
            let mut gunzip = Gunzip::new(window, self.budget, &ending);
            let mut inner = Window::new(&mut gunzip, self.budget);
            self.any(&mut inner, &inside, KeepBy::Caller)
        };
        let (_, raw) = window.drained().map(Tap::finish).unwrap_or_default();
        for mut draft in drafts {
            end_compressed(&mut draft, ending.get());
            self.give(way, draft, raw.clone());
        }
    }

    fn base64(&mut self, window: &mut Window<'_>, way: &Way) {
        window.tap(self.budget.caps.mail_bytes as u64, Tap::nothing());
        let encoded = window.rest();
        if let Some(reason) = self.budget.take_stop() {
            let draft = Draft::refused(reason, None, digest_of(&[&encoded]), way.notes.clone());
            self.give(way, draft, Vec::new());
            return;
        }
        let mut inside = Way { archives: way.archives + 1, ..way.clone() };
        inside.notes.note(DeviationKind::TransferEncoding, "base64");
        self.bytes(&mailtext::encode::decode_base64_lenient(&encoded), &inside);
    }

    fn xml(&mut self, window: &mut Window<'_>, way: &Way, keep: KeepBy, before: usize) -> Vec<Draft> {
        window.tap(self.budget.caps.report_bytes, self.tap(keep));
        let mut notes = way.notes.clone();
        if before > 0 {
            let junk = window.seen().get(..before).unwrap_or_default();
            let shown = String::from_utf8_lossy(junk.trim_ascii()).into_owned();
            notes.note(DeviationKind::JunkBefore, &shown);
            window.consume(before);
        }
        let (charset, mark) = text::charset(window.peek(SNIFF_BYTES_MAX), &mut notes);
        window.consume(mark);
        let mut text = Text::new(window, charset);
        let mut drafts: Vec<Draft> = Vec::new();
        loop {
            let reading = crate::aggregate::read::read(&mut text, &mut notes);
            let is_over = matches!(&reading.end, End::Refused(_)) || rest_is_over(&mut text, &mut notes);
            if std::mem::take(&mut text.has_foreign) {
                notes.note(DeviationKind::Encoding, charset.name());
            }
            if matches!(&reading.end, End::Refused(reason) if reason.kind == ReasonKind::NotAReport) {
                // What is no report does not deviate from one.
                notes = way.notes.clone();
            }
            drafts.push(of_reading(reading, std::mem::take(&mut notes)));
            if is_over || self.budget.is_spent_by_member() {
                break;
            }
            // Several reports behind one another, as files that were put together have them.
            notes = way.notes.clone();
        }
        let (digest, raw) = window.drained().map(Tap::finish).unwrap_or_default();
        for (number, draft) in drafts.iter_mut().enumerate() {
            draft.digest = if number == 0 { digest } else { digest_of(&[&digest, &number.to_le_bytes()]) };
        }
        if let (Some(stop), Some(last)) = (self.budget.take_stop(), drafts.last_mut()) {
            last.content = Content::Refused(Some(Kind::Aggregate));
            last.status = Status::Refused;
            last.reason = Some(stop);
        }
        self.hand_on(drafts, &raw, way, keep)
    }

    fn json(&mut self, window: &mut Window<'_>, way: &Way, keep: KeepBy) -> Vec<Draft> {
        window.tap(self.budget.caps.json_bytes as u64, self.tap(keep));
        let mut notes = way.notes.clone();
        let (charset, mark) = text::charset(window.peek(4), &mut notes);
        window.consume(mark);
        let mut text = Text::new(window, charset);
        let mut bytes = Vec::new();
        // What fails here is told by the stop, or by the JSON that does not end.
        let _ = text.read_to_end(&mut bytes);
        if text.has_foreign {
            notes.note(DeviationKind::Encoding, charset.name());
        }
        let (digest, raw) = window.drained().map(Tap::finish).unwrap_or_default();
        let stop = self.budget.take_stop();
        let read = match stop {
            Some(reason) => Err(reason),
            None => crate::tls::read::read(&bytes, &mut notes),
        };
        let draft = match read {
            Ok(report) => {
                Draft { digest, content: Content::Tls(report), status: Status::Accepted, reason: None, notes }
            }
            Err(reason) => {
                let kind = (reason.kind != ReasonKind::NotAReport).then_some(Kind::Tls);
                Draft::refused(reason, kind, digest, notes)
            }
        };
        self.hand_on(vec![draft], &raw, way, keep)
    }

    /// What is refused and in memory.
    fn refuse_bytes(&mut self, bytes: &[&[u8]], way: &Way, reason: Reason, kind: Option<Kind>) {
        let raw = if self.raw == Raw::Keep { gzipped(bytes, self.budget.caps.raw_bytes) } else { Vec::new() };
        let draft = Draft::refused(reason, kind, digest_of(bytes), way.notes.clone());
        self.give(way, draft, raw);
    }
}

fn of_reading(reading: Reading, notes: Notes) -> Draft {
    let digest = [0; 32];
    let content = Content::Aggregate(Box::new(reading.report));
    match reading.end {
        End::Whole => Draft { digest, content, status: Status::Accepted, reason: None, notes },
        End::Salvaged(reason) => Draft { digest, content, status: Status::Salvaged, reason: Some(reason), notes },
        End::Refused(reason) => {
            // RFC 9990 §9.2: what is not in the format is set aside, to be looked at.
            let kind = (reason.kind != ReasonKind::NotAReport).then_some(Kind::Aggregate);
            Draft::refused(reason, kind, digest, notes)
        }
    }
}

/// Says of a report how the compressed bytes around it ended.
fn end_compressed(draft: &mut Draft, ending: Ending) {
    match ending {
        Ending::WrongChecksum | Ending::Broken if draft.status == Status::Accepted => {
            draft.status = Status::Salvaged;
            draft.reason = Some(ReasonKind::SalvagedChecksum.into());
        }
        Ending::Junk => draft.notes.note(DeviationKind::JunkAfter, ""),
        _ => {}
    }
}

/// Whether nothing comes behind a report but what can be left; notes what is no blank.
fn rest_is_over(text: &mut Text<'_, '_>, notes: &mut Notes) -> bool {
    loop {
        let Ok(bytes) = text.fill_buf() else { return true };
        if bytes.is_empty() {
            return true;
        }
        let blanks = bytes.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0).count();
        if blanks == bytes.len() {
            text.consume(blanks);
            continue;
        }
        let rest = bytes.get(blanks..).unwrap_or_default();
        let begins = |start: &[u8]| rest.starts_with(start) || (rest.len() < start.len() && start.starts_with(rest));
        if begins(b"<?xml") || begins(b"<feedback") || begins(b"\xef\xbb\xbf<") {
            let mark = if rest.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
            text.consume(blanks + mark);
            return false;
        }
        let junk = String::from_utf8_lossy(rest.get(..WORD_BYTES_MAX.min(rest.len())).unwrap_or_default()).into_owned();
        notes.note(DeviationKind::JunkAfter, &junk);
        return true;
    }
}
