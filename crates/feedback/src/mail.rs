//! The mail that carries a report, as bytes: ASCII, lines of 78 columns where words allow it and never more than 998.
//!
//! A [`Letter`] is all of it that is the same for everybody: kept beside its report until it is sent, and never made anew.
//! [`Letter::to_bytes`] adds who it is for. Nothing here signs; whoever sends it does.

use std::fmt::Write as _;

use mailtext::date::DateTime;
use mailtext::encode::{encode_base64, encode_quoted_printable};
use mailtext::encoded_word::{WordCharset, encode_words};
use mailtext::{Domain, Explain, Value};

use crate::hash::id_of;
use crate::limits::{MAIL_HEADER_TEXT_BYTES_MAX, MAIL_LINE_BYTES_MAX};

/// A mail without its addressee.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Letter {
    /// Its Subject, each line of it.
    pub subject: Vec<Box<str>>,
    /// Its Content-Type.
    pub content_type: Box<str>,
    /// Its body: all parts.
    pub body: Vec<u8>,
    /// Its Date, in seconds since 1970.
    pub date_s: u64,
}

/// Who a mail is from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    /// The address of From: its domain is the one that has to be aligned.
    pub address: Box<str>,
    /// The name beside it.
    pub name: Option<Box<str>>,
    /// The right side of Message-ID.
    pub message_id_domain: Domain,
}

/// A file beside the text.
#[derive(Clone, Copy, Debug)]
pub struct Attachment<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type, `application/gzip`.
    pub media_type: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// What the first part of a mail tells a person; the catalogues have the sentences.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cover {
    /// That an aggregate report is attached.
    Aggregate {
        /// The policy domain.
        domain: Box<str>,
        /// Who reports.
        submitter: Box<str>,
        /// Its id.
        report_id: Box<str>,
        /// From when, as RFC 5322 writes dates.
        begin: String,
        /// Until when.
        end: String,
        /// How many messages it counts.
        messages: u64,
    },
    /// What a failure report is about.
    Failure {
        /// The domain.
        domain: Box<str>,
        /// The address that the message came from, where it is told.
        source: Box<str>,
        /// When, as RFC 5322 writes dates.
        date: String,
        /// How many such messages there were.
        incidents: u64,
    },
}

impl Letter {
    /// A text with a file: `multipart/mixed`.
    #[must_use]
    pub fn with_file(subject: &[String], text: &str, file: Attachment<'_>, date_s: u64) -> Self {
        let boundary = boundary(&[text.as_bytes(), file.bytes]);
        let mut body = opening(&boundary, text);
        // RFC 9990 §3.5.2: a compressed report has the media type application/gzip, and a file name by the grammar.
        let _ = write!(
            body,
            "Content-Type: {};\r\n name=\"{name}\"\r\nContent-Disposition: attachment;\r\n filename=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n",
            file.media_type,
            name = file.name,
        );
        write_base64(&mut body, file.bytes);
        let _ = write!(body, "--{boundary}--\r\n");
        let content_type = format!("multipart/mixed;\r\n boundary=\"{boundary}\"");
        Self::new(subject, content_type, body, date_s)
    }

    /// A text, fields for machines and a message's header: `multipart/report` (RFC 5965 §2).
    #[must_use]
    pub fn with_fields(subject: &[String], text: &str, fields: &str, header: &str, date_s: u64) -> Self {
        let boundary = boundary(&[text.as_bytes(), fields.as_bytes(), header.as_bytes()]);
        let mut body = opening(&boundary, text);
        body.push_str("Content-Type: message/feedback-report\r\nContent-Transfer-Encoding: 7bit\r\n\r\n");
        push_lines(&mut body, fields);
        let _ = write!(body, "\r\n--{boundary}\r\n");
        // RFC 6591 §3.1: the third part is the whole message, or its header alone. A body is never sent.
        body.push_str("Content-Type: text/rfc822-headers; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n");
        push_lines(&mut body, header);
        let _ = write!(body, "\r\n--{boundary}--\r\n");
        let content_type = format!("multipart/report; report-type=feedback-report;\r\n boundary=\"{boundary}\"");
        Self::new(subject, content_type, body, date_s)
    }

