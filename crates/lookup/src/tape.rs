//! What was asked and answered, on a tape that can be played again: a bug report in the field becomes a test.
//!
//! ```text
//! ; sekisho tape 1
//! ; at: 2026-04-01T09:00:00Z
//! ; ip: 192.0.2.1
//!
//! example.jp. 300 IN TXT "v=spf1 include:spf.example.net -all"
//! ;! example.jp. TXT authenticated
//! spf.example.net. 60 IN TXT "v=spf1 ip4:192.0.2.0/24 -all"
//! ;! spf.example.net. TXT via spf.example.org.
//! ;! mail.example.jp. AAAA nodata ttl=900
//! ;! 1.2.0.192.in-addr.arpa. PTR servfail
//! ;! fetch https://example.jp/logo.svg 200 image/svg+xml
//! ;! + "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\010"
//! ;! fetch https://example.jp/logo.svgz follow 404
//! ;! fetch https://example.net/logo.svg timeout
//! ```
//!
//! The head holds `; key: value` lines, the rest is a master file with the rule lines of [`crate::zone`]: a tape is
//! also a zone file. What was fetched stands after the answers: the URL, `follow` when redirections were to be followed,
//! then a status, with 200 the Content-Type, or a failure's word. The bytes of a document follow on lines that begin with
//! `;! +`, in quotes when they are text and in base64 when not.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;

use crate::Lookup;
use crate::answer::{Answer, Data, Dnssec, Failure, Negative, Records};
use crate::fetch::lines::{self, Lines};
use crate::fetch::{Fetch, FetchFailure, Fetched, Request, Target};
use crate::limits::{
    TAPE_ANSWER_COUNT_MAX, TAPE_BYTES_MAX, TAPE_DOCUMENT_BYTES_MAX, TAPE_FETCH_COUNT_MAX, TEXT_BYTES_MAX, TTL_S_MAX,
};
use crate::master::{self, Content, Effect, Forced, Reader, ZoneError, ZoneErrorKind};
use crate::question::Question;

/// Records every question and its first answer, in the order in which they were first asked; requests for documents
/// likewise. A tape around a [`Lookup`] records answers, one around a [`Fetch`] documents, one around
/// [`crate::fetch::Both`] both.
#[derive(Debug)]
pub struct Tape<L> {
    inner: L,
    reel: Mutex<Reel>,
}

#[derive(Debug, Default)]
struct Reel {
    /// An answer is missing while it is awaited, and for good when the asker went away.
    exchanges: Vec<(Question, Option<Answer>)>,
    places: HashMap<Question, usize, RandomState>,
    /// As with the answers.
    fetches: Vec<(Target, Option<Fetched>)>,
    fetch_places: HashMap<Target, usize, RandomState>,
    document_bytes: usize,
    complete: bool,
}

/// A tape's content: what [`Tape`] recorded and [`Replay`] plays.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recording {
    /// `key: value` lines of the head, in order. Keys are of `a`–`z`, `0`–`9` and hyphen.
    pub metadata: Vec<(String, String)>,
    /// Questions and answers, in the order in which they were first asked.
    pub exchanges: Vec<(Question, Answer)>,
    /// What was fetched, in the order in which it was first asked for.
    pub fetches: Vec<(Target, Fetched)>,
}

/// Answers what is on a tape; anything else is [`Failure::NotOnTape`] or [`FetchFailure::NotOnTape`].
#[derive(Debug)]
pub struct Replay {
    metadata: Vec<(String, String)>,
    answers: HashMap<Question, Answer, RandomState>,
    fetches: HashMap<Target, Fetched, RandomState>,
}

impl<L> Tape<L> {
    /// A tape of what `inner` answers, up to [`TAPE_ANSWER_COUNT_MAX`] answers, [`TAPE_FETCH_COUNT_MAX`] documents and
    /// [`TAPE_DOCUMENT_BYTES_MAX`] bytes of those.
    pub fn new(inner: L) -> Self {
        Self { inner, reel: Mutex::new(Reel { complete: true, ..Reel::default() }) }
    }

    /// What is on the tape so far, under the given head. When there was more than a tape holds, the head ends with
    /// `incomplete: true`.
    pub fn recording(&self, metadata: &[(&str, &str)]) -> Recording {
        let reel = self.reel();
        let answered = |(question, answer): &(Question, Option<Answer>)| Some((question.clone(), answer.clone()?));
        let mut metadata: Vec<_> = metadata.iter().map(|(key, value)| (key_text(key), (*value).to_owned())).collect();
        if !reel.complete {
            metadata.push(("incomplete".to_owned(), "true".to_owned()));
        }
        let came = |(target, fetched): &(Target, Option<Fetched>)| Some((target.clone(), fetched.clone()?));
        Recording {
            metadata,
            exchanges: reel.exchanges.iter().filter_map(answered).collect(),
            fetches: reel.fetches.iter().filter_map(came).collect(),
        }
    }

