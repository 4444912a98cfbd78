//! A book as text, of a version of its own: what stands on the disk between two turns.
//!
//! ```text
//! sekisho-keys 1
//! line example.jp rsa own
//! key rsa-202611-1 active since=1795305600 created=1795219200 active=1795305600 seen=1795222800 p=MIIB…
//! used rsa-202605-1 1795219200
//! line client.example ed25519 provider dkim.provider.example 3 asked
//! ```
//!
//! Keys and used selectors belong to the line before them. Whoever reads an unknown word refuses the whole text: a book that is
//! half understood would lose keys.

use std::fmt::Write as _;

use dkim::KeyKind;
use mailtext::Domain;
use mailtext::encode::decode_base64_fws;

use super::book::Book;
use super::life::{KeyLife, Stage, Standing};
use super::line::{Line, Place};
use crate::limits::{BOOK_BYTES_MAX, LINE_KEY_COUNT_MAX, PUBLIC_BYTES_MAX, SLOT_COUNT_MAX, USED_SELECTOR_COUNT_MAX};

/// Why a text is no book, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub kind: TextErrorKind,
}

/// What can be wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextErrorKind {
    /// Not a book, or one of another version.
    Version,
    /// Longer than [`BOOK_BYTES_MAX`].
    TooLong,
    /// A word that is not known there, or is missing.
    Word,
    /// A name, a number or a key that is none.
    Value,
    /// Something that is there twice, or too often.
    Repeated,
}

impl Book {
    /// The book as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEAD}\n");
        for (_, line) in self.lines() {
            write_line(&mut text, line);
        }
        text
    }

    /// Reads a book.
    ///
    /// # Errors
    /// It is none; nothing of it is used.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let wrong = |line: usize, kind| TextError { line, kind };
        if text.len() > BOOK_BYTES_MAX {
            return Err(wrong(1, TextErrorKind::TooLong));
        }
        let mut lines = text.lines().enumerate();
        if lines.next().map(|(_, head)| head) != Some(HEAD) {
            return Err(wrong(1, TextErrorKind::Version));
        }
        let (mut book, mut current) = (Self::new(), None::<Line>);
        let mut last = 1;
        for (at, content) in lines {
            last = at + 1;
            let (word, rest) = content.split_once(' ').ok_or(wrong(last, TextErrorKind::Word))?;
            match (word, current.as_mut()) {
                ("line", _) => {
                    let line = read_line(rest).map_err(|kind| wrong(last, kind))?;
                    keep(&mut book, current.replace(line)).map_err(|kind| wrong(last, kind))?;
                }
                ("key", Some(line)) => read_key(rest, line).map_err(|kind| wrong(last, kind))?,
                ("used", Some(line)) => read_used(rest, line).map_err(|kind| wrong(last, kind))?,
                _ => return Err(wrong(last, TextErrorKind::Word)),
            }
        }
        keep(&mut book, current).map_err(|kind| wrong(last, kind))?;
        Ok(book)
    }
}

fn keep(book: &mut Book, line: Option<Line>) -> Result<(), TextErrorKind> {
    let is_kept = line.is_none_or(|line| book.insert(line));
    if is_kept { Ok(()) } else { Err(TextErrorKind::Repeated) }
}

fn write_line(text: &mut String, line: &Line) {
    let place = match &line.place {
        Place::Own => "own".to_owned(),
        Place::Provider { zone, slots } => format!("provider {zone} {slots}"),
    };
    let _ = write!(text, "line {} {} {place}", line.domain, line.kind.as_str());
    text.push_str(if line.is_asked { " asked" } else { "" });
    text.push_str(if line.is_ending { " ending\n" } else { "\n" });
    for key in &line.keys {
        let _ =
            write!(text, "key {} {} since={} created={}", key.selector, key.stage.as_str(), key.since_s, key.created_s);
        let times = [
            ("active", key.active_s),
            ("until", key.signed_until_s),
            ("seen", key.seen_s),
            ("settle", Some(u64::from(key.settle_s)).filter(|settle_s| *settle_s > 0)),
            ("reported", key.reported_s),
        ];
        for (name, value) in times {
            if let Some(value) = value {
                let _ = write!(text, " {name}={value}");
            }
        }
        text.push_str(if key.standing == Standing::Compromised { " compromised" } else { "" });
        let _ = writeln!(text, " p={}", key.public);
    }
    for (selector, since_s) in &line.used {
        let _ = writeln!(text, "used {selector} {since_s}");
    }
}