    /// A text alone, for a person; its subject in one line. Whatever language it is in, no server changes a byte of it.
    #[must_use]
    pub fn plain(subject: &str, text: &str, date_s: u64) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let text = lines.join("\r\n") + "\r\n";
        let strange = text.bytes().filter(|byte| !byte.is_ascii()).count();
        let (encoding, body) = if strange == 0 && is_plain(&text) {
            ("charset=us-ascii\r\nContent-Transfer-Encoding: 7bit", text)
        } else if strange <= text.len() / 6 {
            // RFC 2045 §6.7: what is mostly ASCII stays readable as it is.
            ("charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable", encode_quoted_printable(text.as_bytes()))
        } else {
            let mut body = String::new();
            write_base64(&mut body, text.as_bytes());
            ("charset=utf-8\r\nContent-Transfer-Encoding: base64", body)
        };
        Self::new(&subject_lines(subject), format!("text/plain; {encoding}"), body, date_s)
    }

    fn new(subject: &[String], content_type: String, body: String, date_s: u64) -> Self {
        Self {
            subject: subject.iter().map(|line| safe(line).into()).collect(),
            content_type: content_type.into(),
            body: body.into_bytes(),
            date_s,
        }
    }

    /// The whole message to one mailbox. `id` is the left side of Message-ID: letters and digits. Equal arguments give
    /// equal bytes.
    #[must_use]
    pub fn to_bytes(&self, from: &Sender, to: &str, id: &str) -> Vec<u8> {
        let mut head = String::with_capacity(1024);
        let name = from.name.as_deref().filter(|name| !name.is_empty()).map(phrase);
        let _ = match name {
            None => write!(head, "From: {}\r\n", safe(&from.address)),
            Some(name) => write!(head, "From: {name}\r\n <{}>\r\n", safe(&from.address)),
        };
        let date = DateTime { unix_seconds: i64::try_from(self.date_s).unwrap_or(i64::MAX), offset_minutes: 0 };
        let subject: Vec<&str> = self.subject.iter().map(|line| &**line).collect();
        let _ = write!(
            head,
            "To: {}\r\nSubject: {}\r\nDate: {date}\r\nMessage-ID: <{}@{}>\r\n\
             Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: {}\r\n\r\n",
            safe(to),
            subject.join("\r\n "),
            safe(id),
            from.message_id_domain,
            self.content_type,
        );
        [head.as_bytes(), &self.body].concat()
    }
}

/// The boundary of a body, made of its content: no content holds it but by an accident of 128 bits.
fn boundary(content: &[&[u8]]) -> String {
    format!("=_{}", id_of(content))
}

/// The first part.
fn opening(boundary: &str, text: &str) -> String {
    let mut body = format!("This is a message in MIME format.\r\n\r\n--{boundary}\r\n");
    if is_plain(text) {
        body.push_str("Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n");
        push_lines(&mut body, text);
        body.push_str("\r\n");
    } else {
        body.push_str("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
        let lines: Vec<&str> = text.lines().collect();
        write_base64(&mut body, (lines.join("\r\n") + "\r\n").as_bytes());
    }
    let _ = write!(body, "--{boundary}\r\n");
    body
}

/// Whether a text can be sent as it is.
fn is_plain(text: &str) -> bool {
    text.is_ascii()
        && text.lines().all(|line| line.len() <= MAIL_LINE_BYTES_MAX)
        && !text.replace("\r\n", "\n").chars().any(|character| character.is_ascii_control() && character != '\n')
}

/// A subject in lines that RFC 5322 §2.1.1 likes: 78 columns, with its name.
fn subject_lines(subject: &str) -> Vec<String> {
    const COLUMNS: usize = 68;
    const FIRST_WORD_BYTES: usize = 18;
    let subject: String = subject.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let subject = &subject[..subject.floor_char_boundary(MAIL_HEADER_TEXT_BYTES_MAX)];
    if !subject.is_ascii() {
        // RFC 2047 §2: no line with an encoded word is longer than 76; the first has the field's name before it.
        let (first, rest) = subject.split_at(subject.floor_char_boundary(FIRST_WORD_BYTES));
        return [encode_words(first, WordCharset::Utf8), encode_words(rest, WordCharset::Utf8)].concat();
    }
    let mut lines: Vec<String> = Vec::new();
    for word in subject.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= COLUMNS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn push_lines(body: &mut String, text: &str) {
    for line in text.lines() {
        body.push_str(line);
        body.push_str("\r\n");
    }
}

/// RFC 2045 §6.8: lines of at most 76 characters.
fn write_base64(body: &mut String, bytes: &[u8]) {
    const LINE_BYTES: usize = 57;
    for line in bytes.chunks(LINE_BYTES) {
        body.push_str(&encode_base64(line));
        body.push_str("\r\n");
    }
}

/// A name as RFC 5322 §3.4 lets it stand before an address.
fn phrase(name: &str) -> String {
    let name = &name[..name.floor_char_boundary(MAIL_HEADER_TEXT_BYTES_MAX)];
    if !name.is_ascii() || name.chars().any(|character| character.is_ascii_control()) {
        let printable: String =
            name.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
        return encode_words(&printable, WordCharset::Utf8).join("\r\n ");
    }
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Text that ends no field: printable ASCII, and no longer than a line may be.
fn safe(text: &str) -> String {
    let kept = |character: char| if character == ' ' || character.is_ascii_graphic() { character } else { '?' };
    text.chars().take(MAIL_HEADER_TEXT_BYTES_MAX).map(kept).collect()
}

impl Explain for Cover {
    fn id(&self) -> &'static str {
        match self {
            Self::Aggregate { .. } => "feedback-cover-aggregate",
            Self::Failure { .. } => "feedback-cover-failure",
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Aggregate { domain, submitter, report_id, begin, end, messages } => vec![
                ("domain", (&**domain).into()),
                ("submitter", (&**submitter).into()),
                ("report_id", (&**report_id).into()),
                ("begin", begin.as_str().into()),
                ("end", end.as_str().into()),
                ("messages", (*messages).into()),
            ],
            Self::Failure { domain, source, date, incidents } => vec![
                ("domain", (&**domain).into()),
                ("source", (&**source).into()),
                ("date", date.as_str().into()),
                ("incidents", (*incidents).into()),
            ],
        }
    }
}