    fn reel(&self) -> MutexGuard<'_, Reel> {
        self.reel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of a question on the tape; `None` when the tape is full.
    fn place(&self, question: &Question) -> Option<usize> {
        let mut reel = self.reel();
        if let Some(place) = reel.places.get(question) {
            return Some(*place);
        }
        let place = reel.exchanges.len();
        if place == TAPE_ANSWER_COUNT_MAX {
            reel.complete = false;
            return None;
        }
        reel.places.insert(question.clone(), place);
        reel.exchanges.push((question.clone(), None));
        Some(place)
    }
}

impl Reel {
    /// Keeps what came of a request, when it is the first and there is room.
    fn keep(&mut self, target: Target, fetched: &Fetched) {
        if matches!(self.fetch_places.get(&target), Some(place) if self.fetches[*place].1.is_some()) {
            return;
        }
        let bytes = self.document_bytes.saturating_add(fetched.size_bytes());
        if bytes > TAPE_DOCUMENT_BYTES_MAX {
            self.complete = false;
            return;
        }
        if let Some(place) = self.fetch_place(target) {
            self.document_bytes = bytes;
            self.fetches[place].1 = Some(fetched.clone());
        }
    }

    /// The place of a request on the tape; `None` when the tape is full.
    fn fetch_place(&mut self, target: Target) -> Option<usize> {
        if let Some(place) = self.fetch_places.get(&target) {
            return Some(*place);
        }
        let place = self.fetches.len();
        if place == TAPE_FETCH_COUNT_MAX {
            self.complete = false;
            return None;
        }
        self.fetch_places.insert(target.clone(), place);
        self.fetches.push((target, None));
        Some(place)
    }
}

impl<F: Fetch + Sync> Fetch for Tape<F> {
    async fn fetch(&self, request: Request) -> Fetched {
        let target = request.target();
        // Takes its place in the order of asking.
        let _ = self.reel().fetch_place(target.clone());
        let fetched = self.inner.fetch(request).await;
        self.reel().keep(target, &fetched);
        fetched
    }
}

impl<L: Lookup + Sync> Lookup for Tape<L> {
    async fn ask(&self, question: Question) -> Answer {
        let place = self.place(&question);
        let answer = self.inner.ask(question).await;
        let mut reel = self.reel();
        if let Some((_, answered)) = place.and_then(|place| reel.exchanges.get_mut(place)) {
            // Whoever asked first may have gone away without an answer; then a later one's counts.
            answered.get_or_insert_with(|| answer.clone());
        }
        drop(reel);
        answer
    }
}

impl Recording {
    /// Reads a tape.
    ///
    /// # Errors
    /// The first line that does not belong on a tape, or that the tape is longer than [`TAPE_BYTES_MAX`].
    pub fn parse(text: &str) -> Result<Self, ZoneError> {
        let whole = |kind| ZoneError { line: 1, kind };
        if text.len() > TAPE_BYTES_MAX {
            return Err(whole(ZoneErrorKind::TapeTooLong));
        }
        let mut lines = text.lines();
        if lines.next() != Some(HEADER) {
            return Err(whole(ZoneErrorKind::TapeHeader));
        }
        let head = lines.map_while(|line| line.strip_prefix("; ")?.split_once(": "));
        let metadata = head.map(|(key, value)| (key.to_owned(), unescape(value))).collect();
        let (exchanges, fetches) = contents(text)?;
        Ok(Self { metadata, exchanges, fetches })
    }
}

impl fmt::Display for Recording {
    /// The tape's text. What a master file cannot hold – a text of more than 65,535 bytes, data of another kind than
    /// was asked – is written as the failure `malformed`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{HEADER}")?;
        for (key, value) in &self.metadata {
            writeln!(formatter, "; {}: {}", key_text(key), Escaped(value))?;
        }
        writeln!(formatter)?;
        for (question, answer) in &self.exchanges {
            write_exchange(formatter, question, answer)?;
        }
        for (target, fetched) in &self.fetches {
            lines::write(formatter, target, fetched)?;
        }
        Ok(())
    }
}

impl Replay {
    /// Plays a recording.
    #[must_use]
    pub fn new(recording: Recording) -> Self {
        Self {
            metadata: recording.metadata,
            answers: recording.exchanges.into_iter().collect(),
            fetches: recording.fetches.into_iter().collect(),
        }
    }

    /// Reads a tape, to play it.
    ///
    /// # Errors
    /// As [`Recording::parse`].
    pub fn parse(text: &str) -> Result<Self, ZoneError> {
        Recording::parse(text).map(Self::new)
    }

    /// A value of the head: `ip`, `helo`, `mail-from`, `at`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.metadata.iter().find(|(other, _)| other == key).map(|(_, value)| value.as_str())
    }

    /// The head.
    #[must_use]
    pub fn metadata(&self) -> &[(String, String)] {
        &self.metadata
    }
}

impl Lookup for Replay {
    async fn ask(&self, question: Question) -> Answer {
        self.answers.get(&question).cloned().unwrap_or(Answer::Failed(Failure::NotOnTape))
    }
}

impl Fetch for Replay {
    async fn fetch(&self, request: Request) -> Fetched {
        let fetched = self.fetches.get(&request.target()).cloned();
        fetched.unwrap_or(Fetched::Failed(FetchFailure::NotOnTape)).within(request.bytes_max)
    }
}

