//! Mails: every part of each, however it is named, typed and encoded.

use std::borrow::Cow;
use std::io::BufRead;

use mailtext::Headers;
use mailtext::mime::{self, Encoding, Part};
use mailtext::source::{Event, Splitter};

use super::bytes::{Tap, Window, digest_of, gzipped};
use super::sniff::{self, Sort};
use super::{Draft, Intake, Raw, Way};
use crate::archive::{Content, Kind, Status};
use crate::deviation::DeviationKind;
use crate::failure::read::{Original, read as read_failure, read_text};
use crate::limits::SNIFF_BYTES_MAX;
use crate::reason::{Reason, ReasonKind};

/// A mail in memory.
#[derive(Default)]
struct Mail {
    headers: Vec<u8>,
    body: Vec<u8>,
    is_too_large: bool,
    is_whole: bool,
}

impl Intake<'_> {
    /// A mail, or a file of mails, one after the other.
    pub(super) fn mails(&mut self, window: &mut Window<'_>, way: &Way) {
        window.tap(u64::MAX, Tap::nothing());
        let is_file_of_mails = window.peek(8).trim_ascii_start().starts_with(b"From ");
        let bytes_max = self.budget.caps.mail_bytes;
        let mut splitter = Splitter::new(None);
        let mut mails: Vec<Mail> = Vec::new();
        let mut number = 0_u64;
        while let Ok(chunk) = window.fill_buf() {
            if chunk.is_empty() {
                break;
            }
            let count = chunk.len();
            splitter.feed(chunk, &mut |event| collect(event, &mut mails, bytes_max));
            window.consume(count);
            let whole = mails.iter().take_while(|mail| mail.is_whole).count();
            for mail in mails.drain(..whole) {
                number += 1;
                self.one_of_mails(&mail, way, is_file_of_mails.then_some(number));
            }
        }
        splitter.finish(&mut |event| collect(event, &mut mails, bytes_max));
        // The compressed bytes around it may be damaged, or a bomb: then the mail that was being read is not to be used.
        let stop = self.budget.take_stop();
        for mail in mails.drain(..) {
            number += 1;
            match &stop {
                Some(reason) => self.refuse_bytes(&[&mail.headers, &mail.body], way, reason.clone(), None),
                None => self.one_of_mails(&mail, way, is_file_of_mails.then_some(number)),
            }
        }
    }

    fn one_of_mails(&mut self, mail: &Mail, way: &Way, number: Option<u64>) {
        if way.mails == 0 && way.archives == 0 {
            self.budget.begin_mail();
        }
        let inside = match number {
            Some(number) => Way { mails: way.mails + 1, ..way.to(&number.to_string()) },
            None => Way { mails: way.mails + 1, ..way.clone() },
        };
        if mail.is_too_large {
            let reason = Reason::new(ReasonKind::TooLarge, &self.budget.caps.mail_bytes.to_string());
            return self.refuse_bytes(&[&mail.headers, &mail.body], &inside, reason, None);
        }
        self.mail(mail, &inside);
    }

    fn mail(&mut self, mail: &Mail, way: &Way) {
        let mut way = way.clone();
        let (headers, body) = (repaired(&mail.headers), repaired(&mail.body));
        if matches!((&headers, &body), (Cow::Owned(_), _) | (_, Cow::Owned(_))) {
            way.notes.note(DeviationKind::MailHeader, "ContentType");
        }
        let (parts, _) = mime::walk(Headers::parse(&headers), &body);
        let given = self.given;
        let whole = [&*mail.headers, &*mail.body];
        let mut index = 0;
        let mut met: Vec<&str> = Vec::new();
        while let Some(part) = parts.get(index) {
            if self.budget.is_spent() || self.budget.is_spent_by_member() {
                let limit = self.budget.caps.members.to_string();
                self.refuse_bytes(&whole, &way, Reason::new(ReasonKind::TooMany, &limit), None);
                return;
            }
            if is_feedback(part) {
                index = self.failure(&parts, index, &whole, &way);
                continue;
            }
            let before = self.given;
            self.part(part, index, &whole, &way);
            let kind = &*part.content_type.kind;
            if self.given == before && !part.body.trim_ascii().is_empty() && !met.contains(&kind) && met.len() < 8 {
                met.push(kind);
            }
            index += 1;
        }
        if self.given == given {
            let met = met.into_iter().filter(|kind| !kind.starts_with("multipart/")).collect::<Vec<_>>().join(", ");
            self.refuse_bytes(&whole, &way, Reason::new(ReasonKind::NoReport, &met), None);
        }
    }

    /// A failure report, from the part on that machines read; gives the index of the part behind it.
    fn failure(&mut self, parts: &[Part<'_>], at: usize, whole: &[&[u8]], way: &Way) -> usize {
        let part = &parts[at];
        let mut notes = way.notes.clone();
        // RFC 5965 §2: a multipart/report with report-type=feedback-report, of three parts; the second has its own type.
        let around = parts[..at].iter().rev().find(|other| other.depth < part.depth);
        let is_report = around.is_some_and(|around| {
            let kind = around.content_type.parameter("report-type");
            around.content_type.kind == "multipart/report"
                && kind.is_some_and(|kind| kind.eq_ignore_ascii_case("feedback-report"))
        });
        if !is_report {
            let shown = around.map_or("", |around| &around.content_type.kind);
            notes.note(DeviationKind::MailStructure, shown);
        }
        if part.content_type.kind != FEEDBACK {
            notes.note(DeviationKind::MediaType, &part.content_type.kind);
        }
        if part.encoding == Encoding::Base64 {
            // RFC 5965 §7.1: 7bit is sufficient and must be used.
            notes.note(DeviationKind::TransferEncoding, "base64");
        }
        let siblings = |index: usize| parts.get(index).is_some_and(|other| other.depth == part.depth);
        let original_at =
            (at + 1..parts.len()).take_while(|index| parts[*index].depth >= part.depth).find(|index| siblings(*index));
        let text = (0..at).rev().take_while(|index| parts[*index].depth >= part.depth).filter(|index| siblings(*index));
        let text = text.map(|index| &parts[index]).find(|other| other.content_type.kind.starts_with("text/"));
        let body = part.decoded();
        let shown = original_at.map(|index| parts[index].decoded());
        let is_message = original_at
            .is_some_and(|index| matches!(&*parts[index].content_type.kind, "message/rfc822" | "message/global"));
        let original =
            shown.as_deref().map(|bytes| if is_message { Original::Message(bytes) } else { Original::Headers(bytes) });
        let read = read_failure(&body, original, text.map(Part::text).as_deref(), &mut notes);
        let digest = digest_of(&[&body, shown.as_deref().unwrap_or_default()]);
        let draft = match read {
            Ok(failure) => Draft {
                digest,
                content: Content::Failure(Box::new(failure)),
                status: Status::Accepted,
                reason: None,
                notes,
            },
            Err(reason) => Draft::refused(reason, Some(Kind::Failure), digest, notes),
        };
        let raw = self.raw_of(whole);
        self.give(way, draft, raw);
        // What is inside the message that is shown is not ours to read.
        let behind = original_at.map_or(at + 1, |index| index + 1);
        let inside = parts.get(behind..).unwrap_or_default().iter().take_while(|other| other.depth > part.depth);
        behind + inside.count()
    }

    fn raw_of(&self, whole: &[&[u8]]) -> Vec<u8> {
        if self.raw == Raw::Keep { gzipped(whole, self.budget.caps.raw_bytes) } else { Vec::new() }
    }

    /// A part that may be a report, or hold one.
    fn part(&mut self, part: &Part<'_>, index: usize, whole: &[&[u8]], way: &Way) {
        let kind = &*part.content_type.kind;
        let is_opened = part.encoding == Encoding::Identity && (kind == "message/rfc822" || kind == "message/global");
        if is_opened || kind.starts_with("multipart/") {
            return;
        }
        let name = part.file_name().unwrap_or_default();
        let is_announced = is_announced(kind, &name);
        let mut inside = match (&*name, index) {
            ("", 0) => way.clone(),
            ("", _) => way.to(&format!("{index}")),
            (name, _) => way.to(name),
        };
        let (bytes, sort) = decoded(part, &mut inside);
        let start = &bytes[..bytes.len().min(SNIFF_BYTES_MAX)];
        let is_wanted = match sort {
            Sort::Gzip | Sort::Zip | Sort::Tar | Sort::Base64 => true,
            Sort::Xml(_) => is_announced || has_root(start),
            Sort::Json => is_announced || memchr::memmem::find(start, b"\"policies\"").is_some(),
            Sort::Mail => kind.starts_with("message/") || ends_with(&name, &[".eml"]),
            Sort::Foreign(_) | Sort::Unknown | Sort::Empty => is_announced,
        };
        if is_wanted {
            if matches!(sort, Sort::Gzip | Sort::Zip | Sort::Xml(_) | Sort::Json) && !is_standard(sort, kind) {
                inside.notes.note(DeviationKind::MediaType, kind);
            }
            self.bytes(&bytes, &inside);
        } else if kind.starts_with("text/")
            && let Some(failure) = read_text(&part.text())
        {
            let mut notes = inside.notes;
            notes.note(DeviationKind::TextOnly, "");
            let draft = Draft {
                digest: digest_of(&[&bytes]),
                content: Content::Failure(Box::new(failure)),
                status: Status::Accepted,
                reason: None,
                notes,
            };
            let raw = self.raw_of(whole);
            self.give(way, draft, raw);
        }
    }
}

