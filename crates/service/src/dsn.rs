//! Notifications of deliveries that come in: of which message they speak.
//!
//! Backscatter – notifications of mail that somebody forged – looks as good as those that answer our own mail. What tells
//! them apart is the Message-ID of the message that came back, which only those know who have seen the message.

use std::borrow::Cow;

use mailtext::Headers;
use mailtext::mime::{ContentField, Part, walk};
use mailtext::path::ReversePath;

use crate::limits::{DSN_BODY_BYTES_MAX, DSN_FIELD_BYTES_MAX, DSN_ID_COUNT_MAX, MESSAGE_ID_BYTES_MAX};

/// What is kept of a message that may notify of a delivery.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notification {
    sender: Sender,
    /// The fields that tell what the body is, and what the message answers.
    fields: Vec<u8>,
    /// The beginning of the body; empty when the message is none.
    body: Vec<u8>,
    kind: Kind,
}

/// Whether it is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Kind {
    /// Not all fields have come.
    #[default]
    Open,
    Notification,
    Other,
}

/// Who sent it, by SMTP.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Sender {
    /// Nobody, so that nobody gets a notification of the notification.
    Null,
    #[default]
    Somebody,
}

impl Notification {
    /// Of a message with this MAIL FROM.
    #[must_use]
    pub fn of_sender(sender: &[u8]) -> Self {
        let is_null = matches!(ReversePath::parse(sender), Ok(ReversePath::Null));
        Self { sender: if is_null { Sender::Null } else { Sender::Somebody }, ..Self::default() }
    }

    /// Takes a field: `value` is what follows the colon.
    pub fn field(&mut self, name: &[u8], value: &[u8]) {
        let is_known = KEPT.iter().any(|kept| name.eq_ignore_ascii_case(kept.as_bytes()));
        if is_known && self.fields.len() + name.len() + value.len() + 3 <= DSN_FIELD_BYTES_MAX {
            self.fields.extend_from_slice(name);
            self.fields.push(b':');
            self.fields.extend_from_slice(value);
            self.fields.extend_from_slice(b"\r\n");
        }
    }

    /// Takes a piece of the body, when all fields have come.
    pub fn body(&mut self, chunk: &[u8]) {
        if self.kind == Kind::Open {
            self.kind = if self.is_one() { Kind::Notification } else { Kind::Other };
        }
        if self.kind == Kind::Notification {
            let room = DSN_BODY_BYTES_MAX.saturating_sub(self.body.len());
            self.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
    }

    /// The Message-IDs that it speaks of, each once, with their brackets; `None` when it is no notification.
    #[must_use]
    pub fn message_ids(&self) -> Option<Vec<Vec<u8>>> {
        if !self.is_one() {
            return None;
        }
        let mut fields = self.fields.clone();
        fields.extend_from_slice(b"\r\n");
        let headers = Headers::parse(&fields);
        let mut found = Found::default();
        let (parts, _) = walk(headers.clone(), &self.body);
        parts.iter().for_each(|part| found.part(part));
        // RFC 3834 §3.1.6: an automatic response names what it answers in In-Reply-To and References.
        for name in ["in-reply-to", "references"] {
            headers.named(name).for_each(|field| found.each_of(field.value));
        }
        Some(found.ids)
    }

    fn is_one(&self) -> bool {
        // RFC 3464 §2: sent with a null return address, as a multipart/report that names its kind.
        self.sender == Sender::Null || self.is_delivery_report()
    }

    fn is_delivery_report(&self) -> bool {
        let headers = Headers::parse(&self.fields);
        let kind = headers.named("content-type").next().and_then(|field| ContentField::parse(field.value));
        kind.is_some_and(|kind| {
            let report = kind.parameter("report-type").unwrap_or_default();
            kind.kind == "multipart/report" && report.eq_ignore_ascii_case("delivery-status")
        })
    }
}

/// The first Message-ID of a value, with its brackets; where there are none, all of it. Of one that is too long, the
/// beginning. What we send is remembered by this, and what comes back is looked for by it.
pub(crate) fn message_id(value: &[u8]) -> &[u8] {
    let id = bracketed(value).map_or_else(|| value.trim_ascii(), |(id, _)| id);
    &id[..id.len().min(MESSAGE_ID_BYTES_MAX)]
}

/// What stands in the first pair of angle brackets, with these; and what follows.
fn bracketed(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = value.iter().position(|byte| *byte == b'<')?;
    let end = start + value[start..].iter().position(|byte| *byte == b'>')?;
    Some((&value[start..=end], &value[end + 1..]))
}

#[derive(Default)]
struct Found {
    ids: Vec<Vec<u8>>,
}

impl Found {
    fn part(&mut self, part: &Part<'_>) {
        let (name, block): (&str, Cow<'_, [u8]>) = match &*part.content_type.kind {
            // RFC 3464 §2: a part may hold the returned message, or its header.
            "message/rfc822" | "message/global" | "text/rfc822-headers" | "message/global-headers" => {
                ("message-id", part.decoded())
            }
            // A notification of what the recipient did names the message itself.
            "message/disposition-notification" | "message/global-disposition-notification" => {
                ("original-message-id", part.decoded())
            }
            // Mail servers of before RFC 3464, and some of today, bring the message back within their text.
            "text/plain" => return self.text(&part.decoded()),
            _ => return,
        };
        let returned = Headers::parse(&block);
        returned.named(name).for_each(|field| self.each_of(field.value));
    }

    fn text(&mut self, text: &[u8]) {
        for line in text.split(|byte| *byte == b'\n') {
            let line = line.trim_ascii_start();
            let named = line.get(..NAME.len()).is_some_and(|start| start.eq_ignore_ascii_case(NAME));
            if named {
                self.each_of(&line[NAME.len()..]);
            }
        }
    }