fn read_line(text: &str) -> Result<Line, TextErrorKind> {
    let mut words = text.split(' ');
    let mut word = || words.next().ok_or(TextErrorKind::Word);
    let domain = name(word()?)?;
    let kind = match word()? {
        "rsa" => KeyKind::Rsa,
        "ed25519" => KeyKind::Ed25519,
        _ => return Err(TextErrorKind::Word),
    };
    let place = match word()? {
        "own" => Place::Own,
        "provider" => {
            let zone = name(word()?)?;
            let slots = word()?.parse().ok().filter(|slots| (2..=SLOT_COUNT_MAX).contains(slots));
            Place::Provider { zone, slots: slots.ok_or(TextErrorKind::Value)? }
        }
        _ => return Err(TextErrorKind::Word),
    };
    let mut line = Line::new(domain, kind, place);
    for word in words {
        match word {
            "asked" => line.is_asked = true,
            "ending" => line.is_ending = true,
            _ => return Err(TextErrorKind::Word),
        }
    }
    Ok(line)
}

fn read_key(text: &str, line: &mut Line) -> Result<(), TextErrorKind> {
    let mut words = text.split(' ');
    let selector = name(words.next().ok_or(TextErrorKind::Word)?)?;
    let stage = words.next().and_then(Stage::parse).ok_or(TextErrorKind::Word)?;
    if line.key(&selector).is_some() || line.keys.len() >= LINE_KEY_COUNT_MAX {
        return Err(TextErrorKind::Repeated);
    }
    // At most one signs.
    if stage == Stage::Active && line.active().is_some() {
        return Err(TextErrorKind::Repeated);
    }
    let mut key = KeyLife { stage, ..KeyLife::new(selector, "", 0) };
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let number = || value.parse::<u64>().map_err(|_| TextErrorKind::Value);
        match name {
            "since" => key.since_s = number()?,
            "created" => key.created_s = number()?,
            "active" => key.active_s = Some(number()?),
            "until" => key.signed_until_s = Some(number()?),
            "seen" => key.seen_s = Some(number()?),
            "settle" => key.settle_s = u32::try_from(number()?).map_err(|_| TextErrorKind::Value)?,
            "reported" => key.reported_s = Some(number()?),
            "compromised" if value.is_empty() => key.standing = Standing::Compromised,
            "p" => key.public = public(value)?.into(),
            _ => return Err(TextErrorKind::Word),
        }
    }
    if key.public.is_empty() {
        return Err(TextErrorKind::Word);
    }
    line.keys.push(key);
    Ok(())
}

fn read_used(text: &str, line: &mut Line) -> Result<(), TextErrorKind> {
    let (selector, since) = text.split_once(' ').ok_or(TextErrorKind::Word)?;
    if line.used.len() >= USED_SELECTOR_COUNT_MAX {
        return Err(TextErrorKind::Repeated);
    }
    line.used.push((name(selector)?, since.parse().map_err(|_| TextErrorKind::Value)?));
    Ok(())
}

fn name(text: &str) -> Result<Domain, TextErrorKind> {
    Domain::parse(text).map_err(|_| TextErrorKind::Value)
}

/// It goes into a record as it stands, so it is base64 and nothing else.
fn public(text: &str) -> Result<&str, TextErrorKind> {
    let is_base64 = text.bytes().all(|byte| byte.is_ascii_graphic()) && decode_base64_fws(text.as_bytes()).is_ok();
    if text.len() <= PUBLIC_BYTES_MAX && is_base64 { Ok(text) } else { Err(TextErrorKind::Value) }
}

const HEAD: &str = "sekisho-keys 1";