const FEEDBACK: &str = "message/feedback-report";

fn collect(event: Event<'_>, mails: &mut Vec<Mail>, bytes_max: usize) {
    match (event, mails.last_mut()) {
        (Event::Start, _) => mails.push(Mail::default()),
        (Event::Headers(block), Some(mail)) => mail.headers = block.to_vec(),
        (Event::Body(bytes), Some(mail)) => {
            if mail.body.len() + bytes.len() + mail.headers.len() > bytes_max {
                mail.is_too_large = true;
            } else if !mail.is_too_large {
                mail.body.extend_from_slice(bytes);
            }
        }
        (Event::End { .. }, Some(mail)) => mail.is_whole = true,
        _ => {}
    }
}

/// Some gateways write `ContentType:`.
fn repaired(bytes: &[u8]) -> Cow<'_, [u8]> {
    const WRONG: &[u8] = b"\nContentType:";
    let starts_wrong = bytes.starts_with(&WRONG[1..]);
    if !starts_wrong && memchr::memmem::find(bytes, WRONG).is_none() {
        return Cow::Borrowed(bytes);
    }
    let mut right = Vec::with_capacity(bytes.len() + 16);
    let mut rest = bytes;
    if starts_wrong {
        right.extend_from_slice(b"Content-Type:");
        rest = &rest[WRONG.len() - 1..];
    }
    while let Some(at) = memchr::memmem::find(rest, WRONG) {
        right.extend_from_slice(&rest[..at]);
        right.extend_from_slice(b"\nContent-Type:");
        rest = &rest[at + WRONG.len()..];
    }
    right.extend_from_slice(rest);
    Cow::Owned(right)
}