    fn each_of(&mut self, mut value: &[u8]) {
        while let Some((id, rest)) = bracketed(value) {
            self.add(message_id(id));
            value = rest;
        }
    }

    fn add(&mut self, id: &[u8]) {
        if self.ids.len() < DSN_ID_COUNT_MAX && !self.ids.iter().any(|known| known == id) {
            self.ids.push(id.to_vec());
        }
    }
}

const NAME: &[u8] = b"Message-ID:";
/// The fields that are kept.
const KEPT: [&str; 4] = ["Content-Type", "Content-Transfer-Encoding", "In-Reply-To", "References"];

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(sender: &str, message: &str) -> Option<Vec<String>> {
        let wire = message.replace('\n', "\r\n");
        let headers = Headers::parse(wire.as_bytes());
        let mut notification = Notification::of_sender(sender.as_bytes());
        headers.iter().for_each(|field| notification.field(field.name, field.value.trim_ascii_end()));
        for chunk in wire.as_bytes()[headers.body_start()..].chunks(7) {
            notification.body(chunk);
        }
        let ids = notification.message_ids()?;
        Some(ids.into_iter().map(|id| String::from_utf8(id).unwrap()).collect())
    }

    const REPORT: &str = "Content-Type: multipart/report; report-type=Delivery-Status;\n boundary=b\n\n--b\n\nSorry.\n\
        --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
        --b\nContent-Type: KIND\n\nFrom: taro@example.jp\nMessage-ID:\n <1@example.jp>\nSubject: x\n\n--b--\n";

    #[test]
    fn what_came_back_is_found_in_its_part() {
        for kind in ["message/rfc822", "text/rfc822-headers", "message/global-headers", "message/global"] {
            for sender in ["<>", "<postmaster@mx.example>"] {
                assert_eq!(
                    ids(sender, &REPORT.replace("KIND", kind)),
                    Some(vec!["<1@example.jp>".to_owned()]),
                    "{kind}"
                );
            }
        }
        assert_eq!(ids("<>", &REPORT.replace("KIND", "image/png")), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_notification_is_not_looked_at() {
        let other = REPORT.replace("Delivery-Status", "feedback-report").replace("KIND", "message/rfc822");
        assert_eq!(ids("<a@b.example>", &other), None);
        assert_eq!(ids("<a@b.example>", "Subject: x\n\nMessage-ID: <1@example.jp>\n"), None);
    }

    #[test]
    fn other_automatic_answers() {
        let qmail = "Subject: failure notice\n\nHi. This is the qmail-send program.\n\n--- Below this line is a copy.\n\n\
            message-id: <1@example.jp> (added)\nSubject: x\n";
        assert_eq!(ids("<>", qmail), Some(vec!["<1@example.jp>".to_owned()]));
        let away = "In-Reply-To: <1@example.jp>\nReferences: <0@example.jp>\n <1@example.jp>\n\nI am away.\n";
        assert_eq!(ids("<>", away), Some(vec!["<1@example.jp>".to_owned(), "<0@example.jp>".to_owned()]));
        let read = "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\
            Content-Type: message/disposition-notification\n\nOriginal-Message-ID: <1@example.jp>\n\n--b--\n";
        assert_eq!(ids("<>", read), Some(vec!["<1@example.jp>".to_owned()]));
    }

    #[test]
    fn ids_at_below_and_above_the_limit() {
        for count in [DSN_ID_COUNT_MAX - 1, DSN_ID_COUNT_MAX, DSN_ID_COUNT_MAX + 1] {
            let all: Vec<_> = (0..count).map(|number| format!("<{number}@example.jp>")).collect();
            let found = ids("<>", &format!("References: {}\n\n", all.join("\n "))).unwrap();
            assert_eq!(found.len(), count.min(DSN_ID_COUNT_MAX));
        }
    }

    #[test]
    fn bytes_at_below_and_above_the_limits() {
        let line = b"Message-ID: <1@example.jp>\r\n";
        for (before, is_found) in [(0, true), (DSN_BODY_BYTES_MAX - line.len(), true), (DSN_BODY_BYTES_MAX, false)] {
            let mut notification = Notification::of_sender(b"<>");
            notification.body(&b"\n".repeat(before));
            notification.body(line);
            notification.body(line);
            assert_eq!(notification.message_ids().unwrap().len(), usize::from(is_found), "{before}");
            assert!(notification.body.len() <= DSN_BODY_BYTES_MAX);
        }
        let mut notification = Notification::of_sender(b"<>");
        let overhead = "References".len() + 3;
        notification.field(b"References", &vec![b'x'; DSN_FIELD_BYTES_MAX - overhead + 1]);
        assert!(notification.fields.is_empty());
        notification.field(b"References", &vec![b'x'; DSN_FIELD_BYTES_MAX - overhead]);
        assert_eq!(notification.fields.len(), DSN_FIELD_BYTES_MAX);
        notification.field(b"In-Reply-To", b"");
        assert_eq!(notification.fields.len(), DSN_FIELD_BYTES_MAX);
    }

    #[test]
    fn an_id_is_the_same_going_out_and_coming_back() {
        for value in [" <1@example.jp>", "\n <1@example.jp>", " <1@example.jp> (added by mx.example)"] {
            assert_eq!(message_id(value.as_bytes()), b"<1@example.jp>");
        }
        assert_eq!(message_id(b" without "), b"without");
        assert_eq!(message_id(&[b'x'; MESSAGE_ID_BYTES_MAX + 1]).len(), MESSAGE_ID_BYTES_MAX);
    }
}