/// What a tape says of one question, line by line.
#[derive(Default)]
struct Said {
    ttl_s: Option<u32>,
    data: Vec<Data>,
    effect: Effect,
}

/// What a tape holds, without its head.
type Contents = (Vec<(Question, Answer)>, Vec<(Target, Fetched)>);

fn contents(text: &str) -> Result<Contents, ZoneError> {
    let mut fetches = Lines::default();
    let mut questions: Vec<(Question, Said)> = Vec::new();
    let mut places: HashMap<Question, usize, RandomState> = HashMap::default();
    let mut reader = Reader::new(text);
    while let Some(statement) = reader.next()? {
        let line = statement.line;
        let kind = match &statement.content {
            Content::Record { data, .. } => Some(data.kind()),
            Content::OtherType | Content::Fetch(_) => None,
            Content::Rule(kind, _) => *kind,
        };
        if let Content::Fetch(fetch_line) = statement.content {
            fetches.take(fetch_line).map_err(|kind| ZoneError { line, kind })?;
            continue;
        }
        let (Some(name), Some(kind)) = (statement.name, kind) else {
            return Err(ZoneError { line, kind: ZoneErrorKind::Type });
        };
        let question = Question::new(name, kind);
        let place = *places.entry(question.clone()).or_insert_with(|| {
            questions.push((question, Said::default()));
            questions.len() - 1
        });
        let said = &mut questions[place].1;
        match statement.content {
            Content::Record { ttl_s, data, .. } => {
                said.ttl_s = Some(said.ttl_s.map_or(ttl_s, |other| other.min(ttl_s)));
                said.data.push(data);
            }
            Content::Rule(_, effect) => said.effect.merge(&effect),
            Content::OtherType | Content::Fetch(_) => {}
        }
    }
    Ok((questions.into_iter().map(|(question, said)| (question, said.answer())).collect(), fetches.finish()))
}

impl Said {
    fn answer(self) -> Answer {
        let dnssec = if self.effect.authenticated { Dnssec::Authenticated } else { Dnssec::Unproven };
        let negative = Negative { ttl_s: self.effect.ttl_s.unwrap_or(0), dnssec };
        match self.effect.forced {
            Some(Forced::Failed(failure)) => Answer::Failed(failure),
            Some(Forced::NxDomain) => Answer::NxDomain(negative),
            Some(Forced::NoData) => Answer::NoData(negative),
            None if self.data.is_empty() => Answer::NoData(negative),
            None => Answer::records(Records::new(self.data, self.ttl_s.unwrap_or(0), dnssec, self.effect.via)),
        }
    }
}

fn write_exchange(formatter: &mut fmt::Formatter<'_>, question: &Question, answer: &Answer) -> fmt::Result {
    let mut effect = Effect::default();
    match answer {
        Answer::Records(records)
            if !records.data.is_empty() && records.data.iter().all(|data| fits(data, question)) =>
        {
            for data in &records.data {
                master::write_record(formatter, &question.name, records.ttl_s.min(TTL_S_MAX), data)?;
            }
            effect.authenticated = records.dnssec == Dnssec::Authenticated;
            effect.via = records.aliases.to_vec();
        }
        Answer::Records(_) => effect.forced = Some(Forced::Failed(Failure::Malformed)),
        Answer::NoData(negative) | Answer::NxDomain(negative) => {
            effect.forced = Some(if matches!(answer, Answer::NoData(_)) { Forced::NoData } else { Forced::NxDomain });
            effect.ttl_s = Some(negative.ttl_s.min(TTL_S_MAX));
            effect.authenticated = negative.dnssec == Dnssec::Authenticated;
        }
        Answer::Failed(failure) => effect.forced = Some(Forced::Failed(*failure)),
    }
    master::write_rule(formatter, &question.name, Some(question.kind), &effect)
}

fn fits(data: &Data, question: &Question) -> bool {
    let short = match data {
        Data::Txt(text) | Data::Spf(text) => text.bytes().len() <= TEXT_BYTES_MAX,
        _ => true,
    };
    short && data.kind() == question.kind
}

/// A key of the head as it may be written.
fn key_text(key: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    key.chars().map(letter).collect()
}

/// A value of the head on one line: control characters, the backslash, and blanks at its ends as `\DDD`.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        let last = self.0.chars().count().saturating_sub(1);
        for (index, character) in self.0.chars().enumerate() {
            let edge = index == 0 || index == last;
            match character {
                '\\' | '\0'..='\x1f' | '\x7f' => write!(formatter, "\\{:03}", u32::from(character))?,
                ' ' if edge => formatter.write_str("\\032")?,
                _ => formatter.write_char(character)?,
            }
        }
        Ok(())
    }
}

fn unescape(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    // A backslash that escapes nothing ends the value: the head is for people, and no reason to refuse the tape.
    while let Ok(Some((byte, _, after))) = master::unescape(rest) {
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

const HEADER: &str = "; sekisho tape 1";