/// The part of a failure report that machines read, by its type or by its first field.
fn is_feedback(part: &Part<'_>) -> bool {
    if part.content_type.kind == FEEDBACK {
        return true;
    }
    let is_text = part.content_type.kind.starts_with("text/") || part.content_type.kind.starts_with("message/");
    let start = part.body.trim_ascii_start();
    is_text
        && start.get(..14).is_some_and(|start| start.eq_ignore_ascii_case(b"Feedback-Type:"))
        && part.encoding != Encoding::Base64
}

/// The part decoded, and what it is then; whatever its encoding says.
fn decoded<'p>(part: &Part<'p>, way: &mut Way) -> (Cow<'p, [u8]>, Sort) {
    let start = |bytes: &[u8]| sniff::sort(&bytes[..bytes.len().min(SNIFF_BYTES_MAX)]);
    let plain = start(part.body.trim_ascii_start());
    let is_plain = matches!(plain, Sort::Gzip | Sort::Zip | Sort::Xml(_) | Sort::Json | Sort::Base64);
    let says = match part.encoding {
        Encoding::Identity => return (Cow::Borrowed(part.body), plain),
        Encoding::Base64 if plain == Sort::Base64 => None,
        Encoding::QuotedPrintable if !matches!(plain, Sort::Gzip | Sort::Zip | Sort::Base64) => None,
        Encoding::Base64 => Some("base64"),
        Encoding::QuotedPrintable => Some("quoted-printable"),
        Encoding::Unknown => Some("unknown"),
    };
    match says {
        Some(says) if is_plain => {
            way.notes.note(DeviationKind::TransferEncoding, says);
            (Cow::Borrowed(part.body), plain)
        }
        _ => {
            let bytes = part.decoded();
            let sort = start(&bytes);
            (bytes, sort)
        }
    }
}

/// Whether the type or the name says that the part is a report: then it is told when it is none.
fn is_announced(kind: &str, name: &str) -> bool {
    let kinds = [
        "application/gzip",
        "application/x-gzip",
        "application/zip",
        "application/x-zip-compressed",
        "application/xml",
        "text/xml",
        "application/tlsrpt+gzip",
        "application/tlsrpt+json",
    ];
    kinds.contains(&kind) || ends_with(name, &[".xml", ".gz", ".zip", ".gzip", ".json", ".tgz", ".tar"])
}

fn ends_with(name: &str, ends: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    ends.iter().any(|end| name.ends_with(end))
}

/// Whether the root element of an aggregate report is there, in any charset whose letters are those of US-ASCII.
fn has_root(start: &[u8]) -> bool {
    let letters: Vec<u8> = start.iter().filter(|byte| **byte != 0).map(u8::to_ascii_lowercase).collect();
    memchr::memmem::find_iter(&letters, b"feedback").any(|at| at > 0 && matches!(letters[at - 1], b'<' | b':'))
}

/// Whether the standards have this type for what the part is.
fn is_standard(sort: Sort, kind: &str) -> bool {
    match sort {
        // RFC 9990 §3.5.2: application/gzip, or text/xml. RFC 8460 §5.3: application/tlsrpt+gzip, application/tlsrpt+json.
        Sort::Gzip => matches!(kind, "application/gzip" | "application/tlsrpt+gzip"),
        Sort::Xml(_) => kind == "text/xml",
        Sort::Json => kind == "application/tlsrpt+json",
        _ => false,
    }
}
